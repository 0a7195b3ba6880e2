"""A list of чеки issued before the portal: rows of its sheet → plain values, every error by its cell.

Pure: knows the cells and the day, nothing of the people and the чеки already stored.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.exchange.columns import CellError, Column, Header, find_header, header_key
from app.exchange.guard import MAX_DATA_ROWS, column_letter
from app.exchange.reader import FileRejected, Row, Sheet
from app.exchange.voucher_columns import BLOCKS, BY_NAME, COLUMNS, FULL_NAME, NUMBER, TITLES
from app.statuses import BlockStatus

#: чеки of the region are accounted for since then (order § 1.4)
FIRST_DAY = dt.date(2010, 1, 1)
_FEWEST_CELLS = 3


@dataclass(frozen=True, slots=True)
class BlockValues:
    """What the list says of one block; program, hours and day come together or not at all."""

    status: BlockStatus
    program: str = ""
    hours: int | None = None
    ended_on: dt.date | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class VoucherValues:
    """What the list says of one чек; ``rule`` and ``valid_until`` may be left to the portal."""

    number: str
    snils: str
    last_name: str
    first_name: str
    patronymic: str
    issued_on: dt.date
    valid_until: dt.date | None
    rule: str
    blocks: Mapping[str, BlockValues]

    @property
    def full_name(self) -> str:
        """The name in one line."""
        return " ".join(filter(None, (self.last_name, self.first_name, self.patronymic)))

    def as_json(self) -> dict[str, Any]:
        """The values for JSONB."""
        fields = ("number", "snils", "last_name", "first_name", "patronymic", "rule")
        return {
            **{name: getattr(self, name) for name in fields},
            "issued_on": self.issued_on.isoformat(),
            "valid_until": self.valid_until.isoformat() if self.valid_until else None,
            "blocks": {code: _block_to_json(block) for code, block in self.blocks.items()},
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> VoucherValues:
        """The values out of JSONB."""
        until = found["valid_until"]
        blocks = {code: _block_from_json(block) for code, block in found["blocks"].items()}
        dates = {
            "issued_on": dt.date.fromisoformat(found["issued_on"]),
            "valid_until": dt.date.fromisoformat(until) if until else None,
        }
        return cls(**{**found, **dates, "blocks": blocks})


def _block_to_json(block: BlockValues) -> dict[str, Any]:
    day = block.ended_on.isoformat() if block.ended_on else None
    return {
        "status": block.status.value,
        "program": block.program,
        "hours": block.hours,
        "ended_on": day,
        "place": block.place,
    }


def _block_from_json(found: Mapping[str, Any]) -> BlockValues:
    day = dt.date.fromisoformat(found["ended_on"]) if found["ended_on"] else None
    return BlockValues(BlockStatus.of(found["status"]), found["program"], found["hours"], day, found["place"])


@dataclass(frozen=True, slots=True)
class VoucherRow:
    """A row that was read: ``values`` is None when it has errors."""

    number: int
    label: str
    values: VoucherValues | None
    errors: tuple[CellError, ...]


@dataclass(frozen=True, slots=True)
class VoucherList:
    """The rows of the list, where its columns stand (name → letter), and sentences about the file as a whole."""

    sheet_name: str
    rows: tuple[VoucherRow, ...]
    letters: Mapping[str, str]
    notices: tuple[str, ...]


def parse_voucher_list(
    sheets: Sequence[Sheet], *, today: dt.date, told: Callable[[int], None] = lambda _rows: None
) -> VoucherList:
    """Find the list among the sheets and read it; raises `FileRejected` when it is not there."""
    sheet, header = _choose(sheets)
    rows = [row for row in sheet.rows if row.number > header.row and _is_data(row, header)]
    if not rows:
        raise FileRejected(
            f"На листе «{sheet.name}» под заголовками (строка {header.row}) нет ни одной строки с чеком. Заполните "
            "список и загрузите файл снова."
        )
    if len(rows) > MAX_DATA_ROWS:
        raise FileRejected(f"В файле больше {MAX_DATA_ROWS} строк с чеками. Разделите список на несколько файлов.")
    found = []
    for number, row in enumerate(rows, 1):
        found.append(_read(row, header, today=today))
        told(number)
    letters = {name: column_letter(place) for name, place in header.places.items()}
    return VoucherList(sheet.name, tuple(found), letters, tuple(_notices(sheets, sheet, header)))


def _choose(sheets: Sequence[Sheet]) -> tuple[Sheet, Header]:
    found = [(sheet, header) for sheet in sheets if (header := find_header(sheet.rows, TITLES))]
    if not found:
        raise FileRejected(
            "В первых 20 строках листа не нашлось строки заголовков («Номер чека», «СНИЛС», «ФИО», «Дата выдачи»…). "
            "Скачайте образец и перенесите данные в него."
        )
    sheet, header = max(found, key=lambda item: len(item[1].places))
    missing = [f"«{column.title}»" for column in COLUMNS if column.required and column.name not in header.places]
    if missing:
        what = "обязательного столбца" if len(missing) == 1 else "обязательных столбцов"
        raise FileRejected(
            f"В строке заголовков ({header.row}) нет {what}: {', '.join(missing)}. Скачайте образец и перенесите данные "
            "в него."
        )
    return sheet, header


def _is_data(row: Row, header: Header) -> bool:
    """Not a signature, a total, or a header repeated."""
    is_title = header_key(header.cell(row, NUMBER.name).text) in TITLES
    return not is_title and len(row.filled()) >= _FEWEST_CELLS


def _notices(sheets: Sequence[Sheet], read: Sheet, header: Header) -> list[str]:
    notices = []
    if unknown := [f"{letter} «{title}»" for letter, title in header.unknown]:
        notices.append(f"Столбцы не распознаны и не загружены: {', '.join(unknown)}.")
    others = [f"«{sheet.name}»" for sheet in sheets if sheet is not read and sheet.rows and not sheet.is_hidden]
    if others:
        notices.append(f"Прочитан лист «{read.name}»; другие листы не читаются: {', '.join(others)}.")
    return notices


# --- one row ---------------------------------------------------------------------------------------------------------


def _read(row: Row, header: Header, *, today: dt.date) -> VoucherRow:
    parsed = {column.name: column.parse(header.cell(row, column.name)) for column in COLUMNS}
    errors = [value for value in parsed.values() if isinstance(value, CellError)]

    def fault(column: Column, message: str) -> None:
        errors.append(column.error(header.cell(row, column.name), message))

    if not errors:
        _check_dates(parsed, fault, today=today)
        for code in BLOCKS:
            _check_block(code, parsed, fault, today=today)
    name = parsed[FULL_NAME.name]
    label = " ".join(filter(None, name)) if isinstance(name, tuple) else header.cell(row, FULL_NAME.name).text
    label = label.strip()[:200] or header.cell(row, NUMBER.name).text[:100] or "без имени"
    return VoucherRow(row.number, label, None if errors else _values(parsed), tuple(errors))


Fault = Callable[[Column, str], None]


def _check_dates(parsed: Mapping[str, Any], fault: Fault, *, today: dt.date) -> None:
    issued_on, until = parsed["issued_on"], parsed["valid_until"]
    if issued_on < FIRST_DAY:
        fault(BY_NAME["issued_on"], "Загружаются чеки, выданные с 01.01.2010")
    elif issued_on > today:
        fault(BY_NAME["issued_on"], "Дата выдачи в будущем")
    if until is not None and until < issued_on:
        fault(BY_NAME["valid_until"], "Последний день действия раньше даты выдачи")


def _check_block(code: str, parsed: Mapping[str, Any], fault: Fault, *, today: dt.date) -> None:
    details = [name for name in ("program", "hours", "ended_on") if parsed[f"{code}_{name}"] is not None]
    ended_on = parsed[f"{code}_ended_on"]
    if parsed[f"{code}_state"] != BlockStatus.USED:
        if details:
            fault(BY_NAME[f"{code}_{details[0]}"], "Обучение указано, а блок не использован: исправьте состояние блока")
        return
    if details and len(details) < 3:
        absent = next(name for name in ("program", "hours", "ended_on") if name not in details)
        fault(BY_NAME[f"{code}_{absent}"], "Программа, часы и дата окончания указываются вместе")
    if ended_on is not None and ended_on < parsed["issued_on"]:
        fault(BY_NAME[f"{code}_ended_on"], "Обучение закончилось раньше, чем выдан чек")
    elif ended_on is not None and ended_on > today:
        fault(BY_NAME[f"{code}_ended_on"], "Дата окончания обучения в будущем")


def _values(parsed: Mapping[str, Any]) -> VoucherValues:
    last, first, patronymic = parsed["full_name"]
    blocks = {
        code: BlockValues(
            parsed[f"{code}_state"],
            parsed[f"{code}_program"] or "",
            parsed[f"{code}_hours"],
            parsed[f"{code}_ended_on"],
            parsed[f"{code}_place"] or "",
        )
        for code in BLOCKS
    }
    return VoucherValues(
        parsed["number"],
        parsed["snils"],
        last,
        first,
        patronymic,
        parsed["issued_on"],
        parsed["valid_until"],
        parsed["rule"] or "",
        blocks,
    )
