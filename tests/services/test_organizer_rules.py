"""A law that leaves retraining for schools to some organizers: asked at sending, publishing, opening a group; the closed list."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import ZONE, now, today
from app.errors import Conflict, Forbidden, Invalid
from app.first_rows import load_reference_data
from app.services.courses.group import group_copy, groups
from app.services.courses.program import organizer_rules, program_checks, program_editions, programs
from app.services.portal import records
from tests.services import makers as mk

pytestmark = pytest.mark.usefixtures("session")

P, G = st.ProgramStatus, st.GroupStatus
REFUSED = "с 01.09.2025 такие программы проводят только организации"
EVE, FIRST = dt.date(2025, 8, 31), dt.date(2025, 9, 1)


@pytest.fixture
def world(session: Any) -> mk.World:
    """The organizer of the world is private."""
    made = mk.make_world()
    mk.change(made.organizer, ownership=st.Ownership.PRIVATE)
    return made


def the_rule() -> Any:
    (row,) = mk.rows(m.OrganizerRule)
    return row


def retraining(world: mk.World, **over: Any) -> Any:
    values = {
        "kind": st.ProgramKind.RETRAINING,
        "hours": 256,
        "block": None,
        "qualification_name": "Учитель математики",
    }
    return mk.make_program(world.organizer, **{"status": P.DRAFT, **values, **over})


def submitted(world: mk.World, **over: Any) -> Any:
    return retraining(world, status=P.SUBMITTED, submitted_at=now(), **over)


def list_it(organization: Any, since: dt.date = FIRST, until: dt.date | None = None) -> Any:
    values = {"rule_id": the_rule().id, "organization_id": organization.id, "ground": "Доля области в капитале"}
    return mk.save(m.OrganizerException(**values, valid_from=since, valid_to=until))


def at(day: dt.date) -> Any:
    return time_machine.travel(dt.datetime(day.year, day.month, day.day, 12, tzinfo=ZONE), tick=True)


def test_the_first_rule_is_that_of_the_law() -> None:
    row = the_rule()
    assert (row.code, row.valid_from, row.valid_to) == ("school_retraining", FIRST, None)
    assert (row.program_kinds, row.position_kinds) == (["retraining"], ["teaching"])
    assert set(row.ownerships) == {"regional", "municipal", "federal"}
    assert {t.code for t in row.organization_types} == {"preschool", "general"}
    assert load_reference_data() == 0


# --- sending and publishing ------------------------------------------------------------------------------------------


def test_a_private_organizer_sends_until_the_eve_and_not_from_the_first_day(world: mk.World) -> None:
    early, late = retraining(world, year=2025), retraining(world, year=2025)
    with at(EVE), acting_as(world.organizer_actor):
        assert programs.submit(early.id).status == P.SUBMITTED
    with at(FIRST), acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Conflict, match=REFUSED):
        programs.submit(late.id)


def test_a_program_of_a_year_in_which_the_law_is_in_force_is_refused_before_it(world: mk.World) -> None:
    """It could not be taught one day."""
    program = retraining(world, year=2026)
    with at(EVE), acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Conflict, match=REFUSED):
        programs.submit(program.id)


def test_what_was_sent_before_the_law_is_not_published_after_it(world: mk.World) -> None:
    early, late = submitted(world, year=2025), submitted(world, year=2025)
    with at(EVE), acting_as(world.operator):
        assert programs.publish(early.id).status == P.PUBLISHED
    with at(FIRST), acting_as(world.operator), mk.nothing_changes(), pytest.raises(Conflict, match=REFUSED):
        programs.publish(late.id)


@pytest.mark.parametrize("ownership", [st.Ownership.REGIONAL, st.Ownership.MUNICIPAL, st.Ownership.FEDERAL])
def test_state_and_municipal_organizers_send_and_are_published(world: mk.World, ownership: st.Ownership) -> None:
    mk.change(world.organizer, ownership=ownership)
    program = retraining(world)
    with acting_as(world.organizer_actor):
        programs.submit(program.id)
    with acting_as(world.operator):
        assert programs.publish(program.id).status == P.PUBLISHED


def test_an_organizer_of_the_closed_list_is_published_within_its_days(world: mk.World) -> None:
    list_it(world.organizer, until=today() + mk.DAY)
    program, next_ = submitted(world), submitted(world)
    with acting_as(world.operator):
        assert programs.publish(program.id).status == P.PUBLISHED
    with at(today() + 2 * mk.DAY), acting_as(world.operator), mk.nothing_changes(), pytest.raises(Conflict):
        programs.publish(next_.id)


def test_the_closed_list_counts_from_its_day_and_for_units(world: mk.World) -> None:
    head = mk.make_organization(ownership=st.Ownership.PRIVATE)
    mk.change(world.organizer, parent_id=head.id)
    list_it(head, since=today() + mk.DAY)
    program = retraining(world)
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Conflict, match=REFUSED):
        programs.submit(program.id)
    with at(today() + mk.DAY), acting_as(world.organizer_actor):
        assert programs.submit(program.id).status == P.SUBMITTED


def test_another_ones_place_in_the_list_helps_nobody(world: mk.World) -> None:
    list_it(mk.make_organization(is_organizer=True, ownership=st.Ownership.PRIVATE))
    program = retraining(world)
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Conflict, match=REFUSED):
        programs.submit(program.id)


def test_programs_that_the_law_is_not_about_are_sent(world: mk.World) -> None:
    head = mk.make_position("Директор", kind=st.PositionKind.HEAD)
    others = [
        mk.make_program(world.organizer, status=P.DRAFT),
        retraining(world, positions=[head]),
        retraining(world, organization_types=[mk.make_type("vocational", "Профессиональная")]),
    ]
    with acting_as(world.organizer_actor):
        assert [programs.submit(program.id).status for program in others] == [P.SUBMITTED] * 3


def test_a_rule_that_has_ended_forbids_nothing(world: mk.World) -> None:
    mk.change(the_rule(), valid_to=today() - mk.DAY)
    program = retraining(world)
    with acting_as(world.organizer_actor):
        assert programs.submit(program.id).status == P.SUBMITTED
        assert organizer_rules.warnings([world.organizer.id]) == []
    with acting_as(world.operator):
        assert organizer_rules.hint() == ""


# --- editions, copies, groups ----------------------------------------------------------------------------------------


def test_an_edition_and_a_copy_begin_and_say_what_hinders(world: mk.World) -> None:
    """Only there can it be named whom the program is for instead."""
    program = retraining(world, status=P.PUBLISHED)
    with acting_as(world.organizer_actor):
        for make in (program_editions.new_edition, program_editions.copy_to_next_year):
            row = make(program.id)
            assert row.status == P.DRAFT
            assert [REFUSED in sentence for sentence in program_checks.problems(row)] == [True]


def test_a_group_opens_by_its_first_day_of_training(world: mk.World) -> None:
    program = retraining(world, status=P.PUBLISHED, year=2025)
    days = {"enrol_from": EVE - 5 * mk.DAY, "enrol_until": EVE, "ends_on": FIRST + 60 * mk.DAY, "status": G.DRAFT}
    early = mk.make_group(program, **days, starts_on=EVE)
    late = mk.make_group(program, **days, starts_on=FIRST)
    with at(EVE), acting_as(world.organizer_actor):
        assert groups.open(early.id).status == G.OPEN
        with mk.nothing_changes(), pytest.raises(Conflict, match=REFUSED):
            groups.open(late.id)


def test_a_group_is_not_begun_copied_or_reopened_but_goes_on(world: mk.World) -> None:
    program = retraining(world, status=P.PUBLISHED)
    group = mk.make_group(program, status=G.CLOSED)
    values = {"program": program, "number": "1", "place": "Самара", "capacity": 5, "minimum": 1}
    start = today() + 10 * mk.DAY
    days = {"starts_on": start, "ends_on": start + mk.DAY, "enrol_from": today(), "enrol_until": start}
    with acting_as(world.organizer_actor):
        with mk.nothing_changes(), pytest.raises(Invalid) as refusal:
            records.create(m.TrainingGroup, {**values, **days})
        assert [(name, REFUSED in said[0]) for name, said in refusal.value.fields.items()] == [("program", True)]
        with mk.nothing_changes(), pytest.raises(Invalid) as refusal:
            group_copy.duplicate(group.id, starts_on=start)
        assert [(name, REFUSED in said[0]) for name, said in refusal.value.fields.items()] == [("program", True)]
        with mk.nothing_changes(), pytest.raises(Conflict, match=REFUSED):
            groups.reopen(group.id, enrol_until=today() + mk.DAY)
    mk.change(group, starts_on=today(), enrol_until=today() - mk.DAY)
    with acting_as(world.organizer_actor):
        assert groups.start(group.id).status == G.RUNNING


# --- before it is typed, and by whom the rules are changed -----------------------------------------------------------


def test_the_form_says_it_to_those_who_may_not(world: mk.World) -> None:
    with acting_as(world.organizer_actor):
        (said,) = organizer_rules.warnings([world.organizer.id])
        assert said.startswith(f"{world.organizer.short_name}: форма собственности — частная. Переподготовка для")
        assert organizer_rules.hint() == ""
        list_it(world.organizer)
        assert organizer_rules.warnings([world.organizer.id]) == []
    with acting_as(world.operator):
        assert REFUSED in organizer_rules.hint()


@pytest.mark.parametrize(
    ("values", "field"),
    [({"program_kinds": []}, "program_kinds"), ({"ownerships": []}, "ownerships"), ({"valid_to": EVE}, "valid_to")],
)
def test_a_rule_that_says_nothing_is_refused(world: mk.World, values: dict[str, Any], field: str) -> None:
    with acting_as(world.operator), mk.nothing_changes(), pytest.raises(Invalid) as refusal:
        records.update(the_rule(), values)
    assert list(refusal.value.fields) == [field]


def test_the_operator_lists_an_organizer_once_a_day_others_never(world: mk.World) -> None:
    values = {"rule": the_rule(), "organization": world.organizer, "ground": "Сколково", "valid_from": FIRST}
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Forbidden):
        records.create(m.OrganizerException, values)
    with acting_as(world.operator):
        with mk.nothing_changes(), pytest.raises(Invalid) as refusal:
            records.create(m.OrganizerException, {**values, "valid_to": EVE})
        assert list(refusal.value.fields) == ["valid_to"]
        records.create(m.OrganizerException, values)
        with mk.nothing_changes(), pytest.raises(Conflict, match="уже внесена в перечень с этого дня"):
            records.create(m.OrganizerException, {**values, "rule": the_rule()})
    assert [row.object_label for row in mk.journal("organizer_exception.created")] == [world.organizer.short_name]
