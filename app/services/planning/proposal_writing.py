"""A proposal written in one step: draft groups, wishes included with month and group; taken back until the first enrolment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import func, select, update

from app import models as m
from app.access import current_actor, get_visible, unscoped
from app.audit import record
from app.clock import now, today
from app.errors import Conflict
from app.extensions import db
from app.russian import count, quoted
from app.services.planning import proposal_edits, proposals
from app.services.planning.group_demand import COUNTED
from app.services.planning.proposals import RIGHT
from app.services.portal import records, transitions
from app.services.portal.calendar import working_calendar
from app.services.tasks import background
from app.statuses import CampaignStatus, PlanItemStatus
from app.unit_of_work import refuse_during_maintenance, use_case

WRITING, TAKING_BACK = "plan_write", "plan_take_back"
#: more wishes than that are written as work
AT_ONCE = 300
#: a draft's dates until its organizer says better: hours of a week, how long before the classes people enrol, and until when
_WEEK_HOURS, _ENROL_DAYS, _BEFORE = 36, 60, 14
_DISTANCE = "дистанционно"

Tell = Callable[[int], None]


def why_not_write(proposal: m.PlanProposal) -> str:
    """Return why the groups cannot be written now; empty while they can."""
    if proposal.written_at is not None:
        who = f" ({proposal.written_by.full_name})" if proposal.written_by else ""
        return f"Группы уже записаны{who}."
    if proposal.campaign.status not in (CampaignStatus.CLOSED, CampaignStatus.APPROVED):
        return "Выбор курсов продлён: заявки ещё меняются. Записать группы можно, когда он окончится."
    return ""


@use_case
def write(campaign_id: int, tell: Tell = lambda done: None) -> int:
    """Make a draft of each group and include its wishes; return how many groups.

    Raises Conflict when another operator has written them, when the choice was reopened, when there is nothing to write, or
    while the proposal breaks a rule. Wishes that do not count any more are passed over.
    """
    get_visible(db.session, m.PlanCampaign, campaign_id, RIGHT)
    proposal = proposals.lock(campaign_id)
    sentence = why_not_write(proposal)
    if not sentence and proposal_edits.broken(campaign_id):
        sentence = "План нарушает правила, они перечислены на странице. Исправьте группы или решите заново."
    found = proposals.groups_of(campaign_id)
    if not sentence and not found:
        sentence = "Записывать нечего: в плане нет ни одной группы."
    if sentence:
        raise Conflict(sentence)
    with unscoped("groups are made of all wishes of the region"):
        waiting = dict(db.session.execute(_waiting(proposal.id)).all())
        done = 0
        for row, group in found:
            made = _draft(row)
            row.group_id = made.id
            for pk in (pk for pk in group.wishes if pk in waiting):
                _include(pk, waiting[pk], month=row.month, group_id=made.id)
                done += 1
                tell(done)
    proposal.written_at, proposal.written_by_id = now(), current_actor().user_id
    db.session.flush()
    record("plan_proposal.groups_written", proposal, {"Групп": ("", str(len(found))), "Людей": ("", str(done))})
    return len(found)


def _include(pk: int, status: PlanItemStatus, *, month: int, group_id: int) -> None:
    """Include a wish; one that somebody has put into the plan already gets its month and group only."""
    if status == PlanItemStatus.AGREED:
        decided: dict[str, Any] = {"decided_at": now(), "decided_by_id": current_actor().user_id}
        transitions.follow(m.PlanItem, pk, "include", month=month, group_id=group_id, **decided)
        return
    statement = update(m.PlanItem).where(m.PlanItem.id == pk).values(month=month, group_id=group_id)
    db.session.execute(statement.execution_options(synchronize_session=False))


def _waiting(proposal_id: int) -> Any:
    """Wishes of the proposal's groups that count still, locked by rising person."""
    item, link = m.PlanItem, m.PlanProposalItem
    return (
        select(item.id, item.status)
        .where(
            item.id.in_(
                select(link.item_id).where(link.proposal_id == proposal_id, link.proposal_group_id.is_not(None))
            ),
            item.status.in_(COUNTED),
        )
        .order_by(item.employee_id, item.id)
        .with_for_update()
    )


def _draft(row: m.PlanProposalGroup) -> m.TrainingGroup:
    """The draft of a group; its organizer sets the days right before opening it."""
    program, year = row.offer.program, row.proposal.campaign.year
    starts_on = first_working_monday(year, row.month)
    weeks = -(-program.hours // _WEEK_HOURS)
    enrol_until = starts_on - dt.timedelta(days=_BEFORE)
    values = {
        "program": program,
        "starts_on": starts_on,
        "ends_on": starts_on + dt.timedelta(days=7 * weeks - 3),
        "enrol_from": min(max(today(), starts_on - dt.timedelta(days=_ENROL_DAYS)), enrol_until),
        "enrol_until": enrol_until,
        "place": str(row.municipality) if row.municipality else _DISTANCE,
        "municipality_id": row.municipality_id,
        "capacity": row.size,
        "minimum": min(row.offer.minimum, row.size),
    }
    return records.create(m.TrainingGroup, values)


def first_working_monday(year: int, month: int) -> dt.date:
    """The first Monday of a month that is a working day; in a month without one its first working day."""
    calendar = working_calendar()
    first = dt.date(year, month, 1)
    days = [first + dt.timedelta(days=n) for n in range(28)]
    mondays = [day for day in days if day.weekday() == 0 and calendar.is_workday(day)]
    return (mondays or [day for day in days if calendar.is_workday(day)] or [first])[0]


# --- taking back -----------------------------------------------------------------------------------------------------


@use_case
def take_back(campaign_id: int, tell: Tell = lambda done: None) -> int:
    """Delete the drafts and make their wishes agreed again; return how many groups there were.

    Raises Conflict once anybody is enrolled in one of them, or while a schedule or another work of the organizer uses one.
    """
    get_visible(db.session, m.PlanCampaign, campaign_id, RIGHT)
    proposal = proposals.lock(campaign_id)
    if proposal.written_at is None:
        raise Conflict("Записанных групп нет: убирать нечего.")
    with unscoped("groups are made of all wishes of the region"):
        rows = [row for row, _ in proposals.groups_of(campaign_id) if row.group_id is not None]
        drafts = _lock_drafts([row.group_id for row in rows if row.group_id is not None])
        _leave_out([draft.id for draft in drafts], tell)
        for row in rows:
            row.group_id = None
        db.session.flush()
        for draft in drafts:
            records.delete(draft)
    proposal.written_at = proposal.written_by_id = None
    db.session.flush()
    record("plan_proposal.groups_unwritten", proposal, {"Групп": (str(len(drafts)), "")})
    return len(drafts)


def _lock_drafts(ids: Sequence[int]) -> list[m.TrainingGroup]:
    group, row = m.TrainingGroup, m.Enrolment
    statement = select(group).where(group.id.in_(ids)).order_by(group.id).with_for_update()
    drafts = list(db.session.scalars(statement.execution_options(populate_existing=True)))
    enrolled = db.session.scalars(
        select(group.number).where(group.id.in_(select(row.group_id).where(row.group_id.in_(ids)))).limit(1)
    ).first()
    if enrolled is not None:
        raise Conflict(f"В группу {quoted(enrolled)} уже записываются: убрать записанные группы больше нельзя.")
    return drafts


def _leave_out(group_ids: Sequence[int], tell: Tell) -> None:
    item = m.PlanItem
    statement = select(item.id, item.status).where(item.group_id.in_(group_ids)).order_by(item.employee_id, item.id)
    done = 0
    for pk, status in db.session.execute(statement.with_for_update()).all():
        if status == PlanItemStatus.INCLUDED:
            undecided: dict[str, Any] = {"decided_at": None, "decided_by_id": None}
            transitions.follow(m.PlanItem, pk, "leave_out", month=None, group_id=None, **undecided)
            done += 1
            tell(done)
    others = update(item).where(item.group_id.in_(group_ids)).values(group_id=None)
    db.session.execute(others.execution_options(synchronize_session=False))


# --- as work ---------------------------------------------------------------------------------------------------------


def is_long(campaign_id: int) -> bool:
    """Whether so many wishes are in groups that writing them is work for the queue."""
    return _size(campaign_id) > AT_ONCE


def order(campaign_id: int, kind: str) -> int:
    """Order the writing, or the taking back, as work; return its id."""
    refuse_during_maintenance()
    campaign = get_visible(db.session, m.PlanCampaign, campaign_id, RIGHT)
    title = f"{'Запись групп' if kind == WRITING else 'Отмена записи групп'}: {campaign}"
    return background.submit(kind, title, {"campaign_id": campaign_id}, total=_size(campaign_id), permission=RIGHT)


def _size(campaign_id: int) -> int:
    link, proposal = m.PlanProposalItem, m.PlanProposal
    statement = (
        select(func.count())
        .select_from(link)
        .join(proposal, proposal.id == link.proposal_id)
        .where(proposal.campaign_id == campaign_id, link.proposal_group_id.is_not(None))
    )
    return db.session.scalar(statement) or 0


def _write_as_work(work: background.Work) -> background.Outcome:
    made = write(work.parameters["campaign_id"], work.tell)
    return background.Outcome(f"Записано: {count(made, 'группа', 'группы', 'групп')}.")


def _take_back_as_work(work: background.Work) -> background.Outcome:
    gone = take_back(work.parameters["campaign_id"], work.tell)
    return background.Outcome(f"Убрано: {count(gone, 'группа', 'группы', 'групп')}. Заявки снова согласованы.")


background.KINDS[WRITING] = background.Kind(_write_as_work, changes_data=True)
background.KINDS[TAKING_BACK] = background.Kind(_take_back_as_work, changes_data=True)
