"""The one clock: aware moments and the local calendar day (deadlines end at 23:59:59 local time)."""

from __future__ import annotations

import datetime as dt
import os
from zoneinfo import ZoneInfo

ZONE = ZoneInfo(os.environ.get("TIMEZONE", "Europe/Samara"))


def now() -> dt.datetime:
    """Return the current moment, aware, in the portal's time zone."""
    return dt.datetime.now(ZONE)


def today() -> dt.date:
    """Return the current calendar day in the portal's time zone."""
    return now().date()


def local(moment: dt.datetime) -> dt.datetime:
    """Return ``moment`` in the portal's time zone."""
    return moment.astimezone(ZONE)
