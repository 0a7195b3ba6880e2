"""Columns and filters of the lists of vouchers (чеки) and of the applications for them."""

from __future__ import annotations

from app import models as m
from app.conditions import block_state
from app.services.desk import matters
from app.services.desk.matters import EXPIRING_DAYS
from app.statuses import ApplicationStatus, BlockStatus
from app.web.frame.attention import Matter, due_matters, matter_filter
from app.web.frame.listing import ListColumn
from app.web.frame.pages import Cell

BLOCK_TONES = {BlockStatus.FREE: "grey", BlockStatus.RESERVED: "go", BlockStatus.USED: "ok", BlockStatus.LAPSED: "bad"}


def _blocks_text(voucher: m.Voucher) -> str:
    free = sum(block_state(b, voucher) == BlockStatus.FREE for b in voucher.blocks)
    return f"свободно {free} из {len(voucher.blocks)}"


BLOCKS = ListColumn("blocks", "Блоки", _blocks_text, lambda v: Cell(_blocks_text(v)))


APPLICATION_ATTENTION = matter_filter(
    *due_matters(m.VoucherApplication),
    Matter(
        "unfinished",
        "исправить и подать",
        lambda: m.VoucherApplication.status.in_([ApplicationStatus.DRAFT, ApplicationStatus.RETURNED]),
    ),
)
VOUCHER_ATTENTION = matter_filter(
    Matter("expiring", f"истекают за {EXPIRING_DAYS} дней", matters.expiring),
    Matter("unspent", f"истекают за {EXPIRING_DAYS} дней, есть свободные блоки", matters.unspent),
    Matter("not_replaced", "без заменённых", matters.not_replaced),
)
