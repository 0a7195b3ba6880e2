"""A stranger registers, answers the letter from a real mail server, is confirmed, and at the end withdraws the consent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.course_steps import confirmed
from tests.browser.post import Post
from tests.browser.registering import EMAIL, PASSWORD, PERSON, register
from tests.browser.visitor import PHONE, WIDE, Visitor
from tests.web.captcha_answers import answer_to

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def no_waiting(post: Post) -> None:
    """A form of registration may be sent as soon as it is read."""
    post.app.config["CAPTCHA_SECONDS"] = 0


@pytest.fixture
def visitor(chromium: Browser, post: Post) -> Iterator[Any]:
    made: list[Visitor] = []

    def make(*, viewport: dict[str, int] = WIDE) -> Visitor:
        context = chromium.new_context(viewport=viewport, locale="ru-RU")  # type: ignore[arg-type]
        made.append(Visitor(context, post.address))
        return made[-1]

    yield make
    for one in made:
        one.tell()
        one.page.context.close()
    assert [problem for one in made for problem in one.watch.problems] == []


def test_a_person_registers_is_confirmed_and_withdraws_the_consent(post: Post, visitor: Any) -> None:
    person = visitor(viewport=PHONE)
    register(person)
    assert person.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    letter = post.newest(EMAIL)
    found = re.search(r"/register/confirm/[\w-]{40,}", letter)
    assert found is not None, letter
    person.go(found[0])
    expect(person.heading).to_have_text("Подтверждение адреса почты")
    person.press("Подтвердить")
    person.sees("Адрес почты подтверждён")
    with person.expecting(404):
        person.go(found[0])
        person.sees("Ссылка не действует")

    person.sign_in(EMAIL, PASSWORD)
    person.sees("Регистрация на проверке", "На проверке у оператора")

    operator = visitor()
    operator.sign_in("operator")
    operator.menu("Регистрации")
    operator.open_row(PERSON)
    operator.press("Вернуть на доработку")
    operator.page.get_by_label("Причина").last.fill("Уточните отчество")
    operator.page.locator(".panel .btn, dialog .btn").filter(has_text="Вернуть на доработку", visible=True).click()
    assert "Уточните отчество" in post.newest(EMAIL)

    person.go("/")
    person.sees("Регистрация возвращена", "Уточните отчество")
    person.press("Исправить и отправить снова")
    person.fill(patronymic="Олеговна")
    person.press("Отправить снова")
    person.sees("Регистрация на проверке")

    operator.page.reload()
    confirmed(operator, "Подтвердить")
    operator.sees("Подтверждена")
    assert "Регистрация подтверждена" in post.newest(EMAIL)

    person.go("/")
    person.sees("Чек")
    person.go("/consents/")
    person.sees("Согласие на обработку персональных данных", "Дано", "Не дано")
    person.page.get_by_role("button", name="Отозвать", exact=True).click()
    person.sees("Согласие отозвано")
    person.page.get_by_role("link", name="Отозвать и закрыть кабинет…").click()
    person.sees("личный кабинет закроется сразу")
    person.press("Отозвать и закрыть кабинет")
    person.page.locator(".panel .btn, dialog .btn").filter(has_text="Отозвать", visible=True).click()
    expect(person.heading).to_have_text("Вход в портал")
    person.sees("личный кабинет закрыт")
    assert "Согласие отозвано" in post.newest(EMAIL)

    operator.menu("Отзывы согласий")
    operator.open_row(PERSON)
    operator.press("Обезличить данные")
    operator.page.locator(".panel .btn, dialog .btn").filter(has_text="Обезличить", visible=True).click()
    operator.sees("Данные обезличены", "Что сохранено и почему", "Обезличено №")
    assert "обезличены" in post.newest(EMAIL)


def test_the_form_works_without_scripts(post: Post, chromium: Browser) -> None:
    context = chromium.new_context(viewport=WIDE, java_script_enabled=False, locale="ru-RU")  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{post.address}/register/")
    page.locator("[name=consent]").first.check()
    page.get_by_role("button", name="Дальше").click()
    page.locator("[name=organization_text]").fill("сош")
    page.get_by_role("button", name="Дальше").click()
    page.locator("[name=organization_found]").select_option(index=1)
    page.get_by_role("button", name="Дальше").click()
    page.locator("[name=position_text]").fill("учитель-логопед")
    page.get_by_role("button", name="Дальше").click()
    expect(page.locator("h1")).to_have_text("Регистрация в АИС: о себе")
    values = {
        "last_name": "Бессонова", "first_name": "Нина", "birth_date": "17.05.1988", "snils": "087-654-303 00",
        "phone": "89271234567", "email": "bessonova@example.org", "new": PASSWORD, "again": PASSWORD,
    }  # fmt: skip
    for name, value in values.items():
        page.locator(f"[name={name}]").fill(value)
    page.locator("[name=captcha]").fill(answer_to(page.locator("label[for=captcha]").inner_text()))
    page.get_by_role("button", name="Зарегистрироваться").click()
    expect(page.locator("h1")).to_have_text("Проверьте почту")
    assert "Подтвердите адрес почты" in post.newest("bessonova@example.org")
    context.close()
