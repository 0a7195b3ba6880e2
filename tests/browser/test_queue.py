"""The queue decided by two keys, without leaving the page; by its buttons on a telephone; without scripts."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Browser, Locator, Route, expect

from app.embedded_postgres import EmbeddedPostgres
from tests.browser.conftest import Newcomer
from tests.browser.test_pages import SHIFT, STILL
from tests.browser.visitor import PHONE, WIDE, Visitor
from tests.conftest import execute

pytestmark = pytest.mark.browser

PLACES = "/queue/?kind=employment"


def rows(visitor: Visitor) -> Locator:
    return visitor.page.locator("tr[data-row]")


def status(server: EmbeddedPostgres, database: str, row: str) -> str:
    pk = int(row.rpartition("-")[2])
    return str(execute(server, database, f"SELECT status FROM employment WHERE id = {pk}")[0][0])


def test_two_keys_decide_and_the_page_stays(newcomer: Newcomer, server: EmbeddedPostgres, database: str) -> None:
    """Д goes on, П confirms what is chosen and goes on; the layout of the keyboard does not matter."""
    operator = newcomer("operator")
    operator.go(PLACES)
    page, all_rows = operator.page, rows(operator)
    first, second, third = (str(all_rows.nth(n).get_attribute("data-row")) for n in range(3))
    address = page.url
    # nobody decides before a row is chosen
    page.keyboard.press("KeyG")
    operator.press("Решать с клавиатуры")
    expect(all_rows.nth(0)).to_be_focused()
    page.keyboard.press("KeyL")
    expect(all_rows.nth(1)).to_be_focused()
    page.keyboard.press("KeyG")
    expect(all_rows.nth(1).locator("[data-decision]")).to_have_text("Подтверждено")
    expect(all_rows.nth(2)).to_be_focused()
    expect(page.locator("[data-told]")).to_contain_text("Подтверждено")
    # a Russian layout sends other letters from the same keys
    page.evaluate(
        "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {code: 'KeyG', key: 'п', bubbles: true}))"
    )
    expect(all_rows.nth(2).locator("[data-decision]")).to_have_text("Подтверждено")
    expect(all_rows.nth(3)).to_be_focused()
    assert page.url == address
    assert [status(server, database, row) for row in (first, second, third)] == [
        "unconfirmed",
        "confirmed",
        "confirmed",
    ]
    operator.is_at_ease()


def test_keys_typed_elsewhere_decide_nothing(newcomer: Newcomer, server: EmbeddedPostgres, database: str) -> None:
    operator = newcomer("operator")
    operator.go(PLACES)
    count = "SELECT count(*) FROM employment WHERE status = 'unconfirmed'"
    before = execute(server, database, count)
    operator.page.get_by_role("searchbox").press_sequentially("gглд")
    expect(operator.page.get_by_role("searchbox")).to_have_value("gглд")
    operator.page.locator("body").press("KeyG")
    operator.page.wait_for_timeout(300)
    assert execute(server, database, count) == before
    assert operator.page.locator("[data-done]").count() == 0


def test_a_row_decided_by_another_says_so_in_its_place(
    newcomer: Newcomer, server: EmbeddedPostgres, database: str
) -> None:
    one, two = newcomer("operator"), newcomer("operator")
    for operator in (one, two):
        operator.go(PLACES)
    name = str(rows(one).nth(0).get_attribute("data-row"))
    rows(one).nth(0).get_by_role("button", name=re.compile("^Подтвердить")).click()
    expect(rows(one).nth(0).locator("[data-decision]")).to_have_text("Подтверждено")
    rows(two).nth(0).get_by_role("button", name=re.compile("^Подтвердить")).click()
    expect(rows(two).nth(0).locator(".queue-why")).to_contain_text("состояние записи — «Подтверждено»")
    expect(rows(two).nth(0)).to_be_focused()
    assert status(server, database, name) == "confirmed"


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_many_are_returned_with_a_reason(newcomer: Newcomer, viewport: dict[str, int]) -> None:
    operator = newcomer("operator", viewport=viewport)
    operator.go("/queue/?kind=voucher_application")
    before = rows(operator).count()
    for n in range(2):
        rows(operator).nth(n).get_by_role("checkbox").check()
    expect(operator.page.locator("[data-chosen]")).to_have_text("Выбрано: 2")
    operator.press("Вернуть на доработку")
    operator.page.locator("dialog textarea").fill("Приложите приказ")
    operator.page.locator("dialog .btn.main").click()
    operator.sees("Возвращено на доработку: 2 записи.")
    expect(rows(operator)).to_have_count(before - 2)
    assert operator.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    operator.is_at_ease()


def test_without_scripts_rows_are_decided_too(chromium: Browser, portal: str) -> None:
    context = chromium.new_context(viewport=PHONE, locale="ru-RU", java_script_enabled=False)  # type: ignore[arg-type]
    try:
        operator = Visitor(context, portal)
        operator.sign_in("operator")
        operator.go(PLACES)
        name = rows(operator).nth(0).get_attribute("data-row")
        rows(operator).nth(0).get_by_role("button", name=re.compile("^Подтвердить")).click()
        operator.sees("Подтверждено: 1 запись.")
        expect(operator.page.locator(f"[data-row={name}]")).to_have_count(0)
        operator.go("/queue/?kind=voucher_application")
        name = rows(operator).nth(0).get_attribute("data-row")
        rows(operator).nth(0).get_by_role("checkbox").check()
        operator.page.get_by_text("Вернуть на доработку").first.click()
        operator.page.locator("#return-reason").fill("Приложите приказ")
        operator.page.locator("button[value=return]").click()
        operator.sees("Возвращено на доработку: 1 запись.")
        expect(operator.page.locator(f"[data-row={name}]")).to_have_count(0)
    finally:
        context.close()


@pytest.mark.parametrize("width", [1280, 1600])
def test_the_queue_stands_still_when_its_scripts_come_late(newcomer: Newcomer, width: int) -> None:
    """What the script of lists shows or makes narrower is there from the first picture on."""
    operator = newcomer("operator", viewport={"width": width, "height": 900})

    def late(route: Route) -> None:
        time.sleep(0.7)  # a slow machine: the page has long been drawn when its script comes
        route.continue_()

    operator.page.route("**/js/list.js*", late)
    operator.go("/queue/")
    assert operator.page.evaluate(SHIFT) <= STILL
