"""Rows that the start pages of a school and of an organizer name: the nearest of each matter, and the number of all.

Each table is read once, whatever the number of rows; the matters are those of the lists (``services.desk.matters``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, and_, case, func, literal, or_, select

from app import models as m
from app.clock import local, today
from app.conditions import in_state, state
from app.extensions import db
from app.russian import full_name
from app.services.desk import matters
from app.statuses import TAKING_PLACE, BlockStatus, EnrolmentStatus, GroupStatus

#: rows of one matter; an organizer's late groups, and the nearest of the others
MOST_ROWS, MOST_LATE, MOST_GROUPS = 5, 4, 8

_employee, _group, _program = m.Employee.__table__, m.TrainingGroup.__table__, m.Program.__table__
_block, _enrolment = m.VoucherBlock.__table__, m.Enrolment.__table__

Item = TypeVar("Item")
AGREE, OFFERED, ON_COURSE = "agree", "offered", "on_course"


@dataclass(frozen=True, slots=True)
class Placed:
    """A person in a group; ``until``: the moment to which an offered seat is kept; ``since``: since when the row waits."""

    enrolment_id: int
    person: str
    title: str
    number: str
    starts_on: dt.date
    ends_on: dt.date
    since: dt.date
    until: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Unspent:
    """A чек that ends soon with free blocks."""

    voucher_id: int
    person: str
    number: str
    valid_until: dt.date
    free: int


@dataclass(frozen=True, slots=True)
class Found(Generic[Item]):
    """The first rows of a matter and the number of all."""

    items: Sequence[Item] = ()
    total: int = 0


@dataclass(frozen=True, slots=True)
class School:
    """What is near at a school: enrolments to agree (the longest waiting first), чеки to spend, offers, listeners of today."""

    agree: Found[Placed]
    unspent: Found[Unspent]
    offered: Found[Placed]
    on_course: Found[Placed]


def of_school() -> School:
    """Read what is near at the acting user's school: two statements."""
    placed = _placed()
    return School(placed[AGREE], _unspent(), placed[OFFERED], placed[ON_COURSE])


def _person(table: Any) -> tuple[Any, Any, Any]:
    return table.c.last_name, table.c.first_name, table.c.patronymic


def _placed() -> dict[str, Found[Placed]]:
    e = m.Enrolment
    kinds = ((AGREE, matters.to_agree()), (OFFERED, matters.offered()), (ON_COURSE, matters.on_course()))
    matter = case(*((condition, literal(name)) for name, condition in kinds))
    # who waits longest, whose term is the nearest, who ends first
    urgency = case((matters.offered(), e.offer_until), (matters.on_course(), _group.c.ends_on), else_=e.changed_at)
    rows = (
        select(
            matter.label("matter"),
            func.row_number().over(partition_by=matter, order_by=(urgency, e.id)).label("place"),
            func.count().over(partition_by=matter).label("total"),
            e.id,
            *_person(_employee),
            _program.c.title,
            _group.c.number,
            _group.c.starts_on,
            _group.c.ends_on,
            e.changed_at,
            e.offer_until,
        )
        .join(_employee, _employee.c.id == e.employee_id)
        .join(_group, _group.c.id == e.group_id)
        .join(_program, _program.c.id == _group.c.program_id)
        .where(or_(*(condition for _name, condition in kinds)))
        .subquery()
    )
    found = db.session.execute(
        select(rows).where(rows.c.place <= MOST_ROWS).order_by(rows.c.matter, rows.c.place)
    ).all()
    return {name: _found([r for r in found if r.matter == name]) for name, _condition in kinds}


def _found(rows: Sequence[Any]) -> Found[Placed]:
    items = [
        Placed(
            enrolment_id=r.id,
            person=full_name(r.last_name, r.first_name, r.patronymic),
            title=r.title,
            number=r.number,
            starts_on=r.starts_on,
            ends_on=r.ends_on,
            since=local(r.changed_at).date(),
            until=local(r.offer_until) if r.offer_until else None,
        )
        for r in rows
    ]
    return Found(items, rows[0].total if rows else 0)


def _unspent() -> Found[Unspent]:
    v = m.Voucher
    free = select(func.count()).where(_block.c.voucher_id == v.id, _block.c.status == BlockStatus.FREE)
    statement = (
        select(v.id, v.number, v.valid_until, *_person(_employee), free.scalar_subquery(), func.count().over())
        .join(_employee, _employee.c.id == v.employee_id)
        .where(matters.unspent())
        .order_by(v.valid_until, _employee.c.sort, v.id)
        .limit(MOST_ROWS)
    )
    rows = db.session.execute(statement).all()
    items = [Unspent(r[0], full_name(r[3], r[4], r[5]), r[1], r[2], r[6]) for r in rows]
    return Found(items, rows[0][7] if rows else 0)


# --- the organizer's groups ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OwnGroup:
    """A group with its fill and what is to be done in it: numbers of listeners, except ``is_below`` (the minimum)."""

    group_id: int
    number: str
    title: str
    status: GroupStatus
    starts_on: dt.date
    ends_on: dt.date
    taken: int
    capacity: int
    minimum: int
    waiting: int
    unconfirmed: int
    without_result: int
    without_document: int
    is_below: bool


def of_organizer() -> Found[OwnGroup]:
    """Read the acting user's nearest groups, the late ones first: one statement, whatever their number.

    Late are those that have ended without results, then those whose trained listeners have no documents; they leave room for
    the others.
    """
    groups = _own_groups().subquery()
    late = groups.c.without_result + groups.c.without_document > 0
    urgency = (groups.c.without_result == 0, groups.c.starts_on, groups.c.id)
    rows = select(
        groups,
        late.label("late"),
        func.row_number().over(partition_by=late, order_by=urgency).label("place"),
        func.count().over().label("total"),
    ).subquery()
    most = case((rows.c.late, MOST_LATE), else_=MOST_GROUPS)
    shown = select(rows).where(rows.c.place <= most).order_by(rows.c.late.desc(), rows.c.place)
    found = db.session.execute(shown).all()
    return Found([OwnGroup(*row[:-3]) for row in found], found[0].total if found else 0)


def _own_groups() -> Select[Any]:
    """The fields of ``OwnGroup`` for the groups that go on, are prepared, or are late."""
    g, e = m.TrainingGroup, m.Enrolment
    ended, without_document = matters.without_results(), _number(matters.without_document())
    live = or_(
        g.status.in_(TAKING_PLACE),
        and_(g.status == GroupStatus.DRAFT, g.starts_on >= today()),
    )
    return (
        select(
            g.id,
            g.number,
            _program.c.title,
            state(g).label("status"),
            g.starts_on,
            g.ends_on,
            g.taken,
            g.capacity,
            g.minimum,
            _number(in_state(EnrolmentStatus.WAITING, e)).label("waiting"),
            _number(e.status == EnrolmentStatus.AGREED).label("unconfirmed"),
            case((ended, _number(e.status == EnrolmentStatus.CONFIRMED)), else_=0).label("without_result"),
            without_document.label("without_document"),
            matters.below_minimum().label("is_below"),
        )
        .join(_program, _program.c.id == g.program_id)
        # counted group by group: the planner answers «is there one» by reading the documents of all groups of the region
        .where(matters.own_groups(), or_(live, ended, without_document > 0))
    )


def _number(condition: Any) -> Any:
    """Number of a group's enrolments that satisfy a condition; an own group's are all visible."""
    e = m.Enrolment
    return select(func.count()).select_from(e).where(e.group_id == m.TrainingGroup.id, condition).scalar_subquery()
