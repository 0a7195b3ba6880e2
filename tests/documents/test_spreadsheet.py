from __future__ import annotations

import datetime as dt
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from app.documents.sheets import spreadsheet
from app.documents.sheets.spreadsheet import SheetColumn, sheet_name, stamp, write_sheet
from app.errors import Invalid

COLUMNS = (
    SheetColumn("ФИО", width=30),
    SheetColumn("СНИЛС", width=16),
    SheetColumn("Часы", "int", 8, total=True),
    SheetColumn("Ставка", "decimal", 10, total=True),
    SheetColumn("Дата рождения", "date", 12),
    SheetColumn("Изменено", "datetime", 18),
)
MOMENT = dt.datetime(2026, 2, 3, 10, 5, 59, tzinfo=dt.UTC)
ROW = ("Иванова Мария", "001-002-003 45", 72, Decimal("0.5"), dt.date(1980, 2, 29), MOMENT)
HEADER_ROW = 9


def written(path: Path, rows: Sequence[Sequence[Any]], **more: Any) -> tuple[Worksheet, int]:
    notes = stamp(exported_by="Петрова А. Б.", exported_at=MOMENT, filters=["фамилия начинается с «Ив»"])
    count = write_sheet(path, title="Работники", columns=COLUMNS, rows=rows, notes=notes, **more)
    sheet = load_workbook(path).active
    assert isinstance(sheet, Worksheet)
    return sheet, count


def row_values(sheet: Worksheet, row: int) -> list[Any]:
    return [cell.value for cell in sheet[row]]


def test_a_list_is_stamped_and_its_values_keep_their_kinds(tmp_path: Path) -> None:
    sheet, count = written(tmp_path / "list.xlsx", [ROW, ROW])
    assert count == 2
    assert [sheet.cell(row, 1).value for row in range(1, HEADER_ROW)] == [
        "Работники",
        "Выгрузил: Петрова А. Б.",
        "Когда: 03.02.2026 14:05",
        "Отборы: фамилия начинается с «Ив»",
        "Строк: 2",
        "Итого, Часы: 144",
        "Итого, Ставка: 1",
        None,
    ]
    assert row_values(sheet, HEADER_ROW) == [column.title for column in COLUMNS]
    for row in (HEADER_ROW + 1, HEADER_ROW + 2):
        assert row_values(sheet, row) == [
            "Иванова Мария",
            "001-002-003 45",
            72,
            0.5,
            dt.datetime(1980, 2, 29),
            dt.datetime(2026, 2, 3, 14, 5, 59),
        ]
    first = sheet[HEADER_ROW + 1]
    assert [cell.data_type for cell in first] == ["s", "s", "n", "n", "d", "d"]
    assert [first[4].number_format, first[5].number_format] == ["dd.mm.yyyy", "dd.mm.yyyy hh:mm"]
    assert first[1].number_format == "@"
    assert sheet.max_row == HEADER_ROW + 2


def test_the_sheet_is_ready_to_use_and_to_print(tmp_path: Path) -> None:
    sheet, _ = written(tmp_path / "list.xlsx", [ROW])
    assert sheet.title == "Работники"
    assert sheet.freeze_panes == f"A{HEADER_ROW + 1}"
    assert sheet.auto_filter.ref == f"A{HEADER_ROW}:F{HEADER_ROW + 1}"
    assert sheet.column_dimensions["A"].width == pytest.approx(30, abs=1)
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.print_title_rows == f"${HEADER_ROW}:${HEADER_ROW}"
    assert sheet.oddFooter.center.text == "Страница &P из &N"


@pytest.mark.parametrize("start", ["=1+2", "+7 927", "-5", "@SUM(A1)", '=HYPERLINK("http://x")', "\t=1", "\r=1"])
def test_no_text_becomes_a_formula(tmp_path: Path, start: str) -> None:
    path = tmp_path / "list.xlsx"
    sheet, _ = written(path, [(start, start, start, start, start, start)])
    cells = sheet[HEADER_ROW + 1]
    assert [cell.data_type for cell in cells] == ["s"] * 6
    assert {str(cell.value).strip() for cell in cells} == {start.strip()}
    with zipfile.ZipFile(path) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
        assert not any("externalLink" in name for name in archive.namelist())


def test_the_stamp_is_no_formula_either(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    write_sheet(path, title="=1+2", columns=COLUMNS, rows=[ROW], notes=["=cmd|'/C calc'!A0"])
    sheet = load_workbook(path).active
    assert isinstance(sheet, Worksheet)
    assert [(sheet.cell(row, 1).value, sheet.cell(row, 1).data_type) for row in (1, 2)] == [
        ("=1+2", "s"),
        ("=cmd|'/C calc'!A0", "s"),
    ]


def test_an_empty_list_still_shows_its_columns(tmp_path: Path) -> None:
    sheet, count = written(tmp_path / "list.xlsx", [])
    assert count == 0
    assert sheet.cell(5, 1).value == "Строк: 0"
    assert row_values(sheet, HEADER_ROW) == [column.title for column in COLUMNS]
    assert sheet.max_row == HEADER_ROW


def test_unusual_values_are_written_rather_than_lost(tmp_path: Path) -> None:
    rows = [
        (None, "", None, None, None, None),
        ("Ива\x0bнов & <сын>", 5, "нет", float("nan"), "не указана", dt.date(2026, 1, 2)),
        (True, dt.date(2026, 1, 2), 2**60, Decimal("1.25"), dt.date(1850, 5, 6), dt.datetime(2026, 1, 2, 3, 4)),
        ("я" * 40_000, "0012", 1.5, 3, MOMENT, MOMENT),
    ]
    sheet, _ = written(tmp_path / "list.xlsx", rows)
    assert row_values(sheet, HEADER_ROW + 1) == [None] * 6
    assert row_values(sheet, HEADER_ROW + 2) == [
        "Иванов & <сын>", "5", "нет", "nan", "не указана", dt.datetime(2026, 1, 2)
    ]  # fmt: skip
    assert row_values(sheet, HEADER_ROW + 3) == [
        "да", "02.01.2026", str(2**60), 1.25, "06.05.1850", dt.datetime(2026, 1, 2, 3, 4)
    ]  # fmt: skip
    last = row_values(sheet, HEADER_ROW + 4)
    assert len(last[0]) == 32_767 and last[0].endswith("я…")
    assert last[1:5] == ["0012", 1.5, 3, dt.datetime(2026, 2, 3)]


def test_a_list_of_one_column_is_written(tmp_path: Path) -> None:
    write_sheet(tmp_path / "one.xlsx", title="Города", columns=[SheetColumn("Город")], rows=[("Самара",)])
    sheet = load_workbook(tmp_path / "one.xlsx").active
    assert isinstance(sheet, Worksheet)
    assert [cell.value for cell in sheet["A"]] == ["Города", "Строк: 1", None, "Город", "Самара"]


@pytest.mark.parametrize("columns", [[], [SheetColumn("А"), SheetColumn("А")]])
def test_columns_must_differ(tmp_path: Path, columns: list[SheetColumn]) -> None:
    with pytest.raises(ValueError, match="different titles"):
        write_sheet(tmp_path / "x.xlsx", title="x", columns=columns, rows=[])
    assert not (tmp_path / "x.xlsx").exists()


def test_a_row_of_another_length_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="zip"):
        written(tmp_path / "x.xlsx", [ROW, ROW[:-1]])
    assert not (tmp_path / "x.xlsx").exists()


def test_a_failing_source_writes_nothing(tmp_path: Path) -> None:
    def rows() -> Iterator[tuple[Any, ...]]:
        yield ROW
        raise ConnectionError

    with pytest.raises(ConnectionError):
        write_sheet(tmp_path / "x.xlsx", title="x", columns=COLUMNS, rows=rows())
    assert not (tmp_path / "x.xlsx").exists()


def test_a_list_longer_than_a_sheet_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "MAX_ROWS", 1500)
    with pytest.raises(Invalid, match="Уточните отборы"):
        written(tmp_path / "x.xlsx", [ROW] * 1501)
    assert not (tmp_path / "x.xlsx").exists()
    assert written(tmp_path / "x.xlsx", [ROW] * 1500)[1] == 1500


@pytest.mark.parametrize(
    ("title", "name"), [("Чеки: [2026]/1*?", "Чеки 2026 1"), ("", "Список"), ("я" * 40, "я" * 31), ("'а'", "а")]
)
def test_a_title_becomes_a_name_of_a_sheet(title: str, name: str) -> None:
    assert sheet_name(title) == name


MEMORY_PROGRAM = """
import resource, sys
from pathlib import Path
from app.documents.sheets.spreadsheet import SheetColumn, write_sheet
columns = [SheetColumn(f"Колонка {n}") for n in range(15)]
def rows(count):
    return ([f"Значение {row} {n}" for n in range(15)] for row in range(count))
write_sheet(Path(sys.argv[1]), title="x", columns=columns, rows=rows(10))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
write_sheet(Path(sys.argv[1]), title="x", columns=columns, rows=rows(100_000))
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="память считается в килобайтах только в Linux")
def test_a_hundred_thousand_rows_do_not_fill_the_memory(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", MEMORY_PROGRAM, str(tmp_path / "big.xlsx")]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert int(done.stdout) <= 100
