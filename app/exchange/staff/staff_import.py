"""Import of a staff list: cards, places of work and diplomas of the acting user's people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app import models as m
from app.access import current_actor
from app.audit import record
from app.clock import today
from app.exchange import guard
from app.exchange.columns import LEFT_ASIDE
from app.exchange.engine import kept_batch, uploads
from app.exchange.engine.list_import import ListImport, as_invalid
from app.exchange.engine.list_kind import Told
from app.exchange.engine.list_plan import SourceRow, UndoneCounts
from app.exchange.engine.list_sheet import ReadList
from app.exchange.reader import Sheet, read_workbook
from app.exchange.sheet_notices import skipped_rows
from app.exchange.staff import staff_headings, staff_undo, staff_write
from app.exchange.staff.staff_columns import ALL_COLUMNS, BY_NAME
from app.exchange.staff.staff_known import Reach, Reference, find_reach, load_reference, load_register
from app.exchange.staff.staff_list import parse_staff_list
from app.exchange.staff.staff_plan import StaffPlan, plan_rows
from app.exchange.staff.staff_row import StaffValues
from app.exchange.staff.staff_sample import build_staff_sample
from app.unit_of_work import use_case


@dataclass(frozen=True, slots=True)
class Ground:
    """How far the user's right goes, the directories within, and which field a title means beside the usual ones."""

    reach: Reach
    reference: Reference
    meaning: Mapping[str, str]


class StaffImport(ListImport[StaffValues | None, StaffPlan, Ground]):
    """Staff lists; a school may say once what the columns of its own lists mean."""

    kind = "staff"
    permission = "employee:import"
    # two lists may hold the same new person without a СНИЛС
    lock = 373_0207
    columns = ALL_COLUMNS
    values = StaffValues
    named = "Список"
    updates = True
    counted = (
        "создано — {created}, обновлено — {updated}, без изменений — {unchanged}, пропущено с ошибками — {skipped}"
    )

    def sample(self) -> bytes:
        """The empty form of the list; its cells offer the user's organizations, positions, subjects, levels of education."""
        current_actor().require(self.permission)
        names = load_reference(find_reach(), today=today()).directories
        choices = {
            "organization": [entry.name for entry in names.organizations] if names.is_own else [],
            "position": [entry.name for entry in names.positions],
            "subjects": [entry.name for entry in names.subjects],
            "education_level": [entry.name for entry in names.education_levels],
        }
        return build_staff_sample(choices=choices)

    def ground(self, meaning: Mapping[str, str]) -> Ground:
        """Read the user's reach, the directories and what headings mean in the organization."""
        reach = find_reach()
        return Ground(reach, load_reference(reach, today=today()), {**staff_headings.known(reach), **meaning})

    def read(self, sheets: Sequence[Sheet], ground: Ground, told: Told) -> ReadList[StaffValues | None]:
        """Read the people out of a workbook; raises `FileRejected`, `ColumnsMissing`."""
        directories = ground.reference.directories
        found = parse_staff_list(sheets, directories, today=today(), headings=ground.meaning, told=told)
        notices = (*found.notices, *skipped_rows(found.skipped_rows))
        return ReadList(found.sheet_name, found.rows, notices, headings=found.headings)

    def values_of(self, kept: Mapping[str, Any] | None) -> StaffValues | None:
        """The values of a row out of JSONB; a row with errors has none."""
        return super().values_of(kept) if kept else None

    def plan(
        self,
        rows: Sequence[SourceRow[StaffValues | None]],
        ground: Ground,
        letters: Mapping[str, str],
        *,
        locks: bool,
    ) -> Iterator[StaffPlan]:
        """Plan the rows in their order against the cards."""
        register = load_register([row.values for row in rows if row.values], lock=locks)
        return plan_rows(rows, register, reference=ground.reference, reach=ground.reach, today=today())

    def store(self, plans: Sequence[StaffPlan], written: dict[str, Any]) -> None:
        """Write the cards, places of work and diplomas of some rows; raises Forbidden."""
        staff_write.store(plans, written)

    def take_back(self, batch: m.ImportBatch, told: Told) -> UndoneCounts:
        """Delete what was created and give what was changed its former values."""
        return staff_undo.take_back(batch, told)

    # --- words

    def task(self, work: str) -> str:
        """Code of a task, as it is kept in orders of earlier versions."""
        return "import" if work == "import" else f"import_{work}"

    def undone_words(self, counts: UndoneCounts) -> str:
        """«удалено записей — 9, возвращены прежние сведения — 0»."""
        return f"удалено записей — {counts.deleted}, возвращены прежние сведения — {counts.restored}"

    def undone_changes(self, counts: UndoneCounts) -> dict[str, tuple[str, str]]:
        """The same for the journal."""
        return {"Итог": ("", self.undone_words(counts))}

    # --- what columns mean

    def explain_columns(self, batch_id: int, chosen: Mapping[str, str]) -> m.ImportBatch:
        """Say which field each title means (``chosen``: title → field, «-» or empty: left aside) and read the list again.

        The meaning is remembered for the organization. Raises NotFound, Forbidden, Invalid by the choice, Conflict when the
        list is applied or its file is kept no longer.
        """
        current_actor().require(self.permission)
        batch = self.load(batch_id)
        meaning = staff_headings.check(chosen)
        data = uploads.read(batch)
        rows = guard.estimate_rows(data)
        if rows > self.checked_at_once:
            return self._explain_later(batch_id, meaning, min(rows, guard.MAX_DATA_ROWS))
        with as_invalid():
            return self._explain(batch_id, meaning, read_workbook(data))

    @use_case
    def _explain(self, batch_id: int, meaning: dict[str, str], sheets: list[Sheet]) -> m.ImportBatch:
        batch = self._remember(batch_id, meaning)
        self._fill(batch, sheets, meaning)
        return batch

    @use_case
    def _explain_later(self, batch_id: int, meaning: dict[str, str], rows: int) -> m.ImportBatch:
        batch = self._remember(batch_id, meaning)
        self._order_check(batch, rows, meaning)
        return batch

    def _remember(self, batch_id: int, meaning: Mapping[str, str]) -> m.ImportBatch:
        batch = kept_batch.lock(self.load(batch_id), kept_batch.insist_previewed)
        staff_headings.remember(find_reach(), meaning)
        said = {f"Столбец «{key}»": ("", _title_of(field)) for key, field in meaning.items()}
        if kept_batch.headings_of(batch):
            record("import_batch.updated", batch, said)
        return batch


def _title_of(field: str) -> str:
    return "не загружать" if field == LEFT_ASIDE else BY_NAME[field].title


STAFF = StaffImport()
STAFF.register()
