"""Letters about what others did to an account: to its user, and to every operator where the account opens everything.

An attacker begins with the password, the address or the second factor. The user gets a letter about each change and
cannot opt out; for a changed address the former one gets it too. Changes of an operator's or administrator's account are
reported to the operators.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app import addresses
from app import models as m
from app.access import current_actor, unscoped
from app.clock import local, now
from app.conditions import held
from app.extensions import db
from app.labels import label_of
from app.russian import format_datetime
from app.services.access import roles
from app.services.mailing import letters
from app.services.portal import records
from app.unit_of_work import technical_write, use_case

_PAGE = addresses.ACCOUNT
#: what a letter goes to or is signed in with
_WATCHED = ("username", "email")


def password_reset(user: m.Account) -> None:
    """Another gave the account a one-time password."""
    letters.tell_user(user.id, "password_reset", facts=_who(), href=_PAGE)
    alarm_operators(user, "выдан одноразовый пароль")


def second_factor_reset(user: m.Account) -> None:
    """Another switched the second step off."""
    letters.tell_user(user.id, "second_factor_reset", href=addresses.at("account", "second-factor", ""))
    alarm_operators(user, "отключён второй шаг входа")


@technical_write
def sessions_ended(user_id: int) -> None:
    """Every session was ended at the user's own wish, or at the wish of who sat at the user's browser."""
    letters.tell_user(user_id, "sessions_ended", facts={"когда": _now()}, href=_PAGE)


@use_case
def update_account(row: m.Account, values: Mapping[str, Any]) -> m.Account:
    """Change another's account; a changed login or address is told at the new address and at the former one."""
    before = {name: getattr(row, name) for name in _WATCHED}
    user = records.update(row, values)
    changed = [name for name in _WATCHED if getattr(user, name) != before[name]]
    if changed:
        named = " и ".join(label_of("ab_user", name).lower() for name in changed)
        facts = {**_who(), "что": named}
        letters.tell_user(user.id, "login_changed", facts=facts, href=_PAGE)
        if "email" in changed and before["email"]:
            name = " ".join(filter(None, (user.first_name, user.patronymic)))
            letters.post(before["email"], "login_changed", name=name, facts=facts, href=_PAGE)
        alarm_operators(user, f"изменено: {named}")
    return user


def alarm_operators(user: m.Account, what: str) -> None:
    """Tell every operator but the user of what was done to an account that opens everything; nothing for other accounts."""
    if not _opens_everything(user.id):
        return
    facts = {**_who(), "пользователь": user.full_name, "событие": what}
    roles.tell_operators("account_alarm", facts, user.id, href=addresses.card("ab_user", user.id))


def _opens_everything(user_id: int) -> bool:
    role = m.Assignment
    live = select(role.id).where(role.user_id == user_id, role.role.in_(roles.POWERFUL), held()).limit(1)
    with unscoped("does an account open everything: yes or no"):
        return db.session.scalar(live) is not None


def _who() -> dict[str, str]:
    return {"кто": current_actor().name, "когда": _now()}


def _now() -> str:
    return format_datetime(local(now()))
