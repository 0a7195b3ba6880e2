"""«Мои задания» refreshes itself while something runs: the bar moves, its end is said aloud."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Request, expect

from app.embedded_postgres import EmbeddedPostgres
from app.web.frame import export_pages
from tests.browser.conftest import Newcomer
from tests.browser.visitor import Visitor
from tests.conftest import execute

pytestmark = pytest.mark.browser


@pytest.fixture
def database(database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Database of this module's portal, in which every export is long."""
    monkeypatch.setattr(export_pages, "AT_ONCE", -1)
    return database


def order(visitor: Visitor) -> None:
    visitor.go("/employee/list/")
    visitor.press("Выгрузить в Excel")
    expect(visitor.heading).to_have_text("Мои задания")


def test_the_page_follows_the_work_by_itself(newcomer: Newcomer, server: EmbeddedPostgres, database: str) -> None:
    school = newcomer("school")
    order(school)
    page, asked = school.page, list[Request]()
    page.on("request", lambda request: asked.append(request))
    expect(page.locator(".task .pill")).to_have_text("В очереди")

    set_ = "UPDATE background_job SET total = 5000, parameters = parameters || jsonb_build_object('started_at', now()),"
    execute(server, database, f"{set_} status = 'running', done = 1250")
    expect(page.locator(".task .pill")).to_have_text("Выполняется")
    expect(page.locator("#told")).to_have_text(re.compile("Выгрузка в Excel: работники.*: Выполняется"))
    expect(page.locator("progress")).to_have_attribute("value", "1250")
    button = page.get_by_role("button", name="Отменить")
    button.focus()
    execute(server, database, f"{set_} done = 2500")
    expect(page.locator("progress")).to_have_js_property("value", 2500)
    expect(page.locator("[data-progress]")).to_contain_text("50 %")
    expect(button).to_be_focused()
    school.is_at_ease()

    execute(
        server, database, f"{set_} status = 'done', done = 5000, message = 'В файле 5 000 строк.', finished_at = now()"
    )
    expect(page.locator(".task .pill")).to_have_text("Готово")
    expect(page.locator("#told")).to_have_text(re.compile("Готово$"))
    expect(page.locator("progress")).to_have_count(0)
    # nothing runs any more, so nothing is asked
    number = len(asked)
    page.wait_for_timeout(2500)
    assert len(asked) == number
    assert [request.url for request in asked if request.is_navigation_request()] == []


def test_a_task_is_cancelled_from_the_page(newcomer: Newcomer, server: EmbeddedPostgres, database: str) -> None:
    school = newcomer("school2", viewport={"width": 390, "height": 800})
    order(school)
    school.press("Отменить")
    school.sees("Задание отменено, ничего не записано.", "Отменено")
    assert execute(server, database, "SELECT status FROM background_job ORDER BY id DESC LIMIT 1") == [("cancelled",)]
    school.is_at_ease()
