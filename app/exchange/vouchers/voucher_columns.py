"""The columns of a list of vouchers (чеки) issued before the portal (order § 1.4), in the order of the sample file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from app.exchange.columns import CellFault, Column, DateColumn, FullNameColumn, HoursColumn, SnilsColumn, title_index
from app.exchange.reader import Cell
from app.statuses import BlockStatus
from app.text import name_key

#: codes of the blocks of the rules that were in force, with the words of their columns
BLOCKS: Mapping[str, str] = {"inv": "Инвариантный блок", "var1": "Вариативный блок 1", "var2": "Вариативный блок 2"}
_STATES: Mapping[str, BlockStatus] = {
    "свободен": BlockStatus.FREE,
    "не использован": BlockStatus.FREE,
    "использован": BlockStatus.USED,
    "сгорел": BlockStatus.LAPSED,
}
STATE_WORDS = ("свободен", "использован", "сгорел")


@dataclass(frozen=True, slots=True)
class StateColumn(Column):
    """What became of a block."""

    def read(self, cell: Cell) -> BlockStatus:
        """The block's status."""
        found = _STATES.get(name_key(cell.text))
        if found is None:
            raise CellFault("Состояние блока — «свободен», «использован» или «сгорел»")
        return found


NUMBER = Column(
    "number", "Номер чека", ("№ чека", "Чек", "Номер именного образовательного чека", "Номер ИОЧ"),
    required=True, example="63-2019-000123", width=18, max_length=40,
)  # fmt: skip
SNILS = SnilsColumn(
    "snils", "СНИЛС", ("Номер СНИЛС", "СНИЛС работника", "№ СНИЛС"),
    required=True, hint="По нему находится карточка работника.", example="112-233-445 95", width=16,
)  # fmt: skip
FULL_NAME = FullNameColumn(
    "full_name", "ФИО", ("Ф.И.О.", "Фамилия Имя Отчество", "ФИО работника", "Работник", "Владелец чека"),
    required=True, hint="Сверяется с карточкой; годится и прежняя фамилия.", example="Примерова Мария Ивановна", width=34,
)  # fmt: skip
ISSUED = DateColumn(
    "issued_on", "Дата выдачи", ("Выдан", "Дата выдачи чека"),
    required=True, hint="С 01.01.2010.", example=date(2019, 3, 14), width=14, past=True,
)  # fmt: skip
UNTIL = DateColumn(
    "valid_until", "Действует по", ("Действителен до", "Срок действия", "Действует до"),
    hint="Если пусто, портал посчитает по правилу.", example=date(2022, 3, 13), width=14,
)  # fmt: skip
RULE = Column(
    "rule", "Правило", ("Правило выдачи",),
    hint="Если пусто, портал возьмёт правило, которое действовало в день выдачи.", width=30,
)  # fmt: skip


def _block_columns(code: str, title: str, example: tuple[str, str, int, date | None, str]) -> tuple[Column, ...]:
    state, program, hours, ended_on, place = example
    used = "Заполняется для использованного блока."
    return (
        StateColumn(f"{code}_state", f"{title}: состояние", required=True, hint="Свободен, использован или сгорел.",
                    example=state, width=16),
        Column(f"{code}_program", f"{title}: программа", hint=used, example=program or None, width=34),
        HoursColumn(f"{code}_hours", f"{title}: часы", hint=used, example=hours or None, width=10),
        DateColumn(f"{code}_ended_on", f"{title}: дата окончания", hint=used, example=ended_on, width=14, past=True),
        Column(f"{code}_place", f"{title}: где обучался", hint="Можно не заполнять.", example=place or None, width=26),
    )  # fmt: skip


_EXAMPLES: Mapping[str, tuple[str, str, int, date | None, str]] = {
    "inv": (
        "использован",
        "Государственная политика в образовании",
        18,
        date(2019, 10, 4),
        "Институт развития образования",
    ),
    "var1": ("использован", "Современный урок", 36, date(2020, 2, 14), ""),
    "var2": ("сгорел", "", 0, None, ""),
}
COLUMNS: tuple[Column, ...] = (
    NUMBER, SNILS, FULL_NAME, ISSUED, UNTIL, RULE,
    *(column for code, title in BLOCKS.items() for column in _block_columns(code, title, _EXAMPLES[code])),
)  # fmt: skip
BY_NAME: Mapping[str, Column] = {column.name: column for column in COLUMNS}
TITLES = title_index(COLUMNS)
