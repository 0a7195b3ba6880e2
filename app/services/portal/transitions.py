"""The only code that changes a status: edge, permission, reason, compare-and-swap, journal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from sqlalchemy import CursorResult, inspect, select, update

from app import models as m
from app.access import get_writable, unscoped
from app.audit import record, words
from app.clock import now
from app.errors import Conflict, Invalid, NotFound
from app.extensions import db
from app.labels import THINGS, label_of
from app.statuses import TRANSITIONS, Edge, actions_of, edge_of, find_edge
from app.unit_of_work import use_case

Row = TypeVar("Row", bound=m.Base)
Service = TypeVar("Service", bound=Callable[..., Any])

_REASON_LENGTH = 1000


#: table → action → what performs it on one row
_performers: dict[str, dict[str, Callable[..., Any]]] = {}


def performs(model: type[m.Base], action: str) -> Callable[[Service], Service]:
    """Say that a service performs an action of the status table on one row: its id, and the reason where the edge asks one.

    The button of the edge calls it. An edge whose action needs more than that has a page of its own and no performer.
    """

    def register(service: Service) -> Service:
        _performers.setdefault(model.__tablename__, {})[action] = service
        return service

    return register


def performers_of(table: str) -> dict[str, Callable[..., Any]]:
    """Action → what performs it, in the order of the buttons."""
    known = _performers.get(table, {})
    return {action: known[action] for action in actions_of(table) if action in known}


@use_case
def move(model: type[Row], pk: int, action: str, *, reason: str | None = None, **extra: Any) -> Row:
    """Take ``action`` on a row as the acting user; ``extra`` columns change in the same UPDATE. Return the fresh row.

    Raises NotFound and Forbidden by the permission ``table:action``, Invalid without a required reason, Conflict when
    the row is not in a status from which the action starts, or when another user was faster.
    """
    row = get_writable(db.session, model, pk, f"{model.__tablename__}:{action}")
    return _take(row, action, reason=reason, extra=extra)


def follow(model: type[Row], pk: int, action: str, *, reason: str | None = None, **extra: Any) -> Row:
    """Take ``action`` on a row as a consequence of an action already permitted: no permission of its own.

    The edge, the compare-and-swap and the journal are those of ``move``. For callers inside a transaction.
    """
    with unscoped("a status that follows from another action"):
        row = read_fresh(model, pk)
        return _take(row, action, reason=reason, extra=extra)


def take_back(row: Any, edge: Edge, values: dict[str, Any]) -> None:
    """Undo a decision on its edge of ``statuses.UNDO``: the status is what it was, ``values`` of other columns too.

    For ``services.portal.undo``, which has checked who undoes what, and when.
    """
    _swap(row, edge, values)
    table = row.__tablename__
    record(f"{table}.{edge.action}", row, {label_of(table, "status"): (edge.source.label, edge.target.label)})


def letter_of(model: type[m.Base], action: str) -> str:
    """Return the kind of letter that tells of an action on rows of ``model``. Raises LookupError when its edge names none."""
    edge = edge_of(model.__tablename__, action)
    if edge is None or not edge.letter:
        raise LookupError(f"{model.__tablename__}:{action} names no letter")
    return edge.letter


def read_fresh(model: type[Row], pk: int) -> Row:
    """Return a row as the database holds it now; raises NotFound."""
    statement = select(model).where(cast(Any, model).id == pk).execution_options(populate_existing=True)
    row = db.session.scalars(statement).one_or_none()
    if row is None:
        raise NotFound("Такой записи нет или она вам не видна.")
    return cast(Row, row)


def _take(row: Row, action: str, *, reason: str | None, extra: dict[str, Any]) -> Row:
    edge = _edge_of(row, action)
    reason = _checked_reason(edge, reason)
    changes = _changes(row, edge, reason, extra)
    _swap(row, edge, _values(row, reason, extra))
    record(f"{row.__tablename__}.{action}", row, changes)
    return row


def _edge_of(row: Any, action: str) -> Edge:
    edge = find_edge(row.__tablename__, row.status, action)
    if edge is None:
        possible = [f"«{e.source.label}»" for e in TRANSITIONS[row.__tablename__] if e.action == action]
        when = f" Его можно выполнить, когда состояние — {', '.join(possible)}." if possible else ""
        of = THINGS[row.__tablename__].genitive if row.__tablename__ in THINGS else "записи"
        raise Conflict(
            f"Действие сейчас невозможно: состояние {of} — «{row.status.label}».{when} Обновите страницу: на ней видно, что "
            "можно сделать теперь."
        )
    return edge


def _checked_reason(edge: Edge, reason: str | None) -> str | None:
    text = (reason or "").strip()
    if edge.reason and not text:
        sentence = edge.lacking
        raise Invalid(sentence, fields={"reason": [sentence]})
    if len(text) > _REASON_LENGTH:
        sentence = f"{edge.ask} длиннее {_REASON_LENGTH} знаков. Сократите текст."
        raise Invalid(sentence, fields={"reason": [sentence]})
    return text or None


def _values(row: Any, reason: str | None, extra: dict[str, Any]) -> dict[str, Any]:
    values = dict(extra)
    columns = row.__table__.columns
    # A reason belongs to the latest decision: the next step without one clears it, the journal keeps them all.
    if "reason_text" in columns:
        values.setdefault("reason_text", reason)
    if "refusal_reason_id" in columns:
        values.setdefault("refusal_reason_id", None)
    # an offer lasts as long as the status that it belongs to
    if "offer_until" in columns:
        values.setdefault("offer_until", None)
    if "changed_at" in columns:
        values.setdefault("changed_at", now())
    return values


def _changes(row: Any, edge: Edge, reason: str | None, extra: dict[str, Any]) -> dict[str, tuple[str, str]]:
    table = row.__tablename__
    changes = {label_of(table, "status"): (edge.source.label, edge.target.label)}
    for column, value in extra.items():
        before, after = words(getattr(row, column), column), words(value, column)
        if not column.endswith("_id") and before != after:
            changes[label_of(table, column)] = (before, after)
    # a text with a column of its own is among the changes already
    if reason and reason not in extra.values():
        changes[label_of(table, "reason_text")] = ("", reason)
    return changes


def _swap(row: Any, edge: Edge, values: dict[str, Any]) -> None:
    """Change the status if it is still the one that was read; the write decides, not the earlier read (guard 5)."""
    model = type(row)
    statement = (
        update(model)
        .where(model.id == row.id, model.status == edge.source)
        .values(status=edge.target, **values)
        .execution_options(synchronize_session=False)
    )
    result = cast("CursorResult[Any]", db.session.execute(statement))
    if result.rowcount != 1:
        raise Conflict(
            "Эту запись уже изменил другой пользователь. Обновите страницу и повторите действие, если оно ещё нужно."
        )
    db.session.refresh(row, _columns_of(row))


def _columns_of(row: Any) -> list[str]:
    """Names of the row's own columns: what was loaded beside it (relations) is not loaded again."""
    return [attribute.key for attribute in inspect(row).mapper.column_attrs if not attribute.deferred]
