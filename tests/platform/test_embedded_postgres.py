"""The embedded server for real: initdb, start, join, stop, kill -9, left-over ids, two starters, closed folders."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from app import embedded_postgres, postgres_host
from app.embedded_postgres import EmbeddedPostgres
from app.postgres_host import Account, DatabaseUnavailable, find_binaries, service_account
from tests.waiting import PATIENCE

ROOT = Path(__file__).parents[2]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """A started server of this test; pytest's folders are closed to other users, as a project in root's home is."""
    with EmbeddedPostgres(tmp_path / "postgres") as running:
        yield running


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A started server for the tests that only look at it."""
    with EmbeddedPostgres(tmp_path_factory.mktemp("lasting") / "postgres") as running:
        yield running


def query(server: EmbeddedPostgres, sql: str) -> list[tuple[Any, ...]]:
    dsn = server.url().replace("+psycopg2", "", 1)
    with contextlib.closing(psycopg2.connect(dsn)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []


def postmaster(server: EmbeddedPostgres) -> int:
    return int((server.data_dir / "postmaster.pid").read_text().split()[0])


def has_ended(pid: int) -> bool:
    """Whether the process is gone, or is but an entry that nobody has collected yet."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() == b""
    except FileNotFoundError:
        return True


def kill(server: EmbeddedPostgres) -> int:
    pid = postmaster(server)
    os.kill(pid, signal.SIGKILL)
    return pid


def test_new_server_has_what_the_portal_needs(lasting: EmbeddedPostgres) -> None:
    assert query(lasting, "SELECT lower('ИВАНОВ Ё'), 'Иванов' ILIKE 'иванов'") == [("иванов ё", True)]
    assert query(lasting, "SELECT current_user, current_database()") == [("portal", "portal")]
    assert query(lasting, "SHOW server_encoding") == [("UTF8",)]
    assert query(lasting, "SHOW fsync") == [("on",)]
    extensions = {name for (name,) in query(lasting, "SELECT extname FROM pg_extension")}
    assert {"pg_trgm", "btree_gist"} <= extensions


def test_server_is_private(lasting: EmbeddedPostgres) -> None:
    assert query(lasting, "SHOW listen_addresses") == [("",)]
    assert lasting.socket_dir.stat().st_mode & 0o777 == 0o700
    assert len(str(lasting.socket_dir)) < 60
    assert Path(f"/proc/{postmaster(lasting)}").stat().st_uid != 0


def test_errors_leave_no_personal_data_in_the_log(lasting: EmbeddedPostgres) -> None:
    query(lasting, "CREATE TABLE person (name text PRIMARY KEY)")
    query(lasting, "INSERT INTO person VALUES ('Вымышленная')")
    with pytest.raises(psycopg2.errors.UniqueViolation):
        query(lasting, "INSERT INTO person VALUES ('Вымышленная')")
    log = lasting.log_path.read_text()
    assert "person_pkey" in log
    assert "Вымышленная" not in log


def test_stop_leaves_nothing_and_data_survive(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path / "postgres") as first:
        query(first, "CREATE TABLE kept AS SELECT 1 AS number")
        pid = postmaster(first)
    assert has_ended(pid)
    assert not first.socket_dir.exists()
    assert not first.is_running()
    with EmbeddedPostgres(tmp_path / "postgres") as second:
        assert query(second, "SELECT number FROM kept") == [(1,)]


def test_last_user_stops_the_server(lasting: EmbeddedPostgres) -> None:
    other = EmbeddedPostgres(lasting.data_dir)
    assert other.start() == lasting.url()
    pid = postmaster(lasting)
    other.stop()
    other.stop()
    assert postmaster(lasting) == pid
    assert query(lasting, "SELECT 1") == [(1,)]


def test_start_right_after_kill(server: EmbeddedPostgres) -> None:
    query(server, "CREATE TABLE kept AS SELECT 1 AS number")
    killed = kill(server)
    server.start()
    assert postmaster(server) != killed
    assert query(server, "SELECT number FROM kept") == [(1,)]


def test_left_over_process_id_that_now_belongs_to_another_process(server: EmbeddedPostgres) -> None:
    kill(server)
    pid_file = server.data_dir / "postmaster.pid"
    stranger = subprocess.Popen(["sleep", "60"], **_account_arguments(server))
    try:
        lines = pid_file.read_text().splitlines(keepends=True)
        pid_file.write_text("".join([f"{stranger.pid}\n", *lines[1:]]))
        assert not server.is_running()
        server.start()
        assert query(server, "SELECT 1") == [(1,)]
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def _account_arguments(server: EmbeddedPostgres) -> dict[str, Any]:
    account = service_account(server.data_dir)
    return account.popen_arguments() if account else {}


def test_killed_starter_leaves_a_server_that_the_next_one_takes_over(tmp_path: Path) -> None:
    starter = _start_elsewhere(tmp_path / "postgres")
    assert starter.stdout is not None
    assert starter.stdout.readline().startswith("postgresql+psycopg2://")
    starter.kill()
    starter.communicate()
    with EmbeddedPostgres(tmp_path / "postgres") as server:
        pid = postmaster(server)
        assert query(server, "SELECT 1") == [(1,)]
    assert has_ended(pid)


def test_two_starters_at_once_share_one_server(tmp_path: Path) -> None:
    starters = [_start_elsewhere(tmp_path / "postgres") for _ in range(2)]
    try:
        urls = [starter.stdout.readline() for starter in starters if starter.stdout]
        assert urls[0] == urls[1]
        assert urls[0].startswith("postgresql+psycopg2://")
    finally:
        for starter in starters:
            starter.communicate("\n")
    assert [starter.returncode for starter in starters] == [0, 0]
    assert not EmbeddedPostgres(tmp_path / "postgres").is_running()


def _start_elsewhere(data_dir: Path) -> subprocess.Popen[str]:
    code = (
        "import sys, pathlib\nfrom app.embedded_postgres import EmbeddedPostgres\n"
        "with EmbeddedPostgres(pathlib.Path(sys.argv[1]), durable=False) as server:\n"
        "    print(server.url(), flush=True)\n    sys.stdin.readline()\n"
    )
    command = [sys.executable, "-c", code, str(data_dir)]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_interrupted_initialisation_is_begun_anew(tmp_path: Path) -> None:
    staging = tmp_path / "postgres.new"
    staging.mkdir()
    (staging / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(tmp_path / "postgres", durable=False, max_connections=33) as server:
        assert query(server, "SHOW max_connections") == [("33",)]
        assert query(server, "SHOW fsync") == [("off",)]
    assert not staging.exists()


def test_data_of_another_major_version_are_left_alone(tmp_path: Path) -> None:
    data = tmp_path / "postgres"
    data.mkdir()
    (data / "PG_VERSION").write_text("9\n")
    with pytest.raises(DatabaseUnavailable, match=r"создана PostgreSQL 9, а на компьютере найдено: .*18"):
        EmbeddedPostgres(data).start()
    assert [path.name for path in data.iterdir()] == ["PG_VERSION"]


def test_failed_start_names_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with EmbeddedPostgres(tmp_path / "postgres", durable=False) as server:
        pass
    (server.data_dir / "global" / "pg_control").unlink()
    monkeypatch.setattr(embedded_postgres, "RETRY_SECONDS", 5 * PATIENCE)
    began = time.monotonic()
    with pytest.raises(DatabaseUnavailable, match=r"server\.log"):
        server.start()
    assert time.monotonic() - began < PATIENCE  # it does not wait for what cannot come
    server.stop()
    assert not server.is_running()


def test_folder_in_the_place_of_the_socket_is_refused(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "postgres")
    server.socket_dir.symlink_to(tmp_path)
    try:
        with pytest.raises(DatabaseUnavailable, match="занята другим пользователем"):
            server.start()
    finally:
        server.socket_dir.unlink()
        server.stop()


def test_file_in_the_place_of_the_instance_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "instance").write_text("")
    with pytest.raises(DatabaseUnavailable, match="INSTANCE_DIR"):
        EmbeddedPostgres(tmp_path / "instance" / "postgres").start()


def test_binaries_in_a_closed_folder_are_copied_to_where_the_server_may_run_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As root the server runs as another user, who cannot enter root's home; an ordinary user needs no copy."""
    closed = tmp_path / "closed"
    package = find_binaries(None, None).parent.parent
    for part in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(part, closed / part.name, symlinks=True)
    closed.chmod(0o700)
    cache = Path("/var/tmp") / f"kadry-test-{os.getpid()}"
    monkeypatch.setattr(postgres_host, "CACHE", cache)
    monkeypatch.setattr(postgres_host, "_candidates", lambda: iter([closed / package.name / "pginstall" / "bin"]))
    account = _nobody() if os.geteuid() == 0 else None
    try:
        binaries = find_binaries(None, account)
        assert find_binaries(None, account) == binaries
        assert binaries.is_relative_to(cache if account else closed)
        assert [path.name for path in cache.glob("*")] == ([binaries.parents[2].name] if account else [])
        shown = postgres_host.run([binaries / "initdb", "--version"], Path("/"), account).stdout
        assert shown.startswith("initdb (PostgreSQL) ")
    finally:
        shutil.rmtree(cache, ignore_errors=True)


def _nobody() -> Account:
    entry = pwd.getpwnam("nobody")
    return Account(entry.pw_uid, entry.pw_gid)
