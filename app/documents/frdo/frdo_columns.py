"""The forty columns of the ФИС ФРДО workbook «ДПО»: the title of each, the fact that fills it, how its text is cleaned. Pure.

The columns are checked by ``frdo_check``, read from the database by ``frdo_source``, written to a file by
``frdo_workbook``.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from app.identifiers import format_snils
from app.statuses import CertificateKind, DuplicateGround, Sex, StudyForm
from app.text import visible

#: what stands where a document has no series, a person no patronymic, a course no qualification
ABSENT, NO_QUALIFICATION = "Нет", "нет"
RUSSIA = "643"


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """The document in whose place a duplicate was issued."""

    kind: CertificateKind
    series: str
    number: str
    registration: str
    issued_on: dt.date
    last_name: str
    first_name: str
    patronymic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FrdoFacts:
    """What is known of one document; unknown texts are empty. Names, program, hours and dates are those printed on it.

    ``qualification_id`` is the diploma of education that was taken (None: the person's card has none), ``by_voucher`` says
    that a block of a чек paid; ``licence_date`` is the organizer's.
    """

    certificate_id: int
    employee_id: int
    qualification_id: int | None
    program_id: int
    group_id: int
    organizer_id: int
    kind: CertificateKind
    ground: DuplicateGround | None
    original: Original | None
    series: str
    number: str
    registration: str
    issued_on: dt.date
    program: str
    program_qualification: str
    area: str
    specialities_group: str
    hours: int
    form: StudyForm
    funding: str
    by_voucher: bool
    education_level: str
    diploma_last_name: str
    diploma_series: str
    diploma_number: str
    diploma_speciality: str
    starts_on: dt.date
    ends_on: dt.date
    last_name: str
    first_name: str
    patronymic: str
    birth_date: dt.date | None
    sex: Sex | None
    snils: str
    citizenship: str
    licence_date: dt.date | None

    @property
    def person(self) -> str:
        """Фамилия Имя Отчество, as printed."""
        return " ".join(filter(None, (self.last_name, self.first_name, self.patronymic)))


@dataclass(frozen=True)
class Lists:
    """Allowed values by the number of the column; a column that is not named takes any text."""

    values: Mapping[int, Sequence[str]]

    @cached_property
    def sets(self) -> Mapping[int, frozenset[str]]:
        """The values as sets, for checking."""
        return {number: frozenset(values) for number, values in self.values.items() if values}

    def pick(self, column: int, wanted: str) -> str:
        """Return the value as the list writes it: the same, else in another letter case, else one that begins so.

        A list that has none of these leaves the wanted text, which the check then names as an error.
        """
        found = self._picked.get((column, wanted))
        if found is None:
            found = self._picked[column, wanted] = self._find(column, wanted)
        return found

    @cached_property
    def _picked(self) -> dict[tuple[int, str], str]:
        return {}

    @cached_property
    def courses(self) -> dict[tuple[object, ...], list[str]]:
        """Rows that are filled as far as the course alone fills them, by the facts of the course: people of a group share it."""
        return {}

    def _find(self, column: int, wanted: str) -> str:
        values, key = self.values.get(column, ()), wanted.casefold()
        if not wanted or wanted in values:
            return wanted
        same = (value for value in values if value.casefold() == key)
        return next(same, next((value for value in values if value.casefold().startswith(key)), wanted))


# --- cleaning --------------------------------------------------------------------------------------------------------

_SIGNS = str.maketrans(
    {
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("«»“”„‟", '"'),
        **dict.fromkeys("’‘ʼ`´′", "'"),
        "№": "N",
        "…": "...",
    }
)
_LOOK_ALIKES = str.maketrans("ABCEHKMOPTXYaceopxyËë", "АВСЕНКМОРТХУасеорхуЁё")
_LATIN = re.compile("[A-Za-z]")


@lru_cache(maxsize=65536)
def clean(text: str) -> str:
    """Return a text as the registry takes it: plain dashes, quotes, apostrophes and blanks, nothing invisible, «N» for «№»."""
    return " ".join(visible(text).translate(_SIGNS).split())


@lru_cache(maxsize=65536)
def clean_name(text: str) -> str:
    """Return a person's name with Cyrillic letters in place of Latin look-alikes; with other Latin letters it stays as it is."""
    name = clean(text)
    if _LATIN.search(name):
        cyrillic = name.translate(_LOOK_ALIKES)
        return name if _LATIN.search(cyrillic) else cyrillic
    return name


@lru_cache(maxsize=65536)
def _date(day: dt.date | None) -> str:
    return f"{day:%d.%m.%Y}" if day else ""


# --- what fills the columns ------------------------------------------------------------------------------------------

Value = Callable[[FrdoFacts, Lists], str]

_KINDS = {
    CertificateKind.CERTIFICATE: ("Удостоверение о повышении квалификации", "Повышение квалификации"),
    CertificateKind.DIPLOMA: ("Диплом о профессиональной переподготовке", "Профессиональная переподготовка"),
}
#: kinds of documents that the registry takes
KINDS = tuple(_KINDS)
_SEXES = {Sex.MALE: "Муж", Sex.FEMALE: "Жен"}
_PLACE = "в образовательной организации"
_VOUCHER_MONEY = re.compile("региональн|субъекта", re.IGNORECASE)
_FUNDING_COLUMN = 29


def _because(column: int, ground: DuplicateGround) -> Value:
    """«Да» for a duplicate issued for this reason."""
    return lambda f, lists: lists.pick(column, "Да" if f.original is not None and f.ground is ground else "Нет")


def _funding(f: FrdoFacts, lists: Lists) -> str:
    """The program's source, as the list writes it; a чек is money of the region (приказ № 52-од)."""
    if f.funding or not f.by_voucher:
        return lists.pick(_FUNDING_COLUMN, clean(f.funding))
    return next((value for value in lists.values.get(_FUNDING_COLUMN, ()) if _VOUCHER_MONEY.search(value)), "")


def _qualification(f: FrdoFacts, _lists: Lists) -> str:
    own = f.program_qualification or ("" if f.kind is CertificateKind.DIPLOMA else f.diploma_speciality)
    return clean(own) or ("" if f.kind is CertificateKind.DIPLOMA else NO_QUALIFICATION)


def _of_original(read: Callable[[Original], str]) -> Value:
    return lambda f, _lists: read(f.original) if f.original is not None else ""


@dataclass(frozen=True, slots=True)
class FrdoColumn:
    """A column: its number from 1, its title as the template has it, the directory's list, the longest text, the sort of its text.

    ``sort`` is one of text, series, registration, name, date, year, hours, snils, code; ``needed``: always, recent (documents
    issued from 2021 on), duplicate or never; ``card`` is the card on which a wrong value is mended.
    """

    number: int
    title: str
    value: Value
    card: str
    list_code: str = ""
    longest: int = 255
    sort: str = "text"
    needed: str = "always"

    @property
    def letter(self) -> str:
        """Letter of the column in Excel."""
        first, second = divmod(self.number - 1, 26)
        return (chr(64 + first) if first else "") + chr(65 + second)


_C, _P, _Q, _E, _G = "certificate", "program", "qualification", "employee", "training_group"

COLUMNS: tuple[FrdoColumn, ...] = (
    FrdoColumn(1, "Вид документа", lambda f, i: i.pick(1, _KINDS[f.kind][0]), _C, "document_kind"),
    FrdoColumn(2, "Статус документа", lambda f, i: i.pick(2, "Дубликат" if f.original else "Оригинал"), _C, "document_status"),
    FrdoColumn(3, "Подтверждение утраты", _because(3, DuplicateGround.LOST), _C, "yes_no"),
    FrdoColumn(4, "Подтверждение обмена", _because(4, DuplicateGround.EXCHANGED), _C, "yes_no"),
    FrdoColumn(5, "Подтверждение уничтожения", _because(5, DuplicateGround.DAMAGED), _C, "yes_no"),
    FrdoColumn(6, "Серия документа", lambda f, _: clean(f.series) or ABSENT, _C, longest=20, sort="series"),
    FrdoColumn(7, "Номер документа", lambda f, _: clean(f.number), _C, longest=30, sort="series"),
    FrdoColumn(8, "Дата выдачи документа", lambda f, _: _date(f.issued_on), _C, sort="date"),
    FrdoColumn(9, "Регистрационный номер", lambda f, _: clean(f.registration), _C, longest=30, sort="registration"),
    FrdoColumn(
        10, "Дополнительная профессиональная программа (повышение квалификации/ профессиональная переподготовка)",
        lambda f, i: i.pick(10, _KINDS[f.kind][1]), _C, "program_kind",
    ),
    FrdoColumn(11, "Наименование дополнительной профессиональной программы", lambda f, _: clean(f.program), _P),
    FrdoColumn(12, "Наименование области профессиональной деятельности", lambda f, i: i.pick(12, clean(f.area)), _P, "areas"),
    FrdoColumn(13, "Укрупненные группы специальностей", lambda f, i: i.pick(13, clean(f.specialities_group)), _P, "ugs"),
    FrdoColumn(14, "Наименование квалификации, профессии, специальности", _qualification, _P),
    FrdoColumn(15, "Уровень образования ВО/СПО", lambda f, i: i.pick(15, f.education_level), _Q, "education_level"),
    FrdoColumn(16, "Фамилия указанная в дипломе о ВО или СПО", lambda f, _: clean_name(f.diploma_last_name), _Q, longest=100, sort="name"),
    FrdoColumn(17, "Серия документа о ВО/СПО", lambda f, _: clean(f.diploma_series) or ABSENT, _Q, longest=20, sort="series"),
    FrdoColumn(18, "Номер документа о ВО/СПО", lambda f, _: clean(f.diploma_number), _Q, longest=30, sort="series"),
    FrdoColumn(19, "Год начала обучения (для документа о квалификации)", lambda f, _: str(f.starts_on.year), _G, sort="year"),
    FrdoColumn(20, "Год окончания обучения (для документа о квалификации)", lambda f, _: str(f.ends_on.year), _G, sort="year"),
    FrdoColumn(21, "Срок обучения, часов (для документа о квалификации)", lambda f, _: str(f.hours), _P, sort="hours"),
    FrdoColumn(22, "Фамилия получателя", lambda f, _: clean_name(f.last_name), _C, longest=50, sort="name"),
    FrdoColumn(23, "Имя получателя", lambda f, _: clean_name(f.first_name), _C, longest=50, sort="name"),
    FrdoColumn(24, "Отчество получателя", lambda f, _: clean_name(f.patronymic) or ABSENT, _C, longest=50, sort="name"),
    FrdoColumn(25, "Дата рождения получателя", lambda f, _: _date(f.birth_date), _E, sort="date"),
    FrdoColumn(26, "Пол получателя", lambda f, i: i.pick(26, _SEXES[f.sex]) if f.sex else "", _E, "sex"),
    FrdoColumn(27, "СНИЛС", lambda f, _: format_snils(f.snils) if len(f.snils) == 11 else f.snils, _E, sort="snils", needed="snils"),
    FrdoColumn(28, "Форма обучения", lambda f, i: i.pick(28, f.form.label.capitalize()), _P, "study_form", needed="recent"),
    FrdoColumn(_FUNDING_COLUMN, "Источник финансирования обучения", _funding, _P, "funding", needed="recent"),
    FrdoColumn(
        30, "Форма получения образования на момент прекращения образовательных отношений",
        lambda _f, i: i.pick(30, _PLACE), _C, "education_form_place", needed="recent",
    ),
    FrdoColumn(31, "Гражданство получателя (код страны по ОКСМ)", lambda f, _: f.citizenship, _E, sort="code", needed="recent"),
    FrdoColumn(32, "Наименование документа об образовании (оригинала)", _of_original(lambda o: _KINDS[o.kind][0]), _C, needed="duplicate"),
    FrdoColumn(33, "Серия (оригинала)", _of_original(lambda o: clean(o.series) or ABSENT), _C, longest=20, sort="series", needed="duplicate"),
    FrdoColumn(34, "Номер (оригинала)", _of_original(lambda o: clean(o.number)), _C, longest=30, sort="series", needed="duplicate"),
    FrdoColumn(35, "Регистрационный N (оригинала)", _of_original(lambda o: clean(o.registration)), _C, longest=30, sort="registration", needed="duplicate"),
    FrdoColumn(36, "Дата выдачи (оригинала)", _of_original(lambda o: _date(o.issued_on)), _C, sort="date", needed="duplicate"),
    FrdoColumn(37, "Фамилия получателя (оригинала)", _of_original(lambda o: clean_name(o.last_name)), _C, longest=50, sort="name", needed="duplicate"),
    FrdoColumn(38, "Имя получателя (оригинала)", _of_original(lambda o: clean_name(o.first_name)), _C, longest=50, sort="name", needed="duplicate"),
    FrdoColumn(39, "Отчество получателя (оригинала)", _of_original(lambda o: clean_name(o.patronymic) or ABSENT), _C, longest=50, sort="name", needed="duplicate"),
    FrdoColumn(40, "Номер документа для изменения", lambda _f, _i: "", _C, needed="never"),
)  # fmt: skip
TITLES: tuple[str, ...] = tuple(column.title for column in COLUMNS)
_VALUES = tuple(column.value for column in COLUMNS)
#: columns that the course alone fills, where the document is no duplicate; the others up to the 31st
_OF_COURSE = (1, 2, 3, 4, 5, 10, 11, 12, 13, 19, 20, 21, 28, 29, 30)
_OF_PERSON = tuple((column.number - 1, column.value) for column in COLUMNS[:31] if column.number not in _OF_COURSE)
#: number of a column → its list in the directory «Значения для ФИС ФРДО»
LIST_CODES: Mapping[int, str] = {column.number: column.list_code for column in COLUMNS if column.list_code}


def frdo_values(facts: FrdoFacts, lists: Lists) -> list[str]:
    """Return the forty texts of a document's row, an empty text where there is nothing."""
    if facts.original is not None:
        return [value(facts, lists) for value in _VALUES]
    values = _values_of_course(facts, lists).copy()
    for place, value in _OF_PERSON:
        values[place] = value(facts, lists)
    return values


def _values_of_course(f: FrdoFacts, lists: Lists) -> list[str]:
    """The texts of ``_OF_COURSE``; the key is every fact that they are made of."""
    key = (
        f.kind, f.program, f.area, f.specialities_group, f.starts_on, f.ends_on, f.hours, f.form, f.funding, f.by_voucher
    )  # fmt: skip
    found = lists.courses.get(key)
    if found is None:
        found = lists.courses[key] = [""] * len(COLUMNS)
        for number in _OF_COURSE:
            found[number - 1] = _VALUES[number - 1](f, lists)
    return found


def differing(old: Sequence[str], new: Sequence[str]) -> list[FrdoColumn]:
    """Columns in which two rows of a document say something else.

    One value written as two lists write it («Муж», «Мужской») is the same: another blank workbook is no edit.
    """
    return [
        column
        for column, before, after in zip(COLUMNS, old, new, strict=True)
        if before != after and not (column.list_code and _same_value(before.casefold(), after.casefold()))
    ]


def _same_value(before: str, after: str) -> bool:
    return bool(before and after) and (before.startswith(after) or after.startswith(before))
