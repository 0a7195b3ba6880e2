"""What people want for the next year after they have left an organization: it follows them and is the next one's matter."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app import models as m
from app.access import acting_as
from app.clock import today
from app.errors import NotFound
from app.extensions import db
from app.services.planning import wishes
from app.statuses import PlanItemStatus, UnmetStatus
from tests.services import makers as mk


def seen_by(actor: Any) -> tuple[list[int], list[int]]:
    """Return the ids of wishes and of words that nobody offers, as the lists of this user have them."""
    with acting_as(actor):
        return tuple(sorted(db.session.scalars(select(model.id))) for model in (m.PlanItem, m.UnmetWish))  # type: ignore[return-value]


def test_a_former_employer_no_longer_sees_nor_decides_what_a_person_wants(session: Any) -> None:
    world = mk.make_world()
    plan = mk.make_campaign()
    person, new = world.worker, mk.make_organization()
    hirer = mk.make_actor("school", new)
    offer = mk.make_offer(world.program, plan)
    former = mk.make_offer(mk.make_program(world.organizer, code="Б-9", block=None), plan)
    kept = mk.make_plan_item(person, world.program, status=PlanItemStatus.WITHDRAWN, offer=former)
    wish = mk.make_plan_item(person, world.program, status=PlanItemStatus.PROPOSED, offer=offer)
    values = {"campaign_id": plan.id, "employee_id": person.employee.id, "employment_id": person.employment.id}
    said = mk.save(m.UnmetWish(words="Дроны", status=UnmetStatus.WAITING, **values))
    assert seen_by(world.responsible) == ([kept.id, wish.id], [said.id])
    assert seen_by(hirer) == ([], [])

    mk.change(person.employment, ended_on=today() - mk.DAY)
    place = mk.make_employment(person.employee, new, started_on=today())
    for row in (wish, said):
        mk.change(row, employment_id=place.id)

    assert seen_by(world.responsible) == ([kept.id], [])
    assert seen_by(hirer) == ([kept.id, wish.id], [said.id])
    with acting_as(world.responsible), mk.nothing_changes():
        for act in (wishes.agree, wishes.withdraw, lambda pk: wishes.decline(pk, "Уволен")):
            with pytest.raises(NotFound):
                act(wish.id)
    with acting_as(hirer):
        assert wishes.agree(wish.id).agreed_by_id == hirer.user_id
