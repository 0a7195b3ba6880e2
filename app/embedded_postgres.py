"""The embedded PostgreSQL server: finds the binaries, initialises, starts, recovers and stops it.

It is for a laptop, a demonstration and the tests; a production server is named by ``DATABASE_URL``. It listens on a unix
socket in a folder of mode 0700 only, never on TCP. Windows has no such sockets: :meth:`EmbeddedPostgres.start` says so.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self

from app.postgres_host import (
    ADVICE,
    Account,
    DatabaseUnavailable,
    find_binaries,
    give,
    no_access,
    run,
    service_account,
    visible_path,
)

if sys.platform != "win32":
    import fcntl

ROLE = "portal"
DATABASE = "portal"
EXTENSIONS = ("pg_trgm", "btree_gist")
SOCKET_PORT = 5432  # only a part of the socket's file name
LOCALES = ("C.UTF-8", "en_US.UTF-8", "ru_RU.UTF-8")  # C.UTF-8 is missing on some systems
START_SECONDS = 120  # recovery after a power cut may be long
RETRY_SECONDS = 20  # processes of a killed server need a moment to leave
STOP_SECONDS = 8

QUIET = {
    "log_checkpoints": "off",
    # Statements and the details of violated keys would put personal data into the log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "lc_messages": "C",
    "timezone": "UTC",
}
SPEED = {
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "jit": "off",
    # pages are asked beside each other: a plan that takes all cores for one of them makes the others wait
    "max_parallel_workers_per_gather": "0",
    "random_page_cost": "1.1",
    # the portal reads each of its cursors to the end: lists to be written to a file
    "cursor_tuple_fraction": "1",
}
# The data of a test live as long as the test.
FRAGILE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
}


class EmbeddedPostgres:
    """A PostgreSQL server over one data folder, shared by all processes that start it: the last to stop stops it.

    ``durable=False`` gives up crash safety for speed and is for tests only. One object is one user of the server.
    """

    def __init__(self, data_dir: Path, *, durable: bool = True, max_connections: int = 100) -> None:
        self.data_dir = Path(data_dir).absolute()
        self.socket_dir = _socket_dir(self.data_dir)
        self.durable = durable
        self.max_connections = max_connections
        self._use: int | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:  # Ctrl-C included: a half-started server must not stay behind
            self.stop()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def url(self, database: str = DATABASE) -> str:
        """SQLAlchemy address of a database of this server."""
        return f"postgresql+psycopg2://{ROLE}@/{database}?host={self.socket_dir}&port={SOCKET_PORT}"

    def start(self) -> str:
        """Initialise if new, recover after a crash, start or join, see to database and extensions; return the URL.

        Raises DatabaseUnavailable. May be repeated: brings back a server that died meanwhile.
        """
        if sys.platform == "win32":
            raise DatabaseUnavailable(f"Встроенная база данных в Windows не работает. {ADVICE}.")
        with self._gate():
            self._join()
            self._make_ready()
        return self.url()

    def stop(self) -> None:
        """Leave the server; stop it when nobody else uses it. Does nothing when not started."""
        if self._use is None:
            return
        with self._gate():
            os.close(self._use)
            self._use = None
            if not self._has_other_users():
                self._shut_down()
                shutil.rmtree(self.socket_dir, ignore_errors=True)

    def is_running(self) -> bool:
        """Whether a server accepts connections on our socket; a process id in a left-over file proves nothing."""
        with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as probe:
            probe.settimeout(5)
            try:
                probe.connect(str(self._socket_path))
            except OSError:
                return False
        return True

    @property
    def log_path(self) -> Path:
        """The server's own log."""
        return self.data_dir / "server.log"

    @property
    def _socket_path(self) -> Path:
        return self.socket_dir / f".s.PGSQL.{SOCKET_PORT}"

    # Sharing: an exclusive lock while starting and stopping, a shared one while using.
    # The kernel drops both with the process.

    @contextmanager
    def _gate(self) -> Iterator[None]:
        descriptor = self._open_lock("start")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _join(self) -> None:
        if self._use is None:
            self._use = self._open_lock("use")
            fcntl.flock(self._use, fcntl.LOCK_SH)

    def _has_other_users(self) -> bool:
        descriptor = self._open_lock("use")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def _open_lock(self, purpose: str) -> int:
        path = self.data_dir.with_name(f"{self.data_dir.name}.{purpose}.lock")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            raise no_access(path.parent) from None

    # Starting and stopping: all under the gate.

    def _make_ready(self) -> None:
        """Launch unless running; again when the server that we found was just about to end."""
        deadline = time.monotonic() + RETRY_SECONDS
        while True:
            if not self.is_running():
                self._launch()
            try:
                return self._create_database()
            except DatabaseUnavailable:
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.2)

    def _launch(self) -> None:
        account = service_account(self.data_dir)
        binaries = find_binaries(_data_major(self.data_dir), account)
        _prepare_socket_dir(self.socket_dir, account)
        if _data_major(self.data_dir) is None:
            _initialise(self.data_dir, binaries, account)
        give(self.data_dir, account)
        self._start_server(binaries, account)

    def _start_server(self, binaries: Path, account: Account | None) -> None:
        folder = visible_path(self.data_dir, account)
        command = [binaries / "pg_ctl", "start", "-w", "-t", START_SECONDS, "-D", folder]
        command += ["-l", f"{folder}/{self.log_path.name}", "-o", self._server_options()]
        deadline = time.monotonic() + RETRY_SECONDS
        while True:
            self._remove_foreign_pid_file()
            if run(command, self.data_dir, account).returncode == 0:
                return
            if time.monotonic() > deadline or not self._may_succeed_later():
                raise DatabaseUnavailable(
                    f"Встроенная база данных не запускается. Причина записана в «{self.log_path}»."
                )
            time.sleep(0.2)

    def _server_options(self) -> str:
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket_dir),
            "unix_socket_permissions": "0700",
            "port": str(SOCKET_PORT),
            "max_connections": str(self.max_connections),
            **QUIET,
            **SPEED,
            **({} if self.durable else FRAGILE),
        }
        return " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in options.items())

    def _may_succeed_later(self) -> bool:
        """Whether the log's end tells of a predecessor that is still leaving."""
        try:
            tail = self.log_path.read_bytes()[-2000:].decode(errors="replace")
        except OSError:
            return False
        return bool(re.search(r"shared memory block|lock file .*already exists|is starting up", tail))

    def _remove_foreign_pid_file(self) -> None:
        """After a crash the left-over id may belong to a new, unrelated process, and PostgreSQL would yield to it.

        A dead id needs nothing: PostgreSQL looks after that file itself, and learns from it about its lost memory.
        """
        pid_file = self.data_dir / "postmaster.pid"
        pid = _first_number(pid_file)
        if pid is not None and _is_alive(pid) and str(self.socket_dir) not in _command_line(pid):
            pid_file.unlink(missing_ok=True)

    def _shut_down(self) -> None:
        if _first_number(self.data_dir / "postmaster.pid") is None:
            return
        account = service_account(self.data_dir)
        binaries = find_binaries(_data_major(self.data_dir), account)
        folder = visible_path(self.data_dir, account)
        for mode in ("fast", "immediate"):  # immediate is what a power cut does: safe, the next start recovers
            command = [binaries / "pg_ctl", "stop", "-w", "-t", STOP_SECONDS, "-m", mode, "-D", folder]
            if run(command, self.data_dir, account).returncode == 0 or not self.is_running():
                break

    def _create_database(self) -> None:
        """Create the database and its extensions where they are missing; each step may be repeated."""
        with self._connect("postgres") as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0")
        with self._connect(DATABASE) as cursor:
            for extension in EXTENSIONS:
                cursor.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")

    @contextmanager
    def _connect(self, database: str) -> Iterator[Any]:
        import psycopg2

        try:
            connection = psycopg2.connect(
                host=str(self.socket_dir),
                port=SOCKET_PORT,
                user=ROLE,
                dbname=database,
                options="-c client_min_messages=error",
            )
        except psycopg2.OperationalError:
            raise DatabaseUnavailable(
                f"Встроенная база данных запущена, но не отвечает. Причина записана в «{self.log_path}»."
            ) from None
        connection.autocommit = True
        with closing(connection), connection.cursor() as cursor:
            yield cursor


def _initialise(data_dir: Path, binaries: Path, account: Account | None) -> None:
    """Make a new data folder beside its place and rename it, so that an interrupted start leaves no half of one."""
    staging = data_dir.with_name(f"{data_dir.name}.new")
    shutil.rmtree(staging, ignore_errors=True)
    try:
        staging.mkdir(mode=0o700)
        give(staging, account)
        _run_initdb(staging, binaries, account)
        if data_dir.exists():
            data_dir.rmdir()
        staging.rename(data_dir)
    except OSError:
        raise no_access(data_dir) from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _run_initdb(folder: Path, binaries: Path, account: Account | None) -> None:
    target = visible_path(folder, account)
    common = [binaries / "initdb", "-D", target, "-U", ROLE, "--auth=trust", "--encoding=UTF8"]
    for locale in LOCALES:
        result = run([*common, f"--locale={locale}"], folder, account)
        if result.returncode == 0:
            return
        if "locale" not in result.stderr:
            break
    reason = result.stderr.strip().splitlines()[-1:] or ["initdb"]
    raise DatabaseUnavailable(f"Не удалось создать встроенную базу данных в «{folder.parent}» ({reason[0]}). {ADVICE}.")


def _socket_dir(data_dir: Path) -> Path:
    """Short (a socket's path holds 107 bytes), the same at every start, different for every data folder."""
    base = Path("/tmp") if os.access("/tmp", os.W_OK) else Path(tempfile.gettempdir())  # noqa: S108 - checked below
    mark = hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:16]
    return base / f"kadry-{mark}"


def _prepare_socket_dir(path: Path, account: Account | None) -> None:
    """Create the folder for its owner alone; one that somebody else has put there is refused."""
    owner = account.uid if account else os.geteuid()
    try:
        path.mkdir(mode=0o700, exist_ok=True)
        state = path.lstat()
        if path.is_symlink() or state.st_uid not in {owner, os.geteuid()}:
            raise PermissionError
        give(path, account)
        path.chmod(0o700)
    except OSError:
        raise DatabaseUnavailable(
            f"Папка «{path}» нужна встроенной базе данных, но занята другим пользователем. "
            f"Удалите её и повторите запуск."
        ) from None


def _data_major(data_dir: Path) -> int | None:
    """Major version that wrote the data; None for a folder without data."""
    try:
        return _first_number(data_dir / "PG_VERSION", missing_ok=True)
    except PermissionError:
        raise no_access(data_dir) from None


def _first_number(path: Path, *, missing_ok: bool = False) -> int | None:
    try:
        return int(path.read_text("ascii").split()[0])
    except (FileNotFoundError, NotADirectoryError, ValueError, IndexError):
        return None
    except PermissionError:
        if missing_ok:
            raise
        return None


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _command_line(pid: int) -> str:
    """Command of a process as one text; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        pass
    try:
        return subprocess.run(
            ["/usr/bin/env", "ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True
        ).stdout
    except OSError:
        return ""
