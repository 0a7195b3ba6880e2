"""Main pages in Chromium beside Django admin + unfold on the same data: paint, blocking, bytes, requests; and pictures.

``python -m benchmarks.pages [--rounds 5] [--pictures docs/screens/compare]``
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from app.embedded_postgres import SOCKET_PORT
from benchmarks.lists import ROOT, rival_python
from benchmarks.workbench import LOGIN, server
from benchmarks.wsgi_side import PERSON, SEARCH

#: page → what it is, the portal's address, the rival's
PAGES: Mapping[str, tuple[str, str, str]] = {
    "login": ("sign-in", "/login/", "/admin/login/"),
    "start": ("start page", "/", "/admin/"),
    "list": ("employees", "/employee/list/", "/admin/rival/employee/"),
    "search": ("search by surname", f"/employee/list/?q={SEARCH}", f"/admin/rival/employee/?q={SEARCH}"),
    "card": ("staff card", f"/employee/show/{PERSON}", f"/admin/rival/employeecard/{PERSON}/change/"),
    "edit": ("edit form", f"/employee/edit/{PERSON}", f"/admin/rival/employee/{PERSON}/change/"),
    "add": ("addition form", "/employee/add", "/admin/rival/employee/add/"),
    "organizations": ("organizations", "/organization/list/", "/admin/rival/organization/"),
    "vouchers": ("чеки", "/voucher/list/", "/admin/rival/voucher/"),
    "filtered": ("чеки that are live", "/voucher/list/?status=active", "/admin/rival/voucher/?status__exact=active"),
}
WIDTHS = {"1280": {"width": 1280, "height": 900}, "390": {"width": 390, "height": 844}}
BROWSERS = ("chromium", "chromium-headless-shell", "google-chrome")
BROWSER_FLAGS = ["--no-sandbox", "--disable-dev-shm-usage"]
#: runs in the page before its own scripts; blocking time is what tasks take above 50 ms (the measure of Lighthouse)
OBSERVE = """
window.__seen = {blocked: 0, shift: 0};
new PerformanceObserver(list => { for (const e of list.getEntries()) window.__seen.blocked += Math.max(0, e.duration - 50); })
  .observe({type: "longtask", buffered: true});
new PerformanceObserver(list => { for (const e of list.getEntries()) window.__seen.shift += e.value; })
  .observe({type: "layout-shift", buffered: true});
"""
FIGURES = """() => {
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  const first = performance.getEntriesByType("navigation")[0];
  const parts = performance.getEntriesByType("resource");
  return {fcp: paint ? paint.startTime : NaN, server: first.responseStart - first.requestStart, tbt: window.__seen.blocked,
          shift: window.__seen.shift, blocking: parts.filter(p => p.renderBlockingStatus === "blocking").length,
          requests: parts.length + 1};
}"""
#: rows of a list that are seen whole on the first screen: nothing cuts or covers them
WHOLE_ROWS = """() => [...document.querySelectorAll("main tbody tr, #result_list tbody tr")].filter(row => {
  const box = row.getBoundingClientRect();
  const seen = document.elementFromPoint(box.left + box.width / 2, box.bottom - 2);
  return box.height > 0 && box.top >= 0 && box.bottom <= innerHeight && row.contains(seen);
}).length"""
#: of ``region.py`` and ``rival/side.py``
PASSWORD = "benchmark"
#: pages whose rows are counted
LISTS = ("list", "search", "organizations", "vouchers", "filtered")


@dataclass(frozen=True, slots=True)
class Side:
    """A running server with the cookie of a signed-in browser."""

    name: str
    url: str
    cookie: dict[str, Any]


@contextmanager
def running(name: str, command: list[str]) -> Iterator[Side]:
    """Start a side and end it after the block."""
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise SystemExit(f"{name} has ended; its message is above.")
        said = json.loads(line)
        yield Side(name, said["url"], {"name": said["name"], "value": said["value"], "url": said["url"]})
    finally:
        process.terminate()
        process.wait(timeout=30)


def visit(page: Page, url: str) -> dict[str, float]:
    """Open an address once; its figures with the bytes that came over the wire."""
    wire = 0.0
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")

    def count(event: dict[str, Any]) -> None:
        nonlocal wire
        wire += event["encodedDataLength"]

    devtools.on("Network.loadingFinished", count)
    page.goto(url, wait_until="networkidle")
    figures: dict[str, float] = page.evaluate(FIGURES)
    devtools.detach()
    return {**figures, "wire": wire / 1024}


def measure(browser: Browser, side: Side, path: str) -> dict[str, float]:
    """A first visit with an empty cache and a second one."""
    context = browser.new_context(viewport=WIDTHS["1280"], locale="ru-RU")  # type: ignore[arg-type]
    context.add_init_script(OBSERVE)
    if "login" not in path:
        context.add_cookies([side.cookie])  # type: ignore[list-item]
    page = context.new_page()
    first, second = visit(page, side.url + path), visit(page, side.url + path)
    context.close()
    return {**first, "again": second["wire"], "fcp_again": second["fcp"]}


def sign_in(page: Page) -> None:
    """Sign in by the form on the screen, which both sides have."""
    page.locator("[name=login], [name=username]").fill(LOGIN)
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "login" not in url)


def photograph(browser: Browser, sides: list[Side], folder: Path) -> dict[tuple[str, str], list[int]]:
    """Pictures of all pages of both sides at both widths; (list, width) → rows seen whole: portal, rival."""
    folder.mkdir(parents=True, exist_ok=True)
    rows: dict[tuple[str, str], list[int]] = {}
    for width, viewport in WIDTHS.items():
        for number, side in enumerate(sides):
            context = browser.new_context(viewport=viewport, locale="ru-RU")  # type: ignore[arg-type]
            page = context.new_page()
            for name, (_words, *paths) in PAGES.items():
                page.goto(side.url + paths[number], wait_until="networkidle")
                kind = "portal" if number == 0 else "unfold"
                page.screenshot(path=folder / f"{name}-{width}-{kind}.jpg", type="jpeg", quality=60)
                if name == "login":
                    sign_in(page)
                elif name in LISTS:
                    rows.setdefault((name, width), []).append(page.evaluate(WHOLE_ROWS))
            context.close()
    return rows


def table(results: dict[str, list[dict[str, float]]]) -> str:
    """The figures as Markdown: portal / rival in each cell."""
    heads = (
        "first paint, ms",
        "again, ms",
        "server, ms",
        "blocking, ms",
        "first visit, KB",
        "next, KB",
        "requests",
        "blocking requests",
        "shift",
    )
    keys = ("fcp", "fcp_again", "server", "tbt", "wire", "again", "requests", "blocking", "shift")
    lines = ["| page | " + " | ".join(heads) + " |", "|-" * (len(heads) + 1) + "|"]
    for name, (ours, theirs) in results.items():
        cells = [f"{ours[k]:.{2 if k == 'shift' else 0}f} / {theirs[k]:.{2 if k == 'shift' else 0}f}" for k in keys]
        lines.append(f"| {PAGES[name][0]} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def compare(browser: Browser, sides: list[Side], rounds: int) -> dict[str, list[dict[str, float]]]:
    """Interleaved rounds; page → medians of each side."""
    seen: dict[tuple[str, int], list[dict[str, float]]] = {}
    for _ in range(rounds + 1):  # the first one warms both up
        for name, (_words, *paths) in PAGES.items():
            for number, side in enumerate(sides):
                seen.setdefault((name, number), []).append(measure(browser, side, paths[number]))
    return {
        name: [
            {key: statistics.median(run[key] for run in seen[name, number][1:]) for key in seen[name, number][0]}
            for number in range(len(sides))
        ]
        for name in PAGES
    }


def main() -> None:
    """Build what is missing, compare, print, take pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="0: nothing is measured, pictures alone")
    parser.add_argument("--pictures", type=Path)
    options = parser.parse_args()
    with server() as database, sync_playwright() as playwright:
        subprocess.run([sys.executable, "-m", "benchmarks.region", database.url()], cwd=ROOT, check=True)
        os.environ |= {"RIVAL_HOST": str(database.socket_dir), "RIVAL_PORT": str(SOCKET_PORT)}
        browser = playwright.chromium.launch(
            executable_path=next(filter(None, map(shutil.which, BROWSERS)), None), args=BROWSER_FLAGS
        )
        ours = [sys.executable, "-m", "benchmarks.portal_http", database.url()]
        theirs = [str(rival_python()), "-m", "benchmarks.rival.http"]
        with running("portal", ours) as portal, running("Django admin + unfold", theirs) as rival:
            if options.rounds:
                print(table(compare(browser, [portal, rival], options.rounds)))
            if options.pictures:
                for (name, width), found in photograph(browser, [portal, rival], options.pictures).items():
                    print(f"{PAGES[name][0]}, {width} px: whole rows {found[0]} / {found[1]}")
        browser.close()


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    main()
