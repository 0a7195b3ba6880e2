"""The sample of a list, generated from its columns: the import reads exactly what the page offers for download."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from openpyxl import Workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from app.exchange.columns import CHOICES_SHEET, Column, SexColumn
from app.exchange.reader import CellValue
from app.exchange.safe_cells import as_text

SHEET_NAME = "Список"
_PREPARED_ROWS = 500
_HEADER_FILL = PatternFill("solid", fgColor="FFE3ECF7")


def build_sample(
    people: Iterable[Mapping[str, CellValue]] | None = None,
    *,
    columns: Sequence[Column],
    choices: Mapping[str, Sequence[str]] | None = None,
) -> bytes:
    """An XLSX file with a header row and the given people; by default one invented example.

    `people` map column names to values; dates become dates, numbers numbers, all else text. `choices` map column names
    to what is offered in the cells; another value may be written too.
    """
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = SHEET_NAME
    _write_header(sheet, columns)
    rows = [{column.name: column.example for column in columns}] if people is None else people
    for number, person in enumerate(rows, 2):
        for place, column in enumerate(columns, 1):
            _write(sheet.cell(number, place), person.get(column.name))
    _prepare(sheet, columns)
    _offer(book, columns, choices or {})
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _write_header(sheet: Worksheet, columns: Sequence[Column]) -> None:
    for place, column in enumerate(columns, 1):
        cell = sheet.cell(1, place)
        as_text(cell, column.title)
        cell.font = Font(bold=True, color="FF9C1C13" if column.required else "FF1F2937")
        cell.fill = _HEADER_FILL
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        hint = " ".join(filter(None, ("Обязательный столбец." if column.required else "", column.hint)))
        if hint:
            cell.comment = Comment(hint, "Кадры в образовании")
        sheet.column_dimensions[get_column_letter(place)].width = column.width


def _write(cell: Cell | MergedCell, value: CellValue) -> None:
    if value is None or value == "":
        return
    if isinstance(value, date):
        cell.value = value
        cell.number_format = "dd.mm.yyyy"
    elif isinstance(value, str):
        as_text(cell, value)
    else:
        cell.value = value


def _offer(book: Workbook, columns: Sequence[Column], choices: Mapping[str, Sequence[str]]) -> None:
    """Drop-down lists: longer ones than a formula holds stand on a hidden sheet."""
    offered = [(place, column.name) for place, column in enumerate(columns, 1) if choices.get(column.name)]
    if not offered:
        return
    sheet, hidden = book.worksheets[0], book.create_sheet(CHOICES_SHEET)
    hidden.sheet_state = "hidden"
    for number, (place, name) in enumerate(offered, 1):
        for row, text in enumerate(choices[name], 1):
            as_text(hidden.cell(row, number), text)
        letter = get_column_letter(number)
        area = f"'{CHOICES_SHEET}'!${letter}$1:${letter}${len(choices[name])}"
        choice = DataValidation(type="list", formula1=area, allow_blank=True, showErrorMessage=False)
        choice.add(f"{get_column_letter(place)}2:{get_column_letter(place)}{sheet.max_row + _PREPARED_ROWS}")
        sheet.add_data_validation(choice)


def _prepare(sheet: Worksheet, columns: Sequence[Column]) -> None:
    """Freeze the header, filter, and offer the two sexes as a list."""
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{max(sheet.max_row, 2)}"
    for place in (number for number, column in enumerate(columns, 1) if isinstance(column, SexColumn)):
        letter = get_column_letter(place)
        choice = DataValidation(type="list", formula1='"М,Ж"', allow_blank=True, showErrorMessage=True)
        choice.error = "Пол пишется «М» или «Ж»"
        choice.add(f"{letter}2:{letter}{sheet.max_row + _PREPARED_ROWS}")
        sheet.add_data_validation(choice)
