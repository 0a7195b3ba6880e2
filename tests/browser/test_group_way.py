"""An organizer takes a group from «Набор» to «ФИС ФРДО» by the filled button alone, and fills the forms that it opens; on the way
an outcome and marks are saved in their places, on a wide screen and on a phone."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
import time_machine
from playwright.sync_api import expect

from app.clock import ZONE, today
from app.russian import format_date
from tests.browser.conftest import Visit
from tests.browser.course_steps import (
    DAY,
    REST,
    add_program,
    bring_in,
    confirmed,
    decide,
    first_day_comes,
    in_state,
    open_in,
)
from tests.browser.post import Post
from tests.browser.visitor import PHONE, WIDE, Visitor

pytestmark = pytest.mark.browser

GROUP, PROGRAM = "ШАГ-1", "Шаг за шагом: от замысла до урока"
SURNAMES = ("Абрамова", "Христорождественская-Благовещенская")
FIRST_DAY = today() + 2 * DAY
LAST_DAY = FIRST_DAY + DAY


def step(organizer: Visitor, label: str) -> None:
    """Press the filled button of the group, the only one, which says this."""
    if organizer.heading.inner_text() != f"Группа {GROUP}":
        open_in(organizer, "Группы", GROUP)
    filled = organizer.page.locator("main .btn.main").filter(visible=True)
    expect(filled).to_have_text([label])
    filled.click()
    organizer.page.wait_for_load_state("domcontentloaded")


def stage(organizer: Visitor, title: str) -> str:
    """What a stage says of itself."""
    return organizer.page.locator(".stages li").filter(has_text=title).locator("small").inner_text()


def gather(organizer: Visitor, school: Visitor) -> None:
    """A draft is opened, the school enrols, the organizer confirms all at once and closes."""
    open_in(organizer, "Программы", PROGRAM)
    organizer.press("Открыть новую группу")
    organizer.fill(number=GROUP, place="Самара, ул. Учебная, 1", capacity="5", minimum="2")
    organizer.fill(starts_on=format_date(FIRST_DAY), ends_on=format_date(LAST_DAY))
    organizer.fill(enrol_from=format_date(today()), enrol_until=format_date(FIRST_DAY - DAY))
    organizer.press("Сохранить")
    step(organizer, "Открыть запись")
    in_state(organizer, "Идёт запись")
    open_in(school, "Группы", GROUP)
    school.press("Записать работников")
    for surname in SURNAMES:
        school.page.get_by_role("checkbox", name=f"Записать: {surname} {REST}").check()
    school.press("Записать отмеченных")
    school.sees("Записано: 2.")
    organizer.page.reload()
    step(organizer, "Подтвердить записи: 2")
    organizer.sees("Подтверждено: 2", "У 1", "не хватает сведений для документа")
    lacking = organizer.page.get_by_role("row").filter(has_text=SURNAMES[1])
    expect(lacking).to_contain_text("внесите диплом об образовании")
    step(organizer, "Закрыть запись")


def prepare(organizer: Visitor, school: Visitor) -> None:
    """Order and schedule; the school is asked once a day for what is missing, and its notice leads to the field."""
    step(organizer, "Составить расписание")
    for n, day in enumerate((FIRST_DAY, LAST_DAY)):
        for name, value in (("day", format_date(day)), ("starts", "09:00"), ("ends", "16:00")):
            organizer.page.locator(f"[name={name}-{n}]").fill(value)
    organizer.press("Сохранить расписание")
    organizer.sees("Расписание сохранено: 2 занятия")
    organizer.press("К группе")
    step(organizer, "Приказ о зачислении: 2")
    organizer.fill(number="17-к", basis="Заявки")
    organizer.press("Издать приказ")
    organizer.sees("Приказ № 17-к издан")
    open_in(organizer, "Группы", GROUP)
    organizer.sees("Занятия начнутся", "портал начнёт обучение сам")
    expect(organizer.page.locator("main .btn.main").filter(visible=True)).to_have_count(0)
    for said in ("Отправлено писем ответственным", "Сегодня по этой группе уже просили"):
        organizer.press("Попросить исправить")
        organizer.page.get_by_role("dialog").get_by_role("button", name="Попросить исправить").click()
        organizer.sees(said)
    school.menu("Извещения")
    school.sees(SURNAMES[1], "внесите диплом об образовании")
    school.button("Открыть").first.click()
    expect(school.page).to_have_url(re.compile(r"/qualification/add\?employee=\d+#level$"))
    school.page.locator("[name=level]").select_option(label="Высшее")
    school.fill(series="ВСГ", number="7654321")
    school.page.get_by_label("Основное").check()
    school.press("Сохранить")


def mark(organizer: Visitor) -> None:
    """By keys, then for the whole day on a phone; the page of a phone is no wider than the phone."""
    step(organizer, "Отметить посещаемость: 4")
    squares = organizer.page.locator(".mk")
    expect(squares).to_have_count(4)
    squares.nth(0).focus()
    organizer.page.keyboard.press("Space")
    organizer.page.keyboard.press("ArrowDown")
    organizer.page.keyboard.press("Space")
    organizer.page.keyboard.press("Space")
    expect(squares.nth(2)).to_have_text("н")
    expect(organizer.page.locator("[data-told]")).to_have_text("Сохранено.")
    organizer.page.set_viewport_size(PHONE)
    organizer.page.reload()
    expect(squares.filter(visible=True)).to_have_text(["·", "·"])
    assert organizer.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    organizer.page.get_by_role("button", name=re.compile("^Все были")).click()
    expect(squares.filter(visible=True)).to_have_text(["✓", "✓"])
    expect(organizer.page.locator("[data-told]")).to_have_text("Сохранено.")
    organizer.page.reload()
    expect(squares).to_have_text(["✓", "✓", "н", "✓"])
    organizer.tab("Слушатели")
    assert organizer.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    organizer.page.set_viewport_size(WIDE)


def judge(organizer: Visitor) -> None:
    """One outcome in its row, by the mouse; it is saved at once and the way moves on. The other on the page that the button opens."""
    row = organizer.page.get_by_role("row").filter(has_text=SURNAMES[0])
    row.get_by_label("Итог").select_option(label="Обучен, аттестован")
    expect(row.locator(".outcome")).to_have_text("Обучен, аттестован")
    expect(organizer.page.locator("[data-told]")).to_contain_text("сохранено")
    expect(organizer.page.locator(".stages")).to_contain_text("1 из 2")
    step(organizer, "Внести итоги: 1")
    organizer.page.get_by_label(f"Итог: {SURNAMES[1]} {REST}").select_option(label="Обучен, аттестован")
    organizer.press("Внести итоги")
    organizer.sees("Итоги внесены")
    step(organizer, "Приказ об отчислении: 2")
    organizer.fill(number="18-к", basis="Окончание обучения")
    organizer.press("Издать приказ")
    step(organizer, "Завершить обучение")
    in_state(organizer, "Завершена")


def give_papers(organizer: Visitor, post: Post) -> None:
    step(organizer, "Выдать документы: 2")
    organizer.press("Выдать: 2")
    organizer.sees("Выдано документов: 2.")
    step(organizer, "Распечатать 2")
    organizer.sees("Задание принято")
    post.deliver()
    step(organizer, "Проверить для ФИС ФРДО: 2")
    organizer.press("Сформировать файл")
    step(organizer, "Отправить в ФИС ФРДО: 2")
    confirmed(organizer, "Отметить отправленным")
    open_in(organizer, "Группы", GROUP)
    assert stage(organizer, "ФИС ФРДО") == "2 из 2"
    assert organizer.page.locator(".stages .done").all_inner_texts()[-1].startswith("ФИС ФРДО")


def test_the_filled_button_leads_from_the_first_enrolment_to_the_register(
    visit: Visit, post: Post, tmp_path: Path
) -> None:
    operator, school, organizer = visit("operator"), visit("school"), visit("organizer")
    add_program(organizer, PROGRAM, "ШАГ", hours="36", frdo=True)
    decide(operator, PROGRAM)
    bring_in(school, operator, SURNAMES, tmp_path, without=SURNAMES[1])
    gather(organizer, school)
    prepare(organizer, school)
    with time_machine.travel(dt.datetime.combine(LAST_DAY, dt.time(18), ZONE)):
        first_day_comes(post)
        organizer.sign_in("organizer")
        open_in(organizer, "Группы", GROUP)
        mark(organizer)
        judge(organizer)
        give_papers(organizer, post)
    organizer.is_at_ease()
