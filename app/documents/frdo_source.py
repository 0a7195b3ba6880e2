"""Facts for ФИС ФРДО read from the database: the documents of an organizer, with all that the forty columns say of them.

One statement whatever the number of documents, read in portions by a server-side cursor. The caller has made sure that
the organizer is the acting user's own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import lateral, select, true
from sqlalchemy.orm import aliased

from app import models as m
from app.access import unscoped
from app.documents.frdo import KINDS, FrdoFacts, Original
from app.extensions import db
from app.statuses import CertificateStatus, Sex

_PORTION = 2000

_C, _O = aliased(m.Certificate, name="paper"), aliased(m.Certificate, name="original")
_BLANK, _OLD_BLANK = aliased(m.Blank, name="blank_of"), aliased(m.Blank, name="blank_of_original")


def facts_of_period(organizer_id: int, start: dt.date, end: dt.date) -> Iterator[list[FrdoFacts]]:
    """Documents of the organizer issued in the period and still valid, in the order of their days and numbers, by portions.

    An annulled document is left out, and so is a replaced one: the duplicate tells of it.
    """
    statement = _statement().where(
        _C.organizer_id == organizer_id,
        _C.issued_on.between(start, end),
        _C.status == CertificateStatus.ISSUED,
        _C.kind.in_(KINDS),
    )
    return _read(statement.order_by(_C.issued_on, _C.kind, _C.sequence))


def facts_of(certificate_ids: Collection[int]) -> dict[int, FrdoFacts]:
    """Documents by id, whatever became of them."""
    portions = _read(_statement().where(_C.id.in_(certificate_ids)))
    return {facts.certificate_id: facts for portion in portions for facts in portion}


def _statement() -> Any:
    group, program, person = m.TrainingGroup, m.Program, m.Employee
    enrolment, organizer = m.Enrolment, m.Organization
    diploma = m.Qualification
    best = lateral(
        select(
            diploma.id,
            diploma.last_name,
            diploma.series,
            diploma.number,
            diploma.speciality,
            m.EducationLevel.frdo_value,
        )
        .join(m.EducationLevel, m.EducationLevel.id == diploma.level_id)
        .where(diploma.employee_id == person.id)
        .order_by(m.EducationLevel.frdo_value.is_(None), diploma.is_main.desc(), diploma.id.desc())
        .limit(1)
        .correlate(person)
    ).alias("diploma")
    return (
        select(
            _C.id.label("certificate_id"), _C.employee_id, _C.organizer_id, _C.kind, _C.number.label("registration"),
            _C.issued_on, _C.snapshot, _C.ground,
            _BLANK.series, _BLANK.number,
            _O.id.label("original_id"), _O.kind.label("original_kind"), _O.number.label("original_registration"),
            _O.issued_on.label("original_issued_on"), _O.snapshot.label("original_snapshot"),
            _OLD_BLANK.series.label("original_series"), _OLD_BLANK.number.label("original_number"),
            enrolment.group_id, enrolment.block_id,
            group.program_id, program.area, program.specialities_group, program.qualification_name, program.form,
            program.funding, organizer.licence_date,
            person.birth_date, person.sex, person.snils, person.citizenship, person.last_name.label("card_last_name"),
            best.c.id.label("qualification_id"), best.c.last_name.label("diploma_last_name"),
            best.c.series.label("diploma_series"), best.c.number.label("diploma_number"),
            best.c.speciality.label("diploma_speciality"), best.c.frdo_value,
        )
        .select_from(_C)
        .join(enrolment, enrolment.id == _C.enrolment_id)
        .join(group, group.id == enrolment.group_id)
        .join(program, program.id == group.program_id)
        .join(organizer, organizer.id == _C.organizer_id)
        .join(person, person.id == _C.employee_id)
        .outerjoin(best, true())
        .outerjoin(_BLANK, _BLANK.id == _C.blank_id)
        .outerjoin(_O, _O.id == _C.original_id)
        .outerjoin(_OLD_BLANK, _OLD_BLANK.id == _O.blank_id)
    )  # fmt: skip


def _read(statement: Any) -> Iterator[list[FrdoFacts]]:
    with unscoped("facts about the owner of a document that ФИС ФРДО asks of its organizer"):
        found = db.session.execute(statement.execution_options(yield_per=_PORTION))
    for portion in found.partitions():
        yield [_facts(row) for row in portion]


def _facts(row: Any) -> FrdoFacts:
    printed = row.snapshot
    return FrdoFacts(
        certificate_id=row.certificate_id,
        program_id=row.program_id,
        group_id=row.group_id,
        organizer_id=row.organizer_id,
        kind=row.kind,
        ground=row.ground,
        original=_original(row),
        series=row.series or "",
        number=row.number or row.registration,
        registration=row.registration,
        issued_on=row.issued_on,
        program=printed["program"],
        program_qualification=row.qualification_name or "",
        area=row.area or "",
        specialities_group=row.specialities_group or "",
        hours=printed["hours"],
        form=row.form,
        funding=row.funding or "",
        by_voucher=row.block_id is not None,
        starts_on=dt.date.fromisoformat(printed["starts_on"]),
        ends_on=dt.date.fromisoformat(printed["ends_on"]),
        last_name=printed["last_name"],
        first_name=printed["first_name"],
        patronymic=printed["patronymic"],
        licence_date=row.licence_date,
        employee_id=row.employee_id,
        **_owner(row, printed.get("owner") or {}),
    )


def _owner(row: Any, kept: dict[str, str]) -> dict[str, Any]:
    """Facts about the person: of the card, else those that the document kept when the card was made anonymous."""
    if kept:
        born = kept.get("birth_date", "")
        return {
            "qualification_id": None,
            "education_level": kept.get("education_level", ""),
            "diploma_last_name": kept.get("diploma_last_name", ""),
            "diploma_series": kept.get("diploma_series", ""),
            "diploma_number": kept.get("diploma_number", ""),
            "diploma_speciality": "",
            "birth_date": dt.date.fromisoformat(born) if born else None,
            "sex": Sex.of(kept["sex"]) if kept.get("sex") else None,
            "snils": kept.get("snils", ""),
            "citizenship": kept.get("citizenship", ""),
        }
    return {
        "qualification_id": row.qualification_id,
        "education_level": row.frdo_value or "",
        # a diploma without a surname of its own carries that of the card
        "diploma_last_name": (row.diploma_last_name or row.card_last_name) if row.qualification_id else "",
        "diploma_series": row.diploma_series or "",
        "diploma_number": row.diploma_number or "",
        "diploma_speciality": row.diploma_speciality or "",
        "birth_date": row.birth_date,
        "sex": row.sex,
        "snils": row.snils or "",
        "citizenship": row.citizenship,
    }


def _original(row: Any) -> Original | None:
    if row.original_id is None:
        return None
    printed = row.original_snapshot
    return Original(
        kind=row.original_kind,
        series=row.original_series or "",
        number=row.original_number or row.original_registration,
        registration=row.original_registration,
        issued_on=row.original_issued_on,
        last_name=printed["last_name"],
        first_name=printed["first_name"],
        patronymic=printed["patronymic"],
    )
