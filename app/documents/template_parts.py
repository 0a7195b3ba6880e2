"""An uploaded DOCX as a file: is it one, is it small when inflated, does anything in it run, reach outside or break.

Nothing is inflated before the archive's directory is checked, and nothing is filled or opened by Word's rules.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping

from lxml import etree

from app.documents.docx_template import DOCUMENT, TYPES
from app.errors import Invalid

MOST_BYTES = 5 << 20
#: inflated bytes of all parts and of one XML part, number of parts
MOST_INFLATED, MOST_XML, MOST_PARTS = 40 << 20, 8 << 20, 500
#: a part of a megabyte and more that shrinks more than that is a bomb: real texts shrink 10–40 times
MOST_RATIO, RATIO_FROM = 150, 1 << 20

_SAVE_AGAIN = "Откройте его в Word или LibreOffice, сохраните как «Документ Word (.docx)» и загрузите снова."
_NO_DOCX = f"Это не документ Word в формате DOCX. {_SAVE_AGAIN}"
_BROKEN = f"Файл повреждён и не читается. {_SAVE_AGAIN}"
_BOMB = "Файл при распаковке становится слишком большим, портал его не открывает. Уберите большие рисунки и загрузите снова."
_MAIN_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"

#: what stands in the name of a part → what it is
_FORBIDDEN_PARTS = (
    ("vbaproject", "макросы"),
    ("vbadata", "макросы"),
    ("activex", "элементы управления ActiveX"),
    ("embeddings/", "вложенные файлы других программ"),
    ("afchunk", "вставленный файл другого формата"),
)
#: end of a relation's type → what it is
_FORBIDDEN_RELATIONS = {"aFChunk": "вставленный файл другого формата", "subDocument": "вложенный документ"}
_EXTERNAL = {
    "image": "рисунок, который хранится вне файла",
    "attachedTemplate": "шаблон Word, который хранится вне файла",
    "oleObject": "связанный файл другой программы",
}
_SAFE_LINK = re.compile(r"(https?://|mailto:|#)", re.IGNORECASE)
#: commands of Word's own fields that read other files or start programs
FORBIDDEN_COMMANDS = frozenset(
    {"INCLUDETEXT", "INCLUDEPICTURE", "INCLUDE", "IMPORT", "DDE", "DDEAUTO", "LINK", "DATABASE", "RD", "MACROBUTTON"}
)
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_NOT_TEXT = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)

#: part → where it is, in words
PLACES: tuple[tuple[str, str], ...] = (
    (r"word/document\.xml", "текст"),
    (r"word/header\d*\.xml", "верхний колонтитул"),
    (r"word/footer\d*\.xml", "нижний колонтитул"),
    (r"word/footnotes\.xml", "сноски"),
    (r"word/endnotes\.xml", "концевые сноски"),
    (r"word/comments\.xml", "примечания"),
    (r"docProps/(core|app|custom)\.xml", "свойства файла"),
)


def place_of(part: str) -> str:
    """Where a part of the file is seen in Word."""
    bare = re.sub(r"^(.*/)?_rels/(.+)\.rels$", r"\1\2", part)
    return next((words for pattern, words in PLACES if re.fullmatch(pattern, bare)), "служебная часть файла")


def read_parts(data: bytes) -> dict[str, bytes]:
    """Return name → bytes of the parts of a DOCX; raises Invalid for what is none, is broken, or is a bomb."""
    if len(data) > MOST_BYTES:
        raise Invalid(f"Файл больше {MOST_BYTES >> 20} МБ. Уберите или сожмите рисунки и загрузите снова.")
    if not data.startswith(b"PK"):
        raise Invalid("Файл пуст. Выберите файл шаблона и загрузите снова." if not data else _NO_DOCX)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_directory(archive.infolist())
            parts = {info.filename: archive.read(info) for info in archive.infolist() if not info.is_dir()}
    except (
        zipfile.BadZipFile,
        ValueError,
        NotImplementedError,
        OverflowError,
        EOFError,
        OSError,
        RuntimeError,
    ) as error:
        raise Invalid(_BROKEN) from error
    except Exception as error:
        if type(error).__module__ == "zlib":
            raise Invalid(_BROKEN) from error
        raise
    if DOCUMENT not in parts or TYPES not in parts:
        raise Invalid(_NO_DOCX)
    return parts


def _check_directory(parts: list[zipfile.ZipInfo]) -> None:
    """Raise Invalid by the archive's directory alone; the reader never inflates more than it promises."""
    names = [info.filename for info in parts]
    if any(info.flag_bits & 1 for info in parts):
        raise Invalid("Файл закрыт паролем. Сохраните его без пароля и загрузите снова.")
    if len(set(names)) < len(names) or any(name.startswith("/") or ".." in name.split("/") for name in names):
        raise Invalid(_BROKEN)
    too_dense = any(i.file_size >= RATIO_FROM and i.file_size > MOST_RATIO * max(1, i.compress_size) for i in parts)
    too_long = any(i.file_size > MOST_XML and i.filename.endswith((".xml", ".rels")) for i in parts)
    if len(parts) > MOST_PARTS or sum(i.file_size for i in parts) > MOST_INFLATED or too_dense or too_long:
        raise Invalid(_BOMB)


def file_problems(parts: Mapping[str, bytes]) -> list[str]:
    """Sentences about everything in a DOCX that a template may not hold; broken XML is among them."""
    problems = [
        f"В файле есть {what}: такие шаблоны портал не принимает. Удалите их и сохраните файл как «Документ Word (.docx)»."
        for sign, what in _FORBIDDEN_PARTS
        if any(sign in name.lower() for name in parts)
    ]
    for name, data in parts.items():
        if not name.endswith((".xml", ".rels")):
            continue
        tree = _parsed(data)
        if isinstance(tree, str):
            problems.append(f"{place_of(name).capitalize()}: {tree}")
        elif name.endswith(".rels"):
            problems += _relation_problems(tree, place_of(name))
        elif name == TYPES:
            problems += _type_problems(tree)
        elif name.startswith("word/"):
            problems += _command_problems(tree, place_of(name))
    return list(dict.fromkeys(problems))


def _parsed(data: bytes) -> etree._Element | str:
    """Return the XML's root, or what is wrong with it."""
    try:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        return f"разметка нарушена, прочитать её нельзя. {_SAVE_AGAIN}"
    info = root.getroottree().docinfo
    if info.internalDTD is not None or _NOT_TEXT.search(data):
        return f"есть определения DTD, которых в документах Word не бывает. {_SAVE_AGAIN}"
    if (info.encoding or "UTF-8").upper() not in ("UTF-8", "ASCII", "US-ASCII"):
        return f"кодировка не UTF-8. {_SAVE_AGAIN}"
    return root


def _type_problems(types: etree._Element) -> list[str]:
    main = [item.get("ContentType") for item in types if item.get("PartName") == f"/{DOCUMENT}"]
    if main == [_MAIN_TYPE]:
        return []
    return ["Это документ с макросами или шаблон Word (.docm, .dotx). Сохраните его как «Документ Word (.docx)»."]


def _relation_problems(relations: etree._Element, place: str) -> Iterator[str]:
    for item in relations:
        kind = (item.get("Type") or "").rpartition("/")[2]
        target = item.get("Target") or ""
        if kind in _FORBIDDEN_RELATIONS:
            yield f"{place.capitalize()}: есть {_FORBIDDEN_RELATIONS[kind]}. Удалите его: портал печатает только сам шаблон."
        elif (item.get("TargetMode") or "").lower() != "external":
            continue
        elif kind != "hyperlink":
            what = _EXTERNAL.get(kind, "связь с внешним файлом")
            yield f"{place.capitalize()}: есть {what}. Вставьте его в сам файл или удалите: внешние связи запрещены."
        elif not _SAFE_LINK.match(target) and not target.startswith("{{"):
            yield f"{place.capitalize()}: ссылка «{target[:60]}» ведёт не на страницу в интернете. Удалите её."


def _command_problems(root: etree._Element, place: str) -> Iterator[str]:
    """Word's own fields that include other files; a command may be split over runs."""
    for text in _commands(root):
        words = text.replace('"', " ").split()
        command = words[0].upper() if words else ""
        if command in FORBIDDEN_COMMANDS or re.search("INCLUDETEXT|INCLUDEPICTURE|DDEAUTO", text, re.IGNORECASE):
            yield f"{place.capitalize()}: поле Word «{command[:30]}» подключает другие файлы. Удалите его."


def _commands(root: etree._Element) -> Iterator[str]:
    gathered: list[str] = []
    for element in root.iter(f"{_W}instrText", f"{_W}fldChar", f"{_W}fldSimple"):
        if element.tag == f"{_W}instrText":
            gathered.append(element.text or "")
            continue
        yield "".join(gathered)
        gathered = []
        if element.tag == f"{_W}fldSimple":
            yield element.get(f"{_W}instr") or ""
    yield "".join(gathered)
