"""The personal archive: which trainings of which years, what the list says, the PDF page by page, whose archive it is."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import today
from app.documents import doors
from app.documents.office.pdf import find_office
from app.documents.papers.archive_pdf import list_context
from app.documents.templates.templates import get_template
from app.errors import Forbidden, Invalid, NotFound, Unavailable
from app.extensions import db
from app.rules.decision import add_months
from app.services.paper.issuing import certificates
from app.services.paper.issuing.certificates import Printing
from app.services.personnel.trainings import training_archive
from app.services.personnel.trainings.training_archive import Archive
from app.services.portal import files
from tests.services import makers as mk
from tests.statements import recorded

E, K, T = st.EnrolmentStatus, st.CertificateKind, st.TrainingStatus
BASE = "https://kadry.example.org"


def _pdf() -> bytes:
    made, book = io.BytesIO(), PdfWriter()
    book.add_blank_page(200, 300)
    book.write(made)
    return made.getvalue()


def _jpeg() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (400, 200), "grey").save(made, "JPEG")
    return made.getvalue()


SCANS = {"pdf": _pdf, "jpeg": _jpeg}
office = pytest.mark.skipif(find_office() is None, reason="LibreOffice не установлен")


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


def trained(world: mk.World, title: str, *, months_ago: int, person: Any = None, **program: Any) -> Any:
    """A course that the worker ended so many months ago, with its outcome."""
    ended = add_months(today(), -months_ago)
    dates = {"starts_on": ended - 5 * mk.DAY, "ends_on": ended, "enrol_from": ended - 30 * mk.DAY}
    made = mk.make_program(world.organizer, title=title, **program)
    group = mk.make_group(made, enrol_until=ended - 6 * mk.DAY, status=st.GroupStatus.RUNNING, **dates)
    facts = {"result_on": ended, "protocol_number": "7", "final_mark": "зачтено"}
    return mk.make_enrolment(person or world.worker, group, status=E.TRAINED, **facts)


def issue(world: mk.World, enrolment: Any, **options: Any) -> Any:
    with acting_as(world.organizer_actor):
        return certificates.issue(
            enrolment.id,
            printing=Printing(lambda kind, _o: get_template(kind.value).path.read_bytes(), BASE),
            **options,
        )


def outside(world: mk.World, title: str, *, months_ago: int, **over: Any) -> Any:
    values = {"institution": "МГУ", "hours": 72, "ended_on": add_months(today(), -months_ago), "status": T.CONFIRMED}
    return mk.save(m.Training(employee_id=world.worker.employee.id, title=title, **(values | over)))


def archive(world: mk.World, years: int = 5, *, actor: Any = None) -> Archive:
    with acting_as(actor or world.worker.actor):
        return training_archive.archive_of(world.worker.employee.id, years)


def bind(world: mk.World, path: Any, years: int = 5, *, actor: Any = None) -> tuple[str, list[str]]:
    """The sentence about the file and the text of its pages."""
    with acting_as(actor or world.worker.actor):
        made = training_archive.archive_of(world.worker.employee.id, years)
        said = doors.training_archive(made, years, path)
    pages = [" ".join(page.extract_text().split()) for page in PdfReader(path).pages]
    return said.replace("\u00a0", " "), pages


# --- the list --------------------------------------------------------------------------------------------------------


def test_three_years_and_five_years_differ_and_the_oldest_comes_first(world: mk.World) -> None:
    trained(world, "Год назад", months_ago=12)
    trained(world, "Четыре года назад", months_ago=48)
    trained(world, "Шесть лет назад", months_ago=72)
    outside(world, "Ровно три года", months_ago=36)
    assert [item.program for item in archive(world, 3).trainings] == ["Ровно три года", "Год назад"]
    assert [item.program for item in archive(world, 5).trainings] == [
        "Четыре года назад",
        "Ровно три года",
        "Год назад",
    ]
    assert archive(world, 3).since == add_months(today(), -36)
    with pytest.raises(Invalid, match="3 года или 5 лет"):
        archive(world, 4)


def test_only_what_was_learned_to_the_end_counts(world: mk.World) -> None:
    for status in (E.FAILED, E.EXPELLED, E.NO_SHOW, E.CONFIRMED):
        mk.change(trained(world, status.value, months_ago=2), status=status)
    assert archive(world).trainings == []


def test_who_and_what_stand_in_the_list(world: mk.World) -> None:
    paper = issue(world, trained(world, "Урок «математики»", months_ago=1, hours=36))
    trained(world, "Без документа", months_ago=2)
    outside(world, "Вне портала", months_ago=3, document_number="АБ 17", issued_on=dt.date(2025, 2, 3))
    outside(world, "Без номера", months_ago=4)
    for status in (T.PENDING, T.REJECTED):
        outside(world, f"Не подтверждено: {status}", months_ago=5, status=status)
    made = archive(world)
    assert (made.full_name, made.position) == (world.worker.employee.full_name, "Учитель")
    assert made.workplace == world.school.full_name
    assert made.certificate_ids == [paper.id]
    context = list_context(made)
    issued = f"удостоверение о повышении квалификации №\u00a0{paper.number} от\u00a0{today():%d.%m.%Y}"
    assert [row["document"] for row in context["rows"]] == [
        "номер не указан, внесено вручную",
        "№\u00a0АБ 17 от\u00a003.02.2025, внесено вручную",
        "документ не выдан",
        issued,
    ]
    assert context["rows"][3]["program"] == "«Урок „математики“»"
    assert context["rows"][3]["organizer"] == world.organizer.full_name
    assert context["totals"].replace("\u00a0", " ") == "Всего: 4 обучения, 198 часов."
    assert context["attached"] == "В порядке списка приложены документы строк: 4."


def test_the_document_in_force_is_taken(world: mk.World) -> None:
    row = trained(world, "Курс", months_ago=1)
    first = issue(world, row)
    with acting_as(world.organizer_actor):
        certificates.annul(first.id, "Ошибка")
    assert archive(world).certificate_ids == []
    note, second = issue(world, row, kind=K.TRAINING_NOTE), issue(world, row)
    assert note.id != second.id
    assert archive(world).certificate_ids == [second.id]


def test_the_list_asks_as_much_for_many_trainings_as_for_one(world: mk.World) -> None:
    asked = []
    for number in (1, 3):
        for n in range(number):
            issue(world, trained(world, f"Курс {number}-{n}", months_ago=n + 1))
        with recorded() as statements:
            archive(world)
        asked.append(len(statements))
        mk.db.session.rollback()
    assert asked[0] == asked[1] <= 15


# --- the file --------------------------------------------------------------------------------------------------------


@office
@pytest.mark.office
def test_the_file_is_the_list_and_then_the_documents_in_its_order(world: mk.World, tmp_path: Any) -> None:
    late = issue(world, trained(world, "Позднее", months_ago=1))
    early = issue(world, trained(world, "Раннее", months_ago=40))
    outside(world, "Вне портала", months_ago=20)
    said, pages = bind(world, tmp_path / "all.pdf")
    assert said == f"В файле список обучения и 2 документа, {len(pages)} страницы."
    assert len(pages) == 3
    first = pages[0]
    for words in (
        "СВЕДЕНИЯ ОБ ОБУЧЕНИИ",
        world.worker.employee.full_name,
        world.school.full_name,
        "Должность: Учитель",
    ):
        assert words in first
    assert first.index("«Раннее»") < first.index("«Вне портала»") < first.index("«Позднее»")
    assert early.number in pages[1] and "Раннее" in pages[1] and world.worker.employee.last_name in pages[1]
    assert late.number in pages[2] and "Позднее" in pages[2]
    titles = [item.title for item in PdfReader(tmp_path / "all.pdf").outline]  # type: ignore[union-attr]
    assert titles == [
        "Список обучения",
        f"Удостоверение о повышении квалификации № {early.number}",
        f"Удостоверение о повышении квалификации № {late.number}",
    ]
    said, pages = bind(world, tmp_path / "three.pdf", 3, actor=world.responsible)
    assert (len(pages), "Раннее" in pages[0], late.number in pages[1]) == (2, False, True)


@office
@pytest.mark.office
@pytest.mark.parametrize("kind", ["pdf", "jpeg"])
def test_the_scan_of_a_foreign_document_stands_in_its_place(world: mk.World, tmp_path: Any, kind: str) -> None:
    late = issue(world, trained(world, "Позднее", months_ago=1))
    with acting_as(world.worker.actor):
        scan = files.keep_scan(f"scan.{kind}", SCANS[kind](), table="training")
        db.session.commit()
    outside(world, "Вне портала", months_ago=20, scan_id=scan.id)
    outside(world, "Ещё не подтверждено", months_ago=19, scan_id=scan.id, status=T.PENDING)
    said, pages = bind(world, tmp_path / "all.pdf", actor=world.responsible)
    assert said == "В файле список обучения и 2 документа, 3 страницы."
    assert "Документы приложены в порядке списка." in pages[0] and "Ещё не подтверждено" not in pages[0]
    assert late.number in pages[2]
    book = PdfReader(tmp_path / "all.pdf")
    assert [item.title for item in book.outline][1] == "Скан: Вне портала"  # type: ignore[union-attr]
    # the picture of 400 × 200 lies on a sheet of A4 that lies as it does
    box = book.pages[1].mediabox
    assert (round(box.width), round(box.height)) == {"pdf": (200, 300), "jpeg": (842, 595)}[kind]


@office
@pytest.mark.office
def test_a_list_without_documents_is_a_file_too(world: mk.World, tmp_path: Any) -> None:
    outside(world, "Вне портала", months_ago=20)
    said, pages = bind(world, tmp_path / "all.pdf")
    assert said == "В файле список обучения и 0 документов, 1 страница."
    assert "Документов и сканов за этот срок в портале нет." in pages[0]


def test_without_libreoffice_the_refusal_says_what_to_install(
    world: mk.World, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside(world, "Вне портала", months_ago=20)
    monkeypatch.setattr("app.documents.office.pdf.find_office", lambda: None)
    with pytest.raises(Unavailable, match="установить LibreOffice"):
        bind(world, tmp_path / "all.pdf")
    assert list(tmp_path.iterdir()) == []


# --- whose -----------------------------------------------------------------------------------------------------------


def test_the_person_and_the_responsible_see_the_same_archive(world: mk.World) -> None:
    issue(world, trained(world, "Курс", months_ago=1))
    assert replace(archive(world)) == archive(world, actor=world.responsible)


def test_nobody_else_makes_it(world: mk.World) -> None:
    issue(world, trained(world, "Курс", months_ago=1))
    others = [
        (world.other_worker.actor, NotFound),
        (world.other_responsible, NotFound),
        (world.organizer_actor, Forbidden),
        (world.operator, Forbidden),
    ]
    for actor, error in others:
        with mk.nothing_changes(), pytest.raises(error):
            archive(world, actor=actor)


def test_nothing_to_bind_is_said_in_words(world: mk.World) -> None:
    trained(world, "Давно", months_ago=80)
    with pytest.raises(Invalid, match="обучения в портале нет, собирать нечего"):
        training_archive.insist_something(archive(world))


@office
@pytest.mark.office
def test_the_journal_stands_on_the_card(world: mk.World, tmp_path: Any) -> None:
    issue(world, trained(world, "Курс", months_ago=1))
    bind(world, tmp_path / "a.pdf", actor=world.responsible)
    (entry,) = mk.journal("employee.printed")
    assert entry.object_id == world.worker.employee.id
    assert entry.changes["Обучение для аттестации"][1].replace("\u00a0", " ") == "5 лет: 1 обучение, 1 документ"
