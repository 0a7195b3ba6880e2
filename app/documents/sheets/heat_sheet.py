"""The heat map of a plan as a workbook: the cells of the page in their tints, and the same numbers to count with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from app.cells import clean_text
from app.documents.sheets.spreadsheet import HEADER_FILL, LINE_COLOR
from app.services.planning.heat import EMPTY, SCALE, Heat, HeatRow

#: the five tints of the page, and the ink that is read on them
_TINTS = (("EAF1FB", "1B2430"), ("C9DDF6", "1B2430"), ("93BBEA", "1B2430"), ("3F76C4", "FFFFFF"), ("1B3F7E", "FFFFFF"))
_THIN = Side(style="thin", color=LINE_COLOR.lstrip("#"))
_LINES = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)


def write_heat(path: Path, heat: Heat, *, title: str, heads: Sequence[str], notes: Sequence[str], unmet: int) -> int:
    """Write the map with its margins and return the number of its rows."""
    book = Workbook()
    page: Any = book.active
    page.title = "Спрос и места"
    first = _head(page, title, notes, ["Строка", "Организатор", *heads, "Год"])
    rows = [*heat.rows, heat.total]
    for number, row in enumerate(rows, first):
        _write(page, number, row)
    _lacking(page, first + len(rows), heat.total)
    if unmet:
        _text(page, first + len(rows) + 1, 1, "Ничего не подходит (в «Всего» не входят)")
        page.cell(first + len(rows) + 1, len(heads) + 3, unmet)
    _scale(page, first + len(rows) + 3)
    _numbers(book.create_sheet("Числа"), heat, heads)
    book.save(path)
    return len(heat.rows)


def _head(page: Any, title: str, notes: Sequence[str], heads: Sequence[str]) -> int:
    """Title, notes, the row of heads; returns the number of the first row below them."""
    for number, line in enumerate((title, *notes), 1):
        _text(page, number, 1, line).font = Font(bold=number == 1, size=14 if number == 1 else 11)
    row = len(notes) + 3
    for column, head in enumerate(heads, 1):
        cell = _text(page, row, column, head)
        cell.font, cell.fill, cell.border = (
            Font(bold=True),
            PatternFill("solid", fgColor=HEADER_FILL.lstrip("#")),
            _LINES,
        )
        cell.alignment = Alignment(horizontal="center", wrap_text=True)
    for column in range(1, len(heads) + 1):
        page.column_dimensions[get_column_letter(column)].width = 44 if column == 1 else 28 if column == 2 else 11
    page.freeze_panes = page.cell(row + 1, 2)
    page.page_setup.orientation, page.page_setup.fitToHeight = "landscape", 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.print_title_rows = f"{row}:{row}"
    return row + 1


def _write(page: Any, number: int, row: HeatRow) -> None:
    _text(page, number, 1, row.title).alignment = Alignment(wrap_text=True, vertical="top")
    _text(page, number, 2, row.detail)
    for column, cell in enumerate((*row.cells, row.total), 3):
        shown = _text(page, number, column, "" if cell.text == EMPTY else cell.text)
        shown.alignment, shown.border = Alignment(horizontal="center"), _LINES
        if cell.tint and row.key and cell is not row.total:
            fill, ink = _TINTS[cell.tint - 1]
            shown.fill, shown.font = PatternFill("solid", fgColor=fill), Font(color=ink)
        elif not row.key:
            shown.font = Font(bold=True)


def _lacking(page: Any, number: int, total: HeatRow) -> None:
    _text(page, number, 1, "Не хватает мест")
    for column, lack in enumerate((*total.lacking, sum(total.lacking)), 3):
        cell = page.cell(number, column, lack or None)
        cell.alignment, cell.border = Alignment(horizontal="center"), _LINES


def _scale(page: Any, number: int) -> None:
    """What the tints mean: demand as a share of the seats."""
    _text(page, number, 1, "Цвет — спрос к местам:")
    for column, (words, (fill, ink)) in enumerate(zip(SCALE, _TINTS, strict=True), 3):
        cell = _text(page, number, column, words)
        cell.fill, cell.font, cell.alignment = (
            PatternFill("solid", fgColor=fill),
            Font(color=ink),
            Alignment(wrap_text=True),
        )


def _numbers(page: Any, heat: Heat, heads: Sequence[str]) -> None:
    """One line for each cell that has demand or seats; a hidden demand is written as the page says it."""
    for column, head in enumerate(("Строка", "Организатор", "Месяц", "Хотят", "Мест", "Не хватает"), 1):
        _text(page, 1, column, head).font = Font(bold=True)
    number = 1
    for row in heat.rows:
        for month, cell, lack in zip(heads, row.cells, row.lacking, strict=True):
            if cell.text == EMPTY:
                continue
            number += 1
            for column, text in enumerate((row.title, row.detail, month), 1):
                _text(page, number, column, text)
            if cell.hidden:
                _text(page, number, 4, cell.wanted)
            else:
                page.cell(number, 4, cell.demand)
            page.cell(number, 5, cell.seats)
            page.cell(number, 6, lack)
    page.auto_filter.ref = f"A1:F{number}"
    page.column_dimensions["A"].width, page.column_dimensions["B"].width = 44, 28


def _text(page: Any, row: int, column: int, text: str) -> Any:
    """A cell that is a text, whatever it begins with."""
    cell: Any = page.cell(row, column)
    cell.value, cell.data_type = clean_text(text), "s"
    return cell
