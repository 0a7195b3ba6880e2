"""One seat, two teachers: from a new rule of the чек to the document, with every letter taken from a real mail server.

Each step is done in a browser by the role to which the order gives it (§ 1.2–1.4, 3.3–3.5, 4), and checked by what this
person then sees: the teachers on a telephone, the offices on a wide screen. The days pass by the clock of the portal.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator

import pytest
import time_machine
from playwright.sync_api import Browser, Locator, expect

from app import jobs
from app.clock import ZONE, today
from app.embedded_postgres import EmbeddedPostgres
from app.russian import format_date
from tests.browser.post import Post, posted, text_of
from tests.browser.visitor import PHONE, WIDE, Visitor
from tests.conftest import clone

pytestmark = pytest.mark.browser

DAY = dt.timedelta(days=1)
#: has a чек already; the account of the demo
ANNA, ANNA_MAIL = "Кузнецова Ольга Сергеевна", "worker@example.org"
#: has neither a чек nor an account
ANDREI, ANDREI_MAIL, PASSWORD = "Лебедев Андрей Николаевич", "applicant@example.org", "Дождь-стучит-по-крыше"
PROGRAM, CODE, GROUP = "Исследовательские задачи на уроках математики и физики", "ИССЛ-36", "ИССЛ-1"
NEW_BLOCK, OLD_BLOCK = "Предметный блок", "Вариативный блок 1"


@pytest.fixture
def post(server: EmbeddedPostgres, demo_template: str, shared_folder, worker_name: str) -> Iterator[Post]:
    name = f"course_journey_{worker_name}"
    with posted(clone(server, demo_template, name, shared_folder), shared_folder / f"instance_{name}") as running:
        yield running


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    """The portal's clock, which the walk moves on by days; it starts at ten o'clock of today."""
    with time_machine.travel(dt.datetime.combine(today(), dt.time(10), ZONE)) as moved:
        yield moved


@pytest.fixture
def come(chromium: Browser, post: Post) -> Iterator[Callable[..., Visitor]]:
    """A person comes to the portal with a screen of this size; nobody may meet an error that was not provoked."""
    came: list[Visitor] = []

    def make(login: str = "", password: str = "demo-2026", *, viewport: dict[str, int] = WIDE) -> Visitor:
        visitor = Visitor(chromium.new_context(viewport=viewport, locale="ru-RU"), post.address)  # type: ignore[arg-type]
        came.append(visitor)
        if login:
            visitor.sign_in(login, password)
        return visitor

    yield make
    for one in came:
        one.tell()
        one.page.context.close()
    assert [problem for one in came for problem in one.watch.problems] == []


def test_explore(post, clock, come):
    operator = come("operator")
    operator.menu("Правила выдачи чеков")
    operator.sees("чек на 90 часов")
    operator.open_row("чек на 90 часов")
    operator.sees("90")
    operator.press("Новая версия")
    with operator.expecting(422):
        operator.press("Создать версию")
        operator.sees("Заполните")
    operator.fill(valid_from=format_date(today()))
    with operator.expecting(422):
        operator.press("Создать версию")
        operator.sees("не раньше")
    operator.fill(valid_from=format_date(today()+DAY))
    operator.press("Создать версию")
    operator.sees("Новая версия действует")
    print(operator.heading.inner_text(), operator.page.url)
    operator.page.get_by_role("link", name=OLD_BLOCK).click()
    operator.sees(OLD_BLOCK)
    operator.press("Изменить")
    operator.fill(title=NEW_BLOCK)
    operator.press("Сохранить")
    operator.sees(NEW_BLOCK)
    school = come("school")
    school.menu("Работники")
    school.search(ANDREI)
    school.open_row(ANDREI)
    school.press("Пригласить в портал")
    school.sees("Ещё не входил(а)")
    print(post.newest(ANDREI_MAIL))
    link = re.search(r"https?://\S+|/\w+/[\w-]{40,}", post.newest(ANDREI_MAIL))[0]
    print("LINK",link)
    andrei = come(viewport=PHONE)
    andrei.go("/" + link.split("/",3)[3])
    andrei.sees("")
    andrei.fill(new=PASSWORD, again=PASSWORD)
    andrei.press("Задать пароль")
    andrei.sign_in(ANDREI_MAIL, PASSWORD)
    andrei.sees("Чек")
    andrei.press("Подать заявку на чек")
    andrei.sees("Работник")
    clock.shift(DAY)
    andrei.sign_in(ANDREI_MAIL, PASSWORD)
    andrei.go("/voucher_application/list/")
    andrei.sees("Заявки")
    andrei.go("/")
    andrei.press("Подать заявку на чек")
    andrei.sees("Работник")
    andrei.press("Сохранить")
    andrei.sees("Ждёт решения оператора")
    operator.sign_in("operator")
    operator.menu("Требует решения")
    operator.sees("решени")
    operator.search(ANDREI)
    operator.sees(ANDREI)
    row = operator.page.locator("tr[data-row]").filter(has_text=ANDREI)
    row.get_by_role("button", name=re.compile("^Подтвердить")).click()
    expect(row.locator("[data-decision]")).to_contain_text("Подтверждено"); operator.sees("")
    operator.sees("")
    print(post.newest(ANDREI_MAIL))
    andrei.go("/")
    andrei.sees("Чек № ")
    andrei.press("Открыть чек")
    andrei.sees(NEW_BLOCK)
    organizer = come("organizer")
    organizer.menu("Программы")
    organizer.press("Добавить программу")
    with organizer.expecting(422):
        organizer.press("Сохранить")
        organizer.sees("проверьте")
    organizer.fill(title=PROGRAM, code=CODE, year=str(today().year), hours="36", annotation="Как построить исследование по силам школьнику.")
    organizer.page.get_by_label("Блок чека").select_option(label="вариативный блок")
    organizer.choose("positions", "учитель", "Учитель")
    organizer.choose("subjects", "математика", "Математика")
    organizer.choose("subjects", "физика", "Физика")
    organizer.press("Сохранить")
    organizer.sees(PROGRAM)
    organizer.press("Отправить на публикацию")
    organizer.sees("Ждёт публикации оператором")
    operator.menu("Требует решения")
    operator.search(PROGRAM)
    operator.sees(PROGRAM)
    row = operator.page.locator("tr[data-row]").filter(has_text=PROGRAM)
    row.get_by_role("button", name=re.compile("^Подтвердить")).click()
    expect(row.locator("[data-decision]")).to_contain_text("Подтверждено")
    organizer.page.reload()
    organizer.sees("Опубликована")
    organizer.press("Открыть новую группу")
    organizer.sees("Программа")
    organizer.fill(number=GROUP, place="Самара, ул. Учебная, 1", capacity="1", minimum="1")
    first=today()+4*DAY
    organizer.fill(starts_on=format_date(first), ends_on=format_date(first+DAY), enrol_from=format_date(today()), enrol_until=format_date(first+9*DAY))
    with organizer.expecting(422):
        organizer.press("Сохранить")
        organizer.sees("проверьте")
    organizer.fill(enrol_until=format_date(first-DAY))
    organizer.press("Сохранить")
    organizer.sees("Черновик")
    organizer.press("Расписание")
    organizer.sees("Составить по дням")
    with organizer.expecting(422):
        organizer.press("Добавить в таблицу")
        organizer.sees("Укажите")
    for n, day in enumerate((first, first+DAY)):
        organizer.page.locator(f"[name=day-{n}]").fill(format_date(day))
        organizer.page.locator(f"[name=starts-{n}]").fill("09:00")
        organizer.page.locator(f"[name=ends-{n}]").fill("16:00")
        organizer.page.locator(f"[name=topic-{n}]").fill("Лекция")
    organizer.press("Сохранить расписание")
    organizer.sees("Расписание сохранено")
    organizer.press("К группе")
    organizer.press("Открыть запись")
    organizer.sees("Идёт запись")
    anna = come("worker", viewport=PHONE)
    anna.press("Выбрать курс")
    anna.search("исследовательские")
    anna.sees(PROGRAM)
    anna.page.get_by_role("link", name=PROGRAM).click()
    anna.sees("Для кого")
    anna.press("Записаться")
    anna.sees("Группа")
    anna.press("Сохранить")
    anna.sees("Ждёт согласования")
    school.sign_in("school")
    school.menu("Работники")
    school.search(ANDREI)
    school.open_row(ANDREI)
    school.press("Записать на курс")
    school.choose("group", GROUP, GROUP)
    school.sees("")
    school.press("Сохранить")
    school.sees("Лист ожидания")
    print(post.newest(ANDREI_MAIL))
    andrei.go("/")
    andrei.sees(PROGRAM)
    andrei.page.get_by_role("link", name=PROGRAM).first.click()
    andrei.sees("Почему запись ещё в очереди")
    school.menu("Главная")
    school.sees("согласован")
    school.page.get_by_role("link", name=re.compile("жд[ёу]т согласования")).click()
    school.search(ANNA)
    school.sees("")
    school.open_row(GROUP)
    school.press("Согласовать")
    school.sees("Ждёт подтверждения организатора")
    anna.go("/")
    anna.sees(GROUP)
    anna.page.get_by_role("link", name=PROGRAM).first.click()
    anna.press("Отозвать запись")
    anna.page.get_by_role("dialog").get_by_role("button", name="Отозвать запись").click()
    anna.sees("Отозвана")
    print(post.newest(ANDREI_MAIL))
    andrei.go("/")
    andrei.sees("Освободилось место")
    andrei.page.get_by_role("link", name=PROGRAM).first.click()
    andrei.sees("Место держится")
    andrei.press("Занять предложенное место")
    andrei.sees("Ждёт подтверждения организатора")
    andrei.go("/")
    andrei.sees("")
    organizer.menu("Главная")
    organizer.sees(GROUP)
    organizer.page.get_by_role("link", name=re.compile("жд[ёу]т подтверждения")).click()
    organizer.search(ANDREI)
    organizer.sees(GROUP)
    organizer.open_row(GROUP)
    organizer.sees("Ждёт")
    organizer.press("Подтвердить запись")
    organizer.sees("Подтверждена")
    print(post.newest(ANDREI_MAIL))
    clock.shift(3*DAY)
    post.work(lambda: jobs.courses_tomorrow(0))
    print(post.newest(ANDREI_MAIL))
    clock.shift(DAY)
    post.work(lambda: jobs.groups(0))
    post.deliver()
    for l in post.box.letters: print("LETTER", l["To"], l["Subject"])
    clock.shift(DAY+7*DAY/24)
    organizer.sign_in("organizer")
    organizer.sees(GROUP)
    organizer.menu("Группы")
    organizer.search(GROUP)
    organizer.open_row(GROUP)
    organizer.sees("Что осталось сделать")
    organizer.press("Завершить обучение")
    organizer.sees("Не у всех")
    organizer.press("Посещаемость")
    organizer.sees("Лебедев")
    organizer.page.get_by_role("button", name=re.compile("^Все присутствовали")).first.click()
    organizer.sees("Отметки сохранены")
    organizer.page.get_by_role("button", name=re.compile("^Все присутствовали")).first.click()
    organizer.sees("100 %")
    organizer.press("К группе")
    organizer.press("Приказ о зачислении")
    organizer.sees("Приказ")
    with organizer.expecting(422):
        organizer.press("Издать приказ")
        organizer.sees("Укажите номер")
    organizer.fill(number="17-к")
    organizer.press("Издать приказ")
    organizer.sees("Приказ № 17-к издан")
    organizer.page.get_by_role("link", name=re.compile(GROUP)).first.click()
    organizer.sees("Приказы")
    organizer.press("Итоги обучения")
    organizer.sees("Допущен")
    with organizer.expecting(422):
        organizer.press("Внести итоги")
        organizer.sees("Ни у кого")
    organizer.press("Подставить предложенное")
    organizer.sees("")
    organizer.fill(final_form="зачёт", protocol_number="7")
    organizer.press("Внести итоги")
    organizer.sees("Обучен, аттестован")
    organizer.press("Приказ об отчислении")
    organizer.fill(number="18-к")
    organizer.press("Издать приказ")
    organizer.sees("Приказ № 18-к издан")
    organizer.page.get_by_role("link", name=re.compile(GROUP)).first.click()
    organizer.press("Завершить обучение")
    organizer.sees("Завершена")
    organizer.press("Выдать документы")
    organizer.sees("Выдать")
    organizer.page.get_by_role("button", name=re.compile("^Выдать: 1")).click()
    organizer.sees("Готов")
    andrei.sign_in(ANDREI_MAIL, PASSWORD)
    andrei.sees("Чек")
    andrei.press("Открыть чек")
    andrei.sees(PROGRAM)
    post.deliver()
    for l in post.box.letters: print("LETTER", l["To"], l["Subject"])
