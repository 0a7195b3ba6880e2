"""«Реестр обученных» of 100,000 rows × 25 columns from PostgreSQL to XLSX over HTTP, beside openpyxl in its write-only mode.

``python -m benchmarks.registry [--rows 100000] [--runs 3]``; ``--rows 500000`` works too. The portal reads the rows by its server-side
cursor and answers one HTTP request; openpyxl reads the same statement by a server-side cursor and writes a file. Each run is a process
of its own after a small warm-up; medians are told. The limit above which a file becomes a task of the user is lifted, so that the
time is that of the work. Aims: ≤ 0.2 of openpyxl's time, memory grows by ≤ 64 MB.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.export import watched

ROOT = Path(__file__).resolve().parent.parent
COLUMNS = 25
WARM = 1000

#: every employee of the benchmark's region is trained in one of the groups: one program, 100 groups
_FILL = """
UPDATE organization SET is_organizer = true WHERE id = 1;
INSERT INTO program (organizer_id, code, title, year, hours, status)
  SELECT 1, 'БМ-1', 'Современный урок математики: содержание и методика', 2026, 36, 'published'
  WHERE NOT EXISTS (SELECT FROM program WHERE code = 'БМ-1');
INSERT INTO training_group (program_id, organizer_id, number, starts_on, ends_on, enrol_from, enrol_until, place, capacity, status)
  SELECT p.id, 1, 'БМ-' || n, DATE '2026-02-02', DATE '2026-02-20', DATE '2026-01-01', DATE '2026-01-20', 'Самара', 10000, 'completed'
  FROM program p, generate_series(1, %(groups)s) n WHERE p.code = 'БМ-1'
  AND NOT EXISTS (SELECT FROM training_group g WHERE g.number = 'БМ-' || n);
INSERT INTO enrolment (employee_id, group_id, employment_id, status, result_on, final_form, final_mark, protocol_number)
  SELECT w.employee_id, g.id, w.id, 'trained', DATE '2026-02-20', 'зачёт', 'зачтено', '7'
  FROM (SELECT DISTINCT ON (employee_id) employee_id, id FROM employment ORDER BY employee_id, id) w,
    generate_series(1, %(copies)s) copy
  JOIN training_group g ON true
  WHERE g.number = 'БМ-' || (w.employee_id %% 20 + 20 * (copy - 1) + 1)
  AND NOT EXISTS (SELECT FROM enrolment);
ANALYZE enrolment, training_group, program;
"""


def fill(url: str, rows: int) -> None:
    """Make ``rows`` trained listeners of the region's people (each stands in as many groups as are needed)."""
    import psycopg2

    copies = -(-rows // 100_000)
    connection = psycopg2.connect(url.replace("postgresql+psycopg2", "postgresql"))
    with connection, connection.cursor() as cursor:
        cursor.execute(_FILL, {"groups": 20 * copies, "copies": copies})
    connection.close()


def _names() -> str:
    from app.documents.registries.trained import TRAINED

    return ",".join(column.name for column in TRAINED.columns[:COLUMNS])


def portal(url: str, path: Path, rows: int) -> Callable[[], None]:
    """«Скачать Excel» over HTTP."""
    from app.web.paper import registry_view
    from benchmarks.workbench import make_app, session_cookie
    from benchmarks.wsgi_side import call

    app = make_app(url)
    registry_view.AT_ONCE = 10**9
    cookie = session_cookie(app)

    def ask(query: str) -> None:
        status, body = call(app, f"/registries/download/?code=trained&columns={_names()}{query}", cookie)
        if not status.startswith("200"):
            raise SystemExit(status)
        path.write_bytes(body)

    ask("&organization=2")
    return lambda: ask("")


def openpyxl(url: str, path: Path, rows: int) -> Callable[[], None]:
    """What most would write: the same rows, by a server-side cursor, to openpyxl that keeps no cells."""
    from openpyxl import Workbook

    from app.access import acting_as
    from app.clock import today
    from app.documents.registries.declared import read_asked
    from app.documents.registries.reading import columns_of, read_rows
    from app.documents.registries.trained import TRAINED
    from app.services.portal.who_acts import SYSTEM
    from benchmarks.workbench import make_app

    app = make_app(url)

    def write(limit: int | None) -> None:
        asked = read_asked(TRAINED, {"columns": _names()}, today=today())
        with app.app_context(), acting_as(SYSTEM):
            book = Workbook(write_only=True)
            sheet = book.create_sheet("Реестр обученных")
            sheet.append([column.title for column in columns_of(asked)])
            for row in read_rows(asked, limit=limit):
                sheet.append(row)
            book.save(path)

    write(WARM)
    return lambda: write(None)


SIDES: dict[str, Callable[[str, Path, int], Callable[[], None]]] = {"portal": portal, "openpyxl": openpyxl}


def run_side(name: str, url: str, rows: int) -> None:
    """Measure one side in this process and print its figures."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "registry.xlsx"
        work = SIDES[name](url, path, rows)
        with watched() as found:
            work()
        print(json.dumps({**found, "megabytes": path.stat().st_size / 1e6}))


def measured(name: str, url: str, rows: int, runs: int) -> dict[str, float]:
    """Medians of one side over runs in processes of their own."""
    command = [sys.executable, "-m", "benchmarks.registry", "--side", name, "--rows", str(rows), "--url", url]
    answers: list[dict[str, Any]] = []
    for _ in range(runs):
        answer = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
        answers.append(json.loads(answer.splitlines()[-1]))
    return {key: statistics.median(found[key] for found in answers) for key in answers[0]}


def main() -> None:
    """Build the region, compare both sides, tell the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--side", choices=list(SIDES))
    parser.add_argument("--url", default="")
    options = parser.parse_args()
    if options.side:
        run_side(options.side, options.url, options.rows)
        return
    from benchmarks.workbench import server

    with server() as running:
        url = options.url or running.url()
        subprocess.run([sys.executable, "-m", "benchmarks.region", url], cwd=ROOT, check=True)
        fill(url, options.rows)
        print("| what | seconds | memory grows by, MB | file, MB |\n|-|-|-|-|")
        found = {}
        for name, words in (("portal", "portal over HTTP"), ("openpyxl", "openpyxl write-only")):
            found[name] = measured(name, url, options.rows, options.runs)
            line = found[name]
            print(f"| {words} | {line['seconds']:.1f} | {line['growth']:.0f} | {line['megabytes']:.1f} |", flush=True)
        print(f"\nratio: {found['portal']['seconds'] / found['openpyxl']['seconds']:.2f}")


if __name__ == "__main__":
    main()
