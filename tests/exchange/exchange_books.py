"""Workbooks made in the tests: harmless ones from rows, hostile ones part by part."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

from openpyxl import Workbook

from app.exchange.staff.directories import Directories, Entry, PositionEntry

APP = Path(__file__).parents[2] / "app"
SAMPLE = APP / "static" / "examples" / "staff-list.xlsx"
SCHOOL = "ГБОУ СОШ с. Верхние Сосны"
UNIT = "СП «Детский сад „Росинка“» ГБОУ СОШ с. Верхние Сосны"


def synonyms(row: dict[str, str]) -> tuple[str, ...]:
    return tuple(filter(None, row["synonyms"].split("|")))


def reference(name: str) -> list[dict[str, str]]:
    with (APP / "reference" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def real_directories() -> Directories:
    """The directories that the portal is seeded with, and two organizations."""
    return Directories(
        positions=[
            PositionEntry(number, row["name"], synonyms(row), row["subject_required"] == "1")
            for number, row in enumerate(reference("positions"), 1)
        ],
        subjects=[Entry(number, row["name"], synonyms(row)) for number, row in enumerate(reference("subjects"), 1)],
        education_levels=[
            Entry(number, row["name"], synonyms(row)) for number, row in enumerate(reference("education_levels"), 1)
        ],
        organizations=[Entry(1, "ГБОУ средняя школа села Верхние Сосны", (SCHOOL,)), Entry(2, UNIT)],
    )


def book(*sheets: Sequence[Sequence[object]]) -> bytes:
    """An XLSX file whose sheets hold the given rows from A1."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for number, rows in enumerate(sheets, 1):
        sheet = workbook.create_sheet(f"Лист{number}")
        for row in rows:
            sheet.append(list(row))
    target = io.BytesIO()
    workbook.save(target)
    return target.getvalue()


def with_part(data: bytes, part: str, content: bytes) -> bytes:
    """The same archive with one part replaced or added."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name != part:
                new.writestr(name, old.read(name))
        new.writestr(part, content)
    return target.getvalue()


def with_sheet(sheet_data: str, *, before: str = "", after: str = "", prolog: str = "") -> bytes:
    """A workbook of one sheet with the given XML inside `<sheetData>`."""
    xml = (
        f'<?xml version="1.0" encoding="UTF-8"?>{prolog}'
        f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{before}'
        f"<sheetData>{sheet_data}</sheetData>{after}</worksheet>"
    )
    return with_part(book([["a"]]), "xl/worksheets/sheet1.xml", xml.encode())


def text_cell(address: str, text: str = "x") -> str:
    return f'<c r="{address}" t="inlineStr"><is><t>{text}</t></is></c>'
