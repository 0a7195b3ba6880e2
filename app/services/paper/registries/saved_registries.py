"""Registries saved by a user: columns and filters under a name, and when they are sent. The user's rows only, so no right is checked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from app import models as m
from app.access import current_actor
from app.clock import today
from app.errors import Conflict, Invalid, NotFound
from app.extensions import db
from app.services.portal.calendar import due_date
from app.statuses import Schedule
from app.text import cleaned
from app.text.sql import sort_key
from app.unit_of_work import use_case

#: saved registries of one user
MOST = 50
TITLE_LENGTH = 100

_saved = m.SavedRegistry


def own_registries() -> Sequence[m.SavedRegistry]:
    """Return the user's own saved registries by name."""
    statement = select(_saved).where(_saved.user_id == current_actor().user_id)
    return list(db.session.scalars(statement.order_by(sort_key(_saved.title), _saved.id)))


def save_registry(code: str, title: str, parameters: Mapping[str, str], *, schedule: Schedule) -> None:
    """Keep what is asked of a registry under a name; the same name again replaces it.

    Raises Invalid for a name that cannot be kept, Conflict when the user has too many.
    """
    title = cleaned(title)
    if not 0 < len(title) <= TITLE_LENGTH:
        raise Invalid(f"Назовите реестр: от 1 до {TITLE_LENGTH} знаков.")
    _save(code, title, parameters, schedule=schedule)


@use_case
def _save(code: str, title: str, parameters: Mapping[str, str], *, schedule: Schedule) -> None:
    owner = current_actor().user_id
    # the account's row orders two clicks of one user, so that the limit holds
    db.session.execute(select(m.Account.id).where(m.Account.id == owner).with_for_update())
    others = select(func.count()).select_from(_saved)
    others = others.where(_saved.user_id == owner, (_saved.code != code) | (_saved.title != title))
    if db.session.execute(others).scalar_one() >= MOST:
        raise Conflict(f"У вас уже {MOST} сохранённых реестров. Удалите ненужный и сохраните снова.")
    kept = {"parameters": dict(parameters), "schedule": schedule, "next_on": next_day(schedule, today())}
    statement = insert(_saved).values(user_id=owner, code=code, title=title, **kept)
    db.session.execute(statement.on_conflict_do_update(index_elements=["user_id", "code", "title"], set_=kept))


@use_case
def forget_registry(pk: int) -> None:
    """Delete an own saved registry; raises NotFound for everybody else's."""
    owner = current_actor().user_id
    statement = delete(_saved).where(_saved.id == pk, _saved.user_id == owner).returning(_saved.id)
    found = db.session.execute(statement).one_or_none() if 0 < pk < 2**31 else None
    if found is None:
        raise NotFound("Такого сохранённого реестра у вас нет.")


def next_day(schedule: Schedule, after: dt.date) -> dt.date | None:
    """Return the first day of the schedule after a day: a working day, a Monday, the first of a month; None: never."""
    if schedule is Schedule.DAILY:
        return due_date(after, 1)
    if schedule is Schedule.WEEKLY:
        return after + dt.timedelta(days=7 - after.weekday())
    if schedule is Schedule.MONTHLY:
        return (after.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
    return None
