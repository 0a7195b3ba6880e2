"""«Результаты планирования»: figures of a plan now, its approval by the ministry, and what was approved, which stays as it was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, render_template, request
from flask_appbuilder import BaseView, expose

from app import addresses
from app import models as m
from app.access import current_actor, get_visible
from app.clock import local
from app.documents import doors
from app.documents.doors import PLAN
from app.extensions import db
from app.russian import format_datetime
from app.services.planning import campaigns, plan_results
from app.services.planning.plan_results import Results, of_snapshot
from app.statuses import CampaignStatus
from app.web.frame.answers import answer_act
from app.web.frame.downloads import download_written
from app.web.frame.export_pages import XLSX
from app.web.frame.guards import guarded
from app.web.frame.listing import ListColumn
from app.web.frame.pages import Block, Button, CardPage, Cell, Column, Link, Row
from app.web.frame.parts import Part
from app.web.frame.row_papers import RowPapers
from app.web.frame.scoped_view import ScopedModelView
from app.web.planning import results_page
from app.web.planning.demand_question import find_campaign

TITLE = "Результаты планирования"
NUMBER = ListColumn(
    "number", "Номер", lambda r: r.number_text, lambda r: Cell(r.number_text, _what(r)), (m.PlanResult.id,)
)


def _what(row: m.PlanResult) -> str:
    return f"изменение плана № {row.number}" if row.number else "план"


def has_results() -> bool:
    """Whether the user sees the results of planning (for the menu)."""
    return current_actor().can("plan_result:list")


class ResultsView(BaseView):
    """The figures of a plan as they are now; the ministry approves them, and later their changes."""

    route_base = "/plan/results"
    default_view = "index"
    class_permission_name = "plan_result"

    @expose("/")
    @guarded("list")
    def index(self) -> Any:
        """The plan of a year, or the one that concerns people now."""
        campaign = find_campaign(request.args.get("year", ""))
        if campaign is None:
            return render_template("card.html", page=CardPage(TITLE, note="Плана пока нет: его начинает оператор."))
        known, behind = plan_results.count_of(campaign), results_page.behind_of(campaign.year)
        page = _page(campaign, known, plan_results.approved(campaign.id))
        drawn = results_page.map_of(known, behind)
        tables = results_page.blocks_of(known, behind, without=plan_results.TERRITORY if drawn else "")
        shown = {"tables": tables, "map": drawn}
        return render_template("plan_results.html", page=page, **shown)

    @expose("/approve/<int:pk>", methods=["POST"])
    @guarded("correct")
    def approve(self, pk: int) -> Any:
        """Approve a closed plan."""

        def approve() -> str:
            campaign = plan_results.approve(pk)
            row = plan_results.approved(campaign.id)[-1]
            flash(
                f"План утверждён под номером {row.number_text}. Организаторам, школам и людям из плана уходят письма.",
                "success",
            )
            return addresses.card("plan_result", row.id)

        return answer_act(approve, addresses.at("plan", "results", ""))

    @expose("/change/<int:pk>", methods=["POST"])
    @guarded("correct")
    def change(self, pk: int) -> Any:
        """Approve what has changed since, with a reason."""

        def change() -> str:
            row = plan_results.approve_change(pk, request.form.get("reason", ""))
            flash(f"Утверждено изменение плана № {row.number}.", "success")
            return addresses.card("plan_result", row.id)

        return answer_act(change, addresses.at("plan", "results", ""))


def _page(campaign: m.PlanCampaign, known: Results, approved: Sequence[m.PlanResult]) -> CardPage:
    title = f"{TITLE}: {campaign.year} год"
    return CardPage(
        title,
        crumbs=[Link(TITLE, current=True)],
        status=Cell(campaign.status.label, tone=campaign.status.tone),
        buttons=[*_years(campaign), *_buttons(campaign, known, approved)],
        blocks=[results_page.totals_block(known)],
        aside=[_approved_block(approved)] if approved else [],
        note=_note(campaign, known, approved),
    )


def _years(campaign: m.PlanCampaign) -> list[Button]:
    """The plan of the year before, where there is one."""
    before = campaigns.before(campaign)
    if before is None:
        return []
    return [Button(f"План на {before.year} год", addresses.at("plan", "results", "", year=before.year))]


def _buttons(campaign: m.PlanCampaign, known: Results, approved: Sequence[m.PlanResult]) -> list[Button]:
    found = [Button("Спрос и места", addresses.at("plan", "demand", "", year=campaign.year))]
    if not current_actor().can("plan_result:correct"):
        return found
    if campaign.status == CampaignStatus.CLOSED:
        words = (
            f"Итоги получат номер и больше не изменятся: исправляют их пронумерованными изменениями. Включено заявок: "
            f"{known.included} из {known.wishes}."
        )
        href = addresses.at("plan", "results", "approve", campaign.id)
        found.append(Button("Утвердить план", href, main=True, post=True, confirm=words))
    if approved and known.stored() != approved[-1].snapshot:
        href = addresses.at("plan", "results", "change", campaign.id)
        found.append(Button("Утвердить изменение", href, main=True, post=True, ask="Причина изменения"))
    return found


def _note(campaign: m.PlanCampaign, known: Results, approved: Sequence[m.PlanResult]) -> str:
    if approved and known.stored() != approved[-1].snapshot:
        return "После утверждения план изменился. Ниже показатели на сейчас, утверждённые — справа."
    if campaign.status in (CampaignStatus.PREPARING, CampaignStatus.OPEN):
        return "Люди ещё выбирают: показатели меняются. Утвердить план можно, когда выбор окончен."
    return ""


def _approved_block(approved: Sequence[m.PlanResult]) -> Block:
    columns = [Column("number", "Номер"), Column("at", "Утверждён")]
    rows = [
        Row(
            row.id,
            addresses.card("plan_result", row.id),
            [Cell(row.number_text, _what(row)), Cell(format_datetime(local(row.created_at)))],
        )
        for row in reversed(approved)
    ]
    return Block("Что утверждено", columns=columns, rows=rows)


# --- what was approved -----------------------------------------------------------------------------------------------


class PlanPapers(RowPapers):
    """Part of an approved plan: its paper for Word and PDF."""

    paper = PLAN


class PlanBook(Part):
    """Part of an approved plan: the same as a workbook."""

    def buttons(self, row: m.PlanResult) -> Sequence[Button]:
        """Offered to those who may export."""
        if not current_actor().can("plan_result:export"):
            return []
        return [Button("Скачать для Excel", addresses.at("plan_result", "book", row.id))]

    @expose("/book/<int:pk>")
    @guarded("export")
    def book(self, pk: int) -> Any:
        """The workbook; written to the journal."""
        row = get_visible(db.session, m.PlanResult, pk, "plan_result:export")
        return download_written(f"{PLAN.name(row)}.xlsx", XLSX, lambda path: doors.plan_book(path, row))


class ResultPages(ScopedModelView):
    """Approved plans and their changes."""

    parts = (PlanPapers, PlanBook)
    empty = "Утверждённых планов пока нет."

    def card_title(self, row: m.PlanResult) -> str:
        """«План на 2027 год № ПП-2027»."""
        what = f"Изменение плана № {row.number}" if row.number else "План"
        return f"{what} на {row.campaign.year} год, {row.number_text}"

    def blocks(self, row: m.PlanResult) -> Sequence[Block]:
        """When and why, what changed, then the figures as they were stored."""
        known = of_snapshot(row.snapshot)
        fields = ("campaign", "created_at", "approved_by", *(("reason_text",) if row.number else ()))
        found = [self.pairs_block(row, "Утверждение", fields), results_page.totals_block(known)]
        if row.number:
            before = next(it for it in plan_results.approved(row.campaign_id) if it.number == row.number - 1)
            found.append(results_page.changes_block(of_snapshot(before.snapshot), known))
        return [*found, *results_page.blocks_of(known)]
