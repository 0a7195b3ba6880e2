"""Search everywhere: people, organizations, groups, programs, vouchers (чеки), documents, sections and actions, by one line of words.

Every statement walks an index and is limited, so that a million people answer as quickly as a hundred: rows whose name or
number begins with the typed text are read from the sort index; only when they are few are the words looked up in the
vectors. Nothing is ranked, so nothing is sorted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from flask import current_app, jsonify, render_template, request
from flask_appbuilder import BaseView, expose
from sqlalchemy import Select, select
from sqlalchemy.orm import load_only, selectinload

from app import addresses, shown
from app import models as m
from app.access import current_actor, scope
from app.actor import Actor
from app.conditions import state_of
from app.extensions import db
from app.russian import capitalized, format_date
from app.text import cleaned, sort_key
from app.web.frame.guards import signed_in
from app.web.frame.menu import menu
from app.web.frame.pages import CardPage, Link
from app.web.frame.search import marks, match

#: rows of a group
SHOWN = 5
#: rows read from an index for one question; people beyond them add nothing to the чеки and documents found
WALK = 40
#: rows among which beginnings of words too short for the vector are sought
SIFTED = 300


@dataclass(frozen=True, slots=True)
class Found:
    """One answer: what it is, what tells it from its namesakes, where it leads."""

    text: str
    detail: str
    href: str


@dataclass(frozen=True, slots=True)
class FoundGroup:
    """Answers of one kind; ``more_href`` is the list with the same search when there may be more of them."""

    title: str
    items: Sequence[Found]
    more_href: str = ""


@dataclass(frozen=True)
class Kind:
    """A table that is searched: ``start`` is the column walked from what was typed, ``parent`` whose words find it too."""

    model: type[Any]
    title: str
    start: str
    columns: tuple[str, ...]
    text: Callable[[Any], str]
    detail: Callable[[Any], str]
    #: shorter words are not looked up in the vector: their lists of rows are too long
    shortest: int = 1
    parent: str = ""
    key: str = ""
    #: relation whose name stands beside the number, and its columns
    naming: str = ""
    named: tuple[str, ...] = ()
    #: condition that narrows the scope to what is found at once, or None
    near: Callable[[Actor], Any] = lambda _actor: None

    @property
    def table(self) -> str:
        """Name of the table."""
        return self.model.__tablename__  # type: ignore[no-any-return]


def _person(row: m.Employee) -> str:
    born = format_date(row.birth_date) if row.birth_date else ""
    return " · ".join(filter(None, [born, shown.end("snils", row.snils)]))


def _own_territory(actor: Actor) -> Any:
    """A territorial body finds its own organizations and the organizers.

    It also sees the other employers of its people, but to tell them all places of work in the region must be read.
    """
    if actor.roles != {"territory"}:
        return None
    territories = {pk for grant in actor.grants for pk in grant.territory_ids}
    return m.Organization.territory_id.in_(territories) | m.Organization.is_organizer


_NAMES = ("last_name", "first_name", "patronymic")

KINDS: tuple[Kind, ...] = (
    Kind(
        m.Employee,
        "Работники",
        "sort",
        ("last_name", "first_name", "patronymic", "birth_date", "snils", "sort"),
        str,
        _person,
        shortest=3,
    ),
    Kind(
        m.Organization,
        "Организации",
        "sort",
        ("short_name", "inn", "city", "sort"),
        str,
        lambda row: " · ".join(filter(None, [f"ИНН {row.inn}" if row.inn else "", row.city or ""])),
        near=_own_territory,
    ),
    Kind(
        m.Program,
        "Программы",
        "sort",
        ("title", "code", "hours", "status", "sort"),
        lambda row: str(row.title),
        lambda row: f"{row.code} · {row.hours} ч · {row.status.label}",
    ),
    Kind(
        m.TrainingGroup,
        "Группы",
        "number",
        ("number", "starts_on", "enrol_until", "status", "program_id"),
        lambda row: f"Группа {row.number}",
        lambda row: f"{row.program.title} · с {format_date(row.starts_on)} · {state_of(row).label}",
        parent="program",
        key="program_id",
        naming="program",
        named=("title",),
    ),
    Kind(
        m.Voucher,
        "Чеки",
        "number",
        ("number", "valid_until", "status", "employee_id"),
        lambda row: f"Чек № {row.number}",
        lambda row: f"{row.employee} · {state_of(row).label} · по {format_date(row.valid_until)}",
        parent="employee",
        key="employee_id",
        naming="employee",
        named=_NAMES,
    ),
    Kind(
        m.Certificate,
        "Документы об обучении",
        "number",
        ("number", "kind", "issued_on", "status", "employee_id"),
        lambda row: capitalized(str(row)),
        lambda row: f"{row.employee} · {format_date(row.issued_on)} · {row.status.label}",
        parent="employee",
        key="employee_id",
        naming="employee",
        named=_NAMES,
    ),
)
BY_TABLE = {kind.table: kind for kind in KINDS}


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
        found = [group for kind in KINDS if (group := self.group(kind)) is not None]
        ways = self.ways()
        if ways is None:
            return found
        exact = len(self.folded) > 2 and any(sort_key(way.text).startswith(self.folded) for way in ways.items)
        return [ways, *found] if exact else [*found, ways]

    def group(self, kind: Kind) -> FoundGroup | None:
        """Rows of one kind that the user may list, or None."""
        if not self.actor.can(f"{kind.table}:list"):
            return None
        rows = self.rows(kind, f"{kind.table}:list")
        if not rows:
            return None
        self.name(kind, rows[:SHOWN])
        found = marks(kind.model, rows[:SHOWN], self.typed) if kind.model is m.Employee else {}
        items = [
            Found(
                kind.text(r),
                " · ".join(filter(None, (found.get(r.id), kind.detail(r)))),
                addresses.card(kind.table, r.id),
            )
            for r in rows[:SHOWN]
        ]
        more = addresses.listing(kind.table, q=self.typed) if len(rows) > SHOWN else ""
        return FoundGroup(kind.title, items, more)

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
        if kind.table == "employee" and self.digits is not None:
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
        words = _words(self.folded)
        long = [word for word in words if len(word) >= kind.shortest]
        if not long:
            return []
        short = [word for word in words if len(word) < kind.shortest]
        statement = statement.where(match(kind.model, " ".join(long))).limit(SIFTED if short else WALK)
        rows = list(db.session.scalars(statement))
        return [row for row in rows if _begin_words(short, row.sort)]

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

    # --- sections and actions

    def ways(self) -> FoundGroup | None:
        """Sections of the menu and actions whose words begin as typed."""
        words, sections = _words(self.folded), _sections()
        if not words:
            return None
        found = [way for way in [*self.actions(), *sections] if _begin_words(words, sort_key(way.text))]
        found += [way for way in sections if way not in found and _begin_words(words, sort_key(way.detail))]
        return FoundGroup("Разделы и действия", found[:SHOWN]) if found else None

    def actions(self) -> list[Found]:
        """Forms of new records that the user may open."""
        found = []
        for view in current_app.appbuilder.baseviews:  # type: ignore[attr-defined]
            table = getattr(view, "table", "")
            if table and view.sections and view.words.add and self.actor.can(f"{table}:add"):
                found.append(Found(view.words.add, "", addresses.form(table)))
        if self.actor.can("employee:import"):
            found.append(Found("Загрузить работников из Excel", "", addresses.at("employee", "import", "")))
        return found


def named(kind: Kind) -> Select[Any]:
    """Rows with the naming columns of their parent."""
    relation = getattr(kind.model, kind.naming)
    target = relation.property.mapper.class_
    names = load_only(*(getattr(target, name) for name in kind.named), raiseload=True)
    return select(kind.model).options(load_only(kind.model.id), selectinload(relation).options(names))


def _sections() -> list[Found]:
    return [Found(item.label, section.title, item.href) for section in menu() for item in section.items]


def _words(folded: str) -> list[str]:
    """Words without the signs around them."""
    return re.findall(r"\w[\w-]*", folded)


def _begin_words(beginnings: Sequence[str], text: str) -> bool:
    """Whether every beginning begins some word of the folded text."""
    words = _words(text)
    return all(any(word.startswith(beginning) for word in words) for beginning in beginnings)


class SearchView(BaseView):
    """The search of the top bar: JSON for its dialog, a page for those without scripts."""

    route_base = "/search"
    default_view = "index"

    @expose("/")
    @signed_in
    def index(self) -> Any:
        """Answers to ``q``."""
        finder = Finder(current_actor(), request.args.get("q", ""))
        groups = finder.groups()
        total = sum(len(group.items) for group in groups)
        if request.accept_mimetypes.best == "application/json":
            return jsonify(total=total, groups=[asdict(group) for group in groups])
        page = CardPage("Поиск", crumbs=[Link("Поиск", current=True)])
        return render_template("search.html", page=page, typed=finder.typed, groups=groups, total=total)
