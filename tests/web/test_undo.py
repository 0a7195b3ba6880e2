"""Undo of decisions: exactly back, letters and notices with it; late, twice, by another, after a change it is refused in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.access.region import Browser, Region
from tests.web.pages import flashes, words

_STATE = """
SELECT to_jsonb(t) - 'version' FROM {} t WHERE id = %(i)s
"""


def state(region: Region, row: str) -> Any:
    """Everything that is stored of a row; the number of its versions only grows."""
    table, _, pk = row.rpartition("-")
    return region.sql(_STATE.format(table), i=int(pk))[0][0]


def left(region: Region) -> tuple[int, ...]:
    """How many letters, notices, чеки, blocks there are."""
    counts = "SELECT (SELECT count(*) FROM letter), (SELECT count(*) FROM notice), (SELECT count(*) FROM voucher), (SELECT count(*) FROM voucher_block)"
    return tuple(region.sql(counts)[0])


def undo_of(page: str) -> str:
    """The name of the press that a page offers to undo."""
    found = re.search(r'name="batch" value="([\w-]+)"', page)
    assert found is not None, flashes(page)
    return found[1]


def decide(browser: Browser, rows: list[str], action: str = "confirm", reason: str = "") -> str:
    """Decide rows from the queue; the name of the press."""
    answer = browser.post("/queue/decide", {"action": action, "rowid": rows, "reason": reason})
    failed = answer.text.split("queue-failed", 1)
    assert answer.status == 302, words(failed[-1][:600])
    return undo_of(browser.get("/queue/").text)


def undo(browser: Browser, batch: str) -> str:
    answer = browser.post("/undo/", {"batch": batch, "back": "/queue/"})
    assert (answer.status, answer.headers.get("Location")) == (302, "/queue/")
    return flashes(browser.get("/queue/").text)


def waiting(region: Region, table: str, where: str, number: int = 1) -> list[str]:
    found = region.sql(f"SELECT id FROM {table} WHERE {where} ORDER BY id LIMIT {number}")
    assert len(found) == number, (table, where, found)
    return [f"{table}-{pk}" for (pk,) in found]


@pytest.fixture
def fitting(region: Region) -> list[str]:
    """Three applications whose approval nothing hinders."""
    found = region.sql(
        "SELECT a.id FROM voucher_application a JOIN employment e ON e.id = a.employment_id WHERE a.status = 'submitted'"
        " AND e.status = 'confirmed' AND e.ended_on IS NULL AND NOT EXISTS (SELECT 1 FROM voucher v WHERE v.employee_id = a.employee_id)"
        " ORDER BY a.id LIMIT 3"
    )
    assert len(found) == 3
    return [f"voucher_application-{pk}" for (pk,) in found]


def test_an_approval_is_undone_with_its_voucher_letters_and_notices(
    region: Region, operator: Browser, fitting: list[str]
) -> None:
    before, counted = [state(region, row) for row in fitting], left(region)
    batch = decide(operator, fitting)
    assert [state(region, row)["status"] for row in fitting] == ["approved"] * 3
    assert left(region)[2] == counted[2] + 3
    new = region.sql(
        "SELECT count(*), count(next_attempt_at) FROM letter WHERE id > %(last)s", last=counted_last(region, counted)
    )
    assert new[0][0] == new[0][1] > 0, "a letter of a decision that may be undone waits"
    assert "Решения отменены: 3." in undo(operator, batch)
    assert [state(region, row) for row in fitting] == before
    assert left(region) == counted
    told = region.sql(
        "SELECT count(*) FROM audit_entry WHERE action = 'voucher_application.undo_approve' AND object_id = ANY(%(ids)s)",
        ids=[int(row.rpartition("-")[2]) for row in fitting],
    )
    assert told == [(3,)]
    with region.nothing_changes():
        assert "Решение уже отменено." in undo(operator, batch)
    # the number that was taken back is not given again
    taken = region.sql("SELECT changes->'Номер'->>0 FROM audit_entry WHERE action = 'voucher.taken_back'")
    last = undo_of_approval(region, operator, fitting[0])
    assert (last,) not in taken


def counted_last(region: Region, counted: tuple[int, ...]) -> int:
    """Id of the last letter before the newest ones."""
    number = left(region)[0] - counted[0]
    found: int = region.sql("SELECT min(id) - 1 FROM (SELECT id FROM letter ORDER BY id DESC LIMIT %(n)s) x", n=number)[
        0
    ][0]
    return found


def undo_of_approval(region: Region, operator: Browser, row: str) -> str:
    """Approve, read the number, undo."""
    batch = decide(operator, [row])
    pk = int(row.rpartition("-")[2])
    number: str = region.sql("SELECT number FROM voucher WHERE application_id = %(i)s", i=pk)[0][0]
    assert "Решение отменено" in undo(operator, batch)
    return number


#: what waits in the queue → the decisions that are undone exactly
KINDS = {
    "voucher_application": ("status = 'submitted'", ("return", "refuse")),
    "registration": ("status = 'pending'", ("return", "refuse")),
    "access_request": ("status = 'submitted'", ("refuse",)),
    "transfer": ("status = 'accepted'", ("refuse",)),
    "employment": ("status = 'unconfirmed' AND ended_on IS NULL", ("confirm",)),
    "program": ("status = 'submitted' AND submitted_at IS NOT NULL", ("return",)),
    "training": ("status = 'pending' AND submitted_at IS NOT NULL AND source <> 'worker'", ("confirm", "refuse")),
}


def test_every_undoable_decision_goes_back_exactly(region: Region, operator: Browser) -> None:
    """Row, letters, notices and stored files are what they were, whatever was decided."""
    files = "SELECT id, expires_at FROM stored_file ORDER BY id"
    region.sql(
        "UPDATE transfer SET status = 'accepted', due_on = %(d)s WHERE id = (SELECT min(id) FROM transfer)",
        d=region.today,
    )
    region.sql(
        "UPDATE training SET status = 'pending', submitted_at = now(), source = 'list', entered_by_id = NULL, scan_id = ("
        "SELECT max(id) FROM stored_file)"
        " WHERE id = (SELECT min(id) FROM training)"
    )
    tried = []
    for table, (where, actions) in KINDS.items():
        found = region.sql(f"SELECT id FROM {table} WHERE {where} ORDER BY id LIMIT 1")
        for action in actions if found else ():
            row = f"{table}-{found[0][0]}"
            before, counted, stored = state(region, row), left(region), region.sql(files)
            batch = decide(operator, [row], action, "Приложите приказ")
            assert state(region, row) != before
            said = undo(operator, batch)
            assert "Решение отменено" in said, (row, action, said)
            assert state(region, row) == before, (row, action)
            assert (left(region), region.sql(files)) == (counted, stored), (row, action)
            tried.append((table, action))
    assert set(tried) == {(table, action) for table, (_, actions) in KINDS.items() for action in actions}


@pytest.fixture
def returned(region: Region, operator: Browser, fitting: list[str]) -> Iterator[tuple[str, str]]:
    """An application returned just now, and the name of the press; afterwards it waits again."""
    yield fitting[0], decide(operator, fitting[:1], "return", "Приложите приказ")
    region.sql(
        "UPDATE voucher_application SET status = 'submitted', reason_text = NULL WHERE id = %(i)s",
        i=int(fitting[0].rpartition("-")[2]),
    )


def test_undo_is_refused_in_words(region: Region, operator: Browser, returned: tuple[str, str]) -> None:
    """By another user, under a foreign name, after somebody changed the row, after the term: nothing changes."""
    row, batch = returned
    pk = int(row.rpartition("-")[2])
    other = region.browser("school")
    with region.nothing_changes():
        answer = other.post("/undo/", {"batch": batch})
        assert answer.status == 403
        assert "Отменить решение может только тот, кто его принял." in answer.text
        assert "Отменить уже нельзя" in undo(operator, "another")
        assert "Отменить уже нельзя" in undo(operator, "")
    region.sql("UPDATE voucher_application SET on_behalf_note = 'исправлено' WHERE id = %(i)s", i=pk)
    with region.nothing_changes():
        assert "После решения запись уже изменили" in undo(operator, batch)
    region.sql("UPDATE voucher_application SET on_behalf_note = NULL WHERE id = %(i)s", i=pk)
    region.sql("UPDATE taken_decision SET taken_at = taken_at - interval '21 seconds' WHERE batch = %(b)s", b=batch)
    with region.nothing_changes():
        assert "Отменить уже нельзя: время вышло" in undo(operator, batch)


def test_a_voucher_in_use_is_not_taken_back(region: Region, operator: Browser, fitting: list[str]) -> None:
    batch = decide(operator, fitting[1:2])
    pk = int(fitting[1].rpartition("-")[2])
    block = (
        "(SELECT min(b.id) FROM voucher_block b JOIN voucher v ON v.id = b.voucher_id WHERE v.application_id = %(i)s)"
    )
    region.sql(f"UPDATE voucher_block SET status = 'reserved' WHERE id = {block}", i=pk)
    with region.nothing_changes():
        assert "уже пользуются, поэтому отменить решение нельзя" in undo(operator, batch)
    region.sql(f"UPDATE voucher_block SET status = 'free' WHERE id = {block}", i=pk)
    assert "Решение отменено" in undo(operator, batch)


def test_what_cannot_be_undone_offers_nothing(region: Region, operator: Browser) -> None:
    """A confirmed registration makes a card, a place of work and consents: it says what was done, and no «Отменить»."""
    (row,) = waiting(region, "registration", "status = 'pending'")
    answer = operator.post("/queue/decide", {"one": row})
    page = operator.get("/queue/").text if answer.status == 302 else answer.text
    assert 'name="batch"' not in page
