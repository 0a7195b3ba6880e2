"""Facts of a group as its papers print them: agreement (договор), orders, list, attendance, results, minutes, journal, acts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload, selectinload

from app import models as m
from app.access import current_actor, get_writable
from app.extensions import db
from app.rules.document import DOCUMENT_OF
from app.russian import as_signed, format_date
from app.services.courses.group import attendance
from app.services.courses.group.attendance import Journal
from app.services.paper.orders import training_orders
from app.services.personnel.cards.declension import heads_in_genitive
from app.statuses import BlankStatus, CertificateStatus, EnrolmentStatus, Handing, OrderKind

REGISTRY = "training_group:registry"
_S = EnrolmentStatus
#: who was taken into the group; the others only applied
TAKEN = (_S.CONFIRMED, _S.TRAINED, _S.FAILED, _S.NO_SHOW, _S.EXPELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenDocument:
    """A document of a listener in the journal of issuance; ``blank`` is its series and number, empty for plain paper."""

    kind: str
    blank: str
    number: str
    issued_on: dt.date
    status: CertificateStatus
    handing: Handing | None
    handed_to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A legal entity that signs a договор; texts are empty where nothing is known. ``head_name`` is the whole name."""

    id: int
    full_name: str
    short_name: str
    city: str
    address: str
    inn: str
    kpp: str
    ogrn: str
    phone: str
    email: str
    licence: str
    head_title: str
    head_name: str
    #: as the head's own card declines it; empty: by the rules
    head_genitive: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an agreement (договор) says of the training: ``document`` for those who pass, ``by_vouchers``: чеки pay for everybody."""

    organizer: Party
    program_kind: str
    form: str
    document: str
    funding: str
    by_vouchers: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A person of the group with the course's outcome; texts are empty where nothing is known yet.

    ``employer`` is the legal entity that signs the договор: of a unit its head organization.
    """

    full_name: str
    position: str
    workplace: str
    status: EnrolmentStatus
    result_on: dt.date | None
    final_form: str
    final_mark: str
    protocol: str
    documents: tuple[GivenDocument, ...]
    employer: Party | None = None


@dataclass(frozen=True, slots=True)
class GivenOrder:
    """A приказ of the group as it was issued: its kind and the snapshot of every printed fact."""

    kind: OrderKind
    snapshot: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class WrittenOff:
    """An акт with all its blanks in their order; some of them were spoiled for this group."""

    act: m.BlankAct
    blanks: Sequence[m.Blank]


_NO_JOURNAL = Journal((), (), {})


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFacts:
    """A group with its listeners by name; ``head_name`` and ``secretary`` are written as signed («М. П. Иванова»).

    ``journal`` is empty for a user who does not keep the attendance; ``unlisted`` are blanks spoiled for the group that stand in no
    act yet, as they are called («63 000101»).
    """

    id: int
    organizer_id: int
    number: str
    program: str
    hours: int
    starts_on: dt.date
    ends_on: dt.date
    organization: str
    city: str
    head_title: str
    head_name: str
    secretary: str
    listeners: tuple[Listener, ...]
    terms: Terms | None = None
    orders: tuple[GivenOrder, ...] = ()
    journal: Journal = _NO_JOURNAL
    acts: tuple[WrittenOff, ...] = ()
    unlisted: tuple[str, ...] = ()

    @property
    def studying(self) -> tuple[Listener, ...]:
        """Listeners who were not expelled."""
        return tuple(person for person in self.listeners if person.status != EnrolmentStatus.EXPELLED)


def facts_of_group(group_id: int) -> GroupFacts:
    """Return the facts of a group; raises NotFound for a hidden one, Forbidden without the right to its papers."""
    group = get_writable(db.session, m.TrainingGroup, group_id, REGISTRY)
    organizer, enrolled = group.organizer, _enrolments(group_id)
    heads = heads_in_genitive([organizer, *filter(None, map(_employer, enrolled))])
    spoiled = _spoiled(group_id)
    return GroupFacts(
        id=group.id,
        organizer_id=group.organizer_id,
        number=group.number,
        program=group.program.title,
        hours=group.program.hours,
        starts_on=group.starts_on,
        ends_on=group.ends_on,
        organization=organizer.full_name,
        city=organizer.city or "",
        head_title=organizer.head_position or "Руководитель",
        head_name=as_signed(organizer.head_name),
        secretary=as_signed(organizer.secretary_name),
        listeners=tuple(_listener(row, heads) for row in enrolled),
        terms=_terms(group, enrolled, heads),
        orders=tuple(GivenOrder(order.kind, order.snapshot) for order in training_orders.orders_of(group_id)),
        journal=attendance.journal_with(enrolled, group_id) if current_actor().can("enrolment:attend") else _NO_JOURNAL,
        acts=_acts({blank.act_id for blank in spoiled if blank.act_id is not None}),
        unlisted=tuple(str(blank) for blank in spoiled if blank.act_id is None),
    )


def _enrolments(group_id: int) -> list[m.Enrolment]:
    place = joinedload(m.Enrolment.employment)
    statement = (
        select(m.Enrolment)
        .join(m.Enrolment.employee)
        .where(m.Enrolment.group_id == group_id, m.Enrolment.status.in_(TAKEN))
        .order_by(m.Employee.sort, m.Enrolment.id)
        .options(
            joinedload(m.Enrolment.employee),
            place.joinedload(m.Employment.position),
            place.joinedload(m.Employment.organization).joinedload(m.Organization.parent),
            selectinload(m.Enrolment.certificates).joinedload(m.Certificate.blank),
        )
    )
    return list(db.session.scalars(statement))


def _spoiled(group_id: int) -> list[m.Blank]:
    """Spoiled blanks of the group: misprinted for a listener, or those of documents that are in force no longer."""
    of_group = select(m.Enrolment.id).where(m.Enrolment.group_id == group_id)
    printed = select(m.Certificate.blank_id).where(m.Certificate.enrolment_id.in_(of_group))
    statement = (
        select(m.Blank)
        .where(m.Blank.status == BlankStatus.SPOILED)
        .where(or_(m.Blank.spoiled_for_id.in_(of_group), m.Blank.id.in_(printed)))
        .order_by(m.Blank.series, m.Blank.number)
    )
    return list(db.session.scalars(statement))


def _acts(ids: set[int]) -> tuple[WrittenOff, ...]:
    """Return the acts with these ids by their day, each with all its blanks."""
    if not ids:
        return ()
    statement = (
        select(m.Blank)
        .join(m.Blank.act)
        .where(m.BlankAct.id.in_(ids))
        .order_by(m.BlankAct.acted_on, m.BlankAct.id, m.Blank.series, m.Blank.number)
        .options(joinedload(m.Blank.act).joinedload(m.BlankAct.organizer))
    )
    listed = groupby(db.session.scalars(statement), key=lambda blank: blank.act)
    return tuple(WrittenOff(act, tuple(blanks)) for act, blanks in listed if act is not None)


def _employer(row: m.Enrolment) -> m.Organization | None:
    """The legal entity that sent a listener."""
    place = row.employment
    return (place.organization.parent or place.organization) if place else None


def _terms(group: m.TrainingGroup, enrolled: Sequence[m.Enrolment], heads: Mapping[int, str]) -> Terms:
    program = group.program
    return Terms(
        organizer=_party(group.organizer, heads),
        program_kind=training_orders.PROGRAM_KIND[program.kind],
        form=program.form.label,
        document=DOCUMENT_OF[program.kind].label,
        funding=program.funding or "",
        by_vouchers=all(row.block_id is not None for row in enrolled if row.status != _S.EXPELLED),
    )


def _party(organization: m.Organization, heads: Mapping[int, str]) -> Party:
    number, day = organization.licence_number, organization.licence_date
    return Party(
        id=organization.id,
        full_name=organization.full_name,
        short_name=organization.short_name,
        city=organization.city or "",
        address=organization.address or "",
        inn=organization.inn or "",
        kpp=organization.kpp or "",
        ogrn=organization.ogrn or "",
        phone=organization.phone or "",
        email=organization.email or "",
        licence=f"№ {number} от {format_date(day)}" if number and day else "",
        head_title=organization.head_position or "Руководитель",
        head_name=organization.head_name or "",
        head_genitive=heads.get(organization.id, ""),
    )


def _listener(row: m.Enrolment, heads: Mapping[int, str]) -> Listener:
    place, employer = row.employment, _employer(row)
    return Listener(
        full_name=row.employee.full_name,
        position=place.position.name if place else "",
        workplace=place.organization.short_name if place else "",
        status=row.status,
        result_on=row.result_on,
        final_form=row.final_form or "",
        final_mark=row.final_mark or "",
        protocol=row.protocol_number or "",
        documents=tuple(_document(paper) for paper in sorted(row.certificates, key=lambda paper: paper.id)),
        employer=_party(employer, heads) if employer else None,
    )


def _document(paper: m.Certificate) -> GivenDocument:
    return GivenDocument(
        kind=paper.kind.label,
        blank=str(paper.blank) if paper.blank else "",
        number=paper.number,
        issued_on=paper.issued_on,
        status=paper.status,
        handing=paper.handing,
        handed_to=paper.handed_to or "",
    )
