"""«Реестр обученных»: the list of the trained that an organizer hands over to the ministry (п. 3.3 Порядка)."""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from app.cells import clean_text, looks_like_formula
from app.documents.sheets.spreadsheet import HEADER_FILL, LINE_COLOR, NUMBER_FORMATS, SheetColumn, cell_value
from app.russian import count, format_date, long_date, period

FONT = "Times New Roman"
#: Type size in the table and height of its line, both in points; letters of that size per unit of a column's width.
TABLE_SIZE, LINE_HEIGHT, LETTERS = 9, 11.5, 1.2


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedRow:
    """One trained person and one program; texts as they are printed, ``snils`` formatted, empty text where unknown."""

    full_name: str
    snils: str
    birth_date: dt.date | None
    territory: str
    organization: str
    position: str
    subject: str
    voucher_number: str
    voucher_block: str
    program: str
    hours: int
    starts_on: dt.date
    ends_on: dt.date
    group: str
    assessment: str
    result: str
    blank: str
    number: str
    issued_on: dt.date | None
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryHeader:
    """What stands above and below the table; ``head_name`` is written as signed («М. П. Иванова»)."""

    organization: str
    starts_on: dt.date
    ends_on: dt.date
    head_title: str
    head_name: str
    formed_on: dt.date
    title: str = "Реестр обученных"
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RegistryColumn:
    """A column of the sheet and the field of the row that fills it; ``field`` is empty for the row's number."""

    field: str
    sheet: SheetColumn


COLUMNS = (
    RegistryColumn("", SheetColumn("№ п/п", "int", 4.5)),
    RegistryColumn("full_name", SheetColumn("Фамилия, имя, отчество", "text", 15)),
    RegistryColumn("snils", SheetColumn("СНИЛС", "text", 13)),
    RegistryColumn("birth_date", SheetColumn("Дата рождения", "date", 9.5)),
    RegistryColumn("territory", SheetColumn("Территория", "text", 12)),
    RegistryColumn("organization", SheetColumn("Организация", "text", 16)),
    RegistryColumn("position", SheetColumn("Должность", "text", 10.5)),
    RegistryColumn("subject", SheetColumn("Предмет", "text", 11)),
    RegistryColumn("voucher_number", SheetColumn("№ чека", "text", 7.5)),
    RegistryColumn("voucher_block", SheetColumn("Блок", "text", 11.5)),
    RegistryColumn("program", SheetColumn("Программа", "text", 20)),
    RegistryColumn("hours", SheetColumn("Часы", "int", 5.5)),
    RegistryColumn("period", SheetColumn("Период обучения", "text", 10)),
    RegistryColumn("group", SheetColumn("Группа", "text", 7.5)),
    RegistryColumn("assessment", SheetColumn("Форма итоговой аттестации", "text", 10.5)),
    RegistryColumn("result", SheetColumn("Результат", "text", 9)),
    RegistryColumn("blank", SheetColumn("Серия и № бланка", "text", 9)),
    RegistryColumn("number", SheetColumn("Рег. №", "text", 9.5)),
    RegistryColumn("issued_on", SheetColumn("Дата выдачи", "date", 9.5)),
    RegistryColumn("basis", SheetColumn("Основание (приказ)", "text", 10.5)),
)

THIN = Side(style="thin", color=LINE_COLOR.removeprefix("#"))
GRID = Border(left=THIN, right=THIN, top=THIN, bottom=THIN)
FILL = PatternFill("solid", fgColor=HEADER_FILL.removeprefix("#"))


def trained_registry(path: Path, rows: Sequence[TrainedRow], *, header: RegistryHeader) -> None:
    """Write the registry to ``path``: up to some thousands of rows, ready to print on A3 and to sign."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "Реестр обученных"
    top = _write_heading(sheet, header)
    _write_table(sheet, rows, top)
    bottom = _write_totals(sheet, rows, top + len(rows) + 1)
    for at, note in enumerate(header.notes, bottom + 1):
        _across(sheet, at, note, size=10, center=False)
    _write_signature(sheet, header, bottom + len(header.notes) + 2)
    _set_up_page(sheet, top, len(rows))
    book.properties.title, book.properties.creator = header.title, ""
    book.save(path)


def _put(sheet: Worksheet, row: int, column: int, value: Any, *, bold: bool = False, size: float = TABLE_SIZE) -> Any:
    """Write one cell; a text stays a text even when it begins like a formula."""
    cell = sheet.cell(row, column)
    if isinstance(value, str):
        cell.value = clean_text(value)
        cell.data_type = "s"
        cell.quotePrefix = looks_like_formula(value)
    else:
        cell.value = value
    cell.font = Font(name=FONT, size=size, bold=bold)
    return cell


def _across(sheet: Worksheet, row: int, text: str, *, size: float, bold: bool = False, center: bool = True) -> None:
    """Write a line over the whole width of the table, as high as its text needs."""
    sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=len(COLUMNS))
    cell = _put(sheet, row, 1, text, bold=bold, size=size)
    cell.alignment = Alignment(horizontal="center" if center else "left", vertical="center", wrap_text=True)
    width = sum(column.sheet.width for column in COLUMNS) * 10 / size
    sheet.row_dimensions[row].height = size * 1.5 * (1 + len(text) // int(width))


def _write_heading(sheet: Worksheet, header: RegistryHeader) -> int:
    """Write title, organization and period; return the row of the table's header."""
    _across(sheet, 1, header.title, size=16, bold=True)
    _across(sheet, 2, header.organization, size=13, bold=True)
    _across(sheet, 3, f"период: {period(header.starts_on, header.ends_on)}", size=12)
    for index, column in enumerate(COLUMNS, start=1):
        cell = _put(sheet, 5, index, column.sheet.title, bold=True)
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        cell.fill, cell.border = FILL, GRID
        sheet.column_dimensions[get_column_letter(index)].width = column.sheet.width
    sheet.row_dimensions[5].height = 42
    return 5


def _write_table(sheet: Worksheet, rows: Sequence[TrainedRow], top: int) -> None:
    for number, row in enumerate(rows, start=1):
        for index, column in enumerate(COLUMNS, start=1):
            cell = _put(sheet, top + number, index, cell_value(_value(row, column, number), column.sheet.kind))
            cell.number_format, cell.border = NUMBER_FORMATS[column.sheet.kind], GRID
            centered = column.sheet.kind != "text"
            cell.alignment = Alignment(horizontal="center" if centered else None, vertical="top", wrap_text=True)
        sheet.row_dimensions[top + number].height = _height(row)


def _height(row: TrainedRow) -> float:
    """Return the height at which every text of the row is seen: not every program counts it when it opens the file."""
    texts = ((str(_value(row, column, 0) or ""), int(column.sheet.width * LETTERS)) for column in COLUMNS)
    return LINE_HEIGHT * max(len(textwrap.wrap(text, width)) if len(text) > width else 1 for text, width in texts) + 3


def _value(row: TrainedRow, column: RegistryColumn, number: int) -> Any:
    if not column.field:
        return number
    if column.field == "period":
        return f"{format_date(row.starts_on)} – {format_date(row.ends_on)}"
    return getattr(row, column.field)


def _write_totals(sheet: Worksheet, rows: Sequence[TrainedRow], at: int) -> int:
    """Write people, records and hours; one person trained twice is one person. Return the last row used."""
    people = len({row.snils or (row.full_name, row.birth_date) for row in rows})
    parts = (
        f"Обучено: {count(people, 'человек', 'человека', 'человек')}",
        f"записей в реестре: {len(rows)}",
        f"всего {count(sum(row.hours for row in rows), 'человеко-час', 'человеко-часа', 'человеко-часов')}",
    )
    _across(sheet, at, "; ".join(parts) + ".", size=12, bold=True, center=False)
    return at


def _write_signature(sheet: Worksheet, header: RegistryHeader, at: int) -> None:
    """Write who signs, the line, the name, the place of the seal and the date."""
    for first, last, text in ((1, 4, header.head_title), (5, 6, ""), (7, 10, header.head_name)):
        sheet.merge_cells(start_row=at, start_column=first, end_row=at, end_column=last)
        cell = _put(sheet, at, first, text, size=12)
        cell.alignment = Alignment(vertical="bottom", wrap_text=True, indent=1 if first > 1 else 0)
    for column in (5, 6):
        sheet.cell(at, column).border = Border(bottom=Side(style="thin", color="000000"))
    sheet.row_dimensions[at].height = 32
    _put(sheet, at + 2, 1, "М.П.", size=12)
    _put(sheet, at + 2, 7, long_date(header.formed_on), size=12).alignment = Alignment(indent=1)


def _set_up_page(sheet: Worksheet, top: int, rows: int) -> None:
    """Set A3 lying down, all columns on one page, the header on every page, page numbers below.

    The twenty columns are as wide as an A3 sheet in the type of the table: on A4 they could not be read without a glass.
    """
    last_column = get_column_letter(len(COLUMNS))
    sheet.freeze_panes = f"C{top + 1}"
    sheet.auto_filter.ref = f"A{top}:{last_column}{top + max(rows, 1)}"
    sheet.print_title_rows = f"{top}:{top}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A3
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    margins = sheet.page_margins
    margins.left = margins.right = 0.4
    margins.top, margins.bottom, margins.footer = 0.5, 0.75, 0.3
    sheet.HeaderFooter.oddFooter = HeaderFooterItem(center=_HeaderFooterPart("Страница &P из &N"))
