"""Start pages by role: «Сделайте сегодня», first steps, the map and the charts, what the role needs at hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, cast

from flask import current_app
from sqlalchemy import FromClause, Subquery, and_, func, or_, select, true

from app import addresses
from app import models as m
from app.actor import Actor
from app.clock import local, now, today
from app.extensions import db
from app.jobs import DEAD_AFTER_SECONDS
from app.russian import format_datetime, number
from app.services.desk import first_steps, statistics
from app.services.portal import settings
from app.services.voucher import voucher_rules
from app.web.access.registration_own import registration_blocks
from app.web.desk import charts, map_page, start_checklist, start_lines
from app.web.desk.role_home import organizer_blocks, school_blocks
from app.web.desk.start_lines import Counted, duty
from app.web.desk.worker_home import is_worker, worker_aside, worker_blocks
from app.web.frame.list_query import ListQuery
from app.web.frame.pages import Block, Cell, Chart, Pair, RegionMap, StartPage, Todo
from app.web.frame.view_base import ViewBase

#: how long the figures of the charts are kept
FIGURES_SECONDS = 300
#: roles whose charts are of the whole region
_REGION = frozenset({"ministry", "operator", "observer"})
#: roles whose decisions others wait for
_DECIDES = frozenset({"operator", "school", "organizer", "admin"})
_TARGET = "trained_target"
NOTHING = "Сейчас ничего не ждёт вашего решения."


# --- the page --------------------------------------------------------------------------------------------------------


def start_page(actor: Actor) -> StartPage:
    """Build the start page of the acting user."""
    facts = read_facts(actor)
    lines = [line for found, line in numbered_lines(actor, facts) if found]
    if "operator" in actor.roles:
        lines = [*_rule_gap(), *lines]
    lines = _one_main(start_lines.by_urgency(lines))
    figures = [_totals()] if "observer" in actor.roles else []
    blocks = _blocks(actor)
    empty = not (figures or blocks or actor.roles & (_REGION | {"territory"}))
    note = NOTHING if not lines and (empty or actor.roles & _DECIDES) else ""
    drawn, region, as_of = pictures_of(actor, facts)
    return StartPage(
        f"Здравствуйте, {called}" if (called := _called(actor)) else "Главная",
        lines[: start_lines.MOST_LINES],
        lines[start_lines.MOST_LINES :],
        start_checklist.checklist(start_checklist.of(actor), facts.done, facts.hidden),
        [it.figure(facts.numbers[it.key]) for it in _declared(actor, start_lines.GLANCE)],
        figures,
        region,
        drawn,
        as_of,
        blocks,
        worker_aside(actor.employee_id) if actor.employee_id and is_worker(actor) else (),
        note,
    )


def _called(actor: Actor) -> str:
    """Name and patronymic of a user who is nothing but a worker with a card: the start page greets them."""
    return actor.name.partition(" ")[2] if actor.roles == {"worker"} and is_worker(actor) else ""


def _one_main(lines: Sequence[Todo]) -> list[Todo]:
    """The first line has the page's one filled button."""
    if not lines or lines[0].button is None:
        return list(lines)
    return [replace(lines[0], button=replace(lines[0].button, main=True)), *lines[1:]]


def _blocks(actor: Actor) -> list[Block]:
    blocks = worker_blocks(actor.employee_id) if is_worker(actor) and actor.employee_id else registration_blocks()
    blocks += [*(school_blocks() if "school" in actor.roles else ())]
    blocks += [*(organizer_blocks() if "organizer" in actor.roles else ())]
    if actor.roles & {"operator", "admin"}:
        blocks.append(_portal())
    return blocks


def numbered_lines(actor: Actor, facts: Facts) -> list[tuple[int, Todo]]:
    """Lines of the actor's roles with their numbers, zeros included; the same line of several roles is there once."""
    queued = start_lines.queue_lines() if actor.can("queue:list") else []
    numbers = [(facts.numbers[it.key], it) for it in _declared(actor, start_lines.LINES)]
    return [*queued, *((found, it.line(found)) for found, it in numbers)]


def _declared(actor: Actor, declared: Mapping[str, Sequence[Counted]]) -> list[Counted]:
    """What is declared for the roles of the actor, of the lists that the actor may see."""
    found = {it.key: it for role in declared if role in actor.roles for it in declared[role]}
    return [it for it in found.values() if actor.can(f"{it.table}:list")]


# --- what one statement reads ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Facts:
    """Numbers behind the lines, first steps that are done or hidden, the territories and the target of the region's figures."""

    numbers: Mapping[tuple[Any, ...], int]
    done: frozenset[tuple[str, str]]
    hidden: frozenset[str]
    territories: Mapping[int, str]
    target: int


def read_facts(actor: Actor) -> Facts:
    """Read the facts by one statement: each table of a list is read once, within the actor's scope."""
    counted = [*_declared(actor, start_lines.LINES), *_declared(actor, start_lines.GLANCE)]
    tables: dict[str, dict[tuple[Any, ...], Any]] = {}
    for it in counted:
        tables.setdefault(it.table, {})[it.key] = and_(true(), *_conditions(_views()[it.table], it.query))
    keys = [key for conditions in tables.values() for key in conditions]
    roles = start_checklist.of(actor)
    steps = [(role, code) for role in roles for code in first_steps.STEPS[role]]
    parts = [_counts(table, list(conditions.values())) for table, conditions in tables.items()]
    parts += [trace for role in roles for trace in first_steps.traces(role)]
    parts += [first_steps.hidden()] if steps else []
    parts += [_region_facts()] if actor.roles & (_REGION | {"territory"}) else []
    row = _row_of(parts)
    named = row._mapping if row else {}
    return Facts(
        dict(zip(keys, row, strict=False)),
        frozenset(step for step, found in zip(steps, row[len(keys) :], strict=False) if found),
        frozenset(named.get("hidden") or ()),
        dict(named.get("territories") or ()),
        settings.number_stored(_TARGET, named.get("target")),
    )


def _row_of(parts: Sequence[Subquery]) -> Any:
    """The only row of all parts beside one another."""
    if not parts:
        return ()
    beside = reduce(lambda left, right: left.join(right, true()), parts[1:], cast(FromClause, parts[0]))
    return db.session.execute(select(*(column for part in parts for column in part.c)).select_from(beside)).one()


def _region_facts() -> Subquery:
    """One row: the territories as (key, name), and the target of the trained as it is stored."""
    territory, setting = m.Territory.__table__, m.Setting.__table__
    pairs = func.json_agg(func.json_build_array(territory.c.id, territory.c.short_name))
    return select(
        select(pairs).where(territory.c.active).scalar_subquery().label("territories"),
        select(setting.c.value).where(setting.c.key == _TARGET).scalar_subquery().label("target"),
    ).subquery()


def _views() -> dict[str, Any]:
    views = current_app.appbuilder.baseviews  # type: ignore[attr-defined]
    return {view.table: view for view in views if isinstance(view, ViewBase)}


def _counts(table: str, conditions: Sequence[Any]) -> Subquery:
    counts = [func.count().filter(condition).label(f"{table}_{n}") for n, condition in enumerate(conditions)]
    # the condition of all together lets an index find the few rows that any of the lines counts
    return select(*counts).select_from(_views()[table].datamodel.obj).where(or_(*conditions)).subquery()


def _conditions(view: Any, query: Mapping[str, str]) -> list[Any]:
    """What the list of ``view`` would narrow its rows by at this address."""
    found: list[Any] = view.listing.conditions(ListQuery(chosen=dict(query)))
    return found


def _rule_gap() -> list[Todo]:
    """Days without a voucher rule, while there is time to make one."""
    gap = voucher_rules.find_gap()
    if gap is None:
        return []
    text = f"Продлите правило выдачи чеков: {gap.words} заявку не сможет подать никто"
    detail = "Ни одно правило не действует. Продлите действующее или создайте его новую версию."
    return [duty(text, addresses.listing("voucher_rule"), "Продлить", "bad", detail)]


# --- pictures and blocks ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Figures:
    """What the pictures show, as counted at a moment; ``by`` says what the places are."""

    at: dt.datetime
    by: str
    months: Mapping[int, Sequence[statistics.Number]]
    trained: Sequence[statistics.Trained]
    before: Sequence[statistics.Trained]
    staff: Sequence[statistics.Staff]
    territories: Sequence[statistics.Staff]
    seats: Sequence[statistics.Seats]


def pictures_of(actor: Actor, facts: Facts) -> tuple[list[Chart], RegionMap | None, str]:
    """Charts and the map of the region, or of the user's territories by school; and the moment of their figures."""
    if not actor.roles & (_REGION | {"territory"}):
        return [], None, ""
    found = _figures(actor) if "observer" in actor.roles else _kept_figures(actor)
    of_region = bool(actor.roles & _REGION)
    year, month, by = found.at.year, found.at.month, found.by
    by_month = charts.vouchers_by_month(found.months[year], found.months[year - 1], year, until=month)
    trained = charts.trained(_with_zeros(found.trained, found.staff), year, by=by, before=found.before)
    share, free = charts.trained_share(found.staff, by=by, target=facts.target), charts.seats(found.seats)
    region = map_page.map_of(found.territories, facts.territories, target=facts.target, own=not of_region)
    note = f"Показатели на {format_datetime(found.at)}."
    if of_region:
        return [by_month, trained, free], region, note
    return [share, charts.voucher_share(found.staff, by=by), trained, by_month, free], region, note


def _with_zeros(trained: Sequence[statistics.Trained], staff: Iterable[statistics.Staff]) -> list[statistics.Trained]:
    """The trained by place, with the places whose people were not trained at all: those come first."""
    known = {f.key for f in trained}
    return [*trained, *(statistics.Trained(f.key, f.name, 0) for f in staff if f.key not in known and f.people)]


def _kept_figures(actor: Actor) -> Figures:
    """Figures of those who see the same rows, counted once in a while: they ask the whole region's tables."""
    kept = current_app.extensions.setdefault("start_figures", {})
    key = actor.grants, actor.employee_id
    seconds = current_app.config.get("FIGURES_SECONDS", FIGURES_SECONDS)
    found: Figures | None = kept.get(key)
    if found is None or now() - found.at >= dt.timedelta(seconds=seconds) or found.at.date() != today():
        found = kept[key] = _figures(actor)
    return found


def _figures(actor: Actor) -> Figures:
    at = now()
    if actor.roles & _REGION:
        by, trained, staff = charts.TERRITORY, statistics.trained_by_territory, statistics.staff_by_territory
    else:
        by, trained, staff = charts.ORGANIZATION, statistics.trained_by_organization, statistics.staff_by_organization
    months, places = statistics.vouchers_by_month(at.year, at.year - 1), staff()
    # small numbers of two years, one beside the other, would tell single people: the observer gets one year
    before = [] if "observer" in actor.roles else trained(at.year - 1)
    territories = places if actor.roles & _REGION else _own_territories(actor, places)
    return Figures(at, by, months, trained(at.year), before, places, territories, statistics.seats_by_organizer())


def _own_territories(actor: Actor, places: Sequence[statistics.Staff]) -> list[statistics.Staff]:
    """The user's territories: the only one is the sum of its organizations, several are counted."""
    own = actor.territories()
    if len(own) != 1 or not places:
        return statistics.staff_by_territory() if places else []
    sums = [sum(getattr(f, what) or 0 for f in places) for what in ("people", "with_voucher", "trained")]
    return [statistics.Staff(min(own), "", *sums)]


def _totals() -> Block:
    """Aggregates for the observer: numbers without a single row (п. 1.5 Порядка: other bodies, by agreement)."""
    pairs = [
        Pair(label, Cell(f"менее {statistics.FEWEST_SHOWN}" if n is None else number(n), number=True))
        for label, n in statistics.totals()
    ]
    note = "Работники и обученные — те, кто работает сегодня; каждый считается один раз."
    return Block("Обучение работников образования", pairs=pairs, note=note)


def _portal() -> Block:
    """How the portal's own work goes: the worker's sign of life, the jobs that gave up."""
    state = statistics.portal_state()
    alive = statistics.is_alive(state, within=DEAD_AFTER_SECONDS)
    seen = f"последний сигнал {format_datetime(local(state.seen_at))}" if state.seen_at else "сигналов не было"
    worker = Cell("Работает" if alive else "Не отвечает", seen, tone="ok" if alive else "bad")
    failed = Cell(number(state.failed_jobs), number=True, tone="bad" if state.failed_jobs else "")
    return Block(
        "Работа портала",
        pairs=[Pair("Обработчик заданий", worker), Pair("Задания с ошибкой", failed)],
        note=""
        if alive
        else "Письма и задания ждут: обработчик заданий не отвечает. Сообщите тому, кто запускает портал.",
        tone="" if alive else "bad",
    )
