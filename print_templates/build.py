"""Builds the DOCX templates of this folder: ``python print_templates/build.py [folder]``.

The templates are ordinary Word files and may be edited in Word or LibreOffice; this script is the reproducible source
of those that come with the portal. It writes lean files: no theme, no unused styles, fixed timestamps.
Typeface: Times New Roman, which Liberation Serif replaces letter for letter where it is not installed.
The face of the удостоверение follows the habit of the letter of Минобрнауки of 21.02.2014 № АК-316/06.
"""

from __future__ import annotations

import datetime as dt
import io
import struct
import sys
import zipfile
import zlib
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_ROW_HEIGHT_RULE, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

FONT = "Times New Roman"
INK = RGBColor(0x1F, 0x38, 0x64)
GREY = RGBColor(0x59, 0x59, 0x59)
CENTER, RIGHT, JUSTIFY = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT, WD_ALIGN_PARAGRAPH.JUSTIFY
#: Relations of python-docx's own starting document that these papers do not need.
UNUSED_PARTS = ("customXml", "numbering", "stylesWithEffects", "theme", "webSettings", "thumbnail")
KEPT_STYLES = ("Normal", "DefaultParagraphFont", "TableNormal", "NoList")
#: The picture that the portal replaces by the QR code is known by this name.
PICTURE_NAME = "qr.png"


def white_png(side: int = 8) -> bytes:
    """Return a white square picture, the place of the QR code while there is none."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    lines = (b"\x00" + b"\xff" * side) * side
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")


# --- small pieces ----------------------------------------------------------------------------------------------------


def new_document(title: str, *, width: float, height: float, margins: tuple[float, float, float, float]) -> Any:
    """Return a document of one page size in millimetres; ``margins`` are left, top, right, bottom."""
    document = Document()
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE if width > height else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Mm(width), Mm(height)
    section.left_margin, section.top_margin, section.right_margin, section.bottom_margin = map(Mm, margins)
    section.header_distance = section.footer_distance = Mm(5)
    set_normal_style(document)
    properties = document.core_properties
    properties.title, properties.author, properties.comments = title, "", ""
    properties.created = properties.modified = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
    properties.language = "ru-RU"
    return document


def set_normal_style(document: Any) -> None:
    """Make the base style one typeface without spacing, in Russian."""
    style = document.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(12)
    fonts = style.element.rPr.rFonts
    for name in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
        fonts.set(qn(name), FONT)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "ru-RU")
    style.element.rPr.append(language)
    style.paragraph_format.space_before = style.paragraph_format.space_after = Pt(0)
    style.paragraph_format.line_spacing = 1.0


def paragraph(
    place: Any,
    text: str,
    *,
    size: float = 12,
    bold: bool = False,
    italic: bool = False,
    color: RGBColor | None = None,
    align: Any = CENTER,
    before: float = 0,
    after: float = 0,
    tracking: float = 0,
) -> Any:
    """Add one paragraph of one run; sizes, spacing and letter tracking are in points."""
    # A fresh cell already holds one empty paragraph: use it, so that no blank line opens the cell.
    first = place.paragraphs[0] if hasattr(place, "_tc") else None
    unused = first is not None and len(place.paragraphs) == 1 and not first.runs and not place.tables
    target = first if unused else place.add_paragraph()
    target.alignment = align
    target.paragraph_format.space_before, target.paragraph_format.space_after = Pt(before), Pt(after)
    run = target.add_run(text)
    run.font.size, run.bold, run.italic = Pt(size), bold, italic
    if color is not None:
        run.font.color.rgb = color
    if tracking:
        spacing = OxmlElement("w:spacing")
        spacing.set(qn("w:val"), str(round(tracking * 20)))
        run._r.get_or_add_rPr().insert_element_before(spacing, "w:sz", "w:szCs")  # the schema fixes the order
    return target


def condition(place: Any, expression: str) -> None:
    """Add a control line, which vanishes with its paragraph when the paper is printed."""
    paragraph(place, f"{{%p {expression} %}}", size=6, color=GREY)


def sized(place: Any, text: str, *, measure: str, sizes: tuple[float, float, float], **look: Any) -> None:
    """Add one text in three sizes; the number ``measure`` (0, 1, 2) of the context chooses, so that long words fit."""
    condition(place, f"if {measure} == 0")
    paragraph(place, text, size=sizes[0], **look)
    condition(place, f"elif {measure} == 1")
    paragraph(place, text, size=sizes[1], **look)
    condition(place, "else")
    paragraph(place, text, size=sizes[2], **look)
    condition(place, "endif")


def own_title(place: Any, text: str, **look: Any) -> None:
    """Add words that a ready blank already has: in the mode «на бланк» an empty line of their height stands for them."""
    condition(place, "if on_blank")
    paragraph(place, "\u00a0", **look)
    condition(place, "else")
    paragraph(place, text, **look)
    condition(place, "endif")


def borders(cell: Any, sides: str, *, style: str, width: int, color: str = "1F3864") -> None:
    """Draw the named sides of a cell (``"top left"``); ``width`` is in eighths of a point."""
    element = OxmlElement("w:tcBorders")
    for side in ("top", "left", "bottom", "right"):  # the order is fixed by the schema
        if side in sides.split():
            line = OxmlElement(f"w:{side}")
            for name, value in (("val", style), ("sz", str(width)), ("space", "0"), ("color", color)):
                line.set(qn(f"w:{name}"), value)
            element.append(line)
    cell._tc.get_or_add_tcPr().append(element)


def margins(cell: Any, *, top: float, side: float, bottom: float) -> None:
    """Set the inner margins of a cell in millimetres."""
    element = OxmlElement("w:tcMar")
    for name, value in (("top", top), ("left", side), ("bottom", bottom), ("right", side)):
        edge = OxmlElement(f"w:{name}")
        edge.set(qn("w:w"), str(round(value * 56.7)))
        edge.set(qn("w:type"), "dxa")
        element.append(edge)
    cell._tc.get_or_add_tcPr().append(element)


def table(place: Any, rows: int, widths: tuple[float, ...]) -> Any:
    """Add a table of fixed column widths in millimetres, without lines."""
    columns = len(widths)
    made = place.add_table(rows, columns)
    made.autofit, made.alignment = False, WD_TABLE_ALIGNMENT.CENTER
    for column, width in zip(made.columns, widths, strict=True):
        column.width = Mm(width)
        for cell in column.cells:
            cell.width = Mm(width)
    return made


def picture(place: Any, *, side: float, align: Any) -> None:
    """Add the square place of the QR code, ``side`` millimetres wide."""
    target = paragraph(place, "", align=align)
    shape = target.runs[0].add_picture(io.BytesIO(white_png()), width=Mm(side))
    shape._inline.graphic.graphicData.pic.nvPicPr.cNvPr.set("name", PICTURE_NAME)
    shape._inline.docPr.set("name", PICTURE_NAME)
    shape._inline.docPr.set("descr", "QR-код с адресом проверки документа")


def last_line(document: Any) -> None:
    """Shrink the paragraph that must follow a table, so that it does not open a second page."""
    closing = paragraph(document, "", size=1)
    closing.paragraph_format.line_spacing = Pt(1)


# --- the papers ------------------------------------------------------------------------------------------------------


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


def duplicate_mark(place: Any, *, before: float = 0, after: float = 0) -> None:
    """Write the word that tells a duplicate from its original."""
    condition(place, "if duplicate")
    paragraph(place, "ДУБЛИКАТ", size=14, bold=True, before=before, after=after, tracking=2)
    condition(place, "endif")


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


def signature_rows(
    place: Any,
    rows: tuple[tuple[str, str], ...],
    *,
    widths: tuple[float, ...] = (42, 35, 40),
    size: float = 11,
    height: float = 10,
) -> None:
    """Add lines for signatures: who signs, the line, the name."""
    made = table(place, len(rows), widths)
    for row, (title, name) in zip(made.rows, rows, strict=True):
        row.height, row.height_rule = Mm(height), WD_ROW_HEIGHT_RULE.AT_LEAST
        borders(row.cells[1], "bottom", style="single", width=4, color="595959")
        for cell, text, align in zip(row.cells, (title, "", name), (None, None, RIGHT), strict=True):
            margins(cell, top=0, side=0.5, bottom=0)
            cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.BOTTOM
            paragraph(cell, text, size=size, align=align)
    spacer = paragraph(place, "", size=2)
    spacer.paragraph_format.line_spacing = Pt(6)


def seal_and_code(place: Any, *, widths: tuple[float, float]) -> None:
    """Add «М.П.» and, at the right edge, the QR code with its address."""
    seal, code = table(place, 1, widths).rows[0].cells
    for cell in (seal, code):
        margins(cell, top=0, side=0.5, bottom=0)
    own_title(seal, "М.П.", size=11, align=None, before=10)
    picture(code, side=22, align=RIGHT)
    paragraph(code, "Проверка документа: {{ check_url }}", size=7, color=GREY, align=RIGHT)


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


# --- lean, reproducible files ----------------------------------------------------------------------------------------


def drop_unused(document: Any) -> None:
    """Remove parts and styles that python-docx's starting document brings along."""
    for owner in (document.part, document.part.package):
        for key, relation in list(owner.rels.items()):
            if any(name in relation.reltype for name in UNUSED_PARTS):
                del owner.rels[key]
    styles = document.styles.element
    for element in list(styles):
        unused = element.tag == qn("w:style") and element.get(qn("w:styleId")) not in KEPT_STYLES
        if unused or element.tag == qn("w:latentStyles"):
            styles.remove(element)
    for reference in list(document.element.iter(qn("w:tblStyle"))):
        reference.getparent().remove(reference)


def to_bytes(document: Any) -> bytes:
    """Return the file with its parts in one order and one timestamp: the same script gives the same bytes."""
    drop_unused(document)
    raw, packed = io.BytesIO(), io.BytesIO()
    document.save(raw)
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target:
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name), source.read(name), zipfile.ZIP_DEFLATED, 9)
    return packed.getvalue()


PAPERS = {
    "certificate.docx": build_certificate,
    "diploma.docx": build_diploma,
    "training_note.docx": build_training_note,
    "study_period_note.docx": build_study_period_note,
    "order_enrolment.docx": build_order_enrolment,
    "order_expulsion.docx": build_order_expulsion,
    "voucher.docx": build_voucher,
    "blank_act.docx": build_blank_act,
}


def build(folder: Path) -> None:
    """Write every template into ``folder``."""
    for name, make in PAPERS.items():
        (folder / name).write_bytes(to_bytes(make()))


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
