"""The catalogue of one person among 5,000 open groups: time in the database for a page, beside deciding in Python.

``python -m benchmarks.catalogue [--people 40] [--rounds 5]``; of the rounds the least counts, so that other work on the machine does
not; the region is a database of its own, kept for the next run. The plain side does
what a first version would do: loads every open group with its program's targets, asks ``rules`` about each, sorts, cuts a page.
Both must find the same number of suitable groups, or the run stops.
"""

from __future__ import annotations

import argparse
import datetime as dt
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import psycopg2
from sqlalchemy import event, select
from sqlalchemy.orm import joinedload, selectinload

from app import models as m
from app.access import acting_as
from app.actor import Actor, Grant
from app.clock import today
from app.embedded_postgres import EmbeddedPostgres
from app.extensions import db
from app.rules.enrolment import Quota, Room, may_enrol
from app.rules.suitability import Workplace
from app.services.courses.enrolment import catalogue, course_facts
from app.services.courses.enrolment.catalogue_sql import Asked, Seeker
from app.statuses import GroupStatus
from benchmarks.workbench import make_app, server

DATABASE = "catalogue"
EMPLOYEES, ORGANIZATIONS, ORGANIZERS, PROGRAMS, GROUPS = 100_000, 3_000, 40, 400, 5_000
TERRITORIES = 13
LIMIT_MS = 30
MONTH = 30

QUESTIONS: dict[str, Asked] = {
    "first page": Asked(),
    "only suitable": Asked(only_suitable=True),
    "suitable with a seat": Asked(only_suitable=True, only_free=True),
    "words of the program": Asked(words=("урок:*", "цифр:*")),
    "a word of the place": Asked(words=("тольят:*",)),
    "free seats, 36 hours and more": Asked(only_free=True, hours_from=36),
    "with programs that have no group": Asked(with_programs=True),
}

REGION = (
    "INSERT INTO territory (code, name, short_name, kind) SELECT 'b' || n, 'Управление ' || n, 'Управление ' || n, 'ministry_body'"
    f" FROM generate_series(1, {TERRITORIES}) n",
    "INSERT INTO organization (full_name, short_name, type_id, territory_id, municipality_id, ownership, is_organizer)"
    " SELECT 'Школа № ' || n, 'Школа № ' || n, t.ids[1 + n % cardinality(t.ids)], (SELECT id FROM territory WHERE code = 'b1'),"
    f" p.ids[1 + n % cardinality(p.ids)], 'municipal', n <= {ORGANIZERS} FROM generate_series(1, {ORGANIZATIONS}) n,"
    " (SELECT array_agg(id ORDER BY id) ids FROM organization_type) t, (SELECT array_agg(id ORDER BY id) ids FROM municipality) p",
    "INSERT INTO employee (last_name, first_name, patronymic, birth_date) SELECT 'Фамилия' || abs(hashint4(n)) % 5000,"
    f" 'Имя' || n % 200, 'Отчество', '1980-05-17' FROM generate_series(1, {EMPLOYEES}) n",
    "INSERT INTO employment (employee_id, organization_id, position_id, started_on, status) SELECT e.id,"
    f" (SELECT min(id) FROM organization) + abs(hashint4(e.id)) % {ORGANIZATIONS}, p.ids[1 + e.id % cardinality(p.ids)],"
    " '2015-09-01', 'confirmed' FROM employee e, (SELECT array_agg(id ORDER BY id) ids FROM position) p",
    "INSERT INTO employment_subject SELECT w.id, s.ids[1 + w.id % cardinality(s.ids)] FROM employment w,"
    " (SELECT array_agg(id ORDER BY id) ids FROM subject) s WHERE w.id % 2 = 0",
    "INSERT INTO voucher (number, employee_id, rule_id, issued_on, valid_until) SELECT 'b' || id, id, (SELECT max(id) FROM voucher_rule),"
    " current_date - 100, current_date + 900 FROM employee",
    "INSERT INTO voucher_block (voucher_id, code, title, kind, hours_min, hours_max, ordering)"
    " SELECT v.id, b.code, b.title, b.kind, b.hours_min, b.hours_max, b.ordering FROM voucher v, voucher_rule_block b"
    " WHERE b.rule_id = v.rule_id",
    "INSERT INTO program (organizer_id, code, title, year, hours, kind, form, distance, block, annotation, status)"
    f" SELECT (SELECT min(id) FROM organization) + n % {ORGANIZERS}, 'П-' || n,"
    " (ARRAY['Современный урок', 'Работа с одарёнными детьми', 'Цифровая школа', 'Инклюзивное образование'])[1 + n % 4] || ': часть ' || n,"
    " 2026, (ARRAY[16, 18, 24, 36, 36, 72])[1 + n % 6], 'advanced', (ARRAY['full_time', 'mixed', 'correspondence'])[1 + n % 3], n % 3 = 0,"
    " (ARRAY['invariant', 'variable', 'variable', NULL])[1 + n % 4],"
    " 'Программа повышения квалификации для педагогических работников образовательных организаций региона: нормативные основы,"
    " практикум, проектирование урока, оценивание результатов, работа с родителями, цифровые средства. Часть ' || n,"
    f" 'published' FROM generate_series(1, {PROGRAMS}) n",
    "INSERT INTO program_organization_type SELECT p.id, t.id FROM program p, organization_type t WHERE p.id % 2 = 0 AND (p.id + t.id) % 3 = 0",
    "INSERT INTO program_position SELECT p.id, t.id FROM program p, position t WHERE p.id % 3 > 0 AND (p.id + t.id) % 5 = 0",
    "INSERT INTO program_subject SELECT p.id, t.id FROM program p, subject t WHERE p.id % 4 = 1 AND (p.id + t.id) % 6 = 0",
    "INSERT INTO training_group (program_id, organizer_id, number, starts_on, ends_on, enrol_from, enrol_until, place, municipality_id,"
    " capacity, taken, status) SELECT p.id, p.organizer_id, 'Г-' || n, current_date + 5 + n % 300, current_date + 12 + n % 300,"
    " current_date - 5 + (n % 7), current_date + 3 + n % 300, (ARRAY['Самара', 'Тольятти', 'Сызрань', 'Отрадный'])[1 + n % 4]"
    f" || ', ул. Садовая, д. ' || n % 90, m.ids[1 + n % cardinality(m.ids)], 25, n % 26, 'open' FROM generate_series(1, {GROUPS}) n"
    f" JOIN program p ON p.id = (SELECT min(id) FROM program) + n % ({PROGRAMS} - 20),"
    " (SELECT array_agg(id ORDER BY id) ids FROM municipality) m",
    # each second group: six territories and four organizations have quotas, some of them full
    "INSERT INTO group_quota (group_id, territory_id, seats, taken) SELECT g.id, t.id, 3, (g.id + t.id) % 4 FROM training_group g"
    " JOIN territory t ON (g.id / 2 + t.id) % 2 = 0 WHERE g.id % 2 = 0 AND t.code LIKE 'b%'",
    "INSERT INTO group_quota (group_id, organization_id, seats, taken) SELECT g.id, o.first + (abs(hashint4(g.id)) + n * 701)"
    f" % {ORGANIZATIONS}, 2, (g.id + n) % 3 FROM training_group g, generate_series(1, 4) n,"
    " (SELECT min(id) first FROM organization) o WHERE g.id % 2 = 0",
    # the run finds by it that an earlier one came to its end
    "INSERT INTO enrolment (employee_id, employment_id, group_id, status) SELECT w.employee_id, w.id, g.id, 'applied' FROM employment w"
    f" JOIN training_group g ON g.id = (SELECT min(id) FROM training_group) + w.id % {GROUPS} WHERE w.id % 4 = 0",
)


def main() -> None:
    """Build what is missing, ask for several people in turn, print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with server() as running:
        app = make_app(_build(running))
        with app.app_context():
            ids = list(db.session.scalars(select(m.Employee.__table__.c.id).order_by(m.Employee.__table__.c.id)))
            people = ids[:: max(1, len(ids) // options.people)][: options.people]
            print(_table(people, options.rounds))


def _build(running: EmbeddedPostgres) -> str:
    from app.cli import initialise

    url = running.url(DATABASE)
    if not _sql(running, "postgres", f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"):
        _sql(running, "postgres", f"CREATE DATABASE {DATABASE}")
    initialise(make_app(url))
    if not _sql(running, DATABASE, "SELECT 1 FROM enrolment LIMIT 1"):
        print("Building the region, about a minute…", file=sys.stderr)
        for statement in REGION:
            _sql(running, DATABASE, statement)
        _sql(running, DATABASE, "VACUUM ANALYZE")
    return url


def _sql(running: EmbeddedPostgres, database: str, statement: str) -> list[Any]:
    connection = psycopg2.connect(running.url(database).replace("postgresql+psycopg2", "postgresql"))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


# --- what is measured ------------------------------------------------------------------------------------------------


def _table(people: list[int], rounds: int) -> str:
    sides: dict[str, dict[str, list[Cost]]] = {}
    for turn, pk in enumerate(people):
        with acting_as(Actor(user_id=1, name="Работник", employee_id=pk, grants=(Grant("worker"),))):
            for name, asked in QUESTIONS.items():
                _note(sides, name, turn, _least(partial(_page, asked), rounds))
            _note(sides, f"calendar, {MONTH} days", turn, _least(_month, rounds))
            _note(sides, "plain: all groups decided in Python", turn, _least(_plain, 1))
            found = _page(QUESTIONS["only suitable"]), _page(QUESTIONS["suitable with a seat"])
            decided = _plain()
        if found != decided:
            raise SystemExit(f"The sides disagree about person {pk}: {found} suitable groups and {decided}.")
        db.session.rollback()
    lines = ["| what | SQL, median ms | SQL, p95 ms | statements | whole, median ms |", "|-|-|-|-|-|"]
    return "\n".join([*lines, *(_line(name, costs) for name, costs in sides.items())])


class Cost:
    """Milliseconds in the database, all milliseconds, statements."""

    def __init__(self, sql: float, whole: float, statements: int) -> None:
        self.sql, self.whole, self.statements = sql, whole, statements


def _note(sides: Any, name: str, turn: int, cost: Cost) -> None:
    if turn:  # the first person warms up
        sides.setdefault(name, []).append(cost)


def _line(name: str, costs: list[Cost]) -> str:
    sql = [cost.sql for cost in costs]
    p95 = statistics.quantiles(sql, n=20, method="inclusive")[-1]
    whole = statistics.median(cost.whole for cost in costs)
    return f"| {name} | {statistics.median(sql):.1f} | {p95:.1f} | {max(c.statements for c in costs)} | {whole:.1f} |"


def _least(work: Callable[[], Any], rounds: int) -> Cost:
    return min((_measured(work) for _ in range(rounds)), key=lambda cost: cost.sql)


def _measured(work: Callable[[], Any]) -> Cost:
    with _database_time() as spent:
        begun = time.perf_counter()
        work()
        whole = (time.perf_counter() - begun) * 1000
    return Cost(sum(spent), whole, len(spent))


@contextmanager
def _database_time() -> Iterator[list[float]]:
    """Milliseconds of each statement, its rows fetched by the driver included."""
    spent: list[float] = []

    def begin(connection: Any, *_rest: Any) -> None:
        connection.info["begun"] = time.perf_counter()

    def end(connection: Any, *_rest: Any) -> None:
        spent.append((time.perf_counter() - connection.info["begun"]) * 1000)

    event.listen(db.engine, "before_cursor_execute", begin)
    event.listen(db.engine, "after_cursor_execute", end)
    try:
        yield spent
    finally:
        event.remove(db.engine, "before_cursor_execute", begin)
        event.remove(db.engine, "after_cursor_execute", end)


def _seeker() -> Seeker:
    found = catalogue.own_seeker()
    assert found is not None
    return found


def _page(asked: Asked) -> int:
    """A page of the catalogue with its sentences; how many rows there are."""
    db.session.expunge_all()
    return catalogue.page(asked, _seeker())[2]


def _month() -> None:
    db.session.expunge_all()
    catalogue.starts(Asked(), _seeker(), today(), today() + dt.timedelta(days=MONTH))


def _plain() -> tuple[int, int]:
    """Every open group is loaded and decided in Python; how many suit, and how many of them have a seat."""
    db.session.expunge_all()
    seeker, program = _seeker(), m.TrainingGroup.program
    targets = [selectinload(getattr(m.Program, name)) for name in ("organization_types", "positions", "subjects")]
    statement = (
        select(m.TrainingGroup)
        .where(m.TrainingGroup.status == GroupStatus.OPEN)
        .options(joinedload(program).options(*targets), joinedload(m.TrainingGroup.organizer))
        .options(selectinload(m.TrainingGroup.quotas))
    )
    home = db.session.scalars(select(m.Territory.id).where(m.Territory.code == "b1")).one()
    rows = []
    for group in db.session.scalars(statement):
        course = course_facts.course_of(group)
        decisions = [
            may_enrol(course, place, on=today(), room=room, blocks=seeker.blocks, busy=seeker.busy)
            for place, room in _rooms(seeker, group, home)
        ]
        rows.append((min(d.rank for d in decisions), group.starts_on, group.id))
    rows.sort()
    assert rows[: catalogue.PAGE]
    return sum(rank < 2 for rank, *_ in rows), sum(rank == 0 for rank, *_ in rows)


def _rooms(seeker: Seeker, group: m.TrainingGroup, home: int) -> Iterator[tuple[Workplace, Room]]:
    """The seats for each place of work; in this region no organization stands above another, and all are of one territory."""
    for place in seeker.places:
        own = [q for q in group.quotas if q.organization_id == place.organization_id]
        row = next(iter(own or (q for q in group.quotas if q.territory_id == home)), None)
        quota = Quota(id=row.id, whose="", seats=row.seats, taken=row.taken) if row is not None else None
        yield place, Room(capacity=group.capacity, taken=group.taken, quota=quota)


if __name__ == "__main__":
    main()
