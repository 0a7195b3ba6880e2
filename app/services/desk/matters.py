"""Matters (what a user has to do about vouchers (чеки) and courses) as SQL conditions of one table each.

Lists filter by them, tiles and start pages count by them: a figure and the list that it opens cannot differ.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import and_, select, true

from app import models as m
from app.access import current_actor
from app.clock import today
from app.conditions import columns_of, in_force, in_state
from app.statuses import (
    FILLING,
    FINAL_DOCUMENTS,
    TAKING_PLACE,
    BlockStatus,
    CertificateStatus,
    EnrolmentStatus,
    GroupStatus,
    VoucherStatus,
)

#: a чек that ends this soon should be spent
EXPIRING_DAYS = 90
#: a group that starts this soon should be ready
STARTING_DAYS = 14
DAY = dt.timedelta(days=1)

# Subselects are on plain tables: the rows of the list are scoped, what they are asked about belongs to them.
_employment, _enrolment, _group = m.Employment.__table__, m.Enrolment.__table__, m.TrainingGroup.__table__
_block, _certificate = m.VoucherBlock.__table__, m.Certificate.__table__


# --- чеки ------------------------------------------------------------------------------------------------------------


def expiring() -> Any:
    """Чеки whose term ends soon."""
    v = m.Voucher
    return and_(in_force(rows=v), v.valid_until <= today() + EXPIRING_DAYS * DAY)


def unspent() -> Any:
    """Чеки whose term ends soon while a block is free: it lapses unless a course is chosen."""
    free = select(_block.c.id).where(_block.c.voucher_id == m.Voucher.id, _block.c.status == BlockStatus.FREE)
    return and_(expiring(), free.exists())


def not_replaced(rows: Any = m.Voucher) -> Any:
    """Чеки as they were issued: one that was replaced is told by the чек in its place."""
    return columns_of(rows).status != VoucherStatus.REPLACED


# --- enrolments ------------------------------------------------------------------------------------------------------


def to_agree() -> Any:
    """An enrolment is agreed by the organization from which it was made (order § 3.5)."""
    sent = select(_employment.c.id).where(_employment.c.organization_id.in_(current_actor().places("school")))
    return and_(m.Enrolment.status == EnrolmentStatus.APPLIED, m.Enrolment.employment_id.in_(sent))


def on_course() -> Any:
    """Listeners whose group has its training now."""
    now_ = select(_group.c.id).where(
        _group.c.status.in_(TAKING_PLACE),
        _group.c.starts_on <= today(),
        _group.c.ends_on >= today(),
    )
    return and_(m.Enrolment.status == EnrolmentStatus.CONFIRMED, m.Enrolment.group_id.in_(now_))


def offered() -> Any:
    """Seats from the waiting list that are kept until somebody takes them."""
    return in_state(EnrolmentStatus.OFFERED, m.Enrolment)


def without_document() -> Any:
    """Trained listeners who have no document yet."""
    return and_(m.Enrolment.status == EnrolmentStatus.TRAINED, ~_issued(m.Enrolment.id))


def to_replace() -> Any:
    """Valid documents that print what was corrected since."""
    return and_(m.Certificate.status == CertificateStatus.ISSUED, m.Certificate.outdated.is_not(None))


def _issued(enrolment_id: Any) -> Any:
    return (
        select(_certificate.c.id)
        .where(
            _certificate.c.enrolment_id == enrolment_id,
            _certificate.c.status == CertificateStatus.ISSUED,
            _certificate.c.kind.in_(FINAL_DOCUMENTS),
        )
        .exists()
    )


# --- groups ----------------------------------------------------------------------------------------------------------


def _listeners(*conditions: Any) -> Any:
    return select(_enrolment.c.id).where(_enrolment.c.group_id == m.TrainingGroup.id, *conditions)


def starts_soon() -> Any:
    """Groups whose first day is near."""
    group, ahead = m.TrainingGroup, FILLING | {GroupStatus.DRAFT}
    return and_(group.status.in_(ahead), group.starts_on.between(today(), today() + STARTING_DAYS * DAY))


def taking_place() -> Any:
    """Groups whose seats are counted: enrolment goes on or is closed, or the training goes on."""
    return m.TrainingGroup.status.in_(TAKING_PLACE)


def without_results() -> Any:
    """Groups that have ended while listeners have no outcome."""
    group, listeners = m.TrainingGroup, _listeners(_enrolment.c.status == EnrolmentStatus.CONFIRMED)
    return and_(group.status != GroupStatus.CANCELLED, group.ends_on < today(), listeners.exists())


def undocumented() -> Any:
    """Groups with trained listeners who have no document yet."""
    return _listeners(_enrolment.c.status == EnrolmentStatus.TRAINED, ~_issued(_enrolment.c.id)).exists()


def below_minimum() -> Any:
    """Own groups that start soon with fewer listeners than their minimum; an operator's are everybody's."""
    group = m.TrainingGroup
    few = and_(group.status.in_(FILLING), group.taken < group.minimum, starts_soon())
    return and_(few, own_groups() if "organizer" in current_actor().roles else true())


def own_groups() -> Any:
    """Groups of the organizations for which the actor runs courses."""
    return m.TrainingGroup.organizer_id.in_(current_actor().places("organizer"))
