"""Text for a cell or for XML: one list of characters that XML cannot hold, one of those that begin a formula."""

from __future__ import annotations

import re

#: what XML 1.0 cannot hold: control characters, lone surrogates, non-characters
ILLEGAL_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
#: a text that begins so is a formula for a spreadsheet that opens it (or lets it be edited)
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def clean_text(text: str) -> str:
    """Return the text without the characters that XML cannot hold."""
    return ILLEGAL_XML.sub("", text)


def looks_like_formula(text: str) -> bool:
    """Whether a spreadsheet would take the text for a formula."""
    return text.startswith(FORMULA_STARTS)
