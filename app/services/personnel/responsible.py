"""Whom to tell: the accounts that answer for an organization or a territory today."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app import models as m
from app.access import unscoped
from app.conditions import held
from app.extensions import db
from app.services.mailing import letters


def of_organization(organization_id: int) -> list[int]:
    """Return ids of the accounts responsible for an organization or for one above it."""
    return _holders(m.Assignment.role == "school", m.Assignment.organization_id.in_(_with_above(organization_id)))


def of_organizer(organization_id: int) -> list[int]:
    """Return ids of the accounts that work for an organizer of courses, or for the organization above it."""
    return _holders(m.Assignment.role == "organizer", m.Assignment.organization_id.in_(_with_above(organization_id)))


def _with_above(organization_id: int) -> Any:
    table: Any = m.Organization.__table__
    above = select(table.c.id, table.c.parent_id).where(table.c.id == organization_id).cte("above", recursive=True)
    above = above.union(select(table.c.id, table.c.parent_id).where(table.c.id == above.c.parent_id))
    return select(above.c.id)


def of_territory(territory_id: int) -> list[int]:
    """Return ids of the accounts of a territorial body."""
    return _holders(m.Assignment.role == "territory", m.Assignment.territory_id == territory_id)


def of_role(role: str) -> list[int]:
    """Return ids of the accounts that hold a role of the whole region."""
    return _holders(m.Assignment.role == role)


def _holders(*conditions: Any) -> list[int]:
    role = m.Assignment
    live = (held(), m.Account.active.is_(True))
    statement = select(role.user_id).join(m.Account, m.Account.id == role.user_id).where(*live, *conditions)
    with unscoped("whom to tell about an organization's people"):
        return list(db.session.scalars(statement.distinct().order_by(role.user_id)))


def tell_organization(organization_id: int, text: str, *, subject: str, href: str, template: str) -> int:
    """Put a notice and a letter to everybody responsible for an organization; return how many were told."""
    found = of_organization(organization_id)
    for user_id in found:
        letters.notify_account(user_id, text, subject=subject, href=href, template=template)
    return len(found)


def organization_name(organization_id: int) -> str:
    """Return the short name of any organization: it is public, its rows are not."""
    with unscoped("the name of an organization"):
        name = db.session.scalar(select(m.Organization.short_name).where(m.Organization.id == organization_id))
    return name or "организация"
