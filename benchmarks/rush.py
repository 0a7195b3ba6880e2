"""Opening day: 200 clients over HTTP want 2,000 seats in 80 groups, with 100,000 employees in the database.

``python -m benchmarks.rush [--clients 200] [--people 3000]``. The portal runs as ``make run`` runs it on a server: gunicorn with
threads, several processes, the embedded PostgreSQL durable. Each person opens the page of the course and presses
«Записаться» once; four of ten want one of the eight most wanted groups, who finds a group full stands in its waiting list.
Reported: enrolments a second, the median and the 99th percentile of the answer to the sent form, seats oversold (aim: 0).
"""

from __future__ import annotations

import argparse
import http.client
import os
import re
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode

import psycopg2
from flask import Flask

from app.embedded_postgres import EmbeddedPostgres
from app.services.portal.who_acts import load_account
from benchmarks.workbench import FOLDER, make_app, session_cookie

DATABASE = "rush"
EMPLOYEES, GROUPS, SEATS = 100_000, 80, 25
#: of ten people so many want one of the most wanted groups
WANTED_SHARE, WANTED_GROUPS = 4, 8
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')

REGION = (
    "INSERT INTO territory (code, name, short_name, kind) SELECT 'r' || n, 'Управление ' || n, 'Управление ' || n,"
    " 'ministry_body' FROM generate_series(1, 15) n",
    "INSERT INTO organization (full_name, short_name, type_id, territory_id, municipality_id, ownership, is_organizer) SELECT"
    " 'Организация № ' || n, 'Организация № ' || n, (SELECT id FROM organization_type ORDER BY id LIMIT 1),"
    " (SELECT min(id) FROM territory WHERE code LIKE 'r%%') + n %% 15, (SELECT min(id) FROM municipality), 'municipal', n <= 10"
    " FROM generate_series(1, 3000) n",
    "INSERT INTO employee (last_name, first_name, patronymic, birth_date, sex, email) SELECT 'Фамилия' || abs(hashint4(n)) %% 5000,"
    " 'Имя' || n %% 200, 'Отчество', '1980-05-17', 'female', n || '@example.org' FROM generate_series(1, %(people)s) n",
    "INSERT INTO employment (employee_id, organization_id, position_id, started_on, status) SELECT e.id,"
    " (SELECT min(id) FROM organization) + 10 + abs(hashint4(e.id)) %% 2990, (SELECT id FROM position WHERE name = 'Учитель'),"
    " '2015-09-01', 'confirmed' FROM employee e",
    "INSERT INTO voucher (number, employee_id, rule_id, issued_on, valid_until) SELECT '63-2026-' || lpad(id::text, 6, '0'), id,"
    " (SELECT max(id) FROM voucher_rule), current_date - 100, current_date + 900 FROM employee",
    "INSERT INTO voucher_block (voucher_id, code, title, kind, hours_min, hours_max, ordering) SELECT v.id, b.code, b.title, b.kind,"
    " b.hours_min, b.hours_max, b.ordering FROM voucher v JOIN voucher_rule_block b ON b.rule_id = v.rule_id",
    "INSERT INTO ab_user (username, first_name, last_name, email, password, active, must_change_password, employee_id) SELECT"
    " 'rush' || id, first_name, last_name, 'rush' || id || '@example.org', 'x', true, false, id FROM employee WHERE id <= 20000",
    "INSERT INTO assignment (user_id, role, valid_from) SELECT id, 'worker', '2020-01-01' FROM ab_user",
)
#: every run opens new groups and leaves those of earlier runs behind as history
OPENING = (
    "UPDATE training_group SET status = 'cancelled' WHERE status = 'open'",
    "INSERT INTO program (organizer_id, code, title, year, hours, block, status) SELECT (SELECT min(id) FROM organization) + n %% 10,"
    " %(run)s || '-' || n, 'Программа ' || n, extract(year FROM current_date), 18, 'invariant', 'published' FROM generate_series(1, 20) n",
    "INSERT INTO training_group (program_id, organizer_id, number, starts_on, ends_on, enrol_from, enrol_until, place, capacity, status)"
    " SELECT p.id, p.organizer_id, %(run)s || '-' || n, current_date + 30, current_date + 40, current_date - 1, current_date + 20,"
    " 'Самара', %(seats)s, 'open' FROM generate_series(1, %(groups)s) n"
    " JOIN program p ON p.code = %(run)s || '-' || (1 + n %% 20)",
)


@dataclass(frozen=True)
class Answer:
    """What one person got: seconds of the sent form's answer and of the whole visit, and the state of the enrolment."""

    seconds: float
    visit: float
    state: str


def main() -> int:
    """Build the region, open the groups, let the crowd in, count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--people", type=int, default=3000)
    options = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with EmbeddedPostgres(FOLDER / "rush-postgres" / "data", durable=True, max_connections=200) as running:
        app = build(running)
        run = f"R{int(time.time())}"
        for statement in OPENING:
            sql(running, DATABASE, statement, run=run, seats=SEATS, groups=GROUPS)
        groups = [
            pk for (pk,) in sql(running, DATABASE, "SELECT id FROM training_group WHERE status = 'open' ORDER BY id")
        ]
        people = fresh_people(running, options.people)
        cookies = {pk: cookie_of(app, account) for pk, account in people}
        port, server = serve(running)
        try:
            answers, seconds = rush(port, cookies, groups, clients=options.clients)
        finally:
            server.terminate()
            server.wait()
        return report(running, groups, answers, seconds)


def build(running: EmbeddedPostgres) -> Flask:
    """Make and fill the database unless that was done before."""
    from app.cli import initialise

    is_new = not sql(running, "postgres", "SELECT 1 FROM pg_database WHERE datname = %(name)s", name=DATABASE)
    if is_new:
        sql(running, "postgres", f"CREATE DATABASE {DATABASE}")
    app = make_app(running.url(DATABASE))
    initialise(app)
    if is_new or not sql(running, DATABASE, "SELECT 1 FROM employee LIMIT 1"):
        print("Building 100,000 people, about a minute…", file=sys.stderr)
        for statement in REGION:
            sql(running, DATABASE, statement, people=EMPLOYEES)
        sql(running, DATABASE, "VACUUM ANALYZE")
    return app


def sql(running: EmbeddedPostgres, database: str, statement: str, **parameters: Any) -> list[Any]:
    """Run one statement outside the portal; rows of its answer."""
    connection = psycopg2.connect(running.url(database).replace("postgresql+psycopg2", "postgresql"))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters or None)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def fresh_people(running: EmbeddedPostgres, number: int) -> list[tuple[int, int]]:
    """People with an account who have never enrolled, with their accounts."""
    found = sql(
        running,
        DATABASE,
        "SELECT u.employee_id, u.id FROM ab_user u WHERE u.employee_id IS NOT NULL AND NOT EXISTS"
        " (SELECT FROM enrolment e WHERE e.employee_id = u.employee_id) ORDER BY u.id LIMIT %(number)s",
        number=number,
    )
    if len(found) < number:
        raise SystemExit(
            f"Only {len(found)} people are left who have never enrolled: remove {FOLDER / 'rush-postgres'}."
        )
    return found


def cookie_of(app: Flask, account_id: int) -> str:
    """The cookie of a person's signed-in browser: the crowd has signed in before the enrolment opens."""
    with app.app_context():
        account = load_account(account_id)
    return session_cookie(app, account)


def serve(running: EmbeddedPostgres) -> tuple[int, subprocess.Popen[bytes]]:
    """Start the portal's web server as on a real server; return its port once it answers."""
    port = 18_373
    environment = {
        **os.environ,
        "DATABASE_URL": running.url(DATABASE),
        "INSTANCE_DIR": str(FOLDER / "instance"),
        "SECRET_KEY": "benchmark-secret-key-that-is-long-enough-0123456789",
        "ENVIRONMENT": "test",
    }
    command = [sys.executable, "-m", "gunicorn", "--worker-class", "gthread", "--workers", "2", "--threads", "8"]
    command += ["--bind", f"127.0.0.1:{port}", "--backlog", "2048", "--log-level", "error", "app.wsgi:app"]
    with (FOLDER / "rush.log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=Path(__file__).parent.parent)
    for _ in range(240):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/login/")
            if connection.getresponse().status == 200:
                return port, server
        except OSError:
            time.sleep(0.25)
    server.terminate()
    raise SystemExit(f"The portal did not start, see {FOLDER / 'rush.log'}.")


# --- the crowd -------------------------------------------------------------------------------------------------------


def rush(port: int, cookies: dict[int, str], groups: list[int], *, clients: int) -> tuple[list[Answer], float]:
    """Let ``clients`` at once serve all people, each person once; return the answers and the seconds of it all."""
    rng, queue = Random(373), list(cookies.items())
    wanted = groups[:WANTED_GROUPS]
    visits = [
        (person, cookie, rng.choice(wanted if rng.randrange(10) < WANTED_SHARE else groups)) for person, cookie in queue
    ]
    answers: list[Answer] = []
    turn, barrier = count(), threading.Barrier(clients + 1)

    def client() -> None:
        barrier.wait()
        while (n := next(turn)) < len(visits):
            answers.append(visit(port, *visits[n]))

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    barrier.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    return answers, time.perf_counter() - started


def visit(port: int, person: int, cookie: str, group: int) -> Answer:
    """One person's way: the page of the course, and one press of «Записаться» on it; who finds it full waits."""
    started = time.perf_counter()
    browser = Browser(port, cookie)
    _status, page, _location = browser.get(f"/training_group/show/{group}")
    token = TOKEN.search(page)
    if token is None:
        return Answer(0, time.perf_counter() - started, "no button")
    sent = time.perf_counter()
    status, page, location = browser.post(f"/enrolment/join?group={group}&wait=1", csrf_token=token[1])
    seconds = time.perf_counter() - sent
    return Answer(
        seconds, time.perf_counter() - started, "enrolled" if status == 302 and "/show/" in location else f"{status}"
    )


class Browser:
    """One connection with a cookie that changes as the portal sets it."""

    def __init__(self, port: int, cookie: str) -> None:
        self.port, self.cookie = port, cookie

    def get(self, path: str) -> tuple[int, str, str]:
        """Status, page and address of the next page."""
        return self._ask("GET", path)

    def post(self, path: str, **fields: Any) -> tuple[int, str, str]:
        """Send a form."""
        return self._ask("POST", path, urlencode(fields))

    def _ask(self, method: str, path: str, body: str | None = None) -> tuple[int, str, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        headers = {"Cookie": self.cookie, "Accept": "text/html"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            page = response.read().decode(errors="replace")
            for name, value in response.getheaders():
                if name == "Set-Cookie" and value.startswith(self.cookie.split("=", 1)[0]):
                    self.cookie = value.split(";", 1)[0]
            return response.status, page, response.getheader("Location") or ""
        finally:
            connection.close()


# --- the count -------------------------------------------------------------------------------------------------------


def report(running: EmbeddedPostgres, groups: list[int], answers: list[Answer], seconds: float) -> int:
    """Print what came of it; 1 when a seat was sold twice or a counter is wrong."""
    seated = "'offered', 'applied', 'agreed', 'confirmed'"
    rows = sql(
        running,
        DATABASE,
        f"SELECT g.capacity, g.taken, count(e.id) FILTER (WHERE e.status IN ({seated})),"
        " count(e.id) FILTER (WHERE e.status = 'waiting') FROM training_group g LEFT JOIN enrolment e ON e.group_id = g.id"
        " WHERE g.id = ANY(%(groups)s) GROUP BY g.id",
        groups=groups,
    )
    held, waiting = sum(row[2] for row in rows), sum(row[3] for row in rows)
    oversold = sum(max(0, row[2] - row[0]) for row in rows)
    wrong = sum(row[1] != row[2] for row in rows)
    twice = sql(
        running,
        DATABASE,
        "SELECT count(*) FROM (SELECT block_id FROM enrolment WHERE block_id IS NOT NULL AND status NOT IN"
        " ('rejected', 'withdrawn', 'failed', 'no_show', 'expelled') GROUP BY block_id HAVING count(*) > 1) twice",
    )[0][0]
    times = sorted(answer.seconds for answer in answers if answer.state == "enrolled")
    visits = sorted(answer.visit for answer in answers)
    print(
        "| people | seats | with a seat | waiting | seconds | enrolments a second | form, median ms | form, p99 ms | visit, median ms |"
    )
    print("|-|-|-|-|-|-|-|-|-|")
    print(
        f"| {len(answers)} | {sum(row[0] for row in rows)} | {held} | {waiting} | {seconds:.1f} | {len(times) / seconds:.1f} |"
        f" {statistics.median(times) * 1000:.0f} | {times[int(len(times) * 0.99) - 1] * 1000:.0f} |"
        f" {statistics.median(visits) * 1000:.0f} |"
    )
    print(f"\nOversold: {oversold}; counters that differ: {wrong}; blocks spent twice: {twice}.")
    print("Answers:", dict(Counter(answer.state for answer in answers)))
    return 1 if oversold or wrong or twice else 0


if __name__ == "__main__":
    sys.exit(main())
