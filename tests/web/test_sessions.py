"""A browser's session: it ends on the server, nothing of it is found by the next person, another's guesses do not end it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from app import _flask_config
from tests.access.region import Answer, Browser, Region
from tests.conftest import make_settings

PASSWORD = "demo-2026"


@pytest.fixture(scope="module")
def site(renewed_region: Flask) -> Iterator[Region]:
    renewed_region.config["PORTAL"] = replace(renewed_region.config["PORTAL"], login_attempts=3)
    found = Region(renewed_region, renewed_region.config["SQLALCHEMY_DATABASE_URI"])
    yield found
    found.close()


def fill(browser: Browser, path: str, *, address: str = "192.0.2.1", **data: str) -> Answer:
    """POST a page's form with its own token, from an address."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get(path).text)
    assert found is not None
    response = browser.client.post(
        path, data={"csrf_token": found[1], **data}, environ_overrides={"REMOTE_ADDR": address}
    )
    return Answer(response.status_code, response.get_data(as_text=True), dict(response.headers))


def sign_in(browser: Browser, login: str, password: str = PASSWORD, *, address: str = "192.0.2.1") -> int:
    return fill(browser, "/login/", address=address, login=login, password=password).status


def copy_of(site: Region, browser: Browser) -> Browser:
    """Another browser with the cookie of the first."""
    cookie = browser.client.get_cookie("session")
    assert cookie is not None
    thief = site.browser(None)
    thief.client.set_cookie("session", cookie.value)
    return thief


def is_in(browser: Browser) -> bool:
    return browser.get("/access/").status == 200


def test_signing_out_ends_every_copy_of_the_cookie(site: Region) -> None:
    browser, elsewhere = site.browser(None), site.browser(None)
    assert (sign_in(browser, "worker"), sign_in(elsewhere, "worker")) == (302, 302)
    thief = copy_of(site, browser)
    assert is_in(thief)
    assert fill(browser, "/password/", old="", new="", again="").status == 422
    assert browser.client.post("/logout/", data={"csrf_token": token_of(browser)}).status_code == 302
    assert not is_in(thief)
    assert is_in(elsewhere), "another device of the same person works on"


def token_of(browser: Browser) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get("/password/").text)
    assert found is not None
    return found[1]


def test_a_session_ends_after_its_hours_however_busy(site: Region) -> None:
    browser = site.browser(None)
    sign_in(browser, "worker")
    hours = site.sql("SELECT ends_at - started_at FROM web_session ORDER BY id DESC LIMIT 1")[0][0]
    assert 11.9 < hours.total_seconds() / 3600 < 12.1
    assert is_in(browser)
    site.sql("UPDATE web_session SET ends_at = started_at - interval '1 second'")
    assert not is_in(browser)


def test_the_cookie_has_the_prefix_of_its_host_over_https(shared_folder: Path) -> None:
    plain = make_settings("postgresql+psycopg2://x/y", shared_folder)
    assert _flask_config(plain)["SESSION_COOKIE_NAME"] == "session"
    secure = _flask_config(replace(plain, cookie_secure=True))
    assert secure["SESSION_COOKIE_NAME"] == "__Host-session"
    assert (secure["SESSION_COOKIE_SECURE"], secure["SESSION_COOKIE_PATH"]) == (True, "/")
    assert "SESSION_COOKIE_DOMAIN" not in secure


def test_looking_through_anothers_eyes_ends_with_the_session(site: Region) -> None:
    browser, user = site.browser(None), site.people["worker"].facts["user"]
    sign_in(browser, "operator")
    assert fill_in(browser, f"/access/view/{user}") == 302
    assert "глазами пользователя" in browser.get("/").text
    assert browser.client.post("/logout/", data={"csrf_token": token_of_any(browser)}).status_code == 302
    ended = site.sql("SELECT object_id FROM audit_entry WHERE action = 'ab_user.view_ended'")
    assert ended == [(user,)]
    sign_in(browser, "operator")
    assert "глазами пользователя" not in browser.get("/").text


def fill_in(browser: Browser, path: str) -> int:
    return int(browser.client.post(path, data={"csrf_token": token_of(browser)}).status_code)


def token_of_any(browser: Browser) -> str:
    """Of whatever form the start page has: the private pages are shut for a looker."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get("/").text)
    assert found is not None
    return found[1]


def test_what_one_person_left_in_the_browser_is_gone_when_the_next_signs_in_or_out(site: Region) -> None:
    browser = site.browser(None)
    for step in (lambda: sign_in(browser, "worker"), lambda: fill_in(browser, "/logout/")):
        with browser.client.session_transaction() as session:
            session["registration"] = {"last_name": "Чужая"}
            session["second_step"] = {"id": "1.1", "at": 1, "login": "x"}
        assert step() == 302
        with browser.client.session_transaction() as session:
            assert {"registration", "second_step", "view_as"}.isdisjoint(session)


def test_guesses_from_elsewhere_do_not_shut_a_known_device_out(site: Region) -> None:
    own, stranger, newcomer = site.browser(None), site.browser(None), site.browser(None)
    assert sign_in(own, "school2", address="192.0.2.10") == 302
    fill_in(own, "/logout/")
    for _ in range(3):
        assert sign_in(stranger, "school2", "нет", address="198.51.100.7") == 422
    assert sign_in(stranger, "school2", address="198.51.100.7") == 422, "closed from there, even with the password"
    assert sign_in(newcomer, "school2", address="203.0.113.9") == 302, "open from another address"
    assert sign_in(own, "school2", address="198.51.100.7") == 302, "the known device, even from there"
