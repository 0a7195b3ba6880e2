"""Figures of the region for the start pages: numbers without rows, each by one statement within the actor's scope.

The table that is counted is an ORM entity, so the scope of the actor applies to it; the names beside the numbers come from
plain tables. The observer sees no row at all, only the whole region's numbers, and none of fewer than five people.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, Subquery, column, extract, func, or_, select, table

from app import models as m
from app.access import current_actor, unscoped
from app.actor import Actor
from app.clock import now
from app.conditions import at_work, in_force, in_state
from app.errors import Forbidden
from app.extensions import db
from app.services.desk import matters
from app.services.personnel.cards import coverage
from app.statuses import (
    EnrolmentStatus,
    GroupStatus,
    ProgramStatus,
)
from app.text.sql import sort_key

#: fewer people than this are never told to those who may not see people
FEWEST_SHOWN = 5
#: roles that see the people of the whole region, so that nothing is hidden from them
_WHOLE = frozenset({"ministry", "operator"})

_employment, _voucher = m.Employment.__table__, m.Voucher.__table__
_territory, _organization = m.Territory.__table__, m.Organization.__table__
_group, _program = m.TrainingGroup.__table__, m.Program.__table__

#: a number of people; None: fewer than five, not told
Number = int | None


@dataclass(frozen=True, slots=True)
class Staff:
    """People by their main place of work: how many there are, hold a чек, were trained within three years."""

    key: int
    name: str
    people: Number
    with_voucher: Number
    trained: Number


@dataclass(frozen=True, slots=True)
class Trained:
    """How many people of a place completed a course of the portal in a year."""

    key: int
    name: str
    people: Number


@dataclass(frozen=True, slots=True)
class Seats:
    """Seats of an organizer's live groups."""

    key: int
    name: str
    taken: int
    capacity: int


@dataclass(frozen=True, slots=True)
class PortalState:
    """How the portal's own work goes: the last sign of life of a worker, jobs that gave up, letters not yet sent."""

    seen_at: dt.datetime | None
    failed_jobs: int


# --- who may see what ------------------------------------------------------------------------------------------------


def _hides(actor: Actor) -> bool:
    """Whether the actor gets the region's numbers only."""
    return actor.can("statistics:show") and not actor.roles & (_WHOLE | {"territory"})


@contextmanager
def _reading() -> Iterator[Actor]:
    """Read within the scope; the observer reads the whole region, of which only numbers leave this module."""
    actor = current_actor()
    if not _hides(actor):
        yield actor
        return
    with unscoped("the region's totals: numbers only"):
        yield actor


def _told(number: int, *, hide: bool) -> Number:
    return None if hide and 0 < number < FEWEST_SHOWN else number


def _own_places(actor: Actor) -> Sequence[Any]:
    """Condition: organizations of the actor's territories; nothing for those who count the whole region."""
    territories = actor.territories()
    if actor.roles & _WHOLE or not territories:
        return ()
    return (_organization.c.territory_id.in_(territories),)


# --- чеки ------------------------------------------------------------------------------------------------------------


def vouchers_by_month(*years: int) -> dict[int, list[Number]]:
    """Return for each year twelve numbers: чеки issued in its months, whatever became of them; one statement.

    One that was replaced is told by the чек in its place, which keeps its day of issue (``matters.not_replaced``).
    """
    issued = m.Voucher.issued_on
    year, month = extract("year", issued), extract("month", issued)
    statement = (
        select(year, month, func.count())
        .select_from(m.Voucher)
        .where(
            or_(*(issued.between(dt.date(y, 1, 1), dt.date(y, 12, 31)) for y in years)),
            matters.not_replaced(),
        )
        .group_by(year, month)
    )
    with _reading() as actor:
        found = {(int(y), int(number)): count for y, number, count in db.session.execute(statement)}
        hide = _hides(actor)
        return {y: [_told(found.get((y, number), 0), hide=hide) for number in range(1, 13)] for y in years}


# --- people ----------------------------------------------------------------------------------------------------------


def staff_by_territory() -> list[Staff]:
    """People by the territory of their main place of work, so that each is counted once; by name."""
    return _staff(_territory.c.id, _territory.c.short_name)


def staff_by_organization() -> list[Staff]:
    """The same by organization."""
    return _staff(_organization.c.id, _organization.c.short_name)


def _staff(key: Any, name: Any) -> list[Staff]:
    statement = _with_counts(select(key, name)).group_by(key, name).order_by(sort_key(name), key)
    with _reading() as actor:
        rows = [
            (pk, title, *numbers) for pk, title, *numbers in db.session.execute(statement.where(*_own_places(actor)))
        ]
        told = suppressed([numbers for _pk, _title, *numbers in rows]) if _hides(actor) else [row[2:] for row in rows]
    return [Staff(pk, title, *numbers) for (pk, title, *_), numbers in zip(rows, told, strict=True)]


def workers() -> Subquery:
    """«Работники»: everybody who works today, once, with the organization of the main place of work, else of the first one.

    The one definition of the number of workers, within the actor's scope: whatever is summed up by place is summed from here.
    """
    place = m.Employment
    return (
        select(place.employee_id.label("person"), place.organization_id.label("organization"))
        .where(at_work())
        .distinct(place.employee_id)
        .order_by(place.employee_id, place.kind, place.id)
        .subquery("workers")
    )


def _with_counts(statement: Select[Any]) -> Select[Any]:
    """Add workers, those with a чек in force, those trained within three years; by what ``statement`` selects."""
    worker = workers()
    active = select(_voucher.c.employee_id.label("person")).where(in_force(rows=_voucher)).subquery("active")
    trained = coverage.trained_lately().subquery("trained")
    return (
        statement.add_columns(func.count(), func.count(active.c.person), func.count(trained.c.person))
        .select_from(worker)
        .join(_organization, _organization.c.id == worker.c.organization)
        .join(_territory, _territory.c.id == _organization.c.territory_id)
        .outerjoin(active, active.c.person == worker.c.person)
        .outerjoin(trained, trained.c.person == worker.c.person)
    )


def suppressed(rows: Sequence[Sequence[int]]) -> list[list[Number]]:
    """Hide what would identify single people: rows of (people, some of them, others of them), whose totals are told.

    Hidden are numbers under five; a share whose rest is under five, for the rest is told by it; and then so much more that
    no hidden number follows from the total (of one column at least two are hidden, together not under five).
    """
    columns = [list(column) for column in zip(*rows, strict=True)]
    if not columns:
        return []
    people = columns[0]
    hidden = [_hidden(people, set())]
    for some_of in columns[1:]:
        pairs = enumerate(zip(some_of, people, strict=True))
        rest = {n for n, (some, whole) in pairs if n not in hidden[0] and 0 < whole - some < FEWEST_SHOWN}
        hidden.append(_hidden(some_of, rest | {n for n in hidden[0] if some_of[n]}))
    return [[None if n in hidden[c] else row[c] for c in range(len(row))] for n, row in enumerate(rows)]


def _hidden(numbers: Sequence[int], beside: set[int]) -> set[int]:
    """Places of the numbers that are hidden: the few, those of ``beside``, and the smallest others that keep them hidden."""
    found = beside | {n for n, value in enumerate(numbers) if 0 < value < FEWEST_SHOWN}
    others = sorted((n for n in range(len(numbers)) if n not in found and numbers[n]), key=lambda n: (numbers[n], n))
    while found and others and (len(found) == 1 or sum(numbers[n] for n in found) < FEWEST_SHOWN):
        found.add(others.pop(0))
    return found


def trained_by_territory(year: int) -> list[Trained]:
    """People who completed a course of the portal in ``year``, by the territory of the place they were sent from."""
    return _trained(_territory.c.id, _territory.c.short_name, year)


def trained_by_organization(year: int) -> list[Trained]:
    """The same by organization."""
    return _trained(_organization.c.id, _organization.c.short_name, year)


def _trained(key: Any, name: Any, year: int) -> list[Trained]:
    statement = (
        select(key, name, func.count(m.Enrolment.employee_id.distinct()))
        .select_from(m.Enrolment)
        .join(_employment, _employment.c.id == m.Enrolment.employment_id)
        .join(_organization, _organization.c.id == _employment.c.organization_id)
        .join(_territory, _territory.c.id == _organization.c.territory_id)
        .where(
            m.Enrolment.status == EnrolmentStatus.TRAINED,
            m.Enrolment.result_on.between(dt.date(year, 1, 1), dt.date(year, 12, 31)),
        )
        .group_by(key, name)
        .order_by(sort_key(name), key)
    )
    with _reading() as actor:
        rows = db.session.execute(statement.where(*_own_places(actor)))
        return [Trained(pk, title, _told(number, hide=_hides(actor))) for pk, title, number in rows]


# --- seats -----------------------------------------------------------------------------------------------------------


def seats_by_organizer() -> list[Seats]:
    """Seats taken and offered in the groups that are open, about to start or running, by name of the organizer."""
    group = m.TrainingGroup
    statement = (
        select(_organization.c.id, _organization.c.short_name, func.sum(group.taken), func.sum(group.capacity))
        .select_from(group)
        .join(_organization, _organization.c.id == group.organizer_id)
        .where(matters.taking_place())
        .group_by(_organization.c.id, _organization.c.short_name)
        .order_by(sort_key(_organization.c.short_name), _organization.c.id)
    )
    with _reading():
        return [Seats(*row) for row in db.session.execute(statement)]


# --- totals ----------------------------------------------------------------------------------------------------------


def totals() -> list[tuple[str, Number]]:
    """Return label → number for the whole region; raises Forbidden without ``statistics:show``."""
    actor = current_actor()
    if not actor.can("statistics:show"):
        raise Forbidden("Сводные показатели вам недоступны.")
    counted: list[tuple[str, Any, bool]] = [
        ("Организаций", _count(_organization, _organization.c.closed_on.is_(None)), False),
        ("Действующих чеков", _count(_voucher, in_force(rows=_voucher)), True),
        ("Опубликованных программ", _count(_program, _program.c.status == ProgramStatus.PUBLISHED), False),
        ("Групп, в которые идёт запись", _count(_group, in_state(GroupStatus.OPEN, _group)), False),
    ]
    row = db.session.execute(select(*(statement.scalar_subquery() for _, statement, _ in counted))).one()
    found = [(label, number, people) for (label, _, people), number in zip(counted, row, strict=True)]
    with _reading():
        people, _with_voucher, trained = db.session.execute(_with_counts(select())).one()
    found.insert(1, ("Работников", people, True))
    found.append(("Обучено за три года", trained, True))
    return [(label, _told(number, hide=hides and not actor.roles & _WHOLE)) for label, number, hides in found]


def _count(table: Any, *conditions: Any) -> Select[Any]:
    return select(func.count()).select_from(table).where(*conditions)


# --- the portal itself -----------------------------------------------------------------------------------------------


def portal_state() -> PortalState:
    """Return how the portal's own work goes; for those who see the workers (operator, administrator)."""
    # the queue's own table: no person is in it, and it is not one of the portal's
    jobs = table("procrastinate_jobs", column("status"))
    failed = select(func.count()).select_from(jobs).where(jobs.c.status == "failed")
    row = db.session.execute(select(func.max(m.WorkerHeartbeat.seen_at), failed.scalar_subquery())).one()
    return PortalState(*row)


def is_alive(state: PortalState, *, within: int) -> bool:
    """Whether a worker gave a sign of life within so many seconds."""
    return state.seen_at is not None and now() - state.seen_at <= dt.timedelta(seconds=within)
