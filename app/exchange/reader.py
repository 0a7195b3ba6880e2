"""Reads a workbook into plain cells: checks first, then a child process with bounded memory and time.

No value is interpreted here: dates, numbers and texts come as the sheet holds them, with their Excel addresses.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from app.exchange import guard
from app.exchange.guard import FileRejected, column_letter

__all__ = ["Cell", "CellValue", "FileRejected", "Row", "Sheet", "read_workbook"]

CellValue = str | int | float | bool | date | datetime | None
WALL_SECONDS = 60

# The child loads `app.exchange` without running `app/__init__.py`, which would start loading the whole portal.
_BOOT = (
    "import sys, types; package = types.ModuleType('app'); package.__path__ = [sys.argv[1]]; "
    "sys.modules['app'] = package; from app.exchange.worker import main; main()"
)


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
    """A visible worksheet without its empty rows."""

    name: str
    rows: tuple[Row, ...]


def read_workbook(source: bytes | Path) -> list[Sheet]:
    """Visible sheets of an XLSX file. Raises `FileRejected` with a sentence for the user."""
    data = source if isinstance(source, bytes) else guard.read_limited(source)
    guard.check_container(data)
    answer = _ask_child(data)
    if "rejected" in answer:
        raise FileRejected(answer["rejected"])
    return [Sheet(sheet["name"], tuple(_row(row) for row in sheet["rows"])) for sheet in answer["sheets"]]


def _ask_child(data: bytes) -> dict[str, Any]:
    """Run the reading child; every way in which it can die becomes one sentence."""
    package_root = Path(__file__).resolve().parent.parent
    command = [sys.executable, "-I", "-c", _BOOT, str(package_root)]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=WALL_SECONDS, check=True)
        answer: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError) as error:
        raise FileRejected(
            "Файл не удалось прочитать: он повреждён или требует слишком много памяти и времени. "
            + guard.COPY_TO_NEW_BOOK
        ) from error
    return answer


def _row(raw: list[Any]) -> Row:
    number, values, formulas = raw
    return Row(number, tuple(_value(value) for value in values), frozenset(formulas))


def _value(raw: Any) -> CellValue:
    """Undo the child's tagging; a time of day is kept as text, no column of ours holds one."""
    if not isinstance(raw, dict):
        return raw  # type: ignore[no-any-return]
    if "t" in raw:
        return str(raw["t"])
    moment = datetime.fromisoformat(raw["d"])
    return moment if "T" in raw["d"] else moment.date()
