"""The user guide as one DOCX, from which LibreOffice makes the PDF."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any

from docx import Document
from docx.enum.text import WD_BREAK
from docx.shared import Cm, Pt
from markdown_it.token import Token

from app.documents.guide.guide import SCREENS, pages, readable

TITLE = "Портал «Кадры в образовании»"


def build_docx() -> bytes:
    """All pages one after another, each from a new sheet."""
    paper = _Paper()
    for number, shown in enumerate(pages().values()):
        if number:
            paper.document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
        paper.write(shown.tokens)
    stream = io.BytesIO()
    paper.document.save(stream)
    return stream.getvalue()


class _Paper:
    """Writes Markdown tokens into a document."""

    def __init__(self) -> None:
        self.document = Document()
        self.document.core_properties.title = f"{TITLE}. Руководство пользователя"
        self.document.core_properties.author = TITLE
        self.document.core_properties.language = "ru-RU"
        for section in self.document.sections:
            section.page_width, section.page_height = Cm(21), Cm(29.7)
            section.left_margin = section.right_margin = Cm(2)
            section.top_margin = section.bottom_margin = Cm(2)
        normal = self.document.styles["Normal"]
        normal.font.name, normal.font.size = "PT Sans", Pt(11)
        #: for each open list, the number of its last point; None in a list with bullets
        self.lists: list[int | None] = []
        self.point = ""
        self.table: Any = None
        self.row: Any = None
        self.column = 0

    def write(self, tokens: Sequence[Token]) -> None:
        """Add the tokens of one page."""
        heading = 0
        for token, width in zip(tokens, _widths(tokens), strict=True):
            if token.type == "heading_open":
                heading = int(token.tag[1])
            elif token.type in ("bullet_list_open", "ordered_list_open"):
                self.lists.append(None if token.type.startswith("bullet") else 0)
            elif token.type in ("bullet_list_close", "ordered_list_close"):
                self.lists.pop()
            elif token.type == "list_item_open":
                self.open_point()
            elif token.type == "table_open":
                self.table = self.document.add_table(rows=0, cols=width, style="Table Grid")
            elif token.type == "table_close":
                self.table = None
                self.document.add_paragraph()
            elif token.type == "tr_open":
                self.row, self.column = self.table.add_row(), 0
            elif token.type == "inline":
                self.line(token, heading)
                heading = 0

    def open_point(self) -> None:
        """Begin a point of the innermost list: its own numbers, because Word would go on counting from list to list."""
        number = self.lists[-1]
        if number is not None:
            self.lists[-1] = number + 1
        self.point = "•\u2002" if number is None else f"{number + 1}.\u2002"

    def line(self, token: Token, heading: int) -> None:
        """A heading, a cell, a point of a list or a paragraph."""
        if self.table is not None:
            paragraph = self.row.cells[self.column].paragraphs[0]
            self.column += 1
        elif heading:
            paragraph = self.document.add_heading(level=heading)
        else:
            paragraph = self.document.add_paragraph()
            if self.lists:
                paragraph.paragraph_format.left_indent = Cm(0.8 * len(self.lists))
                paragraph.paragraph_format.first_line_indent = Cm(-0.6 if self.point else 0)
                paragraph.add_run(self.point)
                self.point = ""
        strong = self.table is not None and len(self.table.rows) == 1
        for child in readable(token.children or []):
            strong = child.type == "strong_open" or (strong and child.type != "strong_close")
            if child.type == "image":
                name = str(child.attrGet("src")).rpartition("/")[2]
                paragraph.add_run().add_picture(str(SCREENS / name), width=Cm(15))
            elif child.type in ("text", "code_inline"):
                paragraph.add_run(child.content).bold = strong or None
            elif child.type in ("softbreak", "hardbreak"):
                paragraph.add_run(" ")


def _widths(tokens: Sequence[Token]) -> Iterator[int]:
    """For each token, the number of columns of the table that it opens, else 0."""
    for index, token in enumerate(tokens):
        width = 0
        if token.type == "table_open":
            for following in tokens[index:]:
                width += following.type == "th_open"
                if following.type == "thead_close":
                    break
        yield width
