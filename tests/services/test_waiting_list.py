"""The waiting list: order, offer and its term, passing on, who left, why still waiting."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import now, today
from app.errors import Conflict, Forbidden, NotFound
from app.services.courses.enrolment import enrolments, waiting_list
from app.services.courses.group import groups
from app.services.personnel.cards import people
from tests.services import makers as mk

E = st.EnrolmentStatus
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world(capacity=1)


@pytest.fixture
def hours(session: Any) -> Iterator[Callable[[int], None]]:
    """Set for how many hours an offered seat is kept; put back afterwards."""
    yield lambda number: mk.set_setting("offer_hours", str(number))
    mk.set_setting("offer_hours", "48")


def enrol(person: mk.Person, group: Any) -> Any:
    with acting_as(person.actor):
        return enrolments.enrol(person.employee.id, group.id)


def filled(world: mk.World) -> tuple[mk.Person, Any]:
    """Somebody who holds the only seat of the group."""
    (holder,) = world.more_people(1)
    return holder, enrol(holder, world.group)


def leave(person: mk.Person, row: Any) -> None:
    with acting_as(person.actor):
        enrolments.withdraw(row.id)


def fresh(row: Any) -> Any:
    return mk.fetch(m.Enrolment, row.id)


def overdue(row: Any) -> None:
    """The term of an offer is over."""
    mk.change(fresh(row), offer_until=now() - HOUR)


def pass_offers() -> int:
    with acting_as(mk.SYSTEM):
        return waiting_list.pass_offers()


def tend() -> int:
    with acting_as(mk.SYSTEM):
        return waiting_list.tend()


def taken(group: Any) -> int:
    return int(mk.fetch(m.TrainingGroup, group.id).taken)


def statuses_of(voucher: Any) -> list[str]:
    return [block.status.value for block in mk.blocks_of(voucher)]


# --- order -----------------------------------------------------------------------------------------------------------


def test_whose_voucher_ends_sooner_comes_first(world: mk.World) -> None:
    holder, held = filled(world)
    later, sooner = world.more_people(2, voucher=False)
    mk.make_voucher(later.employee)
    mk.make_voucher(sooner.employee, valid_until=today() + 60 * mk.DAY)
    first_in_time, second_in_time = enrol(later, world.group), enrol(sooner, world.group)
    leave(holder, held)
    assert (fresh(first_in_time).status, fresh(second_in_time).status) == (E.WAITING, E.OFFERED)


def test_equal_vouchers_keep_the_order_of_waiting(world: mk.World) -> None:
    holder, held = filled(world)
    rows = [enrol(person, world.group) for person in world.more_people(2)]
    mk.change(rows[0], queued_at=now() - HOUR)
    mk.change(rows[1], queued_at=now() - 2 * HOUR)
    leave(holder, held)
    assert [fresh(row).status for row in rows] == [E.WAITING, E.OFFERED]


# --- the offer -------------------------------------------------------------------------------------------------------


def test_offer_keeps_seat_and_block_and_tells_the_term(world: mk.World) -> None:
    holder, held = filled(world)
    row = enrol(world.worker, world.group)
    before = now()
    leave(holder, held)
    offered = fresh(row)
    assert offered.status == E.OFFERED
    assert before + 48 * HOUR <= offered.offer_until <= now() + 48 * HOUR
    assert statuses_of(world.voucher) == ["reserved", "free", "free"]
    assert taken(world.group) == 1
    (letter,) = mk.rows(m.Letter, m.Letter.template == "enrolment_offered")
    assert "Занять предложенное место" in letter.body
    assert f"/enrolment/show/{row.id}" in letter.body + (letter.html or "")
    assert enrolments.recount() == 0


def test_offer_never_lasts_past_the_first_day(session: Any) -> None:
    world = mk.make_world(capacity=1, starts_on=today() + mk.DAY, enrol_until=today())
    holder, held = filled(world)
    row = enrol(world.worker, world.group)
    leave(holder, held)
    first = dt.datetime.combine(world.group.starts_on, dt.time(), tzinfo=now().tzinfo)
    assert fresh(row).offer_until == first


def test_zero_hours_give_the_seat_at_once(world: mk.World, hours: Callable[[int], None]) -> None:
    hours(0)
    holder, held = filled(world)
    row = enrol(world.worker, world.group)
    leave(holder, held)
    assert (fresh(row).status, fresh(row).offer_until) == (E.APPLIED, None)


def test_zero_hours_give_it_agreed_to_whom_the_school_listed(world: mk.World, hours: Callable[[int], None]) -> None:
    hours(0)
    holder, held = filled(world)
    with acting_as(world.responsible):
        row = enrolments.enrol(world.worker.employee.id, world.group.id)
    leave(holder, held)
    assert fresh(row).status == E.AGREED


def offered(world: mk.World) -> Any:
    """The worker's enrolment with an offered seat."""
    holder, held = filled(world)
    row = enrol(world.worker, world.group)
    leave(holder, held)
    assert fresh(row).status == E.OFFERED
    return row


def test_person_accepts_and_the_second_click_changes_nothing(world: mk.World) -> None:
    row = offered(world)
    with acting_as(world.worker.actor):
        assert waiting_list.accept(row.id).status == E.APPLIED
        with mk.nothing_changes():
            assert waiting_list.accept(row.id).status == E.APPLIED
    assert (fresh(row).offer_until, taken(world.group)) == (None, 1)
    assert statuses_of(world.voucher) == ["reserved", "free", "free"]
    assert enrolments.recount() == 0


def test_responsible_accepts_with_the_agreement(world: mk.World) -> None:
    row = offered(world)
    with acting_as(world.responsible):
        assert waiting_list.accept(row.id).status == E.AGREED


def test_automatic_agreement_follows_the_acceptance(world: mk.World) -> None:
    mk.change(world.school, employer_agreement=st.EmployerAgreement.AUTOMATIC)
    row = offered(world)
    with acting_as(world.worker.actor):
        assert waiting_list.accept(row.id).status == E.AGREED


def test_strangers_do_not_accept(world: mk.World) -> None:
    row = offered(world)
    for actor in (world.other_worker.actor, world.other_responsible, world.other_organizer):
        with acting_as(actor), mk.nothing_changes(), pytest.raises((NotFound, Forbidden)):
            waiting_list.accept(row.id)
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Forbidden):
        waiting_list.accept(row.id)


def test_acceptance_after_the_term_is_refused_before_the_job_has_run(world: mk.World) -> None:
    row = offered(world)
    overdue(row)
    with acting_as(world.worker.actor), mk.nothing_changes(), pytest.raises(Conflict, match="этот срок прошёл"):
        waiting_list.accept(row.id)


def test_waiting_row_has_nothing_to_accept(world: mk.World) -> None:
    filled(world)
    row = enrol(world.worker, world.group)
    with acting_as(world.worker.actor), mk.nothing_changes(), pytest.raises(Conflict, match="Лист ожидания"):
        waiting_list.accept(row.id)


# --- passing on ------------------------------------------------------------------------------------------------------


def test_offer_not_taken_passes_to_the_next(world: mk.World) -> None:
    row = offered(world)
    (other,) = world.more_people(1)
    following = enrol(other, world.group)
    overdue(row)
    assert pass_offers() == 1
    passed = fresh(row)
    assert (passed.status, passed.offers, passed.block_id, passed.offer_until) == (E.WAITING, 1, None, None)
    assert fresh(following).status == E.OFFERED
    assert statuses_of(world.voucher) == ["free", "free", "free"]
    assert taken(world.group) == 1
    assert "не занято в срок" in mk.rows(m.Letter, m.Letter.subject.contains("не занято"))[0].subject
    assert enrolments.recount() == 0
    with mk.nothing_changes():
        assert pass_offers() == 0


def test_second_offer_not_taken_ends_the_enrolment(world: mk.World) -> None:
    row = offered(world)
    overdue(row)
    assert pass_offers() == 1
    assert fresh(row).status == E.OFFERED  # nobody else waits: it is offered again
    overdue(row)
    assert pass_offers() == 1
    ended = fresh(row)
    assert (ended.status, ended.offers) == (E.WITHDRAWN, 2)
    assert "дважды" in ended.reason_text
    assert (taken(world.group), statuses_of(world.voucher)) == (0, ["free", "free", "free"])
    assert enrolments.recount() == 0


def test_offer_whose_term_is_not_over_stays(world: mk.World) -> None:
    row = offered(world)
    with mk.nothing_changes():
        assert pass_offers() == 0
    assert fresh(row).status == E.OFFERED


def test_withdrawn_offer_goes_to_the_next(world: mk.World) -> None:
    row = offered(world)
    (other,) = world.more_people(1)
    following = enrol(other, world.group)
    leave(world.worker, row)
    assert (fresh(row).status, fresh(following).status) == (E.WITHDRAWN, E.OFFERED)
    assert enrolments.recount() == 0


def test_cancelled_group_ends_an_offer_too(world: mk.World) -> None:
    row = offered(world)
    with acting_as(world.organizer_actor):
        groups.cancel(world.group.id, "Нет преподавателя")
    assert (fresh(row).status, taken(world.group)) == (E.REJECTED, 0)
    assert statuses_of(world.voucher) == ["free", "free", "free"]
    assert enrolments.recount() == 0


# --- what changes while waiting --------------------------------------------------------------------------------------


def test_dismissed_person_is_skipped_and_later_ended(world: mk.World) -> None:
    holder, held = filled(world)
    row = enrol(world.worker, world.group)
    (other,) = world.more_people(1)
    following = enrol(other, world.group)
    with acting_as(world.responsible):
        people.dismiss(world.worker.employment.id, on=today() - mk.DAY, reason="Приказ № 1")
    leave(holder, held)
    assert (fresh(row).status, fresh(following).status) == (E.WAITING, E.OFFERED)
    assert tend() == 1
    ended = fresh(row)
    assert ended.status == E.REJECTED
    assert "закрыто" in ended.reason_text
    with mk.nothing_changes():
        assert tend() == 0


def test_dismissed_person_with_an_offer_frees_the_seat(world: mk.World) -> None:
    row = offered(world)
    mk.change(world.worker.employment, ended_on=today() - mk.DAY)
    assert tend() == 1
    assert (fresh(row).status, taken(world.group)) == (E.REJECTED, 0)
    assert statuses_of(world.voucher) == ["free", "free", "free"]
    assert enrolments.recount() == 0


def test_who_moves_to_another_school_keeps_waiting(world: mk.World) -> None:
    filled(world)
    row = enrol(world.worker, world.group)
    mk.change(world.worker.employment, ended_on=today() - mk.DAY)
    mk.save(
        m.Transfer(
            employee_id=world.worker.employee.id,
            employment_id=world.worker.employment.id,
            person_name="Работник",
            from_organization_id=world.school.id,
            organization_id=mk.make_organization().id,
            position_id=world.worker.employment.position_id,
            starts_on=today() + mk.DAY,
            released_on=today() - mk.DAY,
            due_on=today() + 5 * mk.DAY,
            status=st.TransferStatus.RELEASED,
        )
    )
    with mk.nothing_changes():
        assert tend() == 0
    assert fresh(row).status == E.WAITING


def test_annulled_voucher_is_skipped_and_explained(world: mk.World) -> None:
    holder, held = filled(world)
    row = enrol(world.worker, world.group)
    mk.change(world.voucher, status=st.VoucherStatus.ANNULLED)
    leave(holder, held)
    assert fresh(row).status == E.WAITING
    with acting_as(world.worker.actor):
        why = waiting_list.explain(row.id)
    assert why is not None
    assert "действующего чека нет" in " ".join(why.reasons)


def test_new_voucher_gets_the_free_seat_by_the_job(world: mk.World) -> None:
    holder, held = filled(world)
    row = enrol(world.worker, world.group)
    mk.change(world.voucher, status=st.VoucherStatus.ANNULLED)
    leave(holder, held)
    mk.make_voucher(world.worker.employee)
    assert tend() == 1
    assert fresh(row).status == E.OFFERED


# --- why still waiting -----------------------------------------------------------------------------------------------


def test_explanation_says_place_and_seats_without_names(world: mk.World) -> None:
    filled(world)
    others = world.more_people(2)
    rows = [enrol(person, world.group) for person in (*others, world.worker)]
    with acting_as(world.worker.actor):
        why = waiting_list.explain(rows[-1].id)
    assert why is not None
    assert (why.place, why.total, why.position) == (3, 3, "3-е место из 3")
    assert why.reasons == ("Свободных мест нет: занято 1 из 1.",)
    assert not any(person.employee.last_name in " ".join(why.reasons) for person in others)


def test_explanation_names_a_clash_only_to_who_may_see_it(world: mk.World) -> None:
    filled(world)
    row = enrol(world.worker, world.group)
    foreign = mk.make_program(mk.make_organization(is_organizer=True), block=None)
    clashing = mk.make_group(foreign)
    mk.make_enrolment(world.worker, clashing, status=E.CONFIRMED)
    with acting_as(world.responsible):
        why = waiting_list.explain(row.id)
    assert why is not None and f"группой {clashing.number}" in " ".join(why.reasons)
    with acting_as(world.organizer_actor):
        why = waiting_list.explain(row.id)
    assert why is not None
    assert clashing.number not in " ".join(why.reasons)
    assert "На эти даты работник уже записан в другую группу" in " ".join(why.reasons)


def test_nothing_to_explain_with_a_seat_and_to_strangers(world: mk.World) -> None:
    _holder, held = filled(world)
    with acting_as(world.responsible):
        assert waiting_list.explain(held.id) is None
    row = enrol(world.worker, world.group)
    with acting_as(world.other_responsible), pytest.raises(NotFound):
        waiting_list.explain(row.id)


def test_start_of_the_group_ends_the_explanation_of_seats(world: mk.World) -> None:
    filled(world)
    row = enrol(world.worker, world.group)
    mk.change(world.group, status=st.GroupStatus.RUNNING)
    with acting_as(world.worker.actor):
        why = waiting_list.explain(row.id)
    assert why is not None and "больше не предлагаются" in why.reasons[0]


def test_who_let_no_offer_pass_stands_before_whoever_did_whatever_the_voucher(session: Any) -> None:
    """An offer let pass counts more than an earlier end of the чек and than a longer wait."""
    world = mk.make_world(capacity=1)
    holder, passed, fresh = world.more_people(3, voucher=False)
    ends = {passed: 100, fresh: 900}
    for person, days in ends.items():
        mk.make_voucher(person.employee, valid_until=today() + days * mk.DAY)
    mk.make_enrolment(holder, world.group, status=st.EnrolmentStatus.CONFIRMED)
    earlier = mk.make_enrolment(passed, world.group, status=st.EnrolmentStatus.WAITING, offers=1)
    later = mk.make_enrolment(fresh, world.group, status=st.EnrolmentStatus.WAITING)
    with acting_as(world.organizer_actor):
        assert waiting_list.explain(later.id).position == "1-е место из 2"
        assert waiting_list.explain(earlier.id).position == "2-е место из 2"
        groups.update(world.group.id, {"capacity": 2})
    assert [mk.fetch(m.Enrolment, row.id).status for row in (later, earlier)] == [
        st.EnrolmentStatus.OFFERED,
        st.EnrolmentStatus.WAITING,
    ]


def test_a_block_freed_after_the_voucher_ended_lapses_before_the_night_has_come(session: Any) -> None:
    """The чек is over by its date; that the nightly job has not said so yet changes nothing."""
    world = mk.make_world()
    block = mk.blocks_of(world.voucher)[0]
    row = mk.make_enrolment(world.worker, world.group, status=st.EnrolmentStatus.CONFIRMED, block=block)
    mk.change(world.voucher, issued_on=today() - 400 * mk.DAY, valid_until=today() - mk.DAY)
    with acting_as(world.organizer_actor):
        enrolments.reject(row.id, "Ошибка")
    assert mk.fetch(m.Voucher, world.voucher.id).status == st.VoucherStatus.ACTIVE
    assert mk.fetch(m.VoucherBlock, block.id).status == st.BlockStatus.LAPSED


def test_a_block_freed_on_the_last_day_of_the_voucher_is_free(session: Any) -> None:
    world = mk.make_world()
    block = mk.blocks_of(world.voucher)[0]
    row = mk.make_enrolment(world.worker, world.group, status=st.EnrolmentStatus.CONFIRMED, block=block)
    mk.change(world.voucher, issued_on=today() - 400 * mk.DAY, valid_until=today())
    with acting_as(world.organizer_actor):
        enrolments.reject(row.id, "Ошибка")
    assert mk.fetch(m.VoucherBlock, block.id).status == st.BlockStatus.FREE
