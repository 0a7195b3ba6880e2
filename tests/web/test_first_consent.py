"""Who did not register himself is asked for the consent at the first entrance, and reads the truth about it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.access.region import Browser, Region
from tests.web.pages import flashes


@pytest.fixture
def invited(region: Region) -> Iterator[Browser]:
    """The demo worker as one whose account a school made: no consent, to be asked."""
    me = region.people["worker"].facts["employee"]
    region.sql("DELETE FROM consent WHERE employee_id = %(me)s", me=me)
    region.sql("UPDATE ab_user SET must_consent = true WHERE employee_id = %(me)s", me=me)
    yield region.browser("worker")
    region.sql("UPDATE ab_user SET must_consent = false WHERE employee_id = %(me)s", me=me)


def test_the_consent_is_asked_before_anything_else(region: Region, invited: Browser) -> None:
    for path in ("/", "/my-card/", "/notices/", "/change_request/propose"):
        with region.nothing_changes():
            answer = invited.get(path)
        assert (answer.status, answer.headers["Location"]) == (302, "/consents/text/")
    page = invited.get("/consents/text/").text
    assert "Учётную запись для вас завела организация" in page and "Не даю: закрыть кабинет…" in page
    text = region.sql("SELECT id FROM consent_text WHERE purpose = 'processing' ORDER BY number DESC LIMIT 1")[0][0]
    answer = invited.post(f"/consents/give/?version={text}")
    assert answer.status == 302 and "Согласие дано." in flashes(invited.get("/consents/").text)
    assert invited.get("/").status == 200
    given = region.sql(
        "SELECT given_how FROM consent WHERE employee_id = %(me)s AND withdrawn_at IS NULL",
        me=region.people["worker"].facts["employee"],
    )
    assert given == [("self",)]
    assert "Отозвать и закрыть кабинет…" in invited.get("/consents/").text


def test_nothing_is_withdrawn_that_was_not_given(region: Region, invited: Browser) -> None:
    page = invited.get("/consents/").text
    assert "Отозвать" not in page and "Прекратить обработку и закрыть кабинет…" in page
    warning = invited.get("/consents/close/").text
    assert "Согласия на обработку вы не давали" in warning and "Оставить согласие" not in warning
