"""The preview of a stored list as a page: its rows searched, filtered and paged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from urllib.parse import urlencode

from flask import request

from app import models as m
from app.exchange.engine import kept_batch, kept_rows
from app.russian import quoted
from app.statuses import ImportStatus
from app.web.frame.pages import Button, Cell, Column, Filter, Link, ListPage, Option, Row

#: rows of a preview on one page
PREVIEW_ROWS = 100
#: page numbers around the current one
_NEAR_PAGES = 2


def preview_page(
    batch: m.ImportBatch, href: str, whose: str, *, crumbs: Sequence[Link], buttons: Sequence[Button]
) -> ListPage:
    """The rows of a batch: searched, filtered by what is done and by kinds of errors, paged at ``href``.

    ``whose`` heads the column of those whom the rows are about.
    """
    asked = _asked(batch)
    typed = request.args.get("page", "1")
    number = int(typed) if typed.isdecimal() and 0 < len(typed) < 6 and int(typed) else 1
    find = partial(kept_rows.page_of, batch, action=asked["kind"], kind=asked["problem"], search=asked["q"])
    first = (number - 1) * PREVIEW_ROWS
    rows, total = find(first=first, most=PREVIEW_ROWS)
    if not rows and number > 1:
        number, first = 1, 0
        rows, total = find(first=first, most=PREVIEW_ROWS)
    return ListPage(
        title=f"Предпросмотр: {batch.file_name}" if batch.status is ImportStatus.PREVIEWED else batch.file_name,
        total=total,
        columns=[Column(h, h) for h in ("Строка", whose, "Что будет сделано", "Подробности")],
        rows=[_row(row) for row in rows],
        search=asked["q"],
        search_hint="Фамилия или номер строки",
        filters=_filters(batch, asked),
        page=number,
        pages=_pages(href, asked, number, total=total),
        first=first + 1 if rows else 0,
        last=first + len(rows),
        page_size=PREVIEW_ROWS,
        crumbs=[*crumbs, Link(batch.file_name, current=True)],
        buttons=buttons,
        reset_href=href,
        empty="Таких строк нет." if any(asked.values()) else "Строк нет.",
    )


def _filters(batch: m.ImportBatch, asked: Mapping[str, str]) -> list[Filter]:
    """What is done, and which kind of error or warning; each option says how many rows it finds."""
    actions = [
        Option(code, f"{words} · {batch.summary.get(code, 0)}", code == asked["kind"])
        for code, (words, _tone) in kept_batch.ACTIONS.items()
    ]
    kinds = [
        Option(kind.code, f"{kind.words} · {kind.rows}" if kind.is_error else f"замечание: {kind.words} · {kind.rows}",
               kind.code == asked["problem"])
        for kind in kept_batch.kinds_of(batch)
    ]  # fmt: skip
    found = [Filter("kind", "Что будет сделано", "choice", actions, asked["kind"])]
    if kinds:
        found.append(Filter("problem", "Вид ошибки", "choice", kinds, asked["problem"]))
    return found


def _asked(batch: m.ImportBatch) -> dict[str, str]:
    kind, problem = request.args.get("kind", ""), request.args.get("problem", "")
    known = {found.code for found in kept_batch.kinds_of(batch)}
    return {
        "kind": kind if kind in kept_batch.ACTIONS else "",
        "problem": problem if problem in known else "",
        "q": request.args.get("q", "").strip()[:100],
    }


def _row(row: kept_rows.PreviewRow) -> Row:
    words, tone = kept_batch.ACTIONS[row.action]
    detail = ";\n".join([*row.problems, *row.changes]) or "—"
    return Row(
        row.number,
        "",
        [
            Cell(str(row.number), f"лист {quoted(row.sheet)}" if row.sheet else "", number=True),
            Cell(row.label),
            Cell(words, tone=tone),
            Cell(detail, "; ".join(row.warnings)),
        ],
    )


def _pages(href: str, asked: Mapping[str, str], number: int, *, total: int) -> list[Link]:
    """The first, the last and those around the current one; a gap between them is «…»."""
    last = max(1, -(-total // PREVIEW_ROWS))
    if last == 1:
        return []
    near = {1, last, *range(max(1, number - _NEAR_PAGES), min(last, number + _NEAR_PAGES) + 1)}
    links: list[Link] = []
    before = 0
    for n in sorted(near):
        if n != before + 1:
            links.append(Link("…"))
        before = n
        given = {name: value for name, value in asked.items() if value}
        links.append(Link(str(n), f"{href}?{urlencode({'page': n, **given})}", n == number))
    return links
