"""The rule's decision on many people and one group, by statements whose number does not grow with the people."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import select

from app import models as m
from app.access import current_actor, write_scope
from app.clock import today
from app.conditions import at_work, live_enrolment
from app.extensions import db
from app.rules.decision import Decision, refuse
from app.rules.enrolment import BlockFacts, BusyPeriod, Course, Quota, Room, may_enrol, pays_for
from app.services.courses.enrolment import course_facts
from app.services.personnel.cards import people
from app.services.voucher import voucher_blocks

BlockChoice = int | Literal["auto"] | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rule says of one person: the place of work and the block to enrol with, or the sentence why not.

    ``existing`` is the person's live enrolment in the group: then nothing more is to be done. ``works_at`` is the first of
    the places of work, whatever the rule says of it. ``quota``: the one that counts at the place to enrol with.
    """

    employee_id: int
    decision: Decision
    place: m.Employment | None = None
    block: BlockFacts | None = None
    existing: m.Enrolment | None = None
    works_at: m.Employment | None = None
    quota: Quota | None = None


@dataclass(frozen=True, slots=True)
class _Facts:
    course: Course
    room: Room
    quotas: Mapping[int, Quota]
    blocks: Sequence[BlockFacts]
    busy: Sequence[BusyPeriod]


def judge(employee_ids: Collection[int], group: m.TrainingGroup) -> dict[int, Verdict]:
    """Return person → verdict, with the block that pays chosen among all of the person's."""
    course, day = course_facts.course_of(group), today()
    places = people.live_employments_of(employee_ids, on=day)
    blocks, busy = voucher_blocks.blocks_of_many(employee_ids), course_facts.busy_of_many(employee_ids)
    live = find_live(employee_ids, group.id)
    room = Room(capacity=group.capacity, taken=group.taken)
    quotas = course_facts.quotas_of(group.id, {place.organization_id for own in places.values() for place in own})
    found = {}
    for pk in employee_ids:
        verdict = _best(pk, places[pk], _Facts(course, room, quotas, blocks[pk], busy[pk]))
        works_at = places[pk][0] if places[pk] else None
        if pk in live:
            found[pk] = Verdict(pk, verdict.decision, existing=live[pk], works_at=works_at)
        else:
            found[pk] = replace(verdict, works_at=works_at)
    return found


@dataclass(frozen=True, slots=True)
class Line:
    """One person of a list before it is sent: the name, and the verdict."""

    name: str
    verdict: Verdict


def preview(employee_ids: Collection[int], group: m.TrainingGroup) -> list[Line]:
    """Return what the rule says of each of the people whom the actor may enrol: first those who may, then by name."""
    own = _own_people(select(m.Employee)).where(_among(employee_ids)).order_by(m.Employee.sort, m.Employee.id)
    names = {person.id: person.full_name for person in db.session.scalars(own)}
    verdicts = judge(list(names), group)
    lines = [Line(name, verdicts[pk]) for pk, name in names.items()]
    return sorted(lines, key=lambda line: (line.verdict.existing is not None, line.verdict.place is None))


@dataclass(frozen=True, slots=True)
class Chance:
    """A place of work from which a person may or may not be enrolled in a group, in words; ``waits``: only to wait for a seat."""

    place_id: int
    place: str
    allowed: bool
    waits: bool
    reason: str


def works_in_several(employee_id: int) -> bool:
    """Whether a person has several places of work today, of which one is chosen."""
    places = select(m.Employment.id).where(m.Employment.employee_id == employee_id, at_work())
    return len(db.session.scalars(places.limit(2)).all()) > 1


def chances_of(employee_id: int, group: m.TrainingGroup) -> list[Chance]:
    """Return what the rule says of each of a person's places of work, the best first; one without any tells why.

    Empty where nothing more is to be done: the person is enrolled already.
    """
    if employee_id in find_live([employee_id], group.id):
        return []
    places = people.live_employments_of([employee_id], on=today())[employee_id]
    if not places:
        return [Chance(0, "", allowed=False, waits=False, reason=people.NO_PLACE)]
    facts = _Facts(
        course_facts.course_of(group),
        Room(capacity=group.capacity, taken=group.taken),
        course_facts.quotas_of(group.id, {place.organization_id for place in places}),
        voucher_blocks.blocks_of(employee_id),
        course_facts.busy_of(employee_id),
    )
    decided = sorted(((place, _decide(place, facts)) for place in places), key=lambda pair: pair[1].rank)
    return [
        Chance(place.id, f"{place.position}, {place.organization}", decision.allowed, decision.waits, decision.reason)
        for place, decision in decided
    ]


def writable_people(employee_ids: Collection[int]) -> list[int]:
    """Return which of the people the actor may enrol, by rising id; raises Forbidden without the right."""
    own = _own_people(select(m.Employee.id)).where(_among(employee_ids)).order_by(m.Employee.id)
    return list(db.session.scalars(own))


def working_people(*, most: int) -> list[int]:
    """Return ids of at most so many people whom the actor may enrol and who work today."""
    place = m.Employment
    working = select(place.employee_id).where(at_work())
    own = _own_people(select(m.Employee.id)).where(m.Employee.id.in_(working)).order_by(m.Employee.id)
    return list(db.session.scalars(own.limit(most)))


def _among(employee_ids: Collection[int]) -> Any:
    return m.Employee.id.in_([pk for pk in employee_ids if 0 < pk < 2**31])


def _own_people(statement: Any) -> Any:
    actor = current_actor()
    actor.require("enrolment:add")
    expression = write_scope(actor, "employee", "enrolment:add")
    return statement if expression is None else statement.where(expression)


def quotas_left(lines: Collection[Line]) -> list[Quota]:
    """Return the quotas that count for the people who may be enrolled."""
    found = {line.verdict.quota.id: line.verdict.quota for line in lines if line.verdict.quota is not None}
    return [found[pk] for pk in sorted(found)]


def judge_one(
    employee_id: int,
    group: m.TrainingGroup,
    *,
    block_id: BlockChoice,
    employment_id: int | None = None,
    has_seat: bool = False,
) -> Verdict:
    """Return the verdict for one person with the block and the place of work chosen; raises Invalid without a place.

    ``has_seat``: one of the group's taken seats has been taken for this person.
    """
    places = people.choose_employment(employee_id, employment_id, on=today())
    room = Room(capacity=group.capacity, taken=group.taken - has_seat)
    quotas = course_facts.quotas_of(group.id, {place.organization_id for place in places})
    offered, busy = _offered(employee_id, block_id), course_facts.busy_of(employee_id)
    return _best(employee_id, places, _Facts(course_facts.course_of(group), room, quotas, offered, busy))


def _offered(employee_id: int, block_id: BlockChoice) -> list[BlockFacts]:
    if block_id is None:
        return []
    blocks = voucher_blocks.blocks_of(employee_id)
    return blocks if block_id == "auto" else [block for block in blocks if block.id == block_id]


def _best(employee_id: int, places: Sequence[m.Employment], facts: _Facts) -> Verdict:
    """The first place of work that has a seat for the person, else that may wait for one, else the first one's refusal."""
    if not places:
        return Verdict(employee_id, refuse(people.NO_PLACE))
    place, decision = min(((place, _decide(place, facts)) for place in places), key=lambda pair: pair[1].rank)
    if not decision.allowed:
        return Verdict(employee_id, decision)
    paying = next((b for b in facts.blocks if pays_for(b, facts.course)), None)
    return Verdict(employee_id, decision, place, paying, quota=facts.quotas.get(place.organization_id))


def _decide(place: m.Employment, facts: _Facts) -> Decision:
    return may_enrol(
        facts.course,
        course_facts.workplace_of(place),
        on=today(),
        room=replace(facts.room, quota=facts.quotas.get(place.organization_id)),
        blocks=facts.blocks,
        busy=facts.busy,
    )


def find_live(employee_ids: Collection[int], group_id: int) -> dict[int, m.Enrolment]:
    """Return person → the enrolment in the group that has not been ended by a refusal or a withdrawal."""
    row = m.Enrolment
    statement = select(row).where(row.employee_id.in_(employee_ids), row.group_id == group_id, live_enrolment())
    return {found.employee_id: found for found in db.session.scalars(statement)}
