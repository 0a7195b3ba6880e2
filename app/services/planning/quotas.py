"""Quotas of a campaign: the most people of each territory who are trained in the planned year; without one no limit."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from app import models as m
from app.access import get_writable
from app.audit import record
from app.errors import Conflict, Invalid
from app.extensions import db
from app.statuses import CampaignStatus
from app.unit_of_work import use_case

#: more people have no region
_MOST = 999_999


def of_campaign(campaign_id: int) -> list[tuple[m.Territory, int | None]]:
    """Return each territory that the actor sees figures of, with its quota; by name."""
    quota = m.PlanQuota
    statement = (
        select(m.Territory, quota.people)
        .outerjoin(quota, (quota.territory_id == m.Territory.id) & (quota.campaign_id == campaign_id))
        .order_by(m.Territory.name_key)
    )
    return [(row, people) for row, people in db.session.execute(statement)]


@use_case
def save(campaign_id: int, people: Mapping[int, int | None]) -> m.PlanCampaign:
    """Set the quotas of territories (id → people, None: no limit); those not named stay.

    Raises Conflict once the plan is approved, Invalid by field ``people-<id>`` for a number that cannot be.
    """
    campaign = get_writable(db.session, m.PlanCampaign, campaign_id, "plan_campaign:edit")
    db.session.execute(select(m.PlanCampaign.id).where(m.PlanCampaign.id == campaign_id).with_for_update())
    db.session.refresh(campaign)
    if campaign.status == CampaignStatus.APPROVED:
        raise Conflict(f"План на {campaign.year} год утверждён: квоты в нём больше не меняются.")
    wrong = {pk for pk, number in people.items() if number is not None and not 0 <= number <= _MOST}
    if wrong:
        sentence = f"Число людей — от 0 до {_MOST}."
        raise Invalid("Проверьте квоты.", fields={f"people-{pk}": [sentence] for pk in wrong})
    stored = {row.territory_id: row for row in db.session.scalars(_rows(campaign_id))}
    changes = {}
    for territory, former in of_campaign(campaign_id):
        if territory.id in people and people[territory.id] != former:
            changes[f"Квота: {territory.short_name}"] = (_words(former), _words(people[territory.id]))
            _set(campaign_id, territory.id, stored.get(territory.id), people[territory.id])
    if changes:
        db.session.flush()
        record("plan_campaign.updated", campaign, changes)
    return campaign


def _rows(campaign_id: int) -> object:
    return select(m.PlanQuota).where(m.PlanQuota.campaign_id == campaign_id)


def _set(campaign_id: int, territory_id: int, row: m.PlanQuota | None, people: int | None) -> None:
    if people is None:
        if row is not None:
            db.session.delete(row)
    elif row is not None:
        row.people = people
    else:
        db.session.add(m.PlanQuota(campaign_id=campaign_id, territory_id=territory_id, people=people))


def _words(people: int | None) -> str:
    return "" if people is None else str(people)
