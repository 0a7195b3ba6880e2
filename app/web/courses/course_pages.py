"""The course of a group: attendance, results and orders on the group's pages, and what is still to be done."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_appbuilder import expose
from flask_wtf import FlaskForm
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from app import models as m
from app.access import current_actor, get_writable
from app.clock import today
from app.documents.in_force import template_for
from app.documents.training_order import TEMPLATE
from app.errors import Forbidden, NotFound, PortalError
from app.extensions import db
from app.russian import count, format_date
from app.services.courses.group import attendance, frozen, results, training_orders
from app.services.courses.group.training_orders import BASIS_LENGTH, NUMBER_LENGTH, OrderFacts
from app.statuses import BEGUN, FORMED, GroupStatus, OrderKind
from app.web.courses.group_correction import consequences_of
from app.web.courses.result_pages import ResultPages
from app.web.frame.answers import attach
from app.web.frame.forms import CodesField, RuDateField
from app.web.frame.guards import signed_in
from app.web.frame.pages import Block, Button, Cell, Column, FormPage, Link, Pair, Row, Section

_HANDLER = {OrderKind.ENROLMENT: "enrolment_order", OrderKind.EXPULSION: "expulsion_order"}
_NOTE = "Изданный приказ нельзя ни изменить, ни удалить. Ошибочный заменяют новым: отметьте в нём тех же слушателей."


class OrderForm(FlaskForm):
    """Number, day and basis of an order; whom it names is added for each group."""

    number = StringField(
        "Номер приказа", [InputRequired("Укажите номер приказа."), Length(max=NUMBER_LENGTH, message="Номер длинный.")]
    )
    ordered_on = RuDateField("Дата приказа", [InputRequired("Укажите дату.")])
    basis = TextAreaField("Основание", [Optional(), Length(max=BASIS_LENGTH, message="Основание длинное.")])


class CoursePages(ResultPages):
    """Routes ``enrolment_order`` and ``expulsion_order``; blocks and buttons of the course on the group's card."""

    # --- the card

    def blocks(self, row: m.TrainingGroup) -> Sequence[Block]:
        """What is still to be done first, the orders last."""
        return [*_next_steps(row), *_contradicted(row), *super().blocks(row), *_orders(row)]

    def extra_buttons(self, row: m.TrainingGroup) -> Sequence[Button]:
        """The journal of attendance, its sheet for signatures and the results, while there is something to enter or to see."""
        actor, buttons = current_actor(), []
        if row.status in BEGUN and actor.can("enrolment:attend"):
            buttons.append(Button("Посещаемость", url_for("TrainingGroupView.attendance", pk=row.id)))
        if row.status in FORMED and actor.can("enrolment:attend"):
            buttons.append(Button("Лист посещаемости", url_for("TrainingGroupView.attendance_sheet", pk=row.id)))
        if row.status == GroupStatus.RUNNING and actor.can("enrolment:result"):
            buttons.append(Button("Итоги обучения", url_for("TrainingGroupView.results", pk=row.id)))
        return [*buttons, *super().extra_buttons(row)]

    # --- orders

    @expose("/enrolment_order/<int:pk>", methods=["GET", "POST"])
    @signed_in
    def enrolment_order(self, pk: int) -> Any:
        """Issue an order of enrolment."""
        return self._issue(pk, OrderKind.ENROLMENT)

    @expose("/expulsion_order/<int:pk>", methods=["GET", "POST"])
    @signed_in
    def expulsion_order(self, pk: int) -> Any:
        """Issue an order of expulsion."""
        return self._issue(pk, OrderKind.EXPULSION)

    def _issue(self, pk: int, kind: OrderKind) -> Any:
        current_actor().require("training_order:add")
        group = get_writable(db.session, m.TrainingGroup, pk, "training_order:add")
        people = training_orders.candidates(pk, kind)
        wrong = {order.id for order, _words in training_orders.differing(group)}
        form, problems = _form(kind, people, wrong), []
        if form.validate_on_submit():
            try:
                order = _save(pk, kind, form)
            except (NotFound, Forbidden):
                raise
            except PortalError as refusal:
                problems = attach(form, refusal)
            else:
                flash(f"Приказ № {order.number} издан.", "success")
                return redirect(url_for("TrainingOrderView.show", pk=order.id))
        back = url_for("TrainingGroupView.show", pk=pk)
        page = FormPage(
            f"Приказ {kind.label}: группа {group.number}",
            form,
            [Section("Приказ", ["number", "ordered_on", "basis"]), Section("Кого назвать", ["people"])],
            submit="Издать приказ",
            cancel_href=back,
            crumbs=[*self.crumbs(), Link(f"Группа {group.number}", back), Link(f"Приказ {kind.label}", current=True)],
            note=_NOTE if people else _nobody(kind),
            problems=problems,
        )
        return render_template("form.html", page=page), 422 if form.is_submitted() else 200


def _form(kind: OrderKind, people: Sequence[m.Enrolment], wrong: Collection[int]) -> Any:
    """The form of an order with a box for everybody whom it may name; those without a right order are ticked.

    ``wrong``: orders that say what was corrected since.
    """
    choices = [(str(row.id), _named(row, kind)) for row in people]

    class Bound(OrderForm):
        people = CodesField("Слушатели", choices=choices)

    orders = [(row, training_orders.order_of(row, kind)) for row in people]
    without = [str(row.id) for row, order in orders if order is None or order.id in wrong]
    return Bound(data={"ordered_on": today(), "people": without})


def _save(pk: int, kind: OrderKind, form: Any) -> m.TrainingOrder:
    facts = OrderFacts(
        number=form.number.data or "",
        ordered_on=form.ordered_on.data,
        basis=form.basis.data,
        enrolment_ids=[int(code) for code in form.people.data or ()],
    )
    return training_orders.issue(
        pk, kind, facts, template_of=lambda organizer_id: template_for(TEMPLATE[kind], organizer_id)[0]
    )


def _named(row: m.Enrolment, kind: OrderKind) -> str:
    order = training_orders.order_of(row, kind)
    outcome = f" — {row.status.label.lower()}" if kind == OrderKind.EXPULSION else ""
    rest = f" (приказ № {order.number} от {format_date(order.ordered_on)})" if order else ""
    return f"{row.employee.full_name}{outcome}{rest}"


def _nobody(kind: OrderKind) -> str:
    if kind == OrderKind.ENROLMENT:
        return "В группе нет слушателей с подтверждённой записью: издавать приказ пока не о ком."
    return "Ни у кого из слушателей ещё нет итога обучения: издавать приказ пока не о ком."


def _orders(group: m.TrainingGroup) -> list[Block]:
    actor = current_actor()
    if not actor.can("training_order:list"):
        return []
    orders = training_orders.orders_of(group.id)
    left = {pk: training_orders.open_changes(people) for pk, people in training_orders.left_after(orders).items()}
    rows = []
    for order in orders:
        href = url_for("TrainingOrderView.show", pk=order.id)
        people = sum(len(part["people"]) for part in order.snapshot["parts"])
        words = count(people, "слушатель", "слушателя", "слушателей")
        who = left.get(order.id, "")
        flag = Cell(training_orders.FLAG, f"выбыли: {who}", tone="wait") if who else Cell("—")
        cells = [Cell(f"№ {order.number}"), Cell(order.kind.label), Cell(format_date(order.ordered_on)), Cell(words)]
        rows.append(Row(order.id, href, [*cells, flag]))
    is_left = any(left.values())
    buttons = [
        Button(f"Приказ {kind.label}", url_for(f"TrainingGroupView.{_HANDLER[kind]}", pk=group.id))
        for kind in OrderKind
        if actor.can("training_order:add") and training_orders.may_issue(group, kind, left=is_left)
    ]
    if not rows and not buttons:
        return []
    heads = [Column(h, h) for h in ("Приказ", "О чём", "Дата", "Кого касается", "После издания")]
    note = training_orders.NEXT_STEP if is_left else ""
    return [Block("Приказы", columns=heads, rows=rows, buttons=buttons, empty="Приказов пока нет.", note=note)]


def _contradicted(group: m.TrainingGroup) -> list[Block]:
    """Whose outcome the marks of attendance contradict, with the way to correct the one or the other."""
    if group.status not in BEGUN or not current_actor().can("enrolment:correct"):
        return []
    facts = consequences_of(group)
    found = attendance.contradicted(group) if facts.outcomes else []
    if not found:
        return []
    rows = []
    for row, why in found[:_SHOWN]:
        href = url_for("EnrolmentView.show", pk=row.id)
        cells = [Cell(row.employee.full_name, href=href), Cell(row.status.label, tone=row.status.tone), Cell(why)]
        rows.append(Row(row.id, href, cells))
    heads = [Column(h, h) for h in ("Слушатель", "Итог", "По журналу посещаемости")]
    note = "Неверно либо одно, либо другое: исправьте отметки в журнале или итог в записи слушателя («Исправить результат»)."
    more = len(found) - len(rows)
    if more > 0:
        note = f"{note} Показаны первые {_SHOWN}, ещё {more}."
    journal = f"{url_for('TrainingGroupView.attendance', pk=group.id)}?correct=1"
    buttons = [Button("Исправить отметки", journal)] if frozen.may_correct(group) else []
    title = f"Итог расходится с посещаемостью: {len(found)}"
    return [Block(title, columns=heads, rows=rows, buttons=buttons, note=note, tone="wait")]


def _next_steps(group: m.TrainingGroup) -> list[Block]:
    """What the organizer has still to do for a group in work; nothing when all is done."""
    if group.status not in FORMED or not current_actor().can("enrolment:result"):
        return []
    missing, running = results.missing_of(group), group.status == GroupStatus.RUNNING
    steps = (
        ("Нет приказа о зачислении", missing.enrolment_order, "enrolment_order", _PEOPLE, True),
        ("Не отмечена посещаемость", missing.marks, "attendance", ("отметка", "отметки", "отметок"), running),
        ("Не внесён итог обучения", missing.outcome, "results", _PEOPLE, running),
        ("Нет приказа об отчислении", missing.expulsion_order, "expulsion_order", _PEOPLE, True),
    )
    pairs = [
        Pair(label, Cell(count(number, *words), href=url_for(f"TrainingGroupView.{handler}", pk=group.id)))
        for label, number, handler, words, applies in steps
        if number and applies
    ]
    pairs += [
        Pair(
            f"Приказ № {order.number} расходится с исправленным",
            Cell(
                words, "Издайте новый приказ взамен", url_for(f"TrainingGroupView.{_HANDLER[order.kind]}", pk=group.id)
            ),
        )
        for order, words in (training_orders.differing(group) if consequences_of(group).orders else ())
    ]
    if missing.document:
        href = url_for("TrainingGroupView.issue_all", pk=group.id) if group.status != GroupStatus.CLOSED else ""
        pairs.append(Pair("Не выдан документ", Cell(count(missing.document, *_PEOPLE), href=href)))
    return [Block("Что осталось сделать", pairs=pairs)] if pairs else []


#: so many people of a block, the rest is a number
_SHOWN = 30
_PEOPLE = ("человек", "человека", "человек")
