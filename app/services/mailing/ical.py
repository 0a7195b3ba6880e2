"""iCalendar files (RFC 5545) of courses: the feed that telephones read by its address, and attachments of letters.

A newer version of an event has a later DTSTAMP and LAST-MODIFIED and a higher SEQUENCE (§ 3.8.7.2–4): all three follow
from the moment of the event's last change. SEQUENCE counts the seconds of that moment, so that it never goes back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from icalendar import Calendar
from icalendar import Event as Entry

from app.statuses import EnrolmentStatus

#: the part of the identifiers that is the portal's own; it never changes, or every calendar would show the events twice
_DOMAIN = "kadry-v-obrazovanii"
#: enrolments whose seat is not certain yet
_TENTATIVE = frozenset(
    {EnrolmentStatus.WAITING, EnrolmentStatus.OFFERED, EnrolmentStatus.APPLIED, EnrolmentStatus.AGREED}
)
#: SEQUENCE counts from here
_BEGINNING = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """A meeting of a group, or all the dates of a group without a schedule, as anybody may know them.

    ``starts_at`` and ``ends_at`` are aware moments; of an event without them the whole days count, both included.
    ``changed_at``: since when the event is as it is; ``is_cancelled``: it does not take place, or not for this person.
    """

    uid: str
    title: str
    number: str
    organizer: str
    place: str
    topic: str
    first: dt.date
    last: dt.date
    starts_at: dt.datetime | None
    ends_at: dt.datetime | None
    changed_at: dt.datetime
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Meeting):
    """A meeting of a person's course."""

    enrolment_id: int
    status: EnrolmentStatus


def calendar(name: str, events: Iterable[Meeting]) -> bytes:
    """Return the calendar of a person's courses, or of one course; the same events give the same bytes."""
    feed = Calendar()
    feed.add("prodid", "-//Кадры в образовании//RU")
    feed.add("version", "2.0")
    feed.add("method", "PUBLISH")
    feed.add("x-wr-calname", f"Курсы: {name}")
    feed.add("refresh-interval", dt.timedelta(hours=6), {"value": "DURATION"})
    for event in events:
        feed.add_component(_entry(event))
    return bytes(feed.to_ical())


def _entry(event: Meeting) -> Entry:
    entry = Entry()
    entry.add("uid", f"{event.uid}@{_DOMAIN}")
    # moments are written in UTC: then no reader needs a table of time zones
    changed_at = event.changed_at.astimezone(dt.UTC).replace(microsecond=0)
    entry.add("dtstamp", changed_at)
    entry.add("last-modified", changed_at)
    entry.add("sequence", max(0, int((changed_at - _BEGINNING).total_seconds())))
    if event.starts_at is not None and event.ends_at is not None:
        entry.add("dtstart", event.starts_at.astimezone(dt.UTC))
        entry.add("dtend", event.ends_at.astimezone(dt.UTC))
    else:
        entry.add("dtstart", event.first)
        # the end of whole days is the day after the last one
        entry.add("dtend", event.last + dt.timedelta(days=1))
        entry.add("transp", "TRANSPARENT")
    entry.add("summary", event.title)
    entry.add("location", event.place)
    entry.add("status", _status(event))
    entry.add("description", "\n".join(_facts(event)))
    return entry


def _status(event: Meeting) -> str:
    if event.is_cancelled:
        return "CANCELLED"
    return "TENTATIVE" if isinstance(event, Event) and event.status in _TENTATIVE else "CONFIRMED"


def _facts(event: Meeting) -> list[str]:
    topic = [f"Тема: {event.topic}"] if event.topic else []
    state = [f"Состояние записи: {event.status.label}"] if isinstance(event, Event) else []
    return [*topic, f"Группа: {event.number}", f"Организатор: {event.organizer}", *state]
