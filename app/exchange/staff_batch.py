"""A kept staff list (``ImportBatch``): what is read from it by the page, and its rows as JSON and back."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal, Protocol

from sqlalchemy import ColumnElement, Select, Text, column, func, literal, or_, select, text, true
from sqlalchemy.dialects.postgresql import JSONB

from app import models as m
from app.access import get_visible
from app.errors import Conflict, NotFound
from app.exchange.columns import CellError
from app.exchange.staff_columns import ALL_COLUMNS
from app.exchange.staff_plan import Action, RowPlan, SourceRow
from app.exchange.staff_row import StaffRow, StaffValues
from app.exchange.training_columns import COLUMNS as TRAINING_COLUMNS
from app.exchange.voucher_columns import COLUMNS as VOUCHER_COLUMNS
from app.extensions import db
from app.russian import format_datetime, quoted
from app.statuses import ImportStatus
from app.text import cleaned
from app.text.sql import holds_words

PERMISSION = "employee:import"
#: kind of a batch → the right that it needs; a batch of one kind does not exist for the pages of another
PERMISSIONS: Mapping[str, str] = {"staff": PERMISSION, "voucher": "voucher:import", "training": "training:import"}
#: actions in the order of the screen: word, tone
ACTIONS: Mapping[Action, tuple[str, str]] = {
    "create": ("создать", "ok"),
    "update": ("обновить", "go"),
    "unchanged": ("без изменений", "grey"),
    "error": ("ошибка", "bad"),
}
#: what a batch is waiting for, in its summary: to be read by a task, or to be told what its columns mean
State = Literal["", "waiting", "columns"]

_MISSING = "Такой загрузки нет или она вам не видна."
_DATES = ("birth_date", "teaching_since", "position_since")
_ADDRESS = re.compile(r"^([A-Z]{1,3})(\d+), ")
_TITLES = frozenset(column.title for column in (*ALL_COLUMNS, *VOUCHER_COLUMNS, *TRAINING_COLUMNS))
#: kinds offered as filters
_MOST_KINDS = 40
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


@dataclass(frozen=True, slots=True)
class Kind:
    """Errors (or warnings) of one kind: ``code`` names it in an address, ``rows`` is how many rows have it."""

    code: str
    words: str
    is_error: bool
    rows: int


# --- reading a batch -------------------------------------------------------------------------------------------------


def load(batch_id: int, *, kind: str = "staff") -> m.ImportBatch:
    """Return a batch of the acting user (the operator sees all); raises NotFound, Forbidden."""
    batch = get_visible(db.session, m.ImportBatch, batch_id, PERMISSIONS[kind])
    if batch.kind != kind:
        raise NotFound(_MISSING)
    return batch


def lock_previewed(batch_id: int, *, kind: str = "staff") -> m.ImportBatch:
    """Lock a batch that waits for application, so that a second click waits for the first and is then refused."""
    batch = lock(batch_id, kind=kind)
    if batch.status == ImportStatus.APPLIED:
        when = f" {format_datetime(batch.applied_at)}" if batch.applied_at else ""
        raise Conflict(f"Этот список уже применён{when}. Чтобы внести новые изменения, загрузите файл снова.")
    if batch.status != ImportStatus.PREVIEWED:
        raise Conflict("Загрузка этого списка отменена. Чтобы применить список, загрузите файл снова.")
    return batch


def lock_applied(batch_id: int, *, kind: str = "staff") -> m.ImportBatch:
    """Lock a batch that can be undone; raises NotFound, Forbidden, Conflict when it is not applied or is kept no longer."""
    batch = lock(batch_id, kind=kind)
    if batch.status == ImportStatus.UNDONE:
        when = f" {format_datetime(batch.undone_at)}" if batch.undone_at else ""
        raise Conflict(f"Эта загрузка уже отменена{when}.")
    if batch.status != ImportStatus.APPLIED:
        raise Conflict("Отменить можно только применённую загрузку.")
    if not batch.written:
        raise Conflict(
            "Сведения для отмены этой загрузки уже не хранятся. Исправьте карточки или загрузите верный список."
        )
    return batch


def lock_ready(batch_id: int, *, kind: str = "staff") -> m.ImportBatch:
    """Lock a batch that can be applied; raises NotFound, Forbidden, Conflict."""
    batch = lock_previewed(batch_id, kind=kind)
    if state_of(batch) == "waiting":
        raise Conflict("Файл ещё проверяется. Дождитесь проверки и примените список.")
    if state_of(batch) == "columns":
        raise Conflict("Не все обязательные столбцы распознаны. Укажите, что они значат, и примените список.")
    return batch


def lock(batch_id: int, *, kind: str = "staff") -> m.ImportBatch:
    """Lock a batch that the acting user sees; raises NotFound, Forbidden."""
    load(batch_id, kind=kind)
    statement = select(m.ImportBatch).where(m.ImportBatch.id == batch_id).with_for_update()
    batch: m.ImportBatch | None = db.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if batch is None:
        raise NotFound(_MISSING)
    return batch


def state_of(batch: m.ImportBatch) -> State:
    """What the batch waits for; empty: nothing, its rows are there."""
    found: State = batch.summary.get("state", "")
    return found


def rows_of(batch: m.ImportBatch) -> list[PreviewRow]:
    """Return all rows of the file in their order."""
    return [to_preview(row) for row in read_rows(batch, without=("values", "source"))]


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


def page_of(
    batch: m.ImportBatch, *, action: str = "", kind: str = "", search: str = "", first: int = 0, most: int = 100
) -> tuple[list[PreviewRow], int]:
    """Return rows number ``first`` and on of those that fit, and how many fit; the rest is not read into memory."""
    statement, item = _rows(batch, ("values", "source", "objects"))
    statement = statement.add_columns(func.count().over()).where(*_wanted(item.c.value, action, kind, search))
    found = db.session.execute(statement.order_by(item.c.place).offset(first).limit(most)).all()
    return [to_preview(raw) for raw, _ in found], found[0][1] if found else 0


def _wanted(row: Any, action: str, kind: str, search: str) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if action in ACTIONS:
        wanted.append(row["action"].astext == action)
    if kind:
        wanted.append(row["kinds"].has_key(kind))
    if asked := cleaned(search)[:100]:
        wanted.append(or_(holds_words([row["label"].astext], asked), row["number"].astext == asked))
    return wanted


def total_of(batch: m.ImportBatch) -> int:
    """How many rows the list has."""
    return sum(int(batch.summary.get(action, 0)) for action in ACTIONS)


def to_preview(row: Mapping[str, Any]) -> PreviewRow:
    """A kept row as the preview shows it."""
    return PreviewRow(**{name: row[name] for name in PreviewRow.__dataclass_fields__ if name in row})


def summary_of(batch: m.ImportBatch) -> list[tuple[str, int, str]]:
    """Return (word, number of rows, tone) of «создать», «обновить», «без изменений», «ошибка»."""
    return [(word, int(batch.summary.get(action, 0)), tone) for action, (word, tone) in ACTIONS.items()]


def summary_words(batch: m.ImportBatch) -> dict[str, tuple[str, str]]:
    """The totals as changes for the journal."""
    return {word.capitalize(): ("", str(number)) for word, number, _ in summary_of(batch)}


def kinds_of(batch: m.ImportBatch) -> list[Kind]:
    """Return the kinds of errors, then those of warnings, the most frequent first."""
    return [Kind(*kind) for kind in batch.summary.get("kinds", ())]


def notices_of(batch: m.ImportBatch) -> list[str]:
    """Return sentences about the file as a whole: what was not read."""
    return list(batch.summary.get("notices", ()))


def describe(batch: m.ImportBatch) -> list[str]:
    """Return lines for a terminal: the totals, what was not read, and each row that changes, fails or is doubtful."""
    totals = ", ".join(f"{word} — {number}" for word, number, _ in summary_of(batch))
    return [f"Файл {quoted(batch.file_name)}: {totals}.", *notices_of(batch), *_row_lines(rows_of(batch))]


def _row_lines(rows: Sequence[PreviewRow]) -> list[str]:
    lines = []
    for row in rows:
        details = [*row.problems, *(row.changes if row.action == "update" else ()), *row.warnings]
        if details:
            lines.append(f"{row.place}, {row.label} — {ACTIONS[row.action][0]}: {'; '.join(details)}.")
    return lines


# --- kinds of errors -------------------------------------------------------------------------------------------------


def kind_words(sentence: str) -> str:
    """A sentence about a cell without its address and what is this row's own: «Должность: Должность «…» не найдена»."""
    bare = _ADDRESS.sub("", sentence)
    title, colon, message = bare.partition(": ")
    prefix = f"{title}: " if colon and title in _TITLES else ""
    common = re.sub(r"«[^»]*»|„[^“]*“|\d[\d. ]*\d|\d", "…", message if prefix else bare)
    common = re.sub(r"\s*\([^)]*\)", "", common)
    parts = re.split(r"[:;] |\. ", common, maxsplit=2)
    # «Дата рождения …: работнику … лет» says nothing without its second part
    bare = common[: len(parts[0]) + 2 + len(parts[1])] if parts[0].endswith("…") and len(parts) > 1 else parts[0]
    return prefix + bare[:120]


def _code(words: str, *, is_error: bool) -> str:
    return hashlib.sha256(f"{is_error}{words}".encode()).hexdigest()[:8]


class Decided(Protocol):
    """A row about which it is decided what to do."""

    @property
    def action(self) -> Action:
        """What is done."""

    @property
    def problems(self) -> Sequence[str]:
        """Sentences that forbid it."""

    @property
    def warnings(self) -> Sequence[str]:
        """Sentences that doubt it."""


class Tally:
    """Counts what the rows do and the kinds of what is wrong in them."""

    def __init__(self) -> None:
        self._actions: Counter[str] = Counter()
        self._kinds: Counter[tuple[bool, str]] = Counter()

    def add(self, plan: Decided) -> None:
        """Count a decided row."""
        self._actions[plan.action] += 1
        self._kinds.update({(True, kind_words(sentence)) for sentence in plan.problems})
        self._kinds.update({(False, kind_words(sentence)) for sentence in plan.warnings})

    def counts(self) -> dict[str, int]:
        """How many rows do what."""
        return {action: self._actions[action] for action in ACTIONS}

    def kinds(self) -> list[list[Any]]:
        """The kinds as JSON: code, words, is it an error, how many rows; errors first, the most frequent first."""
        order = sorted(self._kinds.items(), key=lambda item: (not item[0][0], -item[1], item[0][1]))
        return [[_code(words, is_error=error), words, error, rows] for (error, words), rows in order[:_MOST_KINDS]]


# --- rows as JSON ----------------------------------------------------------------------------------------------------


def source_of(row: StaffRow) -> SourceRow:
    """A row that was read, with its problems in words."""
    return SourceRow(
        row.number,
        row.label,
        row.values,
        tuple(cell_sentence(error) for error in row.errors),
        tuple(cell_sentence(warning) for warning in row.warnings),
        row.sheet,
    )


def cell_sentence(error: CellError) -> str:
    """«I12, Должность: …»; a column that the file does not have is named without an address."""
    where = f"{error.address}, " if error.column else ""
    return f"{where}{error.title}: {error.message}"


def cell_of(row: PreviewRow, sentence: str) -> CellError:
    """The cell that a kept sentence is about; one about the whole row has no column."""
    match = _ADDRESS.match(sentence)
    if match is None:
        return CellError(row.number, "A", "", "", sentence, row.sheet)
    return CellError(int(match[2]), match[1], "", "", sentence[match.end() :].partition(": ")[2], row.sheet)


def as_json(plan: RowPlan, *, with_values: bool) -> dict[str, Any]:
    """A row for JSONB. The file's own problems and warnings are kept apart, because only they outlive the preview."""
    source = plan.source
    row: dict[str, Any] = {
        "number": source.number,
        "label": source.label,
        "action": plan.action,
        "changes": list(plan.changes),
        "problems": list(plan.problems),
        "warnings": list(plan.warnings),
    }
    if source.sheet:
        row["sheet"] = source.sheet
    row |= codes_of(plan)
    if with_values:
        row["source"] = {"problems": list(source.problems), "warnings": list(source.warnings)}
        row["values"] = _values_to_json(source.values) if source.values else None
    else:
        row["objects"] = [[w.model.__tablename__, w.object_id] for w in plan.writes if w.object_id is not None]
    return row


def codes_of(plan: Decided) -> dict[str, list[str]]:
    """The kinds of what is wrong in a row, for the filter of the preview; empty for a clean one."""
    errors = {_code(kind_words(said), is_error=True) for said in plan.problems}
    kinds = errors | {_code(kind_words(said), is_error=False) for said in plan.warnings}
    return {"kinds": sorted(kinds)} if kinds else {}


def _values_to_json(values: StaffValues) -> dict[str, Any]:
    every = ((name, getattr(values, name)) for name in StaffValues.__dataclass_fields__)
    filled = ((name, value) for name, value in every if value is not None)
    return {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in filled}


def source_from(row: Mapping[str, Any]) -> SourceRow:
    """A row as it was read, from its JSON."""
    source = row["source"]
    values = _values_from(row["values"]) if row["values"] else None
    problems, warnings = tuple(source["problems"]), tuple(source["warnings"])
    return SourceRow(row["number"], row["label"], values, problems, warnings, row.get("sheet", ""))


def _values_from(found: Mapping[str, Any]) -> StaffValues:
    dates = {name: dt.date.fromisoformat(found[name]) for name in _DATES if name in found}
    absent = dict.fromkeys(("patronymic", "snils"))
    return StaffValues(**{**absent, **found, **dates, "subject_ids": tuple(found.get("subject_ids", ()))})
