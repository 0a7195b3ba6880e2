"""Identifiers of people and organizations: read, check, write, hide.

`parse_*` takes the text of a form or of an Excel cell (with blanks and dashes, digits only, a number that lost its
leading zeros), returns the one normal form that is stored, and raises IdentifierError with a Russian sentence that says
what is wrong. `format_*` and `mask_*` take the normal form only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import Literal

from app.text import APOSTROPHES, cleaned, name_key, plain_dashes, says_nothing

_APOSTROPHES = str.maketrans(dict.fromkeys(APOSTROPHES, "'"))

NameKind = Literal["фамилия", "имя", "отчество"]

# Latin letters drawn like Cyrillic ones. In upper case they are more than in lower case.
_LATIN_TO_CYRILLIC = str.maketrans("ABCEHKMOPTXYaceopxyËë", "АВСЕНКМОРТХУасеорхуЁё")
_CYRILLIC_TO_LATIN = str.maketrans("АВСЕНКМОРТХУ", "ABCEHKMOPTXY")


class IdentifierError(ValueError):
    """The value is not what it should be; `str()` of it is a Russian sentence for the user."""


# --- what a cell or a field holds ----------------------------------------------------------------------------------


def _clean(value: object) -> str:
    """Return the visible text of a cell or a field in one line, composed (и + ̆ → й), without blanks at the ends.

    A formula is refused everywhere: no name or number begins with «=».
    """
    text = cleaned(_to_text(value))
    if text.startswith("="):
        raise IdentifierError("В ячейке формула (значение начинается со знака «=»): впишите само значение")
    return text


def _to_text(value: object) -> str:
    if value is None:
        return ""
    if _is_number(value) and isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() else str(value)
    return str(value)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _read_digits(value: object, name: str, lengths: tuple[int, ...], *, lost_zeros: int = 0) -> str:
    """Return the digits of an identifier of one of `lengths`.

    Blanks and dashes between digits are dropped. A number, unlike a text, gets back up to `lost_zeros` leading zeros.
    """
    text = plain_dashes(_clean(value)).replace(" ", "").replace("-", "")
    if not text:
        raise IdentifierError(f"{name}: не заполнено")
    if strangers := re.findall(r"[^0-9]", text):
        raise IdentifierError(f"{name} состоит только из цифр, а здесь есть {_quote_characters(strangers)}")
    if _is_number(value):
        text = _restore_zeros(text, lengths, lost_zeros)
    if len(text) not in lengths:
        raise IdentifierError(f"{name}: нужно {_join_lengths(lengths)} цифр, а здесь {len(text)}")
    if not text.strip("0"):
        raise IdentifierError(f"{name} не может состоять из одних нулей")
    return text


def _restore_zeros(digits: str, lengths: tuple[int, ...], lost_zeros: int) -> str:
    whole = next((length for length in sorted(lengths) if 0 <= length - len(digits) <= lost_zeros), len(digits))
    return digits.zfill(whole)


def _join_lengths(lengths: tuple[int, ...]) -> str:
    return " или ".join(map(str, lengths))


def _quote_characters(characters: Iterable[str]) -> str:
    """Name the wrong characters once each, three at most: «О», «З»."""
    return ", ".join(f"«{character}»" for character in list(dict.fromkeys(characters))[:3])


def _weighted_sum(digits: str, weights: Iterable[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


# --- СНИЛС ---------------------------------------------------------------------------------------------------------

# Numbers up to this one were issued before the control number was introduced.
_LAST_SNILS_WITHOUT_CONTROL = 1_001_998


def parse_snils(value: object) -> str:
    """Return the 11 digits of a СНИЛС whose control number agrees. A number may have lost its two leading zeros."""
    digits = _read_digits(value, "СНИЛС", (11,), lost_zeros=2)
    if int(digits[:9]) > _LAST_SNILS_WITHOUT_CONTROL and _snils_control(digits) != int(digits[9:]):
        raise IdentifierError("Контрольное число СНИЛС не сходится: проверьте цифры")
    return digits


def _snils_control(digits: str) -> int:
    return _weighted_sum(digits, range(9, 0, -1)) % 101 % 100


def format_snils(snils: str) -> str:
    """Write a СНИЛС as on its card: «112-233-445 95»."""
    return f"{snils[:3]}-{snils[3:6]}-{snils[6:9]} {snils[9:]}"


def mask_snils(snils: str) -> str:
    """Hide a СНИЛС but for its end, for lists: «***-***-445 95»."""
    return f"***-***-{snils[6:9]} {snils[9:]}"


# --- organizations -------------------------------------------------------------------------------------------------

# Each control digit of an ИНН weighs the digits before it with the tail of this row: 9 of them for the tenth digit,
# 10 for the eleventh, 11 for the twelfth.
_INN_WEIGHTS = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)

_OGRN_LENGTH = 13

_KPP = re.compile(r"[0-9]{4}[0-9A-Z]{2}[0-9]{3}")
_KPP_LENGTH = 9


def parse_inn(value: object) -> str:
    """Return the 10 (organization) or 12 (person) digits of an ИНН whose control digits agree."""
    digits = _read_digits(value, "ИНН", (10, 12), lost_zeros=1)
    positions = (9,) if len(digits) == 10 else (10, 11)
    if any(_inn_control(digits[:position]) != digits[position] for position in positions):
        raise IdentifierError("Контрольное число ИНН не сходится: проверьте цифры")
    return digits


def _inn_control(digits: str) -> str:
    return str(_weighted_sum(digits, _INN_WEIGHTS[-len(digits) :]) % 11 % 10)


def parse_ogrn(value: object) -> str:
    """Return the 13 digits of an ОГРН or the 15 of an ОГРНИП whose control digit agrees."""
    digits = _read_digits(value, "ОГРН", (13, 15))
    name, divisor = ("ОГРН", 11) if len(digits) == _OGRN_LENGTH else ("ОГРНИП", 13)
    if int(digits[:-1]) % divisor % 10 != int(digits[-1]):
        raise IdentifierError(f"Контрольное число {name} не сходится: проверьте цифры")
    return digits


def parse_kpp(value: object) -> str:
    """Return the 9 characters of a КПП: four digits, two digits or Latin capitals, three digits. It has no control."""
    text = plain_dashes(_clean(value)).replace(" ", "").replace("-", "").upper().translate(_CYRILLIC_TO_LATIN)
    if _is_number(value):
        text = _restore_zeros(text, (_KPP_LENGTH,), 1)
    if not text:
        raise IdentifierError("КПП: не заполнено")
    if len(text) != _KPP_LENGTH:
        raise IdentifierError(f"КПП: нужно {_KPP_LENGTH} знаков, а здесь {len(text)}")
    if not _KPP.fullmatch(text):
        raise IdentifierError("КПП состоит из цифр, только пятый и шестой знаки могут быть латинскими буквами")
    if not text.strip("0"):
        raise IdentifierError("КПП не может состоять из одних нулей")
    return text


def parse_oktmo(value: object) -> str:
    """Return the 8 digits of the ОКТМО of a municipality or the 11 of a settlement. It has no control."""
    return _read_digits(value, "ОКТМО", (8, 11), lost_zeros=1)


# --- phone and e-mail ----------------------------------------------------------------------------------------------

_PHONE_EXAMPLE = "+7 (846) 123-45-67"
_EXTENSION = re.compile(r"доб|вн|ext|[#xх*]", re.IGNORECASE)
_PHONE_CHARACTERS = re.compile(r"\+?[0-9 ().-]+")
_NATIONAL_PHONE = re.compile(r"[3-9][0-9]{9}")
_SEVERAL = re.compile(r"[,;/]|\bи\b")

_EMAIL_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_EMAIL_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_EMAIL = re.compile(rf"{_EMAIL_ATOM}(?:\.{_EMAIL_ATOM})*@(?:{_EMAIL_LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]{{2,59}})")
_EMAIL_LENGTH, _EMAIL_LOCAL_LENGTH = 254, 64


def parse_phone(value: object) -> str:
    """Return one Russian phone number as +7 and ten digits (E.164); takes 8…, +7…, 7… and ten digits."""
    text = plain_dashes(_clean(value))
    _check_phone_text(text)
    digits = re.sub(r"[^0-9]", "", text)
    if len(digits) == 11 and digits[0] in ("7" if text.startswith("+") else "78"):
        digits = digits[1:]
    elif text.startswith("+"):
        raise IdentifierError(f"После «+» нужны цифра 7 и ещё 10 цифр российского номера, например {_PHONE_EXAMPLE}")
    if len(digits) != 10:
        raise IdentifierError(f"В номере телефона нужно 10 цифр после +7 или 8, например {_PHONE_EXAMPLE}")
    if not _NATIONAL_PHONE.fullmatch(digits):
        raise IdentifierError(f"Код города или оператора не может начинаться с цифры {digits[0]}: проверьте номер")
    return f"+7{digits}"


def _check_phone_text(text: str) -> None:
    if not text:
        raise IdentifierError("Номер телефона: не заполнено")
    if _EXTENSION.search(text):
        raise IdentifierError(f"Добавочный номер хранить нельзя: оставьте только сам номер, например {_PHONE_EXAMPLE}")
    if _SEVERAL.search(text):
        raise IdentifierError("Укажите один номер телефона")
    if not _PHONE_CHARACTERS.fullmatch(text):
        strangers = re.findall(r"[^0-9 ().-]", text)
        raise IdentifierError(f"В номере телефона лишние знаки {_quote_characters(strangers)}: оставьте только цифры")


def format_phone(phone: str) -> str:
    """Write a phone number for people: «+7 (927) 123-45-67»."""
    return f"{phone[:2]} ({phone[2:5]}) {phone[5:8]}-{phone[8:10]}-{phone[10:]}"


def parse_email(value: object) -> str:
    """Return an e-mail address in lower case. Only Latin addresses: letters to others do not reach every server."""
    text = _clean(value).lower()
    if not text:
        raise IdentifierError("Адрес электронной почты: не заполнено")
    if strangers := re.findall(r"[^\x00-\x7f]", text):
        raise IdentifierError(f"В адресе электронной почты нелатинские знаки {_quote_characters(strangers)}")
    if text.count("@") > 1:
        raise IdentifierError("Укажите один адрес электронной почты")
    if " " in text:
        raise IdentifierError("В адресе электронной почты не должно быть пробелов")
    if len(text) > _EMAIL_LENGTH or text.find("@") > _EMAIL_LOCAL_LENGTH or not _EMAIL.fullmatch(text):
        raise IdentifierError(f"«{text[:60]}» не похоже на адрес электронной почты вида имя@example.ru")
    return text


# --- names of people -----------------------------------------------------------------------------------------------

# What ФИС ФРДО takes in a name.
_NAME = re.compile(r"[А-ЯЁа-яё .'()-]+")
_NAME_LENGTH = 100
_NAME_SEPARATORS = re.compile(r"([ .()-]+)")
# Second words of Turkic patronymics and surnames are written small («Гасан оглы»). Particles are left small where they
# were typed so («фон Берг»), but never made small: «Ван Ли» has none.
_SMALL_ENDINGS = frozenset({"оглы", "оглу", "кызы", "гызы", "улы", "уулу", "заде"})
_PARTICLES = frozenset({"фон", "ван", "дер", "де", "да", "ди", "ибн", "аль", "эль", "бен", "ла", "ля", "тер"})


def parse_person_name(value: object, *, kind: NameKind) -> str:
    """Return a surname, first name or patronymic as it is stored: Cyrillic, single blanks, ё kept as typed.

    Latin look-alikes inside Cyrillic words are replaced; words typed all in capitals or all in small letters get one
    capital. `kind` names the field in the message.
    """
    name = _tidy_name(value)
    _check_name(name, kind.capitalize(), is_optional=kind == "отчество")
    return _fix_case(name)


def parse_patronymic(value: object) -> str | None:
    """Return a patronymic as it is stored, None for what only says that there is none: «нет», «не имеет», «-»."""
    return None if says_nothing(_clean(value)) else parse_person_name(value, kind="отчество")


def _tidy_name(value: object) -> str:
    text = plain_dashes(_clean(value)).translate(_APOSTROPHES)
    text = re.sub(r" ?- ?", "-", text)
    return "".join(_replace_look_alikes(word) for word in _NAME_SEPARATORS.split(text))


def _replace_look_alikes(word: str) -> str:
    """Turn the Latin letters of a word into Cyrillic ones if it has Cyrillic letters too and all of them have twins."""
    replaced = word.translate(_LATIN_TO_CYRILLIC)
    return replaced if re.search(r"[А-ЯЁа-яё]", word) and not re.search(r"[A-Za-z]", replaced) else word


def _check_name(name: str, label: str, *, is_optional: bool) -> None:
    absent = ": если его нет, оставьте поле пустым" if is_optional else ""
    if not name:
        raise IdentifierError(f"{label}: не заполнено")
    if is_optional and says_nothing(name):
        raise IdentifierError(f"{label}{absent}")
    if not _NAME.fullmatch(name):
        raise IdentifierError(f"{label}: {_explain_characters(name)}")
    if name.startswith("-") or name.endswith("-") or "--" in name:
        raise IdentifierError(f"{label}: дефис может стоять только один и только между частями{absent}")
    if not re.match(r"[А-ЯЁа-яё]", name):
        raise IdentifierError(f"{label}: значение должно начинаться с буквы")
    if len(name) > _NAME_LENGTH:
        raise IdentifierError(f"{label}: не больше {_NAME_LENGTH} знаков, а здесь {len(name)}")


def _explain_characters(name: str) -> str:
    strangers = re.findall(r"[^А-ЯЁа-яё .'()-]", name)
    if all(re.match(r"[A-Za-z]", character) for character in strangers):
        return f"латинские буквы {_quote_characters(strangers)}, нужны русские"
    return f"недопустимые знаки {_quote_characters(strangers)}, нужны русские буквы"


def _fix_case(name: str) -> str:
    particles = frozenset() if name.islower() else _PARTICLES
    first, *others = _NAME_SEPARATORS.split(name)
    return _capitalise(first, particles) + "".join(_capitalise_later(word, particles) for word in others)


def _capitalise_later(word: str, particles: frozenset[str]) -> str:
    """Give a capital to a word after the first, unless it is one that is written small there."""
    is_small = word.lower() in _SMALL_ENDINGS and not word.istitle()
    return word.lower() if is_small else _capitalise(word, particles)


def _capitalise(word: str, particles: frozenset[str]) -> str:
    """Give one capital to a word typed in one case; a particle typed small and a word in mixed case stay."""
    lower = word.lower()
    if word in particles or word not in (lower, word.upper()):
        return word
    # О'Нил, Д'Артаньян: the part after a one-letter particle begins with a capital too.
    return re.sub(r"^[а-яё](?:'[а-яё])?", lambda match: match[0].upper(), lower)


# --- comparing ------------------------------------------------------------------------------------------------------

_ALIKE_ENOUGH = 0.6
_WORDS_INSIDE = 0.8


def suggest(text: str, choices: Iterable[str], *, limit: int = 3) -> list[str]:
    """Return up to `limit` choices nearest to `text`, best first; none when nothing is alike.

    A choice all of whose words occur in the text (or the other way round) counts as near: «учитель математики» →
    «Учитель».
    """
    key = name_key(text)
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(key)
    scored = [(_likeness(matcher, key, name_key(choice)), choice) for choice in dict.fromkeys(choices)]
    near = sorted((-score, choice) for score, choice in scored if score >= _ALIKE_ENOUGH)
    return [choice for _, choice in near[:limit]]


def _likeness(matcher: SequenceMatcher[str], key: str, other: str) -> float:
    if not key or not other:
        return 0.0
    matcher.set_seq1(other)
    words, other_words = set(re.findall(r"\w+", key)), set(re.findall(r"\w+", other))
    if words <= other_words or other_words <= words:
        return _WORDS_INSIDE + (1 - _WORDS_INSIDE) * matcher.ratio()
    return matcher.ratio() if matcher.quick_ratio() >= _ALIKE_ENOUGH else 0.0
