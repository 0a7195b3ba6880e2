"""Wishes for the next year: made by the person or by the responsible, agreed, declined, withdrawn (order § 3.4, 3.5).

Locks: campaign (shared), then people by rising id; so the same wish from two tabs is one, and none comes after the end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, update
from sqlalchemy.exc import SQLAlchemyError

from app import models as m
from app.access import current_actor, get_visible, get_writable
from app.audit import record
from app.clock import now, today
from app.errors import Conflict, Invalid, NotFound, PortalError
from app.extensions import db
from app.rules.decision import Decision
from app.rules.planning import Planner, has_month, may_wish, suits_any
from app.rules.suitability import suits
from app.services.courses.enrolment import course_facts
from app.services.personnel.cards import people
from app.services.personnel.employers import agreement
from app.services.planning import campaigns, offers, planners, wish_letters
from app.services.planning.offers import Offered
from app.services.portal import transitions
from app.statuses import PLAN_LIVE, EmployerAgreement
from app.unit_of_work import translate_database_error, use_case

#: who may make a wish for a person
RIGHT = "plan_item:add"
_NO_OFFER = "Этой программы в плане больше нет. Обновите страницу и выберите другую."


@use_case
def propose(
    employee_id: int, offer_id: int, *, months: Collection[int] = (), priority: int | None = None
) -> m.PlanItem:
    """Choose an offered program for a person; the same wish twice returns the one there is.

    ``months``: acceptable ones, none for any. ``priority``: a free one when not given. Raises Conflict with the rule's
    sentence or after the end, NotFound, Forbidden, Invalid for a priority that does not exist.
    """
    get_writable(db.session, m.Employee, employee_id, RIGHT)
    offer = get_visible(db.session, m.PlanOffer, offer_id, "plan_offer:show")
    campaign = campaigns.lock_for_wish(offer.campaign_id)
    people.lock_person(employee_id)
    items = planners.held_items(campaign.id, [employee_id])
    same = next((row for row in items[employee_id] if row.offer_id == offer_id), None)
    if same is not None:
        return same
    found, places = planners.planners_of(campaign, [employee_id], items)
    shown = _one(campaign.id, offer_id)
    decision = may_wish(shown.wanted, found[employee_id], campaigns.term_of(campaign), months=months, on=today())
    if not decision.allowed:
        raise Conflict(decision.reason)
    place = _fitting(shown, places[employee_id])
    return _insert(place, shown, campaign, _in_order(shown, months), _free_priority(items[employee_id], priority))


def _one(campaign_id: int, offer_id: int) -> Offered:
    found = offers.offered(campaign_id, only=[offer_id])
    if not found:
        raise Conflict(_NO_OFFER)
    return found[0]


def _fitting(shown: Offered, places: Sequence[m.Employment]) -> m.Employment:
    """The first place of work for which the program is meant."""
    return next(p for p in places if suits(shown.wanted.targets, course_facts.workplace_of(p)).allowed)


def _free_priority(items: Sequence[m.PlanItem], asked: int | None) -> int:
    taken = {row.priority for row in items}
    if asked is not None and not 1 <= asked <= 3:
        raise Invalid("Очередь желания — 1, 2 или 3.")
    if asked is not None and asked not in taken:
        return asked
    return next(n for n in (1, 2, 3) if n not in taken)


def _insert(
    place: m.Employment, shown: Offered, campaign: m.PlanCampaign, months: Sequence[int], priority: int
) -> m.PlanItem:
    row = m.PlanItem(
        campaign_id=campaign.id,
        employee_id=place.employee_id,
        employment_id=place.id,
        offer_id=shown.id,
        program_id=shown.program_id,
        block=shown.wanted.block,
        months=list(months),
        priority=priority,
        created_by_id=current_actor().user_id,
    )
    db.session.add(row)
    db.session.flush()
    record("plan_item.created", row, {"Программа": ("", shown.title)})
    return _agree_at_once(row, place, campaign)


def _agree_at_once(row: m.PlanItem, place: m.Employment, campaign: m.PlanCampaign) -> m.PlanItem:
    """Agree what needs nobody: by the campaign's rule, by the organization's, or because its responsible chose."""
    own = place.organization_id in agreement.own_schools()
    automatic = place.organization.employer_agreement == EmployerAgreement.AUTOMATIC
    if campaign.needs_agreement and not automatic and not own:
        return row
    return transitions.follow(m.PlanItem, row.id, "agree", agreed_by_id=current_actor().user_id if own else None)


# --- for many people -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WishResult:
    """What became of one person of a list: the wish, or the sentence why not."""

    employee_id: int
    item: m.PlanItem | None
    refusal: str = ""


@use_case
def propose_many(employee_ids: Iterable[int], offer_id: int, *, months: Collection[int] = ()) -> list[WishResult]:
    """Choose one program for several people; the refusal of one does not hinder the others. Results in the order given."""
    wanted = list(dict.fromkeys(employee_ids))
    if not wanted:
        raise Invalid("Отметьте работников, для которых выбираете программу.")
    results = {pk: _one_of_many(pk, offer_id, months) for pk in sorted(wanted)}
    return [results[pk] for pk in wanted]


def _one_of_many(employee_id: int, offer_id: int, months: Collection[int]) -> WishResult:
    get_writable(db.session, m.Employee, employee_id, RIGHT)
    try:
        with db.session.begin_nested():
            return WishResult(employee_id, propose(employee_id, offer_id, months=months))
    except PortalError as error:
        return WishResult(employee_id, None, error.message)
    except SQLAlchemyError as error:
        translated = translate_database_error(error)
        if translated is None:
            raise
        return WishResult(employee_id, None, translated.message)


# --- changes of one --------------------------------------------------------------------------------------------------


def own(employee_id: int, item_id: int) -> m.PlanItem:
    """Return a wish of this person; raises NotFound for one of anybody else."""
    row = get_visible(db.session, m.PlanItem, item_id, "plan_item:show")
    if row.employee_id != employee_id:
        raise NotFound("Такой заявки в плане нет.")
    return row


@use_case
def change(item_id: int, *, months: Collection[int], priority: int) -> m.PlanItem:
    """Change the acceptable months and the priority of a wish while people choose; who stands at the priority takes the old one.

    Raises Conflict once it is decided or the choice is over.
    """
    row = get_writable(db.session, m.PlanItem, item_id, RIGHT)
    get_writable(db.session, m.Employee, row.employee_id, RIGHT)
    campaign = campaigns.lock_for_wish(row.campaign_id)
    people.lock_person(row.employee_id)
    items = planners.held_items(campaign.id, [row.employee_id])[row.employee_id]
    row = transitions.read_fresh(m.PlanItem, item_id)
    if row.status not in PLAN_LIVE:
        raise Conflict(f"Заявку уже не изменить: её состояние — «{row.status.label}».")
    if not 1 <= priority <= 3:
        raise Invalid("Очередь желания — 1, 2 или 3.")
    shown = _one(campaign.id, row.offer_id)
    decision = has_month(shown.wanted, months)
    if not decision.allowed:
        raise Conflict(decision.reason)
    _reorder(row, items, priority)
    row.months = _in_order(shown, months)
    db.session.flush()
    record("plan_item.updated", row, {"Программа": ("", shown.title)})
    return row


def _in_order(shown: Offered, months: Collection[int]) -> list[int]:
    """The acceptable months that the offer has, in order: the first of them is where the wish counts (``demand``)."""
    return sorted(set(months) & shown.wanted.months)


def _reorder(row: m.PlanItem, items: Sequence[m.PlanItem], priority: int) -> None:
    """Give a wish its place; who stands there takes the former one, in one UPDATE."""
    other = next((item for item in items if item.priority == priority and item.id != row.id), None)
    if other is not None and other.status not in PLAN_LIVE:
        raise Conflict("На этом месте стоит желание, которое уже в плане: его очередь не меняется.")
    item, former = m.PlanItem, row.priority
    moved = {row.id: priority, **({other.id: former} if other is not None else {})}
    statement = update(item).where(item.id.in_(moved)).values(priority=case(moved, value=item.id))
    db.session.execute(statement.execution_options(synchronize_session=False))
    db.session.expire(row)


@transitions.performs(m.PlanItem, "withdraw")
@use_case
def withdraw(item_id: int) -> m.PlanItem:
    """Take a wish back while people choose: by the person, or by the responsible of the place of work."""
    row = get_writable(db.session, m.PlanItem, item_id, "plan_item:withdraw")
    campaigns.lock_for_wish(row.campaign_id)
    return transitions.move(m.PlanItem, item_id, "withdraw", decided_at=now(), decided_by_id=current_actor().user_id)


@transitions.performs(m.PlanItem, "agree")
@use_case
def agree(item_id: int) -> m.PlanItem:
    """Agree in the name of the head of the organization; the choice may be over by then, the plan may not be approved."""
    row = get_writable(db.session, m.PlanItem, item_id, "plan_item:agree")
    _insist_own_place(row)
    row = transitions.move(m.PlanItem, item_id, "agree", agreed_by_id=current_actor().user_id)
    wish_letters.tell_decided(row, "agree")
    return row


@transitions.performs(m.PlanItem, "decline")
@use_case
def decline(item_id: int, reason: str) -> m.PlanItem:
    """Decline a wish with a reason."""
    row = get_writable(db.session, m.PlanItem, item_id, "plan_item:decline")
    _insist_own_place(row)
    row = transitions.move(
        m.PlanItem, item_id, "decline", reason=reason, decided_at=now(), decided_by_id=current_actor().user_id
    )
    wish_letters.tell_decided(row, "decline")
    return row


def _insist_own_place(row: m.PlanItem) -> None:
    """The responsible of another of the person's places of work sees the wish but does not decide on it; an approved plan stays."""
    if not campaigns.may_agree(row.campaign):
        raise Conflict(f"План на {row.campaign.year} год утверждён: решения по заявкам в нём больше не меняются.")
    own = people.own_organizations(row.employee_id)
    if own is not None and row.employment.organization_id not in own:
        raise Conflict("Заявку согласует организация, от которой человек едет учиться, а не ваша.")


# --- what may be chosen ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An offer and what the rules say of it for one person."""

    offer: Offered
    decision: Decision


def suggestions(campaign: m.PlanCampaign, planner: Planner) -> list[Suggestion]:
    """Return the offers meant for the person, best first: what may be chosen, the required block, the own subject, the title."""
    term, day = campaigns.term_of(campaign), today()
    found = [
        Suggestion(offer, may_wish(offer.wanted, planner, term, on=day))
        for offer in offers.offered(campaign.id)
        if suits_any(offer.wanted, planner).allowed
    ]
    return sorted(found, key=lambda one: _rank(one, planner))


def _rank(one: Suggestion, planner: Planner) -> tuple[Any, ...]:
    wanted, targets = one.offer.wanted, one.offer.wanted.targets
    required = next((block for block in planner.blocks if block.required), None)
    pays_required = required is not None and wanted.block is not None and required.pays_for(wanted.block, wanted.hours)
    narrow = bool(targets.subjects) * 2 + bool(targets.positions)
    return (not one.decision.allowed, not pays_required, -narrow)
