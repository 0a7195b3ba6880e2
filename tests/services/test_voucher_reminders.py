"""Reminders 90 and 30 days before the end of a чек, and its end at midnight of Samara."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

import pytest
import time_machine
from flask import Flask

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import today
from app.errors import Conflict
from app.services.courses.enrolment import enrolments
from app.services.portal import settings
from app.services.voucher import voucher_reminders, voucher_replacement, vouchers
from tests.concurrency.clients import run_at_once
from tests.services import makers as mk

ISSUED = 900 * mk.DAY


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


def ends_in(voucher: Any, days: int) -> Any:
    return mk.change(voucher, issued_on=today() - ISSUED, valid_until=today() + days * mk.DAY)


def letters() -> list[str]:
    return [letter.subject for letter in mk.rows(m.Letter)]


@pytest.mark.parametrize(("days", "told"), [(91, 0), (90, 1), (31, 1), (30, 1), (0, 1), (-1, 0)])
def test_person_is_reminded_within_the_days(world: mk.World, days: int, told: int) -> None:
    ends_in(world.voucher, days)
    assert voucher_reminders.remind() == told
    assert len(letters()) == told


def test_letter_says_until_when_and_what_is_free(world: mk.World) -> None:
    ends_in(world.voucher, 30)
    first = mk.blocks_of(world.voucher)[0]
    mk.change(first, status=st.BlockStatus.USED)
    voucher_reminders.remind()
    (letter,) = mk.rows(m.Letter)
    assert (letter.recipient, letter.template) == (world.worker.employee.email, "voucher_expiring")
    assert f"№ {world.voucher.number}" in letter.subject
    assert "через 30\xa0дней" in letter.body
    assert "вариативный блок 1" in letter.body
    assert "инвариантный" not in letter.body
    assert [notice.employee_id for notice in mk.rows(m.Notice)] == [world.worker.employee.id]


def test_each_reminder_is_given_once(world: mk.World) -> None:
    ends_in(world.voucher, 80)
    assert voucher_reminders.remind() == 1
    with mk.nothing_changes():
        assert voucher_reminders.remind() == 0
    ends_in(world.voucher, 29)
    assert voucher_reminders.remind() == 1
    assert voucher_reminders.remind() == 0
    assert len(letters()) == 2


def test_late_first_run_reminds_once_and_not_of_both_terms(world: mk.World) -> None:
    ends_in(world.voucher, 12)
    assert voucher_reminders.remind() == 1
    assert len(letters()) == 1


@pytest.mark.parametrize("status", ["used", "reserved", "lapsed"])
def test_nobody_is_reminded_when_nothing_is_free(world: mk.World, status: str) -> None:
    ends_in(world.voucher, 30)
    for block in mk.blocks_of(world.voucher):
        mk.change(block, status=st.BlockStatus.of(status))
    with mk.nothing_changes():
        assert voucher_reminders.remind() == 0


def test_ended_voucher_reminds_of_nothing(world: mk.World) -> None:
    ends_in(world.voucher, 30)
    mk.change(world.voucher, status=st.VoucherStatus.ANNULLED)
    with mk.nothing_changes():
        assert voucher_reminders.remind() == 0


def test_days_are_the_operators_setting(world: mk.World) -> None:
    ends_in(world.voucher, 60)
    with acting_as(world.operator):
        settings.change("voucher_reminder_days", "45, 10")
    assert voucher_reminders.remind() == 0
    with acting_as(world.operator):
        settings.change("voucher_reminder_days", "60")
    assert voucher_reminders.remind() == 1


def test_two_runs_at_once_tell_once(app: Flask, world: mk.World) -> None:
    for person in world.more_people(5):
        (voucher,) = mk.rows(m.Voucher, m.Voucher.employee_id == person.employee.id)
        ends_in(voucher, 30)
    results = run_at_once(app, [(mk.SYSTEM, voucher_reminders.remind)] * 4)
    assert sum(results) == 5
    assert len(letters()) == 5


def test_replacement_is_not_reminded_again(world: mk.World) -> None:
    ends_in(world.voucher, 30)
    voucher_reminders.remind()
    with acting_as(world.operator):
        voucher_replacement.replace(world.voucher.id, "Смена фамилии")
    assert voucher_reminders.remind() == 0


# --- the end ---------------------------------------------------------------------------------------------------------


def samara(day: dt.date, hour: int, minute: int) -> dt.datetime:
    """Samara is four hours ahead of UTC the whole year."""
    return dt.datetime.combine(day, dt.time(hour, minute), tzinfo=dt.timezone(dt.timedelta(hours=4)))


def test_voucher_ends_at_midnight_of_samara(world: mk.World) -> None:
    """At 23:59 of the last day it still pays; a minute later it does not, though in UTC it is the same day."""
    last = today() + 20 * mk.DAY
    mk.change(world.voucher, valid_until=last)
    with time_machine.travel(samara(last, 23, 59), tick=False):
        assert vouchers.expire_due() == 0
    with time_machine.travel(samara(last + mk.DAY, 0, 0), tick=False):
        assert vouchers.expire_due() == 1
    assert mk.fetch(m.Voucher, world.voucher.id).status == st.VoucherStatus.EXPIRED
    assert {block.status for block in mk.blocks_of(world.voucher)} == {st.BlockStatus.LAPSED}


def test_reserved_block_of_an_ended_voucher_is_left_to_its_enrolment(world: mk.World) -> None:
    with acting_as(world.worker.actor):
        row = enrolments.enrol(world.worker.employee.id, world.group.id)
    mk.change(world.voucher, issued_on=today() - ISSUED, valid_until=today() - mk.DAY)
    assert vouchers.expire_due() == 1
    assert mk.fetch(m.VoucherBlock, row.block_id).status == st.BlockStatus.RESERVED
    with acting_as(world.worker.actor):
        enrolments.withdraw(row.id)
    assert mk.fetch(m.VoucherBlock, row.block_id).status == st.BlockStatus.LAPSED


def test_enrolment_and_the_end_at_once_leave_no_free_block(app: Flask, world: mk.World) -> None:
    mk.change(world.voucher, issued_on=today() - ISSUED, valid_until=today() - mk.DAY)
    group = mk.make_group(world.program, starts_on=today() - 2 * mk.DAY)
    person = world.worker
    calls = [
        (mk.SYSTEM, vouchers.expire_due),
        (person.actor, partial(enrolments.enrol, person.employee.id, group.id)),
    ]
    run_at_once(app, calls)
    assert mk.fetch(m.Voucher, world.voucher.id).status == st.VoucherStatus.EXPIRED
    assert st.BlockStatus.FREE not in {block.status for block in mk.blocks_of(world.voucher)}


def test_voucher_is_not_annulled_while_its_block_is_reserved(world: mk.World) -> None:
    with acting_as(world.worker.actor):
        enrolments.enrol(world.worker.employee.id, world.group.id)
    with acting_as(world.operator), mk.nothing_changes(), pytest.raises(Conflict, match=world.group.number):
        vouchers.annul(world.voucher.id, "Выдан ошибочно")
