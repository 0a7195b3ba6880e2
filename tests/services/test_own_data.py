"""«Выгрузка моих данных»: every exported column of every row of the person is in the file as it stands in the table, nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import Table, select, update

from app import audit, personal, shown
from app import models as m
from app.access import acting_as
from app.actor import Actor
from app.clock import now
from app.documents.sheets.own_data_book import CONTENTS, write_own_data
from app.errors import Forbidden, Invalid, NotFound
from app.extensions import db
from app.identifiers import format_snils
from app.personal import exported, marked_tables
from app.services.identity import own_data
from app.services.personnel.cards import owned
from tests.services import makers as mk
from tests.services.test_anonymise import fill_everything, world  # noqa: F401

#: a cell says it otherwise than the column: each is read by a test of its own below, or is a list made a sentence
IN_OTHER_WORDS = set(own_data._TELLERS) | {("frdo_row", "values"), ("survey_answer", "value")}


def book(given: own_data.OwnData, folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Sheet → its rows, the headings first."""
    path = folder / "data.xlsx"
    write_own_data(path, given, at=now())
    found = load_workbook(path)
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in found.worksheets}


def taken(actor: Actor, folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    with acting_as(actor):
        return book(own_data.take_own(), folder)


def sheet_of(found: Mapping[str, list[tuple[Any, ...]]], table: str) -> list[dict[str, Any]]:
    rows = found[own_data.title_of(table)[:31].strip()]
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def given_tables() -> list[Table]:
    return [table for table, mark in marked_tables(m.Base.metadata) if not mark.export.refused]


def as_cell(value: Any, name: str) -> Any:
    """What a plain column looks like in a cell."""
    if value is None or value == "" or value == []:
        return None
    if (write := shown.writer_of(name)) is not None:
        return write(value)
    if isinstance(value, bool):
        return "да" if value else "нет"
    if isinstance(value, Enum):
        return value.label  # type: ignore[attr-defined]
    if isinstance(value, dt.datetime):
        from app.clock import local

        return (local(value) if value.tzinfo else value).replace(tzinfo=None, microsecond=0)
    if isinstance(value, dt.date):
        return dt.datetime.combine(value, dt.time.min)
    return value


def test_every_exported_column_of_every_row_is_in_the_file(world: mk.World, tmp_path: Path) -> None:  # noqa: F811
    fill_everything(world)
    for row in mk.rows(m.ChangeRequest, m.ChangeRequest.employee_id == world.worker.employee.id):
        mk.change(row, subject_table="employee", changes={"degree": [None, "доцент"]}, accepted=["degree"])
    for table in given_tables():
        if "made_in" in table.columns:
            db.session.execute(update(table).values(made_in=["worker:"]))
    with acting_as(world.operator):
        audit.record("employee.updated", world.worker.employee, {"Фамилия": ("Прежняя", "Новая")})
    db.session.commit()
    db.session.expire_all()
    employee_id, user_id = world.worker.employee.id, world.worker.actor.user_id or 0
    rows_of = owned.owned_rows(employee_id, user_id)
    found = taken(world.worker.actor, tmp_path)
    compared = 0
    for table in given_tables():
        sheet = sheet_of(found, table.name)
        fields = {field.name: field.title for field in own_data.fields_of(m.mapped_classes()[table.name])}
        columns = exported(table)
        assert {c.name for c in columns} <= set(fields), table.name
        assert set(sheet[0]) == set(fields.values()), table.name
        if table.name in ("audit_entry", "support_message"):
            continue
        own = owned.by_keys(personal.owner_keys(table), rows_of)
        stored = db.session.execute(select(*columns).where(own).order_by(*table.primary_key.columns)).all()
        assert len(stored) == len(sheet), table.name
        plain = [c for c in columns if not c.foreign_keys and (table.name, c.name) not in IN_OTHER_WORDS]
        plain = [c for c in plain if not own_data.label_of(table.name, c.name).startswith("Роль")]
        for row, cells in zip(stored, sheet, strict=True):
            for column in plain:
                value = getattr(row, column.name)
                if column.name == "citizenship" or isinstance(value, dict | list):
                    continue
                assert cells[fields[column.name]] == as_cell(value, column.name), (table.name, column.name)
                compared += 1
    assert compared > 150
    correction = sheet_of(found, "change_request")[0]
    assert (correction["Что исправить"], correction["Внесено"]) == (
        "Учёная степень, звание: не указано → доцент",
        "Учёная степень, звание",
    )


def test_names_of_others_secrets_and_keys_are_not_in_the_file(world: mk.World, tmp_path: Path) -> None:  # noqa: F811
    """Whoever decided, entered or wrote is somebody else."""
    stranger = mk.change(mk.fetch(m.Account, world.operator.user_id or 0), last_name="Чужеродова")
    training = mk.rows(m.Training, m.Training.employee_id == world.worker.employee.id)
    for row in training:
        mk.change(row, entered_by_id=stranger.id, decided_by_id=stranger.id)
    operator = Actor(world.operator.user_id, "Чужеродова Ольга", grants=world.operator.grants, address="203.0.113.9")
    with acting_as(operator):
        audit.record(
            "employee.updated", world.worker.employee, {"Телефон": ("", "+79270000001"), "Кто": ("", "Чужеродова")}
        )
    mk.change(mk.fetch(m.Account, world.worker.actor.user_id or 0), totp_secret="тайна-кодов", password="тайный-хеш")
    db.session.commit()
    found = taken(world.worker.actor, tmp_path)
    text = "\n".join(str(cell) for rows in found.values() for row in rows for cell in row)
    for hidden in ("Чужеродова", "203.0.113.9", "тайна-кодов", "тайный-хеш"):
        assert hidden not in text
    entry = sheet_of(found, "audit_entry")[-1]
    assert entry["Что сделано"] == "Изменено: работник"
    assert entry["Было → стало"] == "Телефон: пусто → +79270000001"


def test_what_was_made_as_a_responsible_person_is_not_given(world: mk.World, tmp_path: Path) -> None:  # noqa: F811
    """The work of a role holds data of others; what the same person did as a worker is given."""
    school, user_id = f"school:{world.school.id}", world.worker.actor.user_id or 0
    mk.save(m.BackgroundJob(user_id=user_id, made_in=[school], kind="export", title="Работа школы", parameters={}))
    mk.save(m.BackgroundJob(user_id=user_id, made_in=["worker:"], kind="pdf", title="Моё задание", parameters={}))
    mk.save(
        m.BackgroundJob(user_id=user_id, made_in=[school, "worker:"], kind="pdf", title="То и другое", parameters={})
    )
    titles = [row["Название"] for row in sheet_of(taken(world.worker.actor, tmp_path), "background_job")]
    assert "Моё задание" in titles and not {"Работа школы", "То и другое"} & set(titles)


def test_another_persons_rows_are_in_no_sheet(world: mk.World, tmp_path: Path) -> None:  # noqa: F811
    fill_everything(world)
    db.session.commit()
    found = taken(world.other_worker.actor, tmp_path)
    text = "\n".join(str(cell) for rows in found.values() for row in rows for cell in row)
    mine = world.worker.employee
    for hidden in (mine.snils, format_snils(mine.snils), mine.email, world.voucher.number):
        assert hidden not in text
    assert len(sheet_of(found, "employee")) == 1
    assert sheet_of(found, "employee")[0]["СНИЛС"] == format_snils(world.other_worker.employee.snils)


def test_a_user_without_a_card_gets_the_account_and_the_requests(session: Any, tmp_path: Path) -> None:
    actor = mk.make_actor("territory", territory=mk.make_territory())
    mk.save(m.AccessRequest(user_id=actor.user_id, role="observer", document_details="Приказ № 7"))
    found = taken(actor, tmp_path)
    assert {"Содержание", "Учётная запись", "Заявки на доступ"} <= set(found)
    assert "Карточка" not in found
    assert [row["Распорядительный документ"] for row in sheet_of(found, "access_request")] == ["Приказ № 7"]
    (entry,) = mk.journal("ab_user.data_given")
    assert (entry.user_id, entry.object_id) == (actor.user_id, actor.user_id)


def test_the_journal_says_that_it_was_given(world: mk.World, tmp_path: Path) -> None:  # noqa: F811
    found = taken(world.worker.actor, tmp_path)
    (entry,) = mk.journal("employee.data_given")
    assert (entry.user_id, entry.object_id) == (world.worker.actor.user_id, world.worker.employee.id)
    counted = {row[0]: row[1] for row in found[CONTENTS][6:]}
    assert entry.changes == {"Записей": ["", str(sum(counted.values()))]}
    assert counted == {name: len(rows) - 1 for name, rows in found.items() if name != CONTENTS}


def test_the_operator_gives_it_at_a_written_request(world: mk.World, tmp_path: Path) -> None:  # noqa: F811
    with acting_as(world.operator):
        given = own_data.give(world.worker.employee.id, request="Запрос от 20.11.2026 № 3")
    assert given.name == str(world.worker.employee)
    assert [row["СНИЛС"] for row in sheet_of(book(given, tmp_path), "employee")] == [
        format_snils(world.worker.employee.snils)
    ]
    (entry,) = mk.journal("employee.data_given")
    assert entry.changes["Письменный запрос"] == ["", "Запрос от 20.11.2026 № 3"]


@pytest.mark.parametrize("who", ["responsible", "other_responsible", "organizer_actor", "other_worker"])
def test_nobody_else_gets_it(world: mk.World, who: str) -> None:  # noqa: F811
    actor = getattr(world, who)
    actor = actor.actor if isinstance(actor, mk.Person) else actor
    # the organizer has the person among the listeners
    sees = who in ("responsible", "organizer_actor")
    with acting_as(actor), mk.nothing_changes(), pytest.raises(Forbidden if sees else NotFound):
        own_data.give(world.worker.employee.id, request="Запрос № 1")


def test_a_request_needs_its_details(world: mk.World) -> None:  # noqa: F811
    with acting_as(world.operator), mk.nothing_changes(), pytest.raises(Invalid):
        own_data.give(world.worker.employee.id, request="  ")


def test_who_looks_with_the_persons_eyes_gets_nothing(world: mk.World) -> None:  # noqa: F811
    looked = Actor(
        world.worker.actor.user_id,
        "Работник",
        employee_id=world.worker.employee.id,
        grants=world.worker.actor.grants,
        viewer_id=world.operator.user_id,
    )
    with acting_as(looked), mk.nothing_changes(), pytest.raises(Forbidden):
        own_data.take_own()
