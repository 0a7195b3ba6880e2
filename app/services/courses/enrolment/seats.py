"""Seats of groups, their quotas, and blocks of чеки: the guards that hold under any load, and the facts for the rules.

Locks are taken in one order everywhere: group, person, block, enrolment, чек; several of a kind by rising id.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any, cast

from sqlalchemy import CursorResult, and_, false, func, or_, select, update
from sqlalchemy.orm import selectinload

from app import models as m
from app.access import unscoped
from app.conditions import has_run_out, in_force, is_in_force
from app.errors import Conflict
from app.extensions import db
from app.rules.decision import Decision, refuse
from app.rules.enrolment import BlockFacts, BusyPeriod, Course, Quota, Room, has_seat, in_order, is_free_of_clashes
from app.rules.suitability import Targets, Workplace
from app.russian import quoted
from app.services.courses.group import quota_sql
from app.services.portal import transitions
from app.statuses import LISTENING, SEAT_HOLDING, BlockStatus, GroupStatus, VoucherStatus

_NO_SYNC = {"synchronize_session": False}

# --- seats -----------------------------------------------------------------------------------------------------------


def take_seat(group_id: int, *, statuses: Collection[GroupStatus] = (GroupStatus.OPEN,)) -> bool:
    """Take a seat of a group in one of the statuses; False if there is none. The write decides (guard 1)."""
    group = m.TrainingGroup
    statement = (
        update(group)
        .where(group.id == group_id, group.status.in_(statuses), group.taken < group.capacity)
        .values(taken=group.taken + 1)
    )
    return _execute(statement) == 1


def give_back_seats(group_id: int, number: int = 1) -> None:
    """Free seats of a group, after the enrolments that held them have ended; its quotas follow.

    The first write locks the group, so the quotas are counted from what every earlier transaction has left.
    """
    group, quota, row = m.TrainingGroup, m.GroupQuota, m.Enrolment
    _execute(update(group).where(group.id == group_id).values(taken=group.taken - number))
    held = select(func.count()).where(row.quota_id == quota.id, row.status.in_(SEAT_HOLDING)).scalar_subquery()
    _execute(update(quota).where(quota.group_id == group_id).values(taken=held))


# --- quotas ----------------------------------------------------------------------------------------------------------


def quotas_of(group_id: int, organization_ids: Collection[int]) -> dict[int, Quota]:
    """Return organization → the quota of a group that counts for its people; without one there is no limit."""
    return {place: quota for (_group, place), quota in quotas_of_many([group_id], organization_ids).items()}


def quotas_of_many(group_ids: Collection[int], organization_ids: Collection[int]) -> dict[tuple[int, int], Quota]:
    """Return group and organization → the quota that counts there, by one statement."""
    if not group_ids or not organization_ids:
        return {}
    rows = db.session.execute(quota_sql.named(), {"groups": list(group_ids), "places": list(organization_ids)})
    return {
        (row.group_id, row.place): Quota(id=row.quota_id, whose=_whose(row), seats=row.seats, taken=row.taken)
        for row in rows
    }


def _whose(row: Any) -> str:
    return (
        f"организации {quoted(str(row.organization))}"
        if row.organization is not None
        else f"территории {quoted(str(row.territory))}"
    )


def room_of(group: m.TrainingGroup, organization_id: int) -> Room:
    """Return the seats of a group for the people of an organization; exact while the group is locked."""
    quota = quotas_of(group.id, [organization_id]).get(organization_id)
    return Room(capacity=group.capacity, taken=group.taken, quota=quota)


def why_none(group_id: int, organization_id: int) -> str:
    """Say why the people of an organization get no seat of a group that is locked."""
    with unscoped("seat and block follow the enrolment"):
        return has_seat(room_of(transitions.read_fresh(m.TrainingGroup, group_id), organization_id)).reason


def take_quota(quota_id: int | None) -> bool:
    """Take a seat of a quota; False if it is full, True where no quota counts. The write decides (guard 1)."""
    if quota_id is None:
        return True
    quota = m.GroupQuota
    statement = update(quota).where(quota.id == quota_id, quota.taken < quota.seats)
    return _execute(statement.values(taken=quota.taken + 1)) == 1


def _execute(statement: Any) -> int:
    with unscoped("seat and block follow the enrolment"):
        result = db.session.execute(statement.execution_options(**_NO_SYNC))
        return cast("CursorResult[Any]", result).rowcount


def lock_group(group_id: int) -> m.TrainingGroup:
    """Lock a group and return it as it is now, with its program; every change of its enrolments begins so."""
    group = m.TrainingGroup
    with unscoped("seat and block follow the enrolment"):
        statement = select(group).where(group.id == group_id).options(*_PROGRAM)
        return cast(m.TrainingGroup, db.session.scalars(_locking(statement)).one())


_PROGRAM = (
    selectinload(m.TrainingGroup.program).options(
        selectinload(m.Program.organization_types), selectinload(m.Program.positions), selectinload(m.Program.subjects)
    ),
)


def _locking(statement: Any, *, skip_locked: bool = False) -> Any:
    locked = statement.with_for_update(key_share=True, skip_locked=skip_locked)
    return locked.execution_options(populate_existing=True)


def lock_people(employee_ids: Collection[int]) -> None:
    """Lock several people by rising id: of two lists that overlap the second waits for the first."""
    with unscoped("seat and block follow the enrolment"):
        statement = select(m.Employee.id).where(m.Employee.id.in_(employee_ids)).order_by(m.Employee.id)
        db.session.scalars(statement.with_for_update(key_share=True)).all()


def lock_person(employee_id: int, *, skip_locked: bool = False) -> bool:
    """Lock a person, so that two enrolments at once cannot overlap; False when skipped because another has the lock."""
    with unscoped("seat and block follow the enrolment"):
        statement = select(m.Employee.id).where(m.Employee.id == employee_id)
        locked = statement.with_for_update(key_share=True, skip_locked=skip_locked)
        return db.session.scalar(locked) is not None


# --- blocks ----------------------------------------------------------------------------------------------------------


def reserve_block(block_id: int) -> None:
    """Reserve a free block; raises Conflict when another enrolment has it (guard 2)."""
    try:
        transitions.follow(m.VoucherBlock, block_id, "reserve")
    except Conflict:
        raise Conflict(
            "Этот блок чека только что занят другой записью. Обновите страницу и выберите другой блок."
        ) from None


def lock_block(block_id: int | None, *, skip_locked: bool = False) -> m.VoucherBlock | None:
    """Lock a block and return it as it is now; None for no block or, when skipping, for one that another has locked."""
    if block_id is None:
        return None
    with unscoped("seat and block follow the enrolment"):
        statement = select(m.VoucherBlock).where(m.VoucherBlock.id == block_id)
        found = db.session.scalars(_locking(statement, skip_locked=skip_locked)).one_or_none()
        return cast("m.VoucherBlock | None", found)


def free_block(block: m.VoucherBlock | None) -> m.VoucherBlock | None:
    """Free a locked reserved block, or let it lapse when its чек has ended meanwhile (guard 3); return it if it is free."""
    if block is None or block.status != BlockStatus.RESERVED:
        return None
    with unscoped("seat and block follow the enrolment"):
        voucher = transitions.read_fresh(m.Voucher, block.voucher_id)
    still = is_in_force(voucher)
    after = transitions.follow(m.VoucherBlock, block.id, "release" if still else "lapse")
    return after if still else None


def spend_block(block: m.VoucherBlock | None) -> None:
    """Spend a locked reserved block; the чек whose last block it was is used."""
    if block is not None:
        _spend(block, "spend")


def _spend(block: m.VoucherBlock, action: str) -> None:
    transitions.follow(m.VoucherBlock, block.id, action)
    with unscoped("seat and block follow the enrolment"):
        # The чек is locked before the count: of two last blocks spent at once, the second sees the first.
        voucher = db.session.scalars(_locking(select(m.Voucher).where(m.Voucher.id == block.voucher_id))).one()
        left = select(func.count()).where(
            m.VoucherBlock.voucher_id == voucher.id, m.VoucherBlock.status != BlockStatus.USED
        )
        is_used = not db.session.scalar(left)
    if is_used and voucher.status == VoucherStatus.ACTIVE:
        transitions.follow(m.Voucher, voucher.id, "use")


def give_back_block(block: m.VoucherBlock | None) -> None:
    """Give a locked spent block back because the result was corrected; it lapses when its чек has ended meanwhile."""
    if block is None or block.status != BlockStatus.USED:
        return
    transitions.follow(m.VoucherBlock, block.id, "give_back")
    with unscoped("seat and block follow the enrolment"):
        voucher = db.session.scalars(_locking(select(m.Voucher).where(m.Voucher.id == block.voucher_id))).one()
    if voucher.status == VoucherStatus.USED:
        voucher = transitions.follow(m.Voucher, voucher.id, "resume")
        if has_run_out(voucher):
            voucher = transitions.follow(m.Voucher, voucher.id, "expire")
    if not is_in_force(voucher):
        transitions.follow(m.VoucherBlock, block.id, "lapse")


def pay_late(row: m.Enrolment, group: m.TrainingGroup) -> m.VoucherBlock | None:
    """Spend a block for a training that succeeded after all: the one that was kept for it, else another that pays.

    A чек pays for a course that starts while it is valid (Порядок № 373-р, п. 2.7), so its end since then does not matter.
    None when no block is left: it has been spent on another course meanwhile. Locks the person's blocks by rising id.
    """
    if group.program.block is None:
        return None
    course = dates_of(group)
    with unscoped("seat and block follow the enrolment"):
        own = select(m.Voucher.id).where(
            m.Voucher.employee_id == row.employee_id,
            m.Voucher.status.in_([VoucherStatus.ACTIVE, VoucherStatus.EXPIRED]),
            m.Voucher.valid_until >= group.starts_on,
        )
        before = own.where(m.Voucher.issued_on <= group.starts_on)
        block = m.VoucherBlock
        kept = and_(block.id == (row.block_id or 0), block.voucher_id.in_(own))
        statement = select(block).where(or_(kept, block.voucher_id.in_(before))).order_by(block.id)
        blocks = list(db.session.scalars(_locking(statement)))
    free = [block for block in blocks if block.status in (BlockStatus.FREE, BlockStatus.LAPSED)]
    paying = [
        block for block in free if block.kind == course.block and block.hours_min <= course.hours <= block.hours_max
    ]
    chosen = min(paying, key=lambda block: (block.id != row.block_id, block.id), default=None)
    if chosen is not None:
        _spend(chosen, "spend_late")
    return chosen


# --- facts for the rules ---------------------------------------------------------------------------------------------


def course_of(group: m.TrainingGroup) -> Course:
    """Return what the rules ask of a group."""
    return replace(dates_of(group), targets=targets_of(group.program))


def dates_of(group: m.TrainingGroup) -> Course:
    """Return a group for the rules of blocks and dates, which do not ask whom the program is for."""
    program = group.program
    return Course(
        number=group.number,
        title=program.title,
        status=group.status,
        enrol_from=group.enrol_from,
        enrol_until=group.enrol_until,
        starts_on=group.starts_on,
        ends_on=group.ends_on,
        hours=program.hours,
        block=program.block,
    )


def targets_of(program: m.Program) -> Targets:
    """Return whom a program is for."""
    return Targets(
        organization_types=frozenset(t.short_name for t in program.organization_types),
        positions=frozenset(p.name for p in program.positions),
        subjects=frozenset(s.name for s in program.subjects),
    )


def workplace_of(employment: m.Employment) -> Workplace:
    """Return what the rules ask of a place of work."""
    return Workplace(
        organization_type=employment.organization.type.short_name,
        position=employment.position.name,
        subjects=frozenset(s.name for s in employment.subjects),
        organization_id=employment.organization_id,
    )


def blocks_of(employee_id: int) -> list[BlockFacts]:
    """Return the blocks of the person's чеки that have not ended, in the order in which they are spent."""
    return blocks_of_many([employee_id])[employee_id]


def blocks_of_many(employee_ids: Collection[int]) -> dict[int, list[BlockFacts]]:
    """Return person → blocks as ``blocks_of`` does, by one statement of plain rows: a waiting list asks it of everybody in it."""
    block, voucher, told = m.VoucherBlock, m.Voucher, m.VoucherRuleBlock.__table__
    statement = (
        select(
            voucher.employee_id, block.id, block.title, block.kind, block.hours_min, block.hours_max, block.status,
            voucher.valid_until, func.coalesce(told.c.required, false()).label("required"),
        )
        .join(block.voucher)
        .outerjoin(told, and_(told.c.rule_id == voucher.rule_id, told.c.code == block.code))
        .where(voucher.employee_id.in_(employee_ids), in_force())
        .order_by(voucher.id, block.ordering, block.id)
    )  # fmt: skip
    found: dict[int, list[BlockFacts]] = {pk: [] for pk in employee_ids}
    for row in db.session.execute(statement):
        facts = BlockFacts(
            id=row.id,
            title=row.title,
            kind=row.kind,
            hours_min=row.hours_min,
            hours_max=row.hours_max,
            status=row.status,
            voucher_active=True,
            valid_until=row.valid_until,
            required=row.required,
        )
        found[row.employee_id].append(facts)
    return {pk: in_order(blocks) for pk, blocks in found.items()}


def busy_of(employee_id: int, *, but: int | None = None) -> list[BusyPeriod]:
    """Return the dates of the groups in which the person holds a seat and has no outcome yet, one of them left out."""
    return busy_of_many([employee_id], but=but)[employee_id]


def busy_of_many(employee_ids: Collection[int], *, but: int | None = None) -> dict[int, list[BusyPeriod]]:
    """Return person → dates as ``busy_of`` does, by one statement; ``but`` is an enrolment that does not count."""
    group, row = m.TrainingGroup, m.Enrolment
    statement = (
        select(row.employee_id, group.number, m.Program.title, group.starts_on, group.ends_on)
        .join(row, row.group_id == group.id)
        .join(m.Program, m.Program.id == group.program_id)
        .where(row.employee_id.in_(employee_ids), row.status.in_(LISTENING), row.id != (but or 0))
        .order_by(group.starts_on, group.id)
    )
    found: dict[int, list[BusyPeriod]] = {pk: [] for pk in employee_ids}
    for pk, number, title, starts_on, ends_on in db.session.execute(statement):
        found[pk].append(BusyPeriod(group=number, title=title, starts_on=starts_on, ends_on=ends_on))
    return found


def is_free(employee_id: int, course: Course, *, but: int | None = None) -> Decision:
    """Decide whether the person is free on the course's dates; a group that the actor may not see is not named."""
    with unscoped("whether a person is busy: yes or no"):
        decision = is_free_of_clashes(course, busy_of(employee_id, but=but))
    if decision.allowed:
        return decision
    shown = is_free_of_clashes(course, busy_of(employee_id, but=but))
    return refuse(shown.reason or "На эти даты работник уже записан в другую группу. Выберите другие даты.")
