"""Uploaded staff lists on disk, outside the web root: read again when a column is explained, returned with comments."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from sqlalchemy import select

from app import models as m
from app.access import unscoped
from app.clock import now
from app.errors import Conflict
from app.extensions import db
from app.services.portal import files
from app.services.portal.files import files_root

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: personal data are kept no longer than needed to put the list right
KEEP_DAYS = 7
_FOLDER = "imports"
GONE = f"Файл этой загрузки уже удалён: он хранится {KEEP_DAYS} дней. Загрузите список снова."


def keep(batch: m.ImportBatch, data: bytes) -> None:
    """Store the file of a batch that has its id; inside the transaction that makes the batch."""
    files.keep(
        data,
        folder=_FOLDER,
        suffix=".xlsx",
        name=batch.file_name,
        content_type=XLSX,
        table=m.ImportBatch.__tablename__,
        object_id=batch.id,
        owner_id=batch.user_id,
        made_in=batch.made_in,
        expires_at=now() + dt.timedelta(days=KEEP_DAYS),
    )


def is_kept(batch: m.ImportBatch) -> bool:
    """Whether the file of a batch, which the caller has loaded within the actor's scope, is still there."""
    return _path(batch) is not None


def read(batch: m.ImportBatch) -> bytes:
    """The bytes of the file of a batch that the caller has loaded within the actor's scope; raises Conflict."""
    path = _path(batch)
    if path is None:
        raise Conflict(GONE)
    return path.read_bytes()


def _path(batch: m.ImportBatch) -> Path | None:
    file = m.StoredFile
    with unscoped("the file of a batch that the actor sees"):
        statement = select(file.path).where(
            file.object_table == m.ImportBatch.__tablename__, file.object_id == batch.id, file.expires_at > now()
        )
        found = db.session.scalars(statement.order_by(file.id.desc()).limit(1)).one_or_none()
    path = files_root() / found if found else None
    return path if path and path.is_file() else None


def remove_old() -> int:
    """Remove the files kept long enough, and those that belong to no batch; return how many."""
    return files.remove_old(_FOLDER)
