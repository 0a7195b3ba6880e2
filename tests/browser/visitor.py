"""A person at a browser: opens pages, presses buttons, and notes everything that went wrong on the way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Download,
    Locator,
    Page,
    Request,
    Response,
    WebError,
    expect,
)

from app.cli import DEMO_PASSWORD
from tests import waiting

#: ms in which a page must show what is expected of it
PATIENCE = 1000 * waiting.PATIENCE
#: the start page, which greets a worker
START = re.compile(r"^(Главная|Здравствуйте, .+)$")
WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


class Watch:
    """What a browser complains about: errors on the console (also of the security policy), failed requests, error pages."""

    def __init__(self, context: BrowserContext) -> None:
        self.problems: list[str] = []
        #: statuses of answers that the test is about to provoke
        self.expected: set[int] = set()
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("requestfailed", self._failed)
        context.on("response", self._answered)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        # an answer with an error status is judged below, where the status is known
        if not message.text.startswith("Failed to load resource: the server responded"):
            self.problems.append(f"{message.text} — {message.location.get('url', '')}")

    def _error(self, error: WebError) -> None:
        self.problems.append(f"{error.error}")

    def _failed(self, request: Request) -> None:
        # a download or a page left early ends its request; everything else is a failure
        if request.failure != "net::ERR_ABORTED":
            self.problems.append(f"{request.method} {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.problems.append(f"{response.request.method} {response.url}: {response.status}")


class Visitor:
    """One browser context with one page."""

    def __init__(self, context: BrowserContext, base: str) -> None:
        self.base = base
        self.watch = Watch(context)
        self._page: Page = context.new_page()
        self._page.set_default_timeout(PATIENCE)
        #: page that a visitor stands on who looks before having gone anywhere
        self.first = ""

    @property
    def page(self) -> Page:
        """The browser's page; a visitor who has gone nowhere yet opens ``first``."""
        if self.first:
            self.go(self.first)
        return self._page

    # --- moving

    def go(self, path: str) -> None:
        """Open a page of the portal by its path."""
        self.first = ""
        self._page.goto(path if path.startswith("http") else self.base + path)

    def sign_in(self, login: str, password: str = DEMO_PASSWORD) -> None:
        """Sign in through the form; the start page follows."""
        self._enter(login, password)
        expect(self.heading).to_have_text(START)

    def sign_in_first(self, login: str, password: str) -> None:
        """Sign in to an account that a school made: the consent is asked and given, then the start page follows."""
        self._enter(login, password)
        expect(self.heading).to_have_text("Согласие на обработку персональных данных")
        self.press("Даю это согласие")
        expect(self.heading).to_have_text(START)

    def _enter(self, login: str, password: str) -> None:
        self.go("/login/")
        self.page.get_by_label("Логин").fill(login)
        self.page.get_by_label("Пароль").fill(password)
        self.page.get_by_role("button", name="Войти").click()

    def menu(self, label: str) -> None:
        """Open a list from the side menu; what is not there is on the page «Настройка»."""
        link = self._entry(label)
        if link.count() == 0:
            self._follow(self._entry("Настройка"))
            link = self.page.locator(".setup li a").filter(has_text=re.compile(rf"^{re.escape(label)}$"))
        elif not link.is_visible():
            link.locator("xpath=ancestor::details/summary").click()
        self._follow(link)

    def _entry(self, label: str) -> Locator:
        """The entry of this name; the number of what waits may follow it."""
        return self.page.locator("#menu li a").filter(has_text=re.compile(rf"^\s*{re.escape(label)}\s*(\d|$)"))

    def sign_out(self) -> None:
        """Sign out by the menu of the user's name."""
        self.page.locator(".who summary").click()
        self._follow(self.page.locator(".who").get_by_role("button", name="Выйти"))

    def take_up(self, words: str) -> None:
        """Press the button of the line of «Сделайте сегодня» that holds the words; what is below the first five is unfolded."""
        line = self.page.locator(".today .todo li").filter(has_text=words)
        if not line.is_visible():
            self.page.locator(".today details > summary").click()
        self._follow(line.locator(".btn"))

    def open_row(self, text: str) -> None:
        """Open the only row of a list that holds the text."""
        row = self.page.locator("main tbody tr").filter(has_text=text)
        expect(row).to_have_count(1)
        self._follow(row.locator("th a"))

    def open_person(self, name: str) -> None:
        """Find a person in the list and open the card."""
        self.go("/employee/list/")
        self.search(name)
        self.open_row(name)

    def search(self, words: str) -> None:
        """Search in the list on the screen."""
        self.page.get_by_role("searchbox").fill(words)
        self._follow(self.page.get_by_role("button", name="Найти"))

    def tab(self, label: str) -> None:
        """Open a tab of a card."""
        self.page.locator(".tabs a").filter(has_text=label).click()

    def _follow(self, target: Locator) -> None:
        """Click what opens another page, and wait for that page: what comes next must not meet the one before it."""
        with self.page.expect_navigation(wait_until="domcontentloaded"):
            target.click()

    # --- pressing and filling

    def press(self, label: str) -> None:
        """Press the button or link of the page's content with exactly this name; a page that follows is read to its end."""
        named = self.page.locator(".btn").filter(has_text=_exactly(label))
        # «Ещё» of a card, and of a list on a phone
        card = self.page.locator(".more-acts").filter(has=named).locator("> summary")
        folded = card.or_(self.page.locator("[data-unfold][aria-expanded=false]").filter(visible=True))
        self.button(label).or_(folded).first.wait_for()
        if self.button(label).count() == 0:
            named.first.wait_for(state="attached")
            folded.first.click()
        self.button(label).click()
        # locators that do not wait (``all``, ``count``, texts of many) would find the beginning of the next page
        self.page.wait_for_load_state("domcontentloaded")

    def button(self, label: str) -> Locator:
        """The button or button-like link with exactly this name."""
        return self.page.locator("main .btn, dialog .btn").filter(has_text=_exactly(label)).filter(visible=True)

    def fill(self, **values: str) -> None:
        """Type into fields of the form by their names."""
        for name, value in values.items():
            self.page.locator(f"main form [name={name}]").fill(value)

    def choose(self, field: str, words: str, option: str) -> None:
        """Search in a field of a big directory and choose an answer."""
        self.page.locator(f"main form [name={field}_text]").press_sequentially(words, delay=10)
        self.page.locator(".found [role=option]").filter(has_text=option, visible=True).first.click()

    def download(self, label: str, folder: Path) -> Path:
        """Press a button that gives a file; returns where the file is kept."""
        with self.page.expect_download() as started:
            self.press(label)
        return self._keep(started.value, folder)

    def download_first(self, label: str, folder: Path) -> Path:
        """Press the first of equal buttons that give files: of the newest row."""
        with self.page.expect_download() as started:
            self.button(label).first.click()
        return self._keep(started.value, folder)

    @staticmethod
    def _keep(download: Download, folder: Path) -> Path:
        path = folder / download.suggested_filename
        download.save_as(path)
        return path

    # --- seeing

    @property
    def heading(self) -> Locator:
        """The page's title."""
        return self.page.locator("main h1")

    @property
    def main(self) -> Locator:
        """The page's content."""
        return self.page.locator("main")

    def sees(self, *texts: str) -> None:
        """The page's content shows each of the texts."""
        for text in texts:
            expect(self.main).to_contain_text(text)

    def pair(self, label: str) -> str:
        """Value of a card beside its label."""
        found = self.page.locator("main dl div").filter(has=self.page.get_by_text(label, exact=True))
        return found.first.locator("dd").inner_text()

    def until(self, true: Callable[[], bool]) -> None:
        """Wait for what no element shows; looks again and again, within ``PATIENCE``."""
        for _ in range(PATIENCE // 50):
            if true():
                return
            self.page.wait_for_timeout(50)
        raise AssertionError("what was waited for has not come")

    def is_at_ease(self) -> None:
        """Nothing went wrong since the last question."""
        problems, self.watch.problems = self.watch.problems, []
        assert problems == []

    def tell(self) -> None:
        """Print where the visitor stands; shown only when the test fails."""
        text = self.page.evaluate("document.querySelector('main')?.innerText ?? ''")
        print(f"--- {self.page.url}\n{text[:3000]}")

    @contextmanager
    def expecting(self, *statuses: int) -> Iterator[None]:
        """Inside, answers with these statuses are what the test wants."""
        self.watch.expected |= set(statuses)
        yield
        self.watch.expected -= set(statuses)


def _exactly(label: str) -> re.Pattern[str]:
    return re.compile(rf"^\s*{re.escape(label)}\s*$")
