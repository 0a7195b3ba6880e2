"""Applications for a чек: many people at once, typical reasons, the number's mask, the term that ends at midnight."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine

from app import models as m
from app import statuses as st
from app.access import acting_as, unscoped
from app.actor import Actor
from app.clock import ZONE, today
from app.conditions import is_late
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.extensions import db
from app.rules.decision import add_months
from app.services.access import access_requests
from app.services.desk import queue
from app.services.desk.queue import Asked
from app.services.desk.queue_decisions import CONFIRM, REFUSE, decide
from app.services.portal import records, settings
from app.services.portal.files import Scan
from app.services.voucher import voucher_eligibility, vouchers
from app.services.voucher.voucher_eligibility import chances
from tests.services import makers as mk
from tests.services.scans import pdf
from tests.statements import recorded

NOTE = "Согласовано с работниками и директором 12.01.2026"


@pytest.fixture
def school(session: Any) -> Any:
    mk.make_rule()
    return mk.make_organization()


@pytest.fixture
def responsible(school: Any) -> Actor:
    return mk.make_actor("school", school)


@pytest.fixture
def operator(school: Any) -> Actor:
    return mk.make_actor("operator")


def make_many(school: Any, number: int) -> list[mk.Person]:
    return [mk.make_person(school) for _ in range(number)]


def ids_of(people: list[mk.Person]) -> list[int]:
    return [person.employee.id for person in people]


def apply(person: mk.Person) -> Any:
    with acting_as(person.actor):
        return vouchers.apply(person.employee.id)


def reason(code: str) -> Any:
    return mk.rows(m.RefusalReason, m.RefusalReason.code == code)[0]


# --- many at once ----------------------------------------------------------------------------------------------------


def test_the_preview_says_of_each_whether_and_from_which_day(school: Any, responsible: Actor) -> None:
    fresh, early, waiting, unconfirmed, dismissed = make_many(school, 5)
    issued = today() - 400 * mk.DAY
    mk.make_voucher(early.employee, issued_on=issued, status=st.VoucherStatus.EXPIRED)
    apply(waiting)
    mk.change(unconfirmed.employment, status=st.ConfirmationStatus.UNCONFIRMED)
    mk.change(dismissed.employment, ended_on=today() - mk.DAY)
    with acting_as(responsible):
        found = {c.employee_id: c for c in chances(ids_of([fresh, early, waiting, unconfirmed, dismissed]))}
    assert found[fresh.employee.id].decision.allowed
    assert found[fresh.employee.id].place == f"Учитель, {school.short_name}"
    words = found[early.employee.id].decision.reason
    assert f"Новый чек можно получить с {add_months(issued, 36):%d.%m.%Y}" in words
    assert f"предыдущий выдан {issued:%d.%m.%Y}" in words
    assert "уже подана" in found[waiting.employee.id].decision.reason
    assert "ещё не подтверждено" in found[unconfirmed.employee.id].decision.reason
    assert "Нет места работы" in found[dismissed.employee.id].decision.reason


def test_the_preview_agrees_with_the_answer_for_one(school: Any, responsible: Actor) -> None:
    people = make_many(school, 3)
    mk.make_voucher(people[1].employee)
    mk.make_voucher(people[2].employee, issued_on=today() - 30 * mk.DAY, status=st.VoucherStatus.ANNULLED)
    with acting_as(responsible):
        for chance in chances(ids_of(people)):
            assert chance.decision == voucher_eligibility.eligibility(chance.employee_id)
        mk.make_rule(valid_to=today() - mk.DAY)
        assert all("Правило выдачи чеков" in chance.decision.reason for chance in chances(ids_of(people)))


def test_the_preview_takes_as_many_statements_for_thirty_as_for_one(school: Any, responsible: Actor) -> None:
    people = make_many(school, 30)
    numbers = []
    for some in (people[:1], people[:3], people):
        with acting_as(responsible), recorded() as statements:
            assert len(chances(ids_of(some))) == len(some)
        numbers.append(len(statements))
    assert len(set(numbers)) == 1, numbers
    assert numbers[0] <= 8


def test_many_apply_with_one_note_and_the_refused_hinder_nobody(school: Any, responsible: Actor) -> None:
    people = make_many(school, 4)
    mk.change(people[1].employee, snils=None)
    with acting_as(responsible):
        results = {r.employee_id: r for r in vouchers.apply_many(ids_of(people), note=NOTE)}
    assert [results[p.employee.id].application is not None for p in people] == [True, False, True, True]
    assert "СНИЛС" in results[people[1].employee.id].refusal
    found = mk.rows(m.VoucherApplication)
    assert {row.employee_id for row in found} == set(ids_of(people)) - {people[1].employee.id}
    assert {(row.status, row.on_behalf_note) for row in found} == {(st.ApplicationStatus.SUBMITTED, NOTE)}
    assert {row.created_by_id for row in found} == {responsible.user_id}
    assert len(mk.journal("voucher_application.submit")) == 3


def test_the_same_list_twice_applies_once(school: Any, responsible: Actor) -> None:
    people = make_many(school, 2)
    with acting_as(responsible):
        first = vouchers.apply_many(ids_of(people), note=NOTE)
        with mk.nothing_changes():
            again = vouchers.apply_many([*ids_of(people), *ids_of(people)], note=NOTE)
    assert [r.application.id for r in again if r.application] == [r.application.id for r in first if r.application]
    assert len(mk.rows(m.VoucherApplication)) == 2


@pytest.mark.parametrize("note", [None, "", "   "])
def test_many_without_the_note_are_refused(school: Any, responsible: Actor, note: str | None) -> None:
    people = make_many(school, 2)
    with acting_as(responsible), mk.nothing_changes(), pytest.raises(Invalid) as caught:
        vouchers.apply_many(ids_of(people), note=note)
    assert "note" in caught.value.fields


def test_one_of_another_school_refuses_all(school: Any, responsible: Actor) -> None:
    own, foreign = mk.make_person(school), mk.make_person(mk.make_organization())
    with acting_as(responsible), mk.nothing_changes():
        for call in (lambda ids: vouchers.apply_many(ids, note=NOTE), chances):
            with pytest.raises(NotFound):
                call(ids_of([own, foreign]))


def test_nobody_and_too_many_are_refused(school: Any, responsible: Actor) -> None:
    with acting_as(responsible), mk.nothing_changes():
        with pytest.raises(Invalid, match="Отметьте работников"):
            vouchers.apply_many([], note=NOTE)
        with pytest.raises(Invalid, match="не больше 200"):
            vouchers.apply_many(range(1, 202), note=NOTE)


def test_a_worker_applies_for_no_other(school: Any) -> None:
    one, other = make_many(school, 2)
    with acting_as(one.actor), mk.nothing_changes(), pytest.raises(NotFound):
        vouchers.apply_many(ids_of([one, other]), note=NOTE)


def test_a_reader_applies_for_nobody(school: Any) -> None:
    people = make_many(school, 1)
    with acting_as(mk.make_actor("ministry")), mk.nothing_changes(), pytest.raises(Forbidden):
        vouchers.apply_many(ids_of(people), note=NOTE)


# --- reasons ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "status"),
    [(vouchers.reject, st.ApplicationStatus.REJECTED), (vouchers.return_, st.ApplicationStatus.RETURNED)],
)
def test_typical_and_typed_reason_are_told_whole(school: Any, operator: Actor, call: Any, status: Any) -> None:
    application, typical = apply(mk.make_person(school)), reason("voucher_wrong_data")
    with acting_as(operator):
        row = call(application.id, "Нет отчества.", refusal_reason_id=typical.id)
    assert (row.status, row.refusal_reason_id) == (status, typical.id)
    assert row.reason_text == f"{typical.text} Нет отчества."
    assert f"Причина: {typical.text} Нет отчества." in mk.rows(m.Letter)[-1].body
    assert mk.rows(m.Notice)[0].text


def test_typical_reason_alone_is_enough(school: Any, operator: Actor) -> None:
    application, typical = apply(mk.make_person(school)), reason("voucher_duplicate")
    with acting_as(operator):
        assert vouchers.reject(application.id, refusal_reason_id=typical.id).reason_text == typical.text


def test_reason_of_another_kind_or_none_is_refused(school: Any, operator: Actor) -> None:
    application = apply(mk.make_person(school))
    with acting_as(operator), mk.nothing_changes():
        for pk in (reason("enrolment_no_seats").id, 2_000_000):
            with pytest.raises(Invalid, match="для других решений"):
                vouchers.reject(application.id, "Нет", refusal_reason_id=pk)
        with pytest.raises(Invalid, match="Укажите причину"):
            vouchers.reject(application.id)


def test_used_typical_reason_is_not_deleted_from_the_directory(school: Any, operator: Actor) -> None:
    application, typical = apply(mk.make_person(school)), reason("voucher_duplicate")
    with acting_as(operator):
        vouchers.reject(application.id, refusal_reason_id=typical.id)
        with mk.nothing_changes(), pytest.raises(Conflict, match="используется"):
            records.delete(typical)


def test_returned_is_mended_and_submitted_with_a_new_term_and_without_the_reason(school: Any, operator: Actor) -> None:
    person = mk.make_person(school)
    application = apply(person)
    with acting_as(operator):
        vouchers.return_(application.id, "Впишите СНИЛС", refusal_reason_id=reason("voucher_wrong_data").id)
    mk.change(person.employee, snils=None)
    with acting_as(person.actor), mk.nothing_changes(), pytest.raises(Conflict, match="СНИЛС"):
        vouchers.resubmit(application.id)
    mk.change(person.employee, snils=mk.next_snils())
    with time_machine.travel(dt.datetime(2026, 9, 7, 10, tzinfo=ZONE), tick=False), acting_as(person.actor):
        row = vouchers.resubmit(application.id)
    assert (row.status, row.reason_text, row.refusal_reason_id) == (st.ApplicationStatus.SUBMITTED, None, None)
    assert row.due_on == dt.date(2026, 9, 14)


def test_the_queue_decides_by_typical_reasons_of_its_kind_only(school: Any, operator: Actor) -> None:
    application, place = apply(mk.make_person(school)), mk.make_person(school)
    mk.change(place.employment, status=st.ConfirmationStatus.UNCONFIRMED)
    typical = reason("voucher_too_early")
    picks = [("voucher_application", application.id)]
    with acting_as(operator):
        wrong = decide(REFUSE, picks, typical_id=reason("access_no_order").id)
        assert "для других решений" in wrong[0].sentence
        assert mk.fetch(m.VoucherApplication, application.id).status == st.ApplicationStatus.SUBMITTED
        assert [outcome.sentence for outcome in decide(REFUSE, picks, typical_id=typical.id)] == [""]
        with mk.nothing_changes(), pytest.raises(Invalid, match="Укажите причину"):
            decide(REFUSE, picks)
    row = mk.fetch(m.VoucherApplication, application.id)
    assert (row.reason_text, row.refusal_reason_id) == (typical.text, typical.id)


def test_a_kind_without_the_column_gets_the_typical_words(session: Any) -> None:
    world = mk.make_world()
    with acting_as(world.worker.actor):
        asked = access_requests.submit(
            f"school:{world.school.id}", Scan("Приказ.pdf", pdf()), details="Приказ № 1", valid_from=today()
        )
    typical = reason("access_wrong_group")
    with acting_as(world.operator):
        assert [o.sentence for o in decide(REFUSE, [("access_request", asked.id)], typical_id=typical.id)] == [""]
    assert mk.fetch(m.AccessRequest, asked.id).reason_text == typical.text


# --- approval of many ------------------------------------------------------------------------------------------------


def test_where_every_rule_passes_they_are_approved_the_others_stay_with_their_sentence(
    school: Any, operator: Actor
) -> None:
    people = make_many(school, 4)
    applications = [apply(person) for person in people]
    mk.change(people[1].employment, status=st.ConfirmationStatus.UNCONFIRMED)
    mk.make_voucher(people[2].employee)
    picks = [("voucher_application", row.id) for row in applications]
    with acting_as(operator):
        outcomes = decide(CONFIRM, picks)
    assert [bool(outcome.sentence) for outcome in outcomes] == [False, True, True, False]
    assert "ещё не подтверждено" in outcomes[1].sentence
    assert "действующий чек" in outcomes[2].sentence
    statuses = [mk.fetch(m.VoucherApplication, row.id).status for row in applications]
    assert statuses == ["approved", "submitted", "submitted", "approved"]
    year = today().year
    issued = mk.rows(m.Voucher, m.Voucher.application_id.is_not(None))
    assert [row.number for row in issued] == [f"63-{year}-000001", f"63-{year}-000002"]


# --- the number ------------------------------------------------------------------------------------------------------


def test_number_is_written_by_the_operators_mask_and_counts_on(school: Any, operator: Actor) -> None:
    first, second = make_many(school, 2)
    applications = [apply(first), apply(second)]
    with acting_as(operator):
        assert vouchers.approve(applications[0].id).number == f"63-{today().year}-000001"
        settings.change("voucher_number_mask", "СО/{number:04d}-{year}")
        assert vouchers.approve(applications[1].id).number == f"СО/0002-{today().year}"


def test_each_year_counts_from_one(school: Any, operator: Actor) -> None:
    numbers = []
    for day, person in zip((dt.date(2026, 12, 30), dt.date(2027, 1, 13)), make_many(school, 2), strict=True):
        with time_machine.travel(dt.datetime.combine(day, dt.time(12), ZONE), tick=False):
            application = apply(person)
            with acting_as(operator):
                numbers.append(vouchers.approve(application.id).number)
    assert numbers == ["63-2026-000001", "63-2027-000001"]


def test_number_that_is_taken_is_refused_without_a_gap(school: Any, operator: Actor) -> None:
    mk.make_voucher(mk.make_employee(), number=f"63-{today().year}-000001")
    application = apply(mk.make_person(school))
    with acting_as(operator):
        with mk.nothing_changes(), pytest.raises(Conflict, match="000001 уже есть"):
            vouchers.approve(application.id)
        settings.change("voucher_number_mask", "63-{year}-{number:05d}")
        assert vouchers.approve(application.id).number == f"63-{today().year}-00001"


def test_spoiled_mask_falls_back_to_the_first(school: Any, operator: Actor) -> None:
    with unscoped("tests"):
        db.session.get(m.Setting, "voucher_number_mask").value = "{number.__class__}"  # type: ignore[union-attr]
        db.session.commit()
    application = apply(mk.make_person(school))
    with acting_as(operator):
        assert vouchers.approve(application.id).number == f"63-{today().year}-000001"


# --- the term --------------------------------------------------------------------------------------------------------

_SAMARA = [
    # (clock of the world, in UTC; state of the queue; is the application late)
    (dt.datetime(2026, 9, 14, 19, 59, 59, tzinfo=dt.UTC), "today", False),
    (dt.datetime(2026, 9, 14, 20, 0, 0, tzinfo=dt.UTC), "overdue", True),
    (dt.datetime(2026, 9, 13, 20, 0, 0, tzinfo=dt.UTC), "today", False),
    (dt.datetime(2026, 9, 13, 19, 59, 59, tzinfo=dt.UTC), "soon", False),
]


@pytest.mark.parametrize(("moment", "state", "late"), _SAMARA)
def test_the_term_ends_at_midnight_of_samara(
    school: Any, operator: Actor, moment: dt.datetime, state: str, late: bool
) -> None:
    """An application of Monday the 7th is due on Monday the 14th, 23:59:59 (four hours before UTC's midnight)."""
    with time_machine.travel(dt.datetime(2026, 9, 7, 15, tzinfo=ZONE), tick=False):
        application = apply(mk.make_person(school))
    assert application.due_on == dt.date(2026, 9, 14)
    with time_machine.travel(moment, tick=False), acting_as(operator):
        rows, _more = queue.page(Asked(kind="voucher_application"), size=5)
        assert [row.state.code for row in rows] == [state]
        assert is_late(mk.fetch(m.VoucherApplication, application.id)) is late


@pytest.mark.parametrize(
    ("moment", "due"),
    [
        # half past eleven at night in Samara is still Friday: the term counts from it
        (dt.datetime(2026, 9, 11, 19, 59, 59, tzinfo=dt.UTC), dt.date(2026, 9, 18)),
        # a second later it is Saturday there, while UTC still has Friday
        (dt.datetime(2026, 9, 11, 20, 0, 0, tzinfo=dt.UTC), dt.date(2026, 9, 18)),
        (dt.datetime(2026, 9, 10, 20, 0, 0, tzinfo=dt.UTC), dt.date(2026, 9, 18)),
        (dt.datetime(2026, 9, 10, 19, 59, 59, tzinfo=dt.UTC), dt.date(2026, 9, 17)),
    ],
)
def test_the_term_counts_from_the_day_of_samara(school: Any, moment: dt.datetime, due: dt.date) -> None:
    with time_machine.travel(moment, tick=False):
        assert apply(mk.make_person(school)).due_on == due


def test_new_voucher_may_be_asked_from_midnight_of_the_named_day(school: Any) -> None:
    person = mk.make_person(school)
    mk.make_voucher(
        person.employee,
        issued_on=dt.date(2024, 3, 14),
        valid_until=dt.date(2027, 3, 13),
        status=st.VoucherStatus.EXPIRED,
    )
    evening = time_machine.travel(dt.datetime(2027, 3, 13, 23, 59, 59, tzinfo=ZONE), tick=False)
    refused = pytest.raises(Conflict, match=r"с 14\.03\.2027")
    with evening, acting_as(person.actor), mk.nothing_changes(), refused:
        vouchers.apply(person.employee.id)
    with time_machine.travel(dt.datetime(2027, 3, 14, 0, 0, 0, tzinfo=ZONE), tick=False):
        assert apply(person).status == st.ApplicationStatus.SUBMITTED


def test_decided_application_is_never_late(school: Any, operator: Actor) -> None:
    with time_machine.travel(dt.datetime(2026, 9, 7, 15, tzinfo=ZONE), tick=False):
        application = apply(mk.make_person(school))
    with time_machine.travel(dt.datetime(2026, 10, 7, 15, tzinfo=ZONE), tick=False), acting_as(operator):
        vouchers.approve(application.id)
        assert not is_late(mk.fetch(m.VoucherApplication, application.id))
