"""The trial sheet of a printer: a cross in the middle of the page and a millimetre grid, moved as the papers are."""

from __future__ import annotations

import io
import zipfile
from decimal import Decimal
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Length, Mm, Pt
from PIL import Image, ImageDraw, ImageFont

from app.documents.docx.print_look import PrintLook, shifted
from app.documents.docx.zip_parts import packed, zip_of

#: the part with the text in the files of python-docx
_TEXT = "word/document.xml"
#: dots of the picture in a millimetre: lines of the grid stand exactly on them
_DOTS = 8
#: the page's edge that no printer reaches, and the room for the words below the grid, in millimetres
_EDGE, _WORDS = 10, 24
#: a dark line each centimetre, a middle one each 5 mm
_SHADES = {10: 90, 5: 170}
_CROSS_MM, _LABEL_DOTS = 15, 22


def trial_sheet(template: bytes, look: PrintLook) -> bytes:
    """Return a DOCX of the page size of ``template``, with the offsets of ``look``; raises ValueError for no Word document."""
    section = Document(io.BytesIO(template)).sections[0]
    width, height = _millimetres(section.page_width), _millimetres(section.page_height)
    made = io.BytesIO()
    _sheet(width, height, look).save(made)
    with zipfile.ZipFile(made) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[_TEXT] = shifted(parts[_TEXT], look.dx, look.dy)
    return zip_of([packed(name, data) for name, data in parts.items()])


def _millimetres(length: Length | None) -> int:
    if length is None:
        raise ValueError("a page without a size")
    return round(float(length.mm))


def _sheet(width: int, height: int, look: PrintLook) -> Any:
    document = Document()
    document.core_properties.title = document.core_properties.comments = ""
    document.core_properties.author = "Портал «Кадры в образовании»"
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE if width > height else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Mm(width), Mm(height)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Mm(_EDGE)
    section.header_distance = section.footer_distance = Mm(5)
    picture = _grid(width - 2 * _EDGE, height - 2 * _EDGE - _WORDS, middle=(width / 2 - _EDGE, height / 2 - _EDGE))
    line = document.paragraphs[0] if document.paragraphs else document.add_paragraph()
    line.paragraph_format.space_after = Pt(2)
    shape = line.add_run().add_picture(io.BytesIO(picture), width=Mm(width - 2 * _EDGE))
    for side in ("distT", "distB", "distL", "distR"):  # unsaid, LibreOffice leaves 3 mm around a picture
        shape._inline.set(side, "0")
    words = document.add_paragraph(_words(width, height, look))
    words.alignment = WD_ALIGN_PARAGRAPH.LEFT
    words.paragraph_format.space_after = Pt(0)
    words.runs[0].font.size = Pt(9)
    return document


def _words(width: int, height: int, look: PrintLook) -> str:
    return (
        f"Пробный лист. Центр креста должен стоять на {_number(Decimal(width) / 2)} мм от левого края листа и на "
        f"{_number(Decimal(height) / 2)} мм от верхнего. Измерьте линейкой. Крест правее или ниже, чем нужно, — введите "
        "смещение со знаком минус, левее или выше — без знака. Учтённое здесь смещение: вправо "
        f"{_number(look.dx)} мм, вниз {_number(look.dy)} мм. Деление сетки — 1 мм. Печатайте в масштабе 100 %."
    )


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}".replace(".", ",").replace("-", "−")


def _grid(width: int, height: int, *, middle: tuple[float, float]) -> bytes:
    """Return a PNG of a grid of so many millimetres; ``middle`` of the cross is counted from its left upper corner."""
    image = Image.new("L", (width * _DOTS + 1, height * _DOTS + 1), 255)
    draw = ImageDraw.Draw(image)
    for step, shade in ((1, 225), *sorted(_SHADES.items())):
        for at in range(0, width + 1, step):
            draw.line([(at * _DOTS, 0), (at * _DOTS, height * _DOTS)], fill=shade)
        for at in range(0, height + 1, step):
            draw.line([(0, at * _DOTS), (width * _DOTS, at * _DOTS)], fill=shade)
    font = ImageFont.load_default(_LABEL_DOTS)
    for at in range(10, max(width, height), 10):
        label = str(at + _EDGE)  # counted from the edge of the sheet
        if at < width:
            draw.text((at * _DOTS + 3, 2), label, fill=0, font=font)
        if at < height:
            draw.text((3, at * _DOTS + 2), label, fill=0, font=font)
    x, y, arm = round(middle[0] * _DOTS), round(middle[1] * _DOTS), _CROSS_MM * _DOTS
    draw.line([(x - arm, y), (x + arm, y)], fill=0, width=3)
    draw.line([(x, y - arm), (x, y + arm)], fill=0, width=3)
    draw.ellipse([(x - 5 * _DOTS, y - 5 * _DOTS), (x + 5 * _DOTS, y + 5 * _DOTS)], outline=0, width=2)
    made = io.BytesIO()
    image.save(made, "PNG", optimize=True)
    return made.getvalue()
