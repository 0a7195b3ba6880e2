"""Consents to the processing of personal data: one text per purpose, versioned; given, refused, withdrawn (152-ФЗ, ст. 9, 21).

A version is never changed: a consent names exactly the text that the person has read. Users who were in the portal before
the consents lose nothing; letters about surveys and news check ``has``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from app import addresses, audit
from app import models as m
from app.access import current_actor, get_writable, unscoped
from app.clock import local, now, today
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.extensions import db
from app.russian import format_date, format_datetime, quoted
from app.services.mailing import letters
from app.services.personnel.consents.consent_texts import NEWS as NEWS
from app.services.personnel.consents.consent_texts import PROCESSING as PROCESSING
from app.services.personnel.consents.consent_texts import PURPOSES, REQUIRED, current_texts, find_text
from app.services.personnel.consents.consent_texts import SURVEYS as SURVEYS
from app.services.portal import files
from app.statuses import WithdrawalStatus
from app.unit_of_work import use_case

SELF, PAPER = "self", "paper"
#: how a consent was given, in words
WAYS: Mapping[str, str] = {SELF: "в портале", PAPER: "на бумаге"}
#: days to end the processing after the withdrawal (152-ФЗ, ст. 21, ч. 5)
WITHDRAWAL_DAYS = 30
OWN_CONSENT = "Собственное согласие дают в портале: откройте «Мои согласия»."


# --- what a person gave ----------------------------------------------------------------------------------------------


def has(employee_id: int, purpose: str) -> bool:
    """Whether the person's consent for ``purpose`` is in force, by any version of its text."""
    c, t = m.Consent, m.ConsentText
    statement = select(c.id).join(t, t.id == c.text_id)
    statement = statement.where(c.employee_id == employee_id, t.purpose == purpose, c.withdrawn_at.is_(None)).limit(1)
    with unscoped("may a letter be sent: yes or no"):
        return db.session.scalar(statement) is not None


def is_missing(employee_id: int) -> bool:
    """Whether the person has to be asked for the consent to the processing: there is a text, and none is in force."""
    asked = any(text.purpose == PROCESSING for text in current_texts())
    return asked and not has(employee_id, PROCESSING)


def with_consent(purpose: str) -> Any:
    """Subselect of the ids of the people whose consent for ``purpose`` is in force, to narrow a mailing."""
    c, t = m.Consent.__table__, m.ConsentText.__table__
    joined = select(c.c.employee_id).join(t, t.c.id == c.c.text_id)
    return joined.where(t.c.purpose == purpose, c.c.withdrawn_at.is_(None))


@dataclass(frozen=True, slots=True)
class Standing:
    """A purpose on the page «Мои согласия»: its text in force, what the person gave, the history newest first."""

    text: m.ConsentText
    live: m.Consent | None
    history: Sequence[m.Consent]

    @property
    def is_older(self) -> bool:
        """Whether the consent in force rests on an earlier version of the text."""
        return self.live is not None and self.live.text_id != self.text.id


def own() -> list[Standing]:
    """The acting person's consents by purpose; two statements."""
    given = _rows(_own_card())
    standings = []
    for text in current_texts():
        same = [row for row in given if row.text.purpose == text.purpose]
        live = next((row for row in same if row.withdrawn_at is None), None)
        standings.append(Standing(text, live, same))
    return standings


def _own_card() -> int:
    employee_id = current_actor().employee_id
    if employee_id is None:
        raise NotFound(
            "Согласия есть у работника образования, а к вашей учётной записи карточка работника не привязана."
        )
    return employee_id


@use_case
def give(text_id: int) -> m.Consent:
    """Give the acting user's consent by the text in force; a consent by the same text stays as it is."""
    employee_id = _own_card()
    _lock(employee_id)
    text = next((text for text in current_texts() if text.id == text_id), None)
    if text is None:
        raise Conflict("Текст согласия обновился. Прочитайте новую версию и отметьте согласие ещё раз.")
    live = _live(employee_id, text.purpose)
    same = next((row for row in live if row.text_id == text.id), None)
    if same is not None:
        return same
    # the newer text takes the place of the older one: at any moment one version is in force
    for row in live:
        row.withdrawn_at = now()
    db.session.flush()
    consent = insert(employee_id, text.id, given_at=now(), how=SELF, address=current_actor().address)
    _tell("consent_given", согласие=text.title, версия=str(text.number))
    return consent


def insert(
    employee_id: int, text_id: int, *, given_at: dt.datetime, how: str, address: str | None, scan_id: int | None = None
) -> m.Consent:
    """Write a consent and its journal entry; for callers inside a transaction that asked the right."""
    row = m.Consent(
        employee_id=employee_id, text_id=text_id, given_at=given_at, given_how=how, address=address, scan_id=scan_id
    )
    db.session.add(row)
    db.session.flush()
    text = find_text(text_id)
    if text.purpose == PROCESSING:
        _ask_no_more(employee_id)
    audit.write(
        "consent.given",
        "consent",
        row.id,
        str(text),
        {"Как дано": ("", WAYS[how]), "Отпечаток текста": ("", text.sha256)},
    )
    return row


def _ask_no_more(employee_id: int) -> None:
    """The account that a school made opens; the consent may also have come on paper."""
    account = m.Account
    asked = update(account).where(account.employee_id == employee_id, account.must_consent.is_(True))
    with unscoped("the account of who has given the consent"):
        db.session.execute(asked.values(must_consent=False).execution_options(synchronize_session=False))


def _rows(employee_id: int) -> list[m.Consent]:
    """All consents of a person with their texts, newest first; the caller knows that the person may be asked about."""
    statement = select(m.Consent).where(m.Consent.employee_id == employee_id).order_by(m.Consent.id.desc())
    statement = statement.options(joinedload(m.Consent.text)).execution_options(populate_existing=True)
    with unscoped("the consents of one person"):
        return list(db.session.scalars(statement))


def _live(employee_id: int, purpose: str) -> list[m.Consent]:
    return [row for row in _rows(employee_id) if row.withdrawn_at is None and row.text.purpose == purpose]


def _lock(employee_id: int) -> None:
    """Simultaneous clicks on the consents of one person wait here for one another."""
    person = m.Employee.__table__
    db.session.execute(select(person.c.id).where(person.c.id == employee_id).with_for_update(key_share=True))


# --- withdrawal ------------------------------------------------------------------------------------------------------


@use_case
def withdraw(purpose: str) -> None:
    """Withdraw an optional consent of the acting user: it ends at once. When it was withdrawn before, nothing changes."""
    if purpose not in PURPOSES:
        raise NotFound("Такого согласия нет.")
    if purpose in REQUIRED:
        raise Conflict("Это согласие отзывается вместе с закрытием личного кабинета: откройте страницу отзыва.")
    employee_id = _own_card()
    _lock(employee_id)
    if _end(employee_id, {purpose}):
        _tell("consent_withdrawn", согласие=PURPOSES[purpose])


def _end(employee_id: int, purposes: Collection[str]) -> int:
    """End the live consents for the purposes, with a journal entry each; return how many."""
    ended = 0
    for purpose in PURPOSES:
        for row in _live(employee_id, purpose) if purpose in purposes else ():
            row.withdrawn_at, ended = now(), ended + 1
            audit.write("consent.withdrawn", "consent", row.id, str(row.text))
    db.session.flush()
    return ended


@use_case
def close_cabinet() -> m.ConsentWithdrawal:
    """Withdraw the acting user's consent to the processing: the cabinet closes at once, the operator has 30 days (152-ФЗ, ст. 21).

    The other consents end with it. The same click twice gives the same task.
    """
    actor, employee_id = current_actor(), _own_card()
    _lock(employee_id)
    task = m.ConsentWithdrawal
    found: m.ConsentWithdrawal | None = db.session.scalars(
        select(task).where(task.employee_id == employee_id, task.status == WithdrawalStatus.OPEN)
    ).one_or_none()
    if found is not None:
        return found
    had = bool(_live(employee_id, PROCESSING))
    _end(employee_id, PURPOSES)
    due_on = today() + dt.timedelta(days=WITHDRAWAL_DAYS)
    row = task(employee_id=employee_id, person_name=actor.name, due_on=due_on)
    db.session.add(row)
    db.session.flush()
    audit.record("consent_withdrawal.created", row, {"Срок": ("", format_date(due_on))})
    _tell("consents_withdrawn" if had else "consents_refused", срок=format_date(due_on))
    _close_account(actor.user_id)
    return row


def _close_account(user_id: int | None) -> None:
    account = m.Account
    statement = update(account).where(account.id == user_id)
    with unscoped("the account of who withdrew the consent"):
        db.session.execute(
            statement.values(active=False, session_epoch=account.session_epoch + 1).execution_options(
                synchronize_session=False
            )
        )
        user = db.session.scalars(
            select(account).where(account.id == user_id).execution_options(populate_existing=True)
        ).one()
    audit.record("ab_user.closed", user)


def _tell(kind: str, **facts: str) -> None:
    user_id = current_actor().user_id
    if user_id is not None:
        letters.tell_user(user_id, kind, facts=facts, href=addresses.CONSENTS)


# --- on paper --------------------------------------------------------------------------------------------------------


@use_case
def record_paper(employee_id: int, purposes: Collection[str], *, name: str, data: bytes) -> list[m.Consent]:
    """Write down consents that a person signed on paper, with their scan as ``data`` (the responsible, for own people).

    Raises NotFound and Forbidden by ``consent:add``, Invalid for no known purpose and for what is no scan.
    """
    person = get_writable(db.session, m.Employee, employee_id, "consent:add")
    if current_actor().employee_id == employee_id:
        raise Forbidden(OWN_CONSENT)
    texts = [text for text in current_texts() if text.purpose in purposes]
    if not texts:
        raise Invalid("Отметьте, какие согласия подписал работник.", fields={"purposes": ["Отметьте хотя бы одно."]})
    places = current_actor().role_marks("consent:add")
    scan = files.keep_scan(name, data, table=m.Consent.__tablename__, made_in=places)
    _lock(person.id)
    made = []
    for text in texts:
        for row in _live(person.id, text.purpose):
            row.withdrawn_at = now()
        db.session.flush()
        made.append(
            insert(person.id, text.id, given_at=now(), how=PAPER, address=current_actor().address, scan_id=scan.id)
        )
    scan.object_id = made[0].id
    db.session.flush()
    words = ", ".join(quoted(text.title) for text in texts)
    letters.tell(
        person, "consent_on_paper", facts={"согласие": words, "кто": current_actor().name}, href=addresses.CONSENTS
    )
    return made


def words_of(row: m.Consent) -> str:
    """«версия 1, дано 01.09.2026 10:15 в портале»."""
    return (
        f"версия {row.text.number}, дано {format_datetime(local(row.given_at))} {WAYS.get(row.given_how, '')}".rstrip()
    )
