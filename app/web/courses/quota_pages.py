"""Page «Квоты» of a group: the most seats for one territory or organization."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_appbuilder import expose
from flask_wtf import FlaskForm
from sqlalchemy import select

from app import models as m
from app.access import get_writable
from app.errors import Forbidden, Invalid, NotFound, PortalError
from app.extensions import db
from app.services.courses.group import frozen, group_quotas
from app.services.courses.group.group_quotas import NewQuota
from app.services.personnel.transfer_letters import find_places
from app.web.frame.answers import attach
from app.web.frame.forms import LookupField, RuIntegerField
from app.web.frame.guards import guarded
from app.web.frame.lookups import LIMIT
from app.web.frame.pages import FormPage, Link, Section
from app.web.frame.scoped_view import ScopedModelView
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
        lookup_url=lambda: url_for("TrainingGroupView.find_organization"),
        description="Начните вводить название: ищем по всей области.",
    )
    seats = RuIntegerField("Мест не больше")


class QuotaPages(ScopedModelView):
    """Routes ``quotas`` and ``find_organization``."""

    @expose("/quotas/<int:pk>", methods=["GET", "POST"])
    @guarded("edit")
    def quotas(self, pk: int) -> Any:
        """Quotas of a group: their sizes, and one more."""
        group = get_writable(db.session, m.TrainingGroup, pk, "training_group:edit")
        why = _refusal(group) if request.method == "GET" else ""
        if why:
            return self.kept_page(group, f"Квоты группы {group.number}", why)
        form = QuotaForm(request.form if request.method == "POST" else None)
        problems: list[str] = []
        errors: dict[str, list[str]] = {}
        if request.method == "POST":
            try:
                if form.validate():
                    group_quotas.save(pk, _typed(pk), removed=_removed(), new=_new(form), why=request.form.get("why"))
                    flash("Квоты сохранены.", "success")
                    return redirect(url_for("TrainingGroupView.show", pk=pk))
            except (NotFound, Forbidden):
                raise
            except PortalError as refusal:
                errors = dict(getattr(refusal, "fields", {}))
                problems = attach(form, refusal)
            group = get_writable(db.session, m.TrainingGroup, pk, "training_group:edit")
        page = self._quota_page(group, form, problems)
        rows = [_row(row, name, errors) for row, name in group_quotas.named(pk)]
        return render_template("quotas.html", page=page, rows=rows), 422 if request.method == "POST" else 200

    def _quota_page(self, group: m.TrainingGroup, form: Any, problems: Sequence[str]) -> FormPage:
        card = url_for("TrainingGroupView.show", pk=group.id)
        return FormPage(
            title=f"Квоты группы {group.number}",
            form=form,
            sections=[Section("Новая квота", ["territory", "organization", "seats"])],
            submit="Сохранить квоты",
            cancel_href=card,
            crumbs=[*self.crumbs(), Link(f"Группа {group.number}", card)],
            note=f"Мест в группе: {group.capacity}, занято: {group.taken}. Квота ограничивает, сколько из них могут занять "
            "работники одной территории или организации. Остальные места общие.",
            problems=problems,
            kept=frozen.why_kept(group),
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
    return frozen.may_correct(group).reason if frozen.why_kept(group) else ""


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
