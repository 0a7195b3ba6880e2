"""The catalogue of courses: open groups and programs for the acting person, for a worker of the user's school, or for anybody.

The rows and their order come from ``catalogue_sql``; the sentences why a course suits or not are those of ``rules`` and
are written for the shown rows only.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app import models as m
from app.access import current_actor, get_writable, unscoped, write_scope
from app.clock import today
from app.conditions import live_enrolment
from app.errors import Invalid, NotFound
from app.extensions import db
from app.rules.decision import ALLOWED, Decision
from app.rules.enrolment import Course, Quota, Room, may_enrol, why_suits
from app.rules.suitability import Targets, suits
from app.services.courses.enrolment import catalogue_sql as sql
from app.services.courses.enrolment import course_facts
from app.services.courses.enrolment.catalogue_sql import Asked, Seeker
from app.services.personnel.cards.people import choose_employment
from app.services.voucher import voucher_blocks
from app.statuses import BlockKind, EnrolmentStatus, StudyForm

#: whose courses may be looked for: the people whom one may enrol
RIGHT = "enrolment:add"
#: rows of a page
PAGE = 20
#: groups of a day that the calendar names; the others it counts
OF_DAY = 3


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The person's own enrolment in a group."""

    id: int
    status: EnrolmentStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """When and where a group is taught, and its seats for the person, or for anybody."""

    id: int
    number: str
    starts_on: dt.date
    ends_on: dt.date
    enrol_from: dt.date
    enrol_until: dt.date
    place: str
    municipality: str
    room: Room


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An open group with what matters of its program; ``group_id`` is None for a program without one.

    ``verdict`` is the decision of the rules with its sentence, or None when nobody is asked about.
    """

    program_id: int
    title: str
    organizer: str
    hours: int
    form: StudyForm
    distance: bool
    block: BlockKind | None
    group: Group | None
    verdict: Decision | None = None
    enrolled: Enrolled | None = None


# --- for whom --------------------------------------------------------------------------------------------------------


def own_seeker() -> Seeker | None:
    """Return the acting user as a person who looks for a course; None for a user without a card or without the right to enrol."""
    actor = current_actor()
    return None if actor.employee_id is None or not actor.can(RIGHT) else _seeker(actor.employee_id)


def seeker_of(employee_id: int) -> Seeker:
    """Return one of the people whom the actor may enrol; raises NotFound for a foreign one, Forbidden without the right."""
    person = get_writable(db.session, m.Employee, employee_id, RIGHT)
    return _seeker(employee_id, "" if employee_id == current_actor().employee_id else person.full_name)


def _seeker(employee_id: int, name: str = "") -> Seeker:
    try:
        places, refusal = choose_employment(employee_id, None, on=today()), ""
    except Invalid as error:
        places, refusal = [], error.message
    return Seeker(
        employee_id=employee_id,
        name=name,
        places=[course_facts.workplace_of(place) for place in places],
        blocks=voucher_blocks.blocks_of(employee_id),
        busy=course_facts.busy_of(employee_id),
        refusal=refusal,
    )


def people(condition: Any, *, limit: int) -> list[m.Employee]:
    """Return the first of the people whom the actor may enrol and who match ``condition``, by name."""
    expression = write_scope(current_actor(), "employee", RIGHT)
    statement = select(m.Employee).where(condition).order_by(m.Employee.sort, m.Employee.id).limit(limit)
    found = db.session.scalars(statement if expression is None else statement.where(expression))
    return list(found)


# --- pages -----------------------------------------------------------------------------------------------------------


def page(asked: Asked, seeker: Seeker | None, *, number: int = 1, size: int = PAGE) -> tuple[list[Offer], int, int]:
    """Return the rows of a page, the page's number (the last one when there are fewer), and how many rows there are."""
    rows = db.session.execute(sql.page(asked, seeker, today(), number=max(1, number), size=size)).all()
    return (_offers(rows, seeker), rows[0].start // size + 1, rows[0].total) if rows else ([], 1, 0)


def open_group(group_id: int, seeker: Seeker | None) -> Offer:
    """Return one open group; raises NotFound for any other."""
    if not 0 < group_id < 2**31:
        raise NotFound(_GONE)
    row = db.session.execute(sql.one(group_id)).one_or_none()
    if row is None:
        raise NotFound(_GONE)
    return _offers([row], seeker)[0]


_GONE = "Такой группы нет, или запись в неё закончилась. Выберите другую в каталоге курсов."


@dataclass(frozen=True, slots=True)
class Start:
    """A group in the calendar, on the day on which it starts."""

    group_id: int
    title: str
    allowed: bool


def starts(
    asked: Asked, seeker: Seeker | None, first: dt.date, last: dt.date
) -> dict[dt.date, tuple[list[Start], int]]:
    """Return day → the most suitable groups that start on it, and how many start on it in all."""
    statement = sql.first_of_days(asked, seeker, today(), first=first, last=last, limit=OF_DAY)
    found: dict[dt.date, tuple[list[Start], int]] = {}
    for row in db.session.execute(statement):
        day = found.setdefault(row.starts_on, ([], row.of_day))
        day[0].append(Start(row.group_id, row.title, seeker is not None and row.allowed))
    return found


def choices() -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """Return the municipalities and the organizers by which the catalogue is filtered: id and name."""
    rows = db.session.execute(sql.places_and_organizers()).all()
    municipalities = [(row.id, row.name) for row in rows if row.what == "municipality"]
    return municipalities, [(row.id, row.name) for row in rows if row.what == "organizer"]


# --- what a group's page tells beside --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Contacts:
    """How anybody reaches an organizer: facts of the organization, no person's."""

    phone: str
    email: str
    website: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What a group's own page tells beside: the program's parts, whom it is for, the schedule, who answers questions.

    ``changed_at``: since when the dates of the group are as they are.
    """

    annotation: str
    authors: str
    schedule: str
    audience: str
    targets: Targets
    modules: Sequence[tuple[str, int]]
    meetings: Sequence[m.GroupMeeting]
    contacts: Contacts
    changed_at: dt.datetime


#: meetings that the page of a group shows
MEETINGS = 60


def details(group_id: int) -> Details:
    """Return the public facts of a group that ``open_group`` has found."""
    meeting = m.GroupMeeting
    with unscoped("public catalogue: no personal data"):
        group: m.TrainingGroup = db.session.scalars(select(m.TrainingGroup).where(m.TrainingGroup.id == group_id)).one()
        program: m.Program = db.session.scalars(
            select(m.Program).where(m.Program.id == group.program_id).options(joinedload(m.Program.organizer))
        ).one()
        modules = db.session.execute(
            select(m.ProgramModule.title, m.ProgramModule.hours)
            .where(m.ProgramModule.program_id == program.id)
            .order_by(m.ProgramModule.ordering, m.ProgramModule.id)
        )
        meetings = db.session.scalars(
            select(meeting).where(meeting.group_id == group_id).order_by(meeting.starts_at).limit(MEETINGS)
        )
        return Details(
            annotation=program.annotation or "",
            authors=program.authors or "",
            schedule=group.schedule or "",
            audience=group.audience or "",
            targets=targets_of([program.id]).get(program.id, Targets()),
            modules=[(row.title, row.hours) for row in modules],
            meetings=list(meetings),
            contacts=_contacts(program.organizer),
            changed_at=group.changed_at,
        )


def _contacts(organizer: m.Organization) -> Contacts:
    return Contacts(
        phone=organizer.phone or "",
        email=organizer.email or "",
        website=organizer.website or "",
        address=organizer.address or "",
    )


# --- rows and their sentences ----------------------------------------------------------------------------------------


def _offers(rows: Iterable[Any], seeker: Seeker | None) -> list[Offer]:
    rows = list(rows)
    if seeker is None:
        return [_offer(row, _room(row)) for row in rows]
    targets = targets_of([row.program_id for row in rows])
    group_ids = [row.group_id for row in rows if row.group_id is not None]
    enrolled = _enrolled(seeker, group_ids)
    quotas = course_facts.quotas_of_many(group_ids, {place.organization_id for place in seeker.places})
    return [
        _offer(row, *_judged(row, targets.get(row.program_id, Targets()), seeker, quotas), enrolled.get(row.group_id))
        for row in rows
    ]


def _offer(row: Any, room: Room | None, verdict: Decision | None = None, enrolled: Enrolled | None = None) -> Offer:
    return Offer(
        program_id=row.program_id,
        title=row.title,
        organizer=row.organizer,
        hours=row.hours,
        form=row.form,
        distance=row.distance,
        block=row.block,
        group=None if room is None else _group(row, room),
        verdict=verdict,
        enrolled=enrolled,
    )


def _group(row: Any, room: Room) -> Group:
    return Group(
        id=row.group_id,
        number=row.number,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        enrol_from=row.enrol_from,
        enrol_until=row.enrol_until,
        place=row.place,
        municipality=row.municipality or "",
        room=room,
    )


def _room(row: Any) -> Room | None:
    return None if row.group_id is None else Room(capacity=row.capacity, taken=row.taken)


def targets_of(program_ids: Sequence[int]) -> dict[int, Targets]:
    """Return program → whom it is for; a program that is not in it is for everybody."""
    if not program_ids:
        return {}
    lists: dict[int, tuple[set[str], set[str], set[str]]] = {}
    for row in db.session.execute(sql.targets(list(set(program_ids)))):
        lists.setdefault(row.program_id, (set(), set(), set()))[row.list].add(row.name)
    return {
        pk: Targets(organization_types=frozenset(a), positions=frozenset(b), subjects=frozenset(c))
        for pk, (a, b, c) in lists.items()
    }


def _enrolled(seeker: Seeker, group_ids: Sequence[int]) -> Mapping[int | None, Enrolled]:
    if not group_ids:
        return {}
    e = m.Enrolment
    statement = select(e.group_id, e.id, e.status).where(
        e.employee_id == seeker.employee_id, e.group_id.in_(group_ids), live_enrolment()
    )
    return {row.group_id: Enrolled(row.id, row.status) for row in db.session.execute(statement)}


def _judged(
    row: Any, targets: Targets, seeker: Seeker, quotas: Mapping[tuple[int, int], Quota]
) -> tuple[Room | None, Decision]:
    """Decide as an enrolment would: of the places of work for which the program is meant the best one decides.

    The seats are those of the place that has the most, as in the catalogue's statement.
    """
    if not seeker.places:
        return _room(row), Decision(False, seeker.refusal)
    meant = [place for place in seeker.places if suits(targets, place).allowed]
    places = meant or seeker.places
    room = _room(row)
    if room is None:
        return None, ALLOWED if meant else suits(targets, places[0])
    rooms = [replace(room, quota=quotas.get((row.group_id, place.organization_id))) for place in places]
    course = course_of(row, targets)
    judged = [
        (place, may_enrol(course, place, on=today(), room=room, blocks=seeker.blocks, busy=seeker.busy))
        for place, room in zip(places, rooms, strict=True)
    ]
    best, decision = min(judged, key=lambda pair: pair[1].rank)
    most = max(rooms, key=lambda room: room.free)
    if not decision.allowed:
        return most, decision
    why = why_suits(course, best, seeker.blocks, own=not seeker.name)
    return most, replace(decision, reason=f"{why} {decision.reason}".rstrip())


def course_of(row: Any, targets: Targets) -> Course:
    """Return what the rules ask of a group, from a row of the catalogue's statement."""
    return Course(
        number=row.number,
        title=row.title,
        status=row.status,
        enrol_from=row.enrol_from,
        enrol_until=row.enrol_until,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        hours=row.hours,
        block=row.block,
        targets=targets,
    )
