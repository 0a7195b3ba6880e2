"""The waiting list of a group: the next person, the offer of a seat with its term, why a person still waits.

Order: first people who have let no offer pass, then those whose voucher (чек) ends sooner, then those who wait longer. A
free seat is offered to the first who fits; the quota and the block are reserved for the term of the offer (setting
``offer_hours``; 0: the seat is taken at once). Guard 3 of the design.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app import models as m
from app.access import get_visible, get_writable, unscoped
from app.clock import ZONE, local, now
from app.conditions import employed, is_employed
from app.errors import Conflict, PortalError
from app.extensions import db
from app.rules.enrolment import BlockFacts, Course, Room, has_paying_block, lacking_seats, pays_for
from app.russian import format_date, format_datetime
from app.services.courses.enrolment import course_facts, enrolment_letters, seats
from app.services.personnel.cards import people
from app.services.personnel.employers import agreement
from app.services.portal import settings, transitions
from app.services.voucher import voucher_blocks
from app.statuses import (
    BEFORE_SEAT,
    FILLING,
    SEAT_HOLDING,
    TRANSFER_LIVE,
    WITHOUT_OUTCOME,
    BlockStatus,
    EnrolmentStatus,
)
from app.unit_of_work import use_case

log = logging.getLogger("portal.waiting_list")

#: groups whose free seats go to the waiting list
#: so many offers may pass; then the enrolment ends
OFFERS_AT_MOST = 2
_TWICE = "Место предлагали дважды, и оба раза оно не было занято в срок."


# --- moving up -------------------------------------------------------------------------------------------------------


def move_up(group: m.TrainingGroup) -> list[m.Enrolment]:
    """Give or offer the free seats of a group to the first of its waiting list (guard 3); return who moved.

    Who has no block to pay, is busy on these dates, works there no more or is beyond a quota keeps the place in the list,
    and the next one moves. For callers inside a transaction; locks the group.
    """
    with unscoped("the waiting list moves up by itself"):
        group = seats.lock_group(group.id)
        free, moved = group.capacity - group.taken, list[m.Enrolment]()
        queue = _queue(group).ids if group.status in FILLING and free > 0 else []
        until = _offer_until(group) if queue else None
        for enrolment_id in queue:
            risen = _move_up(enrolment_id, group, until) if len(moved) < free else None
            if risen is not None:
                moved.append(risen)
        db.session.refresh(group, ["taken"])
        return moved


@dataclass(frozen=True, slots=True)
class _Queue:
    """Ids of a waiting list's enrolments in its order, with the blocks of its people."""

    ids: list[int]
    blocks: dict[int, list[BlockFacts]]


def _queue(group: m.TrainingGroup) -> _Queue:
    """Read the waiting list by statements whose number does not grow with it."""
    row = m.Enrolment
    statement = (
        select(row.id, row.employee_id, row.offers)
        .where(row.group_id == group.id, row.status == EnrolmentStatus.WAITING)
        .order_by(row.queued_at, row.id)
    )
    rows = db.session.execute(statement).all()
    course, blocks = course_facts.dates_of(group), voucher_blocks.blocks_of_many([found.employee_id for found in rows])
    rows = sorted(rows, key=lambda found: (found.offers, _ends_on(blocks[found.employee_id], course)))
    return _Queue([found.id for found in rows], blocks)


def _ends_on(blocks: Collection[BlockFacts], course: Course) -> dt.date:
    """Last day of the чек that would pay; who has none comes after those who have."""
    return next((block.valid_until for block in blocks if pays_for(block, course)), dt.date.max)


def _offer_until(group: m.TrainingGroup) -> dt.datetime | None:
    """Until when an offer made now is kept: never past the start of the first day; None: no offer, the seat at once."""
    hours = settings.number("offer_hours")
    first = dt.datetime.combine(group.starts_on, dt.time(), tzinfo=ZONE)
    until = min(now() + dt.timedelta(hours=hours), first)
    return until if hours and until > now() else None


def _move_up(enrolment_id: int, group: m.TrainingGroup, until: dt.datetime | None) -> m.Enrolment | None:
    row = transitions.read_fresh(m.Enrolment, enrolment_id)
    # Rows that another transaction holds are skipped, never waited for: two groups with the same people in their
    # lists would otherwise wait for each other.
    if not people.lock_person(row.employee_id, skip_locked=True) or not _is_still_fit(row, group):
        return None
    place = row.employment.organization_id
    quota = course_facts.quotas_of(group.id, [place]).get(place)
    if quota is not None and quota.free <= 0:
        return None
    quota_id = quota.id if quota is not None else None
    block_id = None
    if group.program.block is not None:
        block_id = _reserve_any(row.employee_id, course_facts.dates_of(group))
        if block_id is None:
            return None
    if not seats.take_seat(group.id, statuses=FILLING) or not seats.take_quota(quota_id):
        raise Conflict("Места в группе заняты. Повторите действие.")
    if until is not None:
        row = transitions.follow(m.Enrolment, row.id, "offer", block_id=block_id, quota_id=quota_id, offer_until=until)
    else:
        row = transitions.follow(m.Enrolment, row.id, "promote", block_id=block_id, quota_id=quota_id)
        row = agreement.agree_moved_up(row)
        enrolment_letters.note_new([row], group)
    enrolment_letters.tell_moved_up(row, group)
    return row


def _is_still_fit(row: m.Enrolment, group: m.TrainingGroup) -> bool:
    return is_employed(row.employment) and course_facts.is_free(row.employee_id, course_facts.dates_of(group)).allowed


def _left_words(row: m.Enrolment) -> str:
    ended_on = row.employment.ended_on
    when = f" {format_date(ended_on)}" if ended_on is not None else ""
    return f"Место работы, от которого подана запись, закрыто{when}."


def _reserve_any(employee_id: int, course: Course) -> int | None:
    """Reserve the first block that pays and that no other transaction holds; None when there is none."""
    for facts in voucher_blocks.blocks_of(employee_id):
        if pays_for(facts, course):
            block = voucher_blocks.lock_block(facts.id, skip_locked=True)
            if block is not None and block.status == BlockStatus.FREE:
                voucher_blocks.reserve_block(block.id)
                return block.id
    return None


# --- the offer -------------------------------------------------------------------------------------------------------


@transitions.performs(m.Enrolment, "accept")
@use_case
def accept(enrolment_id: int) -> m.Enrolment:
    """Take the offered seat, as the person or the responsible; the second click finds it taken already.

    Raises Conflict after the term, whether or not the seat has gone to the next already.
    """
    row = get_writable(db.session, m.Enrolment, enrolment_id, "enrolment:accept")
    group = seats.lock_group(row.group_id)
    row = transitions.read_fresh(m.Enrolment, enrolment_id)
    if row.status in WITHOUT_OUTCOME:
        return row
    if row.offer_until is not None and row.offer_until <= now():
        raise Conflict(
            f"Место держалось до {format_datetime(local(row.offer_until))}, этот срок прошёл: оно перейдёт следующему в "
            "листе ожидания. Если место появится снова, вам его предложат ещё раз."
        )
    row = transitions.move(m.Enrolment, enrolment_id, "accept")
    row = agreement.agree_own(row)
    if row.status == EnrolmentStatus.APPLIED:
        row = agreement.agree_moved_up(row)
    enrolment_letters.note_new([row], group)
    return row


def pass_offers() -> int:
    """Pass the offers whose term is over to the next in each list; return how many. For the job, each group by itself."""
    row, moment = m.Enrolment, now()
    with unscoped("offers end by themselves"):
        overdue = select(row.group_id).where(row.status == EnrolmentStatus.OFFERED, row.offer_until <= moment)
        group_ids = sorted(set(db.session.scalars(overdue)))
    return sum(_in_each(group_ids, _pass_in_group))


def tend() -> int:
    """Give free seats to those who have become fit meanwhile, end what waits without a place of work; for the job.

    Returns how many moved up or were ended.
    """
    row, group, place = m.Enrolment, m.TrainingGroup, m.Employment
    waiting = select(row.id).where(row.group_id == group.id, row.status == EnrolmentStatus.WAITING).exists()
    left = select(row.group_id).join(place, place.id == row.employment_id).where(*_has_left(row, place))
    with unscoped("waiting lists are tended by the portal"):
        with_seats = select(group.id).where(group.status.in_(FILLING), group.taken < group.capacity, waiting)
        group_ids = sorted({*db.session.scalars(with_seats), *db.session.scalars(left)})
    return sum(_in_each(group_ids, _tend_group))


def _in_each(group_ids: Collection[int], work: Callable[[int], int]) -> list[int]:
    done = []
    for group_id in group_ids:
        try:
            done.append(work(group_id))
        except PortalError:
            # one group's trouble does not stop the others; the next run tries it again
            log.warning("waiting list not moved", extra={"group": group_id}, exc_info=True)
    return done


@use_case
def _pass_in_group(group_id: int) -> int:
    """Pass the overdue offers of one group; the lock and the second look decide against an acceptance of this moment."""
    group, row = seats.lock_group(group_id), m.Enrolment
    overdue = select(row.id).where(
        row.group_id == group_id, row.status == EnrolmentStatus.OFFERED, row.offer_until <= now()
    )
    with unscoped("offers end by themselves"):
        ids = list(db.session.scalars(overdue.order_by(row.block_id, row.id)))
        for enrolment_id in ids:
            _let_pass(enrolment_id, group)
    if ids:
        move_up(group)
    return len(ids)


def _let_pass(enrolment_id: int, group: m.TrainingGroup) -> None:
    row = transitions.read_fresh(m.Enrolment, enrolment_id)
    block, offers = voucher_blocks.lock_block(row.block_id), row.offers + 1
    if offers >= OFFERS_AT_MOST:
        row = transitions.follow(m.Enrolment, row.id, "withdraw", reason=_TWICE, offers=offers)
    else:
        freed = {"block_id": None, "quota_id": None}
        row = transitions.follow(m.Enrolment, row.id, "let_pass", offers=offers, queued_at=now(), **freed)
    voucher_blocks.free_block(block)
    seats.give_back_seats(group.id)
    enrolment_letters.tell_let_pass(row, group)


# --- who left the place of work --------------------------------------------------------------------------------------


def _has_left(row: type[m.Enrolment], place: type[m.Employment]) -> tuple[Any, ...]:
    """Conditions: waits or has an offer, from a place of work that has ended and from which no move is under way."""
    moving = (
        select(m.Transfer.id).where(m.Transfer.employment_id == place.id, m.Transfer.status.in_(TRANSFER_LIVE)).exists()
    )
    return (
        row.status.in_(BEFORE_SEAT),
        ~employed(place=place),
        ~moving,
    )


@use_case
def _tend_group(group_id: int) -> int:
    group, row, place = seats.lock_group(group_id), m.Enrolment, m.Employment
    left = select(row.id).join(place, place.id == row.employment_id).where(row.group_id == group_id)
    with unscoped("waiting lists are tended by the portal"):
        ids = list(db.session.scalars(left.where(*_has_left(row, place)).order_by(row.id)))
        for enrolment_id in ids:
            _end_left(enrolment_id, group)
    return len(ids) + len(move_up(group))


def _end_left(enrolment_id: int, group: m.TrainingGroup) -> None:
    row = transitions.read_fresh(m.Enrolment, enrolment_id)
    had_seat, block = row.status in SEAT_HOLDING, voucher_blocks.lock_block(row.block_id)
    reason = _left_words(row)
    row = transitions.follow(m.Enrolment, row.id, "reject", reason=reason)
    voucher_blocks.free_block(block)
    if had_seat:
        seats.give_back_seats(group.id)
    enrolment_letters.tell(row, group, "enrolment_closed", причина=reason)


# --- why still waiting -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Explanation:
    """Place in the list from 1, the list's length, and sentences on what hinders: about this person only."""

    place: int
    total: int
    reasons: tuple[str, ...]

    @property
    def position(self) -> str:
        """«3-е место из 5»."""
        return f"{self.place}-е место из {self.total}"


def explain(enrolment_id: int) -> Explanation | None:
    """Say why an enrolment still waits; None when it does not. Raises NotFound, Forbidden.

    What the actor may not see of the person's other courses is said without their names.
    """
    return explain_seen(get_visible(db.session, m.Enrolment, enrolment_id, "enrolment:show"))


def explain_seen(row: m.Enrolment) -> Explanation | None:
    """The same for an enrolment that the actor has been shown already."""
    if row.status != EnrolmentStatus.WAITING:
        return None
    with unscoped("the place in a waiting list: only numbers"):
        group = row.group
        queue, room = _queue(group), course_facts.room_of(group, row.employment.organization_id)
    if row.id not in queue.ids:  # has moved up this moment
        return None
    reasons = [*_seat_reasons(group, room), *_own_reasons(row, group, queue.blocks[row.employee_id])]
    if not reasons:
        reasons = ["Свободное место сначала предлагают тем, кто стоит раньше."]
    return Explanation(queue.ids.index(row.id) + 1, len(queue.ids), tuple(reasons))


def _seat_reasons(group: m.TrainingGroup, room: Room) -> list[str]:
    if group.status not in FILLING:
        return [f"Состояние группы — «{group.status.label}»: места из листа ожидания больше не предлагаются."]
    return lacking_seats(room)


def _own_reasons(row: m.Enrolment, group: m.TrainingGroup, blocks: Sequence[BlockFacts]) -> list[str]:
    found, course = [] if is_employed(row.employment) else [_left_words(row)], course_facts.dates_of(group)
    pays = has_paying_block(course, blocks)
    if not pays.allowed:
        is_seen = voucher_blocks.blocks_of(row.employee_id) == blocks
        found.append(pays.reason if is_seen else "У работника нет свободного блока чека, который оплачивает программу.")
    free = course_facts.is_free(row.employee_id, course)
    return found if free.allowed else [*found, free.reason]
