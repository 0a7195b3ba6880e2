"""Schedule of a group: its meetings with topics, places and teachers (order § 3.3)."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import func, or_, select, update

from app import models as m
from app.access import get_writable
from app.audit import record
from app.clock import ZONE, local, now
from app.errors import Conflict, Invalid, NotFound
from app.extensions import db
from app.rules.outcome import ACADEMIC_HOUR
from app.russian import count, format_date, period
from app.services.courses.enrolment import seats
from app.services.courses.group import frozen_groups, schedule_letters
from app.services.courses.group.group_clashes import meeting_words
from app.services.portal import calendar, records, undo
from app.statuses import GroupStatus
from app.unit_of_work import use_case

#: meetings of one group
MOST = 200
#: meetings lie between these hours of the day
EARLIEST, LATEST = dt.time(6), dt.time(23)
_LONGEST = dt.timedelta(hours=12)
_TEXTS = ("topic", "place", "teacher")
_NAMED_AT_MOST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A meeting as it should be; ``id`` of the meeting that it changes, None for a new one. Times are local."""

    day: dt.date
    starts: dt.time
    ends: dt.time
    topic: str | None = None
    place: str | None = None
    teacher: str | None = None
    id: int | None = None

    @property
    def moments(self) -> tuple[dt.datetime, dt.datetime]:
        """First and last moment, aware."""
        return (
            dt.datetime.combine(self.day, self.starts, tzinfo=ZONE),
            dt.datetime.combine(self.day, self.ends, tzinfo=ZONE),
        )


def meetings_of(group_id: int) -> list[m.GroupMeeting]:
    """Return the meetings of a group in their order, as the database holds them now."""
    statement = select(m.GroupMeeting).where(m.GroupMeeting.group_id == group_id)
    ordered = statement.order_by(m.GroupMeeting.starts_at, m.GroupMeeting.id)
    return list(db.session.scalars(ordered.execution_options(populate_existing=True)))


def line_of(meeting: m.GroupMeeting) -> Line:
    """Return a meeting as the editor shows it."""
    first, last = local(meeting.starts_at), local(meeting.ends_at)
    texts = {name: getattr(meeting, name) for name in _TEXTS}
    return Line(id=meeting.id, day=first.date(), starts=first.time(), ends=last.time(), **texts)


def stamp(meetings: Iterable[m.GroupMeeting]) -> str:
    """Return a fingerprint of a schedule, by which an editor opened earlier is told from the present one."""
    parts = [
        f"{x.id} {x.starts_at.timestamp()} {x.ends_at.timestamp()} {x.topic} {x.place} {x.teacher}" for x in meetings
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def academic_hours(meetings: Iterable[m.GroupMeeting]) -> float:
    """Return the length of the meetings in academic hours."""
    minutes = sum((x.ends_at - x.starts_at).total_seconds() / 60 for x in meetings)
    return round(minutes / ACADEMIC_HOUR, 1)


def hours_in_words(meetings: Sequence[m.GroupMeeting], program_hours: int) -> str:
    """Compare the schedule with the program: «В расписании 12 из 36 академических часов, не хватает 24»."""
    hours = academic_hours(meetings)
    left = round(program_hours - hours, 1)
    tail = f", не хватает {_figure(left)}" if left > 0 else f", это на {_figure(-left)} больше" if left < 0 else ""
    return f"В расписании {_figure(hours)} из {program_hours} академических часов программы{tail}."


def _figure(hours: float) -> str:
    return f"{hours:g}".replace(".", ",")


# --- a schedule by the days of the week ------------------------------------------------------------------------------


def generate(
    group: m.TrainingGroup,
    *,
    weekdays: Collection[int],
    starts: dt.time,
    ends: dt.time,
    place: str | None = None,
    teacher: str | None = None,
) -> list[Line]:
    """Propose meetings on these days of the week (0 is Monday) between the group's dates; nothing is written.

    Official days off are left out, and the proposal ends where the program's hours are reached.
    """
    step = dt.timedelta(days=1)
    minutes = _minutes(ends) - _minutes(starts)
    if not weekdays or minutes <= 0:
        raise Invalid("Отметьте дни недели и укажите время: окончание позже начала.")
    working, day = calendar.working_calendar(), group.starts_on
    found: list[Line] = []
    planned = sum(_minutes(local(x.ends_at)) - _minutes(local(x.starts_at)) for x in meetings_of(group.id))
    while day <= group.ends_on and len(found) < MOST and planned < group.program.hours * ACADEMIC_HOUR:
        is_off = day.weekday() < 5 and not working.is_workday(day)
        if day.weekday() in weekdays and not is_off:
            found.append(Line(day=day, starts=starts, ends=ends, place=place, teacher=teacher))
            planned += minutes
        day += step
    return found


def _minutes(time: dt.time | dt.datetime) -> int:
    return time.hour * 60 + time.minute


# --- writing ---------------------------------------------------------------------------------------------------------


@use_case
def save(
    group_id: int,
    lines: Sequence[Line],
    *,
    removed: Collection[int] = (),
    seen: str | None = None,
    why: str | None = None,
) -> m.TrainingGroup:
    """Write the lines of the editor: new meetings, changed ones, and those ``removed`` by id; others stay as they are.

    ``why``: the reason, without which a schedule is kept once something followed from the group. Raises Invalid with the
    sentences of each wrong line under its index, Conflict when the schedule is no longer the ``seen`` one, when it is kept, or
    when a removed meeting has marks of attendance.
    """
    get_writable(db.session, m.TrainingGroup, group_id, "training_group:edit")
    group = seats.lock_group(group_id)
    _insist_not_cancelled(group)
    frozen_groups.insist_editable(group, why)
    known = {row.id: row for row in meetings_of(group_id)}
    if seen is not None and seen != stamp(known.values()):
        raise Conflict(
            "Пока вы составляли расписание, его изменил другой пользователь. Ниже ваши строки; откройте страницу заново, "
            "чтобы увидеть сохранённые, и внесите изменения в них."
        )
    if ({line.id for line in lines if line.id is not None} | set(removed)) - set(known):
        raise NotFound("Одного из занятий в этой группе нет: возможно, его уже удалили. Откройте расписание заново.")
    _insist_right(group, lines, len(known) - len(set(removed)))
    _write(group, lines, [known[pk] for pk in sorted(set(removed))], known)
    return group


def get_meeting(meeting_id: int) -> m.GroupMeeting:
    """A meeting that the actor may change; raises Forbidden without the right to change any, NotFound for others."""
    statement = select(m.GroupMeeting).where(m.GroupMeeting.id == meeting_id)
    found: m.GroupMeeting | None = db.session.scalars(statement).one_or_none()
    get_writable(db.session, m.TrainingGroup, found.group_id if found else 0, "training_group:edit")
    if found is None:
        raise NotFound("Такого занятия нет: возможно, его уже удалили. Откройте календарь заново.")
    return found


@dataclass(frozen=True, slots=True)
class Moved:
    """A meeting put on another day: number of the group, the former and the new time in words, letters written."""

    number: str
    was: str
    becomes: str
    told: int


@use_case
def move(meeting_id: int, day: dt.date) -> Moved:
    """Put a meeting that is still ahead on another day, at the same time; its people are told (order § 3.5).

    Raises NotFound for a meeting that the actor may not change, Conflict when it is over or kept, Invalid for a day that does not
    suit.
    """
    found = get_meeting(meeting_id)
    if not schedule_letters.is_ahead(found):
        raise Conflict("Занятие уже прошло, перенести его нельзя.")
    if line_of(found).day == day:
        raise Conflict("Занятие уже стоит в этом дне.")
    if dt.datetime.combine(day, local(found.ends_at).time(), ZONE) <= now():
        raise Invalid(f"{format_date(day)} уже прошло. Выберите день впереди.")
    group, was = seats.lock_group(found.group_id), schedule_letters.words_of(found)
    _insist_not_cancelled(group)
    frozen_groups.insist_editable(group, None)
    line = replace(line_of(found), day=day)
    if problems := _problems(group, line):
        raise Invalid(problems[0])
    told = _write(group, [line], [], {found.id: found})
    return Moved(group.number, was, schedule_letters.words_of(found), told)


def _lock_meeting(meeting_id: int) -> m.GroupMeeting:
    """A meeting that the actor may change, as it is stored now, its group locked."""
    found = get_meeting(meeting_id)
    seats.lock_group(found.group_id)
    db.session.refresh(found)
    return found


@undo.puts_back(m.GroupMeeting, "move", lock=_lock_meeting)
def _move_back(row: m.GroupMeeting, values: dict[str, Any]) -> None:
    """Put a moved meeting back: no letter has left, so nobody is told; calendars see the newer version."""
    group = row.group
    frozen_groups.insist_editable(group, None)
    moved = schedule_letters.words_of(row)
    row.starts_at, row.ends_at, row.changed_at = values["starts_at"], values["ends_at"], now()
    db.session.flush()
    db.session.refresh(row)
    if problems := _problems(group, line_of(row)):
        raise Conflict(problems[0])
    record("training_group.scheduled", group, {"Перенос занятия отменён": (moved, schedule_letters.words_of(row))})


def _insist_not_cancelled(group: m.TrainingGroup) -> None:
    if group.status == GroupStatus.CANCELLED:
        raise Conflict(f"Расписание не изменить: состояние группы {group.number} — «{group.status.label}».")


def _insist_right(group: m.TrainingGroup, lines: Sequence[Line], others: int) -> None:
    if others + sum(line.id is None for line in lines) > MOST:
        raise Invalid(f"В расписании группы не больше {MOST} занятий.")
    wrong = {str(index): found for index, line in enumerate(lines) if (found := _problems(group, line))}
    if wrong:
        raise Invalid("Проверьте строки, отмеченные ниже.", fields=wrong)


def _problems(group: m.TrainingGroup, line: Line) -> list[str]:
    found = []
    if not group.starts_on <= line.day <= group.ends_on:
        found.append(f"День вне дат группы: занятия проходят {period(group.starts_on, group.ends_on)}.")
    first, last = line.moments
    if last <= first:
        found.append("Занятие заканчивается не позже, чем начинается.")
    elif line.starts < EARLIEST or line.ends > LATEST:
        found.append(f"Занятия проходят с {EARLIEST:%H:%M} до {LATEST:%H:%M}.")
    elif last - first > _LONGEST:
        found.append("Занятие длиннее 12 часов. Разделите его на несколько.")
    for name in _TEXTS:
        found += records.read_value(m.GroupMeeting, name, getattr(line, name))[1]
    return found


def _write(
    group: m.TrainingGroup, lines: Sequence[Line], removed: Sequence[m.GroupMeeting], known: dict[int, m.GroupMeeting]
) -> int:
    """Write the lines; return the number of letters."""
    _insist_unmarked(removed)
    gone = [row for row in removed if schedule_letters.is_ahead(row)]
    before = {row.id: schedule_letters.words_of(row) for row in known.values()}
    ahead = {row.id for row in known.values() if schedule_letters.is_ahead(row)}
    changes: dict[str, tuple[str, str]] = {}
    if removed:
        changes["Убраны занятия"] = (_listed(removed), "")
    for row in removed:
        db.session.delete(row)
    changed: list[m.GroupMeeting] = []
    added: list[m.GroupMeeting] = []
    for line in lines:
        row = known[line.id] if line.id is not None else m.GroupMeeting(group_id=group.id)
        if line.id is not None and line == line_of(row):
            continue
        (added if line.id is None else changed).append(row)
        row.starts_at, row.ends_at = line.moments
        row.topic, row.place, row.teacher = line.topic, line.place, line.teacher
        row.changed_at = now()
    db.session.add_all(added)
    db.session.flush()
    changes |= {
        title: ("", _listed(rows)) for title, rows in (("Изменены занятия", changed), ("Новые занятия", added)) if rows
    }
    if changes:
        record("training_group.scheduled", group, changes)
    moved = {
        row.id: (before[row.id], schedule_letters.words_of(row))
        for row in changed
        if row.id in ahead or schedule_letters.is_ahead(row)
    }
    moved = {pk: (was, becomes) for pk, (was, becomes) in moved.items() if was != becomes}
    return schedule_letters.tell(group, moved=moved, removed=gone, added=added)


def _insist_unmarked(removed: Sequence[m.GroupMeeting]) -> None:
    """Marks of attendance would be deleted with their meeting."""
    ids = [row.id for row in removed]
    marked = set(db.session.scalars(select(m.Attendance.meeting_id).where(m.Attendance.meeting_id.in_(ids)).distinct()))
    kept = [row for row in removed if row.id in marked]
    if kept:
        raise Conflict(
            f"Посещаемость уже отмечена, поэтому убрать занятия нельзя: {_listed(kept)}. Перенесите их на другое время "
            "или сначала снимите отметки в журнале посещаемости."
        )


def _listed(meetings: Sequence[m.GroupMeeting]) -> str:
    rest = len(meetings) - _NAMED_AT_MOST
    return ", ".join(meeting_words(row) for row in meetings[:_NAMED_AT_MOST]) + (f" и ещё {rest}" if rest > 0 else "")


# --- what follows from the group's dates -----------------------------------------------------------------------------


def follow_dates(group: m.TrainingGroup, before: tuple[dt.date, dt.date]) -> int:
    """Keep the meetings of a locked group within its new dates; returns how many were moved.

    A group moved as a whole takes its meetings along. Otherwise a meeting outside the new dates raises Invalid.
    """
    shift = group.starts_on - before[0]
    if shift and shift == group.ends_on - before[1]:
        return _shift(group.id, shift)
    meeting, after = m.GroupMeeting, group.ends_on + dt.timedelta(days=1)
    outside = select(func.count(), func.min(meeting.starts_at)).where(
        meeting.group_id == group.id,
        or_(meeting.starts_at < _midnight(group.starts_on), meeting.ends_at > _midnight(after)),
    )
    number, earliest = db.session.execute(outside).one()
    if number:
        sentence = (
            f"В новые даты не входит {count(number, 'занятие', 'занятия', 'занятий')} расписания, первое — "
            f"{format_date(local(earliest).date())}. Сначала перенесите или удалите их в расписании группы."
        )
        field = "starts_on" if local(earliest).date() < group.starts_on else "ends_on"
        raise Invalid(sentence, fields={field: [sentence]})
    return 0


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.min, tzinfo=ZONE)


def _shift(group_id: int, by: dt.timedelta) -> int:
    meeting = m.GroupMeeting
    statement = (
        update(meeting)
        .where(meeting.group_id == group_id)
        .values(starts_at=meeting.starts_at + by, ends_at=meeting.ends_at + by, changed_at=now())
        .execution_options(synchronize_session=False)
    )
    result: Any = db.session.execute(statement)
    return int(result.rowcount)
