"""An uploaded DOCX as a file: is it a DOCX, is it small when inflated, does it hold anything that a paper does not need.

What is allowed is listed: kinds of parts, relations between them, Word's own fields, formats of pictures. Everything else
is refused by name. The archive's directory is checked before anything is inflated. The filled document is checked by the
same rules: filling a template may produce a forbidden field.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping

from lxml import etree
from PIL import Image

from app.documents.docx.package import MAIN_TYPE, TYPES, BadPackage, Package, Relation, parse
from app.errors import Invalid

MOST_BYTES = 5 << 20
#: inflated bytes of all parts and of one XML part, number of parts
MOST_INFLATED, MOST_XML, MOST_PARTS = 40 << 20, 8 << 20, 500
#: a part of a megabyte and more that shrinks more than that is a bomb: real texts shrink 10–40 times
MOST_RATIO, RATIO_FROM = 150, 1 << 20
#: points of a picture; a page scanned for print has nine million
MOST_POINTS = 40_000_000
#: marks «{{», «{%», «{#» of all parts together, bytes of a part that holds them: real templates have some hundred
MOST_MARKS, MOST_TEXT = 1_500, 2 << 20

_SAVE_AGAIN = "Откройте его в Word или LibreOffice, сохраните как «Документ Word (.docx)» и загрузите снова."
_NO_DOCX = f"Это не документ Word в формате DOCX. {_SAVE_AGAIN}"
_BROKEN = f"Файл повреждён и не читается. {_SAVE_AGAIN}"
_BOMB = "Файл при распаковке становится слишком большим, портал его не открывает. Уберите большие рисунки и загрузите снова."
_MACROS = "Это документ с макросами или шаблон Word (.docm, .dotx). Сохраните его как «Документ Word (.docx)»."
_SEVERAL = f"В файле несколько текстов документа, а должен быть один. {_SAVE_AGAIN}"

# --- what is allowed -------------------------------------------------------------------------------------------------

_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml."
_OFFICE = "application/vnd.openxmlformats-officedocument."
_PACKAGE = "application/vnd.openxmlformats-package."
_FONTS = frozenset({f"{_OFFICE}obfuscatedFont", "application/x-fontdata"})
#: type of a picture → its format
_PICTURES = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/jpg": "JPEG",
    "image/gif": "GIF",
    "image/bmp": "BMP",
    "image/tiff": "TIFF",
}
#: end of a relation's type → types of the parts to which it may lead
_RELATIONS: Mapping[str, frozenset[str]] = {
    "officeDocument": frozenset({MAIN_TYPE}),
    "core-properties": frozenset({f"{_PACKAGE}core-properties+xml"}),
    "extended-properties": frozenset({f"{_OFFICE}extended-properties+xml"}),
    "custom-properties": frozenset({f"{_OFFICE}custom-properties+xml"}),
    "thumbnail": frozenset(_PICTURES),
    "styles": frozenset({f"{_WORD}styles+xml"}),
    "stylesWithEffects": frozenset({"application/vnd.ms-word.stylesWithEffects+xml"}),
    "settings": frozenset({f"{_WORD}settings+xml"}),
    "webSettings": frozenset({f"{_WORD}webSettings+xml"}),
    "fontTable": frozenset({f"{_WORD}fontTable+xml"}),
    "font": _FONTS,
    "theme": frozenset({f"{_OFFICE}theme+xml"}),
    "numbering": frozenset({f"{_WORD}numbering+xml"}),
    "header": frozenset({f"{_WORD}header+xml"}),
    "footer": frozenset({f"{_WORD}footer+xml"}),
    "footnotes": frozenset({f"{_WORD}footnotes+xml"}),
    "endnotes": frozenset({f"{_WORD}endnotes+xml"}),
    "comments": frozenset({f"{_WORD}comments+xml"}),
    "commentsExtended": frozenset({f"{_WORD}commentsExtended+xml"}),
    "commentsIds": frozenset({f"{_WORD}commentsIds+xml"}),
    "commentsExtensible": frozenset({f"{_WORD}commentsExtensible+xml"}),
    "people": frozenset({f"{_WORD}people+xml"}),
    "glossaryDocument": frozenset({f"{_WORD}document.glossary+xml"}),
    "image": frozenset(_PICTURES),
    "customXml": frozenset({"application/xml"}),
    "customXmlProps": frozenset({f"{_OFFICE}customXmlProperties+xml"}),
}
_ALLOWED_TYPES = frozenset().union(*_RELATIONS.values(), {f"{_PACKAGE}relationships+xml"})
#: Word's own fields that only count, date, refer within the file or repeat its properties
_FIELDS = frozenset(
    "= ADVANCE AUTHOR AUTONUM AUTONUMLGL AUTONUMOUT BIBLIOGRAPHY CITATION COMMENTS COMPARE CREATEDATE DATE DOCPROPERTY EQ "
    "FORMCHECKBOX FORMDROPDOWN FORMTEXT HYPERLINK IF INDEX KEYWORDS LISTNUM NOTEREF NUMCHARS NUMPAGES NUMWORDS PAGE PAGEREF "
    "PRINTDATE REF REVNUM SAVEDATE SECTION SECTIONPAGES SEQ SHAPE STYLEREF SUBJECT SYMBOL TA TC TIME TITLE TOA TOC XE".split()
)
#: those known to read other files or to start programs; the rest are refused without a word about it
FORBIDDEN_COMMANDS = frozenset(
    "AUTOTEXT AUTOTEXTLIST DATABASE DDE DDEAUTO EMBED FILENAME GLOSSARY HTMLACTIVEX IMPORT INCLUDE INCLUDEPICTURE INCLUDETEXT "
    "LINK MACROBUTTON PRINT RD TEMPLATE".split()
)
_SAFE_LINK = re.compile(r"(https?://|mailto:|#)", re.IGNORECASE)
#: an address outside the file in any attribute: a disk, a network folder
_OUTSIDE = re.compile(r"\s*(file:|\\\\|smb:|ftp:|javascript:|vbscript:|data:)", re.IGNORECASE)

# --- what is refused by name -----------------------------------------------------------------------------------------

_OTHER_PROGRAMS = "вложенные файлы других программ"
_OTHER_FORMAT = "вставленный файл другого формата"
#: what stands in the name or type of a part → what it is
_KNOWN_PARTS = (
    ("vbaproject", "макросы"),
    ("vbadata", "макросы"),
    ("activex", "элементы управления ActiveX"),
    ("embeddings/", _OTHER_PROGRAMS),
    ("oleobject", _OTHER_PROGRAMS),
    ("afchunk", _OTHER_FORMAT),
    ("text/html", _OTHER_FORMAT),
    ("/rtf", _OTHER_FORMAT),
    ("message/rfc822", _OTHER_FORMAT),
    ("svg", "рисунки SVG (вставьте их как PNG)"),
    ("emf", "рисунки EMF или WMF (вставьте их как PNG)"),
    ("wmf", "рисунки EMF или WMF (вставьте их как PNG)"),
    ("vmldrawing", "рисунки старого вида (VML)"),
    ("chart", "диаграммы (вставьте их как рисунок PNG)"),
    ("diagram", "рисунки SmartArt (вставьте их как рисунок PNG)"),
    ("printersettings", "настройки принтера"),
    ("spreadsheetml", _OTHER_PROGRAMS),
    ("presentationml", _OTHER_PROGRAMS),
)
_KNOWN_RELATIONS = {
    "aFChunk": _OTHER_FORMAT,
    "subDocument": "вложенный документ",
    "oleObject": "файл другой программы",
    "package": "файл другой программы",
    "control": "элемент управления ActiveX",
    "vbaProject": "макросы",
    "frame": "рамка с другим документом",
    "video": "видео",
    "audio": "звук",
}
_EXTERNAL = {
    "image": "рисунок, который хранится вне файла",
    "attachedTemplate": "шаблон Word, который хранится вне файла",
    "oleObject": "связанный файл другой программы",
}
#: elements of a text by their names without prefixes
_KNOWN_ELEMENTS = {
    "altChunk": _OTHER_FORMAT,
    "subDoc": "вложенный документ",
    "object": "файл другой программы",
    "OLEObject": "файл другой программы",
    "control": "элемент управления ActiveX",
    "imagedata": "рисунок старого вида (VML)",
    "mailMerge": "источник данных слияния",
    "movie": "видео",
    "svgBlip": "рисунок SVG (вставьте его как PNG)",
    "videoFile": "видео",
    "audioFile": "звук",
}
_NOT_TEXT = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


# --- the archive -----------------------------------------------------------------------------------------------------


def read_package(data: bytes) -> Package:
    """Return the parts of a DOCX; raises Invalid for what is none, is broken, or is a bomb."""
    if len(data) > MOST_BYTES:
        raise Invalid(f"Файл больше {MOST_BYTES >> 20} МБ. Уберите или сожмите рисунки и загрузите снова.")
    if not data.startswith(b"PK"):
        raise Invalid("Файл пуст. Выберите файл шаблона и загрузите снова." if not data else _NO_DOCX)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_directory(archive.infolist())
        package = Package.of(data)
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
    except zlib.error as error:
        raise Invalid(_BROKEN) from error
    try:
        if TYPES not in package.parts or not package.main:
            raise Invalid(_NO_DOCX)
    except (BadPackage, etree.XMLSyntaxError) as error:
        raise Invalid(_NO_DOCX) from error
    return package


def _check_directory(parts: list[zipfile.ZipInfo]) -> None:
    """Judge the archive by its directory: nothing twice, nothing above the folder, no password, no bomb."""
    names = [info.filename.replace("\\", "/") for info in parts]
    if len(set(names)) != len(names) or any(".." in name.split("/") or name.startswith("/") for name in names):
        raise Invalid(_BROKEN)
    if any(info.flag_bits & 1 for info in parts):
        raise Invalid(f"Файл защищён паролем. {_SAVE_AGAIN}")
    too_dense = any(i.file_size >= RATIO_FROM and i.file_size > MOST_RATIO * max(1, i.compress_size) for i in parts)
    too_long = any(i.file_size > MOST_XML and i.filename.endswith((".xml", ".rels")) for i in parts)
    if len(parts) > MOST_PARTS or sum(i.file_size for i in parts) > MOST_INFLATED or too_dense or too_long:
        raise Invalid(_BOMB)


# --- the whole file --------------------------------------------------------------------------------------------------


def file_problems(package: Package) -> list[str]:
    """Sentences about everything in a DOCX that a template may not hold; broken XML is among them."""
    trees, problems = {}, []
    for name, data in package.parts.items():
        if name.endswith((".xml", ".rels")):
            tree = _parsed(data)
            if isinstance(tree, str):
                problems.append(f"{package.place_of(name).capitalize()}: {tree}")
            else:
                trees[name] = tree
    if problems:
        return problems
    types = _types(trees[TYPES])
    problems += _part_problems(package, types)
    problems += _relations_problems(package, types)
    for name, tree in trees.items():
        if _kind(name, types) != "application/xml" and not name.endswith(".rels") and name != TYPES:
            problems += text_problems(tree, package.place_of(name))
    problems += _mark_problems(package)
    return list(dict.fromkeys(problems))


def _parsed(data: bytes) -> etree._Element | str:
    """Return the XML's root, or what is wrong with it."""
    if _NOT_TEXT.search(data):
        return f"есть определения DTD, которых в документах Word не бывает. {_SAVE_AGAIN}"
    try:
        root = parse(data)
    except etree.XMLSyntaxError:
        return f"разметка нарушена, прочитать её нельзя. {_SAVE_AGAIN}"
    info = root.getroottree().docinfo
    if info.internalDTD is not None:
        return f"есть определения DTD, которых в документах Word не бывает. {_SAVE_AGAIN}"
    if (info.encoding or "UTF-8").upper() not in ("UTF-8", "ASCII", "US-ASCII"):
        return f"кодировка не UTF-8. {_SAVE_AGAIN}"
    return root


def _types(root: etree._Element) -> dict[str, str]:
    """Name of a part, or ending of names → type, both in lower case."""
    found = {}
    for item in root.iter("{*}Default", "{*}Override"):
        key = item.get("PartName") or "." + (item.get("Extension") or "")
        found[key.lstrip("/").lower()] = item.get("ContentType") or ""
    return found


def _kind(name: str, types: Mapping[str, str]) -> str:
    return types.get(name.lower()) or types.get("." + name.rpartition(".")[2].lower(), "")


def _part_problems(package: Package, types: Mapping[str, str]) -> Iterator[str]:
    mains = [name for name in package.parts if _kind(name, types) == MAIN_TYPE]
    leading = [item for item in package.relations_of() if item.kind == "officeDocument"]
    if len(mains) > 1 or len(leading) > 1:
        yield _SEVERAL
    if _kind(package.main, types) != MAIN_TYPE:
        yield _MACROS
    for name, data in package.parts.items():
        kind = _kind(name, types)
        if name == TYPES or name == package.main:
            continue
        what = next((words for sign, words in _KNOWN_PARTS if sign in f"{name} {kind}".lower()), "")
        if what or kind not in _ALLOWED_TYPES:
            what = what or f"часть «{name[:60]}», которой в обычных документах не бывает"
            yield f"В файле есть {what}: такие шаблоны портал не принимает. Удалите это и сохраните файл как «Документ Word (.docx)»."
        elif kind in _PICTURES and (wrong := _picture_problem(data)):
            yield f"Рисунок «{name.rpartition('/')[2][:40]}»: {wrong}"


def _picture_problem(data: bytes) -> str:
    """What is wrong with a picture: programs tell its format by the contents, whatever its name says."""
    try:
        with Image.open(io.BytesIO(data), formats=tuple(set(_PICTURES.values()))) as picture:
            width, height = picture.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return "это не PNG, JPEG, GIF, BMP или TIFF. Сохраните рисунок как PNG и вставьте снова."
    if width * height > MOST_POINTS:
        return f"слишком велик: {width} × {height} точек. Уменьшите его и вставьте снова."
    return ""


def _relations_problems(package: Package, types: Mapping[str, str]) -> Iterator[str]:
    for name in package.parts:
        folder, _, file = name.rpartition("/")
        if file.endswith(".rels") and (folder == "_rels" or folder.endswith("/_rels")):
            owner = "/".join(filter(None, (folder.removesuffix("_rels").rstrip("/"), file.removesuffix(".rels"))))
            place = package.place_of(name).capitalize()
            for relation in package.relations_of(owner):
                yield from _relation_problems(package, relation, types, place)


def _relation_problems(package: Package, relation: Relation, types: Mapping[str, str], place: str) -> Iterator[str]:
    kind = relation.kind
    if kind == "hyperlink":
        if not _SAFE_LINK.match(relation.target):
            yield f"{place}: ссылка «{relation.target[:60]}» ведёт не на страницу в интернете. Удалите её."
    elif not relation.part:
        what = _EXTERNAL.get(kind, "связь с внешним файлом")
        yield f"{place}: есть {what}. Вставьте его в сам файл или удалите: внешние связи запрещены."
    elif kind in _KNOWN_RELATIONS or kind not in _RELATIONS:
        what = _KNOWN_RELATIONS.get(kind, f"связь вида «{kind[:40]}», которой в обычных документах не бывает")
        yield f"{place}: есть {what}. Удалите это: портал печатает только сам шаблон."
    elif relation.part not in package.parts:
        yield f"{place}: связь «{relation.target[:60]}» ведёт на часть, которой в файле нет. {_SAVE_AGAIN}"
    elif kind != "officeDocument" and _kind(relation.part, types) in _ALLOWED_TYPES - _RELATIONS[kind]:
        # a part of a forbidden kind is named by itself, the main part has a sentence of its own
        yield f"{place}: связь «{kind}» ведёт на часть другого вида, «{relation.part[:60]}». {_SAVE_AGAIN}"


def _mark_problems(package: Package) -> Iterator[str]:
    """The marks of fields and conditions: so many that the templates' engine would not end are refused uncounted."""
    marks, longest = 0, 0
    for name in package.filled:
        data = package.parts[name]
        bare = re.sub(rb"<[^>]*>", b"", data)
        marks += sum(bare.count(sign) for sign in (b"{{", b"{%", b"{#"))
        longest = max(longest, len(data))
    if marks > MOST_MARKS:
        yield f"В шаблоне больше {MOST_MARKS} полей и команд: портал его не проверяет. Оставьте только нужные."
    elif longest > MOST_TEXT and marks:
        yield f"Текст шаблона больше {MOST_TEXT >> 20} МБ: портал его не проверяет. Удалите лишнее оформление."


# --- a text, before and after filling --------------------------------------------------------------------------------


def filled_problems(filled: Mapping[str, bytes], places: Mapping[str, str]) -> list[str]:
    """Sentences about what came into being when a template was filled; ``filled`` maps parts to their XML."""
    found: list[str] = []
    for name, data in filled.items():
        found += text_problems(parse(data), places.get(name, "текст"))
    return list(dict.fromkeys(found))


def text_problems(root: etree._Element, place: str) -> Iterator[str]:
    """Sentences about elements, addresses and Word's own fields that a text may not hold."""
    where = place.capitalize()
    for element in root.iter("*"):
        name = etree.QName(element).localname
        if name in _KNOWN_ELEMENTS:
            yield f"{where}: есть {_KNOWN_ELEMENTS[name]}. Удалите это: портал печатает только сам шаблон."
        for value in element.attrib.values():
            if _OUTSIDE.match(value):
                yield f"{where}: адрес «{value.strip()[:60]}» ведёт за пределы файла. Удалите его."
    for words, is_whole in _commands(root):
        yield from _command_problems(words, where, is_whole=is_whole)


def _command_problems(text: str, where: str, *, is_whole: bool) -> Iterator[str]:
    """Judge the instruction of one field; ``is_whole``: no other field stands within its first word."""
    words = text.replace('"', ' " ').split()
    command = words[0].upper() if words else ""
    if not command and is_whole:
        return
    name = command[:30]
    if command.startswith("=") and is_whole:
        return
    if command in FORBIDDEN_COMMANDS or re.search("INCLUDETEXT|INCLUDEPICTURE|DDEAUTO", text, re.IGNORECASE):
        yield f"{where}: поле Word «{name}» подключает другие файлы. Удалите его."
    elif not is_whole or command not in _FIELDS:
        what = f"поле Word «{name}»" if name else "поле Word, собранное из других полей"
        yield f"{where}: {what} портал не печатает. Замените его обычным текстом (Ctrl+Shift+F9)."
    elif command == "HYPERLINK":
        yield from _link_problems(text, where)


def _link_problems(text: str, where: str) -> Iterator[str]:
    """A link of a field leads to a page or within the document; a template may give its address by a field."""
    _name, _, rest = text.strip().partition(" ")
    address = rest.strip().strip('"«»“”').strip()
    if not address.startswith(("\\l", "\\o", "\\t", "\\n", "{{")) and not _SAFE_LINK.match(address):
        yield f"{where}: ссылка «{address[:60]}» ведёт не на страницу в интернете. Удалите её."


def _commands(root: etree._Element) -> Iterator[tuple[str, bool]]:
    """Yield (instruction, whether its first word is whole) of every field; instructions are split over runs, fields nest."""
    open_fields: list[list[str]] = []
    results: list[bool] = []
    for element in root.iter("*"):
        name = etree.QName(element).localname
        if name == "fldSimple":
            yield _attribute(element, "instr"), True
        elif name in ("instrText", "delInstrText"):
            if open_fields:
                open_fields[-1].append(element.text or "")
            else:
                yield element.text or "", True
        elif name == "fldChar":
            kind = _attribute(element, "fldCharType")
            if kind == "begin":
                if open_fields and not results[-1]:
                    open_fields[-1].append(_NESTED)
                open_fields.append([])
                results.append(False)
            elif open_fields:
                if not results[-1]:
                    yield _instruction(open_fields[-1])
                results[-1] = True
                if kind == "end":
                    open_fields.pop()
                    results.pop()
    for pieces in open_fields:  # never ended
        yield _instruction(pieces)


#: stands for a field within an instruction
_NESTED = "\x00"


def _instruction(pieces: Iterable[str]) -> tuple[str, bool]:
    text = "".join(pieces)
    first = text.split(None, 1)[0] if text.split() else ""
    return text.replace(_NESTED, " "), _NESTED not in first


def _attribute(element: etree._Element, name: str) -> str:
    return next((str(value) for key, value in element.items() if etree.QName(key).localname == name), "")
