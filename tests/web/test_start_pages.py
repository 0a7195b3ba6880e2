"""Start pages: every figure equals the list it opens, each role sees what is its own, few statements, charts with tables."""

from __future__ import annotations

import html
import re

import pytest
from flask import Flask

from app.access import acting_as
from app.russian import format_date
from app.services.desk import statistics
from app.services.desk.statistics import Staff, Trained
from app.web.desk import charts, map_page, start_lines, start_pages
from tests.access.region import Browser, Region
from tests.actors import LOGINS, actor_of
from tests.services.makers import SYSTEM
from tests.statements import recorded
from tests.web.pages import some_of_each_kind, total, words

#: login → statements of the start page when all of its figures are counted anew; one of them is the history of the figures
MOST_STATEMENTS = {
    "operator": 14, "ministry": 9, "territory": 9, "organizer": 6, "school": 6, "worker": 14, "observer": 10, "admin": 5,
}  # fmt: skip
ROLES = [login for login in LOGINS if not login.endswith("2")]
LINE = re.compile(r'<li class="t-(\w+)"><div><b>([^<]+)</b>.*?<a class="btn[^"]*" href="([^"]+)">([^<]+)</a>', re.S)
GLANCE = re.compile(r'<ul class="glance".*?</ul>', re.S)


def first_number(text: str) -> int:
    """«Согласуйте 1 234 записи» → 1234."""
    return int(re.sub(r"\D", "", re.search(r"\d[\d\s\xa0]*", text)[0]))  # type: ignore[index]


def today_block(page: str) -> str:
    """The section «Сделайте сегодня», with what unfolds in it."""
    return page.split('aria-labelledby="today"', 1)[1].split("</section>", 1)[0] if 'id="today"' in page else ""


def lines_on(page: str) -> dict[str, int]:
    """Address → number of the lines of «Сделайте сегодня» and of the figures at a glance."""
    lines = {html.unescape(href): first_number(text) for _tone, text, href, _button in LINE.findall(today_block(page))}
    glance = "".join(GLANCE.findall(page))
    seen = re.findall(r'<a href="([^"]+)">([^<]+)</a>', glance)
    return {**lines, **{html.unescape(href): first_number(text) for href, text in seen}}


def all_lines(region: Region, login: str) -> dict[str, int]:
    """Address → number of every line and figure of a person, those of zero included."""
    actor = actor_of(region.app, login)
    with region.app.test_request_context(), acting_as(actor):
        facts = start_pages.read_facts(actor)
        lines = {line.button.href: found for found, line in start_pages.numbered_lines(actor, facts) if line.button}
        seen = start_pages._declared(actor, start_lines.GLANCE)
        return {**lines, **{it.href: facts.numbers[it.key] for it in seen}}


def linked_numbers(part: str) -> dict[str, int]:
    """Address → number of the cells of tables that open a list, and of the tiles of the map."""
    found = {}
    for href, text in re.findall(r'<a href="(/[^"]+/list/[^"]*)"[^>]*>([^<]*)</a>', part):
        if re.fullmatch(r"[\d\s\xa0]+", text):
            found[html.unescape(href)] = first_number(text)
    for href, spoken in re.findall(r'<a href="([^"]+)" aria-label="([^"]+)">', part):
        number = re.search(
            r"(?:не обучены|обучены все|: ) ?(\d[\d\s\xa0]*)", html.unescape(spoken).partition("%")[2] or spoken
        )
        if number:
            found[html.unescape(href)] = first_number(number[1])
    return found


@pytest.fixture(scope="module", autouse=True)
def something_waits(region: Region) -> None:
    """What the demo region lacks: rows for every tile on both sides, and rows just beyond each condition."""
    region.sql(
        "UPDATE voucher_application SET due_on = %(day)s + (id %% 3 - 1) WHERE status = 'submitted'", day=region.today
    )
    for side in ("", "2"):
        organizer = region.people[f"organizer{side}"]
        people = region.ids(f"school{side}", "employee")
        region.sql("UPDATE employee SET snils = NULL WHERE id = ANY(%(ids)s)", ids=people[:2])
        region.sql("UPDATE employee SET email = NULL WHERE id = ANY(%(ids)s)", ids=people[2:5])
        region.sql("UPDATE employment SET status = 'unconfirmed' WHERE employee_id = ANY(%(ids)s)", ids=people[5:8])
        region.sql(
            "UPDATE voucher SET valid_until = %(day)s + (ARRAY[0, 90, 91])[1 + id %% 3] WHERE status = 'active'"
            " AND issued_on <= %(day)s AND employee_id = ANY(%(ids)s)",
            day=region.today, ids=people,
        )  # fmt: skip
        for status in ("returned", "draft"):
            region.sql(
                "UPDATE voucher_application SET status = %(status)s WHERE id = (SELECT max(id) FROM voucher_application"
                " WHERE status = 'submitted' AND employee_id = ANY(%(ids)s))",
                status=status, ids=people,
            )  # fmt: skip
        region.sql(
            "UPDATE training_group SET starts_on = %(day)s - 5, ends_on = %(day)s - 1, enrol_from = %(day)s - 30,"
            " enrol_until = %(day)s - 6, status = 'running' WHERE id = (SELECT min(g.id) FROM training_group g"
            " JOIN enrolment e ON e.group_id = g.id AND e.status = 'confirmed' WHERE g.organizer_id = ANY(%(places)s))",
            day=region.today, places=list(organizer.facts["places"]),
        )  # fmt: skip
        region.sql(
            "UPDATE training_group SET starts_on = %(day)s + 3, enrol_from = %(day)s - 9, enrol_until = %(day)s,"
            " ends_on = %(day)s + 9, minimum = capacity WHERE id = (SELECT max(id) FROM training_group"
            " WHERE status = 'open' AND taken < capacity AND organizer_id = ANY(%(places)s))",
            day=region.today, places=list(organizer.facts["places"]),
        )  # fmt: skip
        places = list(organizer.facts["places"])
        papers = region.sql(
            "SELECT id FROM certificate WHERE organizer_id = ANY(%(places)s) AND status = 'issued' AND kind = 'certificate'"
            " ORDER BY id LIMIT 4", places=places,
        )  # fmt: skip
        region.sql("DELETE FROM frdo_row WHERE certificate_id = ANY(%(ids)s)", ids=[pk for (pk,) in papers])
        for (pk,), ago in zip(papers, (61, 60, 46, 45), strict=True):
            region.sql(
                "UPDATE certificate SET issued_on = %(day)s - %(ago)s WHERE id = %(pk)s",
                day=region.today,
                ago=ago,
                pk=pk,
            )
    region.sql(
        "UPDATE voucher SET valid_until = %(day)s + 90 WHERE status = 'active' AND issued_on <= %(day)s AND employee_id IN"
        " (SELECT employee_id FROM ab_user WHERE username = 'worker')",
        day=region.today,
    )
    region.sql("UPDATE change_request SET due_on = %(day)s - 1", day=region.today)
    region.sql(
        "UPDATE transfer SET status = 'accepted', released_on = %(day)s WHERE id = (SELECT max(id) FROM transfer)",
        day=region.today,
    )
    region.sql("UPDATE ab_user SET locked_until = now() + interval '10 minutes' WHERE username = 'worker2'")
    region.sql("UPDATE ab_user SET locked_until = now() - interval '10 minutes' WHERE username = 'school2'")
    region.sql("INSERT INTO letter (recipient, subject, body, status) VALUES ('a@example.test', 'П', 'Т', 'failed')")
    # a document on a blank was annulled
    region.sql(
        "UPDATE certificate SET status = 'annulled' WHERE id IN (SELECT max(c.id) FROM certificate c JOIN assignment a"
        " ON a.organization_id = c.organizer_id JOIN ab_user u ON u.id = a.user_id WHERE c.blank_id > 0"
        " AND c.status = 'issued' AND a.role = 'organizer' AND u.username IN ('organizer', 'organizer2') GROUP BY u.id)"
    )
    # a fact printed on a document was corrected
    region.sql(
        "UPDATE certificate SET outdated = 'даты обучения' WHERE id IN (SELECT min(c.id) FROM certificate c JOIN assignment a"
        " ON a.organization_id = c.organizer_id JOIN ab_user u ON u.id = a.user_id WHERE c.status = 'issued'"
        " AND a.role = 'organizer' AND u.username IN ('organizer', 'organizer2') GROUP BY u.id)"
    )
    # papers that changed after they were sent
    for table, parent in (("frdo_row", "frdo_batch"), ("registry_row", "registry")):
        region.sql(
            f"UPDATE {table} SET amended_at = now(), amended_why = 'Ошибка' WHERE id IN (SELECT r.id FROM {table} r"
            f" JOIN {parent} p ON p.id = r.{parent.removeprefix('frdo_')}_id JOIN assignment a ON a.organization_id = p.organizer_id"
            " JOIN ab_user u ON u.id = a.user_id WHERE a.role = 'organizer' AND u.username IN ('organizer', 'organizer2'))"
        )
    # past courses whose scans are to be compared: told of by the workers and by the responsible of both sides
    for source in ("worker", "staff"):
        region.sql(
            "INSERT INTO training (employee_id, title, institution, hours, ended_on, source, submitted_at)"
            " SELECT employee_id, 'Курс', 'Институт', 36, '2022-02-02', %(source)s, now() FROM ab_user"
            " WHERE username IN ('worker', 'worker2')",
            source=source,
        )
    region.recount()


@pytest.mark.parametrize("login", LOGINS)
def test_every_figure_equals_the_list_it_opens(region: Region, login: str) -> None:
    """Shown and hidden (zero) lines alike, for both sides of the region."""
    browser = region.browser(login)
    counted = all_lines(region, login)
    found = {href: number_of_list(browser, href) for href in counted}
    assert found == counted
    actor = actor_of(region.app, login)
    glance = {it.href for it in start_pages._declared(actor, start_lines.GLANCE)}
    shown = lines_on(browser.get("/").text)
    assert shown == {h: n for h, n in counted.items() if n or h in glance}
    assert browser.leaks == []


def number_of_list(browser: Browser, href: str) -> int:
    """How many rows the address tells in its heading; the queue counts its rows up to a thousand."""
    return total(browser.get(href).text)


def test_the_lines_of_the_cast_are_not_all_zero(region: Region) -> None:
    """Each declared line counts something for somebody, so that the equality above says something."""
    shown = {href for login in LOGINS for href, number in all_lines(region, login).items() if number}
    declared = {href for login in LOGINS for href in all_lines(region, login)}
    assert declared - shown == set()


@pytest.mark.parametrize("login", ["operator", "ministry", "territory", "territory2"])
def test_every_figure_of_the_map_and_the_charts_equals_the_list_it_opens(region: Region, login: str) -> None:
    """Tiles of the map, cells of the tables, columns of the months: each opens exactly what it counts."""
    browser = region.browser(login)
    page = browser.get("/").text
    told = some_of_each_kind(linked_numbers(page.split('id="map"', 1)[1].split('class="hint as-of"', 1)[0]))
    kinds = {re.split(r"[-\d]", href.rpartition("figure=")[2])[0] for href in told if "figure=" in href}
    assert {"workers", "trained", "untrained", "learned"} <= kinds
    assert any("not_replaced" in href for href in told)
    differs = {href: (n, seen) for href, n in told.items() if (seen := total(browser.get(href).text)) != n}
    assert differs == {}


def test_a_line_is_a_verb_a_number_and_a_button(region: Region) -> None:
    """At most five are shown, the more urgent first; the first has the page's one filled button."""
    for login in ROLES:
        page = region.browser(login).get("/").text
        block = today_block(page)
        if not block:
            continue
        assert 'class="vh"' not in block
        lines = LINE.findall(block)
        assert 1 <= len(LINE.findall(block.split("<details", 1)[0])) <= 5
        tones = [tone for tone, *_ in lines]
        assert tones == sorted(tones, key=["bad", "wait", "info"].index)
        assert all(re.match(r"[А-ЯЁ][а-яё]+(те|тесь)\b", text) for _, text, _, _ in lines), lines
        assert block.count('class="btn main"') == 1
        assert block.index('class="btn main"') < block.index("</li>")
        if len(lines) > 5:
            assert f"<summary>Ещё {len(lines) - 5}<" in block


def test_forty_waiting_things_are_five_lines_and_the_rest_unfolds() -> None:
    lines = [start_lines.duty(f"Сделайте {n}", f"/x/{n}", "Сделать", "bad" if n == 39 else "") for n in range(40)]
    ordered = start_pages._one_main(start_lines.by_urgency(lines))
    assert [line.text for line in ordered[:3]] == ["Сделайте 39", "Сделайте 0", "Сделайте 1"]
    assert [line.button.main for line in ordered if line.button] == [True, *[False] * 39]


# --- by role ---------------------------------------------------------------------------------------------------------

#: login → headings of the page, in their order
HEADINGS = {
    "operator": ["Сделайте сегодня", "Обучены за", "Чеки, выданные в", "Обучено в", "Места в", "Работа портала"],
    "ministry": ["Сделайте сегодня", "Обучены за", "Чеки, выданные в", "Обучено в", "Места в"],
    "territory": [
        "Сделайте сегодня", "Обучены за три года по", "Обучены за последние", "Работники с", "Обучено в", "Чеки, выданные в", "Места в",
    ],
    "organizer": ["Сделайте сегодня", "Мои группы"],
    "school": ["Сделайте сегодня", "Ближайшее по школе"],
    "worker": ["Ждёт вас", "Мои курсы", "Чек №", "Подходит вам сейчас", "Сроки", "Последний документ"],
    "observer": ["Обучение работников образования", "Обучены за", "Чеки, выданные в", "Обучено в", "Места в"],
    "admin": ["Сделайте сегодня", "Работа портала"],
}  # fmt: skip


@pytest.mark.parametrize("login", HEADINGS)
def test_each_role_has_its_page(region: Region, login: str) -> None:
    page = region.browser(login).get("/").text
    found = [words(head) for head in re.findall(r"<h2[^>]*>(.*?)</h2>", page.split('id="main"', 1)[1], re.S)]
    assert len(found) == len(HEADINGS[login]), found
    assert [(f, h) for f, h in zip(found, HEADINGS[login], strict=True) if not f.startswith(h)] == []


@pytest.mark.parametrize("login", LOGINS)
def test_a_start_page_takes_few_statements_and_writes_nothing(region: Region, login: str) -> None:
    browser = region.browser(login)
    browser.get("/")
    with recorded() as statements:
        assert browser.get("/").status == 200
    assert len(statements) <= MOST_STATEMENTS[login.removesuffix("2")], "\n\n".join(statements)
    assert statements.writes == []


def test_nothing_waits_is_said(region: Region) -> None:
    region.sql("UPDATE ab_user SET locked_until = NULL")
    region.sql("UPDATE letter SET status = 'aborted' WHERE status = 'failed'")
    try:
        page = region.browser("admin").get("/").text
        assert "Сейчас ничего не ждёт вашего решения." in page
        assert "Сделайте сегодня" not in page
    finally:
        region.sql("UPDATE letter SET status = 'failed' WHERE status = 'aborted'")
        region.sql("UPDATE ab_user SET locked_until = now() + interval '10 minutes' WHERE username = 'worker2'")


def test_a_user_of_two_roles_sees_the_lines_of_both(region: Region) -> None:
    """The list narrows by the right to list; the figures follow it."""
    home = region.people["organizer"].facts["places"][0]
    region.sql(
        "INSERT INTO assignment (user_id, role, organization_id, valid_from) VALUES (%(user)s, 'organizer', %(home)s, '2020-01-01')",
        user=region.people["school"].facts["user"], home=home,
    )  # fmt: skip
    try:
        browser, counted = region.browser("school"), all_lines(region, "school")
        assert {"/employee/list/?attention=no_snils", "/enrolment/list/?status=agreed"} <= counted.keys()
        assert {href: total(browser.get(href).text) for href in counted} == counted
    finally:
        region.sql("DELETE FROM assignment WHERE organization_id = %(home)s AND role = 'organizer' AND user_id = %(user)s",
                   user=region.people["school"].facts["user"], home=home)  # fmt: skip


def test_an_unknown_matter_narrows_nothing(region: Region) -> None:
    browser = region.browser("school")
    assert total(browser.get("/employee/list/", attention="nonsense").text) == total(
        browser.get("/employee/list/").text
    )


# --- charts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("login", ["operator", "ministry", "territory", "territory2", "observer"])
def test_every_chart_is_named_described_and_has_its_table(region: Region, login: str) -> None:
    page = region.browser(login).get("/").text
    drawn = re.findall(r'<section class="paper block chart".*?</section>', page, re.S)
    assert len(drawn) == (5 if login.startswith("territory") else 3)
    for chart in drawn:
        if 'role="group"' in chart:
            title, description = re.search(
                r"<title [^>]*>(.+?)</title>\s*<desc [^>]*>(.+?)</desc>", chart, re.S
            ).groups()
            labelled = re.search(r'<svg role="group" aria-labelledby="(\S+) (\S+)"', chart)
            assert all(f'id="{i}"' in chart for i in labelled.groups())
            assert words(re.search(r"<h2[^>]*>(.*?)</h2>", chart)[1]) == title
            assert description
        texts = [words(t) for t in re.findall(r"<text [^>]*>(.*?)</text>", chart)]
        texts += [words(t) for t in re.findall(r"<b>(.*?)</b>", chart)]
        table = words(re.search(r"<tbody>.*</tbody>", chart, re.S)[0])
        numbers = [n for text in texts for n in re.split(r" · | из |, ", text) if re.fullmatch(r"[\d\s]+ ?%?", n)]
        assert numbers
        assert [n for n in numbers if n not in table] == []
        assert "style=" not in chart
        assert all(0 <= float(w) <= 340 for w in re.findall(r'<rect [^>]*width="([\d.]+)"', chart))


@pytest.mark.parametrize("login", ["operator", "ministry", "observer", "territory"])
def test_no_name_is_cut_and_the_order_is_said(region: Region, login: str) -> None:
    page = region.browser(login).get("/").text
    drawn = re.findall(r'<section class="paper block chart".*?</section>', page, re.S)
    known = {
        name for (name,) in region.sql("SELECT short_name FROM organization UNION SELECT short_name FROM territory")
    }
    for chart in drawn:
        names = [html.unescape(n) for n in re.findall(r"<span>([^<]+)</span> <b>", chart) if n not in charts.MONTHS]
        assert set(names) <= known
        assert "…" not in chart
        if len(names) > 1:
            assert "Сначала — где меньше." in chart


# --- the map ---------------------------------------------------------------------------------------------------------


def tiles_of(page: str) -> dict[str, str]:
    """Name of a territory → what its tile says aloud."""
    drawn = page.split('<svg class="map"', 1)[1].split("</svg>", 1)[0]
    return dict(html.unescape(t).partition(": ")[::2] for t in re.findall(r'aria-label="([^"]+)"', drawn))


def map_section(page: str) -> str:
    return page.split('<section class="paper block region"', 1)[1].split("</section>", 1)[0]


@pytest.mark.parametrize("login", ["operator", "ministry", "observer", "territory"])
def test_the_map_has_a_tile_for_each_territory(region: Region, login: str) -> None:
    """With its whole name; a tint from one to five for each told share; the table holds the same shares, the least first."""
    page = region.browser(login).get("/").text
    names = {name for (name,) in region.sql("SELECT short_name FROM territory WHERE active")}
    assert tiles_of(page).keys() == names
    section = map_section(page)
    drawn = section.split("</svg>", 1)[0]
    tiles = [
        re.search(r'^([0-5])">.*<text class="v"[^>]*>(\d+)\s%</text>', tile, re.S)
        for tile in drawn.split('<g class="m')[1:]
    ]
    shares = [found.groups() for found in tiles if found]
    assert shares
    assert [(tint, share) for tint, share in shares if int(tint) != min(int(share) // 20, 4) + 1] == []
    rows = re.findall(r"<tr>(.*?)</tr>", section.split("<tbody>", 1)[1], re.S)
    told = [re.sub(r"\D", "", words(re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)[-1])) for row in rows]
    known = [int(n) for n in told if n]
    assert known == sorted(known)
    assert sorted(known) == sorted(int(share) for _, share in shares)
    assert "style=" not in section


def test_a_territory_sees_its_own_figures_on_the_map(region: Region) -> None:
    for login in ("territory", "territory2"):
        tiles = tiles_of(region.browser(login).get("/").text)
        ((own,),) = region.sql(
            "SELECT short_name FROM territory WHERE id = %(t)s", t=region.people[login].facts["territory"]
        )
        assert "обучены" in tiles[own]
        assert {words for name, words in tiles.items() if name != own} == {"показателей вам не видно"}


def test_the_map_of_the_observer_hides_small_numbers(region: Region) -> None:
    """No link, and no tile tells fewer than five people or lets them be told from the rest."""
    section = map_section(region.browser("observer").get("/").text)
    assert "<a " not in section
    numbers = [int(re.sub(r"\D", "", n)) for n in re.findall(r"не обучены ([\d\s\xa0]+) из", section)]
    assert numbers
    assert [n for n in numbers if 0 < n < 5] == []
    with region.app.test_request_context(), acting_as(SYSTEM):
        hidden = map_page.map_of(
            [Staff(1, "Южное", None, None, None), Staff(2, "Северное", 9, 9, None)], {}, target=0, own=False
        )
    assert [(tile.figure, tile.tint, tile.href) for tile in hidden.tiles] == [("—", 0, "")] * 2


def test_a_target_is_told_only_when_it_is_set(region: Region) -> None:
    assert "при цели" not in region.browser("ministry").get("/").text
    region.sql(
        "INSERT INTO setting (key, title, value) VALUES ('trained_target', 'Ц', '85') ON CONFLICT (key) DO UPDATE SET value = '85'"
    )
    try:
        assert re.search(r"Всего обучены \d+\s% при цели 85\s%", map_section(region.browser("ministry").get("/").text))
    finally:
        region.sql("UPDATE setting SET value = '0' WHERE key = 'trained_target'")


def test_the_map_of_one_territory_and_of_none(app: Flask) -> None:
    with app.test_request_context(), acting_as(SYSTEM):
        one = map_page.map_of([Staff(1, "Южное управление", 10, 5, 10)], {}, target=0, own=False)
        assert (one.width, [tile.figure for tile in one.tiles]) == (map_page.WIDTH, ["100\N{NO-BREAK SPACE}%"])
        assert one.tiles[0].spoken == "Южное управление: обучены все 10"
        grown = map_page.map_of([Staff(1, "Южное", 10, 5, 8)], {}, target=0, own=False, grown={1: "+3 за год"})
        assert grown.tiles[0].change == "обучено +3 за год"
        assert grown.tiles[0].spoken.endswith("не обучены 2 из 10; обученных +3 за год")
        assert one.tiles[0].change == ""
        assert map_page.map_of([], {}, target=0, own=False) is None
        empty = map_page.map_of([], {1: "Южное управление"}, target=0, own=False)
        assert (empty.tiles[0].detail, empty.rows) == ("нет работников", [])


def test_charts_of_a_territory_name_own_organizations_only(region: Region) -> None:
    own = {
        login: {
            name
            for (name,) in region.sql(
                "SELECT short_name FROM organization WHERE territory_id = %(t)s",
                t=region.people[login].facts["territory"],
            )
        }
        for login in ("territory", "territory2")
    }
    for login, names in own.items():
        page = region.browser(login).get("/").text
        shown = {
            words(head)
            for chart in re.findall(r'<section class="paper block chart".*?</section>', page, re.S)
            if ">Организация<" in chart
            for head in re.findall(r'<th scope="row"[^>]*>(.*?)</th>', chart, re.S)
        }
        assert shown
        assert shown <= names


def test_the_list_says_from_which_figure_it_was_opened(region: Region) -> None:
    """The filter stands among the others and can be put off; without it, and with a code that is none, nothing is narrowed."""
    browser = region.browser("territory")
    href = html.unescape(re.search(r'href="(/employee/list/\?figure=untrained-o\d+)"', browser.get("/").text)[1])
    page = browser.get(href).text
    assert "Показатель: <b>не обучены за 3 года, " in page
    assert "Убрать отбор «Показатель»" in html.unescape(page)
    plain = browser.get("/employee/list/")
    assert "Показатель" not in plain.text
    for wrong in ("nonsense", "learned-o1", "trained2026-o1", "trained-o0", "trained-o1' OR 1=1"):
        assert total(browser.get("/employee/list/", figure=wrong).text) == total(plain.text)


def test_the_observer_sees_no_person_and_no_small_cell(region: Region) -> None:
    page = region.browser("observer").get("/").text
    main = page.split('id="main"', 1)[1]
    assert re.findall(r'href="/(?:employee|voucher|enrolment|organization)/', page) == []
    people = main.split('<h2 id="map"', 1)[1].split("Места в группах", 1)[0]
    numbers = [int(re.sub(r"\s", "", n)) for n in re.findall(r"<td[^>]*>(\d[\d\s]*)<", people)]
    assert numbers
    assert [n for n in numbers if 0 < n < 5] == []


def test_a_start_page_reads_what_a_job_has_counted(region: Region) -> None:
    """It says of when the figures are; nobody's start page counts the people of the region."""
    browser = region.browser("ministry")
    told = number_of_workers(browser.get("/").text)
    gone = "UPDATE employment SET ended_on = {} WHERE employee_id = (SELECT max(employee_id) FROM employment WHERE ended_on {})"
    region.sql(gone.format("%(day)s - 1", "IS NULL"), day=region.today)
    try:
        with recorded() as statements:
            page = browser.get("/").text
        assert f"Показатели на {format_date(region.today)}" in page
        assert number_of_workers(page) == told
        assert [
            s for s in statements if re.search(r"FROM \(?(SELECT .* FROM )?(employment|voucher|employee)\b", s)
        ] == []
        region.recount()
        assert number_of_workers(browser.get("/").text) == told - 1
    finally:
        region.sql(gone.format("NULL", "= %(day)s - 1"), day=region.today)
        region.recount()


def number_of_workers(page: str) -> int:
    (glance,) = GLANCE.findall(page)
    return first_number(words(glance).partition("работник")[0])


@pytest.mark.parametrize(("number", "shown"), [(1, "менее 5"), (4, "менее 5"), (5, "5")])
def test_the_observer_reads_one_to_four_as_fewer_than_five(app: Flask, number: int, shown: str) -> None:
    told = statistics._told(number, hide=True)
    with app.test_request_context(), acting_as(SYSTEM):
        figure = charts.vouchers_by_month([told, 10, *[0] * 10], [0] * 12, 2026, until=2)
    assert [bar.text for bar in figure.bars][:2] == [shown, "10"]


def test_words_of_hidden_numbers_and_long_figures(app: Flask) -> None:
    """A hidden number has no bar; figures too long for columns become bars; many places are cut and said so."""
    with app.test_request_context(), acting_as(SYSTEM):
        hidden = charts.trained_share([Staff(1, "А", None, None, None), Staff(2, "Б", 10, 9, 0)], by="Территория")
        assert [(bar.label, bar.text, bar.part) for bar in hidden.bars] == [
            ("Б", "0\N{NO-BREAK SPACE}% · не обучены 10 из 10", 0.0),
            ("А", "не показано", 0.0),
        ]
        small = charts.vouchers_by_month([3, None, *[0] * 10], [0] * 12, 2026, until=2)
        assert (small.kind, [bar.text for bar in small.bars][:3]) == ("columns", ["3", "менее 5", ""])
        assert charts.vouchers_by_month([123_456, *[0] * 11], [0] * 12, 2026, until=1).kind == "bars"
        assert charts.vouchers_by_month([0] * 12, [0] * 12, 2026, until=5).bars == []
        many = charts.trained([Trained(n, f"Школа {n:03d}", n) for n in range(150)], 2026, by="Организация")
        assert (len(many.bars), len(many.rows)) == (charts.MOST_BARS, charts.MOST_ROWS)
        assert many.bars[0].label == "Школа 000"
        assert "На диаграмме 10 из 150" in many.note
        assert many.rows[99].cells[1].href == "/employee/list/?figure=learned2026-o99"
        compared = charts.vouchers_by_month([3, 4, *[0] * 10], [5, 1, *[9] * 10], 2026, until=2)
        assert compared.note == "Всего за январь – февраль — 7, год назад — 6. Бледные столбцы — 2025 год."
        assert [bar.before for bar in compared.bars][:3] == [5 / 9, 1 / 9, 1.0]
