"""Stores the plan of a staff list: inserts in bulk, changes through the session, the journal in the same transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, cast

from sqlalchemy import ARRAY, Integer, any_, delete, func, insert, literal, select

from app import models as m
from app.access import current_actor, write_scope
from app.errors import Forbidden
from app.exchange.staff.staff_plan import StaffPlan, Write
from app.extensions import db
from app.services.portal import transitions

Pending = tuple[StaffPlan, Write]

UNCONFIRM_REASON = "Изменена должность при загрузке списка работников."


def store(plans: Sequence[StaffPlan], written: dict[str, Any]) -> None:
    """Write everything that the plans hold; raises Forbidden for a place outside the actor's reach.

    ``written`` gets what undoes it by table: ids of new rows, and of changed ones [{"id", "before", "after"}], of a place of
    work also former "subjects" and that it was "unconfirmed".
    """
    pending = [(plan, write) for plan in plans for write in plan.writes]
    former = {id(write): _former(write) for _, write in pending if write.row is not None}
    _store(m.Employee, pending)
    _store(m.Employment, pending)
    _store(m.Qualification, pending)
    _store_subjects([write for _, write in pending if write.subject_ids is not None])
    db.session.flush()
    _journal(write for _, write in pending)
    for _, write in pending:
        if write.unconfirms:
            transitions.follow(m.Employment, write.row.id, "unconfirm", reason=UNCONFIRM_REASON)
    _note(pending, former, written)


def _note(pending: Sequence[Pending], former: Mapping[int, dict[str, Any]], written: dict[str, Any]) -> None:
    created, changed = written.setdefault("created", {}), written.setdefault("changed", {})
    for plan, write in pending:
        table, pk = write.model.__tablename__, cast(int, write.object_id)
        plan.objects.append((table, pk))
        if write.row is None:
            created.setdefault(table, []).append(pk)
        else:
            changed.setdefault(table, []).append({"id": pk, **former[id(write)]})


def _former(write: Write) -> dict[str, Any]:
    values: dict[str, Any] = {"before": {name: plain(getattr(write.row, name)) for name in write.values}}
    values["after"] = {name: plain(value) for name, value in write.values.items()}
    if write.unconfirms:
        values["unconfirmed"] = True
    if write.subject_ids is not None:
        values["subjects"] = sorted(write.former_subject_ids)
    return values


def plain(value: Any) -> Any:
    """A column's value for JSON: days in ISO form, codes of words."""
    if isinstance(value, dt.date):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def _store(model: type[Any], pending: Sequence[Pending]) -> None:
    chosen = [(plan, write) for plan, write in pending if write.model is model]
    _insert(model, [(plan, write) for plan, write in chosen if write.row is None])
    for _, write in chosen:
        if write.row is not None:
            for name, value in write.values.items():
                setattr(write.row, name, value)
            write.object_id = write.row.id


def _insert(model: type[Any], chosen: Sequence[Pending]) -> None:
    """Insert the rows of one table; people come first, because the others name them."""
    if not chosen:
        return
    values = [write.values | _owner(model, plan) for plan, write in chosen]
    statement = insert(model).returning(model.id, sort_by_parameter_order=True)
    for (plan, write), pk in zip(chosen, db.session.scalars(statement, values), strict=True):
        write.object_id = pk
        if model is m.Employee and plan.person:
            plan.person.id = pk
    if model is m.Employment:
        stay_inside([cast(int, write.object_id) for _, write in chosen])


def _owner(model: type[Any], plan: StaffPlan) -> dict[str, Any]:
    return {} if model is m.Employee or plan.person is None else {"employee_id": plan.person.id}


def stay_inside(ids: Sequence[int]) -> None:
    """The same check as of a single place of work, for all at once; raises Forbidden."""
    expression = write_scope(current_actor(), "employment", "employment:add")
    if expression is None:
        return
    table = m.Employment
    inside = select(func.count(table.id)).where(table.id == any_(literal(list(ids), ARRAY(Integer))), expression)
    if db.session.scalar(inside) != len(ids):
        raise Forbidden("В списке есть места работы вне вашей организации. Загрузите файл снова.")


def _store_subjects(writes: Sequence[Write]) -> None:
    table = m.employment_subject
    stored = [write for write in writes if write.row is not None]
    if stored:
        ids = literal([write.object_id for write in stored], ARRAY(Integer))
        db.session.execute(delete(table).where(table.c.employment_id == any_(ids)))
        for write in stored:
            db.session.expire(write.row, ["subjects"])
    values = [
        {"employment_id": write.object_id, "subject_id": subject_id}
        for write in writes
        for subject_id in write.subject_ids or ()
    ]
    if values:
        db.session.execute(insert(table), values)


def _journal(writes: Iterable[Write]) -> None:
    """One entry for each object, as for changes by hand; in one statement, because a list may hold thousands."""
    actor = current_actor()
    entries = [
        {
            "user_id": actor.user_id,
            "user_name": actor.name[:255],
            "role": actor.role_titles[:120],
            "action": f"{write.model.__tablename__}.{'updated' if write.row is not None else 'created'}",
            "object_table": write.model.__tablename__,
            "object_id": write.object_id,
            "object_label": write.label[:255],
            "changes": {label: list(pair) for label, pair in write.changes.items()},
            "request_id": actor.request_id,
            "address": actor.address,
        }
        for write in writes
    ]
    if entries:
        db.session.execute(insert(m.AuditEntry), entries)
