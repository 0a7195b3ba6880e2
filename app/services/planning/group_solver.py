"""Groups out of all wishes at once, by an integer solver: offer by offer, led by a relaxation that also bounds the result.

1. For each offer the most wishes that any choice of its months could serve (``_ceiling``), solved to the end.
2. With these ceilings a flow of people to offers: its optimum is the most people that any proposal serves, and it says which
   offer is to serve whom (``_guide``).
3. Offer by offer, hardest first: whom to teach in which month, exactly, with what the offers before have taken.
4. The offers that people without a place had asked for once more, all else standing, until nobody is gained.
5. Within offer and month: where the groups are, by travel, then as few as can be (``group_places``).
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from app.rules.plan_groups import Asked, Demand, Ledger, Proposed, Supply, why_left
from app.services.planning import group_places
from app.services.planning.linear_model import Model

#: what a wish is worth, in this order: the person has nothing else; this offer is to serve the person; priority; month
_PERSON, _GUIDED, _AGAIN, _PRIORITY, _MONTH = 1000.0, 600.0, 200.0, 30.0, 1.0
#: ... and what a group more costs
_GROUP = 0.5
_SECONDS, _GAP = 1.0, 0.004
#: once more is asked while more than this part of the bound has no place, and so long
_ENOUGH, _SWEEPS, _SWEEP_SECONDS = 0.995, 3, 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the solver proposes: groups without the locked ones, wish → reason for the others, people served and at most."""

    groups: list[Proposed]
    left: dict[int, str]
    people: int
    bound: int


def propose(demand: Demand, tell: Callable[[int, int], None] = lambda done, total: None) -> Plan:
    """Return groups for the wishes that are in no locked one; ``tell`` hears of steps done and of all steps."""
    return _Solving(demand, tell).run()


class _Solving:
    def __init__(self, demand: Demand, tell: Callable[[int, int], None]) -> None:
        self.demand, self.tell = demand, tell
        self.ledger = Ledger(demand)
        held = {pk for group in demand.locked for pk in group.wishes}
        self.asked: dict[int, list[Asked]] = defaultdict(list)
        self.of_person: dict[int, list[Asked]] = defaultdict(list)
        for wish in demand.wishes.values():
            if wish.id not in held:
                self.of_person[wish.person].append(wish)
                if demand.months_of(wish):
                    self.asked[wish.offer].append(wish)
        self.seats = {pk: offer.seats for pk, offer in demand.offers.items()}
        for group in demand.locked:
            self.seats[group.offer] -= group.size
        self.guided: dict[int, int] = {}
        self.done, self.total = 0, 3 * len(self.asked) + 1

    def run(self) -> Plan:
        ceilings = {pk: self._ceiling(offer, wishes) for pk, offer, wishes in self._offers()}
        self.guided, bound = self._guide(ceilings)
        # an offer that has hardly enough people for a group needs each of them, a large one has others
        rank = sorted((pk for pk in ceilings if ceilings[pk]), key=lambda pk: (ceilings[pk], pk))
        for pk in rank:
            self._settle(pk)
        self._sweep(ceilings, bound)
        return self._plan(bound)

    def _step(self) -> None:
        self.done = min(self.done + 1, self.total)
        self.tell(self.done, self.total)

    def _offers(self) -> list[tuple[int, Supply, list[Asked]]]:
        return [(pk, self.demand.offers[pk], wishes) for pk, wishes in sorted(self.asked.items())]

    def _ceiling(self, offer: Supply, wishes: Sequence[Asked]) -> int:
        """The most wishes of an offer that any choice of months and sizes serves; wishes with the same months are one."""
        self._step()
        alike = Counter(self.demand.months_of(wish) for wish in wishes)
        seats = min(self.seats[offer.id], len(wishes))
        if seats < offer.minimum:
            return 0
        model = Model()
        in_month: dict[int, list[tuple[int, float]]] = defaultdict(list)
        for months, many in alike.items():
            parts = [(model.add(1.0, many), month) for month in months]
            model.limit([(part, 1.0) for part, _ in parts], most=many)
            for part, month in parts:
                in_month[month].append((part, 1.0))
        # the bound is one of people: groups cost nothing here
        _limit_groups(model, offer, in_month, seats, cost=0.0)
        found = model.solve(whole=True, seconds=2 * _SECONDS)
        return seats if found is None else min(seats, int(found.bound + 1e-6))

    # --- who is to be served by which offer ---------------------------------------------------------------------------

    def _guide(self, ceilings: Mapping[int, int]) -> tuple[dict[int, int], int]:
        """Return person → offer of the largest flow, and its size with the people of locked groups: nobody serves more."""
        alike: dict[tuple[int | None, tuple[int, ...]], list[int]] = defaultdict(list)
        served = {person for person, months in self.ledger.busy.items() if months}
        for person, wishes in self.of_person.items():
            offers = tuple(sorted({wish.offer for wish in wishes if ceilings.get(wish.offer)}))
            if offers and person not in served:
                territory = wishes[0].territory if wishes[0].territory in self.demand.quotas else None
                alike[territory, offers].append(person)
        model = Model()
        parts: list[tuple[list[int], int, int]] = []
        of_offer: dict[int, list[tuple[int, float]]] = defaultdict(list)
        of_territory: dict[int, list[tuple[int, float]]] = defaultdict(list)
        for (territory, offers), people in alike.items():
            mine = [(model.add(1.0, len(people)), pk) for pk in offers]
            model.limit([(part, 1.0) for part, _ in mine], most=len(people))
            for part, pk in mine:
                parts.append((people, part, pk))
                of_offer[pk].append((part, 1.0))
                if territory is not None:
                    of_territory[territory].append((part, 1.0))
        for pk, terms in of_offer.items():
            model.limit(terms, most=ceilings[pk])
        for territory, terms in of_territory.items():
            model.limit(terms, most=max(0, self.demand.quotas[territory] - self.ledger.people[territory]))
        found = model.solve(whole=False, seconds=60)
        self._step()
        if found is None:
            return {}, len(served) + sum(len(people) for people in alike.values())
        used: Counter[int] = Counter()
        guided = {}
        for people, part, pk in parts:
            for person in people[used[id(people)] : used[id(people)] + round(found.values[part])]:
                guided[person] = pk
            used[id(people)] += round(found.values[part])
        return guided, len(served) + int(found.bound + 1e-6)

    # --- one offer, the others standing -------------------------------------------------------------------------------

    def _settle(self, pk: int) -> None:
        """Choose for one offer whom it teaches in which month; what it had chosen before is chosen anew."""
        self._step()
        offer = self.demand.offers[pk]
        before = {wish.id: self.ledger.month[wish.id] for wish in self.asked[pk] if wish.id in self.ledger.month}
        for wish in self.asked[pk]:
            if wish.id in before:
                self.ledger.take(wish)
        chosen = self._choose(offer)
        if chosen is None:
            chosen = [(self.demand.wishes[wish], month) for wish, month in before.items()]
        for wish, month in chosen:
            self.ledger.put(wish, month)

    def _choose(self, offer: Supply) -> list[tuple[Asked, int]] | None:
        model = Model()
        columns: list[tuple[Asked, int]] = []
        in_month: dict[int, list[tuple[int, float]]] = defaultdict(list)
        away: dict[tuple[int, int, int], list[tuple[int, float]]] = defaultdict(list)
        new_people: dict[int, list[tuple[int, float]]] = defaultdict(list)
        for wish in self.asked[offer.id]:
            if not self.ledger.quota_left(wish):
                continue
            months = [month for month in self.demand.months_of(wish) if self.ledger.has_month(wish, month)]
            parts = []
            for rank, month in enumerate(months):
                part = model.add(self._worth(wish) - _MONTH * rank)
                columns.append((wish, month))
                parts.append((part, 1.0))
                in_month[month].append((part, 1.0))
                for subject in wish.subjects:
                    away[wish.school, subject, month].append((part, 1.0))
                if wish.territory in self.demand.quotas and not self.ledger.busy[wish.person]:
                    new_people[wish.territory].append((part, 1.0))
            if len(parts) > 1:
                model.limit(parts, most=1)
        for (school, subject, month), terms in away.items():
            room = self.demand.away_at_most(school, subject) - self.ledger.away[school, subject, month]
            if len(terms) > room:
                model.limit(terms, most=room)
        for territory, terms in new_people.items():
            model.limit(terms, most=self.demand.quotas[territory] - self.ledger.people[territory])
        _limit_groups(model, offer, in_month, self.seats[offer.id], cost=_GROUP)
        found = model.solve(whole=True, seconds=_SECONDS, gap=_GAP)
        if found is None:
            return None
        return [column for column, value in zip(columns, found.values, strict=False) if value > 0.5]

    def _worth(self, wish: Asked) -> float:
        if self.ledger.busy[wish.person]:
            base = _AGAIN
        elif self.guided.get(wish.person) == wish.offer or len(self.of_person[wish.person]) == 1:
            base = _PERSON + _GUIDED
        else:
            base = _PERSON
        return base - _PRIORITY * wish.priority

    def _sweep(self, ceilings: Mapping[int, int], bound: int) -> None:
        """Settle once more the offers that people without a place had asked for, as long as people are gained."""
        until = time.monotonic() + _SWEEP_SECONDS
        for _ in range(_SWEEPS):
            if self._people() >= _ENOUGH * bound:
                return
            waiting = {person for person in self.of_person if not self.ledger.busy[person]}
            again = {wish.offer for person in waiting for wish in self.of_person[person] if ceilings.get(wish.offer)}
            self.guided = {}
            for pk in sorted(again, key=lambda pk: (ceilings[pk], pk)):
                if time.monotonic() < until:
                    self._settle(pk)
            gained = sum(bool(self.ledger.busy[person]) for person in waiting)
            if gained * 500 < len(self.of_person):
                return

    # --- the proposal -------------------------------------------------------------------------------------------------

    def _plan(self, bound: int) -> Plan:
        groups: list[Proposed] = []
        for pk, offer, wishes in self._offers():
            by_month: dict[int, list[Asked]] = defaultdict(list)
            for wish in wishes:
                if wish.id in self.ledger.month:
                    by_month[self.ledger.month[wish.id]].append(wish)
            for month in sorted(by_month):
                groups += group_places.split(self.demand, self.demand.offers[pk], month, by_month[month])
            self.seats[offer.id] -= sum(len(mine) for mine in by_month.values())
        people = self._people()
        self.tell(self.total, self.total)
        return Plan(groups=groups, left=self._left(groups), people=people, bound=max(bound, people))

    def _people(self) -> int:
        return sum(bool(months) for months in self.ledger.busy.values())

    def _left(self, groups: Sequence[Proposed]) -> dict[int, str]:
        opened: dict[int, set[int]] = defaultdict(set)
        for group in [*groups, *self.demand.locked]:
            opened[group.offer].add(group.month)
        return {
            wish.id: why_left(
                wish,
                self.ledger,
                opened=opened[wish.offer],
                seats_left=self.seats[wish.offer],
                askers=len(self.asked[wish.offer]),
            )
            for wishes in self.of_person.values()
            for wish in wishes
            if wish.id not in self.ledger.month
        }


def _limit_groups(
    model: Model, offer: Supply, in_month: Mapping[int, Sequence[tuple[int, float]]], seats: int, *, cost: float
) -> None:
    """People of a month fit into whole groups between the smallest and the largest size; the year has ``seats``."""
    everybody: list[tuple[int, float]] = []
    for terms in in_month.values():
        groups = model.add(-cost, max(0, min(seats, len(terms) * offer.capacity) // offer.minimum))
        model.limit([*terms, (groups, -float(offer.minimum))], least=0)
        model.limit([*terms, (groups, -float(offer.capacity))], most=0)
        everybody += terms
    model.limit(everybody, most=max(0, seats))
