"""Corrections of the own card: the person's form, the responsible's comparison «было – станет», the decision."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, cast

from flask import flash, redirect, render_template, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_wtf import FlaskForm
from wtforms import BooleanField, StringField, TextAreaField
from wtforms.validators import Length, Optional

from app import models as m
from app.access import current_actor, get_writable
from app.conditions import late
from app.errors import Forbidden, NotFound, PortalError
from app.extensions import db
from app.services.personnel import changes
from app.services.personnel.surnames import Surname
from app.statuses import ChangeStatus
from app.web.frame.form_pages import attach
from app.web.frame.forms import FieldSource, PortalModelConverter, RuDateField, form_values
from app.web.frame.guards import guarded
from app.web.frame.listing import ListColumn, ListFilter
from app.web.frame.pages import Block, Button, CardPage, Cell, FormPage, Link, Pair, Section
from app.web.frame.scoped_view import ScopedModelView

_SECTIONS = (
    ("Человек", ("last_name", "first_name", "patronymic", "birth_date", "sex", "snils")),
    ("Связь", ("phone", "email")),
    ("Стаж и заслуги", ("teaching_since", "working_since", "degree", "awards")),
    ("Чем подтверждается", ("comment",)),
)


class SurnameForm(FlaskForm):
    """What is asked when a surname changes: its fields stand in the form of the card and beside a correction."""

    surname_until = RuDateField("Прежняя фамилия — по какую дату", [Optional()])
    surname_reason = StringField(
        "Основание смены фамилии", [Optional(), Length(max=255)], render_kw={"placeholder": "Приказ № … от …"}
    )
    surname_misprint = BooleanField("Это исправление опечатки: прежнюю фамилию не хранить")


SURNAME_FIELDS = ("surname_until", "surname_reason", "surname_misprint")


def surname_fields() -> dict[str, Any]:
    """Name → unbound field, to be put into another form."""
    return {name: getattr(SurnameForm, name) for name in SURNAME_FIELDS}


def surname_of(form: Any) -> Surname:
    """What a form says of the change of surname."""
    return Surname(
        until=cast("dt.date | None", form["surname_until"].data),
        reason=form["surname_reason"].data or None,
        misprint=bool(form["surname_misprint"].data),
    )


def _fields(row: m.ChangeRequest) -> str:
    return ", ".join(changes.labels_of(row))


CHANGED_FIELDS = ListColumn("changes", "Что исправить", _fields, lambda row: Cell(_fields(row)))


OVERDUE = ListFilter(
    "attention",
    "Требует внимания",
    "choice",
    lambda value, _to: late(m.ChangeRequest) if value == "overdue" else None,
    lambda: [("overdue", "срок внесения прошёл")],
)


class _CardFields(FieldSource):
    """The fields of the own card."""

    hints = {"snils": "Одиннадцать цифр с карточки СНИЛС."}
    required_columns = ("birth_date", "sex")
    datamodel = SQLAInterface(m.Employee)


class ChangePages(ScopedModelView):
    """The list of corrections, the person's form, the comparison with its decision."""

    include_route_methods = ScopedModelView.include_route_methods | {"propose", "accept"}
    services = {"accept": changes.accept, "decline": changes.decline, "withdraw": changes.withdraw}

    def _init_forms(self) -> None:
        """The person's form is generated from the card's columns."""
        super()._init_forms()
        fields = PortalModelConverter(_CardFields()).fields(changes.FIELDS)
        hint = "Документ, его номер и дата: например, свидетельство о браке. Ответственный сверит."
        comment = TextAreaField("Пояснение", [Optional(), Length(max=1000)], description=hint)
        self.propose_form = type("ProposeForm", (DynamicForm,), {**fields, "comment": comment})

    @expose("/propose", methods=["GET", "POST"])
    @guarded("add")
    def propose(self) -> Any:
        """Propose corrections of the own card."""
        person = changes.own_card()
        form = self.propose_form(request.form if request.method == "POST" else None, obj=person)
        problems: list[str] = []
        if request.method == "POST" and form.validate():
            try:
                with db.session.no_autoflush:
                    row = changes.propose(
                        form_values(form, changes.FIELDS, m.Employee), comment=form["comment"].data or None
                    )
            except (NotFound, Forbidden):
                raise
            except PortalError as refusal:
                db.session.rollback()
                problems = attach(form, refusal)
            else:
                flash("Исправление отправлено ответственному. О решении придёт извещение.", "success")
                return redirect(url_for("ChangeRequestView.show", pk=row.id))
        return render_template(
            "form.html", page=_propose_page(form, problems)
        ), 422 if request.method == "POST" else 200

    def card_page(self, row: m.ChangeRequest) -> CardPage:
        """Whose correction, until when; the comparison itself is laid out by the template."""
        person = row.employee
        href = url_for("EmployeeView.show", pk=person.id) if person and current_actor().can("employee:show") else ""
        pairs = [
            Pair("Работник", Cell(person.full_name if person else "—", href=href)),
            Pair("Пояснение", self._value_cell(row, "comment")),
            Pair("Внести до", self._value_cell(row, "due_on")),
        ]
        return CardPage(
            title=f"Исправление карточки № {row.id}",
            crumbs=self.crumbs(),
            status=Cell(row.status.label, tone=row.status.tone),
            buttons=self.card_buttons(row),
            blocks=[Block("Исправление", pairs=pairs)],
            aside=[self.history_block(row)],
            note=row.reason_text or "",
        )

    def action_buttons(self, row: m.ChangeRequest) -> Sequence[Button]:
        """«Внести» stands below the comparison; one's own is withdrawn, another's is declined."""
        own = row.employee_id == current_actor().employee_id
        hidden = {"accept", "decline" if own else "withdraw"}
        return [b for b in super().action_buttons(row) if b.href.rpartition("/")[2] not in hidden]

    @expose("/show/<int:pk>")
    @guarded("show")
    def show(self, pk: int) -> Any:
        """A correction beside the card."""
        return self._comparison(self.visible(pk))

    def _comparison(self, row: m.ChangeRequest, form: Any = None) -> str:
        lines = changes.lines(row)
        own = row.employee_id == current_actor().employee_id
        waits = row.status == ChangeStatus.PROPOSED
        decides = waits and not own and self.may(row, "accept")
        if form is None and decides and any(line.field == "last_name" for line in lines):
            form = SurnameForm(formdata=None, data={"surname_reason": row.comment})
        return render_template(
            "change.html",
            page=self.card_page(row),
            lines=lines,
            waits=waits,
            accept_href=url_for("ChangeRequestView.accept", pk=row.id) if decides else "",
            form=form,
            surname_names=SURNAME_FIELDS,
        )

    @expose("/accept/<int:pk>", methods=["POST"])
    @guarded("accept")
    def accept(self, pk: int) -> Any:
        """Write the chosen fields to the card."""
        row = get_writable(db.session, m.ChangeRequest, pk, "change_request:accept")
        form = SurnameForm(request.form)
        if not form.validate():
            return self._comparison(row, form), 422
        try:
            changes.accept(pk, fields=request.form.getlist("field"), surname=surname_of(form))
        except (NotFound, Forbidden):
            raise
        except PortalError as refusal:
            flash(refusal.message, "danger")
        else:
            flash("Исправление внесено в карточку. Работник получит извещение.", "success")
        return redirect(url_for("ChangeRequestView.show", pk=pk))


def _propose_page(form: Any, problems: list[str]) -> FormPage:
    href = url_for("EmployeeView.show", pk=current_actor().employee_id)
    return FormPage(
        title="Предложить исправление",
        form=form,
        sections=[Section(title, fields) for title, fields in _SECTIONS],
        submit="Отправить ответственному",
        cancel_href=href,
        crumbs=[Link("Моя карточка", href)],
        note="Исправьте то, что изменилось. Ответственный вашей организации сверит и внесёт сведения в карточку.",
        problems=problems,
    )


def waiting_block(person: m.Employee) -> list[Block]:
    """On a card: the correction that waits, or for its owner the way to propose one."""
    actor = current_actor()
    live = changes.find_live(person.id) if actor.can("change_request:show") else None
    if live is not None:
        label = "Открыть" if person.id == actor.employee_id else "Рассмотреть"
        text = f"Ждёт решения: {_fields(live).lower()}."
        button = Button(label, url_for("ChangeRequestView.show", pk=live.id))
        return [Block("Исправление карточки", note=text, buttons=[button])]
    return []
