"""A group that is moved to other dates or another place: what is checked again, and who gets a letter (order § 3.5)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import and_, delete, func, select, update
from sqlalchemy.orm import aliased

from app import models as m
from app.access import unscoped
from app.clock import now as moment
from app.clock import today
from app.errors import Invalid
from app.extensions import db
from app.russian import count, format_date, period, quoted
from app.services.courses.enrolment import course_events
from app.services.courses.group import group_schedule, schedule_letters
from app.services.mailing import letters
from app.statuses import BLOCK_HOLDING, LISTENING, TAKING_PLACE, UNDER_WAY, GroupStatus

#: until when an enrolment can be withdrawn


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """When and where a group is held."""

    starts_on: dt.date
    ends_on: dt.date
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A changed group: how many people were told, how many of them are busy on the new dates, how many meetings moved."""

    group: m.TrainingGroup
    told: int = 0
    busy: int = 0
    meetings: int = 0


def terms_of(group: m.TrainingGroup) -> Terms:
    """Return when and where a group is held now."""
    return Terms(starts_on=group.starts_on, ends_on=group.ends_on, place=group.place)


def follow(group: m.TrainingGroup, before: Terms) -> Changed:
    """Do what follows from a locked group's new dates or place, in the transaction that changed it.

    Raises Invalid by field when a чек that pays for a listener ends before the new start, when meetings fall out of the new
    dates, or when a running group would begin later than today.
    """
    now = terms_of(group)
    if now == before:
        return Changed(group=group)
    _insist_begun(group, before)
    if now.starts_on > before.starts_on:
        _insist_paid(group)
    group.changed_at = moment()
    db.session.flush()
    moved = group_schedule.follow_dates(group, (before.starts_on, before.ends_on))
    if now.place != before.place:
        _follow_place(group, before.place)
    if now.starts_on != before.starts_on:
        _forget_reminders(group)
    if group.status not in TAKING_PLACE:
        return Changed(group=group, meetings=moved)
    busy = _busy_listeners(group) if (now.starts_on, now.ends_on) != (before.starts_on, before.ends_on) else {}
    told = _tell(group, before, busy)
    return Changed(group=group, told=told, busy=len(busy), meetings=moved)


def _insist_begun(group: m.TrainingGroup, before: Terms) -> None:
    if group.status == GroupStatus.RUNNING and before.starts_on != group.starts_on and group.starts_on > today():
        sentence = "Обучение уже идёт, поэтому занятия не могут начинаться позже сегодняшнего дня."
        raise Invalid(sentence, fields={"starts_on": [sentence]})


def _insist_paid(group: m.TrainingGroup) -> None:
    """A чек pays for a course that starts while it is valid (Порядок № 373-р, п. 2.7)."""
    statement = (
        select(func.count(), func.min(m.Voucher.valid_until))
        .select_from(m.Enrolment)
        .join(m.VoucherBlock, m.VoucherBlock.id == m.Enrolment.block_id)
        .join(m.Voucher, m.Voucher.id == m.VoucherBlock.voucher_id)
        .where(
            m.Enrolment.group_id == group.id,
            m.Enrolment.status.in_(BLOCK_HOLDING),
            m.Voucher.valid_until < group.starts_on,
        )
    )
    number, earliest = db.session.execute(statement).one()
    if number:
        people = count(number, "слушателя", "слушателей", "слушателей")
        sentence = (
            f"У {people} чек закончится раньше нового начала занятий, самый ранний — {format_date(earliest)}. "
            "Выберите начало не позже этого дня или сначала отклоните записи этих людей."
        )
        raise Invalid(sentence, fields={"starts_on": [sentence]})


def _follow_place(group: m.TrainingGroup, former: str) -> None:
    """Meetings whose place was written as that of the group move along; a meeting with another place keeps it."""
    meeting = m.GroupMeeting
    statement = update(meeting).where(meeting.group_id == group.id, meeting.place == former)
    db.session.execute(statement.values(place=group.place).execution_options(synchronize_session="fetch"))


def _forget_reminders(group: m.TrainingGroup) -> None:
    """Forget the reminders of the old start, so that they are sent again before the new one."""
    sent = m.ReminderSent
    with unscoped("reminders of a group begin anew with its new start"):
        db.session.execute(
            delete(sent)
            .where(sent.object_table == "training_group", sent.object_id == group.id)
            .execution_options(synchronize_session=False)
        )


_here, _there = aliased(m.Enrolment), aliased(m.Enrolment)


def _busy_listeners(group: m.TrainingGroup) -> dict[int, list[str]]:
    """Person → the person's other courses on the new dates, in words that only this person reads."""
    other = m.TrainingGroup
    statement = (
        select(_here.employee_id, other.number, m.Program.title, other.starts_on, other.ends_on)
        .select_from(_here)
        .join(
            _there,
            and_(
                _there.employee_id == _here.employee_id,
                _there.group_id != _here.group_id,
                _there.status.in_(LISTENING),
            ),
        )
        .join(other, other.id == _there.group_id)
        .join(m.Program, m.Program.id == other.program_id)
        .where(_here.group_id == group.id, _here.status.in_(UNDER_WAY))
        .where(other.starts_on <= group.ends_on, group.starts_on <= other.ends_on)
        .order_by(other.starts_on, other.id)
    )
    found: dict[int, list[str]] = {}
    with unscoped("each listener is told which of the own courses the new dates overlap"):
        for row in db.session.execute(statement):
            words = f"{row.number} {quoted(row.title)} ({period(row.starts_on, row.ends_on)})"
            found.setdefault(row.employee_id, []).append(words)
    return found


def _tell(group: m.TrainingGroup, before: Terms, busy: dict[int, list[str]]) -> int:
    rows, what = schedule_letters.told_of(group.id), _what(group, before)
    facts = {
        "что_изменилось": ", ".join(what),
        "прежние_занятия": period(before.starts_on, before.ends_on) if _DATES in what else "",
        "прежнее_место": (before.place or "не указано") if _PLACE in what else "",
        "начало": "" if group.status == GroupStatus.RUNNING else format_date(group.starts_on),
    }
    for row in rows:
        others = "; ".join(busy.get(row.employee_id, []))
        letters.tell(
            row.employee,
            "group_changed",
            about=group,
            facts={**facts, "другие_курсы": others},
            calendar=course_events.file_of(row),
        )
    return len(rows)


_DATES, _PLACE = "даты занятий", "место занятий"


def _what(group: m.TrainingGroup, before: Terms) -> list[str]:
    dates = (group.starts_on, group.ends_on) != (before.starts_on, before.ends_on)
    return [*([_DATES] if dates else []), *([_PLACE] if group.place != before.place else [])]
