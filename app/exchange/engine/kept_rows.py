"""The rows of a stored list: written and read in portions, found for a page of the preview, shown in words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, column, func, literal, or_, select, text, true
from sqlalchemy.dialects.postgresql import JSONB

from app import models as m
from app.errors import Conflict
from app.exchange.annotated import annotate
from app.exchange.columns import CellError
from app.exchange.engine import uploads
from app.exchange.engine.error_kinds import ADDRESS
from app.exchange.engine.kept_batch import ACTIONS, notices_of, summary_of
from app.exchange.engine.kept_values import to_json
from app.exchange.engine.list_plan import Action, ReadRow, RowPlan, SourceRow, V
from app.extensions import db
from app.russian import quoted
from app.text import cleaned
from app.text.sql import holds_words

#: rows that are read or written at a time
_STREAM = 500


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A row of the file as the preview shows it; all texts are Russian sentences without a full stop.

    ``sheet`` is named only when the file holds several lists.
    """

    number: int
    label: str
    action: Action
    changes: list[str]
    problems: list[str]
    warnings: list[str]
    sheet: str = ""

    @property
    def place(self) -> str:
        """«Строка 12» or «Строка 12 листа „Совместители“»."""
        return f"Строка {self.number} листа „{self.sheet}“" if self.sheet else f"Строка {self.number}"


# --- reading and writing ---------------------------------------------------------------------------------------------


def rows_of(batch: m.ImportBatch) -> list[PreviewRow]:
    """Return all rows of the file in their order."""
    return [_to_preview(row) for row in read_rows(batch, without=("values", "source"))]


def read_rows(batch: m.ImportBatch, *, without: Sequence[str] = ()) -> Iterator[Mapping[str, Any]]:
    """Pass on the kept rows without some of their keys; they are never all in memory."""
    statement, item = _rows(batch, without)
    yield from db.session.scalars(statement.order_by(item.c.place).execution_options(yield_per=_STREAM))


def _rows(batch: m.ImportBatch, without: Sequence[str]) -> tuple[Select[Any], Any]:
    item = (
        func.jsonb_array_elements(m.ImportBatch.rows, type_=JSONB)
        .table_valued(column("value", JSONB), with_ordinality="place", name="item")
        .render_derived()
    )
    row: ColumnElement[Any] = item.c.value
    for name in without:
        row = row.op("-", return_type=JSONB())(literal(name, Text))
    return select(row).select_from(m.ImportBatch).join(item, true()).where(m.ImportBatch.id == batch.id), item


def write_rows(batch: m.ImportBatch, rows: Iterable[Mapping[str, Any]]) -> None:
    """Store the rows of a batch that has its id.

    Those of a long list are put together by the database from portions: as one value they would be in memory several times.
    """
    waiting = iter(rows)
    first = list(islice(waiting, _STREAM))
    if len(first) < _STREAM:
        batch.rows = first
        db.session.flush()
        return
    db.session.execute(text("CREATE TEMP TABLE import_portion (id serial, part jsonb) ON COMMIT DROP"))
    insert = text("INSERT INTO import_portion (part) VALUES (CAST(:part AS jsonb))")
    part = first
    while part:
        db.session.execute(insert, {"part": json.dumps(part, ensure_ascii=False, separators=(",", ":"))})
        part = list(islice(waiting, _STREAM))
    db.session.execute(text(_TOGETHER), {"id": batch.id})
    db.session.execute(text("DROP TABLE import_portion"))
    db.session.expire(batch, ["rows"])


_TOGETHER = """
UPDATE import_batch SET rows =
 (SELECT jsonb_agg(row ORDER BY p.id, place) FROM import_portion p, jsonb_array_elements(p.part) WITH ORDINALITY AS e(row, place))
WHERE id = :id
"""


# --- rows as JSON ----------------------------------------------------------------------------------------------------


def source_of(row: ReadRow[V]) -> SourceRow[V]:
    """A row that was read, with its problems in words."""
    problems, warnings = (tuple(map(_cell_sentence, said)) for said in (row.errors, row.warnings))
    return SourceRow(row.number, row.label, row.values, problems, warnings, row.wrong, row.sheet)


def _cell_sentence(error: CellError) -> str:
    """«I12, Должность: …»; a column that the file does not have is named without an address."""
    where = f"{error.address}, " if error.column else ""
    return f"{where}{error.title}: {error.message}"


def source_from(row: Mapping[str, Any], values: V) -> SourceRow[V]:
    """A row as it was read, from its JSON; a batch that was checked before ``wrong`` was kept knows nothing of it."""
    problems, warnings, wrong = (row["source"].get(name, ()) for name in ("problems", "warnings", "wrong"))
    sheet = row.get("sheet", "")
    return SourceRow(row["number"], row["label"], values, tuple(problems), tuple(warnings), frozenset(wrong), sheet)


def as_json(plan: RowPlan[Any], codes: Sequence[str], *, applied: bool) -> dict[str, Any]:
    """A row for JSONB with the ``codes`` of its kinds of errors.

    The file's own problems and warnings are kept apart, because only they hold at the application. What it said is kept no longer.
    """
    source = plan.source
    row = {name: getattr(plan, name) for name in ("action", "changes", "problems", "warnings")}
    row |= {"number": source.number, "label": source.label}
    if source.sheet:
        row["sheet"] = source.sheet
    if codes:
        row["kinds"] = codes
    if applied:
        return {**row, "objects": list(plan.objects)}
    told = {"problems": source.problems, "warnings": source.warnings, "wrong": sorted(source.wrong)}
    return {**row, "source": told, "values": to_json(source.values)}


# --- the preview -----------------------------------------------------------------------------------------------------


def page_of(
    batch: m.ImportBatch, *, action: str = "", kind: str = "", search: str = "", first: int = 0, most: int = 100
) -> tuple[list[PreviewRow], int]:
    """Return rows number ``first`` and on of those that fit, and how many fit; the rest is not read into memory."""
    statement, item = _rows(batch, ("values", "source", "objects"))
    statement = statement.add_columns(func.count().over()).where(*_wanted(item.c.value, action, kind, search))
    found = db.session.execute(statement.order_by(item.c.place).offset(first).limit(most)).all()
    return [_to_preview(raw) for raw, _ in found], found[0][1] if found else 0


def _wanted(row: Any, action: str, kind: str, search: str) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if action in ACTIONS:
        wanted.append(row["action"].astext == action)
    if kind:
        wanted.append(row["kinds"].has_key(kind))
    if asked := cleaned(search)[:100]:
        wanted.append(or_(holds_words([row["label"].astext], asked), row["number"].astext == asked))
    return wanted


def _to_preview(row: Mapping[str, Any]) -> PreviewRow:
    return PreviewRow(**{name: row[name] for name in PreviewRow.__dataclass_fields__ if name in row})


def describe(batch: m.ImportBatch) -> list[str]:
    """Return lines for a terminal: the totals, what was not read, and each row that changes, fails or is doubtful."""
    totals = ", ".join(f"{word} — {number}" for word, number, _ in summary_of(batch))
    lines = [f"Файл {quoted(batch.file_name)}: {totals}.", *notices_of(batch)]
    for row in rows_of(batch):
        details = [*row.problems, *(row.changes if row.action == "update" else ()), *row.warnings]
        if details:
            lines.append(f"{row.place}, {row.label} — {ACTIONS[row.action][0]}: {'; '.join(details)}.")
    return lines


# --- the file with comments ------------------------------------------------------------------------------------------


def marked_file(batch: m.ImportBatch) -> tuple[str, bytes]:
    """Name and bytes of the file of a loaded batch with its errors and warnings as comments in the cells; raises Conflict."""
    data = uploads.read(batch)
    errors, warnings = (list(_cells(batch, field)) for field in ("problems", "warnings"))
    if not errors and not warnings:
        raise Conflict("В списке нет ни ошибок, ни замечаний: отмечать нечего.")
    name = f"{batch.file_name.removesuffix('.xlsx')} — с пометками.xlsx"
    return name, annotate(data, sheet_name=batch.summary.get("sheet", ""), errors=errors, warnings=warnings)


def _cells(batch: m.ImportBatch, field: str) -> Iterator[CellError]:
    for row in read_rows(batch, without=("values", "source", "changes", "objects")):
        for sentence in row[field]:
            yield _cell_of(row, sentence)


def _cell_of(row: Mapping[str, Any], sentence: str) -> CellError:
    """The cell that a kept sentence is about; one about the whole row has no column."""
    match, sheet = ADDRESS.match(sentence), row.get("sheet", "")
    if match is None:
        return CellError(row["number"], "A", "", "", sentence, sheet)
    return CellError(int(match[2]), match[1], "", "", sentence[match.end() :].partition(": ")[2], sheet)
