"""Clashes of a group's meetings: a teacher or a room busy twice, a listener with another course at that time.

Clashes are shown and never refused: the schedule is the organizer's. Teachers and rooms are compared among the groups of
one organizer; of a listener's courses with other organizers only the number is shown.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, func, or_, select

from app import models as m
from app.clock import local
from app.extensions import db
from app.russian import count, format_date, initials, quoted
from app.statuses import LISTENING, GroupStatus
from app.text import sort_key

#: who is in a group or keeps a seat in it and has no outcome yet
#: more rows than a page can use are not read
_MOST = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """What meets what, in words; ``group_id`` is the other group of the same organizer, None where there is none to open."""

    text: str
    detail: str = ""
    group_id: int | None = None


def find(group: m.TrainingGroup) -> list[Clash]:
    """Return the clashes of the saved meetings of a group that the actor may change, in three statements."""
    return [*_busy_places(group), *_busy_listeners(group), *_busy_elsewhere(group)]


def same_words(first: str | None, second: str | None) -> bool:
    """Whether two names written by people mean the same: «Иванова М.П.» and «иванова  м. п.»."""
    return bool(first and second) and _plain(first) == _plain(second)


def _plain(text: str | None) -> str:
    return re.sub(r"[\s.,«»\"№-]+", " ", sort_key(text or "")).strip()


def meeting_words(meeting: m.GroupMeeting) -> str:
    """«12.09.2026 09:00–14:30»."""
    return _when(meeting.starts_at, meeting.ends_at)


def _when(starts_at: dt.datetime, ends_at: dt.datetime) -> str:
    first, last = local(starts_at), local(ends_at)
    return f"{format_date(first.date())} {first:%H:%M}–{last:%H:%M}"


# A table joined with itself: plain tables, narrowed to the organizer of a group that the actor may change.
_meeting: Any = m.GroupMeeting.__table__
_enrolment: Any = m.Enrolment.__table__
_group: Any = m.TrainingGroup.__table__
_person: Any = m.Employee.__table__
_mine, _other = _meeting.alias("mine").c, _meeting.alias("other").c
_here, _there = _enrolment.alias("here").c, _enrolment.alias("there").c
_together = and_(_other.starts_at < _mine.ends_at, _mine.starts_at < _other.ends_at)


def _busy_places(group: m.TrainingGroup) -> list[Clash]:
    """Other meetings of the organizer at the same time, with the same teacher or in the same room."""
    statement = (
        select(
            _mine.starts_at,
            _mine.ends_at,
            _mine.teacher,
            _mine.place,
            _other.starts_at.label("other_starts"),
            _other.ends_at.label("other_ends"),
            _other.teacher.label("other_teacher"),
            _other.place.label("other_place"),
            _group.c.id,
            _group.c.number,
        )
        .where(
            _together,
            _group.c.id == _other.group_id,
            _mine.group_id == group.id,
            _group.c.organizer_id == group.organizer_id,
            _group.c.status != GroupStatus.CANCELLED,
            # two meetings of the group itself are one pair
            or_(_other.group_id != group.id, _mine.id < _other.id),
        )
        .order_by(_mine.starts_at, _other.starts_at, _mine.id, _other.id)
        .limit(_MOST)
    )
    return [clash for row in db.session.execute(statement) for clash in _compared(group, row)]


def _compared(group: m.TrainingGroup, row: Any) -> list[Clash]:
    when, detail = _when(row.starts_at, row.ends_at), f"там занятие {_when(row.other_starts, row.other_ends)}"
    if row.id == group.id:
        return [Clash(text=f"{when}: занятие пересекается с другим занятием этой же группы", detail=detail)]
    where, found = f"в группе {row.number}", []
    if same_words(row.teacher, row.other_teacher):
        text = f"{when}: преподаватель {row.teacher} в это время занят {where}"
        found.append(Clash(text=text, detail=detail, group_id=row.id))
    # a meeting held at the group's own address names a building, not a room
    if same_words(row.place, row.other_place) and not same_words(row.place, group.place):
        text = f"{when}: место {quoted(row.place)} в это время занято {where}"
        found.append(Clash(text=text, detail=detail, group_id=row.id))
    return found


def _attending(group: m.TrainingGroup, *columns: Any) -> Any:
    """Meetings at one time of the same person in this group and in another one."""
    return select(*columns).where(
        _mine.group_id == group.id,
        _here.group_id == group.id,
        _here.status.in_(LISTENING),
        _there.employee_id == _here.employee_id,
        _there.group_id != group.id,
        _there.status.in_(LISTENING),
        _group.c.id == _there.group_id,
        _other.group_id == _there.group_id,
        _together,
    )


def _busy_listeners(group: m.TrainingGroup) -> list[Clash]:
    columns = (_person.c.last_name, _person.c.first_name, _person.c.patronymic, _group.c.id, _group.c.number)
    statement = (
        _attending(group, *columns, func.count(_mine.id.distinct()).label("times"))
        .where(_person.c.id == _here.employee_id, _group.c.organizer_id == group.organizer_id)
        .group_by(_person.c.id, _group.c.id)
        .order_by(_person.c.sort, _group.c.id)
        .limit(_MOST)
    )
    return [
        Clash(
            text=f"Слушатель {initials(row.last_name, row.first_name, row.patronymic)} в эти часы записан в группу {row.number}",
            detail=f"совпадает {count(row.times, 'занятие', 'занятия', 'занятий')}",
            group_id=row.id,
        )
        for row in db.session.execute(statement)
    ]


def _busy_elsewhere(group: m.TrainingGroup) -> Sequence[Clash]:
    """How many listeners have a course with another organizer at that time: a number and nothing else."""
    statement = _attending(group, func.count(_here.employee_id.distinct()))
    number = db.session.scalar(statement.where(_group.c.organizer_id != group.organizer_id)) or 0
    if not number:
        return []
    people = count(number, "слушателя", "слушателей", "слушателей")
    return [Clash(text=f"У {people} в эти часы занятия в группах других организаторов")]
