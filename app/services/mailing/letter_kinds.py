"""All kinds of letters by their codes, and the facts that are read from rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import inspect

from app import models as m
from app.access import unscoped
from app.russian import count, format_date, period
from app.services.mailing.kinds import (
    about_access,
    about_account,
    about_courses,
    about_enrolments,
    about_other,
    about_papers,
    about_people,
    about_planning,
    about_vouchers,
)
from app.services.mailing.kinds.base import Kind

__all__ = ["KINDS", "Kind", "facts_of", "greeting", "group_facts", "href_of", "title_of"]

KINDS: Mapping[str, Kind] = {
    kind.code: kind
    for kind in (
        *about_access.KINDS,
        *about_account.KINDS,
        *about_vouchers.KINDS,
        *about_enrolments.KINDS,
        *about_courses.KINDS,
        *about_papers.KINDS,
        *about_people.KINDS,
        *about_planning.KINDS,
        *about_other.KINDS,
    )
}
#: kinds of letters that were sent once and are not written any more → their titles, for the list of letters
FORMER: Mapping[str, str] = {
    "general": "Прочие извещения",
    "security": "Пароль, вход и второй шаг",
    "consent": "Согласия на обработку персональных данных",
    "program_decided": "Решение по программе",
    "enrolment_changed": "Запись на курс",
    "enrolment_result": "Курс не закончен",
    "change_decided": "Решение по исправлению карточки",
    "transfer": "Переход в другую организацию",
    "card_changed": "Изменения в вашей карточке",
    "data_reminder": "Напоминание внести сведения",
}
#: tables whose cards a person may open: where a letter about a row leads when its writer names no address
_CARDS = frozenset({"voucher", "voucher_application", "enrolment", "training_group", "certificate"})


def title_of(code: str | None) -> str:
    """Title of a kind of letters, also of a former one; empty for an unknown code."""
    kind = KINDS.get(code or "")
    return kind.title if kind else FORMER.get(code or "", "")


def href_of(row: Any) -> str | None:
    """Path of the row's card, where the person may open it."""
    return f"/{row.__tablename__}/show/{row.id}" if row is not None and row.__tablename__ in _CARDS else None


def facts_of(row: Any) -> dict[str, str]:
    """Fact → value of what the row itself tells; an enrolment tells of its group where that is loaded."""
    told = next((told for model, told in _TOLD.items() if isinstance(row, model)), None)
    facts: dict[str, str] = told(row) if told is not None else {}
    reason = getattr(row, "reason_text", None)
    return {**facts, "причина": reason} if reason else facts


def _of_enrolment(row: m.Enrolment) -> dict[str, str]:
    facts = {"состояние": row.status.label}
    if "group" not in inspect(row).unloaded and row.group is not None:
        facts |= group_facts(row.group)
    return facts


def group_facts(group: m.TrainingGroup) -> dict[str, str]:
    """Fact → value of a group, for the letters about it and about the enrolments in it: all of it is public."""
    with unscoped("what a letter says of a group is public"):
        program, organizer = group.program, group.organizer
    return {
        "группа": group.number,
        "программа": program.title,
        "часы": count(program.hours, "час", "часа", "часов"),
        "занятия": period(group.starts_on, group.ends_on),
        "место": group.place or "",
        "организатор": organizer.short_name,
    }


def _of_certificate(row: m.Certificate) -> dict[str, str]:
    return {
        "вид": row.kind.label,
        "номер": row.number,
        "дата_выдачи": format_date(row.issued_on),
        "программа": str(row.snapshot.get("program", "")),
    }


def _of_program(row: m.Program) -> dict[str, str]:
    with unscoped("whose program a letter tells of"):
        organizer = row.organizer.short_name
    return {
        "программа": row.title,
        "шифр": row.code,
        "год": str(row.year),
        "редакция": str(row.edition),
        "организатор": organizer,
    }


def _of_registry(row: m.Registry) -> dict[str, str]:
    with unscoped("whose registry a letter tells of"):
        organizer = row.organizer.short_name
    return {
        "период": period(row.period_from, row.period_to),
        "организатор": organizer,
        "строк": count(row.rows_count, "запись", "записи", "записей"),
    }


def _of_training(row: m.Training) -> dict[str, str]:
    return {"курс": row.title, "закончен": format_date(row.ended_on), "работник": row.employee.full_name}


def _of_transfer(row: m.Transfer) -> dict[str, str]:
    """The person, the new place, the day. The former place is left out: not everybody may know it."""
    with unscoped("where to a person moves: the name of an organization"):
        name = row.organization.short_name
    return {
        "работник": row.person_name,
        "куда": name,
        "первый_день": format_date(row.starts_on) if row.starts_on else "",
    }


_TOLD: Mapping[type[Any], Callable[[Any], dict[str, str]]] = {
    m.Voucher: lambda row: {"номер_чека": row.number, "действует_по": format_date(row.valid_until)},
    m.Certificate: _of_certificate,
    m.TrainingGroup: group_facts,
    m.Enrolment: _of_enrolment,
    m.Program: _of_program,
    m.Registry: _of_registry,
    m.Training: _of_training,
    m.Transfer: _of_transfer,
}


def greeting(name: str) -> str:
    """«Здравствуйте, Анна Ивановна!», without a name where none is known."""
    return f"Здравствуйте, {name}!" if name else "Здравствуйте!"
