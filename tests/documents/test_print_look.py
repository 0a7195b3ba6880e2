"""Printing on a blank: what is left out, how far the text moves, and that the trial sheet shows it to the millimetre."""

from __future__ import annotations

import io
import re
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest
from docx import Document
from PIL import Image

from app.documents.docx.print_look import PrintLook, shifted
from app.documents.docx.trial_sheet import trial_sheet
from app.documents.papers.certificate import certificate_context, render_certificate
from app.documents.templates.merged import merged
from app.documents.templates.templates import get_template
from tests.documents.conftest import MakeFacts, paragraphs

BLANK = PrintLook(on_blank=True)
CERTIFICATE = get_template("certificate").path.read_bytes()


def xml_of(docx: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        return archive.read("word/document.xml").decode()


def margins(docx: bytes) -> tuple[float, ...]:
    """Left, top, right, bottom in millimetres."""
    section = Document(io.BytesIO(docx)).sections[0]
    sides = (section.left_margin, section.top_margin, section.right_margin, section.bottom_margin)
    return tuple(round(side.mm, 1) for side in sides if side is not None)


def test_on_a_blank_only_what_it_lacks_is_printed(make_facts: MakeFacts) -> None:
    page, blank = render_certificate(make_facts()), render_certificate(make_facts(), look=BLANK)
    gone = [line for line in paragraphs(page) if line not in paragraphs(blank)]
    assert gone == [
        "УДОСТОВЕРЕНИЕ",
        "о повышении квалификации",
        "Настоящее удостоверение свидетельствует о том, что",
        "со\u00a02 по\u00a014\u00a0февраля\u00a02026\u00a0г. прошла повышение квалификации в организации",
        "по дополнительной профессиональной программе",
        "в объёме 72\u00a0часов",
        "Регистрационный номер",
        "Город",
        "Дата выдачи",
        "М.П.",
    ]
    for value in (
        "Иванова",
        "0001/2026",
        "Самара",
        "72\u00a0часов",
        "со\u00a02 по\u00a014\u00a0февраля\u00a02026\u00a0г.",
    ):
        assert value in paragraphs(blank)
    assert "tcBorders" in xml_of(page) and "Borders" not in xml_of(blank)


def test_what_is_left_out_keeps_its_height(make_facts: MakeFacts) -> None:
    """Each hidden line leaves an empty one of its size, so that the values stay where the blank has room for them."""
    sizes = [
        re.findall(r'<w:sz w:val="(\d+)"/>', xml_of(render_certificate(make_facts(), look=look)))
        for look in (PrintLook(), BLANK)
    ]
    assert sizes[0] == sizes[1]


@pytest.mark.parametrize(
    ("dx", "dy", "expected"),
    [
        ("0", "0", (10, 9, 10, 9)),
        ("2.5", "0", (12.5, 9, 7.5, 9)),
        ("0", "-4", (10, 5, 10, 13)),
        ("-10", "9", (0, 18, 20, 0)),
        # a margin ends at the edge of the sheet
        ("50", "-50", (60, 0, 0, 59)),
    ],
)
def test_margins_move_so_that_the_text_keeps_its_size(
    make_facts: MakeFacts, dx: str, dy: str, expected: tuple[float, ...]
) -> None:
    look = PrintLook(on_blank=True, dx=Decimal(dx), dy=Decimal(dy))
    assert margins(render_certificate(make_facts(), look=look)) == expected


def test_every_section_moves_and_nothing_else_changes() -> None:
    xml = b'<w:pgMar w:top="100" w:left="567" w:right="567"/><w:ind w:left="567"/><w:pgMar w:left="1134" w:bottom="1"/>'
    assert shifted(xml, Decimal(10), Decimal(0)) == (
        b'<w:pgMar w:top="100" w:left="1134" w:right="0"/><w:ind w:left="567"/><w:pgMar w:left="1701" w:bottom="1"/>'
    )
    assert shifted(xml, Decimal(0), Decimal(0)) is xml


@pytest.mark.parametrize(("dx", "dy"), [("50.1", "0"), ("0", "-51")])
def test_more_than_fifty_millimetres_is_refused(dx: str, dy: str) -> None:
    with pytest.raises(ValueError, match="50 mm"):
        shifted(b"", Decimal(dx), Decimal(dy))


def test_many_people_in_one_file_are_moved_too(make_facts: MakeFacts) -> None:
    people = [(certificate_context(make_facts(number=f"{n}/2026")), None) for n in (1, 2)]
    made = merged(CERTIFICATE, people, look=PrintLook(on_blank=True, dx=Decimal(3)))
    lefts = [section.left_margin.mm for section in Document(io.BytesIO(made)).sections if section.left_margin]
    assert [round(left) for left in lefts] == [13, 13]
    assert "УДОСТОВЕРЕНИЕ" not in paragraphs(made)


def test_an_own_template_prints(make_facts: MakeFacts) -> None:
    document = Document()
    document.add_paragraph("{{ last_name }}{% if on_blank %} на бланке{% endif %}")
    made = io.BytesIO()
    document.save(made)
    facts = make_facts()
    assert paragraphs(render_certificate(facts, template=made.getvalue())) == ["Иванова"]
    assert paragraphs(render_certificate(facts, template=made.getvalue(), look=BLANK)) == ["Иванова на бланке"]


# --- the trial sheet -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "size"), [("certificate", (297, 210)), ("training_note", (210, 297))])
def test_the_trial_sheet_has_the_size_of_the_paper(code: str, size: tuple[int, int]) -> None:
    look = PrintLook(on_blank=True, dx=Decimal("-1.5"), dy=Decimal(2))
    sheet = trial_sheet(get_template(code).path.read_bytes(), look)
    section = Document(io.BytesIO(sheet)).sections[0]
    assert section.page_width and section.page_height
    assert (round(section.page_width.mm), round(section.page_height.mm)) == size
    assert margins(sheet) == (8.5, 12, 11.5, 8)
    assert "вправо −1,5 мм, вниз 2 мм" in paragraphs(sheet)[-1]


def test_the_cross_stands_where_the_sheet_says(office: None, tmp_path: Path) -> None:
    """Measured on the page that LibreOffice makes: the middle moved by the offsets, to half a millimetre."""
    import shutil
    import subprocess

    from app.documents.office.pdf import to_pdf

    painter = shutil.which("pdftoppm")
    if painter is None:
        pytest.skip("pdftoppm не установлен: положение креста не проверено")
    look = PrintLook(on_blank=True, dx=Decimal(4), dy=Decimal("-3"))
    (tmp_path / "sheet.pdf").write_bytes(to_pdf(trial_sheet(CERTIFICATE, look)))
    command = [painter, "-r", "254", "-gray", "-png", str(tmp_path / "sheet.pdf"), str(tmp_path / "page")]
    subprocess.run(command, check=True, timeout=60)
    (page,) = tmp_path.glob("page*.png")
    image = Image.open(page).convert("L").point(lambda value: 255 if value < 40 else 0)
    box = image.crop((1000, 700, 2100, 1400)).getbbox()
    assert box is not None
    middle = ((box[0] + box[2]) / 20 + 100, (box[1] + box[3]) / 20 + 70)
    assert middle == pytest.approx((148.5 + 4, 105 - 3), abs=0.5)
