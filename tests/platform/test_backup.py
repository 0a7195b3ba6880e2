"""Copies by the real commands: what is in one, who may read it, that a damaged one changes nothing, that it brings all back."""

from __future__ import annotations

import hashlib
import shutil
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from tests.conftest import build
from tests.services.scans import pdf

SCAN = pdf()


@pytest.fixture
def kept(app: Flask) -> Path:
    """A scan with its row; where it lies."""
    from app.access import acting_as
    from app.extensions import db
    from app.services.portal import files, who_acts

    with app.app_context(), acting_as(who_acts.SYSTEM):
        db.session.execute(text("DELETE FROM stored_file"))
        shutil.rmtree(files.files_root(), ignore_errors=True)
        row = files.keep_scan("Приказ.pdf", SCAN, table="access_request", made_in=())
        path = files.files_root() / row.path
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    return path


def run(app: Flask, *arguments: str) -> tuple[int, str]:
    """A command of ``flask portal`` and what it said."""
    done = app.test_cli_runner().invoke(args=["portal", *arguments])
    with app.app_context():
        from app.extensions import db

        db.session.remove()
        db.engine.dispose()
    return done.exit_code, done.output


def paths(app: Flask) -> list[str]:
    from app.extensions import db

    with app.app_context():
        found = [path for (path,) in db.session.execute(text("SELECT path FROM stored_file"))]
        db.session.remove()
        db.engine.dispose()
    return found


def copied(app: Flask, folder: Path) -> Path:
    code, said = run(app, "backup", str(folder))
    assert code == 0, said
    assert "SECRET_KEY" in said
    (copy,) = folder.glob("portal-*")
    return copy


def test_a_copy_is_closed_to_others_and_proves_itself(app: Flask, kept: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    copy = copied(app, folder)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, copy)] == [0o700, 0o700]
    names = {path.name: stat.S_IMODE(path.stat().st_mode) for path in copy.iterdir()}
    assert names == dict.fromkeys(("database.dump", "files.tar", "SHA256SUMS", "key-check.txt", "README.txt"), 0o600)
    for line in (copy / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((copy / name).read_bytes()).hexdigest() == digest
    secret = app.config["PORTAL"].secret_key
    assert all(secret.encode() not in path.read_bytes() for path in copy.iterdir())
    assert "второй шаг входа" in (copy / "README.txt").read_text("utf-8")


def test_a_copy_brings_database_and_files_back(app: Flask, kept: Path, tmp_path: Path) -> None:
    from app.extensions import db

    copied(app, tmp_path / "copies")
    before = paths(app)
    with app.app_context():
        db.session.execute(text("DELETE FROM stored_file"))
        db.session.commit()
    kept.unlink()
    code, said = run(app, "restore", "--yes", str(tmp_path / "copies"))
    assert (code, "Файлов: 1" in said) == (0, True), said
    assert paths(app) == before
    assert kept.read_bytes() == SCAN
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert "отлича" not in said and "Ключ портала другой" not in said


@pytest.mark.parametrize("part", ["database.dump", "files.tar", "key-check.txt"])
def test_a_damaged_copy_changes_nothing(app: Flask, kept: Path, tmp_path: Path, part: str) -> None:
    copy = copied(app, tmp_path / "copies")
    data = bytearray((copy / part).read_bytes())
    data[len(data) // 2] ^= 1
    (copy / part).write_bytes(data)
    kept.write_bytes(b"newer")
    before = paths(app)
    code, said = run(app, "restore", "--yes", str(tmp_path / "copies"))
    assert code == 2
    assert part in said and "ничего не изменено" in said
    assert (paths(app), kept.read_bytes()) == (before, b"newer")


def test_a_copy_without_a_part_or_no_copy_is_refused(app: Flask, kept: Path, tmp_path: Path) -> None:
    copy = copied(app, tmp_path / "copies")
    (copy / "files.tar").unlink()
    code, said = run(app, "restore", "--yes", str(tmp_path / "copies"))
    assert (code, "нет файла files.tar" in said) == (2, True)
    (tmp_path / "empty").mkdir()
    code, said = run(app, "restore", "--yes", str(tmp_path / "empty"))
    assert (code, "нет копий" in said) == (2, True)


def test_another_key_is_told(app: Flask, kept: Path, tmp_path: Path) -> None:
    copied(app, tmp_path / "copies")
    other = build(replace(app.config["PORTAL"], secret_key="x" * 40))
    code, said = run(other, "restore", "--yes", str(tmp_path / "copies"))
    assert (code, "Ключ портала другой" in said) == (0, True), said
