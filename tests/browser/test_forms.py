"""Forms and dialogs as people use them: mistakes lose nothing, a question comes before a refusal, one click is one row."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Dialog, expect

from tests.browser.barriers import barriers
from tests.browser.conftest import Newcomer
from tests.browser.visitor import PHONE, START, Visitor
from tests.services.scans import pdf

pytestmark = pytest.mark.browser

WORKER = "Кузнецова Ольга Сергеевна"


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

    school.open_person(WORKER)
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
    # the typical reasons come first
    expect(dialog.get_by_label("Из справочника")).to_be_focused()
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
    operator.sees("Одобрено: 2.")
    operator.go("/voucher_application/list/?status=submitted")
    assert total(operator) == before - 2


def show_paper(school: Visitor) -> None:
    """The kind of a past course, its document and the scan of it."""
    form = school.page.locator("main form")
    form.locator("[name=kind]").select_option("advanced")
    form.locator("[name=document_kind]").select_option("certificate")
    school.fill(document_number="63-000451")
    form.locator("[name=scan]").set_input_files({"name": "скан.pdf", "mimeType": "application/pdf", "buffer": pdf()})


def test_a_double_click_creates_one_record(newcomer: Newcomer) -> None:
    school = newcomer("school")
    school.open_person(WORKER)
    school.tab("Обучение")
    title = "Семинар «Двойной щелчок»"
    school.press("Добавить пройденный курс")
    school.fill(title=title, institution="Институт развития", hours="16")
    school.fill(started_on="01.03.2024", ended_on="05.03.2024")
    show_paper(school)
    school.button("Сохранить").dblclick()
    expect(school.heading).to_have_text(WORKER)
    expect(school.page.get_by_role("row").filter(has_text=title)).to_have_count(1)
    school.page.reload()
    expect(school.page.get_by_role("row").filter(has_text=title)).to_have_count(1)


@pytest.mark.parametrize("logins", [("school", "operator"), ("operator", "school")])
def test_two_editors_see_the_difference_and_lose_nothing(newcomer: Newcomer, logins: tuple[str, str]) -> None:
    first, second = (newcomer(login) for login in logins)
    for visitor in (first, second):
        visitor.open_person(WORKER)
        visitor.press("Изменить")
    first.fill(awards=f"Грамота от {logins[0]}", degree=f"кандидат наук, {logins[0]}")
    first.press("Сохранить")
    expect(first.heading).to_have_text(WORKER)
    mine = f"доцент, {logins[1]}"
    second.fill(degree=mine)
    with second.expecting(422):
        second.press("Сохранить")
        second.sees("запись изменил другой пользователь")
    choices = second.page.locator(".choice")
    expect(choices).to_have_count(2)
    degree = second.page.get_by_role("group", name="Учёная степень")
    expect(degree).to_contain_text(f"кандидат наук, {logins[0]}")
    expect(degree.get_by_role("radio", checked=True)).to_have_count(0)
    expect(degree.get_by_role("radio")).to_have_count(3)
    expect(degree.get_by_role("radio", name="Как было")).to_be_visible()
    expect(degree.get_by_role("textbox")).to_have_value(mine)
    awards = choices.filter(has_text=f"Грамота от {logins[0]}")
    expect(awards.get_by_role("radio", name="Значение другого")).to_be_checked()
    # who types on means the own value
    degree.get_by_role("textbox").press_sequentially("!")
    expect(degree.get_by_role("radio", name="Моё значение")).to_be_checked()
    second.fill(degree=mine)
    second.press("Сохранить выбранное")
    expect(second.heading).to_have_text(WORKER)
    second.sees(mine, f"Грамота от {logins[0]}")


def test_what_was_there_before_both_can_be_taken(newcomer: Newcomer) -> None:
    school, operator = newcomer("school"), newcomer("operator")
    school.open_person(WORKER)
    school.press("Изменить")
    school.fill(degree="до обоих")
    school.press("Сохранить")
    for visitor in (school, operator):
        visitor.open_person(WORKER)
        visitor.press("Изменить")
    operator.fill(degree="их степень")
    operator.press("Сохранить")
    expect(operator.heading).to_have_text(WORKER)
    school.fill(degree="моя степень")
    with school.expecting(422):
        school.press("Сохранить")
        school.sees("запись изменил другой пользователь")
    school.page.get_by_role("radio", name="Как было: до обоих").check()
    school.press("Сохранить выбранное")
    expect(school.heading).to_have_text(WORKER)
    school.press("Изменить")
    expect(school.page.locator("[name=degree]")).to_have_value("до обоих")


def test_what_another_user_saved_can_be_taken(newcomer: Newcomer) -> None:
    school, operator = newcomer("school"), newcomer("operator")
    for visitor in (school, operator):
        visitor.open_person(WORKER)
        visitor.press("Изменить")
    operator.fill(degree="профессор")
    operator.press("Сохранить")
    expect(operator.heading).to_have_text(WORKER)
    school.fill(degree="другое")
    with school.expecting(422):
        school.press("Сохранить")
        school.sees("Взять сохранённое")
    school.page.on("dialog", lambda dialog: dialog.accept())
    school.press("Взять сохранённое")
    expect(school.page.locator("[name=degree]")).to_have_value("профессор")
    expect(school.page.locator(".draft")).to_have_count(0)


def test_states_of_a_form_have_no_barriers(newcomer: Newcomer) -> None:
    """Told mistakes, an offered draft, the difference of two editors: also on a phone, where nothing scrolls sideways."""
    operator = newcomer("operator")
    school = newcomer("school", viewport=PHONE)
    school.page.on("dialog", lambda dialog: dialog.accept())
    school.go("/employee/add")
    school.fill(last_name="Черновикова", snils="112-233-445 96")
    school.page.locator("[name=snils]").blur()
    expect(school.page.locator("#snils-error")).to_be_visible()
    assert barriers(school.page) == []
    school.page.reload()
    expect(school.button("Восстановить введённое")).to_be_focused()
    assert barriers(school.page) == []
    for visitor in (school, operator):
        visitor.open_person(WORKER)
        visitor.press("Изменить")
    operator.fill(degree="очень-длинное-слово-без-пробелов" * 3, awards="Грамота")
    operator.press("Сохранить")
    expect(operator.heading).to_have_text(WORKER)
    school.fill(degree="моя степень")
    with school.expecting(422):
        school.press("Сохранить")
        expect(school.page.locator(".choice")).to_have_count(2)
    assert barriers(school.page) == []
    assert school.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


# --- the next record -------------------------------------------------------------------------------------------------


def test_several_records_are_added_one_after_another(newcomer: Newcomer) -> None:
    school = newcomer("school")
    school.open_person(WORKER)
    school.tab("Обучение")
    school.press("Добавить пройденный курс")
    person = school.page.locator("main [name=employee_text]")
    expect(person).to_have_value(WORKER)
    for number in (1, 2):
        expect(school.page.locator("main [name=title]")).to_be_focused()
        school.page.keyboard.type(f"Курс подряд {number}")
        school.fill(institution="Институт развития", hours="16", ended_on="05.03.2024")
        show_paper(school)
        school.press("Сохранить и добавить ещё")
        expect(school.page.locator(".flashes")).to_contain_text(f"Курс подряд {number}")
        expect(school.page.locator("main [name=title]")).to_have_value("")
        expect(person).to_have_value(WORKER)
        expect(school.page.locator(".draft")).to_have_count(0)
    school.page.locator(".flashes a").click()
    school.sees("Курс подряд 2", WORKER)


def test_a_search_that_finds_nothing_says_what_to_do(newcomer: Newcomer) -> None:
    school = newcomer("school")
    school.page.on("dialog", lambda dialog: dialog.accept())
    school.go("/employee/add")
    school.page.locator("[name=position_text]").press_sequentially("космонавт")
    expect(school.page.get_by_role("status").filter(has_text="Ничего не найдено")).to_contain_text(
        "обратитесь к оператору"
    )


def test_without_scripts_words_are_enough(newcomer: Newcomer) -> None:
    """The form is plain: words instead of a choice, an offer when they fit several rows, all by the server."""
    school = newcomer("school")
    browser = school.page.context.browser
    assert browser is not None
    context = browser.new_context(
        java_script_enabled=False, locale="ru-RU", storage_state=school.page.context.storage_state()
    )
    page = context.new_page()
    page.goto(f"{school.base}/employee/add")
    for name, text in {"last_name": "Бесскриптова", "first_name": "Анна", "birth_date": "05.03.1990", "started_on": "01.09.2020"}.items():  # fmt: skip
        page.locator(f"[name={name}]").fill(text)
    page.locator("[name=sex]").select_option(label="женский")
    page.locator("[name=organization_text]").fill("Росинка")
    page.locator("[name=position_text]").fill("препод")
    page.get_by_role("button", name="Сохранить", exact=True).click()
    expect(page.locator("#position-error")).to_contain_text("найдено несколько")
    page.get_by_label("Найдено по этим словам").select_option(index=1)
    chosen = page.locator("[name=position_found] option:checked").inner_text()
    page.get_by_role("button", name="Сохранить", exact=True).click()
    expect(page.locator("main h1")).to_have_text("Бесскриптова Анна")
    expect(page.locator("main")).to_contain_text(chosen)
    context.close()


def test_the_cross_of_a_picker_is_no_stop_of_the_tab_key(newcomer: Newcomer) -> None:
    school = newcomer("school")
    school.page.on("dialog", lambda dialog: dialog.accept())
    school.go("/employee/add")
    field = school.page.locator("[name=position_text]")
    field.press_sequentially("учител")
    school.page.locator(".found:visible").get_by_role("option").first.click()
    cross = field.locator("xpath=..").get_by_role("button", name="Очистить")
    expect(cross).to_be_visible()
    field.focus()
    school.page.keyboard.press("Tab")
    expect(cross).not_to_be_focused()
    expect(field).not_to_be_focused()
    cross.click()
    expect(field).to_have_value("")


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
    expect(visitor.heading).to_have_text(START)
    expect(visitor.page.locator(".who")).to_contain_text("Работник министерства")


def test_signing_out_is_a_button_and_an_address_alone_does_nothing(newcomer: Newcomer) -> None:
    visitor = newcomer("observer")
    with visitor.expecting(405):
        visitor.go("/logout/")
    visitor.go("/")
    expect(visitor.heading).to_have_text(START)
    visitor.sign_out()
    expect(visitor.heading).to_have_text("Вход в портал")
    visitor.go("/notices/")
    expect(visitor.heading).to_have_text("Вход в портал")
    visitor.go("/")
    expect(visitor.heading).to_have_text("Курсы для педагогов региона")
