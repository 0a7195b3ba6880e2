"""The rows of one person in every table of people, found by the keys that the marks name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, or_, select

from app import models as m
from app.extensions import db
from app.personal import marked_tables, owner_keys

#: table → ids of the person's rows
Owned = Mapping[str, list[int]]


def owned_rows(employee_id: int | None, user_id: int | None) -> dict[str, list[int]]:
    """Ids of the person's rows of every marked table that has ids; a table's keys lead to tables looked at before."""
    owned = {"employee": [employee_id] if employee_id else [], "ab_user": [user_id] if user_id else []}
    for table, _ in marked_tables(m.Base.metadata):
        if table.name not in owned and "id" in table.columns:
            statement = select(table.c.id).where(by_keys(owner_keys(table), owned)).order_by(table.c.id)
            owned[table.name] = list(db.session.scalars(statement))
    return owned


def by_keys(keys: list[Column[Any]], owned: Owned) -> Any:
    """Condition: one of the keys of a row leads to a row of the person."""
    return or_(*(key.in_(owned[target_of(key)]) for key in keys))


def target_of(key: Column[Any]) -> str:
    """Table whose ids a key holds; a person's key may also be half of a double one."""
    targets = [reference.column.table.name for reference in key.foreign_keys if reference.column.name == "id"]
    return targets[0] if targets else key.table.name
