"""«Занятия завтра»: the day before a group's first day each listener with a seat is reminded, once (order § 3.5)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload

from app import models as m
from app.access import unscoped
from app.clock import today
from app.extensions import db
from app.russian import long_date
from app.services.courses.enrolment import course_events
from app.services.mailing import letter_kinds, letters
from app.statuses import TAKING_PLACE, EnrolmentStatus
from app.unit_of_work import use_case

TEMPLATE = "group_starts"
_SEATED = (EnrolmentStatus.CONFIRMED, EnrolmentStatus.AGREED)
#: a group in one of these states takes place; others are not ready, over, or cancelled


def remind() -> int:
    """Remind the listeners of the groups that start tomorrow, group by group; return how many were told now.

    Each is told once for a first day: a group that is moved to another day reminds anew. For the job of each hour: who got a
    seat after its last run is told by the next one.
    """
    return sum(_remind_group(group_id) for group_id in _groups())


def _groups() -> list[int]:
    g = m.TrainingGroup
    tomorrow = today() + dt.timedelta(days=1)
    with unscoped("which groups start tomorrow: only ids"):
        statement = select(g.id).where(g.starts_on == tomorrow, g.status.in_(TAKING_PLACE)).order_by(g.id)
        return list(db.session.scalars(statement))


@use_case
def _remind_group(group_id: int) -> int:
    with unscoped("the listeners of a group are reminded by the portal"):
        group = _fresh(group_id)
        if group.starts_on <= today() or group.status not in TAKING_PLACE:
            return 0
        first = course_events.first_meeting(group_id)
        rows = [row for row in _listeners(group_id) if _is_first_time(row.id, group.starts_on)]
        for row in rows:
            _tell(row, group, first)
        return len(rows)


def _fresh(group_id: int) -> m.TrainingGroup:
    """The group as it is now, kept so until its listeners are told: who moves or cancels it waits."""
    group = m.TrainingGroup
    statement = select(group).where(group.id == group_id).with_for_update(key_share=True)
    found: m.TrainingGroup = db.session.scalars(statement.execution_options(populate_existing=True)).one()
    return found


def _listeners(group_id: int) -> list[m.Enrolment]:
    e = m.Enrolment
    statement = select(e).where(e.group_id == group_id, e.status.in_(_SEATED)).options(joinedload(e.employee))
    return list(db.session.scalars(statement.order_by(e.id).execution_options(populate_existing=True)))


def _is_first_time(enrolment_id: int, starts_on: dt.date) -> bool:
    """Write down that a listener is reminded of this first day; False when that was done before. The write decides."""
    table: Any = m.ReminderSent.__table__
    kind = f"{TEMPLATE} {starts_on.isoformat()}"
    values = {"kind": kind, "object_table": "enrolment", "object_id": enrolment_id}
    statement = insert(table).values(**values).on_conflict_do_nothing().returning(table.c.object_id)
    return db.session.execute(statement).scalar_one_or_none() is not None


def _tell(row: m.Enrolment, group: m.TrainingGroup, first: m.GroupMeeting | None) -> None:
    facts = {
        **letter_kinds.group_facts(group),
        "первый_день": long_date(group.starts_on),
        "первое_занятие": course_events.first_words(first),
        "место_первого": (first.place if first is not None else None) or group.place,
        "не_подтверждена": "" if row.status == EnrolmentStatus.CONFIRMED else row.status.label,
    }
    letters.tell(row.employee, TEMPLATE, about=row, facts=facts, calendar=course_events.file_of(row))
