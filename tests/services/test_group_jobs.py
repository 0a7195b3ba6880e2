"""Groups that move by themselves: around midnight, twice, after a failure; too few people are told of once."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import ZONE, today
from app.services.courses.enrolment import enrolments
from app.services.courses.group import group_jobs, groups
from app.services.portal.who_acts import SYSTEM
from tests.services import makers as mk
from tests.statements import recorded

E, G, DAY = st.EnrolmentStatus, st.GroupStatus, mk.DAY
LAST = dt.date(2027, 3, 10)


@pytest.fixture
def world(session: Any) -> mk.World:
    """The world's own group is out of the way: it would be moved too."""
    return mk.make_world(status=G.CANCELLED)


def tick(moment: dt.datetime | None = None) -> int:
    with acting_as(SYSTEM):
        if moment is None:
            return group_jobs.tick()
        with time_machine.travel(moment, tick=False):
            return group_jobs.tick()


def at(day: dt.date, hour: int, minute: int = 0, second: int = 0) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour, minute, second), tzinfo=ZONE)


def status_of(row: Any) -> str:
    return str(mk.fetch(type(row), row.id).status)


def letters() -> list[Any]:
    return mk.rows(m.Letter)


def spring_group(world: mk.World, **over: Any) -> Any:
    """A group whose enrolment ends on 10 March 2027 and whose training starts on the 15th."""
    dates = {
        "enrol_from": LAST - 20 * DAY,
        "enrol_until": LAST,
        "starts_on": LAST + 5 * DAY,
        "ends_on": LAST + 9 * DAY,
    }
    return mk.make_group(world.program, **(dates | over))


# --- closing and starting --------------------------------------------------------------------------------------------


def test_enrolment_closes_after_the_last_second_of_its_last_day(world: mk.World) -> None:
    group = spring_group(world)
    mk.make_enrolment(world.worker, group, status=E.CONFIRMED)
    assert tick(at(LAST, 23, 59, 59)) == 0
    assert (status_of(group), letters()) == (G.OPEN, [])
    # midnight in Samara is 20:00 of the day before by the clock of the server
    assert tick(dt.datetime(2027, 3, 10, 20, 0, tzinfo=dt.UTC)) == 1
    assert status_of(group) == G.CLOSED
    (letter,) = letters()
    assert letter.recipient == world.worker.employee.email
    assert "её последний день был 10.03.2027" in letter.body
    (entry,) = mk.journal("training_group.close")
    assert entry.user_name == "Портал"


def test_training_starts_at_midnight_of_its_first_day_and_ends_the_waiting_list(world: mk.World) -> None:
    group = spring_group(world, status=G.CLOSED, capacity=2)
    sitting, offered = world.more_people(2)
    mk.make_enrolment(sitting, group, status=E.CONFIRMED)
    block = mk.blocks_of(mk.rows(m.Voucher, m.Voucher.employee_id == offered.employee.id)[0])[0]
    late = [
        mk.make_enrolment(offered, group, status=E.OFFERED, block=block),
        mk.make_enrolment(world.worker, group, status=E.WAITING),
    ]
    assert tick(at(LAST + 4 * DAY, 23, 59, 59)) == 0
    assert status_of(group) == G.CLOSED
    assert tick(at(LAST + 5 * DAY, 0)) == 1
    assert status_of(group) == G.RUNNING
    assert {status_of(row) for row in late} == {E.REJECTED}
    assert status_of(block) == st.BlockStatus.FREE
    assert mk.fetch(m.TrainingGroup, group.id).taken == 1
    assert enrolments.recount() == 0
    assert sorted(letter.recipient for letter in letters()) == sorted(
        person.employee.email for person in (sitting, offered, world.worker)
    )


def test_an_open_group_whose_first_day_has_come_starts_with_one_letter(world: mk.World) -> None:
    group = spring_group(world, enrol_until=LAST + 5 * DAY)
    mk.make_enrolment(world.worker, group, status=E.CONFIRMED)
    assert tick(at(LAST + 5 * DAY, 0, 10)) == 1
    assert status_of(group) == G.RUNNING
    assert [letter.subject for letter in letters()] == [f"Группа {group.number}: обучение началось"]


def test_a_second_run_does_nothing(world: mk.World) -> None:
    group = spring_group(world)
    mk.make_enrolment(world.worker, group, status=E.CONFIRMED)
    moment = at(LAST + 5 * DAY, 0, 10)
    assert tick(moment) == 1
    with mk.nothing_changes():
        assert tick(moment) == 0
    assert len(letters()) == 1


@pytest.mark.parametrize("status", [G.DRAFT, G.RUNNING, G.COMPLETED, G.CANCELLED])
def test_other_groups_are_left_alone(world: mk.World, status: st.GroupStatus) -> None:
    spring_group(world, status=status)
    with mk.nothing_changes():
        assert tick(at(LAST + 5 * DAY, 12)) == 0


def test_groups_of_all_organizers_move(world: mk.World) -> None:
    other = mk.make_organization(is_organizer=True)
    program = mk.make_program(other)
    found = [spring_group(world), spring_group(world, program_id=program.id, organizer_id=other.id)]
    tick(at(LAST + DAY, 3))
    assert {status_of(group) for group in found} <= {G.CLOSED, G.RUNNING}


def test_a_group_that_fails_stops_no_other(world: mk.World, monkeypatch: pytest.MonkeyPatch) -> None:
    bad, good = spring_group(world), spring_group(world)
    mk.make_enrolment(world.worker, bad, status=E.CONFIRMED)
    mk.make_enrolment(world.more_people(1)[0], good, status=E.CONFIRMED)
    real = groups._tell_listeners

    def tell(group: Any, kind: str, **facts: str) -> None:
        real(group, kind, **facts)
        if group.id == bad.id:
            raise RuntimeError("the post is on fire")

    monkeypatch.setattr(groups, "_tell_listeners", tell)
    assert tick(at(LAST + DAY, 0)) == 1
    assert (status_of(bad), status_of(good)) == (G.OPEN, G.CLOSED)
    assert len(letters()) == 1
    monkeypatch.setattr(groups, "_tell_listeners", real)
    assert tick(at(LAST + DAY, 0, 15)) == 1
    assert status_of(bad) == G.CLOSED


def test_nothing_moves_during_a_break(world: mk.World) -> None:
    group = mk.make_group(world.program, enrol_until=today() - DAY)
    hour = dt.timedelta(hours=1)
    now = dt.datetime.now(ZONE)
    window = mk.save(m.MaintenanceWindow(starts_at=now - hour, ends_at=now + hour, announcement="Обновление"))
    with mk.nothing_changes():
        assert tick() == 0
    mk.change(window, status=st.MaintenanceStatus.ENDED)
    assert tick() == 1
    assert status_of(group) == G.CLOSED


def test_the_job_asks_for_the_due_groups_only(world: mk.World) -> None:
    with recorded() as statements:
        tick()
    assert len(statements) <= 5
    assert statements.writes == []


# --- the minimum -----------------------------------------------------------------------------------------------------


def staff_of(organizer: Any) -> Any:
    account = mk.make_account()
    mk.save(
        m.Assignment(
            user_id=account.id, role="organizer", organization_id=organizer.id, basis="Приказ", valid_from=today()
        )
    )
    return account


def small(world: mk.World, **over: Any) -> Any:
    """A group that lacks people and starts in five days."""
    dates = {"starts_on": today() + 5 * DAY, "ends_on": today() + 9 * DAY, "enrol_until": today() + 4 * DAY}
    return mk.make_group(world.program, **{**dates, "capacity": 5, "minimum": 3, **over})


def test_the_organizers_staff_is_warned_once(world: mk.World) -> None:
    group = small(world)
    staff, foreign = staff_of(world.organizer), staff_of(mk.make_organization(is_organizer=True))
    assert tick() == 1
    (letter,) = letters()
    assert (letter.recipient, letter.template) == (staff.email, "group_minimum")
    assert "наименьшее число слушателей — 3" in letter.body
    (notice,) = mk.rows(m.Notice)
    assert (notice.user_id, notice.href) == (staff.id, f"/training_group/show/{group.id}")
    assert foreign.email != letter.recipient
    with mk.nothing_changes():
        assert tick() == 0


@pytest.mark.parametrize(
    "over",
    [
        {"starts_on": 6},
        {"minimum": 0},
        {"taken": 3},
        {"status": G.DRAFT},
    ],
)
def test_no_warning_where_nothing_lacks(world: mk.World, over: dict[str, Any]) -> None:
    if "starts_on" in over:
        over = {"starts_on": today() + 6 * DAY}
    small(world, **over)
    staff_of(world.organizer)
    with mk.nothing_changes():
        assert tick() == 0


def test_the_operator_sets_how_early_the_warning_is(world: mk.World) -> None:
    small(world, starts_on=today() + 8 * DAY)
    staff_of(world.organizer)
    assert tick() == 0
    setting = m.Setting.__table__
    world_session = mk.db.session
    world_session.execute(setting.update().where(setting.c.key == "minimum_warning_days").values(value="8"))
    world_session.commit()
    try:
        assert tick() == 1
    finally:
        world_session.execute(setting.update().where(setting.c.key == "minimum_warning_days").values(value="5"))
        world_session.commit()


def test_a_new_start_is_warned_of_anew(world: mk.World) -> None:
    group = small(world)
    staff_of(world.organizer)
    assert tick() == 1
    later = {"starts_on": group.starts_on + 7 * DAY, "ends_on": group.ends_on + 7 * DAY}
    with acting_as(world.organizer_actor):
        groups.update(group.id, later)
    assert tick() == 0
    assert tick(at(today() + 8 * DAY, 9)) >= 1
    assert [letter.template for letter in letters()].count("group_minimum") == 2
