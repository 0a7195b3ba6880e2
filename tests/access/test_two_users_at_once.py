"""Requests of several users at the same time: no filter, page, row or form of one reaches another (H2)."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.access.region import Region
from tests.access.test_leaks import shown_ids, total

ROUNDS = 12


def test_lists_of_two_users_never_mix(region: Region) -> None:
    """Each user searches, filters and pages a list of the own; rows and counts stay the own ones."""
    logins: Sequence[str] = ("school", "school2", "territory", "worker2")
    start = threading.Barrier(len(logins))
    queries = ({"tab": "all"}, {"q": "а"}, {"order": "-number"}, {"page": "2"}, {"status": "trained"})

    def work(login: str) -> list[str]:
        browser, seen, wrong = region.browser(login), set(seen_by[login]), []
        start.wait()
        for turn in range(ROUNDS):
            query = queries[turn % len(queries)]
            answer = browser.get("/enrolment/list/", **query)
            ids = shown_ids(answer.text, "enrolment")
            if answer.status != 200 or ids - seen or ("tab" in query and total(answer.text) != len(seen)):
                wrong.append(f"{login} {query}: {answer.status} {sorted(ids - seen)[:3]}")
            if f'value="{query.get("q", "")}"' not in answer.text:
                wrong.append(f"{login}: another search is shown")
        return wrong + browser.leaks

    seen_by = {login: region.ids(login, "enrolment") for login in logins}
    with ThreadPoolExecutor(len(logins)) as pool:
        assert [line for lines in pool.map(work, logins) for line in lines] == []


def test_cards_of_two_users_never_mix(region: Region) -> None:
    """Own cards open, the other's do not, while both ask at once."""
    pairs = (("school", "school2"), ("school2", "school"))
    start = threading.Barrier(len(pairs))
    rows = {login: region.ids(login, "employee")[:6] for login, _ in pairs}

    def work(pair: tuple[str, str]) -> list[str]:
        me, other = pair
        browser, wrong = region.browser(me), []
        start.wait()
        for turn in range(ROUNDS):
            mine, theirs = rows[me][turn % 6], rows[other][turn % 6]
            statuses = browser.get(f"/employee/show/{mine}").status, browser.get(f"/employee/show/{theirs}").status
            wrong += [] if statuses == (200, 404) else [f"{me}: {statuses} for {mine}, {theirs}"]
        return wrong + browser.leaks

    with ThreadPoolExecutor(len(pairs)) as pool:
        assert [line for lines in pool.map(work, pairs) for line in lines] == []


def test_forms_of_two_users_never_mix(region: Region) -> None:
    """A record is saved under the parent that its own author chose, however many save at once."""
    level = region.sql("SELECT min(id) FROM education_level")[0][0]
    parents = {
        login: region.ids(
            login, "employee", "t.id NOT IN (SELECT employee_id FROM ab_user WHERE employee_id IS NOT NULL)"
        )[1]
        for login in ("school", "school2")
    }
    start = threading.Barrier(len(parents))

    def work(login: str) -> list[str]:
        browser, wrong = region.browser(login), []
        start.wait()
        for turn in range(6):
            page = browser.get("/qualification/add", employee=parents[login]).text
            chosen = re.findall(r'name="employee" value="(\d*)"', page)
            data = {"employee": parents[login], "level": level, "institution": f"Параллельный {login} {turn}"}
            status = browser.post("/qualification/add", data).status
            if (chosen, status) != ([str(parents[login])], 302):
                wrong.append(f"{login}: {chosen}, {status}")
        return wrong + browser.leaks

    with ThreadPoolExecutor(len(parents)) as pool:
        assert [line for lines in pool.map(work, parents) for line in lines] == []
    saved = region.sql(
        "SELECT employee_id, institution FROM qualification WHERE institution LIKE 'Параллельный %%' AND %(yes)s",
        yes=True,
    )
    assert len(saved) == 12
    assert {(pk, words.split()[1]) for pk, words in saved} == {(pk, login) for login, pk in parents.items()}
