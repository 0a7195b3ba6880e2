"""«Подать заявки на чек» on the list of people: the answer for each before it is done, one note, the result by person."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.access.region import MISSING, Browser, Region
from tests.statements import recorded
from tests.web.pages import error_beside, flashes, form_fields, heads, words

PATH = "/employee/apply/"
NOTE = "Согласовано с работниками и директором"


@pytest.fixture
def school(region: Region) -> Iterator[Browser]:
    """The responsible person of the first school; what is applied is taken back."""
    (last,) = region.sql("SELECT coalesce(max(id), 0) FROM voucher_application")[0]
    yield region.browser("school")
    region.sql("DELETE FROM voucher_application WHERE id > %(last)s", last=last)


def people(region: Region, *, free: bool, number: int = 2) -> list[int]:
    """People of the school who may apply, or who may not because a чек is in force."""
    statement = (
        "SELECT e.id FROM employee e JOIN employment w ON w.employee_id = e.id AND w.ended_on IS NULL"
        " AND w.status = 'confirmed' JOIN position p ON p.id = w.position_id AND p.voucher_eligible"
        " WHERE w.organization_id = ANY(%(places)s) AND e.snils IS NOT NULL AND w.kind = 'main'"
    )
    vouchers = "(SELECT FROM voucher v WHERE v.employee_id = e.id AND {})"
    live = "(SELECT FROM voucher_application a WHERE a.employee_id = e.id AND a.status IN ('draft','submitted','returned'))"
    if free:
        statement += f" AND NOT EXISTS {vouchers.format('true')} AND NOT EXISTS {live}"
    else:
        statement += f" AND EXISTS {vouchers.format(chr(118) + '.status = ' + chr(39) + 'active' + chr(39))}"
    found = region.sql(f"{statement} ORDER BY e.id LIMIT {number}", **region.people["school"].facts)
    assert len(found) == number
    return [pk for (pk,) in found]


def path_of(ids: list[int]) -> str:
    return f"{PATH}?ids={'-'.join(map(str, ids))}"


def row_of(page: str, pk: int) -> str:
    found = re.search(rf'<tr><th scope="row"><a href="/employee/show/{pk}".*?</tr>', page, re.S)
    assert found is not None
    return words(found[0])


def test_the_action_leads_to_the_page_of_the_chosen(region: Region, school: Browser) -> None:
    ids = people(region, free=True)
    assert 'value="apply"' in school.get("/employee/list/").text
    answer = school.post("/employee/act/", {"action": "apply", "rowid": [str(pk) for pk in ids]})
    assert (answer.status, answer.headers["Location"]) == (302, path_of(ids))


def test_the_page_says_of_each_whether_and_why(region: Region, school: Browser) -> None:
    free, refused = people(region, free=True), people(region, free=False)
    page = school.get(path_of([*free, *refused])).text
    assert heads(page) == ["Работник", "Место работы", "Можно ли подать"]
    for pk in free:
        assert row_of(page, pk).endswith("Можно")
    for pk in refused:
        assert "Нельзя Уже есть действующий чек" in row_of(page, pk)
    assert "Можно подать заявок: 2. Нельзя: 2" in words(page)
    assert "Подать 2 заявки" in words(page)
    assert "note" in form_fields(page)
    assert school.leaks == []


def test_where_nobody_may_there_is_nothing_to_press(region: Region, school: Browser) -> None:
    page = school.get(path_of(people(region, free=False))).text
    assert form_fields(page) == {}
    assert "Ни за кого из выбранных" in words(page)


def test_the_result_is_told_by_person(region: Region, school: Browser) -> None:
    free, refused = people(region, free=True), people(region, free=False)
    answer = school.post(path_of([*free, *refused]), {"note": NOTE})
    assert answer.status == 200
    assert "Подано заявок: 2 из 4." in words(answer.text)
    for pk in free:
        assert "Подана решение — не позже" in row_of(answer.text, pk)
        found = region.sql("SELECT status, on_behalf_note FROM voucher_application WHERE employee_id = %(i)s", i=pk)
        assert ("submitted", NOTE) in found
    for pk in refused:
        assert "Не подана Уже есть действующий чек" in row_of(answer.text, pk)


@pytest.mark.parametrize("note", ["", "   "])
def test_without_the_note_nothing_is_done(region: Region, school: Browser, note: str) -> None:
    with region.nothing_changes():
        answer = school.post(path_of(people(region, free=True)), {"note": note})
    assert answer.status == 422
    assert error_beside(answer.text, "note") != ""


def test_foreign_missing_and_altered_ids_answer_alike(region: Region, school: Browser) -> None:
    own = people(region, free=True, number=1)
    foreign = region.pick("school", "employee", "foreign")
    assert foreign is not None
    with region.nothing_changes():
        for ids in ([foreign], [*own, foreign], [MISSING], [*own, MISSING]):
            assert school.get(path_of(ids)).status == 404
            assert school.post(path_of(ids), {"note": NOTE}).status == 404
        for typed in ("x", "1-x", "²", "1" * 30):
            assert school.get(f"{PATH}?ids={typed}").status == 404
        assert school.get(path_of(list(range(1, 203)))).status == 422
    assert school.leaks == []


def test_nobody_chosen_is_told(region: Region, school: Browser) -> None:
    assert "Отметьте работников в списке" in words(school.get(PATH).text)
    with region.nothing_changes():
        assert school.post(PATH, {"note": NOTE}).status == 422


def test_a_page_takes_few_statements_for_however_many(region: Region, school: Browser) -> None:
    ids = people(region, free=True, number=1)
    more = region.ids("school", "employee", "EXISTS (SELECT FROM employment w WHERE w.employee_id = t.id)")
    assert len(more) > 25
    school.get(path_of(ids))
    numbers = []
    for some in (ids, more[:3], more[:100]):
        with recorded() as statements:
            assert school.get(path_of(some)).status == 200
        numbers.append(len(statements))
    assert len(set(numbers)) == 1, numbers
    assert numbers[0] <= 15


@pytest.mark.parametrize("login", ["worker", "ministry", "territory", "organizer", "admin", "observer"])
def test_others_apply_for_nobody(region: Region, login: str) -> None:
    browser, own = region.browser(login), people(region, free=True, number=1)
    with region.nothing_changes():
        assert browser.get(path_of(own)).status == 403
        assert browser.post(path_of(own), {"note": NOTE}).status == 403


# --- one's own -------------------------------------------------------------------------------------------------------


def test_a_worker_reads_why_not_before_pressing(region: Region) -> None:
    worker = region.browser("worker")
    pk = region.people["worker"].facts["employee"]
    page = worker.get("/voucher_application/add").text
    refused = "Сейчас подать заявку нельзя." in words(page)
    assert submits(page) == ([] if refused else ["Подать заявку"])
    assert "Выбрать другого" not in page
    live = region.sql(
        "SELECT count(*) FROM voucher WHERE employee_id = %(i)s AND status = 'active'", i=pk
    )[0][0]  # fmt: skip
    assert refused is bool(live)


def submits(page: str) -> list[str]:
    """Words of the buttons that send the form of a record."""
    return re.findall(r'<div class="submit"><button class="btn main"[^>]*>([^<]*)', page)


def test_the_form_for_another_says_why_not(region: Region, school: Browser) -> None:
    (free,), (refused,) = people(region, free=True, number=1), people(region, free=False, number=1)
    page = words(school.get(f"/voucher_application/add?employee={refused}").text)
    assert "Сейчас подать заявку нельзя. Уже есть действующий чек" in page
    assert "нельзя" not in words(school.get(f"/voucher_application/add?employee={free}").text)
    assert flashes(school.get("/employee/list/").text) == ""


def test_the_form_of_one_person_says_whether_it_will_be_refused(region: Region, school: Browser) -> None:
    (free,), (busy,) = people(region, free=True, number=1), people(region, free=False, number=1)
    page = school.get(f"/voucher_application/add?employee={free}").text
    assert "Подать заявку можно" in words(page)
    assert "Сохранить" not in words(page)
    refused = school.get(f"/voucher_application/add?employee={busy}").text
    assert "Сейчас подать заявку нельзя." in words(refused)
    assert submits(page) == ["Подать заявку"]
    # what would be refused cannot be sent; another person may be chosen
    assert submits(refused) == []
    assert 'href="/voucher_application/add">Выбрать другого работника' in refused
    assert submits(school.get("/voucher_application/add").text) == ["Подать заявку"]
    answer = school.post("/voucher_application/add", {"employee": str(free), "on_behalf_note": NOTE})
    assert "Заявка подана. Решение будет не позже" in flashes(school.get(answer.headers["Location"]).text)
