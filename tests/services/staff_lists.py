"""Staff lists for tests: a school with its people, the cells of a row as a school writes them, what is stored of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.actor import Actor
from app.clock import today
from app.exchange.engine import kept_rows
from app.exchange.engine.kept_rows import PreviewRow
from app.exchange.engine.list_plan import AppliedCounts
from app.exchange.staff.staff_import import STAFF
from app.exchange.staff.staff_row import years_before
from app.exchange.staff.staff_sample import build_staff_sample
from app.identifiers import format_snils
from tests.services import makers as mk

SCHOOL = "ГБОУ СОШ с. Верхние Сосны"
UNIT = "СП «Детский сад „Росинка“» ГБОУ СОШ с. Верхние Сосны"
DAY = mk.DAY


@dataclass(frozen=True)
class Cast:
    """A school with a unit and its responsible person; a foreign school with its own."""

    school: Any
    unit: Any
    actor: Actor
    other_school: Any
    other_actor: Actor
    operator: Actor


@pytest.fixture
def cast(session: Any) -> Cast:
    school = mk.make_organization(short_name=SCHOOL, full_name="ГБОУ средняя школа села Верхние Сосны")
    unit = mk.make_organization(short_name=UNIT, full_name=UNIT, parent=school)
    other = mk.make_organization(short_name="ГБОУ СОШ № 7")
    return Cast(
        school,
        unit,
        mk.make_actor("school", school, unit),
        other,
        mk.make_actor("school", other),
        mk.make_actor("operator"),
    )


def person(**over: Any) -> dict[str, Any]:
    """Cells of one row as a school writes them."""
    cells = {
        "organization": SCHOOL,
        "last_name": "Примерова",
        "first_name": "Мария",
        "patronymic": "Ивановна",
        "birth_date": dt.date(1985, 3, 14),
        "sex": "Ж",
        "snils": "112-233-445 95",
        "position": "Учитель",
        "subjects": "История; Обществознание",
        "education_level": "Высшее",
        "diploma_series": "ВСА",
        "diploma_number": "0012345",
        "teaching_years": 12,
        "position_years": 8,
        "email": "primerova@example.org",
        "phone": "+7 (927) 000-00-00",
    }
    return cells | over


def crowd(number: int) -> list[dict[str, Any]]:
    """People who differ in everything that tells people apart."""
    births = (dt.date(1970, 1, 1) + 100 * n * DAY for n in range(number))
    return [person(snils=format_snils(mk.next_snils()), birth_date=birth) for birth in births]


def preview(actor: Actor, *people: dict[str, Any]) -> m.ImportBatch:
    with acting_as(actor):
        return STAFF.preview("список.xlsx", build_staff_sample(people))


def apply(actor: Actor, batch: m.ImportBatch, *, skip_errors: bool = False) -> AppliedCounts:
    with acting_as(actor):
        return STAFF.apply(batch.id, skip_errors=skip_errors)


def bring_in(actor: Actor, *people: dict[str, Any]) -> AppliedCounts:
    return apply(actor, preview(actor, *people))


def actions(batch: m.ImportBatch) -> list[str]:
    return [row.action for row in kept_rows.rows_of(batch)]


def only(batch: m.ImportBatch) -> PreviewRow:
    (row,) = kept_rows.rows_of(batch)
    return row


def stored_person(**over: Any) -> Any:
    """A card that says what `person` says, besides what is given."""
    values = {
        "last_name": "Примерова",
        "first_name": "Мария",
        "patronymic": "Ивановна",
        "birth_date": dt.date(1985, 3, 14),
        "sex": st.Sex.FEMALE,
        "snils": "11223344595",
        "email": "primerova@example.org",
        "phone": "+79270000000",
        "teaching_since": years_before(today(), 12),
    }
    return mk.make_employee(**(values | over))


def stored_place(employee: Any, organization: Any, **over: Any) -> Any:
    names = ("История", "Обществознание")
    values = {"position_since": years_before(today(), 8), "subjects": [mk.make_subject(name) for name in names]}
    return mk.make_employment(employee, organization, **(values | over))


def subject_names(employment_id: int) -> list[str]:
    return [subject.name for subject in mk.fetch(m.Employment, employment_id).subjects]
