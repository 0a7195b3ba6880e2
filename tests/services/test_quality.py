"""«Полнота данных»: each rule by its own case, figures equal to the lists behind them, one statement, own rows only."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import text

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import now, today
from app.extensions import db
from app.services.desk import figure_counts
from app.services.personnel.cards import people, quality
from tests.services import makers as mk
from tests.statements import recorded


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


def complete(world: mk.World) -> mk.Person:
    """A person whose card breaks no rule."""
    person = mk.make_person(world.school, phone="+79270000001")
    level = mk.get_or_make(m.EducationLevel, {"code": "higher"}, name="Высшее")
    mk.save(m.Qualification(employee_id=person.employee.id, level_id=level.id))
    course = {"title": "Курс", "institution": "СГУ", "hours": 36, "ended_on": today() - 30 * mk.DAY}
    mk.save(m.Training(employee_id=person.employee.id, status=st.TrainingStatus.CONFIRMED, **course))
    return person


def _age(person: mk.Person, days: int) -> None:
    """Make a card as old as if nobody had touched it for ``days``."""
    moment = now() - dt.timedelta(days=days)
    db.session.execute(
        text("UPDATE employee SET created_at = :at, updated_at = :at, confirmed_actual_at = NULL WHERE id = :id"),
        {"at": moment, "id": person.employee.id},
    )
    db.session.commit()


def _no_diploma(person: mk.Person) -> None:
    db.session.execute(text("DELETE FROM qualification WHERE employee_id = :id"), {"id": person.employee.id})
    db.session.commit()


def _no_training(person: mk.Person) -> None:
    db.session.execute(text("DELETE FROM training WHERE employee_id = :id"), {"id": person.employee.id})
    db.session.commit()


def _category(person: mk.Person, until: dt.date | None) -> None:
    kind = mk.get_or_make(m.AttestationKind, {"code": "first"}, name="Первая категория")
    values = {"kind_id": kind.id, "valid_from": dt.date(2015, 1, 1), "valid_until": until}
    mk.save(m.Attestation(employee_id=person.employee.id, **values))


BREAKS = {
    "no_snils": lambda p: mk.change(p.employee, snils=None),
    "no_birth_date": lambda p: mk.change(p.employee, birth_date=None),
    "no_contacts": lambda p: mk.change(p.employee, email=None, phone=None),
    "no_place": lambda p: mk.change(p.employment, status=st.ConfirmationStatus.UNCONFIRMED),
    "no_diploma": _no_diploma,
    "no_training": _no_training,
    "no_subject": lambda p: mk.change(mk.make_position(), subject_required=True),
    "category_ended": lambda p: _category(p, today() - mk.DAY),
    "untouched": lambda p: _age(p, 400),
}


def faults(world: mk.World) -> dict[str, int]:
    with acting_as(world.operator):
        (found,) = quality.by_organization(organization_id=world.school.id)
    return {fault.code: fault.number for fault in found.faults if fault.number}


def listed(code: str, actor: Any) -> list[int]:
    """People behind a figure, as the list's filter finds them."""
    with acting_as(actor):
        return list(db.session.scalars(db.select(m.Employee.id).where(quality.conditions()[code]())))


def test_every_rule_has_a_case_and_a_seeded_row(world: mk.World) -> None:
    assert set(BREAKS) == set(quality.RULES)
    assert {rule.code for rule in mk.rows(m.QualityRule)} == set(quality.RULES)


@pytest.mark.parametrize("code", BREAKS)
def test_each_rule_finds_its_people_and_nobody_else(world: mk.World, code: str) -> None:
    mk.change(world.worker.employment, ended_on=today() - mk.DAY)
    mk.change(mk.make_position(), subject_required=False)
    person = complete(world)
    assert faults(world) == {}
    BREAKS[code](person)
    assert faults(world) == {code: 1}
    assert listed(code, world.responsible) == [person.employee.id]
    mk.change(person.employment, ended_on=today() - mk.DAY)
    assert listed(code, world.responsible) == []


def test_a_category_in_force_or_without_end_breaks_nothing(world: mk.World) -> None:
    mk.change(world.worker.employment, ended_on=today() - mk.DAY)
    person = complete(world)
    _category(person, today() - mk.DAY)
    _category(person, None)
    assert "category_ended" not in faults(world)


def test_a_course_of_the_portal_counts_as_training(world: mk.World) -> None:
    mk.change(world.worker.employment, ended_on=today() - mk.DAY)
    person = complete(world)
    _no_training(person)
    trained = {"status": st.EnrolmentStatus.TRAINED, "result_on": today()}
    mk.make_enrolment(person, mk.make_past_group(world.program), **trained)
    assert "no_training" not in faults(world)


def test_the_percent_follows_the_weights_the_operator_sets(world: mk.World) -> None:
    mk.change(world.worker.employment, ended_on=today() - mk.DAY)
    mk.change(mk.make_position(), subject_required=False)
    person = complete(world)
    mk.change(person.employee, snils=None)
    with acting_as(world.operator):
        (found,) = quality.by_organization(organization_id=world.school.id)
        assert (found.people, round(found.percent, 1)) == (1, 80.0)
    rules = {rule.code: rule for rule in mk.rows(m.QualityRule)}
    mk.change(rules["no_snils"], weight=100)
    with acting_as(world.operator):
        (found,) = quality.by_organization(organization_id=world.school.id)
        assert round(found.percent, 1) == round(100 * (1 - 100 / 180), 1)
    mk.change(rules["no_snils"], enabled=False)
    with acting_as(world.operator):
        assert quality.by_organization(organization_id=world.school.id)[0].percent == 100


def test_each_role_sees_its_organizations_only(world: mk.World) -> None:
    other = world.other_worker.employment.organization_id
    territory = mk.fetch(m.Territory, world.school.territory_id)
    figure_counts.recount()
    seen = {
        name: [item.pk for item in _by(actor)]
        for name, actor in {
            "school": world.responsible,
            "other": world.other_responsible,
            "territory": mk.make_actor("territory", territory=territory),
            "ministry": mk.make_actor("ministry"),
        }.items()
    }
    assert seen["school"] == seen["territory"] == [world.school.id]
    assert seen["other"] == [other]
    assert set(seen["ministry"]) == {world.school.id, other}


def _by(actor: Any) -> list[quality.Completeness]:
    with acting_as(actor):
        return quality.by_organization()


def test_statements_do_not_grow_with_the_rows(world: mk.World) -> None:
    counts = []
    for _ in range(2):
        figure_counts.recount()
        with recorded() as seen, acting_as(world.operator):
            quality.by_organization(), quality.by_territory()
        counts.append(len(seen))
        world.more_people(3, voucher=False)
    assert counts == [4, 4]


def test_territories_sum_their_organizations(world: mk.World) -> None:
    second = mk.make_organization(territory_id=world.school.territory_id)
    mk.make_person(second)
    figure_counts.recount()
    with acting_as(world.operator):
        found = quality.by_organization()
        (territory,) = [t for t in quality.by_territory() if t.pk == world.school.territory_id]
    assert territory.people == 2
    assert sum(f.number for f in territory.faults) == sum(
        f.number for item in found if item.territory_id == territory.pk for f in item.faults
    )


def test_confirming_a_card_takes_it_off_the_half_yearly_list(world: mk.World) -> None:
    _age(world.worker, 200)
    statement = db.select(m.Employee.id).where(quality.not_confirmed())
    with acting_as(world.responsible):
        assert list(db.session.scalars(statement)) == [world.worker.employee.id]
        people.confirm_actual(world.worker.employee.id)
        assert list(db.session.scalars(statement)) == []
    assert len(mk.journal("employee.confirm_actual")) == 1
