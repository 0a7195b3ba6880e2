"""Organizations of the demo with their units, and the directories that everything else points to."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from random import Random
from typing import Any

from sqlalchemy import Table, select

from app import models as m
from app.demo.catalog import DemoOrganization, DemoUnit
from app.demo.names import DemoPerson
from app.demo.rows import Row, Rows
from app.extensions import db
from app.statuses import EmployerAgreement, Ownership, PositionKind
from app.workdays import Calendar

NORTH_WEST, VOLGA = "severo_zapadnoe", "povolzhskoe"
HOME_SCHOOL = "ГБОУ СОШ с. Верхние Сосны"
UNIT_HEAD = "Руководитель структурного подразделения"
#: reasons that fit any refused application of the demo
REFUSALS = ("voucher_wrong_data", "voucher_workplace_unconfirmed")
#: every so many organizations one agrees the enrolments of its people without being asked
AUTOMATIC_EVERY = 9


@dataclass(frozen=True, slots=True)
class DemoPosition:
    """A position of the directory, as far as the demo needs it."""

    id: int
    name: str
    kind: PositionKind
    eligible: bool


@dataclass(frozen=True)
class Directories:
    """Ids of the reference rows by code or name, and the calendar with the operator's corrections."""

    territories: dict[str, int]
    municipalities: dict[str, int]
    types: dict[str, int]
    type_names: dict[str, str]
    positions: dict[str, DemoPosition]
    subjects: dict[str, int]
    levels: dict[str, int]
    attestation_kinds: dict[str, int]
    rules: list[Row]
    refusals: list[str]
    calendar: Calendar


@dataclass(eq=False, slots=True)
class Place:
    """An organization or a unit of one: where people work. ``person`` is its head, None for a unit."""

    row: Row
    type_code: str
    type_name: str
    territory: str
    municipality: str
    ownership: Ownership
    head_position: str
    person: DemoPerson | None = None
    secretary: DemoPerson | None = None
    is_unit: bool = False

    @property
    def id(self) -> int:
        """Id of the organization."""
        return int(self.row["id"])

    @property
    def name(self) -> str:
        """Short name of the organization."""
        return str(self.row["short_name"])


def _table(model: type[m.Base]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table


def _ids(model: type[m.Base], column: str) -> dict[str, int]:
    table = _table(model)
    return {row.key: row.id for row in db.session.execute(select(table.c.id, table.c[column].label("key")))}


def load_directories() -> Directories:
    """Read the reference rows; Core statements, because nobody acts here."""
    positions, types = _table(m.Position), _table(m.OrganizationType)
    refusals, days = _table(m.RefusalReason), _table(m.WorkdayCorrection)
    run = db.session.execute
    return Directories(
        territories=_ids(m.Territory, "code"),
        municipalities=_ids(m.Municipality, "name"),
        types=_ids(m.OrganizationType, "code"),
        type_names={row.code: row.name for row in run(select(types.c.code, types.c.name))},
        positions={
            row.name: DemoPosition(row.id, row.name, row.kind, row.voucher_eligible) for row in run(select(positions))
        },
        subjects=_ids(m.Subject, "name"),
        levels=_ids(m.EducationLevel, "code"),
        attestation_kinds=_ids(m.AttestationKind, "code"),
        rules=_load_rules(),
        refusals=[
            row.text
            for row in run(select(refusals.c.text).where(refusals.c.code.in_(REFUSALS)).order_by(refusals.c.code))
        ],
        calendar=Calendar({row.day: row.is_working for row in run(select(days.c.day, days.c.is_working))}),
    )


def _load_rules() -> list[Row]:
    """Versions of the voucher rule, each with its ``blocks``."""
    rules, blocks = _table(m.VoucherRule), _table(m.VoucherRuleBlock)
    found = [dict(row._mapping) for row in db.session.execute(select(rules).order_by(rules.c.valid_from))]
    by_rule: dict[int, list[Row]] = {}
    for row in db.session.execute(select(blocks).order_by(blocks.c.ordering, blocks.c.id)):
        by_rule.setdefault(row.rule_id, []).append(dict(row._mapping))
    return [{**rule, "blocks": by_rule.get(rule["id"], [])} for rule in found]


def add_places(rows: Rows, directories: Directories, organizations: tuple[DemoOrganization, ...]) -> list[Place]:
    """Add the organizations, each followed by its units; the organizers stay at the end."""
    places: list[Place] = []
    for number, organization in enumerate(organizations, start=1):
        automatic = number % AUTOMATIC_EVERY == 0
        head = _add_head(rows, directories, organization, automatic=automatic)
        places.append(head)
        places.extend(_add_unit(rows, directories, organization, unit, head=head) for unit in organization.units)
    return places


def _add_head(rows: Rows, directories: Directories, it: DemoOrganization, *, automatic: bool) -> Place:
    row = rows.add(
        m.Organization,
        **_common(it, directories),
        full_name=it.full_name,
        short_name=it.short_name,
        type_id=directories.types[it.type_code],
        parent_id=None,
        ogrn=it.ogrn,
        licence_number=it.licence_number,
        licence_date=it.licence_date,
        head_name=it.head.full_name,
        head_position=it.head_position,
        phone=it.phone,
        email=it.email,
        is_organizer=it.is_organizer,
        secretary_name=it.secretary.full_name if it.secretary else None,
        employer_agreement=EmployerAgreement.AUTOMATIC if automatic else EmployerAgreement.REQUIRED,
    )
    return _place(row, it, directories, it.type_code, person=it.head, secretary=it.secretary)


def _add_unit(rows: Rows, directories: Directories, it: DemoOrganization, unit: DemoUnit, *, head: Place) -> Place:
    row = rows.add(
        m.Organization,
        **_common(it, directories),
        full_name=unit.full_name,
        short_name=unit.short_name,
        type_id=directories.types[unit.type_code],
        parent_id=head.id,
        ogrn=None,
        licence_number=None,
        licence_date=None,
        head_name=None,
        head_position=UNIT_HEAD,
        phone=it.phone,
        email=it.email,
        is_organizer=False,
        secretary_name=None,
        employer_agreement=head.row["employer_agreement"],
    )
    return _place(row, it, directories, unit.type_code, is_unit=True)


def _common(it: DemoOrganization, directories: Directories) -> dict[str, Any]:
    """Columns that a unit shares with its organization; ИНН and КПП are those of the legal person."""
    return {
        "territory_id": directories.territories[it.territory],
        "municipality_id": directories.municipalities[it.municipality],
        "ownership": it.ownership,
        "inn": it.inn,
        "kpp": it.kpp,
        "city": it.city,
        "address": it.address,
    }


def _place(row: Row, it: DemoOrganization, directories: Directories, type_code: str, **more: Any) -> Place:
    return Place(
        row=row,
        type_code=type_code,
        type_name=directories.type_names[type_code],
        territory=it.territory,
        municipality=it.municipality,
        ownership=it.ownership,
        head_position=UNIT_HEAD if more.get("is_unit") else it.head_position,
        **more,
    )


def working_day(day: dt.date, calendar: Calendar) -> dt.date:
    """Return ``day`` or the last working day before it."""
    while not calendar.is_workday(day):
        day -= dt.timedelta(days=1)
    return day


def some_day(rng: Random, first: dt.date, last: dt.date) -> dt.date:
    """Return a day between two days, both included; ``first`` when they are the wrong way round."""
    return first + dt.timedelta(days=rng.randint(0, max((last - first).days, 0)))
