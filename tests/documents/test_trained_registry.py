from __future__ import annotations

import dataclasses
import datetime as dt
import zipfile
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from app.documents.registries.registry import COLUMNS, RegistryHeader, TrainedRow, trained_registry

HEADER = RegistryHeader(
    organization='ООО "Рога & <копыта>"',
    starts_on=dt.date(2026, 2, 1),
    ends_on=dt.date(2026, 3, 31),
    head_title="Ректор",
    head_name="А.\u00a0Б.\u00a0Соколов",
    formed_on=dt.date(2026, 4, 2),
)
ROW = TrainedRow(
    full_name="Мамедов Гасан Али оглы",
    snils="001-002-003 45",
    birth_date=dt.date(1980, 2, 29),
    territory="Северо-Западное управление",
    organization="ГБОУ СОШ с. Верхние Сосны",
    position="Учитель",
    subject="Математика",
    voucher_number="00123",
    voucher_block="Инвариантный",
    program="Формирующее оценивание",
    hours=72,
    starts_on=dt.date(2026, 2, 2),
    ends_on=dt.date(2026, 2, 14),
    group="М-1",
    assessment="Зачёт",
    result="Зачтено",
    blank="63 № 0012345",
    number="0001/2026",
    issued_on=dt.date(2026, 2, 16),
    basis="Приказ № 15-од",
)


def registry(path: Path, rows: list[TrainedRow]) -> Worksheet:
    trained_registry(path, rows, header=HEADER)
    sheet = load_workbook(path).active
    assert isinstance(sheet, Worksheet)
    return sheet


def texts(sheet: Worksheet) -> list[Any]:
    return [cell.value for row in sheet.iter_rows() for cell in row if cell.value is not None]


def test_the_registry_holds_every_column_of_a_row(tmp_path: Path) -> None:
    sheet = registry(tmp_path / "r.xlsx", [ROW])
    assert [cell.value for cell in sheet[5]] == [column.sheet.title for column in COLUMNS]
    assert [cell.value for cell in sheet[6]] == [
        1, "Мамедов Гасан Али оглы", "001-002-003 45", dt.datetime(1980, 2, 29), "Северо-Западное управление",
        "ГБОУ СОШ с. Верхние Сосны", "Учитель", "Математика", "00123", "Инвариантный", "Формирующее оценивание", 72,
        "02.02.2026 – 14.02.2026", "М-1", "Зачёт", "Зачтено", "63 № 0012345", "0001/2026",
        dt.datetime(2026, 2, 16), "Приказ № 15-од",
    ]  # fmt: skip
    assert sheet["D6"].is_date and sheet["D6"].number_format == "dd.mm.yyyy"


def test_heading_totals_and_signature_are_there(tmp_path: Path) -> None:
    other = dataclasses.replace(ROW, full_name="Иванова Анна", snils="111-111-111 45", hours=16)
    found = texts(registry(tmp_path / "r.xlsx", [ROW, dataclasses.replace(ROW, number="0002/2026"), other]))
    assert found[:3] == [
        "Реестр обученных",
        'ООО "Рога & <копыта>"',
        "период: с\u00a01\u00a0февраля по\u00a031\u00a0марта\u00a02026\u00a0г.",
    ]
    totals = "Обучено: 2\u00a0человека; записей в реестре: 3; всего 160\u00a0человеко-часов."
    assert found[-5:] == [totals, "Ректор", "А.\u00a0Б.\u00a0Соколов", "М.П.", "2\u00a0апреля\u00a02026\u00a0г."]


def test_people_without_a_number_are_told_apart_by_name_and_birth(tmp_path: Path) -> None:
    nameless = dataclasses.replace(ROW, snils="")
    rows = [nameless, nameless, dataclasses.replace(nameless, birth_date=dt.date(1990, 1, 1))]
    assert any(str(text).startswith("Обучено: 2\u00a0человека") for text in texts(registry(tmp_path / "r.xlsx", rows)))


def test_the_page_is_ready_to_print(tmp_path: Path) -> None:
    sheet = registry(tmp_path / "r.xlsx", [ROW])
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 8)
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.sheet_properties.pageSetUpPr is not None and sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.print_title_rows == "$5:$5"
    assert sheet.oddFooter.center.text == "Страница &P из &N"
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("C6", "A5:T6")


def test_a_row_is_as_high_as_its_longest_text(tmp_path: Path) -> None:
    long = dataclasses.replace(ROW, program="Проектирование образовательных маршрутов обучающихся " * 4)
    sheet = registry(tmp_path / "r.xlsx", [ROW, long])
    usual, high = (sheet.row_dimensions[row].height for row in (6, 7))
    assert usual and high and high > 3 * usual


def test_nothing_becomes_a_formula(tmp_path: Path) -> None:
    hostile = dataclasses.replace(ROW, full_name="=1+2", program='=HYPERLINK("http://x")', basis="@SUM(A1)", group="-5")
    path = tmp_path / "r.xlsx"
    sheet = registry(path, [hostile])
    assert [sheet[f"{column}6"].data_type for column in "BKTN"] == ["s"] * 4
    assert sheet["B6"].value == "=1+2"
    with zipfile.ZipFile(path) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


def test_an_empty_registry_is_still_a_paper(tmp_path: Path) -> None:
    found = texts(registry(tmp_path / "r.xlsx", []))
    assert "Обучено: 0\u00a0человек; записей в реестре: 0; всего 0\u00a0человеко-часов." in found


def test_unknown_facts_leave_empty_cells(tmp_path: Path) -> None:
    sheet = registry(tmp_path / "r.xlsx", [dataclasses.replace(ROW, birth_date=None, issued_on=None, subject="")])
    assert [sheet[f"{column}6"].value for column in "DHS"] == [None] * 3
