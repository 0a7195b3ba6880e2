"""Groups: enrolment opened and closed, training started and completed, cancellation (order § 3.3, 3.5)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select

from app import models as m
from app.access import get_writable, unscoped
from app.clock import today
from app.errors import Conflict
from app.extensions import db
from app.russian import format_date, period
from app.services import letter_kinds, letters, records, seats, transitions, vouchers, waiting_list
from app.services.programs import insist_published
from app.statuses import BLOCK_HOLDING, SEAT_HOLDING, EnrolmentStatus, GroupStatus
from app.unit_of_work import use_case

_WITHOUT_OUTCOME = (EnrolmentStatus.APPLIED, EnrolmentStatus.AGREED, EnrolmentStatus.CONFIRMED)
#: who waits for a seat, or was offered one and has not answered
_WITHOUT_SEAT = (EnrolmentStatus.WAITING, EnrolmentStatus.OFFERED)
_ENDED_WITH_GROUP = (*_WITHOUT_SEAT, *_WITHOUT_OUTCOME)
_NAMED_AT_MOST = 5


@use_case
def update(group_id: int, values: Mapping[str, Any]) -> m.TrainingGroup:
    """Change a group's data; more seats move the waiting list up, fewer than taken are refused."""
    group = get_writable(db.session, m.TrainingGroup, group_id, "training_group:edit")
    return records.update(group, values)


@use_case
def open(group_id: int) -> m.TrainingGroup:
    """Open a group for enrolment; its program must be published and the last day of enrolment not be past."""
    group = transitions.move(m.TrainingGroup, group_id, "open")
    insist_published(group.program)
    if group.enrol_until < today():
        raise Conflict(
            f"Последний день записи уже прошёл ({format_date(group.enrol_until)}). Сначала исправьте даты группы."
        )
    return group


@use_case
def close(group_id: int) -> m.TrainingGroup:
    """Close the enrolment; who is in the group is told."""
    group = transitions.move(m.TrainingGroup, group_id, "close")
    _tell_listeners(group, "Запись закрыта, состав группы набран.")
    return group


@use_case
def start(group_id: int) -> m.TrainingGroup:
    """Start the training, on its first day at the earliest; the waiting list ends."""
    group = transitions.move(m.TrainingGroup, group_id, "start")
    if today() < group.starts_on:
        raise Conflict(
            f"Обучение начнётся {format_date(group.starts_on)}, раньше начать его нельзя. Если занятия начинаются "
            "раньше, сначала исправьте даты группы."
        )
    group = seats.lock_group(group_id)
    _end_enrolments(group, _WITHOUT_SEAT, "Обучение началось, свободных мест в группе не осталось.")
    _tell_listeners(group, "Обучение началось.")
    return group


@use_case
def complete(group_id: int) -> m.TrainingGroup:
    """Complete the training; refused while somebody has no outcome, naming these people."""
    transitions.move(m.TrainingGroup, group_id, "complete")
    group = seats.lock_group(group_id)
    names = [row.employee.short_name for row in _enrolments(group_id, _WITHOUT_OUTCOME)]
    if names:
        rest = len(names) - _NAMED_AT_MOST
        shown = ", ".join(names[:_NAMED_AT_MOST]) + (f" и ещё {rest}" if rest > 0 else "")
        raise Conflict(f"Не у всех внесён результат обучения: {shown}. Внесите его или отклоните записи этих людей.")
    _end_enrolments(group, _WITHOUT_SEAT, "Обучение в группе завершено, место не освободилось.")
    _tell_listeners(group, "Обучение завершено.")
    return group


@use_case
def cancel(group_id: int, reason: str) -> m.TrainingGroup:
    """Cancel a group: every enrolment without an outcome is rejected, seats and blocks are free, people are told."""
    transitions.move(m.TrainingGroup, group_id, "cancel", reason=reason)
    group = seats.lock_group(group_id)
    _end_enrolments(group, _ENDED_WITH_GROUP, f"Группа отменена организатором: {group.reason_text}")
    db.session.refresh(group, ["taken"])
    return group


@use_case
def promote_waiting(group_id: int) -> list[m.Enrolment]:
    """Move the waiting list up as far as seats allow; for the organizer's button and the nightly job."""
    group = get_writable(db.session, m.TrainingGroup, group_id, "training_group:edit")
    return waiting_list.move_up(group)


def _end_enrolments(group: m.TrainingGroup, statuses: Collection[EnrolmentStatus], reason: str) -> None:
    """Reject the enrolments of a locked group: blocks by rising id, then enrolments, then their seats at once."""
    rows = _enrolments(group.id, statuses)
    block_ids = [row.block_id for row in rows if row.block_id is not None and row.status in BLOCK_HOLDING]
    blocks = vouchers.lock_blocks(m.VoucherBlock.id.in_(block_ids))
    held = sum(row.status in SEAT_HOLDING for row in rows)
    for row in rows:
        _reject(row, group, reason)
    for block in blocks:
        seats.free_block(block)
    if held:
        seats.give_back_seats(group.id, held)


def _reject(row: m.Enrolment, group: m.TrainingGroup, reason: str) -> None:
    transitions.follow(m.Enrolment, row.id, "reject", reason=reason)
    letters.notify_employee(
        row.employee,
        f"Запись в группу {group.number} «{group.program.title}» отклонена. {reason}\n\n"
        "Если запись была оплачена блоком чека, он снова свободен. Выберите другую группу.",
        subject=f"Запись в группу {group.number} отклонена",
        about=row,
        values=letter_kinds.group_facts(group),
    )


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


def _tell_listeners(group: m.TrainingGroup, what: str) -> None:
    """Tell everybody with a seat about the group's new state (order § 3.5)."""
    text = f"Группа {group.number} «{group.program.title}» ({period(group.starts_on, group.ends_on)}). {what}"
    for row in _enrolments(group.id, SEAT_HOLDING):
        letters.notify_employee(row.employee, text, subject=f"Группа {group.number}: {what}", about=group)


# --- values of the form ----------------------------------------------------------------------------------------------


@records.checks(m.TrainingGroup)
def _organizer_of_program(values: dict[str, Any], row: Any, errors: records.Fields) -> None:
    """A group belongs to the organizer of its program."""
    program = values.get("program")
    if program is None and values.get("program_id") is not None:
        program = db.session.get(m.Program, values["program_id"])
    if program is None:
        return
    if row is not None and row.status != GroupStatus.DRAFT and program.id != row.program_id:
        errors.setdefault("program", []).append("Программу можно сменить только в черновике группы.")
    values.pop("organizer_id", None)
    values["organizer"] = program.organizer


@records.checks(m.TrainingGroup)
def _capacity_holds_taken(values: dict[str, Any], row: Any, errors: records.Fields) -> None:
    capacity = values.get("capacity")
    if row is not None and capacity is not None and capacity < row.taken:
        errors.setdefault("capacity", []).append(f"Уже занято мест: {row.taken}. Меньше сделать нельзя.")


@records.checks(m.TrainingGroup)
def _dates_in_order(values: dict[str, Any], row: Any, errors: records.Fields) -> None:
    def day(name: str) -> Any:
        return values.get(name, getattr(row, name, None))

    pairs = (
        ("starts_on", "ends_on", "Занятия заканчиваются раньше, чем начинаются."),
        ("enrol_from", "enrol_until", "Запись заканчивается раньше, чем начинается."),
        ("enrol_until", "ends_on", "Запись не может заканчиваться позже занятий."),
    )
    for first, last, sentence in pairs:
        if day(first) and day(last) and day(first) > day(last):
            errors.setdefault(last if last in values else first, []).append(sentence)


@records.after_save(m.TrainingGroup)
def _more_seats(row: m.TrainingGroup, touched: frozenset[str]) -> None:
    if "capacity" in touched and row.status in (GroupStatus.OPEN, GroupStatus.CLOSED):
        waiting_list.move_up(row)
