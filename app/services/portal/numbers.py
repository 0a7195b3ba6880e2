"""Gap-free numbers: a counter's row is incremented in the transaction that uses the number (guard 4)."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, text
from sqlalchemy.dialects.postgresql import insert

from app.errors import Invalid
from app.extensions import db
from app.models import NumberSeries
from app.number_masks import is_mask


def insist_mask(mask: str, *, required: Collection[str], allowed: Collection[str], example: str) -> None:
    """Raise Invalid, with an example of how it is written, unless ``is_mask``."""
    if not is_mask(mask, required=required, allowed=allowed):
        fields = ", ".join(f"{{{name}}}" for name in allowed)
        raise Invalid(
            f"Вид номера «{mask}» записан неверно. Можно использовать {fields} и числа с нулями впереди, например "
            f"{{number:04d}}; других фигурных скобок быть не должно. Пример: {example}."
        )


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
