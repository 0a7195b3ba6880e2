"""People × wishes of organizations: who has chosen what, who is silent, what waits for agreement, who would be away at once.

As many statements for 300 people as for one (``of_organizations``); what suits one person is read only when asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, select

from app import models as m
from app.access import current_actor, get_writable
from app.conditions import at_work
from app.errors import Conflict, Invalid
from app.extensions import db
from app.rules.decision import Decision
from app.russian import full_name
from app.services.personnel.cards.card import EMPLOYMENT
from app.services.personnel.employers import agreement
from app.services.planning import campaigns, offers, own_plan, planners
from app.services.planning.away import Away, away_of, teachers_of
from app.services.planning.offers import Offered
from app.services.planning.own_plan import Suiting
from app.statuses import PLAN_HELD, PlanItemStatus, UnmetStatus
from app.text import words
from app.text.sql import holds_words

#: people of one page
PAGE = 100
#: roles whose people are those of all organizations: they name one first
_WIDE = frozenset({"operator", "ministry"})
#: organizations found by name
FOUND = 20
SILENT, WAITING = "silent", "waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What of the table is shown; ids are of an organization, a subject, a position."""

    state: str = ""
    organization: int | None = None
    subject: int | None = None
    position: int | None = None
    typed: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Wish:
    """A wish of a row; ``decides``: the acting user agrees or declines it now."""

    row: m.PlanItem
    offer: Offered
    note: str
    decides: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A person with the places of work here, the wishes that count, and the words that nothing suits."""

    employee_id: int
    name: str
    places: Sequence[m.Employment]
    wishes: Sequence[Wish]
    said: str
    editable: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """People of the table before the ready filters: all, silent, with a wish that waits."""

    people: int
    silent: int
    waiting: int


@dataclass(frozen=True, slots=True)
class SchoolPlan:
    """The table with what narrows it; ``organizations`` has one entry where the user has one."""

    campaign: m.PlanCampaign
    taking: Decision
    counts: Counts
    lines: Sequence[Line]
    total: int
    page: int
    away: Sequence[Away]
    organizations: Sequence[tuple[int, str]]
    subjects: Sequence[tuple[int, str]]
    positions: Sequence[tuple[int, str]]
    choosable: Sequence[Offered]
    editable: bool

    @property
    def pages(self) -> int:
        """Pages of the table, at least one."""
        return max(1, -(-self.total // PAGE))


def own_organizations(asked: Asked) -> list[tuple[int, str]]:
    """Return the organizations whose people the acting user sees in the table: id and short name, by name.

    A user of the whole region names one: by its id, or by words of its name (then the ones found are offered).
    """
    actor, place = current_actor(), m.Organization
    statement = select(place.id, place.short_name).order_by(place.name_key)
    if actor.roles & _WIDE:
        if asked.organization is None:
            return []
        return [(pk, name) for pk, name in db.session.execute(statement.where(place.id == asked.organization))]
    mine = place.id.in_(actor.places("school")) | place.territory_id.in_(actor.territories())
    return [(pk, name) for pk, name in db.session.execute(statement.where(mine))]


def is_wide() -> bool:
    """Whether the acting user sees the people of all organizations and so names one first."""
    return bool(current_actor().roles & _WIDE)


def find_organizations(typed: str) -> list[tuple[int, str]]:
    """Return organizations whose name holds the words, for a user of the whole region."""
    place = m.Organization
    statement = select(place.id, place.short_name).where(holds_words([place.short_name, place.full_name], typed))
    return [(pk, name) for pk, name in db.session.execute(statement.order_by(place.name_key).limit(FOUND))]


# --- the table -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Person:
    pk: int
    name: str
    held: int
    waiting: int
    said: str

    def is_in(self, state: str) -> bool:
        """Whether the person belongs to a ready filter."""
        return {SILENT: not self.held, WAITING: self.waiting > 0}.get(state, True)


def of_organizations(organizations: Sequence[tuple[int, str]], asked: Asked) -> SchoolPlan | None:
    """Return the table of these organizations; None while there is no campaign."""
    campaign = campaigns.current()
    if campaign is None:
        return None
    ids = [pk for pk, _name in organizations if asked.organization in (None, pk)]
    people = _people(campaign.id, ids, asked)
    found = [person for person in people if person.is_in(asked.state)]
    page = min(max(1, asked.page), max(1, -(-len(found) // PAGE)))
    everything = {offer.id: offer for offer in offers.offered(campaign.id, gone=True)}
    taking = campaigns.is_taking(campaign)
    editable = taking.allowed and bool(agreement.own_schools()) and current_actor().can("plan_item:add")
    shown = found[(page - 1) * PAGE : page * PAGE]
    teachers = teachers_of(ids)
    return SchoolPlan(
        campaign=campaign,
        taking=taking,
        counts=Counts(len(people), sum(not p.held for p in people), sum(p.waiting > 0 for p in people)),
        lines=_lines(campaign, shown, ids, everything, editable=editable),
        total=len(found),
        page=page,
        away=away_of(campaign.id, dict(organizations), teachers, everything),
        organizations=organizations,
        subjects=sorted({(pk, name) for pk, name, *_ in teachers}, key=lambda one: one[1]),
        positions=_positions(ids),
        choosable=[offer for offer in everything.values() if not offer.wanted.taken_back] if editable else [],
        editable=editable,
    )


def _people(campaign_id: int, organization_ids: Sequence[int], asked: Asked) -> list[_Person]:
    """All people of the organizations that the filters find, with the number of wishes that count and that wait."""
    person, place, item, said = m.Employee, m.Employment, m.PlanItem, m.UnmetWish
    here = select(place.employee_id).where(place.organization_id.in_(organization_ids), at_work())
    if asked.subject is not None:
        here = here.where(place.subjects.any(m.Subject.id == asked.subject))
    if asked.position is not None:
        here = here.where(place.position_id == asked.position)
    counted = (
        select(
            item.employee_id.label("pk"),
            func.count().label("held"),
            func.count().filter(item.status == PlanItemStatus.PROPOSED).label("waiting"),
        )
        .where(item.campaign_id == campaign_id, item.status.in_(PLAN_HELD), item.employee_id.in_(here))
        .group_by(item.employee_id)
        .subquery()
    )
    statement = (
        select(
            person.id,
            person.last_name,
            person.first_name,
            person.patronymic,
            func.coalesce(counted.c.held, 0),
            func.coalesce(counted.c.waiting, 0),
            func.coalesce(said.words, ""),
        )
        .outerjoin(counted, counted.c.pk == person.id)
        .outerjoin(
            said,
            and_(
                said.employee_id == person.id,
                said.campaign_id == campaign_id,
                said.status != UnmetStatus.WITHDRAWN,
            ),
        )
        .where(person.id.in_(here), person.anonymized_at.is_(None))
        .order_by(person.sort, person.id)
    )
    if words(asked.typed):
        statement = statement.where(holds_words([person.sort], asked.typed))
    return [
        _Person(pk, full_name(last, first, patronymic), *more)
        for pk, last, first, patronymic, *more in db.session.execute(statement)
    ]


def _lines(
    campaign: m.PlanCampaign,
    people: Sequence[_Person],
    organization_ids: Collection[int],
    everything: Mapping[int, Offered],
    *,
    editable: bool,
) -> list[Line]:
    ids = [person.pk for person in people]
    places = _places(ids, organization_ids)
    items = planners.held_items(campaign.id, ids)
    own, decides = agreement.own_schools(), campaigns.may_agree(campaign) and current_actor().can("plan_item:agree")
    return [
        Line(
            employee_id=person.pk,
            name=person.name,
            places=places.get(person.pk, ()),
            wishes=[
                Wish(
                    row,
                    everything[row.offer_id],
                    own_plan.note_of(row, everything[row.offer_id], places.get(person.pk, ())),
                    decides and any(place.id == row.employment_id for place in places.get(person.pk, ())),
                )
                for row in items[person.pk]
            ],
            said=person.said,
            editable=editable and any(place.organization_id in own for place in places.get(person.pk, ())),
        )
        for person in people
    ]


def _places(employee_ids: Sequence[int], organization_ids: Collection[int]) -> dict[int, list[m.Employment]]:
    place = m.Employment
    statement = (
        select(place)
        .where(place.employee_id.in_(employee_ids), place.organization_id.in_(organization_ids), at_work())
        .options(*EMPLOYMENT)
        .order_by(place.kind, place.id)
    )
    found: dict[int, list[m.Employment]] = {}
    for row in db.session.scalars(statement):
        found.setdefault(row.employee_id, []).append(row)
    return found


def _positions(organization_ids: Sequence[int]) -> list[tuple[int, str]]:
    position, place = m.Position, m.Employment
    here = select(place.position_id).where(place.organization_id.in_(organization_ids), at_work())
    statement = select(position.id, position.name).where(position.id.in_(here)).order_by(position.name_key)
    return [(pk, name) for pk, name in db.session.execute(statement)]


# --- one person, many wishes -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opened:
    """A person for whom a program is being chosen, and what suits."""

    employee_id: int
    name: str
    suiting: Suiting


def opened(campaign: m.PlanCampaign, employee_id: int, typed: str = "") -> Opened:
    """Return what suits a person of the user's own; raises NotFound, Forbidden."""
    person = get_writable(db.session, m.Employee, employee_id, "plan_item:add")
    items = planners.held_items(campaign.id, [employee_id])
    found, _ = planners.planners_of(campaign, [employee_id], items)
    return Opened(employee_id, person.full_name, own_plan.suiting(campaign, found[employee_id], typed))


def names_of(employee_ids: Sequence[int]) -> dict[int, str]:
    """Return the names of people whom the user sees."""
    person = m.Employee
    return {row.id: row.full_name for row in db.session.scalars(select(person).where(person.id.in_(employee_ids)))}


def waiting_of(employee_ids: Sequence[int]) -> dict[int, str]:
    """Return the wishes of these people that wait for the user's agreement: id → the person, by name.

    Raises Invalid for nobody, Conflict when nothing waits.
    """
    if not employee_ids:
        raise Invalid("Отметьте работников, чьи заявки согласуете.")
    campaign = campaigns.current()
    item, person, place = m.PlanItem, m.Employee, m.Employment
    statement = (
        select(item.id, person.last_name, person.first_name, person.patronymic)
        .join(person, person.id == item.employee_id)
        .join(place, place.id == item.employment_id)
        .where(
            item.campaign_id == (campaign.id if campaign is not None else 0),
            item.employee_id.in_(employee_ids),
            item.status == PlanItemStatus.PROPOSED,
            place.organization_id.in_(agreement.own_schools()),
        )
        .order_by(person.sort, item.priority, item.id)
    )
    found = {pk: full_name(*name) for pk, *name in db.session.execute(statement)}
    if not found:
        raise Conflict("У отмеченных работников нет заявок, которые ждут вашего согласования.")
    return found
