"""A list as data: the query (search, filters, order, page), the statements that answer it, and the page to show."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import request
from sqlalchemy import Date, DateTime, Select, func, inspect, select

from app import addresses, shown
from app.access import current_actor, scope
from app.audit import words
from app.clock import read_date
from app.conditions import OVERTAKEN, in_state, state, state_of
from app.extensions import db
from app.labels import NUMBER_MASKS, codes_of, in_words, label_of
from app.russian import RussianDateError
from app.services.portal.list_settings import ListSettings, settings_of
from app.web.frame.forms import LONG_AGO
from app.web.frame.list_query import ALL, PAGE_SIZES, ListQuery
from app.web.frame.list_sql import Choices, between, choice, directed, eager, order_of_column, split
from app.web.frame.lookups import SMALL
from app.web.frame.pages import Cell, Column, Row
from app.web.frame.search import match
from app.web.frame.tabs import Tab, narrowed, offered

#: what cells read of the related rows that are only named: nothing else of them is loaded
NAMING: Mapping[str, tuple[str, ...]] = {
    "organization": ("short_name",),
    "employee": ("last_name", "first_name", "patronymic", "birth_date", "snils"),
    "position": ("name",),
    "program": ("code", "title"),
    "attestation_kind": ("name",),
    "education_level": ("name",),
}

Getter = Callable[[Any], Any]


@dataclass(frozen=True)
class ListColumn:
    """A column of a list: ``value`` is what is exported, ``cell`` what is shown, ``orders`` what it sorts by.

    One that is not ``usual`` is shown only to a user who has chosen it.
    """

    name: str
    label: str
    value: Getter
    cell: Callable[[Any], Cell]
    orders: tuple[Any, ...] = ()
    number: bool = False
    usual: bool = True


@dataclass(frozen=True)
class ListFilter:
    """A filter: ``kind`` choice, lookup or dates; ``condition`` turns the chosen value(s) into SQL.

    ``column`` is set when a choice is one value of a plain column; ``indexed``: an index finds the rows of each choice. ``pairs`` gives,
    for rows whose ids a select finds, the values of a lookup that a row is found by: columns ``id`` and ``key``; ``target`` is the small
    directory whose rows are the choices.
    """

    name: str
    label: str
    kind: str
    condition: Callable[[Any, Any], Any]
    choices: Choices | None = None
    column: Any = None
    indexed: bool = False
    pairs: Callable[[Any], Any] | None = None
    target: type[Any] | None = None


class Listing:
    """The list of one view: built once from its declaration, asked once per request."""

    def __init__(self, view: Any) -> None:
        self.view, self.model = view, view.datamodel.obj
        self.mapper = inspect(self.model)
        self.columns = [self._column(name) for name in view.list_columns]
        self.columns += [self._further(name) for name in self._further_names()]
        self.filters = [self._filter(f) for f in view.filters]
        self.sortable = [c.name for c in self.columns if c.orders]
        self.base_order = [split(o) for o in view.base_order_by]
        self._rows: dict[frozenset[str], Select[Any]] = {}

    # --- declaration → columns and filters

    def _column(self, declared: Any) -> ListColumn:
        if isinstance(declared, ListColumn):
            return declared
        name = str(declared)
        label = label_of(self.model.__tablename__, name)
        getter = self._getter(name)
        return ListColumn(
            name, label, getter, lambda row: show_value(getter(row), name), self._orders(name), self._is_number(name)
        )

    def _further_names(self) -> list[str]:
        """Fields of the form that stand in no column and need nothing of another table: columns on demand."""
        taken, mapped = {c.name for c in self.columns}, self.mapper.columns
        named = dict.fromkeys(name for _, fields in self.view.sections for name in fields)
        return [n for n in named if n not in taken and n in mapped and not mapped[n].foreign_keys]

    def _further(self, name: str) -> ListColumn:
        # no order: not every column has an index that serves it
        return replace(self._column(name), orders=(), usual=False)

    def _getter(self, name: str) -> Getter:
        table, stored = self.model.__tablename__, _getter(name)
        if self._is_state(name):
            return state_of
        is_coded = codes_of(table, name) or name in NUMBER_MASKS.get(table, ())
        return (lambda row: in_words(table, name, stored(row))) if is_coded else stored

    def _is_state(self, name: str) -> bool:
        """Whether a column is a status that time changes before a job does."""
        return name == "status" and self.model.__tablename__ in OVERTAKEN

    def _orders(self, name: str) -> tuple[Any, ...]:
        if self._is_state(name):
            return (state(self.model),)
        return (order_of_column(self.model, name),) if name in self.mapper.columns else ()

    def _is_number(self, name: str) -> bool:
        if name not in self.mapper.columns:
            return False
        column = self.mapper.columns[name]
        return column.type.python_type in (int,) and not column.foreign_keys

    def _filter(self, declared: Any) -> ListFilter:
        if isinstance(declared, ListFilter):
            return declared
        name = str(declared)
        label = label_of(self.model.__tablename__, name)
        if name in self.mapper.relationships:
            return self._relation_filter(name, label)
        kind = self.mapper.columns[name].type
        attribute = getattr(self.model, name)
        if isinstance(kind, Date | DateTime):
            return ListFilter(
                name, label, "dates", lambda a, b: between(attribute, a, b, moments=isinstance(kind, DateTime))
            )
        condition, choices = choice(attribute, kind, codes_of(self.model.__tablename__, name))
        if self._is_state(name):
            codes = {value for value, _label in choices()}
            by_state = lambda v, _to: in_state(v, self.model) if v in codes else None  # noqa: E731
            return ListFilter(name, label, "choice", by_state, choices, state(self.model), self._is_indexed(name))
        return ListFilter(name, label, "choice", condition, choices, attribute, self._is_indexed(name))

    def _is_indexed(self, name: str) -> bool:
        column = self.mapper.columns[name]
        whole = (index for index in column.table.indexes if index.dialect_options["postgresql"]["where"] is None)
        return any(next(iter(index.columns), None) is column for index in whole)

    def _relation_filter(self, name: str, label: str) -> ListFilter:
        relation = self.mapper.relationships[name]
        key = getattr(self.model, next(iter(relation.local_columns)).key)
        indexed, table = self._is_indexed(key.key), self.mapper.local_table

        def condition(value: str, _to: Any) -> Any:
            return key == int(value) if value.isdecimal() and len(value) < 10 else None

        if relation.mapper.class_.__tablename__ not in SMALL:
            pairs = lambda ids: select(table.c.id, table.c[key.key].label("key")).where(table.c.id.in_(ids))  # noqa: E731
            return ListFilter(name, label, "lookup", condition, indexed=indexed, pairs=pairs)
        choices = lambda: [(str(i), text) for i, text in self.view.lookup.whole().options(name)]  # noqa: E731
        return ListFilter(name, label, "choice", condition, choices, key, indexed, target=relation.mapper.class_)

    # --- statements

    def settings(self) -> ListSettings:
        """What the acting user chose for this list, asked once per request."""
        table = self.model.__tablename__
        kept: dict[str, ListSettings] = request.environ.setdefault("portal.list_settings", {})
        if table not in kept:
            kept[table] = settings_of(table)
        return kept[table]

    def read(self, typed: str | None = None) -> ListQuery:
        """What the current request asks, or what a posted query text does."""
        args = request.args if typed is None else dict(parse_qsl(typed[:4000], max_num_fields=100))
        chosen = self.settings().page_size
        query = ListQuery.read(
            args,
            [f.name for f in self.filters],
            self.sortable,
            usual_size=chosen if chosen in PAGE_SIZES else PAGE_SIZES[0],
        )
        if self.tab_of(query.tab) is None:
            # an address that asks anything but names no tab means all rows; one that asks nothing leaves it to the page
            query.tab = ALL if args and self.tabs() else ""
        return query

    def tabs(self) -> Sequence[Tab]:
        """The ready tabs of the acting user."""
        return offered(self.view.tabs)

    def tab_of(self, code: str) -> Tab | None:
        """The tab with this code, if the acting user has it."""
        return next((tab for tab in self.tabs() if tab.code == code), None) if code else None

    def visible_columns(self) -> list[ListColumn]:
        """Columns that the acting user wants to see, in the user's order, else the usual ones; the first names the row."""
        return self.columns_of(self.settings().columns) if self.settings().columns else self.usual_columns()

    def columns_of(self, names: Sequence[str]) -> list[ListColumn]:
        """The first column and those of these names that the acting user may see, in this order."""
        known = {c.name: c for c in self.offered_columns()[1:]}
        return [self.columns[0], *(known[name] for name in dict.fromkeys(names) if name in known)]

    def offered_columns(self) -> list[ListColumn]:
        """Columns that the acting user may choose: what only the card shows is for those who may open it."""
        sees = current_actor().can(f"{self.view.class_permission_name}:show")
        return [c for c in self.columns if c.usual or sees]

    def usual_columns(self) -> list[ListColumn]:
        """Columns of a user who has chosen none."""
        return [c for c in self.columns if c.usual]

    def conditions(self, query: ListQuery, *, without: str = "", tab: str | None = None) -> list[Any]:
        """Conditions of the query, except of the filter ``without``; of another ``tab`` when one is named.

        A date that cannot be read becomes an error of its filter and narrows nothing.
        """
        found = [*self.view.base_conditions(), *narrowed(self.tab_of(query.tab if tab is None else tab))]
        if query.search:
            found.append(match(self.model, query.search))
        for f in self.filters:
            condition = self._chosen_condition(f, query) if f.name != without else None
            if condition is not None:
                found.append(condition)
        actor = current_actor()
        if len(actor.grants) > 1:
            # several roles: only the rows of those that hold the right to list (one role: the session's scope is the same)
            expression = scope(actor, self.model.__tablename__, f"{self.view.class_permission_name}:list")
            if expression is not None:
                found.append(expression)
        return found

    def _chosen_condition(self, f: ListFilter, query: ListQuery) -> Any:
        if f.kind != "dates":
            value = query.chosen.get(f.name)
            return f.condition(value, None) if value else None
        ends: list[dt.date | None] = []
        for suffix in ("_from", "_to"):
            typed = query.chosen.get(f"{f.name}{suffix}")
            try:
                ends.append(read_date(typed, past=f.name in LONG_AGO) if typed else None)
            except RussianDateError as error:
                query.errors[f.name] = str(error)
                return None
        return f.condition(*ends) if any(ends) else None

    def rows(self) -> Select[Any]:
        """Rows with what the cells read of related ones, a few statements whatever the number of rows.

        The session's scope does not reach into joins, so only tables that the acting user sees whole are joined.
        """
        actor = current_actor()
        if actor.roles not in self._rows:
            paths = [
                eager(self.model, path, naming=NAMING, joined=lambda table: scope(actor, table) is None)
                for path in self.view.load
            ]
            self._rows[actor.roles] = select(self.model).options(*paths)
        return self._rows[actor.roles]

    def statement(self, query: ListQuery) -> Select[Any]:
        """All rows of the query in its order, with what the cells read."""
        return self.rows().where(*self.conditions(query)).order_by(*self.order_by(query))

    def order_by(self, query: ListQuery) -> list[Any]:
        """Order of the query; always total, so that pages never overlap."""
        return [directed(o, descending, backwards=False) for o, descending in self.orders_of(query)]

    def chosen_order(self, query: ListQuery) -> list[tuple[Any, bool]]:
        """What the user or the tab sorts by; nothing where it is the list's own order."""
        column = next((c for c in self.columns if c.name == query.order), None)
        if column:
            return [(o, query.descending) for o in column.orders]
        tab = self.tab_of(query.tab)
        return [split(o) for o in tab.order] if tab else []

    def orders_of(self, query: ListQuery) -> list[tuple[Any, bool]]:
        """What the query is sorted by, and whether it descends; the id comes last."""
        return [*(self.chosen_order(query) or self.base_order), (self.model.id, False)]

    def count(self, query: ListQuery) -> int:
        """Number of rows of the query."""
        statement = select(func.count()).select_from(self.model).where(*self.conditions(query))
        return int(db.session.execute(statement).scalar_one())

    def ids(self, query: ListQuery, limit: int) -> list[int]:
        """Ids of the query's rows, at most ``limit``."""
        statement = select(self.model.id).where(*self.conditions(query)).order_by(self.model.id).limit(limit)
        return list(db.session.scalars(statement))

    def iterate(self, query: ListQuery) -> Iterator[Any]:
        """All rows of the query, read in portions by a server-side cursor (for exports)."""
        statement = self.statement(query).execution_options(yield_per=1000)
        for portion in db.session.scalars(statement).partitions():
            yield from portion

    # --- what is shown

    def head(self, query: ListQuery, columns: Sequence[ListColumn]) -> list[Column]:
        """Heads of the columns with their sorting links."""
        heads = []
        for c in columns:
            current = c.name == query.order
            direction = ("desc" if query.descending else "asc") if current else ""
            href = ""
            if c.orders:
                target = f"-{c.name}" if direction == "asc" else c.name
                href = self.url(query, order=target)
            heads.append(Column(c.name, c.label, href, direction, c.number))
        return heads

    def row(self, item: Any, columns: Sequence[ListColumn], mark: str = "") -> Row:
        """Cells of one record; the first leads to its card and carries the ``mark`` of the search."""
        href = self.view.href_of(item)
        cells = [c.cell(item) for c in columns]
        if mark:
            cells[0] = replace(cells[0], detail=" · ".join(filter(None, (mark, cells[0].detail))))
        if href and not cells[0].href:
            first = cells[0]
            cells[0] = Cell(first.text or "без названия", first.detail, href, first.tone, first.number)
        return Row(item.id, href, cells)

    def url(self, query: ListQuery, **changes: Any) -> str:
        """Address of the list with ``changes`` of the query."""
        parameters = urlencode(query.parameters(**changes))
        path = addresses.listing(self.view.table)
        return f"{path}?{parameters}" if parameters else path


def _getter(name: str) -> Getter:
    """Reader of a dotted path; a missing link gives None."""
    path = name.split(".")

    def read(row: Any) -> Any:
        for part in path:
            if row is None:
                return None
            row = getattr(row, part)
        return row

    return read


def state_cell(row: Any) -> Cell:
    """The status of a row as the clock has it, as a pill."""
    found = state_of(row)
    return Cell(found.label, tone=found.tone)


def show_value(value: Any, name: str = "") -> Cell:
    """Return the cell of a stored value: dates дд.мм.гггг, statuses as pills, СНИЛС masked."""
    if isinstance(value, str) and shown.kind_of(name) is not None:
        return Cell(shown.end(name, value), number=True)
    tone = getattr(value, "tone", "") if name.endswith("status") else ""
    is_number = isinstance(value, int | dt.date) and not isinstance(value, bool)
    return Cell(words(value), tone=tone, number=is_number)
