"""Wishes after they are made: a school's table, who would be away, moves, leavers, the closing minute under load."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import today
from app.documents import doors
from app.errors import Conflict, Forbidden, NotFound
from app.exchange.engine import kept_rows
from app.exchange.plan.plan_columns import COLUMNS
from app.exchange.plan.plan_import import PLANS
from app.exchange.sample import build_sample
from app.identifiers import format_snils
from app.services.identity import anonymise
from app.services.personnel.cards import people
from app.services.personnel.moves import transfers
from app.services.planning import leavers, organization_plan, own_plan, school_plan, unmet, wishes
from app.services.planning.school_plan import Asked
from app.statuses import PlanItemStatus, UnmetStatus
from app.unit_of_work import use_case
from tests.concurrency.clients import refused, run_at_once
from tests.services import makers as mk
from tests.services.test_own_templates import text_of
from tests.statements import recorded

ZONE = dt.timezone(dt.timedelta(hours=4))


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


@pytest.fixture
def plan(world: mk.World) -> Any:
    return mk.make_campaign()


def wish_of(world: mk.World, plan: Any, *, agreed: bool = True, **over: Any) -> Any:
    offer = mk.make_offer(world.program, plan)
    status = PlanItemStatus.AGREED if agreed else PlanItemStatus.PROPOSED
    return mk.make_plan_item(world.worker, world.program, status=status, offer=offer, **over)


def test_a_move_takes_wishes_along_and_the_new_school_agrees_anew(world: mk.World, plan: Any) -> None:
    wish = wish_of(world, plan, agreed_by_id=world.responsible.user_id)
    with acting_as(world.worker.actor):
        said = unmet.say(world.worker.employee.id, plan.id, "Дроны")
    new = mk.make_organization()
    hirer = mk.make_actor("school", new)
    with acting_as(world.worker.actor):
        move = transfers.start(
            world.worker.employment.id,
            organization_id=new.id,
            position_id=world.worker.employment.position_id,
            starts_on=today() + mk.DAY,
        )
    with acting_as(world.responsible):
        transfers.release(move.id, released_on=today())
    with acting_as(hirer):
        transfers.accept(move.id, position_id=world.worker.employment.position_id, starts_on=today() + mk.DAY)
    with acting_as(world.operator):
        done = transfers.confirm(move.id)
    stored = mk.fetch(m.PlanItem, wish.id)
    assert (stored.status, stored.employment_id, stored.agreed_by_id) == (
        PlanItemStatus.PROPOSED,
        done.new_employment_id,
        None,
    )
    assert mk.fetch(m.UnmetWish, said.id).employment_id == done.new_employment_id
    assert mk.journal("plan_item.ask_anew")[0].object_id == wish.id
    with acting_as(world.responsible), mk.nothing_changes(), pytest.raises(Conflict):
        wishes.agree(wish.id)
    moment = dt.datetime.combine(today() + mk.DAY, dt.time(9), ZONE)
    with time_machine.travel(moment, tick=False), acting_as(world.responsible):
        rows = school_plan.of_organizations(school_plan.own_organizations(Asked()), Asked())
        assert rows is not None
        assert rows.lines == []


def test_who_leaves_without_another_place_keeps_no_wish(world: mk.World, plan: Any) -> None:
    wish = wish_of(world, plan)
    with acting_as(world.worker.actor):
        said = unmet.say(world.worker.employee.id, plan.id, "Дроны")
    with acting_as(world.responsible):
        people.dismiss(world.worker.employment.id, on=today())
    with acting_as(mk.SYSTEM), mk.nothing_changes():
        assert leavers.follow_leavers() == 0
    night = dt.datetime.combine(today() + mk.DAY, dt.time(1), ZONE)
    with time_machine.travel(night, tick=False), acting_as(mk.SYSTEM):
        assert (leavers.follow_leavers(), leavers.follow_leavers()) == (1, 0)
    stored = mk.fetch(m.PlanItem, wish.id)
    assert (stored.status, stored.reason_text) == (PlanItemStatus.WITHDRAWN, "Место работы закрыто.")
    assert mk.fetch(m.UnmetWish, said.id).status == UnmetStatus.WITHDRAWN


def test_a_second_place_of_work_keeps_the_wish(world: mk.World, plan: Any) -> None:
    wish = wish_of(world, plan)
    other = mk.make_employment(world.worker.employee, mk.make_organization(), kind=st.EmploymentKind.SECONDARY)
    mk.change(world.worker.employment, ended_on=today() - mk.DAY)
    with acting_as(mk.SYSTEM):
        leavers.follow_leavers()
    stored = mk.fetch(m.PlanItem, wish.id)
    assert (stored.status, stored.employment_id) == (PlanItemStatus.PROPOSED, other.id)


def test_a_person_made_nameless_wants_nothing(world: mk.World, plan: Any) -> None:
    wish = wish_of(world, plan)
    mk.change(wish, status=PlanItemStatus.INCLUDED, month=3)

    @use_case
    def forget() -> None:
        anonymise.anonymise(world.worker.employee.id)

    with acting_as(world.operator):
        forget()
    stored = mk.fetch(m.PlanItem, wish.id)
    assert (stored.status, stored.month, stored.group_id) == (PlanItemStatus.WITHDRAWN, None, None)


def test_an_approved_plan_takes_no_decision(world: mk.World, plan: Any) -> None:
    wish = wish_of(world, plan, agreed=False)
    mk.change(plan, status=st.CampaignStatus.APPROVED)
    with acting_as(world.responsible), mk.nothing_changes():
        with pytest.raises(Conflict, match="утверждён"):
            wishes.agree(wish.id)
        with pytest.raises(Conflict, match="утверждён"):
            wishes.decline(wish.id, "Поздно")


def test_the_page_of_a_person_says_what_has_changed(world: mk.World, plan: Any) -> None:
    wish = wish_of(world, plan, months=[2])
    free = mk.make_offer(mk.make_program(world.organizer, code="Б-7", title="Свободная", block=None), plan)
    mk.change(mk.fetch(m.PlanOffer, wish.offer_id), months=[9])
    with acting_as(world.worker.actor):
        found = own_plan.of_person(world.worker.employee.id)
        assert found is not None
        assert [one.offer.title for one in found.chosen] == [world.program.title]
        assert "изменил месяцы" in found.chosen[0].note
        assert [one.offer.id for one in found.suiting.best] == [free.id]
        sought = own_plan.of_person(world.worker.employee.id, typed="нет такой")
        assert sought is not None
        assert (sought.suiting.rest, sought.suiting.found) == ([], 0)
        assert (inv := own_plan.invitation(world.worker.employee.id)) is not None
        assert inv.chosen == 1
    mk.change(world.program, status=st.ProgramStatus.ARCHIVED)
    with acting_as(world.worker.actor):
        gone = own_plan.of_person(world.worker.employee.id)
    assert gone is not None
    assert "не опубликована" in gone.chosen[0].note


def test_the_table_of_a_school_takes_few_statements_however_many_people(world: mk.World, plan: Any) -> None:
    maths = mk.make_subject()
    position = mk.make_position()
    offer = mk.make_offer(world.program, plan)
    with mk.together():
        crowd = [mk.make_person(world.school, position=position) for _ in range(11)]
    for n, person in enumerate(crowd):
        mk.change(person.employment, subjects=[maths])
        if n < 6:
            mk.make_plan_item(person, world.program, status=PlanItemStatus.PROPOSED, offer=offer, months=[10])
    with acting_as(world.responsible):
        with recorded() as statements:
            table = school_plan.of_organizations(school_plan.own_organizations(Asked()), Asked())
        assert table is not None
        assert len(statements) <= 12
        silent = school_plan.of_organizations(school_plan.own_organizations(Asked()), Asked(state="silent"))
    assert silent is not None
    assert (table.counts.people, table.counts.silent, table.counts.waiting) == (12, 6, 6)
    assert len(silent.lines) == 6
    assert [(one.subject, one.month, one.away, one.teachers) for one in table.away] == [(maths.name, 10, 6, 11)]
    with acting_as(world.other_responsible):
        other = school_plan.of_organizations(school_plan.own_organizations(Asked()), Asked())
    assert other is not None
    assert {line.employee_id for line in other.lines} == {world.other_worker.employee.id}


def test_nobody_chooses_after_the_closing_minute_under_30_clients(app: Any, world: mk.World) -> None:
    days = {"programs_until": today(), "opens_on": today(), "closes_on": today()}
    plan = mk.make_campaign(year=today().year + 1, **days)
    offer = mk.make_offer(world.program, plan)
    crowd = [mk.make_person(world.school) for _ in range(30)]

    def call(person: mk.Person) -> Any:
        return person.actor, lambda: wishes.propose(person.employee.id, offer.id).id

    midnight = dt.datetime.combine(today() + mk.DAY, dt.time(0), ZONE)
    with time_machine.travel(midnight, tick=False):
        results = run_at_once(app, [call(person) for person in crowd])
    assert len(refused(results)) == 30
    assert mk.rows(m.PlanItem) == []


# --- the list from Excel ---------------------------------------------------------------------------------------------


def line(person: Any, code: str, **over: Any) -> dict[str, Any]:
    name = " ".join(filter(None, (person.last_name, person.first_name, person.patronymic)))
    return {
        "snils": format_snils(person.snils),
        "full_name": name,
        "code": code,
        "months": None,
        "priority": None,
    } | over


def test_a_list_from_excel_chooses_by_the_rules_and_is_taken_back(world: mk.World, plan: Any) -> None:
    free = mk.make_program(world.organizer, code="Б-7", title="Свободная", block=None)
    mk.make_offer(free, plan, months=[2, 3, 10])
    person, stranger = world.worker.employee, world.other_worker.employee
    lines = [
        line(person, "б-7", months="фев–март, 10", priority=2),
        line(person, "Б-7"),
        line(person, "НЕТ-1"),
        line(stranger, "Б-7"),
    ]
    by_birth = line(person, "НЕТ-2", snils=None, birth_date=person.birth_date)
    with acting_as(world.responsible):
        batch = PLANS.upload("план.xlsx", build_sample([*lines, by_birth], columns=COLUMNS))
        rows = kept_rows.rows_of(batch)[-5:]
        assert [row.action for row in rows] == ["create", "error", "error", "error", "error"]
        assert "уже выбрана в строке" in rows[1].problems[0]
        assert "не предложили" in rows[2].problems[0]
        assert "среди ваших нет" in rows[3].problems[0]
        assert "не предложили" in rows[4].problems[0]
        assert mk.rows(m.PlanItem) == []
        counts = PLANS.apply(batch.id, skip_errors=True)
    assert (counts.created, counts.skipped) == (1, 4)
    (wish,) = mk.rows(m.PlanItem)
    assert (wish.months, wish.priority, wish.status) == ([2, 3, 10], 2, PlanItemStatus.AGREED)
    with acting_as(world.responsible):
        assert PLANS.undo(batch.id).deleted == 1
    assert mk.fetch(m.PlanItem, wish.id).status == PlanItemStatus.WITHDRAWN


def test_a_list_is_not_applied_after_the_last_minute(world: mk.World) -> None:
    plan = mk.make_campaign(programs_until=today(), opens_on=today(), closes_on=today())
    mk.make_offer(mk.make_program(world.organizer, code="Б-7", block=None), plan)
    with acting_as(world.responsible):
        batch = PLANS.upload("план.xlsx", build_sample([line(world.worker.employee, "Б-7")], columns=COLUMNS))
        midnight = dt.datetime.combine(today() + mk.DAY, dt.time(0), ZONE)
        with time_machine.travel(midnight, tick=False), pytest.raises(Conflict, match="закончился"):
            PLANS.apply(batch.id, skip_errors=True)
    assert mk.rows(m.PlanItem) == []


def test_the_plan_of_an_organization_goes_to_its_head_on_paper(world: mk.World, plan: Any) -> None:
    mk.change(world.school, head_position="Директор", head_name="Соколова Анна Петровна")
    with acting_as(world.responsible), pytest.raises(Conflict, match="печатать нечего"):
        organization_plan.of_organization(world.school.id)
    wish_of(world, plan, months=[2, 3])
    with acting_as(world.responsible):
        data = doors.organization_plan(organization_plan.of_organization(world.school.id))
    text = text_of(data)
    for words in (
        f"ПЛАН ОБУЧЕНИЯ НА {plan.year} ГОД",
        world.worker.employee.full_name,
        "фев–мар",
        "Согласована",
        "По месяцам: месяц ещё не определён — 1.",
        "А.\u00a0П.\u00a0Соколова",
    ):
        assert words in text
    (entry,) = mk.journal("organization.printed")
    assert (entry.object_id, entry.changes["План обучения"][1]) == (world.school.id, f"{plan.year} год, строк: 1")
    with acting_as(world.other_responsible), mk.nothing_changes(), pytest.raises(NotFound):
        organization_plan.of_organization(world.school.id)


def test_nobody_reaches_the_wishes_of_strangers(app: Any, world: mk.World, plan: Any) -> None:
    wish = wish_of(world, plan, agreed=False)
    for actor in (world.other_worker.actor, world.other_responsible):
        with acting_as(actor), mk.nothing_changes():
            for call in (
                lambda: wishes.withdraw(wish.id),
                lambda: wishes.change(wish.id, months=[2], priority=1),
                lambda: wishes.own(world.other_worker.employee.id, wish.id),
                lambda: school_plan.opened(plan, world.worker.employee.id),
                lambda: wishes.propose(world.worker.employee.id, wish.offer_id),
            ):
                with pytest.raises((NotFound, Forbidden)):
                    call()
    with acting_as(world.other_responsible), mk.nothing_changes():
        for decide in (lambda: wishes.agree(wish.id), lambda: wishes.decline(wish.id, "Чужая")):
            with pytest.raises(NotFound):
                decide()
        with pytest.raises(Conflict, match="нет заявок"):
            school_plan.waiting_of([world.worker.employee.id])
        assert school_plan.names_of([world.worker.employee.id]) == {}
