"""Import of trainings outside the portal since 2010 (order § 1.4): history that waits for scans and confirmations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import and_, delete, select

from app import models as m
from app.access import current_actor
from app.audit import record, write
from app.clock import today
from app.exchange.engine.list_import import ListImport
from app.exchange.engine.list_kind import Told
from app.exchange.engine.list_people import refuse_touched
from app.exchange.engine.list_plan import SourceRow, UndoneCounts
from app.exchange.engine.list_sheet import ReadList
from app.exchange.reader import Sheet
from app.exchange.sample import build_sample
from app.exchange.trainings.training_columns import COLUMNS
from app.exchange.trainings.training_list import TrainingValues, parse_training_list
from app.exchange.trainings.training_plan import TrainingPlan, load_known, plan_rows
from app.extensions import db
from app.russian import format_date
from app.statuses import PastDocument, ProgramKind, TrainingSource

_FACTS = (
    "title", "kind", "institution", "city", "hours", "started_on", "ended_on", "document_kind", "document_number", "issued_on",
)  # fmt: skip


class TrainingImport(ListImport[TrainingValues, TrainingPlan, None]):
    """Lists of trainings of own people."""

    kind = "training"
    permission = "training:import"
    lock = 373_0211
    columns = COLUMNS
    values = TrainingValues
    named = "Список пройденных курсов"
    noun = ("пройденный курс", "пройденных курса", "пройденных курсов")

    def sample(self) -> bytes:
        """The empty form of the list with an invented example; raises Forbidden."""
        current_actor().require(self.permission)
        papers = [kind.label.split(" ")[0].rstrip(",") for kind in PastDocument]
        choices = {"kind": [kind.label for kind in ProgramKind], "document_kind": [*papers, "сертификат"]}
        return build_sample(columns=COLUMNS, choices=choices)

    def read(self, sheets: Sequence[Sheet], ground: None, told: Told) -> ReadList[TrainingValues]:
        """Read the trainings out of a workbook; raises `FileRejected`."""
        return parse_training_list(sheets, today=today(), told=told)

    def plan(
        self, rows: Sequence[SourceRow[TrainingValues]], ground: None, letters: Mapping[str, str], *, locks: bool
    ) -> Iterator[TrainingPlan]:
        """Plan the rows in their order against the people and what is known of them."""
        known = load_known([row.values for row in rows])
        return plan_rows(rows, known, letters)

    def store(self, plans: Sequence[TrainingPlan], written: dict[str, Any]) -> None:
        """Insert the trainings of some rows; each waits for its scan."""
        user_id = current_actor().user_id
        made = [
            m.Training(
                employee_id=plan.employee_id,
                source=TrainingSource.LIST,
                entered_by_id=user_id,
                **{name: getattr(plan.source.values, name) for name in _FACTS},
            )
            for plan in plans
        ]
        db.session.add_all(made)
        db.session.flush()
        for plan, row in zip(plans, made, strict=True):
            plan.objects.append(("training", row.id))
            record("training.imported", row, {"Окончание": ("", format_date(row.ended_on))})
        written.setdefault("training", []).extend(row.id for row in made)

    def take_back(self, batch: m.ImportBatch, told: Told) -> UndoneCounts:
        """Remove the trainings of a list that nobody has touched: no scan, no correction, no decision."""
        ids, entry = batch.written.get("training", []), m.AuditEntry
        statement = select(m.Training).where(m.Training.id.in_(ids)).order_by(m.Training.id).with_for_update()
        rows = list(db.session.scalars(statement.execution_options(populate_existing=True)))
        about = and_(entry.object_table == "training", entry.object_id.in_(ids), entry.action != "training.imported")
        refuse_touched(batch, len(rows) == len(ids), about)
        for row in rows:
            write("training.deleted", "training", row.id, str(row))
        db.session.execute(
            delete(m.Training).where(m.Training.id.in_(ids)).execution_options(synchronize_session=False)
        )
        return UndoneCounts(len(ids))


TRAININGS = TrainingImport()
TRAININGS.register()
