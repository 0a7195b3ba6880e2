"""The one clock: aware moments and the local calendar day (deadlines end at 23:59:59 local time)."""

from __future__ import annotations

import datetime as dt
import os
import re
from zoneinfo import ZoneInfo

from app.russian import parse_date
from app.text import cleaned, plain_dashes

ZONE = ZoneInfo(os.environ.get("TIMEZONE", "Europe/Samara"))

#: word → days from today
_COUNTED = {"позавчера": -2, "вчера": -1, "сегодня": 0, "завтра": 1, "послезавтра": 2}
_FROM_TODAY = re.compile(r"([+-]) ?(\d{1,3})(?: ?(?:дн|дня|дней|день))?")


def now() -> dt.datetime:
    """Return the current moment, aware, in the portal's time zone."""
    return dt.datetime.now(ZONE)


def today() -> dt.date:
    """Return the current calendar day in the portal's time zone."""
    return now().date()


def read_date(typed: str, *, past: bool = False) -> dt.date:
    """Read a day typed on a screen as the lists from Excel read it, and days counted from the current one.

    «сегодня», «завтра», «вчера», «+3» and «-3» count from today; of two figures of a year see ``parse_date``. Raises
    RussianDateError with a sentence.
    """
    text = plain_dashes(cleaned(typed)).lower()
    if text in _COUNTED:
        return today() + dt.timedelta(days=_COUNTED[text])
    if match := _FROM_TODAY.fullmatch(text):
        return today() + dt.timedelta(days=int(match[1] + match[2]))
    return parse_date(typed, today=today(), past=past)


def local(moment: dt.datetime) -> dt.datetime:
    """Return ``moment`` in the portal's time zone."""
    return moment.astimezone(ZONE)
