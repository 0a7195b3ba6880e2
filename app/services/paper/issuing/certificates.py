"""Documents on training: issued with a number without gaps, a blank, a snapshot and a check code; annulled (order § 3.3)."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app import addresses, number_masks
from app import models as m
from app.access import get_visible, get_writable, unscoped
from app.audit import record
from app.clock import today
from app.errors import Conflict, Forbidden, Invalid
from app.extensions import db
from app.rules.document import DOCUMENT_OF, NUMBER_PREFIX, Outcome, may_issue_certificate
from app.services.mailing import letters
from app.services.paper.blanks import blanks
from app.services.paper.corrections import after_sending
from app.services.paper.printing import template_files
from app.services.paper.printing.certificate_snapshot import Snapshot, sealed, snapshot_of
from app.services.portal import numbers, transitions
from app.statuses import CertificateKind, CertificateStatus, DuplicateGround
from app.unit_of_work import use_case

#: kind of a document and its organizer → the template's file; raises Invalid for a kind that cannot be printed
TemplateOf = Callable[[CertificateKind, int], bytes]


@dataclass(frozen=True, slots=True)
class Printing:
    """What issuing needs of the running portal: where templates come from, and its address for the check link."""

    template_of: TemplateOf = lambda _kind, _organizer_id: b""
    check_base: str = ""

    def version_of(self, kind: CertificateKind, organizer_id: int) -> str:
        """Keep the template by which a kind is printed now and return its SHA-256; empty without a template."""
        data = self.template_of(kind, organizer_id)
        return template_files.keep(data) if data else ""


UNPRINTED = Printing()


@use_case
def issue(
    enrolment_id: int,
    *,
    kind: CertificateKind | None = None,
    issued_on: dt.date | None = None,
    blank_id: int | None = None,
    printing: Printing = UNPRINTED,
) -> m.Certificate:
    """Issue the document of a listener: удостоверение or диплом by the program's kind, or the справка asked for.

    A second click returns the document already issued. Raises Conflict by the rule, Invalid when a printed fact is
    missing or the kind has no template.
    """
    row = get_writable(db.session, m.Enrolment, enrolment_id, "certificate:issue")
    _lock(enrolment_id)
    row = transitions.read_fresh(m.Enrolment, enrolment_id)
    kind = kind or DOCUMENT_OF[row.group.program.kind]
    same = _find_issued(row.id, kind)
    if same is not None:
        return same
    issued_on = issued_on or today()
    reason = refusal(row, kind, issued_on)
    if reason:
        raise Conflict(reason)
    # Facts before the number: the number's row is locked until the end, and a missing fact needs none.
    facts = snapshot_of(row, kind, issued_on=issued_on)
    version = printing.version_of(kind, row.group.organizer_id)
    blank = _use_blank(blank_id, row.group.organizer_id)
    return issue_prepared(row, kind, facts=facts, blank=blank, version=version, base=printing.check_base)


def refusal(row: m.Enrolment, kind: CertificateKind, issued_on: dt.date) -> str:
    """Return why the rule gives a listener no document of this kind, empty when it gives one."""
    outcome = Outcome(status=row.status, program_kind=row.group.program.kind, ends_on=row.group.ends_on)
    return may_issue_certificate(outcome, kind, issued_on=issued_on, on=today()).reason or ""


def _lock(enrolment_id: int) -> None:
    """Lock the enrolment, so that of two clicks at once the second sees the first's document (guard 5)."""
    lock_enrolments(m.Enrolment.id == enrolment_id)


def lock_enrolments(condition: Any) -> None:
    """Lock enrolments by ascending id until the transaction ends: code that issues their documents takes this lock first."""
    with unscoped("an enrolment is locked while its document is issued"):
        statement = select(m.Enrolment.id).where(condition).order_by(m.Enrolment.id)
        db.session.execute(statement.with_for_update(key_share=True)).all()


def _find_issued(enrolment_id: int, kind: CertificateKind) -> m.Certificate | None:
    statement = select(m.Certificate).where(
        m.Certificate.enrolment_id == enrolment_id,
        m.Certificate.kind == kind,
        m.Certificate.status == CertificateStatus.ISSUED,
    )
    found: m.Certificate | None = db.session.scalars(statement).one_or_none()
    return found


# --- blanks ----------------------------------------------------------------------------------------------------------


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


# --- the row ---------------------------------------------------------------------------------------------------------


def issue_prepared(
    row: m.Enrolment, kind: CertificateKind, *, facts: Snapshot, blank: m.Blank | None, version: str, base: str
) -> m.Certificate:
    """Give a listener the document of these facts and tell the person."""
    certificate = insert_document(row, kind, facts=facts, blank=blank, version=version, base=base)
    record("certificate.issued", certificate, {"Дата выдачи": ("", f"{certificate.issued_on:%d.%m.%Y}")})
    letters.tell(row.employee, "certificate_issued", about=certificate)
    return certificate


def insert_document(
    row: m.Enrolment,
    kind: CertificateKind,
    *,
    facts: Snapshot,
    blank: m.Blank | None,
    version: str,
    base: str,
    original: m.Certificate | None = None,
    ground: DuplicateGround | None = None,
) -> m.Certificate:
    """Insert a document with the next number of its organizer, kind and year; the caller tells the person."""
    organizer, issued_on = row.group.organizer, dt.date.fromisoformat(facts["issued_on"])
    code = secrets.token_hex(16)  # typed from paper: case and look-alike signs must not matter
    sequence = numbers.next_number(f"certificate.{kind.value}", issued_on.year, organizer_id=organizer.id)
    number = NUMBER_PREFIX[kind] + format_number(organizer.certificate_mask, sequence, issued_on.year)
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
        original_id=original.id if original else None,
        ground=ground,
        template_code=kind.value,
        template_version=version,
        snapshot=sealed(
            facts, number=number, blank=blank, check_url=f"{base.rstrip('/')}{addresses.at('verify', code)}"
        ),
        check_code=code,
    )
    db.session.add(certificate)
    db.session.flush()
    return certificate


def format_number(mask: str, number: int, year: int) -> str:
    """Write a number by an organizer's mask, such as ``{number:04d}/{year}``; raises Invalid for any other mask."""
    check_mask(mask)
    return number_masks.write_number(mask, number=number, year=year)


def check_mask(mask: str) -> None:
    """Raise Invalid unless a mask of numbers can be used."""
    if sentence := number_masks.why_not(mask, "certificate_mask", today().year):
        raise Invalid(f"{sentence}. Исправьте его в карточке организации.")


# --- after issuing ---------------------------------------------------------------------------------------------------


@transitions.performs(m.Certificate, "annul")
@use_case
def annul(certificate_id: int, reason: str, *, spoil_blank: bool = False) -> m.Certificate:
    """Annul a document with a reason; its number and blank are never used again.

    ``spoil_blank``: the user who annuls has the blank at hand, and it is written off as spoiled; without it the blank waits for that
    among the used ones, as that of a document which is still in other hands.
    """
    row = transitions.move(m.Certificate, certificate_id, "annul", reason=reason)
    if spoil_blank and row.blank_id is not None:
        blanks.spoil_annulled(row.blank_id, f"Документ № {row.number} аннулирован: {row.reason_text}")
    letters.tell(row.employee, transitions.letter_of(m.Certificate, "annul"), about=row)
    after_sending.changed([row.enrolment_id], f"документ № {row.number} аннулирован: {row.reason_text}")
    return row
