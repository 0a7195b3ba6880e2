"""The list as it is seen, as an Excel file."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from flask import send_file
from flask_appbuilder import expose

from app import audit
from app.access import current_actor
from app.clock import now
from app.documents.spreadsheet import Kind, SheetColumn, write_sheet
from app.russian import format_datetime
from app.unit_of_work import technical_write
from app.web.guards import guarded
from app.web.view_base import ViewBase

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ExportPages(ViewBase):
    """Route ``export``."""

    @expose("/export/")
    @guarded("export")
    def export(self) -> Any:
        """The list as it is seen (scope, filters, order, columns) as an Excel file; written to the journal."""
        query = self.listing.read()
        total = self.listing.count(query)
        filters = self.listing.described(query)
        self._journal_export(total, filters)
        path = Path(tempfile.mkdtemp(prefix="portal-export-")) / "list.xlsx"
        try:
            self._write(path, query, total, filters)
            name = f"{self.words.plural} {now():%d.%m.%Y}.xlsx"
            # the open file outlives its name, so nothing stays on the disk when the download breaks off
            return send_file(path.open("rb"), as_attachment=True, download_name=name, mimetype=_XLSX)
        finally:
            path.unlink(missing_ok=True)
            path.parent.rmdir()

    def _write(self, path: Path, query: Any, total: int, filters: str) -> None:
        columns = self.listing.columns
        notes = [
            f"Выгрузил: {current_actor().name}",
            f"Когда: {format_datetime(now())}",
            f"Отборы: {filters}",
        ]
        rows = ([_exported(c, row) for c in columns] for row in self.listing.iterate(query))
        heads = [SheetColumn(c.label, self._sheet_kind(c), 28) for c in columns]
        write_sheet(path, title=self.words.plural, columns=heads, rows=rows, notes=notes)

    def _sheet_kind(self, column: Any) -> Kind:
        mapped = self.listing.mapper.columns.get(column.name)
        kind = mapped.type.python_type.__name__ if mapped is not None and column.name != "changes" else "str"
        kinds: dict[str, Kind] = {"int": "int", "date": "date", "datetime": "datetime"}
        return kinds.get(kind, "text")

    @technical_write
    def _journal_export(self, total: int, filters: str) -> None:
        audit.write(
            f"{self.table}.exported",
            self.table,
            None,
            self.words.plural,
            {"Строк": ("", str(total)), "Отборы": ("", filters)},
        )


def _exported(column: Any, row: Any) -> Any:
    value = column.value(row)
    if column.name.endswith("snils"):
        return audit.words(value, "snils")
    if isinstance(value, int | float) or hasattr(value, "isoformat"):
        return audit.words(value) if isinstance(value, bool) else value
    return audit.words(value)
