"""Documents after a correction: printed facts are compared with the portal's, so that no false document stays valid.

A live document whose facts were corrected is marked for replacement. A document to which the listener has no right any
more is annulled. ``after_sending`` flags what left the portal with it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app import models as m
from app.access import unscoped
from app.audit import record
from app.extensions import db
from app.labels import label_of
from app.rules.document import Outcome, kind_fits
from app.russian import format_date
from app.services.mailing import letters
from app.services.paper.corrections import after_sending
from app.services.paper.printing.certificate_snapshot import training_facts
from app.services.portal import transitions
from app.statuses import CertificateKind, CertificateStatus, EnrolmentStatus

_DATES = ("starts_on", "ends_on")
#: which of the facts that a correction may change a kind of document prints, in the order of its words
_PRINTED: Mapping[CertificateKind, tuple[str, ...]] = {
    CertificateKind.CERTIFICATE: _DATES,
    CertificateKind.DIPLOMA: (*_DATES, "decided_on", "protocol"),
    CertificateKind.TRAINING_NOTE: _DATES,
    CertificateKind.STUDY_PERIOD_NOTE: (*_DATES, "decided_on", "outcome"),
}
_WORDS = {
    "starts_on": "начало занятий",
    "ends_on": "окончание занятий",
    "decided_on": "дата итоговой аттестации",
    "protocol": "номер протокола",
    "outcome": "итог обучения",
}


@dataclass(frozen=True, slots=True)
class Followed:
    """What became of the documents: those annulled, and those marked as to be replaced."""

    annulled: tuple[m.Certificate, ...] = ()
    to_replace: tuple[m.Certificate, ...] = ()


def follow(enrolment_ids: Collection[int], why: str, *, keep: Collection[CertificateKind] = ()) -> Followed:
    """Bring the live documents of corrected enrolments in line, in the caller's transaction; flag what left the portal.

    ``keep``: kinds that stay valid whatever the outcome is now.
    """
    if not enrolment_ids:
        return Followed()
    with unscoped("documents follow the enrolments that are corrected"):
        papers = live_of(enrolment_ids)
        annulled = tuple(paper for paper in papers if paper.kind not in keep and not _suits(paper))
        for paper in annulled:
            _annul(paper, why)
        rest = [paper for paper in papers if paper not in annulled]
        for paper in rest:
            _mark(paper)
    after_sending.changed(enrolment_ids, why)
    return Followed(annulled, tuple(paper for paper in rest if paper.outdated))


def live_of(enrolment_ids: Collection[int]) -> list[m.Certificate]:
    """Return the valid documents of enrolments that the caller may correct, by name, with what they are compared with."""
    paper, row = m.Certificate, joinedload(m.Certificate.enrolment)
    statement = (
        select(paper)
        .join(m.Employee, m.Employee.id == paper.employee_id)
        .where(paper.enrolment_id.in_(enrolment_ids), paper.status == CertificateStatus.ISSUED)
        .options(row.joinedload(m.Enrolment.group).joinedload(m.TrainingGroup.program), joinedload(paper.employee))
        .order_by(m.Employee.sort, paper.id)
        .execution_options(populate_existing=True)
    )
    with unscoped("documents follow the enrolments that are corrected"):
        return list(db.session.scalars(statement))


def differences(paper: m.Certificate) -> str:
    """Say in words which printed facts are other ones now: «начало занятий 05.12.2025 → 01.12.2025»; empty for none."""
    now, printed = training_facts(paper.enrolment, paper.kind), paper.snapshot
    found = [
        f"{_WORDS[name]}: {_in_words(name, printed[name])} → {_in_words(name, now[name])}"
        for name in _PRINTED[paper.kind]
        if name in printed and (printed[name] or None) != (now[name] or None)
    ]
    return "; ".join(found)


def _in_words(name: str, value: Any) -> str:
    if not value:
        return "не указано"
    if name == "outcome":
        return EnrolmentStatus.of(value).label
    return str(value) if name == "protocol" else format_date(dt.date.fromisoformat(value))


def _suits(paper: m.Certificate) -> bool:
    row = paper.enrolment
    outcome = Outcome(status=row.status, program_kind=row.group.program.kind, ends_on=row.group.ends_on)
    return kind_fits(outcome, paper.kind).allowed


def _annul(paper: m.Certificate, why: str) -> None:
    reason = f"Итог обучения исправлен: «{paper.enrolment.status.label}». {why}"
    row = transitions.follow(m.Certificate, paper.id, "annul", reason=reason[:1000], outdated=None)
    letters.tell(row.employee, transitions.letter_of(m.Certificate, "annul"), about=row)


def _mark(paper: m.Certificate) -> None:
    words = differences(paper) or None
    if words == paper.outdated:
        return
    record("certificate.outdated", paper, {label_of("certificate", "outdated"): (paper.outdated or "", words or "")})
    paper.outdated = words
    db.session.flush()
