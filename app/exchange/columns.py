"""Columns of an imported list as small classes: how a header names a column and how a cell becomes a value.

A column knows nothing of other cells or of the directories: it turns one cell into one plain value. What needs more
(positions, subjects, two rows for one person) is the work of the list.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.clock import today
from app.countries import country_code
from app.exchange.guard import column_letter
from app.exchange.reader import Cell, CellValue, ExcelError, Row
from app.identifiers import (
    NameKind,
    parse_email,
    parse_inn,
    parse_patronymic,
    parse_person_name,
    parse_phone,
    parse_snils,
)
from app.russian import Sex, has_time_of_day, parse_date
from app.text import cleaned, name_key, plain_dashes, says_nothing

HEADER_SEARCH_ROWS = 20
_FEWEST_TITLES = 3  # fewer known titles in a row are a chance match in some heading
_SERVICE = re.compile(
    r"(?=\d)(?:(?P<years>\d{1,3})(?:[.,]\d{1,2})?\s*(?:год|года|лет|г\.?|л\.?)?)?"
    r"[\s,и]*(?:\b\d{1,2}\s*(?:мес(?:\.|яц|яца|яцев)?|м\.?))?[\s,и]*(?:\b\d{1,2}\s*(?:дн(?:\.|я|ей)?|день|д\.?))?"
)
EXCEL_ERRORS = frozenset(
    "#Н/Д #ССЫЛКА! #ЗНАЧ! #ДЕЛ/0! #ИМЯ? #ПУСТО! #ЧИСЛО! #N/A #REF! #VALUE! #DIV/0! #NAME? #NULL! #NUM!".split()
)
FORMULA = (
    "В ячейке формула: портал не берёт результаты формул. "
    "Скопируйте ячейку и вставьте её на то же место как значение («Специальная вставка» → «Значения»)"
)
NOT_FILLED = "Ячейка не заполнена"
DATE_SHAPE = "Дата пишется дд.мм.гггг, например 03.02.1980"
#: hidden sheet of a sample with what its cells offer
CHOICES_SHEET = "Справочники"
#: field of a column that the user leaves aside
LEFT_ASIDE = "-"


@dataclass(frozen=True, slots=True)
class CellError:
    """What is wrong (or doubtful) in one cell. `column` is the Excel letter, empty when the file has no such column.

    `sheet` is named only when the file holds several lists.
    """

    row: int
    column: str
    title: str
    value: str
    message: str
    sheet: str = ""

    @property
    def address(self) -> str:
        """«C7», or «7» for the row as a whole."""
        return f"{self.column}{self.row}"


class CellFault(ValueError):
    """The cell cannot be read; `str()` of it is a Russian sentence."""


@dataclass(frozen=True, slots=True)
class Column:
    """Text of a limited length, and the base of all columns.

    `aliases` are other titles that schools write; `hint` goes into the header's comment in the sample file.
    """

    name: str
    title: str
    aliases: tuple[str, ...] = ()
    required: bool = False
    hint: str = ""
    example: CellValue = None
    width: int = 18
    max_length: int = 255

    def parse(self, cell: Cell) -> Any:
        """The plain value of a cell, None when empty, or a `CellError`."""
        try:
            return self._parse(cell)
        except ValueError as error:  # IdentifierError, RussianDateError and CellFault all carry a sentence
            return self.error(cell, str(error))

    def error(self, cell: Cell, message: str) -> CellError:
        """An error (or a warning) at a cell of this column."""
        return CellError(
            cell.row, cell.letter, self.title, cell.text[:200] or ("=…" if cell.is_formula else ""), message
        )

    def _parse(self, cell: Cell) -> Any:
        if cell.is_formula or cell.text.lstrip().startswith("="):
            raise CellFault(FORMULA)
        if isinstance(cell.value, ExcelError) or cell.text.strip() in EXCEL_ERRORS:
            raise CellFault(f"В ячейке ошибка Excel {cell.text.strip()}: впишите само значение или очистите ячейку")
        if self.is_empty(cell):
            if self.required:
                raise CellFault(NOT_FILLED)
            return None
        return self.read(cell)

    def is_empty(self, cell: Cell) -> bool:
        """Whether nothing is said: an empty cell, a dash, and where nothing need be said «нет», «не имеет»."""
        return says_nothing(cell.text) and (not self.required or not any(map(str.isalnum, cell.text)))

    def doubt(self, cell: Cell) -> str:
        """A sentence about a cell that was read but may be wrong, else empty."""
        return ""

    def read(self, cell: Cell) -> Any:
        """Read a filled cell; raises ValueError with a sentence."""
        text = cleaned(cell.text)
        if len(text) > self.max_length:
            raise CellFault(f"Не больше {self.max_length} знаков, а здесь {len(text)}")
        return text


@dataclass(frozen=True, slots=True)
class NameColumn(Column):
    """A part of a person's name."""

    kind: NameKind = "фамилия"

    def read(self, cell: Cell) -> str | None:
        """Cyrillic name with look-alikes and blanks put right; «нет» or a dash for an absent patronymic is None."""
        if re.search(r"(^|\s)\w\.", cell.text):
            raise CellFault("Укажите имя и отчество полностью, без сокращений")
        return (
            parse_patronymic(cell.value) if self.kind == "отчество" else parse_person_name(cell.value, kind=self.kind)
        )


@dataclass(frozen=True, slots=True)
class FullNameColumn(Column):
    """«Фамилия Имя Отчество» in one cell; read into three texts for the columns of the name."""

    def read(self, cell: Cell) -> tuple[str, str, str]:
        """Surname, first name, and all that follows as the patronymic («Али оглы»), which may be empty."""
        words = re.sub(r"(?<=\S)\s*-\s*(?=\S)", "-", plain_dashes(cleaned(cell.text))).split()
        if len(words) < 2:
            raise CellFault("Нужны фамилия, имя и отчество (при наличии) через пробел")
        rest = " ".join(words[2:])
        return words[0], words[1], "" if says_nothing(rest) else rest


@dataclass(frozen=True, slots=True)
class DiplomaColumn(Column):
    """Series and number of a diploma in one cell: «ВСА 0012345», «106324 0012345», «ЭВ № 123456»."""

    def read(self, cell: Cell) -> tuple[str | None, str]:
        """Series (None when there is none) and number: what follows «№», else the last word."""
        text = str(Column.read(self, cell)).removeprefix("серия ").removeprefix("Серия ").strip()
        series, sign, number = (part.strip(" ,;") for part in re.sub(r"\bномер\b", "№", text).partition("№"))
        if not sign:
            series, _blank, number = (part.strip(" ,;") for part in text.replace(",", " ").rpartition(" "))
        if not any(map(str.isdigit, number)):
            raise CellFault("Нужны серия (если есть) и номер диплома, например ВСА 0012345")
        return " ".join(series.split()) or None, number


@dataclass(frozen=True, slots=True)
class ListColumn(Column):
    """Several names in one cell; a line break parts them like a semicolon, unless a bracket follows it."""

    def read(self, cell: Cell) -> str:
        """The text in one line, its parts still to be split."""
        line = Cell(cell.row, cell.column, re.sub(r"\s*\n\s*(?!\s|\()", "; ", cell.text.strip()))
        return str(Column.read(self, line))


@dataclass(frozen=True, slots=True)
class DateColumn(Column):
    """A date as Excel holds it, or as schools write it: дд.мм.гггг, дд/мм/гг, «12 марта 1980 г.».

    ``past``: it lies in the past, however few figures its year has.
    """

    past: bool = False

    def read(self, cell: Cell) -> date:
        """The date; a time of day is dropped and doubted. How two figures of a year are read is said by ``past``."""
        if isinstance(cell.value, bool):
            raise CellFault(DATE_SHAPE)
        text = cleaned(cell.text).lower()
        if re.fullmatch(r"(19|20)\d\d ?(г\.?|год)?( ?р(\.|ождения)?)?", text):
            raise CellFault(f"Указан только год ({text[:4]}): нужны число, месяц и год, например 03.02.1980")
        return parse_date(cell.value, today=today(), past=self.past, is_1904=cell.is_1904)

    def doubt(self, cell: Cell) -> str:
        """A moment instead of a day: midnight of another zone is often another day."""
        if not has_time_of_day(cell.value):
            return ""
        return "В ячейке не только дата, но и время дня: проверьте, что день верный"


@dataclass(frozen=True, slots=True)
class SnilsColumn(Column):
    """СНИЛС with its control number."""

    def read(self, cell: Cell) -> str:
        """Eleven digits."""
        return parse_snils(cell.value)


@dataclass(frozen=True, slots=True)
class InnColumn(Column):
    """ИНН of an organization with its control number."""

    def read(self, cell: Cell) -> str:
        """Ten digits (twelve of an entrepreneur)."""
        return parse_inn(cell.text)


@dataclass(frozen=True, slots=True)
class PhoneColumn(Column):
    """One Russian phone number."""

    def read(self, cell: Cell) -> str:
        """«+7» and ten digits."""
        return parse_phone(cell.value)


@dataclass(frozen=True, slots=True)
class EmailColumn(Column):
    """One e-mail address."""

    def read(self, cell: Cell) -> str:
        """The address in small letters."""
        return parse_email(cell.value)


@dataclass(frozen=True, slots=True)
class SexColumn(Column):
    """Sex as a letter or a word."""

    def read(self, cell: Cell) -> Sex:
        """«male» or «female»."""
        key = name_key(cell.text)
        if key in {"м", "муж", "мужской", "мужчина"}:
            return "male"
        if key in {"ж", "жен", "женский", "женщина"}:
            return "female"
        raise CellFault("Пол пишется «М» или «Ж»")


@dataclass(frozen=True, slots=True)
class CountryColumn(Column):
    """A country by its name or its code of ОКСМ."""

    def read(self, cell: Cell) -> str:
        """Three digits of the code."""
        code = country_code(cleaned(cell.text))
        if code is None:
            raise CellFault("Такой страны нет: впишите название, например Россия, или код по ОКСМ, например 643")
        return code


@dataclass(frozen=True, slots=True)
class YearsColumn(Column):
    """A length of service in whole years."""

    def read(self, cell: Cell) -> int:
        """Whole years from 0 to 70; takes «12», 12.0, «12 лет», full years of «12 лет 5 мес.» and «12,5»."""
        match = _SERVICE.fullmatch(cleaned(cell.text).lower())
        if match is None or isinstance(cell.value, (bool, date, datetime)):
            raise CellFault("Стаж пишется целым числом полных лет, например 12")
        full = int(match["years"] or 0)
        if full > 70:
            raise CellFault(f"Стаж {full} — слишком много: нужно число полных лет от 0 до 70")
        return full


@dataclass(frozen=True, slots=True)
class HoursColumn(Column):
    """Hours of a program."""

    def read(self, cell: Cell) -> int:
        """Whole hours from 1 to 5000; takes «36», 36.0, «36 ч»."""
        match = re.fullmatch(r"(\d{1,4})\s*(?:ч\.?|час|часа|часов)?", cleaned(cell.text).lower())
        if match is None or not 1 <= int(match[1]) <= 5000 or isinstance(cell.value, (bool, date)):
            raise CellFault("Часы пишутся целым числом от 1 до 5000, например 36")
        return int(match[1])


# --- finding the columns in a sheet ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Header:
    """Where the titles stand. `places` is column name → number of the sheet's column; `unknown` is (letter, title).

    `titles` are all of them: (number of the column, title, column name; empty: unknown, «-»: left aside).
    """

    row: int
    places: dict[str, int]
    unknown: tuple[tuple[str, str], ...]
    titles: tuple[tuple[int, str, str], ...] = ()

    def cell(self, row: Row, name: str) -> Cell:
        """The cell of a named column; an empty cell of column 0 when the sheet has no such column."""
        return row.cell(self.places.get(name, 0))


def header_key(title: str) -> str:
    """The form in which titles are compared: without notes in brackets, signs, case and look-alikes."""
    bare = re.sub(r"\([^()]*\)", " ", title)
    return " ".join(re.findall(r"\w+", name_key(bare)))


def title_index(columns: Sequence[Column]) -> dict[str, str]:
    """Key of every title and alias → column name."""
    return {header_key(title): column.name for column in columns for title in (column.title, *column.aliases)}


def find_header(rows: Sequence[Row], titles: Mapping[str, str]) -> Header | None:
    """The row among the first 20 of the sheet that holds most known titles, at least three; the upper one of equals."""
    candidates = [_as_header(row, titles) for row in rows if row.number <= HEADER_SEARCH_ROWS]
    best = max(candidates, key=lambda header: len(header.places), default=None)
    return best if best and len(best.places) >= _FEWEST_TITLES else None


def _as_header(row: Row, titles: Mapping[str, str]) -> Header:
    places: dict[str, int] = {}
    unknown, found = [], []
    for cell in row.filled():
        title = " ".join(cell.text.split())[:100]
        name = titles.get(header_key(cell.text), "")
        if name in places:
            name = ""
        if not name:
            unknown.append((column_letter(cell.column), title))
        elif name != LEFT_ASIDE:
            places[name] = cell.column
        found.append((cell.column, title, name))
    return Header(row.number, places, tuple(unknown), tuple(found))
