"""Who would be away at once: subjects of which more than a third of a school's teachers learn in one month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from app import models as m
from app.conditions import at_work
from app.extensions import db
from app.services.planning.offers import Offered
from app.statuses import PLAN_HELD


@dataclass(frozen=True, slots=True)
class Away:
    """More than a third of a subject's teachers of one organization would learn in one month."""

    organization: str
    subject: str
    month: int
    away: int
    teachers: int


#: subject, its name, organization, person
Teacher = tuple[int, str, int, int]


def teachers_of(organization_ids: Sequence[int]) -> list[Teacher]:
    """(subject, its name, organization, person) of everybody who teaches there today."""
    subject, place, taught = m.Subject, m.Employment, m.employment_subject
    statement = (
        select(subject.id, subject.name, place.organization_id, place.employee_id)
        .join(taught, taught.c.subject_id == subject.id)
        .join(place, place.id == taught.c.employment_id)
        .where(place.organization_id.in_(organization_ids), at_work())
        .distinct()
    )
    return [tuple(values) for values in db.session.execute(statement)]


def away_of(
    campaign_id: int, named: Mapping[int, str], teachers: Sequence[Teacher], everything: Mapping[int, Offered]
) -> list[Away]:
    """Subjects of which more than a third of the teachers, and two of them at least, would learn in one month.

    A wish that may be met in several months keeps nobody away yet.
    """
    going = _going(campaign_id, {person for *_, person in teachers}, everything)
    groups: dict[tuple[int, str], set[int]] = defaultdict(set)
    for _subject, name, organization, person in teachers:
        groups[organization, name].add(person)
    found = []
    for (organization, subject), group in groups.items():
        for month, absent in going.items():
            away = len(absent & group)
            if away > 1 and away * 3 > len(group):
                found.append(Away(named[organization], subject, month, away, len(group)))
    return sorted(found, key=lambda one: (one.organization, one.month, one.subject))


def _going(campaign_id: int, employee_ids: Collection[int], everything: Mapping[int, Offered]) -> dict[int, set[int]]:
    """Month → people who learn in no other month."""
    item = m.PlanItem
    statement = select(item.employee_id, item.offer_id, item.months, item.month).where(
        item.campaign_id == campaign_id, item.employee_id.in_(employee_ids), item.status.in_(PLAN_HELD)
    )
    going: dict[int, set[int]] = defaultdict(set)
    for person, offer_id, months, month in db.session.execute(statement):
        offered = everything[offer_id].wanted.months
        possible = {month} if month else (offered & set(months) if months else offered)
        if len(possible) == 1:
            going[next(iter(possible))].add(person)
    return going
