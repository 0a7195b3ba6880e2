"""Letters and notices: rows written in the transaction of the action, sent by a job after the commit (guard 6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import exists, insert, literal, or_, select

from app import models as m
from app.access import unscoped
from app.clock import today
from app.extensions import db
from app.services.mailing import letter_kinds, letter_templates
from app.services.mailing.letter_templates import Composed, Given

#: called with each new letter's id inside the transaction; the job module puts its ``defer`` here
on_queued: list[Callable[[int], None]] = []

Values = Mapping[str, Any]
_NOTICE_LENGTH = 1000


def queue(
    to: str,
    subject: str,
    body: str,
    *,
    user_id: int | None = None,
    object_table: str | None = None,
    object_id: int | None = None,
    template: str | None = None,
    values: Values | None = None,
    href: str | None = None,
) -> int:
    """Write a letter to an address, to be sent after the commit; return its id. It leaves no notice.

    Without ``template`` the words stay as given. With one they are its ``{{ текст }}``, ``values`` are its further fields
    (``имя``: whom it greets), ``href`` is the page or the link that it leads to.
    """
    about = (object_table, object_id)
    if template is None:
        title = " ".join(subject.split())[:255]  # a line break would end the header
        page = letter_templates.finished(title, body, href=letter_templates.absolute(href)).html
        return write(to, Composed(title, body, page), None, user_id=user_id, about=about)
    given = values or {}
    letter = _composed(template, Given(subject, body, str(given.get("имя", "")), href, given))
    return write(to, letter, template, user_id=user_id, about=about)


def write(
    to: str,
    letter: Composed,
    code: str | None,
    *,
    user_id: int | None = None,
    about: tuple[str | None, int | None] = (None, None),
) -> int:
    """Queue a composed letter and wake who sends it; return its id."""
    values = {
        "recipient": to,
        "user_id": user_id,
        "subject": letter.subject,
        "body": letter.body,
        "html": letter.html,
        "template": code,
        "object_table": about[0],
        "object_id": about[1],
    }
    letter_id = int(db.session.execute(insert(m.Letter).values(**values).returning(m.Letter.id)).scalar_one())
    for told in on_queued:
        told(letter_id)
    return letter_id


def notify_employee(
    employee: m.Employee,
    text: str,
    *,
    subject: str,
    href: str | None = None,
    about: m.Base | None = None,
    template: str | None = None,
    values: Values | None = None,
    by_mail: bool = True,
) -> None:
    """Put a notice into the person's cabinet and, when an address is known, queue a letter (п. 1.9, 3.5 Порядка).

    The kind of the letter (``template``), its page and its facts are told by the row that it is about unless they are
    given. A kind that the person refused comes as a notice only, and so does what may not be mailed (``by_mail``).
    """
    code = template or letter_kinds.kind_of(about)
    href = href or letter_kinds.href_of(about)
    _put_notice(text, href, {"employee_id": employee.id})
    if not by_mail:
        return
    account_id, address, refuses = _account_of(employee.id, code)
    to = employee.email or address
    if not to or refuses:
        return
    facts = {**letter_kinds.facts_of(about), **(values or {})}
    given = Given(subject, text, _called(employee.first_name, employee.patronymic), href, facts)
    table = about.__tablename__ if about is not None else None
    write(to, _composed(code, given), code, user_id=account_id, about=(table, getattr(about, "id", None)))


notify_person = notify_employee


def notify_account(
    user_id: int,
    text: str,
    *,
    subject: str,
    href: str | None = None,
    template: str | None = None,
    values: Values | None = None,
) -> None:
    """Put a notice into a user's cabinet and queue a letter to the user's address."""
    account = _account(user_id, code := template or letter_kinds.GENERAL)
    _put_notice(text, href, _owner(user_id, account.employee_id))
    _mail(user_id, account, Given(subject, text, href=href, values=values or {}), code)


def mail_account(user_id: int, text: str, *, subject: str, template: str, href: str | None = None) -> bool:
    """Queue a letter about notices that are in the user's cabinet already.

    False: the account is closed or has no address, or its user refused letters of this kind.
    """
    account = _account(user_id, template)
    return bool(account.active) and _mail(user_id, account, Given(subject, text, href=href), template)


def note(user_ids: Iterable[int], text: str, *, href: str) -> None:
    """Put a notice into the cabinets of users; by e-mail it comes within the next digest (``services.mailing.digest``)."""
    columns = (m.Account.id, m.Account.employee_id)
    with unscoped("in whose cabinet a notice is put"):
        found = db.session.execute(select(*columns).where(m.Account.id.in_(set(user_ids))).order_by(m.Account.id))
        for user_id, employee_id in found.all():
            _put_notice(text, href, _owner(user_id, employee_id), in_digest=True)


def _account(user_id: int, code: str) -> Any:
    a = m.Account
    columns = (a.first_name, a.patronymic, a.email, a.employee_id, a.active, _refuses(code))
    with unscoped("where to write to a user"):
        return db.session.execute(select(*columns).where(a.id == user_id)).one()


def _mail(user_id: int, account: Any, given: Given, code: str) -> bool:
    if not account.email or account.refuses:
        return False
    named = replace(given, name=_called(account.first_name, account.patronymic))
    write(account.email, _composed(code, named), code, user_id=user_id)
    return True


def _owner(user_id: int, employee_id: int | None) -> dict[str, int]:
    """A notice belongs to the person where the user is one, so that it outlives the account."""
    return {"employee_id": employee_id} if employee_id else {"user_id": user_id}


def tell_operators(text: str, *, href: str) -> int:
    """Put a notice into the cabinet of every operator who has not an unread one with the same words; return how many."""
    a, held = m.Account, m.Assignment
    live = exists().where(
        held.user_id == a.id,
        held.role == "operator",
        held.valid_from <= today(),
        or_(held.valid_to.is_(None), held.valid_to >= today()),
    )
    same = exists().where(
        or_(m.Notice.user_id == a.id, m.Notice.employee_id == a.employee_id),
        m.Notice.text == text[:_NOTICE_LENGTH],
        m.Notice.read_at.is_(None),
    )
    with unscoped("operators are told what letters could not do"):
        found = db.session.execute(select(a.id, a.employee_id).where(live, ~same, a.active.is_(True))).all()
    for user_id, employee_id in found:
        _put_notice(text, href, _owner(user_id, employee_id))
    return len(found)


def _composed(code: str, given: Given) -> Composed:
    letter = letter_templates.compose(code, given)
    if letter.broken:
        tell_operators(
            f"Шаблон письма «{_titled(code)}» составлен с ошибкой, поэтому письма уходят со стандартным "
            "текстом. Откройте шаблон и исправьте его.",
            href="/letter_template/list/",
        )
    return letter


def _titled(code: str) -> str:
    return letter_kinds.KINDS.get(code, letter_kinds.KINDS[letter_kinds.GENERAL]).title


def _put_notice(text: str, href: str | None, owner: Mapping[str, int], *, in_digest: bool = False) -> None:
    values = {"text": text[:_NOTICE_LENGTH], "href": href, "in_digest": in_digest, **owner}
    db.session.execute(insert(m.Notice).values(**values))


def _called(first: str | None, patronymic: str | None) -> str:
    return " ".join(filter(None, (first, patronymic)))


def _refuses(code: str) -> Any:
    """Column: whether the account refused letters of this kind; a required kind cannot be refused."""
    refusal, template = m.LetterRefusal, m.LetterTemplate
    required = select(template.id).where(template.code == code, template.required).exists()
    found = exists().where(refusal.user_id == m.Account.id, refusal.template == code, ~required)
    kind = letter_kinds.KINDS.get(code)
    return (literal(False) if kind and kind.required else found).label("refuses")


def _account_of(employee_id: int, code: str) -> tuple[int | None, str | None, bool]:
    columns = (m.Account.id, m.Account.email, _refuses(code))
    with unscoped("where to write to a person"):
        found = db.session.execute(select(*columns).where(m.Account.employee_id == employee_id)).one_or_none()
    return (found.id, found.email, found.refuses) if found else (None, None, False)
