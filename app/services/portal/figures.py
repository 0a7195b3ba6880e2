"""Stored figures: numbers of people by region, territory and organization, counted by a job and read by pages.

A page never counts the people of the region: it reads the rows of its places, as many with a million people as with ten
thousand. A figure has a code (``workers``, ``learned2026``); who asks for one knows its code (``desk.statistics``,
``personnel.cards.quality``). The rows hold no person, so no scope applies to them: who may read which place is decided
by the services that read them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    Integer,
    Select,
    String,
    Subquery,
    case,
    column,
    delete,
    func,
    literal,
    select,
    text,
    true,
    values,
)
from sqlalchemy.dialects.postgresql import insert

from app import models as m
from app.clock import local, now
from app.extensions import db
from app.russian import format_datetime
from app.text.sql import sort_key
from app.unit_of_work import technical_write

REGION, TERRITORY, ORGANIZATION = "r", "t", "o"
#: code of the number of workers, by the main place of work (``desk.figure_counts``)
WORKERS = "workers"
#: a recount may take this share of the time at most: a large region is counted less often, not more slowly for its users
BUSY_SHARE = 0.02

_figure: Any = m.Figure.__table__
_counted: Any = m.FigureCount.__table__
_organization, _territory = m.Organization.__table__, m.Territory.__table__


def by_levels(organization_id: Any, territory_id: Any) -> tuple[Any, Any, Any]:
    """Return (level, place, grouping) of a statement that counts under each organization, each territory and the whole at once.

    The first two are selected, the third is what ``group_by`` takes.
    """
    level = case(
        (func.grouping(organization_id) == 0, ORGANIZATION),
        (func.grouping(territory_id) == 0, TERRITORY),
        else_=REGION,
    )
    place = func.coalesce(organization_id, territory_id, 0)
    grouping = func.grouping_sets(organization_id, territory_id, text("()"))
    return level, place, grouping


def by_rows(found: Subquery, codes: Sequence[str]) -> Select[Any]:
    """Turn one row of a place (level, place, a column of each code) into a row of each code."""
    pairs = values(column("code", String), column("number", Integer), name="pairs")
    turned = pairs.data([(literal(code), found.c[code]) for code in codes]).lateral()
    rows = select(found.c.level, found.c.place, turned.c.code, turned.c.number)
    return rows.select_from(found.join(turned, true())).where(turned.c.number > 0)


def is_due() -> bool:
    """Whether the figures may be counted again: never counted, or the last count has paid for itself (``BUSY_SHARE``)."""
    last = db.session.execute(select(_counted.c.counted_at, _counted.c.seconds)).one_or_none()
    if last is None:
        return True
    return bool((now() - last.counted_at).total_seconds() >= last.seconds / BUSY_SHARE)


@technical_write
def store(counted: CompoundSelect[Any]) -> None:
    """Make the stored figures equal to the rows (level, place, code, number) of ``counted``; only what differs is written."""
    began = db.session.scalar(select(func.clock_timestamp()))
    rows = counted.cte("counted")
    key = ("level", "place", "code")
    there = select(literal(1)).where(*(rows.c[name] == _figure.c[name] for name in key)).exists()
    gone = delete(_figure).where(~there).returning(_figure.c.code).cte("gone")
    fresh = insert(_figure).from_select([*key, "number"], select(*(rows.c[name] for name in (*key, "number"))))
    fresh = fresh.on_conflict_do_update(
        index_elements=key,
        set_={"number": fresh.excluded.number},
        where=_figure.c.number != fresh.excluded.number,
    ).add_cte(gone)
    db.session.execute(fresh)
    seconds = func.extract("epoch", func.clock_timestamp() - began)
    state = insert(_counted).values(id=1, counted_at=now(), seconds=seconds)
    state = state.on_conflict_do_update(
        index_elements=["id"], set_={"counted_at": state.excluded.counted_at, "seconds": state.excluded.seconds}
    )
    db.session.execute(state)


def as_of() -> str:
    """Say of when the figures are."""
    at = db.session.scalar(select(_counted.c.counted_at))
    if at is None:
        return "Показатели ещё не посчитаны: портал считает их сам, каждые несколько минут."
    return f"Показатели на {format_datetime(local(at))}."


@dataclass(frozen=True, slots=True)
class PlaceNumbers:
    """Figures of an organization or a territory: code → number, zeros left out; a territory is its own territory."""

    pk: int
    name: str
    territory_id: int
    territory: str
    numbers: Mapping[str, int]


def by_place(level: str, codes: Collection[str], *conditions: Any) -> list[PlaceNumbers]:
    """Return the places of a level that have any of the figures, by name, as ``conditions`` on the directories narrow them."""
    directory = _organization if level == ORGANIZATION else _territory
    places = _figure.join(directory, directory.c.id == _figure.c.place)
    if level == ORGANIZATION:
        places = places.join(_territory, _territory.c.id == _organization.c.territory_id)
    keys = (directory.c.id, directory.c.short_name, _territory.c.id, _territory.c.short_name)
    statement = (
        select(*keys, func.json_object_agg(_figure.c.code, _figure.c.number))
        .select_from(places)
        .where(_figure.c.level == level, _figure.c.code.in_(codes), *conditions)
        .group_by(*keys)
        .order_by(sort_key(directory.c.short_name), directory.c.id)
    )
    return [PlaceNumbers(*row) for row in db.session.execute(statement)]


def whole(codes: Collection[str]) -> dict[str, int]:
    """Return code → number of the whole region, zeros left out."""
    statement = select(_figure.c.code, _figure.c.number).where(_figure.c.level == REGION, _figure.c.code.in_(codes))
    return dict(map(tuple, db.session.execute(statement)))
