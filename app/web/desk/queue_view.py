"""«Требует решения»: the page of the queue; the user decides its rows one by one, by two keys, or many at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import jsonify, redirect, render_template, request
from flask_appbuilder import BaseView, expose
from sqlalchemy import select

from app import addresses
from app import models as m
from app.access import current_actor, find_actor
from app.errors import Invalid
from app.extensions import db
from app.russian import count, format_date, format_datetime
from app.services.desk import queue, queue_decisions
from app.services.desk.queue import Asked, Waiting
from app.services.desk.queue_decisions import CONFIRM, Outcome, Pick
from app.services.desk.queue_sources import SOURCES, sources_of
from app.services.portal import refusal_reasons, undo
from app.text import cleaned
from app.text.sql import sort_key
from app.web.frame import reasons
from app.web.frame.guards import guarded
from app.web.frame.pages import Cell, Filter, Option
from app.web.frame.search import query_words
from app.web.frame.typed import row_id
from app.web.frame.undoing import tell_done

TITLE = "Требует решения"
SIZE = 50
_NAMES = ("kind", "territory", "state", "q", "after")


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A row as it is drawn: ``id`` names it in the forms; ``confirms``: it may be confirmed from here."""

    id: str
    href: str
    who: str
    what: str
    kind: str
    place: str
    came: str
    due: str
    state: Cell
    confirms: bool


@dataclass(frozen=True, slots=True)
class ReasonGroup:
    """Typical reasons for one kind of rows."""

    title: str
    options: Sequence[Option]


@dataclass(frozen=True, slots=True)
class QueuePage:
    """The queue with its filters; ``failed``: what was not decided just now, by name, each with the address of its row."""

    title: str
    number: str
    rows: Sequence[QueueRow]
    search: str
    filters: Sequence[Filter]
    decide_url: str
    query: str
    next_href: str
    first_href: str
    reset_href: str
    returns: bool
    refuses: bool
    reasons: Sequence[ReasonGroup] = ()
    failed: Sequence[Outcome] = ()
    crumbs: Sequence[Any] = ()
    search_hint: str = "Фамилия, имя, СНИЛС или программа"
    keep: Sequence[tuple[str, str]] = ()


def decides() -> bool:
    """Whether the user has a queue (for the menu)."""
    actor = find_actor()
    return actor is not None and actor.can("queue:list")


class QueueView(BaseView):
    """Rows of every kind that the actor decides."""

    route_base = "/queue"
    default_view = "index"
    class_permission_name = "queue"
    #: more than this are not counted
    most = queue.COUNTED

    def count(self) -> int:
        """How many rows wait for the user, for the menu of every page: one statement, whose cost has a bound."""
        return _waiting(Asked())

    @expose("/")
    @guarded("list")
    def index(self) -> Any:
        """A page of the queue."""
        return render_template("queue.html", page=_page(_typed(request.args)))

    @expose("/decide", methods=["POST"])
    @guarded("list")
    def decide(self) -> Any:
        """Decide the chosen rows; scripts are answered with what became of each, people with the page again."""
        typed = _typed(dict(parse_qsl(request.form.get("query", "")[:500])))
        one = request.form.get("one", "")
        action = CONFIRM if one else request.form.get("action", CONFIRM)
        picks = _picks([one] if one else request.form.getlist("rowid"))
        reason, typical_id = reasons.posted()
        batch = undo.new_batch()
        done = queue_decisions.decide(action, picks, reason=reason, typical_id=typical_id, batch=batch)
        if request.accept_mimetypes.best == "application/json":
            return jsonify(rows=[_told(outcome) for outcome in done])
        failed = [outcome for outcome in done if outcome.sentence]
        if len(done) > len(failed):
            tell_done(batch, _done_words(done))
        if not failed:
            return redirect(_href(typed))
        return render_template("queue.html", page=_page(typed, failed))


def _picks(typed: Sequence[str]) -> list[Pick]:
    picks = []
    for item in typed:
        code, _, pk = item.rpartition("-")
        number = row_id(pk)
        if number is None:
            raise Invalid("Отмеченная строка записана не так, как её пишет портал. Обновите страницу и повторите.")
        picks.append((code, number))
    return picks


def _done_words(done: Sequence[Outcome]) -> str:
    """«Одобрено: Журавлёв Д. О.», «Одобрено: 25, подтверждено: 2»."""
    decided = [outcome for outcome in done if outcome.done]
    if len(decided) == 1:
        return f"{decided[0].done}: {decided[0].who}."
    return f"{', '.join(f'{word}: {n}' for word, n in Counter(o.done for o in decided).items())}."


def _told(outcome: Outcome) -> dict[str, Any]:
    return {
        "id": f"{outcome.source.code}-{outcome.pk}",
        "who": outcome.who,
        "done": outcome.done,
        "sentence": outcome.sentence,
    }


# --- what is asked ---------------------------------------------------------------------------------------------------


def _typed(arguments: Any) -> dict[str, str]:
    found = {name: cleaned(str(arguments.get(name, "")))[:100] for name in _NAMES}
    return {name: value for name, value in found.items() if value}


def _asked(typed: dict[str, str]) -> Asked:
    return Asked(
        kind=typed.get("kind", ""),
        territory=row_id(typed.get("territory", "")),
        state=typed.get("state", ""),
        words=query_words(typed["q"]) if "q" in typed else None,
        after=queue.read_key(typed.get("after", "")),
    )


def _href(typed: dict[str, str], **over: str) -> str:
    pairs = {name: value for name, value in {**typed, **over}.items() if value}
    return addresses.QUEUE + (f"?{urlencode(pairs)}" if pairs else "")


# --- what is shown ---------------------------------------------------------------------------------------------------


def _page(typed: dict[str, str], failed: Sequence[Outcome] = ()) -> QueuePage:
    asked = _asked(typed)
    rows, more = queue.page(asked, size=SIZE)
    return QueuePage(
        title=TITLE,
        number=_number(_waiting(replace(asked, after=None))),
        rows=[_row(row) for row in rows],
        search=typed.get("q", ""),
        filters=_filters(typed),
        decide_url=addresses.at("queue", "decide"),
        query=urlencode(typed),
        next_href=_href(typed, after=str(rows[-1].key)) if more else "",
        first_href=_href(typed, after="") if asked.after else "",
        reset_href=addresses.QUEUE if set(typed) - {"after"} else "",
        returns=any(row.source.give_back for row in rows),
        refuses=any(row.source.refuse for row in rows),
        reasons=_reasons(rows),
        failed=failed,
    )


def _reasons(rows: Sequence[Waiting]) -> list[ReasonGroup]:
    """Typical reasons for the kinds that are on the page; one statement whatever it shows."""
    found = refusal_reasons.listed([source.code for source in sources_of(current_actor())])
    kinds = {row.source.code: row.source.title for row in rows if row.source.give_back or row.source.refuse}
    return [
        ReasonGroup(kinds[table], [Option(str(item.id), item.text) for item in items])
        for table, items in groupby(found, lambda item: item.table)
        if table in kinds
    ]


def _waiting(asked: Asked) -> int:
    """How many rows wait; the page and its menu ask the database once when they count the same."""
    counted: dict[Asked, int] = request.environ.setdefault("waiting", {})
    if asked not in counted:
        counted[asked] = queue.count_up_to(asked)
    return counted[asked]


def _number(found: int) -> str:
    most = queue.COUNTED
    return f"больше {most:,}".replace(",", "\u00a0") if found > most else str(found)


def _row(row: Waiting) -> QueueRow:
    return QueueRow(
        id=f"{row.source.code}-{row.pk}",
        href=row.href,
        who=row.who,
        what=row.what,
        kind=row.source.title,
        place=row.place,
        came=format_datetime(row.came),
        due=format_date(row.due),
        state=Cell(_left(row), tone=row.state.tone),
        confirms=row.source.confirm is not None,
    )


def _left(row: Waiting) -> str:
    """The time left in words, so that the colour is never alone."""
    days = count(abs(row.left), "рабочий день", "рабочих дня", "рабочих дней")
    if row.state.code == "overdue":
        return f"просрочено: {days}" if row.left else "просрочено"
    return "сегодня последний день" if row.state.code == "today" else f"осталось: {days}"


def _filters(typed: dict[str, str]) -> list[Filter]:
    known = set(sources_of(current_actor()))
    kinds = [Option(s.code, s.title, typed.get("kind") == s.code) for s in SOURCES if s in known]
    states = [Option(s.code, s.label, typed.get("state") == s.code) for s in queue.states()]
    territory = m.Territory
    places = db.session.execute(select(territory.id, territory.short_name).order_by(sort_key(territory.short_name)))
    territories = [Option(str(pk), name, typed.get("territory") == str(pk)) for pk, name in places]
    return [
        Filter("kind", "Вид", "choice", kinds, typed.get("kind", "")),
        Filter("state", "Срок", "choice", states, typed.get("state", "")),
        Filter("territory", "Территория", "choice", territories, typed.get("territory", "")),
    ]
