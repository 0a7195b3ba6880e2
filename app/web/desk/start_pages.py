"""Start pages by role: what waits for the user, charts, links that the role needs.

A tile is declared by the list it opens, and its number is counted by the conditions of that list: the two cannot differ.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, cast

from flask import current_app
from sqlalchemy import FromClause, Subquery, and_, func, or_, select, true

from app import addresses
from app.actor import Actor
from app.clock import local, now, today
from app.extensions import db
from app.jobs import DEAD_AFTER_SECONDS
from app.russian import capitalized, format_datetime, number, plural
from app.services.desk import queue, statistics
from app.services.voucher import voucher_rules
from app.statuses import _A, _E, _G, _P, _Q, _R, ChangeStatus, LetterStatus, TransferStatus
from app.web.access.registration_own import registration_blocks
from app.web.desk import charts
from app.web.desk.role_home import organizer_blocks, school_blocks
from app.web.desk.worker_home import worker_blocks
from app.web.frame.list_query import ListQuery
from app.web.frame.pages import Block, Cell, Chart, Pair, StartPage, Tile, TileGroup, Todo
from app.web.frame.view_base import ViewBase

Forms = tuple[str, str, str]

#: how long the figures of the charts are kept
FIGURES_SECONDS = 300
#: roles whose charts are of the whole region
_REGION = frozenset({"ministry", "operator", "observer"})


@dataclass(frozen=True)
class Counted:
    """A tile to be: a list (by its table and filters), the words for its number, how urgent it is."""

    table: str
    forms: Forms
    query: Mapping[str, str]
    tone: str = ""


def _tile(table: str, forms: Forms, tone: str = "", **query: str) -> Counted:
    return Counted(table, forms, query, tone)


# --- what each role is told ------------------------------------------------------------------------------------------

ATTENTION, QUEUES, OVERVIEW = "Что требует внимания", "Чего ждут в организациях", "Обзор"

_EXPIRING = ("чек истекает за 90 дней", "чека истекают за 90 дней", "чеков истекают за 90 дней")
_TO_AGREE = ("запись ждёт согласования", "записи ждут согласования", "записей ждут согласования")
_TO_CONFIRM = ("запись ждёт подтверждения", "записи ждут подтверждения", "записей ждут подтверждения")
_PLACES = ("место работы ждёт подтверждения", "места работы ждут подтверждения", "мест работы ждут подтверждения")
_EMPLOYEES = _tile("employee", ("работник", "работника", "работников"), attention="works")
_OPEN_GROUPS = _tile(
    "training_group",
    ("группа с открытой записью", "группы с открытой записью", "групп с открытой записью"),
    status=_G.OPEN,
)
_LETTERS = _tile(
    "letter", ("письмо не отправлено", "письма не отправлены", "писем не отправлены"), "bad", status=LetterStatus.FAILED
)

_CHANGES = (
    "исправление карточки ждёт решения",
    "исправления карточек ждут решения",
    "исправлений карточек ждут решения",
)
_LATE_ONES = ("решение просрочено", "решения просрочены", "решений просрочено")
_TODAY_ONES = ("решение нужно принять сегодня", "решения нужно принять сегодня", "решений нужно принять сегодня")
_LATE = ("исправление не внесено в срок", "исправления не внесены в срок", "исправлений не внесено в срок")

_SCHOOL = (
    _tile("enrolment", _TO_AGREE, "wait", attention="agree"),
    _tile("change_request", _CHANGES, "wait", status=ChangeStatus.PROPOSED),
    _tile(
        "training",
        ("пройденный курс ждёт сверки со сканом", "пройденных курса ждут сверки со сканом", "пройденных курсов ждут сверки со сканом"),
        "wait",
        attention="school",
    ),
    _tile(
        "transfer",
        ("переход ждёт вашего решения", "перехода ждут вашего решения", "переходов ждут вашего решения"),
        "wait",
        attention="school",
    ),
    _tile(
        "voucher_application",
        ("заявку на чек нужно исправить или подать", "заявки на чек нужно исправить или подать", "заявок на чек нужно исправить или подать"),
        "wait",
        attention="unfinished",
    ),
    _tile("voucher", _EXPIRING, attention="expiring"),
    _tile(
        "training",
        ("пройденный курс без скана документа", "пройденных курса без скана документа", "пройденных курсов без скана документа"),
        attention="no_scan",
    ),
    _tile("employee", ("работник без СНИЛС", "работника без СНИЛС", "работников без СНИЛС"), attention="no_snils"),
    _tile(
        "employee",
        ("работник без электронной почты", "работника без электронной почты", "работников без электронной почты"),
        attention="no_email",
    ),
    _tile(
        "employee",
        ("работник без подтверждённого места работы", "работника без подтверждённого места работы", "работников без подтверждённого места работы"),
        attention="no_place",
    ),
    _tile(
        "employee",
        ("карточка не подтверждена полгода", "карточки не подтверждены полгода", "карточек не подтверждены полгода"),
        attention="not_actual",
    ),
)  # fmt: skip
_ORGANIZER = (
    _tile(
        "training_group",
        ("группа окончена, нет результатов", "группы окончены, нет результатов", "групп окончены, нет результатов"),
        "bad",
        attention="no_results",
    ),
    _tile("enrolment", _TO_CONFIRM, "wait", status=_E.AGREED),
    _tile(
        "enrolment",
        ("обучен, документ не выдан", "обучены, документы не выданы", "обучены, документы не выданы"),
        "wait",
        attention="no_document",
    ),
    _tile(
        "certificate",
        ("документ нужно заменить: сведения исправлены", "документа нужно заменить: сведения исправлены", "документов нужно заменить: сведения исправлены"),
        "bad",
        attention="to_replace",
    ),
    _tile(
        "certificate",
        ("документ не передан в ФИС ФРДО, срок прошёл", "документа не переданы в ФИС ФРДО, срок прошёл", "документов не переданы в ФИС ФРДО, срок прошёл"),
        "bad",
        attention="frdo_late",
    ),
    _tile(
        "certificate",
        ("документ нужно передать в ФИС ФРДО за 14 дней", "документа нужно передать в ФИС ФРДО за 14 дней", "документов нужно передать в ФИС ФРДО за 14 дней"),
        "wait",
        attention="frdo_soon",
    ),
    _tile(
        "frdo_batch",
        ("пакет для ФИС ФРДО изменён после отправки: нужен исправляющий", "пакета для ФИС ФРДО изменены после отправки: нужны исправляющие", "пакетов для ФИС ФРДО изменены после отправки: нужны исправляющие"),
        "bad",
        attention="amended",
    ),
    _tile(
        "blank",
        ("бланк аннулированного документа нужно списать", "бланка аннулированных документов нужно списать", "бланков аннулированных документов нужно списать"),
        "wait",
        attention="of_annulled",
    ),
    _tile(
        "registry",
        ("реестр обученных изменён после отправки", "реестра обученных изменены после отправки", "реестров обученных изменены после отправки"),
        "bad",
        attention="amended",
    ),
    _tile(
        "training_group",
        ("группа скоро начнёт занятия, а минимум не набран", "группы скоро начнут занятия, а минимум не набран", "групп скоро начнут занятия, а минимум не набран"),
        "wait",
        attention="below_minimum",
    ),
    _tile(
        "training_group",
        ("группа начинает занятия за 14 дней", "группы начинают занятия за 14 дней", "групп начинают занятия за 14 дней"),
        attention="soon",
    ),
)  # fmt: skip
_OPERATOR = (
    _tile(
        "voucher_application",
        ("заявка на чек просрочена", "заявки на чек просрочены", "заявок на чек просрочено"),
        "bad",
        attention="overdue",
    ),
    _tile(
        "voucher_application",
        ("заявку на чек нужно решить сегодня", "заявки на чек нужно решить сегодня", "заявок на чек нужно решить сегодня"),
        "wait",
        attention="today",
    ),
    _tile(
        "voucher_application",
        ("заявка на чек: решить позже", "заявки на чек: решить позже", "заявок на чек: решить позже"),
        attention="later",
    ),
    _tile(
        "registration",
        ("регистрация ждёт проверки", "регистрации ждут проверки", "регистраций ждут проверки"),
        "wait",
        status=_R.PENDING,
    ),
    _tile(
        "access_request",
        ("заявка на доступ ждёт решения", "заявки на доступ ждут решения", "заявок на доступ ждут решения"),
        "wait",
        status=_Q.SUBMITTED,
    ),
    _tile("employment", _PLACES, "wait", attention="unconfirmed"),
    _tile(
        "transfer",
        ("переход ждёт подтверждения", "перехода ждут подтверждения", "переходов ждут подтверждения"),
        "wait",
        status=TransferStatus.ACCEPTED,
    ),
    _tile(
        "program",
        ("программа ждёт публикации", "программы ждут публикации", "программ ждут публикации"),
        "wait",
        status=_P.SUBMITTED,
    ),
    _tile(
        "training",
        ("пройденный курс ждёт сверки со сканом", "пройденных курса ждут сверки со сканом", "пройденных курсов ждут сверки со сканом"),
        "wait",
        attention="operator",
    ),
    _LETTERS,
)  # fmt: skip
_TERRITORY = (
    _tile("change_request", _LATE, "bad", attention="overdue"),
    _tile(
        "voucher_application",
        ("заявка на чек ждёт оператора", "заявки на чек ждут оператора", "заявок на чек ждут оператора"),
        status=_A.SUBMITTED,
    ),
    _tile("employment", _PLACES, attention="unconfirmed"),
    _tile("enrolment", _TO_AGREE, status=_E.APPLIED),
    _tile("voucher", _EXPIRING, attention="expiring"),
)
_ADMIN = (
    _LETTERS,
    _tile(
        "ab_user",
        ("пользователь не может войти: вход закрыт", "пользователя не могут войти: вход закрыт", "пользователей не могут войти: вход закрыт"),
        "wait",
        attention="locked",
    ),
)  # fmt: skip

#: role → (heading, tiles)
TILES: Mapping[str, Sequence[tuple[str, Sequence[Counted]]]] = {
    "operator": ((ATTENTION, _OPERATOR), (OVERVIEW, (_EMPLOYEES, _OPEN_GROUPS))),
    "school": ((ATTENTION, _SCHOOL), (OVERVIEW, (_EMPLOYEES, _OPEN_GROUPS))),
    "organizer": ((ATTENTION, _ORGANIZER), (OVERVIEW, (_OPEN_GROUPS,))),
    "territory": ((QUEUES, _TERRITORY), (OVERVIEW, (_EMPLOYEES, _OPEN_GROUPS))),
    "ministry": ((OVERVIEW, (_EMPLOYEES, _OPEN_GROUPS)),),
    "admin": (
        (ATTENTION, _ADMIN),
        (OVERVIEW, (_tile("ab_user", ("пользователь", "пользователя", "пользователей")),)),
    ),
}


# --- the page --------------------------------------------------------------------------------------------------------


def start_page(actor: Actor) -> StartPage:
    """Build the start page of the acting user."""
    groups = tile_groups(actor)
    shown = [TileGroup(group.title, tiles) for group in groups if (tiles := [t for t in group.tiles if t.number])]
    figures = [_totals()] if "observer" in actor.roles else []
    blocks = (
        worker_blocks(actor.employee_id) if "worker" in actor.roles and actor.employee_id else registration_blocks()
    )
    blocks += [*(school_blocks() if "school" in actor.roles else ())]
    blocks += [*(organizer_blocks() if "organizer" in actor.roles else ())]
    if "operator" in actor.roles:
        blocks = [*_rule_gap(), *blocks]
    if actor.roles & {"operator", "admin"}:
        blocks.append(_portal())
    waits = {group.title for group in shown} - {OVERVIEW}
    decides = any(group.title == ATTENTION for group in groups) or not (shown or figures or blocks)
    note = "" if waits or not decides else "Сейчас ничего не ждёт вашего решения."
    drawn, as_of = charts_of(actor)
    return StartPage("Главная", shown, figures, drawn, as_of, blocks, note)


def tile_groups(actor: Actor) -> list[TileGroup]:
    """Tiles of the actor's roles with their numbers, zeros included; several roles share a heading."""
    wanted: dict[str, list[Counted]] = {}
    for role, groups in TILES.items():
        for title, counted in groups if role in actor.roles else ():
            known = wanted.setdefault(title, [])
            known += [it for it in counted if it not in known and actor.can(f"{it.table}:list")]
    numbers = _numbers([it for counted in wanted.values() for it in counted])
    first = {ATTENTION: _queue_tiles() if actor.can("queue:list") else []}
    return [
        TileGroup(title, [*first.get(title, ()), *(_shown(it, numbers[_key(it)]) for it in wanted[title])])
        for title in (ATTENTION, QUEUES, OVERVIEW)
        if title in wanted
    ]


def _queue_tiles() -> list[Tile]:
    """What the queue «Требует решения» has late and for today, of all its kinds together."""
    found = queue.urgent()
    late, day = sum(item.overdue for item in found), sum(item.today for item in found)
    page = addresses.QUEUE
    return [
        Tile(late, plural(late, *_LATE_ONES), f"{page}?state=overdue", "bad"),
        Tile(day, plural(day, *_TODAY_ONES), f"{page}?state=today", "wait"),
    ]


def _key(it: Counted) -> tuple[Any, ...]:
    return it.table, *sorted(it.query.items())


def _shown(it: Counted, found: int) -> Tile:
    view = _views()[it.table]
    return Tile(found, plural(found, *it.forms), addresses.listing(view.table, **it.query), it.tone)


def _views() -> dict[str, Any]:
    views = current_app.appbuilder.baseviews  # type: ignore[attr-defined]
    return {view.table: view for view in views if isinstance(view, ViewBase)}


def _numbers(counted: Sequence[Counted]) -> dict[tuple[Any, ...], int]:
    """Number of rows behind each tile, by one statement for all: each table is read once, within the actor's scope."""
    tables: dict[str, dict[tuple[Any, ...], Any]] = {}
    for it in counted:
        tables.setdefault(it.table, {})[_key(it)] = and_(true(), *_conditions(_views()[it.table], it.query))
    if not tables:
        return {}
    parts = [_counts(table, list(conditions.values())) for table, conditions in tables.items()]
    beside = reduce(lambda left, right: left.join(right, true()), parts[1:], cast(FromClause, parts[0]))
    row = db.session.execute(select(*(column for part in parts for column in part.c)).select_from(beside)).one()
    return dict(zip((key for conditions in tables.values() for key in conditions), row, strict=True))


def _counts(table: str, conditions: Sequence[Any]) -> Subquery:
    counts = [func.count().filter(condition).label(f"{table}_{n}") for n, condition in enumerate(conditions)]
    # the condition of all together lets an index find the few rows that any of the tiles counts
    return select(*counts).select_from(_views()[table].datamodel.obj).where(or_(*conditions)).subquery()


def _conditions(view: Any, query: Mapping[str, str]) -> list[Any]:
    """What the list of ``view`` would narrow its rows by at this address."""
    found: list[Any] = view.listing.conditions(ListQuery(chosen=dict(query)))
    return found


def _rule_gap() -> list[Block]:
    """Days without a voucher rule, while there is time to make one."""
    gap = voucher_rules.find_gap()
    if gap is None:
        return []
    todo = Todo(
        f"{capitalized(gap.words)} подать заявку на чек не сможет никто: ни одно правило не действует.",
        "Продлите действующее правило или создайте его новую версию.",
        addresses.listing("voucher_rule"),
        "bad",
    )
    return [Block("Правила выдачи чеков", todo=[todo], tone="bad")]


# --- charts and blocks -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Figures:
    """What the charts show, as counted at a moment; ``by`` says what the places are."""

    at: dt.datetime
    by: str
    months: Sequence[statistics.Number]
    trained: Sequence[statistics.Trained]
    staff: Sequence[statistics.Staff]
    seats: Sequence[statistics.Seats]


def charts_of(actor: Actor) -> tuple[list[Chart], str]:
    """Charts of the region, or of the user's territories by school; and the moment of their figures."""
    if not actor.roles & (_REGION | {"territory"}):
        return [], ""
    found = _figures(actor) if "observer" in actor.roles else _kept_figures(actor)
    year, month, by = found.at.year, found.at.month, found.by
    by_month = charts.vouchers_by_month(found.months, year, until=month)
    trained, share = charts.trained(found.trained, year, by=by), charts.trained_share(found.staff, by=by)
    free = charts.seats(found.seats)
    note = f"Показатели на {format_datetime(found.at)}."
    if actor.roles & _REGION:
        return [by_month, trained, share, free], note
    return [by_month, free, charts.voucher_share(found.staff, by=by), share, trained], note


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
        by, trained, staff = "Территория", statistics.trained_by_territory, statistics.staff_by_territory
    else:
        by, trained, staff = "Организация", statistics.trained_by_organization, statistics.staff_by_organization
    months, seats = statistics.vouchers_by_month(at.year), statistics.seats_by_organizer()
    return Figures(at, by, months, trained(at.year), staff(), seats)


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
