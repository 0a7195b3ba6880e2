"""Rows that a form offers to the acting user: the user's organizations and organizers, the people who work there, the user."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, or_

from app import models as m
from app.access import current_actor
from app.web.personnel.people_columns import working_where

# the table itself: the rows of the list are scoped, what they are asked about belongs to them
_place = m.Employment.__table__.c


def own_organizations() -> Any:
    """Condition: organizations on which the responsible person may enter people; None for those who see all."""
    actor = current_actor()
    ids = actor.places("school")
    return m.Organization.id.in_(ids) if ids and "operator" not in actor.roles else None


def working() -> Any:
    """Condition: people who work today; for the responsible person, in the person's organizations."""
    actor = current_actor()
    mine = m.Employee.id == actor.employee_id
    if "operator" in actor.roles:
        return working_where()
    return or_(working_where(_place.organization_id.in_(actor.places("school"))), and_(mine, working_where()))


def own_organizers() -> Any:
    """Condition: organizers whose programs the user may enter."""
    actor = current_actor()
    if "operator" in actor.roles:
        return m.Organization.is_organizer
    return m.Organization.id.in_(actor.places("organizer"))


def own_organizer(view: Any) -> dict[str, Any]:
    """The only organizer whose programs the user enters, for a new form."""
    ids = current_actor().places("organizer")
    rows = view.lookup.choose("organizer", ids) if len(ids) == 1 else []
    return {"organizer": rows[0]} if rows else {}


def self_as_employee(view: Any) -> dict[str, Any]:
    """The acting worker, for a form about oneself."""
    own = current_actor().employee_id
    rows = view.lookup.choose("employee", [own]) if own and "worker" in current_actor().roles else []
    return {"employee": rows[0]} if rows else {}
