"""«План обучения организации»: who of an organization is to learn what and when, as its paper says it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app import models as m
from app.access import current_actor
from app.clock import today
from app.errors import Conflict, NotFound
from app.extensions import db
from app.services.planning import campaigns, offers, school_plan
from app.services.planning.offers import Offered
from app.services.planning.school_plan import Asked
from app.statuses import PlanItemStatus

#: who may take the paper
RIGHT = "plan_item:export"
#: a wish that nobody has agreed is not yet the organization's plan
_PLANNED = (PlanItemStatus.AGREED, PlanItemStatus.INCLUDED)


@dataclass(frozen=True, slots=True)
class Planned:
    """A line of the plan: the wish with its person and place of work, and the offer."""

    row: m.PlanItem
    offer: Offered


@dataclass(frozen=True, slots=True)
class OrganizationPlan:
    """The plan of one organization; ``waiting``: wishes that its responsible has not agreed yet."""

    organization: m.Organization
    year: int
    made_on: dt.date
    lines: Sequence[Planned]
    waiting: int


def month_of(one: Planned) -> int | None:
    """Return the month of a line: the one it is planned for, or the only one possible; None while there are several."""
    possible = one.row.months or one.offer.months
    return one.row.month or (possible[0] if len(possible) == 1 else None)


def of_organization(organization_id: int) -> OrganizationPlan:
    """Return the plan of an organization whose people the user sees in the table.

    Raises Forbidden, NotFound for another's, Conflict while nothing in it is agreed.
    """
    current_actor().require(RIGHT)
    campaign = campaigns.current()
    seen = dict(school_plan.own_organizations(Asked(organization=organization_id)))
    if campaign is None or organization_id not in seen:
        raise NotFound("Такого плана нет, или он вам не виден.")
    rows = _wishes(campaign.id, organization_id)
    planned = [row for row in rows if row.status in _PLANNED]
    if not planned:
        raise Conflict("В плане организации пока нет согласованных заявок: печатать нечего.")
    shown = {one.id: one for one in offers.offered(campaign.id, only=sorted({row.offer_id for row in planned}))}
    return OrganizationPlan(
        organization=db.session.get_one(m.Organization, organization_id),
        year=campaign.year,
        made_on=today(),
        lines=[Planned(row, shown[row.offer_id]) for row in planned],
        waiting=len(rows) - len(planned),
    )


def _wishes(campaign_id: int, organization_id: int) -> list[m.PlanItem]:
    item, place, person = m.PlanItem, m.Employment, m.Employee
    statement = (
        select(item)
        .join(place, place.id == item.employment_id)
        .join(person, person.id == item.employee_id)
        .where(
            item.campaign_id == campaign_id,
            place.organization_id == organization_id,
            item.status.in_((*_PLANNED, PlanItemStatus.PROPOSED)),
        )
        .options(joinedload(item.employee), joinedload(item.employment).joinedload(place.position))
        .order_by(person.sort, person.id, item.priority)
    )
    return list(db.session.scalars(statement))
