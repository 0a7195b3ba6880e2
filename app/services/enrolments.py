"""Enrolment in groups: seat and block, agreement of the employer, confirmation, outcome (order § 3.3–3.5)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from app import models as m
from app.access import current_actor, get_visible, get_writable, unscoped
from app.audit import record
from app.clock import today
from app.errors import Conflict, Forbidden, Invalid, PortalError
from app.extensions import db
from app.rules import BlockFacts, may_enrol, pays_for
from app.russian import format_date, period
from app.services import letter_kinds, letters, seats, transitions
from app.services.people import choose_employment
from app.statuses import (
    ENROLMENT_ENDED,
    SEAT_HOLDING,
    EmployerAgreement,
    EnrolmentStatus,
    GroupStatus,
)
from app.unit_of_work import translate_database_error, use_case

BlockChoice = int | Literal["auto"] | None


# --- enrolling -------------------------------------------------------------------------------------------------------


@use_case
def enrol(
    employee_id: int, group_id: int, *, block_id: BlockChoice = "auto", employment_id: int | None = None
) -> m.Enrolment:
    """Enrol a person: reserve a seat and the block that pays, or put the person on the waiting list of a full group.

    ``block_id``: a block, "auto" for the first that fits, None for a program that no block pays. The same click twice
    returns the same enrolment. Raises Conflict with the rule's sentence, NotFound, Forbidden.
    """
    get_writable(db.session, m.Employee, employee_id, "enrolment:add")
    get_visible(db.session, m.TrainingGroup, group_id, "training_group:show")
    return _enrol(employee_id, group_id, block_id=block_id, employment_id=employment_id)


@dataclass(frozen=True, slots=True)
class EnrolResult:
    """What became of one person of a list: the enrolment, or the sentence why not."""

    employee_id: int
    enrolment: m.Enrolment | None
    refusal: str = ""


@use_case
def enrol_many(employee_ids: Iterable[int], group_id: int) -> list[EnrolResult]:
    """Enrol several people; who is refused does not hinder the others. Results in the order given."""
    wanted = list(dict.fromkeys(employee_ids))
    results = {pk: _enrol_one_of_many(pk, group_id) for pk in sorted(wanted)}
    return [results[pk] for pk in wanted]


def _enrol_one_of_many(employee_id: int, group_id: int) -> EnrolResult:
    try:
        with db.session.begin_nested():
            return EnrolResult(employee_id, enrol(employee_id, group_id))
    except PortalError as error:
        return EnrolResult(employee_id, None, error.message)
    except SQLAlchemyError as error:
        translated = translate_database_error(error)
        if translated is None:
            raise
        return EnrolResult(employee_id, None, translated.message)


def _enrol(employee_id: int, group_id: int, *, block_id: BlockChoice, employment_id: int | None) -> m.Enrolment:
    # The first write decides who gets the last seat; whatever refuses later rolls it back.
    has_seat = seats.take_seat(group_id)
    group = seats.lock_group(group_id)
    seats.lock_person(employee_id)
    same = _find_live(employee_id, group_id)
    if same is not None:
        if has_seat:
            seats.give_back_seats(group_id)
        return same
    has_seat = has_seat or seats.take_seat(group_id)
    place, block = _decide(employee_id, group, block_id=block_id, employment_id=employment_id)
    if has_seat and block is not None:
        seats.reserve_block(block.id)
    return _insert(place, group, block_id=block.id if has_seat and block is not None else None, has_seat=has_seat)


def _find_live(employee_id: int, group_id: int) -> m.Enrolment | None:
    statement = select(m.Enrolment).where(
        m.Enrolment.employee_id == employee_id,
        m.Enrolment.group_id == group_id,
        m.Enrolment.status.not_in(ENROLMENT_ENDED),
    )
    found: m.Enrolment | None = db.session.scalars(statement).one_or_none()
    return found


def _decide(
    employee_id: int, group: m.TrainingGroup, *, block_id: BlockChoice, employment_id: int | None
) -> tuple[m.Employment, BlockFacts | None]:
    """Return the place of work and the block to enrol with; raises Conflict with the best place's refusal."""
    course, blocks = seats.course_of(group), _offered(employee_id, block_id)
    busy, refusal = seats.busy_of(employee_id), ""
    for place in choose_employment(employee_id, employment_id, on=today()):
        decision = may_enrol(course, seats.workplace_of(place), on=today(), blocks=blocks, busy=busy)
        if decision.allowed:
            return place, next((b for b in blocks if pays_for(b, course)), None)
        refusal = refusal or decision.reason
    raise Conflict(refusal)


def _offered(employee_id: int, block_id: BlockChoice) -> list[BlockFacts]:
    if block_id is None:
        return []
    blocks = seats.blocks_of(employee_id)
    return blocks if block_id == "auto" else [block for block in blocks if block.id == block_id]


def _insert(place: m.Employment, group: m.TrainingGroup, *, block_id: int | None, has_seat: bool) -> m.Enrolment:
    row = m.Enrolment(
        employee_id=place.employee_id,
        group_id=group.id,
        employment_id=place.id,
        block_id=block_id,
        status=EnrolmentStatus.APPLIED if has_seat else EnrolmentStatus.WAITING,
        created_by_id=current_actor().user_id,
    )
    db.session.add(row)
    db.session.flush()
    record("enrolment.created", row, {"Группа": ("", group.number), "Состояние": ("", row.status.label)})
    if has_seat and _is_agreed_at_once(place):
        row = transitions.follow(m.Enrolment, row.id, "agree")
    _tell_enrolled(row, group)
    return row


def _is_agreed_at_once(place: m.Employment) -> bool:
    automatic = place.organization.employer_agreement == EmployerAgreement.AUTOMATIC
    return automatic or place.organization_id in _own_schools()


def _own_schools() -> frozenset[int]:
    """Organizations for which the actor answers as the responsible person."""
    return frozenset(i for grant in current_actor().grants if grant.role == "school" for i in grant.organization_ids)


def _tell_enrolled(row: m.Enrolment, group: m.TrainingGroup) -> None:
    waiting = row.status == EnrolmentStatus.WAITING
    what = "Мест пока нет, вы в листе ожидания группы" if waiting else "Принята запись в группу"
    _tell(row, group, f"{what} {_named(group)}. Состояние: «{row.status.label}».", f"Запись в группу {group.number}")


def _named(group: m.TrainingGroup) -> str:
    dates = period(group.starts_on, group.ends_on)
    return f"{group.number} «{group.program.title}», занятия — {dates}, место — {group.place}"


def _tell(row: m.Enrolment, group: m.TrainingGroup, text: str, subject: str) -> None:
    letters.notify_employee(row.employee, text, subject=subject, about=row, values=letter_kinds.group_facts(group))


# --- agreement, confirmation, refusal --------------------------------------------------------------------------------


@use_case
def agree(enrolment_id: int) -> m.Enrolment:
    """Agree an enrolment for the organization from which it was made (order § 3.5); raises Forbidden for another's."""
    row = get_writable(db.session, m.Enrolment, enrolment_id, "enrolment:agree")
    if row.employment.organization_id not in _own_schools():
        raise Forbidden(
            f"Запись согласует организация, от которой она подана: «{row.employment.organization}». "
            "Обратитесь к ответственному работнику этой организации."
        )
    return transitions.move(m.Enrolment, enrolment_id, "agree")


@use_case
def confirm(enrolment_id: int) -> m.Enrolment:
    """Confirm an agreed enrolment for the organizer (order § 3.3) and tell the person."""
    row = transitions.move(m.Enrolment, enrolment_id, "confirm")
    group = row.group
    _tell(
        row, group, f"Организатор подтвердил запись в группу {_named(group)}.", f"Вы записаны в группу {group.number}"
    )
    return row


@use_case
def reject(enrolment_id: int, reason: str) -> m.Enrolment:
    """Reject an enrolment with a reason: seat and block are free again, the waiting list moves up."""
    row, group = _end(enrolment_id, "reject", reason)
    text = f"Запись в группу {_named(group)} отклонена. Причина: {row.reason_text}"
    _tell(row, group, text, f"Запись в группу {group.number} отклонена")
    return row


@use_case
def withdraw(enrolment_id: int) -> m.Enrolment:
    """Withdraw an enrolment before the training starts: seat and block are free again, the waiting list moves up."""
    return _end(enrolment_id, "withdraw", None)[0]


def _end(enrolment_id: int, action: str, reason: str | None) -> tuple[m.Enrolment, m.TrainingGroup]:
    row = get_writable(db.session, m.Enrolment, enrolment_id, f"enrolment:{action}")
    group = seats.lock_group(row.group_id)
    if action == "withdraw" and group.status == GroupStatus.RUNNING:
        raise Conflict(
            f"Обучение в группе {group.number} уже идёт, отозвать запись нельзя. Сообщите организатору: он отметит, "
            "что работник не приступил или отчислен."
        )
    row = transitions.read_fresh(m.Enrolment, enrolment_id)
    had_seat, block = row.status in SEAT_HOLDING, seats.lock_block(row.block_id)
    row = transitions.move(m.Enrolment, enrolment_id, action, reason=reason)
    seats.free_block(block)
    if had_seat:
        seats.give_back_seats(group.id)
        seats.promote_waiting(group)
    return row, group


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
    """Enter a listener's outcome (order § 3.3): trained spends the block, anything else gives it back.

    Raises Invalid for a wrong date or a missing reason, Conflict unless the group is running.
    """
    action = _ACTION_OF[outcome]
    row = get_writable(db.session, m.Enrolment, enrolment_id, f"enrolment:{action}")
    group = seats.lock_group(row.group_id)
    row = transitions.read_fresh(m.Enrolment, enrolment_id)
    if row.status == outcome:
        return row
    insist_running(group)
    facts = {"final_form": final_form, "final_mark": final_mark, "protocol_number": protocol_number}
    block = seats.lock_block(row.block_id)
    values: dict[str, Any] = {"result_on": _checked_date(group, result_on or today()), **facts}
    row = transitions.move(m.Enrolment, enrolment_id, action, reason=reason, **values)
    if outcome == EnrolmentStatus.TRAINED:
        seats.spend_block(block)
    else:
        seats.free_block(block)
    return row


def insist_running(group: m.TrainingGroup) -> None:
    """Raise Conflict unless the group is being trained now: outcomes are entered only then."""
    if group.status != GroupStatus.RUNNING:
        raise Conflict(
            f"Результаты вносят, когда обучение идёт, а состояние группы {group.number} — «{group.status.label}»."
        )


def _checked_date(group: m.TrainingGroup, result_on: dt.date) -> dt.date:
    if group.starts_on <= result_on <= today():
        return result_on
    sentence = (
        f"Дата результата должна быть не раньше начала занятий ({format_date(group.starts_on)}) и не позже сегодняшней."
    )
    raise Invalid(sentence, fields={"result_on": [sentence]})


# --- check of the guard ----------------------------------------------------------------------------------------------


def recount() -> int:
    """Return in how many groups ``taken`` differs from the enrolments that hold a seat; 0 when all is well."""
    with unscoped("nightly check of guard 1: only a number"):
        held = (
            select(m.Enrolment.group_id, func.count().label("held"))
            .where(m.Enrolment.status.in_(SEAT_HOLDING))
            .group_by(m.Enrolment.group_id)
            .subquery()
        )
        wrong = (
            select(func.count())
            .select_from(m.TrainingGroup)
            .outerjoin(held, held.c.group_id == m.TrainingGroup.id)
            .where(m.TrainingGroup.taken != func.coalesce(held.c.held, 0))
        )
        return int(db.session.scalar(wrong) or 0)
