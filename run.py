"""Start the whole portal: database, migrations, web server, job worker; stop all of it on Ctrl-C or SIGTERM.

``python run.py`` needs nothing but the installed requirements; ``config.py`` lists the variables that it honours.
Exit codes: 0 stopped by the user, 1 the portal did not become ready, 2 a setting or the database is unusable.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import http.client
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from app.embedded_postgres import EmbeddedPostgres
from app.errors import PortalError
from config import ConfigError, Settings

READY_SECONDS = 120
STOP_SECONDS = 5  # of web server and worker together; the database needs the rest of ten
CALM_SECONDS = 30  # a child that lived so long starts with the shortest pause again
LONGEST_PAUSE = 10.0
FAILED_STARTS = 4  # of one child before the portal was ever ready
TICK_SECONDS = 0.1
MAX_LOG_BYTES = 10_000_000
MINIMUM_SERVER = 150_000
DEMO_PASSWORD = "demo-2026"  # noqa: S105 - printed on purpose, exists only in a demo database


class StartError(Exception):
    """The portal cannot start; the text is a Russian sentence, ``code`` the exit code."""

    def __init__(self, message: str, *, code: int = 2) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Part:
    """A process of the portal: ``name`` names its log, ``title`` is how messages call it."""

    name: str
    title: str
    command: Sequence[str]


class Child:
    """One supervised process in a group of its own, restarted with a growing pause when it dies."""

    def __init__(self, part: Part, *, environment: Mapping[str, str], log_dir: Path) -> None:
        self.part = part
        self.failures = 0
        self._environment = dict(environment)
        self._log = log_dir / f"{part.name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._next_start = 0.0

    def tick(self) -> None:
        """Start the process if its time has come; note its death."""
        now = time.monotonic()
        if self._process is not None and self._process.poll() is not None:
            self._bury(now)
        if self._process is None and now >= self._next_start:
            self._start(now)

    def ask_to_stop(self) -> None:
        """Send SIGTERM: a web server answers the requests it has, a worker ends its job."""
        if self._process is not None:
            self._process.terminate()

    def has_stopped(self) -> bool:
        """Whether the process has ended."""
        return self._process is None or self._process.poll() is not None

    def kill(self) -> None:
        """End what is left of the process group."""
        if self._process is not None:
            _kill_group(self._process)
            self._process.wait()
            self._process = None

    def _start(self, now: float) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self.part.command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=Path(__file__).parent,
                start_new_session=True,  # Ctrl-C reaches run.py alone, which stops the parts in order
                preexec_fn=_end_with_parent,  # one system call, for the case that run.py is killed
            )
        self._started = now

    def _bury(self, now: float) -> None:
        assert self._process is not None
        code = self._process.returncode
        self.kill()
        self.failures = 1 if now - self._started > CALM_SECONDS else self.failures + 1
        self._next_start = now + min(0.1 * 2**self.failures, LONGEST_PAUSE)
        _say(f"{self.part.title}: процесс остановился (код {code}), запускаю снова. Журнал: {self._log}")


class Supervisor:
    """Keeps the parts running between ``start`` and ``stop``."""

    def __init__(self, parts: Sequence[Part], *, environment: Mapping[str, str], log_dir: Path) -> None:
        log_dir.mkdir(parents=True, exist_ok=True)
        self._log_dir = log_dir
        self._children = [Child(part, environment=environment, log_dir=log_dir) for part in parts]

    def start(self) -> None:
        """Start all parts."""
        for child in self._children:
            _turn_log(self._log_dir / f"{child.part.name}.log")
            child.tick()

    def wait_until(self, healthy: Callable[[], bool], *, seconds: float) -> None:
        """Return when ``healthy``; StartError when a part keeps dying or time is over."""
        deadline = time.monotonic() + seconds
        while not healthy():
            worst = max(self._children, key=lambda child: child.failures)
            if worst.failures >= FAILED_STARTS or time.monotonic() > deadline:
                raise StartError(f"Портал не запустился. Причина записана в журналах «{self._log_dir}».", code=1)
            self._tick()

    def watch(self, also: Callable[[], None] = lambda: None) -> None:
        """Restart what dies until a signal comes; ``also`` is called once a second."""
        while True:
            for _ in range(int(1 / TICK_SECONDS)):
                self._tick()
            also()

    def stop(self) -> None:
        """Ask all parts to stop, wait, end those that do not."""
        for child in self._children:
            child.ask_to_stop()
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline and not all(child.has_stopped() for child in self._children):
            time.sleep(0.02)
        for child in self._children:
            child.kill()

    def _tick(self) -> None:
        for child in self._children:
            child.tick()
        time.sleep(TICK_SECONDS)


def main() -> int:
    """Run until stopped; return the exit code."""
    try:
        _catch_signals()
        _serve(Settings.from_environment(os.environ))
    except KeyboardInterrupt:
        _say("Портал остановлен.")
        return 0
    except (ConfigError, PortalError) as error:
        _say(str(error), error=True)
        return 2
    except StartError as error:
        _say(str(error), error=True)
        return error.code
    return 0


def _serve(settings: Settings) -> None:
    check_port(settings.host, settings.port)
    with _database(settings) as (connected, server):
        logins = _prepare(connected)
        environment = {**os.environ, "DATABASE_URL": connected.database_url or "", "PYTHONUNBUFFERED": "1"}
        environment["INSTANCE_DIR"] = str(connected.instance_dir)
        supervisor = Supervisor(
            portal_parts(connected), environment=environment, log_dir=connected.instance_dir / "logs"
        )
        try:
            supervisor.start()
            supervisor.wait_until(lambda: is_healthy(connected.host, connected.port), seconds=READY_SECONDS)
            _say(greeting(connected, logins))
            supervisor.watch(lambda: _revive(server))
        finally:
            _ignore_signals()
            supervisor.stop()


def _prepare(settings: Settings) -> Sequence[tuple[str, str]]:
    """Migrate, load reference data and, into an empty database, the demo; return the demo logins to show."""
    from app import create_app
    from app.cli import DEMO_LOGINS, has_users, initialise, load_demo
    from app.logs import configure_logging

    configure_logging(json=False, level="WARNING")
    app = create_app(settings)
    initialise(app)
    if settings.demo and not has_users(app):
        _say("Наполняю базу данными для показа, это займёт около минуты…")
        load_demo(app)
    with app.app_context():
        app.extensions["sqlalchemy"].engine.dispose()
    return DEMO_LOGINS if settings.demo else ()


def portal_parts(settings: Settings) -> list[Part]:
    """The web server and one job worker."""
    worker = [sys.executable, "-m", "flask", "--app", "app.wsgi", "portal", "worker"]
    return [
        Part("web", "Веб-сервер", web_command(settings)),
        Part("worker", "Обработчик заданий", worker),
    ]


def web_command(settings: Settings) -> list[str]:
    """Gunicorn with threads where it runs, else waitress."""
    bind = f"[{settings.host}]:{settings.port}" if ":" in settings.host else f"{settings.host}:{settings.port}"
    if os.name != "posix" or importlib.util.find_spec("gunicorn") is None:
        return [
            sys.executable,
            "-m",
            "waitress",
            f"--listen={bind}",
            f"--threads={settings.web_threads}",
            "app.wsgi:app",
        ]
    options = {
        "worker-class": "gthread",
        "workers": settings.web_workers,
        "threads": settings.web_threads,
        "bind": bind,
        "timeout": 120,
        "graceful-timeout": STOP_SECONDS - 1,
        "forwarded-allow-ips": "",  # TRUSTED_PROXIES decides, inside the application
    }
    arguments = [f"--{name}={value}" for name, value in options.items()]
    return [sys.executable, "-m", "gunicorn", "--no-control-socket", *arguments, "app.wsgi:app"]


def check_port(host: str, port: int) -> None:
    """StartError when the web server could not listen there."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as web servers do: no wait after a restart
            probe.bind(address)
            probe.listen(1)
    except PermissionError:
        raise StartError(f"Порт {port} доступен только администратору. Выберите другой: PORT=8080 make run") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise StartError(
                f"Порт {port} занят другой программой. Остановите её или выберите другой порт: PORT={port + 1} make run"
            ) from None
        raise StartError(f"HOST: «{host}» не подходит, у этого компьютера нет такого адреса.") from None


@contextmanager
def _database(settings: Settings) -> Iterator[tuple[Settings, EmbeddedPostgres | None]]:
    """Settings with the address of a database that answers: the given one, or the embedded server while we run."""
    if settings.database_url is not None:
        check_database(settings.database_url)
        yield settings, None
        return
    with EmbeddedPostgres(settings.database_dir) as server:
        try:
            yield replace(settings, database_url=server.url()), server
        finally:
            _ignore_signals()


def check_database(url: str) -> None:
    """StartError when the server does not answer or is too old."""
    import psycopg2

    try:
        connection = psycopg2.connect(_libpq(url), connect_timeout=5)
    except psycopg2.Error:
        raise StartError(
            f"База данных по адресу «{_without_password(url)}» не отвечает: "
            "проверьте, что сервер запущен, а сервер, порт, имя, пароль и имя базы в DATABASE_URL указаны верно."
        ) from None
    with contextlib.closing(connection):
        version = connection.server_version
    if version < MINIMUM_SERVER:
        raise StartError(
            f"В DATABASE_URL указан PostgreSQL {version // 10_000}, а порталу нужен PostgreSQL 15 или новее."
        )


def _libpq(url: str) -> str:
    return url.replace("postgresql+psycopg2://", "postgresql://", 1)


def _without_password(url: str) -> str:
    from sqlalchemy.engine import make_url

    return _libpq(make_url(url).render_as_string(hide_password=True))


def _revive(server: EmbeddedPostgres | None) -> None:
    """Bring the embedded server back if it died; a failed attempt is repeated a second later."""
    if server is not None and not server.is_running():
        _say("База данных остановилась, запускаю снова.")
        with contextlib.suppress(PortalError):
            server.start()


def is_healthy(host: str, port: int) -> bool:
    """Whether ``/health`` answers 200."""
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - a question, not a bind
    connection = http.client.HTTPConnection(name, port, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def greeting(settings: Settings, logins: Sequence[tuple[str, str]]) -> str:
    """What a ready portal prints: its address and the demo logins."""
    lines = ["", f"Портал «Кадры в образовании» работает: {settings.public_url}"]
    if logins:
        width = max(len(login) for login, _ in logins) + 2
        lines += ["", f"Учётные записи для показа (пароль у всех {DEMO_PASSWORD}):"]
        lines += [f"  {login:<{width}}{title}" for login, title in logins]
    return "\n".join([*lines, "", "Остановить портал: Ctrl-C"])


def _say(text: str, *, error: bool = False) -> None:
    print(text, file=sys.stderr if error else sys.stdout, flush=True)


def _turn_log(path: Path) -> None:
    if path.exists() and path.stat().st_size > MAX_LOG_BYTES:
        path.replace(path.with_suffix(".old.log"))


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


# Loaded before any fork: the child may only call it.
_PRCTL = ctypes.CDLL(None).prctl if sys.platform == "linux" else None
PR_SET_PDEATHSIG = 1


def _end_with_parent() -> None:
    """In a child: receive SIGTERM when run.py dies, however it dies."""
    if _PRCTL is not None:
        _PRCTL(PR_SET_PDEATHSIG, signal.SIGTERM)


def _catch_signals() -> None:
    """SIGTERM stops like Ctrl-C."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)  # SIGINT too: a background shell starts us with it ignored


def _ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


if __name__ == "__main__":
    sys.exit(main())
