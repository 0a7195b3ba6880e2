"""Transfer to another group of the program: seat, quota and block move together; what is refused and to whom."""

from __future__ import annotations

from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import today
from app.errors import Conflict, Forbidden, NotFound
from app.services.courses.enrolment import enrolments, group_transfers, waiting_list
from tests.services import makers as mk

E = st.EnrolmentStatus


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world(capacity=1)


def later(world: mk.World, program: Any = None, **over: Any) -> Any:
    """Another group of the program, a month later."""
    dates = {"starts_on": today() + 40 * mk.DAY, "ends_on": today() + 45 * mk.DAY}
    return mk.make_group(program or world.program, **(dates | over))


def enrolled(world: mk.World) -> Any:
    with acting_as(world.worker.actor):
        return enrolments.enrol(world.worker.employee.id, world.group.id)


def taken(group: Any) -> int:
    return int(mk.fetch(m.TrainingGroup, group.id).taken)


def fresh(row: Any) -> Any:
    return mk.fetch(m.Enrolment, row.id)


def transfer(actor: Any, row: Any, group: Any) -> Any:
    with acting_as(actor):
        return group_transfers.transfer(row.id, group.id)


def test_seat_quota_and_block_move_and_the_next_gets_the_old_seat(world: mk.World) -> None:
    old_quota = mk.make_quota(world.group, organization=world.school, seats=1)
    row, new = enrolled(world), later(world)
    new_quota = mk.make_quota(new, organization=world.school, seats=1)
    (other,) = world.more_people(1)
    with acting_as(other.actor):
        waiting = enrolments.enrol(other.employee.id, world.group.id)
    made = transfer(world.worker.actor, row, new)
    assert (made.group_id, made.status, made.transferred_from_id) == (new.id, E.APPLIED, row.id)
    assert (made.block_id, made.quota_id) == (row.block_id, new_quota.id)
    assert (fresh(row).status, fresh(row).reason_text) == (E.WITHDRAWN, f"Перевод в группу {new.number}.")
    assert fresh(waiting).status == E.OFFERED
    assert (taken(world.group), taken(new)) == (1, 1)
    assert (mk.fetch(m.GroupQuota, old_quota.id).taken, mk.fetch(m.GroupQuota, new_quota.id).taken) == (1, 1)
    assert [b.status.value for b in mk.blocks_of(world.voucher)] == ["reserved", "free", "free"]
    assert f"Перевод в группу {new.number}" in [letter.subject for letter in mk.rows(m.Letter)]
    assert len(mk.journal("enrolment.transferred_in")) == 1
    assert enrolments.recount() == 0


def test_second_click_returns_the_same_enrolment(world: mk.World) -> None:
    row, new = enrolled(world), later(world)
    made = transfer(world.worker.actor, row, new)
    with mk.nothing_changes():
        assert transfer(world.worker.actor, row, new).id == made.id


@pytest.mark.parametrize(
    ("who", "before", "after"),
    [
        ("organizer_actor", E.CONFIRMED, E.CONFIRMED),
        ("organizer_actor", E.AGREED, E.AGREED),
        ("responsible", E.CONFIRMED, E.AGREED),
        ("worker", E.CONFIRMED, E.APPLIED),
    ],
)
def test_status_after_the_transfer_depends_on_who_makes_it(
    world: mk.World, who: str, before: st.EnrolmentStatus, after: st.EnrolmentStatus
) -> None:
    row, new = enrolled(world), later(world)
    mk.change(row, status=before)
    actor = world.worker.actor if who == "worker" else getattr(world, who)
    assert transfer(actor, row, new).status == after


def test_another_edition_of_the_program_will_do(world: mk.World) -> None:
    row = enrolled(world)
    mk.change(world.program, status=st.ProgramStatus.ARCHIVED)
    edition = mk.make_program(world.organizer, code=world.program.code, edition=2)
    assert transfer(world.worker.actor, row, later(world, edition)).status == E.APPLIED


def test_program_outside_the_voucher_moves_without_a_block(session: Any) -> None:
    world = mk.make_world(capacity=1)
    program = mk.make_program(world.organizer, block=None)
    old, new = mk.make_group(program), later(world, program)
    with acting_as(world.worker.actor):
        row = enrolments.enrol(world.worker.employee.id, old.id)
    assert transfer(world.worker.actor, row, new).block_id is None


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"capacity": 1, "taken": 1}, "Свободных мест нет: занято 1 из 1"),
        ({"status": st.GroupStatus.CANCELLED}, "до начала занятий"),
        ({"status": st.GroupStatus.CLOSED}, "записаться нельзя"),
        ({"starts_on": today(), "enrol_until": today()}, "до начала занятий"),
    ],
)
def test_group_that_cannot_take_anybody(world: mk.World, over: dict[str, Any], sentence: str) -> None:
    row, new = enrolled(world), later(world, **over)
    with mk.nothing_changes(), pytest.raises(Conflict, match=sentence):
        transfer(world.worker.actor, row, new)


def test_organizer_fills_a_closed_group(world: mk.World) -> None:
    row, new = enrolled(world), later(world, status=st.GroupStatus.CLOSED)
    assert transfer(world.organizer_actor, row, new).group_id == new.id


def test_full_quota_refuses(world: mk.World) -> None:
    row, new = enrolled(world), later(world)
    quota = mk.make_quota(new, organization=world.school, seats=1)
    mk.change(quota, taken=1)
    with mk.nothing_changes(), pytest.raises(Conflict, match=r"Места по квоте организации .* заняты: 1 из 1"):
        transfer(world.worker.actor, row, new)


def test_group_of_another_program_is_refused(world: mk.World) -> None:
    row, new = enrolled(world), later(world, mk.make_program(world.organizer))
    with mk.nothing_changes(), pytest.raises(Conflict, match="той же программы"):
        transfer(world.worker.actor, row, new)


def test_group_after_the_voucher_is_refused(world: mk.World) -> None:
    row, new = enrolled(world), later(world)
    mk.change(world.voucher, valid_until=today() + 20 * mk.DAY)
    with mk.nothing_changes(), pytest.raises(Conflict, match="Чек действует по"):
        transfer(world.worker.actor, row, new)


def test_own_dates_do_not_clash_but_anothers_do_without_its_name(world: mk.World) -> None:
    row = enrolled(world)
    foreign = mk.make_group(mk.make_program(mk.make_organization(is_organizer=True), block=None))
    overlapping = mk.make_group(world.program)
    assert transfer(world.worker.actor, row, overlapping).group_id == overlapping.id
    second = fresh(mk.rows(m.Enrolment, m.Enrolment.group_id == overlapping.id)[0])
    mk.make_enrolment(world.worker, foreign, status=E.CONFIRMED)
    new = mk.make_group(world.program)
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Conflict) as caught:
        group_transfers.transfer(second.id, new.id)
    assert foreign.number not in caught.value.message
    assert "уже записан в другую группу" in caught.value.message


def test_waiting_and_offered_are_not_moved(world: mk.World) -> None:
    row, new = enrolled(world), later(world)
    (other,) = world.more_people(1)
    with acting_as(other.actor):
        waiting = enrolments.enrol(other.employee.id, world.group.id)
        with mk.nothing_changes(), pytest.raises(Conflict, match="занимает место"):
            group_transfers.transfer(waiting.id, new.id)
        assert group_transfers.targets(waiting.id) == []
    with acting_as(world.worker.actor):
        enrolments.withdraw(row.id)
    with acting_as(other.actor), mk.nothing_changes(), pytest.raises(Conflict, match="занимает место"):
        group_transfers.transfer(waiting.id, new.id)
    with acting_as(other.actor):
        assert waiting_list.accept(waiting.id).status == E.APPLIED


def test_strangers(world: mk.World) -> None:
    row, new = enrolled(world), later(world)
    for actor in (world.other_worker.actor, world.other_responsible, world.other_organizer):
        with mk.nothing_changes(), pytest.raises((NotFound, Forbidden)):
            transfer(actor, row, new)
    draft = later(world, status=st.GroupStatus.DRAFT)
    with mk.nothing_changes(), pytest.raises(NotFound):
        transfer(world.worker.actor, row, draft)


def test_choice_lists_the_groups_of_the_program_by_date(world: mk.World) -> None:
    row = enrolled(world)
    far, near = later(world), mk.make_group(world.program)
    closed = later(world, status=st.GroupStatus.CLOSED)
    later(world, mk.make_program(world.organizer))
    with acting_as(world.worker.actor):
        assert [g.id for g, _room in group_transfers.targets(row.id)] == [near.id, far.id]
    with acting_as(world.organizer_actor):
        assert [g.id for g, _room in group_transfers.targets(row.id)] == [near.id, far.id, closed.id]
