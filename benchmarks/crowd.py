"""A region of any size for the benchmarks: people, their places of work, чеки, groups, documents, in proportion.

The rows are made by bulk INSERT … SELECT on the benchmarks' server; a database is kept for the next run. A school has 100 people
and an organizer of a million 6,000 listeners, whatever the region; a territory is a fifteenth of it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg2
from flask import Flask

from app.demo import names
from app.embedded_postgres import EmbeddedPostgres
from benchmarks.workbench import make_app

HEAVY = ("organization", "program", "training_group", "employee", "employment", "voucher", "enrolment", "certificate")
PROGRAMS, ORGANIZERS, OF_SCHOOL, OF_GROUP = 1000, 50, 100, 60


def database_of(people: int) -> str:
    """Name of the database of so many people."""
    return f"crowd_{people}"


def build(running: EmbeddedPostgres, people: int) -> Flask:
    """Make and fill the database unless that was done before; the one application of this process."""
    from app.cli import initialise
    from app.services.desk import figure_counts

    database = database_of(people)
    built = _is_built(running, database)
    if not built:
        sql(running, "postgres", f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        sql(running, "postgres", f"CREATE DATABASE {database}")
    app = make_app(running.url(database))
    initialise(app)
    if not built:
        print(f"Building {people:,} people…", file=sys.stderr)
        started = time.monotonic()
        with slow_indexes_away(running, database):
            for statement in STATEMENTS:
                sql(running, database, statement, sizes(people))
        with app.app_context():
            figure_counts.recount()
        print(f"Built in {time.monotonic() - started:.0f} s", file=sys.stderr)
    # a migration may have made indexes or rewritten rows of a kept database, whose server cleans up nothing by itself
    sql(running, database, "VACUUM ANALYZE")
    return app


def _is_built(running: EmbeddedPostgres, database: str) -> bool:
    """Whether an earlier run came to the end: the accounts are written last."""
    if not sql(running, "postgres", "SELECT 1 FROM pg_database WHERE datname = %(name)s", {"name": database}):
        return False
    return bool(sql(running, database, "SELECT 1 FROM pg_tables WHERE tablename = 'assignment'")) and bool(
        sql(running, database, "SELECT 1 FROM assignment LIMIT 1")
    )


def sql(
    running: EmbeddedPostgres, database: str, statement: str, parameters: Mapping[str, Any] | None = None
) -> list[Any]:
    """Rows of one statement outside any transaction."""
    connection = psycopg2.connect(running.url(database).replace("postgresql+psycopg2", "postgresql"))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET maintenance_work_mem = '512MB'; SET session_replication_role = replica")
            cursor.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


@contextmanager
def slow_indexes_away(running: EmbeddedPostgres, database: str) -> Iterator[None]:
    """Indexes are made at once after the rows: several times quicker than row by row."""
    found = sql(
        running,
        database,
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = ANY(%(heavy)s)"
        " AND indexname NOT LIKE 'pk\\_%%' AND indexname NOT IN (SELECT conname FROM pg_constraint)",
        {"heavy": list(HEAVY)},
    )
    for name, _ in found:
        sql(running, database, f'DROP INDEX "{name}"')
    yield
    for _, definition in found:
        sql(running, database, definition)


def sizes(people: int) -> dict[str, Any]:
    """Parameters of the statements: how many of each there are, and the names."""
    surnames = [names.feminine_surname(s) for s in ("Иванов", *names.RUSSIAN_SURNAMES, *names.TATAR_SURNAMES)]
    return {
        "people": people,
        "organizations": people // OF_SCHOOL,
        "organizers": ORGANIZERS,
        "programs": PROGRAMS,
        "trained": people * 3 // 10,
        "groups": people * 3 // 10 // OF_GROUP,
        "surnames": surnames,
        "women": list(names.WOMEN),
        "fathers": [names.feminine_patronymic(f) for f in names.FATHERS],
    }


ORGANIZATIONS_SQL = """
INSERT INTO organization (full_name, short_name, inn, type_id, territory_id, municipality_id, ownership, is_organizer)
SELECT 'государственное бюджетное общеобразовательное учреждение средняя школа № ' || n, 'ГБОУ СОШ № ' || n, NULL,
  (SELECT (array_agg(id))[1 + mod(n, count(*))] FROM organization_type),
  (SELECT (array_agg(id))[1 + mod(n, count(*))] FROM territory),
  (SELECT (array_agg(id))[1 + mod(n, count(*))] FROM municipality), 'regional', n <= %(organizers)s
FROM generate_series(1, %(organizations)s) n"""
# few surnames are borne by many: the square of an even share makes the first ones frequent
PEOPLE_SQL = """
INSERT INTO employee (snils, last_name, first_name, patronymic, birth_date, sex)
SELECT lpad((30000000000 + n * 7919::bigint)::text, 11, '0'),
  CASE WHEN mod(n, 200000) = 7 THEN 'Яблочкина-Береговая' ELSE any_of(%(surnames)s) END,
  any_of(%(women)s), any_of(%(fathers)s), DATE '1960-01-01' + mod(n, 15000), 'female'
FROM generate_series(1, %(people)s) n"""
# one place of work in a thousand waits for the operator
WORK_SQL = """
INSERT INTO employment (employee_id, organization_id, position_id, kind, started_on, status)
SELECT id, 1 + mod(id, %(organizations)s), (SELECT min(id) FROM position), 'main', DATE '2015-09-01',
  CASE WHEN mod(id, 1000) = 1 THEN 'unconfirmed' ELSE 'confirmed' END FROM employee"""
VOUCHERS_SQL = """
INSERT INTO voucher (number, employee_id, rule_id, issued_on, valid_until, status)
SELECT '63-2026-' || lpad(n::text, 6, '0'), n * 3, (SELECT min(id) FROM voucher_rule), DATE '2026-01-15', DATE '2029-01-14',
  'active' FROM generate_series(1, %(trained)s) n"""
PROGRAMS_SQL = """
INSERT INTO program (organizer_id, code, title, year, hours, kind, form, status)
SELECT 1 + mod(n, %(organizers)s), 'П-' || n, (ARRAY['Современный урок', 'Работа с одарёнными детьми', 'Цифровая школа',
  'Инклюзивное образование', 'Проектная деятельность'])[1 + mod(n, 5)] || ': часть ' || n, 2026, 36, 'advanced', 'full_time',
  'published' FROM generate_series(1, %(programs)s) n"""
GROUPS_SQL = """
INSERT INTO training_group (program_id, organizer_id, number, starts_on, ends_on, enrol_from, enrol_until, place, capacity, status)
SELECT p.id, p.organizer_id, n || '/26', DATE '2026-09-01', DATE '2026-09-20', DATE '2026-08-01', DATE '2026-08-30', 'Самара', 100,
  'completed' FROM generate_series(1, %(groups)s) n JOIN program p ON p.id = 1 + mod(n, %(programs)s)"""
ENROLMENTS_SQL = """
INSERT INTO enrolment (employee_id, employment_id, group_id, status, result_on)
SELECT n * 3, n * 3, (SELECT min(id) FROM training_group) + mod(n, %(groups)s), 'trained', DATE '2026-09-20'
FROM generate_series(1, %(trained)s) n"""
CERTIFICATES_SQL = """
INSERT INTO certificate (enrolment_id, employee_id, organizer_id, kind, year, sequence, number, issued_on, template_code,
  template_version, check_code, status)
SELECT e.id, e.employee_id, g.organizer_id, 'certificate', 2026, e.id, e.id || '/2026', DATE '2026-09-21', 'certificate', '1',
  md5(e.id::text), 'issued' FROM enrolment e JOIN training_group g ON g.id = e.group_id"""
#: the accounts are written last: they tell that a database is whole
ACCOUNTS_SQL = """
INSERT INTO ab_user (username, first_name, last_name, email, active, password) SELECT login, 'Проверочный', 'Пользователь',
  login || '@example.org', true, 'x' FROM unnest(ARRAY['operator', 'school', 'territory', 'organizer']) login"""
ROLES_SQL = """
INSERT INTO assignment (user_id, role, organization_id, territory_id, valid_from)
SELECT id, username, CASE username WHEN 'school' THEN 77 WHEN 'organizer' THEN 7 END,
  CASE WHEN username = 'territory' THEN (SELECT min(id) FROM territory) END, DATE '2020-01-01'
FROM ab_user WHERE username IN ('operator', 'school', 'territory', 'organizer')"""
STATEMENTS = (
    "CREATE FUNCTION any_of(words text[]) RETURNS text VOLATILE LANGUAGE sql AS"
    " $$ SELECT words[1 + floor(power(random(), 2) * array_length(words, 1))::int] $$",
    ORGANIZATIONS_SQL,
    PEOPLE_SQL,
    WORK_SQL,
    VOUCHERS_SQL,
    PROGRAMS_SQL,
    GROUPS_SQL,
    ENROLMENTS_SQL,
    CERTIFICATES_SQL,
    ACCOUNTS_SQL,
    ROLES_SQL,
)
