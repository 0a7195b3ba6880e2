"""«АННУЛИРОВАН» across every page of a DOCX: a paper that is no longer valid shows it on the screen and in the PDF.

The words are a watermark in the headers, as Word makes it, so they appear on every page of any template. A section
without a header gets one of no height: the text of the page stays where it was.
"""

from __future__ import annotations

import posixpath
from typing import Any
from xml.sax.saxutils import quoteattr

from lxml import etree

from app.documents.docx.package import TYPES, Package, parse, relations_part
from app.documents.docx.zip_parts import packed, zip_of
from app.statuses import CertificateStatus

#: status of a paper → the words across it
WORDS = {
    CertificateStatus.ANNULLED: "АННУЛИРОВАН",
    CertificateStatus.REPLACED: "ЗАМЕНЁН",
}
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_HEADER_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml"
_NAME, _ID = "header_stamp.xml", "rIdStamp"
_KINDS = ("default", "first", "even")


def stamped(paper: bytes, words: str) -> bytes:
    """Return the DOCX with the words across each of its pages."""
    package = Package.of(paper)
    parts, main = dict(package.parts), package.main
    headers = [item.part for item in package.relations_of(main) if item.kind == "header" and item.part in parts]
    document = parse(parts[main])
    if _add_headers(document):
        part = posixpath.join(posixpath.dirname(main), _NAME)
        parts[part], parts[main] = _new_header(words), _bytes(document)
        _declare(parts, main, part)
    for name in dict.fromkeys(headers):
        parts[name] = _with_stamp(parts[name], words)
    return zip_of(packed(name, data) for name, data in parts.items())


def _add_headers(document: Any) -> bool:
    """Give every section the header that it lacks; whether one was added."""
    added = False
    for section in document.iter(f"{{{_W}}}sectPr"):
        present = {item.get(f"{{{_W}}}type") for item in section.iterfind(f"{{{_W}}}headerReference")}
        for kind in reversed([kind for kind in _KINDS if kind not in present]):
            reference = etree.Element(f"{{{_W}}}headerReference")
            reference.set(f"{{{_W}}}type", kind)
            reference.set(f"{{{_R}}}id", _ID)
            section.insert(0, reference)
            added = True
        margins = section.find(f"{{{_W}}}pgMar")
        if not present and margins is not None:
            margins.set(f"{{{_W}}}header", "0")
    return added


def _declare(parts: dict[str, bytes], main: str, part: str) -> None:
    held = relations_part(main)
    relations = parse(parts[held]) if held in parts else etree.Element(f"{{{_PACKAGE}}}Relationships")
    etree.SubElement(relations, f"{{{_PACKAGE}}}Relationship", Id=_ID, Type=f"{_R}/header", Target=_NAME)
    parts[held] = _bytes(relations)
    types = parse(parts[TYPES])
    namespace = etree.QName(types).namespace
    etree.SubElement(types, f"{{{namespace}}}Override", PartName=f"/{part}", ContentType=_HEADER_TYPE)
    parts[TYPES] = _bytes(types)


def _new_header(words: str) -> bytes:
    spacing = '<w:pPr><w:spacing w:before="0" w:after="0" w:line="20" w:lineRule="exact"/></w:pPr>'
    body = f'<w:hdr xmlns:w="{_W}"><w:p>{spacing}</w:p></w:hdr>'
    return _with_stamp(body.encode(), words)


def _with_stamp(header: bytes, words: str) -> bytes:
    tree = parse(header)
    paragraph = next(tree.iter(f"{{{_W}}}p"), None)
    if paragraph is None:
        paragraph = etree.SubElement(tree, f"{{{_W}}}p")
    paragraph.append(parse(_run(words).encode()))
    return _bytes(tree)


def _run(words: str) -> str:
    """The watermark as Word writes it (WordArt 136): turned by 45°, behind the text, in the middle of the margins."""
    style = (
        "position:absolute;margin-left:0;margin-top:0;width:480pt;height:80pt;rotation:315;z-index:-251658752;"
        "mso-position-horizontal:center;mso-position-horizontal-relative:page;"
        "mso-position-vertical:center;mso-position-vertical-relative:page"
    )
    return (
        f'<w:r xmlns:w="{_W}" xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office">'
        "<w:pict>"
        '<v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800" '
        'path="m@7,l@8,m@5,21600l@6,21600e"><v:path textpathok="t" o:connecttype="rect"/>'
        '<v:textpath on="t" fitshape="t"/></v:shapetype>'
        f'<v:shape id="PowerPlusWaterMarkObject1" type="#_x0000_t136" style="{style}" fillcolor="#c00000" stroked="f">'
        f'<v:fill opacity=".45"/><v:textpath style="font-family:&quot;Times New Roman&quot;;font-size:1pt" '
        f"string={quoteattr(words)}/></v:shape></w:pict></w:r>"
    )


def _bytes(tree: Any) -> bytes:
    return bytes(etree.tostring(tree, xml_declaration=True, encoding="UTF-8", standalone=True))
