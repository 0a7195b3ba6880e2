"""Pre-flight of 100,000 documents for ФИС ФРДО, from the facts and from the database, and the file of as many rows.

``python -m benchmarks.frdo [--rows 100000] [--database]``. Without ``--database`` only the pure part is run: forty texts of each
document, every rule, then the official-looking workbook. With it the documents are read from PostgreSQL by the portal's own
pre-flight (10,000 people, each with ten documents, are made once and kept). Aim: pre-flight ≤ 10 s. Times are wall-clock
and of the processor, because other work on the machine slows the first only.
"""

from __future__ import annotations

import argparse
import datetime as dt
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from sqlalchemy import text

from app.documents.frdo.frdo_check import Preflight
from app.documents.frdo.frdo_columns import FrdoFacts, Lists, frdo_values
from app.documents.frdo.frdo_workbook import write_plain
from benchmarks.workbench import make_app, server
from tests.documents.frdo_facts import GOOD, lists

YEAR, TODAY = 2026, dt.date(2026, 12, 31)
SURNAMES = ("Иванова", "Петрова-Водкина", "Ёлкина", "Cидорова", "Римская-Корсакова", "Smith")


def snils(number: int) -> str:
    """A СНИЛС with the right control number."""
    digits = f"{700_000_000 + number:09d}"
    control = sum(int(d) * w for d, w in zip(digits, range(9, 0, -1), strict=True)) % 101 % 100
    return f"{digits}{control:02d}"


def facts(number: int) -> Iterator[FrdoFacts]:
    """Documents of different people; each tenth lacks something, some are written with a dash or a Latin letter."""
    for n in range(number):
        yield replace(
            GOOD,
            certificate_id=n,
            employee_id=n,
            registration=f"{n:06d}/{YEAR}",
            number=f"{n:06d}",
            snils=snils(n),
            program=f"Урок – «диалог», часть {n % 400}",
            last_name=SURNAMES[n % len(SURNAMES)],
            birth_date=dt.date(1960, 1, 1) + dt.timedelta(days=n % 12_000) if n % 10 else None,
            diploma_number=f"{n:07d}",
        )


def preflight(found: list[FrdoFacts], allowed: Lists) -> int:
    """Forty texts and every rule of each document; the number of faults."""
    check = Preflight(allowed, year=YEAR, today=TODAY)
    return sum(len(check.check(it, frdo_values(it, allowed))) for it in found)


def timed(name: str, work: Callable[[], int], runs: int) -> None:
    """Run a work several times and print its median times."""
    wall, cpu, came = [], [], 0
    for _ in range(runs):
        started, used = time.perf_counter(), time.process_time()
        came = work()
        wall.append(time.perf_counter() - started)
        cpu.append(time.process_time() - used)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(
        f"{name:<44} {statistics.median(wall):7.2f} s  {statistics.median(cpu):7.2f} s cpu  {came:>8}  peak {peak} MB"
    )


# --- from the database -----------------------------------------------------------------------------------------------

_PEOPLE = 10_000
_FILL = (
    "INSERT INTO organization (full_name, short_name, type_id, territory_id, municipality_id, ownership, is_organizer, city,"
    " head_name, licence_date) SELECT 'Институт', 'Институт', min(t.id), (SELECT min(id) FROM territory),"
    " (SELECT min(id) FROM municipality), 'regional', true, 'Самара', 'Иванова М. П.', '2015-01-01' FROM organization_type t",
    "INSERT INTO employee (last_name, first_name, patronymic, birth_date, sex) SELECT 'Петрова', 'Анна', 'Ивановна',"
    " DATE '1960-01-01' + n, 'female' FROM generate_series(1, :people) n",
    "INSERT INTO employment (employee_id, organization_id, position_id, started_on) SELECT e.id, o.id, (SELECT min(id) FROM"
    " position), '2015-09-01' FROM employee e, organization o",
    "INSERT INTO qualification (employee_id, level_id, series, number, is_main) SELECT e.id, l.id, 'ВСГ', '1234567', true"
    " FROM employee e JOIN education_level l ON l.code = 'specialist'",
    "INSERT INTO program (organizer_id, code, title, year, hours, area, specialities_group, funding, status) SELECT o.id, 'П-' || n,"
    " 'Программа ' || n, 2026, 36, 'Образование', 'Образование и педагогические науки', 'Региональный бюджет', 'published'"
    " FROM organization o, generate_series(1, 10) n",
    "INSERT INTO training_group (program_id, organizer_id, number, starts_on, ends_on, enrol_from, enrol_until, place, capacity,"
    " status) SELECT id, organizer_id, code, '2026-02-02', '2026-02-20', '2026-01-01', '2026-02-01', 'Самара', 20000, 'completed'"
    " FROM program",
    "INSERT INTO enrolment (employee_id, group_id, employment_id, status) SELECT w.employee_id, g.id, w.id, 'trained'"
    " FROM employment w, training_group g",
    "INSERT INTO certificate (enrolment_id, employee_id, organizer_id, kind, year, sequence, number, issued_on, template_code,"
    " template_version, snapshot, check_code) SELECT e.id, e.employee_id, g.organizer_id, 'certificate', 2026, e.id,"
    " e.id || '/2026', '2026-03-02', 'certificate', '', jsonb_build_object('program', p.title, 'hours', 36, 'starts_on',"
    " '2026-02-02', 'ends_on', '2026-02-20', 'last_name', 'Петрова', 'first_name', 'Анна', 'patronymic', 'Ивановна'),"
    " md5(e.id::text) FROM enrolment e JOIN training_group g ON g.id = e.group_id JOIN program p ON p.id = g.program_id",
    "ANALYZE",
)


def from_database(runs: int) -> None:
    """The portal's own pre-flight of a year of an organizer."""
    from app.access import acting_as
    from app.actor import Actor, Grant
    from app.cli import initialise
    from app.documents.frdo import frdo_export
    from app.extensions import db

    with server() as running:
        with (
            make_app(running.url("postgres")).app_context(),
            db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
        ):
            if not connection.execute(text("SELECT 1 FROM pg_database WHERE datname = 'frdo'")).first():
                connection.execute(text("CREATE DATABASE frdo"))
        app = make_app(running.url("frdo"))
        initialise(app)
        with app.app_context():
            if not db.session.execute(text("SELECT EXISTS (SELECT 1 FROM certificate)")).scalar_one():
                fill()
            organizer = db.session.execute(text("SELECT min(id) FROM organization")).scalar_one()
            actor = Actor(user_id=None, name="Портал", grants=(Grant("organizer", (organizer,)),))

            def work() -> int:
                with acting_as(actor):
                    found = frdo_export._preflight(organizer, dt.date(YEAR, 1, 1), TODAY)
                db.session.rollback()
                return found.total

            timed("pre-flight from the database", work, runs)


def fill() -> None:
    """Make the people and their documents."""
    from app.extensions import db

    for statement in _FILL:
        db.session.execute(text(statement), {"people": _PEOPLE})
    numbers = {row.id: snils(row.id) for row in db.session.execute(text("SELECT id FROM employee"))}
    db.session.execute(
        text("UPDATE employee SET snils = :snils WHERE id = :id"), [{"id": pk, "snils": s} for pk, s in numbers.items()]
    )
    db.session.commit()


def main() -> None:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--database", action="store_true")
    given = parser.parse_args()
    allowed, made = lists(), list(facts(given.rows))
    timed(f"pre-flight of {given.rows} documents", lambda: preflight(made, allowed), given.runs)
    with tempfile.TemporaryDirectory() as folder:
        rows = [frdo_values(it, allowed) for it in made]
        timed("plain workbook", lambda: write_plain(Path(folder) / "a.xlsx", rows), 1)
    if given.database:
        from_database(given.runs)


if __name__ == "__main__":
    main()
