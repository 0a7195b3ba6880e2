"""The empty form of the staff list, and lists written in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from app.exchange.columns import Column
from app.exchange.reader import CellValue
from app.exchange.sample import build_sample
from app.exchange.staff.staff_columns import SAMPLE_COLUMNS


def build_staff_sample(
    people: Iterable[Mapping[str, CellValue]] | None = None,
    *,
    columns: Sequence[Column] = SAMPLE_COLUMNS,
    choices: Mapping[str, Sequence[str]] | None = None,
) -> bytes:
    """An XLSX file with the columns of the staff list: see `build_sample`."""
    return build_sample(people, columns=columns, choices=choices)
