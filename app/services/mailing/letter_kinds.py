"""Kinds of letters with their standard words and the fields that each may name: the one place of the standard texts.

A field stands in the words as ``{{ имя }}``. What a letter says by itself is ``{{ текст }}``: the sentences of the action that
wrote it; the other fields let the operator say the same in other words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import inspect

from app import models as m
from app.russian import format_date, period

#: field → (meaning, example): known in every letter
COMMON: Mapping[str, tuple[str, str]] = {
    "приветствие": ("обращение целиком", "Здравствуйте, Анна Ивановна!"),
    "имя": ("имя и отчество получателя", "Анна Ивановна"),
    "тема": ("тема, как её составил портал", "Состояние вашей заявки изменилось"),
    "текст": ("сообщение портала целиком", "Здесь портал сообщает, что произошло, почему и что делать дальше."),
    "ссылка": ("адрес страницы портала, о которой письмо", "/notices/"),
    "портал": ("название портала", "Кадры в образовании"),
    "дата": ("день отправки", "01.09.2026"),
}
SUBJECT = "{{ тема }}"
BODY = "{{ приветствие }}\n\n{{ текст }}"
GENERAL = "general"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of letters; ``required``: the order demands it, so nobody refuses it; ``roles``: who gets it, empty: anybody."""

    code: str
    group: str
    title: str
    required: bool = False
    subject: str = SUBJECT
    body: str = BODY
    own: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    roles: frozenset[str] = frozenset()

    @property
    def fields(self) -> dict[str, tuple[str, str]]:
        """Field → (meaning, example) of everything that the words may name."""
        return {**self.own, **COMMON}


def _body(*paragraphs: str) -> str:
    return "\n\n".join(("{{ приветствие }}", *paragraphs))


_REASON = {"причина": ("причина решения", "Не хватает сведений об образовании")}
_VOUCHER = {
    "номер_чека": ("номер чека", "63-2026-000123"),
    "действует_по": ("последний день чека", "31.12.2028"),
}
_DOCUMENT = {
    "вид": ("вид документа", "Удостоверение о повышении квалификации"),
    "номер": ("номер документа", "0001/2026"),
    "дата_выдачи": ("дата выдачи", "01.09.2026"),
}
_GROUP = {
    "группа": ("номер группы", "12"),
    "программа": ("название программы", "Современный урок математики"),
    "занятия": ("дни занятий", "1–12 сентября 2026 г."),
    "место": ("место занятий", "Самара, ул. Учебная, 1"),
}
_ACCESS, _VOUCHERS, _COURSES, _DATA, _OTHER = (
    "Доступ к порталу",
    "Чеки",
    "Курсы и документы",
    "Сведения о вас",
    "Прочее",
)
_STAFF = frozenset({"school", "territory", "operator"})

KINDS: Mapping[str, Kind] = {
    kind.code: kind
    for kind in (
        Kind("registration_link", _ACCESS, "Регистрация: подтверждение почты", required=True),
        Kind("registration_confirmed", _ACCESS, "Регистрация подтверждена", required=True),
        Kind("registration_returned", _ACCESS, "Регистрация возвращена на доработку", required=True, own=_REASON),
        Kind("registration_rejected", _ACCESS, "В регистрации отказано", required=True, own=_REASON),
        Kind("invitation", _ACCESS, "Приглашение в портал", required=True),
        Kind("recovery", _ACCESS, "Восстановление доступа", required=True),
        Kind("security", _ACCESS, "Пароль, вход и второй фактор", required=True),
        Kind("access_granted", _ACCESS, "Доступ предоставлен", required=True),
        Kind("access_rejected", _ACCESS, "В доступе отказано", required=True, own=_REASON),
        Kind("access_revoked", _ACCESS, "Доступ отозван", required=True, own=_REASON),
        Kind("consent", _ACCESS, "Согласия на обработку персональных данных", required=True),
        Kind(
            "application_approved",
            _VOUCHERS,
            "Заявка на чек одобрена",
            required=True,
            subject="Выдан Именной образовательный чек № {{ номер_чека }}",
            body=_body(
                "Заявка на Именной образовательный чек одобрена. Номер чека: {{ номер_чека }}, действует по "
                "{{ действует_по }}. Теперь можно выбрать программу и записаться на курс."
            ),
            own=_VOUCHER,
        ),
        Kind(
            "application_returned",
            _VOUCHERS,
            "Заявка на чек возвращена",
            required=True,
            subject="Заявка на Именной образовательный чек возвращена",
            body=_body(
                "Заявка на Именной образовательный чек возвращена. Причина: {{ причина }}",
                "Исправьте сведения и подайте её снова.",
            ),
            own=_REASON,
        ),
        Kind("application_rejected", _VOUCHERS, "В заявке на чек отказано", required=True, own=_REASON),
        Kind(
            "voucher_annulled",
            _VOUCHERS,
            "Чек аннулирован",
            required=True,
            subject="Чек № {{ номер_чека }} аннулирован",
            body=_body("Именной образовательный чек № {{ номер_чека }} аннулирован. Причина: {{ причина }}"),
            own={**_VOUCHER, **_REASON},
        ),
        Kind("voucher_replaced", _VOUCHERS, "Чек заменён", required=True, own={**_VOUCHER, **_REASON}),
        Kind("voucher_expiring", _VOUCHERS, "Срок чека заканчивается или закончился", own=_VOUCHER),
        Kind("program_decided", _COURSES, "Решение по программе", own=_REASON, roles=frozenset({"organizer"})),
        Kind("enrolment_changed", _COURSES, "Запись на курс", required=True, own=_GROUP),
        Kind("enrolment_offered", _COURSES, "Предложено место из листа ожидания", required=True, own=_GROUP),
        Kind("group_starts", _COURSES, "Занятия начинаются завтра", own=_GROUP),
        Kind("group_minimum", _COURSES, "Группа не набрана", own=_GROUP, roles=frozenset({"organizer"})),
        Kind("course_invitation", _COURSES, "Приглашение на курс из плана", own=_GROUP),
        Kind("enrolment_rejected", _COURSES, "Запись на курс отклонена", required=True, own={**_GROUP, **_REASON}),
        Kind("enrolment_result", _COURSES, "Курс не закончен", required=True, own={**_GROUP, **_REASON}),
        Kind("group_changed", _COURSES, "Изменения учебной группы", required=True, own=_GROUP),
        Kind(
            "certificate_issued",
            _COURSES,
            "Выдан документ об обучении",
            subject="Выдан документ об обучении № {{ номер }}",
            own=_DOCUMENT,
        ),
        Kind("certificate_duplicated", _COURSES, "Выдан дубликат документа об обучении", own=_DOCUMENT),
        Kind("certificate_annulled", _COURSES, "Документ об обучении аннулирован", own={**_DOCUMENT, **_REASON}),
        Kind("change_decided", _DATA, "Решение по исправлению карточки", own=_REASON),
        Kind("transfer", _DATA, "Переход в другую организацию", own=_REASON),
        Kind("card_changed", _DATA, "Изменения в вашей карточке"),
        Kind("data_reminder", _DATA, "Напоминание внести сведения", roles=_STAFF),
        Kind("digest", _OTHER, "Сводка за день", roles=frozenset({"school", "organizer"})),
        Kind("queue_summary", _OTHER, "Сводка заявок, которые ждут решения", roles=frozenset({"operator"})),
        Kind("task_finished", _OTHER, "Долгое задание выполнено"),
        # a letter whose writer named no kind is nobody's to refuse
        Kind(GENERAL, _OTHER, "Прочие извещения", required=True),
    )
}

#: table and status of the row that a letter is about → its kind; the table alone when the status does not matter
_BY_ROW: Mapping[tuple[str, str], str] = {
    ("voucher", "active"): "application_approved",
    ("voucher", "annulled"): "voucher_annulled",
    ("voucher_application", "returned"): "application_returned",
    ("voucher_application", "rejected"): "application_rejected",
    ("voucher", "replaced"): "voucher_replaced",
    ("voucher", "expired"): "voucher_expiring",
    ("program", ""): "program_decided",
    ("enrolment", "offered"): "enrolment_offered",
    ("enrolment", "rejected"): "enrolment_rejected",
    ("enrolment", "failed"): "enrolment_result",
    ("enrolment", "no_show"): "enrolment_result",
    ("enrolment", "expelled"): "enrolment_result",
    ("enrolment", ""): "enrolment_changed",
    ("training_group", ""): "group_changed",
    ("certificate", "issued"): "certificate_issued",
    ("certificate", "annulled"): "certificate_annulled",
    ("registration", "confirmed"): "registration_confirmed",
    ("registration", "returned"): "registration_returned",
    ("registration", "rejected"): "registration_rejected",
    ("access_request", "granted"): "access_granted",
    ("access_request", "rejected"): "access_rejected",
    ("access_request", "revoked"): "access_revoked",
    ("change_request", ""): "change_decided",
    ("transfer", ""): "transfer",
    ("consent_withdrawal", ""): "consent",
}
#: tables whose cards a person may open: where a letter about a row leads when its writer names no address
_CARDS = frozenset({"voucher", "voucher_application", "enrolment", "training_group", "certificate"})


def kind_of(row: Any) -> str:
    """Code of the letters about a row in its present state."""
    if row is None:
        return GENERAL
    table, status = row.__tablename__, getattr(row, "status", None)
    found = _BY_ROW.get((table, str(getattr(status, "value", status)))) or _BY_ROW.get((table, ""))
    return found or GENERAL


def href_of(row: Any) -> str | None:
    """Path of the row's card, where the person may open it."""
    return f"/{row.__tablename__}/show/{row.id}" if row is not None and row.__tablename__ in _CARDS else None


def facts_of(row: Any) -> dict[str, str]:
    """Field → value of what the row itself tells: what is loaded already, nothing more is read from the database."""
    facts: dict[str, str] = {}
    if isinstance(row, m.Voucher):
        facts = {"номер_чека": row.number, "действует_по": format_date(row.valid_until)}
    elif isinstance(row, m.Certificate):
        facts = {"вид": row.kind.label, "номер": row.number, "дата_выдачи": format_date(row.issued_on)}
    elif isinstance(row, m.TrainingGroup):
        facts = group_facts(row)
    elif isinstance(row, m.Enrolment) and "group" not in inspect(row).unloaded and row.group is not None:
        facts = group_facts(row.group)
    reason = getattr(row, "reason_text", None)
    return {**facts, "причина": reason} if reason else facts


def group_facts(group: m.TrainingGroup) -> dict[str, str]:
    """Field → value of a group, for the letters about it and about the enrolments in it."""
    return {
        "группа": group.number,
        "программа": group.program.title,
        "занятия": period(group.starts_on, group.ends_on),
        "место": group.place or "",
    }


def greeting(name: str) -> str:
    """«Здравствуйте, Анна Ивановна!», without a name where none is known."""
    return f"Здравствуйте, {name}!" if name else "Здравствуйте!"
