"""The book of «Выгрузка моих данных»: a first sheet (whose data, when, what is left out), then a sheet for each kind of records."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from app.cells import clean_text, looks_like_formula
from app.documents.sheets.spreadsheet import HEADER_FILL, NUMBER_FORMATS, cell_value, sheet_name
from app.russian import format_datetime
from app.services.identity.own_data import OwnData, Sheet

#: name of the first sheet
CONTENTS = "Содержание"
_LEFT_OUT = (
    "Не включены: имена других людей, отпечатки паролей и кодов, настройки вида страниц и то, что вы делали в портале как "
    "ответственный (это сведения о других людях)."
)
_BOLD, _FILL = Font(bold=True), PatternFill("solid", fgColor=HEADER_FILL.removeprefix("#"))
_WRAPPED = Alignment(vertical="top", wrap_text=True)
#: widths of columns, in characters
_NARROW, _WIDE = 14, 34


def write_own_data(path: Path, given: OwnData, *, at: dt.datetime) -> None:
    """Write the book to ``path``; ``at`` is aware. A text stays a text even when it begins like a formula."""
    book = Workbook(write_only=True)
    names = _names(given.sheets)
    contents = book.create_sheet(CONTENTS)
    contents.column_dimensions["A"].width, contents.column_dimensions["B"].width = 60, 12
    heading = f"Сведения о вас в портале «Кадры в образовании»: {given.name}"
    for line in (heading, f"Выданы: {format_datetime(at)}", "Основание: 152-ФЗ, статья 14", _LEFT_OUT):
        contents.append([_cell(contents, line, bold=line is heading)])
    contents.append([])
    contents.append([_head(contents, "Лист"), _head(contents, "Записей")])
    for sheet, name in zip(given.sheets, names, strict=True):
        contents.append([_cell(contents, name), len(sheet.rows)])
    for sheet, name in zip(given.sheets, names, strict=True):
        _write(book.create_sheet(name), sheet)
    book.properties.title, book.properties.creator = heading, ""
    book.save(path)


def _names(sheets: Sequence[Sheet]) -> list[str]:
    """Names as Excel takes them, each once."""
    found: list[str] = [CONTENTS]
    for sheet in sheets:
        name = sheet_name(sheet.title)
        found.append(name if name not in found else sheet_name(f"{len(found)} {sheet.title}"))
    return found[1:]


def _write(page: Any, sheet: Sheet) -> None:
    page.freeze_panes = "A2"
    for index, field in enumerate(sheet.fields, 1):
        page.column_dimensions[get_column_letter(index)].width = _WIDE if field.kind == "text" else _NARROW
    page.append([_head(page, field.title) for field in sheet.fields])
    for row in sheet.rows:
        page.append([_cell(page, v, field.kind) for v, field in zip(row, sheet.fields, strict=True)])


def _head(page: Any, text: str) -> Any:
    cell = _cell(page, text, bold=True)
    cell.fill = _FILL
    return cell


def _cell(page: Any, value: Any, kind: Any = "text", *, bold: bool = False) -> Any:
    shown = cell_value(value, kind)
    cell = WriteOnlyCell(page, clean_text(shown) if isinstance(shown, str) else shown)
    if isinstance(shown, str):
        cell.data_type, cell.quotePrefix = "s", looks_like_formula(shown)
    cell.number_format, cell.alignment = NUMBER_FORMATS[kind], _WRAPPED
    if bold:
        cell.font = _BOLD
    return cell
