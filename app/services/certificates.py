"""Documents on training: numbers without gaps, a snapshot of every printed fact, the public check (order § 3.3)."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app import models as m
from app.access import get_visible, get_writable, unscoped
from app.audit import record
from app.clock import today
from app.errors import Conflict, Forbidden, Invalid, NotFound, PortalError
from app.extensions import db
from app.rules import DOCUMENT_OF, Outcome, may_issue_certificate
from app.russian import Sex as SexCode
from app.russian import as_signed, decline_name, guess_sex, initials
from app.services import letters, numbers, transitions
from app.statuses import CertificateKind, CertificateStatus, EnrolmentStatus
from app.unit_of_work import use_case

#: kind of a document → SHA-256 of its template; raises Invalid for a kind that cannot be printed
TemplateOf = Callable[[CertificateKind], str]

#: version of the snapshot's keys, as ``documents.certificate`` reads them
_SNAPSHOT_VERSION = 1


# --- issuing ---------------------------------------------------------------------------------------------------------


@use_case
def issue(
    enrolment_id: int,
    *,
    kind: CertificateKind | None = None,
    issued_on: dt.date | None = None,
    blank_id: int | None = None,
    template_of: TemplateOf = lambda _kind: "",
    check_base: str = "",
) -> m.Certificate:
    """Issue the document of a listener: удостоверение or диплом by the program's kind, or the справка asked for.

    ``template_of`` gives the SHA-256 of a kind's template or refuses a kind without one, ``check_base`` is the portal's
    address for the check link. A second click returns the document already issued. Raises Conflict by the rule, Invalid when a printed fact is missing.
    """
    row = get_writable(db.session, m.Enrolment, enrolment_id, "certificate:issue")
    _lock(enrolment_id)
    row = transitions.read_fresh(m.Enrolment, enrolment_id)
    kind = kind or DOCUMENT_OF[row.group.program.kind]
    same = _find_issued(row.id, kind)
    if same is not None:
        return same
    issued_on = issued_on or today()
    _insist(row, kind, issued_on)
    blank = _use_blank(blank_id, row.group.organizer_id)
    certificate = _insert(row, kind, issued_on=issued_on, blank=blank, version=template_of(kind), base=check_base)
    letters.notify_employee(
        row.employee,
        f"Выдан документ: {kind.label} № {certificate.number}, программа «{row.group.program.title}».",
        subject=f"Выдан документ об обучении № {certificate.number}",
        about=certificate,
    )
    return certificate


@dataclass(frozen=True, slots=True)
class GroupIssue:
    """Documents of a group, and (name, sentence) of everybody who got none."""

    issued: tuple[m.Certificate, ...]
    refused: tuple[tuple[str, str], ...]


@use_case
def issue_for_group(
    group_id: int, *, issued_on: dt.date | None = None, template_of: TemplateOf = lambda _kind: "", check_base: str = ""
) -> GroupIssue:
    """Issue the documents of a group in the order of names; who is refused does not hinder the others."""
    get_visible(db.session, m.TrainingGroup, group_id, "certificate:issue")
    issued: list[m.Certificate] = []
    refused: list[tuple[str, str]] = []
    for enrolment_id, name in _listeners(group_id):
        try:
            with db.session.begin_nested():
                options = {"issued_on": issued_on, "template_of": template_of, "check_base": check_base}
                issued.append(issue(enrolment_id, **cast(Any, options)))
        except PortalError as error:
            refused.append((name, error.message))
    return GroupIssue(tuple(issued), tuple(refused))


def _listeners(group_id: int) -> list[tuple[int, str]]:
    ended = (EnrolmentStatus.REJECTED, EnrolmentStatus.WITHDRAWN, EnrolmentStatus.WAITING)
    statement = (
        select(m.Enrolment)
        .join(m.Enrolment.employee)
        .where(m.Enrolment.group_id == group_id, m.Enrolment.status.not_in(ended))
        .options(joinedload(m.Enrolment.employee))
        .order_by(m.Employee.sort, m.Enrolment.id)
    )
    return [(row.id, row.employee.short_name) for row in db.session.scalars(statement)]


def _lock(enrolment_id: int) -> None:
    """Lock the enrolment, so that of two clicks at once the second sees the first's document (guard 5)."""
    with unscoped("an enrolment is locked while its document is issued"):
        statement = select(m.Enrolment.id).where(m.Enrolment.id == enrolment_id)
        db.session.execute(statement.with_for_update(key_share=True))


def _find_issued(enrolment_id: int, kind: CertificateKind) -> m.Certificate | None:
    statement = select(m.Certificate).where(
        m.Certificate.enrolment_id == enrolment_id,
        m.Certificate.kind == kind,
        m.Certificate.status == CertificateStatus.ISSUED,
    )
    found: m.Certificate | None = db.session.scalars(statement).one_or_none()
    return found


def _insist(row: m.Enrolment, kind: CertificateKind, issued_on: dt.date) -> None:
    outcome = Outcome(status=row.status, program_kind=row.group.program.kind, ends_on=row.group.ends_on)
    decision = may_issue_certificate(outcome, kind, issued_on=issued_on, on=today())
    if not decision.allowed:
        raise Conflict(decision.reason)


def _use_blank(blank_id: int | None, organizer_id: int) -> m.Blank | None:
    """Take a blank of the organizer out of the stock; a blank is used once (guard 4)."""
    if blank_id is None:
        return None
    blank = get_visible(db.session, m.Blank, blank_id, "blank:list")
    if blank.organizer_id != organizer_id:
        raise Forbidden("Этот бланк принадлежит другой организации. Выберите бланк своей организации.")
    try:
        return transitions.follow(m.Blank, blank_id, "use")
    except Conflict:
        raise Conflict(f"Бланк {blank} уже использован или списан. Выберите другой бланк.") from None


def _insert(
    row: m.Enrolment, kind: CertificateKind, *, issued_on: dt.date, blank: m.Blank | None, version: str, base: str
) -> m.Certificate:
    organizer = row.group.organizer
    code = secrets.token_urlsafe(16)
    # Facts before the number: the number's row is locked until the end, and a missing fact needs none.
    snapshot = _snapshot(row, kind, issued_on=issued_on, blank=blank)
    sequence = numbers.next_number(f"certificate.{kind.value}", issued_on.year, organizer_id=organizer.id)
    number = format_number(organizer.certificate_mask, sequence, issued_on.year)
    certificate = m.Certificate(
        enrolment_id=row.id,
        employee_id=row.employee_id,
        organizer_id=organizer.id,
        kind=kind,
        year=issued_on.year,
        sequence=sequence,
        number=number,
        issued_on=issued_on,
        blank_id=blank.id if blank else None,
        template_code=kind.value,
        template_version=version,
        snapshot={**snapshot, "number": number, "check_url": f"{base.rstrip('/')}/verify/{code}"},
        check_code=code,
    )
    db.session.add(certificate)
    db.session.flush()
    record("certificate.issued", certificate, {"Дата выдачи": ("", f"{issued_on:%d.%m.%Y}")})
    return certificate


def format_number(mask: str, number: int, year: int) -> str:
    """Write a number by an organizer's mask, such as ``{number:04d}/{year}``; raises Invalid for any other mask."""
    check_mask(mask)
    return numbers.write_number(mask, number=number, year=year)


def check_mask(mask: str) -> None:
    """Raise Invalid unless a mask of numbers can be used."""
    if not numbers.is_mask(mask, required=("number",), allowed=("number", "year")):
        raise Invalid(
            f"Вид номера документа «{mask}» записан неверно. Можно использовать {{number}} или {{number:04d}} "
            "(обязательно) и {year}; исправьте его в карточке организации."
        )


# --- the snapshot ----------------------------------------------------------------------------------------------------


def _snapshot(
    row: m.Enrolment, kind: CertificateKind, *, issued_on: dt.date, blank: m.Blank | None
) -> dict[str, str | int]:
    """Return every printed fact as a JSON value, but for the number and the check link, which come last."""
    person, group, organizer = row.employee, row.group, row.group.organizer
    sex = _sex_of(person)
    _insist_facts({"населённый пункт организации": organizer.city, "руководитель организации": organizer.head_name})
    return {
        "version": _SNAPSHOT_VERSION,
        "kind": kind.value,
        "issued_on": issued_on.isoformat(),
        "last_name": person.last_name,
        "first_name": person.first_name,
        "patronymic": person.patronymic or "",
        "sex": sex,
        "organization": organizer.full_name,
        "city": organizer.city or "",
        "program": group.program.title,
        "hours": group.program.hours,
        "starts_on": group.starts_on.isoformat(),
        "ends_on": group.ends_on.isoformat(),
        "head_name": as_signed(organizer.head_name),
        "head_title": organizer.head_position or "Руководитель",
        "secretary": as_signed(organizer.secretary_name),
        "blank": str(blank) if blank else "",
        "full_name_dative": person.name_dative
        or decline_name(person.last_name, person.first_name, person.patronymic, case="dative", sex=sex),
    }


def _sex_of(person: m.Employee) -> SexCode:
    sex = person.sex.value if person.sex else guess_sex(person.last_name, person.first_name, person.patronymic)
    if sex is None:
        raise Invalid(f"В карточке работника ({person.short_name}) не указан пол. Укажите его и повторите выдачу.")
    return cast(SexCode, sex)


def _insist_facts(facts: dict[str, str | None]) -> None:
    missing = [name for name, value in facts.items() if not value]
    if missing:
        raise Invalid(f"Для документа не хватает сведений: {', '.join(missing)}. Впишите их в карточку организации.")


# --- after issuing ---------------------------------------------------------------------------------------------------


@use_case
def annul(certificate_id: int, reason: str) -> m.Certificate:
    """Annul a document with a reason; its number and blank are never used again."""
    row = transitions.move(m.Certificate, certificate_id, "annul", reason=reason)
    letters.notify_employee(
        row.employee,
        f"Документ аннулирован: {row.kind.label} № {row.number}. Причина: {row.reason_text}",
        subject=f"Документ об обучении № {row.number} аннулирован",
        about=row,
    )
    return row


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFacts:
    """What anybody may learn of a document by its check code: no full name, no СНИЛС."""

    kind: CertificateKind
    number: str
    issued_on: dt.date
    program: str
    hours: int
    organizer: str
    initials: str
    status: CertificateStatus

    @property
    def title(self) -> str:
        """Kind of the document with a capital, for the page's head."""
        return self.kind.label[:1].upper() + self.kind.label[1:]

    @property
    def pairs(self) -> tuple[tuple[str, str | int | dt.date], ...]:
        """Label and value of every public fact, in the order of the page."""
        return (
            ("Номер", self.number),
            ("Дата выдачи", self.issued_on),
            ("Кому выдан", self.initials),
            ("Программа", self.program),
            ("Часы", self.hours),
            ("Организация", self.organizer),
        )


def facts_for_check(code: str) -> CheckFacts:
    """Return the public facts of the document with this code; raises NotFound."""
    with unscoped("public check of a document: its printed facts without personal data"):
        row = db.session.scalars(select(m.Certificate).where(m.Certificate.check_code == code)).one_or_none()
    if row is None:
        raise NotFound("Документа с таким кодом проверки нет. Сверьте код с напечатанным на документе.")
    facts = row.snapshot
    return CheckFacts(
        kind=row.kind,
        number=row.number,
        issued_on=row.issued_on,
        program=str(facts["program"]),
        hours=int(facts["hours"]),
        organizer=str(facts["organization"]),
        initials=initials(str(facts["last_name"]), str(facts["first_name"]), str(facts["patronymic"]) or None),
        status=row.status,
    )
