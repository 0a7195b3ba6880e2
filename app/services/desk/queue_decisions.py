"""Deciding the rows of the queue: each in a separate transaction, with an outcome for each row (order § 2.7, 4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app import models as m
from app.access import current_actor, unscoped, write_scope
from app.errors import Conflict, Invalid, NotFound, PortalError
from app.extensions import db
from app.russian import quoted
from app.services.desk.queue import joined
from app.services.desk.queue_sources import BY_CODE, Service, Source
from app.services.portal import refusal_reasons, transitions, undo
from app.statuses import Edge, edge_of

CONFIRM, GIVE_BACK, REFUSE = "confirm", "return", "refuse"
#: action → (name of the source's service, what it is called when a kind has none, whether a reason is asked)
ACTIONS = {
    CONFIRM: ("confirm", "подтвердить отсюда нельзя", False),
    GIVE_BACK: ("give_back", "вернуть на доработку нельзя", True),
    REFUSE: ("refuse", "отклонить отсюда нельзя", True),
}
#: rows that may be decided at once: a page and some
MOST = 100

Pick = tuple[str, int]
#: what was typed, and the id of a typical reason
Reason = tuple[str, int | None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row; ``sentence`` says why it was not decided, and is empty when it was."""

    source: Source
    pk: int
    who: str
    sentence: str = ""
    #: the word of its edge: «Одобрено»
    done: str = ""

    @property
    def href(self) -> str:
        """Path of the row's own page."""
        return f"/{self.source.code}/show/{self.pk}"


def decide(
    action: str, picks: Sequence[Pick], *, reason: str = "", typical_id: int | None = None, batch: str = ""
) -> list[Outcome]:
    """Take ``action`` on each row as the acting user; each succeeds or is refused with its own sentence.

    What may be undone is kept under the name ``batch`` of this press.

    The reason is the directory's ``typical_id``, the typed words, or both; a typical one explains decisions of its kind only.

    Raises NotFound for an unknown action or when one of the rows is not seen, Forbidden without the right on its kind, Invalid
    for no rows, too many, or a missing reason: then nothing is decided.
    """
    if action not in ACTIONS:
        raise NotFound("Такого действия нет.")
    if not picks:
        raise Invalid("Отметьте строки, по которым принимаете решение.")
    if len(picks) > MOST:
        raise Invalid(f"За один раз можно решить не больше {MOST} строк. Ничего не выполнено.")
    given = reason.strip(), typical_id
    if ACTIONS[action][2] and not any(given):
        raise Invalid("Укажите причину: её увидит тот, кого касается решение.", {"reason": ["Укажите причину."]})
    names = _names(picks)
    name = batch or undo.new_batch()
    return [_one(action, BY_CODE[code], pk, names[code, pk], given, name) for code, pk in dict.fromkeys(picks)]


def _names(picks: Sequence[Pick]) -> dict[Pick, str]:
    """The person of each row; raises NotFound when one of them is not the actor's to decide."""
    found: dict[Pick, str] = {}
    for code in dict.fromkeys(code for code, _ in picks):
        source = BY_CODE.get(code)
        if source is None:
            raise NotFound("Такого вида решений нет.")
        current_actor().require(source.right)
        wanted = [pk for of, pk in picks if of == code]
        found |= {(code, pk): who for pk, who in db.session.execute(_chosen(source, wanted))}
    if found.keys() != set(picks):
        raise NotFound("Одной из отмеченных записей нет или она вам не видна. Ничего не выполнено.")
    return found


def _chosen(source: Source, wanted: Sequence[int]) -> Any:
    table = source.table
    statement = select(table.c.id, source.who(table)).select_from(joined(source)).where(table.c.id.in_(wanted))
    own = write_scope(current_actor(), source.code, source.right)
    return statement if own is None else statement.where(own)


def _one(action: str, source: Source, pk: int, who: str, given: Reason, batch: str) -> Outcome:
    try:
        edge = _insist_edge(action, source)
        undo.take(source.model, pk, edge.action, lambda: _call(action, source, pk, given), batch=batch, label=who)
    except PortalError as refusal:
        return Outcome(source, pk, who, refusal.message)
    return Outcome(source, pk, who, done=edge.done)


def _insist_edge(action: str, source: Source) -> Edge:
    edge = edge_of_decision(action, source)
    if edge is None:
        raise Conflict(f"{quoted(source.title)}: {ACTIONS[action][1]}. Откройте запись и решите на её странице.")
    return edge


def edge_of_decision(action: str, source: Source) -> Edge | None:
    """Return the edge that a decision of the queue takes for a kind, with its words; None: the kind has no such decision."""
    service: Service | None = getattr(source, ACTIONS[action][0])
    performers = transitions.performers_of(source.code)
    return next((edge_of(source.code, name) for name, known in performers.items() if known is service), None)


def _call(action: str, source: Source, pk: int, given: Reason) -> None:
    attribute, _words, has_reason = ACTIONS[action]
    service: Service = getattr(source, attribute)
    service(pk, **refusal_reasons.arguments(source.model, *given)) if has_reason else service(pk)
    _refuse_late(source, pk)


def _refuse_late(source: Source, pk: int) -> None:
    """Say who was faster: a service that finds its work done already is silent, so that a click twice does nothing twice."""
    if "decided_by_id" not in source.table.c:
        return
    with unscoped("who was faster: only the name"):
        decided_by = db.session.scalar(select(source.table.c.decided_by_id).where(source.table.c.id == pk))
        if decided_by is None or decided_by == current_actor().user_id:
            return
        other = db.session.get(m.Account, decided_by)
    raise Conflict(f"Решение уже принято: {other}. Ваше нажатие ничего не изменило.")
