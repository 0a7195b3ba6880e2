"""Recipients: the accounts that are responsible for an organization or a territory today, by role."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, true

from app import models as m
from app.access import unscoped
from app.conditions import held
from app.extensions import db
from app.services.mailing.audience import Audience


def of_organization(organization_id: int, *, but: int | None = None) -> Audience:
    """Return the accounts responsible for an organization or for one above it.

    ``but``: the person whom it is about: that person gets another letter and may not decide.
    """
    whose = m.Account.employee_id.is_distinct_from(but) if but is not None else true()
    place = m.Assignment.organization_id.in_(_with_above(organization_id))
    return _holders("school", organization_id, place, whose)


def of_organizer(organization_id: int) -> Audience:
    """Return the accounts that work for an organizer of courses, or for the organization above it."""
    place = m.Assignment.organization_id.in_(_with_above(organization_id))
    return _holders("organizer", organization_id, place)


def _with_above(organization_id: int) -> Any:
    table: Any = m.Organization.__table__
    above = select(table.c.id, table.c.parent_id).where(table.c.id == organization_id).cte("above", recursive=True)
    above = above.union(select(table.c.id, table.c.parent_id).where(table.c.id == above.c.parent_id))
    return select(above.c.id)


def of_territory(territory_id: int) -> Audience:
    """Return the accounts of a territorial body."""
    return _holders("territory", territory_id, m.Assignment.territory_id == territory_id)


def of_role(role: str) -> Audience:
    """Return the accounts that hold a role of the whole region."""
    return _holders(role, None)


def _holders(code: str, place: int | None, *conditions: Any) -> Audience:
    """Accounts with the role; ``place``: what the letter is about, so that a role for a place above it counts too."""
    role = m.Assignment
    live = (role.role == code, held(), m.Account.active.is_(True))
    statement = select(role.user_id).join(m.Account, m.Account.id == role.user_id).where(*live, *conditions)
    with unscoped("whom to tell about an organization's people"):
        found = db.session.scalars(statement.distinct().order_by(role.user_id))
        return Audience(tuple(found), f"{code}:{'' if place is None else place}")


def organization_name(organization_id: int) -> str:
    """Return the short name of any organization: it is public, its rows are not."""
    with unscoped("the name of an organization"):
        name = db.session.scalar(select(m.Organization.short_name).where(m.Organization.id == organization_id))
    return name or "организация"
