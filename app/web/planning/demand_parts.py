"""Beside the heat map: its filters, and what lies behind a chosen cell, from the territories down to the people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app import addresses
from app import models as m
from app.errors import NotFound
from app.extensions import db
from app.russian import count, number, percent
from app.services.planning import demand, heat
from app.services.planning.heat import PlannedOffer
from app.services.planning.reach import Reach
from app.statuses import BlockKind, PositionKind
from app.text.sql import sort_key
from app.web.frame.pages import Block, Cell, Column, Option, Row
from app.web.planning.demand_question import ALL, FULL_MONTHS, YEAR, Question, month_words


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter of the page."""

    name: str
    label: str
    options: Sequence[Option]


def choices(question: Question, offers: Sequence[PlannedOffer]) -> list[Choice]:
    """The filters of the user: those of people for who sees people, those of offers for everybody."""
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


def behind(question: Question, known: Sequence[PlannedOffer], cell: tuple[str, str]) -> list[Block]:
    """Territories behind the chosen cell, or the organizations of one, or the people of one organization."""
    question.reach.insist_people()
    key, when = cell
    offers = [it for it in known if key in (ALL, heat.key_of(it, question.by)[0])]
    if not offers:
        raise NotFound("Такой строки в плане нет. Выберите другую клетку.")
    month = None if when == YEAR else int(when)
    of_all = key == ALL and not question.asked.narrows_offers
    asked = demand.of_cell(question.asked, None if of_all else offers, month)
    titles = {heat.key_of(it, question.by)[1] for it in offers}
    what = "Все программы" if key == ALL else next(iter(titles))
    lead = f"{what}, {'весь год' if month is None else month_words(month)}"
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
