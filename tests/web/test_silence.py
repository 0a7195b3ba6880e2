"""A responsible person learns by no page whether somebody is known at another organization."""

from __future__ import annotations

from typing import Any

import pytest

from tests.access.region import Browser, Region
from tests.web.pages import words

#: nobody of the demo region has this name and this number
UNKNOWN = ("Небывалова", "07654321091")


@pytest.fixture
def stranger(region: Region) -> Any:
    """A person of other schools with a number, whose surname nobody of the own school bears: surname, number, birth date."""
    seen = region.ids("school", "employee")
    found = region.sql(
        "SELECT e.last_name, e.snils, e.birth_date FROM employee e WHERE e.snils IS NOT NULL AND NOT e.id = ANY(%(seen)s)"
        " AND NOT EXISTS (SELECT FROM employee o WHERE o.id = ANY(%(seen)s) AND left(o.last_name, 4) = left(e.last_name, 4))"
        " AND e.snils <> %(number)s ORDER BY e.id LIMIT 1",
        seen=seen, number=UNKNOWN[1],
    )  # fmt: skip
    assert found
    return found[0]


PAGES = (
    "/search/?q={}",
    "/employee/list/?q={}",
    "/employment/list/?q={}",
    "/enrolment/list/?q={}",
    "/voucher/list/?q={}",
    "/training/list/?q={}",
    "/transfer/list/?q={}",
    "/change_request/list/?q={}",
    "/certificate/list/?q={}",
    "/enrolment/find/employee?q={}",
    "/training/find/employee?q={}",
    "/voucher_application/find/employee?q={}",
    "/employment/find/employee?q={}",
)


@pytest.mark.parametrize("page", PAGES)
def test_what_is_sought_answers_alike(region: Region, school: Browser, stranger: Any, page: str) -> None:
    """By surname and by number; the answers differ by what was typed alone."""
    for known, unknown in ((stranger[0], UNKNOWN[0]), (stranger[1], UNKNOWN[1])):
        first, second = (school.client.get(page.format(typed)) for typed in (known, unknown))
        assert first.status_code == second.status_code
        texts = [answer.get_data(as_text=True) for answer in (first, second)]
        bare = [_bare(text, typed) for text, typed in zip(texts, (known, unknown), strict=True)]
        assert bare[0] == bare[1]


def _bare(text: str, typed: str) -> str:
    """The words of a page, or of an answer in JSON, without what was typed."""
    shown = words(text) if "<html" in text else text
    return shown.replace(typed, "…").replace(typed.lower(), "…")


def test_the_form_of_a_new_person_does_not_tell_by_the_name(region: Region, school: Browser, stranger: Any) -> None:
    """The same name and birth date without a number: a card is made as of anybody."""
    last_name, _, _ = stranger
    first, patronymic, born = region.sql(
        "SELECT first_name, patronymic, birth_date FROM employee WHERE last_name = %(name)s AND snils = %(number)s",
        name=last_name, number=stranger[1],
    )[0]  # fmt: skip
    place = min(region.people["school"].facts["places"])
    position = region.sql("SELECT min(id) FROM position")[0][0]
    answers = []
    for name in (last_name, UNKNOWN[0]):
        typed = {
            "last_name": name,
            "first_name": first,
            "patronymic": patronymic or "",
            "birth_date": f"{born:%d.%m.%Y}",
        }
        typed |= {"organization": str(place), "position": str(position), "kind": "main", "started_on": "01.09.2026"}
        answer = school.post("/employee/add", {**typed, "citizenship": "643", "sex": "male"})
        assert answer.status == 302, words(answer.text)
        card = school.client.get(answer.headers["Location"]).get_data(as_text=True)
        number = answer.headers["Location"].rpartition("/")[2]
        shown = words(card).replace(name, "…").replace(number, "№")
        answers.append(shown)
    assert answers[0] == answers[1]
    region.sql(
        "DELETE FROM employment WHERE employee_id IN (SELECT id FROM employee WHERE last_name = %(name)s)",
        name=UNKNOWN[0],
    )
