"""The own courses as a calendar: days of a month, and the feed behind an address that only its owner knows."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app import models as m
from app.access import current_actor, unscoped
from app.audit import record
from app.clock import local
from app.conditions import live_enrolment
from app.errors import Conflict, NotFound
from app.extensions import db
from app.services.access.accounts import is_closed
from app.statuses import EnrolmentStatus
from app.unit_of_work import use_case

_NO_COURSES = "Учётная запись не связана с карточкой работника, поэтому своих курсов у вас нет."
_NO_FEED = "Такого календаря нет: ссылка сменилась, скопирована не целиком, или вход закрыт."


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A meeting of an own course, or all its dates when it has no schedule.

    ``starts_at`` and ``ends_at`` are aware moments; of an event without them the whole days count, both included.
    """

    uid: str
    enrolment_id: int
    title: str
    number: str
    organizer: str
    place: str
    topic: str
    first: dt.date
    last: dt.date
    starts_at: dt.datetime | None
    ends_at: dt.datetime | None
    status: EnrolmentStatus
    changed_at: dt.datetime


def own_events(first: dt.date, last: dt.date) -> list[Event]:
    """Return the events of the acting user's courses on the days from ``first`` to ``last``."""
    employee_id = current_actor().employee_id
    if employee_id is None:
        return []
    found = _events(employee_id, first, last)
    return [event for event in found if event.first <= last and event.last >= first]


def link_token() -> str | None:
    """Return the secret part of the address of the acting user's feed, None while there is none."""
    token: str | None = db.session.scalar(
        select(m.Account.calendar_token).where(m.Account.id == current_actor().user_id)
    )
    return token


@use_case
def change_link() -> str:
    """Make the address of the own feed, or another one: the former stops working. Raises Conflict without a card."""
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
        return owner.full_name, _events(owner.employee_id)


# --- events ----------------------------------------------------------------------------------------------------------


def _events(employee_id: int, first: dt.date = dt.date.min, last: dt.date = dt.date.max) -> list[Event]:
    rows = _enrolments(employee_id, first, last)
    meetings = _meetings([row.group_id for row in rows])
    found: list[Event] = []
    for row in rows:
        held = meetings.get(row.group_id, ())
        found += [_of_meeting(row, meeting) for meeting in held] or [_of_group(row)]
    return found


def _enrolments(employee_id: int, first: dt.date, last: dt.date) -> list[m.Enrolment]:
    group = m.TrainingGroup
    statement = (
        select(m.Enrolment)
        .join(group, group.id == m.Enrolment.group_id)
        .where(
            m.Enrolment.employee_id == employee_id,
            live_enrolment(),
            group.starts_on <= last,
            group.ends_on >= first,
        )
        .options(
            joinedload(m.Enrolment.group).options(
                joinedload(group.program).load_only(m.Program.title), joinedload(group.organizer)
            )
        )
        .order_by(group.starts_on, m.Enrolment.id)
    )
    return list(db.session.scalars(statement))


def _meetings(group_ids: Sequence[int]) -> Mapping[int, Sequence[m.GroupMeeting]]:
    meeting, found = m.GroupMeeting, dict[int, list[m.GroupMeeting]]()
    if group_ids:
        statement = select(meeting).where(meeting.group_id.in_(group_ids)).order_by(meeting.starts_at, meeting.id)
        for row in db.session.scalars(statement):
            found.setdefault(row.group_id, []).append(row)
    return found


def _of_meeting(row: m.Enrolment, meeting: m.GroupMeeting) -> Event:
    starts_at, ends_at = local(meeting.starts_at), local(meeting.ends_at)
    return _event(
        row,
        uid=f"enrolment-{row.id}-meeting-{meeting.id}",
        place=meeting.place or row.group.place,
        topic=meeting.topic or "",
        days=(starts_at.date(), ends_at.date()),
        moments=(starts_at, ends_at),
    )


def _of_group(row: m.Enrolment) -> Event:
    group = row.group
    days = (group.starts_on, group.ends_on)
    return _event(row, uid=f"enrolment-{row.id}", place=group.place, topic="", days=days, moments=(None, None))


def _event(
    row: m.Enrolment,
    *,
    uid: str,
    place: str,
    topic: str,
    days: tuple[dt.date, dt.date],
    moments: tuple[dt.datetime | None, dt.datetime | None],
) -> Event:
    group = row.group
    return Event(
        uid=uid,
        enrolment_id=row.id,
        title=group.program.title,
        number=group.number,
        organizer=group.organizer.short_name,
        place=place,
        topic=topic,
        first=days[0],
        last=days[1],
        starts_at=moments[0],
        ends_at=moments[1],
        status=row.status,
        changed_at=row.changed_at,
    )
