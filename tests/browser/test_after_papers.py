"""After the papers have left: what was sent is corrected by who clicks, and the other side sees it.

A document is annulled after its batch was sent, its blank written off with it, and a correcting batch tells of it. A registry comes
back, is made anew and sent again. A version of the voucher rule is deleted, and nobody is left without a rule.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from openpyxl import load_workbook
from playwright.sync_api import expect

from app.clock import ZONE, today
from app.russian import format_date
from tests.browser.conftest import Visit
from tests.browser.course_steps import (
    DAY,
    REST,
    add_program,
    bring_in,
    confirmed,
    decide,
    enrol,
    first_day_comes,
    in_state,
    open_group,
    open_in,
    pass_all,
)
from tests.browser.post import Post
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

GROUP, PROGRAM, SERIES = "ПОСЛЕ-26", "Сведения после отправки", "ПО"
SURNAMES = ("Абрамова", "Белых", "Васильева")
#: days of the training
FIRST = today() + 2 * DAY
LAST = FIRST + DAY


@pytest.fixture(scope="module")
def clock(post: Post) -> Iterator[time_machine.Coordinates]:
    """The clock of the module's tests: the second goes on where the first has ended."""
    with time_machine.travel(dt.datetime.combine(today(), dt.time(10), ZONE)) as moved:
        yield moved


def train(operator: Visitor, school: Visitor, organizer: Visitor, folder: Path) -> None:
    """A program of the organizer, a group, three people of the school; the last has no diploma in the card."""
    add_program(organizer, PROGRAM, "ПОСЛЕ", hours="36", frdo=True)
    decide(operator, PROGRAM)
    open_group(organizer, PROGRAM, GROUP, first=FIRST, last=LAST, capacity=3)
    bring_in(school, operator, SURNAMES, folder, without=SURNAMES[-1])
    enrol(school, organizer, GROUP, SURNAMES)


def add_diploma(school: Visitor) -> None:
    """The school enters what the organizer misses into the card of its worker."""
    school.go("/")
    open_in(school, "Работники", SURNAMES[-1])
    school.tab("Образование")
    school.press("Добавить образование")
    school.page.locator("main form [name=level]").select_option(label="Высшее — специалитет")
    school.fill(series="ВСГ", number="1234567", speciality="Математика")
    school.page.get_by_label("Основное").check()
    school.press("Сохранить")


def issue_on_blanks(organizer: Visitor, school: Visitor) -> None:
    """The missing diploma is named before anything is issued; the card mended, all get their documents."""
    organizer.menu("Бланки")
    organizer.press("Принять бланки")
    organizer.page.get_by_label("Вид документа").select_option(label="удостоверение о повышении квалификации")
    organizer.fill(series=SERIES, first="000001", last="000003", document="накладная № 1")
    organizer.press("Сохранить")
    open_in(organizer, "Группы", GROUP)
    organizer.sees("не хватает сведений для документа и ФИС ФРДО")
    organizer.press("Выдать документы")
    organizer.sees(
        "Не хватает сведений для ФИС ФРДО: 1", SURNAMES[-1], "внесите диплом об образовании", "Попросить исправить"
    )
    organizer.press("Попросить исправить")
    add_diploma(school)
    organizer.page.reload()
    expect(organizer.main).not_to_contain_text("Не хватает сведений для ФИС ФРДО")
    organizer.page.get_by_label("На чём печатать удостоверение или диплом").select_option(value=SERIES)
    organizer.press("Выдать: 3")
    organizer.sees("Выдано документов: 3.")


def send_batch(organizer: Visitor) -> str:
    """Form and send the batch of today; return its address."""
    organizer.menu("Пакеты для ФИС ФРДО")
    organizer.press("Проверка и выгрузка")
    day = format_date(today())
    organizer.fill(since=day, until=day)
    organizer.press("Проверить")
    organizer.press("Сформировать файл")
    confirmed(organizer, "Отметить отправленным")
    in_state(organizer, "Отправлен, ждёт ответа")
    return organizer.page.url


def correct_batch(organizer: Visitor, batch: str, folder: Path) -> None:
    """The start page asks for the correcting batch; it holds the annulled document only, and sending it ends the flag."""
    organizer.menu("Документы об обучении")
    organizer.search(f"{SURNAMES[0]} {REST}")
    organizer.open_row(PROGRAM)
    organizer.press("Аннулировать")
    dialog = organizer.page.get_by_role("dialog")
    dialog.get_by_label("Причина").fill("Выдан по ошибке")
    expect(dialog.get_by_label(f"Списать бланк {SERIES} 000001 как испорченный")).to_be_checked()
    dialog.get_by_role("button", name="Аннулировать").click()
    in_state(organizer, "Аннулирован")
    organizer.go("/")
    organizer.take_up("Исправьте 1 пакет для ФИС ФРДО: изменён после отправки")
    organizer.page.locator("main tbody tr th a").first.click()
    assert organizer.page.url == batch
    organizer.sees("Изменено после отправки", SURNAMES[0], "аннулирован: Выдан по ошибке")
    confirmed(organizer, "Сформировать исправляющий пакет")
    organizer.sees("Аннулированные документы в файл не входят")
    path = organizer.download("Скачать список на аннулирование", folder)
    rows = list(load_workbook(path).worksheets[0].iter_rows(min_row=2, values_only=True))
    assert [row[21] for row in rows] == [SURNAMES[0]]
    confirmed(organizer, "Отметить отправленным")
    in_state(organizer, "Отправлен, ждёт ответа")
    organizer.go(batch)
    organizer.sees("исправлено следующим пакетом")
    expect(organizer.button("Сформировать исправляющий пакет")).to_have_count(0)


def write_off(organizer: Visitor) -> None:
    """The blank of the annulled document was written off with it: the box of the question was ticked."""
    organizer.menu("Бланки")
    organizer.search("000001")
    organizer.open_row(f"{SERIES} 000001")
    in_state(organizer, "Испорчен")
    organizer.sees("аннулирован: Выдан по ошибке")


def registry_there_and_back(organizer: Visitor, ministry: Visitor) -> None:
    """Formed, sent, returned with a reason, made anew, sent again, accepted."""
    organizer.menu("Реестры обученных")
    organizer.press("Сформировать реестр")
    group = format_date(LAST)
    organizer.fill(period_from=group, period_to=group)
    organizer.press("Сохранить")
    confirmed(organizer, "Направить")
    in_state(organizer, "Направлен в министерство")
    card = organizer.page.url
    ministry.go(card)
    confirmed(ministry, "Вернуть", "Нет номеров бланков")
    organizer.go(card)
    organizer.sees("Нет номеров бланков")
    confirmed(organizer, "Сформировать заново")
    confirmed(organizer, "Направить")
    in_state(organizer, "Направлен в министерство")
    ministry.go(card)
    ministry.press("Принять")
    in_state(ministry, "Принят")


def delete_version(operator: Visitor) -> None:
    """A new version closes the former one; deleted, it gives the days back."""
    operator.menu("Правила выдачи чеков")
    operator.page.locator("main tbody tr th a").first.click()
    former = operator.page.url
    operator.press("Новая версия")
    operator.fill(valid_from=format_date(today() + 20 * DAY))
    operator.press("Создать версию")
    expect(operator.main).to_contain_text("Новая версия")
    confirmed(operator, "Удалить")
    operator.go(former)
    assert operator.pair("Действует по") == "—"
    operator.go("/")
    expect(operator.main).not_to_contain_text("не сможет никто")


def test_what_left_is_corrected(visit: Visit, post: Post, clock: time_machine.Coordinates, tmp_path: Path) -> None:
    school, organizer = visit("school"), visit("organizer")
    train(visit("operator"), school, organizer, tmp_path)
    clock.move_to(dt.datetime.combine(LAST, dt.time(18), ZONE))
    first_day_comes(post)
    school.sign_in("school")
    organizer.sign_in("organizer")
    pass_all(organizer, GROUP, SURNAMES, LAST)
    issue_on_blanks(organizer, school)
    batch = send_batch(organizer)
    correct_batch(organizer, batch, tmp_path)
    write_off(organizer)
    organizer.is_at_ease()


@pytest.mark.usefixtures("clock")
def test_a_returned_registry_is_sent_again(visit: Visit) -> None:
    registry_there_and_back(visit("organizer"), visit("ministry"))


@pytest.mark.usefixtures("clock")
def test_a_deleted_version_leaves_nobody_without_a_rule(visit: Visit) -> None:
    delete_version(visit("operator"))
