"""Supervision of real processes: restarts, stubborn and dying ones, what they leave behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import supervisor as supervision
from app.supervisor import NotReady, Part, Supervisor
from tests.waiting import PATIENCE, until

ROOT = Path(__file__).parents[2]

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


def has_ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() == b""
    except FileNotFoundError:
        return True


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


def pids(log: Path) -> list[int]:
    return [int(word) for word in log.read_text().split()]


def test_killed_parts_are_restarted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervision, "STOP_SECONDS", 0.3)
    web, worker = tmp_path / "web.log", tmp_path / "worker.log"
    with supervising(tmp_path, python_part("web", STUBBORN), python_part("worker", WITH_HELPER)) as supervisor:
        supervisor.wait_until(lambda: bool(pids(web) and pids(worker)), seconds=PATIENCE)
        [first_web], [helper, first_worker] = pids(web), pids(worker)
        os.kill(first_web, signal.SIGKILL)
        os.kill(first_worker, signal.SIGKILL)
        supervisor.wait_until(lambda: len(pids(web)) == 2 and len(pids(worker)) == 4, seconds=PATIENCE)
        until(lambda: has_ended(helper))  # what a killed part leaves behind would hold its port
        assert not has_ended(pids(web)[1])
    until(lambda: all(has_ended(pid) for pid in pids(web) + pids(worker)))
    assert "web: процесс остановился (код -9), запускаю снова." in capsys.readouterr().out


def test_part_that_keeps_dying_ends_the_start(tmp_path: Path) -> None:
    began = time.monotonic()
    with (
        supervising(tmp_path, python_part("web", "raise SystemExit(3)")) as supervisor,
        pytest.raises(NotReady, match="журналах") as failure,
    ):
        supervisor.wait_until(lambda: False, seconds=5 * PATIENCE)
    assert str(tmp_path) in failure.value.message
    assert time.monotonic() - began < PATIENCE


def test_part_that_ignores_the_signal_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "STOP_SECONDS", 0.3)
    with supervising(tmp_path, python_part("worker", STUBBORN)):
        until(lambda: (tmp_path / "worker.log").read_text())
    assert has_ended(pids(tmp_path / "worker.log")[0])


def test_parts_end_when_run_py_is_killed(tmp_path: Path) -> None:
    code = (
        "import os, pathlib, sys\nfrom app.supervisor import Part, Supervisor\n"
        f"part = Part('worker', 'worker', lambda: exec({WITH_HELPER!r}))\n"
        "supervisor = Supervisor([part], log_dir=pathlib.Path(sys.argv[1]))\n"
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
    monkeypatch.setattr(supervision, "MAX_LOG_BYTES", 10)
    (tmp_path / "web.log").write_text("a long line of an earlier day\n")
    with supervising(tmp_path, python_part("web", "print(1, flush=True); import time; time.sleep(60)")):
        until(lambda: (tmp_path / "web.log").read_text() == "1\n")
    assert (tmp_path / "web.old.log").read_text() == "a long line of an earlier day\n"


def test_failure_of_a_part_is_written_to_its_log(tmp_path: Path) -> None:
    def fail() -> None:
        raise RuntimeError("broken part")

    with supervising(tmp_path, Part("worker", "worker", fail)):
        until(lambda: "RuntimeError: broken part" in (tmp_path / "worker.log").read_text())
