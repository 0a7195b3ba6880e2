"""Import of a list: upload → preview that writes nothing → application as a whole → undo.

A stored batch has a sentence for every wrong cell. The application plans anew against what the portal knows by then, is
one transaction, and may be done once; it can be undone as long as nothing has happened since. Long lists are checked,
applied, undone and marked by tasks of the user.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any

from sqlalchemy import func, select, text

from app import models as m
from app.access import current_actor, unscoped
from app.audit import record
from app.clock import now
from app.errors import Invalid
from app.exchange import guard
from app.exchange.engine import kept_batch, kept_rows, uploads
from app.exchange.engine.error_kinds import Tally
from app.exchange.engine.kept_batch import insist_applied, insist_previewed, insist_ready, state_of, summary_words
from app.exchange.engine.list_kind import G, ListKind, Told
from app.exchange.engine.list_plan import AppliedCounts, P, Refused, UndoneCounts, V
from app.exchange.engine.list_sheet import ColumnsMissing, ReadList
from app.exchange.reader import FileRejected, Sheet, read_workbook
from app.extensions import db
from app.services.tasks import background
from app.statuses import ImportStatus
from app.unit_of_work import use_case

#: rows written before the progress is told
_PORTION = 200


def _silent(_rows: int) -> None:
    return None


class ListImport(ListKind[V, P, G]):
    """What is done with the lists of a kind; a subclass says what is read, planned and written."""

    #: rows that are applied, and rows that are checked or marked, while the user waits
    at_once = 300
    checked_at_once = 1_000

    # --- tasks

    def register(self) -> None:
        """Make the tasks of this kind known to the worker; once, when its module is imported."""
        for work, run in (
            ("check", self._check_ordered), ("import", self._apply_ordered), ("undo", self._undo_ordered),
            ("marks", self._mark_ordered),
        ):  # fmt: skip
            background.KINDS[self.task(work)] = background.Kind(run, changes_data=work != "marks")

    def _order(self, work: str, title: str, batch: m.ImportBatch, total: int, **more: Any) -> int:
        given = {"batch": batch.id, **more}
        named = f"{title}: {batch.file_name}"
        return background.submit(self.task(work), named, given, total=max(total, 1), permission=self.permission)

    # --- upload and preview

    def load(self, batch_id: int) -> m.ImportBatch:
        """Return a batch of this kind that the actor sees; raises NotFound, Forbidden."""
        return kept_batch.load(batch_id, kind=self.kind, permission=self.permission)

    def upload(self, file_name: str, data: bytes) -> m.ImportBatch:
        """Take a file: a short one is checked at once, a long one by a task (``kept_batch.state_of`` tells).

        Raises Forbidden, Invalid with the sentence of a file that cannot be taken, Conflict when too many tasks wait.
        """
        current_actor().require(self.permission)
        with as_invalid():
            guard.check_container(data)
            rows = guard.estimate_rows(data)
        if rows > self.checked_at_once:
            return self._order_new(file_name, data, min(rows, guard.MAX_DATA_ROWS))
        return self._read_now(file_name, data, asks=True)

    def preview(self, file_name: str, data: bytes) -> m.ImportBatch:
        """The same for the command line: a file of any length at once, and nothing is asked about its columns."""
        current_actor().require(self.permission)
        return self._read_now(file_name, data, asks=False)

    def _read_now(self, file_name: str, data: bytes, *, asks: bool) -> m.ImportBatch:
        with as_invalid():
            # before the transaction: the reading child may take a minute, and nothing in the database waits for it
            return self._keep(file_name, data, read_workbook(data), asks=asks)

    @use_case
    def _keep(self, file_name: str, data: bytes, sheets: list[Sheet], *, asks: bool) -> m.ImportBatch:
        batch = self._new_batch(file_name, data)
        self._fill(batch, sheets, {}, asks=asks)
        record("import_batch.created", batch, summary_words(batch))
        return batch

    @use_case
    def _order_new(self, file_name: str, data: bytes, rows: int) -> m.ImportBatch:
        batch = self._new_batch(file_name, data)
        record("import_batch.created", batch, {"Строк": ("", f"около {rows}")})
        self._order_check(batch, rows, {})
        return batch

    def _new_batch(self, file_name: str, data: bytes) -> m.ImportBatch:
        batch = m.ImportBatch(
            kind=self.kind,
            user_id=current_actor().user_id,
            made_in=sorted(current_actor().role_marks(self.permission)),
            file_name=file_name[-255:],
            sha256=hashlib.sha256(data).hexdigest(),
            rows=[],
            summary={},
        )
        db.session.add(batch)
        db.session.flush()
        uploads.keep(batch, data)
        return batch

    def _order_check(self, batch: m.ImportBatch, rows: int, meaning: Mapping[str, str]) -> None:
        job = self._order("check", "Проверка загрузки", batch, rows, meaning=dict(meaning))
        batch.summary = {"state": "waiting", "job": job, **_mapping(meaning)}
        db.session.flush()

    @use_case
    def check_again(self, batch_id: int) -> m.ImportBatch:
        """Order the check anew, after its task has failed; raises NotFound, Forbidden, Conflict."""
        batch = kept_batch.lock(self.load(batch_id), insist_previewed)
        rows = guard.estimate_rows(uploads.read(batch))
        self._order_check(batch, min(rows, guard.MAX_DATA_ROWS), batch.summary.get("mapping", {}))
        return batch

    def _check_ordered(self, work: background.Work) -> background.Outcome:
        batch = self.load(work.parameters["batch"])
        with as_invalid():
            sheets = read_workbook(uploads.read(batch))
            batch = kept_batch.lock(batch, insist_previewed)
            self._fill(batch, sheets, work.parameters.get("meaning", {}), told=work.tell)
        record("import_batch.updated", batch, summary_words(batch))
        if state_of(batch) == "columns":
            return background.Outcome("Файл прочитан, но не все столбцы распознаны: откройте загрузку и укажите их.")
        totals = ", ".join(f"{word.lower()} — {number}" for word, (_, number) in summary_words(batch).items())
        return background.Outcome(
            f"Файл проверен, пока ничего не записано: {totals}. Откройте загрузку и примените её."
        )

    def _fill(
        self,
        batch: m.ImportBatch,
        sheets: list[Sheet],
        meaning: Mapping[str, str],
        *,
        asks: bool = True,
        told: Told = _silent,
    ) -> None:
        """Read the sheets, which are let go, and keep the rows with what they would change, or what is to be asked."""
        ground = self.ground(meaning)
        said: dict[str, Any]
        try:
            # the first half of the progress is the reading, the second the plan
            found = self.read(sheets, ground, lambda rows: told(rows // 2))
        except ColumnsMissing as missing:
            if not asks:
                raise
            kept_rows.write_rows(batch, ())
            headings, said = kept_batch.plain_headings(missing.headings), {"state": "columns", "problem": str(missing)}
        else:
            sheets.clear()
            tally = Tally(self._titles())
            kept_rows.write_rows(batch, self._checked(found, ground, tally, told))
            headings, about = kept_batch.plain_headings(found.headings), {"letters": dict(found.letters)}
            said = {**_totals(tally), "notices": list(found.notices), "sheet": found.sheet_name, **about}
        batch.summary = {**said, "headings": headings, **_mapping(meaning)}
        db.session.flush()

    def _titles(self) -> frozenset[str]:
        return frozenset(column.title for column in self.columns)

    def _checked(self, found: ReadList[V], ground: G, tally: Tally, told: Told) -> Iterator[Mapping[str, Any]]:
        rows = [kept_rows.source_of(row) for row in found.rows]
        for number, plan in enumerate(self.plan(rows, ground, found.letters, locks=False), 1):
            yield kept_rows.as_json(plan, tally.add(plan), applied=False)
            plan.writes.clear()
            told((len(rows) + number) // 2)

    # --- application

    @use_case
    def apply(self, batch_id: int, *, skip_errors: bool, told: Told = _silent) -> AppliedCounts:
        """Write a previewed list; all of it or nothing, and once. ``told`` hears how many rows are written.

        Raises NotFound, Forbidden; Conflict when it is already applied, when nothing can be written, and when rows have
        errors and ``skip_errors`` is not set. The batch then holds what was done, without the personal data of the file.
        """
        current_actor().require(self.permission)
        batch = kept_batch.lock(self.load(batch_id), insist_ready)
        self._one_after_the_other()
        written: dict[str, Any] = {}
        begun, tally, refused = _last_entry(), Tally(self._titles()), Refused(skip_errors=skip_errors)
        kept_rows.write_rows(batch, self._stored(batch, written, tally, refused=refused, told=told))
        refused.end()
        batch.summary = {**batch.summary, **_totals(tally)}
        batch.status, batch.applied_at = ImportStatus.APPLIED, now()
        record("import_batch.imported", batch, summary_words(batch))
        db.session.flush()
        batch.written = {**written, "entries": [begun, _last_entry()]}
        db.session.flush()
        return AppliedCounts(*(tally.rows(action) for action in ("create", "update", "unchanged", "error")))

    def _one_after_the_other(self) -> None:
        db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": self.lock})

    def _stored(
        self, batch: m.ImportBatch, written: dict[str, Any], tally: Tally, *, refused: Refused, told: Told
    ) -> Iterator[Mapping[str, Any]]:
        """Store the plans of this moment in portions and pass on what is kept of them."""
        kept = kept_rows.read_rows(batch, without=("changes",))
        rows = [kept_rows.source_from(row, self.values_of(row["values"])) for row in kept]
        plans, done = self.plan(rows, self.ground({}), batch.summary.get("letters", {}), locks=True), 0
        while portion := list(islice(plans, _PORTION)):
            self.store([plan for plan in portion if plan.action in ("create", "update")], written)
            for plan in portion:
                refused.add(plan.source.number, plan.problems)
                yield kept_rows.as_json(plan, tally.add(plan), applied=True)
                plan.writes.clear()
            done += len(portion)
            told(done)

    @use_case
    def order(self, batch_id: int, *, skip_errors: bool) -> int:
        """Order the application of a long list as the user's task and return its id.

        Raises what ``apply`` raises, by the preview; the application looks at the list anew.
        """
        current_actor().require(self.permission)
        batch, refused = kept_batch.lock(self.load(batch_id), insist_ready), Refused(skip_errors=skip_errors)
        for row in kept_rows.read_rows(batch, without=("values", "source", "changes")):
            refused.add(row["number"], row["problems"])
        refused.end()
        total = kept_batch.total_of(batch)
        return self._order("import", "Применение загрузки", batch, total, skip_errors=skip_errors)

    def _apply_ordered(self, work: background.Work) -> background.Outcome:
        counts = self.apply(work.parameters["batch"], skip_errors=work.parameters["skip_errors"], told=work.tell)
        return background.Outcome(f"{self.named} применён: {self.words_of(counts)}.")

    @use_case
    def cancel(self, batch_id: int) -> None:
        """Give up a previewed list: it can no longer be applied. Raises NotFound, Forbidden, Conflict."""
        batch = kept_batch.lock(self.load(batch_id), insist_previewed)
        kept_rows.write_rows(batch, ())
        batch.status = ImportStatus.CANCELLED
        record("import_batch.cancel", batch)
        db.session.flush()

    # --- undo

    @use_case
    def undo(self, batch_id: int, *, told: Told = _silent) -> UndoneCounts:
        """Take an applied list back while nothing has happened to what it wrote; all of it or nothing.

        Raises NotFound, Forbidden; Conflict with the first rows that have changed, or when the list is not applied.
        """
        current_actor().require(self.permission)
        batch = kept_batch.lock(self.load(batch_id), insist_applied)
        self._one_after_the_other()
        with unscoped("a list is taken back whole, as it was written"):
            counts = self.take_back(batch, told)
        db.session.expire_all()
        batch.status, batch.undone_at, batch.written = ImportStatus.UNDONE, now(), {}
        record("import_batch.undone", batch, self.undone_changes(counts))
        db.session.flush()
        return counts

    @use_case
    def order_undo(self, batch_id: int) -> int:
        """Order the undoing of a long list as the user's task and return its id; raises what ``undo`` raises at once."""
        current_actor().require(self.permission)
        batch = kept_batch.lock(self.load(batch_id), insist_applied)
        return self._order("undo", "Отмена загрузки", batch, kept_batch.total_of(batch))

    def _undo_ordered(self, work: background.Work) -> background.Outcome:
        counts = self.undo(work.parameters["batch"], told=work.tell)
        return background.Outcome(f"Загрузка отменена: {self.undone_words(counts)}.")

    # --- the file with comments

    def marked_file(self, batch_id: int) -> tuple[str, bytes]:
        """Name and bytes of the file with its errors as comments. Raises NotFound, Forbidden, Conflict."""
        return kept_rows.marked_file(self.load(batch_id))

    def order_marked(self, batch_id: int) -> int:
        """Order the file of a long list as the user's task and return its id; raises NotFound, Forbidden, Conflict."""
        batch = self.load(batch_id)
        uploads.read(batch)
        return self._order("marks", "Файл с пометками", batch, kept_batch.total_of(batch))

    def _mark_ordered(self, work: background.Work) -> background.Outcome:
        name, data = self.marked_file(work.parameters["batch"])
        work.new_file(".xlsx").write_bytes(data)
        return background.Outcome("Файл готов: в ячейках с ошибками и замечаниями — примечания.", name, uploads.XLSX)


@contextmanager
def as_invalid() -> Iterator[None]:
    """A workbook that cannot be read is the user's mistake: its sentence as Invalid."""
    try:
        yield
    except FileRejected as refusal:
        raise Invalid(str(refusal)) from refusal


def _mapping(meaning: Mapping[str, str]) -> dict[str, Any]:
    return {"mapping": dict(meaning)} if meaning else {}


def _totals(tally: Tally) -> dict[str, Any]:
    return {**{action: tally.rows(action) for action in kept_batch.ACTIONS}, "kinds": tally.kinds()}


def _last_entry() -> int:
    with unscoped("the journal's place between what was before a list and after it"):
        return db.session.scalar(select(func.coalesce(func.max(m.AuditEntry.id), 0))) or 0
