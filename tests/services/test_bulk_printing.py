"""Which documents of a group or a list are printed together, for whom, and what the journal says."""

from __future__ import annotations

import io
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.shared import Mm
from pypdf import PdfReader

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import today
from app.documents import doors
from app.documents.office.pdf import find_office
from app.documents.papers.bulk_papers import DOCX, PDF, ZIP, by_template, write_papers
from app.documents.qr import qr_png
from app.errors import Forbidden, Invalid, NotFound
from app.services.paper.issuing import certificates
from app.services.paper.issuing.certificates import Printing
from app.services.paper.orders import group_facts
from app.services.paper.printing import bulk_printing, print_templates
from app.services.paper.printing.print_templates import PrintChoice
from app.web.paper import printing
from tests.documents.conftest import paragraphs
from tests.services import makers as mk
from tests.statements import recorded

E, K = st.EnrolmentStatus, st.CertificateKind
BASE = "https://kadry.example.org"
FIELDS = "organization city issued_on last_name given_names period program hours head_name check_url blank".split()


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


@pytest.fixture
def group(world: mk.World) -> Any:
    return mk.make_past_group(world.program, capacity=20)


def trained(world: mk.World, group: Any, last_name: str, **over: Any) -> Any:
    values = {"final_form": "зачёт", "final_mark": "зачтено", "protocol_number": "7", "result_on": today()}
    return mk.make_enrolment(
        mk.make_person(world.school, last_name=last_name), group, status=E.TRAINED, **(values | over)
    )


def issue(world: mk.World, enrolment: Any, *, file: bytes = b"") -> Any:
    with acting_as(world.organizer_actor):
        return certificates.issue(enrolment.id, printing=Printing(lambda _kind, _organizer_id: file, BASE))


@pytest.fixture
def papers(world: mk.World, group: Any) -> list[Any]:
    """Documents issued in an order that is not that of names."""
    return [issue(world, trained(world, group, name)) for name in ("Щукина", "Абрамова", "Ёлкина")]


def test_the_order_is_the_one_given_and_doubles_are_printed_once(world: mk.World, papers: list[Any]) -> None:
    ids = [papers[n].id for n in (2, 0, 1, 0)]
    with acting_as(world.organizer_actor):
        found = bulk_printing.chosen(ids)
    assert [paper.id for paper in found] == ids[:3]
    assert [paper.name.split()[0] for paper in found] == ["Ёлкина", "Щукина", "Абрамова"]


def test_a_group_is_printed_by_names_without_what_was_annulled(world: mk.World, group: Any, papers: list[Any]) -> None:
    with acting_as(world.organizer_actor):
        assert bulk_printing.ids_of_group(group.id) == [papers[n].id for n in (1, 2, 0)]
        certificates.annul(papers[1].id, reason="ошибка")
        assert bulk_printing.ids_of_group(group.id, K.CERTIFICATE) == [papers[n].id for n in (2, 0)]
        assert bulk_printing.ids_of_group(group.id, K.TRAINING_NOTE) == []
        assert bulk_printing.kinds_of_group(group.id) == {K.CERTIFICATE: 2}


def test_the_name_is_that_of_the_document(world: mk.World, papers: list[Any]) -> None:
    mk.change(mk.fetch(m.Employee, papers[0].employee_id), last_name="Новая")
    with acting_as(world.organizer_actor):
        assert bulk_printing.chosen([papers[0].id])[0].name.startswith("Щукина")


def test_others_print_nothing(world: mk.World, group: Any, papers: list[Any]) -> None:
    ids = [paper.id for paper in papers]
    observer = mk.make_actor("observer")
    with mk.nothing_changes():
        for stranger in (world.other_organizer, world.other_responsible, world.other_worker.actor):
            with acting_as(stranger), pytest.raises(NotFound):
                bulk_printing.chosen(ids)
        with acting_as(world.other_organizer), pytest.raises(NotFound):
            bulk_printing.ids_of_group(group.id)
        with acting_as(world.other_organizer), pytest.raises(NotFound):
            group_facts.facts_of_group(group.id)
        with acting_as(observer), pytest.raises(Forbidden):
            bulk_printing.chosen(ids)


def test_one_hidden_document_stops_the_whole_order(world: mk.World, papers: list[Any]) -> None:
    other = mk.make_organization(is_organizer=True)
    group = mk.make_past_group(mk.make_program(other))
    enrolment = mk.make_enrolment(world.worker, group, status=E.TRAINED)
    with acting_as(mk.make_actor("organizer", other)):
        foreign = certificates.issue(enrolment.id)
    with acting_as(world.organizer_actor), pytest.raises(NotFound, match="Ничего не напечатано"):
        bulk_printing.chosen([papers[0].id, foreign.id])


def test_a_school_prints_its_own_people_but_not_the_group(world: mk.World, group: Any, papers: list[Any]) -> None:
    with acting_as(world.responsible):
        assert len(bulk_printing.chosen([paper.id for paper in papers])) == 3
        with pytest.raises(Forbidden):
            bulk_printing.ids_of_group(group.id)
        with pytest.raises(Forbidden):
            group_facts.facts_of_group(group.id)


def test_the_journal_tells_how_many_and_which(world: mk.World, group: Any, papers: list[Any], tmp_path: Any) -> None:
    with acting_as(world.organizer_actor):
        found = bulk_printing.chosen([paper.id for paper in papers])
        doors.print_many(ZIP, found, tmp_path / "all.zip")
        doors.print_many(ZIP, found[:1], tmp_path / "one.zip", group_id=group.id)
    (listed,) = mk.journal("certificate.printed")
    (grouped,) = mk.journal("training_group.printed")
    year = today().year
    assert listed.changes["Напечатано"] == ["", "3\u00a0человека"]
    assert listed.changes["Номера"] == ["", f"0001/{year} – 0003/{year}"]
    assert (grouped.object_id, grouped.changes["Номера"]) == (group.id, ["", f"0001/{year}"])


def test_facts_of_a_group_are_read_by_the_same_statements_for_any_number(world: mk.World, group: Any) -> None:
    numbers = []
    for names in (["Абрамова"], ["Борисова", "Волкова"]):
        for name in names:
            issue(world, trained(world, group, name))
        with acting_as(world.organizer_actor), recorded() as statements:
            facts = group_facts.facts_of_group(group.id)
        numbers.append(len(statements))
        mk.db.session.rollback()
    assert len(facts.listeners) == 3
    assert numbers[0] == numbers[1]
    assert numbers[0] <= 12


def test_facts_have_the_taken_only_with_their_outcome(world: mk.World, group: Any) -> None:
    issue(world, trained(world, group, "Абрамова"))
    for name, status in (("Борисова", E.EXPELLED), ("Волкова", E.WITHDRAWN), ("Громова", E.WAITING)):
        mk.make_enrolment(mk.make_person(world.school, last_name=name), group, status=status)
    with acting_as(world.organizer_actor):
        facts = group_facts.facts_of_group(group.id)
    assert [person.full_name.split()[0] for person in facts.listeners] == ["Абрамова", "Борисова"]
    assert [person.full_name.split()[0] for person in facts.studying] == ["Абрамова"]
    first = facts.listeners[0]
    assert (first.protocol, first.final_mark, first.workplace) == ("7", "зачтено", world.school.short_name)
    assert [paper.number for paper in first.documents] == [f"0001/{today().year}"]
    assert facts.head_name.replace("\u00a0", " ") == "М. П. Иванова"


# --- by which template -----------------------------------------------------------------------------------------------


@cache
def own_template(mark: str) -> bytes:
    """A template of an organizer, told by its mark; words that a blank already has are left out there.

    Kept: a file made a second later has other bytes, and so would be another template.
    """
    document = Document()
    document.add_paragraph(mark)
    document.add_paragraph("{{ number }}")
    document.add_paragraph("{%p if not on_blank %}")
    document.add_paragraph("ЗАГОЛОВОК")
    document.add_paragraph("{%p endif %}")
    for name in FIELDS:
        document.add_paragraph(f"{{{{ {name} }}}}")
    # a paper that is checked by its code has a place for it
    document.add_picture(io.BytesIO(qr_png("https://example.org")), width=Mm(20))._inline.docPr.set("name", "qr.png")
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def put_in_force(world: mk.World, data: bytes) -> None:
    options = {"name": "наш.docx", "organizer_id": world.organizer.id, "inspect": printing.inspect}
    with acting_as(world.organizer_actor):
        print_templates.activate(print_templates.upload("certificate", data, **options).id)


def in_zip(papers: list[bulk_printing.Printed], path: Path) -> list[list[str]]:
    """The first two lines of each file: the template's mark and the number."""
    write_papers(ZIP, papers, path)
    with zipfile.ZipFile(path) as archive:
        return [paragraphs(archive.read(name))[:2] for name in archive.namelist()]


def printed(world: mk.World, papers: list[Any]) -> list[bulk_printing.Printed]:
    with acting_as(world.organizer_actor):
        return bulk_printing.chosen([paper.id for paper in papers])


def test_two_documents_of_a_group_come_out_each_by_its_own_template(world: mk.World, group: Any, tmp_path: Any) -> None:
    issued = [
        issue(world, trained(world, group, name), file=own_template(mark))
        for name, mark in (("Абрамова", "ПЕРВЫЙ"), ("Борисова", "ВТОРОЙ"), ("Волкова", "ПЕРВЫЙ"))
    ]
    # what is in force today is not how they were issued
    put_in_force(world, own_template("НЫНЕШНИЙ"))
    found = printed(world, issued)
    marks = ("ПЕРВЫЙ", "ВТОРОЙ", "ПЕРВЫЙ")
    assert in_zip(found, tmp_path / "all.zip") == [[mark, row.number] for mark, row in zip(marks, issued, strict=True)]
    with pytest.raises(Invalid, match="выданы по разным шаблонам"):
        write_papers(DOCX, found, tmp_path / "all.docx")
    first, second = by_template(found)
    assert [[paper.number for paper in papers] for papers in (first, second)] == [
        [issued[0].number, issued[2].number],
        [issued[1].number],
    ]
    write_papers(DOCX, first, tmp_path / "first.docx")
    lines = paragraphs((tmp_path / "first.docx").read_bytes())
    assert [line for line in lines if line in marks or ("/20" in line and line[0] == "0")] == [
        *("ПЕРВЫЙ", issued[0].number),
        *("ПЕРВЫЙ", issued[2].number),
    ]


@pytest.mark.office
@pytest.mark.skipif(find_office() is None, reason="LibreOffice не установлен")
def test_one_pdf_has_each_document_by_its_own_template(world: mk.World, group: Any, tmp_path: Any) -> None:
    marks = ("ПЕРВЫЙ", "ВТОРОЙ", "ПЕРВЫЙ")
    issued = [
        issue(world, trained(world, group, f"Абрамов{end}"), file=own_template(mark))
        for end, mark in zip("абв", marks, strict=True)
    ]
    write_papers(PDF, printed(world, issued), tmp_path / "all.pdf")
    texts = [page.extract_text().split() for page in PdfReader(tmp_path / "all.pdf").pages]
    assert [text[:2] for text in texts] == [[mark, row.number] for mark, row in zip(marks, issued, strict=True)]


def test_a_document_without_a_kept_file_is_printed_by_what_is_in_force(
    world: mk.World, group: Any, tmp_path: Any
) -> None:
    issued = [issue(world, trained(world, group, "Абрамова"))]
    (plain,) = printed(world, issued)
    assert plain.template is None
    assert in_zip([plain], tmp_path / "standard.zip")[0][0] != "НАШ"
    put_in_force(world, own_template("НАШ"))
    assert in_zip(printed(world, issued), tmp_path / "own.zip") == [["НАШ", issued[0].number]]


def test_the_single_print_makes_the_same_choice(world: mk.World, group: Any) -> None:
    data = own_template("ДНЯ ВЫДАЧИ")
    kept, plain = (
        issue(world, trained(world, group, name), file=f) for name, f in (("Абрамова", data), ("Белова", b""))
    )
    choice = [
        print_templates.file_of_issued(row.kind.value, row.template_version, row.organizer_id) for row in (kept, plain)
    ]
    assert choice == [data, None]
    assert [paper.template for paper in printed(world, [kept, plain])] == choice


def test_many_are_printed_on_blanks_as_one_is(world: mk.World, group: Any, tmp_path: Any) -> None:
    issued = [issue(world, trained(world, group, "Абрамова"), file=own_template("НАШ"))]
    with acting_as(world.organizer_actor):
        print_templates.choose("certificate", world.organizer.id, PrintChoice(mode=st.PrintMode.BLANK), title="У")
    write_papers(DOCX, printed(world, issued), tmp_path / "blank.docx")
    assert "ЗАГОЛОВОК" not in paragraphs((tmp_path / "blank.docx").read_bytes())
    # who does not see the organizer's settings prints whole pages
    with acting_as(world.responsible):
        write_papers(DOCX, bulk_printing.chosen([issued[0].id]), tmp_path / "page.docx")
    assert "ЗАГОЛОВОК" in paragraphs((tmp_path / "page.docx").read_bytes())


def test_a_hundred_documents_are_read_by_the_statements_of_one(world: mk.World, group: Any) -> None:
    issued, numbers = [], []
    for name in ("Абрамова", "Белова", "Волкова"):
        issued.append(issue(world, trained(world, group, name), file=b"one"))
        ids = [paper.id for paper in issued]
        with acting_as(world.organizer_actor), recorded() as statements:
            bulk_printing.chosen(ids)
        numbers.append(len(statements))
        mk.db.session.rollback()
    assert len(set(numbers)) == 1
    assert numbers[0] <= 4
