"""The attendance journal: who may mark whom and when, two users at one journal, hours attended."""

from __future__ import annotations

from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.rules.outcome import Attended
from app.services.courses.group import attendance, results
from app.services.courses.group.attendance import ChangedMeanwhile
from tests.services import makers as mk
from tests.services.course_rows import Course, make_course, make_listeners, make_marks, make_meeting

E, G, M = st.EnrolmentStatus, st.GroupStatus, st.AttendanceMark


@pytest.fixture
def course(session: Any) -> Course:
    return make_course()


def marks() -> dict[tuple[int, int], str]:
    return {(row.meeting_id, row.enrolment_id): str(row.mark) for row in mk.rows(m.Attendance)}


def places(course: Course) -> list[tuple[int, int]]:
    return [(meeting.id, row.id) for meeting in course.meetings for row in course.rows]


def test_marks_are_saved_and_journaled(course: Course) -> None:
    first, second, third, *_ = places(course)
    with acting_as(course.world.organizer_actor):
        assert attendance.save(course.group.id, {first: M.PRESENT, second: M.ABSENT, third: None}, shown={}) == 2
    assert marks() == {first: "present", second: "absent"}
    entries = mk.journal("enrolment.attended")
    assert [entry.object_id for entry in entries] == [course.rows[0].id, course.rows[1].id]
    when = attendance.title_of(course.meetings[0])
    assert entries[1].changes == {f"Занятие {when}": ["", "отсутствовал"]}
    assert entries[0].user_id == course.world.organizer_actor.user_id


def test_a_mark_is_changed_and_taken_away(course: Course) -> None:
    first, second, *_ = places(course)
    make_marks(course.meetings[0], course.rows[:2])
    shown = {first: M.PRESENT, second: M.PRESENT}
    with acting_as(course.world.organizer_actor):
        attendance.save(course.group.id, {first: M.EXCUSED, second: None}, shown=shown)
    assert marks() == {first: "excused"}
    assert list(mk.journal("enrolment.attended")[1].changes.values()) == [["присутствовал", "не отмечено"]]


def test_the_same_form_twice_changes_nothing(course: Course) -> None:
    wanted = dict.fromkeys(places(course), M.PRESENT)
    with acting_as(course.world.organizer_actor):
        assert attendance.save(course.group.id, wanted, shown={}) == 6
        with mk.nothing_changes():
            assert attendance.save(course.group.id, wanted, shown={}) == 0


def test_marks_of_another_user_are_not_overwritten(course: Course) -> None:
    first, second, third, *_ = places(course)
    make_marks(course.meetings[0], course.rows[:1], M.ABSENT)
    with acting_as(course.world.organizer_actor), mk.nothing_changes(), pytest.raises(ChangedMeanwhile) as caught:
        attendance.save(course.group.id, {first: M.PRESENT, second: M.PRESENT, third: None}, shown={})
    assert caught.value.places == {first}
    assert course.rows[0].employee.short_name in caught.value.message
    assert "отсутствовал" in caught.value.message and "Ничего не записано" in caught.value.message


def test_what_the_user_left_alone_keeps_the_other_users_mark(course: Course) -> None:
    first, second, *_ = places(course)
    make_marks(course.meetings[0], course.rows[:1], M.ABSENT)
    with acting_as(course.world.organizer_actor):
        attendance.save(course.group.id, {first: None, second: M.PRESENT}, shown={})
    assert marks() == {first: "absent", second: "present"}


def test_a_mark_that_both_users_set_alike_is_no_conflict(course: Course) -> None:
    first, *_ = places(course)
    make_marks(course.meetings[0], course.rows[:1])
    with acting_as(course.world.organizer_actor), mk.nothing_changes():
        assert attendance.save(course.group.id, {first: M.PRESENT}, shown={}) == 0


def test_meeting_to_come_is_not_marked(course: Course) -> None:
    coming = make_meeting(course.group, days=-1)
    wanted = {(course.meetings[0].id, course.rows[0].id): M.PRESENT, (coming.id, course.rows[0].id): M.PRESENT}
    with acting_as(course.world.organizer_actor), mk.nothing_changes(), pytest.raises(Invalid, match="ещё не началось"):
        attendance.save(course.group.id, wanted, shown={})


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (G.OPEN, "обучение идёт"),
        (G.CLOSED, "обучение идёт"),
        (G.COMPLETED, "больше не меняются"),
        (G.CANCELLED, "обучение идёт"),
    ],
)
def test_only_a_running_group_is_marked(session: Any, status: st.GroupStatus, words: str) -> None:
    course = make_course(status=status)
    with acting_as(course.world.organizer_actor), mk.nothing_changes(), pytest.raises(Conflict, match=words):
        attendance.save(course.group.id, {places(course)[0]: M.PRESENT}, shown={})


def test_foreign_meeting_and_foreign_enrolment_are_not_found(course: Course) -> None:
    other = mk.make_past_group(course.world.program)
    foreign_meeting = make_meeting(other, days=3)
    foreign_row = make_listeners(course.world, other, 1)[0]
    own = places(course)[0]
    for place in ((foreign_meeting.id, own[1]), (own[0], foreign_row.id), (own[0], 2_000_000_000)):
        with acting_as(course.world.organizer_actor), mk.nothing_changes(), pytest.raises(NotFound):
            attendance.save(course.group.id, {own: M.PRESENT, place: M.PRESENT}, shown={})


@pytest.mark.parametrize("status", [E.WAITING, E.OFFERED, E.APPLIED, E.AGREED, E.REJECTED, E.WITHDRAWN])
def test_only_confirmed_listeners_are_marked(session: Any, status: st.EnrolmentStatus) -> None:
    course = make_course(people=1)
    row = mk.make_enrolment(course.world.worker, course.group, status=status)
    with acting_as(course.world.organizer_actor), mk.nothing_changes(), pytest.raises(NotFound):
        attendance.save(course.group.id, {(course.meetings[0].id, row.id): M.PRESENT}, shown={})


def test_only_the_own_organizer_keeps_the_journal(course: Course) -> None:
    wanted = {places(course)[0]: M.PRESENT}
    with acting_as(course.world.other_organizer), mk.nothing_changes(), pytest.raises(NotFound):
        attendance.save(course.group.id, wanted, shown={})
    for actor in (course.world.responsible, course.world.worker.actor):
        with acting_as(actor), mk.nothing_changes(), pytest.raises(Forbidden):
            attendance.save(course.group.id, wanted, shown={})
    # the operator corrects what something was decided by, and nothing is yet
    with acting_as(course.world.operator), mk.nothing_changes(), pytest.raises(Conflict, match="отмечает организатор"):
        attendance.save(course.group.id, wanted, shown={}, why="Ошибка")


def test_hours_are_weighed_by_the_length_of_the_meetings(session: Any) -> None:
    course = make_course(people=2, meetings=0)
    long, short, coming = (make_meeting(course.group, days=d, hours=h) for d, h in ((5, 6), (4, 2), (-1, 4)))
    make_marks(long, course.rows)
    make_marks(short, course.rows[:1], M.EXCUSED)
    with acting_as(course.world.organizer_actor):
        facts = attendance.attended_of(attendance.journal_of(course.group.id))
    assert facts[course.rows[0].id] == Attended(attended=360, planned=720, unmarked=240)
    assert facts[course.rows[1].id] == Attended(attended=360, planned=720, unmarked=360)
    assert coming.id not in {meeting for meeting, _row in marks()}


def test_own_percent_of_the_organizer_wins_over_the_setting(course: Course) -> None:
    with acting_as(course.world.organizer_actor):
        assert attendance.least_percent(course.world.organizer) == 75
        mk.change(course.world.organizer, attendance_percent=0)
        assert attendance.least_percent(mk.fetch(m.Organization, course.world.organizer.id)) == 0


def test_marks_that_are_missing_are_counted(course: Course) -> None:
    make_meeting(course.group, days=-1)
    with acting_as(course.world.organizer_actor):
        assert results.missing_of(course.group).marks == 6
        make_marks(course.meetings[0], course.rows)
        assert results.missing_of(course.group).marks == 3
