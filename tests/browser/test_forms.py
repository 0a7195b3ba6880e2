"""Forms and dialogs as people use them: mistakes lose nothing, a question comes before a refusal, one click is one row."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Dialog, expect

from tests.browser.conftest import Newcomer
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

WORKER = "Кузнецова Ольга Сергеевна"


def open_person(visitor: Visitor, name: str = WORKER) -> None:
    visitor.go("/employee/list/")
    visitor.search(name)
    visitor.open_row(name)


def total(visitor: Visitor) -> int:
    """The number beside a list's title."""
    return int(re.sub(r"\D", "", visitor.heading.inner_text()))


def test_a_wrong_snils_is_explained_and_nothing_typed_is_lost(newcomer: Newcomer) -> None:
    school = newcomer("school")
    school.go("/employee/add")
    school.fill(last_name="Ягодкин", first_name="Пётр", birth_date="05.03.1990", snils="112-233-445 96")
    school.page.locator("[name=sex]").select_option(label="мужской")
    school.choose("organization", "Верхние Сосны", "ГБОУ СОШ с. Верхние Сосны")
    school.choose("position", "учитель", "Учитель")
    school.fill(started_on="01.09.2020")
    with school.expecting(422):
        school.press("Сохранить")
        expect(school.page.locator("#errors")).to_be_focused()
    error = school.page.locator("#snils-error")
    expect(error).to_contain_text("СНИЛС")
    expect(school.page.get_by_label("СНИЛС")).to_have_attribute("aria-describedby", re.compile("snils-error"))
    kept = {"last_name": "Ягодкин", "birth_date": "05.03.1990", "snils": "112-233-445 96", "position_text": "Учитель"}
    for name, value in kept.items():
        expect(school.page.locator(f"main [name={name}]")).to_have_value(value)
    school.page.locator("#errors").get_by_role("link", name="СНИЛС").click()
    expect(school.page.locator("#snils")).to_be_focused()
    school.fill(snils="112-233-445 95")
    school.press("Сохранить")
    expect(school.heading).to_have_text("Ягодкин Пётр")


def test_leaving_a_changed_form_is_asked_about(newcomer: Newcomer) -> None:
    school, asked = newcomer("school"), []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    open_person(school)
    school.press("Изменить")
    school.page.on("dialog", stay)
    field = school.page.locator("[name=degree]")
    field.press_sequentially("кандидат наук")
    school.page.get_by_role("link", name="Отмена").click(no_wait_after=True)
    expect(field).to_have_value("кандидат наук")
    assert asked == ["beforeunload"]
    school.press("Сохранить")
    expect(school.heading).to_have_text(WORKER)
    assert asked == ["beforeunload"], "saving asks nothing"


def test_a_refusal_asks_for_its_reason(newcomer: Newcomer) -> None:
    operator = newcomer("operator")
    operator.go("/voucher_application/list/?status=submitted")
    before = total(operator)
    operator.page.locator("tbody th a").first.click()
    operator.press("Отказать")
    dialog = operator.page.get_by_role("dialog", name="Отказать")
    expect(dialog.get_by_label("Причина")).to_be_focused()
    operator.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(operator.button("Отказать")).to_be_focused()

    operator.press("Отказать")
    dialog.get_by_role("button", name="Отказать").click()
    expect(dialog).to_be_visible()
    reason = dialog.get_by_label("Причина")
    assert reason.evaluate("(box) => box.validationMessage") == "Заполните это поле."
    reason.fill("Сведения о месте работы не подтверждены школой")
    dialog.get_by_role("button", name="Отказать").click()
    operator.sees("Сведения о месте работы не подтверждены школой")
    operator.go("/voucher_application/list/?status=submitted")
    assert total(operator) == before - 1


def test_two_applications_are_approved_at_once(newcomer: Newcomer) -> None:
    operator = newcomer("operator")
    operator.go("/voucher_application/list/?status=submitted")
    before = total(operator)
    boxes = operator.page.locator("tbody [name=rowid]")
    boxes.nth(0).check()
    boxes.nth(1).check()
    expect(operator.page.locator("[data-chosen]")).to_have_text("Выбрано: 2")
    operator.page.locator(".bulk").get_by_role("button", name="Одобрить").click()
    operator.sees("2 записи")
    operator.go("/voucher_application/list/?status=submitted")
    assert total(operator) == before - 2


def test_a_double_click_creates_one_record(newcomer: Newcomer) -> None:
    school = newcomer("school")
    open_person(school)
    school.tab("Обучение")
    title = "Семинар «Двойной щелчок»"
    school.press("Добавить обучение")
    school.fill(title=title, institution="Институт развития", hours="16")
    school.fill(started_on="01.03.2024", ended_on="05.03.2024")
    school.button("Сохранить").dblclick()
    expect(school.heading).to_have_text(WORKER)
    expect(school.page.get_by_role("row").filter(has_text=title)).to_have_count(1)
    school.page.reload()
    expect(school.page.get_by_role("row").filter(has_text=title)).to_have_count(1)


def test_a_change_of_another_user_is_not_overwritten(newcomer: Newcomer) -> None:
    school, operator = newcomer("school"), newcomer("operator")
    for visitor in (school, operator):
        open_person(visitor)
        visitor.press("Изменить")
    school.fill(awards="Почётная грамота")
    school.press("Сохранить")
    operator.fill(degree="доцент")
    with operator.expecting(422):
        operator.press("Сохранить")
        operator.sees("запись изменил другой пользователь")
    expect(operator.page.locator("[name=degree]")).to_have_value("доцент")


def test_several_chosen_rows_stay_chosen(newcomer: Newcomer) -> None:
    operator = newcomer("operator")
    operator.go("/employee/list/")
    operator.search("Мельникова Ирина Викторовна")
    operator.open_row("Мельникова Ирина Викторовна")
    operator.tab("Место работы")
    operator.page.locator("main tbody th a").first.click()
    operator.press("Изменить")
    chosen = operator.page.locator(".picked label")
    expect(chosen).to_have_text([re.compile("Литература"), re.compile("Русский язык")])
    operator.press("Сохранить")
    operator.sees("Литература", "Русский язык")


def test_a_chosen_demo_role_fills_the_form(newcomer: Newcomer) -> None:
    visitor = newcomer()
    visitor.go("/login/")
    visitor.page.get_by_role("button", name="Работник министерства").click()
    visitor.press("Войти")
    expect(visitor.heading).to_have_text("Главная")
    expect(visitor.page.locator(".who")).to_contain_text("Работник министерства")


def test_signing_out_is_a_button_and_an_address_alone_does_nothing(newcomer: Newcomer) -> None:
    visitor = newcomer("observer")
    with visitor.expecting(405):
        visitor.go("/logout/")
    visitor.go("/")
    expect(visitor.heading).to_have_text("Главная")
    visitor.page.locator(".who").get_by_role("button", name="Выйти").click()
    expect(visitor.heading).to_have_text("Вход в портал")
    visitor.go("/")
    expect(visitor.heading).to_have_text("Вход в портал")
