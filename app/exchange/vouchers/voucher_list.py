"""A list of vouchers (чеки) issued before the portal: rows of its sheet → plain values; every error names its cell.

Pure: knows the cells and the day, nothing of the people and the vouchers already stored.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from app.exchange.engine.list_sheet import Fault, Layout, Parsed, ReadList, read_list
from app.exchange.reader import Sheet
from app.exchange.vouchers.voucher_columns import BLOCKS, BY_NAME, COLUMNS, FULL_NAME, NUMBER, TITLES
from app.rules.past_training import FIRST_YEAR
from app.statuses import BlockStatus

#: чеки of the region are accounted for since then (order § 1.4)
FIRST_DAY = dt.date(FIRST_YEAR, 1, 1)


@dataclass(frozen=True, slots=True)
class BlockValues:
    """What the list says of one block; program, hours and day come together or not at all. ``status``: None is wrong."""

    status: BlockStatus | None
    program: str = ""
    hours: int | None = None
    ended_on: dt.date | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class VoucherValues:
    """What the list says of one чек; ``rule`` and ``valid_until`` may be left to the portal; None is empty or wrong."""

    number: str | None
    snils: str | None
    name: tuple[str, str, str] | None
    issued_on: dt.date | None
    valid_until: dt.date | None
    rule: str
    blocks: Mapping[str, BlockValues]


def parse_voucher_list(
    sheets: Sequence[Sheet], *, today: dt.date, told: Callable[[int], None] = lambda _rows: None
) -> ReadList[VoucherValues]:
    """Find the list among the sheets and read it; raises `FileRejected` when it is not there."""

    def check(parsed: Parsed, fault: Fault) -> None:
        _check_dates(parsed, fault, today=today)
        for code in BLOCKS:
            _check_block(code, parsed, fault, today=today)

    return read_list(sheets, Layout(COLUMNS, TITLES, NUMBER, FULL_NAME, "с чеком", check, _values), told=told)


# --- one row ---------------------------------------------------------------------------------------------------------


def _check_dates(parsed: Parsed, fault: Fault, *, today: dt.date) -> None:
    issued_on, until = parsed["issued_on"], parsed["valid_until"]
    if issued_on is not None and issued_on < FIRST_DAY:
        fault(BY_NAME["issued_on"], "Загружаются чеки, выданные с 01.01.2010")
    elif issued_on is not None and issued_on > today:
        fault(BY_NAME["issued_on"], "Дата выдачи в будущем")
    if until is not None and issued_on is not None and until < issued_on:
        fault(BY_NAME["valid_until"], "Последний день действия раньше даты выдачи")


def _check_block(code: str, parsed: Parsed, fault: Fault, *, today: dt.date) -> None:
    details = [name for name in ("program", "hours", "ended_on") if parsed[f"{code}_{name}"] is not None]
    ended_on = parsed[f"{code}_ended_on"]
    state = parsed[f"{code}_state"]
    if state != BlockStatus.USED:
        if details and state is not None:
            fault(BY_NAME[f"{code}_{details[0]}"], "Обучение указано, а блок не использован: исправьте состояние блока")
        return
    if details and len(details) < 3:
        absent = next(name for name in ("program", "hours", "ended_on") if name not in details)
        fault(BY_NAME[f"{code}_{absent}"], "Программа, часы и дата окончания указываются вместе")
    if ended_on is not None and parsed["issued_on"] is not None and ended_on < parsed["issued_on"]:
        fault(BY_NAME[f"{code}_ended_on"], "Обучение закончилось раньше, чем выдан чек")
    elif ended_on is not None and ended_on > today:
        fault(BY_NAME[f"{code}_ended_on"], "Дата окончания обучения в будущем")


def _values(parsed: Parsed) -> VoucherValues:
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
        parsed["full_name"],
        parsed["issued_on"],
        parsed["valid_until"],
        parsed["rule"] or "",
        blocks,
    )
