"""The heat map «Спрос и места» as its template lays it out: what an address asks, cells with their links, what lies behind one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select

from app import addresses
from app import models as m
from app.access import current_actor
from app.errors import NotFound
from app.extensions import db
from app.labels import MONTHS as MONTH_NAMES
from app.labels import SHORT_MONTHS
from app.russian import count, number, percent
from app.services.planning import campaigns, demand, heat, reach
from app.services.planning.demand import Asked
from app.services.planning.heat import ANY, BLOCK, MONTHS, PROGRAM, SUBJECT, Heat, HeatCell, HeatRow, PlannedOffer
from app.services.planning.reach import Reach
from app.statuses import BlockKind, PositionKind
from app.text.sql import sort_key
from app.web.frame.pages import Block, Cell, Column, Link, Option, Row, Tab
from app.web.frame.typed import row_id

TITLE = "Спрос и места"
HEADS = (*SHORT_MONTHS, "любой месяц")
FULL_MONTHS = tuple(MONTH_NAMES.values())
#: rows shown at once; the others are one row, which opens them
MOST_ROWS = 60
_VIEWS = ((PROGRAM, "Программы"), (SUBJECT, "Предметы"), (BLOCK, "Блоки чека"))
_CELL = re.compile(r"(all|none|invariant|variable|-?\d{1,9})\.(1[0-2]|[0-9]|y)")
_FILTERS = ("territory", "type", "kind", "subject", "block")
_LACK = "−"
_ALL, _YEAR = "all", "y"


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
class Choice:
    """A filter of the page."""

    name: str
    label: str
    options: Sequence[Option]


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


@dataclass(frozen=True, slots=True)
class Question:
    """What an address asks, checked; ``cell``: key of the row and the month whose wishes are looked at."""

    campaign: m.PlanCampaign
    asked: Asked
    reach: Reach
    by: str
    cell: tuple[str, str] | None
    query: Mapping[str, str] = field(default_factory=dict)

    def href(self, **changes: Any) -> str:
        """This page with other answers; None leaves one out."""
        return addresses.at("plan", "demand", "", **{**self.query, **changes})


def read(args: Mapping[str, str]) -> Question | None:
    """Read an address; None where there is no plan at all. Raises NotFound for what does not exist or is out of sight."""
    campaign = find_campaign(args.get("year", ""))
    own = args.get("side") == "offers"
    if campaign is None:
        return None
    limits = reach.reach_of(own_offers=own)
    by = args.get("rows", PROGRAM)
    if by not in dict(_VIEWS):
        raise NotFound("Такого вида нет. Выберите программы, предметы или блоки.")
    asked = Asked(
        campaign_id=campaign.id,
        territory_id=row_id(args.get("territory", "")),
        organization_id=row_id(args.get("organization", "")),
        type_id=row_id(args.get("type", "")),
        kind=_one_of(PositionKind, args.get("kind", "")),
        subject_id=_subject(args.get("subject", "")),
        block=_one_of(BlockKind, args.get("block", "")),
    )
    demand.insist_visible(asked, limits)
    names = ("year", "rows", "side", *_FILTERS, "organization", "cell", "all")
    query = {name: args[name] for name in names if args.get(name)}
    return Question(campaign, asked, limits, by, _cell(args.get("cell", "")), query)


def find_campaign(year: str) -> m.PlanCampaign | None:
    """The plan of the typed year, without one the plan that concerns people now; raises NotFound for a year without a plan."""
    if not year:
        return campaigns.current()
    found = campaigns.of_year(int(year)) if re.fullmatch(r"20\d\d", year) else None
    if found is None:
        raise NotFound("Плана на этот год нет.")
    return found


def _one_of(kind: Any, typed: str) -> Any:
    if not typed:
        return None
    try:
        return kind(typed)
    except ValueError:
        raise NotFound("Такого отбора нет. Откройте страницу заново.") from None


def _subject(typed: str) -> int | None:
    return int(typed) if re.fullmatch(r"-1|\d{1,9}", typed) else None


def _cell(typed: str) -> tuple[str, str] | None:
    found = _CELL.fullmatch(typed)
    return (found[1], found[2]) if found else None


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
        tabs=[Tab(label, question.href(rows=by, cell=None), current=by == question.by) for by, label in _VIEWS],
        sides=_sides(question),
        choices=_choices(question, known.offers),
        keep=[
            (name, question.query[name]) for name in ("year", "rows", "side", "organization") if name in question.query
        ],
        reset_href=question.href(**dict.fromkeys((*_FILTERS, "organization", "cell", "all")))
        if _filters(question)
        else "",
        row_head=dict(zip((PROGRAM, SUBJECT, BLOCK), ("Программа", "Предмет", "Блок чека"), strict=True))[question.by],
        heads=_narrowed(HEADS, known),
        rows=[replace(row, cells=_narrowed(row.cells, known)) for row in (_row(it, question) for it in rows)],
        margins=[replace(row, cells=_narrowed(row.cells, known)) for row in _margins(known, question)],
        more_href=more,
        more_words=count(len(known.heat.rows), "строка", "строки", "строк"),
        notes=_notes(question),
        behind=_behind(question, known, question.cell) if question.cell else (),
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
        names.append(f"территория: {_name(m.Territory, asked.territory_id)}")
    if asked.organization_id:
        names.append(f"организация: {demand.place_name(asked.organization_id, question.reach)}")
    if asked.type_id:
        names.append(f"тип организации: {_name(m.OrganizationType, asked.type_id)}")
    if asked.kind:
        names.append(f"категория должности: {asked.kind.label}")
    if asked.block:
        names.append(asked.block.label)
    if asked.subject_id is not None:
        names.append("предмет выбран")
    return "; ".join(names) or "все"


def _name(model: Any, pk: int) -> str:
    row = db.session.get(model, pk)
    if row is None:
        raise NotFound("Такого отбора нет. Откройте страницу заново.")
    return str(row)


def _filters(question: Question) -> bool:
    return question.asked.narrows_people or question.asked.narrows_offers or "all" in question.query


def _crumbs(question: Question) -> list[Link]:
    """The way down: the map, the territory, the organization."""
    asked, start = question.asked, dict.fromkeys(("territory", "organization"))
    found = [Link(TITLE, question.href(**start), current=not (asked.territory_id or asked.organization_id))]
    if asked.territory_id:
        name, here = _name(m.Territory, asked.territory_id), not asked.organization_id
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
    start = dict.fromkeys((*_FILTERS, "organization", "cell"))
    return [
        Tab("Наши работники", question.href(**start, side=None), current=not question.reach.hides),
        Tab("Наши программы", question.href(**start, side="offers"), current=question.reach.hides),
    ]


# --- rows ------------------------------------------------------------------------------------------------------------


def _row(row: HeatRow, question: Question) -> ShownRow:
    cells = [
        _shown(cell, row.title, _month_words(month), question, (row.key, str(month)) if row.key else None)
        for cell, month in zip(row.cells, MONTHS, strict=True)
    ]
    total = _shown(row.total, row.title, "весь год", question, (row.key, _YEAR) if row.key else None)
    return ShownRow(row.title, row.detail, cells, replace(total, tint=0))


def _shown(cell: HeatCell, title: str, when: str, question: Question, key: tuple[str, str] | None) -> Shown:
    spoken = f"{title}, {when}: хотят {cell.wanted}, мест {number(cell.seats)}"
    opens = key is not None and cell.demand and not question.reach.hides
    href = question.href(cell=".".join(key)) + "#behind" if opens and key else ""
    return Shown(cell.text, cell.tint, spoken, href, mark=key is not None and key == question.cell)


def _month_words(month: int) -> str:
    return "любой месяц" if month == ANY else FULL_MONTHS[month - 1]


def _margins(known: Counted, question: Question) -> list[ShownRow]:
    """Below the rows: all of them, the seats that lack, and the people whom nothing suits, who are in no other row."""
    total = known.heat.total
    whole = _row(replace(total, key=_ALL), question)
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


# --- filters ---------------------------------------------------------------------------------------------------------


def _choices(question: Question, offers: Sequence[PlannedOffer]) -> list[Choice]:
    asked = question.asked
    found = []
    if not question.reach.hides:
        bodies = _directory(m.Territory, question.reach)
        if len(bodies) > 1:
            found.append(_choice("territory", "Территория", bodies, asked.territory_id))
        types = _directory(m.OrganizationType, None)
        found.append(_choice("type", "Тип организации", types, asked.type_id))
        kinds = [(kind.value, kind.label) for kind in PositionKind]
        found.append(_choice("kind", "Категория должности", kinds, asked.kind.value if asked.kind else None))
    subjects = sorted({it.subject for it in offers}, key=lambda pair: (pair[0] <= 0, pair[1]))
    found.append(_choice("subject", "Предмет программы", subjects, asked.subject_id))
    blocks = [(kind.value, kind.label) for kind in BlockKind]
    found.append(_choice("block", "Блок чека", blocks, asked.block.value if asked.block else None))
    return found


def _directory(model: Any, limits: Reach | None) -> list[tuple[int, str]]:
    table = model.__table__
    name = table.c.short_name if "short_name" in table.c else table.c.name
    statement = select(table.c.id, name).order_by(sort_key(name), table.c.id)
    if limits is not None and not limits.is_whole:
        statement = statement.where(table.c.id.in_(limits.territories))
    return [(pk, words) for pk, words in db.session.execute(statement)]


def _choice(name: str, label: str, pairs: Sequence[tuple[Any, str]], chosen: Any) -> Choice:
    options = [Option("", "Все", chosen=chosen is None)]
    options += [Option(str(value), words, chosen=value == chosen) for value, words in pairs]
    return Choice(name, label, options)


# --- behind a cell ---------------------------------------------------------------------------------------------------


def _behind(question: Question, known: Counted, cell: tuple[str, str]) -> list[Block]:
    """Territories behind the chosen cell, or the organizations of one, or the people of one organization."""
    question.reach.insist_people()
    key, when = cell
    offers = [it for it in known.offers if key in (_ALL, heat.key_of(it, question.by)[0])]
    if not offers:
        raise NotFound("Такой строки в плане нет. Выберите другую клетку.")
    month = None if when == _YEAR else int(when)
    of_all = key == _ALL and not question.asked.narrows_offers
    asked = demand.of_cell(question.asked, None if of_all else offers, month)
    titles = {heat.key_of(it, question.by)[1] for it in offers}
    what = "Все программы" if key == _ALL else next(iter(titles))
    lead = f"{what}, {'весь год' if month is None else _month_words(month)}"
    if question.asked.organization_id:
        return [_people(demand.people(asked, question.reach), lead)]
    if question.asked.territory_id or not (question.reach.is_whole or len(question.reach.territories) > 1):
        places = demand.by_organization(asked, question.reach)
        return [_places(places, "Организация", "organization", lead, question)]
    places = demand.by_territory(asked, question.reach)
    return [_places(places, "Территория", "territory", lead, question)]


def _places(places: Sequence[demand.Place], head: str, name: str, lead: str, question: Question) -> Block:
    total = sum(place.wishes for place in places)
    columns = [
        Column("name", head),
        Column("wishes", "Заявок", number=True),
        Column("people", "Человек", number=True),
        Column("share", "Доля", number=True),
    ]
    rows = [
        Row(
            place.pk,
            question.href(**{name: place.pk}) + "#behind",
            [
                Cell(place.name),
                Cell(number(place.wishes), number=True),
                Cell(number(place.people), number=True),
                Cell(percent(place.wishes, total), number=True),
            ],
        )
        for place in places
    ]
    title = f"Откуда: {count(total, 'заявка', 'заявки', 'заявок')}"
    return Block(title, lead=lead, columns=columns, rows=rows, empty="В этой клетке заявок нет.")


def _people(items: Sequence[m.PlanItem], lead: str) -> Block:
    columns = [
        Column("name", "Работник"),
        Column("program", "Программа"),
        Column("months", "Месяцы"),
        Column("status", "Состояние"),
    ]
    rows = [
        Row(
            item.id,
            addresses.card("plan_item", item.id),
            [
                Cell(item.employee.full_name, str(item.employment.position)),
                Cell(item.program.title if item.program else ""),
                Cell(
                    ", ".join(FULL_MONTHS[month - 1] for month in ([item.month] if item.month else item.months))
                    or "любой"
                ),
                Cell(item.status.label, tone=item.status.tone),
            ],
        )
        for item in items
    ]
    note = f"Показаны первые {demand.MOST_PEOPLE}." if len(items) == demand.MOST_PEOPLE else ""
    return Block(
        "Кто хочет учиться", lead=lead, columns=columns, rows=rows, empty="В этой клетке заявок нет.", note=note
    )
