"""The one clock: aware moments and the local calendar day (deadlines end at 23:59:59 local time)."""

from __future__ import annotations

import datetime as dt
import os
from zoneinfo import ZoneInfo

from app.russian import parse_date

ZONE = ZoneInfo(os.environ.get("TIMEZONE", "Europe/Samara"))


def now() -> dt.datetime:
    """Return the current moment, aware, in the portal's time zone."""
    return dt.datetime.now(ZONE)


def today() -> dt.date:
    """Return the current calendar day in the portal's time zone."""
    return now().date()


def read_date(typed: str, *, past: bool = False) -> dt.date:
    """Read a day typed on a screen as the lists from Excel read it; of two figures of a year see ``parse_date``.

    Raises RussianDateError with a sentence.
    """
    return parse_date(typed, today=today(), past=past)


def local(moment: dt.datetime) -> dt.datetime:
    """Return ``moment`` in the portal's time zone."""
    return moment.astimezone(ZONE)
