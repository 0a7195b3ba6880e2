"""A running group with listeners and meetings, for the tests of attendance, results and orders."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app import models as m
from app import statuses as st
from app.clock import now
from tests.services import makers as mk

HOUR = dt.timedelta(hours=1)


def make_meeting(group: Any, *, days: int, hours: int = 4, **over: Any) -> Any:
    """A meeting that began ``days`` ago (negative: is to come) and lasts ``hours``."""
    starts = now() - days * mk.DAY
    return mk.save(m.GroupMeeting(group_id=group.id, starts_at=starts, ends_at=starts + hours * HOUR, **over))


def make_marks(meeting: Any, rows: Sequence[Any], mark: st.AttendanceMark = st.AttendanceMark.PRESENT) -> None:
    """Marks of one meeting, as they were set before."""
    for row in rows:
        mk.save(m.Attendance(meeting_id=meeting.id, enrolment_id=row.id, mark=mark))


@dataclass(frozen=True)
class Course:
    """A running group of the world's organizer: confirmed listeners with reserved blocks, meetings that have begun."""

    world: mk.World
    group: Any
    rows: Sequence[Any]
    meetings: Sequence[Any]

    def blocks(self) -> list[str]:
        """States of the blocks that pay, by listener."""
        return [str(mk.fetch(m.VoucherBlock, row.block_id).status) for row in self.rows]


def make_listeners(world: mk.World, group: Any, people: int) -> list[Any]:
    """Confirmed listeners with reserved blocks; their surnames follow the alphabet."""
    rows = []
    for number in range(people):
        person = mk.make_person(world.school, last_name=f"{'АБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЭЮЯ'[number]}ндреева")
        block = mk.blocks_of(mk.make_voucher(person.employee))[0]
        rows.append(mk.make_enrolment(person, group, status=st.EnrolmentStatus.CONFIRMED, block=block))
    return rows


def make_course(people: int = 3, meetings: int = 2, **group: Any) -> Course:
    """A running group that ended yesterday; its meetings of four hours were on its first days."""
    world = mk.make_world()
    past = mk.make_past_group(world.program, **{"capacity": max(people, 2), **group})
    rows = make_listeners(world, past, people)
    return Course(world, past, rows, [make_meeting(past, days=9 - number) for number in range(meetings)])
