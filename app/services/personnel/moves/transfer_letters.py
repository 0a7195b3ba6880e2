"""Words and letters about moves to another organization: each side learns what it has to do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from app import addresses
from app import models as m
from app.access import current_actor, unscoped
from app.extensions import db
from app.russian import format_date
from app.services.mailing import letters
from app.services.personnel.employers import responsible
from app.services.portal import transitions

#: letters after which a side has to act, whoever moves
_TO_DECIDE = ("transfer_requested_side", "transfer_released_side")


def names_of(rows: Iterable[m.Transfer]) -> dict[int, str]:
    """Organization id → short name of both sides of moves that the actor sees; the other side's rows stay hidden."""
    ids = {i for row in rows for i in (row.from_organization_id, row.organization_id)}
    with unscoped("the names of both sides of a move that the actor sees"):
        found = db.session.execute(
            select(m.Organization.id, m.Organization.short_name).where(m.Organization.id.in_(ids))
        )
        return dict(found.tuples().all())


def names_of_visible() -> dict[int, str]:
    """The same of all moves that the actor sees, by two statements whatever their number."""
    row = m.Transfer
    ids = set(db.session.scalars(select(row.from_organization_id).distinct()))
    ids |= set(db.session.scalars(select(row.organization_id).distinct()))
    with unscoped("the names of both sides of a move that the actor sees"):
        found = db.session.execute(
            select(m.Organization.id, m.Organization.short_name).where(m.Organization.id.in_(ids))
        )
        return dict(found.tuples().all())


def find_places(words: Any, *, limit: int) -> list[m.Organization]:
    """Organizations to which a person may move, by a condition on them; names only, whatever the actor sees."""
    table = m.Organization
    statement = select(table).where(words, table.closed_on.is_(None)).order_by(table.sort, table.id).limit(limit)
    with unscoped("where a person may move: names only"):
        return list(db.session.scalars(statement))


def name_of(organization_id: int) -> str:
    """Short name of an organization."""
    return responsible.organization_name(organization_id)


def href_of(row: m.Transfer) -> str:
    """Page of a move."""
    return addresses.card("transfer", row.id)


def tell_side(organization_id: int, kind: str, row: m.Transfer, *, page: bool = True, **facts: str | None) -> None:
    """Tell everybody responsible for one side; ``page``: whether it sees the move.

    The person who moves gets the letter about the outcome once, not again as responsible.
    """
    href = href_of(row) if page else addresses.listing("transfer")
    told = responsible.of_organization(organization_id, but=None if kind in _TO_DECIDE else row.employee_id)
    letters.tell_users(told, kind, about=row, facts=facts, href=href)


def tell_person(row: m.Transfer, kind: str, **facts: str | None) -> None:
    """Tell the person who moves."""
    with unscoped("the person who moves is told"):
        person = transitions.read_fresh(m.Employee, row.employee_id)
    letters.tell(person, kind, about=row, facts=facts, href=href_of(row))


def tell_requested(row: m.Transfer, person: m.Employee) -> None:
    """Tell the organization that is left, and the person unless the person began the move."""
    due = format_date(row.due_on) if row.due_on else ""
    # the hiring organization may have typed the name with a mistake: this side and the person know the true one
    name = person.full_name
    tell_side(row.from_organization_id, "transfer_requested_side", row, работник=name, срок=due)
    if person.id != current_actor().employee_id:
        tell_person(row, "transfer_requested", работник=name)
