"""«План и факт» of a year: planned, invited, enrolled, trained, why not; for an organizer its own figures, none under five."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import render_template, request
from flask_appbuilder import expose

from app import addresses
from app import models as m
from app.access import current_actor, get_visible
from app.extensions import db
from app.labels import THINGS
from app.services.planning import campaigns, plan_fact
from app.services.planning.plan_fact import CUTS, STATES, FactLine
from app.statuses import CampaignStatus
from app.web.frame.guards import guarded
from app.web.frame.pages import Button, Cell, Column, Link, Row, Tab
from app.web.frame.parts import Part

TITLE = "План и факт"
RIGHT = "plan_campaign:fact"
_OVER = (CampaignStatus.CLOSED, CampaignStatus.APPROVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class FactPage:
    """The figures of a cut as a table; ``tabs``: the cuts."""

    title: str
    crumbs: Sequence[Link]
    tabs: Sequence[Tab]
    columns: Sequence[Column]
    rows: Sequence[Row]


def _address(campaign_id: int, **query: Any) -> str:
    return addresses.at("plan_campaign", "fact", campaign_id, **query)


class PlanAndFact(Part):
    """Page ``fact`` of a campaign."""

    def buttons(self, row: m.PlanCampaign) -> list[Button]:
        """Once the choice is over."""
        return [Button(TITLE, _address(row.id))] if row.status in _OVER and current_actor().can(RIGHT) else []

    @expose("/fact/<int:pk>")
    @guarded("fact")
    def fact(self, pk: int) -> Any:
        """The figures by offer, organizer or territory."""
        campaign = get_visible(db.session, m.PlanCampaign, pk, RIGHT)
        allowed = plan_fact.cuts()
        cut = request.args.get("by", "")
        cut = cut if cut in allowed else allowed[0]
        page = FactPage(
            title=f"{TITLE}: {campaign}",
            crumbs=self._way(campaign),
            tabs=[Tab(CUTS[name], _address(pk, by=name), name == cut) for name in allowed],
            columns=_columns(),
            rows=[_row(n, line) for n, line in enumerate(plan_fact.lines(campaign, cut))],
        )
        return render_template("plan_fact.html", page=page)

    def _way(self, campaign: m.PlanCampaign) -> Sequence[Link]:
        """Back to the campaign, or for an organizer to its offers."""
        if current_actor().can("plan_campaign:show"):
            return self.crumbs(campaign, TITLE)
        return [Link(THINGS["plan_offer"].plural, addresses.listing("plan_offer")), Link(TITLE, current=True)]


class FactLink(Part):
    """The way of an organizer to its figures, above its offers."""

    def list_buttons(self) -> Sequence[Button]:
        """Once the choice of the current plan is over."""
        campaign = campaigns.current()
        if campaign is None or campaign.status not in _OVER or not current_actor().can(RIGHT):
            return []
        return [Button(TITLE, _address(campaign.id))]


def _columns() -> list[Column]:
    heads = [Column("name", "Что")]
    heads += [
        Column(name, words, number=True)
        for name, words in (("planned", "В плане"), ("invited", "Приглашены"), ("enrolled", "Записались"))
    ]
    return heads + [Column(name, words, number=True) for name, words in STATES.items()]


def _row(number: int, line: FactLine) -> Row:
    figures = [line.planned, line.invited, line.enrolled, *line.states.values()]
    shown = [Cell("< 5" if figure is None else str(figure), number=True) for figure in figures]
    return Row(number, "", [Cell(line.name, line.detail), *shown])
