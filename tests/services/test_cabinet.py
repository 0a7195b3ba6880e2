"""The worker's cabinet: what waits, courses with the next meeting, documents, what suits; nothing of anybody else."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import now, today
from app.services.desk import cabinet
from tests.services import makers as mk
from tests.statements import recorded

E = st.EnrolmentStatus
DAY = mk.DAY


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world(capacity=20)


def seen_by(person: mk.Person) -> cabinet.Cabinet:
    with acting_as(person.actor):
        return cabinet.of_worker(person.employee.id)


def suggested(person: mk.Person) -> list[int]:
    with acting_as(person.actor):
        return [found.group_id for found in cabinet.suggestions(person.employee.id)]


def meeting(group: Any, begins: dt.datetime, place: str | None = None) -> Any:
    ends = begins + dt.timedelta(hours=2)
    return mk.save(m.GroupMeeting(group_id=group.id, starts_at=begins, ends_at=ends, place=place))


def application(person: mk.Person, status: st.ApplicationStatus, **over: Any) -> Any:
    values = {"employee_id": person.employee.id, "employment_id": person.employment.id, "rule_id": mk.make_rule().id}
    return mk.save(m.VoucherApplication(**values, status=status, **over))


def correction(person: mk.Person, status: st.ChangeStatus = st.ChangeStatus.DECLINED, **over: Any) -> Any:
    values = {"changes": {"degree": [None, "доцент"]}, "decided_at": now(), **over}
    return mk.save(m.ChangeRequest(employee_id=person.employee.id, status=status, **values))


def notice(person: mk.Person, href: str | None = None, **over: Any) -> Any:
    return mk.save(m.Notice(employee_id=person.employee.id, text=f"Извещение {href}", href=href, **over))


# --- courses ---------------------------------------------------------------------------------------------------------


def test_courses_are_those_not_over_the_nearest_first(world: mk.World) -> None:
    for shift, status in ((30, E.APPLIED), (10, E.CONFIRMED), (20, E.WAITING), (5, E.TRAINED), (6, E.WITHDRAWN)):
        group = mk.make_group(world.program, starts_on=today() + shift * DAY, ends_on=today() + (shift + 1) * DAY)
        mk.make_enrolment(world.worker, group, status=status)
    found = seen_by(world.worker).courses
    assert [(c.enrolment.group.starts_on - today()).days for c in found] == [10, 20, 30]
    assert found[0].enrolment.group.program.title == world.program.title


def test_the_next_meeting_is_the_first_that_is_not_over(world: mk.World) -> None:
    mk.make_enrolment(world.worker, world.group, status=E.CONFIRMED)
    (course,) = seen_by(world.worker).courses
    assert (course.meets_at, course.meets_in) == (None, world.group.place)
    meeting(world.group, now() + 2 * DAY, "Аудитория 9")
    meeting(world.group, now() - 2 * DAY, "Прошедшая")
    going_on = meeting(world.group, now() - dt.timedelta(hours=1), "Аудитория 5")
    (course,) = seen_by(world.worker).courses
    assert (course.meets_at, course.meets_in) == (going_on.starts_at, "Аудитория 5")


def test_the_block_shows_the_enrolment_that_it_pays_for(world: mk.World) -> None:
    block = mk.blocks_of(world.voucher)[0]
    row = mk.make_enrolment(world.worker, world.group, status=E.APPLIED, block=block)
    data = seen_by(world.worker)
    assert data.voucher is not None
    assert data.voucher.id == world.voucher.id
    assert {b: e.id for b, e in data.enrolment_of_block.items()} == {block.id: row.id}


# --- what waits ------------------------------------------------------------------------------------------------------


def test_offers_are_listed_by_their_term(world: mk.World) -> None:
    other = mk.make_group(world.program, starts_on=today() + 50 * DAY, ends_on=today() + 51 * DAY)
    late = mk.make_enrolment(world.worker, world.group, status=E.OFFERED, offer_until=now() + 3 * DAY)
    soon = mk.make_enrolment(world.worker, other, status=E.OFFERED, offer_until=now() + DAY)
    assert [c.enrolment.id for c in seen_by(world.worker).offers] == [soon.id, late.id]


@pytest.mark.parametrize(
    ("status", "waits"),
    [
        (st.ApplicationStatus.RETURNED, True),
        (st.ApplicationStatus.DRAFT, True),
        (st.ApplicationStatus.SUBMITTED, False),
    ],
)
def test_an_application_waits_when_it_is_returned(world: mk.World, status: st.ApplicationStatus, waits: bool) -> None:
    person = world.more_people(1, voucher=False)[0]
    row = application(person, status)
    found = seen_by(person).application
    assert found is not None
    assert found.id == row.id
    assert cabinet.is_to_mend(found) is waits


def test_a_decided_application_is_not_live(world: mk.World) -> None:
    application(world.worker, st.ApplicationStatus.REJECTED)
    assert seen_by(world.worker).application is None


def test_a_correction_refused_lately_asks_for_a_look(world: mk.World) -> None:
    row = correction(world.worker, reason_text="Нет подтверждения")
    found = seen_by(world.worker).correction
    assert found is not None
    assert (found.id, found.reason_text) == (row.id, "Нет подтверждения")


def test_old_and_superseded_corrections_ask_for_nothing(world: mk.World) -> None:
    correction(world.worker, decided_at=now() - (cabinet.DECLINED_DAYS + 2) * DAY)
    assert seen_by(world.worker).correction is None
    correction(world.worker)
    correction(world.worker, st.ChangeStatus.PROPOSED, decided_at=None)
    assert seen_by(world.worker).correction is None


@pytest.mark.parametrize(("days", "free"), [(0, 3), (90, 3), (91, 0)])
def test_free_blocks_of_a_voucher_that_ends_soon(world: mk.World, days: int, free: int) -> None:
    mk.change(world.voucher, valid_until=today() + days * DAY)
    assert seen_by(world.worker).blocks_to_spend == free


def test_a_voucher_without_free_blocks_asks_for_nothing(world: mk.World) -> None:
    mk.change(world.voucher, valid_until=today() + 5 * DAY)
    for block in mk.blocks_of(world.voucher):
        mk.change(block, status=st.BlockStatus.USED)
    assert seen_by(world.worker).blocks_to_spend == 0


def test_only_what_the_person_has_to_do_waits_and_no_notice_does(world: mk.World) -> None:
    """An unread notice is news; a course that was not confirmed waits to be mended, and goes when that is done."""
    notice(world.worker, "/training_group/show/1")
    mine = {
        "employee_id": world.worker.employee.id,
        "source": st.TrainingSource.WORKER,
        "title": "Курс",
        "hours": 36,
        "institution": "Институт",
    }
    days = {"started_on": today() - 40 * mk.DAY, "ended_on": today() - 30 * mk.DAY}
    mk.save(m.Training(**mine, **days, status=st.TrainingStatus.CONFIRMED))
    assert seen_by(world.worker).training is None
    row = mk.save(m.Training(**{**mine, "title": "Другой"}, **days, status=st.TrainingStatus.REJECTED))
    found = seen_by(world.worker)
    assert found.training is not None
    assert found.training.id == row.id
    assert seen_by(world.other_worker).training is None
    mk.change(row, status=st.TrainingStatus.PENDING)
    assert seen_by(world.worker).training is None


# --- somebody else ---------------------------------------------------------------------------------------------------


def test_nothing_of_another_person_is_seen(world: mk.World) -> None:
    """Asked for another's id, the scope leaves an empty cabinet."""
    row = mk.make_enrolment(world.worker, world.group, status=E.OFFERED)
    application(world.more_people(1, voucher=False)[0], st.ApplicationStatus.RETURNED)
    correction(world.worker)
    notice(world.worker, "/training_group/show/1")
    with acting_as(world.other_worker.actor):
        data = cabinet.of_worker(world.worker.employee.id)
        assert cabinet.suggestions(world.worker.employee.id) == []
        assert cabinet.documents_of(world.worker.employee.id) == []
        assert cabinet.outside_of(world.worker.employee.id) == []
        assert cabinet.enrolments_of(world.worker.employee.id) == []
    assert (data.voucher, data.application, data.correction) == (None, None, None)
    assert data.courses == []
    assert [c.enrolment.id for c in seen_by(world.worker).courses] == [row.id]


def test_as_many_statements_for_one_and_three_rows(world: mk.World) -> None:
    def count() -> int:
        with acting_as(world.worker.actor), recorded() as statements:
            cabinet.of_worker(world.worker.employee.id)
            cabinet.suggestions(world.worker.employee.id)
        return len(statements)

    mk.make_enrolment(world.worker, world.group, status=E.CONFIRMED)
    notice(world.worker, "/voucher/show/1")
    one = count()
    for shift in (30, 60):
        group = mk.make_group(world.program, starts_on=today() + shift * DAY, ends_on=today() + (shift + 1) * DAY)
        mk.make_enrolment(world.worker, group, status=E.OFFERED)
        mk.make_group(mk.make_program(world.organizer), starts_on=today() + 200 * DAY, ends_on=today() + 201 * DAY)
        notice(world.worker, "/voucher/show/1")
        meeting(group, now() + DAY)
    assert count() == one <= 10


# --- what suits now --------------------------------------------------------------------------------------------------


def groups(world: mk.World, number: int, **over: Any) -> list[Any]:
    """Groups of programs of their own, one after the other."""
    first = [today() + (20 + 3 * n) * DAY for n in range(number)]
    return [
        mk.make_group(mk.make_program(world.organizer), **{"starts_on": day, "ends_on": day + DAY, **over})
        for day in first
    ]


def test_the_three_nearest_groups_are_suggested(world: mk.World) -> None:
    found = groups(world, 4)
    assert suggested(world.worker) == [world.group.id, found[0].id, found[1].id]


def test_a_suggestion_tells_what_to_know(world: mk.World) -> None:
    with acting_as(world.worker.actor):
        (it,) = cabinet.suggestions(world.worker.employee.id)
    assert (it.number, it.title, it.organizer) == (
        world.group.number,
        world.program.title,
        world.organizer.short_name,
    )
    assert (it.hours, it.starts_on, it.ends_on, it.place, it.free) == (
        18,
        world.group.starts_on,
        world.group.ends_on,
        world.group.place,
        20,
    )


@pytest.mark.parametrize(
    "over",
    [
        {"status": st.GroupStatus.CLOSED},
        {"status": st.GroupStatus.DRAFT},
        {"enrol_from": today() + DAY},
        {"enrol_until": today() - DAY},
        {"taken": 2, "capacity": 2},
        {"starts_on": today() + 4000 * DAY, "ends_on": today() + 4001 * DAY},
    ],
    ids=["closed", "draft", "not yet", "no more", "full", "after the чек"],
)
def test_groups_that_cannot_be_joined_are_not_suggested(world: mk.World, over: dict[str, Any]) -> None:
    mk.change(world.group, **over)
    assert suggested(world.worker) == []


def test_a_program_for_others_is_not_suggested(world: mk.World) -> None:
    with_target = [
        {"positions": [mk.make_position("Методист")]},
        {"subjects": [mk.make_subject("Физика")]},
        {"organization_types": [mk.make_type("preschool", "Дошкольная")]},
    ]
    for target in with_target:
        mk.change(world.program, positions=[], subjects=[], organization_types=[])
        assert suggested(world.worker) == [world.group.id]
        mk.change(world.program, **target)
        assert suggested(world.worker) == []


def test_a_program_for_the_own_position_and_subject_is_suggested(world: mk.World) -> None:
    subject = mk.make_subject("Физика")
    mk.change(world.worker.employment, subjects=[subject])
    mk.change(world.program, positions=[mk.make_position()], subjects=[subject, mk.make_subject("Химия")])
    assert suggested(world.worker) == [world.group.id]


def test_two_places_of_work_are_not_mixed(world: mk.World) -> None:
    """The position of one place with the subject of another lets nobody in: SQL lets it through, the rules do not."""
    methodist, physics = mk.make_position("Методист"), mk.make_subject("Физика")
    mk.make_employment(world.worker.employee, world.school, position=methodist, kind=st.EmploymentKind.SECONDARY)
    mk.change(world.worker.employment, subjects=[physics])
    mk.change(world.program, positions=[methodist], subjects=[physics])
    assert suggested(world.worker) == []


def test_without_a_paying_block_only_free_programs_are_suggested(world: mk.World) -> None:
    for block in mk.blocks_of(world.voucher):
        mk.change(block, status=st.BlockStatus.USED)
    assert suggested(world.worker) == []
    free = mk.make_group(mk.make_program(world.organizer, block=None))
    assert suggested(world.worker) == [free.id]


def test_busy_dates_and_the_same_program_are_not_suggested(world: mk.World) -> None:
    program = mk.make_program(world.organizer)
    first = mk.make_group(program)
    mk.make_enrolment(world.worker, first, status=E.CONFIRMED)
    again = mk.make_group(program, starts_on=today() + 40 * DAY, ends_on=today() + 41 * DAY)
    assert world.group.starts_on == first.starts_on
    assert suggested(world.worker) == []
    later = groups(world, 1)[0]
    assert suggested(world.worker) == [later.id]
    assert again.id not in suggested(world.worker)


def test_one_group_of_each_program_is_suggested(world: mk.World) -> None:
    mk.make_group(world.program, starts_on=today() + 60 * DAY, ends_on=today() + 61 * DAY)
    assert suggested(world.worker) == [world.group.id]


def test_nobody_without_a_place_of_work_is_suggested_anything(world: mk.World) -> None:
    mk.change(world.worker.employment, ended_on=today() - DAY)
    assert suggested(world.worker) == []
