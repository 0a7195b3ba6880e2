"""«Кто выбрал»: how many people have chosen for the next year, by territory and organization; schools are reminded at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, render_template, request
from flask_appbuilder import BaseView, expose

from app import addresses
from app import models as m
from app.access import current_actor
from app.clock import today
from app.errors import NotFound
from app.russian import count, format_date, number, percent
from app.services.planning import campaigns, control
from app.services.planning.control import Share
from app.services.portal import figures
from app.statuses import CampaignStatus
from app.web.frame.answers import answer_act
from app.web.frame.guards import guarded
from app.web.frame.pages import Block, Button, CardPage, Cell, Column, Link, Pair, Row
from app.web.frame.typed import row_id

TITLE = "Кто выбрал"
_NOTE = "Человек считается один раз, по основному месту работы. Выбрал и тот, кто написал, что ему ничего не подходит."
_AGREE = "Ждут согласования"


def has_control() -> bool:
    """Whether the user sees who has chosen (for the menu)."""
    return current_actor().can("plan_item:control")


class ControlView(BaseView):
    """Shares of people who have chosen, the least first; the operator reminds the schools of the silent."""

    route_base = "/plan/control"
    default_view = "index"
    class_permission_name = "plan_item"

    @expose("/")
    @guarded("control")
    def index(self) -> Any:
        """Territories, or the organizations of one, or those of a user who has schools only."""
        campaign = campaigns.current()
        if campaign is None:
            return render_template("card.html", page=CardPage(TITLE, note="Плана пока нет: его начинает оператор."))
        return render_template("card.html", page=_page(campaign, row_id(request.args.get("territory", ""))))

    @expose("/remind", methods=["POST"])
    @guarded("remind")
    def remind(self) -> Any:
        """Remind the schools, each once a day."""
        campaign = campaigns.current()
        if campaign is None:
            raise NotFound("Плана пока нет.")

        def remind() -> None:
            told = control.remind(campaign.id)
            flash(f"Напоминание уходит {_to(told)}: по письму каждой.", "success")

        return answer_act(remind, addresses.at("plan", "control", ""))


def _page(campaign: m.PlanCampaign, territory: int | None) -> CardPage:
    whole = bool(current_actor().roles & {"operator", "ministry"})
    bodies = control.by_territory(campaign) if not territory and (whole or current_actor().territories()) else []
    if len(bodies) > 1:
        block = _table("По территориям", "Территория", bodies, "territory")
        shares: Sequence[Share] = bodies
    else:
        shares = control.by_organization(campaign, territory or (bodies[0].pk if bodies else None))
        block = _table("По организациям", "Организация", shares, "organization")
    return CardPage(
        f"{TITLE}: план на {campaign.year} год",
        crumbs=[Link(TITLE, addresses.at("plan", "control", "") if territory else "", current=not territory)],
        status=Cell(campaign.status.label, tone=campaign.status.tone),
        buttons=_buttons(campaign),
        blocks=[block],
        aside=[_summary(campaign, shares)],
    )


def _buttons(campaign: m.PlanCampaign) -> list[Button]:
    found = [Button("Спрос и места", addresses.at("plan", "demand", ""))]
    if not current_actor().can(control.RIGHT) or campaign.status != CampaignStatus.OPEN:
        return found
    silent = control.to_remind(control.by_organization(campaign))
    if silent:
        ask = f"По письму получит каждая из {number(len(silent))}: сколько её работников не выбрали и до какого дня. Сегодня — один раз."
        href = addresses.at("plan", "control", "remind")
        found.append(Button(f"Напомнить {_to(len(silent))}", href, main=True, post=True, confirm=ask))
    return found


def _to(organizations: int) -> str:
    return count(organizations, "организации", "организациям", "организациям")


def _table(title: str, head: str, shares: Sequence[Share], name: str) -> Block:
    columns = [
        Column("name", head),
        *(Column(words, words, number=True) for words in ("Работников", "Выбрали", "Доля", "Не выбрали", _AGREE)),
    ]
    rows = [Row(it.pk, _href(name, it.pk), [Cell(it.name), *_figures(it, name[0])]) for it in shares]
    return Block(title, columns=columns, rows=rows, empty="Работников пока нет.", note=f"{figures.as_of()} {_NOTE}")


def _href(name: str, pk: int) -> str:
    if name == "territory":
        return addresses.at("plan", "control", "", territory=pk)
    return addresses.with_query(addresses.PLAN_PEOPLE, organization=pk)


def _figures(it: Share, level: str) -> list[Cell]:
    """The figures of a place; ``level``: t or o, as the people behind a figure are called in addresses."""
    share = percent(it.chose, it.people) if it.people else "—"
    silent = addresses.listing("employee", figure=f"{control.SILENT}-{level}{it.pk}") if it.silent else ""
    return [
        Cell(number(it.people), number=True),
        Cell(number(it.chose), number=True),
        Cell(share, number=True),
        Cell(number(it.silent), href=silent, number=True),
        Cell(number(it.waiting), number=True),
    ]


def _summary(campaign: m.PlanCampaign, shares: Sequence[Share]) -> Block:
    """The sums, the last day, what waits for the operator."""
    people, chose = sum(it.people for it in shares), sum(min(it.chose, it.people) for it in shares)
    pairs = [
        Pair("Выбирают по", Cell(format_date(campaign.closes_on), _left(campaign))),
        Pair(
            "Выбрали",
            Cell(percent(chose, people) if people else "—", f"{number(chose)} из {number(people)}", number=True),
        ),
        Pair("Не выбрали", Cell(number(sum(it.silent for it in shares)), number=True)),
        Pair(_AGREE, Cell(number(sum(it.waiting for it in shares)), number=True)),
    ]
    if "operator" in current_actor().roles:
        waits = control.pending(campaign)
        late = addresses.listing("plan_offer", campaign=campaign.id, status="late") if waits.late else ""
        unmet = addresses.listing("unmet_wish", campaign=campaign.id, status="waiting") if waits.unmet else ""
        pairs += [
            Pair("Предложено после срока, ждёт вас", Cell(number(waits.late), href=late, number=True)),
            Pair("«Ничего не подходит», ждёт ответа", Cell(number(waits.unmet), href=unmet, number=True)),
        ]
    return Block("Сейчас", pairs=pairs)


def _left(campaign: m.PlanCampaign) -> str:
    if campaign.status != CampaignStatus.OPEN:
        return campaign.status.label.lower()
    days = (campaign.closes_on - today()).days
    return f"осталось {count(days, 'день', 'дня', 'дней')}" if days > 0 else "сегодня последний день"
