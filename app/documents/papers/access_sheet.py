"""The sheet with logins and one-time passwords of people without e-mail, cut along its dashed lines (order § 2.6)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from docx import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from app.services.access.invitations import Access

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_HOW = (
    "Откройте адрес портала, введите логин и пароль, затем придумайте свой пароль: этот действует до первого входа. "
    "Никому не передавайте этот лист."
)


def build_access_sheet(people: Sequence[Access], address: str) -> bytes:
    """Return a DOCX with a slip for each person, several on a page, none broken across pages; ``address`` of the portal."""
    document = Document()
    document.core_properties.title = "Доступ в портал «Кадры в образовании»"
    document.core_properties.author = "Портал «Кадры в образовании»"
    document.core_properties.language = "ru-RU"
    for section in document.sections:
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = Cm(2)
        section.top_margin = section.bottom_margin = Cm(1.5)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "PT Sans", Pt(11)
    normal.paragraph_format.space_after = Pt(3)
    table = document.add_table(rows=0, cols=1)
    _dash(table)
    for person in people:
        row = table.add_row()
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        _write_slip(row.cells[0], person, address)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _dash(table: Any) -> None:
    """Dashed lines between the slips, which are also those to cut along."""
    borders = OxmlElement("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH"):
        line = OxmlElement(f"w:{side}")
        for name, value in (("val", "dashed"), ("sz", "6"), ("space", "0"), ("color", "808080")):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
    table._tbl.tblPr.append(borders)


def _write_slip(cell: Any, person: Access, address: str) -> None:
    head = cell.paragraphs[0]
    head.paragraph_format.space_before = Pt(6)
    head.add_run(person.name).bold = True
    cell.add_paragraph(f"{person.workplace}. Личный кабинет в портале «Кадры в образовании»")
    for label, value in (("Адрес", address), ("Логин", person.login), ("Одноразовый пароль", person.password)):
        line = cell.add_paragraph(f"{label}: ")
        run = line.add_run(value)
        run.bold, run.font.name, run.font.size = True, "PT Mono", Pt(12)
    how = cell.add_paragraph(_HOW)
    how.paragraph_format.space_after = Pt(6)
    how.runs[0].font.size = Pt(9)
