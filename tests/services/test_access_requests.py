"""Requests for access (order § 2.4): who may ask for what, what the decision gives, when a role ends; «Смотреть как»."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.actor import Actor
from app.clock import now, today
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.services.access import access_requests, looking_as, sessions
from app.services.personnel.cards import people
from app.services.portal import calendar, files, who_acts
from app.services.portal.files import Scan
from tests.services import makers as mk
from tests.services.scans import pdf

S = st.AccessRequestStatus


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


def ask(actor: Actor, code: str, data: bytes | None = None, **over: Any) -> m.AccessRequest:
    values = {"details": "Приказ № 7 от 01.09.2026", "valid_from": today(), **over}
    with acting_as(actor):
        return access_requests.submit(code, Scan("Приказ.pdf", pdf() if data is None else data), **values)


def asked(world: mk.World, **over: Any) -> m.AccessRequest:
    return ask(world.worker.actor, f"school:{world.school.id}", **over)


def granted(world: mk.World, **over: Any) -> m.AccessRequest:
    row = asked(world, **over)
    with acting_as(world.operator):
        return access_requests.grant(row.id)


def grants(actor: Actor) -> dict[str, tuple[int, ...]]:
    found = who_acts.load_account(actor.user_id or 0)
    assert found is not None
    return {grant.role: grant.organization_ids for grant in found.actor.grants}


def last_letter(actor: Actor) -> m.Letter:
    return mk.rows(m.Letter, m.Letter.user_id == actor.user_id)[-1]


def offers(actor: Actor) -> list[str]:
    with acting_as(actor):
        return [wish.code for wish in access_requests.offered()]


# --- asking ----------------------------------------------------------------------------------------------------------


def test_the_roles_of_an_organization_are_offered_to_who_works_there(world: mk.World) -> None:
    mk.make_organization(parent=world.school)  # the role covers the units
    found = offers(world.worker.actor)
    assert [c for c in found if c.startswith("school")] == [f"school:{world.school.id}"]
    assert not [c for c in found if c.startswith("organizer")]
    assert {"ministry:0", "observer:0", f"territory:{world.school.territory_id}"} <= set(found)
    assert not {"operator:0", "admin:0", "worker:0"} & set(found)


def test_who_works_in_a_unit_may_answer_for_the_head_and_an_organizer_for_its_courses(world: mk.World) -> None:
    unit = mk.make_organization(parent=world.organizer)
    person = mk.make_person(unit)
    assert offers(person.actor)[:3] == [
        f"school:{world.organizer.id}",
        f"school:{unit.id}",
        f"organizer:{world.organizer.id}",
    ]


def test_a_request_keeps_the_scan_and_tells_the_operator(world: mk.World) -> None:
    role = m.Assignment(user_id=world.operator.user_id, role="operator", valid_from=today())
    mk.save(role)
    row = asked(world, valid_to=today() + 90 * mk.DAY)
    assert (row.status, row.role, row.organization_id) == (S.SUBMITTED, "school", world.school.id)
    assert row.due_on == calendar.due_date(today(), 5)
    file = mk.fetch(m.StoredFile, row.document_id)
    assert (file.name, file.object_table, file.object_id) == ("Приказ.pdf", "access_request", row.id)
    (notice,) = mk.rows(m.Notice, m.Notice.user_id == world.operator.user_id)
    assert "Заявка на доступ ждёт решения" in notice.text
    assert notice.href == f"/queue/?case=access_request-{row.id}"
    assert len(mk.journal("access_request.created")) == 1


@pytest.mark.parametrize("code", ["operator:0", "admin:0", "ministry", "school:999999", "worker:0", ""])
def test_what_is_not_offered_is_not_taken(world: mk.World, code: str) -> None:
    with mk.nothing_changes(), pytest.raises(Invalid) as refusal:
        ask(world.worker.actor, code)
    assert "wish" in refusal.value.fields


def test_a_foreign_organization_is_refused(world: mk.World) -> None:
    with mk.nothing_changes(), pytest.raises(Invalid, match="кто в ней работает"):
        ask(world.other_worker.actor, f"school:{world.school.id}")
    with mk.nothing_changes(), pytest.raises(Invalid, match="кто в ней работает"):
        ask(world.responsible, f"school:{world.other_worker.employment.organization_id}")


def test_what_is_no_scan_leaves_nothing(world: mk.World) -> None:
    with mk.nothing_changes(), pytest.raises(Invalid, match="Это не скан"):
        asked(world, data=b"<html></html>")


@pytest.mark.parametrize(
    ("field", "over"),
    [
        ("valid_from", {"valid_from": today() + 400 * mk.DAY}),
        ("valid_to", {"valid_to": today() - mk.DAY}),
        ("valid_to", {"valid_from": today() + 9 * mk.DAY, "valid_to": today() + 8 * mk.DAY}),
    ],
)
def test_a_term_that_makes_no_sense_is_refused(world: mk.World, field: str, over: dict[str, dt.date]) -> None:
    with mk.nothing_changes(), pytest.raises(Invalid) as refusal:
        asked(world, **over)
    assert list(refusal.value.fields) == [field]


def test_the_same_request_is_not_taken_twice(world: mk.World) -> None:
    asked(world)
    with mk.nothing_changes(), pytest.raises(Conflict, match="уже ждёт решения"):
        asked(world)
    assert ask(world.worker.actor, "ministry:0").status == S.SUBMITTED


def test_a_role_that_is_held_is_not_offered_again(world: mk.World) -> None:
    granted(world)
    assert f"school:{world.school.id}" not in offers(world.worker.actor)


# --- the decision ----------------------------------------------------------------------------------------------------


def test_the_granted_role_works_at_once_and_the_person_is_told(world: mk.World) -> None:
    row = granted(world, valid_to=today() + 90 * mk.DAY)
    assert grants(world.worker.actor)["school"] == (world.school.id,)
    role = mk.fetch(m.Assignment, row.assignment_id)
    assert (role.valid_from, role.valid_to) == (today(), today() + 90 * mk.DAY)
    assert role.basis == "Приказ № 7 от 01.09.2026"
    letter = last_letter(world.worker.actor)
    assert letter.subject == "Доступ предоставлен"
    assert "Ответственный работник образовательной организации" in letter.body
    assert len(mk.journal("access_request.grant")) == len(mk.journal("assignment.created")) == 1


def test_a_role_begins_with_the_day_of_the_order_and_ends_with_its_last_day(world: mk.World) -> None:
    row = granted(world, valid_from=today() + 5 * mk.DAY)
    assert "school" not in grants(world.worker.actor)
    mk.change(mk.fetch(m.Assignment, row.assignment_id), valid_from=today() - 9 * mk.DAY, valid_to=today())
    assert "school" in grants(world.worker.actor)
    mk.change(mk.fetch(m.Assignment, row.assignment_id), valid_to=today() - mk.DAY)
    assert "school" not in grants(world.worker.actor)


def test_a_refusal_has_a_reason_and_the_scan_goes_in_a_year(world: mk.World) -> None:
    row = asked(world)
    with acting_as(world.operator):
        with mk.nothing_changes(), pytest.raises(Invalid, match="Укажите причину"):
            access_requests.reject(row.id, " ")
        access_requests.reject(row.id, "Приказ не подписан.")
    assert "school" not in grants(world.worker.actor)
    assert "Причина: Приказ не подписан." in last_letter(world.worker.actor).body
    left = mk.fetch(m.StoredFile, row.document_id).expires_at - now()
    assert dt.timedelta(days=364) < left <= files.KEEP_AFTER_REFUSAL
    assert asked(world).status == S.SUBMITTED


def test_a_revoked_role_ends_now(world: mk.World) -> None:
    row = granted(world)
    with acting_as(world.operator):
        access_requests.revoke(row.id, "Назначен другой ответственный.")
    assert "school" not in grants(world.worker.actor)
    assert last_letter(world.worker.actor).subject == "Доступ отозван"
    (entry,) = mk.journal("assignment.ended")
    assert entry.changes["Действует по"][0] == "без срока"


def test_who_left_meanwhile_gets_nothing(world: mk.World) -> None:
    row = asked(world)
    mk.change(world.worker.employment, ended_on=today() - mk.DAY)
    with acting_as(world.operator), mk.nothing_changes(), pytest.raises(Conflict, match="больше не работает"):
        access_requests.grant(row.id)


def test_a_term_that_has_passed_meanwhile_gives_nothing(world: mk.World) -> None:
    row = asked(world)
    mk.change(row, valid_from=today() - 9 * mk.DAY, valid_to=today() - mk.DAY)
    with acting_as(world.operator), mk.nothing_changes(), pytest.raises(Conflict, match="Срок доступа"):
        access_requests.grant(row.id)


def test_nobody_decides_the_own_request_or_without_the_right(world: mk.World) -> None:
    own = ask(world.operator, "ministry:0")
    with acting_as(world.operator), mk.nothing_changes(), pytest.raises(Conflict, match="по собственной заявке"):
        access_requests.grant(own.id)
    row = asked(world)
    for actor in (world.worker.actor, world.responsible, world.other_responsible, world.organizer_actor):
        with acting_as(actor), mk.nothing_changes(), pytest.raises((Forbidden, NotFound)):
            access_requests.grant(row.id)


# --- leaving ---------------------------------------------------------------------------------------------------------


def dismiss(world: mk.World, on: dt.date) -> None:
    with acting_as(world.operator):
        people.dismiss(world.worker.employment.id, on=on, reason="Приказ № 9")


def test_with_the_place_of_work_its_role_ends(world: mk.World) -> None:
    unit = mk.make_organization(parent=world.school)
    user = world.worker.actor.user_id
    below = mk.save(m.Assignment(user_id=user, role="school", organization_id=unit.id, valid_from=today() - mk.DAY))
    row = granted(world)
    dismiss(world, today() - mk.DAY)
    assert "school" not in grants(world.worker.actor)
    for role_id in (row.assignment_id, below.id):
        assert mk.fetch(m.Assignment, role_id).valid_to == today() - mk.DAY
    assert last_letter(world.worker.actor).subject == "Доступ прекращён"


def test_a_role_holds_through_the_last_working_day(world: mk.World) -> None:
    row = granted(world)
    dismiss(world, today() + 3 * mk.DAY)
    assert "school" in grants(world.worker.actor)
    assert mk.fetch(m.Assignment, row.assignment_id).valid_to == today() + 3 * mk.DAY


def test_another_place_in_the_same_organization_keeps_the_role(world: mk.World) -> None:
    row = granted(world)
    mk.make_employment(world.worker.employee, world.school, kind=st.EmploymentKind.SECONDARY)
    dismiss(world, today() - mk.DAY)
    assert mk.fetch(m.Assignment, row.assignment_id).valid_to is None


def test_roles_elsewhere_stay(world: mk.World) -> None:
    user = world.worker.actor.user_id
    role = mk.save(
        m.Assignment(user_id=user, role="territory", territory_id=world.school.territory_id, valid_from=today())
    )
    granted(world)
    dismiss(world, today() - mk.DAY)
    assert mk.fetch(m.Assignment, role.id).valid_to is None


# --- «Смотреть как» --------------------------------------------------------------------------------------------------


def browser_of(actor: Actor) -> who_acts.SignedIn:
    """A signed-in browser of a user, as the next request finds it."""
    account = who_acts.load_account(actor.user_id or 0)
    assert account is not None
    found = who_acts.load_signed_in(sessions.start(account, hours=12).get_id())
    assert found is not None
    return found


def eyes(world: mk.World, user_id: int | None = None) -> Actor | None:
    return looking_as.eyes_of(world.operator, user_id or world.worker.actor.user_id or 0)


def test_the_looker_has_the_rights_of_the_other_and_changes_nothing(world: mk.World) -> None:
    granted(world)
    seen = eyes(world)
    assert seen is not None
    assert (seen.user_id, seen.viewer_id) == (world.worker.actor.user_id, world.operator.user_id)
    assert seen.can("employee:edit")
    with acting_as(seen), mk.nothing_changes(), pytest.raises(Forbidden, match="глазами другого"):
        people.dismiss(world.worker.employment.id, on=today(), reason="x")


def test_looking_is_in_the_journal_and_is_the_operators_alone(world: mk.World) -> None:
    user_id = world.worker.actor.user_id or 0
    browser = browser_of(world.operator)
    with acting_as(world.operator):
        looking_as.start(user_id, browser)
        with mk.nothing_changes(), pytest.raises(Conflict):
            looking_as.start(world.operator.user_id or 0, browser)
    (entry,) = mk.journal("ab_user.viewed_as")
    assert (entry.user_id, entry.object_id) == (world.operator.user_id, user_id)
    for actor in (world.responsible, world.worker.actor, mk.make_actor("admin")):
        stranger = browser_of(actor)
        with acting_as(actor), mk.nothing_changes(), pytest.raises((Forbidden, NotFound)):
            looking_as.start(user_id, stranger)
        assert looking_as.eyes_of(actor, user_id) is None


def test_the_looking_ends_with_the_session_and_the_journal_says_so(world: mk.World) -> None:
    user_id = world.worker.actor.user_id or 0
    browser = browser_of(world.operator)
    with acting_as(world.operator):
        looking_as.start(user_id, browser)
        looking = who_acts.load_signed_in(browser.get_id())
        assert looking is not None and looking.viewed_id == user_id
        sessions.end(looking)
    assert who_acts.load_signed_in(browser.get_id()) is None
    (entry,) = mk.journal("ab_user.view_ended")
    assert (entry.user_id, entry.object_id) == (world.operator.user_id, user_id)
    assert browser_of(world.operator).viewed_id is None


def test_nobody_looks_with_an_administrators_eyes(world: mk.World) -> None:
    user = mk.make_account()
    mk.save(m.Assignment(user_id=user.id, role="admin", valid_from=today()))
    browser = browser_of(world.operator)
    with acting_as(world.operator), mk.nothing_changes(), pytest.raises(Forbidden):
        looking_as.start(user.id, browser)
    assert eyes(world, user.id) is None
