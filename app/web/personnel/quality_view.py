"""«Полнота данных»: how complete the cards are by territory and organization, down to the people behind each figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import render_template, request
from flask_appbuilder import BaseView, expose

from app import addresses
from app.access import current_actor
from app.errors import NotFound
from app.russian import number, percent
from app.services.personnel.cards import quality
from app.services.personnel.cards.quality import Completeness
from app.services.portal import figures
from app.web.frame.guards import guarded
from app.web.frame.pages import Block, Button, CardPage, Cell, Column, Link, Pair, Row
from app.web.frame.typed import row_id

TITLE = "Полнота данных"
_NOTE = (
    "100 % — ни одно правило не нарушено ни у кого. Каждое нарушение отнимает долю, которая равна весу правила. Человек, "
    "который работает в нескольких организациях, считается в каждой."
)

#: organizations that are shown without being asked for all of them
AT_ONCE = 100


class QualityView(BaseView):
    """Figures of the actor's organizations; a user who sees only one organization starts at its rules."""

    route_base = "/quality"
    default_view = "index"
    class_permission_name = "employee"

    @expose("/")
    @guarded("list")
    def index(self) -> Any:
        """Territories, or the organizations of one, or the rules of one organization."""
        page = _page(_chosen("territory"), _chosen("organization"))
        return render_template("card.html", page=page)


def _page(territory: int | None, organization: int | None) -> CardPage:
    if not territory and not organization:
        territories = quality.by_territory()
        if len(territories) > 1:
            return _territories_page(territories, quality.total())
    found = quality.by_organization(territory_id=territory, organization_id=organization)
    if (territory or organization) and not found:
        raise NotFound("Такой организации нет или она вам не видна.")
    if not organization and len(found) == 1:
        found = quality.by_organization(organization_id=found[0].pk) or found
    if organization or len(found) == 1:
        return _rules_page(found[0])
    return _organizations_page(found, quality.total(territory_id=territory))


def _chosen(name: str) -> int | None:
    return row_id(request.args.get(name, ""))


def _percent(item: Completeness) -> Cell:
    return Cell(f"{item.percent:.1f} %".replace(".", ","), number=True)


def _rows(items: Sequence[Completeness], level: str) -> list[Row]:
    return [
        Row(
            item.pk,
            f"{addresses.QUALITY}?{level}={item.pk}",
            [Cell(item.name), Cell(number(item.people), number=True), _percent(item), Cell(_worst(item))],
        )
        for item in items
    ]


def _worst(item: Completeness) -> str:
    """What is missing most often, in words."""
    broken = sorted((f for f in item.faults if f.number), key=lambda f: -f.number)[:2]
    return "; ".join(f"{f.title.lower()} — {number(f.number)}" for f in broken) or "всё заполнено"


def _table(title: str, head: str, items: Sequence[Completeness], level: str) -> Block:
    columns = [
        Column("name", head),
        Column("people", "Работников", number=True),
        Column("percent", "Полнота", number=True),
        Column("worst", "Чаще всего"),
    ]
    return Block(
        title, columns=columns, rows=_rows(items, level), empty="Работников пока нет.", note=f"{_as_of()}{_NOTE}"
    )


def _as_of() -> str:
    """Say of when the stored figures are; those that are counted now need no words."""
    if quality.are_counted_now():
        return ""
    return f"{figures.as_of()} "


def _summary(item: Completeness) -> Block:
    pairs = [Pair("Полнота", _percent(item)), Pair("Работников", Cell(number(item.people), number=True))]
    return Block("Итог", pairs=pairs)


def _crumb() -> list[Link]:
    return [Link(TITLE, addresses.QUALITY)]


def _buttons() -> list[Button]:
    if not current_actor().can("quality_rule:list"):
        return []
    return [Button("Правила и веса", addresses.listing("quality_rule"))]


def _territories_page(items: Sequence[Completeness], whole: Completeness) -> CardPage:
    table = _table("По территориям", "Территория", items, "territory")
    return CardPage(TITLE, buttons=_buttons(), blocks=[table], aside=[_summary(whole)])


def _organizations_page(items: Sequence[Completeness], whole: Completeness) -> CardPage:
    name = items[0].territory if items else ""
    shown = items if request.args.get("all") else items[:AT_ONCE]
    table = _table("По организациям", "Организация", shown, "organization")
    buttons = _buttons()
    if len(shown) < len(items):
        table = replace(table, note=f"Показаны {len(shown)} наименее заполненных из {number(len(items))}. {table.note}")
        buttons.append(Button("Показать все организации", _all_href()))
    title = f"{TITLE}: {name}" if name else TITLE
    return CardPage(title, crumbs=_crumb(), buttons=buttons, blocks=[table], aside=[_summary(whole)])


def _all_href() -> str:
    return f"{addresses.QUALITY}?{urlencode({**request.args, 'all': 'yes'})}"


def _rules_page(item: Completeness) -> CardPage:
    """Each rule with its people: the list opens by the same condition that counted them."""
    rows = [
        Row(
            n,
            addresses.listing("employee", attention=fault.code, organization=item.pk) if fault.number else "",
            [
                Cell(fault.title),
                Cell(number(fault.number), number=True),
                Cell(percent(fault.number, item.people), number=True),
                Cell(number(fault.weight), number=True),
            ],
        )
        for n, fault in enumerate(item.faults)
    ]
    columns = [
        Column("rule", "Правило"),
        Column("number", "Нарушений", number=True),
        Column("share", "Доля работников", number=True),
        Column("weight", "Вес", number=True),
    ]
    crumbs = [*_crumb(), Link(item.territory, addresses.with_query(addresses.QUALITY, territory=item.territory_id))]
    block = Block("Чего не хватает", columns=columns, rows=rows, empty="Правила не включены.", note=_NOTE)
    people = Button("Все работники", addresses.listing("employee", attention="works", organization=item.pk))
    return CardPage(
        f"{TITLE}: {item.name}", crumbs=crumbs, buttons=[*_buttons(), people], blocks=[block], aside=[_summary(item)]
    )
