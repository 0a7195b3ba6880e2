"""Every generated list: statements, search, order, pages, filters, and the export that equals it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.access.region import Browser, Region
from tests.access.routes import VIEWS
from tests.statements import recorded
from tests.web.pages import error_beside, heads, ids, names, total, words

#: whatever the number of rows («Speed and size» of the order to build)
#: by who sees every row, whose related rows are joined; by the others
MOST_STATEMENTS, MOST_OF_NARROW = 9, 13
#: a first day that nobody has told is no value
UNKNOWN_LAST = "CASE WHEN start_known THEN started_on END"
LISTS = {view: table for view, (table, _forms, _actions) in VIEWS.items()}


@pytest.fixture
def browser(region: Region, full: None) -> Browser:
    """The operator, who sees every row."""
    return region.browser("operator")


@pytest.fixture(scope="module")
def full(region: Region) -> None:
    """Enough rows for a full page where the demo region has few."""
    series = "FROM generate_series(1, 30) n"
    region.sql(
        f"INSERT INTO letter (recipient, subject, body) SELECT 'a' || n || '@example.test', 'Письмо ' || n, 'Текст' {series}"
    )
    region.sql(
        f"INSERT INTO import_batch (user_id, file_name, sha256, rows) SELECT 1, 'Список ' || n, repeat('0', 64), '[]' {series}"
    )
    region.sql(
        f"INSERT INTO workday_correction (day, reason) SELECT DATE '2027-02-01' + n, 'Перенос' {series} ON CONFLICT DO NOTHING"
    )
    region.sql(
        "INSERT INTO ab_user (first_name, last_name, username, email, active, employee_id)"
        f" SELECT 'Анна', 'Пользователева', 'user' || n, 'user' || n || '@example.test', true, 1000 + n {series}"
    )
    region.sql(
        "INSERT INTO assignment (user_id, role, organization_id, valid_from)"
        " SELECT id, 'school', 1 + id %% 40, '2020-01-01' FROM ab_user WHERE username LIKE 'user%%' AND %(yes)s",
        yes=True,
    )
    region.sql(
        "INSERT INTO audit_entry (user_name, role, action, object_table, object_id, object_label)"
        f" SELECT 'Портал', 'Оператор АИС', 'voucher.annul', 'voucher', n, 'чек ' || n {series}"
    )


# --- statements ------------------------------------------------------------------------------------------------------


@contextmanager
def only(region: Region, table: str, kept: list[int]) -> Iterator[None]:
    """Leave only these rows of a table for a while; the rest of the database stays."""
    columns = ", ".join(
        f'"{name}"'
        for (name,) in region.sql(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %(table)s"
            " AND is_generated = 'NEVER'",
            table=table,
        )
    )
    region.sql("SET session_replication_role = replica")
    region.sql(f'CREATE TABLE spare AS SELECT * FROM "{table}"')
    region.sql(f'DELETE FROM "{table}" WHERE NOT id = ANY(%(kept)s)', kept=kept)
    try:
        yield
    finally:
        region.sql(
            f'INSERT INTO "{table}" ({columns}) SELECT {columns} FROM spare WHERE NOT id = ANY(%(kept)s)', kept=kept
        )
        region.sql("DROP TABLE spare")
        region.sql("SET session_replication_role = DEFAULT")


def statements_of(browser: Browser, path: str, **query: Any) -> tuple[int, int, list[str]]:
    """(rows on the page, total, statements) of a list."""
    with recorded() as statements:
        answer = browser.get(path, **query)
    assert answer.status == 200
    return len(re.findall('<th scope="row"', answer.text)), total(answer.text), statements


@pytest.mark.parametrize("view", LISTS)
def test_a_list_takes_as_many_statements_whatever_its_rows(region: Region, browser: Browser, view: str) -> None:
    """1, 3 and a whole page of rows cost the same; a hundred no more."""
    table = LISTS[view]
    path = f"/{table}/list/"
    browser.get(path)
    rows, number, full = statements_of(browser, path)
    shown = ids(browser.get(path).text, "employee" if table == "import_batch" else table)
    shown = shown or [pk for (pk,) in region.sql(f'SELECT id FROM "{table}" ORDER BY id DESC LIMIT 3')]
    counts = {}
    # the reader's own role has no place, so a list of it alone asks for none
    for few in (2 if table == "assignment" else 1, 3):
        with only(region, table, richest(region, table, shown)[:few]):
            found, _, statements = statements_of(browser, path)
            assert found == min(few, number)
            counts[few] = len(statements)
    assert rows == min(25, number)
    # of few rows the page itself says the numbers in the filters, with the rows of small directories in the same statement
    listing = next(v for v in region.app.appbuilder.baseviews if type(v).__name__ == view).listing
    asked = "data-counts" in browser.get(path).text and any(f.kind != "lookup" or f.pairs for f in listing.filters)
    directories = sum(f.target is not None for f in listing.filters)
    assert set(counts.values()) == {len(full) + (1 - directories if asked else 0)}, "\n".join(full)
    assert len(full) <= MOST_STATEMENTS, "\n".join(full)
    # one more: a relation of which the first page happens to hold none
    assert len(statements_of(browser, path, size=100)[2]) <= min(len(full) + 1, MOST_STATEMENTS)
    assert len(statements_of(browser, path, page=10_000)[2]) <= MOST_STATEMENTS


#: rows whose related rows are all there: an empty relation needs no further statement; the reader's account stays
RICHEST = {
    "employee": "EXISTS (SELECT FROM attestation a WHERE a.employee_id = t.id) AND EXISTS (SELECT FROM employment w WHERE w.employee_id = t.id)",
    "enrolment": "t.block_id IS NOT NULL",
    "attestation": "t.position_id IS NOT NULL",
    "ab_user": "t.username = 'operator'",
    "assignment": "t.role = 'operator'",
}


def richest(region: Region, table: str, shown: list[int]) -> list[int]:
    """Rows of the page, the richest first."""
    place = "true" if table in ("ab_user", "assignment") else "t.id = ANY(%(shown)s)"
    head = region.sql(f'SELECT t.id FROM "{table}" t WHERE {RICHEST.get(table, "false")} AND {place}', shown=shown)
    return [pk for (pk,) in head] + [pk for pk in shown if (pk,) not in head]


@pytest.mark.parametrize("login", ["school", "territory", "organizer", "ministry", "admin", "worker"])
def test_lists_of_a_narrow_scope_take_no_more_statements(region: Region, login: str) -> None:
    """The row scope is a part of the statements, not more of them."""
    reader, wrong = region.browser(login), []
    for view, table in LISTS.items():
        if region.people[login].may(f"{table}:list"):
            _, _, statements = statements_of(reader, f"/{table}/list/")
            wrong += [f"{view}: {len(statements)}"] if len(statements) > MOST_OF_NARROW else []
    assert wrong == []


# --- search ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def namesakes(region: Region) -> dict[str, int]:
    """Two people whose names mirror each other, and one with ё."""
    people = (
        ("Иванцов", "Петрован", "Семёнович"),
        ("Петрованов", "Иванцислав", "Фёдорович"),
        ("Ёжикова", "Алёна", "Артёмовна"),
    )
    return {
        name[0]: region.sql(
            "INSERT INTO employee (last_name, first_name, patronymic, snils) VALUES (%(a)s, %(b)s, %(c)s, %(d)s) RETURNING id",
            a=name[0], b=name[1], c=name[2], d=f"9990000000{number}",
        )[0][0]
        for number, name in enumerate(people)
    }  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "surnames"),
    [
        ("иванц петров", {"Иванцов", "Петрованов"}),
        ("петров иванц", {"Иванцов", "Петрованов"}),
        ("ПЕТРОВ ИВАНЦ", {"Иванцов", "Петрованов"}),
        ("иванцов  петрован   семенович", {"Иванцов"}),
        ("Иванцов Семёнович", {"Иванцов"}),
        ("ежикова алена", {"Ёжикова"}),
        ("Ёжикова Алёна", {"Ёжикова"}),
        ("ёЖИКОВА", {"Ёжикова"}),
        ("999-000-000 02", {"Ёжикова"}),
        ("99900000002", {"Ёжикова"}),
        ("999-000-0000", {"Ёжикова", "Иванцов", "Петрованов"}),
        ("ванцов", set()),
        ("иванцов ежикова", set()),
    ],
)
def test_people_are_found_by_beginnings_of_words_in_any_order(
    browser: Browser, namesakes: dict[str, int], typed: str, surnames: set[str]
) -> None:
    found = browser.get("/employee/list/", q=typed)
    assert set(ids(found.text, "employee")) == {namesakes[s] for s in surnames}


def test_the_search_stays_in_its_box_and_can_be_taken_back(browser: Browser) -> None:
    page = browser.get("/employee/list/", q='нет "таких"').text
    assert 'value="нет &#34;таких&#34;"' in page
    assert "По этому отбору ничего не найдено" in page
    assert "Сбросить отборы" in page


@pytest.mark.parametrize("view", LISTS)
def test_every_list_can_be_searched(browser: Browser, view: str) -> None:
    """Words, digits and signs: each list answers, and signs alone find nothing."""
    for typed in ("а", "о 1", "2026", "%", "_", "'", "«»"):
        assert browser.get(f"/{LISTS[view]}/list/", q=typed).status == 200


# --- order and pages -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("view", [v for v in LISTS if v not in ("AuditEntryView",)])
def test_every_offered_order_is_that_of_the_database(region: Region, browser: Browser, view: str) -> None:
    """Both ways by each column whose head is a link; empty values last, equal values by id."""
    table = LISTS[view]
    listing = next(v for v in region.app.appbuilder.baseviews if type(v).__name__ == view).listing
    leads_to = "employee" if table == "import_batch" else table
    for column in (c for c in listing.columns if c.orders):
        for sign, word in (("", "ASC"), ("-", "DESC")):
            shown = ids(browser.get(f"/{table}/list/", order=sign + column.name).text, leads_to)
            # texts as people sort them, by the generated column where there is one
            by = [f'"{o.key}"' if o.key else f"translate(lower(\"{column.name}\"), 'ё', 'е')" for o in column.orders]
            by = [UNKNOWN_LAST] if (table, column.name) == ("employment", "started_on") else by
            order = ", ".join(f"{term} {word} NULLS LAST" for term in by)
            found = region.sql(f"SELECT id, to_jsonb(t) ->> 'kind' FROM \"{table}\" t ORDER BY {order}, id LIMIT 25")
            # a batch of чеки leads elsewhere than one of employees
            expected = [pk for pk, kind in found if table != "import_batch" or kind == "staff"]
            assert shown == expected, column.name


def test_pages_show_every_row_once(region: Region, browser: Browser) -> None:
    """Also by an order with many equal values, and also in the half that is read from the end."""
    everything = [pk for (pk,) in region.sql("SELECT id FROM enrolment ORDER BY status, id")]
    for order, expected in (("status", everything), ("", sorted(everything, reverse=True))):
        shown: list[int] = []
        for page in range(1, -(-len(everything) // 100) + 1):
            shown += ids(browser.get("/enrolment/list/", size=100, page=page, order=order).text, "enrolment")
        assert shown == expected


def test_the_last_page_shows_the_rest_and_a_page_after_it_the_same(browser: Browser) -> None:
    number = total(browser.get("/employee/list/").text)
    last = -(-number // 25)
    page = browser.get("/employee/list/", page=last).text
    assert len(names(page)) == number - 25 * (last - 1)
    foot = re.sub(r"(?<=\d)\s(?=\d)", "", words(page.split('class="foot">', 1)[1].split("</span>", 1)[0]))
    assert foot == (f"{25 * (last - 1) + 1}–{number} из {number}")
    assert ids(browser.get("/employee/list/", page=last + 5).text, "employee") == ids(page, "employee")


@pytest.mark.parametrize(
    ("size", "rows"), [("50", 50), ("100", 100), ("25", 25), ("101", 25), ("1000000", 25), ("-5", 25)]
)
def test_the_size_of_a_page_is_one_of_three(browser: Browser, size: str, rows: int) -> None:
    assert len(names(browser.get("/employee/list/", size=size).text)) == rows


def test_search_filters_and_order_stay_while_paging(browser: Browser) -> None:
    page = browser.get("/enrolment/list/", status="trained", order="-status", size="50").text
    links = re.findall(r'href="(/enrolment/list/\?[^"]*page=\d+[^"]*)"', page)
    assert links
    for link in links:
        assert {"status=trained", "order=-status", "size=50"} <= set(
            re.split(r"[?&]|&amp;", link.replace("&amp;", "&"))
        )


# --- filters ---------------------------------------------------------------------------------------------------------

FILTERS = (
    ("enrolment", {"status": "trained"}, "t.status = 'trained'"),
    ("enrolment", {"status": "no_such_status"}, "true"),
    ("enrolment", {"group": "10"}, "t.group_id = 10"),
    ("program", {"year": "2026", "block": "variable"}, "t.year = 2026 AND t.block = 'variable'"),
    ("program", {"organizer": "101"}, "t.organizer_id = 101"),
    ("position", {"voucher_eligible": "0"}, "NOT t.voucher_eligible"),
    ("position", {"voucher_eligible": "1", "kind": "teaching"}, "t.voucher_eligible AND t.kind = 'teaching'"),
    ("employee", {"sex": "female", "q": "ан"}, "t.sex = 'female' AND (t.search @@ to_tsquery('simple', 'ан:*') OR EXISTS (SELECT 1 FROM former_name f WHERE"
            " f.employee_id = t.id AND to_tsvector('simple', translate(lower(f.last_name), 'ё', 'е'))"
            " @@ to_tsquery('simple', 'ан:*')))"),
    ("employee", {"birth_date_from": "01.01.1980"}, "t.birth_date >= '1980-01-01'"),
    ("employee", {"birth_date_from": "01.02.1980", "birth_date_to": "1.3.1985"}, "t.birth_date BETWEEN '1980-02-01' AND '1985-03-01'"),
    ("employee", {"organization": "1"}, "t.id IN (SELECT employee_id FROM employment WHERE organization_id = 1 AND ended_on IS NULL)"),
    ("employment", {"organization": "1", "status": "confirmed"}, "t.organization_id = 1 AND t.status = 'confirmed'"),
    ("organization", {"territory": "7"}, "t.territory_id = 7"),
    ("organization", {"parent": "1"}, "t.parent_id = 1"),
    ("organization", {"is_organizer": "1"}, "t.is_organizer"),
    ("frdo_reference", {"list_code": "form"}, "t.list_code = 'form'"),
    ("assignment", {"role": "worker"}, "t.role = 'worker'"),
    ("audit_entry", {"object_table": "voucher"}, "t.object_table = 'voucher'"),
    ("training_group", {"status": "open", "starts_on_from": "01.01.2020"}, "t.status = 'open' AND t.starts_on >= '2020-01-01'"),
    ("voucher", {"valid_until_to": "31.12.2027"}, "t.valid_until <= '2027-12-31'"),
)  # fmt: skip


@pytest.mark.parametrize(("table", "query", "condition"), FILTERS)
def test_filters_narrow_as_they_say(
    region: Region, browser: Browser, table: str, query: dict[str, str], condition: str
) -> None:
    expected = region.sql(f'SELECT count(*) FROM "{table}" t WHERE {condition} AND %(yes)s', yes=True)[0][0]
    assert total(browser.get(f"/{table}/list/", **query).text) == expected


def test_moments_are_filtered_by_the_local_day(region: Region, browser: Browser) -> None:
    """23:30 by Samara is the same day there, though another one by UTC."""
    region.sql(
        "INSERT INTO audit_entry (at, user_name, role, action, object_table, object_label) VALUES"
        " ('2019-05-05 23:30+04', 'П', 'О', 'voucher.annul', 'voucher', 'x'), ('2019-05-06 00:10+04', 'П', 'О', 'voucher.annul', 'voucher', 'y')"
    )
    for day, rows in (("05.05.2019", 1), ("06.05.2019", 1), ("04.05.2019", 0)):
        assert total(browser.get("/audit_entry/list/", at_from=day, at_to=day).text) == rows


@pytest.mark.parametrize("typed", ["31.02.1980", "когда-то", "1980-13-45", "00.00.0000"])
def test_a_date_that_cannot_be_read_is_said_beside_the_filter(browser: Browser, typed: str) -> None:
    page = browser.get("/employee/list/", birth_date_from=typed).text
    assert re.search("[а-яё]{4}", error_beside(page, "f-birth_date"))
    assert typed in page
    assert total(page) == total(browser.get("/employee/list/").text)


# --- export ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "query"),
    [
        ("enrolment", {"status": "trained", "order": "status"}),
        ("employee", {"q": "ан", "order": "-full_name", "sex": "female"}),
        ("organization", {"order": "short_name"}),
        ("voucher", {}),
    ],
)
def test_the_export_is_the_list(region: Region, browser: Browser, table: str, query: dict[str, str]) -> None:
    """Same rows, order and columns; stamped with who, when, which filters, how many; written to the journal."""
    page = browser.get(f"/{table}/list/", size=100, **query).text
    link = re.search(rf'href="(/{table}/export/[^"]*)"', page)
    assert link
    rows = browser.get(link[1].replace("&amp;", "&")).rows()
    titles = heads(page)
    at = next(i for i, row in enumerate(rows) if row[: len(titles)] == titles)
    stamp = " ".join(cell for row in rows[:at] for cell in row)
    records = rows[at + 1 :]
    assert len(records) == total(page)
    shown = names(page)
    written = [" ".join(row[0].split()) for row in records[: len(shown)]]
    assert written == shown
    assert region.sql("SELECT last_name FROM ab_user WHERE username = 'operator'")[0][0] in stamp
    assert f"{region.today:%d.%m.%Y}" in stamp
    assert re.sub(r"\D", "", stamp.split("Строк:")[1]) == str(total(page))
    assert ("поиск «ан»" in stamp) == ("q" in query)
    (journal,) = region.sql("SELECT user_name, action, changes FROM audit_entry ORDER BY id DESC LIMIT 1")
    assert journal[1] == f"{table}.exported"
    assert [str(total(page))] == [value[1] for label, value in journal[2].items() if label == "Строк"]


@pytest.mark.usefixtures("namesakes")
def test_an_export_masks_snils_and_holds_no_formula(region: Region, browser: Browser) -> None:
    """Text that begins like a formula stays text; СНИЛС leave the portal only masked."""
    region.sql("UPDATE employee SET patronymic = '=1+1' WHERE last_name = 'Иванцов'")
    body = browser.client.get("/employee/export/?q=иванцов")
    data = body.get_data()
    body.close()
    import io

    from openpyxl import load_workbook

    cells = [c for row in load_workbook(io.BytesIO(data)).active.iter_rows() for c in row if c.value is not None]
    assert any("=1+1" in str(c.value) for c in cells)
    assert {c.data_type for c in cells} <= {"s", "n", "d"}
    assert not any(re.search(r"\d{11}|\d{3}-\d{3}-\d{3} \d\d", str(c.value)) for c in cells)
