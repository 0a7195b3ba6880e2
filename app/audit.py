"""Append-only journal: user, time, action, values before → after in Russian words, in the transaction of the change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any
from typing import cast as tcast

from sqlalchemy import Table, Text, and_, case, cast, func, insert, inspect, literal, null, or_, select, text, update
from sqlalchemy.dialects.postgresql import JSONB

from app import models as m
from app import personal, shown
from app.access import current_actor, unscoped
from app.clock import ZONE, local, now
from app.extensions import db
from app.labels import in_words, label_of
from app.russian import format_date, format_datetime

#: never written to the journal: derived and technical columns; the secret ones are marked in the models
_SILENT = frozenset(
    {"id", "version", "created_at", "updated_at", "changed_at", "changed_on", "sort", "search", "name_key", "title_key"}
)

Changes = Mapping[str, tuple[str, str]]


def words(value: Any, column: str = "") -> str:
    """Return a stored value in the words shown to people; an empty one as an empty string."""
    if value is None or value == "":
        return ""
    if shown.kind_of(column) is not None:
        return shown.end(column, value)
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
            or _is_hidden(row, key)
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


def _is_hidden(row: Any, key: str) -> bool:
    """Whether nobody reads a column: a secret, or a code that the portal gives by itself."""
    column = row.__table__.columns.get(key)
    is_code = column is not None and not personal.is_shown(column)
    return is_code or key in personal.fields(row.__table__, "secret")


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


# --- taking a person out ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Redaction:
    """The person whose words leave the journal: ``whole``: table → ids of rows all of whose values go; ``partly``: of which those of
    the columns ``hidden[table]`` go; ``user_id``: whose own actions lose the name and the address; ``pattern``: what tells the
    person in any entry; ``name``: what is written instead.
    """

    name: str
    pattern: str
    user_id: int | None
    whole: Mapping[str, Iterable[int]]
    partly: Mapping[str, Iterable[int]]
    hidden: Mapping[str, Iterable[str]]


def redact(asked: Redaction) -> int:
    """Take a person's name and values out of the journal; return how many entries lost something.

    That something was done, when and to what, stays. The database lets nothing but this through: values may be replaced by
    «обезличено», names by a nameless one, addresses emptied. The caller writes down that it was done.
    """
    journal = tcast(Table, m.AuditEntry.__table__)
    e = journal.c
    about = {
        table: and_(e.object_table == table, e.object_id.in_(list(ids)))
        for table, ids in [*asked.whole.items(), *asked.partly.items()]
    }
    whole = or_(literal(value=False), *(about[table] for table in asked.whole))
    named = cast(e.changes, Text).regexp_match(asked.pattern, flags="i")
    labelled = e.object_label.regexp_match(asked.pattern, flags="i")
    done = e.user_id == asked.user_id if asked.user_id is not None else literal(value=False)
    # who did something is told by the account, so that a namesake keeps the own deeds
    by_name = and_(e.user_id.is_(None), e.user_name.regexp_match(asked.pattern, flags="i"))
    statement = (
        update(journal)
        .where(or_(*about.values(), named, labelled, done, by_name))
        .values(
            redacted_at=now(),
            user_name=case((or_(done, by_name), asked.name), else_=e.user_name),
            address=case((done, null()), else_=e.address),
            object_label=case((or_(whole, labelled), asked.name), else_=e.object_label),
            changes=_without_values(e.changes, whole, asked, about),
        )
    )
    db.session.execute(text("SELECT set_config('portal.redaction', 'on', true)"))
    result: Any = db.session.execute(statement)
    db.session.execute(text("SELECT set_config('portal.redaction', 'off', true)"))
    return int(result.rowcount)


def _without_values(changes: Any, whole: Any, asked: Redaction, about: Mapping[str, Any]) -> Any:
    """The changes with «обезличено» in place of the values that go."""
    item = func.jsonb_each(changes).table_valued("key", "value", name="item")
    hidden = [
        and_(about[table], item.c.key.in_([label_of(table, column) for column in columns]))
        for table, columns in asked.hidden.items()
        if table in about
    ]
    goes = or_(whole, cast(item.c.value, Text).regexp_match(asked.pattern, flags="i"), *hidden)
    gone = literal([m.REDACTED, m.REDACTED], JSONB)
    value = case((goes, gone), else_=cast(item.c.value, JSONB))
    left = select(func.jsonb_object_agg(item.c.key, value)).select_from(item)
    return func.coalesce(left.correlate(tcast(Table, m.AuditEntry.__table__)).scalar_subquery(), literal({}, JSONB))
