"""Text into an openpyxl cell without ever becoming a formula."""

from __future__ import annotations

import re

from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.styles import Alignment

# What XML 1.0 cannot hold.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def as_text(cell: Cell | MergedCell, text: str) -> None:
    """Write a text as text: typed as a string, and quoted where Excel would make a formula of it after editing."""
    cell.value = _CONTROL.sub("", text)
    cell.data_type = "s"
    cell.number_format = "@"
    cell.alignment = Alignment(vertical="top", wrap_text="\n" in text)
    if text.startswith(_FORMULA_STARTS):
        cell.quotePrefix = True
