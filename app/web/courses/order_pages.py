"""Orders (приказы) of a group: issued on pages of the group, listed on its card."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from flask import flash
from flask_appbuilder import expose
from flask_wtf import FlaskForm
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from app import addresses
from app import models as m
from app.access import current_actor, get_writable
from app.clock import today
from app.documents.papers.training_order import TEMPLATE
from app.documents.templates.in_force import template_for
from app.extensions import db
from app.russian import count, format_date
from app.services.paper.orders import training_orders
from app.services.paper.orders.training_orders import BASIS_LENGTH, NUMBER_LENGTH, OrderFacts
from app.statuses import OrderKind
from app.web.courses.group_correction import consequences_of
from app.web.frame.answers import answer_form
from app.web.frame.forms import CodesField, RuDateField
from app.web.frame.guards import signed_in
from app.web.frame.pages import Block, Button, Cell, Column, FormPage, Row, Section, Todo
from app.web.frame.parts import Part

HANDLERS = {OrderKind.ENROLMENT: "enrolment_order", OrderKind.EXPULSION: "expulsion_order"}
_NOTE = "Изданный приказ нельзя ни изменить, ни удалить. Ошибочный заменяют новым: отметьте в нём тех же слушателей."


class OrderForm(FlaskForm):
    """Number, day and basis of an order; whom it names is added for each group."""

    number = StringField(
        "Номер приказа", [InputRequired("Укажите номер приказа."), Length(max=NUMBER_LENGTH, message="Номер длинный.")]
    )
    ordered_on = RuDateField("Дата приказа", [InputRequired("Укажите дату.")])
    basis = TextAreaField("Основание", [Optional(), Length(max=BASIS_LENGTH, message="Основание длинное.")])


class GroupOrders(Part):
    """Pages ``enrolment_order`` and ``expulsion_order`` of a group, and the block of its orders on the card."""

    tab = "papers"

    def lead(self, row: m.TrainingGroup) -> list[Block]:
        """Orders that say what was corrected since."""
        return _differing(row) if current_actor().can("training_order:add") else []

    def blocks(self, row: m.TrainingGroup) -> list[Block]:
        """The orders, and the way to the next one."""
        return _orders(row) if current_actor().can("training_order:list") else []

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
        form = _form(kind, people, wrong)

        def save() -> str:
            order = _save(pk, kind, form)
            flash(f"Приказ № {order.number} издан.", "success")
            return addresses.card("training_order", order.id)

        def page() -> FormPage:
            return FormPage(
                f"Приказ {kind.label}: группа {group.number}",
                form,
                [Section("Приказ", ["number", "ordered_on", "basis"]), Section("Кого назвать", ["people"])],
                submit="Издать приказ",
                cancel_href=self.view.href_of(group),
                crumbs=self.crumbs(group, f"Приказ {kind.label}"),
                note=_NOTE if people else _nobody(kind),
            )

        return answer_form(form, save, page)


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


def _differing(group: m.TrainingGroup) -> list[Block]:
    found = training_orders.differing(group) if consequences_of(group).orders else ()
    todo = [
        Todo(
            f"Приказ № {order.number} расходится с исправленным: {words}",
            "Издайте новый приказ взамен",
            addresses.at("training_group", HANDLERS[order.kind], group.id),
        )
        for order, words in found
    ]
    return [Block("Приказы, которые нужно заменить", todo=todo, tone="wait")] if todo else []


def _orders(group: m.TrainingGroup) -> list[Block]:
    actor = current_actor()
    orders = training_orders.orders_of(group.id)
    left = {pk: training_orders.open_changes(people) for pk, people in training_orders.left_after(orders).items()}
    rows = []
    for order in orders:
        href = addresses.card("training_order", order.id)
        people = sum(len(part["people"]) for part in order.snapshot["parts"])
        words = count(people, "слушатель", "слушателя", "слушателей")
        who = left.get(order.id, "")
        flag = Cell(training_orders.FLAG, f"выбыли: {who}", tone="wait") if who else Cell("—")
        cells = [Cell(f"№ {order.number}"), Cell(order.kind.label), Cell(format_date(order.ordered_on)), Cell(words)]
        rows.append(Row(order.id, href, [*cells, flag]))
    is_left = any(left.values())
    buttons = [
        Button(f"Приказ {kind.label}", addresses.at("training_group", HANDLERS[kind], group.id))
        for kind in OrderKind
        if actor.can("training_order:add") and training_orders.may_issue(group, kind, left=is_left)
    ]
    if not rows and not buttons:
        return []
    heads = [Column(h, h) for h in ("Приказ", "О чём", "Дата", "Кого касается", "После издания")]
    note = training_orders.NEXT_STEP if is_left else ""
    return [Block("Приказы", columns=heads, rows=rows, buttons=buttons, empty="Приказов пока нет.", note=note)]
