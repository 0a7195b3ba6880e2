"""«Исправить сведения группы»: the form with what was issued or sent above it, and the list of documents to be replaced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_appbuilder import expose
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from app import models as m
from app.access import current_actor, get_writable
from app.errors import Conflict, Forbidden, NotFound, PortalError
from app.extensions import db
from app.rules import frozen as rules
from app.rules.frozen import Consequences
from app.russian import count, format_date
from app.services.courses.group import corrections, frozen
from app.services.paper import outdated
from app.web.courses.correction_parts import followed_words, left_block
from app.web.frame.answers import attach
from app.web.frame.conflicts import Opened, differences, stamp
from app.web.frame.form_pages import CHANGED_MEANWHILE
from app.web.frame.forms import PortalModelConverter, form_values
from app.web.frame.guards import guarded
from app.web.frame.pages import Block, Button, Cell, Column, FormPage, Link, Row, Section
from app.web.frame.scoped_view import ScopedModelView

LABEL = "Исправить сведения группы"
_SECTIONS = (
    ("Группа", ("number", "audience", "curator")),
    ("Занятия", ("starts_on", "ends_on", "municipality", "place", "schedule")),
    ("Запись", ("enrol_from", "enrol_until", "capacity", "minimum")),
)
_NOTE = (
    "Изменения увидят все, кого они касаются: слушателям придут письма, документы с другими датами попадут в список «Заменить "
    "документы», отправленные реестры и пакеты получат отметку. Программу и часы здесь не меняют."
)


def consequences_of(group: m.TrainingGroup) -> Consequences:
    """What followed from a group, asked of the database once a page that changes nothing."""
    asked: dict[int, Consequences] = g.setdefault("consequences", {})
    if group.id not in asked:
        asked[group.id] = frozen.consequences_of(group)
    return asked[group.id]


def why_field() -> TextAreaField:
    """The reason of a correction."""
    length = Length(max=frozen.REASON_LENGTH, message=f"Не больше {frozen.REASON_LENGTH} знаков.")
    hint = "Что и почему внесено неверно. Причина останется в истории и будет в письмах."
    return TextAreaField(
        "Причина исправления", [InputRequired("Укажите причину исправления."), length], description=hint
    )


class GroupCorrectionPages(ScopedModelView):
    """Route ``correct``."""

    def _init_forms(self) -> None:
        super()._init_forms()
        form = PortalModelConverter(self).create_form(corrections.FIELDS)
        self.correction_form = type("CorrectionForm", (form,), {"why": why_field()})

    def instead_of_edit(self, row: m.TrainingGroup) -> Sequence[Button]:
        """The correction."""
        return self.correction_buttons(row)

    def why_kept(self, row: m.TrainingGroup) -> str:
        """Asked of the database once a page."""
        return rules.why_kept(consequences_of(row))

    def correction_buttons(self, row: m.TrainingGroup) -> list[Button]:
        """The button of the correction, for those who hold the right on the group, once something followed from it."""
        if not self.may(row, "correct") or not self.why_kept(row):
            return []
        return [Button(LABEL, url_for("TrainingGroupView.correct", pk=row.id))]

    @expose("/correct/<int:pk>", methods=["GET", "POST"])
    @guarded("correct")
    def correct(self, pk: int) -> Any:
        """Correct a group from which something followed; what was issued or sent stands above the form."""
        row = get_writable(db.session, m.TrainingGroup, pk, "training_group:correct")
        title = f"{LABEL}: {row.number}"
        if request.method == "GET":
            if not frozen.why_kept(row):
                return redirect(url_for("TrainingGroupView.edit", pk=pk))
            decision = frozen.may_correct(row)
            if not decision:
                return self.kept_page(row, title, decision.reason)
        form = self.correction_form(request.form if request.method == "POST" else None, obj=row)
        problems: list[str] = []
        if request.method == "POST" and form.validate():
            try:
                return redirect(self._corrected(row, form))
            except (NotFound, Forbidden):
                raise
            except PortalError as refusal:
                db.session.rollback()
                problems = attach(form, refusal)
        return self._correction_page(row, form, title, problems)

    def _corrected(self, row: m.TrainingGroup, form: Any) -> str:
        opened = Opened.read(request.form.get("opened", ""))
        if differences(row, form, corrections.FIELDS, opened):
            raise Conflict(f"{CHANGED_MEANWHILE} Откройте исправление заново.")
        values = form_values(form, corrections.FIELDS, m.TrainingGroup)
        done = corrections.correct(row.id, values, why=form.why.data or "")
        flash("Сведения группы исправлены.", "success")
        if done.told:
            flash(f"Извещены слушатели: {count(done.told, 'человек', 'человека', 'человек')}.", "info")
        for words in followed_words(done.documents):
            flash(words, "warning")
        return url_for("TrainingGroupView.show", pk=row.id)

    def _correction_page(self, row: m.TrainingGroup, form: Any, title: str, problems: Sequence[str]) -> Any:
        row = get_writable(db.session, m.TrainingGroup, row.id, "training_group:correct")
        card = url_for("TrainingGroupView.show", pk=row.id)
        is_posted = request.method == "POST"
        page = FormPage(
            title,
            form,
            [*(Section(head, names) for head, names in _SECTIONS), Section("Исправление", ["why"])],
            submit="Исправить и выполнить последствия",
            cancel_href=card,
            crumbs=[*self.crumbs(), Link(f"Группа {row.number}", card)],
            note=_NOTE,
            problems=problems,
            opened=request.form.get("opened", "") if is_posted else stamp(row, corrections.FIELDS),
            blocks=[left_block(corrections.left_of(row))],
        )
        return render_template("form.html", page=page), 422 if is_posted else 200


def to_replace_block(group: m.TrainingGroup, enrolment_ids: Sequence[int]) -> list[Block]:
    """«Заменить документы»: whose document prints what was corrected since, with the way to replace it."""
    if not consequences_of(group).documents or not current_actor().can("certificate:replace"):
        return []
    rows = []
    for paper in outdated.live_of(enrolment_ids):
        if paper.outdated:
            href = url_for("CertificateView.duplicate", pk=paper.id)
            card = url_for("CertificateView.show", pk=paper.id)
            cells = [
                Cell(paper.employee.full_name, f"№ {paper.number} от {format_date(paper.issued_on)}", card),
                Cell(paper.outdated),
                Cell("Выдать взамен", href=href),
            ]
            rows.append(Row(paper.id, card, cells))
    if not rows:
        return []
    buttons = []
    if len(rows) > 1:
        buttons.append(Button("Заменить все", url_for("TrainingGroupView.replace_all", pk=group.id), main=True))
    heads = [Column(h, h) for h in ("Документ", "Что исправлено", "Замена")]
    note = "В этих документах напечатано то, что потом исправили. Выдайте новые взамен: прежние станут заменёнными."
    title = f"Заменить документы: {len(rows)}"
    return [Block(title, columns=heads, rows=rows, buttons=buttons, note=note, tone="wait")]
