"""The page of a registry (реестр) as plain values: filters with their choices, the first rows, sums, saved registries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import select

from app import addresses, shown
from app.access import current_actor
from app.documents.registries import registries_of
from app.documents.registries.declared import SPANS, Asked, Filter, Registry
from app.documents.registries.declared import Column as Declared
from app.documents.registries.reading import Totals, columns_of, count_totals, read_rows
from app.documents.sheets.spreadsheet import cell_value
from app.errors import Invalid, NotFound
from app.extensions import db
from app.russian import count, format_date, number
from app.services.paper.registries import saved_registries
from app.statuses import Schedule
from app.web.frame.lookups import SMALL, order_of
from app.web.frame.pages import Cell, Column, Option, Row, Tab
from app.web.frame.pages import Filter as Shown

TITLE = "Реестры"
#: rows on the screen
ON_SCREEN = 50


@dataclass(frozen=True, slots=True)
class SavedItem:
    """A saved registry: where it opens, when it is sent next (empty: never)."""

    pk: int
    title: str
    href: str
    when: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryPage:
    """The page; ``query`` is what is asked as one text, empty when it cannot be read."""

    title: str
    about: str
    code: str
    tabs: Sequence[Tab]
    filters: Sequence[Shown]
    choices: Sequence[Option]
    error: str
    columns: Sequence[Column] = ()
    rows: Sequence[Row] = ()
    totals: str = ""
    note: str = ""
    xlsx_href: str = ""
    csv_href: str = ""
    query: str = ""
    saved: Sequence[SavedItem] = ()
    schedules: Sequence[Option] = ()
    crumbs: Sequence[Any] = ()


def build(registry: Registry, typed: Mapping[str, str], asked: Asked | None, refusal: Invalid | None) -> RegistryPage:
    """Lay out the page of what is asked, or of what could not be read."""
    errors = {name: sentences[0] for name, sentences in (refusal.fields or {}).items()} if refusal else {}
    common: dict[str, Any] = {
        "title": registry.title,
        "about": registry.about,
        "code": registry.code,
        "tabs": _tabs(registry),
        "filters": _filters(registry, typed, asked, errors),
        "choices": _choices(registry, asked),
        "error": refusal.message if refusal else "",
        "saved": _saved(),
        "schedules": [Option(item.value, item.label) for item in Schedule],
    }
    if asked is None:
        return RegistryPage(**common)
    totals = count_totals(asked)
    query = urlencode(asked.parameters())
    download = addresses.at("registries", "download", "")
    return RegistryPage(
        **common,
        columns=[Column(c.name, c.title, number=c.kind in ("int", "decimal")) for c in columns_of(asked)],
        rows=[Row(n, "", _cells(asked, values)) for n, values in enumerate(read_rows(asked, limit=ON_SCREEN))],
        totals=_totals(asked, totals),
        note=f"Показаны первые {ON_SCREEN} строк, в файле будут все." if totals.rows > ON_SCREEN else "",
        xlsx_href=f"{download}?{query}",
        csv_href=f"{download}?{query}&as=csv",
        query=query,
    )


def described(asked: Asked) -> str:
    """The filters in words, for the stamp of the file and for the journal."""
    parts = [f"{asked.registry.period_label}: {asked.period_words()}"] if asked.period_words() else []
    for given in asked.registry.filters:
        if given.name in asked.chosen:
            parts.append(f"{given.label}: {_named(given, asked.chosen[given.name])}")
    return "; ".join(parts) or "нет, показаны все доступные записи"


def _named(given: Filter, value: Any) -> str:
    if given.states is not None:
        return str(value.label)
    assert given.target is not None
    row = db.session.scalars(select(given.target).where(given.target.id == value)).one_or_none()
    if row is None:
        raise NotFound("Записи, по которой отобран реестр, нет или она вам не видна.")
    return str(row)


def _tabs(registry: Registry) -> list[Tab]:
    return [
        Tab(item.title, addresses.with_query(addresses.REGISTRIES, code=item.code), current=item is registry)
        for item in registries_of(current_actor())
    ]


def _filters(
    registry: Registry, typed: Mapping[str, str], asked: Asked | None, errors: Mapping[str, str]
) -> list[Shown]:
    spans = [Option(code, words, typed.get("span") == code) for code, words in SPANS.items()]
    first, last = ("", "") if typed.get("span") else (typed.get("period_from", ""), typed.get("period_to", ""))
    found = [
        Shown("span", "Период", "choice", spans, typed.get("span", ""), error=errors.get("span", "")),
        Shown("period", registry.period_label, "dates", value=first, value_to=last, error=errors.get("period", "")),
    ]
    return found + [_filter(item, typed, asked, errors.get(item.name, "")) for item in registry.filters]


def _filter(given: Filter, typed: Mapping[str, str], asked: Asked | None, error: str) -> Shown:
    chosen = asked.chosen.get(given.name) if asked else None
    value = str(getattr(chosen, "value", chosen)) if chosen is not None else ""
    if given.states is not None:
        states = [Option(item.value, item.label, item is chosen) for item in given.states]
        return Shown(given.name, given.label, "choice", states, value, error=error)
    assert given.target is not None
    if given.target.__tablename__ in SMALL:
        rows = db.session.scalars(select(given.target).order_by(order_of(given.target)))
        options = [Option(str(row.id), str(row), str(row.id) == value) for row in rows]
        return Shown(given.name, given.label, "lookup", options, value, error=error)
    words = _named(given, chosen) if chosen is not None else typed.get(f"{given.name}_text", "")
    url = addresses.at("registries", "find", given.name)
    return Shown(given.name, given.label, "lookup", (), value, words, lookup_url=url, error=error)


def _choices(registry: Registry, asked: Asked | None) -> list[Option]:
    chosen = {column.name for column in registry.chosen_columns(asked.columns if asked else ())}
    return [Option(column.name, column.title, column.name in chosen) for column in registry.columns]


def _cells(asked: Asked, values: Sequence[Any]) -> list[Cell]:
    return [_cell(value, column) for value, column in zip(values, columns_of(asked), strict=True)]


def _cell(value: Any, column: Declared) -> Cell:
    value = cell_value(value, column.kind)
    if value is None:
        return Cell("—")
    if column.personal:
        return Cell(shown.end("snils", "".join(c for c in str(value) if c.isdecimal())))
    if column.kind == "datetime" and hasattr(value, "hour"):
        return Cell(f"{format_date(value)} {value:%H:%M}")
    if hasattr(value, "isoformat"):
        return Cell(format_date(value))
    return Cell(number(value), number=True) if isinstance(value, int) else Cell(str(value))


def _totals(asked: Asked, totals: Totals) -> str:
    parts = [f"Строк: {number(totals.rows)}"]
    if totals.people is not None:
        parts.append(count(totals.people, "человек", "человека", "человек"))
    titles = {column.name: column.title for column in asked.registry.columns}
    parts += [f"{titles[name].lower()} всего: {number(value)}" for name, value in totals.sums.items()]
    return "; ".join(parts)


def _saved() -> list[SavedItem]:
    base = addresses.REGISTRIES
    return [
        SavedItem(
            row.id,
            row.title,
            f"{base}?{urlencode(row.parameters)}",
            f"{row.schedule.label}, следующий раз {format_date(row.next_on)}" if row.next_on else "",
        )
        for row in saved_registries.own_registries()
    ]
