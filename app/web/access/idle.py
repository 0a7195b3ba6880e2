"""The end of a session after a time without requests of the user (``SESSION_IDLE_MINUTES``)."""

from __future__ import annotations

from flask import Flask, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin

#: what a page asks by itself: it is not the user who works
QUIET = frozenset({"TaskView.state"})


class IdleSession(SecureCookieSessionInterface):
    """Flask's signed cookie, written anew by each request of the user, so that its age is the time of idleness."""

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        """Requests that a page makes by itself leave the cookie's age as it is."""
        if request.endpoint in QUIET:
            return session.modified
        return super().should_set_cookie(app, session)
