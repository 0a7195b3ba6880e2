"""The page of a group as a working table: its way, the one next step, tabs with their own addresses, and what stands in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import render_template, request

from app import addresses
from app import models as m
from app.access import current_actor
from app.errors import NotFound
from app.russian import count, period, quoted
from app.services.courses.group import attendance
from app.text import cleaned
from app.web.courses import group_blocks
from app.web.courses.group_steps import Way, tab_href, way_of
from app.web.courses.group_table import ListenersTable, table_of
from app.web.frame.listing import state_cell
from app.web.frame.pages import Block, Button, Cell, Link, Tab

PEOPLE, ABOUT, SCHEDULE, PAPERS, HISTORY = "people", "about", "schedule", "papers", "history"
_TITLES = {PEOPLE: "Слушатели", SCHEDULE: "Расписание", PAPERS: "Документы", ABOUT: "О группе", HISTORY: "История"}
ATTENDANCE = "Посещаемость"


@dataclass(frozen=True, slots=True)
class GroupPage:
    """A group's page: ``button`` is the one filled one, ``more`` folds in «Ещё», ``blocks`` and ``table`` are those of the tab."""

    title: str
    crumbs: Sequence[Link]
    status: Cell
    line: str
    note: str
    way: Way | None
    button: Button | None
    more: Sequence[Button]
    tabs: Sequence[Tab]
    table: ListenersTable | None = None
    blocks: Sequence[Block] = ()


def chosen_tab(group: m.TrainingGroup) -> str:
    """The tab that the address asks for; the first one unless it does."""
    sees_people = group_blocks.may_see_people()
    tab = request.args.get("tab") or (PEOPLE if sees_people else ABOUT)
    if tab not in _TITLES or (tab == PEOPLE and not sees_people):
        raise NotFound(f"Такого раздела у группы {group.number} нет.")
    return tab


def tabs_of(group: m.TrainingGroup, here: str, way: Way | None, journal: str) -> list[Tab]:
    """The tabs, with what they hold in numbers; ``journal`` is the address of the attendance, for those who keep it."""
    progress = way.progress if way else None
    numbers: dict[str, int] = {}
    if progress is not None:
        numbers = {PEOPLE: progress.taken, SCHEDULE: progress.meetings, PAPERS: progress.issued}
    found = []
    for tab, title in _TITLES.items():
        if tab == PEOPLE and not group_blocks.may_see_people():
            continue
        found.append(Tab(title, tab_href(group, tab), numbers.get(tab), current=tab == here))
        if tab == SCHEDULE and journal:
            marks = progress.marks if progress else None
            found.append(Tab(ATTENDANCE, journal, marks, current=here == ATTENDANCE))
    return found


def line_of(group: m.TrainingGroup) -> str:
    """What the group is, in one line under its title."""
    hours = count(group.program.hours, "час", "часа", "часов")
    parts = [quoted(group.program.title), hours, period(group.starts_on, group.ends_on), group.place]
    if group.curator:
        parts.append(f"ведёт {group.curator}")
    return " · ".join(part for part in parts if part)


def page_of(view: Any, group: m.TrainingGroup, tab: str, blocks: Sequence[Block]) -> GroupPage:
    """Build the page around what stands in its tab."""
    page = _frame_of(view, group, tab)
    table = _table(group, page.way) if tab == PEOPLE else None
    return replace(page, table=table, blocks=blocks)


def way_alone(view: Any, group: m.TrainingGroup) -> str:
    """The way of a group as a piece of its page, for a page that stays where it is."""
    return render_template("group_way.html", page=_frame_of(view, group, PEOPLE))


def _frame_of(view: Any, group: m.TrainingGroup, tab: str) -> GroupPage:
    buttons = view.card_buttons(group)
    way = way_of(group, buttons)
    main = way.button if way else next((button for button in buttons if button.main), None)
    more = [replace(it, main=False) for it in buttons if main is None or it.href != main.href]
    return GroupPage(
        title=view.card_title(group),
        crumbs=view.crumbs(),
        status=state_cell(group),
        line=line_of(group),
        note=group.reason_text or "",
        way=way,
        button=main,
        more=more,
        tabs=tabs_of(group, tab, way, journal_href(group)),
    )


def _table(group: m.TrainingGroup, way: Way | None) -> ListenersTable | None:
    if way is None or not attendance.keeps_journal(group) or not group_blocks.seated_of(group):
        return None
    return table_of(group, way.progress.begun_meetings, cleaned(request.args.get("q", ""))[:100])


def journal_href(group: m.TrainingGroup) -> str:
    """The attendance of a group, for those who keep or correct it."""
    actor = current_actor()
    if not actor.can("enrolment:attend") or not (attendance.keeps_journal(group) or "operator" in actor.roles):
        return ""
    return addresses.at("training_group", "attendance", group.id)
