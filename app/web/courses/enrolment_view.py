"""Pages of enrolments: enrolling, entering a result, issuing the document."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from flask import flash
from flask_appbuilder import expose
from flask_wtf import FlaskForm
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from wtforms import RadioField
from wtforms.validators import InputRequired

from app import addresses
from app import models as m
from app.access import current_actor, get_writable
from app.clock import local, today
from app.conditions import state_of, takes_enrolments
from app.documents.templates.in_force import issue_options
from app.extensions import db
from app.rules.document import main_document
from app.rules.enrolment import Room, has_seat
from app.russian import count, format_datetime, period, quoted
from app.services.courses.enrolment import enrolment_check, enrolments, group_transfers, waiting_list
from app.services.paper.issuing import certificates
from app.statuses import WITHOUT_OUTCOME, EnrolmentStatus
from app.web.courses.bulk_enrolment import BulkEnrolment
from app.web.courses.catalogue_cards import seats_left
from app.web.courses.mending import EnrolmentLacks
from app.web.courses.own_enrolment import OwnEnrolment
from app.web.courses.result_correction import ResultCorrection, ResultForm
from app.web.frame.answers import answer_act, answer_form
from app.web.frame.guards import guarded, signed_in
from app.web.frame.pages import Block, Button, Cell, FormPage, Pair
from app.web.frame.scoped_view import ScopedModelView
from app.web.personnel.own_choices import self_as_employee, working

_CARD = (
    joinedload(m.Enrolment.employee),
    joinedload(m.Enrolment.employment).options(
        joinedload(m.Employment.position), joinedload(m.Employment.organization)
    ),
    joinedload(m.Enrolment.group).joinedload(m.TrainingGroup.program),
    joinedload(m.Enrolment.block),
)
_ANEW = {"populate_existing": True}
_RESULT = ("result_on", "final_form", "final_mark", "protocol_number")


class TransferForm(FlaskForm):
    """To which group of the program."""

    group = RadioField("Группа", [InputRequired("Выберите группу.")], coerce=int)


class EnrolmentPages(ScopedModelView):
    """Pages of the enrolments' view."""

    parts = (BulkEnrolment, OwnEnrolment, ResultCorrection, EnrolmentLacks)

    def visible(self, pk: int, verb: str = "show") -> Any:
        """Load an enrolment with everything that its card names, by one more statement."""
        row = super().visible(pk, verb)
        db.session.scalars(
            select(m.Enrolment).where(m.Enrolment.id == pk).options(*_CARD).execution_options(**_ANEW)
        ).one()
        return row

    def card_title(self, row: m.Enrolment) -> str:
        """The person and the group: a refusal of one of many has this title too."""
        return f"{row.employee.full_name}, группа {row.group.number}"

    def create(self, values: dict[str, Any]) -> Any:
        """Enrol: reserves the seat and a block of the чек, or joins the waiting list."""
        return enrolments.enrol(values["employee"].id, values["group"].id, block_id="auto")

    def after_save(self, row: m.Enrolment) -> str:
        """Show the enrolment: its state says who acts next."""
        return addresses.card("enrolment", row.id)

    def added_words(self, row: m.Enrolment) -> str:
        """The side that acts next, or the place in the waiting list and why."""
        why = waiting_list.explain(row.id)
        if why is None:
            return f"Запись принята. Состояние: «{row.status.label}»."
        return f"Запись внесена в лист ожидания: {why.position}. {' '.join(why.reasons)}"

    def _page(self, form: Any, title: str, problems: list[str], found: Any, row: Any) -> FormPage:
        """Before the form is sent it says which course that is, what pays for it, or why it cannot be."""
        page = super()._page(form, title, problems, found, row)
        # many people at once have a page of their own
        own = current_actor().roles == {"worker"}
        page = replace(page, submit="Записаться" if own else "Записать", more="")
        person, group = form.employee.data, form.group.data
        if problems or person is None or group is None:
            return page
        return replace(page, note=f"{_course_words(group)} {_chance(person.id, group)}")

    def suggested(self, field: str, target: type[Any]) -> Any:
        """Groups into which one may enrol today, people who work."""
        if field == "group":
            return takes_enrolments(rows=target)
        return working() if field == "employee" else None

    def prefill(self) -> dict[str, Any]:
        """A worker enrols himself or herself."""
        return {**self_as_employee(self), **super().prefill()}

    def card_sections(self) -> Sequence[tuple[str, Sequence[str]]]:
        """The person, the place of work, the block that pays, the result."""
        return [
            ("Запись", ("employee", "employment", "block", "status", "created_at")),
            ("Итог обучения", _RESULT),
        ]

    def blocks(self, row: m.Enrolment) -> Sequence[Block]:
        """First why the person waits, or until when an offer is open. Then the course; the result when there is one."""
        entry, result = super().blocks(row)
        has_result = any(getattr(row, name) is not None for name in _RESULT)
        return [*_waiting_blocks(row), _course(row.group), entry, *([result] if has_result else [])]

    def extra_buttons(self, row: m.Enrolment) -> Sequence[Button]:
        """Transfer to another group, entering the result, issuing the document."""
        buttons = []
        if row.status in WITHOUT_OUTCOME and row.group.starts_on > today() and self.may(row, "transfer"):
            buttons.append(Button("Перевести в другую группу", addresses.at("enrolment", "transfer", row.id)))
        if row.status == EnrolmentStatus.CONFIRMED and self.may(row, "result"):
            buttons.append(Button("Внести итог", addresses.at("enrolment", "result", row.id), main=True))
        if row.status == EnrolmentStatus.TRAINED and self.may(row, "certificate:issue"):
            issued = main_document(row.certificates)
            if issued is None:
                buttons.append(
                    Button("Выдать документ", addresses.at("enrolment", "issue", row.id), main=True, post=True)
                )
            else:
                buttons.append(Button("Открыть документ", addresses.card("certificate", issued.id), main=True))
        return [*buttons, *super().extra_buttons(row)]

    @expose("/transfer/<int:pk>", methods=["GET", "POST"])
    @guarded("transfer")
    def transfer(self, pk: int) -> Any:
        """Choose another group of the program; seat, quota and block move at once."""
        row = get_writable(db.session, m.Enrolment, pk, "enrolment:transfer")
        form, groups = TransferForm(), group_transfers.targets(pk)
        form.group.choices = [(g.id, _group_choice(g, room)) for g, room in groups if has_seat(room)]
        if not form.group.choices:
            return self.kept_page(row, "Перевести некуда", _no_group(row, full=len(groups)))
        title, note = f"Перевод в другую группу: {row.employee.full_name}", _transfer_note(row, groups)

        def save() -> str:
            made = group_transfers.transfer(pk, form.group.data)
            flash(f"Готово: запись переведена в группу {made.group.number}.", "success")
            return self.href_of(made)

        return answer_form(form, save, lambda: self.card_form(row, form, title=title, submit="Перевести", note=note))

    @expose("/result/<int:pk>", methods=["GET", "POST"])
    @guarded("result")
    def result(self, pk: int) -> Any:
        """Enter the outcome of a listener."""
        row = get_writable(db.session, m.Enrolment, pk, "enrolment:result")
        form = ResultForm(data={"result_on": today()})
        title = f"Итог обучения: {row.employee.full_name}"
        why = "" if form.is_submitted() else enrolments.why_no_result(row)
        if why:
            return self.kept_page(row, title, why, super().extra_buttons(row))

        def save() -> str:
            _record(pk, form)
            flash("Итог внесён.", "success")
            return self.href_of(row)

        return answer_form(form, save, lambda: self.card_form(row, form, title=title, submit="Внести итог"))

    @expose("/issue/<int:pk>", methods=["POST"])
    @signed_in
    def issue(self, pk: int) -> Any:
        """Issue the document of a trained listener."""
        row = get_writable(db.session, m.Enrolment, pk, "certificate:issue")

        def act() -> str:
            certificate = certificates.issue(pk, **issue_options())
            flash(f"Документ № {certificate.number} выдан.", "success")
            return addresses.card("certificate", certificate.id)

        return answer_act(act, self.href_of(row))


# --- words and blocks ------------------------------------------------------------------------------------------------


def _course_words(group: m.TrainingGroup) -> str:
    return f"{quoted(group.program.title)}, {period(group.starts_on, group.ends_on)}, {group.place}."


def _chance(employee_id: int, group: m.TrainingGroup) -> str:
    """What the rule says before the form is sent; empty for a person whom the actor may not enrol."""
    for line in enrolment_check.preview([employee_id], group):
        verdict = line.verdict
        if verdict.existing is not None:
            return f"Запись в эту группу уже есть, её состояние: «{verdict.existing.status.label}»."
        if verdict.place is None:
            return f"Сейчас записать нельзя. {verdict.decision.reason}"
        room = Room(capacity=group.capacity, taken=group.taken, quota=verdict.quota)
        seats = verdict.decision.reason if verdict.decision.waits else f"{seats_left(room).capitalize()}."
        paid = f"Оплатит блок чека: {verdict.block.title}." if verdict.block is not None else "Чек не нужен."
        return f"{seats} {paid}"
    return ""


def _course(group: m.TrainingGroup) -> Block:
    """Which course, when and where: for the person this is what the enrolment is about."""
    href = addresses.card("training_group", group.id)
    pairs = [
        Pair("Программа", Cell(group.program.title)),
        Pair("Группа", Cell(group.number, href=href)),
        Pair("Занятия", Cell(period(group.starts_on, group.ends_on))),
        Pair("Место", Cell(group.place)),
    ]
    return Block("Курс", pairs=pairs)


def _waiting_blocks(row: m.Enrolment) -> list[Block]:
    """«Почему запись ещё в очереди», or the term of an offered seat."""
    if row.offer_until is not None and state_of(row) == EnrolmentStatus.OFFERED:
        until = format_datetime(local(row.offer_until))
        note = (
            f"Место держится до {until}. Нажмите «Занять предложенное место» или отзовите запись: после этого срока место "
            "предложат следующему."
        )
        return [Block("Предложенное место", note=note, tone="go")]
    why = waiting_list.explain_seen(row)
    if why is None:
        return []
    place = [Pair("Место в листе ожидания", Cell(why.position)), Pair("В очереди с", Cell(_day(row.queued_at)))]
    events = [Cell(reason, tone="wait") for reason in why.reasons]
    return [Block("Почему запись ещё в очереди", pairs=place, events=events, note=_ORDER)]


def _day(moment: dt.datetime) -> str:
    return format_datetime(local(moment))


_ORDER = (
    "Первым место предлагают тем, у кого раньше заканчивается чек, затем тем, кто ждёт дольше. Кого сейчас записать нельзя, "
    "тот сохраняет место в очереди."
)


def _group_choice(group: m.TrainingGroup, room: Room) -> str:
    free = count(room.free, "свободное место", "свободных места", "свободных мест")
    return f"{group.number}: {period(group.starts_on, group.ends_on)}, {group.place}, {free}"


def _transfer_note(row: m.Enrolment, groups: Sequence[tuple[m.TrainingGroup, Room]]) -> str:
    full = sum(not has_seat(room) for _group, room in groups)
    now = f"Сейчас: группа {row.group.number} ({period(row.group.starts_on, row.group.ends_on)})."
    if full:
        now += f" Без свободных мест: {count(full, 'группа', 'группы', 'групп')} этой программы."
    return f"{now} Перевести можно до начала занятий обеих групп и только на свободное место; блок чека переходит вместе с записью."


def _no_group(row: m.Enrolment, *, full: int) -> str:
    """Why a transfer has nothing to choose from, and what to do."""
    if full:
        return (
            f"В других группах этой программы нет мест ({count(full, 'группа', 'группы', 'групп')}). "
            "Число мест меняет организатор; место может и освободиться."
        )
    return (
        f"У программы {quoted(row.group.program.title)} нет другой группы, которая ещё не начала занятия. "
        "Новую группу открывает организатор курсов."
    )


def _record(pk: int, form: ResultForm) -> None:
    enrolments.record_result(
        pk,
        EnrolmentStatus.of(form.outcome.data or ""),
        result_on=cast("dt.date | None", form.result_on.data),
        final_form=form.final_form.data or None,
        final_mark=form.final_mark.data or None,
        protocol_number=form.protocol_number.data or None,
        reason=form.reason.data or None,
    )
