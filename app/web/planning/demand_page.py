"""The heat map «Спрос и места» as its template lays it out: rows and margins of cells with their links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from app import addresses
from app import models as m
from app.access import current_actor
from app.labels import SHORT_MONTHS
from app.russian import count, number
from app.services.planning import demand, heat, reach
from app.services.planning.heat import BLOCK, MONTHS, PROGRAM, SUBJECT, Heat, HeatCell, HeatRow, PlannedOffer
from app.web.frame.pages import Block, Cell, Link, Tab
from app.web.planning.demand_parts import Choice, behind, choices
from app.web.planning.demand_question import ALL, FILTERS, VIEWS, YEAR, Question, month_words, name_of

TITLE = "Спрос и места"
HEADS = (*SHORT_MONTHS, "любой месяц")
#: rows shown at once; the others are one row, which opens them
MOST_ROWS = 60
_LACK = "−"


@dataclass(frozen=True, slots=True)
class Shown:
    """A cell on the page: the figure, its tint, what is read aloud, where it leads; ``mark``: it is the chosen one."""

    text: str
    tint: int = 0
    spoken: str = ""
    href: str = ""
    mark: bool = False


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row of the page."""

    title: str
    detail: str
    cells: Sequence[Shown]
    total: Shown


@dataclass(frozen=True, slots=True)
class DemandPage:
    """Everything the template needs."""

    title: str
    crumbs: Sequence[Link] = ()
    status: Cell | None = None
    export_href: str = ""
    tabs: Sequence[Tab] = ()
    sides: Sequence[Tab] = ()
    choices: Sequence[Choice] = ()
    keep: Sequence[tuple[str, str]] = ()
    reset_href: str = ""
    row_head: str = ""
    heads: Sequence[str] = ()
    rows: Sequence[ShownRow] = ()
    margins: Sequence[ShownRow] = ()
    more_href: str = ""
    more_words: str = ""
    notes: Sequence[str] = ()
    behind: Sequence[Block] = ()
    empty: str = ""


# --- the page --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted for a question: the map, the offers behind it, people whom nothing suits."""

    heat: Heat
    offers: Sequence[PlannedOffer]
    unmet: int


def count_for(question: Question) -> Counted:
    """Count the map."""
    offers = demand.offers_of(question.asked, question.reach)
    wishes = demand.counted(question.asked, question.reach)
    found = heat.heat_of(offers, wishes, by=question.by, hide=question.reach.hides)
    return Counted(found, offers, demand.unmet(question.asked, question.reach))


def build(question: Question) -> DemandPage:
    """Count and lay out."""
    known, year = count_for(question), question.campaign.year
    rows, more = known.heat.rows, ""
    if len(rows) > MOST_ROWS and not question.query.get("all"):
        rest = rows[MOST_ROWS:]
        rows = [*rows[:MOST_ROWS], heat.summed("", f"Остальные: {number(len(rest))}", "", rest)]
        more = question.href(all="1")
    if len({row.detail for row in rows}) == 1:
        # an organizer's own name in every row tells nothing
        rows = [replace(row, detail="") for row in rows]
    return DemandPage(
        title=f"{TITLE}: план на {year} год",
        crumbs=_crumbs(question),
        status=Cell(question.campaign.status.label, tone=question.campaign.status.tone),
        export_href=_export_href(question),
        tabs=[Tab(label, question.href(rows=by, cell=None), current=by == question.by) for by, label in VIEWS],
        sides=_sides(question),
        choices=choices(question, known.offers),
        keep=[
            (name, question.query[name]) for name in ("year", "rows", "side", "organization") if name in question.query
        ],
        reset_href=question.href(**dict.fromkeys((*FILTERS, "organization", "cell", "all")))
        if _filters(question)
        else "",
        row_head=dict(zip((PROGRAM, SUBJECT, BLOCK), ("Программа", "Предмет", "Блок чека"), strict=True))[question.by],
        heads=_narrowed(HEADS, known),
        rows=[replace(row, cells=_narrowed(row.cells, known)) for row in (_row(it, question) for it in rows)],
        margins=[replace(row, cells=_narrowed(row.cells, known)) for row in _margins(known, question)],
        more_href=more,
        more_words=count(len(known.heat.rows), "строка", "строки", "строк"),
        notes=_notes(question),
        behind=behind(question, known.offers, question.cell) if question.cell else (),
        empty="" if known.offers else "Программ по этим отборам в плане нет.",
    )


def _narrowed(cells: Sequence[Any], known: Counted) -> list[Any]:
    """Leave out the months in which nobody teaches and nobody wants to be taught."""
    total = known.heat.total.cells
    return [cell for cell, whole in zip(cells, total, strict=True) if whole.text != heat.EMPTY]


def described(question: Question) -> str:
    """The filters in words, for files and the journal."""
    asked, names = question.asked, []
    if asked.territory_id:
        names.append(f"территория: {name_of(m.Territory, asked.territory_id)}")
    if asked.organization_id:
        names.append(f"организация: {demand.place_name(asked.organization_id, question.reach)}")
    if asked.type_id:
        names.append(f"тип организации: {name_of(m.OrganizationType, asked.type_id)}")
    if asked.kind:
        names.append(f"категория должности: {asked.kind.label}")
    if asked.block:
        names.append(asked.block.label)
    if asked.subject_id is not None:
        names.append("предмет выбран")
    return "; ".join(names) or "все"


def _filters(question: Question) -> bool:
    return question.asked.narrows_people or question.asked.narrows_offers or "all" in question.query


def _crumbs(question: Question) -> list[Link]:
    """The way down: the map, the territory, the organization."""
    asked, start = question.asked, dict.fromkeys(("territory", "organization"))
    found = [Link(TITLE, question.href(**start), current=not (asked.territory_id or asked.organization_id))]
    if asked.territory_id:
        name, here = name_of(m.Territory, asked.territory_id), not asked.organization_id
        found.append(Link(name, question.href(organization=None), current=here))
    if asked.organization_id:
        found.append(Link(demand.place_name(asked.organization_id, question.reach), current=True))
    return found


def _export_href(question: Question) -> str:
    return addresses.at(
        "plan", "demand", "file", **{k: v for k, v in question.query.items() if k not in ("cell", "all")}
    )


def _sides(question: Question) -> list[Tab]:
    """The switch of those who both see people and offer programs."""
    actor = current_actor()
    if not (reach.counts_people(actor) and reach.counts_offers(actor)):
        return []
    start = dict.fromkeys((*FILTERS, "organization", "cell"))
    return [
        Tab("Наши работники", question.href(**start, side=None), current=not question.reach.hides),
        Tab("Наши программы", question.href(**start, side="offers"), current=question.reach.hides),
    ]


# --- rows ------------------------------------------------------------------------------------------------------------


def _row(row: HeatRow, question: Question) -> ShownRow:
    cells = [
        _shown(cell, row.title, month_words(month), question, (row.key, str(month)) if row.key else None)
        for cell, month in zip(row.cells, MONTHS, strict=True)
    ]
    total = _shown(row.total, row.title, "весь год", question, (row.key, YEAR) if row.key else None)
    return ShownRow(row.title, row.detail, cells, replace(total, tint=0))


def _shown(cell: HeatCell, title: str, when: str, question: Question, key: tuple[str, str] | None) -> Shown:
    spoken = f"{title}, {when}: хотят {cell.wanted}, мест {number(cell.seats)}"
    opens = key is not None and cell.demand and not question.reach.hides
    href = question.href(cell=".".join(key)) + "#behind" if opens and key else ""
    return Shown(cell.text, cell.tint, spoken, href, mark=key is not None and key == question.cell)


def _margins(known: Counted, question: Question) -> list[ShownRow]:
    """Below the rows: all of them, the seats that lack, and the people whom nothing suits, who are in no other row."""
    total = known.heat.total
    whole = _row(replace(total, key=ALL), question)
    whole = replace(whole, cells=[replace(cell, tint=0) for cell in whole.cells])
    lacks = [Shown(f"{_LACK}{number(n)}" if n else heat.EMPTY, spoken=f"не хватает {number(n)}") for n in total.lacking]
    lack = sum(total.lacking)
    year = Shown(f"{_LACK}{number(lack)}" if lack else heat.EMPTY, spoken=f"за год не хватает {number(lack)}")
    found = [whole, ShownRow("Не хватает мест", "по программам, где спрос больше мест", lacks, year)]
    if known.unmet:
        href = (
            addresses.listing("unmet_wish", campaign=question.campaign.id) if not question.asked.narrows_people else ""
        )
        words = Shown(number(known.unmet), spoken=f"ничего не подходит: {number(known.unmet)}", href=href)
        none = [Shown("")] * len(MONTHS)
        found.append(ShownRow("Ничего не подходит", "в «Всего» не входят", none, words))
    return found


def _notes(question: Question) -> list[str]:
    found = [
        "В клетке — сколько человек хотят и сколько мест. Заявка стоит в назначенном месяце, а пока его нет — в первом из "
        "подходящих человеку; кому подходит любой — в последнем столбце. Места года поделены между месяцами программы поровну."
    ]
    if question.reach.hides:
        found.append(
            f"Меньше {heat.FEWEST} человек не показываем: «< {heat.FEWEST}». Суммы сложены из показанного, плюс значит: скрытое в "
            "них не вошло."
        )
    return found
