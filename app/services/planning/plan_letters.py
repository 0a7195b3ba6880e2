"""Letters by the days of a campaign: organizers before the last day for programs, everybody on opening, the silent before the end.

Each is sent once (``ReminderSent``), in batches with a transaction for each: of a run that was killed the next one sends the rest.
On the screen everybody is told; by e-mail the users of a role, and of the people those who agreed to letters about courses.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Select, literal, select
from sqlalchemy.dialects.postgresql import insert

from app import addresses
from app import models as m
from app.access import unscoped
from app.clock import today
from app.conditions import at_work
from app.extensions import db
from app.russian import count, format_date, initials
from app.services.mailing import letters
from app.services.personnel.consents import consents
from app.services.personnel.employers import responsible
from app.services.planning import campaigns, offer_place
from app.statuses import PLAN_HELD, UnmetStatus
from app.text import sort_key
from app.unit_of_work import use_case

#: days before the last one for programs, from which organizers are reminded: 15 October for 1 November
ORGANIZERS_DAYS = 17
#: days before the last one for people when the silent are reminded: 20 and 28 November for 1 December
SILENT_DAYS = (11, 3)
#: people, or schools, of one transaction
BATCH = 200
#: programs, or people, that a letter names
NAMED = 30
_DAYS = ("день", "дня", "дней")
_WORKERS = ("работник", "работника", "работников")


def remind() -> int:
    """Send what the day asks for; return how many letters and notices that were."""
    with unscoped("letters by the days of planning"):
        campaign = campaigns.current()
        if campaign is None:
            return 0
        pk, year = campaign.id, campaign.year
        told = 0
        if dt.timedelta() <= campaign.programs_until - today() <= dt.timedelta(days=ORGANIZERS_DAYS):
            told += sum(_tell_organizer(pk, organizer_id) for organizer_id in _organizers())
        if not campaigns.is_taking(campaign).allowed:
            return told
        told += _in_batches(lambda: _tell_opened(pk, f"plan_opened_{year}"))
        days = _silent_days(campaign)
        if days is not None:
            # the schools first: their letter counts those whom the next lines tell
            told += _in_batches(lambda: _tell_schools(pk, f"plan_silent_school_{days}_{year}"))
            told += _in_batches(lambda: _tell_silent(pk, f"plan_silent_{days}_{year}"))
        return told


def _silent_days(campaign: m.PlanCampaign) -> int | None:
    """The reminder whose days these are; None before the first one, on the last day, and on the first day of a short campaign."""
    left = (campaign.closes_on - today()).days
    due = [days for days in SILENT_DAYS if left <= days]
    return min(due) if due and left and campaign.opens_on < today() else None


def _in_batches(send: Callable[[], int]) -> int:
    """Send batch by batch until a batch finds nobody."""
    told = 0
    while sent := send():
        told += sent
    return told


# --- organizers ------------------------------------------------------------------------------------------------------


def _organizers() -> list[int]:
    o = m.Organization
    return list(db.session.scalars(select(o.id).where(o.is_organizer, o.closed_on.is_(None)).order_by(o.id)))


@use_case
def _tell_organizer(campaign_id: int, organizer_id: int) -> int:
    with unscoped("what an organizer has not put up yet"):
        campaign = db.session.get_one(m.PlanCampaign, campaign_id)
        place = offer_place.place_of(campaign, [organizer_id])
        told = responsible.of_organizer(organizer_id)
        offered = sum(map(offer_place.is_live, place.offers))
        if not told or (offered and not place.lacking):
            return 0
        if not _claim_one(f"plan_programs_{campaign.year}", "organization", organizer_id):
            return 0
        titles = [one.title for one in (*place.former, *place.current, *place.own)]
        titles += [row.program.title for row in place.unpublished]
        facts = {
            "год": str(campaign.year),
            "срок": format_date(campaign.programs_until),
            "предложено": str(offered),
            "не_предложены": "\n".join(titles[:NAMED]),
        }
        return letters.tell_users(
            told, "plan_programs_due", facts=facts, href=addresses.at("plan_offer", "year", campaign_id)
        )


# --- everybody, and the silent ---------------------------------------------------------------------------------------


def _working() -> Any:
    """Ids of the people who work today."""
    place, person = m.Employment, m.Employee
    statement = select(place.employee_id).join(person, person.id == place.employee_id)
    return statement.where(at_work(today()), person.anonymized_at.is_(None))


def _chosen(campaign_id: int) -> Any:
    """Ids of the people who have chosen, or written that nothing suits."""
    item, unmet = m.PlanItem, m.UnmetWish
    wished = select(item.employee_id).where(item.campaign_id == campaign_id, item.status.in_(PLAN_HELD))
    said = select(unmet.employee_id).where(unmet.campaign_id == campaign_id, unmet.status != UnmetStatus.WITHDRAWN)
    return wished.union_all(said)


def _silent(campaign_id: int) -> Any:
    return _working().where(m.Employment.employee_id.not_in(_chosen(campaign_id)))


@use_case
def _tell_opened(campaign_id: int, kind: str) -> int:
    with unscoped("everybody is told that the choice has begun"):
        people = _claim(kind, "employee", _working())
        return _tell_people(people, campaign_id, "plan_opened", {})


@use_case
def _tell_silent(campaign_id: int, kind: str) -> int:
    with unscoped("the people who have chosen nothing"):
        people = _claim(kind, "employee", _silent(campaign_id))
        return _tell_people(people, campaign_id, "plan_silent", _left(campaign_id))


def _left(campaign_id: int) -> dict[str, str]:
    closes = db.session.get_one(m.PlanCampaign, campaign_id).closes_on
    days = (closes - today()).days
    return {"осталось": count(days, *_DAYS) if days else "меньше суток"}


def _tell_people(ids: Sequence[int], campaign_id: int, kind: str, facts: dict[str, str]) -> int:
    if not ids:
        return 0
    campaign = db.session.get_one(m.PlanCampaign, campaign_id)
    agreed = consents.with_consent(consents.NEWS).subquery()
    mailed = set(db.session.scalars(select(agreed.c.employee_id).where(agreed.c.employee_id.in_(ids))))
    told = {"год": str(campaign.year), "срок": format_date(campaign.closes_on), **facts}
    for person in db.session.scalars(select(m.Employee).where(m.Employee.id.in_(ids)).order_by(m.Employee.id)):
        letters.tell(person, kind, facts=told, href=addresses.PLAN, by_mail=person.id in mailed)
    return len(ids)


# --- schools ---------------------------------------------------------------------------------------------------------


@use_case
def _tell_schools(campaign_id: int, kind: str) -> int:
    with unscoped("the people of each school who have chosen nothing"):
        place = m.Employment
        ids = _silent(campaign_id).with_only_columns(place.organization_id)
        schools = _claim(kind, "organization", ids)
        write_schools(campaign_id, schools)
        return len(schools)


def write_schools(campaign_id: int, schools: Sequence[int]) -> None:
    """Write to each school who of its people has chosen nothing; not to one where everybody has by now."""
    with unscoped("the people of each school who have chosen nothing"):
        campaign = db.session.get_one(m.PlanCampaign, campaign_id)
        common = {"год": str(campaign.year), "срок": format_date(campaign.closes_on), **_left(campaign_id)}
        for school, people in _silent_of(campaign_id, schools).items():
            rest = len(people) - NAMED
            facts = common | {
                "организация": responsible.organization_name(school),
                "работников": count(len(people), *_WORKERS),
                "фамилии": "\n".join(people[:NAMED]),
                "остальных": count(rest, *_WORKERS) if rest > 0 else "",
            }
            letters.tell_users(
                responsible.of_organization(school), "plan_silent_school", facts=facts, href=addresses.PLAN_PEOPLE
            )


def _silent_of(campaign_id: int, schools: Sequence[int]) -> dict[int, list[str]]:
    """School → the silent people who work there, by name."""
    place, person = m.Employment, m.Employee
    names = (place.organization_id, person.last_name, person.first_name, person.patronymic)
    statement = _silent(campaign_id).with_only_columns(*names, person.id).where(place.organization_id.in_(schools))
    found: dict[int, list[str]] = {}
    for school, last, first, patronymic, _ in db.session.execute(statement.distinct()):
        found.setdefault(school, []).append(initials(last, first, patronymic))
    return {school: sorted(people, key=sort_key) for school, people in sorted(found.items())}


# --- once ------------------------------------------------------------------------------------------------------------


def _claim(kind: str, table: str, ids: Select[Any]) -> list[int]:
    """Write the next ids of ``ids`` down as told and return them; of two runs at once one gets each."""
    sent, wanted = m.ReminderSent, ids.distinct().subquery()
    pk = wanted.c[0]
    known = select(sent.object_id).where(sent.kind == kind, sent.object_table == table, sent.object_id == pk)
    fresh = select(literal(kind), literal(table), pk).where(~known.exists()).order_by(pk).limit(BATCH)
    statement = insert(sent).from_select(["kind", "object_table", "object_id"], fresh).on_conflict_do_nothing()
    return sorted(db.session.scalars(statement.returning(sent.object_id)))


def _claim_one(kind: str, table: str, pk: int) -> bool:
    values = {"kind": kind, "object_table": table, "object_id": pk}
    statement = insert(m.ReminderSent).values(**values).on_conflict_do_nothing().returning(m.ReminderSent.object_id)
    return db.session.scalar(statement) is not None
