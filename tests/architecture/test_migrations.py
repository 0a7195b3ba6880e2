"""One history owns every table: it equals the models, and it can be taken back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import Connection, text

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


#: what alembic does not compare, as PostgreSQL writes it down: kind → name and definition
_DEFINITIONS = {
    "constraint": """
        SELECT conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'x', 'u', 'p', 'f')""",
    "index": "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
    " JOIN pg_class ON pg_class.oid = indexrelid WHERE relnamespace = 'public'::regnamespace",
    "column": """
        SELECT attrelid::regclass || '.' || attname, concat_ws(' ', format_type(atttypid, atttypmod), attnotnull, attidentity,
            attgenerated, pg_get_expr(adbin, adrelid))
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped""",
    "trigger": "SELECT tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "function": """
        SELECT oid::regprocedure::text, pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        AND prolang = (SELECT oid FROM pg_language WHERE lanname = 'plpgsql')""",
}
#: the queue's objects come from its library; the framework counts its own ids by sequences that only its code knows
_NOT_OURS = re.compile(r"(idx_)?procrastinate_|alembic_version|ab_\w+\.id$")


def _definitions(connection: Connection) -> dict[str, str]:
    return {
        f"{kind} {name}": re.sub(r"ARRAY\[(.*?)\]", _in_order, definition)
        for kind, statement in _DEFINITIONS.items()
        for name, definition in connection.execute(text(statement)).tuples()
        if not _NOT_OURS.match(name)
    }


def _in_order(members: re.Match[str]) -> str:
    return ", ".join(sorted(members[1].split(", ")))


def test_checks_exclusions_indexes_computed_columns_and_triggers_equal_the_models(scratch: Flask) -> None:
    """A new member of an enumeration without a migration is refused here, not by the button of a user."""
    from app.extensions import db

    upgrade(directory="migrations")
    with db.engine.begin() as connection:
        migrated = _definitions(connection)
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
        for extension in ("btree_gist", "pg_trgm"):
            connection.execute(text(f"CREATE EXTENSION {extension}"))
        Base.metadata.create_all(connection)
        made = _definitions(connection)
    differing = {
        name: (migrated.get(name), made.get(name)) for name in migrated | made if migrated.get(name) != made.get(name)
    }
    assert differing == {}
    assert "constraint certificate.ck_certificate_certificatestatus" in made
    assert "trigger audit_entry.audit_entry_append_only" in made


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
    upgrade(directory="migrations", revision="0017")
    database, columns = f"scratch_{worker_name}", "(name, kind, active)"
    for name, active in (("учитель", "false"), ("Учитель", "true"), ("Учи\u00adтeль", "true"), ("Методист", "true")):
        execute(server, database, f"INSERT INTO position {columns} VALUES ('{name}', 'teaching', {active})")

    upgrade(directory="migrations", revision="0018")

    names = [name for (name,) in execute(server, database, "SELECT name FROM position ORDER BY id")]
    assert names == ["учитель (повтор 3)", "Учитель", "Учи\u00adтeль (повтор 2)", "Методист"]
    told = execute(server, database, "SELECT user_name, action, object_label, changes FROM audit_entry ORDER BY id")
    assert told == [
        ("Портал", "position.updated", names[0], {"Наименование": ["учитель", names[0]]}),
        ("Портал", "position.updated", names[2], {"Наименование": ["Учи\u00adтeль", names[2]]}),
    ]
    keys = [key for (key,) in execute(server, database, "SELECT name_key FROM position ORDER BY id")]
    assert keys == [name_key(name) for name in names]


def test_an_enrolment_that_ended_after_the_start_now_ends_with_it(
    scratch: Flask, server: EmbeddedPostgres, worker_name: str
) -> None:
    """Groups of the time before the rule are mended, and the journal tells which."""
    upgrade(directory="migrations", revision="0023")
    database = f"scratch_{worker_name}"
    (organizer,) = execute(
        server,
        database,
        "INSERT INTO territory (code, name, short_name, kind) VALUES ('t', 'Т', 'Т', 'ministry_body')",
        "INSERT INTO municipality (name, kind) VALUES ('М', 'district')",
        "INSERT INTO organization_type (code, name, short_name) VALUES ('t', 'Т', 'Т')",
        "INSERT INTO organization (full_name, short_name, type_id, territory_id, municipality_id, ownership, is_organizer)"
        " SELECT 'О', 'О', t.id, r.id, m.id, 'regional', true FROM organization_type t, territory r, municipality m",
        "INSERT INTO program (organizer_id, code, title, year, hours) SELECT id, 'П', 'П', 2026, 36 FROM organization",
        "SELECT id FROM organization",
    )[0]
    for number, first, last in (
        ("1", "2026-02-01", "2026-02-20"),
        ("2", "2026-02-15", "2026-02-20"),
        ("3", "2026-02-01", "2026-02-10"),
    ):
        execute(
            server,
            database,
            "INSERT INTO training_group (program_id, organizer_id, number, starts_on, ends_on, enrol_from, enrol_until, place,"
            f" capacity) SELECT id, {organizer}, '{number}', DATE '2026-02-10', DATE '2026-02-25', DATE '{first}',"
            f" DATE '{last}', 'Самара', 5 FROM program",
        )

    upgrade(directory="migrations", revision="0024")

    windows = (
        "SELECT number, to_char(enrol_from, 'DD.MM'), to_char(enrol_until, 'DD.MM') FROM training_group ORDER BY number"
    )
    assert execute(server, database, windows) == [
        ("1", "01.02", "10.02"),
        ("2", "10.02", "10.02"),
        ("3", "01.02", "10.02"),
    ]
    told = execute(server, database, "SELECT object_label, changes FROM audit_entry ORDER BY id")
    change = {"Запись по": ["20.02.2026", "10.02.2026"]}
    assert told == [("группа 1", change), ("группа 2", change)]
