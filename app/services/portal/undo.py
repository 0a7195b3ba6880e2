"""Undo: for a short time the user who took a decision takes it back, exactly, with its letters and notices.

Which decisions may be undone is said by their edges (``statuses.UNDO``). A decision taken here is an ordinary action of its
service; beside it a row keeps what the action changed. Its letters wait until nobody can undo it any more. Undoing is a
business action of its own: it has its edge, its entry in the journal, and is refused in words when it comes late, twice, from
another user, or after somebody has changed the row (``docs/decisions/0026-undo.md``).
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from sqlalchemy import Table, Text, delete, func, literal, literal_column, select
from sqlalchemy import cast as sql_cast

from app import models as m
from app.access import current_actor, get_writable, unscoped
from app.clock import now
from app.errors import Conflict, Forbidden
from app.extensions import configured, db
from app.services.portal import transitions
from app.statuses import LetterStatus, edge_of, find_undo
from app.unit_of_work import technical_write, use_case

T = TypeVar("T")
Restorer = TypeVar("Restorer", bound=Callable[[Any], None])

#: the term that the server accepts, in terms that the page shows: a slow answer must not make the button lie
_GRACE = 2
#: rows of decisions are of no use after their term; they go within a day
_KEPT = dt.timedelta(hours=1)
_LATE = "Отменить уже нельзя: время вышло, решение вступило в силу и письма уходят."


@dataclass(slots=True)
class _Held:
    """What a decision under way has written so far; letters leave at ``leave_at``."""

    leave_at: dt.datetime
    letters: list[int] = field(default_factory=list)
    notices: list[int] = field(default_factory=list)


_held: ContextVar[_Held | None] = ContextVar("held", default=None)
#: table, action → what takes back what the decision made beside its row
_restorers: dict[tuple[str, str], Callable[[Any], None]] = {}


@dataclass(frozen=True, slots=True)
class _Plain:
    """An act that changes no status: what locks its row for the acting user, and what puts the former values back."""

    lock: Callable[[int], Any]
    put_back: Callable[[Any, dict[str, Any]], None]


#: table, action → the acts that change no status
_plain: dict[tuple[str, str], _Plain] = {}
PutBack = TypeVar("PutBack", bound=Callable[[Any, dict[str, Any]], None])


def restores(model: type[m.Base], action: str) -> Callable[[Restorer], Restorer]:
    """Say that a function takes back what a decision made beside its row, or raises Conflict; it is called with the row."""

    def register(restorer: Restorer) -> Restorer:
        _restorers[model.__tablename__, action] = restorer
        return restorer

    return register


def puts_back(model: type[m.Base], action: str, *, lock: Callable[[int], Any]) -> Callable[[PutBack], PutBack]:
    """Say that an act changes no status and that a function puts the former values back, or raises Conflict.

    It is called with the row and the values by column, journals what it does, and may keep some as they are. ``lock`` checks the right,
    takes the locks in their order and returns the row.
    """

    def register(put_back: PutBack) -> PutBack:
        _plain[model.__tablename__, action] = _Plain(lock, put_back)
        return put_back

    return register


def shown_seconds() -> int:
    """How long a page offers «Отменить»; 0: never."""
    return configured().undo_seconds


def accepted_seconds() -> int:
    """How long the portal takes an undo, and keeps the letters of the decision."""
    return shown_seconds() * _GRACE


def is_undoable(table: str, action: str) -> bool:
    """Whether decisions of an action may be undone here."""
    edge = edge_of(table, action)
    return ((edge is not None and edge.undo) or (table, action) in _plain) and shown_seconds() > 0


# --- letters and notices of a decision under way ---------------------------------------------------------------------


def letters_leave_at() -> dt.datetime | None:
    """Return the moment before which a letter written now must not leave; None: it may leave at once."""
    held = _held.get()
    return held.leave_at if held is not None else None


def keep_letter(letter_id: int) -> None:
    """Note a letter of the decision under way."""
    if (held := _held.get()) is not None:
        held.letters.append(letter_id)


def keep_notice(notice_id: int) -> None:
    """Note a notice of the decision under way."""
    if (held := _held.get()) is not None:
        held.notices.append(notice_id)


@contextmanager
def lasting() -> Iterator[None]:
    """Inside a decision: what would have happened without it stays, with its letters, when the decision is undone."""
    token = _held.set(None)
    try:
        yield
    finally:
        _held.reset(token)


# --- taking a decision -----------------------------------------------------------------------------------------------


def new_batch() -> str:
    """Return the name of one press of a button: nobody guesses it."""
    return secrets.token_urlsafe(18)


def take(model: type[m.Base], pk: int, action: str, perform: Callable[[], T], *, batch: str, label: str) -> T:
    """Let ``perform`` do an action on one row, so that it can be undone where its edge allows; return its answer.

    ``batch`` joins the rows of one press; ``label`` names the row when undoing it is refused.
    """
    if not is_undoable(model.__tablename__, action) or current_actor().user_id is None:
        return perform()
    return _take(model, pk, action, perform, batch, label)


@use_case
def _take(model: type[m.Base], pk: int, action: str, perform: Callable[[], T], batch: str, label: str) -> T:
    table, moment = cast(Table, model.__table__), now()
    if (plain := _plain.get((table.name, action))) is not None:
        plain.lock(pk)
    before = _row_of(table, pk)
    held = _Held(moment + dt.timedelta(seconds=accepted_seconds()))
    token = _held.set(held)
    try:
        result = perform()
    finally:
        _held.reset(token)
    after = _row_of(table, pk)
    if before is None or after is None:
        return result
    changed = {name: value for name, value in before.items() if value != after[name] and name != "version"}
    # done before: nothing happened, so nothing can be undone
    if not (changed if plain else "status" in changed):
        return result
    if plain is None and find_undo(table.name, after["status"], before["status"], action) is None:
        return result
    row = m.TakenDecision(
        batch=batch,
        user_id=current_actor().user_id,
        object_table=table.name,
        object_id=pk,
        action=action,
        label=label[:255],
        before=changed,
        mark=_mark_of(table, pk),
        letter_ids=held.letters,
        notice_ids=held.notices,
        taken_at=moment,
    )
    db.session.add(row)
    db.session.flush()
    return result


def _row_of(table: Table, pk: int) -> dict[str, Any] | None:
    """The stored values of a row, locked until the end of the transaction."""
    whole = select(func.to_jsonb(literal_column(table.name))).select_from(table).where(table.c.id == pk)
    found: dict[str, Any] | None = db.session.execute(whole.with_for_update(key_share=True)).scalar_one_or_none()
    if found is None:
        return None
    return {column.name: found[column.name] for column in table.columns if column.computed is None}


def _mark_of(table: Table, pk: int) -> str:
    """Fingerprint of a whole row: any change of it since shows."""
    whole = func.md5(sql_cast(func.to_jsonb(literal_column(table.name)), Text))
    return str(db.session.execute(select(whole).select_from(table).where(table.c.id == pk)).scalar_one_or_none())


# --- undoing ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Batch:
    """What one press decided and may be undone: the decisions by id with their names, and the word for all of them."""

    names: dict[int, str]
    taken_at: dt.datetime


def find_batch(batch: str) -> Batch | None:
    """Return what can be undone of one press of the acting user; None when nothing can."""
    statement = select(m.TakenDecision).where(m.TakenDecision.batch == batch).order_by(m.TakenDecision.id)
    rows = list(db.session.scalars(statement))
    return Batch({row.id: row.label for row in rows}, min(row.taken_at for row in rows)) if rows else None


def decisions_of(batch: str) -> list[tuple[int, str]]:
    """Decisions of one press with their names; raises Forbidden for another user's, Conflict when they are forgotten."""
    d = m.TakenDecision
    with unscoped("whose decision it is: only the user's id"):
        owners = set(db.session.scalars(select(d.user_id).where(d.batch == batch)))
    if not owners:
        raise Conflict(_LATE)
    if owners != {current_actor().user_id}:
        raise Forbidden("Отменить решение может только тот, кто его принял.")
    found = db.session.execute(select(d.id, d.label).where(d.batch == batch).order_by(d.id.desc()))
    return [(pk, label) for pk, label in found]


@use_case
def undo(decision_id: int) -> m.TakenDecision:
    """Take back an own decision: the row is what it was, its letters and notices are gone, the journal says so.

    Raises Forbidden for another user's, Conflict when the term is over, when it is undone already, when the row has changed
    since, or when what the decision made is in use.
    """
    decision = _own(decision_id)
    if decision.undone_at is not None:
        raise Conflict("Решение уже отменено.")
    if now() > decision.taken_at + dt.timedelta(seconds=accepted_seconds()):
        raise Conflict(_LATE)
    model, plain = m.mapped_classes()[decision.object_table], _plain.get((decision.object_table, decision.action))
    right = f"{decision.object_table}:{decision.action}"
    row = plain.lock(decision.object_id) if plain else get_writable(db.session, model, decision.object_id, right)
    stored = _row_of(cast(Table, model.__table__), decision.object_id)
    if stored is None or _mark_of(cast(Table, model.__table__), decision.object_id) != decision.mark:
        raise Conflict("После решения запись уже изменили, поэтому отменить его нельзя. Откройте запись.")
    _take_letters_back(decision)
    if (restorer := _restorers.get((decision.object_table, decision.action))) is not None:
        restorer(row)
    if plain:
        plain.put_back(row, _typed_values(row, decision.before))
    else:
        _put_back(row, stored["status"], decision)
    decision.undone_at = now()
    db.session.flush()
    return decision


def _own(decision_id: int) -> m.TakenDecision:
    """An own decision, locked, so that of two presses the second finds it undone."""
    with unscoped("whose decision it is"):
        statement = select(m.TakenDecision).where(m.TakenDecision.id == decision_id).with_for_update()
        found = db.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise Conflict(_LATE)
    if found.user_id != current_actor().user_id:
        raise Forbidden("Отменить решение может только тот, кто его принял.")
    return cast(m.TakenDecision, found)


def _take_letters_back(decision: m.TakenDecision) -> None:
    """Delete the letters and notices of a decision; raises Conflict when a letter has left."""
    letter, notice = cast(Table, m.Letter.__table__), cast(Table, m.Notice.__table__)
    wanted = letter.c.id.in_(decision.letter_ids)
    states = db.session.execute(select(letter.c.status).where(wanted).with_for_update()).scalars()
    if LetterStatus.SENT in set(states):
        raise Conflict("Письмо об этом решении уже ушло, поэтому отменить его нельзя.")
    db.session.execute(delete(letter).where(wanted))
    db.session.execute(delete(notice).where(notice.c.id.in_(decision.notice_ids)))


def _put_back(row: Any, status: str, decision: m.TakenDecision) -> None:
    table, before = row.__table__, dict(decision.before)
    edge = find_undo(table.name, status, before.pop("status"), decision.action)
    if edge is None:
        raise Conflict(_LATE)
    transitions.take_back(row, edge, _typed_values(row, before))


def _typed_values(row: Any, values: dict[str, Any]) -> dict[str, Any]:
    return {name: _typed(row.__table__.c[name], value) for name, value in values.items()}


def _typed(column: Any, value: Any) -> Any:
    """A stored value of JSON as the column's own type."""
    return None if value is None else sql_cast(literal(value), column.type)


@technical_write
def forget_old() -> int:
    """Delete what is kept of decisions that nobody can undo any more; return how many."""
    old = cast(Table, m.TakenDecision.__table__)
    result: Any = db.session.execute(delete(old).where(old.c.taken_at < now() - _KEPT))
    return int(result.rowcount)
