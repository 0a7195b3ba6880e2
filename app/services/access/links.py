"""Links sent by letter: only the hash of the secret is stored; each link works once and until a moment."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets

from sqlalchemy import delete, select, update

from app import models as m
from app.access import unscoped
from app.clock import now
from app.errors import NotFound
from app.extensions import db

_DEAD = "Ссылка не действует: она уже использована, устарела или скопирована не целиком. Запросите новую."


def issue(purpose: str, *, hours: int, user_id: int | None = None, registration_id: int | None = None) -> str:
    """Make a link's secret for one ``purpose`` of a user or a registration; earlier unused ones stop working."""
    secret = secrets.token_urlsafe(32)
    link = m.OneTimeLink
    with unscoped("links are nobody's rows"):
        db.session.execute(
            delete(link).where(
                link.purpose == purpose,
                link.user_id.is_not_distinct_from(user_id),
                link.registration_id.is_not_distinct_from(registration_id),
                link.used_at.is_(None),
            )
        )
        db.session.add(
            link(
                purpose=purpose,
                sha256=_hash(secret),
                user_id=user_id,
                registration_id=registration_id,
                expires_at=now() + dt.timedelta(hours=hours),
            )
        )
        db.session.flush()
    return secret


def look(purpose: str, secret: str) -> m.OneTimeLink:
    """Return a link that still works, without using it: pages are opened by mail scanners too. Raises NotFound."""
    link = m.OneTimeLink
    statement = select(link).where(
        link.purpose == purpose, link.sha256 == _hash(secret), link.used_at.is_(None), link.expires_at > now()
    )
    with unscoped("links are nobody's rows"):
        found: m.OneTimeLink | None = db.session.scalars(statement).one_or_none()
    if found is None:
        raise NotFound(_DEAD)
    return found


def take(purpose: str, secret: str) -> m.OneTimeLink:
    """Use a link up, inside the action that it allows; of two at once one wins. Raises NotFound."""
    found = look(purpose, secret)
    link = m.OneTimeLink
    with unscoped("links are nobody's rows"):
        statement = update(link).where(link.id == found.id, link.used_at.is_(None)).values(used_at=now())
        taken = db.session.execute(statement.returning(link.id)).one_or_none()
    if taken is None:
        raise NotFound(_DEAD)
    return found


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
