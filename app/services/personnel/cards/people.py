"""People: hiring and dismissal, confirmation of a place of work and that a card is up to date; search for an import."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.orm import joinedload

from app import addresses
from app import models as m
from app.access import current_actor, get_writable, unscoped
from app.audit import record
from app.clock import now, today
from app.conditions import at_work, employed
from app.errors import Conflict, Invalid
from app.extensions import db
from app.russian import format_date
from app.services.mailing import letters
from app.services.personnel.cards import surnames
from app.services.personnel.cards.card import EMPLOYMENT
from app.services.personnel.cards.card import CardCounts as CardCounts
from app.services.personnel.cards.card import CardData as CardData
from app.services.personnel.cards.card import TrainingLine as TrainingLine
from app.services.personnel.cards.card import card as card
from app.services.personnel.employers import responsible
from app.services.portal import records, transitions
from app.statuses import ConfirmationStatus
from app.text import sort_key
from app.unit_of_work import use_case

# --- places of work --------------------------------------------------------------------------------------------------


def live_employments(employee_id: int, *, on: dt.date) -> list[m.Employment]:
    """Return the person's places of work on a day, the main one first.

    A user who acts for another person as a school's responsible sees only the places in the user's organizations.
    """
    return live_employments_of([employee_id], on=on)[employee_id]


def live_employments_of(employee_ids: Collection[int], *, on: dt.date) -> dict[int, list[m.Employment]]:
    """Return person → places of work as ``live_employments`` does, by statements whose number does not grow."""
    statement = (
        select(m.Employment)
        .where(m.Employment.employee_id.in_(employee_ids), at_work(on))
        .options(*EMPLOYMENT, joinedload(m.Employment.organization).joinedload(m.Organization.type))
        .order_by(m.Employment.kind, m.Employment.id)
    )
    found: dict[int, list[m.Employment]] = {pk: [] for pk in employee_ids}
    own = {pk: own_organizations(pk) for pk in employee_ids}
    for place in db.session.scalars(statement):
        limits = own[place.employee_id]
        if limits is None or place.organization_id in limits:
            found[place.employee_id].append(place)
    return found


def own_organizations(employee_id: int) -> frozenset[int] | None:
    """Organizations for which the actor may speak for this person; None = any (the person, the operator)."""
    actor = current_actor()
    if actor.employee_id == employee_id or "operator" in actor.roles:
        return None
    return actor.places("school")


#: why nothing can be asked for from any place of work
NO_PLACE = (
    "Нет места работы, от которого можно подать заявку. Проверьте в карточке, что работник сейчас работает "
    "в вашей организации, и добавьте место работы, если его нет."
)


def choose_employment(employee_id: int, employment_id: int | None, *, on: dt.date) -> list[m.Employment]:
    """Return the places of work to try, best first: the one asked for, else all live ones; raises Invalid for none."""
    found = live_employments(employee_id, on=on)
    if employment_id is not None:
        found = [e for e in found if e.id == employment_id]
    if not found:
        raise Invalid(NO_PLACE)
    return found


#: whoever hires does not learn whether a person exists elsewhere: one sentence for all that may be wrong
NOT_TAKEN = (
    "Карточку с этими данными завести нельзя. Проверьте СНИЛС, фамилию, имя и дату рождения. Если работник приходит из другой "
    "организации области, оформите приём: раздел «Переходы», кнопка «Принять работника». Если всё верно, обратитесь к оператору."
)


@use_case
def hire(
    person: Mapping[str, Any],
    *,
    organization_id: int,
    position_id: int,
    started_on: dt.date,
    **employment: Any,
) -> m.Employment:
    """Add a place of work to a person, creating the card when there is none yet (order § 2.6, 3.4).

    ``person`` holds the card's values; a person already known by СНИЛС, else by name and birth date, keeps the card as
    it is. Raises Invalid by field, Conflict when several own cards match or the СНИЛС stands on a card that is not seen (else
    anybody could open a stranger's card by typing a СНИЛС), Forbidden outside the own organizations.
    """
    actor = current_actor()
    actor.require("employment:add")
    values = records.check(m.Employee, person, None)
    found = find_matching(
        values.get("snils"),
        values["last_name"],
        values["first_name"],
        values.get("patronymic"),
        values.get("birth_date"),
    )
    seen = list(db.session.scalars(select(m.Employee.id).where(m.Employee.id.in_(found)).order_by(m.Employee.id)))
    if len(seen) > 1:
        raise Conflict("Таких работников несколько. Укажите СНИЛС, чтобы добавить место работы нужному.")
    employee_id = seen[0] if seen else _new_card(values)
    place = {"employee_id": employee_id, "organization_id": organization_id, "position_id": position_id}
    row = records.insert_row(m.Employment, {**employment, **place, "started_on": started_on})
    records.stay_inside(row, "add")
    return row


def _new_card(values: Mapping[str, Any]) -> int:
    """A card of a person who is not among the people that the user sees.

    A namesake elsewhere may be the same person or not: as if nobody were there, a card is made, and the operator finds doubles.
    A number elsewhere cannot stand twice; a stranger's card is not given away.
    """
    current_actor().require("employee:add")
    if values.get("snils") and _is_taken(values["snils"]):
        raise Conflict(NOT_TAKEN)
    return records.insert_row(m.Employee, values).id


def _is_taken(snils: str) -> bool:
    with unscoped("does a number stand on another card: yes or no"):
        return db.session.scalar(select(m.Employee.id).where(m.Employee.snils == snils)) is not None


#: called with the person, the organization and the last day when a place of work has ended, in its transaction
on_leaving: list[Callable[[int, int, dt.date], None]] = []


@use_case
def dismiss(employment_id: int, *, on: dt.date, reason: str | None = None) -> m.Employment:
    """End a place of work ``on`` a day, for a ``reason`` (the order of dismissal).

    A place that ends in advance (a fixed term, a transfer that is confirmed) may be ended earlier. Raises Invalid before its
    beginning, Conflict when it ends by that day already.
    """
    row = get_writable(db.session, m.Employment, employment_id, "employment:edit")
    if row.ended_on is not None and row.ended_on <= on:
        raise Conflict(f"Это место работы уже закрыто {format_date(row.ended_on)}.")
    if row.begun_on is not None and on < row.begun_on:
        sentence = f"Дата увольнения раньше даты приёма — {format_date(row.begun_on)}."
        raise Invalid(sentence, fields={"ended_on": [sentence]})
    ended = records.update(row, {"ended_on": on})
    text = (reason or "").strip()[:255]
    record("employment.dismissed", ended, {"Основание": ("", text)} if text else {})
    return ended


@use_case
def dismiss_from(employee_id: int, employment_ids: Sequence[int], *, on: dt.date, reason: str) -> list[m.Employment]:
    """End several places of work of one person at once; the person is told. Raises Invalid without a place or ground."""
    person = get_writable(db.session, m.Employee, employee_id, "employee:edit")
    chosen = [e for e in own_live_employments(employee_id) if e.id in employment_ids]
    if not chosen or len(chosen) != len(set(employment_ids)):
        sentence = "Отметьте места работы, с которых увольняется работник."
        raise Invalid(sentence, fields={"places": [sentence]})
    if not reason.strip():
        sentence = "Укажите основание: номер и дату приказа."
        raise Invalid(sentence, fields={"reason": [sentence]})
    ended = [dismiss(e.id, on=on, reason=reason) for e in chosen]
    where = "; ".join(f"{e.position}, {e.organization.short_name}" for e in ended)
    facts = {"место_работы": where, "последний_день": format_date(on), "основание": reason.strip()}
    letters.tell(person, "dismissed", facts=facts, href=_work_page(person.id))
    return ended


def own_live_employments(employee_id: int) -> list[m.Employment]:
    """Places of work that are not over, of the organizations for which the actor answers."""
    own = own_organizations(employee_id)
    statement = (
        select(m.Employment)
        .where(m.Employment.employee_id == employee_id, employed())
        .options(*EMPLOYMENT)
        .order_by(m.Employment.kind, m.Employment.id)
    )
    return [e for e in db.session.scalars(statement) if own is None or e.organization_id in own]


def works_here(employee_id: int) -> bool:
    """Whether there is such a place of work."""
    own = own_organizations(employee_id)
    places = select(m.Employment.organization_id).where(m.Employment.employee_id == employee_id, employed())
    return any(own is None or place in own for place in db.session.scalars(places))


@records.after_save(m.Employment)
def _leaving(row: m.Employment, touched: frozenset[str]) -> None:
    if row.ended_on is not None and "ended_on" in touched:
        for told in on_leaving:
            told(row.employee_id, row.organization_id, row.ended_on)


# --- the card's topicality and surname -------------------------------------------------------------------------------


@use_case
def confirm_actual(employee_id: int) -> m.Employee:
    """Say that the card has been looked through and is right today (asked twice a year)."""
    row = get_writable(db.session, m.Employee, employee_id, "employee:confirm_actual")
    row.confirmed_actual_at = now()
    db.session.flush()
    record("employee.confirm_actual", row)
    return row


@use_case
def update_card(row: m.Employee, values: Mapping[str, Any], surname: surnames.Surname) -> m.Employee:
    """Change a card by the responsible's form; a changed surname is kept with its day and ground."""
    if surname.until is not None and surname.until > today():
        sentence = "Дата смены фамилии ещё не наступила."
        raise Invalid(sentence, fields={"surname_until": [sentence]})
    with surnames.changing(surname.until, surname.reason, misprint=surname.misprint):
        return records.update(row, values)


# --- confirmation of a place of work ---------------------------------------------------------------------------------


@transitions.performs(m.Employment, "confirm")
@use_case
def confirm_workplace(employment_id: int) -> m.Employment:
    """Confirm a place of work (order § 2.7)."""
    row = transitions.move(m.Employment, employment_id, "confirm")
    letters.tell(
        row.employee,
        transitions.letter_of(m.Employment, "confirm"),
        facts={"место_работы": _named(row)},
        href=_work_page(row.employee_id),
    )
    return row


@transitions.performs(m.Employment, "unconfirm")
@use_case
def unconfirm(employment_id: int, reason: str) -> m.Employment:
    """Take the confirmation back, with a reason; the person and who answers for the place are told."""
    row = transitions.move(m.Employment, employment_id, "unconfirm", reason=reason)
    _tell_unconfirmed(row, reason)
    return row


def _tell_unconfirmed(row: m.Employment, reason: str) -> None:
    facts, href = {"место_работы": _named(row), "причина": reason.strip()}, _work_page(row.employee_id)
    letters.tell(row.employee, transitions.letter_of(m.Employment, "unconfirm"), facts=facts, href=href)
    told = responsible.of_organization(row.organization_id, but=row.employee_id)
    letters.tell_users(told, "workplace_refused_side", facts={**facts, "работник": row.employee.full_name}, href=href)


def _named(row: m.Employment) -> str:
    return f"{row.position}, {row.organization.short_name}"


def _work_page(employee_id: int) -> str:
    return addresses.card("employee", employee_id, tab="work")


#: what the operator has confirmed; a change of any of them needs a new confirmation, because a чек rests on it
_CONFIRMED = frozenset(
    {"employee_id", "organization_id", "position_id", "kind", "employee", "organization", "position"}
)


@records.after_save(m.Employment)
def _confirm_again(row: m.Employment, touched: frozenset[str]) -> None:
    changed_by_operator = "employment:confirm" in current_actor().permissions
    if row.status == ConfirmationStatus.CONFIRMED and touched & _CONFIRMED and not changed_by_operator:
        transitions.follow(m.Employment, row.id, "unconfirm", reason="Изменены сведения о месте работы.")


# --- search for an import --------------------------------------------------------------------------------------------


def find_matching(
    snils: str | None, last_name: str, first_name: str, patronymic: str | None, birth_date: dt.date | None
) -> list[int]:
    """Return ids of the cards of this person: by СНИЛС, else by full name (ё = е, any case) and birth date.

    A card with another СНИЛС is another person. Looks outside the row scope, so that nobody is entered twice; only ids
    leave.
    """
    with unscoped("is the person already known: only ids"):
        if snils:
            found = list(db.session.scalars(select(m.Employee.id).where(m.Employee.snils == snils)))
            if found:
                return found
        if birth_date is None:
            return []
        key = sort_key(" ".join((last_name, first_name, patronymic or "")))
        same = select(m.Employee.id).where(m.Employee.sort == key, m.Employee.birth_date == birth_date)
        if snils:
            same = same.where(m.Employee.snils.is_(None))
        return list(db.session.scalars(same.order_by(m.Employee.id)))


@event.listens_for(m.Employment, "before_update")
def _count_no_later(_mapper: Any, _connection: Any, row: m.Employment) -> None:
    """A place whose first day nobody has told is counted from the day of its import: a last day before that moves it."""
    if not row.start_known and row.ended_on is not None and row.ended_on < row.started_on:
        row.started_on = row.ended_on


@records.checks(m.Employment)
def _know_the_start(values: dict[str, Any], row: Any, _errors: records.Fields) -> None:
    """A first day that a user types is known; an unknown one that is left empty stays unknown, a known one is not emptied."""
    if row is None or "started_on" not in values:
        return
    day = values["started_on"]
    if day is not None:
        values["start_known"] = True
    elif not row.start_known:
        del values["started_on"]


# --- locks -----------------------------------------------------------------------------------------------------------


def lock_people(employee_ids: Collection[int]) -> None:
    """Lock several people by rising id: of two lists that overlap the second waits for the first."""
    with unscoped("people are locked in one order"):
        statement = select(m.Employee.id).where(m.Employee.id.in_(employee_ids)).order_by(m.Employee.id)
        db.session.scalars(statement.with_for_update(key_share=True)).all()


def lock_person(employee_id: int, *, skip_locked: bool = False) -> bool:
    """Lock a person, so that two enrolments at once cannot overlap; False when skipped because another has the lock."""
    with unscoped("people are locked in one order"):
        statement = select(m.Employee.id).where(m.Employee.id == employee_id)
        locked = statement.with_for_update(key_share=True, skip_locked=skip_locked)
        return db.session.scalar(locked) is not None
