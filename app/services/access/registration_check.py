"""The operator's confirmation of a registration: it joins the card that the school has entered, or makes a new one.

A person has one card (order § 2.2): it is found by СНИЛС, else by full name and birth date among the cards without СНИЛС.
Where the card and the registration differ, the operator sees the difference and says whether this is the same person.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from app import audit
from app import models as m
from app.access import current_actor, get_writable, unscoped
from app.clock import now, today
from app.conditions import employed, is_employed
from app.errors import Conflict
from app.extensions import db
from app.labels import label_of
from app.russian import quoted
from app.services.mailing import letters
from app.services.personnel.cards import people
from app.services.personnel.consents import consents
from app.services.portal import records, transitions
from app.statuses import ConfirmationStatus, EmploymentKind, RegistrationStatus
from app.text import cleaned, sort_key
from app.unit_of_work import use_case

#: what is compared: a difference in one of them needs the operator's word
_COMPARED = ("last_name", "first_name", "patronymic", "birth_date")
#: what a card takes over where it is empty
_TAKEN_OVER = ("snils", "birth_date", "email", "phone")


@dataclass(frozen=True, slots=True)
class Match:
    """The card that a registration would join: differences as (label, in the card, in the registration)."""

    employee: m.Employee
    differences: list[tuple[str, str, str]] = field(default_factory=list)
    #: login of the account that the card has already; it excludes joining
    login: str = ""
    #: found by the name and the birth date, because the card has no СНИЛС
    by_name: bool = False

    @property
    def needs_word(self) -> bool:
        """Whether the operator must say that this is the same person."""
        return bool(self.differences) or self.by_name


def find_match(row: m.Registration) -> Match | None:
    """Return the card that the registration would join, None when it makes a new one; raises Conflict for several."""
    found = people.find_matching(row.snils, row.last_name, row.first_name, row.patronymic, row.birth_date)
    if not found:
        return None
    if len(found) > 1:
        raise Conflict(
            f"Карточек {quoted(row.full_name)} с этой датой рождения несколько, и ни в одной нет СНИЛС. Сначала объедините их."
        )
    with unscoped("the card that a registration joins"):
        load = joinedload(m.Employment.organization), joinedload(m.Employment.position)
        statement = select(m.Employee).where(m.Employee.id == found[0])
        person = db.session.scalars(statement.options(selectinload(m.Employee.employments).options(*load))).one()
        login = db.session.scalar(select(m.Account.username).where(m.Account.employee_id == person.id))
    return Match(person, _differences(row, person), login or "", by_name=person.snils != row.snils)


def _differences(row: m.Registration, person: m.Employee) -> list[tuple[str, str, str]]:
    found = []
    for name in _COMPARED:
        before, after = (audit.words(getattr(x, name), name) for x in (person, row))
        if before and _plain(before) != _plain(after):
            found.append((label_of("employee", name), before, after))
    live = [e for e in person.employments if is_employed(e)]
    if live and not any((e.organization_id, e.position_id) == (row.organization_id, row.position_id) for e in live):
        found.append(("Место работы", "; ".join(map(str, live)), f"{row.position}, {row.organization}"))
    return found


def _plain(text: str) -> str:
    return sort_key(cleaned(text))


@transitions.performs(m.Registration, "confirm")
@use_case
def confirm(pk: int, *, join: bool | None = None) -> m.Registration:
    """Confirm a registration (order § 2.7): card, confirmed place of work, consents; the person is told.

    ``join``: the operator's word where the card differs from the registration: True, the same person; False, another one.
    Confirmed before, nothing happens twice. Raises Conflict when the word is needed, or when the person has an account.
    """
    row = get_writable(db.session, m.Registration, pk, "registration:confirm")
    if row.status == RegistrationStatus.CONFIRMED:
        return row
    row = transitions.move(m.Registration, pk, "confirm", decided_at=now(), decided_by_id=current_actor().user_id)
    match = find_match(row)
    _insist(row, match, join)
    joined = match is not None and join is not False
    person = _join(row, match.employee) if match and joined else _new_card(row)
    _bind_account(row, person)
    _place(row, person)
    _write_consents(row, person)
    row.employee_id = person.id
    db.session.flush()
    _tell_confirmed(row, joined=joined)
    return row


def _insist(row: m.Registration, match: Match | None, join: bool | None) -> None:
    if match is None:
        return
    if match.login:
        raise Conflict(
            f"У работника с этими данными уже есть учётная запись «{match.login}». Верните или отклоните заявку: человек "
            "восстановит прежний доступ."
        )
    if join is False and not match.by_name:
        raise Conflict(
            "СНИЛС заявки стоит в чужой карточке, второй карточки с ним быть не может. Исправьте СНИЛС в карточке "
            "или верните заявку."
        )
    if match.needs_word and join is None:
        words = "; ".join(
            f"{label}: в карточке {quoted(old)}, в заявке {quoted(new)}" for label, old, new in match.differences
        )
        raise Conflict(
            f"Карточка работника уже есть и отличается от заявки ({words or 'в карточке нет СНИЛС'}). Откройте заявку и "
            "решите, один ли это человек."
        )


# --- card, account, place of work, consents --------------------------------------------------------------------------


def _new_card(row: m.Registration) -> m.Employee:
    names = ("last_name", "first_name", "patronymic", "birth_date", "snils", "email", "phone")
    return records.insert_row(m.Employee, {name: getattr(row, name) for name in names})


def _join(row: m.Registration, person: m.Employee) -> m.Employee:
    """The card stays as the school has entered it; what it lacks is taken over."""
    for name in _TAKEN_OVER:
        if getattr(person, name) is None:
            setattr(person, name, getattr(row, name))
    changes = audit.changes_of(person)
    db.session.flush()
    audit.record("employee.updated", person, changes)
    return person


def _bind_account(row: m.Registration, person: m.Employee) -> None:
    with unscoped("the account of a registration gets its card"):
        user = transitions.read_fresh(m.Account, row.user_id or 0)
        user.employee_id = person.id
        user.last_name, user.first_name = person.last_name[:64], person.first_name[:64]
        user.patronymic = (person.patronymic or "")[:64] or None
        db.session.flush()


def _place(row: m.Registration, person: m.Employee) -> m.Employment:
    """The place of work that the school has entered, else a new one; it is the main one unless another is."""
    live = people.live_employments(person.id, on=today())
    same = [e for e in live if e.organization_id == row.organization_id]
    same.sort(key=lambda e: e.position_id != row.position_id)
    if same:
        place = same[0]
    else:
        busy = any(e.kind == EmploymentKind.MAIN for e in _from_today(person.id))
        kind = EmploymentKind.SECONDARY if busy else EmploymentKind.MAIN
        values: dict[str, Any] = {"employee_id": person.id, "organization_id": row.organization_id, "kind": kind}
        values |= {
            "position_id": row.position_id,
            "started_on": today(),
            "start_known": False,
            "subjects": list(row.subjects),
        }
        place = records.insert_row(m.Employment, values)
    if place.status == ConfirmationStatus.UNCONFIRMED:
        place = transitions.follow(m.Employment, place.id, "confirm")
    return place


def _from_today(employee_id: int) -> list[m.Employment]:
    """Places of work of today and of later days: one main place at a time."""
    place = m.Employment
    return list(db.session.scalars(select(place).where(place.employee_id == employee_id, employed())))


def _write_consents(row: m.Registration, person: m.Employee) -> None:
    for given in row.consents:
        consents.insert(
            person.id,
            int(given["text_id"]),
            given_at=dt.datetime.fromisoformat(given["given_at"]),
            how=consents.SELF,
            address=given.get("address"),
        )
    row.consents = []


def _tell_confirmed(row: m.Registration, *, joined: bool) -> None:
    if row.user_id is not None:
        facts = {"место_работы": f"{row.position}, {row.organization}"}
        letters.tell_user(row.user_id, transitions.letter_of(m.Registration, "confirm"), facts=facts, href="/", way=row)
