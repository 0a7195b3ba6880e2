"""Start the whole portal: database, migrations, web server, job worker; stop all of it on Ctrl-C or SIGTERM.

``python run.py`` needs nothing but the installed requirements; ``config.py`` lists the variables that it honours.
Exit codes: 0 stopped by the user, 1 the portal did not become ready, 2 a setting or the database is unusable.
"""

from __future__ import annotations

import contextlib
import errno
import http.client
import importlib.util
import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from app.embedded_postgres import EmbeddedPostgres
from app.errors import PortalError
from app.supervisor import STOP_SECONDS, STOP_SIGNALS, NotReady, Part, Supervisor, say
from config import ConfigError, Settings

if TYPE_CHECKING:
    from flask import Flask

READY_SECONDS = 120
MINIMUM_SERVER = 150_000
DEMO_PASSWORD = "demo-2026"  # noqa: S105 - printed on purpose, exists only in a demo database


class StartError(Exception):
    """The portal cannot start; the text is a Russian sentence."""


def main() -> int:
    """Run until stopped; return the exit code."""
    try:
        _catch_signals()
        _serve(Settings.from_environment(os.environ))
    except KeyboardInterrupt:
        say("Портал остановлен.")
        return 0
    except (ConfigError, PortalError, StartError) as error:
        say(str(error), error=True)
        return 1 if isinstance(error, NotReady) else 2
    return 0


def _serve(settings: Settings) -> None:
    check_port(settings.host, settings.port)
    with _database(settings) as (connected, server):
        app, logins = _prepare(connected)
        supervisor = Supervisor(portal_parts(app, connected), log_dir=connected.instance_dir / "logs")
        try:
            supervisor.start()
            supervisor.wait_until(lambda: is_healthy(connected.host, connected.port), seconds=READY_SECONDS)
            say(greeting(connected, logins))
            supervisor.watch(lambda: _revive(server))
        finally:
            _ignore_signals()
            supervisor.stop()


def _prepare(settings: Settings) -> tuple[Flask, Sequence[tuple[str, str]]]:
    """Migrate, load reference data and, into an empty database, the demo; return the application and the demo logins."""
    from app import create_app
    from app.cli import DEMO_LOGINS, has_users, initialise, load_demo
    from app.logs import configure_logging

    configure_logging(json=False, level="ERROR")
    app = create_app(settings)
    initialise(app)
    if settings.demo and not has_users(app):
        say("Наполняю базу данными для показа…")
        load_demo(app)
    with app.app_context():  # connections must not be shared with the forked parts
        app.extensions["sqlalchemy"].engine.dispose()
    return app, DEMO_LOGINS if settings.demo else ()


def portal_parts(app: Flask, settings: Settings) -> list[Part]:
    """The web server and one job worker."""
    serve = serve_with_gunicorn if importlib.util.find_spec("gunicorn") else serve_with_waitress
    return [
        Part("web", "Веб-сервер", lambda: serve(app, settings)),
        Part("worker", "Обработчик заданий", lambda: work(app, settings)),
    ]


def serve_with_gunicorn(app: Flask, settings: Settings) -> None:
    """Serve with ``web_workers`` processes of ``web_threads`` threads each."""
    from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

    class Server(BaseApplication):
        def load_config(self) -> None:
            for name, value in gunicorn_options(settings).items():
                self.cfg.set(name, value)

        def load(self) -> Flask:
            return app

    _log_as_json(settings)
    Server().run()


def gunicorn_options(settings: Settings) -> dict[str, Any]:
    """Gunicorn's settings by their names in its configuration file."""
    return {
        "bind": bind_address(settings),
        "worker_class": "gthread",
        "workers": settings.web_workers,
        "threads": settings.web_threads,
        "timeout": 120,
        "graceful_timeout": STOP_SECONDS - 1,
        "forwarded_allow_ips": "",  # TRUSTED_PROXIES decides, inside the application
        "control_socket_disable": True,
        "proc_name": "kadry",
    }


def serve_with_waitress(app: Flask, settings: Settings) -> None:
    """Serve with one process where gunicorn is missing."""
    import waitress

    _log_as_json(settings)
    waitress.serve(app, listen=bind_address(settings), threads=settings.web_threads)


def work(app: Flask, settings: Settings) -> None:
    """Do jobs until stopped."""
    from app.jobs import run_worker

    _log_as_json(settings)
    with app.app_context():
        run_worker(app)


def bind_address(settings: Settings) -> str:
    """Host and port as web servers take them."""
    return f"[{settings.host}]:{settings.port}" if ":" in settings.host else f"{settings.host}:{settings.port}"


def _log_as_json(settings: Settings) -> None:
    from app.logs import configure_logging

    configure_logging(json=True, level=settings.log_level)


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
        say("База данных остановилась, запускаю снова.")
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


def _catch_signals() -> None:
    """SIGTERM and a closed terminal stop like Ctrl-C; under ``nohup`` the latter does not."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    for number in STOP_SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, interrupt)  # SIGINT too: a background shell starts us with it ignored


def _ignore_signals() -> None:
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


if __name__ == "__main__":
    sys.exit(main())
