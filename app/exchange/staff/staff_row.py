"""One row of a staff list: its cells read by their columns, then judged together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from app.exchange.columns import CellError, Column, Header
from app.exchange.engine.list_plan import ReadRow
from app.exchange.reader import Cell, Row
from app.exchange.staff import staff_columns as c
from app.exchange.staff.directories import (
    Directories,
    Entry,
    NotFound,
    PositionEntry,
    shorten,
    split_list,
    subjects_of_title,
)
from app.russian import NBSP, Sex, age, format_date, guess_sex, quoted, years

YOUNGEST, OLDEST = 16, 100
_FEWEST_WORDS_BEFORE_PO = 2
_PLAIN = (
    c.BIRTH_DATE, c.SNILS, c.CITIZENSHIP, c.MUNICIPALITY, c.ACTIVITY, c.DIPLOMA_SERIES, c.DIPLOMA_NUMBER, c.EMAIL, c.PHONE,
)  # fmt: skip
NO_SNILS = "Без СНИЛС работник не сможет получить чек: впишите СНИЛС, когда он станет известен"


@dataclass(frozen=True, slots=True)
class StaffValues:
    """One person at one place of work, ready to be stored.

    `snils`: eleven digits; `citizenship`: three, of ОКСМ; `phone`: E.164; lengths of service as the file states them, and as days they began
    (`today` less the years), because stored numbers of years go stale.
    """

    last_name: str
    first_name: str
    patronymic: str | None
    birth_date: date
    sex: Sex
    snils: str | None
    organization_id: int
    position_id: int
    subject_ids: tuple[int, ...] = ()
    citizenship: str | None = None
    municipality: str | None = None
    activity: str | None = None
    education_level_id: int | None = None
    diploma_series: str | None = None
    diploma_number: str | None = None
    teaching_years: int | None = None
    teaching_since: date | None = None
    position_years: int | None = None
    position_since: date | None = None
    email: str | None = None
    phone: str | None = None
    is_second_employment: bool = False


@dataclass(frozen=True, slots=True)
class StaffRow(ReadRow[StaffValues | None]):
    """A row of the list; without ``values`` when it has errors.

    `facts` holds every value that could be read, also of a row with errors, by the field names of `StaffValues`.
    """

    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """«строке 5» or «строке 5 листа „Совместители“»."""
        return f"строке {self.number} листа „{self.sheet}“" if self.sheet else f"строке {self.number}"

    def on_sheet(self, sheet: str) -> StaffRow:
        """The row and what is said of it, with the sheet's name."""
        errors, warnings = (tuple(replace(e, sheet=sheet) for e in said) for said in (self.errors, self.warnings))
        return replace(self, sheet=sheet, errors=errors, warnings=warnings)

    def with_error(self, error: CellError) -> StaffRow:
        """The row with one more error, hence without values."""
        return replace(self, values=None, errors=(*self.errors, error))


def read_row(row: Row, header: Header, directories: Directories, *, today: date) -> StaffRow:
    """Read all cells of a row and judge them together."""
    reading = _Reading(row, header, directories, today=today)
    reading.read_all()
    facts = reading.facts
    values = None if reading.errors else StaffValues(**facts)
    errors, warnings = tuple(reading.errors), tuple(reading.warnings)
    return StaffRow(row.number, reading.label(), values, errors, warnings, facts=facts)


class _Reading:
    """The reading of one row: collects facts, errors and warnings."""

    def __init__(self, row: Row, header: Header, directories: Directories, *, today: date) -> None:
        self._row = row
        self._header = header
        self._directories = directories
        self._today = today
        self.facts: dict[str, Any] = {}
        self.errors: list[CellError] = []
        self.warnings: list[CellError] = []

    def read_all(self) -> None:
        self._read_name()
        for column in _PLAIN:
            self.facts[column.name] = self._value(column)
        self._check_age()
        self._read_sex()
        self._check_snils()
        self._read_organization()
        self._read_work()
        self._read_education()
        self._read_service(c.TEACHING_YEARS, "teaching_since")
        self._read_service(c.POSITION_YEARS, "position_since")

    def label(self) -> str:
        columns = (c.LAST_NAME, c.FIRST_NAME, c.PATRONYMIC) if self._has_name_parts() else (c.FULL_NAME,)
        return shorten(" ".join(self._cell(column).text for column in columns if not self._cell(column).is_formula))

    # --- cells ---

    def _cell(self, column: Column) -> Cell:
        return self._header.cell(self._row, column.name)

    def _value(self, column: Column) -> Any:
        """The value of a cell; None when empty or wrong, with the error noted."""
        value = column.parse(self._cell(column))
        if isinstance(value, CellError):
            self.errors.append(value)
            return None
        if value is not None and (doubt := column.doubt(self._cell(column))):
            self._warn(column, doubt)
        return value

    def _error(self, column: Column, message: str) -> None:
        self.errors.append(column.error(self._cell(column), message))

    def _warn(self, column: Column, message: str) -> None:
        self.warnings.append(column.error(self._cell(column), message))

    # --- the person ---

    def _has_name_parts(self) -> bool:
        return {c.LAST_NAME.name, c.FIRST_NAME.name} <= self._header.places.keys()

    def _name_column(self, column: Column) -> Column:
        return column if self._has_name_parts() else c.FULL_NAME

    def _read_name(self) -> None:
        names = (c.LAST_NAME, c.FIRST_NAME, c.PATRONYMIC)
        if self._has_name_parts():
            cells: Sequence[Cell] = [self._cell(column) for column in names]
        else:
            parts = self._value(c.FULL_NAME) or ()
            where = self._cell(c.FULL_NAME)
            cells = [Cell(where.row, where.column, part or None) for part in parts]
        for column, cell in zip(names, cells, strict=False):
            self._take_name(column, cell)

    def _take_name(self, column: Column, cell: Cell) -> None:
        value = column.parse(cell)
        if isinstance(value, CellError):
            self.errors.append(value)
            value = None
        elif value and any("a" <= letter <= "z" for letter in cell.text.lower()):
            self.warnings.append(column.error(cell, f"Латинские буквы заменены похожими русскими: {quoted(value)}"))
        self.facts[column.name] = value

    def _check_age(self) -> None:
        birth: date | None = self.facts[c.BIRTH_DATE.name]
        if birth is None:
            return
        written = f"Дата рождения {format_date(birth)}"
        if birth > self._today:
            self._error(c.BIRTH_DATE, f"{written} ещё не наступила, проверьте год")
        elif not YOUNGEST <= (full := age(birth, self._today)) <= OLDEST:
            self._error(c.BIRTH_DATE, f"{written}: работнику {years(full).replace(NBSP, ' ')}, проверьте год")

    def _read_sex(self) -> None:
        """The written sex decides; a name that says otherwise is only doubtful."""
        had_errors = len(self.errors)
        written = self._value(c.SEX)
        name = (self.facts.get("last_name"), self.facts.get("first_name"), self.facts.get("patronymic"))
        guessed = guess_sex(*name) if name[1] else None
        if written and guessed and written != guessed:
            word = "женское" if guessed == "female" else "мужское"
            self._warn(c.SEX, f"Пол не подходит к имени ({word}): проверьте, что указано верно")
        self.facts[c.SEX.name] = written or guessed
        if not (written or guessed) and len(self.errors) == had_errors and name[1]:
            self._error(c.SEX, "По имени пол не определить: впишите «М» или «Ж»")

    def _check_snils(self) -> None:
        cell = self._cell(c.SNILS)
        if cell.column and not cell.is_formula and c.SNILS.is_empty(cell):
            self._warn(c.SNILS, NO_SNILS)

    # --- the work ---

    def _find(self, column: Column, find: Callable[[str], Entry], text: str | None) -> Entry | None:
        """The entry of a directory, or None with the error noted."""
        if text is None:
            return None
        try:
            return find(text)
        except NotFound as error:
            self._error(column, str(error))
            return None

    def _read_organization(self) -> None:
        """ИНН decides; a name chooses among the units under it. The one school of a user need not be written."""
        inn, only = self._value(c.ORGANIZATION_INN), self._directories.only_organization
        had_errors = len(self.errors)
        is_named = bool(self._cell(c.ORGANIZATION).text.strip()) or self._cell(c.ORGANIZATION).is_formula
        text = self._value(c.ORGANIZATION) if is_named or not (inn or only) else None
        found = only if text is None else None
        if inn:
            found = self._find(c.ORGANIZATION_INN, lambda number: self._directories.find_by_inn(number, text), inn)
        elif text:
            municipality = self.facts[c.MUNICIPALITY.name]
            found = self._find(
                c.ORGANIZATION, lambda name: self._directories.find_organization(name, municipality), text
            )
        self.facts["organization_id"] = found.id if found and len(self.errors) == had_errors else None

    def _read_education(self) -> None:
        found = self._find(c.EDUCATION, self._directories.education_level.find, self._value(c.EDUCATION))
        self.facts["education_level_id"] = found.id if found else None
        series, number = self._value(c.DIPLOMA) or (None, None)
        self.facts["diploma_series"] = self.facts["diploma_series"] or series
        self.facts["diploma_number"] = self.facts["diploma_number"] or number

    def _read_work(self) -> None:
        """Position and subjects; a subject may stand in the position's cell, in its own cell, or in both."""
        position, titled = self._read_position()
        had_errors = len(self.errors)
        listed = self._read_subjects()
        extra = [subject for subject in titled if subject not in listed]
        if extra and listed:
            self._warn(
                c.POSITION,
                f"В должности назван предмет {_quoted(extra)}, а в столбце {quoted(c.SUBJECTS.title)} — {_quoted(listed)}: "
                "записаны все, проверьте",
            )
        subjects = dict.fromkeys(subject.id for subject in (*titled, *listed))
        self.facts["position_id"] = position.id if position else None
        self.facts["subject_ids"] = tuple(subjects)
        if position and position.subject_required and not subjects and len(self.errors) == had_errors:
            self._warn(c.SUBJECTS, f"Для должности {quoted(position.name)} нужен предмет: без него не подобрать курсы")

    def _read_position(self) -> tuple[PositionEntry | None, list[Entry]]:
        text = self._value(c.POSITION)
        if text is None:
            return None, []
        try:
            return self._directories.position.find(text), []
        except NotFound as error:
            position, subjects = self._split_position(text)
            if position is None:
                self._error(c.POSITION, str(error))
            return position, subjects

    def _split_position(self, text: str) -> tuple[PositionEntry | None, list[Entry]]:
        """«учитель математики» → учитель + Математика; «заместитель директора по УВР» → the post, with a warning."""
        found = self._directories.position.find_beginning(text)
        if found is None:
            return None, []
        position, rest = found
        if position.subject_required and (subjects := subjects_of_title(rest, self._directories.subject)):
            return position, subjects
        beginning = text[: len(text) - len(rest)].split()
        if rest.lower().startswith("по ") and len(beginning) >= _FEWEST_WORDS_BEFORE_PO:
            self._warn(
                c.POSITION,
                f"Записана должность {quoted(position.name)}; уточнение {quoted(shorten(rest))} не сохраняется",
            )
            return position, []
        return None, []

    def _read_subjects(self) -> list[Entry]:
        """Subjects of the own cell: the whole text as one name first, because names may hold a comma."""
        text = self._value(c.SUBJECTS)
        if text is None:
            return []
        parts = split_list(text)
        try:
            return [self._directories.subject.find(text)]
        except NotFound:
            found = [self._find(c.SUBJECTS, self._directories.subject.find, part) for part in parts]
        return list(dict.fromkeys(subject for subject in found if subject))

    def _read_service(self, column: Column, since: str) -> None:
        """Years of service and the day they began; more years than a life allows are doubtful."""
        served = self._value(column)
        self.facts[column.name] = served
        self.facts[since] = None if served is None else years_before(self._today, served)
        birth = self.facts[c.BIRTH_DATE.name]
        full = age(birth, self._today) if birth and birth <= self._today else 0
        if served and full >= YOUNGEST and full - served < YOUNGEST - 2:
            doubt = f"Стаж {years(served)} при возрасте {years(full)}".replace(NBSP, " ")
            self._warn(column, f"{doubt}: проверьте стаж и дату рождения")


def _quoted(entries: Sequence[Entry]) -> str:
    return ", ".join(quoted(entry.name) for entry in entries)


def years_before(day: date, count: int) -> date:
    """The same day `count` years earlier; 29 February becomes 28 February of a common year."""
    try:
        return day.replace(year=day.year - count)
    except ValueError:
        return date(day.year - count, 2, 28)
