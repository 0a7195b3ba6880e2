"""Enrolments as events of a calendar: each meeting, or all the dates of a group without a schedule."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import select

from app import models as m
from app.access import unscoped
from app.clock import local, now
from app.extensions import db
from app.russian import format_date
from app.services.mailing.ical import Event, calendar
from app.statuses import ENROLMENT_ENDED, GroupStatus


def file_of(row: m.Enrolment, *, removed: Iterable[m.GroupMeeting] = ()) -> str:
    """Return the iCalendar file of one enrolment, for its letter; ``removed`` meetings stand in it as cancelled."""
    with unscoped("the person's own dates"):
        gone = [replace(_of_meeting(row, meeting), is_cancelled=True, changed_at=now()) for meeting in removed]
        return calendar(row.employee.full_name, [*events_of([row]), *gone]).decode()


def first_meeting(group_id: int) -> m.GroupMeeting | None:
    """Return the first meeting of a group's schedule, None without one."""
    meeting = m.GroupMeeting
    statement = select(meeting).where(meeting.group_id == group_id).order_by(meeting.starts_at, meeting.id).limit(1)
    with unscoped("when a group meets first: for the letters to its people"):
        found: m.GroupMeeting | None = db.session.scalars(statement).one_or_none()
    return found


def first_words(meeting: m.GroupMeeting | None) -> str:
    """«01.09.2026 в 15:00»; empty without a schedule."""
    begins = local(meeting.starts_at) if meeting is not None else None
    return f"{format_date(begins.date())} в {begins:%H:%M}" if begins is not None else ""


def events_of(rows: Sequence[m.Enrolment]) -> list[Event]:
    """Return the events of enrolments, whose groups and programs are loaded; the meetings are one statement."""
    meetings = _meetings([row.group_id for row in rows])
    found: list[Event] = []
    for row in rows:
        held = meetings.get(row.group_id, ())
        found += [_of_meeting(row, meeting) for meeting in held] or [_of_group(row)]
    return found


def _meetings(group_ids: Sequence[int]) -> Mapping[int, Sequence[m.GroupMeeting]]:
    meeting, found = m.GroupMeeting, dict[int, list[m.GroupMeeting]]()
    if group_ids:
        statement = select(meeting).where(meeting.group_id.in_(group_ids)).order_by(meeting.starts_at, meeting.id)
        for row in db.session.scalars(statement.execution_options(populate_existing=True)):
            found.setdefault(row.group_id, []).append(row)
    return found


def _of_meeting(row: m.Enrolment, meeting: m.GroupMeeting) -> Event:
    starts_at, ends_at = local(meeting.starts_at), local(meeting.ends_at)
    return _event(
        row,
        uid=f"enrolment-{row.id}-meeting-{meeting.id}",
        place=meeting.place or row.group.place,
        topic=meeting.topic or "",
        days=(starts_at.date(), ends_at.date()),
        moments=(starts_at, ends_at),
        changed_at=meeting.changed_at,
    )


def _of_group(row: m.Enrolment) -> Event:
    group = row.group
    return _event(
        row,
        uid=f"enrolment-{row.id}",
        place=group.place,
        topic="",
        days=(group.starts_on, group.ends_on),
        moments=(None, None),
        changed_at=group.changed_at,
    )


def _event(
    row: m.Enrolment,
    *,
    uid: str,
    place: str,
    topic: str,
    days: tuple[dt.date, dt.date],
    moments: tuple[dt.datetime | None, dt.datetime | None],
    changed_at: dt.datetime,
) -> Event:
    group = row.group
    return Event(
        uid=uid,
        enrolment_id=row.id,
        title=group.program.title,
        number=group.number,
        organizer=group.organizer.short_name,
        place=place,
        topic=topic,
        first=days[0],
        last=days[1],
        starts_at=moments[0],
        ends_at=moments[1],
        status=row.status,
        changed_at=max(row.changed_at, group.changed_at, changed_at),
        is_cancelled=row.status in ENROLMENT_ENDED or group.status == GroupStatus.CANCELLED,
    )
