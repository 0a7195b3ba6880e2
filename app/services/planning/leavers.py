"""What becomes of the wishes of a person whose place of work has ended: they go on from another place, or they end."""

from __future__ import annotations

from sqlalchemy import select

from app import models as m
from app.access import unscoped
from app.clock import now, today
from app.conditions import employed
from app.extensions import db
from app.rules.suitability import Targets, suits
from app.services.courses.enrolment import course_facts
from app.services.courses.enrolment.catalogue import targets_of
from app.services.personnel.cards import people
from app.services.personnel.cards.card import EMPLOYMENT
from app.services.personnel.moves import transfers
from app.services.portal import transitions
from app.statuses import PLAN_LIVE, PlanItemStatus, UnmetStatus
from app.unit_of_work import use_case

_GONE = "Место работы закрыто."


def follow_leavers() -> int:
    """Look after the wishes of everybody who no longer works where they were made (the nightly work); return how many people.

    A wish goes to another place of work of the person for which its program is meant, and is agreed anew there; else it ends.
    """
    place, item, said = m.Employment, m.PlanItem, m.UnmetWish
    ended = place.ended_on < today()
    wished = select(item.employee_id).join(place, place.id == item.employment_id).where(ended)
    wished = wished.where(item.status.in_(PLAN_LIVE))
    spoke = select(said.employee_id).join(place, place.id == said.employment_id).where(ended)
    spoke = spoke.where(said.status == UnmetStatus.WAITING)
    with unscoped("people whose place of work has ended"):
        found = sorted(set(db.session.scalars(wished.union(spoke))))
    for pk in found:
        _follow(pk)
    return len(found)


@use_case
def _follow(employee_id: int) -> None:
    people.lock_person(employee_id)
    with unscoped("the wishes of a person whose place of work has ended"):
        places = _places(employee_id)
        for row in _wishes(employee_id):
            _move_or_end(row, places)
        for said in _said(employee_id):
            if places:
                said.employment_id = places[0].id
            else:
                transitions.follow(m.UnmetWish, said.id, "withdraw")
        db.session.flush()


def _places(employee_id: int) -> list[m.Employment]:
    """Places of work that are not over, also one that begins later: a person between two places loses nothing."""
    place = m.Employment
    statement = select(place).where(place.employee_id == employee_id, employed(today()))
    return list(db.session.scalars(statement.options(*EMPLOYMENT).order_by(place.kind, place.id)))


def _wishes(employee_id: int) -> list[m.PlanItem]:
    item, place = m.PlanItem, m.Employment
    statement = (
        select(item)
        .join(place, place.id == item.employment_id)
        .where(item.employee_id == employee_id, item.status.in_(PLAN_LIVE), place.ended_on < today())
    )
    return list(db.session.scalars(statement.order_by(item.id)))


def _said(employee_id: int) -> list[m.UnmetWish]:
    row, place = m.UnmetWish, m.Employment
    statement = (
        select(row)
        .join(place, place.id == row.employment_id)
        .where(row.employee_id == employee_id, row.status == UnmetStatus.WAITING, place.ended_on < today())
    )
    return list(db.session.scalars(statement))


def _move_or_end(row: m.PlanItem, places: list[m.Employment]) -> None:
    targets = targets_of([row.program_id]).get(row.program_id, Targets())
    for place in places:
        if suits(targets, course_facts.workplace_of(place)).allowed:
            row.employment_id = place.id
            db.session.flush()
            transfers.ask_anew(place)
            return
    transitions.follow(m.PlanItem, row.id, "withdraw", reason_text=_GONE, decided_at=now())


def end_wishes(employee_id: int) -> None:
    """End all that a person wanted for the planned years: the person is made nameless. Inside the caller's transaction."""
    item, said = m.PlanItem, m.UnmetWish
    included = select(item.id).where(item.employee_id == employee_id, item.status == PlanItemStatus.INCLUDED)
    for pk in list(db.session.scalars(included)):
        transitions.follow(m.PlanItem, pk, "leave_out", group_id=None, month=None)
    live = select(item.id).where(item.employee_id == employee_id, item.status.in_(PLAN_LIVE)).order_by(item.id)
    for pk in list(db.session.scalars(live)):
        transitions.follow(m.PlanItem, pk, "withdraw", decided_at=now())
    waiting = select(said.id).where(said.employee_id == employee_id, said.status == UnmetStatus.WAITING)
    for pk in list(db.session.scalars(waiting)):
        transitions.follow(m.UnmetWish, pk, "withdraw")
