"""Compares a staff list with the stored rows, and says each difference in Russian words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from app import models as m
from app.audit import words
from app.countries import RUSSIA
from app.exchange.staff.staff_known import Person
from app.exchange.staff.staff_row import StaffValues
from app.identifiers import format_snils
from app.labels import in_words, label_of
from app.russian import format_date, seniority
from app.statuses import Sex
from app.text import sort_key

Changes = Mapping[str, tuple[str, str]]
Names = Mapping[str, Mapping[int, str]]


def card_values(values: StaffValues) -> dict[str, Any]:
    """Values of the card's columns; None where the file says nothing."""
    return {
        "last_name": values.last_name,
        "first_name": values.first_name,
        "patronymic": values.patronymic,
        "birth_date": values.birth_date,
        "sex": Sex.of(values.sex),
        "snils": values.snils,
        "citizenship": values.citizenship,
        "email": values.email,
        "phone": values.phone,
        "teaching_since": values.teaching_since,
    }


def new_card_values(values: StaffValues) -> dict[str, Any]:
    """Values of a new card: a list that says nothing of the citizenship is of citizens of Russia."""
    return {**card_values(values), "citizenship": values.citizenship or RUSSIA}


def new_card(values: StaffValues) -> str:
    """What a new card will hold of what nobody else can check: the birth date and the СНИЛС as they were read."""
    snils = f"СНИЛС {format_snils(values.snils)}" if values.snils else "без СНИЛС"
    return f"Карточка: дата рождения {format_date(values.birth_date)}, {snils}"


def has_served(since: dt.date | None, years: int, today: dt.date) -> bool:
    """Whether a stored date gives that number of full years today: then it stays, the file's date is only an estimate."""
    return since is not None and seniority(since, today) == years


def _is_same(stored: Any, wanted: Any) -> bool:
    """Texts are compared without case and with ё = е: a file that writes «Семенова» corrects nothing in «Семёнова»."""
    if isinstance(stored, str) and isinstance(wanted, str):
        return _bare(stored) == _bare(wanted)
    return bool(stored == wanted)


def _bare(text: str) -> str:
    return sort_key(text)


def different(row: Any, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the wanted values that the row does not hold."""
    return {name: value for name, value in wanted.items() if not _is_same(getattr(row, name), value)}


def is_other_person(card: m.Employee, values: StaffValues) -> bool:
    """One of surname, first name and birth date may change (marriage, a typing error), two mean a wrong СНИЛС."""
    pairs = (
        (card.last_name, values.last_name),
        (card.first_name, values.first_name),
        (card.birth_date, values.birth_date),
    )
    differing = sum(stored is not None and not _is_same(stored, wanted) for stored, wanted in pairs)
    return differing > 1


def other_person(card: m.Employee) -> str:
    """Sentence about a СНИЛС of somebody else whom the acting user sees."""
    return f"Этот СНИЛС уже записан за другим работником: {card}. Проверьте СНИЛС, ФИО и дату рождения"


def diploma_of(person: Person, number: str | None) -> m.Qualification | None:
    """The diploma with that number, else the main one."""
    same = [row for row in person.qualifications if number and row.number and _is_same(row.number, number)]
    return next(iter([*same, *person.qualifications]), None)


# --- words -----------------------------------------------------------------------------------------------------------


def _word(table: str, column: str, value: Any, names: Names) -> str:
    if column in names and value is not None:
        return names[column].get(value, "")
    return words(in_words(table, column, value), column)


def changes_between(table: str, row: Any, changed: Mapping[str, Any], names: Names | None = None) -> Changes:
    """Label → (before, after) of the changed columns; ids by their names."""
    pairs = {name: (getattr(row, name), value) for name, value in changed.items()}
    named = names or {}
    return {
        label_of(table, name): (_word(table, name, old, named), _word(table, name, new, named))
        for name, (old, new) in pairs.items()
    }


def all_new(table: str, values: Mapping[str, Any], names: Names | None = None) -> Changes:
    """Label → (nothing, value) of the filled columns of a new row; ids by their names."""
    filled = {name: value for name, value in values.items() if value is not None}
    return {label_of(table, name): ("", _word(table, name, value, names or {})) for name, value in filled.items()}


def sentences(changes: Changes) -> list[str]:
    """«Должность: Воспитатель → Методист»."""
    empty = "не указано"
    return [f"{label}: {before or empty} → {after or empty}" for label, (before, after) in changes.items()]
