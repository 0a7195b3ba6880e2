"""The rule's decision for each of many people and one group, by statements whose number does not grow with the people."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select

from app import models as m
from app.clock import today
from app.extensions import db
from app.rules import BlockFacts, BusyPeriod, Course, Decision, may_enrol, pays_for, refuse
from app.services import people, seats
from app.statuses import ENROLMENT_ENDED

BlockChoice = int | Literal["auto"] | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rule says of one person: the place of work and the block to enrol with, or the sentence why not.

    ``existing`` is the person's live enrolment in the group: then nothing more is to be done.
    """

    employee_id: int
    decision: Decision
    place: m.Employment | None = None
    block: BlockFacts | None = None
    existing: m.Enrolment | None = None


@dataclass(frozen=True, slots=True)
class _Facts:
    course: Course
    blocks: Sequence[BlockFacts]
    busy: Sequence[BusyPeriod]


def judge(employee_ids: Collection[int], group: m.TrainingGroup) -> dict[int, Verdict]:
    """Return person → verdict, with the block that pays chosen among all of the person's."""
    course, day = seats.course_of(group), today()
    places = people.live_employments_of(employee_ids, on=day)
    blocks, busy = seats.blocks_of_many(employee_ids), seats.busy_of_many(employee_ids)
    live = find_live(employee_ids, group.id)
    found = {}
    for pk in employee_ids:
        verdict = _best(pk, places[pk], _Facts(course, blocks[pk], busy[pk]))
        found[pk] = verdict if pk not in live else Verdict(pk, verdict.decision, existing=live[pk])
    return found


def judge_one(employee_id: int, group: m.TrainingGroup, *, block_id: BlockChoice, employment_id: int | None) -> Verdict:
    """Return the verdict for one person with the block and the place of work chosen; raises Invalid without a place."""
    places = people.choose_employment(employee_id, employment_id, on=today())
    facts = _Facts(seats.course_of(group), _offered(employee_id, block_id), seats.busy_of(employee_id))
    return _best(employee_id, places, facts)


def _offered(employee_id: int, block_id: BlockChoice) -> list[BlockFacts]:
    if block_id is None:
        return []
    blocks = seats.blocks_of(employee_id)
    return blocks if block_id == "auto" else [block for block in blocks if block.id == block_id]


def _best(employee_id: int, places: Sequence[m.Employment], facts: _Facts) -> Verdict:
    """The first place of work from which the person may enrol, else the first one's refusal."""
    refusals: list[Decision] = []
    for place in places:
        workplace = seats.workplace_of(place)
        decision = may_enrol(facts.course, workplace, on=today(), blocks=facts.blocks, busy=facts.busy)
        if decision.allowed:
            paying = next((b for b in facts.blocks if pays_for(b, facts.course)), None)
            return Verdict(employee_id, decision, place, paying)
        refusals.append(decision)
    return Verdict(employee_id, refusals[0] if refusals else refuse(people.NO_PLACE))


def find_live(employee_ids: Collection[int], group_id: int) -> dict[int, m.Enrolment]:
    """Return person → the enrolment in the group that has not been ended by a refusal or a withdrawal."""
    row = m.Enrolment
    statement = select(row).where(
        row.employee_id.in_(employee_ids), row.group_id == group_id, row.status.not_in(ENROLMENT_ENDED)
    )
    return {found.employee_id: found for found in db.session.scalars(statement)}
