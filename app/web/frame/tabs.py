"""Ready tabs of a list: what a role opens it for, each with the number of its rows; all are counted by one statement.

A view declares them beside its columns: ``tabs = (Tab("waiting", "Ждут решения", …), …)``. The first is what the list opens with
while it has rows; «Все», which the list adds as the last, shows everything. Searches and filters narrow every tab alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_

from app.access import current_actor
from app.conditions import in_state, late, waits
from app.web.frame.list_query import ALL
from app.web.frame.pages import Tab as ShownTab


@dataclass(frozen=True)
class Tab:
    """One tab: its code in the address, its words, its rows.

    ``right``: permission without which it is not offered; ``hot``: its number is shown as a warning; ``order``: of its rows, where
    the user has chosen none.
    """

    code: str
    label: str
    condition: Callable[[], Any] | None
    right: str = ""
    hot: bool = False
    order: Sequence[Any] = ()


#: the tab «Все», for a view where it comes first
EVERYTHING = Tab(ALL, "Все", None)


def of_states(code: str, label: str, model: type[Any], *states: Any, **more: Any) -> Tab:
    """Return the tab of rows in these states, as the clock has them."""
    return Tab(code, label, lambda: or_(*(in_state(state, model) for state in states)), **more)


def to_decide(model: Any, waiting: str = "Ждут решения", **more: Any) -> tuple[Tab, Tab]:
    """Return the tabs of what waits for a decision and of what is late; the first term comes first."""
    order = (model.due_on, model.id)
    return (
        Tab("waiting", waiting, lambda: waits(model), order=order, **more),
        Tab("late", "Просрочены", lambda: late(model), hot=True, order=order, **more),
    )


def offered(declared: Sequence[Tab]) -> Sequence[Tab]:
    """Tabs of the acting user, «Все» among them; none when there is nothing to choose, nor for a person's own few rows."""
    actor = current_actor()
    if actor.roles == {"worker"}:
        return ()
    found = [tab for tab in declared if not tab.right or actor.can(tab.right)]
    if not found or found == [EVERYTHING]:
        return ()
    return found if EVERYTHING in found else [*found, EVERYTHING]


def narrowed(tab: Tab | None) -> list[Any]:
    """Conditions of a tab."""
    return [tab.condition()] if tab is not None and tab.condition is not None else []


def shown(listing: Any, query: Any, totals: Any) -> list[ShownTab]:
    """The tabs as links that keep the search and the filters."""
    return [
        ShownTab(
            tab.label,
            listing.url(query, tab=tab.code),
            totals[tab.code].number,
            tab.code == query.tab,
            more=not totals[tab.code].exact,
            hot=tab.hot and totals[tab.code].number > 0,
        )
        for tab in listing.tabs()
    ]
