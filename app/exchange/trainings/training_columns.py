"""The columns of a list of trainings outside the portal since 2010, in the order of the sample file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from app.exchange.columns import CellFault, Column, DateColumn, FullNameColumn, HoursColumn, SnilsColumn, title_index
from app.exchange.reader import Cell
from app.rules.past_training import FIRST_YEAR
from app.statuses import LabelledEnum, PastDocument, ProgramKind
from app.text import name_key

E = TypeVar("E", bound=LabelledEnum)


@dataclass(frozen=True, slots=True)
class ChoiceColumn(Column, Generic[E]):
    """One of a few values; it is known by how its cell begins, so that «удостоверение о ПК» is read too."""

    words: tuple[tuple[str, E], ...] = ()

    def read(self, cell: Cell) -> E:
        """The value meant."""
        typed = name_key(cell.text)
        for word, value in self.words:
            if typed == word or (len(word) > 2 and typed.startswith(word)):
                return value
        offered = ", ".join(f"«{value.label}»" for value in dict.fromkeys(value for _, value in self.words))
        raise CellFault(f"Здесь бывает: {offered}")


SNILS = SnilsColumn(
    "snils", "СНИЛС", ("Номер СНИЛС", "СНИЛС работника", "№ СНИЛС"),
    required=True, hint="По нему находится карточка работника.", example="112-233-445 95", width=16,
)  # fmt: skip
FULL_NAME = FullNameColumn(
    "full_name", "ФИО", ("Ф.И.О.", "Фамилия Имя Отчество", "ФИО работника", "Работник", "Слушатель"),
    required=True, hint="Сверяется с карточкой; годится и прежняя фамилия.", example="Примерова Мария Ивановна", width=34,
)  # fmt: skip
TITLE = Column(
    "title", "Программа", ("Название программы", "Наименование программы", "Тема курсов", "Курс", "Название курса"),
    required=True, hint="Как в документе, полностью.", example="Современный урок математики", width=40,
)  # fmt: skip
KIND = ChoiceColumn(
    "kind", "Вид обучения", ("Вид", "Вид программы", "ПК или ПП"),
    required=True, hint="Повышение квалификации (ПК) или профессиональная переподготовка (ПП).",
    example=ProgramKind.ADVANCED.label, width=26,
    words=(
        ("повышение квалификации", ProgramKind.ADVANCED), ("пк", ProgramKind.ADVANCED), ("кпк", ProgramKind.ADVANCED),
        ("профессиональная переподготовка", ProgramKind.RETRAINING), ("переподготовка", ProgramKind.RETRAINING),
        ("пп", ProgramKind.RETRAINING),
    ),
)  # fmt: skip
INSTITUTION = Column(
    "institution", "Где обучался", ("Организация", "Учебное заведение", "Организатор", "Кем выдан", "Место обучения"),
    required=True, hint="Организация, которая выдала документ.", example="Институт развития образования", width=34,
)  # fmt: skip
CITY = Column("city", "Город", example="Самара", width=16, max_length=120)
HOURS = HoursColumn(
    "hours", "Часы", ("Количество часов", "Кол-во часов", "Объём, часов", "Объем часов"),
    required=True, example=72, width=10,
)  # fmt: skip
STARTED = DateColumn(
    "started_on", "Дата начала", ("Начало", "Начало обучения"), hint="Можно не заполнять.",
    example=date(2019, 10, 7), width=14, past=True,
)  # fmt: skip
ENDED = DateColumn(
    "ended_on", "Дата окончания", ("Окончание", "Окончание обучения", "Дата прохождения"),
    required=True, hint=f"С 01.01.{FIRST_YEAR}.", example=date(2019, 10, 18), width=14, past=True,
)  # fmt: skip
DOCUMENT = ChoiceColumn(
    "document_kind", "Документ", ("Вид документа", "Тип документа"),
    hint="Если пусто: за курсы — удостоверение, за переподготовку — диплом.",
    example="удостоверение", width=20,
    words=(
        ("удостоверение", PastDocument.CERTIFICATE), ("свидетельство", PastDocument.EVIDENCE),
        ("диплом", PastDocument.DIPLOMA), ("справка", PastDocument.OTHER), ("сертификат", PastDocument.OTHER),
    ),
)  # fmt: skip
NUMBER = Column(
    "document_number", "Номер документа", ("№ документа", "Номер удостоверения", "Регистрационный номер", "Серия и номер"),
    required=True, example="63-000451", width=18, max_length=120,
)  # fmt: skip
ISSUED = DateColumn(
    "issued_on", "Дата выдачи", ("Дата выдачи документа", "Выдан"), hint="Можно не заполнять.",
    example=date(2019, 10, 18), width=14, past=True,
)  # fmt: skip
COLUMNS: tuple[Column, ...] = (
    SNILS, FULL_NAME, TITLE, KIND, INSTITUTION, CITY, HOURS, STARTED, ENDED, DOCUMENT, NUMBER, ISSUED,
)  # fmt: skip
BY_NAME: Mapping[str, Column] = {column.name: column for column in COLUMNS}
TITLES = title_index(COLUMNS)
