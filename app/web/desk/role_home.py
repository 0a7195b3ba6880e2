"""Rows that the start pages of a school and of an organizer name below the tiles; every number opens its list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from app import addresses
from app.clock import today
from app.russian import count, format_date, format_datetime
from app.services.desk import overview
from app.services.desk.overview import Found, OwnGroup, Placed, Unspent
from app.statuses import FILLING, EnrolmentStatus
from app.web.frame.pages import Block, Button, Cell, Column, Row
from app.web.personnel.employee_card import table

# --- school ----------------------------------------------------------------------------------------------------------


def school_blocks() -> list[Block]:
    """«Ближайшее по школе»: enrolments to agree, offered seats, чеки to spend, listeners of today; own people only."""
    found = overview.of_school()
    near: Sequence[tuple[str, str, Found[Any], Callable[[Any], Cell], str]] = (
        ("Согласовать", "wait", found.agree, _waits, addresses.listing("enrolment", attention="agree")),
        (
            "Место предложено",
            "go",
            found.offered,
            _kept,
            addresses.listing("enrolment", status=EnrolmentStatus.OFFERED),
        ),
        ("Чек истекает", "wait", found.unspent, _left, addresses.listing("voucher", attention="unspent")),
        ("Учится сейчас", "ok", found.on_course, _ends, addresses.listing("enrolment", attention="on_course")),
    )
    rows = [_row(it, term(it), Cell(words, tone=tone)) for words, tone, part, term, _href in near for it in part.items]
    buttons = [Button(f"{words}: {part.total}", href) for words, _tone, part, _term, href in near if part.total]
    empty = "Записей, предложенных мест и чеков, которые скоро истекут, сейчас нет."
    block = table("Ближайшее по школе", ("Работник", "Курс или чек", "Срок", "Что это"), rows, empty=empty)
    return [Block(block.title, columns=block.columns, rows=rows, buttons=buttons, empty=empty)]


def _row(it: Placed | Unspent, term: Cell, matter: Cell) -> Row:
    if isinstance(it, Unspent):
        href = addresses.card("voucher", it.voucher_id)
        free = count(it.free, "свободный блок", "свободных блока", "свободных блоков")
        return Row(it.voucher_id, href, [Cell(it.person, href=href), Cell(f"Чек № {it.number}", free), term, matter])
    href = addresses.card("enrolment", it.enrolment_id)
    course = Cell(it.title, f"группа {it.number}, {format_date(it.starts_on)} – {format_date(it.ends_on)}")
    return Row(it.enrolment_id, href, [Cell(it.person, href=href), course, term, matter])


def _waits(it: Placed) -> Cell:
    days = (today() - it.since).days
    return Cell(
        f"ждёт {count(days, 'день', 'дня', 'дней')}" if days else "поступила сегодня", f"с {format_date(it.since)}"
    )


def _kept(it: Placed) -> Cell:
    return Cell(f"до {format_datetime(it.until)}" if it.until else "—")


def _left(it: Unspent) -> Cell:
    days = (it.valid_until - today()).days
    left = f"осталось {count(days, 'день', 'дня', 'дней')}" if days else "сегодня последний день"
    return Cell(f"по {format_date(it.valid_until)}", left)


def _ends(it: Placed) -> Cell:
    return Cell(f"по {format_date(it.ends_on)}")


# --- organizer -------------------------------------------------------------------------------------------------------

_HEADS = (("Группа", False), ("Занятия", False), ("Места", True), ("Лист ожидания", True), ("Не подтверждены", True))


def organizer_blocks() -> list[Block]:
    """«Мои группы»: fill, waiting, not confirmed, what is late; the late ones first, then by the first day."""
    found = overview.of_organizer()
    rows = [_own_group(it) for it in found.items]
    rest = found.total - len(rows)
    columns = [Column(head, head, number=number) for head, number in _HEADS]
    return [
        Block(
            "Мои группы",
            columns=[*columns, Column("state", "Что важно")],
            rows=rows,
            buttons=[Button("Все группы", addresses.listing("training_group"))],
            empty="Групп, которые идут или готовятся, сейчас нет.",
            note=f"Показаны ближайшие {len(rows)} из {found.total}." if rest > 0 else "",
        )
    ]


def _own_group(it: OwnGroup) -> Row:
    href = addresses.card("training_group", it.group_id)
    return Row(
        it.group_id,
        href,
        [
            Cell(it.title, f"группа {it.number}", href),
            Cell(f"{format_date(it.starts_on)} – {format_date(it.ends_on)}", _when(it)),
            Cell(f"{it.taken} из {it.capacity}", f"минимум {it.minimum}" if it.minimum else "", number=True),
            _number(it.waiting, it, status="waiting"),
            _number(it.unconfirmed, it, status="agreed"),
            _matter(it),
        ],
    )


def _number(number: int, it: OwnGroup, **query: str) -> Cell:
    return Cell(str(number), href=_people(it, **query) if number else "", number=True)


def _people(it: OwnGroup, **query: str) -> str:
    values: dict[str, Any] = {"group": it.group_id, **query}
    return addresses.listing("enrolment", **values)


def _when(it: OwnGroup) -> str:
    days = (it.starts_on - today()).days
    if days > 0:
        return f"через {count(days, 'день', 'дня', 'дней')}"
    if days == 0:
        return "начинаются сегодня"
    return "идут" if it.ends_on >= today() else "окончены"


def _matter(it: OwnGroup) -> Cell:
    """The most urgent matter of a group, else its state."""
    if it.without_result:
        return Cell(f"Нет итогов: {it.without_result}", "", _people(it, status="confirmed"), "bad")
    if it.without_document:
        return Cell(f"Нет документов: {it.without_document}", "", _people(it, attention="no_document"), "wait")
    if it.is_below:
        return Cell(f"Недобор: {it.taken} из {it.minimum}", "", _people(it), "wait")
    if it.status in FILLING and it.starts_on <= today():
        return Cell("Пора начать обучение", tone="wait")
    return Cell(it.status.label, tone=it.status.tone)
