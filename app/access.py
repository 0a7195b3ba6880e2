"""Row scope: the expressions of ``row_rules``, put into every ORM statement of the acting user.

A session event adds the acting user's expressions to every ORM SELECT, UPDATE and DELETE: lists, gets, lazy loads,
drop-downs, actions, exports. A view that forgets its filters is still scoped; a table without an expression raises an
error, and so does a statement without an acting user. Leaving the scope is explicit and named: ``with unscoped("why"):``.

Reading: a row is visible when *one* of the user's roles sees it. Acting: ``get_visible`` and ``get_writable`` check the
right together with the rows, so that a right of one role never works on rows that only another role sees.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, TypeVar, cast

from sqlalchemy import and_, event, false, func, or_, select
from sqlalchemy.orm import ORMExecuteState, Session, scoped_session, with_loader_criteria
from sqlalchemy.orm.interfaces import ORMOption

from app import models as m
from app.actor import Actor, Grant
from app.clock import today
from app.errors import Forbidden, NotFound
from app.permissions import ROLES, roles_with
from app.row_criteria import RowCriteria
from app.row_rules import READ_RULES, WRITE_RULES, Expression, Rule, everything

Row = TypeVar("Row", bound=m.Base)


class ScopeError(RuntimeError):
    """A statement outside every scope: nobody acts, or a table has no expression. A programmer's mistake."""


_actor: ContextVar[Actor | None] = ContextVar("actor", default=None)
_unscoped: ContextVar[str | None] = ContextVar("unscoped", default=None)


def current_actor() -> Actor:
    """Return the acting user; raises ScopeError without one."""
    actor = _actor.get()
    if actor is None:
        raise ScopeError("nobody acts: use access.acting_as() or access.unscoped()")
    return actor


def find_actor() -> Actor | None:
    """Return the acting user, or None."""
    return _actor.get()


def set_actor(actor: Actor | None) -> Any:
    """Make ``actor`` act in this context (a web request); returns the token to reset it."""
    return _actor.set(actor)


def reset_actor(token: Any) -> None:
    """Undo ``set_actor``."""
    _actor.reset(token)


@contextmanager
def acting_as(actor: Actor) -> Iterator[Actor]:
    """Run a block as ``actor`` (jobs, commands, tests)."""
    token = _actor.set(actor)
    try:
        yield actor
    finally:
        _actor.reset(token)


@contextmanager
def unscoped(reason: str) -> Iterator[None]:
    """Leave the row scope for a named reason; every use is listed by a test."""
    token = _unscoped.set(reason)
    try:
        yield
    finally:
        _unscoped.reset(token)


def _united(actor: Actor, rules: Mapping[str, Rule], permission: str | None) -> Expression | None:
    expressions = []
    for grant in actor.grants:
        rule = rules.get(grant.role)
        if rule is None or (permission is not None and permission not in ROLES[grant.role].permissions):
            continue
        if rule is everything:
            return None
        expressions.append(rule(actor, grant))
    return or_(*expressions) if expressions else false()


def scope(actor: Actor, table: str, permission: str | None = None) -> Expression | None:
    """Expression of the rows of ``table`` that ``actor`` sees (by the roles holding ``permission``); None = all rows."""
    rules = READ_RULES.get(table)
    if rules is None:
        raise ScopeError(f"table {table} has no row scope")
    return _united(actor, rules, permission)


def write_scope(actor: Actor, table: str, permission: str) -> Expression | None:
    """Expression of the rows of ``table`` on which ``actor`` may do ``permission``; None = all rows."""
    read = scope(actor, table, permission)
    rules = WRITE_RULES.get(table)
    if rules is None:
        return read
    write = _united(actor, rules, permission)
    if write is None or read is None:
        return read if write is None else write
    return and_(read, write)


def reaches_all(actor: Actor, table: str, seen_by: str, permission: str) -> bool:
    """Whether ``permission`` reaches every row of ``table`` that the actor sees by ``seen_by``: then no statement has to ask."""
    return table not in WRITE_RULES and actor.roles & roles_with(seen_by) <= roles_with(permission)


def get_visible(
    session: Session | scoped_session[Any],
    model: type[Row],
    pk: int,
    permission: str,
    options: Sequence[ORMOption] = (),
) -> Row:
    """Load a row that the actor may see by ``permission``; raises Forbidden without the right on any row, NotFound else.

    ``options`` say what is loaded with it.
    """
    return _get(session, model, pk, scope(current_actor(), model.__tablename__, permission), permission, options)


def get_writable(session: Session | scoped_session[Any], model: type[Row], pk: int, permission: str) -> Row:
    """Load a row on which the actor may do ``permission``.

    A row that the actor does not see raises NotFound (as if it did not exist); a visible row without the right raises
    Forbidden.
    """
    return _get(session, model, pk, write_scope(current_actor(), model.__tablename__, permission), permission)


def _get(
    session: Session | scoped_session[Any],
    model: type[Row],
    pk: int,
    expression: Expression | None,
    permission: str,
    options: Sequence[ORMOption] = (),
) -> Row:
    if not 0 < pk < 2**31:
        raise NotFound("Такой записи нет или она вам не видна.")
    # populate_existing: what is acted upon is what the database holds now, not an older copy of this session
    statement = select(model).where(cast(Any, model).id == pk).execution_options(populate_existing=True)
    statement = statement.options(*options)
    row = session.scalars(statement).one_or_none()
    if row is None:
        raise NotFound("Такой записи нет или она вам не видна.")
    current_actor().require(permission)
    if expression is not None:
        inside = session.scalar(select(func.count()).select_from(model).where(cast(Any, model).id == pk, expression))
        if not inside:
            raise Forbidden("Это действие над этой записью вам недоступно.")
    return row


def criteria_of(actor: Actor) -> RowCriteria:
    """Return the loader option that scopes every table which the actor does not see whole."""
    return _criteria(actor.user_id, actor.employee_id, actor.grants, today())


def _places_now() -> list[str]:
    """What a row that is made now is bound to: see ``models.MadeIn``."""
    actor = _actor.get()
    return sorted(actor.role_marks()) if actor is not None else []


m.places_now[0] = _places_now


@lru_cache(maxsize=512)
def _criteria(user_id: int | None, employee_id: int | None, grants: tuple[Grant, ...], _day: dt.date) -> RowCriteria:
    """The row expressions of the user with this account, card and roles on this day.

    Building the expressions of all tables costs more than most statements (4–10 ms), and a user's requests follow one another:
    they are kept, at 50 KB each, for more people than one process serves at a time. The actor of the expressions has nothing
    but what the key holds: no rule can look at anything else.
    """
    actor = Actor(user_id, "", employee_id=employee_id, grants=grants)
    return RowCriteria(
        [
            with_loader_criteria(model, expression, include_aliases=True, propagate_to_loaders=False)
            for table, model in m.mapped_classes().items()
            if (expression := scope(actor, table)) is not None
        ]
    )


def install(session_factory: Any) -> None:
    """Put the scope into every ORM statement of the sessions that ``session_factory`` makes; once, however often called.

    The factory outlives an application: a second one in the same process must not add the expressions twice.
    """
    if not event.contains(session_factory, "do_orm_execute", _scope):
        event.listen(session_factory, "do_orm_execute", _scope)


def _scope(state: ORMExecuteState) -> None:
    if not (state.is_select or state.is_update or state.is_delete) or state.is_column_load:
        return
    if _unscoped.get() is not None:
        return
    actor = _actor.get()
    if actor is None:
        if any(issubclass(mapper.class_, (m.Base, m.Account)) for mapper in state.all_mappers):
            raise ScopeError(f"nobody acts: {state.statement}")
        return
    # a statement of tables alone takes no loader options
    if state.is_orm_statement:
        state.statement = state.statement.options(criteria_of(actor))
