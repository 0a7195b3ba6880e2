"""Pages of groups: listeners, documents for all, «Реестр обученных»."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flask import flash, redirect, send_file, url_for
from flask_appbuilder import expose
from sqlalchemy import select

from app import audit
from app import models as m
from app.access import current_actor, get_writable
from app.documents.registry import trained_registry
from app.documents.registry_source import registry_of_group
from app.extensions import db
from app.russian import format_date
from app.services import certificates
from app.statuses import GroupStatus
from app.unit_of_work import technical_write
from app.web import columns as c
from app.web.guards import guarded
from app.web.list_sql import eager
from app.web.pages import Block, Button, Cell, Column, Row
from app.web.printing import issue_options
from app.web.printing_pages import GroupPapers

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class GroupPages(GroupPapers):
    """Pages of the groups' view."""

    include_route_methods = GroupPapers.include_route_methods | {"registry", "issue_all"}

    def choosable(self, field: str, target: type[Any]) -> Any:
        """A new group runs a published program."""
        return target.status == "published" if field == "program" else None

    def blocks(self, row: m.TrainingGroup) -> Sequence[Block]:
        """The group, then its listeners for those who may see enrolments."""
        main = self.pairs_block(row, "Группа", ("program", "organizer", "audience", "place", "schedule", "curator"))
        dates = self.pairs_block(
            row, "Даты и места", ("starts_on", "ends_on", "enrol_from", "enrol_until", "capacity", "minimum", "taken")
        )
        return [main, dates, *_listeners(row)]

    def extra_buttons(self, row: m.TrainingGroup) -> Sequence[Button]:
        """Enrol; issue the documents; print the registry."""
        actor, buttons = current_actor(), []
        if row.status == GroupStatus.OPEN and actor.can("enrolment:add"):
            buttons.append(Button("Записать на курс", url_for("EnrolmentView.add", group=row.id), main=True))
        if row.status in (GroupStatus.RUNNING, GroupStatus.COMPLETED) and self.may(row, "registry"):
            href = url_for("TrainingGroupView.issue_all", pk=row.id)
            buttons.append(
                Button("Выдать документы обученным", href, post=True, confirm="Выдать документы всем обученным группы?")
            )
            buttons.append(Button("Реестр обученных", url_for("TrainingGroupView.registry", pk=row.id)))
        return [*buttons, *super().extra_buttons(row)]

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

    @expose("/issue/<int:pk>", methods=["POST"])
    @guarded("registry")
    def issue_all(self, pk: int) -> Any:
        """Issue the documents of everybody trained in the group."""
        get_writable(db.session, m.TrainingGroup, pk, "training_group:registry")
        result = certificates.issue_for_group(pk, **issue_options())
        flash(f"Выдано документов: {len(result.issued)}.", "success" if result.issued else "info")
        for name, why in result.refused[:10]:
            flash(f"{name}: {why}", "info")
        return redirect(url_for("TrainingGroupView.show", pk=pk))


@technical_write
def _journal(row: m.TrainingGroup, number: int) -> None:
    audit.record("training_group.exported", row, {"Обучено": ("", str(number))})


def _listeners(group: m.TrainingGroup) -> list[Block]:
    actor = current_actor()
    whole = actor.roles & {"organizer", "operator", "ministry"}
    if not actor.can("enrolment:list") or actor.roles == {"worker"}:
        return []
    statement = (
        select(m.Enrolment)
        .where(m.Enrolment.group_id == group.id)
        .join(m.Employee, m.Employee.id == m.Enrolment.employee_id)
        .order_by(m.Employee.sort)
        .options(*(eager(m.Enrolment, p) for p in ("employee", "employment.position", "employment.organization")))
    )
    rows = []
    for e in db.session.scalars(statement):
        href = url_for("EnrolmentView.show", pk=e.id)
        place = Cell(e.employment.position.name, c.place_name(e.employment)) if e.employment else Cell("—")
        result = format_date(e.result_on) if e.result_on else "—"
        cells = [Cell(e.employee.full_name, href=href), place, Cell(e.status.label, tone=e.status.tone), Cell(result)]
        rows.append(Row(e.id, href, cells))
    heads = [Column(h, h) for h in ("Слушатель", "Место работы", "Состояние", "Дата результата")]
    title = "Слушатели" if whole else "Слушатели из ваших организаций"
    return [Block(f"{title}: {len(rows)}", columns=heads, rows=rows, empty="На курс ещё никто не записан.")]
