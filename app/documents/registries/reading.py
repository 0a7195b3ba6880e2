"""Rows of a registry from the database: by a server-side cursor, within the scope of the acting user."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from sqlalchemy import Select, func, select

from app.access import current_actor, scope
from app.documents.registries.declared import Asked, Column
from app.extensions import db

#: rows that are read from the server at a time
BATCH = 2000


@dataclass(frozen=True, slots=True)
class Totals:
    """Rows, different people (None: not counted), and column → sum."""

    rows: int
    people: int | None
    sums: dict[str, int]


def columns_of(asked: Asked) -> list[Column]:
    """Return the columns that are asked for."""
    return asked.registry.chosen_columns(asked.columns)


def read_rows(asked: Asked, *, limit: int | None = None, permission: str = "") -> Iterator[Sequence[Any]]:
    """Read the rows, each with a value per column; all of them (no ``limit``) come through a server-side cursor.

    ``permission`` is the right whose rows are read, where it is not that of the registry itself.
    """
    columns = columns_of(asked)
    values = [column.expression.label(column.name) for column in columns if column.expression is not None]
    statement = _narrowed(select(*values), asked, permission).order_by(*asked.registry.order)
    statement = statement.execution_options(yield_per=BATCH) if limit is None else statement.limit(limit)
    found = db.session.execute(statement)
    at = next((n for n, column in enumerate(columns) if column.expression is None), None)
    if at is None:
        yield from found
        return
    for number, row in zip(count(1), found, strict=False):
        yield (*row[:at], number, *row[at:])


def count_totals(asked: Asked, *, permission: str = "") -> Totals:
    """Count rows and people and add up what the declaration says, by one statement."""
    registry = asked.registry
    summed = [column for column in columns_of(asked) if column.total]
    people = [] if registry.people is None else [func.count(registry.people.distinct())]
    values = [func.count(), *people, *(func.coalesce(func.sum(c.expression), 0) for c in summed)]
    found = db.session.execute(_narrowed(select(*values), asked, permission)).one()
    sums = {c.name: int(value) for c, value in zip(summed, found[1 + len(people) :], strict=True)}
    return Totals(found[0], found[1] if people else None, sums)


def _narrowed(statement: Select[Any], asked: Asked, permission: str) -> Select[Any]:
    registry = asked.registry
    conditions = [*registry.where, *asked.conditions()]
    own = scope(current_actor(), registry.table.name, permission or registry.permission)
    if own is not None:
        conditions.append(own)
    return statement.select_from(registry.source).where(*conditions)
