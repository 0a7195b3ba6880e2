"""Facts for ФИС ФРДО read from the database: the documents of an organizer with the values of all forty columns.

One statement whatever the number of documents, read in portions by a server-side cursor. The caller has already checked
that the organizer is in the acting user's scope.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

from sqlalchemy import func, lateral, select, true
from sqlalchemy.orm import aliased

from app import models as m
from app.access import unscoped
from app.documents.frdo.frdo_columns import KINDS, FrdoFacts, Original
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


def best_diploma(person: Any) -> Any:
    """The diploma of education sent to ФИС ФРДО: first one that the registry knows, then the main one, then the latest."""
    diploma = m.Qualification
    return lateral(
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


def _statement() -> Any:
    group, program, person = m.TrainingGroup, m.Program, m.Employee
    enrolment, organizer = m.Enrolment, m.Organization
    best = best_diploma(person)
    # in the order in which _facts takes them
    return (
        select(
            _C.id, _C.employee_id, _C.organizer_id, _C.kind, _C.number, _C.issued_on, _C.snapshot, _C.ground,
            _text(_BLANK.series), _text(_BLANK.number),
            _O.id, _O.kind, _O.number, _O.issued_on, _O.snapshot, _text(_OLD_BLANK.series), _text(_OLD_BLANK.number),
            enrolment.group_id, enrolment.block_id.is_not(None),
            group.program_id, _text(program.area), _text(program.specialities_group), _text(program.qualification_name),
            program.form, _text(program.funding), organizer.licence_date,
            person.birth_date, person.sex, _text(person.snils), person.citizenship, person.last_name,
            best.c.id, best.c.last_name, _text(best.c.series), _text(best.c.number), _text(best.c.speciality),
            _text(best.c.frdo_value),
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


def _text(column: Any) -> Any:
    return func.coalesce(column, "")


def _read(statement: Any) -> Iterator[list[FrdoFacts]]:
    with unscoped("facts about the owner of a document that ФИС ФРДО asks of its organizer"):
        # plain rows of a plain cursor: the session would make each of the columns pass through its loading of objects
        found = db.session.connection().execute(statement.execution_options(yield_per=_PORTION))
    for portion in found.partitions():
        yield [_facts(row) for row in portion]


def _facts(row: Any) -> FrdoFacts:
    # one unpacking instead of forty look-ups by name: this runs a hundred thousand times
    (
        certificate_id, employee_id, organizer_id, kind, registration, issued_on, printed, ground, series, number,
        original_id, original_kind, original_registration, original_issued_on, original_printed, original_series, original_number,
        group_id, by_voucher, program_id, area, specialities_group, program_qualification, form, funding, licence_date,
        birth_date, sex, snils, citizenship, card_last_name,
        qualification_id, diploma_last_name, diploma_series, diploma_number, diploma_speciality, education_level,
    ) = row  # fmt: skip
    original = None
    if original_id is not None:
        numbers = (original_series, original_number or original_registration, original_registration)
        original = _original(original_kind, *numbers, original_issued_on, original_printed)
    facts = FrdoFacts(
        certificate_id=certificate_id,
        program_id=program_id,
        group_id=group_id,
        organizer_id=organizer_id,
        kind=kind,
        ground=ground,
        original=original,
        series=series,
        number=number or registration,
        registration=registration,
        issued_on=issued_on,
        program_qualification=program_qualification,
        area=area,
        specialities_group=specialities_group,
        form=form,
        funding=funding,
        by_voucher=by_voucher,
        starts_on=_day(printed["starts_on"]),
        ends_on=_day(printed["ends_on"]),
        **_named(printed, ("program", "hours", *_NAMES)),
        licence_date=licence_date,
        employee_id=employee_id,
        qualification_id=qualification_id,
        education_level=education_level,
        # a diploma without a surname of its own carries that of the card
        diploma_last_name=(diploma_last_name or card_last_name) if qualification_id else "",
        diploma_series=diploma_series,
        diploma_number=diploma_number,
        diploma_speciality=diploma_speciality,
        birth_date=birth_date,
        sex=sex,
        snils=snils,
        citizenship=citizenship,
    )
    kept = printed.get("owner")
    return replace(facts, **_kept(kept)) if kept else facts


def _original(
    kind: Any, series: str, number: str, registration: str, issued_on: dt.date, printed: dict[str, Any]
) -> Original:
    facts = {"kind": kind, "series": series, "number": number, "registration": registration, "issued_on": issued_on}
    return Original(**facts, **_named(printed, _NAMES))


_NAMES = ("last_name", "first_name", "patronymic")


def _named(printed: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: printed[name] for name in names}


_day = lru_cache(maxsize=4096)(dt.date.fromisoformat)


def _kept(owner: dict[str, str]) -> dict[str, Any]:
    """Facts about the person that the document kept when the card was made anonymous."""
    born = owner.get("birth_date", "")
    return {
        "qualification_id": None,
        "education_level": owner.get("education_level", ""),
        "diploma_last_name": owner.get("diploma_last_name", ""),
        "diploma_series": owner.get("diploma_series", ""),
        "diploma_number": owner.get("diploma_number", ""),
        "diploma_speciality": "",
        "birth_date": dt.date.fromisoformat(born) if born else None,
        "sex": Sex.of(owner["sex"]) if owner.get("sex") else None,
        "snils": owner.get("snils", ""),
        "citizenship": owner.get("citizenship", ""),
    }
