"""Russian words for screens, letters and papers: plurals, dates, names in cases, quotation marks.

Parts that must stay on one line are joined by non-breaking spaces (NBSP). Everything here takes and returns plain
values and never asks the clock: "today" is always an argument.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any, Literal

from pymorphy3 import MorphAnalyzer
from pytrovich.detector import PetrovichGenderDetector
from pytrovich.enums import Case, Gender, NamePart
from pytrovich.maker import PetrovichDeclinationMaker

from app.text import cleaned

Sex = Literal["male", "female"]
NameCase = Literal["nominative", "genitive", "dative", "accusative"]

NBSP = "\N{NO-BREAK SPACE}"

_MONTHS = (
    "января", "февраля", "марта", "апреля", "мая", "июня",
    "июля", "августа", "сентября", "октября", "ноября", "декабря",
)  # fmt: skip

_CASES = {"genitive": Case.GENITIVE, "dative": Case.DATIVE, "accusative": Case.ACCUSATIVE}
#: the same cases as the dictionary of words calls them
_GRAMMEMES = {"genitive": "gent", "dative": "datv", "accusative": "accs"}
_GENDERS: dict[Sex, Gender] = {"male": Gender.MALE, "female": Gender.FEMALE}
_SEXES: dict[Gender, Sex] = {gender: sex for sex, gender in _GENDERS.items()}

# Stressed French endings that stay as they are; the rules of the library decline them («Золе»).
_INDECLINABLE = frozenset({"золя"})

#: small words of noble and oriental surnames, written small: «фон Бергу», «аль Рашиду»
_PARTICLES = frozenset("фон ван дер ден де да ди дю дос ла ле ля ибн аль эль аз бен тер оглы".split())

_WORD = re.compile(r"[А-ЯЁа-яё'-]+")
_VOWEL = re.compile(r"[аеёиоуыэюя]")
_TAIL = r"(?: ?(?:г|год|года)\.?)?(?: ?р\.?)?(?: 0?0:00(?::00)?)?"
_DOTTED_DATE = re.compile(r"([0-9]{1,2}) ?[./,-] ?([0-9]{1,2}) ?[./,-] ?([0-9]{4}|[0-9]{2})" + _TAIL)
_WORDY_DATE = re.compile(r"([0-9]{1,2})[ .-]*([а-яё]{3,8})\.?[ ,.-]*([0-9]{4}|[0-9]{2})" + _TAIL)
_ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]00:00(?::00(?:\.0+)?)?)?")
_MONTH_NAMES = (
    "январь", "февраль", "март", "апрель", "май", "июнь", "июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь",
)  # fmt: skip
#: of two figures of a year that may lie ahead: so many years from now, else in the past century
_YEARS_AHEAD = 20

_FIRST_YEAR, _LAST_YEAR = 1900, 2100
# Excel's day 0. Smaller serials are refused: a bare year such as 1980 would silently become a day of 1905.
_EXCEL_EPOCH = date(1899, 12, 30)
#: days by which the count of a book of 1904 lags
_DAYS_1904 = 1_462
#: a moment so near to midnight is midnight: programs in zones with odd seconds write 23:59:16 of the day before
_NEAR_MIDNIGHT = timedelta(minutes=2)
_EXCEL_SERIALS = range(10_000, 73_416)


class RussianDateError(ValueError):
    """The text is no date; `str()` of it is a Russian sentence for the user."""


# --- numbers -------------------------------------------------------------------------------------------------------


def plural(n: int, one: str, few: str, many: str) -> str:
    """Choose the form that agrees with `n`: 1 час, 2 часа, 5 часов, 11 часов, 21 час."""
    n = abs(n)
    if n % 100 in range(11, 15):
        return many
    if n % 10 == 1:
        return one
    return few if n % 10 in (2, 3, 4) else many


def number(n: int) -> str:
    """Write an integer with thousands parted by NBSP: «12 500»."""
    return f"{n:,}".replace(",", NBSP)


def count(n: int, one: str, few: str, many: str) -> str:
    """Write a number with its noun: «72 часа»."""
    return f"{number(n)}{NBSP}{plural(n, one, few, many)}"


def count_up_to(n: int, most: int, one: str, few: str, many: str) -> str:
    """Write a number that was counted up to ``most`` with its noun: «72 часа», «больше 1000 часов»."""
    return count(n, one, few, many) if n <= most else f"больше {number(most)}{NBSP}{many}"


def years(n: int) -> str:
    """Write an age or a seniority: «17 лет»."""
    return count(n, "год", "года", "лет")


# --- dates ---------------------------------------------------------------------------------------------------------


def format_date(day: date) -> str:
    """Write a date in figures: «03.02.2025»."""
    return f"{day.day:02}.{day.month:02}.{day.year:04}"


def no_later(day: date) -> str:
    """Write the last day to act, which is included: «не позже 03.02.2025»."""
    return f"не позже {format_date(day)}"


def format_datetime(moment: datetime, tz: tzinfo | None = None) -> str:
    """Write an aware moment in figures, in `tz` if given: «03.02.2025 14:05». A naive one raises ValueError."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone has no local time")
    local = moment.astimezone(tz) if tz else moment
    return f"{format_date(local)} {local.hour:02}:{local.minute:02}"


def long_date(day: date) -> str:
    """Write a date in words: «11 мая 2016 г.»."""
    return NBSP.join((day_and_month(day), str(day.year), "г."))


def period(first: date, last: date) -> str:
    """Write a period, naming an equal month and year once: «с 3 по 14 февраля 2025 г.»; one day is a plain date.

    Before «второго» the preposition is «со»: «со 2 по 14 февраля 2025 г.».
    """
    if last < first:
        raise ValueError("a period ends before it starts")
    if first == last:
        return long_date(first)
    since = "со" if first.day == 2 else "с"
    return f"{since}{NBSP}{_period_start(first, last)} по{NBSP}{long_date(last)}"


def _period_start(first: date, last: date) -> str:
    if first.year != last.year:
        return long_date(first)
    return str(first.day) if first.month == last.month else day_and_month(first)


def percent(some: int, whole: int, *, least: int = 0) -> str:
    """Write a share in whole per cent, rounded half up: «43 %»; «—» of nothing.

    «100 %» is said of all only, «0 %» of none only: what rounding would make of 999 or of 1 in a thousand is 99 % and 1 %.
    Nor does a share below the ``least`` that is wanted become it: it gets a decimal, «74,9 %» of 75.
    """
    if whole <= 0:
        return "—"
    rounded = (200 * some + whole) // (2 * whole)
    if 0 < some < whole:
        rounded = min(max(rounded, 1), 99)
    if 100 * some < least * whole and rounded >= least:
        tenths = min((2000 * some + whole) // (2 * whole), 10 * least - 1)
        return f"{tenths // 10},{tenths % 10}{NBSP}%"
    return f"{rounded}{NBSP}%"


def day_and_month(day: date) -> str:
    """Write a day without its year: «1 ноября»."""
    return f"{day.day}{NBSP}{_MONTHS[day.month - 1]}"


def in_month(day: date) -> str:
    """Write when, by the month alone: «в декабре»."""
    return f"в{NBSP}{_MONTH_NAMES[day.month - 1].rstrip('ьй')}е"


def parse_date(value: object, *, today: date | None = None, past: bool = False, is_1904: bool = False) -> date:
    """Read a date from a form or an Excel cell.

    Takes a date, a moment, an Excel serial number (from 18.05.1927 on; ``is_1904``: counted as old Macs do) and the texts
    дд.мм.гггг (also with «/», «-», «,»), дд.мм.гг, «12 марта 1980 г.» and гггг-мм-дд. Two figures of a year are understood
    when ``today`` is given: for what lies in the ``past`` the latest such year, else one up to twenty years ahead.
    A moment within two minutes of midnight is that midnight. Years 1900–2100. Raises RussianDateError.
    """
    if isinstance(value, datetime):
        return _within_range((value + _NEAR_MIDNIGHT).date())
    if isinstance(value, date):
        return _within_range(value)
    if isinstance(value, (int, float)):
        return _from_serial(value, days_off=_DAYS_1904 if is_1904 and not isinstance(value, bool) else 0)
    text = cleaned(str(value or ""))
    if not text:
        raise RussianDateError("Дата не указана: впишите её в виде дд.мм.гггг")
    return _from_text(text, today, past=past)


def has_time_of_day(value: object) -> bool:
    """Whether a cell that should hold a day holds a moment of it, farther from midnight than programs err by."""
    if isinstance(value, datetime):
        moment = value + _NEAR_MIDNIGHT
        return timedelta(hours=moment.hour, minutes=moment.minute) >= 2 * _NEAR_MIDNIGHT
    if isinstance(value, float) and abs(value) < 10**9:
        return abs(value - round(value)) > _NEAR_MIDNIGHT / timedelta(days=1)
    return False


def _from_serial(serial: float, *, days_off: int) -> date:
    # The comparison also refuses NaN, infinity and booleans, which are integers for Python.
    if not _EXCEL_SERIALS.start <= serial + days_off < _EXCEL_SERIALS.stop:
        raise _wrong_shape(str(serial))
    return _EXCEL_EPOCH + timedelta(days=int(serial + days_off + _NEAR_MIDNIGHT / timedelta(days=1)))


def _from_text(text: str, today: date | None, *, past: bool) -> date:
    small = text.lower()
    if match := _DOTTED_DATE.fullmatch(small):
        day, month, year = match.groups()
    elif match := _ISO_DATE.fullmatch(text):
        year, month, day = match.groups()
    elif (match := _WORDY_DATE.fullmatch(small)) and (number := _month_of(match[2])):
        day, month, year = match[1], str(number), match[3]
    else:
        raise _wrong_shape(text)
    if len(year) == 2:
        year = _full_year(int(year), today, text, past=past)
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        raise RussianDateError(f"Даты {day:0>2}.{month:0>2}.{year} не существует") from None
    return _within_range(found)


def _month_of(word: str) -> int:
    """Number of a month by the beginning of its name in either case («мар», «марта», «март»), 0 for another word."""
    pairs = zip(_MONTHS, _MONTH_NAMES, strict=True)
    return next((number for number, names in enumerate(pairs, 1) if any(name.startswith(word) for name in names)), 0)


def _full_year(year: int, today: date | None, text: str, *, past: bool) -> str:
    """«85» → «1985», «07» → «2007»."""
    if today is None:
        raise _wrong_shape(text)
    latest = today.year + (0 if past else _YEARS_AHEAD)
    return str(latest - (latest - year) % 100)


def _within_range(day: date) -> date:
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise RussianDateError(f"Год {day.year} вне допустимых: от {_FIRST_YEAR} до {_LAST_YEAR}")
    return day


def _wrong_shape(text: str) -> RussianDateError:
    shown = text if len(text) <= 30 else f"{text[:30]}…"
    return RussianDateError(f"Дата пишется дд.мм.гггг, например 03.02.1980, а здесь «{shown}»")


def age(birth: date, on: date) -> int:
    """Return full years of life on a day; one born on 29 February turns a year older on 1 March of a common year."""
    if on < birth:
        raise ValueError("the day lies before the birth")
    return _full_years(birth, on)


def seniority(start: date, on: date) -> int:
    """Return full years of work since `start`; 0 while the work has not begun."""
    return max(0, _full_years(start, on))


def _full_years(start: date, end: date) -> int:
    return end.year - start.year - ((end.month, end.day) < (start.month, start.day))


# --- names ---------------------------------------------------------------------------------------------------------


def full_name(last: str, first: str, patronymic: str | None = None) -> str:
    """Join the parts of a name that exist: «Иванова Мария Петровна»."""
    return " ".join(filter(None, (last, first, patronymic)))


def initials(last: str, first: str, patronymic: str | None = None) -> str:
    """Write a surname and initials on one line: «Иванова М. П.»."""
    return NBSP.join(filter(None, (last, _initial(first), _initial(patronymic))))


def initials_first(last: str, first: str, patronymic: str | None = None) -> str:
    """Write initials before the surname, as under a signature: «М. П. Иванова»."""
    return NBSP.join(filter(None, (_initial(first), _initial(patronymic), last)))


def as_signed(name: str | None) -> str:
    """Write a full name as it stands under a signature («М. П. Иванова»); a name already short stays."""
    parts = (name or "").split()
    if len(parts) in (2, 3) and not any("." in part for part in parts):
        return initials_first(*parts)
    return " ".join(parts)


def _initial(name: str | None) -> str:
    """Shorten one name; both parts of a double one count: «Анна-Мария» → «А.-М.», «Гасан-оглы» → «Г.»."""
    if not name:
        return ""
    letters = [part[0] for part in name.split("-") if part[:1].isupper()] or [name[0].upper()]
    return "-".join(f"{letter}." for letter in letters)


def guess_sex(last: str | None, first: str | None, patronymic: str | None = None) -> Sex | None:
    """Guess the sex by the name, the patronymic deciding; None when the name does not tell («Саша Ткач»)."""
    gender = _detector().detect(lastname=last or "", firstname=first or "", middlename=patronymic or "")
    return _SEXES.get(gender)


def decline_name(last: str, first: str, patronymic: str | None = None, *, case: NameCase, sex: Sex | None) -> str:
    """Put a full name into a case: «Ивановой Марии Петровне».

    An unknown sex is guessed; if the name does not tell, it stays in the nominative, because a name in a wrong form
    offends more than an undeclined one. Families differ («Зайцу», «Заяцу»): keep a field for a correction.
    """
    sex = sex or guess_sex(last, first, patronymic)
    if case == "nominative" or sex is None:
        return full_name(last, first, patronymic)

    def decline(part: NamePart, name: str | None) -> str:
        return _WORD.sub(lambda match: _decline_word(part, match[0], _GENDERS[sex], _CASES[case]), name or "")

    return full_name(
        decline(NamePart.LASTNAME, last), decline(NamePart.FIRSTNAME, first), _decline_patronymic(patronymic, sex, case)
    )


def _decline_patronymic(patronymic: str | None, sex: Sex, case: NameCase) -> str:
    # Taken whole: in «Гасан оглы» neither word is declined, and only the last word shows it.
    return _decline_word(NamePart.MIDDLENAME, patronymic, _GENDERS[sex], _CASES[case]) if patronymic else ""


def _decline_word(part: NamePart, word: str, gender: Gender, case: Case) -> str:
    if word.lower() in _INDECLINABLE or word in _PARTICLES:
        return word
    pieces = word.split("-")
    if part == NamePart.LASTNAME and any(map(_is_noun_in_oj, pieces)):
        return "-".join(_decline_piece(piece, gender, case) for piece in pieces)
    return str(_maker().make(part, gender, case, word))


def _decline_piece(piece: str, gender: Gender, case: Case) -> str:
    """A part of a double surname of which one is a noun in -ой: of a man «Строя», «Строю», of a woman «Строй»."""
    if not _is_noun_in_oj(piece):
        return str(_maker().make(NamePart.LASTNAME, gender, case, piece))
    return piece if gender == Gender.FEMALE else piece[:-1] + ("ю" if case == Case.DATIVE else "я")


@lru_cache(maxsize=1000)
def _is_noun_in_oj(surname: str) -> bool:
    """Whether a surname in -ой is a noun («Строй», «Герой», «Цой») and no adjective («Толстой», «Злой»)."""
    word = surname.lower()
    if not word.endswith("ой"):
        return False
    tags = [parse.tag for parse in _analyzer().parse(word) if parse.is_known]
    if any({"ADJF", "masc", "nomn"} in tag for tag in tags):
        return False
    return len(_VOWEL.findall(word)) == 1 or any({"NOUN", "masc", "nomn"} in tag and "Surn" not in tag for tag in tags)


def decline_post(post: str, *, case: NameCase) -> str:
    """Put the name of a post into a case: «исполняющего обязанности директора», «старшего воспитателя».

    Declined are the adjectives before the first noun and that noun; what follows is there already in its own case. A word
    that is not in the nominative («и. о. директора») ends the declension at once.
    """
    if case == "nominative":
        return post
    words = post.split()
    for place, word in enumerate(words):
        parses = _analyzer().parse(word)
        if "nomn" not in parses[0].tag:
            break
        adjective = next((found for found in parses if {"ADJF", "nomn"} in found.tag), None)
        is_last = place == len(words) - 1
        chosen = parses[0] if adjective is None or is_last else adjective
        inflected = chosen.inflect({_GRAMMEMES[case]})
        if inflected is not None:
            words[place] = inflected.word.capitalize() if word[:1].isupper() else inflected.word
        if chosen is not adjective:
            break
    return " ".join(words)


@lru_cache(maxsize=1)
def _analyzer() -> MorphAnalyzer:
    return MorphAnalyzer(lang="ru")


@lru_cache(maxsize=1)
def _maker() -> PetrovichDeclinationMaker:
    return PetrovichDeclinationMaker()


@lru_cache(maxsize=1)
def _detector() -> Any:  # the library leaves the detector's signature untyped
    return PetrovichGenderDetector()


def capitalized(text: str) -> str:
    """Return the text with its first letter capital and the others as they are."""
    return text[:1].upper() + text[1:]


def unbroken(number: str) -> str:
    """Return a number that no line breaks («МАТ-20/2026-2»): hard hyphens and blanks; a slash breaks no line."""
    return number.replace("-", "\u2011").replace(" ", NBSP)


_BOUND = re.compile(
    r"(?<=№) |(?<=\d) (?=(?:%|ч|чел\.|МБ|КБ|мм)(?!\w))|(?<=\b[а-яёА-ЯЁ]) (?=\S)"
    r"|(?<=\b(?:на|по|за|от|до|из|не|об|во|ко|со|На|По|За|От|До|Из|Не|Об|Во|Ко|Со)) (?=\S)"
)


def bound(title: str) -> str:
    """Return a title in which «№», numbers and short words never stand apart from what they belong to: «Чек № 15»."""
    return _BOUND.sub(NBSP, title)


_TWO_STOPS = re.compile(r"(?<![.?!/])\.\.(?![.\w/])")


def stopped(text: str) -> str:
    """Return the text with one full stop where an abbreviation ends the sentence: «Выдал Петров Л. И..» → «… Л. И.».

    An ellipsis, «?..», «!..» and a path («../») stay.
    """
    return _TWO_STOPS.sub(".", text)


# --- quotation marks -----------------------------------------------------------------------------------------------


_SWAPPED = str.maketrans("«»„“", "„“«»")


def quoted(title: str) -> str:
    """Return the title in «ёлочки», with „лапки“ in place of «ёлочки» inside it; outer quotes are not doubled.

    Marks take turns: what stands in „лапки“ inside the «ёлочки» of the title gets «ёлочки» again.
    """
    bare = title.strip()
    if bare.startswith("«") and bare.endswith("»") and bare.count("«") == 1:
        bare = bare[1:-1]
    if "«" in bare or "»" in bare:
        bare = bare.translate(_SWAPPED)
    return "«" + bare + "»" if bare else ""
