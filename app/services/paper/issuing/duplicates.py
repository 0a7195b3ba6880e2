"""Duplicate or replacement of a document: it has a new number and date, the original is replaced in the same transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from app import models as m
from app.access import get_visible, get_writable, unscoped
from app.audit import record
from app.clock import today
from app.errors import Conflict, Invalid
from app.extensions import db
from app.rules.document import DOCUMENT_OF
from app.russian import format_date
from app.services.mailing import letters
from app.services.paper.blanks import blanks
from app.services.paper.corrections import after_sending, outdated
from app.services.paper.issuing import certificates
from app.services.paper.issuing.certificates import UNPRINTED, Printing
from app.services.paper.printing.certificate_snapshot import snapshot_of_duplicate
from app.services.portal import transitions
from app.statuses import CertificateKind, CertificateStatus, DuplicateGround
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
    (made,) = _replace([original], ground, issued_on=issued_on, series=series, printing=printing)
    return made


@use_case
def replace_outdated(
    group_id: int, *, issued_on: dt.date | None = None, series: str = "", printing: Printing = UNPRINTED
) -> list[m.Certificate]:
    """Issue a new document in place of each one of a group that prints what was corrected since: all of them, or none.

    ``series``: blanks for the documents on qualification, empty for plain paper. Returns the new ones by kind and name, none
    for a second click. Raises Conflict when the blanks are too few, Invalid for a wrong date, NotFound for a group of others.
    """
    group = get_visible(db.session, m.TrainingGroup, group_id, "certificate:replace")
    certificates.lock_enrolments(m.Enrolment.group_id == group.id)
    rows, issued_on = outdated_of(group), issued_on or today()
    for row in rows:
        _insist_date(row, issued_on)
    made: list[m.Certificate] = []
    # kind by kind in one fixed order: the series of numbers are locked in it
    for kind in (kind for kind in CertificateKind if any(row.kind == kind for row in rows)):
        same = [row for row in rows if row.kind == kind]
        on = series if kind in DOCUMENT_OF.values() else ""
        made += _replace(same, DuplicateGround.EXCHANGED, issued_on=issued_on, series=on, printing=printing)
    return made


def outdated_of(group: m.TrainingGroup) -> list[m.Certificate]:
    """Return the valid documents of a group that print what was corrected since, by name; for those who replace them."""
    with unscoped("documents of a group that are to be replaced"):
        ids = list(db.session.scalars(select(m.Enrolment.id).where(m.Enrolment.group_id == group.id)))
    return [paper for paper in outdated.live_of(ids) if paper.outdated]


def _replace(
    originals: Sequence[m.Certificate], ground: DuplicateGround, *, issued_on: dt.date, series: str, printing: Printing
) -> list[m.Certificate]:
    """Replace documents of one kind and one organizer; who learns of it, and what left the portal, follow."""
    kind, organizer_id = originals[0].kind, originals[0].organizer_id
    renamed = ground == DuplicateGround.EXCHANGED
    facts = [snapshot_of_duplicate(original, issued_on=issued_on, renamed=renamed) for original in originals]
    version = printing.version_of(kind, organizer_id)
    taken = blanks.take_for(organizer_id, kind, quantity=len(originals), series=series)
    return [
        _make(original, ground, facts=fact, blank=blank, version=version, base=printing.check_base)
        for original, fact, blank in zip(originals, facts, taken, strict=True)
    ]


def _make(
    original: m.Certificate,
    ground: DuplicateGround,
    *,
    facts: dict[str, Any],
    blank: m.Blank | None,
    version: Any,
    base: str,
) -> m.Certificate:
    # first the old one ends: in no moment does an enrolment have two live documents of a kind
    transitions.follow(m.Certificate, original.id, "supersede", reason=f"Выдан дубликат, основание: {ground.label}.")
    made = certificates.insert_document(
        original.enrolment,
        original.kind,
        facts=facts,
        blank=blank,
        version=version,
        base=base,
        original=original,
        ground=ground,
    )
    record("certificate.duplicated", made, {"Взамен": ("", original.number), "Основание": ("", ground.label)})
    told = {"прежний_номер": original.number, "основание": ground.label}
    letters.tell(made.employee, transitions.letter_of(m.Certificate, "supersede"), about=made, facts=told)
    why = f"документ № {original.number} заменён на № {made.number}, основание: {ground.label}"
    after_sending.document_changed(original.id, why)
    return made


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
