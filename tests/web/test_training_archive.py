"""«Собрать для аттестации» by the pages: the own cabinet and the card, the task and its file, strangers, no LibreOffice."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from pypdf import PdfReader

from app.documents.office.pdf import find_office
from app.jobs import run_worker
from app.web.desk import own_pages, worker_home
from app.web.frame import row_papers
from app.web.paper import certificate_view
from app.web.personnel import archive_pages
from tests.access.region import Browser, Region
from tests.web.pages import error_beside, words

#: another person of the school with a document of the last years on the portal
PEOPLE = (
    "SELECT c.employee_id, max(c.snapshot->>'number') FROM certificate c JOIN enrolment e ON e.id = c.enrolment_id"
    " JOIN employment w ON w.employee_id = c.employee_id AND w.ended_on IS NULL"
    " WHERE c.status = 'issued' AND c.kind = 'certificate' AND e.status = 'trained' AND w.organization_id = ANY(%(places)s)"
    " AND c.employee_id <> %(worker)s GROUP BY c.employee_id HAVING count(*) = 1 ORDER BY c.employee_id LIMIT 1"
)


@pytest.fixture(autouse=True)
def _no_old_tasks(region: Region) -> Iterator[None]:
    yield
    region.sql("DELETE FROM background_job WHERE title NOT LIKE 'Тайное%%' AND %(yes)s", yes=True)


@pytest.fixture
def person(region: Region) -> tuple[int, str]:
    """An own person of the school and the number of the only document."""
    worker = region.people["worker"].facts["employee"]
    pk, number = region.sql(PEOPLE, **region.people["school"].facts, worker=worker)[0]
    return int(pk), str(number)


def newest(browser: Browser) -> dict[str, Any]:
    task: dict[str, Any] = json.loads(browser.get("/tasks/state").text)["tasks"][0]
    return task


@pytest.mark.office
@pytest.mark.skipif(find_office() is None, reason="LibreOffice не установлен")
def test_the_responsible_orders_the_file_from_the_card(region: Region, person: tuple[int, str]) -> None:
    pk, number = person
    browser = region.browser("school")
    assert f'href="/employee/archive/{pk}"' in browser.get(f"/employee/show/{pk}?tab=documents").text
    page = words(browser.get(f"/employee/archive/{pk}").text).replace("\u00a0", " ")
    assert "5 лет, с" in page and "3 года, с" in page and "1 документ" in page
    answer = browser.post(f"/employee/archive/{pk}", {"period": "5"})
    assert (answer.status, answer.headers["Location"]) == (302, "/tasks/")
    with region.app.app_context():
        run_worker(region.app, once=True)
    task = newest(browser)
    assert task["status"] == "done"
    file = browser.client.get(f"/tasks/{task['id']}/file")
    # a number may be broken at the end of a line of its cell
    pages = ["".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(file.get_data())).pages]
    file.close()
    assert "СВЕДЕНИЯОБОБУЧЕНИИ" in pages[0] and number in pages[0]
    assert any(number in page for page in pages[1:])
    assert "список обучения и 1 документ" in words(browser.get("/tasks/").text).replace("\u00a0", " ")
    assert region.browser("school2").get(f"/tasks/{task['id']}/file").status == 404
    entry = region.sql(
        "SELECT object_id FROM audit_entry WHERE action = 'employee.printed' AND %(yes)s ORDER BY id DESC LIMIT 1",
        yes=True,
    )
    assert entry == [(pk,)]


def test_a_worker_finds_the_button_in_the_own_cabinet(region: Region) -> None:
    browser, pk = region.browser("worker"), region.people["worker"].facts["employee"]
    assert f'href="/employee/archive/{pk}"' in browser.get("/my-documents/").text
    assert browser.get(f"/employee/archive/{pk}").status == 200
    assert "Мои задания" in browser.get("/").text
    assert browser.leaks == []


def test_strangers_are_not_let_in(region: Region, person: tuple[int, str]) -> None:
    pk, _number = person
    with region.nothing_changes():
        for login, status in (
            ("worker", 404),
            ("worker2", 404),
            ("school2", 404),
            ("organizer", 403),
            ("operator", 403),
        ):
            browser = region.browser(login)
            assert browser.get(f"/employee/archive/{pk}").status == status, login
            assert browser.post(f"/employee/archive/{pk}", {"period": "5"}).status == status, login
            assert browser.leaks == []


@pytest.mark.parametrize("typed", [{}, {"period": "4"}, {"period": "x"}])
def test_another_period_is_refused_beside_its_field(
    region: Region, person: tuple[int, str], typed: dict[str, str]
) -> None:
    with region.nothing_changes():
        answer = region.browser("school").post(f"/employee/archive/{person[0]}", typed)
    assert answer.status == 422
    assert error_beside(answer.text, "period")


def test_nothing_to_bind_is_said_on_the_form(region: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_pages, "find_office", lambda: "soffice")
    nobody = region.sql(
        "SELECT w.employee_id FROM employment w WHERE w.organization_id = ANY(%(places)s) AND w.ended_on IS NULL"
        " AND NOT EXISTS (SELECT FROM enrolment e WHERE e.employee_id = w.employee_id AND e.status = 'trained')"
        " AND NOT EXISTS (SELECT FROM training t WHERE t.employee_id = w.employee_id) LIMIT 1",
        **region.people["school"].facts,
    )[0][0]
    browser = region.browser("school")
    with region.nothing_changes():
        answer = browser.post(f"/employee/archive/{nobody}", {"period": "3"})
    assert answer.status == 422
    assert "обучения в портале нет, собирать нечего" in words(answer.text)


def test_without_libreoffice_the_pages_say_what_to_install_and_offer_word(
    region: Region, person: tuple[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (archive_pages, certificate_view, row_papers, worker_home, own_pages):
        monkeypatch.setattr(module, "find_office", lambda: None)
    browser = region.browser("school")
    assert "установить LibreOffice" in words(browser.get(f"/employee/archive/{person[0]}").text)
    with region.nothing_changes():
        assert browser.post(f"/employee/archive/{person[0]}", {"period": "5"}).status == 422
    own = region.browser("worker")
    card = region.ids("worker", "certificate", "true")[0]
    page = own.get(f"/certificate/show/{card}").text
    assert "установить LibreOffice" in words(page)
    assert f"/certificate/print/{card}/docx" in page and f"/certificate/print/{card}/pdf" not in page
    documents = own.get("/my-documents/").text
    assert "установить LibreOffice" in words(documents) and f"/certificate/print/{card}/docx" in documents
