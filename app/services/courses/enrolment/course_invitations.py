"""Invitation to a group of the people who have chosen its program in the plan; the organizer learns only how many.

Every such person sees the invitation in the cabinet. It is e-mailed only to those who agreed to «новости портала,
приглашения на курсы и мероприятия», because the text of that consent names invitations. Letters that need no consent are
those about a person's applications, vouchers (чеки) and enrolments; here nobody has applied yet, and any group of the
program fulfils the plan (152-ФЗ, ст. 15; one consent for one purpose). The order counts information about courses as
«Новости» too (п. 3.5).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app import addresses
from app import models as m
from app.access import get_writable, unscoped
from app.audit import record
from app.clock import today
from app.errors import Conflict
from app.extensions import db
from app.rules.enrolment import is_enrolment_open
from app.russian import format_date
from app.services.courses.enrolment import course_facts
from app.services.mailing import letter_kinds, letters
from app.services.personnel.consents import consents
from app.statuses import EnrolmentStatus, PlanItemStatus
from app.unit_of_work import use_case

#: whose wish counts, and whom an invitation would not tell anything new
_PLANNED = (PlanItemStatus.AGREED, PlanItemStatus.INCLUDED)
_ENTERED = (
    EnrolmentStatus.WAITING,
    EnrolmentStatus.OFFERED,
    EnrolmentStatus.APPLIED,
    EnrolmentStatus.AGREED,
    EnrolmentStatus.CONFIRMED,
    EnrolmentStatus.TRAINED,
)


@use_case
def invite(group_id: int) -> int:
    """Invite to an open group everybody who planned its program (any edition) and is neither enrolled nor trained.

    A group of the plan invites its own people first; the next press invites the others.

    Each person is invited to a group once, however often this is called; returns how many were invited now, by a notice or
    by a letter too. Raises Conflict unless people may enrol today.
    """
    group = get_writable(db.session, m.TrainingGroup, group_id, "training_group:invite")
    is_open = is_enrolment_open(course_facts.dates_of(group), on=today())
    if not is_open.allowed:
        raise Conflict(is_open.reason)
    with unscoped("who planned a program: the organizer learns only a number"):
        people = _not_yet_told(group.id, _planned(group))
        agreed = _agreed_to_mail([person.id for person in people])
        for person in people:
            _invite(person, group, by_mail=person.id in agreed)
    if people:
        record("training_group.invited", group, {"Приглашено": ("", str(len(people)))})
    return len(people)


def _planned(group: m.TrainingGroup) -> list[int]:
    """People to invite, in order: those whom the plan puts into this very group, while one of them is not told; else all.

    A group that the plan made is its people's first: others of the program are asked once each of them has been.
    """
    mine = _asking(group, m.PlanItem.group_id == group.id)
    told = set(db.session.scalars(_told(group.id)))
    if any(pk not in told for pk in mine):
        return mine
    return _asking(group)


def _told(group_id: int) -> Any:
    return select(m.ReminderSent.object_id).where(
        m.ReminderSent.kind == f"invited_to_{group_id}", m.ReminderSent.object_table == "employee"
    )


def _asking(group: m.TrainingGroup, *conditions: Any) -> list[int]:
    item, program, row, run = m.PlanItem, m.Program, m.Enrolment, m.TrainingGroup
    same = (program.code == group.program.code, program.organizer_id == group.organizer_id)
    entered = (
        select(row.id)
        .join(run, run.id == row.group_id)
        .join(program, program.id == run.program_id)
        .where(row.employee_id == item.employee_id, row.status.in_(_ENTERED), *same)
    )
    statement = (
        select(item.employee_id)
        .join(program, program.id == item.program_id)
        .join(m.Employee, m.Employee.id == item.employee_id)
        .where(item.status.in_(_PLANNED), *same, m.Employee.anonymized_at.is_(None), ~entered.exists(), *conditions)
        # who is in the plan comes before who is agreed, then who wants it more and said so earlier
        .order_by(item.status.desc(), item.priority, item.id)
    )
    return list(dict.fromkeys(db.session.scalars(statement)))


def _not_yet_told(group_id: int, employee_ids: Sequence[int]) -> list[m.Employee]:
    """Mark the people as invited to the group and return those who were not yet; of two clicks one invites."""
    if not employee_ids:
        return []
    values = [
        {"kind": f"invited_to_{group_id}", "object_table": "employee", "object_id": employee_id}
        for employee_id in employee_ids
    ]
    statement = insert(m.ReminderSent).values(values).on_conflict_do_nothing().returning(m.ReminderSent.object_id)
    fresh = set(db.session.scalars(statement))
    people = {row.id: row for row in db.session.scalars(select(m.Employee).where(m.Employee.id.in_(fresh)))}
    return [people[pk] for pk in employee_ids if pk in people]


def _agreed_to_mail(employee_ids: Sequence[int]) -> frozenset[int]:
    """Return those whose consent for news and invitations is in force."""
    agreed = consents.with_consent(consents.NEWS).subquery()
    return frozenset(db.session.scalars(select(agreed.c.employee_id).where(agreed.c.employee_id.in_(employee_ids))))


def _invite(person: m.Employee, group: m.TrainingGroup, *, by_mail: bool) -> None:
    letters.tell(
        person,
        "course_invitation",
        facts={**letter_kinds.group_facts(group), "запись_по": format_date(group.enrol_until)},
        href=addresses.at("enrolment", "join", group=group.id),
        by_mail=by_mail,
    )
