"""Terms in working days, by the calendar with the operator's corrections."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select

from app import models as m
from app.access import unscoped
from app.extensions import db
from app.workdays import Calendar

_KEY = "workday_calendar"


def due_date(start: dt.date, days: int) -> dt.date:
    """Return the last day of a term of ``days`` working days that starts the day after ``start`` (ГК РФ ст. 191)."""
    return working_calendar().add_working_days(start, days)


def working_calendar() -> Calendar:
    """Return the calendar with the table's corrections, read once per transaction."""
    session = db.session()
    info: dict[str, Any] = session.info
    transaction = session.get_transaction()
    known, calendar = info.get(_KEY, (None, None))
    if calendar is None or transaction is None or known is not transaction:
        calendar = Calendar(_corrections())
        info[_KEY] = (session.get_transaction(), calendar)
    return calendar  # type: ignore[no-any-return]


def _corrections() -> dict[dt.date, bool]:
    with unscoped("the calendar is the same for everybody"):
        rows = db.session.execute(select(m.WorkdayCorrection.day, m.WorkdayCorrection.is_working))
        return {row.day: row.is_working for row in rows}
