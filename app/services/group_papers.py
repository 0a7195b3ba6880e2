"""Facts of a group as its papers print them: протокол, ведомость, журнал учёта выдачи, список."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from app import audit
from app import models as m
from app.access import get_writable
from app.extensions import db
from app.russian import as_signed
from app.statuses import CertificateStatus, EnrolmentStatus, Handing
from app.unit_of_work import technical_write

REGISTRY = "training_group:registry"
_S = EnrolmentStatus
#: who was taken into the group; the others only applied
TAKEN = (_S.CONFIRMED, _S.TRAINED, _S.FAILED, _S.NO_SHOW, _S.EXPELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenDocument:
    """A document of a listener in the journal of issuance; ``blank`` is its series and number, empty for plain paper."""

    kind: str
    blank: str
    number: str
    issued_on: dt.date
    status: CertificateStatus
    handing: Handing | None
    handed_to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A person of the group with the course's outcome; texts are empty where nothing is known yet."""

    full_name: str
    position: str
    workplace: str
    status: EnrolmentStatus
    result_on: dt.date | None
    final_form: str
    final_mark: str
    protocol: str
    documents: tuple[GivenDocument, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFacts:
    """A group with its listeners by name; ``head_name`` and ``secretary`` are written as signed («М. П. Иванова»)."""

    id: int
    number: str
    program: str
    hours: int
    starts_on: dt.date
    ends_on: dt.date
    organization: str
    city: str
    head_title: str
    head_name: str
    secretary: str
    listeners: tuple[Listener, ...]

    @property
    def studying(self) -> tuple[Listener, ...]:
        """Listeners who were not expelled."""
        return tuple(person for person in self.listeners if person.status != EnrolmentStatus.EXPELLED)


def facts_of_group(group_id: int) -> GroupFacts:
    """Return the facts of a group; raises NotFound for a hidden one, Forbidden without the right to its papers."""
    group = get_writable(db.session, m.TrainingGroup, group_id, REGISTRY)
    organizer = group.organizer
    return GroupFacts(
        id=group.id,
        number=group.number,
        program=group.program.title,
        hours=group.program.hours,
        starts_on=group.starts_on,
        ends_on=group.ends_on,
        organization=organizer.full_name,
        city=organizer.city or "",
        head_title=organizer.head_position or "Руководитель",
        head_name=as_signed(organizer.head_name),
        secretary=as_signed(organizer.secretary_name),
        listeners=tuple(map(_listener, _enrolments(group_id))),
    )


def _enrolments(group_id: int) -> list[m.Enrolment]:
    place = joinedload(m.Enrolment.employment)
    statement = (
        select(m.Enrolment)
        .join(m.Enrolment.employee)
        .where(m.Enrolment.group_id == group_id, m.Enrolment.status.in_(TAKEN))
        .order_by(m.Employee.sort, m.Enrolment.id)
        .options(
            joinedload(m.Enrolment.employee),
            place.joinedload(m.Employment.position),
            place.joinedload(m.Employment.organization),
            selectinload(m.Enrolment.certificates).joinedload(m.Certificate.blank),
        )
    )
    return list(db.session.scalars(statement))


def _listener(row: m.Enrolment) -> Listener:
    place = row.employment
    return Listener(
        full_name=row.employee.full_name,
        position=place.position.name if place else "",
        workplace=place.organization.short_name if place else "",
        status=row.status,
        result_on=row.result_on,
        final_form=row.final_form or "",
        final_mark=row.final_mark or "",
        protocol=row.protocol_number or "",
        documents=tuple(_document(paper) for paper in sorted(row.certificates, key=lambda paper: paper.id)),
    )


def _document(paper: m.Certificate) -> GivenDocument:
    return GivenDocument(
        kind=paper.kind.label,
        blank=str(paper.blank) if paper.blank else "",
        number=paper.number,
        issued_on=paper.issued_on,
        status=paper.status,
        handing=paper.handing,
        handed_to=paper.handed_to or "",
    )


@technical_write
def journal(group_id: int, papers: str, people: int) -> None:
    """Write on the group who made which papers of how many people."""
    group = get_writable(db.session, m.TrainingGroup, group_id, REGISTRY)
    audit.record("training_group.printed", group, {"Документы": ("", papers), "Слушателей": ("", str(people))})
