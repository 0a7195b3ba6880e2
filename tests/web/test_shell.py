"""What stands around every page: the header with the menu of the user's name, the way to the page, the menu."""

from __future__ import annotations

import re

import pytest

from tests.access.region import Browser, Region
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
    assert found == {**OWN, **cards}
    assert re.search(r'<form class="sign-out" method="post" action="/logout/">.*Выйти', menu, re.S)
    assert not found.keys() & dict(side_menu(page)).keys()
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
