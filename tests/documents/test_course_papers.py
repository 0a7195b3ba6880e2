"""Papers of a course: orders from their snapshot, the sheet of attendance."""

from __future__ import annotations

import copy
import datetime as dt
import io
from typing import Any

import pytest
from docx import Document
from docx.oxml.ns import qn

from app import models as m
from app.documents.office.pdf import to_pdf
from app.documents.papers.attendance_sheet import COLUMNS, SheetHead, build_attendance_sheet
from app.documents.papers.training_order import render_order
from app.errors import Invalid
from app.services.courses.group.attendance import Journal
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
    group = SheetHead(
        organizer_id=1,
        organization="институт",
        number="012-26",
        program="Курс «Шаг»",
        hours=36,
        starts_on=dt.date(2026, 9, 1),
        ends_on=dt.date(2026, 9, 30),
    )
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
    assert [row[:4] for row in table] == [
        ["№ п/п", "Фамилия, имя, отчество", "01.09.2026\n09:00–13:00", "02.09.2026\n09:00–13:00"],
        ["1", "Абрамова Анна Ивановна", "+", ""],
        ["2", "Белова Анна Ивановна", "у", ""],
    ]
    # the columns that are left have neither a day nor a mark
    assert {text.strip() for row in table for text in row[4:]} == {""}
    text = "\n".join(p.text for p in paper.paragraphs).replace("\N{NO-BREAK SPACE}", " ")
    assert "Учебная группа № 012\u201126" in text and "Программа: «Курс „Шаг“», в объёме 36 часов" in text
    assert "Институт" in text and "Слушатель расписывается в день занятия" in text
    assert "Занятия 1" not in text
    assert "Преподаватель (куратор группы)" in paper.tables[1].cell(0, 0).text


def test_the_head_of_the_table_is_repeated_and_a_line_has_room_for_a_signature() -> None:
    rows = Document(io.BytesIO(build_attendance_sheet(*journal(1)))).tables[0].rows
    assert rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    assert all(row.height.mm == pytest.approx(9, abs=0.1) for row in rows[1:])


def test_a_long_schedule_goes_on_over_further_sheets() -> None:
    paper = Document(io.BytesIO(build_attendance_sheet(*journal(20))))
    sheets = [table for table in paper.tables if len(table.columns) == COLUMNS + 2]
    assert [sheet.cell(0, 2).text[:10] for sheet in sheets] == ["01.09.2026", "09.09.2026", "17.09.2026"]
    assert sheets[2].cell(0, 5).text[:10] == "20.09.2026" and sheets[2].cell(0, 6).text.strip() == ""
    assert all(sheet.cell(1, 1).text == "Абрамова Анна Ивановна" for sheet in sheets)
    text = [p.text for p in paper.paragraphs]
    assert [line for line in text if line.startswith("Занятия")] == [
        "Занятия 1–8 из 20",
        "Занятия 9–16 из 20",
        "Занятия 17–20 из 20",
    ]
    assert len(paper.sections) == 3


def test_a_group_without_a_schedule_gets_an_empty_sheet() -> None:
    paper = Document(io.BytesIO(build_attendance_sheet(*journal(0))))
    assert [cell.text for cell in paper.tables[0].rows[1].cells[2:]] == [""] * COLUMNS


def test_the_sheet_becomes_a_pdf(office: None) -> None:
    assert to_pdf(build_attendance_sheet(*journal(3))).startswith(b"%PDF-")
