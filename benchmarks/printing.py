"""3,000 удостоверения with QR codes: single files in a ZIP and one merged file, beside docxtpl and docxcompose.

``python -m benchmarks.printing [--people 3000] [--rival 150]``. Each side is a process of its own; the rivals print fewer people
(``--rival``), because their time a person is known soon; docxcompose's grows with the people, so its figure is the kindest one.
The plain side is the customer's own way: ``DocxTemplate(file).render(context)`` and ``save`` for each person.
Times are those of the processor, so that other work on the machine does not count. ``pip install docxcompose`` is needed for its
row. Aims: ≥ 15 times faster a person, ≤ 350 MB.
"""

from __future__ import annotations

import argparse
import datetime as dt
import io
import json
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import segno
from docx import Document
from docxtpl import DocxTemplate

from app.documents.docx.docx_template import sandbox
from app.documents.papers.certificate import CertificateFacts, certificate_context
from app.documents.qr import qr_png
from app.documents.templates.merged import MergedDocx
from app.documents.templates.templates import get_template, render_docx
from app.statuses import CertificateKind, Sex

TEMPLATE = get_template("certificate").path
NAMES = ("Иванова", "Петрова", "Салтыкова-Щедрина", "Ёлкина", "Римская-Корсакова")


def facts(number: int) -> Iterator[CertificateFacts]:
    """Facts of invented people."""
    for n in range(1, number + 1):
        yield CertificateFacts(
            kind=CertificateKind.CERTIFICATE,
            number=f"{n:05d}/2026",
            issued_on=dt.date(2026, 3, 2),
            last_name=NAMES[n % len(NAMES)],
            first_name="Анна",
            patronymic="Ивановна",
            sex=Sex.FEMALE,
            organization="государственное бюджетное учреждение дополнительного профессионального образования",
            city="Самара",
            program=f"Современный урок математики: содержание и методика, часть {n % 40}",
            hours=36,
            starts_on=dt.date(2026, 2, 2),
            ends_on=dt.date(2026, 2, 20),
            head_name="М. П. Иванова",
            secretary="П. С. Сидоров",
            check_url=f"https://portal.example.org/verify/{n:022d}",
        )


def contexts(number: int) -> Iterator[dict[str, Any]]:
    """What is printed of each person."""
    return map(certificate_context, facts(number))


def single(number: int) -> bytes:
    """The portal: a ZIP of single files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for n, context in enumerate(contexts(number), 1):
            archive.writestr(f"{n:05d}.docx", render_docx("certificate", context, picture=qr_png(context["check_url"])))
    return made.getvalue()


def merged(number: int) -> bytes:
    """The portal: one file."""
    made = MergedDocx(TEMPLATE.read_bytes(), title="Удостоверение")
    for context in contexts(number):
        made.add(context, qr_png(context["check_url"]))
    return made.finish()


def plain_one(context: dict[str, Any]) -> bytes:
    """docxtpl: one person."""
    document = DocxTemplate(TEMPLATE)
    document.init_docx()
    code = io.BytesIO()
    segno.make(context["check_url"], error="m").save(code, kind="png", scale=8, border=2)
    code.seek(0)
    document.replace_media(_white_picture(), code)
    document.render({**context, "on_blank": False}, jinja_env=sandbox(), autoescape=True)
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def _white_picture() -> io.BytesIO:
    with zipfile.ZipFile(TEMPLATE) as archive:
        name = next(n for n in archive.namelist() if n.startswith("word/media/"))
        return io.BytesIO(archive.read(name))


def plain(number: int) -> bytes:
    """docxtpl: a ZIP of single files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for n, context in enumerate(contexts(number), 1):
            archive.writestr(f"{n:05d}.docx", plain_one(context))
    return made.getvalue()


def composed(number: int) -> bytes:
    """docxtpl and docxcompose: one file."""
    from docxcompose.composer import Composer

    composer = None
    for context in contexts(number):
        document = Document(io.BytesIO(plain_one(context)))
        if composer is None:
            composer = Composer(document)
        else:
            composer.doc.add_page_break()
            composer.append(document)
    assert composer is not None
    made = io.BytesIO()
    composer.save(made)
    return made.getvalue()


SIDES: dict[str, Callable[[int], bytes]] = {"single": single, "merged": merged, "plain": plain, "composed": composed}


def run(side: str, number: int) -> None:
    """One side: print its seconds and the peak of its memory as JSON; keep what it made."""
    started = time.process_time()
    made = SIDES[side](number)
    seconds = time.process_time() - started
    Path(tempfile.gettempdir(), f"kadry-printing-{side}").write_bytes(made)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "each": seconds / number * 1000, "peak": peak, "size": len(made) / 2**20}))


def measure(side: str, number: int, rounds: int) -> dict[str, float]:
    """The median round of a side, each in a process of its own."""
    found = []
    for _ in range(rounds):
        command = [sys.executable, "-m", "benchmarks.printing", "--side", side, "--people", str(number)]
        found.append(json.loads(subprocess.run(command, capture_output=True, check=True).stdout))
    return sorted(found, key=lambda one: one["each"])[len(found) // 2]


def differing(number: int) -> int:
    """How many of the portal's files say something else than docxtpl's, field by field."""
    return sum(
        _texts(render_docx("certificate", c, picture=qr_png(c["check_url"]))) != _texts(plain_one(c))
        for c in contexts(number)
    )


def _texts(file: bytes) -> list[str]:
    document = Document(io.BytesIO(file))
    return [cell.text for t in document.tables for row in t.rows for cell in row.cells] + [
        p.text for p in document.paragraphs
    ]


def main() -> int:
    """Measure the sides in turn and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=3000)
    parser.add_argument("--rival", type=int, default=150)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--side", choices=SIDES)
    options = parser.parse_args()
    if options.side:
        run(options.side, options.people)
        return 0
    rows = {}
    for side in SIDES:
        try:
            rows[side] = measure(
                side, options.people if side in ("single", "merged") else options.rival, options.rounds
            )
        except subprocess.CalledProcessError as error:
            # docxcompose may be absent
            print(f"{side}: not measured, {error.stderr.decode().strip().splitlines()[-1]}", file=sys.stderr)
    print("| way | people | ms a person | seconds | peak, MB | ratio |\n|-|-|-|-|-|-|")
    for side, against in (("single", "plain"), ("merged", "composed"), ("plain", ""), ("composed", "")):
        if side in rows:
            one, number = rows[side], options.people if against else options.rival
            ratio = f"**{rows[against]['each'] / one['each']:.0f}** × {against}" if against in rows else ""
            print(f"| {side} | {number} | {one['each']:.2f} | {one['seconds']:.1f} | {one['peak']:.0f} | {ratio} |")
    wrong = differing(40)
    print(f"\nFiles that differ from docxtpl's, of 40: {wrong}.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
