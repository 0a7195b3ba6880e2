"""Who may run a program that a law leaves to some organizers: days, programs, ownership, the closed list, the words."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from app.rules.decision import ALLOWED
from app.rules.organizer import Course, Organizer, OrganizerTerms, in_short, may_run
from app.statuses import Ownership, PositionKind, ProgramKind

FIRST = dt.date(2025, 9, 1)
DAY = dt.timedelta(days=1)
TERMS = OrganizerTerms(
    title="Переподготовка для школы",
    basis="Закон № 1",
    valid_from=FIRST,
    program_kinds=frozenset({ProgramKind.RETRAINING}),
    position_kinds=frozenset({PositionKind.TEACHING}),
    organization_types=frozenset({"Общеобразовательная", "Дошкольная"}),
    ownerships=frozenset({Ownership.REGIONAL, Ownership.MUNICIPAL, Ownership.FEDERAL}),
    listed=frozenset({8}),
)
PRIVATE = Organizer(name="Центр", ownership=Ownership.PRIVATE, ids=frozenset({7}))
COURSE = Course(
    kind=ProgramKind.RETRAINING,
    position_kinds=frozenset({PositionKind.TEACHING}),
    organization_types=frozenset({"Общеобразовательная"}),
)


@pytest.mark.parametrize(
    ("on", "valid_to", "allowed"),
    [
        (FIRST - DAY, None, True),
        (FIRST, None, False),
        (FIRST + 400 * DAY, None, False),
        (FIRST + DAY, FIRST + DAY, False),
        (FIRST + 2 * DAY, FIRST + DAY, True),
    ],
)
def test_a_law_counts_from_its_first_day_to_its_last(on: dt.date, valid_to: dt.date | None, allowed: bool) -> None:
    assert may_run(PRIVATE, COURSE, replace(TERMS, valid_to=valid_to), on=on).allowed is allowed


@pytest.mark.parametrize("ownership", list(Ownership))
def test_state_and_municipal_organizers_may_a_private_one_not(ownership: Ownership) -> None:
    decision = may_run(replace(PRIVATE, ownership=ownership), COURSE, TERMS, on=FIRST)
    assert decision.allowed is (ownership != Ownership.PRIVATE)


@pytest.mark.parametrize(("ids", "allowed"), [({8}, True), ({7, 8}, True), ({7}, False)])
def test_one_of_the_closed_list_may_and_its_unit_with_it(ids: set[int], allowed: bool) -> None:
    assert may_run(replace(PRIVATE, ids=frozenset(ids)), COURSE, TERMS, on=FIRST).allowed is allowed


@pytest.mark.parametrize(
    ("course", "concerned"),
    [
        (COURSE, True),
        # for everybody, so for teachers of schools too
        (Course(kind=ProgramKind.RETRAINING), True),
        (replace(COURSE, organization_types=frozenset({"Профессиональная", "Дошкольная"})), True),
        (replace(COURSE, position_kinds=frozenset({PositionKind.HEAD, PositionKind.TEACHING})), True),
        (replace(COURSE, kind=ProgramKind.ADVANCED), False),
        (replace(COURSE, organization_types=frozenset({"Профессиональная"})), False),
        (replace(COURSE, position_kinds=frozenset({PositionKind.HEAD})), False),
    ],
)
def test_which_programs_a_law_is_about(course: Course, concerned: bool) -> None:
    assert may_run(PRIVATE, course, TERMS, on=FIRST).allowed is not concerned


def test_a_refusal_says_who_may_since_when_by_which_law_and_what_to_do() -> None:
    reason = may_run(PRIVATE, COURSE, TERMS, on=FIRST).reason
    assert reason == (
        "Центр: форма собственности — частная. Переподготовка для школы: с 01.09.2025 такие программы проводят только "
        "организации с формой собственности «государственная (область)», «муниципальная», «федеральная» и организации из "
        "перечня закона. Основание: Закон № 1. Портал относит сюда программы вида «профессиональная переподготовка», на которые "
        "можно записать работника с должностью вида «педагогическая» из организации типа «Дошкольная», «Общеобразовательная». "
        "Если программа не для них, назовите в ней другие должности или типы организаций. Если организация есть в перечне "
        "закона, обратитесь к Оператору АИС: он внесёт её в справочник «Организаторы из перечня»."
    )
    assert may_run(PRIVATE, COURSE, TERMS, on=FIRST - DAY) == ALLOWED


def test_a_law_that_names_nobody_in_particular_is_about_all() -> None:
    everybody = replace(TERMS, position_kinds=frozenset(), organization_types=frozenset())
    reason = may_run(PRIVATE, COURSE, everybody, on=FIRST).reason
    assert "Портал относит сюда программы вида «профессиональная переподготовка». Если" in reason
    assert in_short(replace(TERMS, valid_to=FIRST)).startswith(
        "Переподготовка для школы: с 01.09.2025 по 01.09.2025 такие"
    )
