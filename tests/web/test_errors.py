"""Error pages, headers, cookies, sign-in limits and /health, on an application with probes that fail on purpose."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, abort, render_template_string
from markupsafe import Markup
from sqlalchemy import text

from app.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from app.extensions import db
from tests.access.region import Browser, Region
from tests.conftest import build, clone, make_settings
from tests.statements import recorded
from tests.web.pages import flashes, refusal, words

PASSWORD = "demo-2026"
SECRET = "secret-of-the-exception"
ERRORS = {403: Forbidden, 404: NotFound, 409: Conflict, 422: Invalid, 503: Unavailable}


@pytest.fixture(scope="module")
def site(server: Any, demo_template: str, shared_folder: Path, worker_name: str) -> Iterator[Region]:
    """A region whose application has a few handlers more: each ends with one error."""
    url = clone(server, demo_template, f"errors_{worker_name}", shared_folder)
    app = build(make_settings(url, shared_folder / f"instance_errors_{worker_name}", demo=True, login_attempts=3))
    _add_probes(app)
    found = Region(app, url)
    yield found
    found.close()
    with app.app_context():
        db.engine.dispose()


def _add_probes(app: Flask) -> None:
    def raise_http(status: int) -> Any:
        abort(status)

    def raise_portal(status: int) -> Any:
        raise ERRORS[status](f"Причина отказа {status}.")

    def raise_unexpected() -> Any:
        raise RuntimeError(SECRET)

    def raise_database() -> Any:
        db.session.execute(text("SELECT :value FROM no_such_table"), {"value": SECRET})

    app.add_url_rule("/probe/http/<int:status>", "probe_http", raise_http)
    app.add_url_rule("/probe/portal/<int:status>", "probe_portal", raise_portal)
    app.add_url_rule("/probe/unexpected", "probe_unexpected", raise_unexpected)
    app.add_url_rule("/probe/database", "probe_database", raise_database)


def check_page(answer: Any, status: int) -> None:
    """A Russian page with the request's id, which the log has too, and nothing of the machine."""
    assert answer.status == status
    main = words(answer.text.split("<main", 1)[1].split(">", 1)[1])
    assert len(re.findall("[а-яё]{4}", main)) > 5
    assert not re.search(r"[A-Za-z]{3}", main.replace(answer.headers["X-Request-Id"], "")), main
    assert re.fullmatch(r"[0-9a-f]{12}", answer.headers["X-Request-Id"])
    assert answer.headers["X-Request-Id"] in answer.text
    assert SECRET not in answer.text
    check_headers(answer.headers)


def check_headers(headers: Any) -> None:
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert not re.search(r"unsafe|nonce|http:|\*", policy)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("login", [None, "school"])
@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 413, 422, 429, 500, 503, 418])
def test_every_status_has_a_russian_page(site: Region, login: str | None, status: int) -> None:
    check_page(site.browser(login).get(f"/probe/http/{status}"), status)


@pytest.mark.parametrize("status", ERRORS)
def test_an_error_of_the_domain_shows_its_own_sentence(site: Region, status: int) -> None:
    answer = site.browser("school").get(f"/probe/portal/{status}")
    check_page(answer, status)
    assert f"Причина отказа {status}." in answer.text


@pytest.mark.parametrize("status", [403, 404, 503])
def test_a_user_keeps_the_menu_on_an_error(site: Region, status: int) -> None:
    answer = site.browser("school").get(f"/probe/portal/{status}")
    menu = answer.text.split('id="menu"')[1].split("</nav>")[0]
    assert '<a href="/employee/list/">' in menu
    assert "Выйти" in answer.text
    # more rights help against a refusal, not against a portal that is away
    assert ('href="/access/request"' in answer.text.split("<main")[1]) is (status != 503)
    stranger = site.browser(None).get(f"/probe/portal/{status}").text
    assert 'id="menu"' not in stranger
    assert "/access/request" not in stranger


def test_the_page_of_a_portal_away_asks_the_database_nothing(site: Region) -> None:
    """What loads the account comes before the failure; the menu's counts and the hints are left out."""
    browser = site.browser("school")
    with recorded() as without_menu:
        browser.get("/probe/http/422")
    with recorded() as with_menu:
        assert 'id="menu"' in browser.get("/probe/portal/503").text
    assert with_menu == without_menu


@pytest.mark.parametrize("path", ["/probe/unexpected", "/probe/database"])
@pytest.mark.parametrize("login", [None, "school"])
def test_an_unexpected_error_tells_only_its_id(site: Region, path: str, login: str | None, caplog: Any) -> None:
    answer = site.browser(login).get(path)
    check_page(answer, 500)
    assert any(record.exc_info for record in caplog.records)
    # the application serves on
    assert site.browser("school").get("/employee/list/").status == 200


def test_unknown_addresses_and_wrong_methods(site: Region) -> None:
    for login in (None, "school"):
        browser = site.browser(login)
        check_page(browser.get("/no/such/page"), 404)
        check_page(browser.get("/employee/delete/1"), 405)
        check_page(browser.get("/employee/show/1.5"), 404)


def answer_of(response: Any) -> Any:
    """A plain response as the other helpers read it."""
    from tests.access.region import Answer

    body = response.get_data(as_text=True)
    response.close()
    return Answer(response.status_code, body, dict(response.headers))


@pytest.mark.parametrize(("login", "path"), [(None, "/login/"), ("school", "/password/")])
def test_a_stale_page_gets_400_with_advice(site: Region, login: str | None, path: str) -> None:
    """A form without the right CSRF token: a page of the portal for strangers and for those signed in."""
    client = site.browser(login).client
    for data in ({}, {"csrf_token": "x"}):
        check_page(answer_of(client.post(path, data=data)), 400)


def test_a_file_too_big_gets_413(site: Region) -> None:
    browser = site.browser("school")
    limit = site.app.config["MAX_CONTENT_LENGTH"]
    with site.nothing_changes():
        kind = "multipart/form-data; boundary=part"
        response = browser.client.post("/employee/import/", data=b"x" * (limit + 1), content_type=kind)
        check_page(answer_of(response), 413)


def test_a_wrong_file_is_refused_beside_its_field(site: Region) -> None:
    browser = site.browser("school")
    browser.post("/password/")
    for body, name in ((b"not a workbook", "list.xlsx"), (b"", "list.xlsx"), (b"MZ\x00", "virus.exe")):
        data = {"csrf_token": browser.token, "file": (io.BytesIO(body), name)}
        with site.nothing_changes():
            answer = answer_of(browser.client.post("/employee/import/", data=data))
        assert answer.status == 422
        assert re.search("[а-яё]{4}", refusal(answer.text))
        assert "Traceback" not in answer.text


def test_writing_during_a_maintenance_window_says_until_when(site: Region) -> None:
    """Order § 1.12: data stay as they are; reading goes on."""
    browser = site.browser("operator")
    with site.frozen(), site.nothing_changes():
        answer = browser.post("/subject/add", {"name": "Поздний предмет", "active": "y"})
        assert answer.status in (422, 503)
        assert "технологический перерыв" in answer.text
        assert browser.get("/employee/list/").status == 200


# --- cookies, headers, sign-in ---------------------------------------------------------------------------------------


def test_pages_and_files_carry_the_headers(site: Region) -> None:
    browser = site.browser("school")
    for path in ("/", "/login/", "/employee/list/", "/employee/find/organization", "/health", "/static/css/portal.css"):
        check_headers(browser.get(path).headers)
    assert browser.get("/employee/list/").headers["Cache-Control"] == "no-store"
    assert browser.get("/employee/export/").headers["Cache-Control"] == "no-store"
    assert "max-age" in browser.get("/static/css/portal.css").headers["Cache-Control"]


def sign_in(browser: Browser, login: str, password: str, **query: str) -> Any:
    page = browser.client.get("/login/").get_data(as_text=True)
    token = page.split('name="csrf_token"', 1)[1].split('value="', 1)[1].split('"', 1)[0]
    data = {"csrf_token": token, "login": login, "password": password}
    return browser.client.post("/login/", data=data, query_string=query)


def said(response: Any) -> str:
    """Words of the page's main part."""
    return words(answer_of(response).text.split("<main", 1)[1].split("demo", 1)[0])


def test_the_session_cookie_is_closed_to_scripts_and_other_sites(site: Region) -> None:
    response = sign_in(site.browser(None), "ministry", PASSWORD)
    assert response.status_code == 302
    cookies = response.headers.getlist("Set-Cookie")
    assert cookies
    for cookie in cookies:
        assert {"HttpOnly", "SameSite=Lax"} <= set(cookie.split("; ")), cookie


def test_the_cookie_is_secure_where_https_is_used(site: Region, server: Any, shared_folder: Path) -> None:
    settings = site.app.config["PORTAL"]
    from dataclasses import replace

    app = build(replace(settings, cookie_secure=True))
    answer = app.test_client().get("/login/", base_url="https://portal.test")
    assert "Secure" in answer.headers["Set-Cookie"].split("; ")
    assert "max-age" in answer.headers["Strict-Transport-Security"]
    with app.app_context():
        db.engine.dispose()


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "https:evil.example"],
)
def test_after_signing_in_the_browser_stays_on_the_portal(site: Region, target: str) -> None:
    response = sign_in(site.browser(None), "ministry", PASSWORD, next=target)
    assert response.status_code == 302
    location = response.headers["Location"]
    assert location.startswith(("/", "http://localhost/"))
    assert not location.startswith(("//", "/\\"))


def test_a_stranger_returns_to_the_page_that_was_asked(site: Region) -> None:
    browser = site.browser(None)
    sent = browser.get("/employee/list/", q="ан")
    assert sent.status == 302
    target = re.search("next=(.*)", sent.headers["Location"])
    assert target
    from urllib.parse import unquote

    response = sign_in(browser, "school", PASSWORD, next=unquote(target[1]))
    assert unquote(response.headers["Location"]).endswith("/employee/list/?q=ан")


def test_wrong_passwords_close_the_account_for_a_while(site: Region) -> None:
    """H12: the right password is refused too, in the words of any refusal; the administrator may open the account."""
    sentences = {said(sign_in(site.browser(None), "observer", "wrong-password")) for _ in range(3)}
    unknown = said(sign_in(site.browser(None), "nobody-of-the-kind", "wrong-password"))
    assert "Неверный логин или пароль" in unknown
    assert {sentence.replace("observer", "") for sentence in sentences} == {unknown.replace("nobody-of-the-kind", "")}
    locked = sign_in(site.browser(None), "observer", PASSWORD)
    assert locked.status_code == 422
    assert said(locked).replace("observer", "") == unknown.replace("nobody-of-the-kind", "")
    assert "закрывается на" in unknown
    assert sign_in(site.browser(None), "admin", PASSWORD).status_code == 302
    pk = site.people["observer"].facts["user"]
    assert site.sql("SELECT action FROM audit_entry WHERE action = 'ab_user.locked' AND object_id = %(pk)s", pk=pk)
    admin = site.browser("admin")
    opened = admin.post(f"/ab_user/act/{pk}/unlock")
    assert flashes(admin.get(opened.headers["Location"]).text)
    assert sign_in(site.browser(None), "observer", PASSWORD).status_code == 302


def test_too_many_sign_ins_from_one_address_get_429(site: Region) -> None:
    rate = site.app.config["SIGN_IN_RATE"]
    site.app.config["SIGN_IN_RATE"] = "3 per minute"
    try:
        statuses = [sign_in(site.browser(None), "nobody", "x").status_code for _ in range(5)]
        assert statuses[-1] == 429
        assert statuses[0] == 422
        check_page(answer_of(sign_in(site.browser(None), "nobody", "x")), 429)
    finally:
        site.app.config["SIGN_IN_RATE"] = rate


def test_sessions_end_with_the_password_the_role_and_the_account(site: Region) -> None:
    """H10: a changed password, a taken role and a closed account take effect at the next request."""
    browser = site.browser("school2")
    assert browser.get("/employee/list/").status == 200
    user = site.people["school2"].facts["user"]
    site.sql(
        "UPDATE assignment SET valid_to = current_date - 2, valid_from = '2020-01-01' WHERE user_id = %(u)s", u=user
    )
    assert browser.get("/employee/list/").status == 403
    site.sql("UPDATE assignment SET valid_to = NULL WHERE user_id = %(u)s", u=user)
    assert browser.get("/employee/list/").status == 200
    site.sql("UPDATE ab_user SET active = false WHERE id = %(u)s", u=user)
    assert browser.get("/employee/list/").status == 302
    site.sql("UPDATE ab_user SET active = true WHERE id = %(u)s", u=user)
    assert browser.get("/employee/list/").status == 200
    site.sql("UPDATE ab_user SET session_epoch = session_epoch + 1 WHERE id = %(u)s", u=user)
    assert browser.get("/employee/list/").status == 302


def test_changing_the_password_asks_for_the_old_one_and_ends_other_sessions(site: Region) -> None:
    one, two = site.browser("worker2"), site.browser("worker2")
    new = "новый-Пароль-2026"
    with site.nothing_changes():
        for old, first, second in (("wrong", new, new), (PASSWORD, new, "another-2026"), (PASSWORD, "short", "short")):
            assert one.post("/password/", {"old": old, "new": first, "again": second}).status == 422
    assert one.post("/password/", {"old": PASSWORD, "new": new, "again": new}).status == 302
    assert one.get("/account/").status == 200
    assert two.get("/account/").status == 302


# --- health and the public check -------------------------------------------------------------------------------------


def test_health_needs_a_worker_that_beats(site: Region) -> None:
    browser = site.browser(None)
    site.sql("DELETE FROM worker_heartbeat")
    down = browser.get("/health")
    assert (down.status, json.loads(down.text)["worker"]) == (503, "down")
    site.sql("INSERT INTO worker_heartbeat (name, seen_at) VALUES ('w', clock_timestamp())")
    alive = browser.get("/health")
    assert (alive.status, json.loads(alive.text)["status"]) == (200, "ok")
    site.sql("UPDATE worker_heartbeat SET seen_at = clock_timestamp() - interval '5 minutes'")
    assert browser.get("/health").status == 503


def test_without_a_database_pages_say_so(site: Region, shared_folder: Path) -> None:
    settings = make_settings("postgresql+psycopg2://nobody@127.0.0.1:1/none", shared_folder / "instance_none")
    app = build(settings)
    try:
        down = app.test_client().get("/health")
        assert (down.status_code, down.get_json()["database"]) == (503, "down")
        check_page(answer_of(app.test_client().get("/login/")), 503)
    finally:
        from app.jobs import open_jobs

        with app.app_context():
            db.engine.dispose()
        with site.app.app_context():
            open_jobs()


def test_the_public_check_tells_no_personal_data(site: Region) -> None:
    code, person = site.sql(
        "SELECT check_code, employee_id FROM certificate WHERE status = 'issued' ORDER BY id LIMIT 1"
    )[0]
    snils, birth = site.sql("SELECT snils, birth_date FROM employee WHERE id = %(p)s", p=person)[0]
    browser = site.browser(None)
    page = browser.get(f"/verify/{code}")
    assert page.status == 200
    assert snils not in re.sub(r"\D", "", page.text)
    assert f"{birth:%d.%m.%Y}" not in page.text
    check_page(browser.get("/verify/no-such-code"), 404)
    assert "employee/show" not in page.text


def test_a_notice_that_ends_with_initials_has_one_full_stop(app: Flask) -> None:
    """Flashes and refusals are shown by one macro; ready markup stays as it is."""
    page = '{% import "parts.html" as ui with context %}{{ ui.notice(text) }}'
    with app.test_request_context():
        made = render_template_string(page, text="Документ вручён: Петров Л. И..")
        ready = render_template_string(page, text=Markup("<b>а..</b>"))
    assert "<p>Документ вручён: Петров Л. И.</p>" in made
    assert "<p><b>а..</b></p>" in ready
