"""Corrections of the own card: the person proposes, the responsible compares «было – станет» and decides (order § 2.8)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, cast

from sqlalchemy import Date, Table, inspect, select
from sqlalchemy import Enum as EnumType

from app import models as m
from app import personal
from app.access import current_actor, get_visible, get_writable, unscoped
from app.audit import record, words
from app.clock import now, today
from app.conditions import employed
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.extensions import db
from app.identifiers import format_phone, format_snils
from app.labels import label_of
from app.russian import format_date
from app.services.mailing import letters
from app.services.personnel import responsible, surnames
from app.services.portal import calendar, records, transitions
from app.statuses import ChangeStatus
from app.unit_of_work import use_case

#: what a person may correct in the own card
FIELDS = personal.fields(cast(Table, m.Employee.__table__), "propose")
#: what changed must be in the portal within so many working days (order § 2.8), unless the setting says otherwise
TERM_DAYS = 10
_COMMENT_LENGTH = 1000


@dataclass(frozen=True, slots=True)
class Line:
    """One field of a correction in words; ``stale``: the card holds neither the old nor the new value any more."""

    field: str
    label: str
    was: str
    becomes: str
    now: str
    stale: bool = False


def term_days() -> int:
    """Working days within which a change must be in the portal."""
    value = db.session.scalar(select(m.Setting.value).where(m.Setting.key == "change_days"))
    return int(value) if value and value.isdecimal() and 0 < int(value) < 100 else TERM_DAYS


def find_live(employee_id: int) -> m.ChangeRequest | None:
    """Return the person's correction that waits for a decision, or None."""
    statement = select(m.ChangeRequest).where(
        m.ChangeRequest.employee_id == employee_id, m.ChangeRequest.status == ChangeStatus.PROPOSED
    )
    found: m.ChangeRequest | None = db.session.scalars(statement).one_or_none()
    return found


def labels_of(row: m.ChangeRequest) -> list[str]:
    """Return the names of the fields to be corrected, in the order of the card."""
    return [label_of("employee", name) for name in FIELDS if name in row.changes]


def own_card() -> m.Employee:
    """Return the acting user's own card; raises NotFound for a user without one."""
    pk = current_actor().employee_id
    if pk is None:
        raise NotFound("У вашей учётной записи нет карточки работника, исправлять нечего.")
    return get_visible(db.session, m.Employee, pk, "employee:show")


# --- the person ------------------------------------------------------------------------------------------------------


@use_case
def propose(values: Mapping[str, Any], *, comment: str | None = None) -> m.ChangeRequest:
    """Propose values for the own card; they are checked as the responsible's form would check them.

    Raises Invalid by field, also when nothing differs; Conflict while another correction waits.
    """
    current_actor().require("change_request:add")
    person = own_card()
    wrong = set(values) - set(FIELDS)
    if wrong:
        raise ValueError(f"a person does not correct: {', '.join(sorted(wrong))}")
    checked = records.check(m.Employee, values, person)
    changes = {
        name: [_stored(getattr(person, name)), _stored(value)]
        for name, value in checked.items()
        if _stored(getattr(person, name)) != _stored(value)
    }
    if not changes:
        raise Invalid("Вы ничего не изменили. Исправьте нужные поля и отправьте снова.")
    _refuse_second(person.id)
    row = m.ChangeRequest(
        employee_id=person.id,
        changes=changes,
        comment=(comment or "").strip()[:_COMMENT_LENGTH] or None,
        due_on=calendar.due_date(today(), term_days()),
        created_by_id=current_actor().user_id,
    )
    db.session.add(row)
    db.session.flush()
    record("change_request.created", row, {label_of("employee", n): ("", "предложено") for n in changes})
    _tell_responsible(person, row)
    return row


def _refuse_second(employee_id: int) -> None:
    """Two clicks of one moment wait here, so that the second one reads a sentence and not a broken constraint."""
    table: Any = m.Employee.__table__
    db.session.execute(select(table.c.id).where(table.c.id == employee_id).with_for_update(key_share=True))
    if find_live(employee_id) is not None:
        raise Conflict("Ваше прежнее исправление ещё не рассмотрено. Дождитесь решения или отзовите его.")


def _tell_responsible(person: m.Employee, row: m.ChangeRequest) -> None:
    labels = ", ".join(labels_of(row)).lower()
    due = format_date(row.due_on) if row.due_on else ""
    facts = {"работник": person.full_name, "поля": labels, "срок": due}
    for organization_id in employers(person.id):
        told = responsible.of_organization(organization_id, but=person.id)
        letters.tell_users(told, "change_proposed", facts=facts, href=f"/change_request/show/{row.id}")


def employers(employee_id: int) -> list[int]:
    """Ids of the organizations where a person works now."""
    place = m.Employment
    with unscoped("who answers for the person's card"):
        statement = select(place.organization_id).where(place.employee_id == employee_id, employed())
        return list(db.session.scalars(statement.distinct().order_by(place.organization_id)))


@use_case
def withdraw(pk: int) -> m.ChangeRequest:
    """Take the own correction back."""
    row = get_writable(db.session, m.ChangeRequest, pk, "change_request:withdraw")
    if row.employee_id != current_actor().employee_id:
        raise Forbidden("Отозвать исправление может только тот, кто его предложил.")
    return transitions.move(m.ChangeRequest, pk, "withdraw", **_decided())


# --- the responsible -------------------------------------------------------------------------------------------------


@use_case
def accept(
    pk: int, *, fields: Collection[str] | None = None, surname: surnames.Surname | None = None
) -> m.ChangeRequest:
    """Write a correction to the card: all of it, or only the chosen ``fields``; the person is told which.

    Raises Conflict, with nothing written, when a chosen field of the card has changed since the proposal.
    """
    row = get_writable(db.session, m.ChangeRequest, pk, "change_request:accept")
    person = get_writable(db.session, m.Employee, row.employee_id, "employee:edit")
    if row.employee_id == current_actor().employee_id and not current_actor().can("employment:confirm"):
        raise Forbidden("Своё исправление вносит другой ответственный или оператор.")
    chosen = [name for name in row.changes if fields is None or name in fields]
    if not chosen:
        raise Invalid("Отметьте хотя бы одно поле или отклоните исправление с причиной.")
    moved = transitions.move(m.ChangeRequest, pk, "accept", **_decided())
    stale = [line.label for line in lines(moved, person) if line.field in chosen and line.stale]
    if stale:
        raise Conflict(
            f"Пока исправление ждало, карточку изменили: {', '.join(stale)}. Ничего не записано. Сравните значения, "
            "снимите отметку с этих полей или отклоните исправление."
        )
    given = surname or surnames.Surname(reason=row.comment)
    with surnames.changing(given.until, given.reason, misprint=given.misprint):
        records.update(person, {name: _read(name, row.changes[name][1]) for name in chosen})
    _tell_decision(person, moved, chosen)
    return moved


@use_case
def decline(pk: int, reason: str) -> m.ChangeRequest:
    """Refuse a correction with a reason that the person reads."""
    row = transitions.move(m.ChangeRequest, pk, "decline", reason=reason, **_decided())
    letters.tell(row.employee, "change_declined", about=row, href=f"/change_request/show/{row.id}")
    return row


def _decided() -> dict[str, Any]:
    return {"decided_at": now(), "decided_by_id": current_actor().user_id}


def _tell_decision(person: m.Employee, row: m.ChangeRequest, chosen: Sequence[str]) -> None:
    left = [name for name in row.changes if name not in chosen]
    facts = {"внесено": _listed(chosen), "не_внесено": _listed(left), "кто": current_actor().name}
    letters.tell(person, "change_accepted", about=row, facts=facts, href=f"/change_request/show/{row.id}")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(label_of("employee", name).lower() for name in names)


# --- was, becomes ----------------------------------------------------------------------------------------------------


def lines(row: m.ChangeRequest, person: m.Employee | None = None) -> list[Line]:
    """Fields of a correction in words, beside what the card holds now."""
    card, waits = person or row.employee, person is not None or row.status == ChangeStatus.PROPOSED
    found = []
    for name in (n for n in FIELDS if n in row.changes):
        was, becomes = row.changes[name]
        current = _stored(getattr(card, name)) if card is not None else None
        stale = waits and card is not None and current != was
        found.append(
            Line(
                name, label_of("employee", name), _words(name, was), _words(name, becomes), _words(name, current), stale
            )
        )
    return found


def _stored(value: Any) -> str | None:
    """A column's value as the JSON of the correction keeps it."""
    if value is None or value == "":
        return None
    if isinstance(value, Enum):
        return str(value.value)
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _read(name: str, text: str | None) -> Any:
    """The column's value behind the stored text."""
    kind = inspect(m.Employee).columns[name].type
    if text is None:
        return None
    if isinstance(kind, Date):
        return dt.date.fromisoformat(text)
    return kind.enum_class(text) if isinstance(kind, EnumType) and kind.enum_class else text


def _words(name: str, text: str | None) -> str:
    writer = {"snils": format_snils, "phone": format_phone}.get(name)
    if text is not None and writer is not None:
        return writer(text)
    return words(_read(name, text)) or "не указано"
