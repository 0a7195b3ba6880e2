"""Pages of orders: the card with everybody named, DOCX and PDF from the snapshot kept at issue."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from flask import send_file, url_for
from flask_appbuilder import expose

from app import audit
from app import models as m
from app.access import current_actor, get_visible
from app.documents.pdf import find_office
from app.documents.training_order import order_context, render_order
from app.extensions import db
from app.russian import capitalized
from app.services.courses.group import training_orders
from app.statuses import OrderKind
from app.unit_of_work import technical_write
from app.web.frame.guards import guarded
from app.web.frame.listing import ListColumn
from app.web.frame.pages import Block, Button, Cell, Column, Pair, Row
from app.web.frame.scoped_view import ScopedModelView
from app.web.paper.pdf_tasks import MAKERS, as_pdf

_CODE, _SHOW = "training_order", "training_order:show"
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def _group_cell(order: Any) -> Cell:
    facts = order.snapshot
    return Cell(f"№ {facts.get('group', '')}", str(facts.get("program", "")))


ORDER_GROUP = ListColumn(
    "group", "Группа", lambda o: f"{o.snapshot.get('group', '')}, {o.snapshot.get('program', '')}", _group_cell
)


class OrderPages(ScopedModelView):
    """Pages of the orders' view; a reprint years later gives the same paper, because only the snapshot is read."""

    def card_title(self, row: m.TrainingOrder) -> str:
        """«Приказ № 5 о зачислении»."""
        return f"Приказ № {row.number} {row.kind.label}"

    def blocks(self, row: m.TrainingOrder) -> Sequence[Block]:
        """What is printed: the facts, then the people by the points of the order."""
        facts = order_context(row.snapshot)
        group = url_for("TrainingGroupView.show", pk=row.group_id)
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
        """Who left since the order enrolled them, and by which order they are expelled."""
        left = training_orders.left_after([row]).get(row.id, [])
        if not left:
            return []
        is_open = bool(training_orders.open_changes(left))
        buttons = []
        if is_open and current_actor().can("training_order:add"):
            href = url_for("TrainingGroupView.expulsion_order", pk=row.group_id)
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

    def extra_buttons(self, row: m.TrainingOrder) -> Sequence[Button]:
        """Print buttons; PDF only where LibreOffice is installed."""
        buttons = [Button("Скачать для Word", url_for("TrainingOrderView.print_docx", pk=row.id))]
        if find_office():
            buttons.insert(0, Button("Печать в PDF", url_for("TrainingOrderView.print_pdf", pk=row.id), main=True))
        return buttons

    @expose("/print/<int:pk>/docx")
    @guarded("show")
    def print_docx(self, pk: int) -> Any:
        """The order as DOCX."""
        row = self.visible(pk)
        return _file(_paper(row), f"{_name(row)}.docx", _DOCX)

    @expose("/print/<int:pk>/pdf")
    @guarded("show")
    def print_pdf(self, pk: int) -> Any:
        """The order as PDF."""
        row = self.visible(pk)
        return as_pdf(_CODE, {"id": row.id}, title=_name(row), permission=_SHOW)


def _left_row(row: m.Enrolment) -> Row:
    href = url_for("EnrolmentView.show", pk=row.id)
    order = row.expulsion_order
    named = Cell("ещё нет", tone="wait")
    if order is not None:
        named = Cell(
            f"№ {order.number} от {audit.words(order.ordered_on)}", href=url_for("TrainingOrderView.show", pk=order.id)
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


def _paper(row: m.TrainingOrder) -> bytes:
    """Render the snapshot and journal the printing."""
    paper = render_order(row.snapshot, organizer_id=row.organizer_id)
    _journal(row)
    return paper


@technical_write
def _journal(row: m.TrainingOrder) -> None:
    audit.record("training_order.printed", row)


def _file(data: bytes, name: str, mimetype: str) -> Any:
    return send_file(io.BytesIO(data), as_attachment=True, download_name=name, mimetype=mimetype)


def _name(row: m.TrainingOrder) -> str:
    return f"Приказ {row.kind.label} № {row.number.replace('/', '-')}"


def _made(given: Mapping[str, Any]) -> tuple[bytes, str]:
    row = get_visible(db.session, m.TrainingOrder, given["id"], _SHOW)
    return _paper(row), _name(row)


MAKERS[_CODE] = _made
