"""The ministry opens the heat map of a plan, goes down to the people of a school, approves the plan and opens its paper; the operator
reminds the schools of the silent, an organizer sees its own programs without figures under five."""

from __future__ import annotations

import io
from pathlib import Path
from zipfile import ZipFile

import pytest
from docx import Document
from playwright.sync_api import expect

from app.clock import today
from app.embedded_postgres import EmbeddedPostgres
from app.russian import number
from tests.browser.conftest import Newcomer
from tests.browser.visitor import PHONE
from tests.conftest import execute

pytestmark = pytest.mark.browser

YEAR = today().year + 1
_CAMPAIGN = f"campaign_id = (SELECT id FROM plan_campaign WHERE year = {YEAR})"
#: the plan of the demo region ends: what is agreed of one program goes into the plan in March, the choice is over
CLOSE = (
    "UPDATE plan_item SET status = 'included', month = 3 WHERE status = 'agreed' AND offer_id = (SELECT offer_id FROM plan_item"
    f" WHERE status = 'agreed' AND {_CAMPAIGN} GROUP BY offer_id ORDER BY count(*) DESC, offer_id LIMIT 1)",
    f"UPDATE plan_campaign SET status = 'closed' WHERE year = {YEAR}",
)
LIVE = f"SELECT count(*) FROM plan_item WHERE {_CAMPAIGN} AND status IN ('proposed', 'agreed', 'included')"


def test_the_ministry_approves_a_plan(newcomer: Newcomer, server: EmbeddedPostgres, database: str) -> None:
    execute(server, database, *CLOSE)
    ((wishes,),) = execute(server, database, LIVE)
    ministry = newcomer("ministry")
    ministry.go("/plan/demand/")
    page = ministry.page
    total = page.locator(".heat tfoot tr").first
    expect(total.locator(".sum")).to_contain_text(f"{number(wishes)}/")
    # down: all programs, the whole year → a territory → a school → its people
    total.locator(".sum a").click()
    expect(page.locator("#behind h2")).to_contain_text("Откуда:")
    page.locator("#behind tbody th a").first.click()
    expect(page.locator("#behind thead")).to_contain_text("Организация")
    page.locator("#behind tbody th a").first.click()
    expect(page.locator("#behind h2")).to_have_text("Кто хочет учиться")
    assert page.locator("#behind tbody tr").count() > 0
    # a map of one school adds up to its people
    of_school = total.locator(".sum").inner_text().split("/")[0].splitlines()[0]
    assert page.locator("#behind tbody tr").count() == int(of_school)

    ministry.go("/plan/results/")
    expect(page.locator("main h1")).to_contain_text("Результаты планирования")
    page.locator("summary", has_text="Утвердить план").click()
    page.get_by_role("dialog").get_by_role("button", name="Утвердить план").click()
    expect(page.locator("main h1")).to_contain_text(f"ПП-{YEAR}")
    with page.expect_download() as taken:
        page.get_by_role("link", name="Скачать для Word").click()
    said = "\n".join(p.text for p in Document(io.BytesIO(Path(taken.value.path()).read_bytes())).paragraphs)
    assert "УТВЕРЖДАЮ" in said
    assert f"ПП-{YEAR}" in said
    with page.expect_download() as taken:
        page.get_by_role("link", name="Скачать для Excel").click()
    assert "xl/workbook.xml" in ZipFile(taken.value.path()).namelist()

    # later something changes, and the change gets a number of its own
    execute(
        server,
        database,
        "UPDATE plan_item SET status = 'included', month = 4 WHERE id ="
        f" (SELECT min(id) FROM plan_item WHERE status = 'agreed' AND {_CAMPAIGN})",
    )
    ministry.go("/plan/results/")
    page.locator("summary", has_text="Утвердить изменение").click()
    page.get_by_label("Причина изменения").fill("Нашлось место")
    page.get_by_role("dialog").get_by_role("button", name="Утвердить изменение").click()
    expect(page.locator("main h1")).to_contain_text(f"Изменение плана № 1 на {YEAR} год, ПП-{YEAR}-1")
    expect(page.locator("main")).to_contain_text("Нашлось место")


OWN = (
    "SELECT p.title FROM plan_offer o JOIN program p ON p.id = o.program_id JOIN assignment a ON a.organization_id = o.organizer_id"
    " JOIN ab_user u ON u.id = a.user_id WHERE u.username = 'organizer' AND a.role = 'organizer' AND o.status = 'offered'"
    f" AND o.{_CAMPAIGN}"
)


def test_an_organizer_on_a_phone_sees_its_programs_only(
    newcomer: Newcomer, server: EmbeddedPostgres, database: str
) -> None:
    organizer = newcomer("organizer", viewport=PHONE)
    organizer.go("/plan/demand/")
    page = organizer.page
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    expect(page.locator(".heat")).to_contain_text("< 5")
    assert page.locator(".heat tbody a").count() == 0
    own = {title for (title,) in execute(server, database, OWN)}
    assert set(page.locator(".heat tbody th").all_inner_texts()) == own
    assert page.request.get(page.url + "?territory=1").status == 404


def test_the_operator_reminds_the_schools_once(newcomer: Newcomer, server: EmbeddedPostgres, database: str) -> None:
    execute(server, database, f"UPDATE plan_campaign SET status = 'open' WHERE year = {YEAR}")
    operator = newcomer("operator")
    operator.go("/plan/control/")
    page = operator.page
    page.locator("summary", has_text="Напомнить").click()
    page.get_by_role("dialog").get_by_role("button", name="Напомнить").click()
    expect(page.locator("main")).to_contain_text("Напоминание уходит")
    expect(page.get_by_text("Напомнить", exact=False).filter(has_text="организаци")).to_have_count(0)
    ((told,),) = execute(
        server, database, "SELECT count(*) FROM reminder_sent WHERE kind LIKE 'plan_silent_school_20%'"
    )
    assert told > 0
