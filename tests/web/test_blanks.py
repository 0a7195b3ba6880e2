"""Blanks through the pages: a receipt, the list, an act of chosen ones with its papers, another blank, the balance."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from docx import Document

from app.web.paper.blank_act_view import read_ids, write_ids
from tests.access.region import MISSING, Answer, Browser, Region
from tests.statements import recorded
from tests.web.pages import error_beside, flashes, names, refusal, total, words

SERIES = "ТЕСТ"


@pytest.fixture(autouse=True)
def _as_it_was(region: Region) -> Iterator[None]:
    yield
    region.sql("UPDATE blank SET act_id = NULL WHERE series = %(series)s", series=SERIES)
    region.sql("DELETE FROM blank_act WHERE reason = %(series)s", series=SERIES)
    region.sql("DELETE FROM blank WHERE series = %(series)s", series=SERIES)
    region.sql("DELETE FROM blank_receipt WHERE series = %(series)s", series=SERIES)


@pytest.fixture
def organizer(region: Region) -> Iterator[Browser]:
    browser = region.browser("organizer")
    yield browser
    assert browser.leaks == []


def place(region: Region, login: str = "organizer") -> int:
    return int(region.people[login].facts["places"][0])


def receive(region: Region, browser: Browser, **over: Any) -> Answer:
    values = {
        "organizer": place(region),
        "kind": "certificate",
        "series": SERIES,
        "first": "000101",
        "last": "000112",
        "received_on": f"{region.today:%d.%m.%Y}",
        "document": "Накладная № 5",
    }
    return browser.post("/blank_receipt/add", {**values, **over})


def own(region: Region) -> list[int]:
    found = region.sql("SELECT id FROM blank WHERE series = %(series)s ORDER BY number", series=SERIES)
    return [pk for (pk,) in found]


def states(region: Region) -> list[str]:
    found = region.sql("SELECT status FROM blank WHERE series = %(series)s ORDER BY number", series=SERIES)
    return [status for (status,) in found]


# --- receipts --------------------------------------------------------------------------------------------------------


def test_a_receipt_is_typed_and_its_blanks_are_listed(region: Region, organizer: Browser) -> None:
    form = organizer.get("/blank_receipt/add").text
    assert f'value="{region.today:%d.%m.%Y}"' in form
    assert 'value="certificate"' in form and 'value="diploma"' in form
    assert "training_note" not in form and "study_period_note" not in form
    answer = receive(region, organizer)
    assert answer.status == 302
    card = words(organizer.get(answer.headers["Location"]).text)
    assert f"Поступление {SERIES} 000101–000112" in card
    assert "Накладная № 5" in card
    listed = organizer.get("/blank/list/", series=SERIES, status="stock").text
    assert total(listed) == 12
    assert names(listed)[:2] == [f"{SERIES} 000101", f"{SERIES} 000102"]
    assert names(organizer.get("/blank/list/", q="000111", series=SERIES).text) == [f"{SERIES} 000111"]


def test_a_refused_range_stays_in_the_form(region: Region, organizer: Browser) -> None:
    answer = receive(region, organizer, last="1")
    assert answer.status == 422
    assert "разное число цифр" in error_beside(answer.text, "last")
    receive(region, organizer)
    answer = receive(region, organizer, first="000110", last="000120")
    assert answer.status == 422
    assert f"Бланк {SERIES} 000110 уже есть" in refusal(answer.text)
    assert 'value="000120"' in answer.text
    assert len(own(region)) == 12


def test_blanks_are_not_received_for_another_organizer(region: Region, organizer: Browser) -> None:
    with region.nothing_changes():
        answer = receive(region, organizer, organizer=place(region, "organizer2"))
    assert answer.status == 422
    assert "Выберите из списка" in answer.text


# --- acts ------------------------------------------------------------------------------------------------------------


def make_act(region: Region, browser: Browser, ids: list[int]) -> Answer:
    chosen = browser.post("/blank/act/", {"action": "act", "rowid": [str(pk) for pk in ids]})
    assert chosen.status == 302
    href = chosen.headers["Location"]
    form = browser.get(href).text
    assert f"В акте {len(ids)}\u00a0бланк" in form
    values = {
        "acted_on": f"{region.today:%d.%m.%Y}",
        "reason": SERIES,
        "commission": "методист, Ёлкина А. А.\r\nбухгалтер, Ким О. Н.",
    }
    return browser.post(href, values)


def test_chosen_blanks_become_an_act_that_prints(region: Region, organizer: Browser) -> None:
    receive(region, organizer)
    ids = own(region)
    answer = make_act(region, organizer, [ids[0], ids[1], ids[4]])
    assert answer.status == 302
    assert states(region) == ["spoiled", "spoiled", "stock", "stock", "spoiled"] + ["stock"] * 7
    card = organizer.get(answer.headers["Location"]).text
    assert "Списано: 3\u00a0бланка" in card
    assert [f"{SERIES} 000101", f"{SERIES} 000102", f"{SERIES} 000105"] == names(card)
    pk = answer.headers["Location"].rstrip("/").rpartition("/")[2]
    paper = organizer.client.get(f"/blank_act/print/{pk}/docx").get_data()
    cells = [cell.text for t in Document(io.BytesIO(paper)).tables for row in t.rows for cell in row.cells]
    assert {"000101", "000102", "000105", "Председатель комиссии", "Ёлкина А.\u00a0А.", "Ким О.\u00a0Н."} <= set(cells)
    assert "методист, Ёлкина А. А.\nбухгалтер, Ким О. Н.</textarea>" in organizer.get("/blank_act/add").text
    printed = region.sql(
        "SELECT count(*) FROM audit_entry WHERE action = 'blank_act.printed' AND object_id = %(pk)s", pk=pk
    )
    assert printed == [(1,)]


def test_an_act_without_a_choice_offers_the_spoiled_ones(region: Region, organizer: Browser) -> None:
    waiting = region.sql(
        "SELECT count(*) FROM blank WHERE organizer_id = %(place)s AND status = 'spoiled' AND act_id IS NULL",
        place=place(region),
    )[0][0]
    assert waiting > 0
    assert f"В акте {waiting}\u00a0бланк" in organizer.get("/blank_act/add").text


def test_no_act_is_made_of_foreign_or_missing_blanks(region: Region, organizer: Browser) -> None:
    foreign = region.sql("SELECT min(id) FROM blank WHERE organizer_id = %(p)s", p=place(region, "organizer2"))[0][0]
    with region.nothing_changes():
        for pk in (foreign, MISSING):
            assert organizer.post("/blank/act/", {"action": "act", "rowid": [str(pk)]}).status == 404
        for typed in (str(foreign), "1-999999", "x", "1-", "-", "1..2"):
            assert organizer.get("/blank_act/add", blanks=typed).status == 404
            values = {"acted_on": f"{region.today:%d.%m.%Y}", "reason": SERIES}
            assert organizer.post(f"/blank_act/add?blanks={typed}", values).status == 404


def test_who_makes_no_acts_cannot_take_blanks_to_one(region: Region) -> None:
    operator = region.browser("operator")
    assert operator.post("/blank/act/", {"action": "act", "rowid": ["1"]}).status == 403
    assert region.browser("organizer").post("/blank/act/1/act").status == 404
    listed = operator.get("/blank/list/").text
    assert "Составить акт" not in listed
    assert "Принять бланки" not in listed


def test_another_organizers_act_is_not_found(region: Region, organizer: Browser) -> None:
    foreign = region.ids("organizer2", "blank_act")[0]
    for path in ("show/{}", "print/{}/docx", "print/{}/pdf"):
        assert organizer.get(f"/blank_act/{path.format(foreign)}").status == 404


def test_ids_are_written_in_short() -> None:
    assert write_ids([3, 1, 2, 9, 11, 12]) == "1-3.9.11-12"
    assert read_ids("1-3.9.11-12") == {1, 2, 3, 9, 11, 12}


# --- spoiling, another blank -----------------------------------------------------------------------------------------


def test_a_blank_is_spoiled_with_a_reason_from_its_card(region: Region, organizer: Browser) -> None:
    receive(region, organizer)
    pk = own(region)[0]
    organizer.post(f"/blank/act/{pk}/spoil", {"reason": ""})
    assert states(region)[0] == "stock"
    organizer.post(f"/blank/act/{pk}/spoil", {"reason": "Залит чаем"})
    assert states(region)[0] == "spoiled"
    assert "Залит чаем" in organizer.get(f"/blank/show/{pk}").text


def test_a_misprint_moves_its_document_to_the_next_blank(region: Region, organizer: Browser) -> None:
    region.sql(
        "UPDATE certificate SET handing = NULL, handed_on = NULL, handed_to = NULL WHERE id = (SELECT c.id FROM certificate c"
        " JOIN blank b ON b.id = c.blank_id WHERE b.organizer_id = %(place)s AND c.status = 'issued' ORDER BY b.id LIMIT 1)",
        place=place(region),
    )
    pk, paper, number = region.sql(
        "SELECT b.id, c.id, c.number FROM blank b JOIN certificate c ON c.blank_id = b.id"
        " WHERE b.organizer_id = %(place)s AND c.status = 'issued' AND c.handed_on IS NULL ORDER BY b.id LIMIT 1",
        place=place(region),
    )[0]
    card = organizer.get(f"/blank/show/{pk}").text
    assert "Напечатать на другом бланке" in card
    assert "Списать как испорченный" not in card
    assert "Укажите причину" in flashes(organizer.get(organizer.post(f"/blank/replace/{pk}").headers["Location"]).text)
    answer = organizer.post(f"/blank/replace/{pk}", {"reason": "Смазана печать"})
    page = flashes(organizer.get(answer.headers["Location"]).text)
    now, shown = region.sql("SELECT blank_id, snapshot ->> 'blank' FROM certificate WHERE id = %(paper)s", paper=paper)[
        0
    ]
    assert now != pk
    assert f"Документ № {number} теперь на бланке {shown}" in page
    assert region.sql("SELECT status FROM blank WHERE id = ANY(%(ids)s) ORDER BY id", ids=[pk, now]) == [
        ("spoiled",),
        ("used",),
    ]
    again = flashes(organizer.get(organizer.post(f"/blank/replace/{pk}", {"reason": "x"}).headers["Location"]).text)
    assert "документа нет" in again


# --- the balance -----------------------------------------------------------------------------------------------------


def test_the_balance_shows_the_own_series_and_downloads(region: Region, organizer: Browser) -> None:
    receive(region, organizer)
    organizer.post(f"/blank/act/{own(region)[0]}/spoil", {"reason": "Залит чаем"})
    page = organizer.get("/blank/balance/").text
    line = next(row for row in page.split("</table>")[0].split("<tr>") if SERIES in row)
    assert words(line).split()[-6:] == ["0", "12", "0", "1", "11", "0"]
    period = {"since": f"{region.today:%d.%m.%Y}", "until": f"{region.today:%d.%m.%Y}"}
    rows = organizer.get("/blank/balance/file", **period).rows()
    cells = next(row for row in rows if SERIES in row)
    assert [float(value) for value in cells[-6:]] == [0, 12, 0, 1, 11, 0]
    foreign = region.sql("SELECT min(series) FROM blank WHERE organizer_id = %(p)s", p=place(region, "organizer2"))
    assert foreign[0][0] not in page


def test_a_wrong_period_is_said_and_downloads_nothing(organizer: Browser) -> None:
    page = organizer.get("/blank/balance/", since="32.01.2026", until="01.02.2026")
    assert page.status == 200
    assert 'value="32.01.2026"' in page.text
    assert 'role="alert"' in page.text
    assert "раньше начала" in organizer.get("/blank/balance/", since="02.02.2026", until="01.02.2026").text
    assert organizer.get("/blank/balance/file", since="02.02.2026", until="01.02.2026").status == 422


def test_the_operator_sees_every_organizer_and_downloads_nothing(region: Region) -> None:
    operator = region.browser("operator")
    page = operator.get("/blank/balance/").text
    for login in ("organizer", "organizer2"):
        name = region.sql("SELECT short_name FROM organization WHERE id = %(p)s", p=place(region, login))[0][0]
        assert name in words(page)
    assert "/blank/balance/file" not in page
    assert operator.get("/blank/balance/file").status == 403


# --- statements ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/blank/list/", "/blank/balance/", "/blank_receipt/list/", "/blank_act/list/"])
def test_pages_take_few_statements(region: Region, organizer: Browser, path: str) -> None:
    receive(region, organizer)
    organizer.get(path)
    with recorded() as statements:
        assert organizer.get(path).status == 200
    assert len(statements) <= 15


def test_an_act_takes_the_same_statements_for_one_and_three_blanks(region: Region, organizer: Browser) -> None:
    receive(region, organizer)
    ids = own(region)
    counted = []
    for chosen in (ids[:1], ids[1:4]):
        href = make_act(region, organizer, chosen).headers["Location"]
        organizer.get(href)
        with recorded() as statements:
            organizer.get(href)
        counted.append(len(statements))
    assert counted[0] == counted[1] <= 15
