"""Accounts that a school makes for its people (order § 2.6): by a letter with a link, or by a sheet with a one-time password.

Such an account has the role of a worker only. The school may not change an account with any other role.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import func, or_, select

from app import audit
from app import models as m
from app.access import current_actor, get_writable, unscoped, write_scope
from app.clock import today
from app.conditions import employed
from app.errors import Conflict
from app.extensions import db
from app.russian import count, full_name
from app.services.access import accounts, alarms, failures, links, passwords, recovery
from app.services.mailing import letters
from app.services.personnel.consents import consents
from app.unit_of_work import use_case

BASIS = "Приглашение организации (п. 2.6 Порядка)"

#: letters of a login made of a name
_LATIN = dict(zip(
    "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh shch _ y _ e yu ya".split(),
    strict=True,
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Access:
    """What a person gets on paper: who, where from, login and one-time password."""

    name: str
    workplace: str
    login: str
    password: str


@use_case
def invite(employee_id: int) -> m.Account:
    """Send a person the link to set the first password, making the account when there is none; also sends it again.

    Raises Conflict for a person without e-mail or with an account in use, Forbidden for an account with other roles.
    """
    person, _place = _worker(employee_id)
    user = _account_of(person)
    if user is not None and user.login_count:
        raise Conflict(
            f"{person.full_name} уже входит в портал, логин {user.username}. Забытый пароль человек восстановит сам: "
            "ссылка «Забыли пароль?» на странице входа."
        )
    if not person.email:
        raise Conflict(
            f"В карточке нет электронной почты: {person.full_name}. Впишите её или распечатайте лист с паролем."
        )
    _refuse_taken(person.email, user)
    if user is None:
        user = _make(person, login=person.email.lower(), email=person.email)
    elif user.email != person.email:  # the address was wrong, so nobody has read the first letter
        if user.username == (user.email or "").lower():
            user.username = person.email.lower()
        user.email = person.email
    _send(person, user)
    audit.record("ab_user.invited", user)
    return user


@use_case
def give_access(employee_id: int) -> Access:
    """Make a person's account, or renew one that was never used or has no e-mail, with a one-time password for paper.

    Raises Conflict for an account in use whose owner can recover the password by e-mail, Forbidden as ``invite``.
    """
    person, place = _worker(employee_id)
    user = _account_of(person)
    if user is not None and user.login_count and user.email:
        raise Conflict(
            f"{person.full_name} уже входит в портал, логин {user.username}, почта указана. Забытый пароль человек "
            "восстановит сам: ссылка «Забыли пароль?» на странице входа."
        )
    if user is None:
        user = _make(person, login=_free_login(person), email=None)
    password = passwords.give_one_time(user)
    user.locked_until = None
    failures.forget(user.username)
    audit.record("ab_user.password_reset", user)
    alarms.password_reset(user)
    return Access(person.full_name, place, user.username, password)


# --- who may be invited ----------------------------------------------------------------------------------------------


def _worker(employee_id: int) -> tuple[m.Employee, str]:
    """A person who works now where the actor is responsible, and that place in words."""
    person = get_writable(db.session, m.Employee, employee_id, "employee:invite")
    place = m.Employment
    scope = write_scope(current_actor(), place.__tablename__, "employee:invite")
    statement = select(m.Organization.short_name).join(place, place.organization_id == m.Organization.id)
    statement = statement.where(place.employee_id == person.id, employed()).order_by(place.kind, place.id)
    name = db.session.scalars(statement if scope is None else statement.where(scope)).first()
    if name is None:
        raise Conflict(f"{person.full_name} у вас сейчас не работает, поэтому доступ не выдаётся.")
    return person, name


def _account_of(person: m.Employee) -> m.Account | None:
    """The person's account, locked, when the actor may invite its owner; raises Forbidden for one with other roles."""
    statement = select(m.Account.id).where(m.Account.employee_id == person.id).with_for_update()
    with unscoped("has the person an account: only its id"):
        pk = db.session.scalars(statement).one_or_none()
    if pk is None:
        return None
    user = get_writable(db.session, m.Account, pk, "ab_user:invite")
    if not user.active or accounts.is_closed(user):
        raise Conflict(f"Вход закрыт: {person.full_name}. Сначала откройте его.")
    return user


def _refuse_taken(email: str, user: m.Account | None) -> None:
    account, name = m.Account, email.lower()
    same = select(account.id).where(or_(func.lower(account.email) == name, func.lower(account.username) == name))
    if user is not None:
        same = same.where(account.id != user.id)
    with unscoped("is an address taken by another account: yes or no"):
        taken = db.session.scalars(same).first() is not None
    if taken:
        raise Conflict(
            f"Адрес {email} уже занят другой учётной записью. Проверьте почту в карточке или распечатайте лист с паролем."
        )


# --- making an account -----------------------------------------------------------------------------------------------


def _make(person: m.Employee, *, login: str, email: str | None) -> m.Account:
    user = m.Account(
        username=login[:128],
        last_name=person.last_name[:64],
        first_name=person.first_name[:64],
        patronymic=(person.patronymic or "")[:64] or None,
        email=email,
        employee_id=person.id,
        active=True,
        must_change_password=False,
        must_consent=consents.is_missing(person.id),
        session_epoch=1,
    )
    db.session.add(user)
    db.session.flush()
    db.session.add(m.Assignment(user_id=user.id, role="worker", basis=BASIS, valid_from=today()))
    audit.record("ab_user.created", user)
    return user


def _free_login(person: m.Employee) -> str:
    """A login of the name in Latin letters: «petrova.ai», «petrova.ai2»…; nothing of it comes from documents."""
    initials = "".join(_latin(part)[:1] for part in (person.first_name, person.patronymic or ""))
    stem = f"{_latin(person.last_name)[:40] or 'user'}.{initials}".strip(".")
    with unscoped("which logins of one beginning are taken"):
        taken = set(db.session.scalars(select(m.Account.username).where(m.Account.username.like(f"{stem}%"))))
    return next(name for n in range(1, len(taken) + 2) if (name := stem if n == 1 else f"{stem}{n}") not in taken)


def _latin(text: str) -> str:
    return re.sub("[^a-z]", "", "".join(_LATIN.get(c, c) for c in text.lower()))


def _send(person: m.Employee, user: m.Account) -> None:
    secret = links.issue(recovery.INVITATION, hours=recovery.INVITATION_HOURS, user_id=user.id)
    days = recovery.INVITATION_HOURS // 24
    letters.post(
        user.email,
        "invitation",
        name=full_name("", person.first_name, person.patronymic).strip(),
        facts={
            "логин": user.username,
            "кто": current_actor().name,
            "ссылка_действует": count(days, "день", "дня", "дней"),
        },
        href=recovery.link_address(recovery.INVITATION, secret),
        user_id=user.id,
        about=("ab_user", user.id),
    )
