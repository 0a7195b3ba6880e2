"""Letters and notices in a browser: words are changed and looked at, a notice is opened, letters are chosen."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from app.embedded_postgres import EmbeddedPostgres
from tests.browser.conftest import Newcomer
from tests.browser.visitor import PHONE
from tests.conftest import execute

pytestmark = pytest.mark.browser


def test_the_operator_changes_a_letter_and_sees_it_as_it_will_come(newcomer: Newcomer, database: str) -> None:
    operator = newcomer("operator")
    page = operator.page
    operator.go("/letter_template/list/")
    operator.search("Выдан документ")
    page.get_by_role("link", name="Выдан документ об обучении").click()
    page.get_by_role("link", name="Изменить").click()
    page.get_by_label("Текст в HTML").fill("<p>Поздравляем, {{ имя }}!</p><p><script>alert(1)</script></p>")
    with operator.expecting(422):
        page.get_by_role("button", name="Сохранить").click()
    expect(page.locator("#html-error")).to_contain_text("Тег <script> в письмах не допускается")
    page.get_by_label("Текст в HTML").fill("<p>Поздравляем, {{ имя }}!</p>")
    page.get_by_role("button", name="Сохранить").click()
    frame = page.frame_locator("iframe")
    # the newest document is shown, with the name of its owner
    expect(frame.get_by_text(re.compile(r"^Поздравляем, [А-ЯЁ][а-яё]+( [А-ЯЁ][а-яё]+)?!$"))).to_be_visible()
    operator.sees("Ниже — письмо по настоящей записи")
    operator.is_at_ease()
    page.get_by_role("button", name="Отправить пробное письмо себе").click()
    expect(page.locator(".flashes")).to_contain_text("поставлено в очередь")
    operator.go("/letter/list/")
    page.locator("tbody th a").first.click()
    expect(page.frame_locator("iframe").get_by_text("Поздравляем")).to_be_visible()
    operator.is_at_ease()


def test_a_notice_is_opened_and_letters_are_chosen_on_a_phone(
    newcomer: Newcomer, server: EmbeddedPostgres, database: str
) -> None:
    worker = newcomer("worker", viewport=PHONE)
    page = worker.page
    execute(
        server,
        database,
        "INSERT INTO notice (employee_id, text, href) SELECT employee_id, 'Чек выдан', '/voucher/list/' FROM ab_user"
        " WHERE username = 'worker'",
    )
    worker.go("/notices/")
    expect(page.get_by_text("Новое")).to_have_count(1)
    worker.is_at_ease()
    page.get_by_role("button", name="Открыть").click()
    expect(worker.heading).to_contain_text("Чеки")
    worker.go("/notices/")
    expect(page.get_by_text("Новое")).to_have_count(0)
    page.get_by_role("link", name="Какие письма получать").click()
    page.get_by_label("Выдан документ об обучении").uncheck()
    page.get_by_role("button", name="Сохранить").click()
    expect(page.get_by_label("Выдан документ об обучении")).not_to_be_checked()
    worker.is_at_ease()
