"""Demand becomes groups: the operator closes the choice, has groups proposed, drags and locks one, solves again, writes, takes
back, writes again; the organizer opens enrolment of one and invites its people."""

from __future__ import annotations

import threading

import pytest
from flask import Flask
from playwright.sync_api import expect

from app.clock import today
from app.embedded_postgres import EmbeddedPostgres
from app.jobs import run_worker
from app.russian import format_date
from tests.browser.conftest import Newcomer
from tests.browser.visitor import Visitor
from tests.conftest import execute

pytestmark = pytest.mark.browser

#: an offer of the demo's organizer in September and October, and six people of different schools agreed on it
DEMAND = (
    "DELETE FROM plan_item",
    """
    UPDATE plan_campaign SET status = 'open', programs_until = current_date, opens_on = current_date,
        closes_on = current_date, year = extract(year FROM current_date) + 1
    WHERE id = (SELECT max(id) FROM plan_campaign)
    """,
    """
    UPDATE plan_offer SET seats = 6, minimum = 2, capacity = 3, months = '{9,10}', municipality_ids = '{}', status = 'offered'
    WHERE id = (SELECT min(o.id) FROM plan_offer o JOIN assignment a ON a.organization_id = o.organizer_id
        JOIN ab_user u ON u.id = a.user_id JOIN program p ON p.id = o.program_id
        WHERE u.username = 'organizer' AND p.status = 'published' AND o.campaign_id = (SELECT max(id) FROM plan_campaign))
    """,
    """
    INSERT INTO plan_item (campaign_id, employee_id, employment_id, offer_id, program_id, months, priority, status)
    SELECT o.campaign_id, e.employee_id, e.id, o.id, o.program_id, '{}', 1, 'agreed'
    FROM plan_offer o, LATERAL (
        SELECT DISTINCT ON (organization_id) id, employee_id FROM employment
        WHERE ended_on IS NULL AND kind = 'main' AND started_on <= current_date ORDER BY organization_id, id LIMIT 6) e
    WHERE o.capacity = 3
    """,
)


def work(app: Flask) -> None:
    """Let the worker do what waits; in a thread of its own, because the browser's event loop runs in this one."""

    def run() -> None:
        with app.app_context():
            run_worker(app, once=True)

    worker = threading.Thread(target=run)
    worker.start()
    worker.join()


def test_demand_becomes_groups_and_invitations(
    newcomer: Newcomer, server: EmbeddedPostgres, database: str, renewed_region: Flask
) -> None:
    execute(server, database, *DEMAND)
    (campaign,) = execute(server, database, "SELECT max(id) FROM plan_campaign")[0]
    # wide enough for twelve months: nothing scrolls while a group is dragged
    operator = newcomer("operator", viewport={"width": 2000, "height": 1000})
    close_the_choice(operator, campaign)
    operator.press("Группы из заявок")
    operator.press("Разложить на группы")
    expect(operator.heading).to_have_text("Мои задания")
    work(renewed_region)
    operator.go("/tasks/")
    operator.sees("Групп: 2. Курс получат 6 из 6 человек")

    operator.go(f"/plan_campaign/groups/{campaign}")
    operator.sees("6 из 6, которых вообще можно обслужить")
    move_the_first(operator)
    operator.press("Решить заново")
    work(renewed_region)
    operator.go(f"/plan_campaign/groups/{campaign}")
    expect(operator.page.locator(".plan-chip")).to_have_count(2)
    operator.sees("закреплена")
    spoil_and_mend(operator, campaign)

    operator.press("Записать группы")
    operator.sees("Записано: 2 черновика групп.")
    assert counted(server, database) == (2, 6)
    operator.press("Убрать записанные группы")
    operator.sees("Убрано: 2 группы.")
    assert counted(server, database) == (0, 0)
    operator.press("Записать группы")
    operator.sees("Записано: 2 черновика групп.")
    operator.is_at_ease()
    invite(newcomer("organizer"), server, database)


def close_the_choice(operator: Visitor, campaign: int) -> None:
    operator.go(f"/plan_campaign/show/{campaign}")
    operator.press("Закончить выбор раньше")
    operator.page.get_by_role("dialog").get_by_role("button", name="Закончить выбор раньше").click()
    operator.sees("Выбор окончен")


def move_the_first(operator: Visitor) -> None:
    """With the mouse into the other month of the program: there the group is locked."""
    page = operator.page
    chip = page.locator(".plan-chip").first
    home = chip.locator("xpath=ancestor::td").get_attribute("data-month")
    row = chip.locator("xpath=ancestor::tr")
    target = row.locator(f"td.can:not([data-month='{home}'])")
    chip.drag_to(target)
    operator.sees("закреплена: новое решение её не тронет")
    expect(page.locator(".plan-chip").filter(has_text="закреплена")).to_have_count(1)
    month = page.locator(".plan-chip").filter(has_text="закреплена").locator("xpath=ancestor::td")
    expect(month).not_to_have_attribute("data-month", str(home))


def spoil_and_mend(operator: Visitor, campaign: int) -> None:
    """Too few people in a group are said at once, and the plan cannot be written then."""
    page = operator.page
    page.locator(".plan-chip").filter(has_not_text="закреплена").click()
    for _ in range(2):
        page.locator(".plan-person .btn").first.click()
        operator.sees("Человек убран из группы.")
    operator.sees("Группа нарушает правила", "а меньше 2 человек организатор не учит")
    operator.press("К группам плана")
    operator.press("Записать группы")
    operator.sees("План нарушает правила, они перечислены на странице.")
    page.locator("td a[href*='offer=']").click()
    for _ in range(2):
        page.locator(".plan-person .btn").first.click()
        operator.sees("Человек переведён.")
    operator.go(f"/plan_campaign/groups/{campaign}")
    expect(page.locator(".alert.summary")).to_have_count(0)


def counted(server: EmbeddedPostgres, database: str) -> tuple[int, int]:
    """Groups of the plan, and wishes included with a group."""
    (row,) = execute(
        server,
        database,
        "SELECT (SELECT count(group_id) FROM plan_proposal_group), count(*) FILTER (WHERE group_id IS NOT NULL AND month > 0"
        " AND status = 'included') FROM plan_item",
    )
    return row[0], row[1]


def invite(organizer: Visitor, server: EmbeddedPostgres, database: str) -> None:
    ((group, people),) = execute(
        server,
        database,
        "SELECT group_id, count(*) FROM plan_item WHERE group_id IS NOT NULL GROUP BY group_id ORDER BY group_id LIMIT 1",
    )
    organizer.go(f"/training_group/edit/{group}")
    organizer.fill(enrol_from=format_date(today()))
    organizer.press("Сохранить")
    organizer.press("Открыть запись")
    organizer.sees("Состояние: «Идёт запись»")
    organizer.press("Пригласить из плана")
    organizer.page.get_by_role("dialog").get_by_role("button", name="Пригласить из плана").click()
    organizer.sees(f"Приглашено: {people}.")
    organizer.is_at_ease()
