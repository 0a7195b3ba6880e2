"""Checking a staff list: upload → preview that writes nothing to the cards.

The preview is kept as an ``ImportBatch``: what was read and what would change; its file lies beside, until it is put right.
A long list is checked by a task. When required columns are missing under their titles, the user is asked which they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from app import models as m
from app.access import current_actor
from app.audit import record
from app.clock import today
from app.errors import Invalid
from app.exchange import guard, staff_headings, uploads
from app.exchange.columns import LEFT_ASIDE
from app.exchange.reader import FileRejected, Sheet, read_workbook
from app.exchange.sheet_notices import skipped_rows
from app.exchange.staff_batch import (
    PERMISSION,
    Tally,
    as_json,
    load,
    lock_previewed,
    source_of,
    state_of,
    summary_words,
    write_rows,
)
from app.exchange.staff_columns import BY_NAME
from app.exchange.staff_known import Reach, find_reach, load_reference, load_register
from app.exchange.staff_list import ColumnsMissing, Heading, StaffList, parse_staff_list
from app.exchange.staff_plan import plan_rows
from app.extensions import db
from app.services.tasks import background
from app.unit_of_work import use_case

#: rows that are checked while the user waits
CHECKED_AT_ONCE = 1_000
#: kind of the task that checks more
CHECK = "import_check"

Told = Callable[[int], None]


def _silent(_rows: int) -> None:
    return None


def sample_choices() -> dict[str, list[str]]:
    """What the empty form offers in its cells: the user's organizations, positions, subjects, levels of education."""
    current_actor().require(PERMISSION)
    names = load_reference(find_reach(), today=today()).directories
    return {
        "organization": [entry.name for entry in names.organizations] if names.is_own else [],
        "position": [entry.name for entry in names.positions],
        "subjects": [entry.name for entry in names.subjects],
        "education_level": [entry.name for entry in names.education_levels],
    }


# --- upload ----------------------------------------------------------------------------------------------------------


def preview(file_name: str, data: bytes) -> m.ImportBatch:
    """Read a file at once and keep what it would change; the cards stay as they are.

    Raises Forbidden without the right, Invalid with the sentence of a file that cannot be taken.
    """
    return _preview(file_name, data, ask_columns=False)


def upload(file_name: str, data: bytes) -> m.ImportBatch:
    """Take a file: a short one is read at once, a long one by a task (``state_of`` tells); unknown columns are asked.

    Raises Forbidden, Invalid, Conflict when too many tasks wait.
    """
    current_actor().require(PERMISSION)
    with _as_invalid():
        guard.check_container(data)
        rows = guard.estimate_rows(data)
    if rows <= CHECKED_AT_ONCE:
        return _preview(file_name, data, ask_columns=True)
    return _order_new(file_name, data, min(rows, guard.MAX_DATA_ROWS))


def _preview(file_name: str, data: bytes, *, ask_columns: bool) -> m.ImportBatch:
    current_actor().require(PERMISSION)
    with _as_invalid():
        # Before the transaction: the reading child may take a minute, and nothing in the database waits for it.
        return _keep(file_name, data, read_workbook(data), ask_columns=ask_columns)


@contextmanager
def _as_invalid() -> Any:
    try:
        yield
    except FileRejected as refusal:
        raise Invalid(str(refusal)) from refusal


@use_case
def _keep(file_name: str, data: bytes, sheets: list[Sheet], *, ask_columns: bool) -> m.ImportBatch:
    batch = _new_batch(file_name, data)
    _fill(batch, sheets, chosen={}, ask_columns=ask_columns)
    record("import_batch.created", batch, summary_words(batch))
    return batch


@use_case
def _order_new(file_name: str, data: bytes, rows: int) -> m.ImportBatch:
    batch = _new_batch(file_name, data)
    record("import_batch.created", batch, {"Строк": ("", f"около {rows}")})
    _order(batch, rows, {})
    return batch


def _new_batch(file_name: str, data: bytes) -> m.ImportBatch:
    batch = m.ImportBatch(
        user_id=current_actor().user_id,
        made_in=sorted(current_actor().role_marks("employee:import")),
        file_name=file_name[-255:],
        sha256=hashlib.sha256(data).hexdigest(),
        rows=[],
        summary={},
    )
    db.session.add(batch)
    db.session.flush()
    uploads.keep(batch, data)
    return batch


# --- what columns mean -----------------------------------------------------------------------------------------------


def headings_of(batch: m.ImportBatch) -> list[Heading]:
    """The columns of the list as they were understood."""
    return [
        Heading(letter, title, field, tuple(samples))
        for letter, title, field, samples in batch.summary.get("headings", ())
    ]


def explain_columns(batch_id: int, chosen: Mapping[str, str]) -> m.ImportBatch:
    """Say which field each title means (``chosen``: title → field, «-» or empty: left aside) and read the list again.

    The meaning is remembered for the organization. Raises NotFound, Forbidden, Invalid by the choice, Conflict when the list
    is applied or its file is kept no longer.
    """
    current_actor().require(PERMISSION)
    batch = load(batch_id)
    meaning = staff_headings.check(chosen)
    data = uploads.read(batch)
    rows = guard.estimate_rows(data)
    if rows > CHECKED_AT_ONCE:
        return _explain_later(batch_id, meaning, min(rows, guard.MAX_DATA_ROWS))
    with _as_invalid():
        return _explain(batch_id, meaning, read_workbook(data))


@use_case
def _explain(batch_id: int, meaning: dict[str, str], sheets: list[Sheet]) -> m.ImportBatch:
    batch = lock_previewed(batch_id)
    _remember(batch, meaning)
    _fill(batch, sheets, chosen=meaning, ask_columns=True)
    return batch


@use_case
def _explain_later(batch_id: int, meaning: dict[str, str], rows: int) -> m.ImportBatch:
    batch = lock_previewed(batch_id)
    _remember(batch, meaning)
    _order(batch, rows, meaning)
    return batch


def _remember(batch: m.ImportBatch, meaning: Mapping[str, str]) -> None:
    staff_headings.remember(find_reach(), meaning)
    titles = {heading.title: heading.field for heading in headings_of(batch)}
    said = {f"Столбец «{key}»": ("", _title_of(field)) for key, field in meaning.items()}
    if titles:
        record("import_batch.updated", batch, said)


def _title_of(field: str) -> str:
    return "не загружать" if field == LEFT_ASIDE else BY_NAME[field].title


# --- as a task -------------------------------------------------------------------------------------------------------


def _order(batch: m.ImportBatch, rows: int, meaning: Mapping[str, str]) -> None:
    title = f"Проверка загрузки: {batch.file_name}"
    given = {"batch": batch.id, "meaning": dict(meaning)}
    job = background.submit(CHECK, title, given, total=max(rows, 1), permission=PERMISSION)
    batch.summary = {"state": "waiting", "job": job, "mapping": dict(meaning)}
    db.session.flush()


def _check_ordered(work: background.Work) -> background.Outcome:
    batch = load(work.parameters["batch"])
    data = uploads.read(batch)
    with _as_invalid():
        sheets = read_workbook(data)
        del data
        batch = lock_previewed(batch.id)
        _fill(batch, sheets, chosen=work.parameters["meaning"], ask_columns=True, told=work.tell)
    record("import_batch.updated", batch, summary_words(batch))
    if state_of(batch) == "columns":
        return background.Outcome("Файл прочитан, но не все столбцы распознаны: откройте загрузку и укажите их.")
    totals = ", ".join(f"{word.lower()} — {number}" for word, (_, number) in summary_words(batch).items())
    return background.Outcome(f"Файл проверен, пока ничего не записано: {totals}. Откройте загрузку и примените её.")


background.KINDS[CHECK] = background.Kind(_check_ordered, changes_data=True)


# --- the plan --------------------------------------------------------------------------------------------------------


def _fill(
    batch: m.ImportBatch, sheets: list[Sheet], *, chosen: Mapping[str, str], ask_columns: bool, told: Told = _silent
) -> None:
    """Read the sheets, which are let go, and keep the rows with what they would change."""
    day, reach = today(), find_reach()
    reference = load_reference(reach, today=day)
    meaning = {**staff_headings.known(reach), **chosen}
    try:
        # the first half of the progress is the reading, the second the plan
        found = parse_staff_list(
            sheets, reference.directories, today=day, headings=meaning, told=lambda rows: told(rows // 2)
        )
    except ColumnsMissing as missing:
        if not ask_columns:
            raise
        _ask(batch, missing, chosen)
        return
    sheets.clear()
    kept = {"notices": _notices(found), "headings": _plain(found.headings), "sheet": found.sheet_name}
    _plan(batch, found, reach, reference=reference, told=told)
    batch.summary = {**batch.summary, **kept, **({"mapping": dict(chosen)} if chosen else {})}
    db.session.flush()


def _plan(batch: m.ImportBatch, found: StaffList, reach: Reach, *, reference: Any, told: Told) -> None:
    rows = [source_of(row) for row in found.rows]
    register = load_register([row.values for row in rows if row.values])
    tally, half = Tally(), len(rows) // 2

    def kept() -> Any:
        for number, plan in enumerate(plan_rows(rows, register, reference=reference, reach=reach, today=today()), 1):
            tally.add(plan)
            yield as_json(plan, with_values=True)
            plan.writes.clear()
            told(half + number // 2)

    write_rows(batch, kept())
    batch.summary = {**tally.counts(), "kinds": tally.kinds()}


def _ask(batch: m.ImportBatch, missing: ColumnsMissing, chosen: Mapping[str, str]) -> None:
    write_rows(batch, ())
    said = {"state": "columns", "problem": str(missing), "headings": _plain(missing.headings)}
    batch.summary = {**said, **({"mapping": dict(chosen)} if chosen else {})}
    db.session.flush()


def _plain(headings: Sequence[Heading]) -> list[list[Any]]:
    return [[heading.letter, heading.title, heading.field, list(heading.samples)] for heading in headings]


def _notices(found: StaffList) -> list[str]:
    return [*found.notices, *skipped_rows(found.skipped_rows)]
