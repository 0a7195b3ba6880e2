"""The pictures of the guide, taken from a portal with the demo that runs: ``python -m scripts.screens URL``.

Each page is photographed by the login whose page it is, at 1280 px, into ``docs/screens``; a picture has 64 colours, which keeps it
small. The staff list is only read: nothing of its preview is applied.
"""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from app.cli import DEMO_PASSWORD

ROOT = Path(__file__).parents[1]
SCREENS, LIST = ROOT / "docs" / "screens", ROOT / "app" / "static" / "examples" / "staff-list.xlsx"
BROWSERS = ("chromium", "chromium-headless-shell", "google-chrome")
SIZE, COLOURS = {"width": 1280, "height": 820}, 64


def _start(page: Page, url: str) -> None:
    page.goto(f"{url}/")


def _card(page: Page, url: str) -> None:
    """A person whose чек has a course in one of its blocks."""
    page.goto(f"{url}/enrolment/list/?tab=confirmed")
    page.locator("main tbody th a").first.click()
    page.locator("main a[href*='/employee/show/']").first.click()
    page.wait_for_url("**/employee/show/*")


def _group(page: Page, url: str) -> None:
    """The working table of a group whose lessons go on."""
    page.goto(f"{url}/training_group/list/?tab=running")
    page.locator("main tbody th a").first.click()
    page.wait_for_url("**/training_group/show/*")


def _queue(page: Page, url: str) -> None:
    page.goto(f"{url}/queue/?kind=voucher_application")


def _preview(page: Page, url: str) -> None:
    page.goto(f"{url}/employee/import/")
    page.locator("[name=file]").set_input_files(LIST)
    page.get_by_role("button", name="Проверить файл").click()
    page.wait_for_url("**/import/*")


#: picture → login, the way to its page
PICTURES: dict[str, tuple[str, Callable[[Page, str], None]]] = {
    "worker": ("worker", _start),
    "card": ("school", _card),
    "groups": ("organizer", _group),
    "import": ("school", _preview),
    "desk": ("operator", _queue),
}


def photograph(browser: Browser, url: str, name: str) -> None:
    """Sign in, go to the page, keep its picture."""
    login, lead = PICTURES[name]
    context = browser.new_context(viewport=SIZE, locale="ru-RU")  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{url}/login/")
    page.get_by_label("Логин").fill(login)
    page.get_by_label("Пароль").fill(DEMO_PASSWORD)
    page.get_by_role("button", name="Войти").click()
    page.wait_for_url(f"{url}/")
    lead(page, url)
    page.wait_for_load_state("networkidle")
    taken = Image.open(io.BytesIO(page.screenshot()))
    taken.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(SCREENS / f"{name}.png", optimize=True)
    context.close()


def main() -> None:
    """Take all pictures, or those that are named after the address."""
    url, *names = sys.argv[1:]
    with sync_playwright() as playwright:
        path = next(filter(None, map(shutil.which, BROWSERS)), None)
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for name in names or PICTURES:
            photograph(browser, url.rstrip("/"), name)
        browser.close()


if __name__ == "__main__":
    main()
