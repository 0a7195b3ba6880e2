"""A DOCX template ready to print: docxtpl rewrites its XML once, Jinja compiles it once, fixed parts are packed once.

The syntax is docxtpl's (``{{ field }}``, ``{%p if … %}``). People type the values, so values are escaped; people upload
the templates, so templates run in a sandbox over plain values and reach nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, Template
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from lxml import etree

from app.cells import clean_text
from app.documents.docx.package import Package, parse
from app.documents.docx.zip_parts import PackedPart, packed, stored, zip_of

#: Words by which the picture is known that is replaced by the given one (the QR code): in its name or its description.
PICTURE_WORDS = re.compile(r"(?<![a-z])qr", re.IGNORECASE)
#: The empty picture that stands for it in the portal's own templates: a program may rename it, but not change its bytes.
PLACEHOLDER_SHA = "a7a4c149f02934a99249ab019fea1d3e540d4b2ac350e891e1a7c5e4219e2964"
ALLOWED_FILTERS = ("capitalize", "default", "length", "lower", "trim", "upper")
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


def patched(source: str) -> str:
    """Return the XML of a part with the tags of docxtpl as Jinja's."""
    return str(DocxTemplate(io.BytesIO()).patch_xml(source))


@dataclass(frozen=True, slots=True)
class DocxPaper:
    """A compiled template: the parts with tags, the others by name, and where the replaceable picture stands.

    ``main`` is the part with the text; ``pictures`` maps a part to the ids of the relations by which it shows the picture.
    """

    main: str
    dynamic: tuple[tuple[str, Template], ...]
    static: Mapping[str, bytes]
    #: the static parts as they go into every file
    ready: tuple[PackedPart, ...]
    pictures: Mapping[str, tuple[str, ...]]
    #: the media files behind it
    picture_parts: frozenset[str]
    #: part → (id, end of the type, part) of its inner relations
    relations: Mapping[str, tuple[tuple[str, str, str], ...]]
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
        parse(data)
        return data

    def pack(self, filled: Mapping[str, bytes], picture: bytes | None) -> bytes:
        """Return the DOCX of filled parts; ``picture`` takes the place of the named one wherever it stands."""
        parts = [part for part in self.ready if picture is None or part.name not in self.picture_parts]
        parts += [packed(name, data) for name, data in filled.items()]
        if picture is not None:
            parts += [stored(name, picture) for name in sorted(self.picture_parts)]
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
    package = Package.of(template)
    filled = package.filled
    dynamic = tuple((name, _ENVIRONMENT.from_string(patched(package.parts[name].decode("utf-8")))) for name in filled)
    static = {name: data for name, data in package.parts.items() if name not in filled}
    pictures = {name: found for name in filled if (found := picture_relations(package, name))}
    relations = {
        name: tuple((item.id, item.kind, item.part) for item in package.relations_of(name) if item.part)
        for name in filled
    }
    media = {part for name, ids in pictures.items() for pk, _kind, part in relations[name] if pk in ids}
    return DocxPaper(
        main=package.main,
        dynamic=dynamic,
        static=static,
        ready=tuple(packed(name, data, level=9) for name, data in static.items()),
        pictures=pictures,
        picture_parts=frozenset(media),
        relations=relations,
        break_lines=DocxTemplate(io.BytesIO()).resolve_listing,
    )


def picture_relations(package: Package, part: str) -> tuple[str, ...]:
    """Return the ids of the relations by which a part shows the picture for the QR code.

    It is known by «qr» in its name or description, or by the empty picture of the portal's own templates.
    """
    targets = {item.id: item.part for item in package.relations_of(part) if item.part in package.parts}
    found = []
    for shown in _pictures(parse(package.parts[part])):
        names = [value for item in (shown, *_frames(shown)) for value in _names(item)]
        for blip in shown.iter("{*}blip"):
            pk = next((value for name, value in blip.items() if name.endswith("}embed")), "")
            if pk not in targets:
                continue
            is_blank = hashlib.sha256(package.parts[targets[pk]]).hexdigest() == PLACEHOLDER_SHA
            if is_blank or any(PICTURE_WORDS.search(name) for name in names):
                found.append(pk)
    return tuple(dict.fromkeys(found))


def _pictures(root: etree._Element) -> Iterator[etree._Element]:
    yield from root.iter("{http://schemas.openxmlformats.org/drawingml/2006/picture}pic")


def _frames(picture: etree._Element) -> Iterator[etree._Element]:
    """What a picture stands in: in the text or before it."""
    return (item for item in picture.iterancestors() if etree.QName(item).localname in ("inline", "anchor"))


def _names(item: etree._Element) -> Iterator[str]:
    """Names and descriptions of a picture, or of the frame that it stands in."""
    for child in item.iter("{*}cNvPr", "{*}docPr"):
        yield from (child.get(name) or "" for name in ("name", "descr", "title"))
