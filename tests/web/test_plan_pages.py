"""Pages of a plan's demand: everybody's own figures, the same cells in Excel, as many statements for many people as for few."""

from __future__ import annotations

import re

import pytest

from tests.access.region import Region
from tests.statements import recorded
from tests.web.pages import words

MAP, FILE, CONTROL, RESULTS = "/plan/demand/", "/plan/demand/file", "/plan/control/", "/plan/results/"


def _map(page: str) -> list[list[str]]:
    """Cells of the map, row by row, without the words that are read aloud."""
    table = page.split('<table class="heat">', 1)[1].split("</table>", 1)[0]
    found = []
    for row in re.findall(r"<tr><th scope=\"row\">(.*?)</tr>", table, re.S):
        title, *cells = re.split(r"</th>|</td>", re.sub(r'<span class="vh">.*?</span>|<small>.*?</small>', "", row))
        found.append([words(title), *(words(cell) for cell in cells if cell.strip())])
    return found


@pytest.mark.parametrize("login", ["operator", "school", "organizer"])
def test_the_workbook_has_the_cells_of_the_page(region: Region, login: str) -> None:
    browser = region.browser(login)
    page = _map(browser.get(MAP, all="1").text)
    sheet = {row[0]: [cell for cell in row[2:] if cell] for row in browser.get(FILE).rows() if len(row) > 2}
    for title, *cells in page:
        if title in sheet and title not in ("Не хватает мест", "Ничего не подходит"):
            told = [cell.replace("\u00a0", " ") for cell in cells if cell != "·"]
            assert told == [cell.replace("\u00a0", " ") for cell in sheet[title]], title
    assert browser.leaks == []


def test_an_organizer_learns_no_small_figure_and_no_place(region: Region) -> None:
    organizer = region.browser("organizer")
    for rows in ("program", "subject", "block"):
        for _title, *cells in _map(organizer.get(MAP, rows=rows).text):
            asked = [cell.split("/")[0] for cell in cells if cell not in ("", "·") and not cell.startswith("−")]
            assert not [cell for cell in asked if cell in ("1", "2", "3", "4")]
    for query in ({"territory": 1}, {"organization": 1}, {"type": 1}, {"kind": "teaching"}, {"cell": "all.y"}):
        assert organizer.get(MAP, **query).status == 404
    assert organizer.get(CONTROL).status == organizer.get(RESULTS).status == 403


def test_places_of_others_are_not_there(region: Region) -> None:
    own, other = (region.people[login].facts["territory"] for login in ("territory", "territory2"))
    territory = region.browser("territory")
    assert territory.get(MAP, territory=own).status == 200
    assert territory.get(MAP, territory=other).status == territory.get(CONTROL, territory=other).status == 404
    school, foreign = region.browser("school"), min(region.people["school2"].facts["places"])
    assert school.get(MAP, organization=foreign).status == 404
    assert school.get(FILE, organization=foreign).status == school.get(CONTROL, territory=own).status == 404
    for login in ("worker", "observer", "admin"):
        for path in (MAP, FILE, CONTROL, RESULTS):
            assert region.browser(login).get(path).status == 403
    for query in ({"year": "1900"}, {"rows": "person"}, {"kind": "king"}, {"territory": "999999999"}):
        assert region.browser("ministry").get(MAP, **query).status == 404


@pytest.mark.parametrize(("login", "path", "most"), [
    ("operator", MAP, 14), ("operator", f"{MAP}?cell=all.y", 15), ("operator", CONTROL, 12), ("territory", CONTROL, 12),
    ("school", CONTROL, 12), ("ministry", RESULTS, 14),
])  # fmt: skip
def test_few_statements(region: Region, login: str, path: str, most: int) -> None:
    browser = region.browser(login)
    browser.get(path)
    with recorded() as statements:
        assert browser.get(path).status == 200
    assert len(statements) <= most, "\n".join(statements)
