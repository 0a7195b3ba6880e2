"""Planning of the next year: offers, wishes, agreement, what suits; days to the minute, races, what became of what was chosen."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine

from app import clock
from app import models as m
from app.access import acting_as, unscoped
from app.clock import today
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.services.planning import campaigns, offers, planners, unmet, wishes, withdrawn_offers
from app.services.portal import records
from app.statuses import BlockKind, CampaignStatus, OfferStatus, PlanItemStatus, UnmetStatus
from tests.concurrency.clients import run_at_once
from tests.services import makers as mk


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


@pytest.fixture
def plan(world: mk.World) -> Any:
    mk.make_rule()
    return mk.make_campaign()


def test_a_person_chooses_and_the_school_agrees(world: mk.World, plan: Any) -> None:
    offer = mk.make_offer(world.program, plan, months=[2, 3, 10])
    with acting_as(world.worker.actor):
        wish = wishes.propose(world.worker.employee.id, offer.id, months=[3, 2])
        again = wishes.propose(world.worker.employee.id, offer.id)
        assert again.id == wish.id
    assert (wish.status, wish.months, wish.priority) == (PlanItemStatus.PROPOSED, [2, 3], 1)
    with acting_as(world.responsible):
        agreed = wishes.agree(wish.id)
    assert (agreed.status, agreed.agreed_by_id) == (PlanItemStatus.AGREED, world.responsible.user_id)
    letter = mk.rows(m.Letter, m.Letter.template == "wish_agreed")[0]
    assert world.program.title in letter.body
    assert f"{plan.year} год" in letter.subject


def test_who_may_not_choose_for_whom(world: mk.World, plan: Any) -> None:
    offer = mk.make_offer(world.program, plan)
    with mk.nothing_changes():
        with acting_as(world.other_worker.actor), pytest.raises(NotFound):
            wishes.propose(world.worker.employee.id, offer.id)
        with acting_as(world.organizer_actor), pytest.raises((NotFound, Forbidden)):
            wishes.propose(world.worker.employee.id, offer.id)


_NOT_YET, _OVER = "Выбор курсов на 2027 год начнётся 01.11.2026.", "Выбор курсов на 2027 год закончился 01.12.2026."


@pytest.mark.parametrize("zone", ["Europe/Kaliningrad", "Europe/Samara", "Asia/Kamchatka"])
def test_the_choice_lasts_from_the_first_minute_to_the_last(
    world: mk.World, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the clock of the portal's own zone, whatever the state says until the job has come."""
    mk.make_rule()
    local = ZoneInfo(zone)
    monkeypatch.setattr(clock, "ZONE", local)
    days = {
        "programs_until": dt.date(2026, 10, 20),
        "opens_on": dt.date(2026, 11, 1),
        "closes_on": dt.date(2026, 12, 1),
    }
    offer = mk.make_offer(world.program, mk.make_campaign(year=2027, **days))
    moments = [("10-31T23:59", _NOT_YET), ("12-02T00:00", _OVER), ("12-01T23:59", ""), ("11-01T00:00", "")]
    for moment, words in moments:
        at = dt.datetime.fromisoformat(f"2026-{moment}").replace(tzinfo=local)
        with time_machine.travel(at, tick=False), acting_as(world.worker.actor):
            if words:
                with mk.nothing_changes(), pytest.raises(Conflict) as refused:
                    wishes.propose(world.worker.employee.id, offer.id)
                assert refused.value.message == words
                continue
            wish = wishes.propose(world.worker.employee.id, offer.id)
            assert wish.status == PlanItemStatus.PROPOSED
            wishes.withdraw(wish.id)


def test_days_move_the_state_and_a_reopening_has_a_reason(world: mk.World) -> None:
    plan = mk.make_campaign(programs_until=today(), opens_on=today(), closes_on=today())
    with acting_as(mk.SYSTEM):
        assert (campaigns.tick(), campaigns.tick()) == (1, 0)
    assert mk.fetch(m.PlanCampaign, plan.id).status == CampaignStatus.OPEN
    with acting_as(world.operator):
        campaigns.close(plan.id)
        with pytest.raises(Invalid):
            campaigns.reopen(plan.id, until=today(), reason=" ")
        with pytest.raises(Invalid):
            campaigns.reopen(plan.id, until=today() - mk.DAY, reason="Не успели школы")
        assert campaigns.reopen(plan.id, until=today(), reason="Не успели школы").status == CampaignStatus.OPEN


def test_three_wishes_at_most_each_with_its_own_place(world: mk.World, plan: Any) -> None:
    programs = [mk.make_program(world.organizer, code=f"П-{n}", block=None) for n in range(4)]
    made = [mk.make_offer(program, plan) for program in programs]
    with acting_as(world.worker.actor):
        items = [wishes.propose(world.worker.employee.id, offer.id) for offer in made[:3]]
        assert [item.priority for item in items] == [1, 2, 3]
        with mk.nothing_changes(), pytest.raises(Conflict, match="не больше трёх программ"):
            wishes.propose(world.worker.employee.id, made[3].id)
        wishes.change(items[2].id, months=[5], priority=1)
        wishes.withdraw(items[1].id)
        assert wishes.propose(world.worker.employee.id, made[3].id).priority == 2
    with unscoped("tests"):
        held = planners.held_items(plan.id, [world.worker.employee.id])[world.worker.employee.id]
    assert [(row.offer_id, row.priority, row.months) for row in held] == [
        (made[2].id, 1, [5]),
        (made[3].id, 2, []),
        (made[0].id, 3, []),
    ]


def test_one_wish_of_two_tabs(app: Any, world: mk.World, plan: Any) -> None:
    offer = mk.make_offer(world.program, plan)
    pk = world.worker.employee.id
    results = run_at_once(app, [(world.worker.actor, lambda: wishes.propose(pk, offer.id).id) for _ in range(4)])
    assert len(set(results)) == 1
    assert len(mk.rows(m.PlanItem)) == 1


def test_what_suits_comes_first_and_says_why_not(world: mk.World, plan: Any) -> None:
    free = mk.make_offer(mk.make_program(world.organizer, code="Б-1", title="Бесплатная", block=None), plan)
    paid = mk.make_offer(
        mk.make_program(world.organizer, code="И-1", title="Обязательная", block=BlockKind.INVARIANT, hours=18), plan
    )
    foreign = mk.make_program(world.organizer, code="Ч-1", title="Чужая", block=None)
    mk.make_offer(foreign, plan, status=OfferStatus.LATE)
    with acting_as(world.worker.actor):
        items = planners.held_items(plan.id, [world.worker.employee.id])
        found, _ = planners.planners_of(plan, [world.worker.employee.id], items)
        shown = wishes.suggestions(plan, found[world.worker.employee.id])
    assert {one.offer.id for one in shown} >= {free.id, paid.id}
    assert "Чужая" not in {one.offer.title for one in shown}


def test_a_late_offer_waits_for_the_operator(world: mk.World) -> None:
    days = {"programs_until": today() - 2 * mk.DAY, "opens_on": today() - mk.DAY, "closes_on": today()}
    plan = mk.make_campaign(**days)
    program = mk.make_program(world.organizer, year=plan.year, code="ПОЗДНО-1")
    values = {"campaign": plan, "program": program, "seats": 50, "minimum": 15, "capacity": 25, "months": [9, 2, 2]}
    with acting_as(world.organizer_actor):
        offer = records.create(m.PlanOffer, values)
        assert (offer.status, offer.late, offer.months) == (OfferStatus.LATE, True, [2, 9])
    with acting_as(world.worker.actor), pytest.raises(NotFound):
        wishes.propose(world.worker.employee.id, offer.id)
    with acting_as(world.operator):
        offers.accept(offer.id)
    with acting_as(world.worker.actor):
        assert wishes.propose(world.worker.employee.id, offer.id).offer_id == offer.id


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"months": []}, "months"),
        ({"months": [13]}, "months"),
        ({"capacity": 10}, "capacity"),
        ({"seats": 20}, "seats"),
    ],
)
def test_an_offer_that_cannot_be(world: mk.World, plan: Any, wrong: dict[str, Any], field: str) -> None:
    program = mk.make_program(world.organizer, year=plan.year, code="НЕТ-1")
    values = {"campaign": plan, "program": program, "seats": 50, "minimum": 15, "capacity": 25, "months": [9]} | wrong
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Invalid) as refused:
        records.create(m.PlanOffer, values)
    assert field in refused.value.fields


def test_an_offer_taken_back_ends_its_wishes_and_names_others(world: mk.World, plan: Any) -> None:
    offer = mk.make_offer(mk.make_program(world.organizer, code="А-1", title="Снимаемая", block=None), plan)
    mk.make_offer(mk.make_program(world.organizer, code="А-2", title="Замена", block=None), plan)
    with acting_as(world.worker.actor):
        wish = wishes.propose(world.worker.employee.id, offer.id)
    with acting_as(world.organizer_actor):
        withdrawn_offers.withdraw(offer.id, "Нет преподавателя")
    assert mk.fetch(m.PlanItem, wish.id).status == PlanItemStatus.DECLINED
    letter = mk.rows(m.Letter, m.Letter.template == "offer_withdrawn")[0]
    assert "Замена" in letter.body
    assert "Нет преподавателя" in letter.body


def test_nothing_suits_is_said_in_words_and_answered(world: mk.World, plan: Any) -> None:
    with acting_as(world.worker.actor):
        said = unmet.say(world.worker.employee.id, plan.id, " Робототехника ")
        assert unmet.say(world.worker.employee.id, plan.id, "Дроны").id == said.id
    with acting_as(world.operator):
        unmet.answer(said.id, "Такая программа будет осенью.")
    row = mk.fetch(m.UnmetWish, said.id)
    assert (row.words, row.status) == ("Дроны", UnmetStatus.ANSWERED)
    assert "Такая программа будет осенью." in mk.rows(m.Letter, m.Letter.template == "unmet_answered")[0].body
