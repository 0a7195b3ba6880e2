"""A meeting moved or cancelled: one letter per save with what was and what is, and a calendar that takes the new hour (A08, A09)."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Any

import pytest
import time_machine
from icalendar import Calendar

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import now
from app.services.courses.enrolment import enrolments
from app.services.courses.group import group_schedule, groups
from app.services.courses.group.group_schedule import Line
from app.services.desk import own_calendar
from app.services.mailing import ical
from app.services.personnel.cards import people
from tests.services import makers as mk

E, DAY = st.EnrolmentStatus, mk.DAY
NINE, NOON, LATER, EVENING = dt.time(9), dt.time(12), dt.time(11, 30), dt.time(14, 30)


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


def line(group: Any, day: int = 0, **over: Any) -> Line:
    values: dict[str, Any] = {"day": group.starts_on + day * DAY, "starts": NINE, "ends": NOON, **over}
    return Line(**values)


def save(world: mk.World, *lines: Line, **more: Any) -> list[m.GroupMeeting]:
    with acting_as(world.organizer_actor):
        group_schedule.save(world.group.id, lines, **more)
    return mk.rows(m.GroupMeeting, m.GroupMeeting.group_id == world.group.id)


def letters() -> list[m.Letter]:
    return mk.rows(m.Letter, m.Letter.template == "schedule_changed")


def entries(ics: str | bytes | None) -> dict[str, Any]:
    """Events of a calendar by their identifier."""
    return {str(event["UID"]): event for event in Calendar.from_ical(ics or "").walk("VEVENT")}


def test_a_moved_and_a_cancelled_meeting_are_told_once_with_old_and_new(world: mk.World) -> None:
    first, second = save(world, line(world.group, place="Ауд. 5"), line(world.group, 1))
    row = mk.make_enrolment(world.worker, world.group, status=E.CONFIRMED)
    (waiting,) = world.more_people(1)
    mk.make_enrolment(waiting, world.group, status=E.WAITING)
    mk.make_enrolment(world.more_people(1)[0], world.group, status=E.WITHDRAWN)
    assert letters() == []
    moved = line(world.group, id=first.id, starts=LATER, ends=EVENING, place="Ауд. 7")
    save(world, moved, line(world.group, 2), removed=[second.id])
    found = letters()
    assert [x.recipient for x in found] == [world.worker.employee.email, waiting.employee.email]
    day, next_day, third = (f"{world.group.starts_on + n * DAY:%d.%m.%Y}" for n in range(3))
    assert f"Перенесено: {day} 09:00–12:00, Ауд. 5 → {day} 11:30–14:30, Ауд. 7." in found[0].body
    assert f"Отменено: {next_day} 09:00–12:00." in found[0].body
    assert f"Добавлено: {third} 09:00–12:00." in found[0].body
    notice = mk.rows(m.Notice, m.Notice.employee_id == world.worker.employee.id)[-1]
    assert "11:30–14:30" in notice.text
    assert notice.href == f"/training_group/show/{world.group.id}"
    events = entries(found[0].calendar)
    assert str(events[f"enrolment-{row.id}-meeting-{first.id}@kadry-v-obrazovanii"]["STATUS"]) == "CONFIRMED"
    assert str(events[f"enrolment-{row.id}-meeting-{second.id}@kadry-v-obrazovanii"]["STATUS"]) == "CANCELLED"
    assert len(events) == 3


@pytest.mark.parametrize("change", ["topic", "same", "added", "draft", "past"])
def test_what_moves_no_meeting_ahead_tells_nobody(world: mk.World, change: str) -> None:
    (first,) = save(world, line(world.group))
    mk.make_enrolment(world.worker, world.group, status=E.CONFIRMED)
    if change == "added":
        save(world, line(world.group, 1))
    elif change == "topic":
        save(world, line(world.group, id=first.id, topic="Введение", teacher="Иванова М. П."))
    elif change == "same":
        save(world, line(world.group, id=first.id))
    elif change == "draft":
        mk.change(world.group, status=st.GroupStatus.DRAFT)
        save(world, line(world.group, id=first.id, starts=LATER, ends=EVENING))
    else:
        day = now().date() - 3 * DAY
        mk.change(world.group, starts_on=day, enrol_from=day - DAY, enrol_until=day, status=st.GroupStatus.RUNNING)
        mk.change(first, starts_at=first.starts_at - 300 * DAY, ends_at=first.ends_at - 300 * DAY)
        save(world, Line(day=day, starts=LATER, ends=EVENING, id=first.id))
    assert letters() == []


def test_an_event_that_changes_is_a_newer_version_of_itself(world: mk.World) -> None:
    """RFC 5545 § 3.8.7.2–4: DTSTAMP, LAST-MODIFIED and SEQUENCE go up with the event, and stand still with it."""
    (meeting,) = save(world, line(world.group))
    row = mk.make_enrolment(world.worker, world.group, status=E.CONFIRMED)
    with acting_as(world.worker.actor):
        token = own_calendar.change_link()

    def read() -> Any:
        (event,) = entries(ical.calendar(*own_calendar.feed(token))).values()
        return event

    before = read()
    assert read()["SEQUENCE"] == before["SEQUENCE"]
    moment = now()
    with time_machine.travel(moment + dt.timedelta(hours=1), tick=False):
        save(world, line(world.group, id=meeting.id, starts=LATER, ends=EVENING))
        moved = read()
    with time_machine.travel(moment + dt.timedelta(hours=2), tick=False), acting_as(world.organizer_actor):
        groups.update(world.group.id, {"place": "Тольятти, ул. Новая, 3"})
        placed = read()
    with time_machine.travel(moment + dt.timedelta(hours=3), tick=False), acting_as(world.organizer_actor):
        enrolments.reject(row.id, "Нет мест в аудитории")
        cancelled = read()
    versions = [before, moved, placed, cancelled]
    assert len({str(event["UID"]) for event in versions}) == 1
    for earlier, later in pairwise(versions):
        assert later["SEQUENCE"] > earlier["SEQUENCE"]
        assert later["DTSTAMP"].dt > earlier["DTSTAMP"].dt
        assert later["LAST-MODIFIED"].dt == later["DTSTAMP"].dt
    assert [str(event["STATUS"]) for event in versions] == ["CONFIRMED"] * 3 + ["CANCELLED"]
    assert str(placed["LOCATION"]) == "Тольятти, ул. Новая, 3"
    assert moved["DTSTART"].dt > before["DTSTART"].dt
    # the own page shows no cancelled course
    with acting_as(world.worker.actor):
        assert own_calendar.own_events(world.group.starts_on, world.group.ends_on) == []


def test_a_confirmed_seat_and_a_moved_group_bring_a_calendar_along(world: mk.World) -> None:
    row = mk.make_enrolment(world.worker, world.group, status=E.AGREED)
    with acting_as(world.organizer_actor):
        enrolments.confirm(row.id)
        groups.update(world.group.id, {"place": "Сызрань, ул. Иная, 1"})
    confirmed, changed = (
        mk.rows(m.Letter, m.Letter.template == k)[-1] for k in ("enrolment_confirmed", "group_changed")
    )
    (event,) = entries(confirmed.calendar).values()
    assert event["DTSTART"].dt == world.group.starts_on
    (event,) = entries(changed.calendar).values()
    assert str(event["LOCATION"]) == "Сызрань, ул. Иная, 1"


# --- people ----------------------------------------------------------------------------------------------------------


def test_a_confirmed_and_a_refused_place_of_work_are_told(world: mk.World) -> None:
    place = world.worker.employment
    held = {"role": "school", "organization_id": place.organization_id, "basis": "Приказ", "valid_from": now().date()}
    mk.save(m.Assignment(user_id=world.responsible.user_id, **held))
    mk.change(place, status=st.ConfirmationStatus.UNCONFIRMED)
    with acting_as(world.operator):
        people.confirm_workplace(place.id)
        people.unconfirm(place.id, "Нет приказа о приёме.")
    mine = [x for x in mk.rows(m.Letter) if x.recipient == world.worker.employee.email]
    assert [x.template for x in mine] == ["workplace_confirmed", "workplace_refused"]
    assert "Причина: Нет приказа о приёме." in mine[1].body
    school = [x for x in mk.rows(m.Letter) if x.template == "workplace_refused_side"]
    assert [x.user_id for x in school] == [world.responsible.user_id]
