"""Pre-flight of a ФИС ФРДО file: every rule by which the registry (and the law) would refuse a row. Pure.

A message says what is wrong and which card mends it; rows with the same fault have the same sentence, so that faults are
shown in groups. Rules: the «ДПО» template, п. 18 Порядка № 266 (hours), ст. 76 273-ФЗ (learners).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from app.documents.frdo.frdo_columns import COLUMNS, RUSSIA, FrdoColumn, FrdoFacts, Lists
from app.identifiers import IdentifierError, parse_snils
from app.russian import age
from app.statuses import CertificateKind, Sex
from app.text import says_nothing

ERROR, WARNING = "error", "warning"
#: from this year of issue on the registry asks for СНИЛС, citizenship, form of study and source of money
RECENT = 2021
FIRST_YEAR, FIRST_YEAR_OF_DUPLICATES = 1978, 1955
HOURS = {CertificateKind.CERTIFICATE: range(16, 250), CertificateKind.DIPLOMA: range(250, 100_000)}
ADULT = 18
#: columns before those of the original; values of a column that are remembered as right
_OWN, _REMEMBERED = 31, 4096

#: cards that mend a fault: the field of the facts with the card's id
CARDS: Mapping[str, Callable[[FrdoFacts], int]] = {
    "certificate": lambda f: f.certificate_id,
    "employee": lambda f: f.employee_id,
    "qualification": lambda f: f.qualification_id or 0,
    "program": lambda f: f.program_id,
    "training_group": lambda f: f.group_id,
    "organization": lambda f: f.organizer_id,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a document: ``severity`` error or warning, the column's title, a sentence, the wrong value, the card."""

    severity: str
    column: str
    sentence: str
    value: str
    card: str
    card_id: int


class Preflight:
    """Checks the rows of one file, one after another; it remembers numbers and people, to find what stands twice."""

    def __init__(self, lists: Lists, *, year: int, today: dt.date) -> None:
        self._lists, self._year, self._today = lists.sets, year, today
        #: values of each column that were found right: most stand in many rows
        self._right: list[set[str]] = [set() for _ in COLUMNS]
        self._numbers: set[tuple[str, str, str]] = set()
        self._people: set[tuple[int, str, dt.date]] = set()

    def check(self, facts: FrdoFacts, values: Sequence[str]) -> list[Fault]:
        """Return the faults of a row, in the order of the columns; each row is given once."""
        recent = facts.issued_on.year >= RECENT
        found = []
        # nine of ten rows are no duplicates: their last columns are empty
        last = len(COLUMNS) if facts.original is not None or any(values[_OWN:]) else _OWN
        for column, value, right in zip(COLUMNS[:last], values, self._right, strict=False):
            if value in right:
                continue
            sentence = self._wrong(column, value, facts, recent=recent)
            if sentence:
                found.append(_fault(facts, column, sentence, value))
            elif value and column.number <= _OWN and len(right) < _REMEMBERED:
                right.add(value)
        found += self._together(facts, values)
        return found

    # --- one value ---

    def _wrong(self, column: FrdoColumn, value: str, facts: FrdoFacts, *, recent: bool) -> str:
        if not value:
            return _absence(column, facts, recent=recent)
        if column.needed == "never" or (column.needed == "duplicate" and facts.original is None):
            return "Столбец должен быть пустым."
        allowed = self._lists.get(column.number)
        if allowed is not None:
            return "" if value in allowed else "Такого значения нет в списке ФИС ФРДО. Выберите из списка."
        if len(value) > column.longest:
            return f"Текст длиннее {column.longest} знаков, ФИС ФРДО его не примет. Сократите его."
        return SORTS[column.sort](value)

    # --- values beside each other ---

    def _together(self, f: FrdoFacts, values: Sequence[str]) -> Iterator[Fault]:
        yield from _of_training(f)
        yield from _of_issue(f, self._year, self._today)
        yield from _of_person(f)
        if f.original is not None:
            yield from _of_duplicate(f)
        number = (values[0], values[7][-4:], values[8])
        if number in self._numbers:
            yield _said(
                f, "certificate", 9, "Регистрационный номер в этом году уже есть у другого документа.", values[8]
            )
        self._numbers.add(number)
        same = (f.employee_id, values[10], f.ends_on)
        if same in self._people and f.original is None:
            sentence = (
                "Тот же человек, программа и дата окончания уже есть в файле: проверьте, не выдан ли документ дважды."
            )
            yield _said(f, "certificate", 11, sentence, f.program, WARNING)
        self._people.add(same)


def _absence(column: FrdoColumn, facts: FrdoFacts, *, recent: bool) -> str:
    if column.number == 40 or (column.needed == "duplicate" and facts.original is None):
        return ""
    if column.needed == "snils":
        return (
            "" if not recent or facts.citizenship != RUSSIA else "СНИЛС не указан, а для граждан России он обязателен."
        )
    if column.needed == "recent" and not recent:
        return ""
    return _UNKNOWN.get(column.number, "Не заполнено, а ФИС ФРДО этого требует.")


#: what is said of an empty column where more can be said than that it is empty
_UNKNOWN = {
    12: "В программе не указана область профессиональной деятельности.",
    13: "В программе не указана укрупнённая группа специальностей.",
    14: "В программе переподготовки не указана присваиваемая квалификация.",
    15: "Не указано высшее или среднее профессиональное образование: внесите диплом об образовании.",
    16: "Не указана фамилия в дипломе об образовании: внесите диплом об образовании.",
    18: "Не указан номер диплома об образовании.",
    25: "Не указана дата рождения.",
    26: "Не указан пол.",
    29: "В программе не указан источник финансирования.",
}


def _fault(f: FrdoFacts, column: FrdoColumn, sentence: str, value: str) -> Fault:
    card = column.card
    if card == "qualification" and f.qualification_id is None:
        card = "employee"
    return Fault(ERROR, column.title, sentence, value, card, CARDS[card](f))


def _said(f: FrdoFacts, card: str, column: int, sentence: str, value: str = "", severity: str = ERROR) -> Fault:
    return Fault(severity, COLUMNS[column - 1].title, sentence, value, card, CARDS[card](f))


# --- sorts of text ---------------------------------------------------------------------------------------------------

_SERIES = re.compile(r"[А-ЯЁа-яёA-Za-z0-9 ./-]+")
_REGISTRATION = re.compile(r"[А-ЯЁа-яёA-Za-z0-9()./-]+")
_TEXT = re.compile(r"[ -~А-ЯЁа-яё]+")
_NAME = re.compile(r"[А-ЯЁа-яё.'()]+(?:[ -][А-ЯЁа-яё.'()]+)*")
_CODE = re.compile("[0-9]{3}")
_DAY = re.compile(r"[0-9]{2}\.[0-9]{2}\.[0-9]{4}")
_ALIEN = "Есть знаки, которых ФИС ФРДО не примет. Уберите их."


def _by(pattern: re.Pattern[str], sentence: str) -> Callable[[str], str]:
    return lambda value: "" if pattern.fullmatch(value) else sentence


@lru_cache(maxsize=16384)
def _snils(value: str) -> str:
    # a person has several documents of a year, and the check digits take longer to count than anything else of a row
    try:
        parse_snils(value)
    except IdentifierError:
        return "СНИЛС записан неверно: проверьте цифры, контрольное число не сходится."
    return ""


def _day(value: str) -> str:
    right = _DAY.fullmatch(value) and 1900 <= int(value[6:]) <= 2100
    return "" if right else "Дата записана неверно: нужен вид дд.мм.гггг."


SORTS: Mapping[str, Callable[[str], str]] = {
    "text": _by(_TEXT, _ALIEN),
    "series": _by(_SERIES, "Допустимы только буквы, цифры, пробел, точка, дефис и дробная черта."),
    "registration": _by(_REGISTRATION, "Допустимы только буквы, цифры, скобки, точка, дефис и дробная черта."),
    "name": _by(_NAME, "Допустимы только русские буквы, а между частями — один пробел или дефис."),
    "date": _day,
    "year": lambda _value: "",
    "hours": lambda _value: "",
    "snils": _snils,
    "code": _by(_CODE, "Код страны состоит из трёх цифр, для России 643."),
}


# --- rules over several values ---------------------------------------------------------------------------------------


def _of_training(f: FrdoFacts) -> Iterator[Fault]:
    """Dates and hours of the course."""
    if f.ends_on < f.starts_on:
        yield _said(f, "training_group", 20, "Обучение закончилось раньше, чем началось.")
    first = FIRST_YEAR_OF_DUPLICATES if f.original is not None else FIRST_YEAR
    if f.starts_on.year < first:
        sentence = f"Год начала обучения раньше {first}: ФИС ФРДО таких лет не принимает."
        yield _said(f, "training_group", 19, sentence, str(f.starts_on.year))
    allowed = HOURS[f.kind]
    if f.hours not in allowed:
        words = (
            "Повышение квалификации длится от 16 до 249 часов."
            if f.kind is CertificateKind.CERTIFICATE
            else "Профессиональная переподготовка длится не меньше 250 часов."
        )
        yield _said(f, "program", 21, words, str(f.hours))
    if f.licence_date is None:
        sentence = "В карточке организации нет даты лицензии: портал не может сверить с ней начало обучения."
        yield _said(f, "organization", 19, sentence, "", WARNING)
    elif f.starts_on < f.licence_date:
        sentence = "Обучение началось раньше, чем организация получила лицензию."
        yield _said(f, "organization", 19, sentence, f"{f.starts_on:%d.%m.%Y}")


def _of_issue(f: FrdoFacts, year: int, today: dt.date) -> Iterator[Fault]:
    """The day of issue."""
    day = f.issued_on
    if day < f.ends_on:
        yield _said(f, "certificate", 8, "Документ выдан раньше, чем закончилось обучение.", f"{day:%d.%m.%Y}")
    if day > today:
        yield _said(f, "certificate", 8, "Дата выдачи ещё не наступила.", f"{day:%d.%m.%Y}")
    elif f.ends_on > today:
        yield _said(f, "training_group", 20, "Обучение ещё не закончилось.", f"{f.ends_on:%d.%m.%Y}")
    if day.year != year:
        sentence = f"Дата выдачи не в {year} году, за который формируется файл."
        yield _said(f, "certificate", 8, sentence, f"{day:%d.%m.%Y}")


_FEMALE = re.compile("(?:вна|чна|шна|нична|кызы|гызы)$", re.IGNORECASE)
_MALE = re.compile("(?:вич|ич|оглы|оглу|улы|уулу)$", re.IGNORECASE)


def _of_person(f: FrdoFacts) -> Iterator[Fault]:
    """Age, sex, and a patronymic that only says that there is none."""
    if f.patronymic and says_nothing(f.patronymic):
        sentence = "Это не отчество: очистите поле «Отчество» в карточке и выдайте документ заново."
        yield _said(f, "employee", 24, sentence, f.patronymic)
    if f.birth_date is not None and (f.birth_date > f.ends_on or age(f.birth_date, f.ends_on) < ADULT):
        sentence = f"К концу обучения человеку не было {ADULT} лет: проверьте дату рождения."
        yield _said(f, "employee", 25, sentence, f"{f.birth_date:%d.%m.%Y}")
    if f.sex is not None and f.patronymic:
        other = _MALE if f.sex is Sex.FEMALE else _FEMALE
        if other.search(f.patronymic):
            sentence = "Пол не сходится с отчеством: проверьте, верно ли указан пол."
            yield _said(f, "employee", 26, sentence, f.patronymic, WARNING)


def _of_duplicate(f: FrdoFacts) -> Iterator[Fault]:
    if f.ground is None:
        sentence = "У дубликата не указано, почему он выдан: утрата, обмен или порча оригинала."
        yield _said(f, "certificate", 3, sentence)
    if f.original is not None and f.original.issued_on > f.issued_on:
        day = f"{f.issued_on:%d.%m.%Y}"
        yield _said(f, "certificate", 36, "Дубликат выдан раньше оригинала.", day)
