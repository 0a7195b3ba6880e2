"""Groups: enrolment opened and closed, training started and completed, cancellation (order § 3.3, 3.5)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select

import app.services.courses.group.group_values  # noqa: F401 - registers what may stand in a group's form
from app import models as m
from app.access import get_writable, unscoped
from app.clock import today
from app.conditions import takes_enrolments
from app.errors import Conflict, Invalid
from app.extensions import db
from app.russian import count, format_date, period
from app.services.courses.enrolment import enrolment_letters, seats, waiting_list
from app.services.courses.group import frozen_groups, group_changes
from app.services.courses.program.organizer_rules import insist_may_run
from app.services.courses.program.programs import insist_published
from app.services.mailing import letters
from app.services.portal import records, transitions
from app.services.voucher import voucher_blocks
from app.statuses import (
    BEFORE_SEAT,
    BLOCK_HOLDING,
    FILLING,
    SEAT_HOLDING,
    UNDER_WAY,
    WITHOUT_OUTCOME,
    EnrolmentStatus,
    GroupStatus,
)
from app.unit_of_work import use_case

_NAMED_AT_MOST = 5
_ADVISED_AT_MOST = 3


@use_case
def update(group_id: int, values: Mapping[str, Any]) -> group_changes.Changed:
    """Change a group's data; more seats move the waiting list up, fewer than taken are refused.

    New dates or another place are told to everybody in the group (order § 3.5); see ``group_changes.follow`` for what they
    may not do.
    """
    get_writable(db.session, m.TrainingGroup, group_id, "training_group:edit")
    # under its lock: nobody takes a seat between the check of the capacity and its change
    before = group_changes.terms_of(seats.lock_group(group_id))
    group = get_writable(db.session, m.TrainingGroup, group_id, "training_group:edit")
    return group_changes.follow(records.update(group, values), before)


@transitions.performs(m.TrainingGroup, "open")
@use_case
def open(group_id: int) -> m.TrainingGroup:
    """Open a group for enrolment; its program must be published, the last day of enrolment not be past, and its organizer
    be allowed to run the program on the first day of training."""
    group = transitions.move(m.TrainingGroup, group_id, "open")
    insist_published(group.program)
    if group.enrol_until < today():
        raise Conflict(
            f"Последний день записи уже прошёл ({format_date(group.enrol_until)}). Сначала исправьте даты группы."
        )
    insist_may_run(group.program, on=max(today(), group.starts_on))
    return group


@transitions.performs(m.TrainingGroup, "close")
@use_case
def close(group_id: int) -> m.TrainingGroup:
    """Close the enrolment; the people in the group are notified."""
    group = transitions.move(m.TrainingGroup, group_id, "close")
    _tell_listeners(group, transitions.letter_of(m.TrainingGroup, "close"))
    return group


@use_case
def reopen(group_id: int, *, enrol_until: dt.date) -> m.TrainingGroup:
    """Open a closed enrolment again until a new last day, before the training starts.

    Raises Invalid by field for a day in the past or after the first day of training, Conflict when the training should have started already:
    it would start by itself at once.
    """
    group = get_writable(db.session, m.TrainingGroup, group_id, "training_group:reopen")
    if group.status == GroupStatus.CLOSED and group.starts_on <= today():
        raise Conflict(
            f"Занятия группы {group.number} начинаются {format_date(group.starts_on)}, записывать в неё поздно. Чтобы "
            "возобновить запись, сначала перенесите начало занятий."
        )
    sentence = _wrong_last_day(group, enrol_until)
    if sentence:
        raise Invalid(sentence, fields={"enrol_until": [sentence]})
    group = transitions.move(m.TrainingGroup, group_id, "reopen", enrol_until=enrol_until)
    insist_published(group.program)
    insist_may_run(group.program, on=max(today(), group.starts_on))
    return group


def _wrong_last_day(group: m.TrainingGroup, enrol_until: dt.date) -> str:
    if enrol_until < today():
        return f"Последний день записи не может быть в прошлом: сегодня {format_date(today())}."
    if enrol_until < group.enrol_from:
        return f"Запись начинается {format_date(group.enrol_from)} и не может закончиться раньше."
    if enrol_until > group.starts_on:
        return f"Запись не может заканчиваться после начала занятий: они начинаются {format_date(group.starts_on)}."
    return ""


@transitions.performs(m.TrainingGroup, "start")
@use_case
def start(group_id: int) -> m.TrainingGroup:
    """Start the training, on its first day at the earliest; the waiting list ends."""
    group = transitions.move(m.TrainingGroup, group_id, "start")
    if today() < group.starts_on:
        raise Conflict(
            f"Обучение начнётся {format_date(group.starts_on)}, раньше начать его нельзя. Если занятия начинаются "
            "раньше, сначала исправьте даты группы."
        )
    return _begin(group_id)


def _begin(group_id: int) -> m.TrainingGroup:
    """What follows from the start: people without a seat by now get none, the listeners are notified."""
    group = seats.lock_group(group_id)
    _end_enrolments(group, BEFORE_SEAT, "Обучение началось, свободных мест в группе не осталось.")
    _tell_listeners(group, transitions.letter_of(m.TrainingGroup, "start"))
    return group


@use_case
def advance(group_id: int) -> bool:
    """Close a group whose last day of enrolment is over, start one whose first day has come; for the job.

    Whether anything was done: a second run, and a run for a group that was moved meanwhile, does nothing.
    """
    group = seats.lock_group(group_id)
    starts = group.starts_on <= today()
    closes = group.status == GroupStatus.OPEN and (starts or group.enrol_until < today())
    if closes:
        group = transitions.follow(m.TrainingGroup, group_id, "close")
    if starts and group.status == GroupStatus.CLOSED:
        transitions.follow(m.TrainingGroup, group_id, "start")
        _begin(group_id)
    elif closes:
        _tell_listeners(group, "group_term_ended", запись_по=format_date(group.enrol_until))
    return closes or (starts and group.status == GroupStatus.RUNNING)


@transitions.performs(m.TrainingGroup, "complete")
@use_case
def complete(group_id: int) -> m.TrainingGroup:
    """Complete the training; refused while somebody has no outcome, naming these people."""
    transitions.move(m.TrainingGroup, group_id, "complete")
    group = seats.lock_group(group_id)
    names = [row.employee.short_name for row in _enrolments(group_id, WITHOUT_OUTCOME)]
    if names:
        rest = len(names) - _NAMED_AT_MOST
        shown = ", ".join(names[:_NAMED_AT_MOST]) + (f" и ещё {rest}" if rest > 0 else "")
        raise Conflict(f"Не у всех внесён итог обучения: {shown}. Внесите его или отклоните записи этих людей.")
    _end_enrolments(group, BEFORE_SEAT, "Обучение в группе завершено, место не освободилось.")
    _tell_listeners(group, transitions.letter_of(m.TrainingGroup, "complete"))
    return group


@transitions.performs(m.TrainingGroup, "cancel")
@use_case
def cancel(group_id: int, reason: str) -> m.TrainingGroup:
    """Cancel a group: every enrolment is rejected, seats and blocks are free, people are told.

    Raises Conflict once somebody has an outcome: the training took place, what remains is to complete it.
    """
    get_writable(db.session, m.TrainingGroup, group_id, "training_group:cancel")
    sentence = frozen_groups.why_not_cancel(seats.lock_group(group_id))
    if sentence:
        raise Conflict(sentence)
    group = transitions.move(m.TrainingGroup, group_id, "cancel", reason=reason)
    _end_enrolments(group, UNDER_WAY, f"Группа отменена организатором: {group.reason_text}")
    db.session.refresh(group, ["taken"])
    return group


def _end_enrolments(group: m.TrainingGroup, statuses: Collection[EnrolmentStatus], reason: str) -> None:
    """Reject the enrolments of a locked group: blocks by rising id, then enrolments, then their seats at once."""
    rows = _enrolments(group.id, statuses)
    block_ids = [row.block_id for row in rows if row.block_id is not None and row.status in BLOCK_HOLDING]
    blocks = voucher_blocks.lock_blocks(m.VoucherBlock.id.in_(block_ids))
    held = sum(row.status in SEAT_HOLDING for row in rows)
    rejected = [transitions.follow(m.Enrolment, row.id, "reject", reason=reason) for row in rows]
    freed = {block.id: after for block in blocks if (after := voucher_blocks.free_block(block)) is not None}
    if held:
        seats.give_back_seats(group.id, held)
    others = _other_groups(group) if rows else ""
    for row in rejected:
        block = enrolment_letters.freed_words(freed.get(row.block_id or 0))
        enrolment_letters.tell_of(row, group, "reject", причина=reason, блок=block, другие_группы=others)


def _other_groups(group: m.TrainingGroup) -> str:
    """Open groups of the same program, whatever its edition, with free seats: public facts, for the letters."""
    other, program, day = m.TrainingGroup, m.Program, today()
    statement = (
        select(other)
        .join(program, program.id == other.program_id)
        .where(program.organizer_id == group.organizer_id, program.code == group.program.code, other.id != group.id)
        .where(takes_enrolments(day, other))
        .where(other.taken < other.capacity)
        .order_by(other.starts_on, other.id)
        .limit(_ADVISED_AT_MOST)
    )
    with unscoped("open groups of the same program are public"):
        found = list(db.session.scalars(statement))
    lines = [
        f"№ {row.number}, {period(row.starts_on, row.ends_on)}, {row.place}, "
        f"{count(row.capacity - row.taken, 'свободное место', 'свободных места', 'свободных мест')}"
        for row in found
    ]
    return "; ".join(lines)


def _enrolments(group_id: int, statuses: Collection[EnrolmentStatus]) -> list[m.Enrolment]:
    with unscoped("the enrolments of a group that the actor may change"):
        statement = (
            select(m.Enrolment)
            .join(m.Enrolment.employee)
            .where(m.Enrolment.group_id == group_id, m.Enrolment.status.in_(statuses))
            .order_by(m.Employee.sort, m.Enrolment.id)
            .execution_options(populate_existing=True)
        )
        return list(db.session.scalars(statement))


def _tell_listeners(group: m.TrainingGroup, kind: str, **facts: str) -> None:
    """Tell everybody with a seat about the group's new state (order § 3.5)."""
    for row in _enrolments(group.id, SEAT_HOLDING):
        letters.tell(row.employee, kind, about=group, facts=facts)


@records.after_save(m.TrainingGroup)
def _more_seats(row: m.TrainingGroup, touched: frozenset[str]) -> None:
    if "capacity" in touched and row.status in FILLING:
        waiting_list.move_up(row)
