"""Pages of orders (приказы): the card with everybody named, DOCX and PDF from the snapshot stored at issue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app import addresses, audit
from app import models as m
from app.access import current_actor
from app.documents.doors import ORDER
from app.documents.papers.training_order import order_context
from app.russian import capitalized
from app.services.paper.orders import training_orders
from app.statuses import OrderKind
from app.web.frame.listing import ListColumn
from app.web.frame.pages import Block, Button, Cell, Column, Pair, Row
from app.web.frame.row_papers import RowPapers
from app.web.frame.scoped_view import ScopedModelView


def _group_cell(order: Any) -> Cell:
    facts = order.snapshot
    return Cell(f"№ {facts.get('group', '')}", str(facts.get("program", "")))


ORDER_GROUP = ListColumn(
    "group", "Группа", lambda o: f"{o.snapshot.get('group', '')}, {o.snapshot.get('program', '')}", _group_cell
)


class OrderPaper(RowPapers):
    """Part of the orders' view: a reprint years later gives the same paper, because only the snapshot is read."""

    paper = ORDER


class OrderPages(ScopedModelView):
    """Pages of the orders' view."""

    parts = (OrderPaper,)

    def card_title(self, row: m.TrainingOrder) -> str:
        """«Приказ № 5 о зачислении»."""
        return f"Приказ № {row.number} {row.kind.label}"

    def blocks(self, row: m.TrainingOrder) -> Sequence[Block]:
        """What is printed: the facts, then the people by the points of the order."""
        facts = order_context(row.snapshot)
        group = addresses.card("training_group", row.group_id)
        pairs = [
            Pair("Дата приказа", Cell(audit.words(row.ordered_on))),
            Pair("Организация", Cell(facts["organization_heading"])),
            Pair("Группа", Cell(f"№ {facts['group']}", href=group)),
            Pair("Программа", Cell(facts["program"], facts["hours_nominative"])),
            Pair("Обучение", Cell(facts["period"])),
            Pair("Подписывает", Cell(facts["head_name"], facts["head_title"])),
        ]
        if facts["basis"]:
            pairs.append(Pair("Основание", Cell(facts["basis"])))
        if facts["replaces"]:
            pairs.append(Pair("Издан взамен", Cell(facts["replaces"])))
        return [*self._left(row), Block("Приказ", pairs=pairs), *(_people(part) for part in facts["parts"])]

    def _left(self, row: m.TrainingOrder) -> list[Block]:
        """People who left since the order enrolled them, and by which order they are expelled."""
        left = training_orders.left_after([row]).get(row.id, [])
        if not left:
            return []
        is_open = bool(training_orders.open_changes(left))
        buttons = []
        if is_open and current_actor().can("training_order:add"):
            href = addresses.at("training_group", "expulsion_order", row.group_id)
            buttons = [Button(f"Приказ {OrderKind.EXPULSION.label}", href)]
        heads = [Column(h, h) for h in ("Кто выбыл", "Состояние записи", "Приказ об отчислении")]
        note = training_orders.NEXT_STEP if is_open else "Все, кто выбыл, названы в приказах об отчислении."
        return [
            Block(
                f"{capitalized(training_orders.FLAG)}: {len(left)}",
                columns=heads,
                rows=[_left_row(enrolment) for enrolment in left],
                buttons=buttons,
                note=note,
                tone="wait" if is_open else "",
            )
        ]


def _left_row(row: m.Enrolment) -> Row:
    href = addresses.card("enrolment", row.id)
    order = row.expulsion_order
    named = Cell("ещё нет", tone="wait")
    if order is not None:
        named = Cell(
            f"№ {order.number} от {audit.words(order.ordered_on)}", href=addresses.card("training_order", order.id)
        )
    who = Cell(row.employee.full_name, href=href)
    return Row(row.id, href, [who, Cell(row.status.label, tone=row.status.tone), named])


def _people(part: dict[str, Any]) -> Block:
    rows = [
        Row(p["number"], "", [Cell(str(p["number"])), Cell(p["name"]), Cell(p["place"] or "—", p["reason"])])
        for p in part["people"]
    ]
    heads = [Column("number", "№"), Column("name", "Кого"), Column("place", "Должность, место работы")]
    title = f"Отчислить {part['ground']}" if part["ground"] else "Зачислить"
    return Block(f"{title}: {len(rows)}", columns=heads, rows=rows)
