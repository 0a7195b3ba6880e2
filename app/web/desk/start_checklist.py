"""The checklist «С чего начать» of a role: words and links of the steps that the data tick (``services.desk.first_steps``)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from app import addresses
from app.actor import Actor
from app.permissions import ROLES
from app.services.desk.first_steps import STEPS
from app.web.frame.pages import Checklist, Step


@dataclass(frozen=True, slots=True)
class _Words:
    """What a step asks, why, and where it is done."""

    text: str
    why: str
    button: str
    href: str


WORDS: Mapping[str, Mapping[str, _Words]] = {
    "worker": {
        "place": _Words("Проверьте место работы", "Пока оно не подтверждено, чек не выдадут.",
                        "Место работы", addresses.listing("employment")),
        "voucher": _Words("Подайте заявку на чек", "Решение придёт за 5 рабочих дней.",
                          "Заявки на чек", addresses.listing("voucher_application")),
        "course": _Words("Запишитесь на курс", "Выберите группу, в которую идёт запись.",
                         "Выбрать курс", addresses.CATALOGUE),
    },
    "school": {
        "people": _Words("Внесите первого работника", "По одному или списком из Excel.",
                         "Загрузить из Excel", addresses.at("employee", "import", "")),
        "looked_through": _Words("Подтвердите список работников", "Просмотрите карточки и нажмите «Подтвердить актуальность».",
                                 "Работники", addresses.listing("employee", attention="not_actual")),
        "voucher": _Words("Подайте первую заявку на чек", "Из карточки работника или сразу для многих.",
                          "Работники", addresses.listing("employee", attention="works")),
        "course": _Words("Запишите работника на курс", "Запись согласуете на этой странице.",
                         "Выбрать курс", addresses.CATALOGUE),
    },
    "organizer": {
        "program": _Words("Внесите программу", "И отправьте её на публикацию.", "Программы", addresses.listing("program")),
        "group": _Words("Откройте группу", "В опубликованной программе откройте группу и запись в неё.",
                        "Группы", addresses.listing("training_group")),
        "listener": _Words("Подтвердите первого слушателя", "Сначала запись согласует его школа.",
                           "Записи", addresses.listing("enrolment", status="agreed")),
        "document": _Words("Выдайте первый документ", "После занятий внесите итоги.",
                           "Обученные", addresses.listing("enrolment", status="trained")),
    },
    "territory": {
        "organizations": _Words("Внесите организации", "От сведений о них зависит, кому положен чек.",
                                "Организации", addresses.listing("organization")),
        "people": _Words("Дождитесь первых работников", "Их вносят ответственные школ.",
                         "Работники", addresses.listing("employee")),
        "places": _Words("Добейтесь подтверждения мест работы", "Подтверждает оператор, сведения дают школы.",
                         "Ждут подтверждения", addresses.listing("employment", attention="unconfirmed")),
    },
    "operator": {
        "rule": _Words("Внесите правило выдачи чеков", "Без действующего правила заявку не подать.",
                       "Правила", addresses.listing("voucher_rule")),
        "decision": _Words("Примите первое решение по заявке", "На него 5 рабочих дней, срочные стоят первыми.",
                           "Требует решения", addresses.QUEUE),
        "program": _Words("Опубликуйте первую программу", "Из опубликованных открывают группы.",
                          "Программы", addresses.listing("program", status="submitted")),
    },
    "admin": {
        "user": _Words("Добавьте пользователя", "Одноразовый пароль передайте лично.",
                       "Пользователи", addresses.listing("ab_user")),
        "role": _Words("Назначьте роль", "С местом и документом-основанием.",
                       "Роли пользователей", addresses.listing("assignment")),
    },
}  # fmt: skip


def of(actor: Actor) -> list[str]:
    """Roles of a user that have first steps; those of a worker need a card."""
    known = [code for code in ROLES if code in actor.roles and code in STEPS]
    return [code for code in known if code != "worker" or actor.employee_id is not None]


def checklist(roles: Collection[str], done: Collection[tuple[str, str]], hidden: Collection[str]) -> Checklist | None:
    """The steps of the first role that has some to do and does not hide them; None when there is none."""
    for role in roles:
        left = [code for code in STEPS[role] if (role, code) not in done]
        if left and role not in hidden:
            return Checklist(role, "С чего начать", [_step(role, code, left) for code in STEPS[role]])
    return None


def _step(role: str, code: str, left: list[str]) -> Step:
    words = WORDS[role][code]
    return Step(words.text, words.why, words.button, words.href, done=code not in left, next=code == left[0])
