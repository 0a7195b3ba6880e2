"""What strangers and programs read: the front page, the page of a course for others, the icons, robots.txt, the map of pages."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from icalendar import Calendar

from app.clock import today
from app.extensions import limiter
from tests.access.region import Browser, Region
from tests.statements import recorded
from tests.web.pages import total, words
from tests.web.test_catalogue import group
from tests.web.test_documents import certificate_of
from tests.web.test_sizes import PACKED, wire

PUBLIC_URL = "https://kadry.example.ru"
FIRST = 40 * 1024


@pytest.fixture
def stranger(region: Region) -> Browser:
    return region.browser(None)


@pytest.fixture
def named(region: Region) -> Iterator[Region]:
    """The portal under its own name, with no invented data."""
    settings = region.app.config["PORTAL"]
    region.app.config["PORTAL"] = replace(settings, public_url=PUBLIC_URL, demo=False)
    yield region
    region.app.config["PORTAL"] = settings


def meta(page: str) -> dict[str, str]:
    return dict(re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)">', page))


# --- the front page --------------------------------------------------------------------------------------------------


def test_a_stranger_is_greeted_and_everything_else_asks_to_sign_in(region: Region, stranger: Browser) -> None:
    with region.nothing_changes():
        page = stranger.get("/")
    assert page.status == 200 and "Set-Cookie" not in page.headers
    for href in ("/login/", "/register/", "/courses/", "/verify/"):
        assert f'href="{href}"' in page.text
    assert 'action="/courses/"' in page.text and 'action="/verify/"' in page.text
    assert page.headers["Cache-Control"] == "no-store" and page.headers["X-Frame-Options"] == "DENY"
    for path in ("/notices/", "/employee/list/", "/catalogue/", "/account/"):
        assert stranger.get(path).headers["Location"] == f"/login/?next={path}"
    assert stranger.get("/login/", next="/notices/").status == 200


def test_who_is_signed_in_has_the_own_start_page(region: Region) -> None:
    page = region.browser("school").get("/").text
    assert "Зарегистрироваться" not in page and "<h1>Главная" in page


def test_the_next_courses_take_people_today(region: Region, stranger: Browser) -> None:
    page = stranger.get("/").text
    shown = [int(pk) for pk in re.findall(r'<li><a href="/courses/(\d+)">', page)]
    day = {"today": today()}
    taking = region.sql(
        "SELECT id FROM training_group WHERE status = 'open' AND capacity > taken"
        " AND %(today)s BETWEEN enrol_from AND enrol_until",
        **day,
    )
    assert shown and set(shown) <= {row[0] for row in taking} and len(shown) == min(5, len(taking))
    starts = dict(region.sql("SELECT id, starts_on FROM training_group WHERE status = 'open'"))
    assert [starts[pk] for pk in shown] == sorted(starts[pk] for pk in shown)


def test_each_figure_opens_as_many_groups_as_it_says(stranger: Browser) -> None:
    page = stranger.get("/").text
    links = re.findall(
        r'<a class="(?:chipbox chip|btn)" href="(/courses/[^"]*)">[^<]*<span class="count">(\d+)</span>', page
    )
    assert len(links) >= 3
    for href, number in links:
        assert total(stranger.get(href.replace("&amp;", "&")).text) == int(number) > 0


def test_a_page_of_many_courses_costs_no_more_statements(stranger: Browser) -> None:
    with recorded() as statements:
        stranger.get("/")
    assert len(statements) <= 3


def test_no_course_is_said_in_words(region: Region, stranger: Browser) -> None:
    row = "SELECT id, enrol_until FROM training_group WHERE status = 'open'"
    before = region.sql(row)
    region.sql("UPDATE training_group SET status = 'closed' WHERE status = 'open'")
    try:
        page = stranger.get("/")
        assert page.status == 200 and "Сейчас записаться некуда" in page.text and "<li><a" not in page.text
        assert stranger.get("/sitemap.xml").text.count("<loc>") == 3
    finally:
        for pk, _ in before:
            region.sql("UPDATE training_group SET status = 'open' WHERE id = %(pk)s", pk=pk)


def test_a_first_visit_is_light(region: Region, stranger: Browser) -> None:
    for path in ("/", f"/courses/{group(region, 'open')}", "/register/"):
        size, text = wire(stranger.client, path)
        # the picture for other sites and the icons of telephones are not fetched by a page
        parts = set(re.findall(r'(?:href|src)="(/static/[^"#]+\.(?:css|js|svg)[^"#]*)', text))
        assert size + sum(len(stranger.client.get(part, headers=PACKED).get_data()) for part in parts) <= FIRST


def test_public_pages_are_limited_for_strangers_only(region: Region, stranger: Browser) -> None:
    region.app.config["COURSES_RATE"] = "3 per minute"
    worker, pk = region.browser("worker"), group(region, "open")
    try:
        for path in ("/", "/robots.txt", "/sitemap.xml", f"/courses/{pk}.ics"):
            limiter.reset()
            assert [stranger.get(path).status for _ in range(4)] == [200, 200, 200, 429]
        assert [worker.get("/").status for _ in range(5)] == [200] * 5
    finally:
        del region.app.config["COURSES_RATE"]
        limiter.reset()


# --- the check of a document -----------------------------------------------------------------------------------------


def test_a_code_is_checked_in_the_place_of_a_number(region: Region, stranger: Browser) -> None:
    _, number, code = certificate_of(region)
    for typed in (code, code.upper(), f" https://elsewhere.example/verify/{code}/ "):
        answer = stranger.get("/verify/", number=typed, issued_on="")
        assert answer.status == 302 and answer.headers["Location"].lower() == f"/verify/{code}"
    assert "Действителен" in stranger.get(f"/verify/{code}").text
    assert (
        stranger.get("/verify/", number="x/verify/voucher/abc", issued_on="").headers["Location"]
        == "/verify/voucher/abc"
    )
    for typed in (number, "2026000000000000001"):
        assert stranger.get("/verify/", number=typed, issued_on="").status == 422, "a number needs its date"
    assert (
        stranger.get("/verify/", number="x/verify//evil.example", issued_on="")
        .headers["Location"]
        .startswith("/verify/")
    )


# --- a course for others ---------------------------------------------------------------------------------------------


def test_the_page_of_a_course_is_previewed_by_its_configured_address(named: Region) -> None:
    pk = group(named, "open")
    page = named.browser(None).get(f"/courses/{pk}", employee="1").text
    title = re.search(r"<h1>(.*?)</h1>", page)
    assert title is not None
    known = meta(page)
    assert known["og:title"] == title[1] and known["og:url"] == f"{PUBLIC_URL}/courses/{pk}"
    assert known["og:image"] == f"{PUBLIC_URL}/static/icons/preview.png"
    assert 20 < len(known["description"]) <= 201 and known["description"] == known["og:description"]
    assert f'<link rel="canonical" href="{PUBLIC_URL}/courses/{pk}">' in page
    assert f'href="{PUBLIC_URL}/courses/{pk}" data-share="{title[1]}"' in page, "without scripts a link to the page"
    assert f'<link rel="canonical" href="{PUBLIC_URL}/courses/">' in named.browser(None).get("/courses/", q="урок").text


def test_pages_about_people_and_pages_inside_have_no_preview(named: Region) -> None:
    _, _, code = certificate_of(named)
    for text in (
        named.browser(None).get(f"/verify/{code}").text,
        named.browser("operator").get("/employee/list/").text,
    ):
        assert "og:" not in text and "canonical" not in text


def test_the_contact_is_the_organizers_and_names_no_person(region: Region, stranger: Browser) -> None:
    pk = group(region, "open")
    place, head = region.sql(
        "SELECT o.id, o.head_name FROM training_group g JOIN program p ON p.id = g.program_id"
        " JOIN organization o ON o.id = p.organizer_id WHERE g.id = %(pk)s",
        pk=pk,
    )[0]
    was = region.sql("SELECT phone, email, website FROM organization WHERE id = %(id)s", id=place)[0]
    change = "UPDATE organization SET phone = %(phone)s, email = %(email)s, website = %(site)s WHERE id = %(id)s"
    try:
        region.sql(change, id=place, phone="+78461234567", email="kursy@example.org", site="https://kursy.example.org")
        page = stranger.get(f"/courses/{pk}").text
        block = words(page.split("Вопросы по курсу", 1)[1])
        assert "+7 (846) 123-45-67" in block and 'href="tel:+78461234567"' in page
        assert 'href="mailto:kursy@example.org"' in page and 'href="https://kursy.example.org"' in page
        assert not head or head not in page
        region.sql(change, id=place, phone="доб. 12", email="нет", site="javascript:alert(1)")
        page = stranger.get(f"/courses/{pk}").text
        assert "tel:" not in page and "mailto:" not in page and 'href="javascript' not in page
    finally:
        region.sql(change, id=place, phone=was[0], email=was[1], site=was[2])


def test_the_dates_are_a_calendar_file(region: Region, stranger: Browser) -> None:
    pk = group(region, "open")
    first, last = region.sql("SELECT starts_on, ends_on FROM training_group WHERE id = %(pk)s", pk=pk)[0]
    region.sql("DELETE FROM group_meeting WHERE group_id = %(pk)s", pk=pk)
    assert f'href="/courses/{pk}.ics"' in stranger.get(f"/courses/{pk}").text
    answer = stranger.client.get(f"/courses/{pk}.ics")
    assert answer.mimetype == "text/calendar" and f"course-{pk}.ics" in answer.headers["Content-Disposition"]
    (event,) = Calendar.from_ical(answer.data).walk("VEVENT")
    assert (event["dtstart"].dt, event["dtend"].dt) == (first, last + dt.timedelta(days=1))
    assert "Состояние записи" not in event["description"] and event["status"] == "CONFIRMED"
    row = region.sql(
        "INSERT INTO group_meeting (group_id, starts_at, ends_at, topic, place)"
        " VALUES (%(pk)s, %(day)s + time '10:00', %(day)s + time '11:30', 'Вводная', 'каб. 5') RETURNING id",
        pk=pk,
        day=first,
    )[0][0]
    try:
        (event,) = Calendar.from_ical(stranger.client.get(f"/courses/{pk}.ics").data).walk("VEVENT")
        assert event["uid"].startswith(f"group-{pk}-meeting-{row}@")
        assert event["location"] == "каб. 5" and "Тема: Вводная" in event["description"]
        assert event["dtend"].dt - event["dtstart"].dt == dt.timedelta(minutes=90)
    finally:
        region.sql("DELETE FROM group_meeting WHERE id = %(row)s", row=row)
    for status in ("draft", "completed"):
        assert stranger.get(f"/courses/{group(region, status)}.ics").status == 404


# --- files for programs ----------------------------------------------------------------------------------------------


def test_robots_read_public_pages_only(named: Region) -> None:
    text = named.browser(None).get("/robots.txt").text
    allowed = set(re.findall(r"^Allow: (.*)$", text, re.M))
    assert allowed == {"/$", "/courses/", "/verify/$", "/register/$", "/help/", "/static/"}
    assert "\nDisallow: /\n" in text and text.endswith(f"Sitemap: {PUBLIC_URL}/sitemap.xml\n")
    settings = named.app.config["PORTAL"]
    named.app.config["PORTAL"] = replace(settings, demo=True)
    assert named.browser(None).get("/robots.txt").text == "User-agent: *\nDisallow: /\n", (
        "invented courses are found by nobody"
    )


def test_the_map_names_the_open_groups_and_nothing_else(named: Region) -> None:
    root = ElementTree.fromstring(named.browser(None).client.get("/sitemap.xml").data)
    found = {node.text for node in root.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")}
    groups = {
        f"{PUBLIC_URL}/courses/{pk}" for (pk,) in named.sql("SELECT id FROM training_group WHERE status = 'open'")
    }
    assert groups and found == groups | {f"{PUBLIC_URL}{path}" for path in ("/", "/courses/", "/verify/")}


def test_icons_and_the_manifest_are_there(stranger: Browser) -> None:
    page = stranger.get("/login/").text
    links = re.findall(r'<link rel="(icon|apple-touch-icon|manifest)"[^>]*href="([^"]+)"', page)
    assert [rel for rel, _ in links] == ["icon", "icon", "apple-touch-icon", "manifest"]
    bodies = {href: stranger.client.get(href) for _, href in links}
    assert {answer.status_code for answer in bodies.values()} == {200}
    manifest = json.loads(bodies[links[-1][1]].data)
    assert (manifest["name"], manifest["lang"]) == ("Кадры в образовании", "ru")
    for icon in manifest["icons"]:
        assert stranger.client.get(f"/static/{icon['src']}").data.startswith(b"\x89PNG")
    assert stranger.get("/favicon.ico").headers["Location"].startswith("/static/favicon.ico")


# --- the registration ------------------------------------------------------------------------------------------------


def test_the_value_stands_first_and_each_consent_is_short_with_its_whole_text_behind(
    region: Region, stranger: Browser
) -> None:
    page = stranger.get("/register/").text
    assert page.index("Что даст личный кабинет") < page.index('type="checkbox"')
    texts = region.sql("SELECT body, summary FROM consent_text")
    for body, summary in texts:
        lines = summary.splitlines()
        assert 3 <= len(lines) <= 5 and all(f"<li>{line}</li>" in page for line in lines)
        behind = page[page.index(lines[-1]) :].split("</details>", 1)[0]
        assert "Показать весь текст" in page and body.split("\n\n")[0][:40] in page and "<details" in page
        assert "<details open" not in behind
    steps = page.split('aria-label="Шаги регистрации"', 1)[1].split("</ol>", 1)[0]
    assert [words(step) for step in re.findall(r"<li.*?</li>", steps, re.S)] == [
        "1 Согласия", "2 Где вы работаете", "3 Должность", "4 О себе",
    ]  # fmt: skip
    assert steps.count('aria-current="step"') == 1
