"""«Лист посещаемости» of a group: A4 in landscape, listeners in the order of names, a column for each meeting (order § 3.3).

Marks that are set are printed; a meeting without marks has empty squares for signatures. A long schedule continues on
further sheets, each with the names again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app import models as m
from app.clock import local
from app.documents.papers.certificate import hours_in_genitive
from app.documents.templates.in_force import print_one_after_another
from app.russian import capitalized, format_date, period, quoted, unbroken
from app.services.courses.group.attendance import Journal
from app.statuses import AttendanceMark

SHEET = "attendance_sheet"
#: meetings on one sheet: so many columns have room for a signature
COLUMNS = 8
#: marks as journals write them; the line under the table explains them
MARKS = {AttendanceMark.PRESENT: "+", AttendanceMark.ABSENT: "н", AttendanceMark.EXCUSED: "у"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetHead:
    """What stands above the table: whose group, which one, what it learns and when."""

    organizer_id: int
    organization: str
    number: str
    program: str
    hours: int
    starts_on: dt.date
    ends_on: dt.date


def head_of(group: m.TrainingGroup) -> SheetHead:
    """Return what stands above the table of a group."""
    return SheetHead(
        organizer_id=group.organizer_id,
        organization=group.organizer.full_name,
        number=group.number,
        program=group.program.title,
        hours=group.program.hours,
        starts_on=group.starts_on,
        ends_on=group.ends_on,
    )


def build_attendance_sheet(group: SheetHead, journal: Journal) -> bytes:
    """Return the DOCX of a group's journal; a group without a schedule gets a sheet of empty columns."""
    return print_one_after_another(SHEET, sheet_contexts(group, journal), organizer_id=group.organizer_id)


def sheet_contexts(group: SheetHead, journal: Journal) -> list[dict[str, Any]]:
    """Return a context for each sheet of ``COLUMNS`` meetings; columns without a meeting are empty."""
    firsts = range(0, len(journal.meetings), COLUMNS) or [0]
    return [_context(group, journal, first) for first in firsts]


def _context(group: SheetHead, journal: Journal, first: int) -> dict[str, Any]:
    meetings = journal.meetings[first : first + COLUMNS]
    columns = [*meetings, *[None] * (COLUMNS - len(meetings))]
    rows = [_row(number, row, columns, journal) for number, row in enumerate(journal.listeners, 1)]
    return {
        "organization": capitalized(group.organization),
        "group": unbroken(group.number),
        "program": quoted(group.program),
        "hours": hours_in_genitive(group.hours),
        "period": period(group.starts_on, group.ends_on),
        "meetings": _which(first, len(meetings), len(journal.meetings)),
        **_numbered("day", [_day(meeting) for meeting in columns]),
        **_numbered("time", [_time(meeting) for meeting in columns]),
        "rows": rows,
        "totals": f"Всего слушателей: {len(rows)}.",
    }


def _row(number: int, row: m.Enrolment, columns: Sequence[m.GroupMeeting | None], journal: Journal) -> dict[str, Any]:
    marks = [journal.marks.get((meeting.id, row.id)) if meeting else None for meeting in columns]
    return {
        "n": number,
        "name": row.employee.full_name,
        **_numbered("mark", [MARKS[mark] if mark else "" for mark in marks]),
    }


def _numbered(name: str, values: Sequence[str]) -> dict[str, str]:
    """«day_1», «day_2» …: a template names each column, so that Word keeps its width."""
    return {f"{name}_{number}": value for number, value in enumerate(values, 1)}


def _which(first: int, number: int, whole: int) -> str:
    """«Занятия 9–16 из 20», where they take several sheets; empty for one."""
    return f"Занятия {first + 1}–{first + number} из {whole}" if whole > COLUMNS else ""


def _day(meeting: m.GroupMeeting | None) -> str:
    return format_date(local(meeting.starts_at).date()) if meeting else ""


def _time(meeting: m.GroupMeeting | None) -> str:
    return f"{local(meeting.starts_at):%H:%M}–{local(meeting.ends_at):%H:%M}" if meeting else ""
