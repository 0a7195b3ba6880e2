"""«Изменено после отправки» on the pages and lists of batches for ФИС ФРДО and of registries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app import addresses
from app import models as m
from app.clock import local
from app.extensions import db
from app.russian import capitalized, format_date
from app.services.paper.corrections import after_sending
from app.web.frame.listing import ListColumn
from app.web.frame.pages import Block, Cell, Column, Row

#: changed rows that a page shows
SHOWN = 100


def _cell(row: Any) -> Cell:
    return Cell(after_sending.FLAG, f"записей: {row.amended_rows}", tone="bad") if row.amended_rows else Cell("—")


#: column of the lists; exported as a number of rows
AMENDED = ListColumn("amended_rows", "Изменения", lambda row: row.amended_rows or "", _cell)


def batch_block(batch: m.FrdoBatch) -> list[Block]:
    """Documents of a batch that changed after they were written: who, what, when; none: no block."""
    row = m.FrdoRow
    found = _changed(row, row.batch_id == batch.id, joinedload(row.certificate).joinedload(m.Certificate.employee))
    rows = [
        Row(
            it.id,
            addresses.card("certificate", it.certificate_id),
            [Cell(it.certificate.employee.full_name, f"№ {it.certificate.number}"), *_told(it)],
        )
        for it in found
    ]
    return _block(batch, rows)


def registry_block(registry: m.Registry) -> list[Block]:
    """People of a registry whose facts changed after it was sent; none: no block."""
    row = m.RegistryRow
    loaded = joinedload(row.enrolment)
    found = _changed(
        row,
        row.registry_id == registry.id,
        loaded.joinedload(m.Enrolment.employee),
        joinedload(row.enrolment).joinedload(m.Enrolment.group),
    )
    rows = [
        Row(
            it.id,
            addresses.card("enrolment", it.enrolment_id),
            [Cell(it.enrolment.employee.full_name, f"группа {it.enrolment.group.number}"), *_told(it)],
        )
        for it in found
        if it.enrolment is not None
    ]
    return _block(registry, rows)


def _changed(row: Any, whose: Any, *options: Any) -> list[Any]:
    statement = select(row).where(whose, after_sending.open_rows(row)).order_by(row.amended_at, row.id)
    return list(db.session.scalars(statement.options(*options).limit(SHOWN)))


def _told(row: Any) -> Sequence[Cell]:
    return Cell(row.amended_why), Cell(format_date(local(row.amended_at).date()), number=True)


def _block(paper: Any, rows: list[Row]) -> list[Block]:
    if not rows:
        return []
    columns = [Column("who", "Кто"), Column("why", "Что изменилось"), Column("when", "Когда", number=True)]
    more = paper.amended_rows - len(rows)
    note = f"И ещё {more}." if more > 0 else ""
    return [Block(capitalized(after_sending.FLAG), columns=columns, rows=rows, tone="bad", note=note)]
