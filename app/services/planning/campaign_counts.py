"""How much was offered and chosen in a campaign, among the rows that the acting user sees."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from app import models as m
from app.extensions import db
from app.statuses import PLAN_HELD, OfferStatus, PlanItemStatus, UnmetStatus


@dataclass(frozen=True, slots=True)
class Counts:
    """Offers put up (``late``: those that wait for the operator), people with a wish, wishes that count, words that nothing suits."""

    offers: int
    late: int
    people: int
    wishes: int
    proposed: int
    unmet: int


def counts_of(campaign_id: int) -> Counts:
    """Return the numbers of a campaign by three statements."""
    offer, item, unmet = m.PlanOffer, m.PlanItem, m.UnmetWish
    live = (OfferStatus.OFFERED, OfferStatus.LATE)
    offers, late = db.session.execute(
        select(func.count(), func.count().filter(offer.status == OfferStatus.LATE))
        .select_from(offer)
        .where(offer.campaign_id == campaign_id, offer.status.in_(live))
    ).one()
    people, wishes, proposed = db.session.execute(
        select(
            func.count(item.employee_id.distinct()),
            func.count(),
            func.count().filter(item.status == PlanItemStatus.PROPOSED),
        )
        .select_from(item)
        .where(item.campaign_id == campaign_id, item.status.in_(PLAN_HELD))
    ).one()
    said = select(func.count()).select_from(unmet)
    said = said.where(unmet.campaign_id == campaign_id, unmet.status != UnmetStatus.WITHDRAWN)
    return Counts(offers, late, people, wishes, proposed, db.session.scalar(said) or 0)
