"""Rows of the demo before they are written: each gets an id here, so that rows may point to each other."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Sequence, Table, func, insert, select

from app import models as m
from app.clock import ZONE
from app.extensions import db

Row = dict[str, Any]
Target = type[Any] | Table


def moment(day: dt.date, hour: int = 10, minute: int = 0) -> dt.datetime:
    """Return an aware moment of a day in the portal's time zone."""
    return dt.datetime.combine(day, dt.time(hour, minute), tzinfo=ZONE)


class Rows:
    """Rows by table in the order of their making; they may still be changed until they are written."""

    def __init__(self) -> None:
        self._rows: dict[str, list[Row]] = {}

    def add(self, target: Target, **values: Any) -> Row:
        """Put a row with the next id into a table and return it."""
        rows = self._of(target)
        row = {"id": len(rows) + 1, **values}
        rows.append(row)
        return row

    def link(self, target: Target, **values: Any) -> None:
        """Put a row into an association table, which has no id."""
        self._of(target).append(values)

    def all(self, target: Target) -> list[Row]:
        """Return the rows of a table made so far."""
        return self._of(target)

    def counts(self) -> dict[str, int]:
        """Return the number of rows by table."""
        return {name: len(rows) for name, rows in sorted(self._rows.items()) if rows}

    def write(self) -> None:
        """Insert all rows, tables in the order of their foreign keys, and move the counters of ids past them."""
        for table in m.Base.metadata.sorted_tables:
            rows = self._rows.get(table.name)
            if rows:
                db.session.execute(insert(table), rows)
                if "id" in table.columns:
                    self._move_counter(table, len(rows))

    def _of(self, target: Target) -> list[Row]:
        table = target if isinstance(target, Table) else target.__table__
        return self._rows.setdefault(table.name, [])

    @staticmethod
    def _move_counter(table: Table, last: int) -> None:
        default = table.c.id.default
        counter = default.name if isinstance(default, Sequence) else func.pg_get_serial_sequence(table.name, "id")
        db.session.execute(select(func.setval(counter, last)))
