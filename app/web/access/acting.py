"""The acting user of a request: the signed-in account or the user it looks at, and the pages that the account must pass first.

A person first sets a password, gives the consent and passes the second factor. Pages only for the owner of an account are
never shown to an operator who looks through the owner's eyes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Flask, g, redirect, request
from flask_login import current_user

from app import access, addresses
from app.actor import Actor
from app.errors import Forbidden
from app.logs import bind_request
from app.services.access import looking_as
from app.services.access.second_factor import is_required
from app.services.portal.who_acts import ANONYMOUS
from app.web.access.idle import IdleSession

#: what a person may open before the password of the first sign-in is changed
_PASSWORD_PAGES = frozenset({
    "SignInView.password", "SignInView.logout", "HomeView.health", "HomeView.verify", "HomeView.check",
    "HelpView.index", "HelpView.topic", "HelpView.screen", "HelpView.export", "AppearanceView.panel",
})  # fmt: skip
#: the same before the consent is given by who did not register himself
_CONSENT_PAGES = _PASSWORD_PAGES | {
    "ConsentView.index", "ConsentView.text", "ConsentView.give", "ConsentView.close", "ConsentView.close_now",
}  # fmt: skip
#: the same before the second factor that the role must have is set up
_FACTOR_PAGES = _PASSWORD_PAGES | {"OwnAccountView.second_factor"}
#: handlers that stay the looker's own: the end of looking, the end of the session
_OWN = frozenset({"AccessView.end_view", "SignInView.logout", "static"})
#: the entrance of the account, its one-time passwords and links, the secret address of its calendar, the files of its tasks
_CLOSED_VIEWS = frozenset(
    {"OwnAccountView", "OwnDataView", "SignInView", "RecoveryView", "RegisterView", "CalendarView"}
)
_CLOSED = frozenset({"TaskView.file", "AccessView.file"})


def install(app: Flask) -> None:
    """Set the acting user from the begin of each request to its end."""
    app.session_interface = IdleSession()
    app.before_request(_begin)
    app.teardown_request(_end)


def _begin() -> Any:
    if request.endpoint in ("static", "HomeView.health"):
        return None
    signed_in = current_user.is_authenticated
    own = current_user.actor if signed_in else ANONYMOUS
    actor = _eyes(own) if signed_in else own
    actor = replace(actor, address=request.remote_addr, request_id=g.request_id)
    g.actor_token = access.set_actor(actor)
    bind_request(g.request_id, own.user_id)
    _refuse_private(actor)
    if signed_in and current_user.must_change_password and request.endpoint not in _PASSWORD_PAGES:
        return redirect(addresses.at("password", ""))
    if signed_in and current_user.must_consent and request.endpoint not in _CONSENT_PAGES:
        return redirect(addresses.at("consents", "text", ""))
    if signed_in and not current_user.second_factor and is_required(own.roles):
        return None if request.endpoint in _FACTOR_PAGES else redirect(addresses.at("account", "second-factor", ""))
    return None


def _end(_error: BaseException | None) -> None:
    token = g.pop("actor_token", None)
    if token is not None:
        access.reset_actor(token)


def _eyes(own: Actor) -> Actor:
    """Return the acting user of this request: the user looked at, else ``own``."""
    if current_user.viewed_id is None or request.endpoint in _OWN:
        return own
    found = looking_as.eyes_of(own, current_user.viewed_id)
    if found is None:
        with access.acting_as(own):
            looking_as.end(current_user)
        return own
    return found


def _refuse_private(actor: Actor) -> None:
    """Raise Forbidden where a looker has nothing to look at."""
    endpoint = request.endpoint or ""
    if actor.viewer_id is not None and (endpoint in _CLOSED or endpoint.split(".")[0] in _CLOSED_VIEWS):
        raise Forbidden(
            f"Вы смотрите портал глазами другого пользователя ({actor.name}), а эта страница — только его: вход, пароль, "
            "файлы. Закончите просмотр кнопкой вверху страницы."
        )
