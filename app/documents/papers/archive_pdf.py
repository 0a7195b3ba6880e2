"""The archive of a person as one PDF: the list of trainings on its first page, then the documents in the order of the list."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pypdf import PdfWriter

from app.documents.office.pdf import to_pdfs
from app.documents.office.scan_pages import scan_as_pdf
from app.documents.papers.bulk_papers import Tell, single_papers
from app.documents.templates.in_force import print_paper
from app.russian import as_signed, capitalized, count, format_date, long_date, quoted
from app.services.paper.printing.bulk_printing import Printed
from app.services.paper.printing.print_templates import WHOLE_PAGE
from app.services.personnel.trainings.training_archive import Archive, Studied

CODE, TITLE = "training_list", "Список обучения"


def list_context(archive: Archive) -> dict[str, Any]:
    """Return the context of the first page."""
    hours = sum(item.hours for item in archive.trainings)
    trainings = count(len(archive.trainings), "обучение", "обучения", "обучений")
    return {
        "full_name": archive.full_name,
        "signed": as_signed(archive.full_name),
        "position": archive.position,
        "workplace": archive.workplace,
        "since": long_date(archive.since),
        "until": long_date(archive.until),
        "rows": [_row(n, item) for n, item in enumerate(archive.trainings, 1)],
        "totals": f"Всего: {trainings}, {count(hours, 'час', 'часа', 'часов')}.",
        "attached": _attached(archive),
    }


def _row(n: int, item: Studied) -> dict[str, Any]:
    days = [format_date(day) for day in (item.started_on, item.ended_on) if day]
    organizer = capitalized(item.organizer)
    return {
        "n": n,
        "period": "\u00a0– ".join(dict.fromkeys(days)),
        "program": quoted(item.program),
        "hours": item.hours,
        "organizer": organizer,
        "document": item.document,
    }


def _attached(archive: Archive) -> str:
    """Which rows of the list have their documents behind it."""
    rows = [str(n) for n, item in enumerate(archive.trainings, 1) if item.is_attached]
    if not rows:
        return "Документов и сканов за этот срок в портале нет."
    if len(rows) == len(archive.trainings):
        return "Документы приложены в порядке списка."
    return f"В порядке списка приложены документы строк: {', '.join(rows)}."


def write_archive(
    archive: Archive,
    papers: Sequence[Printed],
    scans: Mapping[int, Path],
    path: Path,
    tell: Tell = lambda _done: None,
) -> str:
    """Write the PDF to ``path`` and return a sentence about it; LibreOffice is started once for all its parts.

    ``papers`` are the archive's documents in their order, ``scans`` the files of those from outside by id; a document is
    printed on whole pages by its own template. Raises Invalid as ``write_papers`` does, Unavailable when LibreOffice is
    missing or fails.
    """
    whole = [replace(paper, choice=WHOLE_PAGE) for paper in papers]
    parts = [(TITLE, print_paper(CODE, list_context(archive), organizer_id=None))]
    parts += [(f"{paper.kind.label} № {paper.number}", data) for paper, data in single_papers(whole)]
    book = PdfWriter()
    book.add_metadata({"/Title": f"Обучение: {archive.full_name}"})
    with tempfile.TemporaryDirectory(prefix="kadry-archive-", ignore_cleanup_errors=True) as name:
        folder, sources = Path(name), []
        for n, (_title, data) in enumerate(parts):
            sources.append(folder / f"{n:04d}.docx")
            sources[-1].write_bytes(data)
        made = zip((title for title, _data in parts), to_pdfs(sources, folder / "pdf", tell=tell), strict=True)
        _append(book, *next(made))
        for item in archive.trainings:
            if item.certificate_id is not None:
                _append(book, *next(made))
            elif item.scan_id is not None:
                _append(book, f"Скан: {item.program}", scans[item.scan_id])
        pages = len(book.pages)
        book.write(path)
    documents = count(archive.attached, "документ", "документа", "документов")
    return f"В файле список обучения и {documents}, {count(pages, 'страница', 'страницы', 'страниц')}."


def _append(book: PdfWriter, title: str, path: Path) -> None:
    start = len(book.pages)
    for page in scan_as_pdf(path).pages:
        book.add_page(page)
    book.add_outline_item(title=capitalized(title), page_number=start)
