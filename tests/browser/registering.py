"""The registration of a stranger, as the browser tests walk it."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.visitor import Visitor
from tests.web.captcha_answers import answer_to

PASSWORD = "Дождь-стучит-по-крыше"
EMAIL, PERSON = "mironova@example.org", "Миронова Вера Олеговна"


def walk_to_the_form(person: Visitor) -> None:
    """From the sign-in page through consents, organization and position."""
    person.go("/login/")
    person.page.get_by_role("link", name="Регистрация в АИС").click()
    boxes = person.page.locator("[name=consent]")
    expect(boxes).to_have_count(3)
    for n in range(3):
        expect(boxes.nth(n)).not_to_be_checked()
    with person.expecting(422):
        person.press("Дальше")
    person.sees("личный кабинет открыть нельзя")
    boxes.first.check()
    boxes.nth(2).check()
    person.press("Дальше")
    person.choose("organization", "сош", "СОШ")
    person.press("Дальше")
    person.sees("Территориальный орган — ")
    person.choose("position", "учитель", "Учитель")
    person.choose("subjects", "математика", "Математика")
    person.press("Дальше")


def fill_in(person: Visitor, **over: str) -> None:
    """The form about oneself; ``over``: what is typed otherwise."""
    values = {
        "last_name": "Миронова", "first_name": "Вера", "patronymic": "Олеговна", "birth_date": "17.05.1988",
        "snils": "112-233-445 95", "phone": "8 927 123 45 67", "email": EMAIL, "new": PASSWORD, "again": PASSWORD,
    }  # fmt: skip
    person.fill(**values | over)
    person.fill(captcha=answer_to(person.page.locator("label[for=captcha]").inner_text()))


def register(person: Visitor) -> None:
    """The whole registration, with two mistakes on the way that are answered in words."""
    walk_to_the_form(person)
    fill_in(person, birth_date="17.05.2019", email="мария")
    with person.expecting(422):
        person.press("Зарегистрироваться")
    person.sees("возраст работника")
    expect(person.page.locator("[name=last_name]")).to_have_value("Миронова")
    expect(person.page.locator("[name=new]")).to_have_value("")
    fill_in(person)
    # what the browser has worked out meanwhile goes with the form
    expect(person.page.locator("[name=work]")).to_have_value(re.compile(r"^\d+$"))
    person.press("Зарегистрироваться")
    expect(person.heading).to_have_text("Проверьте почту")
