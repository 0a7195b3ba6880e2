"""«Ведомость итогов» of a group in Excel: downloaded with drop-down lists, read back with an error for each wrong cell.

Values common to all listeners are above the table; the enrolment's number says which listener a row is about. Nothing is
written from here: the sheet's values are shown in the form of the page, which is saved as usual.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from app import models as m
from app.errors import Invalid
from app.exchange.columns import CellError, Column, DateColumn, Header, find_header, header_key, title_index
from app.exchange.guard import FileRejected
from app.exchange.reader import Cell, Row, Sheet, read_workbook
from app.exchange.safe_cells import as_text
from app.exchange.sheet_notices import notices_of_choice, notices_of_reading
from app.russian import quoted
from app.services.courses.group.results import FINAL_FORMS, REASON_LENGTH, TEXT_LENGTH, Assessment, Expected, Outcome
from app.services.portal import given_out
from app.statuses import OUTCOMES, EnrolmentStatus

SHEET_NAME = "Итоги"
_CODE, _DAY, _FORM, _PROTOCOL = "Код группы", "Дата итоговой аттестации", "Форма итоговой аттестации", "Номер протокола"
_NUMBER = Column("number", "№ записи", required=True, width=11)
_NAME = Column("name", "Фамилия, имя, отчество", width=38)
_OUTCOME = Column("outcome", "Итог обучения", width=24)
_MARK = Column("mark", "Результат", width=20, max_length=TEXT_LENGTH)
_REASON = Column("reason", "Причина (если не аттестован или отчислен)", width=46, max_length=REASON_LENGTH)
_HINT = Column("hint", "Посещаемость", width=46)
_COLUMNS = (_NUMBER, _NAME, _OUTCOME, _MARK, _REASON, _HINT)
_TITLES = title_index(_COLUMNS)
_COMMON = {
    header_key(_DAY): DateColumn("result_on", _DAY),
    header_key(_FORM): Column("final_form", _FORM, max_length=TEXT_LENGTH),
    header_key(_PROTOCOL): Column("protocol_number", _PROTOCOL, max_length=TEXT_LENGTH),
}
_OUTCOME_OF: Mapping[str, EnrolmentStatus] = {header_key(status.label): status for status in OUTCOMES}
_FILL = PatternFill("solid", fgColor="FFE3ECF7")
_AGAIN = "Скачайте ведомость на странице итогов этой группы, заполните её и загрузите снова."
#: longest number of an enrolment
_DIGITS = 9


# --- giving out ------------------------------------------------------------------------------------------------------


def give_results_sheet(group: m.TrainingGroup, expected: Sequence[Expected]) -> bytes:
    """Return the sheet of a group for who fills it."""
    data = build_results_sheet(group, expected)
    given_out.exported(group, {"Слушателей в ведомости": str(len(expected))})
    return data


def build_results_sheet(group: m.TrainingGroup, expected: Sequence[Expected]) -> bytes:
    """Return the XLSX of a group: the listeners without an outcome, and what the attendance says of each."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = SHEET_NAME
    as_text(sheet["A1"], f"Итоги обучения: группа № {group.number}, программа {quoted(group.program.title)}")
    sheet["A1"].font = Font(bold=True, size=13)
    for number, label in enumerate((_CODE, _DAY, _FORM, _PROTOCOL), 2):
        as_text(sheet.cell(number, 1), label)
        sheet.cell(number, 3).alignment = Alignment(horizontal="left")
    sheet["C2"] = group.id
    sheet["C3"].number_format = "dd.mm.yyyy"
    for place, column in enumerate(_COLUMNS, 1):
        cell = sheet.cell(_HEADER_ROW, place)
        as_text(cell, column.title)
        cell.font, cell.fill = Font(bold=True), _FILL
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        sheet.column_dimensions[get_column_letter(place)].width = column.width
    for number, item in enumerate(expected, _HEADER_ROW + 1):
        sheet.cell(number, 1, item.enrolment.id)
        as_text(sheet.cell(number, 2), item.enrolment.employee.full_name)
        as_text(sheet.cell(number, 6), item.proposal.reason)
        sheet.cell(number, 6).alignment = Alignment(wrap_text=True)
    _offer(sheet, _HEADER_ROW + max(len(expected), 1))
    sheet.freeze_panes = f"C{_HEADER_ROW + 1}"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


_HEADER_ROW = 7


def _offer(sheet: Worksheet, last: int) -> None:
    """Drop-down lists: outcomes only as they are, forms of the assessment as a suggestion."""
    outcomes = ",".join(status.label.replace(",", "") for status in OUTCOMES)
    choice = DataValidation(type="list", formula1=f'"{outcomes}"', allow_blank=True, showErrorMessage=True)
    choice.error = "Выберите итог из списка"
    choice.add(f"C{_HEADER_ROW + 1}:C{last}")
    forms = DataValidation(type="list", formula1=f'"{",".join(FINAL_FORMS)}"', allow_blank=True, showErrorMessage=False)
    forms.add("C4")
    sheet.add_data_validation(choice)
    sheet.add_data_validation(forms)


# --- reading back ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReadSheet:
    """What a sheet says: outcomes by enrolment, what is common to all, every wrong cell and every doubtful one.

    ``notices``: sentences about the file as a whole, of what was read though it is hidden and what was not read.
    """

    rows: Mapping[int, Outcome] = field(default_factory=dict)
    common: Assessment = field(default_factory=Assessment)
    errors: Sequence[CellError] = ()
    doubts: Sequence[CellError] = ()
    notices: Sequence[str] = ()


def read_results_sheet(data: bytes, group: m.TrainingGroup, expected: Sequence[Expected]) -> ReadSheet:
    """Read a filled sheet of this group. Raises Invalid for a file that is no such sheet or is that of another group."""
    try:
        sheets = read_workbook(data)
    except FileRejected as error:
        raise Invalid(str(error)) from error
    for sheet in (sheet for sheet in sheets if not sheet.is_hidden):
        header = find_header(sheet.rows, _TITLES)
        if header is not None and {"number", "outcome"} <= header.places.keys():
            _insist_same_group(sheet, header, group)
            reader = _Reader(header, expected)
            return replace(reader.read(sheet), notices=_notices(sheets, sheet, header))
    raise Invalid(f"В файле нет таблицы со столбцами {quoted(_NUMBER.title)} и {quoted(_OUTCOME.title)}. {_AGAIN}")


def _insist_same_group(sheet: Sheet, header: Header, group: m.TrainingGroup) -> None:
    code = next((_value_right_of(row) for row in _above(sheet, header) if _label(row) == header_key(_CODE)), None)
    if code is None or not code.text.strip():
        raise Invalid(f"В ведомости нет кода группы, по которому портал узнаёт её. {_AGAIN}")
    if code.text.strip() != str(group.id):
        raise Invalid(f"Это ведомость другой группы, а не группы № {group.number}. {_AGAIN}")


def _above(sheet: Sheet, header: Header) -> list[Row]:
    return [row for row in sheet.rows if row.number < header.row]


def _label(row: Row) -> str:
    filled = row.filled()
    return header_key(filled[0].text) if filled else ""


def _value_right_of(row: Row) -> Cell:
    """The first filled cell right of a label; an empty one where the sheet gives it out."""
    filled = row.filled()
    return filled[1] if len(filled) > 1 else row.cell(3)


def _notices(sheets: Sequence[Sheet], sheet: Sheet, header: Header) -> list[str]:
    read = [row for row in sheet.rows if row.number != header.row]
    return [*notices_of_choice(sheets, sheet, header), *notices_of_reading(sheet, read, header.places.values())]


class _Reader:
    """Reads the cells of one sheet by the columns of all lists, so that the same cells are wrong and doubtful here and there."""

    def __init__(self, header: Header, expected: Sequence[Expected]) -> None:
        self._header = header
        self._names = {item.enrolment.id: item.enrolment.employee.full_name for item in expected}
        self._errors: list[CellError] = []
        self._doubts: list[CellError] = []
        self._rows: dict[int, Outcome] = {}

    def read(self, sheet: Sheet) -> ReadSheet:
        """What the sheet says."""
        common: dict[str, Any] = {}
        for row in _above(sheet, self._header):
            column = _COMMON.get(_label(row))
            if column is not None:
                common[column.name] = self._parsed(column, _value_right_of(row))
        for row in sheet.rows:
            if row.number > self._header.row:
                self._read_row(row)
        return ReadSheet(self._rows, Assessment(**common), self._errors, self._doubts)

    def _read_row(self, row: Row) -> None:
        cells = {column.name: self._header.cell(row, column.name) for column in _COLUMNS}
        told = (cells[name] for name in ("number", "outcome", "mark", "reason"))
        if not any(cell.text.strip() or cell.is_formula for cell in told):
            return
        number = self._parsed(_NUMBER, cells["number"])
        if number is None:
            return
        pk = int(number) if number.isdecimal() and len(number) <= _DIGITS else 0
        name = " ".join(cells["name"].text.split())
        problem = self._wrong_person(pk, name)
        if problem:
            self._errors.append(_NUMBER.error(cells["number"], problem))
            return
        self._rows[pk] = Outcome(
            outcome=self._outcome(cells["outcome"]),
            mark=self._parsed(_MARK, cells["mark"]),
            reason=self._parsed(_REASON, cells["reason"]),
        )

    def _wrong_person(self, pk: int, name: str) -> str:
        names = self._names
        if pk not in names:
            return "В этой группе нет такой записи без итога. Удалите строку или скачайте ведомость заново"
        if pk in self._rows:
            return f"Слушатель ({names[pk]}) уже есть в строке выше. Оставьте одну строку"
        if name and header_key(name) != header_key(names[pk]):
            return f"Номер записи принадлежит другому слушателю: {names[pk]}. Исправьте номер или фамилию"
        return ""

    def _outcome(self, cell: Cell) -> EnrolmentStatus | None:
        text = self._parsed(_OUTCOME, cell)
        if text is None:
            return None
        found = _OUTCOME_OF.get(header_key(text))
        if found is None:
            known = ", ".join(f"«{status.label}»" for status in OUTCOMES)
            self._errors.append(_OUTCOME.error(cell, f"Такого итога нет. Выберите из списка: {known}"))
        return found

    def _parsed(self, column: Column, cell: Cell) -> Any:
        value = column.parse(cell)
        if isinstance(value, CellError):
            self._errors.append(value)
            return None
        if value is not None and (doubt := column.doubt(cell)):
            self._doubts.append(column.error(cell, doubt))
        return value
