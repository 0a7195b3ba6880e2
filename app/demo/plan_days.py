"""Days of the demo's planning, by which its programs are late."""

from __future__ import annotations

import datetime as dt

_DAY = dt.timedelta(days=1)


def plan_days(today: dt.date) -> tuple[dt.date, dt.date, dt.date]:
    """Return the last day for programs, the first and the last one of the choice: those of the order while they are the last ones.

    On any other day the choice ends within five days, so that the demo always shows it near its end.
    """
    closes = dt.date(today.year, 12, 1)
    if not dt.timedelta() <= closes - today <= dt.timedelta(days=11):
        closes = min(today + 5 * _DAY, dt.date(today.year, 12, 31))
    opens = closes - 30 * _DAY
    return opens, opens, closes
