"""A school's staff list: rows of a sheet → people with their places of work, and every error by its cell.

Pure: takes the cells, the directories and the day; knows nothing of the people already stored.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.exchange.columns import CellError, Header, find_header, header_key
from app.exchange.directories import Directories, Entry, PositionEntry
from app.exchange.reader import FileRejected, Row, Sheet
from app.exchange.staff_columns import ALL_COLUMNS, FIRST_NAME, FULL_NAME, LAST_NAME, ORDINAL_TITLES, POSITION, TITLES
from app.exchange.staff_row import StaffRow, StaffValues, read_row
from app.exchange.staff_twins import TwinCheck

__all__ = [
    "CellError", "Directories", "Entry", "PositionEntry", "StaffList", "StaffRow", "StaffValues", "parse_staff_list",
]  # fmt: skip

SAMPLE_ADVICE = "Переименуйте столбцы или скачайте образец и перенесите данные в него."
_FEWEST_CELLS_OF_PERSON = 3


@dataclass(frozen=True, slots=True)
class StaffList:
    """The result: rows in the order of the sheet, and what was not read.

    `unknown_columns` are (letter, title) that no column of ours answers to; `skipped_rows` are numbers of filled rows
    that hold no person (totals, signatures, repeated headers); `notices` are sentences about the file as a whole.
    """

    sheet_name: str
    header_row: int
    rows: tuple[StaffRow, ...]
    unknown_columns: tuple[tuple[str, str], ...] = ()
    skipped_rows: tuple[int, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def errors(self) -> list[CellError]:
        """Errors of all rows."""
        return [error for row in self.rows for error in row.errors]

    @property
    def warnings(self) -> list[CellError]:
        """Warnings of all rows."""
        return [warning for row in self.rows for warning in row.warnings]


def parse_staff_list(sheets: Sequence[Sheet], directories: Directories, *, today: date) -> StaffList:
    """Find the list among the sheets and read it.

    Raises `FileRejected` when no sheet has a header row or required columns are missing.
    """
    sheet, header = _choose_sheet(sheets)
    _check_required(header)
    people, skipped = _split_rows(sheet, header)
    if not people:
        raise FileRejected(
            f"На листе «{sheet.name}» под заголовками (строка {header.row}) нет ни одной строки с работником. "
            "Заполните список и загрузите файл снова."
        )
    twins = TwinCheck(header)
    rows = tuple(twins.check(read_row(row, header, directories, today=today), row) for row in people)
    unknown = tuple(column for column in header.unknown if header_key(column[1]) not in ORDINAL_TITLES)
    return StaffList(
        sheet.name, header.row, rows, unknown, tuple(skipped), tuple(_notices(sheets, sheet, header, unknown=unknown))
    )


def _choose_sheet(sheets: Sequence[Sheet]) -> tuple[Sheet, Header]:
    """The sheet whose header row knows most columns; the first of equals."""
    found = [(sheet, header) for sheet in sheets if (header := find_header(sheet.rows, TITLES))]
    if not found:
        raise FileRejected(
            "В первых 20 строках листа не нашлось строки заголовков («Фамилия», «Имя», «Дата рождения», «Должность»…). "
            "Поставьте заголовки над списком или скачайте образец и перенесите данные в него."
        )
    return max(found, key=lambda item: len(item[1].places))


def _check_required(header: Header) -> None:
    """All missing columns in one sentence. «ФИО» stands for surname and first name, and they for it."""
    parts = {LAST_NAME.name, FIRST_NAME.name}
    waived = parts if FULL_NAME.name in header.places and not parts <= header.places.keys() else {FULL_NAME.name}
    missing = [
        f"«{column.title}»"
        for column in ALL_COLUMNS
        if column.required and column.name not in header.places and column.name not in waived
    ]
    if missing:
        what = "обязательного столбца" if len(missing) == 1 else "обязательных столбцов"
        raise FileRejected(f"В строке заголовков ({header.row}) нет {what}: {', '.join(missing)}. {SAMPLE_ADVICE}")


def _split_rows(sheet: Sheet, header: Header) -> tuple[list[Row], list[int]]:
    """Rows below the header that hold a person, and the numbers of those that hold something else."""
    people: list[Row] = []
    skipped: list[int] = []
    for row in sheet.rows:
        if row.number <= header.row:
            continue
        if _is_person(row, header):
            people.append(row)
        elif row.filled():
            skipped.append(row.number)
    return people, skipped


def _is_person(row: Row, header: Header) -> bool:
    """Not a signature, a total, a repeated header, or a row of column numbers «1 2 3 …»."""
    filled = row.filled()
    if header_key(header.cell(row, POSITION.name).text) in TITLES:
        return False
    if filled and all(re.fullmatch(r"\d{1,2}", cell.text) for cell in filled):
        return False
    columns = (LAST_NAME.name, FIRST_NAME.name, FULL_NAME.name)
    is_named = any(_names_someone(header.cell(row, name).text) for name in columns)
    return is_named or len(filled) >= _FEWEST_CELLS_OF_PERSON


def _names_someone(text: str) -> bool:
    """A line for a signature («________») is no name."""
    return any(character.isalpha() for character in text)


def _notices(
    sheets: Sequence[Sheet], chosen: Sheet, header: Header, *, unknown: tuple[tuple[str, str], ...]
) -> list[str]:
    """Sentences about what was left aside."""
    notices = []
    if unknown:
        names = ", ".join(f"{letter} «{title}»" for letter, title in unknown)
        notices.append(f"Столбцы не распознаны и не загружены: {names}.")
    if "snils" not in header.places:
        notices.append("В файле нет столбца «СНИЛС»: без СНИЛС работник не сможет получить чек.")
    others = [sheet for sheet in sheets if sheet is not chosen and find_header(sheet.rows, TITLES)]
    if others:
        names = ", ".join(f"«{sheet.name}»" for sheet in others)
        notices.append(f"Прочитан только лист «{chosen.name}». Списки есть и на листах {names}: загрузите их отдельно.")
    return notices
