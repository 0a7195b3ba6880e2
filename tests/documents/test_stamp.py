"""A paper that is no longer in force says so across each page, in DOCX and in PDF; one in force does not."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from docx import Document
from pypdf import PdfReader

from app.documents.docx.stamp import stamped
from app.documents.office.pdf import find_office, to_pdf
from app.documents.papers.certificate import render_certificate
from app.statuses import CertificateKind, CertificateStatus
from tests.documents.conftest import MakeFacts
from tests.documents.test_certificate_paper import OF_KIND


def headers_of(paper: bytes) -> list[str]:
    """The XML of each header that a section of the document uses."""
    with zipfile.ZipFile(io.BytesIO(paper)) as archive:
        assert archive.testzip() is None
        return [archive.read(name).decode() for name in archive.namelist() if name.startswith("word/header")]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (CertificateStatus.ANNULLED, "АННУЛИРОВАН"),
        (CertificateStatus.REPLACED, "ЗАМЕНЁН"),
        (CertificateStatus.ISSUED, ""),
    ],
)
def test_the_words_stand_in_every_header(make_facts: MakeFacts, status: CertificateStatus, words: str) -> None:
    paper = render_certificate(make_facts(), status=status)
    found = headers_of(paper)
    assert [f'string="{words}"' in header for header in found] == [bool(words)] * len(found)
    assert bool(found) >= bool(words)
    for section in Document(io.BytesIO(paper)).sections:
        parts: Any = (section.header, section.first_page_header, section.even_page_header)
        assert [("v:textpath" in part._element.xml) for part in parts if not part.is_linked_to_previous] == (
            [True] * 3 if words else []
        )


def test_a_template_with_its_own_headers_keeps_them() -> None:
    document = Document()
    document.sections[0].header.paragraphs[0].text = "Министерство"
    document.add_paragraph("Текст")
    document.add_section()
    data = io.BytesIO()
    document.save(data)
    found = Document(io.BytesIO(stamped(data.getvalue(), "АННУЛИРОВАН & ПУСТ")))
    first = found.sections[0].header._element.xml
    assert "Министерство" in first
    assert 'string="АННУЛИРОВАН &amp; ПУСТ"' in first
    assert [p.text for p in found.paragraphs][:1] == ["Текст"]


@pytest.mark.skipif(not find_office(), reason="LibreOffice is not installed")
@pytest.mark.parametrize("kind", CertificateKind)
def test_the_page_stays_as_it_was(make_facts: MakeFacts, kind: CertificateKind) -> None:
    """The stamp moves no line to another page."""
    facts = make_facts(kind=kind, **{k: v for k, v in OF_KIND.get(kind, {}).items() if k != "kind"})
    plain, annulled = (
        [page.extract_text() for page in PdfReader(io.BytesIO(to_pdf(render_certificate(facts, status=status)))).pages]
        for status in (CertificateStatus.ISSUED, CertificateStatus.ANNULLED)
    )
    assert [lines(text) for text in annulled] == [lines(text) for text in plain]


def lines(page: str) -> list[str]:
    """The text of a page without the words of the stamp."""
    return [line for line in page.split("\n") if line.strip() and "АННУЛИРОВАН" not in line]
