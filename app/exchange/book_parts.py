"""Parts of a workbook found by relations, as the standard says (ECMA-376, part 2), whatever the parts are called.

Most programs name the parts alike, and the reader looks for these names. A workbook of another program (Windows
separators in the archive, ``book.xml`` instead of ``workbook.xml``) gets the usual names before it is read. Standard
library only: the reading child process uses this module.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree

BOOK, STRINGS, STYLES = "xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml"
TYPES = "[Content_Types].xml"
#: end of a relation's type → the name that the reader looks for
_USUAL = {"sharedStrings": STRINGS, "styles": STYLES}


def usual_name(name: str) -> str:
    """Name of a part with the separators of the standard, without a leading one."""
    return name.replace("\\", "/").lstrip("/")


def relations_part(part: str) -> str:
    """Name of the part that holds the relations of a part; "" is the whole file."""
    folder, _, name = part.rpartition("/")
    return posixpath.join(folder, "_rels", f"{name}.rels")


def relations(parts: Mapping[str, bytes], part: str) -> Iterator[tuple[str, str, str]]:
    """(id, end of the type, name of the part it leads to) of each inner relation of a part."""
    data = parts.get(relations_part(part))
    if data is None:
        return
    for item in ElementTree.fromstring(data):  # noqa: S314  # parts with a DTD are refused before
        if (item.get("TargetMode") or "").lower() == "external":
            continue
        target = posixpath.join("/", posixpath.dirname(part), usual_target(item.get("Target", "")))
        yield item.get("Id", ""), item.get("Type", "").rpartition("/")[2], posixpath.normpath(target).lstrip("/")


def usual_target(target: str) -> str:
    """Target of a relation with the separators of the standard; a leading one, the file's root, stays."""
    return target.replace("\\", "/")


def with_usual_names(data: bytes) -> bytes:
    """Return a workbook with its parts at the names that the reader looks for; the same bytes when they are there already.

    Raises ValueError when no part is the workbook.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        infos = archive.infolist()
        names = {usual_name(info.filename) for info in infos}
        if all(info.filename == usual_name(info.filename) for info in infos) and {BOOK, relations_part(BOOK)} <= names:
            return data
        parts = {usual_name(info.filename): archive.read(info) for info in infos if not info.is_dir()}
    book = next((part for _pk, kind, part in relations(parts, "") if kind == "officeDocument" and part in parts), "")
    if not book:
        raise ValueError("no workbook part")
    return _written(_moved(parts, book))


def _moved(parts: Mapping[str, bytes], book: str) -> dict[str, bytes]:
    """The parts with the workbook, its texts and its styles at their usual names; its relations lead from the root."""
    moves = {book: BOOK}
    lines = []
    for pk, kind, part in relations(parts, book):
        moves[part] = _USUAL.get(kind, part)
        lines.append((pk, kind, moves[part]))
    found = {moves.get(name, name): content for name, content in parts.items()}
    found.pop(relations_part(book), None)
    root = ElementTree.Element("Relationships", xmlns="http://schemas.openxmlformats.org/package/2006/relationships")
    for pk, kind, part in lines:
        kind = f"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}"
        ElementTree.SubElement(root, "Relationship", Id=pk, Type=kind, Target=f"/{part}")
    found[relations_part(BOOK)] = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return found


def _written(parts: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return made.getvalue()
