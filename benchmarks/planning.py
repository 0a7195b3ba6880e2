"""Planning with 100,000 wishes of 50,000 people: the heat map cold and warm, what lies behind a cell, results, who has chosen.

``python -m benchmarks.planning [--people 50000] [--rounds 7]``. The wishes are put into a region of ``benchmarks.crowd`` and kept for
the next run. Nothing of the map is kept between requests; «first» is a page's first request in a process that has served the start
page, with connections and statements that know nothing of it. The others are medians of whole requests.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Mapping
from typing import Any

from flask import Flask

from app.embedded_postgres import EmbeddedPostgres
from app.services.access import sessions
from app.services.access.accounts import find_account
from benchmarks import crowd
from benchmarks.workbench import server

PEOPLE, OFFERS, WISHES_EACH = 50_000, 300, 2
COLD_MS = 300
CAMPAIGN_SQL = """
INSERT INTO plan_campaign (year, programs_until, opens_on, closes_on, status)
VALUES (extract(year FROM current_date)::int + 1, current_date - 40, current_date - 30,
  make_date(extract(year FROM current_date)::int, 12, 31), 'open')"""
#: an organizer offers six programs, each in four months of the year
OFFERS_SQL = """
INSERT INTO plan_offer (campaign_id, organizer_id, code, program_id, seats, minimum, capacity, months)
SELECT c.id, p.organizer_id, p.code, p.id, 250 + 50 * mod(p.id, 4), 15, 25,
  ARRAY(SELECT DISTINCT (1 + mod(p.id * 3 + k * 5, 12))::smallint FROM generate_series(0, 3) k ORDER BY 1)
FROM plan_campaign c, (SELECT * FROM program ORDER BY id LIMIT %(offers)s) p"""
#: the first program of a person is near the second; one wish in three suits any month, the others one or two of the offer's
WISHES_SQL = """
INSERT INTO plan_item (campaign_id, employee_id, employment_id, offer_id, program_id, months, priority, status)
SELECT o.campaign_id, w.employee_id, w.id, o.id, o.program_id,
  CASE WHEN mod(w.id + k, 3) = 0 THEN '{}' ELSE o.months[1 + mod(w.id, 2) : 2 + mod(w.id, 2)] END, k,
  CASE WHEN mod(w.id, 10) < 3 THEN 'proposed' ELSE 'agreed' END
FROM employment w CROSS JOIN generate_series(1, %(each)s) k
JOIN (SELECT *, row_number() OVER (ORDER BY id) AS place FROM plan_offer) o
  ON o.place = 1 + mod(mod(w.id, 97) * mod(w.id, 89) + 7 * k, %(offers)s)"""
#: role → what it asks
PAGES: Mapping[str, tuple[str, ...]] = {
    "operator": (
        "/plan/demand/", "/plan/demand/?rows=subject", "/plan/demand/?cell=all.y", "/plan/demand/?kind=teaching",
        "/plan/demand/?territory={territory}&cell=all.y", "/plan/demand/file", "/plan/control/", "/plan/results/",
    ),
    "territory": ("/plan/demand/", "/plan/control/"),
    "school": ("/plan/demand/", "/plan/control/"),
    "organizer": ("/plan/demand/",),
}  # fmt: skip


def build(running: EmbeddedPostgres, people: int = PEOPLE) -> Flask:
    """The region of so many people with its plan: made once, kept for the next run."""
    from app.services.desk import figure_counts

    app, database = crowd.build(running, people), crowd.database_of(people)
    if crowd.sql(running, database, "SELECT 1 FROM plan_campaign LIMIT 1"):
        return app
    started, sizes = time.monotonic(), {"offers": OFFERS, "each": WISHES_EACH}
    for statement in (CAMPAIGN_SQL, OFFERS_SQL, WISHES_SQL):
        crowd.sql(running, database, statement, sizes)
    crowd.sql(running, database, "VACUUM ANALYZE plan_item")
    with app.app_context():
        figure_counts.recount()
    print(f"Wishes built in {time.monotonic() - started:.0f} s", file=sys.stderr)
    return app


def client_of(app: Flask, login: str) -> Any:
    """A signed-in client of one of the region's accounts."""
    client = app.test_client()
    with app.app_context():
        session = sessions.start(find_account(login), hours=12)
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = session.get_id(), True
    return client


def measure(app: Flask, rounds: int, known: Mapping[str, Any]) -> dict[str, list[float]]:
    """«role page» → milliseconds of the requests, the first of all pages left in its place."""
    found: dict[str, list[float]] = {}
    for login, pages in PAGES.items():
        client = client_of(app, login)
        client.get("/")
        for page in pages:
            times = found.setdefault(f"{login} {page}", [])
            for _ in range(rounds):
                started = time.perf_counter()
                answer = client.get(page.format(**known))
                times.append((time.perf_counter() - started) * 1000)
                assert answer.status_code == 200, (login, page, answer.status_code)
    return found


def main() -> None:
    """Build, measure, print; exit 1 when the map is slower than promised."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with server() as running:
        app, database = build(running, options.people), crowd.database_of(options.people)
        wishes, territory = crowd.sql(
            running, database, "SELECT (SELECT count(*) FROM plan_item), min(id) FROM territory"
        )[0]
        found = measure(app, options.rounds, {"territory": territory})
    print(f"{wishes:,} wishes of {options.people:,} people\n")
    for page, times in found.items():
        print(f"{page:60} first {times[0]:6.0f} ms, median {statistics.median(times[1:] or times):6.0f} ms")
    cold = next(iter(found.values()))[0]
    if cold > COLD_MS:
        raise SystemExit(f"The heat map took {cold:.0f} ms cold: {COLD_MS} ms were promised.")


if __name__ == "__main__":
    main()
