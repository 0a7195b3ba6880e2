"""A list of the whole region in one file: 20,000 rows checked, applied and undone on the embedded PostgreSQL.

Each measurement is a process of its own, so that its memory is its own: `python -m benchmarks.import`.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from flask import Flask
from sqlalchemy import select, text

from app import models as m
from app.access import acting_as, unscoped
from app.clock import today
from app.demo.names import PersonGenerator
from app.exchange.staff.staff_import import STAFF
from app.exchange.staff.staff_sample import build_staff_sample
from app.extensions import db
from app.identifiers import format_snils
from app.services.access.accounts import find_account
from benchmarks import region
from benchmarks.workbench import FOLDER, LOGIN, make_app, server

ROWS, KNOWN, WRONG = 20_000, 4_000, 200
RUNS = 3
FILE = FOLDER / "region-list.xlsx"


def main() -> None:
    """Measure ``RUNS`` times and print the medians; the application is undone, so that each run finds the same region."""
    with server() as running:
        app = make_app(running.url())
        region.build(app)
        with app.app_context():
            if not FILE.exists():
                FILE.write_bytes(build_staff_sample(_people()))
            print(f"{ROWS} rows, {FILE.stat().st_size / 2**20:.1f} MB", file=sys.stderr)
        found = [_round(running.url()) for _ in range(RUNS)]
    print("| what | seconds | of processor | peak of the process, MB | peak of its reading child, MB |\n|-|-|-|-|-|")
    for step in STEPS:
        values = [statistics.median(run[step][figure] for run in found) for figure in range(4)]
        print(f"| {step} | {values[0]:.1f} | {values[1]:.1f} | {values[2]:.0f} | {values[3]:.0f} |")
    print(
        f"\nseconds of each run: { {step: [round(run[step][0], 1) for run in found] for step in STEPS} }",
        file=sys.stderr,
    )


def _people() -> Iterator[dict[str, Any]]:
    """Rows of the file: known people as they are stored, new ones, and some with a wrong СНИЛС."""
    rng = Random(20_000)
    new = PersonGenerator(rng, today=today())
    with unscoped("the benchmark's own region"):
        schools = list(db.session.scalars(select(m.Organization.short_name).order_by(m.Organization.id)))
        place = select(m.Employee, m.Organization.short_name, m.Position.name).join_from(m.Employee, m.Employment)
        known = db.session.execute(
            place.join(m.Organization).join(m.Position).where(m.Employment.ended_on.is_(None), m.Employment.kind == "main")
            .order_by(m.Employee.id).limit(KNOWN)
        ).all()  # fmt: skip
    for person, school, position in known:
        yield {
            **_row(person.last_name, person.first_name, person.patronymic, person.birth_date),
            "snils": format_snils(person.snils), "organization": school, "position": position,
        }  # fmt: skip
    for number in range(ROWS - len(known)):
        p = new.person()
        snils = format_snils(p.snils)
        yield {
            **_row(p.last, p.first, p.patronymic, p.birth_date),
            "snils": f"{snils[:-2]}00" if number < WRONG else snils,
            "organization": schools[number % len(schools)],
            "position": "учитель математики" if number % 3 else "Воспитатель",
            "email": p.email,
            "phone": p.phone,
            "sex": "М" if p.sex == "male" else "Ж",
        }


def _row(last: str, first: str, patronymic: str | None, birth: Any) -> dict[str, Any]:
    return {
        "municipality": "муниципальный район Красноярский",
        "last_name": last, "first_name": first, "patronymic": patronymic, "birth_date": birth,
        "activity": "Педагогическая", "education_level": "Высшее", "diploma_series": "ВСА", "diploma_number": "0012345",
        "teaching_years": 12, "position_years": 8,
    }  # fmt: skip


# --- one measurement in a process of its own -------------------------------------------------------------------------


def _preview(app: Flask, _batch: int) -> int:
    return STAFF.preview(FILE.name, FILE.read_bytes()).id


def _apply(app: Flask, batch: int) -> int:
    print(STAFF.words_of(STAFF.apply(batch, skip_errors=True)), file=sys.stderr)
    return batch


def _undo(app: Flask, batch: int) -> int:
    print(STAFF.undone_words(STAFF.undo(batch)), file=sys.stderr)
    return batch


STEPS: dict[str, Callable[[Flask, int], int]] = {"preview": _preview, "apply": _apply, "undo": _undo}


def _round(url: str) -> dict[str, tuple[float, ...]]:
    batch, found = 0, {}
    for step in STEPS:
        command = [sys.executable, "-m", "benchmarks.import", step, str(batch), url]
        answer = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        batch, *figures = answer
        found[step] = tuple(figures)
    return found


def _measure(step: str, batch: int, url: str) -> None:
    app = make_app(url)
    with app.app_context(), acting_as(find_account(LOGIN).actor):
        db.session.execute(text("SELECT 1"))
        begun, started = time.perf_counter(), _processor_seconds()
        batch = STEPS[step](app, batch)
        seconds = time.perf_counter() - begun
        busy = _processor_seconds() - started
    own, child = (resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(json.dumps([batch, seconds, busy, own, child]))


def _processor_seconds() -> float:
    """Of this process and of its reading child: what a machine shared with others does not change."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _measure(sys.argv[1], int(sys.argv[2]), sys.argv[3])
    else:
        main()
