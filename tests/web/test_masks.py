"""Pages that many see: no list, export, journal, search result or card of another shows a whole СНИЛС."""

from __future__ import annotations

import io
import re

import pytest
from openpyxl import load_workbook

from app.identifiers import format_snils, mask_snils
from app.web.desk.global_search import SHOWN
from tests.access.region import Region

#: who sees cards of people, and whether whole numbers stand on them
READERS = {"operator": True, "school": True, "ministry": False, "territory": False}
_WHOLE = re.compile(r"(?<![*\d-])\d{3}-\d{3}-\d{3} \d{2}(?!\d)|(?<!\d)\d{11}(?!\d)")


def cells(body: bytes) -> str:
    book = load_workbook(io.BytesIO(body), read_only=True)
    return "\n".join(str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell)


def whole_numbers(region: Region, text: str) -> set[str]:
    """Numbers of people of the portal that stand in the text whole."""
    known = {snils for (snils,) in region.sql("SELECT snils FROM employee UNION SELECT snils FROM registration")}
    return {found for found in _WHOLE.findall(text) if re.sub(r"\D", "", found) in known}


@pytest.fixture(scope="module")
def person(region: Region) -> tuple[int, str, str]:
    """A person of the demo school with a number, found by a surname of few people: id, number, surname."""
    few = f"t.last_name IN (SELECT last_name FROM employee GROUP BY 1 HAVING count(*) <= {SHOWN})"
    ids = region.ids("school", "employee", f"t.snils IS NOT NULL AND {few}")
    (row,) = region.sql("SELECT id, snils, last_name FROM employee WHERE id = %(pk)s", pk=ids[0])
    pk, snils, surname = row
    return pk, snils, surname


@pytest.mark.parametrize("login", READERS)
def test_lists_exports_and_search_show_the_end_alone(region: Region, person: tuple[int, str, str], login: str) -> None:
    _, snils, surname = person
    browser = region.browser(login)
    pages = ["/employee/list/", "/employment/list/", "/qualification/list/", "/voucher/list/", "/enrolment/list/"]
    pages += [f"/search/?q={surname}", f"/employee/list/?q={surname}", f"/certificate/list/?q={surname}"]
    if login == "operator":
        pages += ["/audit_entry/list/", "/registration/list/", "/transfer/list/", "/queue/", "/employee_merge/twins/"]
    for page in pages:
        answer = browser.client.get(page)
        assert answer.status_code in (200, 404), page
        assert whole_numbers(region, answer.get_data(as_text=True)) == set(), page
    assert mask_snils(snils) in browser.client.get(f"/search/?q={surname}").get_data(as_text=True)
    for page in ("/employee/export/?q=", "/employment/export/?q=", "/voucher/export/?q="):
        body = browser.client.get(page + surname)
        assert body.status_code == 200
        assert whole_numbers(region, cells(body.get_data())) == set(), page
        body.close()


@pytest.mark.parametrize(("login", "whole"), READERS.items())
def test_the_card_shows_it_whole_to_who_keeps_it(
    region: Region, person: tuple[int, str, str], login: str, whole: bool
) -> None:
    pk, snils, _ = person
    if login == "territory" and pk not in region.ids("territory", "employee"):
        pk = region.ids("territory", "employee", "t.snils IS NOT NULL")[0]
        ((snils,),) = region.sql("SELECT snils FROM employee WHERE id = %(pk)s", pk=pk)
    page = region.browser(login).client.get(f"/employee/show/{pk}").get_data(as_text=True)
    assert (format_snils(snils) in page) == whole
    assert (mask_snils(snils) in page) == (not whole)


def test_the_person_sees_the_own_number_whole(region: Region) -> None:
    pk = region.people["worker"].facts["employee"]
    ((snils,),) = region.sql("SELECT snils FROM employee WHERE id = %(pk)s", pk=pk)
    page = region.browser("worker").client.get(f"/employee/show/{pk}").get_data(as_text=True)
    assert format_snils(snils) in page
