"""«Исправить итог» and «Повторная аттестация» of a listener who has an outcome already."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

from flask import flash
from flask_appbuilder import expose
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from app import addresses
from app import models as m
from app.access import get_writable
from app.clock import today
from app.extensions import db
from app.services.courses.group import frozen_groups
from app.services.paper.corrections import corrections, result_corrections
from app.services.paper.corrections.result_corrections import Corrected, Result
from app.statuses import OUTCOMES, EnrolmentStatus
from app.web.courses.correction_parts import followed_words, left_block
from app.web.courses.group_correction import why_field
from app.web.frame.answers import answer_form
from app.web.frame.forms import RuDateField
from app.web.frame.guards import guarded
from app.web.frame.pages import Button, FormPage
from app.web.frame.parts import Part

_FACTS = ("result_on", "final_form", "final_mark", "protocol_number")


class ResultForm(FlaskForm):
    """Outcome of a listener (order § 3.3)."""

    outcome = SelectField(
        "Итог обучения", [InputRequired("Выберите итог.")], choices=[(s.value, s.label) for s in OUTCOMES]
    )
    result_on = RuDateField("Дата итоговой аттестации", [InputRequired("Укажите дату.")])
    final_form = StringField("Форма итоговой аттестации", [Optional(), Length(max=120)])
    final_mark = StringField("Результат", [Optional(), Length(max=120)])
    protocol_number = StringField("Номер протокола", [Optional(), Length(max=120)])
    reason = TextAreaField("Причина (если не аттестован или отчислен)", [Optional(), Length(max=1000)])


class CorrectionForm(ResultForm):
    """The whole result as it should be, and why it was wrong."""

    why = why_field()


class RetakeForm(FlaskForm):
    """A final assessment passed at a later attempt."""

    result_on = RuDateField("Дата повторной аттестации", [InputRequired("Укажите дату.")])
    final_form = StringField("Форма итоговой аттестации", [Optional(), Length(max=120)])
    final_mark = StringField("Результат", [InputRequired("Укажите результат."), Length(max=120)])
    protocol_number = StringField("Номер протокола", [InputRequired("Укажите номер протокола."), Length(max=120)])


class ResultCorrection(Part):
    """Pages ``correct`` and ``retake`` of an enrolment."""

    def buttons(self, row: m.Enrolment) -> list[Button]:
        """What may be done with a result that was entered."""
        buttons = []
        if row.status == EnrolmentStatus.FAILED and self.may(row, "retake"):
            buttons.append(Button("Повторная аттестация", addresses.at("enrolment", "retake", row.id)))
        if row.status in OUTCOMES and self.may(row, "correct"):
            buttons.append(Button("Исправить итог", addresses.at("enrolment", "correct", row.id)))
        return buttons

    @expose("/correct/<int:pk>", methods=["GET", "POST"])
    @guarded("correct")
    def correct(self, pk: int) -> Any:
        """Correct a result that was entered by mistake."""
        row = get_writable(db.session, m.Enrolment, pk, "enrolment:correct")
        title = f"Исправление итога: {row.employee.full_name}"
        if row.status not in OUTCOMES:
            return self.view.kept_page(row, title, "Итог ещё не внесён, исправлять нечего.")
        form = CorrectionForm(data={"outcome": row.status.value, "reason": row.reason_text, **_facts(row)})
        decision = frozen_groups.may_correct(row.group)
        if not decision and not form.is_submitted():
            return self.view.kept_page(row, title, decision.reason)

        def save() -> str:
            corrected = result_corrections.correct(pk, _result(form), why=form.why.data or "")
            return self._tell(row, "Итог исправлен.", corrected)

        return answer_form(form, save, lambda: self._page(row, form, title, "Исправить итог"))

    @expose("/retake/<int:pk>", methods=["GET", "POST"])
    @guarded("retake")
    def retake(self, pk: int) -> Any:
        """Enter that the final assessment was passed at a later attempt."""
        row = get_writable(db.session, m.Enrolment, pk, "enrolment:retake")
        title = f"Повторная аттестация: {row.employee.full_name}"
        if row.status != EnrolmentStatus.FAILED:
            why = f"Повторную аттестацию проходит тот, кто не аттестован. Состояние записи — «{row.status.label}»."
            return self.view.kept_page(row, title, why)
        form = RetakeForm(data={"result_on": today(), "final_form": row.final_form})

        def save() -> str:
            return self._tell(row, "Повторная аттестация внесена.", _retake(pk, form))

        return answer_form(form, save, lambda: self._page(row, form, title, "Внести результат повторной аттестации"))

    def _tell(self, row: m.Enrolment, done: str, corrected: Corrected) -> str:
        flash(" ".join(filter(None, (done, corrected.block))), "success")
        for words in followed_words(corrected.documents):
            flash(words, "warning")
        return self.view.href_of(row)

    def _page(self, row: m.Enrolment, form: Any, title: str, submit: str) -> FormPage:
        left = [left_block(corrections.left_of(row.group, row))]
        return self.view.card_form(row, form, title=title, submit=submit, blocks=left)


def _facts(row: m.Enrolment) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _FACTS}


def _result(form: CorrectionForm) -> Result:
    return Result(
        outcome=EnrolmentStatus.of(form.outcome.data or ""),
        result_on=cast(dt.date, form.result_on.data),
        final_form=form.final_form.data or None,
        final_mark=form.final_mark.data or None,
        protocol_number=form.protocol_number.data or None,
        reason=form.reason.data or None,
    )


def _retake(pk: int, form: RetakeForm) -> Corrected:
    return result_corrections.retake(
        pk,
        result_on=cast(dt.date, form.result_on.data),
        final_form=form.final_form.data or None,
        final_mark=form.final_mark.data or None,
        protocol_number=form.protocol_number.data or None,
    )
