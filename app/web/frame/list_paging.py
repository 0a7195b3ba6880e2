"""The pages of a list: how many rows there are, the rows of one page, the links to the others.

Rows are counted up to ``COUNTED``, so a page costs the same in a small table and in one of a million rows; the exact number is
counted when it is asked for. The numbered pages end there too; those after them begin behind the last row seen, found by its
keys and not by skipping all rows before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, and_, func, literal, or_, select, true, tuple_

from app.extensions import db
from app.web.frame.list_query import ALL, ListQuery
from app.web.frame.list_sql import directed
from app.web.frame.listing import Listing
from app.web.frame.pages import Link
from app.web.frame.tabs import narrowed

#: rows that are counted without being asked
COUNTED = 10_000
#: up to this many found rows it is quicker to find them all and sort them than to walk along the order
FEW = 2000
#: rows behind so many others are found by their keys first
FAR = 1000

#: an order of the list and whether it descends
Order = tuple[Any, bool]


@dataclass(frozen=True, slots=True)
class Total:
    """Number of a list's rows; not ``exact``: there are more than ``number``."""

    number: int
    exact: bool = True


def totals_of(listing: Listing, query: ListQuery) -> dict[str, Total]:
    """Tab → its number of rows under the search and the filters, all of them by one statement; a list without tabs has «Все».

    Rows are counted up to ``COUNTED``; those of the chosen tab all when the query asks for the exact number.
    """
    codes = [tab.code for tab in listing.tabs()] or [ALL]
    found = _sought(listing, query, codes) if query.search and len(codes) > 1 else {}
    if not found:
        row = db.session.execute(select(*(_counted(listing, query, code) for code in codes))).one()
        found = {code: Total(min(n, COUNTED), n <= COUNTED) for code, n in zip(codes, row, strict=True)}
    chosen = query.tab or ALL
    if query.exact:
        found[chosen] = Total(listing.count(query))
    return found


def _sought(listing: Listing, query: ListQuery, codes: Sequence[str]) -> dict[str, Total]:
    """The numbers of a search, which is made once for all tabs; none when it finds more than is counted."""
    flags = {code: and_(true(), *narrowed(listing.tab_of(code))) for code in codes}
    rows = select(*(flag.label(code) for code, flag in flags.items())).select_from(listing.model)
    rows = rows.where(*listing.conditions(query, tab=ALL)).limit(COUNTED + 1)
    found = rows.cte("sought").prefix_with("MATERIALIZED")
    numbers = (func.count().filter(found.c[code]) for code in codes)
    size, *counted = db.session.execute(select(func.count(), *numbers).select_from(found)).one()
    return {code: Total(n) for code, n in zip(codes, counted, strict=True)} if size <= COUNTED else {}


def _counted(listing: Listing, query: ListQuery, code: str) -> Any:
    found = select(literal(1)).select_from(listing.model).where(*listing.conditions(query, tab=code)).limit(COUNTED + 1)
    return select(func.count()).select_from(found.subquery()).scalar_subquery()


def rows_of(listing: Listing, query: ListQuery, total: Total) -> list[Any]:
    """Rows of the asked page; in the second half they are read from the end, so the last page costs as much as the first."""
    first = (query.page - 1) * query.page_size
    number = min(query.page_size, total.number - first)
    backwards = total.exact and first > total.number // 2
    skipped = total.number - first - number if backwards else first
    conditions, orders = listing.conditions(query), listing.orders_of(query)
    order = [directed(o, descending, backwards) for o, descending in orders]
    statement = listing.rows().order_by(*order)
    if conditions and (query.search or (total.exact and total.number <= FEW)):
        found = _found(listing, conditions, orders)
        keys = [directed(key, descending, backwards) for key, (_, descending) in zip(found.c[1:], orders, strict=True)]
        page = select(found.c[0]).order_by(*keys).limit(number).offset(skipped)
        statement = statement.where(listing.model.id.in_(page))
    elif skipped > FAR:
        # of the rows that are skipped only the keys are read
        page = select(listing.model.id).where(*conditions).order_by(*order).limit(number).offset(skipped)
        statement = statement.where(listing.model.id.in_(page))
    else:
        statement = statement.where(*conditions).limit(number).offset(skipped)
    rows = list(db.session.scalars(statement))
    return rows[::-1] if backwards else rows


def _found(listing: Listing, conditions: Sequence[Any], orders: Sequence[Order]) -> CTE:
    """Ids and sort keys of all found rows; the planner, which guesses words badly, would walk along the order."""
    keys = [o.label(f"key_{n}") for n, (o, _) in enumerate(orders)]
    return select(listing.model.id.label("found_id"), *keys).where(*conditions).cte("found").prefix_with("MATERIALIZED")


def rows_behind(listing: Listing, query: ListQuery) -> tuple[list[Any], bool]:
    """A page of rows behind the row ``query.behind``, and whether others follow; none when that row is not there or not seen."""
    orders = listing.orders_of(query)
    keys = db.session.execute(select(*(o for o, _ in orders)).where(listing.model.id == query.behind)).one_or_none()
    if keys is None:
        return [], False
    statement = listing.statement(query).where(behind(orders, keys)).limit(query.page_size + 1)
    rows = list(db.session.scalars(statement))
    return rows[: query.page_size], len(rows) > query.page_size


def behind(orders: Sequence[Order], keys: Sequence[Any]) -> Any:
    """Condition: a row stands behind the one with these keys; empty values come last in either direction."""
    if not any(descending or _may_be_empty(o) for o, descending in orders):
        return tuple_(*(o for o, _ in orders)) > tuple_(
            *(literal(k, o.type) for k, (o, _) in zip(keys, orders, strict=True))
        )
    steps: list[Any] = []
    same: list[Any] = []
    for key, (o, descending) in zip(keys, orders, strict=True):
        steps.append(and_(*same, _further(o, key, descending=descending)))
        same.append(o.is_(None) if key is None else o == key)
    return or_(*steps)


def _further(order: Any, key: Any, *, descending: bool) -> Any:
    if key is None:
        return literal(False)
    last = literal(key, order.type)
    beyond = order < last if descending else order > last
    return or_(beyond, order.is_(None)) if _may_be_empty(order) else beyond


def _may_be_empty(order: Any) -> bool:
    return bool(getattr(getattr(order, "expression", order), "nullable", True))


def links(listing: Listing, query: ListQuery, total: Total, rows: Sequence[Any], *, goes_on: bool) -> list[Link]:
    """Links to the first, the near and the last numbered pages, an empty link for a gap; then «Дальше» behind the last row.

    ``goes_on``: rows follow behind a page that has no number.
    """
    last = max(1, -(-total.number // query.page_size))
    unnumbered = goes_on if query.behind else not total.exact and query.page == last
    further = [Link("Дальше", listing.url(query, behind=str(rows[-1].id)))] if unnumbered else []
    if query.behind:
        return [Link("В начало", listing.url(query)), *further]
    near = sorted({1, last, *range(max(1, query.page - 2), min(last, query.page + 2) + 1)})
    found: list[Link] = []
    for previous, number in zip([0, *near], near, strict=False):
        if number - previous > 1:
            found.append(Link("…"))
        found.append(Link(str(number), listing.url(query, page=number), number == query.page))
    return [*found, *further] if last > 1 or further else []
