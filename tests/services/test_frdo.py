"""Batches for ФИС ФРДО: pre-flight, forming, answers, edits after the export, the term, the blank, two jobs at once."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import update

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import today
from app.documents.frdo import frdo_export, frdo_source
from app.documents.frdo.frdo_columns import TITLES
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.exchange.frdo_template import read_blank
from app.extensions import db
from app.identifiers import format_snils
from app.jobs import run_worker
from app.services.paper.issuing import certificates
from app.services.paper.registries import frdo_batches
from app.services.portal import files
from tests.documents.frdo_facts import official_blank
from tests.services import makers as mk
from tests.statements import recorded

E, A, B = st.EnrolmentStatus, st.FrdoAnswer, st.FrdoBatchStatus
DAY = mk.DAY
PROGRAM = {
    "area": "Образование",
    "specialities_group": "Образование и педагогические науки",
    "funding": "Региональный бюджет",
}


@pytest.fixture
def world(session: Any) -> mk.World:
    found = mk.make_world()
    mk.change(found.organizer, licence_date=dt.date(2015, 1, 1))
    mk.change(found.program, **PROGRAM)
    return found


def give_diploma(employee: Any, **over: Any) -> Any:
    level = mk.rows(m.EducationLevel, m.EducationLevel.code == "specialist")[0]
    values = {"level_id": level.id, "series": "ВСГ", "number": "1234567", "speciality": "Математика", "is_main": True}
    return mk.save(m.Qualification(employee_id=employee.id, **(values | over)))


def issue(world: mk.World, number: int = 1, *, actor: Any = None, program: Any = None, **options: Any) -> list[Any]:
    """Documents of new people with complete cards."""
    group = mk.make_past_group(program or world.program, capacity=number)
    issued = []
    for person in world.more_people(number, voucher=False):
        give_diploma(person.employee)
        enrolment = mk.make_enrolment(person, group, status=E.TRAINED)
        with acting_as(actor or world.organizer_actor):
            issued.append(certificates.issue(enrolment.id, **options))
    return issued


def days() -> tuple[dt.date, dt.date]:
    return today().replace(month=1, day=1), today()


def preflight(world: mk.World) -> frdo_export.Preflight:
    with acting_as(world.organizer_actor):
        return frdo_export.preflight(world.organizer.id, *days())


def form(world: mk.World) -> m.FrdoBatch:
    with acting_as(world.organizer_actor):
        return frdo_export.form(world.organizer.id, *days())


def act(world: mk.World, function: Any, *args: Any, **options: Any) -> Any:
    with acting_as(world.organizer_actor):
        return function(*args, **options)


def rows_of(batch: Any) -> list[Any]:
    return mk.rows(m.FrdoRow, m.FrdoRow.batch_id == batch.id)


def sent(world: mk.World) -> m.FrdoBatch:
    batch = form(world)
    act(world, frdo_batches.send, batch.id)
    return batch


# --- pre-flight ------------------------------------------------------------------------------------------------------


def test_complete_cards_have_no_fault(world: mk.World) -> None:
    issue(world, 3)
    with mk.nothing_changes():
        found = preflight(world)
    assert (found.total, found.ready, found.already, found.sorts) == (3, 3, 0, {})


def test_a_person_without_birth_date_is_an_error_of_that_card(world: mk.World) -> None:
    paper, _ = issue(world, 2)
    mk.change(mk.fetch(m.Employee, paper.employee_id), birth_date=None)
    (sort,) = preflight(world).errors
    ((facts, fault),) = sort.shown
    assert (sort.column, sort.sentence, sort.total) == ("Дата рождения получателя", "Не указана дата рождения.", 1)
    assert (fault.card, fault.card_id, facts.registration) == ("employee", paper.employee_id, paper.number)


def test_only_valid_documents_of_the_organizer_and_the_days_are_taken(world: mk.World) -> None:
    kept, annulled = issue(world, 2)
    with acting_as(world.organizer_actor):
        certificates.annul(annulled.id, "Ошибка")
    old, note, foreign = issue(world, 3)
    mk.change(old, issued_on=days()[0] - DAY)
    mk.change(note, kind=st.CertificateKind.TRAINING_NOTE)
    mk.change(foreign, organizer_id=mk.make_organization(is_organizer=True).id, sequence=99)
    batch = form(world)
    assert [row.certificate_id for row in rows_of(batch)] == [kept.id]


def test_a_duplicate_goes_with_its_original_and_the_original_does_not_go(world: mk.World) -> None:
    original, paper = issue(world, 2)
    mk.change(original, status=st.CertificateStatus.REPLACED)
    mk.change(paper, original_id=original.id, ground=st.DuplicateGround.LOST)
    (row,) = rows_of(form(world))
    assert (row.certificate_id, row.values[1:3], row.values[34]) == (paper.id, ["Дубликат", "Да"], original.number)


def test_what_is_printed_goes_and_not_what_the_card_says_later(world: mk.World) -> None:
    (paper,) = issue(world)
    blank = mk.save(
        m.Blank(organizer_id=world.organizer.id, series="6301", number="000007", status=st.BlankStatus.USED)
    )
    mk.change(paper, blank_id=blank.id)
    person = mk.change(mk.fetch(m.Employee, paper.employee_id), last_name="Новая")
    values = dict(zip(TITLES, rows_of(form(world))[0].values, strict=True))
    assert values["Фамилия получателя"] == paper.snapshot["last_name"] != "Новая"
    # the diploma has no surname of its own: the card's goes
    assert values["Фамилия указанная в дипломе о ВО или СПО"] == "Новая"
    assert (values["Серия документа"], values["Номер документа"]) == ("6301", "000007")
    assert (values["СНИЛС"], values["Регистрационный номер"]) == (format_snils(person.snils), paper.number)


def test_the_diploma_of_higher_education_is_taken(world: mk.World) -> None:
    (paper,) = issue(world)
    school = mk.rows(m.EducationLevel, m.EducationLevel.code == "secondary")[0]
    give_diploma(mk.fetch(m.Employee, paper.employee_id), level_id=school.id, number="999")
    (facts,) = frdo_source.facts_of([paper.id]).values()
    assert (facts.education_level, facts.diploma_number) == ("Высшее образование", "1234567")


def test_a_person_made_anonymous_is_told_by_the_document(world: mk.World) -> None:
    (paper,) = issue(world)
    snils = mk.fetch(m.Employee, paper.employee_id).snils
    owner = {"snils": snils, "birth_date": "1980-05-17", "sex": "female", "citizenship": "643", "education_level": "Высшее образование",
             "diploma_last_name": "Петрова", "diploma_series": "", "diploma_number": "77"}  # fmt: skip
    mk.change(paper, snapshot={**paper.snapshot, "owner": owner})
    mk.change(mk.fetch(m.Employee, paper.employee_id), snils=None, birth_date=None, sex=None, last_name="Обезличен")
    (row,) = rows_of(form(world))
    assert (row.values[26], row.values[24], row.values[17]) == (format_snils(snils), "17.05.1980", "77")


def test_the_number_of_statements_does_not_grow_with_the_documents(world: mk.World) -> None:
    issue(world)
    with recorded() as few:
        preflight(world)
    issue(world, 4)
    with recorded() as more:
        preflight(world)
    assert len(more) == len(few) <= 8


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (dt.date(2025, 2, 2), dt.date(2025, 2, 1), "раньше первого"),
        (dt.date(2024, 12, 31), dt.date(2025, 1, 1), "одного года"),
        (dt.date(2999, 1, 1), dt.date(2999, 1, 2), "ещё не начался"),
    ],
)
def test_a_wrong_period_is_refused(world: mk.World, start: dt.date, end: dt.date, words: str) -> None:
    with acting_as(world.organizer_actor), pytest.raises(Invalid, match=words):
        frdo_export.form(world.organizer.id, start, end)


@pytest.mark.parametrize("who", ["other_organizer", "operator", "responsible"])
def test_only_the_own_organization_is_checked_and_formed(world: mk.World, who: str) -> None:
    issue(world)
    for do in (frdo_export.preflight, frdo_export.form):
        with mk.nothing_changes(), acting_as(getattr(world, who)), pytest.raises(Forbidden):
            do(world.organizer.id, *days())


# --- forming ---------------------------------------------------------------------------------------------------------


def test_a_batch_has_a_number_rows_and_a_journal(world: mk.World) -> None:
    papers = issue(world, 2)
    batch = form(world)
    assert (batch.number, batch.year, batch.rows_count, batch.status) == (1, today().year, 2, B.FORMED)
    assert (batch.period_from, batch.period_to, batch.created_by_id) == (*days(), world.organizer_actor.user_id)
    rows = rows_of(batch)
    assert [(row.row_number, row.certificate_id) for row in rows] == [(1, papers[0].id), (2, papers[1].id)]
    assert {len(row.values) for row in rows} == {40}
    assert [entry.object_id for entry in mk.journal("frdo_batch.created")] == [batch.id]


def test_errors_refuse_the_batch_and_spend_no_number(world: mk.World) -> None:
    paper, _ = issue(world, 2)
    mk.change(mk.fetch(m.Employee, paper.employee_id), birth_date=None, snils=None)
    with mk.nothing_changes(), pytest.raises(Conflict, match=r"нашла 2\sошибки.*Не указана дата рождения"):
        form(world)


def test_warnings_do_not_hinder(world: mk.World) -> None:
    issue(world)
    mk.change(mk.fetch(m.Organization, world.organizer.id), licence_date=None)
    assert form(world).rows_count == 1


def test_a_document_is_not_taken_twice(world: mk.World) -> None:
    issue(world)
    form(world)
    with mk.nothing_changes(), pytest.raises(Conflict, match="Новых документов"):
        form(world)
    (new,) = issue(world)
    second = form(world)
    assert (second.number, [row.certificate_id for row in rows_of(second)]) == (2, [new.id])


def test_a_cancelled_batch_gives_its_documents_back(world: mk.World) -> None:
    issue(world)
    first = form(world)
    act(world, frdo_batches.cancel, first.id, "Загружен не тот бланк")
    assert form(world).number == 2
    with mk.nothing_changes(), pytest.raises(Conflict):
        act(world, frdo_batches.send, first.id)


def test_a_rejected_document_is_taken_again_and_an_accepted_one_is_not(world: mk.World) -> None:
    issue(world, 2)
    batch = sent(world)
    accepted, rejected = rows_of(batch)
    act(
        world,
        frdo_batches.record_answers,
        batch.id,
        {accepted.id: (A.ACCEPTED, ""), rejected.id: (A.REJECTED, "СНИЛС не найден")},
    )
    assert [row.certificate_id for row in rows_of(form(world))] == [rejected.certificate_id]


def test_an_edit_after_the_export_is_flagged_and_taken_again(world: mk.World) -> None:
    papers = issue(world, 2)
    batch = sent(world)
    mk.change(mk.fetch(m.Employee, papers[0].employee_id), birth_date=dt.date(1981, 1, 1))
    found = preflight(world)
    ((facts, before),) = found.changed
    assert (facts.certificate_id, before.batch_id, found.ready, found.already) == (papers[0].id, batch.id, 1, 1)
    with acting_as(world.organizer_actor):
        assert frdo_export.changed_since(batch, rows_of(batch)) == {rows_of(batch)[0].id: ["Дата рождения получателя"]}
    assert [row.certificate_id for row in rows_of(form(world))] == [papers[0].id]


def test_an_edit_of_a_batch_that_is_not_sent_is_flagged_only(world: mk.World) -> None:
    (paper,) = issue(world)
    form(world)
    mk.change(mk.fetch(m.Employee, paper.employee_id), birth_date=dt.date(1981, 1, 1))
    found = preflight(world)
    assert (found.changed_total, found.ready, found.already) == (1, 0, 1)


def test_another_years_numbers_begin_anew_and_another_organizers_are_its_own(world: mk.World) -> None:
    issue(world)
    form(world)
    program = mk.make_program(
        mk.rows(m.Organization, m.Organization.id == world.other_organizer.grants[0].organization_ids[0])[0], **PROGRAM
    )
    issue(world, actor=world.other_organizer, program=program)
    with acting_as(world.other_organizer):
        assert frdo_export.form(program.organizer_id, *days()).number == 1


# --- the file --------------------------------------------------------------------------------------------------------


def cells(path: Path) -> list[list[Any]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(path.read_bytes()))
    found: list[list[Any]] = book.get_sheet_by_name("Шаблон").to_python()
    return found


def keep_blank(world: mk.World) -> None:
    found = read_blank(official_blank(), titles=TITLES)
    lists = {"part": found.part, "values": {str(n): list(values) for n, values in found.lists.items()}}
    act(world, frdo_batches.keep_template, world.organizer.id, file_name="ДПО.xlsx", data=official_blank(), lists=lists)


def test_the_file_is_what_was_kept_whatever_the_cards_say_now(world: mk.World, tmp_path: Path) -> None:
    (paper,) = issue(world)
    batch = form(world)
    mk.change(mk.fetch(m.Employee, paper.employee_id), birth_date=dt.date(1999, 1, 1))
    with acting_as(world.organizer_actor):
        assert frdo_export.write_file(tmp_path / "a.xlsx", batch) == 1
    assert cells(tmp_path / "a.xlsx") == [list(TITLES), rows_of(batch)[0].values]


def test_the_blank_gives_the_lists_and_the_sheet(world: mk.World, tmp_path: Path) -> None:
    issue(world)
    keep_blank(world)
    # «Региональный бюджет» of the program is not in the blank's list
    (sort,) = preflight(world).errors
    assert (sort.column, sort.shown[0][1].card) == ("Источник финансирования обучения", "program")
    mk.change(mk.fetch(m.Program, world.program.id), funding="средства области")
    batch = form(world)
    with acting_as(world.organizer_actor):
        frdo_export.write_file(tmp_path / "a.xlsx", batch)
    assert cells(tmp_path / "a.xlsx")[1][28] == "Средства области"
    assert CalamineWorkbook.from_path(tmp_path / "a.xlsx").sheet_names == ["Шаблон", "Проверки"]


def test_a_blank_is_kept_for_the_own_organization_only(world: mk.World) -> None:
    with mk.nothing_changes(), acting_as(world.other_organizer), pytest.raises(Forbidden):
        frdo_batches.keep_template(world.organizer.id, file_name="x", data=b"x", lists={})
    keep_blank(world)
    keep_blank(world)
    assert len(mk.journal("frdo_template.blank_kept")) == 2


# --- answers ---------------------------------------------------------------------------------------------------------


def test_the_last_answer_closes_the_batch(world: mk.World) -> None:
    issue(world, 2)
    batch = sent(world)
    first = rows_of(batch)[0]
    act(world, frdo_batches.record_answers, batch.id, {first.id: (A.REJECTED, "  нет  СНИЛС ")})
    assert mk.fetch(m.FrdoBatch, batch.id).status is B.SENT
    assert mk.fetch(m.FrdoRow, first.id).answer_text == "нет СНИЛС"
    act(world, frdo_batches.accept_all, batch.id)
    assert mk.fetch(m.FrdoBatch, batch.id).status is B.ANSWERED
    assert [row.answer for row in rows_of(batch)] == [A.REJECTED, A.ACCEPTED]
    act(world, frdo_batches.record_answers, batch.id, {first.id: (A.ACCEPTED, "x")})
    assert (mk.fetch(m.FrdoRow, first.id).answer, mk.fetch(m.FrdoRow, first.id).answer_text) == (A.ACCEPTED, None)
    with mk.nothing_changes(), pytest.raises(Conflict, match="уже записан"):
        act(world, frdo_batches.accept_all, batch.id)


def test_wrong_answers_change_nothing(world: mk.World) -> None:
    issue(world, 2)
    batch = form(world)
    row, other = rows_of(batch)
    with mk.nothing_changes(), pytest.raises(Conflict, match="Сначала отметьте"):
        act(world, frdo_batches.record_answers, batch.id, {row.id: (A.ACCEPTED, "")})
    act(world, frdo_batches.send, batch.id)
    for answers, words in (
        ({}, "хотя бы для одного"),
        ({row.id: (A.ACCEPTED, ""), other.id: (A.REJECTED, " ")}, "Впишите, почему"),
        ({row.id + 10_000: (A.ACCEPTED, "")}, "в этом пакете нет"),
    ):
        with mk.nothing_changes(), pytest.raises(Invalid, match=words):
            act(world, frdo_batches.record_answers, batch.id, answers)


@pytest.mark.parametrize("who", ["other_organizer", "responsible"])
def test_a_foreign_batch_is_not_found(world: mk.World, who: str) -> None:
    issue(world)
    batch = sent(world)
    for do in (
        frdo_batches.send,
        frdo_batches.accept_all,
        lambda pk: frdo_batches.cancel(pk, "x"),
        lambda pk: frdo_batches.record_answers(pk, {1: (A.ACCEPTED, "")}),
    ):
        with mk.nothing_changes(), acting_as(getattr(world, who)), pytest.raises(NotFound):
            do(batch.id)


def test_the_operator_reads_and_does_nothing(world: mk.World) -> None:
    issue(world)
    batch = sent(world)
    with acting_as(world.operator):
        assert frdo_batches.visible_batch(batch.id, "frdo_batch:show").id == batch.id
        with mk.nothing_changes(), pytest.raises(Forbidden):
            frdo_batches.accept_all(batch.id)


# --- the term --------------------------------------------------------------------------------------------------------


def counted(world: mk.World) -> tuple[int, int]:
    with acting_as(world.organizer_actor):
        return tuple(  # type: ignore[return-value]
            db.session.query(m.Certificate).filter(condition()).count()
            for condition in (frdo_batches.past_term, frdo_batches.near_term)
        )


def test_the_term_counts_what_is_not_sent(world: mk.World) -> None:
    papers = issue(world, 5)
    for paper, ago in zip(papers, (61, 60, 46, 45, 61), strict=True):
        mk.change(paper, issued_on=today() - ago * DAY)
    assert counted(world) == (2, 2)
    mk.change(papers[4], status=st.CertificateStatus.ANNULLED)
    assert counted(world) == (1, 2)
    with acting_as(mk.SYSTEM):
        db.session.execute(update(m.Setting).where(m.Setting.key == "frdo_export_days").values(value="70"))
        db.session.commit()
    assert counted(world) == (0, 2)


def test_a_sent_document_is_told_no_more_until_it_is_rejected(world: mk.World) -> None:
    (paper,) = issue(world)
    batch = form(world)
    mk.change(paper, issued_on=today() - 61 * DAY)
    assert counted(world) == (1, 0)
    act(world, frdo_batches.send, batch.id)
    assert counted(world) == (0, 0)
    act(world, frdo_batches.record_answers, batch.id, {rows_of(batch)[0].id: (A.REJECTED, "нет СНИЛС")})
    assert counted(world) == (1, 0)


# --- in the background -----------------------------------------------------------------------------------------------


def test_a_long_batch_is_formed_as_a_task(world: mk.World, app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    issue(world, 2)
    monkeypatch.setattr(frdo_export, "FORM_AT_ONCE", 1)
    with acting_as(world.organizer_actor):
        mk.save(
            m.Assignment(
                user_id=world.organizer_actor.user_id,
                role="organizer",
                organization_id=world.organizer.id,
                valid_from=today(),
            )
        )
        assert frdo_export.order_or_form(world.organizer.id, *days(), total=2) is None
    assert mk.rows(m.FrdoBatch) == []
    run_worker(app, once=True)
    (job,), (batch,) = mk.rows(m.BackgroundJob), mk.rows(m.FrdoBatch)
    assert (job.status, batch.rows_count) == (st.JobStatus.DONE, 2)
    assert job.message == "Пакет № 1: 2\xa0документа."
    file = mk.fetch(m.StoredFile, job.file_id)
    assert len(cells(files.files_root() / file.path)) == 3


def test_a_task_with_errors_fails_with_a_sentence_and_writes_nothing(
    world: mk.World, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (paper,) = issue(world)
    monkeypatch.setattr(frdo_export, "FORM_AT_ONCE", 0)
    with acting_as(world.organizer_actor):
        mk.save(
            m.Assignment(
                user_id=world.organizer_actor.user_id,
                role="organizer",
                organization_id=world.organizer.id,
                valid_from=today(),
            )
        )
        frdo_export.order_or_form(world.organizer.id, *days(), total=1)
    mk.change(mk.fetch(m.Employee, paper.employee_id), birth_date=None)
    run_worker(app, once=True)
    (job,) = mk.rows(m.BackgroundJob)
    assert job.status is st.JobStatus.FAILED
    assert "Не указана дата рождения" in job.message
    assert (mk.rows(m.FrdoBatch), mk.rows(m.FrdoRow)) == ([], [])


# --- the command -----------------------------------------------------------------------------------------------------


def test_the_command_writes_the_file(world: mk.World, app: Any, tmp_path: Path) -> None:
    issue(world, 2)
    start, end = (f"{day:%d.%m.%Y}" for day in days())
    command = [
        "portal",
        "export-frdo",
        str(tmp_path / "a.xlsx"),
        "--organizer",
        str(world.organizer.id),
        "--from",
        start,
        "--to",
        end,
    ]
    done = app.test_cli_runner().invoke(args=command)
    assert (done.exit_code, "В файле строк: 2" in done.output) == (0, True), done.output
    assert len(cells(tmp_path / "a.xlsx")) == 3
    again = app.test_cli_runner().invoke(args=command)
    assert (again.exit_code, "Новых документов" in again.output) == (2, True)
    wrong = app.test_cli_runner().invoke(args=[*command[:6], "когда-то", *command[7:]])
    assert (wrong.exit_code, "Дата пишется" in wrong.output) == (2, True)
