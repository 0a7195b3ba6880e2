"""Reads a workbook into plain cells: checks first, then a child process with bounded memory and time.

No value is interpreted here: dates, numbers and texts come as the sheet holds them, with their Excel addresses.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

from app import limited
from app.exchange import guard
from app.exchange.guard import FileRejected, column_letter

__all__ = ["Cell", "CellValue", "FileRejected", "Row", "Sheet", "read_workbook"]

CellValue = str | int | float | bool | date | datetime | None
#: bounds of the reading child: the largest list that is taken needs about a tenth of them
LIMITS = limited.Limits(cpu_seconds=30, memory_bytes=2**30, output_bytes=2**29, wall_seconds=60)
#: seconds that a reader waits for its turn
PATIENCE = 30
_NONE: frozenset[int] = frozenset()
_UNREADABLE = (
    f"Файл не удалось прочитать: он повреждён или требует слишком много памяти и времени. {guard.COPY_TO_NEW_BOOK}"
)

_BUSY = "Портал сейчас читает другие файлы. Загрузите этот файл через минуту."


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. `value` is None when empty; of a formula it is the result that Excel saved, if any."""

    row: int
    column: int
    value: CellValue
    is_formula: bool = False

    @property
    def letter(self) -> str:
        """Column letter, «C»; empty for a column that the file does not have."""
        return column_letter(self.column)

    @property
    def text(self) -> str:
        """The value as a user would read it in the sheet: dates дд.мм.гггг, whole numbers without a fraction."""
        if self.value is None:
            return ""
        if isinstance(self.value, date):
            return self.value.strftime("%d.%m.%Y")
        if isinstance(self.value, float) and self.value.is_integer():
            return str(int(self.value))
        return str(self.value)


@dataclass(frozen=True, slots=True)
class Row:
    """A row that holds anything. `number` as Excel shows it; `values` from column A; `formulas` are column numbers."""

    number: int
    values: tuple[CellValue, ...]
    formulas: frozenset[int] = frozenset()

    def cell(self, column: int) -> Cell:
        """The cell of a column (from 1); column 0 or one right of the data gives an empty cell."""
        value = self.values[column - 1] if 0 < column <= len(self.values) else None
        return Cell(self.number, column, value, column in self.formulas)

    def filled(self) -> list[Cell]:
        """Cells that hold a value or a formula."""
        last = max(len(self.values), *self.formulas) if self.formulas else len(self.values)
        cells = (self.cell(column) for column in range(1, last + 1))
        return [cell for cell in cells if cell.value is not None or cell.is_formula]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A worksheet without its empty rows; of a hidden one only the name is read."""

    name: str
    rows: tuple[Row, ...]
    is_hidden: bool = False


def read_workbook(source: bytes | Path) -> list[Sheet]:
    """Sheets of an XLSX file. Raises `FileRejected` with a sentence for the user."""
    data = source if isinstance(source, bytes) else guard.read_limited(source)
    guard.check_container(data)
    with tempfile.TemporaryFile() as given:
        given.write(data)
        try:
            with limited.answer_of("app.exchange.worker:main", given, LIMITS, patience=PATIENCE) as answer:
                return _sheets(answer)
        except limited.ChildDied as error:
            raise FileRejected(_UNREADABLE) from error
        except limited.TooBusy as error:
            raise FileRejected(_BUSY) from error


def _sheets(answer: IO[bytes]) -> list[Sheet]:
    """The child's lines: the name of a sheet, then its rows. A list is long, so no second copy of it is made."""
    found: list[tuple[str, bool, list[Row]]] = []
    values = _Values()
    for line in answer:
        item = json.loads(line)
        if isinstance(item, list):
            found[-1][2].append(values.row(item))
        elif "rejected" in item:
            raise FileRejected(item["rejected"])
        elif "end" in item:
            return [Sheet(name, tuple(rows), is_hidden) for name, is_hidden, rows in found]
        else:
            found.append((item["name"], item["hidden"], []))
    raise FileRejected(_UNREADABLE)


class _Values:
    """Undoes the child's tagging; equal texts (a school, a position) are kept once."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def row(self, raw: list[Any]) -> Row:
        number, values, formulas = raw
        return Row(number, tuple(self._value(value) for value in values), frozenset(formulas) if formulas else _NONE)

    def _value(self, raw: Any) -> CellValue:
        """A time of day is kept as text, no column of ours holds one."""
        if isinstance(raw, str):
            return self._texts.setdefault(raw, raw)
        if not isinstance(raw, dict):
            return raw  # type: ignore[no-any-return]
        if "t" in raw:
            return str(raw["t"])
        moment = datetime.fromisoformat(raw["d"])
        return moment if "T" in raw["d"] else moment.date()
