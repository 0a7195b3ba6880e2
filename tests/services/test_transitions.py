"""``move`` obeys edges, rights and reasons; the write decides, and the journal tells."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from app import models as m
from app.access import acting_as
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.extensions import db
from app.services.portal import transitions
from app.statuses import ConfirmationStatus, ProgramStatus
from tests.services import makers as mk


def unconfirmed(school: Any) -> Any:
    person = mk.make_person(school, employment={"status": ConfirmationStatus.UNCONFIRMED})
    return person.employment


def test_move_changes_the_status_and_writes_the_journal(session: Any) -> None:
    operator, place = mk.make_actor("operator"), unconfirmed(mk.make_organization())
    with acting_as(operator):
        row = transitions.move(m.Employment, place.id, "confirm")
    assert row.status == ConfirmationStatus.CONFIRMED
    assert mk.fetch(m.Employment, place.id).status == ConfirmationStatus.CONFIRMED
    entry = mk.journal("employment.confirm")[0]
    assert entry.changes == {"Подтверждение": ["Ждёт подтверждения оператора", "Подтверждено"]}
    assert (entry.user_id, entry.object_table, entry.object_id) == (operator.user_id, "employment", place.id)


def test_move_stores_the_reason_in_the_row_and_the_journal(session: Any) -> None:
    operator = mk.make_actor("operator")
    program = mk.make_program(mk.make_organization(is_organizer=True), status=ProgramStatus.SUBMITTED)
    with acting_as(operator):
        row = transitions.move(m.Program, program.id, "return", reason="  Нет аннотации  ")
    assert (row.status, row.reason_text) == (ProgramStatus.RETURNED, "Нет аннотации")
    assert mk.journal("program.return")[0].changes["Причина"] == ["", "Нет аннотации"]


def test_next_step_clears_the_reason_of_the_former_one(session: Any) -> None:
    organizer = mk.make_organization(is_organizer=True)
    program = mk.make_program(organizer, status=ProgramStatus.RETURNED, reason_text="Нет аннотации")
    with acting_as(mk.make_actor("organizer", organizer)):
        assert transitions.move(m.Program, program.id, "submit").reason_text is None


@pytest.mark.parametrize("reason", [None, "", "   "])
def test_move_without_a_required_reason_changes_nothing(session: Any, reason: str | None) -> None:
    operator = mk.make_actor("operator")
    program = mk.make_program(mk.make_organization(is_organizer=True), status=ProgramStatus.SUBMITTED)
    with acting_as(operator), mk.nothing_changes(), pytest.raises(Invalid) as caught:
        transitions.move(m.Program, program.id, "return", reason=reason)
    assert list(caught.value.fields) == ["reason"]


def test_move_with_too_long_a_reason_changes_nothing(session: Any) -> None:
    operator = mk.make_actor("operator")
    program = mk.make_program(mk.make_organization(is_organizer=True), status=ProgramStatus.SUBMITTED)
    with acting_as(operator), mk.nothing_changes(), pytest.raises(Invalid):
        transitions.move(m.Program, program.id, "return", reason="я" * 1001)


def test_move_along_a_missing_edge_changes_nothing_and_names_the_status(session: Any) -> None:
    operator = mk.make_actor("operator")
    program = mk.make_program(mk.make_organization(is_organizer=True), status=ProgramStatus.DRAFT)
    with acting_as(operator), mk.nothing_changes(), pytest.raises(Conflict, match="«Черновик»") as caught:
        transitions.move(m.Program, program.id, "publish")
    assert "другой пользователь" not in caught.value.message
    assert f"когда состояние — «{ProgramStatus.SUBMITTED.label}»" in caught.value.message


def test_move_of_a_foreign_row_is_not_found(session: Any) -> None:
    place = unconfirmed(mk.make_organization())
    with acting_as(mk.make_actor("school", mk.make_organization())), mk.nothing_changes(), pytest.raises(NotFound):
        transitions.move(m.Employment, place.id, "confirm")


def test_move_of_an_own_row_without_the_right_is_forbidden(session: Any) -> None:
    school = mk.make_organization()
    place = unconfirmed(school)
    with acting_as(mk.make_actor("school", school)), mk.nothing_changes(), pytest.raises(Forbidden):
        transitions.move(m.Employment, place.id, "confirm")


@pytest.mark.parametrize("pk", [0, -1, 2**31, 999_999])
def test_move_of_a_missing_row_is_not_found(session: Any, pk: int) -> None:
    with acting_as(mk.make_actor("operator")), pytest.raises(NotFound):
        transitions.move(m.Employment, pk, "confirm")


def test_write_decides_when_the_status_changed_after_it_was_read(session: Any) -> None:
    operator, place = mk.make_actor("operator"), unconfirmed(mk.make_organization())
    with acting_as(operator):
        row = transitions.read_fresh(m.Employment, place.id)
        with db.engine.begin() as other:
            other.execute(text("UPDATE employment SET status = 'confirmed' WHERE id = :id"), {"id": place.id})
        with mk.nothing_changes(), pytest.raises(Conflict, match="уже изменил другой пользователь"):
            transitions._take(row, "confirm", reason=None, extra={})
