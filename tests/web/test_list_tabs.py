"""Ready tabs of lists, and how a list looks: columns in order, one thing said once, rows high or low, actions that fit."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from app.clock import today
from app.web.frame import facets, list_paging
from tests.access.region import Browser, Region
from tests.statements import recorded
from tests.web.pages import flashes, heads, ids, names, total, words
from tests.web.test_list_settings import done, tabs


@pytest.fixture
def operator(region: Region) -> Browser:
    """Sees every row."""
    return region.browser("operator")


@pytest.fixture(autouse=True)
def _as_declared(region: Region) -> Iterator[None]:
    yield
    region.sql("DELETE FROM list_preference")


def chosen(page: str) -> str:
    """Words of the tab that is open."""
    found = re.search(r'aria-label="Готовые отборы".*?aria-current="page">([^<]*) <', page, re.S)
    return words(found[1]) if found else ""


# --- tabs ------------------------------------------------------------------------------------------------------------


def test_the_first_tab_is_what_a_list_opens_with(region: Region, operator: Browser) -> None:
    """What waits, the first term first; with nothing to do, everything."""
    region.sql(
        "UPDATE voucher_application SET status = 'submitted', due_on = %(day)s - (id %% 5)::int WHERE id IN"
        " (SELECT min(id) FROM voucher_application WHERE status IN ('submitted', 'approved') GROUP BY id %% 7)",
        day=today(),
    )
    waiting = region.sql("SELECT id FROM voucher_application WHERE status = 'submitted' ORDER BY due_on, id")
    page = operator.get("/voucher_application/list/").text
    assert chosen(page) == "Ждут решения"
    assert ids(page, "voucher_application") == [pk for (pk,) in waiting][:25]
    assert total(page) == len(waiting)
    late = region.sql(
        "SELECT count(*) FROM voucher_application WHERE status = 'submitted' AND due_on < %(d)s", d=today()
    )
    assert tabs(page)["Просрочены"][1] == late[0][0] > 0
    region.sql("UPDATE voucher_application SET status = 'withdrawn' WHERE status = 'submitted'")
    page = operator.get("/voucher_application/list/").text
    assert chosen(page) == "Все"
    assert tabs(page)["Ждут решения"][1] == 0
    empty = words(operator.get("/voucher_application/list/", tab="waiting").text)
    assert "Во вкладке «Ждут решения» ничего нет." in empty
    assert f"Загляните во вкладку «Все»: там {total(page):,} запис".replace(",", " ") in empty.replace("\xa0", " ")


def test_a_search_stays_in_a_chosen_tab_and_looks_everywhere_from_the_first(region: Region, operator: Browser) -> None:
    """A filter that leaves nothing of the tab says where the rows are; an unknown tab and an address that asks mean all."""
    everybody = region.sql("SELECT count(*) FROM voucher")[0][0]
    first = operator.get("/voucher/list/").text
    assert chosen(first) == "Действуют"
    assert 'name="tab"' not in first.split('class="bar"', 1)[1].split("</form>", 1)[0]
    page = operator.get("/voucher/list/", tab="used", q="63").text
    assert chosen(page) == "Использованы"
    assert '<input type="hidden" name="tab" value="used">' in page
    assert total(page) == tabs(page)["Использованы"][1] <= everybody
    excluded = words(operator.get("/voucher/list/", tab="used", status="active").text)
    active = total(operator.get("/voucher/list/", status="active").text)
    assert f"Загляните во вкладку «Все»: там {active} запис" in excluded.replace("\xa0", " ")
    for query in ({"tab": "nothing"}, {"tab": "all"}, {"order": "number"}, {"size": "100"}):
        assert total(operator.get("/voucher/list/", **query).text) == everybody


def test_each_role_has_its_tabs(region: Region) -> None:
    """What a role may not decide is no tab of it, nor of its address; a worker's own few rows have none."""
    found = {login: list(tabs(region.browser(login).get("/enrolment/list/").text)) for login in region.people
             if region.people[login].may("enrolment:list")}  # fmt: skip
    assert found["school"][0] == "Согласовать"
    assert found["organizer"][0] == "Подтвердить"
    assert "Согласовать" not in found["ministry"]
    assert found["ministry"][-2:] == ["Отказы и отзывы", "Все"]
    assert found["worker"] == []
    ministry = region.browser("ministry")
    assert total(ministry.get("/enrolment/list/", tab="agree").text) == total(
        ministry.get("/enrolment/list/", tab="all").text
    )


def test_all_tabs_are_counted_by_one_bounded_statement(region: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_paging, "COUNTED", 5)
    monkeypatch.setattr(facets, "COUNTED", 5)
    browser = region.browser("operator")
    with recorded() as statements:
        page = browser.get("/voucher/list/", tab="all").text
    counts = [s for s in statements if "count(*)" in s and "FROM voucher" in s and "voucher_application" not in s]
    assert len(counts) == 1
    assert counts[0].count("LIMIT") == 6
    assert re.search(r'">Все <span>больше 5</span>', page)
    # of more than are counted an index counts each choice up to the bound; what no index serves has no number
    found = json.loads(browser.get("/voucher/counts/").text)["counts"]
    assert found["status"]["active"] == 6
    assert set(found) == {"status"}


# --- the look --------------------------------------------------------------------------------------------------------


def test_what_all_rows_say_is_said_once(region: Region, operator: Browser) -> None:
    """Not of one row, not when the user has chosen the columns; the Excel file keeps every column."""
    page = operator.get("/voucher/list/", status="active").text
    assert "Состояние" not in heads(page)
    assert re.search(r'<p class="same">[^<]*у всех: [^<]*Состояние — действует', page)
    (pk, number), *_ = region.sql("SELECT id, number FROM voucher WHERE status = 'active' ORDER BY id")
    one = operator.get("/voucher/list/", q=number).text
    assert ids(one, "voucher") == [pk]
    assert "Состояние" in heads(one)
    assert any("Состояние" in row for row in operator.get("/voucher/export/", status="active").rows())
    page = done(operator, "/voucher/look/", column=["status", "employee"], query="status=active").text
    assert heads(page) == ["Номер", "Состояние", "Работник"]
    assert 'class="same"' not in page


def test_columns_are_added_ordered_and_exported_so(region: Region, operator: Browser) -> None:
    """Fields of the form may be columns; «Левее» works without scripts; who may not open cards is offered none of them."""
    page = done(operator, "/employee/look/", column=["full_name", "voucher", "email", "sex"], up="sex").text
    assert heads(page) == ["Работник", "Чек", "Пол", "Электронная почта"]
    assert re.search(r'name="up" value="email" aria-label="Левее: Электронная почта"', page)
    rows = operator.get("/employee/export/", sex="male").rows()
    assert ["Работник", "Чек", "Пол", "Электронная почта"] in [[cell for cell in row if cell] for row in rows]
    assert region.sql("SELECT columns FROM list_preference") == [(["full_name", "voucher", "sex", "email"],)]
    # the first stays the first, whatever is asked
    assert heads(done(operator, "/employee/look/", column=["sex", "full_name"], up="sex").text) == ["Работник", "Пол"]


def test_high_rows_are_for_all_lists_of_their_user(region: Region, operator: Browser) -> None:
    assert 'class="paper list dense"' in operator.get("/voucher/list/").text
    page = done(operator, "/employee/look/", density="roomy", query="sex=male").text
    assert 'class="paper list"' in page
    assert "<col " not in page
    assert 'class="paper list"' in operator.get("/voucher/list/").text
    assert 'class="paper list dense"' in region.browser("school").get("/employee/list/").text
    assert 'class="paper list dense"' in done(operator, "/voucher/look/", density="dense").text
    assert 'class="paper list dense"' in operator.get("/employee/list/").text


def test_a_name_of_sixty_letters_is_cut_and_told_whole(region: Region, operator: Browser) -> None:
    name = "Константинопольская-Преображенская Аполлинария Святославовна"
    pk = region.sql(
        "INSERT INTO employee (last_name, first_name, patronymic) VALUES (%(a)s, %(b)s, %(c)s) RETURNING id",
        **dict(zip("abc", name.split(), strict=True)),
    )[0][0]
    page = operator.get("/employee/list/", q="Константинопольская").text
    assert re.search(rf'<th scope="row" title="{name}[^"]*"><a href="/employee/show/{pk}"', page)
    assert words(page.split('title="' + name, 1)[1]).count("—") >= 2, "what is empty is a dash"
    region.sql("DELETE FROM employee WHERE id = %(pk)s", pk=pk)


# --- actions, dates --------------------------------------------------------------------------------------------------


def test_only_what_a_row_can_take_is_offered(region: Region, operator: Browser) -> None:
    region.sql(
        "UPDATE employment SET status = 'unconfirmed' WHERE id IN (SELECT id FROM employment ORDER BY id LIMIT 4)"
    )

    def acts(**query: Any) -> set[str]:
        page = operator.get("/employment/list/", **query).text
        offered = set(re.findall(r'data-act="(\w+)"', page))
        assert offered == {act for told in re.findall(r'data-acts="([^"]*)"', page) for act in told.split()}
        return offered

    waiting, settled = acts(status="unconfirmed"), acts(status="confirmed")
    assert "confirm" in waiting
    assert "confirm" not in settled
    assert settled


def test_the_answer_says_what_was_done_to_how_many_and_why_not_to_the_others(region: Region, operator: Browser) -> None:
    region.sql(
        "UPDATE employment SET status = CASE WHEN id %% 2 = 0 THEN 'unconfirmed' ELSE 'confirmed' END"
        " WHERE id IN (SELECT id FROM employment WHERE ended_on IS NULL ORDER BY id LIMIT 4) AND %(yes)s",
        yes=True,
    )
    chosen_ids = [pk for (pk,) in region.sql("SELECT id FROM employment WHERE ended_on IS NULL ORDER BY id LIMIT 4")]
    before = region.sql(
        "SELECT count(*) FROM employment WHERE id = ANY(%(i)s) AND status = 'unconfirmed'", i=chosen_ids
    )
    able = before[0][0]
    said = flashes(done(operator, "/employment/act/", action="confirm", rowid=[str(pk) for pk in chosen_ids]).text)
    said = said.replace("\xa0", " ")
    assert f"Подтверждено: {able}. Отменить" in said
    assert f"Не подтверждено: {4 - able} — " in said
    assert said.count("подтвердить") <= 2, "one reason is said once, whoever it is about"


def test_two_figures_of_a_year_of_birth_lie_in_the_past(region: Region, operator: Browser) -> None:
    region.sql("UPDATE employee SET birth_date = '1945-03-12' WHERE id = (SELECT min(id) FROM employee)")
    page = operator.get("/employee/list/", birth_date_from="12.3.45", birth_date_to="12.3.45").text
    assert total(page) == len(names(page)) == 1
    assert 'data-calendar="f-birth_date_from"' in page
