"""Registries of the trained (реестры обученных) on their way to the ministry: formed, sent, accepted or returned."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, render_template, request, send_file
from flask_appbuilder import expose

from app import addresses
from app import models as m
from app.access import current_actor
from app.clock import read_date, today
from app.documents.registries.declared import span_days
from app.documents.registries.registry_source import sheet_of_registry
from app.errors import Invalid
from app.russian import RussianDateError, format_date, number
from app.services.paper.registries import registries, registry_people
from app.statuses import RegistryStatus
from app.web.frame.answers import answer_act
from app.web.frame.guards import guarded
from app.web.frame.pages import Block, Button, CardPage, Cell, Column, Link, Pair, Row
from app.web.frame.scoped_view import ScopedModelView
from app.web.paper import amendments
from app.web.personnel.own_choices import own_organizer, own_organizers


def renew(pk: int) -> m.Registry:
    """Make the file anew."""
    return registries.renew(pk, sheet=sheet_of_registry)


class RegistryPages(ScopedModelView):
    """Pages of the registries' view."""

    def prefill(self) -> dict[str, Any]:
        """The own organization and the last month."""
        since, until = span_days("month", today())
        return {**own_organizer(self), "period_from": since, "period_to": until, **super().prefill()}

    def choosable(self, field: str, target: type[Any]) -> Any:
        """An organizer's worker forms the registries of the own organization."""
        return own_organizers() if field == "organizer" and target is m.Organization else None

    def create(self, values: dict[str, Any]) -> Any:
        """Form the registry with its file."""
        return registries.form(
            values["organizer"].id, values["period_from"], values["period_to"], sheet=sheet_of_registry
        )

    def card_title(self, row: m.Registry) -> str:
        """«Реестр обученных № 7»."""
        return f"Реестр обученных № {row.id}"

    def blocks(self, row: m.Registry) -> Sequence[Block]:
        """What it holds and what became of it."""
        fields = ("organizer", "period_from", "period_to", "rows_count", "created_at", "sent_at", "decided_at")
        shown = ("corrects", *fields) if row.corrects_id is not None else fields
        main = self.pairs_block(row, "Реестр", shown)
        return [*amendments.registry_block(row), main, *_left_out(row), *_struck(row)]

    def extra_buttons(self, row: m.Registry) -> Sequence[Button]:
        """The kept sheet; before it is sent it may be made anew."""
        buttons = []
        if row.amended_rows and row.status in registry_people.HANDED and self.may(row, "add"):
            ask = "Сформировать реестр только из тех, чьи сведения изменились? Этот реестр останется как был."
            href = addresses.at("registry", "correct", row.id)
            buttons.append(Button("Сформировать исправленный реестр", href, main=True, post=True, confirm=ask))
        if row.status in (RegistryStatus.FORMED, RegistryStatus.RETURNED) and self.may(row, "renew"):
            href = addresses.act("registry", row.id, "renew")
            ask = "Сформировать файл заново по сведениям на сегодня?"
            buttons.append(Button("Сформировать заново", href, post=True, confirm=ask))
        if row.file_id is not None:
            buttons.append(Button("Скачать Excel", addresses.at("registry", "file", row.id)))
        return buttons

    def list_buttons(self) -> Sequence[Button]:
        """«Кто направил»: for users who see all organizers."""
        if not current_actor().can("registry:overview"):
            return []
        return [Button("Кто направил", addresses.at("registry", "overview", ""))]

    @expose("/correct/<int:pk>", methods=["POST"])
    @guarded("add")
    def correct(self, pk: int) -> Any:
        """Form the registry of those whose facts changed after this one was sent."""

        def correct() -> str:
            row = registries.correct(pk, sheet=sheet_of_registry)
            flash(f"Сформирован исправленный реестр № {row.id}. Проверьте его и направьте в министерство.", "success")
            return addresses.card("registry", row.id)

        return answer_act(correct, addresses.card("registry", pk))

    @expose("/file/<int:pk>")
    @guarded("show")
    def file(self, pk: int) -> Any:
        """The kept sheet; taking it is written to the journal."""
        _, stored, path = registries.take_file(pk)
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


def _left_out(row: m.Registry) -> list[Block]:
    """People who were trained in these days and are in another registry."""
    told = registry_people.left_out(row)
    rows = [
        Row(
            it.enrolment_id,
            addresses.card("registry", it.registry_id),
            [Cell(it.name), Cell(it.group), Cell(f"реестр № {it.registry_id}")],
        )
        for it in told.shown
    ]
    note = "Каждого обученного передают в министерство один раз."
    return _people("Уже переданы в других реестрах", ("Кто", "Группа", "Где"), rows, told.total, note)


def _struck(row: m.Registry) -> list[Block]:
    """People to be struck from the registry that this one corrects."""
    found = registry_people.struck(row)
    rows = [
        Row(it.enrolment_id, addresses.card("enrolment", it.enrolment_id), [Cell(it.name), Cell(it.group)])
        for it in found.shown
    ]
    return _people(f"Исключить из реестра № {row.corrects_id}", ("Кто", "Группа"), rows, found.total)


def _people(title: str, heads: Sequence[str], rows: Sequence[Row], total: int, note: str = "") -> list[Block]:
    more = f"И ещё {number(total - len(rows))}. " if total > len(rows) else ""
    columns = [Column(head, head) for head in heads]
    return [Block(title, columns=columns, rows=rows, note=more + note, tone="wait")] if rows else []


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
            addresses.listing("registry", organizer=item.organizer_id),
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
    crumbs = [Link("Реестры обученных", addresses.listing("registry"))]
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
