"""Versions of the rule: frozen once applied, copied into the next one, never two for one day."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.actor import Actor
from app.clock import today
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.extensions import db
from app.services.portal import records
from app.services.voucher import voucher_eligibility, voucher_rules, vouchers
from tests.services import makers as mk

TERMS = {
    "period_months": 36,
    "validity_months": 36,
    "decision_days": 5,
    "requires_confirmed_workplace": True,
    "eligible_position_kinds": ["teaching"],
    "eligible_ownerships": ["regional"],
}
DAY = mk.DAY
BLOCK = {"code": "inv", "title": "Блок", "kind": st.BlockKind.INVARIANT, "hours_min": 16, "hours_max": 18}
#: a day on which no seeded rule is in force
EARLY = dt.date(2005, 1, 1)


@pytest.fixture
def operator(session: Any) -> Actor:
    return mk.make_actor("operator")


@pytest.fixture
def rule(operator: Actor) -> Any:
    """The rule in force, not applied yet."""
    return mk.make_rule()


@pytest.fixture
def applied(rule: Any) -> mk.Person:
    """A person who has applied by the rule today."""
    person = mk.make_person(mk.make_organization())
    with acting_as(person.actor):
        vouchers.apply(person.employee.id)
    return person


def blocks_of(rule: Any) -> list[Any]:
    found = mk.rows(m.VoucherRuleBlock, m.VoucherRuleBlock.rule_id == rule.id)
    return sorted(found, key=lambda block: block.ordering)


def refused(operator: Actor, call: Any) -> dict[str, list[str]]:
    """Fields and sentences of a refusal that changed nothing."""
    with acting_as(operator), mk.nothing_changes(), pytest.raises(Invalid) as caught:
        call()
    return caught.value.fields


# --- what is frozen --------------------------------------------------------------------------------------------------


def test_rule_that_nobody_used_is_changed(operator: Actor, rule: Any) -> None:
    with acting_as(operator):
        assert not voucher_rules.usage(rule.id).frozen
        records.update(rule, {"validity_months": 24})
    assert mk.fetch(m.VoucherRule, rule.id).validity_months == 24


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("valid_from", dt.date(2017, 1, 1)),
        ("period_months", 24),
        ("validity_months", 24),
        ("decision_days", 10),
        ("requires_confirmed_workplace", False),
        ("eligible_position_kinds", ["teaching"]),
        ("eligible_ownerships", ["regional", "municipal", "private"]),
    ],
)
def test_applied_rule_keeps_its_terms(operator: Actor, rule: Any, applied: Any, field: str, value: Any) -> None:
    fields = refused(operator, lambda: records.update(rule, {field: value}))
    assert list(fields) == [field]
    assert "«Новая версия»" in fields[field][0]


def test_applied_rule_may_be_renamed_and_closed_from_today(operator: Actor, rule: Any, applied: Any) -> None:
    order = list(reversed(rule.eligible_position_kinds))
    with acting_as(operator):
        records.update(rule, {"title": "Чек", "valid_to": today(), "eligible_position_kinds": order})
    row = mk.fetch(m.VoucherRule, rule.id)
    assert (row.title, row.valid_to) == ("Чек", today())


def test_applied_rule_is_not_closed_before_its_last_application(operator: Actor, rule: Any, applied: Any) -> None:
    fields = refused(operator, lambda: records.update(rule, {"valid_to": today() - mk.DAY}))
    assert f"{today():%d.%m.%Y}" in fields["valid_to"][0]


def test_imported_voucher_freezes_its_rule_too(operator: Actor, rule: Any) -> None:
    person = mk.make_person(mk.make_organization())
    mk.make_voucher(person.employee, issued_on=dt.date(2018, 3, 5), imported=True)
    with acting_as(operator):
        assert voucher_rules.usage(rule.id) == voucher_rules.Usage(0, 1, dt.date(2018, 3, 5))
    assert "period_months" in refused(operator, lambda: records.update(rule, {"period_months": 12}))


def test_blocks_of_an_applied_rule_stay(operator: Actor, rule: Any, applied: Any) -> None:
    block = blocks_of(rule)[0]
    with acting_as(operator), mk.nothing_changes(), pytest.raises(Conflict, match="Новая версия"):
        records.update(block, {"hours_max": 36})
    assert "rule" in refused(
        operator, lambda: records.create(m.VoucherRuleBlock, {**BLOCK, "code": "var9", "rule": rule})
    )
    with acting_as(operator), mk.nothing_changes(), pytest.raises(Conflict, match="«Новая версия»"):
        records.delete(block)


def test_block_is_not_moved_into_an_applied_rule(operator: Actor, rule: Any, applied: Any) -> None:
    with acting_as(operator):
        other = voucher_rules.create({**TERMS, "title": "Иное", "valid_from": EARLY, "valid_to": EARLY}, BLOCK)
        records.create(m.VoucherRuleBlock, {**BLOCK, "code": "var", "rule": other})
        block = blocks_of(other)[0]
    assert "rule" in refused(operator, lambda: records.update(block, {"rule": mk.fetch(m.VoucherRule, rule.id)}))


def test_applied_rule_is_not_deleted(operator: Actor, rule: Any, applied: Any) -> None:
    with acting_as(operator), mk.nothing_changes(), pytest.raises(Conflict, match="используется"):
        records.delete(mk.fetch(m.VoucherRule, rule.id))


# --- a new version ---------------------------------------------------------------------------------------------------


def test_new_version_copies_the_rule_and_closes_the_former_on_the_day_before(
    operator: Actor, rule: Any, applied: Any
) -> None:
    starts = today() + 30 * mk.DAY
    with acting_as(operator):
        version = voucher_rules.new_version(rule.id, starts)
    former, made = mk.fetch(m.VoucherRule, rule.id), mk.fetch(m.VoucherRule, version.id)
    assert (former.valid_to, made.valid_from, made.valid_to) == (starts - mk.DAY, starts, None)
    assert made.title == f"Именной образовательный чек на 90 часов (с {starts:%d.%m.%Y})"
    terms = ("period_months", "validity_months", "decision_days", "requires_confirmed_workplace")
    assert [getattr(made, name) for name in terms] == [getattr(former, name) for name in terms]
    assert made.eligible_position_kinds == former.eligible_position_kinds
    shape = [
        [(b.code, b.title, b.kind, b.hours_min, b.hours_max, b.required) for b in blocks_of(r)] for r in (former, made)
    ]
    assert shape[0] == shape[1] != []
    with acting_as(operator):
        assert not voucher_rules.usage(made.id).frozen
        assert voucher_eligibility.find_rule(starts - mk.DAY).id == former.id  # type: ignore[union-attr]
        assert voucher_eligibility.find_rule(starts).id == made.id  # type: ignore[union-attr]


def test_old_application_is_approved_by_its_own_version(operator: Actor, rule: Any, applied: mk.Person) -> None:
    with acting_as(operator):
        version = voucher_rules.new_version(rule.id, today() + mk.DAY)
        for block in blocks_of(version)[1:]:
            records.delete(block)
        records.update(version, {"validity_months": 12})
        voucher = vouchers.approve(mk.rows(m.VoucherApplication)[0].id)
    assert voucher.rule_id == rule.id
    assert len(mk.blocks_of(voucher)) == len(blocks_of(rule)) == 3
    assert (voucher.valid_until - voucher.issued_on).days > 1000


def test_voucher_keeps_its_blocks_whatever_becomes_of_the_version(operator: Actor, rule: Any) -> None:
    person = mk.make_person(mk.make_organization())
    voucher = mk.make_voucher(person.employee, issued_on=today() - 10 * mk.DAY)
    before = [(b.code, b.hours_min, b.hours_max) for b in mk.blocks_of(voucher)]
    with acting_as(operator):
        version = voucher_rules.new_version(rule.id, today())
        records.update(blocks_of(version)[0], {"hours_min": 20, "hours_max": 72})
    assert [(b.code, b.hours_min, b.hours_max) for b in mk.blocks_of(voucher)] == before


@pytest.mark.parametrize("shift", [0, -1, -400])
def test_new_version_begins_after_the_last_application(operator: Actor, rule: Any, applied: Any, shift: int) -> None:
    fields = refused(operator, lambda: voucher_rules.new_version(rule.id, today() + shift * mk.DAY))
    assert f"не раньше {today() + mk.DAY:%d.%m.%Y}" in fields["valid_from"][0]


def test_new_version_begins_after_the_former(operator: Actor, rule: Any) -> None:
    fields = refused(operator, lambda: voucher_rules.new_version(rule.id, rule.valid_from))
    assert "прежняя начинается" in fields["valid_from"][0]


def test_new_version_of_a_closed_rule_may_not_meet_the_next(operator: Actor, rule: Any) -> None:
    """The rule of 144 hours ended in 2015; the rule of 90 hours is in force since."""
    former = next(r for r in mk.rows(m.VoucherRule) if r.valid_to is not None)
    fields = refused(operator, lambda: voucher_rules.new_version(former.id, dt.date(2020, 1, 1)))
    assert rule.title in fields["valid_from"][0]


def test_version_between_takes_the_rest_of_the_former_term(operator: Actor, rule: Any) -> None:
    former = next(r for r in mk.rows(m.VoucherRule) if r.valid_to is not None)
    with acting_as(operator):
        version = voucher_rules.new_version(former.id, dt.date(2014, 1, 1), title="Середина")
    assert mk.fetch(m.VoucherRule, former.id).valid_to == dt.date(2013, 12, 31)
    made = mk.fetch(m.VoucherRule, version.id)
    assert (made.title, made.valid_from, made.valid_to) == ("Середина", dt.date(2014, 1, 1), dt.date(2015, 12, 31))


def test_title_of_another_rule_is_refused_and_the_former_stays_open(operator: Actor, rule: Any) -> None:
    with acting_as(operator), mk.nothing_changes(), pytest.raises(Invalid) as refused:
        voucher_rules.new_version(rule.id, today() + mk.DAY, title=rule.title)
    assert list(refused.value.fields) == ["title"]


@pytest.mark.parametrize("role", ["ministry", "school", "worker", "admin"])
def test_others_make_no_version(rule: Any, role: str) -> None:
    actor = mk.make_actor(role, *([mk.make_organization()] if role == "school" else []))
    with acting_as(actor), mk.nothing_changes(), pytest.raises((Forbidden, NotFound)):
        voucher_rules.new_version(rule.id, today() + mk.DAY)


# --- days, terms, blocks ---------------------------------------------------------------------------------------------


def test_rule_comes_with_its_first_block(operator: Actor) -> None:
    with acting_as(operator):
        row = voucher_rules.create({**TERMS, "title": "Ранний чек", "valid_from": EARLY, "valid_to": EARLY}, BLOCK)
    assert [block.code for block in blocks_of(row)] == ["inv"]


def test_rule_with_a_wrong_block_is_not_kept(operator: Actor) -> None:
    values = {**TERMS, "title": "Ранний чек", "valid_from": EARLY, "valid_to": EARLY}
    fields = refused(operator, lambda: voucher_rules.create(values, {**BLOCK, "hours_min": 0}))
    assert list(fields) == ["block_hours_min"]


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (dt.date(2030, 1, 1), None),
        (dt.date(2005, 1, 1), dt.date(2010, 1, 1)),
        (dt.date(2012, 1, 1), dt.date(2013, 1, 1)),
        (dt.date(2005, 1, 1), None),
    ],
)
def test_overlapping_rule_is_an_error_of_its_field(
    operator: Actor, rule: Any, first: dt.date, last: dt.date | None
) -> None:
    values = {**TERMS, "title": "Другой", "valid_from": first, "valid_to": last}
    fields = refused(operator, lambda: voucher_rules.create(values, BLOCK))
    assert list(fields) == ["valid_from"]
    assert "пересекается с правилом «Именной" in fields["valid_from"][0]


def test_the_constraint_stands_behind_the_check(operator: Actor, rule: Any, monkeypatch: Any) -> None:
    """Two operators at once pass the check; the database refuses the second with the same words, never with an error."""
    monkeypatch.setattr(voucher_rules, "_find_overlap", lambda *_: None)
    values = {**TERMS, "title": "Другой", "valid_from": dt.date(2030, 1, 1)}
    with acting_as(operator), mk.nothing_changes(), pytest.raises(Conflict, match="пересекается с другим правилом"):
        voucher_rules.create(values, BLOCK)


def test_closing_later_than_the_next_begins_is_an_error_of_the_end(operator: Actor, rule: Any) -> None:
    former = next(r for r in mk.rows(m.VoucherRule) if r.valid_to is not None)
    assert list(refused(operator, lambda: records.update(former, {"valid_to": dt.date(2016, 1, 1)}))) == ["valid_to"]
    assert list(refused(operator, lambda: records.update(former, {"valid_to": dt.date(2009, 1, 1)}))) == ["valid_to"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("period_months", 0),
        ("validity_months", 121),
        ("validity_months", 999_999_999),
        ("decision_days", 31),
        ("eligible_position_kinds", []),
        ("eligible_ownerships", []),
    ],
)
def test_impossible_terms_are_refused(operator: Actor, rule: Any, field: str, value: Any) -> None:
    assert list(refused(operator, lambda: records.update(rule, {field: value}))) == [field]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"hours_min": 15}, "hours_min"),
        ({"hours_max": 250}, "hours_max"),
        ({"hours_min": 36, "hours_max": 18}, "hours_max"),
        ({"hours_min": 100}, "hours_max"),
        ({"code": "var1"}, "code"),
    ],
)
def test_impossible_blocks_are_refused(operator: Actor, rule: Any, changes: dict[str, Any], field: str) -> None:
    block = blocks_of(rule)[0]
    assert list(refused(operator, lambda: records.update(block, changes))) == [field]


def test_a_block_is_named_by_its_kind_and_nobody_types_the_name(operator: Actor) -> None:
    """Lists of former чеки know the blocks of a rule as inv, var1, var2."""
    block = {name: value for name, value in BLOCK.items() if name != "code"}
    with acting_as(operator):
        row = voucher_rules.create({**TERMS, "title": "Ранний чек", "valid_from": EARLY, "valid_to": EARLY}, block)
        for _ in range(2):
            rule = mk.fetch(m.VoucherRule, row.id)
            records.create(m.VoucherRuleBlock, {**block, "kind": st.BlockKind.VARIABLE, "rule": rule})
    assert sorted(found.code for found in blocks_of(row)) == ["inv", "var1", "var2"]
    entry = mk.rows(m.AuditEntry, m.AuditEntry.object_table == "voucher_rule_block")[-1]
    assert "Код" not in entry.changes and entry.changes["Вид"] == ["", "вариативный блок"]
    db.session.rollback()


def test_last_block_stays(operator: Actor) -> None:
    with acting_as(operator):
        row = voucher_rules.create({**TERMS, "title": "Ранний чек", "valid_from": EARLY, "valid_to": EARLY}, BLOCK)
        block = blocks_of(row)[0]
        with mk.nothing_changes(), pytest.raises(Conflict, match="единственный блок"):
            records.delete(block)
        records.create(m.VoucherRuleBlock, {**BLOCK, "code": "var", "rule": mk.fetch(m.VoucherRule, row.id)})
        records.delete(mk.fetch(m.VoucherRuleBlock, block.id))
    assert [block.code for block in blocks_of(row)] == ["var"]
    db.session.rollback()


# --- no day without a rule -------------------------------------------------------------------------------------------


def test_deleting_an_unused_version_reopens_the_former(operator: Actor, rule: Any) -> None:
    until = rule.valid_to
    with acting_as(operator):
        version = voucher_rules.new_version(rule.id, today() + 10 * DAY)
        assert mk.fetch(m.VoucherRule, rule.id).valid_to == today() + 9 * DAY
        records.delete(mk.fetch(m.VoucherRule, version.id))
    assert mk.fetch(m.VoucherRule, rule.id).valid_to == until
    assert mk.rows(m.VoucherRule, m.VoucherRule.id == version.id) == []


def test_deleting_a_version_between_joins_its_days_to_the_former(operator: Actor, rule: Any) -> None:
    with acting_as(operator):
        middle = voucher_rules.new_version(rule.id, today() + 10 * DAY)
        last = voucher_rules.new_version(middle.id, today() + 20 * DAY)
        records.delete(mk.fetch(m.VoucherRule, middle.id))
    assert mk.fetch(m.VoucherRule, rule.id).valid_to == last.valid_from - DAY


def test_a_rule_without_a_former_one_stays_and_the_gap_is_named(operator: Actor, rule: Any) -> None:
    mk.change(rule, valid_from=today() - 3 * DAY)
    day = f"{today():%d.%m.%Y}"
    with acting_as(operator), mk.nothing_changes(), pytest.raises(Conflict, match=f"с {day} .*не сможет никто"):
        records.delete(mk.fetch(m.VoucherRule, rule.id))


@pytest.mark.parametrize(
    ("closes", "opens", "gap"),
    [
        (None, None, None),
        (10, 11, None),
        (10, None, (11, None)),
        (10, 15, (11, 14)),
        (40, None, None),
        (-1, 5, (0, 4)),
        (-1, None, (0, None)),
    ],
)
def test_the_gap_that_the_operator_is_warned_of(
    operator: Actor, rule: Any, closes: int | None, opens: int | None, gap: tuple[int, int | None] | None
) -> None:
    day = today()
    mk.change(rule, valid_from=day - 100 * DAY, valid_to=None if closes is None else day + closes * DAY)
    if opens is not None:
        mk.save(m.VoucherRule(title="Следующее", valid_from=day + opens * DAY, **TERMS))
    expected = gap and voucher_rules.Gap(day + gap[0] * DAY, None if gap[1] is None else day + gap[1] * DAY)
    assert voucher_rules.find_gap() == expected
