"""Enrolment: seat and block together, agreement, confirmation, refusal, outcome, waiting list."""

from __future__ import annotations

from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import today
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.russian import period
from app.services.courses.enrolment import enrolments
from tests.services import makers as mk

E = st.EnrolmentStatus


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


def enrol(person: mk.Person, group: Any, **options: Any) -> Any:
    with acting_as(person.actor):
        return enrolments.enrol(person.employee.id, group.id, **options)


def taken(world: mk.World) -> int:
    return int(mk.fetch(m.TrainingGroup, world.group.id).taken)


def block_statuses(voucher: Any) -> list[str]:
    return [block.status.value for block in mk.blocks_of(voucher)]


def letters() -> list[str]:
    return [letter.subject for letter in mk.rows(m.Letter)]


# --- enrolling -------------------------------------------------------------------------------------------------------


def test_enrolment_reserves_seat_and_block_and_writes_one_letter(world: mk.World) -> None:
    row = enrol(world.worker, world.group)
    assert (row.status, row.block_id) == (E.APPLIED, mk.blocks_of(world.voucher)[0].id)
    assert (row.employment_id, row.created_by_id) == (world.worker.employment.id, world.worker.actor.user_id)
    assert taken(world) == 1
    assert block_statuses(world.voucher) == ["reserved", "free", "free"]
    assert letters() == [f"Запись в группу {world.group.number}"]
    assert len(mk.journal("enrolment.created")) == 1
    assert enrolments.recount() == 0


def test_second_click_returns_the_same_enrolment(world: mk.World) -> None:
    first = enrol(world.worker, world.group)
    with mk.nothing_changes():
        assert enrol(world.worker, world.group).id == first.id


def test_second_click_on_the_waiting_list_returns_the_same_place(world: mk.World) -> None:
    for person in world.more_people(2):
        enrol(person, world.group)
    first = enrol(world.worker, world.group)
    assert first.status == E.WAITING
    with mk.nothing_changes():
        assert enrol(world.worker, world.group).id == first.id


def test_full_group_puts_on_the_waiting_list_without_a_block(world: mk.World) -> None:
    for person in world.more_people(2):
        enrol(person, world.group)
    row = enrol(world.worker, world.group)
    assert (row.status, row.block_id) == (E.WAITING, None)
    assert taken(world) == 2
    assert block_statuses(world.voucher) == ["free", "free", "free"]
    assert enrolments.recount() == 0


def test_school_enrols_with_its_agreement_at_once(world: mk.World) -> None:
    with acting_as(world.responsible):
        row = enrolments.enrol(world.worker.employee.id, world.group.id)
    assert row.status == E.AGREED


def test_organization_that_agrees_automatically(session: Any) -> None:
    world = mk.make_world()
    mk.change(world.school, employer_agreement=st.EmployerAgreement.AUTOMATIC)
    assert enrol(world.worker, world.group).status == E.AGREED


def test_chosen_block_is_the_one_reserved(world: mk.World) -> None:
    """Of the variable blocks any may be chosen, once the required one is."""
    program = mk.make_program(world.organizer, hours=36, block=st.BlockKind.VARIABLE)
    required, _first, chosen = mk.blocks_of(world.voucher)
    mk.change(required, status=st.BlockStatus.USED)
    row = enrol(world.worker, mk.make_group(program), block_id=chosen.id)
    assert row.block_id == chosen.id
    assert block_statuses(world.voucher) == ["used", "free", "reserved"]


def test_program_outside_the_voucher_takes_no_block(world: mk.World) -> None:
    program = mk.make_program(world.organizer, block=None)
    row = enrol(world.worker, mk.make_group(program), block_id=None)
    assert (row.status, row.block_id) == (E.APPLIED, None)


def test_somebody_elses_block_does_not_pay(world: mk.World) -> None:
    other = mk.make_voucher(mk.make_person(world.school).employee)
    with mk.nothing_changes(), pytest.raises(Conflict):
        enrol(world.worker, world.group, block_id=mk.blocks_of(other)[0].id)


def test_without_a_voucher_the_refusal_says_so(world: mk.World) -> None:
    person = mk.make_person(world.school)
    with mk.nothing_changes(), pytest.raises(Conflict, match="Сначала подайте заявку на чек"):
        enrol(person, world.group)


def test_program_for_others_is_refused_with_the_reason(world: mk.World) -> None:
    mk.change(world.program, positions=[mk.make_position("Методист")])
    with mk.nothing_changes(), pytest.raises(Conflict, match="«Методист»"):
        enrol(world.worker, world.group)


def test_second_place_of_work_that_suits_is_chosen(world: mk.World) -> None:
    methodist = mk.make_position("Методист")
    mk.change(world.program, positions=[methodist])
    kind = st.EmploymentKind.SECONDARY
    second = mk.make_employment(world.worker.employee, world.school, position=methodist, kind=kind)
    assert enrol(world.worker, world.group).employment_id == second.id


def test_overlapping_group_is_refused_by_its_name(world: mk.World) -> None:
    enrol(world.worker, world.group)
    program = mk.make_program(world.organizer, block=st.BlockKind.VARIABLE)
    clashing = mk.make_group(program)
    with mk.nothing_changes(), pytest.raises(Conflict, match=f"группой {world.group.number} "):
        enrol(world.worker, clashing)


@pytest.mark.parametrize("status", [s for s in st.GroupStatus if s not in ("open", "draft")])
def test_group_that_is_not_open_refuses(session: Any, status: st.GroupStatus) -> None:
    world = mk.make_world(status=status)
    with mk.nothing_changes(), pytest.raises(Conflict, match="записаться нельзя"):
        enrol(world.worker, world.group)


def test_draft_group_is_not_found(session: Any) -> None:
    world = mk.make_world(status=st.GroupStatus.DRAFT)
    with mk.nothing_changes(), pytest.raises(NotFound):
        enrol(world.worker, world.group)


def test_foreign_person_is_not_found(world: mk.World) -> None:
    with acting_as(world.other_responsible), mk.nothing_changes(), pytest.raises(NotFound):
        enrolments.enrol(world.worker.employee.id, world.group.id)


def test_organizer_may_not_enrol(world: mk.World) -> None:
    enrol(world.worker, world.group)
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Forbidden):
        enrolments.enrol(world.worker.employee.id, world.group.id)


def test_many_are_enrolled_and_refusals_do_not_hinder(world: mk.World) -> None:
    without = mk.make_person(world.school)
    people = [*world.more_people(2), without, world.worker, world.other_worker]
    ids = [person.employee.id for person in people]
    with acting_as(world.responsible):
        results = enrolments.enrol_many(ids, world.group.id)
    assert [result.employee_id for result in results] == ids
    found = {r.employee_id: r.enrolment.status.value if r.enrolment else r.refusal for r in results}
    assert "Сначала подайте заявку на чек" in found[without.employee.id]
    assert "не видна" in found[world.other_worker.employee.id]
    statuses = sorted(found[p.employee.id] for p in (people[0], people[1], world.worker))
    assert statuses == ["agreed", "agreed", "waiting"]
    assert taken(world) == 2
    assert enrolments.recount() == 0


# --- agreement and confirmation --------------------------------------------------------------------------------------


def test_employer_agrees_then_organizer_confirms(world: mk.World) -> None:
    row = enrol(world.worker, world.group)
    with acting_as(world.responsible):
        assert enrolments.agree(row.id).status == E.AGREED
    with acting_as(world.organizer_actor):
        assert enrolments.confirm(row.id).status == E.CONFIRMED
    dates = " ".join(period(world.group.starts_on, world.group.ends_on).split())
    assert letters()[-1] == f"Вы записаны в группу {world.group.number}: занятия {dates}"


def test_organizer_may_not_confirm_before_the_employer_agrees(world: mk.World) -> None:
    row = enrol(world.worker, world.group)
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Conflict, match="Ждёт согласования"):
        enrolments.confirm(row.id)


def test_other_employer_of_the_person_may_not_agree(world: mk.World) -> None:
    kind = st.EmploymentKind.SECONDARY
    second_school = mk.make_organization()
    mk.make_employment(world.worker.employee, second_school, kind=kind)
    row = enrol(world.worker, world.group, employment_id=world.worker.employment.id)
    with acting_as(mk.make_actor("school", second_school)), mk.nothing_changes(), pytest.raises(Forbidden):
        enrolments.agree(row.id)


def test_worker_may_not_agree(world: mk.World) -> None:
    row = enrol(world.worker, world.group)
    with acting_as(world.worker.actor), mk.nothing_changes(), pytest.raises(Forbidden):
        enrolments.agree(row.id)


def test_foreign_organizer_does_not_find_the_enrolment(world: mk.World) -> None:
    row = enrol(world.worker, world.group)
    with acting_as(world.other_organizer), mk.nothing_changes(), pytest.raises(NotFound):
        enrolments.confirm(row.id)


# --- refusal and withdrawal ------------------------------------------------------------------------------------------


def test_rejection_frees_seat_and_block_and_tells_the_reason(world: mk.World) -> None:
    row = enrol(world.worker, world.group)
    with acting_as(world.responsible):
        with mk.nothing_changes(), pytest.raises(Invalid):
            enrolments.reject(row.id, "")
        row = enrolments.reject(row.id, "Некому заменить")
    assert (row.status, row.reason_text) == (E.REJECTED, "Некому заменить")
    assert taken(world) == 0
    assert block_statuses(world.voucher) == ["free", "free", "free"]
    assert "Некому заменить" in mk.rows(m.Letter)[-1].body
    assert enrolments.recount() == 0


def test_withdrawal_frees_seat_and_block_and_the_next_moves_up(world: mk.World) -> None:
    first, second = world.more_people(2)
    rows = [enrol(person, world.group) for person in (first, second)]
    waiting = enrol(world.worker, world.group)
    with acting_as(first.actor):
        assert enrolments.withdraw(rows[0].id).status == E.WITHDRAWN
    moved = mk.fetch(m.Enrolment, waiting.id)
    assert (moved.status, moved.block_id) == (E.OFFERED, mk.blocks_of(world.voucher)[0].id)
    assert taken(world) == 2
    assert block_statuses(world.voucher) == ["reserved", "free", "free"]
    assert letters()[-1] == f"Освободилось место в группе {world.group.number}"
    assert enrolments.recount() == 0


def test_waiting_person_without_a_free_block_is_passed_over(world: mk.World) -> None:
    first, second, third = world.more_people(3)
    rows = [enrol(person, world.group) for person in (first, second)]
    passed, moved = enrol(world.worker, world.group), enrol(third, world.group)
    later = {"starts_on": today() + 40 * mk.DAY, "ends_on": today() + 45 * mk.DAY}
    enrol(world.worker, mk.make_group(world.program, **later))
    with acting_as(first.actor):
        enrolments.withdraw(rows[0].id)
    assert mk.fetch(m.Enrolment, passed.id).status == E.WAITING
    assert mk.fetch(m.Enrolment, moved.id).status == E.OFFERED
    assert enrolments.recount() == 0


def test_withdrawal_from_the_waiting_list_frees_no_seat(world: mk.World) -> None:
    for person in world.more_people(2):
        enrol(person, world.group)
    row = enrol(world.worker, world.group)
    with acting_as(world.worker.actor):
        enrolments.withdraw(row.id)
    assert taken(world) == 2
    assert enrolments.recount() == 0


def test_withdrawn_person_may_enrol_again(world: mk.World) -> None:
    row = enrol(world.worker, world.group)
    with acting_as(world.worker.actor):
        enrolments.withdraw(row.id)
    assert enrol(world.worker, world.group).id != row.id
    assert taken(world) == 1


def test_second_click_on_withdraw_changes_nothing(world: mk.World) -> None:
    row = enrol(world.worker, world.group)
    with acting_as(world.worker.actor):
        enrolments.withdraw(row.id)
        with mk.nothing_changes(), pytest.raises(Conflict):
            enrolments.withdraw(row.id)
    assert taken(world) == 0


def test_withdrawal_during_the_training_is_refused(session: Any) -> None:
    world, row = trained_world()
    with acting_as(world.worker.actor), mk.nothing_changes(), pytest.raises(Conflict, match="уже идёт"):
        enrolments.withdraw(row.id)


def test_block_of_an_ended_voucher_lapses_instead_of_being_freed(world: mk.World) -> None:
    row = enrol(world.worker, world.group)
    mk.change(world.voucher, status=st.VoucherStatus.EXPIRED)
    with acting_as(world.worker.actor):
        enrolments.withdraw(row.id)
    assert block_statuses(world.voucher) == ["lapsed", "free", "free"]


# --- outcome ---------------------------------------------------------------------------------------------------------


def trained_world(**group: Any) -> tuple[mk.World, Any]:
    """A running group that ended yesterday, with the worker confirmed in it."""
    world = mk.make_world()
    past = mk.make_past_group(world.program, **group)
    block = mk.blocks_of(world.voucher)[0]
    return world, mk.make_enrolment(world.worker, past, status=E.CONFIRMED, block=block)


def test_trained_spends_the_block_and_stores_the_outcome(session: Any) -> None:
    world, row = trained_world()
    with acting_as(world.organizer_actor):
        done = enrolments.record_result(
            row.id, E.TRAINED, final_form="Зачёт", final_mark="Зачтено", protocol_number="7"
        )
    assert (done.status, done.result_on, done.final_mark) == (E.TRAINED, today(), "Зачтено")
    assert block_statuses(world.voucher) == ["used", "free", "free"]
    assert mk.fetch(m.Voucher, world.voucher.id).status == st.VoucherStatus.ACTIVE
    assert mk.journal("enrolment.record_trained")[0].changes["Результат"] == ["", "Зачтено"]
    assert enrolments.recount() == 0


def test_last_block_spent_uses_the_voucher(session: Any) -> None:
    world, row = trained_world()
    for block in mk.blocks_of(world.voucher)[1:]:
        mk.change(block, status=st.BlockStatus.USED)
    with acting_as(world.organizer_actor):
        enrolments.record_result(row.id, E.TRAINED)
    assert mk.fetch(m.Voucher, world.voucher.id).status == st.VoucherStatus.USED


@pytest.mark.parametrize("outcome", [E.FAILED, E.NO_SHOW, E.EXPELLED])
def test_other_outcomes_give_the_block_back_but_keep_the_seat(session: Any, outcome: st.EnrolmentStatus) -> None:
    world, row = trained_world()
    with acting_as(world.organizer_actor):
        done = enrolments.record_result(row.id, outcome, reason="Не явился на аттестацию")
    assert done.status == outcome
    assert block_statuses(world.voucher) == ["free", "free", "free"]
    assert mk.fetch(m.TrainingGroup, row.group_id).taken == 1
    assert enrolments.recount() == 0


@pytest.mark.parametrize("outcome", [E.FAILED, E.EXPELLED])
def test_outcome_without_its_reason_changes_nothing(session: Any, outcome: st.EnrolmentStatus) -> None:
    world, row = trained_world()
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Invalid):
        enrolments.record_result(row.id, outcome)


def test_second_click_on_an_outcome_changes_nothing(session: Any) -> None:
    world, row = trained_world()
    with acting_as(world.organizer_actor):
        enrolments.record_result(row.id, E.TRAINED)
        with mk.nothing_changes():
            assert enrolments.record_result(row.id, E.TRAINED).id == row.id


def test_another_outcome_after_the_first_is_refused(session: Any) -> None:
    world, row = trained_world()
    with acting_as(world.organizer_actor):
        enrolments.record_result(row.id, E.TRAINED)
        with mk.nothing_changes(), pytest.raises(Conflict):
            enrolments.record_result(row.id, E.NO_SHOW)


@pytest.mark.parametrize("days", [-11, 1])
def test_outcome_outside_the_courses_dates_changes_nothing(session: Any, days: int) -> None:
    world, row = trained_world()
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Invalid) as caught:
        enrolments.record_result(row.id, E.TRAINED, result_on=today() + days * mk.DAY)
    assert list(caught.value.fields) == ["result_on"]


def test_outcome_before_the_training_starts_is_refused(session: Any) -> None:
    world, row = trained_world(status=st.GroupStatus.CLOSED)
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Conflict, match="когда обучение идёт"):
        enrolments.record_result(row.id, E.TRAINED)


def test_only_the_own_organizer_enters_outcomes(session: Any) -> None:
    world, row = trained_world()
    with acting_as(world.other_organizer), mk.nothing_changes(), pytest.raises(NotFound):
        enrolments.record_result(row.id, E.TRAINED)
    with acting_as(world.responsible), mk.nothing_changes(), pytest.raises(Forbidden):
        enrolments.record_result(row.id, E.TRAINED)


def test_recount_finds_a_group_whose_seats_differ(world: mk.World) -> None:
    enrol(world.worker, world.group)
    mk.change(world.group, taken=2)
    assert enrolments.recount() == 1
