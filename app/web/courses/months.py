"""A month as a grid of days: for the calendars of the catalogue and of a user."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from app.clock import today
from app.russian import long_date
from app.web.frame.pages import Button, Filter, Link

_MONTHS = (
    "январь", "февраль", "март", "апрель", "май", "июнь", "июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь",
)  # fmt: skip
WEEKDAYS = ("Пн", "Вт", "Ср", "Чт", "Пт", "Сб", "Вс")
_TYPED = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Month:
    """A month of a year."""

    year: int
    number: int

    @property
    def value(self) -> str:
        """As the address names it: 2026-11."""
        return f"{self.year}-{self.number:02}"

    @property
    def title(self) -> str:
        """In words: «Ноябрь 2026»."""
        return f"{_MONTHS[self.number - 1].capitalize()} {self.year}"

    @property
    def first(self) -> dt.date:
        """The first day."""
        return dt.date(self.year, self.number, 1)

    @property
    def last(self) -> dt.date:
        """The last day."""
        return self.first.replace(day=calendar.monthrange(self.year, self.number)[1])

    @property
    def next(self) -> Month:
        """The month after."""
        day = self.last + dt.timedelta(days=1)
        return Month(day.year, day.month)

    @property
    def previous(self) -> Month:
        """The month before."""
        day = self.first - dt.timedelta(days=1)
        return Month(day.year, day.month)


def read(typed: str) -> Month:
    """Read a month of this century from the address; this month for anything else."""
    found = _TYPED.fullmatch(typed)
    return Month(int(found[1]), int(found[2])) if found else Month(today().year, today().month)


@dataclass(frozen=True, slots=True)
class Entry:
    """What happens on a day: ``tone`` colours it, ``detail`` stands below (time, place); ``moves``: where another day is posted."""

    text: str
    href: str
    detail: str = ""
    tone: str = ""
    moves: str = ""


@dataclass(frozen=True, slots=True)
class AgendaDay:
    """A day of «Ближайшие» in words, with what begins on it."""

    title: str
    entries: Sequence[Entry]


def agenda(entries: Iterable[tuple[dt.date, Entry]]) -> list[AgendaDay]:
    """Join the entries of each day, in their order; a day that has begun is today."""
    found: dict[dt.date, list[Entry]] = {}
    for day, entry in entries:
        found.setdefault(max(day, today()), []).append(entry)
    return [AgendaDay(_near(day), of_day) for day, of_day in found.items()]


def _near(day: dt.date) -> str:
    """«Сегодня, 30 ноября 2026 г.»."""
    words = {0: "Сегодня, ", 1: "Завтра, "}.get((day - today()).days, f"{WEEKDAYS[day.weekday()]}, ")
    return f"{words}{long_date(day)}"


def month_of(typed: str, nearest: Sequence[dt.date]) -> Month:
    """Read the month of the address; without one it is that of the nearest day of ``nearest``, else this month."""
    if typed or not nearest:
        return read(typed)
    day = max(nearest[0], today())
    return Month(day.year, day.month)


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the grid; one of another month has no number and is empty."""

    number: int | None
    weekday: str
    title: str = ""
    #: as a program reads it: 2026-11-30
    value: str = ""
    is_today: bool = False
    entries: Sequence[Entry] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthPage:
    """A month with its days and the links beside it; search and filters are those of the catalogue."""

    title: str
    month: Month
    days: Sequence[Day]
    previous: Link
    next: Link
    now: Link
    empty: str
    agenda: Sequence[AgendaDay] = ()
    search: str = ""
    search_hint: str = ""
    filters: Sequence[Filter] = ()
    keep: Sequence[tuple[str, str]] = ()
    buttons: Sequence[Button] = ()
    crumbs: Sequence[Link] = ()
    reset_href: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing happens in the month."""
        return not any(day.entries for day in self.days)


def days(month: Month, entries: Mapping[dt.date, Sequence[Entry]]) -> list[Day]:
    """Return the days of whole weeks, from a Monday to a Sunday."""
    found = []
    for day in calendar.Calendar().itermonthdates(month.year, month.number):
        weekday = WEEKDAYS[day.weekday()]
        if day.month == month.number:
            found.append(Day(day.day, weekday, long_date(day), day.isoformat(), day == today(), entries.get(day, ())))
        else:
            found.append(Day(None, weekday))
    return found


def links(path: str, month: Month, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the links to the months beside and to this one, with the other parameters of the address kept."""

    def link(label: str, target: Month) -> Link:
        return Link(label, f"{path}?{urlencode({**parameters, 'month': target.value})}")

    now = Month(today().year, today().month)
    return {
        "previous": link(month.previous.title, month.previous),
        "next": link(month.next.title, month.next),
        "now": link("Этот месяц", now),
    }
