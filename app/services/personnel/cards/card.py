"""The staff card: a person with all records about the person, read list by list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload, selectinload

from app import models as m
from app.access import get_visible
from app.clock import today
from app.conditions import is_employed, main_place
from app.extensions import db
from app.russian import age, seniority
from app.statuses import EnrolmentStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingLine:
    """One course of a person's history, taken on the portal (``enrolment``) or outside it (``training``)."""

    title: str
    institution: str
    hours: int
    started_on: dt.date | None
    ended_on: dt.date
    document_number: str | None
    enrolment: m.Enrolment | None = None
    training: m.Training | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardCounts:
    """How many records of each kind a card has; ``trained`` are the courses taken on the portal."""

    employments: int
    qualifications: int
    attestations: int
    outside: int
    trained: int
    vouchers: int
    enrolments: int
    certificates: int


class CardData:
    """A staff card that the actor sees; each list is read when it is first asked for, so a tab costs only its own.

    Ages and seniority are full years, None when unknown.
    """

    def __init__(self, person: m.Employee) -> None:
        day = today()
        self.person = person
        self.age = _years(age, person.birth_date, day)
        self.teaching_years = _years(seniority, person.teaching_since, day)
        self.working_years = _years(seniority, person.working_since, day)

    @cached_property
    def counts(self) -> CardCounts:
        """The number of records of each kind, by one statement."""
        e = m.Enrolment
        kinds = {
            "employments": _number(m.Employment, self.person.id),
            "qualifications": _number(m.Qualification, self.person.id),
            "attestations": _number(m.Attestation, self.person.id),
            "outside": _number(m.Training, self.person.id),
            "trained": _number(e, self.person.id).where(e.status == EnrolmentStatus.TRAINED),
            "vouchers": _number(m.Voucher, self.person.id),
            "enrolments": _number(e, self.person.id),
            "certificates": _number(m.Certificate, self.person.id),
        }
        row = db.session.execute(select(*(number.scalar_subquery().label(kind) for kind, number in kinds.items())))
        return CardCounts(**row.one()._mapping)

    @cached_property
    def employments(self) -> Sequence[m.Employment]:
        """Places of work, the live ones first."""
        found = _list(m.Employment, self.person.id, m.Employment.started_on.desc(), *EMPLOYMENT)
        return sorted(found, key=lambda e: not is_employed(e))

    @property
    def position_years(self) -> int | None:
        """Seniority in the position held now."""
        day = today()
        return _years(seniority, _in_position_since(self.employments, day), day)

    @cached_property
    def former_names(self) -> Sequence[m.FormerName]:
        """Former surnames, the latest first."""
        return _list(m.FormerName, self.person.id, m.FormerName.until.desc())

    @cached_property
    def qualifications(self) -> Sequence[m.Qualification]:
        """Diplomas, the latest first."""
        return _list(m.Qualification, self.person.id, m.Qualification.year.desc(), joinedload(m.Qualification.level))

    @cached_property
    def attestations(self) -> Sequence[m.Attestation]:
        """Attestations, the latest first."""
        return _list(m.Attestation, self.person.id, m.Attestation.valid_from.desc(), *_ATTESTATION)

    @cached_property
    def trainings(self) -> Sequence[TrainingLine]:
        """Courses taken on the portal and outside it, the latest first."""
        return _history(self.enrolments, self.certificates, self.outside)

    @cached_property
    def outside(self) -> Sequence[m.Training]:
        """Courses taken outside the portal, the latest first; a scan that the actor may not read is None."""
        return _list(m.Training, self.person.id, m.Training.ended_on.desc(), joinedload(m.Training.scan))

    @cached_property
    def applications(self) -> Sequence[m.VoucherApplication]:
        """Applications for чеки, the latest first."""
        return _list(m.VoucherApplication, self.person.id, m.VoucherApplication.id.desc())

    @cached_property
    def vouchers(self) -> Sequence[m.Voucher]:
        """Чеки with their blocks, the latest first."""
        return _list(m.Voucher, self.person.id, m.Voucher.issued_on.desc(), selectinload(m.Voucher.blocks))

    @cached_property
    def enrolments(self) -> Sequence[m.Enrolment]:
        """Enrolments, the latest first."""
        return _list(m.Enrolment, self.person.id, m.Enrolment.id.desc(), *_ENROLMENT)

    @cached_property
    def certificates(self) -> Sequence[m.Certificate]:
        """Documents on training, the latest first."""
        organizer = joinedload(m.Certificate.organizer)
        return _list(m.Certificate, self.person.id, m.Certificate.issued_on.desc(), organizer)

    @property
    def main(self) -> m.Employment | None:
        """The live main place of work, else any live one."""
        return main_place(self.employments)

    @cached_property
    def enrolment_of_block(self) -> Mapping[int, m.Enrolment]:
        """Block id → the latest enrolment that it pays or paid for."""
        return {e.block_id: e for e in reversed(self.enrolments) if e.block_id is not None}


def card(employee_id: int) -> CardData:
    """Return the staff card; a fixed number of statements, whatever the number of rows. Raises NotFound, Forbidden."""
    return CardData(get_visible(db.session, m.Employee, employee_id, "employee:show"))


def _number(model: Any, employee_id: int) -> Select[int]:
    """Statement that counts a person's rows; the session's scope reaches into subqueries."""
    return select(func.count()).select_from(model).where(model.employee_id == employee_id)


EMPLOYMENT = (
    joinedload(m.Employment.organization),
    joinedload(m.Employment.position),
    selectinload(m.Employment.subjects),
)
_ATTESTATION = (joinedload(m.Attestation.kind), joinedload(m.Attestation.position), joinedload(m.Attestation.subject))
_ENROLMENT = (
    joinedload(m.Enrolment.group).joinedload(m.TrainingGroup.program),
    joinedload(m.Enrolment.group).joinedload(m.TrainingGroup.organizer),
    joinedload(m.Enrolment.block),
)


def _list(model: Any, employee_id: int, order: Any, *options: Any) -> list[Any]:
    statement = select(model).where(model.employee_id == employee_id).order_by(order, model.id).options(*options)
    return list(db.session.scalars(statement))


def _years(count: Any, since: dt.date | None, day: dt.date) -> int | None:
    return None if since is None or since > day else cast(int, count(since, day))


def _in_position_since(employments: Sequence[m.Employment], day: dt.date) -> dt.date | None:
    place = main_place(employments, day)
    return (place.position_since or place.begun_on) if place else None


def _history(
    enrolments: Sequence[m.Enrolment], certificates: Sequence[m.Certificate], outside: Sequence[m.Training]
) -> list[TrainingLine]:
    """Courses trained on the portal and outside it, the newest first."""
    numbers = {c.enrolment_id: c.number for c in reversed(certificates)}
    own = [_own_line(e, numbers.get(e.id)) for e in enrolments if e.status == EnrolmentStatus.TRAINED and e.group]
    lines = own + [_outside_line(t) for t in outside]
    return sorted(lines, key=lambda line: line.ended_on, reverse=True)


def _own_line(enrolment: m.Enrolment, number: str | None) -> TrainingLine:
    group = enrolment.group
    return TrainingLine(
        title=group.program.title,
        institution=group.organizer.short_name,
        hours=group.program.hours,
        started_on=group.starts_on,
        ended_on=group.ends_on,
        document_number=number,
        enrolment=enrolment,
    )


def _outside_line(training: m.Training) -> TrainingLine:
    return TrainingLine(
        title=training.title,
        institution=training.institution,
        hours=training.hours,
        started_on=training.started_on,
        ended_on=training.ended_on,
        document_number=training.document_number,
        training=training,
    )
