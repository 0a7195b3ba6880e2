"""Append-only journal: who, when, what, before → after in Russian words, in the transaction of the change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from enum import Enum
from typing import Any

from sqlalchemy import insert, inspect, select

from app import models as m
from app.access import current_actor, unscoped
from app.clock import ZONE, local
from app.extensions import db
from app.identifiers import mask_snils
from app.labels import in_words, label_of
from app.russian import format_date, format_datetime

#: never written to the journal: derived, technical or secret columns
_SILENT = frozenset(
    {
        "id",
        "version",
        "created_at",
        "updated_at",
        "changed_at",
        "changed_on",
        "name_key",
        "title_key",
        "sort",
        "search",
        "password",
        "session_epoch",
        "totp_secret",
        "totp_step",
    }
)

Changes = Mapping[str, tuple[str, str]]


def words(value: Any, column: str = "") -> str:
    """Return a stored value in the words shown to people; an empty one as an empty string."""
    if value is None or value == "":
        return ""
    if column == "snils":
        return mask_snils(str(value))
    if isinstance(value, bool):
        return "да" if value else "нет"
    if isinstance(value, dt.datetime):
        return format_datetime(local(value)) if value.tzinfo else format_datetime(value.replace(tzinfo=ZONE))
    if isinstance(value, dt.date):
        return format_date(value)
    if isinstance(value, Enum):
        return str(getattr(value, "label", value.value))
    if isinstance(value, list | tuple):
        return ", ".join(words(v) for v in value)
    return str(value)


def changes_of(row: Any) -> dict[str, tuple[str, str]]:
    """Return label → (before, after) of the row's pending changes; relations instead of their foreign keys."""
    state = inspect(row)
    found: dict[str, tuple[str, str]] = {}
    relations = {
        c.key: rel.key
        for rel in state.mapper.relationships
        for c in rel.local_columns
        if rel.direction.name == "MANYTOONE"
    }
    for attribute in state.attrs:
        key = attribute.key
        if (
            key in _SILENT
            or (key in relations and relations[key] in state.dict)
            or (key in state.mapper.relationships and not _kept(state, key))
        ):
            continue
        history = attribute.history
        if not history.has_changes():
            continue
        old = history.deleted if _many(state, key) else (history.deleted or [None])[0]
        new = history.added if _many(state, key) else (history.added or [None])[0]
        before, after = (words(in_words(row.__tablename__, key, value), key) for value in (old, new))
        if before != after:
            found[label_of(row.__tablename__, key)] = (before, after)
    return found


def _kept(state: Any, key: str) -> bool:
    """Whether a relation's change belongs to this row's journal (many-to-one and many-to-many, not children)."""
    return state.mapper.relationships[key].direction.name in ("MANYTOONE", "MANYTOMANY")


def _many(state: Any, key: str) -> bool:
    return key in state.mapper.relationships and bool(state.mapper.relationships[key].uselist)


def record(action: str, row: Any, changes: Changes | None = None, *, label: str | None = None) -> None:
    """Write one entry about ``row`` (flushed, with an id); ``action`` is ``object.verb``, such as ``voucher.approved``."""
    write(action, row.__tablename__, row.id, label or str(row), changes)


def write(action: str, table: str, object_id: int | None, label: str, changes: Changes | None = None) -> None:
    """Write one entry about an object named by its table and id."""
    actor = current_actor()
    db.session.execute(
        insert(m.AuditEntry).values(
            user_id=actor.user_id,
            user_name=actor.name[:255],
            role=actor.role_titles[:120],
            action=action,
            object_table=table,
            object_id=object_id,
            object_label=label[:255],
            changes={k: list(v) for k, v in (changes or {}).items()},
            request_id=actor.request_id,
            address=actor.address,
        )
    )


def history(table: str, object_id: int, *, limit: int = 50) -> list[m.AuditEntry]:
    """Return the newest entries about an object that the caller has already loaded within the actor's scope."""
    with unscoped("history of a row that the actor sees"):
        statement = (
            select(m.AuditEntry)
            .where(m.AuditEntry.object_table == table, m.AuditEntry.object_id == object_id)
            .order_by(m.AuditEntry.id.desc())
            .limit(limit)
        )
        return list(db.session.scalars(statement))
