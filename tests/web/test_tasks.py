"""«Мои задания»: long exports and imports through the pages, with a real worker between the requests."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from app import models as m
from app.access import acting_as
from app.clock import now
from app.exchange.staff.staff_import import STAFF
from app.exchange.staff.staff_sample import build_staff_sample
from app.identifiers import format_snils
from app.jobs import run_worker
from app.statuses import JobStatus
from app.web.frame import export_pages
from app.web.frame.task_words import progress_words
from tests.access.region import MISSING, Answer, Browser, Region
from tests.actors import actor_of
from tests.services.makers import next_snils
from tests.web.pages import flashes, words

#: login → list with search, filters, order
LISTS = [
    ("school", "/employee/export/"),
    ("territory", "/employee/export/?q=анна&order=-last_name&sex=female"),
    ("ministry", "/certificate/export/?status=issued&issued_on_from=01.01.2020&order=number"),
    ("organizer", "/training_group/export/?order=-number"),
    ("operator", "/audit_entry/export/?object_table=voucher"),
    ("operator", "/employment/export/?organization=5"),
    ("operator", "/ab_user/export/?order=-username"),
]


@pytest.fixture
def every_list_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_pages, "AT_ONCE", -1)


@pytest.fixture(autouse=True)
def _no_old_tasks(region: Region) -> Iterator[None]:
    yield
    region.sql("DELETE FROM background_job WHERE title NOT LIKE 'Тайное%%' AND %(yes)s", yes=True)


def work(region: Region) -> None:
    with region.app.app_context():
        run_worker(region.app, once=True)


def newest(browser: Browser) -> dict[str, Any]:
    task: dict[str, Any] = json.loads(browser.get("/tasks/state").text)["tasks"][0]
    return task


def cells(answer: Answer) -> list[list[str]]:
    """Cells of a workbook, but for the minute in which it was made."""
    return [row for row in answer.rows() if not row[0].startswith("Когда:")]


def exported(region: Region) -> tuple[Any, ...]:
    statement = (
        "SELECT user_name, role, action, object_table, object_id, object_label, changes, address FROM audit_entry"
        " WHERE action LIKE '%%.exported' AND %(yes)s ORDER BY id DESC LIMIT 1"
    )
    found: tuple[Any, ...] = region.sql(statement, yes=True)[0]
    return found


# --- exports ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("login", "path"), LISTS)
def test_a_long_export_is_the_short_one_cell_by_cell(
    region: Region, monkeypatch: pytest.MonkeyPatch, login: str, path: str
) -> None:
    browser = region.browser(login)
    direct = browser.get(path)
    assert direct.status == 200
    written = exported(region)
    monkeypatch.setattr(export_pages, "AT_ONCE", -1)
    ordered = browser.get(path)
    assert (ordered.status, ordered.headers["Location"]) == (302, "/tasks/")
    assert newest(browser)["status"] == "queued"
    work(region)
    task = newest(browser)
    assert (task["status"], task["done"]) == ("done", task["total"])
    file = browser.get(f"/tasks/{task['id']}/file")
    assert cells(file) == cells(direct)
    assert len(cells(file)) > 4
    # the journal says the same, also from where it was ordered
    assert exported(region) == written
    assert file.headers["Content-Disposition"] == direct.headers["Content-Disposition"]
    assert browser.leaks == []


def test_the_chosen_columns_are_exported(region: Region, every_list_is_long: None) -> None:
    browser = region.browser("school")
    assert browser.post("/employee/look/", {"column": ["last_name", "snils"]}).status == 302
    browser.get("/employee/export/")
    # chosen anew before the work is done: the file is what was seen when it was ordered
    browser.post("/employee/look/", {"reset": "1"})
    work(region)
    rows = browser.get(f"/tasks/{newest(browser)['id']}/file").rows()
    (titles,) = [row for row in rows if "СНИЛС" in row]
    assert [title for title in titles if title] == ["Работник", "Фамилия", "СНИЛС"]


def test_five_thousand_rows_are_given_at_once_and_more_become_a_task(region: Region) -> None:
    browser = region.browser("operator")
    region.sql(
        "INSERT INTO letter (recipient, subject, body) SELECT 'x@example.test', 'Пачка ' || n, 'Текст'"
        " FROM generate_series(1, 5000) n"
    )
    try:
        direct = browser.get("/letter/export/?q=пачка")
        assert (direct.status, len([r for r in direct.rows() if r[0].startswith("Пачка")])) == (200, 5000)
        region.sql("INSERT INTO letter (recipient, subject, body) VALUES ('x@example.test', 'Пачка 5001', 'Текст')")
        assert browser.get("/letter/export/?q=пачка").headers["Location"] == "/tasks/"
        page = browser.get("/tasks/").text
        assert "5 001" in flashes(page).replace("\xa0", " ")
        assert browser.get("/letter/export/?q=пачка").status == 302
        work(region)
        assert [t["total"] for t in json.loads(browser.get("/tasks/state").text)["tasks"]] == [5001]
        rows = browser.get(f"/tasks/{newest(browser)['id']}/file").rows()
        assert len({r[0] for r in rows if r[0].startswith("Пачка")}) == 5001
        page = browser.get("/tasks/").text
        assert "В файле 5 001 строка." in words(page).replace("\xa0", " ")
        assert "Готово" in words(page)
    finally:
        region.sql("DELETE FROM letter WHERE subject LIKE 'Пачка%%' AND %(yes)s", yes=True)


def test_rows_that_left_the_scope_meanwhile_are_not_exported(region: Region, every_list_is_long: None) -> None:
    browser = region.browser("school2")
    browser.get("/employee/export/")
    secret = next(s for s in region.secrets if s.table == "employee" and s.words[0].startswith("Утаённовская"))
    region.sql("UPDATE employment SET ended_on = current_date - 100 WHERE employee_id = %(pk)s", pk=secret.pk)
    try:
        work(region)
        text = browser.get(f"/tasks/{newest(browser)['id']}/file").text
    finally:
        region.sql("UPDATE employment SET ended_on = NULL WHERE employee_id = %(pk)s", pk=secret.pk)
    assert "Утаённовская" not in text
    assert "Выгрузил" in text


# --- whose they are --------------------------------------------------------------------------------------------------


def test_a_task_is_its_users_alone(region: Region, every_list_is_long: None) -> None:
    owner = region.browser("school")
    owner.get("/employee/export/")
    work(region)
    pk = newest(owner)["id"]
    assert owner.get(f"/tasks/{pk}/file").status == 200
    for login in ("school2", "operator", "admin", "ministry", "worker"):
        other = region.browser(login)
        for path in (f"/tasks/{pk}/file", f"/tasks/{MISSING}/file"):
            assert other.get(path).status == 404
        assert other.get(f"/tasks/{pk}/file").bare == other.get(f"/tasks/{MISSING}/file").bare
        with region.nothing_changes():
            assert other.post(f"/tasks/{pk}/cancel").status == 404
        assert pk not in [t["id"] for t in json.loads(other.get("/tasks/state").text)["tasks"]]
        assert f'data-task="{pk}"' not in other.get("/tasks/").text
    stranger = region.browser(None)
    for path in ("/tasks/", "/tasks/state", f"/tasks/{pk}/file"):
        answer = stranger.get(path)
        assert (answer.status, answer.headers["Location"].split("?")[0]) == (302, "/login/")


def test_the_menu_leads_to_the_page_where_there_is_something_to_order(region: Region) -> None:
    shown = {login for login in region.people if 'href="/tasks/"' in region.browser(login).get("/").text}
    # a worker orders the own trainings as one file
    offices = {"operator", "ministry", "territory", "territory2", "organizer", "organizer2", "school", "school2"}
    assert shown == offices | {"worker", "worker2"}
    assert 'aria-current="page">Мои задания' in region.browser("school").get("/tasks/").text


# --- cancelling, expiring --------------------------------------------------------------------------------------------


def test_cancelling_is_a_post_with_a_token(region: Region, every_list_is_long: None) -> None:
    browser = region.browser("school")
    browser.get("/employee/export/")
    pk = newest(browser)["id"]
    with region.nothing_changes():
        assert browser.get(f"/tasks/{pk}/cancel").status == 405
        assert browser.client.post(f"/tasks/{pk}/cancel").status_code == 400
    assert browser.post(f"/tasks/{pk}/cancel").headers["Location"] == "/tasks/"
    assert "Задание отменено" in flashes(browser.get("/tasks/").text)
    work(region)
    assert newest(browser)["status"] == "cancelled"
    assert browser.get(f"/tasks/{pk}/file").status == 404
    assert browser.post(f"/tasks/{pk}/cancel").status == 302
    assert "уже закончено" in flashes(browser.get("/tasks/").text)


def test_an_expired_file_says_so(region: Region, every_list_is_long: None) -> None:
    browser = region.browser("school")
    browser.get("/employee/export/")
    work(region)
    pk = newest(browser)["id"]
    assert "хранится до" in browser.get("/tasks/").text
    region.sql("UPDATE stored_file SET expires_at = now() - interval '1 second' WHERE object_id = %(pk)s", pk=pk)
    answer = browser.get(f"/tasks/{pk}/file")
    assert answer.status == 404
    assert "результаты хранятся 7 дней" in words(answer.text)
    page = browser.get("/tasks/").text
    assert "Файл удалён" in page
    assert "Скачать" not in page


# --- what is shown ---------------------------------------------------------------------------------------------------


def running(done: int, *, seconds: float = 60, status: JobStatus = JobStatus.RUNNING) -> str:
    started = (now() - dt.timedelta(seconds=seconds)).isoformat()
    job = m.BackgroundJob(status=status, done=done, total=5000, parameters={"started_at": started})
    return progress_words(job).replace("\xa0", " ")


def test_progress_in_words() -> None:
    assert running(0, status=JobStatus.QUEUED) == "Ждёт своей очереди"
    assert running(0) == "Готовим данные"
    assert running(1200, seconds=1) == "1 200 из 5 000 · 24 %"
    assert running(1250, seconds=60) == "1 250 из 5 000 · 25 % · осталось около 3 минут"
    assert running(2500, seconds=60) == "2 500 из 5 000 · 50 % · осталось около 1 минуты"
    assert running(4000, seconds=80) == "4 000 из 5 000 · 80 % · осталось около 20 секунд"
    assert running(5000, seconds=60) == "5 000 из 5 000 · 100 % · завершаем"
    assert running(5000, status=JobStatus.DONE) == ""


def test_running_work_is_shown_with_its_bar(region: Region, every_list_is_long: None) -> None:
    browser = region.browser("school")
    browser.get("/employee/export/")
    pk = newest(browser)["id"]
    region.sql(
        "UPDATE background_job SET status = 'running', total = 5000, done = 1200, parameters = parameters ||"
        " jsonb_build_object('started_at', now()) WHERE id = %(pk)s",
        pk=pk,
    )
    task = newest(browser)
    assert (task["status"], task["done"], task["total"]) == ("running", 1200, 5000)
    assert task["words"].replace("\xa0", " ").startswith("1 200 из 5 000 · 24 %")
    page = browser.get("/tasks/").text
    (bar,) = re.findall(r"<progress[^>]*>", page)
    assert 'value="1200" max="5000"' in bar
    assert f'aria-labelledby="title-{pk}"' in bar
    assert ">Обновить</a>" in page
    assert 'aria-live="polite"' in page
    assert "http-equiv" not in page


# --- imports ---------------------------------------------------------------------------------------------------------


def batch_of(region: Region, number: int) -> int:
    births = (dt.date(1970, 1, 1) + dt.timedelta(days=3 * n) for n in range(number))
    home = min(region.people["school"].facts["places"])
    ((name,),) = region.sql("SELECT short_name FROM organization WHERE id = %(home)s", home=home)
    people = [
        {
            "organization": name,
            "last_name": "Списочная",
            "first_name": "Мария",
            "patronymic": "Ивановна",
            "birth_date": birth,
            "sex": "Ж",
            "snils": format_snils(next_snils()),
            "position": "Учитель",
            "subjects": "История",
            "education_level": "Высшее",
            "teaching_years": 12,
            "position_years": 8,
        }
        for birth in births
    ]
    with region.app.app_context(), acting_as(actor_of(region.app, "school")):
        return STAFF.preview("большой список.xlsx", build_staff_sample(people)).id


def come(region: Region) -> int:
    return int(region.sql("SELECT count(*) FROM employee WHERE last_name = 'Списочная'")[0][0])


def test_a_list_of_three_hundred_is_applied_at_once_and_a_longer_one_as_a_task(region: Region) -> None:
    browser = region.browser("school")
    short = batch_of(region, STAFF.at_once)
    assert browser.post(f"/employee/import/{short}/apply").headers["Location"] == "/employee/list/"
    assert come(region) == STAFF.at_once

    pk = batch_of(region, STAFF.at_once + 1)
    with region.frozen(), region.nothing_changes():
        assert browser.post(f"/employee/import/{pk}/apply").status == 503
    for _ in range(2):  # a second click orders nothing more
        assert browser.post(f"/employee/import/{pk}/apply").headers["Location"] == "/tasks/"
    assert come(region) == STAFF.at_once
    assert [t["status"] for t in json.loads(browser.get("/tasks/state").text)["tasks"]].count("queued") == 1
    work(region)
    assert come(region) == 2 * STAFF.at_once + 1
    page = words(browser.get("/tasks/").text)
    assert "Применение загрузки: большой список.xlsx Готово" in page
    assert "создано — 301, обновлено — 0, без изменений — 0, пропущено с ошибками — 0" in page
    with region.app.app_context(), acting_as(actor_of(region.app, "school")):
        assert STAFF.load(pk).status == "applied"
