"""Where LibreOffice runs: it sees one folder, its program and the fonts, and no network, as far as the system allows.

Tried in this order: bubblewrap, the namespaces of Linux by util-linux, else only a separate profile with links and macros
off. In the first two a document that names a file of the server gets nothing of it; in the last only the profile's
settings and the allow-list of templates protect. ``level()`` says which is used; the portal logs it at start.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

#: what LibreOffice needs of the system, read only; what is missing is left out
SYSTEM = ("/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin", "/etc/fonts", "/etc/ld.so.cache", "/etc/alternatives",
          "/etc/libreoffice", "/var/cache/fontconfig")  # fmt: skip
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
_PROBE_SECONDS = 10


class Level(StrEnum):
    """How LibreOffice is kept apart, best first; the values are words for the log."""

    BUBBLEWRAP = "bubblewrap: без сети, видны только его папка, программа и шрифты"
    NAMESPACES = "пространства имён Linux: без сети, видны только его папка, программа и шрифты"
    PROFILE = "только собственный профиль: ссылки и макросы выключены, но файлы сервера и сеть от него не отделены"


@lru_cache(maxsize=1)
def level() -> Level:
    """Return the best way that works on this host, found by trying."""
    if sys.platform != "linux":
        return Level.PROFILE
    for found in (Level.BUBBLEWRAP, Level.NAMESPACES):
        if _works(found):
            return found
    return Level.PROFILE


def _works(found: Level) -> bool:
    probe = ["/bin/sh", "-c", "test ! -e /etc/passwd && test ! -e /proc/1/root/etc/passwd"]
    command = wrapped(probe, Path("/tmp"), found=found)  # noqa: S108  # never written to
    if not command:
        return False
    try:
        done = subprocess.run(command, timeout=_PROBE_SECONDS, capture_output=True, check=False)
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def wrapped(
    command: Sequence[str],
    folder: Path,
    *,
    found: Level,
    readable: Sequence[Path] = (),
    writable: Sequence[Path] = (),
) -> list[str]:
    """Return the command that runs ``command`` in ``folder`` at a level; further folders to read or to write are named.

    Empty when the programs of the level are missing.
    """
    places = [*SYSTEM, *map(str, readable)]
    if found is Level.BUBBLEWRAP:
        return _bubblewrap(command, folder, places, [folder, *writable])
    if found is Level.NAMESPACES:
        return _namespaces(command, folder, places, [folder, *writable])
    return list(command)


def _bubblewrap(command: Sequence[str], folder: Path, places: Sequence[str], writable: Sequence[Path]) -> list[str]:
    program = shutil.which("bwrap")
    if program is None:
        return []
    parts = [program, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    parts += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]  # noqa: S108  # inside the sandbox
    for place in places:
        parts += ["--ro-bind-try", place, place]
    for own in writable:
        parts += ["--bind", str(own), str(own)]
    return [*parts, "--chdir", str(folder), *command]


def _namespaces(command: Sequence[str], folder: Path, places: Sequence[str], writable: Sequence[Path]) -> list[str]:
    """A new root of read-only places in namespaces of one's own; needs no rights where users may have namespaces."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    found = [shutil.which(name, path=path) for name in ("unshare", "mount", "umount", "pivot_root", "setpriv")]
    programs = [program for program in found if program is not None]
    if len(programs) < len(found):
        return []
    mount, umount, pivot_root, setpriv = map(shlex.quote, programs[1:])
    root = shlex.quote(str(_root()))
    lines = ["set -e", f"{mount} -t tmpfs -o mode=755 tmpfs {root}", f"cd {root}", "mkdir -p proc tmp dev .old"]
    for place in places:
        quoted = shlex.quote(place)
        lines.append(
            f"if [ -L {quoted} ]; then mkdir -p .{shlex.quote(str(Path(place).parent))}; cp -P {quoted} .{quoted}; "
            f"elif [ -d {quoted} ]; then mkdir -p .{quoted}; {mount} --rbind {quoted} .{quoted}; "
            f"{mount} -o remount,bind,ro .{quoted} 2>/dev/null || true; "
            f"elif [ -e {quoted} ]; then mkdir -p .{shlex.quote(str(Path(place).parent))}; : > .{quoted}; "
            f"{mount} --bind {quoted} .{quoted}; fi"
        )
    for place in _DEVICES:
        lines.append(f": > .{place}; {mount} --bind {place} .{place}")
    for own in writable:
        quoted = shlex.quote(str(own))
        lines.append(f"mkdir -p .{quoted}; {mount} --bind {quoted} .{quoted}")
    lines += [
        f"{mount} -t proc proc proc",
        f"{pivot_root} . .old",
        f"{umount} -l /.old",
        f"cd {shlex.quote(str(folder))}",
        f'exec {setpriv} --no-new-privs --bounding-set=-all --inh-caps=-all "$@"',
    ]
    flags = ["--user", "--map-root-user", "--mount", "--net", "--pid", "--ipc", "--fork", "--kill-child"]
    return [programs[0], *flags, "/bin/sh", "-c", "\n".join(lines), "sh", *command]


@lru_cache(maxsize=1)
def _root() -> Path:
    """An empty folder on which the new root is mounted; each process of the portal sees only its own mounts there."""
    return Path("/mnt") if Path("/mnt").is_dir() else Path("/srv")
