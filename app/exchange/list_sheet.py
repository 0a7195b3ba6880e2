"""A list about people who have their cards already (чеки, trainings): the rows of its sheet as plain values, every error by its cell.

Pure: knows the cells and the day, nothing of what is stored. What the values are is said by the ``Layout`` of the kind of lists.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from app.exchange.columns import CellError, Column, Header, find_header, header_key
from app.exchange.guard import MAX_DATA_ROWS, column_letter
from app.exchange.reader import FileRejected, Row, Sheet
from app.exchange.sheet_notices import notices_of_choice, notices_of_reading
from app.russian import quoted

_FEWEST_CELLS = 3

#: puts an error at a cell of the row: column, sentence
Fault = Callable[[Column, str], None]
Parsed = Mapping[str, Any]


class Values(Protocol):
    """What a row says, whole and without errors."""

    @property
    def snils(self) -> str:
        """Whom the row is about."""

    @property
    def name(self) -> tuple[str, str, str]:
        """Surname, first name, patronymic (may be empty)."""

    def as_json(self) -> dict[str, Any]:
        """The values for JSONB."""


V = TypeVar("V", bound=Values)


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


@dataclass(frozen=True, slots=True)
class ListRow(Generic[V]):
    """A row that was read: ``values`` is None when it has errors."""

    number: int
    label: str
    values: V | None
    errors: tuple[CellError, ...]
    warnings: tuple[CellError, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadList(Generic[V]):
    """The rows of the list, where its columns stand (name → letter), and sentences about the file as a whole."""

    sheet_name: str
    rows: tuple[ListRow[V], ...]
    letters: Mapping[str, str]
    notices: tuple[str, ...]


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
    return ReadList(sheet.name, tuple(found), letters, tuple(notices))


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


def _read(row: Row, header: Header, layout: Layout[V]) -> ListRow[V]:
    parsed = {column.name: column.parse(header.cell(row, column.name)) for column in layout.columns}
    errors = [value for value in parsed.values() if isinstance(value, CellError)]

    def fault(column: Column, message: str) -> None:
        errors.append(column.error(header.cell(row, column.name), message))

    cells = {column: header.cell(row, column.name) for column in layout.columns}
    doubts = [(column, column.doubt(cell)) for column, cell in cells.items() if parsed[column.name] is not None]
    told = {name: None if isinstance(value, CellError) else value for name, value in parsed.items()}
    wrong = {error.title for error in errors}
    layout.check(told, lambda column, message: None if column.title in wrong else fault(column, message))
    name = parsed[layout.label.name]
    label = " ".join(filter(None, name)) if isinstance(name, tuple) else header.cell(row, layout.label.name).text
    label = label.strip()[:200] or header.cell(row, layout.first.name).text[:100] or "без имени"
    warnings = tuple(column.error(cells[column], doubt) for column, doubt in doubts if doubt)
    return ListRow(row.number, label, None if errors else layout.make(parsed), tuple(errors), warnings)
