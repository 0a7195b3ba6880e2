"""The business actions: one function each, in one transaction (``@use_case``).

A service takes the acting user from ``access.current_actor()`` and plain values, checks the right together with the row,
and raises errors whose sentences are meant for the user. Nothing here knows HTTP, printing or Excel.
"""

from __future__ import annotations

import importlib
import pkgutil


def load() -> None:
    """Import every service: what performs an edge, what guards a value and what a task does is known only then."""
    for module in pkgutil.walk_packages(__path__, f"{__name__}."):
        importlib.import_module(module.name)
