"""Roles that open everything are given by two people; all operators are told."""

from __future__ import annotations

from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.actor import Actor
from app.clock import today
from app.errors import Conflict, Forbidden, Invalid
from app.services.access import access_requests, roles
from tests.services import makers as mk


def account_with(role: str) -> Actor:
    """An actor whose role stands in the database."""
    actor = mk.make_actor(role)
    mk.save(m.Assignment(user_id=actor.user_id, role=role, valid_from=today()))
    mk.change(mk.fetch(m.Account, actor.user_id), email=f"{role}-{actor.user_id}@example.org")
    return actor


@pytest.fixture
def admin(session: Any) -> Actor:
    return account_with("admin")


def given(actor: Actor, user: Any, role: str, **over: Any) -> Any:
    values = {"user": user, "role": role, "basis": "Приказ № 1", "valid_from": today(), "valid_to": None, **over}
    with acting_as(actor):
        return roles.give(values)


def held(user: Any) -> list[str]:
    return [row.role for row in mk.rows(m.Assignment, m.Assignment.user_id == user.id)]


def told(actor: Actor) -> list[str]:
    return [letter.subject for letter in mk.rows(m.Letter, m.Letter.user_id == actor.user_id)]


@pytest.mark.parametrize("role", ["operator", "admin"])
def test_a_role_that_opens_everything_waits_for_a_second_person(admin: Actor, role: str) -> None:
    first, second = account_with("operator"), account_with("operator")
    user = mk.make_account()
    row = given(admin, user, role)
    assert isinstance(row, m.AccessRequest)
    assert (row.status, row.role, row.proposed_by_id) == (st.AccessRequestStatus.SUBMITTED, role, admin.user_id)
    assert held(user) == []
    assert told(first) == told(second) == ["Роль с полным доступом"]
    with acting_as(first):
        access_requests.grant(row.id)
    assert held(user) == [role]
    assert told(second) == ["Роль с полным доступом"] * 2
    assert "подтверждает роль" in mk.rows(m.Letter, m.Letter.user_id == admin.user_id)[-1].body


def test_a_refusal_goes_to_who_proposed_with_its_reason(admin: Actor) -> None:
    first = account_with("operator")
    user = mk.make_account()
    row = given(admin, user, "admin")
    with acting_as(first):
        access_requests.reject(row.id, "Приказа нет")
    assert (held(user), told(Actor(user.id, "x"))) == ([], [])
    letter = mk.rows(m.Letter, m.Letter.user_id == admin.user_id)[-1]
    assert "отказывает в роли «Администратор»" in letter.body and "Причина: Приказа нет" in letter.body


def test_the_administrator_cannot_become_operator_alone(admin: Actor) -> None:
    account_with("operator")
    row = given(admin, mk.fetch(m.Account, admin.user_id), "operator")
    assert held(mk.fetch(m.Account, admin.user_id)) == ["admin"]
    both = Actor(admin.user_id, "x", grants=(*admin.grants, *mk.make_actor("operator").grants))
    with acting_as(both), mk.nothing_changes(), pytest.raises(Conflict):
        access_requests.grant(row.id)


def test_who_proposes_does_not_confirm_even_as_operator(session: Any) -> None:
    account_with("operator")
    admin = account_with("admin")
    mk.save(m.Assignment(user_id=admin.user_id, role="operator", valid_from=today()))
    row = given(admin, mk.make_account(), "operator")
    both = Actor(admin.user_id, "x", grants=(*admin.grants, *mk.make_actor("operator").grants))
    with acting_as(both), mk.nothing_changes(), pytest.raises(Conflict, match="подтверждает другой"):
        access_requests.grant(row.id)


def test_the_first_operator_needs_nobody(admin: Actor) -> None:
    user = mk.make_account()
    assert isinstance(given(admin, user, "operator"), m.Assignment)
    assert held(user) == ["operator"]


def test_other_roles_are_given_at_once(admin: Actor) -> None:
    account_with("operator")
    user = mk.make_account()
    assert isinstance(given(admin, user, "observer"), m.Assignment)
    assert held(user) == ["observer"]


@pytest.mark.parametrize(
    "over", [{"role": "operator"}, {"role": "admin"}], ids=["another's role becomes the operator's", "the admin's"]
)
def test_no_other_role_is_turned_into_it(admin: Actor, over: dict[str, Any]) -> None:
    account_with("operator")
    row = given(admin, mk.make_account(), "observer")
    with acting_as(admin), mk.nothing_changes(), pytest.raises(Invalid, match="дают двое"):
        roles.change(row, over)


def test_such_a_role_only_ends_earlier(admin: Actor) -> None:
    operator = account_with("operator")
    (row,) = mk.rows(m.Assignment, m.Assignment.user_id == operator.user_id)
    with acting_as(admin):
        roles.change(row, {"valid_to": today() + 10 * mk.DAY})
        for over in (
            {"valid_to": today() + 20 * mk.DAY},
            {"valid_to": None},
            {"user": mk.make_account()},
            {"valid_from": today() - mk.DAY},
        ):
            with mk.nothing_changes(), pytest.raises(Invalid, match="дают двое"):
                roles.change(mk.fetch(m.Assignment, row.id), over)
        roles.change(mk.fetch(m.Assignment, row.id), {"valid_to": today()})
    assert mk.fetch(m.Assignment, row.id).valid_to == today()


def test_only_the_administrator_gives(admin: Actor) -> None:
    user = mk.make_account()
    operator = account_with("operator")
    with mk.nothing_changes(), pytest.raises(Forbidden):
        given(operator, user, "operator")
