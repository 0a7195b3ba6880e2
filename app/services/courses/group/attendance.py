"""Attendance journal of a group: who was at which meeting, marked by the organizer during the training (order § 3.3).

Marks by which something was decided are corrected with a reason: by the organizer until a registry with the group is
accepted, by the operator at any time, as results are. No paper that leaves the portal prints a mark. A mark may only lead
to another outcome, so an outcome that contradicts the marks is shown until one of them is corrected.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import contains_eager, joinedload

from app import models as m
from app.access import current_actor, get_writable
from app.audit import record
from app.clock import local, now
from app.errors import Conflict, Invalid, NotFound
from app.extensions import db
from app.labels import label_of
from app.rules.outcome import Attended, contradiction
from app.russian import format_date
from app.services.courses.enrolment import seats
from app.services.courses.group import frozen_groups
from app.services.portal import settings
from app.statuses import BEGUN, OUTCOMES, AttendanceMark, EnrolmentStatus, GroupStatus
from app.unit_of_work import use_case

#: who learns in a group: confirmed, or with an outcome already
LISTENERS = (
    EnrolmentStatus.CONFIRMED,
    EnrolmentStatus.TRAINED,
    EnrolmentStatus.FAILED,
    EnrolmentStatus.NO_SHOW,
    EnrolmentStatus.EXPELLED,
)
#: meeting and enrolment
Place = tuple[int, int]
Marks = Mapping[Place, AttendanceMark | None]

#: told to the operator about marks that are still the organizer's work
NOT_YET_DECIDED = (
    "Пока обучение идёт и итога у слушателя нет, посещаемость отмечает организатор. Оператор исправляет отметки завершённых групп "
    "и тех, у кого итог уже внесён: с причиной."
)
_NAMED_AT_MOST = 5


@dataclass(frozen=True, slots=True)
class Journal:
    """The journal as it is stored now: listeners by name, meetings by time, the marks that are set."""

    listeners: Sequence[m.Enrolment]
    meetings: Sequence[m.GroupMeeting]
    marks: Mapping[Place, AttendanceMark]


class ChangedMeanwhile(Conflict):
    """Another user set marks that the form holds too; ``places`` says which."""

    def __init__(self, message: str, places: Collection[Place]) -> None:
        super().__init__(message)
        self.places = frozenset(places)


# --- reading ---------------------------------------------------------------------------------------------------------


def listeners_of(group_id: int, *, statuses: Collection[EnrolmentStatus] = LISTENERS) -> list[m.Enrolment]:
    """Return the listeners of a group in the order of their names, within the scope of the acting user."""
    statement = (
        select(m.Enrolment)
        .join(m.Employee, m.Employee.id == m.Enrolment.employee_id)
        .where(m.Enrolment.group_id == group_id, m.Enrolment.status.in_(statuses))
        .order_by(m.Employee.sort, m.Enrolment.id)
        .options(joinedload(m.Enrolment.employee))
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(statement))


def meetings_of(group_id: int) -> list[m.GroupMeeting]:
    """Return the meetings of a group in the order of their time."""
    meeting = m.GroupMeeting
    statement = select(meeting).where(meeting.group_id == group_id).order_by(meeting.starts_at, meeting.id)
    return list(db.session.scalars(statement))


def journal_of(group_id: int) -> Journal:
    """Return the journal of a group."""
    return journal_with(listeners_of(group_id), group_id)


def journal_with(listeners: Sequence[m.Enrolment], group_id: int) -> Journal:
    """Return the journal of a group whose listeners are read already, with their people."""
    return Journal(listeners, meetings_of(group_id), _marks_of(group_id))


def _marks_of(group_id: int) -> dict[Place, AttendanceMark]:
    mark = m.Attendance
    statement = (
        select(mark.meeting_id, mark.enrolment_id, mark.mark)
        .join(m.GroupMeeting, m.GroupMeeting.id == mark.meeting_id)
        .where(m.GroupMeeting.group_id == group_id)
    )
    return {(row.meeting_id, row.enrolment_id): row.mark for row in db.session.execute(statement)}


def has_begun(meeting: m.GroupMeeting) -> bool:
    """Whether the marks of a meeting may be set: it has begun."""
    return meeting.starts_at <= now()


def title_of(meeting: m.GroupMeeting) -> str:
    """Name a meeting by its day and time: «03.02.2026 09:00»."""
    starts = local(meeting.starts_at)
    return f"{format_date(starts)} {starts:%H:%M}"


def attended_of(journal: Journal) -> dict[int, Attended]:
    """Return for each listener the minutes attended, planned and not marked, weighted by the length of the meetings."""
    length = {meeting.id: _minutes(meeting) for meeting in journal.meetings}
    planned = sum(length.values())
    found = {}
    for row in journal.listeners:
        marks = {meeting_id: journal.marks.get((meeting_id, row.id)) for meeting_id in length}
        attended = sum(length[pk] for pk, mark in marks.items() if mark == AttendanceMark.PRESENT)
        unmarked = sum(length[pk] for pk, mark in marks.items() if mark is None)
        found[row.id] = Attended(attended=attended, planned=planned, unmarked=unmarked)
    return found


def _minutes(meeting: m.GroupMeeting) -> int:
    length: dt.timedelta = meeting.ends_at - meeting.starts_at
    return round(length.total_seconds() / 60)


def present_of(group_id: int) -> dict[int, int]:
    """Return enrolment → the number of meetings attended, for a group that the caller has loaded; one statement."""
    row, mark = m.Enrolment, m.Attendance
    statement = (
        select(mark.enrolment_id, func.count())
        .join(row, row.id == mark.enrolment_id)
        .where(row.group_id == group_id, mark.mark == AttendanceMark.PRESENT)
        .group_by(mark.enrolment_id)
    )
    return {found[0]: found[1] for found in db.session.execute(statement)}


def least_percent(organizer: m.Organization) -> int:
    """Return the share of hours that an organizer demands: its own, else that of «Настройки»."""
    own: int | None = organizer.attendance_percent
    return settings.number("attendance_percent") if own is None else own


# --- marking ---------------------------------------------------------------------------------------------------------


@use_case
def save(group_id: int, wanted: Marks, *, shown: Marks, why: str | None = None) -> int:
    """Save the marks of a form in one transaction; return how many have changed.

    ``wanted`` is place → mark (None: not marked), ``shown`` what the form showed when it was opened: only what differs from
    it is written. ``why``: the reason, without which the marks of a completed group, and of listeners with an outcome, stay.
    Raises ChangedMeanwhile, and writes nothing, when another user has set another mark there since; Conflict for a group that
    has not begun, for marks that are kept and for those that are still the organizer's work; NotFound for a meeting or an enrolment of another group; Invalid for a meeting to
    come.
    """
    get_writable(db.session, m.TrainingGroup, group_id, "enrolment:attend")
    group = seats.lock_group(group_id)
    _insist_begun(group)
    journal = journal_of(group_id)
    _insist_known(journal, wanted)
    asked = {place: mark for place, mark in wanted.items() if mark != shown.get(place)}
    changed = {place: mark for place, mark in asked.items() if mark != journal.marks.get(place)}
    _refuse_lost(journal, changed, shown)
    kept = {place for place in changed if is_kept(group, journal, [place])}
    if kept:
        frozen_groups.insist_editable(group, why)
    if changed.keys() - kept:
        _insist_own_journal(group)
    _write(changed)
    _record(journal, changed)
    return len(changed)


def _insist_begun(group: m.TrainingGroup) -> None:
    if group.status not in BEGUN:
        raise Conflict(
            f"Посещаемость отмечают, когда обучение идёт, а состояние группы {group.number} — «{group.status.label}»."
        )


def keeps_journal(group: m.TrainingGroup) -> bool:
    """Whether the acting user keeps the journal of a group: the operator only corrects it."""
    return group.organizer_id in current_actor().places("organizer")


def _insist_own_journal(group: m.TrainingGroup) -> None:
    """Raise Conflict for a user who may only correct: nothing has been decided by these marks yet."""
    if not keeps_journal(group):
        raise Conflict(NOT_YET_DECIDED)


def is_kept(group: m.TrainingGroup, journal: Journal, places: Collection[Place]) -> bool:
    """Whether marks are changed for a reason only: the group is over, or an outcome was decided by them."""
    decided = {row.id for row in journal.listeners if row.status in OUTCOMES}
    return group.status == GroupStatus.COMPLETED or any(row_id in decided for _meeting, row_id in places)


def _insist_known(journal: Journal, wanted: Marks) -> None:
    meetings = {meeting.id: meeting for meeting in journal.meetings}
    listeners = {row.id for row in journal.listeners}
    if any(meeting_id not in meetings or row_id not in listeners for meeting_id, row_id in wanted):
        raise NotFound("В этой группе нет такого занятия или слушателя. Откройте журнал группы заново.")
    early = {pk for (pk, _row), mark in wanted.items() if mark is not None and not has_begun(meetings[pk])}
    if early:
        title = title_of(meetings[min(early)])
        raise Invalid(f"Занятие {title} ещё не началось. Отметить посещаемость можно, когда оно начнётся.")


def _refuse_lost(journal: Journal, changed: Marks, shown: Marks) -> None:
    lost = [place for place in changed if journal.marks.get(place) != shown.get(place)]
    if not lost:
        return
    names = {row.id: row.employee.short_name for row in journal.listeners}
    titles = {meeting.id: title_of(meeting) for meeting in journal.meetings}
    words = [f"{names[row]} ({titles[meeting]}) — {_words(journal.marks.get((meeting, row)))}" for meeting, row in lost]
    rest = f" и ещё {len(words) - _NAMED_AT_MOST}" if len(words) > _NAMED_AT_MOST else ""
    raise ChangedMeanwhile(
        "Пока вы заполняли журнал, другой пользователь поставил другие отметки: "
        f"{'; '.join(words[:_NAMED_AT_MOST])}{rest}. Ничего не записано: проверьте эти отметки и сохраните ещё раз.",
        lost,
    )


def _words(mark: AttendanceMark | None) -> str:
    return mark.label if mark is not None else "не отмечено"


def _write(changed: Marks) -> None:
    marks = [
        {"meeting_id": p[0], "enrolment_id": p[1], "mark": mark} for p, mark in changed.items() if mark is not None
    ]
    if marks:
        statement = insert(m.Attendance).values(marks)
        key = [m.Attendance.meeting_id, m.Attendance.enrolment_id]
        db.session.execute(statement.on_conflict_do_update(index_elements=key, set_={"mark": statement.excluded.mark}))
    gone = [place for place, mark in changed.items() if mark is None]
    if gone:
        mine = [and_(m.Attendance.meeting_id == p[0], m.Attendance.enrolment_id == p[1]) for p in gone]
        db.session.execute(delete(m.Attendance).where(or_(*mine)).execution_options(synchronize_session=False))


def _record(journal: Journal, changed: Marks) -> None:
    """Journal: one entry for each listener, with the meetings and what was set before."""
    for row in journal.listeners:
        changes = {}
        for meeting in journal.meetings:
            place = (meeting.id, row.id)
            if place in changed:
                before = journal.marks.get(place)
                label = f"{label_of('attendance', 'meeting')} {title_of(meeting)}"
                changes[label] = (before.label if before else "", _words(changed[place]))
        if changes:
            record("enrolment.attended", row, changes)


def contradicted(group: m.TrainingGroup) -> list[tuple[m.Enrolment, str]]:
    """Return the listeners of a group whose outcome and marks cannot both be right, by name, with the reason.

    For a group that the caller has loaded within the actor's scope; one statement.
    """
    row, meeting, mark = m.Enrolment, m.GroupMeeting, m.Attendance
    minutes = func.extract("epoch", meeting.ends_at - meeting.starts_at) / 60

    def total(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(minutes).filter(*conditions), 0)

    statement = (
        select(
            row, total(mark.mark == AttendanceMark.PRESENT), total(meeting.id.is_not(None)), total(mark.id.is_(None))
        )
        .join(m.Employee, m.Employee.id == row.employee_id)
        .join(meeting, meeting.group_id == row.group_id)
        .outerjoin(mark, and_(mark.meeting_id == meeting.id, mark.enrolment_id == row.id))
        .where(row.group_id == group.id, row.status.in_([EnrolmentStatus.TRAINED, EnrolmentStatus.NO_SHOW]))
        .group_by(row.id, m.Employee.id)
        .order_by(m.Employee.sort, row.id)
        .options(contains_eager(row.employee))
        .execution_options(populate_existing=True)
    )
    percent, found = least_percent(group.organizer), []
    for enrolment, attended, planned, unmarked in db.session.execute(statement):
        facts = Attended(attended=round(attended), planned=round(planned), unmarked=round(unmarked))
        why = contradiction(enrolment.status, facts, percent)
        if why:
            found.append((enrolment, why))
    return found


def unmarked_of(group_id: int) -> ColumnElement[int]:
    """Return the number, as a part of a statement, of the marks missing at the meetings of a group that have begun."""
    begun = select(func.count()).select_from(m.GroupMeeting)
    begun = begun.where(m.GroupMeeting.group_id == group_id, m.GroupMeeting.starts_at <= now())
    waiting = (m.Enrolment.group_id == group_id, m.Enrolment.status == EnrolmentStatus.CONFIRMED)
    people = select(func.count()).select_from(m.Enrolment).where(*waiting)
    marked = (
        select(func.count(m.Attendance.id))
        .join(m.Enrolment, m.Enrolment.id == m.Attendance.enrolment_id)
        .join(m.GroupMeeting, m.GroupMeeting.id == m.Attendance.meeting_id)
        .where(*waiting, m.GroupMeeting.starts_at <= now())
    )
    # the statement around them may be about enrolments too
    meetings, listeners, marks = (part.correlate(None).scalar_subquery() for part in (begun, people, marked))
    return func.greatest(meetings * listeners - marks, 0)
