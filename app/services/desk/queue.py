"""«Требует решения»: one queue over everything that waits for a decision, the nearest deadline first (order § 2.7, 4).

A page is one statement whatever the number of kinds: of each kind a page of rows is read along the index of its deadline,
after the last row shown, so that fifty thousand waiting rows cost no more than fifty.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Select, and_, false, func, literal, literal_column, select, tuple_, union_all
from sqlalchemy import cast as sql_cast
from sqlalchemy.types import Date, DateTime

from app.access import current_actor, write_scope
from app.clock import local, today
from app.extensions import db
from app.services.desk.queue_sources import BY_CODE, ORGANIZATION, SOURCES, Source, sources_of
from app.services.portal import calendar

#: working days after today in which a deadline is near
SOON_DAYS = 2
#: waiting rows are counted up to here: the number beside the title must not cost more than the page
COUNTED = 1000
#: deadlines lie between these years: a key outside them is altered
_YEARS = 2000, 2200
_NO_BASE = dt.datetime.min.replace(tzinfo=dt.UTC)


# --- what is asked ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class State:
    """How near the deadline is: words and tone, and the days it spans (from, before)."""

    code: str
    label: str
    tone: str
    starts: dt.date | None
    ends: dt.date | None


def states() -> list[State]:
    """The four states of today, the most urgent first."""
    day, near = today(), calendar.due_date(today(), SOON_DAYS)
    one = dt.timedelta(days=1)
    return [
        State("overdue", "просрочено", "bad", None, day),
        State("today", "сегодня", "wait", day, day + one),
        State("soon", "скоро", "go", day + one, near + one),
        State("later", "в срок", "ok", near + one, None),
    ]


@dataclass(frozen=True, slots=True)
class Key:
    """The last row shown: the next page begins after it. ``base``: the moment of coming where the deadline is by a rule."""

    due: dt.date
    code: str
    base: dt.datetime | None
    pk: int

    def __str__(self) -> str:
        base = self.base.isoformat() if self.base else ""
        return "~".join((self.due.isoformat(), self.code, base, str(self.pk)))


def read_key(typed: str) -> Key | None:
    """Read a key from an address; None for anything that is none."""
    try:
        due, code, base, pk = typed.split("~")
        moment = dt.datetime.fromisoformat(base) if base else None
        if code not in BY_CODE or (moment is None) is (BY_CODE[code].due is None):
            return None
        if moment is not None and moment.tzinfo is None:
            return None
        day = dt.date.fromisoformat(due)
        return Key(day, code, moment, int(pk[:10])) if _YEARS[0] <= day.year <= _YEARS[1] else None
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Asked:
    """Filters: a kind, a territory, a state of the deadline, the words of a name as a ``tsquery``, and where to go on."""

    kind: str = ""
    territory: int | None = None
    state: str = ""
    words: str | None = None
    after: Key | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row of the queue; ``left``: working days to the deadline, below zero after it."""

    source: Source
    pk: int
    who: str
    what: str
    place: str
    came: dt.datetime
    due: dt.date
    state: State
    left: int

    @property
    def key(self) -> Key:
        """Where this row stands in the queue."""
        return Key(self.due, self.source.code, None if self.source.due else self.came, self.pk)

    @property
    def href(self) -> str:
        """Path of the row's own page."""
        return f"/{self.source.code}/show/{self.pk}"


# --- reading ---------------------------------------------------------------------------------------------------------


def page(asked: Asked, *, size: int) -> tuple[list[Waiting], bool]:
    """Return the next rows of the queue that the actor decides, and whether more follow; one statement."""
    parts = [_rows(source, asked, size + 1) for source in _asked_sources(asked)]
    if not parts:
        return [], False
    terms = _Terms()
    # a page of each kind was read: only the rows that are shown are worth their words
    found = sorted(db.session.execute(union_all(*parts)), key=terms.position)
    return [terms.waiting(row) for row in found[:size]], len(found) > size


def rows_of(picks: Collection[tuple[str, int]]) -> dict[tuple[str, int], Waiting]:
    """Return rows in the words of the queue, whether they wait or not; one statement, for a caller that has checked who sees them.

    What has never come to the queue (a draft, a training without its scan) is not among them.
    """
    parts: list[Any] = []
    for code in dict.fromkeys(code for code, _ in picks):
        wanted = [pk for of, pk in picks if of == code]
        parts.append(_words(BY_CODE[code]).where(BY_CODE[code].table.c.id.in_(wanted)))
    terms = _Terms()
    found = db.session.execute(union_all(*parts)) if parts else []
    return {(row.code, row.pk): terms.waiting(row) for row in found if row.came is not None}


def waiting_among(picks: Collection[tuple[str, int]]) -> list[Waiting]:
    """Return those of the rows that wait and that the actor decides, in the order of the queue; one statement."""
    known = {source.code: source for source in sources_of(current_actor())}
    parts: list[Any] = []
    for code in dict.fromkeys(code for code, _ in picks if code in known):
        wanted = [pk for of, pk in picks if of == code]
        source = known[code]
        parts.append(_words(source).where(*_conditions(source, Asked()), source.table.c.id.in_(wanted)))
    terms = _Terms()
    found = db.session.execute(union_all(*parts)) if parts else []
    return [terms.waiting(row) for row in sorted(found, key=terms.position)]


def is_waiting(source: Source, pk: int) -> bool:
    """Whether a row waits for a decision now."""
    table = source.table
    return db.session.scalar(select(table.c.id).where(table.c.id == pk, source.waits(table))) is not None


def due_counts(asked: Asked) -> tuple[int, int]:
    """How many of what is asked are late, and due today; one statement over the rows due by now."""
    day = today()
    parts = []
    for source in _asked_sources(asked):
        late = ~source.since(day)
        numbers = (func.count().filter(late).label("late"), func.count().filter(~late).label("now"))
        due = (*_conditions(source, asked), ~source.since(day + dt.timedelta(days=1)))
        parts.append(select(*numbers).select_from(_narrow(source, asked)).where(*due))
    if not parts:
        return 0, 0
    found = union_all(*parts).subquery()
    late_, now_ = db.session.execute(select(func.sum(found.c.late), func.sum(found.c.now))).one()
    return int(late_ or 0), int(now_ or 0)


def _asked_sources(asked: Asked) -> list[Source]:
    found = sources_of(current_actor())
    return [
        source for source in found if asked.kind in ("", source.code) and (asked.territory is None or source.has_place)
    ]


def _rows(source: Source, asked: Asked, limit: int) -> Any:
    """A page of one source: its columns in words, along the index of its deadline."""
    table = source.table
    statement = _words(source).where(*_conditions(source, asked))
    if asked.after is not None:
        statement = statement.where(_after(source, asked.after))
    return statement.order_by(source.order, table.c.id).limit(limit).subquery().select()


def _words(source: Source) -> Any:
    """The columns of one source in words."""
    table = source.table
    columns = [
        literal_column(f"'{source.code}'").label("code"),
        table.c.id.label("pk"),
        source.who(table).label("who"),
        source.what(table).label("what"),
        (ORGANIZATION.c.short_name if source.has_place else literal_column("NULL")).label("place"),
        sql_cast(source.came(table), DateTime(timezone=True)).label("came"),
        sql_cast(source.due(table) if source.due else None, Date).label("due"),
    ]
    return select(*columns).select_from(joined(source))


def joined(source: Source) -> Any:
    """The source's table with what its words name; the rows stay one for one."""
    found = source.table
    for target, on in source.joins(source.table):
        found = found.outerjoin(target, on)
    return found


def _conditions(source: Source, asked: Asked) -> list[Any]:
    table = source.table
    found = [source.waits(table)]
    own = write_scope(current_actor(), source.code, source.right)
    if own is not None:
        found.append(own)
    if asked.territory is not None:
        found.append(ORGANIZATION.c.territory_id == asked.territory)
    if asked.words is not None:
        found.append(source.matches(table, asked.words) if asked.words else false())
    state = next((state for state in states() if state.code == asked.state), None) if asked.state else None
    if state is not None and state.starts is not None:
        found.append(source.since(state.starts))
    if state is not None and state.ends is not None:
        found.append(~source.since(state.ends))
    return found


def _after(source: Source, key: Key) -> Any:
    """Condition: the row stands after ``key``; kinds of one deadline follow one another in the order of ``SOURCES``."""
    if source.code == key.code:
        base = key.base if key.base is not None else key.due
        return tuple_(source.order, source.table.c.id) > tuple_(literal(base), literal(key.pk))
    later = SOURCES.index(source) > SOURCES.index(BY_CODE[key.code])
    return source.since(key.due if later else key.due + dt.timedelta(days=1))


class _Terms:
    """Deadlines of the rows of a page; each day's are worked out once."""

    def __init__(self) -> None:
        self.states, self.book, self.today = states(), calendar.working_calendar(), today()
        self.left: dict[dt.date, int] = {}
        self.by_rule: dict[tuple[str, dt.date], dt.date] = {}

    def due(self, row: Any) -> dt.date:
        """The deadline of a row: its own, or by the rule of its kind."""
        if row.due is not None:
            return cast(dt.date, row.due)
        if BY_CODE[row.code].due is not None:
            # decided: the term is over with the decision
            return local(row.came).date()
        key = row.code, local(row.came).date()
        if key not in self.by_rule:
            self.by_rule[key] = BY_CODE[row.code].due_of(key[1])
        return self.by_rule[key]

    def position(self, row: Any) -> tuple[Any, ...]:
        """Where a row stands; the same as the keys of the pages say."""
        base = row.came if row.due is None else _NO_BASE
        return self.due(row), SOURCES.index(BY_CODE[row.code]), base, row.pk

    def waiting(self, row: Any) -> Waiting:
        """A row in words."""
        due = self.due(row)
        if due not in self.left:
            self.left[due] = self.book.working_days_between(self.today, due)
        state = next(s for s in self.states if s.ends is None or due < s.ends)
        who, what, place = row.who or "", row.what or "", row.place or ""
        return Waiting(BY_CODE[row.code], row.pk, who, what, place, local(row.came), due, state, self.left[due])


def count_up_to(asked: Asked, most: int = COUNTED) -> int:
    """How many rows wait, counted up to ``most`` + 1: the answer costs the same however many there are."""
    return int(db.session.scalar(number_up_to(asked, most)) or 0)


def number_up_to(asked: Asked, most: int = COUNTED) -> Select[Any]:
    """The statement that counts them."""
    parts: list[Any] = [
        select(source.table.c.id)
        .select_from(_narrow(source, asked))
        .where(*_conditions(source, asked))
        .limit(most + 1)
        .subquery()
        .select()
        for source in _asked_sources(asked)
    ]
    if not parts:
        return select(literal(0))
    return select(func.count()).select_from(union_all(*parts).limit(most + 1).subquery())


def _narrow(source: Source, asked: Asked) -> Any:
    """What the conditions name: the table alone unless a filter asks about the place or the person."""
    return joined(source) if asked.territory is not None or asked.words else source.table


@dataclass(frozen=True, slots=True)
class Urgent:
    """How many rows of a kind are late, and how many must be decided today."""

    source: Source
    overdue: int
    today: int


def urgent() -> list[Urgent]:
    """Late rows and those of today, by kind, zeros left out; one statement over the rows due by now."""
    day = today()
    parts: list[Any] = []
    for source in sources_of(current_actor()):
        late = ~source.since(day)
        numbers = (func.count().filter(late), func.count().filter(~late))
        due = and_(*_conditions(source, Asked()), ~source.since(day + dt.timedelta(days=1)))
        parts.append(select(literal_column(f"'{source.code}'"), *numbers).select_from(source.table).where(due))
    found = db.session.execute(union_all(*parts)) if parts else []
    return [Urgent(BY_CODE[code], late, now_) for code, late, now_ in found if late or now_]
