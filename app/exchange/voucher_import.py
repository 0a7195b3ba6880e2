"""Import of чеки issued since 2010 (order § 1.4): upload → preview that writes nothing → application as a whole.

The machinery of the staff list: a kept batch with a sentence for every wrong cell, the application plans anew against what
the portal knows by then, is one transaction, and may be done once. No letters are sent: nothing new happened to the people.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import func, select, text

from app import models as m
from app.access import current_actor, unscoped
from app.audit import record
from app.clock import now, today
from app.errors import Invalid
from app.exchange import guard, staff_batch, uploads
from app.exchange.reader import FileRejected, Sheet, read_workbook
from app.exchange.sample import build_sample
from app.exchange.staff_batch import Tally, cell_sentence, codes_of, read_rows, summary_words, total_of, write_rows
from app.exchange.staff_import import Refused
from app.exchange.voucher_columns import BLOCKS, COLUMNS, STATE_WORDS
from app.exchange.voucher_list import VoucherValues, parse_voucher_list
from app.exchange.voucher_plan import SourceVoucher, VoucherPlan, load_known, plan_rows
from app.extensions import db
from app.russian import format_date
from app.services import background
from app.services.voucher_numbers import pass_over
from app.statuses import ImportStatus, TrainingSource, TrainingStatus
from app.unit_of_work import use_case

KIND = "voucher"
PERMISSION = staff_batch.PERMISSIONS[KIND]
#: rows that are applied, and rows that are checked, while the user waits
AT_ONCE, CHECKED_AT_ONCE = 300, 1_000
CHECK, IMPORT = "voucher_check", "voucher_import"
#: two lists are applied one after the other: they may hold чеки of the same people
APPLY_LOCK = 373_0210
_PORTION = 200

Told = Callable[[int], None]


def _silent(_rows: int) -> None:
    return None


@dataclass(frozen=True, slots=True)
class AppliedCounts:
    """How many rows of the file did what; ``skipped`` are those with errors."""

    created: int
    unchanged: int
    skipped: int

    def __str__(self) -> str:
        return f"загружено — {self.created}, уже были — {self.unchanged}, пропущено с ошибками — {self.skipped}"


def load(batch_id: int) -> m.ImportBatch:
    """Return a batch of чеки that the actor sees; raises NotFound, Forbidden."""
    return staff_batch.load(batch_id, kind=KIND)


def sample() -> bytes:
    """The empty form of the list with an invented example; raises Forbidden."""
    current_actor().require(PERMISSION)
    titles = db.session.scalars(select(m.VoucherRule.title).order_by(m.VoucherRule.valid_from))
    choices: dict[str, Sequence[str]] = {f"{code}_state": STATE_WORDS for code in BLOCKS}
    return build_sample(columns=COLUMNS, choices={**choices, "rule": list(titles)})


# --- upload and preview ----------------------------------------------------------------------------------------------


def upload(file_name: str, data: bytes) -> m.ImportBatch:
    """Take a file: a short one is checked at once, a long one by a task (``staff_batch.state_of`` tells).

    Raises Forbidden, Invalid with the sentence of a file that cannot be taken, Conflict when too many tasks wait.
    """
    current_actor().require(PERMISSION)
    with _as_invalid():
        guard.check_container(data)
        rows = guard.estimate_rows(data)
        if rows > CHECKED_AT_ONCE:
            return _order_new(file_name, data, min(rows, guard.MAX_DATA_ROWS))
        # before the transaction: the reading child may take long, and nothing in the database waits for it
        return _keep(file_name, data, read_workbook(data))


@contextmanager
def _as_invalid() -> Iterator[None]:
    try:
        yield
    except FileRejected as refusal:
        raise Invalid(str(refusal)) from refusal


@use_case
def _keep(file_name: str, data: bytes, sheets: list[Sheet]) -> m.ImportBatch:
    batch = _new_batch(file_name, data)
    _fill(batch, sheets)
    record("import_batch.created", batch, summary_words(batch))
    return batch


@use_case
def _order_new(file_name: str, data: bytes, rows: int) -> m.ImportBatch:
    batch = _new_batch(file_name, data)
    record("import_batch.created", batch, {"Строк": ("", f"около {rows}")})
    _order_check(batch, rows)
    return batch


def _new_batch(file_name: str, data: bytes) -> m.ImportBatch:
    batch = m.ImportBatch(
        kind=KIND,
        user_id=current_actor().user_id,
        file_name=file_name[-255:],
        sha256=hashlib.sha256(data).hexdigest(),
        rows=[],
        summary={},
    )
    db.session.add(batch)
    db.session.flush()
    uploads.keep(batch, data)
    return batch


def _order_check(batch: m.ImportBatch, rows: int) -> None:
    title = f"Проверка загрузки: {batch.file_name}"
    job = background.submit(CHECK, title, {"batch": batch.id}, total=max(rows, 1), permission=PERMISSION)
    batch.summary = {"state": "waiting", "job": job}
    db.session.flush()


@use_case
def check_again(batch_id: int) -> m.ImportBatch:
    """Order the check anew, after its task has failed; raises NotFound, Forbidden, Conflict."""
    batch = staff_batch.lock_previewed(batch_id, kind=KIND)
    data = uploads.read(batch)
    _order_check(batch, min(guard.estimate_rows(data), guard.MAX_DATA_ROWS))
    return batch


def _check_ordered(work: background.Work) -> background.Outcome:
    batch = load(work.parameters["batch"])
    with _as_invalid():
        sheets = read_workbook(uploads.read(batch))
        batch = staff_batch.lock_previewed(batch.id, kind=KIND)
        _fill(batch, sheets, told=work.tell)
    record("import_batch.updated", batch, summary_words(batch))
    totals = ", ".join(f"{word.lower()} — {number}" for word, (_, number) in summary_words(batch).items())
    return background.Outcome(f"Файл проверен, пока ничего не записано: {totals}. Откройте загрузку и примените её.")


background.KINDS[CHECK] = background.Kind(_check_ordered, changes_data=True)


def _fill(batch: m.ImportBatch, sheets: list[Sheet], *, told: Told = _silent) -> None:
    found = parse_voucher_list(sheets, today=today(), told=lambda rows: told(rows // 2))
    sheets.clear()
    rows = [
        SourceVoucher(row.number, row.label, row.values, tuple(cell_sentence(error) for error in row.errors))
        for row in found.rows
    ]
    known, tally = load_known(row.values for row in rows if row.values), Tally()

    def kept() -> Iterator[dict[str, Any]]:
        for number, plan in enumerate(plan_rows(rows, known, letters=found.letters, today=today()), 1):
            tally.add(plan)
            yield _as_json(plan, with_values=True)
            told((len(rows) + number) // 2)

    write_rows(batch, kept())
    about = {"notices": list(found.notices), "sheet": found.sheet_name, "letters": dict(found.letters)}
    batch.summary = {**tally.counts(), "kinds": tally.kinds(), **about}
    db.session.flush()


def _as_json(plan: VoucherPlan, *, with_values: bool, voucher_id: int | None = None) -> dict[str, Any]:
    """A row for JSONB; the values of the file outlive only the preview."""
    source = plan.source
    row: dict[str, Any] = {
        "number": source.number,
        "label": source.label,
        "action": plan.action,
        "changes": plan.changes,
        "problems": plan.problems,
        "warnings": plan.warnings,
        **codes_of(plan),
    }
    if with_values:
        row["source"] = {"problems": list(source.problems)}
        row["values"] = source.values.as_json() if source.values else None
    elif voucher_id is not None:
        row["objects"] = [["voucher", voucher_id]]
    return row


def _source(row: Mapping[str, Any]) -> SourceVoucher:
    values = VoucherValues.from_json(row["values"]) if row["values"] else None
    return SourceVoucher(row["number"], row["label"], values, tuple(row["source"]["problems"]))


# --- application -----------------------------------------------------------------------------------------------------


@use_case
def apply(batch_id: int, *, skip_errors: bool, told: Told = _silent) -> AppliedCounts:
    """Write a previewed list of чеки; all of it or nothing, and once.

    Raises NotFound, Forbidden; Conflict when it is already applied, when nothing can be written, and when rows have errors
    and ``skip_errors`` is not set.
    """
    current_actor().require(PERMISSION)
    batch = staff_batch.lock_ready(batch_id, kind=KIND)
    db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": APPLY_LOCK})
    begun, tally, refused = _last_entry(), Tally(), Refused(skip_errors=skip_errors)
    written: dict[str, list[int]] = {"voucher": [], "training": []}
    write_rows(batch, _stored(batch, written, tally, refused=refused, told=told))
    refused.end()
    counts = tally.counts()
    batch.summary = {**batch.summary, **counts, "kinds": tally.kinds()}
    batch.status, batch.applied_at = ImportStatus.APPLIED, now()
    record("import_batch.imported", batch, summary_words(batch))
    batch.written = {**written, "entry": begun}
    db.session.flush()
    return AppliedCounts(counts["create"], counts["unchanged"], counts["error"])


def _stored(
    batch: m.ImportBatch, written: dict[str, list[int]], tally: Tally, *, refused: Refused, told: Told
) -> Iterator[Mapping[str, Any]]:
    """Store the plans of this moment in portions and pass on what is kept of them."""
    rows = [_source(row) for row in read_rows(batch, without=("changes",))]
    known = load_known(row.values for row in rows if row.values)
    plans = plan_rows(rows, known, letters=batch.summary.get("letters", {}), today=today())
    done = 0
    while portion := list(islice(plans, _PORTION)):
        for plan in portion:
            tally.add(plan)
            refused.add(plan.source.number, plan.problems)
        ids = _store([plan for plan in portion if plan.creates and not plan.problems], written)
        yield from [_as_json(plan, with_values=False, voucher_id=ids.get(plan.source.number)) for plan in portion]
        done += len(portion)
        told(done)


def _store(plans: Sequence[VoucherPlan], written: dict[str, list[int]]) -> dict[int, int]:
    """Insert the чеки of some rows with their blocks and trainings; row → id of its чек."""
    vouchers = {plan.source.number: _voucher(plan) for plan in plans}
    known = {pk for plan in plans for pk in plan.trainings.values()}
    db.session.add_all(vouchers.values())
    db.session.flush()
    for voucher in vouchers.values():
        record("voucher.imported", voucher, {"Действует по": ("", format_date(voucher.valid_until))})
        written["voucher"].append(voucher.id)
        trainings = [block.training_id for block in voucher.blocks if block.training_id is not None]
        written["training"] += [pk for pk in trainings if pk not in known]
    pass_over(voucher.number for voucher in vouchers.values())
    return {number: voucher.id for number, voucher in vouchers.items()}


def _voucher(plan: VoucherPlan) -> m.Voucher:
    values, rule = plan.source.values, plan.rule
    assert values is not None and rule is not None and plan.valid_until is not None
    return m.Voucher(
        number=values.number,
        employee_id=plan.employee_id,
        rule_id=rule.id,
        issued_on=values.issued_on,
        valid_until=plan.valid_until,
        status=plan.state,
        imported=True,
        blocks=[_block(block, plan, values) for block in rule.blocks],
    )


def _block(block: m.VoucherRuleBlock, plan: VoucherPlan, values: VoucherValues) -> m.VoucherBlock:
    copied = {name: getattr(block, name) for name in ("code", "title", "kind", "hours_min", "hours_max", "ordering")}
    row = m.VoucherBlock(**copied, status=plan.blocks[block.code])
    said = values.blocks[block.code]
    if block.code in plan.trainings:
        row.training_id = plan.trainings[block.code]
    elif said.program and said.hours and said.ended_on:
        row.training = m.Training(
            employee_id=plan.employee_id,
            title=said.program,
            institution=said.place or "не указано",
            hours=said.hours,
            ended_on=said.ended_on,
            source=TrainingSource.VOUCHER,
            status=TrainingStatus.CONFIRMED,
        )
    return row


def _last_entry() -> int:
    with unscoped("the journal's place before a list of чеки"):
        return db.session.scalar(select(func.coalesce(func.max(m.AuditEntry.id), 0))) or 0


@use_case
def order(batch_id: int, *, skip_errors: bool) -> int:
    """Order the application of a long list as the user's task and return its id; raises what ``apply`` raises."""
    current_actor().require(PERMISSION)
    batch, refused = staff_batch.lock_ready(batch_id, kind=KIND), Refused(skip_errors=skip_errors)
    for row in read_rows(batch, without=("values", "source", "changes")):
        refused.add(row["number"], row["problems"])
    refused.end()
    given = {"batch": batch.id, "skip_errors": skip_errors}
    title = f"Применение загрузки: {batch.file_name}"
    return background.submit(IMPORT, title, given, total=total_of(batch), permission=PERMISSION)


def _apply_ordered(work: background.Work) -> background.Outcome:
    counts = apply(work.parameters["batch"], skip_errors=work.parameters["skip_errors"], told=work.tell)
    return background.Outcome(f"Список чеков применён: {counts}.")


background.KINDS[IMPORT] = background.Kind(_apply_ordered, changes_data=True)


@use_case
def cancel(batch_id: int) -> None:
    """Give up a previewed list: it can no longer be applied. Raises NotFound, Forbidden, Conflict."""
    batch = staff_batch.lock_previewed(batch_id, kind=KIND)
    write_rows(batch, ())
    batch.status = ImportStatus.CANCELLED
    record("import_batch.cancel", batch)
    db.session.flush()
