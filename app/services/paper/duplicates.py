"""Duplicate or replacement of a document: its own number and date, the original is replaced in the same transaction."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from app import models as m
from app.access import get_writable
from app.audit import record
from app.clock import today
from app.errors import Conflict, Invalid
from app.extensions import db
from app.russian import format_date
from app.services.mailing import letters
from app.services.paper import after_sending, certificates
from app.services.paper.certificate_snapshot import snapshot_of_duplicate
from app.services.paper.certificates import UNPRINTED, Printing
from app.services.portal import transitions
from app.statuses import CertificateStatus, DuplicateGround
from app.unit_of_work import use_case

#: a chain of replacements is shown no further
LONGEST_CHAIN = 20


@use_case
def issue_duplicate(
    certificate_id: int,
    ground: DuplicateGround,
    *,
    issued_on: dt.date | None = None,
    series: str = "",
    printing: Printing = UNPRINTED,
) -> m.Certificate:
    """Issue a duplicate of a live document; lost and damaged keep the name, exchanged takes today's name of the person.

    A second click returns the duplicate already issued. Raises Conflict when the document is not live or the blanks of
    ``series`` are too few, Invalid for a wrong date or a missing fact.
    """
    row = get_writable(db.session, m.Certificate, certificate_id, "certificate:replace")
    certificates.lock_enrolments(m.Enrolment.id == row.enrolment_id)
    original = transitions.read_fresh(m.Certificate, certificate_id)
    issued_on = issued_on or today()
    same = successor_of(original)
    if same is not None and (same.ground, same.issued_on) == (ground, issued_on):
        return same
    _insist_live(original, same)
    _insist_date(original, issued_on)
    made = _make(original, ground, issued_on=issued_on, series=series, printing=printing)
    record("certificate.duplicated", made, {"Взамен": ("", original.number), "Основание": ("", ground.label)})
    facts = {"прежний_номер": original.number, "основание": ground.label}
    letters.tell(made.employee, "certificate_duplicated", about=made, facts=facts)
    why = f"документ № {original.number} заменён на № {made.number}, основание: {ground.label}"
    after_sending.document_changed(original.id, why)
    return made


def _make(
    original: m.Certificate, ground: DuplicateGround, *, issued_on: dt.date, series: str, printing: Printing
) -> m.Certificate:
    renamed = ground == DuplicateGround.EXCHANGED
    facts = snapshot_of_duplicate(original, issued_on=issued_on, renamed=renamed)
    version = printing.version_of(original.kind, original.organizer_id)
    (blank,) = certificates.take_blanks(original.organizer_id, original.kind, 1, series)
    # first the old one ends: in no moment does an enrolment have two live documents of a kind
    transitions.follow(m.Certificate, original.id, "supersede", reason=f"Выдан дубликат, основание: {ground.label}.")
    return certificates.insert_document(
        original.enrolment,
        original.kind,
        facts=facts,
        blank=blank,
        version=version,
        base=printing.check_base,
        original=original,
        ground=ground,
    )


def successor_of(row: m.Certificate) -> m.Certificate | None:
    """Return the document issued in place of this one, None when there is none."""
    statement = select(m.Certificate).where(m.Certificate.original_id == row.id).order_by(m.Certificate.id.desc())
    found: m.Certificate | None = db.session.scalars(statement.limit(1)).first()
    return found


def chain_of(row: m.Certificate) -> list[m.Certificate]:
    """Return the first original and all that replaced it, oldest first; one document alone for most."""
    chain = [row]
    while chain[0].original is not None and len(chain) < LONGEST_CHAIN:
        chain.insert(0, chain[0].original)
    following = successor_of(row)
    while following is not None and len(chain) < LONGEST_CHAIN:
        chain.append(following)
        following = successor_of(following)
    return chain


def _insist_live(original: m.Certificate, successor: m.Certificate | None) -> None:
    if original.status == CertificateStatus.ISSUED:
        return
    if successor is not None:
        raise Conflict(
            f"Документ № {original.number} уже заменён: выдан № {successor.number}. Если утрачен и он, откройте его карточку "
            "и выдайте дубликат оттуда."
        )
    raise Conflict(
        f"Дубликат выдаётся только взамен действующего документа, а № {original.number} — «{original.status.label}»."
    )


def _insist_date(original: m.Certificate, issued_on: dt.date) -> None:
    sentence = ""
    if issued_on < original.issued_on:
        sentence = f"Дубликат не может быть выдан раньше самого документа: он выдан {format_date(original.issued_on)}."
    elif issued_on > today():
        sentence = f"Дата выдачи не может быть позже сегодняшней: сегодня {format_date(today())}."
    elif original.outdated and issued_on < original.enrolment.group.ends_on:
        day = format_date(original.enrolment.group.ends_on)
        sentence = (
            f"Дата выдачи не может быть раньше окончания занятий: по исправленным сведениям они закончились {day}."
        )
    if sentence:
        raise Invalid(sentence, fields={"issued_on": [sentence]})
