"""«Календарь занятий»: whose lessons stand in it, rooms and teachers, a lesson moved to another day and its letters."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import ZONE, now, today
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.services.courses.group import group_schedule
from app.services.desk import lessons
from app.services.portal import undo
from tests.access.region import Region
from tests.actors import actor_of
from tests.services import makers as mk
from tests.web.pages import words

DAY = mk.DAY


def make_meeting(group: Any, day: dt.date, hour: int = 9, **over: Any) -> Any:
    starts_at = dt.datetime.combine(day, dt.time(hour), ZONE)
    values = {"group_id": group.id, "starts_at": starts_at, "ends_at": starts_at + dt.timedelta(hours=3)}
    return mk.save(m.GroupMeeting(**(values | over)))


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


@pytest.fixture
def running(world: mk.World) -> Any:
    """The only group of the organizer that takes place; the worker of the first school learns in it; two lessons are ahead."""
    mk.change(world.group, status=st.GroupStatus.CANCELLED)
    group = mk.make_group(world.program, starts_on=today() + 5 * DAY, ends_on=today() + 20 * DAY)
    mk.make_enrolment(world.worker, group, status=st.EnrolmentStatus.CONFIRMED)
    make_meeting(group, today() + 6 * DAY, place="ауд. 5", teacher="Иванова М. П.")
    make_meeting(group, today() + 8 * DAY, topic="Зачёт")
    return group


def seen(actor: Any, read: Any) -> list[tuple[str, int, str]]:
    with acting_as(actor):
        found = read(today(), today() + 40 * DAY)
    return [(it.number, (it.first - today()).days, it.room) for it in found]


def test_each_sees_lessons_of_its_own(world: mk.World, running: Any) -> None:
    whole = mk.make_group(world.program, starts_on=today() + 7 * DAY, ends_on=today() + 9 * DAY)
    mk.make_enrolment(world.other_worker, whole, status=st.EnrolmentStatus.APPLIED)
    gone = mk.make_group(
        world.program, status=st.GroupStatus.CANCELLED, starts_on=today() + DAY, ends_on=today() + 2 * DAY
    )
    make_meeting(gone, today() + DAY)
    own = [(running.number, 6, "ауд. 5"), (running.number, 8, "")]
    assert seen(world.organizer_actor, lessons.of_organizer) == [own[0], (whole.number, 7, ""), own[1]]
    assert seen(world.responsible, lessons.of_school) == own
    assert seen(world.other_responsible, lessons.of_school) == [(whole.number, 7, "")]
    stranger = mk.make_actor("organizer", mk.make_organization(is_organizer=True))
    assert seen(stranger, lessons.of_organizer) == []


def test_a_room_or_a_teacher_needed_twice_is_marked(world: mk.World, running: Any) -> None:
    other = mk.make_group(world.program, starts_on=today() + 5 * DAY, ends_on=today() + 20 * DAY)
    same_room = make_meeting(other, today() + 6 * DAY, 11, place="Ауд. 5")
    make_meeting(other, today() + 6 * DAY, 14, place="ауд. 5", teacher="Иванова М.П.")
    same_teacher = make_meeting(other, today() + 6 * DAY, 8, teacher="иванова м.п.")
    with acting_as(world.organizer_actor):
        found = lessons.of_organizer(today(), today() + 9 * DAY)
    first = next(it.meeting_id for it in found if it.teacher == "Иванова М. П.")
    assert lessons.clashing(found) == {first, same_room.id, same_teacher.id}


# --- moving ----------------------------------------------------------------------------------------------------------


def test_a_moved_lesson_keeps_its_time_and_its_people_are_told(world: mk.World, running: Any) -> None:
    meeting = mk.rows(m.GroupMeeting)[0]
    with acting_as(world.organizer_actor):
        moved = group_schedule.move(meeting.id, today() + 10 * DAY)
    row = mk.fetch(m.GroupMeeting, meeting.id)
    assert row.starts_at == dt.datetime.combine(today() + 10 * DAY, dt.time(9), ZONE)
    assert (row.place, row.teacher) == ("ауд. 5", "Иванова М. П.")
    assert moved.told == 1
    (letter,) = [it for it in mk.rows(m.Letter) if it.recipient == world.worker.employee.email]
    assert moved.becomes in letter.body.replace("\xa0", " ")
    assert len(mk.journal("training_group.scheduled")) == 1


def test_a_move_is_taken_back_with_its_letters(world: mk.World, running: Any) -> None:
    """Once, by who moved it; what was changed since stays. The group keeps no trace but its two entries of the journal."""
    meeting = mk.rows(m.GroupMeeting)[0]
    before = mk.fetch(m.GroupMeeting, meeting.id).starts_at

    def moved(day: dt.date, batch: str) -> int:
        undo.take(
            m.GroupMeeting,
            meeting.id,
            "move",
            lambda: group_schedule.move(meeting.id, day),
            batch=batch,
            label="занятие",
        )
        return undo.decisions_of(batch)[0][0]

    with acting_as(world.organizer_actor):
        decision = moved(today() + 10 * DAY, "one")
        letters = mk.rows(m.Letter)
        assert letters
        assert all(it.next_attempt_at > now() for it in letters)
        undo.undo(decision)
    assert mk.fetch(m.GroupMeeting, meeting.id).starts_at == before
    assert mk.rows(m.Letter) == []
    assert len(mk.journal("training_group.scheduled")) == 2
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Conflict, match="уже отменено"):
        undo.undo(decision)
    with acting_as(world.organizer_actor):
        decision = moved(today() + 10 * DAY, "two")
        group_schedule.move(meeting.id, today() + 12 * DAY)
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Conflict, match="уже изменили"):
        undo.undo(decision)


@pytest.mark.parametrize(
    ("days", "words_"),
    [(21, "вне дат группы"), (6, "уже стоит в этом дне"), (-1, "уже прошло")],
)
def test_a_day_that_does_not_suit_is_refused(world: mk.World, running: Any, days: int, words_: str) -> None:
    meeting = mk.rows(m.GroupMeeting)[0]
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises((Invalid, Conflict), match=words_):
        group_schedule.move(meeting.id, today() + days * DAY)


def test_a_lesson_that_is_over_and_another_organizers_stay(world: mk.World, running: Any) -> None:
    over = make_meeting(mk.make_past_group(world.program), today() - 2 * DAY)
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Conflict, match="уже прошло"):
        group_schedule.move(over.id, today() + 6 * DAY)
    meeting = mk.rows(m.GroupMeeting)[0]
    stranger = mk.make_actor("organizer", mk.make_organization(is_organizer=True))
    with acting_as(stranger), mk.nothing_changes(), pytest.raises(NotFound):
        group_schedule.move(meeting.id, today() + 10 * DAY)
    with acting_as(world.responsible), mk.nothing_changes(), pytest.raises(Forbidden):
        group_schedule.move(meeting.id, today() + 10 * DAY)


# --- the page --------------------------------------------------------------------------------------------------------


def test_the_page_opens_at_the_month_of_the_next_lesson(region: Region) -> None:
    browser = region.browser("organizer")
    page = browser.get("/lessons/").text
    nearest = re.search(r'<h2 id="nearest">Ближайшие</h2>.*?</section>', page, re.S)
    assert nearest
    with region.app.test_request_context(), acting_as(actor_of(region.app, "organizer")):
        first = lessons.nearest(lessons.of_organizer(today(), today() + 120 * DAY))[0]
    assert f"{first.number} " in words(nearest[0])
    assert f'data-date="{max(first.first, today()):%Y-%m}-01"' in page


def test_who_neither_runs_courses_nor_answers_for_people_has_no_such_page(region: Region) -> None:
    for login in ("worker", "operator", "ministry", "territory"):
        assert region.browser(login).get("/lessons/").status == 404
    assert region.browser("school").get("/lessons/?of=organizer").status == 404
