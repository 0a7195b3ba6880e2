"""Campaigns of planning: days, rules, territories' quotas, the state that follows from the days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import expose
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from app import addresses
from app import models as m
from app.access import get_writable
from app.clock import today
from app.errors import Invalid, PortalError
from app.extensions import db
from app.russian import count, format_date
from app.russian import number as spaced
from app.services.planning import campaigns, quotas
from app.services.planning.campaign_counts import counts_of
from app.statuses import CampaignStatus
from app.web.frame.answers import answer_form, attempt, show_form
from app.web.frame.forms import RuDateField
from app.web.frame.guards import guarded
from app.web.frame.pages import Block, Button, Cell, Column, FormPage, Pair, Row
from app.web.frame.parts import Part
from app.web.frame.scoped_view import ScopedModelView

_DAYS = ("день", "дня", "дней")


class CampaignPages(ScopedModelView):
    """The list and the card of campaigns."""

    empty = "Планов пока нет. Начните план на следующий год: организаторы предложат программы, люди выберут."

    def prefill(self) -> dict[str, Any]:
        """The next year, with the days and rules of the last plan."""
        return {**campaigns.next_values(), **super().prefill()}

    def added_words(self, row: m.PlanCampaign) -> str:
        """What happens next."""
        return (
            f"План на {row.year} год начат: организаторы предлагают программы по {format_date(row.programs_until)}, "
            f"выбор курсов откроется сам {format_date(row.opens_on)}."
        )

    def blocks(self, row: m.PlanCampaign) -> Sequence[Block]:
        """Where the campaign stands, its days and rules, what was offered and chosen among the rows that the user sees."""
        days = self.pairs_block(row, "Сроки", ("programs_until", "opens_on", "closes_on"))
        rules = self.pairs_block(row, "Правила", ("wishes_most", "needs_agreement"))
        return [
            Block(days.title, pairs=days.pairs, lead=_where(row)),
            Block(rules.title, pairs=rules.pairs),
            _counts_block(row),
        ]


def _where(row: m.PlanCampaign) -> str:
    """What goes on today and until when, in words."""
    if row.status == CampaignStatus.APPROVED:
        return "План утверждён."
    if campaigns.is_over(row):
        return "Выбор окончен: новых заявок нет, пока его не продлят с причиной."
    if row.opens_on > today():
        return f"До начала выбора — {count((row.opens_on - today()).days, *_DAYS)}."
    left = (row.closes_on - today()).days
    return f"Идёт выбор, осталось {count(left, *_DAYS)}." if left else "Идёт выбор, сегодня последний день."


def _counts_block(row: m.PlanCampaign) -> Block:
    found = counts_of(row.id)

    def cell(number: int, table: str, detail: str = "", **query: Any) -> Cell:
        href = addresses.listing(table, campaign=row.id, **query) if number else ""
        return Cell(spaced(number), detail, href=href, number=True)

    waiting = f"{found.late} ждут согласия оператора" if found.late else ""
    undecided = f"{found.proposed} ждут согласования организаций" if found.proposed else ""
    pairs = [
        Pair("Программ предложено", cell(found.offers, "plan_offer", waiting)),
        Pair("Людей выбрали", Cell(spaced(found.people), number=True)),
        Pair("Заявок в план", cell(found.wishes, "plan_item", undecided)),
        Pair("Написали, чего нет", cell(found.unmet, "unmet_wish")),
    ]
    return Block("Сколько предложено и выбрано", pairs=pairs)


# --- the choice taken up again ---------------------------------------------------------------------------------------


class ReopeningForm(FlaskForm):
    """The new last day and the reason."""

    until = RuDateField("Выбирают по", [InputRequired("Укажите день.")], offers_today=True)
    reason = TextAreaField(
        "Причина",
        [InputRequired("Укажите причину."), Length(max=1000, message="Не больше 1000 знаков.")],
        description="Останется в истории плана.",
    )


class CampaignReopening(Part):
    """Page ``reopen`` of a campaign: people choose again up to a later day."""

    def buttons(self, row: m.PlanCampaign) -> Sequence[Button]:
        """«Продлить выбор», once it is over."""
        if row.status == CampaignStatus.APPROVED or not campaigns.is_over(row) or not self.may(row, "reopen"):
            return ()
        return [Button("Продлить выбор", addresses.at("plan_campaign", "reopen", row.id))]

    @expose("/reopen/<int:pk>", methods=["GET", "POST"])
    @guarded("reopen")
    def reopen(self, pk: int) -> Any:
        """Form of the later day and its reason."""
        row = get_writable(db.session, m.PlanCampaign, pk, "plan_campaign:reopen")
        form = ReopeningForm()

        def save() -> str:
            made = campaigns.reopen(pk, until=form.until.data, reason=form.reason.data or "")
            flash(f"Выбор курсов продлён по {format_date(made.closes_on)}.", "success")
            return self.view.href_of(row)

        title = f"Продлить выбор: план на {row.year} год"
        note = f"Выбирали по {format_date(row.closes_on)}. Люди и школы снова смогут выбирать и отзывать заявки."
        return answer_form(
            form, save, lambda: self.view.card_form(row, form, title=title, submit="Продлить выбор", note=note)
        )


# --- quotas of territories -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class QuotaBox:
    """A territory with what stands in its box."""

    name: str
    field: str
    people: str
    error: str


class CampaignQuotas(Part):
    """Page ``quotas`` of a campaign, one table of all territories; its block on the card."""

    def blocks(self, row: m.PlanCampaign) -> Sequence[Block]:
        """The quotas there are; without any, only those who may set them see the block."""
        found = [(territory, people) for territory, people in quotas.of_campaign(row.id) if people is not None]
        may_edit = self.may(row, "edit") and row.status != CampaignStatus.APPROVED
        if not found and not may_edit:
            return ()
        return [
            Block(
                "Квоты территорий",
                columns=[Column("territory", "Территория"), Column("people", "Обучить не больше", number=True)],
                rows=[Row(t.id, "", [Cell(t.short_name), Cell(str(people), number=True)]) for t, people in found],
                buttons=[Button("Изменить квоты", addresses.at("plan_campaign", "quotas", row.id))] if may_edit else (),
                empty="Квот нет: сколько людей учить, решает спрос.",
            )
        ]

    @expose("/quotas/<int:pk>", methods=["GET", "POST"])
    @guarded("edit")
    def quotas(self, pk: int) -> Any:
        """One box for each territory; an empty one is no limit."""
        row = get_writable(db.session, m.PlanCampaign, pk, "plan_campaign:edit")
        form, problems = FlaskForm(), []
        wrong: dict[str, list[str]] = {}
        if form.validate_on_submit():
            saved = attempt(lambda: quotas.save(pk, _typed()))
            if not isinstance(saved, PortalError):
                flash("Квоты сохранены.", "success")
                return redirect(self.view.href_of(row))
            problems, wrong = [saved.message], getattr(saved, "fields", None) or {}
            row = get_writable(db.session, m.PlanCampaign, pk, "plan_campaign:edit")
        page = FormPage(
            title=f"Квоты территорий: план на {row.year} год",
            form=form,
            sections=[],
            submit="Сохранить квоты",
            cancel_href=self.view.href_of(row),
            crumbs=self.crumbs(row),
            note="Больше людей территории в группы плана не войдёт. Пусто — ограничения нет.",
            problems=problems,
        )
        return show_form(page, "plan_quotas.html", boxes=_boxes(pk, wrong))


def _boxes(campaign_id: int, wrong: dict[str, list[str]]) -> list[QuotaBox]:
    found = []
    for territory, people in quotas.of_campaign(campaign_id):
        name = f"people-{territory.id}"
        typed = request.form.get(name, "" if people is None else str(people))
        found.append(QuotaBox(territory.short_name, name, typed, " ".join(wrong.get(name, ()))))
    return found


def _typed() -> dict[int, int | None]:
    """Territory → people typed, None for an empty box."""
    found: dict[int, int | None] = {}
    wrong: dict[str, list[str]] = {}
    for name, value in request.form.items():
        _, is_box, pk = name.partition("people-")
        if not is_box or not pk.isdecimal() or len(pk) > 9:
            continue
        text = value.replace("\u00a0", "").replace(" ", "")
        if text and not (text.isdecimal() and len(text) < 10):
            wrong[name] = ["Введите целое число."]
        found[int(pk)] = int(text) if text and name not in wrong else None
    if wrong:
        raise Invalid("Проверьте квоты: число людей — целое.", fields=wrong)
    return found
