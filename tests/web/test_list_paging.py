"""Lists of many rows: counted up to a bound, paged by numbers up to it and by the last row's keys behind it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from app.extensions import db
from app.web.frame import list_paging
from tests.access.region import Browser, Region
from tests.access.routes import VIEWS
from tests.statements import recorded
from tests.web.pages import ids, total, words

LISTS = {view: table for view, (table, _forms, _actions) in VIEWS.items()}


@pytest.fixture
def browser(region: Region) -> Browser:
    """The operator, who sees every row."""
    return region.browser("operator")


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> int:
    """A bound that the demo region passes: two pages of the usual size."""
    monkeypatch.setattr(list_paging, "COUNTED", 50)
    monkeypatch.setattr(list_paging, "_longer", list_paging._Longer())
    return 50


def foot(text: str) -> str:
    return words(text.split('class="foot">', 1)[1].split("</span>", 1)[0])


def further(text: str) -> str:
    """Where «Дальше» leads; empty: there is no such link."""
    found = re.search(r'<a href="([^"]+)">Дальше</a>', text)
    return found[1].replace("&amp;", "&") if found else ""


@pytest.mark.parametrize("view", LISTS)
def test_pages_behind_a_row_show_every_row_once(region: Region, view: str) -> None:
    """In every offered order, both ways, empty values and equal ones too: the pages joined are the whole list."""
    listing = next(v for v in region.app.appbuilder.baseviews if type(v).__name__ == view).listing
    for order in ("", *(f"{sign}{name}" for name in listing.sortable for sign in ("", "-"))):
        with region.asking("operator", order=order, size="25"):
            query = listing.read()
            everything = [row.id for row in db.session.scalars(listing.statement(query).limit(130))]
            shown, query.page_size = everything[:7], 25
            while shown and len(shown) < len(everything):
                query.behind = shown[-1]
                rows, _goes_on = list_paging.rows_behind(listing, query)
                page = [row.id for row in rows]
                shown += page[: len(everything) - len(shown)]
                if not page:
                    break
            assert shown == everything, order


def test_a_long_list_says_that_it_is_longer_and_counts_when_asked(region: Region, browser: Browser, few: int) -> None:
    everybody = region.sql("SELECT count(*) FROM employee")[0][0]
    page = browser.get("/employee/list/").text
    assert re.search(r'<h1>Работники <span class="n">больше 50</span>', page)
    assert foot(page) == "1–25 из более чем 50 Сосчитать все"
    exact = browser.get("/employee/list/", exact="yes").text
    assert total(exact) == everybody
    assert "Сосчитать все" not in exact
    assert f"exact=yes&amp;page={-(-everybody // 25)}" in exact, "the last page is reached by its number"


def test_the_pages_go_on_behind_the_numbered_ones_to_the_last_row(region: Region, browser: Browser, few: int) -> None:
    everybody = {pk for (pk,) in region.sql("SELECT id FROM employee")}
    first, last = (browser.get("/employee/list/", page=number, size=25).text for number in (1, 2))
    assert not further(first)
    shown, page, behind = ids(first, "employee") + ids(last, "employee"), last, 0
    while address := further(page):
        page, behind = browser.get(address).text, behind + 1
        shown += ids(page, "employee")
        assert foot(page).startswith("Следующие ")
        assert '<a href="/employee/list/?tab=all">В начало</a>' in page
    assert behind == -(-(len(everybody) - 50) // 25)
    assert len(shown) == len(everybody)
    assert set(shown) == everybody
    assert not re.search(r"data-choose-every", page), "more than are counted are not chosen at once"


@pytest.mark.parametrize("behind", ["0", "-1", "999999999", "нет", "1' OR 1=1"])
def test_a_row_that_is_not_there_begins_the_list_anew(browser: Browser, few: int, behind: str) -> None:
    first = ids(browser.get("/employee/list/").text, "employee")
    assert ids(browser.get("/employee/list/", behind=behind).text, "employee") == first


def test_a_row_of_another_school_tells_nothing_of_its_place(region: Region) -> None:
    school = region.browser("school")
    foreign = region.pick("school", "employee", "foreign")
    first = ids(school.get("/employee/list/").text, "employee")
    answer = school.get("/employee/list/", behind=foreign)
    assert ids(answer.text, "employee") == first
    assert school.leaks == []


def test_search_and_filters_stay_behind_a_row(
    region: Region, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_paging, "COUNTED", 25)
    found = region.sql("SELECT id FROM employee WHERE sex = 'female'")
    (view,) = (v for v in region.app.appbuilder.baseviews if type(v).__name__ == "EmployeeView")
    order = f"-{view.listing.sortable[0]}"
    page = browser.get("/employee/list/", sex="female", order=order).text
    address = further(page)
    assert "sex=female" in address
    assert f"order={order}" in address
    behind = ids(browser.get(address).text, "employee")
    assert behind
    assert set(behind) <= {pk for (pk,) in found}
    assert not set(behind) & set(ids(page, "employee"))


def test_counting_stops_at_the_bound(region: Region, few: int) -> None:
    """The statement itself has the bound, so a million rows cost no more than fifty-one."""
    browser = region.browser("operator")
    with recorded() as statements:
        browser.get("/employee/list/")
    counts = [s for s in statements if "count(*)" in s and "FROM employee" in s]
    assert counts
    assert all("LIMIT" in s for s in counts)
    with recorded() as again:
        page = browser.get("/employee/list/").text
    asked = [s for s in again if "count(*)" in s and "FROM employee" in s]
    assert sum(s.count("LIMIT") for s in asked) < sum(s.count("LIMIT") for s in counts), (
        "what was longer is not counted anew"
    )
    assert re.search(r'<h1>Работники <span class="n">больше 50</span>', page)


def test_of_many_answers_those_whose_names_begin_so_come_first(
    region: Region, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paged by numbers and behind a row, every answer comes once; the names that begin with the word stand before the others."""
    monkeypatch.setattr(list_paging, "SOUGHT", 25)
    everybody = total(browser.get("/employee/list/", q="ан", exact="yes").text)
    page = browser.get("/employee/list/", q="ан").text
    assert foot(page) == "1–25 из более чем 25 Сосчитать все"
    shown = ids(page, "employee")
    while address := further(page):
        page = browser.get(address).text
        shown += ids(page, "employee")
    in_order = f"SELECT id FROM employee WHERE id = ANY(ARRAY{shown}) ORDER BY NOT starts_with(sort, 'ан'), sort, id"
    assert shown == [pk for (pk,) in region.sql(in_order)]
    assert 50 < len(set(shown)) == len(shown) == everybody


def test_a_saved_question_keeps_neither_the_page_nor_the_wish_to_count(region: Region, browser: Browser) -> None:
    page: Any = browser.get("/employee/list/", sex="female", exact="yes", behind="1").text
    assert 'name="query" value="sex=female"' in page
