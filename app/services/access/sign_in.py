"""Signing in: the password, then the code where the account has a second factor; failures are counted and lock the login.

Every refusal says the same and takes the same work, so that nobody learns which logins exist: see ``failures``.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
from dataclasses import dataclass, replace
from functools import cache

from sqlalchemy import ColumnElement, func, select

from app import audit
from app import models as m
from app.access import acting_as, current_actor, unscoped
from app.actor import Actor
from app.clock import now
from app.errors import Conflict, Invalid
from app.extensions import db
from app.russian import count
from app.services.access import accounts, failures, passwords, second_factor
from app.services.access.failures import Attempt as Attempt
from app.services.portal.who_acts import SignedIn, load_account, load_pending
from app.text import cleaned
from app.unit_of_work import technical_write


@cache
def _hash_of_nothing() -> str:
    """Hash of what nobody knows, to compare with when there is no such login: the answer takes the same time."""
    return passwords.hashed(secrets.token_hex(16))


def sign_in(login: str, password: str, attempt: Attempt) -> SignedIn:
    """Check the password and count failures. An account with a second factor is not signed in yet: see ``confirm``.

    Raises Invalid with the same sentence for an unknown login and a wrong password; the failure itself is committed.
    """
    with (
        acting_as(Actor(user_id=None, name=cleaned(login)[:100] or "—", address=attempt.address)),
        unscoped("sign-in"),
    ):
        problem = _check_password(login, password, attempt)
        if isinstance(problem, str):
            raise Invalid(problem)
        account = load_account(problem)
        assert account is not None
        return account


@technical_write
def _check_password(login: str, password: str, attempt: Attempt) -> int | str:
    """Return the account's id, or the sentence of the refusal. One hash is computed, whatever there is to refuse."""
    key = failures.hash_of(login)
    is_open = failures.take(key, attempt)
    user = _locked_row(func.lower(m.Account.username) == cleaned(login).lower())
    stored = user.password if user else None
    right = passwords.fits(stored or _hash_of_nothing(), password) and stored is not None
    if user is None or not (right and is_open and user.active) or accounts.is_closed(user):
        if failures.close_if_many(key, attempt) and user is not None:
            audit.record("ab_user.locked", user)
        return _refusal(attempt)
    if passwords.is_past(user):
        return passwords.PAST
    # with a second factor failures go on being counted until its code is right: the password alone forgives none
    if user.totp_since is None:
        _let_in(user, attempt)
    else:
        failures.give_back(key, attempt)
    return int(user.id)


def confirm(session_id: str, code: str, attempt: Attempt) -> SignedIn:
    """Check the code of the second step for an account whose password was right; ``session_id`` as ``get_id`` gave it.

    Raises Invalid for a wrong code, Conflict when the account is closed meanwhile: then it begins with the password again.
    """
    account = load_pending(session_id)
    if account is None:
        raise Conflict("Вход прерван: данные учётной записи изменились. Войдите заново.")
    with acting_as(replace(account.actor, address=attempt.address)), unscoped("sign-in"):
        problem = _check_code(int(account.id or 0), code, attempt)
    if problem == "closed":
        raise Conflict(
            f"Слишком много неверных кодов. Вход закрыт на {count(attempt.lock_minutes, 'минуту', 'минуты', 'минут')}, "
            "затем начните с пароля."
        )
    if problem:
        raise Invalid(problem, fields={"code": [problem]})
    return account


@technical_write
def _check_code(user_id: int, code: str, attempt: Attempt) -> str:
    user = _locked_row(m.Account.id == user_id)
    if user is None or user.totp_since is None or accounts.is_closed(user):
        return "closed"
    key = failures.hash_of(user.username)
    if not failures.take(key, attempt):
        return "closed"
    if second_factor.accept(user, code):
        _let_in(user, attempt)
        return ""
    if failures.close_if_many(key, attempt):
        audit.record("ab_user.locked", user)
        return "closed"
    return second_factor.WRONG_CODE


def _locked_row(condition: ColumnElement[bool]) -> m.Account | None:
    statement = select(m.Account).where(condition).with_for_update(of=m.Account)
    user: m.Account | None = db.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    return user


def _let_in(user: m.Account, attempt: Attempt) -> None:
    failures.forgive(failures.hash_of(user.username), attempt)
    user.login_count, user.last_login = (user.login_count or 0) + 1, now().replace(tzinfo=None)
    account = load_account(user.id)
    assert account is not None
    with acting_as(replace(account.actor, address=current_actor().address)):
        audit.record("ab_user.signed_in", user, {"Браузер": ("", attempt.browser)} if attempt.browser else None)


def _refusal(attempt: Attempt) -> str:
    """One sentence for an unknown login, a wrong password and a closed account: none tells which logins exist."""
    tries = count(attempt.attempts, "неверного пароля", "неверных паролей", "неверных паролей")
    return (
        "Неверный логин или пароль. Проверьте раскладку клавиатуры и регистр букв. После "
        f"{tries} подряд вход с этого адреса закрывается на {count(attempt.lock_minutes, 'минуту', 'минуты', 'минут')}, дальше — "
        "на больший срок."
    )


# --- own sign-ins ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the user's journal of sign-ins."""

    at: dt.datetime
    action: str
    address: str
    browser: str


#: what concerns the entrance of an account, newest first on its page
_ENTRANCE = (
    "signed_in locked unlocked closed opened password_changed password_reset password_set second_factor_on "
    "second_factor_off second_factor_reset recovery_code_used recovery_codes_renewed recovery_asked"
).split()


def recent_entries(user_id: int, *, limit: int = 20) -> list[Entry]:
    """Sign-ins and changes of the entrance of an own account, newest first; one statement."""
    entry = m.AuditEntry
    actions = [f"ab_user.{verb}" for verb in _ENTRANCE]
    statement = select(entry.at, entry.action, entry.address, entry.changes).where(
        entry.object_table == "ab_user", entry.object_id == user_id, entry.action.in_(actions)
    )
    with unscoped("the own sign-ins"):
        found = db.session.execute(statement.order_by(entry.id.desc()).limit(limit))
        return [
            Entry(row.at, row.action, row.address or "", (row.changes or {}).get("Браузер", ["", ""])[1])
            for row in found
        ]


_BROWSERS = (
    ("YaBrowser", "Яндекс Браузер"), ("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"),
    ("Chromium", "Chromium"), ("Chrome", "Chrome"), ("Version", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


def browser_words(user_agent: str) -> str:
    """«Firefox 130, Windows» of a browser's own description; «неизвестный браузер» for what is not known."""
    for mark, name in _BROWSERS:
        found = re.search(rf"\b{mark}/(\d{{1,4}})", user_agent[:500])
        if found:
            system = next((words for part, words in _SYSTEMS if part in user_agent), "")
            return f"{name} {found[1]}" + (f", {system}" if system else "")
    return "неизвестный браузер" if user_agent else ""
