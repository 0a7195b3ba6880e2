"""Pages of the rules: a rule with its first block, the frozen one, its new version; and reasons from the directory."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

import pytest

from tests.access.region import Browser, Region
from tests.web.pages import error_beside, flashes, form_fields, refusal, words

FROZEN, NEW = "Для остального нажмите «Новая версия»", "Новая версия"


@pytest.fixture
def operator(region: Region) -> Iterator[Browser]:
    """The operator; the rules are put back afterwards."""
    before = region.sql("SELECT id, title, valid_to FROM voucher_rule")
    yield region.browser("operator")
    region.sql("DELETE FROM voucher_rule WHERE id <> ALL(%(ids)s)", ids=[row[0] for row in before])
    for pk, title, until in before:
        region.sql("UPDATE voucher_rule SET title = %(t)s, valid_to = %(u)s WHERE id = %(i)s", t=title, u=until, i=pk)


@pytest.fixture
def rule(region: Region) -> int:
    """The rule in force, by which чеки of the demo were issued."""
    pk: int = region.sql("SELECT id FROM voucher_rule WHERE valid_to IS NULL")[0][0]
    return pk


def test_the_card_counts_what_was_issued_and_offers_a_version(region: Region, operator: Browser, rule: int) -> None:
    page = operator.get(f"/voucher_rule/show/{rule}").text
    issued, asked = (
        region.sql(f"SELECT count(*) FROM {table} WHERE rule_id = %(i)s", i=rule)[0][0]
        for table in ("voucher", "voucher_application")
    )
    assert f"Выдано чеков {issued} Подано заявок {asked}" in words(page)
    assert issued > 0
    assert f'href="/voucher_rule/version/{rule}"' in page
    assert f'action="/voucher_rule/delete/{rule}"' not in page
    assert "Добавить блок" not in words(page)
    assert FROZEN in words(page)
    assert FROZEN not in words(region.browser("ministry").get(f"/voucher_rule/show/{rule}").text)


def test_the_form_of_an_applied_rule_has_its_title_and_end_only(region: Region, operator: Browser, rule: int) -> None:
    page = operator.get(f"/voucher_rule/edit/{rule}").text
    fields = form_fields(page)
    assert {"title", "valid_to"} <= set(fields) and "period_months" not in fields
    fields.pop("csrf_token")
    answer = operator.post(f"/voucher_rule/edit/{rule}", {**fields, "title": "Чек на 90 часов"})
    assert answer.status == 302
    assert region.sql("SELECT title, period_months FROM voucher_rule WHERE id = %(i)s", i=rule)[0] == (
        "Чек на 90 часов",
        36,
    )


def test_a_form_opened_before_the_first_application_is_refused_field_by_field(
    region: Region, operator: Browser, rule: int
) -> None:
    typed = {
        "title": region.sql("SELECT title FROM voucher_rule WHERE id = %(i)s", i=rule)[0][0],
        "valid_from": "01.01.2016", "valid_to": "", "period_months": "24", "validity_months": "36", "decision_days": "5",
        "requires_confirmed_workplace": "y", "eligible_position_kinds": ["teaching", "faculty", "head", "deputy"],
        "eligible_ownerships": ["regional", "municipal"],
    }  # fmt: skip
    with region.nothing_changes():
        answer = operator.post(f"/voucher_rule/edit/{rule}", typed)
    assert answer.status == 422
    assert "«Новая версия»" in error_beside(answer.text, "period_months")
    assert form_fields(answer.text)["period_months"] == ["24"]


def test_blocks_of_an_applied_rule_are_not_changed(region: Region, operator: Browser, rule: int) -> None:
    pk = region.sql("SELECT min(id) FROM voucher_rule_block WHERE rule_id = %(i)s", i=rule)[0][0]
    page = operator.get(f"/voucher_rule_block/show/{pk}").text
    assert f"/voucher_rule_block/edit/{pk}" not in page and f"/voucher_rule_block/delete/{pk}" not in page
    with region.nothing_changes():
        assert operator.post(f"/voucher_rule_block/delete/{pk}").status == 302
        assert "«Новая версия»" in flashes(operator.get(f"/voucher_rule_block/show/{pk}").text)
        added = operator.post(
            "/voucher_rule_block/add",
            {"rule": str(rule), "title": "x", "kind": "variable", "hours_min": "16", "hours_max": "36"},
        )
    assert added.status == 422
    assert "«Новая версия»" in error_beside(added.text, "rule")


def test_a_new_version_is_made_from_the_card(region: Region, operator: Browser, rule: int) -> None:
    starts = region.today + dt.timedelta(days=40)
    assert set(form_fields(operator.get(f"/voucher_rule/version/{rule}").text)) >= {"valid_from", "title"}
    answer = operator.post(f"/voucher_rule/version/{rule}", {"valid_from": f"{starts:%d.%m.%Y}", "title": ""})
    assert answer.status == 302
    made = region.sql("SELECT id, valid_from, valid_to FROM voucher_rule ORDER BY id DESC LIMIT 1")[0]
    assert answer.headers["Location"] == f"/voucher_rule/show/{made[0]}"
    assert made[1:] == (starts, None)
    assert region.sql("SELECT valid_to FROM voucher_rule WHERE id = %(i)s", i=rule)[0][0] == starts - dt.timedelta(1)
    page = operator.get(answer.headers["Location"]).text
    assert f"Новая версия действует с {starts:%d.%m.%Y}" in flashes(page)
    assert "Выдано чеков 0" in words(page)
    assert "Добавить блок" in words(page)
    assert "period_months" in form_fields(operator.get(f"/voucher_rule/edit/{made[0]}").text)


@pytest.mark.parametrize(("typed", "sentence"), [("", "Заполните"), ("01.01.2016", "не раньше"), ("32.13.2027", "")])
def test_a_version_of_an_impossible_day_is_refused(
    region: Region, operator: Browser, rule: int, typed: str, sentence: str
) -> None:
    with region.nothing_changes():
        answer = operator.post(f"/voucher_rule/version/{rule}", {"valid_from": typed})
    assert answer.status == 422
    assert error_beside(answer.text, "valid_from") != ""
    assert sentence in error_beside(answer.text, "valid_from")


def test_an_overlapping_rule_is_an_error_of_its_field(region: Region, operator: Browser, rule: int) -> None:
    typed = {
        "title": "Новое правило", "valid_from": "01.01.2030", "valid_to": "", "period_months": "36",
        "validity_months": "36", "decision_days": "5", "eligible_position_kinds": ["teaching"],
        "eligible_ownerships": ["regional"], "block_title": "Блок", "block_kind": "invariant",
        "block_hours_min": "16", "block_hours_max": "18",
    }  # fmt: skip
    with region.nothing_changes():
        answer = operator.post("/voucher_rule/add", typed)
    assert answer.status == 422
    assert "пересекается с правилом" in error_beside(answer.text, "valid_from")
    early = {**typed, "valid_from": "01.01.2008", "valid_to": "31.12.2009"}
    with region.nothing_changes():
        wrong = operator.post("/voucher_rule/add", {**early, "block_hours_max": "10"})
    assert wrong.status == 422
    assert "block_hours_max" in wrong.text and refusal(wrong.text)
    assert operator.post("/voucher_rule/add", early).status == 302
    found = region.sql(
        "SELECT b.code, b.hours_max FROM voucher_rule_block b JOIN voucher_rule r ON r.id = b.rule_id"
        " WHERE r.title = 'Новое правило'"
    )
    assert found == [("inv", 18)]


# --- reasons from the directory --------------------------------------------------------------------------------------


@pytest.fixture
def waiting(region: Region) -> Iterator[int]:
    """An application that waits; it is put back afterwards."""
    pk: int = region.sql("SELECT max(id) FROM voucher_application WHERE status = 'submitted'")[0][0]
    yield pk
    region.sql(
        "UPDATE voucher_application SET status = 'submitted', reason_text = NULL, refusal_reason_id = NULL,"
        " decided_at = NULL, decided_by_id = NULL WHERE id = %(i)s",
        i=pk,
    )


def typical(region: Region, subject: str) -> tuple[int, str]:
    found: tuple[int, str] = region.sql(
        "SELECT id, text FROM refusal_reason WHERE subject = %(s)s ORDER BY id LIMIT 1", s=subject
    )[0]
    return found


def decided(region: Region, pk: int) -> tuple[str, str, int]:
    found: tuple[str, str, int] = region.sql(
        "SELECT status, reason_text, refusal_reason_id FROM voucher_application WHERE id = %(i)s", i=pk
    )[0]
    return found


def options(page: str) -> set[str]:
    return {value for body in re.findall(r'<select[^>]*name="typical".*?</select>', page, re.S)
            for value in re.findall(r'<option value="(\d+)"', body)}  # fmt: skip


def test_the_card_offers_the_directory_of_its_kind(region: Region, waiting: int) -> None:
    operator = region.browser("operator")
    own = {str(pk) for (pk,) in region.sql("SELECT id FROM refusal_reason WHERE subject = 'voucher'")}
    assert options(operator.get(f"/voucher_application/show/{waiting}").text) == own
    assert options(operator.get("/voucher_application/list/").text) == own
    pk, text = typical(region, "voucher")
    answer = operator.post(f"/voucher_application/act/{waiting}/return", {"typical": str(pk), "reason": ""})
    assert answer.status == 302
    assert decided(region, waiting) == ("returned", text, pk)
    assert text in words(operator.get(f"/voucher_application/show/{waiting}").text)


def test_the_list_takes_the_directory_and_the_typed_words(region: Region, waiting: int) -> None:
    pk, text = typical(region, "voucher")
    data = {"action": "reject", "rowid": [str(waiting)], "typical": ["", str(pk)], "reason": ["", "Срок — март."]}
    assert region.browser("operator").post("/voucher_application/act/", data).status == 302
    assert decided(region, waiting) == ("rejected", f"{text} Срок — март.", pk)


def test_the_queue_groups_the_directory_by_kind_and_decides_by_it(region: Region, waiting: int) -> None:
    operator = region.browser("operator")
    page = operator.get("/queue/", kind="voucher_application").text
    assert '<optgroup label="Заявка на чек">' in page
    pk, text = typical(region, "voucher")
    row = f"voucher_application-{waiting}"
    wrong, _text = typical(region, "registration")
    with region.nothing_changes():
        answer = operator.post("/queue/decide", {"action": "return", "rowid": [row], "typical": str(wrong)})
        assert "для других решений" in words(answer.text)
        assert operator.post("/queue/decide", {"action": "return", "rowid": [row], "typical": "²"}).status == 422
    answer = operator.post("/queue/decide", {"action": "return", "rowid": [row], "typical": str(pk), "reason": ""})
    assert answer.status == 302
    assert decided(region, waiting) == ("returned", text, pk)


def test_without_words_and_without_the_directory_nothing_is_decided(region: Region, waiting: int) -> None:
    operator = region.browser("operator")
    with region.nothing_changes():
        answer = operator.post(f"/voucher_application/act/{waiting}/reject", {"typical": "", "reason": " "})
    assert answer.status == 302
    assert "Укажите причину" in flashes(operator.get(f"/voucher_application/show/{waiting}").text)


def test_an_enrolment_offers_its_own_reasons(region: Region) -> None:
    organizer = region.browser("organizer")
    own = {str(pk) for (pk,) in region.sql("SELECT id FROM refusal_reason WHERE subject = 'enrolment'")}
    assert options(organizer.get("/enrolment/list/").text) == own


def test_the_card_says_until_when_or_that_it_is_late(region: Region, waiting: int) -> None:
    operator, before = (
        region.browser("operator"),
        region.sql("SELECT due_on FROM voucher_application WHERE id = %(i)s", i=waiting)[0][0],
    )
    try:
        for shift, sentence in ((0, "срок решения — {} до 23:59"), (-1, "просрочено: срок решения был {}")):
            day = region.today + dt.timedelta(days=shift)
            region.sql("UPDATE voucher_application SET due_on = %(d)s WHERE id = %(i)s", d=day, i=waiting)
            page = words(operator.get(f"/voucher_application/show/{waiting}").text)
            assert sentence.format(f"{day:%d.%m.%Y}") in page
        late = words(operator.get("/voucher_application/list/", attention="overdue").text)
        assert f"{region.today - dt.timedelta(1):%d.%m.%Y} просрочено" in late
    finally:
        region.sql("UPDATE voucher_application SET due_on = %(d)s WHERE id = %(i)s", d=before, i=waiting)
