"""When an enrolment needs no further agreement of the employer (order § 3.4, 3.5)."""

from __future__ import annotations

from sqlalchemy import select

from app import models as m
from app.access import current_actor
from app.extensions import db
from app.services.portal import transitions
from app.statuses import EmployerAgreement, EnrolmentStatus


def own_schools() -> frozenset[int]:
    """Organizations for which the actor answers as the responsible person."""
    return current_actor().places("school")


def is_automatic(place: m.Employment) -> bool:
    """Whether the organization agrees to every enrolment of its people."""
    return bool(place.organization.employer_agreement == EmployerAgreement.AUTOMATIC)


def agree_own(row: m.Enrolment) -> m.Enrolment:
    """Agree what the actor has just applied for, where the organization agrees to all or the actor answers for it."""
    place = row.employment
    if row.status != EnrolmentStatus.APPLIED or not (is_automatic(place) or place.organization_id in own_schools()):
        return row
    return transitions.follow(m.Enrolment, row.id, "agree")


def agree_moved_up(row: m.Enrolment) -> m.Enrolment:
    """Agree what the waiting list has brought to ``applied``: the school that listed the person has agreed, whichever user acts now."""
    if is_automatic(row.employment) or not _made_by_person(row):
        return transitions.follow(m.Enrolment, row.id, "agree")
    return row


def _made_by_person(row: m.Enrolment) -> bool:
    own = select(m.Account.id).where(m.Account.employee_id == row.employee_id)
    return bool(db.session.scalar(own) == row.created_by_id)
