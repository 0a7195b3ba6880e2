"""Copies of the database by PostgreSQL's own tools: a consistent copy while the portal works."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from sqlalchemy import make_url

from app.clock import now
from app.errors import Conflict, NotFound, Unavailable
from app.extensions import db
from app.postgres_host import find_binaries

NAME = "portal-%Y%m%d-%H%M%S.dump"


def dump(directory: Path) -> Path:
    """Write a copy of the database into ``directory`` and return its file; raises Unavailable when it cannot be made."""
    directory.mkdir(parents=True, exist_ok=True)
    target = directory / now().strftime(NAME)
    part = target.with_suffix(".part")
    _run("pg_dump", "--format=custom", "--no-owner", "--no-acl", f"--file={part}")
    part.rename(target)
    return target


def restore(directory: Path) -> Path:
    """Replace the database by the newest copy of ``directory``; raises NotFound without one, Conflict while people work."""
    copies = sorted(directory.glob("portal-*.dump"))
    if not copies:
        raise NotFound(f"В папке {directory} нет копий базы (файлов portal-….dump).")
    db.session.remove()
    db.engine.dispose()
    if _others():
        raise Conflict("К базе подключены другие программы. Остановите портал и обработчик заданий и повторите.")
    db.engine.dispose()
    _run("pg_restore", "--clean", "--if-exists", "--no-owner", "--no-acl", "--single-transaction", str(copies[-1]))
    return copies[-1]


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
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    if done.returncode:
        raise Unavailable(
            f"Программа {tool} завершилась с ошибкой, база не изменена. Подробности: {_last_line(done.stderr)}"
        )


def _last_line(output: bytes) -> str:
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1][:300] if lines else "нет сообщения"
