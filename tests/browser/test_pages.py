"""Every page that a role reaches by links: Russian only, no error, no sideways scrolling, nothing jumps, no barrier (axe).

A kind of pages is looked at in the browser once, in the first role that has it; in the roles after that its text is read as
the server sends it. What differs most by rights (``IN_EVERY_ROLE``) is looked at in every role.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Error

from tests.actors import client_as
from tests.browser.barriers import barriers, barriers_unlike
from tests.browser.conftest import Newcomer
from tests.browser.visitor import PHONE, WIDE, Visitor

pytestmark = pytest.mark.browser

#: kinds that a role before has opened; those that axe has examined; texts of which it has measured the contrast
LOOKED_AT: set[str] = set()
EXAMINED: set[str] = set()
CONTRASTED: set[str] = set()
IN_EVERY_ROLE = frozenset({"/", "/employee/list/", "/employee/show/N", "/training_group/show/N", "/enrolment/show/N"})
#: printed in ``test_chain`` and the tests of the guide (LibreOffice takes seconds for each)
LEFT_OUT = re.compile(r"/(print|preview)/\d+/pdf$|^/help/export/$")
#: pages that may say instead of a form why there is nothing to do: a program without another group on the day of the run
MAY_REFUSE = {"/enrolment/transfer/N": 409}
#: addresses that give files: the server is asked for them, the browser would only keep them
FILES = re.compile(r"/export/")

#: Latin letters that may stand on a page: addresses; names of file formats and programs, which have no Russian form;
#: words shown exactly as they must be typed (the password and the logins of the demo, the fields of a number's mask,
#: settings in the pages for who runs the portal); addresses of the portal's own pages in samples of letters.
ALLOWED = re.compile(
    r"[\w.+-]+@[\w-]+(\.[\w-]+)+"
    r"|https?://\S+|\bwww\.\S+|\b[\w-]+(\.[\w-]+)*\.(ru|org)\b"
    r"|\b(Excel|Word|PDF|JPEG|PNG|DOCX|XLSX?|CSV|ZIP|QR|HTML|Ctrl|Enter|Tab|Google Authenticator)\b|\.(xlsx|docx|ru|su)\b"
    r"|\bdemo-2026\b"
    r"|\{(code|number|year)(:0\dd)?\}"
    r"|\{\{[^{}]*\}\}|\{%[^{}]*%\}|\bqr\.png\b"  # fields, conditions and the picture of a paper's template
    r"|\bMAIL_MODE=(off|redirect)\b|\bMAIL_REDIRECT_TO\b|\bSMTP_HOST\b"
    r"|(?<!\w)/notices/"
    r"|\b[0-9a-f]{12}\b"  # the number under which an error stands in the log
)
#: columns and fields whose values are identifiers of the users' own making
IDENTIFIERS = frozenset({"Логин", "Имя файла", "Файл", "Отпечаток текста"})

#: of the page on the screen, or of the one that the server has sent: where its links lead, and its texts with Latin letters,
#: each with its label and its element; of the one on the screen also how far it jumped while it was drawn (Cumulative Layout
#: Shift; below 0.1 counts as good) and how much wider than the screen it is. One question: each costs its way there and back
SEEN = """async (sent) => {
    let jumped = 0;
    if (!sent) await new Promise((drawn) => {
        const add = (entries) => { for (const entry of entries) if (!entry.hadRecentInput) jumped += entry.value; };
        const observer = new PerformanceObserver((list) => add(list.getEntries()));
        observer.observe({ type: "layout-shift", buffered: true });
        requestAnimationFrame(() => setTimeout(() => { add(observer.takeRecords()); drawn(); }, 10));
    });
    const page = sent ? new DOMParser().parseFromString(sent, "text/html") : document;
    const texts = [];
    const note = (text, element) => {
        if (!/[A-Za-z]/.test(text)) return;
        const cell = element.closest("[data-label], dl > div, .field");
        if (element.matches(".demo-logins small")) return; // the logins of the demo, as they are typed
        const label = cell?.dataset?.label ?? cell?.querySelector("dt, label")?.textContent ?? "";
        texts.push([text.trim(), label.trim(), element.tagName.toLowerCase() + "." + element.className]);
    };
    const walker = page.createTreeWalker(page.documentElement, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const parent = walker.currentNode.parentElement;
        if (!parent.closest("script, style, noscript")) note(walker.currentNode.textContent, parent);
    }
    for (const name of ["placeholder", "title", "alt", "aria-label"])
        page.querySelectorAll(`[${name}]`).forEach((element) => note(element.getAttribute(name), element));
    const links = [...page.querySelectorAll("a[href]")].map((link) => link.getAttribute("href"));
    return { links, texts, jumped, wider: document.documentElement.scrollWidth - document.documentElement.clientWidth };
}"""
STILL = 0.02
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def pattern(path: str) -> str:
    """Address of a kind of pages: records as N, filters as one; the tabs of a card are pages of their own."""
    parts = urlsplit(path)
    query = dict(parse_qsl(parts.query))
    tab = f"?tab={query.pop('tab')}" if "tab" in query else "?…" if query else ""
    return re.sub(r"/verify/.+", "/verify/N", re.sub(r"\d+", "N", parts.path)) + tab


@dataclass
class Crawl:
    """A walk over the pages of one role, and what was wrong on them."""

    visitor: Visitor
    #: the same person without a browser
    client: FlaskClient
    seen: set[str] = field(default_factory=set)
    problems: dict[str, list[str]] = field(default_factory=dict)

    def walk(self) -> None:
        """Open one page of each kind, breadth-first from the start page."""
        waiting = deque(["/"])
        while waiting:
            path = waiting.popleft()
            kind = pattern(path)
            if kind not in self.seen and not LEFT_OUT.search(urlsplit(path).path):
                self.seen.add(kind)
                waiting.extend(self.open(path, kind))

    def open(self, path: str, kind: str) -> list[str]:
        """See one page, or get one file; returns where it leads."""
        if FILES.search(path) or (kind in LOOKED_AT and kind not in IN_EVERY_ROLE):
            return self._read(path, kind)
        LOOKED_AT.add(kind)
        return self.look(path, kind)

    def _read(self, path: str, kind: str) -> list[str]:
        """What the server sends, without opening it."""
        answer = self.client.get(path, follow_redirects=True)
        if answer.status_code >= 400 and answer.status_code != MAY_REFUSE.get(kind):
            self.note(kind, f"{path}: {answer.status_code}")
        if answer.mimetype != "text/html":
            answer.close()
            return []
        seen = self.visitor.page.evaluate(SEEN, answer.get_data(as_text=True))
        self.note(kind, *foreign_words(seen["texts"]))
        return list(self.inside(answer.request.path, seen["links"]))

    def look(self, path: str, kind: str) -> list[str]:
        """One page in the browser. A page that cannot be looked at is a problem too."""
        watch = self.visitor.watch
        try:
            with self.visitor.expecting(*[MAY_REFUSE[kind]] if kind in MAY_REFUSE else ()):
                return self._look(path, kind)
        except Error as error:
            # an address that gives a file opens no page; an error instead of the file would be a page, and noted
            if "Download is starting" not in error.message:
                self.note(kind, f"{path}: {error.message}")
            return []
        finally:
            self.note(kind, *watch.problems)
            watch.problems.clear()

    def _look(self, path: str, kind: str) -> list[str]:
        page = self.visitor.page
        self.visitor.go(path)
        seen = page.evaluate(SEEN)
        self._judge(kind, seen, 1280)
        self.note(kind, *foreign_words(seen["texts"]))
        # a form of change is that of addition; a filtered list differs by its chips, which are the same in all lists
        examined = kind.replace("/edit/N", "/add").replace("?…", "" if kind != "/employee/list/?…" else "?…")
        if examined not in EXAMINED or kind in IN_EVERY_ROLE:
            EXAMINED.add(examined)
            self.note(kind, *(barriers(page) if kind in IN_EVERY_ROLE else barriers_unlike(page, CONTRASTED)))
        self.on_a_phone(kind)
        return list(self.inside(page.url, seen["links"]))

    def _judge(self, kind: str, seen: dict[str, Any], width: int) -> None:
        self.note(kind, *[f"jumps by {by:.3f} at {width}" for by in [seen["jumped"]] if by > STILL])
        self.note(kind, *[f"scrolls sideways at {width} by {by}" for by in [seen["wider"]] if by > 0])

    def on_a_phone(self, kind: str) -> None:
        """The page as it stands, and drawn anew where that is worth a second request."""
        page = self.visitor.page
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        self.note(kind, *[f"scrolls sideways at 390 by {by}" for by in [page.evaluate(WIDER)] if by > 0])
        if kind in IN_EVERY_ROLE:
            page.reload()
            self._judge(kind, page.evaluate(SEEN), 390)
        page.set_viewport_size(WIDE)  # type: ignore[arg-type]

    def inside(self, page: str, links: list[str]) -> Iterator[str]:
        """Paths of a page's links that stay in the portal."""
        for link in links:
            parts = urlsplit(urljoin(urljoin(self.visitor.base, page), link))
            if f"{parts.scheme}://{parts.netloc}" == self.visitor.base:
                yield parts.path + (f"?{parts.query}" if parts.query else "")

    def note(self, kind: str, *problems: str) -> None:
        """Remember what was wrong, once for a kind of pages."""
        known = self.problems.setdefault(kind, [])
        for problem in problems:
            if problem not in known:
                known.append(problem)
                print(f"{kind}: {problem}")  # at once: a walk that is broken off has told what it saw

    @property
    def report(self) -> list[str]:
        """Each problem once, with some of the pages that have it."""
        where: dict[str, list[str]] = {}
        for kind, problems in self.problems.items():
            for problem in problems:
                where.setdefault(problem, []).append(kind)
        return [f"{problem} ← {', '.join(kinds[:4])} ({len(kinds)})" for problem, kinds in where.items()]


def foreign_words(texts: list[list[str]]) -> list[str]:
    """Texts of a page with Latin letters outside the allowed ones."""
    wrong = []
    for text, label, element in texts:
        if label.removesuffix(" *") not in IDENTIFIERS and re.search("[A-Za-z]", ALLOWED.sub("", text)):
            wrong.append(f"Latin: «{text[:160]}» in {element} {label}")
    return wrong


@pytest.mark.parametrize("login", "operator ministry territory organizer school worker observer admin".split())
def test_every_page_of_a_role_is_russian_and_without_barriers(
    newcomer: Newcomer, renewed_region: Flask, login: str
) -> None:
    crawl = Crawl(newcomer(login), client_as(renewed_region, login))
    crawl.walk()
    assert not crawl.report, "\n".join(crawl.report)


def test_pages_of_a_stranger_are_russian_and_without_barriers(newcomer: Newcomer, renewed_region: Flask) -> None:
    crawl = Crawl(newcomer(), client_as(renewed_region, None))
    group = crawl.client.get("/courses/").get_data(as_text=True).split('href="/courses/', 2)[2].split('"')[0]
    pages = (
        "/",
        "/courses/",
        f"/courses/{group}",
        "/verify/",
        "/register/",
        "/login/",
        "/verify/no-such-code",
        "/no-such-page",
    )
    for path in pages:
        with crawl.visitor.expecting(404):
            crawl.look(path, path)
    assert not crawl.report, "\n".join(crawl.report)
