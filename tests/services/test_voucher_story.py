"""The page of a чек tells its whole story, to each as far as they may see; its public check tells no personal data."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import today
from app.errors import NotFound
from app.russian import format_date
from app.services.courses.enrolment import enrolments
from app.services.paper.issuing import certificates
from app.services.voucher import voucher_check, voucher_story, vouchers
from app.services.voucher.voucher_story import VoucherStory
from tests.services import makers as mk
from tests.statements import recorded


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


def story_of(voucher: Any, actor: Any = mk.SYSTEM) -> VoucherStory:
    with acting_as(actor):
        return voucher_story.tell(mk.fetch(m.Voucher, voucher.id))


def enrol(world: mk.World) -> Any:
    with acting_as(world.worker.actor):
        return enrolments.enrol(world.worker.employee.id, world.group.id)


def test_story_of_a_fresh_voucher_says_what_may_be_done(world: mk.World) -> None:
    story = story_of(world.voucher)
    assert story.full_name == world.worker.employee.full_name
    assert world.worker.employee.snils not in story.snils
    assert story.snils.startswith("***-***-")
    assert [block.status for block in story.blocks] == [st.BlockStatus.FREE] * 3
    until = format_date(world.voucher.valid_until)
    assert story.blocks[0].advice.startswith("Можно записаться на программу, которую оплачивает инвариантный блок, ")
    assert f"не позже {until}" in story.blocks[0].advice
    assert story.time_left == "осталось 1\xa0095\xa0дней"
    assert [event.words for event in story.events] == ["Чек выдан"]


def test_place_of_the_application_is_told(world: mk.World) -> None:
    subject = mk.make_subject("Физика")
    person = mk.make_person(world.school)
    mk.change(person.employment, subjects=[subject])
    with acting_as(person.actor):
        application = vouchers.apply(person.employee.id)
    with acting_as(world.operator):
        voucher = vouchers.approve(application.id)
    story = story_of(voucher, person.actor)
    assert (story.organization, story.position, story.subjects) == (world.school.short_name, "Учитель", "Физика")


def test_story_follows_the_block_to_the_certificate(world: mk.World) -> None:
    block = mk.blocks_of(world.voucher)[0]
    group = mk.make_past_group(world.program)
    row = mk.make_enrolment(world.worker, group, status=st.EnrolmentStatus.CONFIRMED, block=block)
    with acting_as(world.organizer_actor):
        enrolments.record_result(
            row.id, st.EnrolmentStatus.TRAINED, final_form="Зачёт", final_mark="зачтено", result_on=today()
        )
        issued = certificates.issue(row.id)
    first = story_of(world.voucher, world.worker.actor).blocks[0]
    assert first.status == st.BlockStatus.USED
    course = first.course
    assert course is not None
    assert (course.program, course.organizer) == (world.program.title, world.organizer.short_name)
    assert (course.group_id, course.group) == (group.id, group.number)
    assert (course.starts_on, course.ends_on) == (group.starts_on, group.ends_on)
    assert course.result == f"Зачёт, зачтено, {format_date(today())}"
    assert (course.certificate_id, course.certificate) == (issued.id, issued.number)


def test_history_speaks_of_the_voucher_its_blocks_and_enrolments(world: mk.World) -> None:
    row = enrol(world)
    with acting_as(world.organizer_actor):
        enrolments.reject(row.id, "Нет допуска")
    words = [event.words for event in story_of(world.voucher).events]
    title, number = mk.blocks_of(world.voucher)[0].title, world.group.number
    assert words == [
        f"{title} снова свободен",
        f"Запись в группу {number}: отклонена",
        f"Запись в группу {number}: подана",
        f"{title} зарезервирован",
        "Чек выдан",
    ]
    rejected = story_of(world.voucher).events[1]
    assert rejected.detail == "причина: Нет допуска"
    assert rejected.who == world.organizer_actor.name


def test_organizer_does_not_see_the_course_of_another(world: mk.World) -> None:
    """An organizer sees the чек that pays for the own group, but not where its other blocks went."""
    enrol(world)
    block = mk.blocks_of(world.voucher)[1]
    foreign = mk.make_program(mk.make_organization(is_organizer=True), block=st.BlockKind.VARIABLE, hours=36)
    mk.make_enrolment(world.worker, mk.make_group(foreign), status=st.EnrolmentStatus.APPLIED, block=block)
    own, other, _ = story_of(world.voucher, world.organizer_actor).blocks
    assert own.course is not None
    assert own.course.group == world.group.number
    assert other.course is None
    assert other.advice == "Занят записью на курс другого организатора."
    assert foreign.title not in str(story_of(world.voucher, world.organizer_actor).events)


@pytest.mark.parametrize(
    ("days", "words"),
    [(0, "сегодня последний день"), (1, "остался 1\xa0день"), (21, "остался 21\xa0день"), (11, "осталось 11\xa0дней")],
)
def test_time_left(world: mk.World, days: int, words: str) -> None:
    mk.change(world.voucher, valid_until=today() + dt.timedelta(days=days), issued_on=today())
    assert story_of(world.voucher).time_left == words


def test_after_the_last_day_nothing_is_offered_before_the_night_job(world: mk.World) -> None:
    mk.change(world.voucher, issued_on=today() - 100 * mk.DAY, valid_until=today() - mk.DAY)
    story = story_of(world.voucher)
    assert (story.state, story.time_left) == (st.VoucherStatus.EXPIRED, "срок закончился")
    assert {block.advice for block in story.blocks} == {
        "Блок не использован до окончания чека, записаться по нему уже нельзя."
    }


def test_number_of_statements_does_not_grow(world: mk.World) -> None:
    def statements() -> int:
        with acting_as(world.worker.actor), recorded() as found:
            voucher_story.tell(mk.fetch(m.Voucher, world.voucher.id))
        return len(found)

    enrol(world)
    few = statements()
    for block in mk.blocks_of(world.voucher)[1:]:
        program = mk.make_program(world.organizer, block=st.BlockKind.VARIABLE, hours=36)
        for status in (st.EnrolmentStatus.REJECTED, st.EnrolmentStatus.APPLIED):
            mk.make_enrolment(world.worker, mk.make_group(program), status=status, block=block)
    assert statements() == few <= 12


# --- public check ----------------------------------------------------------------------------------------------------


def test_check_tells_initials_and_states_only(world: mk.World) -> None:
    enrol(world)
    facts = voucher_check.facts_for_check(mk.fetch(m.Voucher, world.voucher.id).check_code)
    person = world.worker.employee
    assert (facts.number, facts.state) == (world.voucher.number, "действует")
    assert facts.initials == f"{person.last_name}\xa0А.\xa0И."
    assert [status for _, status in facts.blocks] == [st.BlockStatus.RESERVED, st.BlockStatus.FREE, st.BlockStatus.FREE]
    assert not any(secret in str(facts) for secret in (person.snils, person.first_name, str(person.birth_date)))


def test_check_of_an_unknown_code_is_not_found(world: mk.World) -> None:
    with pytest.raises(NotFound, match="Чека с таким кодом проверки нет"):
        voucher_check.facts_for_check("0" * 32)


def test_check_of_a_voucher_past_its_term_says_so_before_the_night_job(world: mk.World) -> None:
    mk.change(world.voucher, issued_on=today() - 100 * mk.DAY, valid_until=today() - mk.DAY)
    assert voucher_check.facts_for_check(mk.fetch(m.Voucher, world.voucher.id).check_code).state == "истёк"
