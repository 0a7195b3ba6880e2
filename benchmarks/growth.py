"""Pages of four roles in regions of ten thousand, a hundred thousand and a million people: ``python -m benchmarks.growth``.

Each figure is the median of whole requests in one process (session, rights, rows, page). A region has its own process and
database (``benchmarks.crowd``); each page is asked of all regions in turn, so that what else the machine does slows all alike.
Each page is asked once before it is measured; how long that took at the largest region is said, too. ``--rounds``, ``--sizes``.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

from flask import Flask
from flask.testing import FlaskClient

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


def serve(people: int) -> None:
    """Answer lines «login page» of the measuring process with the milliseconds of a request, until it ends."""
    with server() as running:
        app = build(running, people)
        app.config["TESTING"] = True
        clients = {login: _signed_in(app, login) for login in PAGES}
        # the school of the account is organization 77: its people are those whose number ends so
        known = {"middle": people // 2, "own": 76 + people // OF_SCHOOL}
        print("ready", flush=True)
        for line in sys.stdin:
            login, page = line.split()
            started = time.perf_counter()
            answer = clients[login].get(page.format(**known))
            took = (time.perf_counter() - started) * 1000
            assert answer.status_code == 200, (line, answer.status_code)
            print(took, flush=True)


def _signed_in(app: Flask, login: str) -> FlaskClient:
    client = app.test_client()
    with app.app_context():
        session = sessions.start(find_account(login), hours=12)
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = session.get_id(), True
    return client


class Region:
    """A region that another process serves."""

    def __init__(self, people: int) -> None:
        command = [sys.executable, "-m", "benchmarks.growth", "--here", str(people)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._line()

    def ask(self, login: str, page: str) -> float:
        """Milliseconds of a request."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{login} {page}\n")
        self._process.stdin.flush()
        return float(self._line())

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("A region has ended; its message is above.")
        return line


def measure(regions: Sequence[Region], rounds: int) -> dict[str, list[list[float]]]:
    """«role `page`» → for each region the milliseconds of the requests; the first ones are those before the measuring."""
    return {
        f"{login} `{page}`": [
            list(times)
            for times in zip(*([region.ask(login, page) for region in regions] for _ in range(rounds + 1)), strict=True)
        ]
        for login, pages in PAGES.items()
        for page in pages
    }


def main() -> None:
    """Measure each region in a process of its own, print the table and what misses the aims."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--here", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        serve(options.here)
        return
    regions = [Region(people) for people in options.sizes]
    found = measure(regions, options.rounds)
    for region in regions:
        region.close()
    heads = [f"{people:,}".replace(",", " ") for people in options.sizes]
    print(f"| page | {' | '.join(heads)} | longest | ratio | before |\n|-|{'-|' * len(heads)}-|-|-|")
    missed = []
    for page, times in found.items():
        medians = [statistics.median(of_region[1:]) for of_region in times]
        before, longest, ratio = times[-1][0], max(times[-1][1:]), medians[-1] / medians[0]
        print(f"| {page} | {' | '.join(f'{m:.0f}' for m in medians)} | {longest:.0f} | {ratio:.1f} | {before:.0f} |")
        if medians[-1] > MOST_MS or longest > LONGEST_MS or ratio > MOST_RATIO:
            missed.append(page)
    print(f"\nMedians in ms; {len(found) - len(missed)} of {len(found)} pages hold the aims")
    print(
        f"(≤ {MOST_MS} ms, none above {LONGEST_MS} ms, ≤ {MOST_RATIO} × of the smallest region). Not: {'; '.join(missed) or 'none'}."
    )


if __name__ == "__main__":
    main()
