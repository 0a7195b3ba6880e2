"""A list of wishes: rows of its sheet → plain values; every error names its cell. Pure, as all lists."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.exchange.engine.list_sheet import Fault, Layout, Parsed, ReadList, read_list
from app.exchange.plan.plan_columns import BIRTH, COLUMNS, FULL_NAME, SNILS, TITLES
from app.exchange.reader import Sheet


@dataclass(frozen=True, slots=True)
class WishValues:
    """What the list says of one wish; None is what is left empty or is wrong."""

    snils: str | None
    name: tuple[str, str, str] | None
    birth_date: dt.date | None
    code: str | None
    organizer: str | None
    months: tuple[int, ...] | None
    priority: int | None


def parse_plan_list(
    sheets: Sequence[Sheet], *, told: Callable[[int], None] = lambda _rows: None
) -> ReadList[WishValues]:
    """Find the list among the sheets and read it; raises `FileRejected` when it is not there."""
    return read_list(sheets, Layout(COLUMNS, TITLES, FULL_NAME, FULL_NAME, "с желанием", _check, _values), told=told)


def _check(parsed: Parsed, fault: Fault) -> None:
    if parsed[SNILS.name] is None and parsed[BIRTH.name] is None:
        fault(BIRTH, "Нужен СНИЛС или дата рождения: по одному имени человека не узнать")


def _values(parsed: Parsed) -> WishValues:
    return WishValues(name=parsed[FULL_NAME.name], **{n: v for n, v in parsed.items() if n != FULL_NAME.name})
