"""People, schools and the organizer act in any order on two groups of one program: seats, quotas, blocks and чеки stay right."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as s
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.actor import Actor
from app.clock import now, today
from app.errors import PortalError
from app.services.courses.enrolment import enrolments, group_transfers, seats, waiting_list
from app.services.courses.group import groups
from app.services.voucher import vouchers
from tests.services import makers as mk

DAY = dt.timedelta(days=1)
PEOPLE, GROUPS = range(5), range(2)
_E = st.EnrolmentStatus


class Enrolments(RuleBasedStateMachine):
    """Five people with a чек each, two schools, two groups of two and three seats, one of them with a quota of one."""

    @initialize()
    def begin(self) -> None:
        """A world of its own for each example."""
        with acting_as(mk.SYSTEM):
            self.world = mk.make_world(capacity=2)
            self.second = mk.make_organization()
            second = mk.make_group(
                self.world.program, capacity=3, starts_on=today() + 40 * DAY, ends_on=today() + 45 * DAY
            )
            self.groups = [self.world.group, second]
            mk.save(m.GroupQuota(group_id=second.id, organization_id=self.second.id, seats=1))
            homes = [self.world.school, self.world.school, self.second, self.second, self.second]
            self.people = [mk.make_person(home) for home in homes]
            for person in self.people:
                mk.make_voucher(person.employee)
            self.schools = [self.world.responsible, mk.make_actor("school", self.second)]

    def _try(self, actor: Actor, call: Callable[[], Any]) -> None:
        """Act; a refusal is an answer, anything else fails the test."""
        with acting_as(actor), contextlib.suppress(PortalError):
            call()

    def _school_of(self, person: int) -> Actor:
        return self.schools[0 if person < 2 else 1]

    def _rows(self, person: int) -> list[m.Enrolment]:
        with acting_as(mk.SYSTEM):
            return mk.rows(m.Enrolment, m.Enrolment.employee_id == self.people[person].employee.id)

    def _newest(self, person: int) -> int:
        rows = self._rows(person)
        return rows[-1].id if rows else 0

    @rule(person=s.sampled_from(PEOPLE), group=s.sampled_from(GROUPS))
    def enrol(self, person: int, group: int) -> None:
        """The person enrols."""
        one = self.people[person]
        self._try(one.actor, lambda: enrolments.enrol(one.employee.id, self.groups[group].id))

    @rule(group=s.sampled_from(GROUPS), mode=s.sampled_from(list(st.BulkMode)), wait=s.booleans())
    def enrol_all(self, group: int, mode: st.BulkMode, wait: bool) -> None:
        """The second school enrols its three people at once."""
        ids = [p.employee.id for p in self.people[2:]]
        self._try(self.schools[1], lambda: enrolments.enrol_many(ids, self.groups[group].id, mode=mode, wait=wait))

    @rule(person=s.sampled_from(PEOPLE))
    def withdraw(self, person: int) -> None:
        """The person takes the newest enrolment back."""
        self._try(self.people[person].actor, lambda: enrolments.withdraw(self._newest(person)))

    @rule(person=s.sampled_from(PEOPLE))
    def agree(self, person: int) -> None:
        """The school agrees."""
        self._try(self._school_of(person), lambda: enrolments.agree(self._newest(person)))

    @rule(person=s.sampled_from(PEOPLE))
    def confirm(self, person: int) -> None:
        """The organizer confirms."""
        self._try(self.world.organizer_actor, lambda: enrolments.confirm(self._newest(person)))

    @rule(person=s.sampled_from(PEOPLE))
    def reject(self, person: int) -> None:
        """The organizer rejects."""
        self._try(self.world.organizer_actor, lambda: enrolments.reject(self._newest(person), "Нет документов"))

    @rule(person=s.sampled_from(PEOPLE))
    def accept(self, person: int) -> None:
        """The person takes the offered seat."""
        self._try(self.people[person].actor, lambda: waiting_list.accept(self._newest(person)))

    @rule(person=s.sampled_from(PEOPLE))
    def let_the_offer_pass(self, person: int) -> None:
        """The term of the person's offer ends, and the job looks."""
        with acting_as(mk.SYSTEM):
            for row in self._rows(person):
                if row.status == _E.OFFERED:
                    mk.change(row, offer_until=now() - DAY)
            waiting_list.pass_offers()

    @rule(person=s.sampled_from(PEOPLE), group=s.sampled_from(GROUPS))
    def transfer(self, person: int, group: int) -> None:
        """The organizer moves the person to another group."""
        call = lambda: group_transfers.transfer(self._newest(person), self.groups[group].id)  # noqa: E731
        self._try(self.world.organizer_actor, call)

    @rule(person=s.sampled_from(PEOPLE))
    def annul(self, person: int) -> None:
        """The operator annuls the person's чек, which a reserved block forbids."""
        with acting_as(mk.SYSTEM):
            voucher = mk.rows(m.Voucher, m.Voucher.employee_id == self.people[person].employee.id)[0]
        self._try(self.world.operator, lambda: vouchers.annul(voucher.id, "Ошибка"))

    @rule()
    def close(self) -> None:
        """The organizer closes the enrolment of the first group."""
        self._try(self.world.organizer_actor, lambda: groups.close(self.groups[0].id))

    @rule()
    def cancel(self) -> None:
        """The organizer cancels the second group."""
        self._try(self.world.organizer_actor, lambda: groups.cancel(self.groups[1].id, "Нет преподавателя"))

    @rule()
    def tend(self) -> None:
        """The job tends the waiting lists."""
        with acting_as(mk.SYSTEM):
            waiting_list.tend()

    @invariant()
    def seats_are_counted(self) -> None:
        """``taken`` of groups and quotas equals the live enrolments, never above what there is (guard 1)."""
        with acting_as(mk.SYSTEM):
            ids = [group.id for group in self.groups]
            seated = mk.rows(m.Enrolment, m.Enrolment.group_id.in_(ids), m.Enrolment.status.in_(st.SEAT_HOLDING))
            for group in mk.rows(m.TrainingGroup, m.TrainingGroup.id.in_(ids)):
                assert group.taken == sum(row.group_id == group.id for row in seated) <= group.capacity
            for quota in mk.rows(m.GroupQuota, m.GroupQuota.group_id.in_(ids)):
                assert quota.taken == sum(row.quota_id == quota.id for row in seated) <= quota.seats

    @invariant()
    def blocks_belong_to_one_enrolment(self) -> None:
        """A reserved block is held by one live enrolment, any other by none (guard 2)."""
        with acting_as(mk.SYSTEM):
            ids = [p.employee.id for p in self.people]
            holders: dict[int, int] = {}
            for row in mk.rows(m.Enrolment, m.Enrolment.employee_id.in_(ids)):
                if row.status in st.BLOCK_HOLDING:
                    assert row.block_id is not None
                    holders[row.block_id] = holders.get(row.block_id, 0) + 1
            vouchers_of = mk.rows(m.Voucher, m.Voucher.employee_id.in_(ids))
            for voucher in vouchers_of:
                for block in mk.blocks_of(voucher):
                    assert (block.status == st.BlockStatus.RESERVED) == (holders.get(block.id, 0) == 1)
                    assert holders.get(block.id, 0) <= 1

    @invariant()
    def one_live_enrolment_in_a_group(self) -> None:
        """Nobody is twice in a group; an offer has its term."""
        for person in PEOPLE:
            live = [row for row in self._rows(person) if row.status not in st.ENROLMENT_ENDED]
            assert len({row.group_id for row in live}) == len(live)
            assert all((row.status == _E.OFFERED) == (row.offer_until is not None) for row in live)


_CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def _run(examples: int) -> None:
    how = settings(
        max_examples=examples,
        stateful_step_count=18,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=_CHECKS,
        phases=[Phase.explicit, Phase.generate],
    )
    run_state_machine_as_test(Enrolments, settings=how)


def test_enrolments_at_random(app: Flask, session: Any) -> None:
    _run(12)
    assert enrolments.recount() == 0


def test_the_machine_sees_a_seat_that_is_not_given_back(
    app: Flask, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seats, "give_back_seats", lambda *_args: None)
    with pytest.raises(AssertionError):
        _run(12)
