"""Checks of a group's form: its number by the organizer's mask, dates in order, seats, the program it runs."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app import models as m
from app import number_masks
from app.clock import today
from app.errors import Invalid
from app.extensions import db
from app.russian import format_date
from app.services.courses.program import organizer_rules
from app.services.portal import numbers, records
from app.statuses import GroupStatus

#: longest number that the table holds
LONGEST = 30
#: numbers typed by hand are passed over; more of them in a row than this means a mask that cannot work
_TRIES = 1000


def next_free_number(program: m.Program, year: int) -> str:
    """Return the next number by the organizer's mask that no group of the organizer has yet; raises Invalid by field.

    The sequence is the organizer's own and begins anew each year, the year of the first day of training.
    """
    mask = program.organizer.group_mask
    for _ in range(_TRIES):
        sequence = numbers.next_number("training_group", year, organizer_id=program.organizer_id)
        number = number_masks.write_number(mask, code=program.code, number=sequence, year=year)
        if len(number) > LONGEST:
            break
        same = select(m.TrainingGroup.id).where(
            m.TrainingGroup.organizer_id == program.organizer_id, m.TrainingGroup.number == number
        )
        if not db.session.scalar(select(same.exists())):
            return number
    shown = number_masks.mask_in_words(mask, year)
    sentence = (
        f"Номер по виду «{shown}» составить не удалось: он повторяется или длиннее {LONGEST} знаков. Впишите номер."
    )
    raise Invalid(sentence, fields={"number": [sentence]})


@records.checks(m.TrainingGroup)
def _organizer_of_program(values: dict[str, Any], row: Any, errors: records.Fields) -> None:
    """A group belongs to the organizer of its program, and is begun only by one that may run it then."""
    program = _program_of(values)
    if program is None:
        return
    if row is not None and row.status != GroupStatus.DRAFT and program.id != row.program_id:
        errors.setdefault("program", []).append("Программу можно сменить только в черновике группы.")
    elif row is None or program.id != row.program_id:
        starts_on = values.get("starts_on", getattr(row, "starts_on", None)) or today()
        forbidden = organizer_rules.why_not(program, on=max(today(), starts_on))
        if forbidden:
            errors.setdefault("program", []).extend(forbidden)
    values["program"] = program
    values.pop("program_id", None)
    values.pop("organizer_id", None)
    values["organizer"] = program.organizer


def _program_of(values: dict[str, Any]) -> m.Program | None:
    program: m.Program | None = values.get("program")
    if program is None and values.get("program_id") is not None:
        program = db.session.get(m.Program, values["program_id"])
    return program


@records.checks(m.TrainingGroup)
def _seats_hold(values: dict[str, Any], row: Any, errors: records.Fields) -> None:
    """Seats are at least one, at least the minimum, and never fewer than are taken."""
    capacity = values.get("capacity", getattr(row, "capacity", None))
    minimum = values.get("minimum", getattr(row, "minimum", None))
    if capacity is None:
        return
    if row is not None and capacity < row.taken:
        errors.setdefault("capacity", []).append(f"Уже занято мест: {row.taken}. Меньше сделать нельзя.")
    elif capacity < 1:
        errors.setdefault("capacity", []).append("В группе должно быть хотя бы одно место.")
    elif minimum is not None and minimum > capacity:
        errors.setdefault("minimum" if "minimum" in values else "capacity", []).append(
            f"Наименьшее число слушателей ({minimum}) больше числа мест ({capacity})."
        )


@records.checks(m.TrainingGroup)
def _dates_in_order(values: dict[str, Any], row: Any, errors: records.Fields) -> None:
    def day(name: str) -> Any:
        return values.get(name, getattr(row, name, None))

    pairs = (
        ("starts_on", "ends_on", "Занятия заканчиваются раньше, чем начинаются."),
        ("enrol_from", "enrol_until", "Запись заканчивается раньше, чем начинается."),
    )
    for first, last, sentence in pairs:
        if day(first) and day(last) and day(first) > day(last):
            errors.setdefault(last if last in values else first, []).append(sentence)
    starts_on, until = day("starts_on"), day("enrol_until")
    if starts_on and until and until > starts_on:
        errors.setdefault("enrol_until" if "enrol_until" in values else "starts_on", []).append(
            f"Запись не может заканчиваться после начала занятий: они начинаются {format_date(starts_on)}."
        )
    # an old group's mistakes may still be mended
    if row is None and day("ends_on") and day("ends_on") < today():
        errors.setdefault("ends_on", []).append(
            f"Группа целиком в прошлом: занятия закончились {format_date(day('ends_on'))}. Проверьте даты."
        )


@records.checks(m.TrainingGroup)
def _number_by_mask(values: dict[str, Any], row: Any, errors: records.Fields) -> None:
    """A new group without a number gets the next one; asked last, so that a refused form takes none."""
    if row is not None or values.get("number"):
        return
    program, starts_on = values.get("program"), values.get("starts_on")
    if errors or program is None or starts_on is None:
        # refused for what is wrong or missing, and not for the number too
        values["number"] = "—"
    else:
        values["number"] = next_free_number(program, starts_on.year)
