"""«Настройки»: one form, an error beside its field, nothing of another operator's lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.clock import today
from app.services.portal import settings
from app.services.portal.settings import SETTINGS
from app.web.desk.settings_view import HINTS, hint
from tests.access.region import Browser, Region
from tests.statements import recorded
from tests.web.pages import error_beside, flashes, form_fields, refusal, words

PATH = "/settings/"


@pytest.fixture
def operator(region: Region) -> Iterator[Browser]:
    """The operator; the settings are put back afterwards."""
    before = region.sql("SELECT key, value FROM setting")
    yield region.browser("operator")
    for key, value in before:
        region.sql("UPDATE setting SET value = %(v)s WHERE key = %(k)s", k=key, v=value)


def stored(region: Region, key: str) -> str:
    value: str = region.sql("SELECT value FROM setting WHERE key = %(k)s", k=key)[0][0]
    return value


def sent(page: str, **changes: str) -> dict[str, list[str]]:
    """What the browser sends after the fields are typed over."""
    fields = form_fields(page)
    fields.pop("csrf_token", None)
    return {**fields, **{name: [value] for name, value in changes.items()}}


def test_every_setting_is_shown_with_its_value_and_its_bounds(region: Region, operator: Browser) -> None:
    page = operator.get(PATH).text
    fields = form_fields(page)
    for key, title, _first in SETTINGS:
        shown = f"63-{today().year}-000001" if key == "voucher_number_mask" else stored(region, key)
        assert fields[key] == [shown] == fields[f"shown_{key}"]
        assert title in words(page)
        assert hint(key) in words(page)
    assert set(HINTS) == {key for key, _t, _v in SETTINGS}
    year = today().year
    assert f"Дальше: 63-{year}-000002, 63-{year}-000003; в {year + 1} году 63-{year + 1}-000001." in words(page)
    assert "от 0 до 336" in hint("offer_hours")
    assert "Через запятую" in hint("voucher_reminder_days")
    assert 'href="/setup/"' in page


def test_what_is_typed_is_kept_and_told(region: Region, operator: Browser) -> None:
    page = operator.get(PATH).text
    (last,) = region.sql("SELECT coalesce(max(id), 0) FROM audit_entry")[0]
    answer = operator.post(PATH, sent(page, offer_hours="24", voucher_reminder_days="60, 10"))
    assert (answer.status, answer.headers["Location"]) == (302, PATH)
    assert (stored(region, "offer_hours"), stored(region, "voucher_reminder_days")) == ("24", "60, 10")
    assert "Изменено: 2 настройки." in flashes(operator.get(PATH).text)
    found = region.sql("SELECT object_label, user_name FROM audit_entry WHERE id > %(i)s ORDER BY object_label", i=last)
    assert [label[:12] for label, _user in found] == ["За сколько д", "Сколько часо"]
    assert len({user for _label, user in found}) == 1


def test_a_mask_is_typed_by_its_first_number(region: Region, operator: Browser) -> None:
    page, year = operator.get(PATH).text, today().year
    assert operator.post(PATH, sent(page, voucher_number_mask=f"СО/{year}/0001")).status == 302
    assert stored(region, "voucher_number_mask") == "СО/{year}/{number:04d}"
    assert form_fields(operator.get(PATH).text)["voucher_number_mask"] == [f"СО/{year}/0001"]
    with region.nothing_changes():
        answer = operator.post(PATH, sent(operator.get(PATH).text, voucher_number_mask="СО-0001"))
    assert f"нет года {year}" in error_beside(answer.text, "voucher_number_mask")
    page = operator.get(PATH).text
    assert operator.post(PATH, sent(page, voucher_number_mask=f"63-{year}-000001")).status == 302
    assert stored(region, "voucher_number_mask") == "63-{year}-{number:06d}"


def test_every_error_stands_beside_its_field_and_nothing_is_kept(region: Region, operator: Browser) -> None:
    page = operator.get(PATH).text
    with region.nothing_changes():
        answer = operator.post(PATH, sent(page, offer_hours="999", voucher_number_mask="63", change_days="7"))
    assert answer.status == 422
    assert "от 0 до 336" in error_beside(answer.text, "offer_hours")
    assert "Вид номера" in error_beside(answer.text, "voucher_number_mask")
    assert error_beside(answer.text, "change_days") == ""
    fields = form_fields(answer.text)
    assert (fields["offer_hours"], fields["change_days"]) == (["999"], ["7"])


def test_another_operators_change_is_shown_not_overwritten(region: Region, operator: Browser) -> None:
    page = operator.get(PATH).text
    region.sql("UPDATE setting SET value = '12' WHERE key = 'offer_hours'")
    region.sql("UPDATE setting SET value = '8' WHERE key = 'change_days'")
    typed = sent(page, offer_hours="24")
    with region.nothing_changes():
        answer = operator.post(PATH, typed)
    assert answer.status == 422
    assert "«12»" in error_beside(answer.text, "offer_hours")
    assert "срок" not in refusal(answer.text).lower()
    again = sent(answer.text)
    assert (again["offer_hours"], again["change_days"]) == (["24"], ["8"])
    assert operator.post(PATH, again).status == 302
    assert (stored(region, "offer_hours"), stored(region, "change_days")) == ("24", "8")


def test_during_a_break_nothing_is_kept(region: Region, operator: Browser) -> None:
    page = operator.get(PATH).text
    with region.frozen(), region.nothing_changes():
        answer = operator.post(PATH, sent(page, offer_hours="24"))
    assert answer.status == 422
    assert "технологический перерыв" in refusal(answer.text)


@pytest.mark.parametrize("login", ["ministry", "admin", "school", "worker", "organizer", "territory", "observer"])
def test_others_have_no_settings(region: Region, login: str) -> None:
    browser = region.browser(login)
    assert f'href="{PATH}"' not in browser.get("/").text
    with region.nothing_changes():
        assert browser.get(PATH).status == 403
        assert browser.post(PATH, {"offer_hours": "1", "shown_offer_hours": "48"}).status == 403


def test_the_page_takes_few_statements(operator: Browser) -> None:
    operator.get(PATH)
    with recorded() as statements:
        assert operator.get(PATH).status == 200
    assert len(statements) <= 8
    assert settings.FIRST
