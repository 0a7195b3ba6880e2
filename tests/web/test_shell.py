"""What stands around every page: the header with the menu of the user's name, the way to the page, the menu."""

from __future__ import annotations

import re

import pytest

from tests.access.region import Browser, Region
from tests.statements import recorded
from tests.web.pages import words


def name_menu(page: str) -> str:
    """The panel that the user's name opens."""
    return page.split('class="drop who"')[1].split("</details>")[0]


def crumbs(page: str) -> list[tuple[str, str]]:
    """Address and words of each step of the way to the page; the page itself has no address."""
    way = page.split('class="crumbs"')[1].split("</nav>")[0]
    found = re.findall(r'<(?:a href="([^"]+)"|span[^>]*)>([^<]+)</', way)
    return [(href, words(text)) for href, text in found]


def side_menu(page: str) -> list[tuple[str, str]]:
    """Address and label of each entry of the side menu."""
    menu = page.split('id="menu"')[1].split("</nav>")[0]
    return [(href, words(text)) for href, text in re.findall(r'<li><a href="([^"]+)"[^>]*>([^<]+)', menu)]


OWN = {"/appearance/": "Вид и тема", "/account/": "Вход и безопасность", "/access/": "Что мне доступно"}


@pytest.mark.parametrize(("login", "has_card"), [("worker", True), ("school", True), ("operator", False)])
def test_the_name_opens_what_is_the_users_own(region: Region, login: str, has_card: bool) -> None:
    browser = region.browser(login)
    page = browser.get("/notices/").text
    menu = name_menu(page)
    found = dict(re.findall(r'<li><a href="([^"]+)"[^>]*>([^<]+)</a>', menu))
    cards = {"/my-card/": "Моя карточка", "/consents/": "Мои согласия"} if has_card else {}
    cards |= {"/my-applications/": "Мои заявки на чек"} if login == "worker" else {}
    assert found == {**OWN, **cards}
    assert re.search(r'<form class="sign-out" method="post" action="/logout/">.*Выйти', menu, re.S)
    # the card is one of a worker's five places, so it is in the menu too
    near = {"/my-card/"} if login == "worker" else set()
    assert found.keys() & dict(side_menu(page)).keys() == near
    for href in found:
        assert browser.client.get(href, follow_redirects=True).status_code == 200


def test_the_way_to_a_page_is_whole(operator: Browser, region: Region) -> None:
    pk = region.ids("operator", "employee")[0]
    name = words(operator.get(f"/employee/show/{pk}").text.split("<h1>")[1].split("<", 1)[0])
    home, people = ("/", "Главная"), ("/employee/list/", "Работники")
    assert crumbs(operator.get("/employee/list/").text) == [home, ("", "Работники")]
    assert crumbs(operator.get(f"/employee/show/{pk}").text) == [home, people, ("", name)]
    assert crumbs(operator.get(f"/employee/edit/{pk}").text)[:3] == [home, people, (f"/employee/show/{pk}", name)]
    assert 'class="crumbs"' not in operator.get("/").text


# --- «Настройка» -----------------------------------------------------------------------------------------------------


def setup_lines(page: str) -> dict[str, str]:
    """Label → sentence of each line."""
    found = re.findall(r'<li><a href="[^"]+">([^<]+)</a><small>([^<]+)</small>', page.split('class="setup')[-1])
    return {words(label): words(sentence) for label, sentence in found}


def test_everything_that_is_set_up_is_on_one_page(operator: Browser) -> None:
    page = operator.get("/setup/").text
    lines = setup_lines(page)
    assert {
        "Организации",
        "Должности",
        "Правила выдачи чеков",
        "Причины отказа",
        "Шаблоны писем",
        "Настройки",
    } <= lines.keys()
    assert len(lines) == 20
    assert all(sentence.endswith(".") and sentence[0].isupper() for sentence in lines.values())
    hrefs = re.findall(r'<li><a href="([^"]+)">', page.split('class="setup after"')[1].split("</main>")[0])
    assert [operator.get(href).status for href in hrefs] == [200] * 20
    assert not set(hrefs) & dict(side_menu(page)).keys()


def test_the_search_of_the_setup_needs_no_script(operator: Browser) -> None:
    assert setup_lines(operator.get("/setup/", q="причин").text).keys() == {"Причины отказа"}
    # by the sentence, in any order and case, ё as е
    assert setup_lines(operator.get("/setup/", q="СПИСКАХ школ").text).keys() == {"Должности"}
    none = operator.get("/setup/", q="<b>нет такого").text
    assert setup_lines(none) == {}
    assert "ничего не найдено" in none
    assert "<b>нет" not in none


def test_the_menu_has_one_entry_for_the_setup_and_marks_where_one_is(operator: Browser) -> None:
    page = operator.get("/position/list/").text
    assert side_menu(page)[-1] == ("/setup/", "Настройка")
    assert '<a href="/setup/" aria-current="true">' in page
    assert crumbs(page) == [("/", "Главная"), ("/setup/", "Настройка"), ("", "Должности")]


def test_a_user_sees_of_the_setup_what_may_be_listed(region: Region) -> None:
    assert setup_lines(region.browser("school").get("/setup/").text).keys() == {"Организации"}
    assert setup_lines(region.browser("organizer").get("/setup/").text).keys() == {"Шаблоны печати"}
    for login in ("worker", "observer", "admin"):
        browser = region.browser(login)
        assert browser.get("/setup/").status == 404
        assert "/setup/" not in dict(side_menu(browser.get("/").text))


def test_the_operators_menu_is_at_most_twelve_lines(operator: Browser) -> None:
    """Sections are folded but the one of the page: a line is an entry in no section, or the head of a section."""
    menu = operator.get("/").text.split('id="menu"')[1].split("</nav>")[0]
    assert "<details open" not in menu
    lines = len(re.findall("<summary>", menu)) + len(
        re.findall("<li>", re.sub("<details.*?</details>", "", menu, flags=re.S))
    )
    assert lines <= 12, lines


# --- what waits, the five places -------------------------------------------------------------------------------------


def test_the_menu_counts_what_waits_for_a_decision_by_one_statement(region: Region, operator: Browser) -> None:
    operator.get("/notices/")  # what is cached for the process is there
    with recorded() as statements:
        page = operator.get("/notices/").text
    counts = [s for s in statements if "count" in s.lower() and "voucher_application" in s]
    assert len(counts) == 1
    waiting = int(re.search(r'href="/queue/"[^>]*>[^<]*<span class="count hot">(\d+)</span>', page)[1])  # type: ignore[index]
    assert waiting == int(re.search(r'<h1>[^<]*<span class="n">(\d+)', operator.get("/queue/").text)[1])  # type: ignore[index]
    with recorded() as statements:
        operator.get("/queue/")
    # the number of all rows once, for menu and page; those late and due today by one more
    assert len([s for s in statements if s.lower().count("count(") and "voucher_application" in s]) == 2
    assert 'href="/queue/"' not in region.browser("school").get("/notices/").text


FIVE = {
    "operator": ["Главная", "Решения", "Люди", "Заявки", "Ещё"],
    "ministry": ["Главная", "Люди", "Заявки", "Курсы", "Ещё"],
    "territory": ["Главная", "Люди", "Заявки", "Курсы", "Ещё"],
    "organizer": ["Главная", "Группы", "Записи", "Документы", "Ещё"],
    "school": ["Главная", "Люди", "Заявки", "Курсы", "Ещё"],
    "worker": ["Главная", "Курсы", "Документы", "Карточка", "Ещё"],
    "observer": ["Главная", "Курсы", "Извещения", "Доступ", "Ещё"],
    "admin": ["Главная", "Люди", "Письма", "Извещения", "Ещё"],
}


@pytest.mark.parametrize("login", FIVE)
def test_each_role_has_five_places(region: Region, login: str) -> None:
    browser = region.browser(login)
    bar = browser.get("/").text.split('class="five"')[1].split("</nav>")[0]
    found = re.findall(r'<a href="([^"]+)"([^>]*)>(.*?)</a>', bar, re.S)
    assert [words(text) for _, _, text in found] == FIVE[login]
    assert [href for href, marks, _ in found if "aria-current" in marks] == ["/"]
    for href, _, _ in found[:-1]:
        assert browser.client.get(href, follow_redirects=True).status_code == 200
