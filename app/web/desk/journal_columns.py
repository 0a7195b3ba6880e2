"""Columns and filters of the journal."""

from __future__ import annotations

from app import models as m
from app.acts import action_label, changes_in_words
from app.labels import THINGS
from app.text import sort_key
from app.web.frame.listing import ListColumn, ListFilter
from app.web.frame.pages import Cell


def _changes_text(entry: m.AuditEntry) -> str:
    return changes_in_words(entry.action, entry.changes)


AUDIT_ACTION = ListColumn(
    "action", "Что сделано", lambda e: action_label(e.action), lambda e: Cell(action_label(e.action))
)
AUDIT_CHANGES = ListColumn("changes", "Было → стало", _changes_text, lambda e: Cell(_changes_text(e)))
AUDIT_OBJECT = ListFilter(
    "object_table",
    "Над чем",
    "choice",
    lambda v, _t: m.AuditEntry.object_table == v,
    lambda: sorted(((code, t.plural) for code, t in THINGS.items()), key=lambda pair: sort_key(pair[1])),
)
