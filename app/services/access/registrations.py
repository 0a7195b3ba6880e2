"""Self-registration: from the form by the letter to the operator's check within 5 working days (order § 2.2–2.7).

Nothing reaches the operator before the e-mail is confirmed. The person who registers learns nothing about anybody: the
answer on the screen is the same whether the СНИЛС or the address is known or not, the rest is said in the letter.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import delete, func, or_, select, text

from app import addresses, audit
from app import models as m
from app.access import current_actor, unscoped
from app.clock import now, today
from app.errors import Conflict, Invalid
from app.extensions import db
from app.russian import count, format_date
from app.services.access import links, passwords
from app.services.access.registration_check import confirm as confirm
from app.services.mailing import letters
from app.services.personnel.consents import consent_texts
from app.services.portal import calendar, captcha, records, transitions
from app.statuses import RegistrationStatus
from app.unit_of_work import use_case

PURPOSE = "registration"
LINK_HOURS = 48
#: working days for the operator's decision (order § 2.7)
DECISION_DAYS = 5
#: letters to one address within an hour: nobody's mailbox is flooded
MOST_LETTERS = 3
#: a registration whose letter nobody answered is forgotten after so many days, with everything in it
FORGET_DAYS = 7
BASIS = "Самостоятельная регистрация (п. 2.2 Порядка)"

#: what a person types; the form's fields are named alike
FIELDS = (
    "last_name", "first_name", "patronymic", "birth_date", "snils", "email", "phone", "organization_id", "position_id",
)  # fmt: skip

TAKEN = (
    "Регистрацию продолжить нельзя: по этим данным она уже идёт или доступ уже есть. Если это были вы, войдите или нажмите "
    "«Забыли пароль?» на странице входа. Если нет, обратитесь к ответственному в вашей организации или к оператору портала."
)


# --- a stranger registers --------------------------------------------------------------------------------------------


def register(
    values: Mapping[str, Any],
    *,
    subject_ids: Collection[int],
    text_ids: Collection[int],
    password: str,
    token: str,
) -> None:
    """Take a filled form: write the row and the letter with the link, or the letter to a person who is known already.

    ``values`` by ``FIELDS``; ``token``: the checked question, used up here. Raises Invalid by field. It returns nothing, and
    takes the hash's time in every case: nobody learns which people are known.
    """
    checked = checked_values(values, subject_ids)
    own = [checked.get(name) for name in ("last_name", "first_name", "patronymic", "email")]
    passwords.check_new_password(password, own=own)
    _register(checked, subject_ids, text_ids, passwords.hashed(password), token)


@use_case
def _register(
    values: dict[str, Any], subject_ids: Collection[int], text_ids: Collection[int], password_hash: str, token: str
) -> None:
    texts = consent_texts.chosen_texts(text_ids)
    captcha.spend(token)
    known = known_address(values["snils"], values["email"])
    if known is not None:
        _tell_known(*known)
        return
    row = insert(values, subject_ids, consents=_given(texts), password_hash=password_hash)
    if not _is_flooded(row.email):
        _send_link(row)


def checked_values(values: Mapping[str, Any], subject_ids: Collection[int]) -> dict[str, Any]:
    """Return the typed values as they are stored; raises Invalid by field."""
    given = {name: values.get(name) for name in FIELDS}
    fields: dict[str, list[str]] = {}
    try:
        checked = records.check(m.Registration, {**given, "consents": []}, None)
    except Invalid as refusal:
        fields, checked = refusal.fields, {}
    for name in ("organization_id", "position_id"):
        if name in fields:
            fields[name.removesuffix("_id")] = fields.pop(name)
    if not given["phone"]:
        fields["phone"] = ["Укажите телефон: по нему с вами свяжутся, если письмо не дойдёт."]
    if isinstance(given["email"], str) and len(given["email"]) > 120:
        fields["email"] = ["Адрес длиннее 120 знаков. Укажите другой."]
    if not fields:
        fields = _wrong_references(checked, subject_ids)
    if fields:
        raise Invalid("Проверьте поля, отмеченные ниже.", fields=fields)
    checked.pop("consents")
    checked["email"] = checked["email"].lower()
    return checked


def _wrong_references(values: Mapping[str, Any], subject_ids: Collection[int]) -> dict[str, list[str]]:
    place, position, subject = m.Organization, m.Position, m.Subject
    wanted = set(subject_ids)
    wrong: dict[str, list[str]] = {}
    with unscoped("public directories of the registration"):
        if not db.session.scalar(
            select(place.id).where(place.id == values["organization_id"], place.closed_on.is_(None))
        ):
            wrong["organization"] = ["Такой организации нет или она закрыта. Выберите из найденных."]
        if not db.session.scalar(select(position.id).where(position.id == values["position_id"], position.active)):
            wrong["position"] = ["Такой должности нет. Выберите из найденных."]
        known = select(func.count()).select_from(subject).where(subject.id.in_(wanted), subject.active)
        if wanted and db.session.scalar(known) != len(wanted):
            wrong["subjects"] = ["Такого предмета нет. Выберите из найденных."]
    return wrong


def _given(texts: Collection[m.ConsentText]) -> list[dict[str, Any]]:
    at, address = now().isoformat(), current_actor().address
    return [{"text_id": text.id, "given_at": at, "address": address} for text in texts]


def insert(values: Mapping[str, Any], subject_ids: Collection[int], **more: Any) -> m.Registration:
    """Insert a registration of checked values; for callers inside a transaction."""
    row = m.Registration(**values, **more)
    with unscoped("a registration is nobody's row before it is confirmed"):
        row.subjects = list(db.session.scalars(select(m.Subject).where(m.Subject.id.in_(set(subject_ids)))))
        db.session.add(row)
        db.session.flush()
    # no name in the journal, which forgets nothing, before the owner of the address has answered
    audit.record("registration.created", row, label=f"регистрация № {row.id}")
    return row


# --- who is known already --------------------------------------------------------------------------------------------


def known_address(snils: str, email: str) -> tuple[str, str | None, int | None] | None:
    """(why, address on record, user) when the СНИЛС or the address has an account; None for a newcomer."""
    a, e, r = m.Account, m.Employee, m.Registration
    live = [RegistrationStatus.PENDING, RegistrationStatus.RETURNED]
    by_card = select(a.id, func.coalesce(a.email, e.email)).join(e, e.id == a.employee_id).where(e.snils == snils)
    by_form = select(a.id, a.email).join(r, r.user_id == a.id).where(r.snils == snils, r.status.in_(live))
    by_address = select(a.id, a.email).where(or_(func.lower(a.email) == email, func.lower(a.username) == email))
    with unscoped("is the person known already: only the address on record"):
        for why, statement in (("person", by_card), ("person", by_form), ("address", by_address)):
            found = db.session.execute(statement.order_by(a.id).limit(1)).one_or_none()
            if found is not None:
                return why, found[1], found[0]
    return None


def _tell_known(why: str, address: str | None, user_id: int | None) -> None:
    """To the address on record, and only there: how to get in. Nothing of it is shown on the screen."""
    if not address or _is_flooded(address):
        return
    facts = {"что_совпало": "СНИЛС" if why == "person" else "адрес почты"}
    letters.post(address, "registration_known", facts=facts, href=addresses.SIGN_IN, user_id=user_id)


def _is_flooded(address: str) -> bool:
    letter = m.Letter
    lately = (letter.recipient == address, letter.template.in_(["registration_link", "registration_known"]))
    statement = (
        select(func.count()).select_from(letter).where(*lately, letter.created_at > now() - dt.timedelta(hours=1))
    )
    with unscoped("letters to one address: only a number"):
        return (db.session.scalar(statement) or 0) >= MOST_LETTERS


def _send_link(row: m.Registration) -> None:
    secret = links.issue(PURPOSE, hours=LINK_HOURS, registration_id=row.id)
    letters.post(
        row.email,
        "registration_link",
        name=" ".join(filter(None, (row.first_name, row.patronymic))),
        facts={"ссылка_действует": count(LINK_HOURS, "час", "часа", "часов")},
        href=addresses.at("register", "confirm", secret),
        about=("registration", row.id),
    )


# --- the letter is answered ------------------------------------------------------------------------------------------


def look(secret: str) -> m.Registration:
    """Return the registration of a link that still works, without using the link; raises NotFound."""
    return _row_of(links.look(PURPOSE, secret))


def _row_of(link: m.OneTimeLink) -> m.Registration:
    with unscoped("a registration is nobody's row before it is confirmed"):
        return transitions.read_fresh(m.Registration, link.registration_id or 0)


@use_case
def confirm_email(secret: str) -> m.Registration:
    """Answer the letter: the registration reaches the operator, and the person may sign in and see how it goes.

    Raises NotFound for a link used, expired or altered, Conflict when the person or the address is known meanwhile.
    """
    row = _row_of(links.take(PURPOSE, secret))
    one_at_a_time(row.snils)
    if known_address(row.snils, row.email) is not None:
        raise Conflict(TAKEN)
    user = _open_account(row)
    moment = now()
    due_on = calendar.due_date(moment.date(), DECISION_DAYS)
    moved: dict[str, Any] = {"user_id": user.id, "due_on": due_on, "email_confirmed_at": moment}
    row = transitions.follow(m.Registration, row.id, "arrive", **moved)
    row.password_hash = None
    db.session.flush()
    facts = {"логин": user.username, "срок": format_date(due_on)}
    letters.tell_user(user.id, transitions.letter_of(m.Registration, "arrive"), facts=facts, href="/", way=row)
    return row


def one_at_a_time(snils: str) -> None:
    """Registrations of one СНИЛС wait here for one another, so that the second finds the first."""
    number = int.from_bytes(hashlib.sha256(f"registration {snils}".encode()).digest()[:8], signed=True)
    db.session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


def _open_account(row: m.Registration) -> m.Account:
    user = m.Account(
        username=row.email,
        email=row.email,
        last_name=row.last_name[:64],
        first_name=row.first_name[:64],
        patronymic=(row.patronymic or "")[:64] or None,
        password=row.password_hash,
        active=True,
        must_change_password=False,
        session_epoch=1,
    )
    db.session.add(user)
    db.session.flush()
    db.session.add(m.Assignment(user_id=user.id, role="worker", basis=BASIS, valid_from=today()))
    db.session.flush()
    audit.record("ab_user.created", user)
    return user


# --- the operator's other decisions ----------------------------------------------------------------------------------


@transitions.performs(m.Registration, "return")
@use_case
def return_(pk: int, reason: str) -> m.Registration:
    """Return a registration with what is to be mended; the person corrects and sends it again (order § 2.7)."""
    row = transitions.move(m.Registration, pk, "return", reason=reason, due_on=None, **_decided())
    tell(row, "return", {"причина": row.reason_text}, href=addresses.at("register", "mine", ""))
    return row


@transitions.performs(m.Registration, "reject")
@use_case
def reject(pk: int, reason: str) -> m.Registration:
    """Refuse a registration with a reason; the СНИЛС is free for another one."""
    row = transitions.move(m.Registration, pk, "reject", reason=reason, due_on=None, **_decided())
    tell(row, "reject", {"причина": row.reason_text}, href=addresses.at("register", "mine", ""))
    return row


def _decided() -> dict[str, Any]:
    return {"decided_at": now(), "decided_by_id": current_actor().user_id}


def tell(row: m.Registration, action: str, facts: letters.Facts, *, href: str = "/") -> None:
    """Tell the person what was done to the registration; one without an account yet learns nothing."""
    if row.user_id is not None:
        letters.tell_user(row.user_id, transitions.letter_of(m.Registration, action), facts=facts, href=href, way=row)


def without_sync(statement: Any) -> None:
    """Run a statement of deletion or change whose rows the session need not know."""
    db.session.execute(statement.execution_options(synchronize_session=False))


# --- nightly ---------------------------------------------------------------------------------------------------------


@use_case
def forget_unanswered() -> int:
    """Delete registrations whose letter nobody answered, with everything typed in them; return how many."""
    row = m.Registration
    old = (row.status == RegistrationStatus.EMAIL, row.created_at < now() - dt.timedelta(days=FORGET_DAYS))
    ids = list(db.session.scalars(select(row.id).where(*old)))
    if ids:
        letter = m.Letter
        without_sync(delete(letter).where(letter.object_table == "registration", letter.object_id.in_(ids)))
        without_sync(delete(row).where(row.id.in_(ids)))
    return len(ids)
