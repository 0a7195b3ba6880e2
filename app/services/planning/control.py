"""Who has chosen for the next year and who has not, by territory and organization; schools are reminded by one button.

The numbers are stored figures (``portal.figures``), so a page is as quick with a million people as with ten thousand. A person
counts at the main place of work. A wish that waits for agreement counts where the person is sent from.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CompoundSelect, Select, false, func, literal, select, union
from sqlalchemy.dialects.postgresql import insert

from app import models as m
from app.access import current_actor, get_visible
from app.audit import record
from app.clock import ZONE, today
from app.errors import Conflict
from app.extensions import db
from app.russian import number
from app.services.planning import campaigns, plan_letters
from app.services.planning.reach import reach_of
from app.services.portal import figures
from app.statuses import PLAN_HELD, OfferStatus, PlanItemStatus, UnmetStatus
from app.unit_of_work import use_case

#: codes of the stored figures, each with the year: people who have chosen, wishes that wait for the organization
CHOSE, WAITS = "chose", "planwaits"
#: the people behind the figure of those who have chosen nothing (``desk.figure_people``)
SILENT = "silent"
BATCH = 100
RIGHT = "plan_item:remind"
#: beginning of what ``ReminderSent`` calls the letters about the silent: the clock's and those by the button
_KIND = "plan_silent_school"

#: called with the plan, the kind and the last one told inside the transaction; the job module puts its ``defer`` here
on_reminded: list[Callable[[int, str, int], None]] = []

_item, _unmet, _offer = m.PlanItem.__table__, m.UnmetWish.__table__, m.PlanOffer.__table__
_organization, _territory, _employment = m.Organization.__table__, m.Territory.__table__, m.Employment.__table__
_sent: Any = m.ReminderSent.__table__


@dataclass(frozen=True, slots=True)
class Share:
    """A territory or an organization: people who work there, those who have chosen, wishes that wait for agreement."""

    pk: int
    name: str
    people: int
    chose: int
    waiting: int

    @property
    def silent(self) -> int:
        """People who have chosen nothing and have not said that nothing suits."""
        return max(0, self.people - self.chose)


@dataclass(frozen=True, slots=True)
class Pending:
    """What waits for the operator: offers that came late, people whom nothing suits."""

    late: int
    unmet: int


# --- stored figures --------------------------------------------------------------------------------------------------


def counted(worker: Any) -> list[Select[Any]]:
    """The figures of the plan that concerns people now, as statements (level, place, code, number).

    ``worker``: a subquery of people who work, each once, with ``person`` and ``organization``.
    """
    campaign = campaigns.current()
    if campaign is None:
        return []
    chose = chosen(campaign.id).subquery("chose")
    people = worker.join(chose, chose.c.person == worker.c.person).join(
        _organization, _organization.c.id == worker.c.organization
    )
    waiting = _item.join(_employment, _employment.c.id == _item.c.employment_id).join(
        _organization, _organization.c.id == _employment.c.organization_id
    )
    waits = (_item.c.campaign_id == campaign.id, _item.c.status == PlanItemStatus.PROPOSED)
    return [_by_levels(f"{CHOSE}{campaign.year}", people), _by_levels(f"{WAITS}{campaign.year}", waiting, *waits)]


def _by_levels(code: str, rows: Any, *conditions: Any) -> Select[Any]:
    level, place, grouping = figures.by_levels(_organization.c.id, _organization.c.territory_id)
    found = select(level, place, literal(code).label("code"), func.count().label("number")).select_from(rows)
    return found.where(*conditions).group_by(grouping).having(func.count() > 0)


def chosen(campaign_id: int) -> CompoundSelect[Any]:
    """Ids of the people who have chosen, or said that nothing suits: a statement with ``person``."""
    wished = select(_item.c.employee_id.label("person")).where(
        _item.c.campaign_id == campaign_id, _item.c.status.in_(PLAN_HELD)
    )
    said = select(_unmet.c.employee_id.label("person")).where(
        _unmet.c.campaign_id == campaign_id, _unmet.c.status != UnmetStatus.WITHDRAWN
    )
    return union(wished, said)


def is_silent(person: Any) -> Any:
    """Condition: the person has chosen nothing in the plan that concerns people now."""
    campaign = campaigns.current()
    return false() if campaign is None else person.not_in(select(chosen(campaign.id).subquery().c.person))


# --- shares ----------------------------------------------------------------------------------------------------------


def by_territory(campaign: m.PlanCampaign) -> list[Share]:
    """Return the territories of the user, the least share first."""
    reach = reach_of()
    limits = () if reach.is_whole else (_territory.c.id.in_(reach.territories),)
    return _shares(figures.TERRITORY, campaign.year, *limits)


def by_organization(campaign: m.PlanCampaign, territory_id: int | None = None) -> list[Share]:
    """Return the organizations of the user, of one territory where it is given; raises NotFound for one out of sight."""
    reach = reach_of()
    reach.insist_people()
    if territory_id is not None:
        reach.insist_territory(territory_id)
        return _shares(figures.ORGANIZATION, campaign.year, _organization.c.territory_id == territory_id)
    return _shares(figures.ORGANIZATION, campaign.year, *reach.of_places())


def _shares(level: str, year: int, *limits: Any) -> list[Share]:
    codes = (figures.WORKERS, f"{CHOSE}{year}", f"{WAITS}{year}")
    found = [
        Share(it.pk, it.name, *(it.numbers.get(code, 0) for code in codes))
        for it in figures.by_place(level, codes, *limits)
    ]
    return sorted(found, key=lambda it: (it.chose / it.people if it.people else 1.0, -it.silent, it.name))


def pending(campaign: m.PlanCampaign) -> Pending:
    """Return what waits for the operator, who decides on it."""
    late = select(func.count()).select_from(_offer).where(
        _offer.c.campaign_id == campaign.id, _offer.c.status == OfferStatus.LATE
    )  # fmt: skip
    unmet = select(func.count()).select_from(_unmet).where(
        _unmet.c.campaign_id == campaign.id, _unmet.c.status == UnmetStatus.WAITING
    )  # fmt: skip
    return Pending(*db.session.execute(select(late.scalar_subquery(), unmet.scalar_subquery())).one())


# --- reminding -------------------------------------------------------------------------------------------------------


def to_remind(shares: Sequence[Share]) -> list[int]:
    """Return the organizations of ``shares`` where somebody is silent and to which nothing about that was written today."""
    begins = dt.datetime.combine(today(), dt.time.min, tzinfo=ZONE)
    told = select(_sent.c.object_id).where(
        _sent.c.object_table == "organization", _sent.c.kind.startswith(f"{_KIND}_"), _sent.c.sent_at >= begins
    )
    done = set(db.session.scalars(told))
    return sorted(it.pk for it in shares if it.silent and it.pk not in done)


@use_case
def remind(campaign_id: int) -> int:
    """Remind every organization where somebody has chosen nothing, once a day; return how many. Raises Conflict for none."""
    current_actor().require(RIGHT)
    campaign = get_visible(db.session, m.PlanCampaign, campaign_id, "plan_campaign:show")
    decision = campaigns.is_taking(campaign)
    if not decision.allowed:
        raise Conflict(decision.reason)
    kind = f"{_KIND}_{today():%Y%m%d}"
    rows = [
        {"kind": kind, "object_table": "organization", "object_id": pk} for pk in to_remind(by_organization(campaign))
    ]
    claim = insert(_sent).on_conflict_do_nothing().returning(_sent.c.object_id)
    claimed = list(db.session.scalars(claim.values(rows))) if rows else []
    if not claimed:
        raise Conflict("Сегодня уже напомнили всем, у кого кто-то не выбрал. Напомнить снова можно завтра.")
    record("plan_campaign.reminded", campaign, {"Организаций": ("", number(len(claimed)))})
    for order in on_reminded:
        order(campaign.id, kind, 0)
    return len(claimed)


@use_case
def tell_next(campaign_id: int, kind: str, after: int) -> int:
    """Write to the next reminded organizations, and order the ones after them; return how many there were."""
    wanted = select(_sent.c.object_id).where(
        _sent.c.kind == kind, _sent.c.object_table == "organization", _sent.c.object_id > after
    )
    found = list(db.session.scalars(wanted.order_by(_sent.c.object_id).limit(BATCH)))
    plan_letters.write_schools(campaign_id, found)
    for order in on_reminded if len(found) == BATCH else ():
        order(campaign_id, kind, found[-1])
    return len(found)
