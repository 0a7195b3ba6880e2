"""Many people's papers in one DOCX: a section for each, with its own header, footer and QR code; time grows with the people.

Joining finished files instead gives every page the first person's footer and takes time that grows with the square.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from app.documents.docx_template import (
    DOCUMENT,
    RELATIONS,
    TYPES,
    DocxPaper,
    picture_relation,
    relation_targets,
)
from app.documents.print_look import WHOLE_PAGE, PrintLook
from app.documents.templates import fill_template, refuse_objects
from app.documents.zip_parts import PackedPart, PartWriter, packed, stored, zip_of
from app.errors import Invalid

_TYPE = '<Override PartName="/{name}" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.{kind}+xml"/>'
_RELATION = (
    '<Relationship Id="{pk}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}"'
    ' Target="{target}"/>'
)
_NUMBERED = re.compile(r"<w:numPr\b")
_SHAPE_ID = re.compile(r'(<wp:docPr [^>]*?\bid=")\d+"')
_BOOKMARK_ID = re.compile(r'(<w:bookmark(?:Start|End) [^>]*?w:id=")(\d+)"')
_BOOKMARK_NAME = re.compile(r'(<w:bookmarkStart [^>]*?w:name=")([^"]+)"')
#: marks of Word's own editing, which must not repeat within a file
_EDIT_MARKS = re.compile(r' w14:(?:paraId|textId)="[^"]*"')
#: bookmarks of one template
_BOOKMARKS = 1000


class MergedDocx:
    """One DOCX under way: ``add`` a person's context after another's, then ``finish``.

    Raises Invalid for a faulty template and for one with numbered lists, whose numbers would go on from person to person.
    """

    def __init__(self, template: bytes, *, title: str = "шаблон", look: PrintLook = WHOLE_PAGE) -> None:
        self.template, self.title, self.look = template, title, look
        self.people = 0
        self._shapes = 0
        self._document = PartWriter(DOCUMENT)
        self._parts: list[PackedPart] = []
        self._relations: list[str] = []
        self._types: list[str] = []
        self._paper: DocxPaper | None = None
        self._waiting: tuple[str, str] | None = None
        self._end = ""

    def add(self, context: Mapping[str, Any], picture: bytes | None = None) -> None:
        """Add a person's paper; ``picture`` is the PNG of the QR code."""
        refuse_objects(context)
        paper, filled = fill_template(self.template, context, title=self.title, look=self.look)
        document = filled.pop(DOCUMENT).decode("utf-8")
        start, body, section, end = _cut(document)
        if self._paper is None:
            self._begin(paper, document, start)
        self._end = end
        section = self._own_parts(paper, filled, section)
        body = self._own_picture(paper, document, body, picture)
        self._flush(is_last=False)
        self._waiting = (self._own_ids(body), section)
        self.people += 1

    def finish(self) -> bytes:
        """Return the file; raises ValueError when nobody was added."""
        if self._paper is None:
            raise ValueError("nobody to print")
        self._flush(is_last=True)
        self._document.write(self._end.encode("utf-8"))
        paper = self._paper
        fixed = [part for part in paper.ready if part.name not in (RELATIONS, TYPES)]
        # the template's own headers and footers give way to each person's
        gone = [name for name, _part in paper.dynamic if name != DOCUMENT]
        relations = _with(paper.static[RELATIONS], "</Relationships>", self._relations, without=gone)
        types = _with(paper.static[TYPES], "</Types>", self._types, without=gone)
        own = [packed(TYPES, types), packed(RELATIONS, relations), self._document.finish()]
        return zip_of([*own, *fixed, *self._parts])

    def _begin(self, paper: DocxPaper, document: str, start: str) -> None:
        if _NUMBERED.search(document):
            raise Invalid(
                f"В шаблоне «{self.title}» есть нумерованный список: в общем файле его номера продолжались бы от человека к "
                "человеку. Напечатайте отдельными файлами (ZIP) или замените номера обычным текстом."
            )
        self._paper = paper
        self._document.write(start.encode("utf-8"))

    def _flush(self, *, is_last: bool) -> None:
        """Write the body that waits: its section stands in its last paragraph, the last one's at the end of the document."""
        if self._waiting is None:
            return
        body, section = self._waiting
        self._document.write((body + section if is_last else _with_section(body, section)).encode("utf-8"))
        self._waiting = None

    def _own_parts(self, paper: DocxPaper, filled: Mapping[str, bytes], section: str) -> str:
        """Add the person's headers and footers; return the section that refers to them."""
        by_part = {f"word/{target}": pk for pk, target in relation_targets(paper.static[RELATIONS].decode()).items()}
        for name, data in filled.items():
            relation = by_part.get(name)
            if relation is None:
                continue
            kind = "header" if "header" in name else "footer" if "footer" in name else "footnotes"
            if kind == "footnotes":
                raise Invalid(f"В шаблоне «{self.title}» есть сноски: напечатайте отдельными файлами (ZIP).")
            number = re.sub(r"\D", "", name)
            target, pk = f"{kind}p{self.people}x{number}.xml", f"rIdP{self.people}{kind[0]}{number}"
            self._parts.append(packed(f"word/{target}", data))
            self._types.append(_TYPE.format(name=f"word/{target}", kind=kind))
            self._relations.append(_RELATION.format(pk=pk, kind=kind, target=target))
            section = section.replace(f'"{relation}"', f'"{pk}"')
        return section

    def _own_picture(self, paper: DocxPaper, document: str, body: str, picture: bytes | None) -> str:
        relation = picture_relation(document)
        if picture is None or paper.picture_part is None or relation is None:
            return body
        target, pk = f"media/qr{self.people}.png", f"rIdP{self.people}q"
        self._parts.append(stored(f"word/{target}", picture))
        self._relations.append(_RELATION.format(pk=pk, kind="image", target=target))
        return body.replace(f'r:embed="{relation}"', f'r:embed="{pk}"')

    def _own_ids(self, body: str) -> str:
        """Return the body with ids that no other person's body has."""

        def shape(found: re.Match[str]) -> str:
            self._shapes += 1
            return f'{found[1]}{self._shapes}"'

        first = self.people * _BOOKMARKS
        body = _EDIT_MARKS.sub("", _SHAPE_ID.sub(shape, body))
        body = _BOOKMARK_ID.sub(lambda found: f'{found[1]}{first + int(found[2])}"', body)
        return _BOOKMARK_NAME.sub(lambda found: f'{found[1]}{found[2]}_{self.people}"', body)


def merged(
    template: bytes,
    papers: Iterable[tuple[Mapping[str, Any], bytes | None]],
    *,
    title: str = "шаблон",
    look: PrintLook = WHOLE_PAGE,
) -> bytes:
    """Return one DOCX of (context, picture) pairs in their order."""
    made = MergedDocx(template, title=title, look=look)
    for context, picture in papers:
        made.add(context, picture)
    return made.finish()


def _cut(document: str) -> tuple[str, str, str, str]:
    """Return what stands before the body, the body, its section and what follows; raises Invalid for another form."""
    try:
        start = document.index("<w:body>") + len("<w:body>")
        section, end = document.rindex("<w:sectPr"), document.rindex("</w:body>")
    except ValueError as error:
        raise Invalid(
            "Шаблон устроен необычно: общий файл из него не собрать. Напечатайте отдельными файлами."
        ) from error
    return document[:start], document[start:section], document[section:end], document[end:]


def _with(part: bytes, closing: str, added: Iterable[str], *, without: Iterable[str]) -> bytes:
    """Return a list of relations or types with ``added`` entries and without those of the parts ``without``."""
    text = part.decode("utf-8")
    for name in without:
        text = re.sub(
            rf'<(?:Relationship|Override) [^>]*"/?(?:word/)?{re.escape(name.removeprefix("word/"))}"[^>]*/>', "", text
        )
    return text.replace(closing, "".join(added) + closing).encode("utf-8")


def _with_section(body: str, section: str) -> str:
    """Put the section into the body's last paragraph, as Word does, so that no blank page appears."""
    begin = max(body.rfind("<w:p>"), body.rfind("<w:p "))
    last = body[begin:] if begin >= 0 else ""
    if not body.endswith("</w:p>") or not last or "<w:tbl>" in last:
        return f"{body}<w:p><w:pPr>{section}</w:pPr></w:p>"
    if "<w:pPr>" in last:
        end = last.index("</w:pPr>")
        changes = last.find("<w:pPrChange", 0, end)
        at = changes if changes >= 0 else end
        return body[:begin] + last[:at] + section + last[at:]
    at = last.index(">") + 1
    return f"{body[:begin]}{last[:at]}<w:pPr>{section}</w:pPr>{last[at:]}"
