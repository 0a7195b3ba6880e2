"""A registry as a file: an Excel sheet, or a text for other programs. No cell of either is ever a formula."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from app.cells import looks_like_formula
from app.documents.registries.declared import Asked, Column
from app.documents.registries.reading import columns_of
from app.documents.sheets.spreadsheet import SheetColumn, cell_value, write_sheet
from app.russian import format_date


def write_xlsx(path: Path, asked: Asked, rows: Iterable[Sequence[Any]], *, notes: Sequence[str]) -> int:
    """Write the rows as a sheet with the stamp ``notes`` and the sums; return their number."""
    heads = [SheetColumn(c.title, c.kind, c.width, total=c.total) for c in columns_of(asked)]
    return write_sheet(path, title=asked.registry.title, columns=heads, rows=rows, notes=notes)


def write_csv(path: Path, asked: Asked, rows: Iterable[Sequence[Any]]) -> int:
    """Write the rows as CSV that Excel opens (UTF-8 with a mark, semicolons) and return their number.

    A text that begins like a formula gets an apostrophe before it.
    """
    columns, number = columns_of(asked), 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(column.title for column in columns)
        for row in rows:
            writer.writerow([_written(value, column) for value, column in zip(row, columns, strict=True)])
            number += 1
    return number


def _written(value: Any, column: Column) -> str:
    value = cell_value(value, column.kind)
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return f"{format_date(value)} {value:%H:%M}"
    if isinstance(value, dt.date):
        return format_date(value)
    if isinstance(value, int | float):
        return str(value).replace(".", ",")
    return f"'{value}" if looks_like_formula(value) else str(value)
