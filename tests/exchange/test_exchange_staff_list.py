"""The staff list: the sample with all its faults, then each rule by a small list."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from exchange_books import SAMPLE, SCHOOL, UNIT, real_directories

from app.exchange.columns import FORMULA, header_key
from app.exchange.reader import FileRejected, Row, Sheet, read_workbook
from app.exchange.staff.directories import Directories, Entry
from app.exchange.staff.staff_list import CellError, ColumnsMissing, StaffList, parse_staff_list
from app.exchange.staff.staff_row import NO_SNILS, StaffRow, StaffValues, years_before

TODAY = date(2026, 11, 23)
DIRECTORIES = real_directories()
NEEDS_SUBJECT = "Для должности «Педагог дополнительного образования» нужен предмет: без него не подобрать курсы"

TITLES = ("Место работы", "Фамилия", "Имя", "Отчество", "Дата рождения", "Пол", "СНИЛС", "Должность", "Предмет")
PERSON: dict[str, Any] = {
    "Место работы": SCHOOL, "Фамилия": "Примерова", "Имя": "Мария", "Отчество": "Ивановна",
    "Дата рождения": date(1985, 3, 14), "Пол": "Ж", "СНИЛС": "112-233-445 95",
    "Должность": "Учитель", "Предмет": "Физика",
}  # fmt: skip
OTHER = {"Фамилия": "Образцов", "Имя": "Пётр", "Отчество": "Петрович", "Пол": "М", "СНИЛС": "087-654-303 00"}


def sheet(*people: dict[str, Any], titles: tuple[str, ...] = TITLES, first_row: int = 1) -> Sheet:
    rows = [titles, *(tuple(person.get(title) for title in titles) for person in people)]
    return Sheet("Список", tuple(Row(number, row) for number, row in enumerate(rows, first_row)))


def parse(*people: dict[str, Any], titles: tuple[str, ...] = TITLES) -> StaffList:
    return parse_staff_list([sheet(*people, titles=titles)], DIRECTORIES, today=TODAY)


def only(**changes: Any) -> StaffRow:
    """The row of one person, with some cells changed by title (blanks in titles as underscores)."""
    changed = {title.replace("_", " "): value for title, value in changes.items()}
    titles = (*TITLES, *(title for title in changed if title not in TITLES))
    (row,) = parse(PERSON | changed, titles=titles).rows
    return row


def values(row: StaffRow) -> StaffValues:
    assert row.errors == ()
    assert row.values is not None
    return row.values


def position_id(name: str) -> int:
    return next(entry.id for entry in DIRECTORIES.positions if entry.name == name)


def subject_ids(*names: str) -> tuple[int, ...]:
    return tuple(next(entry.id for entry in DIRECTORIES.subjects if entry.name == name) for name in names)


def said(problems: tuple[CellError, ...]) -> list[tuple[str, str]]:
    return [(problem.title, problem.message) for problem in problems]


# --- the sample ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sample() -> StaffList:
    return parse_staff_list(read_workbook(SAMPLE), DIRECTORIES, today=TODAY)


def test_sample_has_65_people_of_whom_59_can_be_stored(sample: StaffList) -> None:
    assert (sample.sheet_name, sample.header_row) == ("Список", 3)
    assert len(sample.rows) == 65
    assert [row.number for row in sample.rows if row.values is None] == [6, 7, 29, 30, 37, 51]
    assert sample.skipped_rows == (71,)
    assert (sample.unknown_columns, sample.notices) == ((), ())


def test_sample_errors_are_exactly_these(sample: StaffList) -> None:
    assert [(error.address, error.title, error.value, error.message) for error in sample.errors] == [
        ("F6", "Дата рождения", "31.02.1980", "Даты 31.02.1980 не существует"),
        ("C7", "Фамилия", "=…", FORMULA),
        (
            "R29", "Номер телефона", "+7 (927) 123-45-67 доб. 2",
            "Добавочный номер хранить нельзя: оставьте только сам номер, например +7 (846) 123-45-67",
        ),
        ("H30", "СНИЛС", "321-343-078 22", "Контрольное число СНИЛС не сходится: проверьте цифры"),
        ("C37", "Фамилия", "=…", FORMULA),
        ("H37", "СНИЛС", "847-335-688 46", "Работник уже есть в строке 7 (Любовь Петровна): удалите лишнюю строку"),
        ("F51", "Дата рождения", "05.05.2019", "Дата рождения 05.05.2019: работнику 7 лет, проверьте год"),
    ]  # fmt: skip


def test_sample_warnings_are_exactly_these(sample: StaffList) -> None:
    assert [(warning.address, warning.message) for warning in sample.warnings] == [
        ("C24", "Латинские буквы заменены похожими русскими: «Семенова»"),
        ("H25", NO_SNILS),
        ("K25", NEEDS_SUBJECT),
        ("K30", NEEDS_SUBJECT),
        ("K36", NEEDS_SUBJECT),
        ("K62", NEEDS_SUBJECT),
        (
            "I64",
            "В должности назван предмет «Математика», а в столбце «Предмет» — «Русский язык», «Литература»: "
            "записаны все, проверьте",
        ),
    ]


def test_sample_oddities_that_are_no_faults_are_put_right(sample: StaffList) -> None:
    people = {row.number: row.values for row in sample.rows if row.values}
    assert people[13].first_name == "Ильдар"
    assert people[9].patronymic is None
    assert people[14].position_id == position_id("Заместитель директора")
    assert people[33].subject_ids == subject_ids("История", "Обществознание")
    assert people[35].snils == "17048483882"
    assert people[44].organization_id == 2
    assert people[46].sex == "female"
    assert people[59].birth_date == date(1972, 12, 23)
    assert people[4].teaching_since == date(2023, 11, 23)


# --- header ----------------------------------------------------------------------------------------------------------


def test_columns_may_stand_in_any_order_under_other_titles() -> None:
    titles = (
        "№ п/п",
        "Занимаемая должность",
        "Дата\nрожд.",
        "Снилс",
        "Ф.И.О.",
        "Электронная почта",
        "Организация:",
        "Тел.",
    )
    person = dict(zip(titles, (1, "учитель физики", "14.03.1985", 11223344595.0, "Примерова Мария Ивановна",
                               "M.P@Example.ORG", SCHOOL, 89270000000.0), strict=True))  # fmt: skip
    found = parse(person, titles=titles)
    row = values(found.rows[0])
    assert (row.last_name, row.first_name, row.patronymic) == ("Примерова", "Мария", "Ивановна")
    assert (row.snils, row.birth_date, row.sex) == ("11223344595", date(1985, 3, 14), "female")
    assert (row.email, row.phone) == ("m.p@example.org", "+79270000000")
    assert (row.position_id, row.subject_ids) == (position_id("Учитель"), subject_ids("Физика"))
    assert found.unknown_columns == ()


def test_header_with_look_alikes_notes_and_case_is_recognised() -> None:
    titles = (
        "место работы",
        "ФАМИЛИЯ *",
        "Имя",
        "Отчество (при наличии)",
        "Дата рождения (дд.мм.гггг)",
        "CНИЛC",
        "Должность",
    )
    person = dict(
        zip(titles, (SCHOOL, "Примерова", "Мария", "", "14.03.1985", "112-233-445 95", "Методист"), strict=True)
    )
    assert values(parse(person, titles=titles).rows[0]).snils == "11223344595"


def test_header_in_the_twentieth_row_is_found_and_in_the_next_not() -> None:
    assert parse_staff_list([sheet(PERSON, first_row=20)], DIRECTORIES, today=TODAY).header_row == 20
    with pytest.raises(FileRejected, match="первых 20 строках"):
        parse_staff_list([sheet(PERSON, first_row=21)], DIRECTORIES, today=TODAY)


def test_missing_required_columns_are_named_in_one_sentence() -> None:
    with pytest.raises(FileRejected, match="обязательных столбцов: «Имя», «Дата рождения», «Должность»"):
        parse(PERSON, titles=("Место работы", "Фамилия", "Отчество", "Пол"))


def test_unknown_columns_are_reported_and_do_not_stop() -> None:
    found = parse(PERSON | {"Разряд": "12"}, titles=(*TITLES, "Разряд"))
    assert found.unknown_columns == (("J", "Разряд"),)
    assert found.notices == ("Столбцы не распознаны и не загружены: J «Разряд».",)
    values(found.rows[0])


def test_second_column_of_the_same_title_is_reported() -> None:
    rows = (Row(1, (*TITLES, "Имя")), Row(2, (*(PERSON[title] for title in TITLES), "Анна")))
    found = parse_staff_list([Sheet("Л", rows)], DIRECTORIES, today=TODAY)
    assert found.unknown_columns == (("J", "Имя"),)
    assert values(found.rows[0]).first_name == "Мария"


def test_list_without_snils_column_says_so_once() -> None:
    found = parse(PERSON, titles=tuple(title for title in TITLES if title != "СНИЛС"))
    assert found.notices == ("В файле нет столбца «СНИЛС»: без СНИЛС работник не сможет получить чек.",)
    assert found.warnings == []


def test_sheet_with_the_fullest_header_is_read_and_the_others_are_named() -> None:
    other = Sheet("Совместители", sheet(PERSON, titles=TITLES[:6]).rows)
    found = parse_staff_list([other, sheet(PERSON)], DIRECTORIES, today=TODAY)
    assert found.sheet_name == "Список"
    assert "«Совместители»" in found.notices[0]


def test_header_without_people_is_refused() -> None:
    with pytest.raises(FileRejected, match="нет ни одной строки с работником"):
        parse()


# --- rows that hold nobody -------------------------------------------------------------------------------------------


def test_rows_without_a_person_are_skipped() -> None:
    numbers = {title: float(number) for number, title in enumerate(TITLES, 1)}
    repeated = {title: title for title in TITLES}
    signature = {"Место работы": "Директор", "Имя": "____________"}
    found = parse(numbers, PERSON, repeated, PERSON | OTHER, signature)
    assert [row.number for row in found.rows] == [3, 5]
    assert found.skipped_rows == (2, 4, 6)


def test_row_with_a_forgotten_surname_is_an_error_and_not_skipped() -> None:
    row = only(Фамилия=None)
    assert said(row.errors) == [("Фамилия", "Ячейка не заполнена")]
    assert row.label == "Мария Ивановна"


# --- cells -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "value", "message"),
    [
        ("Фамилия", "Ivanova", "латинские буквы"),
        ("Фамилия", '=HYPERLINK("x","Иванова")', "формула"),
        ("Имя", "М.", "полностью"),
        ("Имя", None, "Ячейка не заполнена"),
        ("Дата рождения", "вчера", "дд.мм.гггг"),
        ("Дата рождения", True, "дд.мм.гггг"),
        ("Дата рождения", None, "Ячейка не заполнена"),
        ("Дата рождения", date(2010, 11, 24), "работнику 15 лет, проверьте год"),
        ("Дата рождения", date(1925, 11, 23), "работнику 101 год, проверьте год"),
        ("Дата рождения", date(2026, 11, 24), "ещё не наступила"),
        ("Пол", "да", "«М» или «Ж»"),
        ("СНИЛС", "112-233-445 96", "не сходится"),
        ("Место работы", "ГБОУ СОШ с. Верхняя Сосна", "в виду: «ГБОУ средняя школа села Верхние Сосны»"),
        ("Место работы", "Ларёк", "не найдена в справочнике. Впишите"),
        ("Должность", "Учытель", "Возможно, вы имели в виду: «Учитель»"),
        ("Должность", "учитель волшебства", "«учитель волшебства» не найдена"),
        ("Предмет", "Физика; Матиматика", "«Матиматика» не найден в справочнике. Возможно,"),
        ("Образование", "Заборостроительное", "не найден"),
        ("Педагогический стаж", "5 и 5", "целым числом"),
        ("Педагогический стаж", 71.0, "от 0 до 70"),
        ("Педагогический стаж", -1.0, "целым числом"),
        ("Телефон", "12345", "10 цифр"),
        ("Электронная почта", "не знаю", "нелатинские"),
        ("Номер диплома", "1" * 31, "Не больше 30 знаков"),
    ],
)  # fmt: skip
def test_wrong_cell_is_one_error_at_its_place(title: str, value: object, message: str) -> None:
    row = only(**{title: value})
    assert row.values is None
    (error,) = row.errors
    assert message in error.message
    assert error.row == 2
    assert error.column == "ABCDEFGHIJ"[(*TITLES, title).index(title)]


@pytest.mark.parametrize("born", [date(2010, 11, 23), date(1925, 11, 24)])
def test_age_of_16_and_of_100_is_taken(born: date) -> None:
    assert values(only(Дата_рождения=born)).birth_date == born


def test_serial_number_of_a_day_is_a_date() -> None:
    assert values(only(Дата_рождения=31208.0)).birth_date == date(1985, 6, 10)


@pytest.mark.parametrize("written", ["-", "—", "нет", "Отсутствует", None])
def test_absent_patronymic_is_empty(written: str | None) -> None:
    assert values(only(Отчество=written)).patronymic is None


@pytest.mark.parametrize(
    ("written", "sex"), [("ж", "female"), ("Жен.", "female"), ("женский", "female"), (None, "female")]
)
def test_sex_is_read_or_guessed(written: str | None, sex: str) -> None:
    row = only(Пол=written)
    assert values(row).sex == sex
    assert row.warnings == ()


def test_sex_against_the_patronymic_is_a_warning_and_the_cell_decides() -> None:
    row = only(Пол="М")
    assert values(row).sex == "male"
    assert said(row.warnings) == [("Пол", "Пол не подходит к имени (женское): проверьте, что указано верно")]


def test_sex_that_cannot_be_guessed_is_asked_for() -> None:
    row = only(Фамилия="Ткач", Имя="Саша", Отчество=None, Пол=None)
    assert said(row.errors) == [("Пол", "По имени пол не определить: впишите «М» или «Ж»")]


def test_absent_snils_is_a_warning() -> None:
    row = only(СНИЛС=None)
    assert values(row).snils is None
    assert said(row.warnings) == [("СНИЛС", NO_SNILS)]


@pytest.mark.parametrize("written", [12.0, "12", "12 лет", "12 л."])
def test_years_of_service_become_a_day(written: object) -> None:
    row = values(only(Педагогический_стаж=written, Стаж_в_должности=0.0))
    assert (row.teaching_years, row.teaching_since) == (12, date(2014, 11, 23))
    assert (row.position_years, row.position_since) == (0, TODAY)


def test_service_longer_than_the_life_allows_is_a_warning() -> None:
    row = only(Стаж_в_должности=30.0)
    assert values(row).position_years == 30
    assert said(row.warnings) == [
        ("Стаж в должности", "Стаж 30 лет при возрасте 41 год: проверьте стаж и дату рождения")
    ]


def test_leap_day_years_before_is_the_last_of_february() -> None:
    assert years_before(date(2028, 2, 29), 1) == date(2027, 2, 28)
    assert years_before(date(2028, 2, 29), 4) == date(2024, 2, 29)


# --- directories -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written", [UNIT.upper(), 'СП "Детский сад "Росинка"" ГБОУ  CОШ с.Верхние Сосны', f"\xa0{UNIT} "]
)
def test_organization_is_found_in_any_spelling(written: str) -> None:
    assert values(only(Место_работы=written)).organization_id == 2


@pytest.mark.parametrize(
    ("written", "position", "subjects"),
    [
        ("УЧИТЕЛЬ", "Учитель", ()),
        ("учитель математики", "Учитель", ("Математика",)),
        ("учитель русского языка и литературы", "Учитель", ("Русский язык", "Литература")),
        ("Учитель начальных классов", "Учитель", ("Начальные классы",)),
        ("учитель истории, обществознания", "Учитель", ("История", "Обществознание")),
        ("учитель английского языка", "Учитель", ("Иностранный язык (английский)",)),
        ("учитель физической культуры", "Учитель", ("Физическая культура",)),
        ("учитель основ безопасности и защиты Родины", "Учитель", ("Основы безопасности и защиты Родины",)),
        ("учитель ИЗО", "Учитель", ("Изобразительное искусство",)),
        ("преподаватель по физике", "Преподаватель", ("Физика",)),
        ("Учитель - логопед", "Учитель-логопед", ()),
        ("Зам. директора по УВР", "Заместитель директора", ()),
        ("Заместитель руководителя (директора, заведующего, начальника)", "Заместитель руководителя", ()),
    ],
)
def test_position_is_found_with_the_subject_in_its_name(written: str, position: str, subjects: tuple[str, ...]) -> None:
    row = values(only(Должность=written, Предмет=None))
    assert (row.position_id, row.subject_ids) == (position_id(position), subject_ids(*subjects))


def test_detail_of_a_position_that_is_not_stored_is_a_warning() -> None:
    row = only(Должность="Заместитель директора по безопасности")
    assert values(row).position_id == position_id("Заместитель директора")
    assert said(row.warnings) == [
        ("Должность", "Записана должность «Заместитель директора»; уточнение «по безопасности» не сохраняется")
    ]


def test_same_subject_in_position_and_column_is_no_conflict() -> None:
    row = only(Должность="учитель физики", Предмет="Физика")
    assert values(row).subject_ids == subject_ids("Физика")
    assert row.warnings == ()


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("История; Обществознание", ("История", "Обществознание")),
        ("история,обществознание,", ("История", "Обществознание")),
        ("Иностранный язык (английский), Музыка", ("Иностранный язык (английский)", "Музыка")),
        ("Физика\nХимия; физика", ("Физика", "Химия")),
        ("Иностранный язык\n(английский)", ("Иностранный язык (английский)",)),
    ],
)
def test_list_of_subjects_is_split_outside_brackets(written: str, names: tuple[str, ...]) -> None:
    assert values(only(Предмет=written)).subject_ids == subject_ids(*names)


def test_position_without_its_subject_is_a_warning() -> None:
    row = only(Предмет=None)
    assert said(row.warnings) == [("Предмет", "Для должности «Учитель» нужен предмет: без него не подобрать курсы")]


# --- two rows for one person -----------------------------------------------------------------------------------------


def test_same_row_twice_is_an_error_that_names_the_first() -> None:
    first, second = parse(PERSON, PERSON).rows
    values(first)
    assert second.values is None
    assert said(second.errors) == [
        ("СНИЛС", "Работник уже есть в строке 2 (Примерова Мария Ивановна): удалите лишнюю строку")
    ]


def test_same_person_by_name_and_birth_date_without_snils_is_an_error() -> None:
    _, second = parse(PERSON, PERSON | {"СНИЛС": None, "Фамилия": "ПРИМЕРОВА"}).rows
    assert [error.title for error in second.errors] == ["Фамилия"]


@pytest.mark.parametrize("change", [{"Место работы": UNIT}, {"Должность": "Методист"}])
def test_other_place_or_position_is_a_second_employment(change: dict[str, str]) -> None:
    first, second = parse(PERSON, PERSON | change).rows
    assert not values(first).is_second_employment
    assert values(second).is_second_employment
    assert "второе место работы" in second.warnings[-1].message


def test_third_row_is_compared_with_both_earlier_ones() -> None:
    *_, third = parse(PERSON, PERSON | {"Должность": "Методист"}, PERSON | {"Должность": "Методист"}).rows
    assert "в строке 3" in third.errors[0].message


def test_snils_of_another_person_is_an_error() -> None:
    first, second = parse(PERSON, PERSON | OTHER | {"СНИЛС": PERSON["СНИЛС"]}).rows
    values(first)
    assert said(second.errors) == [
        ("СНИЛС", "Этот СНИЛС уже указан в строке 2 (Примерова Мария Ивановна): проверьте, чей он")
    ]


def test_namesakes_of_one_birthday_with_different_snils_are_two_people() -> None:
    first, second = parse(PERSON, PERSON | {"СНИЛС": "087-654-303 00"}).rows
    assert values(first).snils != values(second).snils
    assert second.warnings == ()


def test_wrong_row_does_not_stop_the_right_ones() -> None:
    found = parse(PERSON | {"Дата рождения": "31.02.1980"}, PERSON | OTHER)
    assert [row.values is None for row in found.rows] == [True, False]


# --- dates in every form ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        "12.03.1980", "12.3.80", "12.03.80 г.", "12/03/1980", "12-03-80", "12, 03, 1980", "12 марта 1980 г.",
        "12 МАРТА 1980", "12 мар. 1980 года", "12-мар-80", "12.03.1980 г.р.", 29292.0, 29292, "1980-03-12",
    ],
)  # fmt: skip
def test_date_is_read_in_every_form(written: object) -> None:
    assert values(only(Дата_рождения=written)).birth_date == date(1980, 3, 12)


def test_two_figures_of_a_year_mean_the_last_hundred_years() -> None:
    assert values(only(Дата_рождения="5 мая 07")).birth_date == date(2007, 5, 5)
    assert values(only(Дата_рождения="05.05.51")).birth_date == date(1951, 5, 5)


@pytest.mark.parametrize("written", ["1980", "1980 г.", "1980 г.р.", 1980, 1980.0])
def test_year_alone_is_refused_with_a_sentence(written: object) -> None:
    (error,) = only(Дата_рождения=written).errors
    assert error.message == "Указан только год (1980): нужны число, месяц и год, например 03.02.1980"


@pytest.mark.parametrize("written", ["31.02.1980", "30 фев 1980", "12 мартобря 1980", "12 ма 1980"])
def test_day_that_does_not_exist_is_an_error(written: str) -> None:
    assert only(Дата_рождения=written).values is None


# --- several sheets --------------------------------------------------------------------------------------------------


def test_lists_of_several_sheets_are_read_and_the_others_are_said_to_be_skipped() -> None:
    second = Sheet("Детский сад", sheet(PERSON | OTHER | {"СНИЛС": "1"}, first_row=4).rows)
    other = Sheet("Инструкция", (Row(1, ("Как заполнять",)),))
    found = parse_staff_list([sheet(PERSON), other, second, Sheet("Служебный", (), True)], DIRECTORIES, today=TODAY)
    assert [(row.sheet, row.number, bool(row.values)) for row in found.rows] == [
        ("Список", 2, True), ("Детский сад", 5, False),
    ]  # fmt: skip
    assert found.errors[0].sheet == "Детский сад"
    assert found.notices == (
        "Прочитаны листы «Список», «Детский сад».",
        "Лист «Инструкция» пропущен: на нём нет списка со всеми обязательными столбцами.",
        "Скрытые листы не читаются: «Служебный».",
    )


def test_person_of_another_sheet_is_named_with_the_sheet() -> None:
    second = Sheet("Лист2", sheet(PERSON).rows)
    found = parse_staff_list([sheet(PERSON), second], DIRECTORIES, today=TODAY)
    assert "Работник уже есть в строке 2 листа „Список“" in found.errors[0].message


# --- what headings mean ----------------------------------------------------------------------------------------------


def test_heading_explained_by_the_user_is_read_and_one_left_aside_is_not_reported() -> None:
    person = {("Родился" if title == "Дата рождения" else title): value for title, value in PERSON.items()}
    titles = tuple(person)
    with pytest.raises(ColumnsMissing, match="нет обязательного столбца: «Дата рождения»") as refusal:
        parse(person, titles=titles)
    (unknown,) = [heading for heading in refusal.value.headings if not heading.field]
    assert (unknown.letter, unknown.title, unknown.samples) == ("E", "Родился", ("14.03.1985",))

    said = {header_key("Родился"): "birth_date", header_key("Предмет"): "-"}
    found = parse_staff_list([sheet(person, titles=titles)], DIRECTORIES, today=TODAY, headings=said)
    assert values(found.rows[0]).birth_date == PERSON["Дата рождения"]
    assert values(found.rows[0]).subject_ids == ()
    assert found.unknown_columns == ()


# --- whose the row is ------------------------------------------------------------------------------------------------

OTHER_INN = "7707083893"


def of_region() -> Directories:
    towns = [Entry(10, "ГБОУ СОШ № 1"), Entry(11, "ГБОУ СОШ № 1"), Entry(12, "СП «Сад» ГБОУ СОШ № 1")]
    return replace(
        DIRECTORIES,
        organizations=towns,
        inns={OTHER_INN: [towns[0], towns[2]]},
        municipalities={10: "муниципальный район Красноярский", 11: "городской округ Сызрань"},
    )


def find_place(directories: Directories, **cells: Any) -> StaffRow:
    titles = (*(t for t in TITLES if t != "Место работы"), *cells)
    found = parse_staff_list([sheet(PERSON | cells, titles=titles)], directories, today=TODAY)
    return found.rows[0]


def test_inn_decides_the_organization_and_a_name_chooses_its_unit() -> None:
    assert values(find_place(of_region(), ИНН=OTHER_INN)).organization_id == 10
    both = {"ИНН": float(OTHER_INN), "Организация": "СП «Сад» ГБОУ СОШ № 1"}
    assert values(find_place(of_region(), **both)).organization_id == 12
    wrong = find_place(of_region(), ИНН=OTHER_INN, Организация="ГБОУ СОШ № 7")
    assert "под этим ИНН записаны: «ГБОУ СОШ № 1»" in wrong.errors[0].message
    unknown = find_place(of_region(), ИНН="6317000000")
    assert unknown.values is None


def test_municipality_parts_organizations_of_one_name() -> None:
    assert values(find_place(of_region(), Организация="ГБОУ СОШ № 1", Район="Сызрань")).organization_id == 11
    assert "несколько записей" in find_place(of_region(), Организация="ГБОУ СОШ № 1").errors[0].message


def test_only_school_of_the_user_need_not_be_written() -> None:
    own = replace(DIRECTORIES, organizations=DIRECTORIES.organizations[:1], is_own=True)
    assert values(find_place(own)).organization_id == 1
    foreign = find_place(own, Организация="ГБОУ СОШ № 7")
    assert "не найдена среди ваших организаций" in foreign.errors[0].message
    with pytest.raises(FileRejected, match="«Место работы»"):
        find_place(replace(DIRECTORIES, is_own=True))
