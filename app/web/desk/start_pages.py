"""Start pages by role: «Сделайте сегодня», first steps, the map and the charts, what the role needs at hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, cast

from flask import current_app
from sqlalchemy import FromClause, Subquery, and_, func, literal, select, true

from app import addresses
from app import models as m
from app.actor import Actor
from app.clock import local, today
from app.extensions import db
from app.jobs import DEAD_AFTER_SECONDS
from app.russian import format_datetime, number
from app.services.desk import first_steps, statistics
from app.services.personnel.cards import quality
from app.services.portal import figures, settings
from app.services.voucher import voucher_rules
from app.web.access.registration_own import registration_blocks
from app.web.desk import charts, map_page, start_checklist, start_lines
from app.web.desk.role_home import organizer_blocks, school_blocks
from app.web.desk.start_lines import Counted, duty
from app.web.desk.worker_home import is_worker, no_card_blocks, worker_aside, worker_blocks
from app.web.frame.list_paging import COUNTED
from app.web.frame.list_query import ListQuery
from app.web.frame.pages import Block, Cell, Chart, Pair, RegionMap, StartPage, Todo
from app.web.frame.view_base import ViewBase

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
    if not blocks and actor.roles == {"worker"}:
        blocks = no_card_blocks()
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
    """Read the facts by one statement within the actor's scope, and one for what is stored."""
    declared = [*_declared(actor, start_lines.LINES), *_declared(actor, start_lines.GLANCE)]
    stored = [it.key for it in declared if it.stored and not quality.are_counted_now()]
    counted = [it for it in declared if it.key not in stored]
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
        {**dict(zip(keys, row, strict=False)), **({key: quality.people_stored() for key in stored})},
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
    """One row of a table: each number counted as far as its list counts, so it costs the same in a large region."""
    model = _views()[table].datamodel.obj
    found = [select(literal(1)).select_from(model).where(it).limit(COUNTED + 1).subquery() for it in conditions]
    return select(
        *(select(func.count()).select_from(it).scalar_subquery().label(f"{table}_{n}") for n, it in enumerate(found))
    ).subquery()


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
    """What the pictures show; ``as_of`` says of when it is, ``by`` what the places are."""

    as_of: str
    by: str
    months: Mapping[int, Sequence[statistics.Number]]
    trained: Sequence[statistics.Trained]
    before: Sequence[statistics.Trained]
    staff: Sequence[statistics.Staff]
    territories: Sequence[statistics.Staff]
    seats: Sequence[statistics.Seats]
    grown: Mapping[int, str]


def pictures_of(actor: Actor, facts: Facts) -> tuple[list[Chart], RegionMap | None, str]:
    """Charts and the map of the region, or of the user's territories by school; and the moment of their figures."""
    if not actor.roles & (_REGION | {"territory"}):
        return [], None, ""
    found = _figures(actor)
    of_region = bool(actor.roles & _REGION)
    year, month, by = today().year, today().month, found.by
    by_month = charts.vouchers_by_month(found.months[year], found.months[year - 1], year, until=month)
    trained = charts.trained(_with_zeros(found.trained, found.staff), year, by=by, before=found.before)
    share, free = charts.trained_share(found.staff, by=by, target=facts.target), charts.seats(found.seats)
    names, grown = facts.territories, found.grown
    region = map_page.map_of(found.territories, names, target=facts.target, own=not of_region, grown=grown)
    note = found.as_of
    if of_region:
        return [by_month, trained, free], region, note
    return [share, charts.voucher_share(found.staff, by=by), trained, by_month, free], region, note


def _with_zeros(trained: Sequence[statistics.Trained], staff: Iterable[statistics.Staff]) -> list[statistics.Trained]:
    """The trained by place, with the places whose people were not trained at all: those come first."""
    known = {f.key for f in trained}
    return [*trained, *(statistics.Trained(f.key, f.name, 0) for f in staff if f.key not in known and f.people)]


def _figures(actor: Actor) -> Figures:
    year, stored = today().year, statistics.Stored()
    if actor.roles & _REGION:
        by, trained, staff = charts.TERRITORY, stored.trained_by_territory, stored.staff_by_territory()
    else:
        by, trained, staff = charts.ORGANIZATION, stored.trained_by_organization, stored.staff_by_organization()
    # small numbers of two years, one beside the other, would tell single people: the observer gets one year
    before = [] if "observer" in actor.roles else trained(year - 1)
    months = {y: stored.vouchers_by_month(y) for y in (year, year - 1)}
    seats = statistics.seats_by_organizer()
    places, grown = stored.staff_by_territory(), stored.grown_by_territory()
    return Figures(figures.as_of(), by, months, trained(year), before, staff, places, seats, grown)


def _totals() -> Block:
    """Aggregates for the observer: numbers without a single row (п. 1.5 Порядка: other bodies, by agreement)."""
    pairs = [
        Pair(label, Cell(f"менее {statistics.FEWEST_SHOWN}" if n is None else number(n), grown, number=True))
        for label, n, grown in statistics.totals()
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
