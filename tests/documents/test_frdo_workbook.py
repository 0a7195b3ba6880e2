"""The file: rows in the official blank with every other byte kept, or a plain workbook; opened again by two readers."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from app.documents.frdo import frdo_workbook
from app.documents.frdo.frdo_columns import TITLES, frdo_values
from app.documents.frdo.frdo_workbook import fill_template, write_plain
from app.errors import Invalid
from tests.documents.frdo_facts import EXTENSION, duplicate, facts, lists, official_blank

PART = "xl/worksheets/sheet1.xml"
#: texts that a workbook might take for something else
TRAPS = ["=1+1", "0007", "02.03.2026", "<b>&amp;", "и «кавычки»", "a\x0bb"]


def rows() -> list[list[str]]:
    trap = [*TRAPS, *([""] * (40 - len(TRAPS)))]
    return [frdo_values(facts(), lists()), frdo_values(duplicate(), lists()), trap]


def cells(data: bytes | Path) -> list[list[Any]]:
    source = io.BytesIO(data) if isinstance(data, bytes) else io.BytesIO(data.read_bytes())
    sheet: list[list[Any]] = CalamineWorkbook.from_filelike(source).get_sheet_by_name("Шаблон").to_python()
    return sheet


def expected() -> list[list[str]]:
    return [[value.replace("\x0b", "") for value in row] for row in rows()]


def test_the_plain_workbook_has_one_sheet_of_texts(tmp_path: Path) -> None:
    path = tmp_path / "plain.xlsx"
    written = write_plain(path, [[value.replace("\x0b", "") for value in row] for row in rows()])
    assert written == 3
    book = load_workbook(path)
    assert book.sheetnames == ["Шаблон"]
    found = [[cell.value or "" for cell in row] for row in book["Шаблон"].iter_rows()]
    assert found == [list(TITLES), *expected()]
    filled = [cell for row in book["Шаблон"].iter_rows(min_row=2) for cell in row if cell.value]
    assert {(cell.data_type, cell.number_format) for cell in filled} == {("s", "@")}


def test_an_empty_plain_workbook_has_its_titles(tmp_path: Path) -> None:
    assert write_plain(tmp_path / "plain.xlsx", []) == 0
    assert cells(tmp_path / "plain.xlsx")[0] == list(TITLES)


@pytest.mark.filterwarnings("ignore:Data Validation extension")
def test_the_official_blank_is_filled(tmp_path: Path) -> None:
    path, blank = tmp_path / "filled.xlsx", official_blank()
    assert fill_template(path, blank, PART, rows()) == 3
    assert cells(path) == [list(TITLES), *expected()]
    book = load_workbook(path)
    sheet = book["Шаблон"]
    assert (book.sheetnames, book["Проверки"].sheet_state, sheet.protection.sheet) == (
        ["Шаблон", "Проверки"],
        "hidden",
        True,
    )
    assert set(book.defined_names) == {"пол", "финансирование"}
    filled = [cell for row in sheet.iter_rows(min_row=2) for cell in row if cell.value]
    # the looks of the blank's own second row: texts, unlocked
    assert {(cell.data_type, cell.number_format, cell.protection.locked) for cell in filled} == {("s", "@", False)}


def test_nothing_else_of_the_blank_changes(tmp_path: Path) -> None:
    path, blank = tmp_path / "filled.xlsx", official_blank()
    fill_template(path, blank, PART, rows())
    with zipfile.ZipFile(io.BytesIO(blank)) as before, zipfile.ZipFile(path) as after:
        assert [i.filename for i in after.infolist()] == [i.filename for i in before.infolist()]
        for name in before.namelist():
            if name != PART:
                assert after.read(name) == before.read(name)
        sheet = after.read(PART).decode()
        kept = re.sub(r"<sheetData>.*</sheetData>|<dimension[^>]*>", "", sheet, flags=re.DOTALL)
        was = re.sub(r"<sheetData>.*</sheetData>|<dimension[^>]*>", "", before.read(PART).decode(), flags=re.DOTALL)
    # also the drop-downs that a spreadsheet library would have dropped
    assert EXTENSION in kept
    assert kept == was


def test_a_blank_with_prefixed_names_is_filled(tmp_path: Path) -> None:
    """Some programs write ``<x:row>`` in place of ``<row>``."""
    made, tags = (
        io.BytesIO(),
        "worksheet|sheetData|row|c|v|is|t|dimension|sheetPr|sheetViews|sheetView|selection|sheetFormatPr",
    )
    with zipfile.ZipFile(io.BytesIO(official_blank(xml=False))) as source, zipfile.ZipFile(made, "w") as target:
        for item in source.infolist():
            part = source.read(item)
            if item.filename == PART:
                text = re.sub(rf"(</?)({tags})(?=[ />])", r"\1x:\2", part.decode())
                text = re.sub(
                    r"<(sheetProtection|dataValidations|pageMargins).*", "</x:worksheet>", text, flags=re.DOTALL
                )
                part = (
                    text.replace("xmlns=", "xmlns:x=")
                    .replace("<outlinePr", "<x:outlinePr")
                    .replace("<pageSetUpPr", "<x:pageSetUpPr")
                    .encode()
                )
            target.writestr(item.filename, part)
    fill_template(tmp_path / "filled.xlsx", made.getvalue(), PART, rows())
    with zipfile.ZipFile(tmp_path / "filled.xlsx") as book:
        text = book.read(PART).decode()
    assert '<x:row r="4"><x:c r="A4"' in text
    assert "<row" not in text


def test_a_blank_without_titles_is_refused(tmp_path: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as target:
        target.writestr(PART, "<worksheet><sheetData/></worksheet>")
    with pytest.raises(Invalid, match="Загрузите бланк снова"):
        fill_template(tmp_path / "x.xlsx", made.getvalue(), PART, rows())


def test_more_rows_than_a_sheet_holds_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frdo_workbook, "MOST_ROWS", 2)
    for write in (lambda p: write_plain(p, rows()), lambda p: fill_template(p, official_blank(), PART, rows())):
        with pytest.raises(Invalid, match="за меньший срок"):
            write(tmp_path / "x.xlsx")
