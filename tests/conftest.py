"""The application on the embedded PostgreSQL: one server a run, one template database, one cloned database a worker."""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import time_machine
from flask import Flask

from app.clock import ZONE
from app.embedded_postgres import EmbeddedPostgres
from config import Settings
from tests.in_memory import begin_run, database_folder

#: the moment at which every run begins, wherever the calendar stands: a Friday morning within the planning of the next year,
#: or what ``TEST_NOW`` says: the suite passes on any day. Days that matter to a test are counted from ``app.clock.today()``; who
#: needs another day travels there, who needs the real one asks for the fixture ``real_clock``. Processes that a test starts
#: (``run.py``, readers of files) live in the real day.
BEGINNING = dt.datetime.fromisoformat(os.environ.get("TEST_NOW") or "2026-11-27T10:00").replace(tzinfo=ZONE)

#: a hash that costs nothing; what the portal takes by itself is shown by the tests of passwords
CHEAP_HASH = "pbkdf2:sha256:1"

TEMPLATE, DEMO_TEMPLATE = "template_portal", "template_demo"

#: reference data as they are before any test, and a note of each table that a test writes to
_PRISTINE = """
CREATE SCHEMA pristine;
CREATE TABLE pristine.touched (name text NOT NULL);
CREATE FUNCTION pristine.note() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN INSERT INTO pristine.touched VALUES (TG_TABLE_NAME); RETURN NULL; END';
DO $$ DECLARE item record; BEGIN
  FOR item IN SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'
  LOOP EXECUTE format('CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON %I FOR EACH STATEMENT'
    ' EXECUTE FUNCTION pristine.note()', item.name); END LOOP;
  FOR item IN SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename IN ('territory', 'municipality',
    'territory_municipality', 'organization_type', 'position', 'subject', 'education_level', 'attestation_kind',
    'workday_correction', 'frdo_reference', 'refusal_reason', 'setting', 'voucher_rule', 'voucher_rule_block', 'letter_template',
    'consent_text', 'quality_rule', 'organizer_rule', 'organizer_rule_organization_type')
  LOOP EXECUTE format('CREATE TABLE pristine.%I AS SELECT * FROM public.%I', item.name, item.name); END LOOP;
END $$;
"""
#: what a test leaves behind is deleted, the reference rows are put back: in the tables that it wrote to, but for the rights
_CLEAN = """
SET session_replication_role = replica;
DO $$ DECLARE item record; stored text; BEGIN
  FOR item IN SELECT DISTINCT name, to_regclass('pristine.' || quote_ident(name)) AS kept FROM pristine.touched
    WHERE name NOT LIKE 'ab\\_%permission%' AND name NOT IN ('ab_role', 'ab_view_menu')
  LOOP
    EXECUTE format('DELETE FROM public.%I', item.name);
    IF item.kept IS NOT NULL THEN
      SELECT string_agg(quote_ident(attname), ', ') INTO stored FROM pg_attribute
        WHERE attrelid = ('public.' || quote_ident(item.name))::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
      EXECUTE format('INSERT INTO public.%I (%s) SELECT %s FROM pristine.%I', item.name, stored, stored, item.name);
    END IF;
  END LOOP;
END $$;
TRUNCATE pristine.touched;
SET session_replication_role = DEFAULT;
"""

#: what takes longest comes first, so that at the end no worker is left alone with minutes of work
LONGEST_FIRST = (
    "access/test_matrix.py", "browser/test_pages.py", "browser/", "access/", "platform/", "services/test_demo.py", "concurrency/",
    "properties/", "documents/", "services/", "web/", "",
)  # fmt: skip


_clock = time_machine.travel(BEGINNING, tick=True)
_traveller: list[time_machine.Traveller] = []


def pytest_configure() -> None:
    """Set the clock before test modules are read: what they compute at import is of the same day."""
    begin_run()
    _traveller.append(_clock.start())


def pytest_collectstart() -> None:
    """Each module is read on the run's day, however long the reading takes."""
    _set_back()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Set the clock back when midnight has passed or is near: every test begins on the run's day, and ends on it."""
    _set_back()


def _set_back() -> None:
    if _is_late():
        _traveller[0].move_to(BEGINNING)


def _is_late() -> bool:
    return (dt.datetime.now(ZONE) + dt.timedelta(minutes=5)).date() != BEGINNING.date()


@contextmanager
def beforehand() -> Iterator[None]:
    """What a run prepares is older than its tests, and takes none of their time when midnight is near."""
    with time_machine.travel(BEGINNING - dt.timedelta(hours=1)) if _is_late() else nullcontext():
        yield
    _set_back()


def pytest_unconfigure() -> None:
    """Give the process its own clock back."""
    _clock.stop()


@pytest.fixture
def real_clock() -> Iterator[None]:
    """The real day, for a test that meets files or processes which do not know of ``BEGINNING``."""
    real = time_machine.escape_hatch.time.time()
    with time_machine.travel(real, tick=True):
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files in the order in which workers take them (``--no-loadscope-reorder`` keeps it)."""
    folder = Path(__file__).parent

    def place(item: pytest.Item) -> int:
        path = item.path.relative_to(folder).as_posix()
        return next(n for n, start in enumerate(LONGEST_FIRST) if path.startswith(start))

    items.sort(key=place)


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """One worker at a time."""
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def server(shared_folder: Path) -> Iterator[EmbeddedPostgres]:
    """The run's PostgreSQL server; the last worker stops it and takes its data away."""
    with locked(shared_folder / "server.lock"):
        folder = database_folder(otherwise=shared_folder / "pg")
        running = EmbeddedPostgres(folder / "data", durable=False, max_connections=300)
        running.start()
    yield running
    with locked(shared_folder / "server.lock"):
        running.stop()
        if not running.is_running():
            shutil.rmtree(folder)


def at_the_clock(statement: str) -> str:
    """A plain statement whose ``now()`` and ``current_date`` are those of the run's clock; the server has its own."""
    moment = dt.datetime.now(ZONE)
    dated = re.sub(r"\bnow\(\)", f"timestamptz '{moment.isoformat()}'", statement)
    return re.sub(r"\bcurrent_date\b", f"date '{moment.date()}'", dated)


def execute(server: EmbeddedPostgres, database: str, *statements: str) -> list[Any]:
    """Run statements on a database outside any transaction; rows of the last one."""
    with connected(server, database) as cursor:
        for statement in statements:
            cursor.execute(at_the_clock(statement))
        return cursor.fetchall() if cursor.description else []


@contextmanager
def connected(server: EmbeddedPostgres, database: str) -> Iterator[Any]:
    """A cursor on a database; each statement is a transaction of its own."""
    connection = psycopg2.connect(server.url(database).replace("postgresql+psycopg2", "postgresql"))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def make_settings(url: str, folder: Path, **changes: Any) -> Settings:
    """Settings of a test application."""
    environment = {
        "DATABASE_URL": url,
        "INSTANCE_DIR": str(folder),
        "SECRET_KEY": "test-secret-key-that-is-long-enough-0123456789",
        "ENVIRONMENT": "test",
    }
    return replace(Settings.from_environment(environment), **changes)


def build(settings: Settings) -> Flask:
    """An application that never limits sign-ins of tests."""
    from app import create_app

    app = create_app(settings)
    app.config.update(TESTING=True, SIGN_IN_RATE="10000 per minute", NO_WORK_RATE="10000 per minute")
    app.config["FAB_PASSWORD_HASH_METHOD"] = CHEAP_HASH
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app


def build_trusting(settings: Settings) -> Flask:
    """An application whose server outlives it: no connection is asked before its use whether it lives."""
    from app.extensions import db

    app = build(settings)
    with app.app_context():
        db.engine.pool._pre_ping = False  # type: ignore[attr-defined]
    return app


@pytest.fixture(scope="session")
def template(server: EmbeddedPostgres, shared_folder: Path) -> str:
    """The migrated template database with reference data, built once a run."""
    with beforehand(), locked(shared_folder / "template.lock"):
        if not _exists(server, TEMPLATE):
            execute(server, "postgres", "CREATE DATABASE building")
            app = build(make_settings(server.url("building"), shared_folder / "instance"))
            from app.cli import initialise
            from app.extensions import db

            initialise(app)
            with app.app_context():
                db.engine.dispose()
            execute(server, "building", _PRISTINE)
            execute(server, "postgres", f"ALTER DATABASE building RENAME TO {TEMPLATE}")
    return TEMPLATE


def _exists(server: EmbeddedPostgres, name: str) -> bool:
    return bool(execute(server, "postgres", f"SELECT 1 FROM pg_database WHERE datname = '{name}'"))


def clone(server: EmbeddedPostgres, template: str, name: str, folder: Path) -> str:
    """Clone a template database; returns its address."""
    with locked(folder / "clone.lock"):
        execute(
            server,
            "postgres",
            f"DROP DATABASE IF EXISTS {name} WITH (FORCE)",
            f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy",
        )
    return server.url(name)


@pytest.fixture(scope="session")
def worker_name() -> str:
    """Name of this worker, for its databases."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture(scope="session")
def app(server: EmbeddedPostgres, template: str, shared_folder: Path, worker_name: str) -> Iterator[Flask]:
    """The application on this worker's own database: migrated, with reference data, without people."""
    from app.extensions import db

    url = clone(server, template, f"test_{worker_name}", shared_folder)
    application = build_trusting(make_settings(url, shared_folder / f"instance_{worker_name}"))
    yield application
    with application.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session")
def cleaner(app: Flask, server: EmbeddedPostgres, worker_name: str) -> Iterator[Any]:
    """A cursor on this worker's database that outlives the tests: a new connection would learn all tables anew."""
    with connected(server, f"test_{worker_name}") as cursor:
        yield cursor


@pytest.fixture
def session(app: Flask, cleaner: Any) -> Iterator[Any]:
    """The session of a database without people; everything committed by the test is deleted afterwards."""
    from app.extensions import db

    with app.app_context():
        yield db.session
        db.session.rollback()
        db.session.remove()
    cleaner.execute(_CLEAN)


@pytest.fixture(scope="session")
def demo_template(server: EmbeddedPostgres, template: str, shared_folder: Path) -> str:
    """The template database with the demo region, built once a run."""
    with beforehand(), locked(shared_folder / "demo.lock"):
        if not _exists(server, DEMO_TEMPLATE):
            url = clone(server, template, "building_demo", shared_folder)
            app = build(make_settings(url, shared_folder / "instance", demo=True))
            from app.cli import load_demo
            from app.extensions import db

            load_demo(app)
            with app.app_context():
                db.engine.dispose()
            execute(server, "building_demo", "DROP SCHEMA pristine CASCADE")
            # without the planner's figures, which a copy takes along, every module's statements are planned badly
            execute(server, "building_demo", "VACUUM ANALYZE")
            execute(server, "postgres", f"ALTER DATABASE building_demo RENAME TO {DEMO_TEMPLATE}")
    return DEMO_TEMPLATE


@pytest.fixture(scope="session")
def demo_app(server: EmbeddedPostgres, demo_template: str, shared_folder: Path, worker_name: str) -> Iterator[Flask]:
    """The application on this worker's own copy of the demo region (tests leave it as they find it)."""
    from app.extensions import db

    url = clone(server, demo_template, f"demo_{worker_name}", shared_folder)
    application = build_trusting(make_settings(url, shared_folder / f"instance_{worker_name}", demo=True))
    yield application
    with application.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session")
def region_app(server: EmbeddedPostgres, shared_folder: Path, worker_name: str) -> Flask:
    """The application of ``renewed_region``, built once a worker: its routes, pages and statements take seconds to compile."""
    name = region_database(worker_name)
    return build_trusting(make_settings(server.url(name), shared_folder / f"instance_{name}", demo=True))


def region_database(worker_name: str) -> str:
    """Name of the worker's database of ``renewed_region``."""
    return f"region_{worker_name}"


@pytest.fixture(scope="module")
def renewed_region(
    region_app: Flask, server: EmbeddedPostgres, demo_template: str, shared_folder: Path, worker_name: str
) -> Iterator[Flask]:
    """An application on the module's own fresh copy of the demo region, which its tests may change."""
    from app.extensions import db, limiter
    from app.jobs import open_jobs
    from app.web.frame import pdf_tasks

    # no worker runs beside the tests: a request that ordered a PDF need not look for it
    pdf_tasks.WAIT_SECONDS = 0
    clone(server, demo_template, region_database(worker_name), shared_folder)
    # what modules before this one left in the application's memory
    limiter.reset()
    region_app.extensions.pop("start_figures", None)
    settings = dict(region_app.config)
    with region_app.app_context():
        open_jobs()
    yield region_app
    with region_app.app_context():
        db.engine.dispose()
    region_app.config.clear()
    region_app.config.update(settings)
