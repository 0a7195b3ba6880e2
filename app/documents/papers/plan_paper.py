"""«План обучения на год» for the approval of the ministry: a DOCX and a workbook of the stored figures (order § 3.1, 3.5)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from app.cells import clean_text
from app.documents.sheets.spreadsheet import HEADER_FILL, sheet_name
from app.russian import NBSP, capitalized, long_date, number
from app.services.planning.plan_results import TABLES, Line, Results

_HEADS = ("Заявок", "Включено", "Мест")
#: width of the sheet between its margins, and of a column of figures
_WIDE, _FIGURE = 17.0, 2.6


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPaper:
    """What is printed: whose approval, of which plan, when and under which number; ``change``: its number and reason."""

    ministry: str
    year: int
    number: str
    approved_on: Any
    change: tuple[int, str] | None
    results: Results

    @property
    def title(self) -> str:
        """The name of the paper."""
        name = f"План обучения работников образования на {self.year}{NBSP}год"
        return f"Изменение № {self.change[0]}. {name}" if self.change else name


def render_plan(paper: PlanPaper) -> bytes:
    """Return the DOCX: the line of approval, the totals, the six tables, what is not in the plan."""
    document = _new(paper.title)
    _approval(document, paper)
    _centred(document, paper.title, size=14, bold=True)
    _centred(document, f"№{NBSP}{paper.number} от {long_date(paper.approved_on)}")
    if paper.change:
        document.add_paragraph(f"Причина изменения: {paper.change[1]}")
    for words, value in totals_of(paper.results):
        line = document.add_paragraph(f"{words}: ")
        line.add_run(value).bold = True
    for place, (code, (title, first)) in enumerate(TABLES.items(), 1):
        document.add_heading(f"{place}. {title}", level=2)
        _table(document, first, paper.results.tables[code])
    document.add_heading(f"{len(TABLES) + 1}. Что в план не вошло", level=2)
    _grid(document, ("Почему", "Заявок"), [(words, number(n)) for words, n in paper.results.left_out])
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def totals_of(results: Results) -> list[tuple[str, str]]:
    """The totals in words, as the page and the papers tell them."""
    return [
        ("Заявок в плане года", f"{number(results.wishes)} от {number(results.people)} чел."),
        ("Включено в план", f"{number(results.included)}, обучить {number(results.included_people)} чел."),
        ("Предложено программ", f"{number(results.offers)}, организаторов {number(results.organizers)}"),
        ("Мест за год", number(results.seats)),
    ]


def _new(title: str) -> Any:
    document = Document()
    document.core_properties.title, document.core_properties.language = title, "ru-RU"
    document.core_properties.author = "Портал «Кадры в образовании»"
    for section in document.sections:
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin, section.right_margin = Cm(2.5), Cm(1.5)
        section.top_margin = section.bottom_margin = Cm(2)
    for name, size in (("Normal", 11), ("Heading 2", 12)):
        style: Any = document.styles[name]
        style.font.name, style.font.size, style.font.color.rgb = "PT Serif", Pt(size), None
        style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:asciiTheme"), "")
        fonts = style.element.rPr.rFonts
        for attribute in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{attribute}"), None)
        for attribute in ("ascii", "hAnsi", "cs"):
            fonts.set(qn(f"w:{attribute}"), "PT Serif")
    document.styles["Normal"].paragraph_format.space_after = Pt(4)
    return document


def _approval(document: Any, paper: PlanPaper) -> None:
    """«УТВЕРЖДАЮ»: in the upper right corner, with the lines that are filled by hand."""
    lines = (
        "УТВЕРЖДАЮ",
        capitalized(paper.ministry),
        "",
        "_______________ / ____________________",
        "«____» ______________ 20____ г.",
    )
    for place, words in enumerate(lines):
        line = document.add_paragraph()
        line.paragraph_format.left_indent = Cm(9)
        line.paragraph_format.space_after = Pt(2)
        line.add_run(words).bold = not place
    document.add_paragraph()


def _centred(document: Any, words: str, *, size: int = 11, bold: bool = False) -> None:
    line = document.add_paragraph()
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = line.add_run(words)
    run.bold, run.font.size = bold, Pt(size)


def _table(document: Any, first: str, lines: Sequence[Line]) -> None:
    has_seats = any(line.seats is not None for line in lines)
    heads = (first, *_HEADS[: 2 + has_seats])
    rows = [_values(line, has_seats) for line in lines]
    if lines:
        rows.append(_values(_total(lines), has_seats))
    _grid(document, heads, rows, last_bold=bool(lines))


def _values(line: Line, has_seats: bool) -> tuple[str, ...]:
    figures = (line.wishes, line.included, line.seats or 0)
    return (line.title, *(number(n) for n in figures[: 2 + has_seats]))


def _total(lines: Sequence[Line]) -> Line:
    sums = (sum(line.wishes for line in lines), sum(line.included for line in lines))
    return Line("", "Всего", *sums, sum(line.seats or 0 for line in lines))


def _grid(document: Any, heads: Sequence[str], rows: Sequence[Sequence[str]], *, last_bold: bool = False) -> None:
    """A table whose head is printed again on each sheet; figures stand to the right."""
    table = document.add_table(rows=0, cols=len(heads), style="Table Grid")
    table.autofit = False
    widths = [_WIDE - _FIGURE * (len(heads) - 1), *[_FIGURE] * (len(heads) - 1)]
    for of_grid, width in zip(table.columns, widths, strict=True):
        of_grid.width = Cm(width)
    for place, values in enumerate((heads, *rows)):
        row = table.add_row()
        bold = place == 0 or (last_bold and place == len(rows))
        for column, (words, width) in enumerate(zip(values, widths, strict=True)):
            cell = row.cells[column]
            cell.width = Cm(width)
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_after = Pt(0)
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT if column else WD_ALIGN_PARAGRAPH.LEFT
            paragraph.add_run(clean_text(words)).bold = bold
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        if not place:
            row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


# --- workbook --------------------------------------------------------------------------------------------------------


def write_plan_book(path: Path, paper: PlanPaper) -> int:
    """Write the same as a workbook, a sheet for the totals and one for each table; return the number of its lines."""
    book = Workbook()
    page: Any = book.active
    page.title = "Итоги"
    lines = [
        "УТВЕРЖДАЮ",
        capitalized(paper.ministry),
        "_______________ / ____________________    «____» ______________ 20____ г.",
        "",
        paper.title,
        f"№ {paper.number} от {long_date(paper.approved_on)}",
        *([f"Причина изменения: {paper.change[1]}"] if paper.change else []),
        "",
        *(f"{words}: {value}" for words, value in totals_of(paper.results)),
    ]
    for row, words in enumerate(lines, 1):
        _text(page, row, 1, words).font = Font(bold=words in (paper.title, "УТВЕРЖДАЮ"))
    page.column_dimensions["A"].width = 90
    for code, (title, first) in TABLES.items():
        _sheet(book.create_sheet(sheet_name(title)), first, paper.results.tables[code])
    _left_out(book.create_sheet("Не вошло"), paper.results)
    book.save(path)
    return sum(len(table) for table in paper.results.tables.values())


def _sheet(page: Any, first: str, lines: Sequence[Line]) -> None:
    _heads(page, (first, *_HEADS))
    for row, line in enumerate((*lines, _total(lines)), 2):
        _text(page, row, 1, line.title).alignment = Alignment(wrap_text=True)
        for column, value in enumerate((line.wishes, line.included, line.seats), 2):
            page.cell(row, column, value)
            page.cell(row, column).font = Font(bold=not line.key)


def _left_out(page: Any, results: Results) -> None:
    _heads(page, ("Почему", "Заявок"))
    for row, (words, value) in enumerate(results.left_out, 2):
        _text(page, row, 1, words)
        page.cell(row, 2, value)


def _heads(page: Any, heads: Sequence[str]) -> None:
    for column, words in enumerate(heads, 1):
        cell = _text(page, 1, column, words)
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor=HEADER_FILL.lstrip("#"))
        page.column_dimensions[get_column_letter(column)].width = 70 if column == 1 else 14
    page.freeze_panes = "A2"


def _text(page: Any, row: int, column: int, words: str) -> Any:
    """A cell that is a text, whatever it begins with."""
    cell: Any = page.cell(row, column)
    cell.value, cell.data_type = clean_text(words), "s"
    return cell
