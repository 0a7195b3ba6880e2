"""What ФИС ФРДО would refuse, shown before a document is issued: the same check, on the facts of a listener without a document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, true

from app import models as m
from app.access import unscoped
from app.clock import today
from app.documents.frdo import frdo_check
from app.documents.frdo.frdo_check import Fault
from app.documents.frdo.frdo_columns import FrdoFacts, frdo_values
from app.documents.frdo.frdo_export import lists_of
from app.documents.frdo.frdo_source import best_diploma
from app.extensions import db
from app.rules.document import DOCUMENT_OF
from app.services.paper.registries import frdo_batches
from app.statuses import FINAL_DOCUMENTS, FORMED, CertificateStatus, EnrolmentStatus, GroupStatus

#: who will get a document, or may get it yet
_TO_COME = (EnrolmentStatus.AGREED, EnrolmentStatus.CONFIRMED, EnrolmentStatus.TRAINED)
#: the sooner it is known, the sooner it is mended
_SHOWN_IN = FORMED | {GroupStatus.OPEN}
#: a number that no check finds wrong: the document has none yet
_NUMBER = "1"
#: cards whose facts are known before there is a document
_KNOWN = ("employee", "qualification", "program", "organization")


@dataclass(frozen=True, slots=True)
class Lack:
    """A listener whose document ФИС ФРДО would refuse, and why; ``organization_id`` is the place of work of the enrolment."""

    enrolment_id: int
    employee_id: int
    name: str
    organization_id: int | None
    faults: tuple[Fault, ...]


def lacks_of(group: m.TrainingGroup) -> list[Lack]:
    """Return the listeners without a document whose cards lack something that ФИС ФРДО demands, by name.

    The caller has loaded the group in the actor's scope. Two statements for a group of any size.
    """
    if group.status not in _SHOWN_IN:
        return []
    lists = lists_of(frdo_batches.template_of(group.organizer_id))
    check = frdo_check.Preflight(lists, year=today().year, today=today())
    found = []
    for row in _people(group.id):
        facts = _facts(group, row)
        wrong = [it for it in check.check(facts, frdo_values(facts, lists)) if _matters(it)]
        if wrong:
            found.append(Lack(row.enrolment_id, row.employee_id, facts.person, row.organization_id, tuple(wrong)))
    return found


def _matters(fault: Fault) -> bool:
    return fault.severity == frdo_check.ERROR and fault.card in _KNOWN


def _people(group_id: int) -> Sequence[Any]:
    enrolment, person, place, paper = m.Enrolment, m.Employee, m.Employment, m.Certificate
    best = best_diploma(person)
    issued = select(paper.id).where(
        paper.enrolment_id == enrolment.id,
        paper.status == CertificateStatus.ISSUED,
        paper.kind.in_(FINAL_DOCUMENTS),
    )
    statement = (
        select(
            enrolment.id.label("enrolment_id"),
            enrolment.block_id.is_not(None).label("by_voucher"),
            place.organization_id,
            *(person.id.label("employee_id"), person.last_name, person.first_name, person.patronymic),
            *(person.birth_date, person.sex, person.snils, person.citizenship),
            best.c.id.label("diploma_id"),
            *(
                best.c.last_name.label("diploma_name"),
                best.c.series,
                best.c.number,
                best.c.speciality,
                best.c.frdo_value,
            ),
        )
        .join(person, person.id == enrolment.employee_id)
        .outerjoin(place, place.id == enrolment.employment_id)
        .outerjoin(best, true())
        .where(enrolment.group_id == group_id, enrolment.status.in_(_TO_COME), ~issued.exists())
        .order_by(person.sort, enrolment.id)
    )
    with unscoped("facts about a listener that ФИС ФРДО asks of the organizer"):
        return list(db.session.execute(statement))


def _facts(group: m.TrainingGroup, row: Any) -> FrdoFacts:
    program = group.program
    return FrdoFacts(
        certificate_id=0,
        employee_id=row.employee_id,
        qualification_id=row.diploma_id,
        program_id=program.id,
        group_id=group.id,
        organizer_id=group.organizer_id,
        kind=DOCUMENT_OF[program.kind],
        ground=None,
        original=None,
        series="",
        number=_NUMBER,
        registration=_NUMBER,
        issued_on=max(today(), group.ends_on),
        program=program.title,
        program_qualification=program.qualification_name or "",
        area=program.area or "",
        specialities_group=program.specialities_group or "",
        hours=program.hours,
        form=program.form,
        funding=program.funding or "",
        by_voucher=row.by_voucher,
        education_level=row.frdo_value or "",
        diploma_last_name=(row.diploma_name or row.last_name) if row.diploma_id else "",
        diploma_series=row.series or "",
        diploma_number=row.number or "",
        diploma_speciality=row.speciality or "",
        starts_on=group.starts_on,
        ends_on=group.ends_on,
        last_name=row.last_name,
        first_name=row.first_name,
        patronymic=row.patronymic or "",
        birth_date=row.birth_date,
        sex=row.sex,
        snils=row.snils or "",
        citizenship=row.citizenship,
        licence_date=group.organizer.licence_date,
    )
