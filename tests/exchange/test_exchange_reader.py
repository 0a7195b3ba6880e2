"""The child process gives the cells of a sheet with their addresses, and nothing of the sheet is silently changed."""

from __future__ import annotations

import io
from datetime import date, datetime, time

import pytest
from exchange_books import book, text_cell, with_sheet
from openpyxl import load_workbook

from app.exchange.reader import Cell, Sheet, read_workbook


def test_values_come_as_the_sheet_holds_them() -> None:
    row = ["текст", 12, 1.5, True, date(1980, 2, 3), datetime(1980, 2, 3, 4, 5), time(8, 30), None, "\xa0", "x"]
    (sheet,) = read_workbook(book([row]))
    assert sheet.rows[0].values == (
        "текст", 12, 1.5, True, date(1980, 2, 3), datetime(1980, 2, 3, 4, 5), "08:30:00", None, None, "x",
    )  # fmt: skip


def test_rows_keep_their_numbers() -> None:
    (sheet,) = read_workbook(book([[], [None, "b"], [], ["a"]]))
    assert [row.number for row in sheet.rows] == [2, 4]
    assert sheet.rows[0].cell(2) == Cell(2, 2, "b")
    assert sheet.rows[0].cell(2).letter == "B"
    assert sheet.rows[0].cell(0).value is None
    assert sheet.rows[0].cell(99).value is None


@pytest.mark.parametrize("saved", ["", "<v>Иванова</v>"])
def test_formula_is_marked_whether_or_not_its_result_is_saved(saved: str) -> None:
    data = with_sheet(f'<row r="3"><c r="B3" t="str"><f>HYPERLINK("x","Иванова")</f>{saved}</c></row>')
    (sheet,) = read_workbook(data)
    assert sheet.rows[0].cell(2).is_formula
    assert [cell.letter for cell in sheet.rows[0].filled()] == ["B"]


def test_formula_right_of_and_below_all_values_is_not_lost() -> None:
    (sheet,) = read_workbook(with_sheet(f'<row r="1">{text_cell("A1")}</row><row r="5"><c r="D5"><f>1+1</f></c></row>'))
    assert [(row.number, [cell.column for cell in row.filled()]) for row in sheet.rows] == [(1, [1]), (5, [4])]


def test_cells_merged_downwards_repeat_their_value_and_titles_do_not() -> None:
    merged = '<mergeCells count="2"><mergeCell ref="A1:C1"/><mergeCell ref="A2:A4"/></mergeCells>'
    cells = text_cell("A1", "заголовок") + text_cell("A2", "школа") + text_cell("B3", "b") + text_cell("B4", "c")
    (sheet,) = read_workbook(with_sheet(cells, after=merged))
    assert [row.values for row in sheet.rows] == [
        ("заголовок", None), ("школа", None), ("школа", "b"), ("школа", "c"),
    ]  # fmt: skip


def test_hidden_sheets_are_only_named() -> None:
    workbook = load_workbook(io.BytesIO(book([["a"]], [["b"]])))
    workbook.worksheets[1].sheet_state = "hidden"
    target = io.BytesIO()
    workbook.save(target)
    seen, hidden = read_workbook(target.getvalue())
    assert (seen.name, seen.is_hidden) == ("Лист1", False)
    assert hidden == Sheet("Лист2", (), is_hidden=True)


def test_long_text_is_cut_so_that_it_cannot_multiply() -> None:
    (sheet,) = read_workbook(book([["я" * 30_000]]))
    assert sheet.rows[0].values == ("я" * 1_000,)


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (7.0, "7"), (1.5, "1.5"), (date(1980, 2, 3), "03.02.1980"), (datetime(1980, 2, 3, 4), "03.02.1980")],
)
def test_cell_text_is_what_the_user_sees(value: object, text: str) -> None:
    assert Cell(1, 1, value).text == text  # type: ignore[arg-type]
