"""Versions of the rule by which vouchers (чеки) are issued: an applied rule stays as it was, a change is a new version.

Old vouchers carry copies of their blocks; the freeze keeps waiting applications and the page of a voucher true (приказ №
52-од).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, cast

from sqlalchemy import func, or_, select, true

from app import models as m
from app.access import current_actor, get_writable
from app.clock import local, today
from app.errors import Conflict, Invalid
from app.extensions import db
from app.russian import format_date, quoted
from app.services.portal import records
from app.statuses import BlockKind
from app.unit_of_work import use_case

#: what may change in a rule that has been applied
STAYS_OPEN = frozenset({"title", "valid_to"})
FROZEN = (
    "По этому правилу уже подавали заявки или выдавали чеки, поэтому менять его нельзя. Нажмите «Новая версия» в карточке "
    "правила: прежние чеки останутся при своих условиях."
)
#: field → least and greatest value; months of a чек, working days of a decision
_TERMS = {"period_months": (1, 120), "validity_months": (1, 120), "decision_days": (1, 30)}
#: a чек pays for повышение квалификации, which lasts so many hours (приказ Минобрнауки № 499, п. 12)
_HOURS = 16, 249
_COPIED = (
    "period_months", "validity_months", "decision_days", "requires_confirmed_workplace", "eligible_position_kinds",
    "eligible_ownerships",
)  # fmt: skip
_COPIED_OF_BLOCK = ("code", "title", "kind", "hours_min", "hours_max", "required", "ordering")
_NOT_EMPTY = {
    "eligible_position_kinds": "Отметьте хотя бы один вид должностей",
    "eligible_ownerships": "Отметьте хотя бы одну форму собственности",
}
_DAY = dt.timedelta(days=1)


# --- what has been done by a rule ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Usage:
    """How many applications and чеки follow from a rule, and the last day on which it was applied."""

    applications: int
    vouchers: int
    last_on: dt.date | None

    @property
    def frozen(self) -> bool:
        """Whether the rule has been applied, and so stays as it is."""
        return self.applications > 0 or self.vouchers > 0


def usage(rule_id: int) -> Usage:
    """Return what follows from a rule, for any acting user; one statement."""
    application, voucher = m.VoucherApplication.__table__, m.Voucher.__table__
    applied_at = func.max(func.coalesce(application.c.submitted_at, application.c.created_at))
    by_hand = func.max(voucher.c.issued_on).filter(voucher.c.application_id.is_(None))
    applications = select(func.count().label("number"), applied_at.label("last")).where(
        application.c.rule_id == rule_id
    )
    vouchers = select(func.count().label("number"), by_hand.label("last")).where(voucher.c.rule_id == rule_id)
    asked, issued = applications.subquery(), vouchers.subquery()
    columns = (asked.c.number, asked.c.last, issued.c.number, issued.c.last)
    row = db.session.execute(select(*columns).select_from(asked.join(issued, true()))).one()
    days = [day for day in (local(row[1]).date() if row[1] else None, row[3]) if day is not None]
    return Usage(row[0], row[2], max(days, default=None))


def _lock(rule_id: int) -> Usage:
    """Keep others from applying by a rule until the end of the transaction; returns what has been done by it until now.

    An application holds its rule's key, so this waits for those that are being written and lets no further ones in.
    """
    db.session.execute(select(m.VoucherRule.id).where(m.VoucherRule.id == rule_id).with_for_update())
    return usage(rule_id)


# --- rules -----------------------------------------------------------------------------------------------------------


@use_case
def create(values: Mapping[str, Any], block: Mapping[str, Any]) -> m.VoucherRule:
    """Create a rule with its first block, because by a rule without blocks a чек would give no right.

    Raises Invalid by field; fields of the block are named ``block_…``.
    """
    row = records.create(m.VoucherRule, values)
    try:
        records.create(m.VoucherRuleBlock, {**block, "rule": row})
    except Invalid as error:
        raise Invalid(error.message, {f"block_{name}": texts for name, texts in error.fields.items()}) from error
    db.session.refresh(row)
    return row


@use_case
def new_version(rule_id: int, valid_from: dt.date, *, title: str | None = None) -> m.VoucherRule:
    """Copy a rule with its blocks into a version that begins on a day, and close the former one on the day before.

    Without a title the new version is named after the former one and its first day. Raises Invalid by field: for a day that
    does not follow what has been done by the former version, or one on which another version is in force.
    """
    row = get_writable(db.session, m.VoucherRule, rule_id, "voucher_rule:edit")
    current_actor().require("voucher_rule:add")
    _insist_follows(row, valid_from, _lock(rule_id))
    values = {name: getattr(row, name) for name in _COPIED}
    values |= {"title": title or _title_from(row.title, valid_from), "valid_from": valid_from, "valid_to": None}
    if row.valid_to is None or row.valid_to >= valid_from:
        values["valid_to"] = row.valid_to
        records.update(row, {"valid_to": valid_from - _DAY})
    version = records.create(m.VoucherRule, values)
    for block in row.blocks:
        copied = {name: getattr(block, name) for name in _COPIED_OF_BLOCK}
        records.create(m.VoucherRuleBlock, {**copied, "rule": version})
    db.session.refresh(version)
    return version


def _insist_follows(row: m.VoucherRule, valid_from: dt.date, done: Usage) -> None:
    earliest = max(row.valid_from, done.last_on or row.valid_from) + _DAY
    if valid_from >= earliest:
        return
    sentence = f"Новая версия может действовать не раньше {format_date(earliest)}: "
    sentence += (
        f"по прежней подавали заявки или выдавали чеки {format_date(done.last_on)}."
        if done.last_on is not None and done.last_on >= row.valid_from
        else f"прежняя начинается {format_date(row.valid_from)}."
    )
    raise Invalid(sentence, fields={"valid_from": [sentence]})


def _title_from(title: str, valid_from: dt.date) -> str:
    """«Чек на 90 часов (с 2016 года)» → «Чек на 90 часов (с 01.01.2027)»."""
    bare = re.sub(r"\s*\([^()]*\)$", "", title)
    return f"{bare} (с {format_date(valid_from)})"


@records.checks(m.VoucherRule)
def _check_rule(values: dict[str, Any], row: Any, errors: records.Fields) -> None:
    if row is not None:
        _check_frozen(values, row, _lock(row.id), errors)
    for name, (least, most) in _TERMS.items():
        number = values.get(name)
        if number is not None and not least <= number <= most:
            errors.setdefault(name, []).append(f"Введите число от {least} до {most}.")
    for name, choose in _NOT_EMPTY.items():
        if (row is None or name in values) and not values.get(name):
            errors.setdefault(name, []).append(f"{choose}: иначе чек не получит никто.")
    _check_dates(values, row, errors)


def _check_frozen(values: Mapping[str, Any], row: m.VoucherRule, done: Usage, errors: records.Fields) -> None:
    if not done.frozen:
        return
    for name, value in values.items():
        if name not in STAYS_OPEN and _differs(value, getattr(row, name)):
            errors.setdefault(name, []).append(FROZEN)
    until = values.get("valid_to")
    if until is not None and until != row.valid_to and done.last_on is not None and until < done.last_on:
        errors.setdefault("valid_to", []).append(
            f"По этому правилу подавали заявки или выдавали чеки {format_date(done.last_on)}: закрыть его можно не раньше."
        )


def _differs(value: Any, stored: Any) -> bool:
    return set(value) != set(stored) if isinstance(value, list) else bool(value != stored)


def _check_dates(values: Mapping[str, Any], row: Any, errors: records.Fields) -> None:
    first: dt.date | None = values.get("valid_from", getattr(row, "valid_from", None))
    last: dt.date | None = values.get("valid_to", getattr(row, "valid_to", None))
    if first is None or {"valid_from", "valid_to"} & errors.keys():
        return
    if last is not None and last < first:
        errors["valid_to"] = [f"Дата окончания раньше даты начала — {format_date(first)}."]
        return
    other = _find_overlap(first, last, row.id if row is not None else 0)
    if other is not None:
        until = f" по {format_date(other.valid_to)}" if other.valid_to else ""
        field = "valid_to" if row is not None and first == row.valid_from else "valid_from"
        errors[field] = [
            f"Срок действия пересекается с правилом {quoted(other.title)} (с {format_date(other.valid_from)}{until}). Сначала "
            "закройте его датой окончания или сделайте его новую версию."
        ]


def _find_overlap(first: dt.date, last: dt.date | None, but: int) -> m.VoucherRule | None:
    rule = m.VoucherRule
    statement = select(rule).where(rule.id != but, or_(rule.valid_to.is_(None), rule.valid_to >= first))
    if last is not None:
        statement = statement.where(rule.valid_from <= last)
    with db.session.no_autoflush:
        return cast("m.VoucherRule | None", db.session.scalars(statement.order_by(rule.valid_from).limit(1)).first())


# --- no day without a rule -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Gap:
    """Days on which no rule is in force, so that nobody can apply: the first of them, and the last (None: no rule follows)."""

    first: dt.date
    last: dt.date | None

    @property
    def words(self) -> str:
        """«с 01.12.2026», «с 01.12.2026 по 31.12.2026»."""
        return f"с {format_date(self.first)}" + (f" по {format_date(self.last)}" if self.last else "")


#: the operator is warned of a gap that begins within so many days
GAP_DAYS = 30


def find_gap(*, days: int = GAP_DAYS) -> Gap | None:
    """Return the first gap that begins today or within the next ``days`` days; None: every one of them has its rule."""
    rule, day = m.VoucherRule, today()
    statement = select(rule.valid_from, rule.valid_to).where(or_(rule.valid_to.is_(None), rule.valid_to >= day))
    for first, last in db.session.execute(statement.order_by(rule.valid_from)):
        if first > day:
            return Gap(day, first - _DAY) if day <= today() + days * _DAY else None
        if last is None:
            return None
        day = last + _DAY
    return Gap(day, None) if day <= today() + days * _DAY else None


def _former(row: m.VoucherRule) -> m.VoucherRule | None:
    """The version that was closed when this one was made: it ends on the day before."""
    statement = select(m.VoucherRule).where(m.VoucherRule.valid_to == row.valid_from - _DAY)
    return cast("m.VoucherRule | None", db.session.scalars(statement).one_or_none())


@records.before_delete(m.VoucherRule)
def _keep_no_gap(row: m.VoucherRule) -> None:
    """A version that is deleted gives its days back to the former one; where there is none, nobody could apply on them."""
    over = row.valid_to is not None and row.valid_to < today()
    if over or _former(row) is not None:
        return
    gap = Gap(max(row.valid_from, today()), row.valid_to)
    raise Conflict(
        f"Если удалить это правило, {gap.words} подать заявку на чек не сможет никто: другого правила на эти дни нет. Измените "
        "его условия или сначала создайте правило, которое действует до него без перерыва."
    )


@records.after_delete(m.VoucherRule)
def _reopen_former(row: m.VoucherRule) -> None:
    former = _former(row)
    if former is not None:
        records.update(former, {"valid_to": row.valid_to})


# --- blocks ----------------------------------------------------------------------------------------------------------


@records.kept(m.VoucherRuleBlock)
def _why_block_stays(row: m.VoucherRuleBlock) -> str:
    return FROZEN if usage(row.rule_id).frozen else ""


@records.checks(m.VoucherRuleBlock)
def _check_block(values: dict[str, Any], row: Any, errors: records.Fields) -> None:
    rule = values.get("rule")
    wanted: set[int] = {found.id for found in (rule, getattr(row, "rule", None)) if found is not None}
    done = [_lock(rule_id) for rule_id in sorted(wanted)]
    if any(usage_.frozen for usage_ in done):
        errors.setdefault("rule", []).append(FROZEN)
    elif row is not None and len(wanted) > 1 and _is_last(row):
        errors.setdefault("rule", []).append(_LAST)
    _check_hours(values, row, errors)
    _give_code(values, row)
    _check_code(values, row, errors)


def _check_hours(values: Mapping[str, Any], row: Any, errors: records.Fields) -> None:
    least, most = _HOURS
    hours = [values.get(name, getattr(row, name, None)) for name in ("hours_min", "hours_max")]
    for name, number in zip(("hours_min", "hours_max"), hours, strict=True):
        if number is not None and not least <= number <= most:
            errors.setdefault(name, []).append(
                f"Введите число от {least} до {most}: столько часов длится повышение квалификации."
            )
    if None not in hours and hours[0] > hours[1]:
        errors.setdefault("hours_max", []).append("«Часов до» не может быть меньше, чем «Часов от».")


def _give_code(values: dict[str, Any], row: Any) -> None:
    """Name a new block by its kind, the next of it in its rule: lists of former чеки know blocks by these codes."""
    rule, kind = values.get("rule"), values.get("kind")
    if row is not None or rule is None or kind is None or values.get("code"):
        return
    block = m.VoucherRuleBlock
    with db.session.no_autoflush:
        taken = set(db.session.scalars(select(block.code).where(block.rule_id == rule.id)))
    values["code"] = next(code for code in _codes(kind) if code not in taken)


def _codes(kind: BlockKind) -> Iterator[str]:
    """Codes of blocks of a kind, the usual ones first: inv, inv1 …; var1, var2 …"""
    if kind == BlockKind.INVARIANT:
        yield "inv"
    yield from (f"{'inv' if kind == BlockKind.INVARIANT else 'var'}{n}" for n in count(1))


def _check_code(values: Mapping[str, Any], row: Any, errors: records.Fields) -> None:
    """A чек cannot hold two blocks of one code."""
    rule = values.get("rule") or getattr(row, "rule", None)
    code, block = values.get("code"), m.VoucherRuleBlock
    if rule is None or code is None:
        return
    same = select(block.id).where(block.rule_id == rule.id, block.code == code, block.id != (row.id if row else 0))
    with db.session.no_autoflush:
        if db.session.scalar(same.limit(1)) is not None:
            errors.setdefault("code", []).append("Блок с таким кодом в этом правиле уже есть. Введите другой код.")


_LAST = "Это единственный блок правила, а без блоков чек не даёт права ни на один курс. Сначала добавьте другой блок."


def _is_last(row: m.VoucherRuleBlock) -> bool:
    block = m.VoucherRuleBlock
    others = select(block.id).where(block.rule_id == row.rule_id, block.id != row.id).limit(1)
    return db.session.scalar(others) is None


@records.before_delete(m.VoucherRuleBlock)
def _keep_block(row: m.VoucherRuleBlock) -> None:
    if _lock(row.rule_id).frozen:
        raise Conflict(FROZEN)
    if _is_last(row):
        raise Conflict(_LAST)
