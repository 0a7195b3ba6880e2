"""The filters of a list as its page shows them: what is chosen, what may be chosen, how many rows each choice finds."""

from __future__ import annotations

from app import addresses
from app.russian import number, quoted
from app.web.frame.facets import Facets
from app.web.frame.list_paging import COUNTED
from app.web.frame.list_query import ListQuery
from app.web.frame.listing import ListFilter, Listing
from app.web.frame.pages import Filter, Option
from app.web.frame.periods import periods


def shown_filters(listing: Listing, query: ListQuery, facets: Facets | None = None) -> list[Filter]:
    """Filters with what is chosen in them and, where they are known, the numbers; a choice without options is not offered."""
    shown = [_shown(listing, f, query, facets or Facets()) for f in listing.filters]
    return [f for f in shown if f.options or f.kind != "choice"]


def _shown(listing: Listing, f: ListFilter, query: ListQuery, facets: Facets) -> Filter:
    value, counts = query.chosen.get(f.name, ""), facets.counts.get(f.name)
    if f.kind == "dates":
        ends = query.chosen.get(f"{f.name}_from", ""), query.chosen.get(f"{f.name}_to", "")
        options = []
        for period in periods(f.name):
            asked = period.ends(f.name)
            href = listing.url(query, **asked)
            options.append(_numbered(Option(period.code, period.label, ends == tuple(asked.values()), href), counts))
        return Filter(f.name, f.label, "dates", options, ends[0], value_to=ends[1], error=query.errors.get(f.name, ""))
    if f.kind == "lookup":
        lookup, is_id = listing.view.lookup.whole(), value.isdecimal() and len(value) < 10
        rows = lookup.choose(f.name, [int(value)]) if is_id else []
        found = facets.values.get(f.name, ())
        values = [
            Option(str(key), text, str(key) == value, listing.url(query, **{f.name: str(key)}), in_words(n))
            for key, text, n in found
        ]
        label = str(rows[0]) if rows else ""
        return Filter(f.name, f.label, "lookup", (), value, label, lookup_url=lookup.url(f.name), values=values)
    choices = facets.options.get(f.name) or (f.choices() if f.choices else ())
    options = [_numbered(Option(v, text, v == value), counts) for v, text in choices]
    label = next((o.label for o in options if o.chosen), "")
    return Filter(f.name, f.label, "choice", options, value if label else "", label)


def _numbered(option: Option, counts: dict[str, int] | None) -> Option:
    if counts is None:
        return option
    n = counts.get(option.value, 0)
    return Option(option.value, option.label, option.chosen, option.href, in_words(n), none=not n)


def in_words(n: int) -> str:
    """A number of rows as it is shown; what is not counted to the end is «больше 10 000»."""
    return number(n) if n <= COUNTED else f"больше {number(COUNTED)}"


def counts_url(listing: Listing, query: ListQuery) -> str:
    """Where the numbers of all filters are asked."""
    path, text = addresses.at(listing.view.table, "counts", ""), query.text()
    return f"{path}?{text}" if text else path


def described(listing: Listing, query: ListQuery) -> str:
    """The tab and the chosen filters in words, for the stamp of an export."""
    tab = listing.tab_of(query.tab)
    parts = [f"вкладка {quoted(tab.label)}"] if tab is not None and tab.condition is not None else []
    parts += [f"поиск {quoted(query.search)}"] if query.search else []
    for f in shown_filters(listing, query):
        if f.kind == "dates" and f.active:
            parts.append(f"{f.label}: {f.value or '…'} – {f.value_to or '…'}")
        elif f.active:
            parts.append(f"{f.label}: {f.value_label}")
    return "; ".join(parts) or "нет"
