"""Ready periods of the filters by dates, counted from the current day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from app.clock import today
from app.russian import format_date
from app.web.frame.forms import LONG_AGO


@dataclass(frozen=True, slots=True)
class Period:
    """A period with its code and words; both ends are included, an open end is None."""

    code: str
    label: str
    first: dt.date | None
    last: dt.date | None

    def ends(self, name: str) -> dict[str, str | None]:
        """The parameters of the filter ``name`` that mean the period."""
        first, last = (format_date(day) if day else None for day in (self.first, self.last))
        return {f"{name}_from": first, f"{name}_to": last}


def periods(name: str) -> Sequence[Period]:
    """The periods of today for a column; a day of one's youth has none."""
    if name in LONG_AGO:
        return ()
    day, month = today(), dt.timedelta(days=30)
    return (
        Period("passed", "До сегодняшнего дня", None, day - dt.timedelta(days=1)),
        Period("recent", "За последние 30 дней", day - month, day),
        Period("today", "Сегодня", day, day),
        Period("near", "Ближайшие 30 дней", day, day + month),
        Period("year", f"{day.year} год", day.replace(month=1, day=1), day.replace(month=12, day=31)),
    )
