"""Steps of a course as its users click them, for the tests that walk one: program, group, people, training, results."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Locator, expect

from app import jobs
from app.clock import today
from app.russian import format_date
from tests.browser.post import Post
from tests.browser.visitor import Visitor
from tests.exchange.exchange_books import book
from tests.services.makers import next_snils

DAY = dt.timedelta(days=1)
#: the demo's school for which the login ``school`` answers
SCHOOL = "ГБОУ СОШ с. Верхние Сосны"
#: first name and patronymic of everybody whom a walk brings in, and of nobody in the demo: people are told apart by their surnames
FIRST_NAME, PATRONYMIC = "Мария", "Всеволодовна"
REST = f"{FIRST_NAME} {PATRONYMIC}"
#: what a program needs besides for ФИС ФРДО
FOR_FRDO = {
    "area": "Образование",
    "specialities_group": "Образование и педагогические науки",
    "funding": "Региональный бюджет",
}


def in_state(visitor: Visitor, words: str) -> None:
    """The pill beside the title of a card says these words, and nothing scrolls sideways."""
    expect(visitor.page.locator("main .head .pill")).to_have_text(words)
    assert visitor.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def is_refused(visitor: Visitor, button: str, *sentences: str) -> None:
    """A mistake is answered in words."""
    with visitor.expecting(422):
        visitor.press(button)
        visitor.sees(*sentences)


def part(visitor: Visitor, title: str) -> Locator:
    """The part of the page with this heading."""
    return visitor.page.locator("main section").filter(has=visitor.page.get_by_role("heading", name=title, exact=True))


def open_in(visitor: Visitor, label: str, words: str) -> None:
    """Find the only record in a list of the menu and open it."""
    visitor.menu(label)
    visitor.search(words)
    visitor.open_row(words)


def confirmed(visitor: Visitor, label: str, reason: str = "") -> None:
    """Press a button that asks first, and answer."""
    visitor.press(label)
    dialog = visitor.page.get_by_role("dialog")
    if reason:
        dialog.get_by_label("Причина").fill(reason)
    dialog.get_by_role("button", name=label).click()


# --- program and group -----------------------------------------------------------------------------------------------


def decide(operator: Visitor, words: str) -> None:
    """Confirm what waits in the operator's queue."""
    operator.menu("Требует решения")
    operator.search(words)
    operator.page.locator("tr[data-row] a").filter(has_text=words).click()
    button = operator.page.locator(".acts").get_by_role(
        "button", name=re.compile("^(Одобрить|Подтвердить|Опубликовать)")
    )
    asks = "Опубликовать" in button.inner_text()
    button.click()
    if asks:
        operator.page.locator("[data-sure]").click()
    expect(operator.page.locator(".flashes")).to_contain_text(re.compile("Одобрено|Подтверждено|Опубликовано"))


def add_program(organizer: Visitor, title: str, code: str, *, hours: str, frdo: bool = False) -> None:
    """Enter a program for everybody that no чек pays, and send it to the operator; its card stays open.

    ``frdo``: with what ФИС ФРДО asks of a program.
    """
    organizer.menu("Программы")
    organizer.press("Добавить программу")
    organizer.fill(title=title, code=code, year=str(today().year), hours=hours)
    for name, label in (FOR_FRDO if frdo else {}).items():
        organizer.page.locator(f"main form [name={name}]").select_option(label=label)
    organizer.press("Сохранить")
    organizer.press("Отправить на публикацию")
    in_state(organizer, "Ждёт публикации оператором")


def open_group(organizer: Visitor, program: str, number: str, *, first: dt.date, last: dt.date, capacity: int) -> None:
    """Make a group of a published program and open its enrolment, which ends a day before the classes."""
    open_in(organizer, "Программы", program)
    organizer.press("Открыть новую группу")
    organizer.fill(number=number, place="Самара, ул. Учебная, 1", capacity=str(capacity), minimum="1")
    organizer.fill(starts_on=format_date(first), ends_on=format_date(last))
    organizer.fill(enrol_from=format_date(today()), enrol_until=format_date(first - DAY))
    organizer.press("Сохранить")
    organizer.press("Открыть запись")
    in_state(organizer, "Идёт запись")


# --- people ----------------------------------------------------------------------------------------------------------


def bring_in(school: Visitor, operator: Visitor, surnames: Sequence[str], folder: Path, *, without: str = "") -> None:
    """The school brings teachers in by its staff list, all with a diploma but ``without``; the operator confirms them."""
    head = ["Место работы", "Фамилия", "Имя", "Отчество", "Дата рождения", "Пол", "СНИЛС", "Должность", "Образование"]
    facts = (FIRST_NAME, PATRONYMIC, dt.date(1980, 5, 17), "Ж")
    rows = [
        [SCHOOL, surname, *facts, next_snils(), "Учитель", *(() if surname == without else _diploma(n))]
        for n, surname in enumerate(surnames, 1)
    ]
    path = folder / "Список работников.xlsx"
    path.write_bytes(book([[*head, "Серия диплома", "Номер диплома"], *rows]))
    school.menu("Работники")
    school.press("Загрузить из Excel")
    school.page.locator("[name=file]").set_input_files(path)
    school.press("Проверить файл")
    school.press("Применить")
    school.sees(f"Создано: {len(surnames)}.", "Пропущено с ошибками: 0.")
    operator.go(f"/queue/?kind=employment&q={REST}")
    operator.page.get_by_role("checkbox", name="Выбрать все на странице").check()
    operator.press("Подтвердить выбранные")
    operator.sees(f"Подтверждено: {len(surnames)}")


def _diploma(number: int) -> tuple[str, str, str]:
    return "Высшее", "ВСГ", f"{1_234_000 + number}"


def enrol(school: Visitor, organizer: Visitor, group: str, surnames: Sequence[str]) -> None:
    """The school enrols its people at once, the organizer confirms them."""
    open_in(school, "Группы", group)
    school.press("Записать работников")
    for surname in surnames:
        school.page.get_by_role("checkbox", name=f"Записать: {surname} {REST}").check()
    school.press("Записать отмеченных")
    school.sees(f"Записано: {len(surnames)}.")
    organizer.menu("Записи на курсы")
    organizer.search(group)
    organizer.page.get_by_role("checkbox", name="Выбрать все на странице").check()
    organizer.page.locator(".bulk").get_by_role("button", name="Подтвердить запись").click()
    organizer.sees(f"Подтверждено: {len(surnames)}.")


# --- training --------------------------------------------------------------------------------------------------------


def first_day_comes(post: Post) -> None:
    """The portal closes the enrolment of groups whose first day has come, and starts their training; the clock was moved before."""
    post.work(lambda: jobs.groups(0))


def pass_all(organizer: Visitor, group: str, surnames: Sequence[str], result_on: dt.date) -> None:
    """Enter that all listeners of a group have passed the final assessment."""
    open_in(organizer, "Группы", group)
    organizer.press("Итоги обучения")
    organizer.fill(result_on=format_date(result_on), final_form="зачёт", protocol_number="7")
    for surname in surnames:
        organizer.page.get_by_label(f"Итог: {surname} {REST}").select_option(label="Обучен, аттестован")
        organizer.page.get_by_label(f"Результат: {surname} {REST}").fill("зачтено")
    organizer.press("Внести итоги")
    organizer.sees("Итоги внесены")
