"""The удостоверение and the диплом: an A4 sheet lying down, folded into two pages of A5.

The face of the удостоверение follows the habit of the letter of Минобрнауки of 21.02.2014 № АК-316/06.
"""

from __future__ import annotations

from typing import Any

from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_ROW_HEIGHT_RULE
from docx.shared import Mm, Pt

from print_templates.pieces import (
    GREY,
    INK,
    borders,
    condition,
    duplicate_mark,
    last_line,
    margins,
    new_document,
    own_title,
    paragraph,
    seal_and_code,
    signature_rows,
    sized,
    table,
)


def build_certificate() -> Any:
    """Return the удостоверение: an A4 sheet lying down, folded into two pages of A5."""
    document = new_document("Удостоверение о повышении квалификации", width=297, height=210, margins=(10, 9, 10, 9))
    spread = framed_spread(document, heights=(124, 64))
    fill_cover(spread.cell(0, 0), spread.cell(1, 0), title="УДОСТОВЕРЕНИЕ", kind="о повышении квалификации")
    fill_statement(spread.cell(0, 2))
    fill_signatures(spread.cell(1, 2))
    last_line(document)
    return document


def build_diploma() -> Any:
    """Return the диплом: the same spread with the qualification and the commission's decision."""
    document = new_document("Диплом о профессиональной переподготовке", width=297, height=210, margins=(10, 9, 10, 9))
    spread = framed_spread(document, heights=(125, 60))
    fill_cover(spread.cell(0, 0), spread.cell(1, 0), title="ДИПЛОМ", kind="о профессиональной переподготовке")
    fill_diploma_statement(spread.cell(0, 2))
    fill_signatures(spread.cell(1, 2), first=("Председатель комиссии", ""), height=8)
    last_line(document)
    return document


def framed_spread(document: Any, *, heights: tuple[float, float]) -> Any:
    """Add the frame of two pages of A5 and return its table: cells (0 and 1, 0) are the left page, (0 and 1, 2) the right."""
    spread = table(document, 2, (133, 11, 133))
    for row, height in zip(spread.rows, heights, strict=True):
        row.height, row.height_rule = Mm(height), WD_ROW_HEIGHT_RULE.AT_LEAST
    for column in (0, 2):
        upper, lower = spread.cell(0, column), spread.cell(1, column)
        borders(upper, "top left right", style="single", width=18)
        borders(lower, "left bottom right", style="single", width=18)
        margins(upper, top=9, side=8, bottom=0)
        margins(lower, top=0, side=8, bottom=6)
        upper.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER if column else WD_CELL_VERTICAL_ALIGNMENT.TOP
        lower.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.BOTTOM
    return spread


def fill_cover(upper: Any, lower: Any, *, title: str, kind: str) -> None:
    """Write the left page: organization, name of the paper, blank, number, city and date."""
    sized(upper, "{{ organization_heading }}", measure="organization_length", sizes=(13, 11.5, 10), bold=True)
    own_title(upper, title, size=27, bold=True, color=INK, before=88, after=4, tracking=2.5)
    own_title(upper, kind, size=15, color=INK)
    duplicate_mark(upper, before=10)
    condition(upper, "if blank")
    paragraph(upper, "{{ blank }}", size=14, before=16, tracking=1)
    condition(upper, "endif")
    own_title(lower, "Регистрационный номер", size=10.5, color=GREY)
    paragraph(lower, "{{ number }}", size=13, bold=True, after=7)
    own_title(lower, "Город", size=10.5, color=GREY)
    paragraph(lower, "{{ city }}", size=13, after=7)
    own_title(lower, "Дата выдачи", size=10.5, color=GREY)
    paragraph(lower, "{{ issued_on }}", size=13)


def fill_statement(cell: Any) -> None:
    """Write who was trained, where, when, in what and for how long."""
    own_title(cell, "Настоящее удостоверение свидетельствует о том, что", size=13, after=12)
    for line, gap in (("{{ last_name }}", 0), ("{{ given_names }}", 12)):
        sized(cell, line, measure="name_length", sizes=(21, 15, 9.5), bold=True, color=INK, after=gap)
    condition(cell, "if on_blank")
    paragraph(cell, "{{ period }}", size=13, after=3)
    condition(cell, "else")
    paragraph(cell, "{{ period }} {{ passed }} повышение квалификации в организации", size=13, after=3)
    condition(cell, "endif")
    sized(cell, "{{ organization }}", measure="organization_length", sizes=(13, 11.5, 9.5), italic=True, after=12)
    own_title(cell, "по дополнительной профессиональной программе", size=13, after=3)
    sized(cell, "{{ program }}", measure="program_length", sizes=(15, 12.5, 10.5), bold=True, after=12)
    condition(cell, "if on_blank")
    paragraph(cell, "{{ hours }}", size=13)
    condition(cell, "else")
    paragraph(cell, "в объёме {{ hours }}", size=13)
    condition(cell, "endif")


def fill_diploma_statement(cell: Any) -> None:
    """Write who was trained, where, when, in what, and the qualification that the commission gave."""
    paragraph(cell, "Настоящий диплом свидетельствует о том, что", size=12, after=5)
    for line, gap in (("{{ last_name }}", 0), ("{{ given_names }}", 5)):
        sized(cell, line, measure="name_length", sizes=(19, 14, 9.5), bold=True, color=INK, after=gap)
    paragraph(cell, "{{ period }} {{ passed }} профессиональную переподготовку в организации", size=12, after=2)
    sized(cell, "{{ organization }}", measure="organization_length", sizes=(12, 10.5, 9), italic=True, after=5)
    paragraph(cell, "по дополнительной профессиональной программе", size=12, after=2)
    sized(cell, "{{ program }}", measure="program_length", sizes=(13.5, 11.5, 9.5), bold=True, after=5)
    paragraph(cell, "в объёме {{ hours }}", size=12, after=5)
    decision = "Решением аттестационной комиссии от {{ decided_on }} (протокол № {{ protocol }}) присвоена квалификация"
    paragraph(cell, decision, size=12, after=2)
    sized(cell, "{{ qualification }}", measure="qualification_length", sizes=(14, 11.5, 9.5), bold=True)


def fill_signatures(cell: Any, *, first: tuple[str, str] | None = None, height: float = 10) -> None:
    """Write the signatures, the place of the seal and the QR code."""
    rows = (("{{ head_title }}", "{{ head_name }}"), ("Секретарь", "{{ secretary }}"))
    signature_rows(cell, (first, *rows) if first else rows, height=height)
    seal_and_code(cell, widths=(36, 81))
    # A cell must end with a paragraph; a fresh cell opens with an empty one.
    for empty in cell.paragraphs:
        empty.paragraph_format.line_spacing = Pt(2)


PAPERS = {
    "certificate.docx": build_certificate,
    "diploma.docx": build_diploma,
}
