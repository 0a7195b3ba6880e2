"""Numbers of people: read, written whole or shown by the last digits only, and for whom; by the marks of the models.

Lists, search, exports to Excel, the journal and other people's cards show only the end of a number marked with a mask
(152-ФЗ, ст. 5, ч. 5: no more than is needed). The whole number is shown on the card to the person and to the users who
maintain the card, in forms, and on the papers and registers whose form the law prescribes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from app import models as m
from app import personal
from app.actor import Actor
from app.clock import today
from app.identifiers import format_phone, format_snils, mask_snils, parse_snils
from app.number_masks import SHAPES, write_example


@dataclass(frozen=True, slots=True)
class Masked:
    """A kind of number of which only the end is shown: how it is read from what is typed, written whole, and hidden."""

    read: Callable[[object], str]
    write: Callable[[str], str]
    hide: Callable[[str], str]


#: value of the mark ``mask`` → the kind of number
KINDS: Mapping[str, Masked] = {"snils": Masked(parse_snils, format_snils, mask_snils)}
#: table → the right of who keeps its rows and so needs the whole number
KEEPERS: Mapping[str, str] = {"employee": "employee:edit", "registration": "registration:confirm"}
#: names of columns that people write otherwise than they are stored, though nothing of them is hidden
_WRITTEN: Mapping[str, Callable[[str], str]] = {
    "phone": format_phone,
    **{name: lambda mask: write_example(mask, today().year) for name in SHAPES},
}


@cache
def masked_columns() -> Mapping[tuple[str, str], Masked]:
    """(table, column) → its kind, for every column with a mask."""
    tables = m.Base.metadata.tables.values()
    return {
        (table.name, column.name): KINDS[mark.mask]
        for table in tables
        for column in table.columns
        if (mark := personal.mark_of(column)) is not None and mark.mask
    }


@cache
def _by_name() -> Mapping[str, Masked]:
    return {column: kind for (_, column), kind in masked_columns().items()}


def kind_of(column: str) -> Masked | None:
    """Return the kind of a masked column by its name or a dotted path to it: the name means the same wherever it stands."""
    return _by_name().get(column.rpartition(".")[2])


def end(column: str, value: Any, *, empty: str = "") -> str:
    """Return a value as it is shown to everybody: of a masked column the end alone; ``empty`` where there is none."""
    kind = kind_of(column)
    if value is None or value == "":
        return empty
    return kind.hide(str(value)) if kind is not None else str(value)


def writer_of(column: str) -> Callable[[str], str] | None:
    """Return what writes a column's stored form whole, None where it is stored as people write it."""
    kind = kind_of(column)
    return kind.write if kind is not None else _WRITTEN.get(column)


def on_card(actor: Actor, table: str, column: str, value: Any, *, owner_id: int | None = None, empty: str = "") -> str:
    """Return a value as the card of a row shows it: whole to the person (``owner_id``) and to users who maintain the card."""
    kind = kind_of(column)
    if value is None or value == "" or kind is None:
        return end(column, value, empty=empty)
    is_own = owner_id is not None and actor.employee_id == owner_id
    return kind.write(str(value)) if is_own or actor.can(KEEPERS[table]) else kind.hide(str(value))
