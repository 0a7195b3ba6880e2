"""Papers of a course: orders from their snapshot, the sheet of attendance."""

from __future__ import annotations

import copy
import datetime as dt
import io
from typing import Any

import pytest
from docx import Document

from app import models as m
from app.documents.attendance_sheet import COLUMNS, SheetHead, build_attendance_sheet
from app.documents.pdf import to_pdf
from app.documents.training_order import render_order
from app.errors import Invalid
from app.services.group.attendance import Journal
from app.statuses import AttendanceMark
from tests.documents.conftest import paragraphs

pytestmark = pytest.mark.usefixtures("portal")

PERSON = {"name": "Иванову Марию Петровну", "place": "Учитель, Школа № 1", "reason": ""}
SNAPSHOT: dict[str, Any] = {
    "version": 1,
    "kind": "enrolment",
    "number": "5-к",
    "ordered_on": "2026-09-01",
    "organization": "институт развития образования",
    "city": "Самара",
    "program": "Формирующее оценивание",
    "program_kind": "повышения квалификации",
    "hours": 36,
    "form": "очная",
    "group": "012-26",
    "starts_on": "2026-09-01",
    "ends_on": "2026-09-10",
    "basis": "заявления слушателей.",
    "replaces": [],
    "head_title": "Ректор",
    "head_name": "А. Б. Соколов",
    "parts": [{"ground": "", "people": [PERSON, {**PERSON, "name": "Ткача Ивана Ильича"}]}],
}


def printed(**changes: Any) -> list[str]:
    return [
        line.replace("\u00a0", " ")
        for line in paragraphs(render_order({**copy.deepcopy(SNAPSHOT), **changes}, organizer_id=1))
    ]


def test_the_order_of_enrolment_says_everything() -> None:
    assert printed() == [
        "Институт развития образования",
        "ПРИКАЗ",
        "1 сентября 2026 г.",
        "Самара",
        "№ 5-к",
        "о зачислении слушателей на обучение",
        "В соответствии с Федеральным законом от 29 декабря 2012 г. № 273-ФЗ «Об образовании в Российской Федерации»",
        "ПРИКАЗЫВАЮ:",
        "1. Зачислить на обучение по дополнительной профессиональной программе повышения квалификации "
        "«Формирующее оценивание» в объёме 36 часов, форма обучения — очная, срок обучения с 1 по 10 сентября 2026 г. "
        "(группа № 012\u201126), следующих слушателей:",
        "№",
        "Фамилия, имя, отчество",
        "Должность, место работы",
        "1",
        "Иванову Марию Петровну",
        "Учитель, Школа № 1",
        "2",
        "Ткача Ивана Ильича",
        "Учитель, Школа № 1",
        "2. Контроль за исполнением приказа оставляю за собой.",
        "Основание: заявления слушателей.",
        "Ректор",
        "А. Б. Соколов",
    ]


def test_the_order_of_expulsion_has_its_grounds_and_reasons() -> None:
    parts = [
        {"ground": "как не приступивших к обучению", "people": [PERSON]},
        {"ground": "до завершения обучения", "people": [{**PERSON, "reason": "Пропущены занятия."}]},
    ]
    lines = printed(kind="expulsion", parts=parts, basis="", replaces=["№ 4 от 01.08.2026"])
    assert any(line.startswith("1. Отчислить как не приступивших к обучению следующих") for line in lines)
    assert any(line.startswith("2. Отчислить до завершения обучения следующих слушателей") for line in lines)
    assert "Учитель, Школа № 1. Причина: Пропущены занятия" in lines
    assert "4. Настоящий приказ издан взамен ранее изданного: № 4 от 01.08.2026." in lines
    assert not any(line.startswith("Основание") for line in lines)


def test_a_reprint_gives_the_same_bytes() -> None:
    assert render_order(SNAPSHOT, organizer_id=1) == render_order(copy.deepcopy(SNAPSHOT), organizer_id=1)


@pytest.mark.parametrize(
    "change",
    [{"version": 2}, {"kind": "other"}, {"parts": None}, {"ordered_on": "вчера"}, {"head_name": ""}, {"hours": 0}],
)
def test_a_damaged_snapshot_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        render_order({**SNAPSHOT, **change}, organizer_id=1)


def test_the_order_becomes_a_pdf(office: None) -> None:
    assert to_pdf(render_order(SNAPSHOT, organizer_id=1)).startswith(b"%PDF-")


# --- the sheet of attendance -----------------------------------------------------------------------------------------


def journal(meetings: int) -> tuple[SheetHead, Journal]:
    group = SheetHead("институт", "012-26", "Курс «Шаг»", dt.date(2026, 9, 1), dt.date(2026, 9, 30))
    rows = [
        m.Enrolment(id=n, employee=m.Employee(last_name=last, first_name="Анна", patronymic="Ивановна"))
        for n, last in ((1, "Абрамова"), (2, "Белова"))
    ]
    starts = [dt.datetime(2026, 9, 1 + n, 5, tzinfo=dt.UTC) for n in range(meetings)]
    times = [m.GroupMeeting(id=n, starts_at=at, ends_at=at + dt.timedelta(hours=4)) for n, at in enumerate(starts, 1)]
    marks = {(1, 1): AttendanceMark.PRESENT, (1, 2): AttendanceMark.EXCUSED} if meetings else {}
    return group, Journal(rows, times, marks)


def test_the_sheet_lies_down_and_holds_names_meetings_and_marks() -> None:
    paper = Document(io.BytesIO(build_attendance_sheet(*journal(2))))
    section = paper.sections[0]
    assert section.page_width > section.page_height
    table = [[cell.text for cell in row.cells] for row in paper.tables[0].rows]
    assert table == [
        ["№", "Фамилия, имя, отчество", "01.09.2026\n09:00–13:00", "02.09.2026\n09:00–13:00"],
        ["1", "Абрамова Анна Ивановна", "+", ""],
        ["2", "Белова Анна Ивановна", "у", ""],
    ]
    text = "\n".join(p.text for p in paper.paragraphs)
    assert "Группа № 012\u201126, программа «Курс „Шаг“»" in text
    assert "Институт" in text
    assert "Преподаватель (куратор группы) ___" in text


def test_a_long_schedule_goes_on_over_further_pages() -> None:
    paper = Document(io.BytesIO(build_attendance_sheet(*journal(COLUMNS + 3))))
    assert [len(table.columns) for table in paper.tables] == [COLUMNS + 2, 5]
    assert all(table.cell(1, 1).text == "Абрамова Анна Ивановна" for table in paper.tables)


def test_a_group_without_a_schedule_gets_an_empty_sheet() -> None:
    paper = Document(io.BytesIO(build_attendance_sheet(*journal(0))))
    assert [cell.text for cell in paper.tables[0].rows[1].cells[2:]] == [""] * COLUMNS
