"""Many people's documents as files: one DOCX, a ZIP of single ones, one PDF, in the order of the caller's list.

Every paper is filled from the snapshot and by the template stored at issue. The PDF is made of merged DOCX files of fifty
people each: LibreOffice needs a second for a single file, but a fiftieth of a second for a page of a merged one.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from pypdf import PdfReader, PdfWriter

from app.documents.docx.print_look import PrintLook, look_of
from app.documents.file_names import safe_name
from app.documents.office.pdf import to_pdfs
from app.documents.papers.certificate import CertificateFacts, certificate_context
from app.documents.qr import qr_png
from app.documents.templates.merged import merged
from app.documents.templates.templates import get_template, insist_filled, render_each
from app.errors import Invalid
from app.russian import count, quoted
from app.services.paper.printing.bulk_printing import Printed
from app.services.paper.printing.print_templates import PrintChoice
from app.statuses import CertificateKind

DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
#: people in one file for LibreOffice; seconds it may take for one
CHUNK, CHUNK_SECONDS = 50, 120
#: names in the sentence about long papers
NAMED = 10
Tell = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class PrintForm:
    """A form in which documents are printed: its code, words of the button, ending and type of the file."""

    code: str
    label: str
    suffix: str
    content_type: str
    needs_office: bool = False


DOCX = PrintForm("docx", "Один файл Word", ".docx", DOCX_TYPE)
ZIP = PrintForm("zip", "Отдельные файлы Word (ZIP)", ".zip", "application/zip")
PDF = PrintForm("pdf", "Один файл PDF", ".pdf", "application/pdf", needs_office=True)
DUPLEX = PrintForm("duplex", "PDF для двусторонней печати", ".pdf", "application/pdf", needs_office=True)
FORMS: Mapping[str, PrintForm] = {form.code: form for form in (DOCX, ZIP, PDF, DUPLEX)}


@dataclass(frozen=True, slots=True)
class _Template:
    """The file by which a document is printed, its title in errors, its code in the manifest, and how it is laid out."""

    code: str
    title: str
    data: bytes
    look: PrintLook


def write_papers(form: PrintForm, papers: Sequence[Printed], path: Path, tell: Tell = lambda _done: None) -> str:
    """Write the documents to ``path`` and return a sentence about the file; ``tell`` gets the people done, may raise to stop.

    Raises Invalid for a document whose kind has no template or whose facts are missing, naming the person, and for
    documents that no common file can hold; Unavailable when LibreOffice is missing or fails.
    """
    people = count(len(papers), "человек", "человека", "человек")
    if form is DOCX:
        path.write_bytes(_merged(papers, tell))
    elif form is ZIP:
        _write_zip(papers, path, tell)
    else:
        return f"В файле {people}, {_write_pdf(papers, path, tell, duplex=form is DUPLEX)}"
    return f"В файле {people}."


# --- one person ------------------------------------------------------------------------------------------------------


class _Papers:
    """Templates and contexts of documents; the portal's own template is read once."""

    def __init__(self) -> None:
        self._templates: dict[tuple[CertificateKind, bytes | None, PrintChoice], _Template] = {}

    def template_of(self, paper: Printed) -> _Template:
        """Return the template of a document: the one that came with it, else the portal's own."""
        known = paper.kind, paper.template, paper.choice
        if known not in self._templates:
            info = get_template(paper.kind.value)
            data = paper.template if paper.template is not None else info.path.read_bytes()
            self._templates[known] = _Template(info.code, info.title, data, look_of(paper.choice))
        return self._templates[known]

    def filled(self, paper: Printed) -> tuple[dict[str, Any], bytes]:
        """Return the context and the QR code of a document; raises Invalid that names the person."""
        try:
            facts = CertificateFacts.from_snapshot(paper.snapshot)
            context = certificate_context(facts)
            insist_filled(get_template(self.template_of(paper).code), context)
        except Invalid as refusal:
            raise Invalid(f"{paper.name}, № {paper.number}. {refusal.message}") from refusal
        return context, qr_png(facts.check_url)

    def each(self, papers: Sequence[Printed]) -> Iterator[tuple[Printed, bytes]]:
        """Yield each document with its own DOCX; those of one template that stand together are filled together."""
        for template, run in groupby(papers, self.template_of):
            together = list(run)
            filled = map(self.filled, together)
            made = render_each(template.data, filled, title=template.title, look=template.look)
            yield from zip(together, made, strict=True)

    def single(self, paper: Printed) -> bytes:
        """Return the DOCX of one document."""
        return next(data for _paper, data in self.each([paper]))

    def merged(self, papers: Sequence[Printed], tell: Tell = lambda _done: None) -> bytes:
        """Return one DOCX of documents of one template."""
        template = self.template_of(papers[0])
        return merged(template.data, map(self.filled, papers), title=template.title, look=template.look, tell=tell)


def single_papers(papers: Sequence[Printed]) -> Iterator[tuple[Printed, bytes]]:
    """Yield each document with its own DOCX; raises Invalid that names the person whose paper cannot be filled."""
    yield from _Papers().each(papers)


# --- the files -------------------------------------------------------------------------------------------------------


def by_template(papers: Sequence[Printed]) -> list[list[Printed]]:
    """Return the documents in groups of one template, each of which may become one file of Word."""
    known, found = _Papers(), dict[_Template, list[Printed]]()
    for paper in papers:
        found.setdefault(known.template_of(paper), []).append(paper)
    return list(found.values())


def _merged(papers: Sequence[Printed], tell: Tell) -> bytes:
    known = _Papers()
    templates = [known.template_of(group[0]) for group in by_template(papers)]
    titles = list(dict.fromkeys(template.title for template in templates))
    if len(titles) > 1:
        names = ", ".join(quoted(title) for title in titles)
        raise Invalid(
            f"Среди выбранных есть разные документы: {names}. В один файл Word входят документы одного вида: отберите их "
            "по виду или напечатайте отдельными файлами или в PDF."
        )
    if len(templates) > 1:
        raise Invalid(
            f"Эти документы ({quoted(titles[0])}) выданы по разным шаблонам, а в один файл Word входят документы одного шаблона. "
            "Напечатайте отдельными файлами или в PDF: каждый документ выйдет по своему."
        )
    return known.merged(papers, tell)


def _write_zip(papers: Sequence[Printed], path: Path, tell: Tell) -> None:
    width = max(3, len(str(len(papers))))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for number, (paper, data) in enumerate(single_papers(papers), 1):
            name = safe_name(f"{number:0{width}d} {paper.name}, {paper.number}")
            archive.writestr(f"{name}.docx", data)
            tell(number)


def _write_pdf(papers: Sequence[Printed], path: Path, tell: Tell, *, duplex: bool) -> str:
    """Write one PDF with a bookmark for each person; return how many pages there are and whose paper takes more than one."""
    known, book, long = _Papers(), PdfWriter(), []
    with tempfile.TemporaryDirectory(prefix="kadry-print-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        for paper, source, first, pages in _converted(known, papers, folder, tell):
            start = len(book.pages)
            for page in source.pages[first : first + pages]:
                book.add_page(page)
            book.add_outline_item(title=f"{paper.name}, № {paper.number}", page_number=start)
            if duplex and pages % 2:
                # the back stays empty: the next person begins on a sheet of its own
                book.add_blank_page()
            if pages > 1:
                long.append(paper.name)
        number = len(book.pages)
        book.write(path)
    words = f"{count(number, 'страница', 'страницы', 'страниц')}."
    if not long:
        return words
    more = f" и ещё {len(long) - NAMED}" if len(long) > NAMED else ""
    return f"{words} Больше одной страницы: {', '.join(long[:NAMED])}{more}. Проверьте эти листы перед печатью."


def _converted(
    known: _Papers, papers: Sequence[Printed], folder: Path, tell: Tell
) -> Iterator[tuple[Printed, PdfReader, int, int]]:
    """Yield each document with the PDF it stands in, its first page there and the number of its pages."""
    chunks = list(_chunks(known, papers))
    sources = []
    for n, chunk in enumerate(chunks):
        source = folder / f"{n:05d}.docx"
        source.write_bytes(_together(known, chunk))
        sources.append(source)
        tell(0)
    ends = [0]
    for chunk in chunks:
        ends.append(ends[-1] + len(chunk))
    made = to_pdfs(sources, folder / "pdf", timeout=CHUNK_SECONDS, tell=lambda files: tell(ends[files]))
    for n, (chunk, file) in enumerate(zip(chunks, made, strict=True)):
        reader = PdfReader(file)
        if len(reader.pages) == len(chunk):
            yield from ((paper, reader, page, 1) for page, paper in enumerate(chunk))
            continue
        # somebody's paper is longer than a page: only single files tell whose
        singles = [folder / f"{n:05d}-{i:03d}.docx" for i in range(len(chunk))]
        for single, (_paper, data) in zip(singles, known.each(chunk), strict=True):
            single.write_bytes(data)
        made_singly = to_pdfs(singles, folder / "pdf", timeout=CHUNK_SECONDS, tell=lambda _files: tell(len(papers)))
        for paper, own in zip(chunk, map(PdfReader, made_singly), strict=True):
            yield paper, own, 0, len(own.pages)


def _together(known: _Papers, chunk: Sequence[Printed]) -> bytes:
    """Return a chunk's DOCX; a chunk of one needs no merging, so a template that cannot be merged is printed too."""
    return known.single(chunk[0]) if len(chunk) == 1 else known.merged(chunk)


def _chunks(known: _Papers, papers: Sequence[Printed]) -> Iterator[Sequence[Printed]]:
    """Cut the documents into runs of one template of at most ``CHUNK``; one by one where the template cannot be merged."""
    for template, run in groupby(papers, known.template_of):
        together = list(run)
        step = CHUNK if _is_mergeable(known, together[0], template) else 1
        yield from (together[start : start + step] for start in range(0, len(together), step))


def _is_mergeable(known: _Papers, paper: Printed, template: _Template) -> bool:
    try:
        merged(template.data, [known.filled(paper)], title=template.title, look=template.look)
    except Invalid:
        # a faulty template is refused again, and in words, when the single paper is made
        return False
    return True
