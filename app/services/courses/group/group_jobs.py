"""Groups moved by the calendar: enrolment closes after its last day, training starts on its first; a warning of too few people.

A run may come at any time and any number of times: each group is moved in a separate transaction, under its lock, and
only when its day has come, so one group that cannot move stops no other.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.dialects.postgresql import insert

from app import addresses
from app import models as m
from app.access import unscoped
from app.clock import today
from app.errors import Unavailable
from app.extensions import db
from app.russian import count, format_date
from app.services.courses.enrolment import seats
from app.services.courses.group import groups
from app.services.mailing import letters
from app.services.personnel.employers import responsible
from app.services.portal import settings
from app.statuses import FILLING, GroupStatus
from app.unit_of_work import use_case

log = logging.getLogger("portal.groups")

#: kind of the letter, and of the mark that it was sent
MINIMUM = "group_minimum"


def tick() -> int:
    """Move every group whose day has come and warn of those with too few people; return how many were dealt with.

    During a технологический перерыв nothing moves: the next run does it.
    """
    done = 0
    for condition, step in ((_due(), groups.advance), (lacking(), warn)):
        for group_id in _ids(condition):
            try:
                done += _try(step, group_id)
            except Unavailable:
                return done
    return done


def _try(step: Callable[[int], bool], group_id: int) -> bool:
    try:
        return step(group_id)
    except Unavailable:
        raise
    except Exception:
        log.exception("a group could not be moved", extra={"group": group_id, "step": step.__name__})
        return False


def _ids(condition: Any) -> list[int]:
    group = m.TrainingGroup
    with unscoped("groups whose day has come: only ids"):
        found = list(db.session.scalars(select(group.id).where(condition).order_by(group.id)))
    # nothing was changed: each group begins with a transaction of its own
    db.session.rollback()
    return found


def _due() -> ColumnElement[bool]:
    """Groups to close (the last day of enrolment ends at 23:59:59 local time) or to start."""
    group, day = m.TrainingGroup, today()
    ended = and_(group.status == GroupStatus.OPEN, group.enrol_until < day)
    return or_(ended, and_(group.status.in_(FILLING), group.starts_on <= day))


def lacking() -> ColumnElement[bool]:
    """Groups that start within the days set by the operator and have fewer people than their minimum."""
    group = m.TrainingGroup
    last = today() + dt.timedelta(days=settings.number("minimum_warning_days"))
    return and_(group.status.in_(FILLING), group.taken < group.minimum, group.starts_on <= last)


@use_case
def warn(group_id: int) -> bool:
    """Tell the organizer's staff once that a group has fewer people than its minimum; whether it was told now."""
    group = seats.lock_group(group_id)
    last = today() + dt.timedelta(days=settings.number("minimum_warning_days"))
    if group.status not in FILLING or group.taken >= group.minimum or group.starts_on > last:
        return False
    if not _mark(group):
        return False
    facts = {
        "записано": count(group.taken, "человек", "человека", "человек"),
        "наименьшее": str(group.minimum),
        "начало": format_date(group.starts_on),
    }
    letters.tell_users(
        responsible.of_organizer(group.organizer_id),
        MINIMUM,
        about=group,
        facts=facts,
        href=addresses.card("training_group", group.id),
    )
    return True


def _mark(group: m.TrainingGroup) -> bool:
    """Note that the warning is given; False when it was given before."""
    statement = insert(m.ReminderSent).values(kind=MINIMUM, object_table="training_group", object_id=group.id)
    result: Any = db.session.execute(statement.on_conflict_do_nothing())
    return bool(result.rowcount)
