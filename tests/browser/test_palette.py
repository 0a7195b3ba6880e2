"""The search of the top bar by keys, and what the version for poor eyes does to real pages."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Error, Locator, Route, expect

from tests.browser.barriers import barriers, contrast_unlike
from tests.browser.conftest import Newcomer
from tests.browser.test_shell import OVERFLOW
from tests.browser.visitor import PHONE, WIDE, Visitor

pytestmark = pytest.mark.browser

#: pages of each kind: start, list, card, form, search, help, panel
PAGES = (
    "/ /employee/list/ /employee/show/1 /employee/add /voucher/list/ /training_group/show/1 /search/?q=кузн /help/import"
    " /help/?q=чек /appearance/ /password/".split()
)
GUEST_PAGES = "/login/ /verify/no-such-code /help/ /appearance/".split()


def palette(visitor: Visitor) -> Locator:
    return visitor.page.locator("dialog.everywhere[open]")


def open_by_keys(visitor: Visitor) -> Locator:
    visitor.page.keyboard.press("Control+k")
    box = palette(visitor).get_by_role("combobox", name="Поиск по всему порталу")
    expect(box).to_be_focused()
    return box


def test_a_person_is_found_and_opened_by_keys_alone(newcomer: Newcomer) -> None:
    visitor = newcomer("operator")
    box = open_by_keys(visitor)
    visitor.page.keyboard.type("кузнецова ольга")
    options = palette(visitor).get_by_role("option")
    expect(options.first).to_contain_text("Кузнецова Ольга")
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(palette(visitor).get_by_role("status")).to_have_text(re.compile(r"Найдено: \d+"))
    expect(options.first).to_have_attribute("aria-selected", "true")
    visitor.page.keyboard.press("ArrowDown")
    chosen = visitor.page.locator("[role=option][aria-selected=true]")
    expect(chosen).to_have_count(1)
    expect(chosen).to_have_attribute("id", box.get_attribute("aria-activedescendant") or "")
    expect(box).to_be_focused()
    visitor.page.keyboard.press("ArrowUp")
    expect(options.first).to_have_attribute("aria-selected", "true")
    name = options.first.evaluate("(option) => option.firstChild.textContent")
    visitor.page.keyboard.press("Enter")
    expect(visitor.heading).to_have_text(name)


def test_what_is_typed_before_the_search_has_come_is_not_lost(newcomer: Newcomer) -> None:
    visitor = newcomer("operator")
    late: list[Route] = []
    visitor.page.route("**/js/search.js*", lambda route: late.append(route))
    visitor.go("/notices/")
    visitor.page.keyboard.press("Control+k")
    # signs of a plain keyboard: the driver strikes no keys for the others
    visitor.page.keyboard.type("63-20")
    expect(palette(visitor)).to_have_count(0)
    for route in late:
        route.continue_()
    box = palette(visitor).get_by_role("combobox", name="Поиск по всему порталу")
    expect(box).to_have_value("63-20")
    visitor.page.keyboard.type("25")
    expect(box).to_have_value("63-2025")


def test_sections_and_actions_are_opened_by_keys(newcomer: Newcomer) -> None:
    visitor = newcomer("operator")
    open_by_keys(visitor)
    visitor.page.keyboard.type("добавить раб")
    expect(palette(visitor).get_by_role("option").first).to_have_text("Добавить работника")
    visitor.page.keyboard.press("Enter")
    expect(visitor.heading).to_have_text("Добавить работника")


def test_escape_closes_and_gives_the_focus_back(newcomer: Newcomer) -> None:
    visitor = newcomer("operator")
    visitor.go("/organization/list/")
    search = visitor.page.get_by_role("searchbox")
    search.focus()
    open_by_keys(visitor)
    visitor.page.keyboard.type("кузн")
    expect(palette(visitor).get_by_role("option").first).to_be_visible()
    visitor.page.keyboard.press("Escape")
    expect(palette(visitor)).to_have_count(0)
    expect(search).to_be_focused()
    visitor.page.get_by_role("link", name="Поиск").click()
    expect(palette(visitor).get_by_role("combobox")).to_have_value("кузн")
    palette(visitor).get_by_role("button", name="Закрыть").click()
    expect(palette(visitor)).to_have_count(0)


def test_the_dialog_has_no_barriers_and_fits_a_phone(newcomer: Newcomer) -> None:
    visitor = newcomer("operator", viewport=PHONE)
    visitor.page.get_by_role("link", name="Поиск").click()
    expect(palette(visitor).get_by_role("combobox")).to_be_focused()
    visitor.page.keyboard.type("а")
    expect(palette(visitor).get_by_role("option").first).to_be_visible()
    assert visitor.page.evaluate(OVERFLOW) <= 0
    assert barriers(visitor.page) == []
    visitor.page.keyboard.type("щщщ")
    expect(palette(visitor).get_by_role("status")).to_contain_text("Ничего не найдено")
    expect(palette(visitor).get_by_role("combobox")).to_have_attribute("aria-expanded", "false")


def test_keys_that_do_not_write_are_obeyed_before_the_search_has_come(newcomer: Newcomer) -> None:
    visitor = newcomer("operator")
    late: list[Route] = []
    visitor.page.route("**/js/search.js*", lambda route: late.append(route))
    visitor.go("/notices/")
    visitor.page.keyboard.press("Control+k")
    visitor.page.keyboard.type("63-209")
    visitor.page.keyboard.press("Backspace")
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_url("**/search/?q=63-20")
    visitor.page.keyboard.press("Control+k")
    visitor.page.keyboard.type("63")
    visitor.page.keyboard.press("Escape")
    for route in late:
        try:
            route.continue_()
        except Error:
            continue  # that of the page which was left
    visitor.page.wait_for_load_state("networkidle")
    expect(palette(visitor)).to_have_count(0)
    visitor.page.keyboard.press("Control+k")
    expect(palette(visitor).get_by_role("combobox")).to_have_value("")


def test_what_can_be_done_with_a_person_is_reached_by_the_arrows(newcomer: Newcomer) -> None:
    visitor = newcomer("school")
    visitor.go("/employee/list/")
    name = visitor.page.locator("tbody th a").first.inner_text().strip()
    box = open_by_keys(visitor)
    visitor.page.keyboard.type(name)
    person = palette(visitor).get_by_role("option", name=re.compile(f"^{name}"))
    expect(person.first).to_have_attribute("aria-selected", "true")
    chosen = visitor.page.locator("[role=option][aria-selected=true]")
    visitor.page.keyboard.press("ArrowRight")
    expect(chosen).to_have_text("Записать на курс")
    expect(box).to_have_attribute("aria-activedescendant", chosen.get_attribute("id") or "")
    visitor.page.keyboard.press("ArrowRight")
    expect(chosen).to_have_text("Изменить")
    expect(chosen).to_have_accessible_name(f"Изменить: {name}")
    visitor.page.keyboard.press("ArrowLeft")
    visitor.page.keyboard.press("ArrowLeft")
    expect(chosen).to_contain_text(name)
    visitor.page.keyboard.press("ArrowDown")
    expect(chosen).not_to_have_class(re.compile("act"))
    visitor.page.keyboard.press("ArrowUp")
    visitor.page.keyboard.press("ArrowRight")
    visitor.page.keyboard.press("ArrowRight")
    assert barriers(visitor.page) == []
    visitor.page.keyboard.press("Enter")
    expect(visitor.heading).to_contain_text("Изменение")


def test_the_wrong_layout_is_said(newcomer: Newcomer) -> None:
    visitor = newcomer("operator")
    open_by_keys(visitor)
    visitor.page.keyboard.type(";ehyfk")
    expect(palette(visitor).get_by_role("status")).to_contain_text("Искали «журнал»")
    expect(palette(visitor).get_by_role("option", name="Журнал").first).to_be_visible()


def test_lately_opened_cards_are_offered_to_their_user_alone(newcomer: Newcomer) -> None:
    visitor = newcomer("operator")
    visitor.go("/employee/list/")
    visitor.page.locator("tbody th a").first.click()
    expect(visitor.page).to_have_url(re.compile("/employee/show/"))
    name = visitor.heading.inner_text().strip()
    visitor.until(lambda: visitor.page.evaluate("Object.keys(localStorage).some((key) => key.startsWith('recent:'))"))
    visitor.go("/notices/")
    open_by_keys(visitor)
    first = palette(visitor).get_by_role("option").first
    expect(first).to_contain_text(name)
    expect(palette(visitor).get_by_role("group", name="Недавно открытые")).to_be_visible()
    assert barriers(visitor.page) == []
    # no name is left in the browser
    kept = visitor.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert name.split()[0] not in kept
    assert re.search(r"employee-\d+", kept)
    visitor.page.keyboard.press("ArrowDown")
    visitor.page.keyboard.press("Enter")
    expect(visitor.heading).to_have_text(name)
    # another user at the same computer, whose predecessor never signed out: nothing of his is shown, nothing is left
    visitor.page.evaluate("localStorage.setItem('recent:1000000', 'employee-1')")
    visitor.go("/notices/")
    visitor.until(lambda: visitor.page.evaluate("localStorage.getItem('recent:1000000') === null"))
    # by the search itself, as anybody would
    open_by_keys(visitor)
    visitor.page.keyboard.type("выйти")
    expect(palette(visitor).get_by_role("option").first).to_contain_text("Выйти")
    visitor.page.keyboard.press("Enter")
    expect(visitor.page).to_have_url(re.compile("/login/"))
    assert visitor.page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('recent:'))") == []


def test_the_theme_is_changed_from_the_search_and_one_stays_on_the_page(newcomer: Newcomer) -> None:
    visitor = newcomer("operator")
    visitor.go("/notices/")
    open_by_keys(visitor)
    visitor.page.keyboard.type("темная")
    expect(palette(visitor).get_by_role("option").first).to_contain_text("Тёмная тема")
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.locator("html[data-theme=dark]")).to_have_count(1)
    expect(visitor.page).to_have_url(re.compile("/notices/$"))


def test_without_scripts_the_search_is_a_page(newcomer: Newcomer) -> None:
    visitor = newcomer("operator")
    context = visitor.page.context.browser.new_context(  # type: ignore[union-attr]
        java_script_enabled=False, storage_state=visitor.page.context.storage_state()
    )
    page = context.new_page()
    page.goto(visitor.base + "/")
    page.get_by_role("link", name="Поиск").click()
    page.get_by_role("searchbox", name="Что найти").fill("кузнецова")
    page.get_by_role("button", name="Найти").click()
    page.get_by_role("link", name=re.compile("^Кузнецова")).first.click()
    expect(page.locator("main h1")).to_contain_text("Кузнецова")
    context.close()


# --- version for poor eyes


def look(visitor: Visitor, value: str) -> None:
    visitor.page.context.add_cookies([{"name": "appearance", "value": value, "url": visitor.base}])


@pytest.mark.parametrize("value", ["size=200", "size=200&spacing=wide&font=serif&colours=black", "size=150"])
def test_nothing_overflows_with_large_text(newcomer: Newcomer, value: str) -> None:
    guest, visitor = newcomer(viewport=PHONE), newcomer("operator", viewport=PHONE)
    wrong = []
    for who, paths in ((guest, GUEST_PAGES), (visitor, PAGES)):
        look(who, value)
        for path in paths:
            with who.expecting(404):
                who.go(path)
            for size in (PHONE, WIDE):
                who.page.set_viewport_size(size)  # type: ignore[arg-type]
                by = who.page.evaluate(OVERFLOW)
                wrong += [f"{path} at {size['width']} by {by}"] if by > 0 else []
    assert wrong == []


@pytest.mark.parametrize("value", ["colours=white", "colours=black", "colours=blue", "theme=dark", "theme=light"])
def test_colours_have_contrast_on_every_kind_of_page(newcomer: Newcomer, value: str) -> None:
    visitor = newcomer("operator")
    look(visitor, value)
    wrong, met = {}, set[str]()
    for path in PAGES:
        visitor.go(path)
        found = contrast_unlike(visitor.page, met)
        wrong.update({path: found} if found else {})
    assert wrong == {}


def test_the_panel_is_used_by_a_guest_and_returns(newcomer: Newcomer) -> None:
    visitor = newcomer()
    visitor.go("/help/chek")
    visitor.page.get_by_role("link", name="Версия для слабовидящих").click()
    for label in ("очень крупный, 200 %", "белым по чёрному", "увеличенное", "с засечками", "не показывать"):
        visitor.page.get_by_label(label).check()
    visitor.press("Применить")
    expect(visitor.heading).to_have_text("Именной образовательный чек")
    style = "(e) => { const s = getComputedStyle(e); return [s.fontSize, s.color, s.backgroundColor, s.fontFamily, s.letterSpacing]; }"
    size, ink, ground, font, spacing = visitor.page.locator("body").evaluate(style)
    assert (size, ink, ground) == ("30px", "rgb(255, 255, 255)", "rgb(0, 0, 0)")
    assert "Serif" in font
    assert float(spacing.removesuffix("px")) >= 3
    expect(visitor.page.locator(".brand img")).to_be_hidden()
    visitor.go("/login/")
    assert visitor.page.locator("html").get_attribute("data-size") == "200"


def test_skip_link_is_unseen_until_it_has_the_focus(newcomer: Newcomer) -> None:
    visitor = newcomer("operator")
    for value in ("size=100", "size=200"):
        look(visitor, value)
        visitor.go("/employee/list/")
        skip = visitor.page.get_by_role("link", name="Пропустить к содержимому")
        assert skip.evaluate("(e) => e.getBoundingClientRect().bottom <= 0"), value
        visitor.page.keyboard.press("Tab")
        expect(skip).to_be_focused()
        assert skip.evaluate("(e) => e.getBoundingClientRect().top >= 0")
        visitor.page.keyboard.press("Enter")
        expect(visitor.main).to_be_focused()


def test_nothing_moves_for_those_who_asked_so(newcomer: Newcomer) -> None:
    visitor = newcomer("operator")
    visitor.page.emulate_media(reduced_motion="reduce")
    moving = """() => [...document.querySelectorAll("*")].filter((e) => {
        const s = getComputedStyle(e);
        return s.transitionDuration.split(",").some((d) => parseFloat(d)) || s.animationName !== "none" || s.scrollBehavior === "smooth";
    }).length"""
    for path in PAGES:
        visitor.go(path)
        assert visitor.page.evaluate(moving) == 0, path


def test_a_first_visit_is_light_and_rendering_waits_for_one_file(newcomer: Newcomer) -> None:
    visitor = newcomer("operator")
    weights = """() => performance.getEntries().filter((e) => e.encodedBodySize !== undefined)
        .map((e) => [e.name, e.encodedBodySize, e.renderBlockingStatus])"""
    for path in ("/help/", "/search/", "/appearance/"):
        visitor.go(path)
        found = visitor.page.evaluate(weights)
        assert sum(size for _, size, _ in found) < 150_000, path
        assert len([name for name, _, blocking in found if blocking == "blocking"]) <= 2, path


PAPER = "(e) => { const s = getComputedStyle(e); return [s.color, s.backgroundColor, s.colorScheme]; }"


@pytest.mark.parametrize("value", ["", "theme=dark", "theme=light", "colours=white", "colours=black", "colours=blue"])
def test_paper_is_dark_on_white_whatever_the_screen_is(newcomer: Newcomer, value: str) -> None:
    visitor = newcomer("operator")
    if value:
        look(visitor, value)
    visitor.go("/employee/show/1")
    visitor.page.emulate_media(media="print", color_scheme="dark")
    ink, ground, scheme = visitor.page.locator("body").evaluate(PAPER)
    shades = {text: [int(part) for part in re.findall(r"\d+", text)[:3]] for text in (ink, ground)}
    assert max(shades[ink]) <= 0x30, (ink, ground)
    assert min(shades[ground]) >= 0xF0, (ink, ground)
    assert visitor.page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light", scheme
    (heading,) = visitor.page.locator("h1").evaluate_all("(all) => all.map((e) => getComputedStyle(e).color)")
    assert max(int(part) for part in re.findall(r"\d+", heading)[:3]) <= 0x30
