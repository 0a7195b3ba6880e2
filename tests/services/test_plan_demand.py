"""The heat map: cells add up to the wishes there are, hidden figures stay hidden, everybody counts what is theirs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import models as m
from app.access import acting_as
from app.errors import Forbidden, NotFound
from app.services.planning import demand, heat, reach, unmet
from app.services.planning.demand import Asked
from app.services.planning.heat import ANY, MONTHS, PlannedOffer
from app.statuses import BlockKind, PlanItemStatus
from tests.services import makers as mk
from tests.statements import recorded

OFFERS = st.lists(
    st.builds(
        lambda seats, months, subject, block: (seats, tuple(sorted(months)), subject, block),
        st.integers(0, 200),
        st.sets(st.integers(1, 12), min_size=1),
        st.integers(-1, 2),
        st.sampled_from([None, *BlockKind]),
    ),
    min_size=1,
    max_size=6,
)
WISHES = st.lists(st.tuples(st.integers(0, 5), st.sampled_from(MONTHS)), max_size=120)


def _plan(raw: Any, wishes: Any) -> tuple[list[PlannedOffer], dict[tuple[int, int], int]]:
    offers = [
        PlannedOffer(
            id=n,
            title=f"П-{n}",
            organizer_id=1,
            organizer="О",
            seats=seats,
            months=months,
            block=block,
            subject=(key, str(key)),
        )
        for n, (seats, months, key, block) in enumerate(raw)
    ]
    counted: dict[tuple[int, int], int] = {}
    for n, month in wishes:
        key = (n % len(offers), month)
        counted[key] = counted.get(key, 0) + 1
    return offers, counted


@settings(max_examples=60, deadline=None)
@given(OFFERS, WISHES, st.sampled_from([heat.PROGRAM, heat.SUBJECT, heat.BLOCK]))
def test_cells_margins_and_seats_add_up(raw: Any, wishes: Any, by: str) -> None:
    offers, counted = _plan(raw, wishes)
    found = heat.heat_of(offers, counted, by=by)
    assert sum(cell.demand for row in found.rows for cell in row.cells) == len(wishes) == found.total.total.demand
    assert [sum(row.cells[n].demand for row in found.rows) for n in range(13)] == [c.demand for c in found.total.cells]
    assert found.total.total.seats == sum(offer.seats for offer in offers)
    assert found.total.lacking == tuple(sum(row.lacking[n] for row in found.rows) for n in range(13))


@settings(max_examples=60, deadline=None)
@given(OFFERS, WISHES, st.sampled_from([heat.PROGRAM, heat.SUBJECT, heat.BLOCK]), st.randoms())
def test_nothing_that_is_shown_depends_on_a_hidden_figure(raw: Any, wishes: Any, by: str, chance: Any) -> None:
    offers, counted = _plan(raw, wishes)
    others = {key: n if n >= heat.FEWEST else chance.randint(1, heat.FEWEST - 1) for key, n in counted.items()}
    shown = heat.heat_of(offers, counted, by=by, hide=True)
    assert shown == heat.heat_of(offers, others, by=by, hide=True)
    for row in shown.rows:
        assert all(cell.demand >= heat.FEWEST or not cell.demand for cell in row.cells)


# --- counted from the database ---------------------------------------------------------------------------------------


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


@pytest.fixture
def offer(world: mk.World) -> Any:
    return mk.make_offer(world.program, months=[2, 3, 10], seats=50)


def _wish(person: mk.Person, offer: Any, **over: Any) -> Any:
    values = {"status": PlanItemStatus.AGREED} | over
    return mk.make_plan_item(person, mk.fetch(m.Program, offer.program_id), offer=offer, **values)


def _seen(offer: Any, **asked: Any) -> dict[tuple[int, int], int]:
    return dict(demand.counted(Asked(campaign_id=offer.campaign_id, **asked), reach.reach_of()))


def test_a_wish_stands_in_one_cell(world: mk.World, offer: Any) -> None:
    people = world.more_people(3, voucher=False)
    _wish(people[0], offer, months=[3, 10])
    _wish(people[1], offer)
    _wish(people[2], offer, months=[2], month=10, status=PlanItemStatus.INCLUDED)
    _wish(world.worker, offer, months=[2], status=PlanItemStatus.DECLINED)
    with acting_as(world.operator):
        assert _seen(offer) == {(offer.id, 3): 1, (offer.id, ANY): 1, (offer.id, 10): 1}


def test_everybody_counts_what_is_theirs(world: mk.World, offer: Any) -> None:
    _wish(world.worker, offer, months=[3])
    _wish(world.other_worker, offer, months=[3])
    for actor, number in ((world.operator, 2), (world.responsible, 1), (world.other_responsible, 1)):
        with acting_as(actor):
            assert _seen(offer) == {(offer.id, 3): number}
    with acting_as(world.organizer_actor):
        asked = Asked(campaign_id=offer.campaign_id)
        assert reach.reach_of().hides
        assert [it.id for it in demand.offers_of(asked, reach.reach_of())] == [offer.id]
        with pytest.raises(NotFound):
            demand.people(asked, reach.reach_of())
        with pytest.raises(NotFound):
            demand.by_territory(asked, reach.reach_of())
    with acting_as(world.other_organizer):
        assert _seen(offer) == {}
        assert demand.offers_of(asked, reach.reach_of()) == []
    for actor in (world.worker.actor, mk.make_actor("observer"), mk.make_actor("admin")):
        with acting_as(actor), pytest.raises(Forbidden):
            reach.reach_of()


def test_the_way_down_ends_at_the_users_own_people(world: mk.World, offer: Any) -> None:
    _wish(world.worker, offer, months=[3])
    _wish(world.other_worker, offer, months=[3])
    with acting_as(world.responsible):
        asked = Asked(campaign_id=offer.campaign_id, month=3, organization_id=world.school.id)
        places = demand.by_organization(asked, reach.reach_of())
        assert [(place.pk, place.wishes, place.people) for place in places] == [(world.school.id, 1, 1)]
        assert [row.employee_id for row in demand.people(asked, reach.reach_of())] == [world.worker.employee.id]
        foreign = Asked(campaign_id=offer.campaign_id, organization_id=world.other_worker.employment.organization_id)
        with pytest.raises(NotFound):
            demand.insist_visible(foreign, reach.reach_of())
        with pytest.raises(NotFound):
            demand.insist_visible(Asked(campaign_id=offer.campaign_id, territory_id=1), reach.reach_of())
    territory = mk.make_actor("territory", territory=mk.fetch(m.Territory, world.school.territory_id))
    with acting_as(territory), pytest.raises(NotFound):
        demand.insist_visible(Asked(campaign_id=offer.campaign_id, territory_id=10**6), reach.reach_of())


def test_who_finds_nothing_is_counted_apart(world: mk.World, offer: Any) -> None:
    with acting_as(world.worker.actor):
        unmet.say(world.worker.employee.id, offer.campaign_id, "Робототехника")
    asked = Asked(campaign_id=offer.campaign_id)
    with acting_as(world.operator):
        assert (demand.unmet(asked, reach.reach_of()), _seen(offer)) == (1, {})
    with acting_as(world.other_responsible):
        assert demand.unmet(asked, reach.reach_of()) == 0
    with acting_as(world.organizer_actor):
        assert demand.unmet(asked, reach.reach_of()) == 0


def test_as_many_statements_for_many_people_as_for_one(world: mk.World, offer: Any) -> None:
    def statements() -> int:
        with acting_as(world.operator), recorded() as found:
            asked = Asked(campaign_id=offer.campaign_id, month=3)
            demand.offers_of(asked, reach.reach_of())
            _seen(offer)
            demand.by_territory(asked, reach.reach_of())
        return len(found)

    _wish(world.worker, offer, months=[3])
    few = statements()
    for person in world.more_people(3, voucher=False):
        _wish(person, offer, months=[3])
    assert statements() == few == 4
