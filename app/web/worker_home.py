"""«Личный кабинет» of a worker: the чек as a picture of its blocks, courses, what waits."""

from __future__ import annotations

from flask import url_for

from app.services import people, vouchers
from app.statuses import APPLICATION_LIVE, ENROLMENT_ENDED, VoucherStatus
from app.web import notice_view
from app.web.employee_card import table, voucher_blocks
from app.web.pages import Block, Button, Cell, Row


def worker_blocks(employee_id: int) -> list[Block]:
    """Blocks of the worker's own start page."""
    data = people.card(employee_id)
    blocks = []
    for block in voucher_blocks(data):
        blocks.append(Block(block.title, parts=block.parts, note=block.note, buttons=_voucher_buttons(data)))
    courses = [
        Row(
            e.id,
            url_for("EnrolmentView.show", pk=e.id),
            [
                Cell(e.group.program.title, f"группа {e.group.number}", url_for("EnrolmentView.show", pk=e.id)),
                Cell(f"{e.group.starts_on:%d.%m.%Y} – {e.group.ends_on:%d.%m.%Y}"),
                Cell(e.status.label, tone=e.status.tone),
            ],
        )
        for e in data.enrolments
        if e.group is not None and e.status not in ENROLMENT_ENDED
    ][:10]
    heads = ("Программа", "Занятия", "Состояние")
    blocks.append(
        table("Мои курсы", heads, courses, empty="Вы ещё не записаны на курсы. Выберите группу в разделе «Группы».")
    )
    return [*blocks, _notices()]


def _voucher_buttons(data: people.CardData) -> list[Button]:
    if any(v.status == VoucherStatus.ACTIVE for v in data.vouchers):
        return [Button("Выбрать курс", url_for("TrainingGroupView.list", status="open"))]
    waiting = next((a for a in data.applications if a.status in APPLICATION_LIVE), None)
    if waiting is not None:
        return [Button("Открыть заявку", url_for("VoucherApplicationView.show", pk=waiting.id))]
    if vouchers.eligibility(data.person.id).allowed:
        return [
            Button("Подать заявку на чек", url_for("VoucherApplicationView.add", employee=data.person.id), main=True)
        ]
    return []


def _notices() -> Block:
    """The newest notices; the unread ones stand out and all are read on their own page."""
    events = [Cell(n.text, n.when, n.href, "wait" if n.unread else "") for n in notice_view.newest(5)]
    button = Button("Все извещения", url_for("NoticeView.index"))
    return Block("Извещения", events=events, buttons=[button], empty="Извещений пока нет.")
