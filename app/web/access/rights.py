"""Rights in words: what a role may do with which table, and on which rows. For the page of rights and the developers' page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.actor import Actor, Grant
from app.labels import THINGS
from app.permissions import VERBS, Role, all_permissions
from app.row_rules import READ_RULES
from app.statuses import actions_of

#: objects of rights that have no screen of their own yet
OTHER_THINGS: Mapping[str, str] = {
    "statistics": "Сводные показатели",
    "queue": "Требует решения",
    "report_form": "Формы статистической отчётности",
    "survey": "Мониторинги и опросы",
}
#: actions that change no status
OTHER_ACTIONS: Mapping[str, str] = {
    "ab_user:reset_password": "выдача одноразового пароля",
    "ab_user:reset_second_factor": "отключение второго шага входа",
    "ab_user:invite": "приглашение снова",
    "ab_user:lock": "закрытие входа",
    "ab_user:unlock": "открытие входа",
    "ab_user:view_as": "просмотр портала глазами пользователя",
    "employee:apply": "заявки на чек за нескольких сразу",
    "employee:archive": "обучение одним файлом для аттестации",
    "employee:give_data": "выдача сведений о человеке по его письменному запросу",
    "employee:invite": "приглашение в портал",
    "employee:access_sheet": "лист с одноразовым паролем",
    "employee:confirm_actual": "подтверждение актуальности",
    "transfer:hire": "приём работника из другой организации",
    "employee_merge:undo": "отмена объединения",
    "voucher:import": "загрузка выданных ранее из Excel",
    "voucher:print": "печать",
    "enrolment:transfer": "перевод в другую группу",
    "enrolment:attend": "отметки о посещении",
    "training_group:invite": "приглашение по плану",
    "certificate:issue": "выдача",
    "certificate:print": "печать",
    "certificate:replace": "дубликат и замена",
    "certificate:hand": "отметка о вручении",
    "training:import": "загрузка из Excel",
    "plan_item:import": "загрузка из Excel",
    "frdo_batch:answer": "внесение ответа ФИС ФРДО",
    "employee:import": "загрузка списка из Excel",
    "enrolment:result": "внесение итога",
    "enrolment:correct": "исправление итога",
    "enrolment:retake": "повторная аттестация",
    "training_group:correct": "исправление сведений, у которых есть последствия",
    "survey:request": "запрос мониторинга",
    "training_group:registry": "реестр обученных",
    "registry:renew": "формирование заново",
    "registry:overview": "кто направил реестры",
    "plan_campaign:groups": "группы из заявок",
    "plan_campaign:fact": "план и факт",
    "plan_offer:demand": "спрос и места",
    "plan_item:control": "кто выбрал, а кто нет",
    "plan_item:remind": "напоминание организациям",
    "plan_result:correct": "утверждение плана и его изменений",
}

_OWN = dict.fromkeys(
    (
        "employment",
        "qualification",
        "attestation",
        "training",
        "voucher_application",
        "voucher",
        "voucher_block",
        "enrolment",
        "certificate",
        "consent",
        "change_request",
        "plan_item",
        "unmet_wish",
    ),
    "свои",
)
_CATALOGUE = {
    "program": "опубликованные и архивные",
    "training_group": "все, кроме черновиков",
    "plan_offer": "предложенные на год",
}


def _of_people(whose: str) -> dict[str, str]:
    return {"employee": whose, "former_name": whose, **dict.fromkeys(_OWN, whose), **_CATALOGUE}


def _planned(whose: str) -> dict[str, str]:
    """What people want for the next year follows them to another organization."""
    return dict.fromkeys(("plan_item", "unmet_wish"), f"{whose}; уволенных — ещё 90 дней и только поданные отсюда")


#: role → table → which rows are seen, in words; the rows themselves are decided in ``app/access.py``
ROWS: Mapping[str, Mapping[str, str]] = {
    "worker": {"employee": "своя карточка", "transfer": "свои", **_OWN, **_CATALOGUE},
    "school": {
        **_of_people("работников своей организации и её подразделений, уволенных — ещё 90 дней"),
        **_planned("работников своей организации и её подразделений"),
        "change_request": "работников своей организации и её подразделений, уволенных — ещё 90 дней; о месте работы — только о своём",
        "organization": "своя с подразделениями, организаторы курсов, другие места работы своих работников",
        "import_batch": "свои",
        "transfer": "из своей организации; в неё — после согласия прежней организации",
        "ab_user": "своя и работников своей организации",
    },
    "organizer": {
        "organization": "своя, другие организаторы, места работы своих слушателей",
        "program": "своей организации",
        "training_group": "своей организации",
        "plan_offer": "своей организации",
        "enrolment": "в группы своей организации",
        "certificate": "выданные своей организацией",
        "training_order": "своей организации",
        "blank": "своей организации",
        "registry": "своей организации",
        "blank_receipt": "своей организации",
        "blank_act": "своей организации",
        "print_template": "своей организации и общие",
        "frdo_batch": "своей организации",
        "voucher": "которыми оплачены записи в свои группы",
        "voucher_block": "которыми оплачены записи в свои группы",
    },
    "territory": {
        **_of_people("работников организаций своей территории, уволенных — ещё 90 дней"),
        **_planned("работников организаций своей территории"),
        "change_request": "работников организаций своей территории, уволенных — ещё 90 дней; о месте работы — только на территории",
        "organization": "своей территории, организаторы курсов, другие места работы её работников",
        "transfer": "в организации и из организаций своей территории",
    },
}
#: where fewer rows may be changed than seen
CHANGES: Mapping[str, Mapping[str, str]] = {
    "worker": {"training": "внесённые самим и ещё не подтверждённые"},
    "school": {
        "training": "внесённые не самим работником и ещё не подтверждённые",
        "employment": "в своей организации и её подразделениях",
        "ab_user": "своих работников без других ролей",
    },
    "operator": {"ab_user": "кроме администраторов"},
    "organizer": {
        "program": "своей организации",
        "training_group": "своей организации",
        "plan_offer": "своей организации",
        "print_template": "своей организации",
    },
    "territory": {"organization": "своей территории"},
}
EVERYTHING = "все"


def title_of(table: str) -> str:
    """Name of an object of rights on the screen."""
    return THINGS[table].plural if table in THINGS else OTHER_THINGS[table]


def words_of(permission: str) -> str:
    """Name of a right: «создание», «подтверждение»; raises KeyError for one that has no words."""
    table, verb = permission.split(":")
    if verb in VERBS:
        return VERBS[verb]
    if permission in OTHER_ACTIONS:
        return OTHER_ACTIONS[permission]
    return f"«{actions_of(table)[verb].button}»"


def rows_of(role: str, table: str) -> str:
    """Which rows a role sees and changes; raises KeyError when a narrowed scope has no words."""
    rule = READ_RULES.get(table, {}).get(role)
    if rule is None:
        return "—"
    seen = EVERYTHING if is_whole(role, table) else ROWS[role][table]
    changed = CHANGES.get(role, {}).get(table, "")
    return f"{seen}; меняет — {changed}" if changed and changed != seen else seen


def is_whole(role: str, table: str) -> bool:
    """Whether the role sees every row of the table: «everything», told by asking it."""
    actor = Actor(user_id=0, name="")
    return str(READ_RULES[table][role](actor, Grant(role))) == "true"


def tables() -> list[str]:
    """Objects of rights in the order of ``labels``, then the others."""
    used = {permission.split(":")[0] for permission in all_permissions()}
    return [table for table in (*THINGS, *OTHER_THINGS) if table in used]


def verbs_of(role: Role, table: str) -> list[str]:
    """What a role may do with a table: verbs of the generated views, then actions in the order of their buttons."""
    held = [permission for permission in role.permissions if permission.split(":")[0] == table]
    order = [*VERBS, *actions_of(table)]
    return sorted((p.split(":")[1] for p in held), key=lambda v: (order.index(v) if v in order else len(order), v))


@dataclass(frozen=True, slots=True)
class Line:
    """What a role may do with the rows of a table."""

    table: str
    title: str
    rights: str
    rows: str


def lines_of(role: Role) -> list[Line]:
    """What a role may do, table by table."""
    lines = []
    for table in tables():
        verbs = verbs_of(role, table)
        if verbs:
            words = ", ".join(words_of(f"{table}:{verb}") for verb in verbs)
            lines.append(Line(table, title_of(table), words, rows_of(role.code, table)))
    return lines
