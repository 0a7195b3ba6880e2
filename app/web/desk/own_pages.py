"""«Курсы», «Документы» and «Мои заявки на чек» of a worker: enrolments and applications with their way, documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import render_template
from flask_appbuilder import BaseView, expose

from app import addresses
from app import models as m
from app.access import current_actor
from app.clock import local
from app.conditions import state_of
from app.documents.office.pdf import MISSING, find_office
from app.rules.document import main_document
from app.russian import capitalized, count, format_date
from app.services.desk import cabinet
from app.services.mailing.letter_templates import absolute
from app.services.portal import ways
from app.services.portal.ways import Way
from app.statuses import APPLICATION_LIVE, UNDER_WAY, EnrolmentStatus
from app.web.desk.worker_home import NO_CARD, application_block, course_block, document_href, is_worker
from app.web.frame.guards import signed_in
from app.web.frame.listing import state_cell
from app.web.frame.pages import Block, Button, CardPage, Cell, Column, Link, Row
from app.web.personnel.archive_pages import archive_buttons
from app.web.personnel.employee_card import ADD_TRAINING

COURSES, DOCUMENTS, APPLICATIONS = "Мои курсы", "Мои документы", "Мои заявки на чек"
_TO_CATALOGUE = Button("Выбрать курс", addresses.CATALOGUE, main=True)
_HEADS = tuple(Column(head, head) for head in ("Программа", "Занятия", "Итог", "Документ"))


def has_cabinet() -> bool:
    """Whether the user has a cabinet (for the menu)."""
    return is_worker(current_actor())


class OwnCoursesView(BaseView):
    """Courses of the user: now, waiting, past."""

    route_base = addresses.MY_COURSES.rstrip("/")
    default_view = "index"

    @expose("/")
    @signed_in
    def index(self) -> Any:
        """All enrolments of the user, those that go on with their way."""
        employee_id = current_actor().employee_id
        buttons = [Button("План на год", addresses.PLAN), Button("Мой календарь", addresses.CALENDAR), _TO_CATALOGUE]
        blocks = _course_blocks(employee_id) if employee_id is not None else []
        note = NO_CARD if employee_id is None else ""
        crumbs = [Link(COURSES, current=True)]
        page = CardPage(
            COURSES, crumbs=crumbs, buttons=buttons if employee_id else [_TO_CATALOGUE], blocks=blocks, note=note
        )
        return render_template("card.html", page=page)


def _course_blocks(employee_id: int) -> list[Block]:
    rows = cabinet.enrolments_of(employee_id)
    live = sorted((row for row in rows if row.status in UNDER_WAY), key=lambda row: (row.group.starts_on, row.id))
    told = ways.ways_of(live, own=True)
    now = [course_block(row, told[row.id]) for row in live if _is_on(row)]
    waiting = [course_block(row, told[row.id]) for row in live if not _is_on(row)]
    past = [_past(row) for row in rows if row.status not in UNDER_WAY]
    empty = "Сейчас вы не записаны на курсы. Подходящие вам стоят в каталоге первыми."
    return [
        *(now or waiting or [Block("Сейчас", empty=empty)]),
        *(waiting if now else ()),
        *([Block("Прошедшие", columns=_HEADS, rows=past, lead=_number(past))] if past else ()),
    ]


def _is_on(row: m.Enrolment) -> bool:
    """Whether the seat is certain: the others wait for somebody."""
    return bool(state_of(row) == EnrolmentStatus.CONFIRMED)


def _number(rows: Sequence[Row]) -> str:
    return count(len(rows), "запись", "записи", "записей")


def _past(row: m.Enrolment) -> Row:
    group, href = row.group, addresses.card("enrolment", row.id)
    issued = main_document(row.certificates)
    paper = Cell(f"№ {issued.number}", href=addresses.card("certificate", issued.id)) if issued else Cell("—")
    when = f"{format_date(group.starts_on)} – {format_date(group.ends_on)}"
    hours = count(group.program.hours, "час", "часа", "часов")
    cells = [Cell(group.program.title, f"{hours}, группа {group.number}", href), Cell(when), state_cell(row), paper]
    return Row(row.id, href, cells)


# --- applications ----------------------------------------------------------------------------------------------------


class OwnApplicationsView(BaseView):
    """Applications of the user for a чек, in words."""

    route_base = addresses.MY_APPLICATIONS.rstrip("/")
    default_view = "index"

    @expose("/")
    @signed_in
    def index(self) -> Any:
        """Each application with its way, the latest first; before the first one, how to make it."""
        employee_id = current_actor().employee_id
        crumbs = [Link(APPLICATIONS, current=True)]
        if employee_id is None:
            return render_template("message.html", page=CardPage(APPLICATIONS, crumbs=crumbs, note=NO_CARD))
        rows = cabinet.applications_of(employee_id)
        told = ways.ways_of(rows, own=True)
        blocks = [_application(row, told[row.id]) for row in rows]
        if not any(row.status in APPLICATION_LIVE for row in rows):
            blocks.insert(0, application_block(employee_id, "Новая заявка"))
        return render_template("card.html", page=CardPage(APPLICATIONS, crumbs=crumbs, blocks=blocks))


def _application(row: m.VoucherApplication, way: Way) -> Block:
    asked = f", подана {format_date(local(row.submitted_at).date())}" if row.submitted_at else ""
    note = f"Причина: {row.reason_text}" if row.reason_text else ""
    button = Button("Открыть заявку", addresses.card("voucher_application", row.id))
    return Block(f"Заявка № {row.id}{asked}", way=way, note=note, buttons=[button])


# --- documents -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Paper:
    """A document as the page shows it; ``share`` is the public page of its check, empty for one from elsewhere."""

    title: str
    detail: str
    href: str
    file: str
    share: str = ""
    state: Cell | None = None


class OwnDocumentsView(BaseView):
    """Documents of the user: those that the portal issued, those from elsewhere with their scans."""

    route_base = addresses.MY_DOCUMENTS.rstrip("/")
    default_view = "index"

    @expose("/")
    @signed_in
    def index(self) -> Any:
        """Each document with its file and the address where anybody checks it."""
        actor = current_actor()
        employee_id = actor.employee_id
        if employee_id is None:
            return render_template("message.html", page=CardPage(DOCUMENTS, note=NO_CARD))
        own, outside = cabinet.documents_of(employee_id), cabinet.outside_of(employee_id)
        buttons = archive_buttons(employee_id)
        if actor.can("training:add"):
            buttons.insert(0, Button(ADD_TRAINING, addresses.form("training", employee=employee_id)))
        note = MISSING if own and not find_office() else ""
        page = CardPage(DOCUMENTS, crumbs=[Link(DOCUMENTS, current=True)], buttons=buttons, note=note)
        return render_template(
            "own_documents.html",
            page=page,
            papers=[_paper(row) for row in own],
            outside=[_outside(row) for row in outside],
        )


def _paper(row: m.Certificate) -> Paper:
    facts = row.snapshot
    issued_by = f", {row.organizer.short_name}" if row.organizer else ""
    hours = count(facts["hours"], "час", "часа", "часов") if facts.get("hours") else ""
    detail = (
        ", ".join(filter(None, (str(facts.get("program", "")), hours, f"выдан {format_date(row.issued_on)}")))
        + issued_by
    )
    return Paper(
        f"{capitalized(row.kind.label)} № {row.number}",
        detail,
        addresses.card("certificate", row.id),
        document_href(row),
        absolute(addresses.at("verify", row.check_code)),
    )


def _outside(row: m.Training) -> Paper:
    named = row.document_kind.label if row.document_kind else "документ"
    number = f" № {row.document_number}" if row.document_number else ""
    hours = count(row.hours, "час", "часа", "часов")
    return Paper(
        f"{capitalized(named)}{number}",
        f"{row.title}, {hours}, {row.institution}, закончен {format_date(row.ended_on)}, {row.source.label}",
        addresses.card("training", row.id),
        addresses.at("access", "file", row.scan.id) if row.scan else "",
        state=state_cell(row),
    )
