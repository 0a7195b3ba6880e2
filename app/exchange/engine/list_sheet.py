"""Reading a list from a workbook, in particular a list about people who have cards already: vouchers (чеки), trainings.

Pure: knows the cells and the day, nothing that is stored. The ``Layout`` of the kind of lists says what the values are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic

from app.exchange.columns import CellError, Column, Header, find_header, header_key
from app.exchange.engine.list_plan import ReadRow, V
from app.exchange.guard import MAX_DATA_ROWS, column_letter
from app.exchange.reader import FileRejected, Row, Sheet
from app.exchange.sheet_notices import notices_of_choice, notices_of_reading
from app.russian import quoted

_FEWEST_CELLS = 3

#: puts an error at a cell of the row: column, sentence
Fault = Callable[[Column, str], None]
Parsed = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Heading:
    """A titled column of the list: its letter, its field (empty: unknown, «-»: left aside) and its first values."""

    letter: str
    title: str
    field: str
    samples: tuple[str, ...] = ()


class ColumnsMissing(FileRejected):
    """Required columns are not there under a known title; the user may say which of the ``headings`` they are."""

    def __init__(self, message: str, headings: Sequence[Heading]) -> None:
        super().__init__(message)
        self.headings = tuple(headings)


@dataclass(frozen=True, slots=True)
class ReadList(Generic[V]):
    """The rows of the list and sentences about the file as a whole.

    ``letters``: name of a column → where it stands, for a kind whose plan names cells; ``headings``: for a kind whose user
    may say what its columns mean.
    """

    sheet_name: str
    rows: Sequence[ReadRow[V]]
    notices: Sequence[str]
    letters: Mapping[str, str] = field(default_factory=dict)
    headings: Sequence[Heading] = ()


@dataclass(frozen=True, slots=True)
class Layout(Generic[V]):
    """How lists of a kind are read: their columns, and what the values of a row must agree in (None: empty or wrong).

    ``label``: the column that names the row, ``first``: the one whose title repeats with the header. ``of_what``: «с чеком».
    """

    columns: Sequence[Column]
    titles: Mapping[str, str]
    first: Column
    label: Column
    of_what: str
    check: Callable[[Parsed, Fault], None]
    make: Callable[[Parsed], V]


def read_list(
    sheets: Sequence[Sheet], layout: Layout[V], *, told: Callable[[int], None] = lambda _rows: None
) -> ReadList[V]:
    """Find the list among the sheets and read it; raises `FileRejected` when it is not there."""
    sheet, header = _choose(sheets, layout)
    rows = [row for row in sheet.rows if row.number > header.row and _is_data(row, header, layout)]
    if not rows:
        raise FileRejected(
            f"На листе {quoted(sheet.name)} под заголовками (строка {header.row}) нет ни одной строки {layout.of_what}. Заполните "
            "список и загрузите файл снова."
        )
    if len(rows) > MAX_DATA_ROWS:
        raise FileRejected(f"В файле больше {MAX_DATA_ROWS} строк. Разделите список на несколько файлов.")
    found = []
    for number, row in enumerate(rows, 1):
        found.append(_read(row, header, layout))
        told(number)
    letters = {name: column_letter(place) for name, place in header.places.items()}
    notices = [*notices_of_choice(sheets, sheet, header), *notices_of_reading(sheet, rows, header.places.values())]
    return ReadList(sheet.name, found, notices, letters)


def _choose(sheets: Sequence[Sheet], layout: Layout[Any]) -> tuple[Sheet, Header]:
    found = [(sheet, header) for sheet in sheets if (header := find_header(sheet.rows, layout.titles))]
    if not found:
        named = ", ".join(quoted(column.title) for column in layout.columns[:4])
        raise FileRejected(
            f"В первых 20 строках листа не нашлось строки заголовков ({named}…). Скачайте образец и перенесите данные в него."
        )
    sheet, header = max(found, key=lambda item: len(item[1].places))
    missing = [
        quoted(column.title) for column in layout.columns if column.required and column.name not in header.places
    ]
    if missing:
        what = "обязательного столбца" if len(missing) == 1 else "обязательных столбцов"
        raise FileRejected(
            f"В строке заголовков ({header.row}) нет {what}: {', '.join(missing)}. Скачайте образец и перенесите данные "
            "в него."
        )
    return sheet, header


def _is_data(row: Row, header: Header, layout: Layout[Any]) -> bool:
    """Not a signature, a total, or a header repeated."""
    is_title = header_key(header.cell(row, layout.first.name).text) in layout.titles
    return not is_title and len(row.filled()) >= _FEWEST_CELLS


def _read(row: Row, header: Header, layout: Layout[V]) -> ReadRow[V]:
    cells = {column.name: header.cell(row, column.name) for column in layout.columns}
    parsed = {column.name: column.parse(cells[column.name]) for column in layout.columns}
    errors = {name: value for name, value in parsed.items() if isinstance(value, CellError)}

    def fault(column: Column, message: str) -> None:
        errors.setdefault(column.name, column.error(cells[column.name], message))

    layout.check({name: None if name in errors else value for name, value in parsed.items()}, fault)
    doubts = {column: column.doubt(cells[column.name]) for column in layout.columns if parsed[column.name] is not None}
    name = parsed[layout.label.name]
    label = " ".join(filter(None, name)) if isinstance(name, tuple) else cells[layout.label.name].text
    label = label.strip()[:200] or cells[layout.first.name].text[:100] or "без имени"
    return ReadRow(
        row.number,
        label,
        layout.make({name: None if name in errors else value for name, value in parsed.items()}),
        tuple(errors.values()),
        tuple(column.error(cells[column.name], doubt) for column, doubt in doubts.items() if doubt),
        frozenset(errors),
    )
