"""A school's staff list: rows of its sheets → people with their places of work; every error names its cell.

Pure: takes the cells, the directories and the day; knows nothing of the people already stored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.exchange.columns import CHOICES_SHEET, CellError, Header, find_header, header_key
from app.exchange.engine.list_sheet import ColumnsMissing, Heading
from app.exchange.guard import MAX_DATA_ROWS, column_letter
from app.exchange.reader import FileRejected, Row, Sheet
from app.exchange.sheet_notices import notices_of_reading
from app.exchange.staff.directories import Directories, Entry, PositionEntry
from app.exchange.staff.staff_columns import (
    ALL_COLUMNS,
    FIRST_NAME,
    FULL_NAME,
    LAST_NAME,
    ORDINAL_TITLES,
    ORGANIZATION,
    ORGANIZATION_INN,
    POSITION,
    TITLES,
)
from app.exchange.staff.staff_row import StaffRow, StaffValues, read_row
from app.exchange.staff.staff_twins import TwinCheck
from app.russian import quoted

__all__ = [
    "CellError", "ColumnsMissing", "Directories", "Entry", "Heading", "PositionEntry", "StaffList", "StaffRow",
    "StaffValues", "parse_staff_list",
]  # fmt: skip

SAMPLE_ADVICE = "Переименуйте столбцы или скачайте образец и перенесите данные в него."
_FEWEST_CELLS_OF_PERSON = 3
_SAMPLES = 3


@dataclass(frozen=True, slots=True)
class StaffList:
    """The result: rows in the order of the sheets, and what was not read.

    `sheet_name` and `header_row` are those of the fullest list. `unknown_columns` are (letter, title) that no column of
    ours answers to; `skipped_rows` are numbers of filled rows that hold no person (totals, signatures, repeated headers);
    `notices` are sentences about the file as a whole.
    """

    sheet_name: str
    header_row: int
    rows: tuple[StaffRow, ...]
    unknown_columns: tuple[tuple[str, str], ...] = ()
    skipped_rows: tuple[int, ...] = ()
    notices: tuple[str, ...] = ()
    headings: tuple[Heading, ...] = ()

    @property
    def errors(self) -> list[CellError]:
        """Errors of all rows."""
        return [error for row in self.rows for error in row.errors]

    @property
    def warnings(self) -> list[CellError]:
        """Warnings of all rows."""
        return [warning for row in self.rows for warning in row.warnings]


@dataclass(frozen=True, slots=True)
class _Found:
    """A sheet with a header row, the rows under it that hold a person, and the numbers of those that hold another thing."""

    sheet: Sheet
    header: Header
    people: list[Row]
    skipped: list[int]


def parse_staff_list(
    sheets: Sequence[Sheet],
    directories: Directories,
    *,
    today: date,
    headings: Mapping[str, str] | None = None,
    told: Callable[[int], None] = lambda _rows: None,
) -> StaffList:
    """Find the lists among the sheets and read them.

    ``headings``: key of a title → column name or «-», said by the user before; ``told`` hears how many rows are read.
    Raises `FileRejected` when no sheet has a header row, `ColumnsMissing` when required columns are not there.
    """
    titles = {**TITLES, **(headings or {})}
    main, others = _choose(sheets, titles, directories)
    lists = [found for found in (_split_rows(sheet, header) for sheet, header in [main, *others]) if found.people]
    if not lists or lists[0].sheet is not main[0]:
        raise FileRejected(
            f"На листе {quoted(main[0].name)} под заголовками (строка {main[1].row}) нет ни одной строки с работником. "
            "Заполните список и загрузите файл снова."
        )
    if sum(len(found.people) for found in lists) > MAX_DATA_ROWS:
        raise FileRejected(f"В файле больше {MAX_DATA_ROWS} строк с работниками. Разделите список на несколько файлов.")
    return StaffList(
        main[0].name,
        main[1].row,
        _read(lists, directories, today=today, told=told),
        tuple(_unknown(main[1])),
        tuple(number for found in lists for number in found.skipped),
        tuple(_notices(sheets, lists)),
        tuple(_headings(main[0], main[1])),
    )


def _read(
    lists: Sequence[_Found], directories: Directories, *, today: date, told: Callable[[int], None]
) -> tuple[StaffRow, ...]:
    twins, rows = TwinCheck(), []
    for found in lists:
        name = found.sheet.name if len(lists) > 1 else ""
        for cells in found.people:
            row = read_row(cells, found.header, directories, today=today)
            row = twins.check(row.on_sheet(name) if name else row, cells, found.header)
            rows.append(row.on_sheet(name) if name else row)
            told(len(rows))
    return tuple(rows)


# --- sheets and columns ----------------------------------------------------------------------------------------------


def _choose(
    sheets: Sequence[Sheet], titles: Mapping[str, str], directories: Directories
) -> tuple[tuple[Sheet, Header], list[tuple[Sheet, Header]]]:
    """The sheet whose header row knows most columns, the first of equals; and the others that are whole lists too."""
    found = [(sheet, header) for sheet in sheets if (header := find_header(sheet.rows, titles))]
    if not found:
        raise FileRejected(
            "В первых 20 строках листа не нашлось строки заголовков («Фамилия», «Имя», «Дата рождения», «Должность»…). "
            "Поставьте заголовки над списком или скачайте образец и перенесите данные в него."
        )
    main = max(found, key=lambda item: (not _missing(item[1], directories), len(item[1].places)))
    if missing := _missing(main[1], directories):
        what = "обязательного столбца" if len(missing) == 1 else "обязательных столбцов"
        sentence = f"В строке заголовков ({main[1].row}) нет {what}: {', '.join(missing)}. {SAMPLE_ADVICE}"
        raise ColumnsMissing(sentence, _headings(*main))
    others = [item for item in found if item is not main and not _missing(item[1], directories)]
    return main, others


def _missing(header: Header, directories: Directories) -> list[str]:
    """Required columns that are not there. «ФИО» stands for surname and first name and they for it, ИНН for the name."""
    parts = {LAST_NAME.name, FIRST_NAME.name}
    is_full = FULL_NAME.name in header.places and not parts <= header.places.keys()
    waived = parts if is_full else {FULL_NAME.name}
    if directories.only_organization or ORGANIZATION_INN.name in header.places:
        waived = {*waived, ORGANIZATION.name}
    required = (column for column in ALL_COLUMNS if column.required and column.name not in waived)
    return [quoted(column.title) for column in required if column.name not in header.places]


def _headings(sheet: Sheet, header: Header) -> list[Heading]:
    below = [row for row in sheet.rows if row.number > header.row]
    return [
        Heading(column_letter(column), title, field, _samples(below, column)) for column, title, field in header.titles
    ]


def _samples(rows: Sequence[Row], column: int) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for row in rows[:100]:
        if text := row.cell(column).text.strip():
            found[text[:60]] = None
        if len(found) == _SAMPLES:
            break
    return tuple(found)


def _unknown(header: Header) -> list[tuple[str, str]]:
    return [column for column in header.unknown if header_key(column[1]) not in ORDINAL_TITLES]


# --- rows ------------------------------------------------------------------------------------------------------------


def _split_rows(sheet: Sheet, header: Header) -> _Found:
    """Rows below the header that hold a person, and the numbers of those that hold something else."""
    found = _Found(sheet, header, [], [])
    for row in sheet.rows:
        if row.number <= header.row:
            continue
        if _is_person(row, header):
            found.people.append(row)
        elif row.filled():
            found.skipped.append(row.number)
    return found


def _is_person(row: Row, header: Header) -> bool:
    """Not a signature, a total, a repeated header, or a row of column numbers «1 2 3 …»."""
    if header_key(header.cell(row, POSITION.name).text) in TITLES:
        return False
    filled = row.filled()
    if filled and all(re.fullmatch(r"\d{1,2}", cell.text) for cell in filled):
        return False
    columns = (LAST_NAME.name, FIRST_NAME.name, FULL_NAME.name)
    is_named = any(_names_someone(header.cell(row, name).text) for name in columns)
    return is_named or len(filled) >= _FEWEST_CELLS_OF_PERSON


def _names_someone(text: str) -> bool:
    """A line for a signature («________») is no name."""
    return any(character.isalpha() for character in text)


# --- words -----------------------------------------------------------------------------------------------------------


def _notices(sheets: Sequence[Sheet], lists: Sequence[_Found]) -> list[str]:
    """Sentences about what was read and what was left aside."""
    notices = []
    if len(lists) > 1:
        notices.append(f"Прочитаны листы {', '.join(quoted(found.sheet.name) for found in lists)}.")
    for found in lists:
        where = f" на листе {quoted(found.sheet.name)}" if len(lists) > 1 else ""
        if unknown := _unknown(found.header):
            names = ", ".join(f"{letter} {quoted(title)}" for letter, title in unknown)
            notices.append(f"Столбцы{where} не распознаны и не загружены: {names}.")
        notices += notices_of_reading(found.sheet, found.people, found.header.places.values(), where=where)
        if "snils" not in found.header.places:
            where = "В файле" if len(lists) == 1 else f"На листе {quoted(found.sheet.name)}"
            notices.append(f"{where} нет столбца «СНИЛС»: без СНИЛС работник не сможет получить чек.")
    read = [found.sheet.name for found in lists]
    if skipped := [sheet.name for sheet in sheets if sheet.name not in read and sheet.rows]:
        what, on = ("Лист", "пропущен: на нём") if len(skipped) == 1 else ("Листы", "пропущены: на них")
        names = ", ".join(quoted(name) for name in skipped)
        notices.append(f"{what} {names} {on} нет списка со всеми обязательными столбцами.")
    if hidden := [quoted(sheet.name) for sheet in sheets if sheet.is_hidden and sheet.name != CHOICES_SHEET]:
        notices.append(f"Скрытые листы не читаются: {', '.join(hidden)}.")
    return notices
