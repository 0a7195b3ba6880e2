"""Printing in bulk by the pages: chosen documents, a group's documents and papers, everything as one ZIP, with a real worker."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from docx import Document
from pypdf import PdfReader

from app.documents.office.pdf import find_office
from app.jobs import run_worker
from app.web.paper import printing_pages
from tests.access.region import Browser, Region
from tests.actors import client_as
from tests.documents.conftest import paragraphs
from tests.statements import recorded
from tests.web.pages import flashes, words

GROUP = (
    "SELECT g.id FROM training_group g JOIN enrolment e ON e.group_id = g.id"
    " JOIN certificate c ON c.enrolment_id = e.id AND c.status = 'issued' AND c.kind = 'certificate'"
    " WHERE c.organizer_id = ANY(%(places)s) GROUP BY g.id ORDER BY count(*) DESC, g.id LIMIT 1"
)


@pytest.fixture(autouse=True)
def _no_old_tasks(region: Region) -> Iterator[None]:
    yield
    region.sql("DELETE FROM background_job WHERE title NOT LIKE 'Тайное%%' AND %(yes)s", yes=True)


@pytest.fixture
def group(region: Region) -> int:
    """A group of the organizer with documents."""
    return int(region.sql(GROUP, **region.people["organizer"].facts)[0][0])


def numbers_of(region: Region, group: int) -> list[str]:
    """Numbers of the group's documents by the people's names."""
    found = region.sql(
        "SELECT c.snapshot->>'number' FROM certificate c JOIN enrolment e ON e.id = c.enrolment_id JOIN employee p ON p.id = c.employee_id"
        " WHERE e.group_id = %(group)s AND c.status = 'issued' AND c.kind = 'certificate' ORDER BY p.sort, c.id",
        group=group,
    )
    return [number for (number,) in found]


def work(region: Region) -> None:
    with region.app.app_context():
        run_worker(region.app, once=True)


def newest(browser: Browser) -> dict[str, Any]:
    task: dict[str, Any] = json.loads(browser.get("/tasks/state").text)["tasks"][0]
    return task


def posted(region: Region, login: str, path: str, **data: Any) -> Any:
    """The raw answer to a POST: the bytes of a file."""
    browser = region.browser(login)
    browser.post("/nothing", {})
    answer = browser.client.post(path, data={"csrf_token": browser.token, **data})
    answer.get_data()
    answer.close()
    return answer


def file_of(region: Region, browser: Browser) -> bytes:
    answer = browser.client.get(f"/tasks/{newest(browser)['id']}/file")
    data = bytes(answer.get_data())
    answer.close()
    return data


def last_entry(region: Region, action: str) -> tuple[Any, ...]:
    statement = "SELECT object_id, changes FROM audit_entry WHERE action = %(action)s ORDER BY id DESC LIMIT 1"
    found: tuple[Any, ...] = region.sql(statement, action=action)[0]
    return found


def in_document(data: bytes, numbers: list[str]) -> list[str]:
    """Which of the numbers stand in a DOCX, in its order."""
    lines = paragraphs(data)
    return [number for line in lines for number in numbers if line == number]


# --- the list --------------------------------------------------------------------------------------------------------


def test_chosen_documents_are_printed_in_the_order_of_the_list(region: Region) -> None:
    browser = region.browser("organizer")
    page = browser.get("/certificate/list/?kind=certificate&status=issued&order=-number").text
    ids = re.findall(r'name="rowid" value="(\d+)"', page)[:3]
    known = dict(region.sql("SELECT id, snapshot->>'number' FROM certificate WHERE %(yes)s", yes=True))
    numbers = [known[int(pk)] for pk in ids]
    answer = posted(region, "organizer", "/certificate/act/", action="print_docx", rowid=ids)
    assert answer.status_code == 200
    data = answer.get_data()
    assert in_document(data, numbers) == numbers
    assert len(Document(io.BytesIO(data)).sections) == 3
    pk, changes = last_entry(region, "certificate.printed")
    assert (pk, changes["Напечатано"][1]) == (None, "3\u00a0человека")
    assert changes["Номера"][1].endswith(f" – {numbers[-1]}")


def test_all_rows_of_a_query_are_printed_in_its_order_by_a_task(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printing_pages, "AT_ONCE", 1)
    browser = region.browser("organizer")
    query = "kind=certificate&status=issued&order=-number"
    total = len(region.ids("organizer", "certificate", "t.kind = 'certificate' AND t.status = 'issued'"))
    page = browser.get(f"/certificate/list/?{query}").text
    assert f'name="seen" value="{total}"' in page
    answer = browser.post("/certificate/act/", {"action": "print_zip", "all": "1", "seen": str(total), "query": query})
    assert (answer.status, answer.headers["Location"]) == (302, "/tasks/")
    assert newest(browser)["total"] == total
    work(region)
    assert newest(browser)["status"] == "done"
    with zipfile.ZipFile(io.BytesIO(file_of(region, browser))) as archive:
        names = archive.namelist()
    assert len(names) == total
    numbers = [name.rpartition(", ")[2].removesuffix(".docx") for name in names]
    assert numbers == sorted(numbers, reverse=True)
    assert last_entry(region, "certificate.printed")[1]["Напечатано"][1].startswith(str(total))


def test_nobody_prints_the_documents_of_others(region: Region, group: int) -> None:
    own = region.ids("organizer", "certificate", "t.status = 'issued'")[0]
    with region.nothing_changes():
        for login, status in (("organizer2", 404), ("school2", 404), ("worker2", 403), ("observer", 403)):
            answer = region.browser(login).post("/certificate/act/", {"action": "print_zip", "rowid": [str(own)]})
            assert answer.status == status, login
        assert (
            region.browser("organizer").post("/certificate/act/", {"action": "print_x", "rowid": [str(own)]}).status
            == 404
        )


def test_a_worker_is_offered_no_bulk_printing(region: Region) -> None:
    assert "print_zip" not in region.browser("worker").get("/certificate/list/").text
    assert "print_zip" in region.browser("organizer").get("/certificate/list/").text


# --- the group -------------------------------------------------------------------------------------------------------


def test_the_page_of_papers_says_what_is_ready_and_leads_from_the_card(region: Region, group: int) -> None:
    browser = region.browser("organizer")
    assert f"/training_group/papers/{group}" in browser.get(f"/training_group/show/{group}").text
    with recorded() as statements:
        page = browser.get(f"/training_group/papers/{group}").text
    assert len(statements) <= 15
    for title in ("Список группы", "Ведомость итоговой аттестации", "Журнал учёта выдачи документов"):
        assert title in page
    assert f"Удостоверение о повышении квалификации: {len(numbers_of(region, group))}" in words(page)
    assert browser.leaks == []


def test_each_paper_is_downloaded_and_journalled(region: Region, group: int) -> None:
    browser = region.browser("organizer")
    client = client_as(region.app, "organizer")
    codes = re.findall(r"\?paper=(\w+)", browser.get(f"/training_group/papers/{group}").text)
    assert set(codes) >= {"group_list", "grade_sheet", "issue_journal"}
    for code in dict.fromkeys(codes):
        answer = client.get(f"/training_group/papers/{group}?paper={code}")
        assert answer.status_code == 200
        assert len(Document(io.BytesIO(answer.get_data())).tables) >= 1
        assert last_entry(region, "training_group.printed")[0] == group
    assert browser.get(f"/training_group/papers/{group}?paper=nothing").status == 404


def test_a_paper_that_cannot_be_made_leads_back_with_the_reason(region: Region) -> None:
    empty = region.sql(
        "SELECT g.id FROM training_group g WHERE g.organizer_id = ANY(%(places)s) AND NOT EXISTS"
        " (SELECT FROM enrolment e JOIN certificate c ON c.enrolment_id = e.id WHERE e.group_id = g.id) LIMIT 1",
        **region.people["organizer"].facts,
    )[0][0]
    browser = region.browser("organizer")
    with region.nothing_changes():
        answer = browser.get(f"/training_group/papers/{empty}?paper=issue_journal")
    assert (answer.status, answer.headers["Location"]) == (302, f"/training_group/papers/{empty}")
    assert "ещё не выданы" in flashes(browser.get(f"/training_group/papers/{empty}").text)


def test_documents_of_the_group_are_printed_by_names(
    region: Region, group: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printing_pages, "AT_ONCE", 500)
    path = f"/training_group/papers/{group}/order?kind=certificate&form=docx"
    answer = posted(region, "organizer", path)
    numbers = numbers_of(region, group)
    assert answer.status_code == 200
    assert in_document(answer.get_data(), numbers) == numbers
    assert last_entry(region, "training_group.printed")[0] == group


def test_a_kind_without_documents_is_answered_in_words(region: Region, group: int) -> None:
    browser = region.browser("organizer")
    answer = browser.post(f"/training_group/papers/{group}/order?kind=diploma&form=docx")
    assert answer.status == 302
    assert "Печатать нечего" in flashes(browser.get(f"/training_group/papers/{group}").text)


@pytest.mark.office
@pytest.mark.skipif(find_office() is None, reason="LibreOffice не установлен")
def test_one_pdf_of_the_group_by_a_task(region: Region, group: int) -> None:
    browser = region.browser("organizer")
    answer = browser.post(f"/training_group/papers/{group}/order?kind=certificate&form=pdf")
    assert answer.headers["Location"] == "/tasks/"
    work(region)
    numbers = numbers_of(region, group)
    texts = [page.extract_text() for page in PdfReader(io.BytesIO(file_of(region, browser))).pages]
    assert len(texts) == len(numbers)
    assert all(number in text for number, text in zip(numbers, texts, strict=True))
    page = words(browser.get("/tasks/").text).replace("\u00a0", " ")
    assert f"В файле {len(numbers)} человек" in page


def test_without_libreoffice_pdf_is_not_offered_and_the_page_says_what_to_install(
    region: Region, group: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printing_pages, "find_office", lambda: None)
    browser = region.browser("organizer")
    page = browser.get(f"/training_group/papers/{group}").text
    assert "form=pdf" not in page
    assert "form=docx" in page
    assert "установить LibreOffice" in words(page)
    assert "print_pdf" not in browser.get("/certificate/list/").text


def test_a_cancelled_printing_leaves_no_file(region: Region, group: int) -> None:
    browser = region.browser("organizer")
    browser.post(f"/training_group/papers/{group}/order?kind=certificate&form=duplex")
    task = newest(browser)
    browser.post(f"/tasks/{task['id']}/cancel")
    work(region)
    assert newest(browser)["status"] == "cancelled"
    assert browser.get(f"/tasks/{task['id']}/file").status == 404


def test_everything_of_a_group_is_one_zip(region: Region, group: int) -> None:
    browser = region.browser("organizer")
    answer = browser.post(f"/training_group/papers/{group}/order")
    assert answer.headers["Location"] == "/tasks/"
    work(region)
    assert newest(browser)["status"] == "done"
    with zipfile.ZipFile(io.BytesIO(file_of(region, browser))) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        (documents,) = [name for name in names if name.startswith("Удостоверение")]
        numbers = numbers_of(region, group)
        assert in_document(archive.read(documents), numbers) == numbers
        assert any(name.startswith("Реестр обученных") and name.endswith(".xlsx") for name in names)
        for title in ("Список группы", "Ведомость", "Журнал учёта выдачи"):
            assert any(name.startswith(title) for name in names)
    assert "В архиве" in browser.get("/tasks/").text


def test_another_organizers_group_is_missing_on_every_way_in(region: Region, group: int) -> None:
    browser = region.browser("organizer2")
    with region.nothing_changes():
        assert browser.get(f"/training_group/papers/{group}").status == 404
        assert browser.get(f"/training_group/papers/{group}?paper=group_list").status == 404
        assert browser.post(f"/training_group/papers/{group}/order").status == 404
        assert browser.post(f"/training_group/papers/{group}/order?kind=certificate&form=zip").status == 404
    assert region.browser("school").get(f"/training_group/papers/{group}").status == 403
    assert browser.leaks == []
