"""Figures of the region for the start pages: numbers without rows.

People and чеки are read from the stored figures (``portal.figures``), which a job counts (``figure_counts``); seats
are counted at once. A territory reads its own places. The observer reads the whole region's numbers, none of fewer than
five people.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Select, column, func, select, table

from app import models as m
from app.access import current_actor, unscoped
from app.actor import Actor
from app.clock import now, today
from app.conditions import in_state
from app.errors import Forbidden
from app.extensions import db
from app.services.desk import matters
from app.services.desk.figure_people import LEARNED, TRAINED, VOUCHER, WORKERS
from app.services.portal import figure_history, figures
from app.services.portal.figures import PlaceNumbers
from app.statuses import GroupStatus, ProgramStatus
from app.text.sql import sort_key

#: fewer people than this are never told to those who may not see people
FEWEST_SHOWN = 5
#: roles that see the people of the whole region, so that nothing is hidden from them
_WHOLE = frozenset({"ministry", "operator"})

#: codes of the stored figures beside those of ``figure_people``: чеки issued in a month (``issued202611``), in force today
ISSUED, IN_FORCE = "issued", "in_force"
#: in the order of the fields of ``Staff``
_STAFF = (WORKERS, VOUCHER, TRAINED)

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


def _told(number: int, *, hide: bool) -> Number:
    return None if hide and 0 < number < FEWEST_SHOWN else number


def _sees_whole(actor: Actor) -> bool:
    return bool(actor.roles & _WHOLE) or _hides(actor)


class Stored:
    """The stored figures that the acting user may read; each level is read by one statement when it is first asked for."""

    def __init__(self) -> None:
        self._actor = current_actor()
        self._hides = _hides(self._actor)
        year = today().year
        self._months = [f"{ISSUED}{y}{month:02}" for y in (year - 1, year) for month in range(1, 13)]
        self._codes = [*_STAFF, *(f"{LEARNED}{y}" for y in (year - 1, year))]
        self._of_territories = [*self._codes, *self._months]

    @cached_property
    def _territories(self) -> list[PlaceNumbers]:
        own = () if _sees_whole(self._actor) else (_territory.c.id.in_(self._actor.territories()),)
        return figures.by_place(figures.TERRITORY, self._of_territories, *own)

    @cached_property
    def _organizations(self) -> list[PlaceNumbers]:
        own = () if _sees_whole(self._actor) else (_organization.c.territory_id.in_(self._actor.territories()),)
        return figures.by_place(figures.ORGANIZATION, self._codes, *own)

    @cached_property
    def _whole(self) -> dict[str, int]:
        return figures.whole(self._months)

    def vouchers_by_month(self, year: int) -> list[Number]:
        """Return twelve numbers: чеки issued in the months of this year or the last, whatever became of them."""
        parts = [self._whole] if _sees_whole(self._actor) else [place.numbers for place in self._territories]
        found: Counter[str] = Counter()
        for numbers in parts:
            found.update(numbers)
        return [_told(found[f"{ISSUED}{year}{month:02}"], hide=self._hides) for month in range(1, 13)]

    def staff_by_territory(self) -> list[Staff]:
        """People by the territory of their main place of work, so that each is counted once; by name."""
        return self._staff(self._territories)

    def staff_by_organization(self) -> list[Staff]:
        """The same by organization."""
        return self._staff(self._organizations)

    def _staff(self, places: Sequence[PlaceNumbers]) -> list[Staff]:
        known = [place for place in places if place.numbers.get(WORKERS)]
        numbers = [[place.numbers.get(code, 0) for code in _STAFF] for place in known]
        told: Sequence[Sequence[Number]] = suppressed(numbers) if self._hides else numbers
        return [Staff(place.pk, place.name, *row) for place, row in zip(known, told, strict=True)]

    def trained_by_territory(self, year: int) -> list[Trained]:
        """People who completed a course of the portal in this year or the last, by the territory they were sent from."""
        return self._trained(self._territories, year)

    def trained_by_organization(self, year: int) -> list[Trained]:
        """The same by organization."""
        return self._trained(self._organizations, year)

    def _trained(self, places: Sequence[PlaceNumbers], year: int) -> list[Trained]:
        found = [(place, place.numbers.get(f"{LEARNED}{year}", 0)) for place in places]
        return [Trained(p.pk, p.name, _told(number, hide=self._hides)) for p, number in found if number]

    def grown_by_territory(self) -> dict[int, str]:
        """Return how the number of the trained has changed, by territory, in words; nothing for who is not told small numbers."""
        if self._hides:
            return {}
        own = None if _sees_whole(self._actor) else set(self._actor.territories())
        found = figure_history.changes(figures.TERRITORY, [TRAINED])
        return {
            place: str(change)
            for (place, _), change in found.items()
            if change.number and (own is None or place in own)
        }


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
    hidden = unscoped("the region's totals: numbers only") if _hides(current_actor()) else nullcontext()
    with hidden:
        return [Seats(*row) for row in db.session.execute(statement)]


# --- totals ----------------------------------------------------------------------------------------------------------


def totals() -> list[tuple[str, Number, str]]:
    """Return label, number, and its change in words for the whole region; raises Forbidden without ``statistics:show``."""
    actor = current_actor()
    if not actor.can("statistics:show"):
        raise Forbidden("Сводные показатели вам недоступны.")
    small = [
        _count(_organization, _organization.c.closed_on.is_(None)),
        _count(_program, _program.c.status == ProgramStatus.PUBLISHED),
        _count(_group, in_state(GroupStatus.OPEN, _group)),
    ]
    numbers: Sequence[int] = tuple(db.session.execute(select(*[it.scalar_subquery() for it in small])).one())
    organizations, programs, groups = numbers
    people = figures.whole([WORKERS, IN_FORCE, TRAINED])
    hide, grown = not actor.roles & _WHOLE, figure_history.changes(figures.REGION, [WORKERS, IN_FORCE, TRAINED])

    def stored(label: str, code: str) -> tuple[str, Number, str]:
        number, change = people.get(code, 0), grown.get((0, code))
        # a small change, or a small number before it, would tell of single people
        beside = (abs(change.number), number - change.number) if change is not None else ()
        is_told = change is not None and None not in [_told(it, hide=hide) for it in (number, *beside)]
        return label, _told(number, hide=hide), str(change) if is_told else ""

    return [
        ("Организаций", organizations, ""),
        stored("Работников", WORKERS),
        stored("Действующих чеков", IN_FORCE),
        ("Опубликованных программ", programs, ""),
        ("Групп, в которые идёт запись", groups, ""),
        stored("Обучено за три года", TRAINED),
    ]


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
