"""Personal archive: the trainings of a person for a number of years, with the documents that prove them (order § 3.5).

An attestation requires the trainings of the last three or five years. The person makes the archive, or the responsible
makes it for people of the organization.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app import models as m
from app.access import get_writable
from app.clock import today
from app.errors import Invalid
from app.extensions import db
from app.rules.decision import add_months
from app.rules.document import DOCUMENT_OF
from app.russian import count, format_date
from app.services.personnel.cards import people
from app.services.personnel.cards.card import CardData, TrainingLine
from app.services.portal import files
from app.statuses import CertificateStatus, TrainingStatus

ARCHIVE = "employee:archive"
#: periods that may be chosen, in years
PERIODS = (3, 5)
BY_HAND, NO_DOCUMENT = "внесено вручную", "документ не выдан"


@dataclass(frozen=True, slots=True, kw_only=True)
class Studied:
    """A training in the list; ``document`` names the paper in words, ``certificate_id`` is the one issued on the portal,
    ``scan_id`` the file of one from outside.

    What a document of the portal says is taken from its snapshot, so that the list and the paper agree.
    """

    started_on: dt.date | None
    ended_on: dt.date
    program: str
    hours: int
    organizer: str
    document: str
    certificate_id: int | None = None
    scan_id: int | None = None

    @property
    def is_attached(self) -> bool:
        """Whether its paper stands behind the list."""
        return self.certificate_id is not None or self.scan_id is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A person and the trainings of a period; ``position`` and ``workplace`` are those of the main live place of work, or empty."""

    employee_id: int
    full_name: str
    position: str
    workplace: str
    since: dt.date
    until: dt.date
    trainings: Sequence[Studied]

    @property
    def certificate_ids(self) -> list[int]:
        """Documents of the portal in the order of the list."""
        return [item.certificate_id for item in self.trainings if item.certificate_id is not None]

    @property
    def attached(self) -> int:
        """Number of papers behind the list."""
        return sum(item.is_attached for item in self.trainings)


def archive_of(employee_id: int, number: int) -> Archive:
    """Return the archive of the last ``number`` years, of ``PERIODS``.

    Raises NotFound for a person whom the actor does not see, Forbidden without the right, Invalid for another period.
    """
    person = get_writable(db.session, m.Employee, employee_id, ARCHIVE)
    if number not in PERIODS:
        raise Invalid("Выберите срок: 3 года или 5 лет.")
    data = people.card(person.id)
    place, since = data.main, add_months(today(), -12 * number)
    return Archive(
        employee_id=person.id,
        full_name=person.full_name,
        position=place.position.name if place else "",
        workplace=place.organization.full_name if place and place.organization else "",
        since=since,
        until=today(),
        trainings=trainings_since(data, since),
    )


def trainings_since(data: CardData, since: dt.date) -> list[Studied]:
    """Return the trainings of a person that ended on or after a day, the oldest first: the one list of an archive.

    They are those of the card: courses of the portal, and those outside it that somebody has confirmed.
    """
    papers = _papers(data.certificates)
    lines = [line for line in data.trainings if line.ended_on >= since and _counts(line)]
    found = [_studied(line, papers.get(line.enrolment.id) if line.enrolment else None) for line in lines]
    return sorted(found, key=lambda item: (item.ended_on, item.program))


def _counts(line: TrainingLine) -> bool:
    return line.training is None or line.training.status == TrainingStatus.CONFIRMED


def _papers(certificates: Sequence[m.Certificate]) -> dict[int, m.Certificate]:
    """Return enrolment → the document in force that proves it: удостоверение or диплом, else the справка."""
    found: dict[int, m.Certificate] = {}
    in_force = [row for row in certificates if row.status == CertificateStatus.ISSUED]
    for row in sorted(in_force, key=lambda row: (row.kind in DOCUMENT_OF.values(), row.id)):
        found[row.enrolment_id] = row
    return found


def _studied(line: TrainingLine, paper: m.Certificate | None) -> Studied:
    if paper is None:
        return Studied(
            started_on=line.started_on,
            ended_on=line.ended_on,
            program=line.title,
            hours=line.hours,
            organizer=line.institution,
            document=_words(line),
            scan_id=line.training.scan_id if line.training and line.training.scan else None,
        )
    facts = paper.snapshot
    return Studied(
        started_on=dt.date.fromisoformat(facts["starts_on"]),
        ended_on=dt.date.fromisoformat(facts["ends_on"]),
        program=facts["program"],
        hours=facts["hours"],
        organizer=facts["organization"],
        document=f"{paper.kind.label} №\u00a0{facts['number']} от\u00a0{format_date(paper.issued_on)}",
        certificate_id=paper.id,
    )


def _words(line: TrainingLine) -> str:
    """Name a document that the portal has not issued; one from outside says so."""
    number = f"№\u00a0{line.document_number}" if line.document_number else ""
    if line.training is None:
        return number or NO_DOCUMENT
    issued = f"от\u00a0{format_date(line.training.issued_on)}" if line.training.issued_on else ""
    named = " ".join((number, issued)).strip() if number else "номер не указан"
    return f"{named}, {BY_HAND}"


def scans_of(archive: Archive) -> dict[int, Path]:
    """Return id → file of the scans of the list; raises NotFound for one that the actor may not read any more."""
    ids = (item.scan_id for item in archive.trainings if item.scan_id is not None)
    return {pk: files.open_scan(pk)[1] for pk in ids}


def insist_something(archive: Archive) -> None:
    """Raise Invalid in words when nobody has anything to bind."""
    if not archive.trainings:
        raise Invalid(
            f"С {format_date(archive.since)} подтверждённого обучения в портале нет, собирать нечего. Выберите больший срок "
            "или внесите прежнее обучение в карточку работника."
        )


def words_of(archive: Archive) -> str:
    """«3 обучения, 2 документа»."""
    trainings = count(len(archive.trainings), "обучение", "обучения", "обучений")
    return f"{trainings}, {count(archive.attached, 'документ', 'документа', 'документов')}"
