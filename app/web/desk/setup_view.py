"""«Настройка»: all directories, rules, templates and settings of the user on one page, with a search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import render_template, request
from flask_appbuilder import BaseView, expose

from app.errors import NotFound
from app.text import cleaned, words
from app.web.frame.guards import signed_in
from app.web.frame.menu import SETUP, SetupEntry, SetupGroup, setup_groups


@dataclass(frozen=True, slots=True)
class SetupPage:
    """The groups with a line that answers what was ``typed``."""

    title: str
    typed: str
    groups: Sequence[SetupGroup]


class SetupView(BaseView):
    """What is set up once and seldom changed; each line leads to its own list."""

    route_base = "/setup"
    default_view = "index"

    @expose("/")
    @signed_in
    def index(self) -> Any:
        """The lines that hold every word of ``q``; raise NotFound for a user who has none at all."""
        every = setup_groups()
        if not every:
            raise NotFound("Такой страницы нет, или она вам не видна: настраивать в портале вам нечего.")
        typed = cleaned(request.args.get("q", ""))[:100]
        return render_template("setup.html", page=SetupPage(SETUP, typed, _found(every, words(typed))))


def _found(groups: Sequence[SetupGroup], sought: Sequence[str]) -> list[SetupGroup]:
    found = [SetupGroup(group.title, [e for e in group.entries if _answers(group, e, sought)]) for group in groups]
    return [group for group in found if group.entries]


def _answers(group: SetupGroup, entry: SetupEntry, sought: Sequence[str]) -> bool:
    """Whether each sought word begins a word of the line or of its heading."""
    known = words(f"{group.title} {entry.label} {entry.sentence}")
    return all(any(word.startswith(beginning) for word in known) for beginning in sought)
