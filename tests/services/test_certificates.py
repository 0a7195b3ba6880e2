"""Documents: number and snapshot in one transaction, refusals, annulment, the public check."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from sqlalchemy import func, select

from app import models as m
from app import statuses as st
from app.access import acting_as, unscoped
from app.clock import today
from app.documents.papers.certificate import CertificateFacts, outcome_words
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.extensions import db
from app.rules.document import main_document
from app.services.paper.issuing import certificates, document_check, duplicates
from app.services.paper.issuing.certificates import Printing
from app.services.paper.printing import template_files
from tests.services import makers as mk

E, K = st.EnrolmentStatus, st.CertificateKind
BASE = "https://kadry.example.org"
TEMPLATE = b"template of the day"
PRINTING = Printing(lambda _kind, _organizer_id: TEMPLATE, BASE)


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
        return certificates.issue(enrolment.id, printing=PRINTING, **options)


# --- issuing ---------------------------------------------------------------------------------------------------------


def test_issue_gives_a_number_a_code_and_a_letter(world: mk.World, trained: Any) -> None:
    row = issue(world, trained)
    assert (row.kind, row.number, row.sequence, row.year) == (K.CERTIFICATE, f"0001/{today().year}", 1, today().year)
    assert (row.issued_on, row.template_code) == (today(), "certificate")
    assert len(row.check_code) >= 20
    assert [letter.recipient for letter in mk.rows(m.Letter)] == [world.worker.employee.email]
    assert len(mk.journal("certificate.issued")) == 1


def test_the_template_of_the_day_is_kept_once(world: mk.World, group: Any, trained: Any) -> None:
    (person,) = world.more_people(1)
    rows = [issue(world, row) for row in (trained, mk.make_enrolment(person, group, status=E.TRAINED))]
    assert {row.template_version for row in rows} == {hashlib.sha256(TEMPLATE).hexdigest()}
    assert template_files.read(rows[0].template_version) == TEMPLATE
    assert template_files.read("0" * 64) is None
    with unscoped("tests"):
        assert db.session.scalar(select(func.count()).select_from(m.TemplateFile)) == 1


def no_template(kind: st.CertificateKind, _organizer_id: int) -> bytes:
    raise Invalid(f"Для документа «{kind.label}» нет шаблона.")


def test_a_paper_that_cannot_be_printed_is_not_issued_and_spends_no_number(world: mk.World, trained: Any) -> None:
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Invalid, match="нет шаблона"):
        certificates.issue(trained.id, printing=Printing(no_template))


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


@pytest.fixture
def retrained(world: mk.World) -> Any:
    kind = st.ProgramKind.RETRAINING
    program = mk.make_program(
        world.organizer, kind=kind, hours=256, block=None, qualification_name="Учитель начальных классов"
    )
    facts = {"result_on": today() - mk.DAY, "protocol_number": "7"}
    return mk.make_enrolment(world.worker, mk.make_past_group(program), status=E.TRAINED, **facts)


def test_retraining_ends_with_a_diploma_that_names_the_qualification(world: mk.World, retrained: Any) -> None:
    row = issue(world, retrained)
    facts = CertificateFacts.from_snapshot(row.snapshot)
    assert (row.kind, facts.qualification, facts.protocol) == (K.DIPLOMA, "Учитель начальных классов", "7")
    assert (facts.decided_on, facts.program_kind) == (today() - mk.DAY, st.ProgramKind.RETRAINING)
    assert facts.to_snapshot() == row.snapshot


def test_a_diploma_without_its_protocol_or_qualification_is_not_issued(world: mk.World, retrained: Any) -> None:
    mk.change(retrained, protocol_number=None)
    with mk.nothing_changes(), pytest.raises(Invalid, match=r"номер протокола[.] Впишите их в итог обучения"):
        issue(world, retrained)
    mk.change(mk.fetch(m.TrainingGroup, retrained.group_id).program, qualification_name=None)
    with mk.nothing_changes(), pytest.raises(Invalid, match=r"квалификация[.] Впишите их в карточку программы"):
        issue(world, retrained)


def test_a_note_on_the_period_ends_with_the_day_of_leaving(world: mk.World, group: Any) -> None:
    left = today() - 4 * mk.DAY
    row = mk.make_enrolment(world.worker, group, status=E.EXPELLED, result_on=left, reason_text="Прогулы")
    note = issue(world, row, kind=K.STUDY_PERIOD_NOTE)
    facts = CertificateFacts.from_snapshot(note.snapshot)
    assert (facts.starts_on, facts.ends_on, facts.outcome) == (group.starts_on, left, E.EXPELLED)
    assert outcome_words(facts).startswith("Отчислена ")


def test_a_new_mask_in_the_middle_of_a_year_goes_on_counting(world: mk.World, group: Any, trained: Any) -> None:
    issue(world, trained)
    mk.change(world.organizer, certificate_mask="ПК-{year}-{number:03d}")
    (person,) = world.more_people(1)
    row = issue(world, mk.make_enrolment(person, group, status=E.TRAINED))
    assert (row.sequence, row.number) == (2, f"ПК-{today().year}-002")


def test_papers_of_one_day_have_different_numbers_and_the_check_finds_one(world: mk.World, trained: Any) -> None:
    main, note = issue(world, trained), issue(world, trained, kind=K.TRAINING_NOTE)
    year = today().year
    assert (main.sequence, note.sequence) == (1, 1)
    assert (main.number, note.number) == (f"0001/{year}", f"С-0001/{year}")
    for paper in (main, note):
        (found,) = document_check.find_by_number(paper.number, today())
        assert found.kind == paper.kind


def test_a_note_does_not_hide_that_the_document_is_still_to_be_issued(world: mk.World, trained: Any) -> None:
    note = issue(world, trained, kind=K.TRAINING_NOTE)
    assert main_document([note]) is None
    main = issue(world, trained)
    assert main_document([note, main]) is main
    later = act_duplicate(world, main)
    assert main_document([note, mk.fetch(m.Certificate, main.id), later]) is later


def act_duplicate(world: mk.World, row: Any) -> Any:
    with acting_as(world.organizer_actor):
        return duplicates.issue_duplicate(row.id, st.DuplicateGround.LOST)


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


def test_a_blank_of_another_of_the_own_organizers_is_refused(world: mk.World, trained: Any) -> None:
    other = mk.make_organization(is_organizer=True)
    blank = make_blank(other)
    actor = mk.make_actor("organizer", world.organizer, other)
    with acting_as(actor), mk.nothing_changes(), pytest.raises(Forbidden, match="принадлежит другой организации"):
        certificates.issue(trained.id, blank_id=blank.id)


def test_foreign_blank_is_not_found(world: mk.World, trained: Any) -> None:
    blank = make_blank(mk.make_organization(is_organizer=True))
    with mk.nothing_changes(), pytest.raises(NotFound):
        issue(world, trained, blank_id=blank.id)


# --- after issuing ---------------------------------------------------------------------------------------------------


def test_annulled_document_leaves_its_number_used(world: mk.World, trained: Any) -> None:
    first = issue(world, trained)
    with acting_as(world.organizer_actor):
        with mk.nothing_changes(), pytest.raises(Invalid):
            certificates.annul(first.id, "")
        assert certificates.annul(first.id, "Ошибка в фамилии").status == st.CertificateStatus.ANNULLED
    again = issue(world, trained)
    assert (again.sequence, again.id == first.id) == (2, False)
