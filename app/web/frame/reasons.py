"""The reason of a refusal or a return on the screen: chosen from the directory, typed, or both."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from flask import request

from app.errors import Invalid
from app.services.portal import refusal_reasons
from app.services.portal.refusal_reasons import ACTIONS
from app.web.frame.pages import Option

_LONGEST = 1000


def options(table: str, action: str) -> Sequence[Option]:
    """Typical reasons for an action on a table, asked once per request."""
    if action not in ACTIONS:
        return ()
    return options_of([table])[table]


def options_of(tables: Collection[str]) -> Mapping[str, Sequence[Option]]:
    """Typical reasons of several tables; those that the request has not asked for yet by one statement."""
    known: dict[str, Sequence[Option]] = request.environ.setdefault("portal.reasons", {})
    lacking = [table for table in tables if table not in known]
    found = refusal_reasons.listed(lacking) if lacking else []
    for table in lacking:
        known[table] = [Option(str(item.id), item.text) for item in found if item.table == table]
    return known


def posted() -> tuple[str, int | None]:
    """What was typed and the id of the chosen typical reason; raises Invalid for an id that is none.

    Without scripts a page sends the boxes of all its actions, of which one is filled.
    """
    typed = next((text for value in request.form.getlist("reason") if (text := value.strip())), "")
    chosen = next((value for value in request.form.getlist("typical") if value), "")
    if chosen and not (chosen.isascii() and chosen.isdecimal() and len(chosen) < 10):
        raise Invalid("Выберите причину из справочника заново: она записана не так, как её пишет портал.")
    return typed[:_LONGEST], int(chosen) if chosen else None
