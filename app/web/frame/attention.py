"""The filter «Требует внимания» of lists: what a user has to do, named by a code that keeps its meaning from day to day.

The tiles of the start pages open the lists by these codes, so a figure and its list are counted by one condition.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from app import models as m
from app.access import current_actor
from app.conditions import DUE
from app.web.frame.listing import ListFilter
from app.web.frame.tabs import Tab

NAME = "attention"


@dataclass(frozen=True)
class Matter:
    """One choice of the filter: its code in the address, its words, its rows."""

    code: str
    label: str
    condition: Callable[[], Any]
    #: permission without which the choice is not offered
    right: str = ""


def matter_filter(*matters: Matter) -> ListFilter:
    """Return the list's filter «Требует внимания» with these choices."""
    known = {matter.code: matter for matter in matters}
    return ListFilter(
        NAME,
        "Требует внимания",
        "choice",
        lambda value, _to: known[value].condition() if value in known else None,
        lambda: [(it.code, it.label) for it in matters if not it.right or current_actor().can(it.right)],
    )


def due_matters(model: type[m.Base]) -> list[Matter]:
    """Choices by the term in which a row is decided."""
    return [Matter(code, words, partial(condition, model)) for code, (words, condition) in DUE.items()]


def matter_tab(source: ListFilter, code: str, label: str, **more: Any) -> Tab:
    """Return the ready tab of the rows that a choice of a filter «Требует внимания» finds, under shorter words."""
    return Tab(code, label, lambda: source.condition(code, None), **more)
