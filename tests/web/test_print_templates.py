"""«Шаблоны печати»: upload with the check's words, the card, preview, putting in force, fields, settings, other organizers."""

from __future__ import annotations

import io
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from docx import Document

from app import limited
from app.documents.templates import uploaded
from app.documents.templates.templates import get_template
from tests.access.oracle import CAST
from tests.access.region import Browser, Region
from tests.statements import recorded
from tests.web.pages import error_beside, flashes, words

STANDARD = get_template("certificate").path.read_bytes()
OWN_SETTING = "/print_template/settings?code=certificate"


@pytest.fixture(autouse=True)
def _as_it_was(region: Region) -> Iterator[None]:
    last = region.sql("SELECT max(id) FROM print_template WHERE %(yes)s", yes=True)[0][0]
    settings = region.sql(
        "SELECT organizer_id, code, mode, offset_x, offset_y FROM print_setting WHERE %(yes)s", yes=True
    )
    yield
    region.sql("DELETE FROM print_template WHERE id > %(last)s", last=last)
    region.sql("UPDATE print_template SET active = false WHERE %(yes)s", yes=True)
    region.sql("DELETE FROM print_setting WHERE %(yes)s", yes=True)
    for row in settings:
        values = dict(zip(("o", "c", "m", "x", "y"), row, strict=True))
        region.sql("INSERT INTO print_setting VALUES (%(o)s, %(c)s, %(m)s, %(x)s, %(y)s)", **values)


def own_place(region: Region, login: str = "organizer") -> int:
    pk: int = region.people[login].facts["places"][0]
    return pk


def edited(line: str) -> bytes:
    """The standard template with one more line."""
    document = Document(io.BytesIO(STANDARD))
    document.add_paragraph(line)
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def upload(browser: Browser, place: int, data: bytes, name: str = "Наш.docx") -> Any:
    file = (io.BytesIO(data), name)
    return browser.post(
        "/print_template/upload", {"code": "certificate", "place": str(place), "note": "Логотип", "file": file}
    )


def own_version(region: Region, login: str = "organizer") -> int:
    pk = region.pick(login, "print_template", "own")
    assert pk is not None
    return pk


def text_of(data: bytes) -> str:
    document = Document(io.BytesIO(data))
    return "\n".join(node.text or "" for node in document.element.body.iter() if node.tag.endswith("}t"))


def get_file(browser: Browser, path: str) -> bytes:
    answer = browser.client.get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    data: bytes = answer.get_data()
    answer.close()
    return data


def test_an_own_template_is_uploaded_looked_at_and_put_in_force(region: Region) -> None:
    browser = region.browser("organizer")
    answer = upload(browser, own_place(region), edited("Особая строка {{ city }}"))
    assert answer.status == 302
    card_path = answer.headers["Location"]
    pk = int(card_path.rpartition("/")[2])
    page = browser.get(card_path).text
    assert "Шаблон принят" in flashes(page)
    assert "Не действует" in page and "Логотип" in page and "Наш.docx" in page
    assert text_of(get_file(browser, f"/print_template/preview/{pk}")).endswith("Особая строка Самара")
    assert get_file(browser, f"/print_template/download/{pk}") == edited_bytes(region, pk)
    browser.post(f"/print_template/activate/{pk}")
    page = browser.get(card_path).text
    assert "Версия введена в действие" in flashes(page) and "Вернуть стандартный" in page
    assert "Свой, версия 2" in words(browser.get("/print_template/papers").text)
    browser.post(f"/print_template/restore/{pk}")
    assert "Возвращён стандартный шаблон" in flashes(browser.get(card_path).text)
    assert "Свой, версия" not in words(browser.get("/print_template/papers").text)


def edited_bytes(region: Region, pk: int) -> bytes:
    found = region.sql(
        "SELECT f.data FROM template_file f JOIN print_template t ON t.sha256 = f.sha256 WHERE t.id = %(pk)s", pk=pk
    )
    return bytes(found[0][0])


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("{{ ''.__class__ }}", "обращение к «__class__» запрещено"),
        ("{{ фамилия }}", "Текст, абзац „{{ фамилия }}“: поля «фамилия» у этого документа нет."),
        ("{% if city %}", "добавьте {% endif %}"),
    ],
)
def test_a_faulty_template_is_refused_beside_its_field_and_what_was_typed_stays(
    region: Region, line: str, sentence: str
) -> None:
    with region.nothing_changes():
        answer = upload(region.browser("organizer"), own_place(region), edited(line))
    assert answer.status == 422
    assert sentence in words(error_beside(answer.text, "file"))
    assert "Логотип" in answer.text


def test_many_problems_are_listed_at_the_top(region: Region) -> None:
    data = edited("{{ wrong_a }} {{ wrong_b }}")
    with region.nothing_changes():
        page = upload(region.browser("organizer"), own_place(region), data).text
    assert "Шаблон не принят: 2 замечания" in words(error_beside(page, "file"))
    assert "поля «wrong_a»" in words(page) and "поля «wrong_b»" in words(page)


def test_a_file_that_is_no_document_is_refused(region: Region) -> None:
    with region.nothing_changes():
        answer = upload(region.browser("organizer"), own_place(region), b"%PDF-1.7", "скан.pdf")
    assert answer.status == 422 and "не документ Word" in words(error_beside(answer.text, "file"))


def test_another_organizers_template_is_not_found(region: Region) -> None:
    pk, browser = region.pick("organizer", "print_template", "foreign"), region.browser("organizer")
    assert pk is not None
    with region.nothing_changes():
        for path in ("show", "download", "preview"):
            assert browser.get(f"/print_template/{path}/{pk}").status == 404
        assert browser.get(f"/print_template/preview/{pk}/pdf").status == 404
        for path in ("activate", "restore"):
            assert browser.post(f"/print_template/{path}/{pk}").status == 404
        other = region.sql("SELECT organizer_id FROM print_template WHERE id = %(pk)s", pk=pk)[0][0]
        for place in (other, 999_999, "x"):
            assert browser.get("/print_template/settings", place=place).status == 404
            assert browser.get("/print_template/sheet", place=place).status == 404
        assert upload(browser, other, STANDARD).status == 422
        assert upload(browser, 0, STANDARD).status == 422


def test_the_regions_template_is_seen_and_not_changed_by_an_organizer(region: Region) -> None:
    pk = region.sql("SELECT id FROM print_template WHERE organizer_id IS NULL AND %(yes)s", yes=True)[0][0]
    browser = region.browser("organizer")
    page = browser.get(f"/print_template/show/{pk}").text
    assert "Весь регион" in page and "Ввести в действие" not in page
    with region.nothing_changes():
        assert browser.post(f"/print_template/activate/{pk}").status == 403
    region.browser("operator").post(f"/print_template/activate/{pk}")
    assert "Общий для региона, версия 1" in words(browser.get("/print_template/papers").text)


def test_the_fields_page_shows_every_field_with_an_example(region: Region) -> None:
    browser = region.browser("organizer")
    page = words(browser.get("/print_template/fields", code="training_note").text)
    for shown in ("{{ full_name_dative }}", "Ивановой Марии Петровне", "{{ on_blank }}", "{%p if secretary %}"):
        assert shown in page
    assert browser.get("/print_template/fields", code="passport").status == 404
    assert get_file(browser, "/print_template/standard?code=certificate") == STANDARD


def test_settings_are_kept_and_the_trial_sheet_shows_them(region: Region) -> None:
    browser = region.browser("organizer")
    assert browser.post(OWN_SETTING, {"mode": "blank", "offset_x": "1,5", "offset_y": "−2"}).status == 302
    page = browser.get(OWN_SETTING).text
    assert "Настройки печати сохранены" in flashes(page)
    assert 'value="1,5"' in page and 'value="-2,0"' in page
    sheet = text_of(get_file(browser, "/print_template/sheet?code=certificate"))
    assert "вправо 1,5 мм, вниз −2 мм" in sheet
    pk = own_version(region)
    assert "УДОСТОВЕРЕНИЕ" in text_of(get_file(browser, f"/print_template/preview/{pk}"))
    assert "УДОСТОВЕРЕНИЕ" not in text_of(get_file(browser, f"/print_template/preview/{pk}?on=blank"))


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [("много", "Введите число миллиметров"), ("51", "от −50 до 50 мм"), ("nan", "от −50 до 50 мм")],
)
def test_a_wrong_offset_stays_typed_beside_its_sentence(region: Region, typed: str, sentence: str) -> None:
    with region.nothing_changes():
        answer = region.browser("organizer").post(OWN_SETTING, {"mode": "blank", "offset_x": typed, "offset_y": ""})
    assert answer.status == 422
    assert sentence in words(error_beside(answer.text, "offset_x"))


@pytest.mark.parametrize("login", [login for login in CAST if login not in ("organizer", "operator")])
def test_others_have_no_templates(region: Region, login: str) -> None:
    role = region.people[login].role
    if role in ("organizer", "operator"):
        return
    browser = region.browser(login)
    for path in ("list/", "papers", "fields", "standard", "upload", "settings", "sheet"):
        assert browser.get(f"/print_template/{path}").status == 403
    assert "Шаблоны печати" not in browser.get("/").text


def test_pages_ask_few_statements_for_any_number_of_versions(region: Region) -> None:
    browser = region.browser("organizer")
    counts = []
    for mark in ("один", "два"):
        asked = []
        for path in ("list/", "papers", "fields", f"show/{own_version(region)}"):
            with recorded() as statements:
                assert browser.get(f"/print_template/{path}").status == 200
            asked.append(len(statements))
        counts.append(asked)
        upload(browser, own_place(region), edited(mark))
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 15


def test_others_are_answered_while_hostile_templates_are_checked(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The children that check stand still until the others have been answered; then they die, and their users read why."""
    children: list[subprocess.Popen[bytes]] = []
    genuine = subprocess.Popen

    def keep(*given: Any, **more: Any) -> Any:
        children.append(genuine(*given, **more))
        return children[-1]

    monkeypatch.setattr(limited.subprocess, "Popen", keep)
    monkeypatch.setattr(uploaded, "ENTRY", "signal:pause")
    monkeypatch.setattr(uploaded, "CHECK", replace(uploaded.CHECK, wall_seconds=300))
    monkeypatch.setattr(uploaded, "PATIENCE", 300)
    answers: list[Any] = []
    place, number = own_place(region), limited.MOST_CHILDREN + limited.MOST_WAITING
    uploads = [
        threading.Thread(target=lambda: answers.append(upload(region.browser("organizer"), place, STANDARD)))
        for _ in range(number + 1)
    ]
    for thread in uploads:
        thread.start()
    while len(children) < limited.MOST_CHILDREN or not answers:  # one too many is told at once
        time.sleep(0.05)
    assert "Сейчас проверяются и печатаются другие шаблоны" in words(answers[0].text)
    browser = region.browser("operator")
    assert [browser.get(path).status for path in ("/employee/list/", "/voucher/list/") * 10] == [200] * 20
    assert len(answers) == 1 and all(child.poll() is None for child in children)
    while any(thread.is_alive() for thread in uploads):
        for child in list(children):
            child.kill()
        time.sleep(0.05)
    assert len(answers) == number + 1
    assert all("Проверка остановлена" in words(answer.text) for answer in answers[1:])
