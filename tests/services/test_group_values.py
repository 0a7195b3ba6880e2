"""A group's form: the number by the organizer's mask, dates that make sense, seats and minimum."""

from __future__ import annotations

from typing import Any

import pytest

from app import models as m
from app.access import acting_as
from app.clock import today
from app.errors import Conflict, Invalid, NotFound
from app.services.courses.group import groups
from app.services.portal import records
from tests.services import makers as mk

DAY = mk.DAY


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


def values_of(program: Any, **over: Any) -> dict[str, Any]:
    day = today()
    values = {
        "program_id": program.id,
        "starts_on": day + 10 * DAY,
        "ends_on": day + 15 * DAY,
        "enrol_from": day,
        "enrol_until": day + 5 * DAY,
        "place": "Самара, ул. Пробная, 1",
        "capacity": 20,
    }
    return {**values, **over}


def create(world: mk.World, **over: Any) -> Any:
    with acting_as(world.organizer_actor):
        return records.create(m.TrainingGroup, values_of(world.program, **over))


# --- numbers ---------------------------------------------------------------------------------------------------------


def test_numbers_follow_one_another_by_the_mask(world: mk.World) -> None:
    mk.change(world.organizer, group_mask="{code}/{number:03d}-{year}")
    year = (today() + 10 * DAY).year
    assert [create(world).number for _ in range(2)] == [
        f"{world.program.code}/001-{year}",
        f"{world.program.code}/002-{year}",
    ]


def test_each_organizer_and_each_year_has_its_own_sequence(world: mk.World) -> None:
    mk.change(world.organizer, group_mask="{number}/{year}")
    other = mk.make_organization(is_organizer=True, group_mask="{number}/{year}")
    program = mk.make_program(other)
    with acting_as(world.operator):
        theirs = records.create(m.TrainingGroup, values_of(program))
    next_year = {name: value + 366 * DAY for name, value in values_of(world.program).items() if "_on" in name}
    numbers = [create(world).number, create(world, **next_year).number, theirs.number]
    assert [number.split("/")[0] for number in numbers] == ["1", "1", "1"]
    assert len(set(numbers[:2])) == 2


def test_a_number_typed_by_hand_is_kept_and_passed_over_later(world: mk.World) -> None:
    code = world.program.code
    assert create(world, number="Особая 7").number == "Особая 7"
    assert create(world, number=f"{code}-1").number == f"{code}-1"
    assert create(world, number="").number == f"{code}-2"


def test_a_number_in_use_is_refused_with_a_sentence(world: mk.World) -> None:
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Conflict, match="таким номером"):
        records.create(m.TrainingGroup, values_of(world.program, number=world.group.number))


def test_a_refused_form_takes_no_number(world: mk.World) -> None:
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Invalid):
        records.create(m.TrainingGroup, values_of(world.program, place=None))
    assert create(world).number.endswith("-1")


def test_a_mask_that_gives_too_long_a_number_says_so(world: mk.World) -> None:
    mk.change(world.organizer, group_mask="{number}-очень-длинный-вид-номера-группы")
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Invalid) as caught:
        records.create(m.TrainingGroup, values_of(world.program))
    (sentence,) = caught.value.fields["number"]
    assert "Впишите номер" in sentence
    assert "«1-очень-длинный-вид-номера-группы (порядковый номер)»" in sentence


@pytest.mark.parametrize("mask", ["{code}", "{number}-{name}", "{number", "{number!r}", "{number.real}"])
def test_a_mask_that_cannot_number_is_refused(world: mk.World, mask: str) -> None:
    with acting_as(world.operator), mk.nothing_changes(), pytest.raises(Invalid) as caught:
        records.update(world.organizer, {"group_mask": mask})
    assert list(caught.value.fields) == ["group_mask"]


@pytest.mark.parametrize("mask", ["{year}", "{number}-{code}", "{number", "{number.real}"])
def test_a_mask_that_cannot_number_documents_is_refused_in_the_card(world: mk.World, mask: str) -> None:
    with acting_as(world.operator), mk.nothing_changes(), pytest.raises(Invalid) as caught:
        records.update(world.organizer, {"certificate_mask": mask})
    assert list(caught.value.fields) == ["certificate_mask"]


def test_the_journal_tells_a_mask_by_an_example(world: mk.World) -> None:
    mk.change(world.organizer, certificate_mask="{number:04d}/{year}")
    with acting_as(world.operator):
        records.update(world.organizer, {"certificate_mask": "ПК-{year}-{number}"})
    year = today().year
    assert mk.journal("organization.updated")[-1].changes == {
        "Вид номера документа": [
            f"0001/{year} (порядковый номер из 4\xa0цифр, год)", f"ПК-{year}-1 (год, порядковый номер)"
        ]
    }  # fmt: skip


# --- dates and seats -------------------------------------------------------------------------------------------------


def day_ago(days: int) -> Any:
    return today() - days * DAY


def test_a_new_group_wholly_in_the_past_is_refused(world: mk.World) -> None:
    dates = {"starts_on": day_ago(9), "ends_on": day_ago(1), "enrol_from": day_ago(20), "enrol_until": day_ago(10)}
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Invalid) as caught:
        records.create(m.TrainingGroup, values_of(world.program, **dates))
    assert list(caught.value.fields) == ["ends_on"]
    assert "целиком в прошлом" in caught.value.fields["ends_on"][0]


def test_a_group_whose_last_day_is_today_may_still_be_entered(world: mk.World) -> None:
    dates = {"starts_on": day_ago(9), "ends_on": today(), "enrol_from": day_ago(20), "enrol_until": day_ago(10)}
    assert create(world, **dates).ends_on == today()


def test_an_old_group_may_still_be_mended(world: mk.World) -> None:
    group = mk.make_past_group(world.program)
    with acting_as(world.organizer_actor):
        assert groups.update(group.id, {"curator": "Котова И. И."}).group.curator == "Котова И. И."


@pytest.mark.parametrize(
    ("values", "field"),
    [({"capacity": 0}, "capacity"), ({"capacity": 5, "minimum": 6}, "minimum")],
)
def test_seats_and_minimum_agree(world: mk.World, values: dict[str, int], field: str) -> None:
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Invalid) as caught:
        groups.update(world.group.id, values)
    assert list(caught.value.fields) == [field]


def test_capacity_below_the_kept_minimum_names_the_capacity(world: mk.World) -> None:
    mk.change(world.group, minimum=2)
    with acting_as(world.organizer_actor), mk.nothing_changes(), pytest.raises(Invalid) as caught:
        groups.update(world.group.id, {"capacity": 1})
    assert caught.value.fields == {"capacity": ["Наименьшее число слушателей (2) больше числа мест (1)."]}


def test_a_group_of_another_organizer_is_not_changed(world: mk.World) -> None:
    with acting_as(world.other_organizer), mk.nothing_changes(), pytest.raises(NotFound):
        groups.update(world.group.id, {"capacity": 30})
