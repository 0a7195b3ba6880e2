"""Which blocks can pay in the planned year: those left of the чек that lasts into it, and those of the next чек."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import select

from app import models as m
from app.access import unscoped
from app.clock import today
from app.conditions import in_force
from app.extensions import db
from app.rules.decision import add_months
from app.rules.planning import YearBlock
from app.services.voucher import voucher_eligibility as eligibility
from app.statuses import BlockStatus


def blocks_in(year: int, places: Mapping[int, Sequence[m.Employment]]) -> dict[int, list[YearBlock]]:
    """Return person → blocks of the year, the required ones first; ``places``: person → places of work.

    The next чек counts when its day comes within the year and one of the places gives the right to it; else what the чек in
    force has left. Both are counted where one ends and the other begins in the year, for no block is lost before its day.
    """
    people = list(places)
    rule, facts = eligibility.find_rule(today()), eligibility.facts_of(people)
    next_one = _of_rule(rule) if rule is not None else []
    left = _left(people, dt.date(year, 1, 1))
    found = {}
    for pk in people:
        due = rule is not None and _falls_due(rule, facts[pk], places[pk], dt.date(year, 12, 31))
        blocks = [*left.get(pk, []), *(next_one if due else [])]
        found[pk] = sorted(blocks, key=lambda block: not block.required)
    return found


def _falls_due(rule: m.VoucherRule, facts: eligibility.Facts, places: Sequence[m.Employment], last: dt.date) -> bool:
    """Whether a new чек may be had by the last day of the year: the former one and its period are over by then."""
    if facts.active_until is not None and facts.active_until >= last:
        return False
    if facts.last_issued_on is not None and add_months(facts.last_issued_on, rule.period_months) > last:
        return False
    return any(eligibility.entitles(place, rule) for place in places)


def _of_rule(rule: m.VoucherRule) -> list[YearBlock]:
    statement = (
        select(m.VoucherRuleBlock)
        .where(m.VoucherRuleBlock.rule_id == rule.id)
        .order_by(m.VoucherRuleBlock.ordering, m.VoucherRuleBlock.id)
    )
    return [_block(row, required=row.required) for row in db.session.scalars(statement)]


def _left(employee_ids: Collection[int], first: dt.date) -> dict[int, list[YearBlock]]:
    """Free blocks of the чеки that are in force and last into the year."""
    block, voucher, rule = m.VoucherBlock, m.Voucher, m.VoucherRuleBlock
    statement = (
        select(voucher.employee_id, block, rule.required)
        .join(voucher, voucher.id == block.voucher_id)
        .outerjoin(rule, (rule.rule_id == voucher.rule_id) & (rule.code == block.code))
        .where(
            voucher.employee_id.in_(employee_ids),
            in_force(),
            voucher.valid_until >= first,
            block.status == BlockStatus.FREE,
        )
        .order_by(block.ordering, block.id)
    )
    found: dict[int, list[YearBlock]] = {}
    with unscoped("the blocks of people whom the actor plans for"):
        for pk, row, required in db.session.execute(statement):
            found.setdefault(pk, []).append(_block(row, required=bool(required)))
    return found


def _block(row: m.VoucherBlock | m.VoucherRuleBlock, *, required: bool) -> YearBlock:
    return YearBlock(
        title=row.title, kind=row.kind, hours_min=row.hours_min, hours_max=row.hours_max, required=required
    )
