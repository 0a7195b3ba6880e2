"""Ways round the row scope: lists, exports, drop-downs, filters, searches, tabs, links; every answer is watched for secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from app.access import unscoped
from tests.access.oracle import CAST
from tests.access.region import Browser, Region
from tests.access.routes import VIEWS
from tests.actors import client_as

#: those who see a part of the region, and one who sees it all
PARTIAL = ("school", "school2", "territory", "territory2", "organizer", "organizer2", "worker", "worker2")
LISTED = (*PARTIAL, "operator", "admin", "observer")
EXPORTING = (*PARTIAL, "ministry")
#: what a combobox is asked: nothing, and the secrets' words
TYPED = ("", "Утаённовская", "Сокровеннова", "Потаённый", "Тайная")


def listed(region: Region, login: str, verb: str = "list") -> Iterator[tuple[str, str]]:
    """(view, table) of the lists that the person may open."""
    for view, (table, _forms, _actions) in VIEWS.items():
        if region.people[login].may(f"{table}:{verb}"):
            yield view, table


def total(text: str) -> int:
    """The number beside the list's title; an empty list shows none."""
    found = re.search(r'<h1>[^<]*<span class="n">([\d\s\xa0]+)</span>', text)
    return int(re.sub(r"\D", "", found[1])) if found else 0


def shown_ids(text: str, table: str) -> set[int]:
    """Ids of the rows to which a page leads."""
    rows = text.split("<tbody>")[-1]
    return {int(pk) for pk in re.findall(rf'href="/{table}/(?:show|import)/(\d+)"', rows)}


@pytest.fixture
def browsers(region: Region) -> Iterator[Any]:
    """Browsers by login; no secret may have reached any of them."""
    opened: dict[str, Browser] = {}

    def open_as(login: str) -> Browser:
        return opened.setdefault(login, region.browser(login))

    yield open_as
    assert {login: b.leaks for login, b in opened.items() if b.leaks} == {}


def test_without_the_scope_the_secrets_are_reached(region: Region) -> None:
    """The other tests could fail: with the scope taken away the same requests show the other side's rows."""
    browser = region.browser("school")
    foreign = region.pick("school", "employee", "foreign")
    with unscoped("proof that the tests can fail"):
        everything = browser.get("/employee/list/", q="Утаённовская")
        card = browser.get(f"/voucher/show/{region.pick('school', 'voucher', 'foreign')}")
    assert total(everything.text) == 1
    assert shown_ids(everything.text, "employee") == {foreign}
    # the second barrier, rights and rows together, still stands
    assert card.status == 403
    assert any("Утаённовская" in leak for leak in browser.leaks)


@pytest.mark.parametrize("login", LISTED)
def test_lists_hold_exactly_the_rows_of_the_role(region: Region, browsers: Any, login: str) -> None:
    """The count and the rows of the first and last pages are the oracle's."""
    wrong = []
    for view, table in listed(region, login):
        seen = set(region.ids(login, table))
        first = browsers(login).get(f"/{table}/list/", size=100)
        last = browsers(login).get(f"/{table}/list/", size=100, page=10_000)
        if total(first.text) != len(seen):
            wrong.append(f"{view}: {total(first.text)} rows, not {len(seen)}")
        leads_to = {"import_batch": "employee", "audit_entry": ""}.get(table, table)
        ids = shown_ids(first.text, leads_to) | shown_ids(last.text, leads_to)
        if table == "import_batch":  # batches of чеки and of trainings lead to pages of their own
            for kind in ("voucher", "training", "plan_item"):
                ids |= shown_ids(first.text, kind) | shown_ids(last.text, kind)
        if leads_to and (ids - seen or (len(ids) != len(seen) and len(seen) <= 200) or bool(ids) != bool(seen)):
            wrong.append(f"{view}: foreign rows {sorted(ids - seen)[:5]} of {len(ids)}")
    assert wrong == []


@pytest.mark.parametrize("login", EXPORTING)
def test_exports_hold_exactly_the_rows_of_the_role(region: Region, browsers: Any, login: str) -> None:
    """A workbook has as many rows as the oracle, and none of the other side's."""
    wrong = []
    for view, table in listed(region, login, "export"):
        rows = browsers(login).get(f"/{table}/export/").rows()
        stated = next(line[0] for line in rows if line[0].startswith("Строк: "))
        head = next(i for i, line in enumerate(rows) if len([c for c in line if c]) > 1 or not line[0])
        seen = len(region.ids(login, table))
        written = len(rows) - rows.index(next(r for r in rows[head:] if r[0])) - 1
        if (re.sub(r"\D", "", stated), written) != (str(seen), seen):
            wrong.append(f"{view}: {stated}, {written} rows, not {seen}")
    assert wrong == []


@pytest.mark.parametrize("login", CAST)
def test_lookups_offer_only_visible_rows(region: Region, login: str) -> None:
    """Drop-downs and comboboxes, with nothing typed and with the secrets' words typed; the matrix asks each by its address."""
    wrong, hidden = [], region.hidden_from(login)
    for view in region.app.appbuilder.baseviews:
        name = type(view).__name__
        if name not in VIEWS or not any(region.people[login].may(f"{view.table}:{v}") for v in ("list", "add", "edit")):
            continue
        for field in sorted(view.lookup_names | {f.name for f in view.listing.filters if f.kind == "lookup"}):
            target = view.lookup.target(field).__tablename__
            seen = set(region.ids(login, target))
            with region.asking(login):
                for lookup, typed in product((view.lookup, view.lookup.whole()), TYPED):
                    found = lookup.find(field, typed)["results"]
                    ids, text = {row["id"] for row in found}, str(found)
                    wrong += [f"{name}.{field} «{typed}»: {sorted(ids - seen)[:3]}"] if ids - seen else []
                    wrong += [f"{name}.{field} «{typed}»: {words}" for words in hidden if words in text]
    assert wrong == []


@pytest.mark.parametrize("login", PARTIAL)
def test_filters_by_a_foreign_row_show_nothing_of_it(region: Region, browsers: Any, login: str) -> None:
    """``?organization=<foreign id>`` neither names the row nor lists what belongs to it."""
    wrong, asked = [], 0
    for view in lists_of(region, login):
        for name in [f.name for f in view.listing.filters]:
            relation = name in view.listing.mapper.relationships or name in ("organization", "position")
            foreign = region.pick(login, view.lookup.target(name).__tablename__, "foreign") if relation else None
            if foreign is None:
                continue
            answer, asked = browsers(login).get(f"/{view.table}/list/", **{name: foreign}), asked + 1
            ids = shown_ids(answer.text, view.table)
            if answer.status != 200 or ids - set(region.ids(login, view.table)):
                wrong.append(f"{view.table}?{name}={foreign}: {answer.status} {sorted(ids)[:3]}")
            if ids and view.table not in ("employee", "employment"):
                wrong.append(f"{view.table}?{name}={foreign}: rows {sorted(ids)[:3]}")
    assert wrong == []
    assert asked > 3


@pytest.mark.parametrize("login", ["operator", "school"])
def test_filters_take_anything_for_an_answer(region: Region, login: str) -> None:
    """A filter's value that is none finds rows of the role, whatever the filter: no statement fails. The page: ``test_writes``."""
    wrong = []
    for view in lists_of(region, login):
        own = set(region.ids(login, view.table))
        for f, value in product(view.listing.filters, ("999999999", "нет", "'")):
            name = f"{f.name}_from" if f.kind == "dates" else f.name
            if region.found(login, view, **{name: value}) - own:
                wrong.append(f"{view.table}?{name}={value}")
    assert wrong == []


def lists_of(region: Region, login: str) -> list[Any]:
    """The generated views whose list the person may open."""
    return [
        view
        for view in region.app.appbuilder.baseviews
        if type(view).__name__ in VIEWS and region.people[login].may(f"{view.table}:list")
    ]


@pytest.mark.parametrize("login", PARTIAL)
def test_searching_the_secrets_finds_nothing(region: Region, login: str) -> None:
    """A foreign СНИЛС, surname or number typed into the search of any list finds no row; by its address: one of each table."""
    words = set(region.hidden_from(login))
    hidden = [s for s in region.secrets if s.words[0] in words]
    assert len(hidden) > 5
    browser = Browser(client_as(region.app, login))
    wrong = []
    for view in lists_of(region, login):
        table, own = view.table, set(region.ids(login, view.table))
        searched = [s for s in hidden if table in (s.table, "employee", "enrolment", "voucher")]
        for secret in searched:
            for typed in (*secret.words, *([secret.words[0][:5]] if secret.words[0].isdigit() else [])):
                if (ids := region.found(login, view, q=typed)) - own:
                    wrong.append(f"{view.table} «{typed}»: {sorted(ids)[:3]}")
        for secret in [s for s in searched if s.table == table][:1]:
            # the page repeats what was typed, so only its rows are looked at
            ids = shown_ids(browser.get(f"/{table}/list/", q=secret.words[0]).text, table)
            wrong += [f"page of {table}: {sorted(ids)[:3]}"] if ids - own else []
    assert wrong == []


def test_orders_that_are_not_offered_change_nothing(region: Region, browsers: Any) -> None:
    """Sorting by a hidden column would tell its order (H14): only the offered columns sort."""
    orders = (
        "password",
        "-password",
        "snils; DROP TABLE x",
        "nonsense",
        "__class__",
        "employee.snils",
        "search",
        "-" * 50,
    )
    for login, path in (
        ("admin", "/ab_user/list/"),
        ("school", "/employee/list/"),
        ("operator", "/organization/list/"),
    ):
        plain = browsers(login).get(path)
        for order in orders:
            answer = browsers(login).get(path, order=order)
            rows = [re.findall(r'href="/\w+/show/(\d+)"', page.text) for page in (plain, answer)]
            assert (answer.status, rows[0]) == (200, rows[1]), (path, order)


@pytest.mark.parametrize("login", ["school", "school2", "territory", "organizer", "worker", "worker2"])
def test_cards_and_their_tabs_name_no_foreign_row(region: Region, browsers: Any, login: str) -> None:
    """Related rows of a card are of the person's own scope, whatever the tab (H6, H7)."""
    wrong = []
    tabs = ("overview", "work", "education", "attestation", "training", "courses", "documents", "nonsense")
    for view, (table, _forms, _actions) in VIEWS.items():
        if not region.people[login].may(f"{table}:show"):
            continue
        for pk in region.ids(login, table)[:2]:
            for tab in tabs if table == "employee" else ("",):
                answer = browsers(login).get(f"/{table}/show/{pk}", tab=tab)
                wrong += _foreign_links(region, login, answer.text)
                wrong += [f"{view} {pk}: {answer.status}"] if answer.status != 200 else []
    assert wrong == []


def _foreign_links(region: Region, login: str, text: str) -> list[str]:
    """Links of a page that lead to rows which the person does not see."""
    found = []
    for table, pk in set(re.findall(r'href="/(\w+)/show/(\d+)', text.split("<main", 1)[-1])):
        if not region.ids(login, table, f"t.id = {pk}"):
            found.append(f"link to {table} {pk}")
    return found


def test_a_group_lists_only_visible_listeners(region: Region, browsers: Any) -> None:
    """A school sees its own people among the listeners of a group that holds people of several schools."""
    mixed = region.sql(
        "SELECT group_id FROM enrolment WHERE employee_id = ANY(%(own)s) AND group_id IN"
        " (SELECT group_id FROM enrolment WHERE NOT employee_id = ANY(%(own)s)) LIMIT 3",
        own=region.ids("school", "employee"),
    )
    assert mixed
    for (group,) in mixed:
        text = browsers("school").get(f"/training_group/show/{group}").text
        shown = {int(pk) for pk in re.findall(r'href="/enrolment/show/(\d+)"', text)}
        assert shown
        assert shown == set(region.ids("school", "enrolment", f"t.group_id = {group}"))


def test_start_pages_show_figures_of_own_rows(region: Region, browsers: Any) -> None:
    """The figure of the start page is the number of rows of the list that it opens."""
    for login in CAST:
        page = browsers(login).get("/")
        assert page.status == 200
        lines = re.findall(
            r'(?s)<li class="t-\w+"><div><b>\D*(\d[\d\s\xa0]*).*?<a class="btn[^"]*" href="([^"]*)"', page.text
        )
        seen = re.findall(r'<li><a href="(/\w+/list/[^"]*)">(\d[\d\s\xa0]*)', page.text)
        for href, number in [*((href, number) for number, href in lines), *seen]:
            answer = browsers(login).get(href.replace("&amp;", "&"))
            assert total(answer.text) == int(re.sub(r"\D", "", number)), (login, href)


def test_two_roles_do_not_lend_each_other_rights(region: Region) -> None:
    """A right of one role never works on rows that only the other role sees."""
    worker = region.people["worker"].facts
    region.sql(
        "INSERT INTO assignment (user_id, role, organization_id, valid_from) VALUES (%(user)s, 'organizer', %(home)s, '2020-01-01')",
        user=worker["user"],
        home=region.people["organizer"].facts["places"][0],
    )
    try:
        browser = region.browser("worker")
        listener = region.sql(
            "SELECT employee_id FROM enrolment e JOIN training_group g ON g.id = e.group_id WHERE g.organizer_id = %(home)s"
            " AND employee_id <> %(employee)s LIMIT 1",
            home=region.people["organizer"].facts["places"][0],
            employee=worker["employee"],
        )[0][0]
        assert browser.get(f"/employee/show/{worker['employee']}").status == 200
        # the organizer's role sees the listener, but only the worker's role may open cards
        assert browser.get(f"/employee/show/{listener}").status == 403
        own = set(region.ids("worker", "employment"))
        assert shown_ids(browser.get("/employment/list/", size=100).text, "employment") == own
    finally:
        region.sql("DELETE FROM assignment WHERE user_id = %(user)s AND role = 'organizer'", user=worker["user"])
