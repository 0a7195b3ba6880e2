"""Lists in XLSX: columns declared once, rows streamed, a stamp with the user, the time, the filters and the number of rows.

No cell is ever a formula: a text is written as a text, whatever it begins with.
"""

from __future__ import annotations

import datetime as dt
import math
import pickle
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import IO, Any, Literal
from zoneinfo import ZoneInfo

from rustpy_xlsxwriter import Format, write_worksheet

from app.cells import clean_text
from app.errors import Invalid
from app.russian import format_date, format_datetime, number

Kind = Literal["text", "int", "decimal", "date", "datetime"]

NUMBER_FORMATS: dict[Kind, str] = {
    "text": "@",
    "int": "0",
    "decimal": "#,##0.00",
    "date": "dd.mm.yyyy",
    "datetime": "dd.mm.yyyy hh:mm",
}
LOCAL = ZoneInfo("Europe/Samara")
#: Limits of the file format: rows of a sheet less those above the table, characters of a cell, its first day.
MAX_ROWS, MAX_TEXT, FIRST_DAY = 1_048_000, 32_767, dt.date(1900, 3, 1)
#: The largest integer that a cell keeps exactly.
MAX_INTEGER = 2**53
BATCH = 1000
PAGE_A4 = 9
HEADER_FILL, LINE_COLOR = "#E8EEF7", "#B8C4D6"


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """One column: its header, how its values are written, its width in characters, is its sum stamped above."""

    title: str
    kind: Kind = "text"
    width: float = 16
    total: bool = False


def stamp(*, exported_by: str, exported_at: dt.datetime, filters: Sequence[str] = ()) -> list[str]:
    """Return the lines that say where a list comes from; ``exported_at`` is aware, ``filters`` are Russian phrases."""
    return [
        f"Выгрузил: {exported_by}",
        f"Когда: {format_datetime(exported_at, LOCAL)}",
        f"Отборы: {'; '.join(filters) if filters else 'нет, показаны все доступные записи'}",
    ]


def write_sheet(
    path: Path,
    *,
    title: str,
    columns: Sequence[SheetColumn],
    rows: Iterable[Sequence[Any]],
    notes: Sequence[str] = (),
    zone: dt.tzinfo = LOCAL,
) -> int:
    """Write a list to ``path`` and return the number of its rows.

    Rows are read once and kept on disk, so memory does not grow with them; each has a value per column. ``notes``
    stand under the title, then «Строк: N» and the sums. Aware datetimes are shown in ``zone``. Raises Invalid when the
    list is longer than a sheet, ValueError when two columns share a title or a row has another number of values.
    """
    titles = [column.title for column in columns]
    if not titles or len(set(titles)) != len(titles):
        raise ValueError("a sheet needs columns with different titles")
    with tempfile.TemporaryFile(prefix="kadry-sheet-") as spool:
        count, totals = _spool(spool, rows, columns, zone)
        spool.seek(0)
        lines = [clean_text(line) for line in (title, *notes, f"Строк: {number(count)}", *totals)]
        # A file without a record would have no header: an empty record shows it and adds no row.
        records = _records(spool, titles) if count else iter([dict.fromkeys(titles)])
        _write(path, lines, columns, records)
    return count


def cell_value(value: Any, kind: Kind, *, zone: dt.tzinfo = LOCAL) -> Any:
    """Return what the cell holds: None, a number, a date, a naive datetime or clean text.

    A value that does not fit the kind of its column is written as text rather than lost.
    """
    if kind == "text" and _is_ready(value):
        return value
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "да" if value else "нет"
    if isinstance(value, dt.datetime):
        value = (value.astimezone(zone) if value.tzinfo else value).replace(tzinfo=None, microsecond=0)
    if kind in ("date", "datetime") and isinstance(value, dt.date):
        return _moment(value, kind)
    if kind in ("int", "decimal") and _is_exact_number(value):
        return value if isinstance(value, int) else float(value)
    return _text(value)


def _is_ready(value: Any) -> bool:
    """Tell whether a value is a text without anything to clean: nearly every cell of a long list."""
    return type(value) is str and value.isprintable() and 0 < len(value) <= MAX_TEXT


def _moment(value: dt.date, kind: Kind) -> dt.date | str:
    """Return one type for the whole column: the writer takes the type of a column from its first value."""
    moment = value if isinstance(value, dt.datetime) else dt.datetime.combine(value, dt.time.min)
    if moment.date() < FIRST_DAY:
        return format_date(moment)
    return moment.date() if kind == "date" else moment


def _is_exact_number(value: Any) -> bool:
    """Tell whether a cell keeps the number: finite, and not so long that its last digits would change."""
    return isinstance(value, int | float | Decimal) and math.isfinite(value) and abs(float(value)) <= MAX_INTEGER


def _text(value: Any) -> str | None:
    if isinstance(value, dt.datetime):
        value = f"{format_date(value)} {value:%H:%M}"
    elif isinstance(value, dt.date):
        value = format_date(value)
    text = clean_text(str(value)).replace("\r\n", "\n").replace("\r", "\n")
    return (text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…") or None


def _spool(
    spool: IO[bytes], rows: Iterable[Sequence[Any]], columns: Sequence[SheetColumn], zone: dt.tzinfo
) -> tuple[int, list[str]]:
    """Put the cells on disk in batches, column by column; return the number of rows and the lines with the sums.

    The stamp above the table needs both before the first row is written.
    """
    count, sums = 0, {index: Decimal(0) for index, column in enumerate(columns) if column.total}
    source = iter(rows)
    while batch := list(islice(source, BATCH)):
        count += len(batch)
        if count > MAX_ROWS:
            raise Invalid(f"В списке больше {number(MAX_ROWS)} строк, в один лист они не помещаются. Уточните отборы.")
        by_column = zip(zip(*batch, strict=True), columns, strict=True)
        cells = [_cells(values, column.kind, zone) for values, column in by_column]
        for index in sums:
            sums[index] += sum(Decimal(str(cell)) for cell in cells[index] if isinstance(cell, int | float))
        pickle.dump(cells, spool, protocol=pickle.HIGHEST_PROTOCOL)
    return count, [f"Итого, {columns[index].title}: {_amount(total)}" for index, total in sums.items()]


def _cells(values: Sequence[Any], kind: Kind, zone: dt.tzinfo) -> list[Any]:
    """What the cells of a column hold; the kind is asked once, because a long list has millions of texts that are ready."""
    if kind == "text":
        return [value if _is_ready(value) else cell_value(value, kind, zone=zone) for value in values]
    return [cell_value(value, kind, zone=zone) for value in values]


def _amount(total: Decimal) -> str:
    """Write a sum in Russian: NBSP between thousands, a decimal comma."""
    if total == int(total):
        return number(int(total))
    return f"{total:,.2f}".replace(",", "\u00a0").replace(".", ",")


def _records(spool: IO[bytes], titles: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Read the rows back as dicts by title."""
    while True:
        try:
            batch = pickle.load(spool)  # noqa: S301  # our own unnamed file, written a moment ago
        except EOFError:
            return
        for cells in zip(*batch, strict=True):
            yield dict(zip(titles, cells, strict=True))


def _write(path: Path, lines: Sequence[str], columns: Sequence[SheetColumn], records: Iterator[dict[str, Any]]) -> None:
    """Write the file: title and stamp, an empty line, the header with a filter, the rows."""
    header_row = len(lines) + 1
    last_column = max(1, len(columns) - 1)
    looks = [Format().set_bold().set_font_size(14)] + [Format().set_text_wrap().set_align("top")] * (len(lines) - 1)
    write_worksheet(
        records,
        str(path),
        sheet_name=sheet_name(lines[0]),
        header_row=header_row,
        freeze_row=header_row + 1,
        autofilter=True,
        merge_ranges=[(row, 0, row, last_column, line, looks[row]) for row, line in enumerate(lines)],
        row_heights=_heights(lines, columns),
        column_widths=[column.width for column in columns],
        column_formats=[_column_format(column) for column in columns],
        header_format=_header_format(),
        ignore_errors=[column.title for column in columns if column.kind == "text"],
        page_setup={
            "landscape": True,
            "paper_size": PAGE_A4,
            "fit_to_pages": (1, 0),
            "repeat_rows": header_row,
            "footer": "&CСтраница &P из &N",
        },
    )


def _heights(lines: Sequence[str], columns: Sequence[SheetColumn]) -> dict[int, float]:
    """Return heights of the lines above the table: merged cells do not grow by themselves."""
    across = sum(column.width for column in columns) or 1
    size = {0: 20.0}
    return {row: size.get(row, 15.0) * math.ceil(max(1, len(line)) / across) for row, line in enumerate(lines)}


def _column_format(column: SheetColumn) -> Format:
    look = Format().set_num_format(NUMBER_FORMATS[column.kind]).set_align("top")
    return look.set_text_wrap() if column.kind == "text" else look


def _header_format() -> Format:
    look = Format().set_bold().set_text_wrap().set_align("center").set_align("vertical_center")
    return look.set_background_color(HEADER_FILL).set_border("thin").set_border_color(LINE_COLOR)


def sheet_name(title: str) -> str:
    """Return the title as Excel accepts it for a sheet: without ``[]:*?/\\``, at most 31 characters."""
    bare = " ".join(re.sub(r"[\[\]:*?/\\]", " ", title).split())[:31].strip(" '")
    return bare or "Список"
