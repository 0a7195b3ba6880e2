"""The search of the top bar: what is found, by whom, in what order, and what never leaves the scope."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.access.oracle import CAST
from tests.access.region import Answer, Browser, Region
from tests.actors import client_as
from tests.statements import recorded

TABLES = {
    "Работники": "employee",
    "Организации": "organization",
    "Программы": "program",
    "Группы": "training_group",
    "Чеки": "voucher",
    "Документы об обучении": "certificate",
}
WAYS = "Разделы и действия"


def ask(browser: Browser, typed: str) -> dict[str, list[dict[str, str]]]:
    """Group → its answers, as the dialog gets them."""
    answer = browser.client.get("/search/", query_string={"q": typed}, headers={"Accept": "application/json"})
    assert answer.status_code == 200
    body = answer.get_json()
    assert body["total"] == sum(len(group["items"]) for group in body["groups"])
    return {group["title"]: group["items"] for group in body["groups"]}


def pk_of(item: dict[str, str]) -> int:
    return int(item["href"].rpartition("/")[2])


def test_surnames_that_begin_so_come_first(operator: Browser, region: Region) -> None:
    surname = region.sql("SELECT last_name FROM employee GROUP BY 1 ORDER BY count(*) DESC LIMIT 1")[0][0]
    people = ask(operator, surname.upper())["Работники"]
    assert len(people) == 5
    assert all(item["text"].startswith(surname) for item in people)
    assert ask(operator, surname[:1])["Работники"][0]["text"].startswith(surname[:1])


def test_words_are_found_in_any_order_and_by_their_beginnings(operator: Browser, region: Region) -> None:
    last, first, name = region.sql(
        "SELECT last_name, first_name, last_name || ' ' || first_name FROM employee WHERE sort !~ '[-ё]' ORDER BY id LIMIT 1"
    )[0]
    for typed in (f"{first} {last}", f"{first[:4]} {last[:-1]}", f"{last} {first[:1]}", name.replace("е", "ё")):
        assert any(item["text"].startswith(name) for item in ask(operator, typed)["Работники"]), typed


def test_a_whole_snils_finds_its_person_and_is_shown_masked(operator: Browser, region: Region) -> None:
    pk, snils = region.sql("SELECT id, snils FROM employee WHERE snils IS NOT NULL ORDER BY id LIMIT 1")[0]
    for typed in (snils, f"{snils[:3]}-{snils[3:6]}-{snils[6:9]} {snils[9:]}"):
        found = ask(operator, typed)["Работники"]
        assert [pk_of(item) for item in found] == [pk]
        assert f"***-***-{snils[6:9]} {snils[9:]}" in found[0]["detail"]
        assert snils[:6] not in str(found)
    assert "Работники" not in ask(operator, snils[:10])


@pytest.mark.parametrize("title", ["Чеки", "Документы об обучении", "Группы"])
def test_a_number_finds_its_row(operator: Browser, region: Region, title: str) -> None:
    table = TABLES[title]
    number = region.sql(f"SELECT number FROM {table} WHERE number ~ '^[0-9]' ORDER BY id DESC LIMIT 1")[0][0]
    found = ask(operator, number)[title]
    rows = {pk for (pk,) in region.sql(f"SELECT id FROM {table} WHERE number LIKE %(n)s", n=f"{number}%")}
    assert {pk_of(item) for item in found} <= rows
    assert len(found) == min(5, len(rows))
    starting = ask(operator, number[:-1])[title]
    assert all(number[:-1] in item["text"] for item in starting)


def test_a_surname_finds_its_cheks_and_documents(operator: Browser, region: Region) -> None:
    name, surname = region.sql(
        "SELECT e.last_name || ' ' || e.first_name, e.last_name FROM employee e JOIN voucher v ON v.employee_id = e.id"
        " JOIN certificate c ON c.employee_id = e.id ORDER BY e.id LIMIT 1"
    )[0]
    found = ask(operator, name)
    assert all(surname in item["detail"] for title in ("Чеки", "Документы об обучении") for item in found[title])


def test_a_program_finds_its_groups(operator: Browser, region: Region) -> None:
    title, group = region.sql(
        "SELECT p.title, g.id FROM program p JOIN training_group g ON g.program_id = p.id ORDER BY g.id DESC LIMIT 1"
    )[0]
    found = ask(operator, title)
    assert found["Программы"][0]["text"] == title
    assert group in [pk_of(item) for item in found["Группы"]] or len(found["Группы"]) == 5


def test_more_than_five_lead_to_the_list(operator: Browser) -> None:
    answer = operator.client.get("/search/?q=а", headers={"Accept": "application/json"}).get_json()
    people = next(group for group in answer["groups"] if group["title"] == "Работники")
    assert len(people["items"]) == 5
    assert operator.get(people["more_href"]).status == 200


# --- sections and actions


@pytest.mark.parametrize(
    ("login", "typed", "label"),
    [
        ("operator", "чеки", "Чеки"),
        ("operator", "справоч", "Должности"),
        ("school", "добавить раб", "Добавить работника"),
        ("school", "загрузить", "Загрузить работников из Excel"),
        ("admin", "польз", "Пользователи"),
    ],
)
def test_sections_and_actions_by_their_words(region: Region, login: str, typed: str, label: str) -> None:
    browser = region.browser(login)
    way = next(item for item in ask(browser, typed)[WAYS] if item["text"] == label)
    assert browser.get(way["href"]).status == 200


def test_actions_without_the_right_are_not_offered(region: Region) -> None:
    for login in ("ministry", "worker", "observer", "admin"):
        assert "Добавить работника" not in str(ask(region.browser(login), "добавить работника"))


# --- scope


def questions(region: Region) -> Iterator[str]:
    """Words of the secrets, and what finds much."""
    for secret in region.secrets:
        if secret.table in TABLES.values():
            yield secret.words[0]
    yield from ("а", "с", "63", "0001", "сокров", "утаён", "потаён", "тайн", "сад", "педагог", "анна", "школа")


@pytest.mark.parametrize("login", CAST)
def test_nothing_is_found_outside_the_scope_and_the_rights(region: Region, login: str) -> None:
    browser, person = region.browser(login), region.people[login]
    seen = {table: set(region.ids(login, table)) for table in TABLES.values()}
    for typed in questions(region):
        for title, items in ask(browser, typed).items():
            if title == WAYS:
                continue
            assert person.may(f"{TABLES[title]}:list"), (typed, title)
            assert {pk_of(item) for item in items} <= seen[TABLES[title]], (typed, title)
        # what was typed comes back on the page, so a leak is looked for in the answers only
        answer = browser.client.get("/search/", query_string={"q": typed}, headers={"Accept": "application/json"})
        assert browser.watch(str(answer.get_json())) == []


def test_own_rows_are_found(region: Region) -> None:
    """The refusals above prove something: the same words find the rows for those who see them."""
    for login, secret in (("school", "Сокровеннова"), ("school2", "Утаённовская")):
        assert ask(region.browser(login), secret[:6])["Работники"][0]["text"].startswith(secret)
    assert "Работники" not in ask(region.browser("school2"), "Сокровеннова")
    assert "63-ТАЙНА-1" in str(ask(region.browser("school"), "63-ТАЙНА-1")["Чеки"])


def test_with_two_roles_a_right_works_on_the_rows_of_its_role_only(region: Region) -> None:
    """A school's right to list people does not reach the listeners that the same user sees as an organizer."""
    school, organizer = region.people["school2"].facts["places"], region.people["organizer"].facts["places"]
    listener = region.sql(
        "SELECT e.id, e.last_name || ' ' || e.first_name || ' ' || coalesce(e.patronymic, '') FROM employee e"
        " JOIN enrolment n ON n.employee_id = e.id JOIN training_group g ON g.id = n.group_id WHERE g.organizer_id = ANY(%(o)s)"
        " AND e.id NOT IN (SELECT employee_id FROM employment WHERE organization_id = ANY(%(s)s)) ORDER BY e.id LIMIT 1",
        o=list(organizer),
        s=list(school),
    )[0]
    user = region.sql(
        "INSERT INTO ab_user (first_name, last_name, username, email, active) VALUES"
        " ('Анна', 'Двойная', 'double', 'double@example.test', true) RETURNING id"
    )[0][0]
    for role, place in (("school", school[0]), ("organizer", organizer[0])):
        region.sql(
            "INSERT INTO assignment (user_id, role, organization_id, valid_from) VALUES (%(u)s, %(r)s, %(p)s, '2020-01-01')",
            u=user,
            r=role,
            p=place,
        )
    try:
        browser = Browser(client_as(region.app, "double"))
        # 403, not 404: the listener is seen, the right to open the card does not reach
        assert browser.get(f"/employee/show/{listener[0]}").status == 403
        found = ask(browser, listener[1].strip())
        assert listener[0] not in [pk_of(item) for item in found.get("Работники", [])]
    finally:
        region.sql("DELETE FROM assignment WHERE user_id = %(u)s", u=user)
        region.sql("DELETE FROM ab_user WHERE id = %(u)s", u=user)


# --- the page, refusals, cost


def test_the_page_without_scripts_shows_the_same(operator: Browser) -> None:
    page = operator.get("/search/", q="кузн")
    shown = re.findall(r'<li><a href="([^"]+)">', page.text.split('class="hits"', 1)[1])
    asked = [item["href"] for items in ask(operator, "кузн").values() for item in items]
    assert [href for href in shown if href in asked] == asked
    assert 'value="кузн"' in page.text
    assert "ничего не найдено" in operator.get("/search/", q="щщщщщ").text


def test_a_stranger_is_sent_to_sign_in(region: Region) -> None:
    answer = region.browser(None).get("/search/", q="а")
    assert (answer.status, answer.headers["Location"].split("?")[0]) == (302, "/login/")


@pytest.mark.parametrize(
    "typed", ["", "   ", "\x00", "%", "_", "'", '"', "\\", "а & ! (", ":*", "№", "-", "<b>", "а" * 500, "9" * 300, "😀"]
)
def test_nonsense_breaks_nothing(operator: Browser, typed: str) -> None:
    answer: Answer = operator.get("/search/", q=typed)
    assert answer.status == 200
    assert "<b>" not in answer.text.split("<main", 1)[1].split('value="', 1)[1].split('"', 1)[0]
    ask(operator, typed)


@pytest.mark.parametrize("login", ["operator", "territory", "school", "organizer", "worker"])
def test_every_statement_is_limited_and_they_are_few(region: Region, login: str) -> None:
    browser = region.browser(login)
    for typed in ("а", "иванова", "анна петр", "63-2026-000001", "90000000120", "щщщщ"):
        with recorded() as statements:
            ask(browser, typed)
        assert len(statements) <= 20, typed
        assert statements.writes == []
        tables = "|".join(TABLES.values())
        unlimited = [
            s
            for s in statements
            if re.match(rf"SELECT .*?FROM ({tables})\b", s, re.S) and "LIMIT" not in s and "id IN (%" not in s
        ]
        assert unlimited == [], typed


def test_types_of_the_answer(operator: Browser) -> None:
    headers: Any = {"Accept": "application/json"}
    assert operator.client.get("/search/?q=а", headers=headers).content_type == "application/json"
    assert operator.client.get("/search/?q=а").content_type.startswith("text/html")
