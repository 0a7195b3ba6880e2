"""A proposal of groups changed by hand: month, place, seats, lock, removal, a person moved; what that breaks is shown at once."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, update

from app import models as m
from app.access import get_visible, unscoped
from app.audit import record
from app.clock import now
from app.errors import Conflict, Invalid, NotFound
from app.extensions import db
from app.labels import MONTHS
from app.rules.plan_groups import Broken, broken_rules
from app.russian import count
from app.services.planning import group_demand, proposals
from app.services.planning.proposals import RIGHT
from app.unit_of_work import use_case

_GONE = "Этой группы в плане больше нет: его решили заново. Обновите страницу."


@use_case
def change(
    campaign_id: int, group_id: int, *, month: int, place: int | None, size: int, locked: bool
) -> m.PlanProposalGroup:
    """Change a group; raises Invalid by field for a month or a place that the offer has not, or an impossible size."""
    row = _hold(campaign_id, group_id)
    errors: dict[str, list[str]] = {}
    if month not in row.offer.months:
        errors["month"] = [f"Организатор учит по этой программе в другие месяцы: {_months(row.offer.months)}."]
    if place not in places_of(row.offer):
        errors["place"] = ["Там организатор по этой программе не учит."]
    if not 1 <= size <= row.offer.capacity:
        errors["size"] = [f"Мест в группе этой программы — от 1 до {row.offer.capacity}."]
    people = _people_in(row.id)
    if size < people and "size" not in errors:
        errors["size"] = [f"В группе уже {count(people, 'человек', 'человека', 'человек')}: сначала переведите лишних."]
    if errors:
        raise Invalid(" ".join(sentence for found in errors.values() for sentence in found), fields=errors)
    row.month, row.municipality_id, row.size, row.locked = month, place, size, locked
    _edited(row.proposal)
    return row


@use_case
def move(campaign_id: int, group_id: int, month: int) -> m.PlanProposalGroup:
    """Put a group into another month of its offer; it is locked there, so that solving again leaves it."""
    row = _hold(campaign_id, group_id)
    return change(campaign_id, group_id, month=month, place=row.municipality_id, size=row.size, locked=True)


@use_case
def lock(campaign_id: int, group_id: int, *, locked: bool) -> m.PlanProposalGroup:
    """Lock a group, so that solving again leaves it as it is, or unlock it."""
    row = _hold(campaign_id, group_id)
    row.locked = locked
    _edited(row.proposal)
    return row


@use_case
def remove(campaign_id: int, group_id: int) -> None:
    """Remove a group; its people are left over until the plan is solved again."""
    row = _hold(campaign_id, group_id)
    item, proposal = m.PlanProposalItem, row.proposal
    statement = update(item).where(item.proposal_group_id == row.id).values(proposal_group_id=None, reason="hand")
    db.session.execute(statement.execution_options(synchronize_session=False))
    db.session.delete(row)
    _edited(proposal)


@use_case
def move_person(campaign_id: int, item_id: int, group_id: int | None) -> None:
    """Put a wish into a group of its offer, or leave it over (None); raises Conflict for another offer's or a full group."""
    proposal = _open(campaign_id)
    item = m.PlanProposalItem
    row = db.session.scalars(select(item).where(item.proposal_id == proposal.id, item.item_id == item_id)).one_or_none()
    if row is None:
        raise NotFound("Этой заявки среди заявок плана нет.")
    if group_id is None:
        row.proposal_group_id, row.reason = None, "hand"
    else:
        group = _hold(campaign_id, group_id)
        if group.offer_id != row.item.offer_id:
            raise Conflict("Человек выбрал другую программу: в эту группу его не перевести.")
        if row.proposal_group_id != group.id and _people_in(group.id) >= group.size:
            raise Conflict("В этой группе все места заняты. Добавьте в неё места или выберите другую.")
        row.proposal_group_id, row.reason = group.id, None
    _edited(proposal)


def broken(campaign_id: int) -> list[Broken]:
    """Return what the proposal breaks, with the ids of its groups; one that nobody touched is sound as it was solved."""
    proposal = proposals.find(campaign_id)
    if proposal is None or proposal.edited_at is None:
        return []
    found = proposals.groups_of(campaign_id)
    wishes = [pk for _, group in found for pk in group.wishes]
    demand = group_demand.read(campaign_id, locked=[group for _, group in found], only=wishes)
    ids = [row.id for row, _ in found]
    return [
        Broken(
            rule=one.rule,
            of=one.of,
            month=one.month,
            have=one.have,
            most=one.most,
            groups=tuple(ids[n] for n in one.groups),
        )
        for one in broken_rules(demand, demand.locked)
    ]


def places_of(offer: m.PlanOffer) -> Sequence[int | None]:
    """Municipalities in which an offer is taught, None for study at a distance."""
    if offer.program.distance:
        return (None,)
    return tuple(offer.municipality_ids) or (offer.organizer.municipality_id,)


def _open(campaign_id: int) -> m.PlanProposal:
    """Hold the proposal for a change by hand; raises Conflict once its groups are written."""
    get_visible(db.session, m.PlanCampaign, campaign_id, RIGHT)
    proposal = proposals.lock(campaign_id)
    if proposal.written_at is not None:
        raise Conflict("Группы уже записаны: меняйте их в карточках групп или уберите записанные и правьте план.")
    return proposal


def _hold(campaign_id: int, group_id: int) -> m.PlanProposalGroup:
    proposal = _open(campaign_id)
    row = find_group(proposal, group_id)
    if row is None:
        raise NotFound(_GONE)
    return row


def find_group(proposal: m.PlanProposal, group_id: int) -> m.PlanProposalGroup | None:
    """Return a group of a proposal by its id."""
    group = m.PlanProposalGroup
    statement = select(group).where(group.id == group_id, group.proposal_id == proposal.id)
    with unscoped("the offer of a group, whatever became of it"):
        found: m.PlanProposalGroup | None = db.session.scalars(statement).one_or_none()
    return found


def _people_in(group_id: int) -> int:
    item = m.PlanProposalItem
    return db.session.scalar(select(func.count()).select_from(item).where(item.proposal_group_id == group_id)) or 0


def _edited(proposal: m.PlanProposal) -> None:
    proposal.edited_at = now()
    db.session.flush()
    record("plan_proposal.updated", proposal)


def _months(months: Sequence[int]) -> str:
    return ", ".join(MONTHS[str(month)] for month in sorted(months))
