"""The child process gives the cells of a sheet with their addresses, and nothing of the sheet is silently changed."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time

import pytest
from exchange_books import book, text_cell, with_sheet
from openpyxl import load_workbook

from app.exchange import reader
from app.exchange.reader import Cell, FileRejected, Sheet, read_workbook


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


def renamed(data: bytes, names: dict[str, str]) -> bytes:
    """The same workbook with parts, and everything that leads to them, under other names."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(made, "w") as target:
        for part in source.namelist():
            content, name = source.read(part), part
            for old, new in names.items():
                content, name = content.replace(old.encode(), new.encode()), name.replace(old, new)
            target.writestr(name, content)
    return made.getvalue()


def backslashed(data: bytes) -> bytes:
    """The same workbook as programs of Windows pack it that know no other separator."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(made, "w") as target:
        for part in source.namelist():
            info = zipfile.ZipInfo("x")
            info.filename = part.replace("/", "\\")
            target.writestr(info, source.read(part))
    return made.getvalue()


@pytest.mark.parametrize(
    "change",
    [
        backslashed,
        lambda data: renamed(data, {"workbook.xml": "book7.xml", "styles.xml": "looks.xml", "sheet1.xml": "list.xml"}),
    ],
    ids=["backslashes", "other names"],
)
def test_parts_of_a_workbook_are_found_by_relations(change: Callable[[bytes], bytes]) -> None:
    data = book([["Фамилия", "Дата", "Сумма"], ["Иванова", date(1985, 3, 14), "=1+1"]])
    (sheet,) = read_workbook(change(data))
    assert [row.values[:2] for row in sheet.rows] == [("Фамилия", "Дата"), ("Иванова", date(1985, 3, 14))]
    assert sheet.rows[1].formulas == {3}


def test_a_child_that_needs_too_much_ends_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    tight = dataclasses.replace(reader.LIMITS, memory_bytes=8 << 20)
    monkeypatch.setattr(reader, "LIMITS", tight)
    with pytest.raises(FileRejected, match="слишком много памяти"):
        read_workbook(book([["x"]]))
