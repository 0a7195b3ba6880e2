"""«Исправить сведения группы»: the form below a list of what was issued or sent, and the list of documents to be replaced."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, request
from flask_appbuilder import expose
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from app import addresses
from app import models as m
from app.access import current_actor, get_writable
from app.errors import Conflict
from app.extensions import db
from app.rules.frozen import Consequences
from app.russian import count, format_date
from app.services.courses.group import frozen_groups
from app.services.paper.corrections import corrections, outdated
from app.web.courses import group_blocks
from app.web.courses.correction_parts import followed_words, left_block
from app.web.frame.answers import answer_form
from app.web.frame.conflicts import Opened, differences, stamp
from app.web.frame.form_pages import CHANGED_MEANWHILE
from app.web.frame.forms import PortalModelConverter, form_values
from app.web.frame.guards import guarded
from app.web.frame.pages import Block, Button, Cell, Column, FormPage, Row, Section
from app.web.frame.parts import Part
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
        asked[group.id] = frozen_groups.consequences_of(group)
    return asked[group.id]


def why_field() -> TextAreaField:
    """The reason of a correction."""
    length = Length(max=frozen_groups.REASON_LENGTH, message=f"Не больше {frozen_groups.REASON_LENGTH} знаков.")
    hint = "Что и почему внесено неверно. Причина останется в истории и будет в письмах."
    return TextAreaField(
        "Причина исправления", [InputRequired("Укажите причину исправления."), length], description=hint
    )


class GroupCorrection(Part):
    """Page ``correct`` of a group, and the documents to be replaced after it."""

    tab = "papers"

    def set_up(self) -> None:
        """The form asks for the reason beside the corrected fields."""
        form = PortalModelConverter(self.view).create_form(corrections.FIELDS)
        self.form = type("CorrectionForm", (form,), {"why": why_field()})

    def lead(self, row: m.TrainingGroup) -> list[Block]:
        """«Заменить документы»."""
        return _to_replace(row)

    def buttons(self, row: m.TrainingGroup) -> list[Button]:
        """The correction, for those who hold the right on the group, once something followed from it."""
        return correction_buttons(self.view, row)

    @expose("/correct/<int:pk>", methods=["GET", "POST"])
    @guarded("correct")
    def correct(self, pk: int) -> Any:
        """Correct a group from which something followed; what was issued or sent stands above the form."""
        row = get_writable(db.session, m.TrainingGroup, pk, "training_group:correct")
        title = f"{LABEL}: {row.number}"
        if request.method == "GET":
            if not frozen_groups.why_kept(row):
                return redirect(addresses.at("training_group", "edit", pk))
            decision = frozen_groups.may_correct(row)
            if not decision:
                return self.view.kept_page(row, title, decision.reason)
        form = self.form(obj=row)
        return answer_form(form, lambda: self._correct(row, form), lambda: self._page(pk, form, title))

    def _correct(self, row: m.TrainingGroup, form: Any) -> str:
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
        return self.view.href_of(row)

    def _page(self, pk: int, form: Any, title: str) -> FormPage:
        row = get_writable(db.session, m.TrainingGroup, pk, "training_group:correct")
        is_posted = request.method == "POST"
        return FormPage(
            title,
            form,
            [*(Section(head, names) for head, names in _SECTIONS), Section("Исправление", ["why"])],
            submit="Исправить и выполнить последствия",
            cancel_href=self.view.href_of(row),
            crumbs=self.crumbs(row),
            note=_NOTE,
            opened=request.form.get("opened", "") if is_posted else stamp(row, corrections.FIELDS),
            blocks=[left_block(corrections.left_of(row))],
        )


def correction_buttons(view: ScopedModelView, row: m.TrainingGroup) -> list[Button]:
    """The button of the correction, where one is possible."""
    if not view.may(row, "correct") or not view.why_kept(row):
        return []
    return [Button(LABEL, addresses.at("training_group", "correct", row.id))]


def _to_replace(group: m.TrainingGroup) -> list[Block]:
    """«Заменить документы»: whose document prints what was corrected since, with the way to replace it."""
    if not consequences_of(group).documents or not current_actor().can("certificate:replace"):
        return []
    rows = []
    for paper in outdated.live_of([row.id for row in group_blocks.enrolments_of(group) or ()]):
        if paper.outdated:
            href = addresses.at("certificate", "duplicate", paper.id)
            card = addresses.card("certificate", paper.id)
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
        buttons.append(Button("Заменить все", addresses.at("training_group", "replace", group.id), main=True))
    heads = [Column(h, h) for h in ("Документ", "Что исправлено", "Замена")]
    note = "В этих документах напечатано то, что потом исправили. Выдайте новые взамен: прежние станут заменёнными."
    title = f"Заменить документы: {len(rows)}"
    return [Block(title, columns=heads, rows=rows, buttons=buttons, note=note, tone="wait")]
