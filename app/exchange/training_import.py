"""Import of trainings outside the portal since 2010 (order § 1.4): history that waits for scans and confirmations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import and_, delete, select

from app import models as m
from app.access import current_actor
from app.audit import record, write
from app.clock import today
from app.exchange.list_import import ListImport, Told
from app.exchange.list_plan import SourceRow
from app.exchange.list_sheet import ReadList
from app.exchange.reader import Sheet
from app.exchange.sample import build_sample
from app.exchange.training_columns import COLUMNS
from app.exchange.training_list import TrainingValues, parse_training_list
from app.exchange.training_plan import Known, TrainingPlan, load_known, plan_rows
from app.extensions import db
from app.russian import count, format_date
from app.statuses import PastDocument, ProgramKind, TrainingSource

_FACTS = (
    "title", "kind", "institution", "city", "hours", "started_on", "ended_on", "document_kind", "document_number", "issued_on",
)  # fmt: skip


class TrainingImport(ListImport[TrainingValues, TrainingPlan, Known]):
    """Lists of trainings of own people."""

    kind = "training"
    lock = 373_0211
    of_what = "пройденных курсов"

    def sample(self) -> bytes:
        """The empty form of the list with an invented example; raises Forbidden."""
        current_actor().require(self.permission)
        papers = [kind.label.split(" ")[0].rstrip(",") for kind in PastDocument]
        choices = {"kind": [kind.label for kind in ProgramKind], "document_kind": [*papers, "сертификат"]}
        return build_sample(columns=COLUMNS, choices=choices)

    def read(self, sheets: Sequence[Sheet], told: Told) -> ReadList[TrainingValues]:
        """Read the trainings out of a workbook; raises `FileRejected`."""
        return parse_training_list(sheets, today=today(), told=told)

    def values_of(self, kept: Mapping[str, Any]) -> TrainingValues:
        """The values of a row out of JSONB."""
        return TrainingValues.from_json(kept)

    def load_known(self, listed: Iterable[TrainingValues]) -> Known:
        """Read the people and what is known of their courses."""
        return load_known(list(listed))

    def plan(
        self, rows: Iterable[SourceRow[TrainingValues]], known: Known, letters: Mapping[str, str]
    ) -> Iterator[TrainingPlan]:
        """Plan the rows in the order of the file."""
        return plan_rows(rows, known, letters)

    def store(self, plans: Sequence[TrainingPlan], written: dict[str, list[int]]) -> dict[int, tuple[str, int]]:
        """Insert the trainings of some rows; each waits for its scan."""
        user_id = current_actor().user_id
        made = {
            plan.source.number: m.Training(
                employee_id=plan.employee_id,
                source=TrainingSource.LIST,
                entered_by_id=user_id,
                **{name: getattr(plan.source.values, name) for name in _FACTS},
            )
            for plan in plans
        }
        db.session.add_all(made.values())
        db.session.flush()
        for row in made.values():
            record("training.imported", row, {"Окончание": ("", format_date(row.ended_on))})
        written.setdefault("training", []).extend(row.id for row in made.values())
        return {number: ("training", row.id) for number, row in made.items()}

    def take_back(self, written: Mapping[str, Any]) -> int:
        """Remove the trainings of a list that nobody has touched: no scan, no correction, no decision."""
        ids, entry = written.get("training", []), m.AuditEntry
        statement = select(m.Training).where(m.Training.id.in_(ids)).order_by(m.Training.id).with_for_update()
        rows = list(db.session.scalars(statement.execution_options(populate_existing=True)))
        about = and_(entry.object_table == "training", entry.object_id.in_(ids), entry.action != "training.imported")
        self.refuse_touched(written["entry"], len(rows) == len(ids), about)
        for row in rows:
            write("training.deleted", "training", row.id, str(row))
        db.session.execute(
            delete(m.Training).where(m.Training.id.in_(ids)).execution_options(synchronize_session=False)
        )
        return len(ids)

    def counted(self, number: int) -> str:
        """«12 пройденных курсов»."""
        return count(number, "пройденный курс", "пройденных курса", "пройденных курсов")


TRAININGS = TrainingImport()
TRAININGS.register()
