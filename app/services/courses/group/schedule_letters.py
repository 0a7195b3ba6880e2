"""A changed schedule: one letter per save to everybody with a place in the group, with the old and the new meetings (order § 3.5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app import models as m
from app.access import unscoped
from app.clock import local, now
from app.extensions import db
from app.russian import count, format_date
from app.services.courses.enrolment import course_events
from app.services.mailing import letter_kinds, letters
from app.statuses import TAKING_PLACE, UNDER_WAY

_NAMED_AT_MOST = 10


def told_of(group_id: int) -> list[m.Enrolment]:
    """Return the enrolments whose people get letters about changes of a group."""
    row = m.Enrolment
    statement = select(row).where(row.group_id == group_id, row.status.in_(UNDER_WAY)).options(joinedload(row.employee))
    with unscoped("everybody with a place in a changed group is told"):
        return list(db.session.scalars(statement.order_by(row.id)))


def words_of(meeting: m.GroupMeeting) -> str:
    """«12.12.2026 09:00–12:00, ауд. 5»."""
    first, last = local(meeting.starts_at), local(meeting.ends_at)
    place = f", {meeting.place}" if meeting.place else ""
    return f"{format_date(first.date())} {first:%H:%M}–{last:%H:%M}{place}"


def is_ahead(meeting: m.GroupMeeting) -> bool:
    """Whether a meeting is not over yet."""
    return meeting.ends_at > now()


def tell(
    group: m.TrainingGroup,
    *,
    moved: Mapping[int, tuple[str, str]],
    removed: Sequence[m.GroupMeeting],
    added: Iterable[m.GroupMeeting],
) -> int:
    """Tell of ``moved`` meetings (id → was, is), of ``removed`` and ``added`` ones; return how many people were told.

    A schedule that only grows is still being made up: no letter is sent.
    """
    if group.status not in TAKING_PLACE or not (moved or removed):
        return 0
    facts = {
        **letter_kinds.group_facts(group),
        "перенесено": _listed([f"{was} → {becomes}" for was, becomes in moved.values()]),
        "отменено": _listed([words_of(meeting) for meeting in removed]),
        "добавлено": _listed([words_of(meeting) for meeting in added if is_ahead(meeting)]),
    }
    rows = told_of(group.id)
    for row in rows:
        calendar = course_events.file_of(row, removed=removed)
        letters.tell(row.employee, "schedule_changed", about=group, facts=facts, calendar=calendar)
    return len(rows)


def _listed(words: Sequence[str]) -> str:
    rest = len(words) - _NAMED_AT_MOST
    more = f" и ещё {count(rest, 'занятие', 'занятия', 'занятий')}" if rest > 0 else ""
    return "; ".join(words[:_NAMED_AT_MOST]) + more
