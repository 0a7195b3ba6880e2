"""Columns and filters of the lists of vouchers (чеки) and of the applications for them."""

from __future__ import annotations

from app import models as m
from app.conditions import block_state
from app.services.desk import matters
from app.services.desk.matters import EXPIRING_DAYS
from app.statuses import ApplicationStatus, BlockStatus, VoucherStatus
from app.web.frame.attention import Matter, due_matters, matter_filter, matter_tab
from app.web.frame.listing import ListColumn
from app.web.frame.pages import Cell
from app.web.frame.tabs import of_states, to_decide

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

_A, _V = ApplicationStatus, VoucherStatus
APPLICATION_TABS = (
    *to_decide(m.VoucherApplication),
    matter_tab(APPLICATION_ATTENTION, "unfinished", "На исправлении"),
    of_states("approved", "Одобрены", m.VoucherApplication, _A.APPROVED),
    of_states("gone", "Отказы и отзывы", m.VoucherApplication, _A.REJECTED, _A.WITHDRAWN),
)
VOUCHER_TABS = (
    of_states("active", "Действуют", m.Voucher, _V.ACTIVE),
    matter_tab(VOUCHER_ATTENTION, "expiring", "Истекают", order=(m.Voucher.valid_until,)),
    matter_tab(VOUCHER_ATTENTION, "unspent", "Истекают, блоки свободны", hot=True, order=(m.Voucher.valid_until,)),
    of_states("used", "Использованы", m.Voucher, _V.USED),
    of_states("gone", "Истекли и аннулированы", m.Voucher, _V.EXPIRED, _V.ANNULLED, _V.REPLACED),
)
