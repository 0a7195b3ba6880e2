"""«Личный кабинет» of a worker: what waits, the voucher (чек) as a picture of its blocks, courses, suitable groups, documents, notices."""

from __future__ import annotations

from dataclasses import replace

from app import addresses
from app import models as m
from app.access import current_actor
from app.clock import local
from app.documents.office.pdf import MISSING, find_office
from app.russian import count, format_date, format_datetime, period, quoted
from app.services.desk import cabinet
from app.services.desk.cabinet import Cabinet, OwnCourse, Suggestion
from app.services.voucher import voucher_eligibility
from app.statuses import EnrolmentStatus, actions_of
from app.web.desk import notice_view
from app.web.frame.listing import state_cell
from app.web.frame.pages import Block, Button, Cell, Row, Todo
from app.web.personnel.archive_pages import archive_buttons
from app.web.personnel.employee_card import ADD_TRAINING, table, voucher_part

_NEWEST = 5


def worker_blocks(employee_id: int) -> list[Block]:
    """Blocks of the worker's own start page, the most urgent first."""
    data = cabinet.of_worker(employee_id)
    waits = _waits(data)
    return [
        *([Block("Ждёт вас", todo=waits)] if waits else []),
        _voucher(data, employee_id),
        _courses(data),
        # without a чек there is little to choose: the block above says how to get one
        *([_suits(cabinet.suggestions(employee_id))] if data.voucher is not None else []),
        _documents(data, employee_id),
        _notices(data),
    ]


def _choose_course() -> Button:
    return Button("Выбрать курс", addresses.CATALOGUE)


# --- what waits ------------------------------------------------------------------------------------------------------


def _waits(data: Cabinet) -> list[Todo]:
    found = [_offer(course) for course in data.offers]
    if data.application is not None and cabinet.is_to_mend(data.application):
        found.append(_application(data.application))
    if data.correction is not None:
        found.append(_correction(data.correction))
    if data.voucher is not None and data.blocks_to_spend:
        found.append(_unspent(data.voucher, data.blocks_to_spend))
    if data.training is not None:
        found.append(_training(data.training))
    return found


def _offer(course: OwnCourse) -> Todo:
    row, group = course.enrolment, course.enrolment.group
    until = f"Место держится за вами до {format_datetime(local(row.offer_until))}" if row.offer_until else ""
    take = Button(
        actions_of("enrolment")["accept"].button,
        addresses.act("enrolment", row.id, "accept"),
        main=True,
        post=True,
    )
    return Todo(
        f"Освободилось место: {quoted(group.program.title)}, {period(group.starts_on, group.ends_on)}",
        f"{until}, потом его предложат следующему в очереди. Группа {group.number}, {group.place}.",
        addresses.card("enrolment", row.id),
        "go",
        take,
    )


def _application(row: m.VoucherApplication) -> Todo:
    href = addresses.card("voucher_application", row.id)
    returned = f"Причина: {row.reason_text}" if row.reason_text else "Проверьте сведения и подайте её."
    words = f"Заявка на чек № {row.id}: {row.status.label[0].lower()}{row.status.label[1:]}"
    return Todo(words, returned, href, "bad", Button("Открыть заявку", href))


def _correction(row: m.ChangeRequest) -> Todo:
    href = addresses.card("change_request", row.id)
    reason = f"Причина: {row.reason_text}" if row.reason_text else ""
    return Todo("Ваше исправление карточки отклонено", reason, href, "bad", Button("Посмотреть", href))


def _unspent(voucher: m.Voucher, free: int) -> Todo:
    blocks = count(free, "свободный блок", "свободных блока", "свободных блоков")
    return Todo(
        f"Чек действует по {format_date(voucher.valid_until)}, в нём {blocks}",
        "Что не использовано до этого дня, сгорит.",
        button=_choose_course(),
    )


def _training(row: m.Training) -> Todo:
    href = addresses.card("training", row.id)
    reason = f"Причина: {row.reason_text}" if row.reason_text else ""
    return Todo(f"Пройденный курс {quoted(row.title)} не подтверждён", reason, href, "bad", Button("Исправить", href))


# --- чек -------------------------------------------------------------------------------------------------------------


def _voucher(data: Cabinet, employee_id: int) -> Block:
    """The чек as a picture of its blocks; without one, what became of the application or whether it may be made."""
    voucher, application = data.voucher, data.application
    if voucher is not None:
        parts = [voucher_part(block, data.enrolment_of_block) for block in voucher.blocks]
        return Block(
            f"Чек № {voucher.number}",
            parts=parts,
            note=f"Действует по {format_date(voucher.valid_until)}.",
            buttons=[Button("Открыть чек", addresses.card("voucher", voucher.id)), _choose_course()],
        )
    if application is not None:
        term = f" Срок решения: {format_date(application.due_on)}." if application.due_on else ""
        href = addresses.card("voucher_application", application.id)
        return Block(
            "Заявка на чек", note=f"{application.status.label}.{term}", buttons=[Button("Открыть заявку", href)]
        )
    may = voucher_eligibility.eligibility(employee_id)
    apply = Button("Подать заявку на чек", addresses.form("voucher_application", employee=employee_id), main=True)
    return Block("Чек", note=may.reason or "Можно подать заявку на чек.", buttons=[apply] if may.allowed else [])


# --- courses and documents -------------------------------------------------------------------------------------------


def _courses(data: Cabinet) -> Block:
    rows = [_course(course) for course in data.courses[: cabinet.MOST_COURSES]]
    heads = ("Программа", "Занятия", "Ближайшее занятие", "Состояние")
    block = table("Мои курсы", heads, rows, empty="Сейчас вы не записаны на курсы.")
    rest = len(data.courses) - len(rows)
    whole = Button("Все записи", addresses.listing("enrolment"))
    return Block(block.title, columns=block.columns, rows=rows, empty=block.empty, buttons=[whole] if rest > 0 else [])


def _course(course: OwnCourse) -> Row:
    row, group = course.enrolment, course.enrolment.group
    href = addresses.card("enrolment", row.id)
    # who only waits for a seat is not invited to the meetings
    meets_at = course.meets_at if row.status != EnrolmentStatus.WAITING else None
    meets = Cell(format_datetime(meets_at), course.meets_in) if meets_at else Cell("—")
    return Row(
        row.id,
        href,
        [
            Cell(group.program.title, f"группа {group.number}", href),
            Cell(f"{format_date(group.starts_on)} – {format_date(group.ends_on)}", "" if meets_at else group.place),
            meets,
            state_cell(row),
        ],
    )


def _suits(found: list[Suggestion]) -> Block:
    rows = []
    for it in found:
        href = addresses.card("training_group", it.group_id)
        hours = count(it.hours, "час", "часа", "часов")
        enrol = Cell("Записаться", href=addresses.form("enrolment", group=it.group_id))
        rows.append(
            Row(
                it.group_id,
                href,
                [
                    Cell(it.title, f"{hours}, группа {it.number}, {it.organizer}", href),
                    Cell(f"{format_date(it.starts_on)} – {format_date(it.ends_on)}", it.place),
                    Cell(count(it.free, "место", "места", "мест")),
                    enrol,
                ],
            )
        )
    heads = ("Программа", "Занятия", "Свободно", "Запись")
    empty = "Сейчас нет открытых групп, которые подходят вашей должности и оплачиваются свободным блоком чека."
    return table("Подходит вам сейчас", heads, rows, empty=empty)


def _documents(data: Cabinet, employee_id: int) -> Block:
    """The newest documents, each to be taken as PDF; without LibreOffice as Word, with the words what is missing."""
    rows = [_document(row) for row in data.documents]
    heads = ("Документ", "Программа", "Дата выдачи", "Печать")
    block = table("Мои документы", heads, rows, empty="Документов об обучении пока нет.")
    buttons = [Button("Все документы", addresses.listing("certificate"))] if rows else []
    if current_actor().can("training:add"):
        buttons.append(Button(ADD_TRAINING, addresses.form("training", employee=employee_id)))
    note = MISSING if rows and not find_office() else ""
    return replace(block, buttons=[*buttons, *archive_buttons(employee_id)], note=note)


def _document(row: m.Certificate) -> Row:
    href = addresses.card("certificate", row.id)
    group = row.enrolment.group if row.enrolment else None
    pdf = bool(find_office())
    paper = addresses.at("certificate", "print", row.id, "pdf" if pdf else "docx")
    return Row(
        row.id,
        href,
        [
            Cell(f"№ {row.number}", row.kind.label, href),
            Cell(group.program.title if group else "—", row.organizer.short_name if row.organizer else ""),
            Cell(format_date(row.issued_on)),
            Cell("Печать в PDF" if pdf else "Скачать для Word", href=paper),
        ],
    )


def _notices(data: Cabinet) -> Block:
    """The newest notices; the unread ones stand out and all are read on their own page."""
    shown = [notice_view.told(notice) for notice in data.notices[:_NEWEST]]
    events = [Cell(n.text, n.when, n.href, "wait" if n.unread else "") for n in shown]
    button = Button("Все извещения", addresses.NOTICES)
    return Block("Извещения", events=events, buttons=[button], empty="Извещений пока нет.")
