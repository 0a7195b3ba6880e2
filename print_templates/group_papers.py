"""Papers of a group and «Список обучения»: tables of people of any length, with the head of the table on every page.

The columns of the journal are those of the letter of Минобрнауки of 21.02.2014 № АК-316/06.
"""

from __future__ import annotations

from typing import Any

from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm

from print_templates.pieces import (
    CENTER,
    RIGHT,
    borders,
    condition,
    last_line,
    margins,
    new_document,
    paragraph,
    signature_rows,
    table,
)

#: head of a column, its width in millimetres, what stands in its cells, whether they are centred
Heads = tuple[tuple[str, float, str, bool], ...]
UPRIGHT = {"width": 210, "height": 297, "margins": (20, 15, 10, 15)}
LYING = {"width": 297, "height": 210, "margins": (12, 15, 10, 12)}


def grid(document: Any, heads: Heads, *, size: float = 11, height: float = 0) -> None:
    """Add a ruled table with a line for each of ``rows``; its head is repeated, its lines are not broken across pages.

    ``height``: millimetres that a line has at least.

    The last line stays with what follows, so that signatures do not stand on a page alone: Word obeys, LibreOffice 7 does not.
    """
    made = table(document, 8, tuple(width for _head, width, _text, _centred in heads))
    head, line, kept = made.rows[0], made.rows[5], made.rows[3]
    mark(head, "w:tblHeader")
    for row in (head, line, kept):
        mark(row, "w:cantSplit")
    controls = {1: "for row in rows", 2: "if loop.last", 4: "else", 6: "endif", 7: "endfor"}
    for place, words in controls.items():
        made.rows[place].cells[0].text = f"{{%tr {words} %}}"
    for cell, (title, _width, _text, _centred) in zip(head.cells, heads, strict=True):
        ruled(cell)
        paragraph(cell, title, size=size - 1, bold=True)
    for row in (line, kept):
        row.height = Mm(height) if height else None
        for cell, (_title, _width, text, centred) in zip(row.cells, heads, strict=True):
            ruled(cell)
            words = paragraph(cell, text, size=size, align=CENTER if centred else None)
            words.paragraph_format.keep_with_next = row is kept
            if height:
                cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER


def ruled(cell: Any) -> None:
    """Draw a cell's lines and leave it a little air."""
    borders(cell, "top left bottom right", style="single", width=4, color="000000")
    margins(cell, top=0.8, side=1.2, bottom=0.8)


def mark(row: Any, name: str) -> None:
    """Switch a property of a table's row on."""
    row._tr.get_or_add_trPr().append(OxmlElement(name))


def page_numbers(document: Any) -> None:
    """Write the group and the number of the page at the foot of every page."""
    foot = document.sections[0].footer.paragraphs[0]
    foot.style = document.styles["Normal"]
    foot.alignment = RIGHT
    run = foot.add_run("Группа № {{ group }}, страница ")
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    number = OxmlElement("w:r")
    text = OxmlElement("w:t")
    text.text = "1"
    number.append(text)
    field.append(number)
    foot._p.append(field)
    for part in (run._r, number):
        properties = OxmlElement("w:rPr")
        for tag in ("w:sz", "w:szCs"):
            letters = OxmlElement(tag)
            letters.set(qn("w:val"), "18")
            properties.append(letters)
        part.insert(0, properties)
    # several papers may stand in one file: each is numbered from its own first page
    start = OxmlElement("w:pgNumType")
    start.set(qn("w:start"), "1")
    document.sections[0]._sectPr.insert_element_before(start, "w:cols", "w:docGrid")


def opening(document: Any, title: str, *, after: str = "", where: str = "") -> None:
    """Write the organization, the name of the paper and what is studied when; ``after`` only ``where`` that field is filled."""
    page_numbers(document)
    paragraph(document, "{{ organization }}", size=12, bold=True, after=14)
    paragraph(document, title, size=15, bold=True, after=2)
    if where:
        condition(document, f"if {where}")
    if after:
        paragraph(document, after, size=12, after=8)
    if where:
        condition(document, "endif")
    paragraph(document, "Учебная группа № {{ group }}", size=12, after=8)
    for line in (
        "Программа: {{ program }}, в объёме {{ hours }}",
        "Сроки обучения: {{ period }}",
    ):
        paragraph(document, line, size=12, align=None, after=2)
    paragraph(document, "", size=4)


def signed_by(
    document: Any,
    people: tuple[tuple[str, str], ...],
    *,
    widths: tuple[float, ...],
    totals: str = "{{ totals }}",
    after: float = 6,
) -> None:
    """Write the totals and the lines for signatures below the table, all on one page."""
    paragraph(document, totals, size=12, align=None, before=8, after=after)
    signature_rows(document, people, widths=widths, size=12)
    signatures = document.tables[-1]
    for text in (document.paragraphs[-2], *(line for cell in signatures._cells for line in cell.paragraphs)):
        text.paragraph_format.keep_with_next = True
    last_line(document)


def build_group_list() -> Any:
    """Return «Список группы»."""
    document = new_document("Список группы", **UPRIGHT)
    opening(document, "СПИСОК УЧЕБНОЙ ГРУППЫ")
    grid(
        document,
        (
            ("№ п/п", 12, "{{ row.n }}", True),
            ("Фамилия, имя, отчество", 62, "{{ row.name }}", False),
            ("Должность", 46, "{{ row.position }}", False),
            ("Место работы", 60, "{{ row.workplace }}", False),
        ),
    )
    signed_by(document, (("{{ head_title }}", "{{ head_name }}"),), widths=(75, 45, 60))
    return document


def build_grade_sheet() -> Any:
    """Return «Ведомость итоговой аттестации»."""
    document = new_document("Ведомость итоговой аттестации", **UPRIGHT)
    opening(document, "ВЕДОМОСТЬ", after="итоговой аттестации")
    grid(
        document,
        (
            ("№ п/п", 12, "{{ row.n }}", True),
            ("Фамилия, имя, отчество", 58, "{{ row.name }}", False),
            ("Форма аттестации", 32, "{{ row.form }}", False),
            ("Оценка", 26, "{{ row.mark }}", True),
            ("Дата", 24, "{{ row.result_on }}", True),
            ("Подпись экзаменатора", 28, "", True),
        ),
    )
    signed_by(
        document,
        (("Экзаменатор", ""), ("{{ head_title }}", "{{ head_name }}")),
        widths=(75, 45, 60),
    )
    return document


def build_attendance_sheet() -> Any:
    """Return «Лист посещаемости»: a lying sheet with eight meetings, in whose squares listeners sign."""
    document = new_document("Лист посещаемости", **LYING)
    opening(document, "ЛИСТ ПОСЕЩАЕМОСТИ", after="{{ meetings }}", where="meetings")
    days = tuple((f"{{{{ day_{n} }}}}\n{{{{ time_{n} }}}}", 24.5, f"{{{{ row.mark_{n} }}}}", True) for n in range(1, 9))
    grid(document, (("№ п/п", 11, "{{ row.n }}", True), ("Фамилия, имя, отчество", 63, "{{ row.name }}", False), *days),
         size=10, height=9)  # fmt: skip
    signed_by(
        document,
        (("Преподаватель (куратор группы)", ""),),
        widths=(90, 60, 80),
        totals="{{ totals }} Слушатель расписывается в день занятия. Отметки портала: «+» — присутствовал, "
        "«н» — отсутствовал, «у» — отсутствовал по уважительной причине.",
    )
    return document


#: a line for a name with its position
_LINE = "_" * 55


def build_final_protocol() -> Any:
    """Return «Протокол итоговой аттестации»: who sat on the commission is written by hand above, and signs below."""
    document = new_document("Протокол итоговой аттестации", **UPRIGHT)
    opening(document, "ПРОТОКОЛ № {{ protocol }}", after="заседания аттестационной комиссии")
    paragraph(document, "{{ city }}, {{ held_on }}", size=12, align=None, after=6)
    for title, lines in (("Председатель комиссии:", 1), ("Члены комиссии:", 2)):
        for number in range(lines):
            words = f"{title if not number else ''}\t{_LINE}"
            line = paragraph(document, words, size=12, align=None, after=4)
            line.paragraph_format.tab_stops.add_tab_stop(Mm(52))
    paragraph(document, "Комиссия рассмотрела результаты итоговой аттестации слушателей и решила:", size=12, align=None)
    paragraph(document, "", size=4)
    grid(
        document,
        (
            ("№ п/п", 12, "{{ row.n }}", True),
            ("Фамилия, имя, отчество", 68, "{{ row.name }}", False),
            ("Форма аттестации", 38, "{{ row.form }}", False),
            ("Оценка", 28, "{{ row.mark }}", True),
            ("Решение", 34, "{{ row.decision }}", True),
        ),
    )
    members = (("Председатель комиссии", ""), ("Члены комиссии", ""), ("", ""), ("Секретарь", "{{ secretary }}"))
    signed_by(document, members, widths=(75, 45, 60))
    return document


def build_issue_journal() -> Any:
    """Return «Журнал учёта выдачи документов»: a lying sheet."""
    document = new_document("Журнал учёта выдачи документов", **LYING)
    opening(document, "ЖУРНАЛ УЧЁТА ВЫДАЧИ ДОКУМЕНТОВ", after="о квалификации и об обучении")
    grid(
        document,
        (
            ("№ п/п", 11, "{{ row.n }}", True),
            ("Наименование документа", 45, "{{ row.document }}", False),
            ("Серия и номер бланка", 29, "{{ row.blank }}", True),
            ("Порядковый регистрационный номер", 31, "{{ row.number }}", True),
            ("Дата выдачи", 22, "{{ row.issued_on }}", True),
            ("Фамилия, имя, отчество получателя", 51, "{{ row.name }}", False),
            ("Доверенное лицо или почтовое отправление", 36, "{{ row.handed }}", False),
            ("Подпись получателя", 25, "", True),
            ("Подпись выдавшего", 24, "", True),
        ),
        size=10,
    )
    signed_by(
        document,
        (("Специалист, выдавший документы", ""), ("{{ head_title }}", "{{ head_name }}")),
        widths=(90, 60, 80),
    )
    return document


def build_training_list() -> Any:
    """Return «Список обучения»: the first page of a person's archive for an attestation."""
    document = new_document("Список обучения", **UPRIGHT)
    paragraph(document, "СВЕДЕНИЯ ОБ ОБУЧЕНИИ", size=15, bold=True, after=2)
    paragraph(document, "с {{ since }} по {{ until }}", size=12, after=12)
    for line in (
        "Фамилия, имя, отчество: {{ full_name }}",
        "Должность: {{ position }}",
        "Место работы: {{ workplace }}",
    ):
        name = line.partition("{{ ")[2].partition(" }}")[0]
        paragraph(document, f"{{%p if {name} %}}", size=6)
        paragraph(document, line, size=12, align=None, after=2)
        paragraph(document, "{%p endif %}", size=6)
    paragraph(document, "", size=4)
    grid(
        document,
        (
            ("№ п/п", 10, "{{ row.n }}", True),
            ("Сроки обучения", 25, "{{ row.period }}", True),
            ("Программа", 54, "{{ row.program }}", False),
            ("Часы", 13, "{{ row.hours }}", True),
            ("Организация", 44, "{{ row.organizer }}", False),
            ("Документ", 34, "{{ row.document }}", False),
        ),
        size=10,
    )
    signed_by(
        document,
        (("Работник", "{{ signed }}"), ("Ответственный работник организации", "")),
        widths=(75, 45, 60),
        totals="{{ totals }} {{ attached }}",
        after=10,
    )
    return document


PAPERS = {
    "training_list.docx": build_training_list,
    "group_list.docx": build_group_list,
    "attendance_sheet.docx": build_attendance_sheet,
    "grade_sheet.docx": build_grade_sheet,
    "final_protocol.docx": build_final_protocol,
    "issue_journal.docx": build_issue_journal,
}
