"""Pages of access: the own rights, the request with its scan, the operator's decision, «Смотреть как», paper consents."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest

from app.services.portal.files import files_root
from tests.access.region import Answer, Browser, Region
from tests.services.scans import pdf
from tests.web.pages import flashes, words

HTML = b"<!doctype html><script>alert(1)</script>"


@pytest.fixture(autouse=True)
def _clean(region: Region) -> Iterator[None]:
    last = region.sql("SELECT coalesce(max(id), 0) FROM access_request")[0][0]
    roles = region.sql("SELECT coalesce(max(id), 0) FROM assignment")[0][0]
    yield
    region.sql("DELETE FROM access_request WHERE id > %(last)s", last=last)
    region.sql("DELETE FROM assignment WHERE id > %(last)s", last=roles)


def wish(region: Region, login: str) -> str:
    return "school:" + str(
        region.sql(
            "SELECT w.organization_id FROM employment w WHERE w.employee_id = %(e)s AND w.ended_on IS NULL",
            e=region.people[login].facts["employee"],
        )[0][0]
    )


def send(browser: Browser, code: str, data: bytes, name: str = "Приказ.pdf", **over: str) -> Answer:
    fields = {"wish": code, "details": "Приказ № 7 от 01.09.2026", "valid_from": "01.09.2026", **over}
    return browser.post("/access/request", {**fields, "scan": (io.BytesIO(data), name)})


def newest(region: Region) -> tuple[int, int]:
    found: tuple[int, int] = region.sql("SELECT id, document_id FROM access_request ORDER BY id DESC LIMIT 1")[0]
    return found


def test_a_worker_asks_the_operator_grants_and_the_menu_grows(region: Region) -> None:
    worker, operator = region.browser("worker"), region.browser("operator")
    assert "Загрузка из Excel" not in worker.get("/").text
    assert send(worker, wish(region, "worker"), pdf()).status == 302
    request_id, file_id = newest(region)
    mine = words(worker.get("/access/").text)
    assert "Ждёт решения оператора" in mine
    card = words(operator.get(f"/access_request/show/{request_id}").text)
    assert "Приказ № 7 от 01.09.2026" in card
    assert "Где работает" in card
    scan = operator.get(f"/access/file/{file_id}")
    assert (scan.status, scan.headers["Content-Type"]) == (200, "application/pdf")
    assert scan.headers["Content-Disposition"].startswith("attachment")
    assert scan.headers["X-Content-Type-Options"] == "nosniff"
    assert operator.post(f"/access_request/act/{request_id}/grant").status == 302
    assert worker.get("/employee/list/").status == 200
    mine = words(worker.get("/access/").text)
    assert "Доступ предоставлен" in mine
    assert "Что даёт роль «Ответственный работник образовательной организации»" in mine


def test_a_scan_answers_404_to_everybody_else(region: Region) -> None:
    send(region.browser("worker"), wish(region, "worker"), pdf())
    request_id, file_id = newest(region)
    for login in ("school", "worker2", "school2", "organizer", "territory", "ministry", "observer", "admin"):
        browser = region.browser(login)
        assert browser.get(f"/access/file/{file_id}").status == 404, login
        assert browser.get(f"/access_request/show/{request_id}").status in (403, 404), login


@pytest.mark.parametrize(
    ("data", "over", "sentence"),
    [
        (HTML, {}, "Это не скан"),
        (b"", {}, "Это не скан"),
        (pdf(), {"wish": ""}, "Заполните"),
        (pdf(), {"wish": "school:1000000"}, "кто в ней работает"),
        (pdf(), {"wish": "admin:0"}, "Выберите доступ из списка"),
        (pdf(), {"valid_to": "31.08.2026"}, "Последний день уже прошёл"),
        (pdf(), {"valid_from": "32.13.2026"}, ""),
        (pdf(), {"details": ""}, "Заполните"),
    ],
)
def test_a_wrong_request_is_told_beside_its_field(
    region: Region, data: bytes, over: dict[str, str], sentence: str
) -> None:
    before = region.sql("SELECT count(*) FROM access_request")
    answer = send(region.browser("worker"), over.pop("wish", wish(region, "worker")), data, **over)
    assert answer.status == 422
    page = words(answer.text)
    assert sentence in page
    assert "Not a valid" not in page
    assert region.sql("SELECT count(*) FROM access_request") == before


def test_a_huge_file_is_refused_with_a_page(region: Region) -> None:
    limit = region.app.config["MAX_CONTENT_LENGTH"]
    client = region.browser("worker").client
    body, kind = b"%PDF-" + b"0" * limit, "multipart/form-data; boundary=x"
    answer = client.post("/access/request", data=body, content_type=kind)
    assert answer.status_code == 413
    assert "Файл слишком большой" in answer.get_data(as_text=True)


def test_no_scan_lies_where_the_web_reaches(region: Region) -> None:
    send(region.browser("worker"), wish(region, "worker"), pdf())
    with region.app.app_context():
        static, root = region.app.static_folder or "", files_root()
    assert not str(root).startswith(static)


# --- rights of a user ------------------------------------------------------------------------------------------------


def test_the_rights_of_a_user_are_shown_to_operator_and_admin_only(region: Region) -> None:
    user = region.people["school"].facts["user"]
    for login in ("operator", "admin"):
        page = words(region.browser(login).get(f"/access/user/{user}").text)
        assert "Что даёт роль «Ответственный работник образовательной организации»" in page
        assert "работников своей организации и её подразделений" in page
    for login in ("school", "worker", "territory", "ministry", "organizer"):
        assert region.browser(login).get(f"/access/user/{user}").status == 403


# --- «Смотреть как» --------------------------------------------------------------------------------------------------


def start(region: Region, login: str) -> Browser:
    operator = region.browser("operator")
    answer = operator.post(f"/access/view/{region.people[login].facts['user']}")
    assert (answer.status, answer.headers["Location"]) == (302, "/")
    return operator


@pytest.mark.parametrize("login", ["worker", "school", "organizer", "territory", "ministry", "observer"])
def test_every_page_of_the_menu_opens_with_anothers_eyes(region: Region, login: str) -> None:
    operator, other = start(region, login), region.browser(login)
    page = operator.get("/").text
    assert "Вы смотрите портал глазами пользователя" in page
    menu = [href for href in re.findall(r'<li><a href="(/[^"]*)"', page) if not href.startswith("/help")]
    assert menu == [href for href in re.findall(r'<li><a href="(/[^"]*)"', other.get("/").text) if "/help" not in href]
    for href in menu:
        # the page with the secret address of the calendar's feed and that of the sign-in are the person's alone
        allowed = (403,) if href in ("/calendar/", "/account/") else (200, 302)
        assert operator.get(href).status in allowed, href


def test_with_anothers_eyes_nothing_changes_and_private_pages_are_shut(region: Region) -> None:
    operator = start(region, "school")
    person = region.pick("school", "employee", "own")
    before = region.state()
    refused = [
        operator.post(f"/employee/act/{person}/confirm_actual"),
        operator.post("/notices/read"),
        operator.get("/employee/export/"),
        operator.get("/account/"),
        operator.get("/password/"),
        operator.get("/tasks/1/file"),
    ]
    assert [answer.status for answer in refused] == [403] * len(refused)
    assert region.state() == before
    foreign = region.pick("school", "employee", "foreign")
    assert operator.get(f"/employee/show/{foreign}").status == 404


def test_the_end_of_looking_gives_the_own_eyes_back(region: Region) -> None:
    operator = start(region, "worker")
    user = region.people["worker"].facts["user"]
    answer = operator.post("/access/view/end")
    assert answer.headers["Location"] == f"/ab_user/show/{user}"
    page = operator.get("/queue/")
    assert page.status == 200
    assert "глазами пользователя" not in page.text
    entries = region.sql(
        "SELECT object_id FROM audit_entry WHERE action = 'ab_user.viewed_as' ORDER BY id DESC LIMIT 1"
    )
    assert entries == [(user,)]


def test_a_right_taken_away_ends_the_looking(region: Region) -> None:
    operator = start(region, "worker")
    roles = region.sql(
        "UPDATE assignment SET role = 'observer' WHERE role = 'operator' AND user_id = %(u)s RETURNING id",
        u=region.people["operator"].facts["user"],
    )
    try:
        assert "глазами пользователя" not in operator.get("/").text
    finally:
        region.sql("UPDATE assignment SET role = 'operator' WHERE id = %(id)s", id=roles[0][0])


# --- consents on paper -----------------------------------------------------------------------------------------------


def paper(browser: Browser, person: int, data: bytes, **fields: Any) -> Answer:
    return browser.post(f"/employee/paper_consent/{person}", {"scan": (io.BytesIO(data), "Согласие.pdf"), **fields})


def test_the_school_writes_a_paper_consent_down_and_its_scan_is_seen_by_whom_it_concerns(region: Region) -> None:
    school = region.browser("school")
    person = region.people["worker"].facts["employee"]
    assert "Внести согласие на бумаге" in school.get(f"/employee/show/{person}").text
    assert paper(school, person, HTML, purposes="processing").status == 422
    answer = paper(school, person, pdf(), purposes="processing")
    assert answer.status == 302
    assert "Согласие внесено" in flashes(school.get(answer.headers["Location"]).text)
    scan = region.sql("SELECT scan_id FROM consent WHERE employee_id = %(e)s ORDER BY id DESC LIMIT 1", e=person)[0][0]
    for login, status in {"school": 200, "worker": 200, "operator": 200, "school2": 404, "worker2": 404}.items():
        assert region.browser(login).get(f"/access/file/{scan}").status == status, login


def test_a_paper_consent_of_a_foreign_person_is_not_found(region: Region) -> None:
    person = region.people["worker"].facts["employee"]
    assert region.browser("school2").get(f"/employee/paper_consent/{person}").status == 404
    assert paper(region.browser("school2"), person, pdf(), purposes="processing").status == 404
    assert region.browser("worker").get(f"/employee/paper_consent/{person}").status == 403
