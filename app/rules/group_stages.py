"""The way of a group from «Набор» to «ФИС ФРДО»: what of each stage is done, what it lacks, and the one step that is next. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

from app.russian import count, format_date
from app.statuses import GroupStatus

_G = GroupStatus


class Stage(Enum):
    """The stages of a group in their order, by their titles."""

    FILLING = "Набор"
    ENROLLING = "Зачисление"
    TRAINING = "Занятия"
    RESULTS = "Итоги"
    PAPERS = "Документы"
    FRDO = "ФИС ФРДО"


class Act(Enum):
    """What may be the next step."""

    OPEN = auto()
    CONFIRM = auto()
    INVITE = auto()
    CLOSE = auto()
    ENROLMENT_ORDER = auto()
    SCHEDULE = auto()
    START = auto()
    MARK = auto()
    JOURNAL = auto()
    RESULTS = auto()
    EXPULSION_ORDER = auto()
    COMPLETE = auto()
    ISSUE = auto()
    REPLACE = auto()
    PRINT = auto()
    FORM_FRDO = auto()
    SEND_FRDO = auto()
    HAND = auto()
    WAIT = auto()
    NOTHING = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a group has come: numbers of people, meetings, marks and documents.

    ``begun_meetings`` and ``over``: meetings that have begun and ended; ``marks``: missing ones; ``undecided``: listeners without an outcome; ``due``: people who are to get a
    document of the finished course, ``issued`` those who have it; ``in_file`` and ``sent``: documents in a file for ФИС ФРДО, and in one
    that was sent; ``printed``: since the last of them was issued.
    """

    status: GroupStatus
    today: dt.date
    starts_on: dt.date
    ends_on: dt.date
    enrol_until: dt.date
    capacity: int
    minimum: int
    taken: int
    to_agree: int = 0
    to_confirm: int = 0
    listeners: int = 0
    without_order: int = 0
    meetings: int = 0
    begun_meetings: int = 0
    over: int = 0
    marks: int = 0
    undecided: int = 0
    to_expel: int = 0
    due: int = 0
    issued: int = 0
    outdated: int = 0
    unhanded: int = 0
    in_file: int = 0
    sent: int = 0
    printed: bool = False
    #: the newest file for ФИС ФРДО that waits to be sent; first and last day of issue of documents in no file
    batch_id: int | None = None
    issued_from: dt.date | None = None
    issued_until: dt.date | None = None

    @property
    def formed(self) -> bool:
        """Whether the list of the people is complete."""
        return self.status in (_G.CLOSED, _G.RUNNING, _G.COMPLETED)

    @property
    def begun(self) -> bool:
        """Whether the training has begun."""
        return self.status in (_G.RUNNING, _G.COMPLETED)


@dataclass(frozen=True, slots=True)
class StageView:
    """A stage: how much of it is done, what it lacks in words, and whether the next step belongs to it."""

    stage: Stage
    figure: str
    lacks: str
    is_done: bool
    is_now: bool = False


@dataclass(frozen=True, slots=True)
class NextStep:
    """The next step: what to do, with how many, in words, and what comes after it or why it waits."""

    act: Act
    stage: Stage | None
    words: str
    detail: str = ""
    number: int = 0


def stages_of(it: Progress) -> list[StageView]:
    """Return the six stages in their order."""
    now = next_step(it).stage
    return [_view(stage, it, is_now=stage == now) for stage in Stage]


def _view(stage: Stage, it: Progress, *, is_now: bool) -> StageView:
    done, total, lacks = _FIGURES[stage](it)
    is_done = not is_now and not lacks and _is_reached(stage, it) and done >= total
    nothing = "" if lacks else "пока никого" if stage in _OF_PEOPLE else "пока нечего"
    figure = f"{done} из {total}" if total else nothing
    return StageView(stage, figure, lacks, is_done, is_now)


_OF_PEOPLE = (Stage.FILLING, Stage.ENROLLING, Stage.RESULTS)


def _is_reached(stage: Stage, it: Progress) -> bool:
    if stage == Stage.FILLING:
        return it.formed
    if stage in (Stage.ENROLLING, Stage.RESULTS):
        return it.listeners > 0
    if stage == Stage.TRAINING:
        return it.begun
    return it.issued > 0


def _filling(it: Progress) -> tuple[int, int, str]:
    waiting = [
        f"{words}: {number}"
        for words, number in (("ждут школы", it.to_agree), ("ждут вас", it.to_confirm))
        if number and it.status != _G.CANCELLED
    ]
    # a closed list is complete, however many seats are left
    return it.taken, it.taken if it.formed else it.capacity, ", ".join(waiting)


def _enrolling(it: Progress) -> tuple[int, int, str]:
    return it.listeners - it.without_order, it.listeners, f"нет приказа: {it.without_order}" if it.without_order else ""


def _training(it: Progress) -> tuple[int, int, str]:
    if not it.meetings:
        return 0, 0, "нет расписания"
    return it.over, it.meetings, f"нет отметок: {it.marks}" if it.marks else ""


def _results(it: Progress) -> tuple[int, int, str]:
    parts = [f"нет приказа: {it.to_expel}"] if it.to_expel and not it.undecided else []
    return it.listeners - it.undecided, it.listeners, ", ".join(parts)


def _papers(it: Progress) -> tuple[int, int, str]:
    lacks = [
        f"{words}: {number}" for words, number in (("заменить", it.outdated), ("не вручено", it.unhanded)) if number
    ]
    return it.issued, it.due, ", ".join(lacks)


def _frdo(it: Progress) -> tuple[int, int, str]:
    return it.sent, max(it.due, it.issued), f"в файле: {it.in_file}" if it.in_file else ""


_FIGURES: dict[Stage, Callable[[Progress], tuple[int, int, str]]] = {
    Stage.FILLING: _filling,
    Stage.ENROLLING: _enrolling,
    Stage.TRAINING: _training,
    Stage.RESULTS: _results,
    Stage.PAPERS: _papers,
    Stage.FRDO: _frdo,
}


# --- the next step ---------------------------------------------------------------------------------------------------


def next_step(it: Progress) -> NextStep:
    """Return the one step that the work on a group asks for now: the first that nothing before it hinders."""
    if it.status == _G.CANCELLED:
        return NextStep(Act.NOTHING, None, "Группа отменена, делать с ней больше нечего.")
    return next((step for ways in _WAYS[it.status] for step in ways(it)), _ALL_DONE)


_ALL_DONE = NextStep(Act.NOTHING, None, "Все шаги пройдены.")


def _draft(_it: Progress) -> Iterator[NextStep]:
    yield NextStep(
        Act.OPEN, Stage.FILLING, "Откройте запись.", "Группа появится в каталоге, школы и работники смогут записаться."
    )


def _confirming(it: Progress) -> Iterator[NextStep]:
    if it.to_confirm:
        people = count(it.to_confirm, "запись", "записи", "записей")
        yield NextStep(
            Act.CONFIRM,
            Stage.FILLING,
            f"Подтвердите {people}.",
            "Их согласовали школы; люди узнают об этом из писем.",
            it.to_confirm,
        )


def _open(it: Progress) -> Iterator[NextStep]:
    until = f"Запись идёт по {format_date(it.enrol_until)}, портал закроет её сам."
    if it.taken < max(it.minimum, 1):
        lacks = count(max(it.minimum, 1) - it.taken, "человека", "человек", "человек")
        yield NextStep(Act.INVITE, Stage.FILLING, f"Наберите людей: не хватает {lacks}.", until)
    yield NextStep(
        Act.CLOSE, Stage.FILLING, "Закройте запись, когда группа набрана.", f"{until} После этого издают приказ."
    )


def _ordering(it: Progress) -> Iterator[NextStep]:
    if it.without_order:
        people = count(it.without_order, "слушателя", "слушателей", "слушателей")
        yield NextStep(
            Act.ENROLMENT_ORDER, Stage.ENROLLING, f"Издайте приказ о зачислении: {people}.", number=it.without_order
        )


def _scheduling(it: Progress) -> Iterator[NextStep]:
    # once an order is issued, a schedule is changed with a reason only
    if not it.meetings and it.without_order == it.listeners:
        yield NextStep(
            Act.SCHEDULE, Stage.TRAINING, "Составьте расписание.", "По нему отмечают посещаемость и предлагают итоги."
        )


def _beginning(it: Progress) -> Iterator[NextStep]:
    if it.today < it.starts_on:
        yield NextStep(
            Act.WAIT,
            Stage.TRAINING,
            f"Занятия начнутся {format_date(it.starts_on)}.",
            "В этот день портал начнёт обучение сам.",
        )
    yield NextStep(Act.START, Stage.TRAINING, "Начните обучение.", "Слушатели узнают об этом из писем.")


def _marking(it: Progress) -> Iterator[NextStep]:
    if it.marks:
        marks = count(it.marks, "отметку", "отметки", "отметок")
        yield NextStep(Act.MARK, Stage.TRAINING, f"Поставьте {marks} посещаемости.", number=it.marks)


def _judging(it: Progress) -> Iterator[NextStep]:
    if not it.undecided:
        return
    is_over = it.today >= it.ends_on or 0 < it.meetings == it.over
    if not is_over:
        yield NextStep(
            Act.JOURNAL,
            Stage.TRAINING,
            f"Занятия идут по {format_date(it.ends_on)}.",
            "Отмечайте посещаемость; итоги вносят в конце.",
        )
    people = count(it.undecided, "слушателю", "слушателям", "слушателям")
    yield NextStep(
        Act.RESULTS,
        Stage.RESULTS,
        f"Внесите итоги {people}.",
        "Можно в таблице ниже. После этого обучение завершают и выдают документы.",
        it.undecided,
    )


def _expelling(it: Progress) -> Iterator[NextStep]:
    if it.to_expel:
        people = count(it.to_expel, "слушателя", "слушателей", "слушателей")
        yield NextStep(
            Act.EXPULSION_ORDER, Stage.RESULTS, f"Издайте приказ об отчислении: {people}.", number=it.to_expel
        )


def _completing(it: Progress) -> Iterator[NextStep]:
    papers = count(it.due, "документ", "документа", "документов")
    detail = f"После этого можно выдать {papers}." if it.due else "Документы выдавать некому."
    yield NextStep(Act.COMPLETE, Stage.RESULTS, "Завершите обучение: итоги внесены у всех.", detail)


def _issuing(it: Progress) -> Iterator[NextStep]:
    if it.due > it.issued:
        left = it.due - it.issued
        papers = count(left, "документ", "документа", "документов")
        yield NextStep(Act.ISSUE, Stage.PAPERS, f"Выдайте {papers}.", "Сначала портал покажет, кто что получит.", left)
    if it.outdated:
        papers = count(it.outdated, "документ", "документа", "документов")
        yield NextStep(
            Act.REPLACE,
            Stage.PAPERS,
            f"Замените {papers}: в них напечатано то, что потом исправили.",
            "Какие — на вкладке «Документы».",
            it.outdated,
        )
    if it.issued and not it.printed:
        papers = count(it.issued, "документ", "документа", "документов")
        yield NextStep(
            Act.PRINT,
            Stage.PAPERS,
            f"Распечатайте {papers}.",
            "После этого сведения о них передают в ФИС ФРДО.",
            it.issued,
        )


def _reporting(it: Progress) -> Iterator[NextStep]:
    left = it.issued - it.in_file - it.sent
    if left > 0:
        papers = count(left, "документе", "документах", "документах")
        yield NextStep(
            Act.FORM_FRDO,
            Stage.FRDO,
            f"Передайте в ФИС ФРДО сведения о {papers}.",
            "Портал проверит их и сделает файл.",
            left,
        )
    if it.in_file:
        yield NextStep(
            Act.SEND_FRDO,
            Stage.FRDO,
            "Отправьте файл в ФИС ФРДО и отметьте это.",
            "Файл — на странице пакета.",
            it.in_file,
        )


def _handing(it: Progress) -> Iterator[NextStep]:
    if it.unhanded:
        papers = count(it.unhanded, "документа", "документов", "документов")
        yield NextStep(Act.HAND, Stage.PAPERS, f"Отметьте вручение {papers}.", number=it.unhanded)


_WAYS: dict[GroupStatus, tuple[Callable[[Progress], Iterator[NextStep]], ...]] = {
    _G.DRAFT: (_draft,),
    _G.OPEN: (_confirming, _open),
    _G.CLOSED: (_confirming, _scheduling, _ordering, _beginning),
    _G.RUNNING: (_confirming, _ordering, _marking, _judging, _expelling, _completing),
    _G.COMPLETED: (_ordering, _expelling, _issuing, _reporting, _handing),
}
