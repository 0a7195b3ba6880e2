"""What is refused before reading, and that the sentence says what to do."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest
from exchange_books import SAMPLE, book, text_cell, with_part, with_sheet

from app import limited
from app.exchange import guard
from app.exchange.guard import FileRejected, check_file, column_letter, split_address
from app.exchange.reader import read_workbook

OLE = bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 504


def refusal(data: bytes) -> str:
    """The sentence of the refusal; the guard and the reader refuse alike."""
    with pytest.raises(FileRejected) as by_guard:
        check_file(data)
    with pytest.raises(FileRejected) as by_reader:
        read_workbook(data)
    assert str(by_guard.value) == str(by_reader.value)
    return str(by_guard.value)


def archive(**parts: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as new:
        for name, content in parts.items():
            new.writestr(name, content)
    return target.getvalue()


@pytest.mark.parametrize(
    ("data", "what", "remedy"),
    [
        (b"", "Файл пуст", "загрузите его снова"),
        (OLE + "Workbook".encode("utf-16-le"), "Excel 97–2003 (.xls)", "Сохранить как"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "защищён паролем", "сотрите пароль"),
        (OLE + "WordDocument".encode("utf-16-le"), "документ Word", "Скопируйте таблицу"),
        (b"%PDF-1.7\n", "документ PDF", "скачайте образец"),
        (b"\xef\xbb\xbf<html><table><tr><td>1</td></tr></table></html>", "веб-страница (HTML)", "Сохранить как"),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas:office:spreadsheet">', "XML 2003", "Откройте"),
        ("Фамилия;Имя\nПримерова;Мария".encode("cp1251"), "текстовая таблица (CSV)", "Сохранить как"),
        (b"\x89PNG\r\n\x1a\n", "изображение", "скачайте образец"),
        (b"Rar!\x1a\x07", "архив RAR", "Распакуйте"),
        (b"\x01\x02\x03", "не распознано", "Сохранить как"),
        (b"PK\x03\x04 broken", "повреждён", "восстановление"),
        (archive(**{"word/document.xml": "<a/>"}), "документ Word", "Скопируйте таблицу"),
        (archive(**{"mimetype": "x", "content.xml": "<a/>"}), "OpenDocument (.ods)", "Сохранить как"),
        (archive(**{"xl/workbook.bin": ""}), ".xlsb", "Сохранить как"),
        (archive(**{"staff.txt": "x"}), "архив ZIP", "Распакуйте"),
    ],
)  # fmt: skip
def test_foreign_file_is_named_and_the_way_out_told(data: bytes, what: str, remedy: str) -> None:
    sentence = refusal(data)
    assert what in sentence
    assert remedy in sentence


def test_sample_passes_and_its_formulas_are_seen() -> None:
    (facts,) = check_file(SAMPLE)
    assert facts.formulas == {(7, 3), (37, 3)}
    assert facts.filled_rows == 68


def test_macros_are_refused() -> None:
    assert "макросы" in refusal(with_part(book([["a"]]), "xl/vbaProject.bin", b"x"))


def test_encrypted_member_is_refused() -> None:
    data = bytearray(book([["a"]]))
    place = data.index(b"PK\x01\x02")
    flags = struct.unpack_from("<H", data, place + 8)[0]
    struct.pack_into("<H", data, place + 8, flags | 1)
    assert "зашифрован" in refusal(bytes(data))


def test_upload_of_more_than_ten_megabytes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "big.xlsx"
    path.write_bytes(b"PK" + b"\0" * guard.MAX_UPLOAD_BYTES)
    with pytest.raises(FileRejected, match="больше 10 МБ"):
        check_file(path)


def test_zip_bomb_is_refused_by_the_directory_of_the_archive() -> None:
    bomb = with_part(book([["a"]]), "xl/media/image1.bin", b"\0" * (20 * 2**20))
    assert "После распаковки" in refusal(bomb)


def test_bomb_that_lies_about_its_size_is_refused() -> None:
    data = bytearray(with_sheet(text_cell("A1", "я" * 3_000_000)))
    for mark, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        place = data.rindex(mark)
        struct.pack_into("<I", data, place + offset, 1_000)
    assert "повреждён" in refusal(bytes(data))


def test_repeated_parts_are_refused() -> None:
    target = io.BytesIO(book([["a"]]))
    with zipfile.ZipFile(target, "a") as again, pytest.warns(UserWarning, match="Duplicate"):
        again.writestr("xl/workbook.xml", "<workbook/>")
    assert "повторяются" in refusal(target.getvalue())


@pytest.mark.parametrize(
    "prolog",
    ['<!DOCTYPE w [<!ENTITY a "aaa">]>', "<!-- " + "x" * 9000 + ' --><!DOCTYPE w SYSTEM "file:///etc/passwd">'],
)
def test_dtd_is_refused_wherever_it_stands(prolog: str) -> None:
    assert "DTD" in refusal(with_sheet(text_cell("A1"), prolog=prolog))


def test_dtd_in_another_part_is_refused() -> None:
    assert "DTD" in refusal(with_part(book([["a"]]), "docProps/app.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'))


def test_cell_in_the_last_corner_is_refused_by_address() -> None:
    assert "XFD1048576" in refusal(with_sheet(text_cell("A1") + text_cell("XFD1048576")))


def test_far_column_is_refused() -> None:
    assert "Ячейка CW1" in refusal(with_sheet(text_cell("CW1")))


def test_far_but_empty_cells_are_survived() -> None:
    data = with_sheet(f'<row r="1">{text_cell("A1")}</row><row r="1048576"><c r="XFD1048576" s="0"/></row>')
    assert [row.number for row in read_workbook(data)[0].rows] == [1]


def test_lying_dimension_of_ten_million_rows_is_survived() -> None:
    data = with_sheet(text_cell("B2"), before='<dimension ref="A1:XFD10000000"/>')
    (sheet,) = read_workbook(data)
    assert [(row.number, row.values) for row in sheet.rows] == [(2, (None, "x"))]


def test_ten_million_empty_rows_are_refused_at_once() -> None:
    assert "пустых строк" in refusal(with_sheet("<row/>" * 10_000_000))


def test_hundred_thousand_empty_rows_are_survived() -> None:
    empty = "".join(f'<row r="{number}"><c r="A{number}" s="0"/></row>' for number in range(2, 100_000))
    (sheet,) = read_workbook(with_sheet(f'<row r="1">{text_cell("A1")}</row>{empty}'))
    assert len(sheet.rows) == 1


def test_more_than_twenty_thousand_filled_rows_are_refused() -> None:
    rows = "".join(f'<row r="{number}"><c r="A{number}"><v>1</v></c></row>' for number in range(1, 20_200))
    assert "больше 20000 заполненных строк" in refusal(with_sheet(rows))


def test_reader_that_aborts_without_the_guard_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the guard's limits lifted in the child, the Rust reader really aborts; this process lives on."""
    lifted = "import child; from app.exchange import guard; guard.MAX_LAST_ROW = guard.MAX_COLUMNS = 10**9;"
    monkeypatch.setattr(limited, "_BOOT", limited._BOOT.replace("import child;", lifted))
    with pytest.raises(FileRejected, match="слишком много памяти") as refused:
        read_workbook(with_sheet(text_cell("A1") + text_cell("XFD1048576")))
    cause = refused.value.__cause__
    assert isinstance(cause, limited.ChildDied)
    assert cause.code is not None and cause.code < 0


def test_formula_of_a_drop_down_list_is_no_formula_of_a_cell() -> None:
    after = (
        '<extLst><ext uri="x"><v:list xmlns:v="urn:v" xmlns:xm="urn:m"><xm:f>Проверки!$A$1:$A$2</xm:f></v:list>'
        "</ext></extLst>"
    )
    (facts,) = check_file(with_sheet(text_cell("A1"), after=after))
    assert facts.formulas == set()


@pytest.mark.parametrize(
    ("address", "place"), [("A1", (1, 1)), ("Z9", (9, 26)), ("AA10", (10, 27)), ("XFD1048576", (1048576, 16384))]
)
def test_addresses_go_both_ways(address: str, place: tuple[int, int]) -> None:
    assert split_address(address) == place
    assert f"{column_letter(place[1])}{place[0]}" == address


@pytest.mark.parametrize("address", ["", "7", "A", "Ж7", "A-1", "ABCDE1"])
def test_wrong_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=f"^{address}$|invalid literal"):
        split_address(address)
