"""Moves to another organization: who begins, who releases, who accepts, what the operator carries out, who is told."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as, get_visible
from app.actor import Actor
from app.clock import today
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.extensions import db
from app.russian import format_date
from app.services.personnel.cards import people
from app.services.personnel.moves import transfers
from app.services.personnel.moves.transfers import Sought
from app.services.portal import calendar
from tests.services import makers as mk

T = st.TransferStatus
LAST, FIRST = today() + 5 * mk.DAY, today() + 6 * mk.DAY


@dataclass(frozen=True)
class Case:
    world: mk.World
    new: Any
    new_actor: Actor
    old_account: Any
    new_account: Any

    @property
    def person(self) -> Any:
        return self.world.worker.employee

    def begin(self, actor: Actor | None = None, **over: Any) -> m.Transfer:
        with acting_as(actor or self.world.worker.actor):
            return transfers.start(
                self.world.worker.employment.id,
                **{"organization_id": self.new.id, "position_id": mk.make_position().id, "starts_on": FIRST, **over},
            )

    def release(self, row: m.Transfer, on: dt.date = LAST) -> m.Transfer:
        with acting_as(self.world.responsible):
            return transfers.release(row.id, released_on=on)

    def accept(self, row: m.Transfer, **over: Any) -> m.Transfer:
        position = mk.make_position("Педагог-психолог")
        with acting_as(self.new_actor):
            return transfers.accept(row.id, **{"position_id": position.id, "starts_on": FIRST, **over})

    def confirm(self, row: m.Transfer) -> m.Transfer:
        with acting_as(self.world.operator):
            return transfers.confirm(row.id)

    def accepted(self) -> m.Transfer:
        return self.accept(self.release(self.begin()))


def holder(organization: Any) -> Any:
    account = mk.make_account()
    mk.save(m.Assignment(user_id=account.id, role="school", organization_id=organization.id, valid_from=today()))
    return account


@pytest.fixture
def case(session: Any) -> Case:
    world, new = mk.make_world(), mk.make_organization()
    return Case(world, new, mk.make_actor("school", new), holder(world.school), holder(new))


def employments(case: Case) -> list[m.Employment]:
    return mk.rows(m.Employment, m.Employment.employee_id == case.person.id)


def mailed(account: Any) -> list[str]:
    return [letter.body for letter in mk.rows(m.Letter, m.Letter.user_id == account.id)]


# --- the way of a move -----------------------------------------------------------------------------------------------


def test_the_whole_way_ends_the_old_place_and_begins_a_confirmed_new_one(case: Case) -> None:
    subject = mk.make_subject()
    row = case.begin()
    assert (row.status, row.due_on) == (T.REQUESTED, calendar.due_date(today(), 10))
    assert len(mailed(case.old_account)) == 1
    assert mailed(case.new_account) == []
    row = case.release(row)
    assert (row.status, row.released_on, len(mailed(case.new_account))) == (T.RELEASED, LAST, 1)
    row = case.accept(row, subjects=[subject])
    assert (row.status, row.due_on) == (T.ACCEPTED, calendar.due_date(today(), 5))
    assert len(employments(case)) == 1
    row = case.confirm(row)
    old, new = employments(case)
    assert (row.status, row.new_employment_id, old.ended_on) == (T.CONFIRMED, new.id, LAST)
    assert (new.organization_id, new.started_on, new.kind) == (case.new.id, FIRST, st.EmploymentKind.MAIN)
    assert (new.status, new.position.name) == (st.ConfirmationStatus.CONFIRMED, "Педагог-психолог")
    with acting_as(case.world.operator):
        assert [s.id for s in mk.fetch(m.Employment, new.id).subjects] == [subject.id]
    assert len(mk.journal("transfer.confirm")) == 1
    told = [letter.body for letter in mk.rows(m.Letter, m.Letter.recipient == case.person.email)]
    assert len(told) == 3
    assert "подтверждён" in told[-1]


def test_what_is_under_way_goes_along_and_what_has_ended_stays(case: Case) -> None:
    worker, old = case.world.worker, case.world.worker.employment
    block = mk.blocks_of(case.world.voucher)[0]
    live = mk.make_enrolment(worker, case.world.group, status=st.EnrolmentStatus.AGREED, block=block)
    past = mk.make_past_group(case.world.program)
    done = mk.make_enrolment(worker, past, status=st.EnrolmentStatus.TRAINED)
    rule = mk.make_rule()
    values = {"employee_id": case.person.id, "employment_id": old.id, "rule_id": rule.id}
    asked = mk.save(m.VoucherApplication(**values, status=st.ApplicationStatus.SUBMITTED))
    decided = mk.save(m.VoucherApplication(**values, status=st.ApplicationStatus.REJECTED))
    row = case.confirm(case.accepted())
    new = row.new_employment_id
    assert [mk.fetch(m.Enrolment, e.id).employment_id for e in (live, done)] == [new, old.id]
    assert [mk.fetch(m.VoucherApplication, a.id).employment_id for a in (asked, decided)] == [new, old.id]
    assert mk.fetch(m.Voucher, case.world.voucher.id).status == st.VoucherStatus.ACTIVE
    assert mk.fetch(m.VoucherBlock, block.id).status == st.BlockStatus.RESERVED
    assert f"№ {live.id}" in str(mk.journal("employment.transferred")[0].changes)
    with acting_as(case.new_actor):
        assert get_visible(db.session, m.Employee, case.person.id, "employee:show").id == case.person.id


def test_the_present_organization_begins_and_releases_at_once(case: Case) -> None:
    row = case.begin(case.world.responsible, released_on=LAST)
    assert (row.status, row.released_on) == (T.RELEASED, LAST)
    assert len(mailed(case.new_account)) == 1


def test_leaving_is_told_to_those_who_wait_for_it(case: Case) -> None:
    seen: list[tuple[int, int, dt.date]] = []
    people.on_leaving.append(lambda *facts: seen.append(facts))
    try:
        case.confirm(case.accepted())
    finally:
        people.on_leaving.pop()
    assert seen == [(case.person.id, case.world.school.id, LAST)]


# --- the organization that hires -------------------------------------------------------------------------------------


def ask(case: Case, sought: Sought, **over: Any) -> None:
    with acting_as(case.new_actor):
        transfers.request(
            sought, **{"organization_id": case.new.id, "position_id": mk.make_position().id, "starts_on": FIRST, **over}
        )


def seen_by(actor: Actor) -> list[int]:
    with acting_as(actor):
        return list(db.session.scalars(db.select(m.Transfer.id)))


def test_asking_by_snils_makes_a_move_that_the_asker_does_not_see_before_the_release(case: Case) -> None:
    ask(case, Sought(case.person.snils, case.person.birth_date, "Петрова А"))
    (row,) = mk.rows(m.Transfer)
    assert (row.person_name, row.status, row.employment_id) == (
        "Петрова А",
        T.REQUESTED,
        case.world.worker.employment.id,
    )
    assert seen_by(case.new_actor) == []
    assert seen_by(case.world.responsible) == [row.id]
    with acting_as(case.new_actor), pytest.raises(NotFound):
        get_visible(db.session, m.Employee, case.person.id, "employee:show")
    case.release(row)
    assert seen_by(case.new_actor) == [row.id]
    assert mk.fetch(m.Transfer, row.id).person_name == case.person.full_name
    with acting_as(case.new_actor), pytest.raises(NotFound):
        get_visible(db.session, m.Employee, case.person.id, "employee:show")


def test_an_unknown_person_and_a_second_request_answer_alike_and_leave_nothing(case: Case) -> None:
    born = case.person.birth_date
    with mk.nothing_changes():
        ask(case, Sought(mk.next_snils(), born, "Кто-то"))
        ask(case, Sought(case.person.snils, born + mk.DAY, "Не тот день"))
    ask(case, Sought(case.person.snils, born, "Петрова"))
    with mk.nothing_changes():
        ask(case, Sought(case.person.snils, born, "Петрова"))


def test_a_wrong_number_and_a_foreign_organization_are_refused(case: Case) -> None:
    born = case.person.birth_date
    with mk.nothing_changes(), pytest.raises(Invalid) as refusal:
        ask(case, Sought("123-456-789 01", born, "Петрова"))
    assert list(refusal.value.fields) == ["snils"]
    with mk.nothing_changes(), pytest.raises(Invalid) as refusal:
        ask(case, Sought(case.person.snils, born, "Петрова"), organization_id=case.world.school.id)
    assert list(refusal.value.fields) == ["organization"]


def test_a_dismissed_person_is_released_by_the_operator(case: Case) -> None:
    mk.change(case.world.worker.employment, ended_on=today() - 200 * mk.DAY)
    ask(case, Sought(case.person.snils, case.person.birth_date, "Петрова"))
    (row,) = mk.rows(m.Transfer)
    with acting_as(case.world.operator):
        assert transfers.release(row.id, released_on=today()).released_on == today() - 200 * mk.DAY
    case.confirm(case.accept(row))
    assert [e.organization_id for e in employments(case)] == [case.world.school.id, case.new.id]


# --- refusals --------------------------------------------------------------------------------------------------------


def test_a_second_move_from_the_same_place_is_refused(case: Case) -> None:
    case.begin()
    with mk.nothing_changes(), pytest.raises(Conflict):
        case.begin()


def test_the_same_organization_and_a_first_day_before_the_last_are_refused(case: Case) -> None:
    with mk.nothing_changes(), pytest.raises(Invalid) as refusal:
        case.begin(organization_id=case.world.school.id)
    assert list(refusal.value.fields) == ["organization"]
    row = case.release(case.begin())
    with mk.nothing_changes(), pytest.raises(Invalid) as refusal:
        case.accept(row, starts_on=LAST)
    assert list(refusal.value.fields) == ["starts_on"]


def test_each_step_belongs_to_its_side(case: Case) -> None:
    row = case.begin()
    for actor in (case.world.other_responsible, case.world.other_worker.actor, case.new_actor):
        with mk.nothing_changes(), acting_as(actor), pytest.raises((NotFound, Forbidden)):
            transfers.release(row.id, released_on=LAST)
    case.release(row)
    for actor in (case.world.responsible, case.world.other_responsible, case.world.worker.actor, case.world.operator):
        with mk.nothing_changes(), acting_as(actor), pytest.raises((NotFound, Forbidden)):
            transfers.accept(row.id, position_id=mk.make_position().id, starts_on=FIRST)
    case.accept(row)
    for actor in (case.world.responsible, case.new_actor, case.world.worker.actor):
        with mk.nothing_changes(), acting_as(actor), pytest.raises(Forbidden):
            transfers.confirm(row.id)
        with mk.nothing_changes(), acting_as(actor), pytest.raises((Forbidden, Conflict)):
            transfers.withdraw(row.id)


def test_declining_needs_a_reason_and_tells_all(case: Case) -> None:
    row = case.begin()
    with mk.nothing_changes(), acting_as(case.world.responsible), pytest.raises(Invalid):
        transfers.decline(row.id, reason="")
    with acting_as(case.world.responsible):
        transfers.decline(row.id, reason="Идёт экзамен")
    assert mk.fetch(m.Transfer, row.id).status == T.DECLINED
    assert "Идёт экзамен" in mailed(case.new_account)[-1]
    assert mk.rows(m.Letter, m.Letter.recipient == case.person.email)[-1].body.count("Идёт экзамен") == 1
    assert len(employments(case)) == 1


def test_the_operator_declines_what_was_accepted(case: Case) -> None:
    row = case.accepted()
    with acting_as(case.world.operator):
        transfers.decline(row.id, reason="Должность не положена")
    assert (mk.fetch(m.Transfer, row.id).status, len(employments(case))) == (T.DECLINED, 1)


def test_the_person_withdraws_before_the_acceptance(case: Case) -> None:
    row = case.begin()
    with acting_as(case.world.worker.actor):
        assert transfers.withdraw(row.id).status == T.WITHDRAWN
    assert case.begin().status == T.REQUESTED


def test_confirmed_twice_moves_once(case: Case) -> None:
    row = case.accepted()
    case.confirm(row)
    with mk.nothing_changes(), pytest.raises(Conflict):
        case.confirm(row)
    assert len(employments(case)) == 2


def test_a_main_place_taken_meanwhile_refuses_the_confirmation_whole(case: Case) -> None:
    row = case.accepted()
    mk.change(case.world.worker.employment, ended_on=today())
    mk.make_employment(case.person, mk.make_organization(), started_on=today() + mk.DAY)
    with mk.nothing_changes(), pytest.raises(Conflict):
        case.confirm(row)


# --- dismissal -------------------------------------------------------------------------------------------------------


def test_dismissal_from_several_places_with_a_ground(case: Case) -> None:
    first = case.world.worker.employment
    second = mk.make_employment(case.person, case.world.school, kind=st.EmploymentKind.SECONDARY)
    foreign = mk.make_employment(case.person, case.new, kind=st.EmploymentKind.SECONDARY)
    with acting_as(case.world.responsible):
        assert [e.id for e in people.own_live_employments(case.person.id)] == [first.id, second.id]
        with mk.nothing_changes(), pytest.raises(Invalid):
            people.dismiss_from(case.person.id, [first.id, foreign.id], on=today(), reason="Приказ № 1")
        with mk.nothing_changes(), pytest.raises(Invalid):
            people.dismiss_from(case.person.id, [first.id], on=today(), reason=" ")
        people.dismiss_from(case.person.id, [first.id, second.id], on=today(), reason="Приказ № 1")
    assert [e.ended_on for e in employments(case)] == [today(), today(), None]
    assert mk.journal("employment.dismissed")[0].changes == {"Основание": ["", "Приказ № 1"]}
    assert "Приказ № 1" in mk.rows(m.Letter)[-1].body


# --- the last working day --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("late", [0, 1, 30])
def test_the_last_working_day_is_before_the_new_start(case: Case, late: int) -> None:
    row = case.begin()
    with mk.nothing_changes(), pytest.raises(Invalid) as refusal:
        case.release(row, on=FIRST + late * mk.DAY)
    assert list(refusal.value.fields) == ["released_on"]
    assert format_date(LAST) in refusal.value.message
    assert case.release(row, on=LAST).released_on == LAST


def test_the_release_is_offered_with_the_day_before_the_new_start(case: Case) -> None:
    assert transfers.offered_last_day(case.begin()) == LAST


def test_a_move_from_today_is_offered_with_yesterday(case: Case) -> None:
    """Today would be the first day in the other organization too."""
    row = case.begin(starts_on=today())
    offered = transfers.offered_last_day(row)
    assert offered == today() - mk.DAY
    assert case.release(row, on=offered).released_on == offered


def test_the_offer_stays_within_the_place_that_is_left(case: Case) -> None:
    row = case.begin()
    mk.change(case.world.worker.employment, ended_on=today() + 2 * mk.DAY)
    assert transfers.offered_last_day(row) == today() + 2 * mk.DAY
    mk.change(case.world.worker.employment, started_on=FIRST, ended_on=None)
    assert transfers.offered_last_day(row) == FIRST
    with mk.nothing_changes(), pytest.raises(Invalid):
        case.release(row, on=FIRST)
