"""The public check: all printed facts by the code, initials by number and date, the state of the document."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import today
from app.errors import NotFound
from app.russian import format_date
from app.services.paper.corrections import corrections
from app.services.paper.issuing import certificates, document_check, duplicates
from tests.services import makers as mk

S = st.CertificateStatus


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


@pytest.fixture
def row(world: mk.World) -> Any:
    group = mk.make_past_group(world.program)
    enrolment = mk.make_enrolment(world.worker, group, status=st.EnrolmentStatus.TRAINED)
    with acting_as(world.organizer_actor):
        return certificates.issue(enrolment.id)


def test_the_code_shows_what_is_printed_and_no_more(world: mk.World, row: Any) -> None:
    facts = document_check.facts_for_check(row.check_code)
    assert (facts.number, facts.hours, facts.status, facts.detail) == (row.number, 18, S.ISSUED, "")
    assert facts.title == "Удостоверение о повышении квалификации"
    person = world.worker.employee
    assert facts.name == person.full_name
    shown = json.dumps([facts.pairs, facts.for_machines], ensure_ascii=False)
    assert person.snils not in shown
    assert format_date(person.birth_date) not in shown and person.birth_date.isoformat() not in shown
    pairs = dict(facts.pairs)
    assert (pairs["Город"], pairs["Программа"]) == ("Самара", world.program.title)
    assert "Бланк" not in pairs and "Квалификация" not in pairs


def test_number_and_date_show_initials_only(world: mk.World, row: Any) -> None:
    (facts,) = document_check.find_by_number(f" {row.number} ", row.issued_on)
    shown = json.dumps([facts.pairs, facts.for_machines], ensure_ascii=False)
    assert facts.name.replace("\u00a0", " ").endswith(" А. И.")
    assert "Анна" not in shown and "Ивановна" not in shown and row.check_code not in shown


def test_documents_of_two_organizers_with_one_number_are_both_found(world: mk.World, row: Any) -> None:
    other = mk.make_organization(is_organizer=True)
    (person,) = world.more_people(1)
    elsewhere = mk.make_enrolment(person, mk.make_past_group(mk.make_program(other)), status=st.EnrolmentStatus.TRAINED)
    with acting_as(mk.make_actor("organizer", other)):
        certificates.issue(elsewhere.id)
    found = document_check.find_by_number(row.number, today())
    assert {facts.organizer for facts in found} == {world.organizer.full_name, other.full_name}


def test_an_annulled_document_says_when(world: mk.World, row: Any) -> None:
    with acting_as(world.organizer_actor):
        certificates.annul(row.id, "Тайная причина")
    facts = document_check.facts_for_check(row.check_code)
    assert (facts.status, facts.annulled_on) == (S.ANNULLED, today())
    assert format_date(today()) in facts.detail
    assert "Тайная" not in json.dumps([facts.pairs, facts.for_machines, facts.detail], ensure_ascii=False)


def test_a_replaced_document_names_the_number_but_not_the_code(world: mk.World, row: Any) -> None:
    with acting_as(world.organizer_actor):
        made = duplicates.issue_duplicate(row.id, st.DuplicateGround.LOST)
    facts = document_check.facts_for_check(row.check_code)
    assert (facts.status, facts.replaced_by) == (S.REPLACED, made.number)
    assert facts.detail == f"Вместо него выдан документ №\u00a0{made.number}."
    assert made.check_code not in json.dumps([facts.pairs, facts.for_machines], ensure_ascii=False)
    assert document_check.facts_for_check(made.check_code).title.endswith("(дубликат)")


def test_a_document_with_corrected_facts_says_that_another_is_due_and_not_which(world: mk.World, row: Any) -> None:
    group = mk.rows(m.TrainingGroup)[-1]
    with acting_as(world.organizer_actor):
        corrections.correct(group.id, {"starts_on": group.starts_on + mk.DAY}, why="Тайная причина")
    assert mk.fetch(m.Certificate, row.id).outdated
    by_number = document_check.find_by_number(row.number, row.issued_on)
    for facts in (document_check.facts_for_check(row.check_code), *by_number):
        assert (facts.status, facts.tone, facts.for_machines["to_replace"]) == (S.ISSUED, "wait", True)
        assert facts.detail.startswith("Подлежит замене")
        shown = json.dumps([facts.pairs, facts.for_machines, facts.detail], ensure_ascii=False)
        assert "Тайная" not in shown and format_date(group.starts_on + mk.DAY) not in shown
    with acting_as(world.organizer_actor):
        made = duplicates.issue_duplicate(row.id, st.DuplicateGround.EXCHANGED)
    facts = document_check.facts_for_check(row.check_code)
    assert (facts.status, facts.to_replace) == (S.REPLACED, False)
    assert document_check.facts_for_check(made.check_code).tone == "ok"


def test_a_diploma_shows_its_qualification_and_decision(world: mk.World) -> None:
    program = mk.make_program(
        world.organizer, kind=st.ProgramKind.RETRAINING, hours=256, block=None, qualification_name="Логопед"
    )
    facts = {"result_on": today(), "protocol_number": "7"}
    enrolment = mk.make_enrolment(world.worker, mk.make_past_group(program), status=st.EnrolmentStatus.TRAINED, **facts)
    with acting_as(world.organizer_actor):
        row = certificates.issue(enrolment.id)
    pairs = dict(document_check.facts_for_check(row.check_code).pairs)
    assert pairs["Квалификация"] == "Логопед"
    assert pairs["Решение комиссии"] == f"протокол № 7 от {format_date(today())}"


def test_documents_of_an_earlier_version_are_shown_too(world: mk.World, row: Any) -> None:
    new = ("program_kind", "qualification", "decided_on", "protocol", "outcome", "duplicate")
    mk.change(row, snapshot={k: v for k, v in row.snapshot.items() if k not in new} | {"version": 1})
    assert document_check.facts_for_check(row.check_code).number == row.number


@pytest.mark.parametrize("code", ["", "нет такого", "x" * 500, "' OR 1=1"])
def test_an_unknown_code_is_not_found(row: Any, code: str) -> None:
    with pytest.raises(NotFound):
        document_check.facts_for_check(code)


@pytest.mark.parametrize(("number", "days"), [("", 0), ("%", 0), ("9999/2026", 0), (None, -1)])
def test_a_wrong_number_or_day_finds_nothing(row: Any, number: str | None, days: int) -> None:
    with pytest.raises(NotFound, match="Сверьте"):
        document_check.find_by_number(row.number if number is None else number, row.issued_on + days * mk.DAY)


def test_the_check_needs_nobody_to_act(row: Any) -> None:
    assert mk.rows(m.Certificate)[0].check_code
    assert document_check.facts_for_check(row.check_code).number == row.number
