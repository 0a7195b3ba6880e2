"""«Главная» of a worker: what waits, courses with their way, the voucher (чек) by its blocks, what suits; beside them terms and the last document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app import addresses
from app import models as m
from app.actor import Actor
from app.clock import local
from app.documents.office.pdf import find_office
from app.russian import capitalized, count, format_date, format_datetime, period, quoted
from app.services.desk import cabinet
from app.services.desk.cabinet import Cabinet, OwnCourse, Suggestion
from app.services.planning import own_plan
from app.services.planning.own_plan import Invitation
from app.services.portal import ways
from app.services.portal.ways import Way
from app.services.voucher import voucher_eligibility
from app.statuses import EnrolmentStatus, actions_of
from app.web.courses.own_enrolment import join_button
from app.web.frame.pages import Block, Button, Todo
from app.web.personnel.employee_card import voucher_part
from app.web.personnel.own_card import terms_block

#: courses on the start page, the nearest first
_COURSES = 3


def is_worker(actor: Actor) -> bool:
    """Whether the cabinet is the user's: a worker with a card."""
    return "worker" in actor.roles and actor.employee_id is not None


#: what a worker reads who has an account and no card
NO_CARD = (
    "Карточки работника за вашей учётной записью нет, поэтому своих курсов, чеков и документов портал вам не покажет. Карточку ведёт "
    "ответственный вашей организации: попросите его связать её с вашей учётной записью. Выбрать курс можно и сейчас."
)


def no_card_blocks() -> list[Block]:
    """The start page of a worker without a card, who has not registered either."""
    return [Block("Нет карточки работника", note=NO_CARD, buttons=[_choose_course()], tone="wait")]


def worker_blocks(employee_id: int) -> list[Block]:
    """The wide column of the worker's start page, the most urgent first."""
    data = cabinet.of_worker(employee_id)
    plan = own_plan.invitation(employee_id)
    waits = [*_waits(data), *([_year(plan)] if plan is not None and not plan.chosen else [])]
    return [
        *([Block("Ждёт вас", todo=_one_filled(waits))] if waits else []),
        *_courses(data),
        _voucher(data, employee_id),
        # without a чек there is little to choose: the block above says how to get one
        *([_suits(cabinet.suggestions(employee_id))] if data.voucher is not None else []),
    ]


def worker_aside(employee_id: int) -> list[Block]:
    """The narrow column: terms, the last document."""
    return [terms_block(employee_id, more=True), _document(employee_id)]


def _one_filled(waits: Sequence[Todo]) -> list[Todo]:
    """Of the buttons only the first, which is the most urgent, is filled."""
    return [replace(it, button=replace(it.button, main=n == 0)) if it.button else it for n, it in enumerate(waits)]


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


def _year(plan: Invitation) -> Todo:
    days = count(plan.days_left, "день", "дня", "дней")
    left = f"осталось {days}" if plan.days_left else "сегодня последний день"
    detail = "Организаторы открывают группы там, где их выбрали."
    choose = Button("Выбрать на год", addresses.PLAN)
    return Todo(f"Выберите курсы на {plan.year} год — {left}", detail, addresses.PLAN, "wait", choose)


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
    return Todo(f"Пройденный курс {quoted(row.title)} отклонён", reason, href, "bad", Button("Исправить", href))


# --- чек -------------------------------------------------------------------------------------------------------------


def _voucher(data: Cabinet, employee_id: int) -> Block:
    """The чек as a picture of its blocks; without one, the way of the application or whether it may be made."""
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
        href = addresses.card("voucher_application", application.id)
        way = ways.way_of(application, own=True)
        buttons = [Button("Открыть заявку", href), Button("Мои заявки на чек", addresses.MY_APPLICATIONS)]
        return Block("Заявка на чек", way=way, buttons=buttons)
    block = application_block(employee_id, "Чек")
    return replace(block, buttons=[*block.buttons, Button("Мои заявки на чек", addresses.MY_APPLICATIONS)])


def application_block(employee_id: int, title: str) -> Block:
    """Whether the person may apply for a чек now, with the button, else why not."""
    may = voucher_eligibility.eligibility(employee_id)
    apply = Button("Подать заявку на чек", addresses.form("voucher_application", employee=employee_id), main=True)
    return Block(title, note=may.reason or "Можно подать заявку на чек.", buttons=[apply] if may.allowed else [])


# --- courses ---------------------------------------------------------------------------------------------------------


def _courses(data: Cabinet) -> list[Block]:
    """The nearest courses, each with its way; without any the way to the catalogue."""
    if not data.courses:
        empty = "Сейчас вы не записаны на курсы."
        return [Block("Мои курсы", empty=empty, buttons=[Button("Все курсы", addresses.MY_COURSES)])]
    shown = data.courses[:_COURSES]
    told = ways.ways_of([course.enrolment for course in shown], own=True)
    blocks = [course_block(course.enrolment, told[course.enrolment.id], meets=_meets(course)) for course in shown]
    rest = len(data.courses) - len(shown)
    if rest > 0:
        more = Button(f"Все мои курсы: {len(data.courses)}", addresses.MY_COURSES)
        blocks[-1] = replace(blocks[-1], buttons=[*blocks[-1].buttons, more])
    return blocks


def _meets(course: OwnCourse) -> str:
    # who only waits for a seat is not invited to the meetings
    if course.meets_at is None or course.enrolment.status == EnrolmentStatus.WAITING:
        return ""
    return f"Ближайшее занятие: {format_datetime(course.meets_at)}, {course.meets_in}."


def course_block(row: m.Enrolment, way: Way, *, meets: str = "") -> Block:
    """A course with its way; what is done with the enrolment is done on its page."""
    group = row.group
    hours = count(group.program.hours, "час", "часа", "часов")
    organizer = f", {group.organizer.short_name}" if group.organizer else ""
    about = f"{hours}, группа {group.number}, {period(group.starts_on, group.ends_on)}, {group.place}{organizer}"
    button = Button("Открыть запись", addresses.card("enrolment", row.id))
    return Block(group.program.title, lead=about, way=way, note=meets, buttons=[button])


def _suits(found: Sequence[Suggestion]) -> Block:
    empty = "Сейчас нет открытых групп, которые подходят вашей должности и оплачиваются свободным блоком чека."
    return Block(
        "Подходит вам сейчас",
        todo=[_offered(it) for it in found],
        empty=empty,
        buttons=[Button("Все", addresses.CATALOGUE)],
    )


def _offered(it: Suggestion) -> Todo:
    hours, free = count(it.hours, "час", "часа", "часов"), count(it.free, "место", "места", "мест")
    detail = (
        f"{hours}, группа {it.number}, {period(it.starts_on, it.ends_on)}, {it.place}. Свободно {free}. {it.organizer}"
    )
    button = replace(join_button(it.group_id), main=False)
    return Todo(it.title, detail, addresses.at("courses", it.group_id), "grey", button)


# --- documents -------------------------------------------------------------------------------------------------------


def _document(employee_id: int) -> Block:
    """The newest document, with its file; the others on their own page."""
    found = cabinet.documents_of(employee_id)
    if not found:
        return Block("Документы", empty="Документов об обучении пока нет.", buttons=[_all_documents("Открыть")])
    row = found[0]
    group = row.enrolment.group if row.enrolment else None
    title, about = f"{capitalized(row.kind.label)} № {row.number}", group.program.title if group else ""
    newest = Todo(title, about, addresses.card("certificate", row.id), "grey", Button("Скачать", document_href(row)))
    return Block("Последний документ", todo=[newest], buttons=[_all_documents(f"Все: {len(found)}")])


def _all_documents(label: str) -> Button:
    return Button(label, addresses.MY_DOCUMENTS)


def document_href(row: m.Certificate) -> str:
    """Where the file of a document is: a PDF, without LibreOffice a Word file."""
    return addresses.at("certificate", "print", row.id, "pdf" if find_office() else "docx")
