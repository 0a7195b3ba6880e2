"""What a registry is: one declaration of columns, filters and rows; the screen, XLSX and CSV are made from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Enum, case, func

from app import models as m
from app.clock import read_date
from app.documents.sheets.spreadsheet import Kind
from app.errors import Invalid
from app.russian import RussianDateError, format_date
from app.statuses import LabelledEnum

#: code → words of the periods that are counted anew each time: what a schedule sends is never an old month
SPANS: Mapping[str, str] = {
    "month": "прошлый месяц",
    "this_month": "этот месяц",
    "quarter": "прошлый квартал",
    "year": "этот год",
    "last_year": "прошлый год",
}
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: ``expression`` is its SQL value, None for the number of the row; ``total``: its sum is told.

    ``usual``: shown unless the user chose others; ``personal``: on the screen only its last digits are seen (СНИЛС).
    """

    name: str
    title: str
    expression: Any = None
    kind: Kind = "text"
    width: float = 16
    total: bool = False
    usual: bool = True
    personal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A filter by equality: ``states`` are its choices, or ``target`` is the table whose row is chosen."""

    name: str
    label: str
    expression: Any
    states: type[LabelledEnum] | None = None
    target: type[Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """A registry: ``permission`` (right of ``table``, whose row scope it also is), its columns, filters and rows.

    ``source`` joins the unaliased ``table`` with aliases of others; ``people`` is what is counted once a person.
    """

    code: str
    title: str
    about: str
    table: Any
    permission: str
    source: Any
    columns: Sequence[Column]
    filters: Sequence[Filter]
    period: Any
    period_label: str
    order: Sequence[Any]
    where: Sequence[Any] = ()
    people: Any = None

    def chosen_columns(self, names: Sequence[str]) -> list[Column]:
        """Return the columns with these names, in the order of the declaration; none named: the usual ones."""
        found = [column for column in self.columns if column.name in names]
        return found or [column for column in self.columns if column.usual]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of a registry, checked: days of the period (None: open), filter → value, names of columns."""

    registry: Registry
    since: dt.date | None = None
    until: dt.date | None = None
    span: str = ""
    chosen: Mapping[str, Any] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    #: a further condition that code adds; it is not part of ``parameters``
    only: ColumnElement[bool] | None = None

    def parameters(self) -> dict[str, str]:
        """Return the same as plain text: for an address, a saved registry or background work."""
        days = {} if self.span else {"period_from": _written(self.since), "period_to": _written(self.until)}
        values = {name: str(getattr(value, "value", value)) for name, value in self.chosen.items()}
        found = {"code": self.registry.code, "span": self.span, **days, **values, "columns": ",".join(self.columns)}
        return {name: value for name, value in found.items() if value}

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what narrows the rows."""
        found = [f.expression == self.chosen[f.name] for f in self.registry.filters if f.name in self.chosen]
        if self.only is not None:
            found.append(self.only)
        if self.since:
            found.append(self.registry.period >= self.since)
        if self.until:
            found.append(self.registry.period <= self.until)
        return found

    def period_words(self) -> str:
        """«с 01.01.2026 по 31.01.2026»; empty when the period is open on both sides."""
        ends = (("с", self.since), ("по", self.until))
        return " ".join(f"{word} {format_date(day)}" for word, day in ends if day)


def read_asked(registry: Registry, typed: Mapping[str, str], *, today: dt.date) -> Asked:
    """Check what was typed; unknown names are passed over. Raises Invalid with the field of what cannot be read."""
    span = typed.get("span", "")
    if span and span not in SPANS:
        raise _refused("span", "Такого периода нет. Выберите его из списка.")
    since: dt.date | None
    until: dt.date | None
    if span:
        since, until = span_days(span, today)
    else:
        since, until = _day(typed, "period_from"), _day(typed, "period_to")
    if since and until and since > until:
        raise _refused("period", "Начало периода позже его конца. Поменяйте даты местами.")
    chosen = {f.name: _value(f, typed[f.name]) for f in registry.filters if typed.get(f.name)}
    known = {column.name for column in registry.columns}
    names = tuple(name for name in typed.get("columns", "").split(",") if name in known)
    return Asked(registry=registry, since=since, until=until, span=span, chosen=chosen, columns=names)


def span_days(span: str, today: dt.date) -> tuple[dt.date, dt.date]:
    """Return the first and the last day of a period that is counted from ``today``."""
    first = today.replace(day=1)
    if span == "this_month":
        return first, today
    if span == "month":
        last = first - _DAY
        return last.replace(day=1), last
    if span == "quarter":
        last = first.replace(month=first.month - (first.month - 1) % 3) - _DAY
        return last.replace(month=last.month - 2, day=1), last
    if span == "year":
        return today.replace(month=1, day=1), today
    return dt.date(today.year - 1, 1, 1), dt.date(today.year - 1, 12, 31)


def _day(typed: Mapping[str, str], name: str) -> dt.date | None:
    text = typed.get(name, "").strip()
    if not text:
        return None
    try:
        return read_date(text)
    except RussianDateError as error:
        raise _refused("period", f"{error}.") from error


def _value(given: Filter, text: str) -> Any:
    if given.states is not None:
        try:
            return given.states.of(text)
        except KeyError:
            raise _refused(
                given.name, f"В отборе «{given.label}» нет такого значения. Выберите его из списка."
            ) from None
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise _refused(given.name, f"В отборе «{given.label}» выберите строку из списка.")
    return int(text)


def _refused(name: str, sentence: str) -> Invalid:
    return Invalid(sentence, fields={name: [sentence]})


def _written(day: dt.date | None) -> str:
    return format_date(day) if day else ""


# --- SQL of the declarations -----------------------------------------------------------------------------------------


def in_words(column: Any) -> Any:
    """Return the words of a coded column, said by the database: nothing is left to do for each row."""
    kind = column.type
    assert isinstance(kind, Enum) and kind.enum_class is not None
    members: Any = kind.enum_class
    return case(*((column == member, member.label) for member in members), else_=None)


def person_name(person: Any) -> Any:
    """Фамилия Имя Отчество of an alias of the employee's table."""
    return func.concat_ws(" ", person.c.last_name, person.c.first_name, func.nullif(person.c.patronymic, ""))


def written_snils(column: Any) -> Any:
    """СНИЛС with its dashes (eleven digits are stored)."""
    parts = (func.substr(column, 1, 3), "-", func.substr(column, 4, 3), "-", func.substr(column, 7, 3), " ")
    joined: Any = parts[0]
    for part in (*parts[1:], func.substr(column, 10, 2)):
        joined = joined.concat(part)
    return joined


def written_day(column: Any) -> Any:
    """A day as дд.мм.гггг, for a cell that holds more than the day."""
    return func.to_char(column, "DD.MM.YYYY")


def table_of(model: type[m.Base]) -> Any:
    """The Core table of a model: a registry is scoped by its own table only."""
    return model.__table__
