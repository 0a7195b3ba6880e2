"""«План утверждён»: told to organizers, then to schools, then to the people in the plan; a hundred of them in one transaction.

Each batch orders the next one in its own transaction, so that a killed worker neither forgets nor repeats anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import func, select

from app import addresses
from app import models as m
from app.access import unscoped
from app.extensions import db
from app.labels import MONTHS
from app.russian import count, quoted
from app.services.mailing import letters
from app.services.personnel.employers import responsible
from app.services.planning import demand, heat
from app.services.planning.demand import Asked
from app.services.planning.reach import Reach
from app.services.portal import transitions
from app.statuses import OfferStatus, PlanItemStatus
from app.unit_of_work import use_case

ORGANIZERS, SCHOOLS, PEOPLE = "organizers", "schools", "people"
BATCH = 100

#: called with the plan, the stage and the last one told inside the transaction; the job module puts its ``defer`` here
on_more: list[Callable[[int, str, int], None]] = []

_item, _offer, _employment = m.PlanItem.__table__, m.PlanOffer.__table__, m.Employment.__table__


@use_case
def tell_next(result_id: int, stage: str = ORGANIZERS, after: int = 0) -> int:
    """Tell the next ones of a stage and order what follows; return how many were told."""
    with unscoped("whom an approved plan concerns"):
        result = transitions.read_fresh(m.PlanResult, result_id)
        found = _STAGES[stage](result, after)
    following = (stage, found[-1]) if len(found) == BATCH else (_AFTER[stage], 0)
    for order in on_more if following[0] else ():
        order(result_id, *following)
    return len(found)


def _organizers(result: m.PlanResult, after: int) -> Sequence[int]:
    statement = select(_offer.c.organizer_id).where(
        _offer.c.campaign_id == result.campaign_id,
        _offer.c.status == OfferStatus.OFFERED,
        _offer.c.organizer_id > after,
    )
    found = _next(statement, _offer.c.organizer_id)
    for organizer_id in found:
        reach = Reach(is_whole=False, organizers=frozenset({organizer_id}))
        asked = Asked(campaign_id=result.campaign_id)
        rows = heat.heat_of(demand.offers_of(asked, reach), demand.counted(asked, reach), hide=True).rows
        lines = [f"{quoted(row.title)}: {row.total.wanted}" for row in rows]
        letters.tell_users(
            responsible.of_organizer(organizer_id),
            "plan_approved_organizer",
            facts=_facts(result) | {"перечень": "\n".join(lines)},
            href=addresses.at("plan", "demand", "", year=result.campaign.year),
        )
    return found


def _schools(result: m.PlanResult, after: int) -> Sequence[int]:
    place = _employment.c.organization_id
    statement = (
        select(place, func.count(_item.c.employee_id.distinct()))
        .join(_item, _item.c.employment_id == _employment.c.id)
        .where(_included(result), place > after)
        .group_by(place)
        .order_by(place)
        .limit(BATCH)
    )
    rows = db.session.execute(statement).all()
    for organization_id, people in rows:
        letters.tell_users(
            responsible.of_organization(organization_id),
            "plan_approved_school",
            facts=_facts(result) | {"человек": count(people, "человек", "человека", "человек")},
            href=addresses.listing("plan_item", campaign=result.campaign_id, status=PlanItemStatus.INCLUDED),
        )
    return [organization_id for organization_id, _people in rows]


def _people(result: m.PlanResult, after: int) -> Sequence[int]:
    found = _next(select(_item.c.id).where(_included(result), _item.c.id > after), _item.c.id)
    for row in db.session.scalars(select(m.PlanItem).where(m.PlanItem.id.in_(found)).order_by(m.PlanItem.id)):
        month = MONTHS[str(row.month)] if row.month else ""
        facts = {"программа": row.program.title, "год": str(result.campaign.year), "месяц": month}
        letters.tell(row.employee, "plan_approved", facts=facts, href=addresses.PLAN)
    return found


def _included(result: m.PlanResult) -> Any:
    return (_item.c.campaign_id == result.campaign_id) & (_item.c.status == PlanItemStatus.INCLUDED)


def _next(statement: Any, key: Any) -> list[int]:
    return list(db.session.scalars(statement.distinct().order_by(key).limit(BATCH)))


def _facts(result: m.PlanResult) -> dict[str, str]:
    return {"год": str(result.campaign.year), "номер": result.number_text}


_STAGES: dict[str, Callable[[m.PlanResult, int], Sequence[int]]] = {
    ORGANIZERS: _organizers,
    SCHOOLS: _schools,
    PEOPLE: _people,
}
_AFTER = {ORGANIZERS: SCHOOLS, SCHOOLS: PEOPLE, PEOPLE: ""}
