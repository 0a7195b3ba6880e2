"""Hints of fields whose words follow from data."""

from __future__ import annotations

from collections.abc import Callable

from flask import g
from flask_babel.speaklater import LazyString


def told_by(words: Callable[[], str]) -> LazyString:
    """A hint that ``words`` makes when a page shows it: once a request, though a template asks for it several times."""

    def made() -> str:
        kept: dict[Callable[[], str], str] = g.setdefault("hints", {})
        if words not in kept:
            kept[words] = words()
        return kept[words]

    return LazyString(made)
