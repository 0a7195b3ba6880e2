"""The entrance in a real browser: the second factor from its setup to a sign-in, recovery, an invitation, on a phone too."""

from __future__ import annotations

import re
import time
from pathlib import Path

import psycopg2
import pyotp
import pytest
from docx import Document
from playwright.sync_api import expect

from app.cli import DEMO_PASSWORD
from tests.browser.barriers import barriers
from tests.browser.conftest import Newcomer
from tests.browser.visitor import PHONE, START, WIDE, Visitor
from tests.conftest import EmbeddedPostgres, region_database

pytestmark = pytest.mark.browser
NEW = "кот бежал по лесу 1"


def letter_link(server: EmbeddedPostgres, worker_name: str, recipient: str) -> str:
    """Path of the link in the newest letter to an address."""
    url = server.url(region_database(worker_name)).replace("postgresql+psycopg2", "postgresql")
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT body FROM letter WHERE recipient = %s ORDER BY id DESC LIMIT 1", (recipient,))
        body = cursor.fetchone()[0]  # type: ignore[index]
    connection.close()
    found = re.search(r"https?://[^/]+(/(?:recovery|invitation)/\S+)", body)
    assert found
    return found[1]


def is_accessible(visitor: Visitor) -> None:
    assert barriers(visitor.page) == []
    width = visitor.page.evaluate("document.documentElement.scrollWidth")
    assert width <= visitor.page.viewport_size["width"]  # type: ignore[index]


@pytest.mark.parametrize(("login", "viewport"), [("organizer2", WIDE), ("territory2", PHONE)])
def test_the_second_factor_from_setup_to_sign_in(
    newcomer: Newcomer, tmp_path: Path, login: str, viewport: dict[str, int]
) -> None:
    visitor = newcomer(login, viewport=viewport)
    visitor.go("/account/")
    is_accessible(visitor)
    visitor.press("Включить")
    visitor.press("Начать настройку")
    is_accessible(visitor)
    key = visitor.page.locator("code.secret").inner_text().replace(" ", "")
    # the code of the former half minute holds through this one only: a page sent at its edge would come too late
    if (left := 30 - time.time() % 30) < 15:
        time.sleep(left)
    visitor.page.get_by_label("Код из приложения").fill(pyotp.TOTP(key).at(time.time() - 30))
    visitor.press("Включить второй шаг")
    shown = visitor.page.locator("ul.codes code")
    shown.first.wait_for()
    codes = shown.all_inner_texts()
    file = visitor.download("Скачать файлом", tmp_path)
    assert file.read_text(encoding="utf-8").split("\n") == codes
    is_accessible(visitor)
    visitor.press("Коды сохранены")
    visitor.sees("Осталось: 10")
    visitor.press("Выйти везде")
    visitor.sees("Вы вышли на всех устройствах")
    visitor.page.get_by_label("Логин").fill(login)
    visitor.page.get_by_label("Пароль").fill(DEMO_PASSWORD)
    visitor.press("Войти")
    expect(visitor.heading).to_have_text("Второй шаг входа")
    is_accessible(visitor)
    with visitor.expecting(422):
        visitor.page.get_by_label("Код из приложения").fill("000000")
        visitor.press("Войти")
        visitor.sees("Код не подошёл")
    visitor.page.get_by_label("Код из приложения").fill(pyotp.TOTP(key).now())
    visitor.press("Войти")
    expect(visitor.heading).to_have_text(START)


def test_a_forgotten_password_is_replaced(newcomer: Newcomer, server: EmbeddedPostgres, worker_name: str) -> None:
    visitor = newcomer(viewport=PHONE)
    visitor.go("/login/")
    visitor.page.get_by_role("link", name="Забыли пароль?").click()
    is_accessible(visitor)
    visitor.fill(who="worker2@example.org")
    visitor.press("Отправить ссылку")
    visitor.sees("Если такая учётная запись есть")
    visitor.go(letter_link(server, worker_name, "worker2@example.org"))
    is_accessible(visitor)
    visitor.fill(new=NEW, again=NEW)
    visitor.press("Задать пароль")
    visitor.sees("Пароль задан")
    visitor.sign_in("worker2", NEW)


def test_a_school_gives_its_people_access(
    newcomer: Newcomer, server: EmbeddedPostgres, worker_name: str, tmp_path: Path
) -> None:
    school = newcomer("school")
    school.go("/employee/list/?account=none")
    cards = [a.get_attribute("href") or "" for a in school.page.locator("main tbody th a").all()[4:6]]
    school.go(cards[0])
    address = school.pair("Электронная почта")
    school.press("Пригласить в портал")
    school.sees("Входов ещё не было", "Пригласить снова")
    invited = newcomer()
    invited.go(letter_link(server, worker_name, address))
    invited.fill(new=NEW, again=NEW)
    invited.press("Задать пароль")
    invited.sign_in_first(address, NEW)
    school.go(cards[1])
    school.button("Лист с паролем").first.click()
    with school.page.expect_download() as started:
        school.page.locator("dialog .btn, main .panel .btn").filter(
            has_text="Лист с паролем", visible=True
        ).first.click()
    file = tmp_path / "sheet.docx"
    started.value.save_as(file)
    slip = Document(str(file)).tables[0].rows[0].cells[0].text
    login, password = re.search(r"Логин: (\S+)", slip), re.search(r"пароль: (\S+)", slip)
    assert login
    assert password
    newly = newcomer(viewport=PHONE)
    newly.go("/login/")
    newly.page.get_by_label("Логин").fill(login[1])
    newly.page.get_by_label("Пароль").fill(password[1])
    newly.press("Войти")
    expect(newly.heading).to_have_text("Смена пароля")
    newly.fill(old=password[1], new=NEW, again=NEW)
    newly.press("Сменить пароль")
    expect(newly.heading).to_have_text("Согласие на обработку персональных данных")
    newly.press("Даю это согласие")
    expect(newly.heading).to_have_text(START)
