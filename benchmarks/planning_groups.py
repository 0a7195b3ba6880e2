"""Groups out of 100,000 wishes of 50,000 people: the solver beside a plain first fit, people served of a proven bound, seconds.

    python -m benchmarks.planning_groups [people]

The region is made up: 600 offers, half of the people want any month of the offer, seats are short of demand, one territory has a quota.
"""

from __future__ import annotations

import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from random import Random
from typing import Any

from app.rules.plan_groups import Asked, Demand, Ledger, Supply, broken_rules
from app.services.planning import group_solver

PEOPLE, OFFERS, TOWNS, SUBJECTS, TERRITORIES = 50_000, 600, 37, 45, 13
_MONTHS = (1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12)


def main() -> None:
    demand = region(int(sys.argv[1]) if len(sys.argv) > 1 else PEOPLE)
    people = len({wish.person for wish in demand.wishes.values()})
    print(f"{len(demand.wishes):,} wishes of {people:,} people, {len(demand.offers)} offers")
    plan, seconds, cpu = timed(lambda: group_solver.propose(demand))
    wrong = broken_rules(demand, plan.groups)
    wishes = sum(len(group.wishes) for group in plan.groups)
    tell(
        "solver", plan.people, plan.bound, wishes, seconds, cpu, extra=f"{len(plan.groups)} groups, {len(wrong)} broken"
    )
    (served, fitted), seconds, cpu = timed(lambda: first_fit(demand))
    tell("first fit", served, plan.bound, fitted, seconds, cpu)
    print("left over:", ", ".join(f"{reason} {many:,}" for reason, many in Counter(plan.left.values()).most_common()))


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return result, time.perf_counter() - wall, time.process_time() - cpu


def tell(name: str, people: int, bound: int, wishes: int, seconds: float, cpu: float, *, extra: str = "") -> None:
    share = f"{people:,} of at most {bound:,} people ({people / max(1, bound):.1%})"
    print(f"{name}: {share}, {wishes:,} wishes, {seconds:.1f} s, {cpu:.1f} s of the processor; {extra}")


def first_fit(demand: Demand) -> tuple[int, int]:
    """By priority, into the first month that person, school and seats allow; groups under the minimum fall."""
    ledger, seats = Ledger(demand), {pk: offer.seats for pk, offer in demand.offers.items()}
    filled: dict[tuple[int, int], list[Asked]] = defaultdict(list)
    for wish in sorted(demand.wishes.values(), key=lambda wish: (wish.priority, wish.id)):
        if seats[wish.offer] <= 0 or not ledger.quota_left(wish):
            continue
        month = next((month for month in demand.months_of(wish) if ledger.has_month(wish, month)), None)
        if month is not None:
            ledger.put(wish, month)
            seats[wish.offer] -= 1
            filled[wish.offer, month].append(wish)
    for (pk, _month), wishes in filled.items():
        offer = demand.offers[pk]
        for wish in wishes[len(wishes) // offer.minimum * offer.capacity :]:
            ledger.take(wish)
    return sum(bool(months) for months in ledger.busy.values()), len(ledger.month)


def region(people: int) -> Demand:
    """A made-up region of so many people who wish."""
    rng = Random(1)
    offers = [_offer(rng, pk) for pk in range(OFFERS)]
    subject_of = [None if rng.random() < 0.3 else rng.randrange(SUBJECTS) for _ in offers]
    fitting = [[pk for pk, own in enumerate(subject_of) if own in (None, n)] for n in range(SUBJECTS)]
    liked = [min(rng.paretovariate(1.2), 8) for _ in offers]
    wishes: dict[int, Asked] = {}
    for person, (school, town, subject) in enumerate(_people(rng, people)):
        chosen: dict[int, None] = {}
        for _ in range(rng.choice([1, 2, 2, 3])):
            chosen[rng.choices(fitting[subject], [liked[pk] for pk in fitting[subject]])[0]] = None
        for priority, pk in enumerate(chosen, start=1):
            months = offers[pk].months
            some = tuple(sorted(rng.sample(months, rng.randint(1, min(3, len(months))))))
            wishes[len(wishes)] = Asked(
                id=len(wishes),
                person=person,
                offer=pk,
                months=() if rng.random() < 0.5 else some,
                priority=priority,
                school=school,
                subjects=(subject,),
                municipality=town,
                territory=town % TERRITORIES,
            )
    asked = Counter(wish.offer for wish in wishes.values())
    seats = {offer.id: max(offer.capacity, int(asked[offer.id] * rng.uniform(0.27, 1.0))) for offer in offers}
    return Demand(
        wishes=wishes,
        offers={offer.id: _with_seats(offer, seats[offer.id]) for offer in offers},
        teachers=Counter((wish.school, wish.subjects[0]) for wish in {w.person: w for w in wishes.values()}.values()),
        quotas={3: people // 25},
        points={town: (52.5 + 1.5 * rng.random(), 48.5 + 3.5 * rng.random()) for town in range(TOWNS)},
    )


def _offer(rng: Random, pk: int) -> Supply:
    many = rng.choice([1, 2, 3, 4, 5, 6, 9])
    return Supply(
        id=pk,
        seats=0,
        minimum=rng.choice([10, 12, 15]),
        capacity=rng.choice([20, 25, 25, 30]),
        months=tuple(sorted(rng.sample(_MONTHS, many))),
        places=tuple(rng.sample(range(TOWNS), rng.choice([1, 1, 1, 2, 3]))),
    )


def _with_seats(offer: Supply, seats: int) -> Supply:
    return Supply(
        id=offer.id,
        seats=seats,
        minimum=offer.minimum,
        capacity=offer.capacity,
        months=offer.months,
        places=offer.places,
    )


def _people(rng: Random, many: int) -> list[tuple[int, int, int]]:
    """School, town and subject of each person; two towns hold a third of them."""
    towns = [30.0, 18.0, *(1 + 3 * rng.random() for _ in range(TOWNS - 2))]
    subjects = [1 / (n + 2) for n in range(SUBJECTS)]
    found: list[tuple[int, int, int]] = []
    school = 0
    while len(found) < many:
        town = rng.choices(range(TOWNS), towns)[0]
        size = min(max(5, int(rng.lognormvariate(3.7, 0.6))), many - len(found))
        found += [(school, town, rng.choices(range(SUBJECTS), subjects)[0]) for _ in range(size)]
        school += 1
    return found


if __name__ == "__main__":
    main()
