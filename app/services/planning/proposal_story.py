"""What a proposal of groups comes to, for its page: numbers, offers by month, who is left over and why, what is broken."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from app import models as m
from app.access import unscoped
from app.extensions import db
from app.labels import MONTHS
from app.rules.plan_groups import LEFT, Broken
from app.russian import count
from app.services.planning import proposal_edits

#: of broken rules the page tells so many
TOLD = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A group on the page: how many people of how many seats, where."""

    id: int
    month: int
    people: int
    size: int
    place: str
    locked: bool
    wrong: bool
    group_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferLine:
    """An offer with its groups by month; ``left``: wishes for it that are in no group."""

    id: int
    title: str
    organizer: str
    months: tuple[int, ...]
    seats: int
    taken: int
    left: int
    groups: Mapping[int, Sequence[Chip]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The whole proposal in numbers."""

    groups: int
    wishes: int
    left: Sequence[tuple[str, int]] = field(default=())
    organizers: Sequence[tuple[int, str, int]] = field(default=())


def numbers(proposal: m.PlanProposal) -> Numbers:
    """Return how many groups and wishes there are, the reasons of those left over, the organizers with their groups."""
    link, group = m.PlanProposalItem, m.PlanProposalGroup
    reasons = db.session.execute(
        select(link.reason, func.count()).where(link.proposal_id == proposal.id).group_by(link.reason)
    )
    by_reason: dict[str | None, int] = dict(reasons.tuples().all())
    statement = (
        select(m.Organization.id, m.Organization.short_name, func.count())
        .join(m.PlanOffer, m.PlanOffer.organizer_id == m.Organization.id)
        .join(group, group.offer_id == m.PlanOffer.id)
        .where(group.proposal_id == proposal.id)
        .group_by(m.Organization.id)
        .order_by(m.Organization.sort, m.Organization.id)
    )
    organizers = [(pk, name, many) for pk, name, many in db.session.execute(statement)]
    left = [(words, by_reason[code]) for code, words in LEFT.items() if by_reason.get(code)]
    return Numbers(
        groups=sum(many for _, _, many in organizers),
        wishes=by_reason.get(None, 0),
        left=sorted(left, key=lambda one: -one[1]),
        organizers=organizers,
    )


def offer_lines(proposal: m.PlanProposal, organizer_id: int | None, wrong: Collection[int]) -> list[OfferLine]:
    """Return the offers of an organizer (None: of all) that have groups or people left over, by organizer and title."""
    chips = _chips(proposal, organizer_id, wrong)
    left = _left_by_offer(proposal)
    offer = m.PlanOffer
    statement = (
        select(offer)
        .join(m.Program, m.Program.id == offer.program_id)
        .join(m.Organization, m.Organization.id == offer.organizer_id)
        .where(offer.id.in_({*chips, *left}), offer.campaign_id == proposal.campaign_id)
        .options(joinedload(offer.program), joinedload(offer.organizer))
        .order_by(m.Organization.sort, m.Program.sort, offer.id)
    )
    if organizer_id is not None:
        statement = statement.where(offer.organizer_id == organizer_id)
    with unscoped("offers of the plan, whatever became of them"):
        rows = list(db.session.scalars(statement))
    return [
        OfferLine(
            id=row.id,
            title=row.program.title,
            organizer=row.organizer.short_name,
            months=tuple(row.months),
            seats=row.seats,
            taken=sum(chip.people for found in chips.get(row.id, {}).values() for chip in found),
            left=left.get(row.id, 0),
            groups=chips.get(row.id, {}),
        )
        for row in rows
    ]


def _chips(
    proposal: m.PlanProposal, organizer_id: int | None, wrong: Collection[int]
) -> dict[int, dict[int, list[Chip]]]:
    group, link, town = m.PlanProposalGroup, m.PlanProposalItem, m.Municipality
    statement: Any = (
        select(group, town.name, func.count(link.id))
        .outerjoin(town, town.id == group.municipality_id)
        .outerjoin(link, link.proposal_group_id == group.id)
        .where(group.proposal_id == proposal.id)
        .group_by(group.id, town.name)
        .order_by(group.id)
    )
    if organizer_id is not None:
        statement = statement.join(m.PlanOffer, m.PlanOffer.id == group.offer_id).where(
            m.PlanOffer.organizer_id == organizer_id
        )
    found: dict[int, dict[int, list[Chip]]] = defaultdict(lambda: defaultdict(list))
    for row, place, people in db.session.execute(statement):
        chip = Chip(
            id=row.id,
            month=row.month,
            people=people,
            size=row.size,
            place=place or "дистанционно",
            locked=row.locked,
            wrong=row.id in wrong,
            group_id=row.group_id,
        )
        found[row.offer_id][row.month].append(chip)
    return found


def _left_by_offer(proposal: m.PlanProposal) -> dict[int, int]:
    link, item = m.PlanProposalItem, m.PlanItem
    statement = (
        select(item.offer_id, func.count())
        .join(link, link.item_id == item.id)
        .where(link.proposal_id == proposal.id, link.proposal_group_id.is_(None))
        .group_by(item.offer_id)
    )
    return dict(db.session.execute(statement).tuples().all())


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A wish in a group, or left over with its reason."""

    item_id: int
    employee_id: int
    name: str
    school: str
    place: str
    months: str
    reason: str


def members(proposal: m.PlanProposal, *, group_id: int | None = None, offer_id: int | None = None) -> list[Member]:
    """Return the people of a group, or those whom an offer leaves over, by surname."""
    link, item, place, school = m.PlanProposalItem, m.PlanItem, m.Employment, m.Organization
    statement = (
        select(item, m.Employee, school.short_name, m.Municipality.name, link.reason)
        .join(link, link.item_id == item.id)
        .join(m.Employee, m.Employee.id == item.employee_id)
        .join(place, place.id == item.employment_id)
        .join(school, school.id == place.organization_id)
        .join(m.Municipality, m.Municipality.id == school.municipality_id)
        .where(link.proposal_id == proposal.id)
        .order_by(m.Employee.sort, item.id)
    )
    if group_id is not None:
        statement = statement.where(link.proposal_group_id == group_id)
    else:
        statement = statement.where(link.proposal_group_id.is_(None), item.offer_id == offer_id)
    return [
        Member(
            item_id=row.id,
            employee_id=person.id,
            name=person.short_name,
            school=name,
            place=town,
            months=", ".join(MONTHS[str(n)] for n in row.months) or "любые",
            reason=LEFT[reason] if reason else "",
        )
        for row, person, name, town, reason in db.session.execute(statement)
    ]


# --- what is broken, in words ------------------------------------------------------------------------------------------

_WORDS: Mapping[str, str] = {
    "few": "{month}: в группе {have}, а меньше {most} человек организатор не учит.",
    "crowded": "{month}: в группе {have}, а мест {most}.",
    "large": "{month}: мест в группе {have}, а больше {most} организатор не берёт.",
    "offer_month": "{month}: организатор в этот месяц не учит.",
    "place": "{month}: здесь организатор не учит.",
    "seats": "Мест в группах программы {have}, а организатор предложил на год {most}.",
    "wish_month": "{month}: этот месяц человеку не подходит.",
    "other_offer": "Человек выбрал другую программу.",
    "twice": "{month}: человек сразу в {have} группах.",
    "again": "Одна заявка сразу в {have} группах.",
    "quota": "Людей в группах {have}, а квота территории — {most}.",
    "third": "{month}: уезжают {have} учителей предмета, а треть — {most}.",
}


def broken_words(found: Sequence[Broken]) -> list[str]:
    """Say the first of the broken rules in words, with whom each is about."""
    return [f"{_of_whom(one)}. {_sentence(one)}" for one in found[:TOLD]]


def _sentence(one: Broken) -> str:
    month = MONTHS[str(one.month)].capitalize() if one.month else ""
    return _WORDS[one.rule].format(month=month, have=one.have, most=one.most)


def _of_whom(one: Broken) -> str:
    first = one.of[0]
    with unscoped("names of what a proposal breaks"):
        if one.rule in ("twice", "again", "wish_month", "other_offer"):
            person = db.session.get(m.Employee, first)
            return person.short_name if person else ""
        if one.rule == "quota":
            return str(db.session.get(m.Territory, first))
        if one.rule == "third":
            school, subject = db.session.get(m.Organization, first), db.session.get(m.Subject, one.of[1])
            return f"{school}, {subject}"
        offer = db.session.get(m.PlanOffer, first)
        return offer.program.title if offer else ""


def broken_ids(found: Sequence[Broken]) -> frozenset[int]:
    """Groups that take part in what is broken."""
    return frozenset(pk for one in found for pk in one.groups)


def told_rest(found: Sequence[Broken]) -> str:
    """How many more are broken than are told."""
    rest = len(found) - TOLD
    return f"И ещё {count(rest, 'нарушение', 'нарушения', 'нарушений')}." if rest > 0 else ""


def groups_of_offer(proposal: m.PlanProposal, offer_id: int, *, but: int = 0) -> list[m.PlanProposalGroup]:
    """Groups of an offer to which people may be moved, by month; ``but``: not this one."""
    group = m.PlanProposalGroup
    statement = (
        select(group)
        .where(group.proposal_id == proposal.id, group.offer_id == offer_id, group.id != but)
        .options(joinedload(group.municipality))
        .order_by(group.month, group.id)
    )
    return list(db.session.scalars(statement))


def places_in_words(offer: m.PlanOffer) -> list[tuple[str, str]]:
    """Places of an offer as choices: id and name, an empty id at a distance."""
    ids = [pk for pk in proposal_edits.places_of(offer) if pk is not None]
    names = dict(
        db.session.execute(select(m.Municipality.id, m.Municipality.name).where(m.Municipality.id.in_(ids))).all()
    )
    return [(str(pk), names[pk]) if pk is not None else ("", "Дистанционно") for pk in proposal_edits.places_of(offer)]
