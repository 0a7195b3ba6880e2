"""Seats of groups and blocks of чеки: the guards that hold under any load, and the waiting list.

Locks are taken in one order everywhere: group, person, block, enrolment, чек; several of a kind by rising id.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any, cast

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.orm import joinedload, selectinload

from app import models as m
from app.access import unscoped
from app.clock import today
from app.errors import Conflict
from app.extensions import db
from app.rules import BlockFacts, BusyPeriod, Course, Targets, Workplace, is_free_of_clashes, pays_for
from app.russian import period
from app.services import letters, transitions
from app.statuses import (
    BlockStatus,
    EmployerAgreement,
    EnrolmentStatus,
    GroupStatus,
    VoucherStatus,
)

_LIVE = (EnrolmentStatus.OFFERED, EnrolmentStatus.APPLIED, EnrolmentStatus.AGREED, EnrolmentStatus.CONFIRMED)
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
    """Free seats of a group."""
    group = m.TrainingGroup
    _execute(update(group).where(group.id == group_id).values(taken=group.taken - number))


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


def free_block(block: m.VoucherBlock | None) -> None:
    """Free a locked reserved block, or let it lapse when its чек has ended meanwhile (guard 3)."""
    if block is None or block.status != BlockStatus.RESERVED:
        return
    with unscoped("seat and block follow the enrolment"):
        voucher = transitions.read_fresh(m.Voucher, block.voucher_id)
    ended = voucher.status != VoucherStatus.ACTIVE or voucher.valid_until < today()
    transitions.follow(m.VoucherBlock, block.id, "lapse" if ended else "release")


def spend_block(block: m.VoucherBlock | None) -> None:
    """Spend a locked reserved block; the чек whose last block it was is used."""
    if block is None:
        return
    transitions.follow(m.VoucherBlock, block.id, "spend")
    with unscoped("seat and block follow the enrolment"):
        # The чек is locked before the count: of two last blocks spent at once, the second sees the first.
        voucher = db.session.scalars(_locking(select(m.Voucher).where(m.Voucher.id == block.voucher_id))).one()
        left = select(func.count()).where(
            m.VoucherBlock.voucher_id == voucher.id, m.VoucherBlock.status != BlockStatus.USED
        )
        is_used = not db.session.scalar(left)
    if is_used and voucher.status == VoucherStatus.ACTIVE:
        transitions.follow(m.Voucher, voucher.id, "use")


# --- facts for the rules ---------------------------------------------------------------------------------------------


def course_of(group: m.TrainingGroup) -> Course:
    """Return what the rules ask of a group."""
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
        targets=targets_of(program),
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
    )


def blocks_of(employee_id: int) -> list[BlockFacts]:
    """Return the blocks of the person's чеки that have not ended, in the order in which they are spent."""
    statement = (
        select(m.VoucherBlock)
        .join(m.VoucherBlock.voucher)
        .where(m.Voucher.employee_id == employee_id, m.Voucher.status == VoucherStatus.ACTIVE)
        .options(joinedload(m.VoucherBlock.voucher))
        .order_by(m.Voucher.id, m.VoucherBlock.ordering, m.VoucherBlock.id)
        .execution_options(populate_existing=True)
    )
    return [_block_facts(block) for block in db.session.scalars(statement)]


def _block_facts(block: m.VoucherBlock) -> BlockFacts:
    return BlockFacts(
        id=block.id,
        title=block.title,
        kind=block.kind,
        hours_min=block.hours_min,
        hours_max=block.hours_max,
        status=block.status,
        voucher_active=block.voucher.status == VoucherStatus.ACTIVE,
        valid_until=block.voucher.valid_until,
    )


def busy_of(employee_id: int) -> list[BusyPeriod]:
    """Return the dates of the groups in which the person holds a seat and has no outcome yet."""
    statement = (
        select(m.TrainingGroup.number, m.Program.title, m.TrainingGroup.starts_on, m.TrainingGroup.ends_on)
        .join(m.Enrolment, m.Enrolment.group_id == m.TrainingGroup.id)
        .join(m.Program, m.Program.id == m.TrainingGroup.program_id)
        .where(m.Enrolment.employee_id == employee_id, m.Enrolment.status.in_(_LIVE))
        .order_by(m.TrainingGroup.starts_on, m.TrainingGroup.id)
    )
    rows = db.session.execute(statement)
    return [BusyPeriod(group=r.number, title=r.title, starts_on=r.starts_on, ends_on=r.ends_on) for r in rows]


# --- the waiting list ------------------------------------------------------------------------------------------------


def promote_waiting(group: m.TrainingGroup) -> list[m.Enrolment]:
    """Move the first of the waiting list up while a locked group has seats (guard 3); return who moved.

    Who has no block to pay, or is busy on these dates meanwhile, keeps the place in the list and the next one moves.
    """
    with unscoped("the waiting list moves up by itself"):
        group = lock_group(group.id)
        promoted: list[m.Enrolment] = []
        if group.status not in (GroupStatus.OPEN, GroupStatus.CLOSED):
            return promoted
        for enrolment_id in _waiting_ids(group.id):
            if len(promoted) >= group.capacity - group.taken:
                break
            row = _promote(enrolment_id, group)
            if row is not None:
                promoted.append(row)
        db.session.refresh(group, ["taken"])
        return promoted


def _waiting_ids(group_id: int) -> list[int]:
    statement = select(m.Enrolment.id).where(
        m.Enrolment.group_id == group_id, m.Enrolment.status == EnrolmentStatus.WAITING
    )
    return list(db.session.scalars(statement.order_by(m.Enrolment.id)))


def _promote(enrolment_id: int, group: m.TrainingGroup) -> m.Enrolment | None:
    row = transitions.read_fresh(m.Enrolment, enrolment_id)
    # Rows that another transaction holds are skipped, never waited for: two groups with the same people in their
    # lists would otherwise wait for each other.
    if not lock_person(row.employee_id, skip_locked=True) or not _is_still_fit(row, group):
        return None
    block_id = None
    if group.program.block is not None:
        block_id = _reserve_any(row.employee_id, course_of(group))
        if block_id is None:
            return None
    if not take_seat(group.id, statuses=(GroupStatus.OPEN, GroupStatus.CLOSED)):
        raise Conflict("Места в группе заняты. Повторите действие.")
    row = transitions.follow(m.Enrolment, row.id, "promote", block_id=block_id)
    if row.employment.organization.employer_agreement == EmployerAgreement.AUTOMATIC or not _made_by_person(row):
        row = transitions.follow(m.Enrolment, row.id, "agree")
    _tell_promoted(row, group)
    return row


def _is_still_fit(row: m.Enrolment, group: m.TrainingGroup) -> bool:
    ended_on: dt.date | None = row.employment.ended_on
    works = ended_on is None or ended_on >= today()
    return works and is_free_of_clashes(course_of(group), busy_of(row.employee_id)).allowed


def _reserve_any(employee_id: int, course: Course) -> int | None:
    """Reserve the first block that pays and that no other transaction holds; None when there is none."""
    for facts in blocks_of(employee_id):
        if pays_for(facts, course):
            block = lock_block(facts.id, skip_locked=True)
            if block is not None and block.status == BlockStatus.FREE:
                reserve_block(block.id)
                return block.id
    return None


def _made_by_person(row: m.Enrolment) -> bool:
    """Whether the enrolment was made by the person, so that the organization has not agreed to it yet."""
    own = select(m.Account.id).where(m.Account.employee_id == row.employee_id)
    return bool(db.session.scalar(own) == row.created_by_id)


def _tell_promoted(row: m.Enrolment, group: m.TrainingGroup) -> None:
    letters.notify_employee(
        row.employee,
        f"В группе {group.number} «{group.program.title}» освободилось место, и очередь в листе ожидания дошла до вас. "
        f"Занятия — {period(group.starts_on, group.ends_on)}. Состояние записи: «{row.status.label}».",
        subject=f"Освободилось место в группе {group.number}",
        about=row,
    )
