"""Programs of the organizers: from the draft to the published list (order § 3.3, 4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from app import addresses
from app import models as m
from app.access import current_actor, unscoped
from app.clock import now, today
from app.errors import Conflict
from app.extensions import db
from app.russian import quoted
from app.services.courses.program import program_checks, program_editions, programs_until
from app.services.mailing import letters
from app.services.personnel.employers import responsible
from app.services.portal import records, transitions
from app.statuses import ONCE_PUBLISHED, GroupStatus, ProgramKind, ProgramStatus
from app.unit_of_work import use_case

#: states in which a program is its organizer's to change
PREPARED = (ProgramStatus.DRAFT, ProgramStatus.RETURNED)
#: ПК lasts from 16 to 249 hours, ПП 250 and more (приказ № 266, п. 18)
_HOURS = {ProgramKind.ADVANCED: (16, 249), ProgramKind.RETRAINING: (250, 99_999)}


@transitions.performs(m.Program, "submit")
@use_case
def submit(program_id: int) -> m.Program:
    """Send a program to the operator for publication; the first sending after the last day of planning is marked late.

    Raises Conflict with everything that hinders.
    """
    program = program_editions.lock(program_id, "program:submit")
    late = (
        program.late
        if program.submitted_at is not None or program.edition > 1
        else programs_until.is_late(program.year)
    )
    program = transitions.move(m.Program, program_id, "submit", submitted_at=now(), late=late)
    program_checks.insist_ready(program)
    letters.note_operators(
        transitions.letter_of(m.Program, "submit"), about=program, href=addresses.case("program", program.id)
    )
    return program


@transitions.performs(m.Program, "publish")
@use_case
def publish(program_id: int) -> m.Program:
    """Publish a submitted program; a former edition goes into the archive, its groups stay with it unless nobody is in them.

    Raises Conflict when the program no longer fits the rule in force, or when another operator was faster.
    """
    program_editions.make_way(program_id)
    program = transitions.move(m.Program, program_id, "publish")
    program_checks.insist_ready(program)
    program_editions.hand_over_groups(program)
    program_editions.hand_over_offers(program)
    _tell(program, "publish")
    return program


@transitions.performs(m.Program, "return")
@use_case
def return_(program_id: int, reason: str) -> m.Program:
    """Send a program back to its organizer with a reason."""
    program = transitions.move(m.Program, program_id, "return", reason=reason)
    _tell(program, "return")
    return program


@transitions.performs(m.Program, "archive")
@use_case
def archive(program_id: int) -> m.Program:
    """Take a program out of the list; its groups go on."""
    program = transitions.move(m.Program, program_id, "archive")
    if "operator" in current_actor().roles:
        _tell(program, "archive")
    return program


def _tell(program: m.Program, action: str) -> None:
    """Tell everybody who works for the program's organizer what the operator decided."""
    told = responsible.of_organizer(program.organizer_id)
    letters.tell_users(
        told, transitions.letter_of(m.Program, action), about=program, href=addresses.card("program", program.id)
    )


# --- who may change what ---------------------------------------------------------------------------------------------


@records.kept(m.Program)
def why_not_change(program: m.Program) -> str:
    """Return why the actor may not change a program that is the actor's to edit; empty when it may be changed.

    What is published stays as people chose it: the operator mends a mistake only while no group was opened by it.
    """
    is_operator = "operator" in current_actor().roles
    if program.status in PREPARED or (program.status == ProgramStatus.SUBMITTED and is_operator):
        return ""
    if program.status == ProgramStatus.SUBMITTED:
        return (
            f"Программа {quoted(program.title)} ждёт решения оператора, поэтому её пока нельзя изменить. Если нужно исправить, "
            "попросите оператора вернуть её на доработку."
        )
    if program.status == ProgramStatus.ARCHIVED:
        return f"Программа {quoted(program.title)} в архиве, она больше не меняется. Скопируйте её на следующий год."
    if is_operator and not _has_groups(program.id):
        return ""
    return (
        f"Программа {quoted(program.title)} опубликована и больше не меняется: по ней учатся и записываются. "
        "Чтобы изменить условия, начните новую редакцию."
    )


def insist_changeable(program: m.Program) -> None:
    """Raise Conflict unless the actor may change the program now."""
    sentence = why_not_change(program)
    if sentence:
        raise Conflict(sentence)


def _has_groups(program_id: int) -> bool:
    """Whether a program has groups besides drafts."""
    group = m.TrainingGroup
    statement = select(func.count()).where(group.program_id == program_id, group.status != GroupStatus.DRAFT)
    with unscoped("has a program groups that were opened: only whether"):
        return bool(db.session.scalar(statement))


def insist_published(program: m.Program) -> None:
    """Raise Conflict unless people may be enrolled for the program."""
    if program.status != ProgramStatus.PUBLISHED:
        raise Conflict(
            f"Программа {quoted(program.title)} не опубликована: её состояние — «{program.status.label}». "
            "Сначала отправьте её на публикацию."
        )


# --- in words --------------------------------------------------------------------------------------------------------


def for_whom(program: m.Program) -> str:
    """The people whom a program is for: «для всех работников образования» or the types, positions and subjects that it names."""
    parts: list[tuple[str, Sequence[Any]]] = [
        ("организации", program.organization_types),
        ("должности", program.positions),
        ("предметы", program.subjects),
    ]
    named = [f"{what}: {', '.join(map(str, rows))}" for what, rows in parts if rows]
    return "; ".join(named) if named else "для всех работников образования"


def when_entered(program: m.Program) -> str:
    """«внесена после 1 ноября» for a late program, else empty: on the page of one, for it asks the day of planning."""
    return programs_until.late_words(program.year) if program.late else ""


# --- values of the form ----------------------------------------------------------------------------------------------


@records.checks(m.Program)
def _own_organizer(values: dict[str, Any], row: Any, errors: records.Fields) -> None:
    """A new program of a user of one organizer belongs to it, without asking."""
    if row is None and values.get("organizer") is None and values.get("organizer_id") is None:
        own = current_actor().places("organizer")
        if len(own) == 1:
            values["organizer_id"] = next(iter(own))


@records.checks(m.Program)
def _organizer_runs_courses(values: dict[str, Any], row: Any, errors: records.Fields) -> None:
    organizer = values.get("organizer")
    if organizer is None and values.get("organizer_id") is not None:
        organizer = db.session.get(m.Organization, values["organizer_id"])
    if organizer is not None and not organizer.is_organizer:
        errors.setdefault("organizer", []).append(
            f"{quoted(str(organizer))} не проводит курсы. Отметьте это в карточке организации или выберите другую."
        )


@records.checks(m.Program)
def _edition_keeps_its_name(values: dict[str, Any], row: Any, errors: records.Fields) -> None:
    """Editions are the same program: code, year and organizer stay from the first one on."""
    if row is None or (row.edition == 1 and row.status not in ONCE_PUBLISHED):
        return
    for name in ("code", "year", "organizer"):
        if name in values and values[name] != getattr(row, name):
            errors.setdefault(name, []).append(
                "У редакций одной программы шифр, год и организатор общие. Для другого года скопируйте программу."
            )


@records.checks(m.Program)
def _hours_of_kind(values: dict[str, Any], row: Any, errors: records.Fields) -> None:
    kind = values.get("kind", getattr(row, "kind", None)) or ProgramKind.ADVANCED
    hours = values.get("hours", getattr(row, "hours", None))
    if hours is None:
        return
    least, most = _HOURS[kind]
    if not least <= hours <= most:
        limits = f"от {least} до {most}" if kind == ProgramKind.ADVANCED else f"не меньше {least}"
        errors.setdefault("hours", []).append(f"Часов бывает {limits}: вид программы — {kind.label}.")


@records.checks(m.Program)
def _year_is_near(values: dict[str, Any], row: Any, errors: records.Fields) -> None:
    year = values.get("year")
    if year is not None and not 2000 <= year <= today().year + 5:
        errors.setdefault("year", []).append(f"Год бывает от 2000 до {today().year + 5}.")


@records.checks(m.Program)
def _values_of_frdo(values: dict[str, Any], row: Any, errors: records.Fields) -> None:
    """Only values of the lists of ФИС ФРДО are written; one that stands there already may stay."""
    for name, code in program_checks.FRDO_LISTS.items():
        value = values.get(name)
        if value and value != getattr(row, name, None) and value not in program_checks.listed(code):
            errors.setdefault(name, []).append("Выберите из списка: другого ФИС ФРДО не примет.")


@records.before_delete(m.Program)
def _only_prepared(row: m.Program) -> None:
    """Raise Conflict for a program that was once published or waits for the operator: it is not deleted."""
    if row.status not in PREPARED:
        raise Conflict(
            f"Программу {quoted(row.title)} удалить нельзя: её состояние — «{row.status.label}». Удаляют только черновики, "
            "ненужную программу убирают в архив."
        )
