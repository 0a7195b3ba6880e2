"""Searching and choosing related rows, always within the scope of the acting user."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from typing import Any, Self

from sqlalchemy import Select, inspect, select

from app import addresses
from app import models as m
from app.access import current_actor, write_scope
from app.extensions import db
from app.text.sql import sort_key
from app.web.frame.search import marks, match

#: directories small enough to be shown whole in a drop-down
SMALL = frozenset(
    [
        "territory",
        "municipality",
        "organization_type",
        "education_level",
        "attestation_kind",
        "voucher_rule",
        "organizer_rule",
        "plan_campaign",
    ]
)
LIMIT = 20


class Lookup:
    """The related rows of one view's fields: ``limited`` maps a field to the permission whose rows may be chosen.

    A form is offered what may be chosen for a new value. A filter is offered the ``whole``: what stands in the rows of the list.
    """

    #: whether only what may be chosen in a form is found
    narrow = True

    def __init__(self, view: Any, model: type[Any], limited: dict[str, str]) -> None:
        self.view, self.model, self.limited = view, model, limited

    def whole(self) -> Self:
        """The same for filters: every row within the scope."""
        found = copy(self)
        found.narrow = False
        return found

    def target(self, name: str) -> type[Any]:
        """Model that the field points to."""
        return inspect(self.model).relationships[name].mapper.class_  # type: ignore[no-any-return]

    def is_small(self, name: str) -> bool:
        """Whether all rows of the target fit a drop-down."""
        return self.target(name).__tablename__ in SMALL

    def url(self, name: str) -> str:
        """Address of the search."""
        return addresses.at(self.view.table, "find", name, whole=None if self.narrow else "1")

    def statement(self, name: str) -> Select[Any]:
        """Rows of the target that the user may choose for the field; the global scope is added by the session."""
        target = self.target(name)
        statement = select(target)
        if not self.narrow:
            return statement
        permission = self.limited.get(name)
        if permission:
            expression = write_scope(current_actor(), target.__tablename__, permission)
            if expression is not None:
                statement = statement.where(expression)
        condition = self.view.choosable(name, target)
        return statement if condition is None else statement.where(condition)

    def choose(self, name: str, ids: Iterable[int]) -> list[Any]:
        """Rows of ``ids`` that the user may choose; invisible ones are simply absent."""
        target = self.target(name)
        return list(db.session.scalars(self.statement(name).where(target.id.in_(list(ids)))))

    def options(self, name: str) -> list[tuple[int, str]]:
        """All rows of a small directory, by name."""
        rows = db.session.scalars(self.statement(name).order_by(order_of(self.target(name))))
        return [(row.id, str(row)) for row in rows]

    def rows(self, name: str, typed: str) -> list[Any]:
        """First rows that match what was typed, one more than are shown."""
        target = self.target(name)
        statement = self.statement(name).order_by(order_of(target)).limit(LIMIT + 1)
        condition = self.view.suggested(name, target) if self.narrow else None
        if condition is not None:
            statement = statement.where(condition)
        if typed.strip():
            statement = statement.where(match(target, typed))
        return list(db.session.scalars(statement))

    def find(self, name: str, typed: str) -> dict[str, Any]:
        """First rows that match what was typed, as the page's combobox reads them."""
        rows = self.rows(name, typed)
        found = marks(self.target(name), rows[:LIMIT], typed)
        details = {r.id: " · ".join(filter(None, (found.get(r.id), detail_of(r)))) for r in rows[:LIMIT]}
        return {
            "results": [{"id": r.id, "text": str(r), "detail": details[r.id]} for r in rows[:LIMIT]],
            "more": len(rows) > LIMIT,
        }


def named(row: Any) -> str:
    """A row in one line, with what tells namesakes apart."""
    detail = detail_of(row)
    return f"{row} · {detail}" if detail else str(row)


def order_of(target: type[Any]) -> Any:
    """The column that sorts a table's rows for people."""
    for name in ("sort", "ordering", "name_key", "title_key", "number"):
        if hasattr(target, name):
            return getattr(target, name)
    named = next((name for name in ("name", "title") if hasattr(target, name)), None)
    return sort_key(getattr(target, named)) if named else target.id


def detail_of(row: Any) -> str:
    """Second line of a found row: what tells namesakes apart."""
    if isinstance(row, m.Employee):
        return f"{row.birth_date:%d.%m.%Y}" if row.birth_date else ""
    if isinstance(row, m.Organization):
        return row.municipality.name if row.municipality else ""
    if isinstance(row, m.Program):
        return f"{row.code} · {row.hours} ч"
    if isinstance(row, m.TrainingGroup):
        return f"{row.program.title} · {row.starts_on:%d.%m.%Y}"
    return ""
