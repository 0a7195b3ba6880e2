"""Pages of groups: the card, reopened enrolment, a group copied from another, documents for all, «Реестр обученных»."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from flask import flash, render_template
from flask_appbuilder import expose
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length, Optional

from app import addresses
from app import models as m
from app.access import get_visible, get_writable
from app.clock import today
from app.documents import doors
from app.extensions import db
from app.labels import label_of
from app.rules import frozen as rules
from app.russian import count, format_date, period
from app.services.courses.group import group_changes, group_copy, group_values, groups
from app.statuses import BEGUN, GroupStatus, ProgramStatus
from app.web.courses import group_blocks, group_desk
from app.web.courses.group_correction import consequences_of, correction_buttons
from app.web.frame.answers import answer_form
from app.web.frame.downloads import download_of
from app.web.frame.export_pages import XLSX
from app.web.frame.forms import REQUIRED, RuDateField
from app.web.frame.guards import guarded
from app.web.frame.pages import Block, Button
from app.web.frame.parts import Part
from app.web.frame.scoped_view import ScopedModelView

_DAY = dt.timedelta(days=1)
_COPIED = "Программа, место, число мест, квоты и расписание возьмутся из этой группы, даты сдвинутся к новому началу. Слушатели не переносятся."
_FACTS = ("program", "organizer", "audience", "starts_on", "ends_on", "municipality", "place", "schedule", "curator")
_BEFORE_CLOSING = (GroupStatus.DRAFT, GroupStatus.OPEN)


class ReopenForm(FlaskForm):
    """A new last day of enrolment."""

    enrol_until = RuDateField("Запись по", [InputRequired(REQUIRED)])


class DuplicateForm(FlaskForm):
    """When a group made after another one begins."""

    starts_on = RuDateField("Начало занятий", [InputRequired(REQUIRED)], offers_today=False)
    number = StringField(
        "Номер группы", [Optional(), Length(max=30)], description="Можно не заполнять: портал присвоит следующий."
    )


class GroupReopening(Part):
    """Page ``reopen`` of a group: enrolment opened again until a new last day."""

    def buttons(self, row: m.TrainingGroup) -> list[Button]:
        """Before the training begins."""
        if row.status != GroupStatus.CLOSED or row.starts_on <= today() or not self.may(row, "reopen"):
            return []
        return [Button("Возобновить запись", addresses.at("training_group", "reopen", row.id))]

    @expose("/reopen/<int:pk>", methods=["GET", "POST"])
    @guarded("reopen")
    def reopen(self, pk: int) -> Any:
        """Open a closed enrolment again until a new last day."""
        row = get_writable(db.session, m.TrainingGroup, pk, "training_group:reopen")
        form = ReopenForm(data={"enrol_until": max(today(), row.starts_on - _DAY)})
        title = f"Возобновить запись в группу {row.number}"
        note = f"Занятия: {period(row.starts_on, row.ends_on)}. Мест свободно: {row.capacity - row.taken}."

        def save() -> str:
            saved = groups.reopen(pk, enrol_until=cast(dt.date, form.enrol_until.data))
            flash(f"Запись снова открыта по {format_date(saved.enrol_until)}.", "success")
            return self.view.href_of(saved)

        return answer_form(
            form, save, lambda: self.view.card_form(row, form, title=title, submit="Возобновить запись", note=note)
        )


class GroupCopying(Part):
    """Page ``duplicate`` of a group: a draft of a new group after this one."""

    def buttons(self, row: m.TrainingGroup) -> list[Button]:
        """For those who make groups."""
        if not self.may(row, "add"):
            return []
        return [Button("Создать по образцу", addresses.at("training_group", "duplicate", row.id))]

    @expose("/duplicate/<int:pk>", methods=["GET", "POST"])
    @guarded("add")
    def duplicate(self, pk: int) -> Any:
        """Make a draft of a new group after this one."""
        row = get_writable(db.session, m.TrainingGroup, pk, "training_group:add")
        form = DuplicateForm(data={"starts_on": group_copy.default_start(row)})
        title = f"Новая группа по образцу группы {row.number}"

        def save() -> str:
            number = form.number.data or None
            saved = group_copy.duplicate(pk, starts_on=cast(dt.date, form.starts_on.data), number=number)
            flash(group_copy.words(saved), "success")
            return self.view.href_of(saved)

        return answer_form(
            form, save, lambda: self.view.card_form(row, form, title=title, submit="Создать по образцу", note=_COPIED)
        )


class TrainedOfGroup(Part):
    """«Реестр обученных» of a group."""

    def buttons(self, row: m.TrainingGroup) -> list[Button]:
        """Once the training has begun."""
        if row.status not in BEGUN or not self.may(row, "registry"):
            return []
        return [Button("Реестр обученных", addresses.at("training_group", "registry", row.id))]

    @expose("/registry/<int:pk>")
    @guarded("registry")
    def registry(self, pk: int) -> Any:
        """«Реестр обученных» of the group as an Excel file (order § 3.3)."""
        row = get_writable(db.session, m.TrainingGroup, pk, "training_group:registry")
        name = f"Реестр обученных, группа {row.number.replace('/', '-')}.xlsx"
        return download_of(doors.trained_of_group(row), name, XLSX)


class GroupPages(ScopedModelView):
    """Pages of the groups' view."""

    def _init_forms(self) -> None:
        """The number may be left empty: it is given by the organizer's mask."""
        super()._init_forms()
        length = Length(max=group_values.LONGEST, message=f"Не больше {group_values.LONGEST} знаков.")
        hint = self.hints["number"]
        self.add_form.number = StringField(label_of(self.table, "number"), [Optional(), length], description=hint)

    def choosable(self, field: str, target: type[Any]) -> Any:
        """A new group runs a published program."""
        return target.status == ProgramStatus.PUBLISHED if field == "program" else None

    def update(self, row: m.TrainingGroup, values: dict[str, Any]) -> m.TrainingGroup:
        """Change a group; says whom the new dates or place were told."""
        changed = groups.update(row.id, values)
        for sentence in _told(changed):
            flash(sentence, "info")
        return changed.group

    def visible(self, pk: int, verb: str = "show") -> Any:
        """Load a group with what its card names beside it, in one statement."""
        return get_visible(db.session, m.TrainingGroup, pk, f"training_group:{verb}", group_blocks.RELATIONS)

    @expose("/show/<int:pk>")
    @guarded("show")
    def show(self, pk: int) -> Any:
        """The group as a working table: its way and next step, and the tab that the address names."""
        row = self.visible(pk)
        tab = group_desk.chosen_tab(row)
        page = group_desk.page_of(self, row, tab, self._blocks_in(row, tab))
        return render_template("group.html", page=page)

    def _blocks_in(self, row: m.TrainingGroup, tab: str) -> Sequence[Block]:
        if tab == group_desk.HISTORY:
            return [self.history_block(row)]
        parts = [part for part in self.joined if part.tab == tab]
        lead = [block for part in parts for block in part.lead(row)]
        own = self.blocks(row) if tab == group_desk.ABOUT else ()
        return [*lead, *own, *(block for part in parts for block in part.blocks(row))]

    def blocks(self, row: m.TrainingGroup) -> Sequence[Block]:
        """The group, and how full it is."""
        return [self.pairs_block(row, "Группа", _FACTS), group_blocks.seats(row)]

    def why_kept(self, row: m.TrainingGroup) -> str:
        """Asked of the database once a page."""
        return rules.why_kept(consequences_of(row))

    def instead_of_edit(self, row: m.TrainingGroup) -> Sequence[Button]:
        """The correction."""
        return correction_buttons(self, row)

    def may(self, row: Any, verb: str) -> bool:
        """A group in which people are is cancelled, not deleted; one in which somebody has an outcome is completed."""
        if verb == "delete" and (row.taken or row.status not in _BEFORE_CLOSING):
            return False
        return super().may(row, verb) and not (verb == "cancel" and not rules.may_cancel(consequences_of(row)))

    def action_buttons(self, row: m.TrainingGroup) -> Sequence[Button]:
        """Starting with too few people asks once more."""
        buttons = super().action_buttons(row)
        if row.taken >= row.minimum:
            return buttons
        start = addresses.act("training_group", row.id, "start")
        people = count(row.taken, "человек", "человека", "человек")
        words = f"В группе {people}, а наименьшее число слушателей — {row.minimum}. Начать обучение всё равно?"
        return [replace(button, confirm=words) if button.href == start else button for button in buttons]


def _told(changed: group_changes.Changed) -> list[str]:
    """What followed from new dates or another place."""
    found = []
    if changed.meetings:
        found.append(
            f"Вместе с группой перенесено: {count(changed.meetings, 'занятие', 'занятия', 'занятий')} расписания."
        )
    if changed.told:
        found.append(
            f"Об изменениях извещены записанные в группу: {count(changed.told, 'человек', 'человека', 'человек')}."
        )
    if changed.busy:
        people = count(changed.busy, "человека", "человек", "человек")
        found.append(f"У {people} из них новые даты пересекаются с другими курсами: портал предупредил их об этом.")
    return found
