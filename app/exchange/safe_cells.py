"""Writes text into an openpyxl cell so that it never becomes a formula."""

from __future__ import annotations

from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.styles import Alignment

from app.cells import clean_text, looks_like_formula


def as_text(cell: Cell | MergedCell, text: str) -> None:
    """Write a text as text: typed as a string, and quoted where Excel would make a formula of it after editing."""
    cell.value = clean_text(text)
    cell.data_type = "s"
    cell.number_format = "@"
    cell.alignment = Alignment(vertical="top", wrap_text="\n" in text)
    if looks_like_formula(text):
        cell.quotePrefix = True
