"""300 удостоверения to one PDF: seconds and pages a second, one start of LibreOffice beside one start for each file.

``python -m benchmarks.pdf [--people 300] [--rival 5]``. The portal's side is what «Один файл PDF» does: merged files of fifty
people, one start, joined. The rival starts LibreOffice for every file, as is usual; it prints fewer people (``--rival``), because
its time a person is known soon. Seconds are those of the clock: LibreOffice is a process of its own.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from pypdf import PdfReader

from app.documents.office.pdf import find_office, to_pdf
from app.documents.papers.bulk_papers import CHUNK, PDF, write_papers
from app.documents.papers.certificate import CertificateFacts, render_certificate
from app.services.paper.printing.bulk_printing import Printed
from benchmarks.printing import facts


def papers(number: int) -> list[Printed]:
    """Documents of invented people as the database keeps them."""
    return [Printed(n, made.kind, made.number, made.to_snapshot()) for n, made in enumerate(facts(number), 1)]


def batch(people: list[Printed], folder: Path) -> float:
    """Seconds of the portal's way; raises AssertionError unless each person has a page."""
    began = time.perf_counter()
    write_papers(PDF, people, folder / "all.pdf")
    seconds = time.perf_counter() - began
    assert len(PdfReader(folder / "all.pdf").pages) == len(people)
    return seconds


def one_by_one(people: list[Printed]) -> float:
    """Seconds of a start for each file."""
    began = time.perf_counter()
    for paper in people:
        to_pdf(render_certificate(CertificateFacts.from_snapshot(paper.snapshot)))
    return time.perf_counter() - began


def main() -> None:
    """Measure both sides and print a table."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--people", type=int, default=300)
    reader.add_argument("--rival", type=int, default=5)
    given = reader.parse_args()
    if find_office() is None:
        raise SystemExit("LibreOffice is not installed: nothing to measure")
    with tempfile.TemporaryDirectory() as folder:
        seconds = batch(papers(given.people), Path(folder))
    slow = one_by_one(papers(given.rival)) / given.rival
    own = seconds / given.people
    print("| way | people | seconds | pages a second | ms a person |\n|-|-|-|-|-|")
    print(f"| one start, files of {CHUNK} | {given.people} | {seconds:.1f} | {1 / own:.1f} | {own * 1000:.0f} |")
    print(f"| a start for each file | {given.rival} | {slow * given.rival:.1f} | {1 / slow:.1f} | {slow * 1000:.0f} |")
    print(f"\nOne start is {slow / own:.0f} times faster a person.")


if __name__ == "__main__":
    main()
