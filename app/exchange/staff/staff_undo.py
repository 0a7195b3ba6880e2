"""Undoing an applied staff list: new rows are deleted, changed rows get their former values, if nothing came after.

Later changes are seen in the journal, in the rows' versions and values, and in other rows that point to the new ones.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, cast

from sqlalchemy import ARRAY, Column, Date, Integer, Table, all_, any_, delete, insert, literal, select, text

from app import models as m
from app.access import current_actor
from app.errors import Conflict
from app.exchange.engine.kept_rows import read_rows
from app.exchange.engine.list_plan import UndoneCounts
from app.exchange.staff.staff_write import plain, stay_inside
from app.extensions import db
from app.services.portal import transitions
from app.statuses import Sex

#: parts first
_MODELS: tuple[type[Any], ...] = (m.Qualification, m.Employment, m.Employee)
_WORDS = {"employee": "карточка", "employment": "место работы", "qualification": "образование"}
_NAMED_ROWS = 3
_PORTION = 1_000

Object = tuple[str, int]


def take_back(batch: m.ImportBatch, told: Callable[[int], None]) -> UndoneCounts:
    """Undo what an applied batch wrote, inside the caller's transaction and past the scope; raises Conflict, Forbidden."""
    written: Mapping[str, Any] = batch.written
    created, changed = written["created"], written["changed"]
    places = [*created.get("employment", ()), *(entry["id"] for entry in changed.get("employment", ()))]
    _lock_people(created, changed)
    _refuse_touched(batch, written)
    stay_inside(places)
    _journal(created, changed, entries=written["entries"])
    restored = sum(_restore(model, changed.get(model.__tablename__, ())) for model in _MODELS)
    deleted = 0
    for model in _MODELS:
        for ids in _portions(created.get(model.__tablename__, ())):
            db.session.execute(
                delete(model).where(model.id == any_(_array(ids))).execution_options(synchronize_session=False)
            )
            deleted += len(ids)
            told(deleted // len(_MODELS))
    return UndoneCounts(deleted, restored)


# --- what came after -------------------------------------------------------------------------------------------------


def _lock_people(created: Mapping[str, list[int]], changed: Mapping[str, list[dict[str, Any]]]) -> None:
    """The same order of locks as of the application."""
    people = m.Employee
    ids = [*created.get("employee", ()), *(entry["id"] for entry in changed.get("employee", ()))]
    for portion in _portions(sorted(ids)):
        db.session.execute(select(people.id).where(people.id == any_(_array(portion))).with_for_update(key_share=False))


def _refuse_touched(batch: m.ImportBatch, written: Mapping[str, Any]) -> None:
    touched: dict[Object, str] = {}
    for found in (_lost(written), _journalled(written), _pointed_at(written), _differing(written)):
        for item, words in found:
            touched.setdefault(item, words)
    if not touched:
        return
    named = list(_rows_of(batch, touched))
    rest = len(named) - _NAMED_ROWS
    more = f"; и ещё строк: {rest}" if rest > 0 else ""
    raise Conflict(
        f"Загрузку уже нельзя отменить: после неё изменилось то, что она записала: {'; '.join(named[:_NAMED_ROWS])}{more}. "
        "Исправьте эти карточки вручную."
    )


def _rows_of(batch: m.ImportBatch, touched: Mapping[Object, str]) -> Iterator[str]:
    """«строка 12, Иванова Анна — карточка изменена», in the order of the file."""
    for row in read_rows(batch, without=("changes", "warnings")):
        words = [touched[table, pk] for table, pk in map(tuple, row.get("objects", ())) if (table, pk) in touched]
        if words:
            yield f"строка {row['number']}, {row['label']} — {words[0]}"


def _all_ids(written: Mapping[str, Any]) -> Iterator[tuple[type[Any], list[int]]]:
    for model in _MODELS:
        table = model.__tablename__
        ids = [*written["created"].get(table, ()), *(entry["id"] for entry in written["changed"].get(table, ()))]
        for portion in _portions(ids):
            yield model, portion


def _lost(written: Mapping[str, Any]) -> Iterator[tuple[Object, str]]:
    for model, ids in _all_ids(written):
        there = set(db.session.scalars(select(model.id).where(model.id == any_(_array(ids)))))
        for pk in ids:
            if pk not in there:
                yield (model.__tablename__, pk), f"{_WORDS[model.__tablename__]}: запись удалена"


def _journalled(written: Mapping[str, Any]) -> Iterator[tuple[Object, str]]:
    entry = m.AuditEntry
    for model, ids in _all_ids(written):
        table = model.__tablename__
        statement = select(entry.object_id).where(
            entry.object_table == table, entry.object_id == any_(_array(ids)), entry.id > written["entries"][1]
        )
        for pk in db.session.scalars(statement.distinct().order_by(entry.object_id)):
            yield (table, cast(int, pk)), f"{_WORDS[table]}: сведения изменены"


def _pointed_at(written: Mapping[str, Any]) -> Iterator[tuple[Object, str]]:
    """Rows of other tables, and parts entered by hand, that belong to what the list created."""
    created = written["created"]
    for model in _MODELS:
        for table, local in _references(model.__table__):
            own = created.get(table.name, ())
            for ids in _portions(created.get(model.__tablename__, ())):
                statement = select(local).where(local == any_(_array(ids))).distinct()
                if own:
                    statement = statement.where(table.c.id != all_(_array(own)))
                for pk in db.session.scalars(statement):
                    yield (model.__tablename__, pk), f"{_WORDS[model.__tablename__]}: появились связанные записи"


def _references(target: Table) -> Iterator[tuple[Table, Column[Any]]]:
    """Columns of other tables that point to the table's id; those whose rows go with it are left out."""
    for table in m.Base.metadata.sorted_tables:
        for key in table.foreign_keys:
            if key.column.table is target and key.column.name == "id" and key.ondelete != "CASCADE":
                yield table, key.parent


def _differing(written: Mapping[str, Any]) -> Iterator[tuple[Object, str]]:
    """Changed rows whose values are no longer those that the list wrote."""
    for model in _MODELS:
        table = model.__tablename__
        for portion in _portions(written["changed"].get(table, ())):
            rows = db.session.scalars(select(model).where(model.id == any_(_array([e["id"] for e in portion]))))
            by_id = {row.id: row for row in rows}
            for entry in portion:
                row = by_id.get(entry["id"])
                if row and any(plain(getattr(row, name)) != value for name, value in entry["after"].items()):
                    yield (table, row.id), f"{_WORDS[table]}: сведения изменены"


# --- taking back -----------------------------------------------------------------------------------------------------


def _restore(model: type[Any], entries: Sequence[Mapping[str, Any]]) -> int:
    for portion in _portions(entries):
        ids = [entry["id"] for entry in portion]
        rows = {row.id: row for row in db.session.scalars(select(model).where(model.id == any_(_array(ids))))}
        for entry in portion:
            for name, value in entry["before"].items():
                setattr(rows[entry["id"]], name, _value(model, name, value))
        db.session.flush()
        _restore_subjects([entry for entry in portion if "subjects" in entry])
    for entry in entries:
        if entry.get("unconfirmed"):
            transitions.follow(model, entry["id"], "confirm")
    return len(entries)


def _restore_subjects(entries: Sequence[Mapping[str, Any]]) -> None:
    if not entries:
        return
    table = m.employment_subject
    db.session.execute(delete(table).where(table.c.employment_id == any_(_array(entry["id"] for entry in entries))))
    values = [
        {"employment_id": entry["id"], "subject_id": subject_id}
        for entry in entries
        for subject_id in entry["subjects"]
    ]
    if values:
        db.session.execute(insert(table), values)


def _value(model: type[Any], name: str, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(model.__table__.c[name].type, Date):
        return dt.date.fromisoformat(value)
    return Sex.of(value) if name == "sex" else value


def _journal(created: Mapping[str, Any], changed: Mapping[str, Any], *, entries: Sequence[int]) -> None:
    """One entry for each object, with the changes of the list's own entries the other way round."""
    actor = current_actor()
    who = {
        "user_id": actor.user_id, "user_name": actor.name[:255], "role": actor.role_titles[:120],
        "request_id": actor.request_id, "address": actor.address, "first": entries[0], "last": entries[1],
    }  # fmt: skip
    for model in _MODELS:
        table = model.__tablename__
        for verb, was, ids in (
            ("deleted", "created", created.get(table, ())),
            ("updated", "updated", [entry["id"] for entry in changed.get(table, ())]),
        ):
            for portion in _portions(ids):
                given = {"verb": f"{table}.{verb}", "was": f"{table}.{was}", "table": table, "ids": portion}
                db.session.execute(text(_REVERSED), {**who, **given})


_REVERSED = """
INSERT INTO audit_entry
 (user_id, user_name, role, action, object_table, object_id, object_label, changes, request_id, address)
SELECT :user_id, :user_name, :role, :verb, object_table, object_id, object_label,
 (SELECT coalesce(jsonb_object_agg(key, jsonb_build_array(value->1, value->0)), '{}') FROM jsonb_each(changes)),
 :request_id, :address
FROM audit_entry
WHERE object_table = :table AND object_id = ANY(:ids) AND action = :was AND id > :first AND id <= :last
ORDER BY id
"""


def _array(ids: Iterable[int]) -> Any:
    return literal(list(ids), ARRAY(Integer))


def _portions(items: Iterable[Any]) -> Iterator[list[Any]]:
    waiting = iter(items)
    while portion := list(islice(waiting, _PORTION)):
        yield portion
