"""Who has moved leaves behind what was made for the former place: lists, files, results of tasks, saved filters."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from app import models as m
from app.access import acting_as
from app.actor import Actor, Grant
from app.exchange.staff.staff_import import STAFF
from app.services.tasks import background
from tests.access.region import Region
from tests.actors import actor_of
from tests.exchange.exchange_books import book

#: a row that names an account and is not bound to a role, and why
PERSONAL = {
    "assignment": "the role itself",
    "access_request": "asked for oneself",
    "registration": "about oneself",
    "password_history": "a secret of the account",
    "recovery_code": "a secret of the account",
    "one_time_link": "a secret of the account",
    "web_session": "the browser of the account",
    "letter_refusal": "a wish of the account",
    "list_preference": "columns and page size only",
    "dismissed_hint": "a wish of the account",
    "taken_case": "who works on what right now; anybody else who decides may take it over",
    "taken_decision": "undone by its user within seconds; undoing asks for the right again",
    "support_request": "asked by the person",
    "support_message": "said by the person",
    "audit_entry": "the operator's journal",
}
BOUND = {"import_batch", "stored_file", "background_job", "saved_registry", "saved_filter", "letter", "notice"}


def test_every_table_with_an_author_is_bound_to_a_role_or_says_why_not() -> None:
    authored = {
        name
        for name, model in m.mapped_classes().items()
        for column in model.__table__.columns
        if column.name in ("user_id", "owner_id", "author_id")
        and any(key.column.table.name == "ab_user" for key in column.foreign_keys)
    }
    bound = {name for name, model in m.mapped_classes().items() if "made_in" in model.__table__.columns}
    assert bound == BOUND
    assert authored - bound == set(PERSONAL)


def test_a_place_holds_for_the_roles_with_the_right() -> None:
    actor = Actor(1, "x", grants=(Grant("school", (3, 4)), Grant("worker"), Grant("territory", (), (9,))))
    assert actor.role_marks() == {"school:3", "school:4", "worker:", "territory:9"}
    assert actor.role_marks("employee:import") == {"school:3", "school:4"}


@pytest.fixture
def made(region: Region) -> dict[str, int]:
    """A list, its uploaded file and a task of the responsible person, made through the services, and two saved wishes."""
    with region.app.app_context(), acting_as(actor_of(region.app, "school")) as actor:
        head = ["Фамилия", "Имя", "Дата рождения", "Должность", "Место работы"]
        row = ["Примерова", "Анна", "01.02.1980", "Учитель", "Школа"]
        batch = STAFF.upload("Список.xlsx", book([head, row]))
        job = background.submit("staff_check", "Проверка", {"batch": batch.id}, total=1, permission="employee:import")
        places = sorted(actor.role_marks("employee:import"))
    assert region.sql("SELECT made_in FROM import_batch WHERE id = %(pk)s", pk=batch.id) == [(places,)]
    assert region.sql("SELECT made_in FROM background_job WHERE id = %(pk)s", pk=job) == [(places,)]
    file = region.sql(
        "SELECT id, made_in FROM stored_file WHERE object_table = 'import_batch' AND object_id = %(pk)s", pk=batch.id
    )
    assert file[0][1] == places
    user, kept = region.people["school"].facts["user"], {}
    for table, columns, values in (
        ("saved_filter", "view, title, query", "'employee', 'Мои', 'q=1'"),
        ("saved_registry", "code, title", "'trained', 'Мой'"),
    ):
        kept[table] = region.sql(
            f"INSERT INTO {table} (user_id, made_in, {columns}) VALUES (%(user)s, %(places)s, {values})"
            f" ON CONFLICT (user_id, {'view' if table == 'saved_filter' else 'code'}, title)"
            " DO UPDATE SET made_in = excluded.made_in RETURNING id",
            user=user, places=places,
        )[0][0]  # fmt: skip
    for table, columns, values in (
        ("letter", "recipient, subject, body", "'school@example.org', 'Тема', 'Работник прежней школы'"),
        ("notice", "text, href", "'Работник прежней школы', '/enrolment/list/'"),
    ):
        kept[table] = region.sql(
            f"INSERT INTO {table} (user_id, made_in, {columns}) VALUES (%(user)s, %(places)s, {values}) RETURNING id",
            user=user, places=places,
        )[0][0]  # fmt: skip
    return {"import_batch": batch.id, "background_job": job, "stored_file": file[0][0], **kept}


@contextmanager
def moved(region: Region, **changes: Any) -> Iterator[None]:
    """The role is on another school for a while, or ended yesterday."""
    user, home = region.people["school"].facts["user"], None
    other = region.sql("SELECT organization_id FROM assignment a JOIN ab_user u ON u.id = a.user_id"
                       " WHERE u.username = 'school2' AND role = 'school'")[0][0]  # fmt: skip
    home = region.sql("SELECT organization_id FROM assignment WHERE user_id = %(u)s AND role = 'school'", u=user)[0][0]
    change = "UPDATE assignment SET organization_id = %(o)s WHERE user_id = %(u)s AND role = 'school'"
    region.sql(change, u=user, o=other)
    yield
    region.sql(change, u=user, o=home)


def seen(region: Region, made: dict[str, int]) -> set[str]:
    """Tables of which the responsible person sees the row."""
    from app.extensions import db

    with region.app.app_context(), acting_as(actor_of(region.app, "school")):
        return {name for name, pk in made.items() if db.session.get(m.mapped_classes()[name], pk) is not None}


def test_what_was_made_for_a_school_is_seen_while_the_role_is_there(region: Region, made: dict[str, int]) -> None:
    assert set(made) == BOUND
    assert seen(region, made) == BOUND
    browser = region.browser("school")
    assert browser.get(f"/employee/import/{made['import_batch']}").status == 200
    assert "Проверка" in browser.get("/tasks/").text
    assert "Работник прежней школы" in browser.get("/notices/").text
    with moved(region):
        assert seen(region, made) == set()
        browser = region.browser("school")
        before = region.state()
        for path in (f"/employee/import/{made['import_batch']}", f"/tasks/{made['background_job']}/file"):
            assert browser.get(path).status == 404
        for action in ("apply", "undo", "marked", "cancel"):
            assert browser.post(f"/employee/import/{made['import_batch']}/{action}").status == 404
        assert browser.post(f"/tasks/{made['background_job']}/cancel").status == 404
        assert "Проверка" not in browser.get("/tasks/").text
        for path in ("/notices/", "/"):
            assert "Работник прежней школы" not in browser.get(path).text
        assert browser.post(f"/notices/{made['notice']}/open").status == 404
        assert "Список.xlsx" not in browser.get("/import_batch/list/").text
        assert region.state() == before
    assert seen(region, made) == BOUND


def test_the_operator_sees_the_list_of_who_has_moved(region: Region, made: dict[str, int]) -> None:
    with moved(region):
        assert region.browser("operator").get(f"/employee/import/{made['import_batch']}").status == 200
