"""The search of the top bar among 1,000,000 people: ``python -m benchmarks.search [--rounds 15] [--who operator]``.

The database is that of ``benchmarks.crowd``, kept for the next run. Every figure is a whole request: session, rights, all groups of answers, JSON.
"""

from __future__ import annotations

import argparse
import statistics
import time

from flask import Flask

from app.services.access import sessions
from app.services.access.accounts import find_account
from benchmarks.crowd import build
from benchmarks.workbench import server

PEOPLE = 1_000_000
LIMIT_MS = 100
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


def measure(app: Flask, login: str, question: str, rounds: int) -> tuple[list[float], int]:
    """Milliseconds of whole requests, and how many answers came."""
    client = app.test_client()
    with app.app_context():
        account = sessions.start(find_account(login), hours=12)
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
        app = build(running, PEOPLE)
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
