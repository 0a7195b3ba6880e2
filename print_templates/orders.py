"""The orders of enrolment and of expulsion."""

from __future__ import annotations

from typing import Any

from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT
from docx.oxml import OxmlElement
from docx.shared import Mm

from print_templates.pieces import (
    CENTER,
    RIGHT,
    borders,
    condition,
    last_line,
    margins,
    new_document,
    paragraph,
    signature_rows,
    table,
)


def build_order_enrolment() -> Any:
    """Return the приказ о зачислении: an upright A4 sheet (margins of ГОСТ Р 7.0.97-2016)."""
    document = new_document("Приказ о зачислении слушателей", width=210, height=297, margins=(25, 20, 15, 20))
    order_heading(document, "о зачислении слушателей на обучение")
    order_point(
        document,
        "{{ part.number }}. Зачислить на обучение по дополнительной профессиональной программе {{ program_kind }} "
        "{{ program }} в объёме {{ hours }}, форма обучения — {{ form }}, срок обучения {{ period }} "
        "(группа №\N{NO-BREAK SPACE}{{ group }}), следующих слушателей:",
    )
    order_closing(document)
    return document


def build_order_expulsion() -> Any:
    """Return the приказ об отчислении: a point with a table for each ground."""
    document = new_document("Приказ об отчислении слушателей", width=210, height=297, margins=(25, 20, 15, 20))
    order_heading(document, "об отчислении слушателей")
    order_point(
        document,
        "{{ part.number }}. Отчислить {{ part.ground }} следующих слушателей дополнительной профессиональной программы "
        "{{ program_kind }} {{ program }} (объём — {{ hours_nominative }}, срок обучения {{ period }}, группа №\N{NO-BREAK SPACE}{{ group }}):",
    )
    order_closing(document)
    return document


def order_heading(document: Any, about: str) -> None:
    """Write the organization, «ПРИКАЗ», its date, number and place, and the words before the points."""
    paragraph(document, "{{ organization_heading }}", size=14, bold=True, after=24)
    paragraph(document, "ПРИКАЗ", size=18, bold=True, tracking=2, after=10)
    heading = table(document, 1, (57, 56, 57)).rows[0].cells
    paragraph(heading[0], "{{ ordered_on }}", size=13, align=None)
    paragraph(heading[1], "{{ city }}", size=13)
    paragraph(heading[2], "№ {{ number }}", size=13, align=RIGHT)
    paragraph(document, about, size=13, bold=True, before=14, after=14)
    law = "В соответствии с Федеральным законом от 29 декабря 2012 г. № 273-ФЗ «Об образовании в Российской Федерации»"
    indented(document, law)
    paragraph(document, "ПРИКАЗЫВАЮ:", size=13, align=None, before=8, after=8, tracking=1)


def indented(document: Any, text: str, *, after: float = 4) -> None:
    """Add a paragraph of the order's text."""
    made = paragraph(document, text, size=13, align=None, after=after)
    made.paragraph_format.first_line_indent, made.paragraph_format.line_spacing = Mm(12.5), 1.15


def order_point(document: Any, text: str) -> None:
    """Add the points of an order, each with the table of its people."""
    condition(document, "for part in parts")
    indented(document, text)
    people = table(document, 4, (12, 78, 80))
    people.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    rows = (
        ("№", "Фамилия, имя, отчество", "Должность, место работы"),
        ("{%tr for person in part.people %}", "", ""),
        (
            "{{ person.number }}",
            "{{ person.name }}",
            "{{ person.place }}{% if person.reason %}. Причина: {{ person.reason }}{% endif %}",
        ),
        ("{%tr endfor %}", "", ""),
    )
    for number, (row, texts) in enumerate(zip(people.rows, rows, strict=True)):
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        for place, (cell, words) in enumerate(zip(row.cells, texts, strict=True)):
            borders(cell, "top left bottom right", style="single", width=4, color="595959")
            margins(cell, top=0.8, side=1.5, bottom=0.8)
            cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
            paragraph(cell, words, size=12, bold=not number, align=None if number and place else CENTER)
    paragraph(document, "", size=6)
    condition(document, "endfor")


def order_closing(document: Any) -> None:
    """Write who sees to the order, which order it replaces, and the signature."""
    indented(document, "{{ last_number }}. Контроль за исполнением приказа оставляю за собой.")
    condition(document, "if replaces")
    indented(document, "{{ replaces_number }}. Настоящий приказ издан взамен ранее изданного: {{ replaces }}.")
    condition(document, "endif")
    condition(document, "if basis")
    indented(document, "Основание: {{ basis }}.")
    condition(document, "endif")
    paragraph(document, "", size=18)
    signature_rows(document, (("{{ head_title }}", "{{ head_name }}"),), widths=(75, 40, 55), size=13)
    last_line(document)


PAPERS = {
    "order_enrolment.docx": build_order_enrolment,
    "order_expulsion.docx": build_order_expulsion,
}
