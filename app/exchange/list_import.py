"""Import of a list about people with cards: upload → preview that writes nothing → application as a whole → undo.

The machinery of the staff list, shared by чеки and trainings of former years: a kept batch with a sentence for every wrong
cell; the application plans anew against what the portal knows by then, is one transaction, and may be done once; it is taken
back while nothing has happened since. Long lists are checked, applied, taken back and marked by tasks of the user.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, TypeVar

from sqlalchemy import func, select, text

from app import models as m
from app.access import current_actor, unscoped
from app.audit import record
from app.clock import now
from app.errors import Conflict, Invalid
from app.exchange import guard, staff_batch, staff_marks, uploads
from app.exchange.list_plan import ListPlan, P, SourceRow
from app.exchange.list_sheet import ReadList, V
from app.exchange.reader import FileRejected, Sheet, read_workbook
from app.exchange.staff_batch import Tally, cell_sentence, codes_of, read_rows, summary_words, total_of, write_rows
from app.exchange.staff_import import Refused
from app.extensions import db
from app.services.tasks import background
from app.statuses import ImportStatus
from app.unit_of_work import use_case

_PORTION = 200
_NAMED = 3

Told = Callable[[int], None]
K = TypeVar("K")


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


class ListImport(Generic[V, P, K]):
    """The import of one kind of lists; what it reads and writes is said by the subclass (``K``: what the portal knows)."""

    #: kind of the batches, and the key under which two lists of it are applied one after the other
    kind: str
    lock: int
    #: rows that are applied, and rows that are checked or marked, while the user waits
    at_once = 300
    checked_at_once = 1_000
    #: what is written, in the genitive plural: «чеков»
    of_what: str

    # --- what a kind is

    def sample(self) -> bytes:
        """The empty form of the list with an invented example; raises Forbidden."""
        raise NotImplementedError

    def read(self, sheets: Sequence[Sheet], told: Told) -> ReadList[V]:
        """Read the list out of a workbook; raises `FileRejected`."""
        raise NotImplementedError

    def values_of(self, kept: Mapping[str, Any]) -> V:
        """The values of a row out of JSONB."""
        raise NotImplementedError

    def load_known(self, listed: Iterable[V]) -> K:
        """Read all that the rows are checked against; a fixed number of statements."""
        raise NotImplementedError

    def plan(self, rows: Iterable[SourceRow[V]], known: K, letters: Mapping[str, str]) -> Iterator[P]:
        """Plan the rows in the order of the file; what an earlier row writes counts for the later ones."""
        raise NotImplementedError

    def store(self, plans: Sequence[P], written: dict[str, list[int]]) -> dict[int, tuple[str, int]]:
        """Insert what some rows write and note the ids by table; row → (table, id) of what it is about."""
        raise NotImplementedError

    def take_back(self, written: Mapping[str, Any]) -> int:
        """Remove what was written, past the scope; return how many; raises Conflict with what has changed since."""
        raise NotImplementedError

    # --- jobs

    def register(self) -> None:
        """Make the tasks of this kind known to the worker; once, when its module is imported."""
        for code, run, changes_data in (
            ("check", self._check_ordered, True),
            ("import", self._apply_ordered, True),
            ("undo", self._undo_ordered, True),
            ("marks", self._mark_ordered, False),
        ):
            background.KINDS[f"{self.kind}_{code}"] = background.Kind(run, changes_data=changes_data)

    @property
    def permission(self) -> str:
        """The right to load such lists."""
        return staff_batch.PERMISSIONS[self.kind]

    def _order(self, code: str, title: str, batch: m.ImportBatch, total: int, **more: Any) -> int:
        given = {"batch": batch.id, **more}
        named = f"{title}: {batch.file_name}"
        return background.submit(f"{self.kind}_{code}", named, given, total=max(total, 1), permission=self.permission)

    # --- upload and preview

    def load(self, batch_id: int) -> m.ImportBatch:
        """Return a batch of this kind that the actor sees; raises NotFound, Forbidden."""
        return staff_batch.load(batch_id, kind=self.kind)

    def upload(self, file_name: str, data: bytes) -> m.ImportBatch:
        """Take a file: a short one is checked at once, a long one by a task (``staff_batch.state_of`` tells).

        Raises Forbidden, Invalid with the sentence of a file that cannot be taken, Conflict when too many tasks wait.
        """
        current_actor().require(self.permission)
        with _as_invalid():
            guard.check_container(data)
            rows = guard.estimate_rows(data)
            if rows > self.checked_at_once:
                return self._order_new(file_name, data, min(rows, guard.MAX_DATA_ROWS))
            # before the transaction: the reading child may take long, and nothing in the database waits for it
            return self._keep(file_name, data, read_workbook(data))

    @use_case
    def _keep(self, file_name: str, data: bytes, sheets: list[Sheet]) -> m.ImportBatch:
        batch = self._new_batch(file_name, data)
        self._fill(batch, sheets)
        record("import_batch.created", batch, summary_words(batch))
        return batch

    @use_case
    def _order_new(self, file_name: str, data: bytes, rows: int) -> m.ImportBatch:
        batch = self._new_batch(file_name, data)
        record("import_batch.created", batch, {"Строк": ("", f"около {rows}")})
        self._order_check(batch, rows)
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

    def _order_check(self, batch: m.ImportBatch, rows: int) -> None:
        batch.summary = {"state": "waiting", "job": self._order("check", "Проверка загрузки", batch, rows)}
        db.session.flush()

    @use_case
    def check_again(self, batch_id: int) -> m.ImportBatch:
        """Order the check anew, after its task has failed; raises NotFound, Forbidden, Conflict."""
        batch = staff_batch.lock_previewed(batch_id, kind=self.kind)
        data = uploads.read(batch)
        self._order_check(batch, min(guard.estimate_rows(data), guard.MAX_DATA_ROWS))
        return batch

    def _check_ordered(self, work: background.Work) -> background.Outcome:
        batch = self.load(work.parameters["batch"])
        with _as_invalid():
            sheets = read_workbook(uploads.read(batch))
            batch = staff_batch.lock_previewed(batch.id, kind=self.kind)
            self._fill(batch, sheets, told=work.tell)
        record("import_batch.updated", batch, summary_words(batch))
        totals = ", ".join(f"{word.lower()} — {number}" for word, (_, number) in summary_words(batch).items())
        return background.Outcome(
            f"Файл проверен, пока ничего не записано: {totals}. Откройте загрузку и примените её."
        )

    def _fill(self, batch: m.ImportBatch, sheets: list[Sheet], *, told: Told = _silent) -> None:
        found = self.read(sheets, lambda rows: told(rows // 2))
        sheets.clear()
        rows = [
            SourceRow(
                row.number,
                row.label,
                row.values,
                tuple(cell_sentence(error) for error in row.errors),
                tuple(cell_sentence(warning) for warning in row.warnings),
                row.wrong,
            )
            for row in found.rows
        ]
        known, tally = self.load_known([row.values for row in rows]), Tally()

        def kept() -> Iterator[dict[str, Any]]:
            for number, plan in enumerate(self.plan(rows, known, found.letters), 1):
                tally.add(plan)
                yield _as_json(plan, with_values=True)
                told((len(rows) + number) // 2)

        write_rows(batch, kept())
        about = {"notices": list(found.notices), "sheet": found.sheet_name, "letters": dict(found.letters)}
        batch.summary = {**tally.counts(), "kinds": tally.kinds(), **about}
        db.session.flush()

    # --- application

    @use_case
    def apply(self, batch_id: int, *, skip_errors: bool, told: Told = _silent) -> AppliedCounts:
        """Write a previewed list; all of it or nothing, and once.

        Raises NotFound, Forbidden; Conflict when it is already applied, when nothing can be written, and when rows have
        errors and ``skip_errors`` is not set.
        """
        current_actor().require(self.permission)
        batch = staff_batch.lock_ready(batch_id, kind=self.kind)
        self._one_after_the_other()
        begun, tally, refused = _last_entry(), Tally(), Refused(skip_errors=skip_errors)
        written: dict[str, list[int]] = {}
        write_rows(batch, self._stored(batch, written, tally, refused=refused, told=told))
        refused.end()
        counts = tally.counts()
        batch.summary = {**batch.summary, **counts, "kinds": tally.kinds()}
        batch.status, batch.applied_at = ImportStatus.APPLIED, now()
        record("import_batch.imported", batch, summary_words(batch))
        batch.written = {**written, "entry": begun}
        db.session.flush()
        return AppliedCounts(counts["create"], counts["unchanged"], counts["error"])

    def _one_after_the_other(self) -> None:
        db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": self.lock})

    def _stored(
        self, batch: m.ImportBatch, written: dict[str, list[int]], tally: Tally, *, refused: Refused, told: Told
    ) -> Iterator[Mapping[str, Any]]:
        """Store the plans of this moment in portions and pass on what is kept of them."""
        rows = [self._source(row) for row in read_rows(batch, without=("changes",))]
        known = self.load_known([row.values for row in rows])
        plans = self.plan(rows, known, batch.summary.get("letters", {}))
        done = 0
        while portion := list(islice(plans, _PORTION)):
            for plan in portion:
                tally.add(plan)
                refused.add(plan.source.number, plan.problems)
            ids = self.store([plan for plan in portion if plan.creates and not plan.problems], written)
            yield from [_as_json(plan, with_values=False, about=ids.get(plan.source.number)) for plan in portion]
            done += len(portion)
            told(done)

    def _source(self, row: Mapping[str, Any]) -> SourceRow[V]:
        # a batch that was checked before ``wrong`` was kept: of its wrong rows nothing else is known
        values, source = self.values_of(row["values"] or {}), row["source"]
        problems, warnings, wrong = (source.get(name, ()) for name in ("problems", "warnings", "wrong"))
        return SourceRow(row["number"], row["label"], values, tuple(problems), tuple(warnings), frozenset(wrong))

    @use_case
    def order(self, batch_id: int, *, skip_errors: bool) -> int:
        """Order the application of a long list as the user's task and return its id; raises what ``apply`` raises."""
        current_actor().require(self.permission)
        batch, refused = staff_batch.lock_ready(batch_id, kind=self.kind), Refused(skip_errors=skip_errors)
        for row in read_rows(batch, without=("values", "source", "changes")):
            refused.add(row["number"], row["problems"])
        refused.end()
        return self._order("import", "Применение загрузки", batch, total_of(batch), skip_errors=skip_errors)

    def _apply_ordered(self, work: background.Work) -> background.Outcome:
        counts = self.apply(work.parameters["batch"], skip_errors=work.parameters["skip_errors"], told=work.tell)
        return background.Outcome(f"Список {self.of_what} применён: {counts}.")

    @use_case
    def cancel(self, batch_id: int) -> None:
        """Give up a previewed list: it can no longer be applied. Raises NotFound, Forbidden, Conflict."""
        batch = staff_batch.lock_previewed(batch_id, kind=self.kind)
        write_rows(batch, ())
        batch.status = ImportStatus.CANCELLED
        record("import_batch.cancel", batch)
        db.session.flush()

    # --- undo

    @use_case
    def undo(self, batch_id: int) -> int:
        """Take an applied list back while nothing has happened to what it wrote; return how many rows were removed.

        Raises NotFound, Forbidden; Conflict with the first rows that have changed, or when the list is not applied.
        """
        current_actor().require(self.permission)
        batch = staff_batch.lock_applied(batch_id, kind=self.kind)
        self._one_after_the_other()
        with unscoped("a list is taken back whole, as it was written"):
            number = self.take_back(batch.written)
        db.session.expire_all()
        batch.status, batch.undone_at, batch.written = ImportStatus.UNDONE, now(), {}
        record("import_batch.undone", batch, {f"Удалено {self.of_what}": ("", str(number))})
        db.session.flush()
        return number

    def refuse_touched(self, since: int, whole: bool, *about: Any) -> None:
        """Raise Conflict when the journal tells something of ``about`` since its place ``since``, or not all is there."""
        entry = m.AuditEntry
        statement = select(entry.object_label).where(entry.id > since, *about).order_by(entry.id).limit(_NAMED)
        named = list(db.session.scalars(statement))
        if named or not whole:
            raise Conflict(
                "Загрузку уже нельзя отменить: после неё изменилось то, что она записала "
                f"({'; '.join(named) or 'часть удалена'}). Исправьте эти записи по одной."
            )

    @use_case
    def order_undo(self, batch_id: int) -> int:
        """Order the undoing of a long list as the user's task and return its id; raises what ``undo`` raises at once."""
        batch = staff_batch.lock_applied(batch_id, kind=self.kind)
        return self._order("undo", "Отмена загрузки", batch, total_of(batch))

    def _undo_ordered(self, work: background.Work) -> background.Outcome:
        return background.Outcome(f"Загрузка отменена: удалено {self.counted(self.undo(work.parameters['batch']))}.")

    def counted(self, number: int) -> str:
        """«12 чеков»."""
        raise NotImplementedError

    # --- the file with comments

    def marked_file(self, batch_id: int) -> tuple[str, bytes]:
        """Name and bytes of the file with its errors as comments; raises NotFound, Forbidden, Conflict."""
        return staff_marks.marked(self.load(batch_id))

    def order_marked(self, batch_id: int) -> int:
        """Order the file of a long list as the user's task and return its id; raises NotFound, Forbidden, Conflict."""
        batch = self.load(batch_id)
        uploads.read(batch)
        return self._order("marks", "Файл с пометками", batch, total_of(batch))

    def _mark_ordered(self, work: background.Work) -> background.Outcome:
        name, data = self.marked_file(work.parameters["batch"])
        work.new_file(".xlsx").write_bytes(data)
        return background.Outcome("Файл готов: в ячейках с ошибками и замечаниями — примечания.", name, uploads.XLSX)


@contextmanager
def _as_invalid() -> Iterator[None]:
    try:
        yield
    except FileRejected as refusal:
        raise Invalid(str(refusal)) from refusal


def _as_json(plan: ListPlan[Any], *, with_values: bool, about: tuple[str, int] | None = None) -> dict[str, Any]:
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
        told = {"problems": source.problems, "warnings": source.warnings, "wrong": sorted(source.wrong)}
        row["source"] = {name: list(items) for name, items in told.items()}
        row["values"] = source.values.as_json()
    elif about is not None:
        row["objects"] = [list(about)]
    return row


def _last_entry() -> int:
    with unscoped("the journal's place before a list is applied"):
        return db.session.scalar(select(func.coalesce(func.max(m.AuditEntry.id), 0))) or 0
