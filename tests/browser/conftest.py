"""Chromium, the portal behind its web server on a free loopback port, and people signed in to it."""

from __future__ import annotations

import logging
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect, sync_playwright
from waitress.server import create_server

from tests.actors import cookie_as
from tests.browser.barriers import with_axe
from tests.browser.post import Post
from tests.browser.visitor import PATIENCE, WIDE, Visitor
from tests.conftest import region_database
from tests.mailbox import mail_server

#: the first has no window: the others draw their own frame and a new tab for each visitor, which takes longer than the pages
COMMANDS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --process-per-site --renderer-process-limit=1"
).split()

Newcomer = Callable[..., Visitor]
Visit = Callable[..., Visitor]


def find_browser() -> str:
    """Path of Chromium; without it the test is skipped (``make test`` says so last), with STRICT=1 it fails."""
    path = next(filter(None, map(shutil.which, COMMANDS)), None)
    if path is None:
        stop = pytest.fail if os.environ.get("STRICT") == "1" else pytest.skip
        stop("Не проверено в браузере: нет Chromium. Установите: sudo apt-get install chromium-headless-shell")
    assert path is not None
    return path


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for the folder; it ends with it, because its event loop must not meet other tests."""
    path = find_browser()
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


def _serve(server: Any) -> None:
    """Answer until the server is closed: its sockets are then closed under the loop that waits for them."""
    with suppress(OSError):
        server.run()


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The application behind its real web server; yields the address."""
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server = create_server(with_axe(app), host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=_serve, args=(server,), name="portal", daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    # requests under way end before the socket by which they wake the server is closed
    server.task_dispatcher.shutdown()
    server.close()
    thread.join(timeout=10)


@pytest.fixture(scope="module")
def portal(renewed_region: Flask) -> Iterator[str]:
    """Address of a portal on the module's own copy of the demo region, which its tests may change."""
    find_browser()
    with served(renewed_region) as address:
        yield address


@pytest.fixture(scope="module")
def post(renewed_region: Flask) -> Iterator[Post]:
    """The same with a mail server that takes the portal's letters at once: a decision waits for no second thoughts."""
    find_browser()
    with mail_server() as box:
        renewed_region.config["PORTAL"] = replace(renewed_region.config["PORTAL"], undo_seconds=0, **box.settings)
        with served(renewed_region) as address:
            yield Post(renewed_region, address, box)


@pytest.fixture
def database(worker_name: str) -> str:
    """Name of the database of the module's portal."""
    return region_database(worker_name)


@pytest.fixture
def newcomer(chromium: Browser, portal: str, renewed_region: Flask) -> Iterator[Newcomer]:
    """Make visitors, each with an own browser context, on the start page as one signed in when a login is given.

    The form of sign-in is for the journeys and the tests of it. At the end nobody may have met a script error, a refusal of the security policy, or a failed request.
    """
    made: list[Visitor] = []

    def make(login: str = "", *, viewport: dict[str, int] = WIDE) -> Visitor:
        context = chromium.new_context(viewport=viewport, locale="ru-RU", accept_downloads=True)  # type: ignore[arg-type]
        visitor = Visitor(context, portal)
        made.append(visitor)
        if login:
            context.add_cookies([cookie_as(renewed_region, login, portal)])  # type: ignore[list-item]
            visitor.first = "/"
        return visitor

    yield make
    for visitor in made:
        visitor.first = ""
        visitor.tell()
        visitor.page.context.close()
    assert [problem for visitor in made for problem in visitor.watch.problems] == []


@pytest.fixture
def visit(chromium: Browser, post: Post) -> Iterator[Visit]:
    """Make visitors of the module's portal with its mail server (``post``); none of them may meet an error."""
    made: list[Visitor] = []

    def make(login: str = "") -> Visitor:
        context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="ru-RU", accept_downloads=True)
        made.append(Visitor(context, post.address))
        if login:
            made[-1].sign_in(login)
        return made[-1]

    yield make
    for one in made:
        one.tell()
        one.page.context.close()
    assert [problem for one in made for problem in one.watch.problems] == []
