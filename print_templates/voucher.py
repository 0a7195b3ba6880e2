"""The именной образовательный чек."""

from __future__ import annotations

from typing import Any

from print_templates.pieces import (
    GREY,
    INK,
    JUSTIFY,
    RIGHT,
    borders,
    condition,
    last_line,
    margins,
    new_document,
    paragraph,
    picture,
    sized,
    table,
)


def build_voucher() -> Any:
    """Return the именной образовательный чек: an upright A4 sheet that a person keeps."""
    document = new_document("Именной образовательный чек", width=210, height=297, margins=(25, 18, 15, 18))
    paragraph(document, "{{ ministry }}", size=12, color=GREY, after=22)
    paragraph(document, "ИМЕННОЙ ОБРАЗОВАТЕЛЬНЫЙ ЧЕК", size=22, bold=True, color=INK, tracking=1.5, after=2)
    paragraph(document, "на повышение квалификации работника образования", size=14, color=INK, after=12)
    paragraph(document, "№ {{ number }}", size=18, bold=True, after=22)
    paragraph(document, "выдан", size=12, color=GREY, after=4)
    for line, gap in (("{{ last_name }}", 0), ("{{ given_names }}", 8)):
        sized(document, line, measure="name_length", sizes=(24, 18, 12), bold=True, color=INK, after=gap)
    condition(document, "if place")
    paragraph(document, "{{ place }}", size=12, after=2)
    condition(document, "endif")
    condition(document, "if snils")
    paragraph(document, "СНИЛС {{ snils }}", size=11, color=GREY)
    condition(document, "endif")
    paragraph(document, "Действует с {{ issued_on }} по {{ valid_until }}", size=15, bold=True, before=20, after=2)
    paragraph(document, "Правило: {{ rule }}", size=11, color=GREY)
    condition(document, "if in_place_of")
    paragraph(document, "Выдан взамен чека № {{ in_place_of }}", size=11, color=GREY)
    condition(document, "endif")
    fill_voucher_blocks(document)
    text = (
        "Чек даёт право пройти обучение по программам повышения квалификации за счёт бюджета области. Каждый блок "
        "оплачивает одну программу своего вида и объёма; занятия должны начаться, пока чек действует. Сведения о блоках "
        "меняются: действительны те, что показывает страница проверки."
    )
    paragraph(document, text, size=11, align=JUSTIFY, before=14, after=14)
    foot, code = table(document, 1, (120, 50)).rows[0].cells
    for cell in (foot, code):
        margins(cell, top=0, side=0.5, bottom=0)
    paragraph(foot, "Напечатан {{ printed_on }}, состояние чека — {{ state }}.", size=11, align=None, after=4)
    paragraph(foot, "Оператор: {{ operator }}", size=9, color=GREY, align=None, after=4)
    paragraph(foot, "Проверка чека: {{ check_url }}", size=8, color=GREY, align=None)
    picture(code, side=30, align=RIGHT)
    last_line(document)
    return document


def fill_voucher_blocks(document: Any) -> None:
    """Add the table of blocks: one row a block, repeated by the template."""
    condition(document, "if blocks")
    paragraph(document, "", size=6, before=10)
    made = table(document, 4, (40, 26, 32, 72))
    heads = ("Блок", "Объём", "Состояние", "Программа, организатор, сроки, документ")
    fields = ("{{ block.title }}", "{{ block.hours }}", "{{ block.state }}", "{{ block.detail }}")
    for cell, text in zip(made.rows[0].cells, heads, strict=True):
        borders(cell, "top bottom", style="single", width=8)
        margins(cell, top=1, side=1.5, bottom=1)
        paragraph(cell, text, size=10, bold=True, color=INK, align=None)
    paragraph(made.rows[1].cells[0], "{%tr for block in blocks %}", size=6, color=GREY)
    for cell, text in zip(made.rows[2].cells, fields, strict=True):
        borders(cell, "bottom", style="single", width=4, color="BFBFBF")
        margins(cell, top=1, side=1.5, bottom=1)
        paragraph(cell, text, size=10, align=None)
    paragraph(made.rows[3].cells[0], "{%tr endfor %}", size=6, color=GREY)
    condition(document, "endif")


PAPERS = {
    "voucher.docx": build_voucher,
}
