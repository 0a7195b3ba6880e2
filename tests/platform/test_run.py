"""``run.py``: what stops a start, and the supervision of real processes (small stand-ins for web server and worker)."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import run
from config import Settings
from run import Part, StartError, Supervisor

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
WITH_HELPER = """
import os, subprocess, time
print(subprocess.Popen(["sleep", "60"]).pid, os.getpid(), flush=True)
time.sleep(60)
"""
STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(os.getpid(), flush=True)
time.sleep(60)
"""


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def until(condition: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true"
        time.sleep(0.02)


def has_ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() == b""
    except FileNotFoundError:
        return True


def python_part(name: str, code: str, *arguments: object) -> Part:
    return Part(name, name, [sys.executable, "-c", code, *map(str, arguments)])


@contextlib.contextmanager
def supervising(tmp_path: Path, *parts: Part) -> Iterator[Supervisor]:
    supervisor = Supervisor(parts, environment=os.environ, log_dir=tmp_path)
    try:
        supervisor.start()
        yield supervisor
    finally:
        supervisor.stop()


def start_portal(tmp_path: Path, **env: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "INSTANCE_DIR": str(tmp_path / "instance"), **env}
    command = [sys.executable, "run.py"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30)


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
        supervisor.wait_until(lambda: run.is_healthy("127.0.0.1", port), seconds=10)
        with pytest.raises(StartError):
            run.check_port("127.0.0.1", port)
    run.check_port("127.0.0.1", port)


# Supervision


def pids(log: Path) -> list[int]:
    return [int(word) for word in log.read_text().split()]


@pytest.fixture
def ticking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "TICK_SECONDS", 0.02)


@pytest.mark.usefixtures("ticking")
def test_killed_web_server_and_worker_are_restarted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    parts = [python_part("web", ANSWERING, port), python_part("worker", WITH_HELPER)]
    with supervising(tmp_path, *parts) as supervisor:
        until(lambda: (tmp_path / "worker.log").read_text())
        supervisor.wait_until(lambda: run.is_healthy("127.0.0.1", port), seconds=10)
        [web], [helper, worker] = pids(tmp_path / "web.log"), pids(tmp_path / "worker.log")
        os.kill(web, signal.SIGKILL)
        os.kill(worker, signal.SIGKILL)
        until(lambda: has_ended(web) and has_ended(worker))
        supervisor.wait_until(
            lambda: len(pids(tmp_path / "worker.log")) == 4 and run.is_healthy("127.0.0.1", port), seconds=10
        )
        assert len(pids(tmp_path / "web.log")) == 2
        until(lambda: has_ended(helper))  # what a killed part leaves behind would hold its port
    until(lambda: all(has_ended(pid) for log in ("web.log", "worker.log") for pid in pids(tmp_path / log)))
    assert "web: процесс остановился (код -9), запускаю снова." in capsys.readouterr().out


@pytest.mark.usefixtures("ticking")
def test_part_that_keeps_dying_ends_the_start(tmp_path: Path) -> None:
    began = time.monotonic()
    with (
        supervising(tmp_path, python_part("web", "raise SystemExit(3)")) as supervisor,
        pytest.raises(StartError, match="журналах") as failure,
    ):
        supervisor.wait_until(lambda: False, seconds=60)
    assert failure.value.code == 1
    assert time.monotonic() - began < 20


def test_part_that_ignores_the_signal_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "STOP_SECONDS", 0.3)
    with supervising(tmp_path, python_part("worker", STUBBORN)):
        until(lambda: (tmp_path / "worker.log").read_text())
    assert has_ended(pids(tmp_path / "worker.log")[0])


def test_parts_end_when_run_py_is_killed(tmp_path: Path) -> None:
    code = (
        "import os, pathlib, sys\nfrom run import Part, Supervisor\n"
        f"part = Part('worker', 'worker', [sys.executable, '-c', {WITH_HELPER!r}])\n"
        "supervisor = Supervisor([part], environment=os.environ, log_dir=pathlib.Path(sys.argv[1]))\n"
        "supervisor.start()\nsupervisor.watch()\n"
    )
    log = tmp_path / "worker.log"
    starter = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT)
    until(lambda: log.exists() and log.read_text())
    starter.kill()
    starter.wait()
    helper, worker = pids(log)
    try:
        until(lambda: has_ended(worker))
    finally:
        os.kill(helper, signal.SIGKILL)  # a stand-in for a child of the part: gunicorn ends its own


def test_large_log_is_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "MAX_LOG_BYTES", 10)
    (tmp_path / "web.log").write_text("a long line of an earlier day\n")
    with supervising(tmp_path, python_part("web", "print(1, flush=True); import time; time.sleep(60)")):
        until(lambda: (tmp_path / "web.log").read_text() == "1\n")
    assert (tmp_path / "web.old.log").read_text() == "a long line of an earlier day\n"


# What is started and printed


def test_web_server_listens_where_it_is_told() -> None:
    settings = Settings(secret_key="k" * 32, host="::1", port=8081, web_threads=3, web_workers=2)
    command = run.web_command(settings)
    assert command[-1] == "app.wsgi:app"
    assert {"--bind=[::1]:8081", "--threads=3", "--workers=2", "--worker-class=gthread"} <= set(command)


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
