"""The steps that a group still lacks, on its card: each with the page where it is done."""

from __future__ import annotations

from app import addresses
from app import models as m
from app.access import current_actor
from app.russian import count
from app.services.courses.group import results
from app.services.paper.orders import training_orders
from app.statuses import FORMED, GroupStatus
from app.web.courses.group_correction import consequences_of
from app.web.courses.order_pages import HANDLERS
from app.web.frame.pages import Block, Cell, Pair
from app.web.frame.parts import Part


class GroupSteps(Part):
    """«Что осталось сделать» at the head of a group's card."""

    def lead(self, row: m.TrainingGroup) -> list[Block]:
        """What the organizer has still to do for a group in work; nothing when all is done."""
        if row.status not in FORMED or not current_actor().can("enrolment:result"):
            return []
        pairs = _steps(row)
        return [Block("Что осталось сделать", pairs=pairs)] if pairs else []


def _steps(group: m.TrainingGroup) -> list[Pair]:
    missing, running = results.missing_of(group), group.status == GroupStatus.RUNNING
    steps = (
        ("Нет приказа о зачислении", missing.enrolment_order, "enrolment_order", _PEOPLE, True),
        ("Не отмечена посещаемость", missing.marks, "attendance", ("отметка", "отметки", "отметок"), running),
        ("Не внесён итог обучения", missing.outcome, "results", _PEOPLE, running),
        ("Нет приказа об отчислении", missing.expulsion_order, "expulsion_order", _PEOPLE, True),
    )
    pairs = [
        Pair(label, Cell(count(number, *words), href=addresses.at("training_group", handler, group.id)))
        for label, number, handler, words, applies in steps
        if number and applies
    ]
    pairs += [
        Pair(
            f"Приказ № {order.number} расходится с исправленным",
            Cell(words, "Издайте новый приказ взамен", addresses.at("training_group", HANDLERS[order.kind], group.id)),
        )
        for order, words in (training_orders.differing(group) if consequences_of(group).orders else ())
    ]
    if missing.document:
        href = addresses.at("training_group", "issue", group.id) if group.status != GroupStatus.CLOSED else ""
        pairs.append(Pair("Не выдан документ", Cell(count(missing.document, *_PEOPLE), href=href)))
    return pairs


_PEOPLE = ("человек", "человека", "человек")
