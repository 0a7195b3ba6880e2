"""«Лист посещаемости» of a group: A4 lying down, listeners in the order of names, a column for each meeting (order § 3.3).

Marks that are set are printed; a meeting without marks has empty squares to be filled by hand. Long schedules go on over
further pages, each with the names again.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from app import models as m
from app.cells import clean_text
from app.clock import local
from app.russian import capitalized, period, quoted, unbroken
from app.services.group.attendance import Journal
from app.statuses import AttendanceMark

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
#: meetings on one page
COLUMNS = 12
#: marks as journals write them; the line under the table explains them
MARKS = {AttendanceMark.PRESENT: "+", AttendanceMark.ABSENT: "н", AttendanceMark.EXCUSED: "у"}
LEGEND = "«+» — присутствовал, «н» — отсутствовал, «у» — отсутствовал по уважительной причине."
_FONT = "Times New Roman"
_NUMBER, _NAME, _REST = 10, 68, 189
_WIDEST = 24
#: below this width in millimetres the day and the hours of a meeting need smaller letters to stay on their lines
_NARROW = 20
_CENTER = WD_ALIGN_PARAGRAPH.CENTER


@dataclass(frozen=True, slots=True)
class SheetHead:
    """What stands above the table: whose group, which one, what it learns and when."""

    organization: str
    number: str
    program: str
    starts_on: dt.date
    ends_on: dt.date


def build_attendance_sheet(group: SheetHead, journal: Journal) -> bytes:
    """Return the DOCX of a group's journal; a group without a schedule gets a page of empty columns."""
    document = _new_document()
    parts: list[Sequence[m.GroupMeeting | None]] = [
        journal.meetings[first : first + COLUMNS] for first in range(0, len(journal.meetings), COLUMNS)
    ]
    for number, meetings in enumerate(parts or [[None] * COLUMNS]):
        head = document.add_paragraph()
        if number:
            head.add_run().add_break(WD_BREAK.PAGE)
        _write_head(document, head, group)
        _write_table(document, journal, meetings)
        _write_foot(document)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _new_document() -> Any:
    document = Document()
    properties = document.core_properties
    properties.title, properties.author, properties.comments = "Лист посещаемости", "", ""
    properties.language = "ru-RU"
    section = document.sections[0]
    section.orientation, section.page_width, section.page_height = WD_ORIENT.LANDSCAPE, Mm(297), Mm(210)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Mm(15)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = _FONT, Pt(11)
    normal.paragraph_format.space_after = Pt(0)
    return document


def _write_head(document: Any, first: Any, group: SheetHead) -> None:
    first.alignment = _CENTER
    title = first.add_run("ЛИСТ ПОСЕЩАЕМОСТИ")
    title.bold, title.font.size = True, Pt(14)
    lines = (
        capitalized(group.organization),
        f"Группа № {unbroken(group.number)}, программа {quoted(group.program)}",
        f"Занятия {period(group.starts_on, group.ends_on)}",
    )
    for text in lines:
        document.add_paragraph(clean_text(text)).alignment = _CENTER
    document.paragraphs[-1].paragraph_format.space_after = Pt(6)


def _write_table(document: Any, journal: Journal, meetings: Sequence[m.GroupMeeting | None]) -> None:
    table = document.add_table(rows=1, cols=2 + len(meetings))
    table.style, table.autofit, table.alignment = "Table Grid", False, WD_TABLE_ALIGNMENT.LEFT
    widths = [_NUMBER, _NAME, *[min(_REST / len(meetings), _WIDEST)] * len(meetings)]
    _fill(table.rows[0], ["№", "Фамилия, имя, отчество", *map(_heading, meetings)], widths, bold=True)
    table.rows[0]._tr.get_or_add_trPr().append(_flag("w:tblHeader"))
    for number, row in enumerate(journal.listeners, 1):
        marks = [journal.marks.get((meeting.id, row.id)) if meeting else None for meeting in meetings]
        texts = [str(number), row.employee.full_name, *(MARKS[mark] if mark else "" for mark in marks)]
        _fill(table.add_row(), texts, widths)
    for made, width in zip(table.columns, widths, strict=True):
        made.width = Mm(width)


def _heading(meeting: m.GroupMeeting | None) -> str:
    if meeting is None:
        return ""
    starts, ends = local(meeting.starts_at), local(meeting.ends_at)
    return f"{starts:%d.%m.%Y}\n{starts:%H:%M}–{ends:%H:%M}"


def _fill(row: Any, texts: Sequence[str], widths: Sequence[float], *, bold: bool = False) -> None:
    row._tr.get_or_add_trPr().append(_flag("w:cantSplit"))
    for place, (cell, text, width) in enumerate(zip(row.cells, texts, widths, strict=True)):
        cell.width, cell.vertical_alignment = Mm(width), WD_CELL_VERTICAL_ALIGNMENT.CENTER
        line = cell.paragraphs[0]
        line.alignment = None if place == 1 and not bold else _CENTER
        run = line.add_run(clean_text(text))
        run.bold, run.font.size = bold, Pt(10)
        if bold and place > 1:
            run.font.size = Pt(7 if width < _NARROW else 8)
            # the schema fixes the order of a cell's properties
            cell._tc.get_or_add_tcPr().insert_element_before(_no_side_margins(), "w:vAlign")


def _no_side_margins() -> Any:
    """Give the whole width of a cell to its words."""
    margins = OxmlElement("w:tcMar")
    for side in ("left", "right"):
        edge = OxmlElement(f"w:{side}")
        edge.set(qn("w:w"), "0")
        edge.set(qn("w:type"), "dxa")
        margins.append(edge)
    return margins


def _flag(name: str) -> Any:
    element = OxmlElement(name)
    element.set(qn("w:val"), "true")
    return element


def _write_foot(document: Any) -> None:
    legend = document.add_paragraph(LEGEND)
    legend.runs[0].font.size = Pt(9)
    legend.paragraph_format.space_before, legend.paragraph_format.space_after = Pt(4), Pt(14)
    document.add_paragraph("Преподаватель (куратор группы) ____________________ / ______________________________ /")
