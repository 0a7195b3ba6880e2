"""The catalogue's one statement: open groups × published programs, suitability for a person, order, filters.

Open groups and their programs are public, so this is Core SQL outside the row scope; of the person it knows only the
facts that the caller passes. The decisions are those of ``rules``: the flags say in SQL what ``rules`` says in words, and
a test compares both.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ARRAY, Select, Text, and_, case, false, func, literal_column, not_, or_, select, true

from app import models as m
from app.rules.enrolment import BlockFacts, BusyPeriod, is_open
from app.rules.suitability import Workplace
from app.services.courses.enrolment import quota_sql
from app.statuses import ONCE_PUBLISHED, BlockKind, GroupStatus, ProgramStatus, StudyForm
from app.text.sql import sort_key

#: a program that no block of a чек pays, as a value of the filter
NO_BLOCK = "none"


def _table(model: type[m.Base]) -> Any:
    return model.__table__


GROUP, PROGRAM, ORGANIZER = _table(m.TrainingGroup), _table(m.Program), _table(m.Organization)
MUNICIPALITY = _table(m.Municipality)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of the catalogue. ``words`` and ``place`` are parts of a ``tsquery``: «матем:*».

    ``number`` is what was typed as it was: the beginning of a group's number finds the group too.
    """

    words: Sequence[str] = ()
    number: str = ""
    place: Sequence[str] = ()
    starts_from: dt.date | None = None
    starts_to: dt.date | None = None
    municipality_id: int | None = None
    form: StudyForm | None = None
    distance: bool | None = None
    hours_from: int | None = None
    hours_to: int | None = None
    #: kind of block, or ``NO_BLOCK``
    block: BlockKind | str | None = None
    organizer_id: int | None = None
    only_free: bool = False
    only_suitable: bool = False
    #: published programs without an open group too
    with_programs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeker:
    """A person for whom courses are looked for, as the rules see the person; ``refusal``: why nothing can be chosen.

    ``name`` is empty when the person looks without another's help.
    """

    employee_id: int
    name: str = ""
    places: Sequence[Workplace]
    blocks: Sequence[BlockFacts]
    busy: Sequence[BusyPeriod]
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class _Flags:
    """Decisions of ``rules`` as SQL conditions on a row; ``free``: the seats that are left for the person.

    ``joins``: what they need beside the rows of the catalogue, each with its condition and whether it is an outer join.
    """

    meant: Any
    paid: Any
    clear: Any
    free: Any
    window: Any
    joins: Sequence[tuple[Any, Any, bool]] = ()

    @property
    def seats(self) -> Any:
        """``rules.enrolment.has_seat``."""
        return func.coalesce(self.free > 0, false())


#: decisions in the order in which they weigh; each is a column of the rows, true where nobody is asked about
FLAGS = ("meant", "paid", "clear", "seats", "window")


def _flags(seeker: Seeker | None, on: dt.date) -> _Flags:
    free = GROUP.c.capacity - GROUP.c.taken
    window = func.coalesce(and_(GROUP.c.enrol_from <= on, GROUP.c.enrol_until >= on), false())
    if seeker is None:
        return _Flags(true(), true(), true(), free, window)
    # once for each program, not for each of its groups
    each = [_meant_for(place).label(f"meant_{n}") for n, place in enumerate(seeker.places)]
    meant = select(PROGRAM.c.id, *each).where(PROGRAM.c.status.in_(ONCE_PUBLISHED))
    fit = meant.cte("fit").prefix_with("MATERIALIZED")
    meant_at = [fit.c[f"meant_{n}"] for n, _ in enumerate(seeker.places)]
    quotas, left = _left(seeker.places)
    return _Flags(
        meant=or_(false(), *meant_at),
        paid=_paid_by(seeker.blocks),
        clear=_clear(seeker.busy),
        free=_best(meant_at, left) if left else free,
        window=window,
        joins=[(fit, fit.c.id == PROGRAM.c.id, False), *quotas],
    )


def _left(places: Sequence[Workplace]) -> tuple[list[tuple[Any, Any, bool]], list[Any]]:
    """``rules.enrolment.Room.free`` of each place of work, and the joins by which the quotas come in, one for each organization."""
    ids = list(dict.fromkeys(place.organization_id for place in places))
    counting = quota_sql.counting(ids).cte("counting").prefix_with("MATERIALIZED")
    quotas = {pk: counting.alias(f"quota_{n}") for n, pk in enumerate(ids)}
    joins = [(q, and_(q.c.group_id == GROUP.c.id, q.c.place == pk), True) for pk, q in quotas.items()]
    free = GROUP.c.capacity - GROUP.c.taken
    # the least of the two that is known: without a quota the group's
    left = {pk: func.least(free, q.c.seats - q.c.taken) for pk, q in quotas.items()}
    return joins, [left[place.organization_id] for place in places]


def _best(meant_at: Sequence[Any], left: Sequence[Any]) -> Any:
    """The most of the places of work for which the program is meant; meant for none, of all."""
    if len(left) == 1:
        return left[0]
    meant = func.greatest(*(case((is_meant, free)) for is_meant, free in zip(meant_at, left, strict=True)))
    return func.coalesce(meant, func.greatest(*left))


_TARGETS = (
    (m.program_organization_type, "organization_type_id", m.OrganizationType, "short_name"),
    (m.program_position, "position_id", m.Position, "name"),
    (m.program_subject, "subject_id", m.Subject, "name"),
)


def _meant_for(place: Workplace) -> Any:
    """``rules.suitability.suits``: each list of targets is empty or names what the place of work has."""
    own = ([place.organization_type], [place.position], sorted(place.subjects))
    conditions = []
    for (links, key, directory, name), names in zip(_TARGETS, own, strict=True):
        target = _table(directory)
        named = select(links.c.program_id).join(target, target.c.id == links.c[key]).where(target.c[name].in_(names))
        conditions.append(or_(PROGRAM.c.id.not_in(select(links.c.program_id)), PROGRAM.c.id.in_(named)))
    return and_(*conditions)


def _paid_by(blocks: Sequence[BlockFacts]) -> Any:
    """``rules.enrolment.has_paying_block``; of a program without a group the last day of the чек is not asked."""
    pays = [
        and_(
            PROGRAM.c.block == block.kind,
            PROGRAM.c.hours.between(block.hours_min, block.hours_max),
            func.coalesce(GROUP.c.starts_on <= block.valid_until, true()),
        )
        for block in blocks
        if is_open(block)
    ]
    return or_(PROGRAM.c.block.is_(None), *pays)


def _clear(busy: Sequence[BusyPeriod]) -> Any:
    """``rules.enrolment.is_free_of_clashes``; what has no group clashes with nothing."""
    if not busy:
        return true()
    clashes = or_(*(and_(GROUP.c.starts_on <= b.ends_on, GROUP.c.ends_on >= b.starts_on) for b in busy))
    return func.coalesce(not_(clashes), true())


# --- statements ------------------------------------------------------------------------------------------------------

_COLUMNS = (
    GROUP.c.id.label("group_id"),
    GROUP.c.number,
    GROUP.c.starts_on,
    GROUP.c.ends_on,
    GROUP.c.enrol_from,
    GROUP.c.enrol_until,
    GROUP.c.place,
    GROUP.c.capacity,
    GROUP.c.taken,
    GROUP.c.status,
    PROGRAM.c.id.label("program_id"),
    PROGRAM.c.title,
    PROGRAM.c.kind,
    PROGRAM.c.hours,
    PROGRAM.c.form,
    PROGRAM.c.distance,
    PROGRAM.c.block,
    PROGRAM.c.sort,
    ORGANIZER.c.short_name.label("organizer"),
    MUNICIPALITY.c.name.label("municipality"),
)


def page(asked: Asked, seeker: Seeker | None, on: dt.date, *, number: int, size: int) -> Select[Any]:
    """Return the statement of a page's rows, the most suitable first; each row knows how many there are in all (``total``).

    A page beyond the last is the last one: ``start`` is the number of rows before it.
    """
    rows = _ranked(asked, seeker, on).cte("ranked").prefix_with("MATERIALIZED")
    total = select(func.count()).select_from(rows).scalar_subquery()
    last = (total - 1) // size * size
    start = func.greatest(0, func.least((number - 1) * size, last))
    chosen = select(rows, total.label("total"), start.label("start")).order_by(*_rank(rows.c)).limit(size).offset(start)
    page_rows = chosen.subquery()
    return _shown(page_rows).add_columns(page_rows.c.total, page_rows.c.start)


def offers(asked: Asked, seeker: Seeker | None, on: dt.date, *, limit: int) -> Select[Any]:
    """Return the statement of the first rows, the most suitable first."""
    statement = _ranked(asked, seeker, on)
    rows = statement.order_by(*_rank(statement.selected_columns)).limit(limit)
    return _shown(rows.subquery())


def totals(questions: Sequence[Asked], on: dt.date) -> Select[Any]:
    """Return the statement of how many rows each of the questions finds for anybody: one row, a column for each."""
    found = [select(func.count()).select_from(_ranked(asked, None, on).subquery()) for asked in questions]
    return select(*(count.scalar_subquery() for count in found))


def one(group_id: int) -> Select[Any]:
    """Return the statement of one open group."""
    return _shown(_ranked(Asked(), None, dt.date.min).where(GROUP.c.id == group_id).subquery())


def first_of_days(
    asked: Asked, seeker: Seeker | None, on: dt.date, *, first: dt.date, last: dt.date, limit: int
) -> Select[Any]:
    """Return the statement of the groups that start on each of the days, at most ``limit`` a day; ``of_day``: how many do."""
    rows = _ranked(asked, seeker, on).where(GROUP.c.starts_on.between(first, last)).subquery()
    day = rows.c.starts_on
    rank = func.row_number().over(partition_by=day, order_by=_rank(rows.c))
    counted = select(rows, rank.label("rank"), func.count().over(partition_by=day).label("of_day")).subquery()
    columns = (counted.c.group_id, counted.c.starts_on, counted.c.of_day, PROGRAM.c.title)
    shown = select(*columns, _allowed(counted.c).label("allowed")).join(PROGRAM, PROGRAM.c.id == counted.c.program_id)
    return shown.where(counted.c.rank <= limit).order_by(counted.c.starts_on, counted.c.rank)


def places_and_organizers() -> Select[Any]:
    """Return the statement of what the filters offer: municipalities and organizers that have open groups."""
    shown = select(GROUP.c.municipality_id, GROUP.c.organizer_id).where(GROUP.c.status == GroupStatus.OPEN).cte("shown")
    towns = select(literal_column("'municipality'").label("what"), MUNICIPALITY.c.id, MUNICIPALITY.c.name).where(
        MUNICIPALITY.c.id.in_(select(shown.c.municipality_id))
    )
    # of all organizers: their programs are found without a group too
    organizers = select(literal_column("'organizer'"), ORGANIZER.c.id, ORGANIZER.c.short_name).where(
        or_(
            ORGANIZER.c.id.in_(select(shown.c.organizer_id)),
            ORGANIZER.c.id.in_(select(PROGRAM.c.organizer_id).where(PROGRAM.c.status == ProgramStatus.PUBLISHED)),
        )
    )
    both = towns.union_all(organizers).subquery()
    return select(both).order_by(sort_key(both.c.name))


def targets(program_ids: Sequence[int]) -> Select[Any]:
    """Return the statement of whom programs are for: program, number of the list (type, position, subject), name."""
    parts = []
    for number_, (links, key, directory, name) in enumerate(_TARGETS):
        target = _table(directory)
        part = select(links.c.program_id, literal_column(str(number_)).label("list"), target.c[name].label("name"))
        parts.append(part.join(target, target.c.id == links.c[key]).where(links.c.program_id.in_(program_ids)))
    return select(parts[0].union_all(*parts[1:]).subquery())


def _ranked(asked: Asked, seeker: Seeker | None, on: dt.date) -> Select[Any]:
    """What decides the order of all rows and no more: thousands are sorted, of twenty the rest is read (``_shown``)."""
    found = _flags(seeker, on)
    flags = [getattr(found, name).label(name) for name in FLAGS]
    keys = (GROUP.c.id.label("group_id"), PROGRAM.c.id.label("program_id"), GROUP.c.starts_on, PROGRAM.c.sort)
    source = PROGRAM.join(
        GROUP, and_(GROUP.c.program_id == PROGRAM.c.id, GROUP.c.status == GroupStatus.OPEN), isouter=asked.with_programs
    )
    for joined, condition, is_outer in found.joins:
        source = source.join(joined, condition, isouter=is_outer)
    statement = select(*keys, *flags, found.free.label("free")).select_from(source)
    return statement.where(*_conditions(asked, found))


def _shown(ranked: Any) -> Select[Any]:
    """The rows with all that a card tells, in the same order."""
    source = ranked.join(PROGRAM, PROGRAM.c.id == ranked.c.program_id).join(
        ORGANIZER, ORGANIZER.c.id == PROGRAM.c.organizer_id
    )
    source = source.outerjoin(GROUP, GROUP.c.id == ranked.c.group_id)
    source = source.outerjoin(MUNICIPALITY, MUNICIPALITY.c.id == GROUP.c.municipality_id)
    flags = [ranked.c[name] for name in FLAGS]
    statement = select(*_COLUMNS, *flags, ranked.c.free, _allowed(ranked.c).label("allowed")).select_from(source)
    return statement.order_by(*_rank(ranked.c))


def _allowed(rows: Any) -> Any:
    """What ``rules.enrolment.may_enrol`` allows; a person without a seat waits."""
    return and_(rows.meant, rows.paid, rows.clear, rows.window)


def _rank(rows: Any) -> list[Any]:
    """Groups before programs without one; suitability, what weighs most first; then the nearest start."""
    by_flags = [rows[name].desc() for name in FLAGS]
    return [rows.group_id.is_(None), *by_flags, rows.starts_on, rows.sort, rows.group_id, rows.program_id]


def _conditions(asked: Asked, found: _Flags) -> list[Any]:
    edition = PROGRAM.c.status.in_(ONCE_PUBLISHED)
    if asked.with_programs:
        # an archived edition is shown for the sake of its open groups only
        edition = and_(edition, or_(GROUP.c.id.is_not(None), PROGRAM.c.status == ProgramStatus.PUBLISHED))
    optional: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
        (asked.starts_from, lambda day: GROUP.c.starts_on >= day),
        (asked.starts_to, lambda day: GROUP.c.starts_on <= day),
        (asked.municipality_id, lambda pk: GROUP.c.municipality_id == pk),
        (asked.form, lambda form: PROGRAM.c.form == form),
        (asked.distance, PROGRAM.c.distance.is_),
        (asked.hours_from, lambda hours: PROGRAM.c.hours >= hours),
        (asked.hours_to, lambda hours: PROGRAM.c.hours <= hours),
        (asked.organizer_id, lambda pk: PROGRAM.c.organizer_id == pk),
        (asked.block, lambda block: PROGRAM.c.block == (None if block == NO_BLOCK else block)),
        (asked.only_free or None, lambda _: found.seats),
        (asked.only_suitable or None, lambda _: _suitable(found)),
    )
    chosen = [condition(value) for value, condition in optional if value is not None]
    words = [and_(*map(_about, asked.words))] if asked.words else []
    if words and asked.number:
        words = [or_(*words, GROUP.c.number.istartswith(asked.number, autoescape=True))]
    return [edition, *chosen, *words, *map(_at, asked.place)]


def _suitable(found: _Flags) -> Any:
    return or_(_allowed(found), and_(GROUP.c.id.is_(None), found.meant, found.paid))


# made once: an alias copies each column, which costs more than a statement that names two of them
_ABOUT, _BY, _NEAR, _TOWN = (
    PROGRAM.alias("about"),
    ORGANIZER.alias("by"),
    GROUP.alias("near"),
    MUNICIPALITY.alias("town"),
)


def _about(word: str) -> Any:
    """A word of the program, of its organizer or of the place; each is found by its own index."""
    query = _asked_word(word)
    by_organizer = select(_BY.c.id).where(_BY.c.is_organizer, _BY.c.search.op("@@")(query))
    return or_(
        PROGRAM.c.id.in_(select(_ABOUT.c.id).where(_ABOUT.c.search.op("@@")(query))),
        PROGRAM.c.organizer_id.in_(by_organizer),
        _at(word),
    )


def _asked_word(word: str) -> Any:
    """Return the query of a word in any of its forms: «физика» finds «физики», because both begin with the stem «физик»."""
    bare = word.removesuffix(":*")
    if not bare.isalpha():
        return func.to_tsquery("simple", word)
    stem = func.ts_lexize("russian_stem", bare, type_=ARRAY(Text))[1]
    # a service word («для») has no stem, and of a short one too little is left to begin with
    return func.to_tsquery("simple", case((func.length(stem) >= _SHORTEST_STEM, stem + ":*"), else_=word))


def _at(word: str) -> Any:
    """A word of the place, or of the municipality's name."""
    query = _asked_word(word)
    is_near = literal_column(_WORDS.format("near.place")).op("@@")(query)
    by_place = select(_NEAR.c.id).where(_NEAR.c.status == GroupStatus.OPEN, is_near)
    by_town = select(_TOWN.c.id).where(literal_column(_WORDS.format("town.name")).op("@@")(query))
    return or_(GROUP.c.id.in_(by_place), GROUP.c.municipality_id.in_(by_town))


_SHORTEST_STEM = 3

#: as in the index ``ix_training_group_place``
_WORDS = "to_tsvector('simple'::regconfig, translate(lower({}), 'ё', 'е'))"
