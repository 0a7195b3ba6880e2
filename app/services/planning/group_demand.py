"""What groups are made of: the agreed wishes of a campaign with all that limits them, read for the solver and for checks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import func, select

from app import models as m
from app.access import unscoped
from app.clock import today
from app.conditions import at_work
from app.extensions import db
from app.rules.plan_groups import Asked, Demand, Proposed, Supply
from app.statuses import OfferStatus, PlanItemStatus

#: wishes that a proposal is about: agreed, or in the plan by it already
COUNTED = (PlanItemStatus.AGREED, PlanItemStatus.INCLUDED)


def read(campaign_id: int, *, locked: Sequence[Proposed] = (), only: Collection[int] | None = None) -> Demand:
    """Return the demand of a campaign; ``only``: these wishes, where no others are asked about.

    Wishes of a locked group that do not count any more are dropped from it; offers taken back have none.
    """
    with unscoped("groups are made of all wishes of the region"):
        offers = _offers(campaign_id, {group.offer for group in locked})
        wishes = {wish.id: wish for wish in _wishes(campaign_id, only) if wish.offer in offers}
        return Demand(
            wishes=wishes,
            offers=offers,
            teachers=_teachers(),
            quotas=_quotas(campaign_id),
            points=_points(),
            locked=[_still(group, wishes) for group in locked],
        )


def _still(group: Proposed, wishes: dict[int, Asked]) -> Proposed:
    return Proposed(
        offer=group.offer,
        month=group.month,
        place=group.place,
        size=group.size,
        wishes=tuple(pk for pk in group.wishes if pk in wishes),
    )


def _offers(campaign_id: int, kept: Collection[int]) -> dict[int, Supply]:
    offer = m.PlanOffer
    statement = (
        select(offer, m.Program.distance, m.Organization.municipality_id)
        .join(m.Program, m.Program.id == offer.program_id)
        .join(m.Organization, m.Organization.id == offer.organizer_id)
        .where(offer.campaign_id == campaign_id, (offer.status == OfferStatus.OFFERED) | offer.id.in_(kept))
    )
    return {
        row.id: Supply(
            id=row.id,
            seats=row.seats,
            minimum=row.minimum,
            capacity=row.capacity,
            months=tuple(sorted(row.months)),
            places=(None,) if distance else tuple(row.municipality_ids) or (home,),
        )
        for row, distance, home in db.session.execute(statement)
    }


def _wishes(campaign_id: int, only: Collection[int] | None) -> list[Asked]:
    item, place, organization = m.PlanItem, m.Employment, m.Organization
    statement: Any = (
        select(
            item.id,
            item.employee_id,
            item.offer_id,
            item.months,
            item.priority,
            place.id,
            organization.id,
            organization.municipality_id,
            organization.territory_id,
        )
        .join(place, place.id == item.employment_id)
        .join(organization, organization.id == place.organization_id)
        .where(item.campaign_id == campaign_id, item.status.in_(COUNTED))
        .order_by(item.id)
    )
    if only is not None:
        statement = statement.where(item.id.in_(only))
    taught = _taught(campaign_id)
    #: a person with places of work in two territories counts in that of the first wish
    home: dict[int, int] = {}
    return [
        Asked(
            id=pk,
            person=person,
            offer=offer,
            months=tuple(sorted(months)),
            priority=priority,
            school=school,
            subjects=taught.get(employment, ()),
            municipality=municipality,
            territory=home.setdefault(person, territory),
        )
        for pk, person, offer, months, priority, employment, school, municipality, territory in db.session.execute(
            statement
        )
    ]


def _taught(campaign_id: int) -> dict[int, tuple[int, ...]]:
    """Place of work → subjects taught there, of those from which somebody wishes."""
    link = m.employment_subject
    asking = select(m.PlanItem.employment_id).where(m.PlanItem.campaign_id == campaign_id)
    statement = select(link.c.employment_id, link.c.subject_id).where(link.c.employment_id.in_(asking))
    found: dict[int, list[int]] = defaultdict(list)
    for employment, subject in db.session.execute(statement):
        found[employment].append(subject)
    return {employment: tuple(sorted(subjects)) for employment, subjects in found.items()}


def _teachers() -> dict[tuple[int, int], int]:
    """School and subject → people who teach it there today."""
    link, place = m.employment_subject, m.Employment
    statement = (
        select(place.organization_id, link.c.subject_id, func.count(place.employee_id.distinct()))
        .join(link, link.c.employment_id == place.id)
        .where(at_work(today()))
        .group_by(place.organization_id, link.c.subject_id)
    )
    return {(school, subject): people for school, subject, people in db.session.execute(statement)}


def _quotas(campaign_id: int) -> dict[int, int]:
    quota = m.PlanQuota
    rows = db.session.execute(select(quota.territory_id, quota.people).where(quota.campaign_id == campaign_id))
    return dict(rows.tuples().all())


def _points() -> dict[int, tuple[float, float]]:
    town = m.Municipality
    statement = select(town.id, town.latitude, town.longitude).where(
        town.latitude.is_not(None), town.longitude.is_not(None)
    )
    return {pk: (float(latitude), float(longitude)) for pk, latitude, longitude in db.session.execute(statement)}
