"""A new group made after another one: the same program, place, seats, schedule, moved to a new start."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select

from app import models as m
from app.access import get_writable
from app.audit import record
from app.clock import today
from app.errors import Conflict
from app.extensions import db
from app.russian import format_date, quoted
from app.services.courses.group import group_quotas, group_schedule
from app.services.portal import records
from app.statuses import ProgramStatus
from app.unit_of_work import use_case

_COPIED = ("place", "municipality_id", "schedule", "audience", "curator", "capacity", "minimum")


@use_case
def duplicate(group_id: int, *, starts_on: dt.date, number: str | None = None) -> m.TrainingGroup:
    """Make a draft after a group: its program's live edition, place, seats, quotas and meetings, moved to ``starts_on``.

    Raises Conflict when the program is no longer published, Invalid by field for a group wholly in the past.
    """
    source = get_writable(db.session, m.TrainingGroup, group_id, "training_group:add")
    shift = starts_on - source.starts_on
    values: dict[str, Any] = {name: getattr(source, name) for name in _COPIED}
    enrol_from = min(source.enrol_from + shift, starts_on)
    values |= {
        "program": _live_edition(source.program),
        "number": number,
        "starts_on": starts_on,
        "ends_on": source.ends_on + shift,
        "enrol_from": enrol_from,
        # a start that is near leaves the days until it
        "enrol_until": max(source.enrol_until + shift, min(max(today(), enrol_from), starts_on)),
    }
    row = records.create(m.TrainingGroup, values)
    _copy_meetings(source, row, shift)
    _copy_quotas(source, row)
    record("training_group.duplicated", row, {"По образцу группы": ("", source.number)})
    return row


def _live_edition(program: m.Program) -> m.Program:
    """The published edition of a program: of the same year, else of the latest one."""
    same_year = m.Program.year == program.year
    statement = (
        select(m.Program)
        .where(
            m.Program.organizer_id == program.organizer_id,
            m.Program.code == program.code,
            m.Program.status == ProgramStatus.PUBLISHED,
        )
        .order_by(same_year.desc(), m.Program.year.desc(), m.Program.edition.desc())
        .limit(1)
    )
    found: m.Program | None = db.session.scalars(statement).one_or_none()
    if found is None:
        raise Conflict(
            f"Программа {quoted(program.title)} больше не опубликована, группу по ней открыть нельзя. "
            "Создайте группу по другой программе."
        )
    return found


def _copy_meetings(source: m.TrainingGroup, row: m.TrainingGroup, shift: dt.timedelta) -> None:
    for meeting in group_schedule.meetings_of(source.id):
        texts = {name: getattr(meeting, name) for name in ("topic", "place", "teacher")}
        moments = {"starts_at": meeting.starts_at + shift, "ends_at": meeting.ends_at + shift}
        db.session.add(m.GroupMeeting(group_id=row.id, **moments, **texts))
    db.session.flush()


def _copy_quotas(source: m.TrainingGroup, row: m.TrainingGroup) -> None:
    for quota in group_quotas.quotas_of(source.id):
        place = {"territory_id": quota.territory_id, "organization_id": quota.organization_id}
        db.session.add(m.GroupQuota(group_id=row.id, seats=quota.seats, **place))
    db.session.flush()


def default_start(source: m.TrainingGroup) -> dt.date:
    """Propose a start: the same day of the week, after the group's end and not before tomorrow."""
    week = dt.timedelta(days=7)
    first = max(source.ends_on, today()) + dt.timedelta(days=1)
    return source.starts_on + week * -(-(first - source.starts_on).days // 7)


def words(row: m.TrainingGroup) -> str:
    """What was made, for the message after it."""
    return (
        f"Создана группа {row.number}: черновик, занятия с {format_date(row.starts_on)}. Проверьте даты и расписание."
    )
