"""Trainings outside the portal through their pages: the form with its scan, the card, the decision, the list from Excel."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest

from app.exchange.sample import build_sample
from app.exchange.trainings.training_columns import COLUMNS
from app.identifiers import format_snils
from tests.access.region import Answer, Browser, Region
from tests.services.scans import pdf
from tests.statements import recorded
from tests.web.pages import error_beside, flashes, form_fields, names, words


def own_person(region: Region, login: str = "worker") -> int:
    return int(region.people[login].facts["employee"])


def send(browser: Browser, person: int, title: str, *, data: bytes | None = None, **over: str) -> Answer:
    fields: dict[str, Any] = {
        "employee": str(person),
        "title": title,
        "kind": "advanced",
        "institution": "Институт развития образования",
        "hours": "72",
        "ended_on": "18.10.2024",
        "document_kind": "certificate",
        "document_number": "63-000451",
        "issued_on": "18.10.2024",
        **over,
    }
    if data != b"":
        fields["scan"] = (io.BytesIO(data or pdf()), "Удостоверение.pdf")
    return browser.post("/training/add", fields)


def row_of(region: Region, title: str) -> tuple[Any, ...]:
    columns = "id, status, source, scan_id"
    return tuple(region.sql(f"SELECT {columns} FROM training WHERE title = %(title)s", title=title)[0])


def test_a_worker_adds_a_course_from_the_own_card(region: Region) -> None:
    worker, person = region.browser("worker"), own_person(region)
    card = worker.get(f"/employee/show/{person}", tab="documents").text
    assert f'href="/training/add?employee={person}"' in card
    assert "Добавить пройденный курс" in words(card)
    form = worker.get("/training/add").text
    assert form_fields(form)["employee"] == [str(person)]
    assert 'enctype="multipart/form-data"' in form
    answer = send(worker, person, "Смысловое чтение")
    assert answer.headers["Location"] == "/my-documents/"
    pk, status, source, scan = row_of(region, "Смысловое чтение")
    assert (status, source) == ("pending", "worker")
    documents = worker.get("/my-documents/").text
    assert "Ждёт подтверждения" in words(documents) and "внесено вручную работником" in words(documents)
    assert f'href="/access/file/{scan}"' in documents
    assert worker.get(f"/access/file/{scan}").headers["Content-Disposition"].startswith("attachment")
    assert "Подтвердить" not in words(worker.get(f"/training/show/{pk}").text)


@pytest.mark.parametrize(
    ("field", "sentence", "data", "over"),
    [
        ("scan", "Выберите файл", b"", {}),
        ("scan", "Это не скан", b"<html></html>", {}),
        ("ended_on", "с 01.01.2010", None, {"ended_on": "31.12.2009", "issued_on": ""}),
        ("hours", "от 16 до 5000", None, {"hours": "8"}),
        ("document_number", "Заполните это поле", None, {"document_number": ""}),
        ("kind", "Заполните это поле", None, {"kind": ""}),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    region: Region, field: str, sentence: str, data: bytes | None, over: dict[str, str]
) -> None:
    worker = region.browser("worker")
    with region.nothing_changes():
        answer = send(worker, own_person(region), "Неверный курс", data=data, **over)
    assert answer.status == 422
    assert sentence in error_beside(answer.text, field)
    assert form_fields(answer.text)["title"] == ["Неверный курс"]


def test_a_worker_adds_to_no_other_card(region: Region) -> None:
    worker = region.browser("worker")
    foreign = own_person(region, "worker2")
    assert form_fields(worker.get(f"/training/add?employee={foreign}").text)["employee"] in (
        [""],
        [str(own_person(region))],
    )
    with region.nothing_changes():
        assert send(worker, foreign, "Чужой курс").status == 422


def test_the_responsible_looks_at_the_scan_and_confirms(region: Region) -> None:
    person = own_person(region)
    send(region.browser("worker"), person, "Функциональная грамотность")
    pk, _status, _source, scan = row_of(region, "Функциональная грамотность")
    school = region.browser("school")
    listed = school.get("/training/list/", attention="school").text
    assert "Функциональная грамотность" in words(listed)
    card = school.get(f"/training/show/{pk}").text
    assert f'href="/access/file/{scan}"' in card
    assert "внесено вручную работником" in words(card)
    for login, status in (("school2", 404), ("worker2", 404), ("organizer", 404), ("ministry", 404)):
        assert region.browser(login).get(f"/access/file/{scan}").status == status
    with region.nothing_changes():
        assert region.browser("school2").post(f"/training/act/{pk}/confirm").status == 404
        assert region.browser("worker").post(f"/training/act/{pk}/confirm").status == 403
    assert school.post(f"/training/act/{pk}/confirm").status == 302
    assert row_of(region, "Функциональная грамотность")[1] == "confirmed"
    assert "Изменить" not in words(school.get(f"/training/show/{pk}").text)


def test_many_are_confirmed_at_once_and_the_rest_is_named(region: Region) -> None:
    person, school = own_person(region), region.browser("school")
    for title in ("Пакет 1", "Пакет 2"):
        send(region.browser("worker"), person, title)
    send(school, person, "Пакет 3")
    chosen = [str(row_of(region, f"Пакет {n}")[0]) for n in (1, 2, 3)]
    answer = school.post("/training/act/", {"action": "confirm", "rowid": chosen})
    page = flashes(school.get(answer.headers["Location"]).text)
    assert "Подтверждено: 2." in page
    assert "внесли или исправили вы" in page
    assert [row_of(region, f"Пакет {n}")[1] for n in (1, 2, 3)] == ["confirmed", "confirmed", "pending"]


def test_what_the_responsible_told_waits_in_the_operator_s_queue(region: Region) -> None:
    school, operator = region.browser("school"), region.browser("operator")
    send(school, own_person(region), "Для очереди")
    pk = row_of(region, "Для очереди")[0]
    card = words(school.get(f"/training/show/{pk}").text)
    assert "решение по нему принимает другой человек" in card
    page = operator.get("/queue/", kind="training").text
    assert f"training-{pk}" in page
    operator.post("/queue/decide", {"action": "refuse", "rowid": f"training-{pk}", "reason": "Скан не читается"})
    assert row_of(region, "Для очереди")[1] == "rejected"
    assert "Скан не читается" in words(school.get(f"/training/show/{pk}").text)


def test_a_rejected_one_is_mended_with_another_scan(region: Region) -> None:
    worker, person = region.browser("worker"), own_person(region)
    send(worker, person, "На исправление")
    pk, _status, _source, scan = row_of(region, "На исправление")
    region.browser("school").post(f"/training/act/{pk}/reject", {"reason": "Не тот документ"})
    fields = {
        name: values[0] for name, values in form_fields(worker.get(f"/training/edit/{pk}").text).items() if values
    }
    fields.pop("csrf_token", None)
    fields["scan"] = (io.BytesIO(pdf()), "верный.pdf")  # type: ignore[assignment]
    assert worker.post(f"/training/edit/{pk}", fields).status == 302
    _pk, status, _source, newer = row_of(region, "На исправление")
    assert status == "pending"
    assert newer != scan


def test_a_list_goes_from_the_file_to_the_cards_and_back(region: Region) -> None:
    school, person = region.browser("school"), own_person(region)
    snils, last, first, patronymic = region.sql(
        "SELECT snils, last_name, first_name, coalesce(patronymic, '') FROM employee WHERE id = %(pk)s", pk=person
    )[0]
    line = {
        "snils": format_snils(snils), "full_name": f"{last} {first} {patronymic}", "title": "Из списка", "kind": "ПК",
        "institution": "СГУ", "hours": 36, "ended_on": "05.03.2019", "document_number": "5",
    }  # fmt: skip
    data = build_sample([line, {**line, "title": "Второй", "hours": "x"}], columns=COLUMNS)
    upload = school.get("/training/import/").text
    assert "Скачать образец" in words(upload)
    page = school.post("/training/import/", {"file": (io.BytesIO(data), "обучение.xlsx")}).headers["Location"]
    assert re.fullmatch(r"/training/import/\d+", page)
    shown = school.get(page).text
    assert len(names(shown)) == 2
    assert "Часы пишутся целым числом" in words(shown)
    assert region.browser("school2").get(page).status == 404
    assert region.browser("worker").get(page).status == 403
    school.post(f"{page}/apply", {"only_valid": "1"})
    assert "Обучение загружено: загружено — 1" in flashes(school.get(page).text)
    assert row_of(region, "Из списка")[1:] == ("pending", "list", None)
    assert "Из списка" in words(school.get("/training/list/", attention="no_scan").text)
    school.post(f"{page}/undo")
    assert "удалено 1 пройденный курс" in flashes(school.get(page).text)
    assert region.sql("SELECT id FROM training WHERE title = %(title)s", title="Из списка") == []
    assert f'href="{page}"' in school.get("/import_batch/list/").text


def test_the_list_costs_the_same_with_more_rows(region: Region) -> None:
    school, person = region.browser("school"), own_person(region)
    school.get("/training/list/")
    send(school, person, "Строка первая")
    with recorded() as one:
        school.get("/training/list/", source="staff")
    send(school, person, "Строка вторая")
    with recorded() as two:
        school.get("/training/list/", source="staff")
    assert len(one) == len(two)
