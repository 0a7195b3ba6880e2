"""Cells that look like one thing and are another: days of old Macs, moments, errors of Excel, hidden rows, words for nothing."""

from __future__ import annotations

import io
from datetime import date, datetime
from typing import Any

import pytest
from exchange_books import SCHOOL, real_directories
from openpyxl import Workbook, load_workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from app.exchange.reader import ExcelError, read_workbook
from app.exchange.sheet_notices import skipped_rows
from app.exchange.staff.staff_list import StaffList, parse_staff_list
from app.exchange.trainings.training_list import parse_training_list

TODAY = date(2026, 11, 25)
BIRTH = date(1985, 3, 14)
PERSON = {
    "Место работы": SCHOOL, "Фамилия": "Примерова", "Имя": "Мария", "Отчество": "Ивановна", "Дата рождения": BIRTH, "Пол": "Ж",
    "СНИЛС": "112-233-445 95", "Должность": "Методист",
}  # fmt: skip
#: days from the beginning of the count to BIRTH
SINCE_1900, SINCE_1904 = 31_120, 29_658


def book(*people: dict[str, Any], change: Any = None) -> bytes:
    """A staff list of these people; ``change`` gets the workbook before it is saved."""
    workbook = Workbook()
    sheet = workbook.active
    titles = list(dict.fromkeys(title for person in people for title in person))
    for row in [titles, *([person.get(title) for title in titles] for person in people)]:
        sheet.append(row)
    if change is not None:
        change(workbook)
    target = io.BytesIO()
    workbook.save(target)
    return target.getvalue()


def read(*people: dict[str, Any], change: Any = None) -> StaffList:
    return parse_staff_list(read_workbook(book(*people, change=change)), real_directories(), today=TODAY)


def of_1904(workbook: Workbook) -> None:
    workbook.epoch = CALENDAR_MAC_1904


# --- days ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", [SINCE_1904, BIRTH])
def test_a_book_of_1904_gives_the_right_day(cell: object) -> None:
    found = read(PERSON | {"Дата рождения": cell}, change=of_1904)
    assert found.rows[0].facts["birth_date"] == BIRTH
    assert any("1904" in notice for notice in found.notices)


def test_a_book_of_1900_says_nothing_of_it() -> None:
    found = read(PERSON | {"Дата рождения": SINCE_1900})
    assert found.rows[0].facts["birth_date"] == BIRTH
    assert [notice for notice in found.notices if "1904" in notice] == []


def test_trainings_count_from_1904_too() -> None:
    told = {
        "СНИЛС": "112-233-445 95", "ФИО": "Примерова Мария Ивановна", "Программа": "Урок", "Вид обучения": "ПК",
        "Где обучался": "Институт", "Часы": 72, "Дата окончания": (date(2019, 10, 18) - date(1904, 1, 1)).days,
        "Номер документа": "63-1",
    }  # fmt: skip
    found = parse_training_list(read_workbook(book(told, change=of_1904)), today=TODAY)
    assert found.rows[0].values is not None
    assert found.rows[0].values.ended_on == date(2019, 10, 18)
    assert any("1904" in notice for notice in found.notices)


@pytest.mark.parametrize(
    "cell", [datetime(1985, 3, 13, 23, 59, 16), datetime(1985, 3, 14, 0, 0, 44), SINCE_1900 - 44 / 86400]
)
def test_seconds_beside_midnight_are_midnight(cell: object) -> None:
    row = read(PERSON | {"Дата рождения": cell}).rows[0]
    assert (row.facts["birth_date"], row.warnings) == (BIRTH, ())


def test_a_time_of_day_is_doubted() -> None:
    row = read(PERSON | {"Дата рождения": datetime(1985, 3, 13, 21, 0)}).rows[0]
    assert row.facts["birth_date"] == date(1985, 3, 13)
    assert [(w.title, w.message) for w in row.warnings] == [
        ("Дата рождения", "В ячейке не только дата, но и время дня: проверьте, что день верный")
    ]


# --- what Excel shows and hides --------------------------------------------------------------------------------------


def failed(workbook: Workbook) -> None:
    cell = workbook.active["G2"]
    cell.value, cell.data_type = "#N/A", "e"


def test_an_error_of_excel_is_named() -> None:
    assert isinstance(read_workbook(book(PERSON, change=failed))[0].rows[1].values[6], ExcelError)
    row = read(PERSON, change=failed).rows[0]
    assert row.values is None
    assert [(e.address, e.message) for e in row.errors] == [
        ("G2", "В ячейке ошибка Excel #Н/Д: впишите само значение или очистите ячейку")
    ]


def hide(workbook: Workbook) -> None:
    sheet = workbook.active
    sheet.row_dimensions[3].hidden = True
    sheet.column_dimensions["G"].hidden = True


def test_hidden_rows_and_columns_are_read_and_said() -> None:
    other = PERSON | {"Фамилия": "Скрытова", "СНИЛС": "087-654-303 00"}
    found = read(PERSON, other, change=hide)
    assert [row.facts["last_name"] for row in found.rows] == ["Примерова", "Скрытова"]
    assert found.notices[:2] == (
        "Скрытые строки (фильтром или вручную) тоже прочитаны: 3. Если они лишние, удалите их из файла и загрузите его снова.",
        "Скрытые столбцы тоже прочитаны: G.",
    )


def test_a_long_text_is_counted_before_it_is_cut() -> None:
    row = read(PERSON | {"Должность": "я" * 32_008}).rows[0]
    assert [e.message for e in row.errors] == ["Не больше 300 знаков, а здесь 32008"]


def test_skipped_rows_are_said_in_words() -> None:
    assert skipped_rows([71]) == ["Строка 71 пропущена: в ней нет работника."]
    assert skipped_rows([2, 71]) == ["Строки 2, 71 пропущены: в них нет работников (всего таких строк 2)."]
    assert skipped_rows([]) == []


# --- words for nothing, and for several things -----------------------------------------------------------------------


@pytest.mark.parametrize("word", ["нет", "-", "—", "не имеет", "Отсутствует"])
def test_what_says_nothing_is_an_empty_cell(word: str) -> None:
    nothing = {"Отчество": word, "Номер телефона": word, "E-mail": word, "Педагогический стаж": word, "Предмет": word}
    row = read(PERSON | nothing).rows[0]
    assert (row.errors, row.warnings) == ((), ())
    assert row.values is not None
    assert (row.values.patronymic, row.values.phone, row.values.email, row.values.teaching_years) == (None,) * 4


def test_a_dash_is_no_surname() -> None:
    row = read(PERSON | {"Фамилия": "-"}).rows[0]
    assert [e.message for e in row.errors] == ["Ячейка не заполнена"]


@pytest.mark.parametrize(
    ("written", "years"),
    [("12 лет 5 мес.", 12), ("12 лет, 5 месяцев и 3 дня", 12), ("5 мес.", 0), ("12,5", 12), (12.5, 12), ("1 год", 1)],
)
def test_full_years_of_a_service(written: object, years: int) -> None:
    row = read(PERSON | {"Педагогический стаж": written}).rows[0]
    assert (row.errors, row.facts["teaching_years"]) == ((), years)


@pytest.mark.parametrize("written", ["12 5", "много", "12.03.1980", "5 мес. 12 лет"])
def test_what_is_no_service(written: str) -> None:
    assert read(PERSON | {"Педагогический стаж": written}).rows[0].values is None


@pytest.mark.parametrize(
    ("written", "series", "number"),
    [
        ("ВСА 0012345", "ВСА", "0012345"), ("ВСА, 0012345", "ВСА", "0012345"), ("106324 0012345", "106324", "0012345"),
        ("ЭВ № 123456", "ЭВ", "123456"), ("серия ВСГ номер 1234567", "ВСГ", "1234567"), ("0012345", None, "0012345"),
    ],
)  # fmt: skip
def test_series_and_number_of_one_column_are_parted(written: str, series: str | None, number: str) -> None:
    row = read(PERSON | {"Образование": "Высшее", "Серия, номер": written}).rows[0]
    assert row.values is not None
    assert (row.values.diploma_series, row.values.diploma_number) == (series, number)


def test_every_wrong_cell_of_a_training_is_told_at_once() -> None:
    told = {
        "СНИЛС": "112-233-445 96", "ФИО": "Примерова Мария Ивановна", "Программа": "Урок", "Вид обучения": "ПК",
        "Где обучался": "Институт", "Часы": 8, "Дата начала": "01.02.2020", "Дата окончания": "18.10.2019",
        "Номер документа": "63-1",
    }  # fmt: skip
    row = parse_training_list(read_workbook(book(told)), today=TODAY).rows[0]
    assert [error.title for error in row.errors] == ["СНИЛС", "Часы", "Дата начала"]


def test_the_books_of_these_tests_are_what_they_say() -> None:
    assert load_workbook(io.BytesIO(book(PERSON, change=of_1904))).epoch == CALENDAR_MAC_1904
