"""What the ministry gets of a plan: figures that agree, an approval that never changes, numbered changes; who is told and reminded."""

from __future__ import annotations

import io
from typing import Any

import pytest
from docx import Document
from openpyxl import load_workbook
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app import models as m
from app.access import acting_as
from app.clock import today
from app.documents import doors
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.extensions import db
from app.services.desk import figure_counts
from app.services.planning import approval_letters, control, plan_results, unmet
from app.services.planning.plan_results import TABLES
from app.statuses import CampaignStatus, PlanItemStatus
from tests.services import makers as mk
from tests.statements import recorded


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


@pytest.fixture
def offer(world: mk.World) -> Any:
    return mk.make_offer(world.program, months=[2, 3, 10], seats=50)


@pytest.fixture
def ministry(world: mk.World) -> Any:
    return mk.make_actor("ministry")


def _wish(person: mk.Person, offer: Any, status: PlanItemStatus, **over: Any) -> Any:
    return mk.make_plan_item(person, mk.fetch(m.Program, offer.program_id), offer=offer, status=status, **over)


def _holds(actor: Any, role: str, organization: Any) -> None:
    """Letters go to those who hold a role in the database."""
    mk.save(m.Assignment(user_id=actor.user_id, role=role, organization_id=organization.id, valid_from=today()))


def _close(offer: Any) -> Any:
    return mk.change(mk.fetch(m.PlanCampaign, offer.campaign_id), status=CampaignStatus.CLOSED)


def _fill(world: mk.World, offer: Any) -> list[Any]:
    """Two in the plan, one agreed, one that waits, one declined, one whom nothing suits."""
    people = world.more_people(4, voucher=False)
    with acting_as(people[3].actor):
        unmet.say(people[3].employee.id, offer.campaign_id, "Робототехника")
    return [
        _wish(people[0], offer, PlanItemStatus.INCLUDED, month=3),
        _wish(world.other_worker, offer, PlanItemStatus.INCLUDED, month=10),
        _wish(world.worker, offer, PlanItemStatus.AGREED, months=[2]),
        _wish(people[1], offer, PlanItemStatus.PROPOSED),
        _wish(people[2], offer, PlanItemStatus.DECLINED),
    ]


def test_every_table_adds_up_to_the_wishes(world: mk.World, offer: Any) -> None:
    _fill(world, offer)
    known = plan_results.count_of(mk.fetch(m.PlanCampaign, offer.campaign_id))
    assert (known.wishes, known.people, known.included, known.included_people) == (4, 4, 2, 2)
    assert set(known.tables) == set(TABLES)
    for code, lines in known.tables.items():
        assert (sum(line.wishes for line in lines), sum(line.included for line in lines)) == (4, 2), code
    assert sum(line.seats or 0 for line in known.tables["month"]) == known.seats == 50
    assert [(line.title, line.wishes) for line in known.tables["month"]] == [
        ("Февраль", 1), ("Март", 1), ("Октябрь", 1), ("Любой месяц", 1),
    ]  # fmt: skip
    assert [number for _words, number in known.left_out] == [1, 1, 1, 0, 1]


def test_an_approved_plan_never_changes(world: mk.World, offer: Any, ministry: Any) -> None:
    wishes = _fill(world, offer)
    with acting_as(ministry), mk.nothing_changes(), pytest.raises(Conflict):
        plan_results.approve(offer.campaign_id)
    _close(offer)
    for actor in (world.operator, world.responsible, world.organizer_actor):
        with acting_as(actor), mk.nothing_changes(), pytest.raises((Forbidden, NotFound)):
            plan_results.approve(offer.campaign_id)
    with acting_as(ministry):
        assert plan_results.approve(offer.campaign_id).status == CampaignStatus.APPROVED
        (row,) = plan_results.approved(offer.campaign_id)
        before = dict(row.snapshot)
        assert (row.number_text, before["included"]) == (f"ПП-{row.campaign.year}", 2)
        with mk.nothing_changes(), pytest.raises(Conflict, match="ничего не изменилось"):
            plan_results.approve_change(offer.campaign_id, "Ошибка")
    mk.change(wishes[2], status=PlanItemStatus.INCLUDED, month=2)
    with acting_as(ministry):
        with mk.nothing_changes(), pytest.raises(Invalid):
            plan_results.approve_change(offer.campaign_id, " ")
        change = plan_results.approve_change(offer.campaign_id, "Нашлось место")
        assert (change.number, change.number_text, change.snapshot["included"]) == (1, f"ПП-{row.campaign.year}-1", 3)
        assert mk.fetch(m.PlanResult, row.id).snapshot == before
        assert next(iter(plan_results.differences(plan_results.of_snapshot(before), plan_results.of_snapshot(change.snapshot)))) == (
            "Включено в план", 2, 3,
        )  # fmt: skip
    with acting_as(world.operator), mk.nothing_changes(), pytest.raises(Forbidden):
        plan_results.approve_change(offer.campaign_id, "Не своё право")
    for statement in ("UPDATE plan_result SET number = 7", "DELETE FROM plan_result"):
        with pytest.raises(DBAPIError, match="never changes"):
            db.session.execute(text(statement))
        db.session.rollback()


def test_the_paper_says_what_was_approved(world: mk.World, offer: Any, ministry: Any, tmp_path: Any) -> None:
    _fill(world, offer)
    _close(offer)
    with acting_as(ministry):
        plan_results.approve(offer.campaign_id)
        (row,) = plan_results.approved(offer.campaign_id)
        document = Document(io.BytesIO(doors.PLAN.give(row)))
        doors.plan_book(tmp_path / "plan.xlsx", row)
    said = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert "УТВЕРЖДАЮ" in said
    assert f"№\u00a0ПП-{row.campaign.year}" in said
    assert "Включено в план: 2, обучить 2 чел." in said
    assert len(document.tables) == len(TABLES) + 1
    assert [cell.text for cell in document.tables[0].rows[-1].cells] == ["Всего", "4", "2"]
    book = load_workbook(tmp_path / "plan.xlsx")
    assert book.sheetnames == ["Итоги", *(title for title, _head in TABLES.values()), "Не вошло"]
    assert [cell.value for cell in book["По месяцам"][6]] == ["Всего", 4, 2, 50]
    assert {entry.action for entry in mk.rows(m.AuditEntry, m.AuditEntry.object_table == "plan_result")} == {
        "plan_result.created", "plan_result.printed", "plan_result.exported",
    }  # fmt: skip


def test_organizers_schools_and_people_of_the_plan_are_told_once(
    world: mk.World, offer: Any, ministry: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fill(world, offer)
    _close(offer)
    _holds(world.responsible, "school", world.school)
    _holds(world.organizer_actor, "organizer", world.organizer)
    monkeypatch.setattr(approval_letters, "BATCH", 1)
    steps: list[tuple[int, str, int]] = []
    monkeypatch.setattr(approval_letters, "on_more", [lambda *step: steps.append(step)])
    monkeypatch.setattr(plan_results, "on_approved", [lambda pk: steps.append((pk, approval_letters.ORGANIZERS, 0))])
    with acting_as(ministry):
        plan_results.approve(offer.campaign_id)
    with acting_as(mk.SYSTEM):
        while steps:
            approval_letters.tell_next(*steps.pop())
    told = {
        kind: mk.rows(m.Letter, m.Letter.template == kind)
        for kind in ("plan_approved_organizer", "plan_approved_school", "plan_approved")
    }
    assert [len(found) for found in told.values()] == [1, 1, 2]
    # four wishes, each under five in its month: the organizer learns no figure
    assert f"«{world.program.title}»: < 17" in told["plan_approved_organizer"][0].body
    assert "Из вашей организации в него вошли: 1 человек." in told["plan_approved_school"][0].body.replace(
        "\u00a0", " "
    )
    assert {"Когда учиться: март." in letter.body for letter in told["plan_approved"]} == {True, False}
    assert f"«{world.program.title}»" in told["plan_approved"][0].subject


def test_shares_are_stored_and_the_silent_are_reminded_once_a_day(
    world: mk.World, offer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = mk.change(mk.fetch(m.PlanCampaign, offer.campaign_id), status=CampaignStatus.OPEN)
    people = world.more_people(2, voucher=False)
    _wish(world.worker, offer, PlanItemStatus.PROPOSED)
    _wish(world.other_worker, offer, PlanItemStatus.AGREED)
    with acting_as(people[0].actor):
        unmet.say(people[0].employee.id, campaign.id, "Робототехника")
    with acting_as(mk.SYSTEM):
        figure_counts.recount()
    with acting_as(world.responsible), recorded() as statements:
        (own,) = control.by_organization(campaign)
        assert (own.pk, own.people, own.chose, own.silent, own.waiting) == (world.school.id, 3, 2, 1, 1)
    assert len(statements) <= 3
    with acting_as(world.responsible), pytest.raises(NotFound):
        control.by_organization(campaign, 10**6)
    with acting_as(world.responsible), mk.nothing_changes(), pytest.raises(Forbidden):
        control.remind(campaign.id)
    _holds(world.responsible, "school", world.school)
    orders: list[tuple[int, str, int]] = []
    monkeypatch.setattr(control, "on_reminded", [lambda *order: orders.append(order)])
    with acting_as(world.operator):
        assert control.to_remind(control.by_organization(campaign)) == [world.school.id]
        assert control.remind(campaign.id) == 1
        with mk.nothing_changes(), pytest.raises(Conflict, match="уже напомнили"):
            control.remind(campaign.id)
    with acting_as(mk.SYSTEM):
        assert control.tell_next(*orders[0]) == 1
    (letter,) = mk.rows(m.Letter, m.Letter.template == "plan_silent_school")
    assert people[1].employee.last_name in letter.body
