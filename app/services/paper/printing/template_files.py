"""Files of printing templates by their content: a paper is reprinted by the template of its issue."""

from __future__ import annotations

import hashlib

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app import models as m
from app.access import unscoped
from app.extensions import db


def keep(data: bytes) -> str:
    """Keep a template's file unless it is kept already; return its SHA-256, by which ``read`` finds it."""
    sha = hashlib.sha256(data).hexdigest()
    db.session.execute(insert(m.TemplateFile).values(sha256=sha, data=data).on_conflict_do_nothing())
    return sha


def read(sha: str) -> bytes | None:
    """Return the file kept under a SHA-256; None for papers issued before files were kept."""
    with unscoped("a template is found by its content: nobody's data"):
        data: bytes | None = db.session.scalar(select(m.TemplateFile.data).where(m.TemplateFile.sha256 == sha))
    return data
