"""«Ведомость итогов»: what is given out is read back; wrong cells are named; a sheet of another group is refused."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import today
from app.errors import Invalid
from app.exchange.results_sheet import build_results_sheet, read_results_sheet
from app.services.courses.group import results
from app.services.courses.group.results import Assessment, Outcome
from tests.services import makers as mk
from tests.services.course_rows import Course, make_course, make_listeners

E = st.EnrolmentStatus


@pytest.fixture
def course(session: Any) -> Course:
    return make_course()


def given(course: Course) -> tuple[Any, Any]:
    group = mk.fetch(m.TrainingGroup, course.group.id)
    return group, results.expected_of(group)


def sheet(course: Course, cells: Mapping[str, Any], change: Callable[[Any], Any] = lambda _book: None) -> bytes:
    """The group's sheet with some cells filled as a person would, and the book changed further."""
    with acting_as(course.world.organizer_actor):
        book = load_workbook(io.BytesIO(build_results_sheet(*given(course))))
    for address, value in cells.items():
        book.worksheets[0][address] = value
    change(book)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def read(course: Course, cells: Mapping[str, Any], change: Callable[[Any], Any] = lambda _book: None) -> Any:
    data = sheet(course, cells, change)
    with acting_as(course.world.organizer_actor):
        return read_results_sheet(data, *given(course))


def test_the_sheet_holds_the_group_its_listeners_and_lists_of_choices(course: Course) -> None:
    page = load_workbook(io.BytesIO(sheet(course, {}))).worksheets[0]
    assert page["A1"].value.startswith(f"Итоги обучения: группа № {course.group.number}")
    assert page["C2"].value == course.group.id
    assert [page.cell(row, 1).value for row in (8, 9, 10)] == [row.id for row in course.rows]
    assert [page.cell(row, 2).value for row in (8, 9, 10)] == [row.employee.full_name for row in course.rows]
    assert page["A11"].value is None
    assert "Обучен аттестован" in page.data_validations.dataValidation[0].formula1
    assert not [c for row in page.iter_rows() for c in row if c.data_type == "f"]


def test_what_is_filled_is_read_back(course: Course) -> None:
    first, second, third = (row.id for row in course.rows)
    day = today() - mk.DAY
    cells = {
        "C3": day, "C4": "экзамен", "C5": "12", "C8": "Обучен аттестован", "D8": "отлично",
        "C9": "Не аттестован", "E9": "Не явилась", "C10": None,
    }  # fmt: skip
    found = read(course, cells)
    assert found.errors == []
    assert found.common == Assessment(result_on=day, final_form="экзамен", protocol_number="12")
    assert found.rows == {
        first: Outcome(outcome=E.TRAINED, mark="отлично"),
        second: Outcome(outcome=E.FAILED, reason="Не явилась"),
        third: Outcome(outcome=None),
    }


@pytest.mark.parametrize(
    ("cells", "address", "words"),
    [
        ({"C8": "Зачёт"}, "C8", "Такого итога нет"),
        ({"C8": "=1+1"}, "C8", "формула"),
        ({"D9": "5" * 121, "C9": "Не приступил"}, "D9", "Не больше 120 знаков"),
        ({"C3": "вчера"}, "C3", "дд.мм.гггг"),
        ({"A8": 2_000_000_000, "C8": "Отчислен"}, "A8", "нет такой записи"),
        ({"A8": "12a", "C8": "Отчислен"}, "A8", "нет такой записи"),
        ({"A8": None, "C8": "Отчислен"}, "A8", "Ячейка не заполнена"),
        ({"B8": "Другая Анна Ивановна"}, "A8", "принадлежит другому слушателю"),
    ],
)
def test_a_wrong_cell_is_named(course: Course, cells: dict[str, Any], address: str, words: str) -> None:
    (error,) = read(course, cells).errors
    assert error.address == address
    assert words in error.message


# --- what was read and may be wrong, as in every list ----------------------------------------------------------------


def test_a_sheet_as_it_was_given_out_raises_no_doubt(course: Course) -> None:
    found = read(course, {"C3": today() - mk.DAY, "C8": "Обучен аттестован"})
    assert (found.errors, found.doubts, found.notices) == ([], [], [])


def test_hidden_rows_and_columns_are_told_of(course: Course) -> None:
    """A filter hides the row; what stands in it is read, and would be saved unseen."""

    def hide(book: Any) -> None:
        page = book.worksheets[0]
        page.row_dimensions[3].hidden = page.row_dimensions[9].hidden = True
        page.column_dimensions["D"].hidden = True

    found = read(course, {"C3": today() - mk.DAY, "C9": "Отчислен", "E9": "Прогулы"}, hide)
    assert found.rows[course.rows[1].id].outcome == E.EXPELLED
    assert [sentence.split(":")[0] for sentence in found.notices] == [
        "Скрытые строки (фильтром или вручную) тоже прочитаны",
        "Скрытые столбцы тоже прочитаны",
    ]
    assert "3, 9" in found.notices[0] and ": D." in found.notices[1]


@pytest.mark.parametrize(("time", "days", "doubts"), [(dt.time(23, 59, 16), 1, 0), (dt.time(21, 0), 0, 1)])
def test_a_day_with_a_time_is_read_as_in_every_list(course: Course, time: dt.time, days: int, doubts: int) -> None:
    """A minute before midnight is that midnight; hours before it may be the next day of another zone."""
    day = today() - 3 * mk.DAY
    found = read(course, {"C3": dt.datetime.combine(day, time), "C8": "Не приступил"})
    assert (found.common.result_on, found.errors) == (day + days * mk.DAY, [])
    assert [(doubt.address, "время дня" in doubt.message) for doubt in found.doubts] == [("C3", True)] * doubts


def test_days_of_a_book_that_counts_from_1904(course: Course) -> None:
    def of_a_mac(book: Any) -> None:
        book.epoch = CALENDAR_MAC_1904

    found = read(course, {"C3": today() - mk.DAY, "C8": "Не приступил"}, of_a_mac)
    assert found.common.result_on == today() - mk.DAY
    (notice,) = found.notices
    assert "от 1904 года" in notice


def test_a_further_sheet_and_an_unknown_column_are_told_of(course: Course) -> None:
    def more(book: Any) -> None:
        book.create_sheet("Черновик").append(["заметки", 1])

    found = read(course, {"C3": today() - mk.DAY, "G7": "Кабинет", "G8": "12"}, more)
    assert found.notices == [
        "Столбцы не распознаны и не загружены: G «Кабинет».",
        "Прочитан лист «Итоги»; другие листы не читаются: «Черновик».",
    ]


def test_the_same_person_twice_is_an_error_of_the_second_row(course: Course) -> None:
    first = course.rows[0]
    cells = {"C8": "Не приступил", "A11": first.id, "B11": None, "C11": "Отчислен"}
    found = read(course, cells)
    (error,) = found.errors
    assert error.address == "A11" and "уже есть в строке выше" in error.message
    assert found.rows[first.id].outcome == E.NO_SHOW


def test_a_listener_of_another_group_is_an_error(course: Course) -> None:
    foreign = make_listeners(course.world, mk.make_past_group(course.world.program), 1)[0]
    (error,) = read(course, {"A8": foreign.id, "B8": None, "C8": "Отчислен"}).errors
    assert error.address == "A8"


def test_a_sheet_of_another_group_is_refused(course: Course) -> None:
    with pytest.raises(Invalid, match="ведомость другой группы"):
        read(course, {"C2": course.group.id + 1})
    with pytest.raises(Invalid, match="нет кода группы"):
        read(course, {"C2": None})


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"PK\x03\x04 nothing"])
def test_a_file_that_is_no_workbook_is_refused(course: Course, data: bytes) -> None:
    with acting_as(course.world.organizer_actor), pytest.raises(Invalid):
        read_results_sheet(data, *given(course))


def test_another_table_is_refused(course: Course) -> None:
    with pytest.raises(Invalid, match="нет таблицы со столбцами"):
        read(course, {"A7": "Код", "C7": "Оценка", "D7": "Балл"})
