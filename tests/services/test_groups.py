"""Programs and groups: publication, dates, cancellation with everything that hangs on a group."""

from __future__ import annotations

from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import today
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.services.courses.enrolment import enrolments
from app.services.courses.group import groups
from app.services.courses.program import programs
from app.services.portal import records
from tests.services import makers as mk

E, G, P = st.EnrolmentStatus, st.GroupStatus, st.ProgramStatus


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


def enrol(person: mk.Person, group: Any) -> Any:
    with acting_as(person.actor):
        return enrolments.enrol(person.employee.id, group.id)


def status_of(row: Any) -> str:
    return str(mk.fetch(type(row), row.id).status)


# --- programs --------------------------------------------------------------------------------------------------------


def test_program_goes_from_draft_to_archive(world: mk.World) -> None:
    program = mk.make_program(world.organizer, status=P.DRAFT)
    with acting_as(world.organizer_actor):
        assert programs.submit(program.id).status == P.SUBMITTED
    with acting_as(world.operator):
        assert programs.return_(program.id, "Нет аннотации").status == P.RETURNED
    with acting_as(world.organizer_actor):
        programs.submit(program.id)
    with acting_as(world.operator):
        assert programs.publish(program.id).status == P.PUBLISHED
    with acting_as(world.organizer_actor):
        assert programs.archive(program.id).status == P.ARCHIVED


def test_organizer_may_not_publish(world: mk.World) -> None:
    program = mk.make_program(world.organizer, status=P.SUBMITTED)
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Forbidden):
        programs.publish(program.id)


def test_foreign_program_is_not_found(world: mk.World) -> None:
    program = mk.make_program(world.organizer, status=P.DRAFT)
    with acting_as(world.other_organizer), mk.nothing_changes(), pytest.raises(NotFound):
        programs.submit(program.id)


NEW_PROGRAM = {"code": "Н-1", "title": "Новая программа", "year": 2026, "hours": 36}


def test_new_program_belongs_to_the_own_organizer(world: mk.World) -> None:
    with acting_as(world.organizer_actor):
        row = records.create(m.Program, NEW_PROGRAM)
    assert (row.organizer_id, row.status) == (world.organizer.id, P.DRAFT)


def test_program_of_another_organizer_is_forbidden(world: mk.World) -> None:
    other = mk.make_organization(is_organizer=True)
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Forbidden):
        records.create(m.Program, {**NEW_PROGRAM, "organizer_id": other.id})


def test_program_of_a_school_that_runs_no_courses_is_refused(world: mk.World) -> None:
    with acting_as(world.operator), mk.nothing_changes(), pytest.raises(Invalid) as caught:
        records.create(m.Program, {**NEW_PROGRAM, "organizer": world.school})
    assert list(caught.value.fields) == ["organizer"]


@pytest.mark.parametrize("hours", [15, 250])
def test_hours_outside_the_kind_of_program_are_refused(world: mk.World, hours: int) -> None:
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Invalid) as caught:
        records.create(m.Program, {**NEW_PROGRAM, "hours": hours})
    assert "от 16 до 249" in caught.value.fields["hours"][0]


# --- a group's way ---------------------------------------------------------------------------------------------------


def test_group_opens_closes_starts_and_completes(world: mk.World) -> None:
    group = mk.make_past_group(world.program, status=G.DRAFT, starts_on=today(), enrol_until=today(), ends_on=today())
    with acting_as(world.organizer_actor):
        assert groups.open(group.id).status == G.OPEN
    mk.make_enrolment(world.worker, group, status=E.CONFIRMED)
    with acting_as(world.organizer_actor):
        assert groups.close(group.id).status == G.CLOSED
        assert groups.start(group.id).status == G.RUNNING
        row = mk.rows(m.Enrolment)[0]
        enrolments.record_result(row.id, E.NO_SHOW)
        assert groups.complete(group.id).status == G.COMPLETED
    # the group's three states and the outcome
    assert len(mk.rows(m.Letter)) == 4


def test_group_of_an_unpublished_program_does_not_open(world: mk.World) -> None:
    mk.change(world.program, status=P.SUBMITTED)
    group = mk.make_group(world.program, status=G.DRAFT)
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Conflict, match="не опубликована"):
        groups.open(group.id)


def test_group_whose_enrolment_is_past_does_not_open(world: mk.World) -> None:
    group = mk.make_past_group(world.program, status=G.DRAFT)
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Conflict, match="уже прошёл"):
        groups.open(group.id)


def test_training_does_not_start_before_its_first_day(session: Any) -> None:
    world = mk.make_world(status=G.CLOSED)
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Conflict, match="Обучение начнётся"):
        groups.start(world.group.id)


def test_start_ends_the_waiting_list_with_a_letter(session: Any) -> None:
    world = mk.make_world(capacity=1)
    (first,) = world.more_people(1)
    enrol(first, world.group)
    waiting = enrol(world.worker, world.group)
    dates = {"starts_on": today(), "enrol_until": today(), "status": G.CLOSED}
    mk.change(world.group, **dates)
    with acting_as(world.organizer_actor):
        groups.start(world.group.id)
    assert status_of(waiting) == E.REJECTED
    told = [letter.recipient for letter in mk.rows(m.Letter) if "отклонена" in letter.subject]
    assert told == [world.worker.employee.email]
    assert mk.fetch(m.TrainingGroup, world.group.id).taken == 1


@pytest.mark.parametrize("status", [E.APPLIED, E.AGREED, E.CONFIRMED])
def test_complete_names_people_without_an_outcome(world: mk.World, status: st.EnrolmentStatus) -> None:
    group = mk.make_past_group(world.program)
    mk.make_enrolment(world.worker, group, status=status)
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Conflict) as caught:
        groups.complete(group.id)
    assert world.worker.employee.short_name in caught.value.message


@pytest.mark.parametrize("act", [groups.open, groups.close, groups.start, groups.complete])
def test_foreign_organizer_may_not_move_a_group(world: mk.World, act: Any) -> None:
    with acting_as(world.other_organizer), mk.nothing_changes(), pytest.raises(NotFound):
        act(world.group.id)


# --- cancellation ----------------------------------------------------------------------------------------------------


def test_cancellation_rejects_everybody_and_frees_seats_and_blocks(world: mk.World) -> None:
    first, second = world.more_people(2)
    rows = [enrol(person, world.group) for person in (first, second, world.worker)]
    assert [status_of(row) for row in rows] == [E.APPLIED, E.APPLIED, E.WAITING]
    with acting_as(world.organizer_actor):
        group = groups.cancel(world.group.id, "Нет преподавателя")
    assert (group.status, group.taken, group.reason_text) == (G.CANCELLED, 0, "Нет преподавателя")
    assert {status_of(row) for row in rows} == {E.REJECTED}
    assert {b.status for b in mk.rows(m.VoucherBlock)} == {st.BlockStatus.FREE}
    told = [letter for letter in mk.rows(m.Letter) if "отклонена" in letter.subject]
    assert sorted(letter.recipient for letter in told) == sorted(
        person.employee.email for person in (first, second, world.worker)
    )
    assert all("Нет преподавателя" in letter.body for letter in told)
    assert enrolments.recount() == 0


@pytest.mark.parametrize("outcome", st.OUTCOMES)
def test_a_group_in_which_somebody_has_an_outcome_is_not_cancelled(
    world: mk.World, outcome: st.EnrolmentStatus
) -> None:
    group = mk.make_past_group(world.program)
    (other,) = world.more_people(1)
    block = mk.blocks_of(world.voucher)[0]
    mk.make_enrolment(world.worker, group, status=outcome, block=block)
    mk.make_enrolment(other, group, status=E.CONFIRMED)
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Conflict) as caught:
        groups.cancel(group.id, "Пожар")
    assert "обучение в ней состоялось: уже есть 1\xa0итог обучения" in caught.value.message
    assert "нажмите «Завершить обучение»" in caught.value.message


def test_a_running_group_without_outcomes_is_cancelled(world: mk.World) -> None:
    group = mk.make_past_group(world.program)
    left = mk.make_enrolment(world.worker, group, status=E.CONFIRMED, block=mk.blocks_of(world.voucher)[0])
    with acting_as(world.organizer_actor):
        row = groups.cancel(group.id, "Пожар")
    assert (status_of(left), row.status, row.taken) == (E.REJECTED, G.CANCELLED, 0)
    assert enrolments.recount() == 0


def test_cancellation_without_a_reason_changes_nothing(world: mk.World) -> None:
    enrol(world.worker, world.group)
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Invalid):
        groups.cancel(world.group.id, " ")


def test_cancelled_group_is_not_cancelled_again(world: mk.World) -> None:
    with acting_as(world.organizer_actor):
        groups.cancel(world.group.id, "Нет преподавателя")
        with mk.nothing_changes(), pytest.raises(Conflict):
            groups.cancel(world.group.id, "Ещё раз")


# --- capacity --------------------------------------------------------------------------------------------------------


def test_capacity_below_taken_is_refused_by_the_field(world: mk.World) -> None:
    for person in world.more_people(2):
        enrol(person, world.group)
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Invalid) as caught:
        groups.update(world.group.id, {"capacity": 1})
    assert caught.value.fields == {"capacity": ["Уже занято мест: 2. Меньше сделать нельзя."]}


def test_more_seats_move_the_waiting_list_up(session: Any) -> None:
    world = mk.make_world(capacity=1)
    people = [*world.more_people(3), world.worker]
    rows = [enrol(person, world.group) for person in people]
    with acting_as(world.organizer_actor):
        group = groups.update(world.group.id, {"capacity": 3}).group
    assert [status_of(row) for row in rows] == [E.APPLIED, E.OFFERED, E.OFFERED, E.WAITING]
    assert (group.capacity, group.taken) == (3, 3)
    assert enrolments.recount() == 0


@pytest.mark.parametrize(
    ("values", "field"),
    [({"ends_on": -1}, "ends_on"), ({"enrol_until": -6}, "enrol_until"), ({"enrol_until": 16}, "enrol_until")],
)
def test_dates_out_of_order_name_the_field(world: mk.World, values: dict[str, int], field: str) -> None:
    dates = {name: today() + days * mk.DAY for name, days in values.items()}
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Invalid) as caught:
        groups.update(world.group.id, dates)
    assert list(caught.value.fields) == [field]


def test_program_of_an_open_group_is_not_changed(world: mk.World) -> None:
    other = mk.make_program(world.organizer)
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Invalid) as caught:
        groups.update(world.group.id, {"program_id": other.id})
    assert list(caught.value.fields) == ["program"]
