"""Corrections of the own card: proposed, compared, written or declined; the surname that was; reminders of the term."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import today
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.services.mailing import reminders
from app.services.personnel import changes, people, surnames
from app.services.portal import calendar, records
from tests.services import makers as mk

S = st.ChangeStatus


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


def propose(world: mk.World, comment: str | None = None, **values: Any) -> m.ChangeRequest:
    with acting_as(world.worker.actor):
        return changes.propose(values, comment=comment)


def card(world: mk.World) -> Any:
    return mk.fetch(m.Employee, world.worker.employee.id)


def holder(role: str, **place: Any) -> Any:
    """An account with an assignment, as those who are told."""
    account = mk.make_account()
    mk.save(m.Assignment(user_id=account.id, role=role, valid_from=today() - mk.DAY, **place))
    return account


def letters_to(account: Any) -> list[m.Letter]:
    return mk.rows(m.Letter, m.Letter.user_id == account.id)


# --- proposing -------------------------------------------------------------------------------------------------------


def test_a_proposal_keeps_what_was_and_what_becomes_and_tells_the_responsible(world: mk.World) -> None:
    told = holder("school", organization_id=world.school.id)
    foreign = holder("school", organization_id=world.other_worker.employment.organization_id)
    row = propose(world, phone="8 (927) 123-45-67", degree="кандидат наук", email=world.worker.employee.email)
    assert row.changes == {"phone": [None, "+79271234567"], "degree": [None, "кандидат наук"]}
    assert row.due_on == calendar.due_date(today(), 10)
    assert card(world).phone is None
    assert [letter.template for letter in letters_to(told)] == ["change_proposed"]
    assert letters_to(foreign) == []
    assert len(mk.journal("change_request.created")) == 1


def test_a_unit_is_answered_for_by_the_school_above(world: mk.World) -> None:
    told = holder("school", organization_id=world.school.id)
    unit = mk.make_organization(parent=world.school)
    mk.change(world.worker.employment, organization_id=unit.id)
    propose(world, degree="доцент")
    assert len(letters_to(told)) == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"birth_date": dt.date(2019, 1, 1)}, "birth_date"),
        ({"phone": "12"}, "phone"),
        ({"email": "нет"}, "email"),
        ({"last_name": "Ivanov1"}, "last_name"),
        ({"snils": "123-456-789 01"}, "snils"),
    ],
)
def test_values_are_checked_as_in_the_form_of_the_card(world: mk.World, values: Any, field: str) -> None:
    with mk.nothing_changes(), pytest.raises(Invalid) as refusal:
        propose(world, **values)
    assert list(refusal.value.fields) == [field]


def test_nothing_changed_and_a_second_proposal_are_refused(world: mk.World) -> None:
    with mk.nothing_changes(), pytest.raises(Invalid):
        propose(world, first_name=world.worker.employee.first_name)
    propose(world, degree="доцент")
    with mk.nothing_changes(), pytest.raises(Conflict):
        propose(world, degree="профессор")


def test_fields_that_are_not_the_persons_are_a_programmers_mistake(world: mk.World) -> None:
    with mk.nothing_changes(), pytest.raises(ValueError, match="confirmed_actual_at"):
        propose(world, confirmed_actual_at=None)


def test_a_user_without_a_card_has_nothing_to_correct(world: mk.World) -> None:
    nobody = mk.make_actor("worker")
    with mk.nothing_changes(), acting_as(nobody), pytest.raises(NotFound):
        changes.propose({"degree": "доцент"})


# --- deciding --------------------------------------------------------------------------------------------------------


def test_accepted_values_are_written_under_the_responsible_name_and_the_person_is_told(world: mk.World) -> None:
    row = propose(world, phone="+79271234567", sex=st.Sex.MALE, teaching_since=dt.date(2001, 9, 1))
    with acting_as(world.responsible):
        changes.accept(row.id)
    person = card(world)
    assert (person.phone, person.sex, person.teaching_since) == ("+79271234567", st.Sex.MALE, dt.date(2001, 9, 1))
    entry = mk.journal("employee.updated")[-1]
    assert (entry.user_id, entry.object_id) == (world.responsible.user_id, person.id)
    assert mk.fetch(m.ChangeRequest, row.id).status == S.ACCEPTED
    letter = mk.rows(m.Letter)[-1]
    assert (letter.recipient, letter.template) == (person.email, "change_accepted")
    assert "телефон" in letter.body


def test_only_the_chosen_fields_are_written(world: mk.World) -> None:
    row = propose(world, phone="+79271234567", degree="доцент")
    with acting_as(world.responsible):
        changes.accept(row.id, fields=["degree"])
    assert (card(world).phone, card(world).degree) == (None, "доцент")
    assert "Не внесено: телефон" in mk.rows(m.Letter)[-1].body


def test_no_chosen_field_is_refused(world: mk.World) -> None:
    row = propose(world, degree="доцент")
    with mk.nothing_changes(), acting_as(world.responsible), pytest.raises(Invalid):
        changes.accept(row.id, fields=[])


def test_a_field_changed_meanwhile_is_a_conflict_and_nothing_is_written(world: mk.World) -> None:
    row = propose(world, degree="доцент", phone="+79271234567")
    mk.change(world.worker.employee, degree="профессор")
    with mk.nothing_changes(), acting_as(world.responsible), pytest.raises(Conflict, match="Учёная степень"):
        changes.accept(row.id)
    with acting_as(world.responsible):
        assert [line.field for line in changes.lines(mk.fetch(m.ChangeRequest, row.id)) if line.stale] == ["degree"]
        changes.accept(row.id, fields=["phone"])
    assert (card(world).degree, card(world).phone) == ("профессор", "+79271234567")


def test_declined_with_a_reason_that_reaches_the_person(world: mk.World) -> None:
    row = propose(world, degree="доцент")
    with mk.nothing_changes(), acting_as(world.responsible), pytest.raises(Invalid):
        changes.decline(row.id, reason=" ")
    with acting_as(world.responsible):
        changes.decline(row.id, reason="Нет аттестата")
    assert (card(world).degree, mk.fetch(m.ChangeRequest, row.id).status) == (None, S.DECLINED)
    assert "Нет аттестата" in mk.rows(m.Letter)[-1].body


def test_another_school_and_another_worker_find_nothing(world: mk.World) -> None:
    row = propose(world, degree="доцент")
    for actor in (world.other_responsible, world.other_worker.actor, world.organizer_actor):
        for act in (
            lambda: changes.accept(row.id),
            lambda: changes.decline(row.id, reason="x"),
            lambda: changes.withdraw(row.id),
        ):
            with mk.nothing_changes(), acting_as(actor), pytest.raises((NotFound, Forbidden)):
                act()


def test_only_who_proposed_withdraws_and_the_worker_decides_nothing(world: mk.World) -> None:
    row = propose(world, degree="доцент")
    with mk.nothing_changes(), acting_as(world.responsible), pytest.raises(Forbidden):
        changes.withdraw(row.id)
    with mk.nothing_changes(), acting_as(world.worker.actor), pytest.raises(Forbidden):
        changes.accept(row.id)
    with acting_as(world.worker.actor):
        assert changes.withdraw(row.id).status == S.WITHDRAWN


def test_decided_twice_the_second_is_refused(world: mk.World) -> None:
    row = propose(world, degree="доцент")
    with acting_as(world.responsible):
        changes.accept(row.id)
    with mk.nothing_changes(), acting_as(world.responsible), pytest.raises(Conflict):
        changes.decline(row.id, reason="поздно")


# --- surname ---------------------------------------------------------------------------------------------------------


def former(world: mk.World) -> list[tuple[str, dt.date | None, str | None]]:
    found = mk.rows(m.FormerName, m.FormerName.employee_id == world.worker.employee.id)
    return [(n.last_name, n.until, n.reason) for n in found]


def test_an_accepted_surname_keeps_the_former_with_day_and_ground(world: mk.World) -> None:
    was = world.worker.employee.last_name
    row = propose(world, comment="Свидетельство о браке", last_name="Соколова")
    day = today() - 3 * mk.DAY
    with acting_as(world.responsible):
        changes.accept(row.id, surname=surnames.Surname(day, "Приказ № 5"))
    assert (card(world).last_name, former(world)) == ("Соколова", [(was, day, "Приказ № 5")])


def test_the_responsible_who_edits_keeps_it_too_unless_it_is_a_misprint(world: mk.World) -> None:
    was = world.worker.employee.last_name
    with acting_as(world.responsible):
        people.update_card(card(world), {"last_name": "Соколова"}, surnames.Surname(misprint=True))
        assert former(world) == []
        records.update(card(world), {"last_name": "Орлова"})
    assert former(world) == [("Соколова", today(), None)]
    assert was not in [name for name, _, _ in former(world)]


def test_spelling_and_return_on_the_same_day_leave_no_former_surname(world: mk.World) -> None:
    mk.change(world.worker.employee, last_name="Семенова")
    mk.rows(m.FormerName)
    with acting_as(world.responsible):
        before = former(world)
        records.update(card(world), {"last_name": "Семёнова"})
        assert former(world) == before
        records.update(card(world), {"last_name": "Орлова"})
        assert len(former(world)) == len(before) + 1
        records.update(card(world), {"last_name": "Семёнова"})
    assert former(world) == before


def test_a_change_of_surname_in_the_future_is_refused(world: mk.World) -> None:
    with mk.nothing_changes(), acting_as(world.responsible), pytest.raises(Invalid) as refusal:
        people.update_card(card(world), {"last_name": "Соколова"}, surnames.Surname(today() + mk.DAY))
    assert list(refusal.value.fields) == ["surname_until"]


# --- reminders -------------------------------------------------------------------------------------------------------


def test_the_school_is_reminded_before_the_term_and_the_territory_after_it(world: mk.World) -> None:
    school = holder("school", organization_id=world.school.id)
    territory = holder("territory", territory_id=world.school.territory_id)
    elsewhere = holder("territory", territory_id=mk.make_territory().id)
    row = propose(world, degree="доцент")
    start = len(letters_to(school))
    with acting_as(mk.SYSTEM):
        assert reminders.remind() == 0
        mk.change(row, due_on=calendar.due_date(today(), 2))
        assert reminders.remind() == 1
        assert reminders.remind() == 0
    assert "Заканчивается срок" in letters_to(school)[start].subject
    mk.change(row, due_on=today() - mk.DAY)
    with acting_as(mk.SYSTEM):
        assert reminders.remind() == 1
    assert world.school.short_name in letters_to(territory)[0].body
    assert letters_to(elsewhere) == []
