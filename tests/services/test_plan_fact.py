"""Plan and fact: each planned person is counted once by what became of them; an organizer sees its own figures, none under five."""

from __future__ import annotations

from typing import Any

import pytest

from app import models as m
from app.access import acting_as
from app.services.planning import plan_fact
from app.statuses import CampaignStatus, EnrolmentStatus, PlanItemStatus
from tests.services import makers as mk

E = EnrolmentStatus


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


@pytest.fixture
def plan(world: mk.World) -> Any:
    """Eight people in a group of the plan: trained, enrolled, expelled, withdrawn, invited, and three whom nobody has invited."""
    campaign = mk.make_campaign()
    offer = mk.make_offer(world.program, campaign)
    day = mk.dt.date(campaign.year, 3, 1)
    group = mk.make_group(world.program, starts_on=day, ends_on=day, enrol_from=day, enrol_until=day, capacity=25)
    people = world.more_people(8)
    for person in people:
        mk.make_plan_item(
            person, world.program, status=PlanItemStatus.INCLUDED, offer=offer, group_id=group.id, month=3
        )
    for person, status in zip(people, (E.TRAINED, E.CONFIRMED, E.EXPELLED, E.WITHDRAWN), strict=False):
        mk.make_enrolment(person, group, status=status)
    for person in people[:5]:
        told = {"kind": f"invited_to_{group.id}", "object_table": "employee", "object_id": person.employee.id}
        mk.save(m.ReminderSent(**told))
    mk.change(campaign, status=CampaignStatus.CLOSED)
    return campaign


def test_each_planned_person_is_counted_once(world: mk.World, plan: Any) -> None:
    with acting_as(world.operator):
        for cut in plan_fact.cuts():
            whole, *rest = plan_fact.lines(plan, cut)
            assert (whole.planned, whole.invited, whole.enrolled) == (8, 5, 3)
            assert list(whole.states.values()) == [1, 1, 1, 1, 1, 3]
            assert sum(line.planned or 0 for line in rest) == 8


def test_an_organizer_sees_its_own_and_no_small_figure(world: mk.World, plan: Any) -> None:
    with acting_as(world.organizer_actor):
        assert plan_fact.cuts() == ["offer"]
        whole, own = plan_fact.lines(plan, "offer")
    assert (whole.planned, whole.invited, whole.enrolled) == (8, 5, None)
    assert own.states["trained"] is None
    with acting_as(world.other_organizer):
        (nothing,) = plan_fact.lines(plan, "offer")
    assert (nothing.planned, nothing.states["trained"]) == (0, 0)
