"""Every route × the cast × {own, fixed, foreign, missing row} × its methods: who gets in, and what a refusal leaves behind.

Of two people of a role the second asks for what the role may do only: another's rows are what they differ by. Who lacks a
right is refused whatever the row: one of the cast asks for each kind of row, the others for one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask

from app.documents.office.pdf import find_office
from tests.access.oracle import CAST, STRANGER, Person
from tests.access.region import Answer, Browser, Region
from tests.access.routes import ROUTES, VIEWS, Route
from tests.access.test_leaks import EXPORTING
from tests.statements import recorded

#: fixed = seen, but the right to change does not reach it
ROWS = ("own", "fixed", "foreign", "missing")
#: who of those without a right asks for every kind of row; the first sees a part of most tables
ASKS_ALL = ("school", "organizer", "worker", "territory", "observer", "operator", "ministry", "admin")
#: what ``test_leaks`` asks of both people of a role, and row by row
ASKED_OF_BOTH = ("list", "lookup")
#: what stands on «Настройка»: who may list none of it has no such page
SETUP = (
    "organization", "territory", "municipality", "organization_type", "position", "subject", "education_level",
    "attestation_kind", "quality_rule", "voucher_rule", "voucher_rule_block", "refusal_reason", "workday_correction",
    "organizer_rule", "organizer_exception", "print_template", "frdo_reference", "setting", "letter_template", "consent_text",
)  # fmt: skip
#: a page of own choices: any answer of it is good
OWN_CHOICE = {"GET": 200, "POST": 302}


@dataclass(frozen=True)
class Case:
    """One request and what must come back; ``frozen``: allowed, so it is asked during a технологический перерыв."""

    endpoint: str
    method: str
    path: str
    expected: int
    row: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    frozen: bool = False


def test_every_route_has_a_line(region: Region) -> None:
    """A new route, method or action without a line in the table of routes fails here."""
    found = {r.endpoint: tuple(sorted(r.methods - {"HEAD", "OPTIONS"})) for r in region.app.url_map.iter_rules()}
    assert found == {endpoint: route.methods for endpoint, route in ROUTES.items()}
    views = {type(v).__name__: v for v in region.app.appbuilder.baseviews}
    declared = {n: (v.table, bool(v.sections), tuple(v.services)) for n, v in views.items() if hasattr(v, "services")}
    assert declared == dict(VIEWS)


def test_there_are_rows_to_see_and_rows_to_miss(region: Region) -> None:
    """The set-up proves something: wherever a role has rights on a part of a table, both parts hold rows."""
    have, need = set(), set()
    for login, person in region.people.items():
        for endpoint, route in ROUTES.items():
            if person.may(route.permission) and route.table and person.sees(route.table) not in ("true", "false"):
                for which in ("own", "foreign"):
                    need.add((person.role, endpoint, which))
                    if region.pick(login, route.table, which) is not None:
                        have.add((person.role, endpoint, which))
    assert need - have == set()
    assert len(need) > 200


@pytest.mark.parametrize("login", [*CAST, STRANGER])
def test_matrix(region: Region, login: str) -> None:
    """Each answer is the expected one, and what is refused changes nothing."""
    person = region.people.get(login)
    browser = region.browser(login if person else None)
    cases = list(cases_of(region, person))
    answers: dict[tuple[str, str, str], Answer] = {}
    wrong = _run(region, browser, [c for c in cases if not c.frozen], answers)
    with region.frozen():
        wrong += _run(region, browser, [c for c in cases if c.frozen], answers)
    assert not wrong, "\n".join(wrong)
    assert browser.leaks == []
    assert _differing(answers) == []


def _run(region: Region, browser: Browser, cases: list[Case], answers: dict[tuple[str, str, str], Answer]) -> list[str]:
    wrong = []
    reading = [c for c in cases if c.method == "GET"]
    for case in reading:
        answer = browser.get(case.path)
        answers[case.endpoint, case.path.rpartition("/")[2] if "act" in case.endpoint else "GET", case.row] = answer
        wrong += _problems(case, answer)
    with region.nothing_changes(), recorded() as statements:
        for case in cases:
            if case.method == "POST":
                before = len(statements.writes)
                answer = browser.post(case.path, case.data)
                answers[case.endpoint, f"POST {case.data} {case.path.split('/')[-1]}", case.row] = answer
                wrong += _problems(case, answer)
                if len(statements.writes) > before:
                    wrong.append(f"{case.method} {case.path} ({case.row}) wrote: {statements.writes[before][:80]}")
    return wrong


def _problems(case: Case, answer: Answer) -> list[str]:
    name = f"{case.method} {case.path} ({case.row}, {case.data})"
    if answer.status != case.expected:
        return [f"{name}: {answer.status}, not {case.expected}"]
    if answer.status == 302 and case.row == STRANGER and not answer.headers["Location"].startswith("/login/"):
        return [f"{name}: sent to {answer.headers['Location']}"]
    return []


def _differing(answers: dict[tuple[str, str, str], Answer]) -> list[str]:
    """Endpoints whose answer tells a foreign row from a missing one."""
    found = []
    for (endpoint, what, row), answer in answers.items():
        twin = answers.get((endpoint, what, "missing"))
        if row == "foreign" and twin is not None and (twin.status, twin.bare) != (answer.status, answer.bare):
            found.append(f"{endpoint} {what}")
    return found


# --- what is asked and what is expected ------------------------------------------------------------------------------


def cases_of(region: Region, person: Person | None) -> Iterator[Case]:
    """All requests of one person."""
    refused: set[tuple[str, str, str]] = set()
    for endpoint, route in ROUTES.items():
        if route.kind == "public" or (person is not None and _asked_elsewhere(person, route)):
            continue
        for path, row, data, expected in _requests(region, person, endpoint, route):
            for method in route.methods:
                status = expected if isinstance(expected, int) else expected[method]
                if person is None:
                    # the one page that greets a stranger where a user has the own start page
                    yield Case(endpoint, method, path, 200 if route.kind == "front" else 302, STRANGER, data)
                    continue
                if status == 403 and not _may(person, route, name := _action_of(route, path, data)):
                    # rights are the role's: the second of a role need not be refused them again
                    if person.is_second or (
                        (endpoint, method, name) in refused and not _asks_all(region, person, route, name)
                    ):
                        continue
                    refused.add((endpoint, method, name))
                frozen = row == "own" and status not in (403, 404) and method == "POST"
                yield Case(endpoint, method, path, status, row, data, frozen)


def _asked_elsewhere(person: Person, route: Route) -> bool:
    """Lists, drop-downs and workbooks that a person may have are read to the last row in ``test_leaks``."""
    if route.kind == "export":
        return person.login in EXPORTING and person.may(route.permission)
    return person.is_second and route.kind in ASKED_OF_BOTH


def _action_of(route: Route, path: str, data: dict[str, Any]) -> str:
    return path.rpartition("/")[2] if route.kind == "action" else data.get("action", "")


def _may(person: Person, route: Route, action: str) -> bool:
    if action:
        return person.may(f"{route.table}:{action}")
    if route.kind == "lookup":
        return any(person.may(f"{route.table}:{verb}") for verb in ("list", "add", "edit"))
    return person.may(route.permission)


def _asks_all(region: Region, person: Person, route: Route, action: str) -> bool:
    lacking = (login for login in ASKS_ALL if not _may(region.people[login], route, action))
    return person.login == next(lacking)


Request = tuple[str, str, dict[str, Any], Any]


def _requests(region: Region, person: Person | None, endpoint: str, route: Route) -> Iterator[Request]:
    may = bool(person and person.may(route.permission))
    builders = {"action": _actions, "bulk": _bulk, "lookup": _lookups, "lookup_place": _place, "counts": _counts}
    builders |= {"own_row": _own_rows, "lookup_registry": _registry_fields}
    if route.kind in builders:
        yield from builders[route.kind](region, person, endpoint, route)
    elif route.kind in (
        "card",
        "form",
        "change",
        "change_of_row",
        "file",
        "export_of_row",
        "form_of_row",
        "attachment",
        "kept_file",
    ):
        for row, pk in _rows(region, person, route.table, route.where):
            if route.kind != "file" or _printed(person, row):
                yield _path(region.app, endpoint, pk=pk), row, {}, _of_row(endpoint, route, row, may=may)
    else:
        has_card = person is not None and person.facts["employee"] > 0 and person.may("employee:show")
        to_card = 302 if has_card else 200
        expected: Any = {
            "home": 200,
            "front": 200,
            "own_card": to_card,
            "lessons": 200 if person is not None and person.role in ("school", "organizer") else 404,
            "setup": 200 if person is not None and any(person.may(f"{name}:list") for name in SETUP) else 404,
            "own_form": {"GET": 200, "POST": 422},
            "own_choice": OWN_CHOICE,
            # pressed with nothing ticked: the page says so
            "button": 302 if may else 403,
        }.get(route.kind)
        if expected is None:
            forms = VIEWS.get(endpoint.split(".")[0], ("", False, ()))[1]
            # only the page of a new record needs the view's form
            allowed = {"GET": 200, "POST": 422} if forms or not endpoint.endswith(".add") else 404
            expected = allowed if may else 403
        yield _path(region.app, endpoint), "own", {}, expected


def _rows(region: Region, person: Person | None, table: str, where: str = "true") -> Iterator[tuple[str, int]]:
    if person is None:
        # a stranger is sent away whatever the row
        yield "own", 1
        return
    for row in ROWS:
        if (pk := region.pick(person.login, table, row, where)) is not None:
            yield row, pk


def _printed(person: Person | None, row: str) -> bool:
    """One real PDF is enough: LibreOffice takes seconds."""
    return person is None or row != "own" or person.login == "school" or not person.may("certificate:print")


def _of_row(endpoint: str, route: Route, row: str, *, may: bool) -> Any:
    """Expected answer for one row: 403 without the right whatever the row, 404 for what is not seen.

    ``change_of_row`` looks for the row first: what is not seen is 404 also for those without the right.
    """
    if not may:
        return 404 if route.kind == "change_of_row" and row in ("foreign", "missing") else 403
    changes = route.kind in ("form", "change")
    if changes and route.kind == "form" and not VIEWS[endpoint.split(".")[0]][1]:
        return 404
    if row in ("foreign", "missing"):
        return 404
    if row == "fixed" and (changes or route.kind == "export_of_row"):
        return 403
    if endpoint.endswith(".import_apply"):
        # asked during a технологический перерыв, when a list is not written
        return 503
    if endpoint == "ChangeRequestView.accept":
        # nothing is chosen: the page comes back with what was typed
        return 422
    if endpoint == "EnrolmentView.transfer":
        # the program of the demo's row has no other group: the page says so instead of a form
        return 409
    if endpoint == "FrdoBatchView.annulled":
        # no batch of the demo holds an annulled document; the list is tested beside the batches
        return 404
    # a PDF is a task of the user: the page leads to «Мои задания»
    pdf = 302 if find_office() else 503
    allowed = {
        "card": 200,
        "export_of_row": 200,
        "form": {"GET": 200, "POST": 422},
        "form_of_row": {"GET": 200, "POST": 422},
        "change": 302,
        "change_of_row": 302,
        "file": pdf,
        # no program of the demo has a file; who gets one is tested beside the programs
        "attachment": 404,
        # the registries of the demo have no file: that one is served is shown by the tests of the page
        "kept_file": 404,
    }
    return allowed[route.kind]


def _actions(region: Region, person: Person | None, endpoint: str, route: Route) -> Iterator[Request]:
    for name in VIEWS[endpoint.split(".")[0]][2]:
        may = bool(person and person.may(f"{route.table}:{name}"))
        for row, pk in _rows(region, person, route.table):
            expected = 403 if not may else {"own": 302, "fixed": 403}.get(row, 404)
            yield _path(region.app, endpoint, pk=pk, name=name), row, {"reason": "проба"}, expected
    yield _path(region.app, endpoint, pk=1, name="nothing"), "no action", {}, 404


def _bulk(region: Region, person: Person | None, endpoint: str, route: Route) -> Iterator[Request]:
    path = _path(region.app, endpoint)
    yield path, "no action", {"action": "nothing", "rowid": ["1"]}, 404
    rows = dict(_rows(region, person, route.table))
    own = rows.get("own")
    for name in VIEWS[endpoint.split(".")[0]][2]:
        may = bool(person and person.may(f"{route.table}:{name}"))
        for row, pk in rows.items():
            expected = 403 if not may else 404 if row in ("foreign", "missing") else 302
            yield path, row, {"action": name, "reason": "проба", "rowid": [str(pk)]}, expected
            if row in ("foreign", "missing") and own is not None:
                mixed = {"action": name, "reason": "проба", "rowid": [str(own), str(pk)]}
                yield path, f"own and {row}", mixed, expected


def _lookups(region: Region, person: Person | None, endpoint: str, route: Route) -> Iterator[Request]:
    may = bool(person and any(person.may(f"{route.table}:{verb}") for verb in ("list", "add", "edit")))
    view = next(v for v in region.app.appbuilder.baseviews if type(v).__name__ == endpoint.split(".")[0])
    known = sorted(view.lookup_names | {f.name for f in view.listing.filters if f.kind == "lookup"})
    for name in known:
        yield _path(region.app, endpoint, field=name), "own", {}, 200 if may else 403
    for name in ("nothing", "password", "__class__"):
        yield _path(region.app, endpoint, field=name), "no field", {}, 404 if may else 403


def _counts(region: Region, person: Person | None, endpoint: str, route: Route) -> Iterator[Request]:
    may = bool(person and person.may(route.permission))
    yield _path(region.app, endpoint), "own", {}, 200 if may else 403


def _own_rows(region: Region, person: Person | None, endpoint: str, route: Route) -> Iterator[Request]:
    """Tasks: the own one has ended without a file, so there is nothing to cancel and nothing to download."""
    for row, pk in _rows(region, person, route.table):
        own = 302 if "POST" in route.methods else 404
        yield _path(region.app, endpoint, pk=pk), row, {}, own if row == "own" else 404


def _place(region: Region, person: Person | None, endpoint: str, route: Route) -> Iterator[Request]:
    may = bool(person and person.may(route.permission))
    for name in ("organization", "position", "subjects"):
        yield _path(region.app, endpoint, field=name), "own", {}, 200 if may else 403
    yield _path(region.app, endpoint, field="employee"), "no field", {}, 404 if may else 403


def _registry_fields(region: Region, person: Person | None, endpoint: str, route: Route) -> Iterator[Request]:
    may = bool(person and person.may(route.permission))
    for name in ("organizer", "territory", "organization", "group"):
        yield _path(region.app, endpoint, field=name), "own", {}, 200 if may else 403
    yield _path(region.app, endpoint, field="employee"), "no field", {}, 404 if may else 403


def _path(app: Flask, endpoint: str, **values: Any) -> str:
    adapter = app.url_map.bind("localhost")
    return adapter.build(endpoint, values)
