"""Forms as a way round the scope: foreign ids, prefilled addresses, extra fields, impossible numbers, missing tokens."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.access.oracle import CAST
from tests.access.region import Browser, Region
from tests.access.routes import ROUTES, VIEWS

REFUSED_CHOICE = "Выберите из списка."
HUGE = ("0", "-1", "2147483648", "9223372036854775808", "9" * 40)


@pytest.fixture
def school(region: Region) -> Iterator[Browser]:
    """The responsible person of the first school."""
    browser = region.browser("school")
    yield browser
    assert browser.leaks == []


def own(region: Region, table: str, login: str = "school", condition: str = "true") -> int:
    """A row that the person sees."""
    return region.ids(login, table, condition)[0]


def first(region: Region, table: str, condition: str = "true") -> int:
    """A row of a directory."""
    return int(region.sql(f'SELECT id FROM "{table}" WHERE {condition} ORDER BY id LIMIT 1')[0][0])


def day(region: Region, days: int) -> str:
    """A date from today, as it is typed."""
    return f"{region.today + dt.timedelta(days=days):%d.%m.%Y}"


def valid_forms(region: Region) -> dict[str, tuple[str, str, dict[str, Any], str, str]]:
    """Case → (login, address, values that are accepted, the field with an id, the table it points to)."""
    home = region.people["school"].facts["places"][0]
    person = own(region, "employee")
    free = region.sql(
        "SELECT t.id FROM employee t JOIN employment w ON w.employee_id = t.id AND w.ended_on IS NULL AND w.organization_id = %(home)s"
        " JOIN position p ON p.id = w.position_id AND p.voucher_eligible WHERE w.status = 'confirmed'"
        " AND NOT EXISTS (SELECT FROM voucher_application a WHERE a.employee_id = t.id)"
        " AND NOT EXISTS (SELECT FROM voucher v WHERE v.employee_id = t.id) LIMIT 1",
        home=home,
    )[0][0]
    organizer = region.people["organizer"].facts["places"][0]
    program = first(region, "program", f"organizer_id = {organizer} AND status = 'published'")
    position, level = first(region, "position", "name = 'Учитель'"), first(region, "education_level")
    place = {"organization": home, "position": position, "kind": "secondary", "started_on": day(region, -40)}
    human = {"last_name": "Проверкин", "first_name": "Пётр", "birth_date": "01.02.1980", "sex": "male"}
    course = {
        "code": "Ш-1",
        "title": "Проба",
        "kind": "advanced",
        "year": 2027,
        "hours": 36,
        "form": "full_time",
        "block": "variable",
    }
    group = {
        "number": "П-1", "starts_on": day(region, 60), "ends_on": day(region, 70), "enrol_from": day(region, 1),
        "enrol_until": day(region, 30), "place": "Самара", "capacity": 5, "minimum": 0,
    }  # fmt: skip
    open_group = first(region, "training_group", "status = 'open' AND taken < capacity")
    return {
        "qualification": ("school", "/qualification/add", {"employee": person, "level": level}, "employee", "employee"),
        "place": ("school", "/employment/add", {"employee": person, **place}, "employee", "employee"),
        "place elsewhere": ("school", "/employment/add", {"employee": person, **place}, "organization", "organization"),
        "hiring": ("school", "/employee/add", {**human, **place, "kind": "main"}, "organization", "organization"),
        "application": (
            "school",
            "/voucher_application/add",
            {"employee": free, "on_behalf_note": "Согласовано"},
            "employee",
            "employee",
        ),
        "program": ("organizer", "/program/add", {"organizer": organizer, **course}, "organizer", "organization"),
        "group": ("organizer", "/training_group/add", {"program": program, **group}, "program", "program"),
        "enrolment": ("school", "/enrolment/add", {"employee": person, "group": open_group}, "employee", "employee"),
        "draft group": (
            "school",
            "/enrolment/add",
            {"employee": person, "group": open_group},
            "group",
            "training_group",
        ),
    }


FORMS = (
    "qualification", "place", "place elsewhere", "hiring", "application", "program", "group", "enrolment", "draft group",
)  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_a_foreign_id_in_a_form_is_refused_and_nothing_written(region: Region, name: str) -> None:
    """H3, H4: the same form is accepted with an own row, so only the foreign id is at fault."""
    login, path, values, field, table = valid_forms(region)[name]
    browser = region.browser(login)
    foreign = region.pick(login, table, "foreign")
    with region.nothing_changes():
        for wrong in (foreign, "2000000000", "abc", "1 OR 1=1", "-5"):
            answer = browser.post(path, {**values, field: wrong})
            assert answer.status == 422, wrong
            assert REFUSED_CHOICE in answer.text.split(f'id="{field}-error"', 1)[1][:400], wrong
    assert browser.leaks == []
    if name not in ("enrolment", "draft group"):  # whether a course suits a person is another matter
        answer = browser.post(path, values)
        assert answer.status == 302, answer.text


@pytest.mark.parametrize("field", ["organization", "employee"])
def test_an_own_record_is_not_moved_to_a_foreign_row(region: Region, school: Browser, field: str) -> None:
    """Editing does not give a row away, nor take one over."""
    home = region.people["school"].facts["places"]
    pk = own(region, "employment", condition=f"t.organization_id = ANY(ARRAY{list(home)}) AND t.ended_on IS NULL")
    row = region.sql(
        "SELECT employee_id, organization_id, position_id, kind, started_on FROM employment WHERE id = %(pk)s", pk=pk
    )[0]
    values = dict(zip(("employee", "organization", "position", "kind", "started_on"), row, strict=True))
    values["started_on"] = f"{row[4]:%d.%m.%Y}"
    with region.nothing_changes():
        foreign = region.pick("school", "employee" if field == "employee" else "organization", "foreign")
        answer = school.post(f"/employment/edit/{pk}", {**values, field: foreign})
        assert answer.status == 422
        assert REFUSED_CHOICE in answer.text
    assert school.post(f"/employment/edit/{pk}", values).status == 302


@pytest.mark.parametrize("login", [login for login in CAST if login not in ("operator", "ministry")])
def test_a_prefilled_form_does_not_name_a_foreign_row(region: Region, login: str) -> None:
    """``/add?employee=<foreign>`` leaves the field empty."""
    browser = region.browser(login)
    for view in region.app.appbuilder.baseviews:
        if type(view).__name__ not in VIEWS or not view.sections or not region.people[login].may(f"{view.table}:add"):
            continue
        for field in view.lookup_names:
            foreign = region.pick(login, view.lookup.target(field).__tablename__, "foreign")
            if foreign is not None:
                answer = browser.get(f"/{view.table}/add", **{field: foreign})
                assert answer.status == 200
                assert f'name="{field}" value="{foreign}"' not in answer.text
                assert f'<option value="{foreign}" selected' not in answer.text
    assert browser.leaks == []


EXTRA: Mapping[str, Any] = {
    "id": 1, "status": "published", "taken": 99, "organizer_id": 1, "employee_id": 1, "organization_id": 1, "version": 77,
    "reason_text": "взлом", "created_by_id": 1, "decided_by_id": 1, "sort": "яяя", "confirmed": "y", "user_id": 1,
    "password": "x", "roles": 1, "session_epoch": 9, "check_code": "x", "due_on": "01.01.2030", "anonymized_at": "x",
}  # fmt: skip

COLUMNS = {
    "/program/add": ("program", "status, organizer_id, reason_text"),
    "/training_group/add": ("training_group", "status, taken, organizer_id, reason_text"),
    "/employment/add": ("employment", "status, organization_id, employee_id"),
    "/qualification/add": ("qualification", "employee_id"),
    "/voucher_application/add": ("voucher_application", "employee_id, reason_text, decided_by_id"),
}


@pytest.mark.parametrize("name", ["program", "group", "place", "qualification", "application"])
def test_extra_fields_of_a_form_are_ignored(region: Region, name: str) -> None:
    """What the form does not offer (status, taken seats, owner, version) is not set by sending it."""
    login, path, values, _field, _table = valid_forms(region)[name]
    table, columns = COLUMNS[path]
    values = {
        **values,
        **{"program": {"code": "Ш-2"}, "group": {"number": "П-2"}, "place": {"started_on": day(region, -3)}}.get(
            name, {}
        ),
    }
    extra = {k: v for k, v in EXTRA.items() if k not in values}
    answer = region.browser(login).post(path, {**values, **extra})
    assert answer.status == 302, answer.text
    (row,) = region.sql(f"SELECT {columns} FROM {table} ORDER BY id DESC LIMIT 1")
    home = region.people["school"].facts["places"][0]
    organizer = region.people["organizer"].facts["places"][0]
    expected = {
        "program": ("draft", organizer, None),
        "training_group": ("draft", 0, organizer, None),
        "employment": ("unconfirmed", home, values.get("employee")),
        "qualification": (values.get("employee"),),
        "voucher_application": (values.get("employee"), None, None),
    }[table]
    assert row == expected


@pytest.mark.parametrize("login", ["operator", "school"])
def test_impossible_numbers_in_addresses_are_not_errors_of_the_portal(region: Region, login: str) -> None:
    """H15: 404 for a row, the default for a page, a size or an order; never 500."""
    browser = region.browser(login)
    wrong = []
    with region.nothing_changes():
        for endpoint, route in ROUTES.items():
            if not route.table or route.kind in ("list", "export", "lookup", "new", "bulk"):
                continue
            rule = next(r.rule for r in region.app.url_map.iter_rules(endpoint))
            for pk in HUGE:
                path = rule.replace("<int:pk>", pk).replace("<string:name>", "annul")
                answer = browser.get(path) if "GET" in route.methods else browser.post(path)
                if answer.status not in (403, 404):
                    wrong.append(f"{path}: {answer.status}")
    assert wrong == []


GARBAGE = ("abc", "-1", "0", "10000000000", "1e9", "", " ", "\x00", "'", "%", "((", "!&|:*", "\\", "²", "я" * 3000)


#: one list for each kind of parameter
LIST_PARAMETERS = {
    "/employee/list/": ("page", "size", "order", "q", "birth_date_from", "position"),
    "/ab_user/list/": ("q", "active"),
    "/frdo_reference/list/": ("q", "list_code"),
    "/program/list/": ("status", "year", "organizer"),
    "/organization/list/": ("territory", "parent"),
    "/audit_entry/list/": ("q", "at_to", "object_table"),
    "/employee/find/position": ("q",),
}


def test_garbage_in_the_parameters_of_lists_gives_the_default(region: Region) -> None:
    """Page, size, order, search, filters and dates of any content answer 200."""
    browser = region.browser("operator")
    wrong = []
    for path, names in LIST_PARAMETERS.items():
        for name in names:
            for value in GARBAGE:
                if (answer := browser.get(path, **{name: value})).status != 200:
                    wrong.append(f"{path}?{name}={value[:9]!r}: {answer.status}")
    assert wrong == []
    page = browser.get("/employee/list/", size="100000").text
    assert page.count('<th scope="row"') == 25


def test_garbage_in_bulk_actions_does_nothing(region: Region) -> None:
    """Ids that are no ids make the whole request a 404."""
    browser = region.browser("operator")
    pk = str(own(region, "voucher_application", "operator", "t.status = 'submitted'"))
    with region.nothing_changes():
        for value in ("abc", "-1", "0", "99999999999999999999", "1;2", "²", f"{pk}.0"):
            answer = browser.post("/voucher_application/act/", {"action": "approve", "rowid": [pk, value]})
            assert answer.status == 404, value
        many = [str(i) for i in range(1, 502)]
        assert browser.post("/voucher_application/act/", {"action": "approve", "rowid": many}).status == 422
        assert browser.post("/voucher_application/act/", {"action": "approve"}).status == 302


def test_what_changes_data_is_never_done_by_get(region: Region) -> None:
    """H11: a link cannot delete, act, apply or sign out."""
    browser = region.browser("operator")
    only_post = [e for e, r in ROUTES.items() if r.methods == ("POST",)]
    assert len(only_post) > 60
    with region.nothing_changes():
        for endpoint in only_post:
            rule = next(r.rule for r in region.app.url_map.iter_rules(endpoint))
            path = rule.replace("<int:pk>", "1").replace("<string:name>", "approve")
            assert browser.get(path).status == 405, path


def test_every_post_asks_for_the_csrf_token(region: Region) -> None:
    """H11: without the token of the page, or with somebody else's, nothing is done."""
    browser, other = region.browser("operator"), region.browser("admin")
    other.post("/password/")
    for endpoint, route in ROUTES.items():
        if "POST" not in route.methods:
            continue
        rule = next(r.rule for r in region.app.url_map.iter_rules(endpoint))
        path = rule.replace("<int:pk>", "1").replace("<string:name>", "approve")
        with_none = browser.client.post(path, data={"action": "approve", "rowid": "1"})
        with_foreign = browser.client.post(path, data={"csrf_token": other.token})
        assert (with_none.status_code, with_foreign.status_code) == (400, 400), path
