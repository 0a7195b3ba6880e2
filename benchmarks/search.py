"""The search of the top bar among 1,000,000 people: ``python -m benchmarks.search [--rounds 15] [--who operator]``.

The database is made by bulk INSERT … SELECT on the benchmarks' server, beside the others, and kept for the next run.
Every figure is a whole request: session, rights, all groups of answers, JSON.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
from flask import Flask

from app.demo import names
from app.embedded_postgres import EmbeddedPostgres
from app.services.access.accounts import find_account
from benchmarks.workbench import make_app, server

DATABASE = "search_million"
EMPLOYEES, ORGANIZATIONS, GROUPS = 1_000_000, 10_000, 5_000
VOUCHERS, CERTIFICATES = 300_000, 300_000
LIMIT_MS = 100
HEAVY = ("organization", "program", "training_group", "employee", "employment", "voucher", "enrolment", "certificate")
QUESTIONS = {
    "rare surname": "яблочкина-береговая",
    "frequent surname": "иванова",
    "frequent first name": "анна",
    "first name and patronymic": "мария сергеевна",
    "surname and a letter of the name": "кузнецова о",
    "words in another order": "ольга петр",
    "one letter": "а",
    "two letters": "ив",
    "three letters of many words": "але",
    "СНИЛС": "339-595-000 00",
    "number of a чек": "63-2026-123456",
    "number of a document": "4242/2026",
    "organization": "школа 512",
    "nothing like it": "щщщщ",
    "in the other keyboard layout": "bdfyjdf",
    "an act on a person": "изменить иванову",
    "words that mean the same": "заявление на удостоверение",
}
LOGINS = ("operator", "school", "territory")


def build(running: EmbeddedPostgres) -> Flask:
    """Make and fill the database unless that was done before; the one application of this process."""
    from app.cli import initialise

    built = _is_built(running)
    if not built:
        sql(running, "postgres", f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        sql(running, "postgres", f"CREATE DATABASE {DATABASE}")
    app = make_app(running.url(DATABASE))
    initialise(app)
    if built:
        return app
    print("Building a million people, about three minutes…", file=sys.stderr)
    started = time.monotonic()
    with slow_indexes_away(running):
        for statement in STATEMENTS:
            sql(running, DATABASE, statement, *(PARAMETERS.get(statement, ())))
    sql(running, DATABASE, "VACUUM ANALYZE")
    print(f"Built in {time.monotonic() - started:.0f} s", file=sys.stderr)
    return app


def _is_built(running: EmbeddedPostgres) -> bool:
    """Whether an earlier run came to the end: the accounts are written last."""
    if not sql(running, "postgres", "SELECT 1 FROM pg_database WHERE datname = %s", DATABASE):
        return False
    return bool(sql(running, DATABASE, "SELECT 1 FROM pg_tables WHERE tablename = 'assignment'")) and bool(
        sql(running, DATABASE, "SELECT 1 FROM assignment LIMIT 1")
    )


def sql(running: EmbeddedPostgres, database: str, statement: str, *parameters: Any) -> list[Any]:
    """Rows of one statement outside any transaction."""
    connection = psycopg2.connect(running.url(database).replace("postgresql+psycopg2", "postgresql"))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET maintenance_work_mem = '512MB'; SET session_replication_role = replica")
            cursor.execute(statement, parameters or None)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


@contextmanager
def slow_indexes_away(running: EmbeddedPostgres) -> Iterator[None]:
    """Indexes are made at once after the rows: several times quicker than row by row."""
    found = sql(
        running,
        DATABASE,
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = ANY(%s)"
        " AND indexname NOT LIKE 'pk\\_%%' AND indexname NOT IN (SELECT conname FROM pg_constraint)",
        list(HEAVY),
    )
    for name, _ in found:
        sql(running, DATABASE, f'DROP INDEX "{name}"')
    yield
    for _, definition in found:
        sql(running, DATABASE, definition)


ORGANIZATIONS_SQL = f"""
INSERT INTO organization (full_name, short_name, inn, type_id, territory_id, municipality_id, ownership, is_organizer)
SELECT 'государственное бюджетное общеобразовательное учреждение средняя школа № ' || n, 'ГБОУ СОШ № ' || n, NULL,
  (SELECT (array_agg(id))[1 + n % count(*)] FROM organization_type),
  (SELECT (array_agg(id))[1 + n % count(*)] FROM territory),
  (SELECT (array_agg(id))[1 + n % count(*)] FROM municipality), 'regional', n <= 50
FROM generate_series(1, {ORGANIZATIONS}) n"""
# few surnames are borne by many: the cube of an even share makes the first ones frequent
PEOPLE_SQL = f"""
INSERT INTO employee (snils, last_name, first_name, patronymic, birth_date, sex)
SELECT lpad((30000000000 + n * 7919::bigint)::text, 11, '0'),
  CASE WHEN n %% 200000 = 7 THEN 'Яблочкина-Береговая' ELSE (%s::text[])[1 + floor(power(random(), 2) * %s)::int] END,
  (%s::text[])[1 + floor(power(random(), 2) * %s)::int], (%s::text[])[1 + floor(power(random(), 2) * %s)::int],
  DATE '1960-01-01' + (n %% 15000), 'female'
FROM generate_series(1, {EMPLOYEES}) n"""
WORK_SQL = f"""
INSERT INTO employment (employee_id, organization_id, position_id, kind, started_on, status)
SELECT id, 1 + id % {ORGANIZATIONS}, (SELECT min(id) FROM position), 'main', DATE '2015-09-01', 'confirmed' FROM employee"""
VOUCHERS_SQL = f"""
INSERT INTO voucher (number, employee_id, rule_id, issued_on, valid_until, status)
SELECT '63-2026-' || lpad(n::text, 6, '0'), n * 3, (SELECT min(id) FROM voucher_rule), DATE '2026-01-15', DATE '2029-01-14',
  'active' FROM generate_series(1, {VOUCHERS}) n"""
PROGRAMS_SQL = """
INSERT INTO program (organizer_id, code, title, year, hours, kind, form, status)
SELECT 1 + n % 50, 'П-' || n, (ARRAY['Современный урок', 'Работа с одарёнными детьми', 'Цифровая школа', 'Инклюзивное образование',
  'Проектная деятельность'])[1 + n % 5] || ': часть ' || n, 2026, 36, 'advanced', 'full_time', 'published'
FROM generate_series(1, 1000) n"""
GROUPS_SQL = f"""
INSERT INTO training_group (program_id, organizer_id, number, starts_on, ends_on, enrol_from, enrol_until, place, capacity, status)
SELECT 1 + n % 1000, (SELECT organizer_id FROM program p WHERE p.id = 1 + n % 1000), n || '/26', DATE '2026-09-01', DATE '2026-09-20',
  DATE '2026-08-01', DATE '2026-08-30', 'Самара', 100, 'completed' FROM generate_series(1, {GROUPS}) n"""
ENROLMENTS_SQL = f"""
INSERT INTO enrolment (employee_id, employment_id, group_id, status)
SELECT n * 3, n * 3, 1 + n % {GROUPS}, 'trained' FROM generate_series(1, {CERTIFICATES}) n"""
CERTIFICATES_SQL = """
INSERT INTO certificate (enrolment_id, employee_id, organizer_id, kind, year, sequence, number, issued_on, template_code,
  template_version, check_code, status)
SELECT e.id, e.employee_id, g.organizer_id, 'certificate', 2026, e.id, e.id || '/2026', DATE '2026-09-21', 'certificate', '1',
  md5(e.id::text), 'issued' FROM enrolment e JOIN training_group g ON g.id = e.group_id"""
STATEMENTS = (
    ORGANIZATIONS_SQL,
    PEOPLE_SQL,
    WORK_SQL,
    VOUCHERS_SQL,
    PROGRAMS_SQL,
    GROUPS_SQL,
    ENROLMENTS_SQL,
    CERTIFICATES_SQL,
    "INSERT INTO ab_user (username, first_name, last_name, email, active, password) SELECT login, 'Проверочный', 'Пользователь',"
    " login || '@example.org', true, 'x' FROM unnest(ARRAY['operator', 'school', 'territory']) login",
    "INSERT INTO assignment (user_id, role, organization_id, territory_id, valid_from) SELECT id, username,"
    " CASE WHEN username = 'school' THEN 512 END, CASE WHEN username = 'territory' THEN (SELECT min(id) FROM territory) END,"
    " DATE '2020-01-01' FROM ab_user WHERE username IN ('operator', 'school', 'territory')",
)


def _name_lists() -> tuple[Any, ...]:
    surnames = [names.feminine_surname(s) for s in ("Иванов", *names.RUSSIAN_SURNAMES, *names.TATAR_SURNAMES)]
    women = list(names.WOMEN)
    fathers = [names.feminine_patronymic(f) for f in names.FATHERS]
    return surnames, len(surnames), women, len(women), fathers, len(fathers)


PARAMETERS = {PEOPLE_SQL: _name_lists()}


def measure(app: Flask, login: str, question: str, rounds: int) -> tuple[list[float], int]:
    """Milliseconds of whole requests, and how many answers came."""
    client = app.test_client()
    with app.app_context():
        account = find_account(login)
    with client.session_transaction() as session:
        session["_user_id"], session["_fresh"] = account.get_id(), True
    times = []
    for _ in range(rounds + 2):
        started = time.perf_counter()
        answer = client.get("/search/", query_string={"q": question}, headers={"Accept": "application/json"})
        times.append((time.perf_counter() - started) * 1000)
        assert answer.status_code == 200, answer.status_code
    return times[2:], answer.get_json()["total"]


def main() -> None:
    """Build what is missing, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--who", nargs="*", default=LOGINS, choices=LOGINS)
    options = parser.parse_args()
    with server() as running:
        app = build(running)
        app.config["TESTING"] = True
        print("| who | question | median, ms | p95, ms | answers |\n|-|-|-|-|-|")
        worst = 0.0
        for login in options.who:
            for name, question in QUESTIONS.items():
                times, total = measure(app, login, question, options.rounds)
                p95 = statistics.quantiles(times, n=20, method="inclusive")[-1]
                worst = max(worst, p95)
                print(
                    f"| {login} | {name}: «{question}» | {statistics.median(times):.1f} | {p95:.1f} | {total} |",
                    flush=True,
                )
        print(f"\nWorst p95: {worst:.0f} ms (aim: ≤ {LIMIT_MS})")


if __name__ == "__main__":
    main()
