"""«План обучения организации» for the signature of its head."""

from __future__ import annotations

from typing import Any

from print_templates.group_papers import LYING, Heads, grid
from print_templates.pieces import RIGHT, last_line, new_document, paragraph, table

_HEADS: Heads = (
    ("№", 11, "{{ row.n }}", True),
    ("Фамилия, имя, отчество", 46, "{{ row.name }}", False),
    ("Должность", 36, "{{ row.position }}", False),
    ("Программа", 66, "{{ row.program }}", False),
    ("Часы", 13, "{{ row.hours }}", True),
    ("Организатор", 44, "{{ row.organizer }}", False),
    ("Месяц", 26, "{{ row.months }}", True),
    ("Состояние", 28, "{{ row.state }}", True),
)


def build_organization_plan() -> Any:
    """Return the plan of an organization: an A4 sheet that lies, a table over as many pages as it takes."""
    document = new_document("План обучения организации", **LYING)
    cell = table(document, 1, (170, 100)).rows[0].cells[1]
    for text, before in (("УТВЕРЖДАЮ", 0), ("{{ head_title }}", 3), ("____________ {{ head_name }}", 8)):
        paragraph(cell, text, align=None, before=before)
    paragraph(cell, "«____» ______________ 20___ г.", align=None, before=5)
    paragraph(document, "{{ organization_heading }}", size=12, bold=True, before=10, after=8)
    paragraph(document, "ПЛАН ОБУЧЕНИЯ НА {{ year }} ГОД", size=15, bold=True, after=10)
    grid(document, _HEADS, size=10)
    paragraph(document, "{{ totals }}", align=None, before=8, after=4)
    paragraph(document, "По состоянию на {{ made_on }}", align=RIGHT)
    last_line(document)
    return document


PAPERS = {
    "organization_plan.docx": build_organization_plan,
}
