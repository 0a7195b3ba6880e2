"""A stored list (``ImportBatch``) as a whole: loaded within the actor's scope, its state, totals and sentences."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, cast

from sqlalchemy import select, update

from app import models as m
from app.access import get_visible, unscoped
from app.clock import now
from app.errors import Conflict, NotFound
from app.exchange.engine.error_kinds import Kind
from app.exchange.engine.list_plan import Action
from app.exchange.engine.list_sheet import Heading
from app.extensions import db
from app.russian import format_datetime
from app.statuses import ImportStatus
from app.unit_of_work import technical_write

#: actions in the order of the screen: word, tone
ACTIONS: Mapping[Action, tuple[str, str]] = {
    "create": ("создать", "ok"),
    "update": ("обновить", "go"),
    "unchanged": ("без изменений", "grey"),
    "error": ("ошибка", "bad"),
}
#: what is needed for undoing holds former personal data: kept no longer
UNDO_DAYS = 30
#: what a batch is waiting for, in its summary: to be read by a task, or to be told what its columns mean
State = Literal["", "waiting", "columns"]

_MISSING = "Такой загрузки нет или она вам не видна."


# --- may it be worked on ---------------------------------------------------------------------------------------------


def load(batch_id: int, *, kind: str, permission: str) -> m.ImportBatch:
    """Return a batch of the acting user (the operator sees all); raises NotFound, Forbidden.

    A batch of one kind does not exist for the pages of another.
    """
    batch = get_visible(db.session, m.ImportBatch, batch_id, permission)
    if batch.kind != kind:
        raise NotFound(_MISSING)
    return batch


def lock(batch: m.ImportBatch, insist: Callable[[m.ImportBatch], None]) -> m.ImportBatch:
    """Lock a loaded batch, so that a second click waits for the first, and ``insist`` on its state as it is then."""
    statement = select(m.ImportBatch).where(m.ImportBatch.id == batch.id).with_for_update()
    found: m.ImportBatch | None = db.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound(_MISSING)
    insist(found)
    return found


def insist_previewed(batch: m.ImportBatch) -> None:
    """Raise Conflict unless the batch waits for application."""
    if batch.status == ImportStatus.APPLIED:
        when = f" {format_datetime(batch.applied_at)}" if batch.applied_at else ""
        raise Conflict(f"Этот список уже применён{when}. Чтобы внести новые изменения, загрузите файл снова.")
    if batch.status != ImportStatus.PREVIEWED:
        raise Conflict("Загрузка этого списка отменена. Чтобы применить список, загрузите файл снова.")


def insist_ready(batch: m.ImportBatch) -> None:
    """Raise Conflict unless the batch can be applied."""
    insist_previewed(batch)
    if state_of(batch) == "waiting":
        raise Conflict("Файл ещё проверяется. Дождитесь проверки и примените список.")
    if state_of(batch) == "columns":
        raise Conflict("Не все обязательные столбцы распознаны. Укажите, что они значат, и примените список.")


def insist_applied(batch: m.ImportBatch) -> None:
    """Raise Conflict unless the batch is applied and what undoes it is still kept."""
    if batch.status == ImportStatus.UNDONE:
        when = f" {format_datetime(batch.undone_at)}" if batch.undone_at else ""
        raise Conflict(f"Эта загрузка уже отменена{when}.")
    if batch.status != ImportStatus.APPLIED:
        raise Conflict("Отменить можно только применённую загрузку.")
    if not batch.written:
        raise Conflict(
            "Сведения для отмены этой загрузки уже не хранятся. Исправьте карточки или загрузите верный список."
        )


# --- what its summary says -------------------------------------------------------------------------------------------


def state_of(batch: m.ImportBatch) -> State:
    """What the batch waits for; empty: nothing, its rows are there."""
    found: State = batch.summary.get("state", "")
    return found


def total_of(batch: m.ImportBatch) -> int:
    """How many rows the list has."""
    return sum(int(batch.summary.get(action, 0)) for action in ACTIONS)


def summary_of(batch: m.ImportBatch) -> list[tuple[str, int, str]]:
    """Return (word, number of rows, tone) of «создать», «обновить», «без изменений», «ошибка»."""
    return [(word, int(batch.summary.get(action, 0)), tone) for action, (word, tone) in ACTIONS.items()]


def summary_words(batch: m.ImportBatch) -> dict[str, tuple[str, str]]:
    """The totals as changes for the journal."""
    return {word.capitalize(): ("", str(number)) for word, number, _ in summary_of(batch)}


def kinds_of(batch: m.ImportBatch) -> list[Kind]:
    """Return the kinds of errors, then those of warnings, the most frequent first."""
    return [Kind(*kind) for kind in batch.summary.get("kinds", ())]


def notices_of(batch: m.ImportBatch) -> list[str]:
    """Return sentences about the file as a whole: what was not read."""
    return list(batch.summary.get("notices", ()))


def headings_of(batch: m.ImportBatch) -> list[Heading]:
    """The columns of the list as they were understood, where the user may say what they mean."""
    return [
        Heading(letter, title, field, tuple(samples))
        for letter, title, field, samples in batch.summary.get("headings", ())
    ]


def plain_headings(headings: Sequence[Heading]) -> list[list[Any]]:
    """The same for JSONB."""
    return [[heading.letter, heading.title, heading.field, list(heading.samples)] for heading in headings]


# --- what is kept for a term ----------------------------------------------------------------------------------------


@technical_write
def forget_old() -> int:
    """Drop what would undo lists applied long ago; return how many."""
    batch = m.ImportBatch
    with unscoped("former values are kept for a term"):
        old = batch.applied_at < now() - dt.timedelta(days=UNDO_DAYS)
        statement = update(batch).where(batch.status == ImportStatus.APPLIED, old, batch.written != {})
        done = db.session.execute(statement.values(written={}).execution_options(synchronize_session=False))
    return cast(Any, done).rowcount or 0
