"""Letters and notices: the one door out (guard 6). A service names a kind and passes its facts, never a sentence.

Rows are written in the transaction of the action and sent by a job after the commit. The words of a letter, of its block
of facts and of the notice in the cabinet are those of its kind (``mailing.kinds``), or the operator's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from sqlalchemy import exists, insert, literal, or_, select

from app import addresses
from app import models as m
from app.access import unscoped
from app.conditions import held
from app.extensions import db
from app.services.mailing import letter_kinds, letter_templates
from app.services.mailing.audience import Audience
from app.services.mailing.letter_kinds import KINDS
from app.services.mailing.letter_templates import Composed, Given
from app.services.portal import undo

#: called with each new letter's id inside the transaction; the job module puts its ``defer`` here
on_queued: list[Callable[[int], None]] = []

#: fact of the kind → its value; None and "" are empty
Facts = Mapping[str, Any]
_NOTICE_LENGTH = 1000


# --- the doors -------------------------------------------------------------------------------------------------------


def tell(
    person: m.Employee,
    kind: str,
    *,
    about: m.Base | None = None,
    facts: Facts | None = None,
    href: str | None = None,
    by_mail: bool = True,
    calendar: str | None = None,
) -> None:
    """Put a notice into the person's cabinet and, when an address is known, queue a letter (п. 1.9, 3.5 Порядка).

    What the row ``about`` tells by itself need not stand in ``facts``; ``href`` is its card unless given. A kind that the
    person refused comes as a notice only, and so does what may not be mailed (``by_mail``). ``calendar``: an iCalendar file
    that goes along.
    """
    name = _called(person.first_name, person.patronymic)
    letter = _composed(kind, _given(kind, name, about, facts, href))
    _put_notice(letter.notice, href or letter_kinds.href_of(about), {"employee_id": person.id}, made_in=())
    account_id, address, refuses = _account_of(person.id, kind)
    to = person.email or address
    if by_mail and to and not refuses:
        table = about.__tablename__ if about is not None else None
        write(to, letter, kind, user_id=account_id, about=(table, getattr(about, "id", None)), calendar=calendar)


def tell_user(
    user_id: int,
    kind: str,
    *,
    about: m.Base | None = None,
    facts: Facts | None = None,
    href: str | None = None,
    made_in: Collection[str] = (),
) -> bool:
    """Put a notice into a user's cabinet, where the kind leaves one, and queue a letter to the user's address.

    ``made_in``: the roles, each with its place, in which the user is told (``Actor.role_marks``): the notice is seen while they
    live; none for what is told to the person.
    False: no letter, because the account is closed or has no address, or its user refused the kind.
    """
    account = _account(user_id, kind)
    name = _called(account.first_name, account.patronymic)
    letter = _composed(kind, _given(kind, name, about, facts, href))
    if KINDS[kind].noticed:
        _put_notice(
            letter.notice, href or letter_kinds.href_of(about), _owner(user_id, account.employee_id), made_in=made_in
        )
    if not account.active or not account.email or account.refuses:
        return False
    write(account.email, letter, kind, user_id=user_id, made_in=made_in)
    return True


def tell_users(told: Audience, kind: str, *, about: m.Base | None = None, facts: Facts | None = None, href: str) -> int:
    """Tell everybody of a role, such as the users responsible for an organization; return how many were told."""
    for user_id in told:
        tell_user(user_id, kind, about=about, facts=facts, href=href, made_in=[told.mark])
    return len(told)


def post(
    to: str,
    kind: str,
    *,
    name: str = "",
    facts: Facts | None = None,
    href: str | None = None,
    user_id: int | None = None,
    about: tuple[str, int] | None = None,
) -> int:
    """Queue a letter to an address, without a notice: for a person who has no cabinet, or must not find it there; return its id."""
    letter = _composed(kind, _given(kind, name, None, facts, href))
    return write(to, letter, kind, user_id=user_id, about=about or (None, None))


def note(told: Audience, kind: str, *, facts: Facts | None = None, href: str) -> None:
    """Put a notice into the cabinets of everybody of a role; by e-mail it comes within the next digest (``services.mailing.digest``)."""
    text = _composed(kind, _given(kind, "", None, facts, href)).notice
    columns = (m.Account.id, m.Account.employee_id)
    with unscoped("in whose cabinet a notice is put"):
        found = db.session.execute(select(*columns).where(m.Account.id.in_(told.user_ids)).order_by(m.Account.id))
        for user_id, employee_id in found.all():
            _put_notice(text, href, _owner(user_id, employee_id), made_in=[told.mark], in_digest=True)


def note_operators(kind: str, *, about: m.Base | None = None, facts: Facts | None = None, href: str) -> int:
    """Put a notice into the cabinet of every operator who has not an unread one with the same words; return how many."""
    text = _composed(kind, _given(kind, "", about, facts, href)).notice[:_NOTICE_LENGTH]
    a, role = m.Account, m.Assignment
    live = exists().where(role.user_id == a.id, role.role == "operator", held())
    same = exists().where(
        or_(m.Notice.user_id == a.id, m.Notice.employee_id == a.employee_id),
        m.Notice.text == text,
        m.Notice.read_at.is_(None),
    )
    with unscoped("operators are told what waits for them"):
        found = db.session.execute(select(a.id, a.employee_id).where(live, ~same, a.active.is_(True))).all()
    for user_id, employee_id in found:
        _put_notice(text, href, _owner(user_id, employee_id), made_in=["operator:"])
    return len(found)


def write(
    to: str,
    letter: Composed,
    code: str | None,
    *,
    user_id: int | None = None,
    about: tuple[str | None, int | None] = (None, None),
    calendar: str | None = None,
    made_in: Collection[str] = (),
) -> int:
    """Queue a composed letter and wake who sends it; return its id. For this package."""
    values = {
        "recipient": to,
        "user_id": user_id,
        "subject": letter.subject,
        "body": letter.body,
        "html": letter.html,
        "template": code,
        "object_table": about[0],
        "object_id": about[1],
        "calendar": calendar,
        "made_in": sorted(made_in),
        # a letter about a decision that may be undone waits until it may not
        "next_attempt_at": undo.letters_leave_at(),
    }
    letter_id = int(db.session.execute(insert(m.Letter).values(**values).returning(m.Letter.id)).scalar_one())
    undo.keep_letter(letter_id)
    for told in on_queued:
        told(letter_id)
    return letter_id


# --- composing -------------------------------------------------------------------------------------------------------


def _given(code: str, name: str, about: m.Base | None, facts: Facts | None, href: str | None) -> Given:
    """Everything that a letter is made of. Raises LookupError for a fact that the kind has not, and for one that lacks."""
    kind, given = KINDS[code], dict(facts or {})
    foreign = [fact for fact in given if fact not in kind.own]
    known = {fact: value for fact, value in letter_kinds.facts_of(about).items() if fact in kind.own}
    found = {**known, **given}
    lacking = [fact for fact, about_it in kind.own.items() if not about_it.optional and fact not in found]
    if foreign or lacking:
        raise LookupError(f"facts of the letter {code}: unknown {foreign}, missing {lacking}")
    return Given(name, href or letter_kinds.href_of(about), found)


def _composed(code: str, given: Given) -> Composed:
    letter = letter_templates.compose(code, given)
    if letter.broken:
        facts = {"шаблон": letter_kinds.title_of(code)}
        note_operators("template_broken", facts=facts, href=addresses.listing("letter_template"))
    return letter


# --- to whom ---------------------------------------------------------------------------------------------------------


def _account(user_id: int, code: str) -> Any:
    a = m.Account
    columns = (a.first_name, a.patronymic, a.email, a.employee_id, a.active, _refuses(code))
    with unscoped("where to write to a user"):
        return db.session.execute(select(*columns).where(a.id == user_id)).one()


def _owner(user_id: int, employee_id: int | None) -> dict[str, int]:
    """A notice belongs to the person where the user is one, so that it outlives the account."""
    return {"employee_id": employee_id} if employee_id else {"user_id": user_id}


def _put_notice(
    text: str, href: str | None, owner: Mapping[str, int], *, made_in: Collection[str], in_digest: bool = False
) -> None:
    # the roles of who reads, not of who writes
    bound = {"made_in": sorted(made_in), "in_digest": in_digest}
    values = {"text": text[:_NOTICE_LENGTH], "href": href, **bound, **owner}
    undo.keep_notice(int(db.session.execute(insert(m.Notice).values(**values).returning(m.Notice.id)).scalar_one()))


def _called(first: str | None, patronymic: str | None) -> str:
    return " ".join(filter(None, (first, patronymic)))


def _refuses(code: str) -> Any:
    """Column: whether the account refused letters of this kind; a required kind cannot be refused."""
    refusal, template = m.LetterRefusal, m.LetterTemplate
    required = select(template.id).where(template.code == code, template.required).exists()
    found = exists().where(refusal.user_id == m.Account.id, refusal.template == code, ~required)
    kind = KINDS.get(code)
    return (literal(False) if kind and kind.required else found).label("refuses")


def _account_of(employee_id: int, code: str) -> tuple[int | None, str | None, bool]:
    columns = (m.Account.id, m.Account.email, _refuses(code))
    with unscoped("where to write to a person"):
        found = db.session.execute(select(*columns).where(m.Account.employee_id == employee_id)).one_or_none()
    return (found.id, found.email, found.refuses) if found else (None, None, False)
