"""Masks of numbers, such as ``63-{year}-{number:06d}``: writing a number by a mask, reading a mask from an example, its words.

People see and type the example, the first number of the year («63-2026-000001»); the mask is what is stored. A mask comes from a form and is never passed to ``str.format``: only the fields below exist, nothing is evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from app.russian import count, quoted

#: longest number that the tables hold
LONGEST = 40
_FIELD = re.compile(r"\{([a-z]+)(?::0?([1-9])d)?\}")
#: field → what it stands for
_MEANING: Mapping[str, str] = {"number": "порядковый номер", "year": "год", "code": "шифр программы"}
_EXAMPLE_CODE = "ПК-12"
#: a whole run of digits that may be the first number: 1, 01, 0001
_FIRST = re.compile(r"(?<!\d)0{0,8}1(?!\d)")


@dataclass(frozen=True, slots=True)
class Shape:
    """What a mask must and may consist of, and an example of it."""

    required: Collection[str]
    allowed: Collection[str]
    example: str
    longest: int = LONGEST


#: column or setting that holds a mask → its shape
SHAPES: Mapping[str, Shape] = {
    # before it stands the prefix of a kind of document, up to three characters
    "certificate_mask": Shape(("number",), ("number", "year"), "{number:04d}/{year}", LONGEST - 3),
    # without the sequence two groups of a program would have one number
    "group_mask": Shape(("number",), ("code", "number", "year"), "{code}-{number}"),
    "voucher_number_mask": Shape(("year", "number"), ("year", "number"), "63-{year}-{number:06d}"),
}


def write_number(mask: str, **values: int | str) -> str:
    """Write a number by a mask: only fields of ``values`` exist; a field that is unknown stays as it stands."""

    def field(found: re.Match[str]) -> str:
        value = values.get(found[1], found[0])
        return f"{value:0{found[2] or 1}d}" if isinstance(value, int) else value

    return _FIELD.sub(field, mask)


def is_mask(mask: str, *, required: Collection[str], allowed: Collection[str], longest: int = LONGEST) -> bool:
    """Whether a mask has every ``required`` field, none but the ``allowed`` ones, and gives no number that is too long."""
    rest = _FIELD.sub("", mask)
    names = {found[1] for found in _FIELD.finditer(mask)}
    fits = len(_FIELD.sub("0" * 9, mask)) <= longest
    return "{" not in rest and "}" not in rest and set(required) <= names <= set(allowed) and fits


def mask_in_words(mask: str, year: int) -> str:
    """Say a mask to people: the first number of ``year`` by it and its parts, «0001/2026 (порядковый номер из 4 цифр, год)».

    A mask that cannot be used comes back as it is: the reader has to mend it.
    """
    if not is_mask(mask, required=(), allowed=_MEANING, longest=10 * LONGEST):
        return mask
    parts = [_part(found[1], int(found[2] or 1)) for found in _FIELD.finditer(mask)]
    example = write_number(mask, number=1, year=year, code=_EXAMPLE_CODE)
    return f"{example} ({', '.join(parts)})" if parts else example


def _part(name: str, digits: int) -> str:
    size = f" из {count(digits, 'цифры', 'цифр', 'цифр')}" if name == "number" and digits > 1 else ""
    return _MEANING[name] + size


# --- typed by example ------------------------------------------------------------------------------------------------


def read_example(typed: str, year: int, allowed: Collection[str]) -> str:
    """Return the mask that is meant by its first number of ``year`` («0001/2026»); what holds braces is a mask already.

    Of several runs of digits that may be the number the longest is it, of equal ones the last.
    """
    if "{" in typed or "}" in typed:
        return typed
    found = typed
    if "code" in allowed:
        found = re.sub(re.escape(_EXAMPLE_CODE), "{code}", found, flags=re.IGNORECASE)
    if "year" in allowed:
        # a form opened before New Year may come back after it
        meant = next((near for near in (year, year - 1, year + 1) if str(near) in found), year)
        found = found.replace(str(meant), "{year}")
    runs = list(_FIRST.finditer(found))
    if not runs:
        return found
    run = max(runs, key=lambda match: (len(match[0]), match.start()))
    field = "{number}" if len(run[0]) == 1 else f"{{number:0{len(run[0])}d}}"
    return found[: run.start()] + field + found[run.end() :]


def write_example(mask: str, year: int) -> str:
    """Return the first number of a year by a mask; the mask itself where the number would be read as another mask."""
    example = write_number(mask, number=1, year=year, code=_EXAMPLE_CODE)
    return example if read_example(example, year, _MEANING) == _plain(mask) else mask


def _plain(mask: str) -> str:
    """The mask as ``read_example`` writes it: «{number:4d}» and «{number:04d}» give the same."""
    return re.sub(r":0?(\d)d", r":0\1d", mask).replace(":01d", "")


def next_numbers(mask: str, year: int) -> str:
    """Say what follows the example, so that people see how it is understood: «0002/2026, 0003/2026; в 2027 году 0001/2027»."""
    second, third = (write_number(mask, number=n, year=year, code=_EXAMPLE_CODE) for n in (2, 3))
    return f"{second}, {third}; в {year + 1} году {write_number(mask, number=1, year=year + 1, code=_EXAMPLE_CODE)}"


def parts_of(name: str, year: int) -> list[tuple[str, str]]:
    """(meaning, text) of the parts that an example of the column or setting ``name`` may be put together of."""
    texts = {"number": "0001", "year": str(year), "code": _EXAMPLE_CODE}
    return [(_MEANING[part], texts[part]) for part in SHAPES[name].allowed]


def why_not(mask: str, name: str, year: int) -> str:
    """Why a mask of the column or setting ``name`` cannot be used, in words; empty where it can."""
    shape = SHAPES[name]
    if is_mask(mask, required=shape.required, allowed=shape.allowed, longest=shape.longest):
        return ""
    example = write_number(shape.example, number=1, year=year, code=_EXAMPLE_CODE)
    shown = quoted(write_number(mask, number=1, year=year, code=_EXAMPLE_CODE))
    reason = _reason(mask, shape, year)
    return f"Вид номера {shown} записан неверно: {reason}. Напишите первый номер {year} года, например {example}"


def _reason(mask: str, shape: Shape, year: int) -> str:
    names = {found[1] for found in _FIELD.finditer(mask)}
    rest = _FIELD.sub("", mask)
    if "{" in rest or "}" in rest or names - set(shape.allowed):
        return "фигурные скобки в номере не нужны"
    if "number" not in names:
        return "нет порядкового номера, а первый номер — это 1, 01, 001 и так далее"
    if set(shape.required) - names:
        return f"нет года {year}"
    return f"номер выйдет длиннее {count(shape.longest, 'знака', 'знаков', 'знаков')}"
