"""Accounts: the acting user's and other users', FAB's role rows synced from ``permissions``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, func, insert, or_, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from app import addresses, audit
from app import models as m
from app.access import current_actor, get_writable, unscoped
from app.clock import now, today
from app.errors import Conflict, Invalid, NotFound
from app.extensions import db
from app.permissions import ROLES
from app.russian import format_datetime
from app.services.access import alarms, failures, passwords
from app.services.access.passwords import check_new_password as check_new_password
from app.services.mailing import letters
from app.services.portal import records, who_acts
from app.text import cleaned
from app.unit_of_work import use_case

#: ``locked_until`` of an account that a person has closed
CLOSED = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)


# --- own account ---------------------------------------------------------------------------------------------------------


@use_case
def change_password(user_id: int, *, old: str, new: str) -> None:
    """Change the acting user's password: the old one is required, other sessions end. Raises Invalid."""
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
    letters.tell_user(user_id, "password_changed", facts={"когда": format_datetime(now())}, href=addresses.ACCOUNT)


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
        letters.tell_user(user.id, "sign_in_opened", href=addresses.ACCOUNT)
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


def find_account(login: str) -> who_acts.SignedIn:
    """Return the account of a login for a command; raises NotFound."""
    with unscoped("command line"):
        user_id = db.session.scalar(
            select(m.Account.id).where(func.lower(m.Account.username) == cleaned(login).lower())
        )
    account = who_acts.load_account(user_id) if user_id is not None else None
    if account is None:
        raise NotFound(f"Пользователя «{login}» нет.")
    return account
