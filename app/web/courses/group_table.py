"""The listeners of a group as a table to work in: attended meetings, what a card lacks, and the outcome chosen in the row."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app import addresses
from app import models as m
from app.access import current_actor
from app.clock import today
from app.documents.frdo.frdo_before import Lack
from app.russian import count
from app.services.courses.group import attendance
from app.services.courses.group.results import FINAL_FORMS
from app.statuses import BEGUN, OUTCOMES, UNSUCCESSFUL, EnrolmentStatus, GroupStatus
from app.text import sort_key
from app.web.courses import group_blocks, mending
from app.web.courses.result_forms import AssessmentForm
from app.web.frame.listing import state_cell
from app.web.frame.pages import Button, Cell
from app.web.personnel.people_columns import place_name

#: more listeners than this are searched among
MANY = 15


@dataclass(frozen=True, slots=True)
class TableRow:
    """A listener: ``open`` is the enrolment whose outcome may be chosen here; ``state`` says it otherwise."""

    pk: int
    name: str
    href: str
    post: str
    place: str
    attended: str
    state: Cell
    lacks: Sequence[str]
    open: bool


@dataclass(frozen=True, slots=True)
class ListenersTable:
    """The table; without ``form`` no outcome is entered in it. ``ask`` asks the schools to mend the cards that lack something."""

    title: str
    rows: Sequence[TableRow]
    note: str
    has_attended: bool
    has_lacks: bool
    form: AssessmentForm | None
    save_href: str
    options: Sequence[tuple[str, str]]
    final_forms: Sequence[str]
    with_reason: str
    lacking: str = ""
    ask: Button | None = None
    #: a search by name and place of work, where there are many; what is typed, how many of all it has found
    find_href: str = ""
    typed: str = ""
    found: str = ""


def table_of(group: m.TrainingGroup, begun: int, typed: str = "") -> ListenersTable:
    """Build the table of those who hold a seat, for who keeps the group's journal; ``begun``: so many meetings have begun.

    ``typed``: words of a name or of a place of work; then only those are shown.
    """
    enrolments = group_blocks.seated_of(group)
    attended = _attended(group, begun)
    lacks = {it.enrolment_id: it for it in mending.lacks_of(group)}
    enters = group.status == GroupStatus.RUNNING and current_actor().can("enrolment:result")
    every = [_row(row, attended, lacks.get(row.id), enters=enters) for row in enrolments]
    rows = [row for row in every if _holds(row, typed)]
    return ListenersTable(
        title=group_blocks.title_of(group),
        rows=rows,
        note=group_blocks.note_of(group),
        has_attended=bool(attended),
        has_lacks=any(row.lacks for row in rows),
        form=_form(group, enrolments) if any(row.open for row in rows) else None,
        save_href=addresses.at("training_group", "results", group.id),
        options=[("", "Внести…"), *((status.value, status.label) for status in OUTCOMES)],
        final_forms=FINAL_FORMS,
        with_reason=" ".join(status.value for status in OUTCOMES if status in UNSUCCESSFUL),
        **_asking(group, every),
        **_search(group, every, rows, typed),
    )


def _holds(row: TableRow, typed: str) -> bool:
    """Whether each typed word stands in the name or the place of work."""
    there = sort_key(f"{row.name} {row.place}")
    return all(word in there for word in sort_key(typed).split())


def _search(group: m.TrainingGroup, every: Sequence[TableRow], rows: Sequence[TableRow], typed: str) -> dict[str, Any]:
    """The search, where a screen does not hold the table, or something is typed already."""
    if len(every) <= MANY and not typed:
        return {}
    found = f"Показано {len(rows)} из {len(every)}" if typed else ""
    return {"find_href": addresses.card("training_group", group.id), "typed": typed, "found": found}


def _asking(group: m.TrainingGroup, rows: Sequence[TableRow]) -> dict[str, Any]:
    number = sum(bool(row.lacks) for row in rows)
    if not number:
        return {}
    people = count(number, "слушателя", "слушателей", "слушателей")
    return {
        "lacking": f"У {people} в карточке не хватает сведений для документа и ФИС ФРДО.",
        "ask": mending.ask_button(group, back="people"),
    }


def _attended(group: m.TrainingGroup, begun: int) -> Mapping[int, str]:
    """Enrolment → «10 из 12» of the meetings that have begun; nothing before the first."""
    if group.status not in BEGUN or not begun:
        return {}
    present = attendance.present_of(group.id)
    return {row.id: f"{present.get(row.id, 0)} из {begun}" for row in group_blocks.enrolments_of(group) or ()}


def _row(row: m.Enrolment, attended: Mapping[int, str], lack: Lack | None, *, enters: bool) -> TableRow:
    work = row.employment
    return TableRow(
        pk=row.id,
        name=row.employee.full_name,
        href=addresses.card("enrolment", row.id),
        post=work.position.name if work else "",
        place=place_name(work) if work else "",
        attended=attended.get(row.id, ""),
        state=state_cell(row),
        lacks=mending.of_card(lack),
        open=enters and row.status == EnrolmentStatus.CONFIRMED,
    )


def _form(group: m.TrainingGroup, enrolments: Collection[m.Enrolment]) -> AssessmentForm:
    """Day, form and protocol as they were entered last: the second half of a group is seldom another assessment."""
    done = [row for row in enrolments if row.result_on]
    last = max(done, key=lambda row: (row.changed_at, row.id), default=None)
    known: dict[str, Any] = {"result_on": last.result_on if last else min(today(), group.ends_on)}
    if last is not None:
        known |= {"final_form": last.final_form, "protocol_number": last.protocol_number}
    return AssessmentForm(formdata=None, data=known)
