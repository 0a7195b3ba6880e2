"""Реестры обученных on their way to the ministry: formed by an organizer, sent, accepted or returned."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flask import render_template, request, send_file, url_for
from flask_appbuilder import expose

from app import audit
from app import models as m
from app.access import current_actor
from app.clock import read_date, today
from app.documents.registries.declared import span_days
from app.documents.registry import trained_registry
from app.documents.registry_source import registry_of_period
from app.errors import Invalid
from app.russian import RussianDateError, format_date, number
from app.services.paper import registries
from app.statuses import RegistryStatus
from app.unit_of_work import technical_write
from app.web.frame import columns as c
from app.web.frame.guards import guarded
from app.web.frame.pages import Block, Button, CardPage, Cell, Column, Link, Pair, Row
from app.web.frame.scoped_view import ScopedModelView
from app.web.paper import amendments


def sheet(organizer: m.Organization, since: dt.date, until: dt.date) -> tuple[bytes, int]:
    """The registry as it is printed and signed, and the number of its rows; one too long is only counted."""
    rows, header = registry_of_period(organizer, since, until, most=registries.MOST_ROWS)
    if not 0 < len(rows) <= registries.MOST_ROWS:
        return b"", len(rows)
    with tempfile.TemporaryDirectory(prefix="portal-registry-") as folder:
        path = Path(folder) / "registry.xlsx"
        trained_registry(path, rows, header=header)
        return path.read_bytes(), len(rows)


def renew(pk: int) -> m.Registry:
    """Make the file anew."""
    return registries.renew(pk, sheet=sheet)


class RegistryPages(ScopedModelView):
    """Pages of the registries' view."""

    include_route_methods = ScopedModelView.include_route_methods | {"file", "overview"}

    def prefill(self) -> dict[str, Any]:
        """The own organization and the last month."""
        since, until = span_days("month", today())
        return {**c.own_organizer(self), "period_from": since, "period_to": until, **super().prefill()}

    def choosable(self, field: str, target: type[Any]) -> Any:
        """An organizer's worker forms the registries of the own organization."""
        return c.own_organizers() if field == "organizer" and target is m.Organization else None

    def create(self, values: dict[str, Any]) -> Any:
        """Form the registry with its file."""
        return registries.form(values["organizer"].id, values["period_from"], values["period_to"], sheet=sheet)

    def card_title(self, row: m.Registry) -> str:
        """«Реестр обученных № 7»."""
        return f"Реестр обученных № {row.id}"

    def blocks(self, row: m.Registry) -> Sequence[Block]:
        """What it holds and what became of it."""
        fields = ("organizer", "period_from", "period_to", "rows_count", "created_at", "sent_at", "decided_at")
        return [*amendments.registry_block(row), self.pairs_block(row, "Реестр", fields)]

    def extra_buttons(self, row: m.Registry) -> Sequence[Button]:
        """The kept sheet; before it is sent it may be made anew."""
        buttons = []
        if row.status in (RegistryStatus.FORMED, RegistryStatus.RETURNED) and self.may(row, "renew"):
            href = url_for("RegistryView.act", pk=row.id, name="renew")
            ask = "Сформировать файл заново по сведениям на сегодня?"
            buttons.append(Button("Сформировать заново", href, post=True, confirm=ask))
        if row.file_id is not None:
            buttons.append(Button("Скачать Excel", url_for("RegistryView.file", pk=row.id)))
        return buttons

    def list_buttons(self) -> Sequence[Button]:
        """Who has sent: for those who see all organizers."""
        if not current_actor().can("registry:overview"):
            return []
        return [Button("Кто направил", url_for("RegistryView.overview"))]

    @expose("/file/<int:pk>")
    @guarded("show")
    def file(self, pk: int) -> Any:
        """The kept sheet; taking it is written to the journal."""
        row, stored, path = registries.open_file(pk)
        _journal(row)
        return send_file(path, as_attachment=True, download_name=stored.name, mimetype=stored.content_type)

    @expose("/overview/")
    @guarded("overview")
    def overview(self) -> Any:
        """Every organizer of a period: trained, reported, state of its registry."""
        problem, (since, until) = "", span_days("quarter", today())
        try:
            since, until = _typed("from", since), _typed("to", until)
            found = registries.overview(since, until)
        except (RussianDateError, Invalid) as refusal:
            found, problem = [], getattr(refusal, "message", f"{refusal}.")
        given = {"from": request.args.get("from", format_date(since)), "to": request.args.get("to", format_date(until))}
        page = _overview_page(found)
        return render_template(
            "registry_overview.html", page=page, given=given, problem=problem
        ), 422 if problem else 200


@technical_write
def _journal(row: m.Registry) -> None:
    audit.record("registry.exported", row, {"Строк": ("", str(row.rows_count))})


def _typed(name: str, usual: dt.date) -> dt.date:
    text = request.args.get(name, "").strip()
    return read_date(text) if text else usual


def _overview_page(found: Sequence[registries.Sent]) -> CardPage:
    columns = [
        Column("name", "Организатор"),
        Column("trained", "Обучено", number=True),
        Column("reported", "В направленных реестрах", number=True),
        Column("status", "Последний реестр"),
    ]
    rows = [
        Row(
            item.organizer_id,
            url_for("RegistryView.list", organizer=item.organizer_id),
            [
                Cell(item.name),
                Cell(number(item.trained), number=True),
                Cell(number(item.reported), number=True),
                _state(item),
            ],
        )
        for item in found
    ]
    silent = sum(1 for item in found if item.trained and not item.reported)
    pairs: Mapping[str, int] = {
        "Организаторов": len(found),
        "Обучали и не направили": silent,
        "Направили": sum(1 for item in found if item.reported),
    }
    summary = Block("Итог", pairs=[Pair(label, Cell(number(value), number=True)) for label, value in pairs.items()])
    crumbs = [Link("Реестры обученных", url_for("RegistryView.list"))]
    table = Block(
        "Организаторы",
        columns=columns,
        rows=rows,
        empty="Организаторов, которые обучали в этот период, нет.",
        note=_NOTE,
    )
    return CardPage("Кто направил реестры", crumbs=crumbs, blocks=[table], aside=[summary])


_NOTE = (
    "Обучено — по последнему дню занятий. В направленных — строки реестров, которые направлены или приняты и целиком лежат "
    "в этом периоде."
)


def _state(item: registries.Sent) -> Cell:
    if item.status is not None:
        return Cell(item.status.label, tone=item.status.tone)
    return Cell("Не сформирован", tone="bad") if item.trained else Cell("Обученных нет")
