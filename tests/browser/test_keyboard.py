"""The portal without a mouse: every step by keys, and the focus can always be seen."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Newcomer
from tests.browser.visitor import START, Visitor

pytestmark = pytest.mark.browser

#: the focused element, or the box around it, is outlined and stands in the window
FOCUS_IS_SEEN = """() => {
    const focused = document.activeElement;
    const box = focused.getBoundingClientRect();
    const outlined = (element) => {
        const style = element && getComputedStyle(element);
        return style && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    };
    return {
        what: focused.outerHTML.slice(0, 160),
        outlined: [focused, focused.parentElement, focused.closest("label")].some(outlined),
        inside: box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    };
}"""


def tab_to(visitor: Visitor, target: Locator, *, most: int = 60) -> None:
    """Press Tab until the target has the focus; on every stop of the way the focus is seen."""
    for _ in range(most):
        visitor.page.keyboard.press("Tab")
        seen = visitor.page.evaluate(FOCUS_IS_SEEN)
        assert seen["outlined"] and seen["inside"], seen
        if target.evaluate("(element) => element === document.activeElement"):
            return
    raise AssertionError(f"not reached in {most} stops: {target}")


def sign_in_by_keys(visitor: Visitor, login: str) -> None:
    visitor.go("/login/")
    expect(visitor.page.get_by_label("Логин")).to_be_focused()
    visitor.page.keyboard.type(login)
    visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.type("demo-2026")
    visitor.page.keyboard.press("Enter")
    expect(visitor.heading).to_have_text(START)


def test_a_person_is_found_without_a_mouse(newcomer: Newcomer) -> None:
    visitor = newcomer()
    sign_in_by_keys(visitor, "school")
    visitor.page.keyboard.press("Tab")
    skip = visitor.page.get_by_role("link", name="Пропустить к содержимому")
    expect(skip).to_be_focused()
    assert visitor.page.evaluate(FOCUS_IS_SEEN)["inside"]
    visitor.page.keyboard.press("Enter")
    expect(visitor.main).to_be_focused()

    visitor.go("/employee/list/")
    tab_to(visitor, visitor.page.get_by_role("searchbox"))
    visitor.page.keyboard.type("ольга кузнец")
    visitor.page.keyboard.press("Enter")
    found = visitor.main.get_by_role("link", name="Кузнецова Ольга Сергеевна")
    expect(found).to_be_visible()
    tab_to(visitor, found)
    visitor.page.keyboard.press("Enter")
    expect(visitor.heading).to_have_text("Кузнецова Ольга Сергеевна")
    tab_to(visitor, visitor.main.get_by_role("link", name="Место работы"))
    visitor.page.keyboard.press("Enter")
    visitor.sees("Места работы", "Учитель")


def test_a_person_is_added_without_a_mouse(newcomer: Newcomer) -> None:
    visitor = newcomer()
    sign_in_by_keys(visitor, "school")
    visitor.go("/employee/list/")
    tab_to(visitor, visitor.main.get_by_role("link", name="Добавить работника"))
    visitor.page.keyboard.press("Enter")
    expect(visitor.heading).to_have_text("Добавить работника")
    expect(field(visitor, "last_name")).to_be_focused()
    visitor.page.keyboard.type("Ягодкина")
    typed = {"first_name": "Мария", "patronymic": "Петровна", "birth_date": "05031990"}
    for name, text in typed.items():
        type_into(visitor, name, text)
    expect(field(visitor, "birth_date")).to_have_value("05.03.1990")
    tab_to(visitor, field(visitor, "sex"))
    for _ in ("мужской", "женский"):
        visitor.page.keyboard.press("ArrowDown")
    find_in(visitor, "organization", "Росинка")
    find_in(visitor, "position", "воспит")
    type_into(visitor, "started_on", "01092020")
    visitor.page.keyboard.press("Enter")
    expect(visitor.heading).to_have_text("Ягодкина Мария Петровна")
    visitor.sees("женский", "05.03.1990", "Воспитатель", "01.09.2020")


def test_the_first_wrong_field_is_reached_from_the_summary(newcomer: Newcomer) -> None:
    visitor = newcomer("school")
    visitor.go("/employee/add")
    expect(field(visitor, "last_name")).to_be_focused()
    with visitor.expecting(422):
        visitor.page.keyboard.press("Enter")
        expect(visitor.page.locator("#errors")).to_be_focused()
    visitor.page.keyboard.press("Tab")
    assert visitor.page.evaluate(FOCUS_IS_SEEN)["outlined"]
    visitor.page.keyboard.press("Enter")
    expect(field(visitor, "last_name")).to_be_focused()


def field(visitor: Visitor, name: str) -> Locator:
    return visitor.page.locator(f"main form [name={name}]")


def type_into(visitor: Visitor, name: str, text: str) -> None:
    tab_to(visitor, field(visitor, name))
    visitor.page.keyboard.type(text)


def find_in(visitor: Visitor, name: str, words: str) -> None:
    """Search in a combobox and take the first answer with the arrow and Enter; Enter sends no form here."""
    box = field(visitor, f"{name}_text")
    tab_to(visitor, box)
    visitor.page.keyboard.type(words)
    expect(visitor.page.locator(".found [role=option]").filter(visible=True).first).to_be_visible()
    expect(box).to_have_attribute("aria-expanded", "true")
    visitor.page.keyboard.press("Enter")
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(field(visitor, name)).not_to_have_value("")
