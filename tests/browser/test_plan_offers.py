"""A year is planned: the operator starts the plan, an organizer offers programs in time and late, the operator accepts on the desk."""

from __future__ import annotations

import datetime as dt

import pytest
from playwright.sync_api import expect

from app.clock import today
from app.embedded_postgres import EmbeddedPostgres
from tests.browser.conftest import Newcomer
from tests.browser.visitor import PHONE, Visitor
from tests.conftest import execute

pytestmark = pytest.mark.browser

DAY = dt.timedelta(days=1)


def fill(visitor: Visitor, label: str, value: object) -> None:
    visitor.page.get_by_role("textbox", name=label).fill(
        f"{value:%d.%m.%Y}" if isinstance(value, dt.date) else str(value)
    )


def offer(visitor: Visitor, title: str, *months: str) -> None:
    """Fill in the form that the place of the year leads to."""
    page = visitor.page
    page.get_by_role("link", name=f"Предложить: {title}").click()
    expect(page.locator("#program")).to_have_value(title)
    page.locator("#seats").fill("50")
    for month in months:
        page.get_by_label(month, exact=True).check()


def test_a_plan_is_begun_programs_are_offered_and_a_late_one_is_accepted(
    newcomer: Newcomer, server: EmbeddedPostgres, database: str
) -> None:
    # the demo's own plan of the next year is over, and what its plan was made of is not offered again
    year = today().year + 1
    execute(
        server,
        database,
        f"DELETE FROM unmet_wish; DELETE FROM plan_item; DELETE FROM plan_offer; DELETE FROM plan_campaign WHERE year = {year}",
    )
    organizer_id = execute(
        server,
        database,
        "SELECT a.organization_id FROM assignment a JOIN ab_user u ON u.id = a.user_id WHERE u.username = 'organizer'",
    )[0][0]
    for code, title in (("ПЛАН-1", "Пробная своевременная"), ("ПЛАН-2", "Пробная поздняя")):
        execute(
            server,
            database,
            "INSERT INTO program (organizer_id, code, title, kind, year, hours, form, status, edition)"
            f" VALUES ({organizer_id}, '{code}', '{title}', 'advanced', {year}, 18, 'full_time', 'published', 1)",
        )

    operator = newcomer("operator")
    operator.menu("Планы")
    operator.page.get_by_role("link", name="Начать план на год").click()
    page = operator.page
    expect(page.get_by_label("На какой год")).to_have_value(str(year))
    # a day that is out of order is refused beside its field, and nothing typed is lost
    fill(operator, "Программы вносят по", today() + DAY)
    fill(operator, "Выбирают с", today())
    fill(operator, "Выбирают по", dt.date(today().year, 12, 31))
    operator.watch.expected.add(422)
    page.get_by_role("button", name="Сохранить", exact=True).click()
    operator.sees("Программы вносят не позже дня, с которого их выбирают.")
    fill(operator, "Программы вносят по", today())
    page.get_by_role("button", name="Сохранить", exact=True).click()
    operator.sees(f"План на {year} год начат")
    page.get_by_role("link", name="Изменить квоты").click()
    page.locator("tbody input").first.fill("много")
    page.get_by_role("button", name="Сохранить квоты").click()
    operator.sees("Введите целое число.")
    page.locator("tbody input").first.fill("120")
    page.get_by_role("button", name="Сохранить квоты").click()
    expect(page.locator("main")).to_contain_text("120")
    operator.is_at_ease()

    organizer = newcomer("organizer", viewport=PHONE)
    organizer.go("/plan_offer/list/")
    organizer.page.get_by_role("link", name=f"Что предложено на {year} год").first.click()
    organizer.sees("последний день, когда программы вносят в срок")
    offer(organizer, "Пробная своевременная", "февраль", "октябрь")
    organizer.page.get_by_role("button", name="Сохранить", exact=True).click()
    organizer.sees("Предложено.")
    organizer.is_at_ease()

    # the next day comes
    execute(
        server,
        database,
        f"UPDATE plan_campaign SET programs_until = programs_until - 1, opens_on = opens_on WHERE year = {year}",
    )
    organizer.go("/plan_offer/list/")
    organizer.page.get_by_role("link", name=f"Что предложено на {year} год").first.click()
    organizer.sees("Срок прошёл")
    offer(organizer, "Пробная поздняя", "март")
    organizer.page.get_by_role("button", name="Сохранить", exact=True).click()
    organizer.sees("программа войдёт в план, когда её примет оператор")

    operator.go("/queue/?kind=plan_offer")
    operator.page.locator("tr[data-row]").filter(has_text="Пробная поздняя").locator("a").click()
    operator.sees("п. 3.3 Порядка")
    operator.page.locator(".acts").get_by_role("button", name="Принять в план").click()
    operator.sees("Принято в план: Пробная поздняя")
    found = execute(server, database, "SELECT code, status, late, months FROM plan_offer ORDER BY code")
    assert found == [("ПЛАН-1", "offered", False, [2, 10]), ("ПЛАН-2", "offered", True, [3])]
    operator.is_at_ease()
