"""What the portal gives out, it reads back: the sample file and the annotated copy."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

from exchange_books import SAMPLE, SCHOOL, UNIT, book, real_directories
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from app.exchange.annotated import annotate
from app.exchange.columns import CellError
from app.exchange.reader import read_workbook
from app.exchange.staff.staff_columns import SAMPLE_COLUMNS
from app.exchange.staff.staff_list import parse_staff_list
from app.exchange.staff.staff_row import StaffValues, years_before
from app.exchange.staff.staff_sample import build_staff_sample
from app.identifiers import format_phone, format_snils

TODAY = date(2026, 11, 23)
DIRECTORIES = real_directories()


def opened(data: bytes) -> Workbook:
    return load_workbook(io.BytesIO(data))


# --- the sample ------------------------------------------------------------------------------------------------------


def test_sample_holds_all_columns_and_its_example_is_read_without_remarks() -> None:
    found = parse_staff_list(read_workbook(build_staff_sample()), DIRECTORIES, today=TODAY)
    (row,) = found.rows
    assert (row.errors, row.warnings, found.notices) == ((), (), ())
    titles = [cell.value for cell in opened(build_staff_sample()).worksheets[0][1]]
    assert titles == [column.title for column in SAMPLE_COLUMNS]


def test_text_that_begins_like_a_formula_stays_text() -> None:
    data = build_staff_sample([{"last_name": "=1+1", "first_name": "@SUM(A1)", "patronymic": "\x0bх"}])
    sheet = opened(data).worksheets[0]
    assert [(cell.value, cell.data_type) for cell in sheet[2][2:5]] == [("=1+1", "s"), ("@SUM(A1)", "s"), ("х", "s")]
    assert [cell.quotePrefix for cell in sheet[2][2:5]] == [True, True, False]


def _names(*names: str) -> st.SearchStrategy[str]:
    return st.sampled_from(names)


def _snils(first_nine: int) -> str:
    digits = f"{first_nine:09d}"
    return f"{digits}{sum(int(digit) * (9 - place) for place, digit in enumerate(digits)) % 101 % 100:02d}"


SNILS = st.integers(2_000_000, 999_999_999).map(_snils)
PEOPLE = st.lists(
    st.fixed_dictionaries(
        {
            "last_name": _names("Примерова", "Образцова-Петрова", "Ткач", "Щёголева"),
            "first_name": _names("Мария", "Анна-Мария", "Ольга"),
            "patronymic": st.none() | _names("Ивановна", "Али кызы"),
            "birth_date": st.dates(date(1930, 1, 1), date(2009, 12, 31)),
            "snils": SNILS,
            "organization_id": st.integers(1, 2),
            "position_id": st.integers(1, len(DIRECTORIES.positions)),
            "subject_ids": st.lists(st.integers(1, len(DIRECTORIES.subjects)), unique=True, max_size=3).map(tuple),
            "activity": st.none() | _names("Педагогическая", "- прочая"),
            "education_level_id": st.none() | st.integers(1, len(DIRECTORIES.education_levels)),
            "diploma_series": st.none() | _names("ВСА", "106324"),
            "diploma_number": st.none() | st.integers(0, 9_999_999).map("{:07d}".format),
            "teaching_years": st.none() | st.integers(0, 70),
            "position_years": st.none() | st.integers(0, 70),
            "email": st.none() | _names("user1@example.org", "o.x-y@mail.example.ru"),
            "phone": st.none() | st.integers(3_000_000_000, 9_999_999_999).map("+7{}".format),
        }
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda person: person["snils"],
)


def as_values(person: dict[str, Any]) -> StaffValues:
    since = {
        name: None if person[years] is None else years_before(TODAY, person[years])
        for name, years in (("teaching_since", "teaching_years"), ("position_since", "position_years"))
    }
    return StaffValues(**person, **since, sex="female", municipality="м.р. Красноярский")


def as_cells(person: dict[str, Any]) -> dict[str, Any]:
    """The person as a school writes it: names of the directories instead of ids."""
    names = {entry.id: entry.name for entry in DIRECTORIES.subjects}
    level = next(
        (entry.name for entry in DIRECTORIES.education_levels if entry.id == person["education_level_id"]), None
    )
    return person | {
        "municipality": "м.р. Красноярский",
        "organization": SCHOOL if person["organization_id"] == 1 else UNIT,
        "position": next(entry.name for entry in DIRECTORIES.positions if entry.id == person["position_id"]),
        "subjects": "; ".join(names[number] for number in person["subject_ids"]) or None,
        "education_level": level,
        "sex": "Ж",
        "snils": format_snils(person["snils"]),
        "phone": person["phone"] and format_phone(person["phone"]),
    }


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(PEOPLE)
def test_people_written_into_the_sample_are_read_back_the_same(people: list[dict[str, Any]]) -> None:
    data = build_staff_sample([as_cells(person) for person in people])
    found = parse_staff_list(read_workbook(data), DIRECTORIES, today=TODAY)
    assert found.errors == []
    assert [row.values for row in found.rows] == [as_values(person) for person in people]


# --- the annotated copy ----------------------------------------------------------------------------------------------


def test_annotated_copy_has_a_comment_in_every_wrong_cell_and_nowhere_else() -> None:
    data = SAMPLE.read_bytes()
    found = parse_staff_list(read_workbook(data), DIRECTORIES, today=TODAY)
    copy = annotate(data, sheet_name=found.sheet_name, errors=found.errors, warnings=found.warnings)
    sheet = opened(copy)[found.sheet_name]
    commented = {cell.coordinate: cell.comment.text for row in sheet.iter_rows() for cell in row if cell.comment}
    assert commented == {problem.address: problem.message for problem in (*found.errors, *found.warnings)}
    assert sheet["F6"].fill.fgColor.rgb != sheet["H25"].fill.fgColor.rgb


def test_annotated_copy_has_no_live_formula_and_keeps_all_values() -> None:
    data = SAMPLE.read_bytes()
    before, after = opened(data).worksheets[0], opened(annotate(data, sheet_name="Список", errors=[])).worksheets[0]
    assert after["C7"].data_type == "s"
    assert [[cell.value for cell in row] for row in after.iter_rows()] == [
        [cell.value for cell in row] for row in before.iter_rows()
    ]


def test_annotated_copy_is_refused_again_at_the_same_formula_cells() -> None:
    data = annotate(SAMPLE.read_bytes(), sheet_name="Список", errors=[])
    again = parse_staff_list(read_workbook(data), DIRECTORIES, today=TODAY)
    assert [error.address for error in again.errors] == ["F6", "C7", "R29", "H30", "C37", "H37", "F51"]


def test_several_problems_of_a_cell_share_a_comment_and_one_without_a_column_names_it() -> None:
    errors = [CellError(2, "B", "Имя", "", "первое"), CellError(2, "B", "Имя", "", "второе")]
    nowhere = [CellError(2, "", "СНИЛС", "", "нет столбца")]
    sheet = opened(annotate(book([["a", "b"], ["c", "d"]]), sheet_name="Лист1", errors=errors, warnings=nowhere))[
        "Лист1"
    ]
    assert sheet["B2"].comment.text == "первое\nвторое"
    assert sheet["A2"].comment.text == "СНИЛС: нет столбца"


def test_problem_in_a_merged_cell_is_shown_at_its_first_cell() -> None:
    workbook = opened(book([["a"], ["b"], ["c"]]))
    workbook.worksheets[0].merge_cells("A1:A3")
    target = io.BytesIO()
    workbook.save(target)
    errors = [CellError(3, "A", "Место работы", "", "не найдена")]
    sheet = opened(annotate(target.getvalue(), sheet_name="Лист1", errors=errors))["Лист1"]
    assert sheet["A1"].comment.text == "не найдена"


def test_sample_offers_choices_and_is_read_without_a_word_about_them() -> None:
    names = {"position": [entry.name for entry in real_directories().positions], "organization": []}
    data = build_staff_sample(choices=names)
    book = load_workbook(io.BytesIO(data))
    offered = [v for v in book.worksheets[0].data_validations.dataValidation if "Справочники" in v.formula1]
    assert [v.formula1 for v in offered] == [f"'Справочники'!$A$1:$A${len(names['position'])}"]
    assert str(offered[0].sqref).startswith("I2:I")
    assert not offered[0].showErrorMessage
    found = parse_staff_list(read_workbook(data), real_directories(), today=date(2026, 11, 23))
    assert (len(found.rows), found.errors, found.notices) == (1, [], ())
