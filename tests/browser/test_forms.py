"""Forms and dialogs as people use them: mistakes lose nothing, a question comes before a refusal, one click is one row."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Dialog, expect

from app.cli import DEMO_PASSWORD
from app.clock import today
from app.russian import format_date
from tests.browser.barriers import barriers
from tests.browser.conftest import Newcomer
from tests.browser.visitor import PHONE, START, Visitor
from tests.services.scans import pdf

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
    open_person(school)
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
        open_person(visitor)
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
    open_person(school)
    school.press("Изменить")
    school.fill(degree="до обоих")
    school.press("Сохранить")
    for visitor in (school, operator):
        open_person(visitor)
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
        open_person(visitor)
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
        open_person(visitor)
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
    open_person(school)
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


# --- drafts ----------------------------------------------------------------------------------------------------------


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
    open_person(school)
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


# --- typing ----------------------------------------------------------------------------------------------------------


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
    open_person(school)
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
