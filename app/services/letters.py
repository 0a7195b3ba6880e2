"""Letters and notices: rows written in the transaction of the action, sent by a job after the commit (guard 6)."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import insert, select

from app import models as m
from app.access import unscoped
from app.extensions import db

#: called with each new letter's id inside the transaction; the job module puts its ``defer`` here
on_queued: list[Callable[[int], None]] = []

_SIGNATURE = "\n\nПортал «Кадры в образовании»\nПисьмо отправлено автоматически, отвечать на него не нужно."


def queue(
    to: str,
    subject: str,
    body: str,
    *,
    user_id: int | None = None,
    object_table: str | None = None,
    object_id: int | None = None,
) -> int:
    """Write a letter to be sent after the commit; return its id."""
    statement = (
        insert(m.Letter)
        .values(
            recipient=to,
            user_id=user_id,
            subject=subject[:255],
            body=body,
            object_table=object_table,
            object_id=object_id,
        )
        .returning(m.Letter.id)
    )
    letter_id = int(db.session.execute(statement).scalar_one())
    for told in on_queued:
        told(letter_id)
    return letter_id


def notify_employee(
    employee: m.Employee, text: str, *, subject: str, href: str | None = None, about: m.Base | None = None
) -> None:
    """Put a notice into the person's cabinet and, when an address is known, queue a letter (п. 1.9, 3.5 Порядка)."""
    db.session.execute(insert(m.Notice).values(employee_id=employee.id, text=text[:1000], href=href))
    account_id, address = _account_of(employee.id)
    to = employee.email or address
    if to:
        greeting = " ".join(filter(None, (employee.first_name, employee.patronymic)))
        queue(
            to,
            subject,
            f"Здравствуйте, {greeting}!\n\n{text}{_SIGNATURE}",
            user_id=account_id,
            object_table=about.__tablename__ if about is not None else None,
            object_id=getattr(about, "id", None),
        )


def notify_account(user_id: int, text: str, *, subject: str, href: str | None = None) -> None:
    """Queue a letter to a user; who is also an employee finds a notice in the cabinet."""
    with unscoped("where to write to a user"):
        columns = (m.Account.first_name, m.Account.patronymic, m.Account.email, m.Account.employee_id)
        account = db.session.execute(select(*columns).where(m.Account.id == user_id)).one()
    if account.employee_id is not None:
        db.session.execute(insert(m.Notice).values(employee_id=account.employee_id, text=text[:1000], href=href))
    if account.email:
        greeting = " ".join(filter(None, (account.first_name, account.patronymic)))
        queue(account.email, subject, f"Здравствуйте, {greeting}!\n\n{text}{_SIGNATURE}", user_id=user_id)


def _account_of(employee_id: int) -> tuple[int | None, str | None]:
    with unscoped("where to write to a person"):
        found = db.session.execute(
            select(m.Account.id, m.Account.email).where(m.Account.employee_id == employee_id)
        ).one_or_none()
    return (found.id, found.email) if found else (None, None)
