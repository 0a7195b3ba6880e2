"""Masks of numbers, such as ``63-{year}-{number:06d}``: writing a number by a mask, and describing the mask in words.

A mask comes from a form and is never passed to ``str.format``: only the fields below exist, nothing is evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from app.russian import count

#: longest number that the tables hold
LONGEST = 40
_FIELD = re.compile(r"\{([a-z]+)(?::0?([1-9])d)?\}")
#: field → what it stands for
_MEANING: Mapping[str, str] = {"number": "порядковый номер", "year": "год", "code": "шифр программы"}
_EXAMPLE_CODE = "ПК-12"


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
