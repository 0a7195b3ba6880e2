"""Two rows for one person in one file: a repetition, a second place of work, or somebody else's СНИЛС."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.exchange.columns import CellError, Column, Header
from app.exchange.reader import Row
from app.exchange.staff import staff_columns as c
from app.exchange.staff.staff_row import StaffRow
from app.text import name_key

_PERSON = ("last_name", "first_name", "patronymic", "birth_date")
_PLACE = ("organization_id", "position_id")


class TwinCheck:
    """Sees the rows in their order and compares each with the earlier ones.

    People are the same by СНИЛС, else by full name and birth date. Rows with other errors are compared too, as far as
    they could be read: their owner should hear of all troubles at once.
    """

    def __init__(self) -> None:
        self._by_snils: dict[str, list[StaffRow]] = {}
        self._by_name: dict[tuple[Any, ...], list[StaffRow]] = {}

    def check(self, row: StaffRow, cells: Row, header: Header) -> StaffRow:
        """The row, with an error or a warning when an earlier row holds the same person."""
        snils, name = row.facts.get("snils"), _name_key(row.facts)
        earlier = self._by_snils.get(snils, []) if snils else []
        column: Column = c.SNILS if earlier else _name_column(header)
        if not earlier and name:
            earlier = [twin for twin in self._by_name.get(name, []) if not (snils and twin.facts.get("snils"))]
        if earlier:
            row = self._judge(row, earlier, _At(column, header, cells))
        if snils:
            self._by_snils.setdefault(snils, []).append(row)
        if name:
            self._by_name.setdefault(name, []).append(row)
        return row

    def _judge(self, row: StaffRow, earlier: list[StaffRow], at: _At) -> StaffRow:
        first = earlier[0]
        if _known_difference(row.facts, first.facts, _PERSON):
            return row.with_error(at.say(f"Этот СНИЛС уже указан в {first.place} ({first.label}): проверьте, чей он"))
        same = next((twin for twin in earlier if not _known_difference(row.facts, twin.facts, _PLACE)), None)
        if same:
            message = f"Работник уже есть в {same.place} ({same.label}): удалите лишнюю строку"
            return row.with_error(at.say(message))
        warning = at.say(
            f"Работник уже есть в {first.place} ({first.label}) с другим местом работы или должностью: "
            "эта строка будет записана как второе место работы"
        )
        values = replace(row.values, is_second_employment=True) if row.values else None
        return replace(row, values=values, warnings=(*row.warnings, warning))


def _name_column(header: Header) -> Column:
    return c.LAST_NAME if c.LAST_NAME.name in header.places else c.FULL_NAME


class _At:
    """A place in the sheet to speak about."""

    def __init__(self, column: Column, header: Header, cells: Row) -> None:
        self._column = column
        self._cell = header.cell(cells, column.name)

    def say(self, message: str) -> CellError:
        return self._column.error(self._cell, message)


def _name_key(facts: dict[str, Any]) -> tuple[Any, ...] | None:
    """Comparable name and birth date, None when any needed part is unknown."""
    if not (facts.get("last_name") and facts.get("first_name") and facts.get("birth_date")):
        return None
    return (*(_comparable(facts[part]) for part in _PERSON),)


def _known_difference(left: dict[str, Any], right: dict[str, Any], fields: tuple[str, ...]) -> bool:
    """Whether two rows differ in a field that both of them have; ё and е are the same letter in names."""
    pairs = ((_comparable(left.get(name)), _comparable(right.get(name))) for name in fields)
    return any(one is not None and other is not None and one != other for one, other in pairs)


def _comparable(value: Any) -> Any:
    return name_key(value) if isinstance(value, str) else value
