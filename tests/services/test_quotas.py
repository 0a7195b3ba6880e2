"""Quotas of a group: which counts, who is beyond it, where it is given back."""

from __future__ import annotations

from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.services.courses.enrolment import enrolments, waiting_list
from app.services.courses.group import groups
from tests.services import makers as mk

E = st.EnrolmentStatus


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world(capacity=5)


def enrol(person: mk.Person, group: Any) -> Any:
    with acting_as(person.actor):
        return enrolments.enrol(person.employee.id, group.id)


def taken(quota: Any) -> int:
    return int(mk.fetch(m.GroupQuota, quota.id).taken)


def fresh(row: Any) -> Any:
    return mk.fetch(m.Enrolment, row.id)


def test_beyond_the_quota_waits_while_others_are_enrolled(world: mk.World) -> None:
    quota = mk.make_quota(world.group, organization=world.school, seats=1)
    (first,) = world.more_people(1)
    held, beyond = enrol(first, world.group), enrol(world.worker, world.group)
    stranger = mk.make_person(mk.make_organization())
    mk.make_voucher(stranger.employee)
    other = enrol(stranger, world.group)
    assert [row.status for row in (held, beyond, other)] == [E.APPLIED, E.WAITING, E.APPLIED]
    assert (held.quota_id, beyond.quota_id, other.quota_id) == (quota.id, None, None)
    assert (taken(quota), mk.fetch(m.TrainingGroup, world.group.id).taken) == (1, 2)
    assert enrolments.recount() == 0
    with acting_as(world.worker.actor):
        why = waiting_list.explain(beyond.id)
    assert why is not None and why.reasons == (f"Места по квоте организации «{world.school}» заняты: 1 из 1.",)


def test_withdrawal_gives_the_quota_to_the_next_of_it(world: mk.World) -> None:
    quota = mk.make_quota(world.group, organization=world.school, seats=1)
    (first,) = world.more_people(1)
    held, beyond = enrol(first, world.group), enrol(world.worker, world.group)
    with acting_as(first.actor):
        enrolments.withdraw(held.id)
    assert (fresh(beyond).status, fresh(beyond).quota_id, taken(quota)) == (E.OFFERED, quota.id, 1)
    assert enrolments.recount() == 0


def test_most_specific_quota_counts_alone(world: mk.World) -> None:
    unit = mk.make_organization(parent=world.school)
    person = mk.make_person(unit)
    mk.make_voucher(person.employee)
    territory = mk.make_quota(world.group, territory=world.school.territory, seats=5)
    assert enrol(world.worker, world.group).quota_id == territory.id
    head = mk.make_quota(world.group, organization=world.school, seats=5)
    assert enrol(person, world.group).quota_id == head.id
    (third,) = [mk.make_person(unit)]
    mk.make_voucher(third.employee)
    own = mk.make_quota(world.group, organization=unit, seats=5)
    assert enrol(third, world.group).quota_id == own.id
    assert (taken(territory), taken(head), taken(own)) == (1, 1, 1)
    assert enrolments.recount() == 0


def test_cancelled_group_frees_its_quotas(world: mk.World) -> None:
    quota = mk.make_quota(world.group, organization=world.school, seats=2)
    enrol(world.worker, world.group)
    with acting_as(world.organizer_actor):
        groups.cancel(world.group.id, "Не набрана")
    assert taken(quota) == 0
    assert enrolments.recount() == 0


def test_recount_finds_a_quota_that_differs(world: mk.World) -> None:
    quota = mk.make_quota(world.group, organization=world.school, seats=2)
    enrol(world.worker, world.group)
    mk.change(quota, taken=2)
    assert enrolments.recount() == 1
