"""Pieces of which the templates are built: paragraphs, tables, signatures, the QR code, and lean files of one timestamp.

Typeface: Times New Roman, which Liberation Serif replaces letter for letter where it is not installed.
"""

from __future__ import annotations

import datetime as dt
import io
import struct
import zipfile
import zlib
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


def duplicate_mark(place: Any, *, before: float = 0, after: float = 0) -> None:
    """Write the word that tells a duplicate from its original."""
    condition(place, "if duplicate")
    paragraph(place, "ДУБЛИКАТ", size=14, bold=True, before=before, after=after, tracking=2)
    condition(place, "endif")


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
