"""Signing in as a demo user in tests of pages, without the cost of a password hash."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from app.access import acting_as
from app.actor import Actor
from app.services.access import sessions
from app.services.access.accounts import find_account

LOGINS = (
    "operator ministry territory organizer school worker observer admin territory2 organizer2 school2 worker2".split()
)


def actor_of(app: Flask, login: str) -> Actor:
    """The actor behind a demo login."""
    with app.app_context():
        return find_account(login).actor


def client_as(app: Flask, login: str | None) -> FlaskClient:
    """A browser signed in as a demo user (None: a stranger); the CSRF check is on, see ``token_of``."""
    client = app.test_client()
    if login is not None:
        with app.app_context():
            signed_in = sessions.start(find_account(login), hours=12)
        with client.session_transaction() as session:
            session["_user_id"] = signed_in.get_id()
            session["_fresh"] = True
    return client


def cookie_as(app: Flask, login: str, address: str) -> dict[str, str]:
    """The cookie by which a real browser at this address of the portal is signed in."""
    cookie = client_as(app, login).get_cookie(app.config["SESSION_COOKIE_NAME"])
    assert cookie is not None
    return {"name": cookie.key, "value": cookie.value, "url": address}


def post(client: FlaskClient, path: str, **data: object) -> object:
    """POST a form with the CSRF token of the browser's session."""
    page = client.get("/password/").get_data(as_text=True)
    token = page.split('name="csrf_token"', 1)[1].split('value="', 1)[1].split('"', 1)[0]
    return client.post(path, data={"csrf_token": token, **data})


__all__ = ["LOGINS", "acting_as", "actor_of", "client_as", "cookie_as", "post"]
