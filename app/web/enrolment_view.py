"""Pages of enrolments: enrolling, entering a result, issuing the document."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, cast

from flask import flash, redirect, render_template, request, url_for
from flask_appbuilder import expose
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from app import models as m
from app.access import get_writable
from app.clock import today
from app.errors import Forbidden, NotFound, PortalError
from app.extensions import db
from app.services import certificates, enrolments
from app.statuses import EnrolmentStatus
from app.web import columns as c
from app.web.form_pages import attach
from app.web.forms import RuDateField
from app.web.guards import guarded, signed_in
from app.web.pages import Button, FormPage, Section
from app.web.printing import issue_options
from app.web.scoped_view import ScopedModelView

_OUTCOMES = (EnrolmentStatus.TRAINED, EnrolmentStatus.FAILED, EnrolmentStatus.NO_SHOW, EnrolmentStatus.EXPELLED)


class ResultForm(FlaskForm):
    """Outcome of a listener (order § 3.3)."""

    outcome = SelectField(
        "Итог обучения", [InputRequired("Выберите итог.")], choices=[(s.value, s.label) for s in _OUTCOMES]
    )
    result_on = RuDateField("Дата итоговой аттестации", [InputRequired("Укажите дату.")])
    final_form = StringField("Форма итоговой аттестации", [Optional(), Length(max=120)])
    final_mark = StringField("Результат", [Optional(), Length(max=120)])
    protocol_number = StringField("Номер протокола", [Optional(), Length(max=120)])
    reason = TextAreaField("Причина (если не аттестован или отчислен)", [Optional(), Length(max=1000)])


class EnrolmentPages(ScopedModelView):
    """Pages of the enrolments' view."""

    include_route_methods = ScopedModelView.include_route_methods | {"result", "issue"}

    def create(self, values: dict[str, Any]) -> Any:
        """Enrol: reserves the seat and a block of the чек, or joins the waiting list."""
        return enrolments.enrol(values["employee"].id, values["group"].id, block_id="auto")

    def after_save(self, row: m.Enrolment) -> str:
        """Show the enrolment: its state says who acts next."""
        if row.status == EnrolmentStatus.WAITING:
            flash(
                "Свободных мест нет: работник внесён в лист ожидания. Место появится — запись станет действующей.",
                "info",
            )
        return url_for("EnrolmentView.show", pk=row.id)

    def choosable(self, field: str, target: type[Any]) -> Any:
        """Only groups that are open for enrolment are offered for a new one; in filters all."""
        if field == "group" and request.endpoint == "EnrolmentView.add":
            return target.status == "open"
        return None

    def prefill(self) -> dict[str, Any]:
        """A worker enrols himself or herself."""
        return {**c.self_as_employee(self), **super().prefill()}

    def card_sections(self) -> Sequence[tuple[str, Sequence[str]]]:
        """Who, where, paid by what, with which result."""
        return [
            ("Запись", ("employee", "employment", "group", "block", "status", "created_at")),
            ("Итог обучения", ("result_on", "final_form", "final_mark", "protocol_number")),
        ]

    def extra_buttons(self, row: m.Enrolment) -> Sequence[Button]:
        """Entering the result, issuing the document."""
        buttons = []
        if row.status == EnrolmentStatus.CONFIRMED and self.may(row, "result"):
            buttons.append(Button("Внести результат", url_for("EnrolmentView.result", pk=row.id), main=True))
        if row.status == EnrolmentStatus.TRAINED and _may_issue(row):
            issued = next((x for x in row.certificates if x.status == "issued"), None)
            if issued is None:
                buttons.append(
                    Button("Выдать документ", url_for("EnrolmentView.issue", pk=row.id), main=True, post=True)
                )
            else:
                buttons.append(Button("Открыть документ", url_for("CertificateView.show", pk=issued.id), main=True))
        return buttons

    @expose("/result/<int:pk>", methods=["GET", "POST"])
    @guarded("result")
    def result(self, pk: int) -> Any:
        """Enter the outcome of a listener."""
        row = get_writable(db.session, m.Enrolment, pk, "enrolment:result")
        form, problems = ResultForm(data={"result_on": today()}), []
        if form.validate_on_submit():
            try:
                _record(pk, form)
            except (NotFound, Forbidden):
                raise
            except PortalError as refusal:
                problems = attach(form, refusal)
            else:
                flash("Результат внесён.", "success")
                return redirect(url_for("EnrolmentView.show", pk=pk))
        fields = ["outcome", "result_on", "final_form", "final_mark", "protocol_number", "reason"]
        title = f"Результат: {row.employee.full_name}"
        back = url_for("EnrolmentView.show", pk=pk)
        page = FormPage(
            title, form, [Section("", fields)], submit="Внести результат", cancel_href=back, problems=problems
        )
        return render_template("form.html", page=page), 422 if form.is_submitted() else 200

    @expose("/issue/<int:pk>", methods=["POST"])
    @signed_in
    def issue(self, pk: int) -> Any:
        """Issue the document of a trained listener."""
        get_writable(db.session, m.Enrolment, pk, "certificate:issue")
        try:
            certificate = certificates.issue(pk, **issue_options())
        except (NotFound, Forbidden):
            raise
        except PortalError as refusal:
            flash(refusal.message, "danger")
            return redirect(url_for("EnrolmentView.show", pk=pk))
        flash(f"Документ № {certificate.number} выдан.", "success")
        return redirect(url_for("CertificateView.show", pk=certificate.id))


def _may_issue(row: m.Enrolment) -> bool:
    try:
        get_writable(db.session, m.Enrolment, row.id, "certificate:issue")
    except PortalError:
        return False
    return True


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
