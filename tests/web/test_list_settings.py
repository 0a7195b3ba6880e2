"""What a user keeps and chooses for a list: counts of options, «Мои отборы», columns, page size, all rows of a query."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from app.clock import today
from app.services.portal.list_settings import SAVED_LIMIT
from app.web.frame.action_pages import BULK_LIMIT
from app.web.frame.periods import periods
from tests.access.region import Answer, Browser, Region
from tests.access.routes import VIEWS
from tests.statements import recorded
from tests.web.pages import flashes, heads, ids, names, total, words


@pytest.fixture(autouse=True)
def _as_declared(region: Region) -> Iterator[None]:
    """Nobody has chosen or kept anything before a test."""
    yield
    region.sql("DELETE FROM list_preference")
    region.sql("DELETE FROM saved_filter")


def done(browser: Browser, path: str, **data: Any) -> Answer:
    """The page that follows an accepted POST."""
    answer = browser.post(path, data)
    assert answer.status == 302, words(answer.text)[:300]
    return browser.get(answer.headers["Location"])


def saved(page: str) -> dict[str, str]:
    """Title → address of «Мои отборы» on a page."""
    panel = page.split('class="panel saved"', 1)[1].split("</details>", 1)[0]
    return {words(title): html.unescape(href) for href, title in re.findall(r'<a href="([^"]*)"[^>]*>(.*?)</a>', panel)}


def tabs(page: str) -> dict[str, tuple[str, int]]:
    """Words of a ready tab → its address and number."""
    bar = page.split('aria-label="Готовые отборы"', 1)[1].split("</nav>", 1)[0] if "Готовые отборы" in page else ""
    found = re.findall(r'<a href="([^"]*)"[^>]*>([^<]*) <span[^>]*>([^<]*)</span>', bar)
    return {words(label): (html.unescape(href), int(re.sub(r"\D", "", number))) for href, label, number in found}


# --- counts ----------------------------------------------------------------------------------------------------------


def counts(browser: Browser, table: str, name: str, **query: Any) -> dict[str, int]:
    answer = browser.get(f"/{table}/counts/", **query)
    assert answer.status == 200
    found: dict[str, int] = json.loads(answer.text)["counts"][name]
    return found


COUNTED = (
    ("enrolment", "status", "t.status", {}, "true"),
    (
        "program",
        "block",
        "t.block",
        {"year": str(today().year), "status": "published"},
        f"t.year = {today().year} AND t.status = 'published'",
    ),
    (
        "employee",
        "sex",
        "t.sex",
        {"q": "ан", "sex": "male"},
        "(t.search @@ to_tsquery('simple', 'ан:*') OR EXISTS (SELECT FROM former_name f WHERE f.employee_id = t.id"
        " AND f.last_name ILIKE 'ан%%'))",
    ),
    ("position", "voucher_eligible", "t.voucher_eligible::int", {}, "true"),
    ("organization", "territory", "t.territory_id", {"is_organizer": "0"}, "NOT t.is_organizer"),
    (
        "training_group",
        "status",
        "t.status",
        {"starts_on_from": f"{today():01.01.%Y}"},
        f"t.starts_on >= '{today():%Y-01-01}'",
    ),
    ("frdo_reference", "list_code", "t.list_code", {}, "true"),
)


@pytest.mark.parametrize(("table", "name", "value", "query", "condition"), COUNTED)
def test_options_are_counted_under_all_other_conditions(
    region: Region, operator: Browser, table: str, name: str, value: str, query: dict[str, str], condition: str
) -> None:
    """The filter's own choice does not narrow its counts; options without rows are absent."""
    rows = region.sql(
        f'SELECT ({value})::text, count(*) FROM "{table}" t WHERE {value} IS NOT NULL AND {condition} AND %(yes)s'
        " GROUP BY 1",
        yes=True,
    )
    assert len(rows) > 1
    assert counts(operator, table, name, **query) == dict(rows)


@pytest.mark.parametrize("login", ["operator", "school"])
def test_each_count_is_the_number_that_the_option_opens(region: Region, login: str) -> None:
    """Of every list: the first choices of every filter (matters, periods and searched values too), and every ready tab."""
    browser, asked = region.browser(login), 0
    for view in (v for v in region.app.appbuilder.baseviews if type(v).__name__ in VIEWS):
        path = f"/{view.table}/list/"
        if not region.people[login].may(f"{view.table}:list"):
            continue
        told = json.loads(browser.get(f"/{view.table}/counts/").text)
        for f in view.listing.filters:
            ends = {period.code: period.ends(f.name) for period in periods(f.name)} if f.kind == "dates" else {}
            values = {str(key): number for key, _words, number in told["values"].get(f.name, ())}
            for option, number in list((values or told["counts"].get(f.name, {})).items())[:2]:
                query = {k: v for k, v in ends.get(option, {f.name: option}).items() if v}
                assert total(browser.get(path, **query).text) == number, (path, query)
                asked += 1
        for href, number in tabs(browser.get(path).text).values():
            assert total(browser.get(href).text) == number, href
            asked += 1
    assert asked > (100 if login == "operator" else 30)
    assert browser.leaks == []


@pytest.mark.parametrize("login", ["school", "organizer", "territory", "worker"])
def test_only_visible_rows_are_counted(region: Region, login: str) -> None:
    """The row scope holds in counts as in lists."""
    browser, person = region.browser(login), region.people[login]
    for table, name in (("enrolment", "status"), ("voucher", "status"), ("program", "status")):
        if person.may(f"{table}:list"):
            assert sum(counts(browser, table, name).values()) == len(region.ids(login, table))
    assert browser.leaks == []


def test_counts_take_one_statement_more_than_the_user(operator: Browser) -> None:
    """One for all filters; the others are who asks, what they chose for the list, how many rows there are."""
    operator.get("/enrolment/counts/")
    with recorded() as statements:
        operator.get("/enrolment/counts/")
    assert len([s for s in statements if "GROUP BY" in s]) == 1
    assert len(statements) <= 4
    assert statements.writes == []


def test_the_list_says_where_its_counts_are(operator: Browser) -> None:
    page = operator.get("/enrolment/list/", order="status").text
    address = html.unescape(re.search(r'data-counts="([^"]*)"', page)[1])  # type: ignore[index]
    assert json.loads(operator.get(address).text)["counts"]["status"] == counts(operator, "enrolment", "status")


# --- «Мои отборы» ----------------------------------------------------------------------------------------------------


def test_a_query_is_kept_opened_replaced_and_deleted(region: Region, operator: Browser) -> None:
    query = urlencode({"status": "trained", "q": "ан", "order": "-status", "page": 2})
    page = done(operator, "/enrolment/saved/", title="  Уже   обучены ", query=query)
    assert "Отбор «Уже обучены» сохранён" in flashes(page.text)
    kept = saved(page.text)
    assert kept == {"Уже обучены": "/enrolment/list/?order=-status&q=%D0%B0%D0%BD&status=trained"}
    opened = operator.get(kept["Уже обучены"]).text
    assert ids(opened, "enrolment") == ids(
        operator.get("/enrolment/list/", status="trained", q="ан", order="-status").text, "enrolment"
    )
    assert "Мой отбор: Уже обучены" in words(opened)
    assert "Мои отборы" in words(operator.get("/enrolment/list/").text)

    page = done(operator, "/enrolment/saved/", title="Уже обучены", query="status=applied")
    assert saved(page.text) == {"Уже обучены": "/enrolment/list/?status=applied"}
    assert saved(operator.get("/employee/list/").text) == {}

    (pk,) = region.sql("SELECT id FROM saved_filter")[0]
    page = done(operator, "/enrolment/saved/delete", id=str(pk), query="status=applied")
    assert saved(page.text) == {}
    assert region.sql("SELECT count(*) FROM saved_filter") == [(0,)]


def test_only_what_the_list_knows_is_kept(region: Region, operator: Browser) -> None:
    """Never the raw text: unknown parameters, signs and addresses of other places are dropped."""
    query = "status=trained&next=https://example.test/&size=100&page=7&order=password&status_from=1%00&x=<script>"
    answer = operator.post("/enrolment/saved/", {"title": "Чистый", "query": query})
    assert answer.headers["Location"].startswith("/enrolment/list/?")
    ((kept,),) = region.sql("SELECT query FROM saved_filter")
    assert kept == "status=trained&status_from=1"
    for typed in ("//example.test/", "https://example.test/?status=trained", "\x00", "&&&=", "%"):
        answer = operator.post("/enrolment/look/", {"size": "50", "query": typed})
        assert answer.status == 302
        assert re.match(r"/enrolment/list/(\?|$)", answer.headers["Location"]), typed


REFUSED = (
    ("пусто", "", "ничего не отобрано"),
    ("я" * 61, "status=trained", "от 1 до 60 знаков"),
    ("длинный", urlencode({"q": "щ" * 200}), "слишком длинный"),
)


@pytest.mark.parametrize(("title", "query", "sentence"), REFUSED)
def test_what_cannot_be_kept_is_refused_in_words(
    region: Region, operator: Browser, title: str, query: str, sentence: str
) -> None:
    with region.nothing_changes():
        page = done(operator, "/enrolment/saved/", title=title, query=query)
    assert sentence in flashes(page.text)


def test_a_filter_without_a_name_is_not_understood(region: Region, operator: Browser) -> None:
    with region.nothing_changes():
        assert operator.post("/enrolment/saved/", {"title": " ", "query": "status=trained"}).status == 422
        assert operator.post("/enrolment/saved/delete", {"id": "x"}).status == 422


def test_a_list_keeps_thirty_of_them(region: Region, operator: Browser) -> None:
    """The thirty-first is refused, a known name is still replaced, and another list has its own thirty."""
    for number in range(SAVED_LIMIT):
        operator.post("/enrolment/saved/", {"title": f"Отбор {number}", "query": "status=trained"})
    page = done(operator, "/enrolment/saved/", title="Лишний", query="status=trained")
    assert "Удалите ненужный" in flashes(page.text)
    assert len(saved(page.text)) == SAVED_LIMIT
    assert "сохранён" in flashes(done(operator, "/enrolment/saved/", title="Отбор 3", query="status=applied").text)
    assert "сохранён" in flashes(done(operator, "/employee/saved/", title="Лишний", query="sex=male").text)
    assert region.sql("SELECT count(*) FROM saved_filter WHERE view = 'enrolment'") == [(SAVED_LIMIT,)]


def test_kept_queries_and_choices_are_the_users_own(region: Region, operator: Browser) -> None:
    """Another's is neither shown nor deleted, and answers as a missing one does; one name may be kept by both."""
    school = region.browser("school")
    for browser, query in ((operator, "status=trained"), (school, "status=applied")):
        done(browser, "/enrolment/saved/", title="Мой", query=query)
    done(operator, "/enrolment/look/", size="50")
    assert saved(school.get("/enrolment/list/").text) == {"Мой": "/enrolment/list/?status=applied"}
    assert region.sql("SELECT user_id FROM list_preference") == [(region.people["operator"].facts["user"],)]
    foreign = region.sql(
        "SELECT id FROM saved_filter WHERE user_id = %(user)s", user=region.people["school"].facts["user"]
    )[0][0]
    own = region.sql("SELECT id FROM saved_filter WHERE id <> %(foreign)s", foreign=foreign)[0][0]
    with region.nothing_changes():
        answers = [operator.post("/enrolment/saved/delete", {"id": str(pk)}) for pk in (foreign, 2_000_000_000, 10**12)]
        assert [a.status for a in answers] == [404, 404, 404]
        assert answers[0].bare == answers[1].bare
        # the own one, but named as one of another list
        assert operator.post("/employee/saved/delete", {"id": str(own)}).status == 404


def test_during_maintenance_nothing_is_kept(region: Region, operator: Browser) -> None:
    with region.frozen(), region.nothing_changes():
        assert operator.post("/enrolment/saved/", {"title": "x", "query": "status=trained"}).status == 503
        assert operator.post("/enrolment/look/", {"size": "50"}).status == 503


# --- columns and page size -------------------------------------------------------------------------------------------


def test_chosen_columns_are_shown_and_exported(region: Region, operator: Browser) -> None:
    declared = heads(operator.get("/employee/list/").text)
    page = done(operator, "/employee/look/", column=["snils", "voucher", "password"], query="sex=male")
    shown = heads(page.text)
    assert shown == [declared[0], "СНИЛС", "Чек"]
    assert "Столбцы: 3 из 20" in words(page.text)
    assert page.text.count("<td data-label") == 2 * len(names(page.text))
    rows = operator.get("/employee/export/", sex="male").rows()
    assert shown in [[cell for cell in row if cell] for row in rows]
    assert heads(region.browser("school").get("/employee/list/").text) == declared
    assert "Категория" not in shown
    assert heads(done(operator, "/employee/look/", reset="1", column=["snils"]).text) == declared


def test_all_columns_are_the_declared_ones_and_the_first_always_stays(region: Region, operator: Browser) -> None:
    declared = heads(operator.get("/employee/list/").text)
    every = ["full_name", "workplace", "snils", "category", "voucher"]
    assert heads(done(operator, "/employee/look/", column=every).text) == declared
    assert region.sql("SELECT columns FROM list_preference") == [([],)]
    assert heads(done(operator, "/employee/look/", column=["full_name"]).text) == declared[:1]
    with region.nothing_changes():
        assert operator.post("/employee/look/", {}).status == 422
        assert operator.post("/employee/look/", {"column": "password"}).status == 422


def test_a_column_that_is_not_usual_is_shown_on_demand(region: Region, operator: Browser) -> None:
    """Citizenship stands in the list and in the export as a country, for a user who wants it."""
    pk = region.ids("operator", "employee")[0]
    region.sql("UPDATE employee SET citizenship = '398' WHERE id = %(pk)s", pk=pk)
    declared = heads(operator.get("/employee/list/").text)
    assert "Гражданство" not in declared
    every = ["full_name", "workplace", "snils", "category", "voucher", "citizenship"]
    page = done(operator, "/employee/look/", column=every, query="citizenship=other")
    assert heads(page.text) == [*declared, "Гражданство"]
    assert ids(page.text, "employee") == [pk]
    assert "Казахстан" in words(page.text)
    exported = [cell for row in operator.get("/employee/export/", citizenship="other").rows() for cell in row if cell]
    assert "Гражданство" in exported
    assert "Казахстан" in exported
    assert pk not in ids(operator.get("/employee/list/", citizenship="643", size="100").text, "employee")
    region.sql("UPDATE employee SET citizenship = '643' WHERE id = %(pk)s", pk=pk)


def test_columns_that_no_longer_exist_do_not_matter(region: Region, operator: Browser) -> None:
    region.sql(
        "INSERT INTO list_preference (user_id, view, columns, page_size) VALUES (%(user)s, 'employee', '{gone,snils}', 33)",
        user=region.people["operator"].facts["user"],
    )
    page = operator.get("/employee/list/").text
    assert heads(page) == ["Работник", "СНИЛС"]
    assert len(names(page)) == 25


def test_the_order_by_a_hidden_column_stays(operator: Browser) -> None:
    done(operator, "/employee/look/", column=["full_name"])
    assert operator.get("/employee/list/", order="snils").status == 200


def test_the_size_of_a_page_is_remembered_for_its_list(region: Region, operator: Browser) -> None:
    page = done(operator, "/enrolment/look/", size="50", query="status=trained&page=3")
    assert len(names(page.text)) == 50
    assert "1–50 из" in words(page.text)
    assert len(names(operator.get("/enrolment/list/").text)) == 50
    assert len(names(operator.get("/enrolment/list/", size="25").text)) == 25
    assert len(names(operator.get("/employee/list/").text)) == 25
    assert len(names(region.browser("ministry").get("/enrolment/list/").text)) == 25
    # columns and size do not overwrite each other
    done(operator, "/enrolment/look/", column=["status"])
    assert len(names(operator.get("/enrolment/list/").text)) == 50
    with region.nothing_changes():
        for size in ("33", "0", "-1", "1000000", "x"):
            assert operator.post("/enrolment/look/", {"size": size}).status == 422


def test_a_list_asks_for_its_settings_once(operator: Browser) -> None:
    with recorded() as statements:
        operator.get("/enrolment/list/", status="trained")
    assert len([s for s in statements if "list_preference" in s or "saved_filter" in s]) == 1
    assert statements.writes == []


# --- all rows of a query ---------------------------------------------------------------------------------------------


def unconfirmed(region: Region) -> list[int]:
    return [pk for (pk,) in region.sql("SELECT id FROM employment WHERE status = 'unconfirmed' ORDER BY id")]


@pytest.fixture
def waiting(region: Region) -> list[int]:
    """Places of work that wait for confirmation: more than one page."""
    region.sql(
        "UPDATE employment SET status = 'unconfirmed' WHERE id IN (SELECT id FROM employment ORDER BY id LIMIT 30)"
    )
    return unconfirmed(region)


def act_on_all(browser: Browser, query: str, seen: int, **more: Any) -> Answer:
    return done(browser, "/employment/act/", action="confirm", all="1", query=query, seen=str(seen), **more)


def test_all_rows_of_the_query_are_acted_upon(region: Region, operator: Browser, waiting: list[int]) -> None:
    """Rows outside the page too, and none that the query does not find; ticked ids do not matter."""
    page = operator.get("/employment/list/", status="unconfirmed").text
    assert f"Выбрать все {len(waiting)} по отбору" in words(page)
    others = region.sql("SELECT id, status FROM employment WHERE NOT id = ANY(%(ids)s) ORDER BY id", ids=waiting)
    after = act_on_all(operator, "status=unconfirmed", len(waiting), rowid=[str(others[0][0])])
    assert str(len(waiting)) in flashes(after.text)
    assert unconfirmed(region) == []
    assert others == region.sql(
        "SELECT id, status FROM employment WHERE NOT id = ANY(%(ids)s) ORDER BY id", ids=waiting
    )


def test_another_number_than_the_user_saw_stops_the_action(
    region: Region, operator: Browser, waiting: list[int]
) -> None:
    with region.nothing_changes():
        for seen in (len(waiting) - 1, len(waiting) + 1, 0):
            page = act_on_all(operator, "status=unconfirmed", seen)
            assert "изменился" in flashes(page.text)
            assert f"{len(waiting)} стро" in flashes(page.text).replace("\xa0", " ")
            # the user stands before the same query again
            assert total(page.text) == len(waiting)
        answer = operator.post("/employment/act/", {"action": "confirm", "all": "1", "query": "status=unconfirmed"})
        assert answer.status == 302


def test_too_many_rows_are_refused_with_advice(region: Region, operator: Browser) -> None:
    page = operator.get("/employment/list/", tab="all").text
    number = total(page)
    assert number > BULK_LIMIT
    assert "Выбрать все" not in words(page).replace("Выбрать все на странице", "")
    assert f"не больше {BULK_LIMIT}" in words(page)
    with region.nothing_changes():
        assert "Сузьте отбор" in flashes(act_on_all(operator, "", number).text)
        assert "ничего не найдено" in flashes(act_on_all(operator, "q=нетникого", 0).text)


def test_all_means_all_that_the_user_sees(region: Region, waiting: list[int]) -> None:
    """A school that asks for all agrees only to its own people's enrolments."""
    school = region.browser("school")
    region.sql("UPDATE enrolment SET status = 'applied' WHERE status IN ('agreed', 'applied')")
    mine = region.ids("school", "enrolment", "t.status = 'applied'")
    foreign = [pk for (pk,) in region.sql("SELECT id FROM enrolment WHERE status = 'applied'") if pk not in mine]
    assert mine
    assert foreign
    page = done(school, "/enrolment/act/", action="agree", all="1", query="status=applied", seen=str(len(mine)))
    assert school.leaks == []
    assert total(page.text) == len(mine) - int(re.search(r": (\d+)\.", flashes(page.text).replace("\xa0", " "))[1])  # type: ignore[index]
    left = {pk for (pk,) in region.sql("SELECT id FROM enrolment WHERE status = 'applied'")}
    assert set(foreign) <= left
    assert len(left & set(mine)) < len(mine)


def test_after_an_action_the_query_is_still_there(operator: Browser, waiting: list[int]) -> None:
    answer = operator.post(
        "/employment/act/", {"action": "confirm", "rowid": [str(waiting[0])], "query": "status=unconfirmed&q="}
    )
    assert answer.headers["Location"] == "/employment/list/?status=unconfirmed"


# --- an empty list ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"q": "нетникого"}, "нет ли опечатки"),
        ({"birth_date_from": "01.01.2020"}, "Уберите один из отборов"),
        ({"q": "нетникого", "sex": "male"}, "сбросьте отборы"),
    ],
)
def test_an_empty_search_says_what_to_do(operator: Browser, query: dict[str, str], sentence: str) -> None:
    page = operator.get("/employee/list/", **query).text
    nothing = words(page.split('class="nothing"', 1)[1].split("</section>", 1)[0])
    assert sentence in nothing
    assert "Сбросить отборы" in nothing


def test_an_empty_list_offers_what_fills_it(region: Region, operator: Browser) -> None:
    """Those with the right find the button; the others are told that rows come by themselves."""
    region.sql("DELETE FROM workday_correction")
    page = operator.get("/workday_correction/list/").text
    nothing = page.split('class="nothing"', 1)[1].split("</section>", 1)[0]
    assert "/workday_correction/add" in nothing
    assert "Начните с кнопки" in words(nothing)
    reader = region.browser("ministry").get("/workday_correction/list/").text
    assert "появятся здесь сами" in words(reader.split('class="nothing"', 1)[1])
