"""Pages of groups: the card, enrolment opened again, a group made after another, documents for all, «Реестр обученных»."""

from __future__ import annotations

import datetime as dt
import io
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from flask import flash, redirect, render_template, send_file, url_for
from flask_appbuilder import expose
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length, Optional

from app import audit
from app import models as m
from app.access import get_writable
from app.clock import today
from app.documents.registry import trained_registry
from app.documents.registry_source import registry_of_group
from app.errors import Forbidden, NotFound, PortalError
from app.extensions import db
from app.labels import label_of
from app.rules.frozen import may_cancel
from app.russian import count, format_date, period
from app.services.courses.group import group_changes, group_copy, group_quotas, group_values, groups
from app.statuses import BEGUN, GroupStatus, ProgramStatus
from app.unit_of_work import technical_write
from app.web.courses import group_blocks
from app.web.courses.bulk_enrolment import group_buttons
from app.web.courses.group_correction import GroupCorrectionPages, consequences_of, to_replace_block
from app.web.courses.quota_pages import QuotaPages
from app.web.courses.schedule_pages import SchedulePages
from app.web.frame.answers import attach
from app.web.frame.forms import REQUIRED, RuDateField
from app.web.frame.guards import guarded
from app.web.frame.pages import Block, Button, FormPage, Link, Section
from app.web.paper.issue_pages import IssuePages
from app.web.paper.printing_pages import GroupPapers

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_DAY = dt.timedelta(days=1)
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


class GroupPages(SchedulePages, QuotaPages, GroupCorrectionPages, IssuePages, GroupPapers):
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

    def blocks(self, row: m.TrainingGroup) -> Sequence[Block]:
        """The group, how full it is, its quotas and schedule, its listeners for those who may see enrolments."""
        fields = (
            "program",
            "organizer",
            "audience",
            "starts_on",
            "ends_on",
            "municipality",
            "place",
            "schedule",
            "curator",
        )
        group_blocks.load_relations(row)
        enrolments, may_edit = group_blocks.enrolments_of(row), self.may(row, "edit")
        return [
            *self.paper_blocks(row),
            *to_replace_block(row, [found.id for found in enrolments or ()]),
            self.pairs_block(row, "Группа", fields),
            group_blocks.seats(row, enrolments),
            *group_blocks.quotas(row, may_edit=may_edit and row.status in group_quotas.CHANGED_IN),
            group_blocks.schedule(row, may_edit=may_edit and row.status != GroupStatus.CANCELLED),
            *group_blocks.listeners(enrolments),
        ]

    def may(self, row: Any, verb: str) -> bool:
        """A group in which people are is cancelled, not deleted; one in which somebody has an outcome is completed."""
        if verb == "delete" and (row.taken or row.status not in _BEFORE_CLOSING):
            return False
        return super().may(row, verb) and not (verb == "cancel" and not may_cancel(consequences_of(row)))

    def action_buttons(self, row: m.TrainingGroup) -> Sequence[Button]:
        """Starting with too few people asks once more."""
        buttons = super().action_buttons(row)
        if row.taken >= row.minimum:
            return buttons
        start = url_for("TrainingGroupView.act", pk=row.id, name="start")
        people = count(row.taken, "человек", "человека", "человек")
        words = f"В группе {people}, а наименьшее число слушателей — {row.minimum}. Начать обучение всё равно?"
        return [replace(button, confirm=words) if button.href == start else button for button in buttons]

    def extra_buttons(self, row: m.TrainingGroup) -> Sequence[Button]:
        """Enrol; open the enrolment again; make another group after it; issue the documents; print the registry."""
        buttons = group_buttons(self, row)
        if row.status == GroupStatus.CLOSED and row.starts_on > today() and self.may(row, "reopen"):
            buttons.append(Button("Возобновить запись", url_for("TrainingGroupView.reopen", pk=row.id)))
        if row.status in BEGUN and self.may(row, "registry"):
            buttons += self.paper_buttons(row)
            buttons.append(Button("Реестр обученных", url_for("TrainingGroupView.registry", pk=row.id)))
        buttons += self.correction_buttons(row)
        if self.may(row, "add"):
            buttons.append(Button("Создать по образцу", url_for("TrainingGroupView.duplicate", pk=row.id)))
        return [*buttons, *super().extra_buttons(row)]

    @expose("/reopen/<int:pk>", methods=["GET", "POST"])
    @guarded("reopen")
    def reopen(self, pk: int) -> Any:
        """Open a closed enrolment again until a new last day."""
        row = get_writable(db.session, m.TrainingGroup, pk, "training_group:reopen")
        proposed = max(today(), row.starts_on - _DAY)
        form = ReopenForm(data={"enrol_until": proposed})
        return self._small_form(
            form,
            row,
            title=f"Возобновить запись в группу {row.number}",
            submit="Возобновить запись",
            note=f"Занятия: {period(row.starts_on, row.ends_on)}. Мест свободно: {row.capacity - row.taken}.",
            save=lambda: groups.reopen(pk, enrol_until=cast(dt.date, form.enrol_until.data)),
            done=lambda saved: f"Запись снова открыта по {format_date(saved.enrol_until)}.",
        )

    @expose("/duplicate/<int:pk>", methods=["GET", "POST"])
    @guarded("add")
    def duplicate(self, pk: int) -> Any:
        """Make a draft of a new group after this one."""
        row = get_writable(db.session, m.TrainingGroup, pk, "training_group:add")
        form = DuplicateForm(data={"starts_on": group_copy.default_start(row)})
        return self._small_form(
            form,
            row,
            title=f"Новая группа по образцу группы {row.number}",
            submit="Создать по образцу",
            note="Программа, место, число мест, квоты и расписание возьмутся из этой группы, даты сдвинутся к новому "
            "началу. Слушатели не переносятся.",
            save=lambda: group_copy.duplicate(
                pk, starts_on=cast(dt.date, form.starts_on.data), number=form.number.data or None
            ),
            done=group_copy.words,
        )

    def _small_form(
        self,
        form: Any,
        row: m.TrainingGroup,
        *,
        title: str,
        submit: str,
        note: str,
        save: Callable[[], m.TrainingGroup],
        done: Callable[[m.TrainingGroup], str],
    ) -> Any:
        """A form of one action on a group: what it refuses stands beside its fields."""
        problems: list[str] = []
        card = url_for("TrainingGroupView.show", pk=row.id)
        crumbs = [*self.crumbs(), Link(f"Группа {row.number}", card)]
        if form.validate_on_submit():
            try:
                saved = save()
            except (NotFound, Forbidden):
                raise
            except PortalError as refusal:
                problems = attach(form, refusal)
            else:
                flash(done(saved), "success")
                return redirect(url_for("TrainingGroupView.show", pk=saved.id))
        names = [field.name for field in form if field.type != "CSRFTokenField"]
        page = FormPage(
            title,
            form,
            [Section("", names)],
            submit=submit,
            cancel_href=card,
            crumbs=crumbs,
            note=note,
            problems=problems,
        )
        return render_template("form.html", page=page), 422 if form.is_submitted() else 200

    @expose("/registry/<int:pk>")
    @guarded("registry")
    def registry(self, pk: int) -> Any:
        """«Реестр обученных» of the group as an Excel file (order § 3.3)."""
        row = get_writable(db.session, m.TrainingGroup, pk, "training_group:registry")
        rows, header = registry_of_group(row)
        with tempfile.TemporaryDirectory(prefix="portal-registry-") as folder:
            path = Path(folder) / "registry.xlsx"
            trained_registry(path, rows, header=header)
            data = path.read_bytes()
        _journal(row, len(rows))
        name = f"Реестр обученных, группа {row.number.replace('/', '-')}.xlsx"
        return send_file(io.BytesIO(data), as_attachment=True, download_name=name, mimetype=_XLSX)


@technical_write
def _journal(row: m.TrainingGroup, number: int) -> None:
    audit.record("training_group.exported", row, {"Обучено": ("", str(number))})


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
