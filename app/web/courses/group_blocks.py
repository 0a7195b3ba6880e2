"""Blocks of a group's card: seats in words, quotas, schedule, listeners."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from flask import g
from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload

from app import addresses
from app import models as m
from app.access import current_actor
from app.conditions import state_of
from app.extensions import db
from app.russian import format_date, percent
from app.services.courses.group import attendance
from app.statuses import ENROLMENT_ENDED, SEAT_HOLDING, EnrolmentStatus
from app.web.frame.listing import state_cell
from app.web.frame.pages import Block, Cell, Column, Pair, Row
from app.web.frame.parts import Part
from app.web.personnel.people_columns import place_name

#: what the card names beside the group itself
RELATIONS = (
    joinedload(m.TrainingGroup.program),
    joinedload(m.TrainingGroup.organizer),
    joinedload(m.TrainingGroup.municipality),
)
#: what the organizer is told of the people whose turn it is, in this order
_WAITING = (
    (EnrolmentStatus.OFFERED, "предложено мест"),
    (EnrolmentStatus.APPLIED, "ждут согласования"),
    (EnrolmentStatus.AGREED, "ждут подтверждения"),
    (EnrolmentStatus.WAITING, "в листе ожидания"),
)


def may_see_people() -> bool:
    """Whether the user sees who is in a group, as far as the own scope goes."""
    actor = current_actor()
    return actor.can("enrolment:list") and actor.roles != {"worker"}


def enrolments_of(group: m.TrainingGroup) -> list[m.Enrolment] | None:
    """The enrolments of a group that the user sees, by name, read once a page; None for those who are not to see the list."""
    if not may_see_people():
        return None
    asked: dict[int, list[m.Enrolment]] = g.setdefault("enrolments_of", {})
    if group.id not in asked:
        asked[group.id] = _enrolments_of(group)
    return asked[group.id]


def _enrolments_of(group: m.TrainingGroup) -> list[m.Enrolment]:
    statement = (
        select(m.Enrolment)
        .where(m.Enrolment.group_id == group.id)
        .join(m.Enrolment.employee)
        .order_by(m.Employee.sort)
        .options(contains_eager(m.Enrolment.employee))
        .options(joinedload(m.Enrolment.employment).joinedload(m.Employment.position))
        .options(joinedload(m.Enrolment.employment).joinedload(m.Employment.organization))
    )
    return list(db.session.scalars(statement))


def sees_all() -> bool:
    """Whether the user sees all enrolments of the groups that the user sees."""
    return bool(current_actor().roles & {"organizer", "operator", "ministry"})


def seats_in_words(group: m.TrainingGroup, enrolments: Collection[m.Enrolment] | None) -> str:
    """«занято 18 из 25, ждут согласования 3, в листе ожидания 4»; others than the organizer read only the first part."""
    parts = [f"занято {group.taken} из {group.capacity}"]
    if enrolments is not None and sees_all():
        numbers = Counter(state_of(row) for row in enrolments)
        parts += [f"{words} {numbers[status]}" for status, words in _WAITING if numbers[status]]
    return ", ".join(parts)


def seats(group: m.TrainingGroup) -> Block:
    """How full a group is."""
    pairs = [
        Pair("Места", Cell(seats_in_words(group, enrolments_of(group)))),
        Pair("Заполнение", Cell(percent(group.taken, group.capacity), number=True)),
        Pair("Наименьшее число слушателей", Cell(_minimum(group))),
        Pair("Запись", Cell(f"{format_date(group.enrol_from)} – {format_date(group.enrol_until)}")),
    ]
    return Block("Места и запись", pairs=pairs)


def _minimum(group: m.TrainingGroup) -> str:
    lacks = group.minimum - group.taken
    if not group.minimum:
        return "не задано"
    return f"{group.minimum}, не хватает {lacks}" if lacks > 0 else f"{group.minimum}, набрано"


class GroupListeners(Part):
    """The listeners of a group on its card."""

    tab = "people"

    def blocks(self, row: m.TrainingGroup) -> list[Block]:
        """People in the group, as far as the user sees them: first those with a seat, who are counted, then the others.

        Who keeps the group works with the first in a table of its own.
        """
        enrolments = enrolments_of(row)
        if enrolments is None:
            return []
        others = [e for e in enrolments if e.status not in SEAT_HOLDING]
        empty = "На курс ещё никто не записан." if not others else "Мест пока никто не занимает."
        seated = [_listener(e) for e in seated_of(row)]
        found = [Block(title_of(row), columns=_HEADS, rows=seated, empty=empty, note=note_of(row))]
        if attendance.keeps_journal(row) and seated:
            found = []
        if others:
            rows = [_listener(e) for e in sorted(others, key=lambda e: e.status in ENROLMENT_ENDED)]
            found.append(Block(f"Ждут места, отозваны, отклонены: {len(rows)}", columns=_HEADS, rows=rows))
        return found


_HEADS = [Column(h, h) for h in ("Слушатель", "Место работы", "Состояние", "Дата аттестации")]


def seated_of(group: m.TrainingGroup) -> list[m.Enrolment]:
    """The enrolments that hold a seat, by name."""
    return [row for row in enrolments_of(group) or () if row.status in SEAT_HOLDING]


def title_of(group: m.TrainingGroup) -> str:
    """«Слушатели: 25»; others than the organizer read whose they are."""
    title = "Слушатели" if sees_all() else "Слушатели из ваших организаций"
    return f"{title}: {len(seated_of(group))}"


def note_of(group: m.TrainingGroup) -> str:
    """How many are in the group without a seat."""
    others = [row for row in enrolments_of(group) or () if row.status not in SEAT_HOLDING]
    ended = sum(row.status in ENROLMENT_ENDED for row in others)
    counted = (("В листе ожидания", len(others) - ended), ("Отозвано и отклонено записей", ended))
    return " ".join(f"{words}: {number}." for words, number in counted if number)


def _listener(e: m.Enrolment) -> Row:
    href = addresses.card("enrolment", e.id)
    place = Cell(e.employment.position.name, place_name(e.employment)) if e.employment else Cell("—")
    result = format_date(e.result_on) if e.result_on else "—"
    cells = [Cell(e.employee.full_name, href=href), place, state_cell(e), Cell(result)]
    return Row(e.id, href, cells)
