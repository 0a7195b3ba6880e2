"""A worker's plan of the next year: what is chosen and what became of it, what suits, which blocks will pay, what was learnt lately."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from app import models as m
from app.access import current_actor, unscoped
from app.clock import today
from app.errors import Invalid
from app.extensions import db
from app.rules.decision import Decision
from app.rules.planning import Planner, YearBlock, misses_required
from app.rules.suitability import suits
from app.services.courses.enrolment import course_facts
from app.services.planning import campaigns, offers, planners, wishes
from app.services.planning.offers import Offered
from app.services.planning.wishes import Suggestion
from app.statuses import PLAN_HELD, PLAN_LIVE, EnrolmentStatus, TrainingStatus, UnmetStatus
from app.text import words

#: programs named first; rows of «все подходящие» at once; courses that are recalled
SUGGESTED, SHOWN, RECALLED = 3, 30, 3


@dataclass(frozen=True, slots=True)
class Chosen:
    """A wish with its offer; ``note``: what has become of the program meanwhile; ``up``, ``down``: priorities of the neighbours."""

    row: m.PlanItem
    offer: Offered
    note: str = ""
    up: int | None = None
    down: int | None = None


@dataclass(frozen=True, slots=True)
class Learnt:
    """A course that the person has finished, on the portal or outside it and confirmed."""

    title: str
    hours: int
    ended_on: dt.date


@dataclass(frozen=True, slots=True)
class Suiting:
    """What suits a person: the best ones, then all that the search finds (cut); ``found``: how many it finds."""

    best: Sequence[Suggestion]
    rest: Sequence[Suggestion]
    found: int


@dataclass(frozen=True, slots=True)
class OwnPlan:
    """Everything of a person's year; ``taking`` says whether there is still a choice; ``ended``: wishes declined or withdrawn."""

    campaign: m.PlanCampaign
    taking: Decision
    chosen: Sequence[Chosen]
    ended: Sequence[Chosen]
    unmet: m.UnmetWish | None
    blocks: Sequence[YearBlock]
    missing: YearBlock | None
    suiting: Suiting
    learnt: Sequence[Learnt]

    @property
    def has_room(self) -> bool:
        """Whether another program may be chosen."""
        return len(self.chosen) < self.campaign.wishes_most


def of_person(employee_id: int, *, typed: str = "") -> OwnPlan | None:
    """Return the plan that concerns the person now; None while there is no campaign. ``typed``: a search among what suits."""
    campaign = campaigns.current()
    if campaign is None:
        return None
    items = planners.held_items(campaign.id, [employee_id])
    found, places = planners.planners_of(campaign, [employee_id], items)
    planner, taking = found[employee_id], campaigns.is_taking(campaign)
    chosen, ended = _wishes(campaign, employee_id, places[employee_id])
    return OwnPlan(
        campaign=campaign,
        taking=taking,
        chosen=chosen,
        ended=ended,
        unmet=_unmet(campaign.id, employee_id),
        blocks=planner.blocks,
        missing=misses_required(planner.chosen, planner.blocks),
        suiting=suiting(campaign, planner, typed) if taking.allowed else Suiting((), (), 0),
        learnt=_learnt(employee_id),
    )


def own_employee_id() -> int:
    """Return the acting user's card; raises Invalid for an account without one."""
    found = current_actor().employee_id
    if found is None:
        raise Invalid("К вашей учётной записи карточка работника не привязана: плана обучения здесь нет.")
    return found


# --- what is chosen --------------------------------------------------------------------------------------------------


def _wishes(
    campaign: m.PlanCampaign, employee_id: int, places: Sequence[m.Employment]
) -> tuple[list[Chosen], list[Chosen]]:
    """The wishes that count, by priority, and those that ended, the latest first."""
    item = m.PlanItem
    statement = select(item).where(item.campaign_id == campaign.id, item.employee_id == employee_id)
    with unscoped("the wishes of a person whom the actor plans for"):
        rows = list(db.session.scalars(statement.order_by(item.priority, item.id)))
    shown = {row.id: row for row in offers.offered(campaign.id, only=sorted({row.offer_id for row in rows}))}
    held = [row for row in rows if row.status in PLAN_HELD]
    movable = [row for row in held if row.status in PLAN_LIVE]
    chosen = [
        Chosen(
            row,
            shown[row.offer_id],
            note_of(row, shown[row.offer_id], places),
            *_neighbours(row, movable),
        )
        for row in held
    ]
    again = {row.offer_id for row in held}
    ended = [row for row in rows if row.status not in PLAN_HELD and row.offer_id not in again]
    return chosen, [Chosen(row, shown[row.offer_id]) for row in reversed(ended)]


def _neighbours(row: m.PlanItem, movable: Sequence[m.PlanItem]) -> tuple[int | None, int | None]:
    if row not in movable:
        return None, None
    at = movable.index(row)
    up = movable[at - 1].priority if at else None
    return up, movable[at + 1].priority if at + 1 < len(movable) else None


def note_of(row: m.PlanItem, offer: Offered, places: Sequence[m.Employment]) -> str:
    """Return what has changed since a wish was made, in a sentence; empty when all is as it was."""
    if row.status not in PLAN_LIVE:
        return ""
    if offer.wanted.taken_back:
        return offer.wanted.taken_back
    if row.months and not offer.wanted.months & set(row.months):
        return "Организатор изменил месяцы: в выбранные вами программу не проводят. Отметьте другие."
    # the place of the wish may be one that the acting user does not see: then the others say nothing of it
    own = [place for place in places if place.id == row.employment_id]
    if own and not suits(offer.wanted.targets, course_facts.workplace_of(own[0])).allowed:
        return "Программа изменилась и больше не подходит этому месту работы. Выберите другую."
    if row.program_id != offer.program_id:
        return "С тех пор вышла новая редакция программы: проверьте часы и месяцы."
    return ""


def _unmet(campaign_id: int, employee_id: int) -> m.UnmetWish | None:
    row = m.UnmetWish
    statement = select(row).where(
        row.campaign_id == campaign_id, row.employee_id == employee_id, row.status != UnmetStatus.WITHDRAWN
    )
    found: m.UnmetWish | None = db.session.scalars(statement).one_or_none()
    return found


# --- what suits ------------------------------------------------------------------------------------------------------


def suiting(campaign: m.PlanCampaign, planner: Planner, typed: str = "") -> Suiting:
    """Return the best programs that the person may choose now, and all that suit and hold the typed words."""
    taken = {wanted.offer_id for wanted in planner.chosen}
    found = [one for one in wishes.suggestions(campaign, planner) if one.offer.id not in taken]
    best = [one for one in found if one.decision.allowed][:SUGGESTED]
    sought = words(typed)
    rest = [one for one in found if _holds(one.offer, sought)] if sought else [one for one in found if one not in best]
    return Suiting(best, rest[:SHOWN], len(rest))


def _holds(offer: Offered, sought: Sequence[str]) -> bool:
    inside = " ".join(words(f"{offer.title} {offer.organizer} {offer.wanted.code}"))
    return all(word in inside for word in sought)


# --- what was learnt -------------------------------------------------------------------------------------------------


def _learnt(employee_id: int) -> list[Learnt]:
    row, group, program, outside = m.Enrolment, m.TrainingGroup, m.Program, m.Training
    on_portal = (
        select(program.title, program.hours, group.ends_on)
        .select_from(row)
        .join(group, group.id == row.group_id)
        .join(program, program.id == group.program_id)
        .where(row.employee_id == employee_id, row.status == EnrolmentStatus.TRAINED)
        .order_by(group.ends_on.desc())
        .limit(RECALLED)
    )
    elsewhere = (
        select(outside.title, outside.hours, outside.ended_on)
        .where(outside.employee_id == employee_id, outside.status == TrainingStatus.CONFIRMED)
        .order_by(outside.ended_on.desc())
        .limit(RECALLED)
    )
    with unscoped("what the person whom the actor plans for has learnt"):
        found = [Learnt(*values) for statement in (on_portal, elsewhere) for values in db.session.execute(statement)]
    return sorted(found, key=lambda one: one.ended_on, reverse=True)[:RECALLED]


# --- the start page --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Invitation:
    """A choice that is open: the year, days to the last one, how many programs the person has chosen."""

    year: int
    days_left: int
    chosen: int


def invitation(employee_id: int) -> Invitation | None:
    """Return what the start page says of the choice by one statement; None while there is none."""
    campaign, item, day = m.PlanCampaign, m.PlanItem, today()
    number = select(func.count()).where(
        item.campaign_id == campaign.id, item.employee_id == employee_id, item.status.in_(PLAN_HELD)
    )
    statement = (
        select(campaign, number.correlate(campaign).scalar_subquery())
        .where(campaign.opens_on <= day, campaign.closes_on >= day)
        .order_by(campaign.closes_on)
        .limit(1)
    )
    for row, chosen in db.session.execute(statement):
        if campaigns.is_taking(row).allowed:
            return Invitation(row.year, (row.closes_on - day).days, chosen)
    return None
