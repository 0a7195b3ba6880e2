"""Чек: application, decision, blocks, end of the term; each refusal changes nothing and writes no letter."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import today
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.rules.decision import last_day_of
from app.services.desk import figure_counts, statistics
from app.services.portal import calendar
from app.services.portal.numbers import next_number
from app.services.voucher import voucher_blocks, voucher_eligibility, vouchers
from tests.services import makers as mk


@pytest.fixture
def school(session: Any) -> Any:
    mk.make_rule()
    return mk.make_organization()


@pytest.fixture
def worker(school: Any) -> mk.Person:
    return mk.make_person(school)


@pytest.fixture
def operator(school: Any) -> Any:
    return mk.make_actor("operator")


def apply(person: mk.Person) -> Any:
    with acting_as(person.actor):
        return vouchers.apply(person.employee.id)


def approve(person: mk.Person, operator: Any) -> Any:
    application = apply(person)
    with acting_as(operator):
        return vouchers.approve(application.id)


# --- applying --------------------------------------------------------------------------------------------------------


def test_worker_applies_and_the_term_is_five_working_days(worker: mk.Person) -> None:
    row = apply(worker)
    assert (row.status, row.employment_id) == (st.ApplicationStatus.SUBMITTED, worker.employment.id)
    assert row.created_by_id == worker.actor.user_id
    assert row.due_on == calendar.due_date(today(), 5)
    assert row.submitted_at is not None
    assert len(mk.journal("voucher_application.submit")) == 1


def test_second_click_returns_the_same_application(worker: mk.Person) -> None:
    first = apply(worker)
    with mk.nothing_changes():
        assert apply(worker).id == first.id


def test_school_applies_with_a_note_on_the_agreement(school: Any, worker: mk.Person) -> None:
    with acting_as(mk.make_actor("school", school)):
        row = vouchers.apply(worker.employee.id, note="Согласовано с директором 12.01.2026")
    assert (row.status, row.on_behalf_note) == (st.ApplicationStatus.SUBMITTED, "Согласовано с директором 12.01.2026")


@pytest.mark.parametrize("note", [None, "  "])
def test_school_without_the_note_is_refused(school: Any, worker: mk.Person, note: str | None) -> None:
    with acting_as(mk.make_actor("school", school)), mk.nothing_changes(), pytest.raises(Invalid) as caught:
        vouchers.apply(worker.employee.id, note=note)
    assert list(caught.value.fields) == ["note"]


def test_school_after_the_worker_is_refused(school: Any, worker: mk.Person) -> None:
    apply(worker)
    with acting_as(mk.make_actor("school", school)), mk.nothing_changes(), pytest.raises(Conflict, match="уже подана"):
        vouchers.apply(worker.employee.id, note="Согласовано")


def test_foreign_worker_is_not_found(worker: mk.Person) -> None:
    stranger = mk.make_actor("school", mk.make_organization())
    with acting_as(stranger), mk.nothing_changes(), pytest.raises(NotFound):
        vouchers.apply(worker.employee.id, note="Согласовано")


def test_role_without_the_right_is_forbidden(worker: mk.Person) -> None:
    with acting_as(mk.make_actor("ministry")), mk.nothing_changes(), pytest.raises(Forbidden):
        vouchers.apply(worker.employee.id, note="Согласовано")


def test_rule_refuses_and_nothing_changes(school: Any) -> None:
    person = mk.make_person(school, snils=None)
    with acting_as(person.actor):
        assert "СНИЛС" in voucher_eligibility.eligibility(person.employee.id).reason
        with mk.nothing_changes(), pytest.raises(Conflict, match="СНИЛС"):
            vouchers.apply(person.employee.id)


def test_unconfirmed_workplace_is_refused(school: Any) -> None:
    person = mk.make_person(school, employment={"status": st.ConfirmationStatus.UNCONFIRMED})
    with acting_as(person.actor), mk.nothing_changes(), pytest.raises(Conflict, match="ещё не подтверждено"):
        vouchers.apply(person.employee.id)


def test_eligible_second_place_of_work_gives_the_right(school: Any) -> None:
    clerk = mk.make_position("Секретарь", kind=st.PositionKind.OTHER, voucher_eligible=False)
    person = mk.make_person(school, position=clerk)
    second = mk.make_employment(person.employee, school, kind=st.EmploymentKind.SECONDARY)
    assert apply(person).employment_id == second.id


def test_dismissed_person_is_refused(school: Any) -> None:
    person = mk.make_person(school, employment={"ended_on": today() - mk.DAY})
    with acting_as(person.actor), mk.nothing_changes(), pytest.raises(Invalid, match="Нет места работы"):
        vouchers.apply(person.employee.id)


def test_without_a_rule_in_force_nobody_applies(worker: mk.Person) -> None:
    mk.make_rule(valid_to=today() - mk.DAY)
    with acting_as(worker.actor):
        assert not voucher_eligibility.eligibility(worker.employee.id).allowed
        with mk.nothing_changes(), pytest.raises(Conflict, match="Правило выдачи"):
            vouchers.apply(worker.employee.id)


def test_returned_application_is_submitted_again_with_a_new_term(worker: mk.Person, operator: Any) -> None:
    row = apply(worker)
    with acting_as(operator):
        returned = vouchers.return_(row.id, "Уточните предмет")
    assert (returned.status, returned.reason_text) == (st.ApplicationStatus.RETURNED, "Уточните предмет")
    with acting_as(worker.actor):
        again = vouchers.resubmit(row.id)
    assert (again.status, again.reason_text) == (st.ApplicationStatus.SUBMITTED, None)
    assert [letter.subject.rpartition("чек ")[2] for letter in mk.rows(m.Letter)] == ["подана", "возвращена", "подана"]


def test_withdrawn_application_leaves_room_for_a_new_one(worker: mk.Person) -> None:
    first = apply(worker)
    with acting_as(worker.actor):
        assert vouchers.withdraw(first.id).status == st.ApplicationStatus.WITHDRAWN
    assert apply(worker).id != first.id


# --- deciding --------------------------------------------------------------------------------------------------------


def test_approval_issues_the_voucher_with_number_blocks_and_letter(worker: mk.Person, operator: Any) -> None:
    voucher = approve(worker, operator)
    assert voucher.number == f"63-{today().year}-000001"
    assert (voucher.status, voucher.issued_on) == (st.VoucherStatus.ACTIVE, today())
    assert voucher.valid_until == last_day_of(today(), 36)
    rule_blocks = sorted(
        mk.rows(m.VoucherRuleBlock, m.VoucherRuleBlock.rule_id == voucher.rule_id), key=lambda b: b.ordering
    )
    copied = [(b.code, b.kind, b.hours_min, b.hours_max, b.status) for b in mk.blocks_of(voucher)]
    assert copied == [(b.code, b.kind, b.hours_min, b.hours_max, st.BlockStatus.FREE) for b in rule_blocks]
    application = mk.fetch(m.VoucherApplication, voucher.application_id)
    assert (application.status, application.decided_by_id) == (st.ApplicationStatus.APPROVED, operator.user_id)
    letters = mk.rows(m.Letter, m.Letter.template == "application_approved")
    assert [letter.recipient for letter in letters] == [worker.employee.email]
    assert voucher.number in letters[0].body
    # the application was told of too
    assert [notice.employee_id for notice in mk.rows(m.Notice)] == [worker.employee.id] * 2


def test_second_click_on_approve_returns_the_same_voucher(worker: mk.Person, operator: Any) -> None:
    voucher = approve(worker, operator)
    with acting_as(operator), mk.nothing_changes():
        assert vouchers.approve(voucher.application_id).id == voucher.id


def test_numbers_follow_without_a_gap_after_a_refused_approval(school: Any, operator: Any) -> None:
    people = [mk.make_person(school) for _ in range(3)]
    applications = [apply(person) for person in people]
    mk.change(people[1].employee, snils=None)
    numbers = []
    with acting_as(operator):
        for application in applications:
            try:
                numbers.append(vouchers.approve(application.id).number[-6:])
            except Conflict:
                numbers.append("refused")
    assert numbers == ["000001", "refused", "000002"]


def test_approval_checks_the_rule_again(worker: mk.Person, operator: Any) -> None:
    application = apply(worker)
    mk.change(worker.employment, status=st.ConfirmationStatus.UNCONFIRMED)
    with acting_as(operator), mk.nothing_changes(), pytest.raises(Conflict, match="ещё не подтверждено"):
        vouchers.approve(application.id)


def test_refusal_needs_a_reason_and_tells_it(worker: mk.Person, operator: Any) -> None:
    application = apply(worker)
    with acting_as(operator):
        with mk.nothing_changes(), pytest.raises(Invalid):
            vouchers.reject(application.id, "")
        row = vouchers.reject(application.id, "Неполные данные")
    assert (row.status, row.reason_text) == (st.ApplicationStatus.REJECTED, "Неполные данные")
    assert "Причина: Неполные данные" in mk.rows(m.Letter)[-1].body


@pytest.mark.parametrize("decide", [vouchers.reject, vouchers.return_])
def test_decided_application_is_not_decided_again(worker: mk.Person, operator: Any, decide: Any) -> None:
    voucher = approve(worker, operator)
    with acting_as(operator), mk.nothing_changes(), pytest.raises(Conflict, match="«Одобрена»"):
        decide(voucher.application_id, "Передумали")


@pytest.mark.parametrize("role", ["worker", "school"])
def test_only_the_operator_decides(school: Any, worker: mk.Person, role: str) -> None:
    application = apply(worker)
    actor = worker.actor if role == "worker" else mk.make_actor("school", school)
    with acting_as(actor), mk.nothing_changes(), pytest.raises(Forbidden):
        vouchers.approve(application.id)


def test_person_with_an_active_voucher_is_refused(worker: mk.Person) -> None:
    voucher = mk.make_voucher(worker.employee)
    with acting_as(worker.actor), mk.nothing_changes(), pytest.raises(Conflict, match=voucher.number):
        vouchers.apply(worker.employee.id)


def test_annulled_voucher_does_not_count_for_the_period(worker: mk.Person) -> None:
    mk.make_voucher(worker.employee, status=st.VoucherStatus.ANNULLED)
    with acting_as(worker.actor):
        assert voucher_eligibility.eligibility(worker.employee.id).allowed


def test_expired_voucher_counts_for_the_period(worker: mk.Person) -> None:
    mk.make_voucher(worker.employee, issued_on=today() - 400 * mk.DAY, status=st.VoucherStatus.EXPIRED)
    with acting_as(worker.actor):
        assert "Новый чек можно получить с" in voucher_eligibility.eligibility(worker.employee.id).reason


# --- the end ---------------------------------------------------------------------------------------------------------


def test_annulment_lapses_the_free_blocks_and_tells_the_person(worker: mk.Person, operator: Any) -> None:
    voucher = mk.make_voucher(worker.employee)
    with acting_as(operator):
        row = vouchers.annul(voucher.id, "Выдан ошибочно")
    assert (row.status, row.reason_text) == (st.VoucherStatus.ANNULLED, "Выдан ошибочно")
    assert {b.status for b in mk.blocks_of(voucher)} == {st.BlockStatus.LAPSED}
    assert "Выдан ошибочно" in mk.rows(m.Letter)[-1].body


def test_what_ended_yesterday_is_not_annulled_any_more(worker: mk.Person, operator: Any) -> None:
    dates = {"issued_on": today() - 1000 * mk.DAY, "valid_until": today() - mk.DAY}
    voucher = mk.make_voucher(worker.employee, **dates)
    with acting_as(operator), mk.nothing_changes(), pytest.raises(Conflict, match="закончился"):
        vouchers.annul(voucher.id, "Выдан ошибочно")


def test_annulment_while_a_block_is_reserved_names_the_group(session: Any) -> None:
    world = mk.make_world()
    block = mk.blocks_of(world.voucher)[0]
    mk.make_enrolment(world.worker, world.group, status=st.EnrolmentStatus.CONFIRMED, block=block)
    with acting_as(world.operator), mk.nothing_changes(), pytest.raises(Conflict) as caught:
        vouchers.annul(world.voucher.id, "Выдан ошибочно")
    assert world.group.number in caught.value.message


def test_nightly_job_expires_what_is_over_and_keeps_reserved_blocks(session: Any) -> None:
    world = mk.make_world()
    dates = {"issued_on": today() - 1100 * mk.DAY, "valid_until": today() - mk.DAY}
    late, last_day = mk.make_person(world.school), mk.make_person(world.school)
    old = mk.make_voucher(late.employee, **dates)
    lasting = mk.make_voucher(last_day.employee, **(dates | {"valid_until": today()}))
    mk.make_enrolment(late, world.group, status=st.EnrolmentStatus.CONFIRMED, block=mk.blocks_of(old)[0])
    with acting_as(mk.SYSTEM):
        assert vouchers.expire_due() == 1
        with mk.nothing_changes():
            assert vouchers.expire_due() == 0
    assert mk.fetch(m.Voucher, old.id).status == st.VoucherStatus.EXPIRED
    assert [b.status for b in mk.blocks_of(old)] == ["reserved", "lapsed", "lapsed"]
    assert mk.fetch(m.Voucher, lasting.id).status == st.VoucherStatus.ACTIVE
    assert {b.status for b in mk.blocks_of(lasting)} == {st.BlockStatus.FREE}


# --- numbers and terms -----------------------------------------------------------------------------------------------


def test_each_series_counts_by_itself(session: Any) -> None:
    organizer = mk.make_organization(is_organizer=True)
    asked = [("voucher", 2026, None), ("voucher", 2026, None), ("voucher", 2027, None), ("voucher", 2026, organizer.id)]
    assert [next_number(kind, year, organizer_id=owner) for kind, year, owner in asked] == [1, 2, 1, 1]


@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [
        (dt.date(2016, 5, 11), 5, dt.date(2016, 5, 18)),
        (dt.date(2024, 4, 25), 5, dt.date(2024, 5, 6)),
        (dt.date(2025, 10, 29), 10, dt.date(2025, 11, 13)),
    ],
)
def test_due_date_counts_working_days(session: Any, start: dt.date, days: int, expected: dt.date) -> None:
    assert calendar.due_date(start, days) == expected


def test_due_date_obeys_the_operators_corrections(session: Any) -> None:
    mk.save(m.WorkdayCorrection(day=dt.date(2016, 5, 12), is_working=False, reason="Паводок"))
    assert calendar.due_date(dt.date(2016, 5, 11), 5) == dt.date(2016, 5, 19)


# --- the term decides, not the night ---------------------------------------------------------------------------------


def _over_since_midnight(world: mk.World) -> tuple[mk.Person, Any]:
    """A person whose чек ended yesterday while the night's work has not run."""
    person = mk.make_person(world.school)
    days = {"issued_on": today() - 1097 * mk.DAY, "valid_until": today() - mk.DAY}
    return person, mk.make_voucher(person.employee, **days)


def test_the_day_after_the_last_one_a_new_voucher_is_applied_for_and_issued(session: Any) -> None:
    world = mk.make_world()
    person, old = _over_since_midnight(world)
    with acting_as(person.actor):
        assert voucher_eligibility.eligibility(person.employee.id).allowed
        application = vouchers.apply(person.employee.id)
    with acting_as(world.operator):
        new = vouchers.approve(application.id)
    assert (mk.fetch(m.Voucher, old.id).status, new.status) == (st.VoucherStatus.EXPIRED, st.VoucherStatus.ACTIVE)
    assert [block.status for block in mk.blocks_of(old)] == ["lapsed"] * 3
    with acting_as(mk.SYSTEM), mk.nothing_changes():
        assert vouchers.expire_due() == 0


def test_on_the_last_day_a_new_one_is_refused(session: Any) -> None:
    world = mk.make_world()
    person, old = _over_since_midnight(world)
    mk.change(old, valid_until=today())
    with acting_as(person.actor), mk.nothing_changes(), pytest.raises(Conflict, match=f"№ {old.number}"):
        vouchers.apply(person.employee.id)


def test_a_voucher_that_is_over_pays_and_counts_nowhere(session: Any) -> None:
    world = mk.make_world()
    person, _old = _over_since_midnight(world)
    assert voucher_blocks.blocks_of(person.employee.id) == []
    figure_counts.recount()
    with acting_as(world.operator):
        (staff,) = [row for row in statistics.Stored().staff_by_organization() if row.key == world.school.id]
    assert (staff.people, staff.with_voucher) == (2, 1)
