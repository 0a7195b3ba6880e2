"""How many rows each choice of each filter would find: the numbers in the chips of a list, all of them by one statement.

What is found is gathered once, up to a bound, and counted by every filter. When more is found, only what an index serves is counted,
each choice up to the bound; the other choices stay without a number. So the cost does not grow with the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import CTE, Boolean, Integer, Select, String, cast, func, literal, null, select, union_all

from app.extensions import db
from app.web.frame.list_paging import COUNTED
from app.web.frame.list_query import ListQuery
from app.web.frame.listing import ListFilter, Listing
from app.web.frame.lookups import order_of
from app.web.frame.periods import periods

#: up to so many found rows the page itself says the numbers; of more they are asked when a filter is opened
AT_ONCE = 500
#: most frequent values of a filter that is searched
VALUES = 8
#: table → the column that names its rows in a filter
_NAMED_BY: Mapping[str, str] = {
    "organization": "short_name",
    "position": "name",
    "program": "title",
    "training_group": "number",
    "territory": "short_name",
    "municipality": "name",
    "organization_type": "short_name",
    "education_level": "name",
    "attestation_kind": "name",
    "voucher_rule": "title",
    "organizer_rule": "title",
    "plan_campaign": "year",
}


@dataclass
class Facets:
    """Filter → choice → its number of rows, ``COUNTED`` + 1 for more; a choice without rows is absent, an unknown filter too.

    ``values``: filter that is searched → its most frequent values: key, words, number; ``options``: filter by a small directory → all
    its rows in their order, so that nobody asks for them again.
    """

    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    values: dict[str, list[tuple[int, str, int]]] = field(default_factory=dict)
    options: dict[str, list[tuple[str, str]]] = field(default_factory=dict)


def facets_of(listing: Listing, query: ListQuery, total: int) -> Facets:
    """Count the choices of all filters under the other conditions of the query, which finds ``total`` rows (more: ``COUNTED`` + 1)."""
    found, parts = Facets(), _Parts(listing, query)
    for f in listing.filters:
        # without its own choice a chosen filter finds more than the query does: that set has its own bound
        if total <= COUNTED or f.name in parts.chosen:
            parts.gather(f)
        else:
            parts.bounded(f)
    if not parts.selects:
        return found
    rows = db.session.execute(union_all(*parts.selects)).all()
    for name, kind, key, label, number, _ in sorted(rows, key=lambda row: row.place or 0):
        if kind == "size":
            parts.sizes[name] = number
        elif kind == "value":
            found.values.setdefault(name, []).append((int(key), label, number))
        else:
            if kind == "option":
                found.options.setdefault(name, []).append((key, label))
            found.counts.setdefault(name, {})
            if number and key is not None:
                found.counts[name][key] = number
    for f in listing.filters:
        if parts.sizes.get(parts.of.get(f.name, ""), 0) > COUNTED:
            found.counts.pop(f.name, None)
            found.values.pop(f.name, None)
    return found


@dataclass
class _Parts:
    """The selects of the one statement; each gives: filter, kind, choice, words, number, place in the order."""

    listing: Listing
    query: ListQuery
    selects: list[Select[Any]] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)
    #: filter → the set of found rows that it is counted in
    of: dict[str, str] = field(default_factory=dict)
    _sets: dict[str, CTE] = field(default_factory=dict)

    @property
    def chosen(self) -> set[str]:
        """Filters in which something is chosen."""
        return {
            f.name for f in self.listing.filters if {f.name, f"{f.name}_from", f"{f.name}_to"} & set(self.query.chosen)
        }

    def _found(self, f: ListFilter) -> CTE:
        without = f.name if f.name in self.chosen else ""
        self.of[f.name] = without
        if without not in self._sets:
            model = self.listing.model
            rows = select(model.id.label("id")).where(*self.listing.conditions(self.query, without=without))
            named = f"found_{len(self._sets)}"
            self._sets[without] = rows.limit(COUNTED + 1).cte(named).prefix_with("MATERIALIZED")
            size = select(func.count()).select_from(self._sets[without]).scalar_subquery()
            self._add(without, "size", null(), size)
        return self._sets[without]

    def _add(self, name: str, kind: str, key: Any, number: Any) -> None:
        self._put(name, kind, cast(key, String), cast(null(), String), number, cast(null(), Integer))

    def _put(self, name: str, kind: str, *columns: Any) -> None:
        named = zip(columns, ("key", "label", "number", "place"), strict=True)
        self.selects.append(
            select(literal(name).label("name"), literal(kind).label("kind"), *(c.label(n) for c, n in named))
        )

    def gather(self, f: ListFilter) -> None:
        """Count the choices of a filter among the rows that are found."""
        model = self.listing.model
        if f.kind == "lookup":
            self._values(f)
        elif f.column is not None:
            found = self._found(f)
            is_flag = isinstance(f.column.type, Boolean)
            value = (cast(f.column, Integer) if is_flag else f.column).label("value")
            rows = select(value, func.count().label("number")).where(model.id.in_(select(found.c.id))).group_by(value)
            counted = rows.subquery()
            if f.target is not None:
                self._options(f.name, f.target, counted)
            else:
                self._put(
                    f.name,
                    "count",
                    cast(counted.c.value, String),
                    cast(null(), String),
                    counted.c.number,
                    cast(null(), Integer),
                )
        else:
            found = self._found(f)
            for key, condition in _choices(f):
                rows = select(func.count()).select_from(model).where(model.id.in_(select(found.c.id)), condition)
                self._add(f.name, "count", literal(key), rows.scalar_subquery())

    def bounded(self, f: ListFilter) -> None:
        """Count the choices of a filter, each up to the bound, where an index finds their rows."""
        if not f.indexed or f.kind == "lookup":
            return
        model, others = self.listing.model, self.listing.conditions(self.query)
        for key, condition in _choices(f):
            rows = select(literal(1)).select_from(model).where(*others, condition).limit(COUNTED + 1).subquery()
            self._add(f.name, "count", literal(key), select(func.count()).select_from(rows).scalar_subquery())

    def _values(self, f: ListFilter) -> None:
        target = self.listing.view.lookup.target(f.name)
        label = getattr(target, _NAMED_BY.get(target.__tablename__, ""), None)
        if f.pairs is None or label is None:
            return
        found = self._found(f)
        pairs = f.pairs(select(found.c.id)).subquery()
        number = func.count().label("number")
        rows = select(pairs.c.key, number).where(pairs.c.key.is_not(None)).group_by(pairs.c.key).subquery()
        # the entity is joined and not its table, so that rows outside the user's scope are not named
        named = select(target.id, label.label("label"), rows.c.number).join(rows, rows.c.key == target.id)
        top = named.order_by(rows.c.number.desc(), target.id).limit(VALUES).subquery()
        place = func.row_number().over(order_by=(top.c.number.desc(), top.c.id))
        self._put(f.name, "value", cast(top.c.id, String), top.c.label, top.c.number, place)

    def _options(self, name: str, target: type[Any], counted: Any) -> None:
        place = func.row_number().over(order_by=order_of(target))
        label = cast(getattr(target, _NAMED_BY[target.__tablename__]), String)
        rows = select(target.id, label.label("label"), counted.c.number, place.label("place"))
        every = rows.outerjoin(counted, counted.c.value == target.id).subquery()
        number = func.coalesce(every.c.number, 0)
        self._put(name, "option", cast(every.c.id, String), every.c.label, number, every.c.place)


def _choices(f: ListFilter) -> Iterator[tuple[str, Any]]:
    if f.kind == "dates":
        for period in periods(f.name):
            yield period.code, f.condition(period.first, period.last)
    else:
        for key, _ in f.choices() if f.choices else ():
            condition = f.condition(key, None)
            if condition is not None:
                yield key, condition
