"""First steps of a role: each is done when the data say so, nobody ticks it.

A step is a subquery of one row, so that all of them are read in the statement that counts what waits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Subquery, func, or_, select

from app import models as m
from app.access import current_actor
from app.clock import today
from app.services.desk import matters
from app.services.personnel.cards import quality
from app.statuses import ApplicationStatus, ConfirmationStatus, EnrolmentStatus, GroupStatus, ProgramStatus

#: an enrolment that the organizer has taken
_TAKEN = (EnrolmentStatus.CONFIRMED, EnrolmentStatus.TRAINED)


def _own_person() -> Any:
    return current_actor().employee_id or 0


def _rule_now() -> Any:
    rule = m.VoucherRule
    return rule.valid_from <= today(), or_(rule.valid_to.is_(None), rule.valid_to >= today())


def _decided() -> Any:
    return m.VoucherApplication.status.in_([ApplicationStatus.APPROVED, ApplicationStatus.REJECTED])


#: role → step → the table in which its trace is looked for, and the conditions on it (within the actor's rows)
STEPS: Mapping[str, Mapping[str, tuple[type[m.Base], Callable[[], tuple[Any, ...]]]]] = {
    "worker": {
        "place": (m.Employment, lambda: (
            m.Employment.employee_id == _own_person(), m.Employment.status == ConfirmationStatus.CONFIRMED)),
        "voucher": (m.VoucherApplication, lambda: (
            m.VoucherApplication.employee_id == _own_person(), m.VoucherApplication.status != ApplicationStatus.DRAFT)),
        "course": (m.Enrolment, lambda: (m.Enrolment.employee_id == _own_person(),)),
    },
    "school": {
        "people": (m.Employee, lambda: (quality.works_here(),)),
        "looked_through": (m.Employee, lambda: (quality.works_here(), m.Employee.confirmed_actual_at.is_not(None))),
        "voucher": (m.VoucherApplication, lambda: (m.VoucherApplication.status != ApplicationStatus.DRAFT,)),
        "course": (m.Enrolment, lambda: ()),
    },
    "organizer": {
        "program": (m.Program, lambda: (m.Program.organizer_id.in_(current_actor().places("organizer")),)),
        "group": (m.TrainingGroup, lambda: (matters.own_groups(), m.TrainingGroup.status != GroupStatus.DRAFT)),
        "listener": (m.Enrolment, lambda: (m.Enrolment.status.in_(_TAKEN),)),
        "document": (m.Certificate, lambda: (m.Certificate.organizer_id.in_(current_actor().places("organizer")),)),
    },
    "territory": {
        "organizations": (m.Organization, lambda: (m.Organization.territory_id.in_(current_actor().territories()),)),
        "people": (m.Employee, lambda: (quality.works_here(),)),
        "places": (m.Employment, lambda: (m.Employment.status == ConfirmationStatus.CONFIRMED,)),
    },
    "operator": {
        "rule": (m.VoucherRule, _rule_now),
        "decision": (m.VoucherApplication, lambda: (_decided(),)),
        "program": (m.Program, lambda: (m.Program.status == ProgramStatus.PUBLISHED,)),
    },
    "admin": {
        "user": (m.Account, lambda: (m.Account.id != current_actor().user_id,)),
        "role": (m.Assignment, lambda: (m.Assignment.user_id != current_actor().user_id,)),
    },
}  # fmt: skip


def traces(role: str) -> list[Subquery]:
    """One subquery for each step of a role: 1 in its only row when the step is done, else 0."""
    return [
        select(func.count().label(f"{role}_{code}"))
        .select_from(select(model.id).where(*conditions()).limit(1).subquery())  # type: ignore[attr-defined]
        .subquery()
        for code, (model, conditions) in STEPS[role].items()
    ]


def hidden() -> Subquery:
    """One row: the roles whose steps the acting user does not want to see."""
    mine = m.DismissedHint.user_id == current_actor().user_id
    return select(func.array_agg(m.DismissedHint.code).label("hidden")).where(mine).subquery()
