"""The list as the user sees it, as an Excel file: a short one at once, a long one as a task of the user."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flask import current_app, flash, redirect
from flask_appbuilder import expose

from app import addresses, audit, shown
from app.clock import now
from app.documents import doors
from app.documents.sheets.spreadsheet import Kind, SheetColumn
from app.errors import NotFound
from app.russian import count
from app.services.tasks import background
from app.web.frame.downloads import download_written
from app.web.frame.guards import guarded
from app.web.frame.list_filters import described
from app.web.frame.list_query import ListQuery
from app.web.frame.listing import ListColumn
from app.web.frame.view_base import ViewBase

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: rows that are written while the user waits
AT_ONCE = 5000
#: kind of the task that writes more
EXPORT = "export"


class ExportPages(ViewBase):
    """Route ``export``."""

    @expose("/export/")
    @guarded("export")
    def export(self) -> Any:
        """The list as it is seen (scope, filters, order, columns) as an Excel file; written to the journal."""
        query = self.listing.read()
        total = self.listing.count(query)
        filters = described(self.listing, query)
        if total > AT_ONCE:
            return self._order_export(query, total, filters)
        columns = self.listing.visible_columns()
        return download_written(self.file_name(), XLSX, lambda path: self.write_list(path, query, columns, filters))

    def _order_export(self, query: ListQuery, total: int, filters: str) -> Any:
        asked = {name: str(value) for name, value in query.parameters().items()}
        columns = [column.name for column in self.listing.visible_columns()]
        background.submit(
            EXPORT,
            f"Выгрузка в Excel: {self.words.plural.lower()}" + (f" ({filters})" if query.narrows else ""),
            {"table": self.table, "query": asked, "filters": filters, "columns": columns},
            total=total,
            permission=f"{self.table}:export",
        )
        flash(
            f"В списке {count(total, 'строка', 'строки', 'строк')}: портал готовит файл, здесь видно, сколько готово."
        )
        return redirect(addresses.TASKS)

    def do_export(self, work: background.Work) -> background.Outcome:
        """Write an ordered list with the rows that the user sees now."""
        asked = work.parameters
        query = ListQuery.read(asked["query"], [f.name for f in self.listing.filters], self.listing.sortable)
        columns = self.listing.columns_of(asked["columns"])
        number = self.write_list(work.new_file(".xlsx"), query, columns, asked["filters"], work)
        return background.Outcome(f"В файле {count(number, 'строка', 'строки', 'строк')}.", self.file_name(), XLSX)

    def file_name(self) -> str:
        """Name of the downloaded file."""
        return f"{self.words.plural} {now():%d.%m.%Y}.xlsx"

    def write_list(
        self,
        path: Path,
        query: ListQuery,
        columns: Sequence[ListColumn],
        filters: str,
        work: background.Work | None = None,
    ) -> int:
        """Write the rows of the query to ``path`` and return their number; with ``work`` tell the progress. Needs no request."""
        found = self.listing.iterate(query)
        rows = ([_exported(c, row) for c in columns] for row in (work.counted(found) if work else found))
        heads = [SheetColumn(c.label, self._sheet_kind(c), 28) for c in columns]
        title = self.words.plural
        return doors.table(path, of=(self.table, title), title=title, columns=heads, rows=rows, filters=filters)

    def _sheet_kind(self, column: Any) -> Kind:
        mapped = self.listing.mapper.columns.get(column.name)
        kind = mapped.type.python_type.__name__ if mapped is not None and column.name != "changes" else "str"
        kinds: dict[str, Kind] = {"int": "int", "date": "date", "datetime": "datetime"}
        return kinds.get(kind, "text")


def _export(work: background.Work) -> background.Outcome:
    return _view_of(work.parameters["table"]).do_export(work)


def _view_of(table: str) -> ExportPages:
    views = current_app.appbuilder.baseviews  # type: ignore[attr-defined]
    found = next((v for v in views if isinstance(v, ExportPages) and v.table == table), None)
    if found is None:
        raise NotFound("Такого списка в портале больше нет.")
    return found


background.KINDS[EXPORT] = background.Kind(_export, changes_data=False)


def _exported(column: Any, row: Any) -> Any:
    value = column.value(row)
    if shown.kind_of(column.name) is not None:
        return shown.end(column.name, value)
    if isinstance(value, int | float) or hasattr(value, "isoformat"):
        return audit.words(value) if isinstance(value, bool) else value
    return audit.words(value)
