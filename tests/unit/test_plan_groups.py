"""Groups out of demand: whatever the wishes, no rule is broken, nobody is lost, and the bound holds."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.rules.plan_groups import LEFT, Asked, Demand, Proposed, Supply, broken_rules, great_circle
from app.services.planning import group_solver

POINTS = {1: (53.1959, 50.1002), 2: (53.5078, 49.4204), 3: (54.1277, 51.5420)}
_months = st.sets(st.sampled_from([1, 2, 3, 9, 10]), min_size=1, max_size=3)


@st.composite
def demands(draw: st.DrawFn) -> Demand:
    """A small region: three towns, four schools, up to four offers, up to forty wishes."""
    offers = {}
    for pk in range(1, draw(st.integers(1, 4)) + 1):
        minimum = draw(st.integers(1, 4))
        capacity = draw(st.integers(minimum, 6))
        offers[pk] = Supply(
            id=pk,
            seats=draw(st.integers(capacity, 15)),
            minimum=minimum,
            capacity=capacity,
            months=tuple(sorted(draw(_months))),
            places=tuple(draw(st.sampled_from([(1,), (None,), (1, 2), (1, 2, 3)]))),
        )
    wishes: dict[int, Asked] = {}
    for person in range(draw(st.integers(0, 20))):
        school = draw(st.integers(1, 4))
        subjects = tuple(draw(st.sets(st.integers(1, 2), max_size=2)))
        for priority, offer in enumerate(sorted(draw(st.sets(st.sampled_from(sorted(offers)), min_size=1))), start=1):
            pk = len(wishes) + 1
            wishes[pk] = Asked(
                id=pk,
                person=person,
                offer=offer,
                months=tuple(sorted(draw(st.one_of(st.just(set()), _months)))),
                priority=min(priority, 3),
                school=school,
                subjects=subjects,
                municipality=school % 3 + 1,
                territory=school % 2,
            )
    teachers = {(school, subject): draw(st.integers(1, 9)) for school in range(1, 5) for subject in (1, 2)}
    quotas = draw(st.sampled_from([{}, {0: 3}, {0: 0, 1: 5}]))
    return Demand(wishes=wishes, offers=offers, teachers=teachers, quotas=quotas, points=POINTS)


def _hold(demand: Demand) -> group_solver.Plan:
    plan = group_solver.propose(demand)
    groups = [*demand.locked, *plan.groups]
    assert broken_rules(demand, groups) == []
    inside = [pk for group in groups for pk in group.wishes]
    assert sorted([*inside, *plan.left]) == sorted(demand.wishes)
    assert set(plan.left.values()) <= set(LEFT)
    people = {demand.wishes[pk].person for pk in inside}
    assert len(people) == plan.people <= plan.bound <= len({wish.person for wish in demand.wishes.values()})
    return plan


@given(demands())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_no_rule_is_broken_and_nobody_is_lost(demand: Demand) -> None:
    plan = _hold(demand)
    if plan.groups:
        # what is locked stays as it is, and the rest is solved around it
        again = _hold(replace(demand, locked=plan.groups[:1]))
        assert {pk for group in again.groups for pk in group.wishes}.isdisjoint(plan.groups[0].wishes)


def _crowd(many: int, **over: object) -> dict[int, Asked]:
    values = {"offer": 1, "months": (), "priority": 1, "school": 1, "subjects": (), "municipality": 1, "territory": 1}
    return {pk: Asked(id=pk, person=pk, **(values | over)) for pk in range(1, many + 1)}  # type: ignore[arg-type]


def _offer(**over: object) -> Supply:
    values = {"id": 1, "seats": 100, "minimum": 15, "capacity": 25, "months": (3, 10), "places": (1,)}
    return Supply(**(values | over))  # type: ignore[arg-type]


def test_nothing_asked_is_nothing_proposed() -> None:
    plan = group_solver.propose(Demand(wishes={}, offers={1: _offer()}))
    assert (plan.groups, plan.left, plan.people, plan.bound) == ([], {}, 0, 0)


def test_people_gather_in_the_month_that_suits_more_of_them() -> None:
    wishes = _crowd(20) | {
        pk: replace(wish, id=pk, person=pk, months=(10,)) for pk, wish in [(n + 20, w) for n, w in _crowd(10).items()]
    }
    plan = group_solver.propose(Demand(wishes=wishes, offers={1: _offer()}))
    assert (plan.people, plan.bound, plan.left) == (30, 30, {})
    assert sum(group.size for group in plan.groups) == 30


def test_too_few_no_month_no_seats_and_a_third_of_a_school_are_said() -> None:
    few = group_solver.propose(Demand(wishes=_crowd(14), offers={1: _offer()}))
    assert (few.groups, set(few.left.values()), few.bound) == ([], {"few"}, 0)
    never = group_solver.propose(Demand(wishes=_crowd(20, months=(5,)), offers={1: _offer()}))
    assert (never.groups, set(never.left.values())) == ([], {"months"})
    full = group_solver.propose(Demand(wishes=_crowd(40), offers={1: _offer(seats=25)}))
    assert (full.people, full.bound, list(full.left.values())) == (25, 25, ["seats"] * 15)
    small = _offer(minimum=2, capacity=25)
    third = group_solver.propose(Demand(wishes=_crowd(9, subjects=(7,)), offers={1: small}, teachers={(1, 7): 9}))
    assert (third.people, list(third.left.values())) == (6, ["third"] * 3)


def test_groups_are_where_people_travel_least() -> None:
    wishes = _crowd(15) | {
        pk + 15: replace(wish, id=pk + 15, person=pk + 15, municipality=3) for pk, wish in _crowd(15).items()
    }
    demand = Demand(wishes=wishes, offers={1: _offer(months=(3,), places=(1, 3))}, points=POINTS)
    plan = group_solver.propose(demand)
    assert sorted((group.place, len(group.wishes)) for group in plan.groups) == [(1, 15), (3, 15)]
    assert 130 < great_circle(POINTS[1], POINTS[3]) < 150


def test_what_a_hand_breaks_is_named() -> None:
    demand = Demand(
        wishes=_crowd(16, months=(3,), subjects=(7,)), offers={1: _offer()}, teachers={(1, 7): 60}, quotas={1: 10}
    )
    group = Proposed(offer=1, month=10, place=2, size=30, wishes=tuple(range(1, 17)))
    same = Proposed(offer=1, month=10, place=1, size=1, wishes=(1,))
    assert {one.rule for one in broken_rules(demand, [group, same])} == {
        "large",
        "place",
        "few",
        "wish_month",
        "twice",
        "again",
        "quota",
    }
