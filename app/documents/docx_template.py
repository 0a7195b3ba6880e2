"""A DOCX template ready to print: docxtpl rewrites its XML once, Jinja compiles it once, fixed parts are packed once.

The syntax is docxtpl's (``{{ field }}``, ``{%p if … %}``). Values come from people, so they are escaped; templates come from
people too, so they run in a sandbox over plain values and reach nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import re
import threading
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, Template
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from lxml import etree

from app.cells import clean_text
from app.documents.zip_parts import PackedPart, packed, stored, zip_of

#: The picture in a template that is replaced by the given one (the QR code).
PICTURE_NAME = "qr.png"
ALLOWED_FILTERS = ("capitalize", "default", "join", "length", "lower", "trim", "upper")
#: Parts of a DOCX that may hold template tags.
DYNAMIC_PARTS = re.compile(r"word/(document|header\d*|footer\d*|footnotes)\.xml")
DOCUMENT, RELATIONS, TYPES = "word/document.xml", "word/_rels/document.xml.rels", "[Content_Types].xml"
CACHE_SIZE = 32


class _Sandbox(ImmutableSandboxedEnvironment):
    """A Jinja environment without globals, with few filters and without operators that can eat the memory."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Refuse multiplication, power and ``%`` formatting: ``'A' * 10**10`` would fill the memory."""
        raise SecurityError(f"operator {operator} is not allowed in templates")


def _finalize(value: Any) -> Any:
    """Turn a value of the context into what is printed: nothing for None, дд.мм.гггг for a date, clean text."""
    if value is None:
        return ""
    if isinstance(value, dt.date):
        return value.strftime("%d.%m.%Y")
    return clean_text(value) if isinstance(value, str) else value


def sandbox() -> ImmutableSandboxedEnvironment:
    """Return the environment in which templates are compiled."""
    environment = _Sandbox(autoescape=True, undefined=StrictUndefined, finalize=_finalize)
    environment.globals.clear()
    environment.filters = {name: environment.filters[name] for name in ALLOWED_FILTERS}
    return environment


_ENVIRONMENT = sandbox()
_PARSER = {"resolve_entities": False, "no_network": True}


@dataclass(frozen=True, slots=True)
class DocxPaper:
    """A compiled template: the parts with tags, the others by name, and the part that holds the replaceable picture."""

    dynamic: tuple[tuple[str, Template], ...]
    static: Mapping[str, bytes]
    #: the static parts as they go into every file
    ready: tuple[PackedPart, ...]
    picture_part: str | None
    break_lines: Callable[[str], str]

    def fill(self, context: Mapping[str, Any]) -> dict[str, bytes]:
        """Return name → XML of the parts with tags, filled; raises what a faulty template raises."""
        return {name: self._fill(part, context) for name, part in self.dynamic}

    def _fill(self, part: Template, context: Mapping[str, Any]) -> bytes:
        """Render one part and prove that it is XML; lines of a text become line breaks of Word."""
        declaration, mark, body = part.render(context).partition("?>")
        if not mark:
            declaration, body = "", declaration
        if any(sign in body.strip() for sign in "\n\t"):
            body = self.break_lines(body)
        data = (declaration + mark + body).encode("utf-8")
        etree.fromstring(data, etree.XMLParser(**_PARSER))
        return data

    def pack(self, filled: Mapping[str, bytes], picture: bytes | None) -> bytes:
        """Return the DOCX of filled parts; ``picture`` takes the place of the named one."""
        parts = [part for part in self.ready if picture is None or part.name != self.picture_part]
        parts += [packed(name, data) for name, data in filled.items()]
        if picture is not None and self.picture_part is not None:
            parts.append(stored(self.picture_part, picture))
        return zip_of(parts)


_papers: OrderedDict[str, DocxPaper] = OrderedDict()
_lock = threading.Lock()


def compiled(template: bytes) -> DocxPaper:
    """Return the compiled template; the last ones used are kept by their content, so an edited file is compiled anew."""
    sha = hashlib.sha256(template).hexdigest()
    with _lock:
        found = _papers.get(sha)
        if found is None:
            found = _papers[sha] = _compile(template)
            while len(_papers) > CACHE_SIZE:
                _papers.popitem(last=False)
        _papers.move_to_end(sha)
        return found


def _compile(template: bytes) -> DocxPaper:
    with zipfile.ZipFile(io.BytesIO(template)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    if DOCUMENT not in parts:
        raise ValueError("not a Word document")
    rewriter = DocxTemplate(io.BytesIO(template))
    dynamic = {
        name: _ENVIRONMENT.from_string(rewriter.patch_xml(data.decode("utf-8")))
        for name, data in parts.items()
        if DYNAMIC_PARTS.fullmatch(name)
    }
    static = {name: data for name, data in parts.items() if name not in dynamic}
    ready = tuple(packed(name, data, level=9) for name, data in static.items())
    return DocxPaper(tuple(dynamic.items()), static, ready, _picture_part(parts), rewriter.resolve_listing)


def _picture_part(parts: Mapping[str, bytes]) -> str | None:
    """Return the name of the media file behind the picture called ``qr.png``, None when there is none."""
    relation = picture_relation(parts[DOCUMENT].decode("utf-8"))
    target = relation and relation_targets(parts[RELATIONS].decode("utf-8")).get(relation)
    return f"word/{target}" if target else None


def picture_relation(document: str) -> str | None:
    """Return the id of the relation by which a document shows the picture called ``qr.png``."""
    named = rf'<pic:cNvPr [^>]*name="{re.escape(PICTURE_NAME)}".*?r:embed="([^"]+)"'
    found = re.search(named, document, re.DOTALL)
    return found[1] if found else None


def relation_targets(relations: str) -> dict[str, str]:
    """Return id → target of the relations of a part."""
    targets = {}
    for tag in re.findall(r"<Relationship [^>]*>", relations):
        pk, target = re.search(r'Id="([^"]+)"', tag), re.search(r'Target="([^"]+)"', tag)
        if pk and target:
            targets[pk[1]] = target[1]
    return targets
