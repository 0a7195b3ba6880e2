"""Import of a staff list: upload → preview that writes nothing to the cards → application as one transaction → undo.

The application reads the kept rows, matches them against the database anew, because people may have changed meanwhile, and
stores the plan of that moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, text

from app import models as m
from app.access import current_actor, unscoped
from app.audit import record
from app.clock import now, today
from app.errors import Conflict
from app.exchange.staff_batch import (
    ACTIONS,
    PERMISSION,
    Kind,
    PreviewRow,
    Tally,
    as_json,
    describe,
    kinds_of,
    load,
    lock_applied,
    lock_previewed,
    lock_ready,
    notices_of,
    page_of,
    read_rows,
    rows_of,
    source_from,
    state_of,
    summary_of,
    summary_words,
    total_of,
    write_rows,
)
from app.exchange.staff_check import CHECKED_AT_ONCE, explain_columns, headings_of, preview, upload
from app.exchange.staff_known import find_reach, load_reference, load_register
from app.exchange.staff_plan import RowPlan, plan_rows
from app.exchange.staff_undo import UndoneCounts, take_back
from app.exchange.staff_write import Written, store
from app.extensions import db
from app.russian import count
from app.services.tasks import background
from app.statuses import ImportStatus
from app.unit_of_work import use_case

__all__ = [
    "ACTIONS", "AT_ONCE", "CHECKED_AT_ONCE", "IMPORT", "PERMISSION", "UNDO", "AppliedCounts", "Kind", "PreviewRow",
    "UndoneCounts", "apply", "cancel", "describe", "explain_columns", "headings_of", "kinds_of", "load", "notices_of",
    "order", "order_undo", "page_of", "preview", "rows_of", "state_of", "summary_of", "total_of", "undo",
    "upload",
]  # fmt: skip

#: lists are applied one after the other: two of them may hold the same new person without a СНИЛС
_APPLY_LOCK = 373_0207
_NAMED_ROWS = 3
#: rows written before the progress is told; a person's first row comes before those that name the person again
_PORTION = 200
#: rows that are applied while the user waits
AT_ONCE = 300
#: kinds of the tasks that apply and undo more
IMPORT, UNDO = "import", "import_undo"

Told = Callable[[int], None]


def _silent(_rows: int) -> None:
    return None


@dataclass(frozen=True, slots=True)
class AppliedCounts:
    """How many rows of the file did what; ``skipped`` are those with errors."""

    created: int
    updated: int
    unchanged: int
    skipped: int

    def __str__(self) -> str:
        return (
            f"создано — {self.created}, обновлено — {self.updated}, "
            f"без изменений — {self.unchanged}, пропущено с ошибками — {self.skipped}"
        )


# --- application -----------------------------------------------------------------------------------------------------


@use_case
def apply(batch_id: int, *, skip_errors: bool, told: Told = _silent) -> AppliedCounts:
    """Write a previewed list to the cards; all of it or nothing. ``told`` hears how many rows are written.

    Raises NotFound, Forbidden; Conflict when it is already applied, when nothing can be written, and when rows have errors
    and ``skip_errors`` is not set. The batch then holds what was done, without the personal data of the file.
    """
    current_actor().require(PERMISSION)
    batch = lock_ready(batch_id)
    db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _APPLY_LOCK})
    written, tally, refused = Written(), Tally(), Refused(skip_errors=skip_errors)
    begun = _last_entry()
    write_rows(batch, _stored(_plan_now(batch), written, tally=tally, refused=refused, told=told))
    refused.end()
    counts = tally.counts()
    batch.summary = {**batch.summary, **counts, "kinds": tally.kinds()}
    batch.status, batch.applied_at = ImportStatus.APPLIED, now()
    record("import_batch.imported", batch, summary_words(batch))
    db.session.flush()
    batch.written = {**written.as_json(), "entries": [begun, _last_entry()]}
    db.session.flush()
    return AppliedCounts(counts["create"], counts["update"], counts["unchanged"], counts["error"])


def _stored(
    plans: Iterator[RowPlan], written: Written, *, tally: Tally, refused: Refused, told: Told
) -> Iterator[Mapping[str, Any]]:
    """Store the plans in portions and pass on what is kept of them."""
    number = 0
    while portion := [plan for _, plan in zip(range(_PORTION), plans, strict=False)]:
        for plan in portion:
            tally.add(plan)
            refused.add(plan.source.number, plan.problems)
        store(portion, written)
        yield from [as_json(plan, with_values=False) for plan in portion]
        for plan in portion:
            plan.writes.clear()
        number += len(portion)
        told(number)


def _plan_now(batch: m.ImportBatch) -> Iterator[RowPlan]:
    rows = [source_from(row) for row in read_rows(batch, without=("changes",))]
    day, reach = today(), find_reach()
    reference = load_reference(reach, today=day)
    register = load_register([row.values for row in rows if row.values], lock=True)
    return plan_rows(rows, register, reference=reference, reach=reach, today=day)


def _last_entry() -> int:
    with unscoped("the journal's place between what was before a list and after it"):
        return db.session.scalar(select(func.coalesce(func.max(m.AuditEntry.id), 0))) or 0


@use_case
def order(batch_id: int, *, skip_errors: bool) -> int:
    """Order the application of a long list as the user's task and return its id.

    Raises what ``apply`` raises, by the preview; the application looks at the list anew.
    """
    current_actor().require(PERMISSION)
    batch = lock_ready(batch_id)
    refused, total = Refused(skip_errors=skip_errors), 0
    for row in read_rows(batch, without=("values", "source", "changes")):
        refused.add(row["number"], row["problems"])
        total += 1
    refused.end()
    given = {"batch": batch.id, "skip_errors": skip_errors}
    return background.submit(
        IMPORT, f"Применение загрузки: {batch.file_name}", given, total=total, permission=PERMISSION
    )


def _apply_ordered(work: background.Work) -> background.Outcome:
    counts = apply(work.parameters["batch"], skip_errors=work.parameters["skip_errors"], told=work.tell)
    return background.Outcome(f"Список применён: {counts}.")


background.KINDS[IMPORT] = background.Kind(_apply_ordered, changes_data=True)


@use_case
def cancel(batch_id: int) -> None:
    """Give up a previewed list: it can no longer be applied. Raises NotFound, Forbidden, Conflict."""
    current_actor().require(PERMISSION)
    batch = lock_previewed(batch_id)
    write_rows(batch, ())
    batch.status = ImportStatus.CANCELLED
    record("import_batch.cancel", batch)
    db.session.flush()


class Refused:
    """Hears the problems of all rows and says at the end whether the list may be applied."""

    def __init__(self, *, skip_errors: bool) -> None:
        self._skip = skip_errors
        self._named: list[str] = []
        self._wrong = self._all = 0

    def add(self, row: int, problems: Sequence[str]) -> None:
        """Hear of a row."""
        self._all += 1
        if problems:
            self._wrong += 1
            if len(self._named) < _NAMED_ROWS:
                self._named.append(f"строка {row} — {problems[0]}")

    def end(self) -> None:
        """Raise Conflict when nothing, or not everything, can be applied."""
        if self._wrong and self._wrong == self._all:
            raise Conflict(
                "В списке нет ни одной верной строки, применять нечего. Исправьте файл и загрузите его снова."
            )
        if not self._wrong or self._skip:
            return
        rest = self._wrong - len(self._named)
        more = f"; и ещё {count(rest, 'строка', 'строки', 'строк')}" if rest > 0 else ""
        raise Conflict(
            f"В списке есть ошибки: {'; '.join(self._named)}{more}. Исправьте файл и загрузите его снова или отметьте, "
            "что строки с ошибками нужно пропустить."
        )


# --- undo ------------------------------------------------------------------------------------------------------------


@use_case
def undo(batch_id: int, *, told: Told = _silent) -> UndoneCounts:
    """Take an applied list back while nothing of it has changed since; all of it or nothing.

    Raises NotFound, Forbidden; Conflict with the first rows that changed since, or when the list is not applied.
    """
    current_actor().require(PERMISSION)
    batch = lock_applied(batch_id)
    db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _APPLY_LOCK})
    counts = take_back(batch, told=told)
    batch.status, batch.undone_at, batch.written = ImportStatus.UNDONE, now(), {}
    record("import_batch.undone", batch, {"Итог": ("", str(counts))})
    db.session.flush()
    return counts


@use_case
def order_undo(batch_id: int) -> int:
    """Order the undoing of a long list as the user's task and return its id; raises what ``undo`` raises at once."""
    current_actor().require(PERMISSION)
    batch = lock_applied(batch_id)
    title = f"Отмена загрузки: {batch.file_name}"
    return background.submit(UNDO, title, {"batch": batch.id}, total=max(total_of(batch), 1), permission=PERMISSION)


def _undo_ordered(work: background.Work) -> background.Outcome:
    return background.Outcome(f"Загрузка отменена: {undo(work.parameters['batch'], told=work.tell)}.")


background.KINDS[UNDO] = background.Kind(_undo_ordered, changes_data=True)
