"""People who count as trained: by a course within three years, on the portal or outside it and confirmed."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Select, and_, func, or_, select, union

from app import models as m
from app.clock import today
from app.rules.decision import add_months
from app.statuses import (
    EnrolmentStatus,
    TrainingStatus,
)

#: training is due once in so many years (273-ФЗ, ст. 47)
TRAINING_YEARS = 3

_enrolment, _training = m.Enrolment.__table__, m.Training.__table__


def trained_lately() -> Any:
    """Ids of the people who completed a course of the portal, or one outside it that is confirmed, within three years."""
    on_portal, outside = _lately()
    return union(on_portal, outside)


def is_trained(person: Any) -> Any:
    """Condition: the person of this column is among ``trained_lately``; asked person by person, for few people."""
    return or_(*(it.where(it.selected_columns.person == person).exists() for it in _lately()))


def is_untrained(person: Any) -> Any:
    """The opposite of ``is_trained``, in words that the database turns into joins."""
    return and_(*(~it.where(it.selected_columns.person == person).exists() for it in _lately()))


def _lately() -> tuple[Select[Any], Select[Any]]:
    since = add_months(today(), -12 * TRAINING_YEARS)
    on_portal = select(_enrolment.c.employee_id.label("person")).where(
        _enrolment.c.status == EnrolmentStatus.TRAINED, _enrolment.c.result_on >= since
    )
    return on_portal, select(_training.c.employee_id.label("person")).where(covers(since))


def covers(since: dt.date) -> Any:
    """Condition on the table ``training``: a training outside the portal that counts as one since ``since``.

    The one place of the rule: what a person or a school has only told does not count before it is confirmed.
    """
    return and_(_training.c.ended_on >= since, _training.c.status == TrainingStatus.CONFIRMED)


def latest_training(employee_id: Any) -> Any:
    """Column: the day of a person's latest training that counts, on the portal or outside it and confirmed."""
    on_portal = select(func.max(_enrolment.c.result_on)).where(
        _enrolment.c.employee_id == employee_id, _enrolment.c.status == EnrolmentStatus.TRAINED
    )
    outside = select(func.max(_training.c.ended_on)).where(
        _training.c.employee_id == employee_id, _training.c.status == TrainingStatus.CONFIRMED
    )
    return func.greatest(on_portal.scalar_subquery(), outside.scalar_subquery())
