"""A case of the desk: one row that is decided, with what speaks for and against it, who decided it already, its history."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from app import audit
from app import models as m
from app.access import current_actor, get_visible, unscoped, write_scope
from app.acts import act_label
from app.clock import ZONE, local, today
from app.errors import NotFound
from app.extensions import db
from app.services.desk import queue, taken_cases
from app.services.desk.queue import Waiting
from app.services.desk.queue_decisions import ACTIONS, Decided, actions_of_decisions, edge_of_decision, last_decision
from app.services.desk.queue_sources import BY_CODE, Source, sources_of
from app.services.desk.taken_cases import Taken
from app.services.desk.verdict import Verdict
from app.services.desk.verdicts import verdict_of
from app.services.portal import undo
from app.statuses import Edge

#: decisions of today that are listed
MOST = 50


@dataclass(frozen=True, slots=True)
class Case:
    """One row with everything that its decision needs; ``edges``: what the acting user may decide now, by action."""

    row: Waiting
    waits: bool
    edges: dict[str, Edge]
    verdict: Verdict
    decided: Decided | None
    history: Sequence[m.AuditEntry]
    taken: Taken | None = None

    @property
    def source(self) -> Source:
        """The kind of the row."""
        return self.row.source

    def is_final(self, action: str) -> bool:
        """Whether a decision cannot be undone, so that it asks first."""
        return not undo.is_undoable(self.source.code, self.edges[action].action)


def get_case(code: str, pk: int) -> Case:
    """Return a case that the actor sees; raises NotFound, Forbidden."""
    source = BY_CODE.get(code)
    if source is None:
        raise NotFound("Такого вида решений нет.")
    row = get_visible(db.session, source.model, pk, f"{code}:show")
    shown = queue.rows_of([(code, pk)]).get((code, pk))
    if shown is None:
        raise NotFound("Такой записи нет или она вам не видна.")
    waits = queue.is_waiting(source, pk)
    entries = audit.history(code, pk, limit=15)
    # of a decided row today's conditions would tell what followed from the decision
    verdict = verdict_of(row) if waits else Verdict(())
    edges = _edges(source, pk) if waits else {}
    taken = taken_cases.takers_of([(code, pk)]).get((code, pk)) if edges else None
    return Case(shown, waits, edges, verdict, last_decision(source, entries), entries, taken)


def _edges(source: Source, pk: int) -> dict[str, Edge]:
    actor = current_actor()
    if not actor.can(source.right):
        return {}
    own = write_scope(actor, source.code, source.right)
    if own is not None and not db.session.scalar(
        select(func.count()).select_from(source.model).where(source.table.c.id == pk, own)
    ):
        return {}
    return {action: edge for action in ACTIONS if (edge := edge_of_decision(action, source)) is not None}


# --- «Мои» -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Own:
    """A decision that the acting user took today."""

    row: Waiting
    word: str
    at: dt.datetime


def own_today() -> list[Own]:
    """What the acting user decided today and still stands, the newest first; undone decisions are not among them."""
    e, actor = m.AuditEntry, current_actor()
    begins = dt.datetime.combine(today(), dt.time.min, tzinfo=ZONE)
    found: dict[tuple[str, int], Any] = {}
    sources = {source.code: source for source in sources_of(actor)}
    verbs = {f"{code}.{name}": code for code, source in sources.items() for name in actions_of_decisions(source)}
    undone = [f"{code}.undo_{name}" for code, source in sources.items() for name in actions_of_decisions(source)]
    with unscoped("what the acting user has decided today"):
        statement = (
            select(e.object_table, e.object_id, e.action, e.at)
            .where(e.user_id == actor.user_id, e.at >= begins, e.action.in_([*verbs, *undone]))
            .order_by(e.id.desc())
            .limit(MOST * 2)
        )
        for entry in db.session.execute(statement):
            found.setdefault((entry.object_table, entry.object_id), entry)
    stand = {pick: entry for pick, entry in list(found.items())[:MOST] if entry.action in verbs}
    rows = queue.rows_of(stand)
    return [
        Own(rows[pick], act_label(pick[0], entry.action.partition(".")[2]), local(entry.at))
        for pick, entry in stand.items()
        if pick in rows
    ]
