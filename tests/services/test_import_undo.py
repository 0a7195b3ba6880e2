"""Undoing an applied staff list: everything is as before, or nothing changes and the first reasons are named."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from flask import Flask

from app import models as m
from app import statuses as st
from app.access import acting_as, unscoped
from app.actor import Actor
from app.clock import now
from app.errors import Conflict, Forbidden, NotFound
from app.exchange.engine import kept_batch
from app.exchange.engine.list_plan import UndoneCounts
from app.exchange.staff.staff_import import STAFF
from app.extensions import db
from app.jobs import run_worker
from app.services.portal import records
from tests.concurrency.clients import run_at_once, succeeded
from tests.services import makers as mk
from tests.services.staff_lists import (
    Cast,
    apply,
    cast,
    crowd,
    person,
    preview,
    stored_person,
    stored_place,
)
from tests.services.test_background import account_in

__all__ = ["cast"]


def undo(actor: Actor, batch: m.ImportBatch) -> UndoneCounts:
    with acting_as(actor):
        return STAFF.undo(batch.id)


def cards() -> dict[str, Any]:
    """All that the lists write, without what counts changes."""
    found: dict[str, Any] = {}
    for model in (m.Employee, m.Employment, m.Qualification):
        names = [
            c.name for c in model.__table__.columns if c.name not in ("version", "updated_at", "changed_at", "search")
        ]
        found[model.__tablename__] = sorted(tuple(str(getattr(row, n)) for n in names) for row in mk.rows(model))
    with unscoped("test"):
        found["subjects"] = sorted(db.session.execute(m.employment_subject.select()).tuples())
    return found


def test_created_people_are_deleted_again(cast: Cast) -> None:
    mk.make_employment(mk.make_employee(), cast.school)
    before = cards()
    batch = preview(cast.actor, *crowd(3))
    apply(cast.actor, batch)
    assert cards() != before
    assert undo(cast.actor, batch) == UndoneCounts(deleted=9, restored=0)
    assert cards() == before
    stored = mk.fetch(m.ImportBatch, batch.id)
    assert (stored.status, stored.written, stored.undone_at is not None) == (st.ImportStatus.UNDONE, {}, True)
    assert len(mk.journal("employee.deleted")) == 3
    (entry,) = mk.journal("import_batch.undone")
    assert entry.changes["Итог"][1] == "удалено записей — 9, возвращены прежние сведения — 0"


def test_changed_values_come_back(cast: Cast) -> None:
    employee = stored_person(last_name="Прежняя", phone="+79270000001")
    stored_place(employee, cast.school, position=mk.make_position("Методист"))
    before = cards()
    batch = preview(cast.actor, person())
    assert apply(cast.actor, batch).updated == 1
    assert mk.fetch(m.Employee, employee.id).last_name == "Примерова"
    undone = undo(cast.actor, batch)
    assert undone.restored == 2
    assert cards() == before
    (entry,) = [e for e in mk.journal("employee.updated") if e.changes.get("Фамилия", ["", ""])[1] == "Прежняя"]
    assert entry.changes["Фамилия"] == ["Примерова", "Прежняя"]


def test_place_whose_confirmation_was_taken_is_confirmed_again(cast: Cast) -> None:
    employee = stored_person()
    place = stored_place(
        employee, cast.school, position=mk.make_position("Методист"), status=st.ConfirmationStatus.CONFIRMED
    )
    batch = preview(cast.actor, person())
    apply(cast.actor, batch)
    assert mk.fetch(m.Employment, place.id).status == st.ConfirmationStatus.UNCONFIRMED
    undo(cast.actor, batch)
    assert mk.fetch(m.Employment, place.id).status == st.ConfirmationStatus.CONFIRMED


def applied_crowd(cast: Cast) -> tuple[m.ImportBatch, list[Any]]:
    batch = preview(cast.actor, *crowd(5))
    apply(cast.actor, batch)
    return batch, sorted(mk.rows(m.Employee), key=lambda row: row.id)


def edit(cast: Cast, employee: Any) -> None:
    with acting_as(cast.actor):
        records.update(db.session.get(m.Employee, employee.id), {"phone": "+79270000009"})


@pytest.mark.parametrize(
    ("touch", "words"),
    [
        (edit, "карточка: сведения изменены"),
        (
            lambda _cast, employee: mk.make_employment(employee, _cast.unit, kind="secondary"),
            "появились связанные записи",
        ),
        (lambda _cast, employee: mk.make_account(employee=employee), "появились связанные записи"),
    ],
)
def test_touched_list_is_not_undone_and_the_row_is_named(cast: Cast, touch: Any, words: str) -> None:
    batch, employees = applied_crowd(cast)
    touch(cast, employees[1])
    with mk.nothing_changes(), pytest.raises(Conflict, match=f"строка 3, Примерова Мария Ивановна — .*{words}"):
        undo(cast.actor, batch)


def test_only_the_first_touched_rows_are_named(cast: Cast) -> None:
    batch, employees = applied_crowd(cast)
    for employee in employees:
        edit(cast, employee)
    with pytest.raises(Conflict, match="и ещё строк: 2"):
        undo(cast.actor, batch)


def test_list_is_undone_once_by_its_owner_or_the_operator_and_only_when_applied(cast: Cast) -> None:
    batch = preview(cast.actor, *crowd(2))
    with pytest.raises(Conflict, match="только применённую"):
        undo(cast.actor, batch)
    apply(cast.actor, batch)
    ministry = mk.make_actor("ministry")
    with mk.nothing_changes():
        with pytest.raises(NotFound):
            undo(cast.other_actor, batch)
        with pytest.raises(Forbidden):
            undo(ministry, batch)
    undo(cast.operator, batch)
    with mk.nothing_changes(), pytest.raises(Conflict, match="уже отменена"):
        undo(cast.actor, batch)
    assert mk.rows(m.Employee) == []


def test_double_click_undoes_once(cast: Cast, app: Flask) -> None:
    batch, _ = applied_crowd(cast)
    batch_id = batch.id
    results = run_at_once(app, [(cast.actor, lambda: STAFF.undo(batch_id))] * 3)
    assert succeeded(results) == [UndoneCounts(15, 0)]


def test_second_list_makes_the_first_one_final(cast: Cast) -> None:
    first = preview(cast.actor, person())
    apply(cast.actor, first)
    second = preview(cast.actor, person(phone="+7 (927) 000-00-01"))
    apply(cast.actor, second)
    with pytest.raises(Conflict, match="Загрузку уже нельзя отменить"):
        undo(cast.actor, first)
    undo(cast.actor, second)
    assert [row.phone for row in mk.rows(m.Employee)] == ["+79270000000"]


def test_long_list_is_undone_by_a_task(cast: Cast, app: Flask) -> None:
    actor = account_in(cast.school)
    batch = preview(actor, *crowd(5))
    apply(actor, batch)
    with acting_as(actor):
        pk = STAFF.order_undo(batch.id)
    run_worker(app, once=True)
    assert mk.fetch(m.BackgroundJob, pk).message == (
        "Загрузка отменена: удалено записей — 15, возвращены прежние сведения — 0."
    )
    assert mk.rows(m.Employee) == []


def test_former_values_are_kept_for_a_month(cast: Cast) -> None:
    batch, _ = applied_crowd(cast)
    with unscoped("test"):
        assert kept_batch.forget_old() == 0
        stored = db.session.get(m.ImportBatch, batch.id)
        stored.applied_at = now() - dt.timedelta(days=31)
        db.session.commit()
        assert kept_batch.forget_old() == 1
    with pytest.raises(Conflict, match="уже не хранятся"):
        undo(cast.actor, batch)
