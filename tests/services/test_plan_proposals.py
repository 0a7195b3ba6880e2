"""The proposal of groups: solved as work, changed by hand, written once, taken back until somebody is enrolled."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from app import models as m
from app.access import acting_as, unscoped
from app.clock import today
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.jobs import run_worker
from app.services.courses.enrolment import course_invitations
from app.services.planning import group_solver, proposal_edits, proposal_story, proposal_writing, proposals
from app.services.tasks import background
from app.statuses import CampaignStatus, EnrolmentStatus, GroupStatus, JobStatus, PlanItemStatus
from tests.concurrency.clients import run_at_once
from tests.services import makers as mk


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


@pytest.fixture
def plan(world: mk.World) -> Any:
    """A closed campaign: five people agreed on an offer of groups of two to three, in February and March."""
    campaign = mk.make_campaign()
    offer = mk.make_offer(world.program, campaign, seats=6, minimum=2, capacity=3, months=[2, 3])
    for person in world.more_people(5):
        mk.make_plan_item(person, world.program, status=PlanItemStatus.AGREED, offer=offer)
    mk.change(campaign, status=CampaignStatus.CLOSED)
    # the job asks the stored role
    mk.save(m.Assignment(user_id=world.operator.user_id, role="operator", valid_from=today()))
    return campaign


def solve(app: Flask, world: mk.World, plan: Any) -> m.BackgroundJob:
    with acting_as(world.operator):
        job = proposals.order(plan.id)
    run_worker(app, once=True)
    found: m.BackgroundJob = mk.fetch(m.BackgroundJob, job)
    return found


def groups() -> list[m.PlanProposalGroup]:
    return mk.rows(m.PlanProposalGroup)


def counts() -> tuple[int, int]:
    """Wishes in groups and left over."""
    rows = mk.rows(m.PlanProposalItem)
    return sum(row.proposal_group_id is not None for row in rows), sum(row.reason is not None for row in rows)


def test_solved_written_once_and_taken_back(app: Flask, world: mk.World, plan: Any) -> None:
    job = solve(app, world, plan)
    assert job.status == JobStatus.DONE, job.message
    assert job.message == "Групп: 2. Курс получат 5 из 5 человек, которых вообще можно обслужить. Не вошло заявок: 0."
    assert counts() == (5, 0)

    def press() -> int | str:
        try:
            return proposal_writing.write(plan.id)
        except Conflict as refusal:
            return refusal.message

    other = mk.make_actor("operator")
    results = run_at_once(app, [(world.operator, press), (other, press)])
    assert sorted(isinstance(one, int) for one in results) == [False, True]
    drafts = [row.group_id for row in groups()]
    made = [mk.fetch(m.TrainingGroup, pk) for pk in drafts]
    assert [(row.status, row.minimum, row.starts_on.weekday()) for row in made] == [(GroupStatus.DRAFT, 2, 0)] * 2
    assert {row.starts_on.month for row in made} <= {2, 3}
    assert all(row.starts_on.year == plan.year and row.number for row in made)
    items = mk.rows(m.PlanItem)
    assert all(row.status == PlanItemStatus.INCLUDED and row.group_id in drafts and row.month for row in items)
    with acting_as(world.operator):
        with pytest.raises(Conflict, match="уже записаны"):
            proposals.order(plan.id)
        with pytest.raises(Conflict, match="уже записаны"):
            proposal_edits.remove(plan.id, groups()[0].id)
        assert proposal_writing.take_back(plan.id) == 2
    assert all(mk.fetch(m.TrainingGroup, pk) is None for pk in drafts)
    assert {(row.status, row.group_id, row.month) for row in mk.rows(m.PlanItem)} == {
        (PlanItemStatus.AGREED, None, None)
    }
    with acting_as(world.operator):
        assert proposal_writing.write(plan.id) == 2
    first = mk.fetch(m.TrainingGroup, groups()[0].group_id)
    mk.make_enrolment(world.worker, first, status=EnrolmentStatus.APPLIED)
    with acting_as(world.operator), mk.nothing_changes(), pytest.raises(Conflict, match="уже записываются"):
        proposal_writing.take_back(plan.id)


def test_the_group_of_the_plan_invites_its_own_people_first(app: Flask, world: mk.World, plan: Any) -> None:
    solve(app, world, plan)
    with acting_as(world.operator):
        proposal_writing.write(plan.id)
    group = mk.fetch(m.TrainingGroup, groups()[0].group_id)
    mk.change(group, status=GroupStatus.OPEN, enrol_from=today(), enrol_until=group.starts_on)
    mine = {row.employee_id for row in mk.rows(m.PlanItem, m.PlanItem.group_id == group.id)}
    with acting_as(world.organizer_actor):
        assert course_invitations.invite(group.id) == len(mine)
        assert {row.employee_id for row in mk.rows(m.Notice, m.Notice.employee_id.is_not(None))} == mine
        assert course_invitations.invite(group.id) == 5 - len(mine)


def test_a_hand_moves_locks_and_breaks(app: Flask, world: mk.World, plan: Any) -> None:
    solve(app, world, plan)
    first, second = groups()
    other = 5 - first.month
    with acting_as(world.operator):
        moved = proposal_edits.move(plan.id, first.id, other)
        assert (moved.month, moved.locked) == (other, True)
        with pytest.raises(Invalid) as refused:
            proposal_edits.change(plan.id, first.id, month=7, place=99, size=9, locked=False)
        assert set(refused.value.fields) == {"month", "place", "size"}
        with unscoped("tests"):
            (member, *_rest) = proposal_story.members(proposals.lock(plan.id), group_id=second.id)
        proposal_edits.move_person(plan.id, member.item_id, None)
        people = len(_rest)
        found = proposal_edits.broken(plan.id)
        if people < 2:
            assert [(one.rule, one.groups) for one in found] == [("few", (second.id,))]
            with pytest.raises(Conflict, match="нарушает правила"):
                proposal_writing.write(plan.id)
    solve(app, world, plan)
    kept = mk.fetch(m.PlanProposalGroup, first.id)
    assert (kept.month, kept.locked) == (other, True)
    assert mk.fetch(m.PlanProposalGroup, second.id) is None
    assert counts() == (5, 0)
    with acting_as(world.operator):
        assert proposal_edits.broken(plan.id) == []
        proposal_edits.remove(plan.id, first.id)
    assert counts()[1] >= 2


def test_nothing_is_written_by_a_solver_that_is_killed_or_cancelled(
    app: Flask, world: mk.World, plan: Any, monkeypatch: Any
) -> None:
    def dies(*_: Any) -> None:
        raise background.Stopped

    monkeypatch.setattr(group_solver, "propose", dies)
    solve(app, world, plan)
    assert (groups(), mk.rows(m.PlanProposal), mk.rows(m.PlanProposalItem)) == ([], [], [])


def test_who_may_and_when(world: mk.World, plan: Any) -> None:
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises((Forbidden, NotFound)):
        proposals.order(plan.id)
    mk.change(plan, status=CampaignStatus.OPEN)
    with acting_as(world.operator), mk.nothing_changes(), pytest.raises(Conflict, match="когда выбор курсов окончен"):
        proposals.order(plan.id)
