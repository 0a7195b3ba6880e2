"""The converters of one host: a limited number of LibreOffices at a time for all processes of the portal; the others wait in turn.

A turn is a lock on a file; the system releases it when the process that took it dies.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from app.errors import Unavailable

#: one LibreOffice uses one core; the other cores answer users
CONVERTERS = max(1, (os.cpu_count() or 2) // 2)
POLL_SECONDS = 0.2
BUSY = "Все преобразователи в PDF заняты. Повторите через минуту или скачайте DOCX: он содержит то же самое."
#: on a system without file locks the turn holds within a process
_local = threading.BoundedSemaphore(CONVERTERS)


@contextmanager
def turn(patience: float, tell: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold a converter; waits at most ``patience`` seconds, calls ``tell`` meanwhile, which may raise to stop.

    Raises Unavailable when none gets free.
    """
    deadline = time.monotonic() + patience
    while (held := _take()) is None:
        if time.monotonic() >= deadline:
            raise Unavailable(BUSY)
        tell()
        time.sleep(POLL_SECONDS)
    try:
        yield
    finally:
        held()


def _take() -> Callable[[], None] | None:
    """Take a free converter and return what gives it back; None when all are taken."""
    try:
        import fcntl
    except ImportError:
        return _local.release if _local.acquire(blocking=False) else None
    for number in range(CONVERTERS):
        slot = os.open(_folder() / f"converter-{number}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(slot, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(slot)
        else:
            return lambda slot=slot: os.close(slot)  # type: ignore[misc]
    return None


def _folder() -> Path:
    """The folder of the locks, this user's alone."""
    owner = os.getuid() if hasattr(os, "getuid") else 0
    folder = Path(tempfile.gettempdir()) / f"kadry-office-{owner}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if hasattr(os, "getuid") and folder.stat().st_uid != owner:
        raise Unavailable(BUSY)
    return folder
