"""«Личный кабинет» of a worker: the facts of the start page, each kind by one statement (order § 1.9, 2.8, 3.5)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import joinedload

from app import models as m
from app.clock import local, now, today
from app.conditions import at_work, in_force, live_enrolment, state_of
from app.extensions import db
from app.rules.decision import add_months
from app.rules.suitability import Workplace
from app.russian import format_date
from app.services.courses.enrolment import catalogue_sql, course_facts
from app.services.courses.enrolment.catalogue_sql import Asked, Seeker
from app.services.desk.matters import EXPIRING_DAYS
from app.services.personnel.cards import coverage
from app.services.personnel.cards.coverage import TRAINING_YEARS
from app.services.portal import ways
from app.services.voucher import voucher_blocks
from app.statuses import (
    APPLICATION_LIVE,
    UNDER_WAY,
    ApplicationStatus,
    BlockStatus,
    CertificateStatus,
    ChangeStatus,
    EnrolmentStatus,
    TrainingSource,
    TrainingStatus,
)

DAY = dt.timedelta(days=1)
NEVER_TRAINED = "подтверждённого обучения в портале ещё нет"
#: a refused correction asks for a look so long
DECLINED_DAYS = 14
#: groups of the catalogue that are looked through, and how many of them are shown
CANDIDATES, SUGGESTED = 20, 3


@dataclass(frozen=True, slots=True)
class OwnCourse:
    """An enrolment with its group and program, and the next meeting of the group's schedule (moment, place)."""

    enrolment: m.Enrolment
    meets_at: dt.datetime | None
    meets_in: str


@dataclass(frozen=True, slots=True)
class Cabinet:
    """What a worker's start page tells.

    ``person`` is None for a user who does not see the card; ``courses`` are those not over yet, the nearest first; ``correction`` is the latest one when it was refused lately;
    ``training``: the newest of the person's own courses elsewhere that was not confirmed: it waits to be mended.
    """

    person: m.Employee | None
    voucher: m.Voucher | None
    enrolment_of_block: Mapping[int, m.Enrolment]
    application: m.VoucherApplication | None
    correction: m.ChangeRequest | None
    courses: Sequence[OwnCourse]
    training: m.Training | None

    @property
    def offers(self) -> list[OwnCourse]:
        """Seats from the waiting list that the person has to take in time, the shortest term first."""
        found = [c for c in self.courses if state_of(c.enrolment) == EnrolmentStatus.OFFERED]
        return sorted(found, key=lambda course: course.enrolment.offer_until or now())

    @property
    def blocks_to_spend(self) -> int:
        """Free blocks of a чек whose term ends soon."""
        voucher = self.voucher
        if voucher is None or voucher.valid_until > today() + EXPIRING_DAYS * DAY:
            return 0
        return sum(block.status == BlockStatus.FREE for block in voucher.blocks)


def of_worker(employee_id: int) -> Cabinet:
    """Read the cabinet of the acting user's own person: four statements, whatever the number of rows."""
    voucher, enrolled = _voucher(employee_id), _enrolments(employee_id)
    person, application, correction, training = _asked(employee_id)
    return Cabinet(
        person=person,
        voucher=voucher,
        enrolment_of_block={c.enrolment.block_id: c.enrolment for c in enrolled if c.enrolment.block_id is not None},
        application=application,
        correction=correction,
        courses=sorted(
            (c for c in enrolled if c.enrolment.status in UNDER_WAY),
            key=lambda c: (c.enrolment.group.starts_on, c.enrolment.id),
        ),
        training=training,
    )


def _voucher(employee_id: int) -> m.Voucher | None:
    """The active чек with its blocks."""
    statement = (
        select(m.Voucher).where(m.Voucher.employee_id == employee_id, in_force()).options(joinedload(m.Voucher.blocks))
    )
    found: m.Voucher | None = db.session.scalars(statement).unique().one_or_none()
    return found


def _enrolments(employee_id: int) -> list[OwnCourse]:
    """Enrolments that have not ended, the oldest first, so that the latest one of a block wins."""
    e, begins = m.Enrolment, now()
    meeting = m.GroupMeeting.__table__
    ahead = (
        select(meeting.c.starts_at)
        .where(meeting.c.group_id == e.group_id, meeting.c.ends_at > begins)
        .order_by(meeting.c.starts_at, meeting.c.id)
        .limit(1)
    )
    statement = (
        select(e, ahead.scalar_subquery(), ahead.with_only_columns(meeting.c.place).scalar_subquery())
        .where(e.employee_id == employee_id, live_enrolment())
        .options(*ways.LOADED[e])
        .order_by(e.id)
    )
    return [
        OwnCourse(row, local(moment) if moment else None, place or row.group.place)
        for row, moment, place in db.session.execute(statement).unique()
        if row.group is not None
    ]


def enrolments_of(employee_id: int) -> list[m.Enrolment]:
    """Return all enrolments of a person with what their pages name, the latest group first."""
    e, group = m.Enrolment, m.TrainingGroup
    statement = select(e).join(group, group.id == e.group_id).where(e.employee_id == employee_id)
    ordered = statement.options(*ways.LOADED[e]).order_by(group.starts_on.desc(), e.id.desc())
    return [row for row in db.session.scalars(ordered).unique() if row.group is not None]


def applications_of(employee_id: int) -> list[m.VoucherApplication]:
    """Return all applications of a person for a чек, the latest first."""
    row = m.VoucherApplication
    return list(db.session.scalars(select(row).where(row.employee_id == employee_id).order_by(row.id.desc())))


@dataclass(frozen=True, slots=True)
class Term:
    """Something that ends on a day: what, on which ground, its last day (None: without end); ``is_due``: it has never been."""

    title: str
    ground: str
    until: dt.date | None
    is_due: bool = False


def terms_of(employee_id: int) -> list[Term]:
    """Return the terms of a person by one statement: each category in force or lately over, the day until which training is due."""
    person, a = m.Employee, m.Attestation
    of_person = and_(a.employee_id == person.id, or_(a.valid_until.is_(None), a.valid_until >= today() - 365 * DAY))
    statement = (
        select(a, coverage.latest_training(person.id))
        .select_from(person)
        .outerjoin(a, of_person)
        .where(person.id == employee_id)
        .options(joinedload(a.kind), joinedload(a.position))
        .order_by(a.valid_until.desc().nulls_first(), a.id.desc())
    )
    found: dict[str, Term] = {}
    latest: dt.date | None = None
    for row, latest in db.session.execute(statement).tuples():  # noqa: B007 - the day is the same in every row
        if row is not None:
            title = f"{row.kind.name}, {row.position.name.lower()}" if row.position else row.kind.name
            ground = f"с {format_date(row.valid_from)}" + (f", № {row.order_number}" if row.order_number else "")
            found.setdefault(title, Term(title, ground, row.valid_until))
    return [*found.values(), _training_term(latest)]


def _training_term(latest: dt.date | None) -> Term:
    title = f"Обучение раз в {TRAINING_YEARS} года"
    if latest is None:
        return Term(title, NEVER_TRAINED, None, is_due=True)
    return Term(title, f"последнее — {format_date(latest)}", add_months(latest, 12 * TRAINING_YEARS))


def _asked(
    employee_id: int,
) -> tuple[m.Employee | None, m.VoucherApplication | None, m.ChangeRequest | None, m.Training | None]:
    """The person, the live application for a чек, the latest correction when it was refused lately, a course to mend."""
    person, application, correction = m.Employee, m.VoucherApplication, m.ChangeRequest
    latest = select(func.max(correction.id)).where(correction.employee_id == employee_id).scalar_subquery()
    since = today() - DECLINED_DAYS * DAY
    refused = and_(
        correction.id == latest,
        correction.status == ChangeStatus.DECLINED,
        or_(correction.decided_at.is_(None), correction.decided_at >= since),
    )
    live = and_(application.employee_id == person.id, application.status.in_(APPLICATION_LIVE))
    training = m.Training
    own = (training.employee_id == employee_id, training.source == TrainingSource.WORKER)
    to_mend = select(func.max(training.id)).where(*own, training.status == TrainingStatus.REJECTED).scalar_subquery()
    statement = (
        select(person, application, correction, training)
        .select_from(person)
        .outerjoin(application, live)
        .outerjoin(correction, refused)
        .outerjoin(training, training.id == to_mend)
        .where(person.id == employee_id)
    )
    found = db.session.execute(statement).one_or_none()
    return tuple(found) if found is not None else (None, None, None, None)


def is_to_mend(application: m.VoucherApplication) -> bool:
    """Whether an application waits for the person: it was returned, or never submitted."""
    return application.status in (ApplicationStatus.RETURNED, ApplicationStatus.DRAFT)


def documents_of(employee_id: int) -> list[m.Certificate]:
    """Return all documents in force that the portal issued to a person, the newest first."""
    c = m.Certificate
    statement = (
        select(c)
        .where(c.employee_id == employee_id, c.status == CertificateStatus.ISSUED)
        .options(joinedload(c.organizer), joinedload(c.enrolment).joinedload(m.Enrolment.group).joinedload(_PROGRAM))
        .order_by(c.issued_on.desc(), c.id.desc())
    )
    return list(db.session.scalars(statement))


def outside_of(employee_id: int) -> list[m.Training]:
    """Return the person's trainings outside the portal with their scans, the newest first."""
    t = m.Training
    statement = select(t).where(t.employee_id == employee_id).options(joinedload(t.scan))
    return list(db.session.scalars(statement.order_by(t.ended_on.desc(), t.id.desc())))


_PROGRAM = m.TrainingGroup.program


# --- what suits now --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An open group that the rules let the person join today, and its free seats for the person."""

    group_id: int
    number: str
    title: str
    organizer: str
    hours: int
    starts_on: dt.date
    ends_on: dt.date
    place: str
    free: int


def suggestions(employee_id: int) -> list[Suggestion]:
    """Return the first groups of the catalogue with seats that suit the person, one of each program: five statements.

    Programs of the person's other enrolments, past ones too, are left out.
    """
    places = _workplaces(employee_id)
    if not places:
        return []
    blocks, busy = voucher_blocks.blocks_of(employee_id), course_facts.busy_of(employee_id)
    seeker = Seeker(employee_id=employee_id, places=places, blocks=blocks, busy=busy)
    asked, known = Asked(only_suitable=True, only_free=True), _known_programs(employee_id)
    found: dict[int, Suggestion] = {}
    for row in db.session.execute(catalogue_sql.offers(asked, seeker, today(), limit=CANDIDATES)):
        if row.program_id not in known:
            found.setdefault(row.program_id, _suggestion(row))
    return list(found.values())[:SUGGESTED]


def _known_programs(employee_id: int) -> set[int]:
    statement = (
        select(m.TrainingGroup.program_id)
        .join(m.Enrolment, m.Enrolment.group_id == m.TrainingGroup.id)
        .where(m.Enrolment.employee_id == employee_id, live_enrolment())
    )
    return set(db.session.scalars(statement))


def _names(table: Any, link: Any, owner: Any, column: Any, name: str = "name") -> Any:
    """Array of the names of what ``link`` joins to its owner."""
    statement = select(table.c[name]).join(link, column == table.c.id).where(owner)
    return func.array(statement.scalar_subquery())


def _workplaces(employee_id: int) -> list[Workplace]:
    """What the rules ask of the person's places of work."""
    place, link = m.Employment, m.employment_subject
    position, organization = m.Position.__table__, m.Organization.__table__
    kind, subject = m.OrganizationType.__table__, m.Subject.__table__
    subjects = _names(subject, link, link.c.employment_id == place.id, link.c.subject_id)
    statement = (
        select(kind.c.short_name, position.c.name, subjects, place.organization_id)
        .select_from(place)
        .join(organization, organization.c.id == place.organization_id)
        .join(kind, kind.c.id == organization.c.type_id)
        .join(position, position.c.id == place.position_id)
        .where(place.employee_id == employee_id, at_work())
        .order_by(place.kind, place.id)
    )
    rows = db.session.execute(statement)
    return [
        Workplace(organization_type=t, position=p, subjects=frozenset(s), organization_id=pk) for t, p, s, pk in rows
    ]


def _suggestion(row: Any) -> Suggestion:
    return Suggestion(
        group_id=row.group_id,
        number=row.number,
        title=row.title,
        organizer=row.organizer,
        hours=row.hours,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        place=row.place,
        free=row.free,
    )
