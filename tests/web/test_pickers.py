"""What a picker suggests may be chosen: every lookup of every form is opened, and its first suggestion is sent."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from flask import Flask

from app import models as m
from app.access import unscoped
from app.clock import today
from app.conditions import is_at_work
from app.permissions import ROLES
from app.rules.enrolment import is_enrolment_open
from app.services.courses.enrolment import course_facts
from tests.access.oracle import CAST
from tests.access.region import Browser, Region
from tests.services import makers as mk
from tests.web.pages import error_beside, words


def _views(app: Flask) -> list[Any]:
    """Views with a form of their own."""
    found = {view.table: view for view in app.appbuilder.baseviews if hasattr(view, "lookup_names")}
    return [view for view in found.values() if f"{view.endpoint}.add" in app.view_functions]


def pickers(browser: Browser, view: Any) -> dict[str, str]:
    """Field → address of its picker, as the form of a new record shows them; empty when there is no form."""
    page = browser.get(f"{view.route_base}/add")
    found = re.findall(r'class="lookup" data-url="([^"]+)" data-name="(\w+)"', page.text) if page.status == 200 else []
    return {name: url.replace("&amp;", "&") for url, name in found}


def first_of(browser: Browser, url: str) -> int | None:
    results = json.loads(browser.get(url).text)["results"]
    return results[0]["id"] if results else None


@pytest.mark.parametrize(
    ("login", "fewest"),
    [("operator", 10), ("school", 5), ("organizer", 2), ("worker", 1), ("territory", 1), ("admin", 1)],
)
def test_the_first_suggestion_of_every_picker_is_accepted(region: Region, login: str, fewest: int) -> None:
    """The form may be refused for what is not filled in; beside the picker itself there is no complaint."""
    browser, opened, wrong = region.browser(login), 0, []
    for view in _views(region.app):
        if f"{view.table}:add" not in ROLES[CAST[login]].permissions:
            continue
        sent = {name: first_of(browser, url) for name, url in pickers(browser, view).items()}
        sent = {name: pk for name, pk in sent.items() if pk is not None}
        opened += len(sent)
        if not sent:
            continue
        page = browser.post(f"{view.route_base}/add", sent).text
        wrong += [(view.route_base, name, problem) for name in sent if (problem := error_beside(page, name))]
    assert wrong == []
    assert opened >= fewest


def test_groups_that_are_over_are_not_suggested_for_an_enrolment_but_found_in_the_filter(region: Region) -> None:
    school = region.browser("school")
    over = region.sql("SELECT id, number FROM training_group WHERE status = 'completed' ORDER BY number, id LIMIT 1")[0]
    form = school.get("/enrolment/find/group", q=over[1]).text
    filters = school.get("/enrolment/find/group", q=over[1], whole="1").text
    assert over[0] not in {row["id"] for row in json.loads(form)["results"]}
    assert over[0] in {row["id"] for row in json.loads(filters)["results"]}


def test_every_suggestion_of_an_enrolment_is_open_today_and_works_today(region: Region) -> None:
    school = region.browser("school")
    groups = [row["id"] for row in json.loads(school.get("/enrolment/find/group").text)["results"]]
    people = [row["id"] for row in json.loads(school.get("/enrolment/find/employee").text)["results"]]
    assert groups
    assert people
    with region.app.app_context():
        with unscoped("tests"):
            courses = [course_facts.dates_of(mk.fetch(m.TrainingGroup, pk)) for pk in groups]
        assert all(is_enrolment_open(course, on=today()).allowed for course in courses)
        own = region.people["school"].facts["places"]
        for pk in people:
            places = mk.rows(m.Employment, m.Employment.employee_id == pk)
            assert [place for place in places if is_at_work(place) and place.organization_id in own]


def test_an_application_is_suggested_for_who_may_have_one(region: Region) -> None:
    """The first of them is applied for at once."""
    school = region.browser("school")
    pk = first_of(school, "/voucher_application/find/employee")
    assert pk is not None
    page = school.post("/voucher_application/add", {"employee": pk, "on_behalf_note": "Согласовано"})
    assert "действующий чек" not in words(page.text)
    assert "ещё не рассмотрена" not in words(page.text)
