"""«Календарь занятий»: lessons of an organizer's groups with rooms and teachers, and of a school's people; a lesson is dragged."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from flask import render_template, request
from flask_appbuilder import BaseView, expose

from app import addresses
from app import models as m
from app.access import current_actor, find_actor
from app.clock import today
from app.errors import Invalid, NotFound
from app.russian import count, format_date
from app.services.courses.group import frozen_groups, group_schedule
from app.services.desk import lessons
from app.services.desk.lessons import Lesson
from app.services.portal import undo
from app.web.courses import months
from app.web.courses.months import Entry, Month, MonthPage
from app.web.frame.answers import answer_act
from app.web.frame.guards import signed_in
from app.web.frame.pages import Link, Tab
from app.web.frame.undoing import tell_done

TITLE = "Календарь занятий"
#: role → its tab, what is empty, the lessons
_KINDS: dict[str, tuple[str, str, Callable[[dt.date, dt.date], list[Lesson]]]] = {
    "organizer": ("Мои группы", "В этом месяце занятий нет.", lessons.of_organizer),
    "school": ("Работники школы", "В этом месяце ваши работники не учатся.", lessons.of_school),
}
#: «Ближайшие» looks so far ahead
_AHEAD = dt.timedelta(days=120)
_ONE = dt.timedelta(days=1)


def has_lessons() -> bool:
    """Whether the user runs courses or answers for people who learn (for the menu)."""
    actor = find_actor()
    return actor is not None and bool(actor.roles & set(_KINDS))


class LessonsView(BaseView):
    """The calendar of a role; a user of both has two tabs."""

    route_base = "/lessons"
    default_view = "index"

    @expose("/")
    @signed_in
    def index(self) -> Any:
        """«Ближайшие», and a month of lessons narrowed by room and teacher."""
        kind = _asked_kind()
        _title, empty, read = _KINDS[kind]
        ahead = lessons.nearest(read(today(), today() + _AHEAD))
        month = months.month_of(request.args.get("month", ""), [it.first for it in ahead])
        found = read(month.first, month.last)
        chosen = {name: request.args.get(name, "").strip() for name in ("room", "teacher")}
        shown = [it for it in found if all(not value or getattr(it, name) == value for name, value in chosen.items())]
        # what followed from a group keeps its schedule: it is corrected on its page, with a reason
        movable = frozen_groups.free_among({it.group_id for it in shown}) if kind == "organizer" else set()
        narrowed = {name: value for name, value in chosen.items() if value}
        page = MonthPage(
            title=TITLE,
            month=month,
            days=months.days(month, _entries(month, shown, lessons.clashing(found), movable)),
            **months.links(addresses.LESSONS, month, {"of": kind, **narrowed}),
            empty=empty,
            agenda=months.agenda((it.first, _entry(it)) for it in ahead),
            crumbs=[Link(TITLE, current=True)],
        )
        choices = {name: sorted({getattr(it, name) for it in found} - {""}) for name in chosen}
        return render_template(
            "lessons.html",
            page=page,
            tabs=_tabs(kind),
            kind=kind,
            chosen=chosen,
            choices=choices,
            moves=kind == "organizer",
        )

    @expose("/move/<int:pk>", methods=["POST"])
    @signed_in
    def move(self, pk: int) -> Any:
        """Put a meeting on another day at the same time; its people are told."""
        meeting = group_schedule.get_meeting(pk)
        typed = request.form.get("day", "")
        back = addresses.with_query(addresses.LESSONS, of="organizer", month=typed[:7] or None)

        batch, label = undo.new_batch(), f"перенос занятия группы {meeting.group.number}"

        def act() -> None:
            day = _day(typed)
            moved = undo.take(
                m.GroupMeeting, pk, "move", lambda: group_schedule.move(pk, day), batch=batch, label=label
            )
            told = count(moved.told, "письмо", "письма", "писем")
            words = f"Занятие группы {moved.number} перенесено: {moved.was} → {moved.becomes}. Слушателям: {told}."
            tell_done(batch, words)

        return answer_act(act, back)


def _asked_kind() -> str:
    """The role of the address, else the first that the user has."""
    held = [kind for kind in _KINDS if kind in current_actor().roles]
    asked = request.args.get("of", "")
    if not held or (asked and asked not in held):
        raise NotFound("Такого календаря у вас нет.")
    return asked or held[0]


def _tabs(kind: str) -> list[Tab]:
    held = [name for name in _KINDS if name in current_actor().roles]
    if len(held) < 2:
        return []
    return [Tab(_KINDS[name][0], addresses.with_query(addresses.LESSONS, of=name), name == kind) for name in held]


def _day(typed: str) -> dt.date:
    try:
        return dt.date.fromisoformat(typed)
    except ValueError:
        raise Invalid("Такого дня нет. Перетащите занятие на день месяца.") from None


def _entries(
    month: Month, found: Sequence[Lesson], clashing: set[int], movable: set[int]
) -> dict[dt.date, list[Entry]]:
    """The lessons of each day of the month."""
    entries: dict[dt.date, list[Entry]] = {}
    for it in found:
        entry = _entry(it, clashes=it.meeting_id in clashing, moves=it.moves and it.group_id in movable)
        for n in range((it.last - it.first).days + 1):
            if month.first <= (day := it.first + n * _ONE) <= month.last:
                entries.setdefault(day, []).append(entry)
    return entries


def _entry(it: Lesson, *, clashes: bool = False, moves: bool = False) -> Entry:
    at = f"{it.starts_at:%H:%M}–{it.ends_at:%H:%M}" if it.starts_at and it.ends_at else f"по {format_date(it.last)}"
    people = count(it.people, "человек", "человека", "человек")
    warning = "накладка: место или преподаватель заняты" if clashes else ""
    detail = ", ".join(filter(None, (at, it.place, it.teacher, people, warning)))
    text = f"{it.number} {it.title}" + (f": {it.topic}" if it.topic else "")
    href = addresses.card("training_group", it.group_id)
    return Entry(
        text, href, detail, "wait" if clashes else "", addresses.at("lessons", "move", it.meeting_id) if moves else ""
    )
