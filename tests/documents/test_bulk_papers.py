"""Many people's documents as one DOCX, a ZIP and one PDF: the order, the names, the pages, whose paper is too long."""

from __future__ import annotations

import contextlib
import io
import os
import re
import signal
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from pypdf import PdfReader

from app.documents.file_names import safe_name
from app.documents.papers import bulk_papers
from app.documents.papers.bulk_papers import DOCX, DUPLEX, PDF, ZIP, write_papers
from app.documents.templates.templates import TEMPLATE_FOLDER
from app.errors import Invalid, Unavailable
from app.services.paper.printing.bulk_printing import Printed
from app.statuses import CertificateKind
from tests.documents.conftest import MakeFacts, paragraphs

NAMES = ("Щукина", "Абрамова", "Ёлкина", "О'Нил-Петрова")


@pytest.fixture
def people(make_facts: MakeFacts) -> list[Printed]:
    """Four people in an order that is neither that of names nor that of numbers."""
    return [printed(make_facts, n, last_name=name) for n, name in zip((4, 1, 3, 2), NAMES, strict=True)]


def printed(make_facts: MakeFacts, n: int, **changes: Any) -> Printed:
    facts = make_facts(number=f"{n:04d}/2026", check_url=f"https://kadry.example.ru/verify/{n:020d}", **changes)
    return Printed(n, facts.kind, facts.number, facts.to_snapshot())


def said(*given: Any) -> str:
    """Write the file and return what is said of it, with plain spaces."""
    return write_papers(*given).replace("\u00a0", " ")


def numbers_in(text: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r"\d{4}/2026", text)))


def numbers_of(people: Sequence[Printed]) -> list[str]:
    return [paper.number for paper in people]


# --- Word ------------------------------------------------------------------------------------------------------------


def test_one_file_has_a_section_for_each_person_in_the_order_given(people: list[Printed], tmp_path: Path) -> None:
    steps: list[int] = []
    message = said(DOCX, people, tmp_path / "all.docx", steps.append)
    data = (tmp_path / "all.docx").read_bytes()
    assert len(Document(io.BytesIO(data)).sections) == 4
    assert numbers_in(" ".join(paragraphs(data))) == numbers_of(people)
    assert (message, steps) == ("В файле 4 человека.", [1, 2, 3, 4])


def test_documents_of_two_kinds_are_refused_in_one_file_and_named(
    people: list[Printed], make_facts: MakeFacts, tmp_path: Path
) -> None:
    note = printed(make_facts, 9, kind=CertificateKind.TRAINING_NOTE)
    with pytest.raises(Invalid, match="«Удостоверение о повышении квалификации», «Справка о прохождении обучения»"):
        write_papers(DOCX, [*people, note], tmp_path / "all.docx")
    assert list(tmp_path.iterdir()) == []
    write_papers(ZIP, [*people, note], tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert len(archive.namelist()) == 5


def test_a_person_whose_paper_lacks_a_fact_is_named(
    people: list[Printed], make_facts: MakeFacts, tmp_path: Path
) -> None:
    bad = printed(make_facts, 7, last_name="Безгородова", city="")
    with pytest.raises(Invalid, match=r"Безгородова Мария Петровна, № 0007/2026\. .* не заполнено — город"):
        write_papers(ZIP, [*people, bad], tmp_path / "all.zip")


def test_zip_names_are_safe_and_in_the_order_of_the_list(people: list[Printed], tmp_path: Path) -> None:
    write_papers(ZIP, people, tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        found = [numbers_in(" ".join(paragraphs(archive.read(name)))) for name in names]
    assert names == [
        "001 Щукина Мария Петровна, 0004-2026.docx",
        "002 Абрамова Мария Петровна, 0001-2026.docx",
        "003 Ёлкина Мария Петровна, 0003-2026.docx",
        "004 О'Нил-Петрова Мария Петровна, 0002-2026.docx",
    ]
    assert found == [[number] for number in numbers_of(people)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("../../etc/passwd", "-..-etc-passwd"),
        ('Группа "А"/1: «итог»?', "Группа -А-1- «итог»-"),
        ("a\x00b\nc", "ab-c"),
        (" . ", "документ"),
        ("Ё" * 300, "Ё" * 100),
        ("конец. ", "конец"),
    ],
)
def test_names_of_files(text: str, name: str) -> None:
    assert safe_name(text) == name
    assert len(safe_name(text).encode()) <= 200


# --- PDF -------------------------------------------------------------------------------------------------------------


def pages(path: Path) -> list[str]:
    return [page.extract_text() for page in PdfReader(path).pages]


def long_template(tmp_path: Path, who: str) -> Any:
    """The portal's template with a second page for one person, as a school's own template may have."""
    document = Document(str(TEMPLATE_FOLDER / "certificate.docx"))
    document.add_paragraph("{%p if last_name == '" + who + "' %}")
    for _ in range(10):
        document.add_paragraph("ПРИЛОЖЕНИЕ")
    document.add_paragraph("{%p endif %}")
    document.save(str(tmp_path / "own.docx"))
    return tmp_path / "own.docx"


@pytest.mark.office
@pytest.mark.usefixtures("office")
def test_one_pdf_of_two_kinds_keeps_the_order_and_names_each_page(
    people: list[Printed], make_facts: MakeFacts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_papers, "CHUNK", 3)
    mixed = [*people, printed(make_facts, 9, kind=CertificateKind.TRAINING_NOTE)]
    steps: list[int] = []
    message = said(PDF, mixed, tmp_path / "all.pdf", steps.append)
    assert [numbers_in(text)[0] for text in pages(tmp_path / "all.pdf")] == numbers_of(mixed)
    assert message == "В файле 5 человек, 5 страниц."
    assert (steps[-1], steps == sorted(steps)) == (5, True)
    outline = PdfReader(tmp_path / "all.pdf").outline
    assert [item.title for item in outline][:2] == [  # type: ignore[union-attr]
        "Щукина Мария Петровна, № 0004/2026",
        "Абрамова Мария Петровна, № 0001/2026",
    ]


@pytest.mark.office
@pytest.mark.usefixtures("office")
def test_for_duplex_each_person_begins_on_a_front_side(people: list[Printed], tmp_path: Path) -> None:
    message = said(DUPLEX, people[:2], tmp_path / "all.pdf")
    texts = pages(tmp_path / "all.pdf")
    assert [numbers_in(text) for text in texts] == [["0004/2026"], [], ["0001/2026"], []]
    assert [text.strip() for text in texts[1::2]] == ["", ""]
    assert message == "В файле 2 человека, 4 страницы."
    sizes = {tuple(map(round, page.mediabox[2:])) for page in PdfReader(tmp_path / "all.pdf").pages}
    assert len(sizes) == 1


@pytest.mark.office
@pytest.mark.usefixtures("office")
def test_whose_paper_needs_a_second_page_is_named(people: list[Printed], tmp_path: Path) -> None:
    own = long_template(tmp_path, "Абрамова").read_bytes()
    message = said(DUPLEX, [replace(paper, template=own) for paper in people[:3]], tmp_path / "all.pdf")
    assert "Больше одной страницы: Абрамова Мария Петровна. Проверьте" in message
    found = [(numbers_in(text) or [""])[0] for text in pages(tmp_path / "all.pdf")]
    # the long paper has its own back, the others an empty one
    assert found[0::2] == ["0004/2026", "0001/2026", "0003/2026"]
    assert "ПРИЛОЖЕНИЕ" in pages(tmp_path / "all.pdf")[3]


@pytest.mark.office
@pytest.mark.usefixtures("office")
def test_a_libreoffice_killed_in_the_middle_does_not_stop_the_work(
    people: list[Printed], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real program is killed from outside once, while it converts."""
    monkeypatch.setattr(bulk_papers, "CHUNK", 1)
    killed: list[int] = []

    def kill(_done: int) -> None:
        for pid in [] if killed else children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)

    message = said(PDF, people, tmp_path / "all.pdf", kill)
    assert killed
    assert message == "В файле 4 человека, 4 страницы."
    assert [numbers_in(text)[0] for text in pages(tmp_path / "all.pdf")] == numbers_of(people)


def children() -> list[int]:
    """Ids of the LibreOffice processes that this process has started, within a sandbox or without."""
    parents, named = dict[int, int](), list[int]()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            name, _, rest = stat.read_text().rpartition(")")
            parents[int(stat.parent.name)] = int(rest.split()[1])
            if "soffice" in name:
                named.append(int(stat.parent.name))
    return [pid for pid in named if os.getpid() in ancestors(pid, parents)]


def ancestors(pid: int, parents: dict[int, int]) -> list[int]:
    found = []
    while pid := parents.get(pid, 0):
        found.append(pid)
    return found


def test_cancelling_stops_before_libreoffice_is_started(people: list[Printed], tmp_path: Path) -> None:
    class Stop(Exception):
        pass

    def stop(_done: int) -> None:
        raise Stop

    with pytest.raises(Stop):
        write_papers(PDF, people, tmp_path / "all.pdf", stop)
    assert list(tmp_path.iterdir()) == []


def test_without_libreoffice_the_refusal_says_what_to_install(
    people: list[Printed], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.documents.office.pdf.find_office", lambda: None)
    with pytest.raises(Unavailable, match="установить LibreOffice"):
        write_papers(PDF, people, tmp_path / "all.pdf")
    assert list(tmp_path.iterdir()) == []


def test_a_template_with_numbered_lists_is_printed_file_by_file(people: list[Printed], tmp_path: Path) -> None:
    document = Document()
    line = document.add_paragraph("{{ number }}")
    line._p.get_or_add_pPr().get_or_add_numPr()
    made = io.BytesIO()
    document.save(made)
    numbered = [replace(paper, template=made.getvalue()) for paper in people]
    known = bulk_papers._Papers()
    assert [len(chunk) for chunk in bulk_papers._chunks(known, numbered)] == [1, 1, 1, 1]
    with pytest.raises(Invalid, match="нумерованный список"):
        write_papers(DOCX, numbered, tmp_path / "all.docx")
