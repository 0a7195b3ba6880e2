"""The child process that reads one workbook: bytes on standard input, lines of JSON on standard output.

A hostile file can abort the Rust reader (an allocation of hundreds of gigabytes cannot be caught), so it must never run
in the web process. Answer: sheets and rows, then `{"end": true}` or `{"rejected": "<sentence>"}`; when neither comes
the child has died.
"""

from __future__ import annotations

import io
import json
import posixpath
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from xml.etree import ElementTree

from app.exchange import guard
from app.exchange.book_parts import with_usual_names

MAX_TEXT = 1_000  # the longest sensible cell; one text shared by all cells must not multiply
MAX_TOTAL_TEXT = 50_000_000

_KIND_OF = {date: "d", datetime: "d", time: "t", timedelta: "t"}
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"


def main() -> None:
    """Entry point of the child, which ``app.limited`` has bounded."""
    data = sys.stdin.buffer.read()
    encode = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), check_circular=False).encode
    try:
        for item in read_sheets(data):
            sys.stdout.write(encode(item) + "\n")
        sys.stdout.write('{"end":true}\n')
    except guard.FileRejected as error:
        sys.stdout.write(encode({"rejected": str(error)}) + "\n")


def read_sheets(data: bytes) -> Iterator[dict[str, Any] | list[Any]]:
    """Worksheets, each as `{"name", "hidden"}` and then its rows `[number, [values], [formula columns]]`.

    Empty rows are left out; a hidden sheet is only named.
    """
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    checked = guard.check_contents(data)
    try:
        usual = with_usual_names(data)
    except ValueError as error:
        raise guard.FileRejected(guard.DAMAGED) from error
    if usual is not data:
        data, checked = usual, guard.check_contents(usual)
    facts = {sheet.part: sheet for sheet in checked}
    parts = sheet_parts(data)
    budget = _TextBudget()
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        for meta in workbook.sheets_metadata:
            if meta.typ is not SheetTypeEnum.WorkSheet:
                continue
            if meta.visible is not SheetVisibleEnum.Visible:
                yield {"name": meta.name, "hidden": True}
                continue
            found = facts.get(parts.get(meta.name, ""))
            if found is None:
                raise guard.FileRejected(guard.DAMAGED)
            sheet = workbook.get_sheet_by_name(meta.name)
            values = sheet.to_python(skip_empty_area=False)
            fill_merged(values, sheet.merged_cell_ranges or [])
            yield {"name": meta.name, "hidden": False}
            yield from filled_rows(values, found.formulas, budget=budget)
    except CalamineError as error:
        raise guard.FileRejected(guard.DAMAGED) from error


def sheet_parts(data: bytes) -> dict[str, str]:
    """Sheet name → path of its part, by the workbook's relations (the reader does not tell where formulas stand)."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        try:
            relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314  # DTDs are refused
            book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314
        except KeyError as error:
            raise guard.FileRejected(guard.DAMAGED) from error
    targets = {item.get("Id"): posixpath.normpath(posixpath.join("/xl", item.get("Target", ""))) for item in relations}
    sheets = (element for element in book.iter() if element.tag.rpartition("}")[2] == "sheet")
    return {
        sheet.get("name", ""): targets.get(sheet.get(_RELATION) or sheet.get(_STRICT_RELATION), "").lstrip("/")
        for sheet in sheets
    }


def fill_merged(values: list[list[Any]], ranges: list[tuple[tuple[int, int], tuple[int, int]]]) -> None:
    """Repeat the value of cells merged downwards (one school for many rows); titles merged sideways stay one cell."""
    for (top, left), (bottom, right) in ranges:
        if left == right and top < bottom and top < len(values) and left < len(values[top]):
            for row in values[top + 1 : bottom + 1]:
                row[left] = values[top][left]


def filled_rows(values: list[list[Any]], formulas: set[tuple[int, int]], *, budget: _TextBudget) -> Iterator[list[Any]]:
    """Rows that hold anything, as `[number from 1, plain values, columns of formulas]`."""
    columns_of: dict[int, list[int]] = {}
    for row, column in formulas:
        columns_of.setdefault(row, []).append(column)
    last = max(columns_of, default=0)
    padding: list[list[Any]] = [[]] * max(last - len(values), 0)
    for number, row_values in enumerate(values + padding, 1):
        columns = sorted(columns_of.get(number, ()))
        plain = [budget.plain(value) for value in row_values]
        if columns or any(value is not None for value in plain):
            yield [number, plain, columns]


class _TextBudget:
    """Turns cells into JSON values and stops when their texts add up to something no staff list holds."""

    def __init__(self) -> None:
        self._used = 0

    def plain(self, value: Any) -> Any:
        """None, bool, number, text, or `{"d": ISO date or datetime}`, `{"t": time of day or duration}`."""
        if value == "" or value is None:
            return None
        kind = _KIND_OF.get(type(value))
        if kind == "d":
            return {"d": value.isoformat()}
        if kind == "t":
            return {"t": str(value)}
        if isinstance(value, str):
            return self._text(value)
        return value

    def _text(self, value: str) -> str | None:
        text = value[:MAX_TEXT]
        self._used += len(text)
        if self._used > MAX_TOTAL_TEXT:
            raise guard.FileRejected(f"В файле слишком много текста. {guard.COPY_TO_NEW_BOOK}")
        return text if text.strip() else None
