"""A list as data: what was asked (search, filters, order, page), the statements that answer it, and the page to show."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import request
from sqlalchemy import CTE, Boolean, Date, DateTime, Enum, Select, func, inspect, select
from sqlalchemy.orm import selectinload
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import desc_op

from app.access import current_actor, scope
from app.audit import words
from app.clock import ZONE
from app.extensions import db
from app.identifiers import mask_snils
from app.labels import codes_of, in_words, label_of
from app.russian import RussianDateError, parse_date
from app.web.lookups import SMALL
from app.web.pages import Cell, Column, Filter, Link, Option, Row
from app.web.search import match

PAGE_SIZES = (25, 50, 100)
#: up to this many found rows it is quicker to find them all and sort them than to walk along the order
FEW = 2000
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
    """A column of a list: ``value`` is what is exported, ``cell`` what is shown, ``orders`` what it sorts by."""

    name: str
    label: str
    value: Getter
    cell: Callable[[Any], Cell]
    orders: tuple[Any, ...] = ()
    number: bool = False


@dataclass(frozen=True)
class ListFilter:
    """A filter: ``kind`` choice, lookup or dates; ``condition`` turns the chosen value(s) into SQL."""

    name: str
    label: str
    kind: str
    condition: Callable[[Any, Any], Any]
    choices: Callable[[], Sequence[tuple[str, str]]] | None = None


@dataclass
class ListQuery:
    """What the address asks of a list; everything unknown or impossible falls back to the default."""

    search: str = ""
    chosen: dict[str, str] = field(default_factory=dict)
    order: str = ""
    descending: bool = False
    page: int = 1
    page_size: int = PAGE_SIZES[0]
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, args: Mapping[str, str], names: Sequence[str], sortable: Sequence[str]) -> ListQuery:
        """Read the query from GET parameters."""
        page, size = args.get("page", "1"), args.get("size", "")
        order = args.get("order", "")
        wanted = {f"{n}{suffix}" for n in names for suffix in ("", "_from", "_to")}
        # PostgreSQL refuses a NUL in any text
        cleaned = [(k, v.replace("\x00", "").strip()[:100]) for k, v in args.items()]
        return cls(
            search=args.get("q", "").replace("\x00", "")[:200],
            chosen={k: v for k, v in cleaned if k in wanted and v},
            order=order.lstrip("-") if order.lstrip("-") in sortable else "",
            descending=order.startswith("-"),
            page=int(page) if page.isdecimal() and 0 < len(page) < 8 and int(page) > 0 else 1,
            page_size=int(size) if size.isdecimal() and len(size) < 5 and int(size) in PAGE_SIZES else PAGE_SIZES[0],
        )

    def parameters(self, **changes: Any) -> dict[str, Any]:
        """GET parameters of this query with ``changes`` (None removes one)."""
        order = f"-{self.order}" if self.descending and self.order else self.order
        values: dict[str, Any] = {"q": self.search, **self.chosen, "order": order}
        if self.page_size != PAGE_SIZES[0]:
            values["size"] = self.page_size
        values.update(changes)
        return {k: v for k, v in values.items() if v not in (None, "", 1) or k in self.chosen}


class Listing:
    """The list of one view: built once from its declaration, asked once per request."""

    def __init__(self, view: Any) -> None:
        self.view, self.model = view, view.datamodel.obj
        self.mapper = inspect(self.model)
        self.columns = [self._column(name) for name in view.list_columns]
        self.filters = [self._filter(f) for f in view.filters]
        self.sortable = [c.name for c in self.columns if c.orders]
        self.base_order = [_split(o) for o in view.base_order_by]
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

    def _getter(self, name: str) -> Getter:
        table, stored = self.model.__tablename__, _getter(name)
        return (lambda row: in_words(table, name, stored(row))) if codes_of(table, name) else stored

    def _orders(self, name: str) -> tuple[Any, ...]:
        if name in self.mapper.columns:
            return (getattr(self.model, name),)
        return ()

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
        if isinstance(kind, Enum):
            members = [(m.value, m.label) for m in kind.enum_class]  # type: ignore[union-attr]
            codes = {value for value, _ in members}
            return ListFilter(
                name, label, "choice", lambda v, _t: attribute == v if v in codes else None, lambda: members
            )
        if isinstance(kind, Boolean):
            return ListFilter(
                name, label, "choice", lambda v, _t: attribute.is_(v == "1"), lambda: (("1", "да"), ("0", "нет"))
            )
        if isinstance(kind, Date | DateTime):
            return ListFilter(
                name, label, "dates", lambda a, b: between(attribute, a, b, moments=isinstance(kind, DateTime))
            )
        coded = codes_of(self.model.__tablename__, name)
        if coded:
            return ListFilter(name, label, "choice", lambda v, _t: attribute == v, lambda: list(coded.items()))
        values = select(attribute).distinct().order_by(attribute)
        return ListFilter(name, label, "choice", lambda v, _t: attribute == _typed(v, kind), lambda: _distinct(values))

    def _relation_filter(self, name: str, label: str) -> ListFilter:
        relation = self.mapper.relationships[name]
        key = getattr(self.model, next(iter(relation.local_columns)).key)
        small = relation.mapper.class_.__tablename__ in SMALL
        options = (lambda: [(str(i), text) for i, text in self.view.lookup.options(name)]) if small else None
        return ListFilter(
            name,
            label,
            "choice" if small else "lookup",
            lambda v, _t: key == int(v) if v.isdecimal() and len(v) < 10 else None,
            options,
        )

    # --- statements

    def read(self) -> ListQuery:
        """What the current request asks."""
        return ListQuery.read(request.args, [f.name for f in self.filters], self.sortable)

    def conditions(self, query: ListQuery) -> list[Any]:
        """Conditions of the query; a date that cannot be read becomes an error of its filter and narrows nothing."""
        found = list(self.view.base_conditions())
        if query.search:
            found.append(match(self.model, query.search))
        for f in self.filters:
            condition = self._chosen_condition(f, query)
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
                ends.append(parse_date(typed) if typed else None)
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
        return [_directed(o, descending, backwards=False) for o, descending in self._orders_of(query)]

    def _orders_of(self, query: ListQuery) -> list[tuple[Any, bool]]:
        column = next((c for c in self.columns if c.name == query.order), None)
        orders = [(o, query.descending) for o in column.orders] if column else list(self.base_order)
        return [*orders, (self.model.id, False)]

    def count(self, query: ListQuery) -> int:
        """Number of rows of the query."""
        statement = select(func.count()).select_from(self.model).where(*self.conditions(query))
        return int(db.session.execute(statement).scalar_one())

    def fetch(self, query: ListQuery, total: int) -> list[Any]:
        """Rows of the asked page; in the second half they are read from the end, so the last page costs as much as the first."""
        first = (query.page - 1) * query.page_size
        number = min(query.page_size, total - first)
        backwards = first > total // 2
        skipped = total - first - number if backwards else first
        conditions, orders = self.conditions(query), self._orders_of(query)
        directed = [_directed(o, descending, backwards) for o, descending in orders]
        statement = self.rows().order_by(*directed)
        if conditions and total <= FEW:
            found = self._found(conditions, orders)
            keys = [
                _directed(key, descending, backwards) for key, (_, descending) in zip(found.c[1:], orders, strict=True)
            ]
            statement = statement.where(
                self.model.id.in_(select(found.c[0]).order_by(*keys).limit(number).offset(skipped))
            )
        else:
            statement = statement.where(*conditions).limit(number).offset(skipped)
        rows = list(db.session.scalars(statement))
        return rows[::-1] if backwards else rows

    def _found(self, conditions: Sequence[Any], orders: Sequence[tuple[Any, bool]]) -> CTE:
        """Ids and sort keys of all found rows; the planner, which guesses words badly, would walk along the order."""
        keys = [o.label(f"key_{n}") for n, (o, _) in enumerate(orders)]
        return (
            select(self.model.id.label("found_id"), *keys).where(*conditions).cte("found").prefix_with("MATERIALIZED")
        )

    def iterate(self, query: ListQuery) -> Iterator[Any]:
        """All rows of the query, read in portions by a server-side cursor (for exports)."""
        statement = self.statement(query).execution_options(yield_per=1000)
        for portion in db.session.scalars(statement).partitions():
            yield from portion

    # --- what is shown

    def head(self, query: ListQuery) -> list[Column]:
        """Heads of the columns with their sorting links."""
        heads = []
        for c in self.columns:
            current = c.name == query.order
            direction = ("desc" if query.descending else "asc") if current else ""
            href = ""
            if c.orders:
                target = f"-{c.name}" if direction == "asc" else c.name
                href = self.url(query, order=target)
            heads.append(Column(c.name, c.label, href, direction, c.number))
        return heads

    def row(self, item: Any) -> Row:
        """Cells of one record; the first leads to its card."""
        href = self.view.href_of(item)
        cells = [c.cell(item) for c in self.columns]
        if href and not cells[0].href:
            first = cells[0]
            cells[0] = Cell(first.text or "без названия", first.detail, href, first.tone, first.number)
        return Row(item.id, href, cells)

    def url(self, query: ListQuery, **changes: Any) -> str:
        """Address of the list with ``changes`` of the query."""
        parameters = urlencode(query.parameters(**changes))
        path = f"{request.script_root}{self.view.route_base}/list/"
        return f"{path}?{parameters}" if parameters else path

    def pages(self, query: ListQuery, total: int) -> list[Link]:
        """Links to the first, the near and the last pages; a gap is an empty link."""
        last = max(1, -(-total // query.page_size))
        near = sorted({1, last, *range(max(1, query.page - 2), min(last, query.page + 2) + 1)})
        links: list[Link] = []
        for previous, number in zip([0, *near], near, strict=False):
            if number - previous > 1:
                links.append(Link("…"))
            links.append(Link(str(number), self.url(query, page=number), number == query.page))
        return links if last > 1 else []

    def shown_filters(self, query: ListQuery) -> list[Filter]:
        """Filters with what is chosen in them."""
        return [self._shown(f, query) for f in self.filters]

    def _shown(self, f: ListFilter, query: ListQuery) -> Filter:
        value = query.chosen.get(f.name, "")
        if f.kind == "dates":
            return Filter(
                f.name,
                f.label,
                "dates",
                value=query.chosen.get(f"{f.name}_from", ""),
                value_to=query.chosen.get(f"{f.name}_to", ""),
                error=query.errors.get(f.name, ""),
            )
        if f.kind == "lookup":
            rows = self.view.lookup.choose(f.name, [int(value)]) if value.isdecimal() and len(value) < 10 else []
            label = str(rows[0]) if rows else ""
            return Filter(
                f.name, f.label, "lookup", value=value, value_label=label, lookup_url=self.view.lookup.url(f.name)
            )
        options = [Option(v, text, v == value) for v, text in (f.choices() if f.choices else ())]
        label = next((o.label for o in options if o.chosen), "")
        return Filter(f.name, f.label, "choice", options, value if label else "", label)

    def described(self, query: ListQuery) -> str:
        """The chosen filters in words, for the stamp of an export."""
        parts = [f"поиск «{query.search}»"] if query.search else []
        for f in self.shown_filters(query):
            if f.kind == "dates" and f.active:
                parts.append(f"{f.label}: {f.value or '…'} – {f.value_to or '…'}")
            elif f.active:
                parts.append(f"{f.label}: {f.value_label}")
        return "; ".join(parts) or "нет"


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


def show_value(value: Any, name: str = "") -> Cell:
    """Return the cell of a stored value: dates дд.мм.гггг, statuses as pills, СНИЛС masked."""
    if isinstance(value, str) and name.endswith("snils"):
        return Cell(mask_snils(value), number=True)
    tone = getattr(value, "tone", "") if name.endswith("status") else ""
    is_number = isinstance(value, int | dt.date) and not isinstance(value, bool)
    return Cell(words(value), tone=tone, number=is_number)


def between(attribute: Any, first: dt.date | None, last: dt.date | None, *, moments: bool = False) -> Any:
    """Condition «from … to …», both days included; for moments by the local day."""
    low: Any = first
    high: Any = last + dt.timedelta(days=1) if last else None
    if moments:
        low, high = (dt.datetime.combine(d, dt.time(), ZONE) if d else None for d in (low, high))
    if low and high:
        return (attribute >= low) & (attribute < high)
    return attribute >= low if low else attribute < high


def eager(
    model: type[Any],
    path: str,
    *,
    naming: Mapping[str, tuple[str, ...]] | None = None,
    joined: Callable[[str], bool] = lambda _table: False,
) -> Any:
    """Loader option for a dotted path of relations; of the tables in ``naming`` only those columns are loaded.

    Each step costs one statement; a further step to one row of a table for which ``joined`` is true costs none.
    """
    option: Any = None
    for part in path.split("."):
        relation, attribute = inspect(model).relationships[part], getattr(model, part)
        model = relation.mapper.class_
        table = model.__tablename__
        if option is None:
            option = selectinload(attribute)
        elif relation.uselist or not joined(table):
            option = option.selectinload(attribute)
        else:
            option = option.joinedload(attribute)
        if naming and table in naming:
            option = option.load_only(*(getattr(model, c) for c in naming[table]))
    return option


def _split(order: Any) -> tuple[Any, bool]:
    """Split ``column`` or ``column.desc()`` into the column and whether it is descending."""
    if isinstance(order, UnaryExpression) and order.modifier is desc_op:
        return order.element, True
    return order, False


def _directed(attribute: Any, descending: bool, backwards: bool) -> Any:
    """Order by an attribute; empty values last, so first when read backwards."""
    order = attribute.asc() if descending == backwards else attribute.desc()
    if not descending or not getattr(getattr(attribute, "expression", None), "nullable", True):
        return order  # PostgreSQL's own place of empty values, the one that an index serves
    return order.nulls_first() if backwards else order.nulls_last()


def _typed(value: str, kind: Any) -> Any:
    """Value of a text parameter in the column's type."""
    if kind.python_type is int:
        return int(value) if value.isdecimal() and len(value) < 10 else -1
    return value


def _distinct(statement: Select[Any]) -> list[tuple[str, str]]:
    return [(str(v), words(v)) for v in db.session.scalars(statement) if v is not None]
