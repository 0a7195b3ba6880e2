"""Page «Расписание» of a group: a table editor, a proposal by the days of the week, and the clashes in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flask import flash, redirect, render_template, request
from flask_appbuilder import expose

from app import addresses
from app import models as m
from app.access import get_writable
from app.clock import local
from app.errors import Invalid, PortalError
from app.extensions import db
from app.russian import count, format_date, period, quoted
from app.services.courses.group import frozen_groups, group_clashes, group_schedule
from app.statuses import GroupStatus
from app.web.courses.schedule_editor import SPARE, Typed, copied, read_line, read_rows, read_time, typed_of, with_spare
from app.web.frame.answers import attempt
from app.web.frame.guards import guarded
from app.web.frame.pages import Block, Button, Cell, Column, Link, Row
from app.web.frame.parts import Part

WEEKDAYS = ("понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье")
#: a card shows so many meetings, the page all of them
_SHOWN = 40
#: clashes shown; more of them are a number
_CLASHES = 20


@dataclass(frozen=True, slots=True)
class SchedulePage:
    """What the template lays out: ``seen`` tells the schedule that was opened, ``plan`` the fields of the proposal."""

    title: str
    rows: Sequence[Typed]
    seen: str
    hours: str
    note: str
    cancel_href: str
    crumbs: Sequence[Link]
    clashes: Block | None = None
    kept: str = ""
    problems: Sequence[str] = ()
    plan: Mapping[str, Any] = field(default_factory=dict)


class GroupSchedule(Part):
    """Page ``schedule`` of a group, and the block of its meetings on the card."""

    tab = "schedule"

    def blocks(self, row: m.TrainingGroup) -> list[Block]:
        """The meetings of a group, with the way to change them."""
        meetings = group_schedule.meetings_of(row.id)
        may_edit = row.status != GroupStatus.CANCELLED and self.may(row, "edit")
        label = "Изменить расписание" if meetings else "Составить расписание"
        buttons = [Button(label, addresses.at("training_group", "schedule", row.id))] if may_edit else []
        note = group_schedule.hours_in_words(meetings, row.program.hours) if meetings else ""
        if len(meetings) > _SHOWN:
            left = count(len(meetings) - _SHOWN, "занятие", "занятия", "занятий")
            note = f"Показаны первые {_SHOWN}, дальше ещё {left}. {note}"
        return [
            Block(
                f"Расписание: {len(meetings)}" if meetings else "Расписание",
                columns=[Column(h, h) for h in ("Когда", "Тема", "Место", "Преподаватель")],
                rows=[_meeting(meeting) for meeting in meetings[:_SHOWN]],
                buttons=buttons,
                empty="Занятия по дням ещё не составлены.",
                note=note,
            )
        ]

    @expose("/schedule/<int:pk>", methods=["GET", "POST"])
    @guarded("edit")
    def schedule(self, pk: int) -> Any:
        """Table of a group's meetings; each button of the page posts all its rows."""
        group = get_writable(db.session, m.TrainingGroup, pk, "training_group:edit")
        if request.method == "GET":
            refusal = _refusal(group)
            if refusal:
                return self.view.kept_page(group, f"Расписание группы {group.number}", refusal)
            lines = [typed_of(group_schedule.line_of(x)) for x in group_schedule.meetings_of(pk)]
            return render_template("schedule.html", page=self._schedule_page(group, with_spare(lines)))
        rows, step = read_rows(request.form), request.form.get("do", "")
        if step == "save":
            return self._save_schedule(group, rows)
        problems: list[str] = []
        if step == "more":
            rows = with_spare(rows, SPARE + 5)
        elif step == "generate":
            rows, problems = _generated(group, rows)
        elif step.startswith("copy-") and step[5:].isdecimal() and int(step[5:]) < len(rows):
            rows = copied(rows, int(step[5:]), group.ends_on)
        else:
            problems = ["Такого действия на этой странице нет. Нажмите «Сохранить расписание»."]
        page = self._schedule_page(group, rows or with_spare([]), problems)
        return render_template("schedule.html", page=page), 422 if problems else 200

    def _save_schedule(self, group: m.TrainingGroup, rows: list[Typed]) -> Any:
        rows, pk = [row for row in rows if not row.is_empty], group.id
        kept = [row for row in rows if not row.removed]
        found = [read_line(row) for row in kept]
        wrong: dict[str, Sequence[str]] = {str(n): errors for n, (_line, errors) in enumerate(found) if errors}
        problems = ["Проверьте строки, отмеченные ниже."] if wrong else []
        if not wrong:
            lines = [line for line, _errors in found if line is not None]
            removed = [int(row.id) for row in rows if row.removed and row.id.isdecimal() and len(row.id) < 10]
            seen, why = request.form.get("seen", ""), request.form.get("why")
            saved = attempt(lambda: group_schedule.save(pk, lines, removed=removed, seen=seen, why=why))
            if not isinstance(saved, PortalError):
                flash(f"Расписание сохранено: {count(len(lines), 'занятие', 'занятия', 'занятий')}.", "success")
                return redirect(addresses.at("training_group", "schedule", pk))
            wrong = dict(saved.fields) if isinstance(saved, Invalid) else {}
            problems = [saved.message]
            group = get_writable(db.session, m.TrainingGroup, pk, "training_group:edit")
        marked = [replace(row, errors=wrong.get(str(n), ())) for n, row in enumerate(kept)]
        rows = [*marked, *(row for row in rows if row.removed)]
        return render_template("schedule.html", page=self._schedule_page(group, with_spare(rows), problems)), 422

    def _schedule_page(
        self, group: m.TrainingGroup, rows: Sequence[Typed], problems: Sequence[str] = ()
    ) -> SchedulePage:
        meetings = group_schedule.meetings_of(group.id)
        return SchedulePage(
            title=f"Расписание группы {group.number}",
            rows=rows,
            # a page refused still speaks of the schedule with which it was opened
            seen=request.form.get("seen", "") or group_schedule.stamp(meetings),
            hours=group_schedule.hours_in_words(meetings, group.program.hours),
            note=f"{quoted(group.program.title)}, {period(group.starts_on, group.ends_on)}",
            cancel_href=self.view.href_of(group),
            crumbs=self.crumbs(group),
            clashes=_clashes_block(group) if meetings else None,
            problems=problems,
            plan=_plan(),
            kept=frozen_groups.why_kept(group),
        )


def _meeting(row: m.GroupMeeting) -> Row:
    first, last = local(row.starts_at), local(row.ends_at)
    when = Cell(format_date(first.date()), f"{first:%H:%M}–{last:%H:%M}")
    return Row(row.id, "", [when, Cell(row.topic or "—"), Cell(row.place or "—"), Cell(row.teacher or "—")])


def _refusal(group: m.TrainingGroup) -> str:
    """Why the page does not open, before anything is typed."""
    if group.status == GroupStatus.CANCELLED:
        return "Группа отменена, её расписание больше не меняется."
    return frozen_groups.may_correct(group).reason if frozen_groups.why_kept(group) else ""


def _plan() -> dict[str, Any]:
    """Fields of the proposal as they were typed."""
    names = ("plan-starts", "plan-ends", "plan-place", "plan-teacher")
    days = request.form.getlist("weekday")
    return {
        "days": [(str(n), name, str(n) in days) for n, name in enumerate(WEEKDAYS)],
        **{name.removeprefix("plan-"): request.form.get(name, "") for name in names},
    }


def _generated(group: m.TrainingGroup, rows: list[Typed]) -> tuple[list[Typed], list[str]]:
    """Rows with the proposed meetings below them, not yet saved."""
    form = request.form
    starts, ends = read_time(form.get("plan-starts", "")), read_time(form.get("plan-ends", ""))
    if starts is None or ends is None:
        return rows, ["Укажите время начала и окончания занятий: чч:мм, например 09:00."]
    days = {int(day) for day in form.getlist("weekday") if day in {"0", "1", "2", "3", "4", "5", "6"}}
    place, teacher = (form.get(name, "").strip()[:255] or None for name in ("plan-place", "plan-teacher"))
    try:
        lines = group_schedule.generate(group, weekdays=days, starts=starts, ends=ends, place=place, teacher=teacher)
    except Invalid as refusal:
        return rows, [refusal.message]
    if not lines:
        return rows, ["Добавить нечего: таких дней между датами группы нет или часы программы уже набраны."]
    flash(
        f"Предложено: {count(len(lines), 'занятие', 'занятия', 'занятий')}. Проверьте строки и сохраните расписание.",
        "info",
    )
    return with_spare([*rows, *map(typed_of, lines)]), []


def _clashes_block(group: m.TrainingGroup) -> Block | None:
    found = group_clashes.find(group)
    if not found:
        return None
    events = [
        Cell(it.text, it.detail, addresses.card("training_group", it.group_id) if it.group_id else "", tone="wait")
        for it in found[:_CLASHES]
    ]
    more = f"И ещё пересечений: {len(found) - _CLASHES}. " if len(found) > _CLASHES else ""
    note = f"{more}Портал ничего не запрещает: проверьте, не ошибка ли это, и исправьте строки, если нужно."
    return Block(f"Пересечения: {len(found)}", events=events, note=note, tone="wait")
