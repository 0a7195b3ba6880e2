"""What an organizer has put up for a year and what lacks; many programs put up at once by last year's plan or this year's groups."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import extract, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import joinedload

from app import models as m
from app.access import current_actor
from app.clock import today
from app.errors import Invalid, PortalError
from app.extensions import db
from app.services.courses.program import program_editions
from app.services.planning import campaigns
from app.services.planning.offers import CAPACITY, MINIMUM
from app.services.portal import records
from app.statuses import BEGUN, FILLING, OfferStatus, ProgramStatus
from app.unit_of_work import translate_database_error, use_case

#: groups by which the months and sizes of a program are known
_KNOWN_BY = FILLING | BEGUN
#: as many programs at once
MOST = 100


@dataclass(frozen=True, slots=True)
class Sizes:
    """Months, seats of the year, sizes of a group, places: what an offer says beside its program."""

    months: tuple[int, ...]
    seats: int
    minimum: int = MINIMUM
    capacity: int = CAPACITY
    municipality_ids: tuple[int, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """A program that could be put up and is not; ``id`` is that of its row, ``sizes`` what would be put up, None: unknown yet."""

    id: int
    code: str
    title: str
    sizes: Sizes | None = None


@dataclass(frozen=True, slots=True)
class OfferPlace:
    """Everything of an organizer's year.

    ``unpublished``: put up, but people do not see them; ``own``: programs of the year that are not put up; ``former``: offers of
    the last plan without one in this; ``current``: programs of the year before without one.
    """

    campaign: m.PlanCampaign
    offers: Sequence[m.PlanOffer]
    own: Sequence[Missing]
    former: Sequence[Missing]
    current: Sequence[Missing]

    @property
    def unpublished(self) -> list[m.PlanOffer]:
        """Offers whose program is not published, so that nobody can choose them."""
        return [row for row in self.offers if is_live(row) and row.program.status != ProgramStatus.PUBLISHED]

    @property
    def lacking(self) -> int:
        """How many programs are not put up, or put up and not seen."""
        return len(self.own) + len(self.former) + len(self.current) + len(self.unpublished)

    @property
    def days_left(self) -> int:
        """Days to the last one for programs, below zero after it."""
        return (self.campaign.programs_until - today()).days


def is_live(offer: m.PlanOffer) -> bool:
    """Whether an offer is put up or waits for the operator."""
    return offer.status in (OfferStatus.OFFERED, OfferStatus.LATE)


def place_of(campaign: m.PlanCampaign, organizer_ids: Collection[int]) -> OfferPlace:
    """Return what the organizers have put up for the campaign's year, and what lacks."""
    own = _offers(campaign.id, organizer_ids)
    # what was declined or withdrawn is no forgotten one
    taken = {(row.organizer_id, row.code) for row in own}
    programs = _programs(organizer_ids, campaign.year)
    mine = [row for row in programs if (row.organizer_id, row.code) not in taken]
    known = taken | {(row.organizer_id, row.code) for row in mine}
    last = campaigns.before(campaign)
    former = [row for row in _offers(last.id, organizer_ids) if is_live(row)] if last is not None else []
    former = [row for row in former if (row.organizer_id, row.code) not in taken]
    known |= {(row.organizer_id, row.code) for row in former}
    before = _programs(organizer_ids, campaign.year - 1, only=(ProgramStatus.PUBLISHED,))
    current = [row for row in before if (row.organizer_id, row.code) not in known]
    sizes = _sizes_by_groups([row.id for row in current])
    again = {(row.organizer_id, row.code) for row in former}
    return OfferPlace(
        campaign=campaign,
        offers=own,
        own=[Missing(p.id, p.code, p.title) for p in mine if (p.organizer_id, p.code) not in again],
        former=[Missing(row.id, row.code, row.program.title, _sizes_of(row)) for row in former],
        current=[Missing(p.id, p.code, p.title, sizes.get(p.id)) for p in current],
    )


def _offers(campaign_id: int, organizer_ids: Collection[int]) -> list[m.PlanOffer]:
    offer = m.PlanOffer
    statement = (
        select(offer)
        .join(m.Program, m.Program.id == offer.program_id)
        .where(offer.campaign_id == campaign_id, offer.organizer_id.in_(organizer_ids))
        .options(joinedload(offer.program), joinedload(offer.campaign))
        .order_by(m.Program.sort, offer.id)
    )
    return list(db.session.scalars(statement))


def _programs(organizer_ids: Collection[int], year: int, *, only: Sequence[ProgramStatus] = ()) -> list[m.Program]:
    """Programs of a year, one for each code: the published edition, else the newest one in work."""
    p = m.Program
    published = p.status == ProgramStatus.PUBLISHED
    states = only or tuple(status for status in ProgramStatus if status != ProgramStatus.ARCHIVED)
    statement = (
        select(p)
        .where(p.organizer_id.in_(organizer_ids), p.year == year, p.status.in_(states))
        .distinct(p.organizer_id, p.code)
        .order_by(p.organizer_id, p.code, published.desc(), p.edition.desc())
    )
    return sorted(db.session.scalars(statement), key=lambda row: (row.sort, row.id))


def _sizes_of(offer: m.PlanOffer) -> Sizes:
    return Sizes(
        months=tuple(offer.months),
        seats=offer.seats,
        minimum=offer.minimum,
        capacity=offer.capacity,
        municipality_ids=tuple(offer.municipality_ids),
        note=offer.note,
    )


def _sizes_by_groups(program_ids: Sequence[int]) -> dict[int, Sizes]:
    """Program → months in which its groups of the year began, their seats together, the size of the largest one."""
    if not program_ids:
        return {}
    g = m.TrainingGroup
    month = extract("month", g.starts_on)
    statement = (
        select(
            g.program_id,
            func.array_agg(month.distinct()),
            func.sum(g.capacity),
            func.max(g.capacity),
            func.max(g.minimum),
        )
        .where(g.program_id.in_(program_ids), g.status.in_(_KNOWN_BY))
        .group_by(g.program_id)
    )
    return {
        pk: Sizes(
            months=tuple(sorted(map(int, months))), seats=seats, minimum=min(least or MINIMUM, most), capacity=most
        )
        for pk, months, seats, most, least in db.session.execute(statement)
    }


# --- many at once ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PutUp:
    """What became of one program of a list: put up, or only copied because nobody knows its months, or refused."""

    title: str
    offer: m.PlanOffer | None = None
    refusal: str = ""


@use_case
def put_up_former(campaign_id: int, offer_ids: Iterable[int]) -> list[PutUp]:
    """Put up again what stood in the last plan, with the same months, seats and places; a program of the year is made when it lacks.

    One that is refused hinders none of the others. Raises Invalid for none or too many.
    """
    place, chosen = _chosen(campaign_id, offer_ids, "former")
    return [_one(place.campaign, missing, _program_of_offer(missing.id)) for missing in chosen]


@use_case
def put_up_current(campaign_id: int, program_ids: Iterable[int]) -> list[PutUp]:
    """Copy programs of the year before and put up those whose months are known by their groups."""
    place, chosen = _chosen(campaign_id, program_ids, "current")
    return [_one(place.campaign, missing, missing.id) for missing in chosen]


def _chosen(campaign_id: int, ids: Iterable[int], group: str) -> tuple[OfferPlace, list[Missing]]:
    """The page's own rows of these ids: an id of somebody else is none of them, so it is passed over."""
    actor = current_actor()
    actor.require("plan_offer:add")
    actor.require("program:add")
    wanted = set(ids)
    if not wanted:
        raise Invalid("Отметьте программы, которые предлагаете на год.")
    if len(wanted) > MOST:
        raise Invalid(f"За один раз можно предложить не больше {MOST} программ.")
    campaign: m.PlanCampaign = db.session.get_one(m.PlanCampaign, campaign_id)
    place = place_of(campaign, actor.places("organizer"))
    return place, [missing for missing in getattr(place, group) if missing.id in wanted]


def _program_of_offer(offer_id: int) -> int:
    return int(db.session.scalars(select(m.PlanOffer.program_id).where(m.PlanOffer.id == offer_id)).one())


def _one(campaign: m.PlanCampaign, missing: Missing, former_program_id: int) -> PutUp:
    try:
        with db.session.begin_nested():
            program = _program_of_year(campaign.year, former_program_id)
            if missing.sizes is None:
                return PutUp(missing.title)
            return PutUp(missing.title, records.create(m.PlanOffer, _values(campaign, program, missing.sizes)))
    except PortalError as refusal:
        sentences = [text for texts in (getattr(refusal, "fields", None) or {}).values() for text in texts]
        return PutUp(missing.title, refusal=" ".join(sentences) or refusal.message)
    except SQLAlchemyError as error:
        # the same was put up in another tab at the same moment
        translated = translate_database_error(error)
        if translated is None:
            raise
        return PutUp(missing.title, refusal=translated.message)


def _program_of_year(year: int, former_program_id: int) -> m.Program:
    """The organizer's program of the same code in a year: the one there is, else a copy of the former one."""
    former: m.Program = db.session.get_one(m.Program, former_program_id)
    there = next((p for p in _programs([former.organizer_id], year) if p.code == former.code), None)
    return there or program_editions.copy_to_next_year(former_program_id)


def _values(campaign: m.PlanCampaign, program: m.Program, sizes: Sizes) -> dict[str, Any]:
    return {
        "campaign": campaign,
        "program": program,
        "seats": sizes.seats,
        "minimum": sizes.minimum,
        "capacity": sizes.capacity,
        "months": list(sizes.months),
        "municipality_ids": list(sizes.municipality_ids),
        "note": sizes.note,
    }
