"""«Требует решения»: the desk of the user who decides. The queue stands left, one case right; keys, buttons, or many at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import flash, redirect, render_template, request
from flask_appbuilder import BaseView, expose
from sqlalchemy import select

from app import addresses
from app import models as m
from app.access import current_actor, find_actor
from app.errors import Invalid, NotFound, PortalError
from app.extensions import db
from app.services.desk import cases, queue, queue_decisions, taken_cases
from app.services.desk.cases import Own
from app.services.desk.queue import Asked, Waiting
from app.services.desk.queue_decisions import ACTIONS, CONFIRM, REFUSE, Outcome, Pick
from app.services.desk.queue_sources import BY_CODE, SOURCES, sources_of
from app.services.desk.taken_cases import Taken
from app.services.mailing import notices
from app.services.portal import undo
from app.statuses import Edge
from app.text import cleaned
from app.text.sql import sort_key
from app.web.desk import desk_page
from app.web.desk.desk_page import Deciding, DeskPage, QueueRow
from app.web.frame import reasons
from app.web.frame.answers import answer_act, attempt
from app.web.frame.guards import guarded, signed_in
from app.web.frame.pages import Filter, Option, Tab
from app.web.frame.search import query_words
from app.web.frame.typed import row_id
from app.web.frame.undoing import tell_done

TITLE = "Требует решения"
SIZE = 50
MINE = "mine"
#: the tabs, each with the state of the deadline that it asks for
_TABS = (("", "Ждут"), ("overdue", "Просрочены"), ("today", "Сегодня"), (MINE, "Мои"))
_NAMES = ("kind", "territory", "state", "q", "after")


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
    @signed_in
    def index(self) -> Any:
        """The desk with the case of the address, else with the first; a user who sees a row but decides none has the case alone."""
        typed, opened = _typed(request.args), request.args.get("case", "")
        if not opened:
            current_actor().require("queue:list")
        return render_template("desk.html", page=_page(typed, opened))

    @expose("/take", methods=["POST"])
    @guarded("list")
    def take(self) -> Any:
        """Take the case, take it over from the user whom the page showed, or give it back to the queue."""
        typed, then = _typed(dict(parse_qsl(request.form.get("query", "")[:500]))), request.form.get("then", "")
        code, pk = _picks([request.form.get("one", "")])[0]
        if "back" in request.form:
            return answer_act(lambda: _given_back(code, pk), _href(typed, case=then))
        seen = row_id(request.form.get("seen", ""))
        return answer_act(lambda: _took(code, pk, seen), _href(typed, case=f"{code}-{pk}"))

    @expose("/decide", methods=["POST"])
    @guarded("list")
    def decide(self) -> Any:
        """Decide the case, or the chosen rows; what has no way back is asked about first. Then the next case, or the page again."""
        typed = _typed(dict(parse_qsl(request.form.get("query", "")[:500])))
        one, then = request.form.get("one", ""), request.form.get("then", "")
        action = request.form.get("action", CONFIRM)
        rows = [one] if one else request.form.getlist("rowid")
        picks = _picks(rows)
        finals = [] if request.form.get("sure") else _finals(action, picks)
        if finals:
            asked = desk_page.question(finals, rows, one, then)
            return render_template("desk.html", page=replace(_page(typed, one), question=asked))
        reason, typical_id = reasons.posted()
        batch = undo.new_batch()

        def decide() -> list[Outcome]:
            return queue_decisions.decide(action, picks, reason=reason, typical_id=typical_id, batch=batch)

        if one:
            return _answer_one(attempt(decide), batch, typed, one, then)
        done = decide()
        failed = [outcome for outcome in done if outcome.sentence]
        if len(done) > len(failed):
            tell_done(batch, _done_words(done))
        if not failed:
            return redirect(_href(typed))
        return render_template("desk.html", page=replace(_page(typed, ""), failed=failed))


def _answer_one(done: list[Outcome] | PortalError, batch: str, typed: dict[str, str], one: str, then: str) -> Any:
    """A decided case gives way to the next one; a refused one stays, with the reason."""
    sentence = done.message if isinstance(done, PortalError) else done[0].sentence
    if isinstance(done, PortalError) or sentence:
        flash(sentence, "danger")
        return redirect(_href(typed, case=one))
    tell_done(batch, _done_words(done))
    return redirect(_href(typed, case=then))


def _took(code: str, pk: int, seen: int | None) -> None:
    taken_cases.take(code, pk, over=seen)
    flash("Дело у вас: оно на вкладке «Мои», другие операторы видят, что оно занято.", "success")


def _given_back(code: str, pk: int) -> None:
    taken_cases.give_back(code, pk)
    flash("Дело возвращено в очередь.", "success")


def _picks(typed: Sequence[str]) -> list[Pick]:
    picks = [pick for item in typed if (pick := _pick(item)) is not None]
    if len(picks) != len(typed):
        raise Invalid("Отмеченная строка записана не так, как её пишет портал. Обновите страницу и повторите.")
    return picks


def _pick(item: str) -> Pick | None:
    code, _, pk = item.rpartition("-")
    number = row_id(pk)
    return (code, number) if number is not None else None


def _finals(action: str, picks: Sequence[Pick]) -> list[tuple[Edge, int]]:
    """Decisions of these rows that cannot be undone, each kind with its number."""
    if action not in ACTIONS:
        return []
    numbers = Counter(code for code, _ in dict.fromkeys(picks) if code in BY_CODE)
    edges = {code: queue_decisions.edge_of_decision(action, BY_CODE[code]) for code in numbers}
    return [(edge, numbers[code]) for code, edge in edges.items() if edge is not None and edge.confirm]


def _done_words(done: Sequence[Outcome]) -> str:
    """«Одобрено: Журавлёв Д. О.», «Одобрено: 25, подтверждено: 2»."""
    decided = [outcome for outcome in done if outcome.done]
    if len(decided) == 1:
        return f"{decided[0].done}: {decided[0].who}."
    words = ", ".join(f"{word}: {n}" for word, n in Counter(outcome.done for outcome in decided).items())
    return f"{words}."


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


def _page(typed: dict[str, str], opened: str) -> DeskPage:
    alone = not current_actor().can("queue:list")
    asked, mine = _asked(typed), typed.get("state") == MINE
    found, more = ([], False) if alone or mine else queue.page(asked, size=SIZE)
    decided, taken = ([], []) if alone else (cases.own_today(), taken_cases.own())
    takers = taken_cases.takers_of([(row.source.code, row.pk) for row in found])
    others = {f"{code}-{pk}" for (code, pk), one in takers.items() if not one.is_own}
    rows = _own_rows(taken, decided, typed) if mine else _rows(found, typed, takers)
    names = [row.id for row in rows]
    free = next((name for name in names if name not in others), "")
    current = opened or free or (names[0] if names else "")
    place = names.index(current) if current in names else -1
    after = names[place + 1] if 0 <= place < len(names) - 1 else ""
    before = names[place - 1] if place > 0 else ""
    total = _number(_waiting(replace(asked, after=None, state="" if mine else asked.state)))
    return DeskPage(
        title=TITLE,
        number="" if alone or mine else total,
        tabs=[] if alone else _tabs(typed, asked, len(taken) + len(decided)),
        rows=None if alone else [replace(row, current=row.id == current) for row in rows],
        mine=mine,
        search=typed.get("q", ""),
        filters=[] if alone else _filters(typed),
        decide_url=addresses.at("queue", "decide"),
        take_url=addresses.at("queue", "take"),
        query=urlencode(typed),
        next_href=_href(typed, after=str(found[-1].key)) if more else "",
        first_href=_href(typed, after="") if asked.after else "",
        reset_href=_href({"state": typed["state"]} if "state" in typed else {})
        if set(typed) - {"after", "state"}
        else "",
        bulk=_bulk(found),
        case=_case(current, required=bool(opened)),
        opened=bool(opened),
        position=f"{place + 1} из {total}" if place >= 0 and not asked.after and not mine else "",
        back_href=_href(typed),
        before_href=_href(typed, case=before) if before else "",
        after_href=_href(typed, case=after) if after else "",
        then=_then(names, place, others),
        keep=[("state", typed["state"])] if "state" in typed else [],
    )


def _then(names: Sequence[str], place: int, others: Collection[str]) -> str:
    """The case that follows a decided one: the next that no other user has taken, else the nearest before it."""
    if place < 0:
        return ""
    return next((name for name in [*names[place + 1 :], *reversed(names[:place])] if name not in others), "")


def _case(name: str, *, required: bool) -> desk_page.CasePage | None:
    """The case of a name; of one that nobody asked for by its address, none when it has gone meanwhile."""
    pick = _pick(name)
    if pick is None and required:
        raise NotFound("Такой записи нет или она вам не видна.")
    return desk_page.case_page(cases.get_case(*pick)) if pick is not None else None


def _rows(
    found: Sequence[Waiting], typed: dict[str, str], takers: Mapping[tuple[str, int], Taken] | None = None
) -> list[QueueRow]:
    known, one_kind = takers or {}, "kind" in typed
    return [
        desk_page.queue_row(
            row,
            _href(typed, case=desk_page.row_id(row)),
            one_kind=one_kind,
            taken=known.get((row.source.code, row.pk)),
        )
        for row in found
    ]


def _own_rows(taken: Sequence[Waiting], decided: Sequence[Own], typed: dict[str, str]) -> list[QueueRow]:
    """What the acting user has taken, the most urgent first; then what was decided today, the newest first."""
    rows = _rows(taken, typed)
    for item in decided:
        name, at = desk_page.row_id(item.row), f"{item.at:%H:%M}"
        what = f"{item.row.source.title.lower()}, {item.word.lower()}"
        rows.append(QueueRow(name, _href(typed, case=name), item.row.who, what, f"решено в {at}", at, "grey"))
    return rows


def _tabs(typed: dict[str, str], asked: Asked, own: int) -> list[Tab]:
    """Ready choices with their numbers, which follow the filters beside them."""
    whole = replace(asked, state="", after=None)
    late, today = queue.due_counts(whole)
    numbers = {"": _waiting(whole), "overdue": late, "today": today, MINE: own}
    kept = {name: value for name, value in typed.items() if name not in ("state", "after")}
    state = typed.get("state", "")
    known = state if state in numbers else ""
    return [Tab(label, _href(kept, state=code), numbers[code], current=code == known) for code, label in _TABS]


def _bulk(found: Sequence[Waiting]) -> list[Deciding]:
    """Decisions that fit some of the shown rows, with the word that all of these rows have in common."""
    kinds = list(dict.fromkeys(row.source for row in found))
    reasons.options_of([source.code for source in kinds])
    decisions = []
    for action in ACTIONS:
        edges = {s.code: edge for s in kinds if (edge := queue_decisions.edge_of_decision(action, s)) is not None}
        if not edges:
            continue
        words = {edge.button.split()[0] if action == CONFIRM else edge.button for edge in edges.values()}
        label = (
            words.pop() if len(words) == 1 else {CONFIRM: "Подтвердить", REFUSE: "Отклонить"}.get(action) or words.pop()
        )
        listed = [
            (BY_CODE[code].title, reasons.options(code, edge.action)) for code, edge in edges.items() if edge.reason
        ]
        key, place = desk_page.KEYS[action]
        full = f"{label} выбранные" if action == CONFIRM else label
        decisions.append(
            Deciding(action, full, key, place, (), action == CONFIRM, [group for group in listed if group[1]])
        )
    return decisions


def _waiting(asked: Asked) -> int:
    """How many rows wait; the page and its menu ask the database once when they count the same."""
    counted: dict[Asked, int] = request.environ.setdefault("waiting", {})
    if asked not in counted:
        # the menu of every page asks for the unread notices, too: both by one statement
        numbers = queue.number_up_to(asked), notices.number(unread=True)
        counted[asked], unread = db.session.execute(select(*(n.scalar_subquery() for n in numbers))).one()
        request.environ.setdefault("unread", unread)
    return counted[asked]


def _number(found: int) -> str:
    most = queue.COUNTED
    return f"больше {most:,}".replace(",", "\u00a0") if found > most else str(found)


def _filters(typed: dict[str, str]) -> list[Filter]:
    known = set(sources_of(current_actor()))
    kinds = [Option(s.code, s.title, typed.get("kind") == s.code) for s in SOURCES if s in known]
    territory = m.Territory
    places = db.session.execute(select(territory.id, territory.short_name).order_by(sort_key(territory.short_name)))
    territories = [Option(str(pk), name, typed.get("territory") == str(pk)) for pk, name in places]
    return [
        Filter("kind", "Вид", "choice", kinds, typed.get("kind", "")),
        Filter("territory", "Территория", "choice", territories, typed.get("territory", "")),
    ]
