"""Demand of a plan, counted: by offer and month for the heat map, by territory and organization behind a cell, the people at last.

Each is one statement whatever the number of people; what is counted is limited by ``reach`` and not by the scope of rows, for
an organizer gets numbers of wishes that it may not read. The people behind a figure are read through their scope.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import selectinload

from app import models as m
from app.errors import NotFound
from app.extensions import db
from app.services.planning.heat import ANY, Counted, PlannedOffer
from app.services.planning.reach import Reach
from app.statuses import PLAN_HELD, BlockKind, OfferStatus, PositionKind, UnmetStatus
from app.text.sql import sort_key

#: people shown behind a figure
MOST_PEOPLE = 200

_item, _offer, _program = m.PlanItem.__table__, m.PlanOffer.__table__, m.Program.__table__
_employment, _position = m.Employment.__table__, m.Position.__table__
_organization, _territory = m.Organization.__table__, m.Territory.__table__
_unmet, _subject = m.UnmetWish.__table__, m.Subject.__table__

#: the one cell of a wish: the month decided, else the first that suits (months are kept in order, within the offer's), else any
MONTH_OF_WISH = func.coalesce(_item.c.month, _item.c.months[1], ANY)
FOR_ALL, FOR_SEVERAL = (0, "Для всех предметов"), (-1, "Для нескольких предметов")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a user asks for: filters of people, filters of offers, and the cell whose wishes are looked at."""

    campaign_id: int
    territory_id: int | None = None
    organization_id: int | None = None
    type_id: int | None = None
    kind: PositionKind | None = None
    subject_id: int | None = None
    block: BlockKind | None = None
    offer_ids: Collection[int] | None = None
    month: int | None = None

    @property
    def narrows_people(self) -> bool:
        """Whether some of the people are meant."""
        return any(it is not None for it in (self.territory_id, self.organization_id, self.type_id, self.kind))

    @property
    def narrows_offers(self) -> bool:
        """Whether some of the offers are meant."""
        return any(it is not None for it in (self.subject_id, self.block, self.offer_ids, self.month))


@dataclass(frozen=True, slots=True)
class Place:
    """A territory or an organization with its wishes; ``people``: how many persons they are of."""

    pk: int
    name: str
    wishes: int
    people: int


def insist_visible(asked: Asked, reach: Reach) -> None:
    """Raise NotFound for a place that the user does not see, and for any place where only numbers of offers are told."""
    if asked.narrows_people:
        reach.insist_people()
    if asked.territory_id is not None:
        reach.insist_territory(asked.territory_id)
    if asked.organization_id is not None:
        place_name(asked.organization_id, reach)


def place_name(organization_id: int, reach: Reach) -> str:
    """Name of an organization within reach; raises NotFound for another one."""
    statement = select(_organization.c.short_name).where(_organization.c.id == organization_id, *reach.of_places())
    name = db.session.scalar(statement)
    if name is None:
        raise NotFound("Такой организации нет или она вам не видна.")
    return str(name)


# --- offers ----------------------------------------------------------------------------------------------------------


def offers_of(asked: Asked, reach: Reach) -> list[PlannedOffer]:
    """Return the offers of the plan that take part in the map, by title; the seats of one taken back are none."""
    wished = select(_item.c.id).where(_item.c.offer_id == _offer.c.id, _item.c.status.in_(PLAN_HELD)).exists()
    statement = (
        select(
            _offer.c.id, _program.c.title, _offer.c.organizer_id, _organization.c.short_name, _offer.c.seats,
            _offer.c.months, _offer.c.status, _program.c.block, _program.c.id.label("program_id"),
        )
        .join(_program, _program.c.id == _offer.c.program_id)
        .join(_organization, _organization.c.id == _offer.c.organizer_id)
        .where(
            _offer.c.campaign_id == asked.campaign_id,
            or_(_offer.c.status == OfferStatus.OFFERED, wished),
            *reach.of_offers(),
        )
        .order_by(_program.c.sort, _offer.c.id)
    )  # fmt: skip
    rows = db.session.execute(statement).all()
    subjects = _subjects([row.program_id for row in rows])
    found = [_planned(row, subjects.get(row.program_id, ())) for row in rows]
    return [it for it in found if _is_asked(it, asked)]


def _planned(row: Any, subjects: Sequence[tuple[int, str]]) -> PlannedOffer:
    return PlannedOffer(
        id=row.id,
        title=row.title,
        organizer_id=row.organizer_id,
        organizer=row.short_name,
        seats=row.seats if row.status == OfferStatus.OFFERED else 0,
        months=tuple(sorted(row.months)),
        block=row.block,
        subject=FOR_ALL if not subjects else subjects[0] if len(subjects) == 1 else FOR_SEVERAL,
    )


def _subjects(program_ids: Sequence[int]) -> dict[int, list[tuple[int, str]]]:
    """Program → the subjects that it is for."""
    of = m.program_subject
    statement = (
        select(of.c.program_id, _subject.c.id, _subject.c.name)
        .join(_subject, _subject.c.id == of.c.subject_id)
        .where(of.c.program_id.in_(program_ids))
        .order_by(_subject.c.id)
    )
    found: dict[int, list[tuple[int, str]]] = {}
    for program_id, pk, name in db.session.execute(statement):
        found.setdefault(program_id, []).append((pk, name))
    return found


def _is_asked(offer: PlannedOffer, asked: Asked) -> bool:
    return (
        (asked.subject_id is None or offer.subject[0] == asked.subject_id)
        and (asked.block is None or offer.block == asked.block)
        and (asked.offer_ids is None or offer.id in asked.offer_ids)
    )


# --- numbers ---------------------------------------------------------------------------------------------------------


def counted(asked: Asked, reach: Reach) -> Counted:
    """Return (offer, month) → number of live wishes."""
    month = MONTH_OF_WISH.label("month")
    statement = _wishes([_item.c.offer_id, month, func.count()], asked, reach).group_by(_item.c.offer_id, month)
    return {(offer_id, found): wishes for offer_id, found, wishes in db.session.execute(statement)}


def unmet(asked: Asked, reach: Reach) -> int:
    """Return how many people said that nothing suits; none where offers are looked at, for they chose none of them."""
    if asked.narrows_offers or reach.hides:
        return 0
    statement = select(func.count()).select_from(_unmet).where(
        _unmet.c.campaign_id == asked.campaign_id, _unmet.c.status != UnmetStatus.WITHDRAWN
    )  # fmt: skip
    return db.session.scalar(_of_people(statement, _unmet, asked, reach)) or 0


def by_territory(asked: Asked, reach: Reach) -> list[Place]:
    """Return the territories from which people of the asked cell would come, the most wishes first."""
    return _by(_territory, asked, reach)


def by_organization(asked: Asked, reach: Reach) -> list[Place]:
    """The same by organization."""
    return _by(_organization, asked, reach)


def _by(place: Any, asked: Asked, reach: Reach) -> list[Place]:
    reach.insist_people()
    columns = [place.c.id, place.c.short_name, func.count(), func.count(_item.c.employee_id.distinct())]
    statement = _wishes(columns, asked, reach, with_places=True)
    if place is _territory:
        statement = statement.join(_territory, _territory.c.id == _organization.c.territory_id)
    statement = statement.group_by(place.c.id, place.c.short_name)
    return [Place(*row) for row in db.session.execute(statement.order_by(func.count().desc(), place.c.id))]


def people(asked: Asked, reach: Reach) -> list[m.PlanItem]:
    """Return the first wishes of the asked cell with their people, by name, through the scope of rows."""
    reach.insist_people()
    wanted = _wishes([_item.c.id], asked, reach)
    statement: Any = (
        select(m.PlanItem)
        .join(m.Employee, m.Employee.id == m.PlanItem.employee_id)
        .where(m.PlanItem.id.in_(wanted))
        .order_by(sort_key(m.Employee.last_name), m.Employee.id, m.PlanItem.id)
        .limit(MOST_PEOPLE)
        .options(
            selectinload(m.PlanItem.employee),
            selectinload(m.PlanItem.program),
            selectinload(m.PlanItem.employment).selectinload(m.Employment.position),
        )
    )
    return list(db.session.scalars(statement))


def _wishes(columns: Sequence[Any], asked: Asked, reach: Reach, *, with_places: bool = False) -> Any:
    """A statement over the live wishes that are asked for and within reach."""
    statement = select(*columns).select_from(_item).where(
        _item.c.campaign_id == asked.campaign_id, _item.c.status.in_(PLAN_HELD)
    )  # fmt: skip
    if asked.offer_ids is not None:
        statement = statement.where(_item.c.offer_id.in_(asked.offer_ids))
    if asked.month is not None:
        statement = statement.where(MONTH_OF_WISH.in_([asked.month]))
    if reach.hides:
        statement = statement.join(_offer, _offer.c.id == _item.c.offer_id).where(*reach.of_offers())
    return _of_people(statement, _item, asked, reach, with_places=with_places)


def _of_people(statement: Any, rows: Any, asked: Asked, reach: Reach, *, with_places: bool = False) -> Any:
    """Narrow to people by the place of work of the wish."""
    limits = reach.of_places()
    if not (with_places or limits or asked.narrows_people):
        return statement
    statement = statement.join(_employment, _employment.c.id == rows.c.employment_id).join(
        _organization, _organization.c.id == _employment.c.organization_id
    )
    if asked.kind is not None:
        statement = statement.join(_position, _position.c.id == _employment.c.position_id)
        limits.append(_position.c.kind == asked.kind)
    if asked.territory_id is not None:
        limits.append(_organization.c.territory_id == asked.territory_id)
    if asked.organization_id is not None:
        limits.append(_organization.c.id == asked.organization_id)
    if asked.type_id is not None:
        limits.append(_organization.c.type_id == asked.type_id)
    return statement.where(*limits)


def of_cell(asked: Asked, offers: Sequence[PlannedOffer] | None, month: int | None) -> Asked:
    """The same filters, for the wishes of some offers (None: of all) and one month (None: the whole year)."""
    return replace(asked, offer_ids=None if offers is None else [it.id for it in offers], month=month)
