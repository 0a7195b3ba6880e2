"""Open groups for anybody: those that take people now, how many there are, a group's dates as a calendar, all their addresses.

Nothing here is about a person: the rows are those of the public catalogue.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select

from app import models as m
from app.clock import local, today
from app.extensions import db
from app.services.courses.enrolment import catalogue
from app.services.courses.enrolment import catalogue_sql as sql
from app.services.courses.enrolment.catalogue import Details, Offer
from app.services.courses.enrolment.catalogue_sql import Asked
from app.services.mailing import ical
from app.statuses import GroupStatus

#: addresses of a sitemap: the protocol allows 50 000, the portal has hundreds of open groups
MOST_ADDRESSES = 10_000


def soonest(limit: int) -> list[Offer]:
    """Return the open groups that take people today and have free seats, the nearest start first."""
    # the catalogue puts the groups whose enrolment goes on before the others
    offers, _, _ = catalogue.page(Asked(only_free=True), None, size=limit)
    return [o for o in offers if o.group is not None and o.group.enrol_from <= today() <= o.group.enrol_until]


def totals(questions: Sequence[Asked]) -> list[int]:
    """Return how many groups the catalogue finds for each of the questions; one statement."""
    return list(db.session.execute(sql.totals(questions, today())).one())


def open_groups() -> list[tuple[int, dt.date]]:
    """Return the id of each open group and the day on which it was changed last."""
    group = m.TrainingGroup.__table__.c
    statement = select(group.id, group.changed_at).where(group.status == GroupStatus.OPEN)
    rows = db.session.execute(statement.order_by(group.id).limit(MOST_ADDRESSES))
    return [(row.id, local(row.changed_at).date()) for row in rows]


def calendar_file(offer: Offer, details: Details) -> bytes:
    """Return the iCalendar file of an open group: each meeting, or all its days when it has no schedule yet."""
    meetings = [_of_meeting(offer, details, meeting) for meeting in details.meetings]
    return ical.calendar(offer.title, meetings or [_of_group(offer, details)])


def _of_meeting(offer: Offer, details: Details, meeting: m.GroupMeeting) -> ical.Meeting:
    assert offer.group is not None
    starts_at, ends_at = local(meeting.starts_at), local(meeting.ends_at)
    return ical.Meeting(
        uid=f"group-{offer.group.id}-meeting-{meeting.id}",
        title=offer.title,
        number=offer.group.number,
        organizer=offer.organizer,
        place=meeting.place or offer.group.place,
        topic=meeting.topic or "",
        first=starts_at.date(),
        last=ends_at.date(),
        starts_at=starts_at,
        ends_at=ends_at,
        changed_at=max(meeting.changed_at, details.changed_at),
    )


def _of_group(offer: Offer, details: Details) -> ical.Meeting:
    assert offer.group is not None
    return ical.Meeting(
        uid=f"group-{offer.group.id}",
        title=offer.title,
        number=offer.group.number,
        organizer=offer.organizer,
        place=offer.group.place,
        topic="",
        first=offer.group.starts_on,
        last=offer.group.ends_on,
        starts_at=None,
        ends_at=None,
        changed_at=details.changed_at,
    )
