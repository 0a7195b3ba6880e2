"""What the rules of planning ask of people: places of work, what they chose, the чек of the year, what they learnt lately."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import func, select

from app import models as m
from app.access import unscoped
from app.clock import today
from app.extensions import db
from app.rules.decision import add_months
from app.rules.planning import AGAIN_AFTER_MONTHS, Planner, Wanted
from app.services.courses.enrolment import course_facts
from app.services.personnel.cards import people
from app.services.planning import offers, year_blocks
from app.statuses import PLAN_HELD, EnrolmentStatus


def held_items(campaign_id: int, employee_ids: Collection[int]) -> dict[int, list[m.PlanItem]]:
    """Return person → wishes of the campaign that count, by priority."""
    item = m.PlanItem
    statement = (
        select(item)
        .where(item.campaign_id == campaign_id, item.employee_id.in_(employee_ids), item.status.in_(PLAN_HELD))
        .order_by(item.priority, item.id)
        .execution_options(populate_existing=True)
    )
    found: dict[int, list[m.PlanItem]] = {pk: [] for pk in employee_ids}
    with unscoped("the wishes of people whom the actor plans for"):
        for row in db.session.scalars(statement):
            found[row.employee_id].append(row)
    return found


def planners_of(
    campaign: m.PlanCampaign, employee_ids: Sequence[int], items: Mapping[int, Sequence[m.PlanItem]]
) -> tuple[dict[int, Planner], dict[int, list[m.Employment]]]:
    """Return person → planner and person → places of work; as many statements for a school as for one person.

    ``items``: what ``held_items`` returned for these people.
    """
    places = people.live_employments_of(employee_ids, on=today())
    chosen_ids = {row.offer_id for rows in items.values() for row in rows}
    wanted: dict[int, Wanted] = {}
    if chosen_ids:
        wanted = {row.id: row.wanted for row in offers.offered(campaign.id, only=sorted(chosen_ids))}
    blocks = year_blocks.blocks_in(campaign.year, places)
    trained = _trained(employee_ids, campaign.year)
    planners = {
        pk: Planner(
            places=[course_facts.workplace_of(place) for place in places[pk]],
            chosen=[wanted[row.offer_id] for row in items.get(pk, ())],
            blocks=blocks[pk],
            trained=trained.get(pk, {}),
        )
        for pk in employee_ids
    }
    return planners, places


def _trained(employee_ids: Sequence[int], year: int) -> dict[int, dict[tuple[int, str], dt.date]]:
    """Person → (organizer, code) → last day of the courses that forbid the same program in the year."""
    row, group, program = m.Enrolment, m.TrainingGroup, m.Program
    since = add_months(dt.date(year, 1, 1), -AGAIN_AFTER_MONTHS)
    statement = (
        select(row.employee_id, program.organizer_id, program.code, func.max(group.ends_on))
        .join(group, group.id == row.group_id)
        .join(program, program.id == group.program_id)
        .where(row.employee_id.in_(employee_ids), row.status == EnrolmentStatus.TRAINED, group.ends_on >= since)
        .group_by(row.employee_id, program.organizer_id, program.code)
    )
    found: dict[int, dict[tuple[int, str], dt.date]] = {}
    with unscoped("what people whom the actor plans for have learnt"):
        for pk, organizer_id, code, ended in db.session.execute(statement):
            found.setdefault(pk, {})[organizer_id, code] = ended
    return found
