"""The operator's queue with 50,000 waiting rows beside the same queue with 50: pages over HTTP, medians and their ratio.

``python -m benchmarks.queue [--rounds 15]``; the region is a small database of its own, kept for the next run.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from typing import Any

import psycopg2
from flask import Flask
from sqlalchemy import event

from app.access import acting_as
from app.embedded_postgres import EmbeddedPostgres
from app.extensions import db
from app.services.desk import queue
from app.services.desk.queue import Asked
from app.services.portal.who_acts import SYSTEM
from benchmarks.workbench import make_app, server, session_cookie

FEW, MANY = 50, 50_000
#: people with a place of work; each is waited about by one row
PEOPLE = 60_000
#: share of each kind in every hundred waiting rows
SHARES = {"registration": 40, "employment": 30, "voucher_application": 20, "transfer": 10}
CALLS = 5

REGION = (
    "INSERT INTO territory (code, name, short_name, kind) SELECT 'b' || n, 'Управление ' || n, 'Управление ' || n,"
    " 'ministry_body' FROM generate_series(1, 15) n",
    "INSERT INTO organization (full_name, short_name, type_id, territory_id, municipality_id, ownership) SELECT"
    " 'Школа № ' || n, 'Школа № ' || n, (SELECT min(id) FROM organization_type),"
    " (SELECT min(id) FROM territory WHERE code LIKE 'b%%') + n %% 15, (SELECT min(id) FROM municipality), 'municipal'"
    " FROM generate_series(1, 3000) n",
    "INSERT INTO employee (last_name, first_name, patronymic, birth_date) SELECT 'Фамилия' || abs(hashint4(n)) %% 5000, 'Имя' || n %% 200,"
    " 'Отчество', '1980-05-17' FROM generate_series(1, %(people)s) n",
    "INSERT INTO employment (employee_id, organization_id, position_id, started_on, status, changed_at) SELECT e.id,"
    " (SELECT min(id) FROM organization) + abs(hashint4(e.id)) %% 3000, (SELECT min(id) FROM position), '2015-09-01', 'confirmed',"
    " '2020-01-01' FROM employee e",
    "INSERT INTO ab_user (username, first_name, last_name, email, password, active, must_change_password)"
    " VALUES ('operator', 'Оператор', 'Проверочный', 'operator@example.org', 'x', true, false)",
    "INSERT INTO assignment (user_id, role, valid_from) SELECT id, 'operator', '2020-01-01' FROM ab_user",
)
#: what waits, each with a deadline among ten days, two of them past
WAITING = {
    "registration": "INSERT INTO registration (last_name, first_name, birth_date, snils, email, organization_id, position_id,"
    " status, due_on, email_confirmed_at) SELECT 'Фамилия' || abs(hashint4(n)) %% 5000, 'Имя' || n %% 200, '1980-05-17',"
    " lpad(n::text, 11, '0'), n || '@example.org', (SELECT min(id) FROM organization) + abs(hashint4(n)) %% 3000,"
    " (SELECT min(id) FROM position), 'pending', current_date - 2 + n %% 10, now() FROM generate_series(1, %(n)s) n",
    "employment": "UPDATE employment SET status = 'unconfirmed', changed_at = now() - make_interval(days => id %% 10)"
    " WHERE id IN (SELECT id FROM employment ORDER BY id LIMIT %(n)s)",
    "voucher_application": "INSERT INTO voucher_application (employee_id, employment_id, rule_id, status, due_on, submitted_at)"
    " SELECT employee_id, id, (SELECT max(id) FROM voucher_rule), 'submitted', current_date - 2 + id %% 10, now()"
    " FROM employment ORDER BY id DESC LIMIT %(n)s",
    "transfer": "INSERT INTO transfer (employee_id, person_name, employment_id, from_organization_id, organization_id,"
    " position_id, starts_on, released_on, status, due_on) SELECT employee_id, 'Фамилия' || id %% 5000, id, organization_id,"
    " (SELECT min(id) FROM organization) + abs(hashint4(id)) %% 3000, position_id, current_date, current_date, 'accepted',"
    " current_date - 2 + id %% 10 FROM employment WHERE id > %(skip)s ORDER BY id LIMIT %(n)s",
}
PAGES = {
    "first page": "/queue/",
    "late ones": "/queue/?state=overdue",
    "one kind": "/queue/?kind=registration",
    "one territory": "/queue/?territory={territory}",
    "a surname": "/queue/?q=фамилия1717",
    "start page": "/",
}


def main() -> None:
    """Build both queues, ask their pages in turn, print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    with server() as running:
        sides = {number: Side(running, number) for number in (FEW, MANY)}
        times: dict[tuple[str, int], list[float]] = {}
        for turn in range(options.rounds + 1):
            for page in [*PAGES, "deep page"]:
                for number, side in sides.items():
                    found = side.ask(page)
                    if turn:  # the first round warms up
                        times.setdefault((page, number), []).extend(found)
        print(table(times, sides))


def table(times: dict[tuple[str, int], list[float]], sides: dict[int, Side]) -> str:
    """The figures as a Markdown table."""
    lines = [f"| page | {FEW} waiting, ms | rows | {MANY} waiting, ms | rows | ratio | SQL |", "|-|-|-|-|-|-|-|"]
    for page in [*PAGES, "deep page"]:
        few, many = (statistics.median(times[page, number]) for number in (FEW, MANY))
        shown = [sides[number].rows[page] for number in (FEW, MANY)]
        figures = (
            f"{few:.1f} | {shown[0]} | {many:.1f} | {shown[1]} | **{many / few:.2f}** | {sides[MANY].statements[page]}"
        )
        lines.append(f"| {page} | {figures} |")
    return "\n".join(lines)


class Side:
    """The portal on a database with so many waiting rows."""

    def __init__(self, running: EmbeddedPostgres, number: int) -> None:
        name = f"queue_{number}"
        _create(running, name)
        self.app = make_app(running.url(name))
        self.statements: dict[str, int] = {}
        self.rows: dict[str, int] = {}
        _fill(self.app, running, name, number)
        with self.app.app_context():
            territory = db.session.execute(db.text("SELECT min(territory_id) FROM organization")).scalar_one()
            self.pages = {page: path.format(territory=territory) for page, path in PAGES.items()}
            self.pages["deep page"] = self._deep(number)
            db.session.remove()
        self.client = self.app.test_client(use_cookies=False)
        self.cookie = session_cookie(self.app)

    def _deep(self, number: int) -> str:
        """A page from the middle of the queue, as its link gives it: found by halving the days."""
        with acting_as(SYSTEM):
            rows, _ = queue.page(Asked(state="soon"), size=min(number // 10, 500))
        return f"/queue/?after={rows[-1].key}".replace("+", "%2B")

    def ask(self, page: str) -> list[float]:
        """Milliseconds of each call."""
        found = []
        with self.app.app_context():
            counted = _Counter()
        for _ in range(CALLS):
            begun = time.perf_counter()
            answer = self.client.get(self.pages[page], headers={"Cookie": self.cookie})
            found.append((time.perf_counter() - begun) * 1000)
            assert answer.status_code == 200, (page, answer.status_code, answer.headers.get("Location"))
        self.statements[page] = counted.end() // CALLS
        self.rows[page] = answer.text.count("<tr data-row=")
        return found


class _Counter:
    """Counts the statements sent to the database of the current application."""

    def __init__(self) -> None:
        self.engine, self.seen = db.engine, 0
        event.listen(self.engine, "before_cursor_execute", self._see)

    def _see(self, *_arguments: Any) -> None:
        self.seen += 1

    def end(self) -> int:
        """Stop counting."""
        event.remove(self.engine, "before_cursor_execute", self._see)
        return self.seen


def _create(running: EmbeddedPostgres, name: str) -> None:
    if not _sql(running, "postgres", "SELECT 1 FROM pg_database WHERE datname = %(name)s", name=name):
        _sql(running, "postgres", f"CREATE DATABASE {name}")


def _fill(app: Flask, running: EmbeddedPostgres, name: str, number: int) -> None:
    from app.cli import initialise

    initialise(app)
    if _sql(running, name, "SELECT 1 FROM assignment LIMIT 1"):
        return
    print(f"Building a queue of {number}…", file=sys.stderr)
    for statement in REGION:
        _sql(running, name, statement, people=PEOPLE)
    places = MANY * SHARES["employment"] // 100
    for kind, statement in WAITING.items():
        _sql(running, name, statement, n=number * SHARES[kind] // 100, skip=places)
    _sql(running, name, "VACUUM ANALYZE")


def _sql(running: EmbeddedPostgres, database: str, statement: str, **parameters: Any) -> list[Any]:
    connection = psycopg2.connect(running.url(database).replace("postgresql+psycopg2", "postgresql"))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters or None)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    main()
