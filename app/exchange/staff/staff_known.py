"""What the database knows of the people in a staff list: read in a fixed number of statements, whatever its length.

People are looked for outside the row scope, so that nobody is entered twice; a person whom the acting user may not see is
marked here (`Person.editable`), and the plan never shows the hidden data.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import ARRAY, Date, Integer, Select, Text, and_, any_, column, func, literal, select

from app import models as m
from app.access import current_actor, unscoped, write_scope
from app.conditions import is_employed
from app.exchange.staff.directories import Directories, Entry, PositionEntry
from app.exchange.staff.staff_row import StaffValues
from app.extensions import db
from app.permissions import ROLES
from app.statuses import EmploymentKind
from app.text import name_key, sort_key

Key = tuple[str, dt.date | None]


# --- directories -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reach:
    """How far the acting user's right goes: organizations (None = all), and whether to confirm places of work."""

    organization_ids: frozenset[int] | None
    confirms: bool

    def __contains__(self, organization_id: int) -> bool:
        return self.organization_ids is None or organization_id in self.organization_ids


@dataclass(frozen=True)
class Reference:
    """Directories of the list, and the names of all their rows by id, those out of use included."""

    directories: Directories
    positions: Mapping[int, str]
    subjects: Mapping[int, str]
    levels: Mapping[int, str]
    #: level that people mean by the general word («Высшее») → levels that it does not contradict
    general_levels: Mapping[int, frozenset[int]]

    @cached_property
    def organizations(self) -> Mapping[int, str]:
        """Short names of the organizations within reach."""
        return {entry.id: entry.name for entry in self.directories.organizations}


def find_reach() -> Reach:
    """Return where the acting user may add places of work."""
    actor = current_actor()
    confirms = actor.can("employment:confirm")
    if write_scope(actor, "employment", "employment:add") is None:
        return Reach(None, confirms)
    grants = [g for g in actor.grants if "employment:add" in ROLES[g.role].permissions]
    return Reach(frozenset(i for g in grants for i in g.organization_ids), confirms)


def load_reference(reach: Reach, *, today: dt.date) -> Reference:
    """Read the directories; of the organizations those within reach that are not closed."""
    positions = list(db.session.scalars(select(m.Position).order_by(m.Position.name_key)))
    subjects = list(db.session.scalars(select(m.Subject).order_by(m.Subject.name_key)))
    levels = list(db.session.scalars(select(m.EducationLevel).order_by(m.EducationLevel.ordering)))
    organizations = _organizations(reach, today)
    entries = [Entry(pk, short, (full,)) for pk, short, full, *_ in organizations]
    inns = defaultdict(list)
    for entry, (*_, inn, _municipality) in zip(entries, organizations, strict=True):
        if inn:
            inns[inn].append(entry)
    directories = Directories(
        positions=[PositionEntry(p.id, p.name, tuple(p.synonyms), p.subject_required) for p in positions if p.active],
        subjects=[Entry(s.id, s.name, tuple(s.synonyms)) for s in subjects if s.active],
        education_levels=[Entry(level.id, level.name, tuple(level.synonyms)) for level in levels],
        organizations=entries,
        inns=inns,
        municipalities={pk: municipality for pk, *_, municipality in organizations if municipality},
        is_own=reach.organization_ids is not None,
    )
    return Reference(
        directories,
        positions={p.id: p.name for p in positions},
        subjects={s.id: s.name for s in subjects},
        levels={level.id: level.name for level in levels},
        general_levels=_general_levels(levels),
    )


def _organizations(reach: Reach, today: dt.date) -> list[tuple[int, str, str, str | None, str | None]]:
    """Id, short and full name, ИНН, municipality; under one ИНН the head comes before its units."""
    table = m.Organization
    statement = select(table.id, table.short_name, table.full_name, table.inn, m.Municipality.name)
    statement = statement.outerjoin(m.Municipality).order_by(table.parent_id.is_not(None), table.sort, table.id)
    statement = statement.where((table.closed_on.is_(None)) | (table.closed_on > today))
    if reach.organization_ids is not None:
        statement = statement.where(table.id == any_(_array(sorted(reach.organization_ids), Integer)))
    return list(db.session.execute(statement).tuples())


def _general_levels(levels: Sequence[m.EducationLevel]) -> dict[int, frozenset[int]]:
    """«Высшее» names no level, so it says nothing against a bachelor's diploma that is already known."""
    found = {}
    for level in levels:
        family = frozenset(other.id for other in levels if other.frdo_value == level.frdo_value)
        spellings = {name_key(text) for text in (level.name, *level.synonyms)}
        if level.frdo_value and name_key(level.frdo_value) in spellings:
            found[level.id] = family
    return found


# --- people ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class Place:
    """A place of work, stored (`row`) or planned; `claimed` when a row of the file speaks about it."""

    row: m.Employment | None
    organization_id: int
    position_id: int
    kind: EmploymentKind
    started_on: dt.date
    ended_on: dt.date | None = None
    subject_ids: frozenset[int] = frozenset()
    claimed: bool = False

    def is_live(self, today: dt.date) -> bool:
        """Whether it has not ended; one that begins later counts, because it holds the person already."""
        return is_employed(self, today)


@dataclass(slots=True, eq=False)
class Person:
    """A person of the file: known (`row`) or to be created.

    `editable`: the acting user may change the card; otherwise nothing of it may be shown. `named` are the
    organizations that the person's rows name; `described` when a row has already given the card's data.
    """

    row: m.Employee | None
    snils: str | None
    editable: bool = True
    id: int | None = None
    places: list[Place] = field(default_factory=list)
    qualifications: list[m.Qualification] = field(default_factory=list)
    named: set[int] = field(default_factory=set)
    first_number: int | None = None
    described: bool = False

    def live_main(self, today: dt.date) -> Place | None:
        """The main place of work that has not ended."""
        return next((p for p in self.places if p.kind == EmploymentKind.MAIN and p.is_live(today)), None)

    def live_in(self, organization_id: int, today: dt.date) -> list[Place]:
        """Places in an organization that have not ended and that no other row speaks about, the main one first."""
        found = [p for p in self.places if p.organization_id == organization_id and p.is_live(today) and not p.claimed]
        return sorted(found, key=lambda p: p.kind != EmploymentKind.MAIN)


def person_key(last_name: str, first_name: str, patronymic: str | None) -> str:
    """The full name as `Employee.sort` keeps it: small letters, ё = е."""
    return sort_key(" ".join((last_name, first_name, patronymic or "")))


class Register:
    """The people of the file by СНИЛС, and those who are seen by full name with the birth date too.

    A card with another СНИЛС is another person.
    """

    def __init__(self, people: Iterable[tuple[Person, Key]]) -> None:
        self._by_snils: dict[str, Person] = {}
        self._by_name: dict[Key, list[Person]] = defaultdict(list)
        for person, key in people:
            self._put(person, key)

    def _put(self, person: Person, key: Key) -> None:
        if person.snils:
            self._by_snils[person.snils] = person
        # a namesake who is not seen may be another person: the list goes on as if nobody were there, the operator finds doubles
        if person.editable:
            self._by_name[key].append(person)

    def resolve(self, values: StaffValues) -> list[Person]:
        """Return the person, created when unknown; several when the file does not tell which."""
        if values.snils and values.snils in self._by_snils:
            return [self._by_snils[values.snils]]
        key = _key_of(values)
        found = [p for p in self._by_name[key] if not (values.snils and p.snils)]
        if not found:
            found = [Person(None, values.snils)]
            self._put(found[0], key)
        elif len(found) == 1 and values.snils:
            found[0].snils = values.snils
            self._by_snils[values.snils] = found[0]
        return found


def _key_of(values: StaffValues) -> Key:
    return person_key(values.last_name, values.first_name, values.patronymic), values.birth_date


def load_register(rows: Sequence[StaffValues], *, lock: bool = False) -> Register:
    """Read the cards, places of work and diplomas of the people of a file; ``lock`` the cards till the transaction ends."""
    with unscoped("the people of an imported list are matched against all cards"):
        cards = list(db.session.scalars(_cards(rows, lock=lock)))
        ids = [card.id for card in cards]
        places = _places(ids)
        editable = _editable(ids)
        qualifications = _qualifications(editable)
    people = []
    for card in cards:
        person = Person(card, card.snils, card.id in editable, card.id, places[card.id], qualifications[card.id])
        people.append((person, (card.sort, card.birth_date)))
    return Register(people)


def _array(values: Sequence[Any], kind: Any) -> Any:
    return literal(list(values), ARRAY(kind))


def _cards(rows: Sequence[StaffValues], *, lock: bool) -> Select[m.Employee]:
    table = m.Employee
    names = func.unnest(_array([_key_of(row)[0] for row in rows], Text), _array([row.birth_date for row in rows], Date))
    pairs = names.table_valued(column("sort", Text), column("birth_date", Date)).render_derived()
    by_name = select(table.id).join(pairs, and_(table.sort == pairs.c.sort, table.birth_date == pairs.c.birth_date))
    by_snils = select(table.id).where(table.snils == any_(_array([row.snils for row in rows if row.snils], Text)))
    statement = select(table).where(table.id.in_(by_snils.union(by_name))).order_by(table.id)
    statement = statement.execution_options(populate_existing=True)
    # One order of locks for everybody who changes several cards at once.
    return statement.with_for_update() if lock else statement


def _places(ids: Sequence[int]) -> dict[int, list[Place]]:
    statement = select(m.Employment).where(m.Employment.employee_id == any_(_array(ids, Integer)))
    rows = list(db.session.scalars(statement.order_by(m.Employment.id).execution_options(populate_existing=True)))
    table = m.employment_subject
    taught = select(table).where(table.c.employment_id == any_(_array([row.id for row in rows], Integer)))
    subjects: dict[int, set[int]] = defaultdict(set)
    for employment_id, subject_id in db.session.execute(taught):
        subjects[employment_id].add(subject_id)
    found: dict[int, list[Place]] = defaultdict(list)
    for row in rows:
        facts = (row.organization_id, row.position_id, row.kind, row.started_on, row.ended_on)
        found[row.employee_id].append(Place(row, *facts, subject_ids=frozenset(subjects[row.id])))
    return found


def _editable(ids: Sequence[int]) -> set[int]:
    """Of these people, those whose cards the acting user may change."""
    expression = write_scope(current_actor(), "employee", "employee:edit")
    if expression is None:
        return set(ids)
    return set(db.session.scalars(select(m.Employee.id).where(m.Employee.id == any_(_array(ids, Integer)), expression)))


def _qualifications(ids: Iterable[int]) -> dict[int, list[m.Qualification]]:
    """Diplomas by person, the main one first."""
    table = m.Qualification
    statement = select(table).where(table.employee_id == any_(_array(sorted(ids), Integer)))
    statement = statement.order_by(table.is_main.desc(), table.id).execution_options(populate_existing=True)
    found: dict[int, list[m.Qualification]] = defaultdict(list)
    for row in db.session.scalars(statement):
        found[row.employee_id].append(row)
    return found
