"""Transfer of a listener to another group of the same program, before either starts: seat, quota and block move at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app import models as m
from app.access import current_actor, get_visible, get_writable, unscoped
from app.audit import record
from app.clock import today
from app.conditions import live_enrolment
from app.errors import Conflict
from app.extensions import db
from app.rules.decision import Decision, refuse
from app.rules.enrolment import BlockFacts, Room, has_paying_block, has_seat, is_enrolment_open, pays_for
from app.rules.suitability import suits
from app.russian import format_date
from app.services.courses.enrolment import course_facts, enrolment_letters, seats, waiting_list
from app.services.personnel.cards import people
from app.services.personnel.employers import agreement
from app.services.portal import transitions
from app.services.voucher import voucher_blocks
from app.statuses import FILLING, WITHOUT_OUTCOME, BlockStatus, EnrolmentStatus, GroupStatus
from app.unit_of_work import use_case

#: whoever holds a seat may be transferred; who waits or has an offer enrols in the other group instead
#: groups that the organizer may fill: also after the enrolment of others is closed


def targets(enrolment_id: int) -> list[tuple[m.TrainingGroup, Room]]:
    """Return the groups to which this enrolment may be transferred with their seats for the person, the soonest first.

    Full ones too: they are shown as such.
    """
    row = get_writable(db.session, m.Enrolment, enrolment_id, "enrolment:transfer")
    if row.status not in WITHOUT_OUTCOME:
        return []
    group, program = m.TrainingGroup, m.Program
    statuses = FILLING if _by_organizer(row.group) else (GroupStatus.OPEN,)
    statement = (
        select(group)
        .join(program, program.id == group.program_id)
        .where(program.code == row.group.program.code, group.organizer_id == row.group.organizer_id)
        .where(group.id != row.group_id, group.status.in_(statuses), group.starts_on > today())
        .options(joinedload(group.program))
        .order_by(group.starts_on, group.id)
    )
    groups, place = db.session.scalars(statement).all(), row.employment.organization_id
    quotas = course_facts.quotas_of_many([found.id for found in groups], [place])
    return [
        (found, Room(capacity=found.capacity, taken=found.taken, quota=quotas.get((found.id, place))))
        for found in groups
    ]


@use_case
def transfer(enrolment_id: int, group_id: int) -> m.Enrolment:
    """Move an enrolment to another group of the program (any edition); return the new one. The second click returns it too.

    The organizer's transfer keeps the status; after another's the organizer confirms anew. Raises Conflict when the other
    group is full (a transfer never waits), has started, or the rule refuses; NotFound, Forbidden.
    """
    row = get_writable(db.session, m.Enrolment, enrolment_id, "enrolment:transfer")
    get_visible(db.session, m.TrainingGroup, group_id, "training_group:show")
    locked = {pk: seats.lock_group(pk) for pk in sorted({row.group_id, group_id})}
    people.lock_person(row.employee_id)
    row = transitions.read_fresh(m.Enrolment, enrolment_id)
    old, new = locked[row.group_id], locked[group_id]
    done = _find_transferred(row, new)
    if done is not None:
        return done
    _insist(_may_transfer(row, old, new))
    block = _choose_block(row, new)
    quota_id = _take_seat(row, new)
    return _move(row, _Move(old, new, block.id if block is not None else None, quota_id))


@dataclass(frozen=True, slots=True)
class _Move:
    """Both locked groups, and what is held in the new one."""

    old: m.TrainingGroup
    new: m.TrainingGroup
    block_id: int | None
    quota_id: int | None


def _find_transferred(row: m.Enrolment, new: m.TrainingGroup) -> m.Enrolment | None:
    made = m.Enrolment
    statement = select(made).where(made.transferred_from_id == row.id, made.group_id == new.id, live_enrolment(made))
    found: m.Enrolment | None = db.session.scalars(statement).one_or_none()
    return found


def _insist(decision: Decision) -> None:
    if not decision.allowed:
        raise Conflict(decision.reason)


def _by_organizer(group: m.TrainingGroup) -> bool:
    return group.organizer_id in current_actor().places("organizer")


def _may_transfer(row: m.Enrolment, old: m.TrainingGroup, new: m.TrainingGroup) -> Decision:
    if row.status not in WITHOUT_OUTCOME:
        return refuse(f"Перевести можно того, кто занимает место, а состояние этой записи — «{row.status.label}».")
    same = old.program.code == new.program.code and old.organizer_id == new.organizer_id
    if old.id == new.id or not same:
        return refuse("Перевести можно только в другую группу той же программы. Выберите группу из списка.")
    for group in (old, new):
        if group.starts_on <= today() or group.status not in FILLING:
            return refuse(
                f"Перевести можно до начала занятий обеих групп. Группа {group.number}: занятия с "
                f"{format_date(group.starts_on)}, состояние — «{group.status.label}»."
            )
    course = course_facts.course_of(new)
    is_open = is_enrolment_open(course, on=today())
    if not is_open.allowed and not _by_organizer(new):
        return is_open
    fits = suits(course.targets, course_facts.workplace_of(row.employment))
    return fits if not fits.allowed else course_facts.is_free(row.employee_id, course, but=row.id)


def _choose_block(row: m.Enrolment, new: m.TrainingGroup) -> BlockFacts | None:
    """The block that pays for the new group: the one already held where it fits, else a free one."""
    course = course_facts.course_of(new)
    # the organizer sees only the чеки of own listeners, while any block of the person may pay
    with unscoped("the blocks of a person who is transferred"):
        known = voucher_blocks.blocks_of(row.employee_id)
    blocks = [replace(b, status=BlockStatus.FREE, after="") if b.id == row.block_id else b for b in known]
    blocks.sort(key=lambda block: block.id != row.block_id)
    _insist(has_paying_block(course, blocks))
    return next((block for block in blocks if pays_for(block, course)), None)


def _take_seat(row: m.Enrolment, new: m.TrainingGroup) -> int | None:
    """Take seat and quota in the new group, which is locked; return the quota."""
    room = course_facts.room_of(new, row.employment.organization_id)
    quota_id, seat = room.quota.id if room.quota is not None else None, has_seat(room)
    if not (seat.allowed and seats.take_seat(new.id, statuses=FILLING) and seats.take_quota(quota_id)):
        raise Conflict(
            f"Перевода в группу {new.number} не было, прежняя запись осталась. {seat.reason} Выберите другую группу."
        )
    return quota_id


def _move(row: m.Enrolment, move: _Move) -> m.Enrolment:
    is_kept = _by_organizer(move.old)
    status = row.status if is_kept else EnrolmentStatus.APPLIED
    blocks = {b.id: b for b in voucher_blocks.lock_blocks(m.VoucherBlock.id.in_([row.block_id, move.block_id]))}
    old = transitions.follow(m.Enrolment, row.id, "withdraw", reason=f"Перевод в группу {move.new.number}.")
    if move.block_id != old.block_id:
        voucher_blocks.free_block(blocks.get(old.block_id or 0))
        if move.block_id is not None:
            voucher_blocks.reserve_block(move.block_id)
    made = _insert(old, status, move)
    made = made if is_kept else agreement.agree_own(made)
    seats.give_back_seats(move.old.id)
    waiting_list.move_up(move.old)
    _tell(made, move)
    return made


def _tell(made: m.Enrolment, move: _Move) -> None:
    former = move.old.number
    then = enrolment_letters.next_of(made, move.new)
    enrolment_letters.tell(made, move.new, "enrolment_moved", прежняя_группа=former, **then)
    if _by_organizer(move.old):
        enrolment_letters.note_responsible(made, "moved_for_school", move.new, прежняя_группа=former)
    else:
        enrolment_letters.note_new([made], move.new)


def _insert(old: m.Enrolment, status: EnrolmentStatus, move: _Move) -> m.Enrolment:
    made = m.Enrolment(
        employee_id=old.employee_id,
        group_id=move.new.id,
        employment_id=old.employment_id,
        status=status,
        block_id=move.block_id,
        quota_id=move.quota_id,
        transferred_from_id=old.id,
        created_by_id=current_actor().user_id,
    )
    db.session.add(made)
    db.session.flush()
    words: dict[str, Any] = {"Группа": (move.old.number, move.new.number), "Состояние": ("", status.label)}
    record("enrolment.transferred_in", made, words)
    return made
