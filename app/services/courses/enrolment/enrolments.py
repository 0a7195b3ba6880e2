"""Enrolment in groups: seat and block, agreement of the employer, confirmation, outcome (order § 3.3–3.5)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import contains_eager

from app import models as m
from app.access import current_actor, get_visible, get_writable, unscoped
from app.audit import record
from app.clock import today
from app.errors import Conflict, Forbidden, Invalid, PortalError
from app.extensions import db
from app.russian import count, format_date, quoted
from app.services.courses.enrolment import enrolment_letters, seats, waiting_list
from app.services.courses.enrolment.enrolment_check import (
    BlockChoice,
    Verdict,
    find_live,
    judge,
    judge_one,
    writable_people,
)
from app.services.courses.enrolment.enrolment_letters import tell_of
from app.services.personnel.cards import people
from app.services.personnel.employers import agreement
from app.services.portal import transitions
from app.services.voucher import voucher_blocks
from app.statuses import OUTCOMES, SEAT_HOLDING, BulkMode, EnrolmentStatus, GroupStatus
from app.unit_of_work import translate_database_error, use_case

_NAMED_AT_MOST = 5
_NOT_SEEN = "Такой записи нет или она вам не видна."


# --- enrolling -------------------------------------------------------------------------------------------------------


@use_case
def enrol(
    employee_id: int,
    group_id: int,
    *,
    block_id: BlockChoice = "auto",
    employment_id: int | None = None,
    wait: bool = True,
) -> m.Enrolment:
    """Enrol a person: reserve seat, quota and the block that pays, or put the person on the waiting list of a full group.

    ``block_id``: a block, "auto" for the first that fits, None for a program that no block pays. Without ``wait`` a full group
    refuses. The same click twice returns the same enrolment. Raises Conflict with the rule's sentence, NotFound, Forbidden.
    """
    get_writable(db.session, m.Employee, employee_id, "enrolment:add")
    get_visible(db.session, m.TrainingGroup, group_id, "training_group:show")
    # The first write decides who gets the last seat; whatever refuses later rolls it back.
    has_seat = seats.take_seat(group_id)
    group = seats.lock_group(group_id)
    people.lock_person(employee_id)
    same = find_live([employee_id], group_id).get(employee_id)
    if same is not None:
        if has_seat:
            seats.give_back_seats(group_id)
        return same
    verdict = judge_one(employee_id, group, block_id=block_id, employment_id=employment_id, has_seat=has_seat)
    if verdict.place is None:
        raise Conflict(verdict.decision.reason)
    has_seat = has_seat or seats.take_seat(group_id)
    row = _enter(verdict.place, group, verdict, has_seat=has_seat, refusing=not wait)
    enrolment_letters.note_new([row], group)
    return row


def _enter(
    place: m.Employment, group: m.TrainingGroup, verdict: Verdict, *, has_seat: bool, refusing: bool = False
) -> m.Enrolment:
    """Insert the enrolment with the seat that was taken, or without one into the waiting list.

    A seat beyond the quota is given back. ``refusing``: a person without a seat is refused with Conflict instead of waiting.
    """
    block, quota = verdict.block, verdict.quota
    quota_id = quota.id if quota is not None else None
    held = has_seat and seats.take_quota(quota_id)
    if has_seat and not held:
        seats.give_back_seats(group.id)
    if refusing and not held:
        raise Conflict(seats.why_none(group.id, place.organization_id))
    if not held:
        return _insert(place, group, status=EnrolmentStatus.WAITING)
    if block is not None:
        voucher_blocks.reserve_block(block.id)
    block_id = block.id if block is not None else None
    return _insert(place, group, status=EnrolmentStatus.APPLIED, block_id=block_id, quota_id=quota_id)


def _insert(place: m.Employment, group: m.TrainingGroup, *, status: EnrolmentStatus, **held: int | None) -> m.Enrolment:
    row = m.Enrolment(
        employee_id=place.employee_id,
        group_id=group.id,
        employment_id=place.id,
        status=status,
        created_by_id=current_actor().user_id,
        **held,
    )
    db.session.add(row)
    db.session.flush()
    record("enrolment.created", row, {"Группа": ("", group.number), "Состояние": ("", row.status.label)})
    row = agreement.agree_own(row)
    enrolment_letters.tell_enrolled(row, group)
    return row


# --- enrolling many --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EnrolResult:
    """What became of one person of a list: the enrolment, or the sentence why not."""

    employee_id: int
    enrolment: m.Enrolment | None
    refusal: str = ""


@use_case
def enrol_many(
    employee_ids: Iterable[int], group_id: int, *, mode: BulkMode = BulkMode.FIT, wait: bool = True
) -> list[EnrolResult]:
    """Enrol several people; results in the order given. The same list twice makes every enrolment once.

    ``FIT``: who is refused does not hinder the others, seats go first to those whose чек ends sooner, and who has no seat
    joins the waiting list or, without ``wait``, is refused. ``ALL``: one refusal or too few seats raise Conflict that says
    who, and nothing is written. Locks: group, people by rising id, blocks by rising id.
    """
    wanted = list(dict.fromkeys(employee_ids))
    own = writable_people(wanted)
    get_visible(db.session, m.TrainingGroup, group_id, "training_group:show")
    group = seats.lock_group(group_id)
    people.lock_people(own)
    verdicts = judge(own, group)
    blocks = [v.block.id for v in verdicts.values() if v.block is not None]
    voucher_blocks.lock_blocks(m.VoucherBlock.id.in_(blocks))
    if mode == BulkMode.ALL:
        _insist_on_all(wanted, verdicts, group)
    refusing = mode == BulkMode.ALL or not wait
    results = {v.employee_id: _enter_one(v, group, refusing=refusing) for v in _by_urgency(verdicts.values())}
    _insist_on_seats(results, mode)
    made = [r.enrolment for r in results.values() if r.enrolment and verdicts[r.employee_id].existing is None]
    enrolment_letters.note_new(made, group)
    return [results.get(pk) or EnrolResult(pk, None, _NOT_SEEN) for pk in wanted]


def _by_urgency(verdicts: Collection[Verdict]) -> list[Verdict]:
    """Those whose чек ends sooner come first, as in the waiting list."""
    return sorted(verdicts, key=lambda v: (v.block.valid_until if v.block else dt.date.max, v.employee_id))


def _enter_one(verdict: Verdict, group: m.TrainingGroup, *, refusing: bool) -> EnrolResult:
    pk = verdict.employee_id
    if verdict.existing is not None or verdict.place is None:
        return EnrolResult(pk, verdict.existing, "" if verdict.existing else verdict.decision.reason)
    try:
        with db.session.begin_nested():
            has_seat = seats.take_seat(group.id)
            row = _enter(verdict.place, group, verdict, has_seat=has_seat, refusing=refusing)
            return EnrolResult(pk, row)
    except PortalError as error:
        return EnrolResult(pk, None, error.message)
    except SQLAlchemyError as error:
        translated = translate_database_error(error)
        if translated is None:
            raise
        return EnrolResult(pk, None, translated.message)


def _insist_on_all(wanted: Sequence[int], verdicts: dict[int, Verdict], group: m.TrainingGroup) -> None:
    """Refuse a list of which somebody is refused or for which the group has too few seats, before anything is written."""
    if len(verdicts) < len(wanted):
        raise Conflict(f"Никто не записан. {_NOT_SEEN}")
    refused = {v.employee_id: v.decision.reason for v in verdicts.values() if not (v.existing or v.place)}
    _refuse_all(refused)
    needed, free = sum(v.existing is None for v in verdicts.values()), group.capacity - group.taken
    if needed > free:
        people = count(needed, "человека", "человек", "человек")
        left = f"свободно {count(free, 'место', 'места', 'мест')}" if free else "свободных мест нет"
        raise Conflict(
            f"Никто не записан: нужно записать {people}, а в группе {left}. Выберите «Сколько поместится» или уменьшите "
            "список."
        )


def _insist_on_seats(results: dict[int, EnrolResult], mode: BulkMode) -> None:
    """Of «all or nobody» a refusal that only the write could find (a quota, a block) takes everybody back."""
    if mode == BulkMode.ALL:
        _refuse_all({r.employee_id: r.refusal for r in results.values() if r.refusal})


def _refuse_all(refused: dict[int, str]) -> None:
    if not refused:
        return
    shown = sorted(refused)[:_NAMED_AT_MOST]
    people = db.session.scalars(select(m.Employee).where(m.Employee.id.in_(shown)).order_by(m.Employee.id))
    sentences = [f"{person.short_name}: {refused[person.id]}" for person in people]
    rest = len(refused) - len(shown)
    more = f" И ещё {count(rest, 'человек', 'человека', 'человек')} с отказом." if rest > 0 else ""
    raise Conflict(f"Никто не записан. {' '.join(sentences)}{more}")


# --- agreement, confirmation, refusal --------------------------------------------------------------------------------


@transitions.performs(m.Enrolment, "agree")
@use_case
def agree(enrolment_id: int) -> m.Enrolment:
    """Agree an enrolment for the organization from which it was made (order § 3.5); raises Forbidden for another's."""
    row = get_writable(db.session, m.Enrolment, enrolment_id, "enrolment:agree")
    if row.employment.organization_id not in agreement.own_schools():
        raise Forbidden(
            f"Запись согласует организация, от которой она подана: {quoted(str(row.employment.organization))}. "
            "Обратитесь к ответственному работнику этой организации."
        )
    row = transitions.move(m.Enrolment, enrolment_id, "agree")
    group = row.group
    tell_of(row, group, "agree")
    enrolment_letters.note_new([row], group)
    return row


@transitions.performs(m.Enrolment, "confirm")
@use_case
def confirm(enrolment_id: int) -> m.Enrolment:
    """Confirm an agreed enrolment for the organizer (order § 3.3) and tell the person."""
    row = transitions.move(m.Enrolment, enrolment_id, "confirm")
    group = row.group
    enrolment_letters.tell_confirmed(row, group)
    return row


def agreed_in(group_id: int) -> list[m.Enrolment]:
    """Return the enrolments of a group that wait for the organizer, by name, within the scope of the acting user."""
    row = m.Enrolment
    statement = (
        select(row)
        .join(row.employee)
        .where(row.group_id == group_id, row.status == EnrolmentStatus.AGREED)
        .order_by(m.Employee.sort, row.id)
        .options(contains_eager(row.employee))
    )
    return list(db.session.scalars(statement))


@transitions.performs(m.Enrolment, "reject")
@use_case
def reject(enrolment_id: int, reason: str) -> m.Enrolment:
    """Reject an enrolment with a reason: seat and block are free again, the waiting list moves up."""
    row, group, freed = _end(enrolment_id, "reject", reason)
    block = enrolment_letters.freed_words(freed)
    tell_of(row, group, "reject", причина=row.reason_text, блок=block)
    return row


@transitions.performs(m.Enrolment, "withdraw")
@use_case
def withdraw(enrolment_id: int) -> m.Enrolment:
    """Withdraw an enrolment before the training starts: seat and block are free again, the waiting list moves up."""
    row, group, _freed = _end(enrolment_id, "withdraw", None)
    enrolment_letters.note_organizer([row], group, "withdrawn_for_organizer")
    if row.employee_id != current_actor().employee_id:
        tell_of(row, group, "withdraw", кто=current_actor().name)
    return row


def _end(
    enrolment_id: int, action: str, reason: str | None
) -> tuple[m.Enrolment, m.TrainingGroup, m.VoucherBlock | None]:
    """End an enrolment; the block is the one that has become free by it."""
    row = get_writable(db.session, m.Enrolment, enrolment_id, f"enrolment:{action}")
    group = seats.lock_group(row.group_id)
    row = transitions.read_fresh(m.Enrolment, enrolment_id)
    had_seat, block = row.status in SEAT_HOLDING, voucher_blocks.lock_block(row.block_id)
    if action == "withdraw" and had_seat:
        _insist_before_start(row, group)
    row = transitions.move(m.Enrolment, enrolment_id, action, reason=reason)
    freed = voucher_blocks.free_block(block)
    if had_seat:
        seats.give_back_seats(group.id)
        waiting_list.move_up(group)
    return row, group, freed


def _insist_before_start(row: m.Enrolment, group: m.TrainingGroup) -> None:
    """A listener may not withdraw from the first day on; a person who waits for confirmation is no listener yet."""
    has_begun = row.status == EnrolmentStatus.CONFIRMED and group.starts_on <= today()
    if group.status == GroupStatus.RUNNING or has_begun:
        raise Conflict(
            f"Обучение в группе {group.number} уже идёт, отозвать запись нельзя. Сообщите организатору: он отметит, "
            "что работник не приступил или отчислен."
        )


# --- outcome ---------------------------------------------------------------------------------------------------------

_ACTION_OF = {
    EnrolmentStatus.TRAINED: "record_trained",
    EnrolmentStatus.FAILED: "record_failed",
    EnrolmentStatus.NO_SHOW: "record_no_show",
    EnrolmentStatus.EXPELLED: "expel",
}


@use_case
def record_result(
    enrolment_id: int,
    outcome: EnrolmentStatus,
    *,
    result_on: dt.date | None = None,
    final_form: str | None = None,
    final_mark: str | None = None,
    protocol_number: str | None = None,
    reason: str | None = None,
) -> m.Enrolment:
    """Enter a listener's outcome (order § 3.3): trained spends the block, anything else gives it back and is told by letter.

    The same click twice is no mistake. Raises Invalid for a wrong date or a missing reason, Conflict unless the group is
    running and for an outcome that is entered already otherwise: that is corrected, with a reason.
    """
    action = _ACTION_OF[outcome]
    row = get_writable(db.session, m.Enrolment, enrolment_id, f"enrolment:{action}")
    group = seats.lock_group(row.group_id)
    row = transitions.read_fresh(m.Enrolment, enrolment_id)
    facts = {"final_form": final_form, "final_mark": final_mark, "protocol_number": protocol_number}
    if row.status in OUTCOMES:
        same = row.status == outcome and result_on in (None, row.result_on)
        if same and all(value in (None, getattr(row, name)) for name, value in facts.items()):
            return row
        raise Conflict(entered_already(row))
    insist_running(group)
    block = voucher_blocks.lock_block(row.block_id)
    values: dict[str, Any] = {"result_on": checked_date(group, result_on or today()), **facts}
    row = transitions.move(m.Enrolment, enrolment_id, action, reason=reason, **values)
    if outcome == EnrolmentStatus.TRAINED:
        voucher_blocks.spend_block(block)
    else:
        # success is told by the document
        freed = enrolment_letters.freed_words(voucher_blocks.free_block(block))
        tell_of(row, group, action, причина=row.reason_text, блок=freed)
    return row


def entered_already(row: m.Enrolment) -> str:
    """Say that an outcome is there, and by what it is changed."""
    retake = " или «Повторная аттестация»" if row.status == EnrolmentStatus.FAILED else ""
    return (
        f"Итог обучения уже внесён: «{row.status.label}». Здесь его не изменить: откройте запись и нажмите «Исправить "
        f"итог»{retake}."
    )


def why_no_result(row: m.Enrolment) -> str:
    """Say why the outcome of an enrolment cannot be entered now; empty when it can."""
    if row.status in OUTCOMES:
        return entered_already(row)
    if row.status != EnrolmentStatus.CONFIRMED:
        return f"Итог вносят тем, чья запись подтверждена, а состояние этой записи — «{row.status.label}»."
    return "" if row.group.status == GroupStatus.RUNNING else _not_running(row.group)


def _not_running(group: m.TrainingGroup) -> str:
    return f"Итоги вносят, когда обучение идёт, а состояние группы {group.number} — «{group.status.label}»."


def insist_running(group: m.TrainingGroup) -> None:
    """Raise Conflict unless the group is being trained now: outcomes are entered only then."""
    if group.status != GroupStatus.RUNNING:
        raise Conflict(_not_running(group))


def checked_date(group: m.TrainingGroup, result_on: dt.date) -> dt.date:
    """Return the day of an outcome; raises Invalid by ``result_on`` for one before the first day of the group or to come."""
    if group.starts_on <= result_on <= today():
        return result_on
    sentence = f"Дата итоговой аттестации должна быть не раньше начала занятий ({format_date(group.starts_on)}) и не позже сегодняшней."
    raise Invalid(sentence, fields={"result_on": [sentence]})


# --- check of the guard ----------------------------------------------------------------------------------------------


def recount() -> int:
    """Return in how many groups and quotas ``taken`` differs from the enrolments that hold a seat; 0 when all is well."""
    with unscoped("nightly check of guard 1: only a number"):
        return _differing(m.TrainingGroup, m.Enrolment.group_id) + _differing(m.GroupQuota, m.Enrolment.quota_id)


def _differing(model: Any, column: Any) -> int:
    counted = select(column.label("pk"), func.count().label("held")).where(m.Enrolment.status.in_(SEAT_HOLDING))
    held = counted.group_by(column).subquery()
    wrong = select(func.count()).select_from(model).outerjoin(held, held.c.pk == model.id)
    return int(db.session.scalar(wrong.where(model.taken != func.coalesce(held.c.held, 0))) or 0)
