"""Pages of four roles in regions of ten thousand, a hundred thousand and a million people: ``python -m benchmarks.growth``.

Each figure is the median of whole requests in one process (session, rights, rows, page). A region has its own process and
database (``benchmarks.crowd``); all are measured in one run, one after the other. ``--rounds``, ``--sizes``.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

from flask import Flask

from app.services.access import sessions
from app.services.access.accounts import find_account
from benchmarks.crowd import OF_SCHOOL, build
from benchmarks.workbench import server

SIZES = (10_000, 100_000, 1_000_000)
MOST_MS, LONGEST_MS, MOST_RATIO = 150, 300, 1.5
_LISTS = ("/employee/list/", "/voucher/list/", "/enrolment/list/", "/certificate/list/", "/training_group/list/")
PAGES: dict[str, Sequence[str]] = {
    "operator": (
        "/", "/queue/", "/quality/", *_LISTS, "/employment/list/", "/employee/list/?q=иванова", "/employee/list/?q=яблочкина",
        "/employee/list/?sex=female", "/employee/list/?page=400", "/employee/list/?behind={middle}", "/employee/show/{middle}",
    ),
    "territory": ("/", "/quality/", *_LISTS, "/employee/list/?q=иванова", "/employee/list/?page=20"),
    "school": ("/", "/quality/", *_LISTS, "/employee/list/?q=иванова", "/employee/show/{own}"),
    "organizer": ("/", *_LISTS[2:], "/program/list/"),
}  # fmt: skip


def measure(app: Flask, people: int, rounds: int) -> dict[str, list[float]]:
    """«role page» → milliseconds of the requests."""
    found: dict[str, list[float]] = {}
    # the school of the account is organization 77: its people are those whose number ends so
    known = {"middle": people // 2, "own": 76 + people // OF_SCHOOL}
    for login, pages in PAGES.items():
        client = app.test_client()
        with app.app_context():
            session = sessions.start(find_account(login), hours=12)
        with client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = session.get_id(), True
        for page in pages:
            times = []
            for _ in range(rounds + 1):
                started = time.perf_counter()
                answer = client.get(page.format(**known))
                times.append((time.perf_counter() - started) * 1000)
                assert answer.status_code == 200, (login, page, answer.status_code)
            found[f"{login} `{page}`"] = times[1:]
    return found


def measure_here(people: int, rounds: int) -> None:
    """Measure one region in this process; print the figures as JSON."""
    with server() as running:
        app = build(running, people)
        app.config["TESTING"] = True
        json.dump(measure(app, people, rounds), sys.stdout)


def _measured(people: int, rounds: int) -> dict[str, list[float]]:
    command = [sys.executable, "-m", "benchmarks.growth", "--here", str(people), "--rounds", str(rounds)]
    answer: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return answer


def main() -> None:
    """Measure each region in a process of its own, print the table and what misses the aims."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--here", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        measure_here(options.here, options.rounds)
        return
    found = [_measured(people, options.rounds) for people in options.sizes]
    heads = [f"{people:,}".replace(",", " ") for people in options.sizes]
    print(f"| page | {' | '.join(heads)} | longest | ratio |\n|-|{'-|' * len(heads)}-|-|")
    missed = []
    for page in found[0]:
        medians = [statistics.median(times[page]) for times in found]
        longest, ratio = max(found[-1][page]), medians[-1] / medians[0]
        print(f"| {page} | {' | '.join(f'{m:.0f}' for m in medians)} | {longest:.0f} | {ratio:.1f} |")
        if medians[-1] > MOST_MS or longest > LONGEST_MS or ratio > MOST_RATIO:
            missed.append(page)
    print(f"\nMedians in ms; {len(found[0]) - len(missed)} of {len(found[0])} pages hold the aims")
    print(
        f"(≤ {MOST_MS} ms, none above {LONGEST_MS} ms, ≤ {MOST_RATIO} × of the smallest region). Not: {'; '.join(missed) or 'none'}."
    )


if __name__ == "__main__":
    main()
