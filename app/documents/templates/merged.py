"""Many people's papers in one DOCX: a section for each person, with a header, footer and QR code; time grows with the people.

Joining finished files instead gives every page the first person's footer and takes time that grows with the square.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from app.documents.docx.docx_template import DocxPaper
from app.documents.docx.package import TYPES, relations_part
from app.documents.docx.print_look import WHOLE_PAGE, PrintLook
from app.documents.docx.zip_parts import PackedPart, PartWriter, packed, stored, zip_of
from app.documents.templates import uploaded
from app.documents.templates.templates import fill_here, is_own, refuse_objects
from app.errors import Invalid

_TYPE = '<Override PartName="/{name}" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.{kind}+xml"/>'
_RELATION = (
    '<Relationship Id="{pk}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}"'
    ' Target="/{target}"/>'
)
_NUMBERED = re.compile(r"<w:numPr\b")
#: where a section says which header or footer it has
_REFERENCE = re.compile(r'(<w:(?:header|footer)Reference [^>]*r:id=")([^"]+)"')
_SHAPE_ID = re.compile(r'(<wp:docPr [^>]*?\bid=")\d+"')
_BOOKMARK_ID = re.compile(r'(<w:bookmark(?:Start|End) [^>]*?w:id=")(\d+)"')
_BOOKMARK_NAME = re.compile(r'(<w:bookmarkStart [^>]*?w:name=")([^"]+)"')
#: marks of Word's own editing, which must not repeat within a file
_EDIT_MARKS = re.compile(r' w14:(?:paraId|textId)="[^"]*"')
_UNUSUAL = "Шаблон устроен необычно: общий файл из него не собрать. Напечатайте отдельными файлами."
#: bookmarks of one template
_BOOKMARKS = 1000


class MergedDocx:
    """One DOCX under way: ``add`` a person's context after another's, then ``finish``.

    Raises Invalid for a faulty template and for one with numbered lists, whose numbers would go on from person to person.
    Only for the portal's own templates, and inside the child process that fills the others, where ``judge`` sees every
    filled paper.
    """

    def __init__(
        self,
        template: bytes,
        *,
        title: str = "шаблон",
        look: PrintLook = WHOLE_PAGE,
        judge: Callable[[Mapping[str, bytes]], None] = lambda _filled: None,
    ) -> None:
        self.template, self.title, self.look, self.judge = template, title, look, judge
        self.people = 0
        self._shapes = 0
        self._document = PartWriter("")
        self._parts: list[PackedPart] = []
        self._relations: list[str] = []
        self._types: list[str] = []
        self._paper: DocxPaper | None = None
        self._waiting: tuple[str, str] | None = None
        self._end = ""

    def add(self, context: Mapping[str, Any], picture: bytes | None = None) -> None:
        """Add a person's paper; ``picture`` is the PNG of the QR code."""
        refuse_objects(context)
        paper, filled = fill_here(self.template, context, title=self.title, look=self.look)
        self.judge(filled)
        document = filled.pop(paper.main).decode("utf-8")
        start, body, section, end = _cut(document)
        if self._paper is None:
            self._begin(paper, document, start)
        self._end = end
        shown = self._picture_part(paper, picture)
        ids = self._own_parts(paper, filled, shown)
        section = _REFERENCE.sub(lambda found: f'{found[1]}{ids.get(found[2], found[2])}"', section)
        body = _REFERENCE.sub(lambda found: f'{found[1]}{ids.get(found[2], found[2])}"', body)
        body = self._own_picture(paper, body, shown)
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
        # the template's own headers and footers give way to each person's
        gone = [name for name, _part in paper.dynamic if name != paper.main]
        led = relations_part(paper.main)
        ids = [pk for pk, _kind, part in paper.relations[paper.main] if part in gone]
        relations = _without_ids(paper.static[led].decode("utf-8"), ids)
        relations = relations.replace("</Relationships>", "".join(self._relations) + "</Relationships>")
        types = _with_types(paper.static[TYPES], self._types, without=gone)
        own = [packed(TYPES, types), packed(led, relations.encode("utf-8")), self._document.finish()]
        fixed = [part for part in paper.ready if part.name not in (led, TYPES, *map(relations_part, gone))]
        return zip_of([*own, *fixed, *self._parts])

    def _begin(self, paper: DocxPaper, document: str, start: str) -> None:
        if _NUMBERED.search(document):
            raise Invalid(
                f"В шаблоне «{self.title}» есть нумерованный список: в общем файле его номера продолжались бы от человека к "
                "человеку. Напечатайте отдельными файлами (ZIP) или замените номера обычным текстом."
            )
        if relations_part(paper.main) not in paper.static:
            raise Invalid(_UNUSUAL)
        self._paper = paper
        self._document = PartWriter(paper.main)
        self._document.write(start.encode("utf-8"))

    def _flush(self, *, is_last: bool) -> None:
        """Write the body that waits: its section stands in its last paragraph, the last one's at the end of the document."""
        if self._waiting is None:
            return
        body, section = self._waiting
        self._document.write((body + section if is_last else _with_section(body, section)).encode("utf-8"))
        self._waiting = None

    def _own_parts(self, paper: DocxPaper, filled: Mapping[str, bytes], shown: str) -> dict[str, str]:
        """Add the person's headers and footers with their relations; return the template's ids of relations → the person's."""
        ids: dict[str, str] = {}
        for number, (pk, kind, part) in enumerate(paper.relations[paper.main]):
            if part not in filled:
                continue
            if kind == "footnotes":
                raise Invalid(f"В шаблоне «{self.title}» есть сноски: напечатайте отдельными файлами (ZIP).")
            own, own_pk = f"word/{kind}p{self.people}x{number}.xml", f"rIdP{self.people}{kind[0]}{number}"
            self._parts.append(packed(own, filled[part]))
            if (relations := paper.static.get(relations_part(part))) is not None:
                self._parts.append(packed(relations_part(own), _relations_of(paper, part, relations, shown)))
            self._types.append(_TYPE.format(name=own, kind=kind))
            self._relations.append(_RELATION.format(pk=own_pk, kind=kind, target=own))
            ids[pk] = own_pk
        return ids

    def _picture_part(self, paper: DocxPaper, picture: bytes | None) -> str:
        """Add the person's QR code and return the name of its part; empty when there is none or no place for it."""
        if picture is None or not paper.picture_parts:
            return ""
        name = f"word/media/qr{self.people}.png"
        self._parts.append(stored(name, picture))
        return name

    def _own_picture(self, paper: DocxPaper, body: str, shown: str) -> str:
        ids = paper.pictures.get(paper.main, ())
        if not shown or not ids:
            return body
        own = f"rIdP{self.people}q"
        self._relations.append(_RELATION.format(pk=own, kind="image", target=shown))
        for pk in ids:
            body = body.replace(f'r:embed="{pk}"', f'r:embed="{own}"')
        return body

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
    tell: Callable[[int], None] = lambda _done: None,
) -> bytes:
    """Return one DOCX of (context, picture) pairs in their order; ``tell`` gets the number of those done.

    The portal's own files are filled here, all others in a bounded child process.
    """
    if not is_own(template):
        return uploaded.merged(template, papers, title=title, look=look, tell=tell)
    made = MergedDocx(template, title=title, look=look)
    for number, (context, picture) in enumerate(papers, 1):
        made.add(context, picture)
        tell(number)
    return made.finish()


def _cut(document: str) -> tuple[str, str, str, str]:
    """Return what stands before the body, the body, its section and what follows; raises Invalid for another form."""
    try:
        start = document.index("<w:body>") + len("<w:body>")
        section, end = document.rindex("<w:sectPr"), document.rindex("</w:body>")
    except ValueError as error:
        raise Invalid(_UNUSUAL) from error
    return document[:start], document[start:section], document[section:end], document[end:]


def _with_types(part: bytes, added: Iterable[str], *, without: Iterable[str]) -> bytes:
    """Return the list of types with ``added`` entries and without those of the parts ``without``."""
    text = part.decode("utf-8")
    for name in without:
        text = re.sub(rf'<Override [^>]*"/{re.escape(name)}"[^>]*?(?:/>|>\s*</Override>)', "", text)
    return text.replace("</Types>", "".join(added) + "</Types>").encode("utf-8")


def _without_ids(relations: str, ids: Iterable[str]) -> str:
    for pk in ids:
        relations = re.sub(rf'<Relationship [^>]*\bId="{re.escape(pk)}"[^>]*?(?:/>|>\s*</Relationship>)', "", relations)
    return relations


def _relations_of(paper: DocxPaper, part: str, relations: bytes, shown: str) -> bytes:
    """Return the relations of a person's own header or footer: the picture leads to the person's, all lead from the root."""
    text = relations.decode("utf-8")
    for pk, _kind, target in paper.relations[part]:
        leads = shown if shown and pk in paper.pictures.get(part, ()) else target
        text = re.sub(
            rf'(<Relationship (?=[^>]*\bId="{re.escape(pk)}")[^>]*\bTarget=")[^"]*"', rf'\g<1>/{leads}"', text
        )
    return text.encode("utf-8")


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
