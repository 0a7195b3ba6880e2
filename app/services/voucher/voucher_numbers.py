"""Numbers of vouchers (чеки): the operator's mask, one series a year."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert

from app import models as m
from app.access import unscoped
from app.errors import Conflict
from app.extensions import db
from app.models import NumberSeries
from app.number_masks import write_number
from app.services.portal import settings
from app.services.portal.numbers import next_number

_SERIES = "voucher"


def new_number(year: int) -> str:
    """Return the next number of a year, written by the mask; a rollback gives it back.

    Raises Conflict for one that a чек has already: the mask was changed back to an older one.
    """
    number = write_number(settings.mask("voucher_number_mask"), year=year, number=next_number(_SERIES, year))
    with unscoped("is a number of a чек taken: yes or no"):
        is_taken = db.session.scalar(select(m.Voucher.id).where(m.Voucher.number == number)) is not None
    if is_taken:
        raise Conflict(
            f"Чек с номером {number} уже есть. Измените вид номера чека на странице «Настройки» и повторите."
        )
    return number


def pass_over(numbers: Iterable[str]) -> None:
    """Let the series go on after numbers that come from elsewhere: what they look like by the mask is not given again."""
    pattern = _pattern(settings.mask("voucher_number_mask"))
    last: dict[int, int] = {}
    for found in filter(None, map(pattern.fullmatch, numbers)):
        year, number = int(found["year"]), int(found["number"])
        last[year] = max(number, last.get(year, 0))
    if not last:
        return
    rows = [{"kind": _SERIES, "organizer_id": None, "year": year, "last": n} for year, n in sorted(last.items())]
    statement = insert(NumberSeries).values(rows)
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=[NumberSeries.kind, func.coalesce(NumberSeries.organizer_id, text("0")), NumberSeries.year],
            set_={"last": func.greatest(NumberSeries.last, statement.excluded.last)},
        )
    )


def _pattern(mask: str) -> re.Pattern[str]:
    """What a number by the mask looks like; a field named twice is read where it stands first."""
    seen: set[str] = set()

    def field(name: str) -> str:
        digits = r"\d{4}" if name == "year" else r"\d{1,9}"
        if name in seen:
            return digits
        seen.add(name)
        return f"(?P<{name}>{digits})"

    parts = re.split(r"\{(year|number)(?::0?[1-9]d)?\}", mask)
    return re.compile("".join(field(part) if n % 2 else re.escape(part) for n, part in enumerate(parts)))
