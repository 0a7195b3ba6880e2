"""The page of the queue: what it shows to whom, how rows are decided from it, with scripts and without them."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image

from tests.access.region import Browser, Region
from tests.statements import recorded
from tests.web.pages import flashes, form_fields, total, words

#: who, notices, hints of the menu, calendar, territories, rows, reasons, numbers of the tabs, own decisions; then the case
MOST_STATEMENTS = 30


@pytest.fixture
def applications(region: Region) -> Iterator[list[int]]:
    """Three live applications with deadlines yesterday, today and in a month; the others wait elsewhere."""
    ids = [
        pk for (pk,) in region.sql("SELECT id FROM voucher_application WHERE status = 'submitted' ORDER BY id LIMIT 3")
    ]
    for pk, shift in zip(ids, (-30, 0, 40), strict=True):
        region.sql(
            "UPDATE voucher_application SET due_on = %(d)s + %(n)s WHERE id = %(i)s", d=region.today, n=shift, i=pk
        )
    yield ids


def shown(page: str) -> list[str]:
    return re.findall(r'<tr data-row="([\w-]+)"', page)


def row_of(page: str, row: str) -> str:
    found = re.search(rf'<tr data-row="{row}".*?</tr>', page, re.S)
    assert found is not None
    return words(found[0])


def status(region: Region, pk: int) -> tuple[str, str | None]:
    found: tuple[str, str | None] = region.sql(
        "SELECT status, reason_text FROM voucher_application WHERE id = %(i)s", i=pk
    )[0]
    return found


def name_of(region: Region, pk: int) -> str:
    found = region.sql(
        "SELECT e.last_name, e.first_name FROM employee e JOIN voucher_application a ON a.employee_id = e.id WHERE a.id = %(i)s",
        i=pk,
    )
    return " ".join(found[0])


def pick(pk: int) -> str:
    return f"voucher_application-{pk}"


# --- what is shown ---------------------------------------------------------------------------------------------------


def test_the_most_urgent_stand_first_and_say_how_long(
    region: Region, operator: Browser, applications: list[int]
) -> None:
    page = operator.get("/queue/", kind="voucher_application").text
    rows = shown(page)
    assert rows[0] == pick(applications[0])
    assert "просрочено: " in row_of(page, pick(applications[0]))
    assert name_of(region, applications[0]) in row_of(page, pick(applications[0]))
    today = operator.get("/queue/", kind="voucher_application", state="today").text
    assert "сегодня последний день" in row_of(today, pick(applications[1]))
    assert pick(applications[0]) not in shown(today)
    assert operator.leaks == []


def test_pages_follow_one_another_without_gaps(region: Region, operator: Browser) -> None:
    seen, path = [], "/queue/"
    while path:
        answer = operator.get(path)
        assert answer.status == 200
        seen += shown(answer.text)
        found = re.search(r'<a href="([^"]+)" data-next>', answer.text)
        path = html.unescape(found[1]) if found else ""
    assert len(seen) == len(set(seen)) == total(operator.get("/queue/").text)
    places = region.sql("SELECT count(*) FROM employment WHERE status = 'unconfirmed' AND ended_on IS NULL")[0][0]
    assert sum(row.startswith("employment-") for row in seen) == places > 50


def test_a_territory_and_words_narrow(region: Region, operator: Browser, applications: list[int]) -> None:
    name = name_of(region, applications[0]).split()[0]
    found = operator.get("/queue/", q=name.lower()[:4], kind="voucher_application").text
    assert pick(applications[0]) in shown(found)
    assert all(name[:4] in row_of(found, row) for row in shown(found))
    (territory,) = region.sql(
        "SELECT o.territory_id FROM voucher_application a JOIN employment e ON e.id = a.employment_id"
        " JOIN organization o ON o.id = e.organization_id WHERE a.id = %(i)s", i=applications[0],
    )[0]  # fmt: skip
    assert pick(applications[0]) in shown(operator.get("/queue/", territory=territory, state="overdue").text)
    other = region.sql("SELECT id FROM territory WHERE id <> %(t)s ORDER BY id", t=territory)[0][0]
    assert pick(applications[0]) not in shown(operator.get("/queue/", territory=other, state="overdue").text)


@pytest.mark.parametrize("query", ["after=x~y", "after=2026-11-24~registration~~1", "kind=nothing", "state=nothing",
    "territory=999999999", "territory=²", "q=%00%27", "q=%26%7C%21", "after=%00", "after=0001-01-01~transfer~~1&kind=employment", "after=2026-11-24~transfer~~9999999999", "kind=registration&after=9999-12-31~transfer~~1"])  # fmt: skip
def test_altered_addresses_answer(operator: Browser, query: str) -> None:
    assert operator.get(f"/queue/?{query}").status == 200


def test_a_page_takes_few_statements(operator: Browser) -> None:
    operator.get("/queue/")
    numbers = []
    for path in ("/queue/", "/queue/?kind=voucher_application", "/queue/?q=иван&state=overdue"):
        with recorded() as statements:
            assert operator.get(path).status == 200
        numbers.append(len(statements))
        assert statements.writes == []
    # the queue, its tabs and one case with all that it names; however many rows wait
    assert max(numbers) <= MOST_STATEMENTS, numbers


@pytest.mark.parametrize("login", ["worker", "school", "organizer", "territory", "ministry", "observer", "admin"])
def test_others_have_no_queue(region: Region, login: str, applications: list[int]) -> None:
    """Also none in the menu; a row named by its id stays as it is."""
    browser = region.browser(login)
    with region.nothing_changes():
        assert browser.get("/queue/").status == 403
        assert browser.post("/queue/decide", {"one": pick(applications[0])}).status == 403
    assert "/queue/" not in browser.get("/").text


# --- decisions -------------------------------------------------------------------------------------------------------


def test_return_sends_the_reason_and_leaves_the_filters(
    region: Region, operator: Browser, applications: list[int]
) -> None:
    before = region.sql("SELECT count(*) FROM letter WHERE body LIKE '%%Приложите приказ%%'")[0][0]
    answer = operator.post(
        "/queue/decide",
        {
            "action": "return",
            "rowid": [pick(applications[1])],
            "reason": ["", "Приложите приказ"],
            "query": "state=today",
        },
    )
    assert (answer.status, answer.headers["Location"]) == (302, "/queue/?state=today")
    assert status(region, applications[1]) == ("returned", "Приложите приказ")
    assert region.sql("SELECT count(*) FROM letter WHERE body LIKE '%%Приложите приказ%%'")[0][0] == before + 1
    page = operator.get("/queue/?state=today").text
    assert pick(applications[1]) not in shown(page)
    assert f"Возвращено на доработку: {name_of(region, applications[1])}" in flashes(page)
    region.sql("UPDATE voucher_application SET status = 'submitted' WHERE id = %(i)s", i=applications[1])


def test_those_not_decided_are_named(region: Region, operator: Browser, applications: list[int]) -> None:
    """A place of work cannot be given back: it is said by name, beside the application that could."""
    (place,) = region.sql("SELECT min(id) FROM employment WHERE status = 'unconfirmed' AND ended_on IS NULL")[0]
    (owner,) = region.sql(
        "SELECT e.last_name FROM employee e JOIN employment p ON p.employee_id = e.id WHERE p.id = %(i)s", i=place
    )[0]
    answer = operator.post(
        "/queue/decide",
        {"action": "return", "rowid": [pick(applications[2]), f"employment-{place}"], "reason": "Уточните должность"},
    )
    assert answer.status == 200
    failed = words(answer.text.split('class="paper block t-bad queue-failed"', 1)[1].split("</section>", 1)[0])
    assert "Не решено: 1" in failed
    assert owner in failed
    assert "вернуть на доработку нельзя" in failed
    assert status(region, applications[2])[0] == "returned"
    assert region.sql("SELECT status FROM employment WHERE id = %(i)s", i=place) == [("unconfirmed",)]
    region.sql("UPDATE voucher_application SET status = 'submitted' WHERE id = %(i)s", i=applications[2])


def test_one_row_is_confirmed_by_its_button(region: Region, operator: Browser) -> None:
    """Boxes ticked elsewhere on the page are not touched by the button of one row."""
    one, other = (
        pk
        for (pk,) in region.sql("SELECT id FROM employment WHERE status = 'unconfirmed' AND ended_on IS NULL LIMIT 2")
    )
    answer = operator.post("/queue/decide", {"one": f"employment-{one}", "rowid": [f"employment-{other}"]})
    assert answer.status == 302
    assert region.sql("SELECT id, status FROM employment WHERE id IN (%(a)s, %(b)s) ORDER BY status", a=one, b=other) == [
        (one, "confirmed"), (other, "unconfirmed")
    ]  # fmt: skip


@pytest.fixture
def second(region: Region) -> Iterator[Browser]:
    """A worker who is an operator too."""
    region.sql(
        "INSERT INTO assignment (user_id, role, valid_from, basis) VALUES (%(u)s, 'operator', %(d)s, 'проба')",
        u=region.people["worker"].facts["user"], d=region.today,
    )  # fmt: skip
    yield region.browser("worker")
    region.sql("DELETE FROM assignment WHERE basis = %(b)s", b="проба")
    region.sql("DELETE FROM taken_case")


def test_the_second_operator_learns_who_decided_and_what(region: Region, operator: Browser, second: Browser) -> None:
    """Of two who have one case open the second changes nothing, and reads the name, the moment and the word of the decision."""
    (place,) = region.sql("SELECT max(id) FROM employment WHERE status = 'unconfirmed' AND ended_on IS NULL")[0]
    row = f"employment-{place}"
    assert operator.post("/queue/decide", {"one": row, "then": ""}).status == 302
    with region.nothing_changes():
        answer = second.post("/queue/decide", {"one": row})
        assert (answer.status, answer.headers["Location"]) == (302, f"/queue/?case={row}")
        page = second.get(f"/queue/?case={row}").text
        for told in (flashes(page), words(page.split('id="case-title"', 1)[1])):
            assert "Решение уже принято: " in told
            assert ": «Подтверждено»" in told
        assert 'class="acts"' not in page
        # what is decided is nobody's to take
        second.post("/queue/take", {"one": row})
        assert "Это дело уже не ждёт решения" in flashes(second.get("/queue/").text)


def test_a_taken_case_is_left_to_its_taker(region: Region, operator: Browser, second: Browser) -> None:
    """The others see by whom it is taken and do not decide it, alone or among many; given back or taken over it is free again."""
    first, other = (
        f"employment-{pk}"
        for (pk,) in region.sql("SELECT id FROM employment WHERE status = 'unconfirmed' AND ended_on IS NULL LIMIT 2")
    )
    where = {"state": "", "kind": "employment"}
    for _press in range(2):
        assert operator.post("/queue/take", {"one": first}).headers["Location"] == f"/queue/?case={first}"
    mine = operator.get("/queue/", state="mine").text
    assert "Дело у вас" in flashes(mine)
    assert first in shown(mine)
    assert "Вернуть в очередь" in words(mine)

    pages = second.get("/queue/", case=first, **where).text
    assert "Дело в работе у другого оператора: Соколова" in words(pages)
    assert "Забрать себе" in words(pages)
    assert 'name="action" value="confirm"' not in pages.split('id="case-title"', 1)[1]
    assert first not in shown(second.get("/queue/", state="mine").text)
    with region.nothing_changes():
        second.post("/queue/decide", {"one": first})
        assert "Дело уже в работе: Соколова" in flashes(second.get("/queue/").text)
        second.post("/queue/take", {"one": first})
        assert "Дело уже в работе: Соколова" in flashes(second.get("/queue/").text)
        second.post("/queue/take", {"one": first, "back": "1"})  # only the taker gives it back
    many = second.post("/queue/decide", {"action": "confirm", "rowid": [first, other]})
    failed = words(many.text.split('class="paper block t-bad queue-failed"', 1)[1].split("</section>", 1)[0])
    assert "Не решено: 1" in failed
    assert "заберите его себе" in failed
    assert [region.sql("SELECT status FROM employment WHERE id = %(i)s", i=row.rpartition("-")[2]) for row in (first, other)] == [
        [("unconfirmed",)], [("confirmed",)]
    ]  # fmt: skip

    seen = region.people["operator"].facts["user"]
    second.post("/queue/take", {"one": first, "seen": seen})
    assert first in shown(second.get("/queue/", state="mine").text)
    assert first not in shown(operator.get("/queue/", state="mine").text)
    second.post("/queue/take", {"one": first, "back": "1", "then": other})
    assert "Дело возвращено в очередь" in flashes(second.get("/queue/").text)
    assert region.sql("SELECT count(*) FROM taken_case") == [(0,)]
    assert operator.post("/queue/decide", {"one": first}).status == 302
    assert region.sql("SELECT status FROM employment WHERE id = %(i)s", i=first.rpartition("-")[2]) == [("confirmed",)]


@pytest.mark.parametrize("login", ["school", "territory", "ministry", "admin"])
def test_who_decides_nothing_takes_nothing(region: Region, login: str, applications: list[int]) -> None:
    with region.nothing_changes():
        assert region.browser(login).post("/queue/take", {"one": pick(applications[0])}).status == 403


def test_a_correction_is_decided_at_the_desk(region: Region, operator: Browser) -> None:
    """It shows the card beside what is asked; the pages of its PDF are drawn for those who may open the file, for nobody else."""
    worker, person = region.browser("worker"), region.people["worker"].facts["employee"]
    sheet = io.BytesIO()
    Image.new("RGB", (600, 800), "white").save(
        sheet, "PDF", save_all=True, append_images=[Image.new("RGB", (600, 800))]
    )
    (phone,) = region.sql("SELECT phone FROM employee WHERE id = %(i)s", i=person)[0]
    waits = "employee_id = %(i)s AND subject_table = 'employee' AND status = 'proposed'"
    was = [
        pk
        for (pk,) in region.sql(f"UPDATE change_request SET status = 'withdrawn' WHERE {waits} RETURNING id", i=person)
    ]
    form = form_fields(worker.get("/change_request/propose").text)
    sent = {name: given[0] for name, given in form.items()} | {"phone": "+7 927 000-11-22"}
    sent |= {"scan": (io.BytesIO(sheet.getvalue()), "Приказ.pdf")}
    assert worker.post("/change_request/propose", sent).status == 302
    pk, scan = region.sql("SELECT id, scan_id FROM change_request WHERE status = 'proposed' ORDER BY id DESC LIMIT 1")[
        0
    ]
    row = f"change_request-{pk}"
    assert row in shown(operator.get("/queue/", kind="change_request").text)
    page = operator.get("/queue/", case=row).text
    told = words(page.split('id="case-title"', 1)[1])
    assert "Документ приложен" in told
    assert "Отличия от карточки 1" in told
    assert "+7 (927) 000-11-22" in told
    assert f'src="/access/pages/{scan}"' in page
    drawn = operator.client.get(f"/access/pages/{scan}")
    assert (drawn.status_code, drawn.mimetype) == (200, "image/png")
    assert Image.open(io.BytesIO(drawn.data)).size == (1050, 2800)
    for login in ("school2", "worker2", "organizer", "ministry"):
        assert region.browser(login).get(f"/access/pages/{scan}").status == 404, login
    with region.nothing_changes():
        asked = operator.post("/queue/decide", {"one": row})
        assert "Новые сведения встанут в карточку вместо прежних" in words(asked.text)
    assert operator.post("/queue/decide", {"one": row, "sure": "1"}).status == 302
    assert region.sql("SELECT phone FROM employee WHERE id = %(i)s", i=person) == [("+79270001122",)]
    assert region.sql("SELECT status FROM change_request WHERE id = %(i)s", i=pk) == [("accepted",)]
    region.sql("UPDATE employee SET phone = %(p)s WHERE id = %(i)s", p=phone, i=person)
    region.sql("UPDATE change_request SET status = 'proposed' WHERE id = ANY(%(w)s)", w=was)


def test_a_case_tells_what_speaks_for_and_against(region: Region, operator: Browser, applications: list[int]) -> None:
    """Lines with links to their sources; a broken condition is told before the buttons; «Мои» keeps what was decided today."""
    pk = applications[0]
    (place, person) = region.sql("SELECT employment_id, employee_id FROM voucher_application WHERE id = %(i)s", i=pk)[0]
    (was,) = region.sql("SELECT status FROM employment WHERE id = %(i)s", i=place)[0]
    region.sql("UPDATE employment SET status = 'unconfirmed' WHERE id = %(i)s", i=place)
    page = operator.get("/queue/", case=pick(pk)).text
    said = page.split('class="grounds', 1)[1].split("</div>", 1)[0]
    assert (
        f'<li class="no"><span class="vh">Препятствие: </span><a href="/employment/show/{place}">Место работы не подтверждено</a>'
        in said
    )
    assert f'href="/employee/show/{person}"' in said
    # the applicant's own acts are not the operator's
    assert "Отозвать" not in page
    assert "Отозвать" not in operator.get(f"/voucher_application/show/{pk}").text
    with region.nothing_changes():
        assert operator.post("/queue/decide", {"one": pick(pk), "then": pick(applications[1])}).status == 302
    assert "ещё не подтверждено" in flashes(operator.get("/queue/", case=pick(pk)).text)
    region.sql("UPDATE employment SET status = 'confirmed' WHERE id = %(i)s", i=place)
    said = operator.get("/queue/", case=pick(pk)).text
    assert "Место работы подтверждено" in said
    answer = operator.post(
        "/queue/decide", {"one": pick(pk), "action": "return", "reason": "Уточните", "then": pick(applications[1])}
    )
    assert answer.headers["Location"] == f"/queue/?case={pick(applications[1])}"
    mine = operator.get("/queue/", state="mine").text
    assert "возвращено на доработку" in row_of(mine, pick(pk))
    batch = re.search(r'name="batch" value="([^"]+)"', mine)
    assert batch is not None
    operator.post("/undo/", {"batch": batch[1]})
    assert pick(pk) not in shown(operator.get("/queue/", state="mine").text)
    assert status(region, pk) == ("submitted", None)
    region.sql("UPDATE employment SET status = %(s)s WHERE id = %(i)s", s=was, i=place)


def test_a_case_of_every_kind_opens(region: Region, operator: Browser) -> None:
    """Whatever waits has its grounds; what is decided already says so and offers nothing."""
    seen = set()
    for row in {name.rpartition("-")[0]: name for name in shown(operator.get("/queue/").text)}.values():
        page = operator.get("/queue/", case=row).text
        assert 'class="grounds' in page
        assert 'class="acts"' in page or row.startswith("consent_withdrawal")
        seen.add(row.rpartition("-")[0])
    came = {"training": "submitted_at IS NOT NULL", "program": "submitted_at IS NOT NULL"}
    for table in ("registration", "transfer", "training", "program", "access_request"):
        for pk, has_come in region.sql(f"SELECT id, {came.get(table, 'true')} FROM {table} ORDER BY id LIMIT 3"):
            page = operator.get("/queue/", case=f"{table}-{pk}")
            assert page.status == (200 if has_come else 404), (table, pk)
            assert ('id="case-title"' in page.text) == has_come
    assert seen >= {"employment", "voucher_application"}


def test_what_has_no_way_back_asks_first(region: Region, operator: Browser) -> None:
    """The question says how many and what follows; nothing is done before the answer."""
    (pk,) = region.sql("SELECT min(id) FROM access_request WHERE status = 'submitted'")[0]
    row = f"access_request-{pk}"
    with region.nothing_changes():
        for data in ({"one": row}, {"action": "confirm", "rowid": [row]}):
            answer = operator.post("/queue/decide", data)
            assert answer.status == 200
            asked = words(answer.text.split('id="asks"', 1)[1].split("</section>", 1)[0])
            assert "Это решение отменить нельзя" in asked
            assert "Предоставить доступ: 1. Доступ к данным откроется сразу." in asked
    assert operator.post("/queue/decide", {"one": row, "sure": "1"}).status == 302
    assert region.sql("SELECT status FROM access_request WHERE id = %(i)s", i=pk) == [("granted",)]
    assert 'name="batch"' not in operator.get("/queue/").text


def test_a_case_is_seen_by_those_who_see_the_row(region: Region, applications: list[int]) -> None:
    """The territory of the school reads the case and decides nothing; another territory does not find it, nor does a strange school."""
    place = (
        "SELECT o.territory_id FROM voucher_application a JOIN employment e ON e.id = a.employment_id"
        " JOIN organization o ON o.id = e.organization_id WHERE a.id = %(i)s"
    )
    own = region.people["territory"].facts["territory"]
    found = region.sql("SELECT id FROM voucher_application WHERE status = 'submitted'")
    by_side = {mine: pk for (pk,) in found for mine in [region.sql(place, i=pk)[0][0] == own]}
    assert set(by_side) == {True, False}
    browser = region.browser("territory")
    page = browser.get("/queue/", case=pick(by_side[True]))
    assert page.status == 200
    assert 'class="grounds' in page.text
    assert 'class="acts"' not in page.text
    assert "data-row" not in page.text
    with region.nothing_changes():
        assert browser.get("/queue/", case=pick(by_side[False])).status == 404
        assert browser.post("/queue/decide", {"one": pick(by_side[True])}).status == 403
        for name in ("employment-999999999", "x", "ab_user-1", "employment-²"):
            assert region.browser("operator").get("/queue/", case=name).status == 404


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({}, 422),
        ({"action": "confirm"}, 422),
        ({"one": "x"}, 422),
        ({"one": "employment-²"}, 422),
        ({"one": "employment-99999999999"}, 422),
        ({"one": "employment-999999999"}, 404),
        ({"one": "ab_user-1"}, 404),
        ({"action": "delete", "rowid": "employment-1"}, 404),
        ({"action": "return", "rowid": "voucher_application-{0}", "reason": " "}, 422),
    ],
)
def test_bad_choices_change_nothing(
    region: Region, operator: Browser, applications: list[int], data: dict[str, Any], expected: int
) -> None:
    sent = {name: value.format(*applications) for name, value in data.items()}
    with region.nothing_changes():
        assert operator.post("/queue/decide", sent).status == expected


def test_the_card_and_the_notice_lead_to_the_case(region: Region, operator: Browser, applications: list[int]) -> None:
    """The operator's card of what waits has the way to the desk; the school's has not."""
    link = f'href="/queue/?case={pick(applications[0])}"'
    assert link in operator.get(f"/voucher_application/show/{applications[0]}").text
    assert link not in region.browser("ministry").get(f"/voucher_application/show/{applications[0]}").text
    for table, where in (
        ("employment", "status = 'unconfirmed' AND ended_on IS NULL"),
        ("program", "status = 'submitted'"),
    ):
        for (pk,) in region.sql(f"SELECT id FROM {table} WHERE {where} LIMIT 1"):
            assert f'href="/queue/?case={table}-{pk}"' in operator.get(f"/{table}/show/{pk}").text, table
