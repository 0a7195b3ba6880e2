"""Documents of a whole group: first who gets which document and who gets none, with the reason; then all in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app import models as m
from app.access import get_visible
from app.clock import today
from app.errors import Invalid
from app.extensions import db
from app.rules.document import DOCUMENT_OF
from app.services.paper.blanks import blanks
from app.services.paper.issuing import certificates
from app.services.paper.issuing.certificates import UNPRINTED, Printing
from app.services.paper.printing.certificate_snapshot import insist_facts, snapshot_of
from app.statuses import UNSUCCESSFUL, CertificateKind, CertificateStatus, EnrolmentStatus
from app.unit_of_work import use_case

_E = EnrolmentStatus
#: who never came to the course: no document concerns them
_NOT_LISTENERS = (_E.REJECTED, _E.WITHDRAWN, _E.WAITING, _E.OFFERED)


@dataclass(frozen=True, slots=True)
class Planned:
    """A document that a listener of the group gets, or has already (``issued``)."""

    enrolment: m.Enrolment
    kind: CertificateKind
    issued: m.Certificate | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A listener who gets no document (or not the one named in ``reason``)."""

    enrolment: m.Enrolment
    reason: str

    @property
    def name(self) -> str:
        """Surname and initials."""
        return self.enrolment.employee.short_name


@dataclass(frozen=True, slots=True)
class IssuePlan:
    """What issuing would do now, people in the order of their names."""

    planned: tuple[Planned, ...]
    refused: tuple[Refused, ...]

    @property
    def new(self) -> tuple[Planned, ...]:
        """Documents that are still to be issued."""
        return tuple(item for item in self.planned if item.issued is None)


@dataclass(frozen=True, slots=True)
class GroupIssue:
    """Documents of a group, the new ones and those issued before, and who got none."""

    issued: tuple[m.Certificate, ...]
    refused: tuple[Refused, ...]
    new: int


def kinds_for(group: m.TrainingGroup) -> tuple[CertificateKind, ...]:
    """Kinds of documents that a group's listeners may get, the document on qualification first."""
    main = DOCUMENT_OF[group.program.kind]
    return (main, CertificateKind.TRAINING_NOTE, CertificateKind.STUDY_PERIOD_NOTE)


def plan(
    group_id: int, *, kinds: Collection[CertificateKind] | None = None, issued_on: dt.date | None = None
) -> IssuePlan:
    """Return who gets which of the chosen kinds (by default the document on qualification) and who gets none, with the reason.

    Two statements for a group of any size. Raises NotFound for a group of others.
    """
    group = get_visible(db.session, m.TrainingGroup, group_id, "certificate:issue")
    chosen = _in_order(group, kinds)
    issued_on = issued_on or today()
    rows = _listeners(group_id)
    live = _live(group_id, chosen)
    planned: list[Planned] = []
    refused: list[Refused] = []
    for row in rows:
        gets, reason = _decide(row, chosen, issued_on, live)
        planned += gets
        if reason:
            refused.append(Refused(row, reason))
    return IssuePlan(tuple(planned), tuple(refused))


def _in_order(group: m.TrainingGroup, kinds: Collection[CertificateKind] | None) -> list[CertificateKind]:
    """The chosen kinds in one fixed order: series of numbers are locked in it, so that two jobs never wait for each other."""
    possible = kinds_for(group)
    wanted = possible[:1] if kinds is None else kinds
    wrong = set(wanted) - set(possible)
    if wrong or not wanted:
        sentence = "Выберите, какие документы выдать: из тех, которыми заканчивается программа группы."
        raise Invalid(sentence, fields={"kinds": [sentence]})
    return [kind for kind in possible if kind in wanted]


def _decide(
    row: m.Enrolment,
    kinds: Sequence[CertificateKind],
    issued_on: dt.date,
    live: dict[tuple[int, CertificateKind], m.Certificate],
) -> tuple[list[Planned], str]:
    """Documents of one listener, and why something is missing: a fact, or else the rule for listeners who get nothing."""
    gets: list[Planned] = []
    lacks: list[str] = []
    rules: list[str] = []
    for kind in kinds:
        issued = live.get((row.id, kind))
        by_rule = "" if issued else certificates.refusal(row, kind, issued_on)
        lack = "" if issued or by_rule else _lack(row, kind)
        if by_rule:
            rules.append(by_rule)
        elif lack:
            lacks.append(lack)
        else:
            gets.append(Planned(row, kind, issued))
    # of several rules the one that speaks of this listener's own outcome; the справка о периоде stands last
    own = rules[-1:] if row.status in UNSUCCESSFUL else rules[:1]
    return gets, next(iter(lacks or ([] if gets else own)), "")


def _lack(row: m.Enrolment, kind: CertificateKind) -> str:
    try:
        insist_facts(row, kind)
    except Invalid as error:
        return error.message
    return ""


def _listeners(group_id: int) -> Sequence[m.Enrolment]:
    group = joinedload(m.Enrolment.group)
    statement = (
        select(m.Enrolment)
        .join(m.Enrolment.employee)
        .where(m.Enrolment.group_id == group_id, m.Enrolment.status.not_in(_NOT_LISTENERS))
        .options(
            joinedload(m.Enrolment.employee),
            group.joinedload(m.TrainingGroup.program),
            group.joinedload(m.TrainingGroup.organizer),
        )
        .order_by(m.Employee.sort, m.Enrolment.id)
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(statement))


def _live(group_id: int, kinds: Sequence[CertificateKind]) -> dict[tuple[int, CertificateKind], m.Certificate]:
    statement = (
        select(m.Certificate)
        .join(m.Enrolment, m.Enrolment.id == m.Certificate.enrolment_id)
        .where(
            m.Enrolment.group_id == group_id,
            m.Certificate.kind.in_(kinds),
            m.Certificate.status == CertificateStatus.ISSUED,
        )
    )
    return {(row.enrolment_id, row.kind): row for row in db.session.scalars(statement)}


@use_case
def issue_for_group(
    group_id: int,
    *,
    kinds: Collection[CertificateKind] | None = None,
    issued_on: dt.date | None = None,
    series: str = "",
    printing: Printing = UNPRINTED,
) -> GroupIssue:
    """Issue the documents of a group in the order of names: all that ``plan`` names, or none of them.

    ``series``: blanks on which the document on qualification is printed, empty for plain paper. A second click issues
    nothing and returns the same. Raises Conflict when the blanks are too few, Invalid for a kind that cannot be printed.
    """
    group = get_visible(db.session, m.TrainingGroup, group_id, "certificate:issue")
    certificates.lock_enrolments(m.Enrolment.group_id == group.id)
    decided = plan(group_id, kinds=kinds, issued_on=issued_on)
    made = list(_issue_all(decided, issued_on or today(), series, printing))
    old = [item.issued for item in decided.planned if item.issued is not None]
    everything = sorted([*old, *made], key=lambda row: (list(CertificateKind).index(row.kind), row.year, row.sequence))
    return GroupIssue(tuple(everything), decided.refused, len(made))


def _issue_all(decided: IssuePlan, issued_on: dt.date, series: str, printing: Printing) -> Iterator[m.Certificate]:
    """Issue what is new, kind by kind."""
    for kind in dict.fromkeys(item.kind for item in sorted(decided.new, key=_series_order)):
        items = [item for item in decided.new if item.kind == kind]
        facts = [snapshot_of(item.enrolment, kind, issued_on=issued_on) for item in items]
        organizer_id = items[0].enrolment.group.organizer_id
        version = printing.version_of(kind, organizer_id)
        on = series if kind in DOCUMENT_OF.values() else ""
        taken = blanks.take_for(organizer_id, kind, quantity=len(items), series=on)
        for item, fact, blank in zip(items, facts, taken, strict=True):
            yield certificates.issue_prepared(
                item.enrolment, kind, facts=fact, blank=blank, version=version, base=printing.check_base
            )


def _series_order(item: Planned) -> int:
    return list(CertificateKind).index(item.kind)
