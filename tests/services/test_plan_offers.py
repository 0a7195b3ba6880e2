"""Offers of a year by many at once, quotas, the days of a campaign's form, late offers and unmet wishes on the desk, letters by its days."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import now, today
from app.errors import Conflict, Invalid, NotFound
from app.services.desk import cases, queue, queue_decisions
from app.services.planning import campaigns, offer_place, offers, plan_letters, quotas, unmet
from app.services.portal import records
from app.statuses import CampaignStatus, OfferStatus, ProgramStatus, UnmetStatus
from tests.concurrency.clients import run_at_once
from tests.services import makers as mk


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


def campaign(until: int, opens: int, closes: int, *, year: int = 0) -> Any:
    """A campaign so many days from today; its year is far enough ahead on any day of the year."""
    days = {"programs_until": until, "opens_on": opens, "closes_on": closes}
    dates = {name: today() + number * mk.DAY for name, number in days.items()}
    return mk.make_campaign(year=year or today().year + 2, **dates)


def responsible_for(world: mk.World) -> None:
    """Those whom letters to the school and to the organizer reach."""
    pairs = ((world.responsible, "school", world.school), (world.organizer_actor, "organizer", world.organizer))
    for actor, role, place in pairs:
        held = {"role": role, "organization_id": place.id, "basis": "Приказ", "valid_from": today() - mk.DAY}
        mk.save(m.Assignment(user_id=actor.user_id, **held))


# --- what an organizer puts up ---------------------------------------------------------------------------------------


@pytest.fixture
def place(world: mk.World) -> tuple[Any, Any]:
    """Last year's plan with one offer, this year's plan without any; programs of the year before of every sort."""
    plan = campaign(10, 10, 20)
    last = campaign(-300, -300, -290, year=plan.year - 1)
    mk.change(last, status=CampaignStatus.APPROVED)
    year = plan.year - 1
    planned = mk.make_program(world.organizer, year=year, code="БЫЛА", title="Была в плане")
    town = mk.get_or_make(m.Municipality, {"name": "Пробный район"}, kind=st.MunicipalityKind.DISTRICT)
    mk.make_offer(planned, last, months=[2, 9], seats=75, municipality_ids=[town.id], note="Нужен ноутбук")
    taught = mk.make_program(world.organizer, year=year, code="УЧИЛИ", title="Была с группами")
    for month, seats in ((3, 20), (10, 24)):
        day = dt.date(year, month, 5)
        dates = {"starts_on": day, "ends_on": day, "enrol_from": day - mk.DAY, "enrol_until": day}
        mk.make_group(taught, capacity=seats, minimum=10, status=st.GroupStatus.CLOSED, **dates)
    mk.make_program(world.organizer, year=year, code="БЕЗ", title="Без групп")
    mk.make_program(world.organizer, year=plan.year, code="НОВАЯ", title="Новая", status=ProgramStatus.DRAFT)
    mk.make_program(mk.make_organization(is_organizer=True), year=year, code="ЧУЖАЯ", title="Чужая")
    return plan, last


def of(world: mk.World, plan: Any) -> offer_place.OfferPlace:
    with acting_as(world.organizer_actor):
        return offer_place.place_of(plan, [world.organizer.id])


def test_what_lacks_is_put_up_at_once(world: mk.World, place: tuple[Any, Any]) -> None:
    plan, last = place
    found = of(world, plan)
    shown = [[one.title for one in group] for group in (found.former, found.current, found.own)]
    assert shown == [["Была в плане"], ["Без групп", "Была с группами"], ["Новая"]]
    assert (found.lacking, found.days_left) == (4, 10)
    with acting_as(world.organizer_actor):
        foreign = mk.rows(m.Program, m.Program.code == "ЧУЖАЯ")[0]
        copied = offer_place.put_up_former(plan.id, [one.id for one in found.former])
        put_up = offer_place.put_up_current(plan.id, [*(one.id for one in found.current), foreign.id])
    (former,) = mk.rows(m.PlanOffer, m.PlanOffer.code == "БЫЛА", m.PlanOffer.campaign_id == plan.id)
    original = mk.rows(m.PlanOffer, m.PlanOffer.campaign_id == last.id)[0]
    same = ("months", "seats", "minimum", "capacity", "municipality_ids", "note")
    assert [getattr(former, name) for name in same] == [getattr(original, name) for name in same]
    assert (former.status, former.late) == (OfferStatus.OFFERED, False)
    # the program of the year was made for it: a draft that people do not see until it is published
    program = mk.fetch(m.Program, former.program_id)
    assert (program.year, program.status) == (plan.year, ProgramStatus.DRAFT)
    (taught,) = mk.rows(m.PlanOffer, m.PlanOffer.code == "УЧИЛИ")
    assert (taught.months, taught.seats, taught.minimum, taught.capacity) == ([3, 10], 44, 10, 24)
    assert [(one.title, one.offer is not None, one.refusal) for one in [*copied, *put_up]] == [
        ("Была в плане", True, ""),
        ("Без групп", False, ""),
        ("Была с группами", True, ""),
    ]
    after = of(world, plan)
    assert [[one.title for one in group] for group in (after.former, after.current, after.own)] == [
        [],
        [],
        ["Без групп", "Новая"],
    ]
    assert {row.code for row in after.unpublished} == {"БЫЛА", "УЧИЛИ"}
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Invalid):
        offer_place.put_up_former(plan.id, [])


def test_twice_by_two_tabs_is_once(app: Any, world: mk.World, place: tuple[Any, Any]) -> None:
    plan, _ = place
    ids = [one.id for one in of(world, plan).former]
    run_at_once(app, [(world.organizer_actor, lambda: len(offer_place.put_up_former(plan.id, ids))) for _ in range(2)])
    assert len(mk.rows(m.PlanOffer, m.PlanOffer.campaign_id == plan.id)) == 1
    assert len(mk.rows(m.Program, m.Program.code == "БЫЛА", m.Program.year == plan.year)) == 1


def test_places_of_an_offer_are_known_ones(world: mk.World) -> None:
    plan = campaign(1, 1, 5)
    program = mk.make_program(world.organizer, year=plan.year)
    values = {"campaign": plan, "program": program, "seats": 30, "minimum": 15, "capacity": 25, "months": [9]}
    with acting_as(world.organizer_actor):
        with mk.nothing_changes(), pytest.raises(Invalid) as refused:
            records.create(m.PlanOffer, values | {"municipality_ids": ["999999"]})
        assert "municipality_ids" in refused.value.fields
        town = world.school.municipality_id
        offer = records.create(m.PlanOffer, values | {"municipality_ids": [str(town)]})
    assert offer.municipality_ids == [town]


# --- the campaign ----------------------------------------------------------------------------------------------------


def test_the_next_campaign_starts_with_the_last_ones_days(world: mk.World) -> None:
    plan = campaign(1, 2, 5, year=today().year + 1) if today().month < 12 else None
    values = campaigns.next_values()
    if plan is None:
        assert (values["opens_on"].day, values["closes_on"].day) == (1, 1)
        return
    assert values["year"] == plan.year + 1
    days = [values[name].replace(year=2001) for name in ("programs_until", "opens_on", "closes_on")]
    assert days == [day.replace(year=2001) for day in (plan.programs_until, plan.opens_on, plan.closes_on)]


def test_an_ended_choice_is_reopened_with_a_reason_and_never_by_its_form(world: mk.World) -> None:
    plan = campaign(-20, -20, -1)
    with acting_as(world.operator):
        with mk.nothing_changes(), pytest.raises(Conflict):
            records.update(plan, {"closes_on": today() + mk.DAY})
        # the job of the next minutes has not written the end down yet
        mk.change(plan, status=CampaignStatus.OPEN)
        again = campaigns.reopen(plan.id, until=today(), reason="Не успели школы")
        assert (again.status, again.closes_on) == (CampaignStatus.OPEN, today())
        with mk.nothing_changes(), pytest.raises(Invalid) as refused:
            records.update(again, {"closes_on": today() - mk.DAY})
    assert "closes_on" in refused.value.fields


def test_quotas_are_set_changed_and_taken_away(world: mk.World) -> None:
    plan = campaign(1, 1, 5)
    one, other = mk.make_territory(), mk.make_territory()
    with acting_as(world.operator):
        quotas.save(plan.id, {one.id: 120, other.id: 0})
        quotas.save(plan.id, {one.id: 130, other.id: None})
        with mk.nothing_changes(), pytest.raises(Invalid) as refused:
            quotas.save(plan.id, {one.id: -1})
        assert list(refused.value.fields) == [f"people-{one.id}"]
        assert [people for row, people in quotas.of_campaign(plan.id) if row.id in (one.id, other.id)] == [130, None]
    mk.change(plan, status=CampaignStatus.APPROVED)
    with acting_as(world.operator), mk.nothing_changes(), pytest.raises(Conflict):
        quotas.save(plan.id, {one.id: 1})
    assert mk.journal("plan_campaign.updated")[-1].changes[f"Квота: {one.short_name}"] == ["120", "130"]


# --- the desk --------------------------------------------------------------------------------------------------------


def test_a_late_offer_and_an_unmet_wish_are_cases(world: mk.World) -> None:
    plan = campaign(-3, -3, 5)
    responsible_for(world)
    program = mk.make_program(world.organizer, year=plan.year, title="Поздняя")
    offer = mk.make_offer(program, plan, status=OfferStatus.LATE, late=True)
    second = mk.make_offer(mk.make_program(world.organizer, year=plan.year), plan, status=OfferStatus.LATE, late=True)
    with acting_as(world.worker.actor):
        said = unmet.say(world.worker.employee.id, plan.id, "Робототехника")
    with acting_as(world.operator):
        found = {(row.source.code, row.pk) for row in queue.page(queue.Asked(), size=50)[0]}
        assert found >= {("plan_offer", offer.id), ("plan_offer", second.id), ("unmet_wish", said.id)}
        case = cases.get_case("plan_offer", offer.id)
        assert (case.row.who, case.verdict.broken, set(case.edges)) == ("Поздняя", 0, {"confirm", "refuse"})
        wish = cases.get_case("unmet_wish", said.id)
        assert [wish.verdict.lines[0].text, set(wish.edges)] == ["Робототехника", {"answer"}]
        done = queue_decisions.decide("confirm", [("plan_offer", offer.id), ("unmet_wish", said.id)])
        assert [bool(one.sentence) for one in done] == [False, True]
        queue_decisions.decide("refuse", [("plan_offer", second.id)], reason="Уже есть такая")
        with mk.nothing_changes(), pytest.raises(Invalid, match="«Ответ»"):
            queue_decisions.decide("answer", [("unmet_wish", said.id)])
        queue_decisions.decide("answer", [("unmet_wish", said.id)], reason="Будет осенью")
    states = [mk.fetch(m.PlanOffer, pk).status for pk in (offer.id, second.id)]
    assert states == [OfferStatus.OFFERED, OfferStatus.DECLINED]
    row = mk.fetch(m.UnmetWish, said.id)
    assert (row.status, row.answer) == (UnmetStatus.ANSWERED, "Будет осенью")
    assert {letter.template for letter in mk.rows(m.Letter)} >= {"offer_accepted", "unmet_answered"}
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(NotFound):
        cases.get_case("unmet_wish", said.id)


def test_after_the_end_a_late_offer_is_not_accepted(world: mk.World) -> None:
    plan = campaign(-20, -20, -1)
    offer = mk.make_offer(mk.make_program(world.organizer, year=plan.year), plan, status=OfferStatus.LATE, late=True)
    with acting_as(world.operator):
        assert cases.get_case("plan_offer", offer.id).verdict.broken == 1
        with mk.nothing_changes(), pytest.raises(Conflict, match="окончен"):
            offers.accept(offer.id)


# --- letters by the days ---------------------------------------------------------------------------------------------


def templates() -> list[str]:
    return sorted(letter.template for letter in mk.rows(m.Letter))


def test_organizers_are_reminded_once_of_what_lacks(world: mk.World, place: tuple[Any, Any]) -> None:
    plan, _ = place
    responsible_for(world)
    assert (plan_letters.remind(), plan_letters.remind()) == (1, 0)
    (letter,) = mk.rows(m.Letter)
    assert letter.template == "plan_programs_due"
    assert f"{plan.programs_until:%d.%m.%Y}" in letter.subject
    for title in ("Была в плане", "Была с группами", "Новая"):
        assert title in letter.body
    assert "Чужая" not in letter.body


def test_everybody_is_told_of_the_opening_and_the_silent_twice(world: mk.World) -> None:
    responsible_for(world)
    plan = campaign(-20, -20, 11)
    text = mk.rows(m.ConsentText, m.ConsentText.purpose == "news")[0]
    agreed = {"employee_id": world.worker.employee.id, "text_id": text.id}
    mk.save(m.Consent(**agreed, given_at=now(), given_how="self"))
    offer = mk.make_offer(world.program, plan)
    busy = mk.make_person(world.school)
    mk.make_plan_item(busy, world.program, status=st.PlanItemStatus.PROPOSED, offer=offer)
    plan_letters.remind()
    assert plan_letters.remind() == 0
    # by e-mail only to whoever agreed to letters about courses, in the cabinet to everybody
    assert templates() == ["plan_opened", "plan_silent", "plan_silent_school"]
    told = {notice.employee_id for notice in mk.rows(m.Notice, m.Notice.text.contains("Начался выбор"))}
    assert told >= {world.worker.employee.id, busy.employee.id, world.other_worker.employee.id}
    (digest,) = mk.rows(m.Letter, m.Letter.template == "plan_silent_school")
    assert "1 работник" in digest.subject
    assert world.worker.employee.last_name in digest.body
    assert digest.user_id == world.responsible.user_id
    with time_machine.travel(now() + dt.timedelta(days=8), tick=False):
        plan_letters.remind()
        assert plan_letters.remind() == 0
    assert templates() == ["plan_opened", *["plan_silent"] * 2, *["plan_silent_school"] * 2]
    with time_machine.travel(now() + dt.timedelta(days=12), tick=False):
        assert plan_letters.remind() == 0
