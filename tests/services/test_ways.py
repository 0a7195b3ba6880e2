"""The way of an application: its steps, whose turn it is and until when; the page and the letter say the same sentence."""

from __future__ import annotations

from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import today
from app.russian import format_date, no_later
from app.services.courses.enrolment import enrolments
from app.services.portal import ways
from app.services.portal.ways import StepState
from app.services.voucher import vouchers
from tests.services import makers as mk
from tests.statements import recorded

TODAY = format_date(today())
E = st.EnrolmentStatus


def told(row: Any, person: mk.Person) -> ways.Way:
    with acting_as(person.actor):
        return ways.way_of(mk.fetch(type(row), row.id), own=True)


def lines(way: ways.Way) -> list[tuple[str, str]]:
    return [(str(step.state), step.line) for step in way.steps]


def letter(kind: str) -> Any:
    return mk.rows(m.Letter, m.Letter.template == kind)[-1]


def test_the_side_of_a_turn_is_one_whose_edges_leave_the_status() -> None:
    for table, turns in ways.TURNS.items():
        for status, turn in turns.items():
            by = {role for edge in st.TRANSITIONS[table] if edge.source == status for role in edge.by}
            # the person answers the letter that confirms the address; the portal offers a seat
            free = turn.side == ways.PORTAL or table == "registration"
            assert free or turn.side in by, (table, status)


def test_the_page_and_the_letter_of_an_application_say_the_same(session: Any) -> None:
    mk.make_rule()
    person = mk.make_person(mk.make_organization())
    operator = mk.make_actor("operator")
    with acting_as(person.actor):
        row = vouchers.apply(person.employee.id)
    due = no_later(row.due_on)
    sentence = f"Сейчас: оператор рассматривает заявку, {due}; дальше: чек и выбор курса."
    way = told(row, person)
    assert lines(way) == [
        ("done", f"Подано, {TODAY}"),
        ("now", f"Оператор рассматривает заявку, {due}"),
        ("later", "Чек и выбор курса"),
    ]
    assert way.sentence == sentence
    sent = letter("application_received")
    assert f"Кто действует дальше\n{sentence}" in sent.body
    assert f"✓ Подано, {TODAY}\n● Оператор рассматривает заявку, {due}\n○ Чек и выбор курса" in sent.body
    assert sentence in sent.html
    with acting_as(operator):
        vouchers.return_(row.id, "Нет отчества.")
    sentence = (
        "Сейчас ваш ход: исправьте заявку и подайте её снова; дальше: решение оператора, чек."
        if mk.fetch(m.VoucherApplication, row.id).due_on is None
        else f"Сейчас ваш ход: исправьте заявку и подайте её снова, {due}; дальше: решение оператора, чек."
    )
    assert told(row, person).sentence == sentence
    assert sentence in letter("application_returned").body
    with acting_as(person.actor):
        vouchers.resubmit(row.id)
    with acting_as(operator):
        vouchers.approve(row.id)
    way = told(row, person)
    assert lines(way) == [
        ("done", f"Подано, {TODAY}"),
        ("done", f"Возвращено на доработку, {TODAY}"),
        ("done", f"Подано, {TODAY}"),
        ("done", f"Одобрено, {TODAY}"),
    ]
    assert way.sentence == ""
    assert f"✓ Одобрено, {TODAY}" in letter("application_approved").body


def test_the_way_of_an_enrolment_names_the_sides_and_ends_with_the_document(session: Any) -> None:
    world = mk.make_world()
    person, group = world.worker, world.group
    with acting_as(person.actor):
        row = enrolments.enrol(person.employee.id, group.id)
    until = f"до начала занятий {format_date(group.starts_on)}"
    way = told(row, person)
    assert [str(step.state) for step in way.steps] == ["done", "now", "later", "later", "later"]
    assert way.steps[1].line == f"Организация согласует запись, {world.school.short_name}, {until}"
    assert way.sentence.startswith(
        f"Сейчас: {world.school.short_name} согласует запись, {until}; дальше: подтверждение"
    )
    assert way.sentence in letter("enrolment_made").body
    with acting_as(world.responsible):
        enrolments.agree(row.id)
    assert told(row, person).steps[2].line == f"Организатор подтверждает запись, {world.organizer.short_name}, {until}"
    assert told(row, person).sentence in letter("enrolment_agreed").body
    with acting_as(world.organizer_actor):
        enrolments.confirm(row.id)
    assert "Сейчас ваш ход: приходите на занятия, с " in letter("enrolment_confirmed").body
    with acting_as(person.actor):
        enrolments.withdraw(row.id)
    way = told(row, person)
    assert (way.steps[-1].state, way.steps[-1].words, way.sentence) == (StepState.ENDED, "Отозвано", "")


@pytest.mark.parametrize("status", [E.WAITING, E.OFFERED, E.TRAINED, E.FAILED])
def test_a_row_without_a_journal_tells_its_way_itself(session: Any, status: E) -> None:
    world = mk.make_world()
    way = told(mk.make_enrolment(world.worker, world.group, status=status), world.worker)
    assert way.steps[0].line == f"Запись подана, {TODAY}"
    turn = {E.WAITING: "Портал предложит место", E.OFFERED: "Займите предложенное место", E.TRAINED: "выдаёт документ"}
    assert turn.get(status, st.EnrolmentStatus.FAILED.label) in way.steps[1 if status != E.TRAINED else 2].words


def test_many_ways_cost_as_many_statements_as_one(session: Any) -> None:
    world = mk.make_world(capacity=20)
    people = [world.worker, *world.more_people(3)]
    rows = [mk.make_enrolment(person, world.group, status=E.APPLIED) for person in people]
    numbers = []
    for ids in ([rows[0].id], [row.id for row in rows]):
        with acting_as(world.operator), recorded() as statements:
            found = mk.rows(m.Enrolment, m.Enrolment.id.in_(ids))
            ways.ways_of(found)
        numbers.append(len(statements))
    assert numbers[0] == numbers[1]
