"""Figures that agree: what the portal tells in several places of a region with odd rows is one number in all of them.

Each number that opens a list is the number in the heading of that list; figures without a list are compared by name.
"""

from __future__ import annotations

import html
import io
import json
import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from docx import Document

from tests.access.region import Browser, Region
from tests.web.pages import ids, some_of_each_kind, total, words

ROLES = ["operator", "ministry", "territory", "territory2", "organizer", "organizer2", "school", "school2"]
LINK = re.compile(r'<a[^>]*href="([^"]+)"[^>]*>(.*?)</a>', re.S)
#: tables with the shares of the trained: of the map, and of the chart by organization
BY_TERRITORY, SHARES = "Обучены за три года по территориям", {"territory": "Обучены за последние три года"}
#: «Согласовать: 12», «Нет итогов: 5», «12»
TELLS = re.compile(r"(?:[^\d]*: )?(\d[\d\s\xa0]*)")


@pytest.fixture(scope="module")
def crooked(region: Region) -> Region:
    """Rows that one place may count and another not: their day has come, will come, or went by yesterday."""
    region.sql(
        "UPDATE voucher SET valid_until = current_date - 1, issued_on = current_date - 900 WHERE id IN (SELECT id FROM voucher"
        " WHERE status = 'active' ORDER BY id LIMIT 4)"
    )
    region.sql(
        "UPDATE training_group SET enrol_until = current_date - 1, enrol_from = current_date - 40 WHERE id IN (SELECT id FROM"
        " training_group WHERE status = 'open' ORDER BY id LIMIT 2)"
    )
    # a second place that begins later, in each school of the cast; a first place that begins later; a place that ended yesterday;
    # one who lately left for another territory, whose card is seen yet
    for login in ("school", "school2"):
        home = min(region.people[login].facts["places"])
        region.sql(
            "INSERT INTO employment (employee_id, organization_id, position_id, kind, started_on, status)"
            " SELECT e.employee_id, %(home)s, e.position_id, 'secondary', current_date + 20, 'confirmed' FROM employment e"
            " WHERE e.kind = 'main' AND e.ended_on IS NULL AND e.organization_id <> %(home)s ORDER BY e.id LIMIT 3",
            home=home,
        )
        region.sql(
            "UPDATE employment SET started_on = current_date + 10 WHERE id IN (SELECT min(e.id) FROM employment e WHERE"
            " e.organization_id = %(home)s AND e.ended_on IS NULL AND e.kind = 'main' AND (SELECT count(*) FROM employment o"
            " WHERE o.employee_id = e.employee_id) = 1)",
            home=home,
        )
        region.sql(
            "UPDATE employment SET ended_on = current_date - 1 WHERE id IN (SELECT max(e.id) FROM employment e WHERE"
            " e.organization_id = %(home)s AND e.ended_on IS NULL AND e.started_on < current_date - 30 AND (SELECT count(*) FROM"
            " employment o WHERE o.employee_id = e.employee_id) = 1)",
            home=home,
        )
        region.sql(
            "WITH gone AS (UPDATE employment SET ended_on = current_date - 9 WHERE id IN (SELECT max(e.id) FROM employment e WHERE"
            " e.organization_id = %(home)s AND e.ended_on IS NULL AND e.started_on < current_date - 30 AND (SELECT count(*) FROM"
            " employment o WHERE o.employee_id = e.employee_id) = 1) RETURNING employee_id, position_id)"
            " INSERT INTO employment (employee_id, organization_id, position_id, kind, started_on, status)"
            " SELECT employee_id, (SELECT min(f.id) FROM organization f JOIN organization h ON h.id = %(home)s"
            " WHERE f.territory_id <> h.territory_id), position_id, 'main', current_date - 7, 'confirmed' FROM gone",
            home=home,
        )
    region.sql("UPDATE enrolment SET offer_until = now() - interval '1 minute' WHERE status = 'offered'")
    region.recount()
    return region


# --- what stands on a page -------------------------------------------------------------------------------------------


def number_of(text: str) -> int:
    return int(re.sub(r"\D", "", text))


def counted_links(page: str) -> Iterator[tuple[str, int]]:
    """Links of a page to lists whose words are a number, or a word and a number."""
    main = page.split("<main", 1)[1]
    for href, text in LINK.findall(main):
        told = TELLS.fullmatch(words(text))
        if told and "/list/" in href:
            yield html.unescape(href), number_of(told[1])


def rows_with_number(page: str) -> Iterator[tuple[str, int]]:
    """Rows of tables that lead to a list: its address and the number that the row tells first."""
    for row in re.findall(r"<tr[^>]*>.*?</tr>", page.split("<main", 1)[1], re.S):
        links = [html.unescape(href) for href in re.findall(r'href="([^"]+)"', row) if "/list/" in href]
        numbers = re.findall(r'<td class="num"[^>]*>(.*?)</td>', row, re.S)
        if links and numbers and "attention=" in links[0]:
            yield links[0], number_of(words(numbers[0]))


def table_of(page: str, title: str) -> list[list[str]]:
    """Rows of the table under a title, as words."""
    found = re.search(rf'<caption class="vh">{re.escape(title)}</caption>(.*?)</table>', page, re.S)
    assert found, f"no table «{title}»"
    rows = re.findall(r"<tr.*?</tr>", found[1].split("<tbody>")[1], re.S)
    return [[words(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)] for row in rows]


def pair(page: str, label: str) -> str:
    """What is told under a label of a card."""
    found = re.search(rf"<dt>{re.escape(label)}</dt><dd[^>]*>(.*?)</dd>", page, re.S)
    assert found, f"no «{label}»"
    return words(found[1])


def heading(browser: Browser, path: str, **query: str | int) -> int:
    """The number beside the title of a list."""
    address = f"{path}{'&' if '?' in path else '?'}{urlencode(query)}" if query else path
    answer = browser.get(address)
    assert answer.status == 200, address
    return total(answer.text)


def exported(browser: Browser, path: str, **query: str | int) -> int:
    """Rows of the Excel file of a list: below the notes and the heads."""
    rows = browser.get(f"{path}?{urlencode(query)}").rows()
    head = next(n for n, row in enumerate(rows) if sum(map(bool, row)) > 1)
    written = sum(any(cell for cell in row) for row in rows[head + 1 :])
    said = next(number_of(row[0]) for row in rows[:head] if row[0].startswith("Строк:"))
    assert said == written
    return written


def registry(browser: Browser, code: str, **query: str) -> tuple[int, int]:
    """Rows and people that the page of a registry tells."""
    span = {"period_from": "01.01.2000", "period_to": "31.12.2100"}
    page = browser.get("/registries/", code=code, **{**span, **query}).text
    told = words(re.search(r'<h2 id="rows">(.*?)</h2>', page, re.S)[1])  # type: ignore[index]
    rows, people = re.match(r"Строк: ([\d\s\xa0]+)(?:; ([\d\s\xa0]+) человек)?", told).groups()  # type: ignore[union-attr]
    return number_of(rows), number_of(people or "0")


def one(told: dict[str, int]) -> int:
    """The number that all places tell."""
    assert len(set(told.values())) == 1, told
    return next(iter(told.values()))


# --- every number that opens a list ----------------------------------------------------------------------------------


@pytest.mark.parametrize("login", ROLES)
def test_every_number_of_a_start_page_is_that_of_its_list(crooked: Region, login: str) -> None:
    browser = crooked.browser(login)
    page = browser.get("/").text
    lines = re.findall(
        r'(?s)<li class="t-\w+"><div><b>\D*(\d[\d\s\xa0]*)[^<]*</b>.*?<a class="btn[^"]*" href="([^"]+)"', page
    )
    told = [
        *((html.unescape(href), number_of(n)) for n, href in lines),
        *some_of_each_kind(dict(counted_links(page))).items(),
    ]
    assert told
    differs = {href: (n, seen) for href, n in told if (seen := heading(browser, href)) != n}
    assert differs == {}


@pytest.mark.parametrize("login", ["operator", "territory", "school", "school2"])
def test_every_number_of_the_quality_of_data_is_that_of_its_list(crooked: Region, login: str) -> None:
    browser = crooked.browser(login)
    homes = [min(crooked.people[name].facts["places"]) for name in ("school", "school2")]
    pages = [f"/quality/?organization={home}" for home in homes]
    if login != "operator":
        found = browser.get("/quality/").text
        pages = [html.unescape(h) for h in re.findall(r'href="(/quality/\?organization=\d+)"', found)[:4]]
    told = []
    for path in pages:
        page = browser.get(path).text
        told += rows_with_number(page)
        everybody = next(html.unescape(href) for href, text in LINK.findall(page) if words(text) == "Все работники")
        told.append((everybody, number_of(pair(page, "Работников"))))
    assert len(told) > 1
    differs = {href: (n, seen) for href, n in told if (seen := heading(browser, href)) != n}
    assert differs == {}


# --- named figures ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("login", ["operator", "ministry", "territory", "school"])
def test_workers(crooked: Region, login: str) -> None:
    browser = crooked.browser(login)
    told = {
        "list": heading(browser, "/employee/list/?attention=works"),
        "export": exported(browser, "/employee/export/", attention="works"),
    }
    quality = browser.get("/quality/")
    if quality.status == 200:
        told["quality"] = number_of(pair(quality.text, "Работников"))
    if login != "school":
        chart = table_of(browser.get("/").text, SHARES.get(login, BY_TERRITORY))
        told["chart"] = sum(number_of(row[1]) for row in chart)
    if login in ("operator", "ministry"):
        told["observer"] = number_of(pair(crooked.browser("observer").get("/").text, "Работников"))
    assert one(told) > 0


def test_trained_within_three_years(crooked: Region) -> None:
    observer = number_of(pair(crooked.browser("observer").get("/").text, "Обучено за три года"))
    charts = {
        login: sum(number_of(row[2]) for row in table_of(crooked.browser(login).get("/").text, BY_TERRITORY))
        for login in ("operator", "ministry")
    }  # fmt: skip
    assert one({"observer": observer, **charts}) > 0


def test_vouchers_in_force_and_used(crooked: Region) -> None:
    browser = crooked.browser("operator")
    counts = json.loads(browser.get("/voucher/counts/").text)["counts"]["status"]
    for status in ("active", "used", "expired", "annulled", "replaced"):
        told = {
            "list": heading(browser, "/voucher/list/", status=status),
            "chip": counts.get(status, 0),
            "export": exported(browser, "/voucher/export/", status=status) if counts.get(status) else 0,
            "registry": registry(browser, "vouchers", status=status)[0],
        }
        if status == "active":
            told["observer"] = number_of(pair(crooked.browser("observer").get("/").text, "Действующих чеков"))
            told["ministry"] = heading(crooked.browser("ministry"), "/voucher/list/", status=status)
        assert one(told) >= 0
    # issued this year, whatever became of them; one in place of another is the same чек
    year = crooked.today.year
    span = {"issued_on_from": f"01.01.{year}", "issued_on_to": f"31.12.{year}"}
    chart = table_of(browser.get("/").text, f"Чеки, выданные в {year} году")
    issued = heading(browser, "/voucher/list/", **span) - heading(browser, "/voucher/list/", status="replaced", **span)
    assert sum(number_of(row[1]) for row in chart if row[1] != "—") == issued


def test_workers_with_a_voucher_of_a_territory(crooked: Region) -> None:
    """The chart counts people who work; each чек in force of the list is of one person."""
    browser = crooked.browser("territory")
    chart = table_of(browser.get("/").text, "Работники с действующим чеком")
    listed = heading(browser, "/voucher/list/", status="active")
    with_voucher = sum(number_of(row[2]) for row in chart)
    facts = crooked.people["territory"].facts
    idle = len(
        crooked.sql(
            "SELECT 1 FROM voucher v WHERE v.id = ANY(%(seen)s) AND v.status = 'active' AND v.valid_until >= current_date AND NOT"
            " EXISTS (SELECT FROM employment e JOIN organization o ON o.id = e.organization_id WHERE e.employee_id = v.employee_id"
            " AND o.territory_id = %(territory)s AND e.started_on <= current_date AND (e.ended_on IS NULL OR e.ended_on >="
            " current_date))",
            seen=crooked.ids("territory", "voucher"),
            territory=facts["territory"],
        )
    )
    assert with_voucher == listed - idle and with_voucher > 0


@pytest.mark.parametrize("login", ["operator", "organizer", "school"])
def test_groups_by_state(crooked: Region, login: str) -> None:
    browser = crooked.browser(login)
    counts = json.loads(browser.get("/training_group/counts/").text)["counts"]["status"]
    for status in ("draft", "open", "closed", "running", "completed", "cancelled"):
        told = {"list": heading(browser, "/training_group/list/", status=status), "chip": counts.get(status, 0)}
        if status == "open" and login == "operator":
            observer = crooked.browser("observer").get("/").text
            told["observer"] = number_of(pair(observer, "Групп, в которые идёт запись"))
        one(told)


def test_seats_of_groups(crooked: Region) -> None:
    """Of a group: list, card, catalogue, enrolments, registry; of an organizer: chart and its groups."""
    operator = crooked.browser("operator")
    groups = crooked.sql(
        "SELECT id, number, taken, capacity, status FROM training_group WHERE status IN ('open', 'closed', 'running')"
        " ORDER BY taken DESC, id LIMIT 6"
    )
    holding = "offered applied agreed confirmed trained failed no_show expelled".split()
    for pk, number, taken, capacity, _status in groups:
        card = operator.get(f"/training_group/show/{pk}?tab=about").text
        seats = pair(card, "Места")
        listed = operator.get("/training_group/list/", q=number).text
        row = next(r for r in re.findall(r"<tr.*?</tr>", listed, re.S) if f"/training_group/show/{pk}" in r)
        by_status = sum(heading(operator, "/enrolment/list/", group=pk, status=s) for s in holding)
        stored = crooked.sql(
            "SELECT count(*) FROM enrolment WHERE group_id = %(pk)s AND status = ANY(%(holding)s)",
            pk=pk,
            holding=holding,
        )[0][0]
        assert f"{taken} из {capacity}" in words(row) and f"{taken} из {capacity}" in seats.replace("занято ", "")
        passed = crooked.sql("SELECT count(*) FROM enrolment WHERE group_id = %(pk)s AND status = 'offered'", pk=pk)[0][
            0
        ]
        assert by_status == stored - passed == taken - passed
    chart = table_of(operator.get("/").text, "Места в группах организаторов")
    ((taken, capacity),) = crooked.sql(
        "SELECT sum(taken), sum(capacity) FROM training_group WHERE status IN ('open', 'closed', 'running')"
    )
    assert (sum(number_of(r[1]) for r in chart), sum(number_of(r[2]) for r in chart)) == (taken, capacity)


@pytest.mark.parametrize("login", ["operator", "organizer", "school", "territory"])
def test_trained_and_documents(crooked: Region, login: str) -> None:
    browser = crooked.browser(login)
    counts = json.loads(browser.get("/enrolment/counts/").text)["counts"]["status"]
    trained = {
        "list": heading(browser, "/enrolment/list/", status="trained"),
        "chip": counts.get("trained", 0),
        "export": exported(browser, "/enrolment/export/", status="trained"),
        "registry": registry(browser, "trained")[0],
        "listeners": registry(browser, "listeners", status="trained")[0],
    }
    assert one(trained) > 0
    papers = json.loads(browser.get("/certificate/counts/").text)["counts"]["status"]
    for status in ("issued", "annulled", "replaced"):
        told = {
            "list": heading(browser, "/certificate/list/", status=status),
            "chip": papers.get(status, 0),
            "registry": registry(browser, "issued", status=status)[0],
        }
        one(told)


def test_trained_in_a_quarter_by_organizer(crooked: Region) -> None:
    """The overview of the registries and the registry of the trained, by the last day of the training."""
    year = crooked.today.year
    days = {"from": f"01.01.{year}", "to": f"31.12.{year}"}
    ministry = crooked.browser("ministry")
    overview = table_of(ministry.get("/registry/overview/", **days).text, "Организаторы")
    whole = registry(ministry, "trained", period_from=days["from"], period_to=days["to"])[0]
    assert sum(number_of(row[1]) for row in overview) == whole > 0


@pytest.mark.parametrize("login", ["operator", "organizer"])
def test_blanks_that_are_left(crooked: Region, login: str) -> None:
    browser = crooked.browser(login)
    today = f"{crooked.today:%d.%m.%Y}"
    page = browser.get("/blank/balance/", since="01.01.2015", until=today).text
    lines = table_of(page, f"С 01.01.2015 по {today}")
    left = sum(number_of(row[5]) for row in lines)
    counts = json.loads(browser.get("/blank/counts/").text)["counts"]["status"]
    told = {
        "balance": left,
        "list": heading(browser, "/blank/list/", status="stock"),
        "chip": counts.get("stock", 0),
    }
    if login == "organizer":
        told["export"] = exported(browser, "/blank/export/", status="stock")
        file = browser.get("/blank/balance/file", since="01.01.2015", until=today).rows()
        head = next(n for n, row in enumerate(file) if "Остаток на конец" in row)
        told["file"] = sum(
            int(float(row[file[head].index("Остаток на конец")])) for row in file[head + 1 :] if any(row)
        )
    assert one(told) > 0


# --- papers ----------------------------------------------------------------------------------------------------------


def paper_words(browser: Browser, path: str) -> str:
    """Words of a printed paper, tables included."""
    answer = browser.client.get(path)
    assert answer.status_code == 200, path
    body = Document(io.BytesIO(answer.data)).element.body
    return " ".join(" ".join(text for text in body.itertext() if text.strip()).split()).replace("\xa0", " ")


def said(text: str, word: str) -> int:
    """The number that a paper tells after a word, «Всего слушателей: 25.»."""
    found = re.search(rf"{word}:? ([\d ]+)", text, re.IGNORECASE)
    assert found, (word, text[-300:])
    return number_of(found[1])


def test_papers_of_a_group(crooked: Region) -> None:
    """List, ведомость, journal of issuance and registry of a group, its card, the lists and the registries of all groups."""
    browser = crooked.browser("organizer")
    own = crooked.people["organizer"].facts["places"]
    groups = crooked.sql(
        "SELECT g.id FROM training_group g WHERE g.status IN ('completed', 'running') AND g.organizer_id = ANY(%(own)s) AND EXISTS"
        " (SELECT FROM enrolment e JOIN certificate c ON c.enrolment_id = e.id WHERE e.group_id = g.id)"
        " ORDER BY (SELECT count(*) FROM enrolment e WHERE e.group_id = g.id AND e.status <> 'trained') DESC, g.id LIMIT 2",
        own=list(own),
    )
    assert groups
    for (pk,) in groups:
        listed = {s: heading(browser, "/enrolment/list/", group=pk, status=s) for s in (
            "confirmed", "trained", "failed", "no_show", "expelled")}  # fmt: skip
        papers = f"/training_group/papers/{pk}?paper="
        people, sheet = paper_words(browser, f"{papers}group_list"), paper_words(browser, f"{papers}grade_sheet")
        studying = sum(listed.values()) - listed["expelled"]
        assert one(
            {"list": said(people, "Всего слушателей"), "sheet": said(sheet, "Всего слушателей"), "portal": studying}
        )
        card = browser.get(f"/training_group/show/{pk}").text
        assert number_of(re.search(r"<h2[^>]*>Слушатели: (\d+)</h2>", card)[1]) == sum(listed.values())  # type: ignore[index]
        own_registry = browser.get(f"/training_group/registry/{pk}").rows()
        trained = {
            "list": listed["trained"],
            "ведомость": said(sheet, "(?<!не )аттестовано"),
            "registry of the group": sum(row[0].replace(".0", "").isdecimal() for row in own_registry),
            "registry": registry(browser, "trained", group=str(pk))[0],
        }
        assert one(trained) > 0
        journal = paper_words(browser, f"{papers}issue_journal")
        assert said(journal, "Всего документов") == registry(browser, "issued", group=str(pk))[0]


def test_an_act_of_blanks_and_the_balance(crooked: Region) -> None:
    browser = crooked.browser("organizer")
    home = min(crooked.people["organizer"].facts["places"])
    ((act,),) = crooked.sql(
        "INSERT INTO blank_act (organizer_id, number, year, acted_on, reason) VALUES (%(home)s, '77', 2026, current_date, 'залиты')"
        " RETURNING id",
        home=home,
    )
    crooked.sql(
        "UPDATE blank SET status = 'spoiled', act_id = %(act)s, reason_text = 'залит', changed_at = now() WHERE id IN (SELECT id"
        " FROM blank WHERE organizer_id = %(home)s AND status = 'stock' ORDER BY id LIMIT 3)",
        act=act, home=home,
    )  # fmt: skip
    written_off = {
        pk: number_of(re.search(r"Списано: (\d+)", words(browser.get(f"/blank_act/show/{pk}").text))[1])  # type: ignore[index]
        for pk in ids(browser.get("/blank_act/list/?size=100").text, "blank_act")
    }
    paper = paper_words(browser, f"/blank_act/print/{act}/docx")
    assert number_of(re.search(r"(\d+) бланк", paper)[1]) == written_off[act] == 3  # type: ignore[index]
    spoiled, without_act = (
        heading(browser, f"/blank/list/?{query}") for query in ("status=spoiled", "attention=without_act")
    )
    assert sum(written_off.values()) + without_act == spoiled
    today = f"{crooked.today:%d.%m.%Y}"
    lines = table_of(browser.get("/blank/balance/", since="01.01.2015", until=today).text, f"С 01.01.2015 по {today}")
    assert sum(number_of(row[4]) + number_of(row[6]) for row in lines) == spoiled
    assert sum(number_of(row[3]) for row in lines) == heading(browser, "/blank/list/", status="used")


@pytest.mark.parametrize("login", ["operator", "territory", "school"])
def test_people_without_a_diploma(crooked: Region, login: str) -> None:
    """The rule of the quality of data, the list, its export; by schools of a territory each counts its own people."""
    browser = crooked.browser(login)
    told = {
        "list": heading(browser, "/employee/list/?attention=no_diploma"),
        "export": exported(browser, "/employee/export/", attention="no_diploma"),
    }
    one(told)


def test_ids_of_a_list_are_those_of_the_school(crooked: Region) -> None:
    """Who begins later elsewhere is not among those who work there today."""
    home = min(crooked.people["school"].facts["places"])
    operator = crooked.browser("operator")
    page = operator.get(f"/employee/list/?attention=works&organization={home}&size=100").text
    for (pk,) in crooked.sql(
        "SELECT employee_id FROM employment WHERE organization_id = %(home)s AND started_on = current_date + 20",
        home=home,
    ):
        assert pk not in ids(page, "employee")
