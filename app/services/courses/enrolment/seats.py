"""Seats of groups and of their quotas: the guards that work under any load.

Locks are taken in one order everywhere: group, person, block, enrolment, voucher (чек); several of a kind by rising id.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.orm import selectinload

from app import models as m
from app.access import unscoped
from app.extensions import db
from app.rules.enrolment import has_seat
from app.services.courses.enrolment import course_facts
from app.services.portal import transitions
from app.statuses import SEAT_HOLDING, GroupStatus

_NO_SYNC = {"synchronize_session": False}

# --- seats -----------------------------------------------------------------------------------------------------------


def take_seat(group_id: int, *, statuses: Collection[GroupStatus] = (GroupStatus.OPEN,)) -> bool:
    """Take a seat of a group in one of the statuses; False if there is none. The write decides (guard 1)."""
    group = m.TrainingGroup
    statement = (
        update(group)
        .where(group.id == group_id, group.status.in_(statuses), group.taken < group.capacity)
        .values(taken=group.taken + 1)
    )
    return _execute(statement) == 1


def give_back_seats(group_id: int, number: int = 1) -> None:
    """Free seats of a group, after the enrolments that held them have ended; its quotas follow.

    The first write locks the group, so the quotas are counted from what every earlier transaction has left.
    """
    group, quota, row = m.TrainingGroup, m.GroupQuota, m.Enrolment
    _execute(update(group).where(group.id == group_id).values(taken=group.taken - number))
    held = select(func.count()).where(row.quota_id == quota.id, row.status.in_(SEAT_HOLDING)).scalar_subquery()
    _execute(update(quota).where(quota.group_id == group_id).values(taken=held))


# --- quotas ----------------------------------------------------------------------------------------------------------


def why_none(group_id: int, organization_id: int) -> str:
    """Say why the people of an organization get no seat of a group that is locked."""
    with unscoped("seat and block follow the enrolment"):
        return has_seat(course_facts.room_of(transitions.read_fresh(m.TrainingGroup, group_id), organization_id)).reason


def take_quota(quota_id: int | None) -> bool:
    """Take a seat of a quota; False if it is full, True where no quota counts. The write decides (guard 1)."""
    if quota_id is None:
        return True
    quota = m.GroupQuota
    statement = update(quota).where(quota.id == quota_id, quota.taken < quota.seats)
    return _execute(statement.values(taken=quota.taken + 1)) == 1


def _execute(statement: Any) -> int:
    with unscoped("seat and block follow the enrolment"):
        result = db.session.execute(statement.execution_options(**_NO_SYNC))
        return cast("CursorResult[Any]", result).rowcount


def lock_group(group_id: int) -> m.TrainingGroup:
    """Lock a group and return it as it is now, with its program; every change of its enrolments begins so."""
    group = m.TrainingGroup
    with unscoped("seat and block follow the enrolment"):
        statement = select(group).where(group.id == group_id).options(*_PROGRAM)
        return cast(m.TrainingGroup, db.session.scalars(_locking(statement)).one())


_PROGRAM = (
    selectinload(m.TrainingGroup.program).options(
        selectinload(m.Program.organization_types), selectinload(m.Program.positions), selectinload(m.Program.subjects)
    ),
)


def _locking(statement: Any, *, skip_locked: bool = False) -> Any:
    locked = statement.with_for_update(key_share=True, skip_locked=skip_locked)
    return locked.execution_options(populate_existing=True)
