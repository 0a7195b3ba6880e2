"""The акт списания бланков."""

from __future__ import annotations

from typing import Any

from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_ROW_HEIGHT_RULE
from docx.oxml import OxmlElement
from docx.shared import Mm

from print_templates.pieces import (
    CENTER,
    GREY,
    JUSTIFY,
    RIGHT,
    borders,
    condition,
    margins,
    new_document,
    paragraph,
    table,
)


def build_blank_act() -> Any:
    """Return the акт списания бланков: an upright A4 sheet (margins of ГОСТ Р 7.0.97-2016); its table goes on over pages."""
    document = new_document("Акт списания бланков", width=210, height=297, margins=(20, 20, 10, 20))
    paragraph(document, "{{ organization_heading }}", size=13, bold=True, after=18)
    fill_approval(document)
    paragraph(document, "АКТ № {{ number }}", size=15, bold=True, before=20)
    paragraph(document, "о списании испорченных бланков строгой отчётности", size=13, after=12)
    heading = table(document, 1, (90, 90)).rows[0].cells
    paragraph(heading[0], "{{ acted_on }}", align=None)
    paragraph(heading[1], "{{ city }}", align=RIGHT)
    fill_finding(document)
    blank_rows(document)
    total = "Всего списано: {{ total }}. Испорченные бланки подлежат уничтожению."
    paragraph(document, total, align=JUSTIFY, before=8, after=18).paragraph_format.keep_with_next = True
    fill_members(document)
    return document


def fill_approval(document: Any) -> None:
    """Write «УТВЕРЖДАЮ» of the head of the organization, at the right."""
    cell = table(document, 1, (100, 80)).rows[0].cells[1]
    for text, before in (("УТВЕРЖДАЮ", 0), ("{{ head_title }}", 3), ("____________ {{ head_name }}", 10)):
        paragraph(cell, text, align=None, before=before)
    paragraph(cell, "«____» ______________ 20___ г.", align=None, before=6)


def fill_finding(document: Any) -> None:
    """Write who found what."""
    condition(document, "if members")
    paragraph(document, "Комиссия в составе:", align=None, before=16, after=3)
    condition(document, "for member in members")
    member = (
        "{{ member.role|lower }} — {% if member.post %}{{ member.post }}, {% endif %}{{ member.name }}{{ member.end }}"
    )
    paragraph(document, member, align=None).paragraph_format.left_indent = Mm(12.5)
    condition(document, "endfor")
    found = "составила настоящий акт о том, что перечисленные ниже бланки списываются. Причина: {{ reason }}."
    paragraph(document, found, align=JUSTIFY, before=3, after=8)
    condition(document, "else")
    found = "Настоящий акт составлен о том, что перечисленные ниже бланки списываются. Причина: {{ reason }}."
    paragraph(document, found, align=JUSTIFY, before=16, after=8)
    condition(document, "endif")


def blank_rows(document: Any) -> None:
    """Add the table: a row per blank; its head is repeated on every page and no row is parted."""
    heads = ("№ п/п", "Наименование документа", "Серия", "Номер бланка", "Причина")
    fields = ("{{ row.n }}", "{{ row.kind }}", "{{ row.series }}", "{{ row.number }}", "{{ row.reason }}")
    made = table(document, 4, (13, 72, 18, 30, 47))
    for row, texts in zip(made.rows, (heads, ("{%tr for row in rows %}",), fields, ("{%tr endfor %}",)), strict=True):
        for place, (cell, text) in enumerate(zip(row.cells, texts, strict=False)):
            borders(cell, "top left bottom right", style="single", width=4, color="000000")
            margins(cell, top=0.8, side=1.2, bottom=0.8)
            paragraph(
                cell, text, size=10, bold=texts is heads, align=None if place in (1, 4) and texts is fields else CENTER
            )
        properties = row._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        if texts is heads:
            properties.append(OxmlElement("w:tblHeader"))


def fill_members(document: Any) -> None:
    """Add a line for the signature of every member; without a commission those who write off sign by hand."""
    made = table(document, 3, (75, 45, 60))
    rows = (("{%tr for member in members %}",), ("{{ member.role }}", "", "{{ member.name }}"), ("{%tr endfor %}",))
    for row, texts in zip(made.rows, rows, strict=True):
        row.height, row.height_rule = Mm(10), WD_ROW_HEIGHT_RULE.AT_LEAST
        for place, (cell, text) in enumerate(zip(row.cells, texts, strict=False)):
            margins(cell, top=0, side=0.5, bottom=0)
            cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.BOTTOM
            paragraph(cell, text, align=RIGHT if place == 2 else None)
        borders(row.cells[1], "bottom", style="single", width=4, color="595959")
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    condition(document, "if not members")
    by_hand = table(document, 6, (75, 5, 40, 5, 55))
    for place, row in enumerate(by_hand.rows):
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        row.height, row.height_rule = Mm(6 if place % 2 else 9), WD_ROW_HEIGHT_RULE.AT_LEAST
        for cell, text in zip(row.cells, ("(должность)", "", "(подпись)", "", "(инициалы, фамилия)"), strict=True):
            paragraph(cell, text if place % 2 else "", size=9, color=GREY)
            if text and not place % 2:
                borders(cell, "bottom", style="single", width=4, color="595959")
    condition(document, "endif")


PAPERS = {
    "blank_act.docx": build_blank_act,
}
