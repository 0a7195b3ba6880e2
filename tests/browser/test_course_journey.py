"""One seat, two teachers: from a new rule of the чек to the document, with every letter taken from a real mail server.

Each step is done in a browser by the role to which the order gives it (§ 1.2–1.4, 3.3–3.5, 4), and checked by what this
person then sees: the teachers on a telephone, the offices on a wide screen. The days pass by the portal's clock.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage

import pytest
import time_machine
from playwright.sync_api import Browser, expect

from app import jobs
from app.cli import DEMO_PASSWORD
from app.clock import ZONE, today
from app.embedded_postgres import EmbeddedPostgres
from app.russian import format_date, period
from tests.browser.course_steps import DAY, decide, in_state, is_refused, open_in, part
from tests.browser.post import Post, text_of
from tests.browser.visitor import PHONE, WIDE, Visitor
from tests.conftest import execute

pytestmark = pytest.mark.browser

#: a teacher of mathematics with a чек, who has the demo's account
OLGA, OLGA_MAIL = "Кузнецова Ольга Сергеевна", "worker@example.org"
#: a teacher of physics of the same school without a чек and without an account
ANDREI, ANDREI_MAIL, PASSWORD = "Лебедев Андрей Николаевич", "applicant@example.org", "Дождь-стучит-по-крыше"
PROGRAM, CODE, GROUP = "Исследовательские задачи на уроках математики и физики", "ИССЛ-36", "ИССЛ-1"
RULE, OLD_BLOCK, NEW_BLOCK = "чек на 90 часов", "Вариативный блок 1", "Предметный блок"


@dataclass
class Walk:
    """The people of the walk, each at an own browser, the mail server and the clock; ``first``: the first day of training."""

    post: Post
    clock: time_machine.Coordinates
    come: Callable[..., Visitor]
    operator: Visitor
    school: Visitor
    organizer: Visitor
    olga: Visitor
    first: dt.date

    def days_pass(self, number: float, *people: tuple[Visitor, str]) -> None:
        """Move the clock on; who goes on afterwards signs in again, because the session has ended."""
        self.clock.shift(number * DAY)
        for visitor, login in people:
            visitor.sign_in(login, PASSWORD if login == ANDREI_MAIL else DEMO_PASSWORD)

    def letters_to(self, recipient: str) -> list[str]:
        """Subjects of all letters to an address, in the order in which the mail server took them."""
        self.post.deliver()
        return [str(letter["Subject"]) for letter in self.post.box.letters if letter["To"] == recipient]


@pytest.fixture
def walk(chromium: Browser, post: Post, server: EmbeddedPostgres, database: str) -> Iterator[Walk]:
    """Nobody of the walk may meet an error that was not provoked, nor a page that scrolls sideways."""
    came = list[Visitor]()
    # the walk is about a variable block: of this rule no block is required, so that it may be the first
    execute(server, database, "UPDATE voucher_rule_block SET required = false")
    morning = dt.datetime.combine(today(), dt.time(10), ZONE)
    with time_machine.travel(morning) as clock:

        def come(login: str = "", *, viewport: dict[str, int] = WIDE) -> Visitor:
            visitor = Visitor(chromium.new_context(viewport=viewport, locale="ru-RU"), post.address)  # type: ignore[arg-type]
            came.append(visitor)
            if login:
                visitor.sign_in(login)
            return visitor

        operator, school, organizer = (come(login) for login in ("operator", "school", "organizer"))
        yield Walk(post, clock, come, operator, school, organizer, come("worker", viewport=PHONE), today() + 5 * DAY)
        for visitor in came:
            visitor.tell()
            visitor.page.context.close()
    assert [problem for visitor in came for problem in visitor.watch.problems] == []


def test_one_seat_and_two_teachers_from_the_rule_to_the_document(walk: Walk) -> None:
    change_the_rule(walk)
    andrei = invite_to_the_portal(walk)
    walk.days_pass(1, (walk.operator, "operator"), (walk.school, "school"), (walk.organizer, "organizer"))
    walk.days_pass(0, (andrei, ANDREI_MAIL), (walk.olga, "worker"))
    apply_for_voucher(walk, andrei)
    create_program(walk)
    create_group(walk)
    take_the_only_seat(walk)
    wait_for_a_seat(walk, andrei)
    give_the_seat_back(walk)
    take_the_offered_seat(walk, andrei)
    confirm(walk)
    begin(walk)
    keep_the_journal(walk)
    issue_order(walk, "Приказ о зачислении", "17-к")
    enter_results(walk)
    issue_order(walk, "Приказ об отчислении", "18-к")
    number = finish(walk)
    read_the_story(walk, andrei, number)
    read_the_letters(walk, number)


# --- helpers ---------------------------------------------------------------------------------------------------------


def open_own_course(visitor: Visitor) -> None:
    """From the start page of a teacher to the enrolment."""
    visitor.go("/")
    part(visitor, PROGRAM).get_by_role("link", name="Открыть запись").click()
    expect(part(visitor, "Курс")).to_contain_text(PROGRAM)


# --- the rule and the чек --------------------------------------------------------------------------------------------


def change_the_rule(walk: Walk) -> None:
    """The operator renames a block in a new version; by the version in force чеки have been issued, so it stays."""
    operator = walk.operator
    operator.menu("Правила выдачи чеков")
    operator.open_row(RULE)
    operator.press("Новая версия")
    is_refused(operator, "Создать версию", "Заполните это поле")
    operator.fill(valid_from=format_date(today() - 365 * DAY))
    is_refused(operator, "Создать версию", "Новая версия может действовать не раньше")
    operator.fill(valid_from=format_date(today() + DAY))
    operator.press("Создать версию")
    operator.sees(f"Новая версия действует с {format_date(today() + DAY)}")
    operator.page.get_by_role("link", name=OLD_BLOCK).click()
    operator.press("Изменить")
    operator.fill(title=NEW_BLOCK)
    operator.press("Сохранить")
    operator.sees("Изменения сохранены", NEW_BLOCK, "Вариативный блок 2")
    assert (operator.pair("Выдано чеков"), operator.pair("Подано заявок")) == ("0", "0")


def invite_to_the_portal(walk: Walk) -> Visitor:
    """The school sends the link; its person sets a password, and sees why it matters which day it is: nothing hinders."""
    school = walk.school
    open_in(school, "Работники", ANDREI)
    school.press("Пригласить в портал")
    school.sees("Входов ещё не было")
    link = re.search(r"/invitation/[\w-]+", walk.post.newest(ANDREI_MAIL))
    assert link is not None
    andrei = walk.come(viewport=PHONE)
    andrei.go(link[0])
    andrei.fill(new=PASSWORD, again=PASSWORD)
    andrei.press("Задать пароль")
    andrei.sign_in_first(ANDREI_MAIL, PASSWORD)
    andrei.sees("Можно подать заявку на чек")
    return andrei


def apply_for_voucher(walk: Walk, andrei: Visitor) -> None:
    """He is told before pressing that he may; she, that she may not; the new чек has the new block, the old one the old."""
    olga = walk.olga
    olga.go("/voucher_application/add")
    olga.sees("Сейчас подать заявку нельзя", "Уже есть действующий чек")
    expect(olga.button("Подать заявку")).to_have_count(0)

    andrei.go("/")
    andrei.press("Подать заявку на чек")
    andrei.sees("Подать заявку можно", "Решение придёт письмом")
    expect(andrei.page.locator("[name=employee_text]")).to_have_value(ANDREI)
    andrei.button("Подать заявку").dblclick()
    andrei.sees("Заявка подана. Решение будет не позже")
    in_state(andrei, "Ждёт решения оператора")
    decide(walk.operator, ANDREI)
    assert "Выдан Именной образовательный чек" in walk.post.newest(ANDREI_MAIL)
    for visitor, own, other in ((andrei, NEW_BLOCK, OLD_BLOCK), (olga, OLD_BLOCK, NEW_BLOCK)):
        visitor.go("/")
        visitor.press("Открыть чек")
        visitor.sees(own)
        expect(visitor.main).not_to_contain_text(other)
        in_state(visitor, "Действует")


# --- the course ------------------------------------------------------------------------------------------------------


def create_program(walk: Walk) -> None:
    organizer = walk.organizer
    organizer.menu("Программы")
    organizer.press("Добавить программу")
    is_refused(organizer, "Сохранить", "Не сохранено: проверьте введённое")
    organizer.fill(title=PROGRAM, code=CODE, year=str(today().year), hours="360")
    organizer.page.get_by_label("Блок чека").select_option(label="вариативный блок")
    organizer.choose("positions", "учитель", "Учитель")
    organizer.choose("subjects", "математика", "Математика")
    organizer.choose("subjects", "физика", "Физика")
    is_refused(organizer, "Сохранить", "Повышение квалификации")
    organizer.fill(hours="36")
    organizer.press("Сохранить")
    organizer.press("Отправить на публикацию")
    in_state(organizer, "Ждёт публикации оператором")
    decide(walk.operator, PROGRAM)


def create_group(walk: Walk) -> None:
    """One seat, two days with a schedule; dates that do not agree are named."""
    organizer, first, last = walk.organizer, walk.first, walk.first + DAY
    open_in(organizer, "Программы", PROGRAM)
    organizer.press("Открыть новую группу")
    organizer.fill(number=GROUP, place="Самара, ул. Учебная, 1", capacity="1", minimum="1")
    organizer.fill(starts_on=format_date(last), ends_on=format_date(first))
    organizer.fill(enrol_from=format_date(today()), enrol_until=format_date(first - DAY))
    is_refused(organizer, "Сохранить", "Не сохранено: проверьте введённое")
    organizer.fill(starts_on=format_date(first), ends_on=format_date(last))
    organizer.press("Сохранить")
    in_state(organizer, "Черновик")
    organizer.tab("Расписание")
    organizer.press("Составить расписание")
    is_refused(organizer, "Добавить в таблицу", "Укажите время начала и окончания занятий")
    for n, day in enumerate((first, last)):
        for name, value in (("day", format_date(day)), ("starts", "09:00"), ("ends", "16:00"), ("topic", "Практикум")):
            organizer.page.locator(f"[name={name}-{n}]").fill(value)
    organizer.press("Сохранить расписание")
    organizer.sees("Расписание сохранено: 2 занятия")
    organizer.press("К группе")
    organizer.press("Открыть запись")
    organizer.sees("Готово. Состояние: «Идёт запись»")


def take_the_only_seat(walk: Walk) -> None:
    """She finds the course by its words, reads why it suits and what pays, and enrols; the school agrees."""
    olga, school = walk.olga, walk.school
    olga.go("/")
    olga.press("Выбрать курс")
    olga.search("исследовательские физик")
    offer = olga.page.locator("article.offer").filter(has_text=PROGRAM)
    expect(offer).to_contain_text("Подходит: ваша должность и предмет; оплачивает вариативный блок 1.")
    expect(offer).to_contain_text("свободно 1 из 1")
    offer.get_by_role("button", name="Записаться").dblclick()
    olga.sees("Вы записаны", PROGRAM, "Ждёт согласования организации", OLD_BLOCK)
    school.menu("Главная")
    school.take_up("Согласуйте ")
    school.search(GROUP)
    school.open_row(GROUP)
    school.press("Согласовать")
    school.sees("Готово. Состояние: «Ждёт подтверждения организатора»")
    olga.go("/")
    expect(part(olga, PROGRAM).locator("li.now")).to_contain_text("подтверждает запись")
    expect(part(olga, "Ждёт вас")).to_have_count(0)


def wait_for_a_seat(walk: Walk, andrei: Visitor) -> None:
    """The school enrols one more than there are seats: he waits, and both are told why; nobody is enrolled twice."""
    school = walk.school
    open_in(school, "Работники", ANDREI)
    school.press("Записать на курс")
    school.choose("group", GROUP, PROGRAM)
    school.press("Записать")
    school.sees("Запись внесена в лист ожидания: 1-е место из 1. Свободных мест нет: занято 1 из 1.")
    in_state(school, "Лист ожидания")
    open_own_course(andrei)
    in_state(andrei, "Лист ожидания")
    why = part(andrei, "Почему запись ещё в очереди")
    expect(why).to_contain_text("1-е место из 1")
    expect(why).to_contain_text("Свободных мест нет: занято 1 из 1.")
    expect(part(andrei, "Итог обучения")).to_have_count(0)


def give_the_seat_back(walk: Walk) -> None:
    olga = walk.olga
    open_own_course(olga)
    olga.press("Отозвать запись")
    dialog = olga.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Место и блок чека освободятся.")
    dialog.get_by_role("button", name="Отозвать запись").click()
    in_state(olga, "Отозвана")
    olga.go("/")
    expect(part(olga, "Мои курсы")).to_contain_text("Сейчас вы не записаны на курсы.")


def take_the_offered_seat(walk: Walk, andrei: Visitor) -> None:
    """The seat is kept for 48 hours; taken, it is agreed already, because the school had entered him itself."""
    until = format_date(today() + 2 * DAY)
    andrei.go("/")
    waits = part(andrei, "Ждёт вас")
    expect(waits).to_contain_text("Освободилось место")
    expect(waits).to_contain_text(f"Место держится за вами до {until}")
    assert f"Место держится за вами до {until}" in walk.post.newest(ANDREI_MAIL)
    open_own_course(andrei)
    in_state(andrei, "Место предложено: подтвердите")
    andrei.press("Занять предложенное место")
    andrei.sees("Готово. Состояние: «Ждёт подтверждения организатора»")
    andrei.go("/")
    # what was advised of the offered seat is no longer so
    expect(part(andrei, "Ждёт вас")).to_have_count(0)
    expect(part(andrei, PROGRAM).locator("li.now")).to_contain_text("подтверждает запись")


def confirm(walk: Walk) -> None:
    """The organizer finds the request by the number of the group; the digests tell the offices what came."""
    organizer = walk.organizer
    organizer.menu("Главная")
    organizer.take_up("Подтвердите ")
    organizer.search(GROUP)
    organizer.open_row(GROUP)
    expect(organizer.heading).to_have_text(f"{ANDREI}, группа {GROUP}")
    organizer.press("Подтвердить запись")
    in_state(organizer, "Подтверждена")
    walk.post.work(lambda: jobs.digests(0))
    digests = [x for x in map(text_of, sent_to(walk, "organizer@example.org")) if x.startswith("Сводка за ")]
    assert len(digests) == 1
    for words in ("Подтвердите запись на курс", "Запись отозвана", "Лебедев А. Н.", "Кузнецова О. С."):
        assert words in digests[0]
    digests = [x for x in map(text_of, sent_to(walk, "school@example.org")) if x.startswith("Сводка за ")]
    assert len(digests) == 1
    assert f"Лебедев А. Н.: предложено место в группе {GROUP}" in digests[0]


def sent_to(walk: Walk, recipient: str) -> list[EmailMessage]:
    """Letters that the mail server took for an address."""
    walk.post.deliver()
    return [letter for letter in walk.post.box.letters if letter["To"] == recipient]


# --- the training ----------------------------------------------------------------------------------------------------


def begin(walk: Walk) -> None:
    """The day before he is reminded; on the first day the portal closes the enrolment and starts the training itself."""
    walk.days_pass((walk.first - today()).days - 1)
    walk.post.work(lambda: jobs.courses_tomorrow(0))
    walk.days_pass(1)
    walk.post.work(lambda: jobs.groups(0))
    walk.post.deliver()
    # six in the evening of the last day
    walk.days_pass(1 + 8 / 24, (walk.organizer, "organizer"))


def open_group(walk: Walk) -> None:
    open_in(walk.organizer, "Группы", GROUP)


def keep_the_journal(walk: Walk) -> None:
    organizer = walk.organizer
    open_group(walk)
    in_state(organizer, "Идёт обучение")
    expect(part(organizer, "Слушатели: 1")).to_contain_text("Отозвано и отклонено записей: 1.")
    expect(organizer.button("Удалить")).to_have_count(0)
    organizer.press("Завершить обучение")
    organizer.sees("Не у всех внесён итог обучения: Лебедев А. Н.")
    organizer.tab("Посещаемость")
    for day in range(2):
        organizer.page.get_by_role("button", name=re.compile("^Все были")).nth(day).click()
    expect(organizer.page.get_by_role("row").filter(has_text=ANDREI)).to_contain_text("100 %")
    expect(organizer.page.get_by_role("row").filter(has_text=OLGA)).to_have_count(0)


def issue_order(walk: Walk, title: str, number: str) -> None:
    organizer = walk.organizer
    open_group(walk)
    organizer.tab("Документы")
    organizer.press(title)
    is_refused(organizer, "Издать приказ", "Укажите номер приказа")
    organizer.fill(number=number, basis="Заявки работников")
    organizer.press("Издать приказ")
    organizer.sees(f"Приказ № {number} издан", "Лебедев")


def enter_results(walk: Walk) -> None:
    """The table proposes the outcome and says why; an empty table and an empty date are refused."""
    organizer = walk.organizer
    open_group(walk)
    organizer.press("Внести итоги: 1")
    organizer.sees("Допущен", "(100 %), нужно не меньше")
    is_refused(organizer, "Внести итоги", "Ни у кого не выбран итог")
    organizer.press("Подставить предложенное")
    organizer.fill(result_on=format_date(walk.first - DAY), final_form="зачёт", protocol_number="7")
    is_refused(organizer, "Внести итоги", "Дата итоговой аттестации должна быть не раньше начала занятий")
    organizer.fill(result_on=format_date(today()))
    organizer.page.get_by_label(f"Результат: {ANDREI}").fill("зачтено")
    organizer.press("Внести итоги")
    organizer.sees("Итоги внесены")
    expect(part(organizer, "Слушатели: 1").get_by_role("row").filter(has_text=ANDREI)).to_contain_text(
        "Обучен, аттестован"
    )


def finish(walk: Walk) -> str:
    """Complete the group and issue the document; returns its number."""
    organizer = walk.organizer
    open_group(walk)
    organizer.press("Завершить обучение")
    in_state(organizer, "Завершена")
    organizer.press("Выдать документы: 1")
    organizer.press("Выдать: 1")
    organizer.sees("Выдано документов: 1")
    expect(organizer.button("Распечатать 1")).to_be_visible()
    organizer.menu("Документы об обучении")
    organizer.search(ANDREI)
    organizer.open_row(ANDREI)
    in_state(organizer, "Действителен")
    return organizer.pair("Номер")


# --- what is left of it ----------------------------------------------------------------------------------------------


def read_the_story(walk: Walk, andrei: Visitor, number: str) -> None:
    """The page of the чек tells what the block was spent on; its owner prints the document."""
    walk.days_pass(0, (andrei, ANDREI_MAIL))
    andrei.press("Открыть чек")
    in_state(andrei, "Действует")
    block = part(andrei, f"{NEW_BLOCK}, 16–36 часов")
    days = f"{format_date(walk.first)} – {format_date(walk.first + DAY)}"
    for words in ("Использован", PROGRAM, "36 ч", "Северо-Западный ресурсный центр", GROUP, days, f"№ {number}"):
        expect(block).to_contain_text(words)
    expect(block).to_contain_text("Обучен, аттестован")
    expect(block).to_contain_text(f"зачтено, {format_date(today())}")
    expect(part(andrei, "Вариативный блок 2, 16–36 часов")).to_contain_text("Свободен")
    story = part(andrei, "История").inner_text()
    told = [
        "Чек выдан",
        "подана",
        f"{NEW_BLOCK} зарезервирован",
        "место предложено",
        "предложенное место занято",
        f"{NEW_BLOCK} использован",
    ]
    places = [story.rfind(words) for words in told]
    assert -1 not in places and places == sorted(places, reverse=True), "the newest stands first"
    andrei.page.get_by_role("link", name=f"№ {number}").click()
    in_state(andrei, "Действителен")
    andrei.sees(PROGRAM, number)


def read_the_letters(walk: Walk, number: str) -> None:
    """Every change of the own чек, enrolment and group has come by e-mail, once, to nobody else (order § 3.5)."""
    to_andrei = walk.letters_to(ANDREI_MAIL)
    days = period(walk.first, walk.first + DAY).replace("\N{NO-BREAK SPACE}", " ")
    assert to_andrei[3].startswith("Выдан Именной образовательный чек № ")
    assert [subject for subject in to_andrei if subject != to_andrei[3]] == [
        "Приглашение в портал «Кадры в образовании»",
        "Согласие на обработку персональных данных",
        "Заявка на Именной образовательный чек подана",
        f"Запись в группу {GROUP}: лист ожидания",
        f"Освободилось место в группе {GROUP}",
        f"Вы записаны в группу {GROUP}: занятия {days}",
        f"Завтра начинаются занятия: группа {GROUP}",
        f"Группа {GROUP}: обучение началось",
        f"Группа {GROUP}: обучение завершено",
        f"Выдан документ об обучении № {number}",
    ]
    to_olga = [subject for subject in walk.letters_to(OLGA_MAIL) if GROUP in subject]
    assert to_olga == [f"Запись в группу {GROUP}", f"Запись в группу {GROUP} согласована"]
    assert f"Программа опубликована: «{PROGRAM}»" in walk.letters_to("organizer@example.org")
    told = {str(letter["To"]) for letter in walk.post.box.letters if GROUP in letter["Subject"]}
    assert told == {ANDREI_MAIL, OLGA_MAIL}
