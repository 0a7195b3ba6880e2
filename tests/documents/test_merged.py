"""Many papers in one DOCX: each person's own page, header, footer and code, and nothing of another's."""

from __future__ import annotations

import datetime as dt
import io
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
from docx import Document

from app.documents.office.pdf import find_office, to_pdf
from app.documents.papers.certificate import CertificateFacts, certificate_context
from app.documents.qr import qr_png
from app.documents.templates.merged import MergedDocx, merged
from app.documents.templates.templates import get_template, render_docx
from app.errors import Invalid
from app.statuses import CertificateKind, Sex


def facts(n: int) -> CertificateFacts:
    return CertificateFacts(
        kind=CertificateKind.CERTIFICATE,
        number=f"{n:04d}/2026",
        issued_on=dt.date(2026, 3, 2),
        last_name=f"Петрова-{'АБВГДЕЖЗИК'[n % 10]}",
        first_name="Анна",
        patronymic="Ивановна",
        sex=Sex.FEMALE,
        organization="Институт развития образования",
        city="Самара",
        program="Современный урок",
        hours=36,
        starts_on=dt.date(2026, 2, 2),
        ends_on=dt.date(2026, 2, 20),
        head_name="М. П. Иванова",
        check_url=f"https://example.org/verify/{n:032x}",
    )


def with_footer() -> bytes:
    document = Document()
    document.add_paragraph("Слушатель {{ last_name }}")
    document.sections[0].footer.paragraphs[0].text = "№ {{ number }}"
    document.sections[0].header.paragraphs[0].text = "{{ organization }}"
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def contexts(number: int) -> list[dict[str, Any]]:
    return [certificate_context(facts(n)) for n in range(1, number + 1)]


def test_each_person_has_a_section_with_the_own_footer() -> None:
    made = Document(io.BytesIO(merged(with_footer(), [(c, None) for c in contexts(30)])))
    assert len(made.sections) == 30
    for n in (1, 15, 30):
        assert made.sections[n - 1].footer.paragraphs[0].text == f"№ {n:04d}/2026"
        assert made.sections[n - 1].header.paragraphs[0].text == "Институт развития образования"
    assert [p.text for p in made.paragraphs] == [f"Слушатель {c['last_name']}" for c in contexts(30)]


def test_the_text_of_the_merged_file_is_that_of_the_single_ones() -> None:
    template = get_template("certificate").path.read_bytes()
    papers = [(c, qr_png(c["check_url"])) for c in contexts(12)]
    together = Document(io.BytesIO(merged(template, papers)))
    single = [Document(io.BytesIO(render_docx("certificate", c, picture=p))) for c, p in papers]
    cells = [[c.text for t in d.tables for row in t.rows for c in row.cells] for d in single]
    assert [c.text for t in together.tables for row in t.rows for c in row.cells] == [x for part in cells for x in part]


def test_ids_do_not_repeat_and_every_relation_leads_somewhere() -> None:
    template = get_template("certificate").path.read_bytes()
    made = merged(template, [(c, qr_png(c["check_url"])) for c in contexts(25)])
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert archive.testzip() is None
        names = set(archive.namelist())
        document = archive.read("word/document.xml").decode()
        relations = archive.read("word/_rels/document.xml.rels").decode()
        pictures = [archive.read(f"word/media/qr{n}.png") for n in range(25)]
    assert pictures == [qr_png(c["check_url"]) for c in contexts(25)]
    shapes = re.findall(r'<wp:docPr [^>]*?\bid="(\d+)"', document)
    assert len(shapes) == 25 == len(set(shapes))
    targets = dict(re.findall(r'Id="([^"]+)"[^>]*Target="([^"]+)"', relations))
    assert set(re.findall(r'r:embed="([^"]+)"', document)) <= set(targets)
    assert {t.lstrip("/") for pk, t in targets.items() if pk.startswith("rIdP")} <= names


def test_equal_facts_give_equal_bytes() -> None:
    template = get_template("certificate").path.read_bytes()
    first, second = (merged(template, [(c, None) for c in contexts(3)]) for _ in range(2))
    assert first == second


def test_a_numbered_list_is_refused_in_words() -> None:
    document = Document()
    document.add_paragraph("{{ last_name }}", style="List Number")
    paragraph = document.paragraphs[0]._p
    properties = paragraph.get_or_add_pPr()
    properties.get_or_add_numPr().get_or_add_numId().val = 1
    made = io.BytesIO()
    document.save(made)
    with pytest.raises(Invalid, match="нумерованный список"):
        merged(made.getvalue(), [(c, None) for c in contexts(2)])


def test_nobody_makes_no_file() -> None:
    with pytest.raises(ValueError, match="nobody"):
        MergedDocx(with_footer()).finish()


def test_a_value_with_marks_of_xml_stays_text() -> None:
    context = contexts(1)[0] | {"last_name": 'ООО "Рога & <копыта>"</w:t>'}
    made = Document(io.BytesIO(merged(with_footer(), [(context, None)] * 2)))
    assert [p.text for p in made.paragraphs] == ['Слушатель ООО "Рога & <копыта>"</w:t>'] * 2


@pytest.mark.office
@pytest.mark.skipif(find_office() is None or not shutil.which("pdftotext"), reason="needs LibreOffice and poppler")
def test_pdf_has_a_page_for_each_person(tmp_path: Path) -> None:
    template = get_template("certificate").path.read_bytes()
    pdf = tmp_path / "all.pdf"
    pdf.write_bytes(to_pdf(merged(template, [(c, qr_png(c["check_url"])) for c in contexts(5)])))
    pages = subprocess.run(["pdftotext", str(pdf), "-"], capture_output=True, check=True).stdout.decode().split("\f")
    assert len([p for p in pages if p.strip()]) == 5
    for n, page in enumerate(pages[:5], start=1):
        assert f"{n:04d}/2026" in page
        assert f"{n + 1:04d}/2026" not in page
