"""The uploaded blank of ФИС ФРДО: its lists, and every way in which it may be the wrong file."""

from __future__ import annotations

import io
import zipfile

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.workbook.defined_name import DefinedName

from app.documents.frdo.frdo_columns import TITLES
from app.errors import Invalid
from app.exchange.frdo_template import read_blank
from tests.documents.frdo_facts import official_blank

YES_NO = ["Да", "Нет"]


def test_lists_are_read_from_the_drop_downs() -> None:
    """By a defined name, by a literal list, and by the extension that points at another sheet."""
    found = read_blank(official_blank(), titles=TITLES)
    assert found.part == "xl/worksheets/sheet1.xml"
    assert dict(found.lists) == {
        3: YES_NO, 4: YES_NO, 5: YES_NO, 26: ["Муж", "Жен"], 29: ["Средства области", "Платное обучение"],
    }  # fmt: skip


def test_a_list_without_a_drop_down_is_found_by_its_name() -> None:
    assert read_blank(official_blank(xml=False), titles=TITLES).lists[29] == ["Средства области", "Платное обучение"]


def test_a_name_that_is_computed_gives_no_list() -> None:
    book = load_workbook(io.BytesIO(official_blank(xml=False)))
    book.defined_names["гражданство"] = DefinedName("гражданство", attr_text="OFFSET(Проверки!$A$1,0,0,2,1)")
    made = io.BytesIO()
    book.save(made)
    assert 31 not in read_blank(made.getvalue(), titles=TITLES).lists


def _refused(data: bytes) -> str:
    with pytest.raises(Invalid) as refusal:
        read_blank(data, titles=TITLES)
    assert refusal.value.fields == {"file": [refusal.value.message]}
    return refusal.value.message


def test_another_sheet_is_refused() -> None:
    assert "В файле нет листа «Шаблон»" in _refused(official_blank(sheet="Лист1"))


def test_other_columns_are_refused_with_the_first_that_differs() -> None:
    other = (*TITLES[:2], "Подтверждение потери", *TITLES[3:])
    sentence = _refused(official_blank(titles=other))
    assert "В столбце C должен быть заголовок «Подтверждение утраты», а там «Подтверждение потери»" in sentence
    assert "В столбце AN должен быть заголовок" in _refused(official_blank(titles=TITLES[:39]))
    assert "лишние заголовки" in _refused(official_blank(titles=(*TITLES, "Ещё")))


def test_a_blank_with_rows_is_refused() -> None:
    assert "уже есть строки с данными" in _refused(official_blank(rows=1))


def test_what_is_no_workbook_is_refused() -> None:
    assert "PDF" in _refused(b"%PDF-1.7 x")
    assert "Файл пуст" in _refused(b"")
    assert "архив ZIP" in _refused(_archive({"a.txt": b"x"}))
    assert "повреждён" in _refused(official_blank()[:-400])


def test_attacks_are_refused() -> None:
    blank = official_blank()
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet/>'
    assert "DTD" in _refused(_archive({**_parts(blank), "xl/worksheets/sheet1.xml": bomb}))
    assert "макросы" in _refused(_archive({**_parts(blank), "xl/vbaProject.bin": b"x"}))
    assert "После распаковки" in _refused(_archive({**_parts(blank), "xl/big.xml": b" " * (1 << 26)}))
    assert "повреждён" in _refused(_archive({**_parts(blank), "xl/workbook.xml": b"<workbook><sheets>"}))


def test_an_ordinary_workbook_is_refused() -> None:
    made = io.BytesIO()
    book = Workbook()
    book.active.title = "Шаблон"
    book.save(made)
    assert "В столбце A должен быть заголовок «Вид документа», а там пусто" in _refused(made.getvalue())


def _parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _archive(parts: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return made.getvalue()
