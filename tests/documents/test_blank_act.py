"""The акт as a Word file and as pages: every blank in its row, the head of the table on every page."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from docx import Document
from pypdf import PdfReader

from app import models as m
from app.documents.office.pdf import to_pdf
from app.documents.papers.blank_act import render_blank_act
from app.errors import Invalid
from app.russian import long_date
from app.statuses import CertificateKind
from tests.documents.conftest import paragraphs

pytestmark = pytest.mark.usefixtures("portal")

COMMISSION = "проректор по учебной работе, Крылова Н. В.\nметодист, Ёлкина А. А."


def paper(
    number: int = 3, *, commission: str | None = COMMISSION, head: str | None = "Соколов Андрей Борисович"
) -> bytes:
    organizer = m.Organization(
        full_name='автономное учреждение ООО "Рога & <копыта>"', city="Самара", head_name=head, head_position="Ректор"
    )
    act = m.BlankAct(
        number="12",
        acted_on=dt.date(2026, 3, 4),
        reason="Испорчены при печати.",
        commission=commission,
        organizer=organizer,
    )
    kind = CertificateKind.CERTIFICATE
    blanks = [
        m.Blank(kind=kind, series="ПК", number=f"{n:06d}", reason_text="Брак & пятно" if n == 2 else None)
        for n in range(1, number + 1)
    ]
    return render_blank_act(act, blanks)


def test_every_fact_stands_in_the_paper() -> None:
    lines = paragraphs(paper())
    for expected in (
        'Автономное учреждение ООО "Рога & <копыта>"',
        "Ректор",
        "____________ А.\u00a0Б.\u00a0Соколов",
        "АКТ № 12",
        long_date(dt.date(2026, 3, 4)),
        "Самара",
        "председатель комиссии — проректор по учебной работе, Крылова Н.\u00a0В.;",
        "член комиссии — методист, Ёлкина А.\u00a0А.,",
        "Всего списано: 3\u00a0бланка. Испорченные бланки подлежат уничтожению.",
    ):
        assert expected in lines
    assert not [line for line in lines if "{" in line or "%" in line]


def test_the_table_has_a_row_per_blank_with_its_reason() -> None:
    tables = Document(io.BytesIO(paper())).tables
    rows = next(t for t in tables if t.rows[0].cells[0].text == "№ п/п").rows
    kind = "удостоверение о повышении квалификации"
    assert [[cell.text for cell in row.cells] for row in rows][1:] == [
        ["1", kind, "ПК", "000001", "Испорчены при печати."],
        ["2", kind, "ПК", "000002", "Брак & пятно"],
        ["3", kind, "ПК", "000003", "Испорчены при печати."],
    ]


def test_without_a_commission_there_is_room_to_sign_by_hand() -> None:
    lines = paragraphs(paper(commission=None))
    assert lines.count("(должность)") == 3
    assert not [line for line in lines if "омиссия" in line]
    assert "(должность)" not in paragraphs(paper())


def test_an_act_without_the_head_of_the_organization_is_not_printed() -> None:
    with pytest.raises(Invalid, match="руководитель организации"):
        paper(head=None)


@pytest.mark.office
@pytest.mark.usefixtures("office")
def test_a_long_act_repeats_the_head_of_its_table() -> None:
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(to_pdf(paper(100)))).pages]
    assert len(pages) > 2
    assert all("№ п/п" in text for text in pages)
    assert "000100" in pages[-1]
