"""After the papers have left: what was sent is corrected by who clicks, and the other side sees it.

A document is annulled after its batch was sent, and a correcting batch tells of it; its blank is written off. A registry comes
back, is made anew and sent again. A version of the voucher rule is deleted, and nobody is left without a rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect

from app import models as m
from app import statuses as st
from app.clock import today
from app.embedded_postgres import EmbeddedPostgres
from app.russian import format_date
from tests.browser.conftest import Visit
from tests.browser.post import Post, posted
from tests.browser.test_papers_journey import ORGANIZER, SCHOOL
from tests.browser.visitor import Visitor
from tests.conftest import clone
from tests.services import makers as mk
from tests.services.test_frdo import PROGRAM as FRDO_FIELDS
from tests.services.test_frdo import give_diploma

pytestmark = pytest.mark.browser

GROUP, PROGRAM, SERIES = "ПОСЛЕ-26", "Сведения после отправки", "ПО"
SURNAMES = ("Абрамова", "Белых", "Васильева")


def add_group() -> None:
    """A running group whose three listeners have passed the assessment; the last of them has no diploma in the card."""
    organizer, school = (mk.rows(m.Organization, m.Organization.short_name == name)[0] for name in (ORGANIZER, SCHOOL))
    program = mk.make_program(organizer, title=PROGRAM, code="ПОСЛЕ", hours=36, block=None, **FRDO_FIELDS)
    group = mk.make_past_group(program, number=GROUP, capacity=3)
    result = {"final_form": "зачёт", "final_mark": "зачтено", "protocol_number": "7", "result_on": group.ends_on}
    for surname in SURNAMES:
        person = mk.make_person(school, last_name=surname, first_name="Мария", patronymic="Сергеевна")
        if surname != SURNAMES[-1]:
            give_diploma(person.employee)
        mk.make_enrolment(person, group, status=st.EnrolmentStatus.TRAINED, **result)


def add_last_diploma() -> None:
    """The school has mended the card of the last listener."""
    person = mk.rows(m.Employee, m.Employee.last_name == SURNAMES[-1], m.Employee.first_name == "Мария")[-1]
    give_diploma(person)


@pytest.fixture(scope="module")
def post(server: EmbeddedPostgres, demo_template: str, shared_folder: Path, worker_name: str) -> Iterator[Post]:
    name = f"after_{worker_name}"
    url = clone(server, demo_template, name, shared_folder)
    with posted(url, shared_folder / f"instance_{name}") as running:
        running.work(add_group)
        yield running


def confirmed(visitor: Visitor, label: str, reason: str = "") -> None:
    """Press a button that asks first, and answer."""
    visitor.press(label)
    dialog = visitor.page.get_by_role("dialog")
    if reason:
        dialog.get_by_label("Причина").fill(reason)
    dialog.get_by_role("button", name=label).click()


def status(visitor: Visitor, words: str) -> None:
    expect(visitor.page.locator("main .head .pill")).to_have_text(words)


def issue_on_blanks(organizer: Visitor, post: Post) -> None:
    """The missing diploma is named before anything is issued; the card mended, all get their documents."""
    organizer.menu("Бланки")
    organizer.press("Принять бланки")
    organizer.page.get_by_label("Вид документа").select_option(label="удостоверение о повышении квалификации")
    organizer.fill(series=SERIES, first="000001", last="000003", document="накладная № 1")
    organizer.press("Сохранить")
    organizer.menu("Группы")
    organizer.search(GROUP)
    organizer.open_row(GROUP)
    organizer.sees("не хватает сведений для ФИС ФРДО")
    organizer.press("Выдать документы")
    organizer.sees(
        "Не хватает сведений для ФИС ФРДО: 1", SURNAMES[-1], "внесите диплом об образовании", "Попросить исправить"
    )
    post.work(add_last_diploma)
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
    organizer.press("Отметить отправленным")
    status(organizer, "Отправлен, ждёт ответа")
    return organizer.page.url


def correct_batch(organizer: Visitor, batch: str, folder: Path) -> None:
    """The start page asks for the correcting batch; it holds the annulled document only, and sending it ends the flag."""
    organizer.menu("Документы об обучении")
    organizer.search(f"{SURNAMES[0]} Мария Сергеевна")
    organizer.open_row(PROGRAM)
    confirmed(organizer, "Аннулировать", "Выдан по ошибке")
    status(organizer, "Аннулирован")
    organizer.go("/")
    organizer.page.locator("main a").filter(has_text="изменён после отправки").first.click()
    organizer.page.locator("main tbody tr th a").first.click()
    assert organizer.page.url == batch
    organizer.sees("Изменено после отправки", SURNAMES[0], "аннулирован: Выдан по ошибке")
    confirmed(organizer, "Сформировать исправляющий пакет")
    organizer.sees("Аннулированные документы в файл не входят")
    path = organizer.download("Скачать список на аннулирование", folder)
    rows = list(load_workbook(path).worksheets[0].iter_rows(min_row=2, values_only=True))
    assert [row[21] for row in rows] == [SURNAMES[0]]
    organizer.press("Отметить отправленным")
    status(organizer, "Отправлен, ждёт ответа")
    organizer.go(batch)
    organizer.sees("исправлено следующим пакетом")
    expect(organizer.button("Сформировать исправляющий пакет")).to_have_count(0)


def write_off(organizer: Visitor) -> None:
    """The blank of the annulled document waits on the start page."""
    organizer.go("/")
    organizer.page.locator("main a").filter(has_text=re.compile("бланк.* аннулированн.* нужно списать")).click()
    organizer.open_row(f"{SERIES} 000001")
    confirmed(organizer, "Списать как испорченный", "Документ аннулирован")
    status(organizer, "Испорчен")


def registry_there_and_back(organizer: Visitor, ministry: Visitor) -> None:
    """Formed, sent, returned with a reason, made anew, sent again, accepted."""
    organizer.menu("Реестры обученных")
    organizer.press("Сформировать реестр")
    group = format_date(today() - mk.DAY)
    organizer.fill(period_from=group, period_to=group)
    organizer.press("Сохранить")
    organizer.press("Направить")
    status(organizer, "Направлен в министерство")
    card = organizer.page.url
    ministry.go(card)
    confirmed(ministry, "Вернуть", "Нет номеров бланков")
    organizer.go(card)
    organizer.sees("Нет номеров бланков")
    confirmed(organizer, "Сформировать заново")
    organizer.press("Направить")
    status(organizer, "Направлен в министерство")
    ministry.go(card)
    ministry.press("Принять")
    status(ministry, "Принят")


def delete_version(operator: Visitor) -> None:
    """A new version closes the former one; deleted, it gives the days back."""
    operator.menu("Правила выдачи чеков")
    operator.page.locator("main tbody tr th a").first.click()
    former = operator.page.url
    operator.press("Новая версия")
    operator.fill(valid_from=format_date(today() + 20 * mk.DAY))
    operator.press("Создать версию")
    expect(operator.main).to_contain_text("Новая версия")
    confirmed(operator, "Удалить")
    operator.go(former)
    assert operator.pair("Действует по") == "—"
    operator.go("/")
    expect(operator.main).not_to_contain_text("не сможет никто")


def test_what_left_is_corrected(visit: Visit, post: Post, tmp_path: Path) -> None:
    organizer = visit("organizer")
    issue_on_blanks(organizer, post)
    batch = send_batch(organizer)
    correct_batch(organizer, batch, tmp_path)
    write_off(organizer)
    organizer.is_at_ease()


def test_a_returned_registry_is_sent_again(visit: Visit) -> None:
    registry_there_and_back(visit("organizer"), visit("ministry"))


def test_a_deleted_version_leaves_nobody_without_a_rule(visit: Visit) -> None:
    delete_version(visit("operator"))
