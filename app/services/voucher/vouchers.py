"""Vouchers (Именной образовательный чек): application, decision, blocks, end of the term (order § 2.7, 3.4, 3.5, 4)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from app import models as m
from app.access import current_actor, get_writable, unscoped
from app.audit import history, record
from app.clock import now, today
from app.conditions import has_run_out, live_enrolment, run_out
from app.errors import Conflict, Invalid, PortalError
from app.extensions import db
from app.models import among
from app.rules.decision import Decision, last_day_of
from app.russian import format_date, quoted
from app.services.mailing import letters
from app.services.personnel.cards.people import choose_employment
from app.services.portal import calendar, refusal_reasons, transitions, undo
from app.services.voucher import voucher_blocks
from app.services.voucher.voucher_eligibility import NO_RULE, applicants, best_place, facts_of, find_rule
from app.services.voucher.voucher_numbers import new_number
from app.statuses import APPLICATION_LIVE, ApplicationStatus, BlockStatus, VoucherStatus
from app.unit_of_work import translate_database_error, use_case

#: people for whom one may apply at once
MOST = 200

# --- the applicant's actions -----------------------------------------------------------------------------------------


@use_case
def apply(employee_id: int, *, employment_id: int | None = None, note: str | None = None) -> m.VoucherApplication:
    """Create and submit an application for oneself, or for another with a ``note`` on the agreement (order § 3.4, 3.5).

    The same click twice returns the same application. Raises Conflict by the rule, Invalid without the note or a place.
    """
    actor = current_actor()
    get_writable(db.session, m.Employee, employee_id, "voucher_application:add")
    actor.require("voucher_application:submit")
    note = _checked_note(note, for_another=actor.employee_id != employee_id)
    # clicks of one moment wait here, so that the second finds the application of the first
    person = m.Employee.__table__
    db.session.execute(select(person.c.id).where(person.c.id == employee_id).with_for_update(key_share=True))
    same = _find_live(employee_id)
    if same is not None and same.status == ApplicationStatus.SUBMITTED and same.created_by_id == actor.user_id:
        return same
    rule = _rule_of_today()
    places = choose_employment(employee_id, employment_id, on=today())
    place, decision = best_place(places, rule, facts_of([employee_id])[employee_id])
    _insist(decision)
    row, is_new = _insert_application(place, rule, note)
    if not is_new:
        return row
    record("voucher_application.created", row)
    return transitions.follow(m.VoucherApplication, row.id, "submit", **_submitted(rule))


@dataclass(frozen=True, slots=True)
class ApplyResult:
    """What became of one person of a list: the application, or the sentence why not."""

    employee_id: int
    name: str
    application: m.VoucherApplication | None
    refusal: str = ""


@use_case
def apply_many(employee_ids: Iterable[int], *, note: str | None) -> list[ApplyResult]:
    """Apply for several people with one ``note`` on the agreement; the refusal of one does not hinder the others.

    Results by name. Raises NotFound when one of them is not the actor's to apply for, Invalid without the note, for nobody
    or for more than ``MOST``: then nothing is done.
    """
    wanted = frozenset(employee_ids)
    if not wanted:
        raise Invalid("Отметьте работников, за которых подаёте заявки.")
    if len(wanted) > MOST:
        raise Invalid(f"За один раз можно подать не больше {MOST} заявок. Выберите меньше людей.")
    people = applicants(wanted)
    _checked_note(note, for_another=wanted != {current_actor().employee_id})
    results = {person.id: _apply_one_of_many(person, note) for person in sorted(people, key=lambda person: person.id)}
    return [results[person.id] for person in people]


def _apply_one_of_many(person: m.Employee, note: str | None) -> ApplyResult:
    try:
        with db.session.begin_nested():
            return ApplyResult(person.id, person.full_name, apply(person.id, note=note))
    except PortalError as error:
        return ApplyResult(person.id, person.full_name, None, error.message)
    except SQLAlchemyError as error:
        translated = translate_database_error(error)
        if translated is None:
            raise
        return ApplyResult(person.id, person.full_name, None, translated.message)


def _checked_note(note: str | None, *, for_another: bool) -> str | None:
    text = (note or "").strip()
    if for_another and not text:
        sentence = (
            "Заявку за работника подают по согласованию с ним и с руководителем организации. "
            "Впишите, чем оно подтверждено."
        )
        raise Invalid(sentence, fields={"note": [sentence]})
    return text or None


def _insist(decision: Decision) -> None:
    if not decision.allowed:
        raise Conflict(decision.reason)


def _rule_of_today() -> m.VoucherRule:
    rule = find_rule(today())
    if rule is None:
        raise Conflict(NO_RULE)
    return rule


def _submitted(rule: m.VoucherRule) -> dict[str, Any]:
    moment = now()
    return {"submitted_at": moment, "due_on": calendar.due_date(moment.date(), rule.decision_days)}


def _find_live(employee_id: int) -> m.VoucherApplication | None:
    statement = select(m.VoucherApplication).where(
        m.VoucherApplication.employee_id == employee_id, m.VoucherApplication.status.in_(APPLICATION_LIVE)
    )
    live: m.VoucherApplication | None = db.session.scalars(statement).one_or_none()
    return live


def _insert_application(
    place: m.Employment, rule: m.VoucherRule, note: str | None
) -> tuple[m.VoucherApplication, bool]:
    """Insert the application unless the person has a live one, which is then returned instead (guards 2 and 5)."""
    statement = (
        insert(m.VoucherApplication)
        .values(
            employee_id=place.employee_id,
            employment_id=place.id,
            rule_id=rule.id,
            on_behalf_note=note,
            created_by_id=current_actor().user_id,
        )
        .on_conflict_do_nothing(index_elements=["employee_id"], index_where=among("status", APPLICATION_LIVE))
        .returning(m.VoucherApplication.id)
    )
    created = db.session.execute(statement).scalar_one_or_none()
    if created is not None:
        return transitions.read_fresh(m.VoucherApplication, created), True
    other = _find_live(place.employee_id)
    if other is None:
        raise Conflict("Заявку только что рассмотрели или отозвали. Обновите страницу.")
    return other, False


@transitions.performs(m.VoucherApplication, "submit")
@use_case
def resubmit(application_id: int) -> m.VoucherApplication:
    """Submit a returned application again, with a new term; raises Conflict by the rule."""
    row = get_writable(db.session, m.VoucherApplication, application_id, "voucher_application:submit")
    _insist(_still_entitled(row))
    return transitions.move(m.VoucherApplication, application_id, "submit", **_submitted(row.rule))


@transitions.performs(m.VoucherApplication, "withdraw")
@use_case
def withdraw(application_id: int) -> m.VoucherApplication:
    """Withdraw an application that is not decided yet."""
    return transitions.move(m.VoucherApplication, application_id, "withdraw")


# --- the operator's decisions ----------------------------------------------------------------------------------------


@transitions.performs(m.VoucherApplication, "approve")
@use_case
def approve(application_id: int) -> m.Voucher:
    """Approve an application: issue the чек with its number and blocks, and tell the person (order § 4).

    The rules are checked again. An application already approved returns its чек: nothing happens twice.
    """
    get_writable(db.session, m.VoucherApplication, application_id, "voucher_application:approve")
    row = _lock_application(application_id)
    if row.status == ApplicationStatus.APPROVED:
        issued: m.Voucher = db.session.scalars(select(m.Voucher).where(m.Voucher.application_id == row.id)).one()
        return issued
    row = transitions.move(m.VoucherApplication, application_id, "approve", **_decided())
    _insist(_still_entitled(row))
    with undo.lasting():
        end_run_out([row.employee_id])
    voucher = _issue(row)
    letters.tell(row.employee, transitions.letter_of(m.VoucherApplication, "approve"), about=voucher)
    return voucher


@undo.restores(m.VoucherApplication, "approve")
def _take_voucher_back(row: m.VoucherApplication) -> None:
    """Take back the чек of an approval that is undone, while nobody has used or printed it; its number is not given again."""
    voucher: m.Voucher = db.session.scalars(select(m.Voucher).where(m.Voucher.application_id == row.id)).one()
    blocks = voucher_blocks.lock_blocks(m.VoucherBlock.voucher_id == voucher.id)
    entries = {entry.action for entry in history("voucher", voucher.id)}
    if voucher.status != VoucherStatus.ACTIVE or any(block.status != BlockStatus.FREE for block in blocks):
        raise Conflict(f"Чеком № {voucher.number} уже пользуются, поэтому отменить решение нельзя.")
    if entries - {"voucher.issued"}:
        raise Conflict(
            f"Чек № {voucher.number} уже напечатан, поэтому отменить решение нельзя. Аннулируйте чек с причиной."
        )
    record("voucher.taken_back", voucher, {"Номер": (voucher.number, "не выдан и больше не выдаётся")})
    with unscoped("a чек that nobody has got is taken back"):
        db.session.execute(delete(m.VoucherBlock).where(m.VoucherBlock.voucher_id == voucher.id))
        db.session.execute(delete(m.Voucher).where(m.Voucher.id == voucher.id))
    db.session.expire_all()


def _still_entitled(row: m.VoucherApplication) -> Decision:
    """What the application's own version of the rule says of its place of work today."""
    facts = facts_of([row.employee_id], deciding=row.id)[row.employee_id]
    return best_place([row.employment], row.rule, facts)[1]


def _lock_application(application_id: int) -> m.VoucherApplication:
    """Lock an application, so that of two clicks at once the second sees the first's decision (guard 5)."""
    statement = select(m.VoucherApplication).where(m.VoucherApplication.id == application_id)
    locked = statement.with_for_update(key_share=True).execution_options(populate_existing=True)
    row: m.VoucherApplication = db.session.scalars(locked).one()
    return row


def _decided() -> dict[str, Any]:
    return {"decided_at": now(), "decided_by_id": current_actor().user_id}


def _issue(application: m.VoucherApplication) -> m.Voucher:
    rule, issued_on = application.rule, today()
    voucher = m.Voucher(
        number=new_number(issued_on.year),
        employee_id=application.employee_id,
        application_id=application.id,
        rule_id=rule.id,
        issued_on=issued_on,
        valid_until=last_day_of(issued_on, rule.validity_months),
        blocks=[_copied(block) for block in rule.blocks],
    )
    db.session.add(voucher)
    db.session.flush()
    record("voucher.issued", voucher, {"Действует по": ("", format_date(voucher.valid_until))})
    return voucher


def _copied(block: m.VoucherRuleBlock) -> m.VoucherBlock:
    return m.VoucherBlock(
        code=block.code,
        title=block.title,
        kind=block.kind,
        hours_min=block.hours_min,
        hours_max=block.hours_max,
        ordering=block.ordering,
    )


@transitions.performs(m.VoucherApplication, "reject")
@use_case
def reject(application_id: int, reason: str = "", *, refusal_reason_id: int | None = None) -> m.VoucherApplication:
    """Refuse an application for a typical reason, a typed one, or both; the person reads the whole."""
    row = _turn_down(application_id, "reject", reason, refusal_reason_id)
    letters.tell(row.employee, transitions.letter_of(m.VoucherApplication, "reject"), about=row)
    return row


@transitions.performs(m.VoucherApplication, "return")
@use_case
def return_(application_id: int, reason: str = "", *, refusal_reason_id: int | None = None) -> m.VoucherApplication:
    """Send an application back to be mended, for a typical reason, a typed one, or both."""
    row = _turn_down(application_id, "return", reason, refusal_reason_id)
    letters.tell(row.employee, transitions.letter_of(m.VoucherApplication, "return"), about=row)
    return row


def _turn_down(application_id: int, action: str, typed: str, typical_id: int | None) -> m.VoucherApplication:
    get_writable(db.session, m.VoucherApplication, application_id, f"voucher_application:{action}")
    reason = refusal_reasons.written("voucher_application", typed, typical_id)
    decision = {**_decided(), "refusal_reason_id": typical_id}
    return transitions.move(m.VoucherApplication, application_id, action, reason=reason, **decision)


# --- the чек's end ---------------------------------------------------------------------------------------------------


@transitions.performs(m.Voucher, "annul")
@use_case
def annul(voucher_id: int, reason: str) -> m.Voucher:
    """Annul an active чек; its free blocks lapse. Refused after its term, and while a block is reserved, naming the group."""
    voucher = get_writable(db.session, m.Voucher, voucher_id, "voucher:annul")
    if has_run_out(voucher):
        raise Conflict(
            f"Срок чека № {voucher.number} закончился {format_date(voucher.valid_until)}, аннулировать его незачем."
        )
    blocks = voucher_blocks.lock_blocks(m.VoucherBlock.voucher_id == voucher.id)
    reserved = [block for block in blocks if block.status == BlockStatus.RESERVED]
    if reserved:
        raise Conflict(
            f"Аннулировать чек нельзя: {reserved[0].title.lower()} занят записью — {_group_of(reserved[0])}. "
            "Сначала отзовите или отклоните эту запись."
        )
    voucher = transitions.move(m.Voucher, voucher_id, "annul", reason=reason)
    _lapse(blocks)
    letters.tell(voucher.employee, transitions.letter_of(m.Voucher, "annul"), about=voucher)
    return voucher


def _group_of(block: m.VoucherBlock) -> str:
    with unscoped("the group that holds a block, for the refusal's sentence"):
        group = db.session.scalars(
            select(m.TrainingGroup)
            .join(m.Enrolment, m.Enrolment.group_id == m.TrainingGroup.id)
            .where(m.Enrolment.block_id == block.id, live_enrolment())
            .order_by(m.Enrolment.id.desc())
            .limit(1)
        ).one_or_none()
        return f"{group} {quoted(group.program.title)}" if group else "группа не найдена"


def _lapse(blocks: Iterable[m.VoucherBlock]) -> None:
    for block in blocks:
        if block.status == BlockStatus.FREE:
            transitions.follow(m.VoucherBlock, block.id, "lapse")


@use_case
def expire_due() -> int:
    """End the чеки whose term is over, with their free blocks; return how many. For the nightly job.

    A reserved block stays: it is used or lapses when the course's result is entered.
    """
    return _expire(run_out())


def end_run_out(employee_ids: Collection[int]) -> None:
    """End the чеки of people whose term is over, before they get another one: a person has one that is active."""
    _expire(and_(run_out(), m.Voucher.employee_id.in_(employee_ids)))


def _expire(which: Any) -> int:
    with unscoped("the term of every чек ends by itself"):
        overdue = select(m.Voucher.id).where(which)
        blocks = voucher_blocks.lock_blocks(m.VoucherBlock.voucher_id.in_(overdue))
        # Read after the blocks are locked: who annuls a чек locks them too, so none of these changes any more.
        ids = set(db.session.scalars(overdue))
    for voucher_id in sorted(ids):
        _tell_expired(transitions.follow(m.Voucher, voucher_id, "expire"))
    _lapse(block for block in blocks if block.voucher_id in ids)
    return len(ids)


def _tell_expired(voucher: m.Voucher) -> None:
    with unscoped("the owner of a чек that has ended"):
        person = voucher.employee
    letters.tell(person, transitions.letter_of(m.Voucher, "expire"), about=voucher)
