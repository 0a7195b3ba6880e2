"""The user's file returned, with every wrong cell coloured and its error in a comment."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from openpyxl import load_workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from app.exchange.columns import CellError
from app.exchange.safe_cells import as_text

_AUTHOR = "Кадры в образовании"
_RED = PatternFill("solid", fgColor="FFF8D0CE")
_YELLOW = PatternFill("solid", fgColor="FFFFF2CC")
_LINE_HEIGHT, _CHARACTERS_IN_LINE, _WIDTH = 20, 40, 300


def annotate(data: bytes, *, sheet_name: str, errors: Iterable[CellError], warnings: Iterable[CellError] = ()) -> bytes:
    """The workbook with comments: errors red, warnings yellow, several in one cell under each other.

    `data` are bytes that `read_workbook` accepted (openpyxl itself is defenceless). Formulas come back as text, so
    that the portal never sends out a live one; links to other books are dropped. About 3 s for 10,000 rows: a job, not a request.
    """
    book = load_workbook(io.BytesIO(data), keep_links=False)
    for sheet in book.worksheets:
        _disarm(sheet)
    notes: dict[tuple[str, str], list[str]] = {}
    fills: dict[tuple[str, str], PatternFill] = {}
    for problems, fill in ((errors, _RED), (warnings, _YELLOW)):
        for problem in problems:
            address = f"{problem.column or 'A'}{problem.row}"
            place = problem.sheet or sheet_name, address
            notes.setdefault(place, []).append(_sentence(problem))
            fills.setdefault(place, fill)
    for place, sentences in notes.items():
        _mark(book[place[0]], place[1], sentences, fill=fills[place])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _disarm(sheet: Worksheet) -> None:
    for row in sheet.iter_rows():
        for cell in row:
            if isinstance(cell, Cell) and cell.data_type == "f":
                as_text(cell, _formula_text(cell.value))


def _formula_text(value: Any) -> str:
    """The text of a plain, array or table formula."""
    return str(getattr(value, "text", value) or "=")


def _sentence(problem: CellError) -> str:
    """A problem without a column of its own names the column it is about."""
    return problem.message if problem.column else f"{problem.title}: {problem.message}"


def _mark(sheet: Worksheet, address: str, sentences: list[str], *, fill: PatternFill) -> None:
    cell = sheet[address]
    if isinstance(cell, MergedCell):
        cell = _first_of_merged(sheet, address)
    text = "\n".join(sentences)
    if cell.comment:
        text = f"{cell.comment.text}\n{text}"
    comment = Comment(text, _AUTHOR)
    comment.width, comment.height = _WIDTH, _LINE_HEIGHT * (2 + len(text) // _CHARACTERS_IN_LINE + len(sentences))
    cell.comment = comment
    cell.fill = fill


def _first_of_merged(sheet: Worksheet, address: str) -> Cell:
    """The visible cell of the merged range that covers an address."""
    merged = next(area for area in sheet.merged_cells.ranges if address in area)
    first = sheet.cell(merged.min_row, merged.min_col)
    assert isinstance(first, Cell)
    return first
