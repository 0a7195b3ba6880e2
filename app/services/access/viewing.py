"""«Смотреть как …»: the operator looks at the portal with a user's eyes, changes nothing, and the journal says so."""

from __future__ import annotations

from dataclasses import replace

from app import models as m
from app.access import current_actor, get_writable
from app.actor import Actor
from app.audit import record
from app.errors import Conflict
from app.extensions import db
from app.services.access.accounts import load_account
from app.unit_of_work import use_case

RIGHT = "ab_user:view_as"


@use_case
def start_viewing(user_id: int) -> m.Account:
    """Write into the journal whose eyes the actor takes; raises NotFound and Forbidden by ``ab_user:view_as``, Conflict."""
    user = get_writable(db.session, m.Account, user_id, RIGHT)
    if user.id == current_actor().user_id:
        raise Conflict("Это вы: портал и так открыт вашими глазами.")
    record("ab_user.viewed_as", user)
    return user


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
