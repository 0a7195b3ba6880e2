"""How a list looks for its user: columns in the chosen order, those left out because they say one thing, rows high or low."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.errors import Invalid
from app.statuses import TRANSITIONS
from app.web.frame.listing import ListColumn, Listing
from app.web.frame.pages import Cell, Column, Option, Row

#: fewer rows than these are no reason to leave a column out
SEVERAL = 3
#: a longer value does not fit the line above the table
SHORT = 60


def choices(listing: Listing, visible: Sequence[ListColumn]) -> list[Option]:
    """Columns that may be chosen: those shown in their order, then the others."""
    rest = [c for c in listing.offered_columns() if c not in visible]
    return [Option(c.name, c.label, c in visible) for c in (*visible, *rest)]


def posted_columns(listing: Listing, form: Any) -> Sequence[str]:
    """Columns to remember, in their order; none: as declared, which is also what the usual ones are.

    ``form`` has the ticked names in the order of the page; ``up`` is a column that goes one place to the left.
    """
    if "reset" in form:
        return ()
    ticked = form.getlist("column")
    if not {c.name for c in listing.offered_columns()} & set(ticked):
        raise Invalid("Отметьте хотя бы один столбец.")
    names = [c.name for c in listing.columns_of(ticked)]
    moved = form.get("up", "")
    if moved in names[2:]:
        at = names.index(moved)
        names[at - 1 : at + 1] = [moved, names[at - 1]]
    return names if names != [c.name for c in listing.usual_columns()] else ()


def without_same(
    heads: Sequence[Column], rows: Sequence[Row], *, chosen: bool, whole: bool
) -> tuple[Sequence[Column], Sequence[Row], str]:
    """Leave out the columns in which all rows say the same, unless the user has chosen the columns; say in words what it is."""
    if chosen or len(rows) < SEVERAL:
        return heads, rows, ""
    same = {n: rows[0].cells[n] for n, head in enumerate(heads) if n and not head.sorted and _is_same(rows, n)}
    if not same:
        return heads, rows, ""
    kept = [n for n in range(len(heads)) if n not in same]
    said = "; ".join(f"{heads[n].label} — {_said(cell)}" for n, cell in same.items())
    return (
        [heads[n] for n in kept],
        [Row(row.pk, row.href, [row.cells[n] for n in kept], row.acts) for row in rows],
        f"{'У всех' if whole else 'На этой странице у всех'}: {said}",
    )


def _is_same(rows: Sequence[Row], n: int) -> bool:
    first = rows[0].cells[n]
    return len(first.text) + len(first.detail) <= SHORT and all(row.cells[n] == first for row in rows)


def _said(cell: Cell) -> str:
    text = f"{cell.text} ({cell.detail})" if cell.text and cell.detail else cell.text or cell.detail
    return text[:1].lower() + text[1:] if cell.tone else text or "не указано"


def sources(table: str) -> Mapping[str, frozenset[Any]]:
    """Action → the statuses from which it starts; actions that change no status are absent."""
    edges = TRANSITIONS.get(table, ())
    return {e.action: frozenset(other.source for other in edges if other.action == e.action) for e in edges}


def fitting(names: Sequence[str], row: Any) -> Sequence[str]:
    """Of the actions on many rows those that this row can take in its status."""
    starts = sources(row.__tablename__)
    return [name for name in names if name not in starts or row.status in starts[name]]


# --- rows of two lines on a phone: what stands in them ----------------------------------------------------------------

#: values below the name; a name up to this length leaves room for what stands beside it
_FACTS, _SHORT_NAME = 2, 16


def with_folds(heads: Sequence[Column], rows: Sequence[Row]) -> list[Column]:
    """Columns with their places on a phone: the first state beside the name, below it the first two that most rows have."""
    state = next((n for n in range(1, len(heads)) if any(row.cells[n].tone for row in rows)), 0)
    filled = [
        n for n in range(1, len(heads)) if n != state and 2 * sum(bool(r.cells[n].text) for r in rows) > len(rows)
    ]
    places = dict.fromkeys(filled[:_FACTS], "fact")
    if state:
        places[state] = "state"
    if all(len(row.cells[0].text) <= _SHORT_NAME for row in rows):
        places[0] = "full"
    return [replace(head, fold=places.get(n, "")) for n, head in enumerate(heads)]


# --- rows of one line: how wide a column is ---------------------------------------------------------------------------

#: letters beside each other in a list at 1280 pixels; what the room around a value takes, the dot of a pill, the arrow of a head
_LINE, _AROUND, _DOT, _ARROW = 126, 3, 3, 2
#: a name is not cut up to this length; other texts give way to it
_NAME, _TEXT = 36, 44
_LEAST = 9


def with_widths(heads: Sequence[Column], rows: Sequence[Row]) -> list[Column]:
    """Columns with their shares of the line: figures, dates and states whole, the name too, the other texts share what is left."""
    firm = [_firm(heads, rows, n) for n in range(len(heads))]
    # what stands beside the name gives way first
    more = [max(_soft(rows, n) - it, 0) * (1 if n else 0.3) for n, it in enumerate(firm)]
    left = _LINE - sum(firm)
    part = 1.0 if sum(more) <= left else max(left, 0) / sum(more)
    needs = [it + part * extra for it, extra in zip(firm, more, strict=True)]
    return [replace(head, width=round(100 * need / sum(needs))) for head, need in zip(heads, needs, strict=True)]


def _firm(heads: Sequence[Column], rows: Sequence[Row], n: int) -> int:
    head = max(len(word) for word in heads[n].label.split()) + (_ARROW if heads[n].sort_href else 0)
    cells = [row.cells[n] for row in rows]
    whole = [_letters(c) + (_DOT if c.tone else 0) for c in cells if c.tone or c.number or heads[n].number]
    whole += [len(c.text) for c in cells if n == 0]
    return _AROUND + max(_LEAST - _AROUND, head, min(max(whole, default=0), _NAME))


def _soft(rows: Sequence[Row], n: int) -> int:
    return _AROUND + min(max((_letters(row.cells[n]) for row in rows), default=0), _TEXT)


def _letters(cell: Cell) -> int:
    # what stands beside is written smaller
    return len(cell.text) + (1 + len(cell.detail) * 7 // 8 if cell.detail else 0)
