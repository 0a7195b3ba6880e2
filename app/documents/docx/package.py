"""A DOCX as a package of parts that relations lead to (ECMA-376, part 2): a part is found by relations, never by its name.

Word for the web calls the main part ``word/document2.xml``, other programs call it otherwise.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

TYPES = "[Content_Types].xml"
MAIN_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
#: end of a relation's type → where such a part is seen in Word
_PLACES = {
    "officeDocument": "текст",
    "header": "верхний колонтитул",
    "footer": "нижний колонтитул",
    "footnotes": "сноски",
    "endnotes": "концевые сноски",
    "comments": "примечания",
    "core-properties": "свойства файла",
    "extended-properties": "свойства файла",
    "custom-properties": "свойства файла",
}
#: kinds of parts, besides the main one, whose tags are filled
_FILLED = ("header", "footer", "footnotes")


class BadPackage(ValueError):
    """The file is no package of a Word document."""


@dataclass(frozen=True, slots=True)
class Relation:
    """``kind`` is the end of the type; ``target`` as written, ``part`` the part it leads to, empty for one outside."""

    id: str
    kind: str
    target: str
    part: str


def parse(data: bytes) -> etree._Element:
    """Return the root of a part's XML without following anything it names; raises ``etree.XMLSyntaxError``."""
    return etree.fromstring(
        data, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    )


def relations_part(part: str) -> str:
    """Return the name of the part that holds the relations of ``part``; "" is the whole package."""
    folder, _, name = part.rpartition("/")
    return posixpath.join(folder, "_rels", f"{name}.rels")


@dataclass(frozen=True)
class Package:
    """The parts by their names, which use ``/`` and have no leading one."""

    parts: Mapping[str, bytes]
    _relations: dict[str, tuple[Relation, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, data: bytes) -> Package:
        """Return the package of a file; raises BadPackage, ``zipfile.BadZipFile``, OSError, ValueError, ``zlib.error``."""
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = {
                info.filename.replace("\\", "/").lstrip("/"): archive.read(info)
                for info in archive.infolist()
                if not info.is_dir()
            }
        return cls(parts)

    def relations_of(self, part: str = "") -> tuple[Relation, ...]:
        """Return the relations of a part, by default those of the package; raises ``etree.XMLSyntaxError``."""
        if part not in self._relations:
            data = self.parts.get(relations_part(part))
            self._relations[part] = tuple(self._read(part, data)) if data is not None else ()
        return self._relations[part]

    def _read(self, owner: str, data: bytes) -> Iterator[Relation]:
        for item in parse(data):
            if not isinstance(item.tag, str):
                continue
            target, is_outside = item.get("Target") or "", (item.get("TargetMode") or "").lower() == "external"
            inside = posixpath.join("/", posixpath.dirname(owner), target.replace("\\", "/"))
            part = "" if is_outside else posixpath.normpath(inside).lstrip("/")
            yield Relation(item.get("Id") or "", (item.get("Type") or "").rpartition("/")[2], target, part)

    @property
    def main(self) -> str:
        """Name of the part with the text; raises BadPackage when there is none."""
        found = [item.part for item in self.relations_of() if item.kind == "officeDocument" and item.part in self.parts]
        if not found:
            raise BadPackage("no main part")
        return found[0]

    @property
    def filled(self) -> tuple[str, ...]:
        """Names of the parts whose tags are filled: the text, headers, footers, footnotes."""
        main = self.main
        others = [item.part for item in self.relations_of(main) if item.kind in _FILLED and item.part in self.parts]
        return tuple(dict.fromkeys([main, *others]))

    def kind_of(self, part: str) -> str:
        """Return the end of the type of the relation by which the package or its text leads to a part; empty for others."""
        for item in (*self.relations_of(), *self.relations_of(self.main)):
            if item.part == part:
                return item.kind
        return ""

    def place_of(self, part: str) -> str:
        """Where a part, or the part whose relations it holds, is seen in Word."""
        folder, _, name = part.rpartition("/")
        owner = posixpath.join(folder.removesuffix("_rels").rstrip("/"), name.removesuffix(".rels"))
        try:
            return _PLACES.get(self.kind_of(owner if name.endswith(".rels") else part), "служебная часть файла")
        except (BadPackage, etree.XMLSyntaxError):
            return "служебная часть файла"
