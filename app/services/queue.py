"""«Требует решения»: one queue over everything that waits for a decision, the nearest deadline first (order § 2.7, 4).

A source is declared as data: its table, what waits in it, until when, who and where in words, and the services that decide.
A page is one statement whatever the number of sources: of each, a page of rows is read along the index of its deadline, after
the last row shown, so that fifty thousand waiting rows cost no more than fifty.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import and_, func, literal, literal_column, select, tuple_, union_all
from sqlalchemy import cast as sql_cast
from sqlalchemy.types import Date, DateTime

from app import models as m
from app.access import Actor, current_actor, write_scope
from app.clock import ZONE, local, today
from app.extensions import db
from app.services import calendar, people, registration, registration_check, transfers, vouchers

Service = Callable[..., Any]
_organization = m.Organization.__table__
_employee = m.Employee.__table__
_account = m.Account.__table__

#: working days after today in which a deadline is near
SOON_DAYS = 2
#: waiting rows are counted up to here: the number beside the title must not cost more than the page
COUNTED = 1000


@dataclass(frozen=True)
class Source:
    """One kind of rows that wait. ``due``: the column of the deadline; without it ``days`` working days after ``came``.

    ``right``: the permission without which the kind is not shown. ``confirm``, ``give_back`` and ``refuse`` are the services
    that decide, called with the row's id (the latter two with ``reason`` too); a kind without them is decided on its own page.
    """

    code: str
    title: str
    right: str
    model: type[m.Base]
    waits: Callable[[Any], Any]
    came: Callable[[Any], Any]
    who: Callable[[Any], Any]
    what: Callable[[Any], Any]
    joins: Callable[[Any], Sequence[tuple[Any, Any]]]
    matches: Callable[[Any, Any], Any]
    due: Callable[[Any], Any] | None = None
    days: int = 0
    has_place: bool = True
    confirm: Service | None = None
    give_back: Service | None = None
    refuse: Service | None = None

    @cached_property
    def table(self) -> Any:
        """The source's table."""
        return self.model.__table__

    @property
    def order(self) -> Any:
        """The column by which the rows follow one another: that of the deadline, or of the coming."""
        return self.due(self.table) if self.due else self.came(self.table)

    def since(self, day: dt.date) -> Any:
        """Condition: the deadline is on ``day`` or later."""
        if self.due:
            return self.due(self.table) >= day
        first = day
        while self.due_of(first - dt.timedelta(days=1)) >= day:
            first -= dt.timedelta(days=1)
        return self.came(self.table) >= dt.datetime.combine(first, dt.time.min, tzinfo=ZONE)

    def due_of(self, day: dt.date) -> dt.date:
        """Deadline of a row that came on ``day``, by the rule."""
        return calendar.due_date(day, self.days)


def _name(table: Any) -> Any:
    return func.concat_ws(" ", table.c.last_name, table.c.first_name, table.c.patronymic)


def _day(column: Any) -> Any:
    return func.to_char(column, "DD.MM.YYYY")


def _post(table: Any) -> tuple[Any, Any]:
    post = m.Position.__table__
    return post, post.c.id == table.c.position_id


def _place(table: Any) -> tuple[Any, Any]:
    return _organization, _organization.c.id == table.c.organization_id


def _card(table: Any) -> tuple[Any, Any]:
    return _employee, _employee.c.id == table.c.employee_id


_left = _organization.alias("left_organization")
_job = m.Employment.__table__.alias("job")
_POST = m.Position.__table__.c.name
_by_card = lambda _t, words: _employee.c.search.op("@@")(words)  # noqa: E731

#: in the order in which kinds of one deadline follow one another
SOURCES: tuple[Source, ...] = (
    Source(
        code="registration",
        title="Регистрация",
        right="registration:confirm",
        model=m.Registration,
        waits=lambda t: and_(t.c.status == "pending", t.c.due_on.is_not(None)),
        came=lambda t: func.coalesce(t.c.email_confirmed_at, t.c.created_at),
        due=lambda t: t.c.due_on,
        who=_name,
        what=lambda t: func.concat_ws(" · ", _POST, func.concat("род. ", _day(t.c.birth_date))),
        joins=lambda t: (_place(t), _post(t)),
        matches=lambda t, words: t.c.words.op("@@")(words),
        confirm=registration_check.confirm,
        give_back=registration.return_,
        refuse=registration.reject,
    ),
    Source(
        code="transfer",
        title="Переход",
        right="transfer:confirm",
        model=m.Transfer,
        waits=lambda t: and_(t.c.status == "accepted", t.c.due_on.is_not(None)),
        came=lambda t: t.c.created_at,
        due=lambda t: t.c.due_on,
        who=lambda t: t.c.person_name,
        what=lambda t: func.concat("с ", _day(t.c.starts_on), ", прежнее место — ", _left.c.short_name),
        joins=lambda t: (_place(t), _card(t), (_left, _left.c.id == t.c.from_organization_id)),
        matches=_by_card,
        confirm=transfers.confirm,
        refuse=transfers.decline,
    ),
    Source(
        code="employment",
        title="Место работы",
        right="employment:confirm",
        model=m.Employment,
        waits=lambda t: and_(t.c.status == "unconfirmed", t.c.ended_on.is_(None)),
        came=lambda t: t.c.changed_at,
        days=5,
        who=lambda _t: _name(_employee),
        what=lambda t: func.concat_ws(" · ", _POST, func.concat("с ", _day(t.c.started_on))),
        joins=lambda t: (_place(t), _card(t), _post(t)),
        matches=_by_card,
        confirm=people.confirm_workplace,
    ),
    Source(
        code="access_request",
        title="Доступ",
        right="access_request:grant",
        model=m.AccessRequest,
        waits=lambda t: and_(t.c.status == "submitted", t.c.due_on.is_not(None)),
        came=lambda t: t.c.created_at,
        due=lambda t: t.c.due_on,
        who=lambda _t: _name(_account),
        what=lambda t: t.c.document_details,
        joins=lambda t: (_place(t), (_account, _account.c.id == t.c.user_id)),
        # few rows: the name of an account has no index of words
        matches=lambda _t, words: func.to_tsvector("simple", func.lower(_name(_account))).op("@@")(words),
    ),
    Source(
        code="voucher_application",
        title="Заявка на чек",
        right="voucher_application:approve",
        model=m.VoucherApplication,
        waits=lambda t: and_(t.c.status == "submitted", t.c.due_on.is_not(None)),
        came=lambda t: func.coalesce(t.c.submitted_at, t.c.created_at),
        due=lambda t: t.c.due_on,
        who=lambda _t: _name(_employee),
        what=lambda _t: _POST,
        joins=lambda t: (
            _card(t),
            (_job, _job.c.id == t.c.employment_id),
            _place(_job),
            _post(_job),
        ),
        matches=_by_card,
        confirm=vouchers.approve,
        give_back=vouchers.return_,
        refuse=vouchers.reject,
    ),
    Source(
        code="consent_withdrawal",
        title="Отзыв согласия",
        right="consent_withdrawal:finish",
        model=m.ConsentWithdrawal,
        waits=lambda t: and_(t.c.status == "open", t.c.due_on.is_not(None)),
        came=lambda t: t.c.created_at,
        due=lambda t: t.c.due_on,
        who=lambda t: t.c.person_name,
        what=lambda _t: literal("обезличить в течение 30 дней"),
        joins=lambda t: (_card(t),),
        matches=_by_card,
        has_place=False,
    ),
)
BY_CODE: Mapping[str, Source] = {source.code: source for source in SOURCES}


def sources_of(actor: Actor) -> list[Source]:
    """Kinds that the actor decides."""
    return [source for source in SOURCES if actor.can(source.right)]


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
        return Key(dt.date.fromisoformat(due), code, moment, int(pk[:10]))
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Asked:
    """Filters: a kind, a territory, a state of the deadline, the words of a name as a ``tsquery``, and where to go on."""

    kind: str = ""
    territory: int | None = None
    state: str = ""
    words: str = ""
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
    found = [_waiting(row) for row in db.session.execute(union_all(*parts))]
    found.sort(key=_position)
    return found[:size], len(found) > size


def _asked_sources(asked: Asked) -> list[Source]:
    found = sources_of(current_actor())
    return [
        source for source in found if asked.kind in ("", source.code) and (asked.territory is None or source.has_place)
    ]


def _position(row: Waiting) -> tuple[Any, ...]:
    base = row.came if row.source.due is None else dt.datetime.min.replace(tzinfo=dt.UTC)
    return row.due, SOURCES.index(row.source), base, row.pk


def _rows(source: Source, asked: Asked, limit: int) -> Any:
    """A page of one source: its columns in words, along the index of its deadline."""
    table = source.table
    columns = [
        literal_column(f"'{source.code}'").label("code"),
        table.c.id.label("pk"),
        source.who(table).label("who"),
        source.what(table).label("what"),
        (_organization.c.short_name if source.has_place else literal_column("NULL")).label("place"),
        sql_cast(source.came(table), DateTime(timezone=True)).label("came"),
        sql_cast(source.due(table) if source.due else None, Date).label("due"),
    ]
    statement = select(*columns).select_from(_joined(source)).where(*_conditions(source, asked))
    if asked.after is not None:
        statement = statement.where(_after(source, asked.after))
    return statement.order_by(source.order, table.c.id).limit(limit).subquery().select()


def _joined(source: Source) -> Any:
    joined = source.table
    for target, on in source.joins(source.table):
        joined = joined.outerjoin(target, on)
    return joined


def _conditions(source: Source, asked: Asked) -> list[Any]:
    table = source.table
    found = [source.waits(table)]
    own = write_scope(current_actor(), source.code, source.right)
    if own is not None:
        found.append(own)
    if asked.territory is not None:
        found.append(_organization.c.territory_id == asked.territory)
    if asked.words:
        found.append(source.matches(table, func.to_tsquery("simple", asked.words)))
    state = next((state for state in states() if state.code == asked.state), None)
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


def _waiting(row: Any) -> Waiting:
    source, came = BY_CODE[row.code], local(row.came)
    due = row.due or source.due_of(came.date())
    state = next(s for s in states() if s.ends is None or due < s.ends)
    left = calendar.working_calendar().working_days_between(today(), due)
    return Waiting(source, row.pk, row.who or "", row.what or "", row.place or "", came, due, state, left)


def count_up_to(asked: Asked, most: int = COUNTED) -> int:
    """How many rows wait, counted up to ``most`` + 1 of each kind: the answer costs the same however many there are."""
    parts = [
        select(literal_column("1"))
        .select_from(_narrow(source, asked))
        .where(*_conditions(source, asked))
        .limit(most + 1)
        for source in _asked_sources(asked)
    ]
    if not parts:
        return 0
    rows = union_all(*(part.subquery().select() for part in parts)).subquery()
    return int(db.session.scalar(select(func.count()).select_from(rows)) or 0)


def _narrow(source: Source, asked: Asked) -> Any:
    """What the conditions name: the table alone unless a filter asks about the place or the person."""
    return _joined(source) if asked.territory is not None or asked.words else source.table


@dataclass(frozen=True, slots=True)
class Urgent:
    """How many rows of a kind are late, and how many must be decided today."""

    source: Source
    overdue: int
    today: int


def urgent() -> list[Urgent]:
    """Late rows and those of today, by kind, zeros left out; one statement over the rows due by now."""
    day, parts = today(), []
    for source in sources_of(current_actor()):
        late = ~source.since(day)
        numbers = (func.count().filter(late), func.count().filter(~late))
        due = and_(*_conditions(source, Asked()), ~source.since(day + dt.timedelta(days=1)))
        parts.append(select(literal_column(f"'{source.code}'"), *numbers).select_from(source.table).where(due))
    found = db.session.execute(union_all(*parts)) if parts else []
    return [Urgent(BY_CODE[code], late, now_) for code, late, now_ in found if late or now_]
