"""«Спрос и места»: the heat map of the plan, what lies behind its cells, the same cells as a sheet of Excel."""

from __future__ import annotations

from typing import Any

from flask import render_template, request
from flask_appbuilder import BaseView, expose

from app.access import current_actor
from app.documents import doors
from app.errors import NotFound
from app.services.planning.heat import SCALE
from app.web.frame.downloads import download_written
from app.web.frame.export_pages import XLSX
from app.web.frame.guards import guarded
from app.web.frame.pages import CardPage
from app.web.planning import demand_page, demand_question


def has_demand() -> bool:
    """Whether the user counts wishes of the plan (for the menu)."""
    return current_actor().can("plan_offer:demand")


class DemandView(BaseView):
    """Numbers of wishes: of the people whom the user sees, or of the offers of the user's organization."""

    route_base = "/plan/demand"
    default_view = "index"
    class_permission_name = "plan_offer"

    @expose("/")
    @guarded("demand")
    def index(self) -> Any:
        """The map with the filters of the address, and behind a cell its places or people."""
        question = demand_question.read(request.args)
        if question is None:
            empty = CardPage(demand_page.TITLE, note="Плана пока нет: его начинает оператор.")
            return render_template("card.html", page=empty)
        page = demand_page.build(question)
        return render_template("plan_demand.html", page=page, scale=SCALE)

    @expose("/file")
    @guarded("demand")
    def file(self) -> Any:
        """The same cells as a sheet of Excel; written to the journal."""
        question = demand_question.read(request.args)
        if question is None:
            raise NotFound("Плана пока нет.")
        known, year = demand_page.count_for(question), question.campaign.year
        words = demand_page.described(question)
        heads = demand_page.HEADS
        return download_written(
            f"Спрос и места на {year} год.xlsx",
            XLSX,
            lambda path: doors.plan_demand(path, known.heat, heads=heads, year=year, unmet=known.unmet, filters=words),
        )
