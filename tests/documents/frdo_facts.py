"""Facts of a document that has no fault, the directory's lists, and a blank workbook like the official one."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from dataclasses import replace
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Protection
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation

from app import reference
from app.documents.frdo.frdo_columns import LIST_CODES, TITLES, FrdoFacts, Lists, Original
from app.statuses import CertificateKind, DuplicateGround, Sex, StudyForm

TODAY = dt.date(2026, 6, 1)
GOOD = FrdoFacts(
    certificate_id=1,
    employee_id=2,
    qualification_id=3,
    program_id=4,
    group_id=5,
    organizer_id=6,
    kind=CertificateKind.CERTIFICATE,
    ground=None,
    original=None,
    series="6301",
    number="000123",
    registration="0007/2026",
    issued_on=dt.date(2026, 3, 2),
    program="Современный урок математики",
    program_qualification="",
    area="Образование",
    specialities_group="Образование и педагогические науки",
    hours=36,
    form=StudyForm.FULL_TIME,
    funding="",
    by_voucher=True,
    education_level="Высшее образование",
    diploma_last_name="Иванова",
    diploma_series="ВСГ",
    diploma_number="1234567",
    diploma_speciality="Математика",
    starts_on=dt.date(2026, 2, 2),
    ends_on=dt.date(2026, 2, 20),
    last_name="Петрова",
    first_name="Анна",
    patronymic="Ивановна",
    birth_date=dt.date(1980, 5, 17),
    sex=Sex.FEMALE,
    snils="11223344595",
    citizenship="643",
    licence_date=dt.date(2015, 1, 1),
)
ORIGINAL = Original(
    kind=CertificateKind.CERTIFICATE,
    series="6301",
    number="000100",
    registration="0001/2026",
    issued_on=dt.date(2026, 2, 24),
    last_name="Сидорова",
    first_name="Анна",
    patronymic="Ивановна",
)


def facts(**over: Any) -> FrdoFacts:
    """The good document with something else."""
    return replace(GOOD, **over)


def duplicate(**over: Any) -> FrdoFacts:
    """A duplicate of a lost document."""
    return facts(**{"original": ORIGINAL, "ground": DuplicateGround.LOST, **over})


def lists() -> Lists:
    """The lists of the portal's directory."""
    rows = reference.read("frdo_references")
    return Lists({n: tuple(row["value"] for row in rows if row["list_code"] == code) for n, code in LIST_CODES.items()})


def official_blank(
    *, titles: tuple[str, ...] = TITLES, sheet: str = "Шаблон", rows: int = 0, xml: bool = True
) -> bytes:
    """A workbook built like the official one: protected sheet, hidden lists, drop-downs of both sorts, unlocked cells in row 2."""
    book = Workbook()
    page, checks = book.active, book.create_sheet("Проверки")
    page.title, checks.sheet_state = sheet, "hidden"
    page.append(list(titles))
    for number in range(1, len(titles) + 1):
        cell = page.cell(2, number)
        cell.number_format, cell.protection = "@", Protection(locked=False)
    for n in range(rows):
        page.cell(2 + n, 1).value = "Удостоверение"
    page.protection.sheet = True
    for column, values in enumerate((("Муж", "Жен"), ("Средства области", "Платное обучение")), 1):
        for row, value in enumerate(values, 1):
            checks.cell(row, column).value = value
    book.defined_names["пол"] = DefinedName("пол", attr_text="Проверки!$A$1:$A$2")
    book.defined_names["финансирование"] = DefinedName("финансирование", attr_text="Проверки!$B$1:$B$2")
    named = DataValidation(type="list", formula1="пол")
    named.add("Z2:Z1048576")
    literal = DataValidation(type="list", formula1='"Да,Нет"')
    literal.add("C2:E500")
    page.add_data_validation(named)
    page.add_data_validation(literal)
    made = io.BytesIO()
    book.save(made)
    return _with_extension(made.getvalue()) if xml else made.getvalue()


EXTENSION = (
    '<extLst><ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}"'
    ' xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main">'
    '<x14:dataValidations count="1" xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main">'
    '<x14:dataValidation type="list"><x14:formula1><xm:f>Проверки!$B$1:$B$2</xm:f></x14:formula1>'
    "<xm:sqref>AC2:AC1048576</xm:sqref></x14:dataValidation></x14:dataValidations></ext></extLst>"
)


def _with_extension(data: bytes) -> bytes:
    """Put the drop-down that points at another sheet into the first sheet, as Excel writes it."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            part = source.read(item)
            if item.filename == "xl/worksheets/sheet1.xml":
                part = part.replace(b"</worksheet>", EXTENSION.encode() + b"</worksheet>")
            target.writestr(item.filename, part)
    return made.getvalue()
