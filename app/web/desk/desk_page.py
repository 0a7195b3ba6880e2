"""What the desk of decisions shows, as plain values: the queue with its tabs, one case, the question before what has no way back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app import addresses
from app.acts import action_label, changes_in_words
from app.clock import local
from app.documents.office import scan_picture
from app.russian import count, format_date, format_datetime
from app.services.desk.cases import Case
from app.services.desk.queue import Waiting
from app.services.desk.queue_decisions import CONFIRM, GIVE_BACK, REFUSE, Outcome
from app.services.desk.taken_cases import Taken
from app.services.desk.verdict import Difference, Line
from app.statuses import Edge
from app.web.frame import reasons
from app.web.frame.pages import Cell, Filter, Option, Tab

#: digits choose one of so many typical reasons
DIGITS = 9
_IMAGES = ("image/jpeg", "image/png")


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A row as it is drawn: ``id`` names it in the forms; ``left`` is read aloud, ``short`` is seen; ``tone`` of the deadline."""

    id: str
    href: str
    who: str
    what: str
    left: str
    short: str
    tone: str
    current: bool = False
    #: who has taken the case: «у вас», «занято» with the name
    by: str = ""
    by_whom: str = ""


@dataclass(frozen=True, slots=True)
class Taking:
    """The case taken, given back or taken over: what its one button does, and who has it. ``seen``: the taker that is shown."""

    words: str
    label: str
    give_back: bool = False
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Deciding:
    """A decision that the user may take on the case: its button, its key, and for a refusal the reasons with their digits."""

    action: str
    label: str
    key: str
    code: str
    reasons: Sequence[Option] = ()
    main: bool = False
    #: typical reasons by kind, for a decision on many rows
    groups: Sequence[tuple[str, Sequence[Option]]] = ()


@dataclass(frozen=True, slots=True)
class Scan:
    """A file beside the verdict: a picture and the first pages of a PDF are seen at once, anything else is opened."""

    name: str
    href: str
    size: str
    #: address of a picture of it: the file itself, or the first pages of a PDF
    picture: str


@dataclass(frozen=True, slots=True)
class CasePage:
    """One case: what it is, what speaks for and against, what may be decided."""

    id: str
    kind: str
    who: str
    href: str
    what: Sequence[str]
    state: Cell
    headline: str
    tone: str
    lines: Sequence[Line]
    differences: Sequence[Difference]
    scans: Sequence[Scan]
    events: Sequence[Cell]
    decisions: Sequence[Deciding]
    decided: str
    taking: Taking | None


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked before decisions that cannot be undone: how many, and what follows."""

    title: str
    lines: Sequence[str]
    rows: Sequence[str]
    label: str
    one: str
    then: str


@dataclass(frozen=True, slots=True)
class DeskPage:
    """The desk; ``rows`` is None for a user who sees the case alone."""

    title: str
    number: str
    tabs: Sequence[Tab]
    rows: Sequence[QueueRow] | None
    mine: bool
    search: str
    filters: Sequence[Filter]
    decide_url: str
    take_url: str
    query: str
    next_href: str
    first_href: str
    reset_href: str
    bulk: Sequence[Deciding]
    case: CasePage | None
    opened: bool
    position: str
    back_href: str
    before_href: str
    after_href: str
    then: str
    question: Question | None = None
    failed: Sequence[Outcome] = ()
    crumbs: Sequence[Any] = ()
    search_hint: str = "Фамилия, имя, СНИЛС или программа"
    keep: Sequence[tuple[str, str]] = ()


# --- the queue -------------------------------------------------------------------------------------------------------


def row_id(row: Waiting) -> str:
    """Name of a row in forms and addresses."""
    return f"{row.source.code}-{row.pk}"


def left_words(row: Waiting) -> str:
    """The time left in words, so that the colour is never alone."""
    days = count(abs(row.left), "рабочий день", "рабочих дня", "рабочих дней")
    if row.state.code == "overdue":
        return f"просрочено: {days}" if row.left else "просрочено"
    return "сегодня последний день" if row.state.code == "today" else f"осталось: {days}"


def short_left(row: Waiting) -> str:
    """The same where there is no place: «−6 дн.», «сегодня», «3 дн.»."""
    if row.state.code == "today":
        return "сегодня"
    return f"{'−' if row.left < 0 else ''}{abs(row.left)}\u00a0дн." if row.left else row.state.label


def queue_row(row: Waiting, href: str, *, one_kind: bool, taken: Taken | None = None) -> QueueRow:
    """A row that waits; where all are of one kind, it is not said again."""
    what = row.what if one_kind and row.what else ", ".join(filter(None, (row.source.title.lower(), row.what)))
    by, by_whom = _by(taken)
    return QueueRow(
        row_id(row), href, row.who, what, left_words(row), short_left(row), row.state.tone, by=by, by_whom=by_whom
    )


def _by(taken: Taken | None) -> tuple[str, str]:
    if taken is None:
        return "", ""
    return ("у вас", "") if taken.is_own else ("занято", f"занято: {taken.who}")


# --- the case --------------------------------------------------------------------------------------------------------


def case_page(case: Case) -> CasePage:
    """One case as it is drawn."""
    row, broken, others = case.row, case.verdict.broken, case.taken is not None and not case.taken.is_own
    remarks = sum(line.ok is None for line in case.verdict.lines)
    held = sum(line.ok is True for line in case.verdict.lines)
    told = f"выполнено {count(held, 'условие', 'условия', 'условий')}"
    if remarks:
        told += f", {count(remarks, 'замечание', 'замечания', 'замечаний')}"
    headline = f"Препятствия: {broken}, {told}" if broken else f"Препятствий нет: {told}"
    waits = Cell(left_words(row), tone=row.state.tone)
    done = Cell(case.decided.word if case.decided else "Не ждёт решения", tone="grey")
    came = f"поступило {format_datetime(row.came)}"
    due = f"срок {format_date(row.due)}" if case.waits else ""
    return CasePage(
        id=row_id(row),
        kind=row.source.title,
        who=row.who,
        href=addresses.card(row.source.code, row.pk),
        what=[part for part in (row.what, row.place, came, due) if part],
        state=waits if case.waits else done,
        headline=headline,
        tone="bad" if broken else "wait" if remarks else "ok",
        lines=case.verdict.lines,
        differences=case.verdict.differences,
        scans=[_scan(file) for file in case.verdict.scans],
        events=[
            Cell(action_label(e.action), f"{format_datetime(local(e.at))} · {e.user_name}{_changes(e)}")
            for e in case.history
        ],
        decisions=[] if others else [_deciding(action, edge, row.source.code) for action, edge in case.edges.items()],
        decided=str(case.decided) if case.decided and not case.waits else "",
        taking=_taking(case.taken) if case.edges else None,
    )


def _taking(taken: Taken | None) -> Taking:
    """What the acting user may do with the case before it is decided."""
    if taken is None:
        return Taking("", "Взять себе")
    if taken.is_own:
        return Taking(
            f"Дело у вас с {format_datetime(taken.at)}: другие операторы видят это.", "Вернуть в очередь", True
        )
    words = f"Дело в работе у другого оператора: {taken}. Решить его можете и вы, если сначала заберёте себе."
    return Taking(words, "Забрать себе", seen=str(taken.user_id))


def _changes(entry: Any) -> str:
    told = changes_in_words(entry.action, entry.changes)
    return f" · {told}" if told else ""


def _scan(file: Any) -> Scan:
    size, href = f"{max(file.size // 1024, 1)}\u00a0КБ", addresses.at("access", "file", file.id)
    drawn = file.content_type == "application/pdf" and scan_picture.is_possible()
    picture = addresses.at("access", "pages", file.id) if drawn else href if file.content_type in _IMAGES else ""
    return Scan(file.name, href, size, picture)


#: action → the key as people read it, and its place on any keyboard
KEYS = {CONFIRM: ("П", "KeyG"), GIVE_BACK: ("В", "KeyD"), REFUSE: ("О", "KeyJ")}


def _deciding(action: str, edge: Edge, table: str) -> Deciding:
    key, code = KEYS[action]
    listed = reasons.options(table, edge.action)[:DIGITS] if edge.reason else ()
    return Deciding(action, edge.button, key, code, listed, main=action == CONFIRM)


# --- the question ----------------------------------------------------------------------------------------------------


def question(finals: Sequence[tuple[Edge, int]], rows: Sequence[str], one: str, then: str) -> Question:
    """What is asked before decisions without a way back: each kind with its number and what follows from it."""
    number = sum(n for _, n in finals)
    title = f"Эти решения отменить нельзя: {number}" if number > 1 else "Это решение отменить нельзя"
    lines = [f"{edge.button}: {n}. {edge.confirm}" for edge, n in finals]
    labels = {edge.button for edge, _ in finals}
    label = f"{labels.pop() if len(labels) == 1 and len(rows) == number else 'Решить'}: {len(rows)}"
    return Question(title, lines, rows, label, one, then)
