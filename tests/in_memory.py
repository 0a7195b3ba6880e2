"""Where the database of a test run lies: in the machine's memory when there is room, else in the run's folder.

Cloning a database copies some 1,500 small files; on a disk that takes twenty times as long as in memory, and nearly every
module clones one.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

#: a file system in memory, as Linux has it
MEMORY = Path("/dev/shm")
NAME = "portal-tests-"
#: bytes that the databases of eight workers may take, and what else the machine must have left
ROOM, SPARE = 4 << 30, 4 << 30
#: id of the process that began the run; its workers inherit it
RUN = "PORTAL_TEST_RUN"


def begin_run() -> None:
    """Name the run for its workers; what runs left behind that were killed is taken away."""
    os.environ.setdefault(RUN, str(os.getpid()))
    for left in MEMORY.glob(f"{NAME}*"):
        if not Path("/proc", left.name.removeprefix(NAME)).exists():
            shutil.rmtree(left, ignore_errors=True)


def database_folder(otherwise: Path) -> Path:
    """Folder of the run's server, the same for all its workers; ``otherwise`` where memory is short or unknown."""
    folder = MEMORY / f"{NAME}{os.environ[RUN]}"
    if not folder.exists() and not _has_room():
        return otherwise
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _has_room() -> bool:
    try:
        free = shutil.disk_usage(MEMORY).free
        memory = Path("/proc/meminfo").read_text()
    except OSError:
        return False
    available = int(memory.split("MemAvailable:", 1)[1].split()[0]) << 10
    return free > ROOM and available > ROOM + SPARE
