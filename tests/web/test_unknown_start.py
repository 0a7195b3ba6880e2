"""A place of work whose first day nobody has told: the form shows none, saving it tells none, the day of import is nowhere."""

from __future__ import annotations

from typing import Any

import pytest

from tests.access.region import Browser, Region
from tests.web.pages import error_beside, form_fields, ids, words


@pytest.fixture
def place(region: Region) -> int:
    """A live place of work of the first school as a list without the day leaves it, and its form."""
    ((pk,),) = region.sql(
        "UPDATE employment SET started_on = DATE '2026-11-02', start_known = false, activity = NULL WHERE id = (SELECT min(e.id)"
        " FROM employment e WHERE e.kind = 'main' AND e.ended_on IS NULL AND (SELECT count(*) FROM employment o"
        " WHERE o.employee_id = e.employee_id) = 1) RETURNING id"
    )
    return int(pk)


def stored(region: Region, pk: int) -> tuple[str, bool]:
    ((day, known),) = region.sql("SELECT started_on::text, start_known FROM employment WHERE id = %(pk)s", pk=pk)
    return day, known


def form(operator: Browser, pk: int, **over: Any) -> dict[str, Any]:
    return {**form_fields(operator.get(f"/employment/edit/{pk}").text), **over}


def test_the_form_is_empty_and_keeps_the_day_unknown(region: Region, place: int) -> None:
    operator = region.browser("operator")
    page = operator.get(f"/employment/edit/{place}").text
    assert form_fields(page)["started_on"] == [""]
    assert "02.11.2026" not in page and "пустое поле так и останется неизвестным" in words(page)
    saved = operator.post(f"/employment/edit/{place}", form(operator, place, activity="проба"))
    assert saved.status == 302
    assert stored(region, place) == ("2026-11-02", False)
    assert region.sql("SELECT activity FROM employment WHERE id = %(pk)s", pk=place) == [("проба",)]
    card = operator.get(f"/employment/show/{place}").text.split('class="events"')[0]
    assert "Принят неизвестно" in words(card)


@pytest.mark.parametrize(("typed", "day"), [("01.09.2015", "2015-09-01"), ("02.11.2026", "2026-11-02")])
def test_a_typed_day_is_known_also_when_it_is_the_day_of_import(
    region: Region, place: int, typed: str, day: str
) -> None:
    operator = region.browser("operator")
    assert operator.post(f"/employment/edit/{place}", form(operator, place, started_on=typed)).status == 302
    assert stored(region, place) == (day, True)
    # what is known is not emptied
    answer = operator.post(f"/employment/edit/{place}", form(operator, place, started_on=""))
    assert answer.status == 422 and "Заполните поле «Принят»" in error_beside(answer.text, "started_on")
    assert stored(region, place) == (day, True)


def test_the_list_finds_and_sorts_by_days_that_are_known(region: Region, place: int) -> None:
    operator = region.browser("operator")
    found = operator.get("/employment/list/?started_on_from=02.11.2026&started_on_to=02.11.2026&size=100").text
    assert place not in ids(found, "employment")
    region.sql("UPDATE employment SET start_known = true WHERE id = %(pk)s", pk=place)
    found = operator.get("/employment/list/?started_on_from=02.11.2026&started_on_to=02.11.2026&size=100").text
    assert place in ids(found, "employment")


def test_who_told_the_day_meanwhile_is_not_overwritten(region: Region, place: int) -> None:
    operator = region.browser("operator")
    opened = form(operator, place, activity="позже")
    operator.post(f"/employment/edit/{place}", form(operator, place, started_on="01.09.2015"))
    answer = operator.post(f"/employment/edit/{place}", opened)
    assert answer.status == 422 and "01.09.2015" in words(answer.text)
    assert stored(region, place) == ("2015-09-01", True)


def test_a_new_place_has_its_first_day(region: Region) -> None:
    operator = region.browser("operator")
    answer = operator.post("/employment/add", {"kind": "main"})
    assert answer.status == 422 and error_beside(answer.text, "started_on")
