"""The journal of what leaves the portal: the user who printed or exported, what, and how much of it.

A function that makes a file for somebody calls this module itself (``documents/doors.py`` and services), so that no page,
task or command can hand over a file without an entry. Entries are written during maintenance (технологический перерыв)
too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app import audit
from app.unit_of_work import technical_write

#: label → words of what was given out
Facts = Mapping[str, str]


@technical_write
def printed(row: Any, facts: Facts | None = None) -> None:
    """Write on a row that its paper was printed."""
    audit.record(f"{row.__tablename__}.printed", row, _changes(facts))


@technical_write
def exported(row: Any, facts: Facts) -> None:
    """Write on a row that its data were taken as a table."""
    audit.record(f"{row.__tablename__}.exported", row, _changes(facts))


@technical_write
def printed_many(table: str, label: str, facts: Facts) -> None:
    """Write that papers of many rows of a table were printed."""
    audit.write(f"{table}.printed", table, None, label, _changes(facts))


@technical_write
def exported_many(table: str, label: str, rows: int, filters: str) -> None:
    """Write that so many rows of a table were taken by these filters."""
    audit.write(f"{table}.exported", table, None, label, _changes({"Строк": str(rows), "Отборы": filters}))


def _changes(facts: Facts | None) -> audit.Changes:
    return {label: ("", words) for label, words in (facts or {}).items()}
