"""The file of a kept list given back with its errors and warnings as comments in the cells."""

from __future__ import annotations

from collections.abc import Iterator

from app import models as m
from app.access import current_actor
from app.errors import Conflict
from app.exchange import uploads
from app.exchange.annotated import annotate
from app.exchange.columns import CellError
from app.exchange.staff_batch import PERMISSION, PreviewRow, cell_of, load, read_rows, to_preview, total_of
from app.services.tasks import background

#: rows whose file is made while the user waits
MARKED_AT_ONCE = 1_000
#: kind of the task that makes more
MARK = "import_marks"


def marked_file(batch_id: int) -> tuple[str, bytes]:
    """Name and bytes of the file with comments. Raises NotFound, Forbidden, Conflict without errors or without the file."""
    current_actor().require(PERMISSION)
    return marked(load(batch_id))


def marked(batch: m.ImportBatch) -> tuple[str, bytes]:
    """The same of a batch of any kind that the caller has loaded within the actor's scope."""
    data = uploads.read(batch)
    errors, warnings = (list(_cells(batch, field)) for field in ("problems", "warnings"))
    if not errors and not warnings:
        raise Conflict("В списке нет ни ошибок, ни замечаний: отмечать нечего.")
    return _name(batch), annotate(data, sheet_name=batch.summary.get("sheet", ""), errors=errors, warnings=warnings)


def is_long(batch: m.ImportBatch) -> bool:
    """Whether its marked file is made by a task."""
    return total_of(batch) > MARKED_AT_ONCE


def order_marked(batch_id: int) -> int:
    """Order the file of a long list as the user's task and return its id; raises NotFound, Forbidden, Conflict."""
    current_actor().require(PERMISSION)
    batch = load(batch_id)
    uploads.read(batch)
    title = f"Файл с пометками: {batch.file_name}"
    given = {"batch": batch.id}
    return background.submit(MARK, title, given, total=total_of(batch), permission=PERMISSION)


def _mark_ordered(work: background.Work) -> background.Outcome:
    name, data = marked_file(work.parameters["batch"])
    work.new_file(".xlsx").write_bytes(data)
    return background.Outcome("Файл готов: в ячейках с ошибками и замечаниями — примечания.", name, uploads.XLSX)


background.KINDS[MARK] = background.Kind(_mark_ordered, changes_data=False)


def _cells(batch: m.ImportBatch, field: str) -> Iterator[CellError]:
    for raw in read_rows(batch, without=("values", "source", "changes", "objects")):
        row: PreviewRow = to_preview({**raw, "changes": []})
        for sentence in getattr(row, field):
            yield cell_of(row, sentence)


def _name(batch: m.ImportBatch) -> str:
    return f"{batch.file_name.removesuffix('.xlsx')} — с пометками.xlsx"
