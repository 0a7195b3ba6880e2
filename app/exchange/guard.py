"""Pre-flight of an uploaded workbook: what it is, how big it is when inflated, whether anything in it attacks the reader.

Only the standard library is used, because the checks run in two processes: `check_container` (the directory of the
archive, microseconds) in the web process, `check_contents` (every XML part, streamed) in the reading child process.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn
from xml.parsers import expat

from app.exchange.book_parts import BOOK, TYPES, usual_name

MAX_UPLOAD_BYTES = 10 * 2**20
MAX_INFLATED_BYTES = 64 * 2**20  # 20,000 staff rows are about 20 MB of XML
MAX_RATIO = 200  # real sheets shrink 10-60 times, bombs a thousand
RATIO_MATTERS_FROM = 2**20
MAX_PARTS = 1_000
MAX_DATA_ROWS = 20_000
MAX_LAST_ROW = 50_000  # the reader allocates a dense rectangle up to the last filled cell
MAX_COLUMNS = 100
MAX_CELLS = 1_000_000
CHUNK_BYTES = 2**16

SAVE_AS_XLSX = (
    "Откройте его в Excel или LibreOffice, выберите «Сохранить как», тип «Книга Excel (.xlsx)», и загрузите новый файл."
)
COPY_TO_NEW_BOOK = (
    "Выделите таблицу вместе с заголовками, скопируйте её в новую книгу Excel, "
    "сохраните в формате .xlsx и загрузите снова."
)
DAMAGED = (
    "Файл повреждён или записан с ошибками, прочитать его нельзя. "
    "Откройте его в Excel, согласитесь на восстановление, сохраните как «Книга Excel (.xlsx)» и загрузите снова."
)

_OLE = bytes.fromhex("D0CF11E0A1B11AE1")
_HTML = re.compile(rb"(<!--.{0,500}?-->\s*)?<(!doctype html|html|head|meta|body|table|style)", re.DOTALL)
_ROW = b"</row>"
_CONTENT_PARTS = {"v", "t", "f"}  # a cell that holds none of these is only formatting


_TRUE = {"1", "true"}
_LONGEST_ERROR = 30


class FileRejected(Exception):
    """The file cannot be taken at all; the message is a Russian sentence for the user that says what to do."""


def _reject(what: str, remedy: str = SAVE_AS_XLSX) -> NoReturn:
    raise FileRejected(f"{what} {remedy}")


def check_file(source: bytes | Path) -> list[SheetFacts]:
    """All checks at once; returns the facts of every worksheet part. Raises `FileRejected`."""
    data = source if isinstance(source, bytes) else read_limited(source)
    check_container(data)
    return check_contents(data)


def read_limited(path: Path) -> bytes:
    """Read at most one byte more than allowed, so that a huge file is refused without being loaded."""
    with path.open("rb") as file:
        return file.read(MAX_UPLOAD_BYTES + 1)


# --- the container -------------------------------------------------------------------------------------------------


def check_container(data: bytes) -> None:
    """Check kind, size, password, macros and inflated size by the archive's directory. Raises `FileRejected`."""
    if len(data) > MAX_UPLOAD_BYTES:
        _reject(
            f"Файл больше {MAX_UPLOAD_BYTES // 2**20} МБ.",
            "Уберите рисунки и лишние листы или разделите список на части.",
        )
    if not data.startswith(b"PK"):
        _reject_foreign(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            _check_parts(parts)
            _check_kind({usual_name(part.filename) for part in parts}, _declared_types(archive, parts))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError, EOFError, zlib.error) as error:
        raise FileRejected(DAMAGED) from error


def _declared_types(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> bytes:
    """What the archive says of the kinds of its parts; empty when it says nothing."""
    found = next((part for part in parts if usual_name(part.filename) == TYPES), None)
    if found is None:
        return b""
    with archive.open(found) as stream:
        return stream.read(CHUNK_BYTES)


def _reject_foreign(data: bytes) -> NoReturn:
    """Name the kind of a file that is no archive."""
    if not data:
        _reject("Файл пуст.", "Проверьте, что выбран нужный файл, и загрузите его снова.")
    if data.startswith(_OLE):
        _reject_ole(data)
    for kind, looks_like in _FOREIGN:
        if looks_like(data):
            _reject(f"Это не книга Excel в формате XLSX, а {kind}.", _REMEDIES.get(kind, SAVE_AS_XLSX))
    _reject("Это не книга Excel в формате XLSX: содержимое файла не распознано.")


def _reject_ole(data: bytes) -> NoReturn:
    """Old Office container: an encrypted XLSX, an old Excel or an old Word file."""
    if _utf16("EncryptedPackage") in data or _utf16("EncryptionInfo") in data:
        _reject(
            "Файл защищён паролем.",
            "Откройте его в Excel, выберите «Файл» → «Сведения» → «Защита книги» → "
            "«Зашифровать с использованием пароля», сотрите пароль, сохраните и загрузите снова.",
        )
    if _utf16("WordDocument") in data:
        _reject("Это не книга Excel в формате XLSX, а документ Word.", _REMEDIES["документ Word"])
    _reject("Это книга старого формата Excel 97–2003 (.xls).")


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-le")


def _head(data: bytes) -> bytes:
    return data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()


def _is_html(data: bytes) -> bool:
    return _HTML.match(_head(data)) is not None


def _is_text_table(data: bytes) -> bool:
    first = data[:4096].split(b"\n", 1)[0]
    return b"\0" not in data[:4096] and any(mark in first for mark in (b";", b",", b"\t"))


_FOREIGN: tuple[tuple[str, Callable[[bytes], bool]], ...] = (
    ("документ PDF", lambda data: data[:1024].lstrip().startswith(b"%PDF")),
    ("веб-страница (HTML)", _is_html),
    ("таблица XML 2003", lambda data: _head(data).startswith(b"<?xml") and b"spreadsheet" in _head(data)),
    ("документ XML", lambda data: _head(data).startswith(b"<?xml")),
    ("документ RTF", lambda data: data.startswith(b"{\\rtf")),
    ("изображение", lambda data: data.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*"))),
    ("архив RAR", lambda data: data.startswith(b"Rar!")),
    ("архив 7-Zip", lambda data: data.startswith(b"7z\xbc\xaf")),
    ("текстовая таблица (CSV)", _is_text_table),
)
_RETYPE = "Нужна таблица Excel: скачайте образец, заполните его и загрузите."
_UNPACK = "Распакуйте архив и загрузите книгу Excel из него."
_REMEDIES = {
    "документ PDF": _RETYPE,
    "изображение": _RETYPE,
    "документ Word": "Скопируйте таблицу из документа в новую книгу Excel, сохраните в формате .xlsx и загрузите.",
    "документ RTF": "Скопируйте таблицу из документа в новую книгу Excel, сохраните в формате .xlsx и загрузите.",
    "архив RAR": _UNPACK,
    "архив 7-Zip": _UNPACK,
}


def _check_kind(names: set[str], types: bytes) -> None:
    """An archive is not yet a workbook: tell it from other archives by what it says of its parts, not by their names."""
    if any(name.lower().endswith("vbaproject.bin") for name in names) or b"macroEnabled" in types:
        _reject("В файле есть макросы, такие файлы не принимаются.")
    if b"spreadsheetml.sheet.main" in types or (types and BOOK in names):
        return
    if "xl/workbook.bin" in names or b"sheet.binary" in types:
        _reject("Это двоичная книга Excel (.xlsb), а нужна книга в формате XLSX.")
    if "word/document.xml" in names or b"wordprocessingml.document" in types:
        _reject("Это не книга Excel в формате XLSX, а документ Word.", _REMEDIES["документ Word"])
    if "mimetype" in names and "content.xml" in names:
        _reject("Это документ OpenDocument (.ods), а нужна книга Excel в формате XLSX.")
    _reject("Это не книга Excel в формате XLSX, а архив ZIP.", _UNPACK)


def _is_bomb(part: zipfile.ZipInfo) -> bool:
    return part.file_size > RATIO_MATTERS_FROM and part.file_size > MAX_RATIO * part.compress_size


def _check_parts(parts: list[zipfile.ZipInfo]) -> None:
    """Sizes and flags of the archive's directory. A directory that lies is caught when the parts are read."""
    if any(part.flag_bits & 1 for part in parts):
        _reject("Файл зашифрован паролем архива.", "Сохраните книгу без пароля и загрузите снова.")
    if len(parts) > MAX_PARTS or len({part.filename for part in parts}) < len(parts):
        _reject("Файл устроен необычно: в нём слишком много вложенных частей или они повторяются.", COPY_TO_NEW_BOOK)
    inflated = sum(part.file_size for part in parts)
    if any(_is_bomb(part) for part in parts) or inflated > MAX_INFLATED_BYTES:
        _reject(
            f"После распаковки файл занимает {max(inflated // 2**20, 1)} МБ: обычно так бывает, "
            "когда оформлены сотни тысяч пустых строк до конца листа.",
            COPY_TO_NEW_BOOK,
        )


def estimate_rows(data: bytes) -> int:
    """About how many rows the worksheets hold, without parsing them; for a container that passed its check."""
    rows = 0
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for part in archive.infolist():
            if "worksheets/" in usual_name(part.filename) and part.filename.endswith(".xml"):
                with archive.open(part) as stream:
                    rows += sum(chunk.count(_ROW) for chunk in iter(lambda: stream.read(CHUNK_BYTES), b""))
    return rows


# --- the contents --------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class SheetFacts:
    """What the streaming scan of one worksheet part found; rows and columns are counted from 1.

    `formulas` holds (row, column), `errors` (row, column) → «#N/A»: the reader gives such cells out as empty ones.
    """

    part: str
    filled_rows: int = 0
    formulas: set[tuple[int, int]] = field(default_factory=set)
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)


def check_contents(data: bytes) -> list[SheetFacts]:
    """Stream every XML part: no DTD, well-formed, few rows and columns. Raises `FileRejected`."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return list(_scan_parts(archive))
    except (zipfile.BadZipFile, expat.ExpatError, EOFError, ValueError, NotImplementedError, OSError) as error:
        raise FileRejected(DAMAGED) from error


def _scan_parts(archive: zipfile.ZipFile) -> Iterator[SheetFacts]:
    for part in archive.infolist():
        if not part.filename.lower().endswith((".xml", ".rels")):
            continue
        scan = _PartScan(part.filename)
        with archive.open(part) as stream:
            while chunk := stream.read(CHUNK_BYTES):
                scan.feed(chunk)
        scan.finish()
        if scan.is_worksheet:
            yield scan.facts


class _PartScan:
    """Feeds one XML part through expat; looks into cells only when the root element is a worksheet."""

    def __init__(self, part: str) -> None:
        self.facts = SheetFacts(part)
        self.is_worksheet = False
        self._cells = 0
        self._row = 0
        self._column = 0
        self._counted_row = 0
        self._local: dict[str, str] = {}
        self._parser = expat.ParserCreate()
        self._parser.StartDoctypeDeclHandler = self._on_doctype
        self._parser.StartElementHandler = self._on_root

    def feed(self, chunk: bytes) -> None:
        self._parser.Parse(chunk, False)

    def finish(self) -> None:
        self._parser.Parse(b"", True)

    def _on_doctype(self, *_: object) -> None:
        _reject("В файле есть объявление DTD: такие файлы портал не принимает.", COPY_TO_NEW_BOOK)

    def _on_root(self, name: str, _attributes: dict[str, str]) -> None:
        self.is_worksheet = name.rpartition(":")[2] == "worksheet"
        self._parser.StartElementHandler = self._on_sheet_element if self.is_worksheet else None

    def _on_sheet_element(self, name: str, attributes: dict[str, str]) -> None:
        local = self._local.get(name) or self._local.setdefault(name, name.rpartition(":")[2])
        if local == "c":
            self._on_cell(attributes.get("r"))
            # only the text of an error is read here: its cell comes out of the reader as empty
            self._parser.CharacterDataHandler = self._on_error_text if attributes.get("t") == "e" else None
        elif local == "row":
            self._row = int(attributes["r"]) if "r" in attributes else self._row + 1
            self._column = 0
            if attributes.get("hidden") in _TRUE:
                self.facts.hidden_rows.add(self._row)
        elif local == "col" and attributes.get("hidden") in _TRUE:
            last = min(int(attributes["max"]), MAX_COLUMNS)
            self.facts.hidden_columns.update(range(int(attributes["min"]), last + 1))
        elif local == "extLst":
            self._column = 0  # extensions reuse the names of cell parts, for example <xm:f> of a drop-down list
        elif local in _CONTENT_PARTS and self._column:
            self._on_content(local)

    def _on_cell(self, address: str | None) -> None:
        self._cells += 1
        if self._cells > MAX_CELLS:
            _reject("На листе больше миллиона оформленных ячеек.", COPY_TO_NEW_BOOK)
        if address is None:
            self._column += 1
        else:
            self._row, self._column = split_address(address)

    def _on_error_text(self, text: str) -> None:
        place = self._row, self._column
        if text.strip():
            # of a formula its own text comes first; what is said of the cell is then that it is a formula
            self.facts.errors[place] = (self.facts.errors.get(place, "") + text.strip())[:_LONGEST_ERROR]

    def _on_content(self, kind: str) -> None:
        if self._row > MAX_LAST_ROW or self._column > MAX_COLUMNS:
            _reject(
                f"Ячейка {column_letter(self._column)}{self._row} заполнена далеко за пределами списка.",
                f"Удалите её содержимое. Портал читает {MAX_COLUMNS} столбцов и {MAX_LAST_ROW} строк листа.",
            )
        if self._row != self._counted_row:
            self._counted_row = self._row
            self.facts.filled_rows += 1
            if self.facts.filled_rows > MAX_DATA_ROWS + 100:  # titles and footers are no data
                _reject(f"В списке больше {MAX_DATA_ROWS} заполненных строк.", "Разделите список на несколько файлов.")
        if kind == "f":
            self.facts.formulas.add((self._row, self._column))


def split_address(address: str) -> tuple[int, int]:
    """«C7» → (7, 3). Raises `ValueError` for anything else."""
    letters = address.rstrip("0123456789")
    if not letters.isascii() or not letters.isalpha() or len(letters) > 4:
        raise ValueError(address)
    column = 0
    for letter in letters.upper():
        column = column * 26 + ord(letter) - 64
    return int(address[len(letters) :]), column


def column_letter(column: int) -> str:
    """3 → «C», 28 → «AB»."""
    letters = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
