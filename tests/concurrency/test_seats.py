"""Seats, blocks and the waiting list under real clients; each guard is also shown to fail when it is switched off."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import today
from app.extensions import db
from app.services.courses.enrolment import enrolments, seats
from app.services.courses.group import group_jobs, groups
from app.services.personnel.cards import people
from app.services.portal import transitions
from app.services.portal.who_acts import SYSTEM
from app.services.voucher import voucher_blocks
from app.statuses import SEAT_HOLDING
from tests.concurrency.clients import meet, refused, run_at_once, succeeded, without_index
from tests.services import makers as mk

E = st.EnrolmentStatus
CLIENTS, TRIALS = 20, 4


def enrol_call(person: mk.Person, group: Any) -> Any:
    return person.actor, partial(enrolments.enrol, person.employee.id, group.id)


def holders(group: Any) -> list[Any]:
    """Enrolments that hold a seat of the group, as committed."""
    return mk.rows(m.Enrolment, m.Enrolment.group_id == group.id, m.Enrolment.status.in_(SEAT_HOLDING))


def taken(group: Any) -> int:
    return int(mk.fetch(m.TrainingGroup, group.id).taken)


# --- guard 1: the last seat ------------------------------------------------------------------------------------------


def test_last_seat_is_sold_once(app: Any, session: Any) -> None:
    world = mk.make_world(capacity=1)
    people = world.more_people(CLIENTS)
    for _ in range(TRIALS):
        group = mk.make_group(world.program, capacity=1)
        results = run_at_once(app, [enrol_call(person, group) for person in people])
        assert refused(results) == []
        assert (len(holders(group)), taken(group)) == (1, 1)
        waiting = mk.rows(m.Enrolment, m.Enrolment.group_id == group.id, m.Enrolment.status == E.WAITING)
        assert len(waiting) == CLIENTS - 1
        reserved = mk.rows(m.VoucherBlock, m.VoucherBlock.status == st.BlockStatus.RESERVED)
        assert [block.id for block in reserved] == [row.block_id for row in holders(group)]
        with acting_as(world.organizer_actor):
            groups.cancel(group.id, "Следующая попытка")
    assert enrolments.recount() == 0


def count_then_insert(group_id: int, *, statuses: Collection[Any] = ()) -> bool:
    """The guard switched off: read the number of seats, then write it."""
    group = m.TrainingGroup.__table__
    free = db.session.execute(
        text("SELECT capacity - taken, taken FROM training_group WHERE id = :id"), {"id": group_id}
    ).one()
    meet()
    if free[0] <= 0:
        return False
    db.session.execute(group.update().where(group.c.id == group_id).values(taken=free[1] + 1))
    return True


def test_last_seat_is_sold_twice_without_the_guard(app: Any, session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world = mk.make_world(capacity=1)
    people = world.more_people(6)
    monkeypatch.setattr(seats, "take_seat", count_then_insert)
    run_at_once(app, [enrol_call(person, world.group) for person in people])
    assert len(holders(world.group)) > 1
    assert enrolments.recount() == 1


# --- guard 2: one block, one enrolment -------------------------------------------------------------------------------


def distant_groups(world: mk.World, number: int) -> list[Any]:
    """Groups of one program whose dates do not overlap."""
    day = world.group.starts_on
    dates = [(day + 10 * n * mk.DAY, day + (10 * n + 5) * mk.DAY) for n in range(number)]
    return [mk.make_group(world.program, starts_on=first, ends_on=last) for first, last in dates]


def test_one_block_is_reserved_once(app: Any, session: Any) -> None:
    world = mk.make_world()
    for _ in range(TRIALS):
        courses = distant_groups(world, 6)
        results = run_at_once(app, [enrol_call(world.worker, group) for group in courses])
        rows = succeeded(results)
        assert len(rows) == 1
        assert all("свободных блоков" in error.message for error in refused(results))
        assert [taken(group) for group in courses].count(1) == 1
        with acting_as(world.worker.actor):
            enrolments.withdraw(rows[0].id)
    assert {block.status for block in mk.blocks_of(world.voucher)} == {st.BlockStatus.FREE}
    assert enrolments.recount() == 0


def reserve_without_asking(block_id: int) -> None:
    """The guard switched off: the block is marked reserved whatever it was."""
    meet()
    db.session.execute(text("UPDATE voucher_block SET status = 'reserved' WHERE id = :id"), {"id": block_id})


def no_lock(_employee_id: int, *, skip_locked: bool = False) -> bool:
    """The guard switched off: the person is not locked."""
    return True


def test_one_block_pays_twice_without_the_guard(app: Any, session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world = mk.make_world()
    courses = distant_groups(world, 4)
    monkeypatch.setattr(voucher_blocks, "reserve_block", reserve_without_asking)
    monkeypatch.setattr(people, "lock_person", no_lock)
    # The unique index is the last net under this guard; only without it the damage shows.
    with without_index("uq_enrolment_block"):
        run_at_once(app, [enrol_call(world.worker, group) for group in courses])
        block_ids = [row.block_id for row in mk.rows(m.Enrolment)]
        assert len(block_ids) > len(set(block_ids))


def test_overlapping_groups_are_not_entered_at_once(app: Any, session: Any) -> None:
    world = mk.make_world()
    program = mk.make_program(world.organizer, block=None)
    for _ in range(TRIALS):
        courses = [mk.make_group(program) for _ in range(5)]
        rows = succeeded(run_at_once(app, [enrol_call(world.worker, group) for group in courses]))
        assert len(rows) == 1
        with acting_as(world.worker.actor):
            enrolments.withdraw(rows[0].id)


def test_overlapping_groups_are_entered_without_the_guard(
    app: Any, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = mk.make_world()
    program = mk.make_program(world.organizer, block=None)
    real = enrolments.judge_one

    def decide_slowly(*args: Any, **kwargs: Any) -> Any:
        found = real(*args, **kwargs)
        meet()
        return found

    monkeypatch.setattr(enrolments, "judge_one", decide_slowly)
    monkeypatch.setattr(people, "lock_person", no_lock)
    courses = [mk.make_group(program) for _ in range(4)]
    assert len(succeeded(run_at_once(app, [enrol_call(world.worker, group) for group in courses]))) > 1


# --- guard 5: the same click twice -----------------------------------------------------------------------------------


@pytest.mark.parametrize("capacity", [5, 1], ids=["with a seat", "into the waiting list"])
def test_double_click_makes_one_enrolment_and_one_letter(app: Any, session: Any, capacity: int) -> None:
    world = mk.make_world(capacity=capacity)
    if capacity == 1:
        (other,) = world.more_people(1)
        mk.make_enrolment(other, world.group, status=E.APPLIED)
    before = taken(world.group)
    results = run_at_once(app, [enrol_call(world.worker, world.group)] * 8)
    assert len({row.id for row in succeeded(results)}) == 1
    assert refused(results) == []
    assert taken(world.group) == (before + 1 if capacity == 5 else before)
    assert len(mk.rows(m.Letter)) == 1
    assert enrolments.recount() == 0


def test_double_click_on_a_result_spends_the_block_once(app: Any, session: Any) -> None:
    world = mk.make_world()
    block = mk.blocks_of(world.voucher)[0]
    row = mk.make_enrolment(world.worker, mk.make_past_group(world.program), status=E.CONFIRMED, block=block)
    call = (world.organizer_actor, partial(enrolments.record_result, row.id, E.TRAINED))
    results = run_at_once(app, [call] * 6)
    assert refused(results) == []
    assert len(mk.journal("enrolment.record_trained")) == 1
    assert len(mk.journal("voucher_block.spend")) == 1


def test_last_two_blocks_spent_at_once_use_the_voucher(app: Any, session: Any) -> None:
    world = mk.make_world()
    blocks = mk.blocks_of(world.voucher)
    mk.change(blocks[2], status=st.BlockStatus.USED)
    running = [mk.make_past_group(world.program) for _ in range(2)]
    rows = [
        mk.make_enrolment(world.worker, group, status=E.CONFIRMED, block=block)
        for group, block in zip(running, blocks, strict=False)
    ]
    calls = [(world.organizer_actor, partial(enrolments.record_result, row.id, E.TRAINED)) for row in rows]
    assert refused(run_at_once(app, calls)) == []
    assert mk.fetch(m.Voucher, world.voucher.id).status == st.VoucherStatus.USED


# --- guard 3: what is freed goes on ----------------------------------------------------------------------------------


def test_cancelling_while_people_enrol_leaves_nobody_and_nothing_held(app: Any, session: Any) -> None:
    world = mk.make_world()
    people = world.more_people(8)
    for _ in range(TRIALS):
        group = mk.make_group(world.program, capacity=5)
        cancel = (world.organizer_actor, partial(groups.cancel, group.id, "Нет преподавателя"))
        calls = [enrol_call(person, group) for person in people]
        results = run_at_once(app, [*calls[:4], cancel, *calls[4:]])
        assert not isinstance(results[4], Exception)
        assert (holders(group), taken(group)) == ([], 0)
        assert {block.status for block in mk.rows(m.VoucherBlock)} == {st.BlockStatus.FREE}
        rejected = [row for row in succeeded(results) if isinstance(row, m.Enrolment)]
        assert {mk.fetch(m.Enrolment, row.id).status for row in rejected} <= {E.REJECTED}
    assert enrolments.recount() == 0


def test_withdrawals_at_once_move_as_many_up(app: Any, session: Any) -> None:
    world = mk.make_world(capacity=4)
    people = world.more_people(8)
    rows = []
    for person in people:
        with acting_as(person.actor):
            rows.append(enrolments.enrol(person.employee.id, world.group.id))
    calls = [(p.actor, partial(enrolments.withdraw, row.id)) for p, row in zip(people[:4], rows, strict=False)]
    assert refused(run_at_once(app, calls)) == []
    assert [row.employee_id for row in holders(world.group)] == [person.employee.id for person in people[4:]]
    assert taken(world.group) == 4
    assert enrolments.recount() == 0


def test_one_person_on_two_waiting_lists_is_moved_up_once(app: Any, session: Any) -> None:
    world = mk.make_world()
    for _ in range(TRIALS):
        courses = [mk.make_group(world.program, capacity=1) for _ in range(2)]
        holding = world.more_people(2)
        listed = [*world.more_people(2), world.worker]
        held = [mk.make_enrolment(p, g, status=E.APPLIED) for p, g in zip(holding, courses, strict=True)]
        for group, order in zip(courses, (listed, listed[::-1]), strict=True):
            for person in order:
                mk.make_enrolment(person, group, status=E.WAITING)
        calls = [(p.actor, partial(enrolments.withdraw, row.id)) for p, row in zip(holding, held, strict=True)]
        assert refused(run_at_once(app, calls)) == []
        moved = [row.employee_id for group in courses for row in holders(group)]
        assert len(moved) == len(set(moved)) == 2
    assert enrolments.recount() == 0


def test_move_is_made_by_one_of_many(app: Any, session: Any) -> None:
    world = mk.make_world()
    program = mk.make_program(world.organizer, status=st.ProgramStatus.SUBMITTED)
    call = (world.operator, partial(transitions.move, m.Program, program.id, "publish"))
    results = run_at_once(app, [call] * 8)
    assert (len(succeeded(results)), len(refused(results))) == (1, 7)
    assert len(mk.journal("program.publish")) == 1


# --- groups that move by themselves ----------------------------------------------------------------------------------


def test_two_workers_move_a_group_once(app: Any, session: Any) -> None:
    world = mk.make_world(capacity=3)
    for person in world.more_people(2):
        mk.make_enrolment(person, world.group, status=E.CONFIRMED)
    for _ in range(TRIALS):
        mk.change(world.group, status=st.GroupStatus.OPEN, enrol_until=today() - mk.DAY)
        before = len(mk.rows(m.Letter)), len(mk.journal("training_group.close"))
        results = run_at_once(app, [(SYSTEM, group_jobs.tick)] * 4)
        assert (refused(results), sum(results)) == ([], 1)
        assert len(mk.rows(m.Letter)) == before[0] + 2
        assert len(mk.journal("training_group.close")) == before[1] + 1


def test_people_enrol_while_their_group_starts_by_itself(app: Any, session: Any) -> None:
    """Who was faster has a seat, who was not is refused or was on the waiting list and is told; nothing stays held."""
    world = mk.make_world()
    people = world.more_people(6)
    for _ in range(TRIALS):
        group = mk.make_group(world.program, capacity=3, starts_on=today(), enrol_until=today())
        calls = [enrol_call(person, group) for person in people]
        results = run_at_once(app, [*calls[:3], (SYSTEM, group_jobs.tick), *calls[3:]])
        assert results[3] == 1
        assert mk.fetch(m.TrainingGroup, group.id).status == st.GroupStatus.RUNNING
        assert mk.rows(m.Enrolment, m.Enrolment.group_id == group.id, m.Enrolment.status == E.WAITING) == []
        assert taken(group) == len(holders(group)) <= 3
        with acting_as(world.organizer_actor):
            groups.cancel(group.id, "Следующая попытка")
    assert {block.status for block in mk.rows(m.VoucherBlock)} == {st.BlockStatus.FREE}
    assert enrolments.recount() == 0
