"""Time in tests: how long they wait for what must come, and the files and jobs of a machine whose clock is another."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Callable
from pathlib import Path

import time_machine

from app.clock import ZONE, today

#: seconds, because other work may hold all processors for many; nothing shorter decides whether a test passes
PATIENCE = 60


def until(condition: Callable[[], object]) -> None:
    """Return as soon as the condition holds; fail when it never does."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true"
        time.sleep(0.02)


def written_now(folder: Path) -> None:
    """Give the files of a folder the test's time: the machine wrote them at its own."""
    for path in folder.iterdir():
        os.utime(path, (time.time(), time.time()))


def in_the_morning() -> time_machine.travel:
    """Ten o'clock of the same day, when jobs that write to people do their work."""
    return time_machine.travel(dt.datetime.combine(today(), dt.time(10), tzinfo=ZONE))
