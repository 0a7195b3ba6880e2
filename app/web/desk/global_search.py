"""Search everywhere: people, organizations, groups, programs, vouchers (чеки), documents, by one line of words; ``search_ways`` has the rest.

Every statement walks an index and is limited, so that a million people answer as quickly as a hundred: rows whose name or
number begins with the typed text are read from the sort index; only when they are few are the words looked up in the
vectors. Nothing is ranked, so nothing is sorted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import cached_property
from typing import Any

from flask import jsonify, render_template, request
from flask_appbuilder import BaseView, expose
from sqlalchemy import Select, select
from sqlalchemy.orm import load_only

from app import addresses
from app import models as m
from app.access import current_actor, scope
from app.actor import Actor
from app.extensions import db
from app.text import cleaned, sort_key
from app.text.keyboard import is_latin, other_layout
from app.web.desk import recent
from app.web.desk.answers_found import Found, FoundGroup
from app.web.desk.person_acts import PersonAct, act_asked, acts_on
from app.web.desk.search_kinds import BY_TABLE, KINDS, Kind, named
from app.web.desk.search_ways import articles, begin_words, ways, words_of
from app.web.frame.guards import signed_in
from app.web.frame.pages import CardPage, Link
from app.web.frame.search import marks, match

#: rows of a group
SHOWN = 5
#: rows read from an index for one question; people beyond them add nothing to the чеки and documents found
WALK = 40
#: rows among which beginnings of words too short for the vector are sought
SIFTED = 300


class Finder:
    """One search of one user; what is read for one group serves the others."""

    def __init__(self, actor: Actor, typed: str) -> None:
        self.actor = actor
        self.typed = cleaned(typed)[:100]
        self.folded = sort_key(self.typed)
        self._rows: dict[tuple[str, str | None], list[Any]] = {}

    @cached_property
    def digits(self) -> str | None:
        """Digits of what was typed when there is no letter in it (СНИЛС, numbers), else None."""
        if any(sign.isalpha() for sign in self.typed):
            return None
        return "".join(sign for sign in self.typed if sign.isdecimal())

    def groups(self) -> list[FoundGroup]:
        """Answers by kind; sections and actions stand first when their words are exactly those typed."""
        if not self.typed:
            return []
        asked = act_asked(self.actor, self.typed)
        rows = (self.for_act(*asked) if asked else []) or self.of_kinds()
        found = ways(self.actor, self.folded, SHOWN)
        exact = len(self.folded) > 2 and any(sort_key(way.text).startswith(self.folded) for way in found)
        told = articles(self.actor, self.typed, nothing_else=not rows and not found)
        beside = [FoundGroup("Разделы и действия", found)] if found else []
        return [
            *(beside if exact else ()),
            *rows,
            *(() if exact else beside),
            *([FoundGroup("Справка", told)] if told else ()),
        ]

    def of_kinds(self) -> list[FoundGroup]:
        """Rows of every kind that the user may list."""
        return [group for kind in KINDS if (group := self.group(kind)) is not None]

    def for_act(self, act: PersonAct, name: str) -> list[FoundGroup]:
        """People for whom an act was asked: each answer leads to the act itself."""
        people = Finder(self.actor, name).group(BY_TABLE["employee"])
        items = [
            Found(f"{one.text}: {person.text}", person.detail, one.href)
            for person in (people.items if people else ())
            for one in person.acts
            if one.text == act.text
        ]
        return [FoundGroup("Действия с работником", items)] if items else []

    def group(self, kind: Kind) -> FoundGroup | None:
        """Rows of one kind that the user may list, or None."""
        if not self.actor.can(f"{kind.table}:{kind.right}"):
            return None
        rows = self.rows(kind, f"{kind.table}:list")
        if not rows:
            return None
        more = addresses.listing(kind.table, q=self.typed) if len(rows) > SHOWN else ""
        return FoundGroup(kind.title, self.answers(kind, rows[:SHOWN]), more)

    def answers(self, kind: Kind, rows: Sequence[Any]) -> list[Found]:
        """The shown rows in words, with what can be done with them."""
        self.name(kind, rows)
        people = kind.model is m.Employee
        found = marks(kind.model, rows, self.typed) if people and self.typed else {}
        acts = acts_on(self.actor, kind.model, [row.id for row in rows])
        return [
            Found(
                kind.text(r),
                " · ".join(filter(None, (found.get(r.id), kind.detail(r)))),
                addresses.card(kind.table, r.id),
                acts.get(r.id, ()),
            )
            for r in rows
        ]

    def recent(self, text: str) -> list[FoundGroup]:
        """What the browser remembers, in its order; rows that the user may not list any more are left out."""
        place, found = recent.place_of(text), dict[int, Found]()
        for table, ids in recent.remembered(text).items():
            kind = BY_TABLE.get(table)
            if kind is None or not self.actor.can(f"{table}:{kind.right}"):
                continue
            statement = self.statement(kind, f"{table}:list").where(kind.model.id.in_(ids))
            rows = list(db.session.scalars(statement.limit(recent.MOST)))
            answers = self.answers(kind, rows)
            found |= {place[table, row.id]: answer for row, answer in zip(rows, answers, strict=True)}
        return [FoundGroup("Недавно открытые", [found[at] for at in sorted(found)])] if found else []

    def rows(self, kind: Kind, permission: str | None) -> list[Any]:
        """Rows that begin with what was typed, then, when they are few, those found by words or through their parent."""
        key = (kind.table, permission if len(self.actor.grants) > 1 else None)
        if key not in self._rows:
            rows = self.beginning(kind, permission)
            if len(rows) < SHOWN:
                known = {row.id for row in rows}
                more = self.of_parents(kind, permission) if kind.parent else self.by_words(kind, permission)
                rows += [row for row in more if row.id not in known]
            self._rows[key] = rows
        return self._rows[key]

    def beginning(self, kind: Kind, permission: str | None) -> list[Any]:
        """Rows whose name or number begins with what was typed, in their order."""
        if not kind.start or (kind.table == "employee" and self.digits is not None):
            return []
        column = getattr(kind.model, kind.start)
        start = self.folded if kind.start == "sort" else self.typed
        if kind.start == "number" and not any(sign.isdigit() for sign in start):
            return []
        statement = self.statement(kind, permission).where(column >= start).order_by(column, kind.model.id)
        # the rows that begin so stand first in the walk, whatever the collation; the bound keeps the walk short
        rows = list(db.session.scalars(statement.limit(WALK)))
        return [row for row in rows if getattr(row, kind.start).startswith(start)]

    def by_words(self, kind: Kind, permission: str | None) -> list[Any]:
        """Rows that hold a beginning of every word; of people, a number is only a whole СНИЛС."""
        statement = self.statement(kind, permission)
        if kind.table == "employee" and self.digits is not None:
            whole = statement.where(m.Employee.snils == self.digits).limit(1)
            return list(db.session.scalars(whole)) if len(self.digits) == 11 else []
        words = words_of(self.folded)
        long = [word for word in words if len(word) >= kind.shortest]
        if not long:
            return []
        short = [word for word in words if len(word) < kind.shortest]
        statement = statement.where(match(kind.model, " ".join(long))).limit(SIFTED if short else WALK)
        rows = list(db.session.scalars(statement))
        return [row for row in rows if begin_words(short, row.sort)] if short else rows

    def of_parents(self, kind: Kind, permission: str | None) -> list[Any]:
        """Rows that belong to what was found by the same words: чеки of people, groups of programs."""
        # what the user sees of the parents is enough: the right is asked of the rows themselves
        parents = self.rows(BY_TABLE[kind.parent], None)
        if not parents:
            return []
        key = getattr(kind.model, kind.key)
        statement = self.statement(kind, permission).where(key.in_([p.id for p in parents]))
        return list(db.session.scalars(statement.order_by(kind.model.id.desc()).limit(WALK)))

    @staticmethod
    def name(kind: Kind, rows: Sequence[Any]) -> None:
        """Load the names that stand beside the numbers of the shown rows, by one statement."""
        if kind.naming:
            db.session.scalars(named(kind).where(kind.model.id.in_([row.id for row in rows]))).all()

    def statement(self, kind: Kind, permission: str | None) -> Select[Any]:
        """Rows of a table with what is shown of them; the session adds the scope, here only that of the right to list."""
        columns = [getattr(kind.model, name) for name in ("id", *kind.columns)]
        statement = select(kind.model).options(load_only(*columns, raiseload=True))
        near = kind.near(self.actor)
        if near is not None:
            statement = statement.where(near)
        if permission and len(self.actor.grants) > 1:
            expression = scope(self.actor, kind.table, permission)
            if expression is not None:
                statement = statement.where(expression)
        return statement


class SearchView(BaseView):
    """The search of the top bar: JSON for its dialog, a page for those without scripts."""

    route_base = "/search"
    default_view = "index"

    @expose("/")
    @signed_in
    def index(self) -> Any:
        """Answers to ``q``; what was typed in the other keyboard layout is sought when nothing is found as typed."""
        finder = Finder(current_actor(), request.args.get("q", ""))
        groups, asked = answers_to(finder, request.args.get("recent", ""))
        total = sum(len(group.items) for group in groups)
        if request.accept_mimetypes.best == "application/json":
            return jsonify(total=total, asked=asked, groups=[asdict(group) for group in groups])
        page = CardPage("Поиск", crumbs=[Link("Поиск", current=True)])
        return render_template("search.html", page=page, typed=finder.typed, asked=asked, groups=groups, total=total)


def answers_to(finder: Finder, lately: str) -> tuple[list[FoundGroup], str]:
    """Answers, and what was sought instead of what was typed; nothing typed: what was opened lately."""
    if not finder.typed:
        return finder.recent(lately), ""
    groups = finder.groups()
    meant = other_layout(finder.typed) if not groups else ""
    if not meant or meant == finder.typed:
        return groups, ""
    if is_latin(finder.typed):
        again = Finder(finder.actor, meant).groups()
    else:
        # no name of a person or a program is Latin: only sections and actions («Excel») are
        found = ways(finder.actor, sort_key(meant), SHOWN)
        again = [FoundGroup("Разделы и действия", found)] if found else []
    return again, meant if again else ""
