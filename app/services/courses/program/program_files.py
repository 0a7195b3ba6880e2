"""The file of a program: PDF or DOCX, stored like a scan, open to everybody who sees the program.

A new edition shares the file of the former one; a file that no program names any more is removed at night.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from sqlalchemy import select, update

from app import models as m
from app.access import unscoped
from app.audit import record
from app.clock import now
from app.errors import Conflict, Invalid, NotFound
from app.extensions import db
from app.services.courses.program import program_editions, programs
from app.services.portal import files
from app.services.portal.files import STRAY_AFTER, files_root
from app.unit_of_work import use_case

FOLDER = "programs"
_TABLE = m.Program.__tablename__
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_TYPES = {"PDF": ("application/pdf", ".pdf"), "DOCX": (_DOCX, ".docx")}
_LABEL = "Файл программы"


@use_case
def attach(program_id: int, name: str, data: bytes) -> m.StoredFile:
    """Attach a file to a draft or a returned program instead of the one that it had.

    Raises Invalid for what is neither PDF nor DOCX, is broken, locked or too large; Conflict in other states.
    """
    program = _prepared(program_id)
    if len(data) > files.MOST_BYTES:
        raise _refusal("Файл больше 10 МБ. Сохраните его без рисунков высокого разрешения и выберите снова.")
    try:
        content_type, suffix = _TYPES[files.recognise_document(data)]
    except Invalid as error:
        raise _refusal(error.message) from error
    before = file_of(program)
    stem = PurePosixPath(name.replace("\\", "/")).stem or "программа"
    row = files.keep(
        data,
        folder=FOLDER,
        suffix=suffix,
        name=stem[:200] + suffix,
        content_type=content_type,
        table=_TABLE,
        object_id=program.id,
    )
    program.document_id = row.id
    db.session.flush()
    record("program.attached", program, {_LABEL: (before.name if before else "", row.name)})
    return row


@use_case
def detach(program_id: int) -> None:
    """Take the file off a draft or a returned program; without a file nothing happens."""
    program = _prepared(program_id)
    before = file_of(program)
    if program.document_id is None:
        return
    program.document_id = None
    db.session.flush()
    record("program.detached", program, {_LABEL: (before.name if before else "", "")})


def _prepared(program_id: int) -> m.Program:
    program = program_editions.lock(program_id, "program:edit")
    if program.status not in programs.PREPARED:
        raise Conflict(
            f"Файл меняют, пока программа готовится, а её состояние — «{program.status.label}». "
            "У опубликованной программы начните новую редакцию."
        )
    return program


def _refusal(sentence: str) -> Invalid:
    return Invalid(sentence, fields={"document": [sentence]})


def file_of(program: m.Program) -> m.StoredFile | None:
    """Return the file of a program that the caller has loaded within the scope."""
    if program.document_id is None:
        return None
    with unscoped("the file of a program that the actor sees"):
        row: m.StoredFile | None = db.session.scalar(select(m.StoredFile).where(m.StoredFile.id == program.document_id))
    return row


def open_file(program: m.Program) -> tuple[m.StoredFile, Path]:
    """Return the file of a program that the caller has loaded within the scope, and where it lies; raises NotFound."""
    row = file_of(program)
    path = files_root() / row.path if row is not None else None
    if row is None or path is None or not path.is_file():
        raise NotFound("У программы нет приложенного файла.")
    return row, path


@use_case
def remove_unused() -> int:
    """Remove the files that no program names any more; return how many. For the nightly job."""
    file, program = m.StoredFile, m.Program
    named = select(program.id).where(program.document_id == file.id).exists()
    old = file.object_table == _TABLE, file.expires_at.is_(None), file.created_at < now() - STRAY_AFTER
    statement = update(file).where(*old, ~named).values(expires_at=now())
    db.session.execute(statement.execution_options(synchronize_session=False))
    return files.remove_old(FOLDER)
