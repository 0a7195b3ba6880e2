"""Access by a letter: «Забыли пароль?» and the first password of an invited person, both by a link that works once."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass, replace

from sqlalchemy import func, or_, select

from app import audit
from app import models as m
from app.access import acting_as, current_actor, unscoped
from app.actor import Actor
from app.clock import now
from app.errors import NotFound
from app.extensions import configured, db
from app.identifiers import IdentifierError, parse_snils
from app.russian import count
from app.services.access import accounts, failures, links, passwords
from app.services.mailing import letters
from app.services.portal import who_acts
from app.text import cleaned
from app.unit_of_work import use_case

RECOVERY, INVITATION = "recovery", "invitation"
RECOVERY_HOURS, INVITATION_HOURS = 2, 7 * 24
#: letters for one account within an hour: nobody's mailbox is flooded
MOST_LETTERS = 3
#: every answer takes as long, whether there is such an account or not
ANSWER_SECONDS = 0.4

_GONE = "Ссылка не действует: доступ этой учётной записи закрыт. Обратитесь в свою организацию."


@dataclass(frozen=True, slots=True)
class Owner:
    """The user whose password a link is about to set."""

    name: str
    login: str


def ask(typed: str, *, address: str | None) -> None:
    """Send the link to the user with this login, e-mail or СНИЛС; the answer is the same whether or not such a user exists."""
    begun = time.monotonic()
    try:
        with acting_as(Actor(user_id=None, name="Восстановление доступа", address=address)):
            _ask(typed)
    finally:
        time.sleep(max(0.0, ANSWER_SECONDS - (time.monotonic() - begun)))


@use_case
def _ask(typed: str) -> None:
    with unscoped("whose access is to be recovered"):
        user = _find(typed)
        if user is None or not user.email or not _is_open(user) or _asked_lately(user.id) >= MOST_LETTERS:
            return
    audit.record("ab_user.recovery_asked", user)
    address = link_address(RECOVERY, links.issue(RECOVERY, hours=RECOVERY_HOURS, user_id=user.id))
    facts = {"логин": user.username, "ссылка_действует": count(RECOVERY_HOURS, "час", "часа", "часов")}
    letters.post(user.email, "recovery", facts=facts, href=address, user_id=user.id)


def _find(typed: str) -> m.Account | None:
    """An account by its login, else by its e-mail or its person's СНИЛС."""
    name, user = cleaned(typed).lower()[:320], m.Account
    known = [func.lower(user.username) == name, func.lower(user.email) == name]
    try:
        snils = parse_snils(typed)
    except IdentifierError:
        snils = ""
    if snils:
        known.append(user.employee_id.in_(select(m.Employee.id).where(m.Employee.snils == snils)))
    found = db.session.scalars(select(user).where(or_(*known)).limit(3)).all()
    return min(found, key=lambda u: u.username.lower() != name) if found else None


def _is_open(user: m.Account) -> bool:
    return bool(user.active) and not accounts.is_closed(user)


def _asked_lately(user_id: int) -> int:
    entry = m.AuditEntry
    return (
        db.session.scalar(
            select(func.count(entry.id)).where(
                entry.object_table == "ab_user",
                entry.object_id == user_id,
                entry.action == "ab_user.recovery_asked",
                entry.at > now() - dt.timedelta(hours=1),
            )
        )
        or 0
    )


def link_address(purpose: str, secret: str) -> str:
    """Address of the page where the owner of a link sets a password."""
    return f"{configured().public_url}/{purpose}/{secret}"


def owner_of(purpose: str, secret: str) -> Owner:
    """The user of a link; the link is not used up. Raises NotFound for a dead one."""
    user = _user_of(links.look(purpose, secret))
    return Owner(user.full_name, user.username)


@use_case
def set_by_link(purpose: str, secret: str, password: str) -> None:
    """Set the password of a link's owner: the link is used up, all sessions end. Raises NotFound, Invalid."""
    user = _user_of(links.take(purpose, secret))
    passwords.check_new_password(password, user_id=user.id)
    passwords.set_password(user, password)
    user.locked_until = None
    failures.forget(user.username)
    account = who_acts.load_account(user.id)
    assert account is not None
    with acting_as(replace(account.actor, address=current_actor().address)):
        audit.record("ab_user.password_set" if purpose == INVITATION else "ab_user.password_changed", user)
    if purpose == RECOVERY:
        accounts.tell_password_changed(user.id)


def _user_of(link: m.OneTimeLink) -> m.Account:
    statement = select(m.Account).where(m.Account.id == link.user_id).execution_options(populate_existing=True)
    with unscoped("the owner of a link"):
        user: m.Account | None = db.session.scalars(statement).one_or_none()
    if user is None or not _is_open(user):
        raise NotFound(_GONE)
    return user
