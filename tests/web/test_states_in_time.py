"""What is true follows from the days: on the day after the last one, before any job has come, every place says the same."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import time_machine

from app import statuses as st
from app.clock import ZONE
from app.exchange.sample import build_sample
from app.exchange.vouchers.voucher_columns import COLUMNS
from app.identifiers import format_snils
from tests.access.region import Browser, Region
from tests.web.pages import ids, total, words

#: long after all rows of the region: the only rows whose day comes are the test's own
SOON = 3


def row_of(answer: str, table: str, pk: int) -> str:
    """Words of a list's row."""
    rows = answer.split("<tbody>", 1)[1].split("</tbody>", 1)[0].split("<tr")
    return next(words(f"<tr{row}") for row in rows if f'href="/{table}/show/{pk}"' in row)


def head_of(page: str) -> str:
    """Title of a card with its state."""
    return words(page.split('<div class="head"', 1)[1].split("</div>", 2)[0])


@pytest.fixture
def last_day(region: Region) -> dt.date:
    return region.today + dt.timedelta(days=SOON)


@pytest.fixture
def day_after(last_day: dt.date) -> Iterator[None]:
    """The first quarter of an hour after the last day: no job has run."""
    moment = dt.datetime.combine(last_day + dt.timedelta(days=1), dt.time(0, 5), ZONE)
    with time_machine.travel(moment, tick=True):
        yield


def seen(operator: Browser, table: str, pk: int, status: str) -> dict[str, Any]:
    """What the list tells about the rows of a status: number in the heading, beside the option, rows of the export; the row."""
    path = f"/{table}/list/?status={status}&size=100"
    page = operator.get(path).text
    options = json.loads(operator.get(f"/{table}/counts/").text)["counts"]["status"]
    sheet = operator.get(f"/{table}/export/?status={status}").rows()
    return {
        "heading": total(page),
        "option": options.get(status, 0),
        "export": sum(any(cell == st_label(table, status) for cell in row) for row in sheet),
        "found": pk in ids(page, table) or total(page) > 100,
    }


def st_label(table: str, status: str) -> str:
    kinds: dict[str, type[st.LabelledEnum]] = {
        "voucher": st.VoucherStatus, "training_group": st.GroupStatus, "enrolment": st.EnrolmentStatus
    }  # fmt: skip
    return kinds[table].of(status).label


def voucher_day(region: Region) -> str:
    """The last day of issue under which the чек of these tests falls."""
    return f"{region.today - dt.timedelta(days=900):%d.%m.%Y}"


# --- чеки ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def voucher(region: Region, last_day: dt.date) -> dict[str, Any]:
    """An active чек with free blocks whose last day is soon."""
    found = region.sql(
        "UPDATE voucher v SET valid_until = %(day)s, issued_on = current_date - 1500 FROM employee e"
        " WHERE e.id = v.employee_id AND v.id = (SELECT v.id FROM voucher v JOIN employee e ON e.id = v.employee_id"
        " WHERE v.status = 'active' AND e.snils IS NOT NULL AND (SELECT count(*) FROM voucher_block b"
        " WHERE b.voucher_id = v.id AND b.status = 'free') = 3 ORDER BY v.id LIMIT 1)"
        " RETURNING v.id, v.number, v.check_code, v.employee_id, e.snils, e.last_name, e.first_name, e.patronymic",
        day=last_day,
    )
    names = ("id", "number", "code", "person", "snils", "last", "first", "patronymic")
    return dict(zip(names, found[0], strict=True))


def test_a_voucher_on_its_last_day_is_in_force_everywhere(region: Region, voucher: dict[str, Any]) -> None:
    page = region.browser("operator").get(f"/voucher/list/?q={quote(voucher['number'])}").text
    assert "Действует свободно 3 из 3" in row_of(page, "voucher", voucher["id"])


def test_a_voucher_that_ended_yesterday_is_over_everywhere(
    region: Region, voucher: dict[str, Any], day_after: None
) -> None:
    operator, pk = region.browser("operator"), voucher["id"]
    assert region.sql("SELECT status FROM voucher WHERE id = %(pk)s", pk=pk) == [("active",)]
    page = operator.get(f"/voucher/list/?q={quote(voucher['number'])}").text
    assert "Истёк свободно 0 из 3" in row_of(page, "voucher", pk)
    sheet = operator.get(f"/voucher/export/?q={quote(voucher['number'])}").rows()
    (line,) = [row for row in sheet if voucher["number"] in row]
    assert line[-2:] == ["Истёк", "свободно 0 из 3"]
    # the numbers of the heading, of the chip and of the file are those of the days
    for status, condition in (
        ("active", "status = 'active' AND valid_until >= %(day)s"),
        ("expired", "status = 'expired' OR status = 'active' AND valid_until < %(day)s"),
    ):
        day = region.today + dt.timedelta(days=SOON + 1)
        ((expected,),) = region.sql(f"SELECT count(*) FROM voucher WHERE {condition}", day=day)
        found = seen(operator, "voucher", pk, status)
        assert (found["heading"], found["option"], found["export"]) == (expected, expected, expected)
    over = operator.get(f"/voucher/list/?status=expired&q={quote(voucher['number'])}").text
    live = operator.get(f"/voucher/list/?status=active&q={quote(voucher['number'])}").text
    assert (ids(over, "voucher"), total(live)) == ([pk], 0)
    # sorted by what is shown: the ended ones stand together
    sheet = operator.get(f"/voucher/export/?order=status&issued_on_to={voucher_day(region)}").rows()
    states = [row[-2] for row in sheet if len(row) > 2 and row[-1].startswith("свободно")]
    assert states == sorted(states, key=states.index) and "Истёк" in states
    card = operator.get(f"/voucher/show/{pk}").text
    assert "Истёк" in head_of(card)
    assert "/voucher/replace/" not in card.replace("act/", "") and "Аннулировать" not in card
    assert "Свободен" not in card and "Сгорел" in card
    person = operator.get(f"/employee/show/{voucher['person']}?tab=courses").text
    assert f"Чек № {voucher['number']}" in words(person) and "Истёк" in words(person)
    found = operator.get(f"/search/?q={quote(voucher['number'])}").text
    assert "· Истёк ·" in words(found)
    told = region.browser(None).get(f"/verify/voucher/{voucher['code']}").text
    assert "истёк" in words(told).lower() and "Свободен" not in told
    registry = operator.get(
        "/registries/download/?code=vouchers&period_from=01.01.2010&period_to=31.12.2027&status=active"
    ).rows()
    assert not any(voucher["number"] in row for row in registry)
    registry = operator.get(
        "/registries/download/?code=vouchers&period_from=01.01.2010&period_to=31.12.2027&status=expired"
    ).rows()
    (line,) = [row for row in registry if voucher["number"] in row]
    # blocks, used, taken, free
    assert ("Истёк" in line, [float(cell) for cell in line[-4:]]) == (True, [3, 0, 0, 0])


def test_the_import_of_vouchers_sees_the_ended_one_as_ended(
    region: Region, voucher: dict[str, Any], day_after: None
) -> None:
    """It was refused because of a чек «that is in force», or broke on the one active чек of a person."""
    operator = region.browser("operator")
    name = f"{voucher['last']} {voucher['first']} {voucher['patronymic'] or ''}".strip()
    states = {f"{code}_state": "свободен" for code in ("inv", "var1", "var2")}
    cells = {
        "number": "63-после-1",
        "snils": format_snils(voucher["snils"]),
        "full_name": name,
        "issued_on": region.today,
    }
    book = build_sample([{**cells, **states}], columns=COLUMNS)
    sent = operator.post("/voucher/import/", {"file": (io.BytesIO(book), "чеки.xlsx")})
    assert sent.status == 302, words(sent.text)
    place = sent.headers["Location"]
    page = operator.get(place).text
    assert "действующий" not in words(page)
    operator.post(place + "/apply")
    statuses = region.sql(
        "SELECT number, status FROM voucher WHERE employee_id = %(pk)s ORDER BY id", pk=voucher["person"]
    )
    assert ("63-после-1", "active") in statuses and (voucher["number"], "expired") in statuses


# --- groups and offered seats ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ends", "starts", "stored", "shown"),
    [(0, 5, "open", "closed"), (0, 1, "open", "running"), (-2, 1, "closed", "running"), (2, 5, "open", "open")],
)
def test_a_group_whose_day_has_come_is_shown_so(
    region: Region, last_day: dt.date, ends: int, starts: int, stored: str, shown: str
) -> None:
    """Days are counted from the last day; the job that writes the status down comes within a quarter of an hour.

    The group has a number that no other has: a list whose rows are all in one state does not show the column.
    """
    ((pk, number),) = region.sql(
        "UPDATE training_group SET number = 'В срок ' || id, status = %(stored)s, enrol_from = %(day)s - 60, enrol_until = %(day)s + %(ends)s,"
        " starts_on = %(day)s + %(starts)s, ends_on = %(day)s + %(starts)s + 10 WHERE id = (SELECT min(id) FROM training_group"
        " WHERE status = 'open') RETURNING id, number",
        stored=stored, day=last_day, ends=ends, starts=starts,
    )  # fmt: skip
    moment = dt.datetime.combine(last_day + dt.timedelta(days=1), dt.time(0, 5), ZONE)
    with time_machine.travel(moment, tick=True):
        operator = region.browser("operator")
        page = operator.get(f"/training_group/list/?q={quote(number)}").text
        assert st_label("training_group", shown) in row_of(page, "training_group", pk)
        for status in st.GroupStatus:
            found = seen(operator, "training_group", pk, status.value)
            assert found["heading"] == found["option"] == found["export"]
            assert found["found"] is (status.value == shown)
        assert st_label("training_group", shown) in head_of(operator.get(f"/training_group/show/{pk}").text)
    region.sql("UPDATE training_group SET status = 'open', starts_on = current_date + 60, ends_on = current_date + 70,"
               " enrol_until = current_date + 50 WHERE id = %(pk)s", pk=pk)  # fmt: skip


def test_an_offer_whose_hour_has_passed_is_again_in_the_waiting_list(region: Region) -> None:
    ((pk, group),) = region.sql(
        "UPDATE enrolment SET status = 'offered', offer_until = now() + interval '2 hours', queued_at = now() WHERE id ="
        " (SELECT min(e.id) FROM enrolment e JOIN training_group g ON g.id = e.group_id WHERE e.status = 'applied'"
        " AND g.status = 'open') RETURNING id, group_id"
    )
    for hours, shown in ((0, "offered"), (3, "waiting")):
        with time_machine.travel(dt.datetime.now(ZONE) + dt.timedelta(hours=hours), tick=True):
            operator = region.browser("operator")
            page = operator.get(f"/enrolment/list/?group={group}&size=100").text
            assert st_label("enrolment", shown) in row_of(page, "enrolment", pk)
            for status in ("offered", "waiting"):
                found = seen(operator, "enrolment", pk, status)
                assert found["heading"] == found["option"] == found["export"]
                assert found["found"] is (status == shown)
            card = operator.get(f"/enrolment/show/{pk}").text
            assert st_label("enrolment", shown) in head_of(card)
            assert ("Занять предложенное место" in card) is (shown == "offered")


# --- roles -----------------------------------------------------------------------------------------------------------


def test_a_role_to_come_is_told_with_its_first_day_and_an_ended_one_not_at_all(region: Region) -> None:
    ((user,),) = region.sql(
        "INSERT INTO ab_user (first_name, last_name, username, email, active) VALUES"
        " ('Анна', 'Срочная', 'term', 'term@example.test', true) RETURNING id"
    )
    for role, first, last in (("ministry", -30, -1), ("observer", 5, 50), ("operator", -5, 0)):
        region.sql(
            "INSERT INTO assignment (user_id, role, valid_from, valid_to) VALUES"
            " (%(user)s, %(role)s, current_date + %(first)s, current_date + %(last)s)",
            user=user, role=role, first=first, last=last,
        )  # fmt: skip
    page = region.browser("admin").get("/ab_user/list/?q=term@example.test").text
    from app.permissions import ROLES

    told = row_of(page, "ab_user", user)
    since = region.today + dt.timedelta(days=5)
    assert f"{ROLES['operator'].title}, {ROLES['observer'].title} с {since:%d.%m.%Y}" in told
    assert ROLES["ministry"].title not in told
