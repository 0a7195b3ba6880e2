"""Accounts: who is signed in with which roles, the own and another's account, FAB's role rows synced from ``permissions``."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, func, insert, or_, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from app import audit
from app import models as m
from app.access import current_actor, get_writable, unscoped
from app.actor import Actor, Grant
from app.clock import now, today
from app.errors import Conflict, Invalid, NotFound
from app.extensions import db
from app.permissions import ROLES
from app.russian import format_datetime, full_name
from app.services.access import alarms, failures, passwords
from app.services.access.passwords import check_new_password as check_new_password
from app.services.mailing import letters
from app.services.portal import records
from app.text import cleaned
from app.unit_of_work import use_case

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

ANONYMOUS = Actor(user_id=None, name="Гость")
SYSTEM = Actor(user_id=None, name="Портал", grants=(Grant("operator"),))
#: ``locked_until`` of an account that a person has closed
CLOSED = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)


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


# --- own account ---------------------------------------------------------------------------------------------------------


@use_case
def change_password(user_id: int, *, old: str, new: str) -> None:
    """Change the own password: the old one is asked, other sessions end. Raises Invalid."""
    with unscoped("own password"):
        user = db.session.scalars(select(m.Account).where(m.Account.id == user_id)).one()
    if not passwords.fits(user.password or "", old):
        raise Invalid("Прежний пароль указан неверно.", fields={"old": ["Прежний пароль указан неверно."]})
    passwords.check_new_password(new, user_id=user_id)
    passwords.set_password(user, new)
    audit.record("ab_user.password_changed", user)
    tell_password_changed(user_id)


def tell_password_changed(user_id: int) -> None:
    """The letter after every change of a password: who did not make it must act."""
    letters.tell_user(user_id, "password_changed", facts={"когда": format_datetime(now())}, href="/account/")


# --- another's account -----------------------------------------------------------------------------------------------


def is_closed(user: m.Account) -> bool:
    """Whether the entrance was closed by a person: it does not open by itself, nor by a letter."""
    return user.locked_until is not None and user.locked_until >= CLOSED


def is_closed_now(account: Any) -> Any:
    """SQL condition over accounts (the class or its table): closed by a person, or from some place by failures."""
    columns = getattr(account, "c", account)
    return or_(columns.locked_until > now(), failures.is_closed_somewhere(columns.username))


@use_case
def lock(user_id: int) -> m.Account:
    """Close the entrance of an account until somebody opens it; its sessions end."""
    user = get_writable(db.session, m.Account, user_id, "ab_user:lock")
    if user.id == current_actor().user_id:
        raise Conflict("Закрыть вход самому себе нельзя.")
    if is_closed(user):
        raise Conflict("Вход этому пользователю уже закрыт.")
    user.locked_until = CLOSED
    user.session_epoch += 1
    audit.record("ab_user.closed", user)
    letters.tell_user(user.id, "sign_in_closed", facts={"кто": current_actor().name})
    return user


@use_case
def unlock(user_id: int) -> m.Account:
    """Let a locked account sign in again at once."""
    user = get_writable(db.session, m.Account, user_id, "ab_user:unlock")
    by_hand = is_closed(user)
    if not by_hand and failures.closed_until(user.username) is None:
        raise Conflict("Вход этому пользователю не закрыт.")
    user.locked_until = None
    failures.forget(user.username)
    audit.record("ab_user.opened" if by_hand else "ab_user.unlocked", user)
    if by_hand:
        letters.tell_user(user.id, "sign_in_opened", href="/account/")
    return user


@use_case
def create_account(values: Mapping[str, Any]) -> tuple[m.Account, str]:
    """Create an account; returns it with its one-time password, which is stored nowhere."""
    row = records.create(m.Account, dict(values))
    password = passwords.give_one_time(row)
    db.session.flush()
    return row, password


@use_case
def reset_password(user_id: int) -> str:
    """Give an account a one-time password and end its sessions; returns the password, which is stored nowhere."""
    user = get_writable(db.session, m.Account, user_id, "ab_user:reset_password")
    password = _one_time(user)
    audit.record("ab_user.password_reset", user)
    alarms.password_reset(user)
    return password


@use_case
def create_admin(login: str, *, last_name: str, first_name: str, email: str) -> str:
    """Create an administrator of a new installation; returns the one-time password. Raises Conflict for a taken login."""
    user = m.Account(
        username=cleaned(login).lower(), last_name=last_name, first_name=first_name, email=email, active=True
    )
    password = _one_time(user)
    db.session.add(user)
    db.session.flush()
    db.session.add(m.Assignment(user_id=user.id, role="admin", basis="Установка портала", valid_from=today()))
    audit.record("ab_user.created", user)
    return password


def _one_time(user: m.Account) -> str:
    user.locked_until = None
    failures.forget(user.username)
    return passwords.give_one_time(user)


# --- FAB's role rows -------------------------------------------------------------------------------------------------


def sync_roles() -> int:
    """Make FAB's roles and permissions equal to ``permissions.ROLES``; returns the number of changed links.

    FAB decides nothing by these rows (``has_access`` reads the same table in code); they serve FAB's own screens and tools.
    """
    wanted = {(code, *permission.split(":")) for code, role in ROLES.items() for permission in role.permissions}
    links = db.session.execute(text(_LINKS_SQL)).all()
    present = {(r.role, r.object, r.verb.removeprefix("can_")) for r in links}
    if wanted == present:
        return 0
    roles = _ensure("ab_role", set(ROLES))
    verbs = _ensure("ab_permission", {f"can_{verb}" for _, _, verb in wanted})
    objects = _ensure("ab_view_menu", {name for _, name, _ in wanted})
    pairs = _ensure_pairs({(verbs[f"can_{verb}"], objects[name]) for _, name, verb in wanted})
    table = m.Base.metadata.tables["ab_permission_view_role"]
    db.session.execute(delete(table).where(table.c.role_id.in_(roles.values())))
    rows = [
        {"role_id": roles[code], "permission_view_id": pairs[verbs[f"can_{verb}"], objects[name]]}
        for code, name, verb in sorted(wanted)
    ]
    db.session.execute(insert(table), rows)
    return len(wanted ^ present)


_LINKS_SQL = """
SELECT r.name AS role, v.name AS object, p.name AS verb FROM ab_permission_view_role l
JOIN ab_role r ON r.id = l.role_id JOIN ab_permission_view pv ON pv.id = l.permission_view_id
JOIN ab_permission p ON p.id = pv.permission_id JOIN ab_view_menu v ON v.id = pv.view_menu_id
"""


def _ensure(table_name: str, names: set[str]) -> dict[str, int]:
    table = m.Base.metadata.tables[table_name]
    db.session.execute(
        upsert(table).on_conflict_do_nothing(index_elements=["name"]), [{"name": name} for name in sorted(names)]
    )
    return {row.name: row.id for row in db.session.execute(select(table.c.id, table.c.name))}


def _ensure_pairs(pairs: set[tuple[int, int]]) -> dict[tuple[int, int], int]:
    table: Any = m.Base.metadata.tables["ab_permission_view"]
    db.session.execute(
        upsert(table).on_conflict_do_nothing(index_elements=["permission_id", "view_menu_id"]),
        [{"permission_id": p, "view_menu_id": v} for p, v in sorted(pairs)],
    )
    rows = db.session.execute(select(table.c.id, table.c.permission_id, table.c.view_menu_id))
    return {(row.permission_id, row.view_menu_id): row.id for row in rows}


def find_account(login: str) -> SignedIn:
    """Return the account of a login for a command; raises NotFound."""
    with unscoped("command line"):
        user_id = db.session.scalar(
            select(m.Account.id).where(func.lower(m.Account.username) == cleaned(login).lower())
        )
    account = load_account(user_id) if user_id is not None else None
    if account is None:
        raise NotFound(f"Пользователя «{login}» нет.")
    return account
