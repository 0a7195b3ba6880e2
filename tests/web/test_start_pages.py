"""Start pages: every figure equals the list it opens, each role sees what is its own, few statements, charts with tables."""

from __future__ import annotations

import html
import re

import pytest
from flask import Flask

from app.access import acting_as
from app.services.desk import statistics
from app.services.desk.statistics import Staff, Trained
from app.web.desk import charts, start_pages
from tests.access.region import Region
from tests.actors import LOGINS, actor_of
from tests.services.makers import SYSTEM
from tests.statements import recorded
from tests.web.pages import total, words

MOST_STATEMENTS = 15
ROLES = [login for login in LOGINS if not login.endswith("2")]
TILE = re.compile(r'<li class="paper tile[^"]*"><a href="([^"]+)"><b>([^<]+)</b> <span>([^<]+)</span>')


def tiles_on(page: str) -> dict[str, tuple[int, str]]:
    """Address → (number, words) of the tiles."""
    return {html.unescape(href): (int(re.sub(r"\D", "", number)), text) for href, number, text in TILE.findall(page)}


def all_tiles(region: Region, login: str) -> dict[str, int]:
    """Address → number of every tile of a person, those of zero included."""
    actor = actor_of(region.app, login)
    with region.app.test_request_context(), acting_as(actor):
        return {tile.href: tile.number for group in start_pages.tile_groups(actor) for tile in group.tiles}


@pytest.fixture(scope="module", autouse=True)
def something_waits(region: Region) -> None:
    """What the demo region lacks: rows for every tile on both sides, and rows just beyond each condition."""
    region.app.config["FIGURES_SECONDS"] = 0
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


@pytest.mark.parametrize("login", LOGINS)
def test_every_figure_equals_the_list_it_opens(region: Region, login: str) -> None:
    """Shown and hidden (zero) tiles alike, for both sides of the region."""
    browser = region.browser(login)
    counted = all_tiles(region, login)
    found = {href: total(browser.get(href).text) for href in counted}
    assert found == counted
    shown = tiles_on(browser.get("/").text)
    assert {href: number for href, (number, _) in shown.items()} == {h: n for h, n in counted.items() if n}
    assert browser.leaks == []


def test_the_tiles_of_the_cast_are_not_all_zero(region: Region) -> None:
    """Each declared tile counts something for somebody, so that the equality above says something."""
    shown = {href for login in LOGINS for href, number in all_tiles(region, login).items() if number}
    declared = {href for login in LOGINS for href in all_tiles(region, login)}
    assert declared - shown == set()


# --- by role ---------------------------------------------------------------------------------------------------------

#: login → headings of the page, in their order
HEADINGS = {
    "operator": ["Что требует внимания", "Обзор", "Чеки, выданные в", "Обучено в", "Обучены за", "Места в", "Работа портала"],
    "ministry": ["Обзор", "Чеки, выданные в", "Обучено в", "Обучены за", "Места в"],
    "territory": ["Чего ждут в организациях", "Обзор", "Чеки, выданные в", "Места в", "Работники с", "Обучены за", "Обучено в"],
    "organizer": ["Что требует внимания", "Обзор", "Мои группы"],
    "school": ["Что требует внимания", "Обзор", "Ближайшее по школе"],
    "worker": ["Ждёт вас", "Чек №", "Мои курсы", "Подходит вам сейчас", "Мои документы", "Извещения"],
    "observer": ["Обучение работников образования", "Чеки, выданные в", "Обучено в", "Обучены за", "Места в"],
    "admin": ["Что требует внимания", "Обзор", "Работа портала"],
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
    assert len(statements) <= MOST_STATEMENTS, "\n\n".join(statements)
    assert statements.writes == []


def test_urgent_tiles_stand_out(region: Region) -> None:
    """Late applications are red, those of today amber, later ones plain; each is in one of the three."""
    page = region.browser("operator").get("/").text
    tones = {
        html.unescape(href).rpartition("=")[2]: tone
        for tone, href in re.findall(r'tile( t-\w+)?"><a href="(/voucher_application/[^"]+)"', page)
    }
    assert tones == {"overdue": " t-bad", "today": " t-wait", "later": ""}
    counted = all_tiles(region, "operator")
    parts = sum(n for href, n in counted.items() if href.startswith("/voucher_application/"))
    assert parts == region.sql("SELECT count(*) FROM voucher_application WHERE status = 'submitted'")[0][0]


def test_nothing_waits_is_said(region: Region) -> None:
    region.sql("UPDATE ab_user SET locked_until = NULL")
    region.sql("UPDATE letter SET status = 'aborted' WHERE status = 'failed'")
    try:
        page = region.browser("admin").get("/").text
        assert "Сейчас ничего не ждёт вашего решения." in page
        assert "Что требует внимания" not in page
    finally:
        region.sql("UPDATE letter SET status = 'failed' WHERE status = 'aborted'")
        region.sql("UPDATE ab_user SET locked_until = now() + interval '10 minutes' WHERE username = 'worker2'")


def test_a_user_of_two_roles_sees_the_tiles_of_both(region: Region) -> None:
    """The list narrows by the right to list; the figures follow it."""
    home = region.people["organizer"].facts["places"][0]
    region.sql(
        "INSERT INTO assignment (user_id, role, organization_id, valid_from) VALUES (%(user)s, 'organizer', %(home)s, '2020-01-01')",
        user=region.people["school"].facts["user"], home=home,
    )  # fmt: skip
    try:
        browser, counted = region.browser("school"), all_tiles(region, "school")
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
    assert len(drawn) == (5 if login.startswith("territory") else 4)
    for chart in drawn:
        title, description = re.search(r"<title [^>]*>(.+?)</title><desc [^>]*>(.+?)</desc>", chart, re.S).groups()
        labelled = re.search(r'<svg role="img" aria-labelledby="(\S+) (\S+)"', chart)
        assert all(f'id="{i}"' in chart for i in labelled.groups())
        assert words(re.search(r"<h2[^>]*>(.*?)</h2>", chart)[1]) == title
        assert description
        texts = [words(t) for t in re.findall(r"<text [^>]*>(.*?)</text>", chart)]
        table = words(re.search(r"<tbody>.*</tbody>", chart, re.S)[0])
        numbers = [n for text in texts for n in re.split(r" · | из ", text) if re.fullmatch(r"[\d\s]+ ?%?", n)]
        assert numbers
        assert [n for n in numbers if n not in table] == []
        assert "style=" not in chart
        assert all(0 <= float(w) <= 340 for w in re.findall(r'<rect [^>]*width="([\d.]+)"', chart))


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


def test_an_organizations_bar_opens_its_people(region: Region) -> None:
    browser = region.browser("territory")
    row = re.search(
        r'<th scope="row"><a href="(/employee/list/\?attention=works&amp;organization=\d+)">([^<]+)</a></th>',
        browser.get("/").text,
    )
    answer = browser.get(html.unescape(row[1]))
    assert answer.status == 200
    assert total(answer.text) > 0


def test_the_observer_sees_no_person_and_no_small_cell(region: Region) -> None:
    page = region.browser("observer").get("/").text
    main = page.split('id="main"', 1)[1]
    assert re.findall(r'href="/(?:employee|voucher|enrolment|organization)/', page) == []
    people = main.split("Обучено в", 1)[1].split("Места в группах", 1)[0]
    numbers = [int(re.sub(r"\s", "", n)) for n in re.findall(r">(\d[\d\s]*)<", people)]
    assert numbers
    assert [n for n in numbers if 0 < n < 5] == []


def test_figures_of_a_role_are_kept_for_a_while(region: Region) -> None:
    """A second look within five minutes counts nothing; another territory, another day or later they are counted anew."""
    region.app.extensions.pop("start_figures", None)
    region.app.config["FIGURES_SECONDS"] = 300
    browsers = {login: region.browser(login) for login in ("territory", "territory2", "observer")}
    counts = []
    for login in ("territory", "territory", "territory2", "observer", "observer"):
        with recorded() as statements:
            assert "Показатели на" in browsers[login].get("/").text
        counts.append(sum("FROM training_group JOIN organization" in s for s in statements))
    assert counts == [1, 0, 1, 1, 1]
    region.app.config["FIGURES_SECONDS"] = 0
    with recorded() as statements:
        browsers["territory"].get("/")
    assert sum("FROM training_group JOIN organization" in s for s in statements) == 1


@pytest.mark.parametrize(("number", "shown"), [(1, "менее 5"), (4, "менее 5"), (5, "5")])
def test_the_observer_reads_one_to_four_as_fewer_than_five(app: Flask, number: int, shown: str) -> None:
    told = statistics._told(number, hide=True)
    with app.test_request_context(), acting_as(SYSTEM):
        figure = charts.vouchers_by_month([told, 10, *[0] * 10], 2026, until=2)
    assert [bar.text for bar in figure.bars][:2] == [shown, "10"]


def test_words_of_hidden_numbers_and_long_figures(app: Flask) -> None:
    """A hidden number has no bar; figures too long for columns become bars; many places are cut and said so."""
    with app.test_request_context(), acting_as(SYSTEM):
        hidden = charts.trained_share([Staff(1, "А", None, None, None), Staff(2, "Б", 10, 9, 0)], by="Территория")
        assert [(bar.label, bar.text, bar.part) for bar in hidden.bars] == [
            ("Б", "0 % · 0 из 10", 0.0),
            ("А", "менее 5 из менее 5", 0.0),
        ]
        small = charts.vouchers_by_month([3, None, *[0] * 10], 2026, until=2)
        assert (small.kind, [bar.text for bar in small.bars][:3]) == ("columns", ["3", "менее 5", ""])
        assert charts.vouchers_by_month([123_456, *[0] * 11], 2026, until=1).kind == "bars"
        assert charts.vouchers_by_month([0] * 12, 2026, until=5).bars == []
        many = charts.trained([Trained(n, f"Школа {n:03d}", n) for n in range(150)], 2026, by="Организация")
        assert (len(many.bars), len(many.rows)) == (charts.MOST_BARS, charts.MOST_ROWS)
        assert many.bars[0].label == "Школа 149"
        assert "На диаграмме 10 из 150" in many.note
        assert many.rows[0].href == "/employee/list/?attention=works&organization=149"
