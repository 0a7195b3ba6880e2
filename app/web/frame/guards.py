"""Guards of handlers: strangers get 302 to the sign-in page, users without the right get 403."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from flask import flash, redirect, request
from flask_login import current_user
from werkzeug.wrappers import Response

from app import addresses
from app.access import current_actor

Handler = Callable[..., Any]


def sign_in_redirect() -> Response:
    """Send a stranger to the sign-in page, and back afterwards: what came by POST returns to its form or its page."""
    if request.method == "POST" and request.accept_mimetypes.best != "application/json":
        flash("Вход истёк. Войдите снова: вы вернётесь на ту же страницу.", "warning")
    return redirect(addresses.with_query(addresses.SIGN_IN, next=_return_address()))


def _return_address() -> str | None:
    if request.method == "GET" or (request.url_rule and "GET" in (request.url_rule.methods or ())):
        return request.full_path.rstrip("?")
    came = urlsplit(request.referrer or "")
    return came._replace(scheme="", netloc="").geturl() if came.netloc == request.host else None


def guarded(verb: str) -> Callable[[Handler], Handler]:
    """Require ``<view's object>:<verb>``; FAB registers the permission by the attribute it finds."""

    def decorate(handler: Handler) -> Handler:
        @functools.wraps(handler)
        def guard(view: Any, *args: Any, **kwargs: Any) -> Any:
            if not current_user.is_authenticated:
                return sign_in_redirect()
            current_actor().require(f"{view.class_permission_name}:{verb}")
            return handler(view, *args, **kwargs)

        guard._permission_name = verb  # type: ignore[attr-defined]
        return guard

    return decorate


def signed_in(handler: Handler) -> Handler:
    """Require only that somebody is signed in; what they may do is decided inside."""

    @functools.wraps(handler)
    def guard(*args: Any, **kwargs: Any) -> Any:
        if not current_user.is_authenticated:
            return sign_in_redirect()
        return handler(*args, **kwargs)

    guard.signed_in = True  # type: ignore[attr-defined]
    return guard


def needs_sign_in(handler: Handler | None) -> bool:
    """Whether a handler is guarded by one of the above."""
    return hasattr(handler, "signed_in") or hasattr(handler, "_permission_name")
