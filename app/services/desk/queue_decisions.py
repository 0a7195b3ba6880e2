"""Deciding the rows of the queue: each in a separate transaction, with an outcome for each row (order § 2.7, 4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app import audit
from app import models as m
from app.access import current_actor, write_scope
from app.acts import act_label
from app.clock import local
from app.errors import Conflict, Invalid, NotFound, PortalError
from app.extensions import db
from app.russian import format_datetime, quoted
from app.services.desk import queue, taken_cases
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

    A case that another user has taken is left to that user. What may be undone is kept under the name ``batch`` of this press.

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
    name, takers = batch or undo.new_batch(), taken_cases.takers_of(names)
    outcomes = []
    for code, pk in dict.fromkeys(picks):
        source, who = BY_CODE[code], names[code, pk]
        refusal = taken_cases.why_not_decide(takers.get((code, pk)))
        left = refusal and queue.is_waiting(source, pk)
        outcomes.append(Outcome(source, pk, who, refusal) if left else _one(action, source, pk, who, given, name))
    return outcomes


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
        if not _is_done(source, pk, edge):
            undo.take(source.model, pk, edge.action, lambda: _call(action, source, pk, given), batch=batch, label=who)
            # a service that finds its work done already is silent
            _is_done(source, pk, edge)
    except PortalError as refusal:
        return Outcome(source, pk, who, _sentence(source, pk, edge_of_decision(action, source), refusal))
    return Outcome(source, pk, who, done=edge.done)


def _sentence(source: Source, pk: int, edge: Edge | None, refusal: PortalError) -> str:
    """Why a row was not decided; of two users of one moment the second learns who was faster."""
    try:
        if edge is not None:
            _is_done(source, pk, edge)
    except Conflict as faster:
        return faster.message
    return refusal.message


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


# --- who was faster --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Decided:
    """Who decided a row last, how and when; ``word`` is that of the edge: «Одобрено»."""

    action: str
    word: str
    user_id: int | None
    who: str
    at: dt.datetime

    def __str__(self) -> str:
        return f"{self.who}, {format_datetime(self.at)}: «{self.word}»"


def last_decision(source: Source, entries: Sequence[m.AuditEntry]) -> Decided | None:
    """Return the decision that stands by the journal of a row, the newest entry first; None when it was undone, or none was taken."""
    names = actions_of_decisions(source)
    for entry in entries:
        verb = entry.action.partition(".")[2]
        if verb in names:
            return Decided(verb, act_label(source.code, verb), entry.user_id, entry.user_name, local(entry.at))
        if verb.removeprefix("undo_") in names:
            return None
    return None


def actions_of_decisions(source: Source) -> list[str]:
    """Actions of the status table by which the queue decides rows of a kind."""
    return [edge.action for action in ACTIONS if (edge := edge_of_decision(action, source)) is not None]


def _is_done(source: Source, pk: int, edge: Edge) -> bool:
    """Whether the acting user has decided so already, so that a click twice does nothing twice; raises Conflict for another's."""
    if queue.is_waiting(source, pk):
        return False
    last = last_decision(source, audit.history(source.code, pk, limit=15))
    if last is None:
        return False
    if (last.user_id, last.action) == (current_actor().user_id, edge.action):
        return True
    raise Conflict(f"Решение уже принято: {last}. Ваше нажатие ничего не изменило.")
