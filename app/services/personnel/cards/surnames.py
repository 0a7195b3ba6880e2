"""Change of surname: the former one is stored with its last day and the ground, at every change of a card.

The database session stores it when the card is written, so that no form, list or job can forget it. A corrected spelling
is no change: a difference of case or ё never counts, any other counts unless the caller says that it mends a misprint.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Table, delete, event, insert, inspect, select

from app import models as m
from app.clock import today
from app.text import name_key

_former = cast(Table, m.FormerName.__table__)


@dataclass(frozen=True, slots=True)
class Surname:
    """What is known of a change: last day of the former surname (None: today), the ground, or that a misprint is mended."""

    until: dt.date | None = None
    reason: str | None = None
    misprint: bool = False


_given: ContextVar[Surname] = ContextVar("surname", default=Surname())  # noqa: B039 - frozen


@contextmanager
def changing(until: dt.date | None = None, reason: str | None = None, *, misprint: bool = False) -> Iterator[None]:
    """Cards written inside the block change their surnames on this day and ground, or mend a misprint."""
    token = _given.set(Surname(until, (reason or "").strip()[:255] or None, misprint))
    try:
        yield
    finally:
        _given.reset(token)


def is_change(was: str | None, becomes: str | None) -> bool:
    """Whether a surname becomes another one: more than case, blanks and ё differ."""
    return bool(was and becomes) and name_key(str(was)) != name_key(str(becomes))


@event.listens_for(m.Employee.last_name, "set", active_history=True)
def _know_the_old_one(_row: m.Employee, _new: Any, _old: Any, _initiator: Any) -> None:
    """The former value must be loaded to be kept; ``active_history`` does it."""


@event.listens_for(m.Employee, "before_update")
def _keep_former(_mapper: Any, connection: Any, row: m.Employee) -> None:
    """Keep the former surname in the transaction of the change; one taken back on the same day leaves no trace."""
    history, given = inspect(row).attrs.last_name.history, _given.get()
    was = history.deleted[0] if history.deleted else None
    if not history.added or not is_change(was, row.last_name) or given.misprint or row.anonymized_at is not None:
        return
    latest = connection.execute(
        select(_former.c.id, _former.c.last_name, _former.c.until)
        .where(_former.c.employee_id == row.id)
        .order_by(_former.c.id.desc())
        .limit(1)
    ).one_or_none()
    if latest is not None and latest.until == today() and not is_change(latest.last_name, row.last_name):
        connection.execute(delete(_former).where(_former.c.id == latest.id))
        return
    values = {"employee_id": row.id, "last_name": was, "until": given.until or today(), "reason": given.reason}
    connection.execute(insert(_former).values(**values))
