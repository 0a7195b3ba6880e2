"""Where the groups of an offer and a month are, and who is in which: by travel, then as few as can be."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Sequence

from app.rules.plan_groups import Asked, Demand, Proposed, Supply
from app.services.planning.linear_model import Model

#: a group more is worth less than a person's kilometre
_GROUP = 0.5


def split(demand: Demand, offer: Supply, month: int, wishes: Sequence[Asked]) -> list[Proposed]:
    """Return the groups for people who fit into whole groups; nobody is left out."""
    at = _at_places(demand, offer, wishes)
    groups = []
    for place in offer.places:
        if at.get(place):
            groups += _even(offer, month, place, at[place])
    return groups


def _even(offer: Supply, month: int, place: int | None, wishes: Sequence[Asked]) -> list[Proposed]:
    """As few groups as can be, alike in size, colleagues together."""
    ordered = sorted(wishes, key=lambda wish: (wish.municipality, wish.school, wish.id))
    many = math.ceil(len(ordered) / offer.capacity)
    bounds = [len(ordered) * n // many for n in range(many + 1)]
    return [
        Proposed(
            offer=offer.id,
            month=month,
            place=place,
            size=last - first,
            wishes=tuple(wish.id for wish in ordered[first:last]),
        )
        for first, last in itertools.pairwise(bounds)
    ]


def _at_places(demand: Demand, offer: Supply, wishes: Sequence[Asked]) -> dict[int | None, list[Asked]]:
    if len(offer.places) == 1 or len(wishes) < 2 * offer.minimum:
        return {_nearest(demand, offer, wishes): list(wishes)}
    from_where: dict[int, list[Asked]] = defaultdict(list)
    for wish in sorted(wishes, key=lambda wish: (wish.school, wish.id)):
        from_where[wish.municipality].append(wish)
    model = Model()
    to: dict[int | None, list[tuple[int, float]]] = defaultdict(list)
    parts: list[tuple[int, int | None, int]] = []
    for home, people in from_where.items():
        mine = [(model.add(-demand.distance(home, place), len(people)), place) for place in offer.places]
        model.limit([(part, 1.0) for part, _ in mine], least=len(people), most=len(people))
        for part, place in mine:
            to[place].append((part, 1.0))
            parts.append((home, place, part))
    for terms in to.values():
        groups = model.add(-_GROUP, len(wishes) // offer.minimum)
        model.limit([*terms, (groups, -float(offer.minimum))], least=0)
        model.limit([*terms, (groups, -float(offer.capacity))], most=0)
    found = model.solve(whole=True, seconds=1.0, gap=0.01)
    if found is None:
        return {_nearest(demand, offer, wishes): list(wishes)}
    at: dict[int | None, list[Asked]] = defaultdict(list)
    for home, place, part in parts:
        for _ in range(round(found.values[part])):
            at[place].append(from_where[home].pop())
    return at


def _nearest(demand: Demand, offer: Supply, wishes: Sequence[Asked]) -> int | None:
    """The place to which all together travel least."""
    return min(offer.places, key=lambda place: sum(demand.distance(wish.municipality, place) for wish in wishes))
