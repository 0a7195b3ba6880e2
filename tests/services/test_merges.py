"""Two cards made one: twins found, the preview, what collides, what moves, undoing while nothing has changed."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from app import models as m
from app import statuses as st
from app.access import acting_as
from app.clock import now, today
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.services.identity import merges
from app.services.personnel.cards import people
from app.services.portal import records
from tests.services import makers as mk

BORN = dt.date(1979, 3, 4)
ENDED = {"started_on": dt.date(2005, 9, 1), "ended_on": dt.date(2010, 8, 31)}


@pytest.fixture
def world(session: Any) -> mk.World:
    return mk.make_world()


def twins(world: mk.World, **gone: Any) -> tuple[mk.Person, mk.Person]:
    """A person with two cards: the kept one with an account and a чек, the other without СНИЛС."""
    names = {"last_name": "Зайцева", "first_name": "Анна", "patronymic": "Ивановна", "birth_date": BORN}
    kept = mk.make_person(world.school, **names, email=None)
    other = mk.make_employee(**{**names, "snils": None, "degree": "доцент", **gone})
    place = mk.make_employment(other, mk.make_organization(), **ENDED)
    return kept, mk.Person(other, place, kept.actor)


def merge(world: mk.World, kept: mk.Person, gone: mk.Person, **chosen: str) -> m.EmployeeMerge:
    with acting_as(world.operator):
        return merges.merge(kept.employee.id, gone.employee.id, chosen=chosen)


def belongings(person_id: int) -> dict[str, list[int]]:
    """Table → ids of everything that points to a person."""
    found: dict[str, list[int]] = {}
    classes = m.mapped_classes()
    for table, column in merges.pointing():
        model = classes[table.name]
        ids = [row.id for row in mk.rows(model, getattr(model, column.name) == person_id)]
        if ids:
            found[table.name] = ids
    return found


def fill(gone: mk.Person, world: mk.World) -> None:
    """Something of every kind."""
    person = gone.employee
    level = mk.get_or_make(m.EducationLevel, {"code": "higher"}, name="Высшее")
    mk.save(m.Qualification(employee_id=person.id, level_id=level.id, year=2001))
    mk.save(m.Training(employee_id=person.id, title="Курс", institution="СГУ", hours=72, ended_on=dt.date(2019, 6, 1)))
    mk.save(m.FormerName(employee_id=person.id, last_name="Волкова"))
    mk.save(m.Notice(employee_id=person.id, text="Извещение"))
    mk.make_voucher(person)
    mk.make_enrolment(gone, mk.make_past_group(world.program), status=st.EnrolmentStatus.TRAINED)
    rule = mk.make_rule()
    values = {"employee_id": person.id, "employment_id": gone.employment.id, "rule_id": rule.id}
    mk.save(m.VoucherApplication(**values, status=st.ApplicationStatus.REJECTED))


# --- finding ---------------------------------------------------------------------------------------------------------


def test_twins_are_found_by_name_and_birth_date(world: mk.World) -> None:
    kept, gone = twins(world)
    mk.make_employee(last_name="Зайцева", first_name="Анна", patronymic="Ивановна", birth_date=BORN + mk.DAY)
    with acting_as(world.operator):
        found = merges.list_twins()
    assert [(pair.first.id, pair.second.id) for pair in found] == [(kept.employee.id, gone.employee.id)]
    assert "СНИЛС" in found[0].why


def test_the_preview_says_what_moves_and_which_values_differ(world: mk.World) -> None:
    kept, gone = twins(world, phone="+79270000000")
    fill(gone, world)
    with acting_as(world.operator):
        shown = merges.preview(kept.employee.id, gone.employee.id)
    fields = {f.name: f for f in shown.fields}
    assert (fields["snils"].default, fields["degree"].default, fields["phone"].default) == ("kept", "gone", "gone")
    assert shown.moves["Места работы"] == shown.moves["Чеки"] == shown.moves["Образование"] == 1
    assert list(shown.collisions) == []


def test_only_the_operator_merges(world: mk.World) -> None:
    kept, gone = twins(world)
    for actor in (world.responsible, kept.actor, world.organizer_actor):
        with mk.nothing_changes(), acting_as(actor), pytest.raises(Forbidden):
            merges.merge(kept.employee.id, gone.employee.id, chosen={})
        with acting_as(actor), pytest.raises(Forbidden):
            merges.list_twins()


def test_one_card_and_a_missing_card_are_refused(world: mk.World) -> None:
    kept, gone = twins(world)
    with mk.nothing_changes(), pytest.raises(Invalid):
        merge(world, kept, kept)
    missing = mk.Person(type("Missing", (), {"id": 10**9})(), gone.employment, gone.actor)
    with mk.nothing_changes(), pytest.raises(NotFound):
        merge(world, kept, missing)


# --- merging ---------------------------------------------------------------------------------------------------------


def test_everything_moves_and_the_chosen_values_stay(world: mk.World) -> None:
    kept, gone = twins(world, first_name="Анна", phone="+79270000000")
    fill(gone, world)
    gone_id = gone.employee.id
    before, own = belongings(gone_id), belongings(kept.employee.id)
    row = merge(world, kept, gone, phone="kept")
    assert mk.fetch(m.Employee, gone_id) is None
    after = belongings(kept.employee.id)
    for table, ids in before.items():
        assert set(ids) <= set(after[table]), table
    for table, ids in own.items():
        assert set(ids) <= set(after[table]), table
    person = mk.fetch(m.Employee, kept.employee.id)
    assert (person.degree, person.phone, person.snils) == ("доцент", None, kept.employee.snils)
    assert row.gone["last_name"] == "Зайцева"
    assert len(mk.journal("employee_merge.created")) == len(mk.journal("employee.merged")) == 1


def test_another_surname_stays_among_the_former_ones(world: mk.World) -> None:
    kept, gone = twins(world, last_name="Волкова")
    merge(world, kept, gone, last_name="gone")
    assert mk.fetch(m.Employee, kept.employee.id).last_name == "Волкова"
    assert mk.rows(m.FormerName) == []
    third = mk.make_employee(last_name="Зайцева", snils=None)
    merge(world, kept, mk.Person(third, gone.employment, gone.actor), last_name="kept")
    assert [n.last_name for n in mk.rows(m.FormerName)] == ["Зайцева"]


def test_the_snils_of_the_other_card_may_be_taken(world: mk.World) -> None:
    snils = mk.next_snils()
    kept, gone = twins(world, snils=snils)
    mk.change(kept.employee, snils=None)
    merge(world, kept, gone)
    assert mk.fetch(m.Employee, kept.employee.id).snils == snils


def test_a_consent_to_one_text_is_kept_once(world: mk.World) -> None:
    kept, gone = twins(world)
    text = mk.save(
        m.ConsentText(purpose="news", number=7, title="Новости", body="x", sha256="0" * 64, valid_from=today())
    )
    for person in (kept, gone):
        mk.save(m.Consent(employee_id=person.employee.id, text_id=text.id, given_at=now(), given_how="self"))
    row = merge(world, kept, gone)
    assert [c.withdrawn_at is None for c in mk.rows(m.Consent)] == [True, False]
    with acting_as(world.operator):
        merges.undo(row.id)
    assert [c.withdrawn_at is None for c in mk.rows(m.Consent)] == [True, True]


def test_a_voucher_that_ended_yesterday_is_no_second_one_in_force(world: mk.World) -> None:
    """The job has not come yet; the card that stays has the one чек that is in force."""
    kept, gone = twins(world)
    live = mk.make_voucher(kept.employee)
    dates = {"issued_on": today() - 1000 * mk.DAY, "valid_until": today() - mk.DAY}
    ended = mk.make_voucher(gone.employee, **dates)
    with acting_as(world.operator):
        assert list(merges.preview(kept.employee.id, gone.employee.id).collisions) == []
    merge(world, kept, gone)
    found = {row.id: row.status for row in mk.rows(m.Voucher, m.Voucher.employee_id == kept.employee.id)}
    assert found == {live.id: st.VoucherStatus.ACTIVE, ended.id: st.VoucherStatus.EXPIRED}


# --- collisions ------------------------------------------------------------------------------------------------------


def _accounts(_world: mk.World, _kept: mk.Person, gone: mk.Person) -> None:
    mk.make_account(gone.employee)


def _vouchers(_world: mk.World, kept: mk.Person, gone: mk.Person) -> None:
    mk.make_voucher(kept.employee)
    mk.make_voucher(gone.employee)


def _places(_world: mk.World, _kept: mk.Person, gone: mk.Person) -> None:
    mk.change(gone.employment, ended_on=None)


def _groups(world: mk.World, kept: mk.Person, gone: mk.Person) -> None:
    for person in (kept, gone):
        mk.make_enrolment(person, world.group, status=st.EnrolmentStatus.CONFIRMED)


def _applications(_world: mk.World, kept: mk.Person, gone: mk.Person) -> None:
    rule = mk.make_rule()
    for person in (kept, gone):
        mk.save(
            m.VoucherApplication(
                employee_id=person.employee.id,
                employment_id=person.employment.id,
                rule_id=rule.id,
                status=st.ApplicationStatus.SUBMITTED,
            )
        )


def _corrections(_world: mk.World, kept: mk.Person, gone: mk.Person) -> None:
    for person in (kept, gone):
        mk.save(m.ChangeRequest(employee_id=person.employee.id, changes={"degree": [None, "x"]}))


@pytest.mark.parametrize(
    ("collide", "words"),
    [
        (_accounts, "учётная запись"),
        (_vouchers, "аннулируйте"),
        (_places, "основное место работы"),
        (_groups, "группу"),
        (_applications, "заявки на чек"),
        (_corrections, "исправления"),
    ],
)
def test_what_collides_is_named_and_nothing_changes(world: mk.World, collide: Any, words: str) -> None:
    kept, gone = twins(world)
    collide(world, kept, gone)
    with mk.nothing_changes(), pytest.raises(Conflict, match=words):
        merge(world, kept, gone)


# --- undoing ---------------------------------------------------------------------------------------------------------


def test_undo_puts_both_cards_back_as_they_were(world: mk.World) -> None:
    kept, gone = twins(world, last_name="Волкова")
    fill(gone, world)
    ids = kept.employee.id, gone.employee.id
    before = [belongings(pk) for pk in ids]
    columns = [c.name for c in m.Employee.__table__.columns if c.name not in ("version", "updated_at", "search")]
    cards = [[getattr(mk.fetch(m.Employee, pk), c) for c in columns] for pk in ids]
    row = merge(world, kept, gone, last_name="gone")
    with acting_as(world.operator):
        assert merges.undo(row.id).undone_at is not None
    after = [belongings(pk) for pk in ids]
    after[0].pop("employee_merge")
    assert after == before
    assert [[getattr(mk.fetch(m.Employee, pk), c) for c in columns] for pk in ids] == cards
    with mk.nothing_changes(), acting_as(world.operator), pytest.raises(Conflict, match="уже отменено"):
        merges.undo(row.id)


def test_undo_is_refused_after_a_change_of_the_card_or_of_a_moved_row(world: mk.World) -> None:
    kept, gone = twins(world)
    row = merge(world, kept, gone)
    with acting_as(world.operator):
        records.update(mk.fetch(m.Employment, gone.employment.id), {"activity": "воспитание"})
    with mk.nothing_changes(), acting_as(world.operator), pytest.raises(Conflict, match="уже изменили"):
        merges.undo(row.id)


def test_undo_is_refused_after_a_change_of_the_kept_card(world: mk.World) -> None:
    kept, gone = twins(world)
    row = merge(world, kept, gone)
    with acting_as(world.operator):
        people.confirm_actual(kept.employee.id)
    with mk.nothing_changes(), acting_as(world.operator), pytest.raises(Conflict, match="уже изменили"):
        merges.undo(row.id)


def test_undo_is_refused_when_a_moved_place_is_used(world: mk.World) -> None:
    kept, gone = twins(world)
    row = merge(world, kept, gone)
    mk.make_enrolment(
        mk.Person(kept.employee, gone.employment, kept.actor), world.group, status=st.EnrolmentStatus.APPLIED
    )
    with mk.nothing_changes(), acting_as(world.operator), pytest.raises(Conflict, match="уже изменили"):
        merges.undo(row.id)
