"""Working days of Russia and the terms counted in them.

The base is the production calendar of the `holidays` package: fixed holidays (ТК РФ ст. 112), the days off moved by the
yearly decision of the Government and the Saturdays that became working days. The operator's corrections win over it.

A year for which no such decision is known (a coming one, or one outside the package's range) falls back to the statute
itself: weekends, fixed holidays, and every fixed holiday outside January that meets a weekend moves to the next working
day. `is_published` tells such years apart, so that a screen can warn that the dates may still move.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from functools import lru_cache

import holidays

_ONE_DAY = timedelta(days=1)
_SATURDAY = 5
_LAST_SECOND = time(23, 59, 59)

# ТК РФ ст. 112: the New Year holidays with Christmas never move by themselves, the six others do.
_JANUARY_DAYS = range(1, 9)
_MOVABLE_HOLIDAYS = ((2, 23), (3, 8), (5, 1), (5, 9), (6, 12), (11, 4))


@dataclass(frozen=True, slots=True)
class _Year:
    """Days of one year that differ from the plain week, and whether the Government's decision for it is known."""

    days_off: frozenset[date]
    working_weekends: frozenset[date]
    is_published: bool


def is_published(year: int) -> bool:
    """Tell whether the moved days off of `year` are known; if not, its terms rest on the statute alone."""
    return _load_year(year).is_published


@dataclass(frozen=True, slots=True)
class Calendar:
    """The Russian working calendar with the operator's corrections (`True` = working day, `False` = day off)."""

    corrections: Mapping[date, bool] = field(default_factory=dict)

    def is_workday(self, day: date) -> bool:
        """Tell whether `day` is a working day. Takes dates only: a moment has a date only in some time zone."""
        if isinstance(day, datetime):
            raise TypeError("is_workday() takes a date, not a datetime: choose the time zone first")
        corrected = self.corrections.get(day)
        if corrected is not None:
            return corrected
        year = _load_year(day.year)
        if day.weekday() >= _SATURDAY:
            return day in year.working_weekends
        return day not in year.days_off

    def add_working_days(self, start: date, count: int) -> date:
        """Return the last day of a term of `count` ≥ 1 working days; the term starts the next day (ГК РФ ст. 191)."""
        if count < 1:
            raise ValueError("a term has at least one working day")
        day = start
        while count:
            day += _ONE_DAY
            count -= self.is_workday(day)
        return day

    def working_days_between(self, start: date, end: date) -> int:
        """Count the working days after `start` up to `end` inclusive; below zero when `end` lies before `start`.

        It is the inverse of `add_working_days`, so for a deadline it says how many working days are left or overdue.
        """
        first, last = sorted((start, end))
        days = (first + _ONE_DAY * step for step in range(1, (last - first).days + 1))
        total = sum(map(self.is_workday, days))
        return total if start <= end else -total

    def deadline(self, start: date, count: int, *, tz: tzinfo) -> datetime:
        """Return the end, 23:59:59 in `tz`, of the last day of a term of `count` working days after `start`."""
        return datetime.combine(self.add_working_days(start, count), _LAST_SECOND, tzinfo=tz)


@lru_cache(maxsize=128)
def _load_year(year: int) -> _Year:
    known = holidays.country_holidays("RU", years=year, expand=False)
    fixed = _fixed_holidays(year)
    # The January holidays always cover a weekend that the Government moves elsewhere, so a year with nothing beyond
    # the fixed holidays is one that it has not decided yet.
    if set(known) - fixed:
        return _Year(frozenset(known), frozenset(known.weekend_workdays), is_published=True)
    return _Year(fixed | _moved_by_statute(year, fixed), frozenset(), is_published=False)


def _fixed_holidays(year: int) -> frozenset[date]:
    january = {date(year, 1, day) for day in _JANUARY_DAYS}
    return frozenset(january | {date(year, month, day) for month, day in _MOVABLE_HOLIDAYS})


def _moved_by_statute(year: int, fixed: frozenset[date]) -> frozenset[date]:
    holidays_on_weekends = (date(year, month, day) for month, day in _MOVABLE_HOLIDAYS)
    return frozenset(_next_free_weekday(day, fixed) for day in holidays_on_weekends if day.weekday() >= _SATURDAY)


def _next_free_weekday(day: date, taken: frozenset[date]) -> date:
    while day.weekday() >= _SATURDAY or day in taken:
        day += _ONE_DAY
    return day
