"""The registration of a signed-in person who has no card yet: its state, correction and end."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import delete, select

from app import audit
from app import models as m
from app.access import current_actor, unscoped
from app.clock import today
from app.errors import Conflict, NotFound
from app.extensions import db
from app.russian import format_date
from app.services.access.registrations import (
    DECISION_DAYS,
    TAKEN,
    checked_values,
    insert,
    known_address,
    one_at_a_time,
    tell,
    without_sync,
)
from app.services.mailing import letters
from app.services.portal import calendar, transitions
from app.statuses import LetterStatus, RegistrationStatus
from app.unit_of_work import use_case

#: for who never registered, and for whom the registration has led to a card
NONE_OPEN = "Заявки на регистрацию у вас нет, или она подтверждена. Согласия — на странице «Мои согласия»."


def find_open() -> m.Registration | None:
    """Return the acting user's registration that still waits for something: it is checked, returned or refused.

    None for a user who never registered or has a card: the registration that led to it is history and stops nothing.
    """
    actor, row = current_actor(), m.Registration
    if actor.employee_id is not None or actor.user_id is None:
        return None
    statement = select(row).where(row.user_id == actor.user_id).order_by(row.id.desc()).limit(1)
    found: m.Registration | None = db.session.scalars(statement).one_or_none()
    return found if found is not None and found.status != RegistrationStatus.CONFIRMED else None


def may_correct(row: m.Registration | None) -> bool:
    """Whether the person may send the data again: they were returned, or refused."""
    return row is not None and row.status in (RegistrationStatus.RETURNED, RegistrationStatus.REJECTED)


@use_case
def resubmit(values: Mapping[str, Any], *, subject_ids: Collection[int]) -> m.Registration:
    """Send the corrected data again; the e-mail stays the confirmed one. The term begins anew.

    A returned registration goes on, a refused one is followed by a new one. Raises Invalid by field, Conflict.
    """
    row = find_open()
    if row is None:
        raise NotFound(NONE_OPEN)
    if not may_correct(row):
        raise Conflict(f"Исправить заявку сейчас нельзя: её состояние — «{row.status.label}».")
    checked = checked_values({**values, "email": row.email}, subject_ids)
    one_at_a_time(checked["snils"])
    known = known_address(checked["snils"], "")
    if known is not None and known[2] != row.user_id:
        raise Conflict(TAKEN)
    if row.status == RegistrationStatus.REJECTED:
        more = {"user_id": row.user_id, "email_confirmed_at": row.email_confirmed_at, "consents": row.consents}
        row, action = insert(checked, subject_ids, **more), "arrive"
    else:
        _correct(row, checked, subject_ids)
        action = "resubmit"
    due_on = calendar.due_date(today(), DECISION_DAYS)
    row = transitions.follow(m.Registration, row.id, action, due_on=due_on, decided_at=None, decided_by_id=None)
    _rename_account(row)
    tell(row, "resubmit", {"срок": format_date(due_on)})
    return row


def _correct(row: m.Registration, values: Mapping[str, Any], subject_ids: Collection[int]) -> None:
    with unscoped("the own registration and the public directories"):
        for name, value in values.items():
            setattr(row, name, value)
        row.subjects = list(db.session.scalars(select(m.Subject).where(m.Subject.id.in_(set(subject_ids)))))
        changes = audit.changes_of(row)
        db.session.flush()
    if changes:
        audit.record("registration.updated", row, changes)


def _rename_account(row: m.Registration) -> None:
    with unscoped("the own account takes the corrected name"):
        user = transitions.read_fresh(m.Account, row.user_id or 0)
        user.last_name, user.first_name = row.last_name[:64], row.first_name[:64]
        user.patronymic = (row.patronymic or "")[:64] or None
        db.session.flush()


@use_case
def abandon() -> None:
    """Withdraw the consent before there is a card: the registration goes, the account is emptied and closed at once.

    Raises NotFound for a user who has none, or has a card by now (the consent is then withdrawn on «Мои согласия»).
    """
    actor, row = current_actor(), find_open()
    if row is None:
        raise NotFound(NONE_OPEN)
    letters.post(row.email, "registration_removed")
    with unscoped("the own registration is deleted, the own account emptied"):
        audit.write("registration.deleted", "registration", row.id, f"регистрация № {row.id}")
        form, user = m.Registration, transitions.read_fresh(m.Account, actor.user_id or 0)
        without_sync(delete(form).where(form.user_id == user.id))
        without_sync(delete(m.Notice).where(m.Notice.user_id == user.id))
        without_sync(delete(m.OneTimeLink).where(m.OneTimeLink.user_id == user.id))
        without_sync(delete(m.PasswordHistory).where(m.PasswordHistory.user_id == user.id))
        without_sync(delete(m.Letter).where(m.Letter.user_id == user.id, m.Letter.status != LetterStatus.QUEUED))
        user.username, user.email, user.password, user.active = f"removed-{user.id}", None, None, False
        user.last_name, user.first_name, user.patronymic = "Обезличено", f"№ {user.id}", None
        user.session_epoch += 1
        db.session.flush()
