"""The columns of a list of wishes for the next year, in the order of the sample file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from app.exchange.columns import CellFault, Column, DateColumn, FullNameColumn, SnilsColumn, title_index
from app.exchange.reader import Cell
from app.labels import MONTHS

_PRIORITIES = ("1", "2", "3")
_RANGE = re.compile(r"\s*[-–—]\s*")


class MonthsColumn(Column):
    """Months by number or name, parted by commas; «фев–апр» is a run."""

    def read(self, cell: Cell) -> tuple[int, ...]:
        """The numbers of the months."""
        found: set[int] = set()
        for part in re.split(r"[,;\s]+(?![-–—])", re.sub(r"\s*([-–—])\s*", r"\1", cell.text.strip().lower())):
            if not part:
                continue
            ends = [_month(word) for word in _RANGE.split(part)]
            if len(ends) > 2 or ends[0] > ends[-1]:
                raise CellFault("Месяцы пишут через запятую или промежутком: «2, 3, 10» или «февраль–апрель»")
            found.update(range(ends[0], ends[-1] + 1))
        return tuple(sorted(found))


def _month(word: str) -> int:
    number = word.removesuffix(".0")
    if number.isdecimal() and 1 <= int(number[:3]) <= 12:
        return int(number)
    bare = word.rstrip(".")
    named = [
        int(n) for n, name in MONTHS.items() if len(bare) > 2 and (name.startswith(bare) or bare[:-1] == name[:-1])
    ]
    if len(named) != 1:
        raise CellFault(f"«{word}» — не месяц: нужно число от 1 до 12 или название")
    return named[0]


class PriorityColumn(Column):
    """1, 2 or 3."""

    def read(self, cell: Cell) -> int:
        """The number."""
        text = cell.text.strip().removesuffix(".0")
        if text not in _PRIORITIES:
            raise CellFault("Очередь — 1, 2 или 3: первой стоит программа, которая нужна больше всего")
        return int(text)


SNILS = SnilsColumn(
    "snils", "СНИЛС", ("Номер СНИЛС", "СНИЛС работника", "№ СНИЛС"),
    hint="Если его нет, заполните дату рождения.", example="112-233-445 95", width=16,
)  # fmt: skip
FULL_NAME = FullNameColumn(
    "full_name", "ФИО", ("Ф.И.О.", "Фамилия Имя Отчество", "ФИО работника", "Работник"),
    required=True, hint="Сверяется с карточкой.", example="Примерова Мария Ивановна", width=34,
)  # fmt: skip
BIRTH = DateColumn(
    "birth_date", "Дата рождения", ("Родился", "Д.р."), hint="Нужна, если нет СНИЛС.", example=date(1980, 2, 3),
    width=16, past=True,
)  # fmt: skip
CODE = Column(
    "code", "Шифр программы", ("Шифр", "Код программы"), required=True,
    hint="Как на странице программы.", example="П-104", width=18, max_length=60,
)  # fmt: skip
ORGANIZER = Column(
    "organizer", "Организатор", ("Кто проводит", "Организатор обучения"),
    hint="Нужен, если программа с таким шифром есть у нескольких организаторов.", width=24,
)  # fmt: skip
MONTHS_COLUMN = MonthsColumn(
    "months", "Удобные месяцы", ("Месяцы", "Месяц"), hint="Пусто — любой. Например: 2, 3 или февраль–апрель.",
    example="2, 3", width=20,
)  # fmt: skip
PRIORITY = PriorityColumn(
    "priority", "Очередь", ("Приоритет",), hint="1, 2 или 3; пусто — первая свободная.", example=1, width=10,
)  # fmt: skip
COLUMNS: tuple[Column, ...] = (SNILS, FULL_NAME, BIRTH, CODE, ORGANIZER, MONTHS_COLUMN, PRIORITY)
BY_NAME: Mapping[str, Column] = {column.name: column for column in COLUMNS}
TITLES = title_index(COLUMNS)
