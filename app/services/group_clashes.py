"""Clashes of a group's meetings: a teacher or a room busy twice, a listener with another course at that time.

They are shown and never refused: the schedule is the organizer's. Teachers and rooms are compared within the organizer's own
groups; of a listener's courses with other organizers only their number is told.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from app import models as m
from app.access import unscoped
from app.clock import local
from app.extensions import db
from app.russian import count, format_date
from app.statuses import EnrolmentStatus, GroupStatus

#: who is in a group or keeps a seat in it and has no outcome yet
LISTENING = (EnrolmentStatus.OFFERED, EnrolmentStatus.APPLIED, EnrolmentStatus.AGREED, EnrolmentStatus.CONFIRMED)
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
    return re.sub(r"[\s.,«»\"№-]+", " ", (text or "").lower().replace("ё", "е")).strip()


def meeting_words(meeting: m.GroupMeeting) -> str:
    """«12.09.2026 09:00–14:30»."""
    first, last = local(meeting.starts_at), local(meeting.ends_at)
    return f"{format_date(first.date())} {first:%H:%M}–{last:%H:%M}"


_mine, _other = aliased(m.GroupMeeting), aliased(m.GroupMeeting)
_together = and_(_other.starts_at < _mine.ends_at, _mine.starts_at < _other.ends_at)


def _busy_places(group: m.TrainingGroup) -> list[Clash]:
    """Other meetings of the organizer at the same time, with the same teacher or in the same room."""
    statement = (
        select(_mine, _other, m.TrainingGroup)
        .join(_other, _together)
        .join(m.TrainingGroup, m.TrainingGroup.id == _other.group_id)
        .where(
            _mine.group_id == group.id,
            m.TrainingGroup.organizer_id == group.organizer_id,
            m.TrainingGroup.status != GroupStatus.CANCELLED,
            # two meetings of the group itself are one pair
            or_(_other.group_id != group.id, _mine.id < _other.id),
        )
        .order_by(_mine.starts_at, _other.starts_at, _mine.id, _other.id)
        .limit(_MOST)
    )
    return [clash for mine, other, its in db.session.execute(statement) for clash in _compared(group, mine, other, its)]


def _compared(group: m.TrainingGroup, mine: Any, other: Any, its: m.TrainingGroup) -> list[Clash]:
    when, detail = meeting_words(mine), f"там занятие {meeting_words(other)}"
    if its.id == group.id:
        return [Clash(text=f"{when}: занятие пересекается с другим занятием этой же группы", detail=detail)]
    where, found = f"в группе {its.number}", []
    if same_words(mine.teacher, other.teacher):
        text = f"{when}: преподаватель {mine.teacher} в это время занят {where}"
        found.append(Clash(text=text, detail=detail, group_id=its.id))
    # a meeting held at the group's own address names a building, not a room
    if same_words(mine.place, other.place) and not same_words(mine.place, group.place):
        text = f"{when}: место «{mine.place}» в это время занято {where}"
        found.append(Clash(text=text, detail=detail, group_id=its.id))
    return found


_here, _there = aliased(m.Enrolment), aliased(m.Enrolment)


def _attending(*columns: Any) -> Any:
    """Meetings at one time of the same person in two groups."""
    return (
        select(*columns)
        .select_from(_mine)
        .join(_here, and_(_here.group_id == _mine.group_id, _here.status.in_(LISTENING)))
        .join(_there, and_(_there.employee_id == _here.employee_id, _there.status.in_(LISTENING)))
        .join(_other, and_(_other.group_id == _there.group_id, _together))
        .join(m.TrainingGroup, m.TrainingGroup.id == _there.group_id)
    )


def _busy_listeners(group: m.TrainingGroup) -> list[Clash]:
    statement = (
        _attending(m.Employee, m.TrainingGroup, func.count(_mine.id.distinct()))
        .join(m.Employee, m.Employee.id == _here.employee_id)
        .where(_mine.group_id == group.id, _there.group_id != group.id)
        .where(m.TrainingGroup.organizer_id == group.organizer_id)
        .group_by(m.Employee.id, m.TrainingGroup.id)
        .order_by(m.Employee.sort, m.TrainingGroup.id)
        .limit(_MOST)
    )
    return [
        Clash(
            text=f"Слушатель {person.short_name} в эти часы записан в группу {its.number}",
            detail=f"совпадает {count(times, 'занятие', 'занятия', 'занятий')}",
            group_id=its.id,
        )
        for person, its, times in db.session.execute(statement)
    ]


def _busy_elsewhere(group: m.TrainingGroup) -> Sequence[Clash]:
    statement = _attending(func.count(_here.employee_id.distinct())).where(
        _mine.group_id == group.id, m.TrainingGroup.organizer_id != group.organizer_id
    )
    with unscoped("who of the listeners has another organizer's course at that time: only a number"):
        number = db.session.scalar(statement) or 0
    if not number:
        return []
    people = count(number, "слушателя", "слушателей", "слушателей")
    return [Clash(text=f"У {people} в эти часы занятия в группах других организаторов")]
