"""«Works now» has one meaning: a place of work with an end in advance counts everywhere until its last day, and not after."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine

from app import conditions
from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import ZONE, today
from app.errors import Conflict, Invalid
from app.extensions import db
from app.services.courses.enrolment import enrolment_check, enrolments
from app.services.desk import figure_counts, queue, statistics
from app.services.desk.queue import Asked
from app.services.personnel.cards import people, quality
from app.services.personnel.cards.card import card
from app.services.personnel.moves import transfers
from app.services.voucher import vouchers
from app.web.personnel import people_columns as c
from tests.services import makers as mk


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


def on(day: dt.date) -> Any:
    return time_machine.travel(dt.datetime.combine(day, dt.time(23, 59), tzinfo=ZONE), tick=False)


def places_where_seen(world: mk.World, person: mk.Person) -> dict[str, bool]:
    """Every door that asks whether somebody works: does it find the person?"""

    def among(condition: Any) -> bool:
        return person.employee.id in db.session.scalars(db.select(m.Employee.id).where(condition))

    with acting_as(world.operator):
        figure_counts.recount()
        (staff,) = [row for row in statistics.Stored().staff_by_organization() if row.key == world.school.id] or [None]
        found = quality.by_organization(organization_id=world.school.id)
        waiting = queue.page(Asked("employment"), size=50)[0]
        seen = {
            "the list by organization": among(c.EMPLOYER.condition(str(world.school.id), "")),
            "the list by position": among(c.POSITION.condition(str(person.employment.position_id), "")),
            "the filter «нет почты»": among(c.EMPLOYEE_ATTENTION.condition("no_email", "")),
            "the quality of data": bool(found and found[0].people),
            "the statistics": bool(staff and staff.people),
            "the operator's queue": person.employment.id in {row.pk for row in waiting},
            "the card": card(person.employee.id).main is not None,
            "the right to choose a place": bool(people.live_employments(person.employee.id, on=today())),
            "the list's cell": c.live_employment(mk.fetch(m.Employee, person.employee.id)) is not None,
        }
    with acting_as(world.responsible):
        seen["the choice of a dismissal"] = bool(people.own_live_employments(person.employee.id))
        seen["many at once"] = person.employee.id in enrolment_check.working_people(most=50)
    return seen


@pytest.fixture
def teacher(world: mk.World) -> mk.Person:
    """The only person of the school: a fixed-term contract with 200 days to go, unconfirmed, without e-mail."""
    mk.change(world.worker.employment, ended_on=today() - mk.DAY)
    place = {"ended_on": today() + 200 * mk.DAY, "status": st.ConfirmationStatus.UNCONFIRMED}
    return mk.make_person(world.school, employment=place, email=None)


@pytest.mark.parametrize(("days", "works"), [(0, True), (199, True), (200, True), (201, False), (400, False)])
def test_a_fixed_term_contract_counts_everywhere_until_its_last_day(
    world: mk.World, teacher: mk.Person, days: int, works: bool
) -> None:
    with on(today() + days * mk.DAY):
        seen = places_where_seen(world, teacher)
    assert seen == dict.fromkeys(seen, works)


@pytest.mark.parametrize(("days", "works"), [(0, True), (10, True), (11, False)])
def test_who_has_a_fixed_term_applies_and_enrols_until_the_last_day(world: mk.World, days: int, works: bool) -> None:
    term = {"ended_on": today() + 10 * mk.DAY}
    applies, enrols = mk.make_person(world.school, employment=term), mk.make_person(world.school, employment=term)
    mk.make_voucher(enrols.employee)
    dates = {"enrol_until": 20, "starts_on": 21, "ends_on": 25}
    mk.change(world.group, **{name: today() + after * mk.DAY for name, after in dates.items()})
    with on(today() + days * mk.DAY):
        if works:
            with acting_as(applies.actor):
                assert vouchers.apply(applies.employee.id).employment_id == applies.employment.id
            with acting_as(enrols.actor):
                assert enrolments.enrol(enrols.employee.id, world.group.id).employment_id == enrols.employment.id
            return
        with acting_as(applies.actor), mk.nothing_changes(), pytest.raises((Conflict, Invalid)):
            vouchers.apply(applies.employee.id)
        with acting_as(enrols.actor), mk.nothing_changes(), pytest.raises(Invalid, match="Нет места работы"):
            enrolments.enrol(enrols.employee.id, world.group.id)


def _transferred(world: mk.World, last: dt.date) -> tuple[mk.Person, m.Transfer]:
    """A person whose transfer is confirmed, with a last working day to come."""
    person, new = mk.make_person(world.school, email=None), mk.make_organization()
    with acting_as(world.responsible):
        row = transfers.start(
            person.employment.id,
            organization_id=new.id,
            position_id=mk.make_position().id,
            starts_on=last + mk.DAY,
            released_on=last,
        )
    with acting_as(mk.make_actor("school", new)):
        transfers.accept(row.id, position_id=mk.make_position().id, starts_on=last + mk.DAY)
    with acting_as(world.operator):
        return person, transfers.confirm(row.id)


@pytest.mark.parametrize(("days", "works"), [(0, True), (14, True), (15, False)])
def test_a_released_person_works_at_the_old_place_until_the_last_day(world: mk.World, days: int, works: bool) -> None:
    mk.change(world.worker.employment, ended_on=today() - mk.DAY)
    person, moved = _transferred(world, today() + 14 * mk.DAY)
    with on(today() + days * mk.DAY), acting_as(world.operator):
        places = people.live_employments(person.employee.id, on=today())
        figure_counts.recount()
        staff = {row.key: row.people for row in statistics.Stored().staff_by_organization()}
        found = quality.by_organization(organization_id=world.school.id)
        old = db.select(m.Employee.id).where(c.EMPLOYER.condition(str(world.school.id), ""))
        listed = list(db.session.scalars(old))
    assert [place.organization_id for place in places] == [world.school.id if works else moved.organization_id]
    assert (staff.get(world.school.id), staff.get(moved.organization_id)) == ((1, None) if works else (None, 1))
    assert [item.people for item in found] == ([1] if works else [])
    assert listed == ([person.employee.id] if works else [])


def test_a_place_with_an_end_in_advance_is_closed_earlier_but_not_twice(world: mk.World) -> None:
    person = mk.make_person(world.school, employment={"ended_on": today() + 200 * mk.DAY})
    with acting_as(world.responsible):
        people.dismiss_from(person.employee.id, [person.employment.id], on=today(), reason="Приказ № 7")
    assert mk.fetch(m.Employment, person.employment.id).ended_on == today()
    with acting_as(world.responsible), mk.nothing_changes(), pytest.raises(Conflict, match="уже закрыто"):
        people.dismiss(person.employment.id, on=today(), reason="Приказ № 7")


def test_who_has_a_fixed_term_is_let_go_before_its_end(world: mk.World) -> None:
    """The release of a transfer ends the place, not the contract's term."""
    person, new = mk.make_person(world.school, employment={"ended_on": today() + 200 * mk.DAY}), mk.make_organization()
    last = today() + 5 * mk.DAY
    where = {"organization_id": new.id, "position_id": mk.make_position().id, "starts_on": last + mk.DAY}
    with acting_as(world.responsible):
        row = transfers.start(person.employment.id, **where, released_on=last)
    assert row.released_on == last
    with acting_as(mk.make_actor("school", new)):
        transfers.accept(row.id, position_id=where["position_id"], starts_on=last + mk.DAY)
    with acting_as(world.operator):
        transfers.confirm(row.id)
    days = {place.organization_id: (place.started_on, place.ended_on) for place in mk.rows(
        m.Employment, m.Employment.employee_id == person.employee.id)}  # fmt: skip
    assert days[world.school.id][1] == last
    assert days[new.id] == (last + mk.DAY, None)


def test_a_place_that_begins_later_holds_the_person_and_gives_no_right_yet(world: mk.World) -> None:
    first = today() + 7 * mk.DAY
    person = mk.make_person(world.school, employment={"started_on": first})
    assert (conditions.is_employed(person.employment), conditions.is_at_work(person.employment)) == (True, False)
    assert (conditions.is_at_work(person.employment, first), conditions.is_employed(person.employment, first)) == (
        True,
        True,
    )
    with acting_as(world.operator):
        assert people.live_employments(person.employee.id, on=today()) == []
        assert [e.id for e in people.live_employments(person.employee.id, on=first)] == [person.employment.id]


# --- what is late ----------------------------------------------------------------------------------------------------


def test_late_means_the_same_as_sql_and_for_a_row_at_hand(world: mk.World) -> None:
    """For each table with a term, in each of its statuses, before, on and after the last day."""
    made = []
    for status in st.ApplicationStatus:
        person = mk.make_person(world.school)
        for due in (None, today() - mk.DAY, today(), today() + mk.DAY):
            if status in st.APPLICATION_LIVE:
                person = mk.make_person(world.school)
            made.append(
                mk.save(
                    m.VoucherApplication(
                        employee_id=person.employee.id,
                        employment_id=person.employment.id,
                        rule_id=mk.make_rule().id,
                        status=status,
                        due_on=due,
                    )
                )
            )
    with acting_as(world.operator):
        late = set(db.session.scalars(db.select(m.VoucherApplication.id).where(conditions.late(m.VoucherApplication))))
    table = m.VoucherApplication.__table__
    plain = set(db.session.scalars(db.select(table.c.id).where(conditions.late(table))))
    expected = {
        row.id for row in made if row.status == st.ApplicationStatus.SUBMITTED and row.due_on == today() - mk.DAY
    }
    assert late == plain == expected == {row.id for row in made if conditions.is_late(row)}
    assert len(expected) == 1


@pytest.mark.parametrize("name", sorted(conditions.WAITING))
def test_every_kind_that_waits_has_a_status_of_its_table(name: str) -> None:
    table = m.Base.metadata.tables[name]
    assert {member.value for member in conditions.WAITING[name]} <= set(table.c.status.type.enums)
    assert str(conditions.waits(table))
