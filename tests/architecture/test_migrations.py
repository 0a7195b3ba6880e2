"""One history owns every table: it equals the models, and it can be taken back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade

from app.embedded_postgres import EmbeddedPostgres
from app.models import Base
from app.text import name_key
from tests.conftest import build, execute, make_settings


@pytest.fixture
def scratch(server: EmbeddedPostgres, worker_name: str, shared_folder: Path) -> Iterator[Flask]:
    """An application on an empty database of its own."""
    from app.extensions import db

    name = f"scratch_{worker_name}"
    execute(server, "postgres", f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}")
    app = build(make_settings(server.url(name), shared_folder / f"instance_{worker_name}"))
    with app.app_context():
        yield app
        db.engine.dispose()
    execute(server, "postgres", f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _tables(server: EmbeddedPostgres, worker_name: str) -> set[str]:
    rows = execute(server, f"scratch_{worker_name}", "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {name for (name,) in rows}


def test_history_equals_the_models(scratch: Flask) -> None:
    from app.extensions import db

    upgrade(directory="migrations")
    with db.engine.connect() as connection:

        def ours(item: object, name: str | None, kind: str, reflected: bool, _to: object) -> bool:
            return not (kind in ("table", "index") and reflected and (name or "").startswith("procrastinate_"))

        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": ours})
        assert compare_metadata(context, Base.metadata) == []


def test_history_can_be_taken_back(scratch: Flask, server: EmbeddedPostgres, worker_name: str) -> None:
    upgrade(directory="migrations")
    assert {"employee", "ab_user", "procrastinate_jobs"} <= _tables(server, worker_name)

    downgrade(directory="migrations", revision="base")

    assert _tables(server, worker_name) == {"alembic_version"}
    upgrade(directory="migrations")
    assert "employee" in _tables(server, worker_name)


def test_journal_is_append_only(app: Flask, session: object, server: EmbeddedPostgres, worker_name: str) -> None:
    import psycopg2

    database = f"test_{worker_name}"
    execute(
        server,
        database,
        "INSERT INTO audit_entry (user_name, role, action, object_table, object_label)"
        " VALUES ('Иванова', 'Оператор АИС', 'voucher.annul', 'voucher', 'чек')",
    )
    for change in ("UPDATE audit_entry SET user_name = 'x'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"):
        with pytest.raises(psycopg2.errors.RaiseException, match="append-only"):
            execute(server, database, change)
    assert execute(server, database, "SELECT user_name FROM audit_entry") == [("Иванова",)]


def test_twins_of_a_directory_are_parted_and_named(scratch: Flask, server: EmbeddedPostgres, worker_name: str) -> None:
    """Two spellings of one name were accepted once: the first keeps it, the journal tells of the others."""
    upgrade(directory="migrations", revision="0012")
    database, columns = f"scratch_{worker_name}", "(name, kind, active)"
    for name, active in (("учитель", "false"), ("Учитель", "true"), ("Учи\u00adтeль", "true"), ("Методист", "true")):
        execute(server, database, f"INSERT INTO position {columns} VALUES ('{name}', 'teaching', {active})")

    upgrade(directory="migrations", revision="0013")

    names = [name for (name,) in execute(server, database, "SELECT name FROM position ORDER BY id")]
    assert names == ["учитель (повтор 3)", "Учитель", "Учи\u00adтeль (повтор 2)", "Методист"]
    told = execute(server, database, "SELECT user_name, action, object_label, changes FROM audit_entry ORDER BY id")
    assert told == [
        ("Портал", "position.updated", names[0], {"Наименование": ["учитель", names[0]]}),
        ("Портал", "position.updated", names[2], {"Наименование": ["Учи\u00adтeль", names[2]]}),
    ]
    keys = [key for (key,) in execute(server, database, "SELECT name_key FROM position ORDER BY id")]
    assert keys == [name_key(name) for name in names]
