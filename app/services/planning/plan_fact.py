"""Plan and fact of a year: of those whom the plan put into groups, who was invited, enrolled, trained, and why the others were not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Text, and_, case, cast, func, or_, select

from app import models as m
from app.access import current_actor, unscoped
from app.extensions import db
from app.statuses import UNDER_WAY, EnrolmentStatus, PlanItemStatus

#: an organizer sees no figure of fewer people than that
LEAST = 5
#: what the figures are by: code → words
CUTS = {"offer": "По программам", "organizer": "По организаторам", "territory": "По территориям"}
#: what became of a person who is planned, the best of it first: code → words
STATES = {
    "trained": "Обучены",
    "going": "Записаны, обучение впереди или идёт",
    "failed": "Не закончили",
    "refused": "Запись отклонена или отозвана",
    "silent": "Приглашены, но не записались",
    "uninvited": "Ещё не приглашены",
}
_ENDED = (EnrolmentStatus.FAILED, EnrolmentStatus.NO_SHOW, EnrolmentStatus.EXPELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class FactLine:
    """Figures of an offer, an organizer or a territory; those that the actor may not know are None."""

    name: str
    detail: str
    planned: int | None
    invited: int | None
    enrolled: int | None
    states: dict[str, int | None]


def cuts() -> list[str]:
    """Return the cuts that the actor may ask for: an organizer learns nothing of territories."""
    return ["offer", "organizer", "territory"] if _sees_people() else ["offer"]


def lines(campaign: m.PlanCampaign, cut: str) -> list[FactLine]:
    """Return the figures by a cut, and of all together first; an organizer's own, a territory's own people."""
    base = _planned(campaign)
    names = {
        "offer": (base.c.program, base.c.organizer),
        "organizer": (base.c.organizer,),
        "territory": (base.c.territory,),
    }[cut]
    counts = [
        func.count(),
        func.count().filter(base.c.invited),
        func.count().filter(base.c.state.in_(("trained", "going", "failed"))),
        *(func.count().filter(base.c.state == state) for state in STATES),
    ]
    with unscoped("figures of the plan: the organizer learns numbers only"):
        whole = db.session.execute(select(*counts)).one()
        rows = db.session.execute(select(*names, *counts).group_by(*names).order_by(*names)).all()
    return [
        _line("Всего", "", whole),
        *(_line(row[0], row[1] if len(names) > 1 else "", row[len(names) :]) for row in rows),
    ]


def _line(name: str, detail: str, figures: Any) -> FactLine:
    shown = [_shown(number) for number in figures]
    return FactLine(
        name=name,
        detail=detail,
        planned=shown[0],
        invited=shown[1],
        enrolled=shown[2],
        states=dict(zip(STATES, shown[3:], strict=True)),
    )


def _shown(number: int) -> int | None:
    return None if 0 < number < LEAST and not _sees_people() else number


def _sees_people() -> bool:
    return bool(current_actor().roles & {"operator", "ministry", "territory"})


def _planned(campaign: m.PlanCampaign) -> Any:
    """Included wishes with what became of each, as a subquery."""
    item, offer, place, school = m.PlanItem, m.PlanOffer, m.Employment, m.Organization
    organizer, program = m.Organization.__table__.alias("organizer"), m.Program
    return (
        select(
            program.title.label("program"),
            organizer.c.short_name.label("organizer"),
            m.Territory.short_name.label("territory"),
            _invited().label("invited"),
            _state(campaign.year).label("state"),
        )
        .select_from(item)
        .join(offer, offer.id == item.offer_id)
        .join(program, program.id == offer.program_id)
        .join(organizer, organizer.c.id == offer.organizer_id)
        .join(place, place.id == item.employment_id)
        .join(school, school.id == place.organization_id)
        .join(m.Territory, m.Territory.id == school.territory_id)
        .where(
            item.campaign_id == campaign.id,
            item.status == PlanItemStatus.INCLUDED,
            item.group_id.is_not(None),
            _own(offer, school),
        )
        .subquery()
    )


def _invited() -> Any:
    """Whether the person was invited to the group of the plan."""
    told, item = m.ReminderSent, m.PlanItem
    return (
        select(told.object_id)
        .where(
            told.kind == "invited_to_" + cast(item.group_id, Text),
            told.object_table == "employee",
            told.object_id == item.employee_id,
        )
        .correlate(item)
        .exists()
    )


def _state(year: int) -> Any:
    """The best of what became of the person in the groups of the program that begin in the year."""
    item, offer, row, group = m.PlanItem, m.PlanOffer, m.Enrolment, m.TrainingGroup
    run = m.Program.__table__.alias("run")
    entered = (
        select(row.id)
        .join(group, group.id == row.group_id)
        .join(run, run.c.id == group.program_id)
        .where(
            row.employee_id == item.employee_id,
            run.c.organizer_id == offer.organizer_id,
            run.c.code == offer.code,
            func.extract("year", group.starts_on) == year,
        )
        .correlate(item, offer)
    )
    return case(
        (entered.where(row.status == EnrolmentStatus.TRAINED).exists(), "trained"),
        (entered.where(row.status.in_(UNDER_WAY)).exists(), "going"),
        (entered.where(row.status.in_(_ENDED)).exists(), "failed"),
        (entered.exists(), "refused"),
        (_invited(), "silent"),
        else_="uninvited",
    )


def _own(offer: Any, school: Any) -> Any:
    """What the actor answers for: everything, a territory's people, an organizer's offers."""
    actor = current_actor()
    if actor.roles & {"operator", "ministry"}:
        return and_(True)
    return or_(
        school.territory_id.in_(actor.territories()),
        offer.organizer_id.in_(actor.places("organizer")),
    )
