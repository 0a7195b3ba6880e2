"""Groups out of demand: what is asked, what is offered, what a proposal of groups may not break (order § 3.3, last paragraph).

Plain values for the solver and for whoever edits a proposal by hand; ids are those of the rows.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

#: of a school's teachers of a subject no more than this part is away in one month; one of them may always go
THIRD = 3
_EARTH_KM = 6371.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A wish: who wants which offer, in which of its months, how much; ``subjects``: what the person teaches at the school."""

    id: int
    person: int
    offer: int
    months: tuple[int, ...]
    priority: int
    school: int
    subjects: tuple[int, ...]
    municipality: int
    territory: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """An offer: seats of the year, size of a group, months; ``places``: municipalities, None for study at a distance."""

    id: int
    seats: int
    minimum: int
    capacity: int
    months: tuple[int, ...]
    places: tuple[int | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A group of a proposal: ``size`` is its seats, ``wishes`` those in it."""

    offer: int
    month: int
    place: int | None
    size: int
    wishes: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Demand:
    """All wishes of a campaign with all that limits them.

    ``teachers``: (school, subject) → people who teach it there; ``quotas``: territory → most people; ``points``: municipality
    → latitude and longitude. ``locked``: groups that stand, their wishes among ``wishes``.
    """

    wishes: Mapping[int, Asked]
    offers: Mapping[int, Supply]
    teachers: Mapping[tuple[int, int], int] = field(default_factory=dict)
    quotas: Mapping[int, int] = field(default_factory=dict)
    points: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    locked: Sequence[Proposed] = ()

    def away_at_most(self, school: int, subject: int) -> int:
        """How many of a school's teachers of a subject may be away in one month."""
        return max(1, self.teachers.get((school, subject), 0) // THIRD)

    def distance(self, one: int | None, other: int | None) -> float:
        """Kilometres between two municipalities as the crow flies; 0 at a distance and where no coordinates are known."""
        if one is None or other is None or one == other or one not in self.points or other not in self.points:
            return 0.0
        return great_circle(self.points[one], self.points[other])

    def months_of(self, wish: Asked) -> tuple[int, ...]:
        """Months in which a wish can be served, the earliest first: those of the offer that suit the person."""
        months = self.offers[wish.offer].months
        return tuple(month for month in months if not wish.months or month in wish.months)


def great_circle(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Kilometres between two points given as latitude and longitude in degrees."""
    (lat1, lon1), (lat2, lon2) = ([math.radians(x) for x in point] for point in (one, other))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * _EARTH_KM * math.asin(math.sqrt(half))


class Ledger:
    """What is taken by those who are in groups: months of people, absences of schools, seats of offers, people of territories."""

    def __init__(self, demand: Demand) -> None:
        self.demand = demand
        #: person → month → wish
        self.busy: dict[int, dict[int, int]] = defaultdict(dict)
        self.away: Counter[tuple[int, int, int]] = Counter()
        self.people: Counter[int] = Counter()
        self.month: dict[int, int] = {}
        for group in demand.locked:
            for pk in group.wishes:
                self.put(demand.wishes[pk], group.month)

    def put(self, wish: Asked, month: int) -> None:
        """Count a wish as served in a month."""
        if not self.busy[wish.person]:
            self.people[wish.territory] += 1
        self.busy[wish.person][month] = wish.id
        self.month[wish.id] = month
        for subject in wish.subjects:
            self.away[wish.school, subject, month] += 1

    def take(self, wish: Asked) -> None:
        """Count a wish as not served any more."""
        month = self.month.pop(wish.id)
        del self.busy[wish.person][month]
        if not self.busy[wish.person]:
            self.people[wish.territory] -= 1
        for subject in wish.subjects:
            self.away[wish.school, subject, month] -= 1

    def has_month(self, wish: Asked, month: int) -> bool:
        """Whether the person and the school can spare the month."""
        return month not in self.busy[wish.person] and all(self.room(wish, s, month) > 0 for s in wish.subjects)

    def room(self, wish: Asked, subject: int, month: int) -> int:
        """How many more teachers of a subject the school can spare in a month."""
        return self.demand.away_at_most(wish.school, subject) - self.away[wish.school, subject, month]

    def quota_left(self, wish: Asked) -> bool:
        """Whether the territory's quota has room for the person, or has counted the person already."""
        quota = self.demand.quotas.get(wish.territory)
        return quota is None or bool(self.busy[wish.person]) or self.people[wish.territory] < quota


# --- what a proposal may not break -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A rule that a proposal breaks: which, of whom (ids by the rule), in which month, by which numbers; which groups."""

    rule: str
    of: tuple[int, ...]
    month: int | None = None
    have: int = 0
    most: int = 0
    groups: tuple[int, ...] = ()


def broken_rules(demand: Demand, groups: Sequence[Proposed]) -> list[Broken]:
    """Return all that the groups break; ``Broken.groups`` are positions in ``groups``."""
    return [*_sizes(demand, groups), *_seats(demand, groups), *_people(demand, groups), *_schools(demand, groups)]


def _sizes(demand: Demand, groups: Sequence[Proposed]) -> Iterable[Broken]:
    for n, group in enumerate(groups):
        offer, have = demand.offers[group.offer], len(group.wishes)
        if have < offer.minimum:
            yield Broken(rule="few", of=(offer.id,), month=group.month, have=have, most=offer.minimum, groups=(n,))
        if have > group.size:
            yield Broken(rule="crowded", of=(offer.id,), month=group.month, have=have, most=group.size, groups=(n,))
        if group.size > offer.capacity:
            yield Broken(
                rule="large", of=(offer.id,), month=group.month, have=group.size, most=offer.capacity, groups=(n,)
            )
        if group.month not in offer.months:
            yield Broken(rule="offer_month", of=(offer.id,), month=group.month, groups=(n,))
        if group.place not in offer.places:
            yield Broken(rule="place", of=(offer.id,), month=group.month, groups=(n,))


def _seats(demand: Demand, groups: Sequence[Proposed]) -> Iterable[Broken]:
    of_offer: dict[int, list[int]] = defaultdict(list)
    for n, group in enumerate(groups):
        of_offer[group.offer].append(n)
    for pk, mine in of_offer.items():
        have = sum(groups[n].size for n in mine)
        if have > demand.offers[pk].seats:
            yield Broken(rule="seats", of=(pk,), have=have, most=demand.offers[pk].seats, groups=tuple(mine))


def _people(demand: Demand, groups: Sequence[Proposed]) -> Iterable[Broken]:
    months: dict[tuple[int, int], list[int]] = defaultdict(list)
    served: dict[int, set[int]] = defaultdict(set)
    seen: Counter[int] = Counter()
    for n, group in enumerate(groups):
        for pk in group.wishes:
            wish = demand.wishes[pk]
            months[wish.person, group.month].append(n)
            served[wish.territory].add(wish.person)
            seen[pk] += 1
            if wish.months and group.month not in wish.months:
                yield Broken(rule="wish_month", of=(wish.person,), month=group.month, groups=(n,))
            if wish.offer != group.offer:
                yield Broken(rule="other_offer", of=(wish.person,), groups=(n,))
    for (person, month), mine in months.items():
        if len(mine) > 1:
            yield Broken(rule="twice", of=(person,), month=month, have=len(mine), most=1, groups=tuple(mine))
    for pk, times in seen.items():
        if times > 1:
            yield Broken(rule="again", of=(demand.wishes[pk].person,), have=times, most=1)
    for territory, most in demand.quotas.items():
        if len(served[territory]) > most:
            yield Broken(rule="quota", of=(territory,), have=len(served[territory]), most=most)


def _schools(demand: Demand, groups: Sequence[Proposed]) -> Iterable[Broken]:
    away: dict[tuple[int, int, int], set[int]] = defaultdict(set)
    where: dict[tuple[int, int, int], set[int]] = defaultdict(set)
    for n, group in enumerate(groups):
        for pk in group.wishes:
            wish = demand.wishes[pk]
            for subject in wish.subjects:
                away[wish.school, subject, group.month].add(wish.person)
                where[wish.school, subject, group.month].add(n)
    for (school, subject, month), people in away.items():
        most = demand.away_at_most(school, subject)
        if len(people) > most:
            mine = tuple(sorted(where[school, subject, month]))
            yield Broken(rule="third", of=(school, subject), month=month, have=len(people), most=most, groups=mine)


# --- why a wish is left over -------------------------------------------------------------------------------------------

#: code → words, as the page of a proposal says them
LEFT: Mapping[str, str] = {
    "months": "Организатор не учит в те месяцы, которые подходят человеку",
    "few": "Желающих меньше, чем нужно для группы",
    "seats": "Мест организатора на год не хватило",
    "quota": "Квота территории исчерпана",
    "busy": "В эти месяцы человек уже учится в другой группе плана",
    "third": "В эти месяцы из школы уже уезжает треть учителей предмета",
    "full": "Группы в подходящие месяцы полны, на ещё одну людей мало",
    "hand": "Убрано из группы вручную",
}


def why_left(wish: Asked, ledger: Ledger, *, opened: Collection[int], seats_left: int, askers: int) -> str:
    """Return the code of the reason why a wish is in no group; ``opened``: months in which its offer has groups."""
    demand = ledger.demand
    offer, months = demand.offers[wish.offer], demand.months_of(wish)
    if not months:
        return "months"
    if askers < offer.minimum:
        return "few"
    if not ledger.quota_left(wish):
        return "quota"
    if seats_left <= 0:
        return "seats"
    free = [month for month in months if month not in ledger.busy[wish.person]]
    if not free:
        return "busy"
    if not any(ledger.has_month(wish, month) for month in free):
        return "third"
    return "full" if opened else "few"
