"""Snapshot of a document: every printed fact as JSON, so that a reprint years later gives the same paper."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

from app import models as m
from app.errors import Invalid
from app.russian import Sex as SexCode
from app.russian import guess_sex, initials_first
from app.services.personnel.cards.declension import declined
from app.statuses import CertificateKind, EnrolmentStatus

#: version of the snapshot's keys, as ``documents.papers.certificate`` reads them
VERSION = 2

Snapshot = dict[str, Any]


def snapshot_of(row: m.Enrolment, kind: CertificateKind, *, issued_on: dt.date) -> Snapshot:
    """Return the facts known before a document has its number, blank and check link; raises Invalid for a missing one."""
    insist_facts(row, kind)
    program = row.group.program
    return {
        "version": VERSION,
        "kind": kind.value,
        "issued_on": issued_on.isoformat(),
        **_person(row.employee),
        **_signatories(row.group.organizer),
        "organization": row.group.organizer.full_name,
        "program": program.title,
        "program_kind": program.kind.value,
        "hours": program.hours,
        "qualification": program.qualification_name or "",
        **training_facts(row, kind),
        "duplicate": False,
    }


def training_facts(row: m.Enrolment, kind: CertificateKind) -> Snapshot:
    """Return the printed facts that a correction of the group or of the result may change."""
    return {
        "starts_on": row.group.starts_on.isoformat(),
        "ends_on": _last_day(row, kind).isoformat(),
        "decided_on": row.result_on.isoformat() if row.result_on else None,
        "protocol": row.protocol_number or "",
        "outcome": row.status.value,
    }


def snapshot_of_duplicate(original: m.Certificate, *, issued_on: dt.date, renamed: bool) -> Snapshot:
    """Return the facts of a duplicate: the training of the original, today's signatories, ``renamed``: today's name.

    The training is the corrected one where the original is to be replaced because of a correction. What the original did
    not know (it was issued by an earlier version of the portal) stays unknown.
    """
    organizer = original.organizer
    _insist_organizer(organizer)
    names = _person(original.employee) if renamed else {}
    training = training_facts(original.enrolment, original.kind) if original.outdated else {}
    return {
        **original.snapshot,
        **names,
        **training,
        **_signatories(organizer),
        "version": VERSION,
        "issued_on": issued_on.isoformat(),
        "duplicate": True,
    }


def sealed(facts: Snapshot, *, number: str, blank: m.Blank | None, check_url: str) -> Snapshot:
    """Return the snapshot with the facts that come last: number, blank and check link."""
    return on_blank({**facts, "number": number, "check_url": check_url}, blank)


def on_blank(facts: Snapshot, blank: m.Blank | None) -> Snapshot:
    """Return the snapshot printed on another blank, every other fact and the version as they are; None for plain paper."""
    return {**facts, "blank": str(blank) if blank else ""}


def insist_facts(row: m.Enrolment, kind: CertificateKind) -> None:
    """Raise Invalid, naming what is missing and where it is written, unless a document can be filled whole."""
    _insist_organizer(row.group.organizer)
    _sex_of(row.employee)
    if kind == CertificateKind.DIPLOMA:
        _insist({"квалификация": row.group.program.qualification_name}, "карточку программы")
        _insist(
            {"дата итоговой аттестации": row.result_on, "номер протокола": row.protocol_number},
            "итог обучения этого слушателя",
        )


def _insist_organizer(organizer: m.Organization) -> None:
    facts = {"населённый пункт организации": organizer.city, "руководитель организации": organizer.head_name}
    _insist(facts, "карточку организации")


def _insist(facts: dict[str, Any], where: str) -> None:
    missing = [name for name, value in facts.items() if not value]
    if missing:
        raise Invalid(f"Для документа не хватает сведений: {', '.join(missing)}. Впишите их в {where}.")


def _person(person: m.Employee) -> Snapshot:
    sex = _sex_of(person)
    return {
        "last_name": person.last_name,
        "first_name": person.first_name,
        "patronymic": person.patronymic or "",
        "sex": sex,
        "full_name_dative": declined(person, "dative"),
    }


def _signatories(organizer: m.Organization) -> Snapshot:
    return {
        "city": organizer.city or "",
        "head_name": as_signed(organizer.head_name),
        "head_title": organizer.head_position or "Руководитель",
        "secretary": as_signed(organizer.secretary_name),
    }


def _sex_of(person: m.Employee) -> SexCode:
    sex = person.sex.value if person.sex else guess_sex(person.last_name, person.first_name, person.patronymic)
    if sex is None:
        raise Invalid(f"В карточке работника ({person.short_name}) не указан пол. Укажите его и повторите выдачу.")
    return cast(SexCode, sex)


def _last_day(row: m.Enrolment, kind: CertificateKind) -> dt.date:
    """The last day of study: who was expelled studied until that day (273-ФЗ ст. 60 ч. 12)."""
    group, left = row.group, row.result_on
    if kind == CertificateKind.STUDY_PERIOD_NOTE and row.status == EnrolmentStatus.EXPELLED and left is not None:
        return max(group.starts_on, min(left, group.ends_on))
    return group.ends_on


def as_signed(name: str | None) -> str:
    """Write a full name as it stands under a signature («М. П. Иванова»); a name already short stays."""
    parts = (name or "").split()
    if len(parts) in (2, 3) and not any("." in part for part in parts):
        return initials_first(*parts)
    return " ".join(parts)
