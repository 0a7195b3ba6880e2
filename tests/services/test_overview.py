"""What is near at a school and in an organizer's groups: the figures of the lists, own rows only, one statement a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import func, select

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.actor import Actor
from app.clock import now, today
from app.extensions import db
from app.services.desk import matters, overview
from tests.services import makers as mk
from tests.statements import recorded

E, G = st.EnrolmentStatus, st.GroupStatus
DAY = mk.DAY


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world(capacity=30, minimum=0)


def school(actor: Actor) -> overview.School:
    with acting_as(actor):
        return overview.of_school()


def own(actor: Actor) -> overview.Found[overview.OwnGroup]:
    with acting_as(actor):
        return overview.of_organizer()


def counted(actor: Actor, model: Any, condition: Any) -> int:
    with acting_as(actor):
        return int(db.session.scalar(select(func.count()).select_from(model).where(condition())) or 0)


# --- school ----------------------------------------------------------------------------------------------------------


def test_who_waits_longest_for_the_agreement_is_first(world: mk.World) -> None:
    people = world.more_people(3)
    for person, days in zip(people, (2, 9, 5), strict=True):
        mk.make_enrolment(person, world.group, status=E.APPLIED, changed_at=now() - days * DAY)
    found = school(world.responsible).agree
    assert [(today() - it.since).days for it in found.items] == [9, 5, 2]
    assert (found.total, found.items[0].person) == (3, people[1].employee.full_name)
    assert (found.items[0].title, found.items[0].number) == (world.program.title, world.group.number)
    assert (found.items[0].starts_on, found.items[0].ends_on) == (world.group.starts_on, world.group.ends_on)


def test_only_the_first_rows_are_named_and_all_are_counted(world: mk.World) -> None:
    for person in world.more_people(7):
        mk.make_enrolment(person, world.group, status=E.APPLIED)
    found = school(world.responsible).agree
    assert (len(found.items), found.total) == (overview.MOST_ROWS, 7)
    assert found.total == counted(world.responsible, m.Enrolment, matters.to_agree)


def test_the_agreement_of_another_school_is_not_asked_here(world: mk.World) -> None:
    """A person of both schools: who enrolled from the other one is agreed there."""
    place = mk.make_employment(world.other_worker.employee, world.school, kind=st.EmploymentKind.SECONDARY)
    mk.make_enrolment(world.other_worker, world.group, status=E.APPLIED)
    assert place.employee_id == world.other_worker.employee.id
    assert school(world.responsible).agree.total == 0
    assert school(world.other_responsible).agree.total == 1


def test_offers_are_listed_by_their_term(world: mk.World) -> None:
    for person, days in zip(world.more_people(2), (5, 1), strict=True):
        mk.make_enrolment(person, world.group, status=E.OFFERED, offer_until=now() + days * DAY)
    found = school(world.responsible).offered
    assert [(it.until - now()).days for it in found.items if it.until] == [0, 4]
    assert found.total == 2


def test_who_is_on_a_course_today(world: mk.World) -> None:
    day = today()
    running = {"status": G.RUNNING, "enrol_from": day - 9 * DAY, "enrol_until": day - 5 * DAY}
    cases = [
        (day, day, G.RUNNING, E.CONFIRMED, True),
        (day - DAY, day + DAY, G.CLOSED, E.CONFIRMED, True),
        (day - 3 * DAY, day - DAY, G.RUNNING, E.CONFIRMED, False),
        (day + DAY, day + 2 * DAY, G.CLOSED, E.CONFIRMED, False),
        (day, day, G.CANCELLED, E.CONFIRMED, False),
        (day, day, G.RUNNING, E.EXPELLED, False),
    ]
    expected = []
    for person, (starts, ends, state, status, is_now) in zip(world.more_people(len(cases)), cases, strict=True):
        dates = {"starts_on": starts, "ends_on": ends, "status": state}
        row = mk.make_enrolment(person, mk.make_group(world.program, **(running | dates)), status=status)
        expected += [row.id] if is_now else []
    assert [it.enrolment_id for it in school(world.responsible).on_course.items] == expected


def test_vouchers_that_end_soon_with_free_blocks(world: mk.World) -> None:
    soon, later, spent = world.more_people(3)
    for person, left in ((soon, 30), (later, 91), (spent, 10)):
        voucher = mk.rows(m.Voucher, m.Voucher.employee_id == person.employee.id)[0]
        mk.change(voucher, valid_until=today() + left * DAY)
        if person is spent:
            for block in mk.blocks_of(voucher):
                mk.change(block, status=st.BlockStatus.USED)
        if person is soon:
            mk.change(mk.blocks_of(voucher)[0], status=st.BlockStatus.RESERVED)
    found = school(world.responsible).unspent
    assert [(it.person, it.free, (it.valid_until - today()).days) for it in found.items] == [
        (soon.employee.full_name, 2, 30)
    ]
    assert found.total == counted(world.responsible, m.Voucher, matters.unspent) == 1


def test_another_school_sees_nothing_of_it(world: mk.World) -> None:
    mk.change(world.voucher, valid_until=today() + DAY)
    running = mk.make_group(
        world.program, starts_on=today(), ends_on=today(), enrol_until=today() - DAY, status=G.RUNNING
    )
    people = world.more_people(3)
    for person, status in zip(people, (E.APPLIED, E.OFFERED), strict=False):
        mk.make_enrolment(person, world.group, status=status)
    mk.make_enrolment(people[2], running, status=E.CONFIRMED)
    here, there = school(world.responsible), school(world.other_responsible)
    assert [part.total for part in (here.agree, here.offered, here.unspent, here.on_course)] == [1, 1, 1, 1]
    for part in (there.agree, there.offered, there.unspent, there.on_course):
        assert (list(part.items), part.total) == ([], 0)


def test_two_statements_for_one_and_three_rows(world: mk.World) -> None:
    counts = []
    for person in world.more_people(3):
        mk.make_enrolment(person, world.group, status=E.APPLIED)
        with recorded() as statements:
            school(world.responsible)
        counts.append(len(statements))
    assert counts == [2, 2, 2]


# --- organizer -------------------------------------------------------------------------------------------------------


def test_a_group_with_its_numbers(world: mk.World) -> None:
    statuses: Sequence[st.EnrolmentStatus] = (
        E.WAITING, E.WAITING, E.AGREED, E.AGREED, E.AGREED, E.APPLIED, E.CONFIRMED, E.REJECTED,
    )  # fmt: skip
    for person, status in zip(world.more_people(len(statuses)), statuses, strict=True):
        mk.make_enrolment(person, world.group, status=status)
    (it,) = own(world.organizer_actor).items
    assert (it.group_id, it.number, it.title) == (world.group.id, world.group.number, world.program.title)
    assert (it.taken, it.capacity, it.waiting, it.unconfirmed) == (5, 30, 2, 3)
    assert (it.without_result, it.without_document, it.is_below) == (0, 0, False)


@pytest.mark.parametrize(("days", "taken", "below"), [(10, 4, True), (10, 5, False), (15, 4, False), (0, 4, True)])
def test_below_the_minimum_when_the_start_is_near(world: mk.World, days: int, taken: int, below: bool) -> None:
    starts = today() + days * DAY
    mk.change(world.group, minimum=5, taken=taken, starts_on=starts, ends_on=starts + DAY, enrol_until=starts)
    (it,) = own(world.organizer_actor).items
    assert it.is_below is below
    assert counted(world.organizer_actor, m.TrainingGroup, matters.below_minimum) == below


def test_below_the_minimum_counts_own_groups_and_the_operator_counts_all(world: mk.World) -> None:
    """An organizer who is a worker too sees others' groups; they are none of the organizer's business."""
    mk.change(world.group, minimum=5)
    grants = (*world.other_organizer.grants, mk.Grant("worker"))
    both = Actor(world.other_organizer.user_id, "x", world.worker.employee.id, grants)
    assert counted(both, m.TrainingGroup, matters.below_minimum) == 0
    assert counted(world.operator, m.TrainingGroup, matters.below_minimum) == 1


def test_late_groups_come_first(world: mk.World) -> None:
    ended = mk.make_past_group(world.program)
    documented = mk.make_past_group(world.program, status=G.COMPLETED)
    done = mk.make_past_group(world.program, status=G.COMPLETED)
    late, trained, failed = world.more_people(3)
    mk.make_enrolment(late, ended, status=E.CONFIRMED)
    mk.make_enrolment(trained, documented, status=E.TRAINED)
    mk.make_enrolment(failed, done, status=E.FAILED)
    found = own(world.organizer_actor)
    assert [it.group_id for it in found.items] == [ended.id, documented.id, world.group.id]
    assert [(it.without_result, it.without_document) for it in found.items] == [(1, 0), (0, 1), (0, 0)]
    assert found.total == 3


def test_many_late_groups_leave_room_for_the_nearest(world: mk.World) -> None:
    for person in world.more_people(overview.MOST_LATE + 2):
        done = mk.make_past_group(world.program, status=G.COMPLETED)
        mk.make_enrolment(person, done, status=E.TRAINED)
    ended = mk.make_past_group(world.program, starts_on=today() - 3 * DAY)
    mk.make_enrolment(world.worker, ended, status=E.CONFIRMED)
    found = own(world.organizer_actor)
    assert found.items[0].group_id == ended.id, "no results is worse than no documents"
    assert [it.group_id for it in found.items[overview.MOST_LATE :]] == [world.group.id]
    assert found.total == overview.MOST_LATE + 4


def test_listeners_without_result_are_late_after_the_end_only(world: mk.World) -> None:
    mk.make_enrolment(world.worker, world.group, status=E.CONFIRMED)
    assert own(world.organizer_actor).items[0].without_result == 0


def test_drafts_to_come_are_shown_and_past_ones_are_not(world: mk.World) -> None:
    mk.change(world.group, status=G.DRAFT)
    mk.make_past_group(world.program, status=G.DRAFT)
    mk.make_past_group(world.program, status=G.CANCELLED)
    assert [it.group_id for it in own(world.organizer_actor).items] == [world.group.id]


def test_another_organizer_sees_none_of_them(world: mk.World) -> None:
    assert own(world.organizer_actor).total == 1
    assert list(own(world.other_organizer).items) == []
    grants = (*world.other_organizer.grants, mk.Grant("worker"))
    both = Actor(world.other_organizer.user_id, "x", world.worker.employee.id, grants)
    assert list(own(both).items) == []


def test_one_statement_and_few_rows_for_many_groups(world: mk.World) -> None:
    for n in range(overview.MOST_GROUPS + 3):
        starts = today() + (20 + n) * DAY
        mk.make_group(world.program, starts_on=starts, ends_on=starts)
    with recorded() as statements:
        found = own(world.organizer_actor)
    assert len(statements) == 1
    assert (len(found.items), found.total) == (overview.MOST_GROUPS, overview.MOST_GROUPS + 4)
    assert found.items[0].group_id == world.group.id
