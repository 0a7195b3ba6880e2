"""Create ``.venv`` and install a file of pinned requirements into it; does nothing when both are up to date.

Runs under the system's Python before anything is installed: standard library only.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"


def main(name: str) -> int:
    """Install ``name``; return the exit code."""
    requirements = ROOT / name
    with (ROOT / "pyproject.toml").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # make -j may ask for two files at once, and both go into one folder
        stamp = VENV / f"{requirements.stem}.installed"
        mark = f"{sys.version_info[:2]} {hashlib.sha256(requirements.read_bytes()).hexdigest()}"
        if _works([str(PYTHON), "-c", ""]) and stamp.exists() and stamp.read_text() == mark:
            return 0
        if not _make_venv() or not _install(requirements):
            return 1
        stamp.write_text(mark)
    return 0


def _make_venv() -> bool:
    if _works([str(PYTHON), "-m", "pip", "--version"]) and _same_python():
        return True
    _say("Создаю окружение .venv…")
    shutil.rmtree(VENV, ignore_errors=True)
    if _call([sys.executable, "-m", "venv", str(VENV)], quiet=True):
        return True
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    shutil.rmtree(VENV, ignore_errors=True)
    if _install_system_package(package) and _call([sys.executable, "-m", "venv", str(VENV)], quiet=True):
        return True
    _say(f"Не удалось создать .venv. В Debian и Ubuntu поможет: sudo apt-get install {package}")
    return False


def _install(requirements: Path) -> bool:
    _say("Устанавливаю библиотеки, в первый раз это займёт около минуты…")
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    command += ["--root-user-action=ignore", "--require-hashes", "-r", str(requirements)]
    if _call(command):
        return True
    _say("Библиотеки не установлены: проверьте связь с хранилищем пакетов и повторите команду.")
    return False


def _same_python() -> bool:
    """Whether ``.venv`` belongs to the Python that runs us; after an upgrade of the system it does not."""
    code = f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]!r})"
    return _works([str(PYTHON), "-c", code])


def _install_system_package(package: str) -> bool:
    """On Debian and Ubuntu, as root or with sudo that asks nothing."""
    if shutil.which("apt-get") is None:
        return False
    prefix: list[str] = []
    if os.geteuid() != 0:
        prefix = ["sudo", "-n"]
        if not _works([*prefix, "true"]):
            return False
    _say(f"Устанавливаю {package}…")
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-y"]
    return _call([*apt, "update"], quiet=True) and _call(
        [*apt, "--no-install-recommends", "install", package], quiet=True
    )


def _works(command: list[str]) -> bool:
    return _call(command, quiet=True)


def _call(command: list[str], *, quiet: bool = False) -> bool:
    output = subprocess.DEVNULL if quiet else None
    try:
        result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False)
    except OSError:
        return False
    return result.returncode == 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
