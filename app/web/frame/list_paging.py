"""The pages of a list: how many rows there are, the rows of one page, the links to the others.

Rows are counted up to ``COUNTED``, so a page costs the same in a small table and in one of a million rows; the exact number is
counted when it is asked for. The numbered pages end there too; those after them begin behind the last row seen, found by its
keys and not by skipping all rows before it.

Nobody reads a thousand answers of a search: ``SOUGHT`` is the bound there. Of more rows than that those whose names begin with what
was typed come first, which the index of the names gives in order; otherwise every row found would be read for the first page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from sqlalchemy import CTE, and_, func, literal, not_, or_, select, tuple_

from app.access import current_actor
from app.clock import today
from app.extensions import db
from app.text import sort_key
from app.web.frame.list_query import ALL, ListQuery
from app.web.frame.list_sql import directed
from app.web.frame.listing import Listing
from app.web.frame.pages import Link
from app.web.frame.search import match

#: rows that are counted without being asked; of a search
COUNTED, SOUGHT = 10_000, 1_000
#: up to this many found rows it is quicker to find them all and sort them than to walk along the order
FEW = 2000
#: rows behind so many others are found by their keys first
FAR = 100

#: an order of the list and whether it descends
Order = tuple[Any, bool]


@dataclass(frozen=True, slots=True)
class Total:
    """Number of a list's rows; not ``exact``: there are more than ``number``."""

    number: int
    exact: bool = True


class _Longer:
    """What was longer than its bound within the last minutes, and so is still: to count up to the bound costs most of such a page.

    It is known to one process; what has meanwhile shrunk below the bound is called longer until the minutes are over.
    """

    def __init__(self, seconds: int = 300, most: int = 5_000) -> None:
        self._seconds, self._most = seconds, most
        self._until: dict[Any, float] = {}

    def holds(self, key: Any) -> bool:
        """Whether this was longer lately."""
        return self._until.get(key, 0) > monotonic()

    def keep(self, key: Any) -> None:
        """Remember that this is longer."""
        if len(self._until) >= self._most:
            self.forget()
        self._until[key] = monotonic() + self._seconds

    def forget(self) -> None:
        """Forget everything."""
        self._until.clear()


_longer = _Longer()


def _key(listing: Listing, query: ListQuery, code: str, most: int) -> Any:
    """The question as it is counted: whose rows, of which tab, by which words and filters."""
    actor = current_actor()
    chosen = tuple(sorted(query.chosen.items()))
    return actor.user_id, actor.employee_id, actor.grants, today(), listing.model, code, query.search, chosen, most


def totals_of(listing: Listing, query: ListQuery) -> dict[str, Total]:
    """Tab → its number of rows under the search and the filters, all of them by one statement; a list without tabs has «Все».

    Rows are counted up to a bound; those of the chosen tab all when the query asks for the exact number.
    """
    codes, most = [tab.code for tab in listing.tabs()] or [ALL], SOUGHT if query.search else COUNTED
    found = {code: Total(most, exact=False) for code in codes if _longer.holds(_key(listing, query, code, most))}
    asked = [code for code in codes if code not in found]
    if asked:
        row = db.session.execute(select(*(_counted(listing, query, code, most) for code in asked))).one()
        found |= {code: Total(min(n, most), n <= most) for code, n in zip(asked, row, strict=True)}
    for code in asked:
        if not found[code].exact:
            _longer.keep(_key(listing, query, code, most))
    found = {code: found[code] for code in codes}
    chosen = query.tab or ALL
    if query.exact:
        found[chosen] = Total(listing.count(query))
    return found


def _counted(listing: Listing, query: ListQuery, code: str, most: int) -> Any:
    found = select(literal(1)).select_from(listing.model).where(*listing.conditions(query, tab=code)).limit(most + 1)
    return select(func.count()).select_from(found.subquery()).scalar_subquery()


def rows_of(listing: Listing, query: ListQuery, total: Total) -> list[Any]:
    """Rows of the asked page; in the second half they are read from the end, so the last page costs as much as the first."""
    first = (query.page - 1) * query.page_size
    number = min(query.page_size, total.number - first)
    backwards = total.exact and first > total.number // 2
    skipped = total.number - first - number if backwards else first
    conditions, orders = listing.conditions(query), _orders(listing, query, total)
    order = [directed(o, descending, backwards) for o, descending in orders]
    statement = listing.rows().order_by(*order)
    begins = _begins(listing, query, total)
    if begins is not None:
        # «is true» keeps the index of the words away, which would find all rows: the order is walked until the page is full
        others, words = listing.conditions(replace(query, search="")), match(listing.model, query.search).is_(True)
        page = select(listing.model.id).where(*others, begins, words).order_by(*order[1:]).limit(number).offset(skipped)
        rows = list(db.session.scalars(listing.rows().where(listing.model.id.in_(page)).order_by(*order[1:])))
        if len(rows) == number:
            return rows
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


def _begins(listing: Listing, query: ListQuery, total: Total) -> Any:
    """Condition: the name begins with what was typed; None where that makes no order of the rows."""
    if total.exact or not query.search or listing.chosen_order(query) or not hasattr(listing.model, "sort"):
        return None
    typed, name = sort_key(query.search), listing.model.sort
    if not typed:
        return None
    # an index serves the two comparisons in any collation of the database, «starts with» only in that of codes
    return and_(name >= typed, name < typed[:-1] + chr(ord(typed[-1]) + 1))


def _orders(listing: Listing, query: ListQuery, total: Total) -> Sequence[Order]:
    begins = _begins(listing, query, total)
    return [*([(not_(begins), False)] if begins is not None else []), *listing.orders_of(query)]


def _found(listing: Listing, conditions: Sequence[Any], orders: Sequence[Order]) -> CTE:
    """Ids and sort keys of all found rows; the planner, which guesses words badly, would walk along the order."""
    keys = [o.label(f"key_{n}") for n, (o, _) in enumerate(orders)]
    return select(listing.model.id.label("found_id"), *keys).where(*conditions).cte("found").prefix_with("MATERIALIZED")


def rows_behind(listing: Listing, query: ListQuery, total: Total | None = None) -> tuple[list[Any], bool]:
    """A page of rows behind the row ``query.behind``, and whether others follow; none when that row is not there or not seen."""
    orders = _orders(listing, query, total or Total(0))
    keys = db.session.execute(select(*(o for o, _ in orders)).where(listing.model.id == query.behind)).one_or_none()
    if keys is None:
        return [], False
    order = [directed(o, descending, backwards=False) for o, descending in orders]
    statement = listing.rows().where(*listing.conditions(query), behind(orders, keys)).order_by(*order)
    statement = statement.limit(query.page_size + 1)
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
