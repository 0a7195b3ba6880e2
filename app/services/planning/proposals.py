"""Groups proposed out of the wishes of a closed campaign: ordered as work, solved, kept; locked groups stay (order § 3.3)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert, select

from app import models as m
from app.access import get_visible, unscoped
from app.audit import record
from app.clock import now
from app.errors import Conflict, NotFound
from app.extensions import db
from app.rules.plan_groups import Proposed
from app.services.planning import group_demand, group_solver
from app.services.tasks import background
from app.statuses import CampaignStatus
from app.unit_of_work import refuse_during_maintenance, use_case

#: who makes groups of a plan
RIGHT = "plan_campaign:groups"
WORK = "plan_groups"
#: progress is told in hundredths
_TOTAL = 100
_CHANGED = (
    "Пока портал считал, группы изменили вручную или уже записали. Ничего не записано: посмотрите на них и, если нужно, "
    "решите заново."
)


def find(campaign_id: int) -> m.PlanProposal | None:
    """Return the proposal of a campaign, None before the first one."""
    statement = select(m.PlanProposal).where(m.PlanProposal.campaign_id == campaign_id)
    found: m.PlanProposal | None = db.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    return found


def lock(campaign_id: int) -> m.PlanProposal:
    """Hold the proposal of a campaign while it changes; raises NotFound before the first one."""
    found = _locked(campaign_id)
    if found is None:
        raise NotFound("Групп плана ещё нет. Разложите заявки на группы.")
    return found


def _locked(campaign_id: int) -> m.PlanProposal | None:
    statement = select(m.PlanProposal).where(m.PlanProposal.campaign_id == campaign_id).with_for_update()
    found: m.PlanProposal | None = db.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    return found


def why_not_solve(campaign: m.PlanCampaign) -> str:
    """Return why groups cannot be proposed now; empty while they can."""
    if campaign.status not in (CampaignStatus.CLOSED, CampaignStatus.APPROVED):
        return "Группы составляют, когда выбор курсов окончен: до этого заявки ещё меняются."
    proposal = find(campaign.id)
    if proposal is not None and proposal.written_at is not None:
        return "Группы уже записаны. Чтобы разложить заявки заново, сначала уберите записанные группы."
    return ""


@use_case
def order(campaign_id: int) -> int:
    """Order the work that proposes groups; return its id. Raises Conflict while the choice lasts or once groups are written."""
    refuse_during_maintenance()
    campaign = get_visible(db.session, m.PlanCampaign, campaign_id, RIGHT)
    sentence = why_not_solve(campaign)
    if sentence:
        raise Conflict(sentence)
    title = f"Группы из заявок: {campaign}"
    return background.submit(WORK, title, {"campaign_id": campaign_id}, total=_TOTAL, permission=RIGHT)


def solve(work: background.Work) -> background.Outcome:
    """Propose groups for all that is not in a locked one; what was proposed before goes. Nothing is written until the end."""
    campaign = get_visible(db.session, m.PlanCampaign, work.parameters["campaign_id"], RIGHT)
    sentence = why_not_solve(campaign)
    if sentence:
        raise Conflict(sentence)
    before = _stamp(find(campaign.id))
    locked = locked_groups(campaign.id)
    demand = group_demand.read(campaign.id, locked=[group for _, group in locked])
    plan = group_solver.propose(demand, lambda done, total: work.tell(done * (_TOTAL - 1) // max(1, total)))
    proposal = _locked(campaign.id)
    if _stamp(proposal) != before:
        raise Conflict(_CHANGED)
    proposal = proposal or _new(campaign)
    proposal.people, proposal.bound, proposal.solved_at = plan.people, plan.bound, now()
    with unscoped("groups are made of all wishes of the region"):
        _keep(proposal.id, plan, {pk: group for (pk, _), group in zip(locked, demand.locked, strict=True)})
    record("plan_proposal.solved", proposal, {"Людей": ("", str(plan.people)), "Групп": ("", str(len(plan.groups)))})
    return background.Outcome(
        f"Групп: {len(plan.groups) + len(locked)}. Курс получат {plan.people} из {plan.bound} человек, которых вообще можно "
        f"обслужить. Не вошло заявок: {len(plan.left)}."
    )


background.KINDS[WORK] = background.Kind(solve, changes_data=True)


def _stamp(proposal: m.PlanProposal | None) -> tuple[dt.datetime | None, ...] | None:
    return None if proposal is None else (proposal.solved_at, proposal.edited_at, proposal.written_at)


def _new(campaign: m.PlanCampaign) -> m.PlanProposal:
    proposal = m.PlanProposal(campaign_id=campaign.id, people=0, bound=0, solved_at=now())
    db.session.add(proposal)
    db.session.flush()
    return proposal


def _keep(proposal_id: int, plan: group_solver.Plan, locked: dict[int, Proposed]) -> None:
    group, item = m.PlanProposalGroup, m.PlanProposalItem
    db.session.flush()
    db.session.execute(delete(item).where(item.proposal_id == proposal_id))
    db.session.execute(delete(group).where(group.proposal_id == proposal_id, group.locked.is_(False)))
    rows: list[dict[str, Any]] = [
        {"proposal_id": proposal_id, "item_id": wish, "proposal_group_id": pk, "reason": None}
        for pk, held in locked.items()
        for wish in held.wishes
    ]
    values = [
        {
            "proposal_id": proposal_id,
            "offer_id": one.offer,
            "month": one.month,
            "municipality_id": one.place,
            "size": one.size,
        }
        for one in plan.groups
    ]
    if values:
        made = db.session.scalars(insert(group).returning(group.id, sort_by_parameter_order=True), values)
        for pk, one in zip(made.all(), plan.groups, strict=True):
            rows += [
                {"proposal_id": proposal_id, "item_id": wish, "proposal_group_id": pk, "reason": None}
                for wish in one.wishes
            ]
    rows += [
        {"proposal_id": proposal_id, "item_id": wish, "proposal_group_id": None, "reason": reason}
        for wish, reason in plan.left.items()
    ]
    if rows:
        db.session.execute(insert(item), rows)


# --- what stands -----------------------------------------------------------------------------------------------------


def locked_groups(campaign_id: int) -> list[tuple[int, Proposed]]:
    """Return the locked groups with their ids."""
    return [(row.id, group) for row, group in groups_of(campaign_id) if row.locked]


def groups_of(campaign_id: int) -> list[tuple[m.PlanProposalGroup, Proposed]]:
    """Return the groups of a campaign's proposal, by offer and month, with what the rules ask of them."""
    group, item = m.PlanProposalGroup, m.PlanProposalItem
    proposal = find(campaign_id)
    if proposal is None:
        return []
    rows: Sequence[m.PlanProposalGroup] = db.session.scalars(
        select(group).where(group.proposal_id == proposal.id).order_by(group.offer_id, group.month, group.id)
    ).all()
    members: dict[int, list[int]] = defaultdict(list)
    statement = select(item.proposal_group_id, item.item_id).where(
        item.proposal_id == proposal.id, item.proposal_group_id.is_not(None)
    )
    for pk, wish in db.session.execute(statement.order_by(item.item_id)):
        members[pk].append(wish)
    return [(row, proposed(row, members[row.id])) for row in rows]


def proposed(row: m.PlanProposalGroup, wishes: Sequence[int]) -> Proposed:
    """A group as the rules ask of it."""
    return Proposed(offer=row.offer_id, month=row.month, place=row.municipality_id, size=row.size, wishes=tuple(wishes))
