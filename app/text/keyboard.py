"""The other keyboard layout: the keys that give «журнал» in Russian give «;ehyfk» in English."""

from __future__ import annotations

_LATIN = "`qwertyuiop[]asdfghjkl;'zxcvbnm,." + '~QWERTYUIOP{}ASDFGHJKL:"ZXCVBNM<>'
_CYRILLIC = "ёйцукенгшщзхъфывапролджэячсмитьбю"
_CYRILLIC += _CYRILLIC.upper()
_OTHER = str.maketrans(_LATIN + _CYRILLIC, _CYRILLIC + _LATIN)


def other_layout(typed: str) -> str:
    """Return what the same keys give in the other layout, both ways; digits and signs of neither stay."""
    return typed.translate(_OTHER)


def is_latin(typed: str) -> bool:
    """Whether there are letters in the text and all of them are of the Latin alphabet."""
    letters = [sign for sign in typed if sign.isalpha()]
    return bool(letters) and all(sign.isascii() for sign in letters)
