"""Rows that the tests of services need, inserted outside every scope and committed; dates are relative to today."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, text

from app import models as m
from app import statuses as st
from app.access import acting_as, unscoped
from app.actor import Actor, Grant
from app.clock import now, today
from app.extensions import db
from tests.services.prepared import prepared

_numbers = itertools.count(1)
DAY = dt.timedelta(days=1)
SYSTEM = Actor(user_id=None, name="Портал", grants=(Grant("operator"),))


def save(row: Any) -> Any:
    """Insert a row and commit."""
    with unscoped("tests"), acting_as(SYSTEM):
        db.session.add(row)
        if db.session.info.get("together"):
            db.session.flush()
        else:
            db.session.commit()
        db.session.refresh(row)
    return row


@contextmanager
def together() -> Iterator[None]:
    """Commit the rows of the block at its end: after a commit for each, every row made before would be read again."""
    info = db.session.info
    info["together"] = True
    try:
        yield
        with acting_as(SYSTEM):
            db.session.commit()
    finally:
        del info["together"]


def change(row: Any, **values: Any) -> Any:
    """Set attributes of a row past every rule and commit (the test's set-up, or what another user did)."""
    with unscoped("tests"):
        row = fetch(type(row), row.id)
        for name, value in values.items():
            setattr(row, name, value)
    return save(row)


def fetch(model: Any, pk: int) -> Any:
    """Return a row as the database holds it now."""
    with unscoped("tests"):
        return db.session.scalars(
            select(model).where(model.id == pk).execution_options(populate_existing=True)
        ).one_or_none()


def rows(model: Any, *conditions: Any) -> list[Any]:
    """Return the rows of a model by their key, as the database holds them now."""
    with unscoped("tests"):
        statement = select(model).where(*conditions).order_by(*model.__mapper__.primary_key)
        return list(db.session.scalars(statement.execution_options(populate_existing=True)))


def journal(action: str) -> list[m.AuditEntry]:
    """Return the journal's entries of one action."""
    return rows(m.AuditEntry, m.AuditEntry.action == action)


def database_state() -> dict[str, tuple[int, int]]:
    """Return table → (rows, checksum) of everything committed, for «nothing changed»."""
    with db.engine.connect() as connection:
        return _state(connection)


def _state(connection: Connection) -> dict[str, tuple[int, int]]:
    names = sorted(m.Base.metadata.tables)
    parts = [f"SELECT '{n}', count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) FROM \"{n}\" t" for n in names]
    found = connection.execute(text(" UNION ALL ".join(parts)))
    return {name: (int(count), int(total)) for name, count, total in found}


@contextmanager
def nothing_changes() -> Iterator[None]:
    """Assert that the block leaves every table as it was: no row, no status, no letter, no journal entry.

    The tables are read when a statement wrote to one of them: as they are, and as a transaction from before the block sees them.
    """
    notes = text("SELECT count(*) FROM pristine.touched")
    with db.engine.connect().execution_options(isolation_level="REPEATABLE READ") as earlier:
        noted = earlier.scalar(notes)
        yield
        db.session.rollback()
        with db.engine.connect() as later:
            if later.scalar(notes) != noted:
                assert _state(later) == _state(earlier)


# --- directories -----------------------------------------------------------------------------------------------------


def get_or_make(model: Any, key: dict[str, Any], **values: Any) -> Any:
    """Return the row with these values of unique columns, made when there is none."""
    found = rows(model, *(getattr(model, name) == value for name, value in key.items()))
    return found[0] if found else save(model(**key, **values))


def make_position(name: str = "Учитель", *, kind: st.PositionKind = st.PositionKind.TEACHING, **over: Any) -> Any:
    return get_or_make(m.Position, {"name": name}, kind=kind, **over)


def make_subject(name: str = "Математика") -> Any:
    return get_or_make(m.Subject, {"name": name})


def make_type(code: str = "general", name: str = "Общеобразовательная") -> Any:
    return get_or_make(m.OrganizationType, {"code": code}, name=f"{name} организация", short_name=name)


def make_territory() -> Any:
    n = next(_numbers)
    kind = st.TerritoryKind.MINISTRY_BODY
    return save(m.Territory(code=f"test-{n}", name=f"Управление {n}", short_name=f"Управление {n}", kind=kind))


def make_organization(*, type_: Any = None, parent: Any = None, **over: Any) -> Any:
    """A school; ``is_organizer=True`` with its papers' facts for an organizer."""
    n = next(_numbers)
    district = st.MunicipalityKind.DISTRICT
    values = {
        "full_name": f"Школа номер {n}",
        "short_name": f"Школа № {n}",
        "type_id": (type_ or make_type()).id,
        "territory_id": parent.territory_id if parent else make_territory().id,
        "municipality_id": get_or_make(m.Municipality, {"name": "Пробный район"}, kind=district).id,
        "ownership": st.Ownership.REGIONAL,
        "parent_id": parent.id if parent else None,
        "city": "Самара",
        "head_name": "Иванова Мария Петровна",
        "secretary_name": "П. С. Сидоров",
    }
    return save(m.Organization(**(values | over)))


def make_rule(**over: Any) -> Any:
    """The rule in force: the seeded one, else one of 90 hours in three blocks."""
    day = today()
    found = [r for r in rows(m.VoucherRule) if r.valid_from <= day and (r.valid_to is None or r.valid_to >= day)]
    if found:
        return change(found[0], **over)
    blocks = [("inv", "invariant", 18, 1), ("var1", "variable", 36, 2), ("var2", "variable", 36, 3)]
    values = {
        "title": "90 часов",
        "valid_from": dt.date(2016, 1, 1),
        "eligible_position_kinds": ["teaching", "faculty", "head", "deputy"],
        "eligible_ownerships": ["regional", "municipal"],
        "blocks": [
            m.VoucherRuleBlock(code=c, title=f"Блок {c}", kind=st.BlockKind(k), hours_min=16, hours_max=h, ordering=o)
            for c, k, h, o in blocks
        ],
    }
    return save(m.VoucherRule(**(values | over)))


# --- people ----------------------------------------------------------------------------------------------------------


def next_snils() -> str:
    """Return a СНИЛС with the right control number, another one each time."""
    digits = f"{700_000_000 + next(_numbers):09d}"
    control = sum(int(d) * w for d, w in zip(digits, range(9, 0, -1), strict=True)) % 101 % 100
    return f"{digits}{control:02d}"


def make_employee(**over: Any) -> Any:
    n = next(_numbers)
    values = {
        "snils": next_snils(),
        "last_name": f"Петрова-{'абвгдежзик'[n % 10]}".title(),
        "first_name": "Анна",
        "patronymic": "Ивановна",
        "birth_date": dt.date(1980, 5, 17),
        "sex": st.Sex.FEMALE,
        "email": f"person{n}@example.org",
    }
    return save(m.Employee(**(values | over)))


def make_employment(employee: Any, organization: Any, *, position: Any = None, **over: Any) -> Any:
    values = {
        "employee_id": employee.id,
        "organization_id": organization.id,
        "position_id": (position or make_position()).id,
        "started_on": dt.date(2015, 9, 1),
        "status": st.ConfirmationStatus.CONFIRMED,
    }
    return save(m.Employment(**(values | over)))


def make_account(employee: Any = None) -> Any:
    n = next(_numbers)
    names = {"first_name": "Ольга", "last_name": "Тестова", "username": f"tester{n}", "email": f"tester{n}@example.org"}
    return save(m.Account(**names, active=True, employee_id=employee.id if employee else None))


def make_actor(role: str, *organizations: Any, employee: Any = None, territory: Any = None) -> Actor:
    """An account acting in one role, as sign-in would build it (units are listed by the caller)."""
    account = make_account(employee)
    grant = Grant(role, tuple(o.id for o in organizations), (territory.id,) if territory else ())
    return Actor(
        user_id=account.id, name=account.full_name, employee_id=employee.id if employee else None, grants=(grant,)
    )


@dataclass(frozen=True)
class Person:
    """A worker with a place of work and an account."""

    employee: Any
    employment: Any
    actor: Actor


def make_person(organization: Any, *, position: Any = None, employment: Any = None, **over: Any) -> Person:
    employee = make_employee(**over)
    place = make_employment(employee, organization, position=position, **(employment or {}))
    return Person(employee, place, make_actor("worker", employee=employee))


def make_voucher(employee: Any, *, issued_on: dt.date | None = None, **over: Any) -> Any:
    """A чек with the blocks of the rule."""
    rule, issued_on = make_rule(), issued_on or today()
    with unscoped("tests"):
        blocks = [
            m.VoucherBlock(
                code=b.code,
                title=b.title,
                kind=b.kind,
                hours_min=b.hours_min,
                hours_max=b.hours_max,
                ordering=b.ordering,
            )
            for b in rule.blocks
        ]
    values = {
        "number": f"63-test-{next(_numbers)}",
        "employee_id": employee.id,
        "rule_id": rule.id,
        "issued_on": issued_on,
        "valid_until": issued_on + 1095 * DAY,
        "blocks": blocks,
    }
    return save(m.Voucher(**(values | over)))


def blocks_of(voucher: Any) -> list[Any]:
    """Blocks of a чек in their order, as they are now."""
    found = rows(m.VoucherBlock, m.VoucherBlock.voucher_id == voucher.id)
    return sorted(found, key=lambda b: b.ordering)


# --- courses ---------------------------------------------------------------------------------------------------------


def make_program(organizer: Any, **over: Any) -> Any:
    n = next(_numbers)
    values = {
        "organizer_id": organizer.id,
        "code": f"П-{n}",
        "title": f"Программа {n}",
        "year": today().year,
        "hours": 18,
        "block": st.BlockKind.INVARIANT,
        "status": st.ProgramStatus.PUBLISHED,
    }
    return save(m.Program(**(values | over)))


def make_group(program: Any, **over: Any) -> Any:
    """An open group that starts in ten days and lasts five; its enrolment ends five days before, or when it starts."""
    keys = {"program_id": program.id, "organizer_id": program.organizer_id, "number": f"Г-{next(_numbers)}"}
    return save(m.TrainingGroup(**(keys | _facts_of_group(**over))))


def _facts_of_group(**over: Any) -> dict[str, Any]:
    day = today()
    starts_on = over.get("starts_on", day + 10 * DAY)
    until = over.get("enrol_until", min(day + 5 * DAY, starts_on))
    values = {
        "starts_on": starts_on,
        "ends_on": day + 15 * DAY,
        "enrol_from": min(day - 5 * DAY, until),
        "enrol_until": until,
        "place": "Самара, ул. Пробная, 1",
        "capacity": 2,
        "status": st.GroupStatus.OPEN,
    }
    return values | over


def make_past_group(program: Any, **over: Any) -> Any:
    """A running group whose last day was yesterday."""
    day = today()
    dates = {
        "starts_on": day - 10 * DAY,
        "ends_on": day - DAY,
        "enrol_from": day - 30 * DAY,
        "enrol_until": day - 11 * DAY,
        "status": st.GroupStatus.RUNNING,
    }
    return make_group(program, **(dates | over))


def make_quota(group: Any, *, organization: Any = None, territory: Any = None, seats: int) -> Any:
    """The most seats of a group for one organization or territory."""
    place = {"organization_id": organization.id} if organization else {"territory_id": territory.id}
    return save(m.GroupQuota(group_id=group.id, seats=seats, **place))


def make_campaign(**over: Any) -> Any:
    """The campaign of the next year, which takes wishes today unless other days are given."""
    year = over.pop("year", today().year + 1)
    days = {"programs_until": today() - DAY, "opens_on": today() - DAY, "closes_on": dt.date(year - 1, 12, 31)}
    return get_or_make(m.PlanCampaign, {"year": year}, **(days | over))


def make_offer(program: Any, campaign: Any = None, **over: Any) -> Any:
    """A program put up for the planned year: 50 seats in groups of 15 to 25, in any month."""
    campaign = campaign or make_campaign()
    key = {"campaign_id": campaign.id, "organizer_id": program.organizer_id, "code": program.code}
    sizes = {"seats": 50, "minimum": 15, "capacity": 25, "months": list(range(1, 13))}
    return get_or_make(m.PlanOffer, key, **({"program_id": program.id} | sizes | over))


def make_plan_item(person: Person, program: Any, *, status: st.PlanItemStatus, **over: Any) -> Any:
    """A person's wish of the coming year's plan."""
    offer = over.pop("offer", None) or make_offer(program)
    item = m.PlanItem
    own = rows(item, item.campaign_id == offer.campaign_id, item.employee_id == person.employee.id)
    taken = {row.priority for row in own if row.status in st.PLAN_HELD}
    values = {
        "campaign_id": offer.campaign_id,
        "offer_id": offer.id,
        "employee_id": person.employee.id,
        "employment_id": person.employment.id,
        "priority": next(n for n in (1, 2, 3) if n not in taken),
    }
    return save(item(program_id=program.id, status=status, **(values | over)))


def set_setting(key: str, value: str) -> None:
    """Change a setting of the operator; the test puts it back."""
    with unscoped("tests"):
        db.session.execute(text("UPDATE setting SET value = :value WHERE key = :key"), {"key": key, "value": value})
        db.session.commit()


def make_enrolment(person: Person, group: Any, *, status: st.EnrolmentStatus, block: Any = None, **over: Any) -> Any:
    """An enrolment in any status, with the seat and the block as the guards would leave them."""
    row = save(
        m.Enrolment(
            employee_id=person.employee.id,
            group_id=group.id,
            employment_id=person.employment.id,
            block_id=block.id if block is not None else None,
            status=status,
            **{
                "created_by_id": person.actor.user_id,
                "offer_until": now() + DAY if status == st.EnrolmentStatus.OFFERED else None,
                **over,
            },
        )
    )
    if status in st.SEAT_HOLDING:
        change(group, taken=fetch(m.TrainingGroup, group.id).taken + 1)
    if block is not None and status in st.BLOCK_HOLDING:
        change(block, status=st.BlockStatus.USED if status == st.EnrolmentStatus.TRAINED else st.BlockStatus.RESERVED)
    return row


@dataclass(frozen=True)
class World:
    """A school with its responsible person, an organizer with a program and an open group, a worker with a чек."""

    school: Any
    organizer: Any
    program: Any
    group: Any
    worker: Person
    voucher: Any
    responsible: Actor
    organizer_actor: Actor
    operator: Actor
    #: the same roles elsewhere; none of their rows is shared
    other_worker: Person
    other_responsible: Actor
    other_organizer: Actor

    def more_people(self, number: int, *, voucher: bool = True) -> Sequence[Person]:
        """Further workers of the school, each with a чек."""
        people = [make_person(self.school) for _ in range(number)]
        for person in people:
            if voucher:
                make_voucher(person.employee)
        return people


def make_world(**group: Any) -> World:
    """The rows of the world, with these facts of its group."""
    world: World = prepared(_make_world)
    if group:
        change(world.group, **_facts_of_group(**group))
    return world


@together()
def _make_world() -> World:
    school, organizer = make_organization(), make_organization(is_organizer=True)
    other_school, other_organizer = make_organization(), make_organization(is_organizer=True)
    make_rule()
    program = make_program(organizer)
    worker = make_person(school)
    return World(
        school=school,
        organizer=organizer,
        program=program,
        group=make_group(program),
        worker=worker,
        voucher=make_voucher(worker.employee),
        responsible=make_actor("school", school),
        organizer_actor=make_actor("organizer", organizer),
        operator=make_actor("operator"),
        other_worker=make_person(other_school),
        other_responsible=make_actor("school", other_school),
        other_organizer=make_actor("organizer", other_organizer),
    )
