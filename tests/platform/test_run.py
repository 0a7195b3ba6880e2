"""``run.py``: what stops a start, the web servers, what is printed."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

import run
from app.supervisor import Part, Supervisor
from config import Settings
from run import StartError
from tests.waiting import PATIENCE

ROOT = Path(__file__).parents[2]

ANSWERING = """
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()
    def log_message(self, *arguments): pass
http.server.HTTPServer.allow_reuse_address = True
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
print(os.getpid(), flush=True)
server.serve_forever()
"""


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def python_part(name: str, code: str, *arguments: object) -> Part:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return Part(name, name, lambda: os.execv(command[0], command))


@contextlib.contextmanager
def supervising(tmp_path: Path, *parts: Part) -> Iterator[Supervisor]:
    supervisor = Supervisor(parts, log_dir=tmp_path)
    try:
        supervisor.start()
        yield supervisor
    finally:
        supervisor.stop()


def start_portal(tmp_path: Path, **env: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "INSTANCE_DIR": str(tmp_path / "instance"), **env}
    command = [sys.executable, "run.py"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE)


# What stops a start


def test_busy_port_stops_the_start_before_anything_else(tmp_path: Path, busy_port: int) -> None:
    result = start_portal(tmp_path, PORT=str(busy_port))
    assert result.returncode == 2
    assert result.stderr == (
        f"Порт {busy_port} занят другой программой. "
        f"Остановите её или выберите другой порт: PORT={busy_port + 1} make run\n"
    )
    assert not (tmp_path / "instance" / "postgres").exists()


def test_unreachable_database_stops_the_start_with_one_sentence(tmp_path: Path) -> None:
    url = f"postgresql://user:qwerty@127.0.0.1:{free_port()}/kadry"
    result = start_portal(tmp_path, PORT=str(free_port()), DATABASE_URL=url)
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("База данных по адресу «postgresql://user:***@127.0.0.1:")
    assert "DATABASE_URL" in result.stderr
    assert "qwerty" not in result.stderr


def test_wrong_setting_stops_the_start_with_one_sentence(tmp_path: Path) -> None:
    result = start_portal(tmp_path, PORT="восемь")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "PORT: «восемь» не подходит, нужно целое число от 1 до 65535.\n"


def test_foreign_address_is_refused() -> None:
    with pytest.raises(StartError, match=r"^HOST: «192\.0\.2\.1» не подходит"):
        run.check_port("192.0.2.1", free_port())


def test_port_is_free_again_at_once_after_a_stop(tmp_path: Path) -> None:
    port = free_port()
    with supervising(tmp_path, python_part("web", ANSWERING, port)) as supervisor:
        supervisor.wait_until(lambda: run.is_healthy("127.0.0.1", port), seconds=PATIENCE)
        with pytest.raises(StartError):
            run.check_port("127.0.0.1", port)
    run.check_port("127.0.0.1", port)


# What is started and printed


def test_web_server_listens_where_it_is_told() -> None:
    settings = Settings(secret_key="k" * 32, host="::1", port=8081, web_threads=3, web_workers=2)
    options = run.gunicorn_options(settings)
    assert (options["bind"], options["threads"], options["workers"]) == ("[::1]:8081", 3, 2)


@pytest.mark.parametrize("serve", [run.serve_with_gunicorn, run.serve_with_waitress])
def test_each_web_server_answers_and_stops(tmp_path: Path, serve: Callable[[Flask, Settings], None]) -> None:
    app = Flask(__name__)
    app.add_url_rule("/health", view_func=lambda: {"status": "ok"})
    settings = Settings(secret_key="k" * 32, port=free_port(), web_threads=2)
    with supervising(tmp_path, Part("web", "web", lambda: serve(app, settings))) as supervisor:
        supervisor.wait_until(lambda: run.is_healthy("127.0.0.1", settings.port), seconds=PATIENCE)
    assert not run.is_healthy("127.0.0.1", settings.port)


def test_greeting_shows_address_and_demo_logins_only_in_a_demo() -> None:
    settings = Settings(secret_key="k" * 32, public_url="http://127.0.0.1:8081")
    assert run.greeting(settings, []).split("\n") == [
        "",
        "Портал «Кадры в образовании» работает: http://127.0.0.1:8081",
        "",
        "Остановить портал: Ctrl-C",
    ]
    shown = run.greeting(settings, [("operator", "Оператор АИС"), ("worker2", "Работник второй школы")])
    assert "  operator  Оператор АИС\n  worker2   Работник второй школы\n" in shown
    assert "demo-2026" in shown
