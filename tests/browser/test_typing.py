"""Fields as they are typed into: masks help, a mistake is told when the field is left, a day is chosen, keys save."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from app.clock import today
from app.russian import format_date
from tests.browser.barriers import barriers
from tests.browser.conftest import Newcomer
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

WORKER = "Кузнецова Ольга Сергеевна"


def type_in(visitor: Visitor, name: str, keys: str) -> str:
    """What stands in an emptied field after typing, before it is left."""
    field = visitor.page.locator(f"main [name={name}]")
    field.fill("")
    field.press_sequentially(keys)
    return field.input_value()


def paste_in(visitor: Visitor, name: str, text: str) -> str:
    field = visitor.page.locator(f"main [name={name}]")
    field.fill("")
    field.evaluate(
        """(field, text) => {
            field.focus();
            field.value = text;
            field.dispatchEvent(new InputEvent("input", {bubbles: true, inputType: "insertFromPaste"}));
        }""",
        text,
    )
    return field.input_value()


TYPED = (
    ("snils", "11223344595", "112-233-445 95"),
    ("snils", "112-233-445 95", "112-233-445 95"),
    ("birth_date", "05031990", "05.03.1990"),
    ("birth_date", "05,03,1990", "05.03.1990"),
    ("birth_date", "5.3.1990", "5.3.1990"),
    ("phone", "9271234567", "+7 (927) 123-45-67"),
    ("phone", "89271234567", "+7 (927) 123-45-67"),
    ("phone", "+79271234567", "+7 (927) 123-45-67"),
    ("phone", "8461234567", "8461234567"),
    ("phone", "+375291234567", "+375291234567"),
    ("phone", "8", "8"),
)
PASTED = (
    ("snils", "112 233 445 95", "112-233-445 95"),
    ("snils", "11223344595", "112-233-445 95"),
    ("birth_date", "1990-03-05", "05.03.1990"),
    ("birth_date", "03/05/1990", "03/05/1990"),
    ("phone", "8 (927) 123-45-67", "+7 (927) 123-45-67"),
    ("phone", "+7 927 123 45 67", "+7 (927) 123-45-67"),
    ("phone", "+375 29 123-45-67", "+375 29 123-45-67"),
)


def test_masks_help_and_never_fight(newcomer: Newcomer) -> None:
    school = newcomer("school")
    school.page.on("dialog", lambda dialog: dialog.accept())
    school.go("/employee/add")
    assert [type_in(school, name, keys) for name, keys, _ in TYPED] == [result for *_, result in TYPED]
    assert [paste_in(school, name, text) for name, text, _ in PASTED] == [result for *_, result in PASTED]
    # a digit forgotten in the middle: the caret stays, nothing jumps; then everything can be deleted
    field = school.page.locator("main [name=snils]")
    assert type_in(school, "snils", "1123344595") == "112-334-459 5"
    field.evaluate("(field) => field.setSelectionRange(4, 4)")
    school.page.keyboard.press("2")
    assert field.input_value() == "112-2334-459 5"
    assert field.evaluate("(field) => field.selectionStart") == 5
    school.page.keyboard.press("Tab")
    expect(field).to_have_value("112-233-445 95")
    school.page.keyboard.press("Shift+Tab")
    school.page.keyboard.press("End")
    for _ in range(14):
        school.page.keyboard.press("Backspace")
    assert field.input_value() == ""


def test_a_wrong_value_is_told_when_the_field_is_left(newcomer: Newcomer) -> None:
    school = newcomer("school")
    school.page.on("dialog", lambda dialog: dialog.accept())
    school.go("/employee/add")
    snils, error = school.page.get_by_label("СНИЛС"), school.page.locator("#snils-error")
    snils.press_sequentially("11223344596")
    snils.press("Tab")
    expect(error).to_have_text("Контрольное число СНИЛС не сходится: проверьте цифры.")
    expect(snils).to_have_attribute("aria-invalid", "true")
    expect(snils).to_have_attribute("aria-describedby", re.compile("snils-hint snils-error"))
    snils.fill("112 233 445 95")
    snils.press("Tab")
    expect(error).to_have_count(0)
    expect(snils).to_have_value("112-233-445 95")
    expect(snils).to_have_attribute("aria-invalid", "false")
    phone = school.page.get_by_label("Телефон")
    phone.fill("8461234567")
    phone.press("Tab")
    expect(phone).to_have_value("+7 (846) 123-45-67")


def test_today_is_one_press(newcomer: Newcomer) -> None:
    school = newcomer("school")
    school.page.on("dialog", lambda dialog: dialog.accept())
    school.go("/employee/add")
    school.page.get_by_role("button", name="Сегодня: Принят").click()
    field = school.page.locator("[name=started_on]")
    expect(field).to_have_value(format_date(today()))
    expect(field).to_be_focused()
    assert school.page.locator("[data-day=birth_date]").count() == 0


def test_a_mask_is_typed_by_its_first_number_and_shows_what_follows(newcomer: Newcomer) -> None:
    operator, year = newcomer("operator"), today().year
    operator.page.on("dialog", lambda dialog: dialog.accept())
    operator.go("/settings/")
    field, shown = (
        operator.page.get_by_label("Вид номера чека"),
        operator.page.locator("#voucher_number_mask-preview"),
    )
    expect(field).to_have_value(f"63-{year}-000001")
    expect(shown).to_have_text(f"Дальше: 63-{year}-000002, 63-{year}-000003; в {year + 1} году 63-{year + 1}-000001.")
    field.fill("СО-")
    operator.page.get_by_role("button", name=f"год: {year}").click()
    expect(field).to_be_focused()
    field.press_sequentially("/")
    operator.page.get_by_role("button", name="порядковый номер: 0001").click()
    expect(field).to_have_value(f"СО-{year}/0001")
    expect(shown).to_have_text(f"Дальше: СО-{year}/0002, СО-{year}/0003; в {year + 1} году СО-{year + 1}/0001.")
    field.fill("СО-0001")
    expect(shown).to_have_text("")
    field.press("Tab")
    expect(operator.page.locator("#voucher_number_mask-error")).to_contain_text(f"нет года {year}")
    assert barriers(operator.page) == []


def test_ctrl_enter_saves_from_any_field(newcomer: Newcomer) -> None:
    school = newcomer("school")
    school.open_person(WORKER)
    school.press("Изменить")
    school.sees("Ctrl + Enter — сохранить")
    school.fill(awards="Первая строка")
    awards = school.page.locator("[name=awards]")
    awards.press("End")
    awards.press("Enter")
    awards.press_sequentially("Вторая строка")
    awards.press("Control+Enter")
    expect(school.heading).to_have_text(WORKER)
    school.press("Изменить")
    expect(awards).to_have_value("Первая строка\nВторая строка")


def test_titles_are_as_wide_as_the_form(newcomer: Newcomer) -> None:
    organizer = newcomer("organizer")
    organizer.go("/program/add")
    title, hours = (organizer.page.locator(f"main [name={name}]").bounding_box() for name in ("title", "hours"))
    assert title is not None
    assert hours is not None
    assert title["width"] > 1.9 * hours["width"]


def test_a_calendar_stands_beside_a_day(newcomer: Newcomer) -> None:
    """The button opens the browser's calendar; the text stays the field, and what is chosen is written into it."""
    school = newcomer("school")
    school.page.on("dialog", lambda dialog: dialog.accept())
    school.go("/employee/add")
    button, field = (
        school.page.get_by_role("button", name="Календарь: Дата рождения"),
        school.page.locator("[name=birth_date]"),
    )
    field.fill("05.03.1990")
    field.press("Tab")
    expect(button).to_be_focused()
    school.page.evaluate("HTMLInputElement.prototype.showPicker = function () { window.opened = this.value; }")
    button.press("Enter")
    assert school.page.evaluate("window.opened") == "1990-03-05"
    day = button.locator("xpath=following-sibling::input")
    day.evaluate("(day) => { day.value = '1991-04-06'; day.dispatchEvent(new Event('change')); }")
    expect(field).to_have_value("06.04.1991")
    expect(field).to_be_focused()
    assert barriers(school.page) == []


# --- choosing --------------------------------------------------------------------------------------------------------
