"""Copies of the portal: the database by PostgreSQL's own tools, the users' files beside it, and checksums that prove both.

A copy is a folder that only its owner may open. The key of the portal is not in it: a person who has the copy must not be
able to sign in as anybody. ``README.txt`` tells the person who restores it what follows from that.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url, select

from app import models as m
from app.access import unscoped
from app.clock import now
from app.errors import Conflict, NotFound, Unavailable
from app.extensions import configured, db
from app.postgres_host import find_binaries
from app.services.portal.files import files_root

NAME = "portal-%Y%m%d-%H%M%S"
DATABASE, FILES, SUMS, KEY, README = "database.dump", "files.tar", "SHA256SUMS", "key-check.txt", "README.txt"
_PRIVATE = 0o077

_WORDS = f"""Копия портала «Кадры в образовании»

{DATABASE} — база данных (в ней и шаблоны документов), {FILES} — файлы пользователей: сканы, программы, реестры.
{SUMS} — контрольные суммы SHA-256; их проверяет команда восстановления, вручную: sha256sum -c {SUMS}.

Ключа портала (SECRET_KEY или файл secret_key) в копии НЕТ: храните его отдельно от копий. Если ключ утерян, данные и файлы
восстановятся, но:
- второй шаг входа и запасные коды придётся настроить заново каждому, у кого они были: администратор отключает их в карточке;
- все сеансы закончатся, каждый войдёт снова; устройства перестанут быть знакомыми;
- начатые формы регистрации придётся открыть заново.
Пароли, документы, QR-коды и ссылки из писем от ключа не зависят.

В копии персональные данные: храните её зашифрованной и на другом компьютере.
"""


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back: the copy, how many files, how many that the database names are missing or differ, is the key the same."""

    copy: Path
    files: int
    missing: int
    same_key: bool


def dump(directory: Path) -> Path:
    """Write a copy into ``directory`` and return its folder; raises Unavailable when it cannot be made.

    The database comes first: a file is written before its row, so every file that the copy's rows name is there.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = directory / now().strftime(NAME)
    part = target.with_suffix(".part")
    part.mkdir(mode=0o700)
    try:
        _run("pg_dump", "--format=custom", "--no-owner", "--no-acl", f"--file={part / DATABASE}")
        _pack(part / FILES)
        _write(part / KEY, _key_check() + "\n")
        _write(part / README, _WORDS)
        sums = [f"{_sum(part / name)}  {name}\n" for name in (DATABASE, FILES, KEY)]
        _write(part / SUMS, "".join(sums))
        part.rename(target)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return target


def _pack(target: Path) -> None:
    root = files_root()
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        with tarfile.open(fileobj=file, mode="w") as archive:
            # one that the nightly sweep removes meanwhile is past its term
            for path in sorted(path for path in root.rglob("*") if path.is_file()):
                try:
                    archive.add(path, arcname=path.relative_to(root).as_posix(), recursive=False)
                except FileNotFoundError:
                    continue
        file.flush()
        os.fsync(file.fileno())


def _write(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _key_check() -> str:
    """By it a restore sees whether the key is the same; nobody finds the key by it."""
    key: str = configured().secret_key
    return hmac.new(key.encode(), b"portal backup", hashlib.sha256).hexdigest()


# --- restoring -------------------------------------------------------------------------------------------------------


def restore(directory: Path) -> Restored:
    """Replace the database and the files by the newest copy of ``directory`` (or by the copy that it is).

    Raises NotFound without a copy, Conflict for a damaged one and while people work: then nothing is changed.
    """
    copy = _newest(directory)
    _prove(copy)
    db.session.remove()
    db.engine.dispose()
    if _others():
        raise Conflict("К базе подключены другие программы. Остановите портал и обработчик заданий и повторите.")
    db.engine.dispose()
    root = files_root()
    fresh = root.with_name(f"{root.name}.restoring")
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        number = _unpack(copy / FILES, fresh)
        _run(
            "pg_restore",
            "--clean",
            "--if-exists",
            "--no-owner",
            "--no-acl",
            "--single-transaction",
            str(copy / DATABASE),
        )
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    if root.exists():
        root.rename(root.with_name(f"{root.name}.before-{now():%Y%m%d-%H%M%S}"))
    fresh.rename(root)
    same = (copy / KEY).read_text("utf-8").strip() == _key_check()
    return Restored(copy, number, _missing(), same)


def _newest(directory: Path) -> Path:
    if (directory / SUMS).is_file():
        return directory
    copies = sorted(path for path in directory.glob("portal-*") if (path / SUMS).is_file())
    if not copies:
        raise NotFound(f"В папке {directory} нет копий портала (папок portal-… с файлом {SUMS}).")
    return copies[-1]


def _prove(copy: Path) -> None:
    """Raise Conflict unless every part is there and has the sum that was written when it was made."""
    lines = (copy / SUMS).read_text("utf-8").splitlines()
    listed = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    for name in (DATABASE, FILES, KEY):
        path = copy / name
        if not path.is_file() or name not in listed:
            raise Conflict(f"Копия {copy.name} неполная: нет файла {name}. Возьмите другую копию; ничего не изменено.")
        if _sum(path) != listed[name]:
            raise Conflict(
                f"Копия {copy.name} повреждена: сумма файла {name} не сходится. Возьмите другую копию; ничего не изменено."
            )


def _unpack(source: Path, target: Path) -> int:
    target.mkdir(mode=0o700, parents=True)
    with tarfile.open(source) as archive:
        members = archive.getmembers()
        archive.extractall(target, members=members, filter="data")
    for path in target.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return len(members)


def _missing() -> int:
    """Rows of files within their term whose file is not there, or is not what it was."""
    row, root = m.StoredFile, files_root()
    with unscoped("are the files of a restored copy whole"):
        kept = select(row.path, row.sha256).where(row.expires_at.is_(None) | (row.expires_at > now()))
        found = db.session.execute(kept).all()
    return sum(not (root / path).is_file() or _sum(root / path) != digest for path, digest in found)


def _others() -> int:
    with db.engine.connect() as connection:
        sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        return int(connection.exec_driver_sql(sql).scalar_one())


def _run(tool: str, *arguments: str) -> None:
    """Run a PostgreSQL tool on the portal's database; the password travels in the environment, not in the arguments."""
    url = make_url(str(db.engine.url.render_as_string(hide_password=False))).set(drivername="postgresql")
    environment = {**os.environ, "PGPASSWORD": url.password or ""}
    address = url.set(password=None).render_as_string(hide_password=False)
    command = [str(find_binaries(None, None) / tool), f"--dbname={address}", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, check=False, umask=_PRIVATE)
    if done.returncode:
        raise Unavailable(
            f"Программа {tool} завершилась с ошибкой, база не изменена. Подробности: {_last_line(done.stderr)}"
        )


def _last_line(output: bytes) -> str:
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1][:300] if lines else "нет сообщения"
