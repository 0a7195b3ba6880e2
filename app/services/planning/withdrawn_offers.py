"""An organizer takes an offer back: the wishes for it end, each person learns what suits instead."""

from __future__ import annotations

from sqlalchemy import select

from app import models as m
from app.access import acting_as, get_writable, unscoped
from app.errors import Conflict
from app.extensions import db
from app.services.planning import planners, wish_letters, wishes
from app.services.portal import transitions
from app.services.portal.who_acts import SYSTEM
from app.statuses import PLAN_HELD, PlanItemStatus
from app.unit_of_work import use_case

#: programs that a letter names instead of the one taken back
ALTERNATIVES = 3


@transitions.performs(m.PlanOffer, "withdraw")
@use_case
def withdraw(offer_id: int, reason: str) -> m.PlanOffer:
    """Take an offer back: whoever chose it gets a letter with up to three others that suit.

    Raises Conflict once its wishes are in groups of the plan.
    """
    get_writable(db.session, m.PlanOffer, offer_id, "plan_offer:withdraw")
    with unscoped("who chose an offer that its organizer takes back: the organizer learns nobody"):
        rows = _lock_wishes(offer_id)
        if any(row.status == PlanItemStatus.INCLUDED for row in rows):
            raise Conflict(
                "По этой программе уже составлены группы плана. Попросите оператора убрать их, потом снимайте программу."
            )
    offer = transitions.move(m.PlanOffer, offer_id, "withdraw", reason=reason)
    for row in rows:
        transitions.follow(m.PlanItem, row.id, "decline", reason=f"Организатор снял программу: {reason}"[:1000])
    # what suits a person is nothing that the organizer may ask
    with acting_as(SYSTEM):
        _tell(offer, rows, reason)
    return offer


def _lock_wishes(offer_id: int) -> list[m.PlanItem]:
    item = m.PlanItem
    statement = (
        select(item)
        .where(item.offer_id == offer_id, item.status.in_(PLAN_HELD))
        .order_by(item.employee_id)
        .with_for_update(key_share=True)
    )
    return list(db.session.scalars(statement))


def _tell(offer: m.PlanOffer, rows: list[m.PlanItem], reason: str) -> None:
    ids = [row.employee_id for row in rows]
    items = planners.held_items(offer.campaign_id, ids)
    found, _ = planners.planners_of(offer.campaign, ids, items)
    for row in rows:
        best = [s for s in wishes.suggestions(offer.campaign, found[row.employee_id]) if s.decision.allowed]
        wish_letters.tell_withdrawn(row, reason, [s.offer.title for s in best[:ALTERNATIVES]])
