"""Outcomes of a whole group: all or nothing, blocks spent and freed, proposals, what is missing, completion."""

from __future__ import annotations

from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import today
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.services.courses.enrolment import enrolments
from app.services.courses.group import groups, results
from app.services.courses.group.results import Assessment, Missing, Outcome
from tests.services import makers as mk
from tests.services.course_rows import Course, make_course, make_listeners, make_marks

E, G, M = st.EnrolmentStatus, st.GroupStatus, st.AttendanceMark
COMMON = Assessment(final_form="зачёт", protocol_number="7")


@pytest.fixture
def course(session: Any) -> Course:
    return make_course()


def outcomes(course: Course) -> list[str]:
    return [str(mk.fetch(m.Enrolment, row.id).status) for row in course.rows]


def test_the_whole_group_is_entered_at_once(course: Course) -> None:
    first, second, third = (row.id for row in course.rows)
    rows = {
        first: Outcome(outcome=E.TRAINED, mark="зачтено"),
        second: Outcome(outcome=E.FAILED, reason="Не явилась на зачёт"),
        third: Outcome(outcome=E.NO_SHOW),
    }
    with acting_as(course.world.organizer_actor):
        assert results.record_many(course.group.id, rows, COMMON) == 3
    assert outcomes(course) == ["trained", "failed", "no_show"]
    assert course.blocks() == ["used", "free", "free"]
    stored = [mk.fetch(m.Enrolment, row.id) for row in course.rows]
    assert [(row.final_form, row.final_mark, row.protocol_number) for row in stored] == [
        ("зачёт", "зачтено", "7"),
        ("зачёт", None, "7"),
        (None, None, None),
    ]
    assert {row.result_on for row in stored} == {today()}
    assert len(mk.journal("enrolment.record_trained")) == 1


def test_a_row_without_an_outcome_is_left_for_later(course: Course) -> None:
    rows = {row.id: Outcome(outcome=None, mark="5") for row in course.rows}
    rows[course.rows[0].id] = Outcome(outcome=E.TRAINED)
    with acting_as(course.world.organizer_actor):
        assert results.record_many(course.group.id, rows, COMMON) == 1
    assert outcomes(course) == ["trained", "confirmed", "confirmed"]


def test_one_wrong_row_stops_all_and_every_wrong_one_is_named(course: Course) -> None:
    first, second, third = (row.id for row in course.rows)
    rows = {
        first: Outcome(outcome=E.TRAINED),
        second: Outcome(outcome=E.EXPELLED, reason=" "),
        third: Outcome(outcome=E.NO_SHOW, mark="5"),
    }
    with acting_as(course.world.organizer_actor), mk.nothing_changes(), pytest.raises(Invalid) as caught:
        results.record_many(course.group.id, rows, COMMON)
    assert set(caught.value.fields) == {f"reason-{second}", f"mark-{third}"}
    assert course.rows[1].employee.short_name in caught.value.fields[f"reason-{second}"][0]
    assert "Неверно заполнено строк: 2" in caught.value.message


def test_a_date_outside_the_course_is_told_once(course: Course) -> None:
    rows = {row.id: Outcome(outcome=E.TRAINED) for row in course.rows}
    common = Assessment(result_on=today() + mk.DAY)
    with acting_as(course.world.organizer_actor), mk.nothing_changes(), pytest.raises(Invalid) as caught:
        results.record_many(course.group.id, rows, common)
    assert list(caught.value.fields) == ["result_on"]


def test_an_outcome_that_another_user_entered_is_not_overwritten(course: Course) -> None:
    first = course.rows[0]
    rows = {row.id: Outcome(outcome=E.NO_SHOW) for row in course.rows}
    with acting_as(course.world.organizer_actor):
        enrolments.record_result(first.id, E.TRAINED)
        with mk.nothing_changes(), pytest.raises(Invalid) as caught:
            results.record_many(course.group.id, rows, COMMON)
    (sentence,) = caught.value.fields[f"outcome-{first.id}"]
    assert sentence == f"{first.employee.short_name}: уже внесён итог «Обучен, аттестован»."


def test_the_same_click_twice_is_no_mistake(course: Course) -> None:
    rows = {row.id: Outcome(outcome=E.TRAINED, mark="5") for row in course.rows}
    with acting_as(course.world.organizer_actor):
        results.record_many(course.group.id, rows, COMMON)
        with mk.nothing_changes():
            assert results.record_many(course.group.id, rows, COMMON) == 0


def test_another_mark_for_the_same_outcome_is_refused(course: Course) -> None:
    first = course.rows[0].id
    with acting_as(course.world.organizer_actor):
        results.record_many(course.group.id, {first: Outcome(outcome=E.TRAINED, mark="5")}, COMMON)
        with mk.nothing_changes(), pytest.raises(Invalid) as caught:
            results.record_many(course.group.id, {first: Outcome(outcome=E.TRAINED, mark="3")}, COMMON)
    assert list(caught.value.fields) == [f"outcome-{first}"]


def test_nothing_chosen_is_refused(course: Course) -> None:
    rows = {row.id: Outcome(outcome=None) for row in course.rows}
    with acting_as(course.world.organizer_actor), mk.nothing_changes(), pytest.raises(Invalid, match="не выбран"):
        results.record_many(course.group.id, rows, COMMON)


def test_foreign_enrolment_is_not_found(course: Course) -> None:
    other = mk.make_past_group(course.world.program)
    foreign = make_listeners(course.world, other, 1)[0]
    rows = {course.rows[0].id: Outcome(outcome=E.TRAINED), foreign.id: Outcome(outcome=E.TRAINED)}
    with acting_as(course.world.organizer_actor), mk.nothing_changes(), pytest.raises(NotFound):
        results.record_many(course.group.id, rows, COMMON)


@pytest.mark.parametrize("status", [G.CLOSED, G.COMPLETED, G.CANCELLED])
def test_only_a_running_group_has_results(session: Any, status: st.GroupStatus) -> None:
    course = make_course(status=status)
    rows = {course.rows[0].id: Outcome(outcome=E.TRAINED)}
    with acting_as(course.world.organizer_actor), mk.nothing_changes(), pytest.raises(Conflict, match="обучение идёт"):
        results.record_many(course.group.id, rows, COMMON)


def test_only_the_own_organizer_enters_results(course: Course) -> None:
    rows = {course.rows[0].id: Outcome(outcome=E.TRAINED)}
    with acting_as(course.world.other_organizer), mk.nothing_changes(), pytest.raises(NotFound):
        results.record_many(course.group.id, rows, COMMON)
    for actor in (course.world.responsible, course.world.operator):
        with acting_as(actor), mk.nothing_changes(), pytest.raises(Forbidden):
            results.record_many(course.group.id, rows, COMMON)


def test_each_listener_gets_a_proposal(course: Course) -> None:
    first, second, third = course.rows
    make_marks(course.meetings[0], [first, second])
    make_marks(course.meetings[1], [first])
    make_marks(course.meetings[0], [third], M.ABSENT)
    make_marks(course.meetings[1], [second, third], M.ABSENT)
    with acting_as(course.world.organizer_actor):
        expected = results.expected_of(mk.fetch(m.TrainingGroup, course.group.id))
    assert [item.proposal.outcome for item in expected] == [E.TRAINED, E.FAILED, E.NO_SHOW]
    assert (
        expected[1].proposal.reason
        == "Посещено 5,3 из 10,6 академического часа (50\N{NO-BREAK SPACE}%), нужно не меньше 75\N{NO-BREAK SPACE}%."
    )


def test_who_has_an_outcome_is_not_expected_any_more(course: Course) -> None:
    with acting_as(course.world.organizer_actor):
        enrolments.record_result(course.rows[0].id, E.TRAINED)
        expected = results.expected_of(mk.fetch(m.TrainingGroup, course.group.id))
    assert [item.enrolment.id for item in expected] == [row.id for row in course.rows[1:]]


def test_what_is_missing_is_counted(course: Course) -> None:
    make_marks(course.meetings[0], course.rows)
    mk.make_enrolment(course.world.worker, course.group, status=E.REJECTED)
    with acting_as(course.world.organizer_actor):
        enrolments.record_result(course.rows[0].id, E.TRAINED)
        enrolments.record_result(course.rows[1].id, E.NO_SHOW)
        found = results.missing_of(mk.fetch(m.TrainingGroup, course.group.id))
    assert found == Missing(marks=1, outcome=1, enrolment_order=3, expulsion_order=2, document=1)


def test_completion_names_who_has_no_outcome_and_ends_the_waiting(course: Course) -> None:
    waiting = mk.make_enrolment(course.world.worker, course.group, status=E.WAITING)
    with acting_as(course.world.organizer_actor):
        with mk.nothing_changes(), pytest.raises(Conflict, match=course.rows[0].employee.last_name):
            groups.complete(course.group.id)
        results.record_many(course.group.id, {row.id: Outcome(outcome=E.TRAINED) for row in course.rows}, COMMON)
        assert groups.complete(course.group.id).status == G.COMPLETED
    assert mk.fetch(m.Enrolment, waiting.id).status == E.REJECTED
    assert enrolments.recount() == 0


def test_an_offered_seat_ends_with_the_group(session: Any) -> None:
    course = make_course(people=1)
    block = mk.blocks_of(course.world.voucher)[0]
    offered = mk.make_enrolment(course.world.worker, course.group, status=E.OFFERED, block=block)
    with acting_as(course.world.organizer_actor):
        enrolments.record_result(course.rows[0].id, E.TRAINED)
        groups.complete(course.group.id)
    assert mk.fetch(m.Enrolment, offered.id).status == E.REJECTED
    assert mk.fetch(m.VoucherBlock, block.id).status == st.BlockStatus.FREE
    assert enrolments.recount() == 0
