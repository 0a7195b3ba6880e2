"""The acting user: the account of a browser's session, of a task or of a letter, with the roles and places in force today."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from sqlalchemy import text

from app.actor import Actor, Grant
from app.clock import now, today
from app.extensions import db
from app.russian import full_name

ANONYMOUS = Actor(user_id=None, name="Гость")
SYSTEM = Actor(user_id=None, name="Портал", grants=(Grant("operator"),))

_ACTOR_SQL = text("""
WITH RECURSIVE live AS (
  SELECT role, organization_id, territory_id FROM assignment
  WHERE user_id = :id AND valid_from <= :today AND (valid_to IS NULL OR valid_to >= :today)
), tree AS (
  SELECT role, organization_id AS id FROM live WHERE organization_id IS NOT NULL
  UNION SELECT tree.role, o.id FROM organization o JOIN tree ON o.parent_id = tree.id
)
SELECT u.last_name, u.first_name, u.patronymic, u.active, u.employee_id, u.session_epoch, u.must_change_password,
  u.must_consent,
  u.totp_since IS NOT NULL AS second_factor, w.id AS session_row, w.viewed_id,
  (SELECT json_agg(json_build_array(role, organization_id, territory_id)) FROM live) AS assignments,
  (SELECT json_agg(json_build_array(role, id)) FROM tree) AS organizations,
  (SELECT coalesce(min(o.short_name), min(t.short_name)) FROM live
     LEFT JOIN organization o ON o.id = live.organization_id LEFT JOIN territory t ON t.id = live.territory_id) AS place
FROM ab_user u LEFT JOIN web_session w ON w.user_id = u.id AND w.sha256 = :session AND w.ends_at > :now
WHERE u.id = :id
""")


@dataclass(frozen=True)
class SignedIn:
    """A signed-in account: what the web session needs of it (Flask-Login's user protocol)."""

    actor: Actor
    active: bool
    session_epoch: int
    must_change_password: bool
    #: a code is asked after the password
    second_factor: bool = False
    #: the consent to the processing is asked first
    must_consent: bool = False
    #: secret of the browser's session, its row, and through whose eyes it looks; none before the session has begun
    session: str = field(default="", repr=False)
    session_row: int | None = None
    viewed_id: int | None = None
    is_authenticated: bool = True
    is_anonymous: bool = False

    @property
    def is_active(self) -> bool:
        """Whether the account may be used."""
        return self.active

    @property
    def id(self) -> int | None:
        """Id of the account (FAB's audit columns read it)."""
        return self.actor.user_id

    def get_id(self) -> str:
        """Flask-Login's id: the account, its epoch, so that a new password ends old sessions, and the session's secret."""
        return f"{self.actor.user_id}.{self.session_epoch}" + (f".{self.session}" if self.session else "")


def hash_of_session(token: str) -> str:
    """What is kept of a session's secret."""
    return hashlib.sha256(token.encode()).hexdigest()


def load_account(user_id: int, *, session: str = "") -> SignedIn | None:
    """Return the account with its live roles and places, and with its ``session`` while that lasts, or None; one statement."""
    asked = {"id": user_id, "today": today(), "now": now(), "session": hash_of_session(session) if session else ""}
    row = db.session.execute(_ACTOR_SQL, asked).one_or_none()
    if row is None:
        return None
    places: dict[str, tuple[set[int], set[int]]] = {}
    for role, _organization, territory in row.assignments or ():
        places.setdefault(role, (set(), set()))[1].update({territory} - {None})
    for role, organization in row.organizations or ():
        places[role][0].add(organization)
    actor = Actor(
        user_id=user_id,
        name=full_name(row.last_name, row.first_name, row.patronymic),
        employee_id=row.employee_id,
        grants=tuple(Grant(role, tuple(sorted(o)), tuple(sorted(t))) for role, (o, t) in sorted(places.items())),
        place=row.place or "",
    )
    known = {"session": session, "session_row": row.session_row, "viewed_id": row.viewed_id} if session else {}
    flags = (row.must_change_password, row.second_factor, row.must_consent)
    return SignedIn(actor, bool(row.active), row.session_epoch, *flags, **known)


def load_signed_in(session_id: str) -> SignedIn | None:
    """Return the account of a browser's session, or None when it is gone, switched off, signed out or past its end."""
    account = load_pending(session_id)
    return account if account is not None and account.session_row is not None else None


def load_pending(session_id: str) -> SignedIn | None:
    """The same of an id as ``SignedIn.get_id`` gave it before the session began: between the password and the code."""
    user_id, _, rest = session_id.partition(".")
    epoch, _, token = rest.partition(".")
    if not (user_id.isdigit() and epoch.isdigit() and len(user_id) < 10):
        return None
    account = load_account(int(user_id), session=token)
    return account if account and account.active and str(account.session_epoch) == epoch else None
