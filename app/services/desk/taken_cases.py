"""A case that an operator takes: the others see by whom, so that nobody decides it twice; given back, or taken over.

Taking changes nothing of the row itself and is in no journal: it says who works on what right now. It ends by itself when the
row no longer waits; what nobody has come back to is forgotten by the nightly job.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Table, and_, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from app import models as m
from app.access import current_actor, get_writable
from app.clock import local, now
from app.errors import Conflict, NotFound
from app.extensions import db
from app.russian import format_datetime, initials
from app.services.desk import queue
from app.services.desk.queue_sources import BY_CODE
from app.unit_of_work import technical_write

#: a case that was taken so long ago is in nobody's hands
KEPT = dt.timedelta(days=30)

_taken = cast(Table, m.TakenCase.__table__)
_account: Any = m.Account.__table__


@dataclass(frozen=True, slots=True)
class Taken:
    """Who works on a case, and since when."""

    user_id: int
    who: str
    at: dt.datetime

    @property
    def is_own(self) -> bool:
        """Whether the acting user has it."""
        return self.user_id == current_actor().user_id

    def __str__(self) -> str:
        return f"{self.who}, {format_datetime(self.at)}"


def takers_of(picks: Collection[tuple[str, int]]) -> Mapping[tuple[str, int], Taken]:
    """Return who has taken which of the cases; one statement, for a caller that has checked who sees them."""
    if not picks:
        return {}
    names = (_account.c.last_name, _account.c.first_name, _account.c.patronymic)
    wanted = [and_(_taken.c.object_table == code, _taken.c.object_id == pk) for code, pk in picks]
    statement = (
        select(_taken.c.object_table, _taken.c.object_id, _taken.c.user_id, _taken.c.taken_at, *names)
        .join(_account, _account.c.id == _taken.c.user_id)
        .where(or_(*wanted))
    )
    return {
        (code, pk): Taken(user_id, initials(*name), local(at))
        for code, pk, user_id, at, *name in db.session.execute(statement)
    }


def own() -> list[queue.Waiting]:
    """Return the cases that the acting user has taken and that still wait, the most urgent first."""
    mine = select(_taken.c.object_table, _taken.c.object_id).where(_taken.c.user_id == current_actor().user_id)
    picks = [(code, pk) for code, pk in db.session.execute(mine) if code in BY_CODE]
    return queue.waiting_among(picks)


def why_not_decide(taken: Taken | None) -> str:
    """Say why the acting user leaves a case to its taker; empty for a free case and an own one."""
    if taken is None or taken.is_own:
        return ""
    return f"Дело уже в работе: {taken}. Если решаете вы, заберите его себе."


@technical_write
def take(code: str, pk: int, *, over: int | None = None) -> None:
    """Take a case that waits; a second press changes nothing. ``over``: the user whom the page showed as its taker.

    Raises NotFound, Forbidden without the right to decide it, Conflict when it does not wait, or another user was faster.
    """
    source = _source(code)
    get_writable(db.session, source.model, pk, source.right)
    if not queue.is_waiting(source, pk):
        raise Conflict("Это дело уже не ждёт решения. Обновите очередь.")
    actor = current_actor()
    values = {"object_table": code, "object_id": pk, "user_id": actor.user_id, "taken_at": now()}
    if db.session.execute(insert(_taken).values(values).on_conflict_do_nothing().returning(_taken.c.user_id)).all():
        return
    if over is not None:
        db.session.execute(update(_taken).where(_one(code, pk), _taken.c.user_id == over).values(values))
    refusal = why_not_decide(takers_of([(code, pk)]).get((code, pk)))
    if refusal:
        raise Conflict(refusal)


@technical_write
def give_back(code: str, pk: int) -> None:
    """Give a case back to the queue; what another user has taken over meanwhile stays with that user."""
    current_actor().require(_source(code).right)
    db.session.execute(delete(_taken).where(_one(code, pk), _taken.c.user_id == current_actor().user_id))


@technical_write
def forget_old() -> int:
    """Delete what was taken long ago; return how many."""
    result: Any = db.session.execute(delete(_taken).where(_taken.c.taken_at < now() - KEPT))
    return int(result.rowcount)


def _one(code: str, pk: int) -> Any:
    return and_(_taken.c.object_table == code, _taken.c.object_id == pk)


def _source(code: str) -> Any:
    source = BY_CODE.get(code)
    if source is None:
        raise NotFound("Такого вида решений нет.")
    return source
