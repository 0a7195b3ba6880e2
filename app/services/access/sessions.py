"""Signed-in browsers, a row each: signing out ends the session for every copy of its cookie, and a working day's end ends it anyway."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import replace

from sqlalchemy import delete, update

from app import models as m
from app.access import unscoped
from app.clock import now
from app.extensions import db
from app.services.access import looking_as
from app.services.portal.who_acts import SignedIn, hash_of_session
from app.unit_of_work import technical_write


@technical_write
def start(account: SignedIn, *, hours: int) -> SignedIn:
    """Begin a session of an account that has proved itself; it ends after ``hours``, however busy its user is."""
    token = secrets.token_urlsafe(32)
    row = m.WebSession(user_id=account.id, sha256=hash_of_session(token), ends_at=now() + dt.timedelta(hours=hours))
    with unscoped("a session is nobody's row"):
        db.session.add(row)
        db.session.flush()
    return replace(account, session=token, session_row=row.id, viewed_id=None)


@technical_write
def end(account: SignedIn) -> None:
    """End a session for good, and with it the looking through another's eyes, which the journal then tells."""
    looking_as.end(account)
    if account.session_row is not None:
        with unscoped("the own session"):
            _without_sync(delete(m.WebSession).where(m.WebSession.id == account.session_row))


@technical_write
def end_all(user_id: int) -> None:
    """End every session of an account («выйти везде»); a cookie of an earlier form ends with the epoch."""
    with unscoped("the own sessions"):
        _without_sync(delete(m.WebSession).where(m.WebSession.user_id == user_id))
        _without_sync(
            update(m.Account).where(m.Account.id == user_id).values(session_epoch=m.Account.session_epoch + 1)
        )


@technical_write
def forget_old() -> None:
    """Delete the rows of sessions that are over (the nightly work)."""
    with unscoped("sessions that are over"):
        _without_sync(delete(m.WebSession).where(m.WebSession.ends_at < now()))


def _without_sync(statement: object) -> None:
    db.session.execute(statement.execution_options(synchronize_session=False))  # type: ignore[attr-defined]
