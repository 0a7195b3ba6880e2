"""Lines of «Сделайте сегодня»: what each role does, each line declared by the list that it opens.

A number is counted by the conditions of that list, so the two cannot differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app import addresses
from app.russian import count, count_up_to
from app.services.desk import queue
from app.statuses import (
    AccessRequestStatus,
    ApplicationStatus,
    ChangeStatus,
    EnrolmentStatus,
    GroupStatus,
    LetterStatus,
    ProgramStatus,
    RegistrationStatus,
    RegistryStatus,
    TransferStatus,
)
from app.web.frame.list_paging import COUNTED
from app.web.frame.pages import Button, Link, Todo

Forms = tuple[str, str, str]

#: lines that are shown; the rest unfolds below them
MOST_LINES = 5
#: the more urgent the earlier; lines of one tone keep the order in which they are declared
_URGENCY = {"bad": 0, "wait": 1, "go": 1, "": 2}


@dataclass(frozen=True)
class Counted:
    """A list (by its table and filters) whose rows are counted: the words before and with the number, the button.

    Without a button it is no work but a figure at a glance. ``stored``: the number of workers, which is among the stored figures;
    a user of many organizations reads it there.
    """

    table: str
    forms: Forms
    query: Mapping[str, str]
    verb: str = ""
    button: str = ""
    tone: str = ""
    stored: bool = False

    @property
    def key(self) -> tuple[Any, ...]:
        """What tells this list from the others."""
        return self.table, *sorted(self.query.items())

    @property
    def href(self) -> str:
        """Address of the list."""
        return addresses.listing(self.table, **self.query)

    def line(self, found: int) -> Todo:
        """The line with its number and its button."""
        return duty(f"{self.verb} {count_up_to(found, COUNTED, *self.forms)}", self.href, self.button, self.tone)

    def figure(self, found: int) -> Link:
        """The number with its words."""
        return Link(count(found, *self.forms), self.href)


def duty(text: str, href: str, button: str, tone: str = "", detail: str = "") -> Todo:
    """A line whose button opens what its words count."""
    return Todo(text, detail, tone=tone or "info", button=Button(button, href))


def _do(table: str, verb: str, forms: Forms, button: str, tone: str = "", **query: str) -> Counted:
    return Counted(table, forms, query, verb, button, tone)


def _see(table: str, forms: Forms, *, stored: bool = False, **query: str) -> Counted:
    return Counted(table, forms, query, stored=stored)


def by_urgency(lines: Sequence[Todo]) -> list[Todo]:
    """The lines, the most urgent first; the button of the first is the page's main one."""
    return sorted(lines, key=lambda it: _URGENCY.get(it.tone, len(_URGENCY)))


def queue_lines() -> list[tuple[int, Todo]]:
    """What the queue «Требует решения» has late and for today, of all its kinds together; with the numbers."""
    found = queue.urgent()
    late, day = sum(item.overdue for item in found), sum(item.today for item in found)
    return [
        (late, duty(f"Примите {count(late, *_LATE_ONES)}", f"{addresses.QUEUE}?state=overdue", "Решить", "bad")),
        (day, duty(f"Примите {count(day, *_TODAY_ONES)}", f"{addresses.QUEUE}?state=today", "Решить", "wait")),
    ]


# --- what each role does ---------------------------------------------------------------------------------------------

_LATE_ONES = ("просроченное решение", "просроченных решения", "просроченных решений")
_TODAY_ONES = ("решение: срок сегодня", "решения: срок сегодня", "решений: срок сегодня")
_SCANS = ("пройденный курс", "пройденных курса", "пройденных курсов")
_MOVES = ("переход работника", "перехода работников", "переходов работников")
_PLACES = ("место работы", "места работы", "мест работы")
#: «внесите СНИЛС 5 работников»
_OF_PEOPLE = ("работника", "работников", "работников")
_EXPIRING = ("чек истекает за 90 дней", "чека истекают за 90 дней", "чеков истекают за 90 дней")
_LETTERS = ("неотправленное письмо", "неотправленных письма", "неотправленных писем")

_EMPLOYEES = _see("employee", ("работник", "работника", "работников"), stored=True, attention="works")
_OPEN_GROUPS = _see(
    "training_group",
    ("группа с открытой записью", "группы с открытой записью", "групп с открытой записью"),
    status=GroupStatus.OPEN,
)
_UNSENT = _do("letter", "Разберите", _LETTERS, "Разобрать", "bad", status=LetterStatus.FAILED)

_SCHOOL = (
    _do("enrolment", "Согласуйте", ("запись на курс", "записи на курсы", "записей на курсы"), "Согласовать", "wait", attention="agree"),
    _do(
        "change_request", "Рассмотрите", ("исправление карточки", "исправления карточек", "исправлений карточек"),
        "Рассмотреть", "wait", status=ChangeStatus.PROPOSED,
    ),
    _do("training", "Сверьте со сканом", _SCANS, "Сверить", "wait", attention="school"),
    _do("transfer", "Рассмотрите", _MOVES, "Рассмотреть", "wait", attention="school"),
    _do(
        "voucher_application", "Исправьте и подайте", ("заявку на чек", "заявки на чек", "заявок на чек"),
        "Исправить", "wait", attention="unfinished",
    ),
    _do(
        "voucher", "Помогите выбрать курсы:", _EXPIRING, "Посмотреть", attention="expiring",
    ),
    _do(
        "training", "Приложите скан документа к", ("пройденному курсу", "пройденным курсам", "пройденным курсам"),
        "Приложить", attention="no_scan",
    ),
    _do("employee", "Внесите СНИЛС", _OF_PEOPLE, "Внести", attention="no_snils"),
    _do("employee", "Внесите электронную почту", _OF_PEOPLE, "Внести", attention="no_email"),
    _do("employee", "Добейтесь подтверждения места работы", _OF_PEOPLE, "Посмотреть", attention="no_place"),
    _do(
        "employee", "Просмотрите",
        ("карточку, не подтверждённую полгода", "карточки, не подтверждённые полгода", "карточек, не подтверждённых полгода"),
        "Просмотреть", attention="not_actual",
    ),
)  # fmt: skip
_ORGANIZER = (
    _do(
        "training_group", "Внесите итоги", ("оконченной группы", "оконченных групп", "оконченных групп"),
        "Внести", "bad", attention="no_results",
    ),
    _do(
        "enrolment", "Подтвердите", ("запись на курс", "записи на курсы", "записей на курсы"),
        "Подтвердить", "wait", status=EnrolmentStatus.AGREED,
    ),
    _do(
        "enrolment", "Выдайте документы", ("обученному слушателю", "обученным слушателям", "обученным слушателям"),
        "Выдать", "wait", attention="no_document",
    ),
    _do(
        "certificate", "Замените",
        ("документ: сведения исправлены", "документа: сведения исправлены", "документов: сведения исправлены"),
        "Заменить", "bad", attention="to_replace",
    ),
    _do(
        "certificate", "Передайте в ФИС ФРДО",
        ("документ: срок прошёл", "документа: срок прошёл", "документов: срок прошёл"),
        "Передать", "bad", attention="frdo_late",
    ),
    _do(
        "certificate", "Передайте в ФИС ФРДО",
        ("документ за 14 дней", "документа за 14 дней", "документов за 14 дней"),
        "Передать", "wait", attention="frdo_soon",
    ),
    _do(
        "frdo_batch", "Исправьте",
        ("пакет для ФИС ФРДО: изменён после отправки", "пакета для ФИС ФРДО: изменены после отправки", "пакетов для ФИС ФРДО: изменены после отправки"),
        "Исправить", "bad", attention="amended",
    ),
    _do(
        "blank", "Спишите",
        ("бланк аннулированного документа", "бланка аннулированных документов", "бланков аннулированных документов"),
        "Списать", "wait", attention="of_annulled",
    ),
    _do(
        "registry", "Исправьте",
        ("реестр обученных: изменён после отправки", "реестра обученных: изменены после отправки", "реестров обученных: изменены после отправки"),
        "Исправить", "bad", attention="amended",
    ),
    _do(
        "training_group", "Доберите слушателей в",
        ("группу, которая скоро начнётся", "группы, которые скоро начнутся", "групп, которые скоро начнутся"),
        "Посмотреть", "wait", attention="below_minimum",
    ),
    _do(
        "training_group", "Подготовьте",
        ("группу: начало за 14 дней", "группы: начало за 14 дней", "групп: начало за 14 дней"),
        "Подготовить", attention="soon",
    ),
)  # fmt: skip
_OPERATOR = (
    _do(
        "voucher_application", "Рассмотрите", ("заявку на чек", "заявки на чек", "заявок на чек"),
        "Рассмотреть", "wait", status=ApplicationStatus.SUBMITTED,
    ),
    _do("registration", "Проверьте", ("регистрацию", "регистрации", "регистраций"), "Проверить", "wait", status=RegistrationStatus.PENDING),
    _do(
        "access_request", "Рассмотрите", ("заявку на доступ", "заявки на доступ", "заявок на доступ"),
        "Рассмотреть", "wait", status=AccessRequestStatus.SUBMITTED,
    ),
    _do("employment", "Подтвердите", _PLACES, "Подтвердить", "wait", attention="unconfirmed"),
    _do("transfer", "Подтвердите", _MOVES, "Подтвердить", "wait", status=TransferStatus.ACCEPTED),
    _do("program", "Рассмотрите", ("программу", "программы", "программ"), "Рассмотреть", "wait", status=ProgramStatus.SUBMITTED),
    _do("training", "Сверьте со сканом", _SCANS, "Сверить", "wait", attention="operator"),
    _UNSENT,
)  # fmt: skip
_TERRITORY = (
    _do(
        "change_request", "Поторопите школы:",
        ("исправление не внесено в срок", "исправления не внесены в срок", "исправлений не внесено в срок"),
        "Посмотреть", "bad", attention="overdue",
    ),
    _do(
        "enrolment", "Напомните школам:",
        ("запись на курс ждёт согласования", "записи на курсы ждут согласования", "записей на курсы ждут согласования"),
        "Посмотреть", "wait", status=EnrolmentStatus.APPLIED,
    ),
    _do("voucher", "Напомните школам:", _EXPIRING, "Посмотреть", attention="expiring"),
)  # fmt: skip
_TERRITORY_SEES = (
    _see(
        "voucher_application",
        ("заявка на чек ждёт оператора", "заявки на чек ждут оператора", "заявок на чек ждут оператора"),
        status=ApplicationStatus.SUBMITTED,
    ),
    _see(
        "employment",
        ("место работы ждёт подтверждения", "места работы ждут подтверждения", "мест работы ждут подтверждения"),
        attention="unconfirmed",
    ),
)
_MINISTRY = (
    _do(
        "registry", "Примите", ("реестр обученных", "реестра обученных", "реестров обученных"),
        "Проверить", "wait", status=RegistryStatus.SENT,
    ),
)  # fmt: skip
_ADMIN = (
    _UNSENT,
    _do(
        "ab_user", "Помогите войти", ("пользователю: вход закрыт", "пользователям: вход закрыт", "пользователям: вход закрыт"),
        "Посмотреть", "wait", attention="locked",
    ),
)  # fmt: skip

#: role → what it does
LINES: Mapping[str, Sequence[Counted]] = {
    "operator": _OPERATOR,
    "school": _SCHOOL,
    "organizer": _ORGANIZER,
    "territory": _TERRITORY,
    "ministry": _MINISTRY,
    "admin": _ADMIN,
}
#: role → figures at a glance
GLANCE: Mapping[str, Sequence[Counted]] = {
    "operator": (_EMPLOYEES, _OPEN_GROUPS),
    "school": (_EMPLOYEES, _OPEN_GROUPS),
    "organizer": (_OPEN_GROUPS,),
    "territory": (_EMPLOYEES, _OPEN_GROUPS, *_TERRITORY_SEES),
    "ministry": (_EMPLOYEES, _OPEN_GROUPS),
    "admin": (_see("ab_user", ("пользователь", "пользователя", "пользователей")),),
}
