"""Lessons of a school's people and of an organizer's groups: what the calendars of the two roles show.

A lesson is a meeting of a group, or all its days where the group has no schedule. An organizer sees the groups that the
organizer runs, a school those in which its people learn, with their number.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, func, or_, select

from app import models as m
from app.access import current_actor
from app.clock import ZONE, local, now, today
from app.conditions import live_enrolment
from app.extensions import db
from app.services.courses.group import group_clashes
from app.services.desk import matters
from app.statuses import GroupStatus

#: lessons that «Ближайшие» names
NEAREST = 6
_DAY = dt.timedelta(days=1)

_meeting, _program = m.GroupMeeting.__table__, m.Program.__table__
_employment, _enrolment = m.Employment.__table__, m.Enrolment.__table__


@dataclass(frozen=True, slots=True)
class Lesson:
    """A meeting (``meeting_id``, moments), or the days of a group without a schedule; ``people``: seats taken, or own people."""

    group_id: int
    number: str
    title: str
    place: str
    people: int
    first: dt.date
    last: dt.date
    meeting_id: int | None = None
    topic: str = ""
    room: str = ""
    teacher: str = ""
    starts_at: dt.datetime | None = None
    ends_at: dt.datetime | None = None

    @property
    def moves(self) -> bool:
        """Whether it is a meeting still ahead, which may be put on another day."""
        return self.ends_at is not None and self.ends_at > now()


def of_organizer(first: dt.date, last: dt.date) -> list[Lesson]:
    """Lessons of the groups that the actor runs, on the days from ``first`` to ``last``; cancelled groups have none."""
    group = m.TrainingGroup
    return _lessons(select(group.id, group.taken.label("people")).where(matters.own_groups()), first, last)


def of_school(first: dt.date, last: dt.date) -> list[Lesson]:
    """Lessons of the groups in which people sent from the actor's schools learn or wait, on the days from ``first`` to ``last``."""
    row = m.Enrolment
    sent = select(_employment.c.id).where(_employment.c.organization_id.in_(current_actor().places("school")))
    number = func.count(row.id).label("people")
    own = select(row.group_id.label("id"), number).where(live_enrolment(), row.employment_id.in_(sent))
    return _lessons(own.group_by(row.group_id), first, last)


def nearest(found: Sequence[Lesson]) -> list[Lesson]:
    """The next lessons, those that go on first."""
    ahead = [it for it in found if (it.ends_at > now() if it.ends_at else it.last >= today())]
    return ahead[:NEAREST]


def _lessons(groups: Any, first: dt.date, last: dt.date) -> list[Lesson]:
    chosen, group = groups.subquery("chosen"), m.TrainingGroup.__table__
    begins, ends = (dt.datetime.combine(day, dt.time(), ZONE) for day in (first, last + _DAY))
    within = and_(_meeting.c.starts_at < ends, _meeting.c.ends_at > begins)
    any_meeting = _meeting.alias("any_meeting")
    scheduled = select(any_meeting.c.id).where(any_meeting.c.group_id == group.c.id).exists()
    whole = and_(~scheduled, group.c.starts_on <= last, group.c.ends_on >= first)
    statement = (
        select(
            group.c.id, group.c.number, group.c.place, group.c.starts_on, group.c.ends_on, _program.c.title, chosen.c.people,
            _meeting.c.id.label("meeting_id"), _meeting.c.topic, _meeting.c.place.label("room"), _meeting.c.teacher,
            _meeting.c.starts_at, _meeting.c.ends_at,
        )
        .select_from(chosen)
        .join(group, group.c.id == chosen.c.id)
        .join(_program, _program.c.id == group.c.program_id)
        .outerjoin(_meeting, and_(_meeting.c.group_id == group.c.id, within))
        .where(group.c.status != GroupStatus.CANCELLED, or_(_meeting.c.id.is_not(None), whole))
    )  # fmt: skip
    found = [_lesson(row) for row in db.session.execute(statement)]
    return sorted(found, key=lambda it: (it.first, it.starts_at is not None, it.starts_at or now(), it.number))


def _lesson(row: Any) -> Lesson:
    common = (row.id, row.number, row.title)
    if row.meeting_id is None:
        return Lesson(*common, row.place, row.people, row.starts_on, row.ends_on)
    starts_at, ends_at = local(row.starts_at), local(row.ends_at)
    return Lesson(
        *common,
        row.room or row.place,
        row.people,
        starts_at.date(),
        ends_at.date(),
        row.meeting_id,
        row.topic or "",
        # the building of the group is no room: two groups may well be in it
        "" if group_clashes.same_words(row.room, row.place) else row.room or "",
        row.teacher or "",
        starts_at,
        ends_at,
    )


def clashing(found: Sequence[Lesson]) -> set[int]:
    """Return the ids of the meetings whose room or teacher another group needs at the same time (``group_clashes``)."""
    clashes: set[int] = set()
    held = sorted((it for it in found if it.starts_at is not None), key=lambda it: it.starts_at or now())
    for n, one in enumerate(held):
        for other in held[n + 1 :]:
            if one.ends_at is None or other.starts_at is None or other.starts_at >= one.ends_at:
                break
            if one.group_id != other.group_id and _share(one, other):
                clashes |= {it.meeting_id for it in (one, other) if it.meeting_id is not None}
    return clashes


def _share(one: Lesson, other: Lesson) -> bool:
    same = group_clashes.same_words
    return same(one.teacher, other.teacher) or same(one.room, other.room)
