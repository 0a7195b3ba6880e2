"""Move to another organization: release, acceptance, confirmation by the operator (order § 2.7); the history stays.

It is started by the person, by the organization that is left, or by the one that hires. The hiring one names the person
by СНИЛС and birth date and learns nothing: the answer is the same whether or not such a person exists, and it sees the
move only after the release.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Table, case, select, update
from sqlalchemy.dialects.postgresql import insert

from app import addresses
from app import models as m
from app.access import current_actor, get_visible, get_writable, unscoped
from app.audit import record, write
from app.clock import now, today
from app.conditions import employed, is_employed
from app.errors import Conflict, Forbidden, Invalid
from app.extensions import db
from app.identifiers import IdentifierError, parse_snils
from app.models import among
from app.russian import format_date
from app.services.mailing import letters
from app.services.personnel.cards.changes import term_days
from app.services.personnel.moves.transfer_letters import name_of, tell_person, tell_requested, tell_side
from app.services.portal import calendar, records, transitions
from app.statuses import (
    APPLICATION_LIVE,
    PLAN_HELD,
    TRANSFER_LIVE,
    UNDER_WAY,
    UNMET_LIVE,
    ConfirmationStatus,
    EmployerAgreement,
    PlanItemStatus,
    TransferStatus,
)
from app.unit_of_work import use_case

#: working days in which the operator confirms (order § 2.7)
CONFIRM_DAYS = 5
_DAY = dt.timedelta(days=1)
#: what is under way goes with the person; what has ended stays with the place from which it was done
_UNDER_WAY: Mapping[type[m.Base], frozenset[Any]] = {
    m.VoucherApplication: APPLICATION_LIVE,
    m.Enrolment: UNDER_WAY,
    m.PlanItem: PLAN_HELD,
    m.UnmetWish: UNMET_LIVE,
}
_TITLES: Mapping[type[m.Base], str] = {
    m.VoucherApplication: "Заявки на чек",
    m.Enrolment: "Записи на курсы",
    m.PlanItem: "Заявки в план",
    m.UnmetWish: "Пожелания в план",
}


@dataclass(frozen=True, slots=True)
class Sought:
    """The person whom an organization wants to hire, as typed."""

    snils: str
    birth_date: dt.date
    name: str


def may(row: m.Transfer, action: str) -> bool:
    """Whether the actor stands on the side that takes ``action`` at this stage."""
    actor, own = current_actor(), current_actor().places("school")
    if not actor.can(f"transfer:{action}"):
        return False
    operator = actor.can("transfer:confirm")
    leaves, enters = row.from_organization_id in own, row.organization_id in own
    by_stage = {
        TransferStatus.REQUESTED: leaves or operator,
        TransferStatus.RELEASED: enters,
        TransferStatus.ACCEPTED: operator,
    }
    if action == "release":
        return row.status == TransferStatus.REQUESTED and (leaves or operator)
    if action == "accept":
        return row.status == TransferStatus.RELEASED and enters
    if action == "confirm":
        return row.status == TransferStatus.ACCEPTED and operator
    if action == "decline":
        return by_stage.get(row.status, False)
    own_wish = row.employee_id == actor.employee_id or row.created_by_id == actor.user_id
    return row.status in (TransferStatus.REQUESTED, TransferStatus.RELEASED) and own_wish


def _insist(row: m.Transfer, action: str) -> None:
    """Raise Forbidden on the wrong side; the wrong stage is refused by the table of transitions, with its own sentence."""
    stages = {
        "release": TransferStatus.REQUESTED,
        "accept": TransferStatus.RELEASED,
        "confirm": TransferStatus.ACCEPTED,
    }
    if row.status == stages.get(action, row.status) and row.status in TRANSFER_LIVE and not may(row, action):
        raise Forbidden("Это действие выполняет другая сторона перехода.")


# --- beginning -------------------------------------------------------------------------------------------------------


@use_case
def start(
    employment_id: int,
    *,
    organization_id: int,
    position_id: int,
    starts_on: dt.date,
    released_on: dt.date | None = None,
) -> m.Transfer:
    """Begin a move as the person, or as the organization that is left (then with the last working day: released at once).

    Raises Invalid by field, Conflict when a move from this place is under way.
    """
    actor = current_actor()
    actor.require("transfer:add")
    place = get_visible(db.session, m.Employment, employment_id, "employment:list")
    is_own = place.employee_id == actor.employee_id
    if not is_own and place.organization_id not in actor.places("school"):
        raise Forbidden("Переход оформляет сам работник или организация, в которой он работает.")
    _check_place(place, organization_id)
    _refuse_errors({"starts_on": _start_error(starts_on, released_on)} if released_on else {})
    row = _insert(place, place.employee.full_name, organization_id, position_id, starts_on)
    if row is None:
        raise Conflict("Переход с этого места работы уже оформляется. Откройте его в разделе «Переходы».")
    if released_on is not None and not is_own:
        return _release(row, released_on)
    tell_requested(row, place.employee)
    return row


@use_case
def request(
    sought: Sought, *, organization_id: int, position_id: int, starts_on: dt.date, subjects: Sequence[m.Subject] = ()
) -> None:
    """Ask for a person by СНИЛС and birth date, as the organization that hires.

    Says nothing of whether there is such a person; raises Invalid by field, Conflict when the person works here already.
    """
    actor = current_actor()
    actor.require("transfer:hire")
    if organization_id not in actor.places("school"):
        sentence = "Выберите свою организацию."
        raise Invalid(sentence, fields={"organization": [sentence]})
    snils = _read_snils(sought.snils)
    place = _found_place(snils, sought.birth_date)
    if place is None:
        return
    if place.organization_id == organization_id and is_employed(place):
        raise Conflict("Этот человек уже работает в вашей организации: найдите его в списке работников.")
    row = _insert(place, " ".join(sought.name.split())[:255], organization_id, position_id, starts_on)
    if row is None:  # a move is under way already: the answer is the same
        return
    with unscoped("a move begun by the organization that hires"):
        row.subjects = list(subjects)
        db.session.flush()
        tell_requested(row, row.employee)


def _read_snils(typed: str) -> str:
    try:
        return parse_snils(typed)
    except IdentifierError as error:
        raise Invalid(f"{error}.", fields={"snils": [f"{error}."]}) from error


def _found_place(snils: str, birth_date: dt.date) -> m.Employment | None:
    """The place of work that the person would leave: the live main one, else any live one, else the last."""
    place, person = m.Employment, m.Employee
    statement = (
        select(place)
        .join(person, person.id == place.employee_id)
        .where(person.snils == snils, person.birth_date == birth_date, person.anonymized_at.is_(None))
        .order_by(employed().desc(), case((employed(), place.kind)), place.ended_on.desc().nulls_first(), place.id)
        .limit(1)
    )
    with unscoped("whom another organization wants to hire"):
        found: m.Employment | None = db.session.scalars(statement).one_or_none()
    return found


def _check_place(place: m.Employment, organization_id: int) -> None:
    if place.ended_on is not None and not is_employed(place):
        raise Conflict(f"Это место работы закрыто {format_date(place.ended_on)}: с него перейти нельзя.")
    if place.organization_id == organization_id:
        sentence = "Работник уже работает в этой организации. Для смены должности измените место работы."
        raise Invalid(sentence, fields={"organization": [sentence]})


def _insert(
    place: m.Employment, name: str, organization_id: int, position_id: int, starts_on: dt.date
) -> m.Transfer | None:
    """Insert a move unless one from this place is under way; the unique index decides between two clicks."""
    values = {
        "employee_id": place.employee_id,
        "employment_id": place.id,
        "person_name": name,
        "from_organization_id": place.organization_id,
        "organization_id": organization_id,
        "position_id": position_id,
        "starts_on": starts_on,
        "due_on": calendar.due_date(today(), term_days()),
        "created_by_id": current_actor().user_id,
    }
    statement = (
        insert(m.Transfer)
        .values(**values)
        .on_conflict_do_nothing(index_elements=["employment_id"], index_where=among("status", TRANSFER_LIVE))
        .returning(m.Transfer.id)
    )
    pk = db.session.execute(statement).scalar_one_or_none()
    if pk is None:
        return None
    with unscoped("a move just begun"):
        row = transitions.read_fresh(m.Transfer, pk)
    record("transfer.created", row)
    return row


def _start_error(starts_on: dt.date, released_on: dt.date) -> str:
    if starts_on > released_on:
        return ""
    return f"Приём должен быть позже последнего рабочего дня — {format_date(released_on)}."


def _refuse_errors(found: Mapping[str, str]) -> None:
    wrong = {name: [sentence] for name, sentence in found.items() if sentence}
    if wrong:
        raise Invalid(next(iter(wrong.values()))[0], fields=wrong)


# --- the two organizations -------------------------------------------------------------------------------------------


@use_case
def release(pk: int, *, released_on: dt.date) -> m.Transfer:
    """Let the person go, with the last working day; where the place has ended already, the operator may do it."""
    row = get_writable(db.session, m.Transfer, pk, "transfer:release")
    _insist(row, "release")
    return _release(row, released_on)


def offered_last_day(row: m.Transfer) -> dt.date:
    """Return the last working day that a release is offered with: the day before the new start, within the place that is left."""
    with unscoped("the place of work that is left"):
        place = transitions.read_fresh(m.Employment, row.employment_id)
    days = [row.starts_on - _DAY, *([place.ended_on] if place.ended_on else [])]
    return max([min(days), *([place.begun_on] if place.begun_on else [])])


def _release(row: m.Transfer, released_on: dt.date) -> m.Transfer:
    with unscoped("the place of work that is left"):
        place = transitions.read_fresh(m.Employment, row.employment_id)
        person = transitions.read_fresh(m.Employee, row.employee_id)
    if place.begun_on is not None and released_on < place.begun_on:
        sentence = f"Последний рабочий день раньше даты приёма — {format_date(place.begun_on)}."
        raise Invalid(sentence, fields={"released_on": [sentence]})
    last = min(place.ended_on or released_on, released_on)
    if last >= row.starts_on:
        sentence = (
            f"Последний рабочий день — не позже {format_date(row.starts_on - _DAY)}: в новую организацию принимают с "
            f"{format_date(row.starts_on)}. Если человек работает у вас дольше, отклоните переход и напишите, с какого дня он "
            "возможен."
        )
        raise Invalid(sentence, fields={"released_on": [sentence]})
    # the card's name is revealed now: the organization that hires may have typed it with a mistake
    moved = transitions.follow(
        m.Transfer,
        row.id,
        "release",
        released_on=last,
        person_name=person.full_name,
        due_on=calendar.due_date(today(), term_days()),
    )
    day = format_date(last)
    former = name_of(moved.from_organization_id)
    tell_side(moved.organization_id, "transfer_released_side", moved, последний_день=day, откуда=former)
    tell_person(moved, transitions.letter_of(m.Transfer, "release"), последний_день=day)
    return moved


@use_case
def accept(pk: int, *, position_id: int, starts_on: dt.date, subjects: Sequence[m.Subject] = ()) -> m.Transfer:
    """Take the person: position, subjects and first day; the operator confirms."""
    row = get_writable(db.session, m.Transfer, pk, "transfer:accept")
    _insist(row, "accept")
    if row.released_on is not None:
        _refuse_errors({"starts_on": _start_error(starts_on, row.released_on)})
    due_on = calendar.due_date(today(), CONFIRM_DAYS)
    moved = transitions.follow(m.Transfer, pk, "accept", position_id=position_id, starts_on=starts_on, due_on=due_on)
    moved.subjects = list(subjects)
    db.session.flush()
    due = format_date(due_on)
    href = addresses.case("transfer", moved.id)
    letters.note_operators("transfer_waits", about=moved, facts={"срок": due}, href=href)
    tell_person(moved, transitions.letter_of(m.Transfer, "accept"), срок=due)
    return moved


@transitions.performs(m.Transfer, "decline")
@use_case
def decline(pk: int, reason: str) -> m.Transfer:
    """Refuse a move with a reason, as the side that decides at this stage; all sides are notified."""
    row = get_writable(db.session, m.Transfer, pk, "transfer:decline")
    _insist(row, "decline")
    moved = transitions.follow(m.Transfer, pk, "decline", reason=reason, **_decided())
    for side in (moved.from_organization_id, moved.organization_id):
        # an organization that has not seen the move yet is told in a letter only, without its page
        page = side == moved.from_organization_id or moved.released_on is not None
        tell_side(side, "transfer_declined_side", moved, page=page, причина=moved.reason_text)
    tell_person(moved, transitions.letter_of(m.Transfer, "decline"), причина=moved.reason_text)
    return moved


@transitions.performs(m.Transfer, "withdraw")
@use_case
def withdraw(pk: int) -> m.Transfer:
    """Withdraw a move that the acting user's side began, before it is accepted."""
    row = get_writable(db.session, m.Transfer, pk, "transfer:withdraw")
    _insist(row, "withdraw")
    moved = transitions.follow(m.Transfer, pk, "withdraw", **_decided())
    tell_side(moved.from_organization_id, "transfer_withdrawn_side", moved)
    if moved.released_on is not None:
        tell_side(moved.organization_id, "transfer_withdrawn_side", moved)
    if moved.employee_id != current_actor().employee_id:
        tell_person(moved, transitions.letter_of(m.Transfer, "withdraw"))
    return moved


# --- the operator ----------------------------------------------------------------------------------------------------


@transitions.performs(m.Transfer, "confirm")
@use_case
def confirm(pk: int) -> m.Transfer:
    """Carry the move out: the old place ends, the new one begins and is confirmed, what is under way goes along."""
    row = get_writable(db.session, m.Transfer, pk, "transfer:confirm")
    _insist(row, "confirm")
    # the swap comes first: of two operators one moves the person
    moved = transitions.follow(m.Transfer, pk, "confirm", **_decided())
    old = transitions.read_fresh(m.Employment, moved.employment_id)
    new = _hire(moved, _end(old, moved))
    taken = _take_along(old, new)
    with unscoped("the new place of a move"):
        moved.new_employment_id = new.id
        db.session.flush()
    write(
        "employment.transferred", "employment", new.id, f"{moved.person_name}, {name_of(moved.organization_id)}", taken
    )
    for side in (moved.from_organization_id, moved.organization_id):
        tell_side(side, "transfer_confirmed_side", moved)
    tell_person(moved, transitions.letter_of(m.Transfer, "confirm"))
    return moved


def _end(old: m.Employment, moved: m.Transfer) -> m.Employment:
    if old.ended_on is not None and (moved.released_on is None or old.ended_on <= moved.released_on):
        return old
    return records.update(old, {"ended_on": moved.released_on})


def _hire(moved: m.Transfer, old: m.Employment) -> m.Employment:
    if old.ended_on is not None and old.ended_on >= moved.starts_on:
        raise Conflict(
            f"Прежнее место работы закрыто {format_date(old.ended_on)}, а приём — с {format_date(moved.starts_on)}. "
            "Отклоните переход с причиной: новая организация укажет другую дату."
        )
    values = {
        "employee_id": moved.employee_id,
        "organization_id": moved.organization_id,
        "position_id": moved.position_id,
        "kind": old.kind,
        "started_on": moved.starts_on,
        "subjects": list(moved.subjects),
    }
    new = records.insert_row(m.Employment, values)
    return transitions.follow(m.Employment, new.id, "confirm") if new.status != ConfirmationStatus.CONFIRMED else new


def _take_along(old: m.Employment, new: m.Employment) -> dict[str, tuple[str, str]]:
    """Point what is under way to the new place: its rows are found by the place from which they were made."""
    taken: dict[str, tuple[str, str]] = {}
    for model, live in _UNDER_WAY.items():
        table = cast(Table, model.__table__)
        statement = (
            update(table)
            .where(table.c.employment_id == old.id, table.c.status.in_(sorted(live)))
            .values(employment_id=new.id)
            .returning(table.c.id)
        )
        found = list(db.session.scalars(statement))
        if found:
            taken[_TITLES[model]] = ("", ", ".join(f"№ {pk}" for pk in sorted(found)))
    db.session.expire_all()
    ask_anew(new)
    return taken


def ask_anew(place: m.Employment) -> None:
    """Let the organization of a new place of work agree the wishes that the former one has agreed, unless it agrees to all."""
    if place.organization.employer_agreement == EmployerAgreement.AUTOMATIC:
        return
    item, campaign = m.PlanItem, m.PlanCampaign
    statement = (
        select(item.id)
        .join(campaign, campaign.id == item.campaign_id)
        .where(item.employment_id == place.id, item.status == PlanItemStatus.AGREED, campaign.needs_agreement)
        .order_by(item.id)
    )
    with unscoped("what the former organization has agreed"):
        agreed = list(db.session.scalars(statement))
    for pk in agreed:
        transitions.follow(m.PlanItem, pk, "ask_anew", agreed_by_id=None)


def _decided() -> dict[str, Any]:
    return {"decided_at": now(), "decided_by_id": current_actor().user_id}
