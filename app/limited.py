"""Work on files of strangers in a child process with limits of processor time, memory and output.

A library that reads a hostile file may run for minutes, fill the memory or abort the process; none of this can be caught
inside. So the child does the work and the parent only waits: the child may die, the portal goes on. All such work
(workbooks, print templates) runs this way; a few children run at a time, a few callers wait for their turn.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

#: children of one process of the portal at a time, and callers that may wait for one of them to end
MOST_CHILDREN, MOST_WAITING = max(2, os.cpu_count() or 1), 3
POLL_SECONDS = 0.1
#: the child gives way to the processes that answer users
NICENESS = 5
#: what a child knows of its parent's surroundings: no secrets
_KEPT = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "LD_LIBRARY_PATH")

# The child loads `app.…` without running `app/__init__.py`, which would start loading the whole portal.
_BOOT = (
    "import sys, types; package = types.ModuleType('app'); package.__path__ = [sys.argv[1]]; "
    "sys.modules['app'] = package; from app.limited import child; child(*sys.argv[2:])"
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one child. ``cpu_seconds`` count from the moment its libraries are loaded, ``wall_seconds`` from its start."""

    cpu_seconds: float
    memory_bytes: int
    output_bytes: int
    wall_seconds: float


class ChildDied(Exception):
    """The child did not end well: a limit was reached, or a library aborted it; ``code`` is its exit code, if it had one."""

    def __init__(self, code: int | None = None) -> None:
        super().__init__(code)
        self.code = code


class TooBusy(Exception):
    """All children are at work and enough callers wait already."""


_children = threading.BoundedSemaphore(MOST_CHILDREN)
_queue = threading.BoundedSemaphore(MOST_WAITING)


@contextmanager
def _turn(patience: float) -> Iterator[None]:
    """Wait for a free child at most ``patience`` seconds; raises TooBusy."""
    if not _children.acquire(blocking=False):
        if not _queue.acquire(blocking=False):
            raise TooBusy
        try:
            if not _children.acquire(timeout=patience):
                raise TooBusy
        finally:
            _queue.release()
    try:
        yield
    finally:
        _children.release()


@contextmanager
def answer_of(
    entry: str,
    source: IO[bytes],
    limits: Limits,
    *,
    patience: float,
    tell: Callable[[int], None] = lambda _done: None,
) -> Iterator[IO[bytes]]:
    """Run ``entry`` («app.exchange.worker:main») in a child and give the file with what it wrote to standard output.

    ``source`` is its standard input. The child counts its progress by a byte a step on standard error; ``tell`` gets the
    number and may raise to stop it. Raises TooBusy when no child gets free within ``patience`` seconds, ChildDied.
    """
    with tempfile.TemporaryFile() as answer, tempfile.TemporaryFile() as steps:
        with _turn(patience):
            _run(_command(entry, limits), source, answer, steps, limits.wall_seconds, tell)
        answer.seek(0)
        yield answer


def _command(entry: str, limits: Limits) -> list[str]:
    numbers = (limits.cpu_seconds, limits.memory_bytes, limits.output_bytes)
    root = Path(__file__).resolve().parent
    return [sys.executable, "-I", "-c", _BOOT, str(root), entry, *map(str, numbers)]


def _run(
    command: list[str],
    source: IO[bytes],
    answer: IO[bytes],
    steps: IO[bytes],
    seconds: float,
    tell: Callable[[int], None],
) -> None:
    source.flush()
    source.seek(0)
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    process = subprocess.Popen(command, stdin=source, stdout=answer, stderr=steps, env=environment)
    try:
        waited = 0.0
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = process.wait(POLL_SECONDS)
                if code:
                    raise ChildDied(code)
                break
            waited += POLL_SECONDS
            if waited > seconds:
                raise ChildDied
            tell(os.fstat(steps.fileno()).st_size)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


# --- inside the child ------------------------------------------------------------------------------------------------


def child(entry: str, cpu_seconds: str, memory_bytes: str, output_bytes: str) -> None:
    """Entry point of the child: bound it, load the module, bound its time, do the work."""
    import importlib

    with contextlib.suppress(OSError, AttributeError):
        os.nice(NICENESS)
    _bound("RLIMIT_AS", int(memory_bytes))
    _bound("RLIMIT_FSIZE", int(output_bytes))
    _bound("RLIMIT_CORE", 0)  # no core dump with personal data
    module, _, function = entry.partition(":")
    work: Callable[[], None] = getattr(importlib.import_module(module), function)
    _bound_time(float(cpu_seconds))
    work()


def _bound_time(seconds: float) -> None:
    """End the process once it has worked so long from now: to the fraction by a timer, by whole seconds if that is held off."""
    used = os.times()
    _bound("RLIMIT_CPU", int(used.user + used.system + seconds) + 2)
    try:
        import signal

        signal.setitimer(signal.ITIMER_PROF, seconds)  # ends in SIGPROF, which nobody here catches
    except (ImportError, AttributeError):
        return


def _bound(name: str, value: int) -> None:
    """Set a limit of the process; does nothing on a system without POSIX limits, where the waiting time alone bounds it."""
    try:
        import resource
    except ImportError:
        return
    kind = getattr(resource, name)
    _, hard = resource.getrlimit(kind)
    bounded = value if hard == resource.RLIM_INFINITY else min(value, hard)
    with contextlib.suppress(ValueError, OSError):  # macOS refuses RLIMIT_AS
        resource.setrlimit(kind, (bounded, hard))
