"""Outgoing mail, templates of letters, notices: the pages, what they say, and what a refusal leaves behind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.access.region import Region
from tests.statements import recorded
from tests.web.pages import error_beside, flashes, form_fields, names, total, words

SECRET = "s" + "Ab-_9" * 9


@pytest.fixture(autouse=True)
def _as_it_was(region: Region) -> Iterator[None]:
    yield
    region.sql("DELETE FROM letter WHERE recipient LIKE '%%@letters.test' AND %(yes)s", yes=True)
    region.sql("DELETE FROM notice WHERE text LIKE 'Проба%%' AND %(yes)s", yes=True)
    region.sql("DELETE FROM letter_refusal WHERE %(yes)s", yes=True)


@pytest.fixture
def general(region: Region) -> Iterator[int]:
    """Id of a template with its standard words."""
    pk = region.sql("SELECT id FROM letter_template WHERE code = 'sign_in_opened' AND %(yes)s", yes=True)[0][0]
    yield pk
    region.sql(
        "UPDATE letter_template SET subject = NULL, body = NULL, html = NULL, button = NULL, required = true"
        " WHERE id = %(pk)s",
        pk=pk,
    )


def letter(region: Region, subject: str = "Проба", **over: Any) -> int:
    values = {
        "recipient": "anna@letters.test",
        "subject": subject,
        "body": f"Откройте http://127.0.0.1:8080/x/{SECRET}\n\n<b>Да</b>",
        "html": f"<p><a href='http://127.0.0.1:8080/x/{SECRET}'>Открыть</a><script>alert(1)</script></p>",
        "status": "queued",
        "template": "recovery",
        **over,
    }
    columns = ", ".join(values)
    marks = ", ".join(f"%({name})s" for name in values)
    pk: int = region.sql(f"INSERT INTO letter ({columns}) VALUES ({marks}) RETURNING id", **values)[0][0]
    return pk


def owner(region: Region, login: str) -> int:
    pk: int = region.sql("SELECT id FROM ab_user WHERE username = %(login)s", login=login)[0][0]
    return pk


def notice(region: Region, login: str, text: str = "Проба", href: str | None = None) -> int:
    statement = "INSERT INTO notice (user_id, text, href) VALUES (%(user)s, %(text)s, %(href)s) RETURNING id"
    pk: int = region.sql(statement, user=owner(region, login), text=text, href=href)[0][0]
    return pk


def status(region: Region, pk: int) -> str:
    found: str = region.sql("SELECT status FROM letter WHERE id = %(pk)s", pk=pk)[0][0]
    return found


# --- outgoing mail ---------------------------------------------------------------------------------------------------


def test_the_list_is_filtered_by_state_address_kind_and_date(region: Region) -> None:
    letter(region, "Проба в очереди", created_at="2026-03-05 12:00+04")
    letter(region, "Проба с ошибкой", status="failed", recipient="olga@letters.test", template="invitation")
    browser = region.browser("operator")

    def found(**query: str) -> list[str]:
        return names(browser.get("/letter/list/", size="100", **query).text)

    assert found(recipient="Olga@letters.test ") == ["Проба с ошибкой"]
    assert found(recipient="olga") == []
    assert found(status="failed", recipient="olga@letters.test") == ["Проба с ошибкой"]
    assert found(template="invitation") == ["Проба с ошибкой"]
    assert found(created_at_from="05.03.2026", created_at_to="05.03.2026") == ["Проба в очереди"]
    assert found(q="anna@letters") == ["Проба в очереди"]


def test_the_list_says_why_a_letter_has_not_left_and_when_it_is_tried_again(region: Region) -> None:
    letter(region, attempts=3, last_error="Почтовый сервер не отвечает.", next_attempt_at="2026-09-01 12:30+04")
    page = words(region.browser("operator").get("/letter/list/", recipient="anna@letters.test").text)
    assert "Почтовый сервер не отвечает. Следующая попытка 01.09.2026 12:30." in page
    assert "В очереди" in page


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"mail_mode": "off"}, "Письма не отправляются: испытательная установка"),
        ({"smtp_host": "mail.example", "mail_mode": "redirect", "mail_redirect_to": "t@x.test"}, "на один адрес t@x.test"),
        ({"smtp_host": ""}, "почтовый сервер не задан"),
        ({"smtp_host": "mail.example"}, ""),
    ],
)  # fmt: skip
def test_the_list_says_when_letters_are_not_sent(region: Region, changes: dict[str, Any], sentence: str) -> None:
    old = region.app.config["PORTAL"]
    region.app.config["PORTAL"] = replace(old, **changes)
    try:
        page = words(region.browser("operator").get("/letter/list/").text)
    finally:
        region.app.config["PORTAL"] = old
    assert sentence in page
    assert ("испытательная" in page.lower() or "не отправляются" in page) == bool(sentence)


def test_a_letter_opens_as_it_leaves_without_the_secret_of_its_link(region: Region) -> None:
    pk = letter(region)
    for login in ("operator", "admin"):
        answer = region.browser(login).get(f"/letter/show/{pk}")
        assert SECRET not in answer.text
        assert "http://127.0.0.1:8080/x/•••" in answer.text
        # the text is text, the HTML is an attribute of a frame that runs nothing
        assert "&lt;b&gt;Да&lt;/b&gt;" in answer.text
        assert re.search(r'<iframe sandbox [^>]*srcdoc="&lt;p&gt;', answer.text)
        assert "<script>alert" not in answer.text
        assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]


def test_secrets_are_not_exported(region: Region) -> None:
    letter(region)
    assert SECRET not in region.browser("operator").get("/letter/export/", recipient="anna@letters.test").text


def test_many_letters_are_sent_again_at_once(region: Region) -> None:
    pks = [letter(region, f"Проба {n}", status="failed", attempts=9) for n in range(3)]
    done = letter(region, "Проба ушедшая", status="sent")
    browser = region.browser("operator")
    answer = browser.post("/letter/act/", {"action": "resend", "rowid": [str(pk) for pk in (*pks, done)]})
    assert answer.status == 302
    assert [status(region, pk) for pk in pks] == ["queued"] * 3
    assert status(region, done) == "sent"
    page = flashes(browser.get("/letter/list/").text)
    assert "Отправлено снова: 3." in page
    assert "состояние письма — «Отправлено»" in page


def test_the_list_asks_the_same_number_of_statements_for_any_number_of_letters(region: Region) -> None:
    browser = region.browser("operator")
    counts = []
    for number in (1, 3):
        while total(browser.get("/letter/list/", recipient="anna@letters.test").text) < number:
            letter(region)
        with recorded() as statements:
            browser.get("/letter/list/", recipient="anna@letters.test")
        counts.append(len(statements))
    assert counts[0] == counts[1]


# --- templates -------------------------------------------------------------------------------------------------------


def test_the_operator_changes_the_words_and_sees_the_letter(region: Region, general: int) -> None:
    browser = region.browser("operator")
    page = browser.get(f"/letter_template/edit/{general}").text
    assert "{{ приветствие }} — обращение целиком" in page
    # the form opens with the words as they are, though none of them is stored
    assert form_fields(page)["subject"] == ["Вход в портал открыт"]
    assert form_fields(page)["button"] == ["Вход и безопасность"]
    changed = {"subject": ["Важно: {{ тема }}"], "body": ["Слова для {{ имя }}.\n\n{{ текст }}"], "button": ["Нажмите"]}
    fields = {**form_fields(page), **changed}
    assert browser.post(f"/letter_template/edit/{general}", fields).status == 302
    shown = words(browser.get(f"/letter_template/show/{general}").text)
    assert "Важно: Вход в портал открыт" in shown
    assert "Слова для Анна Ивановна. Вход в портал для вас снова открыт." in shown
    assert "Нажмите: http" in shown
    assert "Изменён" in shown
    assert browser.post(f"/letter_template/restore/{general}").status == 302
    again = words(browser.get(f"/letter_template/show/{general}").text)
    assert "Стандартный текст" in again
    # saved as it is, in the line breaks of a browser, it is still the standard one
    fields = form_fields(browser.get(f"/letter_template/edit/{general}").text)
    browser.post(f"/letter_template/edit/{general}", {**fields, "body": [fields["body"][0].replace("\n", "\r\n")]})
    assert "Стандартный текст" in words(browser.get(f"/letter_template/show/{general}").text)
    assert "Здравствуйте, Анна Ивановна!" in again


def test_a_wrong_field_is_named_beside_its_box_and_nothing_is_lost(region: Region, general: int) -> None:
    browser = region.browser("operator")
    fields = form_fields(browser.get(f"/letter_template/edit/{general}").text)
    with region.nothing_changes():
        answer = browser.post(f"/letter_template/edit/{general}", {**fields, "body": ["{{ имяя }} <i>"]})
    assert answer.status == 422
    assert error_beside(answer.text, "body").startswith("Поля «имяя» у этого письма нет. Возможно, нужно «имя».")
    assert form_fields(answer.text)["body"] == ["{{ имяя }} <i>"]


def test_the_preview_takes_the_facts_of_the_chosen_person(region: Region) -> None:
    pk = region.sql("SELECT id FROM letter_template WHERE code = 'application_approved' AND %(y)s", y=True)[0][0]
    person, number, last = region.sql(
        "SELECT e.id, v.number, e.last_name FROM voucher v JOIN employee e ON e.id = v.employee_id"
        " WHERE v.id = (SELECT max(id) FROM voucher WHERE employee_id = e.id) AND %(y)s ORDER BY e.id LIMIT 1",
        y=True,
    )[0]
    browser = region.browser("operator")
    found = browser.get(f"/letter_template/show/{pk}", q=last).text
    assert "?person=" in found
    assert f"чек № {number}" in words(browser.get(f"/letter_template/show/{pk}", person=str(person)).text)
    newest = region.sql("SELECT number FROM voucher WHERE %(y)s ORDER BY id DESC LIMIT 1", y=True)[0][0]
    unasked = words(browser.get(f"/letter_template/show/{pk}", person="99999999").text)
    assert "письмо по настоящей записи: чек" in unasked and f"чек № {newest}" in unasked
    assert "63-2026-000123" not in unasked.partition("Предварительный просмотр")[2]
    assert browser.get(f"/letter_template/show/{pk}", q="\x00((", person="²").status == 200
    assert "никого не найдено" in words(browser.get(f"/letter_template/show/{pk}", q="ъъъ").text)


def test_a_test_letter_is_queued_to_the_operator(region: Region, general: int) -> None:
    browser = region.browser("operator")
    before = region.sql("SELECT coalesce(max(id), 0) FROM letter WHERE %(y)s", y=True)[0][0]
    assert browser.post(f"/letter_template/test/{general}").status == 302
    rows = region.sql("SELECT user_id, subject FROM letter WHERE id > %(before)s", before=before)
    assert rows == [(owner(region, "operator"), "Проба: Вход в портал открыт")]
    region.sql("DELETE FROM letter WHERE id > %(before)s", before=before)


# --- notices ---------------------------------------------------------------------------------------------------------


def test_notices_are_counted_opened_and_read(region: Region) -> None:
    browser = region.browser("operator")
    browser.post("/notices/read")
    first, second = notice(region, "operator", "Проба первая", "/tasks/"), notice(region, "operator", "Проба вторая")
    page = browser.get("/").text
    assert re.search(r'href="/notices/">Извещения<span class="count hot">2</span>', page)
    listed = words(browser.get("/notices/").text)
    assert listed.index("Проба вторая") < listed.index("Проба первая")
    assert browser.post(f"/notices/{first}/open").headers["Location"] == "/tasks/"
    assert browser.post(f"/notices/{second}/open", {"stay": "1"}).headers["Location"] == "/notices/"
    assert 'href="/notices/">Извещения</a>' in browser.get("/").text
    assert "Новое" not in words(browser.get("/notices/").text)


def test_a_foreign_notice_is_missing(region: Region) -> None:
    pk = notice(region, "operator")
    with region.nothing_changes():
        assert region.browser("worker").post(f"/notices/{pk}/open").status == 404
        region.browser("worker").post("/notices/read")


@pytest.mark.parametrize("href", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_a_notice_never_leads_away(region: Region, href: str) -> None:
    pk = notice(region, "operator", "Проба", href)
    browser = region.browser("operator")
    assert "evil" not in browser.get("/notices/").text
    assert browser.post(f"/notices/{pk}/open").headers["Location"] == "/notices/"


def test_many_notices_come_by_pages(region: Region) -> None:
    for n in range(30):
        notice(region, "territory2", f"Проба {n:02d}")
    browser = region.browser("territory2")
    first, second = words(browser.get("/notices/").text), words(browser.get("/notices/", page="2").text)
    assert "Проба 29" in first
    assert "Проба 00" not in first
    assert "Проба 00" in second
    assert browser.get("/notices/", page="9999").status == browser.get("/notices/", page="x").status == 200


def test_a_person_chooses_what_comes_by_mail(region: Region) -> None:
    browser = region.browser("worker")
    page = browser.get("/notices/letters").text
    assert 'value="certificate_issued" checked' in page
    assert 'value="application_approved"' not in page
    assert "заявка на чек одобрена" in words(page)
    assert browser.post("/notices/letters", {"wanted": ["certificate_annulled", "nothing", "recovery"]}).status == 302
    again = browser.get("/notices/letters").text
    assert 'value="certificate_issued">' in again
    assert 'value="certificate_annulled" checked' in again
    refused = {code for (code,) in region.sql("SELECT template FROM letter_refusal WHERE %(y)s", y=True)}
    assert "certificate_issued" in refused
    assert refused & {"recovery", "application_approved", "nothing", "certificate_annulled"} == set()
