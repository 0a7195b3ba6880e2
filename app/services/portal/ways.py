"""The way of an application: what was done and when, whose turn it is and until when, what follows. One rule for pages and letters.

Done steps are the journal's, in the words of the edges (``statuses``); the side whose turn it is is one of those whose edges
leave the status. A term is the row's own, where the rules name one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import joinedload

from app import models as m
from app.access import unscoped
from app.clock import local, today
from app.conditions import is_past, state_of
from app.extensions import db
from app.rules.document import main_document
from app.russian import capitalized, format_date, format_datetime, no_later
from app.statuses import (
    TRANSITIONS,
    AccessRequestStatus,
    ApplicationStatus,
    ChangeStatus,
    EnrolmentStatus,
    LabelledEnum,
    RegistrationStatus,
    TransferStatus,
)

#: tones of the statuses in which a way ends without its goal
_AWAY = frozenset({"bad", "grey"})
#: of a way that went back and forth, so many of the latest steps are told
MOST_DONE = 5
WORKER, SCHOOL, ORGANIZER, OPERATOR, PORTAL = "worker", "school", "organizer", "operator", ""


class StepState(StrEnum):
    """Where a step stands; ``ENDED``: the step that ended the way before its goal."""

    DONE = "done"
    ENDED = "ended"
    NOW = "now"
    LATER = "later"


#: mark and word of a step, for those who see no colour
MARKS: Mapping[StepState, tuple[str, str]] = {
    StepState.DONE: ("✓", "сделано"),
    StepState.ENDED: ("✗", "закончено"),
    StepState.NOW: ("●", "сейчас"),
    StepState.LATER: ("○", "дальше"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """A step in words: what, and below it the day, the side or the term."""

    words: str
    detail: str = ""
    state: StepState = StepState.LATER

    @property
    def mark(self) -> str:
        """The sign before the step."""
        return MARKS[self.state][0]

    @property
    def said(self) -> str:
        """The sign in a word."""
        return MARKS[self.state][1]

    @property
    def line(self) -> str:
        """The step as a line of a letter."""
        return f"{self.words}, {self.detail}" if self.detail else self.words


@dataclass(frozen=True, slots=True)
class Way:
    """The steps, and the sentence «Сейчас: … ; дальше: …», which is empty once nobody has to act."""

    title: str
    steps: Sequence[Step]
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a side does in a status: in the third person, and to the person whose turn it is.

    ``who``: the side in words where its role does not say it; ``when`` stands instead of the row's term.
    """

    side: str
    does: str
    you: str = ""
    who: str = ""
    when: str | None = None


@dataclass(frozen=True, slots=True)
class Path:
    """The way of the rows of one table: whose turn it is in a status and what follows.

    ``begun``: what the making of the row is called; empty where the first edge says it.
    """

    title: str
    begun: str
    turn: Callable[[Any], Turn | None]
    follows: Callable[[Any], Sequence[Step]]
    #: names of the sides that are not the same for all rows
    names: Callable[[Any], Mapping[str, str]] = lambda _row: {}


# --- the paths -------------------------------------------------------------------------------------------------------

_A, _C, _T, _Q, _R, _E = (
    ApplicationStatus,
    ChangeStatus,
    TransferStatus,
    AccessRequestStatus,
    RegistrationStatus,
    EnrolmentStatus,
)
_MEND = Turn(WORKER, "исправляет заявку и подаёт её снова", "исправьте заявку и подайте её снова")

#: table → status → whose turn it is
TURNS: Mapping[str, Mapping[LabelledEnum, Turn]] = {
    "voucher_application": {
        _A.DRAFT: Turn(WORKER, "подаёт заявку", "подайте заявку"),
        _A.SUBMITTED: Turn(OPERATOR, "рассматривает заявку"),
        _A.RETURNED: _MEND,
    },
    "change_request": {_C.PROPOSED: Turn(SCHOOL, "сверяет исправление с документом")},
    "transfer": {
        _T.REQUESTED: Turn(SCHOOL, "согласует переход", who="прежняя организация"),
        _T.RELEASED: Turn(SCHOOL, "принимает работника", who="новая организация"),
        _T.ACCEPTED: Turn(OPERATOR, "подтверждает переход"),
    },
    "access_request": {_Q.SUBMITTED: Turn(OPERATOR, "рассматривает заявку")},
    "registration": {
        _R.EMAIL: Turn(WORKER, "подтверждает почту", "подтвердите почту по ссылке из письма", when=""),
        _R.PENDING: Turn(OPERATOR, "проверяет место работы"),
        _R.RETURNED: _MEND,
    },
    "enrolment": {
        _E.WAITING: Turn(PORTAL, "предложит место, когда оно освободится", who="портал"),
        _E.OFFERED: Turn(WORKER, "занимает предложенное место", "займите предложенное место"),
        _E.APPLIED: Turn(SCHOOL, "согласует запись"),
        _E.AGREED: Turn(ORGANIZER, "подтверждает запись"),
    },
}
_DECISION = {OPERATOR: "Решение оператора", ORGANIZER: "Подтверждение организатора"}
#: table → status → what follows, in words
_FOLLOWS: Mapping[str, Mapping[LabelledEnum, Sequence[str]]] = {
    "voucher_application": {
        _A.DRAFT: (_DECISION[OPERATOR], "Чек"),
        _A.RETURNED: (_DECISION[OPERATOR], "Чек"),
        _A.SUBMITTED: ("Чек и выбор курса",),
    },
    "change_request": {_C.PROPOSED: ("Новые сведения в карточке",)},
    "transfer": {
        _T.REQUESTED: ("Приём новой организацией", "Подтверждение оператора"),
        _T.RELEASED: ("Подтверждение оператора",),
        _T.ACCEPTED: ("Новое место работы в карточке",),
    },
    "access_request": {_Q.SUBMITTED: ("Доступ",)},
    "registration": {
        _R.EMAIL: ("Проверка оператором", "Личный кабинет"),
        _R.RETURNED: ("Проверка оператором", "Личный кабинет"),
        _R.PENDING: ("Личный кабинет: чек, курсы, документы",),
    },
    "enrolment": {
        _E.WAITING: ("Согласование организации", _DECISION[ORGANIZER]),
        _E.OFFERED: ("Согласование организации", _DECISION[ORGANIZER]),
        _E.APPLIED: (_DECISION[ORGANIZER],),
    },
}


def _turn(row: Any) -> Turn | None:
    return TURNS[row.__tablename__].get(state_of(row))


def _follows(row: Any) -> list[Step]:
    return [Step(words) for words in _FOLLOWS[row.__tablename__].get(state_of(row), ())]


def _of_enrolment(row: m.Enrolment) -> Turn | None:
    """Until the classes begin the sides decide; then the person learns, the organizer enters the outcome and issues the document."""
    status, group = state_of(row), row.group
    if status == _E.CONFIRMED and group.ends_on < today():
        return Turn(ORGANIZER, "вносит итоги", when="")
    if status == _E.CONFIRMED:
        return Turn(WORKER, "учится на курсе", "приходите на занятия", when=_days(group))
    if status == _E.TRAINED and main_document(row.certificates) is None:
        return Turn(ORGANIZER, "выдаёт документ", when="")
    turn = _turn(row)
    if turn is None or status == _E.OFFERED:
        return turn
    until = f"до начала занятий {format_date(group.starts_on)}" if group.starts_on > today() else ""
    return Turn(turn.side, turn.does, turn.you, turn.who, when=until)


def _days(group: m.TrainingGroup) -> str:
    return f"с {format_date(group.starts_on)} по {format_date(group.ends_on)}"


def _after_enrolment(row: m.Enrolment) -> list[Step]:
    status, group = state_of(row), row.group
    if status == _E.CONFIRMED:
        return [Step("Документ")]
    found = _follows(row)
    if _turn(row) is not None:
        found += [Step("Занятия", _days(group)), Step("Документ")]
    return found


def _sides_of_enrolment(row: m.Enrolment) -> dict[str, str]:
    place: m.Employment | None = row.employment
    return _known({SCHOOL: place.organization if place is not None else None, ORGANIZER: row.group.organizer})


def _sides_of_transfer(row: m.Transfer) -> dict[str, str]:
    return _known({SCHOOL: row.from_organization if row.status == _T.REQUESTED else row.organization})


def _known(sides: Mapping[str, m.Organization | None]) -> dict[str, str]:
    """Names of the sides; one that was loaded within the actor's scope and is hidden there keeps the name of its role."""
    return {side: row.short_name for side, row in sides.items() if row is not None}


PATHS: Mapping[type[m.Base], Path] = {
    m.VoucherApplication: Path("Ход заявки", "", _turn, _follows),
    m.Enrolment: Path("Ход записи", "Запись подана", _of_enrolment, _after_enrolment, _sides_of_enrolment),
    m.Transfer: Path("Ход перехода", "Переход начат", _turn, _follows, _sides_of_transfer),
    m.AccessRequest: Path("Ход заявки", "Заявка подана", _turn, _follows),
    m.Registration: Path("Ход регистрации", "Сведения отправлены", _turn, _follows),
    m.ChangeRequest: Path("Ход исправления", "Исправление отправлено", _turn, _follows),
}
#: the first step of a row of whose submission the journal knows nothing
_FIRST = "Подано"
_NAMES: Mapping[str, str] = {
    OPERATOR: "оператор",
    SCHOOL: "организация",
    ORGANIZER: "организатор",
    WORKER: "работник",
}
#: what is loaded for a way: the names of the sides, the group, the documents
LOADED: Mapping[type[m.Base], Sequence[Any]] = {
    m.Enrolment: (
        joinedload(m.Enrolment.group).options(
            joinedload(m.TrainingGroup.program), joinedload(m.TrainingGroup.organizer)
        ),
        joinedload(m.Enrolment.employment).joinedload(m.Employment.organization),
        joinedload(m.Enrolment.certificates),
    ),
}


# --- telling ---------------------------------------------------------------------------------------------------------


def has_way(row: Any) -> bool:
    """Whether rows of this table have a way."""
    return type(row) in PATHS


def way_of(row: Any, *, own: bool = False) -> Way:
    """Tell the way of a row that the caller may see; ``own``: to the person whom it is about."""
    return ways_of([row], own=own)[row.id]


def ways_of(rows: Sequence[Any], *, own: bool = False) -> dict[int, Way]:
    """Return id → way of rows of one table, by one statement of the journal whatever their number."""
    if not rows:
        return {}
    with unscoped("what was done to a row that the actor sees, and the names of those who decide on it"):
        _load(rows)
        done = _done(rows)
        return {row.id: _told(row, done[row.id], own=own) for row in rows}


def _load(rows: Sequence[Any]) -> None:
    """Read what the ways of many rows name by one statement."""
    model = type(rows[0])
    options = LOADED.get(model, ())
    if options and any(inspect(row).unloaded & {"group", "certificates", "employment"} for row in rows):
        statement = select(model).where(model.id.in_([row.id for row in rows])).options(*options)
        db.session.scalars(statement).unique().all()


def _done(rows: Sequence[Any]) -> dict[int, list[Step]]:
    """Id → the steps that the journal tells, the oldest first; what it does not tell begins with the row itself."""
    table, path = rows[0].__tablename__, PATHS[type(rows[0])]
    edges = {f"{table}.{edge.action}": edge for edge in TRANSITIONS[table]}
    begun = {f"{table}.created", f"{table}.transferred_in"} if path.begun else set()
    # a decision that was taken back has not been taken
    undone = {f"{table}.undo_{edge.action}" for edge in TRANSITIONS[table]}
    e = m.AuditEntry
    told = (e.object_table == table, e.object_id.in_([row.id for row in rows]), e.action.in_([*edges, *undone, *begun]))
    found: dict[int, list[Step]] = {row.id: [] for row in rows}
    for pk, action, at in db.session.execute(select(e.object_id, e.action, e.at).where(*told).order_by(e.id)):
        if action in undone:
            del found[pk][-1:]
            continue
        words = edges[action].done if action in edges else path.begun
        found[pk].append(Step(words, format_date(local(at).date()), StepState.DONE))
    return {row.id: found[row.id] or _without_journal(row) for row in rows}


def _without_journal(row: Any) -> list[Step]:
    """The steps that the row itself tells: that it was begun, and how it ended."""
    begun = getattr(row, "submitted_at", None) or row.created_at
    steps = [Step(PATHS[type(row)].begun or _FIRST, format_date(local(begun).date()), StepState.DONE)]
    if state_of(row) not in TURNS[row.__tablename__]:
        at = getattr(row, "decided_at", None) or getattr(row, "changed_at", None)
        day = getattr(row, "result_on", None) or (local(at).date() if at is not None else None)
        steps.append(Step(row.status.label, format_date(day) if day is not None else "", StepState.DONE))
    return steps


def _told(row: Any, done: Sequence[Step], *, own: bool) -> Way:
    path, turn = PATHS[type(row)], PATHS[type(row)].turn(row)
    steps = list(done[-MOST_DONE:])
    steps += _documents(row)
    if turn is None:
        if state_of(row).tone in _AWAY:
            steps[-1] = Step(steps[-1].words, steps[-1].detail, StepState.ENDED)
        return Way(path.title, steps)
    follows = list(path.follows(row))
    side, name = turn.who or _NAMES[turn.side], path.names(row).get(turn.side, "")
    is_own = own and turn.side == WORKER
    until = _until(row) if turn.when is None else turn.when
    words = turn.you if is_own else f"{side} {turn.does}"
    steps.append(Step(capitalized(words), ", ".join(filter(None, (name, until))), StepState.NOW))
    says = f"{name} {turn.does}" if name else words
    return Way(path.title, [*steps, *follows], _sentence(says, until, follows, is_own=is_own))


def _documents(row: Any) -> Iterable[Step]:
    """The document that ends the way of an enrolment."""
    issued = main_document(row.certificates) if isinstance(row, m.Enrolment) else None
    if issued is not None:
        yield Step(f"Выдан документ № {issued.number}", format_date(issued.issued_on), StepState.DONE)


def _until(row: Any) -> str:
    """The term of the row: a day, which is included, or an hour."""
    moment: dt.datetime | None = getattr(row, "offer_until", None)
    if moment is not None:
        return f"до {format_datetime(local(moment))}"
    day: dt.date | None = getattr(row, "due_on", None)
    if day is None:
        return ""
    return f"срок был {format_date(day)}" if is_past(day) else no_later(day)


def _sentence(says: str, until: str, follows: Sequence[Step], *, is_own: bool) -> str:
    words = f"Сейчас {'ваш ход' if is_own else ''}".rstrip() + f": {says}"
    if until:
        words += f", {until}"
    told = (f"{step.words} {step.detail}".strip() for step in follows)
    after = ", ".join(step[:1].lower() + step[1:] for step in told)
    return f"{words}; дальше: {after}." if after else f"{words}."
