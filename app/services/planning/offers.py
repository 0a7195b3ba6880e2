"""What organizers put up for a year: a program by its code, seats, months and places (order § 3.3, last paragraph)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app import addresses
from app import models as m
from app.access import current_actor, get_writable, unscoped
from app.clock import today
from app.errors import Conflict
from app.extensions import db
from app.rules.planning import MONTHS, Wanted
from app.rules.suitability import Targets
from app.russian import quoted
from app.services.courses.enrolment.catalogue import targets_of
from app.services.mailing import letters
from app.services.personnel.employers import responsible
from app.services.planning import campaigns
from app.services.portal import records, transitions
from app.statuses import OfferStatus, ProgramStatus
from app.unit_of_work import use_case

#: group of an organizer that says nothing else
CAPACITY, MINIMUM = 25, 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """An offer as people see it; ``wanted`` is what the rules ask of it."""

    id: int
    program_id: int
    title: str
    organizer: str
    hours: int
    months: tuple[int, ...]
    seats: int
    wanted: Wanted


def offered(campaign_id: int, *, only: Sequence[int] | None = None, gone: bool = False) -> list[Offered]:
    """Return the offers of a campaign that people may choose, by title.

    ``only``: these ones, also those taken back; ``gone``: all of them, with those taken back.
    """
    offer, program = m.PlanOffer, m.Program
    statement = (
        select(offer, program, m.Organization.short_name)
        .join(program, program.id == offer.program_id)
        .join(m.Organization, m.Organization.id == offer.organizer_id)
        .where(offer.campaign_id == campaign_id)
        .order_by(program.sort, offer.id)
    )
    if only is None and not gone:
        statement = statement.where(offer.status == OfferStatus.OFFERED, program.status == ProgramStatus.PUBLISHED)
    elif only is not None:
        statement = statement.where(offer.id.in_(only))
    with unscoped("what is offered for the year is public"):
        rows = db.session.execute(statement).all()
        targets = targets_of([program.id for _, program, _ in rows])
    return [
        Offered(
            id=row.id,
            program_id=program.id,
            title=program.title,
            organizer=organizer,
            hours=program.hours,
            months=tuple(sorted(row.months)),
            seats=row.seats,
            wanted=Wanted(
                offer_id=row.id,
                organizer_id=row.organizer_id,
                code=row.code,
                title=program.title,
                hours=program.hours,
                block=program.block,
                months=frozenset(row.months),
                targets=targets.get(program.id, Targets()),
                taken_back=_why_taken_back(row, program),
            ),
        )
        for row, program, organizer in rows
    ]


def _why_taken_back(offer: m.PlanOffer, program: m.Program) -> str:
    if offer.status == OfferStatus.OFFERED and program.status == ProgramStatus.PUBLISHED:
        return ""
    if offer.status == OfferStatus.OFFERED:
        return f"Программа {quoted(program.title)} сейчас не опубликована. Выберите другую."
    return (
        f"Программу {quoted(program.title)} в этот план не предлагают: {offer.status.label.lower()}. Выберите другую."
    )


# --- decisions -------------------------------------------------------------------------------------------------------


@transitions.performs(m.PlanOffer, "accept")
@use_case
def accept(offer_id: int) -> m.PlanOffer:
    """Take an offer that came late into the plan; it stays marked. Raises Conflict when people choose no more."""
    campaign = get_writable(db.session, m.PlanOffer, offer_id, "plan_offer:accept").campaign
    if campaigns.is_over(campaign):
        raise Conflict(
            f"Выбор курсов на {campaign.year} год окончен: принятую программу никто бы не выбрал. "
            "Продлите выбор или не принимайте её с причиной."
        )
    return _decided(transitions.move(m.PlanOffer, offer_id, "accept"), "accept")


@transitions.performs(m.PlanOffer, "decline")
@use_case
def decline(offer_id: int, reason: str) -> m.PlanOffer:
    """Do not take an offer that came late, with a reason."""
    return _decided(transitions.move(m.PlanOffer, offer_id, "decline", reason=reason), "decline")


def _decided(offer: m.PlanOffer, action: str) -> m.PlanOffer:
    told = responsible.of_organizer(offer.organizer_id)
    letters.tell_users(
        told,
        transitions.letter_of(m.PlanOffer, action),
        about=offer,
        facts={"программа": offer.program.title, "год": str(offer.campaign.year)},
        href=addresses.card("plan_offer", offer.id),
    )
    return offer


# --- values of the form ----------------------------------------------------------------------------------------------


@records.kept(m.PlanOffer)
def why_not_change(offer: m.PlanOffer) -> str:
    """Return why an offer is not changed any more; empty while it may be."""
    if offer.status in (OfferStatus.DECLINED, OfferStatus.WITHDRAWN):
        return f"Программу в этот план не предлагают: {offer.status.label.lower()}."
    if campaigns.is_over(offer.campaign):
        return f"Выбор курсов на {offer.campaign.year} год окончен: по этому предложению люди уже выбрали."
    return ""


@records.checks(m.PlanOffer)
def _of_the_year(values: dict[str, Any], row: Any, errors: records.Fields) -> None:
    """The program is of the planned year and of the own organizer; a new offer after the last day waits for the operator."""
    program = values.get("program")
    if row is not None or program is None:
        return
    campaign = values.get("campaign")
    if campaign is None:
        errors.setdefault("campaign", []).append("Выберите план.")
        return
    if program.year != campaign.year:
        errors.setdefault("program", []).append(f"Эта программа на {program.year} год, а план — на {campaign.year}.")
    if program.status == ProgramStatus.ARCHIVED:
        errors.setdefault("program", []).append("Программа в архиве. Скопируйте её на этот год.")
    if campaigns.is_over(campaign):
        errors.setdefault("campaign", []).append("Выбор курсов в этом плане окончен: предложить программу уже нельзя.")
    values |= {"organizer_id": program.organizer_id, "code": program.code, "created_by_id": current_actor().user_id}
    if today() > campaign.programs_until:
        values |= {"late": True, "status": OfferStatus.LATE}


@records.checks(m.PlanOffer)
def _sizes(values: dict[str, Any], row: Any, errors: records.Fields) -> None:
    seats, minimum, capacity = (values.get(n, getattr(row, n, None)) for n in ("seats", "minimum", "capacity"))
    if seats is None or minimum is None or capacity is None:
        return
    if minimum < 1:
        errors.setdefault("minimum", []).append("В группе учится хотя бы один человек.")
    if minimum > capacity:
        errors.setdefault("capacity", []).append("Мест в группе не меньше, чем наименьшее число слушателей.")
    if capacity > seats:
        errors.setdefault("seats", []).append("Мест за год не меньше, чем в одной группе.")


@records.checks(m.PlanOffer)
def _months_of_year(values: dict[str, Any], row: Any, errors: records.Fields) -> None:
    if row is not None and "months" not in values:
        return
    months = {int(month) for month in values.get("months") or ()}
    if not months:
        errors.setdefault("months", []).append("Отметьте месяцы, в которые вы готовы учить.")
    elif any(month not in MONTHS for month in months):
        errors.setdefault("months", []).append("Месяц — число от 1 до 12.")
    else:
        values["months"] = sorted(months)


@records.checks(m.PlanOffer)
def _places_known(values: dict[str, Any], row: Any, errors: records.Fields) -> None:
    wanted = {int(pk) for pk in values.get("municipality_ids") or ()}
    if "municipality_ids" not in values:
        return
    place = m.Municipality
    known = set(db.session.scalars(select(place.id).where(place.id.in_(wanted)))) if wanted else set()
    if wanted - known:
        errors.setdefault("municipality_ids", []).append("Выберите города и районы из списка.")
    values["municipality_ids"] = sorted(known)


def municipalities() -> list[tuple[str, str]]:
    """Return the cities and districts where an offer may be taught: id as a code, name."""
    place = m.Municipality
    return [(str(pk), name) for pk, name in db.session.execute(select(place.id, place.name).order_by(place.name_key))]


def municipality_names(ids: Sequence[int]) -> list[str]:
    """Return the names of the places where an offer can be taught; none: where the organizer is, or at a distance."""
    wanted = {str(pk) for pk in ids}
    return [name for pk, name in municipalities() if pk in wanted] if wanted else []
