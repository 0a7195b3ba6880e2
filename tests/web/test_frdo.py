"""Pages of ФИС ФРДО as an organizer walks them: check, file, sending, answers, blank; and what others see."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Iterator
from typing import Any

import pytest

from app.documents.frdo import frdo_export
from app.documents.frdo.frdo_columns import TITLES
from app.jobs import run_worker
from app.web.paper import frdo_pages
from tests.access.region import Browser, Region
from tests.documents.frdo_facts import official_blank
from tests.statements import recorded
from tests.web.pages import error_beside, flashes, refusal, words

MOST_STATEMENTS = 15
LOGIN = "organizer2"


@pytest.fixture
def period(region: Region) -> dict[str, str]:
    """Days of the latest year in which the organizer has five complete documents, in no batch."""
    place = place_of(region)
    region.sql(
        "UPDATE employee SET birth_date = coalesce(birth_date, '1980-01-01'), sex = coalesce(sex, 'female')"
        " WHERE id IN (SELECT employee_id FROM certificate WHERE organizer_id = %(place)s)", place=place,
    )  # fmt: skip
    region.sql(
        "DELETE FROM frdo_row r USING frdo_batch b WHERE b.id = r.batch_id AND b.organizer_id = %(place)s", place=place
    )
    region.sql("DELETE FROM certificate WHERE number LIKE 'ТАЙНЫЙ%%' AND organizer_id = %(place)s", place=place)
    complete = (
        "organizer_id = %(place)s AND status = 'issued' AND kind = 'certificate' AND original_id IS NULL"
        " AND EXISTS (SELECT FROM qualification q JOIN education_level l ON l.id = q.level_id"
        " WHERE q.employee_id = certificate.employee_id AND l.frdo_value IS NOT NULL AND q.number IS NOT NULL)"
    )
    year = region.sql(
        f"SELECT max(year) FROM (SELECT year FROM certificate WHERE {complete} GROUP BY 1 HAVING count(*) >= 5) found", place=place
    )[0][0]  # fmt: skip
    region.sql(
        "UPDATE certificate SET status = 'annulled' WHERE organizer_id = %(place)s AND id NOT IN"
        f" (SELECT id FROM certificate WHERE {complete} AND year = %(year)s ORDER BY id LIMIT 5)",
        place=place,
        year=year,
    )
    until = min(region.today, dt.date(year, 12, 31))
    return {"organizer": str(place), "since": f"{year}-01-01", "until": until.isoformat()}


@pytest.fixture(autouse=True)
def _as_before(region: Region) -> Iterator[None]:
    region.sql("CREATE TEMP TABLE kept AS SELECT id, status, kind FROM certificate")
    region.sql("CREATE TEMP TABLE people AS SELECT id, birth_date, sex FROM employee")
    yield
    region.sql("UPDATE certificate c SET status = k.status FROM kept k WHERE k.id = c.id")
    region.sql("UPDATE employee e SET birth_date = k.birth_date, sex = k.sex FROM people k WHERE k.id = e.id")
    region.sql("DROP TABLE kept, people")
    region.sql("DELETE FROM frdo_template")


def place_of(region: Region) -> int:
    return int(min(region.people[LOGIN].facts["places"]))


def href(period: dict[str, str], page: str = "check/") -> str:
    return f"/frdo_batch/{page}?" + "&".join(f"{name}={value}" for name, value in period.items())


def batches(region: Region) -> list[tuple[Any, ...]]:
    return region.sql(
        "SELECT id, number, rows_count, status FROM frdo_batch WHERE organizer_id = %(place)s AND period_from > '2010-01-01'"
        " AND created_by_id IS NOT NULL ORDER BY id", place=place_of(region),
    )  # fmt: skip


def formed(region: Region, browser: Browser, period: dict[str, str]) -> int:
    before = {row[0] for row in batches(region)}
    answer = browser.post(href(period, "form") + "&total=5")
    assert answer.status == 302, answer.text
    (pk,) = {row[0] for row in batches(region)} - before
    assert answer.headers["Location"] == f"/frdo_batch/show/{pk}"
    return int(pk)


def test_from_the_check_to_the_answer(region: Region, period: dict[str, str]) -> None:
    browser = region.browser(LOGIN)
    listed = browser.get("/frdo_batch/list/").text
    assert "Проверка и выгрузка" in listed
    asked = {
        "organizer": period["organizer"],
        "since": f"{dt.date.fromisoformat(period['since']):%d.%m.%Y}",
        "until": f"{dt.date.fromisoformat(period['until']):%d.%m.%Y}",
    }
    found = browser.post("/frdo_batch/check/", asked)
    assert (found.status, found.headers["Location"]) == (302, href(period))
    page = browser.get(href(period)).text
    assert ("Ошибок нет" in page, "Сформировать файл" in page) == (True, True), words(page)
    pk = formed(region, browser, period)
    card = browser.get(f"/frdo_batch/show/{pk}").text
    assert "Сформирован пакет №" in flashes(card)
    rows = browser.get(f"/frdo_batch/file/{pk}").rows()
    assert (rows[0], len(rows)) == (list(TITLES), 6)
    assert browser.post(f"/frdo_batch/act/{pk}/send").status == 302
    table = browser.get(f"/frdo_batch/answers/{pk}").text
    ids = re.findall(r'name="answer-(\d+)"', table)
    assert len(ids) == 5
    refused = browser.post(f"/frdo_batch/answers/{pk}", {f"answer-{ids[0]}": "rejected"})
    assert (refused.status, "Впишите, почему" in refused.text) == (422, True)
    # what was chosen stays
    assert '<option value="rejected" selected>' in refused.text
    done = browser.post(
        f"/frdo_batch/answers/{pk}", {f"answer-{ids[0]}": "rejected", f"text-{ids[0]}": "нет <b>СНИЛС</b>"}
    )
    assert done.status == 302
    assert browser.post(f"/frdo_batch/accept/{pk}").status == 302
    card = browser.get(f"/frdo_batch/show/{pk}").text
    assert ("Ответ получен" in card, "нет &lt;b&gt;СНИЛС" in card) == (True, True)
    assert browser.leaks == []


def test_errors_lead_to_the_cards_that_mend_them(region: Region, period: dict[str, str]) -> None:
    paper, person = region.sql(
        "SELECT id, employee_id FROM certificate WHERE organizer_id = %(place)s AND status = 'issued' ORDER BY id LIMIT 1",
        place=place_of(region),
    )[0]  # fmt: skip
    region.sql("UPDATE employee SET birth_date = NULL WHERE id = %(pk)s", pk=person)
    browser = region.browser(LOGIN)
    page = browser.get(href(period)).text
    assert "Ошибка: Дата рождения получателя" in words(page)
    assert "Не указана дата рождения." in words(page)
    assert f'href="/certificate/show/{paper}"' in page
    # the organizer does not open cards of people: it is said who mends them
    assert "исправляет организация, где человек работает" in page
    assert ("Есть ошибки" in page, "Сформировать файл" in page) == (True, False)
    before = batches(region)
    answer = browser.post(href(period, "form") + "&total=5")
    assert (answer.status, answer.headers["Location"]) == (302, href(period))
    assert "Файл не сформирован" in flashes(browser.get(href(period)).text)
    assert batches(region) == before


def test_an_edit_after_the_export_is_seen_on_the_card_and_in_the_check(region: Region, period: dict[str, str]) -> None:
    browser = region.browser(LOGIN)
    pk = formed(region, browser, period)
    person = region.sql(
        "SELECT c.employee_id FROM frdo_row r JOIN certificate c ON c.id = r.certificate_id WHERE r.batch_id = %(pk)s LIMIT 1",
        pk=pk,
    )[0][0]
    region.sql("UPDATE employee SET birth_date = '1977-07-07' WHERE id = %(pk)s", pk=person)
    assert "изменено после выгрузки" in browser.get(f"/frdo_batch/show/{pk}").text
    page = words(browser.get(href(period)).text)
    assert "Изменено после выгрузки" in page
    assert "отмените пакет, он ещё не отправлен" in page


def test_a_long_file_is_a_task(region: Region, period: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frdo_export, "FORM_AT_ONCE", 2)
    monkeypatch.setattr(frdo_export, "WRITE_AT_ONCE", 2)
    browser = region.browser(LOGIN)
    before = len(batches(region))
    assert browser.post(href(period, "form") + "&total=5").headers["Location"] == "/tasks/"
    with region.app.app_context():
        run_worker(region.app, once=True)
    assert len(batches(region)) == before + 1
    assert browser.get(f"/frdo_batch/file/{batches(region)[-1][0]}").headers["Location"] == "/tasks/"
    with region.app.app_context():
        run_worker(region.app, once=True)
    tasks = re.findall(r'href="(/tasks/\d+/file)"', browser.get("/tasks/").text)
    assert [len(browser.get(task).rows()) for task in tasks[:2]] == [6, 6]
    region.sql("DELETE FROM background_job WHERE kind LIKE 'frdo%%' AND %(yes)s", yes=True)


def test_the_blank_is_uploaded_and_used(region: Region, period: dict[str, str]) -> None:
    browser = region.browser(LOGIN)
    wrong = browser.post(
        "/frdo_batch/blank/", {"organizer": period["organizer"], "file": (io.BytesIO(b"%PDF-1.7"), "a.xlsx")}
    )
    assert (wrong.status, "PDF" in error_beside(wrong.text, "file")) == (422, True)
    other = official_blank(titles=("Вид", *TITLES[1:]))
    wrong = browser.post(
        "/frdo_batch/blank/", {"organizer": period["organizer"], "file": (io.BytesIO(other), "a.xlsx")}
    )
    assert "В столбце A должен быть заголовок «Вид документа»" in refusal(wrong.text) + error_beside(wrong.text, "file")
    data = {"organizer": period["organizer"], "file": (io.BytesIO(official_blank()), "ДПО.xlsx")}
    assert browser.post("/frdo_batch/blank/", data).status == 302
    assert "в нём 5 списков" in flashes(browser.get("/frdo_batch/list/").text)
    page = words(browser.get(href(period)).text)
    assert "на бланке ФИС ФРДО" in page
    # «Региональный бюджет» of the demo is not in this blank's list
    assert "Ошибка: Источник финансирования обучения" in page


def test_a_foreign_organization_is_refused_on_every_way_in(region: Region, period: dict[str, str]) -> None:
    own = region.browser(LOGIN)
    pk = formed(region, own, period)
    other = region.browser("organizer")
    with region.nothing_changes():
        assert other.get(href(period)).status == 403
        assert other.post(href(period, "form")).status == 403
        blank = {"organizer": period["organizer"], "file": (io.BytesIO(official_blank()), "a.xlsx")}
        assert other.post("/frdo_batch/blank/", blank).status == 422
        for path in (f"show/{pk}", f"file/{pk}", f"answers/{pk}"):
            assert other.get(f"/frdo_batch/{path}").status == 404
        for path in (f"act/{pk}/send", f"act/{pk}/cancel", f"answers/{pk}", f"accept/{pk}"):
            assert other.post(f"/frdo_batch/{path}", {"reason": "x"}).status == 404
    for reader in ("operator", "ministry"):
        browser = region.browser(reader)
        assert browser.get(f"/frdo_batch/show/{pk}").status == 200
        assert browser.get(f"/frdo_batch/file/{pk}").status == 403
        assert browser.get("/frdo_batch/check/").status == 403


@pytest.mark.parametrize(
    "query", ["organizer=1", "organizer=x&since=2026-01-01&until=2026-02-01", "organizer=1&since=1&until=2"]
)
def test_a_wrong_address_is_refused_with_a_sentence(region: Region, query: str) -> None:
    answer = region.browser(LOGIN).get(f"/frdo_batch/check/?{query}")
    assert (answer.status, "Выберите их снова" in answer.text) == (422, True)


def test_days_of_two_years_are_refused_beside_the_field(region: Region, period: dict[str, str]) -> None:
    asked = {"organizer": period["organizer"], "since": "31.12.2024", "until": "01.01.2025"}
    answer = region.browser(LOGIN).post("/frdo_batch/check/", asked)
    assert (answer.status, "одного года" in error_beside(answer.text, "until")) == (422, True)


def test_pages_take_few_statements(region: Region, period: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    browser = region.browser(LOGIN)
    pk = formed(region, browser, period)
    region.sql("UPDATE frdo_batch SET status = 'sent' WHERE id = %(pk)s", pk=pk)
    counts = {}
    for path in (f"/frdo_batch/show/{pk}", f"/frdo_batch/answers/{pk}", href(period), "/frdo_batch/blank/"):
        numbers = []
        for size in (1, 3):
            monkeypatch.setattr(frdo_pages, "PAGE", size)
            with recorded() as found:
                assert browser.get(path).status == 200
            numbers.append(len(found))
        counts[path] = numbers
    assert {path: n for path, n in counts.items() if n[0] != n[1] or n[1] > MOST_STATEMENTS} == {}


def test_a_long_batch_is_turned_by_pages(
    region: Region, period: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = region.browser(LOGIN)
    pk = formed(region, browser, period)
    monkeypatch.setattr(frdo_pages, "PAGE", 2)
    first, second = (browser.get(f"/frdo_batch/show/{pk}?page={n}").text for n in (1, 2))
    assert ("Следующие" in first, "Предыдущие" in first, "Предыдущие" in second) == (True, False, True)
    people = [set(re.findall(r'href="/certificate/show/(\d+)"', page)) for page in (first, second)]
    assert (len(people[0]), len(people[1]), people[0] & people[1]) == (2, 2, set())
    assert browser.get(f"/frdo_batch/show/{pk}?page=x").status == 200


def test_a_correcting_batch_is_formed_where_the_flag_is_shown(region: Region, period: dict[str, str]) -> None:
    browser = region.browser(LOGIN)
    pk = formed(region, browser, period)
    assert browser.post(f"/frdo_batch/act/{pk}/send").status == 302
    assert "исправляющий пакет" not in browser.get(f"/frdo_batch/show/{pk}").text
    paper = region.sql("SELECT certificate_id FROM frdo_row WHERE batch_id = %(pk)s ORDER BY id LIMIT 1", pk=pk)[0][0]
    assert browser.post(f"/certificate/act/{paper}/annul", {"reason": "Ошибка в часах"}).status == 302
    card = browser.get(f"/frdo_batch/show/{pk}").text
    assert "Изменено после отправки" in words(card)
    assert "аннулирован: Ошибка в часах" in words(card)
    listed = browser.get("/frdo_batch/list/?attention=amended").text
    assert f"/frdo_batch/show/{pk}" in listed
    assert 'href="/frdo_batch/list/?attention=amended"' in browser.get("/").text
    answer = browser.post(f"/frdo_batch/correct/{pk}")
    made = int(answer.headers["Location"].rsplit("/", 1)[1])
    page = browser.get(f"/frdo_batch/show/{made}").text
    assert "Аннулированные документы в файл не входят" in words(page)
    assert f'href="/frdo_batch/annulled/{made}"' in page
    assert f'href="/frdo_batch/file/{made}"' not in page
    assert len(browser.get(f"/frdo_batch/annulled/{made}").rows()) == 2
    assert browser.get(f"/frdo_batch/annulled/{pk}").status == 404
    again = browser.post(f"/frdo_batch/correct/{pk}")
    assert again.headers["Location"] == f"/frdo_batch/show/{pk}"
    assert "уже в другом пакете" in flashes(browser.get(f"/frdo_batch/show/{pk}").text)
    assert browser.post(f"/frdo_batch/act/{made}/send").status == 302
    assert f"/frdo_batch/show/{pk}" not in browser.get("/frdo_batch/list/?attention=amended").text
    other = region.browser("organizer")
    with region.nothing_changes():
        assert other.post(f"/frdo_batch/correct/{pk}").status == 404
        assert other.get(f"/frdo_batch/annulled/{made}").status == 404
