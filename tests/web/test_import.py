"""The import through its pages: upload, columns, preview with filters and pages, comments, application, undo."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from typing import Any

import pytest

from app.access import acting_as
from app.exchange.engine import kept_batch
from app.exchange.staff.staff_import import STAFF
from app.exchange.staff.staff_sample import build_staff_sample
from app.identifiers import format_snils
from app.jobs import run_worker
from app.web.personnel import import_preview
from tests.access.region import Answer, Browser, Region
from tests.actors import actor_of
from tests.services.makers import next_snils
from tests.services.test_import_files import own_book
from tests.web.pages import flashes, words

NAME = "Загрузочная"


@pytest.fixture(autouse=True)
def _nothing_left(region: Region) -> Iterator[None]:
    yield
    region.sql("DELETE FROM import_heading WHERE %(yes)s", yes=True)


def people(region: Region, number: int, **over: Any) -> list[dict[str, Any]]:
    school = region.sql(
        "SELECT o.short_name FROM organization o JOIN assignment a ON a.organization_id = o.id"
        " JOIN ab_user u ON u.id = a.user_id WHERE u.username = %(login)s", login="school",
    )[0][0]  # fmt: skip
    births = (dt.date(1970, 1, 1) + dt.timedelta(days=37 * n) for n in range(number))
    return [
        {
            "organization": school, "last_name": NAME, "first_name": "Мария", "patronymic": "Ивановна",
            "birth_date": birth, "snils": format_snils(next_snils()), "position": "Воспитатель", **over,
        }
        for birth in births
    ]  # fmt: skip


def send(browser: Browser, data: bytes, name: str = "список.xlsx") -> Answer:
    return browser.post("/employee/import/", {"file": (io.BytesIO(data), name)})


def come(region: Region) -> int:
    return int(region.sql("SELECT count(*) FROM employee WHERE last_name = %(name)s", name=NAME)[0][0])


def work(region: Region) -> None:
    with region.app.app_context():
        run_worker(region.app, once=True)


def test_list_is_uploaded_looked_at_applied_and_undone(region: Region) -> None:
    browser = region.browser("school")
    page = send(browser, build_staff_sample(people(region, 3))).headers["Location"]
    shown = browser.get(page).text
    assert "Пока ничего не записано" in words(shown)
    assert (shown.count(NAME), come(region)) == (3, 0)
    assert browser.post(f"{page}/apply").headers["Location"] == "/employee/list/"
    assert come(region) == 3
    assert "Отменить загрузку" in words(browser.get(page).text)
    assert browser.post(f"{page}/undo").headers["Location"] == page
    assert "Загрузка отменена: удалено записей — 6" in words(browser.get(page).text)
    assert come(region) == 0
    with region.nothing_changes():
        browser.post(f"{page}/undo")
    assert "уже отменена" in flashes(browser.get(page).text)


def test_wrong_rows_are_found_by_kind_and_marked_in_the_file(region: Region) -> None:
    browser = region.browser("school")
    rows = [*people(region, 2), *people(region, 3, birth_date="1980")]
    page = send(browser, build_staff_sample(rows)).headers["Location"]
    with region.app.app_context(), acting_as(actor_of(region.app, "school")):
        batch = STAFF.load(int(page.rpartition("/")[2]))
        (kind,) = [kind for kind in kept_batch.kinds_of(batch) if kind.is_error]
    found = browser.get(f"{page}?problem={kind.code}").text
    assert "Указан только год" in words(found)
    assert found.count('<tr><th scope="row"') == 3
    assert browser.get(f"{page}?kind=create").text.count('<tr><th scope="row"') == 2
    assert browser.get(f"{page}?problem=нет&kind=нет&page=0&q=%00").status == 200
    marked = browser.post(f"{page}/marked")
    assert "attachment" in marked.headers["Content-Disposition"]
    assert len([row for row in marked.rows() if NAME in row]) == 5


def test_long_list_is_paged(region: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_preview, "PREVIEW_ROWS", 2)
    browser = region.browser("school")
    page = send(browser, build_staff_sample(people(region, 19))).headers["Location"]
    first = words(browser.get(page).text)
    assert "1–2 из 19" in first
    assert "1 2 3 … 10" in first
    assert "19–19 из 19" in words(browser.get(f"{page}?page=10").text)
    assert "1–2 из 19" in words(browser.get(f"{page}?page=11").text)


def test_columns_are_explained_on_their_page(region: Region) -> None:
    browser = region.browser("school")
    school = people(region, 1)[0]["organization"]
    row = (school, NAME, "Мария", "Ивановна", "12.03.80", "Воспитатель", 12, format_snils(next_snils()))
    page = send(browser, own_book(row)).headers["Location"]
    assert page.endswith("/columns")
    shown = words(browser.get(page).text)
    assert "нет обязательных столбцов: «Дата рождения», «Должность»" in shown
    assert "12.03.80" in shown
    explain = page.removesuffix("columns") + "explain"
    assert f'action="{explain}"' in browser.get(page).text
    wrong = browser.post(explain, {"c4": "birth_date", "c5": "birth_date"})
    assert wrong.headers["Location"] == page
    assert "выбрано для двух столбцов" in flashes(browser.get(page).text)
    preview = browser.post(explain, {"c4": "birth_date", "c5": "position", "c6": "-"}).headers["Location"]
    assert "создать" in words(browser.get(preview).text)
    assert send(browser, own_book(row)).headers["Location"].count("columns") == 0


def test_long_list_is_checked_and_marked_by_tasks(region: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(STAFF, "checked_at_once", 3)
    browser = region.browser("school")
    page = send(browser, build_staff_sample([*people(region, 4), *people(region, 1, birth_date="1980")])).headers[
        "Location"
    ]
    waiting = browser.get(page).text
    assert "Проверка загрузки: список.xlsx" in words(waiting)
    assert "data-task=" in waiting
    assert 'action="' + page + '/apply"' not in waiting
    work(region)
    assert "Пока ничего не записано" in words(browser.get(page).text)
    assert browser.post(f"{page}/marked").headers["Location"] == "/tasks/"
    work(region)
    assert "Файл готов" in words(browser.get("/tasks/").text)


def test_hostile_and_foreign_files_are_refused_with_a_sentence(region: Region) -> None:
    browser = region.browser("school")
    with region.nothing_changes():
        for data, sentence in ((b"%PDF-1.7", "документ PDF"), (b"", "Файл пуст"), (b"<html>", "веб-страница")):
            answer = send(browser, data)
            assert (answer.status, sentence in words(answer.text)) == (422, True)
    foreign = send(browser, build_staff_sample(people(region, 2, organization="ГБОУ СОШ № 999"))).headers["Location"]
    assert words(browser.get(foreign).text).count("не найдена среди ваших организаций") >= 2
    assert browser.post(f"{foreign}/apply", {"only_valid": "1"}).headers["Location"] == foreign
    assert come(region) == 0


def test_list_of_another_school_does_not_exist(region: Region) -> None:
    page = send(region.browser("school"), build_staff_sample(people(region, 1))).headers["Location"]
    stranger = region.browser("school2")
    with region.nothing_changes():
        for path in ("", "/columns"):
            assert stranger.get(page + path).status == 404
        for path in ("/explain", "/apply", "/cancel", "/undo", "/marked"):
            assert stranger.post(page + path).status == 404


def test_list_that_is_given_up_cannot_be_applied(region: Region) -> None:
    browser = region.browser("school")
    page = send(browser, build_staff_sample(people(region, 1))).headers["Location"]
    assert browser.post(f"{page}/cancel").headers["Location"] == "/employee/import/"
    browser.post(f"{page}/apply")
    assert "отменена" in flashes(browser.get(page).text)
    assert come(region) == 0
