"""Import of a staff list: upload → preview that writes nothing to the cards → application as one transaction.

The preview is kept as an ``ImportBatch``: what was read and what would change. The application reads the kept rows, matches
them against the database anew, because people may have changed meanwhile, and stores the plan of that moment.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select, text

from app import models as m
from app.access import current_actor, get_visible
from app.audit import record
from app.clock import now, today
from app.errors import Conflict, Invalid, NotFound
from app.exchange.columns import CellError
from app.exchange.reader import FileRejected, Sheet, read_workbook
from app.exchange.staff_known import find_reach, load_reference, load_register
from app.exchange.staff_list import StaffList, parse_staff_list
from app.exchange.staff_plan import Action, RowPlan, SourceRow, plan_rows
from app.exchange.staff_row import StaffRow, StaffValues
from app.exchange.staff_write import store
from app.extensions import db
from app.russian import count, format_datetime
from app.services import background
from app.statuses import ImportStatus
from app.unit_of_work import use_case

PERMISSION = "employee:import"
#: actions in the order of the screen: word, tone
ACTIONS: Mapping[Action, tuple[str, str]] = {
    "create": ("создать", "ok"),
    "update": ("обновить", "go"),
    "unchanged": ("без изменений", "grey"),
    "error": ("ошибка", "bad"),
}
#: lists are applied one after the other: two of them may hold the same new person without a СНИЛС
_APPLY_LOCK = 373_0207
_DATES = ("birth_date", "teaching_since", "position_since")
_NAMED_ROWS = 3
#: rows written before the progress is told; a person's first row comes before those that name the person again
_PORTION = 200
#: rows that are applied while the user waits
AT_ONCE = 300
#: kind of the task that applies more
IMPORT = "import"


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A row of the file as the preview shows it; all texts are Russian sentences without a full stop."""

    number: int
    label: str
    action: Action
    changes: list[str]
    problems: list[str]
    warnings: list[str]


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


# --- preview ---------------------------------------------------------------------------------------------------------


def preview(file_name: str, data: bytes) -> m.ImportBatch:
    """Read a file and keep what it would change; the cards stay as they are.

    Raises Forbidden without the right, Invalid with the sentence of a file that cannot be taken.
    """
    current_actor().require(PERMISSION)
    try:
        # Before the transaction: the reading child may take a minute, and nothing in the database waits for it.
        sheets = read_workbook(data)
        return _keep(file_name, hashlib.sha256(data).hexdigest(), sheets)
    except FileRejected as refusal:
        raise Invalid(str(refusal)) from refusal


@use_case
def _keep(file_name: str, sha256: str, sheets: Sequence[Sheet]) -> m.ImportBatch:
    day = today()
    reach = find_reach()
    reference = load_reference(reach, today=day)
    found = parse_staff_list(sheets, reference.directories, today=day)
    rows = [_source_of(row) for row in found.rows]
    register = load_register([row.values for row in rows if row.values])
    plans = plan_rows(rows, register, reference=reference, reach=reach, today=day)
    batch = m.ImportBatch(
        user_id=current_actor().user_id,
        file_name=file_name[-255:],
        sha256=sha256,
        rows=[_as_json(plan, with_values=True) for plan in plans],
        summary={**_counts(plans), "notices": _notices(found)},
    )
    db.session.add(batch)
    db.session.flush()
    record("import_batch.created", batch, _summary_words(batch))
    return batch


def _source_of(row: StaffRow) -> SourceRow:
    return SourceRow(
        row.number,
        row.label,
        row.values,
        tuple(_cell_sentence(error) for error in row.errors),
        tuple(_cell_sentence(warning) for warning in row.warnings),
    )


def _cell_sentence(error: CellError) -> str:
    """«I12, Должность: …»; a column that the file does not have is named without an address."""
    where = f"{error.address}, " if error.column else ""
    return f"{where}{error.title}: {error.message}"


def _notices(found: StaffList) -> list[str]:
    notices = list(found.notices)
    if found.skipped_rows:
        numbers = ", ".join(str(number) for number in found.skipped_rows[:20])
        notices.append(f"Строки без работника пропущены: {numbers}{'…' if len(found.skipped_rows) > 20 else ''}.")
    return notices


# --- reading a batch -------------------------------------------------------------------------------------------------


def load(batch_id: int) -> m.ImportBatch:
    """Return a batch of the acting user (the operator sees all); raises NotFound, Forbidden."""
    return get_visible(db.session, m.ImportBatch, batch_id, PERMISSION)


def rows_of(batch: m.ImportBatch) -> list[PreviewRow]:
    """Return the rows of the file in their order."""
    names = PreviewRow.__dataclass_fields__
    return [PreviewRow(**{name: row[name] for name in names}) for row in batch.rows]


def summary_of(batch: m.ImportBatch) -> list[tuple[str, int, str]]:
    """Return (word, number of rows, tone) of «создать», «обновить», «без изменений», «ошибка»."""
    return [(word, int(batch.summary.get(action, 0)), tone) for action, (word, tone) in ACTIONS.items()]


def notices_of(batch: m.ImportBatch) -> list[str]:
    """Return sentences about the file as a whole: what was not read."""
    return list(batch.summary.get("notices", ()))


def describe(batch: m.ImportBatch) -> list[str]:
    """Return lines for a terminal: the totals, what was not read, and each row that changes, fails or is doubtful."""
    totals = ", ".join(f"{word} — {number}" for word, number, _ in summary_of(batch))
    return [f"Файл «{batch.file_name}»: {totals}.", *notices_of(batch), *_row_lines(rows_of(batch))]


def _row_lines(rows: Sequence[PreviewRow]) -> list[str]:
    lines = []
    for row in rows:
        details = [*row.problems, *(row.changes if row.action == "update" else ()), *row.warnings]
        if details:
            lines.append(f"Строка {row.number}, {row.label} — {ACTIONS[row.action][0]}: {'; '.join(details)}.")
    return lines


# --- application -----------------------------------------------------------------------------------------------------


@use_case
def apply(batch_id: int, *, skip_errors: bool, told: Callable[[int], None] = lambda _rows: None) -> AppliedCounts:
    """Write a previewed list to the cards; all of it or nothing. ``told`` hears how many rows are written.

    Raises NotFound, Forbidden; Conflict when it is already applied, when nothing can be written, and when rows have errors
    and ``skip_errors`` is not set. The batch then holds what was done, without the personal data of the file.
    """
    current_actor().require(PERMISSION)
    batch = _lock(batch_id)
    db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _APPLY_LOCK})
    plans = _plan_now([_source_from(row) for row in batch.rows])
    _refuse([(plan.source.number, plan.problems) for plan in plans], skip_errors=skip_errors)
    for first in range(0, len(plans), _PORTION):
        store(plans[first : first + _PORTION])
        told(min(first + _PORTION, len(plans)))
    counts = _counts(plans)
    batch.rows = [_as_json(plan, with_values=False) for plan in plans]
    batch.summary = {**batch.summary, **counts}
    batch.status, batch.applied_at = ImportStatus.APPLIED, now()
    db.session.flush()
    record("import_batch.imported", batch, _summary_words(batch))
    return AppliedCounts(counts["create"], counts["update"], counts["unchanged"], counts["error"])


@use_case
def order(batch_id: int, *, skip_errors: bool) -> int:
    """Order the application of a long list as the user's task and return its id.

    Raises what ``apply`` raises, by the preview; the application looks at the list anew.
    """
    current_actor().require(PERMISSION)
    batch = _lock(batch_id)
    _refuse([(row.number, row.problems) for row in rows_of(batch)], skip_errors=skip_errors)
    return background.submit(
        IMPORT,
        f"Применение загрузки: {batch.file_name}",
        {"batch": batch.id, "skip_errors": skip_errors},
        total=len(batch.rows),
        permission=PERMISSION,
    )


def _apply_ordered(work: background.Work) -> background.Outcome:
    counts = apply(work.parameters["batch"], skip_errors=work.parameters["skip_errors"], told=work.tell)
    return background.Outcome(f"Список применён: {counts}.")


background.KINDS[IMPORT] = background.Kind(_apply_ordered, changes_data=True)


def _lock(batch_id: int) -> m.ImportBatch:
    """Lock the batch, so that a second click waits for the first and is then refused."""
    load(batch_id)
    statement = select(m.ImportBatch).where(m.ImportBatch.id == batch_id).with_for_update()
    batch: m.ImportBatch | None = db.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if batch is None:
        raise NotFound("Такой загрузки нет или она вам не видна.")
    if batch.status == ImportStatus.APPLIED:
        when = f" {format_datetime(batch.applied_at)}" if batch.applied_at else ""
        raise Conflict(f"Этот список уже применён{when}. Чтобы внести новые изменения, загрузите файл снова.")
    if batch.status != ImportStatus.PREVIEWED:
        raise Conflict("Загрузка этого списка отменена. Чтобы применить список, загрузите файл снова.")
    return batch


def _plan_now(rows: Sequence[SourceRow]) -> list[RowPlan]:
    day = today()
    reach = find_reach()
    reference = load_reference(reach, today=day)
    register = load_register([row.values for row in rows if row.values], lock=True)
    return plan_rows(rows, register, reference=reference, reach=reach, today=day)


def _refuse(rows: Sequence[tuple[int, Sequence[str]]], *, skip_errors: bool) -> None:
    """Raise Conflict for rows (number, problems) that may not be applied."""
    wrong = [(row, problems) for row, problems in rows if problems]
    if wrong and len(wrong) == len(rows):
        raise Conflict("В списке нет ни одной верной строки, применять нечего. Исправьте файл и загрузите его снова.")
    if not wrong or skip_errors:
        return
    named = "; ".join(f"строка {row} — {problems[0]}" for row, problems in wrong[:_NAMED_ROWS])
    rest = len(wrong) - _NAMED_ROWS
    more = f"; и ещё {count(rest, 'строка', 'строки', 'строк')}" if rest > 0 else ""
    raise Conflict(
        f"В списке есть ошибки: {named}{more}. Исправьте файл и загрузите его снова или отметьте, что строки с ошибками "
        "нужно пропустить."
    )


# --- plain values ----------------------------------------------------------------------------------------------------


def _counts(plans: Sequence[RowPlan]) -> dict[str, int]:
    found = Counter(plan.action for plan in plans)
    return {action: found[action] for action in ACTIONS}


def _summary_words(batch: m.ImportBatch) -> dict[str, tuple[str, str]]:
    return {word.capitalize(): ("", str(number)) for word, number, _ in summary_of(batch)}


def _as_json(plan: RowPlan, *, with_values: bool) -> dict[str, Any]:
    """A row for JSONB. The file's own problems and warnings are kept apart, because only they outlive the preview."""
    source = plan.source
    row: dict[str, Any] = {
        "number": source.number,
        "label": source.label,
        "action": plan.action,
        "changes": list(plan.changes),
        "problems": list(plan.problems),
        "warnings": list(plan.warnings),
    }
    if with_values:
        row["source"] = {"problems": list(source.problems), "warnings": list(source.warnings)}
        row["values"] = _values_to_json(source.values) if source.values else None
    return row


def _values_to_json(values: StaffValues) -> dict[str, Any]:
    filled = {name: value for name, value in asdict(values).items() if value is not None}
    return {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in filled.items()}


def _source_from(row: Mapping[str, Any]) -> SourceRow:
    source = row["source"]
    values = _values_from(row["values"]) if row["values"] else None
    return SourceRow(row["number"], row["label"], values, tuple(source["problems"]), tuple(source["warnings"]))


def _values_from(found: Mapping[str, Any]) -> StaffValues:
    dates = {name: dt.date.fromisoformat(found[name]) for name in _DATES if name in found}
    absent = dict.fromkeys(("patronymic", "snils"))
    return StaffValues(**{**absent, **found, **dates, "subject_ids": tuple(found.get("subject_ids", ()))})
