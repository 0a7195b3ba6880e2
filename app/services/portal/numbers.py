"""Gap-free numbers: a counter's row is incremented in the transaction that uses the number (guard 4)."""

from __future__ import annotations

from sqlalchemy import func, text
from sqlalchemy.dialects.postgresql import insert

from app.clock import today
from app.errors import Invalid
from app.extensions import db
from app.models import NumberSeries
from app.number_masks import why_not


def insist_mask(mask: str, name: str) -> None:
    """Raise Invalid with a sentence unless the mask can be that of the column or setting ``name``."""
    if sentence := why_not(mask, name, today().year):
        raise Invalid(f"{sentence}.")


def next_number(kind: str, year: int, *, organizer_id: int | None = None) -> int:
    """Return the next number of a series, from 1.

    The row stays locked until the transaction ends, so that a rollback gives the number back and leaves no gap.
    """
    statement = (
        insert(NumberSeries)
        .values(kind=kind, organizer_id=organizer_id, year=year, last=1)
        .on_conflict_do_update(
            index_elements=[NumberSeries.kind, func.coalesce(NumberSeries.organizer_id, text("0")), NumberSeries.year],
            set_={"last": NumberSeries.last + 1},
        )
        .returning(NumberSeries.last)
    )
    return int(db.session.execute(statement).scalar_one())
