"""First steps that a user has hidden: rows of the user's own account."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from app import models as m
from app.access import current_actor
from app.extensions import db
from app.unit_of_work import technical_write


@technical_write
def dismiss(code: str) -> None:
    """Never show the first steps of a role to the acting user again; a second click changes nothing."""
    values = {"user_id": current_actor().user_id, "code": code}
    db.session.execute(insert(m.DismissedHint).values(values).on_conflict_do_nothing())


@technical_write
def restore() -> None:
    """Show first steps to the acting user again."""
    db.session.execute(delete(m.DismissedHint).where(m.DismissedHint.user_id == current_actor().user_id))
