"""Calendar feed of the own courses: an iCalendar file (RFC 5545) that telephones and mail programs read by its address."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from icalendar import Calendar
from icalendar import Event as Entry

from app.services.desk.own_calendar import Event
from app.statuses import EnrolmentStatus

#: the part of the identifiers that is the portal's own; it never changes, or every calendar would show the events twice
_DOMAIN = "kadry-v-obrazovanii"
#: enrolments whose seat is not certain yet
_TENTATIVE = frozenset(
    {EnrolmentStatus.WAITING, EnrolmentStatus.OFFERED, EnrolmentStatus.APPLIED, EnrolmentStatus.AGREED}
)


def calendar(name: str, events: Iterable[Event]) -> bytes:
    """Return the feed of a person's courses; the same events give the same bytes."""
    feed = Calendar()
    feed.add("prodid", "-//Кадры в образовании//RU")
    feed.add("version", "2.0")
    feed.add("method", "PUBLISH")
    feed.add("x-wr-calname", f"Курсы: {name}")
    feed.add("refresh-interval", dt.timedelta(hours=6), {"value": "DURATION"})
    for event in events:
        feed.add_component(_entry(event))
    return bytes(feed.to_ical())


def _entry(event: Event) -> Entry:
    entry = Entry()
    entry.add("uid", f"{event.uid}@{_DOMAIN}")
    # moments are written in UTC: then no reader needs a table of time zones
    entry.add("dtstamp", event.changed_at.astimezone(dt.UTC))
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
    entry.add("status", "TENTATIVE" if event.status in _TENTATIVE else "CONFIRMED")
    entry.add("description", "\n".join(_facts(event)))
    return entry


def _facts(event: Event) -> list[str]:
    topic = [f"Тема: {event.topic}"] if event.topic else []
    return [
        *topic,
        f"Группа: {event.number}",
        f"Организатор: {event.organizer}",
        f"Состояние записи: {event.status.label}",
    ]
