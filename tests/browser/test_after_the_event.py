"""A group that is over, and everything that somebody would still change in it: refused in words, corrected with a reason.

Every step is done in a browser by the role to which the order gives it (§ 3.3–3.5), from the new program on; the days pass by the
portal's clock. What happens to the papers afterwards is walked in ``test_after_papers``.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import time_machine
from playwright.sync_api import Browser, expect

from app import jobs
from app.clock import ZONE, today
from app.russian import format_date
from tests.browser.course_steps import DAY, add_program, decide, in_state, open_in, part
from tests.browser.post import Post
from tests.browser.visitor import WIDE, Visitor

pytestmark = pytest.mark.browser

OLGA, OLGA_MAIL, ANDREI = "Кузнецова Ольга Сергеевна", "worker@example.org", "Лебедев Андрей Николаевич"
PROGRAM, CODE, GROUP = "Оценивание на уроке без отметок", "ОЦЕН-16", "ОЦЕН-1"
WHY = "Даты внесены по старому плану"


@dataclass
class Walk:
    """The offices at their browsers, the mail server and the clock; ``first``: the first day of training."""

    post: Post
    clock: time_machine.Coordinates
    operator: Visitor
    school: Visitor
    organizer: Visitor
    stranger: Visitor
    first: dt.date

    @property
    def last(self) -> dt.date:
        """The last day of training."""
        return self.first + 2 * DAY


@pytest.fixture
def walk(chromium: Browser, post: Post) -> Iterator[Walk]:
    """Nobody of the walk may meet an error that was not provoked."""
    came = list[Visitor]()
    morning = dt.datetime.combine(today(), dt.time(10), ZONE)
    with time_machine.travel(morning) as clock:
        for login in ("operator", "school", "organizer", ""):
            came.append(Visitor(chromium.new_context(viewport=WIDE, locale="ru-RU"), post.address))  # type: ignore[arg-type]
            if login:
                came[-1].sign_in(login)
        yield Walk(post, clock, *came, today() + 3 * DAY)
        for visitor in came:
            visitor.tell()
            visitor.page.context.close()
    assert [problem for visitor in came for problem in visitor.watch.problems] == []


def test_a_group_that_is_over_stays_what_it_was(walk: Walk) -> None:
    create_course(walk)
    fill_it(walk)
    teach(walk)
    enter_results(walk)
    cancelling_is_refused(walk)
    complete_and_issue(walk)
    editing_is_refused(walk)
    correct_the_group(walk)
    replace_the_document(walk)
    correct_the_mark(walk)
    retake(walk)


def create_course(walk: Walk) -> None:
    """A program for everybody without a чек, a group whose enrolment may not end after the classes begin."""
    organizer = walk.organizer
    add_program(organizer, PROGRAM, CODE, hours="16")
    pk = organizer.page.url.rsplit("/", 1)[1]
    with organizer.expecting(409):
        organizer.go(f"/program/edit/{pk}")
        organizer.sees("ждёт решения оператора, поэтому её пока нельзя изменить")
    decide(walk.operator, PROGRAM)
    with organizer.expecting(409):
        organizer.go(f"/program/edit/{pk}")
        organizer.sees("опубликована и больше не меняется", "начните новую редакцию")
    expect(organizer.button("Новая редакция")).to_have_count(1)
    organizer.press("Открыть новую группу")
    organizer.fill(number=GROUP, place="Самара, ул. Учебная, 1", capacity="5", minimum="1")
    organizer.fill(starts_on=format_date(walk.first), ends_on=format_date(walk.last))
    organizer.fill(enrol_from=format_date(today()), enrol_until=format_date(walk.first + DAY))
    with organizer.expecting(422):
        organizer.press("Сохранить")
        organizer.sees("Запись не может заканчиваться после начала занятий")
    organizer.fill(enrol_until=format_date(walk.first - DAY))
    organizer.press("Сохранить")
    organizer.press("Открыть запись")
    in_state(organizer, "Идёт запись")


def fill_it(walk: Walk) -> None:
    """The school enrols two teachers, the organizer confirms them."""
    school, organizer = walk.school, walk.organizer
    for person in (OLGA, ANDREI):
        open_in(school, "Работники", person)
        school.press("Записать на курс")
        school.choose("group", GROUP, PROGRAM)
        school.press("Записать")
        school.sees("Запись принята")
    for person in (OLGA, ANDREI):
        open_listener(organizer, person)
        organizer.press("Подтвердить запись")
        in_state(organizer, "Подтверждена")


def open_listener(visitor: Visitor, person: str) -> None:
    open_in(visitor, "Группы", GROUP)
    visitor.page.get_by_role("link", name=person).click()
    expect(visitor.heading).to_contain_text(person)


def teach(walk: Walk) -> None:
    """The portal starts the training on its first day; the last day is over."""
    walk.clock.shift(3 * DAY)
    walk.post.work(lambda: jobs.groups(0))
    walk.clock.shift(3 * DAY)
    for visitor, login in ((walk.organizer, "organizer"), (walk.operator, "operator"), (walk.school, "school")):
        visitor.sign_in(login)


def enter_results(walk: Walk) -> None:
    organizer = walk.organizer
    for person, outcome, reason in ((OLGA, "Обучен, аттестован", ""), (ANDREI, "Не аттестован", "Не сдал работу")):
        open_listener(organizer, person)
        organizer.press("Внести итог")
        organizer.page.get_by_label("Итог обучения").select_option(label=outcome)
        organizer.fill(result_on=format_date(walk.last), final_form="зачёт", final_mark="4", protocol_number="7")
        organizer.fill(reason=reason)
        organizer.press("Внести итог")
        in_state(organizer, outcome)
    pk = organizer.page.url.rsplit("/", 1)[1]
    with organizer.expecting(409):
        organizer.go(f"/enrolment/result/{pk}")
        organizer.sees("Итог обучения уже внесён: «Не аттестован»", "Исправить итог", "Повторная аттестация")


def cancelling_is_refused(walk: Walk) -> None:
    """There is no button; a page opened before is answered in words."""
    organizer = walk.organizer
    open_in(organizer, "Группы", GROUP)
    expect(organizer.button("Отменить группу")).to_have_count(0)
    pk = organizer.page.url.rsplit("/", 1)[1].split("?")[0]
    organizer.page.evaluate(
        """pk => {
            const form = document.createElement("form"), token = document.querySelector("[name=csrf_token]").value;
            form.method = "post"; form.action = `/training_group/act/${pk}/cancel`;
            for (const [name, value] of [["csrf_token", token], ["reason", "Пожар"]]) {
                const input = document.createElement("input"); input.name = name; input.value = value; form.append(input);
            }
            document.body.append(form); form.submit();
        }""",
        pk,
    )
    organizer.sees("обучение в ней состоялось", "нажмите «Завершить обучение»")
    in_state(organizer, "Идёт обучение")


def complete_and_issue(walk: Walk) -> None:
    organizer = walk.organizer
    organizer.press("Завершить обучение")
    in_state(organizer, "Завершена")
    organizer.press("Выдать документы")
    organizer.press("Выдать: 1")
    organizer.sees("Выдано документов: 1")


def editing_is_refused(walk: Walk) -> None:
    """The form does not open, the correction is one click away."""
    organizer = walk.organizer
    open_in(organizer, "Группы", GROUP)
    expect(organizer.button("Изменить")).to_have_count(0)
    pk = organizer.page.url.rsplit("/", 1)[1].split("?")[0]
    with organizer.expecting(409):
        organizer.go(f"/training_group/edit/{pk}")
        organizer.sees(
            "состояние — «Завершена»", "2\N{NO-BREAK SPACE}итога обучения", "1\N{NO-BREAK SPACE}документ об обучении"
        )
        organizer.sees("больше не меняются")
        organizer.go(f"/training_group/quotas/{pk}")
        organizer.sees("Квоты меняют до начала обучения")
        organizer.go(f"/training_group/edit/{pk}")
        organizer.press("Исправить сведения группы")
    expect(organizer.heading).to_contain_text("Исправить сведения группы")


def correct_the_group(walk: Walk) -> None:
    """What was issued is read before saving; without a reason nothing is saved and nothing typed is lost."""
    organizer = walk.organizer
    issued = part(organizer, "Что уже издано, выдано и отправлено")
    expect(issued).to_contain_text("Удостоверение о повышении квалификации №")
    expect(issued).to_contain_text("нужно будет заменить")
    first, last = walk.first - DAY, walk.last - DAY
    organizer.fill(starts_on=format_date(first), ends_on=format_date(last))
    with organizer.expecting(422):
        organizer.press("Исправить и выполнить последствия")
        organizer.sees("Укажите причину исправления")
    expect(organizer.page.locator("[name=starts_on]")).to_have_value(format_date(first))
    organizer.fill(why=WHY)
    organizer.press("Исправить и выполнить последствия")
    organizer.sees("Сведения группы исправлены", "Нужно заменить документов: 1", "заменить: 1")
    organizer.tab("Документы")
    to_replace = part(organizer, "Заменить документы: 1")
    expect(to_replace).to_contain_text(OLGA)
    expect(to_replace).to_contain_text(f"{format_date(walk.first)} → {format_date(first)}")
    organizer.tab("История")
    expect(part(organizer, "История")).to_contain_text(WHY)
    letter = walk.post.newest(OLGA_MAIL)
    assert "сведения о курсе исправлены" in letter
    assert WHY in letter
    assert "Документ нужно заменить" in letter


def replace_the_document(walk: Walk) -> None:
    """Until then anybody who checks the code is told that another document is due, and not why."""
    organizer = walk.organizer
    organizer.tab("Документы")
    to_replace = part(organizer, "Заменить документы: 1")
    to_replace.get_by_role("link", name=OLGA).click()
    check = organizer.page.get_by_role("link", name="открыть страницу проверки").get_attribute("href")
    assert check is not None
    walk.stranger.go(check)
    walk.stranger.sees("Действителен", "Подлежит замене")
    expect(walk.stranger.main).not_to_contain_text(format_date(walk.first - DAY))
    open_in(organizer, "Группы", GROUP)
    organizer.tab("Документы")
    to_replace.get_by_role("link", name="Выдать взамен").click()
    organizer.sees("Сведения исправлены: начало занятий")
    organizer.press("Выдать дубликат")
    organizer.sees("Прежний документ больше не действует")
    assert organizer.pair("Обучение") == f"{format_date(walk.first - DAY)} – {format_date(walk.last - DAY)}"
    open_in(organizer, "Группы", GROUP)
    organizer.tab("Документы")
    expect(part(organizer, "Приказы")).to_be_visible()
    expect(organizer.page.get_by_role("heading", name=re.compile("^Заменить документы"))).to_have_count(0)


def correct_the_mark(walk: Walk) -> None:
    """A typing error in a mark: what was entered stands in the form, and the new value in the card."""
    organizer = walk.organizer
    open_listener(organizer, OLGA)
    organizer.press("Исправить итог")
    expect(organizer.page.locator("[name=final_mark]")).to_have_value("4")
    organizer.fill(final_mark="5", why="Опечатка в оценке")
    organizer.press("Исправить итог")
    organizer.sees("Итог исправлен")
    assert organizer.pair("Результат") == "5"
    in_state(organizer, "Обучен, аттестован")
    assert "Результат: 4 → 5" in walk.post.newest(OLGA_MAIL)


def retake(walk: Walk) -> None:
    organizer = walk.organizer
    open_listener(organizer, ANDREI)
    organizer.press("Повторная аттестация")
    organizer.fill(result_on=format_date(today()), final_mark="зачтено")
    with organizer.expecting(422):
        organizer.press("Внести результат повторной аттестации")
        organizer.sees("Укажите номер протокола")
    organizer.fill(protocol_number="9")
    organizer.press("Внести результат повторной аттестации")
    organizer.sees("Повторная аттестация внесена")
    in_state(organizer, "Обучен, аттестован")
    assert organizer.pair("Номер протокола") == "9"
    expect(part(organizer, "История")).to_contain_text("Пройдена повторная аттестация")
    organizer.press("Выдать документ")
    organizer.sees("выдан")
