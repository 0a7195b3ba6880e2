"""The page of a voucher (чек): owner, term, what each block paid for, its history; printing, replacement, annulment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect

from app import addresses
from app import models as m
from app.access import current_actor
from app.documents.doors import VOUCHER
from app.documents.papers.voucher_paper import may_print
from app.exchange.vouchers.voucher_import import VOUCHERS
from app.russian import format_date, format_datetime
from app.services.voucher import voucher_replacement, voucher_story
from app.services.voucher.voucher_story import BlockStory, Course, Event, VoucherStory
from app.statuses import VoucherStatus
from app.web.frame.pages import Block, Button, CardPage, Cell, Pair
from app.web.frame.row_papers import RowPapers
from app.web.frame.scoped_view import ScopedModelView
from app.web.personnel.list_import_view import ListImportPages, ListWords
from app.web.voucher.voucher_list_columns import BLOCK_TONES


class VoucherPrinting(RowPapers):
    """Part of the чеки's view: the чек on paper."""

    paper = VOUCHER

    def offers(self, row: m.Voucher) -> bool:
        """A чек that is not replaced or annulled, to users who may print it."""
        return may_print(row.status) and self.may(row, "print")


class VoucherLists(ListImportPages):
    """Lists of чеки of former years."""

    lists = VOUCHERS
    list_words = ListWords(
        title="Загрузка чеков прошлых лет",
        note="Загружаются чеки, выданные с 2010 года. Сначала портал покажет, что будет записано и где ошибки.",
        sample="Чеки прошлых лет.xlsx",
        whose="Владелец чека",
        applied="Чеки загружены: {counts}.",
        undo="Загруженные ею чеки удалятся.",
    )


class VoucherPages(ScopedModelView):
    """Pages of the чеки's view."""

    parts = (VoucherPrinting, VoucherLists)

    def card_page(self, row: m.Voucher) -> CardPage:
        """The page from the story of the чек."""
        story = voucher_story.tell(row)
        return CardPage(
            title=self.card_title(row),
            crumbs=self.crumbs(),
            status=_state(story),
            buttons=self.card_buttons(row),
            blocks=[_head(story), *(_block(block) for block in story.blocks)],
            aside=[_history(story.events)],
            note=_note(story),
        )

    def bulk_actions(self) -> Sequence[Button]:
        """Each чек needs a separate reason for its replacement, so there is no button for many."""
        return [button for button in super().bulk_actions() if button.href != "replace"]


def replace(voucher_id: int, reason: str) -> Any:
    """Replace a чек and open the one in its place."""
    voucher = voucher_replacement.replace(voucher_id, reason)
    flash(f"Чек заменён: новый номер — {voucher.number}. Работнику отправлено извещение.", "success")
    return redirect(addresses.card("voucher", voucher.id))


# --- the parts of the page -------------------------------------------------------------------------------------------


def _state(story: VoucherStory) -> Cell:
    return Cell(story.state.label, tone=story.state.tone)


def _note(story: VoucherStory) -> str:
    row = story.voucher
    if story.replacement is not None:
        return f"Чек заменён чеком № {story.replacement.number}. Блоки и записи на курсы перешли к нему. {_reason(row)}"
    if row.status == VoucherStatus.ANNULLED:
        return f"Чек аннулирован. {_reason(row)}"
    return ""


def _reason(row: m.Voucher) -> str:
    return f"Причина: {row.reason_text}" if row.reason_text else ""


def _head(story: VoucherStory) -> Block:
    row = story.voucher
    term = format_date(row.valid_until)
    pairs = [
        Pair("Номер", Cell(row.number)),
        Pair("Владелец", _owner(story)),
        Pair("Организация", Cell(story.organization)),
        Pair("Должность", Cell(story.position, story.subjects)),
        Pair("Правило", Cell(row.rule.title)),
        Pair("Выдан", Cell(format_date(row.issued_on), "до портала, загружен из Excel" if row.imported else "")),
        Pair("Действует по", Cell(term, story.time_left)),
    ]
    if story.former is not None:
        pairs.append(Pair("Выдан взамен чека", _link(story.former)))
    if story.replacement is not None:
        pairs.append(Pair("Заменён чеком", _link(story.replacement)))
    check = addresses.at("verify", "voucher", row.check_code)
    pairs.append(Pair("Проверка по коду", Cell("открыть страницу проверки", href=check)))
    parts = [
        Cell(f"{block.title} · {block.hours}", block.status.label, tone=BLOCK_TONES[block.status])
        for block in story.blocks
    ]
    shown = [pair for pair in pairs if pair.cell.text]
    return Block("Именной образовательный чек", pairs=shown, parts=parts)


def _owner(story: VoucherStory) -> Cell:
    known = bool(story.full_name) and current_actor().can("employee:show")
    href = addresses.card("employee", story.voucher.employee_id) if known else ""
    return Cell(story.full_name, f"СНИЛС {story.snils}" if story.snils else "", href)


def _link(voucher: m.Voucher) -> Cell:
    return Cell(f"№ {voucher.number}", href=addresses.card("voucher", voucher.id))


def _block(block: BlockStory) -> Block:
    pairs = [Pair("Состояние", Cell(block.status.label, tone=BLOCK_TONES[block.status]))]
    pairs += _course(block.course) if block.course else []
    return Block(f"{block.title}, {block.hours}", pairs=pairs, note=block.advice)


def _course(course: Course) -> list[Pair]:
    dates = " – ".join(format_date(day) for day in (course.starts_on, course.ends_on) if day)
    hours = f"{course.hours} ч" if course.hours else ""
    group, document = Cell(course.group), Cell(course.certificate)
    if course.group_id is not None:
        href = addresses.card("training_group", course.group_id)
        group = Cell(course.group, href=href)
    if course.certificate_id is not None:
        document = Cell(f"№ {course.certificate}", href=addresses.card("certificate", course.certificate_id))
    pairs = [
        Pair("Программа", Cell(course.program, hours)),
        Pair("Организатор", Cell(course.organizer)),
        Pair("Группа", group),
        Pair("Занятия", Cell(dates)),
        Pair("Результат" if course.result else "Запись", _state_of(course)),
        Pair("Документ", document),
    ]
    return [pair for pair in pairs if pair.cell.text]


def _state_of(course: Course) -> Cell:
    """The state and the outcome, which lead to the enrolment."""
    if course.enrolment_id is None:
        return Cell(course.state)
    href = addresses.card("enrolment", course.enrolment_id)
    return Cell(course.state, course.result, href)


def _history(events: Sequence[Event]) -> Block:
    lines = []
    for event in events:
        when = format_datetime(event.at) if event.at else format_date(event.day)
        lines.append(Cell(event.words, " · ".join(filter(None, (when, event.who, event.detail)))))
    return Block("История", events=lines)
