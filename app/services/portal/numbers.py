"""Gap-free numbers: a counter's row is incremented in the transaction that uses the number (guard 4); how they are written."""

from __future__ import annotations

import re
from collections.abc import Collection

from sqlalchemy import func, text
from sqlalchemy.dialects.postgresql import insert

from app.errors import Invalid
from app.extensions import db
from app.models import NumberSeries

#: longest number that the tables hold
LONGEST = 40
_FIELD = re.compile(r"\{([a-z]+)(?::0?([1-9])d)?\}")


def write_number(mask: str, **values: int | str) -> str:
    """Write a number by a mask such as ``63-{year}-{number:06d}``: only fields of ``values`` exist, nothing is evaluated.

    The mask comes from a form and is never given to ``str.format``; a field that is unknown stays as it stands.
    """

    def field(found: re.Match[str]) -> str:
        value = values.get(found[1], found[0])
        return f"{value:0{found[2] or 1}d}" if isinstance(value, int) else value

    return _FIELD.sub(field, mask)


def is_mask(mask: str, *, required: Collection[str], allowed: Collection[str], longest: int = LONGEST) -> bool:
    """Whether a mask has every ``required`` field, none but the ``allowed`` ones, and gives no number that is too long."""
    rest = _FIELD.sub("", mask)
    names = {found[1] for found in _FIELD.finditer(mask)}
    fits = len(_FIELD.sub("0" * 9, mask)) <= longest
    return "{" not in rest and "}" not in rest and set(required) <= names <= set(allowed) and fits


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
