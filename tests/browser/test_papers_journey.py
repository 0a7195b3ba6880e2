"""A group that has finished: its documents on numbered blanks by the organizer's own template, all its papers, the registry
and the file for ФИС ФРДО; then a duplicate and an annulment, as anybody sees them by the code (order § 3.3).

Every step is done in a browser by the organizer; tasks are done by the portal's worker, PDF is made by LibreOffice.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from pathlib import Path

import pytest
import time_machine
from docx import Document
from openpyxl import load_workbook
from playwright.sync_api import expect
from pypdf import PdfReader

from app.clock import ZONE, today
from app.russian import format_date
from tests.browser.conftest import Visit
from tests.browser.course_steps import (
    DAY,
    REST,
    add_program,
    bring_in,
    decide,
    enrol,
    first_day_comes,
    open_group,
    open_in,
    pass_all,
)
from tests.browser.post import Post
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

GROUP, PROGRAM = "ИКТ-25", "Цифровые инструменты учителя «от замысла до урока»"
#: one more than the group needs
SERIES, FIRST, LAST = "КО", "000101", "000126"
#: days of the training
FIRST_DAY = today() + 2 * DAY
LAST_DAY = FIRST_DAY + DAY
#: what the ZIP of the group holds; there is no order, no schedule and no act in it, and a text says so
ALL_PAPERS = (
    "Договор с местом работы слушателей", "Список группы", "Ведомость итоговой аттестации", "Протокол итоговой аттестации", "Журнал учёта выдачи документов",
    "Реестр обученных", "Удостоверение о повышении квалификации", "Чего нет в архиве.txt",
)  # fmt: skip
OWN_WORDS = "Оформлено по шаблону центра"
SURNAMES = (
    "Абрамова", "Белых", "Васильева-Островская", "Гусейн-оглы", "Д'Артаньян", "Ёлкина", "Жук", "Зайцева", "Иванова",
    "Ковальчук", "Лебедева", "Мельник", "Никитина", "Орлова", "Петренко", "Романова", "Соколова", "Тихая", "Ушакова",
    "Фёдорова", "Христорождественская-Благовещенская", "Цой", "Черных", "Шевченко", "Щукина",
)  # fmt: skip


def train(operator: Visitor, school: Visitor, organizer: Visitor, folder: Path) -> None:
    """A program and a group of the organizer, 25 people of the school who will pass; until its first day."""
    add_program(organizer, PROGRAM, "ИКТ", hours="36", frdo=True)
    decide(operator, PROGRAM)
    open_group(organizer, PROGRAM, GROUP, first=FIRST_DAY, last=LAST_DAY, capacity=len(SURNAMES))
    # the school types the apostrophe of print, the portal keeps the plain one
    bring_in(school, operator, [surname.replace("'", "’") for surname in SURNAMES], folder)
    enrol(school, organizer, GROUP, SURNAMES)


def take_blanks(organizer: Visitor) -> None:
    organizer.menu("Бланки")
    organizer.press("Принять бланки")
    organizer.page.get_by_label("Вид документа").select_option(label="удостоверение о повышении квалификации")
    organizer.fill(series=SERIES, first=FIRST, last=LAST, document="накладная № 5")
    organizer.press("Сохранить")
    organizer.sees(f"{SERIES} {FIRST}")


def own_template(organizer: Visitor, folder: Path) -> None:
    """Change a sentence of the standard file, upload it and put it in force."""
    organizer.menu("Шаблоны печати")
    organizer.press("Загрузить шаблон")
    with organizer.page.expect_download() as started:
        organizer.page.get_by_role("link", name=re.compile("стандартный шаблон: Удостоверение")).click()
    path = folder / "own.docx"
    document = Document(io.BytesIO(Path(started.value.path()).read_bytes()))
    seal = next(
        node for node in document.element.body.iter() if node.tag.endswith("}t") and "М.П." in (node.text or "")
    )
    seal.text = f"{seal.text} {OWN_WORDS}"
    document.save(str(path))
    organizer.page.locator("[name=code]").select_option("certificate")
    organizer.page.locator("[name=file]").set_input_files(path)
    organizer.press("Проверить и загрузить")
    organizer.sees("Шаблон принят.")
    organizer.press("Ввести в действие")
    organizer.page.get_by_role("dialog").get_by_role("button", name="Ввести в действие").click()
    organizer.sees("Версия введена в действие")


def complete(organizer: Visitor) -> None:
    open_in(organizer, "Группы", GROUP)
    organizer.press("Завершить обучение")
    expect(organizer.page.locator("main .head .pill")).to_have_text("Завершена")


def issue_all(organizer: Visitor) -> None:
    """Too few blanks refuse the whole list; enough of them give each the next number."""
    organizer.press("Выдать документы")
    organizer.sees("Получат документы: 25")
    organizer.page.get_by_label("На чём печатать удостоверение или диплом").select_option(value=SERIES)
    organizer.press("Выдать: 25")
    organizer.sees("Выдано документов: 25.")


def printed_pages(organizer: Visitor, post: Post, folder: Path) -> None:
    """One PDF of all, in the order of names, each on a page of its own, by the own template."""
    organizer.press("Документы группы")
    organizer.press("Один файл PDF")
    post.deliver()
    path = download_newest(organizer, folder)
    pages = [" ".join(page.extract_text().split()) for page in PdfReader(path).pages]
    assert len(pages) == len(SURNAMES)
    for number, (surname, text) in enumerate(zip(SURNAMES, pages, strict=True), int(FIRST)):
        assert surname.split("-")[0] in text
        assert OWN_WORDS in text and f"{number:06d}" in text


def download_newest(organizer: Visitor, folder: Path) -> Path:
    organizer.go("/tasks/")
    return organizer.download_first("Скачать", folder)


def all_papers(organizer: Visitor, post: Post, folder: Path) -> None:
    """One ZIP holds the papers of the group, the registry and the documents."""
    open_in(organizer, "Группы", GROUP)
    organizer.press("Все документы группы")
    post.deliver()
    with zipfile.ZipFile(download_newest(organizer, folder)) as archive:
        names = archive.namelist()
    assert [name for name in ALL_PAPERS if not any(name in one for one in names)] == []


def registry(organizer: Visitor, folder: Path) -> None:
    open_in(organizer, "Группы", GROUP)
    sheet = load_workbook(organizer.download("Реестр обученных", folder)).worksheets[0]
    rows = [[str(value) for value in row if value is not None] for row in sheet.iter_rows(values_only=True)]
    assert len([row for row in rows if PROGRAM in row]) == len(SURNAMES)


def frdo(organizer: Visitor, folder: Path) -> None:
    """The check finds no error, and the file has a row for each document."""
    organizer.menu("Пакеты для ФИС ФРДО")
    organizer.press("Проверка и выгрузка")
    day = format_date(today())
    organizer.fill(since=day, until=day)
    organizer.press("Проверить")
    organizer.press("Сформировать файл")
    sheet = load_workbook(organizer.download("Скачать файл", folder)).worksheets[0]
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    # «Фамилия получателя» and «Номер документа»
    assert [row[21] for row in rows] == list(SURNAMES)
    assert [row[6] for row in rows] == [f"{number:06d}" for number in range(int(FIRST), int(LAST))]


def check_by_stranger(organizer: Visitor, stranger: Visitor, *words: str) -> None:
    """What anybody sees by the code of the document whose card is open."""
    address = organizer.page.get_by_role("link", name="открыть страницу проверки").get_attribute("href")
    assert address is not None
    stranger.go(address)
    stranger.sees("Проверка документа", *words)


def replace_and_annul(organizer: Visitor, stranger: Visitor) -> None:
    """A lost document gets a duplicate on the next blank, a wrong one is annulled; the codes tell both."""
    open_document(organizer, SURNAMES[0])
    check_by_stranger(organizer, stranger, "Действителен", PROGRAM)
    lost = organizer.page.url
    organizer.press("Выдать дубликат")
    organizer.page.get_by_label("Основание").select_option(label="утрата")
    organizer.page.get_by_label("На чём печатать").select_option(value=SERIES)
    organizer.press("Выдать дубликат")
    organizer.sees("Прежний документ больше не действует.")
    assert organizer.pair("Бланк") == f"{SERIES} {LAST}"
    number = organizer.pair("Номер")
    check_by_stranger(organizer, stranger, "Действителен", number)
    organizer.go(lost)
    check_by_stranger(organizer, stranger, "Заменён", number)
    open_document(organizer, SURNAMES[1])
    organizer.press("Аннулировать")
    dialog = organizer.page.get_by_role("dialog")
    dialog.get_by_label("Причина").fill("Выдан по ошибке")
    dialog.get_by_role("button", name="Аннулировать").click()
    expect(organizer.page.locator("main .head .pill")).to_have_text("Аннулирован")
    check_by_stranger(organizer, stranger, "Аннулирован")
    expect(stranger.main).not_to_contain_text("Выдан по ошибке")


def open_document(organizer: Visitor, surname: str) -> None:
    organizer.menu("Документы об обучении")
    organizer.search(f"{surname} {REST}")
    organizer.open_row(PROGRAM)


def test_a_finished_group_gets_all_its_papers(visit: Visit, post: Post, tmp_path: Path) -> None:
    school, organizer = visit("school"), visit("organizer")
    train(visit("operator"), school, organizer, tmp_path)
    with time_machine.travel(dt.datetime.combine(LAST_DAY, dt.time(18), ZONE)):
        first_day_comes(post)
        organizer.sign_in("organizer")
        pass_all(organizer, GROUP, SURNAMES, LAST_DAY)
        take_blanks(organizer)
        own_template(organizer, tmp_path)
        complete(organizer)
        issue_all(organizer)
        printed_pages(organizer, post, tmp_path)
        all_papers(organizer, post, tmp_path)
        registry(organizer, tmp_path)
        frdo(organizer, tmp_path)
        replace_and_annul(organizer, visit())
    organizer.is_at_ease()
