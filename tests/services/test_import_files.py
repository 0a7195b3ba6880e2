"""The file of a staff list: what its columns mean, kinds of errors, comments in its cells, long lists as tasks, old files."""

from __future__ import annotations

import datetime as dt
import io
import os
import time
from typing import Any

import pytest
from flask import Flask
from openpyxl import Workbook, load_workbook

from app import models as m
from app.access import acting_as, unscoped
from app.actor import Actor
from app.clock import now
from app.errors import Conflict, Invalid, NotFound
from app.exchange.engine import kept_batch, kept_rows, uploads
from app.exchange.staff.staff_import import STAFF
from app.exchange.staff.staff_sample import build_staff_sample
from app.extensions import db
from app.jobs import run_worker
from app.services.portal import files
from app.services.tasks import background
from app.statuses import ImportStatus
from tests.services import makers as mk
from tests.services.staff_lists import SCHOOL, Cast, apply, cast, crowd, person, preview
from tests.services.test_background import account_in
from tests.waiting import written_now

__all__ = ["cast"]

TITLES = ("Организация", "Фамилия", "Имя", "Отчество", "Родился", "Кем работает", "Разряд", "СНИЛС")
ROW = (SCHOOL, "Примерова", "Мария", "Ивановна", "12 марта 1980 г.", "зам. директора по УВР", 12, "112-233-445 95")


def own_book(*rows: tuple[Any, ...], titles: tuple[str, ...] = TITLES) -> bytes:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["Список работников школы"])
    sheet.append(list(titles))
    for row in rows:
        sheet.append(list(row))
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def upload(actor: Actor, data: bytes) -> m.ImportBatch:
    with acting_as(actor):
        return STAFF.upload("список.xlsx", data)


def explain(actor: Actor, batch: m.ImportBatch, **chosen: str) -> m.ImportBatch:
    with acting_as(actor):
        return STAFF.explain_columns(batch.id, {title.replace("_", " "): name for title, name in chosen.items()})


def state(actor: Actor, batch: m.ImportBatch) -> str:
    with acting_as(actor):
        return kept_batch.state_of(STAFF.load(batch.id))


# --- columns ---------------------------------------------------------------------------------------------------------


def test_columns_are_asked_once_and_remembered_for_the_organization(cast: Cast) -> None:
    batch = upload(cast.actor, own_book(ROW))
    assert state(cast.actor, batch) == "columns"
    assert "«Дата рождения», «Должность»" in batch.summary["problem"]
    with acting_as(cast.actor), pytest.raises(Conflict, match="Не все обязательные столбцы"):
        STAFF.apply(batch.id, skip_errors=True)

    explain(cast.actor, batch, Родился="birth_date", Кем_работает="position", Разряд="-")
    with acting_as(cast.actor):
        assert kept_batch.summary_of(STAFF.load(batch.id))[0] == ("создать", 1, "ok")
    assert {(row.organization_id, row.heading, row.field) for row in mk.rows(m.ImportHeading)} == {
        (cast.school.id, "родился", "birth_date"),
        (cast.school.id, "кем работает", "position"),
        (cast.school.id, "разряд", "-"),
    }
    assert apply(cast.actor, batch).created == 1
    (employee,) = mk.rows(m.Employee)
    assert employee.birth_date == dt.date(1980, 3, 12)

    # the next list is understood without a question, by the school alone
    again = upload(cast.actor, own_book(ROW))
    assert state(cast.actor, again) == ""
    assert again.summary["unchanged"] == 1
    foreign = upload(cast.other_actor, own_book(("ГБОУ СОШ № 7", *ROW[1:])))
    assert state(cast.other_actor, foreign) == "columns"


def test_operator_is_not_asked_again_what_was_said_of_the_list_before(cast: Cast) -> None:
    batch = upload(cast.operator, own_book(ROW))
    explain(cast.operator, batch, Родился="birth_date", Кем_работает="position", Разряд="-")
    assert mk.rows(m.ImportHeading) == []
    assert state(cast.operator, upload(cast.operator, own_book(ROW))) == ""
    other = mk.make_actor("operator")
    assert state(other, upload(other, own_book(ROW))) == "columns"


def test_wrong_meaning_is_refused_and_nothing_changes(cast: Cast) -> None:
    batch = upload(cast.actor, own_book(ROW))
    with mk.nothing_changes():
        with pytest.raises(Invalid, match="выбрано для двух столбцов: «Родился» и «Разряд»"):
            explain(cast.actor, batch, Родился="birth_date", Разряд="birth_date")
        with pytest.raises(Invalid, match="Такого поля нет"):
            explain(cast.actor, batch, Родился="password")
        with pytest.raises(NotFound):
            explain(cast.other_actor, batch, Родился="birth_date")


def test_usual_meaning_chosen_again_is_forgotten(cast: Cast) -> None:
    data = build_staff_sample([person()])
    batch = upload(cast.actor, data)
    explain(cast.actor, batch, Предмет="-")
    assert [row.field for row in mk.rows(m.ImportHeading)] == ["-"]
    explain(cast.actor, batch, Предмет="subjects")
    assert mk.rows(m.ImportHeading) == []


# --- kinds and pages -------------------------------------------------------------------------------------------------


def test_rows_are_found_by_kind_of_error_by_action_and_by_name(cast: Cast) -> None:
    people = [*crowd(4), person(snils=None, birth_date="1980"), person(snils="1", birth_date="1981")]
    batch = preview(cast.actor, *people)
    with acting_as(cast.actor):
        kinds = {kind.words: kind for kind in kept_batch.kinds_of(batch)}
        year = kinds["Дата рождения: Указан только год"]
        assert (year.is_error, year.rows) == (True, 2)
        warning = kinds["СНИЛС: Без СНИЛС работник не сможет получить чек"]
        assert (warning.is_error, warning.rows) == (False, 1)
        found, total = kept_rows.page_of(batch, kind=year.code)
        assert ([row.number for row in found], total) == ([6, 7], 2)
        found, total = kept_rows.page_of(batch, kind=year.code, first=1, most=1)
        assert ([row.number for row in found], total) == ([7], 2)
        assert kept_rows.page_of(batch, action="create")[1] == 4
        assert kept_rows.page_of(batch, search="примЕрова")[1] == 6
        assert [row.number for row in kept_rows.page_of(batch, search="7")[0]] == [7]
        assert kept_rows.page_of(batch, search="%") == ([], 0)
        assert kept_rows.page_of(batch, kind="нет такого") == ([], 0)


def test_preview_page_does_not_read_the_whole_list(cast: Cast) -> None:
    batch = preview(cast.actor, *crowd(5))
    with acting_as(cast.actor):
        db.session.expire_all()
        loaded = STAFF.load(batch.id)
        kept_rows.page_of(loaded, most=2)
        assert "rows" not in loaded.__dict__


# --- comments --------------------------------------------------------------------------------------------------------


def test_file_comes_back_with_comments_in_the_wrong_cells(cast: Cast) -> None:
    batch = preview(cast.actor, person(snils=None), person(birth_date="1980"))
    with acting_as(cast.actor):
        name, data = STAFF.marked_file(batch.id)
    assert name == "список — с пометками.xlsx"
    sheet = load_workbook(io.BytesIO(data)).worksheets[0]
    comments = {
        cell.coordinate: cell.comment.text for row in sheet.iter_rows(min_row=2) for cell in row if cell.comment
    }
    assert set(comments) == {"H2", "F3"}
    assert comments["F3"].startswith("Указан только год (1980)")
    with acting_as(cast.other_actor), pytest.raises(NotFound):
        STAFF.marked_file(batch.id)


def test_list_without_faults_has_nothing_to_mark(cast: Cast) -> None:
    batch = preview(cast.actor, person())
    with acting_as(cast.actor), pytest.raises(Conflict, match="ни ошибок, ни замечаний"):
        STAFF.marked_file(batch.id)


# --- long lists ------------------------------------------------------------------------------------------------------


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of four rows is long."""
    monkeypatch.setattr(STAFF, "checked_at_once", 3)


def test_long_list_is_checked_by_a_task(cast: Cast, app: Flask, few: None) -> None:
    actor = account_in(cast.school)
    batch = upload(actor, build_staff_sample(crowd(5)))
    assert state(actor, batch) == "waiting"
    with acting_as(actor):
        with pytest.raises(Conflict, match="ещё проверяется"):
            STAFF.apply(batch.id, skip_errors=True)
        (job,) = background.own_jobs()
    run_worker(app, once=True)
    assert mk.fetch(m.BackgroundJob, job.id).message.startswith(
        "Файл проверен, пока ничего не записано: создать — 5, обновить — 0"
    )
    assert state(actor, batch) == ""
    assert mk.rows(m.Employee) == []
    assert apply(actor, mk.fetch(m.ImportBatch, batch.id)).created == 5


def test_long_list_of_a_broken_book_says_what_is_wrong(cast: Cast, app: Flask, few: None) -> None:
    data = own_book(*([("x",) * 8] * 5), titles=("а", "б", "в", "г", "д", "е", "ё", "ж"))
    actor = account_in(cast.school)
    batch = upload(actor, data)
    run_worker(app, once=True)
    (job,) = mk.rows(m.BackgroundJob)
    assert (job.status.value, job.message[:30]) == ("failed", "В первых 20 строках листа не н")
    assert state(actor, batch) == "waiting"


def test_columns_of_a_long_list_are_asked_after_its_check(cast: Cast, app: Flask, few: None) -> None:
    actor = account_in(cast.school)
    batch = upload(actor, own_book(*[ROW] * 5))
    run_worker(app, once=True)
    assert state(actor, batch) == "columns"
    explain(actor, mk.fetch(m.ImportBatch, batch.id), Родился="birth_date", Кем_работает="position", Разряд="-")
    run_worker(app, once=True)
    assert state(actor, batch) == ""
    assert mk.fetch(m.ImportBatch, batch.id).summary["create"] == 1


# --- files -----------------------------------------------------------------------------------------------------------


def test_file_is_kept_outside_the_web_root_for_its_owner_and_for_a_week(cast: Cast) -> None:
    batch = preview(cast.actor, person())
    with unscoped("test"):
        (file,) = db.session.query(m.StoredFile).all()
        path = files.files_root() / file.path
        assert (path.stat().st_mode & 0o777, file.owner_id) == (0o600, cast.actor.user_id)
        written_now(path.parent)
        assert uploads.remove_old() == 0
        file.expires_at = now() - dt.timedelta(seconds=1)
        db.session.commit()
        assert uploads.remove_old() == 1
    assert not path.exists()
    with acting_as(cast.actor), pytest.raises(Conflict, match="Файл этой загрузки уже удалён"):
        STAFF.explain_columns(batch.id, {})


def test_file_that_belongs_to_nothing_is_removed_a_day_later(cast: Cast) -> None:
    preview(cast.actor, person())
    stray = files.files_root() / "imports" / "stray.xlsx"
    stray.write_bytes(b"x")
    written_now(stray.parent)
    with unscoped("test"):
        assert uploads.remove_old() == 0
        os.utime(stray, (time.time() - 90_000,) * 2)
        assert uploads.remove_old() == 1


def test_refused_upload_leaves_no_batch(cast: Cast) -> None:
    with acting_as(cast.actor), mk.nothing_changes(), pytest.raises(Invalid, match="документ PDF"):
        STAFF.upload("список.xlsx", b"%PDF-1.7")


def test_given_up_list_keeps_no_personal_data(cast: Cast) -> None:
    batch = preview(cast.actor, person())
    with acting_as(cast.actor):
        STAFF.cancel(batch.id)
        stored = STAFF.load(batch.id)
        assert (stored.status, stored.rows) == (ImportStatus.CANCELLED, [])
        with pytest.raises(Conflict, match="отменена"):
            STAFF.apply(batch.id, skip_errors=False)
    with acting_as(cast.other_actor), pytest.raises(NotFound):
        STAFF.cancel(batch.id)
