"""One employee's way from a school's Excel list to a printed document and a row of «Реестр обученных».

Every step is done in a browser by the role to which the order gives it, and checked by what this person then sees.
"""

from __future__ import annotations

import datetime as dt
import re
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import time_machine
from docx import Document
from flask import Flask
from openpyxl import load_workbook
from playwright.sync_api import expect
from pypdf import PdfReader

from app import jobs
from app.clock import ZONE, today
from app.documents.office.pdf import find_office
from app.embedded_postgres import EmbeddedPostgres
from app.jobs import run_worker
from app.russian import format_date
from tests.browser.conftest import Newcomer
from tests.browser.course_steps import DAY, confirmed
from tests.browser.visitor import Visitor
from tests.conftest import execute

pytestmark = pytest.mark.browser

EXAMPLE = Path(__file__).parents[2] / "app/static/examples/staff-list.xlsx"
PERSON, SNILS = "Петрова Надежда Ивановна", "951-019-012 72"
COLLEAGUE = "Кузнецова Ольга Сергеевна"  # the demo's worker of the same school
PROGRAM = "Практикум решения олимпиадных задач по математике"


def number_before(visitor: Visitor, word: str) -> int:
    """The figure of the preview's tile with this word."""
    tile = visitor.page.locator(".tile").filter(has=visitor.page.get_by_text(word, exact=True))
    return int(tile.locator("b").inner_text())


def import_list(school: Visitor) -> None:
    school.menu("Работники")
    expect(school.heading).to_contain_text("Работники")
    before = school.heading.inner_text()
    school.press("Загрузить из Excel")
    school.page.get_by_label("Файл со списком работников").set_input_files(EXAMPLE)
    school.press("Проверить файл")
    expect(school.heading).to_have_text("Предпросмотр: staff-list.xlsx")
    counts = {word: number_before(school, word) for word in ("создать", "обновить", "без изменений", "ошибка")}
    assert sum(counts.values()) == 65, "the example names a person in 65 rows"
    assert counts["создать"] > 20 and counts["ошибка"] > 3
    expect(school.main.get_by_role("row").filter(has_text=re.compile("ошибка"))).to_have_count(counts["ошибка"])
    school.sees("31.02.1980")
    expect(school.page.get_by_label("Применить верные строки")).to_be_checked()
    school.press("Применить")
    school.sees(f"Создано: {counts['создать']}.", f"Пропущено с ошибками: {counts['ошибка']}.")
    grown = int(re.sub(r"\D", "", school.heading.inner_text())) - int(re.sub(r"\D", "", before))
    assert grown == counts["создать"]


def open_person(visitor: Visitor) -> None:
    visitor.menu("Работники")
    visitor.search(PERSON)
    visitor.open_row(PERSON)
    expect(visitor.heading).to_have_text(PERSON)


def open_in(visitor: Visitor, label: str, words: str = PERSON) -> None:
    """Find a record in a list of the menu and open it."""
    visitor.menu(label)
    visitor.search(words)
    visitor.open_row(words)


def in_state(visitor: Visitor, words: str) -> None:
    """The pill beside the title of a card says these words."""
    expect(visitor.page.locator("main .head .pill")).to_have_text(words)


def test_one_employee_goes_from_the_excel_list_to_the_registry(
    newcomer: Newcomer, renewed_region: Flask, server: EmbeddedPostgres, database: str, tmp_path: Path
) -> None:
    # the chain is about a variable block: of this rule no block is required, so that it may be the first
    execute(server, database, "UPDATE voucher_rule_block SET required = false")
    school, operator, organizer = newcomer("school"), newcomer("operator"), newcomer("organizer")

    import_list(school)
    open_person(school)
    assert school.pair("СНИЛС") == SNILS
    in_state(school, "Ждёт подтверждения оператора")
    expect(school.button("Подать заявку на чек")).to_have_count(0)

    open_in(operator, "Места работы")
    operator.press("Подтвердить место работы")
    expect(operator.main).to_contain_text("Подтверждено")

    apply_for_voucher(school)
    approve(operator)
    create_program(organizer)
    publish(operator)
    create_group(organizer)
    enrol(school)
    worker_tries_the_same_group(newcomer("worker"), school)
    confirm(organizer)
    # the portal starts the training in the morning of its first day; those who signed in yesterday sign in anew
    with time_machine.travel(dt.datetime.combine(today() + DAY, dt.time(18), ZONE)):
        in_the_background(renewed_region, lambda: jobs.groups(0))
        organizer.sign_in("organizer")
        number = train(organizer)
        check_papers(organizer, number, tmp_path, renewed_region)
        check_registry(organizer, number, tmp_path)
        check_by_stranger(organizer, newcomer(), number)
    for visitor in (school, operator, organizer):
        visitor.is_at_ease()


def apply_for_voucher(school: Visitor) -> None:
    open_person(school)
    school.press("Подать заявку на чек")
    expect(school.page.locator("[name=employee_text]")).to_have_value(PERSON)
    with school.expecting(422):
        school.press("Подать заявку")
        school.sees("Впишите, чем оно подтверждено.")
    school.fill(on_behalf_note="Согласовано с работником и директором 01.09.2026")
    school.press("Подать заявку")
    in_state(school, "Ждёт решения оператора")


def approve(operator: Visitor) -> None:
    open_in(operator, "Заявки на чек")
    operator.sees("Согласовано с работником и директором")
    operator.press("Одобрить")
    in_state(operator, "Одобрена")


def create_program(organizer: Visitor) -> None:
    organizer.menu("Программы")
    organizer.press("Добавить программу")
    organizer.fill(title=PROGRAM, code="МАТ-0926", year=str(today().year), hours="36")
    organizer.page.get_by_label("Блок чека").select_option(label="вариативный блок")
    organizer.press("Сохранить")
    expect(organizer.heading).to_have_text(PROGRAM)
    organizer.press("Отправить на публикацию")
    in_state(organizer, "Ждёт публикации оператором")


def publish(operator: Visitor) -> None:
    open_in(operator, "Программы", PROGRAM)
    confirmed(operator, "Опубликовать")
    in_state(operator, "Опубликована")


def create_group(organizer: Visitor) -> None:
    open_in(organizer, "Программы", PROGRAM)
    organizer.press("Открыть новую группу")
    day, first = format_date(today()), format_date(today() + DAY)
    organizer.fill(number="МАТ-1", place="Самара, ул. Учебная, 1", capacity="25")
    organizer.fill(starts_on=first, ends_on=first, enrol_from=day, enrol_until=day)
    organizer.press("Сохранить")
    in_state(organizer, "Черновик")
    organizer.press("Открыть запись")
    in_state(organizer, "Идёт запись")


def enrol(school: Visitor) -> None:
    open_person(school)
    school.press("Записать на курс")
    school.choose("group", "МАТ-1", "МАТ-1")
    school.press("Записать")
    in_state(school, "Ждёт подтверждения организатора")
    assert school.pair("Группа") == "МАТ-1"
    assert school.pair("Блок чека") == "Вариативный блок 1"
    open_person(school)
    school.page.get_by_role("link", name=re.compile("Чеки и курсы")).click()
    expect(school.page.locator(".part").filter(has_text="МАТ-1")).to_have_count(1)


def worker_tries_the_same_group(worker: Visitor, school: Visitor) -> None:
    """A colleague enrols herself, the school agrees, she sees where it stands, and changes her mind."""
    worker.press("Выбрать курс")
    worker.search(PROGRAM)
    offer = worker.page.locator("article.offer").filter(has_text="группа МАТ-1")
    offer.get_by_role("button", name="Записаться").click()
    worker.sees("Вы записаны", "Нажмите «Отозвать запись»")
    in_state(worker, "Ждёт согласования организации")
    school.menu("Главная")
    school.take_up("Согласуйте ")
    school.search(COLLEAGUE)
    school.open_row("МАТ-1")
    school.press("Согласовать")
    in_state(school, "Ждёт подтверждения организатора")
    worker.menu("Главная")
    mine = worker.page.locator("section.block").filter(has_text="МАТ-1").filter(has=worker.page.locator(".way"))
    expect(mine.locator("li.now")).to_contain_text("подтверждает запись")
    mine.get_by_role("link", name="Открыть запись").click()
    worker.press("Отозвать запись")
    expect(worker.page.get_by_role("dialog")).to_contain_text("Место и блок чека освободятся.")
    worker.page.get_by_role("dialog").get_by_role("button", name="Отозвать запись").click()
    in_state(worker, "Отозвана")


def confirm(organizer: Visitor) -> None:
    open_in(organizer, "Записи на курсы")
    organizer.press("Подтвердить запись")
    in_state(organizer, "Подтверждена")
    open_in(organizer, "Группы", "МАТ-1")
    organizer.sees(PERSON)
    organizer.tab("О группе")
    assert organizer.pair("Места") == "занято 1 из 25", "who withdrew gave the seat back"


def train(organizer: Visitor) -> str:
    """Enter the result, complete the group and issue the document; returns its number."""
    open_in(organizer, "Группы", "МАТ-1")
    in_state(organizer, "Идёт обучение")
    organizer.press("Завершить обучение")
    organizer.sees("Не у всех внесён итог обучения")
    enter_result(organizer)
    open_in(organizer, "Группы", "МАТ-1")
    organizer.press("Завершить обучение")
    in_state(organizer, "Завершена")
    open_in(organizer, "Записи на курсы")
    organizer.press("Выдать документ")
    in_state(organizer, "Действителен")
    return organizer.pair("Номер")


def enter_result(organizer: Visitor) -> None:
    organizer.page.get_by_role("link", name=PERSON).click()
    organizer.press("Внести итог")
    organizer.page.get_by_label("Итог обучения").select_option(label="Обучен, аттестован")
    organizer.fill(final_form="Зачёт", final_mark="зачтено", protocol_number="7")
    organizer.press("Внести итог")
    in_state(organizer, "Обучен, аттестован")


def check_papers(organizer: Visitor, number: str, folder: Path, app: Flask) -> None:
    """The document for Word and, where LibreOffice is installed, its PDF name the person, the program and the number."""
    word = organizer.download("Скачать для Word", folder)
    document = Document(str(word))
    text = "\n".join(node.text or "" for node in document.element.body.iter() if node.tag.endswith("}t"))
    for expected in ("Петров", "Надежд", PROGRAM, number, "36"):
        assert expected in text
    if find_office():
        organizer.press("Печать в PDF")
        organizer.sees("PDF готовится.")
        do_tasks(app)
        organizer.go("/tasks/")
        paper = organizer.download_first("Скачать", folder)
        assert paper.suffix == ".pdf" and paper.read_bytes().startswith(b"%PDF")
        text = " ".join(page.extract_text() for page in PdfReader(paper).pages)
        assert number in text and "Петров" in text


def do_tasks(app: Flask) -> None:
    """Let the portal's worker do what waits."""
    in_the_background(app, lambda: run_worker(app, once=True))


def in_the_background(app: Flask, job: Callable[[], object]) -> None:
    """Do a job of the worker in a thread of its own: the browser's event loop runs in this one."""

    def work() -> None:
        with app.app_context():
            job()

    worker = threading.Thread(target=work)
    worker.start()
    worker.join()


def check_registry(organizer: Visitor, number: str, folder: Path) -> None:
    """«Реестр обученных» of the group has one row: this person, with чек and document."""
    open_in(organizer, "Группы", "МАТ-1")
    sheet = load_workbook(organizer.download("Реестр обученных", folder)).worksheets[0]
    rows = [[str(value) for value in row if value is not None] for row in sheet.iter_rows(values_only=True)]
    mine = [row for row in rows if PERSON in row]
    assert len(mine) == 1
    for expected in (SNILS, PROGRAM, number, "МАТ-1"):
        assert expected in mine[0]


def check_by_stranger(organizer: Visitor, stranger: Visitor, number: str) -> None:
    """Anybody with the code of the document sees that it is real, and no more of the person than is printed."""
    open_in(organizer, "Документы об обучении", number)
    address = organizer.page.get_by_role("link", name="открыть страницу проверки").get_attribute("href")
    assert address is not None
    stranger.go(address)
    stranger.sees("Проверка документа", "Действителен", number, PROGRAM)
    assert SNILS not in stranger.page.content() and "10.10.1989" not in stranger.page.content()
    stranger.go("/certificate/list/")
    expect(stranger.heading).to_have_text("Вход в портал")
