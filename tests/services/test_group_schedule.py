"""Schedule of a group: meetings written and removed, proposed by days of the week, clashes shown in words."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import today
from app.errors import Conflict, Invalid, NotFound
from app.services.courses.group import group_clashes, group_schedule, groups
from app.services.courses.group.group_schedule import Line
from tests.services import makers as mk

E, G, DAY = st.EnrolmentStatus, st.GroupStatus, mk.DAY
NINE, NOON, THREE = dt.time(9), dt.time(12), dt.time(15)


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


def line(group: Any, day: int = 0, **over: Any) -> Line:
    values: dict[str, Any] = {"day": group.starts_on + day * DAY, "starts": NINE, "ends": NOON, **over}
    return Line(**values)


def save(world: mk.World, group: Any, *lines: Line, **more: Any) -> None:
    with acting_as(world.organizer_actor):
        group_schedule.save(group.id, lines, **more)


def meetings(group: Any) -> list[Any]:
    return mk.rows(m.GroupMeeting, m.GroupMeeting.group_id == group.id)


def clashes(world: mk.World, group: Any) -> list[group_clashes.Clash]:
    with acting_as(world.organizer_actor):
        return group_clashes.find(mk.fetch(m.TrainingGroup, group.id))


# --- writing ---------------------------------------------------------------------------------------------------------


def test_a_schedule_is_written_changed_and_cut(world: mk.World) -> None:
    save(world, world.group, line(world.group, topic="Введение", teacher="Иванова М. П."), line(world.group, 1))
    first, second = meetings(world.group)
    assert (first.topic, first.teacher, first.ends_at - first.starts_at) == (
        "Введение",
        "Иванова М. П.",
        dt.timedelta(hours=3),
    )
    assert first.starts_at.astimezone().utcoffset() is not None
    changed = line(world.group, 2, id=first.id, topic="Введение", place="Ауд. 5")
    save(world, world.group, changed, removed=[second.id])
    (kept,) = meetings(world.group)
    assert (kept.id, kept.place, kept.teacher) == (first.id, "Ауд. 5", None)
    written = mk.journal("training_group.scheduled")
    assert [sorted(entry.changes) for entry in written] == [["Новые занятия"], ["Изменены занятия", "Убраны занятия"]]


def test_lines_left_as_they_are_write_nothing(world: mk.World) -> None:
    save(world, world.group, line(world.group))
    (row,) = meetings(world.group)
    with mk.nothing_changes():
        save(world, world.group, group_schedule.line_of(row))


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"day": -1}, "вне дат группы"),
        ({"day": 6}, "вне дат группы"),
        ({"starts": NOON, "ends": NINE}, "не позже, чем начинается"),
        ({"starts": NINE, "ends": NINE}, "не позже, чем начинается"),
        ({"starts": dt.time(5, 59)}, "с 06:00 до 23:00"),
        ({"ends": dt.time(23, 1)}, "с 06:00 до 23:00"),
        ({"starts": dt.time(8), "ends": dt.time(20, 1)}, "длиннее 12 часов"),
        ({"topic": "я" * 256}, "Не больше 255"),
    ],
)
def test_a_wrong_line_is_named_by_its_place(world: mk.World, over: dict[str, Any], words: str) -> None:
    wrong = line(world.group, over.pop("day", 0), **over)
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Invalid) as caught:
        group_schedule.save(world.group.id, [line(world.group), wrong])
    assert list(caught.value.fields) == ["1"]
    assert words in caught.value.fields["1"][0]


def test_the_last_day_of_the_group_is_a_day_of_meetings(world: mk.World) -> None:
    save(world, world.group, line(world.group, 5, starts=NOON, ends=dt.time(23)))
    assert len(meetings(world.group)) == 1


def test_a_schedule_changed_meanwhile_is_not_overwritten(world: mk.World) -> None:
    seen = group_schedule.stamp([])
    save(world, world.group, line(world.group))
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Conflict, match="другой пользователь"):
        group_schedule.save(world.group.id, [line(world.group, 1)], seen=seen)


def test_a_meeting_of_another_group_is_not_taken_over(world: mk.World) -> None:
    other = mk.make_group(world.program)
    save(world, other, line(other))
    (foreign,) = meetings(other)
    with acting_as(world.organizer_actor), mk.nothing_changes():
        with pytest.raises(NotFound):
            group_schedule.save(world.group.id, [line(world.group, id=foreign.id)])
        with pytest.raises(NotFound):
            group_schedule.save(world.group.id, [], removed=[foreign.id])


def test_another_organizer_writes_no_schedule(world: mk.World) -> None:
    with acting_as(world.other_organizer), mk.nothing_changes(), pytest.raises(NotFound):
        group_schedule.save(world.group.id, [line(world.group)])


@pytest.mark.parametrize("status", [G.COMPLETED, G.CANCELLED])
def test_an_ended_group_keeps_its_schedule(world: mk.World, status: st.GroupStatus) -> None:
    mk.change(world.group, status=status)
    with (
        acting_as(world.organizer_actor),
        mk.nothing_changes(),
        pytest.raises(Conflict, match=r"не изменить|больше не меняются"),
    ):
        group_schedule.save(world.group.id, [line(world.group)])


def test_a_meeting_with_marks_of_attendance_stays(world: mk.World) -> None:
    save(world, world.group, line(world.group))
    (row,) = meetings(world.group)
    enrolment = mk.make_enrolment(world.worker, world.group, status=E.CONFIRMED)
    mk.save(m.Attendance(meeting_id=row.id, enrolment_id=enrolment.id, mark=next(iter(st.AttendanceMark))))
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Conflict, match="Посещаемость"):
        group_schedule.save(world.group.id, [], removed=[row.id])


# --- hours and proposals ---------------------------------------------------------------------------------------------


def test_hours_are_compared_with_the_program(world: mk.World) -> None:
    save(world, world.group, line(world.group), line(world.group, 1, ends=dt.time(10, 30)))
    found = meetings(world.group)
    assert group_schedule.academic_hours(found) == 6
    assert (
        group_schedule.hours_in_words(found, 18) == "В расписании 6 из 18 академических часов программы, не хватает 12."
    )
    assert "это на 1 больше" in group_schedule.hours_in_words(found, 5)
    assert group_schedule.hours_in_words(found, 6).endswith("программы.")


def monday_group(world: mk.World, **over: Any) -> Any:
    """A group of two weeks from a Monday without official days off."""
    monday = dt.date(2027, 3, 15)
    dates = {"starts_on": monday, "ends_on": monday + 13 * DAY, "enrol_until": monday}
    return mk.make_group(world.program, **(dates | over))


def test_a_proposal_takes_the_days_of_the_week_until_the_hours_are_reached(world: mk.World) -> None:
    group = monday_group(world)
    with acting_as(world.organizer_actor):
        found = group_schedule.generate(group, weekdays={0, 2, 5}, starts=NINE, ends=NOON, place="Ауд. 1")
    # 18 hours of 45 minutes are four and a half meetings of three hours
    assert [(x.day.day, x.day.weekday()) for x in found] == [(15, 0), (17, 2), (20, 5), (22, 0), (24, 2)]
    assert {x.place for x in found} == {"Ауд. 1"}
    assert meetings(group) == []


def test_a_proposal_leaves_official_days_off_out(world: mk.World) -> None:
    program = mk.make_program(world.organizer, hours=100)
    group = mk.make_group(
        program, starts_on=dt.date(2027, 5, 1), ends_on=dt.date(2027, 5, 12), enrol_until=dt.date(2027, 5, 1)
    )
    with acting_as(world.organizer_actor):
        found = group_schedule.generate(group, weekdays=set(range(7)), starts=NINE, ends=NOON)
    days = [x.day for x in found]
    assert dt.date(2027, 5, 5) in days
    assert not {dt.date(2027, 5, 3), dt.date(2027, 5, 10)} & set(days) or dt.date(2027, 5, 4) in days


@pytest.mark.parametrize(("days", "ends"), [(set(), NOON), ({0}, NINE)])
def test_a_proposal_needs_days_and_a_length(world: mk.World, days: set[int], ends: dt.time) -> None:
    with acting_as(world.organizer_actor), pytest.raises(Invalid, match="Отметьте дни"):
        group_schedule.generate(world.group, weekdays=days, starts=NINE, ends=ends)


# --- clashes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mine", "theirs", "same"),
    [
        ("Иванова М. П.", "иванова  м.п.", True),
        ("Семёнов А. А.", "Семенов А.А.", True),
        ("Ауд. № 5", "ауд 5", True),
        ("Иванова М. П.", "Иванова М. С.", False),
        ("", "", False),
        (None, "Иванова", False),
    ],
)
def test_names_are_compared_as_people_write_them(mine: Any, theirs: Any, same: bool) -> None:
    assert group_clashes.same_words(mine, theirs) is same


def test_a_teacher_and_a_room_busy_twice_are_named_with_their_group(world: mk.World) -> None:
    other = mk.make_group(world.program)
    save(world, other, line(other, teacher="иванова м.п.", place="Аудитория 5"))
    save(
        world,
        world.group,
        line(world.group, starts=dt.time(11), ends=THREE, teacher="Иванова М. П.", place="аудитория 5"),
    )
    found = clashes(world, world.group)
    assert [clash.group_id for clash in found] == [other.id, other.id]
    assert [("преподаватель" in c.text, "место" in c.text, other.number in c.text) for c in found] == [
        (True, False, True),
        (False, True, True),
    ]


def test_meetings_that_only_touch_do_not_clash(world: mk.World) -> None:
    other = mk.make_group(world.program)
    save(world, other, line(other, teacher="Иванова", starts=NOON, ends=THREE))
    save(world, world.group, line(world.group, teacher="Иванова"))
    assert clashes(world, world.group) == []


def test_the_groups_own_address_is_no_room(world: mk.World) -> None:
    other = mk.make_group(world.program)
    for group in (other, world.group):
        save(world, group, line(group, place=group.place))
    assert clashes(world, world.group) == []


def test_a_cancelled_group_holds_no_teacher(world: mk.World) -> None:
    other = mk.make_group(world.program)
    save(world, other, line(other, teacher="Иванова"))
    mk.change(other, status=G.CANCELLED)
    save(world, world.group, line(world.group, teacher="Иванова"))
    assert clashes(world, world.group) == []


def test_the_teacher_of_another_organizer_is_not_told(world: mk.World) -> None:
    organizer = mk.make_organization(is_organizer=True)
    other = mk.make_group(mk.make_program(organizer))
    with acting_as(world.operator):
        group_schedule.save(other.id, [line(other, teacher="Иванова", place="Ауд. 5")])
    save(world, world.group, line(world.group, teacher="Иванова", place="Ауд. 5"))
    assert clashes(world, world.group) == []
    with acting_as(world.operator):
        assert group_clashes.find(world.group) == []


def test_two_meetings_of_the_group_itself_are_one_clash(world: mk.World) -> None:
    save(world, world.group, line(world.group), line(world.group, starts=dt.time(10)))
    (found,) = clashes(world, world.group)
    assert "этой же группы" in found.text
    assert found.group_id is None


def test_a_listener_of_two_own_groups_is_named(world: mk.World) -> None:
    other = mk.make_group(world.program)
    for group in (other, world.group):
        save(world, group, line(group))
        mk.make_enrolment(world.worker, group, status=E.CONFIRMED)
    (found,) = clashes(world, world.group)
    assert world.worker.employee.short_name in found.text
    assert (found.group_id, found.detail) == (other.id, "совпадает 1\xa0занятие")


def test_listeners_with_another_organizers_course_are_only_a_number(world: mk.World) -> None:
    organizer = mk.make_organization(is_organizer=True)
    other = mk.make_group(mk.make_program(organizer))
    with acting_as(world.operator):
        group_schedule.save(other.id, [line(other)])
    save(world, world.group, line(world.group))
    for group in (other, world.group):
        mk.make_enrolment(world.worker, group, status=E.CONFIRMED)
    (found,) = clashes(world, world.group)
    assert found.text.replace("\xa0", " ") == "У 1 слушателя в эти часы занятия в группах других организаторов"
    assert other.number not in found.text + found.detail


@pytest.mark.parametrize("status", [E.WAITING, E.REJECTED, E.WITHDRAWN])
def test_who_has_no_seat_does_not_clash(world: mk.World, status: st.EnrolmentStatus) -> None:
    other = mk.make_group(world.program)
    for group in (other, world.group):
        save(world, group, line(group))
    mk.make_enrolment(world.worker, other, status=E.CONFIRMED)
    mk.make_enrolment(world.worker, world.group, status=status)
    assert clashes(world, world.group) == []


# --- with the group's dates ------------------------------------------------------------------------------------------


def test_a_group_moved_as_a_whole_takes_its_meetings_along(world: mk.World) -> None:
    save(world, world.group, line(world.group), line(world.group, 5))
    dates = {"starts_on": world.group.starts_on + 7 * DAY, "ends_on": world.group.ends_on + 7 * DAY}
    before = [row.starts_at for row in meetings(world.group)]
    with acting_as(world.organizer_actor):
        assert groups.update(world.group.id, dates).meetings == 2
    assert [row.starts_at for row in meetings(world.group)] == [moment + 7 * DAY for moment in before]


@pytest.mark.parametrize("change", [{"ends_on": -1}, {"starts_on": 1}])
def test_dates_that_leave_a_meeting_outside_are_refused(world: mk.World, change: dict[str, int]) -> None:
    save(world, world.group, line(world.group), line(world.group, 5))
    ((name, days),) = change.items()
    value = getattr(world.group, name) + days * DAY
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Invalid) as caught:
        groups.update(world.group.id, {name: value})
    assert list(caught.value.fields) == [name]
    assert "1\xa0занятие" in caught.value.fields[name][0]


def test_wider_dates_leave_the_meetings_where_they_are(world: mk.World) -> None:
    save(world, world.group, line(world.group))
    before = meetings(world.group)[0].starts_at
    with acting_as(world.organizer_actor):
        groups.update(world.group.id, {"ends_on": world.group.ends_on + 7 * DAY})
    assert meetings(world.group)[0].starts_at == before
    assert today() < world.group.starts_on
