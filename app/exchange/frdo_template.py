"""The official blank workbook of ФИС ФРДО as an organizer uploads it: whether it is the right one, which values its lists allow.

The drop-downs of the sheet «Шаблон» say which list belongs to which column; they name a range of the sheet «Проверки»,
directly or by a defined name. A list without a drop-down is found by its defined name.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lxml import etree

from app.errors import Invalid
from app.exchange import guard
from app.exchange.guard import FileRejected, column_letter, split_address
from app.russian import quoted

SHEET = "Шаблон"
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_PARSER = {"resolve_entities": False, "no_network": True, "huge_tree": False}
#: words by which a defined name tells its column where no drop-down does
_NAMES = (
    ("вид_документа", 1), ("статус", 2), ("утрата", 3), ("обмен", 4), ("унич", 5), ("область", 12), ("угс", 13), ("укрупн", 13),
    ("уровень", 15), ("пол", 26), ("фо", 28), ("форма_обучения", 28), ("финансирование", 29), ("отношения", 30), ("гражданство", 31),
)  # fmt: skip
_RANGE = re.compile(r"^=?(?:'((?:[^']|'')+)'|([^'!]+))!\$?([A-Z]{1,3})\$?(\d+)(?::\$?([A-Z]{1,3})\$?(\d+))?$")
_LITERAL = re.compile(r'^"(.*)"$')
_LONGEST_LIST = 2000
_WRONG = "Это не бланк ФИС ФРДО для дополнительного профессионального образования."
_ADVICE = "Скачайте в личном кабинете ФИС ФРДО пустой шаблон «ДПО» и загрузите его без изменений."


@dataclass(frozen=True, slots=True)
class FrdoBlank:
    """A checked blank: the archive's part with the sheet «Шаблон», and column number → allowed values."""

    part: str
    lists: Mapping[int, Sequence[str]]


@dataclass(slots=True)
class _Book:
    """What the blank's parts hold: sheet name → its part, defined name → reference, cells of the sheets read so far."""

    archive: zipfile.ZipFile
    sheets: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    cells: dict[str, dict[tuple[int, int], str]] = field(default_factory=dict)


def read_blank(data: bytes, *, titles: Sequence[str]) -> FrdoBlank:
    """Check an uploaded workbook and return its lists; ``titles`` are the columns that it must have.

    Raises Invalid for what is no workbook, has no sheet «Шаблон», has other columns or already holds rows.
    """
    try:
        guard.check_file(data)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            book = _open(archive)
            if SHEET not in book.sheets:
                raise _refusal(f"{_WRONG} В файле нет листа «{SHEET}». {_ADVICE}")
            _insist_titles(_cells(book, SHEET), titles)
            return FrdoBlank(book.sheets[SHEET], _lists(book, len(titles)))
    except FileRejected as rejected:
        raise _refusal(str(rejected)) from rejected
    except (etree.XMLSyntaxError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise _refusal(guard.DAMAGED) from error


def _refusal(sentence: str) -> Invalid:
    return Invalid(sentence, fields={"file": [sentence]})


def _xml(archive: zipfile.ZipFile, part: str) -> etree._Element:
    return etree.fromstring(archive.read(part), etree.XMLParser(**_PARSER))


def _open(archive: zipfile.ZipFile) -> _Book:
    book = _Book(archive)
    targets = {
        relation.get("Id"): posixpath.normpath(posixpath.join("/xl", relation.get("Target"))).lstrip("/")
        for relation in _xml(archive, "xl/_rels/workbook.xml.rels")
    }
    workbook = _xml(archive, "xl/workbook.xml")
    book.sheets = {sheet.get("name"): targets[sheet.get(_RELATED)] for sheet in workbook.iter(f"{_MAIN}sheet")}
    book.names = {name.get("name"): (name.text or "").strip() for name in workbook.iter(f"{_MAIN}definedName")}
    if "xl/sharedStrings.xml" in archive.namelist():
        items = _xml(archive, "xl/sharedStrings.xml").iter(f"{_MAIN}si")
        book.texts = ["".join(text.text or "" for text in item.iter(f"{_MAIN}t")) for item in items]
    return book


def _cells(book: _Book, sheet: str) -> dict[tuple[int, int], str]:
    """Filled cells of a sheet, (row, column) → text."""
    if sheet not in book.cells:
        book.cells[sheet] = {
            split_address(cell.get("r", "")): text
            for cell in _xml(book.archive, book.sheets[sheet]).iter(f"{_MAIN}c")
            if (text := _text(book, cell))
        }
    return book.cells[sheet]


def _text(book: _Book, cell: etree._Element) -> str:
    if cell.get("t") == "inlineStr":
        return "".join(text.text or "" for text in cell.iter(f"{_MAIN}t"))
    value = cell.find(f"{_MAIN}v")
    found = (value.text or "") if value is not None else ""
    return book.texts[int(found)] if cell.get("t") == "s" and found else found


def _insist_titles(cells: Mapping[tuple[int, int], str], titles: Sequence[str]) -> None:
    found = {column: " ".join(text.split()) for (row, column), text in cells.items() if row == 1}
    for number, title in enumerate(titles, 1):
        if found.get(number) != title:
            there = f"«{found[number][:80]}»" if number in found else "пусто"
            raise _refusal(
                f"{_WRONG} В столбце {column_letter(number)} должен быть заголовок {quoted(title)}, а там {there}. {_ADVICE}"
            )
    if len(found) > len(titles):
        raise _refusal(f"{_WRONG} Справа от последнего столбца есть лишние заголовки. {_ADVICE}")
    if any(row > 1 for row, _ in cells):
        raise _refusal(f"На листе «{SHEET}» уже есть строки с данными. {_ADVICE}")


# --- lists -----------------------------------------------------------------------------------------------------------


def _lists(book: _Book, columns: int) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for formula, ranges in _dropdowns(_xml(book.archive, book.sheets[SHEET])):
        values = _values(book, formula)
        for number in _columns(ranges):
            if values and number <= columns:
                found.setdefault(number, values)
    for name, reference in book.names.items():
        number = next((n for word, n in _NAMES if _is_named(name, word)), 0)
        values = _values(book, reference) if number and number not in found else []
        if values:
            found[number] = values
    return found


def _is_named(name: str, word: str) -> bool:
    lowered = name.lower()
    return lowered == word or (len(word) > 3 and lowered.startswith(word))


def _dropdowns(sheet: etree._Element) -> Iterator[tuple[str, str]]:
    """Formula and ranges of every drop-down: those of the sheet and those of its extension, which point at other sheets."""
    for item in sheet.iter():
        if (
            not isinstance(item.tag, str)
            or etree.QName(item).localname != "dataValidation"
            or item.get("type") != "list"
        ):
            continue
        parts = {etree.QName(part).localname: part for part in item.iter() if isinstance(part.tag, str)}
        formula = "".join(parts["formula1"].itertext()).strip() if "formula1" in parts else ""
        ranges = item.get("sqref") or ("".join(parts["sqref"].itertext()) if "sqref" in parts else "")
        yield formula, ranges


def _columns(ranges: str) -> Iterator[int]:
    for piece in ranges.replace("$", "").split():
        first, _, last = piece.partition(":")
        yield from range(_column(first), _column(last or first) + 1)


def _column(address: str) -> int:
    return split_address(address)[1] if address[-1:].isdigit() else split_address(f"{address}1")[1]


def _values(book: _Book, formula: str) -> list[str]:
    """Values that a formula of a drop-down or a defined name stands for; none for what is computed."""
    formula = book.names.get(formula.lstrip("="), formula)
    if literal := _LITERAL.match(formula):
        return [value.strip() for value in literal[1].split(",") if value.strip()]
    found = _RANGE.match(formula)
    sheet = (found[1] or found[2]).replace("''", "'") if found else ""
    if found is None or sheet not in book.sheets:
        return []
    first, last = split_address(f"{found[3]}{found[4]}"), split_address(f"{found[5] or found[3]}{found[6] or found[4]}")
    inside = [
        (place, text)
        for place, text in _cells(book, sheet).items()
        if first[0] <= place[0] <= last[0] and first[1] <= place[1] <= last[1]
    ]
    return [text for _, text in sorted(inside)][:_LONGEST_LIST]
