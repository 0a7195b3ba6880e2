"""What is done to an account is told to its user, and to every operator where the account opens everything."""

from __future__ import annotations

from typing import Any

import pytest

from app import models as m
from app.access import acting_as
from app.clock import today
from app.errors import Conflict
from app.services.access import accounts, alarms, invitations, second_factor
from tests.services import makers as mk
from tests.services.test_accounts import PASSWORD, code_of, make_user, with_factor


def give_role(account: Any, role: str) -> Any:
    return mk.save(m.Assignment(user_id=account.id, role=role, valid_from=today() - mk.DAY))


def letters() -> list[tuple[str, str]]:
    """(address, kind) of every letter."""
    return sorted((letter.recipient, letter.template) for letter in mk.rows(m.Letter))


@pytest.fixture
def operators(session: Any) -> list[Any]:
    """Two operators, to one of whom something happens."""
    found = [mk.make_account(), mk.make_account()]
    for account in found:
        give_role(account, "operator")
    return found


def test_a_password_given_to_an_operator_is_told_to_all_operators(operators: list[Any]) -> None:
    first, second = operators
    with acting_as(mk.make_actor("admin")) as admin:
        accounts.reset_password(first.id)
    assert letters() == sorted([(first.email, "password_reset"), (second.email, "account_alarm")])
    told = {letter.template: letter for letter in mk.rows(m.Letter)}
    assert admin.name in told["password_reset"].body and "одноразовый пароль" in told["password_reset"].body
    assert first.full_name in told["account_alarm"].body and "выдан одноразовый пароль" in told["account_alarm"].body
    assert told["account_alarm"].made_in == ["operator:"]
    assert f"/ab_user/show/{first.id}" in told["account_alarm"].body


def test_a_password_given_to_an_administrator_is_told_to_the_operators(operators: list[Any]) -> None:
    admin = mk.make_account()
    give_role(admin, "admin")
    with acting_as(mk.make_actor("admin")):
        accounts.reset_password(admin.id)
    assert letters() == sorted(
        [(admin.email, "password_reset"), *((operator.email, "account_alarm") for operator in operators)]
    )


def test_a_password_given_to_anybody_else_is_told_to_the_person_alone(operators: list[Any]) -> None:
    user = make_user()
    with acting_as(mk.make_actor("admin")):
        accounts.reset_password(user.id)
    assert letters() == [(user.email, "password_reset")]


def test_a_role_that_is_over_alarms_nobody(operators: list[Any]) -> None:
    user = make_user()
    mk.change(give_role(user, "operator"), valid_to=today() - mk.DAY)
    with acting_as(mk.make_actor("admin")):
        accounts.reset_password(user.id)
    assert letters() == [(user.email, "password_reset")]


def test_a_second_step_switched_off_is_told(operators: list[Any]) -> None:
    first, second = operators
    with_factor(mk.fetch(m.Account, first.id))
    before = letters()
    with acting_as(mk.make_actor("admin")):
        second_factor.reset(first.id)
    new = letters()
    for letter in before:
        new.remove(letter)
    assert new == sorted([(first.email, "second_factor_reset"), (second.email, "account_alarm")])


def test_the_own_second_step_switched_off_is_told_to_the_operators(operators: list[Any]) -> None:
    user = make_user()
    give_role(user, "operator")
    with_factor(user)
    before = letters()
    second_factor.turn_off(user.id, password=PASSWORD, code=code_of(user))
    new = letters()
    for letter in before:
        new.remove(letter)
    assert new == sorted([(user.email, "second_factor_off"), *((o.email, "account_alarm") for o in operators)])


@pytest.mark.parametrize("powerful", [True, False])
def test_a_changed_address_is_told_at_both(operators: list[Any], powerful: bool) -> None:
    user = make_user()
    former = user.email
    if powerful:
        give_role(user, "operator")
    with acting_as(mk.make_actor("admin")):
        alarms.update_account(mk.fetch(m.Account, user.id), {"email": "novaya@example.org", "username": "novaya"})
    alarmed = [(operator.email, "account_alarm") for operator in operators] if powerful else []
    assert letters() == sorted([(former, "login_changed"), ("novaya@example.org", "login_changed"), *alarmed])
    assert all("логин и электронная почта" in letter.body for letter in mk.rows(m.Letter))


def test_a_name_that_is_mended_is_told_to_nobody(operators: list[Any]) -> None:
    user = make_user()
    with acting_as(mk.make_actor("admin")):
        alarms.update_account(mk.fetch(m.Account, user.id), {"patronymic": "Петровна"})
    assert letters() == []


def test_a_refused_change_tells_nobody(operators: list[Any]) -> None:
    user, other = make_user(), mk.make_account()
    with acting_as(mk.make_actor("admin")), mk.nothing_changes(), pytest.raises(Conflict):
        alarms.update_account(mk.fetch(m.Account, user.id), {"username": other.username})


def test_ended_sessions_are_told(session: Any) -> None:
    user = make_user()
    alarms.sessions_ended(user.id)
    assert letters() == [(user.email, "sessions_ended")]


def test_a_sheet_with_a_password_leaves_a_notice(session: Any) -> None:
    """Whoever has no address finds it in the cabinet."""
    school = mk.make_organization()
    person = mk.make_employee(email=None)
    mk.make_employment(person, school)
    with acting_as(mk.make_actor("school", school)):
        invitations.give_access(person.id)
    assert letters() == []
    assert ["одноразовый пароль" in notice.text for notice in mk.rows(m.Notice)] == [True]
