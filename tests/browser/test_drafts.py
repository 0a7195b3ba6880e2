"""What was typed and not sent is kept in the browser for the one who typed it, and for nobody else."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from app.cli import DEMO_PASSWORD
from tests.browser.conftest import Newcomer
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

WORKER = "Кузнецова Ольга Сергеевна"


def expire(visitor: Visitor) -> None:
    """The sign-in is over: the browser has dropped the session's cookie."""
    visitor.page.context.clear_cookies()


def sign_in_here(visitor: Visitor, login: str) -> None:
    """Sign in on the page the portal has sent to."""
    visitor.page.get_by_label("Логин").fill(login)
    visitor.page.get_by_label("Пароль").fill(DEMO_PASSWORD)
    visitor.page.get_by_role("button", name="Войти").click()


def start_typing(visitor: Visitor) -> None:
    visitor.go("/employee/add")
    visitor.fill(last_name="Черновикова", first_name="Анна", birth_date="05.03.1990", awards="Первая строка\nВторая")
    visitor.page.locator("[name=sex]").select_option(label="женский")
    visitor.choose("position", "воспит", "Воспитатель")
    subject = visitor.page.locator(".lookup[data-name=subjects]")
    subject.locator("input[type=text]").press_sequentially("литер", delay=10)
    visitor.page.locator(".found [role=option]").filter(has_text="Литература", visible=True).first.click()
    expect(subject.locator(".picked")).to_contain_text("Литература")
    visitor.fill(started_on="01.09.2020")


def test_what_was_typed_comes_back_after_an_expired_sign_in(newcomer: Newcomer) -> None:
    school = newcomer("school")
    start_typing(school)
    expire(school)
    school.press("Сохранить")
    school.sees("Вход истёк")
    sign_in_here(school, "school")
    expect(school.heading).to_have_text("Добавить работника")
    expect(school.page.locator("[name=last_name]")).to_have_value("")
    expect(school.button("Восстановить введённое")).to_be_focused()
    school.press("Восстановить введённое")
    values = {"last_name": "Черновикова", "birth_date": "05.03.1990", "sex": "female", "position_text": "Воспитатель"}
    for name, value in values.items():
        expect(school.page.locator(f"main [name={name}]")).to_have_value(value)
    expect(school.page.locator("[name=awards]")).to_have_value("Первая строка\nВторая")
    expect(school.page.locator(".picked")).to_contain_text("Литература")
    school.choose("organization", "Верхние Сосны", "ГБОУ СОШ с. Верхние Сосны")
    school.press("Сохранить")
    expect(school.heading).to_have_text("Черновикова Анна")
    school.go("/employee/add")
    expect(school.page.locator("[name=last_name]")).to_be_focused()
    expect(school.page.locator(".draft")).to_have_count(0)


def test_a_draft_outlives_a_broken_network_and_can_be_declined(newcomer: Newcomer) -> None:
    school = newcomer("school")
    start_typing(school)
    school.page.context.set_offline(True)
    school.page.on("dialog", lambda dialog: dialog.accept())
    school.button("Сохранить").click(no_wait_after=True)
    expect(school.page).to_have_url(re.compile("^chrome-error:"))  # the browser's own page of a broken network
    school.watch.problems.clear()
    school.page.context.set_offline(False)
    school.go("/employee/add")
    school.press("Не нужно")
    expect(school.page.locator("[name=last_name]")).to_have_value("")
    school.page.reload()
    expect(school.page.locator("[name=last_name]")).to_be_focused()
    expect(school.page.locator(".draft")).to_have_count(0)


def test_cancelling_and_signing_out_leave_no_draft(newcomer: Newcomer) -> None:
    school = newcomer("school")
    school.page.on("dialog", lambda dialog: dialog.accept())
    start_typing(school)
    school.press("Отмена")
    expect(school.heading).to_contain_text("Работники")
    assert drafts(school) == []
    start_typing(school)
    school.until(lambda: len(drafts(school)) == 1)  # the draft is kept a moment after the last key
    school.sign_out()
    expect(school.heading).to_have_text("Вход в портал")
    assert drafts(school) == []


def drafts(visitor: Visitor) -> list[str]:
    return visitor.page.evaluate("Object.keys(sessionStorage)")  # type: ignore[no-any-return]


def test_a_draft_is_not_shown_to_another_person_at_the_computer(newcomer: Newcomer) -> None:
    school = newcomer("school")
    start_typing(school)
    expire(school)
    school.press("Сохранить")
    sign_in_here(school, "operator")
    expect(school.page.locator("[name=last_name]")).to_be_focused()
    expect(school.page.locator(".draft")).to_have_count(0)
    assert "Черновикова" not in school.page.evaluate("JSON.stringify({...sessionStorage})")


def test_a_restored_draft_does_not_cover_a_change_made_meanwhile(newcomer: Newcomer) -> None:
    school, operator = newcomer("school"), newcomer("operator")
    school.open_person(WORKER)
    school.press("Изменить")
    path = school.page.url
    school.fill(degree="из черновика")
    expire(school)
    school.press("Сохранить")
    operator.go(path)
    operator.fill(degree="после черновика")
    operator.press("Сохранить")
    expect(operator.heading).to_have_text(WORKER)
    sign_in_here(school, "school")
    school.press("Восстановить введённое")
    with school.expecting(422):
        school.press("Сохранить")
        school.sees("запись изменил другой пользователь")
    expect(school.page.locator(".choice")).to_contain_text("после черновика")


def test_passwords_are_never_kept(newcomer: Newcomer) -> None:
    visitor = newcomer("observer")
    visitor.go("/password/")
    visitor.fill(old="Тайна-1-2026", new="Тайна-2-2026", again="Тайна-3-2026")
    visitor.page.locator("[name=old]").blur()
    with visitor.expecting(422):
        visitor.press("Сменить пароль")
        expect(visitor.page.locator("#errors")).to_be_focused()
    assert "Тайна" not in visitor.page.evaluate("JSON.stringify({...sessionStorage})")
