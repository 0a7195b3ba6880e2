"""The header with the menu of the user's name, the page «Настройка», the five places of a phone: by mouse, keys, large text."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.barriers import barriers
from tests.browser.conftest import Newcomer
from tests.browser.visitor import PHONE, WIDE

pytestmark = pytest.mark.browser

OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
#: what of the header and the bar is too low for a finger
LOW = """() => [...document.querySelectorAll(".top :is(a, summary), .five a, .who[open] .btn")]
    .map((e) => [e.textContent.trim(), e.getBoundingClientRect()])
    .filter(([, box]) => box.height && (box.height < 44 || box.width < 44)).map(([text]) => text)"""


def test_the_menu_of_the_name_opens_by_keys_and_closes(newcomer: Newcomer) -> None:
    visitor = newcomer("worker")
    name = visitor.page.locator(".who summary")
    name.focus()
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.locator(".who a")).to_have_text(
        ["Моя карточка", "Мои заявки на чек", "Что мне доступно", "Мои согласия", "Вид и тема", "Вход и безопасность"]
    )
    assert barriers(visitor.page) == []
    visitor.page.keyboard.press("Escape")
    expect(visitor.page.locator(".who a").first).to_be_hidden()
    expect(name).to_be_focused()
    visitor.page.keyboard.press("Enter")
    visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.press("Enter")
    expect(visitor.heading).to_have_text("Моя карточка")


@pytest.mark.parametrize("login", ["operator", "worker"])
def test_a_phone_has_five_places_and_the_last_is_the_menu(newcomer: Newcomer, login: str) -> None:
    visitor = newcomer(login, viewport=PHONE)
    bar = visitor.page.locator(".five a")
    expect(bar).to_have_count(5)
    for place in bar.all():
        expect(place).to_be_in_viewport(ratio=1)
    more = visitor.page.get_by_role("link", name="Ещё")
    more.click()
    expect(visitor.page.locator("#menu")).to_be_visible()
    visitor.page.keyboard.press("Escape")
    expect(visitor.page.locator("#menu")).to_be_hidden()
    expect(more).to_be_focused()
    visitor.page.locator(".who summary").click()
    assert visitor.page.evaluate(LOW) == []
    assert visitor.page.evaluate(OVERFLOW) == 0
    visitor.page.locator(".five a").nth(3).click()
    expect(visitor.page.locator(".five a").nth(3)).to_have_attribute("aria-current", "page")


def test_what_sticks_to_the_bottom_stands_above_the_bar(newcomer: Newcomer) -> None:
    visitor = newcomer("operator", viewport=PHONE)
    visitor.go("/employee/list/")
    visitor.page.locator("tbody input[type=checkbox]").first.check()
    gap = """() => document.querySelector(".five").getBoundingClientRect().top
        - document.querySelector(".bulk").getBoundingClientRect().bottom"""
    assert visitor.page.evaluate(gap) >= 0


@pytest.mark.parametrize("viewport", [PHONE, WIDE])
def test_large_text_keeps_the_header_in_the_window(newcomer: Newcomer, viewport: dict[str, int]) -> None:
    visitor = newcomer("school", viewport=viewport)
    visitor.page.context.add_cookies([{"name": "appearance", "value": "size=200", "url": visitor.base}])
    visitor.go("/employee/list/")
    expect(visitor.page.locator(".five")).to_be_hidden()
    assert visitor.page.evaluate(OVERFLOW) == 0
    visitor.page.locator(".who summary").click()
    expect(visitor.page.get_by_role("button", name="Выйти")).to_be_visible()
    assert visitor.page.evaluate(OVERFLOW) == 0


def test_the_setup_is_searched_and_leads_to_its_lists(newcomer: Newcomer) -> None:
    visitor = newcomer("operator")
    visitor.menu("Настройка")
    expect(visitor.heading).to_have_text("Настройка")
    assert barriers(visitor.page) == []
    visitor.search("причин")
    visitor.sees("Готовые слова отказов")
    expect(visitor.page.locator(".setup li")).to_have_count(1)
    visitor.menu("Должности")
    expect(visitor.heading).to_contain_text("Должности")
    expect(visitor.page.locator(".crumbs")).to_contain_text("Настройка")
