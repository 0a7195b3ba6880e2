"""The справки: of what was learnt, and of the time of who failed or left."""

from __future__ import annotations

from typing import Any

from docx.shared import Mm

from print_templates.pieces import (
    JUSTIFY,
    RIGHT,
    duplicate_mark,
    last_line,
    new_document,
    paragraph,
    seal_and_code,
    signature_rows,
    table,
)


def build_training_note() -> Any:
    """Return the справка о прохождении обучения."""
    return note_sheet(
        "о прохождении обучения",
        "Выдана {{ full_name_dative }} в том, что {{ pronoun }} {{ period }} {{ passed }} обучение по дополнительной "
        "профессиональной программе {{ program_kind }} {{ program }} в объёме {{ hours }}.",
        "Справка дана для предъявления по месту требования.",
    )


def build_study_period_note() -> Any:
    """Return the справка о периоде обучения of who failed or left (273-ФЗ ст. 60 ч. 12)."""
    return note_sheet(
        "о периоде обучения",
        "Выдана {{ full_name_dative }} в том, что {{ pronoun }} {{ period }} {{ studied }} по дополнительной "
        "профессиональной программе {{ program_kind }} {{ program }} (объём программы — {{ hours_count }}). "
        "{{ outcome }}",
        "Справка выдана в соответствии с частью 12 статьи 60 Федерального закона от "
        "29 декабря 2012 г. № 273-ФЗ «Об образовании в Российской Федерации».",
    )


def note_sheet(kind: str, *texts: str) -> Any:
    """Return a справка: an upright A4 sheet (margins of ГОСТ Р 7.0.97-2016) with its paragraphs."""
    document = new_document(f"Справка {kind}", width=210, height=297, margins=(20, 20, 10, 20))
    paragraph(document, "{{ organization_heading }}", size=14, bold=True, after=42)
    paragraph(document, "СПРАВКА", size=18, bold=True, tracking=2)
    paragraph(document, kind, size=14, after=14)
    duplicate_mark(document, after=14)
    heading = table(document, 1, (90, 90)).rows[0].cells
    paragraph(heading[0], "{{ issued_on }}", size=14, align=None)
    paragraph(heading[1], "№ {{ number }}", size=14, align=RIGHT)
    for index, text in enumerate(texts):
        last = index == len(texts) - 1
        body = paragraph(document, text, size=14, align=JUSTIFY, before=0 if index else 28, after=42 if last else 8)
        body.paragraph_format.first_line_indent, body.paragraph_format.line_spacing = Mm(12.5), 1.5
    signature_rows(document, (("{{ head_title }}", "{{ head_name }}"),), widths=(75, 45, 60), size=13)
    seal_and_code(document, widths=(80, 100))
    last_line(document)
    return document


PAPERS = {
    "training_note.docx": build_training_note,
    "study_period_note.docx": build_study_period_note,
}
