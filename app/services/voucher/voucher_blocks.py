"""Blocks of vouchers (чеки): the guards that work under any load, and the facts of blocks for the rules of enrolment.

Locks are taken in one order everywhere: group, person, block, enrolment, voucher; several of a kind by rising id.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

from sqlalchemy import and_, false, func, or_, select

from app import models as m
from app.access import unscoped
from app.conditions import has_run_out, in_force, is_in_force
from app.errors import Conflict
from app.extensions import db
from app.rules.enrolment import BlockFacts, in_order
from app.services.portal import transitions
from app.statuses import (
    BlockStatus,
    VoucherStatus,
)


def _locking(statement: Any, *, skip_locked: bool = False) -> Any:
    locked = statement.with_for_update(key_share=True, skip_locked=skip_locked)
    return locked.execution_options(populate_existing=True)


# --- taken, given back, spent ----------------------------------------------------------------------------------------


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


def lock_blocks(condition: Any) -> list[m.VoucherBlock]:
    """Lock the blocks that satisfy ``condition``, always by rising id, and return them as they are now (guard 2)."""
    with unscoped("blocks are locked in one order"):
        statement = select(m.VoucherBlock).where(condition).order_by(m.VoucherBlock.id)
        return list(
            db.session.scalars(statement.with_for_update(key_share=True).execution_options(populate_existing=True))
        )


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
    program = group.program
    if program.block is None:
        return None
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
        block for block in free if block.kind == program.block and block.hours_min <= program.hours <= block.hours_max
    ]
    chosen = min(paying, key=lambda block: (block.id != row.block_id, block.id), default=None)
    if chosen is not None:
        _spend(chosen, "spend_late")
    return chosen


# --- facts for the rules ---------------------------------------------------------------------------------------------


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
