"""Many people at once: all or nobody, as many as fit, who waits; notices for the digest; bounded statements."""

from __future__ import annotations

from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as, unscoped
from app.clock import today
from app.errors import Conflict, Forbidden, NotFound
from app.extensions import db
from app.services.courses.enrolment import enrolment_check, enrolments
from app.statuses import BulkMode
from tests.services import makers as mk
from tests.statements import recorded

E = st.EnrolmentStatus


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world(capacity=3)


def many(world: mk.World, people: Any, **options: Any) -> list[Any]:
    with acting_as(world.responsible):
        return enrolments.enrol_many([p.employee.id for p in people], world.group.id, **options)


def taken(world: mk.World) -> int:
    return int(mk.fetch(m.TrainingGroup, world.group.id).taken)


def digest_of(actor: Any) -> list[str]:
    return [notice.text for notice in mk.rows(m.Notice, m.Notice.user_id == actor.user_id, m.Notice.in_digest)]


# --- all or nobody ---------------------------------------------------------------------------------------------------


def test_all_are_enrolled_when_everybody_may(world: mk.World) -> None:
    results = many(world, world.more_people(3), mode=BulkMode.ALL)
    assert [r.enrolment.status for r in results] == [E.AGREED] * 3
    assert taken(world) == 3
    assert enrolments.recount() == 0


def test_one_refusal_takes_everybody_back_and_says_who(world: mk.World) -> None:
    without = mk.make_person(world.school)
    people = [*world.more_people(2), without]
    with mk.nothing_changes(), pytest.raises(Conflict) as caught:
        many(world, people, mode=BulkMode.ALL)
    assert caught.value.message.startswith("Никто не записан.")
    assert f"{without.employee.short_name}: Программу оплачивает" in caught.value.message


def test_too_few_seats_take_everybody_back_and_say_how_many(world: mk.World) -> None:
    people = world.more_people(4)
    with mk.nothing_changes(), pytest.raises(Conflict, match="нужно записать 4") as caught:
        many(world, people, mode=BulkMode.ALL)
    assert "свободно 3\xa0места" in caught.value.message
    assert taken(world) == 0


def test_full_quota_takes_everybody_back(world: mk.World) -> None:
    mk.make_quota(world.group, organization=world.school, seats=1)
    people = world.more_people(2)
    with mk.nothing_changes(), pytest.raises(Conflict, match=r"Места по квоте организации .* заняты: 1 из 1"):
        many(world, people, mode=BulkMode.ALL)


def test_foreign_person_takes_everybody_back_without_a_name(world: mk.World) -> None:
    people = [*world.more_people(1), world.other_worker]
    with mk.nothing_changes(), pytest.raises(Conflict, match="не видна"):
        many(world, people, mode=BulkMode.ALL)


# --- as many as fit --------------------------------------------------------------------------------------------------


def test_seats_go_first_to_whose_voucher_ends_sooner_and_the_rest_wait(world: mk.World) -> None:
    people = world.more_people(5, voucher=False)
    for days, person in zip((500, 400, 300, 200, 100), people, strict=True):
        mk.make_voucher(person.employee, valid_until=today() + days * mk.DAY)
    found = [r.enrolment.status for r in many(world, people, mode=BulkMode.FIT)]
    assert found == [E.WAITING, E.WAITING, E.AGREED, E.AGREED, E.AGREED]
    assert enrolments.recount() == 0


def test_without_waiting_the_rest_are_refused_with_a_sentence(world: mk.World) -> None:
    results = many(world, world.more_people(4), mode=BulkMode.FIT, wait=False)
    assert sum(r.enrolment is not None for r in results) == 3
    assert [r.refusal for r in results if r.enrolment is None] == ["Свободных мест нет: занято 3 из 3."]
    assert len(mk.rows(m.Enrolment)) == 3
    assert enrolments.recount() == 0


def test_quota_sends_the_rest_to_the_waiting_list(world: mk.World) -> None:
    quota = mk.make_quota(world.group, organization=world.school, seats=1)
    found = sorted(r.enrolment.status.value for r in many(world, world.more_people(2), mode=BulkMode.FIT))
    assert found == ["agreed", "waiting"]
    assert mk.fetch(m.GroupQuota, quota.id).taken == 1
    assert enrolments.recount() == 0


def test_second_click_makes_nothing_twice(world: mk.World) -> None:
    people = world.more_people(4)
    first = many(world, people)
    with mk.nothing_changes():
        second = many(world, people)
    assert [r.enrolment.id for r in second] == [r.enrolment.id for r in first]


def test_strangers_and_strange_groups(world: mk.World) -> None:
    (person,) = world.more_people(1)
    with acting_as(world.other_responsible), mk.nothing_changes():
        (result,) = enrolments.enrol_many([person.employee.id], world.group.id)
    assert (result.enrolment, result.refusal) == (None, "Такой записи нет или она вам не видна.")
    draft = mk.make_group(world.program, status=st.GroupStatus.DRAFT)
    with acting_as(world.responsible), mk.nothing_changes(), pytest.raises(NotFound):
        enrolments.enrol_many([person.employee.id], draft.id)
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Forbidden):
        enrolments.enrol_many([person.employee.id], world.group.id)


# --- before pressing -------------------------------------------------------------------------------------------------


def test_preview_says_the_decision_of_each_by_as_many_statements_for_fifty(world: mk.World) -> None:
    mk.make_quota(world.group, organization=world.school, seats=2)
    without = mk.make_person(world.school)
    held = many(world, world.more_people(1))[0].enrolment
    ids = [p.employee.id for p in (world.worker, without, *world.more_people(48))]
    group_id, counts = world.group.id, []
    for number in (1, 3, 50):
        db.session.rollback()
        with acting_as(world.responsible), recorded() as statements:
            enrolment_check.preview(ids[:number], db.session.get(m.TrainingGroup, group_id))
        counts.append(len(statements))
    assert len(set(counts)) == 1
    assert counts[0] <= 13
    with acting_as(world.responsible):
        group = db.session.get(m.TrainingGroup, world.group.id)
        lines = enrolment_check.preview([world.worker.employee.id, without.employee.id, held.employee_id], group)
        (quota,) = enrolment_check.quotas_left(lines)
    assert [line.verdict.decision.allowed for line in lines][:2] == [True, False]
    assert "Сначала подайте заявку на чек" in lines[1].verdict.decision.reason
    assert lines[2].verdict.existing.id == held.id
    assert (quota.whose, quota.free, quota.seats) == (f"организации «{world.school}»", 1, 2)


def test_preview_sends_beyond_a_full_quota_to_the_waiting_list(world: mk.World) -> None:
    mk.make_quota(world.group, organization=world.school, seats=1)
    many(world, world.more_people(1))
    with acting_as(world.responsible):
        group = db.session.get(m.TrainingGroup, world.group.id)
        (line,) = enrolment_check.preview([world.worker.employee.id], group)
    assert line.verdict.decision.waits and line.verdict.place is not None
    assert line.verdict.decision.reason == (
        f"Места по квоте организации «{world.school}» заняты: 1 из 1. Можно встать в лист ожидания."
    )
    # ... and the enrolment says the same of who does not want to wait
    (result,) = many(world, [world.worker], wait=False)
    assert (result.enrolment, f"{result.refusal} Можно встать в лист ожидания.") == (None, line.verdict.decision.reason)


def test_preview_leaves_foreign_people_out(world: mk.World) -> None:
    with acting_as(world.responsible):
        group = db.session.get(m.TrainingGroup, world.group.id)
        assert enrolment_check.preview([world.other_worker.employee.id], group) == []
        assert enrolment_check.working_people(most=10) == [world.worker.employee.id]


# --- who learns of it ------------------------------------------------------------------------------------------------


def holder_of(world: mk.World, role: str, organization: Any) -> Any:
    """An account that holds a role of an organization in the database, as notices look for it."""
    actor = mk.make_actor(role, organization)
    values = {"user_id": actor.user_id, "role": role, "organization_id": organization.id}
    mk.save(m.Assignment(**values, valid_from=today() - mk.DAY))
    return actor


def test_new_enrolment_is_noted_to_the_responsible_without_a_letter(world: mk.World) -> None:
    responsible, stranger = holder_of(world, "school", world.school), holder_of(world, "school", mk.make_organization())
    staff = holder_of(world, "organizer", world.organizer)
    with acting_as(world.worker.actor):
        row = enrolments.enrol(world.worker.employee.id, world.group.id)
    (text,) = digest_of(responsible)
    assert text.startswith(f"Согласуйте запись на курс: {world.worker.employee.short_name}")
    assert (digest_of(stranger), digest_of(staff)) == ([], [])
    assert [letter.recipient for letter in mk.rows(m.Letter)] == [world.worker.employee.email]
    with acting_as(world.responsible):
        enrolments.agree(row.id)
    assert [text.split(":")[0] for text in digest_of(staff)] == ["Подтвердите запись на курс"]
    with acting_as(world.worker.actor):
        enrolments.withdraw(row.id)
    assert [text.split(":")[0] for text in digest_of(staff)] == ["Подтвердите запись на курс", "Запись отозвана"]
    with unscoped("tests"):
        assert {n.href for n in mk.rows(m.Notice, m.Notice.in_digest)} == {f"/enrolment/show/{row.id}"}


def test_many_make_one_note(world: mk.World) -> None:
    staff = holder_of(world, "organizer", world.organizer)
    many(world, world.more_people(3))
    (text,) = digest_of(staff)
    assert "3\xa0человека" in text


def test_withdrawal_by_the_responsible_is_told_to_the_person(world: mk.World) -> None:
    (row,) = [r.enrolment for r in many(world, [world.worker])]
    with acting_as(world.responsible):
        enrolments.withdraw(row.id)
    assert mk.rows(m.Letter)[-1].subject == f"Запись в группу {world.group.number} отозвана"


def test_withdrawal_from_the_first_day_on_is_refused(world: mk.World) -> None:
    (row,) = [r.enrolment for r in many(world, [world.worker])]
    mk.change(row, status=E.CONFIRMED)
    mk.change(world.group, starts_on=today(), enrol_until=today())
    with acting_as(world.worker.actor), mk.nothing_changes(), pytest.raises(Conflict, match="уже идёт"):
        enrolments.withdraw(row.id)


def test_who_waits_for_confirmation_may_withdraw_on_the_first_day(world: mk.World) -> None:
    (row,) = [r.enrolment for r in many(world, [world.worker])]
    mk.change(world.group, starts_on=today(), enrol_until=today())
    with acting_as(world.worker.actor):
        assert enrolments.withdraw(row.id).status == E.WITHDRAWN
    assert taken(world) == 0
