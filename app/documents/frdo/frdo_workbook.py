"""The file for ФИС ФРДО: rows put into the sheet of the official blank workbook, or a plain workbook of the same columns.

The blank workbook is not opened and saved by a spreadsheet library: a library loses the drop-downs that point at another
sheet. Only the rows of the sheet «Шаблон» are written anew, every other byte of the workbook stays.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from rustpy_xlsxwriter import Format, write_worksheet

from app.cells import clean_text
from app.documents.frdo.frdo_columns import COLUMNS, TITLES
from app.errors import Invalid

SHEET = "Шаблон"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: rows of a sheet less its header
MOST_ROWS = 1_048_575
_BATCH = 500

_DATA = re.compile(r"<((?:\w+:)?)sheetData\s*(?:/>|>(.*?)</\1sheetData>)", re.DOTALL)
_ROW = re.compile(r"<((?:\w+:)?)row\b[^>]*?(?:/>|>.*?</\1row>)", re.DOTALL)
_NUMBER = re.compile(r'<(?:\w+:)?row\b[^>]*?\sr="(\d+)"')
_CELL = re.compile(r"<(?:\w+:)?c\b([^>]*?)/?>")
_ATTRIBUTE = re.compile(r'(?<![\w:])(r|s)="([^"]*)"')
_COLUMN = re.compile(r"<(?:\w+:)?col\b([^>]*?)/?>")
_OF_COLUMN = re.compile(r'(?<![\w:])(min|max|style)="(\d+)"')
_DIMENSION = re.compile(r'(<(?:\w+:)?dimension\b[^>]*?ref=")[^"]*(")')


def write_plain(path: Path, rows: Iterable[Sequence[str]]) -> int:
    """Write a workbook with one sheet «Шаблон»: titles in row 1, then the rows, every cell a text; return their number."""
    written = 0

    def records() -> Iterator[dict[str, str | None]]:
        nonlocal written
        for row in rows:
            written += 1
            _insist_length(written)
            yield {title: value or None for title, value in zip(TITLES, row, strict=True)}
        if not written:
            yield dict.fromkeys(TITLES)

    text = Format().set_num_format("@")
    write_worksheet(
        records(),
        str(path),
        sheet_name=SHEET,
        freeze_row=1,
        column_widths=[24.0] * len(COLUMNS),
        column_formats=[text] * len(COLUMNS),
        header_format=Format().set_bold().set_text_wrap(),
        ignore_errors=list(TITLES),
    )
    return written


def fill_template(path: Path, template: bytes, part: str, rows: Iterable[Sequence[str]]) -> int:
    """Write the official workbook with the rows in its sheet ``part`` («xl/worksheets/sheet1.xml»); return their number.

    The cells take the looks of the blank's own row 2 (else of its columns), which keeps them unlocked and texts.
    """
    written = 0
    with (
        zipfile.ZipFile(io.BytesIO(template)) as blank,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as book,
    ):
        for item in blank.infolist():
            if item.filename != part:
                book.writestr(item, blank.read(item))
                continue
            sheet = _split(blank.read(item).decode("utf-8-sig"))
            made = zipfile.ZipInfo(item.filename, item.date_time)
            made.compress_type = zipfile.ZIP_DEFLATED
            with book.open(made, "w", force_zip64=True) as out:
                out.write((sheet.before + sheet.header).encode())
                for text, number in _rows(rows, sheet):
                    out.write(text.encode())
                    written = number
                out.write(sheet.after.encode())
    return written


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A sheet's XML: what stands before its rows, its first row, what stands after them; the looks of each column's cells."""

    before: str
    header: str
    after: str
    looks: Sequence[str]
    prefix: str


def _split(xml: str) -> _Sheet:
    found = _DATA.search(xml)
    first = next((row[0] for row in _ROW.finditer(found[2] or "")), "") if found else ""
    if found is None or not first:
        raise Invalid("В сохранённом бланке ФИС ФРДО нет строки заголовков. Загрузите бланк снова.")
    prefix = found[1]
    before = _DIMENSION.sub(r"\g<1>A1\g<2>", xml[: found.start()])
    return _Sheet(
        before=f"{before}<{prefix}sheetData>",
        header=first,
        after=f"</{prefix}sheetData>{xml[found.end() :]}",
        looks=_looks(xml[: found.start()], found[2]),
        prefix=prefix,
    )


def _looks(head: str, data: str) -> list[str]:
    """Number of the style of each column's cells: of row 2 where the blank has one, else of the column itself."""
    looks = [""] * len(COLUMNS)
    for column in _COLUMN.finditer(head):
        given = dict(_OF_COLUMN.findall(column[1]))
        for index in range(int(given["min"]) - 1, min(int(given["max"]), len(looks))):
            looks[index] = given.get("style", "")
    second = next((row[0] for row in _ROW.finditer(data) if (n := _NUMBER.match(row[0])) and n[1] == "2"), "")
    letters = {column.letter: column.number - 1 for column in COLUMNS}
    for cell in _CELL.finditer(second):
        given = dict(_ATTRIBUTE.findall(cell[1]))
        place = letters.get(given.get("r", "").rstrip("0123456789"))
        if place is not None and "s" in given:
            looks[place] = given["s"]
    return looks


def _rows(rows: Iterable[Sequence[str]], sheet: _Sheet) -> Iterator[tuple[str, int]]:
    """XML of the rows by batches, each with the number of rows so far."""
    prefix = sheet.prefix
    styles = [f' s="{look}"' if look else "" for look in sheet.looks]
    starts = [
        (f'<{prefix}c r="{column.letter}', f'"{style} t="inlineStr"><{prefix}is><{prefix}t>')
        for column, style in zip(COLUMNS, styles, strict=True)
    ]
    end, batch, count = f"</{prefix}t></{prefix}is></{prefix}c>", [], 0
    for count, row in enumerate(rows, 1):
        _insist_length(count)
        cells = "".join(
            f"{start}{count + 1}{rest}{escape(clean_text(value))}{end}"
            for (start, rest), value in zip(starts, row, strict=True)
            if value
        )
        batch.append(f'<{prefix}row r="{count + 1}">{cells}</{prefix}row>')
        if len(batch) == _BATCH:
            yield "".join(batch), count
            batch = []
    if batch:
        yield "".join(batch), count


def _insist_length(number: int) -> None:
    if number > MOST_ROWS:
        raise Invalid("Документов больше, чем помещается на лист Excel. Сформируйте файл за меньший срок.")
