"""The own calendar: days, the secret address and what its feed tells, parsed back by a reader of calendars."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from icalendar import Calendar

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import ZONE, today
from app.errors import Conflict, NotFound
from app.services.access import accounts
from app.services.desk import own_calendar
from app.services.mailing.ical import calendar
from tests.services import makers as mk
from tests.services.makers import DAY, World

pytestmark = pytest.mark.usefixtures("session")


@pytest.fixture
def world(session: Any) -> World:
    return mk.make_world()


def enrolled(world: World, status: st.EnrolmentStatus = st.EnrolmentStatus.CONFIRMED, **group: Any) -> Any:
    """An enrolment of the worker in a group of its own."""
    program = mk.make_program(world.organizer, title="Курс; с запятой, и «кавычками»")
    return mk.make_enrolment(world.worker, mk.make_group(program, **group), status=status)


def make_meeting(group_id: int, day: dt.date, **over: Any) -> Any:
    starts_at = dt.datetime.combine(day, dt.time(9), ZONE)
    values = {"group_id": group_id, "starts_at": starts_at, "ends_at": starts_at + dt.timedelta(hours=3)}
    return mk.save(m.GroupMeeting(**(values | over)))


def new_link(world: World) -> str:
    with acting_as(world.worker.actor):
        return own_calendar.change_link()


def read(token: str) -> list[Any]:
    """Events of the feed, as a program that subscribes to it reads them."""
    name, events = own_calendar.feed(token)
    return list(Calendar.from_ical(calendar(name, events)).walk("VEVENT"))


# --- the address -----------------------------------------------------------------------------------------------------


def test_a_new_address_ends_the_former(world: World) -> None:
    first, second = new_link(world), new_link(world)
    assert first != second
    assert min(len(first), len(second)) >= 40
    with pytest.raises(NotFound):
        own_calendar.feed(first)
    assert own_calendar.feed(second)[0] == "Тестова Ольга"
    with acting_as(world.worker.actor):
        assert own_calendar.link_token() == second
    entries = mk.journal("ab_user.calendar_link")
    assert len(entries) == 2
    assert all(first not in str(e.changes) and second not in str(e.changes) + e.object_label for e in entries)


def test_who_is_no_person_has_no_calendar(world: World) -> None:
    with acting_as(world.operator), mk.nothing_changes(), pytest.raises(Conflict):
        own_calendar.change_link()
    with acting_as(world.operator):
        assert own_calendar.own_events(today(), today() + 90 * DAY) == []


@pytest.mark.parametrize("token", ["", "x", "None", "0" * 43, "я" * 300])
def test_a_guessed_address_leads_nowhere(world: World, token: str) -> None:
    new_link(world)
    with pytest.raises(NotFound):
        own_calendar.feed(token)


def test_a_closed_account_has_no_feed(world: World) -> None:
    token, account = new_link(world), world.worker.actor.user_id
    assert account is not None
    with acting_as(world.operator):
        accounts.lock(account)
    with pytest.raises(NotFound):
        own_calendar.feed(token)
    with acting_as(world.operator):
        accounts.unlock(account)
    assert own_calendar.feed(token)[1] == []
    mk.change(mk.fetch(m.Account, account), active=False)
    with pytest.raises(NotFound):
        own_calendar.feed(token)


# --- the feed --------------------------------------------------------------------------------------------------------


def test_each_meeting_is_an_event(world: World) -> None:
    row = enrolled(world)
    day = row.group.starts_on
    first = make_meeting(row.group_id, day, topic="Вводное занятие", place="Кабинет 5")
    make_meeting(row.group_id, day + DAY)
    events = read(new_link(world))
    assert [str(e["SUMMARY"]) for e in events] == ["Курс; с запятой, и «кавычками»"] * 2
    assert events[0]["DTSTART"].dt == first.starts_at
    assert events[0]["DTEND"].dt == first.ends_at
    assert [str(e["LOCATION"]) for e in events] == ["Кабинет 5", row.group.place]
    said = str(events[0]["DESCRIPTION"]).split("\n")
    assert said == [
        "Тема: Вводное занятие",
        f"Группа: {row.group.number}",
        f"Организатор: {world.organizer.short_name}",
        "Состояние записи: Подтверждена",
    ]
    assert str(events[0]["STATUS"]) == "CONFIRMED"
    assert len({str(e["UID"]) for e in events}) == 2


def test_without_a_schedule_the_dates_are_one_event_of_whole_days(world: World) -> None:
    row = enrolled(world, st.EnrolmentStatus.APPLIED)
    (event,) = read(new_link(world))
    assert event["DTSTART"].dt == row.group.starts_on
    # the last day counts: whole days end with the day after
    assert event["DTEND"].dt == row.group.ends_on + DAY
    assert str(event["STATUS"]) == "TENTATIVE"
    assert "Состояние записи: Ждёт согласования организации" in str(event["DESCRIPTION"])


@pytest.mark.parametrize("status", [st.EnrolmentStatus.WITHDRAWN, st.EnrolmentStatus.REJECTED])
def test_an_ended_enrolment_is_cancelled_in_the_feed_and_leaves_the_page(
    world: World, status: st.EnrolmentStatus
) -> None:
    row, token = enrolled(world), new_link(world)
    assert len(read(token)) == 1
    mk.change(row, status=status)
    assert [str(event["STATUS"]) for event in read(token)] == ["CANCELLED"]
    with acting_as(world.worker.actor):
        assert own_calendar.own_events(row.group.starts_on, row.group.ends_on) == []


def test_identifiers_and_bytes_stay_the_same(world: World) -> None:
    row = enrolled(world)
    make_meeting(row.group_id, row.group.starts_on)
    enrolled(world, starts_on=today() + 40 * DAY, ends_on=today() + 41 * DAY)
    token = new_link(world)
    first, name_and_events = calendar(*own_calendar.feed(token)), own_calendar.feed(token)
    assert calendar(*name_and_events) == first
    was = {str(e["UID"]) for e in read(token)}
    mk.change(row, status=st.EnrolmentStatus.TRAINED)
    assert {str(e["UID"]) for e in read(token)} == was


def test_the_feed_is_one_persons_own(world: World) -> None:
    enrolled(world)
    other = mk.make_enrolment(world.other_worker, world.group, status=st.EnrolmentStatus.CONFIRMED)
    with acting_as(world.other_worker.actor):
        token = own_calendar.change_link()
    assert [str(e["UID"]).split("@")[0] for e in read(token)] == [f"enrolment-{other.id}"]
    assert len(read(new_link(world))) == 1


# --- the month -------------------------------------------------------------------------------------------------------


def test_a_month_shows_its_own_days_only(world: World) -> None:
    row = enrolled(world, starts_on=today() + 10 * DAY, ends_on=today() + 60 * DAY)
    make_meeting(row.group_id, today() + 10 * DAY)
    make_meeting(row.group_id, today() + 60 * DAY)
    with acting_as(world.worker.actor):
        near = own_calendar.own_events(today(), today() + 20 * DAY)
        between = own_calendar.own_events(today() + 20 * DAY, today() + 30 * DAY)
    assert [event.first for event in near] == [today() + 10 * DAY]
    assert between == []
    with acting_as(world.other_worker.actor):
        assert own_calendar.own_events(today(), today() + 90 * DAY) == []
