"""The filter «Требует внимания» of the lists: what somebody has to do, said by a code that keeps its meaning from day to day.

The tiles of the start pages open the lists by these codes, so a figure and its list are counted by one condition.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, select

from app import models as m
from app.access import current_actor
from app.clock import now, today
from app.services import frdo, quality
from app.statuses import (
    ApplicationStatus,
    CertificateKind,
    CertificateStatus,
    ConfirmationStatus,
    EnrolmentStatus,
    GroupStatus,
    VoucherStatus,
)
from app.web.listing import ListFilter

NAME = "attention"
#: a чек that ends this soon should be spent
EXPIRING_DAYS = 90
#: a group that starts this soon should be ready
STARTING_DAYS = 14
DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Matter:
    """One choice of the filter: its code in the address, its words, its rows."""

    code: str
    label: str
    condition: Callable[[], Any]
    #: permission without which the choice is not offered
    right: str = ""


def _filter(*matters: Matter) -> ListFilter:
    known = {matter.code: matter for matter in matters}
    return ListFilter(
        NAME,
        "Требует внимания",
        "choice",
        lambda value, _to: known[value].condition() if value in known else None,
        lambda: [(it.code, it.label) for it in matters if not it.right or current_actor().can(it.right)],
    )


# Subselects are on plain tables: the rows of the list are scoped, what they are asked about belongs to them.
_employment, _enrolment = m.Employment.__table__, m.Enrolment.__table__
_certificate = m.Certificate.__table__

# --- people and places of work ---------------------------------------------------------------------------------------


_BROKEN = quality.conditions()

EMPLOYEE = _filter(
    *(
        Matter(code, title.lower().replace("снилс", "СНИЛС"), _BROKEN[code])
        for code, (title, _w, _b) in quality.RULES.items()
    ),
    Matter("no_email", "без электронной почты", lambda: and_(m.Employee.email.is_(None), quality.works())),
    Matter("not_actual", "подтвердить актуальность", quality.not_confirmed),
)
EMPLOYMENT = _filter(
    Matter(
        "unconfirmed",
        "нужно подтвердить",
        lambda: and_(m.Employment.status == ConfirmationStatus.UNCONFIRMED, m.Employment.ended_on.is_(None)),
    ),
)

# --- чеки ------------------------------------------------------------------------------------------------------------


def _submitted(due: Callable[[Any], Any]) -> Callable[[], Any]:
    a = m.VoucherApplication
    return lambda: and_(a.status == ApplicationStatus.SUBMITTED, due(a.due_on))


APPLICATION = _filter(
    Matter("overdue", "срок решения прошёл", _submitted(lambda due: due < today())),
    Matter("today", "срок решения сегодня", _submitted(lambda due: due == today())),
    Matter("later", "срок решения позже", _submitted(lambda due: due.is_(None) | (due > today()))),
    Matter(
        "unfinished",
        "исправить и подать",
        lambda: m.VoucherApplication.status.in_([ApplicationStatus.DRAFT, ApplicationStatus.RETURNED]),
    ),
)
VOUCHER = _filter(
    Matter(
        "expiring",
        f"истекают за {EXPIRING_DAYS} дней",
        lambda: and_(
            m.Voucher.status == VoucherStatus.ACTIVE,
            m.Voucher.valid_until.between(today(), today() + EXPIRING_DAYS * DAY),
        ),
    ),
)

# --- courses ---------------------------------------------------------------------------------------------------------


def _starts_soon() -> Any:
    group = m.TrainingGroup
    ahead = [GroupStatus.DRAFT, GroupStatus.OPEN, GroupStatus.CLOSED]
    return and_(group.status.in_(ahead), group.starts_on.between(today(), today() + STARTING_DAYS * DAY))


def _without_results() -> Any:
    group = m.TrainingGroup
    listeners = select(_enrolment.c.id).where(
        _enrolment.c.group_id == group.id, _enrolment.c.status == EnrolmentStatus.CONFIRMED
    )
    return and_(group.status != GroupStatus.CANCELLED, group.ends_on < today(), listeners.exists())


GROUP = _filter(
    Matter("soon", f"начало в ближайшие {STARTING_DAYS} дней", _starts_soon),
    Matter("no_results", "обучение окончено, нет результатов", _without_results),
)


def _own_to_agree() -> Any:
    """An enrolment is agreed by the organization from which it was made (order § 3.5)."""
    schools = [i for g in current_actor().grants if g.role == "school" for i in g.organization_ids]
    sent = select(_employment.c.id).where(_employment.c.organization_id.in_(schools))
    return and_(m.Enrolment.status == EnrolmentStatus.APPLIED, m.Enrolment.employment_id.in_(sent))


def _without_document() -> Any:
    final = [CertificateKind.CERTIFICATE, CertificateKind.DIPLOMA]
    issued = select(_certificate.c.id).where(
        _certificate.c.enrolment_id == m.Enrolment.id,
        _certificate.c.status == CertificateStatus.ISSUED,
        _certificate.c.kind.in_(final),
    )
    return and_(m.Enrolment.status == EnrolmentStatus.TRAINED, ~issued.exists())


ENROLMENT = _filter(
    Matter("agree", "согласовать от своей организации", _own_to_agree, "enrolment:agree"),
    Matter("no_document", "обучены, документ не выдан", _without_document),
)

CERTIFICATE = _filter(
    Matter("frdo_late", "не переданы в ФИС ФРДО, срок прошёл", frdo.past_term),
    Matter("frdo_soon", f"передать в ФИС ФРДО за {frdo.SOON_DAYS} дней", frdo.near_term),
)

# --- accounts --------------------------------------------------------------------------------------------------------

ACCOUNT = _filter(Matter("locked", "вход закрыт", lambda: m.Account.locked_until > now()))
