"""While the database is away every page answers 503 in Russian, with Retry-After; when it is back, the same browser works on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.embedded_postgres import EmbeddedPostgres
from tests.conftest import build, make_settings


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    """A signed-in administrator."""
    from app.access import acting_as, unscoped
    from app.services.access import accounts, sessions
    from app.services.portal import who_acts

    client = app.test_client()
    with app.app_context(), acting_as(who_acts.SYSTEM), unscoped("tests"):
        accounts.create_admin("chief", last_name="Комаров", first_name="Денис", email="chief@example.org")
        account = accounts.find_account("chief")
        signed_in = sessions.start(account, hours=12)
    with client.session_transaction() as session:
        session["_user_id"] = signed_in.get_id()
    return client


def test_every_page_says_so_and_recovers(server: EmbeddedPostgres, browser: FlaskClient) -> None:
    pages = ("/", "/login/", "/ab_user/list/", "/account/", "/catalogue/", "/verify/", "/no/such/page")
    before = {path: browser.get(path).status_code for path in pages}
    server.stop()
    for path in pages:
        check(browser.get(path))
    answer = browser.post("/account/", data={"everywhere": "1"})
    assert answer.status_code in (400, 503)
    for path in ("/static/css/portal.css", "/static/favicon.svg"):
        answer = browser.get(path)
        assert answer.status_code == 200, "what the page is drawn with needs no database"
        answer.close()
    assert browser.get("/health").status_code == 503
    server.start()
    assert {path: browser.get(path).status_code for path in pages} == before


def check(answer: Any) -> None:
    text = answer.get_data(as_text=True)
    assert answer.status_code == 503, (answer.request.path, answer.status_code)
    assert answer.headers["Retry-After"] == answer.headers["Refresh"] == "10"
    assert "Портал временно недоступен" in text
    assert "psycopg2" not in text


def test_a_web_server_that_starts_before_its_database_says_so(tmp_path: Path) -> None:
    early = build(make_settings("postgresql+psycopg2://portal@127.0.0.1:1/portal", tmp_path)).test_client()
    check(early.get("/login/"))
    assert early.get("/health").status_code == 503
