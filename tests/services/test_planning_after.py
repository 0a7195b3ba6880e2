"""What people want for the next year after they have left an organization: it follows them and is the next one's matter."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app import models as m
from app.access import acting_as
from app.clock import today
from app.documents.papers.organization_plan_paper import plan_context
from app.errors import NotFound
from app.exchange.engine import kept_rows
from app.exchange.plan.plan_columns import COLUMNS
from app.exchange.plan.plan_import import PLANS
from app.exchange.sample import build_sample
from app.extensions import db
from app.identifiers import format_snils
from app.services.planning import organization_plan, wishes
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


def test_a_list_from_excel_names_the_organizer_where_two_have_the_same_code(session: Any) -> None:
    world = mk.make_world()
    plan, second = mk.make_campaign(), mk.make_organization(is_organizer=True, short_name="Второй институт")
    for organizer in (world.organizer, second):
        mk.make_offer(mk.make_program(organizer, code="ОБЩИЙ-1", block=None), plan)
    person = world.worker.employee
    row = {"snils": format_snils(person.snils), "full_name": person.full_name, "code": "общий-1"}
    lines = [row, row | {"organizer": "Третий"}, row | {"organizer": "второй институт", "months": "2, 3, октябрь"}]
    with acting_as(world.responsible):
        batch = PLANS.upload("план.xlsx", build_sample(lines, columns=COLUMNS))
        found = kept_rows.rows_of(batch)[-3:]
        assert [one.action for one in found] == ["error", "error", "create"]
        assert "заполните столбец «Организатор»" in found[0].problems[0]
        assert "Второй институт" in found[1].problems[0]
        assert PLANS.apply(batch.id, skip_errors=True).created == 1
    (wish,) = mk.rows(m.PlanItem)
    offer = mk.fetch(m.PlanOffer, wish.offer_id)
    assert (offer.organizer_id, wish.months) == (second.id, [2, 3, 10])


def test_the_paper_counts_the_people_of_each_month(session: Any) -> None:
    world = mk.make_world()
    plan = mk.make_campaign()
    for n, (months, month) in enumerate((([2], None), ([2, 3], None), ([], 10)), 1):
        program = mk.make_program(world.organizer, code=f"М-{n}", block=None)
        status = PlanItemStatus.INCLUDED if month else PlanItemStatus.AGREED
        values = {"months": months, "month": month, "priority": n, "offer": mk.make_offer(program, plan)}
        mk.make_plan_item(world.worker, program, status=status, **values)
    with acting_as(world.responsible):
        context = plan_context(organization_plan.of_organization(world.school.id))
    assert context["totals"].endswith("По месяцам: февраль — 1, октябрь — 1, месяц ещё не определён — 1.")
    assert [one["state"] for one in context["rows"]] == ["Согласована", "Согласована", "Включена в план"]
