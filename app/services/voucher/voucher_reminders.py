"""Reminders that a voucher (чек) ends soon: each sent to the person once, while something may still be chosen (order § 3.5)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert, literal, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import joinedload, selectinload

from app import models as m
from app.access import unscoped
from app.audit import record
from app.clock import today
from app.extensions import db
from app.russian import count, format_date
from app.services.mailing import letters
from app.services.portal import settings
from app.statuses import BlockStatus, VoucherStatus
from app.unit_of_work import use_case

_TEMPLATE = "voucher_expiring"


@use_case
def remind() -> int:
    """Tell the people whose чеки end within the operator's numbers of days (90 and 30); return how many were told.

    Of several numbers the nearest counts, so that nobody is told twice at once. The run that wrote the reminder's row sends it: a
    second run, or one at the same time, sends no letter. For the nightly job.
    """
    told, nearer = 0, -1
    with unscoped("reminders of the end of every чек"):
        for days in sorted(settings.numbers("voucher_reminder_days")):
            told += sum(_tell(voucher) for voucher in _load(_claim(days, nearer)))
            nearer = days
    return told


def _claim(days: int, nearer: int) -> Sequence[int]:
    """Write the reminders' rows of чеки with more than ``nearer`` and at most ``days`` days left; return their ids."""
    voucher, sent = m.Voucher, m.ReminderSent
    left = voucher.valid_until - today()
    free = select(m.VoucherBlock.id).where(
        m.VoucherBlock.voucher_id == voucher.id, m.VoucherBlock.status == BlockStatus.FREE
    )
    due = (
        select(literal(_kind(days)), literal(voucher.__tablename__), voucher.id)
        .where(voucher.status == VoucherStatus.ACTIVE, left > nearer, left <= days, free.exists())
        .order_by(voucher.id)
    )
    statement = upsert(sent).from_select(["kind", "object_table", "object_id"], due).on_conflict_do_nothing()
    return list(db.session.scalars(statement.returning(sent.object_id)))


def _kind(days: int) -> str:
    return f"{_TEMPLATE}_{days}"


def _load(ids: Sequence[int]) -> Sequence[m.Voucher]:
    if not ids:
        return ()
    statement = select(m.Voucher).where(m.Voucher.id.in_(ids)).order_by(m.Voucher.id)
    options = (joinedload(m.Voucher.employee), selectinload(m.Voucher.blocks))
    return list(db.session.scalars(statement.options(*options).execution_options(populate_existing=True)))


def _tell(voucher: m.Voucher) -> bool:
    days = (voucher.valid_until - today()).days
    free = [block.title for block in voucher.blocks if block.status == BlockStatus.FREE]
    facts = {
        "осталось": count(days, "день", "дня", "дней") if days else "",
        "последний_день": "" if days else format_date(today()),
        "блоки": ", ".join(free).lower(),
    }
    letters.tell(voucher.employee, "voucher_expiring", about=voucher, facts=facts)
    record("voucher.reminded", voucher)
    return True


def carry_over(former_id: int, voucher_id: int) -> None:
    """Let a чек that stands in place of another take its reminders over, so that nobody is reminded twice."""
    sent = m.ReminderSent
    rows = select(sent.kind, sent.object_table, literal(voucher_id), sent.sent_at).where(
        sent.object_table == m.Voucher.__tablename__, sent.object_id == former_id
    )
    with unscoped("reminders of a чек follow it"):
        columns = ["kind", "object_table", "object_id", "sent_at"]
        db.session.execute(insert(sent).from_select(columns, rows))
