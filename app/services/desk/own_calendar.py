"""The acting user's courses as a calendar: days of a month, and the feed behind an address that only this user knows."""

from __future__ import annotations

import datetime as dt
import secrets

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from app import models as m
from app.access import current_actor, unscoped
from app.audit import record
from app.clock import now, today
from app.conditions import live_enrolment
from app.errors import Conflict, NotFound
from app.extensions import db
from app.services.access.accounts import is_closed
from app.services.courses.enrolment import course_events
from app.services.mailing.ical import Event
from app.unit_of_work import use_case

#: events that «Ближайшие» names
NEAREST = 6
_NO_COURSES = "Учётная запись не связана с карточкой работника, поэтому своих курсов у вас нет."
_NO_FEED = "Такого календаря нет: ссылка сменилась, скопирована не целиком, или вход закрыт."


def own_events(first: dt.date, last: dt.date) -> list[Event]:
    """Return the events of the acting user's courses on the days from ``first`` to ``last``."""
    employee_id = current_actor().employee_id
    if employee_id is None:
        return []
    found = _events(employee_id, first, last)
    return [event for event in found if event.first <= last and event.last >= first]


def nearest() -> list[Event]:
    """Return the next events of the acting user's courses: those that are not over, the earliest first."""
    found = [event for event in own_events(today(), dt.date.max) if event.ends_at is None or event.ends_at > now()]
    return sorted(found, key=lambda event: (event.first, event.starts_at or now()))[:NEAREST]


def link_token() -> str | None:
    """Return the secret part of the address of the acting user's feed, None while there is none."""
    token: str | None = db.session.scalar(
        select(m.Account.calendar_token).where(m.Account.id == current_actor().user_id)
    )
    return token


@use_case
def change_link() -> str:
    """Make the address of the user's feed, or a new one: the former stops working. Raises Conflict without a card."""
    actor = current_actor()
    if actor.employee_id is None:
        raise Conflict(_NO_COURSES)
    account: m.Account = db.session.scalars(select(m.Account).where(m.Account.id == actor.user_id)).one()
    # the journal names the deed, never the secret
    record("ab_user.calendar_link", account)
    account.calendar_token = secrets.token_urlsafe(32)
    return account.calendar_token


def feed(token: str) -> tuple[str, list[Event]]:
    """Return the owner's name and all events of the feed at an address; raises NotFound, also for a closed account."""
    account = m.Account
    with unscoped("the feed of one's own courses, by its secret address"):
        owner: m.Account | None = db.session.scalars(
            select(account).where(account.calendar_token == token[:64]).options(joinedload(account.employee))
        ).one_or_none()
        if owner is None or not owner.active or is_closed(owner) or owner.employee_id is None:
            raise NotFound(_NO_FEED)
        return owner.full_name, _events(owner.employee_id, with_cancelled=True)


# --- events ----------------------------------------------------------------------------------------------------------


def _events(
    employee_id: int, first: dt.date = dt.date.min, last: dt.date = dt.date.max, *, with_cancelled: bool = False
) -> list[Event]:
    group, row = m.TrainingGroup, m.Enrolment
    live = live_enrolment()
    # who once stood in a calendar is taken out of it there, too
    shown = or_(live, group.ends_on >= today()) if with_cancelled else live
    statement = (
        select(row)
        .join(group, group.id == row.group_id)
        .where(row.employee_id == employee_id, shown, group.starts_on <= last, group.ends_on >= first)
        .options(
            joinedload(row.group).options(
                joinedload(group.program).load_only(m.Program.title), joinedload(group.organizer)
            )
        )
        .order_by(group.starts_on, row.id)
    )
    return course_events.events_of(list(db.session.scalars(statement)))
