"""«Реестр выданных чеков»: numbers, owners with their present place of work, terms and the blocks left of each voucher (чек)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import case, func, select, true

from app import models as m
from app.conditions import block_in_state, employed, state
from app.documents.registries import registry_parts as p
from app.documents.registries.declared import Column, Filter, Registry, in_words, table_of
from app.statuses import BlockStatus, EmploymentKind, VoucherStatus

_voucher = table_of(m.Voucher)
_block = table_of(m.VoucherBlock).alias("counted_block")
_work = table_of(m.Employment).alias("work")

#: the present main place of work, else the latest
_place = (
    select(_work.c.id, _work.c.organization_id, _work.c.position_id)
    .where(_work.c.employee_id == _voucher.c.employee_id)
    .order_by(
        employed(place=_work).desc(),
        (_work.c.kind == EmploymentKind.MAIN).desc(),
        _work.c.started_on.desc(),
        _work.c.id,
    )
    .limit(1)
    .correlate(_voucher)
    .lateral("place_now")
)


def _blocks(status: BlockStatus | None = None) -> Any:
    """How many blocks the чек has, or has in a state."""
    counted = func.count() if status is None else func.count(case((block_in_state(status, _block, _voucher), 1)))
    return select(counted).where(_block.c.voucher_id == _voucher.c.id).correlate(_voucher).scalar_subquery()


def _blocks_column(name: str, title: str, status: BlockStatus | None = None) -> Column:
    return Column(name=name, title=title, expression=_blocks(status), kind="int", width=11, total=True)


VOUCHERS = Registry(
    code="vouchers",
    title="Реестр выданных чеков",
    about="Именные образовательные чеки: кому выданы, по какой день действуют, что израсходовано. Период — по дате выдачи.",
    table=_voucher,
    permission="voucher:export",
    source=_voucher.join(p.person, p.person.c.id == _voucher.c.employee_id)
    .outerjoin(_place, true())
    .outerjoin(p.school, p.school.c.id == _place.c.organization_id)
    .outerjoin(p.position, p.position.c.id == _place.c.position_id)
    .outerjoin(p.territory, p.territory.c.id == p.school.c.territory_id),
    columns=(
        p.NUMBER,
        Column(name="number", title="№ чека", expression=_voucher.c.number, width=16),
        p.NAME,
        p.SNILS,
        p.TERRITORY,
        p.SCHOOL,
        p.POSITION,
        Column(name="issued_on", title="Дата выдачи", expression=_voucher.c.issued_on, kind="date", width=12),
        Column(name="valid_until", title="Действует по", expression=_voucher.c.valid_until, kind="date", width=12),
        Column(name="status", title="Состояние", expression=in_words(state(_voucher)), width=16),
        _blocks_column("blocks", "Блоков"),
        _blocks_column("used", "Израсходовано", BlockStatus.USED),
        _blocks_column("reserved", "Занято", BlockStatus.RESERVED),
        _blocks_column("free", "Свободно", BlockStatus.FREE),
        Column(name="reason", title="Причина", expression=_voucher.c.reason_text, width=30, usual=False),
    ),
    filters=(
        Filter(name="status", label="Состояние", expression=state(_voucher), states=VoucherStatus),
        p.BY_TERRITORY,
        p.BY_SCHOOL,
    ),
    period=_voucher.c.issued_on,
    period_label="Дата выдачи",
    order=(_voucher.c.issued_on, _voucher.c.id),
    people=_voucher.c.employee_id,
)
