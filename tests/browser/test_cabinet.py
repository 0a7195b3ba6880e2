"""A worker on a phone: from the letter to the enrolment in two taps, then the five places of the cabinet."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from app.cli import DEMO_PASSWORD
from app.embedded_postgres import EmbeddedPostgres
from tests.browser.barriers import barriers
from tests.browser.conftest import Visit
from tests.browser.post import Post
from tests.browser.test_letters_edited import OLGA, OPEN, html_of, newest
from tests.browser.visitor import PHONE, START, Visitor
from tests.conftest import execute

pytestmark = pytest.mark.browser

PLACES = {
    "Главная": START,
    "Курсы": re.compile("^Мои курсы$"),
    "Документы": re.compile("^Мои документы$"),
    "Карточка": re.compile("^Моя карточка$"),
}
#: she chose the program in the plan and agreed to invitations by mail
CHOSEN = (
    "INSERT INTO plan_campaign (year, programs_until, opens_on, closes_on) VALUES (2099, '2098-01-01', '2098-01-01', '2098-01-01')"
    " ON CONFLICT DO NOTHING",
    "INSERT INTO plan_offer (campaign_id, organizer_id, code, program_id, seats, minimum, capacity, months)"
    " SELECT c.id, p.organizer_id, p.code, p.id, 25, 15, 25, '{{1}}' FROM plan_campaign c, program p"
    " WHERE c.year = 2099 AND p.id = {program} ON CONFLICT DO NOTHING",
    "INSERT INTO plan_item (campaign_id, offer_id, employee_id, employment_id, program_id, status) SELECT o.campaign_id, o.id,"
    " e.employee_id, e.id, {program}, 'agreed' FROM plan_offer o JOIN plan_campaign c ON c.id = o.campaign_id AND c.year = 2099,"
    " employment e JOIN ab_user u ON u.employee_id = e.employee_id"
    " WHERE u.username = 'worker' AND e.ended_on IS NULL AND o.program_id = {program} LIMIT 1",
    "INSERT INTO consent (employee_id, text_id, given_at, given_how) SELECT u.employee_id, t.id, now(), 'portal'"
    " FROM ab_user u, consent_text t WHERE u.username = 'worker' AND t.purpose = 'news'"
    " ORDER BY t.number DESC LIMIT 1 ON CONFLICT DO NOTHING",
)


@pytest.fixture
def phone(chromium: Browser, post: Post) -> Iterator[Visitor]:
    """A telephone on which nobody has signed in."""
    context = chromium.new_context(viewport=PHONE, locale="ru-RU", has_touch=True, is_mobile=True)  # type: ignore[arg-type]
    visitor = Visitor(context, post.address)
    yield visitor
    visitor.tell()
    context.close()
    assert visitor.watch.problems == []


def test_from_the_letter_to_the_enrolment_in_two_taps(
    post: Post, visit: Visit, phone: Visitor, server: EmbeddedPostgres, database: str
) -> None:
    ((number, title),) = execute(server, database, OPEN)
    ((group, program),) = execute(
        server,
        database,
        f"SELECT g.id, g.program_id FROM training_group g JOIN program p ON p.id = g.program_id WHERE g.number = '{number}'"
        f" AND p.title = '{title}'",
    )
    execute(server, database, *(statement.format(program=program) for statement in CHOSEN))
    organizer = visit("organizer")
    organizer.go(f"/training_group/show/{group}")
    organizer.press("Пригласить из плана")
    organizer.page.get_by_role("dialog").get_by_role("button", name="Пригласить из плана").click()
    organizer.sees("Приглашено: ")
    letter = newest(post, OLGA, "Приглашение на курс")
    _words, links = html_of(letter)
    (link,) = (href for href in links if "/enrolment/join" in href)
    phone.go(link.replace("http://127.0.0.1:8080", post.address))
    phone.page.get_by_label("Логин").fill("worker")
    phone.page.get_by_label("Пароль").fill(DEMO_PASSWORD)
    phone.page.get_by_role("button", name="Войти").tap()
    # the first tap enrols; the second is not needed
    phone.sees(title)
    phone.button("Записаться").tap()
    phone.sees("Вы записаны", "согласует запись", "Нажмите «Отозвать запись»")
    assert execute(
        server,
        database,
        f"SELECT e.status, u.username FROM enrolment e JOIN ab_user u ON u.employee_id = e.employee_id WHERE e.group_id = {group}"
        " AND u.username = 'worker'",
    ) == [("applied", "worker")]
    steps = phone.page.locator("ol.way li")
    first, second = steps.nth(0).bounding_box(), steps.nth(1).bounding_box()
    assert first and second and first["x"] == second["x"] and first["y"] < second["y"], "upright on a phone"
    walk_the_places(phone, title)


def walk_the_places(phone: Visitor, title: str) -> None:
    """The bar leads to each place; nothing scrolls sideways, axe finds nothing; the course stands there with its way."""
    for label, heading in PLACES.items():
        phone.page.locator(".five a").filter(has_text=label).tap()
        expect(phone.heading).to_have_text(heading)
        expect(phone.page.locator(".five [aria-current=page]")).to_have_text(label)
        assert phone.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, label
        assert barriers(phone.page) == [], label
        if label in ("Главная", "Курсы"):
            course = phone.page.locator("section.block").filter(has=phone.page.locator(".way"))
            expect(course.filter(has_text=title).locator("li.now")).to_contain_text("согласует запись")
        # 200 %: the same pages in half the width
        phone.page.set_viewport_size({"width": 320, "height": 422})
        assert phone.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, label
        phone.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
