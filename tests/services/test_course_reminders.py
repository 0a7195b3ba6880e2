"""«Занятия завтра»: who has a seat is reminded the day before, once for a first day, with the hour and the place."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import text

from app import jobs
from app import models as m
from app import statuses as st
from app.clock import ZONE, today
from app.extensions import db
from app.russian import long_date
from app.services.courses.enrolment import course_reminders
from app.services.mailing import letters
from tests.concurrency.clients import run_at_once
from tests.services import makers as mk
from tests.waiting import in_the_morning

E, G = st.EnrolmentStatus, st.GroupStatus
TOMORROW = today() + mk.DAY


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world(
        starts_on=TOMORROW, ends_on=TOMORROW + 4 * mk.DAY, enrol_until=TOMORROW, status=G.CLOSED, capacity=20
    )


def meeting(group: Any, *, day: dt.date = TOMORROW, hour: int = 10, **over: Any) -> Any:
    begins = dt.datetime.combine(day, dt.time(hour), tzinfo=ZONE)
    return mk.save(m.GroupMeeting(group_id=group.id, starts_at=begins, ends_at=begins + dt.timedelta(hours=2), **over))


def told() -> list[m.Letter]:
    return mk.rows(m.Letter, m.Letter.template == "group_starts")


def test_a_confirmed_listener_is_told_hour_place_and_page(world: mk.World) -> None:
    row = mk.make_enrolment(world.worker, world.group, status=E.CONFIRMED)
    meeting(world.group, hour=14, place="Аудитория 7")
    meeting(world.group, hour=9, place="Аудитория 12")
    assert course_reminders.remind() == 1
    (letter,) = told()
    assert letter.recipient == world.worker.employee.email
    assert letter.subject == f"Завтра начинаются занятия: группа {world.group.number}"
    assert f"Завтра, {long_date(TOMORROW)}, начинаются занятия" in letter.body
    assert world.program.title in letter.body
    assert f"Первое занятие — {TOMORROW:%d.%m.%Y} в 09:00.\nМесто: Аудитория 12." in letter.body
    assert "не подтвердил" not in letter.body
    assert f"/enrolment/show/{row.id}" in (letter.html or "")
    (notice,) = mk.rows(m.Notice)
    assert (notice.employee_id, notice.href) == (world.worker.employee.id, f"/enrolment/show/{row.id}")


def test_without_a_schedule_the_place_of_the_group_is_told(world: mk.World) -> None:
    mk.make_enrolment(world.worker, world.group, status=E.CONFIRMED)
    course_reminders.remind()
    assert f"Место: {world.group.place}." in told()[0].body


def test_a_first_meeting_on_a_later_day_is_told_with_its_date(world: mk.World) -> None:
    mk.make_enrolment(world.worker, world.group, status=E.CONFIRMED)
    later = TOMORROW + mk.DAY
    meeting(world.group, day=later)
    course_reminders.remind()
    assert f"Первое занятие — {later:%d.%m.%Y} в 10:00.\nМесто: {world.group.place}." in told()[0].body


def test_who_is_not_confirmed_yet_is_told_so(world: mk.World) -> None:
    mk.make_enrolment(world.worker, world.group, status=E.AGREED)
    course_reminders.remind()
    assert "Организатор ещё не подтвердил вашу запись" in told()[0].body


@pytest.mark.parametrize("status", [E.WAITING, E.OFFERED, E.APPLIED, E.REJECTED, E.WITHDRAWN, E.NO_SHOW])
def test_who_has_no_seat_is_not_told(world: mk.World, status: st.EnrolmentStatus) -> None:
    mk.make_enrolment(world.worker, world.group, status=status)
    with mk.nothing_changes():
        assert course_reminders.remind() == 0


@pytest.mark.parametrize("status", [G.DRAFT, G.CANCELLED, G.COMPLETED])
def test_a_group_that_does_not_take_place_reminds_nobody(world: mk.World, status: st.GroupStatus) -> None:
    mk.make_enrolment(world.worker, world.group, status=E.CONFIRMED)
    mk.change(world.group, status=status)
    with mk.nothing_changes():
        assert course_reminders.remind() == 0


@pytest.mark.parametrize("shift", [-1, 0, 2])
def test_only_tomorrow_counts(world: mk.World, shift: int) -> None:
    mk.make_enrolment(world.worker, world.group, status=E.CONFIRMED)
    mk.change(world.group, starts_on=today() + shift * mk.DAY, enrol_until=today() - 2 * mk.DAY)
    with mk.nothing_changes():
        assert course_reminders.remind() == 0


def test_everybody_is_told_once_and_newcomers_by_the_next_run(world: mk.World) -> None:
    first, second = world.worker, world.more_people(1)[0]
    mk.make_enrolment(first, world.group, status=E.CONFIRMED)
    assert course_reminders.remind() == 1
    mk.make_enrolment(second, world.group, status=E.CONFIRMED)
    assert (course_reminders.remind(), course_reminders.remind()) == (1, 0)
    assert [letter.recipient for letter in told()] == [first.employee.email, second.employee.email]


def test_a_group_that_is_moved_reminds_of_its_new_day(world: mk.World) -> None:
    mk.make_enrolment(world.worker, world.group, status=E.CONFIRMED)
    course_reminders.remind()
    db.session.execute(
        text("UPDATE reminder_sent SET kind = :kind"), {"kind": f"group_starts {(TOMORROW - mk.DAY).isoformat()}"}
    )
    db.session.commit()
    assert course_reminders.remind() == 1
    assert len(told()) == 2


def test_who_refused_the_letter_has_the_notice_only(world: mk.World) -> None:
    mk.make_enrolment(world.worker, world.group, status=E.CONFIRMED)
    mk.save(m.LetterRefusal(user_id=world.worker.actor.user_id, template="group_starts"))
    assert course_reminders.remind() == 1
    assert told() == []
    assert len(mk.rows(m.Notice)) == 1
    assert course_reminders.remind() == 0


def test_a_killed_worker_neither_loses_nor_doubles(world: mk.World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It dies while the second group is told: the first keeps its letters, the second gets all of them from the next run."""
    mk.make_enrolment(world.worker, world.group, status=E.CONFIRMED)
    other = mk.make_group(
        world.program, starts_on=TOMORROW, ends_on=TOMORROW, enrol_until=TOMORROW, status=G.CLOSED, capacity=5
    )
    for person in world.more_people(2):
        mk.make_enrolment(person, other, status=E.CONFIRMED)
    written: list[int] = []

    def die(letter_id: int) -> None:
        written.append(letter_id)
        if len(written) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(letters, "on_queued", [die])
    with pytest.raises(KeyboardInterrupt):
        course_reminders.remind()
    db.session.rollback()
    monkeypatch.setattr(letters, "on_queued", [])
    assert len(told()) == 1
    assert course_reminders.remind() == 2
    assert len({letter.recipient for letter in told()}) == len(told()) == 3


def test_runs_at_once_tell_once(app: Any, world: mk.World) -> None:
    mk.make_enrolment(world.worker, world.group, status=E.CONFIRMED)
    assert sorted(run_at_once(app, [(mk.SYSTEM, course_reminders.remind) for _ in range(4)])) == [0, 0, 0, 1]
    assert len(told()) == 1


def test_the_job_of_every_hour_tells_once(world: mk.World) -> None:
    mk.make_enrolment(world.worker, world.group, status=E.CONFIRMED)
    with in_the_morning():
        for hour in range(2):
            jobs.courses_tomorrow(hour)
    assert len(told()) == 1
