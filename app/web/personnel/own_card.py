"""«Моя карточка» of a worker on one page: terms, then block by block what the card holds, each with «Исправить» for itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app import addresses
from app import models as m
from app.access import current_actor
from app.clock import today
from app.conditions import is_employed, is_past
from app.labels import label_of
from app.russian import count, format_date, plural, years
from app.services.desk import cabinet
from app.services.desk.cabinet import Term
from app.services.personnel.cards import changes
from app.services.personnel.cards.card import CardData
from app.services.personnel.cards.correctable import SUBJECTS
from app.services.portal import ways
from app.statuses import ChangeStatus
from app.web.frame.pages import Block, Button, CardPage, Cell, Pair
from app.web.personnel import employee_card
from app.web.personnel.archive_pages import archive_buttons
from app.web.personnel.change_view import CARD_PARTS, may_correct, may_propose, propose_href

#: days before its end in which a term is near
_NEAR = 120
#: corrections that are shown: those that wait, and the latest decided ones
_CORRECTIONS = 2


def is_own_cabinet(person: m.Employee) -> bool:
    """Whether a worker, who is nothing else, looks at the own card: then it is laid out for them."""
    actor = current_actor()
    return actor.roles == {"worker"} and actor.employee_id == person.id


def own_card_page(data: CardData, status: Cell, buttons: Sequence[Button]) -> CardPage:
    """The whole card on one page."""
    person = data.person
    return CardPage(
        title="Моя карточка",
        status=status,
        buttons=buttons,
        blocks=[
            terms_block(person.id),
            *_places(data),
            *(_part(person, n) for n in range(len(CARD_PARTS))),
            *_records(data.qualifications, "qualification", "Образование", "Сообщить об образовании", person),
            *_records(data.attestations, "attestation", "Аттестация", "Сообщить об аттестации", person),
        ],
        aside=[*_corrections(person), *employee_card.voucher_blocks(data), _studied(data)],
    )


# --- terms -----------------------------------------------------------------------------------------------------------


def terms_block(employee_id: int, *, more: bool = False) -> Block:
    """What ends and when: categories, the next training; ``more``: with the way to the card."""
    parts = [_term(term) for term in cabinet.terms_of(employee_id)]
    return Block("Сроки", parts=parts, buttons=[Button("Карточка", addresses.MY_CARD)] if more else [])


def _term(term: Term) -> Cell:
    if term.is_due:
        return Cell(f"{term.title}: пора", term.ground, tone="wait")
    if term.until is None:
        return Cell(f"{term.title}: бессрочно", term.ground, tone="ok")
    if is_past(term.until):
        return Cell(f"{term.title}: срок был {format_date(term.until)}", term.ground, tone="bad")
    left = (term.until - today()).days
    rest = f"{plural(left, 'остался', 'осталось', 'осталось')} {count(left, 'день', 'дня', 'дней')}"
    near = left <= _NEAR
    words = f"{term.title}: по {format_date(term.until)}"
    return Cell(words, f"{rest}; {term.ground}" if near else term.ground, tone="wait" if near else "ok")


# --- what the card holds ---------------------------------------------------------------------------------------------


def _places(data: CardData) -> list[Block]:
    """Each place of work that is not over; the former ones in one block."""
    live = [place for place in data.employments if is_employed(place)]
    former = [place for place in data.employments if not is_employed(place)]
    title = "Место работы"
    blocks = [_place(place, title if len(live) == 1 else f"{title}: {place.kind.label}") for place in live]
    if not live:
        blocks = [Block(title, empty="Действующего места работы нет. Его вносит организация, которая вас принимает.")]
    if former:
        pairs = [Pair(_period(place), Cell(_at(place))) for place in former]
        blocks.append(Block("Прежние места работы", pairs=pairs))
    return blocks


def _place(place: m.Employment, title: str) -> Block:
    subjects = ", ".join(subject.name for subject in place.subjects)
    pairs = [
        Pair("Организация", Cell(place.organization.short_name if place.organization else "другая организация")),
        Pair("Должность", Cell(place.position.name)),
        *([Pair("Предметы", Cell(subjects))] if subjects else []),
        Pair("Вид занятости", Cell(place.kind.label)),
        Pair("Работает с", Cell(format_date(place.begun_on) if place.begun_on else "не указано")),
        Pair("Подтверждение", Cell(place.status.label, tone=place.status.tone)),
    ]
    return Block(title, pairs=pairs, buttons=_correct(place, title))


def _period(place: m.Employment) -> str:
    first = format_date(place.begun_on) if place.begun_on else "…"
    return f"{first} – {format_date(place.ended_on) if place.ended_on else 'сейчас'}"


def _at(place: m.Employment) -> str:
    organization = place.organization.short_name if place.organization else "другая организация"
    return f"{place.position.name}, {organization}"


def _part(person: m.Employee, number: int) -> Block:
    """A part of the card itself; its form opens with these fields alone."""
    title, fields = CARD_PARTS[number]
    pairs = [Pair(label_of("employee", name), Cell(changes.current_words(person, name))) for name in fields]
    if title == CARD_PARTS[-1][0]:
        lasting = ((label, value) for label, value in _stages(person) if value is not None)
        pairs += [Pair(label, Cell(years(value))) for label, value in lasting]
    button = Button("Исправить", propose_href("employee", part=number))
    return Block(title, pairs=pairs, buttons=[button] if may_propose(person, "employee") else [])


def _stages(person: m.Employee) -> list[tuple[str, int | None]]:
    data = CardData(person)
    return [("Педагогический стаж", data.teaching_years), ("Общий стаж", data.working_years)]


def _records(rows: Sequence[Any], table: str, title: str, new: str, person: m.Employee) -> list[Block]:
    """Diplomas or attestations, each with its own correction, then the button that tells of a new one."""
    add = [Button(new, propose_href(table))] if may_propose(person, table) else []
    if not rows:
        return [Block(title, empty="Сведений нет.", buttons=add)]
    fields = SUBJECTS[table].fields
    blocks = []
    for n, row in enumerate(rows):
        known = [(name, changes.current_words(row, name)) for name in fields if getattr(row, name, None) is not None]
        # what a label says of its empty field is for the form
        pairs = [Pair(label_of(table, name).partition(" (")[0], Cell(words)) for name, words in known]
        named = title if len(rows) == 1 else f"{title}: {pairs[0].cell.text}"
        blocks.append(Block(named, pairs=pairs, buttons=[*_correct(row, named), *(add if n == 0 else ())]))
    return blocks


def _correct(row: Any, _title: str) -> list[Button]:
    return [Button("Исправить", propose_href(row.__tablename__, row.id))] if may_correct(row) else []


# --- beside ----------------------------------------------------------------------------------------------------------


def _corrections(person: m.Employee) -> list[Block]:
    """What the person asked to correct: whose turn it is; of the decided ones what was written, what was not and why."""
    rows = changes.latest_of(person.id, most=_CORRECTIONS)
    told = ways.ways_of(rows, own=True)
    blocks = []
    for row in rows:
        accepted, left = changes.decided_labels(row)
        words = [
            *([f"Внесено: {accepted.lower()}."] if accepted else []),
            *([f"Не внесено: {left.lower()}."] if left else []),
            *([f"Причина: {row.reason_text}"] if row.reason_text else []),
        ]
        href = addresses.card("change_request", row.id)
        lead = ", ".join(changes.labels_of(row))
        title = (
            "Исправление ждёт решения"
            if row.status == ChangeStatus.PROPOSED
            else f"Исправление: {row.status.label.lower()}"
        )
        blocks.append(
            Block(title, lead=lead, way=told[row.id], note="\n".join(words), buttons=[Button("Открыть", href)])
        )
    return blocks


def _studied(data: CardData) -> Block:
    """How much the person has learned; the courses and documents have pages of their own."""
    done = [line for line in data.trainings if line.training is None or employee_card.counts(line.training)]
    hours = sum(line.hours for line in done)
    pairs = [
        Pair("Пройдено", Cell(count(len(done), "курс", "курса", "курсов"))),
        Pair("Всего", Cell(count(hours, "час", "часа", "часов"))),
    ]
    add = [Button(employee_card.ADD_TRAINING, addresses.form("training", employee=data.person.id))]
    buttons = [*add, *archive_buttons(data.person.id)] if current_actor().can("training:add") else []
    return Block("Обучение", pairs=pairs, buttons=[Button("Документы", addresses.MY_DOCUMENTS), *buttons])
