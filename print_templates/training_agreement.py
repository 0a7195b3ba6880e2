"""The договор of the organizer with an employer: three pages at most, the list of the listeners begins a page of its own."""

from __future__ import annotations

from typing import Any

from docx.shared import Mm

from print_templates.group_papers import UPRIGHT, grid, page_numbers
from print_templates.pieces import JUSTIFY, RIGHT, condition, last_line, new_document, paragraph, table

#: title of a section → its points
Sections = tuple[tuple[str, tuple[str, ...]], ...]
FIRST = (
    "1.1. Исполнитель обучает работников Заказчика, названных в приложении (далее — слушатели), по дополнительной "
    "профессиональной программе {{ program_kind }} {{ program }} в объёме {{ hours }}. Форма обучения — {{ form }}, "
    "учебная группа №\N{NO-BREAK SPACE}{{ group }}.",
    "1.2. Срок обучения: {{ period }}",  # ends with «г.» itself
    "1.3. Слушатель, который освоил программу и прошёл итоговую аттестацию, получает {{ document }}. Слушатель, который "
    "аттестацию не прошёл или отчислен раньше, получает справку о периоде обучения.",
)
PAID = "1.4. Обучение оплачивают именные образовательные чеки слушателей. Заказчик и слушатели ничего не платят Исполнителю."
FUNDED = "1.4. Источник финансирования обучения — {{ funding }}."
AGREED = "1.4. Стоимость обучения и порядок её оплаты стороны определяют дополнительным соглашением."
DUTIES: Sections = (
    (
        "2. Обязанности сторон",
        (
            "2.1. Исполнитель зачисляет слушателей приказом, проводит занятия по расписанию и итоговую аттестацию, ведёт учёт "
            "посещаемости, сообщает Заказчику об отчислении слушателя и его причине.",
            "2.2. Заказчик освобождает слушателей от работы на время занятий и сохраняет за ними место работы и средний "
            "заработок (статья 187 Трудового кодекса Российской Федерации); до начала занятий сообщает Исполнителю, если "
            "слушатель учиться не сможет.",
            "2.3. Слушатель посещает занятия, выполняет задания, проходит итоговую аттестацию и соблюдает правила Исполнителя.",
        ),
    ),
    (
        "3. Персональные данные",
        (
            "3.1. Стороны обрабатывают персональные данные слушателей по Федеральному закону от 27 июля 2006 г. № 152-ФЗ только "
            "для исполнения этого договора. Сведения о выданных документах Исполнитель передаёт в ФИС ФРДО.",
        ),
    ),
    (
        "4. Заключительные условия",
        (
            "4.1. Договор действует со дня подписания до исполнения обязательств. Изменения оформляются письменно.",
            "4.2. Споры стороны решают переговорами, а если не договорились — в суде по законодательству Российской Федерации.",
            "4.3. Договор составлен в двух экземплярах равной силы, по одному для каждой стороны.",
        ),
    ),
)


def build_training_agreement() -> Any:
    """Return the договор with its приложение."""
    document = new_document("Договор об обучении", **UPRIGHT)
    page_numbers(document)
    paragraph(document, "ДОГОВОР № {{ number }}", size=14, bold=True, after=2)
    paragraph(document, "об обучении по дополнительной профессиональной программе", size=12, after=10)
    place_and_day(document)
    text(
        document,
        "{{ organization }}{% if licence %} (лицензия на образовательную деятельность {{ licence }}){% endif %}, далее — "
        "Исполнитель, в лице {{ organizer_head }}, и {{ customer }}, далее — Заказчик, в лице {{ customer_head }}, "
        "заключили договор о следующем.",
        before=10,
    )
    section(document, "1. Предмет договора", FIRST)
    condition(document, "if by_vouchers")
    text(document, PAID)
    condition(document, "elif funding")
    text(document, FUNDED)
    condition(document, "else")
    text(document, AGREED)
    condition(document, "endif")
    for title, points in DUTIES:
        section(document, title, points, last=title == DUTIES[-1][0])
    heading(document, "5. Реквизиты и подписи сторон")
    signatures(document, details=True)
    listed(document)
    return document


def place_and_day(document: Any) -> None:
    """Write the city and the day, which is put in by hand."""
    cells = table(document, 1, (90, 90)).rows[0].cells
    paragraph(cells[0], "{{ city }}", align=None)
    paragraph(cells[1], "«____» ______________ 20___ г.", align=RIGHT)


def section(document: Any, title: str, points: tuple[str, ...], *, last: bool = False) -> None:
    """Add a heading with its points; the last one goes to the page of the signatures, which never stand there alone."""
    heading(document, title)
    for point in points:
        text(document, point).paragraph_format.keep_with_next = last or None


def heading(document: Any, title: str) -> None:
    """Add the heading of a section, which stays with what follows."""
    paragraph(document, title, size=11, bold=True, before=8, after=3).paragraph_format.keep_with_next = True


def text(document: Any, words: str, *, before: float = 0) -> Any:
    """Add a paragraph of the договор and return it."""
    made = paragraph(document, words, size=11, align=JUSTIFY, before=before, after=2)
    made.paragraph_format.first_line_indent = Mm(10)
    return made


def signatures(document: Any, *, details: bool) -> None:
    """Add both parties side by side: with their details or only the signatures."""
    for side, cell in zip(("left", "right"), table(document, 1, (90, 90)).rows[0].cells, strict=True):
        paragraph(cell, "Исполнитель" if side == "left" else "Заказчик", size=11, bold=True, align=None, after=3)
        if details:
            paragraph(cell, f"{{{{ {side} }}}}", size=10.5, align=None, after=8)
        paragraph(cell, f"{{{{ {side}_title }}}}", size=10.5, align=None)
        paragraph(cell, f"_________________ {{{{ {side}_name }}}}", size=10.5, align=None, before=10)
        paragraph(cell, "М.П.", size=9, align=None, before=2)
        for line in cell.paragraphs:
            line.paragraph_format.keep_with_next = line.paragraph_format.keep_together = True


def listed(document: Any) -> None:
    """Add the приложение: who studies, with a place for everybody's signature."""
    title = paragraph(document, "Приложение к договору № {{ number }}", size=11, align=RIGHT, after=10)
    title.paragraph_format.page_break_before = True
    paragraph(document, "СПИСОК СЛУШАТЕЛЕЙ", size=13, bold=True, after=8)
    grid(
        document,
        (
            ("№ п/п", 12, "{{ row.n }}", True),
            ("Фамилия, имя, отчество", 56, "{{ row.name }}", False),
            ("Должность", 38, "{{ row.position }}", False),
            ("Место работы", 42, "{{ row.workplace }}", False),
            ("С договором ознакомлен, согласен (подпись)", 32, "", True),
        ),
        size=10.5,
    )
    paragraph(document, "{{ totals }}", size=11, align=None, before=8, after=10).paragraph_format.keep_with_next = True
    signatures(document, details=False)
    last_line(document)


PAPERS = {"training_agreement.docx": build_training_agreement}
