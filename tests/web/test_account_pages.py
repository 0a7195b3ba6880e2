"""Pages of the entrance: two steps, recovery, the own account, the idle time, invitations from the list and the card."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyotp
import pytest
import time_machine
from docx import Document
from flask import Flask

from app.services.portal.who_acts import load_account
from app.services.tasks import background
from tests.access.region import Browser, Region
from tests.statements import recorded
from tests.web.pages import flashes, words

PASSWORD, NEW = "demo-2026", "кот бежал по лесу 1"


@pytest.fixture(scope="module")
def site(renewed_region: Flask) -> Iterator[Region]:
    renewed_region.config["PORTAL"] = replace(renewed_region.config["PORTAL"], login_attempts=3)
    renewed_region.config["RECOVERY_RATE"] = "10000 per minute"
    found = Region(renewed_region, renewed_region.config["SQLALCHEMY_DATABASE_URI"])
    yield found
    found.close()


def fill(browser: Browser, path: str, **data: str) -> Any:
    """POST a page's form with its own token."""
    page = browser.client.get(path).get_data(as_text=True)
    browser.token = page.split('name="csrf_token"', 1)[1].split('value="', 1)[1].split('"', 1)[0]
    return browser.post(path, data)


def sign_in(browser: Browser, login: str, password: str = PASSWORD) -> Any:
    return fill(browser, "/login/?next=/account/", login=login, password=password)


def set_up(site: Region, login: str) -> tuple[Browser, str, list[str]]:
    """Switch the second factor on in the browser; the browser, the secret and the recovery codes."""
    browser = site.browser(login)
    assert fill(browser, "/account/second-factor/", step="begin").status == 302
    page = browser.get("/account/second-factor/").text
    secret = re.search(r'<code class="secret">([^<]+)', page)
    assert secret
    assert 'src="data:image/png;base64,' in page
    key = secret[1].replace(" ", "")
    shown = fill(browser, "/account/second-factor/", step="confirm", code=pyotp.TOTP(key).at(time.time() - 30))
    codes = re.findall(r"<li><code>([^<]+)", shown.text)
    assert len(codes) == 10
    return browser, key, codes


def letters_of(site: Region, login: str) -> list[tuple[str, str]]:
    user = site.people[login].facts["user"]
    return [(s, b) for s, b in site.sql("SELECT subject, body FROM letter WHERE user_id = %(u)s ORDER BY id", u=user)]


# --- two steps -------------------------------------------------------------------------------------------------------


def test_the_second_step_stands_between_the_password_and_the_portal(site: Region) -> None:
    set_up(site, "ministry")
    user = site.people["ministry"].facts["user"]
    key = secret_of(site, user)
    browser = site.browser(None)
    sent = sign_in(browser, "ministry")
    assert sent.headers["Location"] == "/login/code/?next=/account/"
    assert "Зарегистрироваться" in browser.get("/").text, "the password alone opens nothing"
    for path in ("/account/", "/notices/", "/employee/list/", "/password/"):
        assert browser.get(path).headers["Location"].startswith("/login/")
    assert fill(browser, "/login/code/?next=/account/", code="000000").status == 422
    answer = fill(browser, "/login/code/?next=/account/", code=pyotp.TOTP(key).now())
    assert answer.headers["Location"] == "/account/"
    page = browser.get("/account/").text
    assert "Вход в портал" in words(page)
    with site.app.app_context():
        account = load_account(user)
    assert account is not None
    assert account.second_factor


def secret_of(site: Region, user: int) -> str:
    from app.services.access import second_factor
    from tests.services.makers import SYSTEM, fetch

    with site.app.app_context():
        from app.access import acting_as

        with acting_as(SYSTEM):
            from app import models as m

            return second_factor._secret_of(fetch(m.Account, user))


def test_after_five_minutes_it_begins_with_the_password(site: Region) -> None:
    browser = site.browser(None)
    sign_in(browser, "ministry")
    assert browser.get("/login/code/").status == 200
    with time_machine.travel(time.time() + 301, tick=True):
        late = browser.get("/login/code/")
    assert late.headers["Location"].startswith("/login/")
    stranger = site.browser(None)
    assert stranger.get("/login/code/").headers["Location"].startswith("/login/")


def test_wrong_codes_close_the_entrance(site: Region) -> None:
    set_up(site, "observer")
    browser = site.browser(None)
    sign_in(browser, "observer")
    answers = [fill(browser, "/login/code/", code="000000") for _ in range(2)]
    assert [a.status for a in answers] == [422, 422]
    closed = fill(browser, "/login/code/", code="000000")
    assert closed.headers["Location"].startswith("/login/")
    assert "Вход закрыт" in flashes(browser.get("/login/").text + '<div class="head"')
    assert sign_in(site.browser(None), "observer").status == 422
    site.sql("UPDATE ab_user SET locked_until = NULL, totp_since = NULL WHERE username = 'observer'")


def test_the_setting_leads_to_the_setup_before_anything_else(site: Region) -> None:
    settings = site.app.config["PORTAL"]
    site.app.config["PORTAL"] = replace(settings, second_factor=True)
    try:
        admin, school = site.browser("admin"), site.browser("school")
        for path in ("/", "/ab_user/list/", "/account/", "/tasks/"):
            assert admin.get(path).headers["Location"] == "/account/second-factor/"
        assert school.get("/employee/list/").status == 200
        page = admin.get("/account/second-factor/")
        assert "обязателен" in words(page.text)
        assert admin.get("/help/").status == 200
        browser, key, _codes = set_up(site, "admin")
        assert browser.get("/ab_user/list/").status == 200
        with site.nothing_changes():
            answer = fill(browser, "/account/second-factor/", step="off", password=PASSWORD, code=pyotp.TOTP(key).now())
            assert answer.status == 302
        assert "обязателен" in flashes(browser.get("/account/second-factor/").text)
    finally:
        site.app.config["PORTAL"] = settings
        site.sql("UPDATE ab_user SET totp_since = NULL, totp_secret = NULL WHERE username = 'admin'")


def test_the_administrator_resets_a_lost_factor(site: Region) -> None:
    set_up(site, "territory")
    user = site.people["territory"].facts["user"]
    for login in ("operator", "school", "ministry"):
        with site.nothing_changes():
            assert site.browser(login).post(f"/ab_user/act/{user}/reset_second_factor").status in (302, 403)
    admin = site.browser("admin")
    assert "Отключить второй шаг входа" in admin.get(f"/ab_user/show/{user}").text
    admin.post(f"/ab_user/act/{user}/reset_second_factor")
    assert sign_in(site.browser(None), "territory").headers["Location"] == "/account/"
    assert letters_of(site, "territory")[-1][0] == "Второй шаг входа отключён администратором"


# --- own account -----------------------------------------------------------------------------------------------------


def test_signing_out_everywhere_ends_every_session(site: Region) -> None:
    one, two = site.browser("organizer"), site.browser("organizer")
    with site.nothing_changes():
        assert one.post("/account/", {}).status == 422
    assert fill(one, "/account/", everywhere="1").headers["Location"] == "/login/"
    for browser in (one, two):
        assert browser.get("/account/").headers["Location"].startswith("/login/")
        assert "Зарегистрироваться" in browser.get("/").text, "nobody's start page is shown any more"


def test_the_own_page_takes_few_statements_and_shows_only_own_sign_ins(site: Region) -> None:
    sign_in(site.browser(None), "school2")
    browser = site.browser(None)
    sign_in(browser, "school")
    with recorded() as statements:
        page = browser.get("/account/")
    assert len(statements) <= 6
    mine = site.sql(
        "SELECT count(*) FROM audit_entry WHERE object_table = 'ab_user' AND object_id = %(u)s",
        u=site.people["school"].facts["user"],
    )[0][0]
    assert page.text.count("<tr>") - 1 == mine


def test_a_page_that_asks_by_itself_keeps_no_session_alive(site: Region) -> None:
    """The session ends after the idle time of the user, though «Мои задания» goes on asking."""
    start = time.time()
    with time_machine.travel(start, tick=False) as clock:
        browser = site.browser(None)
        sign_in(browser, "school")
        for minutes in (20, 40):
            clock.move_to(start + minutes * 60)
            assert browser.get("/employee/list/").status == 200
        clock.move_to(start + 60 * 60)
        assert browser.get("/tasks/state").status == 200
        clock.move_to(start + 71 * 60)
        gone = browser.get("/employee/list/")
        assert gone.status == 302
        assert gone.headers["Location"].startswith("/login/")


# --- recovery --------------------------------------------------------------------------------------------------------


def test_the_answer_is_the_same_for_known_and_unknown(site: Region) -> None:
    said = set()
    for who in ("worker", "nobody-of-the-kind", "worker@example.org", "112-233-445 95", "x" * 300):
        browser = site.browser(None)
        answer = fill(browser, "/recovery/", who=who)
        assert (answer.status, answer.headers["Location"]) == (302, "/login/")
        said.add(flashes(browser.get("/login/").text + '<div class="head"').split("Вход в портал")[0])
    assert len(said) == 1
    assert len(letters_of(site, "worker")) == 2
    assert fill(site.browser(None), "/recovery/", who="").status == 422


def test_the_link_shows_the_form_and_works_once(site: Region) -> None:
    old = site.browser("worker")
    assert old.get("/account/").status == 200
    fill(site.browser(None), "/recovery/", who="worker")
    link = re.search(r"https?://[^/]+(/recovery/\S+)", letters_of(site, "worker")[-1][1])
    assert link
    browser = site.browser(None)
    for _ in range(2):  # a mail scanner opens it too
        with site.nothing_changes():
            assert browser.get(link[1]).status == 200
    with site.nothing_changes():
        assert fill(browser, link[1], new=NEW, again="другое").status == 422
        assert fill(browser, link[1], new="короткий", again="короткий").status == 422
    assert fill(browser, link[1], new=NEW, again=NEW).headers["Location"] == "/login/"
    assert old.get("/account/").status == 302
    for answer in (browser.get(link[1]), browser.post(link[1], {"new": NEW + "2", "again": NEW + "2"})):
        assert answer.status == 404
        assert "Запросите новую" in words(answer.text)
    assert sign_in(site.browser(None), "worker", NEW).headers["Location"] == "/account/"
    assert letters_of(site, "worker")[-1][0] == "Пароль сменён"
    for path in ("/recovery/xyz", "/invitation/" + link[1].rsplit("/", 1)[1], link[1] + "x"):
        assert browser.get(path).status == 404


# --- the school's accounts -------------------------------------------------------------------------------------------


def people_without_account(site: Region, login: str) -> list[int]:
    return site.ids(login, "employee", "t.email IS NOT NULL AND NOT EXISTS (SELECT FROM ab_user u WHERE u.employee_id = t.id)"
                    " AND EXISTS (SELECT FROM employment w WHERE w.employee_id = t.id AND w.ended_on IS NULL)")  # fmt: skip


def test_a_school_invites_from_the_list(site: Region) -> None:
    people = people_without_account(site, "school")[1:4]
    browser = site.browser("school")
    foreign = people_without_account(site, "school2")[1]
    with site.nothing_changes():
        assert (
            browser.post("/employee/act/", {"action": "invite", "rowid": [*map(str, people), str(foreign)]}).status
            == 404
        )
        for login in ("worker2", "territory", "ministry", "organizer", "observer", "admin"):
            assert site.browser(login).post(f"/employee/act/{people[0]}/invite").status in (403, 404)
    page = browser.get("/employee/list/", account="none").text
    assert "Пригласить в портал" in page
    answer = browser.post("/employee/act/", {"action": "invite", "rowid": list(map(str, people))})
    assert "Приглашение отправлено: 3" in flashes(browser.get(answer.headers["Location"]).text)
    found = site.sql(
        "SELECT username, active FROM ab_user WHERE employee_id = ANY(%(p)s) ORDER BY employee_id", p=people
    )
    assert len(found) == 3
    body = site.sql("SELECT body FROM letter WHERE recipient = %(r)s", r=found[0][0])[0][0]
    link = re.search(r"https?://[^/]+(/invitation/\S+)", body)
    assert link
    stranger = site.browser(None)
    assert fill(stranger, link[1], new=NEW, again=NEW).status == 302
    assert sign_in(stranger, found[0][0], NEW).status == 302
    card = browser.get(f"/employee/show/{people[1]}").text
    assert "Пригласить снова" in card
    assert "Закрыть вход" in card


def test_the_sheet_of_one_person_is_a_file_with_the_password(site: Region, tmp_path: Path) -> None:
    person = people_without_account(site, "school")[5]
    site.sql("UPDATE employee SET email = NULL WHERE id = %(p)s", p=person)
    browser = site.browser("school")
    card = browser.get(f"/employee/show/{person}").text
    assert "Лист с паролем" in card
    assert "Пригласить в портал" not in card
    response = browser.client.post(
        f"/employee/act/{person}/access_sheet", data={"csrf_token": browser.token or browser_token(browser)}
    )
    file = tmp_path / "sheet.docx"
    file.write_bytes(response.get_data())
    response.close()
    slip = Document(file).tables[0].rows[0].cells[0].text
    login = re.search(r"Логин: (\S+)", slip)
    password = re.search(r"Одноразовый пароль: (\S+)", slip)
    assert login
    assert password
    first = site.browser(None)
    sign_in(first, login[1], password[1])
    assert first.get("/").headers["Location"] == "/password/"
    assert fill(first, "/password/", old=password[1], new=NEW, again=NEW).status == 302
    assert first.get("/").headers["Location"] == "/consents/text/", "the consent comes before anything else"


def browser_token(browser: Browser) -> str:
    page = browser.client.get("/password/").get_data(as_text=True)
    return str(page.split('name="csrf_token"', 1)[1].split('value="', 1)[1].split('"', 1)[0])


def test_sheets_of_many_are_ordered_and_belong_to_the_orderer(site: Region) -> None:
    people = people_without_account(site, "school2")[:2]
    browser = site.browser("school2")
    answer = browser.post("/employee/act/", {"action": "access_sheet", "rowid": list(map(str, people))})
    assert answer.headers["Location"] == "/tasks/"
    job = site.sql("SELECT max(id) FROM background_job WHERE kind = 'invite'")[0][0]
    with site.app.app_context():
        from app.access import acting_as
        from tests.services.makers import SYSTEM

        with acting_as(SYSTEM):
            background.run(job, last=True)
    assert "Листов с паролями: 2" in words(browser.get("/tasks/").text)
    with browser.client.get(f"/tasks/{job}/file") as file:
        assert file.status_code == 200
    assert site.browser("school").get(f"/tasks/{job}/file").status == 404


def test_the_entrance_of_an_own_worker_is_closed_and_opened_from_the_card(site: Region) -> None:
    user, employee = site.sql("SELECT id, employee_id FROM ab_user WHERE username = 'worker2'")[0]
    school, worker = site.browser("school2"), site.browser("worker2")
    assert worker.get("/account/").status == 200
    with site.nothing_changes():
        assert site.browser("school").post(f"/ab_user/act/{user}/lock").status == 404
        assert school.get(f"/ab_user/show/{user}").status == 403
        assert school.get("/ab_user/list/").status == 403
    answer = school.post(f"/ab_user/act/{user}/lock")
    assert answer.headers["Location"] == f"/employee/show/{employee}"
    assert worker.get("/account/").status == 302
    assert sign_in(site.browser(None), "worker2").status == 422
    fill(site.browser(None), "/recovery/", who="worker2")
    assert [s for s, _ in letters_of(site, "worker2")] == ["Вход в портал закрыт"]
    assert "Открыть вход" in school.get(f"/employee/show/{employee}").text
    school.post(f"/ab_user/act/{user}/unlock")
    assert sign_in(site.browser(None), "worker2").status == 302
