"""The one way into a browser's session and out of it: what one person leaves in a browser, the next does not find.

Beside the session a browser stores the mark of a device for half a year: the hashes of the logins that signed in with it.
By this mark failures from elsewhere do not lock the device out (``services.access.failures``); it opens nothing.
"""

from __future__ import annotations

import secrets
from typing import Any

from flask import Response, after_this_request, current_app, request, session
from flask_login import current_user, login_user, logout_user
from itsdangerous import BadSignature, URLSafeTimedSerializer

from app.services.access import failures, sessions, sign_in
from app.services.portal import who_acts

#: how long a device is known, in seconds, and with how many logins at most
DEVICE_SECONDS, DEVICE_LOGINS = 180 * 24 * 3600, 10


def attempt() -> failures.Attempt:
    """From where the request signs in, and the limits of failures."""
    settings = current_app.config["PORTAL"]
    browser = sign_in.browser_words(request.headers.get("User-Agent", ""))
    device, known = _device()
    return failures.Attempt(
        settings.login_attempts, settings.login_lock_minutes, request.remote_addr, browser, device, frozenset(known)
    )


def enter(account: who_acts.SignedIn, *, login: str = "") -> None:
    """Begin the web session of an account; what an earlier one left in the browser, whatever it is, is forgotten.

    ``login``: the one that has proved itself, by which the device is known from now on.
    """
    session.clear()
    login_user(sessions.start(account, hours=current_app.config["PORTAL"].session_hours))
    session.permanent = True
    if login:
        _remember_device(failures.hash_of(login))


def leave() -> None:
    """End the web session, for every copy of its cookie; nothing of it stays in the browser."""
    was_stranger = not current_user.is_authenticated
    if not was_stranger:
        sessions.end(current_user)
    logout_user()
    mark = session.get("csrf_token") if was_stranger else None
    session.clear()
    if mark is not None:  # a stranger's page that is open still may be sent
        session["csrf_token"] = mark


# --- the device ------------------------------------------------------------------------------------------------------


def _cookie() -> str:
    return "__Host-device" if current_app.config["SESSION_COOKIE_SECURE"] else "device"


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="device")


def _device() -> tuple[str, list[str]]:
    """The device's mark and the logins it is known by; a stranger's has neither."""
    try:
        device, known = _signer().loads(request.cookies.get(_cookie(), ""), max_age=DEVICE_SECONDS)
    except (BadSignature, ValueError, TypeError):
        return "", []
    return str(device), [str(login) for login in known]


def _remember_device(login: str) -> None:
    device, known = _device()
    value = _signer().dumps([
        device or secrets.token_urlsafe(12),
        [login, *(other for other in known if other != login)][:DEVICE_LOGINS],
    ])  # fmt: skip

    @after_this_request
    def keep(response: Response) -> Any:
        response.set_cookie(
            _cookie(), value, max_age=DEVICE_SECONDS, httponly=True, samesite="Lax", path="/",
            secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
        )  # fmt: skip
        return response
