"""The chain of people: who registers himself becomes responsible, brings colleagues in, one of them moves on, one leaves.

Nothing is put into the database by the test: every row comes of what a user would press, every letter is read in a real
mail server, and its link is opened.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from app.clock import today
from app.russian import format_date
from tests.browser.course_steps import confirmed
from tests.browser.post import Post
from tests.browser.registering import EMAIL, PASSWORD, PERSON, fill_in, walk_to_the_form
from tests.browser.visitor import PHONE, WIDE, Visitor
from tests.exchange.exchange_books import book
from tests.services.scans import pdf

pytestmark = pytest.mark.browser

#: the school of the demo to which one of the imported people moves, and who answers for it
NEW_SCHOOL, NEW_SCHOOL_LOGIN = "ГБОУ СОШ № 31 г. Новокуйбышевска", "school2"
ANNA, ANNA_MAIL = "Родионова Анна Юрьевна", "rodionova@example.org"
OLEG, OLEG_MAIL = "Савин Олег Павлович", "savin@example.org"
ORDER = "Приказ № 41-од от 02.09.2026"


@dataclass
class Walk:
    """Who takes part."""

    post: Post
    come: Callable[..., Visitor]
    folder: Path
    operator: Visitor
    vera: Visitor
    #: the organization that Vera has registered with
    school: str = ""

    def newest(self, recipient: str) -> str:
        """The newest letter to an address, once everything that waits has been sent."""
        return self.post.newest(recipient)

    def link(self, recipient: str, path: str) -> str:
        """The link of the newest letter to an address that begins with ``path``."""
        letter = self.newest(recipient)
        found = re.search(rf"{path}[\w-]{{20,}}", letter)
        assert found is not None, letter
        return found[0]

    def count(self, recipient: str) -> int:
        """How many letters an address has got."""
        self.post.deliver()
        return sum(letter["To"] == recipient for letter in self.post.box.letters)


@pytest.fixture
def walk(chromium: Browser, post: Post, tmp_path: Path) -> Iterator[Walk]:
    came = list[Visitor]()
    post.app.config["CAPTCHA_SECONDS"] = 0

    def come(login: str = "", *, viewport: dict[str, int] = WIDE) -> Visitor:
        visitor = Visitor(chromium.new_context(viewport=viewport, locale="ru-RU"), post.address)  # type: ignore[arg-type]
        came.append(visitor)
        if login:
            visitor.sign_in(login)
        return visitor

    yield Walk(post, come, tmp_path, come("operator"), come(viewport=PHONE))
    for visitor in came:
        visitor.tell()
        visitor.page.context.close()
    assert [problem for visitor in came for problem in visitor.watch.problems] == []


def test_from_a_stranger_to_a_responsible_person_and_her_people(walk: Walk) -> None:
    register(walk)
    be_confirmed(walk)
    ask_for_the_role(walk)
    be_granted(walk)
    load_the_staff_list(walk)
    anna, oleg = invite(walk, ANNA, ANNA_MAIL), invite(walk, OLEG, OLEG_MAIL)
    correct(walk, anna)
    move(walk, oleg)
    withdraw(walk, anna)


# --- helpers ---------------------------------------------------------------------------------------------------------


def in_state(visitor: Visitor, words: str) -> None:
    """The pill beside the title of a card says these words, and nothing scrolls sideways."""
    expect(visitor.page.locator("main .head .pill")).to_have_text(words)
    assert visitor.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def agree(visitor: Visitor, label: str) -> None:
    """Press the button of the question that the page asks before it acts."""
    visitor.page.locator(".panel .btn, dialog .btn").filter(has_text=label, visible=True).click()


def open_in(visitor: Visitor, label: str, words: str) -> None:
    """Open the only record of a list of the menu."""
    visitor.menu(label)
    visitor.open_row(words)


def open_card(visitor: Visitor, person: str) -> None:
    """Find a worker in the list and open the card."""
    visitor.go("/employee/list/")
    visitor.search(person)
    visitor.open_row(person)


# --- the responsible person ------------------------------------------------------------------------------------------


def register(walk: Walk) -> None:
    """She fills the form in on a telephone and answers the letter."""
    vera = walk.vera
    walk_to_the_form(vera)
    fill_in(vera)
    vera.press("Зарегистрироваться")
    expect(vera.heading).to_have_text("Проверьте почту")
    vera.go(walk.link(EMAIL, "/register/confirm/"))
    vera.press("Подтвердить")
    vera.sees("Адрес почты подтверждён")
    vera.sign_in(EMAIL, PASSWORD)
    vera.sees("Регистрация на проверке")


def be_confirmed(walk: Walk) -> None:
    """Until the operator confirms, nothing can be asked for; the letter tells when it can."""
    vera, operator = walk.vera, walk.operator
    before = walk.count(EMAIL)
    vera.go("/access/request")
    vera.page.get_by_label("Какой доступ нужен").select_option(value="observer:0")
    vera.fill(details=ORDER)
    vera.page.locator("[name=scan]").set_input_files(
        {"name": "Приказ.pdf", "mimeType": "application/pdf", "buffer": pdf()}
    )
    with vera.expecting(422):
        vera.press("Отправить оператору")
        vera.sees("Сначала дождитесь подтверждения регистрации")
    open_in(operator, "Регистрации", PERSON)
    confirmed(operator, "Подтвердить")
    in_state(operator, "Подтверждена")
    assert "подтвержден" in walk.newest(EMAIL).lower()
    assert walk.count(EMAIL) == before + 1


def ask_for_the_role(walk: Walk) -> None:
    """She asks for the role of her school by its order; what is chosen and the scan reach the operator."""
    vera = walk.vera
    vera.go("/access/")
    vera.press("Запросить доступ")
    wish = vera.page.get_by_label("Какой доступ нужен")
    wish.wait_for()
    label = next(words for words in wish.locator("option").all_inner_texts() if "Ответственный" in words)
    walk.school = label.partition(" — ")[0]
    wish.select_option(label=label)
    vera.fill(details=ORDER)
    vera.page.locator("[name=scan]").set_input_files(
        {"name": "Приказ.pdf", "mimeType": "application/pdf", "buffer": pdf()}
    )
    vera.press("Отправить оператору")
    vera.sees("Заявка отправлена оператору")


def be_granted(walk: Walk) -> None:
    """The operator reads the scan and grants; the letter names the school, and the menu of a responsible person opens."""
    operator, vera = walk.operator, walk.vera
    open_in(operator, "Заявки на доступ", PERSON)
    operator.sees(walk.school, ORDER)
    with operator.page.expect_download() as started:
        operator.page.get_by_role("link", name=ORDER).click()
    assert Path(started.value.path()).read_bytes().startswith(b"%PDF-")
    confirmed(operator, "Предоставить доступ")
    in_state(operator, "Доступ предоставлен")
    letter = walk.newest(EMAIL)
    assert walk.school in letter and "/access/" in letter
    vera.go("/access/")
    vera.sees("Ответственный работник образовательной организации", walk.school)


# --- her people ------------------------------------------------------------------------------------------------------


def load_the_staff_list(walk: Walk) -> None:
    """The list of the school as Excel keeps it: two people more, and both stand in the list of workers."""
    vera, path = walk.vera, walk.folder / "Список.xlsx"
    head = ["Место работы", "Фамилия", "Имя", "Отчество", "Дата рождения", "СНИЛС", "Должность", "Предмет", "E-mail"]
    rows = [
        [walk.school, "Родионова", "Анна", "Юрьевна", dt.date(1990, 4, 2), "087-654-303 00", "Учитель", "Физика", ANNA_MAIL],
        [walk.school, "Савин", "Олег", "Павлович", dt.date(1979, 8, 21), "156-465-450 86", "Учитель", "Химия", OLEG_MAIL],
    ]  # fmt: skip
    path.write_bytes(book([head, *rows]))
    vera.go("/employee/list/")
    vera.press("Загрузить из Excel")
    vera.page.locator("[name=file]").set_input_files(path)
    vera.press("Проверить файл")
    vera.sees("Пока ничего не записано", ANNA, OLEG)
    vera.press("Применить")
    vera.sees("Создано: 2.", "Пропущено с ошибками: 0.")


def invite(walk: Walk, person: str, address: str) -> Visitor:
    """The link of the letter sets the password, and only once; the person stands in the own cabinet."""
    vera = walk.vera
    open_card(vera, person)
    vera.press("Пригласить в портал")
    vera.sees("Входов ещё не было")
    link = walk.link(address, "/invitation/")
    came = walk.come(viewport=PHONE)
    came.go(link)
    came.fill(new=PASSWORD, again=PASSWORD)
    came.press("Задать пароль")
    came.sign_in_first(address, PASSWORD)
    came.go("/access/")
    came.sees("Работник")
    stranger = walk.come()
    with stranger.expecting(404):
        stranger.go(link)
        stranger.sees("Ссылка не действует")
    return came


def correct(walk: Walk, anna: Visitor) -> None:
    """She proposes her new telephone, the responsible accepts it, the card shows it, the letter says so."""
    anna.go("/change_request/propose")
    anna.fill(phone="8 927 765 43 21", comment="Новый номер")
    anna.press("Отправить ответственному")
    anna.sees("Исправление отправлено ответственному")
    address = anna.page.url
    vera = walk.vera
    vera.go(address)
    vera.sees("Было и станет", "765-43-21")
    vera.press("Внести отмеченное")
    vera.sees("Исправление внесено в карточку")
    anna.go(address)
    in_state(anna, "Внесено в карточку")


def move(walk: Walk, oleg: Visitor) -> None:
    """He asks, his school lets him go, the new one takes him, the operator confirms; now only the new school has him."""
    vera, operator = walk.vera, walk.operator
    oleg.go("/access/")
    open_card(vera, OLEG)
    card = vera.page.url
    oleg.go(card)
    oleg.press("Перейти в другую организацию")
    oleg.page.get_by_label("С какого места работы").select_option(index=0)
    oleg.choose("organization", "Новокуйбышевска № 31", NEW_SCHOOL)
    oleg.choose("position", "учитель", "Учитель")
    oleg.fill(starts_on=format_date(today() + dt.timedelta(days=1)))
    oleg.press("Отправить")
    oleg.sees("Переход оформлен")
    transfer = oleg.page.url
    assert OLEG.split()[0] in walk.newest(EMAIL)
    vera.go(transfer)
    vera.press("Согласовать переход")
    vera.sees("Готово")
    hires = walk.come(NEW_SCHOOL_LOGIN)
    hires.go(transfer)
    hires.press("Принять работника")
    hires.sees("Готово")
    operator.go(transfer)
    confirmed(operator, "Подтвердить переход")
    in_state(operator, "Переведён")
    assert NEW_SCHOOL in walk.newest(OLEG_MAIL)
    hires.go(card)
    hires.sees(OLEG)


def withdraw(walk: Walk, anna: Visitor) -> None:
    """She withdraws the consent: the cabinet closes at once, the letter says so, the operator anonymises the card."""
    operator: Any = walk.operator
    anna.go("/consents/")
    anna.press("Отозвать и закрыть кабинет…")
    anna.press("Отозвать и закрыть кабинет")
    agree(anna, "Отозвать")
    expect(anna.heading).to_have_text("Вход в портал")
    assert "согласи" in walk.newest(ANNA_MAIL).lower()
    open_in(operator, "Отзывы согласий", ANNA)
    operator.press("Обезличить данные")
    agree(operator, "Обезличить")
    operator.sees("Данные обезличены")
