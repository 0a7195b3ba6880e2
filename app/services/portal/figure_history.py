"""The history of the stored figures: one point a day of each figure and place, and how far a figure has come since.

A point is written once a day, by the nightly job; nothing is counted for days before the first. Which figures have a history is
said by who counts them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, literal, select
from sqlalchemy.dialects.postgresql import insert

from app import models as m
from app.clock import today
from app.extensions import db
from app.russian import NBSP, format_date, number
from app.unit_of_work import technical_write

#: days between two points from which a change is told; days of a year, and how few of them still make one
FEWEST_DAYS, YEAR, ALMOST = 30, 366, 358

_figure: Any = m.Figure.__table__
_point: Any = m.FigureDay.__table__


@dataclass(frozen=True, slots=True)
class Change:
    """How much a figure has grown since a day."""

    number: int
    since: dt.date

    def __str__(self) -> str:
        """«+120 за год», «−3 с 12.09.2026»."""
        since = "за год" if (today() - self.since).days >= ALMOST else f"с{NBSP}{format_date(self.since)}"
        if not self.number:
            return f"без изменений {since}"
        return f"{'+' if self.number > 0 else '−'}{number(abs(self.number))}{NBSP}{since}"


@technical_write
def note_day(levels: Collection[str], codes: Collection[str]) -> None:
    """Keep the figures as they are now as the point of today; a second call of a day changes nothing."""
    key = ("level", "place", "code")
    now_ = select(literal(today()), *(_figure.c[name] for name in (*key, "number")))
    now_ = now_.where(_figure.c.level.in_(levels), _figure.c.code.in_(codes))
    points = insert(_point).from_select(["day", *key, "number"], now_)
    db.session.execute(points.on_conflict_do_nothing())


def changes(level: str, codes: Collection[str]) -> dict[tuple[int, str], Change]:
    """Return (place, code) → the change since the first point of the last year; nothing until two points lie a month apart."""
    first, last = func.min(_point.c.day), func.max(_point.c.day)
    known = (_point.c.level == level, _point.c.code.in_(codes), _point.c.day > today() - dt.timedelta(days=YEAR))
    ends = (
        select(_point.c.place, _point.c.code, first.label("day"))
        .where(*known)
        .group_by(_point.c.place, _point.c.code)
        .having(last - first >= FEWEST_DAYS)
        .subquery()
    )
    same = [_point.c[name] == ends.c[name] for name in ("place", "code", "day")]
    there = [_figure.c.level == level, *(_figure.c[name] == ends.c[name] for name in ("place", "code"))]
    statement = (
        select(ends.c.place, ends.c.code, ends.c.day, func.coalesce(_figure.c.number, 0) - _point.c.number)
        .join(_point, (_point.c.level == level) & same[0] & same[1] & same[2])
        .outerjoin(_figure, there[0] & there[1] & there[2])
    )
    return {(place, code): Change(grown, day) for place, code, day, grown in db.session.execute(statement)}
