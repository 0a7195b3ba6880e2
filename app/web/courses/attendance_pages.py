"""«Посещаемость»: the journal of a group as a table of choices, for some meetings or for one; the printed sheet."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flask import flash, jsonify, redirect, render_template, request
from flask_appbuilder import expose

from app import addresses
from app import models as m
from app.access import current_actor, get_writable
from app.clock import local
from app.documents import doors
from app.documents.papers.attendance_sheet import MARKS
from app.errors import Invalid, NotFound, PortalError
from app.extensions import db
from app.rules.outcome import Attended
from app.russian import format_date, percent
from app.services.courses.group import attendance, frozen_groups
from app.services.courses.group.attendance import ChangedMeanwhile, Journal, Place
from app.statuses import BEGUN, FORMED, OUTCOMES, AttendanceMark, GroupStatus
from app.web.courses import group_desk
from app.web.courses.group_correction import consequences_of
from app.web.frame.answers import attempt
from app.web.frame.downloads import download_of
from app.web.frame.guards import signed_in
from app.web.frame.pages import Block, Button, Cell, Column, Link, Row, Tab
from app.web.frame.parts import Part

PERMISSION = "enrolment:attend"
#: meetings side by side; more are turned over
SHOWN = 8
#: so many people of a block, the rest is a number
_CONTRADICTED = 30
_CELL = re.compile(r"m-(\d{1,9})-(\d{1,9})")
_EVERYBODY = "all"
#: part of the address of the journal that is corrected with a reason
CORRECTING = "correct"
_OTHER_STATES = {
    GroupStatus.CANCELLED: "Группа отменена, посещаемость не ведётся.",
}
_KEPT = (
    "Группа завершена: журнал можно смотреть и печатать. Неверную отметку исправляют с причиной — «Исправить отметки»."
)
_KEPT_OF_SOME = (
    "Отметки тех, у кого уже есть итог обучения, не меняются. Неверную исправляют с причиной — «Исправить отметки»."
)
_NOT_YET = "Отмечать посещаемость можно, когда обучение начнётся: нажмите «Начать обучение» в карточке группы."


@dataclass(frozen=True, slots=True)
class MarkCell:
    """A square of the journal: a choice under ``name``, or only its words where the mark may not be set."""

    name: str
    label: str
    value: str
    text: str
    editable: bool
    wrong: bool = False
    now: bool = False


@dataclass(frozen=True, slots=True)
class MeetingHead:
    """A column: when, what about, the address of the meeting alone, and what the button for everybody says."""

    pk: int
    day: str
    time: str
    topic: str
    href: str
    everybody: str
    #: the latest that has begun: the one that a phone shows first
    now: bool = False


@dataclass(frozen=True, slots=True)
class ListenerRow:
    """A listener with the squares of the shown meetings and the share attended so far."""

    pk: int
    name: str
    href: str
    cells: Sequence[MarkCell]
    share: str


@dataclass(frozen=True, slots=True)
class AttendancePage:
    """The journal's page; ``one``: a single meeting, with the marks in full words; ``shown`` guards against lost updates."""

    title: str
    crumbs: Sequence[Link]
    buttons: Sequence[Button]
    heads: Sequence[MeetingHead]
    rows: Sequence[ListenerRow]
    options: Sequence[tuple[str, str]]
    words: Sequence[tuple[str, str]]
    tabs: Sequence[Tab]
    parts: Sequence[Link]
    one: bool
    subtitle: str
    whole_href: str
    note: str
    shown: str
    editable: bool
    problems: Sequence[str] = ()
    #: why marks are changed with a reason only; a field of its own asks for it
    kept: str = ""


@dataclass(frozen=True, slots=True)
class Typed:
    """What came with the form: marks by place, and those that it showed when it was opened."""

    wanted: Mapping[Place, AttendanceMark | None] = field(default_factory=dict)
    shown: Mapping[Place, AttendanceMark | None] = field(default_factory=dict)


class GroupAttendance(Part):
    """Pages ``attendance`` and ``attendance_sheet`` of a group; on the card, outcomes that the marks contradict."""

    tab = "people"

    def buttons(self, row: m.TrainingGroup) -> list[Button]:
        """The journal while there is something to mark or to see, the sheet as soon as the group is formed."""
        found = []
        if current_actor().can(PERMISSION):
            if row.status in BEGUN:
                found.append(Button("Посещаемость", addresses.at("training_group", "attendance", row.id)))
            if row.status in FORMED:
                found.append(Button("Лист посещаемости", addresses.at("training_group", "attendance", row.id, "sheet")))
        return found

    def lead(self, row: m.TrainingGroup) -> list[Block]:
        """Listeners whose outcome the marks of attendance contradict, with the way to correct the one or the other."""
        if row.status not in BEGUN or not current_actor().can("enrolment:correct"):
            return []
        found = attendance.contradicted(row) if consequences_of(row).outcomes else []
        return [_contradictions(row, found)] if found else []

    @expose("/attendance/<int:pk>", methods=["GET", "POST"])
    @signed_in
    def attendance(self, pk: int) -> Any:
        """Show the journal of a group and save its marks, all at once."""
        group = _group(pk)
        typed, problems, wrong = Typed(), [], frozenset[Place]()
        if request.method == "POST" and request.accept_mimetypes.best == "application/json":
            return _saved_alone(pk)
        if request.method == "POST":
            read = attempt(lambda: _typed(attendance.journal_of(pk)))
            typed = typed if isinstance(read, PortalError) else read
            saved = read if isinstance(read, PortalError) else attempt(lambda: _save(pk, read))
            if not isinstance(saved, PortalError):
                flash(f"Отметки сохранены: {saved}." if saved else "Новых отметок нет.", "success")
                return redirect(request.full_path.rstrip("?"))
            problems = [saved.message]
            wrong = saved.places if isinstance(saved, ChangedMeanwhile) else wrong
        page = self._journal_page(group, typed, problems, wrong)
        return render_template("attendance.html", page=page), 422 if problems else 200

    @expose("/attendance/<int:pk>/sheet")
    @signed_in
    def attendance_sheet(self, pk: int) -> Any:
        """«Лист посещаемости» for Word, with the marks that are set and room for signatures."""
        group = _group(pk)
        name = f"Лист посещаемости, группа {group.number.replace('/', '-')}.docx"
        return download_of(doors.attendance_sheet(group), name)

    def _journal_page(
        self, group: m.TrainingGroup, typed: Typed, problems: Sequence[str], wrong: frozenset[Place]
    ) -> AttendancePage:
        journal = attendance.journal_of(group.id)
        meetings, parts = _turned_over(journal.meetings, group.id)
        one = bool(request.args.get("meeting")) and len(meetings) == 1
        state = _state(group, journal)
        editable = state.editable
        rows = _rows(journal, meetings, typed, wrong, editable=editable, fixed=state.fixed)
        back = addresses.card("training_group", group.id)
        sheet = addresses.at("training_group", "attendance", group.id, "sheet")
        return AttendancePage(
            title=f"Посещаемость: группа {group.number}",
            crumbs=self.crumbs(group, "Посещаемость"),
            buttons=[Button("К группе", back), *state.buttons, Button("Лист для печати", sheet)],
            heads=[
                replace(_head(meeting, journal, group.id, editable=editable), now=meeting.id == _latest(meetings))
                for meeting in meetings
            ],
            rows=rows,
            options=[("", "не отмечено" if one else "—"), *((k.value, k.label if one else MARKS[k]) for k in MARKS)],
            words=[("", "не отмечено"), *((mark.value, mark.label) for mark in MARKS)],
            tabs=group_desk.tabs_of(group, group_desk.ATTENDANCE, None, group_desk.journal_href(group)),
            parts=parts,
            one=one,
            subtitle=_words_of(meetings[0]) if one else "",
            whole_href=_address(group.id),
            note=state.note,
            kept=state.kept,
            shown=_stamp(journal, meetings) if editable else "",
            editable=editable and any(attendance.has_begun(meeting) for meeting in meetings) and bool(rows),
            problems=problems,
        )


def _save(group_id: int, typed: Typed) -> int:
    return attendance.save(group_id, typed.wanted, shown=typed.shown, why=request.form.get("why"))


def _saved_alone(pk: int) -> Any:
    """Save the squares that the page sent by itself; say what stands there now, and why when it is not what was sent."""
    read = attempt(lambda: _typed(attendance.journal_of(pk)))
    saved = read if isinstance(read, PortalError) else attempt(lambda: _save(pk, read))
    journal = attendance.journal_of(pk)
    sent = [(name, (int(found[1]), int(found[2]))) for name in request.form if (found := _CELL.fullmatch(name))]
    marks = {name: mark.value if (mark := journal.marks.get(place)) else "" for name, place in sent}
    facts = attendance.attended_of(journal)
    shares = {row_id: _share(facts[row_id]) for _name, (_meeting, row_id) in sent if row_id in facts}
    return jsonify(
        {"marks": marks, "shares": shares, "problem": saved.message if isinstance(saved, PortalError) else ""}
    )


def _share(facts: Attended) -> str:
    return percent(facts.attended, facts.planned)


def _contradictions(group: m.TrainingGroup, found: Sequence[tuple[m.Enrolment, str]]) -> Block:
    rows = []
    for row, why in found[:_CONTRADICTED]:
        href = addresses.card("enrolment", row.id)
        cells = [Cell(row.employee.full_name, href=href), Cell(row.status.label, tone=row.status.tone), Cell(why)]
        rows.append(Row(row.id, href, cells))
    heads = [Column(h, h) for h in ("Слушатель", "Итог", "По журналу посещаемости")]
    note = "Неверно либо одно, либо другое: исправьте отметки в журнале или итог в записи слушателя («Исправить итог»)."
    if len(found) > len(rows):
        note = f"{note} Показаны первые {_CONTRADICTED}, ещё {len(found) - len(rows)}."
    buttons = [Button("Исправить отметки", _correcting(group))] if frozen_groups.may_correct(group) else []
    title = f"Итог расходится с посещаемостью: {len(found)}"
    return Block(title, columns=heads, rows=rows, buttons=buttons, note=note, tone="wait")


def _correcting(group: m.TrainingGroup) -> str:
    return addresses.at("training_group", "attendance", group.id, correct=1)


@dataclass(frozen=True, slots=True)
class State:
    """What of a journal may be marked now: ``fixed`` are the enrolments whose marks stay, ``kept`` why a reason is asked."""

    editable: bool
    fixed: frozenset[int] = frozenset()
    note: str = ""
    kept: str = ""
    buttons: Sequence[Button] = ()


def _state(group: m.TrainingGroup, journal: Journal) -> State:
    """A running group is marked; a completed group and listeners with an outcome are corrected with a reason."""
    if group.status not in BEGUN:
        return State(False, note=_OTHER_STATES.get(group.status, _NOT_YET))
    running, own = group.status == GroupStatus.RUNNING, attendance.keeps_journal(group)
    decided = frozenset(row.id for row in journal.listeners if row.status in OUTCOMES)
    if running and not decided:
        return State(own, note="" if own else attendance.NOT_YET_DECIDED)
    refusal = frozen_groups.may_correct(group).reason
    if CORRECTING in request.args and not refusal:
        # what is still the organizer's work is not corrected by others
        open_still = frozenset(row.id for row in journal.listeners) - decided
        return State(True, frozenset() if own or not running else open_still, kept=frozen_groups.why_kept(group))
    buttons = [] if refusal else [Button("Исправить отметки", _correcting(group))]
    note = refusal or (_KEPT_OF_SOME if running else _KEPT)
    return State(running and own, decided, note, buttons=buttons)


def _group(pk: int) -> m.TrainingGroup:
    """A group whose journal the user keeps; 403 without the right, whatever the row."""
    current_actor().require(PERMISSION)
    return get_writable(db.session, m.TrainingGroup, pk, PERMISSION)


# --- the page --------------------------------------------------------------------------------------------------------


def _address(group_id: int, **what: int) -> str:
    """Address of a part of the journal; a correction goes on there."""
    correcting: dict[str, Any] = {CORRECTING: 1} if CORRECTING in request.args else {}
    return addresses.at("training_group", "attendance", group_id, **what, **correcting)


def _turned_over(meetings: Sequence[m.GroupMeeting], group_id: int) -> tuple[Sequence[m.GroupMeeting], list[Link]]:
    """The meetings that the address asks for: one, or a part; by default the part of the latest that has begun."""
    wanted = request.args.get("meeting", "")
    one = [meeting for meeting in meetings if str(meeting.id) == wanted]
    if wanted and not one:
        raise NotFound("Такого занятия в группе нет. Откройте журнал группы заново.")
    begun = sum(attendance.has_begun(meeting) for meeting in meetings)
    typed = request.args.get("part", "")
    last = max(len(meetings) - 1, 0) // SHOWN
    part = min(int(typed), last) if typed.isdecimal() and len(typed) < 4 else max(begun - 1, 0) // SHOWN
    links = []
    for number in range(last + 1 if last else 0):
        first, until = number * SHOWN + 1, min((number + 1) * SHOWN, len(meetings))
        href = _address(group_id, part=number)
        links.append(Link(f"Занятия {first}–{until}" if first < until else f"Занятие {first}", href, number == part))
    return one or meetings[part * SHOWN : (part + 1) * SHOWN], [] if one else links


def _head(meeting: m.GroupMeeting, journal: Journal, group_id: int, *, editable: bool) -> MeetingHead:
    starts, ends = local(meeting.starts_at), local(meeting.ends_at)
    marked = any((meeting.id, row.id) in journal.marks for row in journal.listeners)
    words = "Остальные были" if marked else "Все были"
    href = _address(group_id, meeting=meeting.id)
    offered = words if editable and attendance.has_begun(meeting) else ""
    time = f"{starts:%H:%M}–{ends:%H:%M}"
    return MeetingHead(meeting.id, f"{starts:%d.%m.%Y}", time, meeting.topic or "", href, offered)


def _latest(meetings: Sequence[m.GroupMeeting]) -> int:
    """The latest of the shown meetings that has begun, else the first of them."""
    begun = [meeting.id for meeting in meetings if attendance.has_begun(meeting)]
    return begun[-1] if begun else meetings[0].id if meetings else 0


def _words_of(meeting: m.GroupMeeting) -> str:
    starts, ends = local(meeting.starts_at), local(meeting.ends_at)
    parts = (f"{format_date(starts)}, {starts:%H:%M}–{ends:%H:%M}", meeting.topic, meeting.teacher)
    return " · ".join(part for part in parts if part)


def _rows(
    journal: Journal,
    meetings: Sequence[m.GroupMeeting],
    typed: Typed,
    wrong: frozenset[Place],
    *,
    editable: bool,
    fixed: frozenset[int],
) -> list[ListenerRow]:
    facts, last = attendance.attended_of(journal), _latest(meetings)
    rows = []
    for row in journal.listeners:
        cells = []
        for meeting in meetings:
            place = (meeting.id, row.id)
            mark = _shown_mark(place, journal, typed)
            cells.append(
                MarkCell(
                    name=f"m-{meeting.id}-{row.id}",
                    label=f"{row.employee.short_name}, {attendance.title_of(meeting)}",
                    value=mark.value if mark else "",
                    text=mark.label if mark else "не отмечено" if attendance.has_begun(meeting) else "ещё не было",
                    editable=editable and row.id not in fixed and attendance.has_begun(meeting),
                    wrong=place in wrong,
                    now=meeting.id == last,
                )
            )
        href = addresses.card("enrolment", row.id)
        rows.append(ListenerRow(row.id, row.employee.full_name, href, cells, _share(facts[row.id])))
    return rows


def _shown_mark(place: Place, journal: Journal, typed: Typed) -> AttendanceMark | None:
    """What stands in a square: what the user chose there, else what is stored now."""
    if place in typed.wanted and typed.wanted[place] != typed.shown.get(place):
        return typed.wanted[place]
    return journal.marks.get(place)


# --- the form --------------------------------------------------------------------------------------------------------


def _stamp(journal: Journal, meetings: Sequence[m.GroupMeeting]) -> str:
    """The stored marks of the squares that the form shows, as one text that comes back with it."""
    shown = {meeting.id for meeting in meetings}
    marks = [(place, mark) for place, mark in journal.marks.items() if place[0] in shown]
    return " ".join(f"{meeting}-{row}-{mark.value}" for (meeting, row), mark in sorted(marks))


def _typed(journal: Journal) -> Typed:
    """Read the form; raises Invalid for a mark that does not exist."""
    wanted: dict[Place, AttendanceMark | None] = {}
    for name, value in request.form.items():
        found = _CELL.fullmatch(name)
        if found:
            wanted[int(found[1]), int(found[2])] = _mark(value)
    everybody = request.form.get(_EVERYBODY, "")
    if everybody.isdecimal() and len(everybody) <= 9:
        empty = [place for place, mark in wanted.items() if place[0] == int(everybody) and mark is None]
        present = [place for place in empty if place not in journal.marks]
        wanted |= dict.fromkeys(present, AttendanceMark.PRESENT)
    shown: dict[Place, AttendanceMark | None] = {}
    for item in request.form.get("shown", "").split():
        meeting, _, rest = item.partition("-")
        row, _, value = rest.partition("-")
        if meeting.isdecimal() and row.isdecimal():
            shown[int(meeting[:9]), int(row[:9])] = _mark(value)
    return Typed(wanted, shown)


def _mark(value: str) -> AttendanceMark | None:
    if not value:
        return None
    found = next((mark for mark in AttendanceMark if mark.value == value), None)
    if found is None:
        raise Invalid("Такой отметки нет. Выберите отметку из списка.")
    return found
