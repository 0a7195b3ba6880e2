"""A group moved, opened again, cancelled with advice, made after another one, divided by quotas."""

from __future__ import annotations

from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import today
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.services.courses.enrolment import enrolments
from app.services.courses.group import group_copy, group_quotas, groups
from app.services.courses.group.group_quotas import NewQuota
from tests.services import makers as mk

E, G, P, DAY = st.EnrolmentStatus, st.GroupStatus, st.ProgramStatus, mk.DAY


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


def update(world: mk.World, group: Any, **values: Any) -> Any:
    with acting_as(world.organizer_actor):
        return groups.update(group.id, values)


def moved(group: Any, days: int) -> dict[str, Any]:
    return {"starts_on": group.starts_on + days * DAY, "ends_on": group.ends_on + days * DAY}


def letters() -> list[Any]:
    return mk.rows(m.Letter)


# --- dates and place -------------------------------------------------------------------------------------------------


def test_everybody_in_a_moved_group_is_told_what_was_and_what_is(world: mk.World) -> None:
    waiting, gone = world.more_people(2)
    mk.make_enrolment(world.worker, world.group, status=E.CONFIRMED)
    mk.make_enrolment(waiting, world.group, status=E.WAITING)
    mk.make_enrolment(gone, world.group, status=E.WITHDRAWN)
    changed = update(world, world.group, **moved(world.group, 7), place="Тольятти, ул. Новая, 2")
    assert (changed.told, changed.busy) == (2, 0)
    found = letters()
    assert sorted(x.recipient for x in found) == sorted(p.employee.email for p in (world.worker, waiting))
    assert {x.template for x in found} == {"group_changed"}
    for letter in found:
        assert "изменено: даты занятий, место занятий" in letter.subject
        assert "Самара, ул. Пробная, 1" in letter.body
        assert "Тольятти, ул. Новая, 2" in letter.body


@pytest.mark.parametrize("values", [{"curator": "Котова И. И."}, {"capacity": 3}, {}])
def test_other_changes_tell_nobody(world: mk.World, values: dict[str, Any]) -> None:
    mk.make_enrolment(world.worker, world.group, status=E.CONFIRMED)
    assert update(world, world.group, **values).told == 0
    assert letters() == []


def test_a_draft_is_moved_without_letters(world: mk.World) -> None:
    mk.change(world.group, status=G.DRAFT)
    mk.make_enrolment(world.worker, world.group, status=E.WAITING)
    assert update(world, world.group, **moved(world.group, 7)).told == 0
    assert letters() == []


def test_a_start_after_the_end_of_a_voucher_is_refused(world: mk.World) -> None:
    block = mk.blocks_of(world.voucher)[0]
    mk.make_enrolment(world.worker, world.group, status=E.CONFIRMED, block=block)
    end = world.group.starts_on + 3 * DAY
    mk.change(world.voucher, valid_until=end)
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Invalid) as caught:
        groups.update(world.group.id, moved(world.group, 4))
    (sentence,) = caught.value.fields["starts_on"]
    assert "1\xa0слушателя" in sentence
    assert f"{end:%d.%m.%Y}" in sentence
    assert update(world, world.group, **moved(world.group, 3)).told == 1


def test_only_the_person_is_told_of_the_other_course(world: mk.World) -> None:
    other = mk.make_group(mk.make_program(mk.make_organization(is_organizer=True)), **moved(world.group, 7))
    (free,) = world.more_people(1)
    mk.make_enrolment(world.worker, other, status=E.CONFIRMED)
    for person in (world.worker, free):
        mk.make_enrolment(person, world.group, status=E.CONFIRMED)
    changed = update(world, world.group, **moved(world.group, 7))
    assert (changed.told, changed.busy) == (2, 1)
    told = {letter.recipient: letter.body for letter in letters()}
    assert other.number in told[world.worker.employee.email]
    assert other.number not in told[free.employee.email]


def test_a_running_group_does_not_begin_in_the_future(world: mk.World) -> None:
    group = mk.make_past_group(world.program, ends_on=today() + 5 * DAY)
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Invalid) as caught:
        groups.update(group.id, {"starts_on": today() + DAY})
    assert list(caught.value.fields) == ["starts_on"]


# --- opened again ----------------------------------------------------------------------------------------------------


def test_a_closed_enrolment_is_opened_again_until_a_new_day(world: mk.World) -> None:
    mk.change(world.group, status=G.CLOSED, enrol_until=today() - DAY)
    with acting_as(world.organizer_actor):
        row = groups.reopen(world.group.id, enrol_until=today() + 3 * DAY)
    assert (row.status, row.enrol_until) == (G.OPEN, today() + 3 * DAY)
    with acting_as(world.worker.actor):
        assert enrolments.enrol(world.worker.employee.id, world.group.id).status == E.APPLIED
    (entry,) = mk.journal("training_group.reopen")
    assert "Запись по" in entry.changes


@pytest.mark.parametrize("days", [-1, 16])
def test_a_wrong_last_day_opens_nothing(world: mk.World, days: int) -> None:
    mk.change(world.group, status=G.CLOSED)
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Invalid) as caught:
        groups.reopen(world.group.id, enrol_until=today() + days * DAY)
    assert list(caught.value.fields) == ["enrol_until"]


def test_a_group_whose_first_day_has_come_is_not_opened_again(world: mk.World) -> None:
    mk.change(world.group, status=G.CLOSED, starts_on=today(), enrol_until=today() - DAY)
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Conflict, match="поздно"):
        groups.reopen(world.group.id, enrol_until=today() + DAY)


@pytest.mark.parametrize("status", [G.DRAFT, G.OPEN, G.RUNNING, G.CANCELLED])
def test_only_a_closed_group_is_opened_again(world: mk.World, status: st.GroupStatus) -> None:
    mk.change(world.group, status=status)
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Conflict):
        groups.reopen(world.group.id, enrol_until=today() + DAY)


def test_others_open_no_group_again(world: mk.World) -> None:
    mk.change(world.group, status=G.CLOSED)
    with mk.nothing_changes():
        with acting_as(world.other_organizer), pytest.raises(NotFound):
            groups.reopen(world.group.id, enrol_until=today() + DAY)
        with acting_as(world.operator), pytest.raises(Forbidden):
            groups.reopen(world.group.id, enrol_until=today() + DAY)


# --- cancelled -------------------------------------------------------------------------------------------------------


def test_the_letter_of_a_cancellation_advises_open_groups_of_the_program(world: mk.World) -> None:
    mk.make_enrolment(world.worker, world.group, status=E.CONFIRMED)
    mk.change(world.program, status=P.ARCHIVED)
    edition = mk.make_program(world.organizer, code=world.program.code, edition=2)
    fits = mk.make_group(edition, capacity=4, place="Сызрань, пл. Ленина, 3")
    foreign = mk.make_program(mk.make_organization(is_organizer=True), code=world.program.code)
    silent = [
        mk.make_group(world.program, capacity=1, taken=1),
        mk.make_group(world.program, status=G.CLOSED),
        mk.make_group(world.program, status=G.DRAFT),
        mk.make_group(world.program, enrol_until=today() - DAY),
        mk.make_group(foreign),
    ]
    with acting_as(world.organizer_actor):
        groups.cancel(world.group.id, "Нет преподавателя")
    (letter,) = letters()
    assert f"№ {fits.number}" in letter.body
    assert "Сызрань, пл. Ленина, 3, 4\xa0свободных места" in letter.body
    assert [group.number for group in silent if f"№ {group.number}," in letter.body] == []
    assert "Выберите другую группу" not in letter.body


def test_a_cancelled_group_frees_the_offered_seat_and_its_block(world: mk.World) -> None:
    block = mk.blocks_of(world.voucher)[0]
    row = mk.make_enrolment(world.worker, world.group, status=E.OFFERED, block=block)
    with acting_as(world.organizer_actor):
        assert groups.cancel(world.group.id, "Пожар").taken == 0
    assert mk.fetch(m.Enrolment, row.id).status == E.REJECTED
    assert mk.fetch(m.VoucherBlock, block.id).status == st.BlockStatus.FREE
    assert enrolments.recount() == 0


# --- after another group ---------------------------------------------------------------------------------------------


def duplicate(world: mk.World, group: Any, **values: Any) -> Any:
    with acting_as(world.organizer_actor):
        return group_copy.duplicate(group.id, **values)


def test_a_group_is_made_after_another_with_its_schedule_and_quotas(world: mk.World) -> None:
    mk.change(world.group, minimum=2, curator="Котова И. И.", audience="учителя")
    moment = mk.now() + 10 * DAY
    mk.save(m.GroupMeeting(group_id=world.group.id, starts_at=moment, ends_at=moment + DAY / 24, topic="Введение"))
    mk.save(m.GroupQuota(group_id=world.group.id, territory_id=world.school.territory_id, seats=1, taken=1))
    mk.make_enrolment(world.worker, world.group, status=E.CONFIRMED)
    row = duplicate(world, world.group, starts_on=world.group.starts_on + 30 * DAY)
    assert (row.status, row.taken, row.program_id) == (G.DRAFT, 0, world.program.id)
    assert (row.ends_on, row.enrol_until) == (world.group.ends_on + 30 * DAY, world.group.enrol_until + 30 * DAY)
    assert (row.place, row.capacity, row.minimum, row.curator, row.audience) == (
        world.group.place,
        2,
        2,
        "Котова И. И.",
        "учителя",
    )
    assert row.number == f"{world.program.code}-1"
    (meeting,) = mk.rows(m.GroupMeeting, m.GroupMeeting.group_id == row.id)
    assert (meeting.starts_at, meeting.topic) == (moment + 30 * DAY, "Введение")
    (quota,) = mk.rows(m.GroupQuota, m.GroupQuota.group_id == row.id)
    assert (quota.seats, quota.taken) == (1, 0)
    assert mk.rows(m.Enrolment, m.Enrolment.group_id == row.id) == []
    assert letters() == []


def test_the_new_group_runs_the_live_edition(world: mk.World) -> None:
    mk.change(world.program, status=P.ARCHIVED)
    live = mk.make_program(world.organizer, code=world.program.code, edition=2)
    mk.make_program(world.organizer, code=world.program.code, edition=3, status=P.DRAFT)
    assert duplicate(world, world.group, starts_on=today() + 30 * DAY).program_id == live.id


def test_a_program_no_longer_published_gives_no_group(world: mk.World) -> None:
    mk.change(world.program, status=P.ARCHIVED)
    with (
        acting_as(world.organizer_actor),
        mk.nothing_changes(),
        pytest.raises(Conflict, match="больше не опубликована"),
    ):
        group_copy.duplicate(world.group.id, starts_on=today() + 30 * DAY)


def test_an_old_group_gives_one_that_starts_soon(world: mk.World) -> None:
    group = mk.make_past_group(world.program)
    row = duplicate(world, group, starts_on=today() + DAY, number="Повтор 1")
    assert (row.number, row.enrol_until >= today()) == ("Повтор 1", True)
    with acting_as(world.organizer_actor):
        assert groups.open(row.id).status == G.OPEN


def test_a_proposed_start_is_the_same_day_of_the_week_ahead(world: mk.World) -> None:
    for group in (world.group, mk.make_past_group(world.program)):
        start = group_copy.default_start(group)
        assert (start - group.starts_on).days % 7 == 0
        assert start > max(today(), group.ends_on)


def test_a_copy_wholly_in_the_past_is_refused(world: mk.World) -> None:
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Invalid) as caught:
        group_copy.duplicate(world.group.id, starts_on=today() - 60 * DAY)
    assert list(caught.value.fields) == ["ends_on"]


def test_another_organizers_group_is_no_sample(world: mk.World) -> None:
    with acting_as(world.other_organizer), mk.nothing_changes(), pytest.raises(NotFound):
        group_copy.duplicate(world.group.id, starts_on=today() + 30 * DAY)


# --- quotas ----------------------------------------------------------------------------------------------------------


def quotas(group: Any) -> list[Any]:
    return mk.rows(m.GroupQuota, m.GroupQuota.group_id == group.id)


def save(world: mk.World, group: Any, sizes: dict[int, int] | None = None, **more: Any) -> None:
    with acting_as(world.organizer_actor):
        group_quotas.save(group.id, sizes or {}, **more)


def test_a_new_quota_counts_who_is_in_already(world: mk.World) -> None:
    inside = mk.make_enrolment(world.worker, world.group, status=E.CONFIRMED)
    waiting = mk.make_enrolment(world.more_people(1)[0], world.group, status=E.WAITING)
    other = mk.make_enrolment(world.other_worker, world.group, status=E.APPLIED)
    save(world, world.group, new=NewQuota(seats=2, organization_id=world.school.id))
    (quota,) = quotas(world.group)
    assert (quota.seats, quota.taken, quota.territory_id) == (2, 1, None)
    counted = {row.id: mk.fetch(m.Enrolment, row.id).quota_id for row in (inside, waiting, other)}
    assert counted == {inside.id: quota.id, waiting.id: None, other.id: None}


def test_a_quota_of_a_territory_counts_all_its_organizations(world: mk.World) -> None:
    mk.make_enrolment(world.worker, world.group, status=E.CONFIRMED)
    save(world, world.group, new=NewQuota(seats=1, territory_id=world.school.territory_id))
    assert [row.taken for row in quotas(world.group)] == [1]


def test_a_quota_below_what_is_taken_is_refused(world: mk.World) -> None:
    for person in world.more_people(2):
        mk.make_enrolment(person, world.group, status=E.CONFIRMED)
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Invalid) as caught:
        group_quotas.save(world.group.id, {}, new=NewQuota(seats=1, organization_id=world.school.id))
    assert list(caught.value.fields) == ["seats"]
    save(world, world.group, new=NewQuota(seats=2, organization_id=world.school.id))
    (quota,) = quotas(world.group)
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Invalid) as caught:
        group_quotas.save(world.group.id, {quota.id: 1})
    assert list(caught.value.fields) == [f"seats-{quota.id}"]


@pytest.mark.parametrize("number", [0, 3])
def test_a_quota_is_from_one_to_the_seats_of_the_group(world: mk.World, number: int) -> None:
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Invalid, match="от 1 до 2"):
        group_quotas.save(world.group.id, {}, new=NewQuota(seats=number, organization_id=world.school.id))


def test_a_quota_is_for_one_place_and_declared_once(world: mk.World) -> None:
    both = NewQuota(seats=1, organization_id=world.school.id, territory_id=world.school.territory_id)
    save(world, world.group, new=NewQuota(seats=1, organization_id=world.school.id))
    with acting_as(world.organizer_actor), mk.nothing_changes():
        for wrong in (both, NewQuota(seats=1)):
            with pytest.raises(Invalid, match="что-то одно"):
                group_quotas.save(world.group.id, {}, new=wrong)
        with pytest.raises(Conflict, match="уже есть"):
            group_quotas.save(world.group.id, {}, new=NewQuota(seats=2, organization_id=world.school.id))


def test_a_removed_quota_leaves_people_their_seats(world: mk.World) -> None:
    row = mk.make_enrolment(world.worker, world.group, status=E.CONFIRMED)
    save(world, world.group, new=NewQuota(seats=2, organization_id=world.school.id))
    (quota,) = quotas(world.group)
    save(world, world.group, removed=[quota.id])
    assert quotas(world.group) == []
    kept = mk.fetch(m.Enrolment, row.id)
    assert (kept.status, kept.quota_id) == (E.CONFIRMED, None)
    titles = [list(entry.changes) for entry in mk.journal("training_group.updated")]
    assert titles == [[f"Квота: {world.school.short_name}"]] * 2


def test_quotas_of_another_group_and_by_another_organizer_are_not_found(world: mk.World) -> None:
    other = mk.make_group(world.program)
    save(world, other, new=NewQuota(seats=1, organization_id=world.school.id))
    (foreign,) = quotas(other)
    with mk.nothing_changes():
        with acting_as(world.organizer_actor), pytest.raises(NotFound):
            group_quotas.save(world.group.id, {foreign.id: 2})
        with acting_as(world.organizer_actor), pytest.raises(NotFound):
            group_quotas.save(world.group.id, {}, removed=[foreign.id])
        with acting_as(world.other_organizer), pytest.raises(NotFound):
            group_quotas.save(other.id, {foreign.id: 2})


def test_a_running_group_keeps_its_quotas(world: mk.World) -> None:
    mk.change(world.group, status=G.RUNNING)
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Conflict, match="не изменить"):
        group_quotas.save(world.group.id, {}, new=NewQuota(seats=1, organization_id=world.school.id))
