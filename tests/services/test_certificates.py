"""Documents: number and snapshot in one transaction, refusals, annulment, the public check."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import today
from app.documents.certificate import CertificateFacts
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.services import certificates
from app.web.printing import issue_options
from tests.services import makers as mk

E, K = st.EnrolmentStatus, st.CertificateKind
BASE = "https://kadry.example.org"


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


@pytest.fixture
def group(world: mk.World) -> Any:
    return mk.make_past_group(world.program, capacity=10)


@pytest.fixture
def trained(world: mk.World, group: Any) -> Any:
    return mk.make_enrolment(world.worker, group, status=E.TRAINED)


def issue(world: mk.World, enrolment: Any, **options: Any) -> Any:
    with acting_as(world.organizer_actor):
        return certificates.issue(enrolment.id, template_of=lambda _kind: "a" * 64, check_base=BASE, **options)


# --- issuing ---------------------------------------------------------------------------------------------------------


def test_issue_gives_a_number_a_code_and_a_letter(world: mk.World, trained: Any) -> None:
    row = issue(world, trained)
    assert (row.kind, row.number, row.sequence, row.year) == (K.CERTIFICATE, f"0001/{today().year}", 1, today().year)
    assert (row.issued_on, row.template_code, row.template_version) == (today(), "certificate", "a" * 64)
    assert len(row.check_code) >= 20
    assert [letter.recipient for letter in mk.rows(m.Letter)] == [world.worker.employee.email]
    assert len(mk.journal("certificate.issued")) == 1


def test_a_paper_that_cannot_be_printed_is_not_issued_and_spends_no_number(world: mk.World) -> None:
    program = mk.make_program(world.organizer, kind=st.ProgramKind.RETRAINING, hours=256, block=None)
    enrolment = mk.make_enrolment(world.worker, mk.make_past_group(program), status=E.TRAINED)
    with acting_as(world.organizer_actor), pytest.raises(Invalid, match="нет шаблона"):
        certificates.issue(enrolment.id, **issue_options())
    assert mk.rows(m.Certificate) == []
    assert mk.rows(m.NumberSeries) == []


def test_snapshot_holds_every_printed_fact_as_json(world: mk.World, trained: Any) -> None:
    row = issue(world, trained)
    facts = CertificateFacts.from_snapshot(json.loads(json.dumps(row.snapshot)))
    person, group = world.worker.employee, mk.fetch(m.TrainingGroup, trained.group_id)
    assert (facts.last_name, facts.first_name, facts.patronymic) == (person.last_name, "Анна", "Ивановна")
    assert (facts.program, facts.hours) == (world.program.title, 18)
    assert (facts.starts_on, facts.ends_on, facts.issued_on) == (group.starts_on, group.ends_on, today())
    assert facts.organization == world.organizer.full_name
    assert facts.head_name.replace("\u00a0", " ") == "М. П. Иванова"
    assert facts.secretary == "П. С. Сидоров"
    assert facts.number == row.number
    assert facts.check_url == f"{BASE}/verify/{row.check_code}"
    assert facts.full_name_dative.startswith("Петровой-")
    assert facts.to_snapshot() == row.snapshot


def test_snapshot_does_not_follow_later_changes(world: mk.World, trained: Any) -> None:
    before = world.worker.employee.last_name
    row = issue(world, trained)
    mk.change(world.worker.employee, last_name="Новая")
    assert mk.fetch(m.Certificate, row.id).snapshot["last_name"] == before


def test_second_click_returns_the_same_document(world: mk.World, trained: Any) -> None:
    first = issue(world, trained)
    with mk.nothing_changes():
        assert issue(world, trained).id == first.id


def test_note_beside_the_certificate_has_its_own_series(world: mk.World, trained: Any) -> None:
    issue(world, trained)
    note = issue(world, trained, kind=K.TRAINING_NOTE)
    assert (note.kind, note.sequence) == (K.TRAINING_NOTE, 1)


def test_retraining_ends_with_a_diploma(world: mk.World) -> None:
    kind = st.ProgramKind.RETRAINING
    program = mk.make_program(world.organizer, kind=kind, hours=256, block=None)
    enrolment = mk.make_enrolment(world.worker, mk.make_past_group(program), status=E.TRAINED)
    assert issue(world, enrolment).kind == K.DIPLOMA


def test_masks_and_numbers_are_the_organizers_own(world: mk.World, trained: Any) -> None:
    other = mk.make_organization(is_organizer=True, certificate_mask="У-{year}-{number}")
    (person,) = world.more_people(1)
    elsewhere = mk.make_enrolment(person, mk.make_past_group(mk.make_program(other)), status=E.TRAINED)
    issue(world, trained)
    with acting_as(mk.make_actor("organizer", other)):
        assert certificates.issue(elsewhere.id).number == f"У-{today().year}-1"


@pytest.mark.parametrize("status", [s for s in E if s not in (E.TRAINED, E.REJECTED, E.WITHDRAWN)])
def test_who_is_not_trained_gets_none(world: mk.World, group: Any, status: st.EnrolmentStatus) -> None:
    enrolment = mk.make_enrolment(world.worker, group, status=status)
    with mk.nothing_changes(), pytest.raises(Conflict, match="прошёл итоговую аттестацию"):
        issue(world, enrolment)


@pytest.mark.parametrize("days", [-2, 1])
def test_date_before_the_end_or_in_the_future_is_refused(world: mk.World, trained: Any, days: int) -> None:
    with mk.nothing_changes(), pytest.raises(Conflict, match="Дата выдачи"):
        issue(world, trained, issued_on=today() + days * mk.DAY)


@pytest.mark.parametrize(
    ("fact", "words"), [("city", "населённый пункт организации"), ("head_name", "руководитель организации")]
)
def test_missing_fact_is_named_and_takes_no_number(world: mk.World, trained: Any, fact: str, words: str) -> None:
    mk.change(world.organizer, **{fact: None})
    with mk.nothing_changes(), pytest.raises(Invalid, match=words):
        issue(world, trained)


@pytest.mark.parametrize(
    "mask",
    ["{number.__class__}", "{year}", "{number:>99999999}", "{0}", "{", "{number}}", "{number:04d}" + "х" * 40, "нет"],
)
def test_bad_mask_is_refused(world: mk.World, trained: Any, mask: str) -> None:
    mk.change(world.organizer, certificate_mask=mask)
    with mk.nothing_changes(), pytest.raises(Invalid, match="записан неверно"):
        issue(world, trained)


@pytest.mark.parametrize(
    ("mask", "text"),
    [("{number:04d}/{year}", "0007/2026"), ("{number}", "7"), ("ПК-{year}/{number:6d}", "ПК-2026/000007")],
)
def test_number_is_written_by_the_mask(mask: str, text: str) -> None:
    assert certificates.format_number(mask, 7, 2026) == text


def test_others_may_not_issue(world: mk.World, trained: Any) -> None:
    with acting_as(world.other_organizer), mk.nothing_changes(), pytest.raises(NotFound):
        certificates.issue(trained.id)
    with acting_as(world.worker.actor), mk.nothing_changes(), pytest.raises(Forbidden):
        certificates.issue(trained.id)


# --- blanks ----------------------------------------------------------------------------------------------------------


def make_blank(organizer: Any, number: str = "000123") -> Any:
    return mk.save(m.Blank(organizer_id=organizer.id, series="ПК", number=number))


def test_blank_is_used_and_printed(world: mk.World, trained: Any) -> None:
    blank = make_blank(world.organizer)
    row = issue(world, trained, blank_id=blank.id)
    assert (row.blank_id, row.snapshot["blank"]) == (blank.id, "ПК 000123")
    assert mk.fetch(m.Blank, blank.id).status == st.BlankStatus.USED


def test_used_blank_is_refused(world: mk.World, group: Any, trained: Any) -> None:
    blank = make_blank(world.organizer)
    issue(world, trained, blank_id=blank.id)
    (person,) = world.more_people(1)
    other = mk.make_enrolment(person, group, status=E.TRAINED)
    with mk.nothing_changes(), pytest.raises(Conflict, match="уже использован или списан"):
        issue(world, other, blank_id=blank.id)


def test_foreign_blank_is_not_found(world: mk.World, trained: Any) -> None:
    blank = make_blank(mk.make_organization(is_organizer=True))
    with mk.nothing_changes(), pytest.raises(NotFound):
        issue(world, trained, blank_id=blank.id)


# --- a whole group ---------------------------------------------------------------------------------------------------


def test_group_is_issued_by_names_and_refusals_do_not_hinder(world: mk.World, group: Any) -> None:
    people = [mk.make_person(world.school, last_name=name) for name in ("Яшина", "Ёлкина", "Аксёнова", "Жукова")]
    statuses = [E.TRAINED, E.TRAINED, E.TRAINED, E.FAILED]
    for person, status in zip(people, statuses, strict=True):
        mk.make_enrolment(person, group, status=status)
    with acting_as(world.organizer_actor):
        result = certificates.issue_for_group(group.id, check_base=BASE)
    issued = [(row.sequence, row.snapshot["last_name"]) for row in result.issued]
    assert issued == [(1, "Аксёнова"), (2, "Ёлкина"), (3, "Яшина")]
    assert [name.split("\u00a0")[0] for name, _ in result.refused] == ["Жукова"]
    assert "Не аттестован" in result.refused[0][1]
    with acting_as(world.organizer_actor), mk.nothing_changes():
        assert [row.id for row in certificates.issue_for_group(group.id).issued] == [row.id for row in result.issued]


def test_foreign_group_is_not_issued(world: mk.World, group: Any, trained: Any) -> None:
    with acting_as(world.other_organizer), mk.nothing_changes(), pytest.raises(NotFound):
        certificates.issue_for_group(group.id)


# --- after issuing ---------------------------------------------------------------------------------------------------


def test_annulled_document_leaves_its_number_used(world: mk.World, trained: Any) -> None:
    first = issue(world, trained)
    with acting_as(world.organizer_actor):
        with mk.nothing_changes(), pytest.raises(Invalid):
            certificates.annul(first.id, "")
        assert certificates.annul(first.id, "Ошибка в фамилии").status == st.CertificateStatus.ANNULLED
    again = issue(world, trained)
    assert (again.sequence, again.id == first.id) == (2, False)


def test_public_check_tells_only_public_facts(world: mk.World, trained: Any) -> None:
    row = issue(world, trained)
    facts = certificates.facts_for_check(row.check_code)
    assert (facts.number, facts.hours, facts.status) == (row.number, 18, st.CertificateStatus.ISSUED)
    assert facts.title == "Удостоверение о повышении квалификации"
    assert facts.initials.replace("\u00a0", " ").endswith(" А. И.")
    shown = " ".join(str(value) for _, value in facts.pairs)
    assert world.worker.employee.snils not in shown
    assert "Ивановна" not in shown


@pytest.mark.parametrize("code", ["", "нет такого", "x" * 500, "' OR 1=1"])
def test_unknown_code_is_not_found(world: mk.World, trained: Any, code: str) -> None:
    issue(world, trained)
    with pytest.raises(NotFound):
        certificates.facts_for_check(code)
