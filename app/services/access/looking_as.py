"""«Смотреть как …»: the operator looks at the portal with a user's eyes, changes nothing, and the journal says so.

The user whose eyes a browser uses is stored in the row of its session, not in its cookie: the view ends with the session.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select, update

from app import models as m
from app.access import current_actor, get_writable, unscoped
from app.actor import Actor
from app.audit import record
from app.errors import Conflict
from app.extensions import db
from app.services.portal.who_acts import SignedIn, load_account
from app.unit_of_work import technical_write, use_case

RIGHT = "ab_user:view_as"


@use_case
def start(user_id: int, own: SignedIn) -> m.Account:
    """Look through a user's eyes from now on, and write it into the journal.

    Raises NotFound and Forbidden by ``ab_user:view_as``, Conflict.
    """
    user = get_writable(db.session, m.Account, user_id, RIGHT)
    if user.id == current_actor().user_id:
        raise Conflict("Это вы: портал и так открыт вашими глазами.")
    end(own)
    _look(own, user.id)
    record("ab_user.viewed_as", user)
    return user


@technical_write
def end(own: SignedIn) -> int | None:
    """Stop looking with another user's eyes; returns that user, None for an account that looked with its own eyes."""
    if own.session_row is None or own.viewed_id is None:
        return None
    with unscoped("the user looked at: the journal names whose eyes were given back"):
        user = db.session.scalars(select(m.Account).where(m.Account.id == own.viewed_id)).one_or_none()
        _look(own, None)
        if user is not None:
            record("ab_user.view_ended", user)
    return own.viewed_id


def _look(own: SignedIn, user_id: int | None) -> None:
    row = m.WebSession
    with unscoped("the own session"):
        db.session.execute(
            update(row)
            .where(row.id == own.session_row)
            .values(viewed_id=user_id)
            .execution_options(synchronize_session=False)
        )


def eyes_of(actor: Actor, user_id: int) -> Actor | None:
    """Return the user as whom ``actor`` looks, marked as looked through; None when that is no longer allowed.

    It is asked anew with every request: a right taken away ends the looking, and so does the role of an administrator.
    """
    if not actor.can(RIGHT):
        return None
    found = load_account(user_id)
    if found is None or "admin" in found.actor.roles:
        return None
    return replace(found.actor, viewer_id=actor.user_id, address=actor.address, request_id=actor.request_id)
