"""Replacement of a чек: another number, the same right; nothing of an enrolment is lost, nobody gains a day."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from flask import Flask

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import today
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.services.courses.enrolment import enrolments
from app.services.voucher import voucher_check, voucher_eligibility, voucher_replacement, voucher_story, vouchers
from tests.concurrency.clients import refused, run_at_once, succeeded
from tests.services import makers as mk

REASON = "Смена фамилии"


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


def replace(world: mk.World, reason: str = REASON) -> Any:
    with acting_as(world.operator):
        return voucher_replacement.replace(world.voucher.id, reason)


def enrol(world: mk.World) -> Any:
    with acting_as(world.worker.actor):
        return enrolments.enrol(world.worker.employee.id, world.group.id)


def test_replacement_keeps_the_term_and_the_blocks(world: mk.World) -> None:
    mk.change(world.voucher, issued_on=today() - 400 * mk.DAY, valid_until=today() + 600 * mk.DAY)
    used, lapsed, _ = mk.blocks_of(world.voucher)
    mk.change(used, status=st.BlockStatus.USED)
    mk.change(lapsed, status=st.BlockStatus.RESERVED)
    new = replace(world)
    former = mk.fetch(m.Voucher, world.voucher.id)
    assert (former.status, former.replaced_by_id, former.reason_text) == (st.VoucherStatus.REPLACED, new.id, REASON)
    assert (new.status, new.employee_id, new.rule_id) == (st.VoucherStatus.ACTIVE, former.employee_id, former.rule_id)
    assert (new.issued_on, new.valid_until) == (former.issued_on, former.valid_until)
    assert new.number != former.number
    assert new.check_code != former.check_code
    assert mk.blocks_of(former) == []
    statuses = [st.BlockStatus.USED, st.BlockStatus.RESERVED, st.BlockStatus.FREE]
    assert [block.status for block in mk.blocks_of(new)] == statuses
    assert [block.id for block in mk.blocks_of(new)] == [used.id, lapsed.id, _.id]


def test_person_is_told_and_both_sides_lead_to_each_other(world: mk.World) -> None:
    new = replace(world)
    (letter,) = mk.rows(m.Letter)
    assert letter.subject == f"Чек № {world.voucher.number} заменён чеком № {new.number}"
    assert (letter.template, letter.object_id) == ("voucher_replaced", new.id)
    assert REASON in letter.body
    former = voucher_story.tell(mk.fetch(m.Voucher, world.voucher.id))
    later = voucher_story.tell(mk.fetch(m.Voucher, new.id))
    assert former.replacement is not None and former.replacement.id == new.id
    assert later.former is not None and later.former.id == world.voucher.id
    assert [event.detail for event in later.events] == [f"взамен чека: {world.voucher.number}"]
    checked = voucher_check.facts_for_check(mk.fetch(m.Voucher, world.voucher.id).check_code)
    assert checked.state == f"заменён ({new.number})"


def test_reserved_block_goes_on_with_its_enrolment(world: mk.World) -> None:
    """The enrolment keeps its block, is confirmed, trained, and spends it in the new чек."""
    group = mk.make_past_group(world.program)
    block = mk.blocks_of(world.voucher)[0]
    row = mk.make_enrolment(world.worker, group, status=st.EnrolmentStatus.CONFIRMED, block=block)
    new = replace(world)
    with acting_as(world.organizer_actor):
        enrolments.record_result(row.id, st.EnrolmentStatus.TRAINED, result_on=today())
    assert mk.fetch(m.Enrolment, row.id).block_id == block.id
    found = mk.fetch(m.VoucherBlock, block.id)
    assert (found.voucher_id, found.status) == (new.id, st.BlockStatus.USED)


def test_withdrawn_enrolment_frees_its_block_in_the_new_voucher(world: mk.World) -> None:
    row = enrol(world)
    new = replace(world)
    with acting_as(world.worker.actor):
        enrolments.withdraw(row.id)
    found = mk.fetch(m.VoucherBlock, row.block_id)
    assert (found.voucher_id, found.status) == (new.id, st.BlockStatus.FREE)


def test_place_of_the_first_application_is_told_of_the_third_voucher(session: Any) -> None:
    school, operator = mk.make_organization(), mk.make_actor("operator")
    mk.make_rule()
    person = mk.make_person(school)
    with acting_as(person.actor):
        application = vouchers.apply(person.employee.id)
    with acting_as(operator):
        first = vouchers.approve(application.id)
        second = voucher_replacement.replace(first.id, REASON)
        third = voucher_replacement.replace(second.id, "Ошибка в номере")
    assert voucher_story.tell(mk.fetch(m.Voucher, third.id)).organization == school.short_name
    assert len({first.number, second.number, third.number}) == 3


def test_period_of_the_next_voucher_counts_from_the_first_day(world: mk.World) -> None:
    mk.change(world.voucher, issued_on=today() - 1096 * mk.DAY, valid_until=today())
    new = replace(world)
    mk.change(new, valid_until=today() - mk.DAY)
    vouchers.expire_due()
    with acting_as(world.worker.actor):
        assert voucher_eligibility.eligibility(world.worker.employee.id).allowed


@pytest.mark.parametrize("status", ["used", "expired", "annulled", "replaced"])
def test_ended_voucher_is_not_replaced(world: mk.World, status: str) -> None:
    mk.change(world.voucher, status=st.VoucherStatus.of(status))
    with mk.nothing_changes(), pytest.raises(Conflict, match="сейчас невозможно"):
        replace(world)


def test_voucher_past_its_term_is_not_replaced(world: mk.World) -> None:
    mk.change(world.voucher, issued_on=today() - 100 * mk.DAY, valid_until=today() - mk.DAY)
    with mk.nothing_changes(), pytest.raises(Conflict, match="заменять его незачем"):
        replace(world)


def test_without_a_reason_nothing_changes(world: mk.World) -> None:
    """The number that was taken goes back with the rest: the series has no gap."""
    with mk.nothing_changes(), pytest.raises(Invalid):
        replace(world, "  ")
    assert replace(world).number == f"63-{today().year}-000001"


def test_only_the_operator_replaces(world: mk.World) -> None:
    for actor in (world.worker.actor, world.responsible):
        with acting_as(actor), mk.nothing_changes(), pytest.raises(Forbidden):
            voucher_replacement.replace(world.voucher.id, REASON)
    for actor in (world.other_worker.actor, world.other_responsible, world.other_organizer):
        with acting_as(actor), mk.nothing_changes(), pytest.raises(NotFound):
            voucher_replacement.replace(world.voucher.id, REASON)


# --- at once ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trial", range(8))
def test_replacement_and_enrolment_at_once(app: Flask, world: mk.World, trial: int) -> None:
    """Whoever is first: one live чек, the enrolment holds one of its blocks, nothing is reserved twice."""
    person = world.worker
    results = run_at_once(
        app,
        [
            (world.operator, partial(voucher_replacement.replace, world.voucher.id, REASON)),
            (person.actor, partial(enrolments.enrol, person.employee.id, world.group.id)),
            (person.actor, partial(enrolments.enrol, person.employee.id, world.group.id)),
        ],
    )
    assert refused(results) == []
    (live,) = mk.rows(m.Voucher, m.Voucher.status == st.VoucherStatus.ACTIVE)
    (row,) = mk.rows(m.Enrolment)
    reserved = [b for b in mk.rows(m.VoucherBlock) if b.status == st.BlockStatus.RESERVED]
    assert [(b.id, b.voucher_id) for b in reserved] == [(row.block_id, live.id)]
    assert live.id != world.voucher.id
    assert mk.fetch(m.TrainingGroup, world.group.id).taken == 1


def test_of_replacements_and_an_annulment_at_once_one_counts(app: Flask, world: mk.World) -> None:
    operators = [mk.make_actor("operator") for _ in range(4)]
    calls = [(actor, partial(voucher_replacement.replace, world.voucher.id, REASON)) for actor in operators]
    calls.append((world.operator, partial(vouchers.annul, world.voucher.id, "Ошибка")))
    results = run_at_once(app, calls)
    assert len(succeeded(results)) == 1
    live = mk.rows(m.Voucher, m.Voucher.status == st.VoucherStatus.ACTIVE)
    former = mk.fetch(m.Voucher, world.voucher.id)
    assert len(live) == (1 if former.status == st.VoucherStatus.REPLACED else 0)
    assert len(mk.rows(m.VoucherBlock)) == 3
    assert len(mk.rows(m.Letter)) == 1


def test_result_and_replacement_at_once_spend_the_block_once(app: Flask, world: mk.World) -> None:
    block = mk.blocks_of(world.voucher)[0]
    group = mk.make_past_group(world.program)
    row = mk.make_enrolment(world.worker, group, status=st.EnrolmentStatus.CONFIRMED, block=block)
    results = run_at_once(
        app,
        [
            (world.operator, partial(voucher_replacement.replace, world.voucher.id, REASON)),
            (world.organizer_actor, partial(enrolments.record_result, row.id, st.EnrolmentStatus.TRAINED)),
        ],
    )
    assert refused(results) == []
    found = mk.fetch(m.VoucherBlock, block.id)
    (live,) = mk.rows(m.Voucher, m.Voucher.status == st.VoucherStatus.ACTIVE)
    assert (found.status, found.voucher_id) == (st.BlockStatus.USED, live.id)
