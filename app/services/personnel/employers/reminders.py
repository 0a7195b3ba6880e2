"""Daily reminders of what waits for a school: to the school before the term ends, to its territory afterwards (order § 2.8)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select

from app import addresses
from app import models as m
from app.access import unscoped
from app.clock import ZONE, today
from app.conditions import decided_by, employed, is_past, waits
from app.extensions import db
from app.russian import count, format_date
from app.services.mailing import letters
from app.services.mailing.audience import Audience
from app.services.personnel.employers import responsible
from app.services.portal import calendar
from app.statuses import ChangeStatus, TransferStatus
from app.text import sort_key
from app.unit_of_work import use_case

#: working days before the end of the term when the school is reminded
BEFORE_DAYS = 2
HREF = addresses.listing("change_request", status=ChangeStatus.PROPOSED)
#: organizations that a letter to their territory names
_NAMED_AT_MOST = 20


@dataclass(frozen=True, slots=True)
class Waiting:
    """What an organization has to do: which organization, of which territory, until when."""

    organization_id: int
    territory_id: int
    name: str
    due_on: dt.date


@use_case
def remind() -> int:
    """Tell the schools whose terms end within two working days, and the territories of those that are late.

    Once a day for each: a second run on the same day sends nothing. Returns how many accounts were told.
    """
    with unscoped("what is late in every organization"):
        soon = calendar.due_date(today(), BEFORE_DAYS)
        waiting = [*_changes(), *_transfers()]
        near = [item for item in waiting if item.due_on <= soon and not is_past(item.due_on)]
        late = [item for item in waiting if is_past(item.due_on)]
        return _tell_schools(near) + _tell_territories(late)


def _changes() -> list[Waiting]:
    """Corrections by the organizations that decide: where their people work now, or that of the place of work itself."""
    place, row, organization = m.Employment, m.ChangeRequest, m.Organization
    statement = (
        select(organization.id, organization.territory_id, organization.short_name, row.due_on)
        .join(place, place.organization_id == organization.id)
        .join(row, row.employee_id == place.employee_id)
        .where(waits(row), row.due_on.is_not(None))
        .where(employed(), decided_by([organization.id]))
        .distinct(row.id, organization.id)
    )
    return _read(statement)


def _transfers() -> list[Waiting]:
    """Moves by the organization whose turn it is."""
    row, found = m.Transfer, []
    sides = {
        TransferStatus.REQUESTED: row.from_organization_id,
        TransferStatus.RELEASED: row.organization_id,
    }
    for status, side in sides.items():
        organization = m.Organization
        statement = (
            select(organization.id, organization.territory_id, organization.short_name, row.due_on)
            .select_from(row)
            .join(organization, organization.id == side)
            .where(row.status == status, row.due_on.is_not(None))
        )
        found += _read(statement)
    return found


def _read(statement: Any) -> list[Waiting]:
    return [Waiting(*values) for values in db.session.execute(statement)]


def _tell_schools(near: Iterable[Waiting]) -> int:
    told = 0
    by_place: dict[int, list[dt.date]] = {}
    for item in near:
        by_place.setdefault(item.organization_id, []).append(item.due_on)
    for organization_id, terms in sorted(by_place.items()):
        facts = {"решений": count(len(terms), "решение", "решения", "решений"), "срок": format_date(min(terms))}
        told += _tell(responsible.of_organization(organization_id), "terms_near", facts)
    return told


def _tell_territories(late: Iterable[Waiting]) -> int:
    by_territory: dict[int, dict[str, int]] = {}
    for item in late:
        places = by_territory.setdefault(item.territory_id, {})
        places[item.name] = places.get(item.name, 0) + 1
    told = 0
    for territory_id, places in sorted(by_territory.items()):
        ordered = sorted(places.items(), key=lambda place: sort_key(place[0]))
        named = "; ".join(f"{name} — {number}" for name, number in ordered[:_NAMED_AT_MOST])
        facts = {"организации": named, "всего": str(len(places)) if len(places) > _NAMED_AT_MOST else ""}
        told += _tell(responsible.of_territory(territory_id), "terms_passed", facts)
    return told


def _tell(told: Audience, kind: str, facts: letters.Facts) -> int:
    already = [user_id for user_id in told if _told_today(user_id, kind)]
    return letters.tell_users(told.without(already), kind, facts=facts, href=HREF)


def _told_today(user_id: int, kind: str) -> bool:
    """Whether this user was told today: by a letter of the kind, or by a notice that leads to the same page."""
    begins = dt.datetime.combine(today(), dt.time.min, tzinfo=ZONE)
    account = select(m.Account.employee_id).where(m.Account.id == user_id).scalar_subquery()
    letter = select(m.Letter.id).where(
        m.Letter.user_id == user_id, m.Letter.template == kind, m.Letter.created_at >= begins
    )
    notice = select(m.Notice.id).where(
        or_(m.Notice.user_id == user_id, m.Notice.employee_id == account),
        m.Notice.href == HREF,
        m.Notice.created_at >= begins,
    )
    return db.session.scalar(select(or_(letter.exists(), notice.exists()))) or False
