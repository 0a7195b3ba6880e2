"""The answer of every rule: allowed, or a Russian sentence why not; and how terms are counted."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass

from app.russian import count, years


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether something may be done; ``reason`` is a Russian sentence, empty when it may.

    ``waits``: an enrolment that is allowed into the waiting list only; then ``reason`` says why.
    """

    allowed: bool
    reason: str = ""
    waits: bool = False

    def __bool__(self) -> bool:
        """A decision is as true as its permission."""
        return self.allowed

    @property
    def rank(self) -> int:
        """Of several places of work the least is the best: a seat, else the waiting list, else a refusal."""
        return 2 if not self.allowed else int(self.waits)


ALLOWED = Decision(True)


def refuse(reason: str) -> Decision:
    """Return a refusal."""
    return Decision(False, reason)


def add_months(day: dt.date, months: int) -> dt.date:
    """Return the same day ``months`` later; the month's last day where there is no such day (ГК РФ ст. 192 ч. 3)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def last_day_of(issued_on: dt.date, months: int) -> dt.date:
    """Return the last day of a term of ``months`` that begins on ``issued_on``."""
    return add_months(issued_on, months) - dt.timedelta(days=1)


def months_in_words(months: int) -> str:
    """Write a term: «3 года», «18 месяцев»."""
    return count(months, "месяц", "месяца", "месяцев") if months % 12 else years(months // 12)


def first_refusal(*decisions: Decision) -> Decision:
    """Return the first decision that refuses, else that it is allowed."""
    return next((d for d in decisions if not d.allowed), ALLOWED)
