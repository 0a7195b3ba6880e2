"""Requests for a role on the ground of an organization's order (order § 2.4): made, decided by the operator, ended.

Only a person who works in an organization may request a role there; the role ends when the person leaves.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from app import addresses
from app import models as m
from app.access import current_actor, unscoped
from app.audit import record
from app.clock import now, today
from app.conditions import employed
from app.errors import Conflict, Invalid
from app.extensions import db
from app.permissions import ROLES
from app.russian import format_date
from app.services.access import own_registration, roles
from app.services.mailing import letters
from app.services.personnel.cards import people
from app.services.portal import calendar, files, records, transitions, undo
from app.statuses import AccessRequestStatus
from app.unit_of_work import use_case

#: working days for the decision (order § 2.7)
TERM_DAYS = 5
#: the furthest first day, in days
MOST_AHEAD = 366
_PLACED = ("school", "organizer")
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wish:
    """A role with its place; ``title`` names both."""

    role: str
    title: str
    organization_id: int | None = None
    territory_id: int | None = None

    @property
    def code(self) -> str:
        """Code of the wish in a form."""
        return f"{self.role}:{self.organization_id or self.territory_id or 0}"


# --- what may be asked for -------------------------------------------------------------------------------------------


def offered() -> list[Wish]:
    """Roles that the actor may request: of the actor's organizations, of any territory, of the ministry and of an observer.

    A role held already without an end is left out.
    """
    held = {(a.role, a.organization_id, a.territory_id) for a in own_roles() if a.valid_to is None}
    return [w for w in _wishes() if (w.role, w.organization_id, w.territory_id) not in held]


def _wishes() -> Iterator[Wish]:
    employee_id = current_actor().employee_id
    places = _answerable(employee_id, on=today()) if employee_id is not None else []
    for place in places:
        yield Wish("school", f"{place} — {ROLES['school'].title}", organization_id=place.id)
    for place in places:
        if place.is_organizer:
            yield Wish("organizer", f"{place} — {ROLES['organizer'].title}", organization_id=place.id)
    for territory in db.session.scalars(select(m.Territory).order_by(m.Territory.name_key)):
        yield Wish("territory", f"{territory} — {ROLES['territory'].title}", territory_id=territory.id)
    for role in ("ministry", "observer"):
        yield Wish(role, ROLES[role].title)


def _answerable(employee_id: int, *, on: dt.date, units: bool = False) -> list[m.Organization]:
    """Organizations for which a person may answer on a day: those of the places of work and their heads.

    The role covers the units; ``units``: they are named too.
    """
    e, o = m.Employment.__table__, m.Organization
    own = select(e.c.organization_id).where(e.c.employee_id == employee_id, employed(on, e))
    table = m.Organization.__table__
    heads = select(table.c.parent_id).where(table.c.id.in_(own), table.c.parent_id.is_not(None))
    found = [o.id.in_(own), o.id.in_(heads), *([o.parent_id.in_(own)] if units else ())]
    statement = select(o).where(or_(*found), o.closed_on.is_(None))
    with unscoped("organizations for which a person may answer"):
        return list(db.session.scalars(statement.order_by(o.parent_id.nulls_first(), o.sort)))


def own_roles() -> list[m.Assignment]:
    """The actor's roles of today and of later days."""
    user_id = current_actor().user_id
    return roles_of(user_id) if user_id is not None else []


def roles_of(user_id: int) -> list[m.Assignment]:
    """Roles of an account, which the caller has loaded within the scope, of today and of later days; the newest last."""
    a = m.Assignment
    statement = select(a).where(a.user_id == user_id, or_(a.valid_to.is_(None), a.valid_to >= today()))
    statement = statement.options(joinedload(a.organization), joinedload(a.territory)).order_by(a.valid_from, a.id)
    with unscoped("the names of the places of one user's roles"):
        return list(db.session.scalars(statement))


def requests_of(user_id: int) -> list[m.AccessRequest]:
    """Requests of an account, which the caller has loaded within the scope, the newest first."""
    r = m.AccessRequest
    load = joinedload(r.organization), joinedload(r.territory), joinedload(r.document)
    statement = select(r).where(r.user_id == user_id).options(*load).order_by(r.id.desc())
    with unscoped("the names of the places of one user's requests"):
        return list(db.session.scalars(statement))


def own_requests() -> list[m.AccessRequest]:
    """The actor's requests, the newest first."""
    user_id = current_actor().user_id
    return requests_of(user_id) if user_id is not None else []


# --- asking ----------------------------------------------------------------------------------------------------------


@use_case
def submit(
    code: str, scan: files.Scan, *, details: str, valid_from: dt.date, valid_to: dt.date | None = None
) -> m.AccessRequest:
    """Ask for the role ``code`` of ``offered`` by an order: its number and date, its scan, its term.

    Raises Invalid by field, Conflict when the registration is not confirmed yet or the same request waits.
    """
    if own_registration.find_open() is not None:
        raise Conflict("Сначала дождитесь подтверждения регистрации: доступ к данным запрашивают после него.")
    wish = next((w for w in offered() if w.code == code), None)
    if wish is None:
        sentence = "Выберите доступ из списка: роль организации запрашивает тот, кто в ней работает."
        raise Invalid(sentence, fields={"wish": [sentence]})
    _check_term(valid_from, valid_to)
    due_on = calendar.due_date(today(), TERM_DAYS)
    values = {"role": wish.role, "organization_id": wish.organization_id, "territory_id": wish.territory_id}
    _refuse_second(values)
    file = files.keep_scan(scan.name, scan.data, table=m.AccessRequest.__tablename__, made_in=())
    row = m.AccessRequest(
        **values,
        user_id=current_actor().user_id,
        document_id=file.id,
        document_details=" ".join(details.split())[:255],
        valid_from=valid_from,
        valid_to=valid_to,
        due_on=due_on,
    )
    db.session.add(row)
    db.session.flush()
    file.object_id = row.id
    db.session.flush()
    record("access_request.created", row, {"Роль": ("", wish.title), "Документ": ("", row.document_details or "")})
    facts = {"кто": current_actor().name, "доступ": wish.title, "срок": format_date(due_on)}
    letters.note_operators("access_requested", facts=facts, href=addresses.case("access_request", row.id))
    return row


def _check_term(valid_from: dt.date, valid_to: dt.date | None) -> None:
    wrong = {}
    if valid_from > today() + MOST_AHEAD * _DAY:
        wrong["valid_from"] = ["Доступ запрашивают не раньше чем за год."]
    if valid_to is not None and valid_to < max(valid_from, today()):
        wrong["valid_to"] = ["Последний день уже прошёл или стоит раньше первого."]
    if wrong:
        raise Invalid(next(iter(wrong.values()))[0], fields=wrong)


def _refuse_second(values: dict[str, Any]) -> None:
    r = m.AccessRequest
    same = [getattr(r, name).is_not_distinct_from(value) for name, value in values.items()]
    waits = (r.user_id == current_actor().user_id) & (r.status == AccessRequestStatus.SUBMITTED)
    if db.session.scalar(select(r.id).where(waits, *same).limit(1)) is not None:
        raise Conflict("Такая заявка уже ждёт решения оператора. Её состояние видно на странице «Что мне доступно».")


# --- the operator ----------------------------------------------------------------------------------------------------


@transitions.performs(m.AccessRequest, "grant")
@use_case
def grant(pk: int) -> m.AccessRequest:
    """Give the requested role, from today on or from the first day of the order; the person is notified.

    Raises Conflict when the person no longer works in the organization, when the term has passed, or for the actor's request.
    """
    row = transitions.move(m.AccessRequest, pk, "grant", **_decided())
    roles.refuse_one_person(row)
    user = transitions.read_fresh(m.Account, row.user_id)
    _check_ground(row, user)
    role = records.insert_row(
        m.Assignment,
        {
            "user": user,
            "role": row.role,
            "organization": row.organization,
            "territory": row.territory,
            "basis": row.document_details,
            "valid_from": max(row.valid_from or today(), today()),
            "valid_to": row.valid_to,
        },
    )
    row.assignment_id = role.id
    db.session.flush()
    if row.role in roles.POWERFUL:
        facts = {"кто": current_actor().name, "доступ": title_of(row), "пользователь": user.full_name}
        roles.tell_operators("role_approved", facts, row.user_id, and_to=row.proposed_by_id)
    last = format_date(role.valid_to) if role.valid_to else ""
    _tell(row, "grant", первый_день=format_date(role.valid_from), последний_день=last)
    return row


@transitions.performs(m.AccessRequest, "reject")
@use_case
def reject(pk: int, reason: str) -> m.AccessRequest:
    """Refuse with a reason, which goes to the one who asked or proposed."""
    row = transitions.move(m.AccessRequest, pk, "reject", reason=reason, **_decided())
    roles.refuse_one_person(row)
    files.let_expire(row.document_id, at=now() + files.KEEP_AFTER_REFUSAL)
    if row.proposed_by_id is None:
        _tell(row, "reject", причина=row.reason_text)
    else:
        facts = {"кто": current_actor().name, "доступ": title_of(row), "пользователь": row.user.full_name}
        letters.tell_user(
            row.proposed_by_id, "role_refused", facts={**facts, "причина": row.reason_text}, href=addresses.ACCESS
        )
    return row


@undo.restores(m.AccessRequest, "reject")
def _keep_order(row: m.AccessRequest) -> None:
    """Keep the order of a request again whose refusal is undone."""
    files.let_expire(row.document_id, at=None)


@transitions.performs(m.AccessRequest, "revoke")
@use_case
def revoke(pk: int, reason: str) -> m.AccessRequest:
    """Take a granted role away at once, with a reason, which the person gets."""
    row = transitions.move(m.AccessRequest, pk, "revoke", reason=reason, **_decided())
    roles.refuse_one_person(row)
    role = transitions.read_fresh(m.Assignment, row.assignment_id) if row.assignment_id is not None else None
    if role is not None and is_live(role):
        # a role holds through its last day: to end now, that is yesterday
        _end(role, today() - _DAY)
    files.let_expire(row.document_id, at=now() + files.KEEP_AFTER_REFUSAL)
    _tell(row, "revoke", причина=row.reason_text)
    return row


def is_live(role: m.Assignment) -> bool:
    """Whether a role holds today or later."""
    return role.valid_to is None or role.valid_to >= today()


def title_of(row: m.AccessRequest | m.Assignment) -> str:
    """«Ответственный работник образовательной организации: Школа № 1»."""
    place = row.organization or row.territory
    return f"{ROLES[row.role].title}: {place}" if place is not None else ROLES[row.role].title


def _decided() -> dict[str, Any]:
    return {"decided_at": now(), "decided_by_id": current_actor().user_id}


def _check_ground(row: m.AccessRequest, user: m.Account) -> None:
    if sentence := why_not_grant(row, user):
        raise Conflict(f"{sentence} Откажите в заявке с причиной.")


def why_not_grant(row: m.AccessRequest, user: m.Account) -> str:
    """Return why the ground of a request holds no more, in a sentence; empty when it does."""
    if row.valid_to is not None and row.valid_to < today():
        return f"Срок доступа по документу прошёл {format_date(row.valid_to)}."
    if row.role in _PLACED:
        places = _answerable(user.employee_id, on=today()) if user.employee_id is not None else []
        if row.organization_id not in {place.id for place in places}:
            return f"{user.full_name} больше не работает в этой организации."
    return ""


def _tell(row: m.AccessRequest, action: str, **facts: str | None) -> None:
    kind = transitions.letter_of(m.AccessRequest, action)
    letters.tell_user(row.user_id, kind, facts={"доступ": title_of(row), **facts}, href=addresses.ACCESS)


# --- leaving ---------------------------------------------------------------------------------------------------------


def _end(role: m.Assignment, last_day: dt.date) -> None:
    before = format_date(role.valid_to) if role.valid_to else "без срока"
    role.valid_from, role.valid_to = min(role.valid_from, last_day), last_day
    db.session.flush()
    record("assignment.ended", role, {"Действует по": (before, format_date(last_day))})


def end_on_leaving(employee_id: int, organization_id: int, last_day: dt.date) -> None:
    """End the roles of the organization that a person has left, with the last working day; other places keep theirs."""
    a, user = m.Assignment, m.Account
    with unscoped("roles end with the place of work"):
        account = db.session.scalars(select(user).where(user.employee_id == employee_id)).one_or_none()
        if account is None:
            return
        statement = select(a).where(a.user_id == account.id, a.role.in_(_PLACED), _family(organization_id))
        later = or_(a.valid_to.is_(None), a.valid_to > last_day)
        roles = list(db.session.scalars(statement.where(later).options(joinedload(a.organization))))
        kept = {place.id for place in _answerable(employee_id, on=last_day + _DAY, units=True)} if roles else set()
        for role in roles:
            if role.organization_id in kept:
                continue
            # of a past dismissal the role ends now: it has held until this moment
            _end(role, last_day)
            facts = {"доступ": title_of(role), "последний_день": format_date(last_day)}
            letters.tell_user(account.id, "access_ended", facts=facts, href=addresses.ACCESS)


def _family(organization_id: int) -> Any:
    """Roles on an organization, on its head or on its units."""
    table, a = m.Organization.__table__, m.Assignment
    head = select(table.c.parent_id).where(table.c.id == organization_id, table.c.parent_id.is_not(None))
    units = select(table.c.id).where(table.c.parent_id == organization_id)
    return or_(a.organization_id == organization_id, a.organization_id.in_(head), a.organization_id.in_(units))


people.on_leaving.append(end_on_leaving)
