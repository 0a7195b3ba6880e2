"""Keep the processes of the portal running: start, watch, restart with a growing pause, stop.

Linux, macOS and other systems with ``fork``. The processes are forked, not executed anew: the loaded application is
shared, so a start loads it once and a restart takes no time.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.errors import Unavailable

STOP_SECONDS = 5  # of all parts together; run.py promises ten with the database
CALM_SECONDS = 30  # a child that lived so long starts with the shortest pause again
LONGEST_PAUSE = 10.0
FAILED_STARTS = 4  # of one child before the portal was ever ready
TICK_SECONDS = 0.05
MAX_LOG_BYTES = 10_000_000
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # Ctrl-C, a service manager, a closed terminal


class NotReady(Unavailable):
    """The portal did not become ready; the message names the logs."""


@dataclass(frozen=True, slots=True)
class Part:
    """A process of the portal: ``name`` is its and its log's name, ``title`` its name in messages, ``target`` its work."""

    name: str
    title: str
    target: Callable[[], object]


class Child:
    """One supervised process in a group of its own, restarted with a growing pause when it dies."""

    def __init__(self, part: Part, *, log_dir: Path) -> None:
        self.part = part
        self.failures = 0
        self._log = log_dir / f"{part.name}.log"
        self._pid: int | None = None
        self._code = 0
        self._started = 0.0
        self._next_start = 0.0

    def tick(self) -> None:
        """Start the process if its time has come; note its death."""
        now = time.monotonic()
        if self._pid is not None and self.has_stopped():
            self._bury(now)
        if self._pid is None and now >= self._next_start:
            _turn_log(self._log)
            self._pid = _fork(self.part, self._log)
            self._started = now

    def ask_to_stop(self) -> None:
        """Send SIGTERM: a web server answers the requests it has, a worker ends its job."""
        if self._pid is not None and not self.has_stopped():
            os.kill(self._pid, signal.SIGTERM)

    def has_stopped(self) -> bool:
        """Whether the process has ended; leaves its entry to the system, which keeps the number from being reused."""
        if self._pid is None:
            return True
        ended = os.waitid(os.P_PID, self._pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return ended is not None

    def kill(self) -> None:
        """End what is left of the process group."""
        if self._pid is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS refuses a group of ended processes
                os.killpg(self._pid, signal.SIGKILL)
            _, status = os.waitpid(self._pid, 0)
            self._code = os.waitstatus_to_exitcode(status)
            self._pid = None

    def _bury(self, now: float) -> None:
        self.kill()
        self.failures = 1 if now - self._started > CALM_SECONDS else self.failures + 1
        self._next_start = now + min(0.1 * 2**self.failures, LONGEST_PAUSE)
        say(f"{self.part.title}: процесс остановился (код {self._code}), запускаю снова. Журнал: {self._log}")


class Supervisor:
    """Keeps the parts running between ``start`` and ``stop``."""

    def __init__(self, parts: Sequence[Part], *, log_dir: Path) -> None:
        log_dir.mkdir(parents=True, exist_ok=True)
        self._log_dir = log_dir
        self._children = [Child(part, log_dir=log_dir) for part in parts]

    def start(self) -> None:
        """Start all parts."""
        for child in self._children:
            child.tick()

    def wait_until(self, healthy: Callable[[], bool], *, seconds: float) -> None:
        """Return when ``healthy``; NotReady when a part keeps dying or time is over."""
        deadline = time.monotonic() + seconds
        while not healthy():
            worst = max(self._children, key=lambda child: child.failures)
            if worst.failures >= FAILED_STARTS or time.monotonic() > deadline:
                raise NotReady(f"Портал не запустился. Причина записана в журналах «{self._log_dir}».")
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


def say(text: str, *, error: bool = False) -> None:
    """Tell the person at the terminal; one who has left it does not stop the portal's work."""
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr if error else sys.stdout, flush=True)


def _turn_log(path: Path) -> None:
    if path.exists() and path.stat().st_size > MAX_LOG_BYTES:
        path.replace(path.with_suffix(".old.log"))


# Loaded before any fork: the child may only call it.
_PRCTL = ctypes.CDLL(None).prctl if sys.platform == "linux" else None
PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15


def _fork(part: Part, log: Path) -> int:
    """Start a part in a process of its own; return its id."""
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    pid = os.fork()
    if pid:
        os.close(output)
        _lead_group(pid)
        return pid
    code = 1
    try:
        _detach(part.name, output, parent)
        part.target()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        os.write(2, traceback.format_exc().encode())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # never return into the supervisor's code


def _lead_group(pid: int) -> None:
    """Make a group of the child and of all that it starts; both sides do it, so that neither acts before it is done."""
    with contextlib.suppress(PermissionError, ProcessLookupError):
        os.setpgid(pid, pid)


def _detach(name: str, output: int, parent: int) -> None:
    """In the child: own process group, so that Ctrl-C reaches run.py alone; own log; an end with the parent."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    _lead_group(os.getpid())
    silence = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((silence, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    os.close(output)
    os.close(silence)
    if _PRCTL is not None:
        _PRCTL(PR_SET_NAME, f"kadry-{name}".encode())
        _PRCTL(PR_SET_PDEATHSIG, signal.SIGTERM)  # however run.py dies
    if os.getppid() != parent:
        os._exit(1)
