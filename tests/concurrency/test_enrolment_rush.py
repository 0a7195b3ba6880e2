"""Quotas, lists of people, offers and transfers under real clients; each guard is also shown to fail when it is off."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Collection
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text, update

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import now
from app.errors import PortalError
from app.extensions import db
from app.services.courses.enrolment import enrolments, group_transfers, seats, waiting_list
from app.services.courses.group import groups
from app.services.personnel.cards import people
from app.services.portal import transitions
from app.statuses import SEAT_HOLDING, BulkMode
from tests.concurrency.clients import arrived, meet, refused, run_at_once, succeeded
from tests.services import makers as mk
from tests.waiting import until

E = st.EnrolmentStatus
TRIALS = 3


def enrol_call(person: mk.Person, group: Any) -> Any:
    return person.actor, partial(enrolments.enrol, person.employee.id, group.id)


def holders(group: Any) -> list[Any]:
    return mk.rows(m.Enrolment, m.Enrolment.group_id == group.id, m.Enrolment.status.in_(SEAT_HOLDING))


def taken(group: Any) -> int:
    return int(mk.fetch(m.TrainingGroup, group.id).taken)


def cancel(world: mk.World, group: Any) -> None:
    """Free everything for the next trial."""
    with acting_as(world.organizer_actor):
        groups.cancel(group.id, "Следующая попытка")


# --- guard 1: seats and quotas ---------------------------------------------------------------------------------------


def test_fifty_clients_for_five_seats(app: Any, session: Any) -> None:
    world = mk.make_world()
    people = world.more_people(50)
    group = mk.make_group(world.program, capacity=5)
    results = run_at_once(app, [enrol_call(person, group) for person in people])
    assert refused(results) == []
    assert (len(holders(group)), taken(group)) == (5, 5)
    assert len(mk.rows(m.Enrolment, m.Enrolment.status == E.WAITING)) == 45
    assert len(mk.rows(m.VoucherBlock, m.VoucherBlock.status == st.BlockStatus.RESERVED)) == 5
    assert enrolments.recount() == 0


def test_quota_is_never_exceeded(app: Any, session: Any) -> None:
    world = mk.make_world()
    people = world.more_people(10)
    for _ in range(TRIALS):
        group = mk.make_group(world.program, capacity=8)
        quota = mk.make_quota(group, organization=world.school, seats=3)
        results = run_at_once(app, [enrol_call(person, group) for person in people])
        assert refused(results) == []
        assert (len(holders(group)), taken(group)) == (3, 3)
        assert mk.fetch(m.GroupQuota, quota.id).taken == 3
        cancel(world, group)
        assert mk.fetch(m.GroupQuota, quota.id).taken == 0
    assert enrolments.recount() == 0


def no_group_lock(group_id: int) -> Any:
    """The guard switched off: the group is read, not locked."""
    return mk.fetch(m.TrainingGroup, group_id)


def take_any(_group_id: int, *, statuses: Collection[Any] = ()) -> bool:
    """The guard switched off: a seat is taken without a write, so nobody waits at the group."""
    return True


def quota_read_then_written(quota_id: int | None) -> bool:
    """The guard switched off: read the number, then write it."""
    found = db.session.execute(text("SELECT seats, taken FROM group_quota WHERE id = :id"), {"id": quota_id}).one()
    meet()
    if found.taken >= found.seats:
        return False
    db.session.execute(text("UPDATE group_quota SET taken = :n WHERE id = :id"), {"n": found.taken + 1, "id": quota_id})
    return True


def test_quota_is_exceeded_without_the_guard(app: Any, session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world = mk.make_world(capacity=20)
    people = world.more_people(6)
    mk.make_quota(world.group, organization=world.school, seats=1)
    monkeypatch.setattr(seats, "take_quota", quota_read_then_written)
    monkeypatch.setattr(seats, "take_seat", take_any)
    monkeypatch.setattr(seats, "lock_group", no_group_lock)
    run_at_once(app, [enrol_call(person, world.group) for person in people])
    assert len(holders(world.group)) > 1
    assert enrolments.recount() > 0


# --- guard 3: the last seat and the waiting list ---------------------------------------------------------------------


def test_freed_seat_goes_to_the_list_or_to_a_newcomer_but_once(app: Any, session: Any) -> None:
    world = mk.make_world()
    for _ in range(TRIALS):
        holder, waiter, *newcomers = world.more_people(5)
        group = mk.make_group(world.program, capacity=1)
        with acting_as(holder.actor):
            held = enrolments.enrol(holder.employee.id, group.id)
        with acting_as(waiter.actor):
            waiting = enrolments.enrol(waiter.employee.id, group.id)
        leave = (holder.actor, partial(enrolments.withdraw, held.id))
        results = run_at_once(app, [leave, *(enrol_call(person, group) for person in newcomers)])
        assert refused(results) == []
        assert (len(holders(group)), taken(group)) == (1, 1)
        assert mk.fetch(m.Enrolment, waiting.id).status == E.OFFERED
    assert enrolments.recount() == 0


# --- lists of two schools --------------------------------------------------------------------------------------------


def test_overlapping_lists_of_two_schools_do_not_deadlock(app: Any, session: Any) -> None:
    """People who work in both schools, listed in opposite orders, for one group and for two."""
    world = mk.make_world()
    second = mk.make_organization()
    other = mk.make_actor("school", second)
    people = world.more_people(6)
    for person in people:
        mk.make_employment(person.employee, second, kind=st.EmploymentKind.SECONDARY)
    ids = [person.employee.id for person in people]
    distant = {"starts_on": world.group.starts_on + 30 * mk.DAY, "ends_on": world.group.ends_on + 30 * mk.DAY}
    for _ in range(TRIALS):
        first, next_one = mk.make_group(world.program, capacity=4), mk.make_group(world.program, capacity=4, **distant)
        calls = [
            (world.responsible, partial(enrolments.enrol_many, ids, first.id)),
            (other, partial(enrolments.enrol_many, ids[::-1], first.id)),
            (world.responsible, partial(enrolments.enrol_many, ids[::-1], next_one.id)),
            (other, partial(enrolments.enrol_many, ids, next_one.id)),
        ]
        results = run_at_once(app, calls)
        assert refused(results) == []
        for group in (first, next_one):
            live = mk.rows(m.Enrolment, m.Enrolment.group_id == group.id)
            assert len({row.employee_id for row in live}) == len(live)
            assert len(holders(group)) == taken(group) <= 4
        cancel(world, first)
        cancel(world, next_one)
    assert {block.status for block in mk.rows(m.VoucherBlock)} == {st.BlockStatus.FREE}
    assert enrolments.recount() == 0


def test_all_or_nobody_of_two_schools_never_share_the_seats(app: Any, session: Any) -> None:
    world = mk.make_world()
    ours = [person.employee.id for person in world.more_people(3)]
    second = mk.make_organization()
    theirs = []
    for _ in range(3):
        person = mk.make_person(second)
        mk.make_voucher(person.employee)
        theirs.append(person.employee.id)
    other = mk.make_actor("school", second)
    for _ in range(TRIALS):
        group = mk.make_group(world.program, capacity=4)
        call = partial(enrolments.enrol_many, mode=BulkMode.ALL)
        results = run_at_once(
            app, [(world.responsible, partial(call, ours, group.id)), (other, partial(call, theirs, group.id))]
        )
        assert (len(succeeded(results)), len(refused(results))) == (1, 1)
        assert "мест" in refused(results)[0].message
        assert (len(holders(group)), taken(group)) == (3, 3)
        cancel(world, group)
    assert enrolments.recount() == 0


def in_order_of_list(employee_ids: Collection[int]) -> None:
    """The guard switched off: people are locked in the order in which they were listed."""
    for pk in employee_ids:
        db.session.execute(text("SELECT 1 FROM employee WHERE id = :id FOR NO KEY UPDATE"), {"id": pk})
        meet()


def test_unsorted_locks_of_people_deadlock(app: Any, session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world = mk.make_world()
    ids = [person.employee.id for person in world.more_people(2)]
    first, second = mk.make_group(world.program), mk.make_group(world.program)
    turned = iter([ids, ids[::-1]])
    monkeypatch.setattr(people, "lock_people", lambda _ids: in_order_of_list(next(turned)))
    calls = [(world.responsible, partial(enrolments.enrol_many, ids, group.id)) for group in (first, second)]
    failed = refused(run_at_once(app, calls))
    # the driver reports the deadlock, the portal says that the database did not answer
    assert [type(error).__name__ for error in failed] == ["Unavailable"]


# --- the offer -------------------------------------------------------------------------------------------------------


def offered(world: mk.World, *, until: dt.datetime) -> Any:
    group = mk.make_group(world.program, capacity=1)
    row = mk.make_enrolment(world.worker, group, status=E.OFFERED, block=mk.blocks_of(world.voucher)[0])
    return mk.change(row, offer_until=until)


def test_accept_and_let_pass_at_once_decide_for_one(app: Any, session: Any) -> None:
    world = mk.make_world()
    for _ in range(TRIALS):
        row = offered(world, until=now() + dt.timedelta(milliseconds=150))
        group, (other,) = mk.fetch(m.Enrolment, row.id).group, world.more_people(1)
        following = mk.make_enrolment(other, group, status=E.WAITING)
        mk.change(row, offer_until=now() + dt.timedelta(milliseconds=40))
        accept = (world.worker.actor, partial(waiting_list.accept, row.id))
        run_at_once(app, [accept, (mk.SYSTEM, later_pass), (mk.SYSTEM, later_pass)])
        settled, next_one = mk.fetch(m.Enrolment, row.id), mk.fetch(m.Enrolment, following.id)
        accepted = (settled.status, settled.offers, next_one.status) == (E.APPLIED, 0, E.WAITING)
        passed = (settled.status, settled.offers, next_one.status) == (E.WAITING, 1, E.OFFERED)
        assert accepted or passed
        assert (len(holders(group)), taken(group)) == (1, 1)
        cancel(world, group)
    assert enrolments.recount() == 0


def later_pass() -> int:
    """The job a moment later, so that it meets the end of the term."""
    time.sleep(0.05)
    return waiting_list.pass_offers()


def swap_whatever_it_was(row: Any, edge: Any, values: dict[str, Any]) -> None:
    """The guard switched off: the status is written without asking for the one that was read."""
    meet()
    values.pop("changed_at", None)
    model = type(row)
    statement = model.__table__.update().where(model.__table__.c.id == row.id).values(status=edge.target, **values)
    db.session.execute(statement)
    db.session.refresh(row)


def test_seat_is_accepted_and_passed_on_without_the_guard(
    app: Any, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = mk.make_world()
    row = offered(world, until=now() + mk.DAY)
    monkeypatch.setattr(transitions, "_swap", swap_whatever_it_was)
    monkeypatch.setattr(seats, "lock_group", no_group_lock)

    def job() -> int:
        until(arrived)
        db.session.execute(update(m.Enrolment).where(m.Enrolment.id == row.id).values(offer_until=now() - mk.DAY))
        db.session.commit()
        return waiting_list.pass_offers()

    accept = (world.worker.actor, partial(waiting_list.accept, row.id))
    assert refused(run_at_once(app, [accept, (mk.SYSTEM, job)])) == []
    assert len(mk.journal("enrolment.accept")) == len(mk.journal("enrolment.let_pass")) == 1


def test_overdue_offer_passes_once_by_two_jobs(app: Any, session: Any) -> None:
    world = mk.make_world()
    (other,) = world.more_people(1)
    row = offered(world, until=now() - dt.timedelta(minutes=1))
    group = mk.fetch(m.Enrolment, row.id).group
    following = mk.make_enrolment(other, group, status=E.WAITING)
    results = run_at_once(app, [(mk.SYSTEM, waiting_list.pass_offers)] * 4)
    assert sorted(results) == [0, 0, 0, 1]
    assert mk.fetch(m.Enrolment, row.id).offers == 1
    assert mk.fetch(m.Enrolment, following.id).status == E.OFFERED
    assert enrolments.recount() == 0


def test_double_click_on_accept(app: Any, session: Any) -> None:
    world = mk.make_world()
    row = offered(world, until=now() + mk.DAY)
    results = run_at_once(app, [(world.worker.actor, partial(waiting_list.accept, row.id))] * 6)
    assert refused(results) == []
    assert len(mk.journal("enrolment.accept")) == 1


def test_accept_and_withdraw_at_once(app: Any, session: Any) -> None:
    world = mk.make_world()
    for _ in range(TRIALS):
        row = offered(world, until=now() + mk.DAY)
        calls = [
            (world.worker.actor, partial(waiting_list.accept, row.id)),
            (world.responsible, partial(enrolments.withdraw, row.id)),
        ]
        run_at_once(app, calls)
        settled = mk.fetch(m.Enrolment, row.id)
        # whichever came first, the withdrawal is the last word
        assert settled.status == E.WITHDRAWN
        assert taken(settled.group) == 0
    assert {block.status for block in mk.blocks_of(world.voucher)} == {st.BlockStatus.FREE}
    assert enrolments.recount() == 0


# --- transfers -------------------------------------------------------------------------------------------------------


def test_transfers_both_ways_at_once_do_not_deadlock(app: Any, session: Any) -> None:
    world = mk.make_world()
    for _ in range(TRIALS):
        left, right = (mk.make_group(world.program, capacity=4) for _ in range(2))
        people = world.more_people(4)
        calls = []
        for number, person in enumerate(people):
            here, there = (left, right) if number % 2 else (right, left)
            with acting_as(person.actor):
                row = enrolments.enrol(person.employee.id, here.id)
            calls.append((person.actor, partial(group_transfers.transfer, row.id, there.id)))
        results = run_at_once(app, calls)
        assert refused(results) == []
        assert [(len(holders(group)), taken(group)) for group in (left, right)] == [(2, 2), (2, 2)]
    assert enrolments.recount() == 0


def test_transfers_for_the_last_seat_and_a_newcomer(app: Any, session: Any) -> None:
    world = mk.make_world()
    for _ in range(TRIALS):
        here, there = mk.make_group(world.program, capacity=3), mk.make_group(world.program, capacity=1)
        people, (newcomer,) = world.more_people(3), world.more_people(1)
        calls = [enrol_call(newcomer, there)]
        for person in people:
            with acting_as(person.actor):
                row = enrolments.enrol(person.employee.id, here.id)
            calls.append((person.actor, partial(group_transfers.transfer, row.id, there.id)))
        run_at_once(app, calls)
        assert (len(holders(there)), taken(there)) == (1, 1)
        assert len(holders(here)) == taken(here)
        live = mk.rows(m.Enrolment, m.Enrolment.status.in_(SEAT_HOLDING), m.Enrolment.block_id.is_not(None))
        assert len({row.block_id for row in live}) == len(live)
    assert enrolments.recount() == 0


def test_double_click_on_a_transfer(app: Any, session: Any) -> None:
    world = mk.make_world()
    there = mk.make_group(world.program)
    with acting_as(world.worker.actor):
        row = enrolments.enrol(world.worker.employee.id, world.group.id)
    results = run_at_once(app, [(world.worker.actor, partial(group_transfers.transfer, row.id, there.id))] * 6)
    assert refused(results) == []
    assert len({made.id for made in results}) == 1
    assert (taken(world.group), taken(there)) == (0, 1)
    assert enrolments.recount() == 0


def test_unsorted_locks_of_groups_deadlock(app: Any, session: Any) -> None:
    """What the order of ``transfer`` prevents: two transactions that lock two groups crosswise."""
    world = mk.make_world()
    first, second = (mk.make_group(world.program) for _ in range(2))

    def crosswise(one: int, two: int) -> None:
        for pk in (one, two):
            db.session.execute(text("SELECT 1 FROM training_group WHERE id = :id FOR NO KEY UPDATE"), {"id": pk})
            meet()
        db.session.rollback()

    calls = [
        (world.operator, partial(_translated, partial(crosswise, first.id, second.id))),
        (world.operator, partial(_translated, partial(crosswise, second.id, first.id))),
    ]
    assert len(refused(run_at_once(app, calls))) == 1


def _translated(call: Any) -> None:
    try:
        call()
    except Exception as error:
        raise PortalError(type(error).__name__) from error
