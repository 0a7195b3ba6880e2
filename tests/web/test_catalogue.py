"""Pages of the catalogue, its calendar, the public pages and the feed: what is shown to whom, and how many statements it takes."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from icalendar import Calendar

from app.extensions import limiter
from tests.access.oracle import CAST
from tests.access.region import Browser, Region
from tests.statements import recorded
from tests.web.pages import flashes, total, words

MOST_STATEMENTS = 15


@pytest.fixture
def stranger(region: Region) -> Browser:
    return region.browser(None)


def cards(page: str) -> list[str]:
    """Words of each card."""
    return [words(card) for card in re.findall(r'<article class="paper block offer".*?</article>', page, re.S)]


def heads(page: str) -> list[str]:
    return [words(head) for head in re.findall(r'<h2 id="offer\d+">(.*?)</h2>', page, re.S)]


def card_of(region: Region, login: str) -> int:
    return int(region.people[login].facts["employee"])


def group(region: Region, status: str) -> int:
    return int(region.sql("SELECT min(id) FROM training_group WHERE status = %(s)s", s=status)[0][0])


@pytest.fixture
def placed(region: Region) -> Iterator[dict[int, dict[str, str]]]:
    """Number of rows → filter that finds so many: one open group has a place of its own, three have another."""
    ids = [pk for (pk,) in region.sql("SELECT id FROM training_group WHERE status = 'open' ORDER BY id LIMIT 4")]
    for word, some in (("Одиночкино", ids[:1]), ("Троицкое", ids[1:])):
        region.sql("UPDATE training_group SET place = place || %(w)s WHERE id = ANY(%(ids)s)", w=f", {word}", ids=some)
    yield {1: {"place": "одиночк"}, 3: {"place": "троицк"}, 20: {}}
    region.sql("UPDATE training_group SET place = regexp_replace(place, ', (Одиночкино|Троицкое)$', '')")


# --- the list --------------------------------------------------------------------------------------------------------


def test_the_worker_sees_what_suits_first_and_enrols_from_there(region: Region, worker: Browser) -> None:
    page = worker.get("/catalogue/").text
    shown = cards(page)
    assert len(shown) == min(20, total(page))
    assert "Подходит: " in shown[0] and "оплачивает" in shown[0] and "свободно" in shown[0]
    refused = [n for n, card in enumerate(shown) if "Подходит: " not in card]
    assert refused and all("Подходит: " not in card for card in shown[refused[0] :])
    assert "Записаться" in shown[0] and "Записаться" not in shown[refused[-1]]
    button = re.search(r'method="post" action="(/enrolment/join\?group=\d+)"', page)
    assert button is not None
    assert worker.get(button[1]).status == 200


def test_an_own_enrolment_is_named_instead_of_a_button(region: Region, worker: Browser) -> None:
    pk, me = group(region, "open"), card_of(region, "worker")
    place = region.sql("SELECT id FROM employment WHERE employee_id = %(me)s AND ended_on IS NULL LIMIT 1", me=me)[0][0]
    row = region.sql(
        "INSERT INTO enrolment (employee_id, employment_id, group_id, status) VALUES (%(me)s, %(place)s, %(pk)s, 'waiting')"
        " RETURNING id",
        me=me,
        place=place,
        pk=pk,
    )[0][0]
    try:
        page = worker.get(f"/courses/{pk}").text
        assert "Вы записаны: Лист ожидания" in words(page)
        assert f"/enrolment/show/{row}" in page and "/enrolment/add" not in page
        assert "Вы записаны: Лист ожидания" in words(worker.get("/catalogue/").text)
        assert "Вы записаны" not in words(region.browser("worker2").get(f"/courses/{pk}").text)
    finally:
        region.sql("DELETE FROM enrolment WHERE id = %(row)s", row=row)


@pytest.mark.parametrize("login", sorted(CAST))
def test_everybody_signed_in_has_the_catalogue_in_the_menu(region: Region, login: str) -> None:
    browser = region.browser(login)
    page = browser.get("/catalogue/")
    assert page.status == 200
    assert '<a href="/catalogue/" aria-current="page">Каталог курсов</a>' in page.text
    assert total(page.text) == region.sql("SELECT count(*) FROM training_group WHERE status = 'open'")[0][0]
    assert browser.leaks == []


@pytest.mark.parametrize("login", ["worker", "school", "operator", None])
def test_a_page_takes_as_many_statements_whatever_it_shows(
    region: Region, placed: dict[int, dict[str, str]], login: str | None
) -> None:
    browser, path = region.browser(login), "/catalogue/" if login else "/courses/"
    person = {"employee": str(card_of(region, "worker"))} if login == "school" else {}
    counted, seen = set(), []
    for query in placed.values():
        with recorded() as statements:
            page = browser.get(path, **query, **person)
        counted.add(len(statements))
        seen.append(len(cards(page.text)))
    assert seen == list(placed)
    assert len(counted) == 1 and max(counted) <= MOST_STATEMENTS, (counted, seen)


def test_search_and_filters_narrow_the_list(region: Region, worker: Browser) -> None:
    everything = heads(worker.get("/catalogue/").text)
    title = max(everything, key=len)  # many words: no name of an organizer holds them all
    found = worker.get("/catalogue/", q=" ".join(w[:5] for w in title.split())).text
    assert title in heads(found) and total(found) < len(everything)
    assert total(worker.get("/catalogue/", suits="1", hours_from="1", hours_to="500").text) > 0
    nothing = worker.get("/catalogue/", q="щщщщ").text
    assert cards(nothing) == [] and "По этому отбору курсов нет" in nothing
    programs = worker.get("/catalogue/", programs="1").text
    assert total(programs) > len(everything)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"starts_from": "когда-то"}, "Дата пишется дд.мм.гггг"),
        ({"starts_to": "31.02.2027"}, "не существует"),
        ({"hours_from": "-1"}, "Введите целое число часов"),
        ({"hours_to": "9999999"}, "Введите целое число часов"),
    ],
)
def test_a_wrong_filter_is_told_and_asks_nothing(worker: Browser, query: dict[str, str], sentence: str) -> None:
    answer = worker.get("/catalogue/", **query)
    assert answer.status == 200
    assert sentence in words(answer.text)
    assert total(answer.text) == total(worker.get("/catalogue/").text)


@pytest.mark.parametrize(
    "name", ["municipality", "organizer", "form", "block", "distance", "free", "suits", "page", "q", "place"]
)
@pytest.mark.parametrize("value", ["-1", "0", "99999999999", "'; --", "\x00", "²", "я & !:*"])
def test_nonsense_in_the_address_never_breaks_the_page(worker: Browser, name: str, value: str) -> None:
    assert worker.get("/catalogue/", **{name: value}).status == 200
    assert worker.get("/catalogue/calendar/", **{name: value}).status == 200


# --- for one of the own people ---------------------------------------------------------------------------------------


def test_the_responsible_looks_for_one_of_the_own_people(region: Region, school: Browser) -> None:
    me = card_of(region, "worker")
    name = " ".join(region.sql("SELECT last_name, first_name, patronymic FROM employee WHERE id = %(me)s", me=me)[0])
    page = school.get("/catalogue/", employee=str(me)).text
    assert f"Для кого подобрать: {name}" in words(page)
    shown = cards(page)
    assert "работника; оплачивает" in shown[0] or "программа для всех; оплачивает" in shown[0]
    assert f"Записать: {name}" in shown[0]
    # the person stays: on the page of a group, in the calendar, in the form
    assert re.search(rf'href="/courses/\d+\?employee={me}"', page)
    assert re.search(rf'href="/catalogue/calendar/\?employee={me}"', page)
    assert re.search(rf'href="/enrolment/add[^"]*employee={me}"', page)
    # without scripts only the words come
    assert f"Для кого подобрать: {name}" in words(school.get("/catalogue/", employee="", employee_text=name).text)


def test_a_foreign_person_is_not_found_on_any_way_in(region: Region, school: Browser) -> None:
    foreign, pk = region.pick("school", "employee", "foreign"), group(region, "open")
    for value in (str(foreign), "999999999", "x"):
        for path in ("/catalogue/", "/catalogue/calendar/", f"/courses/{pk}"):
            assert school.get(path, employee=value).status == 404
    assert region.browser("worker").get("/catalogue/", employee=str(foreign)).status == 404
    assert region.browser("operator").get("/catalogue/", employee=str(foreign)).status == 403
    assert school.leaks == []


def test_the_box_finds_own_people_only(region: Region, school: Browser) -> None:
    found = json.loads(school.get("/catalogue/find", q="").text)["results"]
    own = set(region.ids("school", "employee"))
    assert found and {row["id"] for row in found} <= own
    secret = json.loads(school.get("/catalogue/find", q="Утаённовская").text)["results"]
    assert secret == []
    assert json.loads(region.browser("operator").get("/catalogue/find").text)["results"] == []
    mine = json.loads(region.browser("worker").get("/catalogue/find").text)["results"]
    assert [row["id"] for row in mine] == [card_of(region, "worker")]


# --- for strangers ---------------------------------------------------------------------------------------------------


def test_strangers_read_the_public_list_without_a_word_about_a_person(region: Region, stranger: Browser) -> None:
    page = stranger.get("/courses/")
    assert page.status == 200
    assert total(page.text) == region.sql("SELECT count(*) FROM training_group WHERE status = 'open'")[0][0]
    assert "Подходит" not in words(page.text) and "Для кого подобрать" not in page.text
    shown = page.text + stranger.get(f"/courses/{group(region, 'open')}").text
    learners = region.sql(
        "SELECT DISTINCT e.last_name || ' ' || e.first_name FROM employee e JOIN enrolment x ON x.employee_id = e.id"
        " JOIN training_group g ON g.id = x.group_id WHERE g.status = 'open'"
    )
    assert len(learners) > 5 and [name for (name,) in learners if name in shown] == []
    curators = region.sql("SELECT DISTINCT curator FROM training_group WHERE curator IS NOT NULL")
    public = stranger.get("/courses/").text
    assert [name for (name,) in curators if name in public] == []
    assert stranger.leaks == []


def test_the_public_page_of_a_group_leads_to_the_sign_in(region: Region, stranger: Browser) -> None:
    pk = group(region, "open")
    page = stranger.get(f"/courses/{pk}", employee=str(card_of(region, "worker")))
    assert page.status == 200
    said = words(page.text)
    assert ("Войдите, чтобы записаться" in said and "Расписание" in said and "свободно" in said) or "мест нет" in said
    assert "Подходит:" not in said
    assert re.search(rf'href="/login/\?next=/courses/{pk}', page.text)
    assert '<a href="/courses/">Каталог курсов</a>' in stranger.get("/login/").text


@pytest.mark.parametrize("status", ["draft", "closed", "cancelled", "running", "completed"])
def test_other_groups_are_missing(region: Region, stranger: Browser, status: str) -> None:
    pk = group(region, status)
    missing = stranger.get("/courses/999999999")
    for browser in (stranger, region.browser("operator")):
        assert browser.get(f"/courses/{pk}").status == 404
    assert stranger.get(f"/courses/{pk}").bare == missing.bare


def test_who_is_signed_in_is_led_inside(worker: Browser) -> None:
    answer = worker.get("/courses/", q="урок", form="mixed")
    assert answer.status == 302
    assert answer.headers["Location"].startswith("/catalogue/?q=")
    assert "form=mixed" in answer.headers["Location"]


def test_public_pages_are_limited(region: Region, stranger: Browser) -> None:
    region.app.config["COURSES_RATE"] = "3 per minute"
    try:
        limiter.reset()
        assert [stranger.get("/courses/").status for _ in range(4)] == [200, 200, 200, 429]
    finally:
        del region.app.config["COURSES_RATE"]
        limiter.reset()


# --- calendars -------------------------------------------------------------------------------------------------------


def test_the_calendar_shows_groups_on_their_first_day(region: Region, worker: Browser) -> None:
    pk, title, day = region.sql(
        "SELECT g.id, p.title, g.starts_on FROM training_group g JOIN program p ON p.id = g.program_id WHERE g.status = 'open'"
        " ORDER BY g.starts_on, g.id LIMIT 1"
    )[0]
    page = worker.get("/catalogue/calendar/", month=f"{day:%Y-%m}").text
    cell = next(
        c
        for c in re.findall(r"<li[^>]*><p class=\"date\">.*?(?=<li[^>]*><p|</ol>)", page, re.S)
        if f">{day.day}</b>" in c
    )
    assert title in words(cell) and f'href="/courses/{pk}"' in cell
    after = (day.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
    assert f"month={after:%Y-%m}" in page
    empty = worker.get("/catalogue/calendar/", month="2031-01").text
    assert "В этом месяце по этому отбору занятия не начинаются" in empty
    assert "month=2030-12" in empty and "month=2031-02" in empty
    assert worker.get("/catalogue/calendar/", month="2026-13").status == 200


@pytest.mark.parametrize("path", ["/catalogue/calendar/", "/calendar/"])
def test_a_month_takes_few_statements(worker: Browser, path: str) -> None:
    with recorded() as few:
        worker.get(path, month="2031-01")
    with recorded() as many:
        worker.get(path)
    # an own month without courses asks for no meetings
    assert len(few) <= len(many) <= len(few) + 1 <= MOST_STATEMENTS


@pytest.fixture
def own(region: Region, worker: Browser) -> Iterator[Browser]:
    yield worker
    region.sql("UPDATE ab_user SET calendar_token = NULL")


def address(page: str) -> str:
    found = re.search(r'id="feed-address" value="https?://[^/]+(/calendar/[^"]+)"', page)
    return found[1] if found else ""


def test_the_feed_is_made_read_and_changed(region: Region, own: Browser, stranger: Browser) -> None:
    assert address(own.get("/calendar/").text) == ""
    assert own.post("/calendar/link").headers["Location"] == "/calendar/"
    page = own.get("/calendar/").text
    first = address(page)
    assert "Ссылка создана" in flashes(page) and first.endswith(".ics")
    feed = stranger.get(first)
    assert feed.status == 200 and feed.headers["Content-Type"] == "text/calendar; charset=utf-8"
    courses = region.sql(
        "SELECT count(*) FROM enrolment WHERE employee_id = %(me)s AND status NOT IN ('rejected', 'withdrawn')",
        me=card_of(region, "worker"),
    )[0][0]
    events = Calendar.from_ical(feed.text).walk("VEVENT")
    assert len({str(e["UID"]).split("@")[0].split("-meeting")[0] for e in events}) == courses > 0
    own.post("/calendar/link")
    second = address(own.get("/calendar/").text)
    assert second != first
    assert (stranger.get(first).status, stranger.get(second).status) == (404, 200)


def test_a_looker_sees_no_secret_address(region: Region, own: Browser) -> None:
    own.post("/calendar/link")
    operator = region.browser("operator")
    user = region.people["worker"].facts["user"]
    assert operator.post(path_of(region, "AccessView.start_view", pk=user)).status == 302
    assert operator.get("/catalogue/").status == 200
    assert operator.get("/calendar/").status == 403
    with region.nothing_changes():
        assert operator.post("/calendar/link").status == 403
    operator.post(path_of(region, "AccessView.end_view"))


def path_of(region: Region, endpoint: str, **values: Any) -> str:
    path: str = region.app.url_map.bind("localhost").build(endpoint, values)
    return path


def test_the_feeds_of_others_and_of_nobody(region: Region, own: Browser, stranger: Browser) -> None:
    for path in ("/calendar/x.ics", "/calendar/None.ics", "/calendar/.ics"):
        assert stranger.get(path).status == 404
    operator = region.browser("operator")
    operator.post("/calendar/link")
    page = operator.get("/calendar/").text
    assert "не связана с карточкой работника" in flashes(page)
    assert address(page) == ""
