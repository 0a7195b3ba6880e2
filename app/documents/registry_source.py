"""Rows of «Реестр обученных» read from the database for one group, within the scope of the acting user."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app import models as m
from app.clock import today
from app.documents.registry import RegistryHeader, TrainedRow
from app.extensions import db
from app.identifiers import format_snils
from app.statuses import CertificateStatus, EnrolmentStatus


def registry_of_group(group: m.TrainingGroup) -> tuple[list[TrainedRow], RegistryHeader]:
    """Return the trained of a group by name, with the header of the organizer's registry (order § 3.3)."""
    statement = (
        select(m.Enrolment)
        .join(m.Employee, m.Employee.id == m.Enrolment.employee_id)
        .where(m.Enrolment.group_id == group.id, m.Enrolment.status == EnrolmentStatus.TRAINED)
        .order_by(m.Employee.sort, m.Enrolment.id)
        .options(
            selectinload(m.Enrolment.employee),
            selectinload(m.Enrolment.employment)
            .selectinload(m.Employment.organization)
            .selectinload(m.Organization.territory),
            selectinload(m.Enrolment.employment).selectinload(m.Employment.position),
            selectinload(m.Enrolment.employment).selectinload(m.Employment.subjects),
            selectinload(m.Enrolment.block).selectinload(m.VoucherBlock.voucher),
            selectinload(m.Enrolment.certificates).selectinload(m.Certificate.blank),
        )
    )
    rows = [_row(e, group) for e in db.session.scalars(statement)]
    organizer = group.organizer
    header = RegistryHeader(
        organization=organizer.full_name,
        starts_on=group.starts_on,
        ends_on=group.ends_on,
        head_title=organizer.head_position or "Руководитель",
        head_name=organizer.head_name or "",
        formed_on=today(),
    )
    return rows, header


def _row(e: m.Enrolment, group: m.TrainingGroup) -> TrainedRow:
    person, place, block = e.employee, e.employment, e.block
    paper = next((c for c in e.certificates if c.status == CertificateStatus.ISSUED), None)
    organization = place.organization if place else None
    return TrainedRow(
        full_name=person.full_name,
        snils=format_snils(person.snils) if person.snils else "",
        birth_date=person.birth_date,
        territory=organization.territory.short_name if organization and organization.territory else "",
        organization=organization.short_name if organization else "",
        position=place.position.name if place else "",
        subject=", ".join(s.name for s in place.subjects) if place else "",
        voucher_number=block.voucher.number if block and block.voucher else "",
        voucher_block=block.title if block else "",
        program=group.program.title,
        hours=group.program.hours,
        starts_on=group.starts_on,
        ends_on=group.ends_on,
        group=group.number,
        assessment=e.final_form or "",
        result=e.final_mark or "",
        blank=str(paper.blank) if paper and paper.blank else "",
        number=paper.number if paper else "",
        issued_on=paper.issued_on if paper else None,
        basis=f"Протокол № {e.protocol_number}" if e.protocol_number else "",
    )
