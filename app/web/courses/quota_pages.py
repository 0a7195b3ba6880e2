"""Page «Квоты» of a group: the most seats for one territory or organization."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, jsonify, redirect, request
from flask_appbuilder import expose
from flask_wtf import FlaskForm
from sqlalchemy import select

from app import addresses
from app import models as m
from app.access import get_writable
from app.errors import Invalid, PortalError
from app.extensions import db
from app.services.courses.group import frozen_groups, group_quotas
from app.services.courses.group.group_quotas import NewQuota
from app.services.personnel.moves.transfer_letters import find_places
from app.web.frame.answers import attach, attempt, show_form
from app.web.frame.forms import LookupField, RuIntegerField
from app.web.frame.guards import guarded
from app.web.frame.lookups import LIMIT
from app.web.frame.pages import Block, Button, Cell, Column, FormPage, Row, Section
from app.web.frame.parts import Part
from app.web.frame.search import match


@dataclass(frozen=True, slots=True)
class QuotaRow:
    """A declared quota with what stands in its box."""

    pk: int
    name: str
    seats: str
    taken: int
    removed: bool = False
    error: str = ""


def _territories(ids: Iterable[int]) -> list[Any]:
    return list(db.session.scalars(select(m.Territory).where(m.Territory.id.in_(list(ids)))))


def _all_territories() -> list[tuple[int, str]]:
    return [(row.id, str(row)) for row in db.session.scalars(select(m.Territory).order_by(m.Territory.name_key))]


def _organizations(words: str) -> list[Any]:
    found = match(m.Organization, words) if words.strip() else m.Organization.id > 0
    return find_places(found, limit=LIMIT + 1)


class QuotaForm(FlaskForm):
    """A quota to be declared, for a territory or for an organization; empty: none."""

    territory = LookupField(
        "Территория",
        choose=_territories,
        search=lambda _words: [],
        lookup_url=lambda: "",
        options=_all_territories,
    )
    organization = LookupField(
        "Или организация",
        choose=lambda ids: find_places(m.Organization.id.in_(list(ids)), limit=LIMIT),
        search=lambda words: _organizations(words[:100]),
        lookup_url=lambda: addresses.at("training_group", "organizations"),
        description="Начните вводить название: ищем по всей области.",
    )
    seats = RuIntegerField("Мест не больше")


class GroupQuotas(Part):
    """Page ``quotas`` of a group with its ``find_organization``, and the block of quotas on the card."""

    tab = "about"

    def blocks(self, row: m.TrainingGroup) -> list[Block]:
        """Quotas of a group; without any, only those who may declare them see the block."""
        quotas = group_quotas.named(row.id)
        may_edit = row.status in group_quotas.CHANGED_IN and self.may(row, "edit")
        if not quotas and not may_edit:
            return []
        shown = [
            Row(quota.id, "", [Cell(name), Cell(f"не больше {quota.seats}"), Cell(f"{quota.taken}", number=True)])
            for quota, name in quotas
        ]
        heads = [
            Column("place", "Территория или организация"),
            Column("seats", "Мест"),
            Column("taken", "Занято", number=True),
        ]
        buttons = [Button("Квоты", addresses.at("training_group", "quotas", row.id))] if may_edit else []
        return [Block("Квоты", columns=heads, rows=shown, buttons=buttons, empty="Квот нет: места общие для всех.")]

    @expose("/quotas/<int:pk>", methods=["GET", "POST"])
    @guarded("edit")
    def quotas(self, pk: int) -> Any:
        """Quotas of a group: their sizes, and one more."""
        group = get_writable(db.session, m.TrainingGroup, pk, "training_group:edit")
        why = _refusal(group) if request.method == "GET" else ""
        if why:
            return self.view.kept_page(group, f"Квоты группы {group.number}", why)
        form = QuotaForm()
        problems: list[str] = []
        errors: dict[str, list[str]] = {}
        if form.validate_on_submit():
            saved = attempt(lambda: _save(pk, form))
            if not isinstance(saved, PortalError):
                flash("Квоты сохранены.", "success")
                return redirect(self.view.href_of(group))
            errors = dict(getattr(saved, "fields", {}))
            problems = attach(form, saved)
            group = get_writable(db.session, m.TrainingGroup, pk, "training_group:edit")
        rows = [_row(row, name, errors) for row, name in group_quotas.named(pk)]
        return show_form(self._quota_page(group, form, problems), "quotas.html", rows=rows)

    def _quota_page(self, group: m.TrainingGroup, form: Any, problems: Sequence[str]) -> FormPage:
        return FormPage(
            title=f"Квоты группы {group.number}",
            form=form,
            sections=[Section("Новая квота", ["territory", "organization", "seats"])],
            submit="Сохранить квоты",
            cancel_href=self.view.href_of(group),
            crumbs=self.crumbs(group),
            note=f"Мест в группе: {group.capacity}, занято: {group.taken}. Квота ограничивает, сколько из них могут занять "
            "работники одной территории или организации. Остальные места общие.",
            problems=problems,
            kept=frozen_groups.why_kept(group),
        )

    @expose("/organizations")
    @guarded("edit")
    def find_organization(self) -> Any:
        """Organizations of the region by words, names only, for the combobox."""
        rows = _organizations(request.args.get("q", "")[:100])
        found = [{"id": row.id, "text": str(row), "detail": ""} for row in rows[:LIMIT]]
        return jsonify({"results": found, "more": len(rows) > LIMIT})


def _refusal(group: m.TrainingGroup) -> str:
    """Why the page does not open, before anything is typed."""
    if group.status not in group_quotas.CHANGED_IN:
        return f"Квоты меняют до начала обучения, а состояние группы {group.number} — «{group.status.label}»."
    return frozen_groups.may_correct(group).reason if frozen_groups.why_kept(group) else ""


def _save(group_id: int, form: Any) -> None:
    why = request.form.get("why")
    group_quotas.save(group_id, _typed(group_id), removed=_removed(), new=_new(form), why=why)


def _row(row: m.GroupQuota, name: str, errors: dict[str, list[str]]) -> QuotaRow:
    key = f"seats-{row.id}"
    typed = request.form.get(key, str(row.seats))
    return QuotaRow(row.id, name, typed, row.taken, row.id in _removed(), " ".join(errors.get(key, ())))


def _typed(group_id: int) -> dict[int, int]:
    """Quota → seats typed; only boxes of the page's own quotas are read."""
    sizes: dict[int, int] = {}
    wrong: dict[str, list[str]] = {}
    for row in group_quotas.quotas_of(group_id):
        typed = request.form.get(f"seats-{row.id}", "").strip()
        if typed.isdecimal() and len(typed) < 5:
            sizes[row.id] = int(typed)
        elif typed or f"seats-{row.id}" in request.form:
            wrong[f"seats-{row.id}"] = ["Введите целое число."]
    if wrong:
        raise Invalid("Проверьте числа мест.", fields=wrong)
    return sizes


def _removed() -> set[int]:
    return {int(pk) for pk in request.form.getlist("removed") if pk.isdecimal() and len(pk) < 10}


def _new(form: Any) -> NewQuota | None:
    """The quota to be declared, None when its fields are empty."""
    territory, organization, number = form.territory.data, form.organization.data, form.seats.data
    if territory is None and organization is None and number is None:
        return None
    if number is None:
        raise Invalid("Укажите число мест.", fields={"seats": ["Укажите, сколько мест могут занять."]})
    return NewQuota(
        seats=number,
        territory_id=territory.id if territory is not None else None,
        organization_id=organization.id if organization is not None else None,
    )
