"""«Обязательный» of a block in the voucher rule is obeyed: in the check, the catalogue, the list of people, the page of the чек."""

from __future__ import annotations

from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as, get_visible
from app.errors import Conflict
from app.extensions import db
from app.services.courses.enrolment import catalogue, enrolment_check, enrolments
from app.services.courses.enrolment.catalogue_sql import Asked
from app.services.voucher import voucher_story
from tests.services import makers as mk

SENTENCE = "обязательный блок «Блок inv» ещё свободен: его выбирают первым"


@pytest.fixture
def world(session: Any) -> mk.World:
    """The invariant block is required; a second group is paid by a variable one."""
    world = mk.make_world()
    with acting_as(mk.SYSTEM):
        db.session.execute(
            db.update(m.VoucherRuleBlock)
            .values(required=m.VoucherRuleBlock.code == "inv")
            .execution_options(synchronize_session=False)
        )
        db.session.execute(
            db.update(m.VoucherBlock)
            .values(title="Блок " + m.VoucherBlock.code)
            .execution_options(synchronize_session=False)
        )
        db.session.commit()
    return world


@pytest.fixture
def variable(world: mk.World) -> Any:
    return mk.make_group(mk.make_program(world.organizer, block=st.BlockKind.VARIABLE), number="В-1")


def enrol(person: mk.Person, group: Any, **options: Any) -> m.Enrolment:
    with acting_as(person.actor):
        return enrolments.enrol(person.employee.id, group.id, **options)


def offered(person: mk.Person, group: Any) -> bool:
    """Whether the catalogue, narrowed to what suits, offers the group."""
    with acting_as(person.actor):
        offers, _total, _page = catalogue.page(Asked(only_suitable=True), catalogue.own_seeker(), size=50)
    return group.id in {offer.group.id for offer in offers if offer.group is not None}


def advice(world: mk.World) -> list[str]:
    with acting_as(world.worker.actor):
        story = voucher_story.tell(get_visible(db.session, m.Voucher, world.voucher.id, "voucher:show"))
    return [block.advice for block in story.blocks]


def test_a_variable_course_is_refused_while_the_required_block_is_free(world: mk.World, variable: Any) -> None:
    block = mk.blocks_of(world.voucher)[1]
    with mk.nothing_changes(), pytest.raises(Conflict, match=SENTENCE):
        enrol(world.worker, variable)
    with mk.nothing_changes(), pytest.raises(Conflict, match=SENTENCE):
        enrol(world.worker, variable, block_id=block.id)
    assert not offered(world.worker, variable)
    assert advice(world)[1:] == ["Сначала выберите курс по обязательному блоку «Блок inv»: потом откроется и этот."] * 2
    with acting_as(world.responsible):
        (line,) = enrolment_check.preview([world.worker.employee.id], mk.fetch(m.TrainingGroup, variable.id))
    assert SENTENCE in line.verdict.decision.reason


def test_once_the_required_block_is_reserved_the_variable_ones_are_open_in_their_order(
    world: mk.World, variable: Any
) -> None:
    assert offered(world.worker, world.group)
    enrol(world.worker, world.group)
    mk.change(variable, starts_on=variable.starts_on + 60 * mk.DAY, ends_on=variable.ends_on + 60 * mk.DAY)
    assert offered(world.worker, variable)
    assert "Можно записаться" in advice(world)[1]
    row = enrol(world.worker, variable)
    assert row.block_id == mk.blocks_of(world.voucher)[1].id


def test_when_the_required_enrolment_is_withdrawn_the_other_stays(world: mk.World, variable: Any) -> None:
    first = enrol(world.worker, world.group)
    mk.change(variable, starts_on=variable.starts_on + 60 * mk.DAY, ends_on=variable.ends_on + 60 * mk.DAY)
    second = enrol(world.worker, variable)
    with acting_as(world.worker.actor):
        enrolments.withdraw(first.id)
    assert mk.fetch(m.Enrolment, second.id).status == st.EnrolmentStatus.APPLIED
    assert [b.status.value for b in mk.blocks_of(world.voucher)] == ["free", "reserved", "free"]
